/* engine/cli/cmd_state_mv.c - the state mv command. */
#include "engine/cli/state_match.h"

#include "lang/value/json.h"

#include <string.h>

static const iac_option options[] = {
    { "dry-run", IAC_OPTION_BOOL, offsetof(iac_args, dry_run), NULL, "Only print what would be done." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option file_options[] = {
    { "state", IAC_OPTION_TEXT, offsetof(iac_args, state), "=path", "Move out of this state file." },
    { "state-out", IAC_OPTION_TEXT, offsetof(iac_args, state_out), "=path",
      "Move into this state file, which need not exist, instead of within one state." },
    { "backup", IAC_OPTION_TEXT, offsetof(iac_args, backup), "=path",
      "Keep the state file from before the change here; \"-\" keeps none." },
    { "backup-out", IAC_OPTION_TEXT, offsetof(iac_args, backup_out), "=path", "The same for that of -state-out." },
    { "ignore-remote-version", IAC_OPTION_IGNORED, 0, NULL, NULL },
};
static const iac_option_group file_group = { "State files (local backend)", file_options, IAC_COUNT(file_options) };
static const iac_option_group *const groups[] = { &group, &iac_options_lock, &file_group, &iac_options_common, NULL };

static const char invalid_target[] = "Invalid target address";
static const char invalid_source[] = "Invalid source address";

typedef struct move {
    iac_cli *cli;
    const iac_state *state, *target; /* the same one, or with -state-out another's */
    iac_backend *backend;            /* of the other one; NULL: none */
    iac_store *store;
    const char *from_text, *to_text;
    iac_addr from, to;
    bool from_module, to_module;
    iac_write_list writes, added; /* added: to the other one */
    size_t count;
    bool refused; /* and the user was told */
} move;

static void move_object(move *m, const iac_state_instance *instance, iac_addr to, const iac_object *object)
{
    iac_vec_push(&m->writes, (iac_write){ .kind = IAC_WRITE_REMOVE, .addr = instance->addr,
                                          .deposed = object->deposed });
    iac_vec_push(m->store ? &m->added : &m->writes, (iac_write){ .kind = IAC_WRITE_OBJECT,
                                                                 .addr = to,
                                                                 .provider = instance->provider,
                                                                 .object = object,
                                                                 .deposed = object->deposed });
}

static void move_instance(move *m, const iac_state_instance *instance, iac_addr to)
{
    if (instance->current)
        move_object(m, instance, to, instance->current);
    for (size_t i = 0; i < instance->deposed_count; i++)
        move_object(m, instance, to, instance->deposed[i]);
}

static void print_move(move *m, iac_str from, iac_str to)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&out, m->cli->args.dry_run ? "Would move " : "Move ");
    iac_json_string(&out, from, false); /* quotes in keys are escaped */
    iac_buf_cstr(&out, " to ");
    iac_json_string(&out, to, false);
    iac_buf_char(&out, '\n');
    iac_cli_print(&out);
    iac_buf_clear(&out);
    m->count++;
}

static void refuse_target(move *m, iac_str to, const char *what)
{
    iac_diag_error(&m->cli->diags, IAC_NO_RANGE, invalid_target,
                   "Cannot move to %.*s: there is already a %s at that address in the current state.", IAC_FMT(to),
                   what);
}

static void refuse_kind(move *m, const char *why)
{
    iac_diag_error(&m->cli->diags, IAC_NO_RANGE, invalid_target, "Cannot move %s to %s: %s.", m->from_text, m->to_text,
                   why);
}

static void refuse_nothing(move *m)
{
    iac_diag_error(&m->cli->diags, IAC_NO_RANGE, invalid_source,
                   "Cannot move %s: does not match anything in the current state.", m->from_text);
}

/* ---- modules ---- */

static bool same_module(iac_module_addr a, iac_module_addr b)
{
    return iac_module_addr_cmp(a, b) == 0;
}

/* Whether inner is the outer module or below it, instance keys counting. */
static bool within(iac_module_addr inner, iac_module_addr outer)
{
    return inner.n >= outer.n && same_module((iac_module_addr){ inner.steps, outer.n }, outer);
}

static iac_module_addr replaced_module(move *m, iac_module_addr module)
{
    size_t rest = module.n - m->from.module.n;
    iac_module_step *steps = iac_arena_array(m->cli->arena, iac_module_step, m->to.module.n + rest);

    memcpy(steps, m->to.module.steps, m->to.module.n * sizeof(*steps));
    for (size_t i = 0; i < rest; i++)
        steps[m->to.module.n + i] = module.steps[m->from.module.n + i];
    return (iac_module_addr){ steps, m->to.module.n + rest };
}

static bool has_module(const iac_state *state, iac_module_addr module)
{
    for (size_t i = 0; i < state->instance_count; i++)
        if (same_module(state->instances[i].addr.module, module))
            return true;
    return false;
}

/* Moves a module with those below it; a line is printed for each that holds something. */
static void move_module(move *m)
{
    iac_module_addr last = { 0 };
    bool any = false, refused = false;

    if (!m->to_module) {
        refuse_kind(m, "the target must also be a module");
        return;
    }
    for (size_t i = 0; i < m->state->instance_count && !refused; i++) {
        const iac_state_instance *instance = &m->state->instances[i];
        iac_addr to = instance->addr;
        if (!within(to.module, m->from.module))
            continue;
        to.module = replaced_module(m, to.module);
        if (!any || !same_module(last, instance->addr.module)) {
            iac_str text = iac_module_addr_text(m->cli->arena, to.module);
            refused = has_module(m->target, to.module);
            if (!refused)
                print_move(m, iac_module_addr_text(m->cli->arena, instance->addr.module), text);
        }
        if (!refused)
            move_instance(m, instance, to);
        last = instance->addr.module;
        any = true;
    }
    if (!any)
        refuse_nothing(m);
    if (refused)
        m->refused = iac_cli_refuse(m->cli, "Error moving state: destination module already exists\n\n"
                                            "Please ensure your addresses and state paths are valid. No\n"
                                            "state was persisted. Your existing states are untouched.") != 0;
}

/* ---- resources ---- */

static void check_resources(move *m)
{
    if (m->from.mode != m->to.mode)
        iac_diag_error(&m->cli->diags, IAC_NO_RANGE, "Invalid state move request",
                       m->from.mode == IAC_MANAGED
                           ? "Cannot move %s to %s: a managed resource can be moved only to another managed resource "
                             "address."
                           : "Cannot move %s to %s: a data resource can be moved only to another data resource "
                             "address.", m->from_text, m->to_text);
    if (!iac_str_eq(m->from.type, m->to.type))
        iac_diag_error(&m->cli->diags, IAC_NO_RANGE, "Invalid state move request",
                       "Cannot move %s to %s: resource types don't match.", m->from_text, m->to_text);
}

static void move_whole_resource(move *m, const iac_instance_list *instances)
{
    iac_str to = iac_addr_text(m->cli->arena, m->to);
    iac_instance_list there = { 0 };

    if (m->to_module || m->to.key.kind != IAC_KEY_NONE) {
        refuse_kind(m, "the source is a whole resource (not a resource instance) so the target must also be a whole "
                       "resource");
        return;
    }
    check_resources(m);
    iac_state_match(m->target, m->to, false, &there);
    if (there.n)
        refuse_target(m, to, "resource");
    iac_vec_clear(&there);
    if (iac_diags_has_errors(&m->cli->diags))
        return;
    print_move(m, iac_addr_text(m->cli->arena, m->from), to);
    for (size_t i = 0; i < instances->n; i++) {
        iac_addr addr = m->to;
        addr.key = instances->v[i]->addr.key;
        move_instance(m, instances->v[i], addr);
    }
}

static void move_one_instance(move *m)
{
    iac_str from = iac_addr_text(m->cli->arena, m->from), to = iac_addr_text(m->cli->arena, m->to);
    const iac_state_instance *instance = iac_state_find(m->state, m->from);

    if (m->to_module) {
        refuse_kind(m, "the target must also be a resource instance");
        return;
    }
    check_resources(m);
    if (iac_state_find(m->target, m->to))
        refuse_target(m, to, "resource instance");
    if (!instance)
        iac_diag_error(&m->cli->diags, IAC_NO_RANGE, invalid_source, "The current state does not contain %.*s.",
                       IAC_FMT(from));
    if (iac_diags_has_errors(&m->cli->diags))
        return;
    print_move(m, from, to);
    move_instance(m, instance, m->to);
}

static void move_resource(move *m)
{
    iac_instance_list instances = { 0 };

    iac_state_match(m->state, m->from, false, &instances);
    if (m->from.key.kind != IAC_KEY_NONE || (instances.n && instances.v[0]->addr.key.kind == IAC_KEY_NONE))
        move_one_instance(m); /* an address without a key is that of the instance without one, where there is one */
    else if (instances.n)
        move_whole_resource(m, &instances);
    else
        refuse_nothing(m);
    iac_vec_clear(&instances);
}

/* ---- the command ---- */

static iac_status carry_out(move *m)
{
    if (m->from_module)
        move_module(m);
    else
        move_resource(m);
    if (m->refused || iac_diags_has_errors(&m->cli->diags))
        return IAC_ERR;
    if (m->cli->args.dry_run)
        return IAC_OK;
    if (m->store) { /* first: rather twice than nowhere */
        iac_store_submit(m->store, m->added.v, m->added.n, NULL, NULL);
        if (iac_store_flush(m->store, &m->cli->diags) != IAC_OK)
            return IAC_ERR;
    }
    if (iac_state_write(m->cli, &m->writes) != IAC_OK)
        return IAC_ERR;
    iac_cli_printf("Successfully moved %zu object(s).\n", m->count);
    return IAC_OK;
}

/* Opens the state file of -state-out. */
static iac_status open_target(move *m, const char *path)
{
    iac_cli *cli = m->cli;
    const iac_args before = cli->args;
    const iac_backend_choice local = { 0 };

    cli->args.state = path;
    cli->args.backup = cli->args.backup_out;
    iac_state_keep_each_backup(cli);
    iac_status status = iac_backend_open_choice(cli, &local, &m->backend);
    cli->args = before;
    if (status == IAC_OK)
        status = iac_backend_open_store(m->backend, "default", true, &m->store, &cli->diags);
    if (status == IAC_OK)
        status = iac_cli_lock(cli, m->store, "state-mv");
    return status == IAC_OK ? iac_store_read(m->store, cli->arena, &m->target, &cli->diags) : status;
}

static iac_status open_states(move *m)
{
    const char *out = m->cli->args.state_out;

    if (out && m->cli->args.state && strcmp(out, m->cli->args.state) == 0)
        out = NULL;
    iac_state_keep_each_backup(m->cli);
    m->cli->args.state_out = NULL; /* what is taken away is taken where it was */
    if (iac_state_open_for_change(m->cli, "state-mv", IAC_OPENING_EXPLAINED, &m->state) != IAC_OK)
        return IAC_ERR;
    m->target = m->state;
    return out && *out ? open_target(m, out) : IAC_OK;
}

static int move_all(move *m)
{
    iac_cli *cli = m->cli;

    if (open_states(m) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!iac_state_exists(m->state))
        return iac_state_refuse_missing(cli);
    bool parsed = iac_target_parse(cli->arena, iac_str_of(m->from_text), &m->from, &m->from_module, &cli->diags) ==
                  IAC_OK;
    if (iac_target_parse(cli->arena, iac_str_of(m->to_text), &m->to, &m->to_module, &cli->diags) != IAC_OK || !parsed)
        return IAC_EXIT_ERROR;
    return carry_out(m) == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

static int run(iac_cli *cli)
{
    move m = { .cli = cli };

    if (cli->args.positional_count != 2)
        return iac_cli_refuse_usage(cli, "Exactly two arguments expected.\n");
    m.from_text = cli->args.positional[0];
    m.to_text = cli->args.positional[1];
    int status = move_all(&m);
    iac_store_close(m.store);
    iac_backend_close(m.backend);
    iac_vec_clear(&m.writes);
    iac_vec_clear(&m.added);
    return status;
}

const iac_command iac_cmd_state_mv = {
    .name = "state mv",
    .summary = "Move an item in the state",
    .usage = "[options] FROM TO",
    .description = "Gives what the state holds at the address FROM the address TO: a resource instance, a resource "
                   "or a module. A moved block in the configuration does the same for everybody who uses it.",
    .groups = groups,
    .max_positional = 1000,
    .misuse = IAC_MISUSE_LINE,
    .run = run,
};

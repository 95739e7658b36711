/* engine/cli/cmd_state_change.c - the state commands that change: rm, mv, push; and force-unlock. */
#include "engine/cli/cli.h"

#include "lang/value/json.h"

#include <string.h>

static const iac_option change_options[] = {
    { "dry-run", IAC_OPTION_BOOL, offsetof(iac_args, dry_run), NULL, "Only print what would be done." },
    { "backup", IAC_OPTION_IGNORED, 0, "=path", NULL }, /* changes are single transactions of the store */
    { "backup-out", IAC_OPTION_IGNORED, 0, "=path", NULL },
    { "ignore-remote-version", IAC_OPTION_IGNORED, 0, NULL, NULL },
    { "state", IAC_OPTION_UNSUPPORTED, 0, "=path", "The working directory's store is changed." },
    { "state-out", IAC_OPTION_UNSUPPORTED, 0, "=path", "The working directory's store is changed." },
};
static const iac_option_group change_group = { "Options", change_options, IAC_COUNT(change_options) };
static const iac_option_group *const groups[] = { &change_group, &iac_options_lock, &iac_options_common, NULL };

static iac_status open_for_change(iac_cli *cli, const char *operation, const iac_state **ret)
{
    if (iac_cli_open_store(cli, true) != IAC_OK || iac_cli_lock_store(cli, operation) != IAC_OK)
        return IAC_ERR;
    return iac_cli_read_state(cli, ret);
}

typedef IAC_VEC(iac_write) write_list;

static iac_status write_all(iac_cli *cli, const write_list *writes)
{
    if (!writes->n)
        return IAC_OK;
    iac_store_submit(cli->store, writes->v, writes->n, NULL, NULL);
    return iac_store_flush(cli->store, &cli->diags);
}

/* ---- rm ---- */

static void remove_instance(const iac_state_instance *instance, write_list *writes)
{
    if (instance->current)
        iac_vec_push(writes, (iac_write){ .kind = IAC_WRITE_REMOVE, .addr = instance->addr });
    for (size_t i = 0; i < instance->deposed_count; i++)
        iac_vec_push(writes, (iac_write){ .kind = IAC_WRITE_REMOVE,
                                          .addr = instance->addr,
                                          .deposed = instance->deposed[i]->deposed });
}

static void remove_matching(iac_cli *cli, const iac_state *state, const iac_addr *wanted, const bool *is_module,
                            write_list *writes, size_t *ret_count)
{
    for (size_t i = 0; i < state->instance_count; i++) {
        for (size_t j = 0; j < cli->args.positional_count; j++) {
            if (!iac_address_covers(wanted[j], is_module[j], state->instances[i].addr))
                continue;
            iac_str text = iac_addr_text(cli->arena, state->instances[i].addr);
            iac_cli_printf(cli->args.dry_run ? "Would remove %.*s\n" : "Removed %.*s\n", IAC_FMT(text));
            remove_instance(&state->instances[i], writes);
            ++*ret_count;
            break;
        }
    }
}

static int run_rm(iac_cli *cli)
{
    const iac_state *state = NULL;
    size_t count = cli->args.positional_count, removed = 0;
    iac_addr *wanted = iac_arena_array(cli->arena, iac_addr, count);
    bool *is_module = iac_arena_array(cli->arena, bool, count);
    write_list writes = { 0 };

    if (!count) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "At least one address is required.", "%s", "");
        return IAC_EXIT_ERROR;
    }
    for (size_t i = 0; i < count; i++)
        if (iac_target_parse(cli->arena, iac_str_of(cli->args.positional[i]), &wanted[i], &is_module[i], &cli->diags) !=
            IAC_OK)
            return IAC_EXIT_ERROR;
    if (open_for_change(cli, "state-rm", &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    remove_matching(cli, state, wanted, is_module, &writes, &removed);
    iac_status status = cli->args.dry_run ? IAC_OK : write_all(cli, &writes);
    iac_vec_clear(&writes);
    if (!removed)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid target address",
                       "No matching objects found. To view the available instances, use \"iac state list\". Please "
                       "modify the address to reference a specific instance.");
    else if (status == IAC_OK)
        iac_cli_printf(cli->args.dry_run ? "Would have removed %zu resource instance(s).\n"
                                         : "Successfully removed %zu resource instance(s).\n", removed);
    return status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

const iac_command iac_cmd_state_rm = {
    .name = "state rm",
    .summary = "Remove instances from the state",
    .usage = "[options] ADDRESS...",
    .description = "Removes resource instances from the state, without touching the objects themselves: they are not "
                   "managed from then on.",
    .groups = groups,
    .max_positional = 1000,
    .run = run_rm,
};

/* ---- mv ---- */

/* Where an instance goes when `from` becomes `to`: the same place below it. */
static iac_addr moved_addr(iac_arena *arena, iac_addr addr, iac_addr from, iac_addr to, bool is_module)
{
    if (!is_module) {
        iac_key key = from.key.kind == IAC_KEY_NONE && to.key.kind == IAC_KEY_NONE ? addr.key : to.key;
        to.key = key;
        return to;
    }
    iac_module_step *steps = iac_arena_array(arena, iac_module_step, to.module.n + addr.module.n - from.module.n);
    memcpy(steps, to.module.steps, to.module.n * sizeof(*steps));
    for (size_t i = from.module.n; i < addr.module.n; i++)
        steps[to.module.n + i - from.module.n] = addr.module.steps[i];
    if (to.module.n && from.module.n && steps[to.module.n - 1].key.kind == IAC_KEY_NONE &&
        from.module.steps[from.module.n - 1].key.kind == IAC_KEY_NONE)
        steps[to.module.n - 1].key = addr.module.steps[from.module.n - 1].key;
    addr.module = (iac_module_addr){ steps, to.module.n + addr.module.n - from.module.n };
    return addr;
}

static void move_object(const iac_state_instance *instance, iac_addr to, const iac_object *object, write_list *writes)
{
    iac_vec_push(writes, (iac_write){ .kind = IAC_WRITE_REMOVE, .addr = instance->addr, .deposed = object->deposed });
    iac_vec_push(writes, (iac_write){ .kind = IAC_WRITE_OBJECT,
                                      .addr = to,
                                      .provider = instance->provider,
                                      .object = object,
                                      .deposed = object->deposed });
}

static void print_move(iac_cli *cli, iac_str from, iac_str to)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&out, cli->args.dry_run ? "Would move " : "Move ");
    iac_json_string(&out, from, false); /* quotes in keys are escaped */
    iac_buf_cstr(&out, " to ");
    iac_json_string(&out, to, false);
    iac_buf_char(&out, '\n');
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

static iac_status plan_moves(iac_cli *cli, const iac_state *state, iac_addr from, iac_addr to, bool is_module,
                             write_list *writes, size_t *ret_count)
{
    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        if (!iac_address_covers(from, is_module, instance->addr))
            continue;
        iac_addr target = moved_addr(cli->arena, instance->addr, from, to, is_module);
        iac_str old_text = iac_addr_text(cli->arena, instance->addr), text = iac_addr_text(cli->arena, target);
        if (iac_state_find(state, target)) {
            iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid target address",
                           "Cannot move to %.*s: there is already a resource instance at that address in the current "
                           "state.", IAC_FMT(text));
            return IAC_ERR;
        }
        print_move(cli, old_text, text);
        if (instance->current)
            move_object(instance, target, instance->current, writes);
        for (size_t j = 0; j < instance->deposed_count; j++)
            move_object(instance, target, instance->deposed[j], writes);
        ++*ret_count;
    }
    return IAC_OK;
}

static iac_status parse_move(iac_cli *cli, iac_addr *from, iac_addr *to, bool *is_module)
{
    bool to_module = false;

    if (cli->args.positional_count != 2) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Exactly two arguments expected.",
                       "The address to move from, and the address to move to.");
        return IAC_ERR;
    }
    if (iac_target_parse(cli->arena, iac_str_of(cli->args.positional[0]), from, is_module, &cli->diags) != IAC_OK ||
        iac_target_parse(cli->arena, iac_str_of(cli->args.positional[1]), to, &to_module, &cli->diags) != IAC_OK)
        return IAC_ERR;
    if (*is_module != to_module || (!to_module && from->mode != to->mode)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid target address",
                       "Cannot move %s to %s: both must be modules, or both resources of the same kind.",
                       cli->args.positional[0], cli->args.positional[1]);
        return IAC_ERR;
    }
    if (!to_module && !iac_str_eq(from->type, to->type)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid state move request",
                       "Cannot move %s to %s: the resource types don't match.", cli->args.positional[0],
                       cli->args.positional[1]);
        return IAC_ERR;
    }
    return IAC_OK;
}

static int run_mv(iac_cli *cli)
{
    const iac_state *state = NULL;
    write_list writes = { 0 };
    size_t moved = 0;
    bool is_module = false;
    iac_addr from, to;

    if (parse_move(cli, &from, &to, &is_module) != IAC_OK || open_for_change(cli, "state-mv", &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_status status = plan_moves(cli, state, from, to, is_module, &writes, &moved);
    if (status == IAC_OK && !cli->args.dry_run)
        status = write_all(cli, &writes);
    iac_vec_clear(&writes);
    if (status == IAC_OK && !moved)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid source address",
                       "Cannot move %s: does not match anything in the current state.", cli->args.positional[0]);
    else if (status == IAC_OK && !cli->args.dry_run)
        iac_cli_printf("Successfully moved %zu object(s).\n", moved);
    return status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

const iac_command iac_cmd_state_mv = {
    .name = "state mv",
    .summary = "Move an item in the state",
    .usage = "[options] FROM TO",
    .description = "Gives what the state holds at the address FROM the address TO: a resource instance, a resource "
                   "or a module. A moved block in the configuration does the same for everybody who uses it.",
    .groups = groups,
    .max_positional = 2,
    .run = run_mv,
};

/* ---- push ---- */

static const iac_option push_options[] = {
    { "force", IAC_OPTION_BOOL, offsetof(iac_args, force), NULL,
      "Replace the state even by one that is older or of another lineage." },
    { "ignore-remote-version", IAC_OPTION_IGNORED, 0, NULL, NULL },
};
static const iac_option_group push_group = { "Options", push_options, IAC_COUNT(push_options) };
static const iac_option_group *const push_groups[] = { &push_group, &iac_options_lock, &iac_options_common, NULL };

static iac_status read_pushed(iac_cli *cli, const char *path, const iac_state **ret)
{
    iac_str text = { 0 };

    if (strcmp(path, "-") == 0)
        path = "/dev/stdin";
    if (iac_config_reader_files.read(NULL, path, cli->arena, &text, &cli->diags) != IAC_OK)
        return IAC_ERR;
    return iac_tfstate_read(cli->arena, text, ret, &cli->diags);
}

static int run_push(iac_cli *cli)
{
    static const char summary[] = "Failed to write state";
    const iac_state *given = NULL, *stored = NULL;

    if (cli->args.positional_count != 1) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Exactly one argument expected: path to state to push", "%s", "");
        return IAC_EXIT_ERROR;
    }
    if (read_pushed(cli, cli->args.positional[0], &given) != IAC_OK ||
        open_for_change(cli, "state-push", &stored) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!cli->args.force && stored->lineage.n) {
        if (!iac_str_eq(stored->lineage, given->lineage)) {
            iac_diag_error(&cli->diags, IAC_NO_RANGE, summary,
                           "cannot import state with lineage \"%.*s\" over unrelated state with lineage \"%.*s\"",
                           IAC_FMT(given->lineage), IAC_FMT(stored->lineage));
            return IAC_EXIT_ERROR;
        }
        if (given->serial < stored->serial) {
            iac_diag_error(&cli->diags, IAC_NO_RANGE, summary,
                           "cannot import state with serial %lld over newer state with serial %lld",
                           (long long)given->serial, (long long)stored->serial);
            return IAC_EXIT_ERROR;
        }
    }
    return iac_store_replace(cli->store, given, &cli->diags) == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

const iac_command iac_cmd_state_push = {
    .name = "state push",
    .summary = "Replace the state by that of a state file",
    .usage = "[options] PATH",
    .description = "Replaces the whole state by that of the Terraform state file at PATH (\"-\": standard input). An "
                   "older one, or one of another lineage, is refused.",
    .groups = push_groups,
    .max_positional = 1,
    .run = run_push,
};

/* ---- force-unlock ---- */

static const iac_option unlock_options[] = {
    { "force", IAC_OPTION_BOOL, offsetof(iac_args, force), NULL, "Do not ask." },
};
static const iac_option_group unlock_group = { "Options", unlock_options, IAC_COUNT(unlock_options) };
static const iac_option_group *const unlock_groups[] = { &unlock_group, &iac_options_common, NULL };

static int run_unlock(iac_cli *cli)
{
    iac_str answer = { 0 };

    if (cli->args.positional_count != 1) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Expected a single argument: LOCK_ID", "%s", "");
        return IAC_EXIT_ERROR;
    }
    if (!cli->args.force) {
        iac_signals_watch(false);
        iac_status status = iac_prompt(cli->arena,
                                       "Do you really want to force-unlock?\n  iac will remove the lock on the state.\n"
                                       "  This will allow local commands to modify this state, even though it\n"
                                       "  may still be in use. Only 'yes' will be accepted to confirm.\n",
                                       true, &answer);
        if (status != IAC_OK || !iac_str_is(answer, "yes")) {
            iac_cli_printf("force-unlock cancelled.\n");
            return IAC_EXIT_ERROR;
        }
    }
    if (iac_cli_open_store(cli, true) != IAC_OK ||
        iac_store_force_unlock(cli->store, iac_str_of(cli->args.positional[0]), &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_cli_printf("The state has been unlocked, and commands should now be able to obtain a new lock on it.\n");
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_force_unlock = {
    .name = "force-unlock",
    .summary = "Release a stuck lock on the state",
    .usage = "[options] LOCK_ID",
    .description = "Removes the lock on the state that has this ID, which the message about a lock that cannot be "
                   "had shows. Only for locks whose holder is known to be gone.",
    .groups = unlock_groups,
    .max_positional = 1,
    .run = run_unlock,
};

/* engine/cli/init_backend.c - the part of "init" that is about backends: the first configuration of one, a change from
 * one to another with the states they hold, and taking over a terraform.tfstate. */
#include "engine/cli/cli.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- one end of a migration ---- */

typedef struct end {
    iac_backend *backend;
    const char *type;
    iac_str *workspaces;
    size_t count;
} end;

static iac_status open_end(iac_cli *cli, const iac_backend_choice *choice, end *ret)
{
    ret->type = choice->driver ? choice->driver->name : "local";
    if (iac_backend_open_choice(cli, choice, &ret->backend) != IAC_OK)
        return IAC_ERR;
    return iac_backend_workspaces(ret->backend, cli->arena, &ret->workspaces, &ret->count, &cli->diags);
}

static bool is_empty(const iac_state *state)
{
    return state->instance_count == 0 && state->output_count == 0;
}

/* ---- questions ---- */

static iac_status ask(iac_cli *cli, const char *question, const char *description, bool *ret)
{
    iac_str answer = { 0 };

    *ret = true;
    if (cli->args.force_copy)
        return IAC_OK;
    if (!iac_input_enabled(cli)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Can't ask approval for state migration when interactive input is "
                                                  "disabled.",
                       "Please remove the \"-input=false\" option and try again.");
        return IAC_ERR;
    }
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_printf(&text, "%s\n", question);
    for (const char *line = description; *line;) {
        size_t n = strcspn(line, "\n");
        iac_buf_printf(&text, "%s%.*s\n", n ? "  " : "", (int)n, line);
        line += n + (line[n] == '\n');
    }
    for (;;) {
        iac_status status = iac_prompt(cli->arena, text.p, true, &answer);
        if (status != IAC_OK) {
            iac_diag_error(&cli->diags, IAC_NO_RANGE, "Error asking for state migration action", "EOF");
            iac_buf_clear(&text);
            return IAC_ERR;
        }
        *ret = iac_str_is(answer, "yes");
        if (*ret || iac_str_is(answer, "no"))
            break;
    }
    iac_buf_clear(&text);
    return IAC_OK;
}

static iac_status ask_about_state(iac_cli *cli, const end *from, const end *to, bool target_empty, bool *ret)
{
    iac_str text;

    if (target_empty)
        text = iac_arena_printf(cli->arena,
                                "Pre-existing state was found while migrating the previous \"%s\" backend to the\n"
                                "newly configured \"%s\" backend. No existing state was found in the newly\n"
                                "configured \"%s\" backend. Do you want to copy this state to the new \"%s\"\n"
                                "backend? Enter \"yes\" to copy and \"no\" to start with an empty state.",
                                from->type, to->type, to->type, to->type);
    else
        text = iac_arena_printf(cli->arena,
                                "Pre-existing state was found while migrating the previous \"%s\" backend to the\n"
                                "newly configured \"%s\" backend. An existing non-empty state already exists in\n"
                                "the new backend.\n\n"
                                "Do you want to overwrite the state in the new backend with the previous state?\n"
                                "Enter \"yes\" to copy and \"no\" to start with the existing state in the newly\n"
                                "configured \"%s\" backend.",
                                from->type, to->type, to->type);
    return ask(cli, "Do you want to copy existing state to the new backend?", text.p, ret);
}

/* ---- copying ---- */

static iac_status lock(iac_cli *cli, iac_store *store)
{
    iac_store *before = cli->store;
    cli->store = store;
    iac_status status = iac_cli_lock_store(cli, "init");
    cli->store = before;
    return status;
}

static bool same_state(const iac_state *a, const iac_state *b)
{
    return iac_str_eq(a->lineage, b->lineage) && a->serial == b->serial;
}

/* Both ends are locked until the copy is where it shall be. */
static iac_status copy_locked(iac_cli *cli, const end *from, const end *to, iac_store *source, iac_store *target,
                              bool asked)
{
    const iac_state *state = NULL, *there = NULL;
    const iac_intent *intents = NULL;
    size_t intent_count = 0;
    bool wanted = true;

    if (lock(cli, source) != IAC_OK || iac_store_read(source, cli->arena, &state, &cli->diags) != IAC_OK ||
        iac_store_intents(source, cli->arena, &intents, &intent_count, &cli->diags) != IAC_OK)
        return IAC_ERR;
    if (is_empty(state) && !intent_count)
        return IAC_OK;
    if (lock(cli, target) != IAC_OK || iac_store_read(target, cli->arena, &there, &cli->diags) != IAC_OK)
        return IAC_ERR;
    if (same_state(state, there))
        return IAC_OK; /* an earlier migration came this far */
    if (!asked && ask_about_state(cli, from, to, is_empty(there), &wanted) != IAC_OK)
        return IAC_ERR;
    if (!wanted)
        return IAC_OK;
    iac_write *writes = iac_arena_array(cli->arena, iac_write, intent_count);
    for (size_t i = 0; i < intent_count; i++)
        writes[i] = (iac_write){ .kind = IAC_WRITE_INTENT, .intent = intents[i] };
    if (intent_count) /* what was begun must be known wherever the state is */
        iac_store_submit(target, writes, intent_count, NULL, NULL);
    if (iac_store_replace(target, state, &cli->diags) != IAC_OK)
        return IAC_ERR;
    return iac_store_flush(target, &cli->diags);
}

static iac_status copy(iac_cli *cli, const end *from, const char *workspace, const end *to, const char *as, bool asked)
{
    iac_store *source = NULL, *target = NULL;
    iac_status status = iac_backend_open_store(from->backend, workspace, true, &source, &cli->diags);

    if (status == IAC_OK)
        status = iac_backend_open_store(to->backend, as, true, &target, &cli->diags);
    if (status == IAC_OK)
        status = copy_locked(cli, from, to, source, target, asked);
    iac_store_close(target);
    iac_store_close(source);
    return status;
}

static iac_status copy_all(iac_cli *cli, const end *from, const end *to)
{
    bool wanted;
    iac_str question = iac_arena_printf(cli->arena, "Do you want to migrate all workspaces to \"%s\"?", to->type);
    iac_str text = iac_arena_printf(
        cli->arena,
        "Both the existing \"%s\" backend and the newly configured \"%s\" backend\n"
        "support workspaces. When migrating between backends, iac will copy\n"
        "all workspaces (with the same names). THIS WILL OVERWRITE any conflicting\n"
        "states in the destination.\n\n"
        "iac initialization doesn't currently migrate only select workspaces.\n"
        "If you want to migrate a select number of workspaces, you must manually\n"
        "pull and push those states.\n\n"
        "If you answer \"yes\", iac will migrate all states. If you answer\n"
        "\"no\", iac will abort.",
        from->type, to->type);

    if (ask(cli, question.p, text.p, &wanted) != IAC_OK)
        return IAC_ERR;
    if (!wanted) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Migration aborted by user.", "%s", "");
        return IAC_ERR;
    }
    for (size_t i = 0; i < from->count; i++) {
        const char *name = iac_arena_cstr(cli->arena, from->workspaces[i]);
        if (copy(cli, from, name, to, name, true) != IAC_OK)
            return IAC_ERR;
    }
    return IAC_OK;
}

static iac_status copy_current(iac_cli *cli, const end *from, const end *to)
{
    bool wanted;
    const char *current = iac_arena_cstr(cli->arena, cli->workspace);
    iac_str question = iac_arena_printf(cli->arena,
                                        "Destination state \"%s\" doesn't support workspaces.\n"
                                        "Do you want to copy only your current workspace?", to->type);
    iac_str text = iac_arena_printf(
        cli->arena,
        "The existing \"%s\" backend supports workspaces and you currently are\n"
        "using more than one. The newly configured \"%s\" backend doesn't support\n"
        "workspaces. If you continue, iac will copy your current workspace \"%s\"\n"
        "to the default workspace in the new backend. Your existing workspaces in the\n"
        "source backend won't be modified. If you want to switch workspaces, back them\n"
        "up, or cancel altogether, answer \"no\" and iac will abort.",
        from->type, to->type, current);

    if (ask(cli, question.p, text.p, &wanted) != IAC_OK)
        return IAC_ERR;
    if (!wanted) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Migration aborted by user.", "%s", "");
        return IAC_ERR;
    }
    cli->workspace = IAC_STR("default");
    return copy(cli, from, current, to, "default", true);
}

static iac_status migrate(iac_cli *cli, const iac_backend_choice *from_choice, const iac_backend_choice *to_choice)
{
    end from = { 0 }, to = { 0 };
    struct stat info;

    if (!from_choice->driver && stat(iac_arena_printf(cli->arena, "%s/state.db", iac_state_dir).p, &info) != 0)
        return IAC_OK; /* nothing was ever stored */
    iac_status status = open_end(cli, from_choice, &from);

    if (status == IAC_OK)
        status = open_end(cli, to_choice, &to);
    if (status == IAC_OK && strcmp(iac_backend_describe(from.backend), iac_backend_describe(to.backend)) == 0)
        ; /* other settings of the same place */
    else if (status == IAC_OK && from.count <= 1)
        status = copy(cli, &from, "default", &to, "default", false);
    else if (status == IAC_OK && iac_backend_has_workspaces(to.backend))
        status = copy_all(cli, &from, &to);
    else if (status == IAC_OK)
        status = copy_current(cli, &from, &to);
    iac_backend_close(from.backend);
    iac_backend_close(to.backend);
    return status;
}

/* ---- a terraform.tfstate ---- */

/* Whether the state file in the working directory is the one that the backend reads and writes. */
static bool is_in_use(const iac_backend_choice *choice, const struct stat *info)
{
    const iac_value *path = choice->driver && strcmp(choice->driver->name, "local") == 0
                                ? iac_value_get_cstr(choice->config, "path") : NULL;
    struct stat used;
    char name[PATH_MAX];

    if (!path || iac_is_null(path) || path->kind != IAC_STRING || path->string.n >= sizeof(name))
        return false;
    snprintf(name, sizeof(name), "%.*s", IAC_FMT(path->string));
    return stat(name, &used) == 0 && used.st_dev == info->st_dev && used.st_ino == info->st_ino;
}

/* A state file that Terraform left: its content becomes the store's, unless it is what the backend goes on with. */
static iac_status take_state_over(iac_cli *cli, const iac_backend_choice *wanted)
{
    const iac_state *stored = NULL, *found = NULL;
    struct stat info;
    iac_str text = { 0 };
    iac_store *store = NULL;

    if (stat("terraform.tfstate", &info) != 0 || info.st_size == 0 || is_in_use(wanted, &info))
        return IAC_OK;
    if (iac_store_open(iac_state_dir, "default", true, &store, &cli->diags) != IAC_OK)
        return IAC_ERR;
    iac_status status = iac_cli_find_encryption(cli);
    if (status == IAC_OK)
        status = iac_store_set_crypt(store, cli->state_crypt, &cli->diags);
    if (status == IAC_OK)
        status = lock(cli, store);
    if (status == IAC_OK)
        status = iac_store_read(store, cli->arena, &stored, &cli->diags);
    if (status == IAC_OK && !stored->lineage.n) { /* else taken over before, or a state of its own */
        status = iac_config_reader_files.read(NULL, "terraform.tfstate", cli->arena, &text, &cli->diags);
        if (status == IAC_OK)
            status = iac_snapshot_open(cli->state_crypt, cli->arena, &text, NULL, &cli->diags);
        if (status == IAC_OK)
            status = iac_tfstate_read(cli->arena, text, &found, &cli->diags);
        if (status == IAC_OK)
            status = iac_store_replace(store, found, &cli->diags);
        if (status == IAC_OK)
            iac_cli_tell(cli, NULL,
                         iac_arena_printf(cli->arena, "- Took over %zu resource instances from terraform.tfstate, which "
                                                      "is not used any more", found->instance_count));
    }
    iac_store_close(store);
    return status;
}

/* ---- init ---- */

static void say_configured(iac_cli *cli, const iac_backend_choice *choice)
{
    bool color = cli->out_view.color && !cli->stream;

    if (choice->driver)
        iac_cli_tell(cli, "backend_configured_success",
                     iac_arena_printf(cli->arena, "%s%sSuccessfully configured the backend \"%s\"! iac will "
                                                  "automatically\nuse this backend unless the backend configuration "
                                                  "changes.%s",
                                      cli->stream ? "" : "\n", color ? "\033[0m\033[32m" : "", choice->driver->name,
                                      color ? "\033[0m" : ""));
}

static iac_status refuse_change(iac_cli *cli)
{
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Backend configuration changed",
                   "A change in the backend configuration has been detected, which may require migrating existing "
                   "state.\n\nIf you wish to attempt automatic migration of the state, use \"iac init "
                   "-migrate-state\".\nIf you wish to store the current configuration with no changes to the state, use "
                   "\"iac init -reconfigure\".");
    return IAC_ERR;
}

/* Whether nothing changed: the block is the one recorded, and -backend-config adds nothing else. */
static bool is_unchanged(const iac_cli *cli, const iac_backend_choice *wanted, const iac_backend_choice *recorded)
{
    if (wanted->driver != recorded->driver)
        return false;
    return !wanted->driver || (iac_str_eq(wanted->hash, recorded->hash) &&
                               (!cli->args.backend_configs.n || iac_value_same(wanted->config, recorded->config)));
}

static void announce(iac_cli *cli, const iac_backend_choice *wanted, const iac_backend_choice *recorded)
{
    if (recorded->driver && wanted->driver && recorded->driver != wanted->driver)
        iac_cli_tell(cli, "backend_migrate_type_change_message",
                     iac_arena_printf(cli->arena, "iac detected that the backend type changed from \"%s\" to \"%s\".",
                                      recorded->driver->name, wanted->driver->name));
    else if (recorded->driver && !wanted->driver)
        iac_cli_tell(cli, "backend_migrate_local_message",
                     iac_arena_printf(cli->arena, "iac has detected you're unconfiguring your previously set \"%s\" "
                                                  "backend.", recorded->driver->name));
    else if (recorded->driver)
        iac_cli_tell(cli, "backend_reconfigure_message",
                     IAC_STR("Backend configuration changed!\n\niac has detected that the configuration specified for the "
                             "backend\nhas changed. iac will now check for existing state in the backends.\n"));
}

iac_status iac_init_backend(iac_cli *cli)
{
    iac_backend_choice wanted, recorded;

    if (cli->args.force_copy)
        cli->args.migrate_state = true;
    if (iac_backend_configured(cli, true, &wanted) != IAC_OK ||
        iac_backend_recorded(cli, &recorded) != IAC_OK || take_state_over(cli, &wanted) != IAC_OK)
        return IAC_ERR;
    bool unchanged = is_unchanged(cli, &wanted, &recorded);
    if (unchanged && recorded.driver)
        wanted.config = recorded.config; /* with what -backend-config gave the first time */
    if (!unchanged && recorded.driver && !cli->args.migrate_state && !cli->args.reconfigure)
        return refuse_change(cli);
    if (!unchanged && !cli->args.reconfigure) {
        announce(cli, &wanted, &recorded);
        if (migrate(cli, &recorded, &wanted) != IAC_OK)
            return IAC_ERR;
    }
    if (unchanged && !wanted.driver)
        return iac_cli_backend(cli);
    iac_status status = iac_backend_open_choice(cli, &wanted, &cli->backend);
    if (status == IAC_OK && (!unchanged || cli->args.reconfigure)) {
        status = iac_backend_record(cli, &wanted);
        if (status == IAC_OK && wanted.driver)
            say_configured(cli, &wanted);
        else if (status == IAC_OK && recorded.driver)
            iac_cli_tell(cli, "backend_configured_unset",
                         iac_arena_printf(cli->arena, "\n\nSuccessfully unset the backend \"%s\". iac will now operate "
                                                      "locally.", recorded.driver->name));
    }
    return status;
}

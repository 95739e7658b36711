/* engine/cli/cmd_state_change.c - the state commands that change: rm, push; and force-unlock. */
#include "engine/cli/state_match.h"

#include <string.h>

static const iac_option change_options[] = {
    { "dry-run", IAC_OPTION_BOOL, offsetof(iac_args, dry_run), NULL, "Only print what would be done." },
};
static const iac_option_group change_group = { "Options", change_options, IAC_COUNT(change_options) };
static const iac_option_group *const groups[] = { &change_group, &iac_options_lock, &iac_options_state_file,
                                                 &iac_options_common, NULL };

/* ---- rm ---- */

static void remove_instance(const iac_state_instance *instance, iac_write_list *writes)
{
    if (instance->current)
        iac_vec_push(writes, (iac_write){ .kind = IAC_WRITE_REMOVE, .addr = instance->addr });
    for (size_t i = 0; i < instance->deposed_count; i++)
        iac_vec_push(writes, (iac_write){ .kind = IAC_WRITE_REMOVE,
                                          .addr = instance->addr,
                                          .deposed = instance->deposed[i]->deposed });
}

static int remove_all(iac_cli *cli, const iac_instance_list *matches)
{
    iac_write_list writes = { 0 };

    for (size_t i = 0; i < matches->n; i++) {
        iac_str text = iac_addr_text(cli->arena, matches->v[i]->addr);
        iac_cli_printf(cli->args.dry_run ? "Would remove %.*s\n" : "Removed %.*s\n", IAC_FMT(text));
        remove_instance(matches->v[i], &writes);
    }
    iac_status status = cli->args.dry_run ? IAC_OK : iac_state_write(cli, &writes);
    iac_vec_clear(&writes);
    if (cli->args.dry_run) {
        if (!matches->n)
            iac_cli_printf("Would have removed nothing.\n");
    } else if (!matches->n) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid target address",
                       "No matching objects found. To view the available instances, use \"iac state list\". Please "
                       "modify the address to reference a specific instance.");
    } else if (status == IAC_OK) {
        iac_cli_printf("Successfully removed %zu resource instance(s).\n", matches->n);
    }
    return status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

static int run_rm(iac_cli *cli)
{
    const iac_state *state = NULL;
    iac_instance_list matches = { 0 };
    iac_status status = IAC_OK;
    int exit_status = IAC_EXIT_ERROR;

    if (!cli->args.positional_count)
        return iac_cli_refuse_usage(cli, "At least one address is required.\n");
    iac_state_keep_each_backup(cli);
    if (iac_state_open_for_change(cli, "state-rm", IAC_OPENING_EXPLAINED, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!iac_state_exists(state))
        return iac_state_refuse_missing(cli);
    for (size_t i = 0; i < cli->args.positional_count; i++)
        if (iac_state_lookup(cli, state, cli->args.positional[i], true, &matches) != IAC_OK)
            status = IAC_ERR;
    if (status == IAC_OK)
        exit_status = remove_all(cli, &matches);
    iac_vec_clear(&matches);
    return exit_status;
}

const iac_command iac_cmd_state_rm = {
    .name = "state rm",
    .summary = "Remove instances from the state",
    .usage = "[options] ADDRESS...",
    .description = "Removes resource instances from the state, without touching the objects themselves: they are not "
                   "managed from then on.",
    .groups = groups,
    .max_positional = 1000,
    .misuse = IAC_MISUSE_LINE,
    .run = run_rm,
};

/* ---- push ---- */

static const iac_option push_options[] = {
    { "force", IAC_OPTION_BOOL, offsetof(iac_args, force), NULL,
      "Replace the state even by one that is older or of another lineage." },
    { "ignore-remote-version", IAC_OPTION_IGNORED, 0, NULL, NULL },
};
static const iac_option_group push_group = { "Options", push_options, IAC_COUNT(push_options) };
static const iac_option_group *const push_groups[] = { &push_group, &iac_options_lock, &iac_options_common, NULL };

static iac_str as_text(iac_arena *arena, const iac_state *state)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_tfstate_write(&out, state);
    iac_str text = iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    return text;
}

/* given was read from a file: what is stored is put into the same form. */
static bool same_contents(iac_arena *arena, const iac_state *given, const iac_state *stored)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    const iac_state *read = NULL;
    bool same = iac_tfstate_read(arena, as_text(arena, stored), &read, &ignored) == IAC_OK &&
                iac_str_eq(as_text(arena, given), as_text(arena, read));
    iac_diags_clear(&ignored);
    return same;
}

/* Whether the given state may take the stored one's place; a state without a lineage is not known to be another's. */
static bool may_replace(const iac_cli *cli, const iac_state *given, const iac_state *stored)
{
    if (!stored->lineage.n || !given->lineage.n)
        return true;
    if (!iac_str_eq(stored->lineage, given->lineage))
        iac_cli_refuse(cli, "Failed to write state: cannot import state with lineage \"%.*s\" over unrelated state with "
                            "lineage \"%.*s\"", IAC_FMT(given->lineage), IAC_FMT(stored->lineage));
    else if (given->serial < stored->serial)
        iac_cli_refuse(cli, "Failed to write state: cannot import state with serial %lld over newer state with serial "
                            "%lld", (long long)given->serial, (long long)stored->serial);
    else if (given->serial == stored->serial && !same_contents(cli->arena, given, stored))
        iac_cli_refuse(cli, "Failed to write state: cannot overwrite existing state with serial %lld with a different "
                            "state that has the same serial", (long long)stored->serial);
    else
        return true;
    return false;
}

static int run_push(iac_cli *cli)
{
    const iac_state *given = NULL, *stored = NULL;
    iac_str why = { 0 };

    if (cli->args.positional_count != 1)
        return iac_cli_refuse_usage(cli, "Exactly one argument expected.\n");
    const char *path = cli->args.positional[0];
    iac_status status = iac_state_read_file(cli, path, &given, &why);
    if (status == IAC_NOT_FOUND)
        return iac_cli_refuse(cli, "%.*s", IAC_FMT(why));
    if (status != IAC_OK)
        return iac_cli_refuse(cli, "Error reading source state \"%s\": %.*s", path, IAC_FMT(why));
    if (iac_state_open_for_change(cli, "state-push", IAC_OPENING_CHECKED, &stored) != IAC_OK ||
        (!cli->args.force && !may_replace(cli, given, stored)))
        return IAC_EXIT_ERROR;
    iac_state *pushed = iac_arena_new_of(cli->arena, iac_state);
    *pushed = *given;
    if (!pushed->lineage.n) /* a state without one would not be there */
        pushed->lineage = stored->lineage;
    return iac_state_replace(cli, pushed) == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

const iac_command iac_cmd_state_push = {
    .name = "state push",
    .summary = "Replace the state by that of a state file",
    .usage = "[options] PATH",
    .description = "Replaces the whole state by that of the Terraform state file at PATH (\"-\": standard input). An "
                   "older one, or one of another lineage, is refused.",
    .groups = push_groups,
    .max_positional = SIZE_MAX,
    .misuse = IAC_MISUSE_LINE,
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

    if (cli->args.positional_count != 1)
        return iac_cli_refuse_usage(cli, "Expected a single argument: LOCK_ID");
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
    if (iac_cli_open_store(cli, true) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (iac_store_force_unlock(cli->store, iac_str_of(cli->args.positional[0]), &cli->diags) != IAC_OK) {
        if (cli->diags.list.n == 1) {
            iac_diag last = cli->diags.list.v[0];
            iac_cli_refuse(cli, "%.*s: %.*s", IAC_FMT(last.summary), IAC_FMT(last.detail));
            iac_diags_clear(&cli->diags);
        }
        return IAC_EXIT_ERROR;
    }
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
    .max_positional = SIZE_MAX,
    .misuse = IAC_MISUSE_USAGE,
    .run = run_unlock,
};

/* engine/cli/cmd_rollback.c - the commands that go back: rollback, state restore. */
#include "engine/cli/rollback.h"
#include "engine/cli/state_match.h"

static const iac_option options[] = {
    { "auto-approve", IAC_OPTION_BOOL, offsetof(iac_args, auto_approve), NULL, "Do not ask before applying." },
    { "out", IAC_OPTION_TEXT, offsetof(iac_args, out), "=path",
      "Save the plan in this file, for \"apply\", and apply nothing." },
};
static const iac_option_group group = { "Options of rollback", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = {
    &iac_options_plan, &group, &iac_options_vars, &iac_options_lock, &iac_options_common, NULL
};

static iac_status check_options(iac_cli *cli)
{
    if (cli->args.json && !cli->args.auto_approve && !cli->args.out) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Plan file or auto-approve required",
                       "iac cannot ask for interactive approval when -json is set. You can either save the plan with "
                       "-out, or enable the -auto-approve option.");
        return IAC_ERR;
    }
    if (cli->args.destroy || cli->args.refresh_only) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Incompatible plan mode options",
                       "The -destroy and -refresh-only options make no sense for going back to an earlier apply.");
        return IAC_ERR;
    }
    return IAC_OK;
}

static iac_status choose(iac_cli *cli, int64_t *ret)
{
    if (cli->args.positional_count)
        return iac_history_number(cli, cli->args.positional[0], ret) ? IAC_OK : IAC_ERR;
    iac_status status = iac_rollback_find(cli, 0, ret);
    if (status == IAC_NOT_FOUND)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Nothing to roll back to",
                       "The history of this workspace has no apply before the last one that ended well. \"iac "
                       "history\" lists what there is.");
    return status;
}

static int run(iac_cli *cli)
{
    const iac_plan *plan = NULL;
    int64_t number = 0;

    iac_cli_begin_stream(cli);
    if (check_options(cli) != IAC_OK || iac_history_open(cli, true) != IAC_OK || choose(cli, &number) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_status status = iac_rollback_plan(cli, number, &plan);
    if (!plan)
        return IAC_EXIT_ERROR;
    if (cli->args.out && iac_cli_save_plan(cli, plan, cli->args.out) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_cli_show_plan(cli, plan);
    if (status != IAC_OK || plan->errored)
        return IAC_EXIT_ERROR;
    iac_cli_report(cli); /* what does not come back */
    if (cli->args.out) {
        iac_buf out;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        if (!cli->stream && !cli->automation && plan->applyable)
            iac_view_plan_footer(&out, cli->args.out, NULL, &cli->out_view);
        iac_cli_print(&out);
        iac_buf_clear(&out);
        return IAC_EXIT_OK;
    }
    if (!cli->args.auto_approve && plan->applyable && iac_prompt_approval(cli, false) != IAC_OK)
        return IAC_EXIT_ERROR;
    return iac_cli_apply(cli, plan);
}

const iac_command iac_cmd_rollback = {
    .name = "rollback",
    .tolerant = true,
    .summary = "Apply the configuration of an earlier apply again",
    .usage = "[options] [NUMBER]",
    .description = "Plans the configuration and the variables of entry NUMBER of the history against today's state, "
                   "shows the plan, asks for approval, and carries it out. Without NUMBER: of the apply before the "
                   "last one.\n\nThe files of the working directory stay as they are: change them accordingly, or the "
                   "next apply undoes the rollback. Sensitive variables are not kept by the history: they are taken "
                   "from -var, files and the environment, as for any plan. What functions read from files is that of "
                   "today. Objects that were renamed since get their earlier addresses back. The plan says what cannot "
                   "be brought back: what an object held that was destroyed since.",
    .groups = groups,
    .max_positional = 1,
    .run = run,
};

/* ---- state restore ---- */

static const iac_option restore_options[] = {
    { "before", IAC_OPTION_BOOL, offsetof(iac_args, before), NULL, "The state before the entry, not after it." },
    { "force", IAC_OPTION_BOOL, offsetof(iac_args, force), NULL, "Do not ask." },
};
static const iac_option_group restore_group = { "Options", restore_options, IAC_COUNT(restore_options) };
static const iac_option_group *const restore_groups[] = {
    &restore_group, &iac_options_lock, &iac_options_common, NULL
};

static bool confirm(iac_cli *cli, int64_t number, const iac_state *now, const iac_state *then)
{
    iac_str answer = { 0 };
    iac_str question = iac_arena_printf(
        cli->arena,
        "Do you really want to replace the state by that of entry %lld?\n"
        "  The state has %s resource instances today, and had %zu then. The objects\n"
        "  themselves are not touched. Only 'yes' will be accepted to confirm.\n",
        (long long)number, now ? iac_arena_printf(cli->arena, "%zu", now->instance_count).p : "an unknown number of",
        then->instance_count);
    if (cli->args.force)
        return true;
    iac_signals_watch(false);
    if (iac_prompt(cli->arena, question.p, true, &answer) == IAC_OK && iac_str_is(answer, "yes"))
        return true;
    iac_cli_printf("Restoration cancelled.\n");
    return false;
}

/* A state that cannot be read any more is replaced, too: NULL. */
static iac_status open_for_restore(iac_cli *cli, const iac_state **ret)
{
    iac_diags told = IAC_DIAGS_INIT;
    *ret = NULL;
    if (iac_cli_open_store(cli, true) != IAC_OK || iac_cli_lock_store(cli, "state-restore") != IAC_OK)
        return IAC_ERR;
    if (iac_store_read(cli->store, cli->arena, ret, &told) != IAC_OK) {
        *ret = NULL;
        iac_diag_warning(&cli->diags, IAC_NO_RANGE, "The state as it is cannot be read", "%.*s",
                         IAC_FMT(told.list.n ? told.list.v[0].detail : IAC_STR("")));
    }
    iac_diags_clear(&told);
    return IAC_OK;
}

static int run_restore(iac_cli *cli)
{
    const iac_state *now = NULL, *then = NULL;
    int64_t number;
    if (cli->args.positional_count != 1)
        return iac_cli_refuse_usage(cli, "The number of an entry is required.\n");
    if (!iac_history_number(cli, cli->args.positional[0], &number) ||
        open_for_restore(cli, &now) != IAC_OK ||
        iac_history_state(cli->store, number, cli->args.before, cli->arena, &then, &cli->diags) != IAC_OK ||
        !confirm(cli, number, now, then))
        return IAC_EXIT_ERROR;
    iac_state restored = *then;
    restored.serial = (now ? now->serial : iac_store_serial(cli->store)) + 1;
    restored.lineage = now && now->lineage.n ? now->lineage : then->lineage;
    cli->origin = number;
    if (iac_state_replace(cli, &restored) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_cli_printf("The state is that %s entry %lld again, as serial %lld.\n", cli->args.before ? "before" : "after",
                   (long long)number, (long long)iac_store_serial(cli->store));
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_state_restore = {
    .name = "state restore",
    .tolerant = true,
    .summary = "Bring back a state that the history has kept",
    .usage = "[options] NUMBER",
    .description = "Replaces the state by what it was after entry NUMBER of the history, or with -before, before it. "
                   "Only the state changes: what really exists stays as it is, and the next plan shows how that "
                   "differs. This is an entry of the history, too. To bring back the objects themselves, use "
                   "\"rollback\".",
    .groups = restore_groups,
    .max_positional = 1,
    .run = run_restore,
};

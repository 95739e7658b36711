/* engine/cli/cmd_plan.c - the plan command. */
#include "engine/cli/cli.h"

static const iac_option options[] = {
    { "out", IAC_OPTION_TEXT, offsetof(iac_args, out), "=path", "Save the plan in this file, for \"apply\"." },
    { "detailed-exitcode", IAC_OPTION_BOOL, offsetof(iac_args, detailed_exitcode), NULL,
      "End with status 0 when there is nothing to do, 1 after an error, 2 when there are changes." },
};
static const iac_option_group plan_group = { "Options of plan", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = {
    &iac_options_plan, &plan_group, &iac_options_vars, &iac_options_lock, &iac_options_common, NULL
};

static iac_status check_modes(iac_cli *cli)
{
    if (cli->args.destroy && cli->args.refresh_only) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Incompatible plan mode options",
                       "The -destroy and -refresh-only options are mutually-exclusive.");
        return IAC_ERR;
    }
    if (cli->args.refresh_only && !cli->args.refresh) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Incompatible refresh options",
                       "It doesn't make sense to use -refresh-only at the same time as -refresh=false, because iac "
                       "would have nothing to do.");
        return IAC_ERR;
    }
    return IAC_OK;
}

static iac_status save(iac_cli *cli, const iac_plan *plan)
{
    return cli->args.out ? iac_planfile_write(plan, cli->args.out, &cli->diags) : IAC_OK;
}

static int run(iac_cli *cli)
{
    iac_plan_mode mode = cli->args.destroy        ? IAC_PLAN_DESTROY
                         : cli->args.refresh_only ? IAC_PLAN_REFRESH_ONLY
                                                  : IAC_PLAN_NORMAL;
    const iac_state *state = NULL;
    const iac_plan *plan = NULL;
    iac_buf out;

    iac_cli_begin_stream(cli);
    if (check_modes(cli) != IAC_OK || iac_cli_prepare(cli, "plan", mode == IAC_PLAN_DESTROY, false, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_status status = iac_cli_plan(cli, mode, state, &plan);
    if (!plan)
        return IAC_EXIT_ERROR;
    if (save(cli, plan) != IAC_OK)
        status = IAC_ERR;
    iac_cli_show_plan(cli, plan);
    if (status != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!cli->stream && !cli->automation) {
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        if (plan->applyable)
            iac_view_plan_footer(&out, cli->args.out, &cli->out_view);
        iac_cli_report(cli); /* warnings come before the footer */
        iac_cli_print(&out);
        iac_buf_clear(&out);
    }
    return cli->args.detailed_exitcode && plan->applyable ? IAC_EXIT_DIFFERENT : IAC_EXIT_OK;
}

const iac_command iac_cmd_plan = {
    .name = "plan",
    .summary = "Show changes required by the current configuration",
    .usage = "[options]",
    .description = "Compares the configuration with the state and with what really exists, and shows what \"apply\" "
                   "would do about the differences. Changes nothing.",
    .groups = groups,
    .run = run,
    .primary = true,
};

/* engine/cli/cmd_plan.c - the plan command. */
#include "engine/cli/cli.h"
#include "lang/value/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const iac_option options[] = {
    { "generate-config-out", IAC_OPTION_TEXT, offsetof(iac_args, generate), "=path",
      "Write configuration for what import blocks name and nobody has declared into this file, which must not exist." },
    { "out", IAC_OPTION_TEXT, offsetof(iac_args, out), "=path", "Save the plan in this file, for \"apply\"." },
    { "detailed-exitcode", IAC_OPTION_BOOL, offsetof(iac_args, detailed_exitcode), NULL,
      "End with status 0 when there is nothing to do, 1 after an error, 2 when there are changes." },
    { "state-out", IAC_OPTION_IGNORED, 0, "=path", NULL }, /* of apply: nothing is written here */
    { "backup", IAC_OPTION_IGNORED, 0, "=path", NULL },
};
static const iac_option_group plan_group = { "Options of plan", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = {
    &iac_options_plan, &plan_group, &iac_options_vars, &iac_options_lock, &iac_options_common, NULL
};

static iac_status save(iac_cli *cli, const iac_plan *plan)
{
    return cli->args.out ? iac_cli_save_plan(cli, plan, cli->args.out) : IAC_OK;
}

static iac_status check_generated(iac_cli *cli)
{
    if (cli->args.generate && (cli->args.destroy || cli->args.refresh_only)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid generate-config-out flag",
                       "Config can only be generated during a normal plan operation, and not during a refresh-only or "
                       "destroy plan.");
        return IAC_ERR;
    }
    if (!cli->args.generate || access(cli->args.generate, F_OK) != 0)
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Target generated file already exists",
                   "iac can only write generated config into a new file. Either choose a different target location or "
                   "move all existing configuration out of the target file, delete it and try again.");
    return IAC_ERR;
}

static void fail_to_generate(iac_cli *cli)
{
    static const char summary[] = "Failed to create target generated file";
    const char *path = cli->args.generate;
    char reason[128];
    snprintf(reason, sizeof(reason), "%s", strerror(errno));
    reason[0] = (char)tolower((unsigned char)reason[0]);
    iac_diags_clear(&cli->diags); /* what would be told beside a plan */
    if (errno == EACCES || errno == EPERM)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, summary,
                       "iac did not have permission to create the generated file (%s) in the target directory. Please "
                       "modify permissions over the target directory, and try again.",
                       path);
    else
        iac_diag_error(&cli->diags, IAC_NO_RANGE, summary,
                       "iac could not create the generated file (%s) in the target directory: open %s: %s. Depending on "
                       "the error message, this may be a bug in iac itself. If so, please report it!",
                       path, path, reason);
}

/* Writes the blocks that were made for imports; *ret_written says whether there were any. */
static iac_status write_generated(iac_cli *cli, const iac_plan *plan, bool *ret_written)
{
    FILE *file = NULL;
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *change = &plan->changes[i];
        if (!change->generated.n)
            continue;
        if (!file && !(file = fopen(cli->args.generate, "wx"))) {
            fail_to_generate(cli);
            return IAC_ERR;
        }
        if (!*ret_written)
            fputs("# __generated__ by iac\n# Please review these resources and move them into your main configuration "
                  "files.\n", file);
        *ret_written = true;
        iac_buf id;
        iac_buf_init(&id, IAC_BUF_UNLIMITED);
        iac_json_string(&id, change->import_id, false);
        fprintf(file, "\n# __generated__ by iac from %.*s\n%.*s\n", IAC_FMT(iac_buf_view(&id)),
                IAC_FMT(change->generated));
        iac_buf_clear(&id);
    }
    if (!file)
        return IAC_OK;
    bool failed = ferror(file);
    if (fclose(file) != 0 || failed) {
        fail_to_generate(cli);
        return IAC_ERR;
    }
    return IAC_OK;
}

static int run(iac_cli *cli)
{
    bool generated = false;
    iac_plan_mode mode = cli->args.destroy        ? IAC_PLAN_DESTROY
                         : cli->args.refresh_only ? IAC_PLAN_REFRESH_ONLY
                                                  : IAC_PLAN_NORMAL;
    const iac_state *state = NULL;
    const iac_plan *plan = NULL;
    iac_buf out;

    iac_cli_begin_stream(cli);
    if (iac_cli_check_modes(cli) != IAC_OK || check_generated(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (iac_cli_prepare(cli, "plan", mode == IAC_PLAN_DESTROY, false, &state) != IAC_OK) {
        if (cli->unfit_variables)
            iac_cli_show_plan(cli, &(iac_plan){ .mode = mode, .errored = true });
        return IAC_EXIT_ERROR;
    }
    iac_status status = iac_cli_plan(cli, mode, state, &plan);
    if (!plan)
        return IAC_EXIT_ERROR;
    if (save(cli, plan) != IAC_OK || write_generated(cli, plan, &generated) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_cli_show_plan(cli, plan);
    if (status != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!cli->stream && !cli->automation) {
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        if (plan->applyable)
            iac_view_plan_footer(&out, cli->args.out, generated ? cli->args.generate : NULL, &cli->out_view);
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
    .streams = true,
    .run = run,
    .too_many = "To specify a working directory for the plan, use the global -chdir flag.",
    .primary = true,
};

/* engine/cli/cmd_validate.c - the validate command. */
#include "engine/cli/cli.h"
#include "engine/cli/lockfile.h"
#include "engine/test/test.h"

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print the result as one JSON document." },
    { "no-tests", IAC_OPTION_BOOL, offsetof(iac_args, no_tests), NULL, "Leave test files alone." },
    { "test-directory", IAC_OPTION_TEXT, offsetof(iac_args, test_directory), "=path",
      "Where test files are, beside the configuration's own folder. Default: tests." },
};
static const iac_option_group validate_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &validate_group, &iac_options_common, NULL };

static void check(iac_cli *cli)
{
    const iac_test_file *files = NULL;
    size_t count = 0;

    iac_status status = iac_cli_load_config(cli);
    if (!cli->args.no_tests && iac_cli_read_tests(cli, &files, &count) != IAC_OK)
        status = IAC_ERR;
    if (status != IAC_OK || iac_lock_file_readable(cli) != IAC_OK)
        return;
    iac_plan_options given = {
        .host = iac_cli_host(cli), .workspace = cli->workspace, .cwd = iac_str_of(cli->started_in)
    };
    if (iac_validate(cli->config, &given, &cli->diags) != IAC_OK)
        return; /* what is wrong is among the diagnostics */
    iac_test_options test = { .arena = cli->arena, .config = cli->config, .data_dir = iac_cli_data_dir(), .files = files,
                              .file_count = count, .host = given.host, .cwd = given.cwd };
    if (iac_test_check(&test, &cli->diags) != IAC_OK)
        return; /* likewise */
}

static int run(iac_cli *cli)
{
    iac_buf out;

    if (cli->args.positional_count)
        cli->args.config_dir = cli->args.positional[0];
    check(cli);
    bool valid = !iac_diags_has_errors(&cli->diags);
    if (cli->args.json) {
        iac_cli_name_blocks(cli);
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        iac_json_validate(&out, &cli->diags);
        iac_diags_clear(&cli->diags);
        iac_cli_print(&out);
        iac_buf_clear(&out);
        return valid ? IAC_EXIT_OK : IAC_EXIT_ERROR;
    }
    bool warned = cli->diags.list.n > 0;
    iac_diags_sort(&cli->diags);
    iac_cli_report(cli);
    if (valid)
        iac_cli_printf("%sSuccess!%s The configuration is valid%s\n\n", cli->out_view.color ? "\033[32m\033[1m" : "",
                       cli->out_view.color ? "\033[0m" : "",
                       warned ? ", but there were some\nvalidation warnings as shown above." : ".");
    return valid ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

const iac_command iac_cmd_validate = {
    .name = "validate",
    .summary = "Check whether the configuration is valid",
    .usage = "[options] [DIR]",
    .max_positional = 1,
    .description = "Checks the configuration by itself: its syntax, references, and what the providers say about its "
                   "arguments. Looks at no variables, no state and no server.",
    .groups = groups,
    .run = run,
    .primary = true,
};

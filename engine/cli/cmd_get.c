/* engine/cli/cmd_get.c - the get command: modules are installed, and nothing else. */
#include "engine/cli/cli.h"
#include "engine/cli/install.h"

static const iac_option options[] = {
    { "update", IAC_OPTION_BOOL, offsetof(iac_args, upgrade), NULL,
      "Get everything anew, in the newest versions that the constraints admit." },
    { "test-directory", IAC_OPTION_TEXT, offsetof(iac_args, test_directory), "=path",
      "Where test files are, beside the configuration's own folder. Default: tests." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_vars, &iac_options_common, NULL };

static int run(iac_cli *cli)
{
    const iac_config *root = NULL;
    const iac_test_file *files = NULL;
    size_t count = 0;

    iac_status status = iac_cli_load_root(cli, false, &root);
    if (iac_cli_read_tests(cli, &files, &count) != IAC_OK || status != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!iac_install_needed(root, files, count))
        return IAC_EXIT_OK;
    return iac_install_modules(cli, files, count, cli->args.upgrade) == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

const iac_command iac_cmd_get = {
    .name = "get",
    .summary = "Install or upgrade remote modules",
    .usage = "[options]",
    .description = "Installs the modules that the configuration calls, as \"init\" does, and nothing else.",
    .groups = groups,
    .misuse = IAC_MISUSE_USAGE,
    .run = run,
};

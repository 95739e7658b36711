/* engine/cli/cmd_state_check.c - the state check command: whether the state is whole. */
#include "engine/cli/cli.h"

static const iac_option_group *const groups[] = { &iac_options_state_read, &iac_options_common, NULL };

static int run(iac_cli *cli)
{
    iac_integrity integrity;

    if (iac_cli_open_store(cli, false) != IAC_OK ||
        iac_store_check(cli->store, &integrity, &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_cli_printf("The state is whole: %zu objects, %zu changes whose end is not known.\n", integrity.objects,
                   integrity.intents);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_state_check = {
    .name = "state check",
    .tolerant = true,
    .summary = "Check that the state is whole",
    .usage = "[options]",
    .description = "Checks the workspace's state: the structure of the database, that each object can be decoded, that "
                   "dependencies name resources that are there, and that no change was left without an end. "
                   "Changes nothing and takes no lock.",
    .groups = groups,
    .run = run,
};

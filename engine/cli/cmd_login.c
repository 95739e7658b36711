/* engine/cli/cmd_login.c - the login and logout commands, which say why they do nothing. */
#include "engine/cli/cli.h"

static const iac_option_group *const groups[] = { &iac_options_common, NULL };

static const char *host(const iac_cli *cli)
{
    return cli->args.positional_count ? cli->args.positional[0] : "app.terraform.io";
}

static int run_login(iac_cli *cli)
{
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Login is not supported",
                   "iac does not obtain credentials from %s. Where a host needs a token, set it in the environment "
                   "variable TF_TOKEN_<host>, the host's name with \"_\" for each \".\" and \"__\" for each \"-\".",
                   host(cli));
    return IAC_EXIT_ERROR;
}

static int run_logout(iac_cli *cli)
{
    iac_cli_printf("No credentials for %s are stored.\n\n", host(cli));
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_login = {
    .name = "login",
    .summary = "Obtain and save credentials for a remote host",
    .usage = "[options] [HOST]",
    .description = "Not supported: credentials are given in environment variables, TF_TOKEN_<host>.",
    .groups = groups,
    .max_positional = 1,
    .no_workspace = true,
    .run = run_login,
};

const iac_command iac_cmd_logout = {
    .name = "logout",
    .summary = "Remove locally-stored credentials for a remote host",
    .usage = "[options] [HOST]",
    .description = "Does nothing: no credentials are stored.",
    .groups = groups,
    .max_positional = 1,
    .no_workspace = true,
    .run = run_logout,
};

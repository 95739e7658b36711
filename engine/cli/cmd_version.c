/* engine/cli/cmd_version.c - the version command. */
#include "engine/cli/cli.h"

#include "lang/config/version.h"

#include <string.h>
#include <sys/utsname.h>

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print the version as a JSON document." },
};
static const iac_option_group version_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &version_group, &iac_options_common, NULL };

static const char *machine(void)
{
    static struct utsname system;

    if (uname(&system) != 0)
        return "unknown";
    if (strcmp(system.machine, "x86_64") == 0)
        return "amd64";
    return strcmp(system.machine, "aarch64") == 0 ? "arm64" : system.machine;
}

static int run(iac_cli *cli)
{
    if (cli->args.json)
        iac_cli_printf("{\n  \"terraform_version\": \"%s\",\n  \"iac_version\": \"%s\",\n  \"platform\": "
                       "\"linux_%s\",\n  \"provider_selections\": {},\n  \"terraform_outdated\": false\n}\n",
                       IAC_LANGUAGE_VERSION, IAC_VERSION, machine());
    else
        iac_cli_printf("iac v%s\non linux_%s\nreads the language of Terraform v%s\n", IAC_VERSION, machine(),
                       IAC_LANGUAGE_VERSION);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_version = {
    .name = "version",
    .summary = "Show the version",
    .usage = "[options]",
    .description = "Shows the version of this program, and of the language it reads.",
    .groups = groups,
    .run = run,
};

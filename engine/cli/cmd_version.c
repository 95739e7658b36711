/* engine/cli/cmd_version.c - the version command. */
#include "engine/cli/cli.h"
#include "engine/cli/lockfile.h"

#include "lang/config/version.h"
#include "lang/value/json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print the version as a JSON document." },
    { "version", IAC_OPTION_IGNORED, 0, NULL, NULL },
    { "v", IAC_OPTION_IGNORED, 0, NULL, NULL },
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

static int by_address(const void *a, const void *b)
{
    return iac_str_cmp(((const iac_locked_provider *)a)->address, ((const iac_locked_provider *)b)->address);
}

/* What the lock file of the working directory selects; a file that cannot be read selects nothing. */
static void read_selections(iac_cli *cli, iac_lock_file *ret)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    if (iac_lock_file_read(cli->arena, ret, &ignored) != IAC_OK)
        ret->providers.n = 0;
    iac_diags_clear(&ignored);
    if (ret->providers.n)
        qsort(ret->providers.v, ret->providers.n, sizeof(*ret->providers.v), by_address);
}

static void print_json(iac_buf *out, const iac_lock_file *lock)
{
    iac_buf_printf(out, "{\n  \"terraform_version\": \"%s\",\n  \"iac_version\": \"%s\",\n  \"platform\": "
                        "\"linux_%s\",\n  \"provider_selections\": {",
                   IAC_LANGUAGE_VERSION, IAC_VERSION, machine());
    for (size_t i = 0; i < lock->providers.n; i++) {
        iac_buf_cstr(out, i ? ",\n    " : "\n    ");
        iac_json_string(out, lock->providers.v[i].address, true);
        iac_buf_cstr(out, ": ");
        iac_json_string(out, lock->providers.v[i].version, true);
    }
    iac_buf_printf(out, "%s},\n  \"terraform_outdated\": false\n}\n", lock->providers.n ? "\n  " : "");
}

static int run(iac_cli *cli)
{
    iac_lock_file lock = { 0 };
    iac_buf out;

    read_selections(cli, &lock);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (cli->args.json) {
        print_json(&out, &lock);
    } else {
        iac_buf_printf(&out, "iac v%s\non linux_%s\nreads the language of Terraform v%s\n", IAC_VERSION, machine(),
                       IAC_LANGUAGE_VERSION);
        for (size_t i = 0; i < lock.providers.n; i++)
            iac_buf_printf(&out, "+ provider %.*s v%.*s\n", IAC_FMT(lock.providers.v[i].address),
                           IAC_FMT(lock.providers.v[i].version));
    }
    iac_cli_print(&out);
    iac_buf_clear(&out);
    iac_vec_clear(&lock.providers);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_version = {
    .name = "version",
    .summary = "Show the version",
    .usage = "[options]",
    .description = "Shows the version of this program, of the language it reads, and of the providers that the lock file "
                   "of the working directory selects.",
    .groups = groups,
    .misuse = IAC_MISUSE_USAGE,
    .max_positional = SIZE_MAX,
    .no_workspace = true,
    .run = run,
};

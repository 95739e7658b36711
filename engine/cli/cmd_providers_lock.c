/* engine/cli/cmd_providers_lock.c - the "providers lock" and "providers mirror" commands. */
#include "engine/cli/lockfile.h"
#include "engine/cli/requirements.h"

#include "lang/config/version.h"

#include <string.h>

static const iac_option options[] = {
    { "platform", IAC_OPTION_WORDS, offsetof(iac_args, platforms), "=os_arch",
      "The platform to record hashes for. Only that of this machine has providers here." },
    { "fs-mirror", IAC_OPTION_WORDS, offsetof(iac_args, plugin_dirs), "=dir", "The same as -plugin-dir." },
    { "net-mirror", IAC_OPTION_UNSUPPORTED, 0, "=url",
      "Providers are shared objects that are found on this machine; they are not downloaded." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_common, NULL };

#if defined(__aarch64__)
static const char platform[] = "linux_arm64";
#else
static const char platform[] = "linux_amd64";
#endif

static iac_status check_platforms(iac_cli *cli)
{
    for (size_t i = 0; i < cli->args.platforms.n; i++) {
        if (strcmp(cli->args.platforms.v[i], platform) == 0)
            continue;
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Could not retrieve providers for locking",
                       "Providers are shared objects of the machine that they run on, so that those for %s are not here. "
                       "Run this command on such a machine: hashes that are recorded already are kept.",
                       cli->args.platforms.v[i]);
        return IAC_ERR;
    }
    return IAC_OK;
}

/* Whether the command line names the provider, or none. */
static bool is_wanted(const iac_cli *cli, const iac_requirement *required)
{
    iac_provider_addr addr;

    for (size_t i = 0; i < cli->args.positional_count; i++)
        if (iac_provider_addr_parse(cli->arena, iac_str_of(cli->args.positional[i]), &addr) &&
            iac_provider_addr_equal(addr, required->addr))
            return true;
    return cli->args.positional_count == 0;
}

/* Adds what is not recorded yet; *ret_changed says whether there was something. */
static iac_status lock_one(iac_cli *cli, iac_lock_file *file, const iac_requirement *required, bool *ret_changed)
{
    const iac_provider *provider = NULL;
    iac_str address = iac_provider_addr_text(cli->arena, required->addr);
    iac_str name = iac_provider_addr_display(cli->arena, required->addr);

    if (iac_host_provider(iac_cli_host(cli), required->addr.type, required->range, &provider, &cli->diags) != IAC_OK)
        return IAC_ERR;
    iac_str version = iac_provider_version(provider);
    if (required->constraint.n && !iac_version_meets(version, required->constraint)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Could not retrieve providers for locking",
                       "The provider %.*s is here in version %.*s, which does not meet the constraints %.*s.",
                       IAC_FMT(name), IAC_FMT(version), IAC_FMT(required->constraint));
        return IAC_ERR;
    }
    iac_str hash = iac_lock_file_hash(cli->arena, iac_provider_file(provider));
    iac_locked_provider *locked = iac_lock_file_find(file, address);
    bool fresh = !locked || !iac_str_eq(locked->version, version), known = false;
    if (!locked) {
        iac_vec_push(&file->providers, (iac_locked_provider){ .address = address });
        locked = &file->providers.v[file->providers.n - 1];
    }
    size_t kept = fresh ? 0 : locked->hash_count;
    iac_str *hashes = iac_arena_array(cli->arena, iac_str, kept + 1);
    for (size_t i = 0; i < kept; i++) {
        hashes[i] = locked->hashes[i];
        known |= iac_str_eq(hashes[i], hash);
    }
    if (!known && hash.n)
        hashes[kept++] = hash;
    *locked = (iac_locked_provider){ address, version, required->constraint, hashes, kept };
    *ret_changed |= !known;
    iac_cli_printf("- Obtained %.*s checksums for %s; %s\n", IAC_FMT(name), platform,
                   fresh   ? "This was a new provider and the checksums for this platform are now tracked in the lock file"
                   : known ? "All checksums for this platform were already tracked in the lock file"
                           : "Additional checksums for this platform are now tracked in the lock file");
    return IAC_OK;
}

static int run(iac_cli *cli)
{
    iac_lock_file file = { .found = false };
    iac_requirements all = { 0 };
    bool changed = false;
    iac_status status = IAC_OK;

    if (check_platforms(cli) != IAC_OK || iac_cli_load_config(cli) != IAC_OK ||
        iac_lock_file_read(cli->arena, &file, &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_requirements_of_tree(cli->arena, cli->config->root, &all);
    for (size_t i = 0; i < all.n; i++)
        if (!iac_str_is(all.v[i].addr.namespace_, "builtin") && is_wanted(cli, &all.v[i]) &&
            lock_one(cli, &file, &all.v[i], &changed) != IAC_OK)
            status = IAC_ERR;
    if (status == IAC_OK && changed)
        status = iac_lock_file_write(cli->arena, &file, &cli->diags);
    if (status == IAC_OK)
        iac_cli_printf(changed ? "\nSuccess! iac has updated the lock file.\n\nReview the changes in .terraform.lock.hcl "
                                 "and then commit to your\nversion control system to retain the new checksums.\n\n"
                               : "\nSuccess! iac has validated the lock file and found no need for changes.\n\n");
    iac_vec_clear(&all);
    iac_vec_clear(&file.providers);
    return status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

const iac_command iac_cmd_providers_lock = {
    .name = "providers lock",
    .summary = "Write out dependency locks for the configured providers",
    .usage = "[options] [providers...]",
    .description = "Records the hashes of the files of the providers that the configuration uses, or of those named, in the "
                   "dependency lock file, beside the hashes that are there.",
    .groups = groups,
    .max_positional = SIZE_MAX,
    .misuse = IAC_MISUSE_USAGE,
    .run = run,
};

/* ---- mirror ---- */

static const iac_option_group *const mirror_groups[] = { &group, &iac_options_common, NULL };

static int run_mirror(iac_cli *cli)
{
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Mirrors of providers are not supported",
                   "Providers are not downloaded: they are shared objects, found in the folders of -plugin-dir and of "
                   "IAC_PLUGIN_PATH. A folder with copies of these files is a mirror.");
    return IAC_EXIT_ERROR;
}

const iac_command iac_cmd_providers_mirror = {
    .name = "providers mirror",
    .summary = "Say how copies of providers are kept",
    .usage = "[options] <target-dir>",
    .description = "Providers are shared objects that are found in folders; a folder with copies of them is a mirror. This "
                   "command says so.",
    .groups = mirror_groups,
    .max_positional = 1,
    .misuse = IAC_MISUSE_USAGE,
    .run = run_mirror,
};

/* engine/cli/select.c - which version of each provider is used, and the lock file that remembers it. */
#include "engine/cli/lockfile.h"
#include "engine/cli/requirements.h"

#include "lang/config/version.h"

#include <string.h>

typedef struct selection {
    iac_cli *cli;
    iac_lock_file before, after;
    bool changed, selected_anew;
} selection;

static bool is_builtin(const iac_requirement *required)
{
    return iac_str_is(required->addr.namespace_, "builtin");
}

static iac_str display(selection *s, const iac_requirement *required)
{
    return iac_provider_addr_display(s->cli->arena, required->addr);
}

static void tell(selection *s, const char *format, ...) IAC_PRINTF(2, 3);
static void tell(selection *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    iac_cli_tell(s->cli, NULL, iac_arena_vprintf(s->cli->arena, format, args));
    va_end(args);
}

/* ---- choosing ---- */

static iac_status no_version(selection *s, const iac_requirement *required, iac_str why)
{
    iac_str name = display(s, required);

    iac_diag_error(&s->cli->diags, IAC_NO_RANGE, "Failed to query available provider packages",
                   "Could not retrieve the list of available versions for provider %.*s: %.*s\n\nTo see which modules "
                   "are currently depending on %.*s and what versions are specified, run the following command:\n    iac "
                   "providers", IAC_FMT(name), IAC_FMT(why), IAC_FMT(name));
    return IAC_ERR;
}

/* Whether the version that was found is the one to use. */
static iac_status check_version(selection *s, const iac_requirement *required, const iac_locked_provider *locked,
                                iac_str version)
{
    iac_arena *arena = s->cli->arena;
    iac_str addr = iac_provider_addr_text(arena, required->addr), constraint = required->constraint;

    if (locked && constraint.n && !iac_version_meets(locked->version, constraint))
        return no_version(s, required,
                          iac_arena_printf(arena, "locked provider %.*s %.*s does not match configured version "
                                                  "constraint %.*s; must use iac init -upgrade to allow selection of "
                                                  "new versions", IAC_FMT(addr), IAC_FMT(locked->version),
                                           IAC_FMT(constraint)));
    if (locked && !iac_str_eq(locked->version, version))
        return no_version(s, required,
                          iac_arena_printf(arena, "the previously-selected version %.*s is no longer available, there is "
                                                  "%.*s; must use iac init -upgrade to allow selection of new versions",
                                           IAC_FMT(locked->version), IAC_FMT(version)));
    if (constraint.n && !iac_version_meets(version, constraint))
        return no_version(s, required, iac_arena_printf(arena, "no available releases match the given constraints %.*s",
                                                        IAC_FMT(constraint)));
    return IAC_OK;
}

static iac_status check_hash(selection *s, const iac_requirement *required, const iac_locked_provider *locked,
                             iac_str hash)
{
    if (iac_lock_file_admits(locked, hash))
        return IAC_OK;
    iac_str name = display(s, required), addr = iac_provider_addr_text(s->cli->arena, required->addr);
    iac_diag_error(&s->cli->diags, IAC_NO_RANGE, "Failed to install provider",
                   "Error while installing %.*s v%.*s: the local package for %.*s %.*s doesn't match any of the checksums "
                   "previously recorded in the dependency lock file (this might be because the available checksums are "
                   "for packages targeting different platforms). To accept the provider's file as it is now, run \"iac "
                   "providers lock\".", IAC_FMT(name), IAC_FMT(locked->version), IAC_FMT(addr),
                   IAC_FMT(locked->version));
    return IAC_ERR;
}

/* What is known of another version is of no use for this one. */
static void record(selection *s, const iac_requirement *required, const iac_locked_provider *locked, iac_str version,
                   iac_str hash)
{
    iac_arena *arena = s->cli->arena;
    bool same = locked && iac_str_eq(locked->version, version), known = false;
    size_t kept = same ? locked->hash_count : 0;
    iac_str *hashes = iac_arena_array(arena, iac_str, kept + 1);

    for (size_t i = 0; i < kept; i++) {
        hashes[i] = locked->hashes[i];
        known |= iac_str_eq(hashes[i], hash);
    }
    if (!known && hash.n)
        hashes[kept++] = hash;
    iac_vec_push(&s->after.providers, (iac_locked_provider){
        iac_provider_addr_text(arena, required->addr), version, required->constraint, hashes, kept });
    s->selected_anew |= !same;
    s->changed |= !same || !known || !iac_str_eq(locked->constraints, required->constraint);
}

static iac_status select_one(selection *s, const iac_requirement *required)
{
    const iac_provider *provider = NULL;
    iac_cli *cli = s->cli;
    const iac_locked_provider *had =
        iac_lock_file_find(&s->before, iac_provider_addr_text(cli->arena, required->addr));
    const iac_locked_provider *locked = cli->args.upgrade ? NULL : had;
    iac_str name = display(s, required);

    if (iac_host_provider(iac_cli_host(cli), required->addr.type, required->range, &provider, &cli->diags) != IAC_OK)
        return IAC_ERR;
    iac_str version = iac_provider_version(provider);
    if (check_version(s, required, locked, version) != IAC_OK)
        return IAC_ERR;
    iac_str hash = iac_lock_file_hash(cli->arena, iac_provider_file(provider));
    if (had && iac_str_eq(had->version, version) && check_hash(s, required, had, hash) != IAC_OK)
        return IAC_ERR;
    tell(s, "- Using previously-installed %.*s v%.*s", IAC_FMT(name), IAC_FMT(version));
    record(s, required, had, version, hash);
    return IAC_OK;
}

static void announce(selection *s, const iac_requirement *required)
{
    iac_cli *cli = s->cli;
    iac_str name = display(s, required);
    bool locked = !cli->args.upgrade &&
                  iac_lock_file_find(&s->before, iac_provider_addr_text(cli->arena, required->addr)) != NULL;

    if (is_builtin(required))
        tell(s, "- %.*s is built in to iac", IAC_FMT(name));
    else if (locked)
        tell(s, "- Reusing previous version of %.*s from the dependency lock file", IAC_FMT(name));
    else if (required->constraint.n && cli->stream)
        tell(s, "Finding matching versions for provider: %.*s, version_constraint: \"%.*s\"", IAC_FMT(name),
             IAC_FMT(required->constraint));
    else if (required->constraint.n)
        tell(s, "- Finding %.*s versions matching \"%.*s\"...", IAC_FMT(name), IAC_FMT(required->constraint));
    else
        tell(s, "- Finding latest version of %.*s...", IAC_FMT(name));
}

/* ---- the file ---- */

static iac_status keep(selection *s)
{
    iac_cli *cli = s->cli;
    bool dropped = s->after.providers.n < s->before.providers.n;

    if (!s->changed && !dropped)
        return IAC_OK;
    if (cli->args.lockfile && strcmp(cli->args.lockfile, "readonly") == 0) {
        if (s->selected_anew || dropped) {
            iac_diag_error(&cli->diags, IAC_NO_RANGE, "Provider dependency changes detected",
                           "Changes to the required provider dependencies were detected, but the lock file is read-only. "
                           "To use and record these requirements, run \"iac init\" without the \"-lockfile=readonly\" "
                           "flag.");
            return IAC_ERR;
        }
        iac_diag_warning(&cli->diags, IAC_NO_RANGE, "Provider lock file not updated",
                         "Changes to the provider selections were detected, but not saved in the .terraform.lock.hcl "
                         "file. To record these selections, run \"iac init\" without the \"-lockfile=readonly\" flag.");
        return IAC_OK;
    }
    if (iac_lock_file_write(cli->arena, &s->after, &cli->diags) != IAC_OK)
        return IAC_ERR;
    iac_cli_tell(cli, s->before.found ? "dependencies_lock_changes_info" : "lock_info",
                 s->before.found
                     ? IAC_STR("iac has made some changes to the provider dependency selections recorded\nin the "
                               ".terraform.lock.hcl file. Review those changes and commit them to your\nversion control "
                               "system if they represent changes you intended to make.")
                     : IAC_STR("iac has created a lock file .terraform.lock.hcl to record the provider\nselections it "
                               "made above. Include this file in your version control repository\nso that iac can "
                               "guarantee to make the same selections by default when\nyou run \"iac init\" in the "
                               "future."));
    return IAC_OK;
}

iac_status iac_select_providers(iac_cli *cli)
{
    selection s = { .cli = cli };
    iac_requirements all = { 0 };
    iac_status status = iac_lock_file_read(cli->arena, &s.before, &cli->diags);

    if (status == IAC_OK)
        iac_requirements_of_tree(cli->arena, cli->config->root, &all);
    for (size_t i = 0; i < all.n; i++)
        announce(&s, &all.v[i]);
    for (size_t i = 0; i < all.n; i++)
        if (!is_builtin(&all.v[i]) && select_one(&s, &all.v[i]) != IAC_OK)
            status = IAC_ERR;
    if (status == IAC_OK)
        status = keep(&s);
    iac_vec_clear(&all);
    iac_vec_clear(&s.before.providers);
    iac_vec_clear(&s.after.providers);
    return status;
}

/* ---- other commands ---- */

static void inconsistent(iac_cli *cli, const iac_buf *problems, bool selected)
{
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Inconsistent dependency lock file",
                   "The following dependency selections recorded in the lock file are inconsistent with the current "
                   "configuration:%s\n\n%s:\n  iac init%s", problems->p,
                   selected ? "To update the locked dependency selections to match a changed configuration, run"
                            : "To make the initial dependency selections that will initialize the dependency lock file, "
                              "run", selected ? " -upgrade" : "");
}

static void check_locked(selection *s, const iac_requirement *required, iac_buf *problems, bool *selected)
{
    iac_cli *cli = s->cli;
    iac_str addr = iac_provider_addr_text(cli->arena, required->addr);
    const iac_locked_provider *locked = iac_lock_file_find(&s->before, addr);
    const iac_provider *provider = NULL;

    if (!locked) {
        iac_buf_printf(problems, "\n  - provider %.*s: required by this configuration but no version is selected",
                       IAC_FMT(addr));
        return;
    }
    *selected = true;
    if (required->constraint.n && !iac_version_meets(locked->version, required->constraint)) {
        iac_buf_printf(problems, "\n  - provider %.*s: locked version selection %.*s doesn't match the updated version "
                                 "constraints \"%.*s\"", IAC_FMT(addr), IAC_FMT(locked->version),
                       IAC_FMT(required->constraint));
        return;
    }
    if (iac_host_provider(iac_cli_host(cli), required->addr.type, required->range, &provider, &cli->diags) != IAC_OK)
        return;
    iac_str version = iac_provider_version(provider);
    if (!iac_str_eq(version, locked->version)) {
        iac_buf_printf(problems, "\n  - provider %.*s: locked version selection %.*s is not the version there is, %.*s",
                       IAC_FMT(addr), IAC_FMT(locked->version), IAC_FMT(version));
        return;
    }
    check_hash(s, required, locked, iac_lock_file_hash(cli->arena, iac_provider_file(provider)));
}

iac_status iac_check_lock_file(iac_cli *cli)
{
    selection s = { .cli = cli };
    size_t errors = cli->diags.errors;
    iac_requirements all = { 0 };
    bool selected = false;
    iac_buf problems;

    if (iac_lock_file_read(cli->arena, &s.before, &cli->diags) != IAC_OK)
        return IAC_ERR;
    if (!s.before.found)
        return IAC_OK;
    iac_buf_init(&problems, IAC_BUF_UNLIMITED);
    iac_requirements_of_tree(cli->arena, cli->config->root, &all);
    for (size_t i = 0; i < all.n; i++)
        if (!is_builtin(&all.v[i]))
            check_locked(&s, &all.v[i], &problems, &selected);
    if (problems.n)
        inconsistent(cli, &problems, selected);
    iac_buf_clear(&problems);
    iac_vec_clear(&all);
    iac_vec_clear(&s.before.providers);
    return cli->diags.errors > errors ? IAC_ERR : IAC_OK;
}

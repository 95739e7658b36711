#include "engine/cli/install.h"

#include "engine/fetch/fetch.h"
#include "lang/config/manifest.h"
#include "lang/config/version.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct installer {
    iac_cli *cli;
    bool upgrade;
    const char *modules_dir; /* DATA_DIR/modules */
    iac_fetcher *fetcher;    /* made when something is to be got */
    iac_manifest before, after;
    iac_map recorded; /* key to iac_manifest_entry of `before` */
    iac_module_addr below; /* of what is being installed: the path of a test run's module, or none */
    iac_map replaced; /* keys of modules that are installed anew: what is recorded below them counts no more */
} installer;

static void tell(iac_cli *cli, const char *format, ...) IAC_PRINTF(2, 3);
static void tell(iac_cli *cli, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    iac_str text = iac_arena_vprintf(cli->arena, format, args);
    va_end(args);
    iac_cli_tell(cli, NULL, text);
}

/* "main.tf:3" */
static iac_str place_of(iac_arena *arena, const iac_module_call *call)
{
    return iac_arena_printf(arena, "%.*s:%u", IAC_FMT(call->range.src->name),
                            iac_source_pos(call->range.src, call->range.start).line);
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool make_directories(iac_arena *arena, const char *path)
{
    char *copy = iac_arena_cstr(arena, iac_str_of(path));

    for (char *c = copy + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            return false;
        *c = '/';
    }
    return mkdir(copy, 0777) == 0 || errno == EEXIST;
}

/* ---- local modules ---- */

/* The path that symbolic links on the way lead to; as it is where there are none. */
static iac_str without_links(iac_arena *arena, const char *path)
{
    char real[PATH_MAX], here[PATH_MAX];

    if (!realpath(path, real) || !realpath(".", here))
        return iac_str_of(path);
    iac_str whole = *path == '/' ? iac_str_of(path) : iac_arena_printf(arena, "%s/%s", here, path);
    if (strcmp(iac_path_clean(arena, whole), real) == 0)
        return iac_str_of(path);
    size_t length = strlen(here);
    if (strncmp(real, here, length) == 0 && real[length] == '/')
        return iac_arena_str(arena, iac_str_of(real + length + 1));
    return iac_arena_str(arena, iac_str_of(real));
}

static iac_status install_local(installer *in, const iac_module_config *parent, const iac_module_call *call,
                                iac_manifest_entry *entry, iac_diags *diags)
{
    iac_arena *arena = in->cli->arena;
    const char *dir = iac_path_clean(arena, iac_arena_printf(arena, "%.*s/%.*s", IAC_FMT(parent->dir),
                                                             IAC_FMT(call->from.text)));

    if (!is_directory(dir)) {
        iac_diag_error(diags, call->source_range, "Unreadable module directory",
                       "Unable to evaluate directory symlink: lstat %s: no such file or directory", dir);
        return IAC_NOT_FOUND;
    }
    entry->dir = without_links(arena, dir);
    tell(in->cli, "- %.*s in %.*s", IAC_FMT(entry->key), IAC_FMT(entry->dir));
    return IAC_OK;
}

/* ---- packages ---- */

static iac_status get_package(installer *in, const iac_module_call *call, iac_str package, iac_str shown,
                              iac_str subdir, iac_manifest_entry *entry, iac_diags *diags)
{
    iac_arena *arena = in->cli->arena;
    const char *dest = iac_arena_printf(arena, "%s/%.*s", in->modules_dir, IAC_FMT(entry->key)).p;
    iac_str place = place_of(arena, call), why = { 0 };

    if (!iac_fetch_remove(dest) || !make_directories(arena, in->modules_dir)) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to remove local module cache", "%s: %s", dest, strerror(errno));
        return IAC_ERR;
    }
    if (!iac_fetch_package(in->fetcher, arena, package, dest, &why)) {
        iac_diag_error(diags, call->range, "Failed to download module",
                       "Could not download module \"%.*s\" (%.*s) source code from \"%.*s\": %.*s",
                       IAC_FMT(call->name), IAC_FMT(place), IAC_FMT(shown), IAC_FMT(why));
        return IAC_ERR;
    }
    entry->dir = iac_arena_printf(arena, "%s%s%.*s", dest, subdir.n ? "/" : "", IAC_FMT(subdir));
    if (!is_directory(entry->dir.p)) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to expand subdir globs", "subdir \"%.*s\" not found",
                       IAC_FMT(subdir));
        return IAC_ERR;
    }
    tell(in->cli, "- %.*s in %.*s", IAC_FMT(entry->key), IAC_FMT(entry->dir));
    return IAC_OK;
}

static iac_status install_remote(installer *in, const iac_module_call *call, iac_manifest_entry *entry,
                                 iac_diags *diags)
{
    tell(in->cli, "Downloading %.*s for %.*s...", IAC_FMT(call->from.package), IAC_FMT(entry->key));
    return get_package(in, call, call->from.package, call->from.package, call->from.subdir, entry, diags);
}

/* ---- registries ---- */

static void odd_version(installer *in, const iac_module_call *call, iac_str version, iac_diags *diags)
{
    iac_str place = place_of(in->cli->arena, call);

    iac_diag_warning(diags, call->range, "Invalid response from remote module registry",
                     "The registry at %.*s returned an invalid version string \"%.*s\" for module \"%.*s\" (%.*s), "
                     "which iac ignored.", IAC_FMT(call->from.host), IAC_FMT(version), IAC_FMT(call->name),
                     IAC_FMT(place));
}

/* The newest of the versions that the call admits; prereleases only where they are asked for exactly. */
static iac_status choose_version(installer *in, const iac_module_call *call, const iac_str *versions, size_t count,
                                 iac_str *ret, iac_diags *diags)
{
    iac_str place = place_of(in->cli->arena, call), newest = { 0 }, best = { 0 };
    iac_version newest_parsed = { 0 }, best_parsed = { 0 }, parsed;

    for (size_t i = 0; i < count; i++) {
        if (!iac_version_parse(versions[i], &parsed)) {
            odd_version(in, call, versions[i], diags);
            continue;
        }
        bool meets = call->version.n ? iac_version_meets(versions[i], call->version) : !parsed.prerelease.n;
        if (parsed.prerelease.n && !meets)
            continue;
        if (!newest.n || iac_version_cmp(&parsed, &newest_parsed) > 0) {
            newest = versions[i];
            newest_parsed = parsed;
        }
        if (meets && (!best.n || iac_version_cmp(&parsed, &best_parsed) > 0)) {
            best = versions[i];
            best_parsed = parsed;
        }
    }
    if (!newest.n)
        iac_diag_error(diags, call->range, "Module has no versions",
                       "Module \"%.*s\" (%.*s) has no versions available on %.*s.", IAC_FMT(call->from.package),
                       IAC_FMT(place), IAC_FMT(call->from.host));
    else if (!best.n)
        iac_diag_error(diags, call->range, "Unresolvable module version constraint",
                       "There is no available version of module \"%.*s\" (%.*s) which matches the given version "
                       "constraint. The newest available version is %.*s.", IAC_FMT(call->from.package),
                       IAC_FMT(place), IAC_FMT(newest));
    *ret = best;
    return best.n ? IAC_OK : IAC_ERR;
}

static iac_status locate(installer *in, const iac_module_call *call, iac_str version, iac_module_source *ret,
                         iac_diags *diags)
{
    iac_str address = { 0 }, why = { 0 };
    const char *summary = NULL;

    if (!iac_registry_location(in->fetcher, &call->from, version, &address, &why)) {
        iac_diag_error(diags, IAC_NO_RANGE, "Error accessing remote module registry",
                       "Failed to retrieve a download URL for %.*s %.*s from %.*s: %.*s", IAC_FMT(call->from.package),
                       IAC_FMT(version), IAC_FMT(call->from.host), IAC_FMT(why));
        return IAC_ERR;
    }
    if (iac_module_source_parse(in->cli->arena, address, false, ret, &summary, &why) &&
        ret->kind == IAC_SOURCE_REMOTE)
        return IAC_OK;
    iac_diag_error(diags, IAC_NO_RANGE, "Invalid package location from module registry",
                   "Module registry %.*s returned invalid source location \"%.*s\" for %.*s %.*s: %.*s.",
                   IAC_FMT(call->from.host), IAC_FMT(address), IAC_FMT(call->from.package), IAC_FMT(version),
                   IAC_FMT(why.n ? why : IAC_STR("must be a direct remote package address")));
    return IAC_ERR;
}

static iac_status install_from_registry(installer *in, const iac_module_call *call, iac_manifest_entry *entry,
                                        iac_diags *diags)
{
    iac_arena *arena = in->cli->arena;
    const iac_str *versions = NULL;
    size_t count = 0;
    iac_str why = { 0 }, place = place_of(arena, call);
    iac_module_source real = { 0 };

    switch (iac_registry_versions(in->fetcher, &call->from, &versions, &count, &why)) {
    case IAC_REGISTRY_UNKNOWN:
        iac_diag_error(diags, call->range, "Module not found",
                       "Module \"%.*s\" (from %.*s) cannot be found in the module registry at %.*s.",
                       IAC_FMT(call->name), IAC_FMT(place), IAC_FMT(call->from.host));
        return IAC_ERR;
    case IAC_REGISTRY_FAILED:
        iac_diag_error(diags, call->range, "Error accessing remote module registry",
                       "Failed to retrieve available versions for module \"%.*s\" (%.*s) from %.*s: %.*s.",
                       IAC_FMT(call->name), IAC_FMT(place), IAC_FMT(call->from.host), IAC_FMT(why));
        return IAC_ERR;
    case IAC_REGISTRY_OK:
        break;
    }
    if (choose_version(in, call, versions, count, &entry->version, diags) != IAC_OK)
        return IAC_ERR;
    tell(in->cli, "Downloading %.*s %.*s for %.*s...", IAC_FMT(call->from.package), IAC_FMT(entry->version),
         IAC_FMT(entry->key));
    if (locate(in, call, entry->version, &real, diags) != IAC_OK)
        return IAC_ERR;
    iac_str subdir = real.subdir;
    if (subdir.n && call->from.subdir.n)
        subdir = iac_arena_printf(arena, "%.*s/%.*s", IAC_FMT(real.subdir), IAC_FMT(call->from.subdir));
    else if (!subdir.n)
        subdir = call->from.subdir;
    return get_package(in, call, real.package, real.text, subdir, entry, diags);
}

/* ---- one call ---- */

/* A package that leads back to itself would be got again and again, each time one level deeper. */
static bool leads_back(const iac_module_config *parent, const iac_module_call *call, iac_diags *diags)
{
    for (const iac_module_config *up = parent; up->parent; up = up->parent) {
        const iac_module_call *above = iac_map_get(&up->parent->call_map, up->path.steps[up->path.n - 1].name);
        if (!above || call->from.kind == IAC_SOURCE_LOCAL || !iac_str_eq(above->from.text, call->from.text))
            continue;
        iac_diag_error(diags, call->source_range, "Module call cycle",
                       "Module \"%.*s\" leads back to \"%.*s\", which it is called from. A module cannot contain "
                       "itself.", IAC_FMT(call->name), IAC_FMT(call->from.text));
        return true;
    }
    return false;
}

static bool still_fits(const installer *in, const iac_module_call *call, const iac_manifest_entry *record,
                       iac_str parent_key)
{
    if (!record || in->upgrade || iac_map_has(&in->replaced, parent_key) ||
        !iac_str_eq(record->source, call->from.text))
        return false;
    return !call->version.n || (record->version.n && iac_version_meets(record->version, call->version));
}

static iac_status find_or_install(void *user, const iac_module_config *parent, const iac_module_call *call,
                                  iac_module_addr path, iac_module_place *ret, iac_diags *diags)
{
    installer *in = user;
    iac_arena *arena = in->cli->arena;
    iac_manifest_entry entry = { .key = iac_module_key_below(arena, in->below, path),
                                 .source = call->from.text };
    const iac_manifest_entry *record = iac_map_get(&in->recorded, entry.key);
    iac_status status = IAC_OK;

    if (leads_back(parent, call, diags))
        return IAC_ERR;
    if (still_fits(in, call, record, iac_module_key_below(arena, in->below, parent->path)) && is_directory(record->dir.p)) {
        entry = *record;
    } else {
        iac_map_put(&in->replaced, entry.key, in);
        if (!in->fetcher && call->from.kind != IAC_SOURCE_LOCAL)
            in->fetcher = iac_fetcher_new();
        if (call->from.kind == IAC_SOURCE_LOCAL)
            status = install_local(in, parent, call, &entry, diags);
        else if (call->from.kind == IAC_SOURCE_REGISTRY)
            status = install_from_registry(in, call, &entry, diags);
        else
            status = install_remote(in, call, &entry, diags);
    }
    if (status != IAC_OK)
        return status;
    iac_vec_push(&in->after, entry);
    *ret = (iac_module_place){ .dir = entry.dir, .source = entry.source, .version = entry.version };
    return IAC_OK;
}

/* ---- the manifest ---- */

static void read_manifest(installer *in)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_str text = { 0 };
    const char *path = iac_arena_printf(in->cli->arena, "%s/modules.json", in->modules_dir).p;

    if (iac_config_reader_files.read(NULL, path, in->cli->arena, &text, &ignored) == IAC_OK)
        iac_manifest_read(in->cli->arena, text, &in->before);
    iac_diags_clear(&ignored);
    for (size_t i = 0; i < in->before.n; i++)
        iac_map_put(&in->recorded, in->before.v[i].key, &in->before.v[i]);
}

/* Written beside and renamed, so that it is whole at any time. */
static iac_status write_manifest(installer *in)
{
    iac_arena *arena = in->cli->arena;
    const char *path = iac_arena_printf(arena, "%s/modules.json", in->modules_dir).p;
    const char *fresh = iac_arena_printf(arena, "%s/.modules.json.part", in->modules_dir).p;
    iac_buf out;
    bool good = false;

    iac_vec_push(&in->after, (iac_manifest_entry){ .dir = IAC_STR(".") });
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_manifest_write(&out, &in->after);
    FILE *file = make_directories(arena, in->modules_dir) ? fopen(fresh, "we") : NULL;
    if (file) {
        good = fwrite(out.p, 1, out.n, file) == out.n;
        good = fclose(file) == 0 && good && rename(fresh, path) == 0;
    }
    iac_buf_clear(&out);
    if (good)
        return IAC_OK;
    iac_diag_error(&in->cli->diags, IAC_NO_RANGE, "Failed to update module manifest",
                   "Unable to write the module manifest file: %s: %s.", path, strerror(errno));
    return IAC_ERR;
}

/* The module of a test's run, and those that it calls. */
static iac_status install_run(installer *in, const iac_test_run *run)
{
    static const iac_module_config outside = { .dir = IAC_STR_INIT(".") };
    iac_cli *cli = in->cli;
    const iac_config *config = NULL;
    iac_module_place place = { 0 };
    iac_config_options options = {
        .user = in, .find = find_or_install, .workspace = cli->workspace, .unchecked = true,
    };

    if (!run->call)
        return IAC_OK;
    in->below = run->module_path;
    iac_status status = find_or_install(in, &outside, run->call, (iac_module_addr){ 0 }, &place, &cli->diags);
    if (status == IAC_OK)
        status = iac_config_load_with(cli->arena, iac_arena_cstr(cli->arena, place.dir), &options, &config, &cli->diags);
    in->below = (iac_module_addr){ 0 };
    return status;
}

iac_status iac_install_modules(iac_cli *cli, const iac_test_file *files, size_t file_count, bool upgrade)
{
    installer in = {
        .cli = cli,
        .upgrade = upgrade,
        .modules_dir = iac_arena_printf(cli->arena, "%s/modules", iac_cli_data_dir()).p,
    };
    const iac_config *config = NULL;

    read_manifest(&in);
    iac_status status = iac_cli_load_config_with(cli, find_or_install, &in, &config);
    cli->config = config;
    for (size_t i = 0; i < file_count; i++)
        for (size_t k = 0; k < files[i].run_count; k++)
            if (install_run(&in, &files[i].runs[k]) != IAC_OK)
                status = IAC_ERR;
    if (write_manifest(&in) != IAC_OK)
        status = IAC_ERR;
    iac_fetcher_free(in.fetcher);
    iac_vec_clear(&in.before);
    iac_vec_clear(&in.after);
    iac_map_clear(&in.recorded);
    iac_map_clear(&in.replaced);
    return status;
}

bool iac_install_needed(const iac_config *root, const iac_test_file *files, size_t file_count)
{
    bool needed = root->root->call_count > 0;

    for (size_t i = 0; i < file_count; i++)
        for (size_t k = 0; k < files[i].run_count; k++)
            needed |= files[i].runs[k].call != NULL;
    return needed;
}

/* ---- from-module ---- */

static bool is_empty_directory(void)
{
    DIR *dir = opendir(".");
    const struct dirent *entry;
    bool empty = dir != NULL;

    while (empty && (entry = readdir(dir)))
        empty = entry->d_name[0] == '.';
    if (dir)
        closedir(dir);
    return empty;
}

static bool copy_source(iac_cli *cli, iac_fetcher *fetcher, const iac_module_source *source, iac_str *ret_error)
{
    iac_arena *arena = cli->arena;
    const char *modules = iac_arena_printf(arena, "%s/modules", iac_cli_data_dir()).p;
    const char *whole = iac_arena_printf(arena, "%s/.from-module", modules).p;

    if (source->kind == IAC_SOURCE_LOCAL)
        return iac_fetch_copy(arena, source->text.p, ".", ret_error);
    if (!iac_fetch_remove(whole) || !make_directories(arena, modules)) {
        *ret_error = iac_arena_printf(arena, "%s: %s", modules, strerror(errno));
        return false;
    }
    bool good = iac_fetch_package(fetcher, arena, source->package, whole, ret_error) &&
                iac_fetch_copy(arena, iac_arena_printf(arena, "%s/%.*s", whole, IAC_FMT(source->subdir)).p, ".",
                               ret_error);
    return iac_fetch_remove(whole) && good;
}

/* The package of the newest version. */
static iac_status from_registry(iac_cli *cli, iac_fetcher *fetcher, iac_module_source *source)
{
    installer in = { .cli = cli, .fetcher = fetcher };
    iac_source *shown = (iac_source *)iac_source_new(cli->arena, IAC_STR("-from-module"), (iac_str){ 0 });
    iac_module_call call = { .name = source->name, .from = *source, .range = { shown, 0, 0 } };
    const iac_str *versions = NULL;
    size_t count = 0;
    iac_str why = { 0 }, version = { 0 };
    iac_module_source real = { 0 };

    if (iac_registry_versions(fetcher, source, &versions, &count, &why) != IAC_REGISTRY_OK) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Error accessing remote module registry",
                       "Failed to retrieve available versions for %.*s: %.*s.", IAC_FMT(source->package),
                       IAC_FMT(why.n ? why : IAC_STR("the registry does not have it")));
        return IAC_ERR;
    }
    if (choose_version(&in, &call, versions, count, &version, &cli->diags) != IAC_OK ||
        locate(&in, &call, version, &real, &cli->diags) != IAC_OK)
        return IAC_ERR;
    if (source->subdir.n)
        real.subdir = iac_arena_printf(cli->arena, "%.*s%s%.*s", IAC_FMT(real.subdir), real.subdir.n ? "/" : "",
                                       IAC_FMT(source->subdir));
    *source = real;
    return IAC_OK;
}

iac_status iac_install_from(iac_cli *cli, const char *given)
{
    iac_module_source source = { 0 };
    const char *summary = NULL;
    iac_str why = { 0 };

    if (!is_empty_directory()) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE,
                       "The working directory already contains files. The -from-module option requires\nan empty "
                       "directory into which a copy of the referenced module will be placed.\n\nTo initialize the "
                       "configuration already in this working directory, omit the\n-from-module option.", "%s", "");
        return IAC_ERR;
    }
    if (!iac_module_source_parse(cli->arena, iac_str_of(given), false, &source, &summary, &why)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, summary, "%.*s", IAC_FMT(why));
        return IAC_ERR;
    }
    iac_cli_tell(cli, "copying_configuration_message", iac_arena_printf(cli->arena, "Copying configuration from \"%s\"...",
                                                                        given));
    iac_fetcher *fetcher = iac_fetcher_new();
    if (source.kind == IAC_SOURCE_REGISTRY && from_registry(cli, fetcher, &source) != IAC_OK) {
        iac_fetcher_free(fetcher);
        return IAC_ERR;
    }
    bool good = copy_source(cli, fetcher, &source, &why);
    iac_fetcher_free(fetcher);
    if (good)
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Failed to download module",
                   "Could not copy the module from \"%s\": %.*s", given, IAC_FMT(why));
    return IAC_ERR;
}

/* lang/config/tree.c - from the root module to the tree of modules. */
#include "lang/config/load.h"
#include "lang/config/manifest.h"
#include "lang/config/version.h"

#include <sys/stat.h>

/* Modules may nest deeper than anybody writes by hand, but not endlessly (through links in the file system). */
enum { MAX_MODULE_DEPTH = 100 };

iac_str iac_module_key(iac_arena *arena, iac_module_addr path)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < path.n; i++)
        iac_buf_printf(&out, "%s%.*s", i ? "." : "", IAC_FMT(path.steps[i].name));
    iac_str key = iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    return key;
}

iac_str iac_module_key_below(iac_arena *arena, iac_module_addr above, iac_module_addr path)
{
    iac_str key = iac_module_key(arena, path);

    if (!above.n)
        return key;
    iac_str first = iac_module_key(arena, above);
    return key.n ? iac_arena_printf(arena, "%.*s.%.*s", IAC_FMT(first), IAC_FMT(key)) : first;
}

/* ---- sources ---- */

/* Evaluates the call's source and version, once its module's variables and locals are known. */
static bool read_source(iac_loader *l, const iac_module_config *module, iac_module_call *call)
{
    size_t errors = l->diags->errors;
    const char *summary = NULL;
    iac_str detail = { 0 };

    if (!call->source_expr || call->source_expr->kind == IAC_EXPR_ERROR)
        return false; /* reported already */
    const iac_value *source = iac_config_early_string(l->arena, module, call->source_expr, "module source", &l->options,
                                                      l->diags);
    if (call->version_expr) {
        const iac_value *version = iac_config_early_string(l->arena, module, call->version_expr, "module version",
                                                           &l->options, l->diags);
        if (version && !iac_version_constraint_valid(version->string))
            iac_diag_error(l->diags, call->version_expr->range, "Invalid version constraint",
                           "This string does not use correct version constraint syntax.");
        else if (version)
            call->version = version->string;
    }
    if (!source)
        return false;
    call->source = source->string;
    if (!iac_module_source_parse(l->arena, call->source, call->version_expr != NULL, &call->from, &summary, &detail))
        iac_diag_error(l->diags, call->source_range, summary, "%.*s", IAC_FMT(detail));
    return l->diags->errors == errors;
}

/* ---- where modules are ---- */

static void read_manifest(iac_loader *l)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_str json = { 0 };

    if (l->manifest_read)
        return;
    l->manifest_read = true;
    if (!l->options.data_dir)
        return;
    iac_str path = iac_arena_printf(l->arena, "%s/modules/modules.json", l->options.data_dir);
    if (l->options.reader->read(l->options.reader->user, path.p, l->arena, &json, &ignored) == IAC_OK) {
        iac_manifest manifest = { 0 };
        iac_manifest_read(l->arena, json, &manifest);
        for (size_t i = 0; i < manifest.n; i++) {
            iac_module_place *place = iac_arena_new_of(l->arena, iac_module_place);
            *place = (iac_module_place){ .dir = iac_arena_str(l->arena, manifest.v[i].dir),
                                         .source = manifest.v[i].source,
                                         .version = manifest.v[i].version };
            iac_map_put(&l->installed, manifest.v[i].key, place);
        }
        iac_vec_clear(&manifest);
    }
    iac_diags_clear(&ignored);
}

#define RUN_INIT "Run \"iac init\" to install all modules required by this configuration."

/* Whether what is installed is what the call asks for. */
static bool fits(iac_loader *l, const iac_module_call *call, const iac_module_place *place)
{
    if (place->source.n && !iac_str_eq(place->source, call->from.text)) {
        iac_diag_error(l->diags, call->source_range, "Module source has changed",
                       "The source address was changed since this module was installed. " RUN_INIT);
        return false;
    }
    if (!call->version.n)
        return true;
    if (!place->version.n) {
        iac_diag_error(l->diags, call->source_range, "Module version requirements have changed",
                       "The version requirements have changed since this module was installed and the installed version "
                       "is no longer acceptable. " RUN_INIT);
        return false;
    }
    if (!iac_version_meets(place->version, call->version)) {
        iac_diag_error(l->diags, call->source_range, "Module version requirements have changed",
                       "The version requirements have changed since this module was installed and the installed version "
                       "(%.*s) is no longer acceptable. " RUN_INIT, IAC_FMT(place->version));
        return false;
    }
    return true;
}

/* Whether two paths lead to one directory: the manifest has the path that links in between lead to, which is then
 * path.module. */
static bool same_directory(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Local modules need no installation: they are where they say. */
static bool find_module(iac_loader *l, const iac_module_config *module, const iac_module_call *call,
                        iac_module_addr path, iac_module_place *ret)
{
    if (l->options.find)
        return l->options.find(l->options.user, module, call, path, ret, l->diags) == IAC_OK;
    read_manifest(l);
    const iac_module_place *place = iac_map_get(&l->installed, iac_module_key_below(l->arena, l->options.below, path));
    if (call->from.kind == IAC_SOURCE_LOCAL) {
        iac_str joined = iac_arena_printf(l->arena, "%.*s/%.*s", IAC_FMT(module->dir), IAC_FMT(call->from.text));
        *ret = (iac_module_place){ .dir = iac_str_of(iac_path_clean(l->arena, joined)) };
        if (place && iac_str_eq(place->source, call->from.text) && !iac_str_eq(place->dir, ret->dir) &&
            same_directory(place->dir.p, ret->dir.p))
            ret->dir = place->dir;
        return !place || fits(l, call, place);
    }
    if (!place) {
        iac_diag_error(l->diags, call->range, "Module not installed", "This module is not yet installed. " RUN_INIT);
        return false;
    }
    *ret = *place;
    return fits(l, call, place);
}

iac_status iac_config_find_installed(iac_arena *arena, const iac_config_options *options, const iac_module_call *call,
                                     iac_module_place *ret, iac_diags *diags)
{
    iac_loader l = { .arena = arena, .options = *options, .diags = diags };
    static const iac_module_config outside = { .dir = IAC_STR_INIT(".") };

    if (!l.options.reader)
        l.options.reader = &iac_config_reader_files;
    bool found = find_module(&l, &outside, call, (iac_module_addr){ 0 }, ret);
    iac_map_clear(&l.installed);
    return found ? IAC_OK : IAC_ERR;
}

static bool check_directory(iac_loader *l, const iac_module_call *call, const char *dir)
{
    if (iac_read_directory(l, dir)->found)
        return true;
    if (call->from.kind == IAC_SOURCE_LOCAL)
        iac_diag_error(l->diags, call->source_range, "Unreadable module directory",
                       "Unable to evaluate directory symlink: lstat %s: no such file or directory", dir);
    else
        iac_diag_error(l->diags, call->range, "Module not installed",
                       "This module's local cache directory %s could not be read. " RUN_INIT, dir);
    return false;
}

/* ---- the tree ---- */

static const iac_module_config *load_module(iac_loader *l, iac_module_addr path, const char *dir,
                                            const iac_module_config *parent);

static bool calls_itself(iac_loader *l, const iac_module_config *module, const char *dir, const iac_module_call *call)
{
    for (const iac_module_config *up = module; up; up = up->parent) {
        if (!iac_str_is(up->dir, dir))
            continue;
        iac_diag_error(l->diags, call->source_range, "Module call cycle",
                       "Module \"%.*s\" leads back to the directory \"%s\", which it is called from. A module cannot "
                       "contain itself.", IAC_FMT(call->name), dir);
        return true;
    }
    return false;
}

static void load_child(iac_loader *l, const iac_module_config *module, iac_module_call *call)
{
    iac_module_addr path = iac_module_addr_child(l->arena, module->path, call->name, (iac_key){ 0 });
    iac_module_place place = { 0 };

    if (!l->options.found_only && !read_source(l, module, call))
        return;
    if (path.n > MAX_MODULE_DEPTH) {
        iac_diag_error(l->diags, call->source_range, "Modules nested too deeply",
                       "Modules may be nested up to %d levels deep.", MAX_MODULE_DEPTH);
        return;
    }
    if (!find_module(l, module, call, path, &place))
        return;
    if (l->options.found_only) {
        call->source = place.source;
        call->version = place.constraint;
    }
    const char *dir = iac_path_clean(l->arena, place.dir);
    if ((!l->options.found_only && !check_directory(l, call, dir)) || calls_itself(l, module, dir, call))
        return;
    iac_module_config *child = (iac_module_config *)load_module(l, path, dir, module);
    child->version = place.version;
    call->module = child;
}

static const iac_module_config *load_module(iac_loader *l, iac_module_addr path, const char *dir,
                                            const iac_module_config *parent)
{
    iac_module_files *files = iac_read_directory(l, dir);
    iac_module_config *module = iac_arena_new_of(l->arena, iac_module_config);
    iac_diags again = IAC_DIAGS_INIT;

    module->path = path;
    module->dir = iac_arena_str(l->arena, iac_str_of(dir));
    module->parent = parent;
    module->sources = files->sources;
    module->source_count = files->primary_count + files->override_count;
    /* The faults of a directory that several calls share are told once. */
    iac_decode_module(l->arena, module, files, l->options.any_version, files->read_before ? &again : l->diags);
    iac_diags_clear(&again);
    files->read_before = true;
    bool on = parent || l->options.find || l->diags->errors == l->errors;
    for (size_t i = 0; on && i < module->call_count; i++)
        load_child(l, module, (iac_module_call *)&module->calls[i]);
    return module;
}

static void validate_tree(iac_arena *arena, const iac_module_config *module, iac_map *done, iac_diags *diags)
{
    iac_diags again = IAC_DIAGS_INIT;
    bool told = iac_map_has(done, module->dir);

    iac_config_validate_module(arena, module, told ? &again : diags);
    iac_diags_clear(&again);
    iac_map_put(done, module->dir, done);
    for (size_t i = 0; i < module->call_count; i++)
        if (module->calls[i].module)
            validate_tree(arena, module->calls[i].module, done, diags);
}

iac_status iac_config_check(iac_arena *arena, const iac_config *config, iac_diags *diags)
{
    size_t errors = diags->errors;
    iac_map done = { 0 };

    validate_tree(arena, config->root, &done, diags);
    iac_map_clear(&done);
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

iac_status iac_config_load_with(iac_arena *arena, const char *dir, const iac_config_options *options,
                                const iac_config **ret, iac_diags *diags)
{
    iac_loader l = { .arena = arena, .options = *options, .diags = diags, .errors = diags->errors };
    size_t errors = diags->errors, told = diags->list.n;
    iac_config *config = iac_arena_new_of(arena, iac_config);
    const char *root = iac_path_clean(arena, iac_str_of(dir));

    if (!l.options.reader)
        l.options.reader = &iac_config_reader_files;
    config->arena = arena;
    if (!iac_read_directory(&l, root)->found)
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to read module directory",
                       "Module directory %s does not exist or cannot be read.", root);
    config->syntax_count = diags->list.n - told;
    config->root = load_module(&l, (iac_module_addr){ 0 }, root, NULL);
    if (diags->errors == errors)
        iac_config_check_providers(arena, config, diags);
    /* What the parser or the readers could not make out may be just what a call needs. */
    if (diags->errors == errors && !options->unchecked)
        iac_config_check(arena, config, diags);
    iac_map_clear(&l.directories);
    iac_map_clear(&l.installed);
    *ret = config;
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

iac_status iac_config_load(iac_arena *arena, const char *dir, const char *data_dir, const iac_config_reader *reader,
                           const iac_config **ret, iac_diags *diags)
{
    iac_config_options options = { .data_dir = data_dir, .reader = reader };
    return iac_config_load_with(arena, dir, &options, ret, diags);
}

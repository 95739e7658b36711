#include "engine/plan/config_files.h"

#include <stdlib.h>
#include <string.h>

/* ---- to files ---- */

/* The files of a directory once, however many modules come from it; where each module is. */
typedef struct module_list {
    iac_map dirs; /* to the module first found there */
    IAC_VEC(const iac_module_call *) calls;
    size_t files;
} module_list;

static void list_modules(const iac_module_config *module, module_list *list)
{
    void **slot = iac_map_at(&list->dirs, module->dir);

    if (!*slot) {
        *slot = (void *)module;
        list->files += module->source_count;
    }
    for (size_t i = 0; i < module->call_count; i++) {
        if (!module->calls[i].module)
            continue;
        iac_vec_push(&list->calls, &module->calls[i]);
        list_modules(module->calls[i].module, list);
    }
}

static int file_cmp(const void *a, const void *b)
{
    return iac_str_cmp(((const iac_history_file *)a)->path, ((const iac_history_file *)b)->path);
}

static int module_cmp(const void *a, const void *b)
{
    return iac_str_cmp(((const iac_history_module *)a)->key, ((const iac_history_module *)b)->key);
}

void iac_config_files_of(iac_arena *arena, const iac_config *config, iac_history_config *ret)
{
    module_list list = { 0 };
    size_t n = 0;

    list_modules(config->root, &list);
    iac_history_file *files = iac_arena_array(arena, iac_history_file, list.files);
    for (size_t i = 0; i < list.dirs.n; i++) {
        const iac_module_config *module = list.dirs.entries[i].value;
        for (size_t k = 0; k < module->source_count; k++)
            files[n++] = (iac_history_file){ module->sources[k]->name, module->sources[k]->text };
    }
    iac_history_module *modules = iac_arena_array(arena, iac_history_module, list.calls.n);
    for (size_t i = 0; i < list.calls.n; i++) {
        const iac_module_call *call = list.calls.v[i];
        modules[i] = (iac_history_module){ iac_module_key(arena, call->module->path), call->module->dir, call->source,
                                           call->module->version, call->version };
    }
    if (n)
        qsort(files, n, sizeof(*files), file_cmp);
    if (list.calls.n)
        qsort(modules, list.calls.n, sizeof(*modules), module_cmp);
    *ret = (iac_history_config){ config->root->dir.n ? config->root->dir : IAC_STR("."), files, n, modules,
                                 list.calls.n };
    iac_map_clear(&list.dirs);
    iac_vec_clear(&list.calls);
}

/* ---- from files ---- */

static iac_str without_dot(iac_str path)
{
    while (iac_str_starts(path, IAC_STR("./")))
        path = iac_str_sub(path, 2, path.n);
    return iac_str_is(path, ".") ? IAC_STR("") : path;
}

static iac_status list_files(void *user, const char *dir, iac_arena *arena, iac_str **ret, size_t *ret_count,
                             iac_diags *diags)
{
    (void)diags;
    const iac_map *files = user;
    iac_str prefix = without_dot(iac_str_of(dir));
    size_t n = 0;
    *ret = iac_arena_array(arena, iac_str, files->n);
    for (size_t i = 0; i < files->n; i++) {
        iac_str path = files->entries[i].key;
        if (prefix.n) {
            if (!iac_str_starts(path, prefix) || path.n <= prefix.n || path.p[prefix.n] != '/')
                continue;
            path = iac_str_sub(path, prefix.n + 1, path.n);
        }
        if (iac_str_find_char(path, '/', 0) == SIZE_MAX)
            (*ret)[n++] = path;
    }
    *ret_count = n;
    return n ? IAC_OK : IAC_NOT_FOUND;
}

static iac_status read_file(void *user, const char *path, iac_arena *arena, iac_str *ret, iac_diags *diags)
{
    (void)arena;
    (void)diags;
    iac_str *text = iac_map_get(user, without_dot(iac_str_of(path)));
    if (!text)
        return IAC_NOT_FOUND;
    *ret = *text;
    return IAC_OK;
}

typedef struct saved_config {
    iac_arena *arena;
    const char *what;
    iac_map files, places;
} saved_config;

static iac_status find_module(void *user, const iac_module_config *parent, const iac_module_call *call,
                              iac_module_addr path, iac_module_place *ret, iac_diags *diags)
{
    saved_config *saved = user;
    const iac_module_place *place = iac_map_get(&saved->places, iac_module_key(saved->arena, path));

    (void)parent;
    if (!place) {
        iac_diag_error(diags, call->range, "Module not installed", "%s does not have this module.", saved->what);
        return IAC_NOT_FOUND;
    }
    *ret = *place;
    return IAC_OK;
}

iac_status iac_config_files_load(iac_arena *arena, const iac_history_config *files, const char *what,
                                 const iac_config **ret, iac_diags *diags)
{
    saved_config saved = { .arena = arena, .what = what };
    for (size_t i = 0; i < files->file_count; i++) {
        iac_str *text = iac_arena_new_of(arena, iac_str);
        *text = files->files[i].text;
        iac_map_put(&saved.files, without_dot(files->files[i].path), text);
    }
    for (size_t i = 0; i < files->module_count; i++) {
        const iac_history_module *m = &files->modules[i];
        iac_module_place *place = iac_arena_new_of(arena, iac_module_place);
        *place = (iac_module_place){ m->dir, m->source, m->version, m->constraint };
        iac_map_put(&saved.places, m->key, place);
    }
    iac_config_reader reader = { &saved.files, list_files, read_file };
    iac_config_options options = { .reader = &reader, .user = &saved, .find = find_module, .found_only = true };
    const char *dir = iac_arena_cstr(arena, files->dir.n ? files->dir : IAC_STR("."));
    iac_status status = iac_config_load_with(arena, dir, &options, ret, diags);
    iac_map_clear(&saved.files);
    iac_map_clear(&saved.places);
    return status;
}

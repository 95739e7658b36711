/* lang/config/loader.c - from a directory to a module. */
#include "lang/config/load.h"

#include "lang/syntax/parser.h"

#include <string.h>

/* ---- top-level blocks ---- */

typedef enum top_kind {
    TOP_TERRAFORM, TOP_PROVIDER, TOP_VARIABLE, TOP_LOCALS, TOP_OUTPUT, TOP_MODULE, TOP_RESOURCE, TOP_DATA,
    TOP_EPHEMERAL, TOP_MOVED, TOP_REMOVED, TOP_IMPORT, TOP_CHECK, TOP_COUNT
} top_kind;

static const char *const one_name[] = { "name" };
static const char *const type_and_name[] = { "type", "name" };
static const iac_block_spec top_blocks[TOP_COUNT] = {
    [TOP_TERRAFORM] = { IAC_STR_INIT("terraform"), NULL, 0 },
    [TOP_PROVIDER] = { IAC_STR_INIT("provider"), one_name, 1 },
    [TOP_VARIABLE] = { IAC_STR_INIT("variable"), one_name, 1 },
    [TOP_LOCALS] = { IAC_STR_INIT("locals"), NULL, 0 },
    [TOP_OUTPUT] = { IAC_STR_INIT("output"), one_name, 1 },
    [TOP_MODULE] = { IAC_STR_INIT("module"), one_name, 1 },
    [TOP_RESOURCE] = { IAC_STR_INIT("resource"), type_and_name, 2 },
    [TOP_DATA] = { IAC_STR_INIT("data"), type_and_name, 2 },
    [TOP_EPHEMERAL] = { IAC_STR_INIT("ephemeral"), type_and_name, 2 },
    [TOP_MOVED] = { IAC_STR_INIT("moved"), NULL, 0 },
    [TOP_REMOVED] = { IAC_STR_INIT("removed"), NULL, 0 },
    [TOP_IMPORT] = { IAC_STR_INIT("import"), NULL, 0 },
    [TOP_CHECK] = { IAC_STR_INIT("check"), one_name, 1 },
};
static const iac_body_spec top_spec = { NULL, 0, top_blocks, TOP_COUNT };

typedef IAC_VEC(iac_top_block) top_list;

static top_kind kind_of(const iac_block *block)
{
    for (size_t i = 0; i < TOP_COUNT; i++)
        if (iac_str_eq(block->type, top_blocks[i].type))
            return (top_kind)i;
    return TOP_COUNT;
}

/* The terraform blocks are looked at by themselves first, for what they say of versions and then of experiments: what is
 * wrong with how they are written is told each time. */
static void look_ahead(iac_module_build *m, const iac_file *file)
{
    static const iac_attribute_spec version = { IAC_STR_INIT("required_version"), false };
    static const iac_attribute_spec experiments[] = {
        { IAC_STR_INIT("experiments"), false }, { IAC_STR_INIT("language"), false }
    };
    static const iac_body_spec within[] = {
        { .attributes = &version, .attribute_count = 1 },
        { .attributes = experiments, .attribute_count = IAC_COUNT(experiments) },
    };
    static const iac_body_spec spec = { .blocks = &top_blocks[TOP_TERRAFORM], .block_count = 1 };
    iac_content content = { 0 }, ignored = { 0 };

    for (size_t look = 0; look < IAC_COUNT(within); look++) {
        iac_body_content(m->arena, file->body, &spec, true, &content, m->diags);
        for (size_t i = 0; i < content.block_count; i++)
            iac_body_content(m->arena, content.blocks[i]->body, &within[look], true, &ignored, m->diags);
    }
}

static void collect(iac_module_build *m, const iac_file *file, bool from_override, top_list *kinds)
{
    iac_content content = { 0 };

    look_ahead(m, file);
    iac_body_content(m->arena, file->body, &top_spec, false, &content, m->diags);
    for (size_t i = 0; i < content.block_count; i++) {
        const iac_block *block = content.blocks[i];
        top_kind kind = kind_of(block);
        if (kind != TOP_COUNT && block->label_count == top_blocks[kind].label_count)
            iac_vec_push(&kinds[kind], (iac_top_block){ block, from_override });
    }
}

static void cannot_override(iac_module_build *m, const iac_block *block, const char *what)
{
    iac_str summary = iac_arena_printf(m->arena, "Cannot override '%.*s' blocks", IAC_FMT(block->type));
    iac_diag_error(m->diags, block->header_range, summary.p,
                   "%s can appear only in normal files, not in override files.", what);
}

/* Blocks that nothing can override are read all the same, for their faults. Of removed blocks nothing more is told. */
static void read_unmergeable(iac_module_build *m, top_kind kind, const iac_top_block *top)
{
    size_t moved = m->moved.n, removed = m->removed.n, imports = m->imports.n;

    if (kind == TOP_MOVED) {
        iac_read_moved(m, top);
        cannot_override(m, top->block, "Records of moved objects");
    } else if (kind == TOP_REMOVED) {
        iac_read_removed(m, top);
    } else if (kind == TOP_IMPORT) {
        iac_read_import(m, top);
        cannot_override(m, top->block, "Import blocks");
    } else {
        iac_diag_error(m->diags, top->block->header_range, "Can't override check blocks",
                       "Override files cannot override check blocks.");
    }
    m->moved.n = moved;
    m->removed.n = removed;
    m->imports.n = imports;
}

static void read_top_block(iac_module_build *m, top_kind kind, const iac_top_block *top)
{
    m->overriding = top->from_override;
    if (top->from_override && kind >= TOP_MOVED) {
        read_unmergeable(m, kind, top);
        return;
    }
    switch (kind) {
    case TOP_TERRAFORM:
        iac_read_terraform(m, top);
        break;
    case TOP_PROVIDER:
        iac_read_provider(m, top);
        break;
    case TOP_VARIABLE:
        iac_read_variable(m, top);
        break;
    case TOP_LOCALS:
        iac_read_locals(m, top);
        break;
    case TOP_OUTPUT:
        iac_read_output(m, top);
        break;
    case TOP_MODULE:
        iac_read_module_call(m, top);
        break;
    case TOP_RESOURCE:
        iac_read_resource(m, top, IAC_MANAGED);
        break;
    case TOP_DATA:
        iac_read_resource(m, top, IAC_DATA);
        break;
    case TOP_EPHEMERAL:
        iac_read_resource(m, top, IAC_EPHEMERAL_RESOURCE);
        break;
    case TOP_MOVED:
        iac_read_moved(m, top);
        break;
    case TOP_REMOVED:
        iac_read_removed(m, top);
        break;
    case TOP_IMPORT:
        iac_read_import(m, top);
        break;
    case TOP_CHECK:
        iac_read_check(m, top);
        break;
    case TOP_COUNT:
        break;
    }
}

/* ---- finishing a module ---- */

static int cmp_named(const void *a, const void *b) /* of structs that begin with their name */
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static int cmp_resources(const void *a, const void *b)
{
    const iac_resource_config *x = a, *y = b;
    int order = (x->mode > y->mode) - (x->mode < y->mode);
    if (!order)
        order = iac_str_cmp(x->type, y->type);
    return order ? order : iac_str_cmp(x->name, y->name);
}

static int cmp_providers(const void *a, const void *b)
{
    const iac_provider_config *x = a, *y = b;
    int order = iac_str_cmp(x->name, y->name);
    return order ? order : iac_str_cmp(x->alias, y->alias);
}

_Static_assert(offsetof(iac_variable_config, name) == 0 && offsetof(iac_local_config, name) == 0 &&
                   offsetof(iac_output_config, name) == 0 && offsetof(iac_module_call, name) == 0 &&
                   offsetof(iac_required_provider, name) == 0 && offsetof(iac_check_config, name) == 0,
               "cmp_named");

static void *moved_array(iac_arena *arena, const void *items, size_t n, size_t size,
                         int (*cmp)(const void *, const void *))
{
    void *copy = iac_arena_alloc_array(arena, n ? n : 1, size);

    if (n) {
        memcpy(copy, items, n * size);
        if (cmp)
            qsort(copy, n, size, cmp);
    }
    return copy;
}

#define MOVE(field, count_field, vec, cmp) \
    (module->field = moved_array(m->arena, (vec).v, (vec).n, sizeof(*(vec).v), (cmp)), module->count_field = (vec).n, \
     iac_vec_clear(&(vec)))
#define INDEX(map, field, count_field) \
    for (size_t i_ = 0; i_ < module->count_field; i_++) \
        iac_map_put(&module->map, module->field[i_].name, (void *)&module->field[i_])

static void finish_module(iac_module_build *m)
{
    iac_module_config *module = m->module;

    MOVE(variables, variable_count, m->variables, cmp_named);
    MOVE(locals, local_count, m->locals, cmp_named);
    MOVE(outputs, output_count, m->outputs, cmp_named);
    MOVE(resources, resource_count, m->resources, cmp_resources);
    MOVE(providers, provider_count, m->providers, cmp_providers);
    MOVE(calls, call_count, m->calls, cmp_named);
    MOVE(required_providers, required_provider_count, m->required_providers, cmp_named);
    MOVE(moved, moved_count, m->moved, NULL);
    MOVE(removed, removed_count, m->removed, NULL);
    MOVE(imports, import_count, m->imports, NULL);
    MOVE(checks, check_count, m->checks, cmp_named);
    INDEX(variable_map, variables, variable_count);
    INDEX(local_map, locals, local_count);
    INDEX(output_map, outputs, output_count);
    INDEX(call_map, calls, call_count);
    INDEX(required_provider_map, required_providers, required_provider_count);
    for (size_t i = 0; i < module->resource_count; i++) {
        static const char *const prefixes[] = { "", "data.", "ephemeral." };
        const iac_resource_config *r = &module->resources[i];
        iac_str key = iac_arena_printf(m->arena, "%s%.*s.%.*s", prefixes[r->mode], IAC_FMT(r->type), IAC_FMT(r->name));
        iac_map_put(&module->resource_map, key, (void *)r);
    }
    iac_map *maps[] = {
        &module->variable_map, &module->local_map, &module->output_map, &module->resource_map, &module->call_map,
        &module->required_provider_map,
    };
    for (size_t i = 0; i < IAC_COUNT(maps); i++)
        iac_map_settle(maps[i], m->arena); /* where the module lives */
    iac_map *indexes[] = {
        &m->variable_index, &m->local_index, &m->output_index, &m->resource_index, &m->provider_index,
        &m->call_index, &m->check_index, &m->requirement_index, &m->import_index,
    };
    for (size_t i = 0; i < IAC_COUNT(indexes); i++)
        iac_map_clear(indexes[i]);
}

void iac_decode_module(iac_arena *arena, iac_module_config *module, const iac_module_files *files, bool any_version,
                       iac_diags *diags)
{
    iac_module_build m = { .arena = arena, .diags = diags, .module = module, .any_version = any_version };
    top_list kinds[TOP_COUNT] = { 0 };

    for (size_t i = 0; i < files->primary_count; i++)
        collect(&m, files->primary[i], false, kinds);
    for (size_t i = 0; i < files->override_count; i++)
        collect(&m, files->overrides[i], true, kinds);
    for (size_t kind = 0; kind < TOP_COUNT; kind++) {
        for (size_t i = 0; i < kinds[kind].n; i++)
            read_top_block(&m, (top_kind)kind, &kinds[kind].v[i]);
        iac_vec_clear(&kinds[kind]);
    }
    finish_module(&m);
}

/* ---- files ---- */

static bool has_suffix(iac_str name, const char *suffix, iac_str *ret_base)
{
    iac_str end = iac_str_of(suffix);

    if (name.n <= end.n || !iac_str_ends(name, end))
        return false;
    *ret_base = iac_str_sub(name, 0, name.n - end.n);
    return true;
}

/* Whether the file belongs to a configuration; *ret_base is its name without the suffix. */
static bool is_config_file(iac_str name, iac_str *ret_base, bool *ret_json)
{
    if (name.p[0] == '.' || iac_str_ends(name, IAC_STR("~")) ||
        (name.p[0] == '#' && iac_str_ends(name, IAC_STR("#"))))
        return false;
    *ret_json = has_suffix(name, ".tf.json", ret_base) || has_suffix(name, ".iac.json", ret_base);
    return *ret_json || has_suffix(name, ".tf", ret_base) || has_suffix(name, ".iac", ret_base);
}

static int cmp_strings(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static const iac_file *parse_one(iac_loader *l, const char *dir, iac_str name, bool json)
{
    iac_str path = strcmp(dir, ".") == 0 ? iac_arena_str(l->arena, name)
                                         : iac_arena_printf(l->arena, "%s/%.*s", dir, IAC_FMT(name));
    iac_str text = { 0 };

    if (l->options.reader->read(l->options.reader->user, path.p, l->arena, &text, l->diags) != IAC_OK)
        return NULL;
    const iac_source *source = iac_source_new(l->arena, path, text);
    return json ? iac_parse_json_file(l->arena, source, l->diags) : iac_parse_file(l->arena, source, l->diags);
}

iac_module_files *iac_read_directory(iac_loader *l, const char *dir)
{
    iac_str key = iac_arena_str(l->arena, iac_str_of(dir));
    iac_module_files *files = iac_map_get(&l->directories, key);
    iac_str *names = NULL;
    size_t count = 0;

    if (files)
        return files;
    files = iac_arena_new_of(l->arena, iac_module_files);
    iac_map_put(&l->directories, key, files);
    iac_status status = l->options.reader->list(l->options.reader->user, dir, l->arena, &names, &count, l->diags);
    files->found = status != IAC_NOT_FOUND;
    if (status != IAC_OK)
        return files;
    if (count)
        qsort(names, count, sizeof(*names), cmp_strings);
    files->primary = iac_arena_array(l->arena, const iac_file *, count);
    files->overrides = iac_arena_array(l->arena, const iac_file *, count);
    files->sources = iac_arena_array(l->arena, const iac_source *, count);
    for (size_t i = 0; i < count; i++) {
        iac_str base;
        bool json;
        if (!names[i].n || !is_config_file(names[i], &base, &json))
            continue;
        const iac_file *file = parse_one(l, dir, names[i], json);
        if (!file)
            continue;
        files->sources[files->primary_count + files->override_count] = file->source;
        if (iac_str_is(base, "override") || iac_str_ends(base, IAC_STR("_override")))
            files->overrides[files->override_count++] = file;
        else
            files->primary[files->primary_count++] = file;
    }
    return files;
}

iac_provider_addr iac_module_provider_addr(const iac_module_config *module, iac_str local_name)
{
    const iac_required_provider *required = iac_map_get(&module->required_provider_map, local_name);
    return required ? required->addr : iac_provider_addr_default(local_name);
}

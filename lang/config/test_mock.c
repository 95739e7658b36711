/* lang/config/test_mock.c - mock_provider and override_* blocks, and the files that mocks come from. */
#include "lang/config/test_load.h"

#include "lang/syntax/parser.h"

#include <string.h>

static const struct {
    const char *block, *values, *plural;
} kinds[] = {
    [IAC_OVERRIDE_RESOURCE] = { "override_resource", "values", "resources" },
    [IAC_OVERRIDE_DATA] = { "override_data", "values", "data sources" },
    [IAC_OVERRIDE_MODULE] = { "override_module", "outputs", "modules" },
};

/* ---- overrides ---- */

bool iac_is_override(const iac_block *block)
{
    for (size_t i = 0; i < IAC_COUNT(kinds); i++)
        if (iac_str_is(block->type, kinds[i].block))
            return true;
    return false;
}

static void read_during(iac_module_build *m, const iac_attribute *attr, bool *ret)
{
    if (!attr)
        return;
    iac_str word = iac_static_word(m, attr->expr);
    *ret = iac_str_is(word, "plan");
    if (!*ret && !iac_str_is(word, "apply"))
        iac_diag_error(m->diags, attr->range, "Invalid override_during value",
                       "The override_during attribute must be a value of plan or apply.");
}

/* Whether the target is of the kind that the block is for. */
static bool read_target(iac_module_build *m, const iac_attribute *attr, iac_override_config *ret)
{
    const iac_expr *traversal = iac_static_address(m, attr->expr);
    bool is_module = false;

    if (!traversal || !iac_static_target(m, traversal, &ret->target, &is_module))
        return false;
    ret->address = is_module ? iac_module_addr_text(m->arena, ret->target.module)
                             : iac_addr_text(m->arena, ret->target);
    ret->target_range = attr->range;
    iac_override_kind kind = is_module                      ? IAC_OVERRIDE_MODULE
                             : ret->target.mode == IAC_DATA ? IAC_OVERRIDE_DATA
                                                            : IAC_OVERRIDE_RESOURCE;
    if (kind == ret->kind && (is_module || ret->target.mode != IAC_EPHEMERAL_RESOURCE))
        return true;
    iac_diag_error(m->diags, attr->range, "Invalid override target",
                   "You can only target %s from %s blocks, not %.*s.", kinds[ret->kind].plural,
                   kinds[ret->kind].block, IAC_FMT(ret->address));
    return false;
}

/* An object, even where one of its values is faulty. */
static void read_override_values(iac_module_build *m, const iac_attribute *attr, iac_override_config *override)
{
    size_t errors = m->diags->errors;
    const iac_value *v = attr ? iac_static_eval(m, attr->expr) : NULL;

    if (!attr || attr->expr->kind == IAC_EXPR_ERROR || (!v && attr->expr->kind == IAC_EXPR_OBJECT))
        return;
    if (v && m->diags->errors == errors && iac_is_set_value(v) && (v->kind == IAC_OBJECT || v->kind == IAC_MAP)) {
        override->values.values = v;
        return;
    }
    iac_str summary = iac_arena_printf(m->arena, "Invalid %s attribute", kinds[override->kind].values);
    iac_diag_error(m->diags, attr->range, summary.p, "%s blocks must specify %s %s attribute that is an object.",
                   kinds[override->kind].block, override->kind == IAC_OVERRIDE_MODULE ? "an" : "a",
                   kinds[override->kind].values);
}

void iac_read_override(iac_module_build *m, const iac_block *block, bool during_plan, iac_override_list *list)
{
    enum { TARGET, VALUES, DURING };
    iac_override_config override = { .range = block->header_range };
    iac_content content = { 0 };

    while (!iac_str_is(block->type, kinds[override.kind].block))
        override.kind++;
    const iac_attribute_spec attributes[] = {
        [TARGET] = { IAC_STR("target"), false },
        [VALUES] = { iac_str_of(kinds[override.kind].values), false },
        [DURING] = { IAC_STR("override_during"), false },
    };
    const iac_body_spec spec = { .attributes = attributes, .attribute_count = IAC_COUNT(attributes) };
    iac_body_content(m->arena, block->body, &spec, false, &content, m->diags);
    override.values = (iac_mock_values){ .range = block->header_range, .during_plan = during_plan };
    read_during(m, content.attributes[DURING], &override.values.during_plan);
    read_override_values(m, content.attributes[VALUES], &override);
    if (!content.attributes[TARGET]) {
        iac_diag_error(m->diags, block->header_range, "Missing target attribute",
                       "%s blocks must specify a target address.", kinds[override.kind].block);
        return;
    }
    if (!read_target(m, content.attributes[TARGET], &override))
        return;
    void **slot = iac_map_at(&list->seen, override.address);
    if (*slot) {
        iac_range first = list->list.v[(uintptr_t)*slot - 1].range;
        iac_str place = iac_range_place(m->arena, first);
        iac_str summary = iac_arena_printf(m->arena, "Duplicate %s block", kinds[override.kind].block);
        if (first.src != override.range.src)
            iac_diag_error(m->diags, block->header_range, "Duplicate override block",
                           "An override block for %.*s already exists at %.*s.", IAC_FMT(override.address),
                           IAC_FMT(place));
        else
            iac_diag_error(m->diags, block->header_range, summary.p,
                           "An %s block targeting %.*s has already been defined at %.*s.", kinds[override.kind].block,
                           IAC_FMT(override.address), IAC_FMT(place));
        return;
    }
    iac_vec_push(&list->list, override);
    *slot = (void *)(uintptr_t)list->list.n;
}

iac_override_configs iac_override_list_take(iac_arena *arena, iac_override_list *list)
{
    iac_override_config *v = iac_arena_array(arena, iac_override_config, list->list.n);
    iac_override_configs taken = { v, list->list.n };

    if (list->list.n)
        memcpy(v, list->list.v, list->list.n * sizeof(*v));
    iac_vec_clear(&list->list);
    iac_map_clear(&list->seen);
    return taken;
}

/* ---- mock_provider ---- */

static const char *const type_label[] = { "type" };
static const iac_block_spec mock_blocks[] = {
    { IAC_STR_INIT("mock_resource"), type_label, 1 }, { IAC_STR_INIT("mock_data"), type_label, 1 },
    { IAC_STR_INIT("override_resource"), NULL, 0 },   { IAC_STR_INIT("override_data"), NULL, 0 },
};

typedef struct mock_build {
    iac_mock *mock;
    iac_override_list overrides;
} mock_build;

/* A type that was there before, in the same file or in another one. */
static void duplicate_type(iac_module_build *m, const iac_block *block, const iac_mock_values *before)
{
    const char *kind = iac_str_is(block->type, "mock_data") ? "data" : "resource";
    bool same_file = before->block_range.src == block->header_range.src;
    iac_str place = iac_range_place(m->arena, before->block_range), type = block->labels[0].text;
    iac_str summary = iac_arena_printf(m->arena, same_file ? "Duplicate mock_%s block" : "Duplicate mock %s block",
                                       kind);

    iac_diag_error(m->diags, block->labels[0].range, summary.p,
                   same_file ? "A mock_%s block for %.*s has already been defined at %.*s."
                             : "A mock_%s \"%.*s\" block already exists at %.*s.",
                   kind, IAC_FMT(type), IAC_FMT(place));
}

static void read_mock_type(iac_module_build *m, const iac_block *block, bool during_plan, iac_map *into)
{
    enum { DEFAULTS, DURING };
    static const iac_attribute_spec attributes[] = {
        [DEFAULTS] = { IAC_STR_INIT("defaults"), false },
        [DURING] = { IAC_STR_INIT("override_during"), false },
    };
    static const iac_body_spec spec = { .attributes = attributes, .attribute_count = IAC_COUNT(attributes) };
    iac_content content = { 0 };
    iac_mock_values *values = iac_arena_new_of(m->arena, iac_mock_values);

    iac_body_content(m->arena, block->body, &spec, false, &content, m->diags);
    *values = (iac_mock_values){ .range = block->header_range, .during_plan = during_plan };
    read_during(m, content.attributes[DURING], &values->during_plan);
    if (content.attributes[DEFAULTS]) {
        values->values = iac_static_eval(m, content.attributes[DEFAULTS]->expr);
        values->range = content.attributes[DEFAULTS]->range;
    }
    const iac_mock_values *before = iac_map_get(into, block->labels[0].text);
    if (before) {
        duplicate_type(m, block, before);
        return;
    }
    values->block_range = block->header_range;
    iac_map_put(into, block->labels[0].text, values);
}

static void read_mock_blocks(iac_module_build *m, const iac_content *content, mock_build *build)
{
    for (size_t i = 0; i < content->block_count; i++) {
        const iac_block *block = content->blocks[i];
        if (iac_is_override(block))
            iac_read_override(m, block, build->mock->during_plan, &build->overrides);
        else if (block->label_count == 1)
            read_mock_type(m, block, build->mock->during_plan,
                           iac_str_is(block->type, "mock_data") ? &build->mock->data : &build->mock->resources);
    }
}

/* ---- *.tfmock.hcl ---- */

static int cmp_names(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static void read_mock_file(iac_module_build *m, const iac_config_reader *reader, iac_str path, mock_build *build)
{
    static const iac_body_spec spec = { NULL, 0, mock_blocks, IAC_COUNT(mock_blocks) };
    iac_content content = { 0 };
    iac_str text = { 0 };

    if (reader->read(reader->user, path.p, m->arena, &text, m->diags) != IAC_OK)
        return;
    const iac_source *source = iac_source_new(m->arena, path, text);
    const iac_file *file = iac_str_ends(path, IAC_STR(".json")) ? iac_parse_json_file(m->arena, source, m->diags)
                                                                : iac_parse_file(m->arena, source, m->diags);
    iac_body_content(m->arena, file->body, &spec, false, &content, m->diags);
    read_mock_blocks(m, &content, build);
}

/* What the block itself says wins over what the files say. */
static void merge(iac_arena *arena, iac_map *block, iac_map *files)
{
    for (size_t i = 0; i < block->n; i++)
        iac_map_put(files, block->entries[i].key, block->entries[i].value);
    *block = *files;
    *files = (iac_map){ 0 };
    iac_map_settle(block, arena);
}

static void settle_overrides(iac_arena *arena, mock_build *build)
{
    iac_override_configs overrides = iac_override_list_take(arena, &build->overrides);

    for (size_t i = 0; i < overrides.n; i++)
        iac_map_put(&build->mock->overrides, overrides.v[i].address, (void *)&overrides.v[i].values);
}

void iac_read_mock_source(iac_module_build *m, const iac_config_reader *reader, const iac_mock_source *source)
{
    iac_mock files = { .during_plan = source->mock->during_plan };
    mock_build from_files = { .mock = &files };
    iac_diags listing = IAC_DIAGS_INIT;
    iac_str *names = NULL;
    size_t count = 0;

    const char *path = iac_arena_cstr(m->arena, source->dir);
    if (reader->list(reader->user, path, m->arena, &names, &count, &listing) != IAC_OK)
        iac_diag_error(m->diags, source->range, "Failed to read mock data directory",
                       "Mock data directory %s does not exist or cannot be read.", path);
    iac_diags_clear(&listing);
    if (count)
        qsort(names, count, sizeof(*names), cmp_names);
    for (size_t i = 0; i < count; i++) {
        if (!iac_str_ends(names[i], IAC_STR(".tfmock.hcl")) && !iac_str_ends(names[i], IAC_STR(".tfmock.json")))
            continue;
        iac_str joined = iac_arena_printf(m->arena, "%s/%.*s", path, IAC_FMT(names[i]));
        read_mock_file(m, reader, iac_str_of(iac_path_clean(m->arena, joined)), &from_files);
    }
    settle_overrides(m->arena, &from_files);
    merge(m->arena, &source->mock->resources, &files.resources);
    merge(m->arena, &source->mock->data, &files.data);
    merge(m->arena, &source->mock->overrides, &files.overrides);
}

bool iac_read_mock_provider(iac_module_build *m, const iac_block *block, iac_provider_config *ret,
                            iac_mock_source *ret_source)
{
    enum { ALIAS, SOURCE, DURING };
    static const iac_attribute_spec attributes[] = {
        [ALIAS] = { IAC_STR_INIT("alias"), false },
        [SOURCE] = { IAC_STR_INIT("source"), false },
        [DURING] = { IAC_STR_INIT("override_during"), false },
    };
    static const iac_body_spec spec = { attributes, IAC_COUNT(attributes), mock_blocks, IAC_COUNT(mock_blocks) };
    iac_content content = { 0 };
    mock_build build = { .mock = iac_arena_new_of(m->arena, iac_mock) };

    iac_body_content(m->arena, block->body, &spec, false, &content, m->diags);
    iac_body *nothing = iac_arena_new_of(m->arena, iac_body);
    *nothing = (iac_body){ .range = block->header_range, .missing_at = block->header_range };
    *ret = (iac_provider_config){ .name = block->labels[0].text, .body = nothing, .range = block->header_range,
                                  .mock = build.mock };
    *ret_source = (iac_mock_source){ .mock = build.mock, .range = block->header_range };
    if (!iac_provider_name_fits(m, ret->name, ret->range))
        return false;
    iac_read_provider_alias(m, content.attributes[ALIAS], &ret->alias);
    read_during(m, content.attributes[DURING], &build.mock->during_plan);
    read_mock_blocks(m, &content, &build);
    iac_static_string(m, content.attributes[SOURCE], &ret_source->dir);
    settle_overrides(m->arena, &build);
    iac_map_settle(&build.mock->resources, m->arena);
    iac_map_settle(&build.mock->data, m->arena);
    iac_map_settle(&build.mock->overrides, m->arena);
    return true;
}

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
    iac_str word = iac_static_keyword(m, attr->expr);
    *ret = iac_str_is(word, "plan");
    if (!*ret && !iac_str_is(word, "apply"))
        iac_diag_error(m->diags, attr->range, "Invalid override_during value",
                       "The override_during attribute must be a value of plan or apply.");
}

/* Whether the target is of the kind that the block is for. */
static bool read_target(iac_module_build *m, const iac_attribute *attr, iac_override_config *ret)
{
    const iac_expr *traversal = iac_static_traversal(m, attr->expr);
    iac_diags within = IAC_DIAGS_INIT;
    bool is_module = false;

    if (!traversal)
        return false;
    iac_str text = iac_str_trim(iac_range_text(traversal->range));
    if (text.n >= 2 && text.p[0] == '"')
        text = iac_str_sub(text, 1, text.n - 1);
    bool good = iac_target_parse(m->arena, text, &ret->target, &is_module, &within) == IAC_OK;
    for (size_t i = 0; i < within.list.n; i++) {
        iac_diag diag = within.list.v[i];
        diag.subject = attr->expr->range;
        diag.context = IAC_NO_RANGE;
        iac_diag_add(m->diags, &diag);
    }
    iac_diags_clear(&within);
    if (!good)
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

static const iac_value *read_object(iac_module_build *m, const iac_attribute *attr)
{
    return iac_static_eval(m, attr->expr);
}

static void read_override_values(iac_module_build *m, const iac_attribute *attr, iac_override_config *override)
{
    const iac_value *v = attr ? read_object(m, attr) : NULL;

    if (!v)
        return;
    if (iac_is_set_value(v) && (v->kind == IAC_OBJECT || v->kind == IAC_MAP)) {
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
        iac_str place = iac_range_place(m->arena, list->list.v[(uintptr_t)*slot - 1].range);
        iac_str summary = iac_arena_printf(m->arena, "Duplicate %s block", kinds[override.kind].block);
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
        values->values = read_object(m, content.attributes[DEFAULTS]);
        values->range = content.attributes[DEFAULTS]->range;
    }
    const iac_mock_values *before = iac_map_get(into, block->labels[0].text);
    if (before) {
        iac_str place = iac_range_place(m->arena, before->block_range);
        iac_str summary = iac_arena_printf(m->arena, "Duplicate %.*s block", IAC_FMT(block->type));
        iac_diag_error(m->diags, block->labels[0].range, summary.p,
                       "A %.*s block for %.*s has already been defined at %.*s.", IAC_FMT(block->type),
                       IAC_FMT(block->labels[0].text), IAC_FMT(place));
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
static void merge(iac_map *into, const iac_map *from)
{
    for (size_t i = 0; i < from->n; i++)
        if (!iac_map_has(into, from->entries[i].key))
            iac_map_put(into, from->entries[i].key, from->entries[i].value);
}

static void read_source(iac_module_build *m, const iac_attribute *attr, const iac_config_reader *reader,
                        mock_build *build)
{
    iac_mock files = { .during_plan = build->mock->during_plan };
    mock_build from_files = { .mock = &files };
    iac_diags listing = IAC_DIAGS_INIT;
    iac_str dir = { 0 }, *names = NULL;
    size_t count = 0;

    if (!iac_static_string(m, attr, &dir))
        return;
    const char *path = iac_arena_cstr(m->arena, dir);
    if (reader->list(reader->user, path, m->arena, &names, &count, &listing) != IAC_OK)
        iac_diag_error(m->diags, attr->expr->range, "Failed to read mock directory",
                       "Mock directory %s does not exist or cannot be read.", path);
    iac_diags_clear(&listing);
    if (count)
        qsort(names, count, sizeof(*names), cmp_names);
    for (size_t i = 0; i < count; i++)
        if (iac_str_ends(names[i], IAC_STR(".tfmock.hcl")) || iac_str_ends(names[i], IAC_STR(".tfmock.json")))
            read_mock_file(m, reader, iac_arena_printf(m->arena, "%s/%.*s", path, IAC_FMT(names[i])), &from_files);
    merge(&build->mock->resources, &files.resources);
    merge(&build->mock->data, &files.data);
    for (size_t i = 0; i < from_files.overrides.list.n; i++) {
        void **slot = iac_map_at(&build->overrides.seen, from_files.overrides.list.v[i].address);
        if (*slot)
            continue;
        iac_vec_push(&build->overrides.list, from_files.overrides.list.v[i]);
        *slot = (void *)(uintptr_t)build->overrides.list.n;
    }
    iac_map_clear(&files.resources);
    iac_map_clear(&files.data);
    iac_vec_clear(&from_files.overrides.list);
    iac_map_clear(&from_files.overrides.seen);
}

static void finish_mock(iac_arena *arena, mock_build *build)
{
    iac_override_configs overrides = iac_override_list_take(arena, &build->overrides);

    for (size_t i = 0; i < overrides.n; i++)
        iac_map_put(&build->mock->overrides, overrides.v[i].address, (void *)&overrides.v[i].values);
    iac_map_settle(&build->mock->resources, arena);
    iac_map_settle(&build->mock->data, arena);
    iac_map_settle(&build->mock->overrides, arena);
}

bool iac_read_mock_provider(iac_module_build *m, const iac_block *block, const iac_config_reader *reader,
                            iac_provider_config *ret)
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
    const iac_attribute *alias = content.attributes[ALIAS];
    if (alias && iac_static_string(m, alias, &ret->alias) && !iac_is_identifier(ret->alias))
        iac_diag_error(m->diags, alias->expr->range, "Invalid provider configuration alias",
                       "An alias must be a valid name. " IAC_NAME_RULE);
    read_during(m, content.attributes[DURING], &build.mock->during_plan);
    read_mock_blocks(m, &content, &build);
    if (content.attributes[SOURCE])
        read_source(m, content.attributes[SOURCE], reader, &build);
    finish_mock(m->arena, &build);
    return true;
}

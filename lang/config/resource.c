/* lang/config/resource.c - resource, data and ephemeral blocks. */
#include "lang/config/load.h"

#include "lang/syntax/parser.h"

enum { RES_COUNT, RES_FOR_EACH, RES_PROVIDER, RES_DEPENDS_ON };

static const iac_attribute_spec resource_attributes[] = {
    [RES_COUNT] = { IAC_STR_INIT("count"), false },
    [RES_FOR_EACH] = { IAC_STR_INIT("for_each"), false },
    [RES_PROVIDER] = { IAC_STR_INIT("provider"), false },
    [RES_DEPENDS_ON] = { IAC_STR_INIT("depends_on"), false },
};
static const char *const provisioner_labels[] = { "type" };
enum { DATA_BLOCKS = 3 }; /* what data and ephemeral blocks may hold comes first */
static const iac_block_spec resource_blocks[] = {
    { IAC_STR_INIT("lifecycle"), NULL, 0 },
    { IAC_STR_INIT("locals"), NULL, 0 },
    { IAC_STR_INIT("_"), NULL, 0 },
    { IAC_STR_INIT("connection"), NULL, 0 },
    { IAC_STR_INIT("provisioner"), provisioner_labels, 1 },
};
static const iac_body_spec resource_spec = {
    resource_attributes, IAC_COUNT(resource_attributes), resource_blocks, IAC_COUNT(resource_blocks)
};
static const iac_body_spec data_spec = {
    resource_attributes, IAC_COUNT(resource_attributes), resource_blocks, DATA_BLOCKS
};
static const char *const block_words[] = { "resource", "data", "ephemeral" };

static void check_single(iac_module_build *m, const iac_block *first, const iac_block *block, const char *what,
                         const char *owner)
{
    iac_str summary = iac_arena_printf(m->arena, "Duplicate %s block", what);
    iac_str place = iac_range_place(m->arena, first->header_range);
    iac_diag_error(m->diags, block->header_range, summary.p, "This %s already has %s %s block at %.*s.", owner,
                   what[0] == 'e' ? "an" : "a", what, IAC_FMT(place));
}

typedef struct seen_blocks {
    const iac_block *lifecycle, *connection, *escape;
} seen_blocks;

static void reserved_block(iac_module_build *m, const iac_block *block, const char *word)
{
    iac_str summary = iac_arena_printf(m->arena, "Reserved block type name in %s block", word);
    iac_diag_error(m->diags, block->type_range, summary.p,
                   "The block type name \"%.*s\" is reserved for use by Terraform in a future version.",
                   IAC_FMT(block->type));
}

static void decode_nested(iac_module_build *m, const iac_block *block, iac_resource_config *ret, seen_blocks *seen,
                          iac_provisioner_config *provisioners)
{
    const char *word = block_words[ret->mode];

    if (iac_str_is(block->type, "lifecycle")) {
        if (seen->lifecycle) {
            check_single(m, seen->lifecycle, block, "lifecycle", "resource");
            return;
        }
        seen->lifecycle = block;
        iac_decode_lifecycle(m, block, ret->mode, &ret->lifecycle);
    } else if (iac_str_is(block->type, "_")) {
        if (seen->escape) {
            check_single(m, seen->escape, block, "escaping", "resource");
            return;
        }
        seen->escape = block;
        ret->body = iac_body_merge(m->arena, ret->body, block->body, true);
    } else if (iac_str_is(block->type, "locals")) {
        reserved_block(m, block, word);
    } else if (iac_str_is(block->type, "connection")) {
        if (seen->connection) {
            check_single(m, seen->connection, block, "connection", "resource");
            return;
        }
        seen->connection = block;
        ret->connection = block->body;
    } else if (iac_decode_provisioner(m, block, &provisioners[ret->provisioner_count])) {
        ret->provisioner_count++;
    }
}

static void decode_repetition(iac_module_build *m, const iac_content *content, iac_resource_config *ret)
{
    const iac_attribute *count = content->attributes[RES_COUNT], *for_each = content->attributes[RES_FOR_EACH];

    if (count)
        ret->count = count->expr;
    if (!for_each)
        return;
    if (count) {
        iac_diag_error(m->diags, for_each->name_range, "Invalid combination of \"count\" and \"for_each\"",
                       "The \"count\" and \"for_each\" meta-arguments are mutually-exclusive, only one should be used "
                       "to be explicit about the number of resources to be created.");
        return;
    }
    ret->for_each = for_each->expr;
}

/* By default the type's first word names the provider. */
static iac_provider_ref implied_provider(iac_str type)
{
    size_t underscore = iac_str_find_char(type, '_', 0);
    return (iac_provider_ref){ .name = iac_str_sub(type, 0, underscore) };
}

bool iac_decode_resource(iac_module_build *m, const iac_block *block, iac_mode mode, bool within_check,
                         iac_resource_config *ret)
{
    iac_content content = { 0 };
    seen_blocks seen = { 0 };

    *ret = (iac_resource_config){
        .mode = mode,
        .type = block->labels[0].text,
        .name = block->labels[1].text,
        .range = block->header_range,
        .type_range = block->labels[0].range,
    };
    iac_body_content(m->arena, block->body, mode == IAC_MANAGED ? &resource_spec : &data_spec, true, &content, m->diags);
    ret->body = content.remain;
    static const char *const bad_types[] = { "Invalid resource type name", "Invalid data source name",
                                             "Invalid ephemeral resource type" };
    static const char *const bad_names[] = { "Invalid resource name", "Invalid data resource name",
                                             "Invalid ephemeral resource name" };
    bool good = iac_check_label(m, &block->labels[0], bad_types[mode]);
    good &= iac_check_label(m, &block->labels[1], bad_names[mode]);
    decode_repetition(m, &content, ret);
    ret->provider = implied_provider(ret->type);
    const iac_attribute *provider = content.attributes[RES_PROVIDER];
    ret->provider_set = provider != NULL;
    if (provider)
        good &= iac_static_provider_ref(m, provider->expr, "provider", &ret->provider);
    good &= iac_static_depends(m, content.attributes[RES_DEPENDS_ON], &ret->depends_on);
    if (within_check && (ret->count || ret->for_each))
        iac_diag_error(m->diags, block->header_range, "Invalid data resource block",
                       "The data block of a check may not use count or for_each.");

    iac_provisioner_config *provisioners = iac_arena_array(m->arena, iac_provisioner_config, content.block_count);
    ret->provisioners = provisioners;
    for (size_t i = 0; i < content.block_count; i++)
        decode_nested(m, content.blocks[i], ret, &seen, provisioners);
    iac_addr own = { .mode = mode, .type = ret->type, .name = ret->name };
    iac_check_own_conditions(m, own, ret->lifecycle.preconditions, "precondition");
    iac_check_own_conditions(m, own, ret->lifecycle.postconditions, "postcondition");
    iac_merge_connections(m, ret->connection, provisioners, ret->provisioner_count);
    iac_check_enabled(m, ret->lifecycle.enabled, ret->count, ret->for_each);
    return good && ret->body;
}

static const char *mode_word(iac_mode mode)
{
    return mode == IAC_DATA ? "data " : mode == IAC_EPHEMERAL_RESOURCE ? "ephemeral " : "";
}

void iac_refuse_depends(iac_module_build *m, iac_depends depends)
{
    if (depends.n)
        iac_diag_error(m->diags, depends.v[0]->range, "Unsupported override",
                       "The depends_on argument may not be overridden.");
}

static void merge_lifecycle(iac_lifecycle *base, const iac_lifecycle *over)
{
    if (over->create_before_destroy_set)
        base->create_before_destroy = over->create_before_destroy;
    base->create_before_destroy_set |= over->create_before_destroy_set;
    if (over->prevent_destroy_set)
        base->prevent_destroy = over->prevent_destroy;
    base->prevent_destroy_set |= over->prevent_destroy_set;
    if (over->ignore_changes.n) {
        base->ignore_changes = over->ignore_changes;
        base->ignore_ranges = over->ignore_ranges;
    }
    base->ignore_all |= over->ignore_all;
    if (over->enabled)
        base->enabled = over->enabled;
}

/* What is wrong with either was told when it was read. */
static void rejoin_connections(iac_module_build *m, iac_resource_config *resource)
{
    iac_provisioner_config *provisioners = iac_arena_array(m->arena, iac_provisioner_config, resource->provisioner_count);
    iac_diags *diags = m->diags, told = IAC_DIAGS_INIT;

    for (size_t i = 0; i < resource->provisioner_count; i++) {
        provisioners[i] = resource->provisioners[i];
        provisioners[i].connection = provisioners[i].own_connection;
    }
    m->diags = &told;
    iac_merge_connections(m, resource->connection, provisioners, resource->provisioner_count);
    m->diags = diags;
    iac_diags_clear(&told);
    resource->provisioners = provisioners;
}

static void merge_resource(iac_module_build *m, iac_resource_config *base, const iac_resource_config *over)
{
    if (over->count)
        base->count = over->count;
    if (over->for_each)
        base->for_each = over->for_each;
    if (base->count) /* they never stood side by side, and count is looked at first */
        base->for_each = NULL;
    if (over->provider_set)
        base->provider = over->provider;
    merge_lifecycle(&base->lifecycle, &over->lifecycle);
    if (over->connection)
        base->connection = over->connection;
    if (over->provisioner_count) {
        base->provisioners = over->provisioners;
        base->provisioner_count = over->provisioner_count;
    }
    rejoin_connections(m, base);
    base->body = iac_body_merge(m->arena, base->body, over->body, false);
    iac_refuse_depends(m, over->depends_on);
}

/* Ephemeral resources are not overridden, and nothing is said of it. */
static void override_resource(iac_module_build *m, const iac_resource_config *over, uintptr_t found)
{
    if (over->mode == IAC_EPHEMERAL_RESOURCE)
        return;
    if (found)
        merge_resource(m, &m->resources.v[found - 1], over);
    else
        iac_diag_error(m->diags, over->range,
                       over->mode == IAC_DATA ? "Missing data resource to override" : "Missing resource to override",
                       over->mode == IAC_DATA
                           ? "There is no %.*s data resource named \"%.*s\". An override file can only override a data "
                             "block defined in a primary configuration file."
                           : "There is no %.*s resource named \"%.*s\". An override file can only override a resource "
                             "block defined in a primary configuration file.", IAC_FMT(over->type), IAC_FMT(over->name));
}

void iac_read_resource(iac_module_build *m, const iac_top_block *top, iac_mode mode)
{
    iac_resource_config resource;

    if (!iac_decode_resource(m, top->block, mode, false, &resource) && !resource.body)
        return;
    iac_str key = iac_arena_printf(m->arena, "%d.%.*s.%.*s", (int)mode, IAC_FMT(resource.type),
                                   IAC_FMT(resource.name));
    void **slot = iac_map_at(&m->resource_index, key);
    if (m->overriding) {
        override_resource(m, &resource, (uintptr_t)*slot);
        return;
    }
    if (*slot) {
        iac_str place = iac_range_place(m->arena, m->resources.v[(uintptr_t)*slot - 1].range);
        const char *word = mode == IAC_MANAGED ? "resource" : block_words[mode];
        iac_str summary = iac_arena_printf(m->arena, "Duplicate %s \"%.*s\" configuration", word,
                                           IAC_FMT(resource.type));
        iac_diag_error(m->diags, resource.range, summary.p,
                       "A %.*s %sresource named \"%.*s\" was already declared at %.*s. Resource names must be unique "
                       "per type in each module.", IAC_FMT(resource.type), mode_word(mode), IAC_FMT(resource.name),
                       IAC_FMT(place));
        return;
    }
    iac_vec_push(&m->resources, resource);
    *slot = (void *)(uintptr_t)m->resources.n;
}

const iac_resource_config *iac_module_resource(const iac_module_config *module, iac_mode mode, iac_str type,
                                               iac_str name)
{
    size_t low = 0, high = module->resource_count; /* in order of mode, type, name */
    while (low < high) {
        size_t middle = (low + high) / 2;
        const iac_resource_config *resource = &module->resources[middle];
        int order = (resource->mode > mode) - (resource->mode < mode);
        if (!order)
            order = iac_str_cmp(resource->type, type);
        if (!order)
            order = iac_str_cmp(resource->name, name);
        if (!order)
            return resource;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

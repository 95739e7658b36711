/* Where in the configuration a provider's complaint belongs: the path within the object leads through the blocks of its
 * body. */
#include "engine/plan/run.h"

#include "lang/syntax/body.h"

/* What a step finds in a body: an attribute, or the blocks of that type. */
typedef struct found {
    const iac_attribute *attribute;
    const iac_block *const *blocks;
    size_t block_count;
} found;

static found find_attribute(iac_arena *arena, const iac_body *body, iac_str name)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_content content = { 0 };
    iac_body_spec spec = { &(iac_attribute_spec){ name, false }, 1, NULL, 0 };
    bool ok = iac_body_content(arena, body, &spec, true, &content, &ignored) == IAC_OK;
    iac_diags_clear(&ignored);
    return (found){ ok ? content.attributes[0] : NULL, NULL, 0 };
}

static found find_blocks(iac_arena *arena, const iac_body *body, iac_str name)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_content content = { 0 };
    iac_body_spec spec = { NULL, 0, &(iac_block_spec){ name, NULL, 0 }, 1 };
    bool ok = iac_body_content(arena, body, &spec, true, &content, &ignored) == IAC_OK;
    iac_diags_clear(&ignored);
    return ok ? (found){ NULL, content.blocks, content.block_count } : (found){ 0 };
}

static const iac_body *body_of(const iac_node *node)
{
    return node->resource ? node->resource->body : node->provider->config->body;
}

/* Where a path leads to nothing that is written, the innermost block on the way is meant. Elements of sets cannot be
 * told apart in what is written: there it is the block around them. */
static iac_range locate(const void *at, iac_path path)
{
    const iac_node *node = at;
    const iac_body *body = body_of(node);
    iac_range range = body->missing_at;
    iac_arena *arena = iac_arena_new();

    for (size_t i = 0; i < path.n && path.steps[i].kind == IAC_STEP_ATTR; i++) {
        found f = find_attribute(arena, body, path.steps[i].name);
        if (f.attribute) {
            range = f.attribute->expr->range;
            break;
        }
        f = find_blocks(arena, body, path.steps[i].name);
        bool indexed = i + 1 < path.n && path.steps[i + 1].kind != IAC_STEP_ATTR;
        bool last = i + 1 + indexed >= path.n;
        size_t which = indexed && path.steps[i + 1].kind == IAC_STEP_INDEX ? (size_t)path.steps[i + 1].index : 0;
        if (last || which >= f.block_count || (!indexed && f.block_count != 1) ||
            (indexed && path.steps[i + 1].kind != IAC_STEP_INDEX))
            break;
        body = f.blocks[which]->body;
        range = body->missing_at;
        i += indexed;
    }
    iac_arena_free(arena);
    return range;
}

iac_call_options iac_options_for(iac_run *run, const iac_node *node, iac_str address)
{
    bool written = node->resource || (node->provider && node->kind == IAC_NODE_PROVIDER && node->provider->config);
    const iac_body *body = written ? body_of(node) : NULL;
    return (iac_call_options){
        .address = address,
        .provider = node->provider ? node->provider->source : IAC_STR(""),
        .range = body ? body->missing_at : node->range,
        .locate = written ? locate : NULL,
        .locate_arg = node,
        .cancelled = &run->cancelled,
        .override = run->overrides && address.n ? iac_override_of(run, node, address) : NULL,
    };
}

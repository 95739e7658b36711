/* One body on top of another: override files, and escaping blocks. */
#include "lang/syntax/json_syntax.h"

static const iac_attribute **merge_attributes(iac_arena *arena, const iac_body *a, const iac_body *b, size_t *ret_n)
{
    const iac_attribute **merged =
        iac_arena_alloc_array(arena, a->attribute_count + b->attribute_count, sizeof(*merged));
    iac_map replaced = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < b->attribute_count; i++)
        iac_map_put(&replaced, b->attributes[i].name, (void *)&b->attributes[i]);
    for (size_t i = 0; i < a->attribute_count; i++)
        if (!iac_map_has(&replaced, a->attributes[i].name))
            merged[n++] = &a->attributes[i];
    for (size_t i = 0; i < b->attribute_count; i++)
        merged[n++] = &b->attributes[i];
    iac_map_clear(&replaced);
    *ret_n = n;
    return merged;
}

typedef struct block_list {
    const iac_block *const *v;
    size_t n;
} block_list;

/* What a block is replaced by: a dynamic one counts as those it makes. */
static iac_str kind_of(const iac_block *block)
{
    return iac_str_is(block->type, "dynamic") && block->label_count == 1 ? block->labels[0].text : block->type;
}

static block_list merge_blocks(iac_arena *arena, block_list a, block_list b, bool add)
{
    const iac_block **merged = iac_arena_alloc_array(arena, a.n + b.n, sizeof(*merged));
    iac_map replaced = { 0 };
    size_t n = 0;

    for (size_t i = 0; !add && i < b.n; i++)
        iac_map_put(&replaced, kind_of(b.v[i]), (void *)b.v[i]);
    for (size_t i = 0; i < a.n; i++)
        if (!iac_map_has(&replaced, kind_of(a.v[i])))
            merged[n++] = a.v[i];
    for (size_t i = 0; i < b.n; i++)
        merged[n++] = b.v[i];
    iac_map_clear(&replaced);
    return (block_list){ merged, n };
}

static block_list blocks_of(iac_arena *arena, const iac_body *body)
{
    const iac_block **list = iac_arena_alloc_array(arena, body->block_count, sizeof(*list));
    for (size_t i = 0; i < body->block_count; i++)
        list[i] = &body->blocks[i];
    return (block_list){ list, body->block_count };
}

static void merge_native(iac_arena *arena, const iac_body *a, const iac_body *b, bool add, iac_body *ret)
{
    const iac_attribute **from = merge_attributes(arena, a, b, &ret->attribute_count);
    block_list list = merge_blocks(arena, blocks_of(arena, a), blocks_of(arena, b), add);
    iac_attribute *attributes = iac_arena_array(arena, iac_attribute, ret->attribute_count);
    iac_block *blocks = iac_arena_array(arena, iac_block, list.n);

    for (size_t i = 0; i < ret->attribute_count; i++)
        attributes[i] = *from[i];
    for (size_t i = 0; i < list.n; i++)
        blocks[i] = *list.v[i];
    ret->attributes = attributes;
    ret->blocks = blocks;
    ret->block_count = list.n;
}

const iac_body *iac_body_merge(iac_arena *arena, const iac_body *a, const iac_body *b, bool add)
{
    iac_body *merged = iac_arena_new_of(arena, iac_body);
    merged->range = a->range;
    merged->missing_at = a->missing_at;
    if (a->json || b->json || a->pair || b->pair) {
        iac_body_pair *pair = iac_arena_new_of(arena, iac_body_pair);
        *pair = (iac_body_pair){ a, b, add };
        merged->pair = pair;
    } else {
        merge_native(arena, a, b, add, merged);
        merged->under = add ? a->under : a;
    }
    return merged;
}

iac_status iac_pair_content(iac_arena *arena, const iac_body *body, const iac_body_spec *spec, bool partial,
                            iac_content *ret, iac_diags *diags)
{
    const iac_body_pair *pair = body->pair;
    iac_body_spec relaxed = iac_spec_of_override(arena, spec);
    iac_content base = { 0 }, over = { 0 };
    size_t errors = diags->errors;
    bool part = partial || !pair->add;

    iac_body_content(arena, pair->base, pair->add ? &relaxed : spec, part, &base, diags);
    iac_body_content(arena, pair->over, &relaxed, part, &over, diags);
    *ret = (iac_content){ .attributes = base.attributes };
    for (size_t i = 0; i < spec->attribute_count; i++)
        if (over.attributes[i])
            ret->attributes[i] = over.attributes[i];
    if (pair->add)
        iac_spec_check_required(body, spec, ret, diags);
    block_list list = merge_blocks(arena, (block_list){ base.blocks, base.block_count },
                                   (block_list){ over.blocks, over.block_count }, pair->add);
    ret->blocks = list.v;
    ret->block_count = list.n;
    if (partial)
        ret->remain = iac_body_merge(arena, base.remain, over.remain, pair->add);
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

iac_status iac_pair_attributes(iac_arena *arena, const iac_body *body, const iac_attribute **ret, size_t *ret_count,
                               iac_diags *diags)
{
    iac_body base = { 0 }, over = { 0 };
    size_t errors = diags->errors;

    iac_body_attributes(arena, body->pair->base, &base.attributes, &base.attribute_count, diags);
    iac_body_attributes(arena, body->pair->over, &over.attributes, &over.attribute_count, diags);
    const iac_attribute **from = merge_attributes(arena, &base, &over, ret_count);
    iac_attribute *attributes = iac_arena_array(arena, iac_attribute, *ret_count);
    for (size_t i = 0; i < *ret_count; i++)
        attributes[i] = *from[i];
    *ret = attributes;
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

/* lang/schema/schema.c - looking things up in a schema, and walks over values by a schema. */
#include "lang/schema/schema.h"

#include "lang/value/secrets.h"

static const iac_type *const no_types[1];
/* The hash is the one that iac_type_object gives to an object without attributes. */
static const iac_type empty_type = { .kind = IAC_OBJECT, .items = no_types, .hash = 0xe08302683893703aULL };

const iac_block_schema iac_schema_empty = { .type = &empty_type };

const iac_attr_schema *iac_schema_attribute(const iac_block_schema *block, iac_str name)
{
    size_t low = 0, high = block->attribute_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = iac_str_cmp(name, block->attributes[middle].name);
        if (order == 0)
            return &block->attributes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const iac_nested_schema *iac_schema_block(const iac_block_schema *block, iac_str name)
{
    size_t low = 0, high = block->block_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = iac_str_cmp(name, block->blocks[middle].name);
        if (order == 0)
            return &block->blocks[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const iac_value *empty_blocks(iac_arena *arena, const iac_nested_schema *nested)
{
    const iac_type *type = nested->block->type;

    switch (nested->nesting) {
    case IAC_NEST_SINGLE:
        break;
    case IAC_NEST_GROUP:
        return iac_schema_empty_value(arena, nested->block);
    case IAC_NEST_LIST:
        return iac_type_has_dynamic(type) ? &iac_empty_tuple : iac_value_list(arena, type, NULL, 0);
    case IAC_NEST_SET:
        return iac_value_set(arena, type, NULL, 0);
    case IAC_NEST_MAP:
        return iac_type_has_dynamic(type) ? &iac_empty_object : iac_value_map(arena, type, NULL, NULL, 0);
    }
    return iac_value_null(arena, type);
}

const iac_value *iac_schema_empty_value(iac_arena *arena, const iac_block_schema *block)
{
    size_t count = block->attribute_count + block->block_count;
    iac_str *names = iac_arena_array(arena, iac_str, count);
    const iac_value **items = iac_arena_array(arena, const iac_value *, count);
    size_t n = 0;

    for (size_t i = 0; i < block->attribute_count; i++, n++) {
        names[n] = block->attributes[i].name;
        items[n] = iac_value_null(arena, block->attributes[i].type);
    }
    for (size_t i = 0; i < block->block_count; i++, n++) {
        names[n] = block->blocks[i].name;
        items[n] = empty_blocks(arena, &block->blocks[i]);
    }
    return iac_value_object(arena, names, items, n);
}

/* ---- rewriting the attributes that a rule names ---- */

typedef struct rewrite {
    iac_arena *arena;
    bool (*applies)(const iac_attr_schema *attr);
    const iac_value *(*change)(iac_arena *arena, const iac_attr_schema *attr, const iac_value *v);
} rewrite;

static bool applies_within_attributes(const rewrite *r, const iac_attr_schema *attributes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r->applies(&attributes[i]) ||
            applies_within_attributes(r, attributes[i].nested, attributes[i].nested_count))
            return true;
    return false;
}

static bool applies_within(const rewrite *r, const iac_block_schema *block)
{
    if (applies_within_attributes(r, block->attributes, block->attribute_count))
        return true;
    for (size_t i = 0; i < block->block_count; i++)
        if (applies_within(r, block->blocks[i].block))
            return true;
    return false;
}

static const iac_value *rewrite_object(const rewrite *r, const iac_block_schema *block, const iac_value *v);

/* v with every element rewritten as an object of the block; the collection's kind stays. */
static const iac_value *rewrite_elements(const rewrite *r, iac_nesting nesting, const iac_block_schema *block,
                                         const iac_value *v)
{
    if (nesting == IAC_NEST_SINGLE || nesting == IAC_NEST_GROUP)
        return rewrite_object(r, block, v);
    if (!iac_is_set_value(v) || v->n == 0)
        return v;

    const iac_value **items = iac_arena_array(r->arena, const iac_value *, v->n);
    bool changed = false;
    for (size_t i = 0; i < v->n; i++) {
        items[i] = rewrite_object(r, block, v->items[i]);
        changed |= items[i] != v->items[i];
    }
    if (!changed)
        return v;

    const iac_value *out = NULL;
    switch ((iac_kind)v->kind) {
    case IAC_LIST:
        out = iac_value_list(r->arena, v->type->element, items, v->n);
        break;
    case IAC_SET:
        out = iac_value_set(r->arena, v->type->element, items, v->n);
        break;
    case IAC_MAP:
        out = iac_value_map(r->arena, v->type->element, v->keys, items, v->n);
        break;
    case IAC_TUPLE:
        out = iac_value_tuple(r->arena, items, v->n);
        break;
    default:
        out = iac_value_object(r->arena, v->keys, items, v->n);
        break;
    }
    return iac_value_mark(r->arena, out, v->marks);
}

static const iac_value *rewrite_member(const rewrite *r, const iac_block_schema *block, iac_str name,
                                       const iac_value *v)
{
    const iac_attr_schema *attr = iac_schema_attribute(block, name);
    if (attr) {
        if (r->applies(attr))
            return r->change(r->arena, attr, v);
        if (!attr->nested || !applies_within_attributes(r, attr->nested, attr->nested_count))
            return v;
        iac_block_schema as_block = { .attributes = attr->nested, .attribute_count = attr->nested_count };
        return rewrite_elements(r, attr->nesting, &as_block, v);
    }
    const iac_nested_schema *nested = iac_schema_block(block, name);
    if (!nested || !applies_within(r, nested->block))
        return v;
    return rewrite_elements(r, nested->nesting, nested->block, v);
}

static const iac_value *rewrite_object(const rewrite *r, const iac_block_schema *block, const iac_value *v)
{
    if (!iac_is_set_value(v) || v->kind != IAC_OBJECT)
        return v;

    const iac_value **items = NULL;
    for (size_t i = 0; i < v->n; i++) {
        const iac_value *item = rewrite_member(r, block, v->keys[i], v->items[i]);
        if (item == v->items[i])
            continue;
        if (!items) {
            items = iac_arena_array(r->arena, const iac_value *, v->n);
            for (size_t j = 0; j < v->n; j++)
                items[j] = v->items[j];
        }
        items[i] = item;
    }
    if (!items)
        return v;
    return iac_value_mark(r->arena, iac_value_object(r->arena, v->keys, items, v->n), v->marks);
}

static bool is_sensitive(const iac_attr_schema *attr)
{
    return attr->sensitive;
}

static const iac_value *mark_sensitive(iac_arena *arena, const iac_attr_schema *attr, const iac_value *v)
{
    (void)attr;
    return v->marks & IAC_SENSITIVE ? v : iac_value_mark(arena, v, IAC_SENSITIVE);
}

const iac_value *iac_schema_mark_sensitive(iac_arena *arena, const iac_block_schema *block, const iac_value *v)
{
    rewrite r = { arena, is_sensitive, mark_sensitive };
    return rewrite_object(&r, block, v);
}

static bool is_write_only(const iac_attr_schema *attr)
{
    return attr->write_only;
}

static bool is_secret(const iac_attr_schema *attr)
{
    return attr->sensitive || attr->write_only;
}

void iac_schema_note_secrets(iac_arena *scratch, const iac_block_schema *block, const iac_value *v)
{
    rewrite r = { scratch, is_secret, mark_sensitive };
    if (v)
        iac_value_note_secrets(rewrite_object(&r, block, v));
}

static const iac_value *make_null(iac_arena *arena, const iac_attr_schema *attr, const iac_value *v)
{
    return iac_is_null(v) && !v->marks ? v : iac_value_null(arena, attr->type);
}

const iac_value *iac_schema_null_write_only(iac_arena *arena, const iac_block_schema *block, const iac_value *v)
{
    rewrite r = { arena, is_write_only, make_null };
    return rewrite_object(&r, block, v);
}

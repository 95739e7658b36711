/* Bodies to objects of their schema's type, dynamic blocks expanded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/eval/eval_internal.h"
#include "lang/value/text.h"

struct bucket { /* the blocks of one type, decoded */
    IAC_VEC(const iac_value *) items;
    IAC_VEC(iac_str) keys; /* NEST_MAP: the label of each */
    IAC_VEC(iac_range) ranges;
    bool unknown; /* how many there are is not known */
    uint8_t marks;
};

struct decoder {
    struct eval *ev;
    unsigned depth;
};

static const iac_value *decode_body(struct decoder *d, const iac_body *body, const iac_block_schema *schema);

static const iac_value *decode_attribute(struct decoder *d, const iac_attr_schema *schema, const iac_attribute *attr)
{
    struct eval *ev = d->ev;
    if (!attr)
        return iac_value_null(ev->arena, iac_type_without_optional(ev->arena, schema->type));
    const iac_value *v = iac_eval_node_(ev, attr->expr);
    iac_str error;
    const iac_value *converted = iac_convert(ev->arena, v, schema->type, &error, NULL);
    if (converted)
        return converted;
    iac_eval_error_(ev, attr->expr->range, iac_range_join(attr->name_range, attr->expr->range), attr->expr,
                    "Incorrect attribute value type", "Inappropriate value for attribute \"%.*s\": %.*s.",
                    IAC_FMT(schema->name), IAC_FMT(error));
    return iac_value_unknown(ev->arena, iac_type_without_optional(ev->arena, schema->type));
}

static void add_block(struct decoder *d, const iac_nested_schema *nested, const iac_body *body, iac_str key,
                      iac_range range, struct bucket *bucket)
{
    iac_vec_push(&bucket->items, decode_body(d, body, nested->block));
    iac_vec_push(&bucket->keys, key);
    iac_vec_push(&bucket->ranges, range);
}

/* ---- dynamic blocks ---- */

static const iac_value *eval_for_each(struct decoder *d, const iac_expr *expr)
{
    struct eval *ev = d->ev;
    size_t errors = 0;
    const iac_value *v = iac_eval_counted_(ev, expr, &errors);
    if (errors > 0)
        return NULL;
    if (iac_is_null(v)) {
        iac_eval_error_(ev, expr->range, IAC_NO_RANGE, expr, "Invalid dynamic for_each value",
                        "Cannot use a null value in for_each.");
        return NULL;
    }
    if (v->kind != IAC_DYNAMIC && !iac_each_iterable_(v)) {
        iac_str type = iac_type_friendly(ev->arena, iac_value_type(ev->arena, v));
        iac_eval_error_(ev, expr->range, IAC_NO_RANGE, expr, "Invalid dynamic for_each value",
                        "Cannot use a %.*s value in for_each. An iterable collection is required.", IAC_FMT(type));
        return NULL;
    }
    return v;
}

static bool eval_label(struct decoder *d, const iac_expr *expr, iac_str *ret)
{
    static const char summary[] = "Invalid dynamic block label";
    struct eval *ev = d->ev;
    size_t errors = 0;
    const iac_value *v = iac_eval_counted_(ev, expr, &errors);
    iac_str error;
    if (errors > 0)
        return false;
    const iac_value *text = iac_convert(ev->arena, v, &iac_type_string, &error, NULL);
    if (text && iac_is_set_value(text) && text->marks == 0) {
        *ret = text->string;
        return true;
    }
    if (!text)
        iac_eval_error_(ev, expr->range, IAC_NO_RANGE, expr, summary,
                        "Cannot use this value as a dynamic block label: %.*s.", IAC_FMT(error));
    else if (iac_is_null(text))
        iac_eval_error_(ev, expr->range, IAC_NO_RANGE, expr, summary,
                        "Cannot use a null value as a dynamic block label.");
    else if (iac_is_unknown(text))
        iac_eval_error_(ev, expr->range, IAC_NO_RANGE, expr, summary,
                        "This value is not yet known. Dynamic block labels must be immediately-known values.");
    else
        iac_eval_error_(ev, expr->range, IAC_NO_RANGE, expr, summary,
                        "Cannot use a marked value as a dynamic block label.");
    return false;
}

/* One block, with the iterator standing for the element. */
static void expand_one(struct decoder *d, const iac_nested_schema *nested, const iac_block *block,
                       const struct iac_dynamic *dynamic, const iac_value *key, const iac_value *value,
                       struct bucket *bucket)
{
    struct eval *ev = d->ev;
    static const iac_str names[] = { IAC_STR_INIT("key"), IAC_STR_INIT("value") };
    const iac_value *members[] = { key, value };
    struct frame frame = {
        .up = ev->frames,
        .value_name = dynamic->iterator,
        .value = iac_value_object(ev->arena, names, members, 2),
    };
    iac_str label = { 0 };
    ev->frames = &frame;
    if (dynamic->label_count == 0 || eval_label(d, dynamic->labels[0], &label))
        add_block(d, nested, dynamic->content, label, block->header_range, bucket);
    ev->frames = frame.up;
}

static void expand_dynamic(struct decoder *d, const iac_nested_schema *nested, const iac_block *block,
                           struct bucket *bucket)
{
    struct eval *ev = d->ev;
    struct iac_dynamic dynamic;
    if (!iac_dynamic_read_(ev->arena, block, nested, &dynamic, ev->diags))
        return;
    const iac_value *v = eval_for_each(d, dynamic.for_each);
    if (!v) {
        bucket->unknown = true; /* no second complaint about the number of blocks */
        return;
    }
    bucket->marks |= v->marks;
    if (iac_is_unknown(v)) {
        bucket->unknown = true;
        expand_one(d, nested, block, &dynamic, &iac_unknown_dynamic, &iac_unknown_dynamic, bucket);
        return;
    }
    for (size_t i = 0; i < v->n; i++) {
        struct each each = iac_each_at_(ev->arena, v, i, true);
        const iac_value *value = iac_value_mark(ev->arena, each.value, v->marks);
        const iac_value *key = v->kind == IAC_SET ? value : each.key;
        expand_one(d, nested, block, &dynamic, key, value, bucket);
    }
}

/* ---- blocks of one type to one value ---- */

static void check_count(struct decoder *d, const iac_nested_schema *nested, const struct bucket *bucket,
                        iac_range missing_at)
{
    iac_diags *diags = d->ev->diags;
    char summary[160];
    int64_t n = (int64_t)bucket->items.n;
    if (bucket->unknown)
        return;
    if (n < nested->min_items) {
        snprintf(summary, sizeof(summary), "Insufficient %.*s blocks", IAC_FMT(nested->name));
        iac_diag_error(diags, missing_at, summary, "At least %lld \"%.*s\" blocks are required.",
                       (long long)nested->min_items, IAC_FMT(nested->name));
    } else if (nested->max_items > 0 && n > nested->max_items) {
        snprintf(summary, sizeof(summary), "Too many %.*s blocks", IAC_FMT(nested->name));
        iac_diag_error(diags, bucket->ranges.v[nested->max_items], summary,
                       "No more than %lld \"%.*s\" blocks are allowed", (long long)nested->max_items,
                       IAC_FMT(nested->name));
    }
}

static void check_single(iac_diags *diags, const iac_nested_schema *nested, const iac_range *ranges, size_t n,
                         bool unknown, iac_range missing_at, iac_arena *arena)
{
    char summary[160];
    if (n > 1) {
        snprintf(summary, sizeof(summary), "Duplicate %.*s block", IAC_FMT(nested->name));
        iac_diag_error(diags, ranges[1], summary,
                       "Only one block of type \"%.*s\" is allowed. Previous definition was at %.*s.",
                       IAC_FMT(nested->name), IAC_FMT(iac_range_place(arena, ranges[0])));
    } else if (n == 0 && !unknown && nested->nesting == IAC_NEST_SINGLE && nested->min_items == 1 &&
               nested->max_items == 1) {
        snprintf(summary, sizeof(summary), "Missing %.*s block", IAC_FMT(nested->name));
        iac_diag_error(diags, missing_at, summary, "A block of type \"%.*s\" is required here.", IAC_FMT(nested->name));
    }
}

static void check_keys(struct decoder *d, const iac_nested_schema *nested, const struct bucket *bucket)
{
    iac_map seen = { 0 };
    for (size_t i = 0; i < bucket->keys.n; i++) {
        char summary[160];
        if (!iac_map_put(&seen, bucket->keys.v[i], (void *)nested))
            continue;
        snprintf(summary, sizeof(summary), "Duplicate %.*s block", IAC_FMT(nested->name));
        iac_diag_error(d->ev->diags, bucket->ranges.v[i], summary,
                       "Only one block of type \"%.*s\" may have the key \"%.*s\".", IAC_FMT(nested->name),
                       IAC_FMT(bucket->keys.v[i]));
    }
    iac_map_clear(&seen);
}

static const iac_value *single(struct decoder *d, const iac_nested_schema *nested, const struct bucket *bucket)
{
    iac_arena *arena = d->ev->arena;
    if (bucket->unknown)
        return iac_value_unknown(arena, nested->block->type);
    if (bucket->items.n > 0)
        return bucket->items.v[0];
    if (nested->nesting == IAC_NEST_GROUP)
        return iac_schema_empty_value(arena, nested->block);
    return iac_value_null(arena, nested->block->type);
}

static const iac_value *unknown_collection(iac_arena *arena, const iac_nested_schema *nested, bool varied)
{
    const iac_type *element = nested->block->type;
    switch (nested->nesting) {
    case IAC_NEST_SET:
        return iac_value_unknown(arena, iac_type_set(arena, element));
    case IAC_NEST_MAP:
        return varied ? &iac_unknown_dynamic : iac_value_unknown(arena, iac_type_map(arena, element));
    default:
        return varied ? &iac_unknown_dynamic : iac_value_unknown(arena, iac_type_list(arena, element));
    }
}

static const iac_value *collect(struct decoder *d, const iac_nested_schema *nested, struct bucket *bucket)
{
    iac_arena *arena = d->ev->arena;
    const iac_type *element = nested->block->type;
    bool varied = iac_type_has_dynamic(element); /* blocks may differ in type */
    size_t n = bucket->items.n;
    if (bucket->unknown)
        return unknown_collection(arena, nested, varied);
    switch (nested->nesting) {
    case IAC_NEST_SET:
        if (varied && !iac_values_unify(arena, bucket->items.v, n, &element))
            return &iac_unknown_dynamic;
        return iac_value_set(arena, element, bucket->items.v, n);
    case IAC_NEST_MAP:
        return varied ? iac_value_object(arena, bucket->keys.v, bucket->items.v, n)
                      : iac_value_map(arena, element, bucket->keys.v, bucket->items.v, n);
    default:
        return varied ? iac_value_tuple(arena, bucket->items.v, n) : iac_value_list(arena, element, bucket->items.v, n);
    }
}

static const iac_value *finish(struct decoder *d, const iac_nested_schema *nested, struct bucket *bucket,
                               iac_range missing_at)
{
    const iac_value *v;
    if (nested->nesting == IAC_NEST_SINGLE || nested->nesting == IAC_NEST_GROUP) {
        check_single(d->ev->diags, nested, bucket->ranges.v, bucket->ranges.n, bucket->unknown, missing_at,
                     d->ev->arena);
        v = single(d, nested, bucket);
    } else {
        check_count(d, nested, bucket, missing_at);
        if (nested->nesting == IAC_NEST_MAP)
            check_keys(d, nested, bucket);
        v = collect(d, nested, bucket);
    }
    return iac_value_mark(d->ev->arena, v, bucket->marks);
}

/* ---- bodies ---- */

static void decode_blocks(struct decoder *d, const struct iac_layout *layout, struct bucket *buckets)
{
    for (size_t i = 0; i < layout->block_count; i++) {
        const iac_block *block = layout->blocks[i];
        const iac_nested_schema *nested = iac_layout_nested_(layout, iac_layout_type_(block));
        if (!nested)
            continue;
        struct bucket *bucket = &buckets[nested - layout->schema->blocks];
        if (iac_str_is(block->type, "dynamic"))
            expand_dynamic(d, nested, block, bucket);
        else
            add_block(d, nested, block->body, block->label_count > 0 ? block->labels[0].text : (iac_str){ 0 },
                      block->header_range, bucket);
    }
}

static const iac_value *decode_body(struct decoder *d, const iac_body *body, const iac_block_schema *schema)
{
    struct eval *ev = d->ev;
    struct iac_layout layout;
    if (d->depth >= MAX_BLOCK_DEPTH) {
        iac_diag_error(ev->diags, body->missing_at, "Blocks nested too deeply",
                       "Blocks may be nested at most %d levels deep.", MAX_BLOCK_DEPTH);
        return iac_value_unknown(ev->arena, schema->type);
    }
    d->depth++;
    iac_layout_read_(ev->arena, body, schema, &layout, ev->diags);
    const iac_block_schema *effective = layout.schema;
    size_t attributes = effective->attribute_count, blocks = effective->block_count;
    iac_str *names = iac_arena_array(ev->arena, iac_str, attributes + blocks);
    const iac_value **items = iac_arena_array(ev->arena, const iac_value *, attributes + blocks);
    for (size_t i = 0; i < attributes; i++) {
        names[i] = effective->attributes[i].name;
        items[i] =
            decode_attribute(d, &effective->attributes[i], layout.attribute_count > 0 ? layout.attributes[i] : NULL);
    }
    struct bucket *buckets = iac_xcalloc(blocks + 1, sizeof(*buckets));
    decode_blocks(d, &layout, buckets);
    for (size_t i = 0; i < blocks; i++) {
        names[attributes + i] = effective->blocks[i].name;
        items[attributes + i] = finish(d, &effective->blocks[i], &buckets[i], body->missing_at);
        iac_vec_clear(&buckets[i].items);
        iac_vec_clear(&buckets[i].keys);
        iac_vec_clear(&buckets[i].ranges);
    }
    free(buckets);
    d->depth--;
    return iac_value_object(ev->arena, names, items, attributes + blocks);
}

const iac_value *iac_decode_body(const iac_scope *scope, const iac_body *body, const iac_block_schema *schema,
                                 iac_arena *arena, iac_diags *diags)
{
    if (scope && scope->admits && !scope->admits(scope->user, NULL, body, schema, arena, diags))
        return iac_value_unknown(arena, schema->type);
    struct eval ev = { .scope = scope, .arena = arena, .diags = diags, .hard_diags = diags };
    struct decoder d = { .ev = &ev };
    const iac_value *v = decode_body(&d, body, schema);
    iac_vec_clear(&ev.failed);
    iac_schema_note_secrets(arena, schema, v);
    return v;
}

/* ---- checks without values ---- */

static void check_body(iac_arena *arena, const iac_body *body, const iac_block_schema *schema, unsigned depth,
                       iac_diags *diags);

static void check_block(iac_arena *arena, const iac_block *block, const iac_nested_schema *nested, unsigned depth,
                        iac_diags *diags)
{
    struct iac_dynamic dynamic;
    if (!iac_str_is(block->type, "dynamic"))
        check_body(arena, block->body, nested->block, depth, diags);
    else if (iac_dynamic_read_(arena, block, nested, &dynamic, diags))
        check_body(arena, dynamic.content, nested->block, depth, diags);
}

static void check_body(iac_arena *arena, const iac_body *body, const iac_block_schema *schema, unsigned depth,
                       iac_diags *diags)
{
    struct iac_layout layout;
    struct eval ev = { .arena = arena, .diags = diags };
    struct decoder d = { .ev = &ev };
    if (depth >= MAX_BLOCK_DEPTH) {
        iac_diag_error(diags, body->missing_at, "Blocks nested too deeply",
                       "Blocks may be nested at most %d levels deep.", MAX_BLOCK_DEPTH);
        return;
    }
    iac_layout_read_(arena, body, schema, &layout, diags);
    struct bucket *buckets = iac_xcalloc(layout.schema->block_count + 1, sizeof(*buckets));
    for (size_t i = 0; i < layout.block_count; i++) {
        const iac_block *block = layout.blocks[i];
        const iac_nested_schema *nested = iac_layout_nested_(&layout, iac_layout_type_(block));
        if (!nested)
            continue;
        struct bucket *bucket = &buckets[nested - layout.schema->blocks];
        bucket->unknown |= iac_str_is(block->type, "dynamic");
        iac_vec_push(&bucket->items, NULL);
        iac_vec_push(&bucket->ranges, block->header_range);
        check_block(arena, block, nested, depth + 1, diags);
    }
    for (size_t i = 0; i < layout.schema->block_count; i++) {
        const iac_nested_schema *nested = &layout.schema->blocks[i];
        struct bucket *bucket = &buckets[i];
        if (nested->nesting == IAC_NEST_SINGLE || nested->nesting == IAC_NEST_GROUP)
            check_single(diags, nested, bucket->ranges.v, bucket->unknown ? 0 : bucket->ranges.n, bucket->unknown,
                         body->missing_at, arena);
        else
            check_count(&d, nested, bucket, body->missing_at);
        iac_vec_clear(&bucket->items);
        iac_vec_clear(&bucket->ranges);
    }
    free(buckets);
}

void iac_check_body(const iac_body *body, const iac_block_schema *schema, iac_arena *arena, iac_diags *diags)
{
    check_body(arena, body, schema, 0, diags);
}

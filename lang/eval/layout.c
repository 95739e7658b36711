/* Bodies laid out by their schema, and what a dynamic block says. */
#include <string.h>

#include "lang/eval/eval_internal.h"
#include "lang/syntax/body.h"

#define DYNAMIC IAC_STR("dynamic")

iac_str iac_layout_type_(const iac_block *block)
{
    bool dynamic = iac_str_eq(block->type, DYNAMIC) && block->label_count > 0;
    return dynamic ? block->labels[0].text : block->type;
}

const iac_nested_schema *iac_layout_nested_(const struct iac_layout *layout, iac_str type)
{
    return iac_schema_block(layout->schema, type);
}

/* Whether blocks may be written for the attribute. */
static bool allows_blocks(const iac_attr_schema *attr)
{
    const iac_type *type = attr->type;
    return !attr->nested && (type->kind == IAC_LIST || type->kind == IAC_SET) && type->element->kind == IAC_OBJECT;
}

static bool written_as_block(const iac_body *body, const iac_attr_schema *attr)
{
    if (body->pair)
        return written_as_block(body->pair->base, attr) || written_as_block(body->pair->over, attr);
    if (!allows_blocks(attr) || iac_body_attribute(body, attr->name))
        return false;
    for (size_t i = 0; i < body->block_count; i++) {
        if (iac_str_eq(iac_layout_type_(&body->blocks[i]), attr->name))
            return true;
    }
    return false;
}

static const iac_block_schema *schema_of_object(iac_arena *arena, const iac_type *type)
{
    iac_block_schema *schema = iac_arena_new_of(arena, iac_block_schema);
    iac_attr_schema *attributes = iac_arena_array(arena, iac_attr_schema, type->n);
    for (size_t i = 0; i < type->n; i++) {
        attributes[i].name = type->names[i];
        attributes[i].type = type->items[i];
        attributes[i].optional = true;
    }
    schema->attributes = attributes;
    schema->attribute_count = type->n;
    schema->type = type;
    return schema;
}

static void insert_block(iac_nested_schema *blocks, size_t *n, iac_nested_schema block)
{
    size_t at = (*n)++;
    for (; at > 0 && iac_str_cmp(blocks[at - 1].name, block.name) > 0; at--)
        blocks[at] = blocks[at - 1];
    blocks[at] = block;
}

/* The schema with the attributes that the body writes as blocks turned into block types. */
static const iac_block_schema *effective_schema(iac_arena *arena, const iac_body *body, const iac_block_schema *schema)
{
    size_t moved = 0;
    if ((body->block_count == 0 && !body->pair) || body->json)
        return schema;
    for (size_t i = 0; i < schema->attribute_count; i++)
        moved += written_as_block(body, &schema->attributes[i]);
    if (moved == 0)
        return schema;
    iac_block_schema *changed = iac_arena_new_of(arena, iac_block_schema);
    iac_attr_schema *attributes = iac_arena_array(arena, iac_attr_schema, schema->attribute_count);
    iac_nested_schema *blocks = iac_arena_array(arena, iac_nested_schema, schema->block_count + moved);
    *changed = *schema;
    changed->attribute_count = 0;
    if (schema->block_count > 0)
        memcpy(blocks, schema->blocks, schema->block_count * sizeof(*blocks));
    for (size_t i = 0; i < schema->attribute_count; i++) {
        const iac_attr_schema *attr = &schema->attributes[i];
        if (!written_as_block(body, attr)) {
            attributes[changed->attribute_count++] = *attr;
            continue;
        }
        iac_nested_schema block = {
            .name = attr->name,
            .nesting = attr->type->kind == IAC_SET ? IAC_NEST_SET : IAC_NEST_LIST,
            .block = schema_of_object(arena, attr->type->element),
        };
        insert_block(blocks, &changed->block_count, block);
    }
    changed->attributes = attributes;
    changed->blocks = blocks;
    return changed;
}

static void check_dynamic_types(const struct iac_layout *layout, iac_diags *diags)
{
    for (size_t i = 0; i < layout->block_count; i++) {
        const iac_block *block = layout->blocks[i];
        if (!iac_str_eq(block->type, DYNAMIC) || block->label_count == 0)
            continue;
        if (!iac_layout_nested_(layout, block->labels[0].text))
            iac_diag_error(diags, block->labels[0].range, "Unsupported block type",
                           "Blocks of type \"%.*s\" are not expected here.", IAC_FMT(block->labels[0].text));
    }
}

void iac_layout_read_(iac_arena *arena, const iac_body *body, const iac_block_schema *schema, struct iac_layout *ret,
                      iac_diags *diags)
{
    static const char *const dynamic_labels[] = { "type" };
    static const char *const map_labels[] = { "key" };
    schema = effective_schema(arena, body, schema);
    iac_attribute_spec *attributes = iac_arena_array(arena, iac_attribute_spec, schema->attribute_count);
    iac_block_spec *blocks = iac_arena_array(arena, iac_block_spec, schema->block_count + 1);
    for (size_t i = 0; i < schema->attribute_count; i++)
        attributes[i] = (iac_attribute_spec){ schema->attributes[i].name, schema->attributes[i].required };
    for (size_t i = 0; i < schema->block_count; i++) {
        bool labelled = schema->blocks[i].nesting == IAC_NEST_MAP;
        blocks[i] = (iac_block_spec){ schema->blocks[i].name, map_labels, labelled };
    }
    blocks[schema->block_count] = (iac_block_spec){ DYNAMIC, dynamic_labels, 1 };
    iac_body_spec spec = { attributes, schema->attribute_count, blocks, schema->block_count + 1 };
    iac_content content = { 0 };
    /* what is wrong is told by the diagnostics; what is right is used */
    iac_status status = iac_body_content(arena, body, &spec, false, &content, diags);
    (void)status;
    *ret = (struct iac_layout){
        .schema = schema,
        .attributes = content.attributes,
        .attribute_count = content.attributes ? schema->attribute_count : 0,
        .blocks = content.blocks,
        .block_count = content.block_count,
    };
    check_dynamic_types(ret, diags);
}

/* ---- dynamic blocks ---- */

static bool read_iterator(iac_arena *arena, const iac_attribute *attr, iac_str *ret, iac_diags *diags)
{
    const iac_expr *expr = iac_expr_static(arena, attr->expr, diags);
    if (expr->kind != IAC_EXPR_ROOT) {
        iac_diag_error(diags, attr->expr->range, "Invalid dynamic iterator name",
                       "Dynamic iterator must be a single variable name.");
        return false;
    }
    *ret = expr->root;
    return true;
}

static bool read_labels(const iac_block *block, const iac_attribute *attr, size_t want, struct iac_dynamic *ret,
                        iac_diags *diags)
{
    iac_str type = block->labels[0].text;
    if (attr && attr->expr->kind != IAC_EXPR_TUPLE) {
        iac_diag_error(diags, attr->expr->range, "Invalid expression", "A static list expression is required.");
        return false;
    }
    if (attr) {
        ret->labels = attr->expr->tuple.items;
        ret->label_count = attr->expr->tuple.n;
    }
    if (ret->label_count > want) {
        iac_diag_error(diags, ret->labels[want]->range, "Extraneous dynamic block label",
                       "Blocks of type \"%.*s\" require %zu label(s).", IAC_FMT(type), want);
        return false;
    }
    if (ret->label_count < want) {
        iac_diag_error(diags, attr ? attr->expr->range : block->header_range, "Insufficient dynamic block labels",
                       "Blocks of type \"%.*s\" require %zu label(s).", IAC_FMT(type), want);
        return false;
    }
    return true;
}

bool iac_dynamic_read_(iac_arena *arena, const iac_block *block, const iac_nested_schema *nested,
                       struct iac_dynamic *ret, iac_diags *diags)
{
    enum { FOR_EACH, ITERATOR, LABELS };
    static const iac_attribute_spec attributes[] = {
        [FOR_EACH] = { IAC_STR_INIT("for_each"), true },
        [ITERATOR] = { IAC_STR_INIT("iterator"), false },
        [LABELS] = { IAC_STR_INIT("labels"), false },
    };
    static const iac_block_spec blocks[] = { { IAC_STR_INIT("content"), NULL, 0 } };
    size_t labels = nested->nesting == IAC_NEST_MAP;
    iac_body_spec spec = { attributes, labels > 0 ? 3 : 2, blocks, 1 };
    iac_content content = { 0 };
    *ret = (struct iac_dynamic){ .iterator = block->labels[0].text };
    if (iac_body_content(arena, block->body, &spec, false, &content, diags) != IAC_OK)
        return false;
    ret->for_each = content.attributes[FOR_EACH]->expr;
    if (content.attributes[ITERATOR] && !read_iterator(arena, content.attributes[ITERATOR], &ret->iterator, diags))
        return false;
    if (!read_labels(block, labels > 0 ? content.attributes[LABELS] : NULL, labels, ret, diags))
        return false;
    if (content.block_count == 0) {
        iac_diag_error(diags, block->body->missing_at, "Missing dynamic content block",
                       "A dynamic block must have a nested block of type \"content\" to describe the body of each "
                       "generated block.");
        return false;
    }
    if (content.block_count > 1) {
        iac_diag_error(diags, content.blocks[1]->header_range, "Extraneous dynamic content block",
                       "Only one nested content block is allowed for each dynamic block.");
        return false;
    }
    ret->content = content.blocks[0]->body;
    return true;
}

/* The JSON syntax: nodes to expressions, and bodies read by a spec. */
#include "lang/syntax/json_syntax.h"

#include "lang/syntax/parse.h"
#include "lang/value/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- nodes to expressions ---- */

static iac_expr *new_expr(iac_arena *arena, iac_expr_kind kind, iac_range range)
{
    iac_expr *expr = iac_expr_alloc(arena, kind, range);
    expr->from_json = true;
    return expr;
}

static void raise(iac_expr *parent, const iac_expr *child)
{
    if (child->height + 1 > parent->height)
        parent->height = (uint16_t)(child->height + 1);
}

static iac_pos after_quote(iac_range string)
{
    iac_pos pos = iac_shown_pos(string.src, string.start);
    pos.column++;
    pos.byte++;
    return pos;
}

/* A string is a template. Where it has no escapes its parts have their own places in the source; otherwise they count on
 * from the quote. What is wrong with it is told when, and as often as, it is evaluated: many strings never are. */
static const iac_expr *template_of(iac_arena *arena, iac_str text, bool escaped, iac_range range)
{
    iac_parser p;
    iac_diags later = IAC_DIAGS_INIT;
    const iac_source *src = range.src;
    iac_str inner = iac_str_sub(src->text, range.start + 1, range.end - 1);
    if (escaped) {
        src = iac_source_within(arena, src, after_quote(range), text);
        inner = src->text;
    }
    iac_parser_init(&p, arena, src, inner, IAC_LEX_TEMPLATE, &later);
    p.from_json = true;
    const iac_expr *expr = iac_parse_bare_template(&p, range);
    iac_parser_clear(&p);
    if (later.errors) {
        iac_expr *faulty = new_expr(arena, IAC_EXPR_ERROR, range);
        faulty->faulty = iac_source_within(arena, range.src, after_quote(range), text);
        expr = faulty;
    }
    iac_diags_clear(&later);
    return expr;
}

static const iac_expr *expr_of(iac_arena *arena, const iac_json_node *node)
{
    iac_expr *expr;
    switch (node->kind) {
    case IAC_JSON_STRING:
        return template_of(arena, node->text, node->escaped, node->range);
    case IAC_JSON_ARRAY: {
        const iac_expr **items = iac_arena_alloc_array(arena, node->n, sizeof(*items));
        expr = new_expr(arena, IAC_EXPR_TUPLE, node->range);
        for (size_t i = 0; i < node->n; i++) {
            items[i] = expr_of(arena, node->items[i]);
            raise(expr, items[i]);
        }
        expr->tuple.items = items;
        expr->tuple.n = node->n;
        return expr;
    }
    case IAC_JSON_OBJECT: {
        iac_object_item *items = iac_arena_array(arena, iac_object_item, node->n);
        expr = new_expr(arena, IAC_EXPR_OBJECT, node->range);
        for (size_t i = 0; i < node->n; i++) {
            const iac_json_member *m = &node->members[i];
            items[i].key = template_of(arena, m->name, m->escaped, m->name_range);
            items[i].value = expr_of(arena, m->value);
            raise(expr, items[i].key);
            raise(expr, items[i].value);
        }
        expr->object.items = items;
        expr->object.n = node->n;
        return expr;
    }
    case IAC_JSON_NUMBER:
        expr = new_expr(arena, IAC_EXPR_LITERAL, node->range);
        expr->literal = iac_value_number_parse(arena, node->text);
        return expr;
    case IAC_JSON_BOOL:
        expr = new_expr(arena, IAC_EXPR_LITERAL, node->range);
        expr->literal = iac_value_bool(node->boolean);
        return expr;
    case IAC_JSON_INVALID:
        return new_expr(arena, IAC_EXPR_ERROR, node->range);
    case IAC_JSON_NULL:
        break;
    }
    expr = new_expr(arena, IAC_EXPR_LITERAL, node->range);
    expr->literal = &iac_null_dynamic;
    return expr;
}

static iac_attribute *attribute_of(iac_arena *arena, const iac_json_member *m)
{
    iac_attribute *attribute = iac_arena_new_of(arena, iac_attribute);
    attribute->name = m->name;
    attribute->name_range = m->name_range;
    attribute->equals_range = (iac_range){ m->name_range.src, m->name_range.end, m->name_range.end };
    attribute->expr = expr_of(arena, m->value);
    attribute->range = iac_range_join(m->name_range, attribute->expr->range);
    return attribute;
}

/* ---- bodies ---- */

static const iac_body *body_of(iac_arena *arena, const iac_json_node *node)
{
    iac_body *body = iac_arena_new_of(arena, iac_body);
    body->range = node->range;
    body->missing_at = node->kind == IAC_JSON_OBJECT ? node->close_range : node->open_range;
    body->json = node;
    return body;
}

/* detail may hold one %s, for what. */
static void wrong_type(iac_diags *diags, const iac_json_node *node, const char *detail, const char *what)
{
    if (!diags->arena)
        diags->arena = iac_arena_new();
    iac_diag_error(diags, node->open_range, "Incorrect JSON value type", "%s",
                   iac_arena_printf(diags->arena, detail, what).p);
}

/* The members of an object, or of the objects of an array taken together (then in the arena), which are the labels named
 * so or, with label NULL, what stands in a body. */
static const iac_json_member *members_of(iac_arena *arena, const iac_json_node *node, const char *label, size_t *ret_n,
                                         iac_diags *diags)
{
    size_t n = 0;
    *ret_n = 0;
    if (node->kind == IAC_JSON_OBJECT) {
        *ret_n = node->n;
        return node->members;
    }
    if (node->kind != IAC_JSON_ARRAY) {
        if (node->kind != IAC_JSON_NULL)
            wrong_type(diags, node,
                       label ? "Either a JSON object or JSON array of objects is required here, to specify %s labels for "
                               "this block."
                             : "Either a JSON object or JSON array of objects is required here, to define arguments and "
                               "child blocks.", label);
        return NULL;
    }
    for (size_t i = 0; i < node->n; i++)
        n += node->items[i]->kind == IAC_JSON_OBJECT ? node->items[i]->n : 0;
    iac_json_member *all = iac_arena_array(arena, iac_json_member, n);
    for (size_t i = 0; i < node->n; i++) {
        const iac_json_node *item = node->items[i];
        if (item->kind == IAC_JSON_OBJECT && item->n > 0) {
            memcpy(all + *ret_n, item->members, item->n * sizeof(*all));
            *ret_n += item->n;
        } else if (item->kind != IAC_JSON_OBJECT) {
            wrong_type(diags, item,
                       label ? "A JSON object is required here, to specify %s labels for this block."
                             : "A JSON object is required here, to define arguments and child blocks.", label);
        }
    }
    return all;
}

typedef IAC_VEC(const iac_block *) block_list;

typedef struct block_reader {
    iac_arena *arena;
    iac_diags *diags;
    const iac_block_spec *spec;
    const iac_json_member *type;
    iac_label labels[8];
    size_t label_count;
    block_list *blocks;
} block_reader;

/* Messages point at `header`, which is the bracket of the array where the block stands in one. */
static void add_block(block_reader *r, const iac_json_node *node, iac_range header)
{
    iac_block *block = iac_arena_new_of(r->arena, iac_block);
    iac_label *labels = iac_arena_array(r->arena, iac_label, r->label_count);
    if (r->label_count)
        memcpy(labels, r->labels, r->label_count * sizeof(*labels));
    *block = (iac_block){ .type = r->type->name, .labels = labels, .label_count = r->label_count,
                          .body = body_of(r->arena, node), .type_range = r->type->name_range,
                          .open_range = node->open_range, .close_range = node->close_range,
                          .header_range = header, .range = node->range };
    iac_vec_push(r->blocks, block);
}

/* Labels still to come are the names of members; behind the last of them stands a body or an array of such. */
static void read_blocks(block_reader *r, const iac_json_node *node)
{
    if (r->label_count < r->spec->label_count && r->label_count < IAC_COUNT(r->labels)) {
        const char *label = r->spec->labels[r->label_count];
        size_t n;
        const iac_json_member *members = members_of(r->arena, node, label, &n, r->diags);
        if (n == 0)
            iac_diag_error(r->diags, node->open_range, "Missing block label",
                           "At least one object property is required, whose name represents the %.*s block's %s.",
                           IAC_FMT(r->spec->type), label);
        for (size_t i = 0; i < n; i++) {
            r->labels[r->label_count++] = (iac_label){ members[i].name, members[i].name_range };
            read_blocks(r, members[i].value);
            r->label_count--;
        }
    } else if (node->kind == IAC_JSON_OBJECT) {
        add_block(r, node, node->open_range);
    } else if (node->kind == IAC_JSON_ARRAY) {
        for (size_t i = 0; i < node->n; i++)
            add_block(r, node->items[i], node->open_range);
    } else if (node->kind != IAC_JSON_NULL) {
        wrong_type(r->diags, node,
                   "Either a JSON object or a JSON array is required, representing the contents of one or more \"%s\" "
                   "blocks.", r->spec->type.p);
    }
}

static void duplicate(const iac_attribute *first, const iac_json_member *again, const char *summary, iac_diags *diags)
{
    if (!diags->arena)
        diags->arena = iac_arena_new();
    iac_str place = iac_range_place(diags->arena, first->range);
    iac_diag_error(diags, again->name_range, summary, "The argument \"%.*s\" was already set at %.*s.",
                   IAC_FMT(first->name), IAC_FMT(place));
}

static void extraneous(const iac_json_member *m, const iac_body_spec *spec, const iac_content *found, iac_diags *diags)
{
    iac_str near = iac_spec_similar(spec, found->attributes, m->name, true, true);
    iac_diag_error(diags, m->name_range, "Extraneous JSON object property",
                   "No argument or block type is named \"%.*s\".%s%.*s%s", IAC_FMT(m->name),
                   near.n ? " Did you mean \"" : "", IAC_FMT(near), near.n ? "\"?" : "");
}

/* The node without the members that were read. */
static const iac_json_node *remaining(iac_arena *arena, const iac_json_node *from, const iac_spec_index *index)
{
    size_t position;
    iac_json_node *node = iac_arena_new_of(arena, iac_json_node);
    *node = *from;
    if (node->kind == IAC_JSON_ARRAY) {
        const iac_json_node **items = iac_arena_alloc_array(arena, node->n, sizeof(*items));
        for (size_t i = 0; i < node->n; i++)
            items[i] = from->items[i]->kind == IAC_JSON_OBJECT ? remaining(arena, from->items[i], index)
                                                               : from->items[i];
        node->items = items;
    } else if (node->kind == IAC_JSON_OBJECT) {
        iac_json_member *members = iac_arena_array(arena, iac_json_member, from->n);
        node->n = 0;
        for (size_t i = 0; i < from->n; i++)
            if (!iac_spec_block(index, from->members[i].name) &&
                !iac_spec_attribute(index, from->members[i].name, &position))
                members[node->n++] = from->members[i];
        node->members = members;
    }
    return node;
}

iac_status iac_json_content(iac_arena *arena, const iac_body *body, const iac_body_spec *spec, bool partial,
                            iac_content *ret, iac_diags *diags)
{
    iac_spec_index index;
    block_list blocks = { 0 };
    size_t errors = diags->errors, n, position = 0;
    iac_spec_index_init(&index, spec);
    const iac_json_member *members = members_of(arena, body->json, NULL, &n, diags);
    *ret = (iac_content){ .attributes = iac_arena_alloc_array(arena, spec->attribute_count,
                                                              sizeof(*ret->attributes)) };
    for (size_t i = 0; i < n; i++) {
        const iac_json_member *m = &members[i];
        const iac_block_spec *block = iac_spec_block(&index, m->name);
        if (block) {
            read_blocks(&(block_reader){ .arena = arena, .diags = diags, .spec = block, .type = m, .blocks = &blocks },
                        m->value);
        } else if (iac_spec_attribute(&index, m->name, &position)) {
            if (ret->attributes[position])
                duplicate(ret->attributes[position], m, "Duplicate argument", diags);
            else
                ret->attributes[position] = attribute_of(arena, m);
        }
    }
    iac_spec_check_required(body, spec, ret, diags);
    if (partial) {
        ret->remain = body_of(arena, remaining(arena, body->json, &index));
    } else {
        members = members_of(arena, body->json, NULL, &n, diags); /* whose faults are told again */
        for (size_t i = 0; i < n; i++)
            if (!iac_spec_block(&index, members[i].name) && !iac_spec_attribute(&index, members[i].name, &position) &&
                !iac_str_is(members[i].name, "//"))
                extraneous(&members[i], spec, ret, diags);
    }
    iac_spec_index_clear(&index);

    const iac_block **copy = iac_arena_alloc_array(arena, blocks.n, sizeof(*copy));
    if (blocks.n)
        memcpy(copy, blocks.v, blocks.n * sizeof(*copy));
    ret->blocks = copy;
    ret->block_count = blocks.n;
    iac_vec_clear(&blocks);
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

iac_status iac_json_attributes(iac_arena *arena, const iac_body *body, const iac_attribute **ret, size_t *ret_count,
                               iac_diags *diags)
{
    size_t errors = diags->errors, count = 0;
    const iac_json_node *node = body->json;
    iac_map seen = { 0 };
    if (node->kind != IAC_JSON_OBJECT)
        wrong_type(diags, node, "A JSON object is required here, setting the arguments for this block.", NULL);
    size_t n = node->kind == IAC_JSON_OBJECT ? node->n : 0;
    iac_attribute *attributes = iac_arena_array(arena, iac_attribute, n);
    for (size_t i = 0; i < n; i++) {
        const iac_json_member *m = &node->members[i];
        if (iac_str_is(m->name, "//"))
            continue;
        const iac_attribute *first = iac_map_get(&seen, m->name);
        if (first) {
            duplicate(first, m, "Duplicate attribute definition", diags);
            continue;
        }
        attributes[count] = *attribute_of(arena, m);
        iac_map_put(&seen, m->name, &attributes[count]);
        count++;
    }
    iac_map_clear(&seen);
    *ret = attributes;
    *ret_count = count;
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

/* ---- files ---- */

const iac_file *iac_parse_json_file(iac_arena *arena, const iac_source *source, iac_diags *diags)
{
    iac_file *file = iac_arena_new_of(arena, iac_file);
    file->source = source;
    file->body = body_of(arena, iac_json_parse(arena, source, diags));
    return file;
}

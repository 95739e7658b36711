#include "lang/syntax/ast.h"

#include "lang/syntax/json_syntax.h"
#include "lang/value/text.h"

#include <string.h>

static size_t expr_size(iac_expr_kind kind)
{
    static const uint8_t sizes[] = {
#define SIZE(member) sizeof(((iac_expr *)NULL)->member)
        [IAC_EXPR_ERROR] = SIZE(faulty),
        [IAC_EXPR_LITERAL] = SIZE(literal),
        [IAC_EXPR_TEMPLATE] = SIZE(tmpl),
        [IAC_EXPR_TEMPLATE_WRAP] = SIZE(wrapped),
        [IAC_EXPR_TEMPLATE_IF] = SIZE(cond),
        [IAC_EXPR_TEMPLATE_FOR] = SIZE(for_),
        [IAC_EXPR_TUPLE] = SIZE(tuple),
        [IAC_EXPR_OBJECT] = SIZE(object),
        [IAC_EXPR_FOR] = SIZE(for_),
        [IAC_EXPR_ROOT] = SIZE(root),
        [IAC_EXPR_ATTR] = SIZE(attr),
        [IAC_EXPR_INDEX] = SIZE(index),
        [IAC_EXPR_SPLAT] = SIZE(splat),
        [IAC_EXPR_SPLAT_ITEM] = 0,
        [IAC_EXPR_UNARY] = SIZE(binary),
        [IAC_EXPR_BINARY] = SIZE(binary),
        [IAC_EXPR_CONDITIONAL] = SIZE(cond),
        [IAC_EXPR_CALL] = SIZE(call),
        [IAC_EXPR_PAREN] = SIZE(wrapped),
#undef SIZE
    };
    return offsetof(iac_expr, literal) + sizes[kind];
}

iac_expr *iac_expr_alloc(iac_arena *arena, iac_expr_kind kind, iac_range range)
{
    iac_expr *expr = iac_arena_alloc(arena, expr_size(kind));
    expr->kind = kind;
    expr->range = range;
    return expr;
}

const iac_attribute *iac_body_attribute(const iac_body *body, iac_str name)
{
    for (size_t i = 0; i < body->attribute_count; i++)
        if (iac_str_eq(body->attributes[i].name, name))
            return &body->attributes[i];
    return NULL;
}

/* Whether an index key is fixed: a number, or a string without sequences. */
static bool is_static_key(const iac_expr *key)
{
    if (key->kind == IAC_EXPR_LITERAL)
        return key->literal->kind == IAC_NUMBER && key->literal->state == IAC_KNOWN;
    if (key->kind != IAC_EXPR_TEMPLATE)
        return false;
    return key->tmpl.part_count == 0 ||
           (key->tmpl.part_count == 1 && key->tmpl.parts[0]->kind == IAC_EXPR_LITERAL);
}

bool iac_expr_is_traversal(const iac_expr *expr)
{
    for (;;) {
        switch (expr->kind) {
        case IAC_EXPR_ROOT:
            return true;
        case IAC_EXPR_ATTR:
            expr = expr->attr.operand;
            continue;
        case IAC_EXPR_INDEX:
            if (!is_static_key(expr->index.key))
                return false;
            expr = expr->index.operand;
            continue;
        default:
            return false;
        }
    }
}

iac_range iac_expr_start(const iac_expr *expr)
{
    switch (expr->kind) {
    case IAC_EXPR_CALL:
        return iac_range_join(expr->call.name_range, expr->call.open_range);
    case IAC_EXPR_BINARY:
        return iac_expr_start(expr->binary.left);
    case IAC_EXPR_CONDITIONAL:
        return iac_expr_start(expr->cond.condition);
    case IAC_EXPR_FOR:
    case IAC_EXPR_TUPLE:
    case IAC_EXPR_OBJECT: {
        iac_range range = expr->range;
        range.end = range.start + 1;
        return range;
    }
    case IAC_EXPR_UNARY:
        return expr->binary.op_range;
    case IAC_EXPR_PAREN:
        return iac_expr_start(expr->wrapped);
    case IAC_EXPR_SPLAT:
        return expr->splat.marker_range;
    case IAC_EXPR_TEMPLATE:
        return expr->tmpl.part_count > 0 && !expr->from_json ? iac_expr_start(expr->tmpl.parts[0]) : expr->range;
    default:
        return expr->range;
    }
}

iac_str iac_block_title(iac_arena *arena, const iac_block *block)
{
    iac_buf title;
    iac_buf_init(&title, IAC_BUF_UNLIMITED);
    iac_buf_str(&title, block->type);
    for (size_t i = 0; i < block->label_count; i++)
        iac_buf_printf(&title, " \"%.*s\"", IAC_FMT(block->labels[i].text));
    iac_str copy = iac_arena_str(arena, iac_buf_view(&title));
    iac_buf_clear(&title);
    return copy;
}

bool iac_expr_is_json_string(const iac_expr *expr)
{
    iac_range range = expr->range;
    return expr->from_json && range.src && !range.src->within && range.start < range.src->text.n &&
           range.src->text.p[range.start] == '"';
}

const iac_expr *iac_expr_static(iac_arena *arena, const iac_expr *expr, iac_diags *diags)
{
    if (!iac_expr_is_json_string(expr))
        return expr;
    iac_range range = expr->range; /* positions count from the quote on, not from behind it */
    const iac_source *source = iac_source_within(arena, range.src, iac_shown_pos(range.src, range.start),
                                                 iac_json_string_text(arena, range));
    return iac_parse_expression(arena, source, diags);
}

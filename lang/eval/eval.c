/* The evaluator's entry and its dispatch over kinds of nodes. */
#include "lang/eval/eval_internal.h"

#include "lang/syntax/parser.h"

#include <stdlib.h>
#include <string.h>

static struct eval begin(const iac_scope *scope, iac_arena *arena, iac_diags *diags)
{
    return (struct eval){ .scope = scope, .arena = arena, .diags = diags, .hard_diags = diags };
}

static bool admits(const iac_scope *scope, const iac_expr *expr, iac_arena *arena, iac_diags *diags)
{
    return !scope || !scope->admits || scope->admits(scope->user, expr, NULL, NULL, arena, diags);
}

const iac_value *iac_eval(const iac_scope *scope, const iac_expr *expr, iac_arena *arena, iac_diags *diags)
{
    if (!admits(scope, expr, arena, diags))
        return &iac_unknown_dynamic;
    struct eval ev = begin(scope, arena, diags);
    const iac_value *v = iac_eval_node_(&ev, expr);
    iac_vec_clear(&ev.failed);
    return v;
}

const iac_value *iac_eval_as(const iac_scope *scope, const iac_expr *expr, const iac_type *type, iac_arena *arena,
                             iac_diags *diags)
{
    if (!admits(scope, expr, arena, diags))
        return iac_value_unknown(arena, iac_type_without_optional(arena, type));
    struct eval ev = begin(scope, arena, diags);
    const iac_value *v = iac_eval_node_(&ev, expr);
    iac_str error;
    const iac_value *converted = iac_convert(arena, v, type, &error, NULL);
    if (!converted) {
        iac_eval_error_(&ev, expr->range, IAC_NO_RANGE, expr, "Unsuitable value type", "Unsuitable value: %.*s.",
                        IAC_FMT(error));
        converted = iac_value_unknown(arena, iac_type_without_optional(arena, type));
    }
    iac_vec_clear(&ev.failed);
    return converted;
}

void iac_eval_explain(const iac_scope *scope, const iac_expr *expr, unsigned show, iac_diag *diag, iac_arena *texts)
{
    iac_arena *scratch = iac_arena_new();
    iac_diags ignored = IAC_DIAGS_INIT;
    struct eval ev = begin(scope, scratch, &ignored);
    iac_eval_add_values_(&ev, expr, show, diag, texts);
    iac_vec_clear(&ev.failed);
    iac_diags_clear(&ignored);
    iac_arena_free(scratch);
}

const iac_value *iac_eval_counted_(struct eval *ev, const iac_expr *expr, size_t *ret_errors)
{
    size_t before = ev->diags->errors, hard_before = ev->hard_diags->errors;
    const iac_value *v = iac_eval_node_(ev, expr);
    *ret_errors = ev->diags->errors - before;
    if (ev->hard_diags != ev->diags)
        *ret_errors += ev->hard_diags->errors - hard_before;
    return v;
}

static const iac_value *eval_tuple(struct eval *ev, const iac_expr *expr)
{
    const iac_value *few[16], **items = few;
    size_t n = expr->tuple.n;
    if (n > IAC_COUNT(few))
        items = iac_arena_array(ev->arena, const iac_value *, n);
    for (size_t i = 0; i < n; i++)
        items[i] = iac_eval_node_(ev, expr->tuple.items[i]);
    return iac_value_tuple(ev->arena, items, n);
}

/* A key written as a.b without parentheses could mean a reference or a name: refused. */
static bool is_ambiguous_key(const iac_object_item *item)
{
    const iac_expr *key = item->key;
    if (item->bare_key || (key->kind != IAC_EXPR_ATTR && key->kind != IAC_EXPR_INDEX))
        return false;
    while (key->kind == IAC_EXPR_ATTR || (key->kind == IAC_EXPR_INDEX && key->index.key->kind == IAC_EXPR_LITERAL))
        key = key->kind == IAC_EXPR_ATTR ? key->attr.operand : key->index.operand;
    return key->kind == IAC_EXPR_ROOT;
}

/* The text of the key, or false when the object's attributes cannot be told. */
static bool eval_key(struct eval *ev, const iac_object_item *item, iac_str *ret, uint8_t *marks)
{
    if (is_ambiguous_key(item)) {
        iac_eval_error_(ev, item->key->range, IAC_NO_RANGE, NULL, "Ambiguous attribute key",
                        "If this expression is intended to be a reference, wrap it in parentheses. If it's instead "
                        "intended as a literal name containing periods, wrap it in quotes to create a string literal.");
        return false;
    }
    size_t errors = 0;
    const iac_value *key = iac_eval_counted_(ev, item->key, &errors);
    if (errors > 0)
        return false;
    if (iac_is_null(key)) {
        iac_eval_error_(ev, item->value->range, IAC_NO_RANGE, item->key, "Null value as key",
                        "Can't use a null value as a key.");
        return false;
    }
    *marks |= key->marks;
    iac_str error;
    const iac_value *text = iac_convert(ev->arena, key, &iac_type_string, &error, NULL);
    if (!text) {
        iac_eval_error_(ev, item->key->range, IAC_NO_RANGE, item->key, "Incorrect key type",
                        "Can't use this value as a key: %.*s.", IAC_FMT(error));
        return false;
    }
    if (iac_is_unknown(text))
        return false;
    *ret = text->string;
    return true;
}

static const iac_value *eval_object(struct eval *ev, const iac_expr *expr)
{
    const iac_value *few[16], **items = few;
    iac_str few_names[16], *names = few_names;
    size_t n = expr->object.n;
    uint8_t marks = 0;
    bool known = true;
    if (n > IAC_COUNT(few)) {
        items = iac_arena_array(ev->arena, const iac_value *, n);
        names = iac_arena_array(ev->arena, iac_str, n);
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = (iac_str){ 0 };
        known &= eval_key(ev, &expr->object.items[i], &names[i], &marks);
        items[i] = iac_eval_node_(ev, expr->object.items[i].value);
    }
    if (!known)
        return &iac_unknown_dynamic;
    return iac_value_mark(ev->arena, iac_value_object(ev->arena, names, items, n), marks);
}

static const iac_value *eval_item(const struct eval *ev, const iac_expr *expr)
{
    for (const struct frame *frame = ev->frames; frame; frame = frame->up) {
        if (frame->item == expr)
            return frame->value;
    }
    return &iac_unknown_dynamic;
}

static const iac_value *eval_by_kind(struct eval *ev, const iac_expr *expr)
{
    switch (expr->kind) {
    case IAC_EXPR_ERROR: /* the parser has said what is wrong, of templates in JSON only now */
        if (expr->faulty)
            iac_parse_template(ev->arena, expr->faulty, ev->diags);
        return &iac_unknown_dynamic;
    case IAC_EXPR_LITERAL:
        return expr->literal;
    case IAC_EXPR_TEMPLATE:
        return iac_eval_template_(ev, expr);
    case IAC_EXPR_TEMPLATE_WRAP:
    case IAC_EXPR_PAREN:
        return iac_eval_node_(ev, expr->wrapped);
    case IAC_EXPR_TEMPLATE_IF:
    case IAC_EXPR_CONDITIONAL:
        return iac_eval_conditional_(ev, expr);
    case IAC_EXPR_TEMPLATE_FOR:
        return iac_eval_template_for_(ev, expr);
    case IAC_EXPR_TUPLE:
        return eval_tuple(ev, expr);
    case IAC_EXPR_OBJECT:
        return eval_object(ev, expr);
    case IAC_EXPR_FOR:
        return iac_eval_for_(ev, expr);
    case IAC_EXPR_ROOT:
    case IAC_EXPR_ATTR:
    case IAC_EXPR_INDEX:
        return iac_eval_traversal_(ev, expr);
    case IAC_EXPR_SPLAT:
        return iac_eval_splat_(ev, expr);
    case IAC_EXPR_SPLAT_ITEM:
        return eval_item(ev, expr);
    case IAC_EXPR_UNARY:
        return iac_eval_unary_(ev, expr);
    case IAC_EXPR_BINARY:
        return iac_eval_binary_(ev, expr);
    case IAC_EXPR_CALL:
        return iac_eval_call_(ev, expr);
    }
    return &iac_unknown_dynamic;
}

const iac_value *iac_eval_node_(struct eval *ev, const iac_expr *expr)
{
    if (ev->depth >= MAX_DEPTH) {
        iac_eval_error_(ev, expr->range, IAC_NO_RANGE, NULL, "Expression too complex",
                        "The expression is nested more than %d levels deep.", MAX_DEPTH);
        return &iac_unknown_dynamic;
    }
    ev->depth++;
    const iac_value *v = eval_by_kind(ev, expr);
    ev->depth--;
    return v;
}

const iac_value *iac_eval_local_(const struct eval *ev, iac_str name)
{
    for (const struct frame *frame = ev->frames; frame; frame = frame->up) {
        if (iac_str_eq(frame->value_name, name) && name.n > 0 && !frame->item)
            return frame->value;
        if (iac_str_eq(frame->key_name, name) && name.n > 0)
            return frame->key;
    }
    return NULL;
}

bool iac_literal_text_(const iac_expr *expr, iac_str *ret)
{
    if (expr->kind != IAC_EXPR_TEMPLATE || expr->tmpl.part_count > 1)
        return false;
    if (expr->tmpl.part_count == 0) {
        *ret = (iac_str){ 0 };
        return true;
    }
    const iac_expr *part = expr->tmpl.parts[0];
    if (part->kind != IAC_EXPR_LITERAL || part->literal->kind != IAC_STRING)
        return false;
    *ret = part->literal->string;
    return true;
}

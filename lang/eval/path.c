/* Static traversals as paths within a value, as ignore_changes has them. */
#include "lang/eval/eval_internal.h"

enum { MAX_STEPS = 256 };

static bool invalid(iac_diags *diags, iac_range range, const char *detail)
{
    iac_diag_error(diags, range, "Invalid expression", "%s", detail);
    return false;
}

static bool index_step(const iac_expr *expr, iac_step *ret)
{
    const iac_expr *key = expr->index.key;
    if (iac_literal_text_(key, &ret->name)) {
        ret->kind = IAC_STEP_KEY;
        return true;
    }
    ret->kind = IAC_STEP_INDEX;
    return key->kind == IAC_EXPR_LITERAL && key->literal->kind == IAC_NUMBER && iac_is_set_value(key->literal) &&
           iac_value_to_int(key->literal, &ret->index);
}

/* One node to a step; *ret_next is what it applies to, NULL at the root. */
static bool read_step(const iac_expr *expr, iac_step *ret, const iac_expr **ret_next, iac_diags *diags)
{
    *ret = (iac_step){ .kind = IAC_STEP_ATTR };
    *ret_next = NULL;
    switch (expr->kind) {
    case IAC_EXPR_ROOT:
        ret->name = expr->root;
        return true;
    case IAC_EXPR_ATTR:
        ret->name = expr->attr.name;
        *ret_next = expr->attr.operand;
        return true;
    case IAC_EXPR_INDEX:
        *ret_next = expr->index.operand;
        if (index_step(expr, ret))
            return true;
        return invalid(diags, expr->index.bracket_range,
                       "A static variable reference is required: the key must be a literal string or a whole number.");
    case IAC_EXPR_SPLAT:
        iac_diag_error(diags, expr->range, "Invalid expression",
                       "Splat expressions (with the * symbol) are not allowed here.");
        return false;
    default:
        return invalid(
            diags, expr->range,
            "A single static variable reference is required: only attribute access and indexing with constant "
            "keys. No calculations, function calls, template expressions, etc are allowed here.");
    }
}

bool iac_expr_path(iac_arena *arena, const iac_expr *expr, iac_path *ret, iac_diags *diags)
{
    iac_step steps[MAX_STEPS]; /* from the end backwards */
    size_t n = 0;
    const iac_expr *node = iac_expr_static(arena, expr, diags);
    if (node->kind == IAC_EXPR_ERROR)
        return false;
    while (node) {
        if (n == MAX_STEPS)
            return invalid(diags, expr->range, "The reference has too many steps.");
        if (!read_step(node, &steps[n++], &node, diags))
            return false;
    }
    iac_step *copy = iac_arena_array(arena, iac_step, n);
    for (size_t i = 0; i < n; i++)
        copy[i] = steps[n - 1 - i];
    *ret = (iac_path){ copy, n };
    return true;
}

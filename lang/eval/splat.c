/* Splats: the rest of a traversal, for each element of a sequence or for a single value. */
#include <stdlib.h>

#include "lang/eval/eval_internal.h"

static const iac_value *eval_each(struct eval *ev, const iac_expr *expr, const iac_value *item)
{
    struct frame frame = { .up = ev->frames, .item = expr->splat.item, .value = item };
    ev->frames = &frame;
    const iac_value *v = iac_eval_node_(ev, expr->splat.each);
    ev->frames = frame.up;
    return v;
}

static const iac_type *result_type_of(struct eval *ev, const iac_expr *expr, const iac_type *element)
{
    const iac_value *v = eval_each(ev, expr, iac_value_unknown(ev->arena, element));
    return iac_value_type(ev->arena, v);
}

/* The type of the result for a source of that type, without its elements. */
static const iac_type *result_type(struct eval *ev, const iac_expr *expr, const iac_type *source)
{
    if (source->kind != IAC_TUPLE)
        return iac_type_list(ev->arena, result_type_of(ev, expr, source->element));
    const iac_type **items = iac_arena_array(ev->arena, const iac_type *, source->n);
    for (size_t i = 0; i < source->n; i++)
        items[i] = result_type_of(ev, expr, source->items[i]);
    return iac_type_tuple(ev->arena, items, source->n);
}

static const iac_value *over_unknown(struct eval *ev, const iac_expr *expr, const iac_value *source)
{
    iac_refinement known = { .not_null = true, .length_max = INT64_MAX };
    const iac_type *type = result_type(ev, expr, source->type);
    if (source->kind != IAC_TUPLE && source->refinement) {
        known.length_min = source->refinement->length_min;
        known.length_max = source->refinement->length_max;
    }
    return iac_value_mark(ev->arena, iac_value_refined(ev->arena, type, &known), source->marks);
}

/* What the elements of a list gave may differ in type where some are not known yet. */
static const iac_value *make_list(struct eval *ev, const iac_value **items, size_t n)
{
    const iac_type *element = NULL;
    if (!iac_values_unify(ev->arena, items, n, &element))
        return iac_value_tuple(ev->arena, items, n);
    return iac_value_list(ev->arena, element, items, n);
}

static const iac_value *over_elements(struct eval *ev, const iac_expr *expr, const iac_value *const *elements, size_t n,
                                      bool list)
{
    const iac_value **items = iac_xmalloc((n + 1) * sizeof(*items));
    size_t failures = 0;
    for (size_t i = 0; i < n; i++) {
        size_t before = ev->diags->errors;
        items[i] = eval_each(ev, expr, elements[i]);
        failures += ev->diags->errors - before;
    }
    const iac_value *v;
    if (failures > 0) {
        for (size_t i = 0; i < n; i++)
            items[i] = &iac_unknown_dynamic;
        v = iac_value_unknown(ev->arena, list ? iac_type_list(ev->arena, &iac_type_dynamic)
                                              : iac_value_type(ev->arena, iac_value_tuple(ev->arena, items, n)));
    } else {
        v = list ? make_list(ev, items, n) : iac_value_tuple(ev->arena, items, n);
    }
    free(items);
    return v;
}

/* A value that is no sequence counts as a sequence of one, and null as an empty one. */
static const iac_value *over_single(struct eval *ev, const iac_expr *expr, const iac_value *source)
{
    if (iac_is_null(source))
        return iac_value_mark(ev->arena, &iac_empty_tuple, source->marks);
    if (source->kind == IAC_DYNAMIC)
        return iac_value_mark(ev->arena, &iac_unknown_dynamic, source->marks);
    const iac_value *v = over_elements(ev, expr, &source, 1, false);
    if (iac_is_unknown(source) && !(source->refinement && source->refinement->not_null))
        v = &iac_unknown_dynamic; /* none or one, depending on it */
    return iac_value_mark(ev->arena, v, source->marks);
}

const iac_value *iac_eval_splat_(struct eval *ev, const iac_expr *expr)
{
    size_t errors = 0;
    const iac_expr *operand = expr->splat.operand;
    const iac_value *source = iac_eval_counted_(ev, operand, &errors);
    if (errors > 0)
        return &iac_unknown_dynamic;
    bool sequence = source->kind == IAC_LIST || source->kind == IAC_SET || source->kind == IAC_TUPLE;
    if (!sequence)
        return over_single(ev, expr, source);
    if (iac_is_null(source)) {
        iac_eval_error_(ev, operand->range, iac_range_join(operand->range, expr->splat.marker_range), operand,
                        "Splat of null value",
                        "Splat expressions (with the * symbol) cannot be applied to null sequences.");
        return &iac_unknown_dynamic;
    }
    if (iac_is_unknown(source))
        return over_unknown(ev, expr, source);
    bool list = source->kind != IAC_TUPLE;
    const iac_value *v;
    if (list && source->n == 0)
        v = iac_value_list(ev->arena, result_type_of(ev, expr, source->type->element), NULL, 0);
    else
        v = over_elements(ev, expr, source->items, source->n, list);
    return iac_value_mark(ev->arena, v, source->marks);
}

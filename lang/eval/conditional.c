/* Conditionals: both arms are evaluated, for their types; errors count in the arm taken. */
#include "lang/eval/eval_internal.h"

struct arm {
    const iac_expr *expr; /* NULL: %{ if } without else, an empty string */
    const iac_value *v;
    iac_diags diags;
};

static void eval_arm(struct eval *ev, struct arm *arm)
{
    if (!arm->expr) {
        arm->v = iac_value_cstr(ev->arena, "");
        return;
    }
    iac_diags *outer = ev->diags;
    ev->diags = &arm->diags;
    arm->v = iac_eval_node_(ev, arm->expr);
    ev->diags = outer;
}

static iac_range arm_range(const struct arm *arm, const iac_expr *expr)
{
    return arm->expr ? arm->expr->range : expr->range;
}

/* Why no type takes both: the first difference found. */
static iac_str describe(iac_arena *arena, const iac_type *yes, const iac_type *no);

static iac_str describe_objects(iac_arena *arena, const iac_type *yes, const iac_type *no)
{
    for (size_t i = 0; i < yes->n; i++) {
        const iac_type *other = iac_type_attribute(no, yes->names[i]);
        if (!other)
            return iac_arena_printf(
                arena,
                "The 'true' value includes object attribute \"%.*s\", which is absent in the 'false' "
                "value",
                IAC_FMT(yes->names[i]));
        if (!iac_type_equal(yes->items[i], other))
            return iac_arena_printf(arena, "Type mismatch for object attribute \"%.*s\": %.*s", IAC_FMT(yes->names[i]),
                                    IAC_FMT(describe(arena, yes->items[i], other)));
    }
    for (size_t i = 0; i < no->n; i++) {
        if (!iac_type_attribute(yes, no->names[i]))
            return iac_arena_printf(
                arena,
                "The 'false' value includes object attribute \"%.*s\", which is absent in the 'true' "
                "value",
                IAC_FMT(no->names[i]));
    }
    return (iac_str){ 0 };
}

static iac_str describe_tuples(iac_arena *arena, const iac_type *yes, const iac_type *no)
{
    if (yes->n != no->n)
        return iac_arena_printf(arena, "The 'true' tuple has length %zu, but the 'false' tuple has length %zu", yes->n,
                                no->n);
    for (size_t i = 0; i < yes->n; i++) {
        if (!iac_type_equal(yes->items[i], no->items[i]))
            return iac_arena_printf(arena, "Type mismatch for tuple element %zu: %.*s", i,
                                    IAC_FMT(describe(arena, yes->items[i], no->items[i])));
    }
    return (iac_str){ 0 };
}

static iac_str describe(iac_arena *arena, const iac_type *yes, const iac_type *no)
{
    iac_str text = { 0 };
    if (yes->kind == no->kind && yes->kind == IAC_OBJECT) {
        text = describe_objects(arena, yes, no);
    } else if (yes->kind == no->kind && yes->kind == IAC_TUPLE) {
        text = describe_tuples(arena, yes, no);
    } else if (yes->kind == no->kind && iac_type_is_collection(yes) && yes->element->kind == no->element->kind &&
               (yes->element->kind == IAC_OBJECT || yes->element->kind == IAC_TUPLE)) {
        const char *noun = yes->kind == IAC_LIST ? "list" : yes->kind == IAC_SET ? "set" : "map";
        text = iac_arena_printf(arena, "Mismatched %s element types: %.*s", noun,
                                IAC_FMT(describe(arena, yes->element, no->element)));
    }
    if (text.n > 0)
        return text;
    iac_str a = iac_type_friendly(arena, yes), b = iac_type_friendly(arena, no);
    if (iac_str_eq(a, b))
        return IAC_STR("At least one deeply-nested attribute or element is not compatible across both the 'true' and "
                       "the 'false' value");
    return iac_arena_printf(arena, "The 'true' value is %.*s, but the 'false' value is %.*s", IAC_FMT(a), IAC_FMT(b));
}

static bool is_untyped_null(const iac_value *v)
{
    return iac_is_null(v) && v->kind == IAC_DYNAMIC && v->marks == 0;
}

/* Whether v's items, of several types, would have to become collections or structures of one type first. */
static bool has_mixed_structures(struct eval *ev, const iac_value *v, const iac_type **ret_element)
{
    if (!iac_is_set_value(v) || v->n == 0 || (v->kind != IAC_TUPLE && v->kind != IAC_OBJECT))
        return false;
    const iac_type *type = iac_value_type(ev->arena, v);
    bool same = true;
    for (size_t i = 1; same && i < type->n; i++)
        same = iac_type_equal(type->items[i], type->items[0]);
    *ret_element = iac_type_unify(ev->arena, type->items, type->n, true);
    return !same && (!*ret_element || (*ret_element)->kind >= IAC_LIST);
}

static bool is_open_collection(const iac_type *type)
{
    return (type->kind == IAC_LIST || type->kind == IAC_MAP) && type->element->kind == IAC_DYNAMIC;
}

/* How an arm becomes the result. */
enum conversion {
    AS_IT_IS,
    CONVERTED,
    CONVERTED_BY_ITEM, /* the other arm is a collection of anything: items are not made alike for it */
};

/* The type of the result; NULL when the arms have none in common. */
static const iac_type *unify(struct eval *ev, const iac_value *yes, const iac_value *no, enum conversion *ret_convert)
{
    *ret_convert = AS_IT_IS;
    if (yes->kind == no->kind && (yes->kind == IAC_STRING || yes->kind == IAC_NUMBER || yes->kind == IAC_BOOL))
        return iac_value_type(ev->arena, yes);
    *ret_convert = CONVERTED;
    const iac_type *types[] = { iac_value_type(ev->arena, yes), iac_value_type(ev->arena, no) };
    if (is_untyped_null(yes))
        return types[1];
    if (is_untyped_null(no))
        return types[0];
    if (yes->kind == IAC_DYNAMIC || no->kind == IAC_DYNAMIC) {
        *ret_convert = AS_IT_IS;
        return &iac_type_dynamic;
    }
    if (iac_type_equal(types[0], types[1])) {
        *ret_convert = AS_IT_IS;
        return types[0];
    }
    const iac_type *type = iac_type_unify(ev->arena, types, 2, true), *element;
    if (type && (is_open_collection(types[0]) || is_open_collection(types[1]))) {
        *ret_convert = CONVERTED_BY_ITEM;
        if ((has_mixed_structures(ev, yes, &element) && !element) ||
            (has_mixed_structures(ev, no, &element) && !element))
            return NULL;
    }
    return type;
}

static bool never_null(const iac_value *v)
{
    return iac_is_set_value(v) || (iac_is_unknown(v) && v->refinement && v->refinement->not_null);
}

static bool length_of(const iac_value *v, int64_t *ret)
{
    if (!iac_is_set_value(v))
        return false;
    *ret = (int64_t)v->n;
    return true;
}

/* What both arms have in common, when the condition is not known. */
static const iac_value *unknown_result(struct eval *ev, const iac_type *type, const iac_value *yes, const iac_value *no)
{
    iac_refinement known = { .length_max = INT64_MAX, .not_null = never_null(yes) && never_null(no) };
    int64_t a, b;
    if (iac_is_null(yes) && iac_is_null(no))
        return iac_value_null(ev->arena, type);
    if (type->kind == IAC_DYNAMIC)
        return &iac_unknown_dynamic;
    bool numbers = yes->kind == IAC_NUMBER && no->kind == IAC_NUMBER && iac_is_set_value(yes) && iac_is_set_value(no);
    if (numbers) {
        bool yes_more = iac_number_cmp(yes, no) > 0;
        known.min = yes_more ? &no->number : &yes->number;
        known.max = yes_more ? &yes->number : &no->number;
    } else if (iac_type_is_collection(type) && iac_value_has_type(yes, type) && iac_value_has_type(no, type) &&
               length_of(yes, &a) && length_of(no, &b) &&
               (type->kind != IAC_SET || (!yes->deep_unknown && !no->deep_unknown))) {
        known.length_min = a < b ? a : b;
        known.length_max = a < b ? b : a;
    }
    return iac_value_refined(ev->arena, type, &known);
}

static const iac_value *take(struct eval *ev, const iac_expr *expr, struct arm *arm, bool yes, const iac_type *type,
                             enum conversion convert)
{
    iac_diags_append(ev->diags, &arm->diags);
    if (convert == AS_IT_IS)
        return arm->v;
    iac_str error;
    const iac_type *element;
    const iac_value *v = NULL;
    if (convert == CONVERTED_BY_ITEM && has_mixed_structures(ev, arm->v, &element))
        error = iac_arena_printf(ev->arena, "element types must all match for conversion to %s",
                                 type->kind == IAC_LIST ? "list" : "map");
    else
        v = iac_convert(ev->arena, arm->v, type, &error, NULL);
    if (v)
        return v;
    iac_eval_error_(ev, arm_range(arm, expr), expr->range, arm->expr, "Inconsistent conditional result types",
                    "The %s result value has the wrong type: %.*s.", yes ? "true" : "false", IAC_FMT(error));
    return iac_value_unknown(ev->arena, type);
}

static const iac_value *choose(struct eval *ev, const iac_expr *expr, struct arm *yes, struct arm *no)
{
    enum conversion convert;
    const iac_expr *about = expr->cond.condition;
    const iac_type *type = unify(ev, yes->v, no->v, &convert);
    if (!type) {
        iac_str why = describe(ev->arena, iac_value_type(ev->arena, yes->v), iac_value_type(ev->arena, no->v));
        iac_eval_error_(ev, iac_range_join(arm_range(yes, expr), arm_range(no, expr)), expr->range, expr,
                        "Inconsistent conditional result types",
                        "The true and false result expressions must have consistent types. %.*s.", IAC_FMT(why));
        return &iac_unknown_dynamic;
    }
    const iac_value *condition = iac_eval_node_(ev, about);
    iac_str error;
    if (iac_is_null(condition)) {
        iac_eval_error_(ev, about->range, expr->range, about, "Null condition",
                        "The condition value is null. Conditions must either be true or false.");
        return iac_value_unknown(ev->arena, type);
    }
    uint8_t marks = condition->marks | yes->v->marks | no->v->marks;
    if (iac_is_unknown(condition))
        return iac_value_mark(ev->arena, unknown_result(ev, type, yes->v, no->v), marks);
    const iac_value *truth = iac_convert(ev->arena, condition, &iac_type_bool, &error, NULL);
    if (!truth) {
        iac_eval_error_(ev, about->range, expr->range, about, "Incorrect condition type",
                        "The condition expression must be of type bool.");
        return iac_value_unknown(ev->arena, type);
    }
    const iac_value *v =
        truth->boolean ? take(ev, expr, yes, true, type, convert) : take(ev, expr, no, false, type, convert);
    return iac_value_mark(ev->arena, v, marks);
}

const iac_value *iac_eval_conditional_(struct eval *ev, const iac_expr *expr)
{
    struct arm yes = { .expr = expr->cond.yes }, no = { .expr = expr->cond.no };
    eval_arm(ev, &yes);
    eval_arm(ev, &no);
    const iac_value *v = choose(ev, expr, &yes, &no);
    iac_diags_clear(&yes.diags);
    iac_diags_clear(&no.diags);
    return v;
}

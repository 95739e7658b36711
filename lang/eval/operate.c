/* Operators. */
#include <mpfr.h>

#include "lang/eval/eval_internal.h"

/* ---- arithmetic on known numbers ---- */

static const char *divide_error = "can't divide zero by zero or infinity by infinity";

/* The fast path: both small and the result exact. */
static bool compute_small(iac_op op, int64_t a, int64_t b, int64_t *ret)
{
    switch (op) {
    case IAC_OP_ADD:
        return !__builtin_add_overflow(a, b, ret);
    case IAC_OP_SUB:
        return !__builtin_sub_overflow(a, b, ret);
    case IAC_OP_MUL:
        return !__builtin_mul_overflow(a, b, ret) && !(*ret == 0 && (a < 0 || b < 0)); /* zero has a sign */
    case IAC_OP_DIV:
        if (b == 0 || (a == INT64_MIN && b == -1) || a % b != 0 || a == 0)
            return false;
        *ret = a / b;
        return true;
    case IAC_OP_MOD:
        if (b == 0 || (a == INT64_MIN && b == -1))
            return false;
        *ret = a % b;
        return true;
    default:
        return false;
    }
}

/* a - trunc(a / b) * b, each step rounded: 5 % 0.1 is 0, as 5 / 0.1 is 50. */
static const char *compute_modulo(mpfr_ptr result, mpfr_srcptr a, mpfr_srcptr b)
{
    if (mpfr_inf_p(b) && !mpfr_inf_p(a))
        return "can't use modulo with zero and infinity";
    if (mpfr_inf_p(a) && !mpfr_zero_p(b))
        return "can't use modulo with infinities";
    if (mpfr_zero_p(b)) {
        mpfr_set(result, a, MPFR_RNDN);
        return NULL;
    }
    mpfr_t times;
    mpfr_prec_t precision = mpfr_get_prec(result);
    mpfr_init2(times, precision);
    mpfr_div(times, a, b, MPFR_RNDN);
    mpfr_set_prec(result, mpfr_get_prec(a));
    mpfr_rint_trunc(result, times, MPFR_RNDN);
    if (mpfr_zero_p(result)) /* whatever the sign of the quotient */
        mpfr_set_zero(result, 1);
    mpfr_mul(result, b, result, MPFR_RNDN);
    mpfr_sub(result, a, result, MPFR_RNDN);
    mpfr_clear(times);
    return NULL;
}

/* A product has what bits it needs, but no fewer than the more precise factor. */
static void multiply(mpfr_ptr result, mpfr_srcptr a, mpfr_srcptr b)
{
    mpfr_prec_t precision = mpfr_get_prec(result);
    mpfr_set_prec(result, IAC_PRECISION);
    mpfr_mul(result, a, b, MPFR_RNDN);
    mpfr_prec_t needed = mpfr_regular_p(result) ? mpfr_min_prec(result) : 0;
    mpfr_prec_round(result, needed > precision ? needed : precision, MPFR_RNDN);
}

/* NULL when result is set, else what is wrong. result has the precision of the more precise operand. */
static const char *compute(iac_op op, mpfr_ptr result, mpfr_srcptr a, mpfr_srcptr b)
{
    bool a_inf = mpfr_inf_p(a), b_inf = mpfr_inf_p(b);
    switch (op) {
    case IAC_OP_ADD:
        if (a_inf && b_inf && mpfr_signbit(a) != mpfr_signbit(b))
            return "can't compute sum of opposing infinities";
        mpfr_add(result, a, b, MPFR_RNDN);
        return NULL;
    case IAC_OP_SUB:
        if (a_inf && b_inf && mpfr_signbit(a) == mpfr_signbit(b))
            return "can't subtract infinity from itself";
        mpfr_sub(result, a, b, MPFR_RNDN);
        return NULL;
    case IAC_OP_MUL:
        if ((a_inf && mpfr_zero_p(b)) || (b_inf && mpfr_zero_p(a)))
            return "can't multiply zero by infinity";
        multiply(result, a, b);
        return NULL;
    case IAC_OP_DIV:
        if ((mpfr_zero_p(a) && mpfr_zero_p(b)) || (a_inf && b_inf))
            return divide_error;
        mpfr_div(result, a, b, MPFR_RNDN);
        return NULL;
    default:
        return compute_modulo(result, a, b);
    }
}

static const iac_value *arithmetic(struct eval *ev, iac_op op, const iac_value *a, const iac_value *b,
                                   const char **ret_error)
{
    int64_t small;
    mpfr_prec_t a_precision = iac_number_precision(a), b_precision = iac_number_precision(b);
    mpfr_prec_t precision = op != IAC_OP_MOD && b_precision > a_precision ? b_precision : a_precision;
    if (!a->number.big && !b->number.big && compute_small(op, a->number.small, b->number.small, &small))
        return iac_value_int_of(ev->arena, small, precision);
    mpfr_t x, y, result;
    mpfr_init2(x, a_precision);
    mpfr_init2(y, b_precision);
    mpfr_init2(result, a_precision > b_precision ? a_precision : b_precision);
    const iac_value *v = NULL;
    *ret_error = compute(op, result, iac_number_mpfr(a, x), iac_number_mpfr(b, y));
    if (!*ret_error)
        v = iac_value_number(ev->arena, result);
    mpfr_clears(x, y, result, (mpfr_ptr)NULL);
    return v;
}

/* ---- comparison, with what is known of unknown numbers ---- */

struct bounds {
    const iac_value *min, *max; /* NULL: not known */
    iac_value storage[2];
};

static void get_bounds(const iac_value *v, struct bounds *bounds)
{
    bounds->min = bounds->max = NULL;
    if (iac_is_known(v)) {
        bounds->min = bounds->max = v;
        return;
    }
    const iac_refinement *known = v->refinement;
    if (known && known->min) {
        bounds->storage[0] = (iac_value){ .kind = IAC_NUMBER, .state = IAC_KNOWN, .number = *known->min };
        bounds->min = &bounds->storage[0];
    }
    if (known && known->max) {
        bounds->storage[1] = (iac_value){ .kind = IAC_NUMBER, .state = IAC_KNOWN, .number = *known->max };
        bounds->max = &bounds->storage[1];
    }
}

/* 1 when a > b for sure, 0 when a <= b for sure, -1 when it is not known. or_equal: a >= b. Terraform takes all bounds
 * of unknown numbers as exclusive, and so knows less than could be known. */
static int greater(const struct bounds *a, const struct bounds *b, bool or_equal, bool known)
{
    int low = a->min && b->max ? iac_number_cmp(a->min, b->max) : -2;
    int high = a->max && b->min ? iac_number_cmp(a->max, b->min) : 2;
    if (known)
        return or_equal ? low >= 0 : low > 0;
    return low == 1 ? 1 : high == -1 ? 0 : -1;
}

static const iac_value *unknown_bool(struct eval *ev)
{
    iac_refinement known = { .not_null = true, .length_max = INT64_MAX };
    return iac_value_refined(ev->arena, &iac_type_bool, &known);
}

static const iac_value *compare(struct eval *ev, iac_op op, const iac_value *a, const iac_value *b)
{
    struct bounds x, y;
    get_bounds(a, &x);
    get_bounds(b, &y);
    bool known = iac_is_known(a) && iac_is_known(b), or_equal = op == IAC_OP_GE || op == IAC_OP_LE;
    bool swap = op == IAC_OP_LT || op == IAC_OP_LE;
    int result = greater(swap ? &y : &x, swap ? &x : &y, or_equal, known);
    return result < 0 ? unknown_bool(ev) : iac_value_bool(result == 1);
}

/* ---- operators ---- */

static const iac_type *operand_type(iac_op op)
{
    switch (op) {
    case IAC_OP_EQ:
    case IAC_OP_NE:
        return &iac_type_dynamic;
    case IAC_OP_AND:
    case IAC_OP_OR:
    case IAC_OP_NOT:
        return &iac_type_bool;
    default:
        return &iac_type_number;
    }
}

static const iac_type *result_type(iac_op op)
{
    switch (op) {
    case IAC_OP_ADD:
    case IAC_OP_SUB:
    case IAC_OP_MUL:
    case IAC_OP_DIV:
    case IAC_OP_MOD:
    case IAC_OP_NEGATE:
        return &iac_type_number;
    default:
        return &iac_type_bool;
    }
}

static const iac_value *failed(struct eval *ev, const iac_expr *expr, const char *error)
{
    iac_eval_error_(ev, expr->range, IAC_NO_RANGE, expr, "Operation failed", "Error during operation: %s.", error);
    return iac_value_unknown(ev->arena, result_type(expr->binary.op));
}

/* The operand converted to what the operator takes; NULL after an error. */
static const iac_value *convert_operand(struct eval *ev, const iac_expr *expr, const iac_expr *operand,
                                        const iac_value *v, const char *which)
{
    const iac_type *type = operand_type(expr->binary.op);
    if (type->kind == IAC_DYNAMIC || v->kind == type->kind)
        return v;
    iac_str error;
    const iac_value *converted = iac_convert(ev->arena, v, type, &error, NULL);
    if (!converted)
        iac_eval_error_(ev, operand->range, expr->range, operand, "Invalid operand",
                        "Unsuitable value for %s operand: %.*s.", which, IAC_FMT(error));
    return converted;
}

static const iac_value *equality(struct eval *ev, iac_op op, const iac_value *a, const iac_value *b)
{
    const iac_value *equal = iac_value_equals(ev->arena, a, b);
    if (op == IAC_OP_EQ || iac_is_unknown(equal))
        return equal;
    return iac_value_mark(ev->arena, iac_value_bool(!equal->boolean), equal->marks);
}

/* Operands are of the right type, and free of errors. */
static const iac_value *operate(struct eval *ev, const iac_expr *expr, const iac_value *a, const iac_value *b)
{
    iac_op op = expr->binary.op;
    if (op == IAC_OP_EQ || op == IAC_OP_NE)
        return equality(ev, op, a, b);
    if (iac_is_null(a) || iac_is_null(b))
        return failed(ev, expr, "argument must not be null");
    bool known = iac_is_known(a) && iac_is_known(b);
    switch (op) {
    case IAC_OP_AND:
        return known ? iac_value_bool(a->boolean && b->boolean) : unknown_bool(ev);
    case IAC_OP_OR:
        return known ? iac_value_bool(a->boolean || b->boolean) : unknown_bool(ev);
    case IAC_OP_GT:
    case IAC_OP_GE:
    case IAC_OP_LT:
    case IAC_OP_LE:
        return compare(ev, op, a, b);
    default:
        break;
    }
    if (!known) {
        iac_refinement refinement = { .not_null = true, .length_max = INT64_MAX };
        return iac_value_refined(ev->arena, &iac_type_number, &refinement);
    }
    const char *error = NULL;
    const iac_value *v = arithmetic(ev, op, a, b, &error);
    return v ? v : failed(ev, expr, error);
}

/* Of && and ||: the operand that decides alone. */
static bool decides(iac_op op, const iac_value *v)
{
    return iac_is_set_value(v) && v->boolean == (op == IAC_OP_OR);
}

struct side { /* an operand of && or || with its own diagnostics */
    const iac_value *v;
    iac_diags diags;
    bool failed;
};

static void eval_side(struct eval *ev, const iac_expr *expr, const iac_expr *operand, const char *which,
                      struct side *side)
{
    iac_diags *outer = ev->diags;
    size_t errors = 0;
    ev->diags = &side->diags;
    const iac_value *v = iac_eval_counted_(ev, operand, &errors);
    ev->diags = outer;
    side->failed = errors > 0;
    /* a wrong type is an error even where the other operand decides */
    side->v = convert_operand(ev, expr, operand, v, which);
}

/* Errors of an operand count only where its value does. */
static const iac_value *combine(struct eval *ev, const iac_expr *expr, struct side *a, struct side *b)
{
    iac_op op = expr->binary.op;
    uint8_t marks = a->v->marks | b->v->marks;
    const iac_value *v = NULL;
    if (iac_is_unknown(a->v) && iac_is_unknown(b->v)) {
        if (!a->failed) {
            iac_diags_append(ev->diags, &a->diags);
            v = unknown_bool(ev);
        }
    } else if (decides(op, a->v)) {
        iac_diags_append(ev->diags, &a->diags);
        v = iac_value_bool(op == IAC_OP_OR);
    } else if (decides(op, b->v)) {
        iac_diags_append(ev->diags, &b->diags);
        v = iac_value_bool(op == IAC_OP_OR);
    }
    if (!v) {
        bool any_failed = a->failed || b->failed;
        iac_diags_append(ev->diags, &a->diags);
        iac_diags_append(ev->diags, &b->diags);
        v = any_failed ? iac_value_unknown(ev->arena, &iac_type_bool) : operate(ev, expr, a->v, b->v);
    }
    return iac_value_mark(ev->arena, v, marks);
}

static const iac_value *eval_logical(struct eval *ev, const iac_expr *expr)
{
    struct side a = { 0 }, b = { 0 };
    const iac_value *v;
    eval_side(ev, expr, expr->binary.left, "left", &a);
    eval_side(ev, expr, expr->binary.right, "right", &b);
    if (a.v && b.v) {
        v = combine(ev, expr, &a, &b);
    } else {
        iac_diags_append(ev->diags, &a.diags);
        iac_diags_append(ev->diags, &b.diags);
        v = iac_value_unknown(ev->arena, &iac_type_bool);
    }
    iac_diags_clear(&a.diags);
    iac_diags_clear(&b.diags);
    return v;
}

const iac_value *iac_eval_binary_(struct eval *ev, const iac_expr *expr)
{
    iac_op op = expr->binary.op;
    if (op == IAC_OP_AND || op == IAC_OP_OR)
        return eval_logical(ev, expr);
    size_t left_errors = 0, right_errors = 0;
    const iac_value *a = iac_eval_counted_(ev, expr->binary.left, &left_errors);
    const iac_value *b = iac_eval_counted_(ev, expr->binary.right, &right_errors);
    a = convert_operand(ev, expr, expr->binary.left, a, "left");
    b = convert_operand(ev, expr, expr->binary.right, b, "right");
    if (!a || !b)
        return iac_value_unknown(ev->arena, result_type(op));
    uint8_t marks = a->marks | b->marks;
    if (left_errors + right_errors > 0)
        return iac_value_mark(ev->arena, iac_value_unknown(ev->arena, result_type(op)), marks);
    return iac_value_mark(ev->arena, operate(ev, expr, a, b), marks);
}

static const iac_value *negate(struct eval *ev, const iac_value *v)
{
    mpfr_prec_t precision = iac_number_precision(v);
    if (!v->number.big && v->number.small != 0 && v->number.small != INT64_MIN)
        return iac_value_int_of(ev->arena, -v->number.small, precision);
    mpfr_t x, result;
    mpfr_inits2(precision, x, result, (mpfr_ptr)NULL);
    mpfr_neg(result, iac_number_mpfr(v, x), MPFR_RNDN);
    const iac_value *negated = iac_value_number(ev->arena, result);
    mpfr_clears(x, result, (mpfr_ptr)NULL);
    return negated;
}

const iac_value *iac_eval_unary_(struct eval *ev, const iac_expr *expr)
{
    size_t errors = 0;
    iac_op op = expr->binary.op;
    const iac_value *v = iac_eval_counted_(ev, expr->binary.right, &errors);
    v = convert_operand(ev, expr, expr->binary.right, v, "unary");
    if (!v || errors > 0)
        return iac_value_unknown(ev->arena, result_type(op));
    if (iac_is_null(v))
        return failed(ev, expr, "argument must not be null");
    const iac_value *result;
    if (iac_is_unknown(v)) {
        iac_refinement known = { .not_null = true, .length_max = INT64_MAX };
        result = iac_value_refined(ev->arena, result_type(op), &known);
    } else {
        result = op == IAC_OP_NOT ? iac_value_bool(!v->boolean) : negate(ev, v);
    }
    return iac_value_mark(ev->arena, result, v->marks);
}

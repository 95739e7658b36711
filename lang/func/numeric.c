/* Functions on numbers. Whole numbers that fit take a short way round the big ones. */
#include "lang/func/func_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Applies a rounding (or the like) of mpfr to the first argument. */
static const iac_value *apply(iac_call *call, int (*fn)(mpfr_ptr, mpfr_srcptr))
{
    const iac_value *v = call->args[0];
    mpfr_t scratch, result;
    mpfr_inits2(iac_number_precision(v), scratch, result, (mpfr_ptr)NULL);
    fn(result, iac_number_mpfr(v, scratch));
    if (mpfr_zero_p(result)) /* no sign */
        mpfr_set_zero(result, 1);
    const iac_value *number = iac_value_number(call->arena, result);
    mpfr_clear(scratch);
    mpfr_clear(result);
    return number;
}

static int absolute(mpfr_ptr to, mpfr_srcptr from)
{
    return mpfr_abs(to, from, MPFR_RNDN);
}

const iac_value *iac_fn_abs(iac_call *call)
{
    const iac_number *n = &call->args[0]->number;
    return !n->big && n->small >= 0 ? call->args[0] : apply(call, absolute);
}

const iac_value *iac_fn_ceil(iac_call *call)
{
    return call->args[0]->number.big ? apply(call, mpfr_ceil) : call->args[0];
}

const iac_value *iac_fn_floor(iac_call *call)
{
    return call->args[0]->number.big ? apply(call, mpfr_floor) : call->args[0];
}

const iac_value *iac_fn_signum(iac_call *call)
{
    int64_t n;
    if (!iac_arg_int(call, 0, &n))
        return NULL;
    return iac_value_int(call->arena, (n > 0) - (n < 0));
}

/* Floating point decides here, as it does in Terraform. */
static const iac_value *from_double(iac_call *call, double n)
{
    if (isnan(n))
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "the result is not a number");
    return iac_value_double(call->arena, n);
}

/* The natural logarithm by fdlibm's polynomial, which Terraform uses: the C library's differs in the last bit. */
static double natural_log(double x)
{
    static const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    int k;
    if (isnan(x) || isinf(x) || x <= 0)
        return log(x);
    double f = frexp(x, &k);
    if (f < M_SQRT1_2) {
        f *= 2;
        k--;
    }
    f -= 1;
    double s = f / (2 + f), s2 = s * s, s4 = s2 * s2;
    double odd =
        s2 * (6.666666666666735130e-01 +
              s4 * (2.857142874366239149e-01 + s4 * (1.818357216161805012e-01 + s4 * 1.479819860511658591e-01)));
    double even = s4 * (3.999999999940941908e-01 + s4 * (2.222219843214978396e-01 + s4 * 1.531383769920937332e-01));
    double half = 0.5 * f * f;
    return k * ln2_high - ((half - (s * (half + odd + even) + k * ln2_low)) - f);
}

const iac_value *iac_fn_log(iac_call *call)
{
    return from_double(call, natural_log(iac_value_to_double(call->args[0])) /
                                 natural_log(iac_value_to_double(call->args[1])));
}

/* By repeated squaring of the mantissa, rounded at each step as Terraform's power is: the C library's is exact to the
 * last bit, and so another number. */
static double power(double x, double y)
{
    double whole, fraction = modf(fabs(y), &whole);
    if (x == 0 || !isfinite(x) || !isfinite(y) || whole >= 0x1p63 || (x < 0 && fraction != 0) || fabs(y) == 0.5)
        return pow(x, y);
    double result = 1;
    int64_t exponent = 0;
    if (fraction > 0.5) {
        fraction--;
        whole++;
    }
    if (fraction != 0)
        result = exp(fraction * natural_log(x));
    int e;
    double mantissa = frexp(x, &e);
    int64_t square = e;
    for (uint64_t bits = (uint64_t)whole; bits; bits >>= 1) {
        if (square < -4096 || square > 4096) { /* too small or too large for good */
            exponent += square;
            break;
        }
        if (bits & 1) {
            result *= mantissa;
            exponent += square;
        }
        mantissa *= mantissa;
        square *= 2;
        if (mantissa < 0.5) {
            mantissa += mantissa;
            square--;
        }
    }
    if (y < 0) {
        result = 1 / result;
        exponent = -exponent;
    }
    return ldexp(result, (int)exponent);
}

const iac_value *iac_fn_pow(iac_call *call)
{
    return from_double(call, power(iac_value_to_double(call->args[0]), iac_value_to_double(call->args[1])));
}

static const iac_value *extreme(iac_call *call, int sign)
{
    if (call->n == 0)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "must pass at least one number");
    const iac_value *best = call->args[0];
    for (size_t i = 1; i < call->n; i++)
        if (iac_number_cmp(call->args[i], best) * sign > 0)
            best = call->args[i];
    return best;
}

const iac_value *iac_fn_max(iac_call *call)
{
    return extreme(call, 1);
}

const iac_value *iac_fn_min(iac_call *call)
{
    return extreme(call, -1);
}

/* ---- sum ---- */

static const iac_value *add_all(iac_arena *arena, const iac_value *const *numbers, size_t n)
{
    int64_t small = 0;
    mpfr_prec_t precision = 0;
    bool all_small = true;
    for (size_t i = 0; i < n; i++) {
        mpfr_prec_t own = iac_number_precision(numbers[i]);
        precision = own > precision ? own : precision;
        all_small = all_small && !numbers[i]->number.big &&
                    !__builtin_add_overflow(small, numbers[i]->number.small, &small);
    }
    if (all_small)
        return iac_value_int_of(arena, small, precision);
    mpfr_t sum, scratch;
    mpfr_inits2(IAC_PRECISION, sum, scratch, (mpfr_ptr)NULL);
    mpfr_set_prec(sum, iac_number_precision(numbers[0]));
    mpfr_set(sum, iac_number_mpfr(numbers[0], scratch), MPFR_RNDN);
    for (size_t i = 1; i < n; i++) {
        precision = iac_number_precision(numbers[i]);
        if (precision > mpfr_get_prec(sum))
            mpfr_prec_round(sum, precision, MPFR_RNDN);
        mpfr_add(sum, sum, iac_number_mpfr(numbers[i], scratch), MPFR_RNDN);
    }
    const iac_value *v = iac_value_number(arena, sum);
    mpfr_clears(sum, scratch, (mpfr_ptr)NULL);
    return v;
}

const iac_value *iac_fn_sum(iac_call *call)
{
    const iac_value *list = call->args[0];
    if (list->kind < IAC_LIST)
        return iac_call_fail(call, 0, "cannot sum noniterable");
    if (list->n == 0)
        return iac_call_fail(call, 0, "cannot sum an empty list");
    if (list->kind == IAC_MAP || list->kind == IAC_OBJECT) {
        iac_str name = iac_call_type_name(call, list);
        return iac_call_fail(call, 0, "argument must be list, set, or tuple. Received %.*s", IAC_FMT(name));
    }
    if (!iac_is_wholly_known(list))
        return iac_call_unknown(call);
    const iac_value **numbers = iac_xcalloc(list->n, sizeof(*numbers));
    const iac_value *result = NULL;
    for (size_t i = 0; i < list->n; i++) {
        iac_str error;
        numbers[i] = iac_convert(call->arena, list->items[i], &iac_type_number, &error, NULL);
        if (!numbers[i] || iac_is_null(numbers[i])) {
            iac_call_fail(call, 0, "argument must be list, set, or tuple of number values");
            goto out;
        }
    }
    result = add_all(call->arena, numbers, list->n);
out:
    free(numbers);
    return result;
}

/* ---- range ---- */

enum { MAX_RANGE = 1024 };

static const iac_value *count_up(iac_call *call, mpfr_srcptr start, mpfr_srcptr end, mpfr_srcptr step)
{
    const iac_value *items[MAX_RANGE];
    size_t n = 0;
    int down = mpfr_sgn(step) < 0;
    mpfr_t at;
    mpfr_init2(at, mpfr_get_prec(start));
    mpfr_set(at, start, MPFR_RNDN);
    while (down ? mpfr_greater_p(at, end) : mpfr_less_p(at, end)) {
        if (n == MAX_RANGE) {
            mpfr_clear(at);
            return iac_call_fail(call, IAC_FUNC_NO_ARG,
                                 "more than %d values were generated; either decrease the difference between start "
                                 "and end or use a smaller step",
                                 MAX_RANGE);
        }
        items[n++] = iac_value_number(call->arena, at);
        if (mpfr_get_prec(step) > mpfr_get_prec(at))
            mpfr_prec_round(at, mpfr_get_prec(step), MPFR_RNDN);
        mpfr_add(at, at, step, MPFR_RNDN);
    }
    mpfr_clear(at);
    return iac_value_list(call->arena, &iac_type_number, items, n);
}

const iac_value *iac_fn_range(iac_call *call)
{
    if (call->n < 1 || call->n > 3)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "must have one, two, or three arguments");
    mpfr_t start, end, step;
    mpfr_t *parts[] = { &start, &end, &step };
    for (size_t i = 0; i < 3; i++)
        mpfr_init2(*parts[i], 64);
    mpfr_set_si(start, 0, MPFR_RNDN);
    for (size_t i = 0; i < call->n; i++) {
        mpfr_ptr part = call->n == 1 ? end : *parts[i];
        mpfr_set_prec(part, iac_number_precision(call->args[i]));
        mpfr_srcptr n = iac_number_mpfr(call->args[i], part);
        if (n != part)
            mpfr_set(part, n, MPFR_RNDN);
    }
    if (call->n < 3)
        mpfr_set_si(step, mpfr_less_p(end, start) ? -1 : 1, MPFR_RNDN);
    const iac_value *result = NULL;
    if (mpfr_sgn(step) < 0 && mpfr_greater_p(end, start))
        iac_call_fail(call, 1, "end must be less than start when step is negative");
    else if (mpfr_sgn(step) >= 0 && mpfr_less_p(end, start))
        iac_call_fail(call, 1, "end must be greater than start when step is positive");
    else
        result = count_up(call, start, end, step);
    for (size_t i = 0; i < 3; i++)
        mpfr_clear(*parts[i]);
    return result;
}

/* ---- parseint ---- */

/* Up to base 36 both cases mean the same; above, lower case comes before upper. */
static int digit_value(char c, int64_t base)
{
    int v = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'z' ? c - 'a' + 10
            : c >= 'A' && c <= 'Z' ? c - 'A' + (base > 36 ? 36 : 10)
                                   : 99;
    return v < base ? v : -1;
}

static const iac_value *parse_digits(iac_arena *arena, iac_str digits, int64_t base, bool negative)
{
    mpfr_t n;
    mpfr_init2(n, IAC_PRECISION);
    mpfr_set_si(n, 0, MPFR_RNDN);
    for (size_t i = 0; i < digits.n; i++) {
        mpfr_mul_si(n, n, base, MPFR_RNDN);
        mpfr_add_si(n, n, digit_value(digits.p[i], base), MPFR_RNDN);
    }
    if (negative && !mpfr_zero_p(n))
        mpfr_neg(n, n, MPFR_RNDN);
    mpfr_prec_t whole = mpfr_regular_p(n) ? mpfr_get_exp(n) : 0;
    mpfr_prec_round(n, whole < 64 ? 64 : whole < IAC_PRECISION ? whole : IAC_PRECISION, MPFR_RNDN);
    const iac_value *v = iac_value_number(arena, n);
    mpfr_clear(n);
    return v;
}

const iac_type *iac_type_parseint(iac_call *call)
{
    if (call->args[0]->kind == IAC_STRING)
        return &iac_type_number;
    iac_str name = iac_call_type_name(call, call->args[0]);
    return iac_call_fail(call, 0, "first argument must be a string, not %.*s", IAC_FMT(name));
}

const iac_value *iac_fn_parseint(iac_call *call)
{
    const iac_value *number = call->args[0];
    int64_t base;
    if (!iac_arg_int(call, 1, &base)) {
        call->error->arg = 1;
        return NULL;
    }
    if (base < 2 || base > 62)
        return iac_call_fail(call, 1, "base must be a whole number between 2 and 62 inclusive");
    iac_str text = number->string;
    bool negative = text.n && text.p[0] == '-';
    iac_str digits = iac_str_sub(text, text.n && (negative || text.p[0] == '+'), text.n);
    bool ok = digits.n > 0;
    for (size_t i = 0; ok && i < digits.n; i++)
        ok = digit_value(digits.p[i], base) >= 0;
    if (!ok) {
        iac_buf quoted;
        iac_buf_init(&quoted, IAC_BUF_UNLIMITED);
        iac_quote(&quoted, text);
        iac_call_fail(call, 0, "cannot parse %s as a base %lld integer", quoted.p, (long long)base);
        iac_buf_clear(&quoted);
        return NULL;
    }
    return parse_digits(call->arena, digits, base, negative);
}

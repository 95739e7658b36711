/* Numbers: int64 while they fit, else mpfr with its significand in the arena. */
#include "lang/value/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DOUBLE_PRECISION = 53,
    INTEGER_PRECISION = 64,
    MAX_EXPONENT = 1000000, /* of a decimal text: what is beyond would take megabytes to print */
};

static const iac_value *make_small(iac_arena *arena, int64_t n, mpfr_prec_t precision)
{
    iac_value *v = iac_arena_new_of(arena, iac_value);
    v->kind = IAC_NUMBER;
    v->number.small = n;
    v->number.precision = (uint16_t)precision;
    return v;
}

const iac_value *iac_value_int(iac_arena *arena, int64_t n)
{
    return make_small(arena, n, INTEGER_PRECISION);
}

const iac_value *iac_value_int_of(iac_arena *arena, int64_t n, mpfr_prec_t precision)
{
    const int64_t exact = INT64_C(1) << DOUBLE_PRECISION; /* below it, any precision holds n */
    if (precision >= INTEGER_PRECISION || (-exact < n && n < exact))
        return make_small(arena, n, precision);
    mpfr_t rounded;
    mpfr_init2(rounded, precision);
    mpfr_set_si(rounded, n, MPFR_RNDN);
    const iac_value *v = iac_value_number(arena, rounded);
    mpfr_clear(rounded);
    return v;
}

/* Negative zero stays big: its sign shows when it is printed. So do large numbers that came from a double, for their
 * last digits are not meant. */
static bool fits_small(mpfr_srcptr n)
{
    if (mpfr_zero_p(n))
        return !mpfr_signbit(n);
    if (mpfr_get_prec(n) <= DOUBLE_PRECISION && mpfr_regular_p(n) && mpfr_get_exp(n) > DOUBLE_PRECISION)
        return false;
    return mpfr_integer_p(n) && mpfr_fits_slong_p(n, MPFR_RNDN);
}

const iac_value *iac_value_number(iac_arena *arena, mpfr_srcptr n)
{
    if (fits_small(n))
        return make_small(arena, mpfr_get_si(n, MPFR_RNDN), mpfr_get_prec(n));
    mpfr_prec_t precision = mpfr_get_prec(n);
    mpfr_ptr own = iac_arena_alloc(arena, sizeof(*own));
    void *significand = iac_arena_alloc(arena, mpfr_custom_get_size(precision));
    mpfr_custom_init(significand, precision);
    mpfr_custom_init_set(own, MPFR_ZERO_KIND, 0, precision, significand);
    mpfr_set(own, n, MPFR_RNDN);
    iac_value *v = iac_arena_new_of(arena, iac_value);
    v->kind = IAC_NUMBER;
    v->number.big = own;
    return v;
}

const iac_value *iac_value_double(iac_arena *arena, double n)
{
    mpfr_t exact;
    mpfr_init2(exact, DOUBLE_PRECISION);
    mpfr_set_d(exact, n, MPFR_RNDN);
    const iac_value *v = iac_value_number(arena, exact);
    mpfr_clear(exact);
    return v;
}

static size_t digits(iac_str s, size_t i)
{
    size_t from = i;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i - from;
}

/* Whether s is [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. */
static bool is_decimal(iac_str s, bool *ret_plain)
{
    size_t i = s.n && (s.p[0] == '+' || s.p[0] == '-');
    size_t whole = digits(s, i), fraction = 0;
    i += whole;
    *ret_plain = i == s.n && whole > 0 && whole <= 18;
    if (i < s.n && s.p[i] == '.') {
        fraction = digits(s, i + 1);
        i += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        i += i < s.n && (s.p[i] == '+' || s.p[i] == '-');
        size_t exponent = digits(s, i);
        if (exponent == 0 || labs(strtol(s.p + i, NULL, 10)) > MAX_EXPONENT)
            return false;
        i += exponent;
    }
    return i == s.n;
}

/* Infinities are numbers to the language too: 1/0 makes one, and tonumber("Inf") reads it. */
static bool is_infinity(iac_str s)
{
    if (s.n && (s.p[0] == '+' || s.p[0] == '-'))
        s = iac_str_sub(s, 1, s.n);
    return iac_str_is(s, "Inf") || iac_str_is(s, "inf");
}

const iac_value *iac_value_number_parse(iac_arena *arena, iac_str decimal)
{
    char small_copy[64], *text = small_copy;
    bool plain;
    if (decimal.n >= sizeof(small_copy))
        text = iac_xmalloc(decimal.n + 1);
    if (decimal.n)
        memcpy(text, decimal.p, decimal.n);
    text[decimal.n] = '\0';

    const iac_value *v = NULL;
    if (!is_decimal((iac_str){ text, decimal.n }, &plain)) {
        if (!is_infinity(decimal))
            goto out;
        plain = false;
    }
    if (plain) {
        int64_t n = strtoll(text, NULL, 10);
        if (n != 0 || text[0] != '-') {
            v = make_small(arena, n, IAC_PRECISION);
            goto out;
        }
    }
    mpfr_t n;
    mpfr_init2(n, IAC_PRECISION);
    mpfr_strtofr(n, text, NULL, 10, MPFR_RNDN);
    v = iac_value_number(arena, n);
    mpfr_clear(n);
out:
    if (text != small_copy)
        free(text);
    return v;
}

bool iac_value_to_int(const iac_value *number, int64_t *ret)
{
    if (number->kind != IAC_NUMBER || number->state != IAC_KNOWN)
        return false;
    mpfr_srcptr big = number->number.big;
    if (big && !(mpfr_integer_p(big) && mpfr_fits_slong_p(big, MPFR_RNDN)))
        return false;
    *ret = big ? mpfr_get_si(big, MPFR_RNDN) : number->number.small;
    return true;
}

double iac_value_to_double(const iac_value *number)
{
    if (number->kind != IAC_NUMBER || number->state != IAC_KNOWN)
        return 0;
    return number->number.big ? mpfr_get_d(number->number.big, MPFR_RNDN) : (double)number->number.small;
}

mpfr_prec_t iac_number_precision(const iac_value *number)
{
    if (number->number.big)
        return mpfr_get_prec(number->number.big);
    return number->number.precision ? number->number.precision : IAC_PRECISION;
}

mpfr_srcptr iac_number_mpfr(const iac_value *number, mpfr_ptr scratch)
{
    if (number->number.big)
        return number->number.big;
    mpfr_set_si(scratch, number->number.small, MPFR_RNDN);
    return scratch;
}

int iac_number_cmp(const iac_value *a, const iac_value *b)
{
    mpfr_srcptr x = a->number.big, y = b->number.big;
    if (!x && !y)
        return (a->number.small > b->number.small) - (a->number.small < b->number.small);
    int c = x && y ? mpfr_cmp(x, y) : x ? mpfr_cmp_si(x, b->number.small) : -mpfr_cmp_si(y, a->number.small);
    return (c > 0) - (c < 0);
}

/* Whether the decimal 0.DIGITS * 10^exponent is at most half a unit of n's last bit away. The unit below a power of two
 * is taken to be that above it, though it is half of that: so does Terraform, and prints 2^64 of 53 bits with one digit
 * less than reading it back takes. */
static bool is_close(const char *digits, mpfr_exp_t exponent, mpfr_srcptr n)
{
    mpfr_t distance, half;
    char *number;
    if (asprintf(&number, "%s@%ld", digits, (long)exponent - (long)strlen(digits) + (digits[0] == '-')) < 0)
        abort();
    mpfr_init2(distance, 2 * mpfr_get_prec(n) + 64);
    mpfr_init2(half, 2);
    mpfr_strtofr(distance, number, NULL, 10, MPFR_RNDN);
    free(number);
    mpfr_sub(distance, distance, n, MPFR_RNDA);
    mpfr_set_ui_2exp(half, 1, mpfr_get_exp(n) - mpfr_get_prec(n) - 1, MPFR_RNDN);
    int c = mpfr_cmpabs(distance, half);
    bool even = mpfr_min_prec(n) < mpfr_get_prec(n);
    mpfr_clear(distance);
    mpfr_clear(half);
    return c < 0 || (c == 0 && even);
}

/* The fewest digits that are close enough to n, without trailing zeros, to be freed by mpfr_free_str; n is not zero.
 * Decimals of up to `sure` digits are farther apart than numbers of n's precision, so when rounding to that many is
 * close, the shortest form is what remains without its zeros; otherwise a digit or three more must do. */
static char *shortest_digits(mpfr_srcptr n, mpfr_exp_t *ret_exponent)
{
    mpfr_prec_t precision = mpfr_get_prec(n);
    size_t sure = (size_t)((double)(precision - 1) * 0.30102999566398119521);
    if (sure < 1)
        sure = 1;
    char *text = NULL;
    for (size_t count = sure;; count++) {
        text = mpfr_get_str(NULL, ret_exponent, 10, count, n, MPFR_RNDN);
        if (is_close(text, *ret_exponent, n) || count > sure + 4)
            break;
        mpfr_free_str(text);
    }
    size_t end = strlen(text);
    while (end > 1 && text[end - 1] == '0')
        end--;
    text[end] = '\0';
    return text;
}

static iac_str big_text(iac_arena *arena, mpfr_srcptr n)
{
    if (mpfr_nan_p(n))
        return IAC_STR("NaN");
    if (mpfr_inf_p(n))
        return mpfr_signbit(n) ? IAC_STR("-Inf") : IAC_STR("+Inf");
    if (mpfr_zero_p(n))
        return mpfr_signbit(n) ? IAC_STR("-0") : IAC_STR("0");

    mpfr_exp_t point;
    char *all = shortest_digits(n, &point);
    const char *text = all + (all[0] == '-');
    size_t count = strlen(text);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    if (text != all)
        iac_buf_char(&buf, '-');
    if (point <= 0) {
        iac_buf_cstr(&buf, "0.");
        iac_buf_fill(&buf, '0', (size_t)-point);
        iac_buf_cstr(&buf, text);
    } else if ((size_t)point >= count) {
        iac_buf_cstr(&buf, text);
        iac_buf_fill(&buf, '0', (size_t)point - count);
    } else {
        iac_buf_add(&buf, text, (size_t)point);
        iac_buf_char(&buf, '.');
        iac_buf_cstr(&buf, text + point);
    }
    mpfr_free_str(all);
    iac_str result = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return result;
}

iac_str iac_number_text(iac_arena *arena, const iac_value *number)
{
    if (number->number.big)
        return big_text(arena, number->number.big);
    return iac_arena_printf(arena, "%lld", (long long)number->number.small);
}

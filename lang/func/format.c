/* format and formatlist: %[flags][width][.precision][[argument]]verb. */
#include "lang/func/func_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WIDTH = 1000000 };

struct verb {
    iac_str raw;   /* as written, from the percent sign on */
    size_t offset; /* of the percent sign */
    char mode;
    size_t arg; /* from 1 */
    bool plus, minus, space, zero, sharp, has_precision;
    size_t width, precision;
};

struct formatter {
    iac_call *call;
    iac_str format;
    const iac_value *const *args;
    size_t n;
    size_t next, highest; /* next argument, and the highest one used; from 1 */
    iac_buf out;
};

static bool fail_verb(struct formatter *f, const struct verb *v, iac_str why)
{
    iac_call_fail(f->call, IAC_FUNC_NO_ARG, "unsupported value for \"%.*s\" at %zu: %.*s", IAC_FMT(v->raw), v->offset,
                  IAC_FMT(why));
    return false;
}

/* ---- padding ---- */

/* Strings are padded to a width in grapheme clusters. */
static void add_padded(iac_buf *out, const struct verb *v, iac_str text)
{
    size_t length = v->width ? iac_grapheme_count(text) : 0;
    size_t pad = v->width > length ? v->width - length : 0;
    if (pad && !v->minus)
        iac_buf_fill(out, v->zero ? '0' : ' ', pad);
    iac_buf_str(out, text);
    if (pad && v->minus)
        iac_buf_fill(out, ' ', pad);
}

/* A number's sign, prefix and digits; zeros go between prefix and digits. */
static void add_number(iac_buf *out, const struct verb *v, bool negative, const char *prefix, iac_str digits,
                       bool zero_pad)
{
    const char *sign = negative ? "-" : v->plus ? "+" : v->space ? " " : "";
    size_t length = strlen(sign) + strlen(prefix) + digits.n;
    size_t pad = v->width > length ? v->width - length : 0;
    bool zeros = v->zero && !v->minus && zero_pad;
    if (pad && !v->minus && !zeros)
        iac_buf_fill(out, ' ', pad);
    iac_buf_cstr(out, sign);
    iac_buf_cstr(out, prefix);
    if (pad && zeros)
        iac_buf_fill(out, '0', pad);
    iac_buf_str(out, digits);
    if (pad && v->minus)
        iac_buf_fill(out, ' ', pad);
}

/* ---- numbers ---- */

static const iac_value *to_type(struct formatter *f, const struct verb *v, const iac_type *type)
{
    iac_str error;
    const iac_value *result = iac_convert(f->call->arena, f->args[v->arg - 1], type, &error, NULL);
    if (!result)
        fail_verb(f, v, error);
    return result;
}

static iac_str digits_in_base(iac_arena *arena, const iac_value *number, int base, bool upper)
{
    mpfr_t scratch;
    mpfr_init2(scratch, IAC_PRECISION);
    mpfr_srcptr n = iac_number_mpfr(number, scratch);
    iac_str result = IAC_STR("0");
    if (!mpfr_zero_p(n) && base == 10) {
        result = iac_number_text(arena, number);
        result = iac_str_sub(result, result.p[0] == '-', result.n);
    } else if (!mpfr_zero_p(n)) {
        mpfr_exp_t exponent;
        char *text = mpfr_get_str(NULL, &exponent, upper ? -base : base, 0, n, MPFR_RNDN);
        const char *digits = text + (text[0] == '-');
        size_t have = strlen(digits), want = exponent > 0 ? (size_t)exponent : 0;
        iac_buf buf;
        iac_buf_init(&buf, IAC_BUF_UNLIMITED);
        iac_buf_add(&buf, digits, have < want ? have : want);
        iac_buf_fill(&buf, '0', have < want ? want - have : 0);
        result = iac_arena_str(arena, iac_buf_view(&buf));
        iac_buf_clear(&buf);
        mpfr_free_str(text);
    }
    mpfr_clear(scratch);
    return result;
}

static bool is_negative(const iac_value *number)
{
    return number->number.big ? mpfr_signbit(number->number.big) && !mpfr_nan_p(number->number.big)
                              : number->number.small < 0;
}

static bool add_integer(struct formatter *f, const struct verb *v)
{
    const iac_value *number = to_type(f, v, &iac_type_number);
    if (!number)
        return false;
    if (number->number.big && !mpfr_integer_p(number->number.big))
        return fail_verb(f, v, IAC_STR("an integer is required"));
    int base = v->mode == 'd' ? 10 : v->mode == 'b' ? 2 : v->mode == 'o' ? 8 : 16;
    static const char *const prefixes[] = { [2] = "0b", [8] = "0", [10] = "", [16] = "0x" };
    iac_str digits = digits_in_base(f->call->arena, number, base, v->mode == 'X');
    const char *prefix = !v->sharp ? "" : v->mode == 'X' ? "0X" : prefixes[base];
    iac_buf padded;
    iac_buf_init(&padded, IAC_BUF_UNLIMITED);
    if (v->has_precision && v->precision > digits.n)
        iac_buf_fill(&padded, '0', v->precision - digits.n);
    iac_buf_str(&padded, digits);
    bool negative = is_negative(number) && iac_value_to_double(number) != 0; /* -0 is 0 as an integer */
    add_number(&f->out, v, negative, prefix, iac_buf_view(&padded), !v->has_precision);
    iac_buf_clear(&padded);
    return true;
}

/* Shortest digits, with an exponent below 1e-4 and where there are more digits before the point than six, unless all
 * of them count. */
static iac_str shortest(iac_arena *arena, const iac_value *number, bool upper)
{
    iac_str text = iac_number_text(arena, number);
    text = iac_str_sub(text, text.n && (text.p[0] == '-' || text.p[0] == '+'), text.n);
    if (number->number.big && !mpfr_number_p(number->number.big))
        return text;
    size_t point = iac_str_find_char(text, '.', 0);
    iac_buf digits;
    iac_buf_init(&digits, IAC_BUF_UNLIMITED);
    iac_buf_str(&digits, iac_str_sub(text, 0, point == SIZE_MAX ? text.n : point));
    long exponent = (long)digits.n - 1;
    if (point != SIZE_MAX)
        iac_buf_str(&digits, iac_str_sub(text, point + 1, text.n));
    size_t zeros = 0;
    while (zeros + 1 < digits.n && digits.p[zeros] == '0')
        zeros++;
    exponent -= (long)zeros;
    iac_str all = iac_str_sub(iac_buf_view(&digits), zeros, digits.n);
    while (all.n > 1 && all.p[all.n - 1] == '0')
        all.n--;
    if (exponent >= -4 && exponent < 6) {
        iac_buf_clear(&digits);
        return text;
    }
    iac_str result = iac_arena_printf(arena, "%c%s%.*s%c%c%02ld", all.p[0], all.n > 1 ? "." : "", (int)all.n - 1,
                                      all.p + 1, upper ? 'E' : 'e', exponent < 0 ? '-' : '+', labs(exponent));
    iac_buf_clear(&digits);
    return result;
}

static bool add_float(struct formatter *f, const struct verb *v)
{
    const iac_value *number = to_type(f, v, &iac_type_number);
    if (!number)
        return false;
    bool negative = is_negative(number);
    if (number->number.big && !mpfr_number_p(number->number.big)) { /* an infinity always shows its sign */
        struct verb signed_verb = *v;
        signed_verb.plus = true;
        add_number(&f->out, &signed_verb, negative, "", IAC_STR("Inf"), false);
        return true;
    }
    if ((v->mode == 'g' || v->mode == 'G') && !v->has_precision) {
        add_number(&f->out, v, negative, "", shortest(f->call->arena, number, v->mode == 'G'), true);
        return true;
    }
    static const char *const formats[] = {
        ['e'] = "%.*RNe", ['E'] = "%.*RNE", ['f'] = "%.*RNf", ['F'] = "%.*RNf", ['g'] = "%.*RNg", ['G'] = "%.*RNG"
    };
    mpfr_t magnitude;
    mpfr_t scratch;
    char *text = NULL;
    mpfr_init2(magnitude, IAC_PRECISION);
    mpfr_init2(scratch, IAC_PRECISION);
    mpfr_abs(magnitude, iac_number_mpfr(number, scratch), MPFR_RNDN);
    int n = mpfr_asprintf(&text, formats[(unsigned char)v->mode], v->has_precision ? (int)v->precision : 6, magnitude);
    if (n >= 0) {
        add_number(&f->out, v, negative, "", (iac_str){ text, (size_t)n }, true);
        mpfr_free_str(text);
    }
    mpfr_clear(scratch);
    mpfr_clear(magnitude);
    return n >= 0;
}

/* ---- other verbs ---- */

static iac_str first_clusters(iac_str s, size_t count)
{
    size_t at = 0;
    for (; count > 0 && at < s.n; count--)
        at += iac_grapheme_next(s, at);
    return iac_str_sub(s, 0, at);
}

static bool add_string(struct formatter *f, const struct verb *v)
{
    const iac_value *string = to_type(f, v, &iac_type_string);
    if (!string)
        return false;
    iac_str text = v->has_precision ? first_clusters(string->string, v->precision) : string->string;
    if (v->mode == 's') {
        add_padded(&f->out, v, text);
        return true;
    }
    iac_buf quoted;
    iac_buf_init(&quoted, IAC_BUF_UNLIMITED);
    iac_json_string(&quoted, text, true);
    add_padded(&f->out, v, iac_buf_view(&quoted));
    iac_buf_clear(&quoted);
    return true;
}

static bool add_bool(struct formatter *f, const struct verb *v)
{
    const iac_value *truth = to_type(f, v, &iac_type_bool);
    if (truth)
        iac_buf_cstr(&f->out, truth->boolean ? "true" : "false");
    return truth != NULL;
}

static bool is_infinite(const iac_value *v)
{
    return v->kind == IAC_NUMBER && v->state == IAC_KNOWN && v->number.big && mpfr_inf_p(v->number.big);
}

static void add_as_is(struct formatter *f, const struct verb *v)
{
    const iac_value *arg = f->args[v->arg - 1];
    if (!v->sharp && arg->kind == IAC_STRING && arg->state == IAC_KNOWN) {
        add_padded(&f->out, v, arg->string);
        return;
    }
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    if (!v->sharp && arg->kind == IAC_NUMBER && arg->state == IAC_KNOWN) {
        iac_buf_cstr(&text, is_negative(arg) ? "-" : is_infinite(arg) ? "+" : "");
        iac_buf_str(&text, shortest(f->call->arena, arg, false));
    } else {
        iac_value_to_json(&text, arg);
    }
    add_padded(&f->out, v, iac_buf_view(&text));
    iac_buf_clear(&text);
}

static bool add_verb(struct formatter *f, const struct verb *v)
{
    if (!memchr("vtbdoxXeEfFgGsq", v->mode, 15)) {
        iac_call_fail(f->call, IAC_FUNC_NO_ARG, "unsupported format verb '%c' in \"%.*s\" at offset %zu", v->mode,
                      IAC_FMT(v->raw), v->offset);
        return false;
    }
    if (v->arg > f->n) {
        iac_call_fail(f->call, IAC_FUNC_NO_ARG,
                      "not enough arguments for \"%.*s\" at %zu: need index %zu but have %zu total", IAC_FMT(v->raw),
                      v->offset, v->arg, f->n);
        return false;
    }
    if (v->arg > f->highest)
        f->highest = v->arg;
    if (iac_is_null(f->args[v->arg - 1]) && v->mode != 'v')
        return fail_verb(f, v, IAC_STR("null value cannot be formatted"));
    switch (v->mode) {
    case 'v':
        if ((v->sharp || f->args[v->arg - 1]->kind != IAC_NUMBER) && iac_holds_infinity(f->args[v->arg - 1]))
            return fail_verb(f, v, IAC_STR("cannot serialize infinity as JSON"));
        add_as_is(f, v);
        return true;
    case 't':
        return add_bool(f, v);
    case 's':
    case 'q':
        return add_string(f, v);
    case 'b':
    case 'd':
    case 'o':
    case 'x':
    case 'X':
        return add_integer(f, v);
    default:
        return add_float(f, v);
    }
}

/* ---- the format ---- */

static size_t read_count(iac_str s, size_t *at)
{
    size_t n = 0;
    while (*at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9') {
        n = n * 10 + (size_t)(s.p[*at] - '0');
        if (n > MAX_WIDTH)
            n = MAX_WIDTH;
        ++*at;
    }
    return n;
}

static bool read_flag(char c, struct verb *v)
{
    bool *flag = c == '+'   ? &v->plus
                 : c == '-' ? &v->minus
                 : c == ' ' ? &v->space
                 : c == '0' ? &v->zero
                 : c == '#' ? &v->sharp
                            : NULL;
    if (flag)
        *flag = true;
    return flag != NULL;
}

static bool unrecognized(struct formatter *f, size_t at)
{
    if (at >= f->format.n) {
        iac_call_fail(f->call, IAC_FUNC_NO_ARG, "invalid format string starting at offset %zu", at);
        return false;
    }
    size_t end = at;
    iac_utf8_next(f->format, &end);
    iac_call_fail(f->call, IAC_FUNC_NO_ARG, "unrecognized format character '%.*s' at offset %zu", (int)(end - at),
                  f->format.p + at, at);
    return false;
}

/* Reads the verb whose percent sign is at *at. */
static bool read_verb(struct formatter *f, size_t *at, struct verb *v)
{
    iac_str s = f->format;
    size_t i = *at + 1;
    *v = (struct verb){ .offset = *at, .arg = f->next };
    while (i < s.n && read_flag(s.p[i], v))
        i++;
    v->width = read_count(s, &i);
    if (i < s.n && s.p[i] == '.') {
        i++;
        v->has_precision = true;
        v->precision = read_count(s, &i);
    }
    if (i < s.n && s.p[i] == '[') {
        size_t from = ++i;
        v->arg = read_count(s, &i);
        if (i < s.n && s.p[i] == ']' && i > from && v->arg == 0)
            return unrecognized(f, from);
        if (i >= s.n || s.p[i] != ']' || i == from)
            return unrecognized(f, i);
        i++;
    }
    char c = i < s.n ? s.p[i] : '\0';
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
        return unrecognized(f, i);
    v->mode = c;
    v->raw = iac_str_sub(s, *at, i + 1);
    f->next = v->arg + 1;
    *at = i + 1;
    return true;
}

static bool run(struct formatter *f)
{
    for (size_t at = 0; at < f->format.n;) {
        size_t percent = iac_str_find_char(f->format, '%', at);
        if (percent == SIZE_MAX)
            percent = f->format.n;
        iac_buf_str(&f->out, iac_str_sub(f->format, at, percent));
        at = percent;
        if (at == f->format.n)
            break;
        if (at + 1 < f->format.n && f->format.p[at + 1] == '%') {
            iac_buf_char(&f->out, '%');
            at += 2;
            continue;
        }
        struct verb v;
        if (!read_verb(f, &at, &v) || !add_verb(f, &v))
            return false;
    }
    if (f->highest >= f->n)
        return true;
    if (f->highest == 0)
        iac_call_fail(f->call, 1, "too many arguments; no verbs in format string");
    else
        iac_call_fail(f->call, f->highest + 1, "too many arguments; only %zu used by format string", f->highest);
    return false;
}

/* The text in front of the first verb is known even where the arguments are not. */
static iac_str known_prefix(iac_str format)
{
    size_t percent = iac_str_find_char(format, '%', 0);
    return iac_str_sub(format, 0, percent == SIZE_MAX ? format.n : percent);
}

const iac_value *iac_format(iac_call *call, iac_str format, const iac_value *const *args, size_t n)
{
    struct formatter f = { .call = call, .format = format, .args = args, .n = n, .next = 1 };
    iac_buf_init(&f.out, IAC_BUF_UNLIMITED);
    if (run(&f))
        return iac_buf_to_value(call->arena, &f.out);
    iac_buf_clear(&f.out);
    return NULL;
}

static const iac_value *unknown_text(iac_call *call, iac_str format)
{
    const iac_refinement r = { .not_null = true, .prefix = known_prefix(format), .length_max = INT64_MAX };
    return iac_value_refined(call->arena, &iac_type_string, &r);
}

const iac_value *iac_fn_format(iac_call *call)
{
    for (size_t i = 1; i < call->n; i++)
        if (!iac_is_wholly_known(call->args[i]))
            return unknown_text(call, iac_arg_str(call, 0));
    return iac_format(call, iac_arg_str(call, 0), call->args + 1, call->n - 1);
}

/* ---- formatlist ---- */

static bool is_list(const iac_value *v)
{
    return !iac_is_null(v) && (v->kind == IAC_LIST || v->kind == IAC_SET || v->kind == IAC_TUPLE);
}

/* How often the format is applied; false with the error noted. */
static bool iterations(iac_call *call, size_t *ret)
{
    size_t chosen = 0, count = 1;
    for (size_t i = 1; i < call->n; i++) {
        const iac_value *v = call->args[i];
        if (!is_list(v))
            continue;
        if (chosen && v->n != count) {
            iac_call_fail(call, i, "argument %zu has length %zu, which is inconsistent with argument %zu of length %zu",
                          i, v->n, chosen, count);
            return false;
        }
        if (!chosen) {
            chosen = i;
            count = v->n;
        }
    }
    *ret = count;
    return true;
}

static const iac_value *format_row(iac_call *call, const iac_value **row, size_t index)
{
    for (size_t i = 1; i < call->n; i++) {
        row[i] = is_list(call->args[i]) ? call->args[i]->items[index] : call->args[i];
        if (!iac_is_wholly_known(row[i]))
            return unknown_text(call, iac_arg_str(call, 0));
    }
    const iac_value *v = iac_format(call, iac_arg_str(call, 0), row + 1, call->n - 1);
    if (!v && call->n > 1) {
        iac_str why = call->error->text;
        iac_call_fail(call, IAC_FUNC_NO_ARG, "error on format iteration %zu: %.*s", index, IAC_FMT(why));
    }
    return v;
}

const iac_value *iac_fn_formatlist(iac_call *call)
{
    size_t count;
    for (size_t i = 1; i < call->n; i++) {
        const iac_value *v = call->args[i];
        bool open_set = v->kind == IAC_SET && v->state == IAC_KNOWN && v->deep_unknown;
        bool unsure = iac_is_unknown(v) && (is_list(v) || v->kind == IAC_DYNAMIC);
        if (unsure || open_set)
            return iac_call_unknown(call);
    }
    if (!iterations(call, &count))
        return NULL;
    const iac_value **items = iac_xcalloc(count + 1, sizeof(*items));
    const iac_value **row = iac_xcalloc(call->n + 1, sizeof(*row));
    const iac_value *result = NULL;
    for (size_t i = 0; i < count; i++) {
        items[i] = format_row(call, row, i);
        if (!items[i])
            goto out;
    }
    result = iac_value_list(call->arena, &iac_type_string, items, count);
out:
    free(row);
    free(items);
    return result;
}

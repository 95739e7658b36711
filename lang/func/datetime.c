/* Dates and times: RFC 3339 timestamps, durations as Go writes them. */
#include "lang/func/func_internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct timestamp {
    int64_t seconds; /* since 1970, UTC */
    int32_t nanos;
    int32_t offset; /* of the zone, in seconds */
    bool utc;       /* written as "Z" */
} timestamp;

typedef struct civil {
    int64_t year;
    int month, day, hour, minute, second, weekday; /* month and day from 1, weekday from Sunday */
} civil;

/* ---- the calendar ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Days since 1970 of a date of the Gregorian calendar, which years from March make regular. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400), of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static civil civil_of(int64_t seconds)
{
    int64_t days = floor_div(seconds, 86400), rest = seconds - days * 86400;
    int64_t shifted = days + 719468, era = floor_div(shifted, 146097), of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    civil c = { .day = (int)(of_year - (153 * month + 2) / 5 + 1), .month = (int)(month < 10 ? month + 3 : month - 9) };
    c.year = year + era * 400 + (c.month <= 2);
    c.hour = (int)(rest / 3600);
    c.minute = (int)(rest / 60 % 60);
    c.second = (int)(rest % 60);
    c.weekday = (int)(((days + 4) % 7 + 7) % 7);
    return c;
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* ---- reading ---- */

struct reader {
    iac_call *call;
    size_t arg;
    iac_str rest;
    bool strict; /* to the letter of the RFC; otherwise as Go's time package reads */
};

static bool bad(struct reader *r, const char *format, ...) IAC_PRINTF(2, 3);

static bool bad(struct reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    iac_str why = iac_arena_vprintf(r->call->arena, format, args);
    va_end(args);
    iac_call_fail(r->call, r->arg, "not a valid RFC3339 timestamp: %.*s", IAC_FMT(why));
    return false;
}

static bool unusable(struct reader *r, const char *what)
{
    if (r->rest.n == 0)
        return bad(r, "end of string before %s", what);
    bool hour = r->strict && strcmp(what, "hour") == 0;
    if (hour && iac_str_find_char(r->rest, ':', 0) != SIZE_MAX)
        return bad(r, "hour must be between 0 and 23 inclusive");
    if ((hour || (r->strict && strcmp(what, "minute") == 0)) && r->rest.n != 2)
        return bad(r, "%s must have exactly two digits", what);
    iac_str quoted = iac_call_quote(r->call, r->rest);
    return bad(r, "cannot use %.*s as %s", IAC_FMT(quoted), what);
}

static bool is_digit(iac_str s, size_t i)
{
    return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

static bool read_digits(struct reader *r, size_t count, int low, int high, const char *what, int *ret)
{
    int n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_digit(r->rest, i))
            return unusable(r, what);
        n = n * 10 + (r->rest.p[i] - '0');
    }
    r->rest = iac_str_sub(r->rest, count, r->rest.n);
    *ret = n;
    return (n >= low && n <= high) || unusable(r, what);
}

static bool read_mark(struct reader *r, char mark)
{
    if (r->rest.n && r->rest.p[0] == mark) {
        r->rest = iac_str_sub(r->rest, 1, r->rest.n);
        return true;
    }
    if (mark == 'T')
        return bad(r, "missing required time introducer 'T'");
    if (r->rest.n == 0)
        return bad(r, "end of string where \"%c\" is expected", mark);
    iac_str quoted = iac_call_quote(r->call, r->rest);
    return bad(r, "found %.*s where \"%c\" is expected", IAC_FMT(quoted), mark);
}

static int32_t read_fraction(struct reader *r)
{
    int32_t nanos = 0, unit = 100000000;
    if (r->rest.n < 2 || (r->rest.p[0] != '.' && r->rest.p[0] != ',') || !is_digit(r->rest, 1))
        return 0;
    size_t i = 1;
    for (; is_digit(r->rest, i); i++, unit /= 10)
        nanos += (r->rest.p[i] - '0') * unit;
    r->rest = iac_str_sub(r->rest, i, r->rest.n);
    return nanos;
}

static bool read_zone(struct reader *r, timestamp *t)
{
    iac_str s = r->rest;
    if (s.n && s.p[0] == 'Z') {
        t->utc = true;
        r->rest = iac_str_sub(s, 1, s.n);
        return true;
    }
    bool ok = s.n >= 6 && (s.p[0] == '+' || s.p[0] == '-') && s.p[3] == ':' && is_digit(s, 1) && is_digit(s, 2) &&
              is_digit(s, 4) && is_digit(s, 5);
    if (!ok)
        return unusable(r, "UTC offset");
    int hours = (s.p[1] - '0') * 10 + s.p[2] - '0', minutes = (s.p[4] - '0') * 10 + s.p[5] - '0';
    r->rest = iac_str_sub(s, 6, s.n);
    if (hours > 24 || minutes > 60)
        return bad(r, "end of string before UTC offset");
    t->offset = (hours * 60 + minutes) * 60 * (s.p[0] == '-' ? -1 : 1);
    return true;
}

/* What the RFC forbids of a timestamp that could be read. */
static bool check_strictly(struct reader *r, size_t hour_digits, bool comma, iac_str zone)
{
    if (hour_digits != 2)
        return bad(r, "hour must have exactly two digits");
    if (comma)
        return bad(r, "cannot use \",\" as timestamp segment");
    if (zone.n == 6 && (iac_str_cmp(iac_str_sub(zone, 1, 3), IAC_STR("24")) >= 0 ||
                        iac_str_cmp(iac_str_sub(zone, 4, 6), IAC_STR("60")) >= 0))
        return bad(r, "cannot use \"%.*s\" as UTC offset", IAC_FMT(zone));
    return true;
}

/* Reads argument i; errors are blamed on it, or, arg being IAC_FUNC_NO_ARG, on the call. */
static bool read_timestamp(iac_call *call, size_t i, size_t arg, bool strict, timestamp *ret)
{
    struct reader r = { .call = call, .arg = arg, .rest = iac_arg_str(call, i), .strict = strict };
    int year, month, day, hour, minute, second;
    size_t hour_digits = 0;
    timestamp t = { 0 };
    bool ok = read_digits(&r, 4, 0, 9999, "year", &year) && read_mark(&r, '-') &&
              read_digits(&r, 2, 1, 12, "month", &month) && read_mark(&r, '-') &&
              read_digits(&r, 2, 0, 99, "day of month", &day) && read_mark(&r, 'T') &&
              read_digits(&r, hour_digits = is_digit(r.rest, 1) ? 2 : 1, 0, 23, "hour", &hour) &&
              read_mark(&r, ':') &&
              read_digits(&r, 2, 0, 59, "minute", &minute) && read_mark(&r, ':') &&
              read_digits(&r, 2, 0, 59, "second", &second);
    if (!ok)
        return false;
    bool comma = r.rest.n > 1 && r.rest.p[0] == ',' && is_digit(r.rest, 1);
    t.nanos = read_fraction(&r);
    iac_str zone = r.rest;
    if (!read_zone(&r, &t))
        return false;
    if (r.rest.n)
        return unusable(&r, "timestamp segment");
    if (day < 1 || day > days_in_month(year, month))
        return bad(&r, "day out of range");
    if (strict && !check_strictly(&r, hour_digits, comma, zone))
        return false;
    t.seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - t.offset;
    *ret = t;
    return true;
}

/* ---- writing ---- */

static void add_offset(iac_buf *out, int32_t offset, const char *colon)
{
    int minutes = (offset < 0 ? -offset : offset) / 60;
    iac_buf_printf(out, "%c%02d%s%02d", offset < 0 ? '-' : '+', minutes / 60, colon, minutes % 60);
}

static const iac_value *timestamp_value(iac_call *call, const timestamp *t)
{
    civil c = civil_of(t->seconds + t->offset);
    iac_buf buf;
    iac_buf_init(&buf, 128);
    iac_buf_printf(&buf, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)c.year, c.month, c.day, c.hour, c.minute,
                   c.second);
    if (t->offset == 0)
        iac_buf_char(&buf, 'Z');
    else
        add_offset(&buf, t->offset, ":");
    return iac_buf_to_value(call->arena, &buf);
}

const iac_value *iac_fn_timestamp(iac_call *call)
{
    if (call->context->planning)
        return iac_call_unknown(call);
    timestamp now = { .seconds = time(NULL), .utc = true };
    return timestamp_value(call, &now);
}

const iac_value *iac_fn_plantimestamp(iac_call *call)
{
    iac_str at = call->context->plan_timestamp;
    return at.n ? iac_value_string(call->arena, at) : iac_call_unknown(call);
}

const iac_value *iac_fn_timecmp(iac_call *call)
{
    timestamp a, b;
    if (!read_timestamp(call, 0, 0, false, &a) || !read_timestamp(call, 1, 1, false, &b))
        return NULL;
    int64_t x = a.seconds != b.seconds ? a.seconds : a.nanos, y = a.seconds != b.seconds ? b.seconds : b.nanos;
    return iac_value_int(call->arena, (x > y) - (x < y));
}

/* ---- durations ---- */

static bool bad_duration(iac_call *call, const char *what, iac_str text)
{
    iac_buf quoted; /* byte by byte, unlike other messages */
    iac_buf_init(&quoted, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < ' ' || c >= 0x80)
            iac_buf_printf(&quoted, "\\x%02x", c);
        else
            iac_buf_printf(&quoted, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    iac_call_fail(call, IAC_FUNC_NO_ARG, "time: %s duration \"%s\"", what, text.n ? quoted.p : "");
    iac_buf_clear(&quoted);
    return false;
}

static int64_t unit_nanos(iac_str unit)
{
    static const struct {
        const char *name;
        int64_t nanos;
    } units[] = {
        { "ns", 1 },       { "us", 1000 },      { "\xc2\xb5s", 1000 }, { "\xce\xbcs", 1000 },
        { "ms", 1000000 }, { "s", 1000000000 }, { "m", 60000000000 },  { "h", 3600000000000 },
    };
    for (size_t i = 0; i < IAC_COUNT(units); i++)
        if (iac_str_is(unit, units[i].name))
            return units[i].nanos;
    return 0;
}

/* One number with its unit at *at, added to *nanos; false with the error noted. */
static bool read_term(iac_call *call, iac_str text, size_t *at, int64_t *nanos)
{
    int64_t whole = 0, part;
    double fraction = 0, scale = 0.1;
    size_t i = *at, from, numbers = 0;
    for (; is_digit(text, i); i++, numbers++)
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, text.p[i] - '0', &whole))
            return bad_duration(call, "invalid", text);
    if (i < text.n && text.p[i] == '.')
        for (i++; is_digit(text, i); i++, numbers++, scale /= 10)
            fraction += (text.p[i] - '0') * scale;
    if (numbers == 0)
        return bad_duration(call, "invalid", text);
    from = i;
    while (i < text.n && text.p[i] != '.' && !is_digit(text, i))
        i++;
    iac_str unit = iac_str_sub(text, from, i);
    if (unit.n == 0)
        return bad_duration(call, "missing unit in", text);
    int64_t size = unit_nanos(unit);
    if (size == 0) {
        iac_buf what;
        iac_buf_init(&what, IAC_BUF_UNLIMITED);
        iac_buf_cstr(&what, "unknown unit ");
        iac_quote(&what, unit);
        iac_buf_cstr(&what, " in");
        bad_duration(call, what.p, text);
        iac_buf_clear(&what);
        return false;
    }
    if (__builtin_mul_overflow(whole, size, &part) || __builtin_add_overflow(*nanos, part, nanos) ||
        __builtin_add_overflow(*nanos, (int64_t)(fraction * (double)size + 0.5), nanos))
        return bad_duration(call, "invalid", text);
    *at = i;
    return true;
}

static bool read_duration(iac_call *call, iac_str text, int64_t *ret)
{
    size_t at = text.n && (text.p[0] == '-' || text.p[0] == '+');
    bool negative = text.n && text.p[0] == '-';
    *ret = 0;
    if (iac_str_is(iac_str_sub(text, at, text.n), "0"))
        return true;
    if (at == text.n)
        return bad_duration(call, "invalid", text);
    while (at < text.n)
        if (!read_term(call, text, &at, ret))
            return false;
    if (negative)
        *ret = -*ret;
    return true;
}

const iac_value *iac_fn_timeadd(iac_call *call)
{
    timestamp t;
    int64_t nanos;
    if (!read_timestamp(call, 0, IAC_FUNC_NO_ARG, true, &t) || !read_duration(call, iac_arg_str(call, 1), &nanos))
        return NULL;
    int64_t seconds = floor_div(nanos, 1000000000), total = t.nanos + (nanos - seconds * 1000000000);
    t.seconds += seconds + total / 1000000000;
    t.nanos = (int32_t)(total % 1000000000);
    return timestamp_value(call, &t);
}

/* ---- formatdate ---- */

static const char *const month_names[] = { "January", "February", "March",     "April",   "May",      "June",
                                           "July",    "August",   "September", "October", "November", "December" };
static const char *const day_names[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };

/* What lengths a letter may have, and how Terraform says so. */
static const char *length_fault(char letter, size_t n)
{
    switch (letter) {
    case 'Y':
        return n == 2 || n == 4 ? NULL : "year must either be \"YY\" or \"YYYY\"";
    case 'M':
        return n <= 4 ? NULL : "month must be \"M\", \"MM\", \"MMM\", or \"MMMM\"";
    case 'D':
        return n <= 2 ? NULL : "day of month must either be \"D\" or \"DD\"";
    case 'E':
        return n == 3 || n == 4 ? NULL : "day of week must either be \"EEE\" or \"EEEE\"";
    case 'h':
        return n <= 2 ? NULL : "24-hour must either be \"h\" or \"hh\"";
    case 'H':
        return n <= 2 ? NULL : "12-hour must either be \"H\" or \"HH\"";
    case 'A':
    case 'a':
        return n == 2 ? NULL : letter == 'A' ? "must be \"AA\"" : "must be \"aa\"";
    case 'm':
        return n <= 2 ? NULL : "minute must either be \"m\" or \"mm\"";
    case 's':
        return n <= 2 ? NULL : "second must either be \"s\" or \"ss\"";
    case 'Z':
        return n == 1 || (n >= 3 && n <= 5) ? NULL : "timezone must be Z, ZZZZ, or ZZZZZ";
    default:
        return "";
    }
}

static void add_zone(iac_buf *out, const timestamp *t, size_t n)
{
    if (t->offset == 0 && (n == 1 || n == 3))
        iac_buf_cstr(out, n == 1 ? "Z" : "UTC");
    else
        add_offset(out, t->offset, n == 1 || n == 5 ? ":" : "");
}

static void add_date_part(iac_buf *out, const timestamp *t, const civil *c, char letter, size_t n)
{
    int number = 0;
    switch (letter) {
    case 'Y':
        iac_buf_printf(out, n == 2 ? "%02lld" : "%04lld", (long long)(n == 2 ? c->year % 100 : c->year));
        return;
    case 'M':
        if (n > 2) {
            iac_buf_printf(out, "%.*s", n == 3 ? 3 : 99, month_names[c->month - 1]);
            return;
        }
        number = c->month;
        break;
    case 'E':
        iac_buf_printf(out, "%.*s", n == 3 ? 3 : 99, day_names[c->weekday]);
        return;
    case 'A':
        iac_buf_cstr(out, c->hour < 12 ? "AM" : "PM");
        return;
    case 'a':
        iac_buf_cstr(out, c->hour < 12 ? "am" : "pm");
        return;
    case 'Z':
        add_zone(out, t, n);
        return;
    case 'D':
        number = c->day;
        break;
    case 'h':
        number = c->hour;
        break;
    case 'H':
        number = c->hour % 12 == 0 ? 12 : c->hour % 12;
        break;
    case 'm':
        number = c->minute;
        break;
    default:
        number = c->second;
        break;
    }
    iac_buf_printf(out, n == 1 ? "%d" : "%02d", number);
}

/* A literal in quotes at *at; two quotes within stand for one. */
static bool add_literal(iac_buf *out, iac_str format, size_t *at)
{
    size_t i = *at + 1;
    for (; i < format.n; i++) {
        if (format.p[i] == '\'') {
            if (i + 1 == format.n || format.p[i + 1] != '\'') {
                *at = i + 1;
                return true;
            }
            i++;
        }
        iac_buf_char(out, format.p[i]);
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

const iac_value *iac_fn_formatdate(iac_call *call)
{
    iac_str format = iac_arg_str(call, 0);
    timestamp t;
    if (!read_timestamp(call, 1, 1, true, &t))
        return NULL;
    civil c = civil_of(t.seconds + t.offset);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < format.n;) {
        char letter = format.p[i];
        if (letter == '\'') {
            if (add_literal(&buf, format, &i))
                continue;
            iac_buf_clear(&buf);
            return iac_call_fail(call, 0, "unterminated literal '");
        }
        size_t n = 1;
        while (is_letter(letter) && i + n < format.n && format.p[i + n] == letter)
            n++;
        const char *why = is_letter(letter) ? length_fault(letter, n) : NULL;
        if (why) {
            iac_buf_clear(&buf);
            return iac_call_fail(call, 0, "invalid date format verb \"%.*s\"%s%s", (int)n, format.p + i,
                                 *why ? ": " : "", why);
        }
        if (is_letter(letter))
            add_date_part(&buf, &t, &c, letter, n);
        else
            iac_buf_char(&buf, letter);
        i += n;
    }
    return iac_buf_to_value(call->arena, &buf);
}

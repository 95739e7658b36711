/* Reads a pattern once from left to right, and writes each part as soon as it is known to be sound. */
#include "lang/func/regex_syntax.h"

#include "lang/value/text.h"

#include <string.h>

enum { MAX_REPEAT = 1000, MAX_CODE_POINT = 0x10ffff };

/* A group that is open, or the pattern as a whole. */
typedef struct level {
    size_t start;   /* of its parenthesis */
    size_t repeats; /* how often something within is repeated at most, as nested quantifiers multiply */
} level;

struct scan {
    iac_str s;
    size_t at;
    iac_buf *out;
    iac_regex_groups *groups;
    IAC_VEC(level) levels;
    bool atom;           /* there is something that a quantifier would repeat */
    size_t atom_repeats; /* how often something within it is */
    size_t quantifier;   /* where the quantifier just before this began, or SIZE_MAX */
    iac_regex_fault fault;
};

static bool wrong(struct scan *scan, const char *code, size_t from, size_t to)
{
    scan->fault = (iac_regex_fault){ code, iac_str_sub(scan->s, from, to) };
    return false;
}

static char at(const struct scan *scan, size_t i)
{
    return i < scan->s.n ? scan->s.p[i] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void write_char(struct scan *scan, uint32_t c)
{
    if (c < 0x80 && is_word((char)c))
        iac_buf_char(scan->out, (char)c);
    else
        iac_buf_printf(scan->out, "\\x{%x}", c);
}

/* ---- escapes ---- */

static int hex_value(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* After "\x". */
static bool scan_hex(struct scan *scan, size_t from, uint32_t *ret)
{
    static const char code[] = "invalid escape sequence";
    bool braced = at(scan, scan->at) == '{';
    uint32_t c = 0;
    size_t digits = 0;
    scan->at += braced;
    for (;; digits++) {
        if (braced ? at(scan, scan->at) == '}' && digits > 0 : digits == 2)
            break;
        if (scan->at >= scan->s.n)
            return wrong(scan, code, from, scan->s.n);
        int value = hex_value(at(scan, scan->at));
        scan->at++;
        c = c * 16 + (uint32_t)(value < 0 ? 0 : value);
        if (value < 0 || c > MAX_CODE_POINT)
            return wrong(scan, code, from, scan->at);
    }
    scan->at += braced;
    *ret = c;
    return true;
}

/* At a backslash that stands for one character. */
static bool scan_char_escape(struct scan *scan, uint32_t *ret)
{
    static const char names[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    size_t from = scan->at;
    if (from + 1 >= scan->s.n) {
        scan->fault = (iac_regex_fault){ "trailing backslash at end of expression", { "", 0 } };
        return false;
    }
    char c = at(scan, from + 1);
    scan->at += 2;
    if (c == 'x')
        return scan_hex(scan, from, ret);
    if (c == '0' || (c >= '1' && c <= '7' && at(scan, scan->at) >= '0' && at(scan, scan->at) <= '7')) {
        *ret = (uint32_t)(c - '0');
        for (int i = 0; i < 2 && at(scan, scan->at) >= '0' && at(scan, scan->at) <= '7'; i++)
            *ret = *ret * 8 + (uint32_t)(at(scan, scan->at++) - '0');
        return true;
    }
    const char *name = strchr(names, c);
    if (c && name) {
        *ret = (unsigned char)values[name - names];
        return true;
    }
    if ((unsigned char)c < 0x80 && c && (!is_word(c) || c == '_')) {
        *ret = (uint32_t)c;
        return true;
    }
    size_t end = from + 1;
    iac_utf8_next(scan->s, &end);
    return wrong(scan, "invalid escape sequence", from, end);
}

/* Classes that differ between the two, as the inside of a class. */
static const char space_class[] = "\\t\\n\\f\\r\\x20",
                  no_space_class[] = "\\x00-\\x08\\x0b\\x0e-\\x1f\\x21-\\x{10ffff}";

/* At a backslash: a class such as \d or \pL, written as it is within a class or alone. *ret_class: whether it was one;
 * false after a fault. */
static bool scan_class_escape(struct scan *scan, bool in_class, bool *ret_class)
{
    size_t from = scan->at;
    char c = at(scan, from + 1);
    *ret_class = true;
    if (c == 's' || c == 'S') {
        scan->at += 2;
        iac_buf_printf(scan->out, in_class ? "%s" : "[%s]", c == 's' ? space_class : no_space_class);
        return true;
    }
    if (c && strchr("dDwW", c)) {
        scan->at += 2;
        iac_buf_printf(scan->out, "\\%c", c);
        return true;
    }
    *ret_class = c == 'p' || c == 'P';
    if (!*ret_class)
        return true;
    scan->at += 2;
    if (at(scan, scan->at) == '{') {
        size_t end = iac_str_find_char(scan->s, '}', scan->at);
        if (end == SIZE_MAX)
            return wrong(scan, "invalid character class range", from, scan->s.n);
        scan->at = end + 1;
    } else if (scan->at < scan->s.n) {
        iac_utf8_next(scan->s, &scan->at);
    }
    iac_buf_str(scan->out, iac_str_sub(scan->s, from, scan->at));
    return true;
}

/* At a backslash, outside of a class. */
static bool scan_escape(struct scan *scan)
{
    char c = at(scan, scan->at + 1);
    bool class;
    uint32_t literal;
    if (c == 'Q') {
        size_t from = scan->at + 2, end = iac_str_find(scan->s, IAC_STR("\\E"), from);
        size_t stop = end == SIZE_MAX ? scan->s.n : end;
        scan->at = end == SIZE_MAX ? scan->s.n : end + 2;
        while (from < stop)
            write_char(scan, iac_utf8_next(scan->s, &from));
        return true;
    }
    if (c && strchr("AzbB", c)) {
        iac_buf_printf(scan->out, "\\%c", c);
        scan->at += 2;
        return true;
    }
    if (!scan_class_escape(scan, false, &class))
        return false;
    if (class)
        return true;
    if (!scan_char_escape(scan, &literal))
        return false;
    write_char(scan, literal);
    return true;
}

/* ---- classes ---- */

static bool is_posix_class(iac_str name)
{
    static const char *const names[] = { "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
                                         "lower", "print", "punct", "space", "upper", "word",  "xdigit" };
    if (name.n && name.p[0] == '^')
        name = iac_str_sub(name, 1, name.n);
    for (size_t i = 0; i < IAC_COUNT(names); i++)
        if (iac_str_is(name, names[i]))
            return true;
    return false;
}

static bool scan_class_char(struct scan *scan, uint32_t *ret)
{
    if (at(scan, scan->at) == '\\')
        return scan_char_escape(scan, ret);
    *ret = iac_utf8_next(scan->s, &scan->at);
    return true;
}

/* A character, or a range of them. */
static bool scan_range(struct scan *scan)
{
    size_t from = scan->at;
    uint32_t low, high;
    if (!scan_class_char(scan, &low))
        return false;
    high = low;
    if (at(scan, scan->at) == '-' && scan->at + 1 < scan->s.n && at(scan, scan->at + 1) != ']') {
        scan->at++;
        if (!scan_class_char(scan, &high))
            return false;
        if (high < low)
            return wrong(scan, "invalid character class range", from, scan->at);
    }
    write_char(scan, low);
    if (high != low) {
        iac_buf_char(scan->out, '-');
        write_char(scan, high);
    }
    return true;
}

/* At "[". */
static bool scan_class(struct scan *scan)
{
    size_t from = scan->at++;
    iac_buf_char(scan->out, '[');
    if (at(scan, scan->at) == '^') {
        scan->at++;
        iac_buf_char(scan->out, '^');
    }
    for (bool first = true; scan->at < scan->s.n; first = false) {
        char c = at(scan, scan->at);
        bool class = false;
        if (c == ']' && !first) {
            scan->at++;
            iac_buf_char(scan->out, ']');
            return true;
        }
        if (c == '\\' && !scan_class_escape(scan, true, &class))
            return false;
        if (class)
            continue;
        size_t close =
            c == '[' && at(scan, scan->at + 1) == ':' ? iac_str_find(scan->s, IAC_STR(":]"), scan->at + 2) : SIZE_MAX;
        if (close != SIZE_MAX) {
            if (!is_posix_class(iac_str_sub(scan->s, scan->at + 2, close)))
                return wrong(scan, "invalid character class range", scan->at, close + 2);
            iac_buf_str(scan->out, iac_str_sub(scan->s, scan->at, close + 2));
            scan->at = close + 2;
        } else if (!scan_range(scan)) {
            return false;
        }
    }
    return wrong(scan, "missing closing ]", from, scan->s.n);
}

/* ---- groups ---- */

static void open_group(struct scan *scan, size_t from)
{
    iac_vec_push(&scan->levels, (level){ .start = from, .repeats = 1 });
}

/* At the "<" of "(?P<name>" or "(?<name>". */
static bool scan_name(struct scan *scan, size_t from, size_t name)
{
    static const char code[] = "invalid named capture";
    size_t end = iac_str_find_char(scan->s, '>', name);
    if (end == SIZE_MAX)
        return wrong(scan, code, from, scan->s.n);
    bool ok = end > name + 1;
    for (size_t i = name + 1; i < end; i++)
        ok &= is_word(scan->s.p[i]);
    iac_str text = iac_str_sub(scan->s, name + 1, end);
    if (!ok)
        return wrong(scan, code, from, end + 1);
    iac_vec_push(&scan->groups->names, text);
    open_group(scan, from);
    iac_buf_char(scan->out, '(');
    scan->at = end + 1;
    return true;
}

/* At "(": (...), (?:...), (?P<name>...), (?<name>...), (?flags) and (?flags:...). */
static bool scan_group(struct scan *scan)
{
    size_t from = scan->at++;
    if (at(scan, scan->at) != '?') {
        iac_vec_push(&scan->groups->names, (iac_str){ "", 0 });
        open_group(scan, from);
        iac_buf_char(scan->out, '(');
        return true;
    }
    size_t i = scan->at + 1;
    if (at(scan, i) == '<' && i + 1 < scan->s.n)
        return scan_name(scan, from, i);
    if (at(scan, i) == 'P' && at(scan, i + 1) == '<')
        return scan_name(scan, from, i + 1);
    bool negated = false, any = false;
    for (; i < scan->s.n; i++) {
        char c = at(scan, i);
        if ((c == ':' || c == ')') && (any || !negated) && (c == ':' || any || negated)) {
            iac_buf_str(scan->out, iac_str_sub(scan->s, from, i + 1));
            scan->at = i + 1;
            if (c == ':')
                open_group(scan, from);
            return true;
        }
        bool flag = c && strchr("imsU", c);
        if (!flag && (c != '-' || negated))
            return wrong(scan, "invalid or unsupported Perl syntax", from, i + 1);
        any = flag;
        negated |= c == '-';
    }
    if (i == scan->at + 1)
        return wrong(scan, "invalid or unsupported Perl syntax", from, i);
    return wrong(scan, "missing closing )", 0, scan->s.n);
}

static bool close_group(struct scan *scan)
{
    if (scan->levels.n <= 1)
        return wrong(scan, "unexpected )", 0, scan->s.n);
    size_t repeats = scan->levels.v[--scan->levels.n].repeats;
    level *outer = &scan->levels.v[scan->levels.n - 1];
    if (repeats > outer->repeats)
        outer->repeats = repeats;
    scan->atom_repeats = repeats;
    iac_buf_char(scan->out, ')');
    scan->at++;
    return true;
}

/* ---- quantifiers ---- */

/* Reads {n}, {n,} or {n,m}; 0 when it is none of these and so literal. */
static size_t repeat_length(const struct scan *scan, bool *ret_ok, size_t *ret_count)
{
    size_t i = scan->at + 1, low = 0, high = 0, from = i;
    while (is_digit(at(scan, i)) && i - from < 8)
        low = low * 10 + (size_t)(at(scan, i++) - '0');
    if (i == from)
        return 0;
    high = low;
    if (at(scan, i) == ',') {
        size_t second = ++i;
        high = 0;
        while (is_digit(at(scan, i)) && i - second < 8)
            high = high * 10 + (size_t)(at(scan, i++) - '0');
        if (i == second)
            high = low;
    }
    *ret_ok = low <= high && high <= MAX_REPEAT;
    *ret_count = high;
    return at(scan, i) == '}' ? i + 1 - scan->at : 0;
}

/* At "*", "+", "?" or "{". */
static bool scan_quantifier(struct scan *scan)
{
    size_t from = scan->at, n = 1, count = 1;
    bool ok = true;
    if (at(scan, from) == '{') {
        n = repeat_length(scan, &ok, &count);
        if (n == 0) {
            iac_buf_cstr(scan->out, "\\{");
            scan->at++;
            scan->atom = true;
            scan->atom_repeats = 1;
            scan->quantifier = SIZE_MAX;
            return true;
        }
    }
    if (!ok)
        return wrong(scan, "invalid repeat count", from, from + n);
    if (scan->quantifier != SIZE_MAX)
        return wrong(scan, "invalid nested repetition operator", scan->quantifier, from + n);
    if (!scan->atom)
        return wrong(scan, "missing argument to repetition operator", from, from + n);
    size_t repeats = (count ? count : 1) * scan->atom_repeats;
    if (repeats > MAX_REPEAT)
        return wrong(scan, "invalid repeat count", from, from + n);
    level *here = &scan->levels.v[scan->levels.n - 1];
    if (repeats > here->repeats)
        here->repeats = repeats;
    scan->at += n;
    if (at(scan, scan->at) == '?')
        scan->at++;
    iac_buf_str(scan->out, iac_str_sub(scan->s, from, scan->at));
    scan->quantifier = from;
    return true;
}

/* ---- patterns ---- */

static bool scan_part(struct scan *scan, char c)
{
    switch (c) {
    case '\\':
        return scan_escape(scan);
    case '[':
        return scan_class(scan);
    case '(':
        return scan_group(scan);
    case ')':
        return close_group(scan);
    case '.':
    case '^':
    case '$':
    case '|':
        iac_buf_char(scan->out, c);
        scan->at++;
        return true;
    default:
        write_char(scan, iac_utf8_next(scan->s, &scan->at));
        return true;
    }
}

static bool scan_pattern(struct scan *scan)
{
    open_group(scan, 0);
    while (scan->at < scan->s.n) {
        char c = at(scan, scan->at);
        if (c == '*' || c == '+' || c == '?' || c == '{') {
            if (!scan_quantifier(scan))
                return false;
            continue;
        }
        scan->atom = c != '(' && c != '|';
        scan->atom_repeats = 1;
        scan->quantifier = SIZE_MAX;
        if (!scan_part(scan, c))
            return false;
    }
    return scan->levels.n == 1 || wrong(scan, "missing closing )", 0, scan->s.n);
}

bool iac_regex_translate(iac_str pattern, iac_buf *out, iac_regex_groups *groups, iac_regex_fault *ret_fault)
{
    struct scan scan = { .s = pattern, .out = out, .groups = groups, .atom_repeats = 1, .quantifier = SIZE_MAX };
    bool ok = scan_pattern(&scan);
    iac_vec_clear(&scan.levels);
    if (!ok)
        *ret_fault = scan.fault;
    return ok;
}

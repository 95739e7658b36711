/* Regular expressions: RE2's language, run by PCRE2. What PCRE2 knows beyond it (look-around, back references,
 * possessive quantifiers and so on) is refused before, so that a configuration means the same here as in Terraform, and
 * matching has limits, for PCRE2 backtracks where RE2 does not. */
#include "lang/func/func_internal.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { MATCH_LIMIT = 10000000, DEPTH_LIMIT = 10000, HEAP_LIMIT_KB = 256 * 1024, MAX_REPEAT = 1000 };

typedef struct fault { /* what is wrong with a pattern, in RE2's words */
    const char *code;
    iac_str part;
} fault;

/* ---- checking ---- */

struct scan {
    iac_str s;
    size_t at;
    size_t open; /* parentheses */
    fault fault;
};

static bool wrong(struct scan *scan, const char *code, size_t from, size_t to)
{
    scan->fault = (fault){ code, iac_str_sub(scan->s, from, to) };
    return false;
}

static char at(const struct scan *scan, size_t i)
{
    return i < scan->s.n ? scan->s.p[i] : '\0';
}

/* At a backslash. */
static bool scan_escape(struct scan *scan, bool in_class)
{
    size_t from = scan->at;
    if (from + 1 >= scan->s.n) {
        scan->fault = (fault){ "trailing backslash at end of expression", { "", 0 } };
        return false;
    }
    char c = at(scan, from + 1);
    scan->at += 2;
    if (c == 'Q' && !in_class) {
        size_t end = iac_str_find(scan->s, IAC_STR("\\E"), scan->at);
        scan->at = end == SIZE_MAX ? scan->s.n : end + 2;
        return true;
    }
    if (c == 'p' || c == 'P' || c == 'x') {
        if (at(scan, scan->at) == '{') {
            size_t end = iac_str_find_char(scan->s, '}', scan->at);
            if (end == SIZE_MAX)
                return wrong(scan, c == 'x' ? "invalid escape sequence" : "invalid character class range", from,
                             scan->s.n);
            scan->at = end + 1;
        }
        return true;
    }
    bool octal = c == '0' || (c >= '1' && c <= '7' && at(scan, scan->at) >= '0' && at(scan, scan->at) <= '7');
    bool known = (unsigned char)c >= 0x80 || strchr("dDsSwWafnrtv", c) || octal || (!in_class && strchr("AzbBC", c)) ||
                 !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
    return known || wrong(scan, "invalid escape sequence", from, from + 2);
}

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

/* A character within a class, and the range that it may begin. */
static bool scan_class_char(struct scan *scan)
{
    size_t from = scan->at;
    uint32_t low = iac_utf8_next(scan->s, &scan->at);
    if (at(scan, scan->at) != '-' || scan->at + 1 >= scan->s.n)
        return true;
    size_t end = scan->at + 1;
    char next = at(scan, end);
    if (next == ']' || next == '\\')
        return true;
    uint32_t high = iac_utf8_next(scan->s, &end);
    scan->at = end;
    return low <= high || wrong(scan, "invalid character class range", from, end);
}

/* At "[". */
static bool scan_class(struct scan *scan)
{
    size_t from = scan->at++;
    if (at(scan, scan->at) == '^')
        scan->at++;
    for (bool first = true; scan->at < scan->s.n; first = false) {
        char c = at(scan, scan->at);
        if (c == ']' && !first) {
            scan->at++;
            return true;
        }
        if (c == '\\') {
            if (!scan_escape(scan, true))
                return false;
            continue;
        }
        size_t close =
            c == '[' && at(scan, scan->at + 1) == ':' ? iac_str_find(scan->s, IAC_STR(":]"), scan->at + 2) : SIZE_MAX;
        if (close != SIZE_MAX) {
            if (!is_posix_class(iac_str_sub(scan->s, scan->at + 2, close)))
                return wrong(scan, "invalid character class range", scan->at, close + 2);
            scan->at = close + 2;
        } else if (!scan_class_char(scan)) {
            return false;
        }
    }
    return wrong(scan, "missing closing ]", from, scan->s.n);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* At "(": groups of RE2 are (...), (?:...), (?P<name>...), (?<name>...), (?flags) and (?flags:...). */
static bool scan_group(struct scan *scan)
{
    size_t from = scan->at++;
    scan->open++;
    if (at(scan, scan->at) != '?')
        return true;
    size_t i = scan->at + 1;
    if (at(scan, i) == 'P' || at(scan, i) == '<') {
        bool p = at(scan, i) == 'P';
        i += p;
        if (at(scan, i) != '<' || (!p && (at(scan, i + 1) == '=' || at(scan, i + 1) == '!')))
            return wrong(scan, "invalid or unsupported Perl syntax", from, p ? i : i + 1);
        size_t name = ++i;
        while (is_name_char(at(scan, i)))
            i++;
        if (i == name || at(scan, i) != '>')
            return wrong(scan, "invalid named capture", from, i < scan->s.n ? i + 1 : i);
        scan->at = i + 1;
        return true;
    }
    for (; i < scan->s.n; i++) {
        char c = at(scan, i);
        if (c == ':' || c == ')') {
            scan->open -= c == ')';
            scan->at = i + 1;
            return true;
        }
        if (!strchr("imsU-", c))
            return wrong(scan, "invalid or unsupported Perl syntax", from, i + 1);
    }
    return wrong(scan, "missing closing )", 0, scan->s.n);
}

/* Reads {n}, {n,} or {n,m}; 0 when it is none of these and so literal. */
static size_t repeat_length(const struct scan *scan, bool *ret_ok)
{
    size_t i = scan->at + 1, low = 0, high = 0, from = i;
    while (at(scan, i) >= '0' && at(scan, i) <= '9' && i - from < 8)
        low = low * 10 + (size_t)(at(scan, i++) - '0');
    if (i == from)
        return 0;
    high = low;
    if (at(scan, i) == ',') {
        size_t second = ++i;
        high = 0;
        while (at(scan, i) >= '0' && at(scan, i) <= '9' && i - second < 8)
            high = high * 10 + (size_t)(at(scan, i++) - '0');
        if (i == second)
            high = low;
    }
    *ret_ok = low <= high && high <= MAX_REPEAT;
    return at(scan, i) == '}' ? i + 1 - scan->at : 0;
}

/* At "*", "+", "?" or "{". *repeated: where the quantifier before this began, or SIZE_MAX; *atom: whether there is
 * something to repeat. */
static bool scan_quantifier(struct scan *scan, bool *atom, size_t *repeated)
{
    size_t from = scan->at, n = 1;
    bool ok = true;
    if (at(scan, from) == '{') {
        n = repeat_length(scan, &ok);
        if (n == 0) { /* literal */
            scan->at++;
            *atom = true;
            *repeated = SIZE_MAX;
            return true;
        }
    }
    if (!ok)
        return wrong(scan, "invalid repeat count", from, from + n);
    if (*repeated != SIZE_MAX)
        return wrong(scan, "invalid nested repetition operator", *repeated, from + n);
    if (!*atom)
        return wrong(scan, "missing argument to repetition operator", from, from + n);
    scan->at += n;
    if (at(scan, scan->at) == '?')
        scan->at++;
    *repeated = from;
    return true;
}

static bool scan_pattern(struct scan *scan)
{
    bool atom = false;
    size_t repeated = SIZE_MAX;
    while (scan->at < scan->s.n) {
        char c = at(scan, scan->at);
        if (c == '*' || c == '+' || c == '?' || c == '{') {
            if (!scan_quantifier(scan, &atom, &repeated))
                return false;
            continue;
        }
        atom = c != '(' && c != '|';
        repeated = SIZE_MAX;
        if (c == '\\' ? !scan_escape(scan, false) : c == '[' ? !scan_class(scan) : c == '(' && !scan_group(scan))
            return false;
        if (c == ')' && scan->open-- == 0)
            return wrong(scan, "unexpected )", 0, scan->s.n);
        if (c == '(' || c == '[' || c == '\\')
            continue;
        scan->at++;
    }
    return scan->open == 0 || wrong(scan, "missing closing )", 0, scan->s.n);
}

/* ---- compiling ---- */

typedef struct regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    uint32_t groups, names;
} regex;

static void regex_free(regex *r)
{
    pcre2_match_context_free(r->limits);
    pcre2_match_data_free(r->match);
    pcre2_code_free(r->code);
    *r = (regex){ 0 };
}

static bool compile(iac_str pattern, regex *ret, fault *ret_fault)
{
    struct scan scan = { .s = pattern };
    if (!scan_pattern(&scan)) {
        *ret_fault = scan.fault;
        return false;
    }
    int error;
    PCRE2_SIZE offset;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 1000);
    uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_DUPNAMES | PCRE2_NO_AUTO_POSSESS;
    *ret = (regex){ .code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, options, &error, &offset, context) };
    pcre2_compile_context_free(context);
    if (!ret->code) {
        bool escape = error == PCRE2_ERROR_CODE_POINT_TOO_BIG || error == PCRE2_ERROR_ESCAPE_INVALID_IN_CLASS;
        *ret_fault = (fault){ escape ? "invalid escape sequence" : "invalid character class range", pattern };
        return false;
    }
    ret->match = pcre2_match_data_create_from_pattern(ret->code, NULL);
    ret->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(ret->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(ret->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(ret->limits, HEAP_LIMIT_KB);
    pcre2_pattern_info(ret->code, PCRE2_INFO_CAPTURECOUNT, &ret->groups);
    pcre2_pattern_info(ret->code, PCRE2_INFO_NAMECOUNT, &ret->names);
    return true;
}

typedef enum found { NONE, FOUND, TOO_HARD } found;

static found find(const regex *r, iac_str subject, size_t from)
{
    int rc = pcre2_match(r->code, (PCRE2_SPTR)(subject.p ? subject.p : ""), subject.n, from, PCRE2_NO_UTF_CHECK,
                         r->match, r->limits);
    return rc >= 0 ? FOUND : rc == PCRE2_ERROR_NOMATCH ? NONE : TOO_HARD;
}

static const iac_value *too_hard(iac_call *call)
{
    return iac_call_fail(call, IAC_FUNC_NO_ARG, "the pattern takes too long to match the given string");
}

/* What group i caught; false when it took no part. */
static bool group_text(const regex *r, iac_str subject, uint32_t i, iac_str *ret)
{
    const PCRE2_SIZE *at_ = pcre2_get_ovector_pointer(r->match);
    if (i > r->groups || at_[2 * i] == PCRE2_UNSET || at_[2 * i] > at_[2 * i + 1])
        return false;
    *ret = iac_str_sub(subject, at_[2 * i], at_[2 * i + 1]);
    return true;
}

/* Name and group of the table's entry i. */
static iac_str name_entry(const regex *r, uint32_t i, uint32_t *ret_group)
{
    uint32_t size;
    PCRE2_SPTR table;
    pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &table);
    const unsigned char *entry = table + (size_t)i * size;
    *ret_group = (uint32_t)entry[0] << 8 | entry[1];
    return iac_str_of((const char *)entry + 2);
}

/* ---- regex and regexall ---- */

static const iac_type *match_type(iac_arena *arena, const regex *r)
{
    if (r->groups == 0)
        return &iac_type_string;
    const iac_type **types = iac_xcalloc(r->groups, sizeof(*types));
    iac_str *names = iac_xcalloc(r->groups, sizeof(*names));
    size_t n = 0;
    for (uint32_t i = 0; i < r->groups; i++)
        types[i] = &iac_type_string;
    for (uint32_t i = 0; i < r->names; i++) {
        uint32_t group;
        iac_str name = name_entry(r, i, &group); /* in order of names */
        if (n == 0 || !iac_str_eq(names[n - 1], name))
            names[n++] = iac_arena_str(arena, name);
    }
    const iac_type *type =
        r->names ? iac_type_object(arena, names, types, NULL, n) : iac_type_tuple(arena, types, r->groups);
    free(names);
    free(types);
    return type;
}

static const iac_value *group_value(iac_arena *arena, const regex *r, iac_str subject, uint32_t i)
{
    iac_str text;
    return group_text(r, subject, i, &text) ? iac_value_string(arena, text) : iac_value_null(arena, &iac_type_string);
}

static const iac_value *match_value(iac_arena *arena, const regex *r, iac_str subject)
{
    if (r->groups == 0)
        return group_value(arena, r, subject, 0);
    const iac_value **items = iac_xcalloc(r->groups, sizeof(*items));
    iac_str *names = iac_xcalloc(r->groups, sizeof(*names));
    for (uint32_t i = 0; i < r->groups; i++) {
        uint32_t group = i + 1;
        if (r->names)
            names[i] = iac_arena_str(arena, name_entry(r, i, &group));
        items[i] = group_value(arena, r, subject, group);
    }
    const iac_value *v =
        r->names ? iac_value_object(arena, names, items, r->groups) : iac_value_tuple(arena, items, r->groups);
    free(names);
    free(items);
    return v;
}

/* Compiles the pattern argument; false with the error noted. */
static bool compile_arg(iac_call *call, regex *ret)
{
    fault why;
    if (!compile(iac_arg_str(call, 0), ret, &why)) {
        iac_call_fail(call, 0, "invalid regexp pattern: %s in %.*s", why.code, IAC_FMT(why.part));
        return false;
    }
    if (ret->names && ret->names != ret->groups) {
        regex_free(ret);
        iac_call_fail(call, 0, "invalid regexp pattern: cannot mix both named and unnamed capture groups");
        return false;
    }
    return true;
}

const iac_type *iac_type_regex(iac_call *call)
{
    regex r;
    if (iac_is_unknown(call->args[0]))
        return &iac_type_dynamic;
    if (!compile_arg(call, &r))
        return NULL;
    const iac_type *type = match_type(call->arena, &r);
    regex_free(&r);
    return type;
}

const iac_type *iac_type_regexall(iac_call *call)
{
    const iac_type *type = iac_type_regex(call);
    return type ? iac_type_list(call->arena, type) : NULL;
}

const iac_value *iac_fn_regex(iac_call *call)
{
    regex r;
    if (!compile_arg(call, &r))
        return NULL;
    iac_str subject = iac_arg_str(call, 1);
    found result = find(&r, subject, 0);
    const iac_value *v =
        result == FOUND  ? match_value(call->arena, &r, subject)
        : result == NONE ? iac_call_fail(call, IAC_FUNC_NO_ARG, "pattern did not match any part of the given string")
                         : too_hard(call);
    regex_free(&r);
    return v;
}

static size_t next_code_point(iac_str s, size_t i)
{
    if (i >= s.n)
        return i + 1;
    iac_utf8_next(s, &i);
    return i;
}

const iac_value *iac_fn_regexall(iac_call *call)
{
    regex r;
    if (!compile_arg(call, &r))
        return NULL;
    IAC_VEC(const iac_value *) items = { 0 };
    iac_str subject = iac_arg_str(call, 1);
    size_t at_ = 0, previous_end = SIZE_MAX;
    found result = FOUND;
    while (at_ <= subject.n && (result = find(&r, subject, at_)) == FOUND) {
        const PCRE2_SIZE *where = pcre2_get_ovector_pointer(r.match);
        bool empty = where[1] == at_;
        if (!(empty && where[0] == previous_end)) /* an empty match right behind another does not count */
            iac_vec_push(&items, match_value(call->arena, &r, subject));
        at_ = empty ? next_code_point(subject, at_) : where[1];
        previous_end = where[1];
    }
    const iac_value *v =
        result == TOO_HARD ? too_hard(call) : iac_value_list(call->arena, call->type->element, items.v, items.n);
    iac_vec_clear(&items);
    regex_free(&r);
    return v;
}

/* ---- replacing ---- */

static bool find_group(const regex *r, iac_str subject, iac_str name, iac_str *ret)
{
    uint32_t number = 0;
    bool digits = name.n > 0 && name.n < 9;
    for (size_t i = 0; digits && i < name.n; i++) {
        digits = name.p[i] >= '0' && name.p[i] <= '9';
        number = number * 10 + (uint32_t)(name.p[i] - '0');
    }
    if (digits)
        return group_text(r, subject, number, ret);
    for (uint32_t i = 0; i < r->names; i++) {
        uint32_t group;
        if (iac_str_eq(name_entry(r, i, &group), name) && group_text(r, subject, group, ret))
            return true;
    }
    return false;
}

/* Adds the replacement with $1, ${1}, $name and ${name} filled in; "$$" is a dollar sign. */
static void add_expanded(iac_buf *out, const regex *r, iac_str subject, iac_str replacement)
{
    for (size_t i = 0; i < replacement.n;) {
        size_t dollar = iac_str_find_char(replacement, '$', i);
        if (dollar == SIZE_MAX)
            dollar = replacement.n;
        iac_buf_str(out, iac_str_sub(replacement, i, dollar));
        i = dollar;
        if (i == replacement.n)
            break;
        bool braced = i + 1 < replacement.n && replacement.p[i + 1] == '{';
        size_t from = i + 1 + braced, to = from;
        while (to < replacement.n && is_name_char(replacement.p[to]))
            to++;
        bool doubled = from < replacement.n && replacement.p[from] == '$' && !braced;
        bool valid = to > from && (!braced || (to < replacement.n && replacement.p[to] == '}'));
        if (doubled || !valid) {
            iac_buf_char(out, '$');
            i += 1 + doubled;
            continue;
        }
        iac_str text;
        if (find_group(r, subject, iac_str_sub(replacement, from, to), &text))
            iac_buf_str(out, text);
        i = to + braced;
    }
}

const iac_value *iac_regex_replace(iac_call *call, iac_str subject, iac_str pattern, iac_str replacement)
{
    regex r;
    fault why;
    if (!compile(pattern, &r, &why))
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "error parsing regexp: %s: `%.*s`", why.code, IAC_FMT(why.part));
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    size_t search = 0, last_end = 0;
    found result = FOUND;
    while (search <= subject.n && (result = find(&r, subject, search)) == FOUND) {
        const PCRE2_SIZE *where = pcre2_get_ovector_pointer(r.match);
        iac_buf_str(&buf, iac_str_sub(subject, last_end, where[0]));
        if (where[1] > last_end || where[0] == 0)
            add_expanded(&buf, &r, subject, replacement);
        last_end = where[1];
        size_t next = next_code_point(subject, search);
        search = next > where[1] ? next : where[1];
    }
    iac_buf_str(&buf, iac_str_sub(subject, last_end, subject.n));
    regex_free(&r);
    if (result == TOO_HARD) {
        iac_buf_clear(&buf);
        return too_hard(call);
    }
    return iac_buf_to_value(call->arena, &buf);
}

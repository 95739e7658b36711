/* Regular expressions: RE2's language (regex_syntax.c), run by PCRE2. Matching has limits, for PCRE2 backtracks where
 * RE2 does not. */
#include "lang/func/func_internal.h"
#include "lang/func/regex_syntax.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { MATCH_LIMIT = 10000000, DEPTH_LIMIT = 10000, HEAP_LIMIT_KB = 256 * 1024 };

/* ---- compiling ---- */

typedef struct regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    iac_regex_groups names; /* of each capturing group; slices of the pattern */
    uint32_t groups;
    bool named; /* at least one is */
} regex;

static void regex_free(regex *r)
{
    pcre2_match_context_free(r->limits);
    pcre2_match_data_free(r->match);
    pcre2_code_free(r->code);
    iac_vec_clear(&r->names.names);
    *r = (regex){ 0 };
}

static bool compile(iac_str pattern, regex *ret, iac_regex_fault *ret_fault)
{
    *ret = (regex){ 0 };
    iac_buf translated;
    iac_buf_init(&translated, IAC_BUF_UNLIMITED);
    if (!iac_regex_translate(pattern, &translated, &ret->names, ret_fault)) {
        iac_buf_clear(&translated);
        regex_free(ret);
        return false;
    }
    int error;
    PCRE2_SIZE offset;
    iac_str text = iac_buf_view(&translated);
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 1000);
    uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NO_AUTO_POSSESS;
    ret->code = pcre2_compile((PCRE2_SPTR)(text.n ? text.p : ""), text.n, options, &error, &offset, context);
    pcre2_compile_context_free(context);
    iac_buf_clear(&translated);
    if (!ret->code) { /* the syntax was checked: an unknown property, or more than there is room for */
        bool deep = error == PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP || error == PCRE2_ERROR_PATTERN_TOO_LARGE;
        *ret_fault =
            (iac_regex_fault){ deep ? "expression nests too deeply" : "invalid character class range", pattern };
        regex_free(ret);
        return false;
    }
    ret->match = pcre2_match_data_create_from_pattern(ret->code, NULL);
    ret->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(ret->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(ret->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(ret->limits, HEAP_LIMIT_KB);
    ret->groups = (uint32_t)ret->names.names.n;
    for (size_t i = 0; i < ret->names.names.n; i++)
        ret->named |= ret->names.names.v[i].n > 0;
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

/* ---- regex and regexall ---- */

static const iac_type *match_type(iac_arena *arena, const regex *r)
{
    if (r->groups == 0)
        return &iac_type_string;
    const iac_type **types = iac_xcalloc(r->groups, sizeof(*types));
    iac_str *names = iac_xcalloc(r->groups, sizeof(*names));
    size_t n = 0; /* different names: the last of a repeated one counts */
    iac_map seen = { 0 };
    for (uint32_t i = 0; i < r->groups; i++) {
        types[i] = &iac_type_string;
        void **known = iac_map_at(&seen, r->names.names.v[i]);
        if (!*known)
            names[n++] = iac_arena_str(arena, r->names.names.v[i]);
        *known = names;
    }
    iac_map_clear(&seen);
    const iac_type *type =
        r->named ? iac_type_object(arena, names, types, NULL, n) : iac_type_tuple(arena, types, r->groups);
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
        names[i] = iac_arena_str(arena, r->names.names.v[i]);
        items[i] = group_value(arena, r, subject, i + 1);
    }
    const iac_value *v =
        r->named ? iac_value_object(arena, names, items, r->groups) : iac_value_tuple(arena, items, r->groups);
    free(names);
    free(items);
    return v;
}

/* Compiles the pattern argument; false with the error noted. */
static bool compile_arg(iac_call *call, regex *ret)
{
    iac_regex_fault why;
    if (!compile(iac_arg_str(call, 0), ret, &why)) {
        iac_call_fail(call, 0, "invalid regexp pattern: %s in %.*s", why.code, IAC_FMT(why.part));
        return false;
    }
    bool mixed = false;
    for (size_t i = 0; i < ret->names.names.n; i++)
        mixed |= ret->named && ret->names.names.v[i].n == 0;
    if (mixed) {
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

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

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
    for (uint32_t i = 0; i < r->groups; i++)
        if (iac_str_eq(r->names.names.v[i], name) && group_text(r, subject, i + 1, ret))
            return true;
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
    iac_regex_fault why;
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

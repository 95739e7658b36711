/* Functions on strings. Positions and lengths count grapheme clusters. */
#include "lang/func/func_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const iac_value *string_value(iac_call *call, iac_str s)
{
    return iac_value_string(call->arena, s);
}

/* ---- letters ---- */

static bool is_letter_or_digit(uint32_t cp)
{
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) || c == UTF8PROC_CATEGORY_ND;
}

static bool is_space(uint32_t cp)
{
    if (cp < 0x100)
        return (cp >= '\t' && cp <= '\r') || cp == ' ' || cp == 0x85 || cp == 0xa0;
    return cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f ||
           cp == 0x205f || cp == 0x3000;
}

/* One code point for one: letters whose other case takes several stay as they are. */
static uint32_t upper(uint32_t cp)
{
    return cp == 0xdf ? cp : (uint32_t)utf8proc_toupper((utf8proc_int32_t)cp);
}

static const iac_value *map_letters(iac_call *call, uint32_t (*map)(uint32_t))
{
    iac_str s = iac_arg_str(call, 0);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < s.n;)
        iac_buf_utf8(&buf, map(iac_utf8_next(s, &i)));
    return iac_buf_to_value(call->arena, &buf);
}

const iac_value *iac_fn_upper(iac_call *call)
{
    return map_letters(call, upper);
}

const iac_value *iac_fn_lower(iac_call *call)
{
    return map_letters(call, iac_to_lower);
}

static bool separates_words(uint32_t cp)
{
    if (cp < 0x80)
        return cp != '_' && !is_letter_or_digit(cp);
    return !is_letter_or_digit(cp) && is_space(cp);
}

const iac_value *iac_fn_title(iac_call *call)
{
    iac_str s = iac_arg_str(call, 0);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    uint32_t previous = ' ';
    for (size_t i = 0; i < s.n;) {
        uint32_t cp = iac_utf8_next(s, &i);
        bool first = separates_words(previous) && cp != 0xdf;
        iac_buf_utf8(&buf, first ? (uint32_t)utf8proc_totitle((utf8proc_int32_t)cp) : cp);
        previous = cp;
    }
    return iac_buf_to_value(call->arena, &buf);
}

/* ---- trimming ---- */

const iac_value *iac_fn_chomp(iac_call *call)
{
    iac_str s = iac_arg_str(call, 0);
    while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
        s.n--;
    return string_value(call, s);
}

/* Whether cp is to be cut; cutset empty: blanks. */
static bool is_cut(uint32_t cp, const iac_str *cutset)
{
    if (!cutset)
        return is_space(cp);
    for (size_t i = 0; i < cutset->n;)
        if (iac_utf8_next(*cutset, &i) == cp)
            return true;
    return false;
}

static iac_str trim(iac_str s, const iac_str *cutset)
{
    size_t from = 0, to = 0;
    bool started = false;
    for (size_t i = 0; i < s.n;) {
        size_t at = i;
        bool cut = is_cut(iac_utf8_next(s, &i), cutset);
        if (!cut && !started)
            from = at;
        started |= !cut;
        if (!cut)
            to = i;
    }
    return started ? iac_str_sub(s, from, to) : (iac_str){ "", 0 };
}

const iac_value *iac_fn_trim(iac_call *call)
{
    iac_str cutset = iac_arg_str(call, 1);
    return string_value(call, trim(iac_arg_str(call, 0), &cutset));
}

const iac_value *iac_fn_trimspace(iac_call *call)
{
    return string_value(call, trim(iac_arg_str(call, 0), NULL));
}

const iac_value *iac_fn_trimprefix(iac_call *call)
{
    iac_str s = iac_arg_str(call, 0), prefix = iac_arg_str(call, 1);
    return string_value(call, iac_str_starts(s, prefix) ? iac_str_sub(s, prefix.n, s.n) : s);
}

const iac_value *iac_fn_trimsuffix(iac_call *call)
{
    iac_str s = iac_arg_str(call, 0), suffix = iac_arg_str(call, 1);
    return string_value(call, iac_str_ends(s, suffix) ? iac_str_sub(s, 0, s.n - suffix.n) : s);
}

/* ---- asking ---- */

/* The first argument may be unknown with a known beginning. */
const iac_value *iac_fn_startswith(iac_call *call)
{
    const iac_value *s = call->args[0], *prefix = call->args[1];
    if (iac_is_known(s) && iac_is_known(prefix))
        return iac_value_bool(iac_str_starts(s->string, prefix->string));
    if (iac_is_known(prefix) && s->refinement) {
        iac_str known = s->refinement->prefix;
        if (known.n >= prefix->string.n)
            return iac_value_bool(iac_str_starts(known, prefix->string));
    }
    if (iac_is_known(prefix) && prefix->string.n == 0 && s->refinement && s->refinement->not_null)
        return &iac_true;
    return iac_call_unknown(call);
}

const iac_value *iac_fn_endswith(iac_call *call)
{
    return iac_value_bool(iac_str_ends(iac_arg_str(call, 0), iac_arg_str(call, 1)));
}

const iac_value *iac_fn_strcontains(iac_call *call)
{
    return iac_value_bool(iac_str_find(iac_arg_str(call, 0), iac_arg_str(call, 1), 0) != SIZE_MAX);
}

/* ---- taking apart and putting together ---- */

const iac_value *iac_fn_indent(iac_call *call)
{
    int64_t spaces;
    iac_str s = iac_arg_str(call, 1);
    if (!iac_arg_int(call, 0, &spaces))
        return NULL;
    if (spaces < 0)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "strings: negative Repeat count");
    size_t lines = 0;
    for (size_t i = 0; i < s.n; i++)
        lines += s.p[i] == '\n';
    if (lines && (uint64_t)spaces > ((uint64_t)1 << 30) / lines)
        return iac_call_fail(call, 0, "the result would be too long");
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < s.n; i++) {
        iac_buf_char(&buf, s.p[i]);
        if (s.p[i] == '\n')
            iac_buf_fill(&buf, ' ', (size_t)spaces);
    }
    return iac_buf_to_value(call->arena, &buf);
}

const iac_value *iac_fn_join(iac_call *call)
{
    iac_str separator = iac_arg_str(call, 0);
    bool first = true;
    if (call->n == 1)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "at least one list is required");
    for (size_t i = 1; i < call->n; i++)
        if (!iac_is_wholly_known(call->args[i]))
            return iac_call_unknown(call);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t i = 1; i < call->n; i++) {
        const iac_value *list = call->args[i];
        for (size_t j = 0; j < list->n; j++) {
            if (iac_is_null(list->items[j])) {
                iac_buf_clear(&buf);
                if (call->n > 2)
                    return iac_call_fail(call, i, "element %zu of list %zu is null; cannot concatenate null values", j,
                                         i);
                return iac_call_fail(call, i, "element %zu is null; cannot concatenate null values", j);
            }
            if (!first)
                iac_buf_str(&buf, separator);
            first = false;
            iac_buf_str(&buf, list->items[j]->string);
        }
    }
    return iac_buf_to_value(call->arena, &buf);
}

static size_t code_point_length(iac_str s, size_t at)
{
    size_t next = at;
    iac_utf8_next(s, &next);
    return next - at;
}

const iac_value *iac_fn_split(iac_call *call)
{
    iac_str separator = iac_arg_str(call, 0), s = iac_arg_str(call, 1);
    IAC_VEC(const iac_value *) parts = { 0 };
    size_t at = 0;
    while (separator.n == 0 && at < s.n) {
        size_t n = code_point_length(s, at);
        iac_vec_push(&parts, string_value(call, iac_str_sub(s, at, at + n)));
        at += n;
    }
    while (separator.n > 0) {
        size_t hit = iac_str_find(s, separator, at);
        iac_vec_push(&parts, string_value(call, iac_str_sub(s, at, hit == SIZE_MAX ? s.n : hit)));
        if (hit == SIZE_MAX)
            break;
        at = hit + separator.n;
    }
    const iac_value *list = iac_value_list(call->arena, &iac_type_string, parts.v, parts.n);
    iac_vec_clear(&parts);
    return list;
}

const iac_value *iac_fn_replace(iac_call *call)
{
    iac_str s = iac_arg_str(call, 0), find = iac_arg_str(call, 1), replacement = iac_arg_str(call, 2);
    if (find.n > 1 && find.p[0] == '/' && find.p[find.n - 1] == '/')
        return iac_regex_replace(call, s, iac_str_sub(find, 1, find.n - 1), replacement);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    size_t at = 0;
    if (find.n == 0) { /* before each code point, and at the end */
        iac_buf_str(&buf, replacement);
        while (at < s.n) {
            size_t n = code_point_length(s, at);
            iac_buf_str(&buf, iac_str_sub(s, at, at + n));
            iac_buf_str(&buf, replacement);
            at += n;
        }
        return iac_buf_to_value(call->arena, &buf);
    }
    for (;;) {
        size_t hit = iac_str_find(s, find, at);
        iac_buf_str(&buf, iac_str_sub(s, at, hit == SIZE_MAX ? s.n : hit));
        if (hit == SIZE_MAX)
            break;
        iac_buf_str(&buf, replacement);
        at = hit + find.n;
    }
    return iac_buf_to_value(call->arena, &buf);
}

const iac_value *iac_fn_strrev(iac_call *call)
{
    iac_str s = iac_arg_str(call, 0);
    char *out = iac_arena_alloc(call->arena, s.n + 1);
    for (size_t at = 0; at < s.n;) {
        size_t n = iac_grapheme_next(s, at);
        memcpy(out + s.n - at - n, s.p + at, n);
        at += n;
    }
    return string_value(call, (iac_str){ out, s.n });
}

/* Byte offset of the grapheme cluster number `index`, or the string's length. */
static size_t cluster_offset(iac_str s, size_t from, uint64_t index)
{
    size_t at = from;
    for (; index > 0 && at < s.n; index--)
        at += iac_grapheme_next(s, at);
    return at;
}

const iac_value *iac_fn_substr(iac_call *call)
{
    iac_str s = iac_arg_str(call, 0);
    int64_t offset, length;
    if (!iac_arg_int(call, 1, &offset) || !iac_arg_int(call, 2, &length))
        return NULL;
    if (offset < 0) {
        int64_t count = (int64_t)iac_grapheme_count(s);
        offset = offset + count < 0 ? 0 : offset + count;
    }
    size_t from = cluster_offset(s, 0, (uint64_t)offset);
    size_t to = length < 0 ? s.n : cluster_offset(s, from, (uint64_t)length);
    return string_value(call, iac_str_sub(s, from, to));
}

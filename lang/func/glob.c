/* fileset: files below a folder whose path matches a pattern. A pattern is alternatives of segments: "*" and "?" stay
 * within a segment, "**" as a segment stands for any number of them, [a-z] [^a-z] are classes, {a,b} alternatives, and
 * a backslash takes the next character literally. */
#include "lang/func/func_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_ALTERNATIVES = 1024, MAX_FOLDERS = 64 };

typedef IAC_VEC(iac_str) str_vec;

/* ---- braces ---- */

/* Index just behind the element that starts at i: a character, an escape or a class. SIZE_MAX when it has no end. */
static size_t element_end(iac_str s, size_t i)
{
    if (s.p[i] == '\\')
        return i + 2 <= s.n ? i + 2 : SIZE_MAX;
    if (s.p[i] != '[')
        return i + 1;
    i++;
    if (i < s.n && (s.p[i] == '^' || s.p[i] == '!'))
        i++;
    for (size_t from = i; i < s.n; i++) {
        if (s.p[i] == ']' && i > from)
            return i + 1;
        if (s.p[i] == '\\')
            i++;
    }
    return SIZE_MAX;
}

static bool expand(iac_arena *arena, iac_str pattern, str_vec *out);

/* Expands the alternatives between the braces at open and close. */
static bool expand_group(iac_arena *arena, iac_str pattern, size_t open, size_t close, str_vec *out)
{
    size_t depth = 0, from = open + 1;
    for (size_t i = open + 1; i <= close;) {
        char c = pattern.p[i];
        if ((c == ',' && depth == 0) || i == close) {
            iac_str whole = iac_arena_printf(arena, "%.*s%.*s%.*s", (int)open, pattern.p, (int)(i - from),
                                             pattern.p + from, (int)(pattern.n - close - 1), pattern.p + close + 1);
            if (!expand(arena, whole, out))
                return false;
            from = i + 1;
        }
        depth += c == '{';
        depth -= c == '}' && i < close;
        i = element_end(pattern, i);
    }
    return true;
}

/* Adds the pattern's alternatives without braces; false when it is malformed or has too many. */
static bool expand(iac_arena *arena, iac_str pattern, str_vec *out)
{
    size_t open = SIZE_MAX, depth = 0;
    for (size_t i = 0; i < pattern.n;) {
        char c = pattern.p[i];
        if (c == '{' && depth++ == 0)
            open = i;
        if (c == '}' && depth > 0 && --depth == 0)
            return expand_group(arena, pattern, open, i, out);
        i = element_end(pattern, i);
        if (i == SIZE_MAX)
            return false;
    }
    if (depth > 0 || out->n == MAX_ALTERNATIVES)
        return false;
    iac_vec_push(out, pattern);
    return true;
}

/* ---- one segment ---- */

/* Whether cp is in the class that starts at *at, which is moved behind it. */
static bool in_class(iac_str pattern, size_t *at, uint32_t cp)
{
    size_t end = element_end(pattern, *at) - 1, i = *at + 1;
    bool negated = pattern.p[i] == '^' || pattern.p[i] == '!', hit = false;
    i += negated;
    while (i < end) {
        if (pattern.p[i] == '\\')
            i++;
        uint32_t low = iac_utf8_next(pattern, &i), high = low;
        if (i + 1 < end && pattern.p[i] == '-') {
            i++;
            if (pattern.p[i] == '\\')
                i++;
            high = iac_utf8_next(pattern, &i);
        }
        hit |= cp >= low && cp <= high;
    }
    *at = end + 1;
    return hit != negated;
}

/* Whether one element of the pattern, at *at, takes one character of the name, at *in; both move on if so. */
static bool match_one(iac_str pattern, size_t *at, iac_str name, size_t *in)
{
    size_t i = *in, j = *at;
    if (i >= name.n || j >= pattern.n)
        return false;
    uint32_t cp = iac_utf8_next(name, &i);
    bool ok;
    if (pattern.p[j] == '?') {
        ok = true;
        j++;
    } else if (pattern.p[j] == '[') {
        ok = in_class(pattern, &j, cp);
    } else {
        if (pattern.p[j] == '\\')
            j++;
        ok = iac_utf8_next(pattern, &j) == cp;
    }
    if (ok) {
        *in = i;
        *at = j;
    }
    return ok;
}

/* Greedy with one point of return: linear in practice, never exponential. */
static bool match_segment(iac_str pattern, iac_str name)
{
    size_t at = 0, in = 0, star = SIZE_MAX, retry = 0;
    while (in < name.n || at < pattern.n) {
        if (at < pattern.n && pattern.p[at] == '*') {
            star = ++at;
            retry = in;
            continue;
        }
        if (match_one(pattern, &at, name, &in))
            continue;
        if (star == SIZE_MAX || retry >= name.n)
            return false;
        iac_utf8_next(name, &retry);
        in = retry;
        at = star;
    }
    return true;
}

/* ---- the walk ---- */

struct search {
    iac_arena *arena;
    const char *root;
    str_vec segments;
    str_vec found;
};

static const char *full_path(struct search *s, const char *below)
{
    return *below ? iac_arena_printf(s->arena, "%s/%s", s->root, below).p : s->root;
}

static void visit(struct search *s, const char *below, size_t segment, size_t depth);

/* A name in a folder against the segment, and what follows. "**" does not follow links to folders, as they may lead
 * back. */
static void visit_entry(struct search *s, const char *below, const char *name, size_t segment, size_t depth)
{
    bool any = iac_str_is(s->segments.v[segment], "**");
    bool last = segment + 1 == s->segments.n;
    if (!any && !match_segment(s->segments.v[segment], iac_str_of(name)))
        return;
    const char *path =
        *below ? iac_arena_printf(s->arena, "%s/%s", below, name).p : iac_arena_cstr(s->arena, iac_str_of(name));
    struct stat st, link;
    const char *whole = full_path(s, path);
    if (stat(whole, &st) != 0 || lstat(whole, &link) != 0)
        return;
    if (last && S_ISREG(st.st_mode))
        iac_vec_push(&s->found, iac_str_of(path));
    if (!S_ISDIR(st.st_mode))
        return;
    if (any && !S_ISLNK(link.st_mode))
        visit(s, path, segment, depth + 1);
    else if (!any && !last)
        visit(s, path, segment + 1, depth + 1);
}

static void visit(struct search *s, const char *below, size_t segment, size_t depth)
{
    if (depth > MAX_FOLDERS)
        return;
    if (iac_str_is(s->segments.v[segment], "**") && segment + 1 < s->segments.n)
        visit(s, below, segment + 1, depth); /* none at all */
    DIR *dir = opendir(full_path(s, below));
    if (!dir)
        return;
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            visit_entry(s, below, entry->d_name, segment, depth);
    closedir(dir);
}

static void search_pattern(struct search *s, iac_str pattern)
{
    s->segments.n = 0;
    for (size_t i = 0; i <= pattern.n;) {
        size_t end = iac_str_find_char(pattern, '/', i);
        if (end == SIZE_MAX)
            end = pattern.n;
        iac_str segment = iac_str_sub(pattern, i, end);
        i = end + 1;
        bool again = iac_str_is(segment, "**") && s->segments.n && iac_str_is(s->segments.v[s->segments.n - 1], "**");
        if (segment.n && !again && !iac_str_is(segment, "."))
            iac_vec_push(&s->segments, segment);
    }
    if (s->segments.n)
        visit(s, "", 0, 0);
}

const iac_value *iac_fn_fileset(iac_call *call)
{
    iac_str pattern = iac_arg_str(call, 1);
    struct search s = { .arena = iac_arena_new(), .root = iac_call_path(call, iac_arg_str(call, 0)) };
    str_vec alternatives = { 0 };
    const iac_value *result = NULL;
    struct stat st;
    bool folder = stat(s.root, &st) == 0 && S_ISDIR(st.st_mode);
    if (folder && !expand(s.arena, pattern, &alternatives)) {
        iac_buf full;
        iac_buf_init(&full, IAC_BUF_UNLIMITED);
        iac_quote(&full, pattern);
        iac_call_fail(call, IAC_FUNC_NO_ARG, "failed to glob pattern %s: syntax error in pattern", full.p);
        iac_buf_clear(&full);
        goto out;
    }
    for (size_t i = 0; i < alternatives.n; i++)
        search_pattern(&s, alternatives.v[i]);
    const iac_value **items = iac_xcalloc(s.found.n + 1, sizeof(*items));
    for (size_t i = 0; i < s.found.n; i++)
        items[i] = iac_value_string(call->arena, s.found.v[i]);
    result = iac_value_set(call->arena, &iac_type_string, items, s.found.n);
    free(items);
out:
    iac_vec_clear(&alternatives);
    iac_vec_clear(&s.segments);
    iac_vec_clear(&s.found);
    iac_arena_free(s.arena);
    return result;
}

#include "engine/fetch/cli_file.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 100, MAX_PATH = 16 };

typedef struct reader {
    iac_arena *arena;
    const char *start, *at, *end;
    const char *error; /* the first that was found, and where */
    const char *error_at;
    iac_cli_file_found *found;
    void *arg;
    iac_str path[MAX_PATH];
    size_t depth; /* names of the path; those that do not fit are counted, and nothing below them is told of */
    bool in_list;
} reader;

const char *iac_cli_file_path(iac_arena *arena)
{
    const char *named = getenv("TF_CLI_CONFIG_FILE"), *home = getenv("HOME");

    if (named && *named)
        return named;
    return home && *home ? iac_arena_printf(arena, "%s/.terraformrc", home).p : NULL;
}

static bool fail(reader *r, const char *at, const char *error)
{
    if (!r->error) {
        r->error = error;
        r->error_at = at;
    }
    return false;
}

static void tell(reader *r, iac_str value)
{
    if (r->found && !r->in_list && r->depth <= MAX_PATH)
        r->found(r->arg, r->path, r->depth, value);
}

static bool skip_block_comment(reader *r)
{
    for (r->at += 2; r->at + 1 < r->end; r->at++) {
        if (r->at[0] == '*' && r->at[1] == '/') {
            r->at += 2;
            return true;
        }
    }
    return fail(r, r->at, "comment not terminated");
}

/* Blanks and comments. */
static bool skip_blanks(reader *r)
{
    while (r->at < r->end) {
        bool two = r->at + 1 < r->end;
        if (*r->at && strchr(" \t\r\n", *r->at)) {
            r->at++;
        } else if (*r->at == '#' || (two && r->at[0] == '/' && r->at[1] == '/')) {
            while (r->at < r->end && *r->at != '\n')
                r->at++;
        } else if (two && r->at[0] == '/' && r->at[1] == '*') {
            if (!skip_block_comment(r))
                return false;
        } else {
            return true;
        }
    }
    return true;
}

static bool read_string(reader *r, iac_str *ret)
{
    const char *begin = r->at++;
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    for (; r->at < r->end && *r->at != '\n' && *r->at != '"'; r->at++) {
        if (*r->at == '\\' && r->at + 1 < r->end)
            r->at++;
        iac_buf_char(&text, *r->at);
    }
    *ret = iac_arena_str(r->arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    if (r->at >= r->end || *r->at != '"')
        return fail(r, begin, "literal not terminated");
    r->at++;
    return true;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_-.+", c));
}

static iac_str read_word(reader *r)
{
    const char *begin = r->at;

    while (r->at < r->end && is_word(*r->at))
        r->at++;
    return (iac_str){ begin, (size_t)(r->at - begin) };
}

static bool read_items(reader *r, char close, int nesting);

static bool read_list(reader *r, int nesting);

static bool read_value(reader *r, int nesting)
{
    const char *begin = r->at;
    iac_str text;

    if (nesting > MAX_DEPTH)
        return fail(r, begin, "nested too deeply");
    if (r->at >= r->end)
        return fail(r, begin, "Unknown token: EOF");
    if (*r->at == '"') {
        if (!read_string(r, &text))
            return false;
        tell(r, text.n ? text : IAC_STR(""));
        return true;
    }
    if (*r->at == '{') {
        r->at++;
        tell(r, (iac_str){ 0 });
        return read_items(r, '}', nesting + 1);
    }
    if (*r->at == '[') {
        bool before = r->in_list;
        r->at++;
        r->in_list = true;
        bool fine = read_list(r, nesting + 1);
        r->in_list = before;
        return fine;
    }
    iac_str word = read_word(r);
    bool number = word.n && ((word.p[0] >= '0' && word.p[0] <= '9') || word.p[0] == '-');
    if (number || iac_str_is(word, "true") || iac_str_is(word, "false"))
        return true;
    return fail(r, begin, "Unknown token: a string, number, bool, list or object is expected");
}

static bool read_list(reader *r, int nesting)
{
    for (;;) {
        if (!skip_blanks(r))
            return false;
        if (r->at < r->end && *r->at == ']') {
            r->at++;
            return true;
        }
        if (!read_value(r, nesting) || !skip_blanks(r))
            return false;
        if (r->at < r->end && *r->at == ',')
            r->at++;
        else if (r->at >= r->end || *r->at != ']')
            return fail(r, r->at, "error parsing list, expected comma or list end");
    }
}

/* A name or label, if there is one. */
static bool read_key(reader *r, iac_str *ret, bool *ret_found)
{
    if (!skip_blanks(r))
        return false;
    *ret_found = r->at < r->end && *r->at == '"';
    if (*ret_found)
        return read_string(r, ret);
    *ret = read_word(r);
    *ret_found = ret->n > 0;
    return true;
}

/* KEY = VALUE, or KEY "LABEL" ... { ... }. */
static bool read_item(reader *r, int nesting)
{
    size_t before = r->depth;

    for (;;) {
        iac_str key;
        bool is_key;
        if (!read_key(r, &key, &is_key))
            return false;
        if (!is_key)
            break;
        if (r->depth < MAX_PATH)
            r->path[r->depth] = key;
        r->depth++;
    }
    size_t keys = r->depth - before;
    bool fine = false;
    if (!keys)
        fail(r, r->at, "expected: IDENT | STRING");
    else if (r->at < r->end && (*r->at == '=' || *r->at == ':') && keys > 1)
        fail(r, r->at, "nested object expected: LBRACE got: ASSIGN");
    else if (r->at < r->end && (*r->at == '=' || *r->at == ':'))
        fine = (r->at++, skip_blanks(r)) && read_value(r, nesting);
    else if (r->at < r->end && *r->at == '{')
        fine = read_value(r, nesting);
    else
        fail(r, r->at, "key has no value");
    r->depth = before;
    return fine;
}

static bool read_items(reader *r, char close, int nesting)
{
    for (;;) {
        if (!skip_blanks(r))
            return false;
        if (r->at >= r->end)
            return close ? fail(r, r->at, "object expected closing RBRACE got: EOF") : true;
        if (close && *r->at == close) {
            r->at++;
            return true;
        }
        if (!read_item(r, nesting) || !skip_blanks(r))
            return false;
        if (r->at < r->end && *r->at == ',')
            r->at++;
    }
}

const char *iac_cli_file_read(iac_arena *arena, iac_str text, iac_cli_file_found *found, void *arg)
{
    reader r = { .arena = arena, .start = text.p, .at = text.p, .end = text.p + text.n, .found = found, .arg = arg };
    unsigned line = 1, column = 1;

    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
        r.at += 3;
    if (!skip_blanks(&r))
        return r.error;
    bool json = r.at < r.end && *r.at == '{';
    if (json)
        r.at++;
    if (read_items(&r, json ? '}' : '\0', 0))
        return NULL;
    for (const char *p = r.start; p < r.error_at; p++) {
        column = *p == '\n' ? 1 : column + 1;
        line += *p == '\n';
    }
    return iac_arena_printf(arena, "At %u:%u: %s", line, column, r.error).p;
}

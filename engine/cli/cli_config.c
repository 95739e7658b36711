/* engine/cli/cli_config.c - Terraform's CLI configuration file: TF_CLI_CONFIG_FILE, or .terraformrc in the home
 * directory. It is read so that mistakes in it are told; what it says about where providers come from does not apply.
 * Its syntax is the older one of its language: blocks may stand in blocks on one line. */
#include "engine/cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_DEPTH = 100 };

typedef struct reader {
    const char *start, *at, *end;
    const char *error; /* the first that was found, and where */
    const char *error_at;
} reader;

static bool fail(reader *r, const char *at, const char *error)
{
    if (!r->error) {
        r->error = error;
        r->error_at = at;
    }
    return false;
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
        if (strchr(" \t\r\n", *r->at)) {
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

static bool read_string(reader *r)
{
    const char *begin = r->at++;

    for (; r->at < r->end && *r->at != '\n'; r->at++) {
        if (*r->at == '\\' && r->at + 1 < r->end)
            r->at++;
        else if (*r->at == '"') {
            r->at++;
            return true;
        }
    }
    return fail(r, begin, "literal not terminated");
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

static bool read_items(reader *r, char close, int depth);

static bool read_list(reader *r, int depth);

static bool read_value(reader *r, int depth)
{
    const char *begin = r->at;

    if (depth > MAX_DEPTH)
        return fail(r, begin, "nested too deeply");
    if (r->at >= r->end)
        return fail(r, begin, "Unknown token: EOF");
    if (*r->at == '"')
        return read_string(r);
    if (*r->at == '{') {
        r->at++;
        return read_items(r, '}', depth + 1);
    }
    if (*r->at == '[') {
        r->at++;
        return read_list(r, depth + 1);
    }
    iac_str word = read_word(r);
    bool number = word.n && ((word.p[0] >= '0' && word.p[0] <= '9') || word.p[0] == '-');
    if (number || iac_str_is(word, "true") || iac_str_is(word, "false"))
        return true;
    return fail(r, begin, "Unknown token: a string, number, bool, list or object is expected");
}

static bool read_list(reader *r, int depth)
{
    for (;;) {
        if (!skip_blanks(r))
            return false;
        if (r->at < r->end && *r->at == ']') {
            r->at++;
            return true;
        }
        if (!read_value(r, depth) || !skip_blanks(r))
            return false;
        if (r->at < r->end && *r->at == ',')
            r->at++;
        else if (r->at >= r->end || *r->at != ']')
            return fail(r, r->at, "error parsing list, expected comma or list end");
    }
}

/* KEY = VALUE, or KEY "LABEL" ... { ... }. */
static bool read_item(reader *r, int depth)
{
    size_t keys = 0;

    for (;; keys++) {
        if (!skip_blanks(r))
            return false;
        if (r->at < r->end && *r->at == '"') {
            if (!read_string(r))
                return false;
        } else if (!read_word(r).n) {
            break;
        }
    }
    if (!keys)
        return fail(r, r->at, "expected: IDENT | STRING");
    if (r->at < r->end && (*r->at == '=' || *r->at == ':')) {
        if (keys > 1)
            return fail(r, r->at, "nested object expected: LBRACE got: ASSIGN");
        r->at++;
        return skip_blanks(r) && read_value(r, depth);
    }
    if (r->at < r->end && *r->at == '{')
        return read_value(r, depth);
    return fail(r, r->at, "key has no value");
}

static bool read_items(reader *r, char close, int depth)
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
        if (!read_item(r, depth) || !skip_blanks(r))
            return false;
        if (r->at < r->end && *r->at == ',')
            r->at++;
    }
}

/* The mistake in the text, with line and column; NULL when there is none. */
static const char *find_mistake(iac_arena *arena, iac_str text)
{
    reader r = { .start = text.p, .at = text.p, .end = text.p + text.n };
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

void iac_cli_check_config_file(iac_arena *arena, const iac_view_options *view)
{
    const char *named = getenv("TF_CLI_CONFIG_FILE"), *home = getenv("HOME");
    bool given = named && *named;
    iac_diags diags = IAC_DIAGS_INIT;
    iac_str text = { 0 };

    if (!given && !(home && *home))
        return;
    const char *path = given ? named : iac_arena_printf(arena, "%s/.terraformrc", home).p;
    if (access(path, F_OK) != 0)
        return; /* nothing in it would apply */
    if (iac_config_reader_files.read(NULL, path, arena, &text, &diags) == IAC_OK) {
        const char *mistake = find_mistake(arena, text);
        if (mistake)
            iac_diag_error(&diags, IAC_NO_RANGE,
                           iac_arena_printf(arena, "Error parsing %s: %s", path, mistake).p, "%s", "");
    }
    if (diags.list.n) {
        iac_buf out;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        iac_buf_cstr(&out, "There are some problems with the CLI configuration:\n");
        iac_view_diags(&out, &diags, -1, view);
        if (iac_diags_has_errors(&diags))
            iac_buf_cstr(&out, "\nAs a result of the above problems, iac may not behave as intended.\n\n");
        fwrite(out.p, 1, out.n, stderr);
        iac_buf_clear(&out);
    }
    iac_diags_clear(&diags);
}

/* engine/fetch/settings.c - the settings of the command line: credentials of hosts, and where their services are. */
#include "engine/fetch/fetch_internal.h"

#include "lang/config/config.h"
#include "lang/value/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put_text(iac_fetcher *fetcher, iac_map *map, iac_str key, iac_str value)
{
    iac_str *kept = iac_arena_new_of(fetcher->arena, iac_str);

    *kept = iac_arena_str(fetcher->arena, value);
    iac_map_put(map, iac_arena_str(fetcher->arena, key), kept);
}

/* ---- the file's own syntax ----
 *
 * It is the older one of HCL, where blocks may follow each other on one line. What is read here are names, labels, texts
 * and braces; what this program has no use for is passed over. */

enum { MAX_DEPTH = 8, MAX_NAMES = 16 };

typedef struct scanner {
    iac_fetcher *fetcher;
    iac_str text;
    size_t at;
    bool bad;
} scanner;

typedef enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_MARK } token_kind;

typedef struct token {
    token_kind kind;
    iac_str text; /* of TEXT: without its quotes */
    char mark;
} token;

static void skip_blanks(scanner *s)
{
    while (s->at < s->text.n) {
        iac_str rest = iac_str_sub(s->text, s->at, s->text.n);
        size_t end = 0;
        if (rest.p[0] == ' ' || rest.p[0] == '\t' || rest.p[0] == '\r' || rest.p[0] == '\n' || rest.p[0] == ',')
            end = 1;
        else if (rest.p[0] == '#' || iac_str_starts(rest, IAC_STR("//")))
            end = iac_str_find_char(rest, '\n', 0);
        else if (iac_str_starts(rest, IAC_STR("/*")))
            end = iac_str_find(rest, IAC_STR("*/"), 2);
        if (!end)
            return;
        s->at = end >= rest.n ? s->text.n : s->at + end + (rest.p[0] == '/' && rest.p[1] == '*' ? 2 : 0);
    }
}

static token read_text(scanner *s)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (s->at++; s->at < s->text.n && s->text.p[s->at] != '"'; s->at++) {
        if (s->text.p[s->at] == '\\' && s->at + 1 < s->text.n)
            s->at++;
        iac_buf_char(&out, s->text.p[s->at]);
    }
    s->bad |= s->at >= s->text.n;
    s->at++;
    token t = { TOKEN_TEXT, iac_arena_str(s->fetcher->arena, iac_buf_view(&out)), 0 };
    iac_buf_clear(&out);
    return t;
}

static bool is_mark(char c)
{
    return c && strchr("{}[]=\"#, \t\r\n", c);
}

static token next_token(scanner *s)
{
    size_t start;

    skip_blanks(s);
    if (s->bad || s->at >= s->text.n)
        return (token){ .kind = TOKEN_END };
    if (s->text.p[s->at] == '"')
        return read_text(s);
    if (is_mark(s->text.p[s->at]))
        return (token){ .kind = TOKEN_MARK, .mark = s->text.p[s->at++] };
    for (start = s->at; s->at < s->text.n && !is_mark(s->text.p[s->at]); s->at++)
        ;
    return (token){ TOKEN_WORD, iac_str_sub(s->text, start, s->at), 0 };
}

static void found(scanner *s, const iac_str *path, size_t n, iac_str value)
{
    iac_fetcher *fetcher = s->fetcher;

    if (n == 3 && iac_str_is(path[0], "credentials") && iac_str_is(path[2], "token"))
        put_text(fetcher, &fetcher->tokens, path[1], value);
    if (n == 4 && iac_str_is(path[0], "host") && iac_str_is(path[2], "services") && iac_str_is(path[3], "modules.v1"))
        put_text(fetcher, &fetcher->services, iac_arena_printf(fetcher->arena, "%.*s modules.v1", IAC_FMT(path[1])),
                 value);
}

static void skip_list(scanner *s)
{
    size_t depth = 1;

    while (depth) {
        token t = next_token(s);
        if (t.kind == TOKEN_END) {
            s->bad = true;
            return;
        }
        depth += t.kind == TOKEN_MARK && t.mark == '[';
        depth -= t.kind == TOKEN_MARK && t.mark == ']';
    }
}

static void read_body(scanner *s, iac_str *path, size_t n, size_t depth);

/* What follows a name: labels, then a block or a value. */
static void read_item(scanner *s, iac_str *path, size_t n, size_t depth)
{
    token t = next_token(s);

    for (; t.kind == TOKEN_TEXT && n < MAX_NAMES; t = next_token(s))
        path[n++] = t.text;
    if (t.kind == TOKEN_MARK && t.mark == '=')
        t = next_token(s);
    if (t.kind == TOKEN_TEXT)
        found(s, path, n, t.text);
    else if (t.kind == TOKEN_MARK && t.mark == '{')
        read_body(s, path, n, depth + 1);
    else if (t.kind == TOKEN_MARK && t.mark == '[')
        skip_list(s);
    else if (t.kind != TOKEN_WORD)
        s->bad = true;
}

static void read_body(scanner *s, iac_str *path, size_t n, size_t depth)
{
    if (n == 2 && iac_str_is(path[0], "host")) /* what it says counts, and nothing is discovered */
        iac_map_put(&s->fetcher->hosts, iac_arena_str(s->fetcher->arena, path[1]), s->fetcher);
    while (!s->bad) {
        token t = next_token(s);
        if (t.kind == TOKEN_END || (t.kind == TOKEN_MARK && t.mark == '}')) {
            s->bad |= (t.kind == TOKEN_END) != (depth == 0);
            return;
        }
        if (t.kind == TOKEN_MARK || depth >= MAX_DEPTH || n + 1 >= MAX_NAMES) {
            s->bad = true;
            return;
        }
        path[n] = t.text;
        read_item(s, path, n + 1, depth);
    }
}

static void read_file(iac_fetcher *fetcher, iac_str text)
{
    scanner s = { .fetcher = fetcher, .text = text };
    iac_str names[MAX_NAMES];

    read_body(&s, names, 0, 0);
}

/* credentials.tfrc.json, as `login` of Terraform writes it: {"credentials":{"HOST":{"token":".."}}}. */
static void read_stored_credentials(iac_fetcher *fetcher, iac_str text)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(fetcher->arena, text, &error, &offset);
    const iac_value *hosts = v && v->kind == IAC_OBJECT && iac_is_set_value(v) ? iac_value_get_cstr(v, "credentials")
                                                                               : NULL;

    if (!hosts || hosts->kind != IAC_OBJECT || !iac_is_set_value(hosts))
        return;
    for (size_t i = 0; i < hosts->n; i++) {
        const iac_value *host = hosts->items[i];
        const iac_value *secret =
            host->kind == IAC_OBJECT && iac_is_set_value(host) ? iac_value_get_cstr(host, "token") : NULL;
        if (secret && secret->kind == IAC_STRING && iac_is_set_value(secret))
            put_text(fetcher, &fetcher->tokens, hosts->type->names[i], secret->string);
    }
}

void iac_settings_read(iac_fetcher *fetcher)
{
    const char *path = getenv("TF_CLI_CONFIG_FILE"), *home = getenv("HOME");
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_str text = { 0 };

    if (home && *home) {
        const char *stored = iac_arena_printf(fetcher->arena, "%s/.terraform.d/credentials.tfrc.json", home).p;
        if (iac_config_reader_files.read(NULL, stored, fetcher->arena, &text, &ignored) == IAC_OK)
            read_stored_credentials(fetcher, text);
        if (!path || !*path)
            path = iac_arena_printf(fetcher->arena, "%s/.terraformrc", home).p;
    }
    if (path && *path && iac_config_reader_files.read(NULL, path, fetcher->arena, &text, &ignored) == IAC_OK)
        read_file(fetcher, text);
    iac_diags_clear(&ignored);
}

iac_str iac_settings_token(iac_fetcher *fetcher, iac_str host)
{
    iac_buf name;

    iac_buf_init(&name, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&name, "TF_TOKEN_");
    for (size_t i = 0; i < host.n; i++)
        iac_buf_cstr(&name, host.p[i] == '.' ? "_" : host.p[i] == '-' ? "__" : (char[]){ host.p[i], '\0' });
    const char *value = getenv(name.p);
    iac_buf_clear(&name);
    if (value && *value)
        return iac_str_of(value);
    const iac_str *kept = iac_map_get(&fetcher->tokens, host);
    return kept ? *kept : (iac_str){ 0 };
}

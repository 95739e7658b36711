/* Values as the console and `output` show them. */
#include <string.h>

#include "lang/eval/eval_internal.h"
#include "lang/value/text.h"

enum { MAX_INDENT = 4096 };

/* Whether a line of s, blanks aside, is the word. */
static bool has_line(iac_str s, iac_str word)
{
    for (size_t at = 0; at <= s.n;) {
        size_t end = iac_str_find_char(s, '\n', at);
        if (end == SIZE_MAX)
            end = s.n;
        if (iac_str_eq(iac_str_trim(iac_str_sub(s, at, end)), word))
            return true;
        at = end + 1;
    }
    return false;
}

static void print_heredoc(iac_buf *out, iac_str s, unsigned indent)
{
    char word[64] = "EOT";
    size_t n = 3;
    while (n + 1 < sizeof(word) && has_line(s, (iac_str){ word, n }))
        word[n++] = '_';
    iac_buf_cstr(out, indent > 0 ? "<<-" : "<<");
    iac_buf_add(out, word, n);
    iac_buf_char(out, '\n');
    for (size_t at = 0; at <= s.n;) {
        size_t end = iac_str_find_char(s, '\n', at);
        if (end == SIZE_MAX)
            end = s.n;
        iac_buf_fill(out, ' ', indent);
        iac_buf_add(out, s.p + at, end - at);
        iac_buf_char(out, '\n');
        at = end + 1;
    }
    iac_buf_fill(out, ' ', indent);
    iac_buf_add(out, word, n);
}

static void print_string(iac_buf *out, iac_str s, unsigned indent)
{
    if (iac_str_find_char(s, '\n', 0) != SIZE_MAX)
        print_heredoc(out, s, indent);
    else
        iac_quote(out, s);
}

static void print_null(iac_buf *out, const iac_type *type)
{
    iac_arena *arena = iac_arena_new();
    static const char *const wrappers[] = {
        [IAC_STRING] = "tostring(null)",  [IAC_NUMBER] = "tonumber(null)",    [IAC_BOOL] = "tobool(null)",
        [IAC_LIST] = "tolist(null)",      [IAC_SET] = "toset(null)",          [IAC_MAP] = "tomap(null)",
        [IAC_TUPLE] = "null /* tuple */", [IAC_OBJECT] = "null /* object */", [IAC_DYNAMIC] = "null",
    };
    iac_buf_cstr(out, wrappers[type->kind]);
    if (iac_type_is_collection(type))
        iac_buf_printf(out, " /* of %.*s */", IAC_FMT(iac_type_friendly(arena, type->element)));
    iac_arena_free(arena);
}

static void print_value(iac_buf *out, const iac_value *v, unsigned indent);

static void new_line(iac_buf *out, unsigned indent)
{
    iac_buf_char(out, '\n');
    iac_buf_fill(out, ' ', indent);
}

static void print_sequence(iac_buf *out, const iac_value *v, unsigned indent)
{
    iac_buf_char(out, '[');
    for (size_t i = 0; i < v->n; i++) {
        new_line(out, indent + 2);
        print_value(out, v->items[i], indent + 2);
        iac_buf_char(out, ',');
    }
    if (v->n > 0)
        new_line(out, indent);
    iac_buf_char(out, ']');
}

static void print_mapping(iac_buf *out, const iac_value *v, unsigned indent)
{
    iac_buf_char(out, '{');
    for (size_t i = 0; i < v->n; i++) {
        new_line(out, indent + 2);
        print_string(out, v->keys[i], indent + 2);
        iac_buf_cstr(out, " = ");
        print_value(out, v->items[i], indent + 2);
    }
    if (v->n > 0)
        new_line(out, indent);
    iac_buf_char(out, '}');
}

static void print_known(iac_buf *out, const iac_value *v, unsigned indent)
{
    switch ((iac_kind)v->kind) {
    case IAC_STRING:
        print_string(out, v->string, indent);
        return;
    case IAC_NUMBER: {
        iac_arena *arena = iac_arena_new();
        iac_buf_str(out, iac_number_text(arena, v));
        iac_arena_free(arena);
        return;
    }
    case IAC_BOOL:
        iac_buf_cstr(out, v->boolean ? "true" : "false");
        return;
    case IAC_LIST:
    case IAC_SET:
        iac_buf_cstr(out, v->kind == IAC_LIST ? "tolist(" : "toset(");
        print_sequence(out, v, indent);
        iac_buf_char(out, ')');
        return;
    case IAC_TUPLE:
        print_sequence(out, v, indent);
        return;
    case IAC_MAP:
        iac_buf_cstr(out, "tomap(");
        print_mapping(out, v, indent);
        iac_buf_char(out, ')');
        return;
    case IAC_OBJECT:
        print_mapping(out, v, indent);
        return;
    case IAC_DYNAMIC:
        return;
    }
}

static void print_value(iac_buf *out, const iac_value *v, unsigned indent)
{
    if (indent > MAX_INDENT)
        iac_buf_cstr(out, "...");
    else if (iac_is_unknown(v))
        iac_buf_cstr(out, "(known after apply)");
    else if (v->marks & IAC_SENSITIVE)
        iac_buf_cstr(out, "(sensitive value)");
    else if (v->marks & IAC_EPHEMERAL)
        iac_buf_cstr(out, "(ephemeral value)");
    else if (iac_is_null(v))
        print_null(out, v->type);
    else
        print_known(out, v, indent);
}

void iac_eval_print(iac_buf *out, const iac_value *v)
{
    print_value(out, v, 0);
}

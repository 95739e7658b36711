/* A JSON reader that makes values directly. Numbers stay exact. Messages are those of Terraform's reader. */
#include "lang/value/json.h"
#include "lang/value/text.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 1000 };

struct parser {
    iac_arena *arena;
    iac_str text;
    size_t at;
    iac_buf string;                   /* the string being unescaped */
    IAC_VEC(const iac_value *) items; /* of the containers being read, innermost last */
    IAC_VEC(iac_str) keys;            /* likewise; empty for arrays' items */
    size_t depth;
    bool spelled; /* numbers keep their text */
    iac_str error;
    size_t error_at;
};

static const iac_value *fail(struct parser *p, size_t at, iac_str text)
{
    if (!p->error.n) {
        p->error = text;
        p->error_at = at;
    }
    return NULL;
}

/* "invalid character 'x'" and where, or that the text ends. */
static const iac_value *unexpected(struct parser *p, const char *where, const char *at_end)
{
    if (p->at >= p->text.n)
        return fail(p, p->at, iac_str_of(at_end));
    unsigned char c = (unsigned char)p->text.p[p->at];
    iac_buf shown, quoted;
    iac_buf_init(&shown, 16);
    iac_buf_init(&quoted, 64);
    iac_buf_utf8(&shown, c); /* bytes are shown as Latin-1, as there */
    if (c == '\'')
        iac_buf_cstr(&quoted, "\"\\'\"");
    else if (c == '"')
        iac_buf_cstr(&quoted, "\"\"\"");
    else
        iac_quote(&quoted, iac_buf_view(&shown));
    iac_str inner = iac_str_sub(iac_buf_view(&quoted), 1, quoted.n - 1);
    iac_str text = iac_arena_printf(p->arena, "invalid character '%.*s'%s", IAC_FMT(inner), where);
    iac_buf_clear(&shown);
    iac_buf_clear(&quoted);
    return fail(p, p->at, text);
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->text.n) {
        char c = p->text.p[p->at];
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
            break;
        p->at++;
    }
}

static char peek(const struct parser *p)
{
    return p->at < p->text.n ? p->text.p[p->at] : '\0';
}

static const char UNFINISHED[] = "unexpected EOF";

static bool parse_hex4(struct parser *p, uint32_t *ret)
{
    uint32_t n = 0;
    for (int i = 0; i < 4; i++) {
        char c = peek(p);
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            unexpected(p, " in \\u hexadecimal character escape", UNFINISHED);
            return false;
        }
        n = n << 4 | (uint32_t)digit;
        p->at++;
    }
    *ret = n;
    return true;
}

/* Behind "\u". A surrogate without its other half becomes U+FFFD. */
static bool parse_unicode_escape(struct parser *p)
{
    uint32_t cp, low;
    if (!parse_hex4(p, &cp))
        return false;
    if (cp >= 0xd800 && cp < 0xdc00 && p->text.n - p->at >= 6 && p->text.p[p->at] == '\\' &&
        p->text.p[p->at + 1] == 'u') {
        size_t back = p->at;
        p->at += 2;
        if (!parse_hex4(p, &low))
            return false;
        if (low >= 0xdc00 && low < 0xe000)
            cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
        else
            p->at = back;
    }
    iac_buf_utf8(&p->string, cp >= 0xd800 && cp < 0xe000 ? 0xfffd : cp);
    return true;
}

static bool parse_escape(struct parser *p)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = peek(p);
    const char *hit = c ? strchr(letters, c) : NULL;
    if (hit) {
        iac_buf_char(&p->string, meant[hit - letters]);
        p->at++;
        return true;
    }
    if (c != 'u') {
        unexpected(p, " in string escape code", UNFINISHED);
        return false;
    }
    p->at++;
    return parse_unicode_escape(p);
}

/* At the opening quote. The text is in the source or in p->string: copy it before reading on. */
static bool parse_string(struct parser *p, iac_str *ret, bool *ret_ascii)
{
    size_t from = ++p->at;
    bool ascii = true, escaped = false;
    iac_buf_reset(&p->string);
    for (;;) {
        if (p->at >= p->text.n) {
            fail(p, p->at, iac_str_of(UNFINISHED));
            return false;
        }
        unsigned char c = (unsigned char)p->text.p[p->at];
        if (c == '"')
            break;
        if (c < 0x20) {
            unexpected(p, " in string literal", UNFINISHED);
            return false;
        }
        if (c == '\\') {
            iac_buf_add(&p->string, p->text.p + from, p->at - from);
            p->at++;
            if (!parse_escape(p))
                return false;
            from = p->at;
            escaped = true;
            continue;
        }
        ascii &= c < 0x80;
        p->at++;
    }
    if (escaped)
        iac_buf_add(&p->string, p->text.p + from, p->at - from);
    *ret = escaped ? iac_buf_view(&p->string) : (iac_str){ p->text.p + from, p->at - from };
    *ret_ascii = ascii && !escaped;
    p->at++;
    return true;
}

static const iac_value *parse_string_value(struct parser *p)
{
    iac_str text;
    bool ascii;
    if (!parse_string(p, &text, &ascii))
        return NULL;
    if (!ascii)
        return iac_value_string(p->arena, text);
    iac_value *v = iac_arena_new_of(p->arena, iac_value); /* neither validation nor normalisation is needed */
    v->kind = IAC_STRING;
    v->string = iac_arena_str(p->arena, text);
    return v;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_digits(struct parser *p)
{
    while (is_digit(peek(p)))
        p->at++;
}

static const iac_value *parse_number(struct parser *p)
{
    size_t from = p->at;
    p->at += peek(p) == '-';
    if (!is_digit(peek(p)))
        return unexpected(p, " in numeric literal", UNFINISHED);
    if (peek(p) == '0')
        p->at++;
    else
        skip_digits(p);
    if (peek(p) == '.') {
        p->at++;
        if (!is_digit(peek(p)))
            return unexpected(p, " after decimal point in numeric literal", UNFINISHED);
        skip_digits(p);
    }
    if (peek(p) == 'e' || peek(p) == 'E') {
        p->at++;
        p->at += peek(p) == '+' || peek(p) == '-';
        if (!is_digit(peek(p)))
            return unexpected(p, " in exponent of numeric literal", UNFINISHED);
        skip_digits(p);
    }
    if (p->spelled) {
        iac_value *v = iac_arena_array(p->arena, iac_value, 1);
        *v = (iac_value){ .kind = IAC_DYNAMIC, .string = iac_str_sub(p->text, from, p->at) };
        return v;
    }
    const iac_value *v = iac_value_number_parse(p->arena, iac_str_sub(p->text, from, p->at));
    return v ? v : fail(p, from, IAC_STR("number out of range"));
}

static const iac_value *parse_literal(struct parser *p, const char *word, const iac_value *v)
{
    char where[64];
    for (const char *c = word; *c; c++, p->at++) {
        if (peek(p) == *c)
            continue;
        iac_buf text;
        iac_buf_init(&text, sizeof(where) - 1);
        iac_buf_printf(&text, " in literal %s (expecting '%c')", word, *c);
        memcpy(where, text.p, text.n + 1);
        iac_buf_clear(&text);
        return unexpected(p, where, UNFINISHED);
    }
    return v;
}

static const iac_value *parse_value(struct parser *p);

static const iac_value *parse_array(struct parser *p)
{
    size_t base = p->items.n;
    p->at++;
    skip_blanks(p);
    if (peek(p) == ']') {
        p->at++;
        return &iac_empty_tuple;
    }
    for (;;) {
        const iac_value *item = parse_value(p);
        if (!item)
            return NULL;
        iac_vec_push(&p->items, item);
        iac_vec_push(&p->keys, (iac_str){ 0 });
        skip_blanks(p);
        char c = peek(p);
        if (c != ',' && c != ']')
            return unexpected(p, " after array element", "EOF");
        p->at++;
        if (c == ']')
            break;
    }
    const iac_value *v = iac_value_tuple(p->arena, p->items.v + base, p->items.n - base);
    p->items.n = p->keys.n = base;
    return v;
}

static bool parse_member(struct parser *p, bool first)
{
    skip_blanks(p);
    if (peek(p) != '"') {
        unexpected(p, first ? "" : " looking for beginning of object key string", "EOF");
        return false;
    }
    iac_str key;
    bool ascii;
    if (!parse_string(p, &key, &ascii))
        return false;
    key = ascii ? iac_arena_str(p->arena, key) : iac_value_string(p->arena, key)->string;
    skip_blanks(p);
    if (peek(p) != ':') {
        unexpected(p, " after object key", "EOF");
        return false;
    }
    p->at++;
    const iac_value *item = parse_value(p);
    if (!item)
        return false;
    iac_vec_push(&p->items, item);
    iac_vec_push(&p->keys, key);
    return true;
}

static const iac_value *parse_object(struct parser *p)
{
    size_t base = p->items.n;
    p->at++;
    skip_blanks(p);
    if (peek(p) == '}') {
        p->at++;
        return &iac_empty_object;
    }
    for (bool first = true;; first = false) {
        if (!parse_member(p, first))
            return NULL;
        skip_blanks(p);
        char c = peek(p);
        if (c != ',' && c != '}')
            return unexpected(p, " after object key:value pair", "EOF");
        p->at++;
        if (c == '}')
            break;
    }
    const iac_value *v = iac_value_object(p->arena, p->keys.v + base, p->items.v + base, p->items.n - base);
    p->items.n = p->keys.n = base;
    return v;
}

static const iac_value *parse_value(struct parser *p)
{
    skip_blanks(p);
    char c = peek(p);
    if (c == '"')
        return parse_string_value(p);
    if (c == '-' || is_digit(c))
        return parse_number(p);
    if (c == '[' || c == '{') {
        if (p->depth == MAX_DEPTH)
            return fail(p, p->at, IAC_STR("exceeded max depth"));
        p->depth++;
        const iac_value *v = c == '[' ? parse_array(p) : parse_object(p);
        p->depth--;
        return v;
    }
    if (c == 't')
        return parse_literal(p, "true", &iac_true);
    if (c == 'f')
        return parse_literal(p, "false", &iac_false);
    if (c == 'n')
        return parse_literal(p, "null", &iac_null_dynamic);
    return unexpected(p, " looking for beginning of value", "EOF");
}

static const iac_value *parse_all(struct parser *p)
{
    iac_buf_init(&p->string, IAC_BUF_UNLIMITED);
    const iac_value *v = parse_value(p);
    if (v) {
        skip_blanks(p);
        if (p->at < p->text.n)
            v = fail(p, p->at, IAC_STR("extraneous data after JSON object"));
    }
    iac_buf_clear(&p->string);
    iac_vec_clear(&p->items);
    iac_vec_clear(&p->keys);
    return v;
}

const iac_value *iac_value_from_json(iac_arena *arena, iac_str json, iac_str *ret_error, size_t *ret_offset)
{
    struct parser p = { .arena = arena, .text = json };
    const iac_value *v = parse_all(&p);
    if (!v) {
        *ret_error = p.error;
        *ret_offset = p.error_at;
    }
    return v;
}

const iac_value *iac_value_from_json_spelled(iac_arena *arena, iac_str json)
{
    struct parser p = { .arena = arena, .text = json, .spelled = true };
    return parse_all(&p);
}

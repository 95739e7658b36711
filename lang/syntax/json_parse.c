/* JSON text to nodes with ranges. After a fault the text is read on from where the object or array at hand seems to
 * end, so that what is told of a broken text is what Terraform tells of it; a value that could not be read is an invalid
 * node. */
#include "lang/syntax/json_syntax.h"

#include "lang/syntax/parse.h"
#include "lang/syntax/parser.h"
#include "lang/value/text.h"

#include <string.h>

typedef enum token_kind { TOKEN_EOF, TOKEN_SIGN, TOKEN_STRING, TOKEN_NUMBER, TOKEN_KEYWORD, TOKEN_INVALID } token_kind;

typedef struct token {
    token_kind kind;
    char sign; /* of a SIGN */
    iac_range range;
} token;

typedef struct reader {
    iac_arena *arena;
    const iac_source *src;
    iac_str text;
    token next;
    unsigned depth;
    bool broken; /* nested too deeply: nothing more is read */
    iac_diags *diags;
    IAC_VEC(const iac_json_node *) items; /* scratch stacks */
    IAC_VEC(iac_json_member) members;
} reader;

/* ---- tokens ---- */

static bool is_letter(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Past the closing quote, or to the control character or the end of the text that comes before it. */
static size_t string_end(iac_str text, size_t at)
{
    for (at++; at < text.n && (unsigned char)text.p[at] >= 0x20; at++) {
        if (text.p[at] == '"')
            return at + 1;
        if (text.p[at] == '\\' && at + 1 < text.n && (unsigned char)text.p[at + 1] >= 0x20)
            at++;
    }
    return at;
}

static void scan(reader *r)
{
    iac_str text = r->text;
    size_t start = r->next.range.end, end;
    if (r->next.kind == TOKEN_INVALID) { /* nothing after it can be trusted */
        r->next = (token){ .kind = TOKEN_EOF, .range = { r->src, (uint32_t)start, (uint32_t)start } };
        r->text.n = start;
        return;
    }
    while (start < text.n && strchr(" \t\r\n", text.p[start]) && text.p[start])
        start++;
    token next = { .kind = TOKEN_EOF };
    end = start;
    char c = start < text.n ? text.p[start] : '\0';
    if (start >= text.n) {
        next.kind = TOKEN_EOF;
    } else if (c && strchr("{}[],:=", c)) {
        next.kind = TOKEN_SIGN;
        next.sign = c;
        end = start + 1;
    } else if (c == '"') {
        next.kind = TOKEN_STRING;
        end = string_end(text, start);
    } else if (is_digit(c) || c == '-' || c == '+' || c == '.') {
        next.kind = TOKEN_NUMBER;
        while (end < text.n && text.p[end] && (is_digit(text.p[end]) || strchr("-+.eE", text.p[end])))
            end++;
    } else if (is_letter(c)) {
        next.kind = TOKEN_KEYWORD;
        while (end < text.n && (is_letter(text.p[end]) || text.p[end] == '_'))
            end++;
    } else {
        next.kind = TOKEN_INVALID;
        end = start + 1;
    }
    next.range = (iac_range){ r->src, (uint32_t)start, (uint32_t)end };
    r->next = next;
}

static token take(reader *r)
{
    token taken = r->next;
    if (taken.kind != TOKEN_EOF)
        scan(r);
    return taken;
}

static bool next_is(const reader *r, char sign)
{
    return r->next.kind == TOKEN_SIGN && r->next.sign == sign;
}

/* To the sign that seems to close what is open, from `from` on, which was taken already. */
static void recover(reader *r, token from, char open_sign, char close_sign)
{
    unsigned open = 1;
    for (;; from = take(r)) {
        if (from.kind == TOKEN_EOF)
            return;
        if (from.kind != TOKEN_SIGN)
            continue;
        open += from.sign == open_sign;
        if (from.sign == close_sign && --open <= 1)
            return;
    }
}

static const iac_json_node *fail(reader *r, iac_range range, const char *summary, const char *detail)
{
    if (!r->broken)
        iac_diag_error(r->diags, range, summary, "%s", detail);
    return NULL;
}

static iac_json_node *new_node(reader *r, iac_json_kind kind, iac_range range)
{
    iac_json_node *node = iac_arena_new_of(r->arena, iac_json_node);
    node->kind = kind;
    node->range = node->open_range = node->close_range = range;
    return node;
}

/* ---- strings ---- */

typedef struct decoder {
    iac_str text; /* from quote to quote */
    size_t at;
    iac_buf out;
} decoder;

static bool read_hex4(decoder *d, uint32_t *ret)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char c = d->at < d->text.n ? d->text.p[d->at] : '\0';
        int digit = is_digit(c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        code = code * 16 + (uint32_t)digit;
        d->at++;
    }
    *ret = code;
    return true;
}

/* After the backslash. Halves of surrogate pairs that stand alone become U+FFFD. */
static bool read_escape(decoder *d)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = d->at < d->text.n ? d->text.p[d->at] : '\0';
    const char *simple = c ? strchr(from, c) : NULL;
    uint32_t code, low;
    if (simple) {
        d->at++;
        iac_buf_char(&d->out, to[simple - from]);
        return true;
    }
    if (c != 'u')
        return false;
    d->at++;
    if (!read_hex4(d, &code))
        return false;
    if (code >= 0xD800 && code < 0xDC00 && iac_str_starts(iac_str_sub(d->text, d->at, d->text.n), IAC_STR("\\u"))) {
        size_t back = d->at;
        d->at += 2;
        if (!read_hex4(d, &low))
            return false;
        if (low >= 0xDC00 && low < 0xE000)
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        else
            d->at = back;
    }
    iac_buf_utf8(&d->out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    return true;
}

/* Where the text of the string, with its quotes, is wrong: d->at, and at its end where it has no closing quote. */
static bool decode_string(decoder *d)
{
    for (d->at = 1; d->at < d->text.n; ) {
        char c = d->text.p[d->at];
        if (c == '"')
            return true;
        d->at++;
        if (c != '\\')
            iac_buf_char(&d->out, c);
        else if (!read_escape(d))
            return false;
    }
    return false;
}

iac_str iac_json_string_text(iac_arena *arena, iac_range range)
{
    iac_str written = iac_range_text(range);
    if (!memchr(written.p, '\\', written.n))
        return written.n >= 2 ? iac_str_sub(written, 1, written.n - 1) : (iac_str){ "", 0 };
    decoder d = { .text = written };
    iac_buf_init(&d.out, IAC_BUF_UNLIMITED);
    decode_string(&d);
    iac_str text = iac_arena_str(arena, iac_buf_view(&d.out));
    iac_buf_clear(&d.out);
    return text;
}

/* The fault is told as being behind the byte that it is found at, and columns are counted in bytes up to there. */
static const iac_json_node *bad_string(reader *r, iac_range range, size_t fault)
{
    size_t length = range.end - range.start;
    size_t offset = fault < length ? fault + 1 : length;
    iac_buf blanks;
    iac_buf_init(&blanks, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i <= offset; i++)
        iac_buf_char(&blanks, ' ');
    const iac_source *bytes =
        iac_source_within(r->arena, r->src, iac_shown_pos(r->src, range.start), iac_buf_view(&blanks));
    iac_buf_clear(&blanks);
    iac_range at = { bytes, (uint32_t)offset, (uint32_t)offset + 1 };
    iac_diag *diag = iac_diag_error(r->diags, at, "Invalid JSON string",
                                    "There is a syntax error in the given JSON string.");
    diag->context = range;
    return NULL;
}

static bool find_bad_utf8(iac_range range, iac_range *ret)
{
    iac_str text = iac_range_text(range);
    for (size_t at = 0; at < text.n; ) {
        size_t here = at;
        if (iac_utf8_next(text, &at) == 0xFFFD && at - here == 1) {
            *ret = (iac_range){ range.src, range.start + (uint32_t)here, range.start + (uint32_t)at };
            return true;
        }
    }
    return false;
}

static const iac_json_node *read_string(reader *r)
{
    token string = take(r);
    iac_range bad;
    decoder d = { .text = iac_range_text(string.range) };
    if (find_bad_utf8(string.range, &bad))
        return fail(r, bad, "Invalid character encoding",
                    "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.");
    iac_buf_init(&d.out, IAC_BUF_UNLIMITED);
    if (!decode_string(&d)) {
        iac_buf_clear(&d.out);
        return bad_string(r, string.range, d.at);
    }
    iac_json_node *node = new_node(r, IAC_JSON_STRING, string.range);
    iac_str inner = iac_str_sub(d.text, 1, d.text.n - 1);
    node->escaped = memchr(inner.p, '\\', inner.n) != NULL;
    node->text = node->escaped ? iac_arena_str(r->arena, iac_buf_view(&d.out)) : inner;
    iac_buf_clear(&d.out);
    return node;
}

/* ---- numbers and words ---- */

static size_t count_digits(iac_str s, size_t at)
{
    size_t n = 0;
    while (at + n < s.n && is_digit(s.p[at + n]))
        n++;
    return n;
}

static bool is_json_number(iac_str s)
{
    size_t at = s.n && s.p[0] == '-', digits = count_digits(s, at);
    if (digits == 0 || (digits > 1 && s.p[at] == '0'))
        return false;
    at += digits;
    if (at < s.n && s.p[at] == '.') {
        digits = count_digits(s, at + 1);
        if (digits == 0)
            return false;
        at += 1 + digits;
    }
    if (at < s.n && (s.p[at] | 32) == 'e') {
        at++;
        at += at < s.n && (s.p[at] == '+' || s.p[at] == '-');
        digits = count_digits(s, at);
        if (digits == 0)
            return false;
        at += digits;
    }
    return at == s.n;
}

static const iac_json_node *read_number(reader *r)
{
    token number = take(r);
    iac_json_node *node = new_node(r, IAC_JSON_NUMBER, number.range);
    node->text = iac_range_text(number.range);
    if (!is_json_number(node->text) || !iac_value_number_parse(r->arena, node->text))
        return fail(r, node->range, "Invalid JSON number", "There is a syntax error in the given JSON number.");
    return node;
}

static const iac_json_node *read_keyword(reader *r)
{
    static const iac_str words[] = { IAC_STR_INIT("true"), IAC_STR_INIT("false"), IAC_STR_INIT("null") };
    token keyword = take(r);
    iac_str word = iac_range_text(keyword.range);
    for (size_t i = 0; i < IAC_COUNT(words); i++) {
        if (!iac_str_eq(word, words[i]))
            continue;
        iac_json_node *node = new_node(r, i < 2 ? IAC_JSON_BOOL : IAC_JSON_NULL, keyword.range);
        node->boolean = i == 0;
        return node;
    }
    if (r->broken)
        return NULL;
    iac_str near = iac_str_nearest(word, words, IAC_COUNT(words));
    if (iac_str_is(word, "undefined") || iac_str_is(word, "NaN") || iac_str_is(word, "Infinity"))
        iac_diag_error(r->diags, keyword.range, "Invalid JSON keyword",
                       "The JavaScript identifier \"%.*s\" cannot be used in JSON.", IAC_FMT(word));
    else
        iac_diag_error(r->diags, keyword.range, "Invalid JSON keyword", "\"%.*s\" is not a valid JSON keyword.%s%.*s%s",
                       IAC_FMT(word), near.n ? " Did you mean \"" : "", IAC_FMT(near), near.n ? "\"?" : "");
    return NULL;
}

/* ---- objects and arrays ---- */

/* Never NULL, but invalid. */
static const iac_json_node *read_value(reader *r);

static const iac_json_node *close_array(reader *r, iac_range open, size_t base)
{
    token close = take(r);
    iac_json_node *node = new_node(r, IAC_JSON_ARRAY, iac_range_join(open, close.range));
    node->open_range = open;
    node->close_range = close.range;
    node->n = r->items.n - base;
    const iac_json_node **items = iac_arena_alloc_array(r->arena, node->n, sizeof(*items));
    if (node->n)
        memcpy(items, r->items.v + base, node->n * sizeof(*items));
    node->items = items;
    return node;
}

static const iac_json_node *read_items(reader *r, iac_range open, size_t base)
{
    while (!next_is(r, ']')) {
        const iac_json_node *item = read_value(r);
        iac_vec_push(&r->items, item);
        if (next_is(r, ',')) {
            token comma = take(r);
            if (next_is(r, ']'))
                return fail(r, comma.range, "Trailing comma in array",
                            "JSON does not permit a trailing comma after the final value in an array.");
            continue;
        }
        if (next_is(r, ']'))
            break;
        token found = take(r);
        recover(r, found, '[', ']');
        if (found.kind == TOKEN_EOF)
            return fail(r, open, "Unclosed object", "No closing bracket was found for this JSON array.");
        if (found.kind == TOKEN_SIGN && found.sign == ':')
            return fail(r, r->next.range, "Invalid array value",
                        "A colon is not used to introduce values in a JSON array.");
        if (found.kind == TOKEN_SIGN && found.sign == '}')
            return fail(r, r->next.range, "Mismatched brackets",
                        "A JSON array must be closed with a bracket, not a brace.");
        return fail(r, r->next.range, "Missing attribute seperator comma",
                    "A comma must appear between each value in an array.");
    }
    return close_array(r, open, base);
}

static const iac_json_node *close_object(reader *r, iac_range open, size_t base)
{
    token close = take(r);
    iac_json_node *node = new_node(r, IAC_JSON_OBJECT, iac_range_join(open, close.range));
    node->open_range = open;
    node->close_range = close.range;
    node->n = r->members.n - base;
    iac_json_member *members = iac_arena_array(r->arena, iac_json_member, node->n);
    if (node->n)
        memcpy(members, r->members.v + base, node->n * sizeof(*members));
    node->members = members;
    return node;
}

static const iac_json_node *missing_colon(reader *r, token found)
{
    char sign = found.kind == TOKEN_SIGN ? found.sign : '\0';
    recover(r, found, '{', '}');
    if (sign == '}' || sign == ',')
        return fail(r, found.range, "Missing object value",
                    "A JSON object attribute must have a value, introduced by a colon.");
    return fail(r, found.range, "Missing property value colon",
                sign == '=' ? "JSON uses a colon as its name/value delimiter, not an equals sign."
                            : "A colon must appear between an object property's name and its value.");
}

static const iac_json_node *read_members(reader *r, iac_range open, size_t base)
{
    while (!next_is(r, '}')) {
        const iac_json_node *name = read_value(r);
        if (name->kind != IAC_JSON_STRING)
            return fail(r, name->open_range, "Invalid object property name",
                        "A JSON object property name must be a string");
        token colon = take(r);
        if (colon.kind != TOKEN_SIGN || colon.sign != ':')
            return missing_colon(r, colon);
        const iac_json_node *value = read_value(r);
        iac_vec_push(&r->members, (iac_json_member){ name->text, name->range, name->escaped, value });
        if (next_is(r, ',')) {
            token comma = take(r);
            if (next_is(r, '}'))
                return fail(r, comma.range, "Trailing comma in object",
                            "JSON does not permit a trailing comma after the final property in an object.");
            continue;
        }
        if (next_is(r, '}'))
            break;
        if (r->next.kind == TOKEN_EOF)
            return fail(r, open, "Unclosed object", "No closing brace was found for this JSON object.");
        token found = take(r);
        if (found.kind == TOKEN_SIGN && found.sign == ']')
            return fail(r, r->next.range, "Mismatched braces",
                        "A JSON object must be closed with a brace, not a bracket.");
        recover(r, found, '{', '}');
        return fail(r, r->next.range, "Missing attribute seperator comma",
                    "A comma must appear between each property definition in an object.");
    }
    return close_object(r, open, base);
}

static const iac_json_node *read_nested(reader *r)
{
    if (r->depth >= IAC_MAX_NESTING) {
        fail(r, r->next.range, "Nesting too deep", "Arrays and objects are nested too deeply within each other.");
        r->broken = true;
        r->text.n = r->next.range.end;
        r->next = (token){ .kind = TOKEN_EOF, .range = r->next.range };
        return NULL;
    }
    size_t items = r->items.n, members = r->members.n;
    token open = take(r);
    r->depth++;
    const iac_json_node *node = open.sign == '{' ? read_members(r, open.range, members)
                                                 : read_items(r, open.range, items);
    r->depth--;
    r->items.n = items;
    r->members.n = members;
    return node;
}

static const iac_json_node *read_value(reader *r)
{
    static const char must_start[] =
        "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.";
    token first = r->next;
    const iac_json_node *node = NULL;
    if (next_is(r, '{') || next_is(r, '['))
        node = read_nested(r);
    else if (next_is(r, '}'))
        fail(r, first.range, "Missing JSON value", must_start);
    else if (next_is(r, ']'))
        fail(r, first.range, "Missing array element value", must_start);
    else if (first.kind == TOKEN_STRING)
        node = read_string(r);
    else if (first.kind == TOKEN_NUMBER)
        node = read_number(r);
    else if (first.kind == TOKEN_KEYWORD)
        node = read_keyword(r);
    else if (first.kind == TOKEN_EOF)
        fail(r, first.range, "Missing value", "The JSON data ends prematurely.");
    else
        fail(r, first.range, "Invalid start of value", must_start);
    return node ? node : new_node(r, IAC_JSON_INVALID, first.range);
}

const iac_json_node *iac_json_parse(iac_arena *arena, const iac_source *source, iac_diags *diags)
{
    iac_diags own = IAC_DIAGS_INIT; /* so that an error anywhere in this file is known as one of this file */
    reader r = { .arena = arena, .src = source, .text = source->text, .diags = &own };
    uint32_t start = iac_str_starts(r.text, IAC_STR("\xEF\xBB\xBF")) ? 3 : 0;
    r.next = (token){ .range = { source, start, start } };
    scan(&r);
    const iac_json_node *node = read_value(&r);
    if (!own.errors && r.next.kind != TOKEN_EOF)
        fail(&r, r.next.range, "Extraneous data after value", "Extra characters appear after the JSON value.");
    if (node->kind != IAC_JSON_OBJECT && node->kind != IAC_JSON_ARRAY) {
        fail(&r, node->range, "Root value must be object",
             "The root value in a JSON-based configuration must be either a JSON object or a JSON array of objects.");
        node = new_node(&r, IAC_JSON_OBJECT, (iac_range){ source, 0, 0 });
    }
    iac_vec_clear(&r.items);
    iac_vec_clear(&r.members);
    iac_diags_append(diags, &own);
    return node;
}

/* ---- the place of an offset ---- */

/* The object or array in node that the offset lies in: *ret_index of its children, which lie in order. */
static const iac_json_node *child_around(const iac_json_node *node, size_t offset, size_t *ret_index)
{
    size_t low = 0, high = node->n;
    bool object = node->kind == IAC_JSON_OBJECT;
    while (low < high) { /* the last that begins at or before offset */
        size_t middle = (low + high) / 2;
        const iac_json_node *child = object ? node->members[middle].value : node->items[middle];
        if (child->range.start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    *ret_index = low - 1;
    const iac_json_node *child = object ? node->members[low - 1].value : node->items[low - 1];
    bool nests = child->kind == IAC_JSON_OBJECT || child->kind == IAC_JSON_ARRAY;
    return nests && offset < child->range.end ? child : NULL;
}

iac_str iac_json_path_at(const iac_json_node *node, size_t offset, iac_arena *arena)
{
    iac_buf path;
    size_t index;
    iac_buf_init(&path, IAC_BUF_UNLIMITED);
    for (const iac_json_node *child; (child = child_around(node, offset, &index)); node = child) {
        if (node->kind == IAC_JSON_OBJECT)
            iac_buf_printf(&path, "%s%.*s", path.n ? "." : "", IAC_FMT(node->members[index].name));
        else
            iac_buf_printf(&path, "[%zu]", index);
    }
    iac_str result = iac_arena_str(arena, iac_buf_view(&path));
    iac_buf_clear(&path);
    return result;
}

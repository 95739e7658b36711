/* The JSON syntax: text to nodes with ranges, nodes to expressions, and bodies read by a spec. */
#include "lang/syntax/json_syntax.h"

#include "lang/syntax/parse.h"
#include "lang/syntax/parser.h"
#include "lang/value/text.h"

#include <string.h>

typedef enum node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_STRING, NODE_ARRAY, NODE_OBJECT } node_kind;

typedef struct iac_json_node iac_json_node;

typedef struct member {
    iac_str name;
    iac_range name_range; /* with its quotes */
    bool escaped;
    const iac_json_node *value;
} member;

struct iac_json_node {
    node_kind kind;
    bool boolean;
    bool escaped; /* STRING: text was not taken from the source as it stands */
    iac_range range, open_range, close_range; /* brackets of arrays and objects; other values: the whole */
    iac_str text; /* NUMBER, STRING */
    const iac_json_node *const *items;
    const member *members;
    size_t n;
};

typedef struct reader {
    iac_arena *arena;
    const iac_source *src;
    iac_str text;
    size_t at;
    unsigned depth;
    iac_diags *diags;
    IAC_VEC(const iac_json_node *) items; /* scratch stacks */
    IAC_VEC(member) members;
} reader;

/* ---- text to nodes ---- */

static iac_range range_of(const reader *r, size_t start, size_t end)
{
    return (iac_range){ r->src, (uint32_t)start, (uint32_t)end };
}

static char peek_char(const reader *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static char skip_blanks(reader *r)
{
    while (r->at < r->text.n && strchr(" \t\r\n", r->text.p[r->at]) && r->text.p[r->at])
        r->at++;
    return peek_char(r);
}

static iac_json_node *new_node(reader *r, node_kind kind, size_t start, size_t end)
{
    iac_json_node *node = iac_arena_new_of(r->arena, iac_json_node);
    node->kind = kind;
    node->range = node->open_range = node->close_range = range_of(r, start, end);
    return node;
}

/* The character, word or number at hand, for a message. */
static iac_range item_range(const reader *r)
{
    size_t end = r->at;
    while (end < r->text.n && ((r->text.p[end] | 32) >= 'a' && (r->text.p[end] | 32) <= 'z'))
        end++;
    if (end == r->at && end < r->text.n) {
        end++;
        while (end < r->text.n && ((unsigned char)r->text.p[end] & 0xC0) == 0x80)
            end++;
    }
    return range_of(r, r->at, end);
}

static const iac_json_node *fail(reader *r, iac_range range, const char *summary, const char *detail)
{
    iac_diag_error(r->diags, range, summary, "%s", detail);
    return NULL;
}

static bool read_hex4(reader *r, uint32_t *ret)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char c = peek_char(r);
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0)
            return false;
        code = code * 16 + (uint32_t)digit;
        r->at++;
    }
    *ret = code;
    return true;
}

/* After the backslash. Halves of surrogate pairs that stand alone become U+FFFD. */
static bool read_escape(reader *r, iac_buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = peek_char(r);
    const char *simple = c ? strchr(from, c) : NULL;
    uint32_t code, low;
    r->at += r->at < r->text.n;
    if (simple) {
        iac_buf_char(out, to[simple - from]);
        return true;
    }
    if (c != 'u' || !read_hex4(r, &code))
        return false;
    if (code >= 0xD800 && code < 0xDC00 && peek_char(r) == '\\' && r->at + 1 < r->text.n &&
        r->text.p[r->at + 1] == 'u') {
        size_t back = r->at;
        r->at += 2;
        if (!read_hex4(r, &low))
            return false;
        if (low >= 0xDC00 && low < 0xE000)
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        else
            r->at = back;
    }
    iac_buf_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    return true;
}

/* At the opening quote. False after an error. */
static bool read_string(reader *r, iac_str *ret, bool *ret_escaped)
{
    size_t start = ++r->at, plain = start;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    *ret_escaped = false;
    for (;;) {
        size_t here = r->at;
        char c = peek_char(r);
        if (c == '"') {
            r->at++;
            break;
        }
        if (c == '\\') {
            *ret_escaped = true;
            iac_buf_add(&out, r->text.p + plain, here - plain);
            r->at++;
            if (!read_escape(r, &out)) {
                fail(r, range_of(r, here, r->at), "Invalid JSON string",
                     "There is a syntax error in the given JSON string.");
                break;
            }
            plain = r->at;
        } else if ((unsigned char)c < 0x20) {
            fail(r, range_of(r, here, here + (here < r->text.n)), "Invalid JSON string",
                 "There is a syntax error in the given JSON string.");
            break;
        } else {
            uint32_t code = iac_utf8_next(r->text, &r->at);
            if (code == 0xFFFD && r->at - here == 1) {
                fail(r, range_of(r, here, r->at), "Invalid character encoding",
                     "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.");
                break;
            }
        }
    }
    bool good = r->text.p[r->at - 1] == '"' && !iac_diags_has_errors(r->diags);
    if (good && *ret_escaped) {
        iac_buf_add(&out, r->text.p + plain, r->at - 1 - plain);
        *ret = iac_arena_str(r->arena, iac_buf_view(&out));
    } else if (good) {
        *ret = iac_str_sub(r->text, start, r->at - 1);
    }
    iac_buf_clear(&out);
    return good;
}

static size_t count_digits(const reader *r, size_t at)
{
    size_t n = 0;
    while (at + n < r->text.n && r->text.p[at + n] >= '0' && r->text.p[at + n] <= '9')
        n++;
    return n;
}

static const iac_json_node *read_number(reader *r)
{
    size_t start = r->at, end = start, digits;
    const char *s = r->text.p;
    bool good;
    end += s[end] == '-';
    digits = count_digits(r, end);
    good = digits > 0 && (digits == 1 || s[end] != '0');
    end += digits;
    if (end < r->text.n && s[end] == '.') {
        digits = count_digits(r, end + 1);
        good = good && digits > 0;
        end += 1 + digits;
    }
    if (end < r->text.n && (s[end] == 'e' || s[end] == 'E')) {
        end++;
        end += end < r->text.n && (s[end] == '+' || s[end] == '-');
        digits = count_digits(r, end);
        good = good && digits > 0;
        end += digits;
    }
    r->at = end;
    iac_json_node *node = new_node(r, NODE_NUMBER, start, end);
    node->text = iac_str_sub(r->text, start, end);
    if (!good || !iac_value_number_parse(r->arena, node->text))
        return fail(r, node->range, "Invalid JSON number", "There is a syntax error in the given JSON number.");
    return node;
}

static const iac_json_node *read_keyword(reader *r)
{
    static const iac_str words[] = { IAC_STR_INIT("true"), IAC_STR_INIT("false"), IAC_STR_INIT("null") };
    iac_range range = item_range(r);
    iac_str word = iac_range_text(range);
    for (size_t i = 0; i < IAC_COUNT(words); i++) {
        if (!iac_str_eq(word, words[i]))
            continue;
        r->at = range.end;
        iac_json_node *node = new_node(r, i < 2 ? NODE_BOOL : NODE_NULL, range.start, range.end);
        node->boolean = i == 0;
        return node;
    }
    iac_str near = iac_str_nearest(word, words, IAC_COUNT(words));
    iac_diag_error(r->diags, range, "Invalid JSON keyword", "\"%.*s\" is not a valid JSON keyword.%s%.*s%s",
                   IAC_FMT(word), near.n ? " Did you mean \"" : "", IAC_FMT(near), near.n ? "\"?" : "");
    return NULL;
}

static const iac_json_node *read_value(reader *r);

static const iac_json_node *read_array(reader *r)
{
    size_t start = r->at++, base = r->items.n;
    char c = skip_blanks(r);
    while (c != ']') {
        const iac_json_node *item = read_value(r);
        if (!item)
            return NULL;
        iac_vec_push(&r->items, item);
        c = skip_blanks(r);
        if (c == ',') {
            size_t comma = r->at++;
            c = skip_blanks(r);
            if (c == ']')
                return fail(r, range_of(r, comma, comma + 1), "Trailing comma in array",
                            "JSON does not permit a trailing comma after the final value in an array.");
        } else if (r->at >= r->text.n) {
            return fail(r, range_of(r, start, start + 1), "Unclosed array",
                        "No closing bracket was found for this JSON array.");
        } else if (c != ']') {
            return fail(r, item_range(r), "Missing attribute separator comma",
                        "A comma must appear between each value in an array.");
        }
    }
    r->at++;
    iac_json_node *node = new_node(r, NODE_ARRAY, start, r->at);
    node->open_range.end = node->open_range.start + 1;
    node->close_range.start = node->close_range.end - 1;
    node->n = r->items.n - base;
    const iac_json_node **items = iac_arena_alloc_array(r->arena, node->n, sizeof(*items));
    if (node->n)
        memcpy(items, r->items.v + base, node->n * sizeof(*items));
    node->items = items;
    r->items.n = base;
    return node;
}

/* "name": value. False after an error. */
static bool read_member(reader *r, member *ret)
{
    size_t start = r->at;
    *ret = (member){ 0 };
    if (peek_char(r) != '"') {
        fail(r, item_range(r), "Invalid object property name", "A JSON object property name must be a string");
        return false;
    }
    if (!read_string(r, &ret->name, &ret->escaped))
        return false;
    ret->name_range = range_of(r, start, r->at);
    if (skip_blanks(r) != ':') {
        fail(r, item_range(r), "Missing property value colon",
             peek_char(r) == '='
                 ? "JSON uses a colon as its name/value delimiter, not an equals sign."
                 : "A colon must appear between an object property's name and its value.");
        return false;
    }
    r->at++;
    skip_blanks(r);
    ret->value = read_value(r);
    return ret->value != NULL;
}

static const iac_json_node *read_object(reader *r)
{
    size_t start = r->at++, base = r->members.n;
    char c = skip_blanks(r);
    while (c != '}') {
        member one;
        if (r->at >= r->text.n)
            return fail(r, range_of(r, start, start + 1), "Unclosed object",
                        "No closing brace was found for this JSON object.");
        if (!read_member(r, &one))
            return NULL;
        iac_vec_push(&r->members, one);
        c = skip_blanks(r);
        if (c == ',') {
            size_t comma = r->at++;
            c = skip_blanks(r);
            if (c == '}')
                return fail(r, range_of(r, comma, comma + 1), "Trailing comma in object",
                            "JSON does not permit a trailing comma after the final property in an object.");
        } else if (r->at < r->text.n && c != '}') {
            return fail(r, item_range(r), "Missing attribute separator comma",
                        "A comma must appear between each property definition in an object.");
        }
    }
    r->at++;
    iac_json_node *node = new_node(r, NODE_OBJECT, start, r->at);
    node->open_range.end = node->open_range.start + 1;
    node->close_range.start = node->close_range.end - 1;
    node->n = r->members.n - base;
    member *members = iac_arena_array(r->arena, member, node->n);
    if (node->n)
        memcpy(members, r->members.v + base, node->n * sizeof(*members));
    node->members = members;
    r->members.n = base;
    return node;
}

static const iac_json_node *read_string_value(reader *r)
{
    size_t start = r->at;
    iac_str text;
    bool escaped;
    if (!read_string(r, &text, &escaped))
        return NULL;
    iac_json_node *node = new_node(r, NODE_STRING, start, r->at);
    node->text = text;
    node->escaped = escaped;
    return node;
}

static const iac_json_node *read_value(reader *r)
{
    char c = skip_blanks(r);
    const iac_json_node *node;
    switch (c) {
    case '{':
    case '[':
        if (r->depth >= IAC_MAX_NESTING)
            return fail(r, item_range(r), "Nesting too deep",
                        "Arrays and objects are nested too deeply within each other.");
        r->depth++;
        node = c == '{' ? read_object(r) : read_array(r);
        r->depth--;
        return node;
    case '"':
        return read_string_value(r);
    case ']':
    case '}':
    case ',':
    case ':':
        return fail(r, item_range(r), "Missing JSON value",
                    "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.");
    default:
        break;
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return read_number(r);
    if ((c | 32) >= 'a' && (c | 32) <= 'z')
        return read_keyword(r);
    if (r->at >= r->text.n)
        return fail(r, item_range(r), "Missing value", "The JSON data ends prematurely.");
    return fail(r, item_range(r), "Invalid start of value",
                "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.");
}

/* ---- nodes to expressions ---- */

static iac_expr *new_expr(iac_arena *arena, iac_expr_kind kind, iac_range range)
{
    iac_expr *expr = iac_expr_alloc(arena, kind, range);
    expr->from_json = true;
    return expr;
}

static void raise(iac_expr *parent, const iac_expr *child)
{
    if (child->height + 1 > parent->height)
        parent->height = (uint16_t)(child->height + 1);
}

/* A string is a template. Where it has no escapes its parts have their own places in the source. */
static const iac_expr *template_of(iac_arena *arena, iac_str text, bool escaped, iac_range range, iac_diags *diags)
{
    iac_parser p;
    iac_str inner = escaped ? text : iac_str_sub(range.src->text, range.start + 1, range.end - 1);
    iac_parser_init(&p, arena, range.src, inner, IAC_LEX_TEMPLATE, escaped ? &range : NULL, diags);
    p.from_json = true;
    const iac_expr *expr = iac_parse_bare_template(&p, range);
    iac_parser_clear(&p);
    return expr;
}

static const iac_expr *expr_of(iac_arena *arena, const iac_json_node *node, iac_diags *diags)
{
    iac_expr *expr;
    switch (node->kind) {
    case NODE_STRING:
        return template_of(arena, node->text, node->escaped, node->range, diags);
    case NODE_ARRAY: {
        const iac_expr **items = iac_arena_alloc_array(arena, node->n, sizeof(*items));
        expr = new_expr(arena, IAC_EXPR_TUPLE, node->range);
        for (size_t i = 0; i < node->n; i++) {
            items[i] = expr_of(arena, node->items[i], diags);
            raise(expr, items[i]);
        }
        expr->tuple.items = items;
        expr->tuple.n = node->n;
        return expr;
    }
    case NODE_OBJECT: {
        iac_object_item *items = iac_arena_array(arena, iac_object_item, node->n);
        expr = new_expr(arena, IAC_EXPR_OBJECT, node->range);
        for (size_t i = 0; i < node->n; i++) {
            const member *m = &node->members[i];
            items[i].key = template_of(arena, m->name, m->escaped, m->name_range, diags);
            items[i].value = expr_of(arena, m->value, diags);
            raise(expr, items[i].key);
            raise(expr, items[i].value);
        }
        expr->object.items = items;
        expr->object.n = node->n;
        return expr;
    }
    case NODE_NUMBER:
        expr = new_expr(arena, IAC_EXPR_LITERAL, node->range);
        expr->literal = iac_value_number_parse(arena, node->text);
        return expr;
    case NODE_BOOL:
        expr = new_expr(arena, IAC_EXPR_LITERAL, node->range);
        expr->literal = iac_value_bool(node->boolean);
        return expr;
    case NODE_NULL:
        break;
    }
    expr = new_expr(arena, IAC_EXPR_LITERAL, node->range);
    expr->literal = &iac_null_dynamic;
    return expr;
}

static iac_attribute *attribute_of(iac_arena *arena, const member *m, iac_diags *diags)
{
    iac_attribute *attribute = iac_arena_new_of(arena, iac_attribute);
    attribute->name = m->name;
    attribute->name_range = m->name_range;
    attribute->equals_range = (iac_range){ m->name_range.src, m->name_range.end, m->name_range.end };
    attribute->expr = expr_of(arena, m->value, diags);
    attribute->range = iac_range_join(m->name_range, attribute->expr->range);
    return attribute;
}

/* ---- bodies ---- */

static const iac_body *body_of(iac_arena *arena, const iac_json_node *node)
{
    iac_body *body = iac_arena_new_of(arena, iac_body);
    body->range = node->range;
    body->missing_at = node->close_range;
    body->json = node;
    return body;
}

static void wrong_type(iac_diags *diags, const iac_json_node *node, const char *detail)
{
    iac_diag_error(diags, node->range, "Incorrect JSON value type", "%s", detail);
}

/* The members of a body: an object, or an array of objects taken together. The array is in the arena. */
static const member *members_of(iac_arena *arena, const iac_json_node *node, size_t *ret_n, iac_diags *diags)
{
    size_t n = 0;
    *ret_n = 0;
    if (node->kind == NODE_OBJECT) {
        *ret_n = node->n;
        return node->members;
    }
    if (node->kind != NODE_ARRAY) {
        if (node->kind != NODE_NULL)
            wrong_type(diags, node, "Either a JSON object or JSON array of objects is required here, to define arguments "
                                    "and child blocks.");
        return NULL;
    }
    for (size_t i = 0; i < node->n; i++)
        n += node->items[i]->kind == NODE_OBJECT ? node->items[i]->n : 0;
    member *all = iac_arena_array(arena, member, n);
    for (size_t i = 0; i < node->n; i++) {
        const iac_json_node *item = node->items[i];
        if (item->kind == NODE_OBJECT && item->n > 0) {
            memcpy(all + *ret_n, item->members, item->n * sizeof(*all));
            *ret_n += item->n;
        } else if (item->kind != NODE_OBJECT) {
            wrong_type(diags, item, "A JSON object is required here, to define arguments and child blocks.");
        }
    }
    return all;
}

typedef IAC_VEC(const iac_block *) block_list;

typedef struct block_reader {
    iac_arena *arena;
    iac_diags *diags;
    const iac_block_spec *spec;
    const member *type;
    iac_label labels[8];
    size_t label_count;
    block_list *blocks;
} block_reader;

/* Messages point at `header`, which is the bracket of the array where the block stands in one. */
static void add_block(block_reader *r, const iac_json_node *node, iac_range header)
{
    iac_block *block = iac_arena_new_of(r->arena, iac_block);
    iac_label *labels = iac_arena_array(r->arena, iac_label, r->label_count);
    if (r->label_count)
        memcpy(labels, r->labels, r->label_count * sizeof(*labels));
    *block = (iac_block){ .type = r->type->name, .labels = labels, .label_count = r->label_count,
                          .body = body_of(r->arena, node), .type_range = r->type->name_range,
                          .open_range = node->open_range, .close_range = node->close_range,
                          .header_range = header, .range = node->range };
    iac_vec_push(r->blocks, block);
}

static iac_str quoted_detail(iac_diags *diags, const char *before, const char *word, const char *after)
{
    if (!diags->arena)
        diags->arena = iac_arena_new();
    return iac_arena_printf(diags->arena, "%s%s%s", before, word, after);
}

/* Labels still to come are the names of an object's members (or of those of each object of an array). */
static void read_labels(block_reader *r, const iac_json_node *node)
{
    const char *label = r->spec->labels[r->label_count];
    bool usable = node->kind == NODE_OBJECT || node->kind == NODE_ARRAY || node->kind == NODE_NULL;
    size_t found = 0;
    if (!usable)
        wrong_type(r->diags, node,
                   quoted_detail(r->diags, "Either a JSON object or JSON array of objects is required here, to "
                                           "specify ", label, " labels for this block.").p);
    for (size_t i = 0; i < (node->kind == NODE_ARRAY ? node->n : usable ? 1 : 0); i++) {
        const iac_json_node *object = node->kind == NODE_ARRAY ? node->items[i] : node;
        if (object->kind != NODE_OBJECT) {
            if (object->kind != NODE_NULL)
                wrong_type(r->diags, object,
                           quoted_detail(r->diags, "A JSON object is required here, to specify ", label,
                                         " labels for this block.").p);
            continue;
        }
        for (size_t k = 0; k < object->n; k++) {
            const member *m = &object->members[k];
            found++;
            r->labels[r->label_count++] = (iac_label){ m->name, m->name_range };
            if (r->label_count < r->spec->label_count)
                read_labels(r, m->value);
            else if (m->value->kind == NODE_OBJECT)
                add_block(r, m->value, m->value->open_range);
            else if (m->value->kind == NODE_ARRAY)
                for (size_t a = 0; a < m->value->n; a++)
                    add_block(r, m->value->items[a], m->value->open_range);
            else if (m->value->kind != NODE_NULL)
                wrong_type(r->diags, m->value,
                           iac_arena_printf(r->arena, "Either a JSON object or a JSON array is required, representing "
                                                      "the contents of one or more \"%.*s\" blocks.",
                                            IAC_FMT(r->type->name)).p);
            r->label_count--;
        }
    }
    if (found == 0)
        iac_diag_error(r->diags, node->open_range, "Missing block label",
                       "At least one object property is required, whose name represents the %.*s block's %s.",
                       IAC_FMT(r->type->name), label);
}

static void read_blocks(iac_arena *arena, const iac_block_spec *spec, const member *m, block_list *blocks,
                        iac_diags *diags)
{
    block_reader r = { .arena = arena, .diags = diags, .spec = spec, .type = m, .blocks = blocks };
    if (spec->label_count > 0 && spec->label_count <= IAC_COUNT(r.labels))
        read_labels(&r, m->value);
    else if (m->value->kind == NODE_OBJECT)
        add_block(&r, m->value, m->value->open_range);
    else if (m->value->kind == NODE_ARRAY)
        for (size_t i = 0; i < m->value->n; i++)
            add_block(&r, m->value->items[i], m->value->open_range);
    else if (m->value->kind != NODE_NULL)
        wrong_type(diags, m->value,
                   iac_arena_printf(arena, "Either a JSON object or a JSON array is required, representing the "
                                           "contents of one or more \"%.*s\" blocks.", IAC_FMT(spec->type)).p);
}

static void duplicate(const iac_attribute *first, const member *again, const char *summary, iac_diags *diags)
{
    iac_range where = first->range;
    iac_pos start = iac_source_pos(where.src, where.start), end = iac_source_pos(where.src, where.end);
    iac_diag_error(diags, again->name_range, summary,
                   "The argument \"%.*s\" was already set at %.*s:%u,%u-%u.", IAC_FMT(first->name),
                   IAC_FMT(where.src->name), start.line, start.column, end.column);
}

iac_status iac_json_content(iac_arena *arena, const iac_body *body, const iac_body_spec *spec, bool partial,
                            iac_content *ret, iac_diags *diags)
{
    iac_spec_index index;
    block_list blocks = { 0 };
    size_t errors = diags->errors, n, rest = 0, position = 0;
    iac_spec_index_init(&index, spec);
    const member *members = members_of(arena, body->json, &n, diags);
    member *others = iac_arena_array(arena, member, partial ? n : 0);
    *ret = (iac_content){ .attributes = iac_arena_alloc_array(arena, spec->attribute_count,
                                                              sizeof(*ret->attributes)) };
    for (size_t i = 0; i < n; i++) {
        const member *m = &members[i];
        const iac_block_spec *block = iac_spec_block(&index, m->name);
        if (block) {
            read_blocks(arena, block, m, &blocks, diags);
        } else if (iac_spec_attribute(&index, m->name, &position)) {
            if (ret->attributes[position])
                duplicate(ret->attributes[position], m, "Duplicate argument", diags);
            else
                ret->attributes[position] = attribute_of(arena, m, diags);
        } else if (partial) {
            others[rest++] = *m;
        } else if (!iac_str_is(m->name, "//")) {
            iac_str near = iac_spec_nearest(spec, m->name, true, true);
            iac_diag_error(diags, m->name_range, "Extraneous JSON object property",
                           "No argument or block type is named \"%.*s\".%s%.*s%s", IAC_FMT(m->name),
                           near.n ? " Did you mean \"" : "", IAC_FMT(near), near.n ? "\"?" : "");
        }
    }
    iac_spec_check_required(body, spec, ret, diags);
    iac_spec_index_clear(&index);

    const iac_block **copy = iac_arena_alloc_array(arena, blocks.n, sizeof(*copy));
    if (blocks.n)
        memcpy(copy, blocks.v, blocks.n * sizeof(*copy));
    ret->blocks = copy;
    ret->block_count = blocks.n;
    iac_vec_clear(&blocks);
    if (partial) {
        iac_json_node *node = iac_arena_new_of(arena, iac_json_node);
        *node = *body->json;
        node->kind = NODE_OBJECT;
        node->members = others;
        node->n = rest;
        ret->remain = body_of(arena, node);
    }
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

iac_status iac_json_attributes(iac_arena *arena, const iac_body *body, const iac_attribute **ret, size_t *ret_count,
                               iac_diags *diags)
{
    size_t errors = diags->errors, n, count = 0;
    const member *members = members_of(arena, body->json, &n, diags);
    iac_attribute *attributes = iac_arena_array(arena, iac_attribute, n);
    iac_map seen = { 0 };
    for (size_t i = 0; i < n; i++) {
        const member *m = &members[i];
        if (iac_str_is(m->name, "//"))
            continue;
        const iac_attribute *first = iac_map_get(&seen, m->name);
        if (first) {
            duplicate(first, m, "Duplicate attribute definition", diags);
            continue;
        }
        attributes[count] = *attribute_of(arena, m, diags);
        iac_map_put(&seen, m->name, &attributes[count]);
        count++;
    }
    iac_map_clear(&seen);
    *ret = attributes;
    *ret_count = count;
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

/* ---- files ---- */

const iac_file *iac_parse_json_file(iac_arena *arena, const iac_source *source, iac_diags *diags)
{
    iac_diags own = IAC_DIAGS_INIT; /* so that an error anywhere in this file is known as one of this file */
    reader r = { .arena = arena, .src = source, .text = source->text, .diags = &own };
    if (iac_str_starts(r.text, IAC_STR("\xEF\xBB\xBF")))
        r.at = 3;
    const iac_json_node *node = read_value(&r);
    if (node) {
        skip_blanks(&r);
        if (r.at < r.text.n)
            fail(&r, item_range(&r), "Extraneous data after value", "Extra characters appear after the JSON value.");
        else if (node->kind != NODE_OBJECT && node->kind != NODE_ARRAY)
            fail(&r, node->range, "Root value must be object",
                 "The root value in a JSON-based configuration must be either a JSON object or a JSON array of "
                 "objects.");
    }
    if (!node || iac_diags_has_errors(&own))
        node = new_node(&r, NODE_OBJECT, 0, source->text.n);
    iac_vec_clear(&r.items);
    iac_vec_clear(&r.members);
    iac_diags_append(diags, &own);
    iac_file *file = iac_arena_new_of(arena, iac_file);
    file->source = source;
    file->body = body_of(arena, node);
    return file;
}

/* The binary form of values and types. A value is: kind | state << 4 | marked << 6 | typed << 7, [marks], [type],
 * content. A type is left out where the collection around it says it already. Counts are LEB128; texts carry their
 * length. Decoding trusts nothing: every count is checked against the bytes left, and values are made by the ordinary
 * constructors. */
#include "lang/value/json.h"
#include "lang/value/text.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_DEPTH = 1000,
    MARKED = 1 << 6,
    TYPED = 1 << 7,
};

enum { /* parts of a refinement that are present */
       NOT_NULL = 1,
       PREFIX = 2,
       MIN = 4,
       MAX = 8,
       MIN_OPEN = 16,
       MAX_OPEN = 32,
       LENGTHS = 64,
};

/* ---- encoding ---- */

static void put_count(iac_buf *out, uint64_t n)
{
    while (n >= 0x80) {
        iac_buf_char(out, (char)(n | 0x80));
        n >>= 7;
    }
    iac_buf_char(out, (char)n);
}

static void put_str(iac_buf *out, iac_str s)
{
    put_count(out, s.n);
    iac_buf_str(out, s);
}

static void put_int(iac_buf *out, int64_t n)
{
    put_count(out, ((uint64_t)n << 1) ^ (uint64_t)(n >> 63));
}

/* 0 and the integer, or the precision and the digits that read back the same. */
static void put_number(iac_buf *out, const iac_number *n)
{
    if (!n->big) {
        put_count(out, 0);
        put_int(out, n->small);
        return;
    }
    iac_arena *scratch = iac_arena_new();
    iac_value v = { .kind = IAC_NUMBER, .number = *n };
    put_count(out, (uint64_t)mpfr_get_prec(n->big));
    put_str(out, iac_number_text(scratch, &v));
    iac_arena_free(scratch);
}

void iac_type_encode(iac_buf *out, const iac_type *type)
{
    iac_buf_char(out, (char)((int)type->kind | (type->optional ? 0x80 : 0)));
    if (type->element)
        iac_type_encode(out, type->element);
    if (type->kind != IAC_TUPLE && type->kind != IAC_OBJECT)
        return;
    put_count(out, type->n);
    for (size_t i = 0; i < type->n; i++) {
        if (type->kind == IAC_OBJECT)
            put_str(out, type->names[i]);
        if (type->optional)
            iac_buf_char(out, (char)type->optional[i]);
        iac_type_encode(out, type->items[i]);
    }
}

static void put_refinement(iac_buf *out, const iac_refinement *r)
{
    if (!r) {
        iac_buf_char(out, 0);
        return;
    }
    bool lengths = r->length_min != 0 || r->length_max != INT64_MAX;
    iac_buf_char(out, (char)((r->not_null ? NOT_NULL : 0) | (r->prefix.n ? PREFIX : 0) | (r->min ? MIN : 0) |
                             (r->max ? MAX : 0) | (r->min_open ? MIN_OPEN : 0) | (r->max_open ? MAX_OPEN : 0) |
                             (lengths ? LENGTHS : 0)));
    if (r->prefix.n)
        put_str(out, r->prefix);
    if (r->min)
        put_number(out, r->min);
    if (r->max)
        put_number(out, r->max);
    if (lengths) {
        put_int(out, r->length_min);
        put_int(out, r->length_max);
    }
}

static void encode(iac_buf *out, const iac_value *v, const iac_type *expected)
{
    bool typed = v->type && !(expected && iac_type_equal(v->type, expected));
    iac_buf_char(out, (char)(v->kind | v->state << 4 | (v->marks ? MARKED : 0) | (typed ? TYPED : 0)));
    if (v->marks)
        iac_buf_char(out, (char)v->marks);
    if (typed)
        iac_type_encode(out, v->type);
    if (v->state == IAC_UNKNOWN)
        put_refinement(out, v->refinement);
    if (v->state != IAC_KNOWN)
        return;
    switch (v->kind) {
    case IAC_STRING:
        put_str(out, v->string);
        return;
    case IAC_NUMBER:
        put_number(out, &v->number);
        return;
    case IAC_BOOL:
        iac_buf_char(out, v->boolean);
        return;
    default:
        break;
    }
    put_count(out, v->n);
    for (size_t i = 0; i < v->n; i++) {
        if (v->keys)
            put_str(out, v->keys[i]);
        encode(out, v->items[i], v->type ? v->type->element : NULL);
    }
}

void iac_value_encode(iac_buf *out, const iac_value *v)
{
    encode(out, v, NULL);
}

/* ---- decoding ---- */

struct reader {
    iac_arena *arena;
    iac_str bytes;
    size_t at;
    size_t depth;
    bool bad;
};

static uint8_t get_byte(struct reader *r)
{
    if (r->at >= r->bytes.n) {
        r->bad = true;
        return 0;
    }
    return (uint8_t)r->bytes.p[r->at++];
}

static uint64_t get_count(struct reader *r)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = get_byte(r);
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return n;
    }
    r->bad = true;
    return 0;
}

/* How many parts follow; each takes a byte at least. */
static size_t get_parts(struct reader *r)
{
    uint64_t n = get_count(r);
    if (n > r->bytes.n - r->at)
        r->bad = true;
    return r->bad ? 0 : (size_t)n;
}

static iac_str get_str(struct reader *r)
{
    size_t n = get_parts(r);
    iac_str s = iac_str_sub(r->bytes, r->at, r->at + n);
    r->at += n;
    if (!iac_utf8_valid(s))
        r->bad = true;
    return s;
}

static int64_t get_int(struct reader *r)
{
    uint64_t n = get_count(r);
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static const iac_value *get_number(struct reader *r)
{
    uint64_t precision = get_count(r);
    if (r->bad || precision == 0)
        return r->bad ? NULL : iac_value_int_of(r->arena, get_int(r), IAC_PRECISION);
    iac_str text = get_str(r);
    if (r->bad || precision > IAC_PRECISION || text.n == 0)
        return NULL;
    const iac_value *checked = iac_value_number_parse(r->arena, text);
    if (!checked || precision == IAC_PRECISION)
        return checked;
    mpfr_t n;
    mpfr_init2(n, (mpfr_prec_t)precision);
    char *copy = iac_xstrndup(text.p, text.n);
    mpfr_strtofr(n, copy, NULL, 10, MPFR_RNDN);
    free(copy);
    const iac_value *v = iac_value_number(r->arena, n);
    mpfr_clear(n);
    return v;
}

static const iac_type *get_type(struct reader *r);

static const iac_type *get_structure(struct reader *r, iac_kind kind, bool has_optional)
{
    size_t n = get_parts(r);
    const iac_type **items = iac_xcalloc(n + 1, sizeof(*items));
    iac_str *names = iac_xcalloc(n + 1, sizeof(*names));
    bool *optional = iac_xcalloc(n + 1, sizeof(*optional));
    const iac_type *type = NULL;
    for (size_t i = 0; i < n; i++) {
        if (kind == IAC_OBJECT)
            names[i] = get_str(r);
        if (has_optional)
            optional[i] = get_byte(r) != 0;
        items[i] = get_type(r);
        if (!items[i] || (i && kind == IAC_OBJECT && iac_str_cmp(names[i - 1], names[i]) >= 0))
            goto out;
    }
    if (!r->bad)
        type = kind == IAC_TUPLE ? iac_type_tuple(r->arena, items, n)
                                 : iac_type_object(r->arena, names, items, has_optional ? optional : NULL, n);
out:
    free(optional);
    free(names);
    free(items);
    return type;
}

static const iac_type *get_type(struct reader *r)
{
    uint8_t head = get_byte(r);
    const iac_type *type = NULL, *element;
    if (r->bad || r->depth == MAX_DEPTH)
        return NULL;
    r->depth++;
    switch (head & 0x7f) {
    case IAC_DYNAMIC:
        type = &iac_type_dynamic;
        break;
    case IAC_STRING:
        type = &iac_type_string;
        break;
    case IAC_NUMBER:
        type = &iac_type_number;
        break;
    case IAC_BOOL:
        type = &iac_type_bool;
        break;
    case IAC_LIST:
        element = get_type(r);
        type = element ? iac_type_list(r->arena, element) : NULL;
        break;
    case IAC_SET:
        element = get_type(r);
        type = element ? iac_type_set(r->arena, element) : NULL;
        break;
    case IAC_MAP:
        element = get_type(r);
        type = element ? iac_type_map(r->arena, element) : NULL;
        break;
    case IAC_TUPLE:
    case IAC_OBJECT:
        type = get_structure(r, (iac_kind)(head & 0x7f), (head & 0x80) != 0);
        break;
    default:
        break;
    }
    r->depth--;
    return type;
}

const iac_type *iac_type_decode(iac_arena *arena, iac_str bytes, size_t *offset)
{
    struct reader r = { .arena = arena, .bytes = bytes, .at = *offset };
    const iac_type *type = get_type(&r);
    if (type)
        *offset = r.at;
    return type;
}

static const iac_value *get_unknown(struct reader *r, const iac_type *type)
{
    iac_refinement refinement = { .length_max = INT64_MAX };
    uint8_t flags = get_byte(r);
    if (flags == 0)
        return iac_value_unknown(r->arena, type);
    refinement.not_null = (flags & NOT_NULL) != 0;
    refinement.min_open = (flags & MIN_OPEN) != 0;
    refinement.max_open = (flags & MAX_OPEN) != 0;
    if (flags & PREFIX)
        refinement.prefix = get_str(r);
    const iac_value *min = flags & MIN ? get_number(r) : NULL, *max = flags & MAX ? get_number(r) : NULL;
    if ((flags & MIN && !min) || (flags & MAX && !max))
        return NULL;
    refinement.min = min ? &min->number : NULL;
    refinement.max = max ? &max->number : NULL;
    if (flags & LENGTHS) {
        refinement.length_min = get_int(r);
        refinement.length_max = get_int(r);
    }
    return r->bad ? NULL : iac_value_refined(r->arena, type, &refinement);
}

static const iac_value *get_value(struct reader *r, const iac_type *expected);

static const iac_value *get_items(struct reader *r, iac_kind kind, const iac_type *type)
{
    size_t n = get_parts(r);
    const iac_value **items = iac_xcalloc(n + 1, sizeof(*items));
    iac_str *keys = iac_xcalloc(n + 1, sizeof(*keys));
    const iac_value *v = NULL;
    for (size_t i = 0; i < n; i++) {
        if (kind == IAC_MAP || kind == IAC_OBJECT)
            keys[i] = iac_arena_str(r->arena, get_str(r));
        items[i] = get_value(r, type ? type->element : NULL);
        if (!items[i])
            goto out;
        if (type && type->element->kind != IAC_DYNAMIC && !iac_value_has_type(items[i], type->element))
            goto out;
    }
    if (r->bad)
        goto out;
    v = kind == IAC_LIST    ? iac_value_list(r->arena, type->element, items, n)
        : kind == IAC_SET   ? iac_value_set(r->arena, type->element, items, n)
        : kind == IAC_MAP   ? iac_value_map(r->arena, type->element, keys, items, n)
        : kind == IAC_TUPLE ? iac_value_tuple(r->arena, items, n)
                            : iac_value_object(r->arena, keys, items, n);
out:
    free(keys);
    free(items);
    return v;
}

static const iac_value *get_content(struct reader *r, uint8_t head, const iac_type *expected)
{
    uint8_t kind = head & 15, state = head >> 4 & 3;
    bool needs_type = state != IAC_KNOWN || kind == IAC_LIST || kind == IAC_SET || kind == IAC_MAP;
    const iac_type *type = head & TYPED ? get_type(r) : expected;
    if (r->bad || state > IAC_UNKNOWN || (needs_type && (!type || (uint8_t)type->kind != kind)))
        return NULL;
    if (state == IAC_NULL)
        return iac_value_null(r->arena, type);
    if (state == IAC_UNKNOWN)
        return get_unknown(r, type);
    switch (kind) {
    case IAC_STRING:
        return iac_value_string(r->arena, get_str(r));
    case IAC_NUMBER:
        return get_number(r);
    case IAC_BOOL:
        return iac_value_bool(get_byte(r) != 0);
    case IAC_LIST:
    case IAC_SET:
    case IAC_MAP:
        return get_items(r, (iac_kind)kind, type);
    case IAC_TUPLE:
    case IAC_OBJECT:
        return get_items(r, (iac_kind)kind, NULL);
    default:
        return NULL;
    }
}

static const iac_value *get_value(struct reader *r, const iac_type *expected)
{
    if (r->depth == MAX_DEPTH)
        return NULL;
    r->depth++;
    uint8_t head = get_byte(r);
    uint8_t marks = !r->bad && head & MARKED ? get_byte(r) : 0;
    const iac_value *v = r->bad ? NULL : get_content(r, head, expected);
    r->depth--;
    return v && !r->bad ? iac_value_mark(r->arena, v, marks) : NULL;
}

const iac_value *iac_value_decode(iac_arena *arena, iac_str bytes, size_t *offset)
{
    struct reader r = { .arena = arena, .bytes = bytes, .at = *offset };
    const iac_value *v = get_value(&r, NULL);
    if (v)
        *offset = r.at;
    return v;
}

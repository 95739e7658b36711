/* Comparing values: sameness, the order within sets, and the language's == operator. */
#include "lang/value/text.h"
#include "lang/value/value.h"

#include <stdlib.h>
#include <string.h>

/* ---- sameness ---- */

static bool same_bound(const iac_number *a, const iac_number *b)
{
    if (!a || !b)
        return a == b;
    iac_value x = { .kind = IAC_NUMBER, .number = *a }, y = { .kind = IAC_NUMBER, .number = *b };
    return iac_number_cmp(&x, &y) == 0;
}

static bool same_refinement(const iac_refinement *a, const iac_refinement *b)
{
    static const iac_refinement nothing = { .length_max = INT64_MAX };
    a = a ? a : &nothing;
    b = b ? b : &nothing;
    return a == b || (a->not_null == b->not_null && iac_str_eq(a->prefix, b->prefix) && same_bound(a->min, b->min) &&
                      same_bound(a->max, b->max) && a->min_open == b->min_open && a->max_open == b->max_open &&
                      a->length_min == b->length_min && a->length_max == b->length_max);
}

static bool same(const iac_value *a, const iac_value *b, bool with_marks)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->state != b->state || a->deep_unknown != b->deep_unknown)
        return false;
    if (with_marks && (a->marks != b->marks || a->deep_marks != b->deep_marks))
        return false;
    if (a->type && !iac_type_equal(a->type, b->type))
        return false;
    if (a->state == IAC_NULL)
        return true;
    if (a->state == IAC_UNKNOWN)
        return same_refinement(a->refinement, b->refinement);
    switch (a->kind) {
    case IAC_STRING:
        return iac_str_eq(a->string, b->string);
    case IAC_NUMBER:
        return iac_number_cmp(a, b) == 0;
    case IAC_BOOL:
        return a->boolean == b->boolean;
    default:
        break;
    }
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->keys && !iac_str_eq(a->keys[i], b->keys[i]))
            return false;
        if (!same(a->items[i], b->items[i], with_marks))
            return false;
    }
    return true;
}

bool iac_value_same(const iac_value *a, const iac_value *b)
{
    return same(a, b, false);
}

bool iac_value_identical(const iac_value *a, const iac_value *b)
{
    return same(a, b, true);
}

uint64_t iac_value_hash(const iac_value *v)
{
    uint64_t hash = iac_hash_mix((uint64_t)v->kind << 8 | v->state, v->type ? v->type->hash : 0);
    if (v->state != IAC_KNOWN)
        return hash;
    switch (v->kind) {
    case IAC_STRING:
        return iac_hash_mix(hash, iac_str_hash(v->string));
    case IAC_BOOL:
        return iac_hash_mix(hash, v->boolean);
    case IAC_NUMBER: {
        double d = iac_value_to_double(v) + 0.0; /* -0 becomes 0 */
        uint64_t bits;
        memcpy(&bits, &d, sizeof(bits));
        return iac_hash_mix(hash, bits);
    }
    default:
        break;
    }
    for (size_t i = 0; i < v->n; i++) {
        if (v->keys)
            hash = iac_hash_mix(hash, iac_str_hash(v->keys[i]));
        hash = iac_hash_mix(hash, iac_value_hash(v->items[i]));
    }
    return iac_hash_mix(hash, v->n);
}

/* ---- order ---- */

/* Terraform iterates a set of compound values in the byte order of a digest of each: numbers to ten digits, strings
 * quoted, parts in brackets. Plans list set elements in that order, so it is part of what is compatible. */
static void add_content(iac_buf *out, const iac_value *v)
{
    if (v->state != IAC_KNOWN) {
        iac_buf_char(out, v->state == IAC_UNKNOWN ? '?' : '~');
        return;
    }
    switch (v->kind) {
    case IAC_STRING:
        iac_quote(out, v->string);
        return;
    case IAC_BOOL:
        iac_buf_char(out, v->boolean ? 'T' : 'F');
        return;
    case IAC_NUMBER: {
        char text[64];
        if (v->number.big)
            mpfr_snprintf(text, sizeof(text), "%.10Rg", v->number.big);
        else
            mpfr_snprintf(text, sizeof(text), "%.10Lg", (long double)v->number.small);
        iac_buf_cstr(out, text);
        return;
    }
    default:
        break;
    }
    bool square = v->kind == IAC_LIST || v->kind == IAC_SET;
    iac_buf_char(out, square ? '[' : v->kind == IAC_MAP ? '{' : '<');
    for (size_t i = 0; i < v->n; i++) {
        if (v->kind == IAC_MAP) {
            iac_quote(out, v->keys[i]);
            iac_buf_char(out, ':');
        }
        add_content(out, v->items[i]);
        iac_buf_char(out, ';');
    }
    iac_buf_char(out, square ? ']' : v->kind == IAC_MAP ? '}' : '>');
}

iac_str iac_value_content(iac_arena *arena, const iac_value *v)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    add_content(&buf, v);
    iac_str content = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return content;
}

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* Exact: tells apart what the digest holds for equal. */
static int compare_exact(const iac_value *a, const iac_value *b)
{
    static const int rank[] = { [IAC_KNOWN] = 0, [IAC_UNKNOWN] = 1, [IAC_NULL] = 2 };
    if (a == b)
        return 0;
    if (a->state != b->state)
        return rank[a->state] - rank[b->state];
    if (a->state != IAC_KNOWN)
        return 0;
    if (a->kind != b->kind)
        return a->kind - b->kind;
    switch (a->kind) {
    case IAC_STRING:
        return iac_str_cmp(a->string, b->string);
    case IAC_BOOL:
        return a->boolean - b->boolean;
    case IAC_NUMBER:
        return iac_number_cmp(a, b);
    default:
        break;
    }
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        int c = a->keys ? iac_str_cmp(a->keys[i], b->keys[i]) : 0;
        if (c == 0)
            c = compare_exact(a->items[i], b->items[i]);
        if (c)
            return c;
    }
    return compare_sizes(a->n, b->n);
}

int iac_value_order(const iac_value *a, const iac_value *b)
{
    if (a == b)
        return 0;
    if (a->state != IAC_KNOWN || b->state != IAC_KNOWN || a->kind < IAC_LIST || b->kind < IAC_LIST)
        return compare_exact(a, b);
    iac_buf x, y;
    iac_buf_init(&x, IAC_BUF_UNLIMITED);
    iac_buf_init(&y, IAC_BUF_UNLIMITED);
    add_content(&x, a);
    add_content(&y, b);
    int c = iac_str_cmp(iac_buf_view(&x), iac_buf_view(&y));
    iac_buf_clear(&x);
    iac_buf_clear(&y);
    return c ? c : compare_exact(a, b);
}

/* ---- the == operator ---- */

typedef enum answer { NO, YES, MAYBE } answer;

static bool surely_not_null(const iac_value *v)
{
    return v->state == IAC_KNOWN || (v->state == IAC_UNKNOWN && v->refinement && v->refinement->not_null);
}

/* Whether the unknown value could still turn out to be v, by what its refinement says. */
static bool may_be(const iac_value *unknown, const iac_value *v)
{
    const iac_refinement *r = unknown->refinement;
    if (v->state == IAC_NULL)
        return !surely_not_null(unknown);
    if (!r)
        return true;
    switch (v->kind) {
    case IAC_STRING:
        return iac_str_starts(v->string, r->prefix);
    case IAC_NUMBER:
        if (r->min) {
            iac_value bound = { .kind = IAC_NUMBER, .number = *r->min };
            int c = iac_number_cmp(v, &bound);
            if (c < 0 || (c == 0 && r->min_open))
                return false;
        }
        if (r->max) {
            iac_value bound = { .kind = IAC_NUMBER, .number = *r->max };
            int c = iac_number_cmp(v, &bound);
            if (c > 0 || (c == 0 && r->max_open))
                return false;
        }
        return true;
    case IAC_LIST:
    case IAC_SET:
    case IAC_MAP: /* a set that holds unknowns may shrink */
        if ((uint64_t)r->length_min > v->n)
            return false;
        return v->deep_unknown || (uint64_t)r->length_max >= v->n;
    default:
        return true;
    }
}

/* Whether two types could become equal once their dynamic parts are known. */
static bool types_may_agree(const iac_type *a, const iac_type *b)
{
    if (a->kind == IAC_DYNAMIC || b->kind == IAC_DYNAMIC)
        return true;
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->element)
        return types_may_agree(a->element, b->element);
    for (size_t i = 0; i < a->n; i++) {
        if (a->kind == IAC_OBJECT && !iac_str_eq(a->names[i], b->names[i]))
            return false;
        if (!types_may_agree(a->items[i], b->items[i]))
            return false;
    }
    return true;
}

static bool is_open(const iac_value *v)
{
    return v->state == IAC_UNKNOWN && iac_type_has_dynamic(v->type);
}

/* Whether a and b have the same type; *ret_certain false when an unknown of unknown type keeps that open. Works on
 * values so that the types of large tuples need not be built. */
static bool same_shape(const iac_value *a, const iac_value *b, bool *ret_certain)
{
    if (a->type && b->type) {
        if (!is_open(a) && !is_open(b))
            return iac_type_equal(a->type, b->type);
        *ret_certain = false;
        return types_may_agree(a->type, b->type);
    }
    if (a->type || b->type) { /* a null or unknown tuple or object against a known one */
        iac_arena *scratch = iac_arena_new();
        const iac_type *x = iac_value_type(scratch, a), *y = iac_value_type(scratch, b);
        bool open = is_open(a) || is_open(b) || a->deep_unknown || b->deep_unknown;
        bool agree = iac_type_equal(x, y);
        if (!agree && open && types_may_agree(x, y)) {
            agree = true;
            *ret_certain = false;
        }
        iac_arena_free(scratch);
        return agree;
    }
    if (a->kind != b->kind)
        return false;
    if (a->kind < IAC_LIST)
        return true;
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->keys && !iac_str_eq(a->keys[i], b->keys[i]))
            return false;
        if (!same_shape(a->items[i], b->items[i], ret_certain))
            return false;
    }
    return true;
}

static answer equal_typed(const iac_value *a, const iac_value *b);

static answer equal_sets(const iac_value *a, const iac_value *b)
{
    if (a->deep_unknown || b->deep_unknown)
        return MAYBE;
    if (a->n != b->n)
        return NO;
    for (size_t i = 0; i < a->n; i++) /* both are in the same order */
        if (equal_typed(a->items[i], b->items[i]) != YES)
            return NO;
    return YES;
}

/* a and b are neither null nor unknown, and of the same type. */
static answer equal_known(const iac_value *a, const iac_value *b)
{
    switch (a->kind) {
    case IAC_STRING:
        return iac_str_eq(a->string, b->string) ? YES : NO;
    case IAC_BOOL:
        return a->boolean == b->boolean ? YES : NO;
    case IAC_NUMBER:
        return iac_number_cmp(a, b) == 0 ? YES : NO;
    case IAC_SET:
        return equal_sets(a, b);
    default:
        break;
    }
    if (a->n != b->n)
        return NO;
    for (size_t i = 0; a->keys && i < a->n; i++)
        if (!iac_str_eq(a->keys[i], b->keys[i]))
            return NO;
    for (size_t i = 0; i < a->n; i++) {
        answer part = equal_typed(a->items[i], b->items[i]);
        if (part != YES)
            return part;
    }
    return YES;
}

/* a and b are of the same type, as far as that is known. */
static answer equal_typed(const iac_value *a, const iac_value *b)
{
    if (a == b && !a->deep_unknown)
        return YES;
    if (a->state == IAC_UNKNOWN || b->state == IAC_UNKNOWN) {
        if (a->state == IAC_UNKNOWN && b->state != IAC_UNKNOWN && !may_be(a, b))
            return NO;
        if (b->state == IAC_UNKNOWN && a->state != IAC_UNKNOWN && !may_be(b, a))
            return NO;
        return MAYBE;
    }
    if (a->state == IAC_NULL || b->state == IAC_NULL)
        return a->state == b->state ? YES : NO;
    return equal_known(a, b);
}

static answer equal(const iac_value *a, const iac_value *b)
{
    if (a == b && !a->deep_unknown)
        return YES;
    if ((a->state == IAC_NULL && surely_not_null(b)) || (b->state == IAC_NULL && surely_not_null(a)))
        return NO;
    if (a->state == IAC_NULL && b->state == IAC_NULL)
        return YES;
    if (a->state == IAC_NULL || b->state == IAC_NULL) /* the other is unknown, and may be null */
        return MAYBE;
    bool certain = true;
    if (!same_shape(a, b, &certain)) /* two unknowns of different types may both be null still */
        return a->state == IAC_UNKNOWN && b->state == IAC_UNKNOWN ? MAYBE : NO;
    answer result = equal_typed(a, b);
    return certain || result == NO ? result : MAYBE;
}

const iac_value *iac_value_equals(iac_arena *arena, const iac_value *a, const iac_value *b)
{
    static const iac_refinement not_null = { .not_null = true, .length_max = INT64_MAX };
    answer result = equal(a, b);
    const iac_value *v =
        result == MAYBE ? iac_value_refined(arena, &iac_type_bool, &not_null) : iac_value_bool(result == YES);
    return iac_value_mark(arena, v, a->deep_marks | b->deep_marks);
}

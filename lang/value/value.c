#include "lang/value/value.h"
#include "lang/value/text.h"

#include <stdlib.h>
#include <string.h>

const iac_value iac_true = { .kind = IAC_BOOL, .boolean = true };
const iac_value iac_false = { .kind = IAC_BOOL, .boolean = false };
const iac_value iac_null_dynamic = { .kind = IAC_DYNAMIC, .state = IAC_NULL, .type = &iac_type_dynamic };
const iac_value iac_unknown_dynamic = {
    .kind = IAC_DYNAMIC, .state = IAC_UNKNOWN, .deep_unknown = true, .type = &iac_type_dynamic
};
const iac_value iac_empty_object = { .kind = IAC_OBJECT };
const iac_value iac_empty_tuple = { .kind = IAC_TUPLE };

enum { MAX_LISTED_UNKNOWNS = 65536 }; /* a list of known length becomes one of unknown elements up to this length */

static bool is_static(const iac_value *v)
{
    return v == &iac_true || v == &iac_false || v == &iac_null_dynamic || v == &iac_unknown_dynamic ||
           v == &iac_empty_object || v == &iac_empty_tuple;
}

/* ---- nulls and unknowns ---- */

const iac_value *iac_value_null(iac_arena *arena, const iac_type *type)
{
    if (type->kind == IAC_DYNAMIC)
        return &iac_null_dynamic;
    iac_value *v = iac_arena_new_of(arena, iac_value);
    v->kind = (uint8_t)type->kind;
    v->state = IAC_NULL;
    v->type = type;
    return v;
}

const iac_value *iac_value_unknown(iac_arena *arena, const iac_type *type)
{
    if (type->kind == IAC_DYNAMIC)
        return &iac_unknown_dynamic;
    iac_value *v = iac_arena_new_of(arena, iac_value);
    v->kind = (uint8_t)type->kind;
    v->state = IAC_UNKNOWN;
    v->deep_unknown = true;
    v->type = type;
    return v;
}

/* The value when only one is possible (or a list of unknowns, when its length is all that is known); else NULL. */
static const iac_value *pinned(iac_arena *arena, const iac_type *type, const iac_refinement *r)
{
    if (!r->not_null)
        return NULL;
    if (type->kind == IAC_NUMBER && r->min && r->max && !r->min_open && !r->max_open) {
        iac_value low = { .kind = IAC_NUMBER, .number = *r->min }, high = { .kind = IAC_NUMBER, .number = *r->max };
        if (iac_number_cmp(&low, &high) == 0)
            return iac_value_copy(arena, &low);
    }
    if (!iac_type_is_collection(type) || r->length_min != r->length_max)
        return NULL;
    int64_t n = r->length_min;
    if (n == 0)
        return type->kind == IAC_LIST  ? iac_value_list(arena, type->element, NULL, 0)
               : type->kind == IAC_SET ? iac_value_set(arena, type->element, NULL, 0)
                                       : iac_value_map(arena, type->element, NULL, NULL, 0);
    if (type->kind == IAC_MAP || n > MAX_LISTED_UNKNOWNS || (type->kind == IAC_SET && n > 1))
        return NULL;
    const iac_value *element = iac_value_unknown(arena, type->element);
    if (type->kind == IAC_SET)
        return iac_value_set(arena, type->element, &element, 1);
    const iac_value **items = iac_xcalloc((size_t)n, sizeof(*items));
    for (int64_t i = 0; i < n; i++)
        items[i] = element;
    const iac_value *list = iac_value_list(arena, type->element, items, (size_t)n);
    free(items);
    return list;
}

static const iac_number *copy_bound(iac_arena *arena, const iac_number *bound)
{
    if (!bound)
        return NULL;
    iac_value v = { .kind = IAC_NUMBER, .number = *bound };
    return &iac_value_copy(arena, &v)->number;
}

const iac_value *iac_value_refined(iac_arena *arena, const iac_type *type, const iac_refinement *refinement)
{
    iac_refinement r = { .not_null = refinement->not_null, .length_max = INT64_MAX };
    bool collection = iac_type_is_collection(type);
    if (type->kind == IAC_STRING)
        r.prefix = refinement->prefix;
    if (type->kind == IAC_NUMBER) {
        r.min = refinement->min;
        r.max = refinement->max;
        r.min_open = refinement->min && refinement->min_open;
        r.max_open = refinement->max && refinement->max_open;
    }
    if (collection) {
        r.length_min = refinement->length_min > 0 ? refinement->length_min : 0;
        r.length_max = refinement->length_max;
    }
    bool says = r.not_null || r.prefix.n || r.min || r.max || r.length_min > 0 || r.length_max != INT64_MAX;
    if (type->kind == IAC_DYNAMIC || !says)
        return iac_value_unknown(arena, type);
    const iac_value *only = pinned(arena, type, &r);
    if (only)
        return only;

    r.prefix = iac_arena_str(arena, r.prefix);
    r.min = copy_bound(arena, r.min);
    r.max = copy_bound(arena, r.max);
    iac_refinement *own = iac_arena_new_of(arena, iac_refinement);
    *own = r;
    iac_value *v = (iac_value *)(uintptr_t)iac_value_unknown(arena, type); /* fresh, as type is not dynamic */
    v->refinement = own;
    return v;
}

const iac_value *iac_value_not_null(iac_arena *arena, const iac_value *v)
{
    if (v->state != IAC_UNKNOWN || v->kind == IAC_DYNAMIC || (v->refinement && v->refinement->not_null))
        return v;
    iac_refinement r = { .length_max = INT64_MAX };
    if (v->refinement)
        r = *v->refinement;
    r.not_null = true;
    return iac_value_mark(arena, iac_value_refined(arena, v->type, &r), v->marks);
}

/* ---- strings ---- */

static iac_str replace_invalid(iac_arena *arena, iac_str s)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < s.n;)
        iac_buf_utf8(&buf, iac_utf8_next(s, &i));
    iac_str clean = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return clean;
}

const iac_value *iac_value_string(iac_arena *arena, iac_str s)
{
    iac_value *v = iac_arena_new_of(arena, iac_value);
    iac_str text = iac_utf8_valid(s) ? s : replace_invalid(arena, s);
    iac_str normal = iac_nfc(arena, text);
    v->kind = IAC_STRING;
    v->string = normal.p == s.p ? iac_arena_str(arena, normal) : normal;
    return v;
}

const iac_value *iac_value_cstr(iac_arena *arena, const char *s)
{
    return iac_value_string(arena, iac_str_of(s));
}

/* ---- collections ---- */

static iac_value *container(iac_arena *arena, iac_kind kind, const iac_value *const *items, size_t n)
{
    iac_value *v = iac_arena_new_of(arena, iac_value);
    v->kind = (uint8_t)kind;
    if (n == 0)
        return v;
    const iac_value **copy = iac_arena_array(arena, const iac_value *, n);
    for (size_t i = 0; i < n; i++) {
        copy[i] = items[i];
        v->deep_unknown |= items[i]->deep_unknown;
        v->deep_marks |= items[i]->deep_marks;
    }
    v->n = n;
    v->items = copy;
    return v;
}

/* A collection declared as "of any" has the type that its elements have, when that is one. */
static const iac_type *settle(iac_arena *arena, const iac_type *element, const iac_value *const *items, size_t n)
{
    if (element->kind != IAC_DYNAMIC || n == 0)
        return element;
    const iac_type *first = iac_value_type(arena, items[0]);
    for (size_t i = 1; i < n; i++)
        if (!iac_type_equal(first, iac_value_type(arena, items[i])))
            return element;
    return first;
}

const iac_value *iac_value_list(iac_arena *arena, const iac_type *element, const iac_value *const *items, size_t n)
{
    iac_value *v = container(arena, IAC_LIST, items, n);
    v->type = iac_type_list(arena, settle(arena, element, items, n));
    return v;
}

const iac_value *iac_value_tuple(iac_arena *arena, const iac_value *const *items, size_t n)
{
    return n ? container(arena, IAC_TUPLE, items, n) : &iac_empty_tuple;
}

struct keyed {
    iac_str key;
    size_t index;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int c = iac_str_cmp(x->key, y->key);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}

static bool keys_in_order(const iac_str *keys, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (iac_str_cmp(keys[i - 1], keys[i]) >= 0)
            return false;
    return true;
}

static iac_value *keyed_container(iac_arena *arena, iac_kind kind, const iac_str *keys, const iac_value *const *items,
                                  size_t n)
{
    iac_str *own_keys = n ? iac_arena_array(arena, iac_str, n) : NULL;
    for (size_t i = 0; i < n; i++)
        own_keys[i] = iac_nfc(arena, keys[i]);
    iac_value *v;
    if (keys_in_order(own_keys, n)) {
        v = container(arena, kind, items, n);
    } else {
        struct keyed *order = iac_xcalloc(n, sizeof(*order));
        const iac_value **sorted = iac_xcalloc(n, sizeof(*sorted));
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            order[i] = (struct keyed){ own_keys[i], i };
        qsort(order, n, sizeof(*order), compare_keyed);
        for (size_t i = 0; i < n; i++) {
            if (i + 1 < n && iac_str_eq(order[i].key, order[i + 1].key))
                continue; /* a later one of the same key wins */
            own_keys[count] = order[i].key;
            sorted[count++] = items[order[i].index];
        }
        v = container(arena, kind, sorted, count);
        free(sorted);
        free(order);
    }
    v->keys = own_keys;
    return v;
}

const iac_value *iac_value_map(iac_arena *arena, const iac_type *element, const iac_str *keys,
                               const iac_value *const *items, size_t n)
{
    iac_value *v = keyed_container(arena, IAC_MAP, keys, items, n);
    v->type = iac_type_map(arena, settle(arena, element, items, n));
    return v;
}

const iac_value *iac_value_object(iac_arena *arena, const iac_str *names, const iac_value *const *items, size_t n)
{
    return n ? keyed_container(arena, IAC_OBJECT, names, items, n) : &iac_empty_object;
}

const iac_value *iac_value_with(iac_arena *arena, const iac_value *v, iac_str name, const iac_value *item)
{
    size_t n = iac_is_set_value(v) ? v->n : 0;
    iac_str *names = iac_xcalloc(n + 1, sizeof(*names));
    const iac_value **items = iac_xcalloc(n + 1, sizeof(*items));
    for (size_t i = 0; i < n; i++) {
        names[i] = v->keys[i];
        items[i] = v->items[i];
    }
    names[n] = name;
    items[n] = item;
    const iac_value *result = iac_value_object(arena, names, items, n + 1);
    free(items);
    free(names);
    return iac_value_mark(arena, result, v->marks);
}

struct ranked {
    const iac_value *v;
    iac_str content; /* what items that are neither string, number nor bool are ordered by */
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->v->state == IAC_KNOWN && y->v->state == IAC_KNOWN && x->v->kind >= IAC_LIST) {
        int c = iac_str_cmp(x->content, y->content);
        if (c)
            return c;
    }
    return iac_value_order(x->v, y->v);
}

const iac_value *iac_value_set(iac_arena *arena, const iac_type *element, const iac_value *const *items, size_t n)
{
    struct ranked *order = iac_xcalloc(n + 1, sizeof(*order));
    const iac_value **kept = iac_xcalloc(n + 1, sizeof(*kept));
    iac_arena *scratch = n > 1 && items[0]->kind >= IAC_LIST ? iac_arena_new() : NULL;
    uint8_t marks = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        marks |= items[i]->deep_marks;
        order[i].v = iac_value_unmark_deep(arena, items[i]);
        if (scratch && items[i]->kind >= IAC_LIST && items[i]->state == IAC_KNOWN)
            order[i].content = iac_value_content(scratch, order[i].v);
    }
    qsort(order, n, sizeof(*order), compare_ranked);
    for (size_t i = 0; i < n; i++) {
        const iac_value *v = order[i].v;
        bool again =
            count && !v->deep_unknown && !kept[count - 1]->deep_unknown && iac_value_order(kept[count - 1], v) == 0;
        if (!again)
            kept[count++] = v;
    }
    iac_value *set = container(arena, IAC_SET, kept, count);
    set->type = iac_type_set(arena, settle(arena, element, kept, count));
    set->marks = marks;
    set->deep_marks |= marks;
    iac_arena_free(scratch);
    free(kept);
    free(order);
    return set;
}

/* ---- copies ---- */

static const iac_value *copy_number(iac_arena *arena, const iac_value *v)
{
    iac_value *copy;
    if (!v->number.big) {
        copy = iac_arena_new_of(arena, iac_value);
        *copy = *v;
        return copy;
    }
    copy = (iac_value *)(uintptr_t)iac_value_number(arena, v->number.big); /* fresh */
    copy->marks = v->marks;
    copy->deep_marks = v->deep_marks;
    return copy;
}

const iac_value *iac_value_copy(iac_arena *arena, const iac_value *v)
{
    if (is_static(v))
        return v;
    if (v->state == IAC_KNOWN && v->kind == IAC_NUMBER)
        return copy_number(arena, v);
    iac_value *copy = iac_arena_new_of(arena, iac_value);
    *copy = *v;
    if (v->type)
        copy->type = iac_type_copy(arena, v->type);
    if (v->state == IAC_UNKNOWN && v->refinement) {
        iac_refinement *r = iac_arena_new_of(arena, iac_refinement);
        *r = *v->refinement;
        r->prefix = iac_arena_str(arena, r->prefix);
        r->min = copy_bound(arena, r->min);
        r->max = copy_bound(arena, r->max);
        copy->refinement = r;
    }
    if (v->state != IAC_KNOWN)
        return copy;
    if (v->kind == IAC_STRING) {
        copy->string = iac_arena_str(arena, v->string);
    } else if (v->kind >= IAC_LIST && v->n) {
        const iac_value **items = iac_arena_array(arena, const iac_value *, v->n);
        iac_str *keys = v->keys ? iac_arena_array(arena, iac_str, v->n) : NULL;
        for (size_t i = 0; i < v->n; i++) {
            items[i] = iac_value_copy(arena, v->items[i]);
            if (keys)
                keys[i] = iac_arena_str(arena, v->keys[i]);
        }
        copy->items = items;
        copy->keys = keys;
    }
    return copy;
}

/* ---- reading ---- */

const iac_type *iac_value_type(iac_arena *arena, const iac_value *v)
{
    if (v->type)
        return v->type;
    switch (v->kind) {
    case IAC_STRING:
        return &iac_type_string;
    case IAC_NUMBER:
        return &iac_type_number;
    case IAC_BOOL:
        return &iac_type_bool;
    default:
        break;
    }
    const iac_type **items = iac_xcalloc(v->n + 1, sizeof(*items));
    for (size_t i = 0; i < v->n; i++)
        items[i] = iac_value_type(arena, v->items[i]);
    const iac_type *type =
        v->kind == IAC_TUPLE ? iac_type_tuple(arena, items, v->n) : iac_type_object(arena, v->keys, items, NULL, v->n);
    free(items);
    return type;
}

bool iac_value_has_type(const iac_value *v, const iac_type *type)
{
    if (v->type)
        return iac_type_equal(v->type, type);
    if (v->kind != type->kind || (v->kind >= IAC_LIST && v->n != type->n))
        return false;
    for (size_t i = 0; i < type->n; i++) {
        if (v->kind == IAC_OBJECT && !iac_str_eq(v->keys[i], type->names[i]))
            return false;
        if (!iac_value_has_type(v->items[i], type->items[i]))
            return false;
    }
    return true;
}

const iac_value *iac_value_with_items(iac_arena *arena, const iac_value *v, const iac_value *const *items)
{
    switch ((iac_kind)v->kind) {
    case IAC_LIST:
        return iac_value_list(arena, v->type->element, items, v->n);
    case IAC_SET:
        return iac_value_set(arena, v->type->element, items, v->n);
    case IAC_MAP:
        return iac_value_map(arena, v->type->element, v->keys, items, v->n);
    case IAC_TUPLE:
        return iac_value_tuple(arena, items, v->n);
    default:
        return iac_value_object(arena, v->keys, items, v->n);
    }
}

const iac_value *iac_value_get(const iac_value *v, iac_str name)
{
    if (v->state != IAC_KNOWN || (v->kind != IAC_OBJECT && v->kind != IAC_MAP))
        return NULL;
    size_t at = iac_str_search(v->keys, v->n, name);
    return at == SIZE_MAX ? NULL : v->items[at];
}

const iac_value *iac_value_get_cstr(const iac_value *v, const char *name)
{
    return iac_value_get(v, iac_str_of(name));
}

bool iac_value_set_has(const iac_value *set, const iac_value *item)
{
    if (set->state != IAC_KNOWN || set->kind != IAC_SET)
        return false;
    size_t low = 0, high = set->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = iac_value_order(set->items[middle], item);
        if (c == 0)
            return iac_value_same(set->items[middle], item);
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* ---- marks ---- */

static const iac_value *with_marks(iac_arena *arena, const iac_value *v, uint8_t own, uint8_t within)
{
    iac_value *copy = iac_arena_new_of(arena, iac_value);
    *copy = *v;
    copy->marks = own;
    copy->deep_marks = own | within;
    return copy;
}

static uint8_t marks_within(const iac_value *v)
{
    uint8_t marks = 0;
    if (v->state == IAC_KNOWN && v->kind >= IAC_LIST)
        for (size_t i = 0; i < v->n; i++)
            marks |= v->items[i]->deep_marks;
    return marks;
}

const iac_value *iac_value_mark(iac_arena *arena, const iac_value *v, uint8_t marks)
{
    if ((v->marks & marks) == marks)
        return v;
    return with_marks(arena, v, v->marks | marks, v->deep_marks);
}

const iac_value *iac_value_unmark(iac_arena *arena, const iac_value *v)
{
    return v->marks ? with_marks(arena, v, 0, marks_within(v)) : v;
}

const iac_value *iac_value_unmark_deep(iac_arena *arena, const iac_value *v)
{
    if (!v->deep_marks)
        return v;
    iac_value *copy = iac_arena_new_of(arena, iac_value);
    *copy = *v;
    copy->marks = copy->deep_marks = 0;
    if (v->state == IAC_KNOWN && v->kind >= IAC_LIST && v->n) {
        const iac_value **items = iac_arena_array(arena, const iac_value *, v->n);
        for (size_t i = 0; i < v->n; i++)
            items[i] = iac_value_unmark_deep(arena, v->items[i]);
        copy->items = items;
    }
    return copy;
}

/* Functions that combine maps, objects and sets. */
#include "lang/func/func_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PRODUCT = 4000000 }; /* elements of setproduct: each is a tuple of its own */

static const iac_type *type_of(iac_call *call, size_t i)
{
    return iac_value_type(call->arena, call->args[i]);
}

typedef IAC_VEC(iac_str) str_vec;
typedef IAC_VEC(const iac_value *) value_vec;
typedef IAC_VEC(const iac_type *) type_vec;

/* Entries in order of first appearance; a later value of a key takes the place of the earlier one. */
struct entries {
    iac_map index; /* key -> position + 1 */
    str_vec keys;
    type_vec types;
    value_vec values;
};

static size_t entry_at(struct entries *e, iac_str key)
{
    void **at = iac_map_at(&e->index, key);
    if (!*at) {
        iac_vec_push(&e->keys, key);
        *at = (void *)(uintptr_t)e->keys.n;
        iac_vec_push(&e->types, NULL);
        iac_vec_push(&e->values, NULL);
    }
    return (size_t)(uintptr_t)*at - 1;
}

static void set_type(struct entries *e, iac_str key, const iac_type *type)
{
    size_t i = entry_at(e, key);
    e->types.v[i] = type;
}

static void set_value(struct entries *e, iac_str key, const iac_value *value)
{
    size_t i = entry_at(e, key);
    e->values.v[i] = value;
}

static void entries_clear(struct entries *e)
{
    iac_map_clear(&e->index);
    iac_vec_clear(&e->keys);
    iac_vec_clear(&e->types);
    iac_vec_clear(&e->values);
}

/* ---- merge ---- */

/* Adds the attributes that v will contribute; false when they are not known. */
static bool note_attributes(struct entries *e, const iac_value *v, const iac_type *type)
{
    if (iac_is_null(v))
        return true;
    if (type->kind == IAC_MAP) {
        for (size_t i = 0; iac_is_known(v) && i < v->n; i++)
            set_type(e, v->keys[i], type->element);
        return iac_is_known(v);
    }
    for (size_t i = 0; i < type->n; i++)
        set_type(e, type->names[i], type->items[i]);
    return true;
}

const iac_type *iac_type_merge(iac_call *call)
{
    if (call->n == 0)
        return iac_type_object(call->arena, NULL, NULL, NULL, 0);
    struct entries e = { 0 };
    const iac_type *first = NULL, *result = NULL;
    bool matching = true, known = true;
    for (size_t i = 0; i < call->n; i++) {
        const iac_type *type = type_of(call, i);
        if (type->kind == IAC_DYNAMIC) {
            result = &iac_type_dynamic;
            break;
        }
        if (type->kind != IAC_MAP && type->kind != IAC_OBJECT) {
            iac_str name = iac_type_friendly(call->arena, type);
            entries_clear(&e);
            return iac_call_fail(call, IAC_FUNC_NO_ARG, "arguments must be maps or objects, got \"%.*s\"",
                                 IAC_FMT(name));
        }
        known &= note_attributes(&e, call->args[i], type);
        if (!first)
            first = type;
        matching &= iac_type_equal(type, first);
    }
    if (!result)
        result = matching ? first
                 : known  ? iac_type_object(call->arena, e.keys.v, e.types.v, NULL, e.keys.n)
                          : &iac_type_dynamic;
    entries_clear(&e);
    return result;
}

const iac_value *iac_fn_merge(iac_call *call)
{
    struct entries e = { 0 };
    uint8_t marks = 0;
    for (size_t i = 0; i < call->n; i++) {
        const iac_value *v = call->args[i];
        marks |= v->marks;
        if (v->state == IAC_KNOWN && v->kind != IAC_MAP && v->kind != IAC_OBJECT) {
            iac_str name = iac_call_type_name(call, v);
            entries_clear(&e);
            return iac_call_fail(call, IAC_FUNC_NO_ARG, "arguments must be maps or objects, got \"%.*s\"",
                                 IAC_FMT(name));
        }
        for (size_t j = 0; v->state == IAC_KNOWN && j < v->n; j++)
            set_value(&e, v->keys[j], v->items[j]);
    }
    const iac_value *result = call->type->kind == IAC_MAP
                                  ? iac_value_map(call->arena, call->type->element, e.keys.v, e.values.v, e.keys.n)
                                  : iac_value_object(call->arena, e.keys.v, e.values.v, e.keys.n);
    entries_clear(&e);
    return iac_value_mark(call->arena, result, marks);
}

/* ---- zipmap and transpose ---- */

static bool same_count(iac_call *call, size_t keys, size_t values)
{
    if (keys == values)
        return true;
    iac_call_fail(call, IAC_FUNC_NO_ARG, "number of keys (%zu) does not match number of values (%zu)", keys, values);
    return false;
}

const iac_type *iac_type_zipmap(iac_call *call)
{
    const iac_value *keys = call->args[0];
    const iac_type *values = type_of(call, 1);
    if (values->kind == IAC_LIST)
        return iac_type_map(call->arena, values->element);
    if (values->kind != IAC_TUPLE)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "values argument must be a list or tuple value");
    if (!iac_is_wholly_known(keys))
        return &iac_type_dynamic;
    if (!same_count(call, keys->n, values->n))
        return NULL;
    struct entries e = { 0 };
    for (size_t i = 0; i < keys->n; i++)
        if (!iac_is_null(keys->items[i]))
            set_type(&e, keys->items[i]->string, values->items[i]);
    const iac_type *type = iac_type_object(call->arena, e.keys.v, e.types.v, NULL, e.keys.n);
    entries_clear(&e);
    return type;
}

const iac_value *iac_fn_zipmap(iac_call *call)
{
    const iac_value *keys = call->args[0], *values = call->args[1];
    if (!iac_is_wholly_known(keys))
        return iac_call_unknown(call);
    if (!same_count(call, keys->n, values->n))
        return NULL;
    iac_str *names = iac_xcalloc(keys->n + 1, sizeof(*names));
    const iac_value *result = NULL;
    for (size_t i = 0; i < keys->n; i++) {
        if (iac_is_null(keys->items[i])) {
            iac_call_fail(call, IAC_FUNC_NO_ARG, "keys list has null value at index %zu", i);
            goto out;
        }
        names[i] = keys->items[i]->string;
    }
    result = values->kind == IAC_LIST ? iac_value_map(call->arena, values->type->element, names, values->items, keys->n)
                                      : iac_value_object(call->arena, names, values->items, keys->n);
    result = iac_value_mark(call->arena, result, values->marks);
out:
    free(names);
    return result;
}

struct pair {
    iac_str value, key;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int c = iac_str_cmp(x->value, y->value);
    return c ? c : iac_str_cmp(x->key, y->key);
}

const iac_value *iac_fn_transpose(iac_call *call)
{
    const iac_value *map = call->args[0];
    IAC_VEC(struct pair) pairs = { 0 };
    if (!iac_is_wholly_known(map))
        return iac_call_unknown(call);
    for (size_t i = 0; i < map->n; i++) {
        const iac_value *list = map->items[i];
        if (iac_is_null(list)) {
            iac_vec_clear(&pairs);
            return iac_call_fail(call, IAC_FUNC_NO_ARG, "input must not contain null list");
        }
        for (size_t j = 0; j < list->n; j++) {
            if (iac_is_null(list->items[j])) {
                iac_vec_clear(&pairs);
                return iac_call_fail(call, IAC_FUNC_NO_ARG, "input list must not contain null string");
            }
            iac_vec_push(&pairs, (struct pair){ list->items[j]->string, map->keys[i] });
        }
    }
    if (pairs.n)
        qsort(pairs.v, pairs.n, sizeof(*pairs.v), compare_pairs);
    str_vec keys = { 0 };
    value_vec lists = { 0 }, strings = { 0 };
    for (size_t i = 0; i < pairs.n; i++) {
        iac_vec_push(&strings, iac_value_string(call->arena, pairs.v[i].key));
        if (i + 1 < pairs.n && iac_str_eq(pairs.v[i].value, pairs.v[i + 1].value))
            continue;
        iac_vec_push(&keys, pairs.v[i].value);
        iac_vec_push(&lists, iac_value_list(call->arena, &iac_type_string, strings.v, strings.n));
        strings.n = 0;
    }
    const iac_value *result = iac_value_map(call->arena, &iac_simple_lists[IAC_STRING], keys.v, lists.v, keys.n);
    iac_vec_clear(&strings);
    iac_vec_clear(&lists);
    iac_vec_clear(&keys);
    iac_vec_clear(&pairs);
    return result;
}

/* ---- sets ---- */

const iac_type *iac_type_set_operation(iac_call *call)
{
    type_vec elements = { 0 };
    const iac_type *element = &iac_type_dynamic;
    for (size_t i = 0; i < call->n; i++) {
        const iac_value *set = call->args[i];
        bool empty = iac_is_known(set) && set->n == 0 && set->type->element->kind == IAC_DYNAMIC;
        if (!empty) /* an empty set of anything becomes whatever the others are */
            iac_vec_push(&elements, set->type->element);
    }
    if (elements.n)
        element = iac_type_unify(call->arena, elements.v, elements.n, true);
    iac_vec_clear(&elements);
    if (!element)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "given sets must all have compatible element types");
    return iac_type_set(call->arena, element);
}

/* The sets, converted to the result's type; NULL with the error noted. To be freed. */
static const iac_value **converted_sets(iac_call *call)
{
    const iac_value **sets = iac_xcalloc(call->n + 1, sizeof(*sets));
    for (size_t i = 0; i < call->n; i++) {
        iac_str error;
        sets[i] = iac_convert(call->arena, call->args[i], call->type, &error, NULL);
        if (!sets[i]) {
            free(sets);
            return iac_call_fail(call, i, "%.*s", IAC_FMT(error));
        }
    }
    return sets;
}

const iac_value *iac_fn_setunion(iac_call *call)
{
    const iac_value **sets = converted_sets(call);
    value_vec items = { 0 };
    if (!sets)
        return NULL;
    for (size_t i = 0; i < call->n; i++)
        for (size_t j = 0; j < sets[i]->n; j++)
            iac_vec_push(&items, sets[i]->items[j]);
    const iac_value *result = iac_value_set(call->arena, call->type->element, items.v, items.n);
    iac_vec_clear(&items);
    free(sets);
    return result;
}

/* The elements of the first set that are in all others, or in none of them. */
static const iac_value *filter_first(iac_call *call, bool in_others)
{
    for (size_t i = 0; i < call->n; i++)
        if (!iac_is_wholly_known(call->args[i]))
            return iac_call_unknown(call);
    const iac_value **sets = converted_sets(call);
    value_vec items = { 0 };
    if (!sets)
        return NULL;
    for (size_t j = 0; j < sets[0]->n; j++) {
        bool keep = true;
        for (size_t i = 1; keep && i < call->n; i++)
            keep = iac_value_set_has(sets[i], sets[0]->items[j]) == in_others;
        if (keep)
            iac_vec_push(&items, sets[0]->items[j]);
    }
    const iac_value *result = iac_value_set(call->arena, call->type->element, items.v, items.n);
    iac_vec_clear(&items);
    free(sets);
    return result;
}

const iac_value *iac_fn_setintersection(iac_call *call)
{
    return filter_first(call, true);
}

const iac_value *iac_fn_setsubtract(iac_call *call)
{
    return filter_first(call, false);
}

const iac_type *iac_type_setproduct(iac_call *call)
{
    if (call->n < 2)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "at least two arguments are required");
    const iac_type **elements = iac_xcalloc(call->n, sizeof(*elements));
    const iac_type *type = NULL;
    bool any_set = false;
    for (size_t i = 0; i < call->n; i++) {
        const iac_type *have = type_of(call, i);
        any_set |= have->kind == IAC_SET;
        if (have->kind == IAC_SET || have->kind == IAC_LIST) {
            elements[i] = have->element;
        } else if (have->kind != IAC_TUPLE) {
            iac_call_fail(call, i, "a set or a list is required");
        } else {
            elements[i] = have->n ? iac_type_unify(call->arena, have->items, have->n, true) : &iac_type_dynamic;
            if (!elements[i])
                iac_call_fail(call, i, "all elements must be of the same type");
        }
        if (!elements[i])
            goto out;
    }
    type = iac_type_tuple(call->arena, elements, call->n);
    type = any_set ? iac_type_set(call->arena, type) : iac_type_list(call->arena, type);
out:
    free(elements);
    return type;
}

/* How many tuples the product has; SIZE_MAX when too many. */
static size_t product_size(const iac_call *call)
{
    size_t total = 1;
    for (size_t i = 0; i < call->n; i++)
        if (call->args[i]->n == 0)
            return 0;
    for (size_t i = 0; i < call->n; i++) {
        if (call->args[i]->n > MAX_PRODUCT / total)
            return SIZE_MAX;
        total *= call->args[i]->n;
    }
    return total;
}

const iac_value *iac_fn_setproduct(iac_call *call)
{
    const iac_type *tuple = call->type->element;
    uint8_t marks = 0;
    bool open = false;
    for (size_t i = 0; i < call->n; i++) {
        marks |= call->args[i]->marks;
        open |= call->args[i]->kind == IAC_SET && call->args[i]->deep_unknown && call->args[i]->n > 1;
    }
    if (open)
        return iac_value_mark(call->arena, iac_call_unknown(call), marks);
    size_t total = product_size(call);
    if (total == SIZE_MAX)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "the product would have more than %d elements", MAX_PRODUCT);
    const iac_value **sources = iac_xcalloc(call->n, sizeof(*sources));
    const iac_value **row = iac_xcalloc(call->n, sizeof(*row));
    const iac_value **rows = iac_xcalloc(total + 1, sizeof(*rows));
    const iac_value *result = NULL;
    for (size_t i = 0; i < call->n; i++) {
        iac_str error;
        sources[i] = iac_convert(call->arena, call->args[i], iac_type_list(call->arena, tuple->items[i]), &error, NULL);
        if (!sources[i] || iac_is_unknown(sources[i])) {
            iac_call_fail(call, i, "all elements must be of the same type");
            goto out;
        }
    }
    for (size_t r = 0; r < total; r++) {
        size_t rest = r; /* the last argument varies fastest */
        for (size_t i = call->n; i-- > 0;) {
            row[i] = sources[i]->items[rest % sources[i]->n];
            rest /= sources[i]->n;
        }
        rows[r] = iac_value_tuple(call->arena, row, call->n);
    }
    result = call->type->kind == IAC_SET ? iac_value_set(call->arena, tuple, rows, total)
                                         : iac_value_list(call->arena, tuple, rows, total);
    result = iac_value_mark(call->arena, result, marks);
out:
    free(rows);
    free(row);
    free(sources);
    return result;
}

/* Which types convert to which, and the one type that several can become. */
#include "lang/value/convert.h"

#include <stdlib.h>
#include <string.h>

/* ---- convertibility ---- */

static bool all_convertible(const iac_type *const *from, size_t n, const iac_type *to, bool unsafe)
{
    for (size_t i = 0; i < n; i++)
        if (!iac_type_convertible(from[i], to, unsafe))
            return false;
    return true;
}

/* Items of a tuple or object to a collection's element type. "Any" must become one type for all of them; of a tuple's,
 * one that is told unless none is. */
static bool items_convertible(const iac_type *from, const iac_type *element, bool unsafe)
{
    if (from->n == 0)
        return true;
    if (element->kind != IAC_DYNAMIC)
        return all_convertible(from->items, from->n, element, unsafe);
    iac_arena *scratch = iac_arena_new();
    const iac_type *type = iac_type_unify(scratch, from->items, from->n, unsafe);
    bool told = type && (type->kind != IAC_DYNAMIC || from->kind == IAC_OBJECT);
    for (size_t i = 0; type && !told && i < from->n; i++)
        if (from->items[i]->kind != IAC_DYNAMIC)
            type = NULL;
    iac_arena_free(scratch);
    return type != NULL;
}

static bool object_convertible(const iac_type *from, const iac_type *to, bool unsafe)
{
    for (size_t i = 0; i < to->n; i++) {
        const iac_type *have = iac_type_attribute(from, to->names[i]);
        if (!have && !(to->optional && to->optional[i]))
            return false;
        if (have && !iac_type_convertible(have, to->items[i], unsafe))
            return false;
    }
    return true;
}

bool iac_type_convertible(const iac_type *from, const iac_type *to, bool unsafe)
{
    if (to->kind == IAC_DYNAMIC || iac_type_equal(from, to))
        return true;
    if (from->kind == IAC_DYNAMIC)
        return unsafe;
    switch (to->kind) {
    case IAC_STRING:
        return from->kind == IAC_NUMBER || from->kind == IAC_BOOL;
    case IAC_NUMBER:
    case IAC_BOOL:
        return unsafe && from->kind == IAC_STRING;
    case IAC_LIST:
        if (from->kind == IAC_LIST || from->kind == IAC_SET)
            return iac_type_convertible(from->element, to->element, unsafe);
        return from->kind == IAC_TUPLE && items_convertible(from, to->element, unsafe);
    case IAC_SET: /* order and repetitions get lost: only where that is wanted */
        if (from->kind == IAC_SET || (from->kind == IAC_LIST && unsafe))
            return iac_type_convertible(from->element, to->element, unsafe);
        return unsafe && from->kind == IAC_TUPLE && items_convertible(from, to->element, unsafe);
    case IAC_MAP:
        if (from->kind == IAC_MAP)
            return iac_type_convertible(from->element, to->element, unsafe);
        return from->kind == IAC_OBJECT && items_convertible(from, to->element, unsafe);
    case IAC_TUPLE:
        if (from->kind != IAC_TUPLE || from->n != to->n)
            return false;
        for (size_t i = 0; i < to->n; i++)
            if (!iac_type_convertible(from->items[i], to->items[i], unsafe))
                return false;
        return true;
    case IAC_OBJECT:
        if (from->kind == IAC_OBJECT)
            return object_convertible(from, to, unsafe);
        if (from->kind != IAC_MAP || !unsafe)
            return false;
        for (size_t i = 0; i < to->n; i++)
            if (!iac_type_convertible(from->element, to->items[i], unsafe))
                return false;
        return true;
    case IAC_DYNAMIC:
        break;
    }
    return true;
}

/* ---- unification ---- */

typedef IAC_VEC(const iac_type *) type_vec;

/* Each different type once. */
static void distinct(const iac_type *const *types, size_t n, type_vec *ret)
{
    iac_map seen = { 0 };
    for (size_t i = 0; i < n; i++) {
        iac_str key = { (const char *)&types[i]->hash, sizeof(types[i]->hash) };
        const iac_type *known = iac_map_get(&seen, key);
        if (known && iac_type_equal(known, types[i]))
            continue;
        if (!known)
            iac_map_put(&seen, key, (void *)(uintptr_t)types[i]);
        iac_vec_push(ret, types[i]);
    }
    iac_map_clear(&seen);
}

static const iac_type *collection_of(iac_arena *arena, iac_kind kind, const iac_type *element)
{
    if (!element)
        return NULL;
    return kind == IAC_LIST  ? iac_type_list(arena, element)
           : kind == IAC_SET ? iac_type_set(arena, element)
                             : iac_type_map(arena, element);
}

/* A collection of what all elements (of collections) and items (of tuples or objects) can become. */
static const iac_type *unify_parts(iac_arena *arena, iac_kind kind, const iac_type *const *types, size_t n, bool unsafe)
{
    type_vec parts = { 0 };
    for (size_t i = 0; i < n; i++) {
        if (types[i]->element)
            iac_vec_push(&parts, types[i]->element);
        for (size_t j = 0; j < types[i]->n; j++)
            iac_vec_push(&parts, types[i]->items[j]);
    }
    const iac_type *element = parts.n ? iac_type_unify(arena, parts.v, parts.n, unsafe) : NULL;
    iac_vec_clear(&parts);
    return collection_of(arena, kind, element);
}

static bool same_attributes(const iac_type *a, const iac_type *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (!iac_str_eq(a->names[i], b->names[i]))
            return false;
    return true;
}

/* Objects of the same attributes and tuples of the same length are unified item by item, others become maps and
 * lists. */
static const iac_type *unify_structures(iac_arena *arena, const iac_type *const *types, size_t n, bool unsafe)
{
    const iac_type *first = types[0];
    for (size_t i = 1; i < n; i++)
        if (types[i]->n != first->n || (first->kind == IAC_OBJECT && !same_attributes(first, types[i])))
            return unify_parts(arena, first->kind == IAC_OBJECT ? IAC_MAP : IAC_LIST, types, n, unsafe);

    const iac_type **across = iac_xcalloc(n, sizeof(*across));
    const iac_type **items = iac_xcalloc(first->n + 1, sizeof(*items));
    const iac_type *result = NULL;
    for (size_t j = 0; j < first->n; j++) {
        for (size_t i = 0; i < n; i++)
            across[i] = types[i]->items[j];
        items[j] = iac_type_unify(arena, across, n, unsafe);
        if (!items[j])
            goto out;
    }
    result = first->kind == IAC_TUPLE ? iac_type_tuple(arena, items, first->n)
                                      : iac_type_object(arena, first->names, items, NULL, first->n);
out:
    free(items);
    free(across);
    return result;
}

/* How much a type is preferred as the result, less being more: strings hold numbers and bools, lists hold sets. */
static int preference(const iac_type *type)
{
    static const int ranks[] = { [IAC_STRING] = 0, [IAC_LIST] = 0, [IAC_MAP] = 0,    [IAC_NUMBER] = 1, [IAC_BOOL] = 1,
                                 [IAC_TUPLE] = 1,  [IAC_SET] = 2,  [IAC_OBJECT] = 1, [IAC_DYNAMIC] = 3 };
    return ranks[type->kind];
}

/* The first of the types, in order of preference, that all others convert to. */
static const iac_type *choose(const type_vec *types, bool unsafe)
{
    for (int rank = 0; rank <= 3; rank++)
        for (size_t i = 0; i < types->n; i++)
            if (preference(types->v[i]) == rank && all_convertible(types->v, types->n, types->v[i], unsafe))
                return types->v[i];
    return NULL;
}

static const iac_type *unify_distinct(iac_arena *arena, const type_vec *types, bool unsafe)
{
    size_t counts[IAC_OBJECT + 1] = { 0 };
    size_t n = types->n;
    for (size_t i = 0; i < n; i++)
        counts[types->v[i]->kind]++;
    size_t dynamic = counts[IAC_DYNAMIC];
    for (iac_kind kind = IAC_LIST; kind <= IAC_OBJECT; kind++) {
        if (counts[kind] == 0 || counts[kind] + dynamic != n)
            continue;
        if (dynamic) /* what the dynamic one turns out to be decides how the others must be converted */
            return &iac_type_dynamic;
        if (kind >= IAC_TUPLE)
            return unify_structures(arena, types->v, n, unsafe);
        return unify_parts(arena, kind, types->v, n, unsafe);
    }
    if (dynamic == 0) {
        const iac_type *joined = NULL;
        if (counts[IAC_MAP] && counts[IAC_MAP] + counts[IAC_OBJECT] == n)
            joined = unify_parts(arena, IAC_MAP, types->v, n, unsafe);
        if (counts[IAC_LIST] && counts[IAC_LIST] + counts[IAC_TUPLE] == n)
            joined = unify_parts(arena, IAC_LIST, types->v, n, unsafe);
        if (joined)
            return joined;
    }
    if (counts[IAC_OBJECT] && counts[IAC_TUPLE])
        return NULL;
    return choose(types, unsafe);
}

const iac_type *iac_type_unify(iac_arena *arena, const iac_type *const *types, size_t n, bool unsafe)
{
    if (n == 0)
        return NULL;
    type_vec different = { 0 };
    distinct(types, n, &different);
    const iac_type *result = different.n == 1 ? different.v[0] : unify_distinct(arena, &different, unsafe);
    iac_vec_clear(&different);
    return result;
}

bool iac_values_unify(iac_arena *arena, const iac_value **values, size_t n, const iac_type **ret_type)
{
    const iac_type **types = iac_xcalloc(n + 1, sizeof(*types));
    for (size_t i = 0; i < n; i++)
        types[i] = iac_value_type(arena, values[i]);
    const iac_type *type = iac_type_unify(arena, types, n, true);
    free(types);
    if (!type)
        return false;
    const iac_value **converted = iac_xcalloc(n + 1, sizeof(*converted));
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        iac_str error;
        converted[i] = iac_convert(arena, values[i], type, &error, NULL);
        ok = converted[i] != NULL;
    }
    if (ok) {
        for (size_t i = 0; i < n; i++)
            values[i] = converted[i];
        *ret_type = type;
    }
    free(converted);
    return ok;
}

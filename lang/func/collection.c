/* Functions that ask collections something, or pick from them. */
#include "lang/func/func_internal.h"

#include <stdlib.h>
#include <string.h>

static const iac_type *type_of(iac_call *call, size_t i)
{
    return iac_value_type(call->arena, call->args[i]);
}

static bool is_sequence(const iac_value *v)
{
    return v->kind == IAC_LIST || v->kind == IAC_SET || v->kind == IAC_TUPLE;
}

/* Whether a set's length depends on what its unknown elements turn out to be. */
static bool is_open_set(const iac_value *v)
{
    return v->kind == IAC_SET && v->state == IAC_KNOWN && v->deep_unknown && v->n > 1;
}

/* ---- length ---- */

static const iac_value *unknown_length(iac_call *call, int64_t min, int64_t max)
{
    const iac_value *low = iac_value_int(call->arena, min), *high = iac_value_int(call->arena, max);
    const iac_refinement r = {
        .not_null = true, .min = &low->number, .max = max == INT64_MAX ? NULL : &high->number, .length_max = INT64_MAX
    };
    return iac_value_refined(call->arena, &iac_type_number, &r);
}

static const iac_value *length(iac_call *call, const iac_value *v)
{
    if (v->kind == IAC_DYNAMIC)
        return iac_value_unknown(call->arena, &iac_type_number);
    if (v->kind == IAC_TUPLE || v->kind == IAC_OBJECT)
        return iac_value_int(call->arena, (int64_t)(v->state == IAC_KNOWN ? v->n : v->type->n));
    if (v->kind != IAC_STRING && !(v->kind >= IAC_LIST && v->kind <= IAC_MAP))
        return iac_call_fail(call, IAC_FUNC_NO_ARG,
                             "argument must be a string, a collection type, or a structural type");
    if (iac_is_unknown(v)) {
        const iac_refinement *r = v->refinement;
        bool bounded = r && v->kind != IAC_STRING;
        if (v->kind == IAC_STRING && r)
            return unknown_length(call, (int64_t)iac_grapheme_count(r->prefix), INT64_MAX);
        return unknown_length(call, bounded ? r->length_min : 0, bounded ? r->length_max : INT64_MAX);
    }
    if (v->kind == IAC_STRING)
        return iac_value_int(call->arena, (int64_t)iac_grapheme_count(v->string));
    if (is_open_set(v))
        return unknown_length(call, 1, (int64_t)v->n);
    return iac_value_int(call->arena, (int64_t)v->n);
}

/* Marks within the collection do not touch its length. */
const iac_value *iac_fn_length(iac_call *call)
{
    const iac_value *v = call->args[0], *result = length(call, v);
    return result ? iac_value_mark(call->arena, result, v->marks) : NULL;
}

/* ---- yes or no ---- */

/* Whether all (or any) elements are true; null counts as false. */
static const iac_value *fold_bools(iac_call *call, bool all)
{
    const iac_value *list = call->args[0];
    bool open = false;
    for (size_t i = 0; i < list->n; i++) {
        const iac_value *item = list->items[i];
        bool truth = item->state == IAC_KNOWN && item->boolean;
        if (iac_is_unknown(item))
            open = true;
        else if (truth != all)
            return iac_value_bool(!all);
    }
    return open ? iac_call_unknown(call) : iac_value_bool(all);
}

const iac_value *iac_fn_alltrue(iac_call *call)
{
    return fold_bools(call, true);
}

const iac_value *iac_fn_anytrue(iac_call *call)
{
    return fold_bools(call, false);
}

const iac_value *iac_fn_contains(iac_call *call)
{
    const iac_value *list = call->args[0], *wanted = call->args[1];
    bool open = false;
    if (!is_sequence(list))
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "argument must be list, tuple, or set");
    for (size_t i = 0; i < list->n; i++) {
        const iac_value *equal = iac_value_equals(call->arena, wanted, list->items[i]);
        if (iac_is_unknown(equal))
            open = true;
        else if (equal->boolean)
            return &iac_true;
    }
    return open ? iac_call_unknown(call) : &iac_false;
}

const iac_value *iac_fn_index(iac_call *call)
{
    const iac_value *list = call->args[0];
    if (list->kind != IAC_LIST && list->kind != IAC_TUPLE)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "argument must be a list or tuple");
    if (list->n == 0)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "cannot search an empty list");
    for (size_t i = 0; i < list->n; i++) {
        const iac_value *equal = iac_value_equals(call->arena, list->items[i], call->args[1]);
        if (iac_is_unknown(equal))
            return iac_call_unknown(call);
        if (equal->boolean)
            return iac_value_int(call->arena, (int64_t)i);
    }
    return iac_call_fail(call, IAC_FUNC_NO_ARG, "item not found");
}

/* ---- the first that counts ---- */

const iac_type *iac_type_coalesce(iac_call *call)
{
    const iac_type **types = iac_xcalloc(call->n + 1, sizeof(*types));
    for (size_t i = 0; i < call->n; i++)
        types[i] = type_of(call, i);
    const iac_type *type = iac_type_unify(call->arena, types, call->n, true);
    free(types);
    return type ? type : iac_call_fail(call, IAC_FUNC_NO_ARG, "all arguments must have the same type");
}

const iac_value *iac_fn_coalesce(iac_call *call)
{
    for (size_t i = 0; i < call->n; i++) {
        iac_str error;
        const iac_value *v = iac_convert(call->arena, call->args[i], call->type, &error, NULL);
        if (!v)
            return iac_call_fail(call, i, "%.*s", IAC_FMT(error));
        if (iac_is_unknown(v))
            return iac_call_unknown(call);
        if (iac_is_null(v) || (v->kind == IAC_STRING && v->string.n == 0))
            continue;
        return v;
    }
    return iac_call_fail(call, IAC_FUNC_NO_ARG, "no non-null, non-empty-string arguments");
}

const iac_type *iac_type_coalescelist(iac_call *call)
{
    if (call->n == 0)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "at least one argument is required");
    for (size_t i = 0; i < call->n; i++) {
        if (iac_is_unknown(call->args[i]))
            return &iac_type_dynamic;
        if (call->args[i]->kind != IAC_LIST && call->args[i]->kind != IAC_TUPLE)
            return iac_call_fail(call, IAC_FUNC_NO_ARG, "coalescelist arguments must be lists or tuples");
    }
    const iac_type *first = type_of(call, 0);
    for (size_t i = 1; i < call->n; i++)
        if (!iac_value_has_type(call->args[i], first))
            return &iac_type_dynamic;
    return first;
}

const iac_value *iac_fn_coalescelist(iac_call *call)
{
    for (size_t i = 0; i < call->n; i++) {
        if (iac_is_unknown(call->args[i]))
            return iac_call_unknown(call);
        if (!iac_is_null(call->args[i]) && call->args[i]->n > 0)
            return call->args[i];
    }
    return iac_call_fail(call, IAC_FUNC_NO_ARG, "no non-null arguments");
}

const iac_value *iac_fn_compact(iac_call *call)
{
    const iac_value *list = call->args[0];
    if (!iac_is_wholly_known(list))
        return iac_call_unknown(call);
    const iac_value **items = iac_xcalloc(list->n + 1, sizeof(*items));
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        if (!iac_is_null(list->items[i]) && list->items[i]->string.n > 0)
            items[n++] = list->items[i];
    const iac_value *result = iac_value_list(call->arena, &iac_type_string, items, n);
    free(items);
    return result;
}

/* ---- one element ---- */

/* The index wraps around at both ends. False with the error noted. */
static bool wrapped_index(iac_call *call, size_t n, size_t *ret)
{
    int64_t index;
    if (!iac_value_to_int(call->args[1], &index)) {
        iac_call_fail(call, IAC_FUNC_NO_ARG,
                      "invalid index: value must be a whole number, between "
                      "-9223372036854775808 and 9223372036854775807");
        return false;
    }
    if (n == 0) {
        iac_call_fail(call, IAC_FUNC_NO_ARG, "cannot use element function with an empty list");
        return false;
    }
    int64_t rest = index % (int64_t)n; /* negative: from the end */
    *ret = (size_t)(rest < 0 ? rest + (int64_t)n : rest);
    return true;
}

const iac_type *iac_type_element(iac_call *call)
{
    const iac_value *list = call->args[0];
    size_t index;
    if (list->kind == IAC_LIST)
        return list->type->element;
    if (list->kind != IAC_TUPLE) {
        iac_str name = iac_call_type_name(call, list);
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "cannot read elements from %.*s", IAC_FMT(name));
    }
    if (iac_is_unknown(call->args[1]))
        return &iac_type_dynamic;
    bool known = list->state == IAC_KNOWN; /* then the type of all of it would take making */
    if (!wrapped_index(call, known ? list->n : list->type->n, &index))
        return NULL;
    return known ? iac_value_type(call->arena, list->items[index]) : list->type->items[index];
}

const iac_value *iac_fn_element(iac_call *call)
{
    const iac_value *list = call->args[0];
    size_t index;
    if (!wrapped_index(call, list->n, &index))
        return NULL;
    return iac_value_mark(call->arena, list->items[index], list->marks);
}

const iac_type *iac_type_one(iac_call *call)
{
    const iac_type *type = type_of(call, 0);
    if (type->kind == IAC_LIST || type->kind == IAC_SET)
        return type->element;
    if (type->kind == IAC_TUPLE && type->n < 2)
        return type->n ? type->items[0] : &iac_type_dynamic;
    return iac_call_fail(call, 0, "must be a list, set, or tuple value with either zero or one elements");
}

const iac_value *iac_fn_one(iac_call *call)
{
    const iac_value *list = call->args[0];
    if (is_open_set(list))
        return iac_call_unknown(call);
    if (list->n > 1)
        return iac_call_fail(call, 0, "must be a list, set, or tuple value with either zero or one elements");
    return list->n ? list->items[0] : iac_value_null(call->arena, call->type);
}

static const iac_type *lookup_in_map(iac_call *call, const iac_type *map)
{
    iac_str error;
    if (call->n == 3 && !iac_convert(call->arena, call->args[2], map->element, &error, NULL))
        return iac_call_fail(call, 2, "the default value must have the same type as the map elements");
    return map->element;
}

const iac_type *iac_type_lookup(iac_call *call)
{
    const iac_value *map = call->args[0];
    if (call->n > 3)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "lookup() takes two or three arguments, got %zu", call->n);
    if (map->kind == IAC_MAP)
        return lookup_in_map(call, map->type);
    if (map->kind != IAC_OBJECT)
        return iac_call_fail(call, 0, "lookup() requires a map as the first argument");
    if (iac_is_unknown(call->args[1]))
        return &iac_type_dynamic;
    const iac_value *found = iac_value_get(map, iac_arg_str(call, 1));
    const iac_type *attribute = found ? iac_value_type(call->arena, found)
                                : map->state == IAC_KNOWN ? NULL
                                                          : iac_type_attribute(map->type, iac_arg_str(call, 1));
    if (attribute)
        return attribute;
    if (call->n == 3)
        return type_of(call, 2);
    return iac_call_fail(call, 0, "the given object has no attribute \"%.*s\"", IAC_FMT(iac_arg_str(call, 1)));
}

const iac_value *iac_fn_lookup(iac_call *call)
{
    const iac_value *map = call->args[0], *key = call->args[1];
    const iac_value *found = iac_value_get(map, key->string);
    if (!found && call->n == 3) {
        iac_str error;
        found = iac_convert(call->arena, call->args[2], call->type, &error, NULL);
        if (!found)
            return iac_call_fail(call, 2, "%.*s", IAC_FMT(error));
    }
    if (!found)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "lookup failed to find key %.*s",
                             IAC_FMT(iac_call_quote(call, key->string)));
    return iac_value_mark(call->arena, found, map->marks | key->marks);
}

/* ---- keys and values ---- */

/* Of an unknown object, too: its type says its names. */
static const iac_str *names_of(const iac_value *v, size_t *ret_n)
{
    bool known = v->state == IAC_KNOWN;
    *ret_n = known ? v->n : v->type->n;
    return known ? v->keys : v->type->names;
}

const iac_type *iac_type_keys(iac_call *call)
{
    const iac_value *v = call->args[0];
    if (v->kind == IAC_DYNAMIC)
        return &iac_type_dynamic;
    if (v->kind == IAC_MAP)
        return &iac_simple_lists[IAC_STRING];
    if (v->kind != IAC_OBJECT)
        return iac_call_fail(call, 0, "must have map or object type");
    size_t n;
    names_of(v, &n);
    const iac_type **types = iac_xcalloc(n + 1, sizeof(*types));
    for (size_t i = 0; i < n; i++)
        types[i] = &iac_type_string;
    const iac_type *type = iac_type_tuple(call->arena, types, n);
    free(types);
    return type;
}

const iac_value *iac_fn_keys(iac_call *call)
{
    const iac_value *v = call->args[0];
    if (iac_is_unknown(v) && v->kind != IAC_OBJECT)
        return iac_value_mark(call->arena, iac_call_unknown(call), v->marks);
    size_t n;
    const iac_str *names = names_of(v, &n);
    const iac_value **items = iac_xcalloc(n + 1, sizeof(*items));
    for (size_t i = 0; i < n; i++)
        items[i] = iac_value_string(call->arena, names[i]);
    const iac_value *result = v->kind == IAC_MAP ? iac_value_list(call->arena, &iac_type_string, items, n)
                                                 : iac_value_tuple(call->arena, items, n);
    free(items);
    return iac_value_mark(call->arena, result, v->marks);
}

const iac_type *iac_type_values(iac_call *call)
{
    const iac_type *type = type_of(call, 0);
    if (type->kind == IAC_MAP)
        return iac_type_list(call->arena, type->element);
    if (type->kind == IAC_OBJECT)
        return iac_type_tuple(call->arena, type->items, type->n);
    return iac_call_fail(call, IAC_FUNC_NO_ARG, "values() requires a map as the first argument");
}

const iac_value *iac_fn_values(iac_call *call)
{
    const iac_value *v = call->args[0];
    const iac_value *result = v->kind == IAC_MAP ? iac_value_list(call->arena, v->type->element, v->items, v->n)
                                                 : iac_value_tuple(call->arena, v->items, v->n);
    return iac_value_mark(call->arena, result, v->marks);
}

/* Functions from lists to lists. */
#include "lang/func/func_internal.h"

#include <stdlib.h>
#include <string.h>

static const iac_type *type_of(iac_call *call, size_t i)
{
    return iac_value_type(call->arena, call->args[i]);
}

const iac_type *iac_type_first_arg(iac_call *call)
{
    return type_of(call, 0);
}

/* ---- parts ---- */

const iac_type *iac_type_chunklist(iac_call *call)
{
    return iac_type_list(call->arena, type_of(call, 0));
}

const iac_value *iac_fn_chunklist(iac_call *call)
{
    const iac_value *list = call->args[0];
    const iac_type *element = list->type->element;
    int64_t size;
    if (!iac_value_to_int(call->args[1], &size))
        return iac_call_fail(call, IAC_FUNC_NO_ARG,
                             "invalid size: value must be a whole number, between "
                             "-9223372036854775808 and 9223372036854775807");
    if (size < 0)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "the size argument must be positive");
    size_t step = size == 0 || (uint64_t)size > list->n ? list->n : (size_t)size;
    size_t count = 0;
    const iac_value **chunks = iac_xcalloc(list->n + 1, sizeof(*chunks));
    for (size_t i = 0; i < list->n; i += step) {
        size_t n = list->n - i < step ? list->n - i : step;
        chunks[count++] = iac_value_list(call->arena, element, list->items + i, n);
    }
    const iac_value *result = iac_value_list(call->arena, list->type, chunks, count);
    free(chunks);
    return iac_value_mark(call->arena, result, list->marks);
}

/* The bounds of a slice of n items; false with the error noted. */
static bool slice_bounds(iac_call *call, size_t n, size_t *ret_start, size_t *ret_end)
{
    static const char whole[] = "value must be a whole number, between -9223372036854775808 and 9223372036854775807";
    int64_t start, end;
    if (!iac_value_to_int(call->args[1], &start) || !iac_value_to_int(call->args[2], &end)) {
        int64_t ignored;
        bool first = !iac_value_to_int(call->args[1], &ignored);
        iac_call_fail(call, first ? 1 : 2, "invalid %s index: %s", first ? "start" : "end", whole);
        return false;
    }
    if (start < 0)
        iac_call_fail(call, 1, "start index must not be less than zero");
    else if ((uint64_t)start > n)
        iac_call_fail(call, 1, "start index must not be greater than the length of the list");
    else if (end < 0)
        iac_call_fail(call, 2, "end index must not be less than zero");
    else if ((uint64_t)end > n)
        iac_call_fail(call, 2, "end index must not be greater than the length of the list");
    else if (start > end)
        iac_call_fail(call, 1, "start index must not be greater than end index");
    else {
        *ret_start = (size_t)start;
        *ret_end = (size_t)end;
        return true;
    }
    return false;
}

const iac_type *iac_type_slice(iac_call *call)
{
    const iac_type *type = type_of(call, 0);
    size_t start, end;
    if (type->kind == IAC_SET)
        return iac_call_fail(call, 0,
                             "cannot slice a set, because its elements do not have indices; explicitly convert "
                             "to a list if the ordering of the result is not important");
    if (type->kind != IAC_LIST && type->kind != IAC_TUPLE)
        return iac_call_fail(call, 0, "must be a list or tuple value");
    if (type->kind == IAC_LIST)
        return type;
    if (iac_is_unknown(call->args[1]) || iac_is_unknown(call->args[2]))
        return &iac_type_dynamic;
    return slice_bounds(call, type->n, &start, &end) ? iac_type_tuple(call->arena, type->items + start, end - start)
                                                     : NULL;
}

const iac_value *iac_fn_slice(iac_call *call)
{
    const iac_value *list = call->args[0];
    size_t start, end;
    if (!slice_bounds(call, list->n, &start, &end))
        return NULL;
    const iac_value *const *items = list->items ? list->items + start : NULL;
    const iac_value *result = list->kind == IAC_LIST
                                  ? iac_value_list(call->arena, list->type->element, items, end - start)
                                  : iac_value_tuple(call->arena, items, end - start);
    return iac_value_mark(call->arena, result, list->marks);
}

/* ---- order ---- */

const iac_type *iac_type_reverse(iac_call *call)
{
    const iac_type *type = type_of(call, 0);
    if (type->kind == IAC_LIST || type->kind == IAC_SET)
        return iac_type_list(call->arena, type->element);
    if (type->kind != IAC_TUPLE) {
        iac_str name = iac_type_friendly(call->arena, type);
        return iac_call_fail(call, 0, "can only reverse list or tuple values, not %.*s", IAC_FMT(name));
    }
    const iac_type **items = iac_xcalloc(type->n + 1, sizeof(*items));
    for (size_t i = 0; i < type->n; i++)
        items[i] = type->items[type->n - 1 - i];
    type = iac_type_tuple(call->arena, items, type->n);
    free(items);
    return type;
}

const iac_value *iac_fn_reverse(iac_call *call)
{
    const iac_value *list = call->args[0];
    if (list->kind == IAC_SET && list->deep_unknown && list->n > 1)
        return iac_call_unknown(call);
    const iac_value **items = iac_xcalloc(list->n + 1, sizeof(*items));
    for (size_t i = 0; i < list->n; i++)
        items[i] = list->items[list->n - 1 - i];
    const iac_value *result = list->kind == IAC_TUPLE
                                  ? iac_value_tuple(call->arena, items, list->n)
                                  : iac_value_list(call->arena, list->type->element, items, list->n);
    free(items);
    return iac_value_mark(call->arena, result, list->marks);
}

static int compare_strings(const void *a, const void *b)
{
    const iac_value *x = *(const iac_value *const *)a, *y = *(const iac_value *const *)b;
    return iac_str_cmp(x->string, y->string);
}

const iac_value *iac_fn_sort(iac_call *call)
{
    const iac_value *list = call->args[0];
    if (!iac_is_wholly_known(list)) { /* which element comes where is open, but not how many there are */
        iac_refinement r = { .length_min = (int64_t)list->n, .length_max = (int64_t)list->n };
        if (iac_is_unknown(list))
            r = list->refinement ? *list->refinement : (iac_refinement){ .length_max = INT64_MAX };
        r.not_null = true;
        return iac_value_refined(call->arena, call->type, &r);
    }
    for (size_t i = 0; i < list->n; i++)
        if (iac_is_null(list->items[i]))
            return iac_call_fail(call, IAC_FUNC_NO_ARG,
                                 "given list element %zu is null; a null string cannot be sorted", i);
    const iac_value **items = iac_xcalloc(list->n + 1, sizeof(*items));
    for (size_t i = 0; i < list->n; i++)
        items[i] = list->items[i];
    qsort(items, list->n, sizeof(*items), compare_strings);
    const iac_value *result = iac_value_list(call->arena, &iac_type_string, items, list->n);
    free(items);
    return result;
}

/* ---- concat and flatten ---- */

typedef IAC_VEC(const iac_type *) type_vec;

/* All lists: a list of what their elements unify to, or NULL. */
static const iac_type *concat_lists(iac_call *call)
{
    const iac_type **elements = iac_xcalloc(call->n, sizeof(*elements));
    const iac_type *element = NULL;
    size_t i = 0;
    while (i < call->n && call->args[i]->kind == IAC_LIST) {
        elements[i] = call->args[i]->type->element;
        i++;
    }
    if (i == call->n)
        element = iac_type_unify(call->arena, elements, call->n, true);
    free(elements);
    return element ? iac_type_list(call->arena, element) : NULL;
}

const iac_type *iac_type_concat(iac_call *call)
{
    if (call->n == 0)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "at least one argument is required");
    const iac_type *type = concat_lists(call);
    if (type)
        return type;
    type_vec items = { 0 };
    for (size_t i = 0; i < call->n; i++) {
        const iac_value *v = call->args[i];
        if (v->kind != IAC_LIST && v->kind != IAC_TUPLE) {
            iac_str name = iac_call_type_name(call, v);
            iac_vec_clear(&items);
            return iac_call_fail(call, i, "all arguments must be lists or tuples; got %.*s", IAC_FMT(name));
        }
        const iac_type *part = type_of(call, i);
        if (v->kind == IAC_LIST && iac_is_unknown(v)) { /* how many items follow is not known */
            iac_vec_clear(&items);
            return &iac_type_dynamic;
        }
        size_t n = v->kind == IAC_LIST ? v->n : part->n;
        for (size_t j = 0; j < n; j++)
            iac_vec_push(&items, v->kind == IAC_LIST ? part->element : part->items[j]);
    }
    type = iac_type_tuple(call->arena, items.v, items.n);
    iac_vec_clear(&items);
    return type;
}

const iac_value *iac_fn_concat(iac_call *call)
{
    IAC_VEC(const iac_value *) items = { 0 };
    uint8_t marks = 0;
    const iac_value *result;
    for (size_t i = 0; i < call->n; i++) {
        const iac_value *v = call->args[i];
        marks |= v->marks;
        for (size_t j = 0; j < v->n; j++)
            iac_vec_push(&items, v->items[j]);
    }
    if (call->type->kind != IAC_LIST) {
        result = iac_value_tuple(call->arena, items.v, items.n);
    } else {
        iac_str error;
        for (size_t i = 0; i < items.n; i++) {
            const iac_value *v = iac_convert(call->arena, items.v[i], call->type->element, &error, NULL);
            if (!v) {
                iac_vec_clear(&items);
                return iac_call_fail(call, IAC_FUNC_NO_ARG, "%.*s", IAC_FMT(error));
            }
            items.v[i] = v;
        }
        result = iac_value_list(call->arena, call->type->element, items.v, items.n);
    }
    iac_vec_clear(&items);
    return iac_value_mark(call->arena, result, marks);
}

struct flattening {
    IAC_VEC(const iac_value *) items;
    uint8_t marks; /* of the lists that disappear */
    bool open;     /* something within may turn out to be more lists, or longer ones */
};

static bool is_flattened(const iac_value *v)
{
    return v->kind == IAC_LIST || v->kind == IAC_SET || v->kind == IAC_TUPLE;
}

static void flatten(struct flattening *f, const iac_value *v)
{
    f->marks |= v->marks;
    if (iac_is_unknown(v) || (v->kind == IAC_SET && v->deep_unknown && v->n > 1)) {
        f->open = true;
        return;
    }
    for (size_t i = 0; i < v->n; i++) {
        const iac_value *item = v->items[i];
        if (iac_is_unknown(item) && item->kind == IAC_DYNAMIC)
            f->open = true;
        if (!iac_is_null(item) && is_flattened(item))
            flatten(f, item);
        else
            iac_vec_push(&f->items, item);
    }
}

const iac_type *iac_type_flatten(iac_call *call)
{
    const iac_value *v = call->args[0];
    if (!is_flattened(v) && iac_is_wholly_known(v))
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "can only flatten lists, sets and tuples");
    struct flattening f = { 0 };
    flatten(&f, v);
    const iac_type *type = &iac_type_dynamic;
    if (!f.open) {
        type_vec types = { 0 };
        for (size_t i = 0; i < f.items.n; i++)
            iac_vec_push(&types, iac_value_type(call->arena, f.items.v[i]));
        type = iac_type_tuple(call->arena, types.v, types.n);
        iac_vec_clear(&types);
    }
    iac_vec_clear(&f.items);
    return type;
}

const iac_value *iac_fn_flatten(iac_call *call)
{
    struct flattening f = { 0 };
    flatten(&f, call->args[0]);
    const iac_value *result = f.open ? &iac_unknown_dynamic : iac_value_tuple(call->arena, f.items.v, f.items.n);
    iac_vec_clear(&f.items);
    return iac_value_mark(call->arena, result, f.marks);
}

/* ---- by content ---- */

/* Values by content: an open hash table of borrowed values. */
struct value_set {
    const iac_value **slots;
    size_t mask;
};

static void value_set_init(struct value_set *set, size_t room)
{
    size_t count = 16;
    while (count < room * 2)
        count *= 2;
    set->slots = iac_xcalloc(count, sizeof(*set->slots));
    set->mask = count - 1;
}

/* Where v is, or would be. */
static const iac_value **value_set_at(const struct value_set *set, const iac_value *v)
{
    size_t i = (size_t)iac_value_hash(v) & set->mask;
    while (set->slots[i] && !iac_value_same(set->slots[i], v))
        i = (i + 1) & set->mask;
    return &set->slots[i];
}

const iac_value *iac_fn_distinct(iac_call *call)
{
    const iac_value *list = call->args[0];
    if (!iac_is_wholly_known(list))
        return iac_call_unknown(call);
    struct value_set seen;
    value_set_init(&seen, list->n);
    const iac_value **items = iac_xcalloc(list->n + 1, sizeof(*items));
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const iac_value **slot = value_set_at(&seen, list->items[i]);
        if (!*slot)
            items[n++] = *slot = list->items[i];
    }
    const iac_value *result = iac_value_list(call->arena, list->type->element, items, n);
    free(items);
    free(seen.slots);
    return result;
}

const iac_value *iac_fn_matchkeys(iac_call *call)
{
    const iac_value *values = call->args[0], *keys = call->args[1], *wanted = call->args[2];
    if (!iac_is_wholly_known(values) || !iac_is_wholly_known(keys))
        return iac_call_unknown(call);
    const iac_type *types[] = { keys->type, wanted->type };
    const iac_type *type = iac_type_unify(call->arena, types, 2, true);
    iac_str error;
    keys = type ? iac_convert(call->arena, keys, type, &error, NULL) : NULL;
    wanted = keys ? iac_convert(call->arena, wanted, type, &error, NULL) : NULL;
    if (!wanted)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "keys and searchset must be of the same type");
    if (values->n != keys->n)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "length of keys and values should be equal");
    if (!iac_is_wholly_known(wanted))
        return iac_call_unknown(call);
    struct value_set set;
    value_set_init(&set, wanted->n);
    for (size_t i = 0; i < wanted->n; i++)
        *value_set_at(&set, wanted->items[i]) = wanted->items[i];
    const iac_value **items = iac_xcalloc(values->n + 1, sizeof(*items));
    size_t n = 0;
    for (size_t i = 0; i < keys->n; i++)
        if (*value_set_at(&set, keys->items[i]))
            items[n++] = values->items[i];
    const iac_value *result = iac_value_list(call->arena, values->type->element, items, n);
    free(items);
    free(set.slots);
    return result;
}

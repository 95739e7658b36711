#include "lang/value/convert.h"

#include <stdlib.h>
#include <string.h>

struct conversion {
    iac_arena *arena;
    IAC_VEC(iac_step) steps; /* where in the value we are */
    bool mismatch;           /* the types forbid it; the message is made from them at the end */
    iac_str error;           /* else: what is wrong with the value at steps */
};

static const iac_value *convert(struct conversion *c, const iac_value *v, const iac_type *want);

static const iac_value *mismatch(struct conversion *c)
{
    c->mismatch = true;
    return NULL;
}

static const iac_value *fail(struct conversion *c, iac_str text)
{
    c->error = text;
    return NULL;
}

static const iac_value *convert_at(struct conversion *c, iac_step step, const iac_value *v, const iac_type *want)
{
    iac_vec_push(&c->steps, step);
    const iac_value *result = convert(c, v, want);
    if (result)
        c->steps.n--;
    return result;
}

/* ---- simple values ---- */

static const iac_value *to_string(struct conversion *c, const iac_value *v)
{
    iac_str text;
    if (v->kind == IAC_NUMBER)
        text = iac_number_text(c->arena, v);
    else if (v->kind == IAC_BOOL)
        text = v->boolean ? IAC_STR("true") : IAC_STR("false");
    else
        return mismatch(c);
    return iac_value_string(c->arena, text);
}

static const iac_value *to_number(struct conversion *c, const iac_value *v)
{
    if (v->kind != IAC_STRING)
        return mismatch(c);
    const iac_value *number = iac_value_number_parse(c->arena, v->string);
    return number ? number : fail(c, IAC_STR("a number is required"));
}

static bool is_word(iac_str s, const char *lower)
{
    return s.n == strlen(lower) && strncasecmp(s.p, lower, s.n) == 0;
}

static const iac_value *to_bool(struct conversion *c, const iac_value *v)
{
    if (v->kind != IAC_STRING)
        return mismatch(c);
    if (iac_str_is(v->string, "true") || iac_str_is(v->string, "1"))
        return &iac_true;
    if (iac_str_is(v->string, "false") || iac_str_is(v->string, "0"))
        return &iac_false;
    if (is_word(v->string, "true"))
        return fail(c, IAC_STR("a bool is required; to convert from string, use lowercase \"true\""));
    if (is_word(v->string, "false"))
        return fail(c, IAC_STR("a bool is required; to convert from string, use lowercase \"false\""));
    return fail(c, IAC_STR("a bool is required"));
}

/* ---- nulls and unknowns ---- */

/* want, with what is dynamic in it taken from the type that the value has. */
static const iac_type *replace_dynamic(iac_arena *arena, const iac_type *have, const iac_type *want)
{
    if (want->kind == IAC_DYNAMIC)
        return have;
    if (!iac_type_has_dynamic(want))
        return want;
    if (iac_type_is_collection(want)) {
        const iac_type *element = want->element;
        if (iac_type_is_collection(have))
            element = replace_dynamic(arena, have->element, want->element);
        else if (have->n)
            element = iac_type_unify(arena, have->items, have->n, true);
        if (!element)
            element = want->element;
        return want->kind == IAC_LIST  ? iac_type_list(arena, element)
               : want->kind == IAC_SET ? iac_type_set(arena, element)
                                       : iac_type_map(arena, element);
    }
    const iac_type **items = iac_xcalloc(want->n + 1, sizeof(*items));
    for (size_t i = 0; i < want->n; i++) {
        const iac_type *part = have->kind == IAC_MAP                    ? have->element
                               : have->kind == IAC_OBJECT               ? iac_type_attribute(have, want->names[i])
                               : have->kind == IAC_TUPLE && i < have->n ? have->items[i]
                                                                        : NULL;
        items[i] = part ? replace_dynamic(arena, part, want->items[i]) : want->items[i];
    }
    const iac_type *type = want->kind == IAC_TUPLE ? iac_type_tuple(arena, items, want->n)
                                                   : iac_type_object(arena, want->names, items, NULL, want->n);
    free(items);
    return type;
}

static const iac_value *unknown_of(struct conversion *c, const iac_value *v, const iac_type *type)
{
    iac_refinement r = { .length_max = INT64_MAX };
    const iac_type *have = v->type;
    if (v->refinement)
        r = (iac_refinement){ .not_null = v->refinement->not_null,
                              .length_min = v->refinement->length_min,
                              .length_max = v->refinement->length_max };
    if (!iac_type_is_collection(have)) {
        r.length_min = have->kind == IAC_TUPLE || have->kind == IAC_OBJECT ? (int64_t)have->n : 0;
        r.length_max = have->kind == IAC_TUPLE || have->kind == IAC_OBJECT ? (int64_t)have->n : INT64_MAX;
    }
    if (type->kind == IAC_SET && have->kind != IAC_SET && r.length_min > 1)
        r.length_min = 1; /* elements may turn out equal */
    return iac_value_refined(c->arena, type, &r);
}

static const iac_value *without_content(struct conversion *c, const iac_value *v, const iac_type *want)
{
    if (!iac_type_convertible(v->type, want, true))
        return mismatch(c);
    const iac_type *type = replace_dynamic(c->arena, v->type, iac_type_without_optional(c->arena, want));
    return v->state == IAC_NULL ? iac_value_null(c->arena, type) : unknown_of(c, v, type);
}

/* ---- collections ---- */

static const iac_value *collect(iac_arena *arena, const iac_type *type, const iac_type *element, const iac_value *from,
                                const iac_value *const *items)
{
    return type->kind == IAC_LIST  ? iac_value_list(arena, element, items, from->n)
           : type->kind == IAC_SET ? iac_value_set(arena, element, items, from->n)
                                   : iac_value_map(arena, element, from->keys, items, from->n);
}

static bool all_dynamic(const iac_value *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->items[i]->kind != IAC_DYNAMIC)
            return false;
    return true;
}

static const iac_type *unify_items(iac_arena *arena, const iac_value *const *items, size_t n)
{
    const iac_type **types = iac_xcalloc(n + 1, sizeof(*types));
    for (size_t i = 0; i < n; i++)
        types[i] = iac_value_type(arena, items[i]);
    const iac_type *type = iac_type_unify(arena, types, n, true);
    free(types);
    return type;
}

/* An unknown list for a set whose elements may still coincide. */
static const iac_value *list_of_open_set(struct conversion *c, const iac_value *v, const iac_type *element)
{
    iac_refinement r = { .not_null = true, .length_min = 1, .length_max = (int64_t)v->n };
    return iac_value_refined(c->arena, iac_type_list(c->arena, element), &r);
}

static bool convert_items(struct conversion *c, const iac_value *v, const iac_type *element, const iac_value **items,
                          bool *ret_changed)
{
    for (size_t i = 0; i < v->n; i++) {
        iac_step step = iac_step_to(v, i);
        if (step.kind == IAC_STEP_ATTR)
            step.kind = IAC_STEP_KEY; /* of the map that it becomes */
        items[i] = convert_at(c, step, v->items[i], element);
        if (!items[i])
            return false;
        *ret_changed |= items[i] != v->items[i];
    }
    return true;
}

/* Unified items may differ still in what is below an element type that is not told: the first that tells decides. */
static bool settle_items(struct conversion *c, const iac_type *want, const iac_value **items, size_t n,
                         const iac_type **ret_element)
{
    size_t first = 0;
    while (first < n && items[first]->kind == IAC_DYNAMIC)
        first++;
    if (first == n)
        return true;
    const iac_type *element = *ret_element = iac_value_type(c->arena, items[first]);
    for (size_t i = 0; i < n; i++) {
        const iac_value *v = items[i];
        if (v->kind == IAC_DYNAMIC) {
            v = v->state == IAC_NULL ? iac_value_null(c->arena, element) : iac_value_unknown(c->arena, element);
            items[i] = iac_value_mark(c->arena, v, items[i]->marks);
        } else if (!iac_value_has_type(v, element)) {
            fail(c, iac_arena_printf(c->arena, "element types must all match for conversion to %s",
                                     want->kind == IAC_LIST  ? "list"
                                     : want->kind == IAC_SET ? "set"
                                                             : "map"));
            return false;
        }
    }
    return true;
}

/* Items of a list, set, tuple, map or object, which v is, to a collection of the given type. */
static const iac_value *to_collection(struct conversion *c, const iac_value *v, const iac_type *want)
{
    const iac_type *element = want->element;
    bool structure = v->kind == IAC_TUPLE || v->kind == IAC_OBJECT;
    if (!structure && !iac_type_convertible(v->type->element, element, true))
        return mismatch(c);
    if (v->n == 0) {
        if (!structure)
            element = replace_dynamic(c->arena, v->type->element, element);
        return collect(c->arena, want, iac_type_without_optional(c->arena, element), v, NULL);
    }
    if (element->kind == IAC_DYNAMIC) {
        element = structure ? unify_items(c->arena, v->items, v->n) : v->type->element;
        if (!element)
            return mismatch(c);
        if (v->kind == IAC_TUPLE && element->kind == IAC_DYNAMIC && !all_dynamic(v))
            return mismatch(c);
    }
    const iac_value **items = iac_xcalloc(v->n, sizeof(*items));
    const iac_value *result = NULL;
    bool changed = (uint8_t)want->kind != v->kind;
    if (!convert_items(c, v, element, items, &changed))
        goto out;
    element = iac_type_without_optional(c->arena, element);
    if (iac_type_has_dynamic(element)) {
        if (!iac_values_unify(c->arena, items, v->n, &element)) {
            fail(c, IAC_STR("collection elements cannot be unified"));
            goto out;
        }
        if (!settle_items(c, want, items, v->n, &element))
            goto out;
    }
    if (v->kind == IAC_SET && want->kind == IAC_LIST && v->deep_unknown && v->n > 1)
        result = list_of_open_set(c, v, element);
    else
        result = changed ? collect(c->arena, want, element, v, items) : v;
out:
    free(items);
    return result;
}

/* ---- tuples and objects ---- */

static const iac_value *to_tuple(struct conversion *c, const iac_value *v, const iac_type *want)
{
    if (v->kind != IAC_TUPLE || v->n != want->n)
        return mismatch(c);
    const iac_value **items = iac_xcalloc(v->n + 1, sizeof(*items));
    const iac_value *result = NULL;
    bool changed = false;
    for (size_t i = 0; i < v->n; i++) {
        items[i] = convert_at(c, iac_step_to(v, i), v->items[i], want->items[i]);
        if (!items[i])
            goto out;
        changed |= items[i] != v->items[i];
    }
    result = changed ? iac_value_tuple(c->arena, items, v->n) : v;
out:
    free(items);
    return result;
}

static const iac_value *to_object(struct conversion *c, const iac_value *v, const iac_type *want)
{
    if (v->kind != IAC_OBJECT && v->kind != IAC_MAP)
        return mismatch(c);
    const iac_value **items = iac_xcalloc(want->n + 1, sizeof(*items));
    const iac_value *result = NULL;
    bool changed = v->kind != IAC_OBJECT || v->n != want->n;
    for (size_t i = 0; i < want->n; i++) {
        const iac_value *have = iac_value_get(v, want->names[i]);
        iac_step step = { .kind = v->kind == IAC_MAP ? IAC_STEP_KEY : IAC_STEP_ATTR, .name = want->names[i] };
        if (have) {
            items[i] = convert_at(c, step, have, want->items[i]);
        } else if (want->optional && want->optional[i]) {
            items[i] = iac_value_null(c->arena, iac_type_without_optional(c->arena, want->items[i]));
        } else if (v->kind == IAC_OBJECT) {
            mismatch(c);
        } else {
            fail(c, iac_arena_printf(c->arena, "map has no element for required attribute \"%.*s\"",
                                     IAC_FMT(want->names[i])));
        }
        if (!items[i])
            goto out;
        changed |= items[i] != have;
    }
    result = changed ? iac_value_object(c->arena, want->names, items, want->n) : v;
out:
    free(items);
    return result;
}

static const iac_value *convert_known(struct conversion *c, const iac_value *v, const iac_type *want)
{
    switch (want->kind) {
    case IAC_STRING:
        return to_string(c, v);
    case IAC_NUMBER:
        return to_number(c, v);
    case IAC_BOOL:
        return to_bool(c, v);
    case IAC_LIST:
    case IAC_SET:
        if (v->kind == IAC_LIST || v->kind == IAC_SET || v->kind == IAC_TUPLE)
            return to_collection(c, v, want);
        return mismatch(c);
    case IAC_MAP:
        return v->kind == IAC_MAP || v->kind == IAC_OBJECT ? to_collection(c, v, want) : mismatch(c);
    case IAC_TUPLE:
        return to_tuple(c, v, want);
    default:
        return to_object(c, v, want);
    }
}

static const iac_value *convert(struct conversion *c, const iac_value *v, const iac_type *want)
{
    if (want->kind == IAC_DYNAMIC)
        return v;
    if (v->type ? iac_type_equal(v->type, want) : (v->kind == (uint8_t)want->kind && v->kind < IAC_LIST))
        return v;
    const iac_value *result = v->state == IAC_KNOWN ? convert_known(c, v, want) : without_content(c, v, want);
    return result ? iac_value_mark(c->arena, result, v->marks) : NULL;
}

/* ---- messages ---- */

static iac_str mismatch_message(iac_arena *arena, const iac_type *have, const iac_type *want);

/* As in messages about what a constraint asks for. */
static iac_str required(iac_arena *arena, const iac_type *want)
{
    if (want->kind == IAC_DYNAMIC)
        return IAC_STR("any type");
    if (!iac_type_is_collection(want))
        return iac_type_friendly(arena, want);
    static const char *const names[] = { [IAC_LIST] = "list", [IAC_SET] = "set", [IAC_MAP] = "map" };
    iac_str element = want->element->kind == IAC_DYNAMIC ? IAC_STR("any single type") : required(arena, want->element);
    return iac_arena_printf(arena, "%s of %.*s", names[want->kind], IAC_FMT(element));
}

static iac_str is_required(iac_arena *arena, const iac_type *want)
{
    iac_str text = required(arena, want);
    return iac_arena_printf(arena, "%.*s required", IAC_FMT(text));
}

static iac_str missing_message(iac_arena *arena, const iac_str *names, size_t n)
{
    if (n == 1)
        return iac_arena_printf(arena, "attribute \"%.*s\" is required", IAC_FMT(names[0]));
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&buf, "attributes ");
    for (size_t i = 0; i < n; i++) {
        const char *before = i == 0 ? "" : i + 1 < n ? ", " : n == 2 ? " and " : ", and ";
        iac_buf_printf(&buf, "%s\"%.*s\"", before, IAC_FMT(names[i]));
    }
    iac_buf_cstr(&buf, " are required");
    iac_str text = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

static iac_str object_message(iac_arena *arena, const iac_type *have, const iac_type *want)
{
    IAC_VEC(iac_str) missing = { 0 };
    size_t wrong = SIZE_MAX;
    for (size_t i = 0; i < want->n; i++) {
        const iac_type *type = iac_type_attribute(have, want->names[i]);
        if (!type && !(want->optional && want->optional[i]))
            iac_vec_push(&missing, want->names[i]);
        if (type && wrong == SIZE_MAX && !iac_type_convertible(type, want->items[i], true))
            wrong = i;
    }
    iac_str text = IAC_STR("incorrect object attributes");
    if (missing.n) {
        text = missing_message(arena, missing.v, missing.n);
    } else if (wrong != SIZE_MAX) {
        iac_str inner = mismatch_message(arena, iac_type_attribute(have, want->names[wrong]), want->items[wrong]);
        text = iac_arena_printf(arena, "attribute \"%.*s\": %.*s", IAC_FMT(want->names[wrong]), IAC_FMT(inner));
    }
    iac_vec_clear(&missing);
    return text;
}

static iac_str items_message(iac_arena *arena, const iac_type *have, const iac_type *want)
{
    bool keyed = have->kind == IAC_OBJECT;
    if (keyed != (want->kind == IAC_MAP))
        return is_required(arena, want);
    for (size_t i = 0; i < have->n; i++) {
        if (iac_type_convertible(have->items[i], want->element, true))
            continue;
        iac_str inner = mismatch_message(arena, have->items[i], want->element);
        if (keyed)
            return iac_arena_printf(arena, "element \"%.*s\": %.*s", IAC_FMT(have->names[i]), IAC_FMT(inner));
        return iac_arena_printf(arena, "element %zu: %.*s", i, IAC_FMT(inner));
    }
    iac_str element = required(arena, want->element);
    return iac_arena_printf(arena, "all elements must be %.*s", IAC_FMT(element));
}

static iac_str mismatch_message(iac_arena *arena, const iac_type *have, const iac_type *want)
{
    if (have->kind == IAC_OBJECT && want->kind == IAC_OBJECT)
        return object_message(arena, have, want);
    if (iac_type_is_collection(want) && want->element->kind == IAC_DYNAMIC) {
        if (have->kind == IAC_TUPLE && want->kind == IAC_LIST)
            return IAC_STR("all list elements must have the same type");
        if (have->kind == IAC_TUPLE && want->kind == IAC_SET)
            return IAC_STR("all set elements must have the same type");
        if (have->kind == IAC_OBJECT && want->kind == IAC_MAP)
            return IAC_STR("all map elements must have the same type");
    }
    if (iac_type_is_collection(want) && (have->kind == IAC_TUPLE || have->kind == IAC_OBJECT))
        return items_message(arena, have, want);
    if (iac_type_is_collection(want) && iac_type_is_collection(have)) {
        if ((want->kind == IAC_MAP) != (have->kind == IAC_MAP))
            return is_required(arena, want);
        static const char *const names[] = { [IAC_LIST] = "list", [IAC_SET] = "set", [IAC_MAP] = "map" };
        iac_str inner = mismatch_message(arena, have->element, want->element);
        return iac_arena_printf(arena, "incorrect %s element type: %.*s", names[want->kind], IAC_FMT(inner));
    }
    return is_required(arena, want);
}

const iac_value *iac_convert(iac_arena *arena, const iac_value *v, const iac_type *type, iac_str *ret_error,
                             iac_path *ret_path)
{
    struct conversion c = { .arena = arena };
    const iac_value *result = convert(&c, v, type);
    if (!result) {
        const iac_type *have = iac_value_type(arena, v);
        if (c.mismatch || !iac_type_convertible(have, type, true)) {
            *ret_error = mismatch_message(arena, have, type);
            c.steps.n = 0;
        } else {
            *ret_error = c.error;
        }
        if (ret_path)
            *ret_path = iac_path_copy(arena, (iac_path){ c.steps.v, c.steps.n });
    }
    iac_vec_clear(&c.steps);
    return result;
}

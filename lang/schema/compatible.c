/* lang/schema/compatible.c - whether what came of a change is what was planned. */
#include "lang/schema/check.h"

/* Texts from the arena end with a NUL. */
static const char *shown(iac_check *check, const iac_value *v)
{
    return iac_value_debug(check->arena, v).p;
}

static bool value_compatible(iac_check *check, const iac_at *at, const iac_value *planned, const iac_value *actual);

typedef struct set_elements { /* what comparing two elements needs */
    iac_arena *arena;
    const iac_block_schema *block; /* NULL: plain values */
} set_elements;

static bool object_compatible(iac_check *check, const iac_at *at, const iac_block_schema *block,
                              const iac_value *planned, const iac_value *actual);

static bool elements_fit(void *arg, const iac_value *planned, const iac_value *actual)
{
    set_elements *with = arg;
    iac_check check = { .arena = with->arena };

    return with->block ? object_compatible(&check, NULL, with->block, planned, actual)
                       : value_compatible(&check, NULL, planned, actual);
}

static bool within_bounds(const iac_refinement *r, const iac_value *v)
{
    iac_value bound = { .kind = IAC_NUMBER, .state = IAC_KNOWN };

    if (r->min) {
        bound.number = *r->min;
        int order = iac_number_cmp(v, &bound);
        if (order < 0 || (order == 0 && r->min_open))
            return false;
    }
    if (r->max) {
        bound.number = *r->max;
        int order = iac_number_cmp(v, &bound);
        if (order > 0 || (order == 0 && r->max_open))
            return false;
    }
    return true;
}

/* Whether a known value lies within what was said of an unknown one. */
static bool within_refinement(const iac_refinement *r, const iac_value *v)
{
    if (!r || iac_is_unknown(v))
        return true;
    if (iac_is_null(v))
        return !r->not_null;
    switch ((iac_kind)v->kind) {
    case IAC_STRING:
        return iac_str_starts(v->string, r->prefix);
    case IAC_NUMBER:
        return within_bounds(r, v);
    case IAC_LIST:
    case IAC_SET:
    case IAC_MAP:
        return (int64_t)v->n >= r->length_min && (int64_t)v->n <= r->length_max;
    default:
        return true;
    }
}

static bool wrong_type(iac_check *check, const iac_at *at, const iac_type *wanted)
{
    iac_str name = iac_type_friendly(check->arena, wanted);
    return iac_check_fail(check, at, "wrong final value type: %.*s required", IAC_FMT(name));
}

static bool keyed_compatible(iac_check *check, const iac_at *at, const iac_value *planned, const iac_value *actual)
{
    size_t i = 0, j = 0;

    while (i < planned->n || j < actual->n) { /* both in key order */
        int order = i == planned->n  ? 1
                    : j == actual->n ? -1
                                     : iac_str_cmp(planned->keys[i], actual->keys[j]);
        if (order < 0)
            return iac_check_fail(check, at, "element \"%.*s\" has vanished", IAC_FMT(planned->keys[i]));
        if (order > 0)
            return iac_check_fail(check, at, "new element \"%.*s\" has appeared", IAC_FMT(actual->keys[j]));
        iac_at here = iac_at_element(at, planned, i);
        if (!value_compatible(check, &here, planned->items[i++], actual->items[j++]))
            return false;
    }
    return true;
}

static bool indexed_compatible(iac_check *check, const iac_at *at, const iac_value *planned, const iac_value *actual)
{
    for (size_t i = 0; i < planned->n; i++) {
        iac_at here = iac_at_element(at, planned, i);
        if (i >= actual->n)
            return iac_check_fail(check, at, "element %zu has vanished", i);
        if (!value_compatible(check, &here, planned->items[i], actual->items[i]))
            return false;
    }
    if (actual->n > planned->n)
        return iac_check_fail(check, at, "new element %zu has appeared", planned->n);
    return true;
}

static bool contents_compatible(iac_check *check, const iac_at *at, const iac_value *planned, const iac_value *actual)
{
    if (planned->kind != actual->kind)
        return wrong_type(check, at, iac_value_type(check->arena, planned));
    switch ((iac_kind)planned->kind) {
    case IAC_MAP:
    case IAC_OBJECT:
        return keyed_compatible(check, at, planned, actual);
    case IAC_LIST:
    case IAC_TUPLE:
        return indexed_compatible(check, at, planned, actual);
    case IAC_SET: {
        set_elements with = { .arena = check->arena };
        if (!iac_sets_correspond(check, at, planned, actual, elements_fit, &with))
            return false;
        if (actual->n > planned->n)
            return iac_check_fail(check, at, "length changed from %zu to %zu", planned->n, actual->n);
        return true;
    }
    default:
        return iac_check_fail(check, at, "was %s, but now %s", shown(check, planned), shown(check, actual));
    }
}

static bool value_compatible(iac_check *check, const iac_at *at, const iac_value *planned, const iac_value *actual)
{
    if (iac_value_same(planned, actual))
        return true;
    if (iac_is_unknown(planned)) {
        if (planned->kind != IAC_DYNAMIC && actual->kind != planned->kind)
            return wrong_type(check, at, planned->type);
        if (!within_refinement(planned->refinement, actual))
            return iac_check_fail(check, at, "final value %s does not conform to planning placeholder %s",
                                  shown(check, actual), shown(check, planned));
        return true;
    }
    if (iac_is_null(actual))
        return iac_is_null(planned) ||
               iac_check_fail(check, at, "was %s, but now null", shown(check, planned));
    if (iac_is_null(planned))
        return iac_check_fail(check, at, "was null, but now %s", shown(check, actual));
    if (iac_is_unknown(actual))
        return iac_check_fail(check, at, "was known, but now unknown");
    return contents_compatible(check, at, planned, actual);
}

static bool blocks_compatible(iac_check *check, const iac_at *at, const iac_nested_schema *nested,
                              const iac_value *planned, const iac_value *actual)
{
    if (nested->nesting == IAC_NEST_SINGLE || nested->nesting == IAC_NEST_GROUP) {
        /* A placeholder of a dynamic block may have come to nothing. */
        if (iac_is_unknown(planned))
            return true;
        return object_compatible(check, at, nested->block, planned, actual);
    }
    if (!iac_is_set_value(planned) || !iac_is_set_value(actual))
        return true;
    if (nested->nesting == IAC_NEST_SET) {
        set_elements with = { .arena = check->arena, .block = nested->block };
        if (!iac_sets_correspond(check, at, planned, actual, elements_fit, &with))
            return false;
        if (actual->n > planned->n)
            return iac_check_fail(check, at, "block set length changed from %zu to %zu", planned->n, actual->n);
        return true;
    }
    if (nested->nesting == IAC_NEST_LIST && planned->n != actual->n)
        return iac_check_fail(check, at, "block count changed from %zu to %zu", planned->n, actual->n);
    for (size_t i = 0; i < planned->n; i++) {
        iac_at here = iac_at_element(at, planned, i);
        const iac_value *got = nested->nesting == IAC_NEST_LIST ? actual->items[i]
                                                                : iac_value_get(actual, planned->keys[i]);
        if (!got)
            return iac_check_fail(check, at, "block key \"%.*s\" has vanished", IAC_FMT(planned->keys[i]));
        if (!object_compatible(check, &here, nested->block, planned->items[i], got))
            return false;
    }
    for (size_t i = 0; nested->nesting == IAC_NEST_MAP && i < actual->n; i++)
        if (!iac_value_get(planned, actual->keys[i]))
            return iac_check_fail(check, at, "new block key \"%.*s\" has appeared", IAC_FMT(actual->keys[i]));
    return true;
}

static bool member_compatible(iac_check *check, const iac_at *at, const iac_block_schema *block, iac_str name,
                              const iac_value *planned, const iac_value *actual)
{
    const iac_attr_schema *attr = iac_schema_attribute(block, name);

    if (!attr) {
        const iac_nested_schema *nested = iac_schema_block(block, name);
        return !nested || blocks_compatible(check, at, nested, planned, actual);
    }
    if (!attr->sensitive && !((planned->deep_marks | actual->deep_marks) & IAC_SENSITIVE))
        return value_compatible(check, at, planned, actual);
    iac_check silent = { .arena = check->arena };
    return value_compatible(&silent, at, planned, actual) ||
           iac_check_fail(check, at, "inconsistent values for sensitive attribute");
}

static bool object_compatible(iac_check *check, const iac_at *at, const iac_block_schema *block,
                              const iac_value *planned, const iac_value *actual)
{
    if (iac_is_null(planned))
        return iac_is_null(actual) || iac_check_fail(check, at, "was absent, but now present");
    if (iac_is_null(actual))
        return iac_check_fail(check, at, "was present, but now absent");
    if (!iac_is_set_value(planned) || !iac_is_set_value(actual))
        return true;
    for (size_t i = 0; i < planned->n; i++) {
        iac_at here = IAC_AT_ATTR(at, planned->keys[i]);
        const iac_value *got = iac_value_get(actual, planned->keys[i]);
        if (!got)
            return iac_check_fail(check, at, "attribute \"%.*s\" has vanished", IAC_FMT(planned->keys[i]));
        if (!member_compatible(check, &here, block, planned->keys[i], planned->items[i], got))
            return false;
    }
    return true;
}

bool iac_schema_assert_compatible(iac_arena *arena, const iac_block_schema *block, const iac_value *planned,
                                  const iac_value *actual, iac_str *ret_error)
{
    iac_check check = { .arena = arena };

    if (object_compatible(&check, NULL, block, planned, actual))
        return true;
    *ret_error = check.error;
    return false;
}

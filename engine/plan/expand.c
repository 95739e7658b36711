/* What count and for_each repeat. */
#include "engine/plan/run.h"

#include <inttypes.h>

typedef struct repetition {
    iac_worker *worker;
    iac_place *place;
    const iac_expr *expr;
    bool unknown_fits; /* validation: what comes from outside is not known */
} repetition;

/* An error about the value of the expression. Always false. */
static bool refuse_count(const repetition *r, const char *detail)
{
    iac_diag_error(&r->worker->diags, r->expr->range, "Invalid count argument", "%s", detail);
    return false;
}

/* The same for what is shown in the message. */
static bool refuse(const repetition *r, unsigned show, const char *summary, const char *detail)
{
    iac_diag *diag = iac_diag_error(&r->worker->diags, r->expr->range, summary, "%s", detail);
    iac_eval_explain(&r->place->scope, r->expr, show, diag, r->worker->diags.arena);
    return false;
}

/* ---- count ---- */

static const iac_value *count_value(const repetition *r)
{
    iac_arena *arena = r->worker->scratch;
    size_t errors = r->worker->diags.errors;
    const iac_value *v = iac_eval(&r->place->scope, r->expr, arena, &r->worker->diags);
    iac_str error;
    v = iac_convert(arena, v, &iac_type_number, &error, NULL);
    if (!v)
        refuse(r, 0, "Incorrect value type",
               iac_arena_printf(arena, "Invalid expression value: %.*s.", IAC_FMT(error)).p);
    return r->worker->diags.errors == errors ? v : NULL;
}

/* *ret is -1 when it is not known, and may be so. */
static bool count_of(const repetition *r, int64_t *ret)
{
    const iac_value *v = count_value(r);
    *ret = -1;
    if (!v)
        return false;
    if (v->deep_marks & IAC_EPHEMERAL)
        return refuse_count(r, "The given \"count\" is derived from an ephemeral value, which means that iac cannot "
                               "persist it between plan/apply rounds. Use only non-ephemeral values to specify the "
                               "number of resource instances.");
    if (iac_is_null(v))
        return refuse_count(r, "The given \"count\" argument value is null. An integer is required.");
    if (iac_is_unknown(v))
        return r->unknown_fits ||
               refuse_count(r, "The \"count\" value depends on resource attributes that cannot be determined until "
                               "apply, so iac cannot predict how many instances will be created. To work around this, "
                               "use the -target argument to first apply only the resources that the count depends on.");
    if (!iac_value_to_int(v, ret))
        return refuse_count(
            r,
            iac_arena_printf(r->worker->scratch,
                             "The given \"count\" argument value is unsuitable: value must be a whole number, between "
                             "%" PRId64 " and %" PRId64 ".",
                             INT64_MIN, INT64_MAX)
                .p);
    if (*ret < 0)
        return refuse_count(r, "The given \"count\" argument value is unsuitable: must be greater than or equal to "
                               "zero.");
    if (*ret > INT32_MAX)
        return refuse_count(r, "The given \"count\" argument value is unsuitable: it is too large.");
    return true;
}

/* ---- for_each ---- */

static const char each_summary[] = "Invalid for_each argument", set_summary[] = "Invalid for_each set argument";
static const char unknown_set[] =
    "The \"for_each\" set includes values derived from resource attributes that cannot be determined until apply, and "
    "so "
    "iac cannot determine the full set of keys that will identify the instances of this resource.\n\nWhen working with "
    "unknown values in for_each, it's better to use a map value where the keys are defined statically in your "
    "configuration and where only the values contain apply-time results.\n\nAlternatively, you could use the -target "
    "planning option to first apply only the resources that the for_each value depends on, and then apply a second "
    "time "
    "to fully converge.";
static const char unknown_map[] =
    "The \"for_each\" map includes keys derived from resource attributes that cannot be determined until apply, and so "
    "iac cannot determine the full set of keys that will identify the instances of this resource.\n\nWhen working with "
    "unknown values in for_each, it's better to define the map keys statically in your configuration and place "
    "apply-time results only in the map values.\n\nAlternatively, you could use the -target planning option to first "
    "apply only the resources that the for_each value depends on, and then apply a second time to fully converge.";

/* The type is known, and right; *ret_unknown: an element is not. */
static bool set_fits(const repetition *r, const iac_value *set, bool *ret_unknown)
{
    for (size_t i = 0; i < set->n; i++)
        if (iac_is_unknown(set->items[i]))
            *ret_unknown = true;
    if (set->type->element->kind != IAC_STRING && set->n && !*ret_unknown) {
        iac_str element = iac_type_friendly(r->worker->scratch, set->type->element);
        return refuse(
            r, 0, set_summary,
            iac_arena_printf(r->worker->scratch,
                             "The given \"for_each\" argument value is unsuitable: \"for_each\" supports maps "
                             "and sets of strings, but you have provided a set containing type %.*s.",
                             IAC_FMT(element))
                .p);
    }
    for (size_t i = 0; i < set->n; i++) {
        if (iac_is_null(set->items[i]))
            return refuse(
                r, 0, set_summary,
                "The given \"for_each\" argument value is unsuitable: \"for_each\" sets must not contain null "
                "values.");
    }
    return !*ret_unknown || r->unknown_fits || refuse(r, IAC_EXPLAIN_UNKNOWN, each_summary, unknown_set);
}

static bool marks_fit(const repetition *r, const iac_value *v)
{
    uint8_t marks = v->kind == IAC_SET ? v->deep_marks : v->marks;
    if (marks & IAC_SENSITIVE)
        refuse(r, IAC_EXPLAIN_SENSITIVE, each_summary,
               "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. "
               "If used, the sensitive value could be exposed as a resource instance key.");
    if (marks & IAC_EPHEMERAL)
        refuse(r, IAC_EXPLAIN_EPHEMERAL, each_summary,
               "The given \"for_each\" value is derived from an ephemeral value, which means that iac cannot persist it "
               "between plan/apply rounds. Use only non-ephemeral values to specify a resource's instance keys.");
    return !(marks & (IAC_SENSITIVE | IAC_EPHEMERAL));
}

/* The map, object or set of strings to repeat over; *ret is NULL when it is not known, and may be so. */
static bool for_each_of(const repetition *r, const iac_value **ret)
{
    size_t errors = r->worker->diags.errors;
    const iac_value *v = iac_eval(&r->place->scope, r->expr, r->worker->scratch, &r->worker->diags);
    bool unknown = false;
    *ret = NULL;
    if (r->worker->diags.errors != errors || !marks_fit(r, v))
        return false;
    if (iac_is_null(v))
        return refuse(r, 0, each_summary,
                      "The given \"for_each\" argument value is unsuitable: the given \"for_each\" argument value is "
                      "null. A map, or set of strings is allowed.");
    if (v->kind != IAC_SET && v->kind != IAC_MAP && v->kind != IAC_OBJECT && v->kind != IAC_DYNAMIC) {
        iac_str type = iac_type_friendly(r->worker->scratch, iac_value_type(r->worker->scratch, v));
        return refuse(r, 0, each_summary,
                      iac_arena_printf(r->worker->scratch,
                                       "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument "
                                       "must be a map, or set of strings, and you have provided a value of type %.*s.",
                                       IAC_FMT(type))
                          .p);
    }
    if (iac_is_unknown(v))
        return r->unknown_fits ||
               refuse(r, IAC_EXPLAIN_UNKNOWN, each_summary, v->kind == IAC_SET ? unknown_set : unknown_map);
    if (v->kind == IAC_SET && !set_fits(r, v, &unknown))
        return false;
    if (!unknown)
        *ret = v;
    return true;
}

/* ---- enabled ---- */

/* *ret is as if it were, where that is not known and may be so. */
static bool enabled_of(const repetition *r, bool *ret)
{
    static const char summary[] = "Invalid enabled argument";
    iac_arena *arena = r->worker->scratch;
    size_t errors = r->worker->diags.errors;
    const iac_value *v = iac_eval(&r->place->scope, r->expr, arena, &r->worker->diags);
    iac_str error;
    *ret = true;
    if (r->worker->diags.errors != errors)
        return false;
    v = iac_convert(arena, v, &iac_type_bool, &error, NULL);
    if (!v)
        return refuse(r, 0, summary,
                      iac_arena_printf(arena, "The given \"lifecycle.enabled\" argument value is unsuitable: %.*s.",
                                       IAC_FMT(error))
                          .p);
    if (v->deep_marks & IAC_SENSITIVE)
        return refuse(r, IAC_EXPLAIN_SENSITIVE, summary,
                      "The given \"lifecycle.enabled\" argument value is derived from a sensitive value, which would "
                      "be disclosed by whether the object is declared or not.");
    if (v->deep_marks & IAC_EPHEMERAL)
        return refuse(r, IAC_EXPLAIN_EPHEMERAL, summary,
                      "The given \"lifecycle.enabled\" argument value is derived from an ephemeral value, which means "
                      "that iac cannot persist it between plan/apply rounds.");
    if (iac_is_null(v))
        return refuse(r, 0, summary,
                      "The given \"lifecycle.enabled\" argument value is unsuitable: it is null. A bool is required.");
    if (iac_is_unknown(v))
        return r->unknown_fits ||
               refuse(r, IAC_EXPLAIN_UNKNOWN, summary,
                      "The given \"lifecycle.enabled\" argument value is derived from a value that won't be known until "
                      "the apply phase, so iac cannot determine whether an object is declared or not.");
    *ret = v->boolean;
    return true;
}

static const iac_expr *given(iac_repeated by)
{
    return by.count ? by.count : by.for_each ? by.for_each : by.enabled;
}

void iac_validate_repetition(iac_worker *worker, iac_place *place, iac_repeated by)
{
    repetition r = { worker, place, given(by), true };
    int64_t n;
    const iac_value *each;
    bool enabled;
    if (by.count)
        (void)count_of(&r, &n);
    else if (by.for_each)
        (void)for_each_of(&r, &each);
    else if (by.enabled)
        (void)enabled_of(&r, &enabled);
}

static bool expand_count(const repetition *r, iac_expansion *expansion)
{
    int64_t n;
    expansion->repetition = IAC_BY_COUNT;
    if (!count_of(r, &n))
        return false;
    expansion->n = (uint32_t)n;
    expansion->v = iac_arena_array(r->worker->keep, iac_resource_instance, expansion->n);
    for (uint32_t i = 0; i < expansion->n; i++)
        expansion->v[i].key = (iac_key){ .kind = IAC_KEY_INT, .index = i };
    return true;
}

static bool expand_for_each(const repetition *r, iac_expansion *expansion)
{
    const iac_value *v;
    expansion->repetition = IAC_BY_FOR_EACH;
    if (!for_each_of(r, &v))
        return false;
    v = iac_value_copy(r->worker->keep, v);
    expansion->n = (uint32_t)v->n;
    expansion->v = iac_arena_array(r->worker->keep, iac_resource_instance, expansion->n);
    for (uint32_t i = 0; i < expansion->n; i++) {
        expansion->v[i].each_value = v->items[i];
        expansion->v[i].key =
            (iac_key){ .kind = IAC_KEY_STRING, .name = v->kind == IAC_SET ? v->items[i]->string : v->keys[i] };
    }
    return true;
}

bool iac_expand(iac_worker *worker, iac_place *place, iac_repeated by, iac_expansion *expansion)
{
    repetition r = { worker, place, given(by), false };
    bool enabled = true;
    if (by.count ? !expand_count(&r, expansion) : by.for_each && !expand_for_each(&r, expansion))
        return false;
    if (!by.count && !by.for_each) {
        if (by.enabled && !enabled_of(&r, &enabled))
            return false;
        expansion->repetition = IAC_SINGLE;
        expansion->n = enabled ? 1 : 0;
        expansion->v = iac_arena_array(worker->keep, iac_resource_instance, 1);
    }
    expansion->done = true;
    return true;
}

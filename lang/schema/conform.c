/* lang/schema/conform.c - whether a value is of a schema's type. */
#include "lang/schema/check.h"

static bool conforms(iac_check *check, const iac_at *at, const iac_value *v, const iac_type *type);

static const char *wanted(iac_check *check, const iac_type *type)
{
    static const char *const primitive[] = {
        [IAC_STRING] = "a string", [IAC_NUMBER] = "a number", [IAC_BOOL] = "a bool"
    };

    if (iac_type_is_primitive(type))
        return primitive[type->kind];
    iac_str name = iac_type_friendly(check->arena, type);
    return iac_arena_printf(check->arena, type->kind == IAC_OBJECT ? "an %.*s" : "a %.*s", IAC_FMT(name)).p;
}

static bool wrong(iac_check *check, const iac_at *at, const iac_type *type)
{
    return iac_check_fail(check, at, "%s is required", wanted(check, type));
}

/* Whether a type, of a null, an unknown or a collection's elements, is one that the schema's type allows. */
static bool type_fits(const iac_type *have, const iac_type *want)
{
    if (want->kind == IAC_DYNAMIC || have == want)
        return true;
    if (have->kind != want->kind)
        return false;
    if (iac_type_is_collection(want))
        return type_fits(have->element, want->element);
    if (have->n != want->n)
        return false;
    for (size_t i = 0; i < want->n; i++)
        if ((want->kind == IAC_OBJECT && !iac_str_eq(have->names[i], want->names[i])) ||
            !type_fits(have->items[i], want->items[i]))
            return false;
    return true;
}

static bool object_conforms(iac_check *check, const iac_at *at, const iac_value *v, const iac_type *type)
{
    size_t i = 0;

    for (size_t j = 0; j < type->n; j++, i++) {
        iac_at here = IAC_AT_ATTR(at, type->names[j]);
        if (i >= v->n || iac_str_cmp(v->keys[i], type->names[j]) > 0)
            return iac_check_fail(check, at, "attribute \"%.*s\" is required", IAC_FMT(type->names[j]));
        if (!iac_str_eq(v->keys[i], type->names[j]))
            break;
        if (!conforms(check, &here, v->items[i], type->items[j]))
            return false;
    }
    if (i < v->n)
        return iac_check_fail(check, at, "unsupported attribute \"%.*s\"", IAC_FMT(v->keys[i]));
    return true;
}

static bool conforms(iac_check *check, const iac_at *at, const iac_value *v, const iac_type *type)
{
    if (type->kind == IAC_DYNAMIC)
        return true;
    if (v->state != IAC_KNOWN || iac_type_is_collection(type)) {
        /* An unknown of no type may still become what is asked for. */
        bool open = v->state == IAC_UNKNOWN && v->kind == IAC_DYNAMIC;
        return open || (v->type && type_fits(v->type, type)) || wrong(check, at, type);
    }
    if (v->kind != type->kind)
        return wrong(check, at, type);
    if (type->kind == IAC_OBJECT)
        return object_conforms(check, at, v, type);
    if (type->kind == IAC_TUPLE) {
        if (v->n != type->n)
            return wrong(check, at, type);
        for (size_t i = 0; i < v->n; i++) {
            iac_at here = iac_at_element(at, v, i);
            if (!conforms(check, &here, v->items[i], type->items[i]))
                return false;
        }
    }
    return true;
}

bool iac_schema_conforms(iac_arena *arena, const iac_block_schema *block, const iac_value *v, iac_str *ret_error)
{
    iac_check check = { .arena = arena };

    if (conforms(&check, NULL, v, block->type))
        return true;
    *ret_error = check.error;
    return false;
}

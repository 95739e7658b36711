/* Conversions between types, and functions on marks. */
#include "lang/func/func_internal.h"
#include "lang/value/secrets.h"

#include <string.h>

static iac_str constraint_name(const iac_type *want)
{
    switch (want->kind) {
    case IAC_LIST:
        return IAC_STR("list of any single type");
    case IAC_SET:
        return IAC_STR("set of any single type");
    case IAC_MAP:
        return IAC_STR("map of any single type");
    case IAC_STRING:
        return IAC_STR("string");
    case IAC_NUMBER:
        return IAC_STR("number");
    default:
        return IAC_STR("bool");
    }
}

static void *cannot_convert(iac_call *call, const iac_type *want, const char *which)
{
    iac_str have = iac_call_type_name(call, call->args[0]), name = constraint_name(want);
    return iac_call_fail(call, 0, "cannot convert %s%.*s to %.*s", which, IAC_FMT(have), IAC_FMT(name));
}

static const iac_type *check(iac_call *call, const iac_type *want)
{
    if (!iac_type_convertible(iac_value_type(call->arena, call->args[0]), want, true))
        return cannot_convert(call, want, "");
    return want;
}

const iac_type *iac_type_tobool(iac_call *call)
{
    return check(call, &iac_type_bool);
}

const iac_type *iac_type_tonumber(iac_call *call)
{
    return check(call, &iac_type_number);
}

const iac_type *iac_type_tostring(iac_call *call)
{
    return check(call, &iac_type_string);
}

const iac_type *iac_type_tolist(iac_call *call)
{
    return check(call, &iac_simple_lists[IAC_DYNAMIC]);
}

const iac_type *iac_type_toset(iac_call *call)
{
    return check(call, &iac_simple_sets[IAC_DYNAMIC]);
}

const iac_type *iac_type_tomap(iac_call *call)
{
    return check(call, &iac_simple_maps[IAC_DYNAMIC]);
}

const iac_value *iac_fn_convert(iac_call *call)
{
    const iac_value *v = call->args[0];
    iac_str error;
    const iac_value *result = iac_convert(call->arena, v, call->type, &error, NULL);
    if (result)
        return result;
    if (v->deep_marks & IAC_SENSITIVE)
        return cannot_convert(call, call->type, "this sensitive ");
    if (v->kind != IAC_STRING || (call->type->kind != IAC_BOOL && call->type->kind != IAC_NUMBER))
        return cannot_convert(call, call->type, "");
    iac_buf quoted;
    iac_buf_init(&quoted, IAC_BUF_UNLIMITED);
    iac_quote(&quoted, v->string);
    if (call->type->kind == IAC_BOOL)
        iac_call_fail(call, 0, "cannot convert %s to bool; only the strings \"true\" or \"false\" are allowed",
                      quoted.p);
    else
        iac_call_fail(call, 0, "cannot convert %s to number; given string must be a decimal representation of a number",
                      quoted.p);
    iac_buf_clear(&quoted);
    return NULL;
}

/* ---- marks ---- */

static const iac_value *without(iac_arena *arena, const iac_value *v, uint8_t mark)
{
    uint8_t rest = v->marks & (uint8_t)~mark;
    return iac_value_mark(arena, iac_value_unmark(arena, v), rest);
}

const iac_value *iac_fn_sensitive(iac_call *call)
{
    return iac_value_note_secrets(iac_value_mark(call->arena, call->args[0], IAC_SENSITIVE));
}

const iac_value *iac_fn_nonsensitive(iac_call *call)
{
    if (call->args[0]->marks & IAC_SENSITIVE)
        iac_value_release_secrets(call->args[0]);
    return without(call->arena, call->args[0], IAC_SENSITIVE);
}

const iac_value *iac_fn_issensitive(iac_call *call)
{
    const iac_value *v = call->args[0];
    if (v->marks & IAC_SENSITIVE)
        return &iac_true;
    return iac_is_unknown(v) ? iac_call_unknown(call) : &iac_false;
}

static const iac_value *null_if_ephemeral(void *arg, iac_path path, const iac_value *v)
{
    iac_arena *arena = arg;
    (void)path;
    if (!(v->marks & IAC_EPHEMERAL))
        return v;
    uint8_t rest = v->marks & (uint8_t)~IAC_EPHEMERAL;
    return iac_value_mark(arena, iac_value_null(arena, iac_value_type(arena, v)), rest);
}

const iac_value *iac_fn_ephemeralasnull(iac_call *call)
{
    if (!(call->args[0]->deep_marks & IAC_EPHEMERAL))
        return call->args[0];
    return iac_value_transform(call->arena, call->args[0], null_if_ephemeral, call->arena);
}

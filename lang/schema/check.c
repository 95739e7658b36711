#include "lang/schema/check.h"

#include "lang/value/json.h"

iac_at iac_at_element(const iac_at *up, const iac_value *collection, size_t i)
{
    iac_at at = { .up = up };

    switch ((iac_kind)collection->kind) {
    case IAC_MAP:
        at.step = (iac_step){ .kind = IAC_STEP_KEY, .name = collection->keys[i] };
        break;
    case IAC_OBJECT:
        at.step = (iac_step){ .kind = IAC_STEP_ATTR, .name = collection->keys[i] };
        break;
    case IAC_SET:
        at.step = (iac_step){ .kind = IAC_STEP_ELEMENT, .value = collection->items[i] };
        break;
    default:
        at.step = (iac_step){ .kind = IAC_STEP_INDEX, .index = (int64_t)i };
        break;
    }
    return at;
}

bool iac_check_fail(iac_check *check, const iac_at *at, const char *format, ...)
{
    if (check->error.n)
        return false;

    size_t depth = 0;
    for (const iac_at *up = at; up; up = up->up)
        depth++;
    iac_step *steps = iac_arena_array(check->arena, iac_step, depth);
    size_t i = depth;
    for (const iac_at *up = at; up; up = up->up)
        steps[--i] = up->step;

    va_list args;
    va_start(args, format);
    iac_str message = iac_arena_vprintf(check->arena, format, args);
    va_end(args);
    iac_str path = iac_path_text(check->arena, (iac_path){ steps, depth });
    check->error = iac_arena_printf(check->arena, "%.*s: %.*s", IAC_FMT(path), IAC_FMT(message));
    return false;
}

static void debug_type(iac_buf *out, const iac_type *type)
{
    switch (type->kind) {
    case IAC_DYNAMIC:
        iac_buf_cstr(out, "cty.DynamicPseudoType");
        break;
    case IAC_STRING:
        iac_buf_cstr(out, "cty.String");
        break;
    case IAC_NUMBER:
        iac_buf_cstr(out, "cty.Number");
        break;
    case IAC_BOOL:
        iac_buf_cstr(out, "cty.Bool");
        break;
    case IAC_LIST:
    case IAC_SET:
    case IAC_MAP:
        iac_buf_cstr(out, type->kind == IAC_LIST ? "cty.List(" : type->kind == IAC_SET ? "cty.Set(" : "cty.Map(");
        debug_type(out, type->element);
        iac_buf_char(out, ')');
        break;
    case IAC_TUPLE:
        iac_buf_cstr(out, "cty.Tuple([]cty.Type{");
        for (size_t i = 0; i < type->n; i++) {
            iac_buf_cstr(out, i ? ", " : "");
            debug_type(out, type->items[i]);
        }
        iac_buf_cstr(out, "})");
        break;
    case IAC_OBJECT:
        iac_buf_cstr(out, type->n ? "cty.Object(map[string]cty.Type{" : "cty.EmptyObject");
        for (size_t i = 0; i < type->n; i++) {
            iac_buf_cstr(out, i ? ", " : "");
            iac_json_string(out, type->names[i], false);
            iac_buf_char(out, ':');
            debug_type(out, type->items[i]);
        }
        iac_buf_cstr(out, type->n ? "})" : "");
        break;
    }
}

static void debug_value(iac_arena *arena, iac_buf *out, const iac_value *v);

static void debug_items(iac_arena *arena, iac_buf *out, const iac_value *v)
{
    static const char *const open[] = {
        [IAC_LIST] = "cty.ListVal([]cty.Value{",         [IAC_SET] = "cty.SetVal([]cty.Value{",
        [IAC_MAP] = "cty.MapVal(map[string]cty.Value{",  [IAC_TUPLE] = "cty.TupleVal([]cty.Value{",
        [IAC_OBJECT] = "cty.ObjectVal(map[string]cty.Value{",
    };
    bool keyed = v->kind == IAC_MAP || v->kind == IAC_OBJECT;

    if (v->n == 0 && v->kind == IAC_OBJECT) {
        iac_buf_cstr(out, "cty.EmptyObjectVal");
        return;
    }
    if (v->n == 0 && v->kind == IAC_TUPLE) {
        iac_buf_cstr(out, "cty.EmptyTupleVal");
        return;
    }
    if (v->n == 0) {
        iac_buf_cstr(out, v->kind == IAC_LIST  ? "cty.ListValEmpty("
                          : v->kind == IAC_SET ? "cty.SetValEmpty("
                                               : "cty.MapValEmpty(");
        debug_type(out, v->type->element);
        iac_buf_char(out, ')');
        return;
    }
    iac_buf_cstr(out, open[v->kind]);
    for (size_t i = 0; i < v->n; i++) {
        iac_buf_cstr(out, i ? ", " : "");
        if (keyed) {
            iac_json_string(out, v->keys[i], false);
            iac_buf_char(out, ':');
        }
        debug_value(arena, out, v->items[i]);
    }
    iac_buf_cstr(out, "})");
}

static void debug_value(iac_arena *arena, iac_buf *out, const iac_value *v)
{
    if (v->state != IAC_KNOWN) {
        iac_buf_cstr(out, iac_is_null(v) ? "cty.NullVal(" : "cty.UnknownVal(");
        debug_type(out, v->type);
        iac_buf_char(out, ')');
        return;
    }
    switch ((iac_kind)v->kind) {
    case IAC_STRING:
        iac_buf_cstr(out, "cty.StringVal(");
        iac_json_string(out, v->string, false);
        iac_buf_char(out, ')');
        break;
    case IAC_NUMBER: {
        iac_str number = iac_number_text(arena, v);
        iac_buf_printf(out, iac_str_find_char(number, '.', 0) == SIZE_MAX ? "cty.NumberIntVal(%.*s)"
                                                                          : "cty.NumberFloatVal(%.*s)",
                       IAC_FMT(number));
        break;
    }
    case IAC_BOOL:
        iac_buf_cstr(out, v->boolean ? "cty.True" : "cty.False");
        break;
    case IAC_DYNAMIC:
        iac_buf_cstr(out, "cty.DynamicVal");
        break;
    default:
        debug_items(arena, out, v);
        break;
    }
}

iac_str iac_value_debug(iac_arena *arena, const iac_value *v)
{
    iac_buf out;

    iac_buf_init(&out, 4096); /* enough to recognise the value by */
    debug_value(arena, &out, v);
    iac_str shown = iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    return shown;
}

static bool has_partner(const iac_value *v, const iac_value *const *others, size_t n, bool v_is_planned,
                        bool (*fits)(void *arg, const iac_value *planned, const iac_value *other), void *arg)
{
    for (size_t i = 0; i < n; i++)
        if (v_is_planned ? fits(arg, v, others[i]) : fits(arg, others[i], v))
            return true;
    return false;
}

bool iac_sets_correspond(iac_check *check, const iac_at *at, const iac_value *planned, const iac_value *other,
                         bool (*fits)(void *arg, const iac_value *planned, const iac_value *other), void *arg)
{
    /* Only what is not simply in both needs to be compared one by one. */
    const iac_value **left = iac_arena_array(check->arena, const iac_value *, planned->n);
    const iac_value **right = iac_arena_array(check->arena, const iac_value *, other->n);
    size_t left_n = 0, right_n = 0;

    for (size_t i = 0; i < planned->n; i++)
        if (!iac_value_set_has(other, planned->items[i]))
            left[left_n++] = planned->items[i];
    for (size_t i = 0; i < other->n; i++)
        if (!iac_value_set_has(planned, other->items[i]))
            right[right_n++] = other->items[i];

    for (size_t i = 0; i < left_n; i++) {
        if (!has_partner(left[i], right, right_n, true, fits, arg) &&
            !has_partner(left[i], other->items, other->n, true, fits, arg)) {
            iac_str shown = iac_value_debug(check->arena, left[i]);
            return iac_check_fail(check, at, "planned set element %.*s does not correlate with any element in actual",
                                  IAC_FMT(shown));
        }
    }
    for (size_t i = 0; i < right_n; i++) {
        if (!has_partner(right[i], left, left_n, false, fits, arg) &&
            !has_partner(right[i], planned->items, planned->n, false, fits, arg)) {
            iac_str shown = iac_value_debug(check->arena, right[i]);
            return iac_check_fail(check, at, "actual set element %.*s does not correlate with any element in plan",
                                  IAC_FMT(shown));
        }
    }
    return true;
}

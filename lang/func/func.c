#include "lang/func/func.h"
#include "lang/func/func_internal.h"

#include <stdlib.h>
#include <string.h>

/* Functions of long ago, kept out of the table: calling one tells what to write instead. */
static const iac_type *removed(iac_call *call)
{
    bool list = strcmp(call->func->name, "list") == 0;
    return iac_call_fail(call, IAC_FUNC_NO_ARG,
                         "the \"%s\" function was deprecated in Terraform v0.12 and is no longer available; use %s "
                         "syntax to write a literal %s",
                         call->func->name, list ? "tolist([ ... ])" : "tomap({ ... })", call->func->name);
}

static const iac_value *no_body(iac_call *call)
{
    return iac_call_unknown(call);
}

#define ANY_NUMBER_OF(name_)                                                                                           \
    (const iac_param[])                                                                                                \
    {                                                                                                                  \
        {                                                                                                              \
            .name = name_, .type = &iac_type_dynamic, .allow_null = true, .allow_unknown = true,                       \
            .allow_dynamic = true, .allow_marked = true                                                                \
        }                                                                                                              \
    }

static const iac_func removed_functions[] = {
    { .name = "list", .variadic = ANY_NUMBER_OF("vals"), .return_type = removed, .body = no_body },
    { .name = "map", .variadic = ANY_NUMBER_OF("vals"), .return_type = removed, .body = no_body },
};

const iac_func *iac_func_find(iac_str name)
{
    if (iac_str_starts(name, IAC_STR("core::")))
        name = iac_str_sub(name, 6, name.n);
    for (size_t i = 0; i < IAC_COUNT(removed_functions); i++)
        if (iac_str_is(name, removed_functions[i].name))
            return &removed_functions[i];
    size_t low = 0, high = iac_func_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = iac_str_cmp(iac_str_of(iac_func_table[middle].name), name);
        if (c == 0)
            return &iac_func_table[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const iac_func *iac_func_all(size_t *ret_count)
{
    *ret_count = iac_func_count;
    return iac_func_table;
}

const iac_param *iac_func_param(const iac_func *func, size_t i)
{
    return i < func->param_count ? &func->params[i] : func->variadic;
}

iac_str iac_func_signature(iac_arena *arena, const iac_func *func)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_buf_printf(&buf, "%s(", func->name);
    for (size_t i = 0; i < func->param_count; i++)
        iac_buf_printf(&buf, "%s%s", i ? ", " : "", func->params[i].name);
    if (func->variadic)
        iac_buf_printf(&buf, "%s%s...", func->param_count ? ", " : "", func->variadic->name);
    iac_buf_char(&buf, ')');
    iac_str text = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

static void param_json(iac_buf *out, const iac_param *param)
{
    iac_buf_printf(out, "{\"name\":\"%s\",\"type\":", param->name);
    iac_type_to_json(out, param->type);
    iac_buf_char(out, '}');
}

const iac_type *iac_func_usual_result(iac_arena *arena, const iac_func *func)
{
    size_t n = func->param_count + (func->variadic != NULL);
    const iac_value **args = iac_arena_array(arena, const iac_value *, n);
    iac_func_error error = { .arg = IAC_FUNC_NO_ARG };
    for (size_t i = 0; i < n; i++)
        if (iac_func_param(func, i)->type->kind == IAC_DYNAMIC && !iac_func_param(func, i)->allow_dynamic)
            return &iac_type_dynamic;
    if (func->returns)
        return func->returns;
    for (size_t i = 0; i < n; i++)
        args[i] = iac_value_unknown(arena, iac_func_param(func, i)->type);
    const iac_value *v = func->body ? iac_func_call(arena, func, args, n, NULL, &error) : NULL;
    return v ? iac_value_type(arena, v) : &iac_type_dynamic;
}

iac_str iac_func_signature_json(iac_arena *arena, const iac_func *func)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_buf_printf(&buf, "{\"name\":\"%s\",\"params\":[", func->name);
    for (size_t i = 0; i < func->param_count; i++) {
        iac_buf_cstr(&buf, i ? "," : "");
        param_json(&buf, &func->params[i]);
    }
    iac_buf_char(&buf, ']');
    if (func->variadic) {
        iac_buf_cstr(&buf, ",\"variadic_param\":");
        param_json(&buf, func->variadic);
    }
    iac_buf_cstr(&buf, ",\"return_type\":");
    iac_type_to_json(&buf, iac_func_usual_result(arena, func));
    iac_buf_char(&buf, '}');
    iac_str text = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

void *iac_call_fail(iac_call *call, size_t arg, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    call->error->text = iac_arena_vprintf(call->arena, format, args);
    call->error->arg = arg;
    va_end(args);
    return NULL;
}

const iac_value *iac_call_unknown(iac_call *call)
{
    const iac_value *v = iac_value_unknown(call->arena, call->type);
    return call->func->nullable ? v : iac_value_not_null(call->arena, v);
}

iac_str iac_call_quote(iac_call *call, iac_str s)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_quote(&buf, s);
    iac_str quoted = iac_arena_str(call->arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return quoted;
}

bool iac_arg_int(iac_call *call, size_t i, int64_t *ret)
{
    if (iac_value_to_int(call->args[i], ret))
        return true;
    iac_call_fail(call, IAC_FUNC_NO_ARG,
                  "value must be a whole number, between -9223372036854775808 and 9223372036854775807");
    return false;
}

const iac_value *iac_buf_to_value(iac_arena *arena, iac_buf *buf)
{
    const iac_value *v = iac_value_string(arena, iac_buf_view(buf));
    iac_buf_clear(buf);
    return v;
}

iac_str iac_call_type_name(iac_call *call, const iac_value *v)
{
    return iac_type_friendly(call->arena, iac_value_type(call->arena, v));
}

/* What the arguments together are. */
struct arguments {
    uint8_t marks; /* of those whose marks the body does not see */
    bool unknown;  /* one is, and its body must not see it */
    bool open;     /* one is of a type not known yet, and the type rule must not see it */
};

/* Converts all arguments, before any is looked at. */
static bool convert_all(iac_call *call, const iac_value **args)
{
    for (size_t i = 0; i < call->n; i++) {
        iac_str error;
        const iac_value *v = iac_convert(call->arena, args[i], iac_func_param(call->func, i)->type, &error, NULL);
        if (!v) {
            iac_call_fail(call, i, "%.*s", IAC_FMT(error));
            return false;
        }
        args[i] = v;
    }
    return true;
}

/* Takes away from argument i what the body does not want to see. */
static bool prepare(iac_call *call, size_t i, const iac_value **args, struct arguments *ret)
{
    const iac_param *param = iac_func_param(call->func, i);
    const iac_value *v = args[i];
    if (!param->allow_marked && v->deep_marks) {
        ret->marks |= v->deep_marks;
        v = iac_value_unmark_deep(call->arena, v);
    }
    if (iac_is_null(v) && !param->allow_null) {
        iac_call_fail(call, i, "argument must not be null");
        return false;
    }
    if (iac_is_unknown(v)) {
        ret->open |= v->kind == IAC_DYNAMIC && !param->allow_dynamic;
        ret->unknown |= !param->allow_unknown;
    }
    args[i] = v;
    return true;
}

/* Text with each `what` in it replaced. */
static iac_str without(iac_arena *arena, iac_str text, iac_str what)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t at = 0; at < text.n;) {
        size_t found = iac_str_find(text, what, at);
        iac_buf_str(&buf, iac_str_sub(text, at, found == SIZE_MAX ? text.n : found));
        if (found == SIZE_MAX)
            break;
        iac_buf_cstr(&buf, "(sensitive value)");
        at = found + what.n;
    }
    iac_str result = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return result;
}

/* What is secret among the arguments is not told in a message, whether quoted or not. */
static iac_str without_secrets(iac_call *call, const iac_value *const *args, iac_str text)
{
    enum { RECOGNIZABLE = 4 }; /* shorter ones would be found in other words */
    for (size_t i = 0; i < call->n; i++) {
        iac_str error;
        if (!(args[i]->deep_marks & IAC_SENSITIVE))
            continue;
        const iac_value *v = iac_convert(call->arena, args[i], &iac_type_string, &error, NULL);
        if (!v || v->state != IAC_KNOWN || v->string.n == 0)
            continue;
        text = without(call->arena, text, iac_call_quote(call, v->string));
        if (v->string.n >= RECOGNIZABLE)
            text = without(call->arena, text, v->string);
    }
    return text;
}

const iac_value *iac_func_call(iac_arena *arena, const iac_func *func, const iac_value *const *args, size_t n,
                               const iac_func_context *context, iac_func_error *ret_error)
{
    static const iac_func_context no_context;
    iac_func_error error = { { "", 0 }, IAC_FUNC_NO_ARG };
    const iac_value **own = iac_arena_array(arena, const iac_value *, n);
    iac_call call = {
        .arena = arena, .func = func, .context = context ? context : &no_context, .args = own, .n = n, .error = &error
    };
    struct arguments seen = { 0 };
    const iac_value *result = NULL;
    for (size_t i = 0; i < n; i++)
        own[i] = args[i];
    if (!convert_all(&call, own))
        goto out;
    for (size_t i = 0; i < n; i++)
        if (!prepare(&call, i, own, &seen))
            goto out;
    call.type = seen.open ? &iac_type_dynamic : func->returns ? func->returns : func->return_type(&call);
    if (!call.type)
        goto out;
    result = seen.unknown || seen.open ? iac_call_unknown(&call) : func->body(&call);
    if (func->body == iac_fn_convert) /* also where it was not asked: other bodies see marks only when they are */
        seen.marks |= args[0]->marks;
    if (result)
        result = iac_value_mark(arena, result, seen.marks);
out:
    if (!result) {
        error.text = without_secrets(&call, args, error.text);
        *ret_error = error;
    }
    return result;
}

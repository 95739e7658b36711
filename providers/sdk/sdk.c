#include "providers/sdk/sdk.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

const iacp_host *sdk_host;

void sdk_init(const iacp_host *host)
{
    sdk_host = host;
}

void *sdk_alloc(iacp_call *call, size_t size)
{
    return sdk_host->alloc(call, size);
}

static char *format_text(iacp_call *call, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0)
        return sdk_alloc(call, 1);
    char *text = sdk_alloc(call, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, args);
    return text;
}

char *sdk_printf(iacp_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(call, format, args);
    va_end(args);
    return text;
}

char *sdk_strndup(iacp_call *call, const char *s, size_t n)
{
    char *copy = sdk_alloc(call, n + 1);
    if (n)
        memcpy(copy, s, n);
    return copy;
}

iacp_bytes sdk_bytes(iacp_call *call, const void *p, size_t n)
{
    return (iacp_bytes){ sdk_strndup(call, p, n), n };
}

static void diagnose(iacp_call *call, uint32_t severity, const char *path, const char *summary, const char *detail)
{
    sdk_host->diagnostic(call, &(iacp_diagnostic){
                                   .size = sizeof(iacp_diagnostic),
                                   .severity = severity,
                                   .summary = summary,
                                   .detail = detail,
                                   .path = path,
                               });
}

int32_t sdk_error(iacp_call *call, const char *path, const char *summary, const char *detail_format, ...)
{
    const char *detail = NULL;
    if (detail_format) {
        va_list args;
        va_start(args, detail_format);
        detail = format_text(call, detail_format, args);
        va_end(args);
    }
    diagnose(call, IACP_SEVERITY_ERROR, path, summary, detail);
    return IACP_ERROR;
}

void sdk_warning(iacp_call *call, const char *path, const char *summary, const char *detail_format, ...)
{
    const char *detail = NULL;
    if (detail_format) {
        va_list args;
        va_start(args, detail_format);
        detail = format_text(call, detail_format, args);
        va_end(args);
    }
    diagnose(call, IACP_SEVERITY_WARNING, path, summary, detail);
}

void sdk_log(iacp_call *call, uint32_t level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sdk_host->log(call, level, format_text(call, format, args));
    va_end(args);
}

/* ---- reading ---- */

bool sdk_is_null(sdk_val v)
{
    return !v || sdk_host->state(v) == IACP_NULL;
}

bool sdk_is_unknown(sdk_val v)
{
    return v && sdk_host->state(v) == IACP_UNKNOWN;
}

bool sdk_is_set(sdk_val v)
{
    return v && sdk_host->state(v) == IACP_KNOWN;
}

sdk_val sdk_get(sdk_val object, const char *name)
{
    return object ? sdk_host->get(object, name) : NULL;
}

/* The index that a step names, or SIZE_MAX when it is no index. */
static size_t step_index(const char *step)
{
    size_t index = 0;
    if (!*step)
        return SIZE_MAX;
    for (; *step; step++) {
        if (*step < '0' || *step > '9' || index > INT_MAX / 10)
            return SIZE_MAX;
        index = index * 10 + (size_t)(*step - '0');
    }
    return index;
}

sdk_val sdk_at(sdk_val v, const char *path)
{
    char step[256];

    while (v && *path) {
        size_t n = strcspn(path, ".");
        if (n >= sizeof(step))
            return NULL;
        memcpy(step, path, n);
        step[n] = '\0';
        uint32_t kind = sdk_host->kind(v);
        if (kind == IACP_LIST || kind == IACP_TUPLE || kind == IACP_SET) {
            size_t index = step_index(step);
            v = index < sdk_host->length(v) ? sdk_host->element(v, index) : NULL;
        } else {
            v = sdk_host->get(v, step);
        }
        path += n + (path[n] == '.');
    }
    return v;
}

iac_str sdk_str(sdk_val v)
{
    if (!sdk_is_set(v) || sdk_host->kind(v) != IACP_STRING)
        return (iac_str){ "", 0 };
    size_t n = 0;
    const char *p = sdk_host->string(v, &n);
    return (iac_str){ p, n };
}

const char *sdk_cstr(sdk_val v, const char *otherwise)
{
    return sdk_is_set(v) && sdk_host->kind(v) == IACP_STRING ? sdk_host->string(v, NULL) : otherwise;
}

bool sdk_bool(sdk_val v, bool otherwise)
{
    return sdk_is_set(v) && sdk_host->kind(v) == IACP_BOOL ? sdk_host->boolean(v) != 0 : otherwise;
}

int64_t sdk_int(sdk_val v, int64_t otherwise)
{
    int64_t n = 0;
    return sdk_is_set(v) && sdk_host->kind(v) == IACP_NUMBER && sdk_host->int64(v, &n) ? n : otherwise;
}

/* ---- making ---- */

const iacp_type *sdk_type(const char *json)
{
    return sdk_host->type_parse(json);
}

sdk_val sdk_new_str(iacp_call *call, iac_str s)
{
    return sdk_host->new_string(call, s.p, s.n);
}

sdk_val sdk_new_cstr(iacp_call *call, const char *s)
{
    return s ? sdk_host->new_string(call, s, strlen(s)) : sdk_null(call, "string");
}

sdk_val sdk_null(iacp_call *call, const char *type_json)
{
    return sdk_host->null(call, sdk_type(type_json));
}

sdk_val sdk_unknown(iacp_call *call, const char *type_json)
{
    return sdk_host->unknown(call, sdk_type(type_json));
}

sdk_object sdk_object_from(iacp_call *call, sdk_val base)
{
    return (sdk_object){ call, sdk_is_set(base) ? base : sdk_host->new_object(call, 0, NULL, NULL) };
}

void sdk_set(sdk_object *object, const char *name, sdk_val v)
{
    object->value = sdk_host->with(object->call, object->value, name, v ? v : sdk_null(object->call, "dynamic"));
}

/* The host table: values, types and memory as providers see them. */
#include "engine/host/host_internal.h"
#include "lang/value/convert.h"
#include "lang/value/json.h"

#include <string.h>

#ifndef IAC_VERSION
#define IAC_VERSION "0.0.0"
#endif

static const iac_type *type_in(const iacp_type *t)
{
    return t ? (const iac_type *)(const void *)t : &iac_type_dynamic;
}

static const iacp_type *type_out(const iac_type *t)
{
    return (const iacp_type *)(const void *)t;
}

static bool has_items(const iac_value *v)
{
    return v && v->state == IAC_KNOWN && v->kind >= IAC_LIST;
}

static void *host_alloc(iacp_call *call, size_t size)
{
    return iac_arena_alloc(call->arena, size);
}

/* ---- types ---- */

/* Types by their text, kept as long as the process: providers hold on to them. */
static struct {
    pthread_rwlock_t lock;
    iac_map map;
    iac_arena *arena;
} interned = { .lock = PTHREAD_RWLOCK_INITIALIZER };

static const iac_type *bare_type(iac_str text)
{
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = iac_str_sub(text, 1, text.n - 1);
    if (iac_str_is(text, "string"))
        return &iac_type_string;
    if (iac_str_is(text, "number"))
        return &iac_type_number;
    if (iac_str_is(text, "bool"))
        return &iac_type_bool;
    if (iac_str_is(text, "dynamic"))
        return &iac_type_dynamic;
    return NULL;
}

static const iacp_type *host_type_parse(const char *json)
{
    iac_str text = iac_str_of(json);
    const iac_type *type = bare_type(text);
    if (type)
        return type_out(type);

    pthread_rwlock_rdlock(&interned.lock);
    type = iac_map_get(&interned.map, text);
    pthread_rwlock_unlock(&interned.lock);
    if (type)
        return type_out(type);

    pthread_rwlock_wrlock(&interned.lock);
    type = iac_map_get(&interned.map, text);
    if (!type) {
        if (!interned.arena)
            interned.arena = iac_arena_new();
        type = iac_type_from_json(interned.arena, text);
        if (type)
            iac_map_put(&interned.map, iac_arena_str(interned.arena, text), (void *)(uintptr_t)type);
    }
    pthread_rwlock_unlock(&interned.lock);
    return type_out(type);
}

static const iacp_type *host_type_of(iacp_call *call, const iacp_value *v)
{
    return type_out(v ? iac_value_type(call->arena, iac_value_in(v)) : &iac_type_dynamic);
}

static char *buf_to_arena(iac_arena *arena, iac_buf *buf)
{
    char *text = iac_arena_cstr(arena, iac_buf_view(buf));
    iac_buf_clear(buf);
    return text;
}

static const char *host_type_json(iacp_call *call, const iacp_type *type)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_type_to_json(&buf, type_in(type));
    return buf_to_arena(call->arena, &buf);
}

/* ---- reading ---- */

static uint32_t host_kind(const iacp_value *value)
{
    static const uint8_t kinds[] = {
        [IAC_DYNAMIC] = IACP_DYNAMIC, [IAC_STRING] = IACP_STRING, [IAC_NUMBER] = IACP_NUMBER,
        [IAC_BOOL] = IACP_BOOL,       [IAC_LIST] = IACP_LIST,     [IAC_SET] = IACP_SET,
        [IAC_MAP] = IACP_MAP,         [IAC_TUPLE] = IACP_TUPLE,   [IAC_OBJECT] = IACP_OBJECT,
    };
    const iac_value *v = iac_value_in(value);
    return v ? kinds[v->kind] : IACP_DYNAMIC;
}

static uint32_t host_state(const iacp_value *value)
{
    const iac_value *v = iac_value_in(value);
    if (!v)
        return IACP_NULL;
    return v->state == IAC_KNOWN ? IACP_KNOWN : v->state == IAC_NULL ? IACP_NULL : IACP_UNKNOWN;
}

static int32_t host_wholly_known(const iacp_value *value)
{
    const iac_value *v = iac_value_in(value);
    return !v || iac_is_wholly_known(v);
}

static bool is(const iac_value *v, iac_kind kind)
{
    return v && v->state == IAC_KNOWN && v->kind == kind;
}

static const char *host_string(const iacp_value *value, size_t *ret_len)
{
    const iac_value *v = iac_value_in(value);
    bool ok = is(v, IAC_STRING) && v->string.p;
    if (ret_len)
        *ret_len = ok ? v->string.n : 0;
    return ok ? v->string.p : "";
}

static int32_t host_boolean(const iacp_value *value)
{
    const iac_value *v = iac_value_in(value);
    return is(v, IAC_BOOL) && v->boolean;
}

static int32_t host_int64(const iacp_value *value, int64_t *ret)
{
    const iac_value *v = iac_value_in(value);
    int64_t n;
    if (!is(v, IAC_NUMBER) || !iac_value_to_int(v, &n))
        return 0;
    *ret = n;
    return 1;
}

static double host_float64(const iacp_value *value)
{
    const iac_value *v = iac_value_in(value);
    return is(v, IAC_NUMBER) ? iac_value_to_double(v) : 0;
}

static const char *host_number_text(iacp_call *call, const iacp_value *value)
{
    const iac_value *v = iac_value_in(value);
    return is(v, IAC_NUMBER) ? iac_arena_cstr(call->arena, iac_number_text(call->arena, v)) : "";
}

static size_t host_length(const iacp_value *value)
{
    const iac_value *v = iac_value_in(value);
    return has_items(v) ? v->n : 0;
}

static const iacp_value *host_element(const iacp_value *value, size_t index)
{
    const iac_value *v = iac_value_in(value);
    return has_items(v) && index < v->n ? iac_value_out(v->items[index]) : NULL;
}

static const char *host_key(const iacp_value *value, size_t index, size_t *ret_len)
{
    const iac_value *v = iac_value_in(value);
    bool ok = (is(v, IAC_OBJECT) || is(v, IAC_MAP)) && index < v->n && v->keys[index].p;
    if (ret_len)
        *ret_len = ok ? v->keys[index].n : 0;
    return ok ? v->keys[index].p : "";
}

static const iacp_value *host_get(const iacp_value *value, const char *name)
{
    const iac_value *v = iac_value_in(value);
    return v ? iac_value_out(iac_value_get_cstr(v, name)) : NULL;
}

static int32_t host_equal(const iacp_value *a, const iacp_value *b)
{
    if (!a || !b)
        return host_state(a) == IACP_NULL && host_state(b) == IACP_NULL;
    return iac_value_same(iac_value_in(a), iac_value_in(b));
}

/* ---- making ---- */

static const iacp_value *host_null(iacp_call *call, const iacp_type *type)
{
    return iac_value_out(iac_value_null(call->arena, type_in(type)));
}

static const iacp_value *host_unknown(iacp_call *call, const iacp_type *type)
{
    return iac_value_out(iac_value_unknown(call->arena, type_in(type)));
}

static const iacp_value *host_unknown_not_null(iacp_call *call, const iacp_type *type)
{
    return iac_value_out(iac_value_refined(call->arena, type_in(type), &(iac_refinement){
                                                                           .not_null = true,
                                                                           .length_max = INT64_MAX,
                                                                       }));
}

static const iacp_value *host_new_string(iacp_call *call, const char *text, size_t len)
{
    return iac_value_out(iac_value_string(call->arena, (iac_str){ text, len }));
}

static const iacp_value *host_new_bool(iacp_call *call, int32_t b)
{
    (void)call;
    return iac_value_out(iac_value_bool(b != 0));
}

static const iacp_value *host_new_int64(iacp_call *call, int64_t n)
{
    return iac_value_out(iac_value_int(call->arena, n));
}

static const iacp_value *host_new_float64(iacp_call *call, double n)
{
    return iac_value_out(iac_value_double(call->arena, n));
}

static const iacp_value *host_new_number(iacp_call *call, const char *decimal)
{
    return iac_value_out(iac_value_number_parse(call->arena, iac_str_of(decimal)));
}

static const iac_value *convert(iac_arena *arena, const iac_value *v, const iac_type *type)
{
    iac_str error;
    return v ? iac_convert(arena, v, type, &error, NULL) : iac_value_null(arena, type);
}

/* Items converted to the element type, or to what they have in common where that is dynamic; NULL when impossible. */
static const iac_value **collect(iacp_call *call, const iac_type **element, size_t n, const iacp_value *const *items)
{
    const iac_value **values = iac_arena_array(call->arena, const iac_value *, n);
    bool unify = (*element)->kind == IAC_DYNAMIC;
    for (size_t i = 0; i < n; i++) {
        const iac_value *item = iac_value_in(items[i]);
        values[i] = unify && item ? item : convert(call->arena, item, *element);
        if (!values[i])
            return NULL;
    }
    if (unify && n > 0 && !iac_values_unify(call->arena, values, n, element))
        return NULL;
    return values;
}

static const iacp_value *host_new_list(iacp_call *call, const iacp_type *element, size_t n,
                                       const iacp_value *const *items)
{
    const iac_type *type = type_in(element);
    const iac_value **values = collect(call, &type, n, items);
    return values ? iac_value_out(iac_value_list(call->arena, type, values, n)) : NULL;
}

static const iacp_value *host_new_set(iacp_call *call, const iacp_type *element, size_t n,
                                      const iacp_value *const *items)
{
    const iac_type *type = type_in(element);
    const iac_value **values = collect(call, &type, n, items);
    return values ? iac_value_out(iac_value_set(call->arena, type, values, n)) : NULL;
}

static const iacp_value *host_new_map(iacp_call *call, const iacp_type *element, size_t n, const char *const *keys,
                                      const iacp_value *const *items)
{
    const iac_type *type = type_in(element);
    const iac_value **values = collect(call, &type, n, items);
    if (!values)
        return NULL;
    iac_str *texts = iac_arena_array(call->arena, iac_str, n);
    for (size_t i = 0; i < n; i++) /* keys come from outside: brought to the form that strings have */
        texts[i] = iac_value_string(call->arena, iac_str_of(keys[i]))->string;
    return iac_value_out(iac_value_map(call->arena, type, texts, values, n));
}

/* Items as they are; an absent one is a null. */
static const iac_value **items_in(iacp_call *call, size_t n, const iacp_value *const *items)
{
    const iac_value **values = iac_arena_array(call->arena, const iac_value *, n);
    for (size_t i = 0; i < n; i++)
        values[i] = items[i] ? iac_value_in(items[i]) : &iac_null_dynamic;
    return values;
}

static const iacp_value *host_new_tuple(iacp_call *call, size_t n, const iacp_value *const *items)
{
    return iac_value_out(iac_value_tuple(call->arena, items_in(call, n, items), n));
}

static const iacp_value *host_new_object(iacp_call *call, size_t n, const char *const *names,
                                         const iacp_value *const *items)
{
    if (n == 0)
        return iac_value_out(&iac_empty_object);
    iac_str *texts = iac_arena_array(call->arena, iac_str, n);
    for (size_t i = 0; i < n; i++)
        texts[i] = iac_arena_str(call->arena, iac_str_of(names[i]));
    return iac_value_out(iac_value_object(call->arena, texts, items_in(call, n, items), n));
}

static const iacp_value *host_with(iacp_call *call, const iacp_value *v, const char *name, const iacp_value *item)
{
    const iac_value *object = iac_value_in(v);
    if (!is(object, IAC_OBJECT))
        object = &iac_empty_object;
    return iac_value_out(iac_value_with(call->arena, object, iac_arena_str(call->arena, iac_str_of(name)),
                                        item ? iac_value_in(item) : &iac_null_dynamic));
}

static const iacp_value *host_convert(iacp_call *call, const iacp_value *v, const iacp_type *type)
{
    return iac_value_out(convert(call->arena, iac_value_in(v), type_in(type)));
}

static const iacp_value *host_from_json(iacp_call *call, const char *text, size_t len, const iacp_type *type)
{
    iac_str error, json = { text, len };
    size_t offset;
    const iac_value *v = type ? iac_value_from_typed_json(call->arena, json, type_in(type), &error)
                              : iac_value_from_json(call->arena, json, &error, &offset);
    return iac_value_out(v);
}

static const char *host_to_json(iacp_call *call, const iacp_value *value, size_t *ret_len)
{
    const iac_value *v = value ? iac_value_in(value) : &iac_null_dynamic;
    if (!iac_is_wholly_known(v))
        return NULL;
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_to_json(&buf, v);
    if (ret_len)
        *ret_len = buf.n;
    return buf_to_arena(call->arena, &buf);
}

const iacp_host iac_host_table = {
    .size = sizeof(iacp_host),
    .abi_major = IACP_ABI_MAJOR,
    .abi_minor = IACP_ABI_MINOR,
    .version = IAC_VERSION,
    .alloc = host_alloc,
    .diagnostic = iac_call_diagnostic,
    .cancelled = iac_call_is_cancelled,
    .wait = iac_call_wait,
    .progress = iac_call_progress,
    .log = iac_call_log,
    .type_parse = host_type_parse,
    .type_of = host_type_of,
    .type_json = host_type_json,
    .kind = host_kind,
    .state = host_state,
    .wholly_known = host_wholly_known,
    .string = host_string,
    .boolean = host_boolean,
    .int64 = host_int64,
    .float64 = host_float64,
    .number_text = host_number_text,
    .length = host_length,
    .element = host_element,
    .key = host_key,
    .get = host_get,
    .equal = host_equal,
    .null = host_null,
    .unknown = host_unknown,
    .new_string = host_new_string,
    .new_bool = host_new_bool,
    .new_int64 = host_new_int64,
    .new_float64 = host_new_float64,
    .new_number = host_new_number,
    .new_list = host_new_list,
    .new_set = host_new_set,
    .new_map = host_new_map,
    .new_tuple = host_new_tuple,
    .new_object = host_new_object,
    .with = host_with,
    .convert = host_convert,
    .from_json = host_from_json,
    .to_json = host_to_json,
    .unknown_not_null = host_unknown_not_null,
};

#include "providers/aws/resource.h"
#include "providers/aws/hooks.h"
#include <stdlib.h>
#include <string.h>

json_t *aws_to_json(sdk_val v)
{
    json_t *made;
    int64_t n;

    if (!sdk_is_set(v)) {
        return NULL;
    }
    switch (sdk_host->kind(v)) {
    case IACP_STRING: {
        iac_str s = sdk_str(v);
        return json_stringn(s.n ? s.p : "", s.n);
    }
    case IACP_NUMBER:
        return sdk_host->int64(v, &n) ? json_integer(n) : json_real(sdk_host->float64(v));
    case IACP_BOOL:
        return json_boolean(sdk_host->boolean(v));
    case IACP_LIST:
    case IACP_SET:
    case IACP_TUPLE:
        made = json_array();
        for (size_t i = 0; i < sdk_host->length(v); i++) {
            json_t *item = aws_to_json(sdk_host->element(v, i));
            if (item) {
                json_array_append_new(made, item);
            }
        }
        return made;
    default:
        made = json_object();
        for (size_t i = 0; i < sdk_host->length(v); i++) {
            json_t *item = aws_to_json(sdk_host->element(v, i));
            if (item) {
                json_object_set_new(made, sdk_host->key(v, i, NULL), item);
            }
        }
        return made;
    }
}

static sdk_val string_from(iacp_call *call, const json_t *json)
{
    iac_buf text;
    sdk_val v = NULL;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    if (aws_tree_text(json, &text)) {
        v = sdk_new_str(call, iac_buf_view(&text));
    }
    iac_buf_clear(&text);
    return v;
}

static sdk_val number_from(iacp_call *call, const json_t *json)
{
    if (json_is_integer(json)) {
        return sdk_host->new_int64(call, json_integer_value(json));
    }
    if (json_is_real(json)) {
        return sdk_host->new_float64(call, json_real_value(json));
    }
    return json_is_string(json) ? sdk_host->new_number(call, json_string_value(json)) : NULL;
}

static sdk_val bool_from(iacp_call *call, const json_t *json)
{
    if (json_is_string(json)) {
        return sdk_host->new_bool(call, strcmp(json_string_value(json), "true") == 0);
    }
    return json_is_boolean(json) ? sdk_host->new_bool(call, json_is_true(json)) : NULL;
}

static sdk_val list_from(iacp_call *call, const aws_attr *attr, const json_t *json)
{
    size_t n = json_array_size(json), kept = 0;
    const iacp_value **items = sdk_alloc(call, (n + 1) * sizeof(*items));
    bool numbers = attr->element == AWS_T_NUMBER;
    const iacp_type *type = sdk_type(numbers ? "number" : "string");

    if (!json_is_array(json)) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        sdk_val item =
            numbers ? number_from(call, json_array_get(json, i)) : string_from(call, json_array_get(json, i));
        if (item) {
            items[kept++] = item;
        }
    }
    return attr->type == AWS_T_SET ? sdk_host->new_set(call, type, kept, items)
                                   : sdk_host->new_list(call, type, kept, items);
}

static sdk_val map_from(iacp_call *call, const json_t *json)
{
    size_t n = json_object_size(json), kept = 0;
    const iacp_value **items = sdk_alloc(call, (n + 1) * sizeof(*items));
    const char **keys = sdk_alloc(call, (n + 1) * sizeof(*keys));
    const char *key;
    json_t *item;

    if (!json_is_object(json)) {
        return NULL;
    }
    json_object_foreach((json_t *)json, key, item) {
        sdk_val v = string_from(call, item);
        if (v) {
            keys[kept] = sdk_strndup(call, key, strlen(key));
            items[kept++] = v;
        }
    }
    return sdk_host->new_map(call, sdk_type("string"), kept, keys, items);
}

sdk_val aws_from_json(iacp_call *call, const aws_attr *attr, const json_t *json)
{
    if (!json || json_is_null(json)) {
        return NULL;
    }
    switch (attr->type) {
    case AWS_T_STRING:
        return string_from(call, json);
    case AWS_T_NUMBER:
        return number_from(call, json);
    case AWS_T_BOOL:
        return bool_from(call, json);
    case AWS_T_LIST:
    case AWS_T_SET:
        return list_from(call, attr, json);
    case AWS_T_MAP:
        return map_from(call, json);
    default:
        return NULL;
    }
}

sdk_val aws_null(iacp_call *call, const aws_attr *attr)
{
    return sdk_null(call, attr->type_json);
}

sdk_val aws_zero(iacp_call *call, const aws_attr *attr)
{
    switch (attr->type) {
    case AWS_T_STRING:
        return sdk_new_cstr(call, "");
    case AWS_T_NUMBER:
        return sdk_host->new_int64(call, 0);
    case AWS_T_BOOL:
        return sdk_host->new_bool(call, 0);
    case AWS_T_BLOCK_SINGLE:
        return aws_null(call, attr);
    default:
        return sdk_host->from_json(call, attr->type == AWS_T_MAP ? "{}" : "[]", 2, sdk_type(attr->type_json));
    }
}

bool aws_is_zero(sdk_val v)
{
    int64_t n;

    if (sdk_is_null(v)) {
        return true;
    }
    if (sdk_is_unknown(v)) {
        return false;
    }
    switch (sdk_host->kind(v)) {
    case IACP_STRING:
        return sdk_str(v).n == 0;
    case IACP_NUMBER:
        return sdk_host->int64(v, &n) && n == 0;
    case IACP_BOOL:
        return !sdk_host->boolean(v);
    case IACP_OBJECT:
        return false;
    default:
        return sdk_host->length(v) == 0;
    }
}

bool aws_same(sdk_val a, sdk_val b)
{
    if (sdk_is_null(a) || sdk_is_null(b)) {
        return sdk_is_null(a) && sdk_is_null(b);
    }
    return sdk_host->equal(a, b) != 0;
}

sdk_val aws_default(iacp_call *call, const aws_attr *attr)
{
    if (!attr->otherwise) {
        return NULL;
    }
    switch (attr->type) {
    case AWS_T_NUMBER:
        return sdk_host->new_number(call, attr->otherwise);
    case AWS_T_BOOL:
        return sdk_host->new_bool(call, strcmp(attr->otherwise, "true") == 0);
    default:
        return sdk_new_cstr(call, attr->otherwise);
    }
}

bool aws_json_equal(iac_str a, iac_str b)
{
    json_t *x = json_loadb(a.p ? a.p : "", a.n, JSON_DECODE_ANY, NULL);
    json_t *y = json_loadb(b.p ? b.p : "", b.n, JSON_DECODE_ANY, NULL);
    bool equal = x && y && json_equal(x, y);

    json_decref(x);
    json_decref(y);
    return equal;
}

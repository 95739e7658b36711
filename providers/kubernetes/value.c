#include "providers/kubernetes/value.h"
#include <string.h>

static json_t *from_value(iacp_call *call, sdk_val v, size_t depth);

static json_t *from_number(iacp_call *call, sdk_val v)
{
    int64_t n;

    if (sdk_host->int64(v, &n)) {
        return json_integer(n);
    }
    return json_real(strtod(sdk_host->number_text(call, v), NULL));
}

static json_t *from_parts(iacp_call *call, sdk_val v, bool named, size_t depth)
{
    json_t *out = named ? json_object() : json_array();
    size_t n = sdk_host->length(v);

    for (size_t i = 0; i < n; i++) {
        json_t *part = from_value(call, sdk_host->element(v, i), depth + 1);
        if (!part) {
            json_decref(out);
            return NULL;
        }
        if (named) {
            json_object_set_new(out, sdk_host->key(v, i, NULL), part);
        } else {
            json_array_append_new(out, part);
        }
    }
    return out;
}

static json_t *from_value(iacp_call *call, sdk_val v, size_t depth)
{
    size_t n;
    const char *text;

    if (depth > K8S_MAX_DEPTH) {
        return NULL;
    }
    if (sdk_is_unknown(v)) {
        return k8s_tree_unknown();
    }
    if (sdk_is_null(v)) {
        return json_null();
    }
    switch (sdk_host->kind(v)) {
    case IACP_STRING:
        text = sdk_host->string(v, &n);
        return json_stringn(text, n);
    case IACP_NUMBER:
        return from_number(call, v);
    case IACP_BOOL:
        return json_boolean(sdk_host->boolean(v));
    case IACP_MAP:
    case IACP_OBJECT:
        return from_parts(call, v, true, depth);
    default:
        return from_parts(call, v, false, depth);
    }
}

json_t *k8s_from_value(iacp_call *call, sdk_val value)
{
    return from_value(call, value, 0);
}

static sdk_val to_object(iacp_call *call, const json_t *tree)
{
    size_t n = json_object_size(tree), i = 0;
    const char **names = sdk_alloc(call, (n + 1) * sizeof(*names));
    sdk_val *items = sdk_alloc(call, (n + 1) * sizeof(*items));
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)tree, key, value) {
        names[i] = sdk_strndup(call, key, strlen(key));
        items[i++] = k8s_to_value(call, value);
    }
    return sdk_host->new_object(call, n, names, items);
}

static sdk_val to_tuple(iacp_call *call, const json_t *tree)
{
    size_t n = json_array_size(tree), i;
    sdk_val *items = sdk_alloc(call, (n + 1) * sizeof(*items));
    json_t *value;

    json_array_foreach(tree, i, value) {
        items[i] = k8s_to_value(call, value);
    }
    return sdk_host->new_tuple(call, n, items);
}

sdk_val k8s_to_value(iacp_call *call, const json_t *tree)
{
    char number[40];

    if (!tree || json_is_null(tree)) {
        return sdk_null(call, "dynamic");
    }
    if (k8s_tree_is_unknown(tree)) {
        return sdk_unknown(call, "dynamic");
    }
    switch (json_typeof(tree)) {
    case JSON_OBJECT:
        return to_object(call, tree);
    case JSON_ARRAY:
        return to_tuple(call, tree);
    case JSON_STRING:
        return sdk_host->new_string(call, json_string_value(tree), json_string_length(tree));
    case JSON_INTEGER:
        return sdk_host->new_int64(call, json_integer_value(tree));
    case JSON_REAL:
        k8s_number_text(json_real_value(tree), number, sizeof(number));
        return sdk_host->new_number(call, number);
    default:
        return sdk_host->new_bool(call, json_is_true(tree));
    }
}

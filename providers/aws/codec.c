#include "providers/aws/codec.h"
#include "providers/aws/hooks.h"
#include <stdlib.h>
#include <string.h>

static bool is(const aws_attr *attr, const char *codec)
{
    return attr->codec && strcmp(attr->codec, codec) == 0;
}

json_t *aws_encode(aws_ctx *ctx, const aws_attr *attr, json_t *json)
{
    const char *key;
    json_t *item;

    (void)ctx;
    if (is(attr, "name-value")) {
        json_t *list = json_array();
        json_object_foreach(json, key, item) {
            json_array_append_new(list, json_pack("{s:s,s:O}", "name", key, "value", item));
        }
        return list;
    }
    if (is(attr, "containers")) {
        return json_loads(json_string_value(json) ? json_string_value(json) : "", 0, NULL);
    }
    return json_incref(json);
}

static json_t *decode_pairs(const json_t *json)
{
    json_t *map = json_object(), *item;
    size_t i;

    json_array_foreach(json, i, item) {
        const char *name = aws_tree_str(item, "name");
        if (name[0]) {
            json_object_set_new(map, name, json_string(aws_tree_str(item, "value")));
        }
    }
    return map;
}

static json_t *decode_containers(aws_ctx *ctx, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    const char *normal = text ? aws_containers_normal(ctx->call, iac_str_of(text)) : NULL;

    free(text);
    return normal ? json_string(normal) : NULL;
}

json_t *aws_decode(aws_ctx *ctx, const aws_attr *attr, const json_t *json)
{
    if (!json) {
        return NULL;
    }
    const char *text = json_string_value(json);
    if (strncmp(attr->codec, "is:", 3) == 0) {
        return json_boolean(text && strcmp(text, attr->codec + 3) == 0);
    }
    if (strncmp(attr->codec, "not:", 4) == 0) {
        return json_string(text && strcmp(text, attr->codec + 4) != 0 ? text : "");
    }
    if (is(attr, "name-value")) {
        return decode_pairs(json);
    }
    if (is(attr, "containers")) {
        return decode_containers(ctx, json);
    }
    return json_incref((json_t *)json);
}

bool aws_equivalent(const aws_attr *attr, sdk_val a, sdk_val b)
{
    if (aws_same(a, b)) {
        return true;
    }
    if (!sdk_is_set(a) || !sdk_is_set(b) || !(attr->flags & AWS_A_JSON)) {
        return false;
    }
    return is(attr, "containers") ? aws_containers_equal(sdk_str(a), sdk_str(b), false)
                                  : aws_json_equal(sdk_str(a), sdk_str(b));
}

sdk_val aws_planned_form(iacp_call *call, const aws_attr *attr, sdk_val v)
{
    const char *normal = is(attr, "containers") && sdk_is_set(v) ? aws_containers_normal(call, sdk_str(v)) : NULL;

    return normal ? sdk_new_cstr(call, normal) : v;
}

/* From attributes to the members of a request. */
#include "providers/aws/codec.h"
#include "providers/aws/resource.h"
#include <stdlib.h>
#include <string.h>

/* The shape that a path leads to, from a structure or list on; NULL when there is none. */
static const aws_shape *walk(const aws_service *service, const aws_shape *shape, const char *path)
{
    while (shape && *path) {
        size_t n = strcspn(path, ".");
        if (shape->kind == AWS_LIST || shape->kind == AWS_MAP) {
            shape = &service->shapes[shape->value];
        } else if (shape->kind == AWS_STRUCT) {
            const aws_member *m = aws_member_find(service, shape, path, n);
            shape = m ? &service->shapes[m->shape] : NULL;
        } else {
            shape = NULL;
        }
        path += n + (path[n] == '.');
    }
    return shape;
}

const aws_shape *aws_shape_at(const aws_service *service, const aws_op *op, const char *path)
{
    return op->input >= 0 ? walk(service, &service->shapes[op->input], path) : NULL;
}

static void fill(aws_ctx *ctx, const aws_attrs *attrs, aws_which which, sdk_val object, const aws_shape *shape,
                 json_t *input)
{
    for (size_t i = 0; i < attrs->n; i++) {
        const aws_attr *a = &attrs->v[i];
        const char *path = which == AWS_FOR_CREATE ? a->create : a->update;
        sdk_val v = sdk_get(object, a->name);
        if (!path || !sdk_is_set(v) || (aws_is_zero(v) && !(a->flags & AWS_A_KEEP_ZERO) && which == AWS_FOR_CREATE)) {
            continue;
        }
        json_t *json = aws_request_value(ctx, a, v, walk(ctx->desc->service, shape, path), AWS_FOR_CREATE);
        if (json) {
            aws_tree_set(input, path, json);
        }
    }
}

static json_t *block_value(aws_ctx *ctx, const aws_attr *a, sdk_val v, const aws_shape *shape, aws_which which)
{
    const aws_shape *inner = shape && shape->kind == AWS_LIST ? &ctx->desc->service->shapes[shape->value] : shape;
    json_t *list = json_array();

    for (size_t i = 0; i < sdk_host->length(v); i++) {
        json_t *item = json_object();
        fill(ctx, &a->nested, which, sdk_host->element(v, i), inner, item);
        json_array_append_new(list, item);
    }
    if (shape && shape->kind == AWS_LIST) {
        return list;
    }
    json_t *first = json_incref(json_array_get(list, 0));
    json_decref(list);
    return first;
}

json_t *aws_request_value(aws_ctx *ctx, const aws_attr *a, sdk_val v, const aws_shape *shape, aws_which which)
{
    if (!sdk_is_set(v)) {
        return NULL;
    }
    if (a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET) {
        return block_value(ctx, a, v, shape, which);
    }
    json_t *json = aws_to_json(v);
    if (a->codec) {
        json_t *encoded = aws_encode(ctx, a, json);
        json_decref(json);
        json = encoded;
    }
    return json;
}

void aws_fill_request(aws_ctx *ctx, const aws_op *op, aws_which which, sdk_val object, json_t *input)
{
    if (op->input >= 0) {
        fill(ctx, &ctx->desc->attrs, which, object, &ctx->desc->service->shapes[op->input], input);
    }
}

void aws_fill_args(aws_ctx *ctx, const aws_step *step, json_t *input)
{
    for (size_t i = 0; i < step->args.n; i++) {
        json_t *value = aws_expand_json(ctx, step->args.v[i].value);
        if (value) {
            aws_tree_set(input, step->args.v[i].path, value);
        }
    }
}

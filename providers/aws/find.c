/* What became of a change that an interrupted run began. */
#include "providers/aws/codec.h"
#include "providers/aws/resource.h"
#include <string.h>

/* Whether an object is as the create request asked for it. What is set after a create does not count: the run may have
 * ended in between. */
static bool made_as(const aws_desc *desc, sdk_val state, sdk_val planned)
{
    for (size_t i = 0; i < desc->attrs.n; i++) {
        const aws_attr *a = &desc->attrs.v[i];
        sdk_val want = sdk_get(planned, a->name), is = sdk_get(state, a->name);
        bool compares = a->create && a->read && a->type != AWS_T_BLOCKS && a->type != AWS_T_BLOCK_SET &&
                        sdk_is_set(want) && sdk_host->wholly_known(want);
        if (compares && !(aws_is_zero(want) && aws_is_zero(is)) && !aws_equivalent(a, want, is)) {
            return false;
        }
    }
    sdk_val want = sdk_get(planned, "tags_all"), is = sdk_get(state, "tags_all");
    return !want || sdk_is_unknown(want) || (aws_is_zero(want) && aws_is_zero(is)) || aws_same(want, is);
}

/* Whether every {attribute} that a call's arguments are made of is known and set. */
static bool has_arguments(const aws_desc *desc, const aws_step *s, sdk_val planned)
{
    for (size_t i = 0; i < s->args.n; i++) {
        for (size_t k = 0; k < desc->attrs.n; k++) {
            const char *name = desc->attrs.v[k].name, *brace = strchr(s->args.v[i].value, '{');
            bool refers = brace && strncmp(brace + 1, name, strlen(name)) == 0 && brace[1 + strlen(name)] == '}';
            if (refers && !sdk_is_set(sdk_get(planned, name))) {
                return false;
            }
        }
    }
    return true;
}

/* Reads an object that the call named, and keeps it if it was made as planned. False after an error. */
static bool compare_named(aws_ctx *ctx, const aws_step *s, const json_t *item, iacp_find *request, size_t *ret_count)
{
    sdk_val state = NULL;
    const char *id = aws_tree_str((json_t *)item, s->path);
    sdk_object known = sdk_object_from(ctx->call, request->planned);

    ctx->id = sdk_strndup(ctx->call, id, strlen(id));
    for (size_t i = 0; s->known && i < ctx->desc->attrs.n; i++) {
        const aws_attr *a = &ctx->desc->attrs.v[i];
        if (strcmp(a->name, s->known) == 0) {
            sdk_set(&known, a->name, sdk_new_cstr(ctx->call, aws_tree_str((json_t *)item, a->read)));
        }
    }
    ctx->state = known.value;
    aws_read_result result = aws_read_object(ctx, known.value, NULL, &state);
    if (result == AWS_READ_OK && made_as(ctx->desc, state, request->planned)) {
        request->ret_state = state;
        ++*ret_count;
    }
    return result != AWS_READ_ERROR;
}

/* The same of each that it lists; an answer of one object is a list of that. */
static bool compare_listed(aws_ctx *ctx, const aws_step *s, const json_t *list, iacp_find *request, size_t *ret_count)
{
    const json_t *item;
    size_t i;

    if (json_is_object(list)) {
        return compare_named(ctx, s, list, request, ret_count);
    }
    json_array_foreach(list, i, item) {
        if (!compare_named(ctx, s, item, request, ret_count)) {
            return false;
        }
    }
    return true;
}

/* A creation that broke off before anybody had the id. Where there can be only one such object, one that is as planned
 * is it. Elsewhere it may as well be somebody else's. */
static int32_t find_created(aws_ctx *ctx, const aws_step *s, iacp_find *request)
{
    aws_error error;
    size_t count = 0;

    if (!has_arguments(ctx->desc, s, request->planned)) {
        return IACP_OK;
    }
    json_t *answer = aws_run_step(ctx, s, NULL, &error);
    if (!answer && aws_is_not_found(ctx->desc, &error)) {
        request->ret_found = IACP_FOUND_NOTHING;
        return IACP_OK;
    }
    if (!answer) {
        return aws_diagnose(ctx->call, ctx->desc->service, s->op, &error,
                            sdk_printf(ctx->call, "looking for %s", ctx->desc->label));
    }
    if (!compare_listed(ctx, s, aws_tree_get(answer, s->result), request, &count)) {
        return IACP_ERROR;
    }
    request->ret_found = count == 0 ? IACP_FOUND_NOTHING
                         : count == 1 && s->unique ? IACP_FOUND_CERTAIN : IACP_FOUND_DOUBTFUL;
    if (count > 1) {
        request->ret_state = NULL;
    }
    return IACP_OK;
}

/* An object with a known id is looked at. */
static int32_t find_known(aws_ctx *ctx, iacp_find *request)
{
    sdk_val state = NULL;

    ctx->id = sdk_cstr(sdk_get(request->prior, "id"), "");
    switch (aws_read_object(ctx, request->prior, NULL, &state)) {
    case AWS_READ_OK:
        request->ret_found = IACP_FOUND_CERTAIN;
        request->ret_state = state;
        return IACP_OK;
    case AWS_READ_GONE:
        request->ret_found = IACP_FOUND_NOTHING;
        return IACP_OK;
    case AWS_READ_ERROR:
        break;
    }
    return IACP_ERROR;
}

int32_t aws_find(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_find *request)
{
    bool fresh = sdk_is_null(request->prior);
    aws_ctx ctx = aws_ctx_open(in, call, desc, fresh ? request->planned : request->prior);
    int32_t status = IACP_OK;

    request->ret_found = IACP_FOUND_UNKNOWN;
    if (!fresh) {
        status = find_known(&ctx, request);
    }
    for (size_t i = 0; fresh && i < desc->steps.n; i++) {
        if (desc->steps.v[i].verb == AWS_V_FIND) {
            status = find_created(&ctx, &desc->steps.v[i], request);
        }
    }
    aws_ctx_close(&ctx);
    return status;
}

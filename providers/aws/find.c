/* What became of a change that an interrupted run began. */
#include "providers/aws/codec.h"
#include "providers/aws/resource.h"
#include "providers/aws/tree.h"
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

/* Reads an object that the call named, and keeps it if it was made as planned. False after an error. An item that is a
 * text is itself what `known` needs. */
static bool compare_named(aws_ctx *ctx, const aws_step *s, const json_t *item, iacp_find *request, size_t *ret_count)
{
    sdk_val state = NULL;
    sdk_object known = sdk_object_from(ctx->call, request->planned);
    const char *id = s->path[0] == '{' ? aws_expand(ctx, s->path) : aws_tree_str((json_t *)item, s->path);
    const aws_attr *a = s->known ? aws_attr_find(&ctx->desc->attrs, s->known) : NULL;

    ctx->id = sdk_strndup(ctx->call, id, strlen(id));
    if (a) {
        const char *text = aws_tree_str((json_t *)item, json_is_string(item) ? "" : a->read);
        sdk_set(&known, a->name, sdk_new_cstr(ctx->call, text));
    }
    ctx->state = known.value;
    aws_read_result result = aws_read_object(ctx, known.value, NULL, &state);
    bool is_it = result == AWS_READ_OK && (s->by_token ? ctx->token_tag && strcmp(ctx->token_tag, ctx->token) == 0
                                                       : made_as(ctx->desc, state, request->planned));
    if (is_it) {
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
        if (s->by_token && *ret_count) {
            break; /* only one bears it */
        }
    }
    return true;
}

/* A creation that broke off before anybody had the id. Where there can be only one such object, one that is as planned
 * is it, and so is one that bears the change's token. Elsewhere it may as well be somebody else's. */
static int32_t find_created(aws_ctx *ctx, const aws_step *s, iacp_find *request)
{
    bool certain = s->unique || s->by_token;
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
                         : count == 1 && certain ? IACP_FOUND_CERTAIN : IACP_FOUND_DOUBTFUL;
    if (count > 1) {
        request->ret_state = NULL;
    }
    return IACP_OK;
}

/* An object with a known id is looked at. */
static int32_t find_known(aws_ctx *ctx, iacp_find *request)
{
    sdk_val state = NULL;

    switch (aws_read_object(ctx, ctx->state, NULL, &state)) {
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

/* What became of a creation: its id is in the journal, or the tag tells, or, for an object that has none, the rest. */
static int32_t find_fresh(aws_ctx *ctx, iacp_find *request)
{
    aws_pending pending = aws_take_up(ctx, request->private_data);
    int32_t status = IACP_OK;

    if (pending == AWS_PENDING_MADE) {
        status = find_known(ctx, request);
        if (ctx->token_tag) {
            aws_tags_drop_token(ctx, ctx->token_tag);
        }
        return status;
    }
    bool by_token = pending == AWS_PENDING_NOT && aws_tags_can_bear_token(ctx, request->planned);
    for (size_t i = 0; i < ctx->desc->steps.n; i++) {
        const aws_step *s = &ctx->desc->steps.v[i];
        if (s->verb == AWS_V_FIND && s->by_token == by_token) {
            status = find_created(ctx, s, request);
        }
    }
    return status;
}

int32_t aws_find(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_find *request)
{
    bool fresh = sdk_is_null(request->prior);
    aws_ctx ctx = aws_ctx_open(in, call, desc, fresh ? request->planned : request->prior);

    ctx.token = request->token;
    request->ret_found = IACP_FOUND_UNKNOWN;
    int32_t status = fresh ? find_fresh(&ctx, request) : find_known(&ctx, request);
    aws_ctx_close(&ctx);
    return status;
}

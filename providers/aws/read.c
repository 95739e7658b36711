/* From answers to state. */
#include "providers/aws/codec.h"
#include "providers/aws/hooks.h"
#include "providers/aws/resource.h"
#include <string.h>

bool aws_is_not_found(const aws_desc *desc, const aws_error *error)
{
    for (size_t i = 0; i < desc->not_found.n; i++) {
        const char *code = desc->not_found.v[i];
        size_t n = strcspn(code, "~"); /* CODE, or CODE~PART-OF-THE-MESSAGE */
        if (strncmp(code, error->code, n) == 0 && error->code[n] == '\0' &&
            (!code[n] || strstr(error->message, code + n + 1))) {
            return true;
        }
    }
    return false;
}

json_t *aws_run_step(aws_ctx *ctx, const aws_step *step, json_t *input, aws_error *ret_error)
{
    json_t *given = input ? input : aws_keep(ctx, json_object()), *answer = NULL;
    aws_request request = { .service = ctx->desc->service, .op = step->op, .input = given, .token = ctx->token };

    aws_fill_args(ctx, step, given);
    if (!aws_call(ctx->in, ctx->call, &request, &answer, ret_error)) {
        return NULL;
    }
    return aws_keep(ctx, answer);
}

/* The answers of one object: the main node, the whole main answer ("^") and those of further reads ("@name"). */
typedef struct answers {
    json_t *main, *top, *named;
} answers;

static json_t *look_up(const answers *from, const char *path)
{
    if (path[0] == '^') {
        return aws_tree_get(from->top, path[1] == '.' ? path + 2 : path + 1);
    }
    if (path[0] == '@') {
        return aws_tree_get(from->named, path + 1);
    }
    return aws_tree_get(from->main, path);
}

static sdk_val read_nested(aws_ctx *ctx, const aws_attrs *attrs, json_t *node);

/* Elements of nested blocks; one structure counts as a list of one. */
static sdk_val read_blocks(aws_ctx *ctx, const aws_attr *a, json_t *node)
{
    size_t n = json_is_array(node) ? json_array_size(node) : json_is_object(node) ? 1 : 0;
    const iacp_value **items = sdk_alloc(ctx->call, (n + 1) * sizeof(*items));

    for (size_t i = 0; i < n; i++) {
        items[i] = read_nested(ctx, &a->nested, json_is_array(node) ? json_array_get(node, i) : node);
    }
    return sdk_host->convert(ctx->call, sdk_host->new_tuple(ctx->call, n, items), sdk_type(a->type_json));
}

/* The value of one attribute in an answer; NULL when the answer has none. */
static sdk_val read_value(aws_ctx *ctx, const aws_attr *a, json_t *node)
{
    if (a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET) {
        return read_blocks(ctx, a, node);
    }
    json_t *json = a->codec ? aws_keep(ctx, aws_decode(ctx, a, node)) : node;
    sdk_val v = aws_from_json(ctx->call, a, json);
    return v || !(a->flags & AWS_A_ZERO) ? v : aws_zero(ctx->call, a);
}

static sdk_val read_nested(aws_ctx *ctx, const aws_attrs *attrs, json_t *node)
{
    const char **names = sdk_alloc(ctx->call, (attrs->n + 1) * sizeof(*names));
    const iacp_value **values = sdk_alloc(ctx->call, (attrs->n + 1) * sizeof(*values));

    for (size_t i = 0; i < attrs->n; i++) {
        const aws_attr *a = &attrs->v[i];
        sdk_val v = a->read ? read_value(ctx, a, aws_tree_get(node, a->read)) : NULL;
        names[i] = a->name;
        values[i] = sdk_host->convert(ctx->call, v ? v : aws_null(ctx->call, a), sdk_type(a->type_json));
    }
    return sdk_host->new_object(ctx->call, attrs->n, names, values);
}

/* What an attribute that no answer shows is: what was known of it. */
static sdk_val unread_value(aws_ctx *ctx, const aws_attr *a, sdk_val known)
{
    sdk_val v = sdk_get(known, a->name);

    if (sdk_is_set(v) || (a->type == AWS_T_BLOCK_SINGLE && v && !sdk_is_unknown(v))) {
        return v;
    }
    return a->flags & AWS_A_ZERO ? aws_zero(ctx->call, a) : aws_null(ctx->call, a);
}

static sdk_val build_state(aws_ctx *ctx, const answers *from, sdk_val known)
{
    const aws_attrs *attrs = &ctx->desc->attrs;
    const char **names = sdk_alloc(ctx->call, (attrs->n + 1) * sizeof(*names));
    const iacp_value **values = sdk_alloc(ctx->call, (attrs->n + 1) * sizeof(*values));

    for (size_t i = 0; i < attrs->n; i++) {
        const aws_attr *a = &attrs->v[i];
        sdk_val v = NULL;
        if (strcmp(a->name, "id") == 0) {
            v = sdk_new_cstr(ctx->call, ctx->id);
        } else if (a->read) {
            v = read_value(ctx, a, look_up(from, a->read));
        } else if (!a->template) {
            v = unread_value(ctx, a, known);
        }
        names[i] = a->name;
        values[i] = v ? v : aws_null(ctx->call, a);
    }
    return sdk_host->new_object(ctx->call, attrs->n, names, values);
}

/* Further reads "@name"; codes that say "not found" leave the answer empty. */
static bool read_further(aws_ctx *ctx, answers *from, const char *doing)
{
    aws_error error;

    for (size_t i = 0; i < ctx->desc->steps.n; i++) {
        const aws_step *s = &ctx->desc->steps.v[i];
        if (s->verb != AWS_V_READ || !s->name) {
            continue;
        }
        json_t *answer = aws_run_step(ctx, s, NULL, &error);
        if (!answer && !aws_is_not_found(ctx->desc, &error)) {
            aws_diagnose(ctx->call, ctx->desc->service, s->op, &error, doing);
            return false;
        }
        if (answer) {
            json_object_set(from->named, s->name, answer);
        }
    }
    return true;
}

static const aws_step *main_read(aws_ctx *ctx)
{
    for (size_t i = 0; i < ctx->desc->steps.n; i++) {
        const aws_step *s = &ctx->desc->steps.v[i];
        if (s->verb == AWS_V_READ && !s->name && aws_condition(ctx, s->when)) {
            return s;
        }
    }
    return NULL;
}

json_t *aws_read_node(aws_ctx *ctx)
{
    const aws_step *step = main_read(ctx);
    aws_error error;
    json_t *answer = aws_run_step(ctx, step, NULL, &error);

    return answer ? aws_tree_get(answer, step->result ? step->result : "") : NULL;
}

static void complete(aws_ctx *ctx, const answers *from, sdk_val known, sdk_object *state)
{
    const aws_attrs *attrs = &ctx->desc->attrs;
    sdk_val before = ctx->state;

    if (ctx->desc->tags.style != AWS_TAGS_NONE) {
        aws_tags_read(ctx, look_up(from, ctx->desc->tags.read), known, state);
    }
    for (size_t i = 0; i < attrs->n; i++) {
        if (attrs->v[i].template) {
            ctx->state = state->value;
            sdk_set(state, attrs->v[i].name, sdk_new_cstr(ctx->call, aws_expand(ctx, attrs->v[i].template)));
        }
    }
    if (ctx->desc->hooks && ctx->desc->hooks->after_read) {
        ctx->desc->hooks->after_read(ctx, from->main, state);
    }
    ctx->state = before;
}

aws_read_result aws_read_object(aws_ctx *ctx, sdk_val known, json_t *main, sdk_val *ret)
{
    const aws_step *step = main_read(ctx);
    const char *doing = sdk_printf(ctx->call, "reading %s (%s)", ctx->desc->label, ctx->id);
    answers from = { .main = main, .top = main, .named = aws_keep(ctx, json_object()) };
    aws_error error;

    if (!ctx->id[0]) {
        return AWS_READ_GONE; /* without an id, a list call would answer with everybody's objects */
    }
    if (!main) {
        from.top = aws_run_step(ctx, step, NULL, &error);
        if (!from.top) {
            if (aws_is_not_found(ctx->desc, &error)) {
                return AWS_READ_GONE;
            }
            aws_diagnose(ctx->call, ctx->desc->service, step->op, &error, doing);
            return AWS_READ_ERROR;
        }
        from.main = aws_tree_get(from.top, step->result ? step->result : "");
    }
    if (!from.main || (ctx->desc->gone_path &&
                       strcmp(aws_tree_str(from.main, ctx->desc->gone_path), ctx->desc->gone_value) == 0)) {
        return AWS_READ_GONE;
    }
    if (!read_further(ctx, &from, doing)) {
        return AWS_READ_ERROR;
    }
    sdk_object state = { ctx->call, build_state(ctx, &from, known) };
    complete(ctx, &from, known, &state);
    *ret = sdk_host->convert(ctx->call, state.value, sdk_type(ctx->desc->type_json));
    if (!*ret) {
        sdk_error(ctx->call, NULL, doing, "The answer does not fit the type's schema.");
        return AWS_READ_ERROR;
    }
    return AWS_READ_OK;
}

/* One list call for up to batch_size objects; *ret maps an id to its node. NULL when the call failed, as it does when
 * one of the ids is gone: each object is then read by itself. */
static json_t *read_batch(aws_ctx *ctx, iacp_read *const *requests, size_t n)
{
    const aws_desc *d = ctx->desc;
    json_t *ids = json_array(), *input = aws_keep(ctx, json_object()), *item;
    aws_request request = { .service = d->service, .op = main_read(ctx)->op, .input = input };
    json_t *answer = NULL, *nodes = aws_keep(ctx, json_object());
    aws_error error;
    size_t i;

    for (i = 0; i < n; i++) {
        json_array_append_new(ids, json_string(sdk_cstr(sdk_get(requests[i]->state, "id"), "")));
    }
    json_object_set_new(input, d->batch_member, ids);
    if (!aws_call(ctx->in, ctx->call, &request, &answer, &error)) {
        return NULL;
    }
    aws_keep(ctx, answer);
    json_array_foreach(aws_tree_get(answer, d->batch_list), i, item) {
        json_object_set(nodes, aws_tree_str(item, d->batch_key), item);
    }
    return nodes;
}

static void read_one(aws_instance *in, const aws_desc *desc, iacp_read *r, json_t *main)
{
    aws_ctx ctx = aws_ctx_open(in, r->call, desc, r->state);
    sdk_val state = NULL;
    aws_read_result result = aws_read_object(&ctx, r->state, main, &state);

    r->ret_state = result == AWS_READ_OK ? state : NULL;
    r->ret_status = result == AWS_READ_ERROR ? IACP_ERROR : IACP_OK;
    aws_ctx_close(&ctx);
}

int32_t aws_read_many(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_read *const *requests, size_t n)
{
    size_t most = desc->batch_member ? desc->batch_size : 0;

    for (size_t at = 0; at < n;) {
        size_t count = most > 1 && n - at < most ? n - at : most > 1 ? most : 1;
        aws_ctx ctx = aws_ctx_open(in, call, desc, NULL);
        json_t *nodes = count > 1 ? read_batch(&ctx, requests + at, count) : NULL;
        for (size_t i = 0; i < count; i++) {
            iacp_read *r = requests[at + i];
            read_one(in, desc, r, json_object_get(nodes, sdk_cstr(sdk_get(r->state, "id"), "")));
        }
        aws_ctx_close(&ctx);
        at += count;
    }
    return IACP_OK;
}

/* Making, changing and deleting objects; importing them. */
#include "providers/aws/codec.h"
#include "providers/aws/hooks.h"
#include "providers/aws/resource.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SETTLE_FIRST_MS 100
#define SETTLE_LAST_MS 4000
#define RETRY_FIRST_MS 500
#define RETRY_LAST_MS 10000

static long seconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec;
}

/* Runs a step, again while the description says that its failure passes (an object still in use, say). */
static json_t *run_with_retries(aws_ctx *ctx, const aws_step *step, json_t *input, long limit, aws_error *ret_error)
{
    long start = seconds_now(), allowed = 0;
    uint64_t delay = RETRY_FIRST_MS;
    json_t *answer;

    while (!(answer = aws_run_step(ctx, step, input, ret_error))) {
        if (!aws_should_retry(ctx->desc, step->verb, ret_error, &allowed) ||
            seconds_now() - start > (limit ? limit : allowed) || sdk_host->wait(ctx->call, delay)) {
            break;
        }
        delay = delay * 2 < RETRY_LAST_MS ? delay * 2 : RETRY_LAST_MS;
    }
    return answer;
}

/* What is known of an object when its creation broke off: the plan, with nothing unknown left. */
static sdk_val as_far_as_known(aws_ctx *ctx, sdk_val planned)
{
    sdk_object state = sdk_object_from(ctx->call, planned);

    for (size_t i = 0; i < ctx->desc->attrs.n; i++) {
        const aws_attr *a = &ctx->desc->attrs.v[i];
        sdk_val v = sdk_get(planned, a->name);
        if (v && !sdk_host->wholly_known(v)) {
            bool blocks = a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET;
            sdk_set(&state, a->name, blocks ? aws_zero(ctx->call, a) : aws_null(ctx->call, a));
        }
    }
    sdk_set(&state, "id", sdk_new_cstr(ctx->call, ctx->id));
    return state.value;
}

/* Whether the answer shows yet what was asked for. */
static bool shows(const aws_desc *desc, sdk_val state, sdk_val planned)
{
    for (size_t i = 0; i < desc->attrs.n; i++) {
        const aws_attr *a = &desc->attrs.v[i];
        sdk_val want = sdk_get(planned, a->name);
        if (a->read && sdk_is_set(want) && !(aws_is_zero(want) && aws_is_zero(sdk_get(state, a->name))) &&
            sdk_host->wholly_known(want) && !aws_equivalent(a, want, sdk_get(state, a->name)) &&
            a->type != AWS_T_BLOCKS && a->type != AWS_T_BLOCK_SET) {
            return false;
        }
    }
    return sdk_is_unknown(sdk_get(planned, "tags_all")) || !sdk_get(planned, "tags_all") ||
           aws_same(sdk_get(planned, "tags_all"), sdk_get(state, "tags_all"));
}

/* An empty collection and none are the same to the API: the state says what the plan said. */
static sdk_val as_planned(aws_ctx *ctx, sdk_val read, sdk_val planned)
{
    sdk_object state = { ctx->call, read };

    for (size_t i = 0; i < ctx->desc->attrs.n; i++) {
        const aws_attr *a = &ctx->desc->attrs.v[i];
        sdk_val was = sdk_get(planned, a->name), now = sdk_get(read, a->name);
        bool collection = a->type == AWS_T_LIST || a->type == AWS_T_SET || a->type == AWS_T_MAP;
        if (collection && was && !sdk_is_unknown(was) && aws_is_zero(was) && aws_is_zero(now) &&
            sdk_is_null(was) != sdk_is_null(now)) {
            sdk_set(&state, a->name, was);
        }
    }
    return state.value;
}

/* Reads the object after a change, until the answer shows the change or settle_seconds are over. */
static int32_t read_back(aws_ctx *ctx, sdk_val planned, const char *doing, iacp_apply *request)
{
    long start = seconds_now();
    uint64_t delay = SETTLE_FIRST_MS;
    sdk_val state = NULL;

    for (;;) {
        aws_read_result result = aws_read_object(ctx, planned, NULL, &state);
        if (result == AWS_READ_ERROR) {
            return IACP_ERROR;
        }
        bool late = seconds_now() - start >= ctx->desc->settle_seconds;
        if (result == AWS_READ_OK && (late || shows(ctx->desc, state, planned))) {
            request->ret_state = as_planned(ctx, state, planned);
            return IACP_OK;
        }
        if (late || sdk_host->wait(ctx->call, delay)) {
            if (result == AWS_READ_OK) {
                request->ret_state = as_planned(ctx, state, planned);
                return IACP_OK;
            }
            return sdk_error(ctx->call, NULL, sdk_printf(ctx->call, "%s: couldn't find resource", doing), NULL);
        }
        delay = delay * 2 < SETTLE_LAST_MS ? delay * 2 : SETTLE_LAST_MS;
    }
}

/* Whether a modifier has something to set: on a create what is not so already (as the answer `now` shows, or else as
 * the description says), on an update what changed. */
static bool is_changed(aws_ctx *ctx, const aws_attr *a, sdk_val prior, json_t *now, sdk_val planned)
{
    json_t *shown = now && a->read[0] != '@' ? aws_tree_get(now, a->read) : NULL;

    if (prior) {
        return !aws_same(sdk_get(prior, a->name), planned);
    }
    if (shown && !a->codec) {
        return !aws_same(planned, aws_from_json(ctx->call, a, shown));
    }
    aws_attr base = *a;
    base.otherwise = a->base;
    return a->base ? !aws_same(planned, aws_default(ctx->call, &base)) : !aws_is_zero(planned);
}

/* One modify line: a call when one of its attributes has something to set. */
static int32_t modify_one(aws_ctx *ctx, const aws_step *s, sdk_val prior, json_t *now, sdk_val planned,
                          const char *doing)
{
    json_t *input = aws_keep(ctx, json_object());
    bool needed = false;
    aws_error error;

    for (size_t k = 0; k < ctx->desc->attrs.n; k++) {
        const aws_attr *a = &ctx->desc->attrs.v[k];
        sdk_val v = sdk_get(planned, a->name);
        if (!a->modifier || strcmp(a->modifier, s->name) != 0 || !sdk_is_set(v)) {
            continue;
        }
        needed = needed || is_changed(ctx, a, prior, now, v);
        json_t *json = aws_request_value(ctx, a, v, aws_shape_at(ctx->desc->service, s->op, a->modifier_path),
                                         AWS_FOR_CREATE);
        if (json) {
            aws_tree_set(input, a->modifier_path, json);
        }
    }
    if (needed && !aws_run_step(ctx, s, input, &error)) {
        return aws_diagnose(ctx->call, ctx->desc->service, s->op, &error, doing);
    }
    return IACP_OK;
}

/* prior NULL: after a create. */
static int32_t modify(aws_ctx *ctx, sdk_val prior, sdk_val planned, const char *doing)
{
    json_t *now = NULL;

    for (size_t i = 0; i < ctx->desc->steps.n; i++) {
        const aws_step *s = &ctx->desc->steps.v[i];
        if (s->verb != AWS_V_MODIFY) {
            continue;
        }
        now = prior || now ? now : aws_read_node(ctx);
        if (modify_one(ctx, s, prior, now, planned, doing) != IACP_OK) {
            return IACP_ERROR;
        }
    }
    return IACP_OK;
}

/* Takes what the answer to a create tells of the object, which later steps and reads may need: its id, the ARN. Texts
 * that were not known before are noted in `told` too. */
static void take_answer(aws_ctx *ctx, const aws_step *s, json_t *answer, json_t *told)
{
    const aws_desc *d = ctx->desc;
    const char *id = aws_tree_str(answer, s->result), *end = strrchr(s->result, '.');
    sdk_object known = sdk_object_from(ctx->call, ctx->state);

    ctx->id = sdk_strndup(ctx->call, id, strlen(id));
    for (size_t k = 0; end && k < d->attrs.n; k++) {
        const aws_attr *a = &d->attrs.v[k];
        if (!a->read || a->type != AWS_T_STRING || a->read[0] == '@' || a->read[0] == '^' ||
            !sdk_is_unknown(sdk_get(ctx->state, a->name))) {
            continue;
        }
        const char *path = sdk_printf(ctx->call, "%.*s.%s", (int)(end - s->result), s->result, a->read);
        const char *text = aws_tree_str(answer, path);
        if (text[0]) {
            sdk_set(&known, a->name, sdk_new_cstr(ctx->call, text));
            json_object_set_new(told, a->name, json_string(text));
        }
    }
    ctx->state = known.value;
}

/* Sends the create requests. On failure *ret_failed is the step at fault. */
static bool send_create(aws_ctx *ctx, sdk_val planned, json_t *told, const aws_step **ret_failed, aws_error *ret_error)
{
    for (size_t i = 0; i < ctx->desc->steps.n; i++) {
        const aws_step *s = &ctx->desc->steps.v[i];
        if (s->verb != AWS_V_CREATE || !aws_condition(ctx, s->when)) {
            continue;
        }
        json_t *input = aws_keep(ctx, json_object());
        aws_fill_request(ctx, s->op, AWS_FOR_CREATE, planned, input);
        aws_tags_fill_create(ctx, planned, input);
        json_t *answer = run_with_retries(ctx, s, input, 0, ret_error);
        if (!answer) {
            *ret_failed = s;
            return false;
        }
        if (s->result) {
            take_answer(ctx, s, answer, told);
        }
    }
    return true;
}

static const char *doing_create(aws_ctx *ctx)
{
    const aws_desc *d = ctx->desc;
    const char *name = d->create_id ? sdk_printf(ctx->call, " (%s)", aws_expand(ctx, d->create_id)) : "";

    return sdk_printf(ctx->call, "creating %s%s", d->label, name);
}

static int32_t complete(aws_ctx *ctx, const char *doing, iacp_apply *request)
{
    const char *waiting = sdk_printf(ctx->call, "waiting for %s (%s) create", ctx->desc->label, ctx->id);

    request->ret_state = as_far_as_known(ctx, ctx->state);
    if (aws_wait(ctx, AWS_V_WAIT_CREATE, waiting) != IACP_OK || modify(ctx, NULL, request->planned, doing) != IACP_OK) {
        return IACP_ERROR;
    }
    return read_back(ctx, request->planned, doing, request);
}

/* What a change is pending with: the host makes it durable before it asks to go on. */
static int32_t pend(aws_ctx *ctx, json_t *with, iacp_apply *request)
{
    char *text = json_dumps(aws_keep(ctx, with), JSON_COMPACT | JSON_SORT_KEYS);

    request->ret_pending = sdk_bytes(ctx->call, text, strlen(text));
    free(text);
    return IACP_OK;
}

static bool is_denied(const aws_error *error)
{
    return strcmp(error->code, "UnauthorizedOperation") == 0 || strncmp(error->code, "AccessDenied", 12) == 0;
}

/* Without an idempotency token an object cannot be told from others like it: it is made with the token as a tag, which
 * comes off once the host has made the id durable. Who may not set tags gets it without, after the host has noted that. */
static int32_t create(aws_ctx *ctx, iacp_apply *request, bool tags_token)
{
    const char *doing = doing_create(ctx);
    json_t *told = json_object();
    const aws_step *failed = NULL;
    aws_error error;

    ctx->tags_token = tags_token && aws_tags_can_bear_token(ctx, request->planned);
    if (!send_create(ctx, request->planned, aws_keep(ctx, told), &failed, &error)) {
        return ctx->tags_token && is_denied(&error) ? pend(ctx, json_pack("{s:n}", "iac_id"), request)
                                                    : aws_diagnose(ctx->call, ctx->desc->service, failed->op, &error, doing);
    }
    return ctx->tags_token ? pend(ctx, json_pack("{s:s,s:O}", "iac_id", ctx->id, "told", told), request)
                           : complete(ctx, doing, request);
}

aws_pending aws_take_up(aws_ctx *ctx, iacp_bytes pending)
{
    json_t *with = aws_keep(ctx, pending.n ? json_loadb(pending.p, pending.n, 0, NULL) : NULL), *id, *value;
    sdk_object known = sdk_object_from(ctx->call, ctx->state);
    const char *name;

    id = json_object_get(with, "iac_id");
    if (!json_is_string(id)) {
        return id ? AWS_PENDING_UNTAGGED : AWS_PENDING_NOT;
    }
    ctx->id = sdk_strndup(ctx->call, json_string_value(id), json_string_length(id));
    json_object_foreach(json_object_get(with, "told"), name, value) {
        sdk_set(&known, name, sdk_new_cstr(ctx->call, json_string_value(value)));
    }
    ctx->state = known.value;
    return AWS_PENDING_MADE;
}

/* Whether the update request of a step would carry something that changed. */
static bool update_needed(const aws_ctx *ctx, sdk_val prior, sdk_val planned)
{
    for (size_t i = 0; i < ctx->desc->attrs.n; i++) {
        const aws_attr *a = &ctx->desc->attrs.v[i];
        if (a->update && !aws_same(sdk_get(prior, a->name), sdk_get(planned, a->name))) {
            return true;
        }
    }
    return false;
}

static int32_t update(aws_ctx *ctx, iacp_apply *request)
{
    const aws_desc *d = ctx->desc;
    const char *doing = sdk_printf(ctx->call, "updating %s (%s)", d->label, ctx->id);
    aws_error error;

    /* Until the object is read again nobody knows how far a change that broke off got: the prior state stands, and the
     * next refresh tells. */
    request->ret_state = request->prior;
    if (d->hooks && d->hooks->update && d->hooks->update(ctx, request->prior, request->planned) != IACP_OK) {
        return IACP_ERROR;
    }
    if (modify(ctx, request->prior, request->planned, doing) != IACP_OK) {
        return IACP_ERROR;
    }
    for (size_t i = 0; i < d->steps.n; i++) {
        const aws_step *s = &d->steps.v[i];
        if (s->verb != AWS_V_UPDATE || !update_needed(ctx, request->prior, request->planned) ||
            !aws_condition(ctx, s->when)) {
            continue;
        }
        json_t *input = aws_keep(ctx, json_object());
        aws_fill_request(ctx, s->op, AWS_FOR_UPDATE, request->planned, input);
        if (!run_with_retries(ctx, s, input, 0, &error)) {
            return aws_diagnose(ctx->call, d->service, s->op, &error, doing);
        }
        if (aws_wait(ctx, AWS_V_WAIT_UPDATE, sdk_printf(ctx->call, "waiting for %s (%s) update", d->label, ctx->id)) !=
            IACP_OK) {
            return IACP_ERROR;
        }
    }
    if (aws_tags_update(ctx, request->prior, request->planned) != IACP_OK) {
        return IACP_ERROR;
    }
    if (read_back(ctx, request->planned, doing, request) != IACP_OK) {
        return IACP_ERROR;
    }
    if (ctx->token_tag) { /* left by a run that was interrupted: what it was for is over */
        aws_tags_drop_token(ctx, ctx->token_tag);
    }
    return IACP_OK;
}

static int32_t destroy(aws_ctx *ctx, iacp_apply *request)
{
    const aws_desc *d = ctx->desc;
    const char *doing = sdk_printf(ctx->call, "deleting %s (%s)", d->label, ctx->id);
    aws_error error;

    request->ret_state = request->prior;
    for (size_t i = 0; i < d->steps.n; i++) {
        const aws_step *s = &d->steps.v[i];
        if (s->verb != AWS_V_DELETE || !aws_condition(ctx, s->when)) {
            continue;
        }
        if (!run_with_retries(ctx, s, NULL, aws_timeout(ctx, "delete", 0), &error)) {
            if (aws_is_not_found(d, &error)) {
                request->ret_state = NULL;
                return IACP_OK;
            }
            return aws_diagnose(ctx->call, d->service, s->op, &error, doing);
        }
    }
    if (aws_wait(ctx, AWS_V_WAIT_DELETE, sdk_printf(ctx->call, "waiting for %s (%s) delete", d->label, ctx->id)) !=
        IACP_OK) {
        return IACP_ERROR;
    }
    request->ret_state = NULL;
    return IACP_OK;
}

int32_t aws_apply(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_apply *request)
{
    bool gone = sdk_is_null(request->planned), fresh = sdk_is_null(request->prior);
    aws_ctx ctx = aws_ctx_open(in, call, desc, gone ? request->prior : request->planned);
    int32_t status;

    ctx.token = request->token;
    if (gone) {
        status = destroy(&ctx, request);
    } else if (fresh) {
        ctx.id = "";
        status = create(&ctx, request, true);
    } else {
        ctx.id = sdk_cstr(sdk_get(request->prior, "id"), "");
        status = update(&ctx, request);
    }
    aws_ctx_close(&ctx);
    return status;
}

int32_t aws_apply_poll(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_apply *request)
{
    aws_ctx ctx = aws_ctx_open(in, call, desc, request->planned);
    const char *doing = doing_create(&ctx);
    int32_t status;

    ctx.token = request->token;
    ctx.id = "";
    if (aws_take_up(&ctx, request->pending) == AWS_PENDING_MADE) {
        aws_tags_drop_token(&ctx, ctx.token);
        status = complete(&ctx, doing, request);
    } else {
        status = create(&ctx, request, false);
    }
    aws_ctx_close(&ctx);
    return status;
}

int32_t aws_import(aws_instance *in, iacp_call *call, const aws_desc *desc, iacp_import *request)
{
    aws_ctx ctx = aws_ctx_open(in, call, desc, NULL);
    const char **names = sdk_alloc(call, (desc->attrs.n + 1) * sizeof(*names));
    const iacp_value **values = sdk_alloc(call, (desc->attrs.n + 1) * sizeof(*values));
    int32_t status = IACP_OK;

    ctx.import_id = request->id;
    for (size_t i = 0; i < desc->attrs.n; i++) {
        const aws_attr *a = &desc->attrs.v[i];
        names[i] = a->name;
        values[i] = a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET ? aws_zero(call, a) : aws_null(call, a);
    }
    sdk_object state = { call, sdk_host->new_object(call, desc->attrs.n, names, values) };
    sdk_set(&state, "id", sdk_new_cstr(call, desc->import_id ? aws_expand(&ctx, desc->import_id) : request->id));
    if (desc->hooks && desc->hooks->import) {
        status = desc->hooks->import(&ctx, &state);
    }
    iacp_imported *object = sdk_alloc(call, sizeof(*object));
    const iacp_imported **list = sdk_alloc(call, 2 * sizeof(*list));
    *object = (iacp_imported){ .size = sizeof(*object), .type = desc->name,
                               .state = sdk_host->convert(call, state.value, sdk_type(desc->type_json)) };
    list[0] = object;
    request->ret_objects = list;
    request->ret_count = 1;
    aws_ctx_close(&ctx);
    return status;
}

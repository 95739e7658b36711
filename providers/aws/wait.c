/* Waiting for an object to reach a state. */
#include "providers/aws/resource.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_POLL_MS 200
#define LAST_POLL_MS 5000

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds in a duration as Go writes it ("1h30m", "90s"); 0 when it is none. */
static long duration(const char *text)
{
    double total = 0;

    while (*text) {
        char *end;
        double n = strtod(text, &end);
        if (end == text || n < 0) {
            return 0;
        }
        double unit = strncmp(end, "ms", 2) == 0 ? 0.001 : *end == 'h' ? 3600 : *end == 'm' ? 60 : *end == 's' ? 1 : 0;
        if (unit == 0) {
            return 0;
        }
        total += n * unit;
        text = end + (strncmp(end, "ms", 2) == 0 ? 2 : 1);
    }
    return total < 1 ? total > 0 : total > 1e8 ? 100000000 : (long)total;
}

long aws_timeout(aws_ctx *ctx, const char *name, long otherwise)
{
    sdk_val timeouts = sdk_get(ctx->state, "timeouts");
    const char *text = sdk_is_set(timeouts) ? sdk_cstr(sdk_get(timeouts, name), NULL) : NULL;
    long given = text ? duration(text) : 0;

    return given ? given : otherwise;
}

bool aws_should_retry(const aws_desc *desc, aws_verb verb, const aws_error *error, long *ret_seconds)
{
    for (size_t i = 0; i < desc->retries.n; i++) {
        const aws_retry *r = &desc->retries.v[i];
        if (r->verb == verb && strcmp(r->code, error->code) == 0 &&
            (!r->message || strstr(error->message, r->message))) {
            *ret_seconds = r->seconds;
            return true;
        }
    }
    return false;
}

static bool is_one(const aws_words *words, const char *text)
{
    for (size_t i = 0; i < words->n; i++) {
        if (strcmp(words->v[i], text) == 0) {
            return true;
        }
    }
    return false;
}

typedef enum verdict { WAIT_ON, WAIT_DONE, WAIT_FAILED } verdict;

static verdict poll(aws_ctx *ctx, const aws_step *s, const char *doing, const char **ret_status)
{
    aws_error error;
    json_t *answer = aws_run_step(ctx, s, NULL, &error);

    if (!answer && !aws_is_not_found(ctx->desc, &error)) {
        aws_diagnose(ctx->call, ctx->desc->service, s->op, &error, doing);
        return WAIT_FAILED;
    }
    json_t *status = answer ? aws_tree_get(answer, s->path) : NULL;
    *ret_status = status ? json_string_value(status) : NULL;
    if (!*ret_status) {
        *ret_status = "";
        if (s->not_found_is_target) {
            return WAIT_DONE;
        }
        if (s->not_found_is_pending) {
            return WAIT_ON;
        }
        sdk_error(ctx->call, NULL, sdk_printf(ctx->call, "%s: couldn't find resource", doing), NULL);
        return WAIT_FAILED;
    }
    if (is_one(&s->target, *ret_status)) {
        return WAIT_DONE;
    }
    if (s->pending.n == 0 || is_one(&s->pending, *ret_status)) {
        return WAIT_ON;
    }
    sdk_error(ctx->call, NULL,
              sdk_printf(ctx->call, "%s: unexpected state '%s', wanted target '%s'", doing, *ret_status,
                         s->target.n ? s->target.v[0] : ""),
              NULL);
    return WAIT_FAILED;
}

static int32_t wait_for(aws_ctx *ctx, const aws_step *s, const char *timeout_name, const char *doing)
{
    long limit = aws_timeout(ctx, timeout_name, s->timeout_seconds ? s->timeout_seconds : 600);
    double start = now();
    uint64_t delay = FIRST_POLL_MS;

    for (;;) {
        const char *status = "";
        verdict v = poll(ctx, s, doing, &status);
        if (v != WAIT_ON) {
            return v == WAIT_DONE ? IACP_OK : IACP_ERROR;
        }
        if (now() - start > (double)limit) {
            return sdk_error(ctx->call, NULL,
                             sdk_printf(ctx->call,
                                        "%s: timeout while waiting for state to become '%s' "
                                        "(last state: '%s', timeout: %lds)",
                                        doing, s->target.n ? s->target.v[0] : "", status, limit),
                             NULL);
        }
        sdk_host->progress(ctx->call,
                           sdk_printf(ctx->call, "%s is %s", ctx->desc->label, status[0] ? status : "not yet found"));
        if (sdk_host->wait(ctx->call, delay)) {
            return sdk_error(ctx->call, NULL, sdk_printf(ctx->call, "%s: interrupted", doing), NULL);
        }
        delay = delay * 2 < LAST_POLL_MS ? delay * 2 : LAST_POLL_MS;
    }
}

int32_t aws_wait(aws_ctx *ctx, aws_verb verb, const char *doing)
{
    const char *name = verb == AWS_V_WAIT_CREATE ? "create" : verb == AWS_V_WAIT_UPDATE ? "update" : "delete";

    for (size_t i = 0; i < ctx->desc->steps.n; i++) {
        const aws_step *s = &ctx->desc->steps.v[i];
        if (s->verb == verb && aws_condition(ctx, s->when) && wait_for(ctx, s, name, doing) != IACP_OK) {
            return IACP_ERROR;
        }
    }
    return IACP_OK;
}

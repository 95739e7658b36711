/* A provider for tests of the host: every function of the ABI, and, where the attribute "misbehave" asks for it, every
 * mistake that a provider can make. It is built as a shared object by tests/provider/run.sh, and into
 * tests/unit/test_host_calls.c. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* nanosleep, SIGKILL */
#endif
#include "providers/abi/iac_provider.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef TEST_ABI_MAJOR
#define TEST_ABI_MAJOR IACP_ABI_MAJOR
#endif

static const iacp_host *h;
static atomic_int running, most_running, read_many_calls;

static const char thing_schema[] =
    "{\"version\":2,\"block\":{\"attributes\":{"
    "\"id\":{\"type\":\"string\",\"computed\":true},"
    "\"name\":{\"type\":\"string\",\"required\":true},"
    "\"size\":{\"type\":\"number\",\"optional\":true},"
    "\"tags\":{\"type\":[\"map\",\"string\"],\"optional\":true},"
    "\"secret\":{\"type\":\"string\",\"optional\":true,\"write_only\":true,\"sensitive\":true},"
    "\"polls\":{\"type\":\"number\",\"optional\":true},"
    "\"misbehave\":{\"type\":\"string\",\"optional\":true}}}}";

static const char data_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{"
    "\"name\":{\"type\":\"string\",\"required\":true},"
    "\"misbehave\":{\"type\":\"string\",\"optional\":true},"
    "\"upper\":{\"type\":\"string\",\"computed\":true}}}}";

static const char ephemeral_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{\"token\":{\"type\":\"string\",\"computed\":true}}}}";

static const char lease_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{"
    "\"renew_after_ms\":{\"type\":\"number\",\"optional\":true},"
    "\"misbehave\":{\"type\":\"string\",\"optional\":true},"
    "\"token\":{\"type\":\"string\",\"computed\":true}}}}";

static const char own_schema[] =
    "{\"version\":0,\"block\":{\"attributes\":{\"greeting\":{\"type\":\"string\",\"optional\":true}}}}";

static const char function_schema[] =
    "{\"summary\":\"Joins texts\",\"return_type\":\"string\","
    "\"parameters\":[{\"name\":\"first\",\"type\":\"string\"}],"
    "\"variadic_parameter\":{\"name\":\"more\",\"type\":\"string\"}}";

struct instance {
    char greeting[64];
};

static int32_t fail(iacp_call *call, const char *path, const char *summary, const char *detail)
{
    iacp_diagnostic d = {
        .size = sizeof(d),
        .severity = IACP_SEVERITY_ERROR,
        .summary = summary,
        .detail = detail,
        .path = path,
    };
    h->diagnostic(call, &d);
    return IACP_ERROR;
}

static const char *text(const iacp_value *object, const char *name)
{
    const iacp_value *v = h->get(object, name);
    return v && h->state(v) == IACP_KNOWN ? h->string(v, NULL) : "";
}

static int misbehaves(const iacp_value *object, const char *how)
{
    return strcmp(text(object, "misbehave"), how) == 0;
}

static const iacp_value *str(iacp_call *call, const char *s)
{
    return h->new_string(call, s, strlen(s));
}

static const iacp_value *no_texts(iacp_call *call)
{
    return h->new_list(call, h->type_parse("\"string\""), 0, NULL);
}

static const iacp_value *unknown_text(iacp_call *call)
{
    return h->unknown(call, h->type_parse("\"string\""));
}

static const char *const *type_names(uint32_t kind)
{
    static const char *const resources[] = { "test_thing", "test_broken", NULL };
    static const char *const data[] = { "test_upper", NULL };
    static const char *const ephemeral[] = { "test_lease", "test_token", NULL };
    static const char *const functions[] = { "join", NULL };
    return kind == IACP_SCHEMA_RESOURCE    ? resources
           : kind == IACP_SCHEMA_DATA      ? data
           : kind == IACP_SCHEMA_EPHEMERAL ? ephemeral
           : kind == IACP_SCHEMA_FUNCTION  ? functions
                                           : NULL;
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    (void)call;
    switch (kind) {
    case IACP_SCHEMA_PROVIDER:
        return own_schema;
    case IACP_SCHEMA_RESOURCE:
        return strcmp(type, "test_thing") == 0 ? thing_schema : "{\"block\":";
    case IACP_SCHEMA_DATA:
        return data_schema;
    case IACP_SCHEMA_EPHEMERAL:
        return strcmp(type, "test_lease") == 0 ? lease_schema : ephemeral_schema;
    default:
        return function_schema;
    }
}

static void *volatile nowhere;

static int overflow(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    return n ? overflow(n + 1) + room[0] : 0;
}

static void *fault(void *arg)
{
    (void)arg;
    *(volatile int *)nowhere = 1;
    return NULL;
}

/* Breaks down in a thread of its own. */
static void fault_aside(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, fault, NULL) == 0)
        pthread_join(thread, NULL);
}

/* Takes the whole process along where `how` is "WHERE_" and the way: in what a fault would be, but without a word (crash),
 * by a fault, or by ending it. */
static void break_down(const char *how, const char *where)
{
    size_t n = strlen(where);
    if (strncmp(how, where, n) != 0 || how[n] != '_')
        return;
    how += n + 1;
    if (strcmp(how, "crash") == 0)
        raise(SIGKILL);
    if (strcmp(how, "segv") == 0)
        fault(NULL);
    if (strcmp(how, "aside") == 0)
        fault_aside();
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "overflow") == 0)
        overflow(1);
    if (strcmp(how, "exit") == 0)
        exit(3);
}

static int32_t open_instance(iacp_call *call, void **ret_instance)
{
    (void)call;
    *ret_instance = calloc(1, sizeof(struct instance));
    return *ret_instance ? IACP_OK : fail(call, NULL, "Out of memory", NULL);
}

static int32_t configure(void *instance, iacp_call *call, iacp_configure *request)
{
    struct instance *self = instance;
    break_down(text(request->config, "greeting"), "configure");
    if (strcmp(text(request->config, "greeting"), "bad") == 0)
        return fail(call, "greeting", "Bad greeting", "Say something else.");
    snprintf(self->greeting, sizeof(self->greeting), "%s", text(request->config, "greeting"));
    return IACP_OK;
}

static void misbehave_within(iacp_call *call, const iacp_value *object, const char *where);

static void close_instance(void *instance)
{
    const struct instance *self = instance;
    while (strcmp(self->greeting, "close_deaf") == 0)
        pause();
    free(instance);
}

static int32_t validate(void *instance, iacp_call *call, iacp_validate *request)
{
    (void)instance;
    if (request->kind == IACP_SCHEMA_RESOURCE) {
        h->log(call, IACP_LOG_DEBUG, "checking");
        misbehave_within(call, request->config, "validate");
    }
    if (request->kind == IACP_SCHEMA_RESOURCE && strcmp(text(request->config, "name"), "invalid") == 0)
        return fail(call, "tags[\"a\"]", "Invalid name", "Take another.");
    return IACP_OK;
}

/* Does not come back before it is told to give up; 1 when it was. */
static void hang(iacp_call *call)
{
    while (!h->wait(call, 1000))
        ;
}

/* Does not come back whatever it is told. */
static void be_deaf(void)
{
    for (;;) {
        struct timespec pause = { 1, 0 };
        nanosleep(&pause, NULL);
    }
}

/* What any call can do wrong: does not come back, or breaks down. */
static void misbehave_within(iacp_call *call, const iacp_value *object, const char *where)
{
    char how[64];
    snprintf(how, sizeof(how), "%s_hang", where);
    if (misbehaves(object, how))
        hang(call);
    snprintf(how, sizeof(how), "%s_deaf", where);
    if (misbehaves(object, how))
        be_deaf();
    break_down(text(object, "misbehave"), where);
}

static int32_t upgrade(void *instance, iacp_call *call, iacp_upgrade *request)
{
    (void)instance;
    const iacp_value *old = h->from_json(call, request->state_json.p, request->state_json.n, NULL);
    if (!old)
        return fail(call, NULL, "Bad state", "It is not JSON.");
    misbehave_within(call, old, "upgrade");
    if (misbehaves(old, "upgrade_error"))
        return fail(call, NULL, "Too old", "Nobody remembers what it meant.");
    if (misbehaves(old, "upgrade_nothing"))
        return IACP_OK;
    if (misbehaves(old, "upgrade_type")) {
        request->ret_state = h->with(call, old, "tags", str(call, "none"));
        return IACP_OK;
    }
    if (misbehaves(old, "upgrade_unknown")) {
        request->ret_state = h->with(call, old, "size", h->unknown(call, h->type_parse("\"number\"")));
        return IACP_OK;
    }
    request->ret_state = h->with(call, old, "size", h->new_int64(call, request->from_version));
    return IACP_OK;
}

/* ---- read ---- */

static int32_t read_one(iacp_call *call, iacp_read *request)
{
    const char *name = text(request->state, "name");
    if (strcmp(name, "gone") == 0)
        return IACP_OK;
    misbehave_within(call, request->state, "read");
    if (misbehaves(request->state, "read_unknown")) {
        request->ret_state = h->with(call, request->state, "size", h->unknown(call, h->type_parse("\"number\"")));
        return IACP_OK;
    }
    if (misbehaves(request->state, "read_identity")) {
        request->ret_state = h->with(call, request->state, "id", str(call, "another"));
        return IACP_OK;
    }
    if (misbehaves(request->state, "read_secret")) {
        request->ret_state = h->with(call, request->state, "secret", str(call, "s"));
        return IACP_OK;
    }
    if (misbehaves(request->state, "read_silent"))
        return IACP_ERROR;
    if (misbehaves(request->state, "read_error")) {
        iacp_diagnostic d = {
            .size = sizeof(d),
            .severity = IACP_SEVERITY_ERROR,
            .summary = "reading the thing",
            .detail = "The thing is not well.",
            .code = "InvalidThing.NotFound",
            .request_id = "req-1",
            .http_status = 400,
        };
        h->diagnostic(call, &d);
        return IACP_ERROR;
    }
    if (misbehaves(request->state, "read_type")) {
        request->ret_state = h->with(call, request->state, "tags", h->new_bool(call, 1));
        return IACP_OK;
    }
    if (misbehaves(request->state, "read_extra")) {
        request->ret_state = h->with(call, request->state, "colour", str(call, "red"));
        return IACP_OK;
    }
    request->ret_state = request->state;
    request->ret_private = (iacp_bytes){ "seen", 4 };
    return IACP_OK;
}

static int32_t read_resource(void *instance, iacp_call *call, iacp_read *request)
{
    (void)instance;
    int now = atomic_fetch_add(&running, 1) + 1, most = atomic_load(&most_running);
    while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
        ;
    if (misbehaves(request->state, "slow"))
        h->wait(call, 20);
    int32_t status = read_one(call, request);
    atomic_fetch_sub(&running, 1);
    return status;
}

static int32_t read_many(void *instance, iacp_call *call, const char *type, iacp_read *const *requests, size_t count)
{
    (void)instance;
    (void)type;
    atomic_fetch_add(&read_many_calls, 1);
    for (size_t i = 0; i < count; i++) {
        if (misbehaves(requests[i]->state, "whole_error"))
            return fail(call, NULL, "Listing failed", "No list today.");
        requests[i]->ret_status = read_one(requests[i]->call, requests[i]);
    }
    return IACP_OK;
}

/* ---- plan and apply ---- */

static int32_t plan_thing(void *instance, iacp_call *call, iacp_plan *request)
{
    static const char *const replace[] = { "name" };
    static const char *const malformed[] = { "name[" };
    static const char *const nonsense[] = { "no_such", "tags[\"missing\"]", "size.deeper.still", "name[99999999999]",
                                            "name[\"\\xff\"]", "" };
    const iacp_value *proposed = request->proposed;

    (void)instance;
    if (h->state(proposed) == IACP_NULL) {
        request->ret_note = "will be missed";
        if (misbehaves(request->prior, "destroy_plan"))
            request->ret_planned = request->prior;
        return IACP_OK;
    }
    break_down(text(proposed, "misbehave"), "plan");
    request->ret_planned = proposed;
    request->ret_private = (iacp_bytes){ "planned", 7 };
    request->ret_reversible = IACP_REVERSIBLE_FULLY;
    if (request->provider_unconfigured)
        request->ret_note = "offline";
    if (h->state(request->prior) != IACP_NULL && !h->equal(h->get(request->prior, "name"), h->get(proposed, "name"))) {
        request->ret_requires_replace = replace;
        request->ret_requires_replace_count = 1;
    }
    if (misbehaves(proposed, "want_secret") && !*text(request->config, "secret"))
        return fail(call, "secret", "No secret", "The plan was not told the secret.");
    if (misbehaves(proposed, "secret_replaces")) {
        static const char *const secret[] = { "secret" };
        request->ret_requires_replace = secret;
        request->ret_requires_replace_count = 1;
    }
    if (misbehaves(proposed, "plan_secret"))
        request->ret_planned = h->with(call, proposed, "secret", str(call, "s"));
    if (misbehaves(proposed, "plan_path")) {
        request->ret_requires_replace = malformed;
        request->ret_requires_replace_count = 1;
    }
    if (misbehaves(proposed, "plan_type"))
        request->ret_planned = h->with(call, proposed, "size", str(call, "many"));
    if (misbehaves(proposed, "plan_changed"))
        request->ret_planned = h->with(call, proposed, "name", str(call, "another"));
    if (misbehaves(proposed, "plan_computed"))
        request->ret_planned = h->with(call, proposed, "size", h->unknown(call, h->type_parse("\"number\"")));
    if (misbehaves(proposed, "plan_extra"))
        request->ret_planned = h->with(call, proposed, "colour", str(call, "red"));
    if (misbehaves(proposed, "plan_nonsense")) {
        request->ret_requires_replace = nonsense;
        request->ret_requires_replace_count = sizeof(nonsense) / sizeof(nonsense[0]);
    }
    if (misbehaves(proposed, "plan_error"))
        return fail(call, "tags[\"no such\"].deeper", "Not like this", "Plan something else.");
    if (misbehaves(proposed, "plan_nothing"))
        request->ret_planned = NULL;
    if (misbehaves(proposed, "silent"))
        return IACP_ERROR;
    if (misbehaves(proposed, "ok_with_error"))
        fail(call, NULL, "An error", "and yet fine");
    if (misbehaves(proposed, "defer")) {
        request->ret_planned = NULL;
        request->ret_deferred = IACP_DEFERRED_ABSENT_PREREQUISITE;
    }
    return IACP_OK;
}

enum { HUGE_TEXT = 8 << 20 };

static int32_t finish(iacp_call *call, iacp_apply *request)
{
    const iacp_value *state = request->planned;

    if (misbehaves(state, "apply_deaf"))
        be_deaf();
    break_down(h->state(state) == IACP_NULL ? text(request->prior, "misbehave") : "", "destroy");
    break_down(text(state, "misbehave"), "apply");
    if (misbehaves(state, "apply_hang")) {
        hang(call);
        return fail(call, NULL, "Given up", "It was not to be.");
    }
    if (misbehaves(state, "apply_late"))
        hang(call); /* and then answers all the same */

    if (h->state(state) == IACP_NULL && misbehaves(request->prior, "destroy_object")) {
        request->ret_state = request->prior;
        return IACP_OK;
    }
    if (h->state(state) == IACP_NULL)
        return misbehaves(request->prior, "destroy_error") ? fail(call, NULL, "In use", "Somebody uses it.") : IACP_OK;
    if (misbehaves(state, "want_secret") && strcmp(text(request->config, "secret"), "lease-secret") != 0)
        return fail(call, "secret", "No secret", "The apply was not told the secret.");
    if (misbehaves(state, "apply_error"))
        return fail(call, "name", "Refused", "The server said no.");
    if (misbehaves(state, "apply_unknown")) {
        request->ret_state = state;
        return IACP_OK;
    }
    if (misbehaves(state, "apply_nothing"))
        return IACP_OK;
    state = h->with(call, state, "id", str(call, request->token));
    if (misbehaves(state, "apply_changed"))
        state = h->with(call, state, "name", str(call, "another"));
    if (misbehaves(state, "apply_missing"))
        state = h->with(call, state, "size", h->null(call, h->type_parse("\"number\"")));
    if (misbehaves(state, "apply_type"))
        state = h->with(call, state, "tags", str(call, "none"));
    if (misbehaves(state, "apply_bytes"))
        state = h->with(call, state, "id", h->new_string(call, "\xff\xfe \0 \xc3", 6));
    if (misbehaves(state, "apply_huge")) {
        char *many = h->alloc(call, HUGE_TEXT);
        memset(many, 'x', HUGE_TEXT);
        state = h->with(call, state, "id", h->new_string(call, many, HUGE_TEXT));
    }
    if (misbehaves(state, "apply_secret"))
        state = h->with(call, state, "secret", str(call, "s"));
    request->ret_state = state;
    if (misbehaves(state, "apply_half"))
        return fail(call, NULL, "Half done", "It was made, but has no roof.");
    return IACP_OK;
}

/* Pending data is the number of polls left, as text. */
static int32_t pend(iacp_call *call, iacp_apply *request, int64_t left)
{
    char *bytes = h->alloc(call, 24);
    snprintf(bytes, 24, "%lld", (long long)left);
    h->progress(call, bytes);
    request->ret_pending = (iacp_bytes){ bytes, strlen(bytes) };
    request->ret_poll_after_ms = 1;
    return IACP_OK;
}

static int32_t apply(void *instance, iacp_call *call, iacp_apply *request)
{
    int64_t polls = 0;
    const iacp_value *v = h->get(request->planned, "polls");

    (void)instance;
    h->log(call, IACP_LOG_DEBUG, "applying");
    if (v && h->int64(v, &polls) && polls > 0)
        return pend(call, request, polls);
    return finish(call, request);
}

static int32_t apply_poll(void *instance, iacp_call *call, iacp_apply *request)
{
    char number[24] = "";
    (void)instance;
    memcpy(number, request->pending.p, request->pending.n < 23 ? request->pending.n : 23);
    int64_t left = strtoll(number, NULL, 10) - 1;
    return left > 0 ? pend(call, request, left) : finish(call, request);
}

static int32_t find(void *instance, iacp_call *call, iacp_find *request)
{
    (void)instance;
    request->ret_found = IACP_FOUND_CERTAIN;
    request->ret_state = h->with(call, request->planned, "id", str(call, request->token));
    return IACP_OK;
}

static int32_t import_thing(void *instance, iacp_call *call, iacp_import *request)
{
    const char *names[] = { "id", "name" };
    const iacp_value *items[] = { str(call, request->id), str(call, "imported") };
    iacp_imported *object = h->alloc(call, sizeof(*object));
    const iacp_imported **list = h->alloc(call, sizeof(*list));

    (void)instance;
    break_down(request->id, "import");
    if (strcmp(request->id, "none") == 0)
        return IACP_OK;
    if (strcmp(request->id, "error") == 0)
        return fail(call, NULL, "Import refused", "It belongs to somebody else.");
    if (strcmp(request->id, "hang") == 0)
        hang(call);
    if (strcmp(request->id, "deaf") == 0)
        be_deaf();
    if (strcmp(request->id, "type") == 0)
        names[1] = "tags";
    if (strcmp(request->id, "extra") == 0)
        names[1] = "colour";
    if (strcmp(request->id, "unknown") == 0)
        items[1] = unknown_text(call);
    if (strcmp(request->id, "other") == 0)
        object->type = "test_upper";
    object->size = sizeof(*object);
    if (strcmp(request->id, "missing") != 0)
        object->state = h->new_object(call, 2, names, items);
    list[0] = object;
    request->ret_objects = list;
    request->ret_count = 1;
    return IACP_OK;
}

static int32_t move(void *instance, iacp_call *call, iacp_move *request)
{
    (void)instance;
    if (strcmp(request->source_type, "test_old") != 0)
        return fail(call, NULL, "Cannot move", "From that type, no.");
    request->ret_state = h->from_json(call, request->source_state_json.p, request->source_state_json.n, NULL);
    return IACP_OK;
}

/* ---- the rest ---- */

static int32_t read_data(void *instance, iacp_call *call, iacp_read_data *request)
{
    struct instance *self = instance;
    char upper[128];
    size_t n = 0;

    if (strcmp(text(request->config, "name"), "later") == 0) {
        request->ret_deferred = IACP_DEFERRED_ABSENT_PREREQUISITE;
        return IACP_OK;
    }
    if (strcmp(text(request->config, "name"), "null") == 0)
        return IACP_OK;
    misbehave_within(call, request->config, "data");
    if (misbehaves(request->config, "data_error"))
        return fail(call, "name", "Not to be read", "The server is asleep.");
    if (misbehaves(request->config, "data_silent"))
        return IACP_ERROR;
    if (misbehaves(request->config, "data_type")) {
        request->ret_state = h->with(call, request->config, "upper", no_texts(call));
        return IACP_OK;
    }
    if (misbehaves(request->config, "data_extra")) {
        request->ret_state = h->with(call, request->config, "colour", str(call, "red"));
        return IACP_OK;
    }
    if (misbehaves(request->config, "data_unknown")) {
        request->ret_state = h->with(call, request->config, "upper", unknown_text(call));
        return IACP_OK;
    }
    for (const char *c = text(request->config, "name"); *c && n < sizeof(upper) - 1; c++)
        upper[n++] = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    upper[n] = '\0';
    char *all = h->alloc(call, 256);
    snprintf(all, 256, "%s%s", self->greeting, upper);
    request->ret_state = h->with(call, request->config, "upper", str(call, all));
    return IACP_OK;
}

/* A lease remembers how it is to misbehave: "refuse" to open, "lapse" at the renewal, "stuck" when closed; with
 * "renewed", that it must have been renewed when it is closed; with "again", that it is renewed again and again. */
static int32_t open_lease(iacp_call *call, iacp_ephemeral *request)
{
    const char *how = text(request->config, "misbehave");
    const iacp_value *after = h->get(request->config, "renew_after_ms");
    int64_t ms = 0;

    misbehave_within(call, request->config, "open");
    if (strcmp(how, "refuse") == 0)
        return fail(call, "misbehave", "No lease", "The server gives none.");
    if (strcmp(how, "open_nothing") == 0)
        return IACP_OK;
    if (strcmp(how, "open_type") == 0) {
        request->ret_result = h->with(call, request->config, "token", no_texts(call));
        return IACP_OK;
    }
    if (strcmp(how, "open_unknown") == 0) {
        request->ret_result = h->with(call, request->config, "token", unknown_text(call));
        return IACP_OK;
    }
    char *copy = h->alloc(call, strlen(how) + 1);
    memcpy(copy, how, strlen(how));
    request->ret_result = h->with(call, request->config, "token", str(call, "lease-secret"));
    request->ret_private = (iacp_bytes){ copy, strlen(copy) };
    if (after && h->int64(after, &ms))
        request->ret_renew_after_ms = (uint64_t)ms;
    return IACP_OK;
}

static int lease_is(const iacp_ephemeral *request, const char *how)
{
    return request->private_data.n == strlen(how) && memcmp(request->private_data.p, how, strlen(how)) == 0;
}

static int32_t open_ephemeral(void *instance, iacp_call *call, iacp_ephemeral *request)
{
    (void)instance;
    if (strcmp(request->type, "test_lease") == 0)
        return open_lease(call, request);
    request->ret_result = h->with(call, request->config, "token", str(call, "t-1"));
    request->ret_private = (iacp_bytes){ "1", 1 };
    request->ret_renew_after_ms = 1000;
    return IACP_OK;
}

static int32_t renew_ephemeral(void *instance, iacp_call *call, iacp_ephemeral *request)
{
    (void)instance;
    if (strcmp(request->type, "test_lease") == 0) {
        if (lease_is(request, "renew_segv"))
            break_down("renew_segv", "renew");
        if (lease_is(request, "renew_hang"))
            hang(call);
        if (lease_is(request, "renew_deaf"))
            be_deaf();
        if (lease_is(request, "lapse"))
            return fail(call, NULL, "Lease lapsed", "It cannot be renewed.");
        if (lease_is(request, "again")) {
            request->ret_private = (iacp_bytes){ "again", 5 };
            request->ret_renew_after_ms = 1;
            return IACP_OK;
        }
        request->ret_private = (iacp_bytes){ "done", 4 };
        return IACP_OK;
    }
    request->ret_private = (iacp_bytes){ "2", 1 };
    return IACP_OK;
}

static int32_t close_ephemeral(void *instance, iacp_call *call, iacp_ephemeral *request)
{
    (void)instance;
    if (lease_is(request, "close_segv"))
        break_down("close_segv", "close");
    if (lease_is(request, "close_deaf"))
        be_deaf();
    if (strcmp(request->type, "test_lease") == 0)
        return lease_is(request, "stuck")     ? fail(call, NULL, "Lease stuck", "It cannot be given back.")
               : lease_is(request, "renewed") ? fail(call, NULL, "Lease not renewed", "It ran out.")
                                              : IACP_OK;
    if (request->private_data.n != 1 || *(const char *)request->private_data.p != '2')
        return fail(call, NULL, "Not renewed", NULL);
    return IACP_OK;
}

static int32_t call_function(void *instance, iacp_call *call, iacp_function *request)
{
    char all[256] = "";
    (void)instance;
    for (size_t i = 0; i < request->argument_count; i++) {
        const char *part = h->string(request->arguments[i], NULL);
        break_down(part, "function");
        if (strcmp(part, "bad") == 0) {
            request->ret_error_argument = (uint32_t)i + 1;
            return fail(call, NULL, "Bad argument", "no bad words");
        }
        if (strcmp(part, "nothing") == 0)
            return IACP_OK;
        if (strcmp(part, "silent") == 0)
            return IACP_ERROR;
        if (strcmp(part, "type") == 0) {
            request->ret_result = h->new_bool(call, 1);
            return IACP_OK;
        }
        if (strcmp(part, "list") == 0) {
            request->ret_result = no_texts(call);
            return IACP_OK;
        }
        if (strcmp(part, "unknown") == 0) {
            request->ret_result = unknown_text(call);
            return IACP_OK;
        }
        strncat(all, part, sizeof(all) - strlen(all) - 1);
    }
    request->ret_result = str(call, all);
    return IACP_OK;
}

static int32_t equivalent(void *instance, iacp_call *call, iacp_equivalent *request)
{
    (void)instance;
    (void)call;
    const char *a = h->string(request->a, NULL), *b = h->string(request->b, NULL);
    request->ret_equal = strcmp(request->path, "name") == 0 && (*a | 32) == (*b | 32);
    return IACP_OK;
}

static const char *rate_class(void *instance, const char *type, uint32_t operation, uint32_t *ret_limit)
{
    (void)instance;
    (void)type;
    if (operation != IACP_OP_READ)
        return NULL;
    *ret_limit = 2;
    return "test:read";
}

static const iacp_provider table = {
    .size = sizeof(iacp_provider),
    .abi_major = IACP_ABI_MAJOR,
    .abi_minor = IACP_ABI_MINOR,
    .capabilities = IACP_CAN_PLAN_DESTROY,
    .name = "test",
    .version = "9.9.9",
    .type_names = type_names,
    .schema = schema,
    .open = open_instance,
    .configure = configure,
    .close = close_instance,
    .read = read_resource,
#ifndef TEST_NO_PLAN
    .plan = plan_thing,
#endif
    .apply = apply,
    .read_data = read_data,
    .validate = validate,
    .upgrade = upgrade,
    .import = import_thing,
    .move = move,
    .apply_poll = apply_poll,
    .read_many = read_many,
    .find = find,
    .equivalent = equivalent,
    .open_ephemeral = open_ephemeral,
    .renew_ephemeral = renew_ephemeral,
    .close_ephemeral = close_ephemeral,
    .call_function = call_function,
    .rate_class = rate_class,
};

const iacp_magic *iac_provider_magic(void)
{
    static const iacp_magic magic = {
        sizeof(iacp_magic), TEST_ABI_MAJOR, IACP_ABI_MINOR, sizeof(void *), IACP_MAGIC_TAG,
    };
    return &magic;
}

#ifdef TEST_NO_ENTRY
#define iac_provider_entry test_entry /* the symbol that the host asks for is missing */
const iacp_provider *test_entry(const iacp_host *host);
#endif

const iacp_provider *iac_provider_entry(const iacp_host *host)
{
    h = host;
#ifdef TEST_NO_PLAN
    (void)plan_thing;
#endif
    return &table;
}

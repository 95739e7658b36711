/* A provider for fault tests: slow_file makes a file after `delay` milliseconds, and removes it again; then it takes
 * another `linger` milliseconds. What exists can so be compared with what the state says. The file is `path`, or with
 * `unique` has the operation's token behind that, so that one made twice is seen. `id` is its name. `fail` makes the
 * creation an error; before all that, a creation waits until the file `gate` is there. */
#define _DEFAULT_SOURCE /* usleep */
#include "providers/abi/iac_provider.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const iacp_host *h;

static const char schema_text[] = "{\"version\":0,\"block\":{\"attributes\":{"
                                  "\"id\":{\"type\":\"string\",\"computed\":true},"
                                  "\"path\":{\"type\":\"string\",\"required\":true},"
                                  "\"unique\":{\"type\":\"bool\",\"optional\":true},"
                                  "\"delay\":{\"type\":\"number\",\"optional\":true},"
                                  "\"linger\":{\"type\":\"number\",\"optional\":true},"
                                  "\"gate\":{\"type\":\"string\",\"optional\":true},"
                                  "\"fail\":{\"type\":\"bool\",\"optional\":true}}}}";

static int32_t fail(iacp_call *call, const char *summary, const char *detail)
{
    iacp_diagnostic d = { .size = sizeof(d), .severity = IACP_SEVERITY_ERROR, .summary = summary, .detail = detail };
    h->diagnostic(call, &d);
    return IACP_ERROR;
}

static const char *const *type_names(uint32_t kind)
{
    static const char *const resources[] = { "slow_file", NULL };
    return kind == IACP_SCHEMA_RESOURCE ? resources : NULL;
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    (void)call;
    return kind == IACP_SCHEMA_RESOURCE && strcmp(type, "slow_file") == 0 ? schema_text : NULL;
}

static int32_t open_instance(iacp_call *call, void **ret)
{
    static int nothing;
    (void)call;
    *ret = &nothing;
    return IACP_OK;
}

static int32_t configure(void *instance, iacp_call *call, iacp_configure *request)
{
    (void)instance;
    (void)call;
    (void)request;
    return IACP_OK;
}

static void close_instance(void *instance)
{
    (void)instance;
}

static int32_t read_file(void *instance, iacp_call *call, iacp_read *request)
{
    (void)instance;
    (void)call;
    const char *name = h->string(h->get(request->state, "id"), NULL);
    request->ret_state = access(name, F_OK) == 0 ? request->state : NULL;
    return IACP_OK;
}

static int32_t plan(void *instance, iacp_call *call, iacp_plan *request)
{
    static const char *const replace[] = { "path", "unique" };
    (void)instance;
    request->ret_planned = request->proposed;
    if (h->state(request->prior) == IACP_NULL)
        request->ret_planned = h->with(call, request->proposed, "id", h->unknown(call, h->type_parse("string")));
    request->ret_requires_replace = replace;
    request->ret_requires_replace_count = 2;
    return IACP_OK;
}

static int is_true(const iacp_value *object, const char *name)
{
    const iacp_value *v = h->get(object, name);
    return v && h->state(v) == IACP_KNOWN && h->boolean(v);
}

static uint64_t milliseconds(const iacp_value *object, const char *name)
{
    int64_t n = 0;
    const iacp_value *v = h->get(object, name);
    if (v && h->state(v) == IACP_KNOWN)
        h->int64(v, &n);
    return (uint64_t)n;
}

/* Waits for the gate, if the object has one. Not 0: cancelled. */
static int32_t pass_gate(iacp_call *call, const iacp_value *object)
{
    const iacp_value *v = h->get(object, "gate");
    if (!v || h->state(v) != IACP_KNOWN)
        return 0;
    while (access(h->string(v, NULL), F_OK) != 0) {
        if (h->wait(call, 20))
            return 1;
    }
    return 0;
}

/* The name of the file that the operation with this token makes. */
static void name_file(const iacp_value *object, const char *token, char *name, size_t size)
{
    const char *path = h->string(h->get(object, "path"), NULL);
    if (is_true(object, "unique"))
        snprintf(name, size, "%s.%s", path, token);
    else
        snprintf(name, size, "%s", path);
}

static int32_t apply(void *instance, iacp_call *call, iacp_apply *request)
{
    (void)instance;
    int destroys = h->state(request->planned) == IACP_NULL, creates = h->state(request->prior) == IACP_NULL;
    const iacp_value *object = destroys ? request->prior : request->planned;
    char name[4096];
    if ((creates && pass_gate(call, object)) || h->wait(call, milliseconds(object, "delay")))
        return fail(call, "Cancelled", "The file was neither made nor removed.");
    if (destroys) {
        unlink(h->string(h->get(object, "id"), NULL));
        usleep((useconds_t)milliseconds(object, "linger") * 1000);
        return IACP_OK;
    }
    if (is_true(object, "fail"))
        return fail(call, "Refused", "The file was asked to fail.");
    request->ret_state = object;
    if (creates) {
        name_file(object, request->token, name, sizeof(name));
        FILE *f = fopen(name, "w");
        if (!f || fclose(f) != 0)
            return fail(call, "Cannot make the file", name);
        request->ret_state = h->with(call, object, "id", h->new_string(call, name, strlen(name)));
    }
    usleep((useconds_t)milliseconds(object, "linger") * 1000);
    return IACP_OK;
}

static int32_t find(void *instance, iacp_call *call, iacp_find *request)
{
    char name[4096];
    (void)instance;
    request->ret_found = IACP_FOUND_UNKNOWN;
    if (h->state(request->prior) != IACP_NULL || h->state(request->planned) == IACP_NULL)
        return IACP_OK;
    name_file(request->planned, request->token, name, sizeof(name));
    request->ret_found = access(name, F_OK) == 0 ? IACP_FOUND_CERTAIN : IACP_FOUND_NOTHING;
    request->ret_state = h->with(call, request->planned, "id", h->new_string(call, name, strlen(name)));
    return IACP_OK;
}

IACP_EXPORT const iacp_magic *iac_provider_magic(void)
{
    static const iacp_magic magic = IACP_MAGIC_INIT;
    return &magic;
}

IACP_EXPORT const iacp_provider *iac_provider_entry(const iacp_host *host)
{
    static const iacp_provider table = {
        .size = sizeof(table), .abi_major = IACP_ABI_MAJOR, .abi_minor = IACP_ABI_MINOR,
        .name = "slow", .version = "1.0.0", .type_names = type_names, .schema = schema,
        .open = open_instance, .configure = configure, .close = close_instance,
        .read = read_file, .plan = plan, .apply = apply, .find = find,
    };
    h = host;
    return &table;
}

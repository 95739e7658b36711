/* A provider for fault tests: slow_file makes a file at `path` after `delay` milliseconds, and removes it again. What
 * exists can so be compared with what the state says. `fail` makes the creation an error. */
#include "providers/abi/iac_provider.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const iacp_host *h;

static const char schema_text[] = "{\"version\":0,\"block\":{\"attributes\":{"
                                  "\"id\":{\"type\":\"string\",\"computed\":true},"
                                  "\"path\":{\"type\":\"string\",\"required\":true},"
                                  "\"delay\":{\"type\":\"number\",\"optional\":true},"
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
    const char *path = h->string(h->get(request->state, "path"), NULL);
    request->ret_state = access(path, F_OK) == 0 ? request->state : NULL;
    return IACP_OK;
}

static int32_t plan(void *instance, iacp_call *call, iacp_plan *request)
{
    static const char *const replace[] = { "path" };
    (void)instance;
    request->ret_planned = request->proposed;
    if (h->state(request->prior) == IACP_NULL)
        request->ret_planned = h->with(call, request->proposed, "id", h->unknown(call, h->type_parse("string")));
    request->ret_requires_replace = replace;
    request->ret_requires_replace_count = 1;
    return IACP_OK;
}

static int32_t apply(void *instance, iacp_call *call, iacp_apply *request)
{
    (void)instance;
    int destroys = h->state(request->planned) == IACP_NULL;
    const iacp_value *object = destroys ? request->prior : request->planned;
    const char *path = h->string(h->get(object, "path"), NULL);
    int64_t delay = 0;
    const iacp_value *v = h->get(object, "delay");
    if (v && h->state(v) == IACP_KNOWN)
        h->int64(v, &delay);
    if (h->wait(call, (uint64_t)delay))
        return fail(call, "Cancelled", "The file was neither made nor removed.");
    if (destroys) {
        unlink(path);
        return IACP_OK;
    }
    v = h->get(object, "fail");
    if (v && h->state(v) == IACP_KNOWN && h->boolean(v))
        return fail(call, "Refused", "The file was asked to fail.");
    FILE *f = fopen(path, "w");
    if (!f || fclose(f) != 0)
        return fail(call, "Cannot make the file", path);
    request->ret_state = h->with(call, object, "id", h->new_string(call, path, strlen(path)));
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
        .read = read_file, .plan = plan, .apply = apply,
    };
    h = host;
    return &table;
}

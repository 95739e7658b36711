/* The provider "null": null_resource, which does nothing but exist, and null_data_source. */
#include "providers/sdk/plan.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

static const char resource_schema[] =
    "{\"version\":0,\"block\":{\"description\":\"A resource that does nothing: a place for provisioners and triggers.\","
    "\"attributes\":{"
    "\"id\":{\"type\":\"string\",\"computed\":true,"
    "\"description\":\"This is set to a random value at create time.\"},"
    "\"triggers\":{\"type\":[\"map\",\"string\"],\"optional\":true,"
    "\"description\":\"Any values; a change of one replaces the resource.\"}}}}";

static const char data_schema[] =
    "{\"version\":0,\"block\":{\"description\":\"Gives back what it is given. Local values do the same.\","
    "\"deprecated\":true,\"attributes\":{"
    "\"has_computed_default\":{\"type\":\"string\",\"optional\":true,\"computed\":true,"
    "\"description\":\"\\\"default\\\" where it is not set.\"},"
    "\"id\":{\"type\":\"string\",\"computed\":true,\"deprecated\":true,\"description\":\"Always \\\"static\\\".\"},"
    "\"inputs\":{\"type\":[\"map\",\"string\"],\"optional\":true,\"description\":\"Copied to outputs.\"},"
    "\"outputs\":{\"type\":[\"map\",\"string\"],\"computed\":true,\"description\":\"What inputs holds.\"},"
    "\"random\":{\"type\":\"string\",\"computed\":true,\"description\":\"A random number.\"}}}}";

static const char *const *type_names(uint32_t kind)
{
    static const char *const resources[] = { "null_resource", NULL };
    static const char *const data[] = { "null_data_source", NULL };
    return kind == IACP_SCHEMA_RESOURCE ? resources : kind == IACP_SCHEMA_DATA ? data : NULL;
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    (void)call;
    (void)type; /* there is one of each kind */
    return kind == IACP_SCHEMA_RESOURCE ? resource_schema : kind == IACP_SCHEMA_DATA ? data_schema : NULL;
}

/* A number of up to 63 bits as text; NULL with a diagnostic. */
static sdk_val random_number(iacp_call *call)
{
    uint64_t n;
    if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n)) {
        sdk_error(call, NULL, "Error generating a random number", "The operating system gave no random bytes.");
        return NULL;
    }
    return sdk_new_cstr(call, sdk_printf(call, "%" PRIu64, n >> 1));
}

static int32_t read_resource(void *instance, iacp_call *call, iacp_read *request)
{
    (void)instance;
    (void)call;
    request->ret_state = request->state;
    return IACP_OK;
}

static int32_t plan(void *instance, iacp_call *call, iacp_plan *request)
{
    static const char *const replace[] = { "triggers", NULL };

    (void)instance;
    sdk_requires_replace(call, request, request->proposed, replace);
    request->ret_planned = request->proposed;
    request->ret_reversible = IACP_REVERSIBLE_FULLY;
    return IACP_OK;
}

static int32_t apply(void *instance, iacp_call *call, iacp_apply *request)
{
    sdk_object object = { call, request->planned };

    (void)instance;
    if (sdk_is_null(request->planned))
        return IACP_OK;
    if (sdk_is_unknown(sdk_get(request->planned, "id"))) {
        sdk_val id = random_number(call);
        if (!id)
            return IACP_ERROR;
        sdk_set(&object, "id", id);
    }
    request->ret_state = object.value;
    return IACP_OK;
}

/* Nothing exists outside of the state: a change whose end is unknown made nothing. */
static int32_t find(void *instance, iacp_call *call, iacp_find *request)
{
    (void)instance;
    (void)call;
    request->ret_found = IACP_FOUND_NOTHING;
    return IACP_OK;
}

static int32_t read_data(void *instance, iacp_call *call, iacp_read_data *request)
{
    sdk_object object = sdk_object_from(call, request->config);
    sdk_val number = random_number(call);

    (void)instance;
    if (!number)
        return IACP_ERROR;
    sdk_set(&object, "id", sdk_new_cstr(call, "static"));
    sdk_set(&object, "random", number);
    sdk_set(&object, "outputs", sdk_get(request->config, "inputs"));
    if (!sdk_is_set(sdk_get(request->config, "has_computed_default")))
        sdk_set(&object, "has_computed_default", sdk_new_cstr(call, "default"));
    request->ret_state = object.value;
    return IACP_OK;
}

static const iacp_provider table = {
    .size = sizeof(iacp_provider),
    .abi_major = IACP_ABI_MAJOR,
    .abi_minor = IACP_ABI_MINOR,
    .name = "null",
    .version = "3.2.4", /* of the Terraform provider that this one follows */
    .type_names = type_names,
    .schema = schema,
    .read = read_resource,
    .plan = plan,
    .apply = apply,
    .read_data = read_data,
    .find = find,
};

SDK_PROVIDER(table);

/* The provider's table: one instance is one cluster. */
#include "providers/kubernetes/data.h"
#include "providers/kubernetes/functions.h"
#include "providers/kubernetes/plan.h"
#include "providers/kubernetes/read.h"
#include "providers/kubernetes/schema.h"
#include "providers/kubernetes/validate.h"
#include <string.h>

typedef struct instance {
    k8s_client *client; /* never NULL; one that is not configured refuses to send anything */
} instance;

static const char *const *type_names(uint32_t kind)
{
    return k8s_schema_names(kind);
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    (void)call;
    return k8s_schema(kind, type);
}

static int32_t open_instance(iacp_call *call, void **ret_instance)
{
    instance *self = iac_xcalloc(1, sizeof(*self));
    k8s_access nothing = { 0 };

    (void)call;
    self->client = k8s_client_new(&nothing);
    *ret_instance = self;
    return IACP_OK;
}

static int32_t configure(void *opaque, iacp_call *call, iacp_configure *request)
{
    instance *self = opaque;
    k8s_access access;
    iac_buf why;
    int32_t status = IACP_OK;
    json_t *settings = k8s_from_value(call, request->config);

    iac_buf_init(&why, 65536);
    if (k8s_access_resolve(settings, &k8s_real_surroundings, &access, &why)) {
        k8s_client_free(self->client);
        self->client = k8s_client_new(&access);
    } else {
        status = sdk_error(call, NULL, "Invalid Kubernetes provider configuration", "%s.", why.p);
    }
    iac_buf_clear(&why);
    json_decref(settings);
    return status;
}

static void close_instance(void *opaque)
{
    instance *self = opaque;

    if (self) {
        k8s_client_free(self->client);
        free(self);
    }
}

static int32_t read_resource(void *opaque, iacp_call *call, iacp_read *request)
{
    return k8s_read(((instance *)opaque)->client, call, request);
}

static int32_t read_many(void *opaque, iacp_call *call, const char *type, iacp_read *const *requests, size_t count)
{
    (void)type;
    return k8s_read_many(((instance *)opaque)->client, call, requests, count);
}

static int32_t plan(void *opaque, iacp_call *call, iacp_plan *request)
{
    return k8s_plan(((instance *)opaque)->client, call, request);
}

static int32_t apply(void *opaque, iacp_call *call, iacp_apply *request)
{
    return k8s_apply(((instance *)opaque)->client, call, request);
}

static int32_t read_data(void *opaque, iacp_call *call, iacp_read_data *request)
{
    return k8s_read_data(((instance *)opaque)->client, call, request);
}

static int32_t validate(void *opaque, iacp_call *call, iacp_validate *request)
{
    (void)opaque;
    return k8s_validate(call, request);
}

static int32_t import(void *opaque, iacp_call *call, iacp_import *request)
{
    return k8s_import(((instance *)opaque)->client, call, request);
}

static int32_t find(void *opaque, iacp_call *call, iacp_find *request)
{
    return k8s_find(((instance *)opaque)->client, call, request);
}

static int32_t call_function(void *opaque, iacp_call *call, iacp_function *request)
{
    (void)opaque;
    return k8s_call_function(call, request);
}

static const iacp_provider table = {
    .size = sizeof(iacp_provider),
    .abi_major = IACP_ABI_MAJOR,
    .abi_minor = IACP_ABI_MINOR,
    .name = "kubernetes",
    .version = "2.36.0", /* of the Terraform provider that this one follows */
    .type_names = type_names,
    .schema = schema,
    .open = open_instance,
    .configure = configure,
    .close = close_instance,
    .read = read_resource,
    .plan = plan,
    .apply = apply,
    .read_data = read_data,
    .validate = validate,
    .import = import,
    .read_many = read_many,
    .find = find,
    .call_function = call_function,
};

SDK_PROVIDER(table);

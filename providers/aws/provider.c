/* The provider's table. */
#include "providers/aws/codec.h"
#include "providers/aws/configure.h"
#include "providers/aws/functions.h"
#include "providers/aws/resource.h"
#include <libxml/parser.h>
#include <string.h>

#define CALLS_AT_ONCE 32

static const char *const *type_names(uint32_t kind)
{
    switch (kind) {
    case IACP_SCHEMA_RESOURCE:
        return aws_desc_names(false);
    case IACP_SCHEMA_DATA:
        return aws_desc_names(true);
    case IACP_SCHEMA_FUNCTION:
        return aws_function_names;
    default:
        return NULL;
    }
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    const aws_desc *desc = NULL;

    (void)call;
    switch (kind) {
    case IACP_SCHEMA_PROVIDER:
        desc = aws_desc_find("provider", false);
        break;
    case IACP_SCHEMA_RESOURCE:
    case IACP_SCHEMA_DATA:
        desc = strcmp(type, "provider") != 0 ? aws_desc_find(type, kind == IACP_SCHEMA_DATA) : NULL;
        break;
    case IACP_SCHEMA_FUNCTION:
        return aws_function_schema(type);
    default:
        break;
    }
    return desc ? desc->schema : NULL;
}

static int32_t open_instance(iacp_call *call, void **ret_instance)
{
    (void)call;
    *ret_instance = aws_instance_new();
    return IACP_OK;
}

static void close_instance(void *instance)
{
    aws_instance_free(instance);
}

static int32_t configure(void *instance, iacp_call *call, iacp_configure *request)
{
    return aws_configure(instance, call, request->config);
}

/* The description of a type, or a diagnostic. */
static const aws_desc *find(iacp_call *call, const char *type, bool is_data)
{
    const aws_desc *desc = aws_desc_find(type, is_data);

    if (!desc) {
        sdk_error(call, NULL, "Unknown type", "The provider has no %s \"%s\".",
                  is_data ? "data source" : "resource type", type);
    }
    return desc;
}

static int32_t validate(void *instance, iacp_call *call, iacp_validate *request)
{
    bool is_provider = request->kind == IACP_SCHEMA_PROVIDER;
    const aws_desc *desc = find(call, is_provider ? "provider" : request->type, request->kind == IACP_SCHEMA_DATA);

    (void)instance;
    return desc ? aws_validate_object(call, desc, request->config) : IACP_ERROR;
}

static int32_t read_object(void *instance, iacp_call *call, iacp_read *request)
{
    const aws_desc *desc = find(call, request->type, false);
    aws_read_result result;
    aws_ctx ctx;

    if (!desc) {
        return IACP_ERROR;
    }
    ctx = aws_ctx_open(instance, call, desc, request->state);
    result = aws_read_object(&ctx, request->state, NULL, &request->ret_state);
    if (result == AWS_READ_GONE) {
        request->ret_state = NULL;
    }
    aws_ctx_close(&ctx);
    return result == AWS_READ_ERROR ? IACP_ERROR : IACP_OK;
}

static int32_t read_many(void *instance, iacp_call *call, const char *type, iacp_read *const *requests, size_t count)
{
    const aws_desc *desc = find(call, type, false);

    return desc ? aws_read_many(instance, call, desc, requests, count) : IACP_ERROR;
}

static int32_t plan(void *instance, iacp_call *call, iacp_plan *request)
{
    const aws_desc *desc = find(call, request->type, false);

    return desc ? aws_plan(instance, call, desc, request) : IACP_ERROR;
}

static int32_t apply(void *instance, iacp_call *call, iacp_apply *request)
{
    const aws_desc *desc = find(call, request->type, false);

    return desc ? aws_apply(instance, call, desc, request) : IACP_ERROR;
}

static int32_t apply_poll(void *instance, iacp_call *call, iacp_apply *request)
{
    const aws_desc *desc = find(call, request->type, false);

    return desc ? aws_apply_poll(instance, call, desc, request) : IACP_ERROR;
}

static int32_t read_data(void *instance, iacp_call *call, iacp_read_data *request)
{
    const aws_desc *desc = find(call, request->type, true);

    return desc ? aws_read_data(instance, call, desc, request) : IACP_ERROR;
}

static int32_t import(void *instance, iacp_call *call, iacp_import *request)
{
    const aws_desc *desc = find(call, request->type, false);

    return desc ? aws_import(instance, call, desc, request) : IACP_ERROR;
}

static int32_t find_object(void *instance, iacp_call *call, iacp_find *request)
{
    const aws_desc *desc = find(call, request->type, false);

    return desc ? aws_find(instance, call, desc, request) : IACP_ERROR;
}

/* Versions differ only in what older releases kept in the same attributes: the object is read as it stands, and what
 * is new in it comes with the next refresh. */
static int32_t upgrade(void *instance, iacp_call *call, iacp_upgrade *request)
{
    const aws_desc *desc = find(call, request->type, false);
    sdk_val stored;

    (void)instance;
    if (!desc) {
        return IACP_ERROR;
    }
    stored = sdk_host->from_json(call, request->state_json.p, request->state_json.n, NULL);
    sdk_object state = sdk_object_from(call, NULL);
    for (size_t i = 0; i < desc->attrs.n; i++) {
        const aws_attr *a = &desc->attrs.v[i];
        sdk_val v = sdk_get(stored, a->name);
        v = v ? sdk_host->convert(call, v, sdk_type(a->type_json)) : NULL;
        sdk_set(&state, a->name, v ? v : aws_null(call, a));
    }
    request->ret_state = sdk_host->convert(call, state.value, sdk_type(desc->type_json));
    if (!request->ret_state) {
        return sdk_error(call, NULL, "Stored state cannot be upgraded",
                         "The state of a %s as version %lld of its schema has it does not fit version %ld.",
                         request->type, (long long)request->from_version, desc->version);
    }
    return IACP_OK;
}

static int32_t equivalent(void *instance, iacp_call *call, iacp_equivalent *request)
{
    const aws_desc *desc = find(call, request->type, false);
    const aws_attr *a = desc ? aws_attr_find(&desc->attrs, request->path) : NULL;

    (void)instance;
    request->ret_equal = a && aws_equivalent(a, request->a, request->b);
    return desc ? IACP_OK : IACP_ERROR;
}

static int32_t call_function(void *instance, iacp_call *call, iacp_function *request)
{
    (void)instance;
    return aws_function_call(call, request);
}

static const char *rate_class(void *instance, const char *type, uint32_t operation, uint32_t *ret_limit)
{
    const aws_desc *desc = aws_desc_find(type, operation == IACP_OP_READ_DATA);

    (void)instance;
    *ret_limit = CALLS_AT_ONCE;
    return desc ? desc->service->name : NULL;
}

static const iacp_provider table = {
    .size = sizeof(table),
    .abi_major = IACP_ABI_MAJOR,
    .abi_minor = IACP_ABI_MINOR,
    .capabilities = IACP_LEGACY_VALUES,
    .name = "aws",
    .version = "5.100.0", /* of the Terraform provider that this one follows */
    .type_names = type_names,
    .schema = schema,
    .open = open_instance,
    .configure = configure,
    .close = close_instance,
    .read = read_object,
    .plan = plan,
    .apply = apply,
    .apply_poll = apply_poll,
    .read_data = read_data,
    .validate = validate,
    .upgrade = upgrade,
    .import = import,
    .read_many = read_many,
    .find = find_object,
    .equivalent = equivalent,
    .call_function = call_function,
    .rate_class = rate_class,
};

const iacp_magic *iac_provider_magic(void)
{
    static const iacp_magic magic = IACP_MAGIC_INIT;

    return &magic;
}

const iacp_provider *iac_provider_entry(const iacp_host *host)
{
    sdk_init(host);
    xmlInitParser(); /* once, before threads parse */
    return &table;
}

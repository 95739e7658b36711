/* The provider "random": values that are made once and then kept in the state. */
#include "providers/random/random.h"
#include "providers/sdk/plan.h"

#include <string.h>

static const random_type *const types[] = {
    &random_type_bytes, &random_type_id,      &random_type_integer, &random_type_password,
    &random_type_pet,   &random_type_shuffle, &random_type_string,  &random_type_uuid,
};

static const random_type *type_of(const char *name)
{
    for (size_t i = 0; i < IAC_COUNT(types); i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}

static const char *const *type_names(uint32_t kind)
{
    static const char *const resources[] = { "random_bytes",   "random_id",     "random_integer",
                                             "random_password", "random_pet",   "random_shuffle",
                                             "random_string",   "random_uuid",  NULL };
    static const char *const ephemeral[] = { "random_password", NULL };
    return kind == IACP_SCHEMA_RESOURCE ? resources : kind == IACP_SCHEMA_EPHEMERAL ? ephemeral : NULL;
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    (void)call;
    if (kind == IACP_SCHEMA_EPHEMERAL)
        return random_ephemeral_schema;
    const random_type *found = kind == IACP_SCHEMA_RESOURCE ? type_of(type) : NULL;
    return found ? found->schema : NULL;
}

static int32_t validate(void *instance, iacp_call *call, iacp_validate *request)
{
    const random_type *type = request->kind == IACP_SCHEMA_RESOURCE    ? type_of(request->type)
                              : request->kind == IACP_SCHEMA_EPHEMERAL ? &random_type_password
                                                                       : NULL;
    (void)instance;
    return !type || !type->validate || type->validate(call, request->config) ? IACP_OK : IACP_ERROR;
}

/* Keepers count as changed where a value that is not null came, went or became another. */
static bool keepers_changed(sdk_val prior, sdk_val planned)
{
    sdk_val maps[] = { prior, planned };

    if (sdk_is_unknown(planned))
        return true;
    for (size_t side = 0; side < 2; side++) {
        size_t n = sdk_is_set(maps[side]) ? sdk_host->length(maps[side]) : 0;
        for (size_t i = 0; i < n; i++) {
            sdk_val item = sdk_host->element(maps[side], i);
            sdk_val other = sdk_get(maps[1 - side], sdk_host->key(maps[side], i, NULL));
            if (!sdk_is_null(item) && (sdk_is_null(other) || !sdk_host->equal(item, other)))
                return true;
        }
    }
    return false;
}

static int32_t plan(void *instance, iacp_call *call, iacp_plan *request)
{
    static const char *const keepers[] = { "keepers", NULL };
    const random_type *type = type_of(request->type);
    sdk_object planned = { call, request->proposed };

    (void)instance;
    if (type->defaults)
        type->defaults(&planned, request->config);
    sdk_requires_replace(call, request, planned.value, type->replace);
    if (!sdk_is_null(request->prior) &&
        keepers_changed(sdk_get(request->prior, "keepers"), sdk_get(planned.value, "keepers")))
        sdk_requires_replace(call, request, planned.value, keepers);
    request->ret_planned = planned.value;
    request->ret_reversible =
        request->ret_requires_replace_count ? IACP_REVERSIBLE_NEW_IDENTITY : IACP_REVERSIBLE_FULLY;
    return IACP_OK;
}

static int32_t apply(void *instance, iacp_call *call, iacp_apply *request)
{
    sdk_object object = { call, request->planned };

    (void)instance;
    if (sdk_is_null(request->planned))
        return IACP_OK;
    if (sdk_is_null(request->prior) && !type_of(request->type)->create(&object))
        return IACP_ERROR;
    request->ret_state = object.value;
    return IACP_OK;
}

static int32_t read_resource(void *instance, iacp_call *call, iacp_read *request)
{
    (void)instance;
    (void)call;
    request->ret_state = request->state;
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

static int32_t import(void *instance, iacp_call *call, iacp_import *request)
{
    const random_type *type = type_of(request->type);
    sdk_object object = sdk_object_from(call, NULL);
    iacp_imported *imported = sdk_alloc(call, sizeof(*imported));
    const iacp_imported **list = sdk_alloc(call, sizeof(*list));

    (void)instance;
    if (!type->import)
        return sdk_error(call, NULL, "Resource Import Not Implemented",
                         "The resource type \"%s\" does not support import.", type->name);
    if (!type->import(&object, request->id))
        return IACP_ERROR;
    imported->size = sizeof(*imported);
    imported->state = object.value;
    list[0] = imported;
    request->ret_objects = list;
    request->ret_count = 1;
    return IACP_OK;
}

static int32_t upgrade(void *instance, iacp_call *call, iacp_upgrade *request)
{
    const random_type *type = type_of(request->type);
    sdk_object object = { call, sdk_host->from_json(call, request->state_json.p, request->state_json.n, NULL) };

    (void)instance;
    if (!object.value || sdk_host->kind(object.value) != IACP_OBJECT)
        return sdk_error(call, NULL, "Unable to upgrade resource state", "The stored object is not a JSON object.");
    if (type->upgrade && !type->upgrade(&object, request->from_version))
        return IACP_ERROR;
    request->ret_state = object.value;
    return IACP_OK;
}

static int32_t open_ephemeral(void *instance, iacp_call *call, iacp_ephemeral *request)
{
    sdk_object object = sdk_object_from(call, NULL);

    (void)instance;
    if (!random_ephemeral_open(&object, request->config))
        return IACP_ERROR;
    request->ret_result = object.value;
    return IACP_OK;
}

static const iacp_provider table = {
    .size = sizeof(iacp_provider),
    .abi_major = IACP_ABI_MAJOR,
    .abi_minor = IACP_ABI_MINOR,
    .name = "random",
    .version = "3.7.2", /* of the Terraform provider that this one follows */
    .type_names = type_names,
    .schema = schema,
    .read = read_resource,
    .plan = plan,
    .apply = apply,
    .validate = validate,
    .upgrade = upgrade,
    .import = import,
    .find = find,
    .open_ephemeral = open_ephemeral,
};

SDK_PROVIDER(table);

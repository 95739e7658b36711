/* Calls about data sources and ephemeral resources. */
#include "engine/host/calls.h"

#define PROVIDER_BUG \
    "This is a bug in the provider, which should be reported in the provider's own issue tracker."

static iac_status finish(iacp_call *call)
{
    iac_status status = call->errors ? IAC_ERR : IAC_OK;
    iac_call_end(call);
    return status;
}

/* An object that was read or opened: it must be there, of the schema's type, and wholly known. */
static const iac_value *take_object(iacp_call *call, iac_arena *arena, const iac_schema *schema, const char *type,
                                    const iacp_value *value)
{
    const char *where = iac_call_address(call, type);
    iac_str error;

    if (iac_call_is_absent(value)) {
        iac_call_error(call, "Provider produced null object",
                       "Provider \"provider[\\\"%s\\\"]\" produced a null value for %s.\n\n" PROVIDER_BUG,
                       iac_call_provider(call), where);
        return NULL;
    }
    const iac_value *v = iac_call_take(call, arena, schema, value, &error);
    if (!v)
        iac_call_error(call, "Provider produced invalid object",
                       "Provider \"provider[\\\"%s\\\"]\" produced an invalid value for %s: %.*s.\n\n" PROVIDER_BUG,
                       iac_call_provider(call), where, IAC_FMT(error));
    else if (v->deep_unknown)
        iac_call_error(call, "Provider produced invalid object",
                       "Provider \"provider[\\\"%s\\\"]\" produced a value for %s that is not wholly known.\n\n"
                       PROVIDER_BUG, iac_call_provider(call), where);
    return call->errors ? NULL : v;
}

iac_status iac_instance_read_data(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                  iac_str type, const iac_value *config, const iac_value **ret_state,
                                  uint32_t *ret_deferred, iac_diags *diags)
{
    iac_mock_values mock;
    if (iac_mock_for(instance, options, IACP_SCHEMA_DATA, type, &mock))
        return iac_mock_read_data(instance, options, arena, type, config, &mock, ret_state, diags);
    const iacp_provider *table = &instance->provider->table;
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const char *type_name;
    iac_slot slot;
    const iac_schema *schema = iac_call_schema(call, IACP_SCHEMA_DATA, type, &type_name);

    if (!schema || !iac_call_take_turn(call, instance, type_name, IACP_OP_READ_DATA, &slot))
        return finish(call);
    iacp_read_data ask = {
        .size = sizeof(ask),
        .type = type_name,
        .config = iac_call_argument(call, config, schema),
    };
    int32_t rc = IAC_ASK(call, "read a data source", table->read_data(instance->handle, call, &ask));
    if (iac_call_check(call, rc) == IAC_OK) {
        const iac_value *state = NULL;
        if (!ask.ret_deferred)
            state = take_object(call, arena, schema, type_name, ask.ret_state);
        if (call->errors == 0) {
            *ret_state = state;
            if (ret_deferred)
                *ret_deferred = ask.ret_deferred;
        }
    }
    iac_slot_release(&slot);
    return finish(call);
}

iac_status iac_instance_ephemeral_open(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                       iac_str type, const iac_value *config, iac_ephemeral_answer *ret,
                                       iac_diags *diags)
{
    const iacp_provider *table = &instance->provider->table;
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const char *type_name;
    const iac_schema *schema = iac_call_schema(call, IACP_SCHEMA_EPHEMERAL, type, &type_name);

    if (!schema)
        return finish(call);
    iacp_ephemeral ask = {
        .size = sizeof(ask),
        .type = type_name,
        .config = iac_call_argument(call, config, schema),
    };
    int32_t rc = IAC_ASK(call, "open an ephemeral resource", table->open_ephemeral(instance->handle, call, &ask));
    if (iac_call_check(call, rc) == IAC_OK) {
        iac_ephemeral_answer answer = {
            .result = take_object(call, arena, schema, type_name, ask.ret_result),
            .private_data = iac_call_take_bytes(arena, ask.ret_private, (iac_str){ "", 0 }),
            .renew_after_ms = ask.ret_renew_after_ms,
        };
        if (call->errors == 0)
            *ret = answer;
    }
    return finish(call);
}

iac_status iac_instance_ephemeral_renew(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                        iac_str type, iac_str private_data, iac_ephemeral_answer *ret,
                                        iac_diags *diags)
{
    const iacp_provider *table = &instance->provider->table;
    if (!table->renew_ephemeral) {
        *ret = (iac_ephemeral_answer){ .private_data = iac_arena_str(arena, private_data) };
        return IAC_OK;
    }
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const char *type_name;
    if (!iac_call_schema(call, IACP_SCHEMA_EPHEMERAL, type, &type_name))
        return finish(call);
    iacp_ephemeral ask = { .size = sizeof(ask), .type = type_name, .private_data = iac_call_bytes(private_data) };
    int32_t rc = IAC_ASK(call, "renew an ephemeral resource", table->renew_ephemeral(instance->handle, call, &ask));
    if (iac_call_check(call, rc) == IAC_OK)
        *ret = (iac_ephemeral_answer){
            .private_data = iac_call_take_bytes(arena, ask.ret_private, private_data),
            .renew_after_ms = ask.ret_renew_after_ms,
        };
    return finish(call);
}

iac_status iac_instance_ephemeral_close(iac_instance *instance, const iac_call_options *options, iac_str type,
                                        iac_str private_data, iac_diags *diags)
{
    const iacp_provider *table = &instance->provider->table;
    if (!table->close_ephemeral)
        return IAC_OK;
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const char *type_name;
    if (iac_call_schema(call, IACP_SCHEMA_EPHEMERAL, type, &type_name)) {
        iacp_ephemeral ask = { .size = sizeof(ask), .type = type_name, .private_data = iac_call_bytes(private_data) };
        int32_t rc = IAC_ASK(call, "close an ephemeral resource", table->close_ephemeral(instance->handle, call, &ask));
        iac_call_check(call, rc);
    }
    return finish(call);
}

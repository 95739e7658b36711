/* Stands in for a provider: what it would compute is taken from given values or invented, and nothing is asked of it. */
#include "engine/host/calls.h"

void iac_instance_mock(iac_instance *instance, const iac_mock *mock)
{
    instance->mock = mock;
    atomic_store(&instance->configured, true);
}

bool iac_mock_for(const iac_instance *instance, const iac_call_options *options, uint32_t kind, iac_str type,
                  iac_mock_values *ret)
{
    *ret = (iac_mock_values){ 0 };
    if (options && options->override) {
        *ret = *options->override;
        return true;
    }
    const iac_mock *mock = instance->mock;
    if (!mock)
        return false;
    const iac_mock_values *values = iac_map_get(kind == IACP_SCHEMA_DATA ? &mock->data : &mock->resources, type);
    *ret = values ? *values : (iac_mock_values){ .during_plan = mock->during_plan };
    return true;
}

static const iac_value *make(iacp_call *call, iac_arena *arena, const iac_schema *schema, const iac_value *v,
                             const iac_mock_values *mock, iac_mock_fill fill)
{
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_value *made = iac_mock_object(call->arena, schema->block, v, mock, fill, call->options->range, &diags);
    for (size_t i = 0; i < diags.list.n; i++) {
        iac_diag *diag = iac_diag_add(call->diags, &diags.list.v[i]);
        diag->address = iac_arena_str(call->diags->arena, call->options->address);
        call->errors++;
    }
    iac_diags_clear(&diags);
    return iac_value_copy(arena, iac_schema_null_write_only(call->arena, schema->block, made));
}

static iac_status finish(iacp_call *call)
{
    iac_status status = call->errors ? IAC_ERR : IAC_OK;
    iac_call_end(call);
    return status;
}

iac_status iac_mock_plan(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                         const iac_plan_request *request, const iac_mock_values *mock, iac_plan_answer *ret,
                         iac_diags *diags)
{
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const char *type;
    const iac_schema *schema = iac_call_schema(call, IACP_SCHEMA_RESOURCE, request->type, &type);

    *ret = (iac_plan_answer){ 0 };
    if (schema && request->proposed && !iac_is_null(request->proposed)) {
        bool create = !request->prior || iac_is_null(request->prior);
        ret->planned = create ? make(call, arena, schema, request->config, mock,
                                     mock->during_plan ? IAC_MOCK_NULLS : IAC_MOCK_DEFER)
                              : iac_value_copy(arena, request->proposed);
    }
    return finish(call);
}

iac_status iac_mock_apply(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                          const iac_apply_request *request, const iac_mock_values *mock, iac_apply_answer *ret,
                          iac_diags *diags)
{
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const char *type;
    const iac_schema *schema = iac_call_schema(call, IACP_SCHEMA_RESOURCE, request->type, &type);

    *ret = (iac_apply_answer){ 0 };
    if (schema && request->planned && !iac_is_null(request->planned))
        ret->state = make(call, arena, schema, request->planned, mock, IAC_MOCK_UNKNOWNS);
    return finish(call);
}

iac_status iac_mock_read_data(iac_instance *instance, const iac_call_options *options, iac_arena *arena, iac_str type,
                              const iac_value *config, const iac_mock_values *mock, const iac_value **ret_state,
                              iac_diags *diags)
{
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const char *type_name;
    const iac_schema *schema = iac_call_schema(call, IACP_SCHEMA_DATA, type, &type_name);

    if (schema)
        *ret_state = make(call, arena, schema, config, mock, IAC_MOCK_NULLS);
    return finish(call);
}

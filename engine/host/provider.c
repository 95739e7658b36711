/* Instances of providers: their life, configuration, validation, and how results are checked and taken over. */
#include "engine/host/calls.h"
#include "engine/host/crash.h"
#include "lang/base/aside.h"
#include "lang/base/log.h"
#include "lang/value/convert.h"
#include "lang/value/json.h"

#include <string.h>
#include <time.h>

#define PROVIDER_BUG \
    "This is a bug in the provider, which should be reported in the provider's own issue tracker."

/* ---- instances ---- */

iac_status iac_instance_open(const iac_provider *provider, const iac_call_options *options, iac_instance **ret,
                             iac_diags *diags)
{
    iac_host *host = provider->host;
    void *handle = NULL;
    iacp_call *call = iac_call_begin(provider, options, diags);

    iac_provider_find_schema(provider, IACP_SCHEMA_PROVIDER, (iac_str){ "", 0 });
    if (atomic_load(&((iac_provider *)(uintptr_t)provider)->own.failed) && provider->own.error.n)
        iac_call_error(call, "Invalid provider schema",
                       "The provider %s gives a schema of its own configuration that cannot be read: %.*s.\n\n"
                       PROVIDER_BUG, provider->name.p, IAC_FMT(provider->own.error));
    iac_status status = call->errors ? IAC_ERR : IAC_OK;
    if (status == IAC_OK && provider->table.open)
        status = iac_call_check(call, IAC_ASK(call, "start", provider->table.open(call, &handle)));
    iac_call_end(call);
    if (status != IAC_OK)
        return status;

    iac_instance *instance = iac_xcalloc(1, sizeof(*instance));
    instance->provider = provider;
    instance->handle = handle;
    pthread_mutex_lock(&host->lock);
    instance->next = host->instances;
    if (instance->next)
        instance->next->previous = instance;
    host->instances = instance;
    pthread_mutex_unlock(&host->lock);
    *ret = instance;
    return IAC_OK;
}

/* How long a provider may take to end. */
enum { CLOSE_SECONDS = 2 };

static void end_instance(void *arg)
{
    const iac_instance *instance = arg;
    iac_crash_enter(instance->provider->name.p, "end", (iac_str){ "", 0 });
    instance->provider->table.close(instance->handle);
    iac_crash_leave();
}

static bool is_before(const void *deadline)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec <= *(const time_t *)deadline;
}

/* False when the provider does not come back: its thread, and what it uses, stay until the process ends. */
static bool close_in_time(iac_instance *instance)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const time_t deadline = now.tv_sec + CLOSE_SECONDS;
    return iac_aside(end_instance, instance, is_before, &deadline);
}

void iac_instance_close(iac_instance *instance)
{
    if (!instance)
        return;
    iac_host *host = instance->provider->host;
    pthread_mutex_lock(&host->lock);
    if (instance->previous)
        instance->previous->next = instance->next;
    else
        host->instances = instance->next;
    if (instance->next)
        instance->next->previous = instance->previous;
    pthread_mutex_unlock(&host->lock);
    if (!instance->provider->table.close || close_in_time(instance)) {
        free(instance);
        return;
    }
    iac_log(IAC_LOG_WARN, "provider %s: it does not end, and is left behind", instance->provider->name.p);
    pthread_mutex_lock(&host->lock);
    host->left_behind = true;
    pthread_mutex_unlock(&host->lock);
}

iac_status iac_instance_configure(iac_instance *instance, const iac_call_options *options, const iac_value *config,
                                  iac_diags *diags)
{
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const iac_schema *schema = iac_provider_find_schema(instance->provider, IACP_SCHEMA_PROVIDER, (iac_str){ "", 0 });
    iacp_configure request = {
        .size = sizeof(request),
        .config = iac_call_argument(call, config, schema),
    };
    iac_status status = IAC_OK;
    if (instance->provider->table.configure) {
        int32_t rc = IAC_ASK(call, "take its configuration",
                             instance->provider->table.configure(instance->handle, call, &request));
        status = iac_call_check(call, rc);
    }
    if (status == IAC_OK)
        atomic_store(&instance->configured, true);
    iac_call_end(call);
    return status;
}

bool iac_instance_configured(const iac_instance *instance)
{
    return atomic_load(&((iac_instance *)(uintptr_t)instance)->configured);
}

bool iac_instance_keeps_legacy_values(const iac_instance *instance)
{
    return (instance->provider->table.capabilities & IACP_LEGACY_VALUES) != 0;
}

void iac_instance_stop(iac_instance *instance)
{
    if (instance->provider->table.stop)
        instance->provider->table.stop(instance->handle);
}

static const char *ask_rate_class(iac_instance *instance, const char *type, uint32_t operation, uint32_t *ret_limit)
{
    *ret_limit = 0;
    iac_crash_enter(instance->provider->name.p, "give a limit", iac_str_of(type));
    const char *rate_class = instance->provider->table.rate_class(instance->handle, type, operation, ret_limit);
    iac_crash_leave();
    return rate_class;
}

const char *iac_instance_rate_class(iac_instance *instance, iac_str type, uint32_t operation, uint32_t *ret_limit)
{
    const iacp_provider *table = &instance->provider->table;
    uint32_t kind = operation == IACP_OP_READ_DATA ? IACP_SCHEMA_DATA : IACP_SCHEMA_RESOURCE;
    struct iac_type_entry *entry = table->rate_class ? iac_type_entry_of(instance->provider, kind, type) : NULL;

    *ret_limit = 0;
    return entry ? ask_rate_class(instance, entry->name, operation, ret_limit) : NULL;
}

bool iac_call_take_turn(iacp_call *call, iac_instance *instance, const char *type, uint32_t operation, iac_slot *ret)
{
    const iacp_provider *table = &instance->provider->table;
    uint32_t limit = 0;

    *ret = (iac_slot){ 0 };
    if (!table->rate_class)
        return true;
    const char *rate_class = ask_rate_class(instance, type, operation, &limit);
    if (iac_limits_acquire(&call->host->limits, rate_class, limit, call->options->cancelled, ret))
        return true;
    iac_call_error(call, "Operation canceled", "The operation was interrupted before it had begun.");
    return false;
}

/* ---- values in and out ---- */

const iacp_value *iac_call_argument(iacp_call *call, const iac_value *v, const iac_schema *schema)
{
    if (!v || iac_is_null(v))
        return iac_value_out(iac_value_null(call->arena, schema ? schema->block->type : &iac_type_dynamic));
    return iac_value_out(v->deep_marks ? iac_value_unmark_deep(call->arena, v) : v);
}

iacp_bytes iac_call_bytes(iac_str s)
{
    return (iacp_bytes){ s.n ? s.p : NULL, s.n };
}

iac_str iac_call_take_bytes(iac_arena *arena, iacp_bytes bytes, iac_str otherwise)
{
    return iac_arena_str(arena, bytes.p ? (iac_str){ bytes.p, bytes.n } : otherwise);
}

/* v with nulls for the attributes that it lacks. Attributes that type does not have are dropped, or, where *ret_extra is
 * given, named there. */
static const iac_value *fit(iac_arena *arena, const iac_value *v, const iac_type *type, iac_str *ret_extra)
{
    if (v->state != IAC_KNOWN || v->kind < IAC_LIST)
        return v;
    if (type->kind == IAC_OBJECT && v->kind == IAC_OBJECT) {
        const iac_value **items = iac_arena_array(arena, const iac_value *, type->n);
        for (size_t i = 0; i < type->n; i++) {
            const iac_value *item = iac_value_get(v, type->names[i]);
            items[i] = item ? fit(arena, item, type->items[i], ret_extra) : &iac_null_dynamic;
        }
        for (size_t i = 0; ret_extra && i < v->n; i++)
            if (!iac_type_attribute(type, v->keys[i]))
                *ret_extra = v->keys[i];
        return iac_value_object(arena, type->names, items, type->n);
    }
    if (!iac_type_is_collection(type))
        return v;
    const iac_value **items = iac_arena_array(arena, const iac_value *, v->n);
    for (size_t i = 0; i < v->n; i++)
        items[i] = fit(arena, v->items[i], type->element, ret_extra);
    return v->kind == IAC_OBJECT || v->kind == IAC_MAP ? iac_value_object(arena, v->keys, items, v->n)
                                                       : iac_value_tuple(arena, items, v->n);
}

const iac_value *iac_call_take(iacp_call *call, iac_arena *arena, const iac_schema *schema, const iacp_value *value,
                               iac_str *ret_error)
{
    const iac_value *v = iac_value_in(value);
    iac_str error = { "", 0 };

    if (!iac_schema_conforms(call->arena, schema->block, v, ret_error)) {
        iac_str extra = { "", 0 };
        v = fit(call->arena, v, schema->block->type, &extra);
        if (extra.n) {
            *ret_error = iac_arena_printf(call->arena, "unsupported attribute \"%.*s\"", IAC_FMT(extra));
            return NULL;
        }
        v = iac_convert(call->arena, v, schema->block->type, &error, NULL);
        if (!v || !iac_schema_conforms(call->arena, schema->block, v, &error))
            return NULL;
    }
    return iac_value_copy(arena, v);
}

bool iac_call_is_absent(const iacp_value *value)
{
    return !value || iac_is_null(iac_value_in(value));
}

const char *iac_call_provider(const iacp_call *call)
{
    return call->options->provider.n ? iac_arena_cstr(call->arena, call->options->provider) : call->provider->name.p;
}

const char *iac_call_address(const iacp_call *call, const char *otherwise)
{
    return call->options->address.n ? iac_arena_cstr(call->arena, call->options->address) : otherwise;
}

/* ---- validate ---- */

iac_status iac_instance_validate(iac_instance *instance, const iac_call_options *options, uint32_t kind, iac_str type,
                                 const iac_value *config, iac_diags *diags)
{
    const iacp_provider *table = &instance->provider->table;
    if (!table->validate)
        return IAC_OK;

    iac_status status = IAC_ERR;
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const char *type_name = NULL;
    const iac_schema *schema = kind == IACP_SCHEMA_PROVIDER
                                   ? iac_provider_find_schema(instance->provider, kind, (iac_str){ "", 0 })
                                   : iac_call_schema(call, kind, type, &type_name);
    if (schema) {
        iacp_validate request = {
            .size = sizeof(request),
            .kind = kind,
            .type = type_name,
            .config = iac_call_argument(call, config, schema),
        };
        int32_t rc = IAC_ASK(call, "validate a configuration", table->validate(instance->handle, call, &request));
        status = iac_call_check(call, rc);
    }
    iac_call_end(call);
    return status;
}

/* ---- upgrade ---- */

const iac_value *iac_call_decode_state(iac_arena *arena, iac_arena *scratch, const iac_schema *schema, iac_str json,
                                       iac_str *ret_error)
{
    const iac_type *type = schema->block->type;
    size_t offset;
    const iac_value *v = iac_value_from_typed_json(arena, json, type, ret_error);
    if (v)
        return v;
    const iac_value *loose = iac_value_from_json(scratch, json, ret_error, &offset);
    if (!loose)
        return NULL;
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_to_json(&buf, fit(scratch, loose, type, NULL));
    v = iac_value_from_typed_json(arena, iac_buf_view(&buf), type, ret_error);
    iac_buf_clear(&buf);
    return v;
}

iac_status iac_instance_upgrade(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                iac_str type, int64_t from_version, iac_str state_json, const iac_value **ret_state,
                                iac_diags *diags)
{
    const iacp_provider *table = &instance->provider->table;
    iacp_call *call = iac_call_begin(instance->provider, options, diags);
    const char *type_name;
    iac_str error = { "", 0 };
    const iac_value *state = NULL;

    const iac_schema *schema = iac_call_schema(call, IACP_SCHEMA_RESOURCE, type, &type_name);
    if (!schema)
        goto out;
    if (from_version > schema->version) {
        iac_call_error(call, "Resource instance managed by newer provider version",
                       "The current state of %s was created by a newer provider version than is currently selected. "
                       "Upgrade the %s provider to work with this state.",
                       iac_call_address(call, type_name), call->provider->name.p);
        goto out;
    }
    if (from_version == schema->version || !table->upgrade) {
        state = iac_call_decode_state(arena, call->arena, schema, state_json, &error);
        if (!state)
            iac_call_error(call, "Failed to decode resource from state",
                           "Error decoding \"%s\" from previous state: %.*s.", iac_call_address(call, type_name),
                           IAC_FMT(error));
        goto out;
    }
    iacp_upgrade request = {
        .size = sizeof(request),
        .type = type_name,
        .from_version = from_version,
        .state_json = { state_json.p, state_json.n },
    };
    int32_t rc = IAC_ASK(call, "upgrade a stored object", table->upgrade(instance->handle, call, &request));
    if (iac_call_check(call, rc) != IAC_OK)
        goto out;
    if (iac_call_is_absent(request.ret_state))
        error = IAC_STR("no object was returned");
    else
        state = iac_call_take(call, arena, schema,
                              iac_value_out(fit(call->arena, iac_value_in(request.ret_state), schema->block->type,
                                                NULL)), &error);
    if (state && state->deep_unknown) {
        error = IAC_STR("it is not wholly known");
        state = NULL;
    }
    if (!state)
        iac_call_error(call, "Invalid resource state upgrade",
                       "The %s provider upgraded the state for %s from a previous version, but produced an invalid "
                       "result: %.*s.",
                       call->provider->name.p, iac_call_address(call, type_name), IAC_FMT(error));
out:
    iac_call_end(call);
    if (!state)
        return IAC_ERR;
    *ret_state = state;
    return IAC_OK;
}

/* ---- functions and equivalence ---- */

bool iac_instance_equivalent(iac_instance *instance, iac_str type, iac_str path, const iac_value *a,
                             const iac_value *b)
{
    const iacp_provider *table = &instance->provider->table;
    struct iac_type_entry *entry = iac_type_entry_of(instance->provider, IACP_SCHEMA_RESOURCE, type);
    if (!table->equivalent || !entry)
        return false;

    iac_diags diags = IAC_DIAGS_INIT;
    iacp_call *call = iac_call_begin(instance->provider, NULL, &diags);
    iacp_equivalent request = {
        .size = sizeof(request),
        .type = entry->name,
        .path = iac_arena_cstr(call->arena, path),
        .a = iac_call_argument(call, a, NULL),
        .b = iac_call_argument(call, b, NULL),
    };
    int32_t rc = IAC_ASK(call, "compare values", table->equivalent(instance->handle, call, &request));
    bool equal = rc == IACP_OK && request.ret_equal != 0;
    iac_call_end(call);
    iac_diags_clear(&diags);
    return equal;
}

static iac_str function_message(iac_arena *arena, const iac_diags *diags)
{
    for (size_t i = 0; i < diags->list.n; i++) {
        const iac_diag *diag = &diags->list.v[i];
        if (diag->severity == IAC_ERROR)
            return iac_arena_str(arena, diag->detail.n ? diag->detail : diag->summary);
    }
    return IAC_STR("the provider gave no result");
}

const iac_value *iac_provider_call_function(const iac_provider *provider, const iac_call_options *options,
                                            iac_arena *arena, iac_str name, const iac_value *const *args, size_t n,
                                            iac_str *ret_error, size_t *ret_error_argument)
{
    iac_diags diags = IAC_DIAGS_INIT;
    iac_str error = { "", 0 };
    const iac_value *result = NULL;
    const iac_provider_function *function = iac_provider_find_function(provider, name);
    iacp_call *call = iac_call_begin(provider, options, &diags);
    const iacp_value **arguments = iac_arena_array(call->arena, const iacp_value *, n);

    for (size_t i = 0; i < n; i++)
        arguments[i] = iac_call_argument(call, args[i], NULL);
    iacp_function request = {
        .size = sizeof(request),
        .name = iac_arena_cstr(call->arena, name),
        .argument_count = n,
        .arguments = arguments,
    };
    if (!function)
        iac_call_error(call, "Function not found", "the provider has no such function");
    else
        iac_call_check(call, IAC_ASK(call, "call a function", provider->table.call_function(NULL, call, &request)));
    if (call->errors == 0 && request.ret_result) {
        result = iac_convert(call->arena, iac_value_in(request.ret_result), function->returns, &error, NULL);
        if (!result)
            iac_call_error(call, "Invalid result", "the provider returned a result of the wrong type: %.*s",
                           IAC_FMT(error));
    }
    if (result && result->deep_unknown) {
        iac_call_error(call, "Invalid result", "the provider returned a result that is not wholly known");
        result = NULL;
    }
    if (result) {
        result = iac_value_copy(arena, result);
    } else {
        *ret_error = function_message(arena, &diags);
        if (ret_error_argument)
            *ret_error_argument = request.ret_error_argument ? request.ret_error_argument - 1 : SIZE_MAX;
    }
    iac_call_end(call);
    iac_diags_clear(&diags);
    return result;
}

/* Calls about managed resources: read, plan, apply, and the ways an object comes in (import, move, recovery). */
#include "engine/host/calls.h"

#include <string.h>

#define PROVIDER_BUG \
    "This is a bug in the provider, which should be reported in the provider's own issue tracker."

/* A call about one resource type, begun; schema NULL: it failed, and said so. */
typedef struct resource_call {
    iacp_call *call;
    const iacp_provider *table;
    const iac_schema *schema;
    const char *type;
    iac_slot slot;
} resource_call;

static resource_call begin(iac_instance *instance, const iac_call_options *options, iac_str type, uint32_t operation,
                           iac_diags *diags)
{
    resource_call c = { .table = &instance->provider->table };
    c.call = iac_call_begin(instance->provider, options, diags);
    c.schema = iac_call_schema(c.call, IACP_SCHEMA_RESOURCE, type, &c.type);
    if (c.schema && operation && !iac_call_take_turn(c.call, instance, c.type, operation, &c.slot))
        c.schema = NULL;
    return c;
}

static iac_status end(resource_call *c)
{
    iac_status status = c->call->errors ? IAC_ERR : IAC_OK;
    iac_slot_release(&c->slot);
    iac_call_end(c->call);
    return status;
}

/* The address in messages, the type where there is none. */
static const char *address(const resource_call *c)
{
    return iac_call_address(c->call, c->type);
}

/* An object of the type without its write-only attributes, which providers must never give back. */
static const iac_value *without_write_only(resource_call *c, iac_arena *arena, const iac_value *v)
{
    const iac_value *clean = iac_schema_null_write_only(arena, c->schema->block, v);
    if (clean != v && !iac_value_same(clean, v))
        iac_call_error(c->call, "Provider produced invalid object",
                       "Provider \"%s\" returned a value for a write-only attribute of %s. Write-only attributes "
                       "cannot be read back from the provider.\n\n" PROVIDER_BUG,
                       iac_call_provider(c->call), address(c));
    return clean;
}

/* ---- read ---- */

static void take_read(resource_call *c, iac_arena *arena, const iacp_read *request, iac_str private_data,
                      iac_read_answer *ret)
{
    iac_str error;
    iac_read_answer answer = { .private_data = iac_call_take_bytes(arena, request->ret_private, private_data) };

    if (!iac_call_is_absent(request->ret_state)) {
        answer.state = iac_call_take(c->call, arena, c->schema, request->ret_state, &error);
        if (!answer.state) {
            iac_call_error(c->call, "Provider produced invalid object",
                           "Provider \"%s\" planned an invalid value for %s during refresh: %.*s.\n\n" PROVIDER_BUG,
                           iac_call_provider(c->call), address(c), IAC_FMT(error));
            return;
        }
        if (iac_value_in(request->ret_state)->deep_unknown) {
            iac_call_error(c->call, "Provider produced invalid object",
                           "Provider \"%s\" returned a value for %s during refresh that is not wholly known.\n\n"
                           PROVIDER_BUG, iac_call_provider(c->call), address(c));
            return;
        }
        answer.state = without_write_only(c, arena, answer.state);
    }
    if (c->call->errors == 0)
        *ret = answer;
}

iac_status iac_instance_read(iac_instance *instance, const iac_call_options *options, iac_arena *arena, iac_str type,
                             const iac_value *state, iac_str private_data, iac_read_answer *ret, iac_diags *diags)
{
    iac_mock_values mock;
    if (iac_mock_for(instance, options, IACP_SCHEMA_RESOURCE, type, &mock)) {
        *ret = (iac_read_answer){ iac_value_unmark_deep(arena, state), iac_arena_str(arena, private_data) };
        return IAC_OK;
    }
    resource_call c = begin(instance, options, type, IACP_OP_READ, diags);
    if (c.schema) {
        iacp_read request = {
            .size = sizeof(request),
            .type = c.type,
            .state = iac_call_argument(c.call, state, c.schema),
            .private_data = iac_call_bytes(private_data),
            .call = c.call,
        };
        int32_t rc = IAC_ASK(c.call, "read a resource", c.table->read(instance->handle, c.call, &request));
        if (iac_call_check(c.call, rc) == IAC_OK)
            take_read(&c, arena, &request, private_data, ret);
    }
    return end(&c);
}

bool iac_instance_reads_many(const iac_instance *instance)
{
    return instance->provider->table.read_many != NULL && !instance->mock;
}

static iac_status read_one_by_one(iac_instance *instance, iac_str type, iac_read_item *items, size_t count)
{
    iac_status status = IAC_OK;
    for (size_t i = 0; i < count; i++) {
        iac_read_item *item = &items[i];
        item->status = iac_instance_read(instance, item->options, item->arena, type, item->state, item->private_data,
                                         &item->answer, item->diags);
        if (item->status != IAC_OK)
            status = IAC_ERR;
    }
    return status;
}

/* Calls read_many; each item has a call of its own, so that what is said about it is kept apart. */
static void read_together(resource_call *c, iac_instance *instance, iac_read_item *items, size_t count)
{
    iacp_read *requests = iac_arena_array(c->call->arena, iacp_read, count);
    iacp_read **pointers = iac_arena_array(c->call->arena, iacp_read *, count);

    for (size_t i = 0; i < count; i++) {
        iacp_call *call = iac_call_begin(instance->provider, items[i].options, items[i].diags);
        call->operation = "read a resource";
        requests[i] = (iacp_read){
            .size = sizeof(iacp_read),
            .type = c->type,
            .state = iac_call_argument(call, items[i].state, c->schema),
            .private_data = iac_call_bytes(items[i].private_data),
            .call = call,
        };
        pointers[i] = &requests[i];
    }
    int32_t rc = IAC_ASK(c->call, "read resources",
                         c->table->read_many(instance->handle, c->call, c->type, pointers, count));
    bool failed = false;
    for (size_t i = 0; i < count; i++)
        failed = failed || requests[i].ret_status != IACP_OK || requests[i].call->errors;
    if (rc == IACP_OK || c->call->errors || !failed)
        iac_call_check(c->call, rc);
    for (size_t i = 0; i < count; i++) {
        resource_call one = *c;
        one.call = requests[i].call;
        one.slot = (iac_slot){ 0 };
        items[i].answer = (iac_read_answer){ 0 };
        if (c->call->errors == 0 &&
            iac_call_check(one.call, requests[i].ret_status) == IAC_OK)
            take_read(&one, items[i].arena, &requests[i], items[i].private_data, &items[i].answer);
        items[i].status = c->call->errors || one.call->errors ? IAC_ERR : IAC_OK;
        iac_call_end(one.call);
    }
}

iac_status iac_instance_read_many(iac_instance *instance, const iac_call_options *options, iac_str type,
                                  iac_read_item *items, size_t count, iac_diags *diags)
{
    if (!iac_instance_reads_many(instance))
        return read_one_by_one(instance, type, items, count);
    resource_call c = begin(instance, options, type, IACP_OP_READ, diags);
    for (size_t i = 0; i < count && !c.schema; i++)
        items[i].status = IAC_ERR;
    if (c.schema)
        read_together(&c, instance, items, count);
    iac_status status = end(&c);
    for (size_t i = 0; i < count; i++)
        if (items[i].status != IAC_OK)
            status = IAC_ERR;
    return status;
}

/* ---- plan ---- */

static iac_paths take_paths(resource_call *c, iac_arena *arena, const iacp_plan *request)
{
    size_t n = request->ret_requires_replace_count;
    iac_path *paths = n ? iac_arena_array(arena, iac_path, n) : NULL;
    for (size_t i = 0; i < n; i++) {
        iac_str text = iac_arena_str(arena, iac_str_of(request->ret_requires_replace[i])); /* paths point into it */
        if (!iac_path_parse(arena, text, &paths[i]))
            iac_call_error(c->call, "Provider produced invalid plan",
                           "Provider \"%s\" has indicated \"requires replacement\" on %s for a path that cannot be "
                           "read: \"%.*s\".\n\n" PROVIDER_BUG,
                           iac_call_provider(c->call), address(c), IAC_FMT(text));
    }
    return (iac_paths){ paths, n };
}

static void take_plan(resource_call *c, iac_arena *arena, const iacp_plan *request, iac_str private_data, bool destroy,
                      iac_plan_answer *ret)
{
    iac_str error = IAC_STR("no object was returned");
    iac_plan_answer answer = {
        .private_data = iac_call_take_bytes(arena, request->ret_private, private_data),
        .requires_replace = take_paths(c, arena, request),
        .deferred = request->ret_deferred,
        .reversible = request->ret_reversible,
        .note = iac_arena_str(arena, iac_str_of(request->ret_note)),
    };
    bool absent = iac_call_is_absent(request->ret_planned);

    if (destroy ? !absent : absent && !answer.deferred) {
        iac_call_error(c->call, "Provider produced invalid plan",
                       destroy ? "Provider \"%s\" planned a non-null destroy value for %s.\n\n" PROVIDER_BUG
                               : "Provider \"%s\" planned no object for %s.\n\n" PROVIDER_BUG,
                       iac_call_provider(c->call), address(c));
        return;
    }
    if (!absent) {
        answer.planned = iac_call_take(c->call, arena, c->schema, request->ret_planned, &error);
        if (!answer.planned) {
            iac_call_error(c->call, "Provider produced invalid plan",
                           "Provider \"%s\" planned an invalid value for %s: %.*s.\n\n" PROVIDER_BUG,
                           iac_call_provider(c->call), address(c), IAC_FMT(error));
            return;
        }
        answer.planned = without_write_only(c, arena, answer.planned);
    }
    if (c->call->errors == 0)
        *ret = answer;
}

iac_status iac_instance_plan(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                             const iac_plan_request *request, iac_plan_answer *ret, iac_diags *diags)
{
    iac_mock_values mock;
    if (iac_mock_for(instance, options, IACP_SCHEMA_RESOURCE, request->type, &mock))
        return iac_mock_plan(instance, options, arena, request, &mock, ret, diags);
    bool destroy = !request->proposed || iac_is_null(request->proposed);
    if (destroy && !(instance->provider->table.capabilities & IACP_CAN_PLAN_DESTROY)) {
        *ret = (iac_plan_answer){ .private_data = iac_arena_str(arena, request->private_data) };
        return IAC_OK;
    }
    resource_call c = begin(instance, options, request->type, 0, diags);
    if (c.schema) {
        iacp_plan ask = {
            .size = sizeof(ask),
            .provider_unconfigured = !iac_instance_configured(instance),
            .type = c.type,
            .prior = iac_call_argument(c.call, request->prior, c.schema),
            .proposed = iac_call_argument(c.call, request->proposed, c.schema),
            .config = iac_call_argument(c.call, request->config, c.schema),
            .private_data = iac_call_bytes(request->private_data),
        };
        int32_t rc = IAC_ASK(c.call, "plan a change", c.table->plan(instance->handle, c.call, &ask));
        if (iac_call_check(c.call, rc) == IAC_OK)
            take_plan(&c, arena, &ask, request->private_data, destroy, ret);
    }
    return end(&c);
}

/* ---- apply ---- */

typedef struct null_unknowns {
    resource_call *c;
    bool report;
} null_unknowns;

static const iac_value *to_null(void *arg, iac_path path, const iac_value *v)
{
    null_unknowns *n = arg;
    iac_arena *arena = n->c->call->arena;
    if (!iac_is_unknown(v))
        return v;
    if (n->report) {
        iac_str where = iac_path_text(arena, path);
        iac_call_error(n->c->call, "Provider returned invalid result object after apply",
                       "After the apply operation, the provider still indicated an unknown value for %s%.*s. All values "
                       "must be known after apply, so this is always a bug in the provider and should be reported in "
                       "the provider's own repository. The other known object values are still saved in the state.",
                       address(n->c), IAC_FMT(where));
    }
    return iac_value_null(arena, v->type ? v->type : &iac_type_dynamic);
}

/* What exists after the call: the answer's object, or prior where the provider did not say. */
static const iac_value *take_state(resource_call *c, iac_arena *arena, const iac_apply_request *request,
                                   const iacp_value *answered, bool destroy)
{
    const iac_value *v = iac_value_in(answered);
    bool had_prior = request->prior && !iac_is_null(request->prior);
    bool failed = c->call->errors > 0;
    iac_str error;

    if (!v && (failed || !destroy)) {
        if (!failed)
            iac_call_error(c->call, "Provider produced invalid object",
                           "Provider \"%s\" returned no object for %s after apply.\n\n" PROVIDER_BUG,
                           iac_call_provider(c->call), address(c));
        return had_prior ? request->prior : NULL;
    }
    if (!v || iac_is_null(v)) {
        if (!failed && !destroy)
            iac_call_error(c->call, "Provider produced inconsistent result after apply",
                           "When applying changes to %s, provider \"provider[\\\"%s\\\"]\" produced an unexpected new "
                           "value: Root object was present, but now absent.\n\n" PROVIDER_BUG,
                           address(c), iac_call_provider(c->call));
        return NULL;
    }
    if (destroy && !failed)
        iac_call_error(c->call, "Provider returned invalid result object after apply",
                       "After applying a Delete plan, the provider returned a non-null object for %s. Destroying should "
                       "always produce a null value, so this is always a bug in the provider and should be reported in "
                       "the provider's own repository.", address(c));
    if (v->deep_unknown)
        v = iac_value_transform(c->call->arena, v, to_null, &(null_unknowns){ c, !failed });
    const iac_value *state = iac_call_take(c->call, arena, c->schema, iac_value_out(v), &error);
    if (!state) {
        iac_call_error(c->call, "Provider produced invalid object",
                       "Provider \"provider[\\\"%s\\\"]\" produced an invalid value after apply for %s: %.*s. The "
                       "result cannot not be saved in the state.\n\n" PROVIDER_BUG,
                       iac_call_provider(c->call), address(c), IAC_FMT(error));
        return had_prior ? request->prior : NULL;
    }
    return without_write_only(c, arena, state);
}

static void take_apply(resource_call *c, iac_arena *arena, const iac_apply_request *request, const iacp_apply *answer,
                       bool destroy, iac_apply_answer *ret)
{
    if (answer->ret_pending.p && c->call->errors == 0) {
        if (c->table->apply_poll) {
            ret->is_pending = true;
            ret->pending = iac_call_take_bytes(arena, answer->ret_pending, (iac_str){ "", 0 });
            ret->poll_after_ms = answer->ret_poll_after_ms;
            ret->private_data = iac_call_take_bytes(arena, answer->ret_private, request->private_data);
            return;
        }
        iac_call_error(c->call, "Provider produced invalid answer",
                       "Provider \"%s\" has not finished the change of %s, and cannot be asked for its end.\n\n"
                       PROVIDER_BUG, iac_call_provider(c->call), address(c));
    }
    ret->state = take_state(c, arena, request, answer->ret_state, destroy);
    ret->private_data = iac_call_take_bytes(arena, answer->ret_private, request->private_data);
}

static iac_status apply(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                        const iac_apply_request *request, bool poll, iac_apply_answer *ret, iac_diags *diags)
{
    iac_mock_values mock;
    if (iac_mock_for(instance, options, IACP_SCHEMA_RESOURCE, request->type, &mock))
        return iac_mock_apply(instance, options, arena, request, &mock, ret, diags);
    bool create = !request->prior || iac_is_null(request->prior);
    bool destroy = !request->planned || iac_is_null(request->planned);
    uint32_t operation = create ? IACP_OP_CREATE : destroy ? IACP_OP_DELETE : IACP_OP_UPDATE;
    resource_call c = begin(instance, options, request->type, operation, diags);

    *ret = (iac_apply_answer){ 0 };
    if (!c.schema) {
        ret->state = create ? NULL : request->prior;
        ret->private_data = iac_arena_str(arena, request->private_data);
        return end(&c);
    }
    iacp_apply ask = {
        .size = sizeof(ask),
        .type = c.type,
        .prior = iac_call_argument(c.call, request->prior, c.schema),
        .planned = iac_call_argument(c.call, request->planned, c.schema),
        .config = iac_call_argument(c.call, request->config, c.schema),
        .private_data = iac_call_bytes(request->private_data),
        .token = iac_arena_cstr(c.call->arena, request->token),
        .pending = poll ? (iacp_bytes){ request->pending.p ? request->pending.p : "", request->pending.n }
                        : (iacp_bytes){ 0 },
    };
    int32_t rc = IAC_ASK(c.call, "apply a change",
                         (poll ? c.table->apply_poll : c.table->apply)(instance->handle, c.call, &ask));
    iac_call_check(c.call, rc);
    take_apply(&c, arena, request, &ask, destroy, ret);
    return end(&c);
}

iac_status iac_instance_apply(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                              const iac_apply_request *request, iac_apply_answer *ret, iac_diags *diags)
{
    return apply(instance, options, arena, request, false, ret, diags);
}

iac_status iac_instance_apply_poll(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                   const iac_apply_request *request, iac_apply_answer *ret, iac_diags *diags)
{
    if (!instance->provider->table.apply_poll) { /* then nothing can be pending */
        iacp_call *call = iac_call_begin(instance->provider, options, diags);
        iac_call_error(call, "Provider produced invalid answer",
                       "Provider \"%s\" cannot be asked for the end of a change.\n\n" PROVIDER_BUG,
                       iac_call_provider(call));
        iac_call_end(call);
        *ret = (iac_apply_answer){
            .state = request->prior && !iac_is_null(request->prior) ? request->prior : NULL,
            .private_data = iac_arena_str(arena, request->private_data),
        };
        return IAC_ERR;
    }
    return apply(instance, options, arena, request, true, ret, diags);
}

iac_status iac_instance_apply_wait(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                   const iac_apply_request *request, iac_apply_answer *ret, iac_diags *diags)
{
    iac_apply_request next = *request;
    iac_status status = iac_instance_apply(instance, options, arena, request, ret, diags);

    while (status == IAC_OK && ret->is_pending) {
        iacp_call *call = iac_call_begin(instance->provider, options, diags);
        iac_call_wait(call, ret->poll_after_ms); /* when cancelled: the provider is asked at once, and ends it */
        iac_call_end(call);
        next.pending = ret->pending;
        next.private_data = ret->private_data;
        status = iac_instance_apply_poll(instance, options, arena, &next, ret, diags);
    }
    return status;
}

/* ---- recovery ---- */

iac_status iac_instance_find(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                             const iac_apply_request *request, iac_find_answer *ret, iac_diags *diags)
{
    if (!instance->provider->table.find) {
        *ret = (iac_find_answer){ .found = IACP_FOUND_UNKNOWN };
        return IAC_OK;
    }
    resource_call c = begin(instance, options, request->type, IACP_OP_READ, diags);
    if (!c.schema)
        return end(&c);
    iacp_find ask = {
        .size = sizeof(ask),
        .type = c.type,
        .prior = iac_call_argument(c.call, request->prior, c.schema),
        .planned = iac_call_argument(c.call, request->planned, c.schema),
        .private_data = iac_call_bytes(request->private_data),
        .token = iac_arena_cstr(c.call->arena, request->token),
        .ret_found = IACP_FOUND_UNKNOWN,
    };
    int32_t rc = IAC_ASK(c.call, "look for a resource", c.table->find(instance->handle, c.call, &ask));
    if (iac_call_check(c.call, rc) == IAC_OK) {
        iac_find_answer answer = {
            .found = ask.ret_found,
            .private_data = iac_call_take_bytes(arena, ask.ret_private, request->private_data),
        };
        const iac_value *v = iac_value_in(ask.ret_state);
        iac_str error;
        if (v && v->deep_unknown)
            v = iac_value_transform(c.call->arena, v, to_null, &(null_unknowns){ &c, false });
        if (!iac_call_is_absent(iac_value_out(v)) && answer.found != IACP_FOUND_NOTHING) {
            answer.state = iac_call_take(c.call, arena, c.schema, iac_value_out(v), &error);
            if (!answer.state)
                iac_call_error(c.call, "Provider produced invalid object",
                               "Provider \"%s\" found an invalid value for %s: %.*s.\n\n" PROVIDER_BUG,
                               iac_call_provider(c.call), address(&c), IAC_FMT(error));
        }
        if (c.call->errors == 0)
            *ret = answer;
    }
    return end(&c);
}

/* ---- import and move ---- */

static bool take_imported(resource_call *c, iac_arena *arena, const iacp_imported *from, iac_imported *ret)
{
    const char *type = c->type;
    const iac_schema *schema = c->schema;
    iac_str error;

    if (from->type)
        schema = iac_call_schema(c->call, IACP_SCHEMA_RESOURCE, iac_str_of(from->type), &type);
    if (!schema)
        return false;
    if (iac_call_is_absent(from->state)) {
        iac_call_error(c->call, "Cannot import non-existent remote object",
                       "While attempting to import an existing object to \"%s\", the provider detected that no object "
                       "exists with the given id. Only pre-existing objects can be imported; check that the id is "
                       "correct and that it is associated with the provider's configured region or endpoint, or use "
                       "\"iac apply\" to create a new remote object for this resource.",
                       address(c));
        return false;
    }
    ret->type = iac_arena_str(arena, iac_str_of(type));
    ret->private_data = iac_call_take_bytes(arena, from->private_data, (iac_str){ "", 0 });
    ret->state = iac_call_take(c->call, arena, schema, from->state, &error);
    if (!ret->state)
        iac_call_error(c->call, "Provider produced invalid object",
                       "Provider \"%s\" produced an invalid value for %s during import: %.*s.\n\n" PROVIDER_BUG,
                       iac_call_provider(c->call), address(c), IAC_FMT(error));
    return ret->state != NULL;
}

iac_status iac_instance_import(iac_instance *instance, const iac_call_options *options, iac_arena *arena, iac_str type,
                               iac_str id, const iac_imported **ret, size_t *ret_count, iac_diags *diags)
{
    resource_call c = begin(instance, options, type, IACP_OP_READ, diags);
    if (!c.schema)
        return end(&c);
    if (instance->mock) {
        iac_call_error(c.call, "Invalid import request",
                       "Cannot import resources from mock providers. Use an `override_resource` block targeting the "
                       "specific resource being imported instead.");
        return end(&c);
    }
    if (!c.table->import) {
        iac_call_error(c.call, "Resource Import Not Implemented",
                       "The resource type \"%s\" does not support import. Please contact the provider developer for "
                       "additional information.",
                       c.type);
        return end(&c);
    }
    iacp_import ask = { .size = sizeof(ask), .type = c.type, .id = iac_arena_cstr(c.call->arena, id) };
    int32_t rc = IAC_ASK(c.call, "import a resource", c.table->import(instance->handle, c.call, &ask));
    if (iac_call_check(c.call, rc) != IAC_OK)
        return end(&c);
    if (ask.ret_count == 0)
        iac_call_error(c.call, "Import returned no resources",
                       "While attempting to import with ID \"%.*s\", the provider returned no instance states.",
                       IAC_FMT(id));
    iac_imported *list = iac_arena_array(arena, iac_imported, ask.ret_count);
    for (size_t i = 0; i < ask.ret_count; i++)
        if (!take_imported(&c, arena, ask.ret_objects[i], &list[i]))
            break;
    if (c.call->errors == 0) {
        *ret = list;
        *ret_count = ask.ret_count;
    }
    return end(&c);
}

iac_status iac_instance_move(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                             const iac_move_request *request, iac_read_answer *ret, iac_diags *diags)
{
    resource_call c = begin(instance, options, request->type, 0, diags);
    iac_str error = IAC_STR("no object was returned");
    if (!c.schema)
        return end(&c);
    if (!c.table->move) {
        iac_call_error(c.call, "Move Resource State Not Supported",
                       "The \"%s\" resource type does not support moving resource state across resource types.",
                       c.type);
        return end(&c);
    }
    iacp_move ask = {
        .size = sizeof(ask),
        .type = c.type,
        .source_provider = iac_arena_cstr(c.call->arena, request->source_provider),
        .source_type = iac_arena_cstr(c.call->arena, request->source_type),
        .source_version = request->source_version,
        .source_state_json = { request->source_state_json.p, request->source_state_json.n },
        .source_private = iac_call_bytes(request->source_private),
    };
    int32_t rc = IAC_ASK(c.call, "move a resource", c.table->move(instance->handle, c.call, &ask));
    if (iac_call_check(c.call, rc) != IAC_OK)
        return end(&c);
    iac_read_answer answer = { .private_data = iac_call_take_bytes(arena, ask.ret_private, (iac_str){ "", 0 }) };
    if (!iac_call_is_absent(ask.ret_state))
        answer.state = iac_call_take(c.call, arena, c.schema, ask.ret_state, &error);
    if (answer.state)
        *ret = answer;
    else
        iac_call_error(c.call, "Provider produced invalid object",
                       "Provider \"%s\" produced an invalid value for %s when its state was moved: %.*s.\n\n"
                       PROVIDER_BUG, iac_call_provider(c.call), address(&c), IAC_FMT(error));
    return end(&c);
}

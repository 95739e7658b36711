/* Plans a data source: read now where everything it needs is known and settled, else put off until apply. */
#include "engine/plan/planner.h"

bool iac_read_data(iac_worker *worker, iac_node *node, iac_provider_choice provider, const iac_addr *addr,
                   iac_str address, const iac_value *config, const iac_value **ret)
{
    double begun = iac_now();
    iac_call_options options = iac_options_for(worker->run, node, address);
    if (iac_instance_validate(provider.instance, &options, IACP_SCHEMA_DATA, node->resource_addr.type, config,
                              &worker->diags) != IAC_OK)
        return false;
    if (iac_is_remote_state(node) && !iac_remote_state_validate(worker, node, address, config))
        return false;
    iac_instance_event(worker->run, IAC_EVENT_READ_START, addr, IAC_STR(""), NULL, IAC_ACTION_READ, 0);
    const iac_value *state = NULL;
    uint32_t deferred = 0;
    const iac_value *plain = iac_value_unmark_deep(worker->scratch, config);
    bool stood_in = options.override || (node->provider->config && node->provider->config->mock);
    if (iac_is_remote_state(node) && !stood_in) {
        if (!iac_remote_state_read(worker, node, address, plain, &state))
            return false;
    } else if (iac_instance_read_data(provider.instance, &options, worker->keep, node->resource_addr.type, plain,
                                      &state, &deferred, &worker->diags) != IAC_OK) {
        return false;
    }
    if (!state) {
        *ret = NULL;
        return true;
    }
    *ret = iac_copy_marks(worker->keep, node->schema->block, state, config);
    iac_instance_event(worker->run, IAC_EVENT_READ_DONE, addr, IAC_STR(""), *ret, IAC_ACTION_READ,
                       iac_now() - begun);
    return true;
}

void iac_note_pending(iac_node *node, const iac_plan_task *task)
{
    atomic_store(&node->pending, true);
    if (task->module && node->pending_in)
        atomic_store(&node->pending_in[task->module->index], true);
}

/* Whether a change of the resource matters to what is in that instance of `module`, its own (NULL: in any other module):
 * other instances are of no concern. What is only read has no effect that could matter. */
static bool resource_pending(const iac_node *node, const iac_run_module *module, uint32_t index)
{
    if (node->kind != IAC_NODE_RESOURCE || node->resource->mode == IAC_DATA || !atomic_load(&node->pending))
        return false;
    return node->module != module || (node->pending_in && atomic_load(&node->pending_in[index]));
}

static bool module_pending(const iac_run_module *module)
{
    for (size_t i = 0; i < module->config->resource_count; i++)
        if (resource_pending(module->resources[i], NULL, 0))
            return true;
    for (size_t i = 0; i < module->config->call_count; i++)
        if (module->children[i] && module_pending(module->children[i]))
            return true;
    return false;
}

/* instance: of `module`, where the data source is; NULL: it is in a module below. */
static bool depends_pending(iac_worker *worker, iac_run_module *module, const iac_module_instance *instance,
                            iac_depends depends)
{
    for (size_t i = 0; i < depends.n; i++) {
        iac_ref ref;
        iac_diags drop = IAC_DIAGS_INIT;
        bool parsed = iac_ref_parse(worker->scratch, depends.v[i], &ref, &drop);
        iac_diags_clear(&drop);
        iac_node *target = parsed ? iac_run_resolve(module, &ref) : NULL;
        if (!target)
            continue;
        if (resource_pending(target, instance ? module : NULL, instance ? instance->index : 0))
            return true;
        if (target->kind != IAC_NODE_CALL)
            continue;
        const iac_run_module *child = module->children[target->call - module->config->calls];
        if (child && module_pending(child))
            return true;
    }
    return false;
}

/* Whether something that a data source with conditions refers to is to change: they may hold only then. */
static bool reference_pending(iac_worker *worker, const iac_node *node, uint32_t index)
{
    for (size_t i = 0; i < node->dependency_count; i++) {
        const iac_node *target = iac_map_get(&worker->run->resource_nodes,
                                             iac_addr_text(worker->scratch, node->dependencies[i]));
        if (target && resource_pending(target, node->module, index))
            return true;
    }
    return false;
}

/* Whether something named in depends_on, of the data source or of a module it is in, is still to change. */
static bool dependency_pending(iac_worker *worker, const iac_node *node, const iac_module_instance *instance)
{
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    if ((lifecycle->preconditions.n || lifecycle->postconditions.n) && reference_pending(worker, node, instance->index))
        return true;
    if (depends_pending(worker, node->module, instance, node->resource->depends_on))
        return true;
    for (const iac_run_module *module = node->module; module->parent; module = module->parent)
        if (depends_pending(worker, module->parent, NULL, module->call->call->depends_on))
            return true;
    return false;
}

static void put_off(iac_worker *worker, iac_node *node, iac_plan_task *task, const iac_value *config,
                    iac_reason reason)
{
    const iac_block_schema *block = node->schema->block;
    const iac_value *none = iac_value_null(worker->keep, block->type);
    config = iac_value_copy(worker->keep, config); /* parts of it become parts of the change */
    const iac_value *planned = iac_schema_proposed(worker->keep, block, none,
                                                   iac_value_unmark_deep(worker->keep, config));
    iac_change *change = iac_arena_new_of(worker->keep, iac_change);
    *change = (iac_change){
        .addr = task->addr,
        .previous = task->addr,
        .action = IAC_ACTION_READ,
        .reason = reason,
        .provider = task->provider.text,
        .provider_addr = node->provider->addr,
        .schema = node->schema,
        .before = none,
        .after = iac_copy_marks(worker->keep, block, planned, config),
        .dependencies = node->dependencies,
        .dependency_count = node->dependency_count,
    };
    task->change = change;
    task->instance->change = change;
    task->instance->value = change->after;
    iac_note_pending(node, task);
}

/* What was read, with what it needs: destroying goes by that, too, through what was only read. */
static const iac_object *read_object(iac_worker *worker, const iac_node *node, const iac_value *value)
{
    iac_object *object = iac_object_new(worker->keep, value, node->schema->block->type, node->schema->version);
    object->dependencies = node->dependencies;
    object->dependency_count = node->dependency_count;
    return object;
}

/* Within a check: it is read again once everything is applied, so that the check tells of what then is; what it reads
 * now is what the plan shows. */
static bool plan_nested(iac_worker *worker, iac_node *node, iac_plan_task *task, const iac_value *config)
{
    const iac_value *state = NULL;
    bool read = iac_read_data(worker, node, task->provider, &task->addr, task->address, config, &state);
    if (worker->run->stop && atomic_load(worker->run->stop))
        return read;
    put_off(worker, node, task, config, IAC_REASON_READ_CHECK_NESTED);
    if (!read)
        iac_fail_check(worker, node, task->instance, task->module);
    else if (state)
        task->change->after = task->instance->value = state;
    task->kept = read_object(worker, node, task->change->after);
    return true;
}

/* Nothing is read for what is to be destroyed: it is what the state says. */
static void recall(iac_worker *worker, const iac_node *node, iac_plan_task *task)
{
    const iac_value *recorded = task->object ? iac_recorded_value(worker->keep, node->schema, task->object) : NULL;
    task->kept = task->object;
    task->instance->value = recorded ? recorded : iac_value_unknown(worker->keep, node->schema->block->type);
}

bool iac_plan_data(iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task)
{
    if (!task->instance)
        return true; /* no longer in the configuration: it leaves the state without a word */
    if (planner->options->mode == IAC_PLAN_DESTROY) {
        recall(worker, node, task);
        return true;
    }
    iac_place place;
    iac_place_for(&place, worker, node, task->module, task->instance);
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    iac_subject subject = { node, task->address, 0 };
    if (!iac_visit_conditions(worker, &place, lifecycle->preconditions, subject, "Resource precondition failed",
                              worker->run->lenient))
        return false;
    const iac_value *config = iac_decode_body(&place.scope, node->resource->body, node->schema->block,
                                              worker->scratch, &worker->diags);
    if (worker->diags.errors)
        return false;
    if (!iac_check_ephemeral(worker, node, config))
        return false;
    bool waiting = planner->options->mode == IAC_PLAN_NORMAL && dependency_pending(worker, node, task->module);
    if (config->deep_unknown || waiting || !iac_instance_configured(task->provider.instance)) {
        put_off(worker, node, task, config,
                config->deep_unknown ? IAC_REASON_READ_CONFIG_UNKNOWN
                : waiting            ? IAC_REASON_READ_DEPENDENCY_PENDING
                                     : IAC_REASON_READ_CONFIG_UNKNOWN);
        return true;
    }
    if (node->nested && planner->options->mode == IAC_PLAN_NORMAL)
        return plan_nested(worker, node, task, config);
    const iac_value *state;
    if (!iac_read_data(worker, node, task->provider, &task->addr, task->address, config, &state))
        return false;
    if (!state) {
        put_off(worker, node, task, config, IAC_REASON_READ_CONFIG_UNKNOWN);
        return true;
    }
    task->instance->value = state;
    task->kept = read_object(worker, node, state);
    if (!lifecycle->postconditions.n)
        return true;
    place.self = state;
    subject.first = lifecycle->preconditions.n;
    return iac_visit_conditions(worker, &place, lifecycle->postconditions, subject, "Resource postcondition failed",
                                worker->run->lenient);
}

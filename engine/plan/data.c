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

/* ---- whether what it depends on is still to change ---- */

void iac_note_pending(iac_node *node, const iac_plan_task *task)
{
    atomic_store(&node->pending, true);
    if (task->module && node->pending_in)
        atomic_store(&node->pending_in[task->module->index], true);
}

void iac_plan_note_unsettled(const iac_run *run, iac_node *node)
{
    for (uint32_t e = run->graph.dep_start[node->id]; !node->unsettled && e < run->graph.dep_start[node->id + 1]; e++) {
        const iac_node *dep = run->nodes.v[run->graph.deps[e]];
        node->unsettled = dep->unsettled || atomic_load(&dep->pending);
    }
}

/* The data source whose instance asks. */
struct asking {
    const iac_run *run;
    const iac_node *node;
    const iac_module_instance *module;
};

/* Instances of one module have nothing to do with each other. */
static bool is_pending(const struct asking *asking, const iac_node *node)
{
    if (node->kind != IAC_NODE_RESOURCE || node->resource->mode != IAC_MANAGED || !atomic_load(&node->pending))
        return false;
    return node->module != asking->node->module || !node->pending_in ||
           atomic_load(&node->pending_in[asking->module->index]);
}

/* Whether the node, or a resource that it leads to, is pending. */
static bool leads_to_pending(const struct asking *asking, uint32_t from)
{
    const iac_run *run = asking->run;
    IAC_VEC(uint32_t) queue = { 0 };
    iac_map seen = { 0 };
    bool found = false;
    iac_vec_push(&queue, from);
    while (queue.n && !found) {
        uint32_t id = queue.v[--queue.n];
        const iac_node *node = run->nodes.v[id];
        found = is_pending(asking, node);
        iac_str key = { (const char *)&run->nodes.v[id], sizeof(run->nodes.v[id]) }; /* the bytes of the pointer */
        if (!node->unsettled || iac_map_put(&seen, key, &seen))
            continue;
        for (uint32_t e = run->graph.dep_start[id]; e < run->graph.dep_start[id + 1]; e++)
            iac_vec_push(&queue, run->graph.deps[e]);
    }
    iac_vec_clear(&queue);
    iac_map_clear(&seen);
    return found;
}

/* What a depends_on of the module names. Of a module's, what that needs counts, too. */
static bool depends_pending(iac_worker *worker, const struct asking *asking, iac_run_module *module, iac_depends depends,
                            bool of_module)
{
    for (size_t i = 0; i < depends.n; i++) {
        iac_ref ref;
        iac_diags drop = IAC_DIAGS_INIT;
        bool parsed = iac_ref_parse(worker->scratch, depends.v[i], &ref, &drop);
        iac_diags_clear(&drop);
        const iac_node *target = parsed ? iac_run_resolve(module, &ref) : NULL;
        if (!target)
            continue;
        if (target->kind == IAC_NODE_CALL && module->children[target->call - module->config->calls])
            target = module->children[target->call - module->config->calls]->end;
        bool direct = target->kind == IAC_NODE_RESOURCE && !of_module;
        if (direct ? is_pending(asking, target) : leads_to_pending(asking, target->id))
            return true;
    }
    return false;
}

/* Whether a managed resource is still to change that the data source refers to itself, or that is named in depends_on, its
 * own or that of a module it is in. Conditions may wait for anything upstream. */
static bool dependency_pending(iac_worker *worker, const iac_node *node, const iac_module_instance *instance)
{
    const iac_run *run = worker->run;
    const struct asking asking = { run, node, instance };
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    if (!node->unsettled)
        return false;
    for (uint32_t e = run->graph.dep_start[node->id]; e < run->graph.dep_start[node->id + 1]; e++)
        if (is_pending(&asking, run->nodes.v[run->graph.deps[e]]))
            return true;
    if (lifecycle->preconditions.n + lifecycle->postconditions.n)
        return leads_to_pending(&asking, node->id);
    if (depends_pending(worker, &asking, node->module, node->resource->depends_on, false))
        return true;
    for (const iac_run_module *module = node->module; module->parent; module = module->parent)
        if (depends_pending(worker, &asking, module->parent, module->call->call->depends_on, true))
            return true;
    return false;
}

/* ---- planning ---- */

static void put_off(const iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task,
                    const iac_value *config, iac_reason reason)
{
    const iac_addr *previous = planner->moved.n ? iac_map_get(&planner->moved, task->address) : NULL;
    const iac_block_schema *block = node->schema->block;
    const iac_value *none = iac_value_null(worker->keep, block->type);
    config = iac_value_copy(worker->keep, config); /* parts of it become parts of the change */
    const iac_value *planned = iac_schema_proposed(worker->keep, block, none,
                                                   iac_value_unmark_deep(worker->keep, config));
    iac_change *change = iac_arena_new_of(worker->keep, iac_change);
    *change = (iac_change){
        .addr = task->addr,
        .previous = previous ? *previous : task->addr,
        .moved = previous != NULL,
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
static bool plan_nested(const iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task,
                        const iac_value *config)
{
    const iac_value *state = NULL;
    bool read = iac_read_data(worker, node, task->provider, &task->addr, task->address, config, &state);
    if (worker->run->stop && atomic_load(worker->run->stop))
        return read;
    put_off(planner, worker, node, task, config, IAC_REASON_READ_CHECK_NESTED);
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

/* Decides whether it is read, and reads it. config: known as far as it is. */
static bool read_or_put_off(iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task,
                            const iac_value *config)
{
    bool normal = planner->options->mode == IAC_PLAN_NORMAL;
    bool waiting = normal && dependency_pending(worker, node, task->module);
    if (config->deep_unknown || waiting || !iac_instance_configured(task->provider.instance)) {
        if (normal)
            put_off(planner, worker, node, task, config,
                    waiting && !config->deep_unknown ? IAC_REASON_READ_DEPENDENCY_PENDING
                                                     : IAC_REASON_READ_CONFIG_UNKNOWN);
        else
            recall(worker, node, task); /* nothing will be applied, so that it is never known */
        return true;
    }
    if (node->nested && normal)
        return plan_nested(planner, worker, node, task, config);
    const iac_value *state;
    if (!iac_read_data(worker, node, task->provider, &task->addr, task->address, config, &state))
        return false;
    if (!state) {
        put_off(planner, worker, node, task, config, IAC_REASON_READ_CONFIG_UNKNOWN);
        return true;
    }
    task->instance->value = state;
    task->kept = read_object(worker, node, state);
    return true;
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
    if (worker->diags.errors || !iac_check_ephemeral(worker, node, config) ||
        !read_or_put_off(planner, worker, node, task, config))
        return false;
    if (!lifecycle->postconditions.n || task->instance->unread)
        return true;
    place.self = task->instance->value;
    subject.first = lifecycle->preconditions.n;
    return iac_visit_conditions(worker, &place, lifecycle->postconditions, subject, "Resource postcondition failed",
                                worker->run->lenient);
}

/* The planner's walk, and the plan put together from what it found. */
#include "engine/plan/generate.h"
#include "engine/plan/planner.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Whether something is left out on request. */
static bool limited(const iac_planner *planner)
{
    return planner->options->target_count || planner->options->exclude_count;
}

static bool destroying(const iac_planner *planner)
{
    return planner->options->mode == IAC_PLAN_DESTROY;
}

/* ---- tasks of a resource ---- */

static iac_addr instance_addr(const iac_node *node, iac_module_addr module, iac_key key)
{
    iac_addr addr = node->resource_addr;
    addr.module = module;
    addr.key = key;
    return addr;
}

static iac_reason orphan_reason(const iac_planner *planner, const iac_node *node, iac_str address,
                                const iac_module_instance *module, iac_key key)
{
    if (destroying(planner))
        return IAC_REASON_NONE; /* whatever the configuration says */
    if (node->kind == IAC_NODE_ORPHAN)
        return planner->moved.n && iac_map_has(&planner->moved, address) ? IAC_REASON_DELETE_NO_MOVE_TARGET
                                                                         : IAC_REASON_DELETE_NO_CONFIG;
    if (!module)
        return IAC_REASON_DELETE_NO_MODULE;
    const iac_expansion *expansion = &node->expansions[module->index];
    if (expansion->repetition == IAC_BY_COUNT && key.kind == IAC_KEY_INT)
        return IAC_REASON_DELETE_COUNT_INDEX;
    if (expansion->repetition == IAC_BY_FOR_EACH && key.kind == IAC_KEY_STRING)
        return IAC_REASON_DELETE_EACH_KEY;
    if (expansion->repetition == IAC_SINGLE && expansion->n == 0 && key.kind == IAC_KEY_NONE)
        return IAC_REASON_DELETE_ENABLED_FALSE;
    return IAC_REASON_DELETE_WRONG_REPETITION;
}

/* An instance that -target leaves out is, to what refers to it, what the state says. */
static const iac_value *left_out_value(iac_worker *worker, const iac_node *node, const iac_state_instance *stored,
                                       iac_str address)
{
    if (!stored || !stored->current || !node->provider || !node->provider->instance)
        return NULL;
    iac_call_options options = iac_options_for(worker->run, node, address);
    return iac_stored_value(worker, node, &options, stored->current);
}

/* An object that is only to be destroyed, or read before that, is asked about where it was made. */
static bool choose(const iac_planner *planner, iac_worker *worker, iac_node *node, const iac_module_instance *module,
                   const iac_resource_instance *instance, const iac_state_instance *stored, iac_str address,
                   iac_provider_choice *ret)
{
    if (planner->options->mode == IAC_PLAN_DESTROY && stored && node->resource_addr.mode == IAC_MANAGED)
        return iac_choose_recorded_provider(worker, node, stored->provider, address, ret);
    return iac_choose_provider(worker, node, module, instance, address, ret);
}

/* Whether a removed block lets go of it: then no provider is asked. */
static bool forgets(const iac_planner *planner, iac_worker *worker, const iac_node *node, iac_addr addr)
{
    return node->kind == IAC_NODE_ORPHAN && planner->options->mode == IAC_PLAN_NORMAL &&
           iac_plan_forgets(planner, worker, addr);
}

/* Lists what is to be planned: the instances of the configuration, then what only the state has. */
static void make_tasks(iac_planner *planner, iac_worker *worker, iac_node *node)
{
    iac_arena *keep = worker->keep;
    size_t count = 0;
    for (uint32_t i = 0; i < node->slots && node->expansions; i++)
        count += node->expansions[i].n;
    for (uint32_t i = 0; i < node->state_count; i++)
        count += 1 + planner->run.state->instances[node->state_indexes[i]].deposed_count;
    iac_plan_work *work = iac_arena_new_of(keep, iac_plan_work);
    work->tasks = iac_arena_array(keep, iac_plan_task, count);
    node->work = work;
    if (node->kind == IAC_NODE_RESOURCE)
        node->pending_in = iac_arena_array(keep, atomic_bool, node->module->instance_count);

    for (uint32_t i = 0; i < node->slots && node->expansions; i++) {
        const iac_module_instance *module = node->module->instances[i];
        for (uint32_t k = 0; k < node->expansions[i].n; k++) {
            iac_resource_instance *instance = &node->expansions[i].v[k];
            iac_provider_choice provider = { 0 };
            iac_addr addr = instance_addr(node, module->addr, instance->key);
            const iac_state_instance *stored = planner->run.state ? iac_state_find(planner->run.state, addr) : NULL;
            iac_str address = iac_addr_text(keep, addr);
            if (!iac_plan_targeted(planner, node, stored, address)) {
                if (addr.mode == IAC_MANAGED)
                    instance->value = left_out_value(worker, node, stored, address);
                instance->absent = !instance->value;
                continue;
            }
            if (node->provider && !choose(planner, worker, node, module, instance, stored, address, &provider))
                continue;
            work->tasks[work->n++] = (iac_plan_task){
                .module = module,
                .instance = instance,
                .stored = stored,
                .object = stored ? stored->current : NULL,
                .addr = addr,
                .address = address,
                .provider = provider,
            };
        }
    }
    for (uint32_t i = 0; i < node->state_count; i++) {
        const iac_state_instance *stored = &planner->run.state->instances[node->state_indexes[i]];
        const iac_module_instance *module = node->kind == IAC_NODE_RESOURCE
                                                ? iac_run_module_instance(node->module, stored->addr.module)
                                                : NULL;
        iac_str address = iac_addr_text(keep, stored->addr);
        if (!iac_plan_targeted(planner, node, stored, address))
            continue;
        bool configured = module && node->expansions &&
                          iac_expansion_find(&node->expansions[module->index], stored->addr.key);
        iac_provider_choice provider = { stored->provider, node->provider ? node->provider->instance : NULL };
        if ((configured && !stored->deposed_count) ||
            (node->provider && !forgets(planner, worker, node, stored->addr) &&
             !iac_choose_recorded_provider(worker, node, stored->provider, address, &provider)))
            continue;
        if (!configured && stored->current)
            work->tasks[work->n++] = (iac_plan_task){
                .module = module,
                .stored = stored,
                .object = stored->current,
                .addr = stored->addr,
                .address = address,
                .provider = provider,
                .reason = orphan_reason(planner, node, address, module, stored->addr.key),
            };
        for (size_t k = 0; k < stored->deposed_count; k++)
            work->tasks[work->n++] = (iac_plan_task){
                .module = module,
                .stored = stored,
                .object = stored->deposed[k],
                .addr = stored->addr,
                .address = address,
                .provider = provider,
            };
    }
}

typedef struct kept_instances {
    const iac_planner *planner;
    iac_worker *worker;
    iac_node *node;
    uint32_t at; /* tasks stand in the order of the state, too */
} kept_instances;

/* Of what the configuration has no longer: where nothing is planned for it, it is to stay. */
static const iac_value *kept_value(void *user, const iac_state_instance *stored)
{
    kept_instances *kept = user;
    iac_str address = iac_addr_text(kept->worker->keep, stored->addr);
    if (!iac_plan_targeted(kept->planner, kept->node, stored, address))
        return left_out_value(kept->worker, kept->node, stored, address);
    const iac_plan_work *work = kept->node->work;
    for (; work && kept->at < work->n; kept->at++) {
        const iac_plan_task *task = &work->tasks[kept->at];
        if (!task->instance && task->stored == stored && task->object == stored->current)
            return task->change ? NULL : task->refreshed;
    }
    return NULL;
}

static void note_leftovers(const iac_planner *planner, iac_worker *worker, iac_node *node)
{
    kept_instances kept = { planner, worker, node, 0 };
    if (node->kind == IAC_NODE_RESOURCE && !destroying(planner) &&
        (limited(planner) || planner->options->mode == IAC_PLAN_REFRESH_ONLY))
        iac_note_leftovers(worker, node, kept_value, &kept);
}

/* Destroying targets takes what depends on them along, and leaves what they depend on. */
static void note_roles(const iac_planner *planner, const iac_node *node)
{
    iac_plan_work *work = node->work;
    if (planner->options->mode != IAC_PLAN_DESTROY || planner->options->target_count == 0)
        return;
    for (uint32_t i = 0; i < work->n; i++) {
        work->tasks[i].swept = iac_plan_swept(planner, work->tasks[i].stored, work->tasks[i].address);
        work->tasks[i].spared = !planner->reached[node->id] && !planner->aimed[node->id];
    }
}

/* ---- dependencies ---- */

static bool has_instances(const iac_node *node)
{
    if (!node->expansions)
        return true; /* not known */
    for (uint32_t i = 0; i < node->slots; i++)
        if (node->expansions[i].n)
            return true;
    return false;
}

static int compare_addrs(const void *a, const void *b)
{
    return iac_addr_cmp(*(const iac_addr *)a, *(const iac_addr *)b);
}

/* A resource without instances leaves nothing in the state that could tell what it needs: those who need it need that
 * themselves. */
static void inherit_dependencies(iac_planner *planner, iac_worker *worker, iac_node *node)
{
    IAC_VEC(iac_addr) all = { 0 };
    bool any = false;
    for (size_t i = 0; i < node->dependency_count; i++) {
        const iac_node *needed = iac_map_get(&planner->run.resource_nodes,
                                             iac_addr_text(worker->scratch, node->dependencies[i]));
        iac_vec_push(&all, node->dependencies[i]);
        if (!needed || needed->kind != IAC_NODE_RESOURCE || has_instances(needed))
            continue;
        any = true;
        for (size_t k = 0; k < needed->dependency_count; k++)
            iac_vec_push(&all, needed->dependencies[k]);
    }
    if (any) {
        qsort(all.v, all.n, sizeof(*all.v), compare_addrs);
        iac_addr *merged = iac_arena_array(worker->keep, iac_addr, all.n);
        size_t n = 0;
        for (size_t i = 0; i < all.n; i++)
            if (n == 0 || !iac_addr_equal(merged[n - 1], all.v[i]))
                merged[n++] = all.v[i];
        node->dependencies = merged;
        node->dependency_count = n;
    }
    iac_vec_clear(&all);
}

/* ---- the walk ---- */

/* What is destroyed needs no configuration but that of its provider: marks what this one is made of. */
static void note_needed(iac_planner *planner)
{
    const iac_run *run = &planner->run;
    IAC_VEC(uint32_t) queue = { 0 };
    planner->needed = iac_arena_array(run->arena, bool, run->nodes.n);
    for (uint32_t i = 0; i < run->nodes.n; i++) {
        const iac_node *node = run->nodes.v[i];
        if (node->state_count && node->provider)
            iac_vec_push(&queue, node->provider->node->id);
    }
    while (queue.n) {
        uint32_t id = queue.v[--queue.n];
        const iac_node *node = run->nodes.v[id];
        bool recorded = node->kind == IAC_NODE_RESOURCE && node->resource->mode != IAC_EPHEMERAL_RESOURCE;
        if (planner->needed[id] || recorded) /* what resources are is in the state */
            continue;
        planner->needed[id] = true;
        for (uint32_t e = run->graph.dep_start[id]; e < run->graph.dep_start[id + 1]; e++)
            iac_vec_push(&queue, run->graph.deps[e]);
    }
    iac_vec_clear(&queue);
}

static iac_task_result begin_resource(iac_planner *planner, iac_worker *worker, iac_node *node)
{
    const iac_task_result failed = { IAC_TASK_FAILED, 0 };
    if (node->kind == IAC_NODE_RESOURCE && !destroying(planner))
        iac_check_ignored(worker, node);
    if (node->excluded)
        return (iac_task_result){ IAC_TASK_DONE, 0 };
    bool ephemeral = node->kind == IAC_NODE_RESOURCE && node->resource->mode == IAC_EPHEMERAL_RESOURCE;
    if (ephemeral && destroying(planner) && !planner->needed[node->id])
        return (iac_task_result){ IAC_TASK_DONE, 0 };
    if (ephemeral)
        return iac_ephemeral_open(worker, node) ? (iac_task_result){ IAC_TASK_DONE, 0 } : failed;
    if (node->kind == IAC_NODE_RESOURCE && !iac_visit_node(worker, node)) {
        if (!destroying(planner))
            return failed;
        iac_diags_clear(&worker->diags); /* what is to be destroyed need not be a sound configuration */
        node->expansions = NULL;
        node->slots = 0;
    }
    if (node->kind == IAC_NODE_RESOURCE)
        inherit_dependencies(planner, worker, node);
    make_tasks(planner, worker, node);
    iac_recover_note_tasks(planner, node);
    note_roles(planner, node);
    if (node->kind == IAC_NODE_RESOURCE && node->resource->mode == IAC_MANAGED &&
        !iac_plan_note_imports(planner, worker, node))
        return failed;
    if (node->resource_addr.mode == IAC_MANAGED)
        iac_refresh_together(planner, worker, node);
    if (worker->diags.errors)
        return failed;
    return (iac_task_result){ IAC_TASK_PARTS, ((iac_plan_work *)node->work)->n };
}

static iac_task_result visit_resource(iac_planner *planner, iac_worker *worker, iac_node *node, uint32_t part)
{
    if (part == IAC_PART_BEGIN)
        return begin_resource(planner, worker, node);
    if (part == IAC_PART_END) {
        note_leftovers(planner, worker, node);
        return (iac_task_result){ worker->diags.errors ? IAC_TASK_FAILED : IAC_TASK_DONE, 0 };
    }
    iac_plan_work *work = node->work;
    iac_plan_task *task = &work->tasks[part];
    bool data = node->resource_addr.mode == IAC_DATA;
    bool ok = data ? iac_plan_data(planner, worker, node, task) : iac_plan_managed(planner, worker, node, task);
    if (!ok && data && destroying(planner)) { /* it may refer to what is gone already; only providers might miss it */
        iac_diags_clear(&worker->diags);
        ok = true;
    }
    if (!ok && destroying(planner) && task->read) {
        /* What is to be destroyed does not wait for what it needs: that may fail by itself. */
        planner->failed[node->id] = true;
        ok = true;
    }
    return (iac_task_result){ ok ? IAC_TASK_DONE : IAC_TASK_FAILED, 0 };
}

static iac_task_result visit(void *user, iac_walk *walk, unsigned number, uint32_t id, uint32_t part)
{
    (void)walk;
    iac_planner *planner = user;
    iac_worker *worker = &planner->run.workers[number];
    iac_node *node = planner->run.nodes.v[id];
    iac_task_result result = { IAC_TASK_DONE, 0 };
    if (part == IAC_PART_BEGIN)
        iac_plan_note_unsettled(&planner->run, node);
    if (node->kind == IAC_NODE_RESOURCE || node->kind == IAC_NODE_ORPHAN) {
        if (node->kind == IAC_NODE_ORPHAN && node->resource_addr.mode != IAC_MANAGED)
            return result;
        result = visit_resource(planner, worker, node, part);
    } else if (destroying(planner) && node->kind == IAC_NODE_CHECK) {
        return result; /* nothing is left to hold */
    } else if (!node->excluded && !iac_visit_node(worker, node)) {
        if (!destroying(planner) || planner->needed[id])
            result.code = IAC_TASK_FAILED;
        else
            iac_diags_clear(&worker->diags);
    }
    iac_worker_end(worker, id, part);
    return result;
}

/* ---- the plan ---- */

static int compare_changes(const void *a, const void *b)
{
    const iac_change *x = a, *y = b;
    int order = iac_addr_cmp(x->addr, y->addr);
    return order ? order : iac_str_cmp(x->deposed, y->deposed);
}

typedef IAC_VEC(iac_change) change_list;

/* NULL when neither the configuration nor the state has the resource. */
static const iac_node *node_of(const iac_planner *planner, iac_addr addr)
{
    addr.key = (iac_key){ 0 };
    addr.module = iac_module_addr_static(planner->run.arena, addr.module);
    return iac_map_get(&planner->run.resource_nodes, iac_addr_text(planner->run.arena, addr));
}

/* After an error, not everything that has moved was looked at: it has moved all the same. */
static void gather_unread_moves(const iac_planner *planner, const iac_map *read, iac_arena *arena, change_list *drift)
{
    iac_diags drop = IAC_DIAGS_INIT;
    for (size_t i = 0; i < planner->moved.n; i++) {
        const iac_addr *from = planner->moved.entries[i].value;
        iac_addr to;
        if (iac_map_has(read, planner->moved.entries[i].key) ||
            iac_addr_parse(arena, planner->moved.entries[i].key, &to, &drop) != IAC_OK || iac_addr_equal(*from, to))
            continue;
        const iac_node *node = node_of(planner, to);
        const iac_state_instance *stored = iac_state_find(planner->run.state, to);
        if (!node || !node->schema || !node->provider || !stored || !stored->current)
            continue;
        const iac_value *value = iac_recorded_value(arena, node->schema, stored->current);
        if (value)
            iac_vec_push(drift, ((iac_change){ .addr = to, .previous = *from, .moved = true, .before = value,
                                               .after = value, .provider = stored->provider, .schema = node->schema,
                                               .provider_addr = node->provider->addr }));
    }
    iac_diags_clear(&drop);
}

static void gather_changes(iac_planner *planner, iac_plan *plan, iac_arena *arena)
{
    change_list changes = { 0 }, drift = { 0 };
    bool partly = plan->mode == IAC_PLAN_REFRESH_ONLY && plan->errored && planner->moved.n;
    iac_map read = { 0 };
    for (size_t i = 0; i < planner->run.nodes.n; i++) {
        const iac_node *node = planner->run.nodes.v[i];
        const iac_plan_work *work = node->kind == IAC_NODE_RESOURCE || node->kind == IAC_NODE_ORPHAN ? node->work
                                                                                                     : NULL;
        for (uint32_t k = 0; work && k < work->n; k++) {
            if (work->tasks[k].change)
                iac_vec_push(&changes, *work->tasks[k].change);
            if (work->tasks[k].drift)
                iac_vec_push(&drift, *work->tasks[k].drift);
            if (partly && work->tasks[k].read)
                iac_map_put(&read, work->tasks[k].address, planner);
        }
    }
    if (partly)
        gather_unread_moves(planner, &read, arena, &drift);
    iac_map_clear(&read);
    if (changes.n)
        qsort(changes.v, changes.n, sizeof(iac_change), compare_changes);
    if (drift.n)
        qsort(drift.v, drift.n, sizeof(iac_change), compare_changes);
    iac_change *v = iac_arena_array(arena, iac_change, changes.n);
    if (changes.n)
        memcpy(v, changes.v, changes.n * sizeof(*v));
    plan->changes = v;
    plan->change_count = changes.n;
    v = iac_arena_array(arena, iac_change, drift.n);
    if (drift.n)
        memcpy(v, drift.v, drift.n * sizeof(*v));
    plan->drift = v;
    plan->drift_count = drift.n;
    iac_vec_clear(&changes);
    iac_vec_clear(&drift);
}

static int compare_instances(const void *a, const void *b)
{
    return iac_addr_cmp(((const iac_state_instance *)a)->addr, ((const iac_state_instance *)b)->addr);
}

static int compare_outputs(const void *a, const void *b)
{
    return iac_str_cmp(((const iac_state_output *)a)->name, ((const iac_state_output *)b)->name);
}

/* Outputs that could be computed are as up to date as what was refreshed; others stay as they were stored. */
static void refresh_outputs(iac_planner *planner, iac_state *state, iac_arena *arena)
{
    const iac_run_module *root = planner->run.root;
    if (destroying(planner))
        return;
    iac_state_output *v = iac_arena_array(arena, iac_state_output, root->config->output_count + state->output_count);
    size_t n = 0;
    for (size_t i = 0; i < root->config->output_count; i++) {
        const iac_node *node = root->outputs[i];
        const iac_value *value = node->values && !node->excluded ? node->values[0] : NULL;
        if (value && !iac_is_null(value) && iac_is_wholly_known(value) && !node->output->ephemeral)
            v[n++] = (iac_state_output){ node->output->name, iac_value_unmark_deep(arena, value),
                                         node->output->sensitive };
    }
    for (size_t i = 0; i < state->output_count; i++) {
        const iac_output_config *output = iac_map_get(&root->config->output_map, state->outputs[i].name);
        const iac_node *node = output ? root->outputs[output - root->config->outputs] : NULL;
        const iac_value *value = node && node->values && !node->excluded ? node->values[0] : NULL;
        if (!value || !iac_is_wholly_known(value))
            v[n++] = state->outputs[i];
    }
    if (n)
        qsort(v, n, sizeof(*v), compare_outputs);
    state->outputs = v;
    state->output_count = n;
}

/* What was read and is not any more leaves the state, unless nobody came to look. */
static bool leaves(const iac_planner *planner, iac_addr addr)
{
    const iac_node *node = node_of(planner, addr);
    return !limited(planner) && (!node || node->kind != IAC_NODE_RESOURCE || node->work);
}

/* The state after refresh: what was planned with what was read, the rest as it was. */
static const iac_state *refreshed_state(iac_planner *planner, iac_arena *arena)
{
    const iac_state *stored = planner->run.state;
    IAC_VEC(iac_state_instance) list = { 0 };
    bool *seen = iac_xcalloc(stored ? stored->instance_count : 0, sizeof(*seen));
    iac_map deposed = { 0 };
    iac_recover_deposed(planner, &deposed);
    for (size_t i = 0; i < planner->run.nodes.n; i++) {
        const iac_node *node = planner->run.nodes.v[i];
        const iac_plan_work *work = node->kind == IAC_NODE_RESOURCE || node->kind == IAC_NODE_ORPHAN ? node->work
                                                                                                     : NULL;
        for (uint32_t k = 0; work && k < work->n; k++) {
            const iac_plan_task *task = &work->tasks[k];
            bool data = task->addr.mode != IAC_MANAGED;
            bool failed = !data && task->object && !task->read && !iac_is_stand_in(task);
            if (task->object && task->object->deposed.n)
                continue; /* with its instance */
            if (task->stored)
                seen[task->stored - stored->instances] = true;
            const iac_object *current = failed ? task->object : task->kept;
            if (data && !current && task->instance && task->stored && !task->change)
                current = task->object; /* it could not be read: an error was given */
            iac_state_instance instance = {
                .addr = task->addr,
                .provider = task->provider.text.n ? task->provider.text : task->stored->provider,
                .current = current,
                .deposed = task->stored ? task->stored->deposed : NULL,
                .deposed_count = task->stored ? task->stored->deposed_count : 0,
            };
            if (iac_recover_filter(planner, arena, &deposed, &instance))
                iac_vec_push(&list, instance);
        }
    }
    for (size_t i = 0; stored && i < stored->instance_count; i++)
        if (!seen[i] && !(stored->instances[i].addr.mode == IAC_DATA && leaves(planner, stored->instances[i].addr))) {
            iac_state_instance instance = stored->instances[i];
            if (iac_recover_filter(planner, arena, &deposed, &instance))
                iac_vec_push(&list, instance);
        }
    free(seen);
    iac_map_clear(&deposed);
    if (list.n)
        qsort(list.v, list.n, sizeof(iac_state_instance), compare_instances);
    iac_state *state = iac_arena_new_of(arena, iac_state);
    if (stored)
        *state = *stored;
    iac_state_instance *v = iac_arena_array(arena, iac_state_instance, list.n);
    if (list.n)
        memcpy(v, list.v, list.n * sizeof(*v));
    state->instances = v;
    state->instance_count = list.n;
    iac_vec_clear(&list);
    refresh_outputs(planner, state, arena);
    return state;
}

static int compare_output_changes(const void *a, const void *b)
{
    return iac_str_cmp(((const iac_output_change *)a)->name, ((const iac_output_change *)b)->name);
}

static void gather_outputs(iac_planner *planner, iac_plan *plan, iac_arena *arena)
{
    const iac_run_module *root = planner->run.root;
    const iac_state *stored = planner->run.state;
    size_t most = root->config->output_count + (stored ? stored->output_count : 0), n = 0;
    iac_output_change *v = iac_arena_array(arena, iac_output_change, most);
    for (size_t i = 0; i < root->config->output_count; i++) {
        const iac_node *node = root->outputs[i];
        const iac_state_output *old = stored ? iac_state_find_output(stored, node->output->name) : NULL;
        if (node->excluded || (!node->values && !destroying(planner)))
            continue;
        iac_output_change change = { .name = node->output->name, .sensitive = node->output->sensitive };
        change.before = old ? iac_value_unsign_zeros(arena, old->value) : NULL;
        const iac_value *after = node->values && !destroying(planner) ? node->values[0] : NULL;
        if (destroying(planner)) {
            if (!old || limited(planner))
                continue;
            change.action = IAC_ACTION_DELETE;
            change.sensitive = old && old->sensitive;
            v[n++] = change;
            continue;
        }
        if (!after)
            continue; /* it failed */
        if (iac_is_null(after))
            after = NULL; /* the state has no null outputs */
        change.after = after ? iac_value_unsign_zeros(arena, iac_value_unmark_deep(arena, after)) : NULL;
        change.sensitive |= old && old->sensitive;
        bool same = old && after && old->sensitive == node->output->sensitive &&
                    iac_value_same(old->value, change.after);
        change.action = same || (!old && !after) ? IAC_ACTION_NOOP : !old ? IAC_ACTION_CREATE : IAC_ACTION_UPDATE;
        v[n++] = change;
    }
    for (size_t i = 0; stored && i < stored->output_count; i++)
        if (!iac_map_has(&root->config->output_map, stored->outputs[i].name) && !limited(planner))
            v[n++] = (iac_output_change){ .name = stored->outputs[i].name, .sensitive = stored->outputs[i].sensitive,
                                          .action = IAC_ACTION_DELETE,
                                          .before = iac_value_unsign_zeros(arena, stored->outputs[i].value) };
    if (n)
        qsort(v, n, sizeof(*v), compare_output_changes);
    plan->outputs = v;
    plan->output_count = n;
}

/* Whether refreshing alone has changed what the state records beside values. */
static bool records_change(const iac_planner *planner)
{
    for (size_t i = 0; i < planner->run.nodes.n; i++) {
        const iac_node *node = planner->run.nodes.v[i];
        const iac_plan_work *work = node->kind == IAC_NODE_RESOURCE ? node->work : NULL;
        for (uint32_t k = 0; work && k < work->n; k++)
            if (work->tasks[k].record_changed)
                return true;
    }
    return false;
}

/* Whether the state has data sources, which a plan to destroy forgets without a word. */
static bool destroys_data(const iac_planner *planner, const iac_plan *plan)
{
    for (size_t i = 0; destroying(planner) && i < plan->prior->instance_count; i++) {
        const iac_state_instance *instance = &plan->prior->instances[i];
        const iac_node *node = instance->addr.mode == IAC_DATA ? node_of(planner, instance->addr) : NULL;
        if (node && !node->excluded)
            return true;
    }
    return false;
}

static bool has_changes(const iac_planner *planner, const iac_plan *plan)
{
    if (destroys_data(planner, plan))
        return true;
    for (size_t i = 0; i < plan->change_count; i++)
        if (plan->changes[i].action != IAC_ACTION_NOOP || plan->changes[i].moved || plan->changes[i].import_id.n)
            return true;
    for (size_t i = 0; i < plan->output_count; i++) {
        /* Refreshing alone takes no outputs away, and has no way of learning what is not known. */
        const iac_output_change *output = &plan->outputs[i];
        bool kept = output->action == IAC_ACTION_DELETE || (output->after && output->after->deep_unknown);
        if (output->action != IAC_ACTION_NOOP && !(planner->options->mode == IAC_PLAN_REFRESH_ONLY && kept))
            return true;
    }
    bool drifted = false;
    for (size_t i = 0; i < plan->drift_count; i++)
        drifted = drifted || plan->drift[i].action != IAC_ACTION_NOOP; /* it may just have moved */
    return planner->options->mode == IAC_PLAN_REFRESH_ONLY &&
           (drifted || planner->options->import_count || records_change(planner));
}

static iac_str timestamp_now(iac_arena *arena)
{
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    char text[32];
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return iac_arena_str(arena, iac_str_of(text));
}

static void warn_of_limits(const iac_plan_options *options, iac_diags *diags)
{
    const char *option = options->target_count ? "-target" : "-exclude";
    if (options->target_count || options->exclude_count)
        iac_diag_warning(diags, IAC_NO_RANGE, "Resource targeting is in effect",
                         "You are creating a plan with the %s option, which means that the result of this plan may not "
                         "represent all of the changes requested by the current configuration.\n\nThe %s option is not "
                         "for routine use, and is provided only for exceptional situations such as recovering from "
                         "errors or mistakes, or when iac specifically suggests to use it as part of an error message.",
                         option, option);
}

static void abandon(iac_planner *planner, iac_diags *diags)
{
    pthread_mutex_lock(&planner->run.lock);
    iac_run_collect(&planner->run, diags);
    pthread_mutex_unlock(&planner->run.lock);
    iac_diag_error(diags, IAC_NO_RANGE, "Operation abandoned",
                   "A provider went on with what it was doing when it was told to stop, and iac ends without waiting for "
                   "it. Nothing was to be changed: the plan was not complete.");
    planner->options->abandon(planner->options->abandon_arg, diags);
}

/* One walk of the graph. recovered: it is a normal plan that only comes before one to destroy, for the state that it
 * leads to, and what became of changes that were begun is told here; NULL otherwise. */
static iac_status plan_once(iac_arena *arena, const iac_config *config, const iac_state *state,
                            const iac_plan_options *options, iac_diags *recovered, iac_plan **ret, iac_diags *diags)
{
    iac_planner *planner = iac_arena_new_of(arena, iac_planner);
    bool before_destroy = recovered != NULL;
    planner->before_destroy = before_destroy;
    size_t errors = diags->errors;
    iac_str timestamp = timestamp_now(arena);
    const iac_state *known = iac_recover_begin(planner, arena, state, options);
    const iac_state *moved_state = iac_plan_moves(arena, config, known, &planner->moved, diags);
    iac_run_options run_options = {
        .host = options->host, .state = moved_state, .variables = options->variables, .workspace = options->workspace,
        .timestamp = timestamp, .root_dir = IAC_STR("."), .cwd = options->cwd, .planning = true,
        .parallelism = options->parallelism ? options->parallelism : 10, .stop = options->stop,
        .sink = options->sink, .overrides = options->overrides, .ranges = options->ranges,
        .may_abandon = options->abandon != NULL,
        .remote_crypts = options->remote_crypts,
        .lenient = before_destroy || options->mode == IAC_PLAN_REFRESH_ONLY,
    };
    bool destroys = before_destroy || options->mode == IAC_PLAN_DESTROY;
    if (!destroys)
        warn_of_limits(options, diags);
    planner->options = options;
    planner->plain = config;
    *ret = NULL;
    const iac_config *whole = options->generate.n ? iac_generate_add_missing(arena, config) : config;
    if (iac_run_build(&planner->run, whole, &run_options, diags) != IAC_OK) {
        iac_run_clear(&planner->run);
        iac_map_clear(&planner->moved);
        return IAC_ERR;
    }
    if (destroys) /* as others word it, only of a graph that there is */
        warn_of_limits(options, diags);
    if (!iac_plan_check_moves(planner, diags) ||
        (options->mode == IAC_PLAN_NORMAL && !iac_plan_check_imports(planner, diags))) {
        iac_run_clear(&planner->run);
        iac_map_clear(&planner->moved);
        return IAC_ERR;
    }
    planner->failed = iac_arena_array(planner->run.arena, bool, planner->run.nodes.n);
    if (options->mode == IAC_PLAN_DESTROY)
        note_needed(planner);
    iac_plan_apply_targets(planner);
    iac_walk_options walk = { .workers = planner->run.worker_count, .stop = options->stop, .run = visit,
                              .user = planner, .abandon = &planner->run.abandoned };
    iac_diags closing = IAC_DIAGS_INIT;
    iac_watch watch;
    iac_watch_start(&watch, &planner->run, NULL, NULL);
    iac_walk_outcome outcome = iac_walk_run(&planner->run.graph, &walk);
    if (outcome.abandoned || !iac_ephemeral_end(&watch, &closing))
        abandon(planner, diags);
    iac_watch_end(&watch);
    if (!outcome.stopped && !iac_plan_validate_moves(planner, diags)) {
        iac_diags_append(diags, &closing); /* what else was found may come of the wrong moves */
        iac_diags_clear(&closing);
        iac_run_clear(&planner->run);
        iac_map_clear(&planner->moved);
        return IAC_ERR;
    }
    iac_run_collect(&planner->run, diags);
    iac_plan_check_replaces(planner, diags);
    iac_diags_append(diags, &closing);
    iac_diags_clear(&closing);
    if (outcome.stopped)
        iac_diag_error(diags, IAC_NO_RANGE, "Plan interrupted", "The plan was stopped before it was complete.");

    iac_plan *plan = iac_arena_new_of(arena, iac_plan);
    *plan = (iac_plan){
        .mode = options->mode,
        .timestamp = timestamp,
        .errored = diags->errors != errors,
        .complete = !limited(planner),
        .config = config,
        .variables = options->variables,
        .given = options->given,
        .ephemeral_set = options->ephemeral_set,
        .ephemeral_count = options->ephemeral_count,
        .previous = state,
        .targets = options->targets,
        .target_count = options->target_count,
        .excludes = options->excludes,
        .exclude_count = options->exclude_count,
        .replaces = options->replaces,
        .replace_count = options->replace_count,
        .workspace = options->workspace,
    };
    iac_plan_spare_needed(planner);
    gather_changes(planner, plan, arena);
    plan->prior = refreshed_state(planner, arena);
    gather_outputs(planner, plan, arena);
    iac_plan_relevant(planner, plan, arena);
    iac_run_checks(&planner->run, arena, options->mode, NULL, &plan->checks, &plan->check_count);
    plan->applyable = !plan->errored && has_changes(planner, plan);
    plan->complete = plan->complete && !plan->errored;
    if (!plan->errored)
        iac_plan_operations(planner, plan, arena);
    iac_plan_warn_forgotten(plan, diags);
    if (whole != config)
        iac_diag_warning(diags, IAC_NO_RANGE, "Config generation is experimental",
                         "Generating configuration during import is currently experimental, and the generated "
                         "configuration format may change in future versions.");
    iac_recover_end(planner, plan, arena, recovered ? recovered : diags);
    if (options->inspect)
        options->inspect(options->inspect_arg, &planner->run);
    iac_run_hand_over(&planner->run, arena);
    iac_map_clear(&planner->moved);
    *ret = plan;
    return plan->errored ? IAC_ERR : IAC_OK;
}

/* Destroying begins with a normal plan, for what it reads: what is wrong with the configuration shows there. Its changes
 * are of no concern, nor are its warnings. */
static iac_status plan_destroy(iac_arena *arena, const iac_config *config, const iac_state *state,
                               const iac_plan_options *options, iac_plan **ret, iac_diags *diags)
{
    iac_plan_options first = *options, second = *options;
    iac_plan *refreshed;
    iac_diags told = IAC_DIAGS_INIT;
    first.mode = IAC_PLAN_NORMAL;
    first.inspect = NULL;
    iac_status status = plan_once(arena, config, state, &first, diags, &refreshed, &told);
    if (status == IAC_OK)
        iac_diags_clear(&told);
    iac_diags_append(diags, &told);
    iac_diags_clear(&told);
    *ret = NULL;
    if (status != IAC_OK)
        return status;
    second.no_refresh = true;
    second.intents = NULL;
    second.intent_count = 0;
    status = plan_once(arena, config, refreshed->prior, &second, NULL, ret, diags);
    if (*ret) {
        (*ret)->previous = state;
        (*ret)->settled = refreshed->settled;
        (*ret)->settled_count = refreshed->settled_count;
        (*ret)->reported = refreshed->reported;
        (*ret)->reported_count = refreshed->reported_count;
    }
    return status;
}

iac_status iac_plan_make(iac_arena *arena, const iac_config *config, const iac_state *state,
                         const iac_plan_options *options, const iac_plan **ret, iac_diags *diags)
{
    bool stored = state && (state->instance_count || state->output_count);
    iac_plan *plan = NULL;
    iac_status status = options->mode == IAC_PLAN_DESTROY && !options->no_refresh && stored
                            ? plan_destroy(arena, config, state, options, &plan, diags)
                            : plan_once(arena, config, state, options, NULL, &plan, diags);
    *ret = plan;
    return status;
}

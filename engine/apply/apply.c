/* Replays a plan's operations on the walk. */
#include "engine/apply/applier.h"
#include "engine/apply/claims.h"
#include "engine/plan/generate.h"

#include <stdlib.h>
#include <string.h>

/* ---- evaluation ---- */

static const iac_value *current_value(iac_applier *applier, iac_worker *worker, const iac_node *node, iac_addr addr,
                                      const iac_change **ret_change)
{
    iac_str address = iac_addr_text(worker->scratch, addr);
    uintptr_t found = (uintptr_t)iac_map_get(&applier->changes, address);
    const iac_change *change = found ? &applier->plan->changes[found - 1] : NULL;
    *ret_change = change;
    if (change && change->action == IAC_ACTION_NOOP)
        return change->after;
    if (change && applier->plan->mode != IAC_PLAN_DESTROY)
        return NULL; /* its own step will tell */
    if (change)
        return change->before;
    const iac_state_instance *stored = iac_state_find(applier->plan->prior, addr);
    if (!stored || !stored->current || !node->provider || !node->provider->instance)
        return NULL;
    iac_call_options options = iac_options_for(&applier->run, node, address);
    if (addr.mode == IAC_DATA) { /* read while planning, by the present schema */
        const iac_value *read = iac_object_value(worker->keep, stored->current);
        return read ? iac_copy_marks(worker->keep, node->schema->block, read, NULL) : NULL;
    }
    return iac_stored_value(worker, node, &options, stored->current);
}

typedef struct kept_instances {
    iac_applier *applier;
    iac_worker *worker;
    const iac_node *node;
} kept_instances;

/* Of what the configuration has no longer: not planned to go. */
static const iac_value *kept_value(void *user, const iac_state_instance *stored)
{
    const kept_instances *kept = user;
    const iac_change *change;
    const iac_value *value = current_value(kept->applier, kept->worker, kept->node, stored->addr, &change);
    return change ? NULL : value;
}

/* Repeats the expansion, and gives instances without a change of their own the value they have. */
static bool expand_resource(iac_applier *applier, iac_worker *worker, iac_node *node)
{
    if (!iac_visit_node(worker, node))
        return false;
    bool partial = applier->plan->target_count || applier->plan->exclude_count ||
                   applier->plan->mode == IAC_PLAN_REFRESH_ONLY;
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_expansion *expansion = &node->expansions[i];
        for (uint32_t k = 0; k < expansion->n; k++) {
            iac_addr addr = node->resource_addr;
            addr.module = node->module->instances[i]->addr;
            addr.key = expansion->v[k].key;
            const iac_change *change;
            expansion->v[k].value = current_value(applier, worker, node, addr, &change);
            expansion->v[k].change = change;
            expansion->v[k].absent = partial && !change && !expansion->v[k].value;
        }
    }
    kept_instances kept = { applier, worker, node };
    if (applier->plan->mode != IAC_PLAN_DESTROY)
        iac_note_leftovers(worker, node, kept_value, &kept);
    return worker->diags.errors == 0;
}

static void save_output(iac_applier *applier, iac_worker *worker, const iac_node *node)
{
    const iac_value *value = node->values && node->slots ? node->values[0] : NULL;
    if (!value || applier->plan->mode == IAC_PLAN_DESTROY || (value->deep_unknown && !applier->plan->applyable))
        return;
    if (iac_store_has_claims(applier->options->store) && !iac_plan_changes_output(applier->plan, node->output->name))
        return; /* what it is computed from may have been changed by others since it was read */
    const iac_value *plain = iac_value_unmark_deep(worker->keep, value);
    const iac_output_change *change = iac_plan_output(applier->plan, node->output->name);
    if (change && change->after && !change->after->deep_unknown)
        plain = iac_value_unsign_zeros(worker->keep, plain); /* as the plan has it */
    const iac_state *stored = applier->plan->previous;
    const iac_state_output *old = stored ? iac_state_find_output(stored, node->output->name) : NULL;
    if (old && old->sensitive == node->output->sensitive && iac_value_same(old->value, plain))
        return;
    iac_write *write = iac_arena_new_of(worker->keep, iac_write);
    *write = (iac_write){ .kind = iac_is_null(plain) ? IAC_WRITE_OUTPUT_REMOVE : IAC_WRITE_OUTPUT,
                          .output = { node->output->name, plain, node->output->sensitive } };
    iac_store_submit(applier->options->store, write, 1, NULL, NULL);
}

/* What is destroyed needs no configuration of its own, only its provider's. */
static iac_task_result evaluate_ephemeral(const iac_applier *applier, iac_worker *worker, iac_node *node)
{
    bool needed = applier->plan->mode != IAC_PLAN_DESTROY || node->feeds_provider;
    return (iac_task_result){ !needed || iac_ephemeral_open(worker, node) ? IAC_TASK_DONE : IAC_TASK_FAILED, 0 };
}

static iac_task_result do_evaluate(iac_applier *applier, iac_worker *worker, const iac_operation *operation)
{
    iac_node *node = iac_map_get(&applier->nodes, operation->node);
    if (!node || (applier->plan->mode == IAC_PLAN_DESTROY && node->kind == IAC_NODE_CHECK))
        return (iac_task_result){ IAC_TASK_DONE, 0 };
    if (node->kind == IAC_NODE_RESOURCE && node->resource->mode == IAC_EPHEMERAL_RESOURCE)
        return evaluate_ephemeral(applier, worker, node);
    bool ok = node->kind == IAC_NODE_RESOURCE ? expand_resource(applier, worker, node) : iac_visit_node(worker, node);
    if (ok && node->kind == IAC_NODE_OUTPUT && !node->module->parent)
        save_output(applier, worker, node);
    if (!ok && applier->plan->mode == IAC_PLAN_DESTROY && node->kind != IAC_NODE_PROVIDER) {
        iac_diags_clear(&worker->diags); /* what is to be destroyed need not be a sound configuration */
        if (node->kind == IAC_NODE_RESOURCE) {
            node->expansions = NULL;
            node->slots = 0;
        }
        ok = true;
    }
    return (iac_task_result){ ok ? IAC_TASK_DONE : IAC_TASK_FAILED, 0 };
}

static iac_task_result run_operation(void *user, iac_walk *walk, unsigned number, uint32_t id, uint32_t part)
{
    iac_applier *applier = user;
    iac_worker *worker = &applier->run.workers[number];
    const iac_operation *operation = &applier->plan->operations[id];
    iac_task_result result = { IAC_TASK_DONE, 0 };
    applier->ops[id].walk = walk;
    switch (operation->code) {
    case IAC_DO_EVALUATE:
        result = do_evaluate(applier, worker, operation);
        break;
    case IAC_DO_APPLY:
        result = iac_do_apply(applier, worker, id);
        break;
    case IAC_DO_DESTROY:
        result = iac_do_destroy(applier, worker, id);
        break;
    case IAC_DO_READ:
        result = iac_do_read(applier, worker, id);
        break;
    case IAC_DO_FORGET:
        result = iac_do_forget(applier, worker, id);
        break;
    case IAC_DO_BARRIER:
        break;
    }
    iac_worker_end(worker, id, part);
    return result;
}

/* ---- progress ---- */

static void tick(void *arg, double now)
{
    iac_applier *applier = arg;
    pthread_mutex_lock(&applier->lock);
    for (size_t i = 0; i < applier->under_way.n; i++) {
        iac_operation_run *op = &applier->ops[applier->under_way.v[i]];
        if (now < op->next_tick)
            continue;
        op->next_tick += 10;
        const iac_operation *operation = &applier->plan->operations[applier->under_way.v[i]];
        const iac_change *change = &applier->plan->changes[operation->change];
        iac_instance_event(&applier->run, IAC_EVENT_APPLY_PROGRESS, &change->addr, op->deposed, change->before,
                           op->action, now - op->begun);
    }
    pthread_mutex_unlock(&applier->lock);
}

/* ---- before and after ---- */

/* The first apply makes a state, be it an empty one. */
static void touch(iac_applier *applier)
{
    if (applier->plan->previous && applier->plan->previous->lineage.n)
        return;
    iac_write *write = iac_arena_new_of(applier->run.arena, iac_write);
    *write = (iac_write){ .kind = IAC_WRITE_OUTPUT_REMOVE };
    iac_store_submit(applier->options->store, write, 1, NULL, NULL);
}

static void save_refreshed(iac_applier *applier)
{
    const iac_write *writes;
    size_t n;
    iac_apply_refreshed(applier->run.arena, applier->plan, &applier->changes, &writes, &n);
    if (n)
        iac_store_submit(applier->options->store, writes, n, NULL, NULL);
}

static void remove_outputs(iac_applier *applier)
{
    size_t n = 0;
    iac_write *writes = iac_arena_array(applier->run.arena, iac_write, applier->plan->output_count);
    for (size_t i = 0; i < applier->plan->output_count; i++)
        if (applier->plan->outputs[i].action == IAC_ACTION_DELETE)
            writes[n++] = (iac_write){ .kind = IAC_WRITE_OUTPUT_REMOVE,
                                       .output = { .name = applier->plan->outputs[i].name } };
    if (n)
        iac_store_submit(applier->options->store, writes, n, NULL, NULL);
}

/* What nobody could tell about was reported with the plan; now the world is as the state says. */
static void dismiss_reported(iac_applier *applier)
{
    size_t n = applier->plan->mode == IAC_PLAN_REFRESH_ONLY ? 0 : applier->plan->reported_count;
    iac_write *writes = iac_arena_array(applier->run.arena, iac_write, n);
    for (size_t i = 0; i < n; i++)
        writes[i] = (iac_write){ .kind = IAC_WRITE_INTENT_DONE, .intent.token = applier->plan->reported[i] };
    if (n)
        iac_store_submit(applier->options->store, writes, n, NULL, NULL);
}

static iac_str checks_text(iac_arena *arena, const iac_check_result *checks, size_t n)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_checks_to_json(&json, checks, n);
    iac_str text = iac_arena_str(arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    return text;
}

/* Results of checks are known when everything has run; they are written where they are not what was. */
static void save_checks(iac_applier *applier)
{
    const iac_state *stored = applier->plan->previous;
    iac_arena *arena = applier->run.arena;
    if (applier->plan->mode == IAC_PLAN_REFRESH_ONLY && applier->plan->operation_count == 0)
        return; /* nothing was looked at */
    iac_write *write = iac_arena_new_of(arena, iac_write);
    *write = (iac_write){ .kind = IAC_WRITE_CHECKS };
    iac_run_checks(&applier->run, arena, applier->plan->mode, applier->plan, &write->checks, &write->check_count);
    if (!iac_str_eq(checks_text(arena, write->checks, write->check_count),
                    stored ? checks_text(arena, stored->checks, stored->check_count) : IAC_STR("null")))
        iac_store_submit(applier->options->store, write, 1, NULL, NULL);
}

static void build_graph(iac_applier *applier, iac_graph *graph)
{
    IAC_VEC(iac_edge) edges = { 0 };
    for (uint32_t i = 0; i < applier->plan->operation_count; i++)
        for (uint32_t k = 0; k < applier->plan->operations[i].after_count; k++)
            iac_vec_push(&edges, ((iac_edge){ i, applier->plan->operations[i].after[k] }));
    iac_graph_build(graph, (uint32_t)applier->plan->operation_count, edges.v, edges.n);
    iac_vec_clear(&edges);
}

static void index_plan(iac_applier *applier)
{
    for (size_t i = 0; i < applier->run.nodes.n; i++)
        iac_map_put(&applier->nodes, applier->run.nodes.v[i]->name, applier->run.nodes.v[i]);
    for (size_t i = 0; i < applier->plan->change_count; i++) {
        const iac_change *change = &applier->plan->changes[i];
        if (change->deposed.n == 0)
            iac_map_put(&applier->changes, iac_addr_text(applier->run.arena, change->addr),
                        (void *)(uintptr_t)(i + 1));
    }
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* What the providers do not come back from. Their threads may still do so at any time: nothing is freed. */
static void abandon(iac_applier *applier, iac_apply_result *ret, iac_diags *diags)
{
    iac_buf list;
    iac_buf_init(&list, IAC_BUF_UNLIMITED);
    pthread_mutex_lock(&applier->lock);
    if (applier->under_way.n)
        qsort(applier->under_way.v, applier->under_way.n, sizeof(uint32_t), compare_ids);
    for (size_t i = 0; i < applier->under_way.n; i++) {
        const iac_operation_run *op = &applier->ops[applier->under_way.v[i]];
        iac_buf_cstr(&list, "\n  - ");
        iac_addr_print(&list, applier->plan->changes[applier->plan->operations[op->id].change].addr);
        iac_buf_printf(&list, " (%s)", iac_action_name((iac_action)op->action));
    }
    *ret = (iac_apply_result){ applier->counts[0], applier->counts[1], applier->counts[2], applier->counts[3], true };
    pthread_mutex_unlock(&applier->lock);
    pthread_mutex_lock(&applier->run.lock);
    iac_run_collect(&applier->run, diags);
    pthread_mutex_unlock(&applier->run.lock);
    iac_store_flush(applier->options->store, diags);
    iac_diag_error(diags, IAC_NO_RANGE, "Operation abandoned",
                   "A provider went on with what it was doing when it was told to stop, and iac ends without waiting for "
                   "it.%s%s%sWhat was complete is saved. What was begun is recorded: the next run finds out what became of "
                   "it.", list.n ? " These changes were under way:" : "", list.n ? list.p : "",
                   list.n ? "\n\n" : " ");
    applier->options->abandon(applier->options->abandon_arg, diags);
}

iac_status iac_apply_plan(const iac_plan *plan, const iac_apply_options *options, iac_apply_result *ret,
                          iac_diags *diags)
{
    iac_applier applier = { .plan = plan, .options = options };
    size_t errors = diags->errors;
    iac_run_options run_options = {
        .host = options->host, .state = plan->prior, .variables = plan->variables, .workspace = plan->workspace,
        .timestamp = plan->timestamp, .root_dir = IAC_STR("."), .cwd = options->cwd,
        .parallelism = options->parallelism ? options->parallelism : 10, .stop = options->stop,
        .sink = options->sink, .overrides = options->overrides, .ranges = options->ranges,
        .may_abandon = options->abandon != NULL,
        .remote_crypts = options->remote_crypts,
    };
    *ret = (iac_apply_result){ 0 };
    iac_arena *added = iac_arena_new(); /* what the plan brings along */
    const iac_config *config = iac_generate_add_planned(added, plan->config, plan);
    if (iac_run_build(&applier.run, config, &run_options, diags) != IAC_OK) {
        iac_run_clear(&applier.run);
        iac_arena_free(added);
        return IAC_ERR;
    }
    iac_arena_adopt(applier.run.arena, added);
    pthread_mutex_init(&applier.lock, NULL);
    applier.ops = iac_xcalloc(plan->operation_count, sizeof(*applier.ops));
    applier.set_aside = iac_xcalloc(plan->change_count, sizeof(*applier.set_aside));
    index_plan(&applier);
    touch(&applier);
    save_refreshed(&applier);

    iac_graph graph;
    build_graph(&applier, &graph);
    iac_walk_options walk = { .workers = applier.run.worker_count, .stop = options->stop, .run = run_operation,
                              .user = &applier, .abandon = &applier.run.abandoned };
    iac_diags closing = IAC_DIAGS_INIT;
    iac_watch watch;
    iac_watch_start(&watch, &applier.run, tick, &applier);
    iac_walk_outcome outcome = iac_walk_run(&graph, &walk);
    if (outcome.abandoned || !iac_ephemeral_end(&watch, &closing))
        abandon(&applier, ret, diags);
    iac_watch_end(&watch);
    if (!outcome.failed && !outcome.stopped) {
        remove_outputs(&applier);
        dismiss_reported(&applier);
    }
    save_checks(&applier);
    iac_run_collect(&applier.run, diags);
    iac_diags_append(diags, &closing);
    iac_diags_clear(&closing);
    iac_store_flush(options->store, diags);
    if (outcome.stopped)
        iac_diag_error(diags, IAC_NO_RANGE, "Operation interrupted",
                       "The apply was stopped on request before it was complete. What had begun was finished and "
                       "saved; run the command again to do the rest.");
    const char *limit = plan->target_count ? "-target" : plan->exclude_count ? "-exclude" : NULL;
    if (limit && !options->silent_limits)
        iac_diag_warning(diags, IAC_NO_RANGE, "Applied changes may be incomplete",
                         "The plan was created with the %s option in effect, so some changes requested in the "
                         "configuration may have been ignored and the output values may not be fully updated. Run the "
                         "following command to verify that no other changes are pending:\n    iac plan\n\nNote that the "
                         "%s option is not suitable for routine use, and is provided only for exceptional "
                         "situations such as recovering from errors or mistakes, or when iac specifically suggests to "
                         "use it as part of an error message.",
                         limit, limit);
    *ret = (iac_apply_result){ applier.counts[0], applier.counts[1], applier.counts[2], applier.counts[3],
                               outcome.stopped };
    if (options->inspect)
        options->inspect(options->inspect_arg, &applier.run);
    iac_graph_clear(&graph);
    iac_map_clear(&applier.nodes);
    iac_map_clear(&applier.changes);
    iac_vec_clear(&applier.under_way);
    for (size_t i = 0; i < plan->operation_count; i++)
        free(applier.ops[i].pending);
    free(applier.ops);
    free(applier.set_aside);
    pthread_mutex_destroy(&applier.lock);
    iac_run_clear(&applier.run);
    return diags->errors == errors ? IAC_OK : IAC_ERR;
}

/* Plans one object of a managed resource: upgrade, refresh, propose, ask the provider, check, decide. */
#include "engine/plan/generate.h"
#include "engine/plan/planner.h"

#include <stdlib.h>
#include <string.h>

/* ---- refresh ---- */

static void keep_object(iac_worker *worker, const iac_node *node, iac_plan_task *task, const iac_value *v)
{
    if (!task->converted && iac_value_identical(v, task->before) &&
        task->object->schema_version == node->schema->version &&
        iac_str_eq(task->private_data, task->object->private_data)) {
        task->kept = task->object;
        return;
    }
    iac_object *object = iac_object_new(worker->keep, v, node->schema->block->type, node->schema->version);
    object->private_data = task->private_data;
    object->tainted = task->object->tainted;
    object->create_before_destroy = task->object->create_before_destroy;
    object->dependencies = task->object->dependencies;
    object->dependency_count = task->object->dependency_count;
    object->deposed = task->object->deposed;
    task->kept = object;
}

/* Takes in what a read answered. */
static void note_read(iac_worker *worker, const iac_node *node, iac_plan_task *task, const iac_read_answer *answer)
{
    task->read = true;
    if (!answer->state || iac_is_null(answer->state)) {
        task->refreshed = NULL;
        task->kept = NULL;
        iac_recover_note_read(task);
        return;
    }
    if (answer->private_data.n)
        task->private_data = iac_arena_str(worker->keep, answer->private_data);
    const iac_value *v = iac_value_same(answer->state, task->before)
                             ? task->before
                             : iac_copy_marks(worker->keep, node->schema->block, answer->state, task->before);
    task->refreshed = v;
    keep_object(worker, node, task, v);
    iac_recover_note_read(task);
}

/* registry.terraform.io/hashicorp/aws of provider["registry.terraform.io/hashicorp/aws"].west */
static iac_str source_of(iac_str provider)
{
    size_t from = iac_str_find_char(provider, '"', 0);
    return from == SIZE_MAX ? provider : iac_str_sub(provider, from + 1, iac_str_find_char(provider, '"', from + 1));
}

/* What a moved block brings from a resource of another type, or of another provider, its new provider makes its own. */
static bool convert(iac_worker *worker, const iac_node *node, iac_plan_task *task, iac_str source, iac_str source_type)
{
    iac_call_options options = iac_options_for(worker->run, node, task->address);
    iac_move_request request = {
        .type = task->addr.type,
        .source_provider = source,
        .source_type = source_type,
        .source_version = task->object->schema_version,
        .source_state_json = task->object->attributes,
        .source_private = task->object->private_data,
    };
    iac_read_answer answer = { 0 };
    if (iac_instance_move(task->provider.instance, &options, worker->keep, &request, &answer, &worker->diags) != IAC_OK)
        return false;
    task->before = iac_copy_marks(worker->keep, node->schema->block, answer.state, NULL);
    task->private_data = answer.private_data;
    task->converted = true;
    return true;
}

static bool load_stored(const iac_planner *planner, iac_worker *worker, const iac_node *node, iac_plan_task *task)
{
    if (!task->object || task->before)
        return true;
    const iac_addr *previous = planner->moved.n ? iac_map_get(&planner->moved, task->address) : NULL;
    iac_str source = previous && task->stored ? source_of(task->stored->provider) : IAC_STR("");
    if (source.n && task->provider.instance &&
        (!iac_str_eq(previous->type, task->addr.type) || !iac_str_eq(source, node->provider->source)))
        return convert(worker, node, task, source, previous->type);
    iac_call_options options = iac_options_for(worker->run, node, task->address);
    task->before = iac_stored_value(worker, node, &options, task->object);
    task->private_data = task->object->private_data;
    return task->before != NULL;
}

static bool refreshes(const iac_planner *planner, const iac_plan_task *task)
{
    return !planner->options->no_refresh && iac_instance_configured(task->provider.instance);
}

static bool refresh(iac_planner *planner, iac_worker *worker, const iac_node *node, iac_plan_task *task)
{
    if (iac_is_stand_in(task) && !iac_recover(worker, node, task))
        return false;
    if (!load_stored(planner, worker, node, task))
        return false;
    if (!task->object || task->read)
        return true;
    bool must = task->begun && iac_instance_configured(task->provider.instance); /* nobody knows what is there */
    if (!must && (task->swept || !refreshes(planner, task))) {
        task->read = true;
        task->refreshed = task->before;
        keep_object(worker, node, task, task->before);
        return true;
    }
    iac_str deposed = task->object->deposed;
    iac_instance_event(worker->run, IAC_EVENT_REFRESH_START, &task->addr, deposed, task->before, IAC_ACTION_READ, 0);
    iac_call_options options = iac_options_for(worker->run, node, task->address);
    iac_read_answer answer = { 0 };
    if (iac_instance_read(task->provider.instance, &options, worker->keep, node->resource_addr.type, task->before,
                          task->private_data, &answer, &worker->diags) != IAC_OK)
        return false;
    note_read(worker, node, task, &answer);
    iac_instance_event(worker->run, IAC_EVENT_REFRESH_DONE, &task->addr, deposed, task->refreshed, IAC_ACTION_READ,
                       0);
    return true;
}

static void refresh_many(iac_worker *worker, const iac_node *node, iac_instance *instance, iac_plan_task **tasks,
                         size_t n)
{
    iac_read_item *items = iac_xcalloc(n, sizeof(*items));
    iac_call_options *options = iac_xcalloc(n, sizeof(*options));
    for (size_t i = 0; i < n; i++) {
        iac_plan_task *task = tasks[i];
        iac_instance_event(worker->run, IAC_EVENT_REFRESH_START, &task->addr, task->object->deposed, task->before,
                           IAC_ACTION_READ, 0);
        options[i] = iac_options_for(worker->run, node, task->address);
        items[i] = (iac_read_item){ .options = &options[i], .arena = worker->keep, .diags = &worker->diags,
                                    .state = task->before, .private_data = task->private_data };
    }
    iac_call_options whole = iac_options_for(worker->run, node, node->name);
    iac_status status = iac_instance_read_many(instance, &whole, node->resource_addr.type, items, n, &worker->diags);
    for (size_t i = 0; status == IAC_OK && i < n; i++)
        if (items[i].status == IAC_OK) {
            note_read(worker, node, tasks[i], &items[i].answer);
            iac_instance_event(worker->run, IAC_EVENT_REFRESH_DONE, &tasks[i]->addr, tasks[i]->object->deposed,
                               tasks[i]->refreshed, IAC_ACTION_READ, 0);
        }
    free(items);
    free(options);
}

static int compare_providers(const void *a, const void *b)
{
    const iac_plan_task *x = *(iac_plan_task *const *)a, *y = *(iac_plan_task *const *)b;
    int order = iac_str_cmp(x->provider.text, y->provider.text);
    return order ? order : (x > y) - (x < y);
}

void iac_refresh_together(iac_planner *planner, iac_worker *worker, iac_node *node)
{
    iac_plan_work *work = node->work;
    if (!node->provider->instance || !iac_instance_reads_many(node->provider->instance))
        return;
    IAC_VEC(iac_plan_task *) tasks = { 0 };
    for (uint32_t i = 0; i < work->n; i++) {
        iac_plan_task *task = &work->tasks[i];
        if (task->object && !task->swept && !iac_is_stand_in(task) && task->provider.instance &&
            refreshes(planner, task) && load_stored(planner, worker, node, task))
            iac_vec_push(&tasks, task);
    }
    if (node->provider->each_count && tasks.n) /* each instance of the provider reads its own */
        qsort(tasks.v, tasks.n, sizeof(*tasks.v), compare_providers);
    for (size_t from = 0, to; from < tasks.n; from = to) {
        iac_instance *instance = tasks.v[from]->provider.instance;
        for (to = from; to < tasks.n && tasks.v[to]->provider.instance == instance; to++)
            ;
        if (to - from > 1)
            refresh_many(worker, node, instance, tasks.v + from, to - from);
    }
    iac_vec_clear(&tasks);
}

static void note_drift(const iac_planner *planner, iac_worker *worker, const iac_node *node, iac_plan_task *task)
{
    if (task->begun && !task->refreshed)
        return; /* it is gone because an earlier run destroyed it */
    if (!task->before)
        return;
    const iac_addr *previous = planner->moved.n ? iac_map_get(&planner->moved, task->address) : NULL;
    bool same = task->refreshed && iac_value_same(task->before, task->refreshed);
    /* Where nothing else tells of the new address, this does. */
    bool told = !previous || planner->options->mode != IAC_PLAN_REFRESH_ONLY || iac_addr_equal(*previous, task->addr);
    if (same && told)
        return;
    iac_change *drift = iac_arena_new_of(worker->keep, iac_change);
    *drift = (iac_change){
        .addr = task->addr,
        .previous = previous ? *previous : task->addr,
        .moved = previous != NULL,
        .deposed = task->object->deposed,
        .action = same ? IAC_ACTION_NOOP : task->refreshed ? IAC_ACTION_UPDATE : IAC_ACTION_DELETE,
        .provider = task->provider.text,
        .provider_addr = node->provider->addr,
        .schema = node->schema,
        .before = task->before,
        .after = task->refreshed ? task->refreshed : iac_value_null(worker->keep, node->schema->block->type),
    };
    task->drift = drift;
}

/* ---- changes ---- */

static iac_change *new_change(const iac_planner *planner, iac_worker *worker, const iac_node *node,
                              iac_plan_task *task)
{
    const iac_addr *previous = planner->moved.n && task->object
                                   ? iac_map_get(&planner->moved, task->address)
                                   : NULL;
    iac_change *change = iac_arena_new_of(worker->keep, iac_change);
    const iac_value *none = iac_value_null(worker->keep, node->schema->block->type);
    *change = (iac_change){
        .addr = task->addr,
        .previous = previous ? *previous : task->addr,
        .moved = previous != NULL,
        .deposed = task->object ? task->object->deposed : IAC_STR(""),
        .provider = task->provider.text,
        .provider_addr = node->provider->addr,
        .schema = node->schema,
        .before = task->refreshed ? task->refreshed : none,
        .after = none,
        .private_data = task->private_data,
        .prior_private = task->private_data,
        .create_before_destroy = node->create_before_destroy,
        .tainted = task->refreshed && task->object && task->object->tainted,
        .dependencies = node->kind == IAC_NODE_RESOURCE ? node->dependencies
                        : task->object                  ? task->object->dependencies
                                                        : NULL,
        .dependency_count = node->kind == IAC_NODE_RESOURCE ? node->dependency_count
                            : task->object                  ? task->object->dependency_count
                                                            : 0,
    };
    if (task->import_id)
        change->import_id = iac_str_of(task->import_id);
    change->generated = task->generated;
    task->change = change;
    return change;
}

static bool prevented(iac_worker *worker, const iac_node *node, const iac_plan_task *task)
{
    if (node->kind != IAC_NODE_RESOURCE || !node->resource->lifecycle.prevent_destroy)
        return false;
    iac_diag_error(&worker->diags, node->range, "Instance cannot be destroyed",
                   "Resource %.*s has lifecycle.prevent_destroy set, but the plan calls for this resource to be "
                   "destroyed. To avoid this error and continue with the plan, either disable "
                   "lifecycle.prevent_destroy or reduce the scope of the plan using the -target option.",
                   IAC_FMT(task->address));
    return true;
}

static bool plan_destroy(const iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task)
{
    if (!task->refreshed)
        return true; /* it is gone already */
    iac_change *change = new_change(planner, worker, node, task);
    change->action = IAC_ACTION_DELETE;
    if (task->object->deposed.n == 0)
        change->reason = task->reason;
    iac_note_pending(node, task);
    iac_call_options options = iac_options_for(worker->run, node, task->address);
    iac_plan_request request = { .type = node->resource_addr.type, .prior = task->refreshed,
                                 .private_data = task->private_data };
    iac_plan_answer answer = { 0 };
    if (iac_instance_plan(task->provider.instance, &options, worker->keep, &request, &answer, &worker->diags) !=
        IAC_OK)
        return false;
    if (answer.private_data.n)
        change->private_data = answer.private_data;
    change->reversible = answer.reversible;
    change->note = answer.note;
    return !prevented(worker, node, task);
}

/* marks: of what prior is in. A value that is sensitive as a whole stays so, and makes what is taken from it sensitive. */
static const iac_value *ignore_step(iac_arena *arena, const iac_value *config, const iac_value *prior, iac_path path,
                                    size_t depth, uint8_t marks)
{
    if (depth == path.n)
        return iac_value_mark(arena, prior, marks);
    const iac_step *step = &path.steps[depth];
    if (!iac_is_set_value(config) || !prior || !iac_is_set_value(prior))
        return config;
    marks |= prior->marks;
    if (step->kind == IAC_STEP_INDEX) {
        if ((config->kind != IAC_LIST && config->kind != IAC_TUPLE) || step->index < 0 ||
            (size_t)step->index >= config->n || (size_t)step->index >= prior->n)
            return config;
        const iac_value **items = iac_arena_array(arena, const iac_value *, config->n);
        for (size_t i = 0; i < config->n; i++)
            items[i] = config->items[i];
        items[step->index] = ignore_step(arena, items[step->index], prior->items[step->index], path, depth + 1, marks);
        const iac_value *made = config->kind == IAC_LIST
                                    ? iac_value_list(arena, config->type->element, items, config->n)
                                    : iac_value_tuple(arena, items, config->n);
        return iac_value_mark(arena, made, config->marks);
    }
    const iac_value *own = iac_value_get(config, step->name), *old = iac_value_get(prior, step->name);
    if (config->kind == IAC_OBJECT) {
        if (!own || !old)
            return config;
        return iac_value_with(arena, config, step->name, ignore_step(arena, own, old, path, depth + 1, marks));
    }
    if (config->kind != IAC_MAP || depth + 1 != path.n)
        return config;
    /* A key of a map: as it was, present or not. */
    const iac_value **items = iac_arena_array(arena, const iac_value *, config->n + 1);
    iac_str *keys = iac_arena_array(arena, iac_str, config->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < config->n; i++)
        if (!iac_str_eq(config->keys[i], step->name)) {
            keys[n] = config->keys[i];
            items[n++] = config->items[i];
        }
    if (old) {
        keys[n] = step->name;
        items[n++] = iac_value_mark(arena, old, marks);
    }
    return iac_value_mark(arena, iac_value_map(arena, config->type->element, keys, items, n), config->marks);
}

const iac_value *iac_ignore_changes(iac_worker *worker, const iac_node *node, const iac_value *prior,
                                    const iac_value *config)
{
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    if (!prior || (!lifecycle->ignore_all && lifecycle->ignore_changes.n == 0))
        return config;
    if (lifecycle->ignore_all) {
        for (size_t i = 0; i < node->schema->block->attribute_count; i++) {
            const iac_attr_schema *attr = &node->schema->block->attributes[i];
            const iac_value *old = iac_value_get(prior, attr->name);
            if (old && (attr->required || attr->optional) && !attr->write_only)
                config = iac_value_with(worker->scratch, config, attr->name, old);
        }
        for (size_t i = 0; i < node->schema->block->block_count; i++) {
            const iac_value *old = iac_value_get(prior, node->schema->block->blocks[i].name);
            if (old)
                config = iac_value_with(worker->scratch, config, node->schema->block->blocks[i].name, old);
        }
        return config;
    }
    for (size_t i = 0; i < lifecycle->ignore_changes.n; i++)
        config = ignore_step(worker->scratch, config, prior, lifecycle->ignore_changes.v[i], 0, 0);
    return config;
}

/* Asks the provider for a plan and checks its answer. prior NULL: a create. */
static bool ask(iac_worker *worker, const iac_node *node, const iac_plan_task *task, const iac_value *prior,
                const iac_value *config, iac_plan_answer *ret)
{
    const iac_block_schema *block = node->schema->block;
    iac_arena *arena = worker->scratch;
    const iac_value *plain = iac_value_unmark_deep(arena, config);
    const iac_value *plain_prior = prior ? iac_value_unmark_deep(arena, prior) : iac_value_null(arena, block->type);
    iac_call_options options = iac_options_for(worker->run, node, task->address);
    iac_plan_request request = {
        .type = node->resource_addr.type,
        .prior = prior ? plain_prior : NULL,
        .proposed = iac_schema_null_write_only(arena, block, iac_schema_proposed(arena, block, plain_prior, plain)),
        .config = plain,
        .private_data = prior ? task->private_data : IAC_STR(""),
    };
    if (iac_instance_plan(task->provider.instance, &options, worker->keep, &request, ret, &worker->diags) != IAC_OK)
        return false;
    iac_str error;
    if (!iac_instance_keeps_legacy_values(task->provider.instance) &&
        !iac_schema_assert_plan_valid(arena, block, plain_prior, plain, ret->planned, &error)) {
        iac_str provider = iac_provider_addr_text(worker->scratch, node->provider->addr);
        bool path = iac_str_starts(error, IAC_STR(".")) || iac_str_starts(error, IAC_STR("["));
        iac_diag_error(&worker->diags, IAC_NO_RANGE, "Provider produced invalid plan",
                       "Provider \"%.*s\" planned an invalid value for %.*s%s%.*s.\n\nThis is a bug in the provider, "
                       "which should be reported in the provider's own issue tracker.",
                       IAC_FMT(provider), IAC_FMT(task->address), path ? "" : ": ", IAC_FMT(error));
        return false;
    }
    return true;
}

/* Whether the path leads into a write-only attribute: nobody but the provider knows whether it has changed. */
static bool is_write_only(const iac_block_schema *block, iac_path path)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.steps[i].kind != IAC_STEP_ATTR)
            continue;
        const iac_nested_schema *nested = iac_schema_block(block, path.steps[i].name);
        const iac_attr_schema *attr = nested ? NULL : iac_schema_attribute(block, path.steps[i].name);
        if (!nested)
            return attr && attr->write_only;
        block = nested->block;
    }
    return false;
}

/* Of the paths that the provider says cannot change in place, those that do change. */
static iac_paths changed_paths(iac_worker *worker, const iac_block_schema *block, const iac_value *prior,
                               const iac_value *planned, iac_paths paths)
{
    iac_path *changed = iac_arena_array(worker->keep, iac_path, paths.n);
    size_t n = 0;
    for (size_t i = 0; i < paths.n; i++) {
        const iac_value *a = iac_value_at(worker->scratch, prior, paths.v[i]);
        const iac_value *b = iac_value_at(worker->scratch, planned, paths.v[i]);
        if (!a && !b)
            continue;
        bool nulls = a && b && iac_is_null(a) && iac_is_null(b); /* of whatever types */
        if (!a || !b || is_write_only(block, paths.v[i]) || b->deep_unknown || (!nulls && !iac_value_same(a, b)))
            changed[n++] = iac_path_copy(worker->keep, paths.v[i]);
    }
    return (iac_paths){ changed, n };
}

static bool replace_requested(const iac_planner *planner, const iac_plan_task *task)
{
    for (size_t i = 0; i < planner->options->replace_count; i++)
        if (iac_str_eq(planner->options->replaces[i], task->address))
            return true;
    return false;
}

/* attribute: empty: whatever changes. */
static bool triggers(const iac_change *change, iac_str attribute)
{
    if (change->action != IAC_ACTION_UPDATE && change->action != IAC_ACTION_DELETE_CREATE &&
        change->action != IAC_ACTION_CREATE_DELETE)
        return false;
    const iac_value *a = attribute.n ? iac_value_get(change->before, attribute) : NULL;
    const iac_value *b = attribute.n ? iac_value_get(change->after, attribute) : NULL;
    return !a || !b || !iac_value_identical(a, b);
}

/* lifecycle.replace_triggered_by: whether one of the named resources, instances or attributes is to change. */
static bool replace_triggered(iac_worker *worker, iac_node *node, iac_place *place)
{
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    for (size_t i = 0; i < lifecycle->replace_triggered_by_count; i++) {
        iac_ref ref;
        if (!iac_ref_parse(worker->scratch, lifecycle->replace_triggered_by[i], &ref, &worker->diags))
            return false;
        iac_node *target = iac_run_resolve(node->module, &ref);
        iac_expansion *expansion = target && target->expansions ? &target->expansions[place->instance->index] : NULL;
        if (!expansion)
            continue;
        iac_key key = { 0 };
        bool any = false;
        if (ref.key) {
            const iac_value *v = iac_eval(&place->scope, ref.key, worker->scratch, &worker->diags);
            if (v->kind == IAC_NUMBER && iac_is_set_value(v) && iac_value_to_int(v, &key.index))
                key.kind = IAC_KEY_INT;
            else if (v->kind == IAC_STRING && iac_is_set_value(v))
                key = (iac_key){ .kind = IAC_KEY_STRING, .name = v->string };
        }
        const iac_resource_instance *found = ref.key ? iac_expansion_find(expansion, key) : NULL;
        const iac_plan_work *work = target->work;
        if (found) {
            any = found->change != NULL;
            if (any && triggers(found->change, ref.attribute))
                return true;
        }
        for (uint32_t k = 0; !found && work && k < work->n; k++) {
            const iac_change *change = work->tasks[k].change;
            if (!change || work->tasks[k].module != place->instance || (ref.key && change->deposed.n) ||
                (ref.key && !iac_key_equal(change->addr.key, key)))
                continue;
            any = true;
            if (triggers(change, ref.attribute))
                return true;
        }
        if (!any) {
            iac_addr named = ref.addr;
            named.key = key;
            iac_str text = iac_addr_text(worker->scratch, named);
            iac_str module = iac_module_addr_text(worker->scratch, place->instance->addr);
            iac_str summary = iac_arena_printf(worker->scratch, "no change found for %.*s in %.*s", IAC_FMT(text),
                                               IAC_FMT(module.n ? module : IAC_STR("the root module")));
            iac_diag_error(&worker->diags, IAC_NO_RANGE, summary.p, "%s", "");
            return false;
        }
    }
    return false;
}

/* Decides the action and fills in the change, from the provider's answer. triggered: it must be replaced for what others
 * do. */
static bool decide(iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task, bool triggered,
                   const iac_value *config, const iac_value *full_config)
{
    const iac_block_schema *block = node->schema->block;
    const iac_value *prior = task->refreshed;
    bool tainted = prior && task->object->tainted;
    iac_plan_answer answer = { 0 };
    if (!ask(worker, node, task, tainted ? NULL : prior, tainted ? full_config : config, &answer))
        return false;
    const iac_value *planned = iac_copy_marks(worker->keep, block, answer.planned, config);
    iac_change *change = new_change(planner, worker, node, task);
    iac_paths replace_paths = { 0 };
    bool replace = tainted;
    if (!prior) {
        change->action = IAC_ACTION_CREATE;
    } else if (tainted) {
        change->reason = IAC_REASON_REPLACE_TAINTED;
    } else {
        replace_paths = changed_paths(worker, block, iac_value_unmark_deep(worker->scratch, prior), answer.planned,
                                      answer.requires_replace);
        bool requested = replace_requested(planner, task);
        replace = triggered || requested || replace_paths.n;
        if (requested)
            change->reason = IAC_REASON_REPLACE_REQUESTED;
        else if (replace_paths.n)
            change->reason = IAC_REASON_REPLACE_CANNOT_UPDATE;
        if (!replace)
            change->action = iac_value_identical(prior, planned) ? IAC_ACTION_NOOP : IAC_ACTION_UPDATE;
    }
    if (triggered) /* whatever else there is to say */
        change->reason = IAC_REASON_REPLACE_TRIGGERED;
    if (replace) {
        change->action = node->create_before_destroy ? IAC_ACTION_CREATE_DELETE : IAC_ACTION_DELETE_CREATE;
        if (!tainted) {
            if (!ask(worker, node, task, NULL, full_config, &answer))
                return false;
            planned = iac_copy_marks(worker->keep, block, answer.planned, full_config);
        }
        change->replace_paths = replace_paths;
    }
    change->after = planned;
    if (answer.private_data.n)
        change->private_data = answer.private_data;
    change->reversible = answer.reversible;
    change->note = answer.note;
    if (change->action != IAC_ACTION_NOOP)
        iac_note_pending(node, task);
    return !replace || !prevented(worker, node, task);
}

/* An import block's or command's object: imported, then read. */
static bool import_object(iac_worker *worker, const iac_node *node, iac_plan_task *task)
{
    iac_call_options options = iac_options_for(worker->run, node, task->address);
    const iac_imported *objects;
    size_t n;
    iac_event preparing = { .kind = IAC_EVENT_IMPORT_PREPARE, .addr = &task->addr, .action = IAC_ACTION_READ,
                            .id_key = IAC_STR("id"), .id_value = iac_str_of(task->import_id) };
    iac_run_event(worker->run, &preparing);
    if (iac_instance_import(task->provider.instance, &options, worker->keep, node->resource_addr.type,
                            iac_str_of(task->import_id), &objects, &n, &worker->diags) != IAC_OK)
        return false;
    iac_read_answer answer = { 0 };
    iac_instance_event(worker->run, IAC_EVENT_REFRESH_START, &task->addr, IAC_STR(""), objects[0].state,
                       IAC_ACTION_READ, 0);
    if (iac_instance_read(task->provider.instance, &options, worker->keep, node->resource_addr.type,
                          objects[0].state, objects[0].private_data, &answer, &worker->diags) != IAC_OK)
        return false;
    if (!answer.state || iac_is_null(answer.state)) {
        iac_diag_error(&worker->diags, IAC_NO_RANGE, "Cannot import non-existent remote object",
                       "While attempting to import an existing object to \"%.*s\", the provider detected that no "
                       "object exists with the given id. Only pre-existing objects can be imported; check that the id is "
                       "correct and that it is associated with the provider's configured region or endpoint, or use "
                       "\"iac apply\" to create a new remote object for this resource.",
                       IAC_FMT(task->address));
        return false;
    }
    task->refreshed = iac_copy_marks(worker->keep, node->schema->block, answer.state, NULL);
    task->private_data = answer.private_data;
    iac_instance_event(worker->run, IAC_EVENT_REFRESH_DONE, &task->addr, IAC_STR(""), task->refreshed, IAC_ACTION_READ,
                       0);
    iac_object *object = iac_object_new(worker->keep, task->refreshed, node->schema->block->type,
                                        node->schema->version);
    object->private_data = answer.private_data;
    task->object = object;
    task->kept = object;
    task->read = true;
    return true;
}

/* The resource was declared nowhere: what it is says how to declare it. */
static bool generate(const iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task)
{
    if (!task->import_id || !planner->options->generate.n ||
        iac_module_resource(planner->plain->root, IAC_MANAGED, task->addr.type, task->addr.name) || task->addr.module.n)
        return true;
    task->generated = iac_generate_block(worker->keep, node->schema, task->addr, &node->resource->provider,
                                         task->refreshed);
    iac_resource_config *resource = iac_arena_new_of(worker->keep, iac_resource_config);
    *resource = *node->resource;
    resource->body = iac_generate_body(worker->keep, planner->options->generate, task->generated, &worker->diags);
    node->resource = resource;
    return worker->diags.errors == 0;
}

static int compare_addrs(const void *a, const void *b)
{
    return iac_addr_cmp(*(const iac_addr *)a, *(const iac_addr *)b);
}

/* What the object is recorded to depend on and what the configuration says, together: either may matter until the
 * next apply. */
static void merge_dependencies(iac_worker *worker, iac_object *object, const iac_node *node)
{
    size_t n = object->dependency_count + node->dependency_count, kept = 0;
    iac_addr *all = iac_arena_array(worker->keep, iac_addr, n);
    if (object->dependency_count)
        memcpy(all, object->dependencies, object->dependency_count * sizeof(*all));
    if (node->dependency_count)
        memcpy(all + object->dependency_count, node->dependencies, node->dependency_count * sizeof(*all));
    if (n)
        qsort(all, n, sizeof(*all), compare_addrs);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !iac_addr_equal(all[kept - 1], all[i]))
            all[kept++] = all[i];
    object->dependencies = all;
    object->dependency_count = kept;
}

static bool same_dependencies(const iac_addr *a, size_t a_count, const iac_addr *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; a != b && i < a_count; i++)
        if (!iac_addr_equal(a[i], b[i]))
            return false;
    return true;
}

/* What the state records beside the object's value follows the configuration without an operation of its own: how it is
 * replaced, and what it depends on, where it will not change or was read anew. */
static void keep_up(const iac_planner *planner, iac_worker *worker, const iac_node *node, iac_plan_task *task)
{
    const iac_object *kept = task->kept;
    bool stays = task->change && task->change->action == IAC_ACTION_NOOP;
    if (!kept || !task->instance ||
        (kept->create_before_destroy == node->create_before_destroy &&
         same_dependencies(kept->dependencies, kept->dependency_count, node->dependencies, node->dependency_count)))
        return;
    iac_object *object = iac_arena_new_of(worker->keep, iac_object);
    *object = *kept;
    if (planner->options->mode == IAC_PLAN_NORMAL)
        object->create_before_destroy = node->create_before_destroy;
    if (stays) {
        object->dependencies = node->dependencies;
        object->dependency_count = node->dependency_count;
    } else if (refreshes(planner, task) && !task->swept && !task->import_id) {
        merge_dependencies(worker, object, node);
    }
    task->record_changed = object->create_before_destroy != kept->create_before_destroy ||
                           !same_dependencies(kept->dependencies, kept->dependency_count, object->dependencies,
                                              object->dependency_count);
    if (task->record_changed)
        task->kept = object;
}

/* An instance of the configuration, in a normal plan. */
static bool plan_configured(iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task)
{
    iac_place place;
    iac_place_for(&place, worker, node, task->module, task->instance);
    const iac_resource_config *resource = node->resource;
    iac_subject subject = { node, task->address, 0 };
    bool triggered = replace_triggered(worker, node, &place);
    if (worker->diags.errors ||
        !iac_visit_conditions(worker, &place, resource->lifecycle.preconditions, subject,
                              "Resource precondition failed", worker->run->lenient))
        return false;
    const iac_value *full = iac_decode_body(&place.scope, resource->body, node->schema->block, worker->scratch,
                                            &worker->diags);
    if (worker->diags.errors)
        return false;
    if (!iac_check_ephemeral(worker, node, full))
        return false;
    iac_call_options options = iac_options_for(worker->run, node, task->address);
    if (iac_instance_validate(task->provider.instance, &options, IACP_SCHEMA_RESOURCE, node->resource_addr.type, full,
                              &worker->diags) != IAC_OK)
        return false;
    const iac_value *config = iac_ignore_changes(worker, node, task->refreshed, full);
    bool good = decide(planner, worker, node, task, triggered, config, full);
    keep_up(planner, worker, node, task);
    if (!good)
        return false;
    task->instance->value = task->change->after;
    task->instance->change = task->change;
    if (resource->lifecycle.postconditions.n) {
        place.self = task->change->after;
        subject.first = resource->lifecycle.preconditions.n;
        return iac_visit_conditions(worker, &place, resource->lifecycle.postconditions, subject,
                                    "Resource postcondition failed", worker->run->lenient);
    }
    return true;
}

/* Refresh-only: nothing is to be changed, but references see what is. */
static void publish_refreshed(const iac_planner *planner, iac_plan_task *task)
{
    if (!task->instance)
        return;
    task->instance->value = task->refreshed; /* none: references to it are unknown */
    task->instance->absent = !task->refreshed && planner->options->mode == IAC_PLAN_REFRESH_ONLY;
}

/* Conditions of what is only refreshed are warnings: nothing is to be prevented. */
static void check_refreshed(iac_worker *worker, iac_node *node, const iac_plan_task *task)
{
    if (!task->instance)
        return;
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    iac_place place;
    iac_place_for(&place, worker, node, task->module, task->instance);
    iac_subject subject = { node, task->address, 0 };
    iac_visit_conditions(worker, &place, lifecycle->preconditions, subject, "Resource precondition failed", true);
    if (!task->refreshed)
        return;
    place.self = task->refreshed;
    subject.first = lifecycle->preconditions.n;
    iac_visit_conditions(worker, &place, lifecycle->postconditions, subject, "Resource postcondition failed", true);
}

/* What a removed block lets go of is not asked about any more. */
static bool forget(const iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task)
{
    iac_recover_let_go(task);
    if (!task->object)
        return true;
    if (!load_stored(planner, worker, node, task))
        return false;
    task->refreshed = task->before;
    task->read = true;
    task->kept = task->object;
    iac_change *change = new_change(planner, worker, node, task);
    change->action = IAC_ACTION_FORGET;
    change->reason = task->reason;
    return true;
}

bool iac_plan_managed(iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task)
{
    if (node->kind == IAC_NODE_ORPHAN && planner->options->mode == IAC_PLAN_NORMAL &&
        iac_plan_forgets(planner, worker, task->addr))
        return forget(planner, worker, node, task);
    bool ok = task->import_id && !task->object
                  ? import_object(worker, node, task) && generate(planner, worker, node, task)
                  : refresh(planner, worker, node, task);
    if (!ok)
        return false;
    if (planner->options->mode != IAC_PLAN_DESTROY) /* else what is there goes, whatever it was */
        note_drift(planner, worker, node, task);
    if (task->object && task->object->deposed.n)
        return planner->options->mode == IAC_PLAN_REFRESH_ONLY || plan_destroy(planner, worker, node, task);
    switch (planner->options->mode) {
    case IAC_PLAN_REFRESH_ONLY:
        publish_refreshed(planner, task);
        keep_up(planner, worker, node, task);
        check_refreshed(worker, node, task);
        return true;
    case IAC_PLAN_DESTROY:
        publish_refreshed(planner, task);
        return task->spared || plan_destroy(planner, worker, node, task);
    case IAC_PLAN_NORMAL:
        break;
    }
    return task->instance ? plan_configured(planner, worker, node, task) : plan_destroy(planner, worker, node, task);
}

/* Recovery: changes that an earlier run began and did not see the end of. The journal has an intent for each.
 *
 * For a creation the provider is asked whether it made something. Until then the object has a stand-in in the planner's
 * copy of the state, so that whatever holds for stored objects (moves, order of destruction, resources that are no
 * longer configured) holds for it too. Of a change or a destruction, reading the stored object shows how it ended. */
#include "engine/plan/planner.h"
#include "lang/value/json.h"

#include <stdlib.h>
#include <string.h>

/* ---- before anything is planned ---- */

static iac_str object_key(const iac_object *const *object)
{
    return (iac_str){ (const char *)object, sizeof(*object) };
}

static void chain(iac_planner *planner, iac_arena *arena, const iac_object *object, iac_begun *begun)
{
    iac_begun **at = (iac_begun **)iac_map_at(&planner->begun_objects,
                                              iac_arena_str(arena, object_key(&object)));
    while (*at)
        at = &(*at)->next;
    *at = begun;
}

static const iac_object *object_of(const iac_state_instance *instance, const iac_intent *intent)
{
    if (!instance || intent->deposed.n == 0)
        return instance ? instance->current : NULL;
    for (size_t i = 0; i < instance->deposed_count; i++)
        if (iac_str_eq(instance->deposed[i]->deposed, intent->deposed))
            return instance->deposed[i];
    return NULL;
}

static int compare_instances(const void *a, const void *b)
{
    return iac_addr_cmp(((const iac_state_instance *)a)->addr, ((const iac_state_instance *)b)->addr);
}

typedef IAC_VEC(iac_state_instance) instance_list;

/* A stand-in for what a creation may have made, one for all intents of an address. */
static iac_object *stand_in_for(iac_arena *arena, iac_map *stand_ins, instance_list *list, const iac_intent *intent,
                                const iac_state *state, const iac_state_instance *instance)
{
    void **known = iac_map_at(stand_ins, iac_addr_text(arena, intent->addr));
    if (*known)
        return *known;
    iac_object *object = iac_arena_new_of(arena, iac_object);
    object->attributes = IAC_STR("{}");
    *known = object;
    if (instance)
        list->v[instance - state->instances].current = object;
    else
        iac_vec_push(list, ((iac_state_instance){ .addr = intent->addr, .provider = intent->provider,
                                                  .current = object }));
    return object;
}

const iac_state *iac_recover_begin(iac_planner *planner, iac_arena *arena, const iac_state *state,
                                   const iac_plan_options *options)
{
    if (options->intent_count == 0)
        return state;
    iac_map stand_ins = { 0 };
    instance_list list = { 0 };
    planner->begun = iac_arena_array(arena, iac_begun, options->intent_count);
    planner->begun_count = options->intent_count;
    for (size_t i = 0; state && i < state->instance_count; i++)
        iac_vec_push(&list, state->instances[i]);
    for (size_t i = 0; i < options->intent_count; i++) {
        const iac_intent *intent = &options->intents[i];
        iac_begun *begun = &planner->begun[i];
        const iac_state_instance *instance = state ? iac_state_find(state, intent->addr) : NULL;
        const iac_object *object = object_of(instance, intent);
        bool creates = iac_str_is(intent->action, "create");
        begun->intent = intent;
        if (creates && !object)
            object = begun->stand_in = stand_in_for(arena, &stand_ins, &list, intent, state, instance);
        else if (creates || !object)
            begun->fate = IAC_FATE_MOOT; /* what it made was recorded meanwhile; what it was about is not any more */
        if (begun->fate == IAC_FATE_OPEN)
            chain(planner, arena, object, begun);
    }
    iac_map_settle(&planner->begun_objects, arena);
    iac_state *result = iac_arena_new_of(arena, iac_state);
    if (state)
        *result = *state;
    if (list.n)
        qsort(list.v, list.n, sizeof(*list.v), compare_instances);
    iac_state_instance *instances = iac_arena_array(arena, iac_state_instance, list.n);
    if (list.n)
        memcpy(instances, list.v, list.n * sizeof(*instances));
    result->instances = instances;
    result->instance_count = list.n;
    iac_vec_clear(&list);
    iac_map_clear(&stand_ins);
    return result;
}

/* ---- of one resource ---- */

void iac_recover_note_tasks(iac_planner *planner, iac_node *node)
{
    iac_plan_work *work = node->work;
    if (planner->begun_count == 0)
        return;
    for (uint32_t i = 0; i < work->n; i++) {
        iac_plan_task *task = &work->tasks[i];
        if (!task->object)
            continue;
        task->begun = iac_map_get(&planner->begun_objects, object_key(&task->object));
        if (!iac_is_stand_in(task) || node->kind != IAC_NODE_RESOURCE)
            continue;
        task->begun->stand_in->dependencies = node->dependencies;
        task->begun->stand_in->dependency_count = node->dependency_count;
    }
}

bool iac_is_stand_in(const iac_plan_task *task)
{
    return task->begun && task->object && task->object == task->begun->stand_in;
}

void iac_recover_let_go(iac_plan_task *task)
{
    for (iac_begun *begun = task->begun; begun; begun = begun->next)
        begun->fate = IAC_FATE_MOOT;
    if (iac_is_stand_in(task))
        task->object = NULL;
}

void iac_recover_note_read(iac_plan_task *task)
{
    for (iac_begun *begun = task->begun; begun; begun = begun->next)
        begun->fate = task->refreshed ? IAC_FATE_READ : IAC_FATE_GONE;
}

static iac_str text_of(iac_arena *arena, const iac_value *state, const char *name)
{
    const iac_value *v = state ? iac_value_get_cstr(state, name) : NULL;
    bool usable = v && v->kind == IAC_STRING && iac_is_set_value(v) && !v->marks;
    return usable ? iac_arena_str(arena, v->string) : IAC_STR("");
}

/* Asks the provider what became of a creation. False after an error. */
static bool look(iac_worker *worker, const iac_node *node, const iac_plan_task *task, iac_begun *begun,
                 iac_read_answer *ret)
{
    const iac_intent *intent = begun->intent;
    size_t offset = 0;
    iac_str error;
    const iac_value *planned = iac_value_decode(worker->keep, intent->planned, &offset);
    begun->fate = IAC_FATE_DOUBTFUL;
    if (!planned || !iac_schema_conforms(worker->scratch, node->schema->block, planned, &error) ||
        !iac_instance_configured(task->provider.instance))
        return true;
    iac_call_options options = iac_options_for(worker->run, node, task->address);
    iac_apply_request request = { .type = node->resource_addr.type, .planned = planned,
                                  .private_data = intent->private_data, .token = intent->token };
    iac_find_answer answer = { .found = IACP_FOUND_UNKNOWN };
    if (iac_instance_find(task->provider.instance, &options, worker->keep, &request, &answer, &worker->diags) !=
        IAC_OK) {
        begun->fate = IAC_FATE_OPEN;
        return false;
    }
    begun->id = text_of(worker->keep, answer.state, "id");
    if (answer.found == IACP_FOUND_NOTHING)
        begun->fate = IAC_FATE_NOTHING;
    if (answer.found != IACP_FOUND_CERTAIN || !answer.state || iac_is_null(answer.state))
        return true;
    begun->fate = IAC_FATE_MADE;
    *ret = (iac_read_answer){ iac_copy_marks(worker->keep, node->schema->block, answer.state, planned),
                              answer.private_data };
    return true;
}

/* Reads what was found, as if it had been stored, and puts it in the stand-in's place. */
static bool adopt(iac_worker *worker, const iac_node *node, iac_plan_task *task, iac_begun *begun,
                  const iac_read_answer *found)
{
    const iac_object *stand_in = task->object;
    iac_call_options options = iac_options_for(worker->run, node, task->address);
    iac_read_answer answer = { 0 };
    task->object = NULL;
    iac_instance_event(worker->run, IAC_EVENT_REFRESH_START, &task->addr, IAC_STR(""), found->state, IAC_ACTION_READ,
                       0);
    if (iac_instance_read(task->provider.instance, &options, worker->keep, node->resource_addr.type, found->state,
                          found->private_data, &answer, &worker->diags) != IAC_OK) {
        begun->fate = IAC_FATE_OPEN;
        return false;
    }
    bool there = answer.state && !iac_is_null(answer.state);
    if (there) {
        task->refreshed = task->before = iac_copy_marks(worker->keep, node->schema->block, answer.state,
                                                        found->state);
        task->private_data = answer.private_data.n ? answer.private_data : found->private_data;
        iac_object *object = iac_object_new(worker->keep, task->refreshed, node->schema->block->type,
                                            node->schema->version);
        object->private_data = task->private_data;
        object->create_before_destroy = node->create_before_destroy;
        object->dependencies = stand_in->dependencies;
        object->dependency_count = stand_in->dependency_count;
        task->object = task->kept = object;
        task->read = true;
    } else {
        begun->fate = IAC_FATE_NOTHING;
    }
    iac_instance_event(worker->run, IAC_EVENT_REFRESH_DONE, &task->addr, IAC_STR(""), task->refreshed,
                       IAC_ACTION_READ, 0);
    return true;
}

bool iac_recover(iac_worker *worker, const iac_node *node, iac_plan_task *task)
{
    iac_read_answer found = { 0 };
    iac_begun *maker = NULL;
    for (iac_begun *begun = task->begun; begun; begun = begun->next) {
        iac_read_answer another = { 0 };
        if (!look(worker, node, task, begun, &another))
            return false;
        if (begun->fate != IAC_FATE_MADE)
            continue;
        if (!maker) {
            maker = begun;
            found = another;
        } else if (!iac_value_same(iac_value_unmark_deep(worker->scratch, found.state),
                                   iac_value_unmark_deep(worker->scratch, another.state))) {
            begun->fate = IAC_FATE_DOUBTFUL; /* there cannot be two of it under one address */
        }
    }
    if (maker)
        return adopt(worker, node, task, maker, &found);
    task->object = NULL;
    return true;
}

/* ---- the state after refresh ---- */

void iac_recover_deposed(const iac_planner *planner, iac_map *ret)
{
    for (size_t i = 0; i < planner->run.nodes.n; i++) {
        const iac_node *node = planner->run.nodes.v[i];
        bool resource = node->kind == IAC_NODE_RESOURCE || node->kind == IAC_NODE_ORPHAN;
        const iac_plan_work *work = resource ? node->work : NULL;
        for (uint32_t k = 0; work && k < work->n; k++) {
            const iac_plan_task *task = &work->tasks[k];
            if (task->object && task->object->deposed.n && task->read && task->kept != task->object)
                iac_map_put(ret, object_key(&task->object), (void *)task);
        }
    }
}

bool iac_recover_filter(const iac_planner *planner, iac_arena *arena, const iac_map *deposed,
                        iac_state_instance *instance)
{
    if (planner->begun_count && instance->current) {
        const iac_begun *begun = iac_map_get(&planner->begun_objects, object_key(&instance->current));
        if (begun && begun->stand_in == instance->current)
            instance->current = NULL; /* nobody has asked about it: the journal keeps it */
    }
    if (deposed->n && instance->deposed_count) {
        const iac_object **left = iac_arena_array(arena, const iac_object *, instance->deposed_count);
        size_t n = 0;
        for (size_t i = 0; i < instance->deposed_count; i++) {
            const iac_plan_task *task = iac_map_get(deposed, object_key(&instance->deposed[i]));
            const iac_object *object = task ? task->kept : instance->deposed[i];
            if (object)
                left[n++] = object;
        }
        instance->deposed = left;
        instance->deposed_count = n;
    }
    return instance->current || instance->deposed_count;
}

/* ---- what is told ---- */

static void print_for_shell(iac_buf *out, iac_str text)
{
    bool plain = true;
    for (size_t i = 0; i < text.n; i++)
        plain &= !strchr("[]\"'\\$` *?&;|<>(){}!#~", text.p[i]);
    if (plain) {
        iac_buf_str(out, text);
        return;
    }
    iac_buf_char(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            iac_buf_cstr(out, "'\\'");
        iac_buf_char(out, text.p[i]);
    }
    iac_buf_char(out, '\'');
}

static void warn_doubtful(const iac_planner *planner, const iac_begun *begun, iac_str address, iac_diags *diags)
{
    const iac_intent *intent = begun->intent;
    iac_addr resource = intent->addr;
    resource.key = (iac_key){ 0 };
    resource.module = iac_module_addr_static(planner->run.arena, resource.module);
    const iac_node *node = iac_map_get(&planner->run.resource_nodes, iac_addr_text(planner->run.arena, resource));
    bool configured = node && node->kind == IAC_NODE_RESOURCE;
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_printf(&text, "An earlier run was interrupted while it was creating %.*s (begun %.*s), and the provider "
                   "cannot tell whether that object was made.", IAC_FMT(address), IAC_FMT(intent->begun));
    if (begun->id.n)
        iac_buf_printf(&text, " There is one that may be it, with the id \"%.*s\".", IAC_FMT(begun->id));
    if (configured) {
        iac_buf_printf(&text, "\n\nIf it exists, take it over:\n    iac import ");
        print_for_shell(&text, address);
        iac_buf_char(&text, ' ');
        print_for_shell(&text, begun->id.n ? begun->id : IAC_STR("ID"));
        iac_buf_cstr(&text, "\nIf it does not, dismiss this note:\n    iac state dismiss ");
    } else {
        iac_buf_cstr(&text, "\n\nThe configuration does not have it any more: if it exists, delete it by hand, or "
                            "configure and import it. Then dismiss this note:\n    iac state dismiss ");
    }
    print_for_shell(&text, address);
    iac_buf_cstr(&text, "\nOtherwise the next apply that succeeds dismisses it");
    iac_buf_cstr(&text, configured ? ", and makes another object.\n" : ".\n");
    iac_diag *diag = iac_diag_warning(diags, IAC_NO_RANGE, "An interrupted run may have left an object behind", "%s",
                                      text.p);
    diag->address = iac_arena_str(diags->arena, address);
    iac_buf_clear(&text);
}

static const char *fate_text(iac_fate fate, bool deletes)
{
    switch (fate) {
    case IAC_FATE_MADE:
        return "was created; it is recorded now";
    case IAC_FATE_NOTHING:
        return "was not created";
    case IAC_FATE_GONE:
        return "was destroyed";
    case IAC_FATE_READ:
        return deletes ? "was not destroyed" : "was to be changed; how far that went has been read";
    case IAC_FATE_OPEN:
    case IAC_FATE_DOUBTFUL:
    case IAC_FATE_MOOT:
        break;
    }
    return NULL;
}

static int compare_begun(const void *a, const void *b)
{
    const iac_intent *x = ((const iac_begun *)a)->intent, *y = ((const iac_begun *)b)->intent;
    int order = iac_addr_cmp(x->addr, y->addr);
    return order ? order : iac_str_cmp(x->deposed, y->deposed);
}

void iac_recover_end(const iac_planner *planner, iac_plan *plan, iac_arena *arena, iac_diags *diags)
{
    iac_str *settled = iac_arena_array(arena, iac_str, planner->begun_count);
    iac_str *reported = iac_arena_array(arena, iac_str, planner->begun_count);
    iac_buf list;
    iac_buf_init(&list, IAC_BUF_UNLIMITED);
    if (planner->begun_count) /* nobody follows the chains any more */
        qsort(planner->begun, planner->begun_count, sizeof(*planner->begun), compare_begun);
    for (size_t i = 0; i < planner->begun_count; i++) {
        const iac_begun *begun = &planner->begun[i];
        const iac_intent *intent = begun->intent;
        iac_str address = iac_addr_text(arena, intent->addr);
        if (begun->fate == IAC_FATE_OPEN)
            continue; /* another time */
        if (begun->fate == IAC_FATE_DOUBTFUL) {
            reported[plan->reported_count++] = intent->token;
            warn_doubtful(planner, begun, address, diags);
            continue;
        }
        settled[plan->settled_count++] = intent->token;
        const char *fate = fate_text(begun->fate, iac_str_is(intent->action, "delete"));
        if (!fate)
            continue;
        iac_buf_printf(&list, "\n  - %.*s", IAC_FMT(address));
        if (intent->deposed.n)
            iac_buf_printf(&list, " (deposed object %.*s)", IAC_FMT(intent->deposed));
        iac_buf_printf(&list, " %s", fate);
    }
    plan->settled = settled;
    plan->reported = reported;
    if (list.n)
        iac_diag_warning(diags, IAC_NO_RANGE, "Recovered from an interrupted run",
                         "An earlier run was interrupted, and its last changes were not recorded. The providers were "
                         "asked what became of them:%s\n\nApplying this plan records that first.", list.p);
    iac_buf_clear(&list);
}

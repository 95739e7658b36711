/* What became of the conditions that the configuration sets: noted by the visits that evaluate them, put together when
 * the walk is over. */
#include "engine/plan/run.h"

#include <stdlib.h>
#include <string.h>

iac_subject iac_subject_in(iac_worker *worker, const iac_node *node, const iac_module_instance *instance)
{
    if (!instance->addr.n)
        return (iac_subject){ node, node->name, 0 };
    size_t at = node->name.n; /* the last two steps are "check.c": the rest is the module, without keys */
    for (int dots = 0; at > 0; at--)
        if (node->name.p[at - 1] == '.' && ++dots == 2)
            break;
    iac_str module = iac_module_addr_text(worker->scratch, instance->addr);
    return (iac_subject){ node,
                          iac_arena_printf(worker->keep, "%.*s.%.*s", IAC_FMT(module),
                                           IAC_FMT(iac_str_sub(node->name, at, node->name.n))),
                          0 };
}

void iac_note_check(iac_worker *worker, const iac_subject *subject, size_t index, char status, iac_str message)
{
    iac_vec_push(&worker->checked, ((iac_checked){ .node = subject->node->id,
                                                   .index = (uint32_t)(subject->first + index),
                                                   .status = status,
                                                   .address = iac_arena_str(worker->keep, subject->address),
                                                   .message = iac_arena_str(worker->keep, message) }));
}

void iac_fail_check(iac_worker *worker, const iac_node *data, iac_resource_instance *instance,
                    const iac_module_instance *module)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    if (worker->diags.errors > 1)
        iac_buf_printf(&text, "%zu problems:\n", worker->diags.errors);
    for (size_t i = 0; i < worker->diags.list.n; i++) {
        iac_diag *diag = &worker->diags.list.v[i];
        if (diag->severity != IAC_ERROR)
            continue;
        iac_buf_printf(&text, "%s%.*s%s%.*s", worker->diags.errors > 1 ? "\n- " : "", IAC_FMT(diag->summary),
                       diag->detail.n ? ": " : "", IAC_FMT(diag->detail));
        diag->severity = IAC_WARNING;
        diag->of_check = true;
    }
    worker->diags.errors = 0;
    instance->unread = true;
    iac_subject subject = iac_subject_in(worker, data->nested, module);
    iac_note_check(worker, &subject, data->nested->check->asserts.n, 'f', iac_buf_view(&text));
    iac_buf_clear(&text);
}

/* ---- putting together ---- */

typedef struct gathering {
    iac_arena *arena;
    const iac_plan *base;
    bool destroying;
    iac_checked *all; /* by node, address, index */
    size_t n;
    IAC_VEC(iac_check_result) results;
} gathering;

static int by_place(const void *a, const void *b)
{
    const iac_checked *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    int order = iac_str_cmp(x->address, y->address);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int by_object(const void *a, const void *b)
{
    const iac_check_result *x = a, *y = b;
    int order = iac_str_cmp(x->object, y->object);
    return order ? order : iac_str_cmp(x->address, y->address);
}

static iac_str kind_of(const iac_node *node)
{
    return node->kind == IAC_NODE_RESOURCE ? IAC_STR("resource") :
           node->kind == IAC_NODE_OUTPUT   ? IAC_STR("output_value") :
           node->kind == IAC_NODE_CHECK    ? IAC_STR("check") : IAC_STR("var");
}

static size_t condition_count(const iac_node *node)
{
    switch (node->kind) {
    case IAC_NODE_RESOURCE:
        return node->resource->lifecycle.preconditions.n + node->resource->lifecycle.postconditions.n;
    case IAC_NODE_OUTPUT:
        return node->output->preconditions.n;
    case IAC_NODE_CHECK:
        return node->check->asserts.n;
    case IAC_NODE_VARIABLE:
        return node->variable->validations.n;
    default:
        return 0;
    }
}

/* The first of the results in base that is not before the object's address; of the object alone with an empty one. */
static size_t base_at(const gathering *g, iac_str object, iac_str address)
{
    iac_check_result key = { .object = object, .address = address };
    size_t low = 0, high = g->base ? g->base->check_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_object(&g->base->checks[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static iac_check_result copy(iac_arena *arena, const iac_check_result *from)
{
    iac_check_result to = { .kind = iac_arena_str(arena, from->kind), .object = iac_arena_str(arena, from->object),
                            .address = iac_arena_str(arena, from->address),
                            .status = iac_arena_str(arena, from->status) };
    iac_str *messages = iac_arena_array(arena, iac_str, from->message_count);
    for (size_t i = 0; i < from->message_count; i++)
        messages[to.message_count++] = iac_arena_str(arena, from->messages[i]);
    to.messages = messages;
    return to;
}

/* What was noted of an instance: [from, to). Conditions that nobody came to are unknown. */
static iac_check_result sum_up(const gathering *g, const iac_checked *from, const iac_checked *to, size_t conditions)
{
    bool errors = false, fails = false;
    size_t passed = 0;
    iac_check_result result = { 0 };
    iac_str *messages = iac_arena_array(g->arena, iac_str, (size_t)(to - from));
    for (const iac_checked *c = from; c < to; c++) {
        if (c + 1 < to && c[1].index == c->index)
            continue; /* evaluated again later */
        errors |= c->status == 'e';
        fails |= c->status == 'f';
        passed += c->status == 'p';
        if (c->message.n)
            messages[result.message_count++] = iac_arena_str(g->arena, c->message);
    }
    result.messages = messages;
    result.status = errors ? IAC_STR("error") : fails ? IAC_STR("fail") :
                    passed < conditions ? IAC_STR("unknown") : IAC_STR("pass");
    return result;
}

/* The first that was noted of the node at the address or after it. */
static size_t noted_at(const gathering *g, const iac_node *node, iac_str address)
{
    iac_checked key = { .node = node->id, .address = address };
    size_t low = 0, high = g->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_place(&g->all[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What was read when planning is not looked at again, and what was found of it is not kept, either. */
static bool forgets(const gathering *g, const iac_node *node)
{
    return node->kind == IAC_NODE_RESOURCE && node->resource->mode == IAC_DATA && g->base->mode == IAC_PLAN_NORMAL;
}

static void add_instance(gathering *g, const iac_node *node, iac_str address)
{
    size_t low = noted_at(g, node, address), end = low;
    while (end < g->n && g->all[end].node == node->id && iac_str_eq(g->all[end].address, address))
        end++;
    iac_check_result result = { .status = IAC_STR("unknown") };
    size_t old = base_at(g, node->name, address);
    if (end > low)
        result = sum_up(g, g->all + low, g->all + end, condition_count(node));
    else if (g->base && !forgets(g, node) && old < g->base->check_count &&
             iac_str_eq(g->base->checks[old].address, address))
        result = copy(g->arena, &g->base->checks[old]);
    result.kind = kind_of(node);
    result.object = iac_arena_str(g->arena, node->name);
    result.address = iac_arena_str(g->arena, address);
    iac_vec_push(&g->results, result);
}

static void add_resource(gathering *g, const iac_node *node)
{
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_addr addr = node->resource_addr;
        addr.module = node->module->instances[i]->addr;
        for (uint32_t k = 0; k < node->expansions[i].n; k++) {
            addr.key = node->expansions[i].v[k].key;
            add_instance(g, node, iac_addr_text(g->arena, addr));
        }
    }
}

/* Outputs, and variables of modules, have instances once what they refer to was there. */
static bool was_visited(const iac_node *node)
{
    bool waits = node->kind == IAC_NODE_OUTPUT || (node->kind == IAC_NODE_VARIABLE && node->module->parent);
    return !waits || node->values || node->module->instance_count == 0;
}

static void add_node(gathering *g, const iac_node *node)
{
    bool resource = node->kind == IAC_NODE_RESOURCE;
    bool root_output = node->kind == IAC_NODE_OUTPUT && !node->module->parent;
    size_t old = base_at(g, node->name, (iac_str){ 0 }), noted = noted_at(g, node, (iac_str){ 0 });
    bool known = g->base && old < g->base->check_count && iac_str_eq(g->base->checks[old].object, node->name);
    if (g->destroying) { /* nothing is checked; what there is of the configuration is still listed */
        iac_str name = iac_arena_str(g->arena, node->name);
        bool listed = known ? g->base->checks[old].address.n > 0 : root_output && !node->excluded;
        iac_vec_push(&g->results, ((iac_check_result){ .kind = kind_of(node), .object = name,
                                                       .address = listed ? name : (iac_str){ 0 },
                                                       .status = IAC_STR("unknown") }));
        return;
    }
    bool bare = known && !g->base->checks[old].address.n && (noted == g->n || g->all[noted].node != node->id);
    bool called = !node->module->parent || node->module->call->expansions;
    bool reached = !bare && !node->excluded && (resource ? node->expansions != NULL : called && was_visited(node));
    size_t before = g->results.n;
    if (reached && resource) {
        add_resource(g, node);
    } else if (reached) {
        iac_worker worker = { .scratch = g->arena, .keep = g->arena };
        for (uint32_t i = 0; i < node->module->instance_count; i++)
            add_instance(g, node, iac_subject_in(&worker, node, node->module->instances[i]).address);
    }
    if (g->results.n > before)
        return;
    for (size_t i = old; known && i < g->base->check_count && iac_str_eq(g->base->checks[i].object, node->name); i++)
        iac_vec_push(&g->results, copy(g->arena, &g->base->checks[i]));
    if (g->results.n == before)
        iac_vec_push(&g->results, ((iac_check_result){ .kind = kind_of(node),
                                                       .object = iac_arena_str(g->arena, node->name),
                                                       .status = reached ? IAC_STR("pass") : IAC_STR("unknown") }));
}

void iac_run_checks(const iac_run *run, iac_arena *arena, iac_plan_mode mode, const iac_plan *base,
                    const iac_check_result **ret, size_t *ret_count)
{
    gathering g = { .arena = arena, .base = base, .destroying = mode == IAC_PLAN_DESTROY };
    for (unsigned i = 0; i < run->worker_count; i++)
        g.n += run->workers[i].checked.n;
    g.all = iac_xcalloc(g.n, sizeof(*g.all));
    g.n = 0;
    for (unsigned i = 0; i < run->worker_count; i++)
        for (size_t k = 0; k < run->workers[i].checked.n; k++)
            g.all[g.n++] = run->workers[i].checked.v[k];
    if (g.n)
        qsort(g.all, g.n, sizeof(*g.all), by_place);
    for (size_t i = 0; i < run->nodes.n; i++)
        if (condition_count(run->nodes.v[i]))
            add_node(&g, run->nodes.v[i]);
    iac_check_result *results = iac_arena_array(arena, iac_check_result, g.results.n);
    if (g.results.n) {
        memcpy(results, g.results.v, g.results.n * sizeof(*results));
        qsort(results, g.results.n, sizeof(*results), by_object);
    }
    *ret = results;
    *ret_count = g.results.n;
    iac_vec_clear(&g.results);
    free(g.all);
}

/* Decides the order of everything apply will do. The only place where creation and destruction are put in order.
 *
 * Each configuration object has a step that evaluates it. A resource has that step, then one for each change, then a
 * barrier that stands for all of it. Destruction runs the other way round, along the dependencies that the state has
 * recorded: each resource has a gate before and a gate after its destroy steps. So the number of steps and of edges
 * stays linear, whatever the number of instances. With A needed by B:
 *     replace both:                       destroy B, destroy A, create A, create B
 *     replace A, update B:                destroy A, create A, update B
 *     replace A create-before-destroy:    create A, update B, destroy the old A */
#include "engine/plan/planner.h"

#include <stdlib.h>
#include <string.h>

struct gates {
    uint32_t start, done;         /* evaluation; everything created, updated, read */
    uint32_t del_start, del_done; /* IAC_NONE where nothing is destroyed at all */
    uint32_t moved_over; /* IAC_NONE, or: all users of a create-before-destroy replacement are done */
};

struct building {
    iac_planner *planner;
    iac_plan *plan;
    iac_arena *arena;
    IAC_VEC(iac_operation) ops;
    IAC_VEC(iac_edge) edges; /* node waits for after */
    IAC_VEC(iac_edge) soft;  /* wished-for order, dropped where it would make a cycle */
    struct gates *gates;     /* by node id */
    bool destroys;
};

static uint32_t add_op(struct building *b, iac_opcode code, uint32_t change, iac_str node)
{
    iac_vec_push(&b->ops, ((iac_operation){ .code = code, .change = change, .node = node }));
    return (uint32_t)b->ops.n - 1;
}

static void wait_for(struct building *b, uint32_t op, uint32_t after)
{
    if (op != IAC_NONE && after != IAC_NONE && op != after)
        iac_vec_push(&b->edges, ((iac_edge){ op, after }));
}

static void wish_for(struct building *b, uint32_t op, uint32_t after)
{
    if (op != IAC_NONE && after != IAC_NONE && op != after)
        iac_vec_push(&b->soft, ((iac_edge){ op, after }));
}

static bool is_resource(const iac_node *node)
{
    return node->kind == IAC_NODE_RESOURCE || node->kind == IAC_NODE_ORPHAN;
}

static bool destroys_object(iac_action action)
{
    return action == IAC_ACTION_DELETE || action == IAC_ACTION_DELETE_CREATE || action == IAC_ACTION_CREATE_DELETE;
}

static const iac_node *node_of(const struct building *b, iac_addr addr)
{
    addr.key = (iac_key){ 0 };
    addr.module = iac_module_addr_static(b->arena, addr.module);
    return iac_map_get(&b->planner->run.resource_nodes, iac_addr_text(b->arena, addr));
}

/* Evaluation steps and gates of every node, in the order of the configuration's own edges. */
static void lay_nodes(struct building *b)
{
    const iac_run *run = &b->planner->run;
    for (uint32_t i = 0; i < run->nodes.n; i++) {
        const iac_node *node = run->nodes.v[i];
        b->gates[i] = (struct gates){ IAC_NONE, IAC_NONE, IAC_NONE, IAC_NONE, IAC_NONE };
        if (!node->excluded) {
            bool evaluates = node->kind != IAC_NODE_ORPHAN && node->kind != IAC_NODE_MODULE_END;
            b->gates[i].start = b->gates[i].done = add_op(b, evaluates ? IAC_DO_EVALUATE : IAC_DO_BARRIER, IAC_NONE,
                                                          node->name);
        }
        if (b->destroys && is_resource(node)) {
            b->gates[i].del_start = add_op(b, IAC_DO_BARRIER, IAC_NONE, IAC_STR(""));
            b->gates[i].del_done = add_op(b, IAC_DO_BARRIER, IAC_NONE, IAC_STR(""));
            wait_for(b, b->gates[i].del_done, b->gates[i].del_start);
        }
    }
}

/* The steps of each change, between the gates of its resource. */
static void lay_changes(struct building *b)
{
    const iac_node *node = NULL;
    for (uint32_t c = 0; c < b->plan->change_count; c++) {
        const iac_change *change = &b->plan->changes[c];
        if (change->action == IAC_ACTION_NOOP && change->import_id.n == 0)
            continue;
        if (!node || !iac_str_eq(node->resource_addr.name, change->addr.name) ||
            !iac_str_eq(node->resource_addr.type, change->addr.type) ||
            node->resource_addr.mode != change->addr.mode ||
            node->resource_addr.module.n != change->addr.module.n || change->addr.module.n)
            node = node_of(b, change->addr);
        if (!node)
            continue;
        struct gates *gates = &b->gates[node->id];
        uint32_t made = IAC_NONE, gone = IAC_NONE;
        if (change->action != IAC_ACTION_DELETE && change->action != IAC_ACTION_FORGET) {
            made = add_op(b, change->action == IAC_ACTION_READ ? IAC_DO_READ : IAC_DO_APPLY, c, IAC_STR(""));
            wait_for(b, made, gates->start);
            if (gates->done == gates->start) {
                gates->done = add_op(b, IAC_DO_BARRIER, IAC_NONE, IAC_STR(""));
                wait_for(b, gates->done, gates->start);
            }
            wait_for(b, gates->done, made);
        }
        if (change->action == IAC_ACTION_FORGET) {
            gone = add_op(b, IAC_DO_FORGET, c, IAC_STR(""));
            wait_for(b, gone, gates->start);
        }
        if (!destroys_object(change->action))
            continue;
        gone = add_op(b, IAC_DO_DESTROY, c, IAC_STR(""));
        wait_for(b, gone, b->gates[node->provider->node->id].done);
        wait_for(b, gates->del_done, gone);
        if (change->action == IAC_ACTION_CREATE_DELETE) {
            wait_for(b, gone, made);
            if (gates->moved_over == IAC_NONE)
                gates->moved_over = add_op(b, IAC_DO_BARRIER, IAC_NONE, IAC_STR(""));
            wait_for(b, gone, gates->moved_over);
            wish_for(b, gone, gates->del_start); /* and old objects that needed it are gone */
        } else {
            wait_for(b, gone, gates->del_start);
            wait_for(b, made, gone);
        }
    }
}

/* Configuration order: what a node refers to is done first. An object that was set aside is destroyed once everything
 * that refers to its replacement has moved over. */
static void link_config(struct building *b)
{
    const iac_run *run = &b->planner->run;
    for (uint32_t i = 0; i < run->nodes.n; i++) {
        const iac_node *node = run->nodes.v[i];
        for (uint32_t e = run->graph.dep_start[i]; e < run->graph.dep_start[i + 1]; e++) {
            const struct gates *needed = &b->gates[run->graph.deps[e]];
            wait_for(b, b->gates[i].start, needed->done);
            if (node->kind == IAC_NODE_RELEASE) /* destroying needs the provider, too */
                wait_for(b, b->gates[i].start, needed->del_done);
        }
        if (node->kind == IAC_NODE_RESOURCE && node->nested) /* what a check reads is how all ended */
            wait_for(b, b->gates[i].start, b->gates[run->root->end->id].done);
    }
}

static void link_set_aside(struct building *b)
{
    const iac_run *run = &b->planner->run;
    for (uint32_t i = 0; i < run->nodes.n; i++) {
        const iac_node *user = run->nodes.v[i];
        for (size_t k = 0; user->kind == IAC_NODE_RESOURCE && k < user->dependency_count; k++) {
            const iac_node *needed = node_of(b, user->dependencies[k]);
            if (needed)
                wait_for(b, b->gates[needed->id].moved_over, b->gates[i].done);
        }
    }
}

static void link_destroy_pair(struct building *b, const iac_node *user, iac_addr needed_addr)
{
    const iac_node *needed = node_of(b, needed_addr);
    if (!needed || needed == user)
        return;
    /* What needs it goes first... */
    wish_for(b, b->gates[needed->id].del_start, b->gates[user->id].del_done);
    /* ... and what is updated or made anew meanwhile comes after. */
    if (!user->create_before_destroy && !needed->create_before_destroy)
        wish_for(b, b->gates[user->id].start, b->gates[needed->id].del_done);
}

/* Instances of a resource mostly agree: a look at the neighbour saves the work. */
static bool same_dependencies(const iac_object *a, const iac_object *b)
{
    if (!a || a->dependency_count != b->dependency_count)
        return false;
    for (size_t i = 0; i < a->dependency_count; i++)
        if (!iac_addr_equal(a->dependencies[i], b->dependencies[i]))
            return false;
    return true;
}

/* State order, for destruction. */
static void link_destroys(struct building *b)
{
    const iac_run *run = &b->planner->run;
    for (uint32_t i = 0; i < run->nodes.n; i++) {
        const iac_node *node = run->nodes.v[i];
        if (!is_resource(node))
            continue;
        const iac_object *previous = NULL;
        for (uint32_t k = 0; k < node->state_count; k++) {
            const iac_state_instance *stored = &run->state->instances[node->state_indexes[k]];
            const iac_object *object = stored->current ? stored->current : stored->deposed[0];
            for (size_t d = 0; !same_dependencies(previous, object) && d < object->dependency_count; d++)
                link_destroy_pair(b, node, object->dependencies[d]);
            previous = object;
        }
        const iac_node *provider = node->provider ? node->provider->node : NULL;
        for (size_t d = 0; provider && d < provider->dependency_count; d++)
            link_destroy_pair(b, node, provider->dependencies[d]);
    }
}

/* Copies the edges into the operations; false when they make a cycle. */
static bool finish(struct building *b, bool with_soft)
{
    size_t count = b->edges.n + (with_soft ? b->soft.n : 0);
    iac_edge *all = iac_xcalloc(count, sizeof(*all));
    if (b->edges.n)
        memcpy(all, b->edges.v, b->edges.n * sizeof(*all));
    if (with_soft && b->soft.n)
        memcpy(all + b->edges.n, b->soft.v, b->soft.n * sizeof(*all));
    iac_graph graph;
    iac_graph_build(&graph, (uint32_t)b->ops.n, all, count);
    free(all);
    uint32_t *cycle;
    bool ok = iac_graph_cycle(&graph, b->arena, &cycle) == 0;
    for (uint32_t i = 0; ok && i < graph.n; i++) {
        uint32_t n = graph.dep_start[i + 1] - graph.dep_start[i];
        uint32_t *after = iac_arena_array(b->arena, uint32_t, n);
        if (n)
            memcpy(after, graph.deps + graph.dep_start[i], n * sizeof(*after));
        b->ops.v[i].after = after;
        b->ops.v[i].after_count = n;
    }
    iac_graph_clear(&graph);
    return ok;
}

/* Leaves out, one by one, wished-for edges that would close a cycle with those kept so far. Only after a cycle was
 * found, which takes contradicting dependencies in state and configuration. */
static void keep_possible(struct building *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->soft.n; i++) {
        iac_edge edge = b->soft.v[i];
        b->soft.v[kept++] = edge;
        size_t all = b->soft.n;
        b->soft.n = kept;
        if (!finish(b, true))
            kept--;
        b->soft.n = all;
    }
    b->soft.n = kept;
}

void iac_plan_operations(iac_planner *planner, iac_plan *plan, iac_arena *arena)
{
    struct building b = { .planner = planner, .plan = plan, .arena = arena };
    b.gates = iac_arena_array(arena, struct gates, planner->run.nodes.n);
    for (size_t c = 0; c < plan->change_count; c++)
        b.destroys |= destroys_object(plan->changes[c].action);
    lay_nodes(&b);
    lay_changes(&b);
    link_config(&b);
    if (b.destroys) {
        link_set_aside(&b);
        link_destroys(&b);
    }
    if (!finish(&b, true)) {
        keep_possible(&b);
        finish(&b, true);
    }
    iac_operation *ops = iac_arena_array(arena, iac_operation, b.ops.n);
    if (b.ops.n)
        memcpy(ops, b.ops.v, b.ops.n * sizeof(*ops));
    plan->operations = ops;
    plan->operation_count = b.ops.n;
    iac_vec_clear(&b.ops);
    iac_vec_clear(&b.edges);
    iac_vec_clear(&b.soft);
}

/* engine/plan/drawing.c - from the nodes of a run to those of a drawing: Terraform's graphs have more nodes (the end of
 * each provider and module, a root), and fewer edges (what follows from others is left out). */
#include "engine/plan/drawing.h"
#include "engine/plan/run.h"

#include <stdlib.h>
#include <string.h>

typedef struct drawer {
    iac_arena *arena;
    iac_run *run;
    iac_drawing_kind kind;
    const iac_plan *plan;
    IAC_VEC(iac_drawn_node) nodes;
    IAC_VEC(iac_edge) edges;
    uint32_t root;
    uint32_t *closes; /* by node: the end of a provider, or 0 */
} drawer;

static uint32_t add(drawer *d, iac_str name, iac_str label, const char *shape)
{
    iac_vec_push(&d->nodes, (iac_drawn_node){ .name = name, .label = label, .shape = shape });
    return (uint32_t)(d->nodes.n - 1);
}

static void link_nodes(drawer *d, uint32_t node, uint32_t after)
{
    if (node != after)
        iac_vec_push(&d->edges, ((iac_edge){ node, after }));
}

static iac_str with_suffix(drawer *d, iac_str name, const char *suffix)
{
    return iac_arena_printf(d->arena, "%.*s (%s)", IAC_FMT(name), suffix);
}

/* ---- nodes of the run ---- */

static bool is_root_module(const iac_node *node)
{
    return !node->module->parent;
}

static void add_run_node(drawer *d, const iac_node *node)
{
    iac_str name = node->name;

    switch (node->kind) {
    case IAC_NODE_VARIABLE:
        if (is_root_module(node))
            add(d, name, name, "note");
        else
            add(d, with_suffix(d, name, "expand"), name, NULL);
        break;
    case IAC_NODE_PROVIDER:
        add(d, name, name, "diamond");
        break;
    case IAC_NODE_MODULE_END:
        if (is_root_module(node))
            d->root = add(d, IAC_STR("root"), IAC_STR("root"), NULL);
        else
            add(d, with_suffix(d, node->module->call->name, "close"), name, NULL);
        break;
    case IAC_NODE_ORPHAN:
        add(d, with_suffix(d, name, "orphan"), name, "box");
        break;
    default:
        add(d, with_suffix(d, name, "expand"), name, node->kind == IAC_NODE_RESOURCE ? "box" : NULL);
        break;
    }
    if (node->kind == IAC_NODE_RESOURCE || node->kind == IAC_NODE_ORPHAN)
        d->nodes.v[node->id].resource = node->resource_addr;
}

/* Everything in a module comes before its end, which for the root module is the root of the graph. */
static void link_ends(drawer *d)
{
    for (size_t i = 0; i < d->run->nodes.n; i++) {
        const iac_node *node = d->run->nodes.v[i];
        if (node->kind == IAC_NODE_PROVIDER)
            continue;
        if (node->kind != IAC_NODE_MODULE_END)
            link_nodes(d, node->module->end->id, node->id);
        else if (node->module->parent)
            link_nodes(d, node->module->parent->end->id, node->id);
    }
}

/* A provider that resources use is closed after them; others are not drawn. */
static void link_providers(drawer *d)
{
    size_t n = d->run->nodes.n;
    uint32_t *closes = d->closes = iac_arena_array(d->arena, uint32_t, n);

    for (size_t i = 0; i < n; i++) {
        const iac_node *node = d->run->nodes.v[i];
        if ((node->kind != IAC_NODE_RESOURCE && node->kind != IAC_NODE_ORPHAN) || !node->provider)
            continue;
        const iac_node *provider = node->provider->node;
        if (!closes[provider->id]) {
            closes[provider->id] = add(d, with_suffix(d, provider->name, "close"), provider->name, NULL);
            link_nodes(d, closes[provider->id], provider->id);
            link_nodes(d, d->root, closes[provider->id]);
        }
        link_nodes(d, closes[provider->id], node->id);
    }
    for (size_t i = 0; i < n; i++)
        if (d->run->nodes.v[i]->kind == IAC_NODE_PROVIDER && !closes[i])
            d->nodes.v[i].dropped = true;
}

/* A check, and what is read inside it, waits for the checks to be reported as begun. */
static void link_checks(drawer *d)
{
    for (size_t i = 0; i < d->run->nodes.n; i++) {
        const iac_node *node = d->run->nodes.v[i];
        if (node->kind != IAC_NODE_CHECK || d->kind != IAC_DRAWING_PLAN)
            continue;
        uint32_t report = add(d, with_suffix(d, node->name, "report"), node->name, NULL);
        link_nodes(d, node->id, report);
        if (node->module->call)
            link_nodes(d, report, node->module->call->id);
        if (!node->check->data)
            continue;
        iac_addr addr = { node->module->config->path, IAC_DATA, node->check->data->type, node->check->data->name,
                          { 0 } };
        const iac_node *data = iac_map_get(&d->run->resource_nodes, iac_addr_text(d->arena, addr));
        if (data)
            link_nodes(d, data->id, report);
    }
}

/* A variable's rules have a node of their own: it waits for what they refer to, and those who use the variable for it. */
static void link_variables(drawer *d)
{
    uint32_t *rules = iac_arena_array(d->arena, uint32_t, d->run->nodes.n);

    for (size_t i = 0; i < d->run->nodes.n; i++) {
        const iac_node *node = d->run->nodes.v[i];
        if (node->kind != IAC_NODE_VARIABLE || !node->variable->validations.n)
            continue;
        rules[i] = add(d, with_suffix(d, node->name, "validation"), node->name, NULL);
        link_nodes(d, rules[i], node->id);
        link_nodes(d, node->module->end->id, rules[i]);
    }
    for (size_t i = 0; i < d->edges.n; i++) {
        iac_edge *edge = &d->edges.v[i];
        if (edge->node >= d->run->nodes.n || edge->after >= d->run->nodes.n)
            continue;
        if (rules[edge->node] && d->run->nodes.v[edge->node]->module == d->run->nodes.v[edge->after]->module)
            edge->node = rules[edge->node];
        if (rules[edge->after])
            edge->after = rules[edge->after];
    }
}

static iac_str static_text(drawer *d, iac_addr addr)
{
    addr.key = (iac_key){ 0 };
    addr.module = iac_module_addr_static(d->arena, addr.module);
    return iac_addr_text(d->arena, addr);
}

/* What the configuration no longer has is drawn by its instances. */
static void draw_orphans(drawer *d, const iac_state *state)
{
    for (size_t i = 0; state && d->kind == IAC_DRAWING_PLAN && i < state->instance_count; i++) {
        iac_addr addr = state->instances[i].addr;
        iac_node *node = iac_map_get(&d->run->resource_nodes, static_text(d, addr));
        if (!node || node->kind != IAC_NODE_ORPHAN)
            continue;
        uint32_t id = add(d, with_suffix(d, iac_addr_text(d->arena, addr), "orphan"), node->name, "box");
        d->nodes.v[node->id].dropped = true;
        link_nodes(d, d->root, id);
        if (!node->provider)
            continue;
        link_nodes(d, id, node->provider->node->id);
        link_nodes(d, d->closes[node->provider->node->id], id);
    }
}

static void draw_run(drawer *d)
{
    for (size_t i = 0; i < d->run->nodes.n; i++) {
        const iac_node *node = d->run->nodes.v[i];
        add_run_node(d, node);
        /* Applying has nodes for what changes: nothing does without a plan. */
        d->nodes.v[node->id].dropped = node->kind == IAC_NODE_ORPHAN && d->kind == IAC_DRAWING_APPLY;
    }
    for (size_t i = 0; i < d->run->edges.n; i++)
        link_nodes(d, d->run->edges.v[i].node, d->run->edges.v[i].after);
    link_ends(d);
    link_providers(d);
    link_checks(d);
    link_variables(d);
}

/* ---- changes ---- */

typedef struct drawn_change {
    uint32_t create, destroy; /* node + 1; 0: none */
} drawn_change;

static bool creates(const iac_change *change)
{
    return change->action == IAC_ACTION_CREATE || change->action == IAC_ACTION_UPDATE ||
           change->action == IAC_ACTION_READ || change->action == IAC_ACTION_DELETE_CREATE ||
           change->action == IAC_ACTION_CREATE_DELETE;
}

static bool destroys(const iac_change *change)
{
    return change->action == IAC_ACTION_DELETE || change->action == IAC_ACTION_DELETE_CREATE ||
           change->action == IAC_ACTION_CREATE_DELETE;
}

static void draw_creation(drawer *d, const iac_change *change, const iac_node *node, drawn_change *drawn)
{
    iac_str name = iac_addr_text(d->arena, change->addr);
    uint32_t id = add(d, name, node->name, "box");

    drawn->create = id + 1;
    link_nodes(d, id, node->id);
    for (uint32_t e = d->run->graph.out_start[node->id]; e < d->run->graph.out_start[node->id + 1]; e++)
        link_nodes(d, d->run->graph.outs[e], id);
    if (node->provider)
        link_nodes(d, d->closes[node->provider->node->id], id);
    link_nodes(d, d->root, id);
}

static void draw_destruction(drawer *d, const iac_change *change, const iac_node *node, drawn_change *drawn)
{
    iac_str name = iac_addr_text(d->arena, change->addr);
    iac_str what = change->deposed.n ? iac_arena_printf(d->arena, "destroy deposed %.*s", IAC_FMT(change->deposed))
                                     : IAC_STR("destroy");
    uint32_t id = add(d, with_suffix(d, name, what.p), node->name, "box");

    drawn->destroy = id + 1;
    if (node->provider) {
        link_nodes(d, id, node->provider->node->id);
        link_nodes(d, d->closes[node->provider->node->id], id);
    }
    if (drawn->create && change->action == IAC_ACTION_DELETE_CREATE)
        link_nodes(d, drawn->create - 1, id);
    else if (drawn->create)
        link_nodes(d, id, drawn->create - 1);
    link_nodes(d, d->root, id);
}

/* What a resource needs is destroyed after it; objects by the text of their resource's address. */
static void order_destructions(drawer *d, const drawn_change *drawn)
{
    iac_map first = { 0 }; /* index of the first change of the resource, + 1 */

    for (size_t i = d->plan->change_count; i > 0; i--)
        iac_map_put(&first, static_text(d, d->plan->changes[i - 1].addr), (void *)(uintptr_t)i);
    for (size_t i = 0; i < d->plan->change_count; i++) {
        const iac_change *change = &d->plan->changes[i];
        for (size_t k = 0; drawn[i].destroy && k < change->dependency_count; k++) {
            iac_str text = static_text(d, change->dependencies[k]);
            size_t at = (uintptr_t)iac_map_get(&first, text);
            for (; at && at <= d->plan->change_count; at++) {
                if (!iac_str_eq(static_text(d, d->plan->changes[at - 1].addr), text))
                    break;
                if (drawn[at - 1].destroy)
                    link_nodes(d, drawn[at - 1].destroy - 1, drawn[i].destroy - 1);
            }
        }
    }
    iac_map_clear(&first);
}

static void draw_changes(drawer *d)
{
    drawn_change *drawn = iac_arena_array(d->arena, drawn_change, d->plan->change_count);

    for (size_t i = 0; i < d->plan->change_count; i++) {
        const iac_change *change = &d->plan->changes[i];
        const iac_node *node = iac_map_get(&d->run->resource_nodes, static_text(d, change->addr));
        if (!node)
            continue;
        bool checked = node->resource && (node->resource->lifecycle.preconditions.n ||
                                          node->resource->lifecycle.postconditions.n);
        if (creates(change) || (change->action == IAC_ACTION_NOOP && checked)) /* conditions are held to again */
            draw_creation(d, change, node, &drawn[i]);
        if (destroys(change))
            draw_destruction(d, change, node, &drawn[i]);
    }
    order_destructions(d, drawn);
}

/* Destroying needs nothing of the configuration but its providers, and clears the outputs. */
static void drop_for_destroy(drawer *d)
{
    bool any = false;

    for (size_t i = d->run->nodes.n; i < d->nodes.n; i++)
        any |= d->nodes.v[i].shape != NULL;
    for (size_t i = 0; i < d->run->nodes.n; i++) {
        const iac_node *node = d->run->nodes.v[i];
        bool kept = (node->kind == IAC_NODE_OUTPUT && is_root_module(node)) ||
                    (node->kind == IAC_NODE_PROVIDER && any) || i == d->root;
        d->nodes.v[i].dropped |= !kept;
    }
    for (size_t i = d->run->nodes.n; i < d->nodes.n && !any; i++)
        d->nodes.v[i].dropped = true;
    for (size_t i = 0; i < d->run->nodes.n; i++) {
        const iac_node *node = d->run->nodes.v[i];
        for (size_t k = d->run->nodes.n; node->kind == IAC_NODE_PROVIDER && any && k < d->nodes.n; k++)
            if (d->nodes.v[k].shape == NULL && iac_str_eq(d->nodes.v[k].label, node->name))
                for (size_t j = d->run->nodes.n; j < d->nodes.n; j++)
                    if (d->nodes.v[j].shape)
                        link_nodes(d, (uint32_t)k, (uint32_t)j);
    }
}

/* ---- fewer edges ---- */

static void keep_edges_of_drawn(drawer *d)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->edges.n; i++)
        if (!d->nodes.v[d->edges.v[i].node].dropped && !d->nodes.v[d->edges.v[i].after].dropped)
            d->edges.v[kept++] = d->edges.v[i];
    d->edges.n = kept;
}

typedef struct reducer {
    const iac_graph *graph;
    uint32_t *seen; /* by node: the last source whose walk came by */
    IAC_VEC(uint32_t) stack;
} reducer;

/* Marks everything that lies behind what u waits for with u + 1. */
static void walk_from(reducer *r, uint32_t u)
{
    for (uint32_t e = r->graph->dep_start[u]; e < r->graph->dep_start[u + 1]; e++)
        iac_vec_push(&r->stack, r->graph->deps[e]);
    while (r->stack.n) {
        uint32_t v = r->stack.v[--r->stack.n];
        for (uint32_t e = r->graph->dep_start[v]; e < r->graph->dep_start[v + 1]; e++) {
            uint32_t next = r->graph->deps[e];
            if (r->seen[next] == u + 1)
                continue;
            r->seen[next] = u + 1;
            iac_vec_push(&r->stack, next);
        }
    }
}

/* Leaves out each edge that a longer way says as well. The graph has no cycles. */
static void reduce(drawer *d)
{
    iac_graph graph;
    reducer r = { .graph = &graph };

    iac_graph_build(&graph, (uint32_t)d->nodes.n, d->edges.v, d->edges.n);
    r.seen = iac_xcalloc(d->nodes.n + 1, sizeof(*r.seen));
    d->edges.n = 0;
    for (uint32_t u = 0; u < graph.n; u++) {
        if (graph.dep_start[u + 1] - graph.dep_start[u] > 1)
            walk_from(&r, u);
        for (uint32_t e = graph.dep_start[u]; e < graph.dep_start[u + 1]; e++)
            if (r.seen[graph.deps[e]] != u + 1)
                link_nodes(d, u, graph.deps[e]);
    }
    free(r.seen);
    iac_vec_clear(&r.stack);
    iac_graph_clear(&graph);
}

/* Leaves only resources, each linked to those that it leads to through nodes of other kinds. */
static void keep_resources(drawer *d)
{
    iac_graph graph;
    uint32_t *seen = iac_xcalloc(d->nodes.n + 1, sizeof(*seen));
    IAC_VEC(uint32_t) stack = { 0 };

    iac_graph_build(&graph, (uint32_t)d->nodes.n, d->edges.v, d->edges.n);
    d->edges.n = 0;
    for (uint32_t u = 0; u < graph.n; u++) {
        d->nodes.v[u].dropped = !d->nodes.v[u].resource.type.n;
        if (d->nodes.v[u].dropped)
            continue;
        iac_vec_push(&stack, u);
        while (stack.n) {
            uint32_t v = stack.v[--stack.n];
            for (uint32_t e = graph.dep_start[v]; e < graph.dep_start[v + 1]; e++) {
                uint32_t next = graph.deps[e];
                if (seen[next] == u + 1)
                    continue;
                seen[next] = u + 1;
                if (d->nodes.v[next].resource.type.n)
                    link_nodes(d, u, next);
                else
                    iac_vec_push(&stack, next);
            }
        }
    }
    iac_vec_clear(&stack);
    free(seen);
    iac_graph_clear(&graph);
}

/* ---- the whole ---- */

/* Marks the edges of a shortest cycle; false when there is none. */
static bool mark_cycle(drawer *d, iac_drawing *drawing)
{
    iac_graph graph;
    uint32_t *cycle = NULL;

    iac_graph_build(&graph, (uint32_t)d->nodes.n, d->edges.v, d->edges.n);
    size_t n = iac_graph_cycle(&graph, d->arena, &cycle);
    iac_graph_clear(&graph);
    if (!n)
        return false;
    drawing->in_cycle = iac_arena_array(d->arena, bool, d->edges.n);
    for (size_t i = 0; i < d->edges.n; i++)
        for (size_t k = 0; k < n; k++)
            drawing->in_cycle[i] |= d->edges.v[i].node == cycle[k] && d->edges.v[i].after == cycle[(k + 1) % n];
    return true;
}

/* Outputs that the state has, and the configuration no longer. */
static void draw_removed_outputs(drawer *d, const iac_config *config, const iac_state *state)
{
    for (size_t i = 0; i < state->output_count; i++) {
        if (iac_map_has(&config->root->output_map, state->outputs[i].name))
            continue;
        iac_str name = iac_arena_printf(d->arena, "output.%.*s (destroy)", IAC_FMT(state->outputs[i].name));
        link_nodes(d, d->root, add(d, name, name, "note"));
    }
}

static void draw(drawer *d, const iac_config *config, const iac_state *state, iac_drawing *ret)
{
    draw_run(d);
    draw_orphans(d, state);
    if (state && d->kind != IAC_DRAWING_RESOURCES && d->kind != IAC_DRAWING_DESTROY)
        draw_removed_outputs(d, config, state);
    if (d->plan)
        draw_changes(d);
    if (d->kind == IAC_DRAWING_DESTROY || (d->plan && d->plan->mode == IAC_PLAN_DESTROY))
        drop_for_destroy(d);
    keep_edges_of_drawn(d);
    if (!mark_cycle(d, ret)) {
        if (d->kind == IAC_DRAWING_RESOURCES)
            keep_resources(d);
        reduce(d);
    }
    ret->n = (uint32_t)d->nodes.n;
    ret->nodes = iac_arena_array(d->arena, iac_drawn_node, d->nodes.n);
    memcpy(ret->nodes, d->nodes.v, d->nodes.n * sizeof(*ret->nodes));
    ret->edge_count = d->edges.n;
    ret->edges = iac_arena_array(d->arena, iac_edge, d->edges.n);
    if (d->edges.n)
        memcpy(ret->edges, d->edges.v, d->edges.n * sizeof(*ret->edges));
}

iac_status iac_drawing_make(iac_arena *arena, const iac_config *config, const iac_state *state,
                            const iac_plan_options *options, iac_drawing_kind kind, const iac_plan *plan,
                            bool draw_cycles, iac_drawing *ret, iac_diags *diags)
{
    iac_run run;
    iac_run_options run_options = {
        .host = options->host, .state = state, .variables = options->variables, .workspace = options->workspace,
        .cwd = options->cwd, .planning = true, .parallelism = 1,
    };
    drawer d = { .arena = arena, .run = &run, .kind = kind, .plan = plan };
    size_t told = diags->list.n;

    *ret = (iac_drawing){ 0 };
    iac_status status = iac_run_build(&run, config, &run_options, diags);
    if (status != IAC_OK && draw_cycles && run.graph.n) {
        uint32_t *cycle = NULL;
        if (iac_graph_cycle(&run.graph, arena, &cycle)) {
            iac_diags_truncate(diags, told);
            status = IAC_OK;
        }
    }
    if (status == IAC_OK)
        draw(&d, config, state, ret);
    iac_vec_clear(&d.nodes);
    iac_vec_clear(&d.edges);
    iac_run_hand_over(&run, arena); /* names and addresses of the drawing are the run's */
    return status;
}

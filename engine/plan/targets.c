/* -target and what follows from it: what is planned, which outputs are brought up to date, what a destroy takes along. */
#include "engine/plan/planner.h"

#include <stdlib.h>
#include <string.h>

static bool names_node(iac_str target, const iac_node *node)
{
    if (iac_str_eq(target, node->name))
        return true;
    if (iac_str_starts(target, node->name) && target.p[node->name.n] == '[')
        return true; /* an instance of it */
    return iac_str_starts(node->name, target) && node->name.n > target.n && node->name.p[target.n] == '.';
}

static iac_str without_keys(iac_arena *arena, iac_str target, bool *ret_module)
{
    iac_diags drop = IAC_DIAGS_INIT;
    iac_addr addr;
    *ret_module = false;
    if (iac_target_parse(arena, target, &addr, ret_module, &drop) == IAC_OK && addr.module.n) {
        addr.module = iac_module_addr_static(arena, addr.module);
        target = *ret_module ? iac_module_addr_text(arena, addr.module) : iac_addr_text(arena, addr);
    }
    iac_diags_clear(&drop);
    return target;
}

/* Whether the address is that of what is named, or of something in it. */
static bool covers(iac_str named, iac_str address)
{
    return iac_str_starts(address, named) &&
           (address.n == named.n || address.p[named.n] == '.' || address.p[named.n] == '[');
}

static bool named(const iac_str *list, size_t n, iac_str address)
{
    for (size_t i = 0; i < n; i++)
        if (covers(list[i], address))
            return true;
    return false;
}

static bool goes_along(const iac_planner *planner, const iac_state_instance *stored)
{
    return stored && planner->swept && planner->swept[stored - planner->run.state->instances];
}

bool iac_plan_swept(const iac_planner *planner, const iac_state_instance *stored, iac_str address)
{
    return goes_along(planner, stored) && !named(planner->options->targets, planner->options->target_count, address);
}

bool iac_plan_aims_at(const iac_planner *planner, iac_str address)
{
    const iac_plan_options *options = planner->options;
    return !named(options->excludes, options->exclude_count, address) &&
           (options->target_count == 0 || named(options->targets, options->target_count, address));
}

bool iac_plan_targeted(const iac_planner *planner, const iac_node *node, const iac_state_instance *stored,
                       iac_str address)
{
    const iac_plan_options *options = planner->options;
    if (named(options->excludes, options->exclude_count, address))
        return false;
    if (options->target_count == 0 || (!planner->aimed[node->id] && !planner->reached[node->id]))
        return true; /* needed by something that is targeted: all of it */
    return goes_along(planner, stored) || named(options->targets, options->target_count, address);
}

typedef IAC_VEC(iac_edge) edge_list;

static void add_recorded(iac_run *run, const iac_node *node, const iac_object *object, bool needed_first, edge_list *ret)
{
    for (size_t d = 0; d < object->dependency_count; d++) {
        const iac_node *needed = iac_map_get(&run->resource_nodes, iac_addr_text(run->arena, object->dependencies[d]));
        if (needed && needed != node)
            iac_vec_push(ret, (needed_first ? (iac_edge){ needed->id, node->id } : (iac_edge){ node->id, needed->id }));
    }
}

/* Who depends on whom, as the state has recorded it, and what was refreshed records: an edge for each pair of resource
 * nodes. To be cleared. */
static void state_graph(iac_run *run, bool needed_first, iac_graph *graph)
{
    edge_list edges = { 0 };
    for (uint32_t i = 0; i < run->nodes.n; i++) {
        const iac_node *node = run->nodes.v[i];
        if (node->kind != IAC_NODE_RESOURCE && node->kind != IAC_NODE_ORPHAN)
            continue;
        const iac_addr *previous = NULL; /* instances of a resource mostly share one list */
        for (uint32_t k = 0; k < node->state_count; k++) {
            const iac_state_instance *stored = &run->state->instances[node->state_indexes[k]];
            const iac_object *object = stored->current ? stored->current : stored->deposed[0];
            if (object->dependencies != previous)
                add_recorded(run, node, object, needed_first, &edges);
            previous = object->dependencies;
        }
        const iac_plan_work *work = node->work;
        for (uint32_t k = 0; work && k < work->n; k++) {
            const iac_object *kept = work->tasks[k].kept;
            if (kept && kept->dependencies != previous)
                add_recorded(run, node, kept, needed_first, &edges);
            previous = kept ? kept->dependencies : previous;
        }
    }
    iac_graph_build(graph, (uint32_t)run->nodes.n, edges.v, edges.n);
    iac_vec_clear(&edges);
}

/* Of a destroy: what something depends on that cannot be destroyed has to stay, too. */
void iac_plan_spare_needed(iac_planner *planner)
{
    iac_run *run = &planner->run;
    IAC_VEC(uint32_t) queue = { 0 };
    for (uint32_t i = 0; i < run->nodes.n; i++)
        if (planner->failed[i])
            iac_vec_push(&queue, i);
    if (queue.n == 0)
        return;
    iac_graph graph;
    state_graph(run, false, &graph);
    bool *seen = iac_xcalloc(run->nodes.n, sizeof(*seen));
    while (queue.n) {
        uint32_t id = queue.v[--queue.n];
        for (uint32_t e = graph.dep_start[id]; e < graph.dep_start[id + 1]; e++) {
            uint32_t needed = graph.deps[e];
            if (seen[needed])
                continue;
            seen[needed] = true;
            iac_vec_push(&queue, needed);
            iac_plan_work *work = run->nodes.v[needed]->work;
            for (uint32_t k = 0; work && k < work->n; k++)
                work->tasks[k].change = NULL;
        }
    }
    free(seen);
    iac_vec_clear(&queue);
    iac_graph_clear(&graph);
}

/* ---- what a destroy takes along ---- */

/* Instances of a node in one instance of its module: they stand together in the state. */
typedef struct iac_bunch {
    uint32_t node, first; /* index in state_indexes */
} iac_bunch;

typedef struct iac_sweep {
    iac_planner *planner;
    bool *wanted;      /* by node */
    bool *spread;      /* by node: to all that depends on it from other modules */
    bool *queued;      /* by the state index of a bunch's first instance */
    IAC_VEC(iac_bunch) queue;
} iac_sweep;

static const iac_state_instance *stored_at(const iac_sweep *sweep, const iac_node *node, uint32_t at)
{
    return &sweep->planner->run.state->instances[node->state_indexes[at]];
}

static uint32_t bunch_end(const iac_sweep *sweep, const iac_node *node, uint32_t first)
{
    iac_module_addr module = stored_at(sweep, node, first)->addr.module;
    uint32_t end = first + 1;
    while (end < node->state_count && iac_module_addr_equal(stored_at(sweep, node, end)->addr.module, module))
        end++;
    return end;
}

/* Where the instances in that module begin; the end where there are none. */
static uint32_t find_bunch(const iac_sweep *sweep, const iac_node *node, iac_module_addr module)
{
    uint32_t low = 0, high = node->state_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (iac_module_addr_cmp(stored_at(sweep, node, middle)->addr.module, module) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < node->state_count && iac_module_addr_equal(stored_at(sweep, node, low)->addr.module, module)
               ? low
               : node->state_count;
}

static void queue_bunch(iac_sweep *sweep, const iac_node *node, uint32_t first)
{
    bool *queued = &sweep->queued[node->state_indexes[first]];
    if (!*queued)
        iac_vec_push(&sweep->queue, ((iac_bunch){ node->id, first }));
    *queued = true;
}

static void sweep_bunch(iac_sweep *sweep, const iac_node *node, uint32_t first, uint32_t end)
{
    iac_planner *planner = sweep->planner;
    for (uint32_t i = first; i < end; i++)
        planner->swept[node->state_indexes[i]] = true;
    planner->reached[node->id] = sweep->wanted[node->id] = true;
    if (node->provider)
        sweep->wanted[node->provider->node->id] = true;
    queue_bunch(sweep, node, first);
}

static void sweep_users(iac_sweep *sweep, const iac_graph *graph, iac_bunch from)
{
    const iac_run *run = &sweep->planner->run;
    const iac_node *node = run->nodes.v[from.node];
    iac_module_addr module = stored_at(sweep, node, from.first)->addr.module;
    for (uint32_t e = graph->dep_start[from.node]; e < graph->dep_start[from.node + 1]; e++) {
        const iac_node *user = run->nodes.v[graph->deps[e]];
        if (iac_module_addr_equal(user->resource_addr.module, node->resource_addr.module)) {
            /* Instances of a module have nothing to do with each other. */
            uint32_t first = find_bunch(sweep, user, module);
            if (first < user->state_count)
                sweep_bunch(sweep, user, first, bunch_end(sweep, user, first));
            continue;
        }
        for (uint32_t first = 0, end; !sweep->spread[from.node] && first < user->state_count; first = end) {
            end = bunch_end(sweep, user, first);
            sweep_bunch(sweep, user, first, end);
        }
    }
    sweep->spread[from.node] = true;
}

/* Of a destroy: everything that depends on a target, as the state has recorded it, goes too. */
static void sweep(iac_planner *planner, bool *wanted)
{
    iac_run *run = &planner->run;
    size_t stored = run->state ? run->state->instance_count : 0;
    iac_sweep sweep = { planner, wanted, iac_xcalloc(run->nodes.n, sizeof(bool)), iac_xcalloc(stored, sizeof(bool)),
                        { 0 } };
    planner->swept = iac_arena_array(run->arena, bool, stored);
    iac_graph graph;
    state_graph(run, true, &graph);
    for (uint32_t i = 0; i < run->nodes.n; i++) {
        const iac_node *node = run->nodes.v[i];
        for (uint32_t first = 0, end; planner->aimed[i] && first < node->state_count; first = end) {
            end = bunch_end(&sweep, node, first);
            for (uint32_t k = first; k < end; k++)
                if (named(planner->options->targets, planner->options->target_count,
                          iac_addr_text(run->arena, stored_at(&sweep, node, k)->addr))) {
                    queue_bunch(&sweep, node, first);
                    break;
                }
        }
    }
    while (sweep.queue.n)
        sweep_users(&sweep, &graph, sweep.queue.v[--sweep.queue.n]);
    iac_vec_clear(&sweep.queue);
    free(sweep.spread);
    free(sweep.queued);
    iac_graph_clear(&graph);
}

/* Whether all resources that a node leads to are wanted, and there is one; 0 unknown, 1 none, 2 all, 3 not all. */
static uint8_t leads_to(const iac_run *run, const bool *wanted, uint8_t *known, uint32_t id)
{
    if (known[id])
        return known[id];
    known[id] = 1; /* there are no cycles */
    uint8_t result = 1;
    for (uint32_t e = run->graph.dep_start[id]; e < run->graph.dep_start[id + 1]; e++) {
        uint32_t dep = run->graph.deps[e];
        const iac_node *node = run->nodes.v[dep];
        bool resource = node->kind == IAC_NODE_RESOURCE || node->kind == IAC_NODE_ORPHAN;
        uint8_t found = resource ? (wanted[dep] ? 2 : 3) : leads_to(run, wanted, known, dep);
        result = found > result ? found : result;
    }
    return known[id] = result;
}

/* Outputs cannot be targeted: those of the root that come from nothing but wanted resources are brought up to date. */
static void want_outputs(iac_planner *planner, bool *wanted)
{
    iac_run *run = &planner->run;
    uint8_t *known = iac_xcalloc(run->nodes.n, sizeof(*known));
    IAC_VEC(uint32_t) queue = { 0 };
    for (size_t i = 0; i < run->root->config->output_count; i++) {
        uint32_t id = run->root->outputs[i]->id;
        if (leads_to(run, wanted, known, id) == 2) {
            wanted[id] = true;
            iac_vec_push(&queue, id);
        }
    }
    while (queue.n) {
        uint32_t id = queue.v[--queue.n];
        for (uint32_t e = run->graph.dep_start[id]; e < run->graph.dep_start[id + 1]; e++)
            if (!wanted[run->graph.deps[e]]) {
                wanted[run->graph.deps[e]] = true;
                iac_vec_push(&queue, run->graph.deps[e]);
            }
    }
    iac_vec_clear(&queue);
    free(known);
}

/* ---- -exclude ---- */

/* Marks what the edges of the graph lead to from what is marked or begun with. */
static void spread(const iac_graph *graph, const iac_run *run, const bool *begin, bool *marked, bool orphans_only)
{
    IAC_VEC(uint32_t) queue = { 0 };
    for (uint32_t i = 0; i < graph->n; i++)
        if (marked[i] || begin[i])
            iac_vec_push(&queue, i);
    while (queue.n) {
        uint32_t id = queue.v[--queue.n];
        for (uint32_t e = graph->dep_start[id]; e < graph->dep_start[id + 1]; e++) {
            uint32_t next = graph->deps[e];
            if (marked[next] || (orphans_only && run->nodes.v[next]->kind != IAC_NODE_ORPHAN))
                continue;
            marked[next] = true;
            iac_vec_push(&queue, next);
        }
    }
    iac_vec_clear(&queue);
}

/* The other way round: what depends on each. */
static void reverse_graph(const iac_graph *graph, iac_graph *ret)
{
    IAC_VEC(iac_edge) edges = { 0 };
    for (uint32_t i = 0; i < graph->n; i++)
        for (uint32_t e = graph->dep_start[i]; e < graph->dep_start[i + 1]; e++)
            iac_vec_push(&edges, ((iac_edge){ graph->deps[e], i }));
    iac_graph_build(ret, graph->n, edges.v, edges.n);
    iac_vec_clear(&edges);
}

/* Leaves out what is named and all that depends on it; what stays keeps what it needs from being destroyed. An instance
 * that is named leaves its resource in, but what depends on the resource is left out. */
static void apply_excludes(iac_planner *planner)
{
    iac_run *run = &planner->run;
    const iac_plan_options *options = planner->options;
    bool *partly = iac_xcalloc(run->nodes.n, sizeof(*partly)), *left_out = iac_xcalloc(run->nodes.n, sizeof(*left_out));
    for (size_t t = 0; t < options->exclude_count; t++) {
        bool is_module;
        iac_str plain = without_keys(run->arena, options->excludes[t], &is_module);
        for (uint32_t i = 0; i < run->nodes.n; i++) {
            const iac_node *node = run->nodes.v[i];
            if ((node->kind != IAC_NODE_RESOURCE && node->kind != IAC_NODE_ORPHAN) || !names_node(plain, node))
                continue;
            if (covers(options->excludes[t], node->name))
                left_out[i] = true;
            else
                partly[i] = true;
        }
    }
    iac_graph graph;
    if (options->mode != IAC_PLAN_DESTROY) {
        reverse_graph(&run->graph, &graph);
        spread(&graph, run, partly, left_out, false);
        iac_graph_clear(&graph);
    }
    state_graph(run, false, &graph);
    spread(&graph, run, partly, left_out, options->mode != IAC_PLAN_DESTROY);
    iac_graph_clear(&graph);
    for (uint32_t i = 0; i < run->nodes.n; i++)
        run->nodes.v[i]->excluded = left_out[i] && run->nodes.v[i]->kind != IAC_NODE_MODULE_END;
    free(partly);
    free(left_out);
}

/* ---- -target ---- */

/* Leaves out resources that are neither targeted nor needed by one that is, and outputs that need one left out. */
void iac_plan_apply_targets(iac_planner *planner)
{
    iac_run *run = &planner->run;
    const iac_plan_options *options = planner->options;
    if (options->exclude_count)
        apply_excludes(planner);
    if (options->target_count == 0)
        return;
    bool *wanted = iac_xcalloc(run->nodes.n, sizeof(*wanted));
    planner->aimed = iac_arena_array(run->arena, bool, run->nodes.n);
    planner->reached = iac_arena_array(run->arena, bool, run->nodes.n);
    IAC_VEC(uint32_t) queue = { 0 };
    for (size_t t = 0; t < options->target_count; t++) {
        bool is_module;
        iac_str target = without_keys(run->arena, options->targets[t], &is_module);
        for (uint32_t i = 0; i < run->nodes.n; i++) {
            const iac_node *node = run->nodes.v[i];
            if ((node->kind == IAC_NODE_RESOURCE || node->kind == IAC_NODE_ORPHAN) && !wanted[i] &&
                names_node(target, node)) {
                wanted[i] = planner->aimed[i] = true;
                iac_vec_push(&queue, i);
            }
        }
    }
    while (queue.n) {
        uint32_t id = queue.v[--queue.n];
        for (uint32_t e = run->graph.dep_start[id]; e < run->graph.dep_start[id + 1]; e++)
            if (!wanted[run->graph.deps[e]]) {
                wanted[run->graph.deps[e]] = true;
                iac_vec_push(&queue, run->graph.deps[e]);
            }
    }
    want_outputs(planner, wanted);
    if (options->mode == IAC_PLAN_DESTROY)
        sweep(planner, wanted);
    for (uint32_t i = 0; i < run->nodes.n; i++)
        run->nodes.v[i]->excluded = !wanted[i] && run->nodes.v[i]->kind != IAC_NODE_MODULE_END;
    iac_vec_clear(&queue);
    free(wanted);
}

static int compare_addrs_without_keys(const void *a, const void *b)
{
    iac_addr x = *(const iac_addr *)a, y = *(const iac_addr *)b;
    x.key = y.key = (iac_key){ 0 };
    return iac_addr_cmp(x, y);
}

static bool check_excluded_moves(const iac_planner *planner, iac_diags *diags)
{
    iac_buf list;
    iac_buf_init(&list, IAC_BUF_UNLIMITED);
    for (size_t t = 0; t < planner->options->exclude_count; t++) {
        iac_str exclude = planner->options->excludes[t];
        bool hit = false;
        for (size_t i = 0; i < planner->moved.n && !hit; i++)
            hit = covers(exclude, planner->moved.entries[i].key) ||
                  covers(exclude, iac_addr_text(planner->run.arena, *(iac_addr *)planner->moved.entries[i].value));
        if (hit)
            iac_buf_printf(&list, "\n  -exclude=\"%.*s\"", IAC_FMT(exclude));
    }
    bool good = list.n == 0;
    if (!good)
        iac_diag_error(diags, IAC_NO_RANGE, "Moved resource instances excluded by targeting",
                       "Resource instances in your current state have moved to new addresses in the latest configuration. "
                       "iac must include those resource instances while planning in order to ensure a correct result, but "
                       "your -exclude=... options exclude some of those resource instances.\n\nTo create a valid plan, "
                       "either remove your -exclude=... options altogether or just specifically remove the following "
                       "options:%s\n\nNote that removing these options may include further additional resource instances "
                       "in your plan, in order to respect object dependencies.",
                       list.p);
    iac_buf_clear(&list);
    return good;
}

/* What has moved must be planned at both its places, whatever else is targeted. */
bool iac_plan_check_moves(iac_planner *planner, iac_diags *diags)
{
    if (planner->options->exclude_count)
        return check_excluded_moves(planner, diags);
    const iac_plan_options *options = planner->options;
    IAC_VEC(iac_addr) excluded = { 0 };
    iac_arena *arena = planner->run.arena;
    for (size_t i = 0; options->target_count && i < planner->moved.n; i++) {
        const iac_addr *from = planner->moved.entries[i].value;
        iac_addr to;
        if (!named(options->targets, options->target_count, iac_addr_text(arena, *from)))
            iac_vec_push(&excluded, *from);
        if (!named(options->targets, options->target_count, planner->moved.entries[i].key) &&
            iac_addr_parse(arena, planner->moved.entries[i].key, &to, diags) == IAC_OK)
            iac_vec_push(&excluded, to);
    }
    if (excluded.n == 0)
        return true;
    qsort(excluded.v, excluded.n, sizeof(*excluded.v), compare_addrs_without_keys);
    iac_buf list;
    iac_buf_init(&list, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < excluded.n; i++) {
        excluded.v[i].key = (iac_key){ 0 };
        if (i && iac_addr_equal(excluded.v[i - 1], excluded.v[i]))
            continue;
        iac_str text = iac_addr_text(arena, excluded.v[i]);
        iac_buf_printf(&list, "\n  -target=\"%.*s\"", IAC_FMT(text));
    }
    iac_diag_error(diags, IAC_NO_RANGE, "Moved resource instances excluded by targeting",
                   "Resource instances in your current state have moved to new addresses in the latest configuration. iac "
                   "must include those resource instances while planning in order to ensure a correct result, but your "
                   "-target=... options do not fully cover all of those resource instances.\n\nTo create a valid plan, "
                   "either remove your -target=... options altogether or add the following additional target "
                   "options:%s\n\nNote that adding these options may include further additional resource instances in "
                   "your plan, in order to respect object dependencies.",
                   list.p);
    iac_buf_clear(&list);
    iac_vec_clear(&excluded);
    return false;
}

/* Where the address lacks the key that every instance of what it names has: how to name those. */
static void lacks_key(const iac_node *node, iac_addr addr, iac_buf *options, size_t *ret_count)
{
    for (uint32_t m = 0; m < node->module->instance_count; m++) {
        const iac_expansion *expansion = node->expansions ? &node->expansions[m] : NULL;
        if (!expansion || expansion->repetition == IAC_SINGLE ||
            !iac_module_addr_equal(node->module->instances[m]->addr, addr.module))
            continue;
        for (uint32_t i = 0; i < expansion->n; i++) {
            iac_buf text;
            iac_buf_init(&text, IAC_BUF_UNLIMITED);
            addr.key = expansion->v[i].key;
            iac_addr_print(&text, addr);
            iac_buf_cstr(options, "\n  -replace=\"");
            for (size_t c = 0; c < text.n; c++) {
                if (text.p[c] == '"' || text.p[c] == '\\')
                    iac_buf_char(options, '\\');
                iac_buf_char(options, text.p[c]);
            }
            iac_buf_char(options, '"');
            iac_buf_clear(&text);
        }
        *ret_count += expansion->n;
    }
}

static void check_replace(const iac_run *run, iac_str given, iac_diags *diags)
{
    static const char summary[] = "Incompletely-matched force-replace resource instance";
    iac_diags drop = IAC_DIAGS_INIT;
    iac_addr addr = { 0 };
    iac_buf options;
    size_t count = 0;
    bool is_module;
    iac_str address = without_keys(run->arena, given, &is_module);
    bool parsed = iac_target_parse(run->arena, given, &addr, &is_module, &drop) == IAC_OK;
    iac_diags_clear(&drop);
    iac_buf_init(&options, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < run->nodes.n; i++) {
        const iac_node *node = run->nodes.v[i];
        if ((node->kind != IAC_NODE_RESOURCE && node->kind != IAC_NODE_ORPHAN) || !names_node(address, node))
            continue;
        if (parsed && node->kind == IAC_NODE_RESOURCE && addr.key.kind == IAC_KEY_NONE)
            lacks_key(node, addr, &options, &count);
    }
    if (count)
        iac_diag_warning(diags, IAC_NO_RANGE, summary,
                         "Your force-replace request for %.*s doesn't match any resource instances because it lacks an "
                         "instance key.\n\nTo force replacement of %s:%s", IAC_FMT(given),
                         count == 1 ? "the single declared instance, use the following option instead"
                                    : "particular instances, use one or more of the following options instead",
                         options.p);
    iac_buf_clear(&options);
}

void iac_plan_check_replaces(iac_planner *planner, iac_diags *diags)
{
    for (size_t i = 0; i < planner->options->replace_count; i++)
        check_replace(&planner->run, planner->options->replaces[i], diags);
}

#include "engine/dag/graph.h"

#include <stdlib.h>
#include <string.h>

/* Lays edges out as offsets and targets by counting; key 0 groups by `node`, key 1 by `after`. */
static void lay_out(uint32_t n, const iac_edge *edges, size_t count, bool by_after, uint32_t **ret_start,
                    uint32_t **ret_targets)
{
    uint32_t *start = iac_xcalloc((size_t)n + 1, sizeof(*start));
    for (size_t i = 0; i < count; i++)
        start[(by_after ? edges[i].after : edges[i].node) + 1]++;
    for (uint32_t i = 0; i < n; i++)
        start[i + 1] += start[i];
    uint32_t *targets = iac_xcalloc(count, sizeof(*targets));
    uint32_t *fill = iac_xcalloc(n, sizeof(*fill));
    for (size_t i = 0; i < count; i++) {
        uint32_t from = by_after ? edges[i].after : edges[i].node;
        targets[start[from] + fill[from]++] = by_after ? edges[i].node : edges[i].after;
    }
    free(fill);
    *ret_start = start;
    *ret_targets = targets;
}

void iac_graph_build(iac_graph *graph, uint32_t n, const iac_edge *edges, size_t edge_count)
{
    /* Two counting passes sort by (node, after); equal neighbours are dropped in between. */
    uint32_t *start, *targets;
    lay_out(n, edges, edge_count, true, &start, &targets);
    iac_edge *sorted = iac_xcalloc(edge_count, sizeof(*sorted));
    size_t k = 0;
    for (uint32_t after = 0; after < n; after++)
        for (uint32_t i = start[after]; i < start[after + 1]; i++)
            if (targets[i] != after)
                sorted[k++] = (iac_edge){ targets[i], after };
    free(start);
    free(targets);

    lay_out(n, sorted, k, false, &start, &targets);
    size_t unique = 0;
    for (uint32_t node = 0; node < n; node++) {
        uint32_t previous = UINT32_MAX;
        for (uint32_t i = start[node]; i < start[node + 1]; i++) {
            if (targets[i] != previous)
                sorted[unique++] = (iac_edge){ node, targets[i] };
            previous = targets[i];
        }
    }
    free(start);
    free(targets);

    graph->n = n;
    lay_out(n, sorted, unique, false, &graph->dep_start, &graph->deps);
    lay_out(n, sorted, unique, true, &graph->out_start, &graph->outs);
    free(sorted);
}

void iac_graph_clear(iac_graph *graph)
{
    free(graph->dep_start);
    free(graph->deps);
    free(graph->out_start);
    free(graph->outs);
    *graph = (iac_graph){ 0 };
}

/* Peels off what waits for nothing, again and again, into queue. left[i] is non-zero for what remains. */
static void peel(const iac_graph *graph, uint32_t *left, uint32_t *queue)
{
    uint32_t head = 0, tail = 0;
    for (uint32_t i = 0; i < graph->n; i++) {
        left[i] = graph->dep_start[i + 1] - graph->dep_start[i];
        if (left[i] == 0)
            queue[tail++] = i;
    }
    while (head < tail) {
        uint32_t node = queue[head++];
        for (uint32_t e = graph->out_start[node]; e < graph->out_start[node + 1]; e++)
            if (--left[graph->outs[e]] == 0)
                queue[tail++] = graph->outs[e];
    }
}

/* A node that is on a cycle or waits for one, or UINT32_MAX. left[i] becomes non-zero for all of these. */
static uint32_t remaining_node(const iac_graph *graph, uint32_t *left)
{
    uint32_t *queue = iac_xcalloc(graph->n, sizeof(*queue));
    peel(graph, left, queue);
    free(queue);
    for (uint32_t i = 0; i < graph->n; i++)
        if (left[i])
            return i;
    return UINT32_MAX;
}

/* Breadth first from `from` along what nodes wait for, back to `from`; fills the cycle. */
static size_t cycle_through(const iac_graph *graph, const uint32_t *left, uint32_t from, iac_arena *arena,
                            uint32_t **ret_nodes)
{
    uint32_t *came_from = iac_xmalloc(graph->n * sizeof(*came_from));
    memset(came_from, 0xFF, graph->n * sizeof(*came_from));
    uint32_t *queue = iac_xcalloc(graph->n, sizeof(*queue));
    uint32_t head = 0, tail = 0, last = UINT32_MAX;
    queue[tail++] = from;
    while (head < tail && last == UINT32_MAX) {
        uint32_t node = queue[head++];
        for (uint32_t e = graph->dep_start[node]; e < graph->dep_start[node + 1]; e++) {
            uint32_t next = graph->deps[e];
            if (next == from) {
                last = node;
                break;
            }
            if (left[next] && came_from[next] == UINT32_MAX) {
                came_from[next] = node;
                queue[tail++] = next;
            }
        }
    }
    size_t length = 0;
    if (last != UINT32_MAX) {
        for (uint32_t node = last; node != from; node = came_from[node])
            length++;
        length++;
        *ret_nodes = iac_arena_array(arena, uint32_t, length);
        uint32_t node = last;
        for (size_t i = length; i-- > 0; node = came_from[node])
            (*ret_nodes)[i] = node;
    }
    free(queue);
    free(came_from);
    return length;
}

size_t iac_graph_cycle(const iac_graph *graph, iac_arena *arena, uint32_t **ret_nodes)
{
    if (graph->n == 0)
        return 0;
    uint32_t *left = iac_xcalloc(graph->n, sizeof(*left));
    uint32_t node = remaining_node(graph, left);
    size_t length = 0;
    if (node != UINT32_MAX) {
        /* Everything that remains waits for something that remains: n steps from anywhere end on a cycle. */
        for (uint32_t step = 0; step < graph->n; step++) {
            for (uint32_t e = graph->dep_start[node]; e < graph->dep_start[node + 1]; e++)
                if (left[graph->deps[e]]) {
                    node = graph->deps[e];
                    break;
                }
        }
        length = cycle_through(graph, left, node, arena, ret_nodes);
    }
    free(left);
    return length;
}

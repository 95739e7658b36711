/* engine/dag/graph.h - a directed graph of numbered nodes. Layer: engine/dag (sees lang/base). Immutable once built. */
#ifndef IAC_DAG_GRAPH_H
#define IAC_DAG_GRAPH_H
#include "lang/base/base.h"

typedef struct iac_edge {
    uint32_t node, after; /* node waits for after */
} iac_edge;

typedef struct iac_graph {
    uint32_t n;
    uint32_t *dep_start, *deps; /* deps[dep_start[i] .. dep_start[i+1]): what i waits for; sorted, each once */
    uint32_t *out_start, *outs; /* the other way round */
} iac_graph;

/* Builds from edges in any order, repeated ones and self-edges dropped. O(n + edges). The caller frees with
 * iac_graph_clear. */
void iac_graph_build(iac_graph *graph, uint32_t n, const iac_edge *edges, size_t edge_count);
void iac_graph_clear(iac_graph *graph);
/* A shortest cycle among those through one of its nodes: node numbers in the arena, each waiting for the next and the
 * last for the first; 0 when there is none. */
size_t iac_graph_cycle(const iac_graph *graph, iac_arena *arena, uint32_t **ret_nodes);
#endif

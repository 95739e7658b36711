/* engine/dag/walk.h - runs a graph: each node after those it waits for, on a pool of workers. Layer: engine/dag.
 *
 * A node runs in one piece, or in parts: its first visit may ask for n parts, which then run side by side, and a last
 * visit ends it. Nodes that wait for a failed one are skipped; everything else goes on. Everything a task wrote is
 * visible to the tasks that run after it. Each task costs one short critical section. */
#ifndef IAC_DAG_WALK_H
#define IAC_DAG_WALK_H
#include "engine/dag/graph.h"
#include <stdatomic.h>

typedef struct iac_walk iac_walk;

#define IAC_PART_BEGIN UINT32_MAX      /* first visit of a node */
#define IAC_PART_END (UINT32_MAX - 1)  /* last visit, after its parts */

typedef enum iac_task_code {
    IAC_TASK_DONE,
    IAC_TASK_FAILED, /* a part that fails lets the other parts run; the node then fails after its last visit */
    IAC_TASK_PARTS,  /* first visit only: run parts 0 .. value-1, then the last visit */
    IAC_TASK_AGAIN,  /* run the same visit again after value milliseconds, using no worker meanwhile */
    IAC_TASK_ASYNC,  /* it is under way elsewhere: iac_walk_complete will be called */
} iac_task_code;

typedef struct iac_task_result {
    iac_task_code code;
    uint32_t value;
} iac_task_result;

typedef struct iac_walk_options {
    /* Most tasks at once; threads are started as they are needed. 0: one after the other on the thread that calls, which
     * then does not look at `abandon` while a visit runs. */
    unsigned workers;
    const atomic_int *stop; /* when non-zero nothing new is started (what is under way ends); may be NULL */
    /* When set, iac_walk_run returns although visits are under way. What these use must stay as it is: the process is
     * about to end. May be NULL. */
    const atomic_bool *abandon;
    /* worker is a number below `workers`, the thread's own. */
    iac_task_result (*run)(void *user, iac_walk *walk, unsigned worker, uint32_t node, uint32_t part);
    void *user;
} iac_walk_options;

typedef struct iac_walk_outcome {
    uint32_t failed, skipped; /* nodes that failed; nodes that never ran because of that, or of stop */
    bool stopped;
    bool abandoned;
} iac_walk_outcome;

/* Runs everything and returns when all is done. The graph must have no cycle. */
iac_walk_outcome iac_walk_run(const iac_graph *graph, const iac_walk_options *options);
/* Ends a visit that answered IAC_TASK_ASYNC. Any thread; may be called before the visit has returned. */
void iac_walk_complete(iac_walk *walk, uint32_t node, uint32_t part, bool ok);
#endif

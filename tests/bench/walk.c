/* What the scheduler costs an operation that does nothing, for graphs of three shapes and several numbers of workers. */
#include "engine/dag/walk.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static iac_task_result nothing(void *user, iac_walk *walk, unsigned worker, uint32_t node, uint32_t part)
{
    (void)user, (void)walk, (void)worker, (void)node, (void)part;
    return (iac_task_result){IAC_TASK_DONE, 0};
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(const char *shape, uint32_t n, const iac_edge *edges, size_t edge_count)
{
    iac_graph graph;
    double before = seconds(CLOCK_MONOTONIC);
    iac_graph_build(&graph, n, edges, edge_count);
    double built = seconds(CLOCK_MONOTONIC) - before;
    static const unsigned workers[] = {1, 2, 10};
    for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++) {
        iac_walk_options options = {.workers = workers[i], .run = nothing};
        double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        iac_walk_outcome outcome = iac_walk_run(&graph, &options);
        wall = seconds(CLOCK_MONOTONIC) - wall;
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        if (outcome.failed || outcome.skipped)
            exit(1);
        printf("%-8s %7u nodes, %2u workers: build %6.3f us, walk %6.3f us, processor %6.3f us a node\n", shape,
               (unsigned)n, workers[i], built * 1e6 / n, wall * 1e6 / n, cpu * 1e6 / n);
    }
    iac_graph_clear(&graph);
}

int main(void)
{
    for (uint32_t n = 1000; n <= 100000; n *= 10) {
        iac_edge *edges = iac_xmalloc(sizeof(iac_edge) * n * 3);
        measure("wide", n, edges, 0);
        for (uint32_t i = 1; i < n; i++)
            edges[i - 1] = (iac_edge){i, i - 1};
        measure("chain", n, edges, n - 1);
        size_t count = 0;
        for (uint32_t i = 1; i < n; i++)
            for (uint32_t k = 1; k <= 3; k++)
                edges[count++] = (iac_edge){i, i / (k + 1)};
        measure("layers", n, edges, count);
        free(edges);
    }
    return 0;
}

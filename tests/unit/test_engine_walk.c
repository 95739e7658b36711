/* The graph and the walk: order, parts, delays, asynchronous ends, failures, stopping. Fit for ThreadSanitizer. */
#include "engine/dag/walk.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 20000 };

struct record {
    iac_graph graph;
    atomic_int clock;
    atomic_int ended[MOST]; /* when each node ended, by the clock; 0 never */
    atomic_int begun[MOST];
    atomic_int parts;
    atomic_int stop;
    uint32_t fail, part_node, again_node, async_node, part_count, stop_node;
    atomic_int again_left;
    struct record_async {
        iac_walk *walk;
        uint32_t node;
    } async;
    pthread_t thread;
};

static struct record *new_record(uint32_t n, const iac_edge *edges, size_t edge_count)
{
    struct record *r = calloc(1, sizeof(*r));
    r->fail = r->part_node = r->again_node = r->async_node = r->stop_node = UINT32_MAX;
    iac_graph_build(&r->graph, n, edges, edge_count);
    return r;
}

static void free_record(struct record *r)
{
    iac_graph_clear(&r->graph);
    free(r);
}

static void *finish_later(void *arg)
{
    struct record *r = arg;
    usleep(20000);
    atomic_store(&r->ended[r->async.node], atomic_fetch_add(&r->clock, 1) + 1);
    iac_walk_complete(r->async.walk, r->async.node, IAC_PART_BEGIN, true);
    return NULL;
}

static iac_task_result run(void *user, iac_walk *walk, unsigned worker, uint32_t node, uint32_t part)
{
    struct record *r = user;
    (void)worker;
    if (part == IAC_PART_BEGIN)
        atomic_store(&r->begun[node], atomic_fetch_add(&r->clock, 1) + 1);
    if (node == r->part_node && part == IAC_PART_BEGIN)
        return (iac_task_result){ IAC_TASK_PARTS, r->part_count };
    if (part < IAC_PART_END) {
        atomic_fetch_add(&r->parts, 1);
        return (iac_task_result){ IAC_TASK_DONE, 0 };
    }
    if (node == r->again_node && atomic_fetch_sub(&r->again_left, 1) > 0)
        return (iac_task_result){ IAC_TASK_AGAIN, 5 };
    if (node == r->async_node) {
        r->async = (struct record_async){ walk, node };
        assert_int_equal(pthread_create(&r->thread, NULL, finish_later, r), 0);
        return (iac_task_result){ IAC_TASK_ASYNC, 0 };
    }
    if (node == r->stop_node)
        atomic_store(&r->stop, 1);
    atomic_store(&r->ended[node], atomic_fetch_add(&r->clock, 1) + 1);
    return (iac_task_result){ node == r->fail ? IAC_TASK_FAILED : IAC_TASK_DONE, 0 };
}

static iac_walk_outcome walk(struct record *r, unsigned workers)
{
    iac_walk_options options = { .workers = workers, .stop = &r->stop, .run = run, .user = r };
    return iac_walk_run(&r->graph, &options);
}

static void check_order(const struct record *r)
{
    for (uint32_t i = 0; i < r->graph.n; i++)
        for (uint32_t e = r->graph.dep_start[i]; e < r->graph.dep_start[i + 1]; e++)
            assert_true(r->ended[r->graph.deps[e]] < r->begun[i]);
}

static void test_engine_walk__runs_after_what_it_waits_for(void **state)
{
    (void)state;
    iac_edge edges[4 * MOST];
    size_t count = 0;
    unsigned seed = 7;
    for (uint32_t i = 1; i < 5000; i++)
        for (int k = 0; k < 3; k++)
            edges[count++] = (iac_edge){ i, (uint32_t)rand_r(&seed) % i };
    struct record *r = new_record(5000, edges, count);
    iac_walk_outcome outcome = walk(r, 8);
    assert_int_equal(outcome.failed + outcome.skipped, 0);
    check_order(r);
    for (uint32_t i = 0; i < 5000; i++)
        assert_true(r->ended[i] > 0);
    free_record(r);
}

static void test_engine_walk__without_workers_the_caller_does_it_all(void **state)
{
    (void)state;
    const iac_edge edges[] = { { 1, 0 }, { 2, 1 }, { 3, 0 }, { 4, 3 } };
    struct record *r = new_record(6, edges, IAC_COUNT(edges));
    r->part_node = 3;
    r->part_count = 100;
    r->again_node = 1;
    r->again_left = 2;
    r->async_node = 4;
    iac_walk_outcome outcome = walk(r, 0);
    pthread_join(r->thread, NULL);
    assert_int_equal(outcome.failed + outcome.skipped, 0);
    assert_int_equal(r->parts, 100);
    check_order(r);
    free_record(r);
}

static void test_engine_walk__a_failure_skips_only_what_waits_for_it(void **state)
{
    (void)state;
    const iac_edge edges[] = { { 1, 0 }, { 2, 1 }, { 3, 0 }, { 4, 3 }, { 4, 2 } };
    struct record *r = new_record(6, edges, IAC_COUNT(edges));
    r->fail = 1;
    iac_walk_outcome outcome = walk(r, 4);
    assert_int_equal(outcome.failed, 1);
    assert_int_equal(outcome.skipped, 2);
    assert_true(r->ended[3] > 0 && r->ended[5] > 0);
    assert_int_equal(r->begun[2] + r->begun[4], 0);
    free_record(r);
}

static void test_engine_walk__parts_all_run_before_the_node_ends(void **state)
{
    (void)state;
    const iac_edge edges[] = { { 1, 0 } };
    struct record *r = new_record(2, edges, 1);
    r->part_node = 0;
    r->part_count = 10000;
    walk(r, 6);
    assert_int_equal(r->parts, 10000);
    check_order(r);
    free_record(r);
}

static void test_engine_walk__delays_and_asynchronous_ends(void **state)
{
    (void)state;
    const iac_edge edges[] = { { 1, 0 }, { 2, 1 } };
    struct record *r = new_record(3, edges, 2);
    r->again_node = 0;
    r->again_left = 3;
    r->async_node = 1;
    iac_walk_outcome outcome = walk(r, 2);
    pthread_join(r->thread, NULL);
    assert_int_equal(outcome.failed + outcome.skipped, 0);
    assert_true(r->ended[2] > r->ended[1] && r->ended[1] > r->ended[0]);
    free_record(r);
}

/* Visits that wait for each other: they get no further unless all of them run at the same time. */
struct meeting {
    struct record *record;
    pthread_mutex_t lock;
    pthread_cond_t all_here;
    int here, expected;
    bool met;
};

static iac_task_result meet(void *user, iac_walk *walk, unsigned worker, uint32_t node, uint32_t part)
{
    struct meeting *m = user;
    if (node == 0)
        return run(m->record, walk, worker, node, part);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&m->lock);
    if (++m->here == m->expected) {
        m->met = true;
        pthread_cond_broadcast(&m->all_here);
    }
    while (!m->met && pthread_cond_timedwait(&m->all_here, &m->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&m->lock);
    return (iac_task_result){ IAC_TASK_DONE, 0 };
}

static void test_engine_walk__what_is_ready_runs_at_once(void **state)
{
    (void)state;
    static const iac_edge edges[] = { { 1, 0 }, { 2, 0 }, { 3, 0 } };
    struct record *r = new_record(4, edges, 3);
    r->async_node = 0; /* its worker is idle when it ends */
    struct meeting m = { r, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 3, false };
    iac_walk_options options = { .workers = 3, .run = meet, .user = &m };
    iac_walk_outcome outcome = iac_walk_run(&r->graph, &options);
    pthread_join(r->thread, NULL);
    assert_int_equal(outcome.failed + outcome.skipped, 0);
    assert_true(m.met);
    free_record(r);
}

static void test_engine_walk__stop_starts_nothing_new(void **state)
{
    (void)state;
    iac_edge edges[100];
    for (uint32_t i = 0; i < 99; i++)
        edges[i] = (iac_edge){ i + 1, i };
    struct record *r = new_record(100, edges, 99);
    r->stop_node = 10;
    iac_walk_outcome outcome = walk(r, 4);
    assert_true(outcome.stopped);
    assert_int_equal(r->begun[11], 0);
    assert_int_equal(outcome.skipped, 89);
    free_record(r);
}

static void test_engine_walk__long_chains_of_skipped_nodes(void **state)
{
    (void)state;
    static iac_edge edges[MOST];
    for (uint32_t i = 0; i + 1 < MOST; i++)
        edges[i] = (iac_edge){ i + 1, i };
    struct record *r = new_record(MOST, edges, MOST - 1);
    r->fail = 0;
    assert_int_equal(walk(r, 3).skipped, MOST - 1);
    free_record(r);
}

static void test_engine_walk__finds_a_shortest_cycle(void **state)
{
    (void)state;
    /* 5 leads into the cycle 1 -> 2 -> 3 -> 1; 4 is a leaf; 0 stands apart. */
    const iac_edge edges[] = { { 5, 1 }, { 1, 2 }, { 2, 3 }, { 3, 1 }, { 3, 4 }, { 2, 4 } };
    iac_graph graph;
    iac_graph_build(&graph, 6, edges, IAC_COUNT(edges));
    iac_arena *arena = iac_arena_new();
    uint32_t *cycle = NULL;
    assert_int_equal(iac_graph_cycle(&graph, arena, &cycle), 3);
    for (size_t i = 0; i < 3; i++) {
        uint32_t next = cycle[(i + 1) % 3];
        assert_int_equal(next, cycle[i] % 3 + 1);
    }
    iac_graph_clear(&graph);
    iac_graph_build(&graph, 6, edges, 3);
    assert_int_equal(iac_graph_cycle(&graph, arena, &cycle), 0);
    iac_graph_clear(&graph);
    iac_arena_free(arena);
}

static void test_engine_walk__edges_are_kept_once(void **state)
{
    (void)state;
    const iac_edge edges[] = { { 1, 0 }, { 1, 0 }, { 1, 1 }, { 2, 0 }, { 2, 1 }, { 2, 0 } };
    iac_graph graph;
    iac_graph_build(&graph, 3, edges, IAC_COUNT(edges));
    assert_int_equal(graph.dep_start[3], 3);
    assert_int_equal(graph.out_start[1], 2);
    iac_graph_clear(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_walk__runs_after_what_it_waits_for),
        cmocka_unit_test(test_engine_walk__without_workers_the_caller_does_it_all),
        cmocka_unit_test(test_engine_walk__a_failure_skips_only_what_waits_for_it),
        cmocka_unit_test(test_engine_walk__parts_all_run_before_the_node_ends),
        cmocka_unit_test(test_engine_walk__delays_and_asynchronous_ends),
        cmocka_unit_test(test_engine_walk__what_is_ready_runs_at_once),
        cmocka_unit_test(test_engine_walk__stop_starts_nothing_new),
        cmocka_unit_test(test_engine_walk__long_chains_of_skipped_nodes),
        cmocka_unit_test(test_engine_walk__finds_a_shortest_cycle),
        cmocka_unit_test(test_engine_walk__edges_are_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

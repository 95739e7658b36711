#include "engine/dag/walk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct item { /* visits waiting for a worker: one, or a run of parts */
    uint32_t node;
    uint32_t part, part_end; /* PART_BEGIN and PART_END: part_end is not used */
};

struct delayed {
    struct timespec due;
    struct item item;
};

struct node_state {
    uint32_t waiting_for; /* nodes not yet ended */
    uint32_t parts_left;
    bool failed;  /* it, or one of its parts, failed */
    bool blocked; /* something it waits for failed or was skipped */
};

struct iac_walk {
    const iac_graph *graph;
    iac_walk_options options;
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t work;  /* something is ready, or all is over */
    pthread_cond_t over;  /* for the thread that waits: ended, or the delays changed */
    struct node_state *nodes;
    struct item *ring; /* ready items; a node is in it at most once, so n + 1 places are enough */
    uint32_t ring_size, ring_head, ring_count;
    IAC_VEC(struct delayed) delays; /* a binary heap by due */
    uint32_t unfinished;            /* nodes */
    uint32_t running;               /* visits under way, asynchronous ones included */
    unsigned threads, idle;
    unsigned woken; /* of the idle: signalled, and not running again yet */
    bool taker;     /* the worker that holds the lock takes the next item itself */
    pthread_t *ids;
    iac_walk_outcome outcome;
    bool quit;
};

struct worker_start {
    iac_walk *walk;
    unsigned number;
};

static bool earlier(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static void delay_push(iac_walk *walk, struct delayed item)
{
    iac_vec_push(&walk->delays, item);
    size_t i = walk->delays.n - 1;
    while (i && earlier(&walk->delays.v[i].due, &walk->delays.v[(i - 1) / 2].due)) {
        struct delayed up = walk->delays.v[(i - 1) / 2];
        walk->delays.v[(i - 1) / 2] = walk->delays.v[i];
        walk->delays.v[i] = up;
        i = (i - 1) / 2;
    }
}

static struct item delay_pop(iac_walk *walk)
{
    struct item top = walk->delays.v[0].item;
    walk->delays.v[0] = walk->delays.v[--walk->delays.n];
    size_t i = 0;
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < walk->delays.n; child++)
            if (earlier(&walk->delays.v[child].due, &walk->delays.v[least].due))
                least = child;
        if (least == i)
            return top;
        struct delayed swap = walk->delays.v[i];
        walk->delays.v[i] = walk->delays.v[least];
        walk->delays.v[least] = swap;
        i = least;
    }
}

static void *worker_main(void *arg);

/* Sees to it that as many visits are taken at once as workers can be had for. */
static void find_workers(iac_walk *walk, uint32_t visits)
{
    if (walk->taker && visits) {
        walk->taker = false;
        visits--;
    }
    for (; visits && walk->woken < walk->idle; visits--) {
        walk->woken++;
        pthread_cond_signal(&walk->work);
    }
    for (; visits && walk->threads < walk->options.workers; visits--) {
        struct worker_start *start = iac_xmalloc(sizeof(*start));
        *start = (struct worker_start){ walk, walk->threads };
        if (pthread_create(&walk->ids[walk->threads], NULL, worker_main, start) != 0) {
            free(start);
            break;
        }
        walk->threads++;
    }
}

static void ready(iac_walk *walk, struct item item)
{
    if (walk->ring_count == walk->ring_size) { /* parts put back after a delay can be many of one node */
        uint32_t size = walk->ring_size * 2;
        struct item *ring = iac_xcalloc(size, sizeof(*ring));
        for (uint32_t i = 0; i < walk->ring_count; i++)
            ring[i] = walk->ring[(walk->ring_head + i) % walk->ring_size];
        free(walk->ring);
        walk->ring = ring;
        walk->ring_size = size;
        walk->ring_head = 0;
    }
    walk->ring[(walk->ring_head + walk->ring_count++) % walk->ring_size] = item;
    if (walk->options.workers == 0)
        pthread_cond_signal(&walk->over);
    find_workers(walk, item.part < IAC_PART_END ? item.part_end - item.part : 1);
}

static bool stopping(const iac_walk *walk)
{
    return walk->options.stop && atomic_load_explicit(walk->options.stop, memory_order_relaxed) != 0;
}

/* The node is over: those that wait for it may be next. Iterative, for long chains of skipped nodes. */
static void node_over(iac_walk *walk, uint32_t first, bool ok)
{
    IAC_VEC(uint32_t) stack = { 0 };
    iac_vec_push(&stack, first);
    walk->nodes[first].failed |= !ok;
    while (stack.n) {
        uint32_t node = stack.v[--stack.n];
        bool bad = walk->nodes[node].failed || walk->nodes[node].blocked;
        walk->unfinished--;
        for (uint32_t e = walk->graph->out_start[node]; e < walk->graph->out_start[node + 1]; e++) {
            uint32_t next = walk->graph->outs[e];
            walk->nodes[next].blocked |= bad;
            if (--walk->nodes[next].waiting_for)
                continue;
            if (walk->nodes[next].blocked) {
                walk->outcome.skipped++;
                iac_vec_push(&stack, next);
            } else {
                ready(walk, (struct item){ next, IAC_PART_BEGIN, 0 });
            }
        }
    }
    iac_vec_clear(&stack);
    if (walk->unfinished == 0) {
        walk->quit = true;
        pthread_cond_broadcast(&walk->work);
        pthread_cond_signal(&walk->over);
    }
}

static void finish(iac_walk *walk, uint32_t node, uint32_t part, iac_task_result result)
{
    struct node_state *state = &walk->nodes[node];
    switch (result.code) {
    case IAC_TASK_ASYNC:
        return;
    case IAC_TASK_AGAIN: {
        struct delayed later = { .item = { node, part, part + 1 } };
        clock_gettime(CLOCK_MONOTONIC, &later.due);
        later.due.tv_sec += result.value / 1000;
        later.due.tv_nsec += (long)(result.value % 1000) * 1000000L;
        if (later.due.tv_nsec >= 1000000000L) {
            later.due.tv_sec++;
            later.due.tv_nsec -= 1000000000L;
        }
        walk->running--;
        delay_push(walk, later);
        pthread_cond_signal(&walk->over);
        return;
    }
    case IAC_TASK_PARTS:
        walk->running--;
        state->parts_left = result.value;
        if (result.value)
            ready(walk, (struct item){ node, 0, result.value });
        else
            ready(walk, (struct item){ node, IAC_PART_END, 0 });
        return;
    case IAC_TASK_DONE:
    case IAC_TASK_FAILED:
        break;
    }
    walk->running--;
    if (result.code == IAC_TASK_FAILED)
        state->failed = true;
    if (part < IAC_PART_END) {
        if (--state->parts_left == 0)
            ready(walk, (struct item){ node, IAC_PART_END, 0 });
        return;
    }
    if (state->failed)
        walk->outcome.failed++;
    node_over(walk, node, !state->failed);
}

void iac_walk_complete(iac_walk *walk, uint32_t node, uint32_t part, bool ok)
{
    pthread_mutex_lock(&walk->lock);
    finish(walk, node, part, (iac_task_result){ ok ? IAC_TASK_DONE : IAC_TASK_FAILED, 0 });
    pthread_mutex_unlock(&walk->lock);
}

/* Takes the next visit. A long run of parts is handed out several at a time, so that the lock is not taken for each of
 * a hundred thousand; near its end one by one, so that no worker sits on a backlog. */
static struct item take(iac_walk *walk)
{
    struct item *head = &walk->ring[walk->ring_head];
    struct item item = *head;
    bool last = true;
    if (item.part < IAC_PART_END) {
        uint32_t left = item.part_end - item.part;
        uint32_t few = walk->options.workers ? left / (64 * walk->options.workers) : 0;
        item.part_end = item.part + (few ? few : 1);
        head->part = item.part_end;
        last = head->part == head->part_end;
    }
    if (last) {
        walk->ring_head = (walk->ring_head + 1) % walk->ring_size;
        walk->ring_count--;
    }
    return item;
}

/* After stop: everything that has not begun is skipped. Called when nothing runs any more. */
static void give_up(iac_walk *walk)
{
    walk->outcome.stopped = true;
    walk->outcome.skipped += walk->unfinished;
    walk->unfinished = 0;
    walk->quit = true;
    pthread_cond_broadcast(&walk->work);
    pthread_cond_signal(&walk->over);
}

/* With the lock held; gives it back while visits run. */
static void run_next(iac_walk *walk, unsigned number)
{
    struct item item = take(walk);
    uint32_t count = item.part < IAC_PART_END ? item.part_end - item.part : 1;
    walk->running += count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t part = item.part + i;
        if (i && stopping(walk)) { /* put back what was not begun: it is skipped with the rest */
            walk->running -= count - i;
            break;
        }
        pthread_mutex_unlock(&walk->lock);
        iac_task_result result = walk->options.run(walk->options.user, walk, number, item.node, part);
        pthread_mutex_lock(&walk->lock);
        walk->taker = i + 1 == count;
        finish(walk, item.node, part, result);
        walk->taker = false;
    }
}

static void *worker_main(void *arg)
{
    struct worker_start start = *(struct worker_start *)arg;
    free(arg);
    iac_walk *walk = start.walk;
    pthread_mutex_lock(&walk->lock);
    for (;;) {
        while (!walk->quit && (walk->ring_count == 0 || stopping(walk))) {
            if (stopping(walk)) {
                if (walk->running == 0) {
                    give_up(walk);
                    break;
                }
                pthread_cond_signal(&walk->over);
            }
            walk->idle++;
            pthread_cond_wait(&walk->work, &walk->lock);
            walk->idle--;
            if (walk->woken)
                walk->woken--;
        }
        if (walk->quit)
            break;
        run_next(walk, start.number);
        if (stopping(walk))
            pthread_cond_signal(&walk->over);
    }
    pthread_mutex_unlock(&walk->lock);
    return NULL;
}

/* The thread that called: serves the delays and notices stop; without workers it does their part. */
static void supervise(iac_walk *walk)
{
    while (!walk->quit) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (stopping(walk) && walk->running == 0) {
            give_up(walk);
            break;
        }
        if (walk->options.abandon && atomic_load(walk->options.abandon))
            return;
        while (walk->delays.n && !earlier(&now, &walk->delays.v[0].due))
            ready(walk, delay_pop(walk));
        if (walk->options.workers == 0 && walk->ring_count && !stopping(walk)) {
            run_next(walk, 0);
            continue;
        }
        struct timespec until = now; /* stop is set by a signal handler, which cannot signal a condition: look often */
        until.tv_nsec += 100000000L;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000L;
        }
        if (walk->delays.n && earlier(&walk->delays.v[0].due, &until))
            until = walk->delays.v[0].due;
        if (!walk->quit)
            pthread_cond_timedwait(&walk->over, &walk->lock, &until);
    }
}

iac_walk_outcome iac_walk_run(const iac_graph *graph, const iac_walk_options *options)
{
    if (graph->n == 0)
        return (iac_walk_outcome){ 0 };
    iac_walk *walk = iac_xcalloc(1, sizeof(*walk)); /* it outlives the call where it is abandoned */
    walk->graph = graph;
    walk->options = *options;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&walk->lock, NULL);
    pthread_cond_init(&walk->work, NULL);
    pthread_cond_init(&walk->over, &attr);
    pthread_condattr_destroy(&attr);
    walk->nodes = iac_xcalloc(graph->n, sizeof(*walk->nodes));
    walk->ring_size = graph->n + 1;
    walk->ring = iac_xcalloc(walk->ring_size, sizeof(*walk->ring));
    walk->ids = iac_xcalloc(walk->options.workers + 1, sizeof(*walk->ids));
    walk->unfinished = graph->n;

    pthread_mutex_lock(&walk->lock);
    for (uint32_t i = 0; i < graph->n; i++)
        walk->nodes[i].waiting_for = graph->dep_start[i + 1] - graph->dep_start[i];
    for (uint32_t i = 0; i < graph->n; i++)
        if (walk->nodes[i].waiting_for == 0)
            ready(walk, (struct item){ i, IAC_PART_BEGIN, 0 });
    supervise(walk);
    iac_walk_outcome outcome = walk->outcome;
    outcome.abandoned = !walk->quit;
    pthread_mutex_unlock(&walk->lock);
    if (outcome.abandoned)
        return outcome;

    for (unsigned i = 0; i < walk->threads; i++)
        pthread_join(walk->ids[i], NULL);
    pthread_cond_destroy(&walk->work);
    pthread_cond_destroy(&walk->over);
    pthread_mutex_destroy(&walk->lock);
    iac_vec_clear(&walk->delays);
    free(walk->ids);
    free(walk->ring);
    free(walk->nodes);
    outcome = walk->outcome;
    free(walk);
    return outcome;
}

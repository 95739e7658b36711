/* Which resources a resource needs, and what follows from that for their order. */
#include "engine/plan/run.h"

#include <stdlib.h>
#include <string.h>

struct reach { /* resources that a node leads to, through nodes of other kinds */
    bool done;
    uint32_t *v;
    uint32_t n;
};

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void find_reach(iac_run *run, struct reach *reach, uint32_t id)
{
    if (reach[id].done)
        return;
    reach[id].done = true;
    IAC_VEC(uint32_t) found = { 0 };
    for (uint32_t e = run->graph.dep_start[id]; e < run->graph.dep_start[id + 1]; e++) {
        uint32_t dep = run->graph.deps[e];
        const iac_node *node = run->nodes.v[dep];
        if (node->kind == IAC_NODE_RESOURCE && node->resource->mode != IAC_EPHEMERAL_RESOURCE) {
            iac_vec_push(&found, dep);
        } else { /* what its provider needs, a resource needs too */
            find_reach(run, reach, dep);
            for (uint32_t i = 0; i < reach[dep].n; i++)
                iac_vec_push(&found, reach[dep].v[i]);
        }
    }
    if (found.n) {
        qsort(found.v, found.n, sizeof(uint32_t), compare_ids);
        uint32_t n = 0;
        for (size_t i = 0; i < found.n; i++)
            if (n == 0 || found.v[n - 1] != found.v[i])
                found.v[n++] = found.v[i];
        reach[id].v = iac_arena_array(run->arena, uint32_t, n);
        memcpy(reach[id].v, found.v, n * sizeof(uint32_t));
        reach[id].n = n;
    }
    iac_vec_clear(&found);
}

static int compare_addrs(const void *a, const void *b)
{
    return iac_addr_cmp(*(const iac_addr *)a, *(const iac_addr *)b);
}

/* Everything that a resource needs, what those resources need included. Of more than that only what it refers to is
 * recorded: lists that long for each of very many resources would take quadratic space. */
enum { MOST_DEPENDENCIES = 200 };

struct closing {
    const struct reach *reach;
    struct reach *whole; /* by node; done with v NULL and n not 0: too many */
    uint32_t *seen;      /* by node: the last that counted it, and one */
    uint32_t *found;
};

static bool count_in(struct closing *c, uint32_t of, uint32_t id, uint32_t *n)
{
    if (c->seen[id] == of + 1)
        return true;
    c->seen[id] = of + 1;
    if (*n == MOST_DEPENDENCIES)
        return false;
    c->found[(*n)++] = id;
    return true;
}

/* Those that the node refers to directly are done. */
static void close_one(iac_run *run, struct closing *c, uint32_t id)
{
    uint32_t n = 0;
    bool good = true;
    c->seen[id] = id + 1;
    for (uint32_t k = 0; good && k < c->reach[id].n; k++) {
        uint32_t dep = c->reach[id].v[k];
        good = count_in(c, id, dep, &n) && (c->whole[dep].v || c->whole[dep].n == 0);
        for (uint32_t i = 0; good && i < c->whole[dep].n; i++)
            good = count_in(c, id, c->whole[dep].v[i], &n);
    }
    c->whole[id].n = n;
    c->whole[id].v = good && n ? iac_arena_array(run->arena, uint32_t, n) : NULL;
    if (c->whole[id].v)
        memcpy(c->whole[id].v, c->found, n * sizeof(*c->found));
}

static void find_whole(iac_run *run, struct closing *c, uint32_t from)
{
    IAC_VEC(uint32_t) stack = { 0 };
    iac_vec_push(&stack, from);
    while (stack.n) {
        uint32_t id = stack.v[stack.n - 1];
        bool ready = true;
        for (uint32_t k = 0; !c->whole[id].done && k < c->reach[id].n; k++)
            if (!c->whole[c->reach[id].v[k]].done) {
                ready = false;
                iac_vec_push(&stack, c->reach[id].v[k]);
            }
        if (!ready)
            continue;
        stack.n--;
        if (!c->whole[id].done)
            close_one(run, c, id);
        c->whole[id].done = true;
    }
    iac_vec_clear(&stack);
}

static void set_dependencies(iac_run *run, iac_node *node, const struct reach *reach)
{
    iac_addr *addrs = iac_arena_array(run->arena, iac_addr, reach->n);
    for (uint32_t k = 0; k < reach->n; k++)
        addrs[k] = run->nodes.v[reach->v[k]]->resource_addr;
    if (reach->n)
        qsort(addrs, reach->n, sizeof(*addrs), compare_addrs);
    node->dependencies = addrs;
    node->dependency_count = reach->n;
}

void iac_run_find_dependencies(iac_run *run)
{
    struct reach *reach = iac_xcalloc(run->nodes.n, sizeof(*reach));
    struct closing closing = { reach, iac_xcalloc(run->nodes.n, sizeof(*reach)),
                               iac_xcalloc(run->nodes.n, sizeof(uint32_t)),
                               iac_xcalloc(MOST_DEPENDENCIES, sizeof(uint32_t)) };
    IAC_VEC(iac_node *) forced = { 0 };
    for (uint32_t i = 0; i < run->nodes.n; i++)
        if (run->nodes.v[i]->kind == IAC_NODE_RESOURCE || run->nodes.v[i]->kind == IAC_NODE_PROVIDER)
            find_reach(run, reach, i);
    for (uint32_t i = 0; i < run->nodes.n; i++) {
        iac_node *node = run->nodes.v[i];
        if (node->kind != IAC_NODE_RESOURCE && node->kind != IAC_NODE_PROVIDER)
            continue;
        if (node->kind == IAC_NODE_RESOURCE)
            find_whole(run, &closing, i);
        set_dependencies(run, node, closing.whole[i].v ? &closing.whole[i] : &reach[i]);
        if (node->create_before_destroy)
            iac_vec_push(&forced, node);
    }
    free(closing.whole);
    free(closing.seen);
    free(closing.found);
    while (forced.n) { /* create_before_destroy spreads to everything that such a resource needs */
        const iac_node *node = forced.v[--forced.n];
        for (uint32_t k = 0; k < reach[node->id].n; k++) {
            iac_node *needed = run->nodes.v[reach[node->id].v[k]];
            if (!needed->create_before_destroy && needed->resource->mode == IAC_MANAGED) {
                needed->create_before_destroy = true;
                iac_vec_push(&forced, needed);
            }
        }
    }
    iac_vec_clear(&forced);
    free(reach);
}

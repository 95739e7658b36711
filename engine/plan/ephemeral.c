/* Ephemeral resources: opened where they are visited, renewed while they are in use, closed after the last that uses
 * them. Nothing of them is kept: they are opened anew by each plan and each apply. */
#include "engine/plan/run.h"

#include <stdlib.h>
#include <time.h>

typedef struct opened { /* an instance that is open */
    struct opened *next, *sibling; /* of all; of the node */
    iac_node *node;
    iac_instance *provider;
    iac_addr addr;
    iac_str address;
    iac_arena *arena; /* its private data; a renewal makes a new one */
    iac_str private_data;
    double renew_at; /* 0: never */
    bool busy;       /* being renewed */
    bool closed;
    iac_diags diags; /* of renewals */
} opened;

/* A call that is under way, on the stack of its thread. */
typedef struct under_way {
    struct under_way *next;
    const iac_addr *addr;
    iac_ephemeral_op op;
    double begun, next_tick;
} under_way;

struct iac_ephemerals {
    iac_run *run;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* something was opened, is no longer busy, or it is over */
    opened *first;
    under_way *calls;
    pthread_t thread;
    bool started, over;
};

static void ephemeral_event(iac_run *run, iac_event_kind kind, const iac_addr *addr, iac_ephemeral_op op,
                            double elapsed)
{
    iac_event event = { .kind = kind, .addr = addr, .action = op, .elapsed_seconds = elapsed };
    iac_run_event(run, &event);
}

/* Without the lock. */
static void begin(struct iac_ephemerals *all, under_way *call, const iac_addr *addr, iac_ephemeral_op op)
{
    *call = (under_way){ .addr = addr, .op = op, .begun = iac_now() };
    call->next_tick = call->begun + 10;
    ephemeral_event(all->run, IAC_EVENT_EPHEMERAL_START, addr, op, 0);
    pthread_mutex_lock(&all->lock);
    call->next = all->calls;
    all->calls = call;
    pthread_mutex_unlock(&all->lock);
}

static void end(struct iac_ephemerals *all, const under_way *call, bool ok)
{
    pthread_mutex_lock(&all->lock);
    under_way **at = &all->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    pthread_mutex_unlock(&all->lock);
    ephemeral_event(all->run, ok ? IAC_EVENT_EPHEMERAL_DONE : IAC_EVENT_EPHEMERAL_ERRORED, call->addr, call->op,
                    iac_now() - call->begun);
}

void iac_ephemeral_tick(iac_run *run, double now)
{
    pthread_mutex_lock(&run->lock); /* so that what is looked at stays */
    struct iac_ephemerals *all = run->ephemerals;
    if (all)
        pthread_mutex_lock(&all->lock);
    for (under_way *call = all ? all->calls : NULL; call; call = call->next) {
        if (now < call->next_tick)
            continue;
        call->next_tick += 10;
        ephemeral_event(run, IAC_EVENT_EPHEMERAL_PROGRESS, call->addr, call->op, now - call->begun);
    }
    if (all)
        pthread_mutex_unlock(&all->lock);
    pthread_mutex_unlock(&run->lock);
}

/* ---- renewal ---- */

/* With the lock held; gives it back while the provider is asked. */
static void renew(struct iac_ephemerals *all, opened *o)
{
    iac_arena *arena = iac_arena_new();
    iac_ephemeral_answer answer = { 0 };
    under_way call;
    o->busy = true;
    pthread_mutex_unlock(&all->lock);
    begin(all, &call, &o->addr, IAC_EPHEMERAL_RENEW);
    iac_call_options options = iac_options_for(all->run, o->node, o->address);
    bool ok = iac_instance_ephemeral_renew(o->provider, &options, arena, o->addr.type,
                                           o->private_data, &answer, &o->diags) == IAC_OK;
    end(all, &call, ok);
    pthread_mutex_lock(&all->lock);
    o->busy = false;
    o->renew_at = ok && answer.renew_after_ms ? iac_now() + (double)answer.renew_after_ms / 1000 : 0;
    if (ok) {
        iac_arena_free(o->arena);
        o->arena = arena;
        o->private_data = answer.private_data;
    } else {
        iac_arena_free(arena);
    }
    pthread_cond_broadcast(&all->changed);
}

static opened *next_due(const struct iac_ephemerals *all)
{
    opened *soonest = NULL;
    for (opened *o = all->first; o; o = o->next)
        if (!o->closed && o->renew_at > 0 && (!soonest || o->renew_at < soonest->renew_at))
            soonest = o;
    return soonest;
}

static void *renew_main(void *arg)
{
    struct iac_ephemerals *all = arg;
    pthread_mutex_lock(&all->lock);
    while (!all->over) {
        opened *due = next_due(all);
        if (!due) {
            pthread_cond_wait(&all->changed, &all->lock);
        } else if (due->renew_at <= iac_now()) {
            renew(all, due);
        } else {
            time_t seconds = (time_t)due->renew_at;
            struct timespec until = { seconds, (long)((due->renew_at - (double)seconds) * 1e9) };
            pthread_cond_timedwait(&all->changed, &all->lock, &until);
        }
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

/* ---- opening ---- */

static struct iac_ephemerals *ephemerals_of(iac_run *run)
{
    pthread_mutex_lock(&run->lock);
    if (!run->ephemerals) {
        struct iac_ephemerals *all = iac_xcalloc(1, sizeof(*all));
        pthread_condattr_t attr;
        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_mutex_init(&all->lock, NULL);
        pthread_cond_init(&all->changed, &attr);
        pthread_condattr_destroy(&attr);
        all->run = run;
        run->ephemerals = all;
    }
    struct iac_ephemerals *all = run->ephemerals;
    pthread_mutex_unlock(&run->lock);
    return all;
}

static void remember(iac_worker *worker, iac_node *node, iac_instance *provider, iac_addr addr, iac_arena *arena,
                     const iac_ephemeral_answer *answer)
{
    struct iac_ephemerals *all = ephemerals_of(worker->run);
    opened *o = iac_xcalloc(1, sizeof(*o));
    o->node = node;
    o->provider = provider;
    o->arena = arena;
    o->addr = iac_addr_copy(worker->keep, addr);
    o->address = iac_addr_text(worker->keep, addr);
    o->private_data = answer->private_data;
    o->renew_at = answer->renew_after_ms ? iac_now() + (double)answer->renew_after_ms / 1000 : 0;
    pthread_mutex_lock(&all->lock);
    o->next = all->first;
    all->first = o;
    o->sibling = node->work;
    node->work = o;
    if (o->renew_at > 0 && !all->started)
        all->started = pthread_create(&all->thread, NULL, renew_main, all) == 0;
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->lock);
}

static const iac_value *result_of(iac_worker *worker, const iac_node *node, const iac_value *v,
                                  const iac_value *config)
{
    return iac_value_mark(worker->keep, iac_copy_marks(worker->keep, node->schema->block, v, config), IAC_EPHEMERAL);
}

/* What depends on something that is not known yet is opened by apply. */
static void defer(iac_worker *worker, const iac_node *node, iac_resource_instance *instance, const iac_addr *addr,
                  const iac_value *config)
{
    const iac_block_schema *block = node->schema->block;
    const iac_value *plain = iac_value_unmark_deep(worker->keep, iac_value_copy(worker->keep, config));
    const iac_value *planned = iac_schema_proposed(worker->keep, block, iac_value_null(worker->keep, block->type),
                                                   plain);
    instance->value = result_of(worker, node, planned, config);
    ephemeral_event(worker->run, IAC_EVENT_EPHEMERAL_START, addr, IAC_EPHEMERAL_DEFER, 0);
}

static bool open_one(iac_worker *worker, iac_node *node, const iac_module_instance *module,
                     iac_resource_instance *instance)
{
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    iac_addr addr = node->resource_addr;
    addr.module = module->addr;
    addr.key = instance->key;
    iac_str address = iac_addr_text(worker->keep, addr);
    iac_subject subject = { node, address, 0 };
    iac_provider_choice provider;
    iac_place place;
    if (!iac_choose_provider(worker, node, module, instance, address, &provider))
        return false;
    iac_place_for(&place, worker, node, module, instance);
    if (!iac_visit_conditions(worker, &place, lifecycle->preconditions, subject, "Resource precondition failed", false))
        return false;
    const iac_value *config = iac_decode_body(&place.scope, node->resource->body, node->schema->block,
                                              worker->scratch, &worker->diags);
    if (worker->diags.errors)
        return false;
    iac_call_options options = iac_options_for(worker->run, node, address);
    if (iac_instance_validate(provider.instance, &options, IACP_SCHEMA_EPHEMERAL, addr.type, config,
                              &worker->diags) != IAC_OK)
        return false;
    if (config->deep_unknown || !iac_instance_configured(provider.instance)) {
        defer(worker, node, instance, &addr, config);
        return true;
    }
    struct iac_ephemerals *all = ephemerals_of(worker->run);
    under_way call;
    iac_arena *arena = iac_arena_new();
    iac_ephemeral_answer answer = { 0 };
    begin(all, &call, &addr, IAC_EPHEMERAL_OPEN);
    if (iac_instance_ephemeral_open(provider.instance, &options, arena, addr.type,
                                    iac_value_unmark_deep(worker->scratch, config), &answer, &worker->diags) != IAC_OK) {
        end(all, &call, false);
        iac_arena_free(arena);
        return false;
    }
    instance->value = result_of(worker, node, iac_value_copy(worker->keep, answer.result), config);
    end(all, &call, true);
    remember(worker, node, provider.instance, addr, arena, &answer);
    place.self = instance->value;
    subject.first = lifecycle->preconditions.n;
    return iac_visit_conditions(worker, &place, lifecycle->postconditions, subject, "Resource postcondition failed",
                                false);
}

bool iac_ephemeral_open(iac_worker *worker, iac_node *node)
{
    bool ok = iac_visit_expand(worker, node);
    for (uint32_t i = 0; ok && i < node->slots; i++)
        for (uint32_t k = 0; k < node->expansions[i].n; k++)
            ok = open_one(worker, node, node->module->instances[i], &node->expansions[i].v[k]) && ok;
    return ok;
}

/* ---- closing ---- */

static void close_one(struct iac_ephemerals *all, opened *o, iac_diags *diags)
{
    pthread_mutex_lock(&all->lock);
    while (o->busy)
        pthread_cond_wait(&all->changed, &all->lock);
    o->closed = true;
    pthread_mutex_unlock(&all->lock);
    under_way call;
    iac_call_options options = iac_options_for(all->run, o->node, o->address);
    begin(all, &call, &o->addr, IAC_EPHEMERAL_CLOSE);
    iac_diags_append(diags, &o->diags);
    bool ok = iac_instance_ephemeral_close(o->provider, &options, o->addr.type, o->private_data,
                                           diags) == IAC_OK;
    end(all, &call, ok);
}

bool iac_ephemeral_close(iac_worker *worker, const iac_node *node)
{
    if (node->kind != IAC_NODE_RESOURCE || node->resource->mode != IAC_EPHEMERAL_RESOURCE)
        return true;
    for (opened *o = node->work; o; o = o->sibling)
        close_one(ephemerals_of(worker->run), o, &worker->diags);
    return worker->diags.errors == 0;
}

struct ending {
    iac_run *run;
    iac_diags diags;
};

static void end_all(void *arg)
{
    struct ending *ending = arg;
    iac_run *run = ending->run;
    iac_diags *diags = &ending->diags;
    struct iac_ephemerals *all = run->ephemerals;
    pthread_mutex_lock(&all->lock);
    all->over = true;
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->lock);
    if (all->started)
        pthread_join(all->thread, NULL);
    while (all->first) {
        opened *o = all->first;
        if (!o->closed)
            close_one(all, o, diags);
        all->first = o->next;
        o->node->work = NULL;
        iac_diags_clear(&o->diags);
        iac_arena_free(o->arena);
        free(o);
    }
    pthread_mutex_lock(&run->lock); /* the thread that watches may be looking */
    run->ephemerals = NULL;
    pthread_mutex_unlock(&run->lock);
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

bool iac_ephemeral_end(iac_watch *watch, iac_diags *diags)
{
    if (!watch->run->ephemerals)
        return true;
    struct ending *ending = iac_xcalloc(1, sizeof(*ending));
    *ending = (struct ending){ watch->run, IAC_DIAGS_INIT };
    if (!iac_watch_aside(watch, end_all, ending))
        return false; /* it is still in use */
    iac_diags_append(diags, &ending->diags);
    iac_diags_clear(&ending->diags);
    free(ending);
    return true;
}

/* ---- who is the last ---- */

/* From each ephemeral resource, what depends on it, directly or not. */
static void mark_users(const iac_run *run, const iac_graph *users, bool *marked)
{
    IAC_VEC(uint32_t) queue = { 0 };
    for (uint32_t i = 0; i < users->n; i++)
        if (run->nodes.v[i]->kind == IAC_NODE_RESOURCE && run->nodes.v[i]->resource->mode == IAC_EPHEMERAL_RESOURCE) {
            marked[i] = true;
            iac_vec_push(&queue, i);
        }
    while (queue.n) {
        uint32_t id = queue.v[--queue.n];
        for (uint32_t e = users->dep_start[id]; e < users->dep_start[id + 1]; e++)
            if (!marked[users->deps[e]]) {
                marked[users->deps[e]] = true;
                iac_vec_push(&queue, users->deps[e]);
            }
    }
    iac_vec_clear(&queue);
}

/* Which of them are needed to configure a provider, and so whenever an object of it is touched. */
static void note_feeding(const iac_run *run, const bool *marked, uint32_t n)
{
    IAC_VEC(iac_edge) edges = { 0 };
    for (size_t i = 0; i < run->edges.n; i++)
        iac_vec_push(&edges, run->edges.v[i]);
    iac_graph needs;
    iac_graph_build(&needs, n, edges.v, edges.n);
    iac_vec_clear(&edges);
    bool *seen = iac_xcalloc(n, sizeof(*seen));
    IAC_VEC(uint32_t) queue = { 0 };
    for (uint32_t i = 0; i < n; i++)
        if (marked[i] && run->nodes.v[i]->kind == IAC_NODE_PROVIDER)
            iac_vec_push(&queue, i);
    while (queue.n) {
        uint32_t id = queue.v[--queue.n];
        for (uint32_t e = needs.dep_start[id]; e < needs.dep_start[id + 1]; e++) {
            uint32_t next = needs.deps[e];
            if (seen[next] || !marked[next])
                continue;
            seen[next] = run->nodes.v[next]->feeds_provider = true;
            iac_vec_push(&queue, next);
        }
    }
    iac_vec_clear(&queue);
    free(seen);
    iac_graph_clear(&needs);
}

/* Beside each node that depends on an ephemeral resource, one that stands for it and all that depends on it being done:
 * so the edges stay as many as those of the configuration. */
void iac_ephemeral_add_releases(iac_run *run)
{
    bool any = false;
    uint32_t n = (uint32_t)run->nodes.n;
    for (uint32_t i = 0; i < n && !any; i++)
        any = run->nodes.v[i]->kind == IAC_NODE_RESOURCE &&
              run->nodes.v[i]->resource->mode == IAC_EPHEMERAL_RESOURCE;
    if (!any)
        return;
    IAC_VEC(iac_edge) reversed = { 0 };
    for (size_t i = 0; i < run->edges.n; i++)
        iac_vec_push(&reversed, ((iac_edge){ run->edges.v[i].after, run->edges.v[i].node }));
    iac_graph users;
    iac_graph_build(&users, n, reversed.v, reversed.n);
    iac_vec_clear(&reversed);
    bool *marked = iac_xcalloc(n, sizeof(*marked));
    uint32_t *release = iac_xcalloc(n, sizeof(*release));
    mark_users(run, &users, marked);
    note_feeding(run, marked, n);
    for (uint32_t i = 0; i < n; i++) {
        if (!marked[i])
            continue;
        iac_node *node = iac_arena_new_of(run->arena, iac_node);
        node->kind = IAC_NODE_RELEASE;
        node->id = release[i] = (uint32_t)run->nodes.n;
        node->module = run->nodes.v[i]->module;
        node->name = iac_arena_printf(run->arena, "%.*s (close)", IAC_FMT(run->nodes.v[i]->name));
        node->released = run->nodes.v[i];
        iac_vec_push(&run->nodes, node);
        iac_vec_push(&run->edges, ((iac_edge){ node->id, i }));
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t e = users.dep_start[i]; marked[i] && e < users.dep_start[i + 1]; e++)
            iac_vec_push(&run->edges, ((iac_edge){ release[i], release[users.deps[e]] }));
    free(marked);
    free(release);
    iac_graph_clear(&users);
}

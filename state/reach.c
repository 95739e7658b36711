/* Dependencies through dependencies, found when a document asks for them: recording them all would make the state grow
 * with the square of the number of resources. */
#include "state/reach.h"
#include "lang/base/map.h"
#include "lang/base/vec.h"

#include <stdlib.h>
#include <string.h>

typedef struct resource { /* all its instances together */
    iac_str text;
    IAC_VEC(uint32_t) needs;
    uint32_t seen; /* number of the last question that came by */
    uint32_t rank; /* in the order of the texts */
} resource;

struct iac_reach {
    iac_arena *arena;
    iac_map ids; /* address text -> id + 1 */
    IAC_VEC(resource) resources;
    IAC_VEC(uint32_t) order; /* resources by rank; as many as there were when last asked */
    uint32_t question;
    IAC_VEC(uint32_t) queue; /* what was found, in the order of finding */
    IAC_VEC(iac_str) found;
    const iac_addr *answered; /* the question that found answers: the list of dependencies, */
    uint32_t answered_of;     /* and whose they are; instances of a resource mostly share one */
};

static uint32_t id_of(iac_reach *reach, iac_addr addr)
{
    addr.key = (iac_key){ 0 };
    addr.module = iac_module_addr_static(reach->arena, addr.module);
    iac_str text = iac_addr_text(reach->arena, addr);
    void **at = iac_map_at(&reach->ids, text);
    if (!*at) {
        iac_vec_push(&reach->resources, ((resource){ .text = text }));
        *at = (void *)(uintptr_t)reach->resources.n;
    }
    return (uint32_t)((uintptr_t)*at - 1);
}

static void note(iac_reach *reach, uint32_t id, const iac_object *object)
{
    for (size_t i = 0; object && i < object->dependency_count; i++) {
        uint32_t needed = id_of(reach, object->dependencies[i]);
        iac_vec_push(&reach->resources.v[id].needs, needed);
    }
}

iac_reach *iac_reach_new(const iac_state *state)
{
    iac_reach *reach = iac_xcalloc(1, sizeof(*reach));
    reach->arena = iac_arena_new();
    const iac_object *previous = NULL;
    uint32_t previous_id = UINT32_MAX;
    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_object *object = state->instances[i].current;
        uint32_t id = id_of(reach, state->instances[i].addr);
        if (object && !(id == previous_id && object->dependencies == previous->dependencies))
            note(reach, id, object);
        if (object) {
            previous = object;
            previous_id = id;
        }
    }
    return reach;
}

static int compare_texts(const void *a, const void *b, void *arg)
{
    const iac_reach *reach = arg;
    return iac_str_cmp(reach->resources.v[*(const uint32_t *)a].text, reach->resources.v[*(const uint32_t *)b].text);
}

static int compare_ranks(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Texts are compared once, not for each answer. */
static void rank(iac_reach *reach)
{
    if (reach->order.n == reach->resources.n)
        return;
    for (size_t i = reach->order.n; i < reach->resources.n; i++)
        iac_vec_push(&reach->order, (uint32_t)i);
    qsort_r(reach->order.v, reach->order.n, sizeof(uint32_t), compare_texts, reach);
    for (size_t i = 0; i < reach->order.n; i++)
        reach->resources.v[reach->order.v[i]].rank = (uint32_t)i;
}

static void visit(iac_reach *reach, uint32_t id)
{
    resource *r = &reach->resources.v[id];
    if (r->seen == reach->question)
        return;
    r->seen = reach->question;
    iac_vec_push(&reach->queue, id);
}

/* The texts of what is in the queue, in their order. */
static void list(iac_reach *reach, uint32_t self)
{
    if (reach->queue.n > reach->resources.n / 16) { /* quicker than to sort */
        for (size_t i = 0; i < reach->order.n; i++) {
            const resource *r = &reach->resources.v[reach->order.v[i]];
            if (r->seen == reach->question && reach->order.v[i] != self)
                iac_vec_push(&reach->found, r->text);
        }
        return;
    }
    for (size_t i = 0; i < reach->queue.n; i++)
        reach->queue.v[i] = reach->resources.v[reach->queue.v[i]].rank;
    if (reach->queue.n)
        qsort(reach->queue.v, reach->queue.n, sizeof(uint32_t), compare_ranks);
    for (size_t i = 0; i < reach->queue.n; i++)
        iac_vec_push(&reach->found, reach->resources.v[reach->order.v[reach->queue.v[i]]].text);
}

const iac_str *iac_reach_of(iac_reach *reach, iac_addr addr, const iac_object *object, size_t *ret_n)
{
    *ret_n = 0;
    if (!object->dependency_count)
        return NULL;
    uint32_t self = id_of(reach, addr);
    if (reach->answered == object->dependencies && reach->answered_of == self) {
        *ret_n = reach->found.n;
        return reach->found.v;
    }
    reach->answered = object->dependencies;
    reach->answered_of = self;
    reach->question++;
    reach->found.n = reach->queue.n = 0;
    reach->resources.v[self].seen = reach->question; /* never its own dependency */
    for (size_t i = 0; i < object->dependency_count; i++)
        visit(reach, id_of(reach, object->dependencies[i]));
    for (size_t next = 0; next < reach->queue.n; next++) {
        uint32_t id = reach->queue.v[next];
        for (size_t i = 0; i < reach->resources.v[id].needs.n; i++)
            visit(reach, reach->resources.v[id].needs.v[i]);
    }
    rank(reach);
    list(reach, self);
    *ret_n = reach->found.n;
    return reach->found.v;
}

void iac_reach_free(iac_reach *reach)
{
    if (!reach)
        return;
    for (size_t i = 0; i < reach->resources.n; i++)
        iac_vec_clear(&reach->resources.v[i].needs);
    iac_vec_clear(&reach->resources);
    iac_vec_clear(&reach->order);
    iac_vec_clear(&reach->queue);
    iac_vec_clear(&reach->found);
    iac_map_clear(&reach->ids);
    iac_arena_free(reach->arena);
    free(reach);
}

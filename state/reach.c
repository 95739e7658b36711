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
} resource;

struct iac_reach {
    iac_arena *arena;
    iac_map ids; /* address text -> id + 1 */
    IAC_VEC(resource) resources;
    uint32_t question;
    IAC_VEC(uint32_t) queue;
    IAC_VEC(iac_str) found;
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
        /* Instances of a resource mostly share one list. */
        if (object && !(id == previous_id && object->dependencies == previous->dependencies))
            note(reach, id, object);
        if (object) {
            previous = object;
            previous_id = id;
        }
    }
    return reach;
}

static int compare_texts(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static void visit(iac_reach *reach, uint32_t id)
{
    resource *r = &reach->resources.v[id];
    if (r->seen == reach->question)
        return;
    r->seen = reach->question;
    iac_vec_push(&reach->found, r->text);
    iac_vec_push(&reach->queue, id);
}

const iac_str *iac_reach_of(iac_reach *reach, iac_addr addr, const iac_object *object, size_t *ret_n)
{
    reach->question++;
    reach->found.n = 0;
    uint32_t self = id_of(reach, addr);
    reach->resources.v[self].seen = reach->question; /* never its own dependency */
    for (size_t i = 0; i < object->dependency_count; i++)
        visit(reach, id_of(reach, object->dependencies[i]));
    while (reach->queue.n) {
        uint32_t id = reach->queue.v[--reach->queue.n];
        for (size_t i = 0; i < reach->resources.v[id].needs.n; i++)
            visit(reach, reach->resources.v[id].needs.v[i]);
    }
    if (reach->found.n)
        qsort(reach->found.v, reach->found.n, sizeof(iac_str), compare_texts);
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
    iac_vec_clear(&reach->queue);
    iac_vec_clear(&reach->found);
    iac_map_clear(&reach->ids);
    iac_arena_free(reach->arena);
    free(reach);
}

/* Instances that the configuration has no longer, but that stay for now: what refers to the whole collection sees them as
 * long as they are there. */
#include "engine/plan/run.h"

enum { MAX_COUNT = 1 << 24 }; /* instances beyond are not looked at: a damaged state must not take all memory */

static iac_expansion *expansion_of(const iac_node *node, const iac_state_instance *stored)
{
    const iac_module_instance *module = iac_run_module_instance(node->module, stored->addr.module);
    if (!module || !stored->current || !node->expansions || module->index >= node->slots)
        return NULL;
    iac_expansion *expansion = &node->expansions[module->index];
    iac_key key = stored->addr.key;
    bool fits = expansion->repetition == IAC_BY_COUNT
                    ? key.kind == IAC_KEY_INT && key.index >= expansion->n && key.index < MAX_COUNT
                    : expansion->repetition == IAC_BY_FOR_EACH && key.kind == IAC_KEY_STRING &&
                          !iac_expansion_find(expansion, key);
    return fits ? expansion : NULL;
}

void iac_note_leftovers(iac_worker *worker, iac_node *node,
                        const iac_value *(*value_of)(void *user, const iac_state_instance *stored), void *user)
{
    IAC_VEC(iac_resource_instance) found = { 0 };
    IAC_VEC(iac_expansion *) places = { 0 };
    for (uint32_t i = 0; i < node->state_count; i++) {
        const iac_state_instance *stored = &worker->run->state->instances[node->state_indexes[i]];
        iac_expansion *place = expansion_of(node, stored);
        const iac_value *value = place ? value_of(user, stored) : NULL;
        if (!value)
            continue;
        iac_vec_push(&found, ((iac_resource_instance){ .key = stored->addr.key, .value = value }));
        iac_vec_push(&places, place);
    }
    for (size_t i = 0, next; i < found.n; i = next) { /* those of one module instance stand together */
        for (next = i; next < found.n && places.v[next] == places.v[i]; next++)
            ;
        iac_expansion *place = places.v[i];
        place->leftover_count = (uint32_t)(next - i);
        place->leftovers = iac_arena_array(worker->keep, iac_resource_instance, next - i);
        for (size_t k = i; k < next; k++)
            place->leftovers[k - i] = found.v[k];
    }
    iac_vec_clear(&found);
    iac_vec_clear(&places);
}

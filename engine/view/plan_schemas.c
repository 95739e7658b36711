#include "engine/view/json_config.h"
#include "engine/view/view.h"

/* The schemas that showing a plan asks for, kept with it. */

typedef struct recorder {
    iac_arena *arena;
    const iac_view_schemas *from;
    iac_map known; /* what was asked for -> recorder, so that each is kept once */
    IAC_VEC(iac_plan_schema) found;
} recorder;

static const iac_schema *record(void *user, iac_mode mode, iac_str type, iac_str provider)
{
    recorder *r = user;
    const iac_schema *schema = r->from->find(r->from->user, mode, type, provider);
    iac_str key = iac_arena_printf(r->arena, "%d %.*s %.*s", (int)mode, IAC_FMT(type), IAC_FMT(provider));
    if (schema && !iac_map_has(&r->known, key)) {
        iac_map_put(&r->known, key, r);
        iac_vec_push(&r->found, ((iac_plan_schema){ mode, iac_arena_str(r->arena, type),
                                                    iac_arena_str(r->arena, provider), schema }));
    }
    return schema;
}

static void ask_for_instances(recorder *r, const iac_state *state)
{
    iac_map asked = { 0 };
    iac_arena *scratch = iac_arena_new();
    for (size_t i = 0; state && i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        iac_str key = iac_arena_printf(scratch, "%d %.*s %.*s", (int)instance->addr.mode, IAC_FMT(instance->addr.type),
                                       IAC_FMT(instance->provider));
        if (!iac_map_has(&asked, key))
            record(r, instance->addr.mode, instance->addr.type, instance->provider);
        iac_map_put(&asked, key, r);
    }
    iac_map_clear(&asked);
    iac_arena_free(scratch);
}

const iac_plan_schema *iac_view_plan_schemas(iac_arena *arena, const iac_plan *plan, const iac_view_schemas *schemas,
                                             size_t *ret_count)
{
    recorder r = { .arena = arena, .from = schemas };
    iac_view_schemas asking = { &r, record };
    iac_buf ignored;
    iac_buf_init(&ignored, IAC_BUF_UNLIMITED);
    if (plan->config)
        iac_json_config(&ignored, plan->config, &asking, false);
    iac_buf_clear(&ignored);
    ask_for_instances(&r, plan->prior);
    iac_plan_schema *list = iac_arena_array(arena, iac_plan_schema, r.found.n);
    for (size_t i = 0; i < r.found.n; i++)
        list[i] = r.found.v[i];
    *ret_count = r.found.n;
    iac_vec_clear(&r.found);
    iac_map_clear(&r.known);
    return list;
}

static const iac_schema *find_in_plan(void *user, iac_mode mode, iac_str type, iac_str provider)
{
    const iac_plan *plan = user;
    for (size_t i = 0; i < plan->schema_count; i++)
        if (plan->schemas[i].mode == mode && iac_str_eq(plan->schemas[i].type, type) &&
            iac_str_eq(plan->schemas[i].provider, provider))
            return plan->schemas[i].schema;
    return NULL;
}

iac_view_schemas iac_view_schemas_in(const iac_plan *plan)
{
    return (iac_view_schemas){ (void *)(uintptr_t)plan, find_in_plan };
}

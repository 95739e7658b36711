#include "engine/apply/claims.h"

#include <string.h>

/* ---- what refreshing found ---- */

static bool same_dependencies(const iac_object *a, const iac_object *b)
{
    if (a->dependency_count != b->dependency_count)
        return false;
    for (size_t i = 0; i < a->dependency_count; i++)
        if (!iac_addr_equal(a->dependencies[i], b->dependencies[i]))
            return false;
    return true;
}

static bool same_object(const iac_object *a, const iac_object *b)
{
    return a == b || (a && b && iac_str_eq(a->attributes, b->attributes) && a->schema_version == b->schema_version &&
                      iac_str_eq(a->private_data, b->private_data) && a->tainted == b->tainted &&
                      a->create_before_destroy == b->create_before_destroy && same_dependencies(a, b));
}

/* An object to be imported is recorded by its own step, unless nothing but refreshing was asked for. */
static bool imports(iac_arena *arena, const iac_plan *plan, const iac_map *changes, iac_addr addr)
{
    if (plan->mode == IAC_PLAN_REFRESH_ONLY || addr.mode != IAC_MANAGED)
        return false;
    uintptr_t found = (uintptr_t)iac_map_get(changes, iac_addr_text(arena, addr));
    return found && plan->changes[found - 1].import_id.n > 0;
}

static const iac_object *find_deposed(const iac_state_instance *instance, iac_str key)
{
    for (size_t i = 0; instance && i < instance->deposed_count; i++)
        if (iac_str_eq(instance->deposed[i]->deposed, key))
            return instance->deposed[i];
    return NULL;
}

static bool has_output(const iac_state *state, const iac_state_output *output)
{
    const iac_state_output *found = state ? iac_state_find_output(state, output->name) : NULL;
    return found && found->sensitive == output->sensitive && iac_value_same(found->value, output->value);
}

/* What was read leaves the state with all the rest. */
static bool forgets(const iac_plan *plan, iac_addr addr)
{
    return plan->mode == IAC_PLAN_DESTROY && addr.mode == IAC_DATA && plan->target_count == 0 &&
           plan->exclude_count == 0;
}

/* What refresh found differs from what is stored: that is saved first, for it is so whatever happens next. */
void iac_apply_refreshed(iac_arena *arena, const iac_plan *plan, const iac_map *changes, const iac_write **ret,
                         size_t *ret_count)
{
    const iac_state *prior = plan->prior, *stored = plan->previous;
    IAC_VEC(iac_write) writes = { 0 };
    for (size_t i = 0; i < prior->instance_count; i++) {
        const iac_state_instance *instance = &prior->instances[i];
        const iac_state_instance *old = stored ? iac_state_find(stored, instance->addr) : NULL;
        if (instance->current && !same_object(instance->current, old ? old->current : NULL) &&
            !imports(arena, plan, changes, instance->addr) && !forgets(plan, instance->addr))
            iac_vec_push(&writes, ((iac_write){ .kind = IAC_WRITE_OBJECT, .addr = instance->addr,
                                                .provider = instance->provider, .object = instance->current }));
        for (size_t k = 0; k < instance->deposed_count; k++) /* it may have moved, with what it had set aside */
            if (!same_object(instance->deposed[k], find_deposed(old, instance->deposed[k]->deposed)))
                iac_vec_push(&writes, ((iac_write){ .kind = IAC_WRITE_OBJECT, .addr = instance->addr,
                                                    .provider = instance->provider, .object = instance->deposed[k],
                                                    .deposed = instance->deposed[k]->deposed }));
    }
    for (size_t i = 0; stored && i < stored->instance_count; i++) {
        const iac_state_instance *old = &stored->instances[i];
        const iac_state_instance *now = iac_state_find(prior, old->addr);
        if (old->current && (!now || !now->current || forgets(plan, old->addr)))
            iac_vec_push(&writes, ((iac_write){ .kind = IAC_WRITE_REMOVE, .addr = old->addr }));
        for (size_t k = 0; k < old->deposed_count; k++)
            if (!find_deposed(now, old->deposed[k]->deposed))
                iac_vec_push(&writes, ((iac_write){ .kind = IAC_WRITE_REMOVE, .addr = old->addr,
                                                    .deposed = old->deposed[k]->deposed }));
    }
    for (size_t i = 0; i < plan->settled_count; i++)
        iac_vec_push(&writes, ((iac_write){ .kind = IAC_WRITE_INTENT_DONE,
                                            .intent.token = plan->settled[i] }));
    bool whole = plan->mode == IAC_PLAN_DESTROY || plan->operation_count == 0;
    /* Outputs that were known are kept whether or not their steps are reached. */
    for (size_t i = 0; i < prior->output_count; i++)
        if (!has_output(stored, &prior->outputs[i]) &&
            (whole || iac_plan_changes_output(plan, prior->outputs[i].name)))
            iac_vec_push(&writes, ((iac_write){ .kind = IAC_WRITE_OUTPUT, .output = prior->outputs[i] }));
    for (size_t i = 0; whole && stored && i < stored->output_count; i++)
        if (!iac_state_find_output(prior, stored->outputs[i].name))
            iac_vec_push(&writes, ((iac_write){ .kind = IAC_WRITE_OUTPUT_REMOVE, .output = stored->outputs[i] }));
    iac_write *kept = iac_arena_array(arena, iac_write, writes.n);
    if (writes.n)
        memcpy(kept, writes.v, writes.n * sizeof(*kept));
    *ret = kept;
    *ret_count = writes.n;
    iac_vec_clear(&writes);
}

/* ---- claims ---- */

typedef struct claiming {
    iac_arena *arena;
    const iac_plan *plan;
    IAC_VEC(iac_claim) claims;
    iac_map known; /* addresses, and resources with a blank before: what is claimed already */
} claiming;

static iac_addr without_keys(iac_arena *arena, iac_addr addr)
{
    addr.key = (iac_key){ 0 };
    addr.module = iac_module_addr_static(arena, addr.module);
    return addr;
}

static void claim_instance(claiming *c, iac_addr addr)
{
    iac_str address = iac_addr_text(c->arena, addr);
    if (iac_map_has(&c->known, address))
        return;
    iac_map_put(&c->known, address, c);
    iac_vec_push(&c->claims, ((iac_claim){ iac_addr_text(c->arena, without_keys(c->arena, addr)), address, true }));
}

static void claim_output(claiming *c, iac_str name)
{
    iac_str text = iac_arena_printf(c->arena, "output.%.*s", IAC_FMT(name));
    if (iac_map_has(&c->known, text))
        return;
    iac_map_put(&c->known, text, c);
    iac_vec_push(&c->claims, ((iac_claim){ text, text, true }));
}

static void claim_shared(claiming *c, iac_str resource)
{
    iac_str key = iac_arena_printf(c->arena, " %.*s", IAC_FMT(resource));
    if (iac_map_has(&c->known, key))
        return;
    iac_map_put(&c->known, key, c);
    iac_vec_push(&c->claims, ((iac_claim){ resource, { 0 }, false }));
}

/* Whether the step evaluates a resource: then its name is the resource's address. */
static bool is_resource(iac_arena *arena, const iac_operation *operation, iac_addr *ret)
{
    static const char *const others[] = { "var", "local", "output", "check", "provider", "module", "path" };
    iac_diags ignored = IAC_DIAGS_INIT;
    bool ok = operation->code == IAC_DO_EVALUATE && operation->node.n &&
              iac_addr_parse(arena, operation->node, ret, &ignored) == IAC_OK && ret->mode != IAC_EPHEMERAL_RESOURCE;
    iac_diags_clear(&ignored);
    for (size_t i = 0; ok && ret->mode == IAC_MANAGED && i < IAC_COUNT(others); i++)
        ok = !iac_str_is(ret->type, others[i]);
    return ok;
}

static bool has_effect(const iac_plan *plan, const iac_operation *operation)
{
    iac_str name = operation->node, prefix = IAC_STR("output.");
    if (operation->code != IAC_DO_EVALUATE)
        return operation->code != IAC_DO_BARRIER;
    return iac_str_starts(name, prefix) && iac_plan_changes_output(plan, iac_str_sub(name, prefix.n, name.n));
}

/* From what has an effect, along what it waits for, up to the next resources. The evaluation of the resource that a
 * change is of is passed through: other instances are none of its business. */
static void claim_needed(claiming *c)
{
    const iac_plan *plan = c->plan;
    bool *seen = iac_arena_array(c->arena, bool, plan->operation_count);
    uint32_t *stack = iac_arena_array(c->arena, uint32_t, plan->operation_count), depth = 0;
    for (uint32_t i = 0; i < plan->operation_count; i++)
        if (has_effect(plan, &plan->operations[i])) {
            seen[i] = true;
            stack[depth++] = i;
        }
    while (depth) {
        const iac_operation *operation = &plan->operations[stack[--depth]];
        for (uint32_t k = 0; k < operation->after_count; k++) {
            uint32_t after = operation->after[k];
            iac_addr addr;
            bool own = false;
            if (is_resource(c->arena, &plan->operations[after], &addr)) {
                own = operation->change != IAC_NONE &&
                      iac_addr_equal(without_keys(c->arena, plan->changes[operation->change].addr), addr);
                if (!own)
                    claim_shared(c, plan->operations[after].node);
            } else {
                own = true;
            }
            if (own && !seen[after]) {
                seen[after] = true;
                stack[depth++] = after;
            }
        }
    }
}

void iac_apply_claims(iac_arena *arena, const iac_plan *plan, const iac_claim **ret, size_t *ret_count)
{
    claiming c = { .arena = arena, .plan = plan };
    iac_map changes = { 0 };
    const iac_write *writes;
    size_t n;
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *change = &plan->changes[i];
        if (!change->deposed.n)
            iac_map_put(&changes, iac_addr_text(arena, change->addr), (void *)(uintptr_t)(i + 1));
        if (change->action == IAC_ACTION_NOOP && !change->moved && !change->import_id.n)
            continue;
        claim_instance(&c, change->addr);
        if (change->moved)
            claim_instance(&c, change->previous);
    }
    iac_apply_refreshed(arena, plan, &changes, &writes, &n);
    for (size_t i = 0; i < n; i++) {
        if (writes[i].kind <= IAC_WRITE_RESTORE)
            claim_instance(&c, writes[i].addr);
        else if (writes[i].kind == IAC_WRITE_OUTPUT)
            claim_output(&c, writes[i].output.name);
    }
    for (size_t i = 0; i < plan->output_count; i++)
        if (plan->outputs[i].action != IAC_ACTION_NOOP)
            claim_output(&c, plan->outputs[i].name);
    claim_needed(&c);
    iac_claim *claims = iac_arena_array(arena, iac_claim, c.claims.n);
    if (c.claims.n)
        memcpy(claims, c.claims.v, c.claims.n * sizeof(*claims));
    *ret = claims;
    *ret_count = c.claims.n;
    iac_vec_clear(&c.claims);
    iac_map_clear(&c.known);
    iac_map_clear(&changes);
}

/* ---- older plans ---- */

void iac_apply_rebase(iac_arena *arena, const iac_plan *plan, const iac_state *stored, const iac_str *moved,
                      size_t moved_count, iac_plan *ret)
{
    const iac_state *old = plan->prior;
    iac_state *prior = iac_arena_new_of(arena, iac_state);
    iac_map names = { 0 };
    *ret = *plan;
    ret->previous = stored;
    if (!moved_count)
        return;
    for (size_t i = 0; i < moved_count; i++)
        iac_map_put(&names, moved[i], &names);
    iac_state_instance *instances = iac_arena_array(arena, iac_state_instance,
                                                    old->instance_count + stored->instance_count);
    size_t n = 0, k = 0;
    for (size_t i = 0; i < old->instance_count || k < stored->instance_count;) {
        bool takes_old = k >= stored->instance_count ||
                         (i < old->instance_count &&
                          iac_addr_cmp(old->instances[i].addr, stored->instances[k].addr) <= 0);
        const iac_state_instance *instance = takes_old ? &old->instances[i++] : &stored->instances[k++];
        if (iac_map_has(&names, iac_addr_text(arena, instance->addr)) != takes_old)
            instances[n++] = *instance;
    }
    *prior = *old;
    prior->instances = instances;
    prior->instance_count = n;
    if (plan->mode != IAC_PLAN_DESTROY) {
        prior->outputs = stored->outputs;
        prior->output_count = stored->output_count;
    }
    ret->prior = prior;
    iac_map_clear(&names);
}

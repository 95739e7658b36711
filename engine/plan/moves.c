/* Carries stored instances over to new addresses: moved blocks, and the moves that count and its absence imply. Runs
 * before anything is planned, on a copy of the state. */
#include "engine/plan/moves.h"

#include <stdlib.h>
#include <string.h>

struct moving {
    iac_arena *arena;
    iac_moves moves;
};

static bool endpoint(iac_arena *arena, const iac_expr *expr, iac_addr *ret, bool *ret_module)
{
    iac_diags drop = IAC_DIAGS_INIT;
    iac_str text = iac_range_text(expr->range);
    if (text.n >= 2 && text.p[0] == '"') /* in JSON */
        text = iac_str_sub(text, 1, text.n - 1);
    bool good = iac_target_parse(arena, text, ret, ret_module, &drop) == IAC_OK;
    iac_diags_clear(&drop);
    return good;
}

void iac_moves_collect(iac_arena *arena, const iac_module_config *module, iac_moves *moves)
{
    for (size_t i = 0; i < module->moved_count; i++) {
        const iac_moved_config *block = &module->moved[i];
        iac_move move = { .module = module->path, .range = block->range };
        bool to_module = false;
        if (endpoint(arena, block->from, &move.from, &move.is_module) &&
            endpoint(arena, block->to, &move.to, &to_module) && move.is_module == to_module)
            iac_vec_push(&moves->list, move);
    }
    for (size_t i = 0; i < module->call_count; i++)
        if (module->calls[i].module)
            iac_moves_collect(arena, module->calls[i].module, moves);
}

static bool has_key(const iac_move *move, const iac_addr *end)
{
    return (move->is_module ? end->module.steps[end->module.n - 1].key : end->key).kind != IAC_KEY_NONE;
}

bool iac_move_of_instance(const iac_move *move)
{
    return has_key(move, &move->from) || has_key(move, &move->to);
}

static bool same_step(const iac_module_step *a, const iac_module_step *b, bool with_key)
{
    return iac_str_eq(a->name, b->name) && (!with_key || iac_key_equal(a->key, b->key));
}

/* Whether `path` begins with `module` (keys ignored), followed by `relative` (exactly; the last step's key may be left
 * open by an endpoint without one). */
static bool path_matches(iac_module_addr path, iac_module_addr module, iac_module_addr relative, bool open_last)
{
    if (path.n < module.n + relative.n)
        return false;
    for (size_t i = 0; i < module.n; i++)
        if (!same_step(&path.steps[i], &module.steps[i], false))
            return false;
    for (size_t i = 0; i < relative.n; i++) {
        bool open = open_last && i + 1 == relative.n && relative.steps[i].key.kind == IAC_KEY_NONE;
        if (!same_step(&path.steps[module.n + i], &relative.steps[i], !open))
            return false;
    }
    return true;
}

/* The steps of path up to the block's module, then `relative`, then what of path followed the old relative part. */
static iac_module_addr rebase(iac_arena *arena, iac_module_addr path, size_t module_n, size_t old_n,
                              iac_module_addr relative)
{
    size_t rest = path.n - module_n - old_n;
    iac_module_step *steps = iac_arena_array(arena, iac_module_step, module_n + relative.n + rest);
    if (module_n)
        memcpy(steps, path.steps, module_n * sizeof(*steps));
    if (relative.n)
        memcpy(steps + module_n, relative.steps, relative.n * sizeof(*steps));
    if (rest)
        memcpy(steps + module_n + relative.n, path.steps + module_n + old_n, rest * sizeof(*steps));
    return (iac_module_addr){ steps, module_n + relative.n + rest };
}

static bool apply_move(struct moving *moving, const iac_move *move, iac_addr *addr)
{
    if (!path_matches(addr->module, move->module, move->from.module, move->is_module))
        return false;
    size_t module_n = move->module.n, old_n = move->from.module.n;
    if (move->is_module) {
        iac_module_addr moved = rebase(moving->arena, addr->module, module_n, old_n, move->to.module);
        const iac_module_step *old_last = &addr->module.steps[module_n + old_n - 1];
        iac_module_step *new_last = (iac_module_step *)&moved.steps[module_n + move->to.module.n - 1];
        if (move->from.module.steps[old_n - 1].key.kind == IAC_KEY_NONE && new_last->key.kind == IAC_KEY_NONE)
            new_last->key = old_last->key; /* the call was renamed: its instances keep their keys */
        addr->module = moved;
        return true;
    }
    if (addr->module.n != module_n + old_n || addr->mode != move->from.mode ||
        !iac_str_eq(addr->type, move->from.type) || !iac_str_eq(addr->name, move->from.name))
        return false;
    bool whole = move->from.key.kind == IAC_KEY_NONE && move->to.key.kind == IAC_KEY_NONE;
    if (!whole && !iac_key_equal(addr->key, move->from.key))
        return false;
    addr->module = rebase(moving->arena, addr->module, module_n, old_n, move->to.module);
    addr->type = move->to.type;
    addr->name = move->to.name;
    if (!whole)
        addr->key = move->to.key;
    return true;
}

static const iac_resource_config *config_of(const iac_module_config *module, iac_addr addr)
{
    for (size_t i = 0; i < addr.module.n; i++) {
        const iac_module_call *call = iac_map_get(&module->call_map, addr.module.steps[i].name);
        if (!call || !call->module)
            return NULL;
        module = call->module;
    }
    return iac_module_resource(module, addr.mode, addr.type, addr.name);
}

static bool selects(const iac_move *move, const iac_addr *end, iac_addr addr)
{
    size_t n = move->module.n + end->module.n;
    if (addr.module.n < n || (!move->is_module && addr.module.n != n))
        return false;
    for (size_t i = 0; i < n; i++) {
        const iac_module_step *step = i < move->module.n ? &move->module.steps[i]
                                                         : &end->module.steps[i - move->module.n];
        if (!same_step(&addr.module.steps[i], step, false))
            return false;
    }
    return move->is_module || (addr.mode == end->mode && iac_str_eq(addr.type, end->type) &&
                               iac_str_eq(addr.name, end->name));
}

/* Whether a moved block speaks of the resource: then nothing is implied. */
static bool is_spoken_of(const struct moving *moving, iac_addr addr)
{
    for (size_t i = 0; i < moving->moves.list.n; i++)
        if (selects(&moving->moves.list.v[i], &moving->moves.list.v[i].from, addr) ||
            selects(&moving->moves.list.v[i], &moving->moves.list.v[i].to, addr))
            return true;
    return false;
}

/* A resource that got count keeps its object as [0], and one that lost it takes the object of [0]. */
static bool implied_move(const struct moving *moving, const iac_config *config, const iac_state *state, iac_addr *addr)
{
    bool single = addr->key.kind == IAC_KEY_NONE;
    if (addr->mode != IAC_MANAGED || (!single && !(addr->key.kind == IAC_KEY_INT && addr->key.index == 0)))
        return false;
    iac_addr other = *addr;
    other.key = single ? (iac_key){ .kind = IAC_KEY_INT } : (iac_key){ 0 };
    if (iac_state_find(state, other))
        return false;
    const iac_resource_config *resource = config_of(config->root, *addr);
    if (!resource || is_spoken_of(moving, *addr) || (single ? !resource->count : resource->count || resource->for_each))
        return false;
    *addr = other;
    return true;
}

static int compare_instances(const void *a, const void *b)
{
    return iac_addr_cmp(((const iac_state_instance *)a)->addr, ((const iac_state_instance *)b)->addr);
}

static iac_str static_text(iac_arena *arena, iac_addr addr)
{
    addr.key = (iac_key){ 0 };
    addr.module = iac_module_addr_static(arena, addr.module);
    return iac_addr_text(arena, addr);
}

/* Objects that depend on an address which is left say so until they change: what was reached through it they depend on
 * directly then. */
static void hand_on(iac_arena *arena, iac_state_instance *instances, size_t n, const iac_map *left)
{
    for (size_t i = 0; i < n; i++) {
        const iac_object *object = instances[i].current;
        size_t more = 0;
        for (size_t d = 0; object && d < object->dependency_count; d++) {
            const iac_object *gone = iac_map_get(left, iac_addr_text(arena, object->dependencies[d]));
            more += gone ? gone->dependency_count : 0;
        }
        if (more == 0)
            continue;
        iac_addr *all = iac_arena_array(arena, iac_addr, object->dependency_count + more);
        size_t count = object->dependency_count;
        memcpy(all, object->dependencies, count * sizeof(*all));
        for (size_t d = 0; d < object->dependency_count; d++) {
            const iac_object *gone = iac_map_get(left, iac_addr_text(arena, object->dependencies[d]));
            if (gone) {
                memcpy(all + count, gone->dependencies, gone->dependency_count * sizeof(*all));
                count += gone->dependency_count;
            }
        }
        iac_object *copy = iac_arena_new_of(arena, iac_object);
        *copy = *object;
        copy->dependencies = all;
        copy->dependency_count = count;
        instances[i].current = copy;
    }
}

const iac_state *iac_plan_moves(iac_arena *arena, const iac_config *config, const iac_state *state,
                                iac_map *ret_moved, iac_diags *diags)
{
    struct moving moving = { .arena = arena };
    iac_moves_collect(arena, config->root, &moving.moves);
    if (!state || state->instance_count == 0) {
        iac_vec_clear(&moving.moves.list);
        return state;
    }
    iac_state *result = iac_arena_new_of(arena, iac_state);
    *result = *state;
    iac_state_instance *instances = iac_arena_array(arena, iac_state_instance, state->instance_count);
    memcpy(instances, state->instances, state->instance_count * sizeof(*instances));
    bool any = false;
    iac_map left = { 0 }; /* resource address that something has moved from -> its object */
    for (size_t i = 0; i < state->instance_count; i++) {
        iac_addr addr = instances[i].addr;
        for (size_t k = 0, hops = 0; k < moving.moves.list.n && hops <= moving.moves.list.n; k++)
            if (apply_move(&moving, &moving.moves.list.v[k], &addr)) {
                k = SIZE_MAX; /* a chain: begin again, as often as there are blocks */
                hops++;
            }
        if (iac_addr_equal(addr, instances[i].addr) && !implied_move(&moving, config, state, &addr))
            continue;
        if (iac_state_find(state, addr)) {
            iac_str from = iac_addr_text(arena, instances[i].addr), to = iac_addr_text(arena, addr);
            iac_diag_warning(diags, IAC_NO_RANGE, "Unresolved resource instance address changes",
                             "iac tried to adjust resource instance addresses in the prior state based on change "
                             "information recorded in the configuration, but some adjustments did not succeed due to "
                             "existing objects already at the intended addresses:\n  - %.*s could not move to %.*s\n\n"
                             "iac has planned to destroy these objects. If iac's proposed changes aren't appropriate, "
                             "you must first resolve the conflicts using the \"iac state\" subcommands and then create "
                             "a new plan.",
                             IAC_FMT(from), IAC_FMT(to));
            continue;
        }
        iac_addr *old = iac_arena_new_of(arena, iac_addr);
        *old = instances[i].addr;
        instances[i].addr = addr;
        iac_map_put(ret_moved, iac_addr_text(arena, addr), old);
        if (instances[i].current && instances[i].current->dependency_count)
            iac_map_put(&left, static_text(arena, *old), (void *)(uintptr_t)instances[i].current);
        any = true;
    }
    if (left.n)
        hand_on(arena, instances, state->instance_count, &left);
    iac_map_clear(&left);
    iac_vec_clear(&moving.moves.list);
    if (!any)
        return state;
    qsort(instances, state->instance_count, sizeof(*instances), compare_instances);
    result->instances = instances;
    return result;
}

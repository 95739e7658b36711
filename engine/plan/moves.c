/* Carries stored instances over to new addresses: moved blocks, and the moves that count and its absence imply. Runs
 * before anything is planned, on a copy of the state. */
#include "engine/plan/moves.h"

#include <stdlib.h>
#include <string.h>

struct moving {
    iac_arena *arena;
    iac_arena *scratch; /* emptied for each instance */
    iac_moves moves;
    uint32_t *next;  /* of each block: index + 1 of the next of the same source; 0: none */
    iac_map sources; /* source as `source_text` tells it -> index + 1 of the first block */
    iac_map spoken;  /* resources and modules at either end, without keys */
    iac_buf collisions; /* what could not move, a line each */
    size_t deepest;  /* a block stands in a module of at most so many steps */
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

/* How a source is found: the steps of the block's module without keys, then the rest with them. */
static iac_str source_text(iac_arena *arena, iac_addr addr, size_t keyless, bool is_module)
{
    iac_module_step *steps = iac_arena_array(arena, iac_module_step, addr.module.n);
    for (size_t i = 0; i < addr.module.n; i++) {
        steps[i] = addr.module.steps[i];
        if (i < keyless)
            steps[i].key = (iac_key){ 0 };
    }
    addr.module.steps = steps;
    return is_module ? iac_module_addr_text(arena, addr.module) : iac_addr_text(arena, addr);
}

/* An end of the block, from the root. */
static iac_addr from_root(iac_arena *arena, const iac_move *move, iac_addr end)
{
    size_t n = move->module.n;
    iac_module_step *steps = iac_arena_array(arena, iac_module_step, n + end.module.n);
    if (n)
        memcpy(steps, move->module.steps, n * sizeof(*steps));
    if (end.module.n)
        memcpy(steps + n, end.module.steps, end.module.n * sizeof(*steps));
    end.module = (iac_module_addr){ steps, n + end.module.n };
    return end;
}

/* Makes blocks found by what they move, so that instances do not try each. */
static void index_moves(struct moving *moving)
{
    moving->next = iac_arena_array(moving->arena, uint32_t, moving->moves.list.n);
    for (size_t i = moving->moves.list.n; i-- > 0;) { /* the first block of a source comes to stand in front */
        const iac_move *move = &moving->moves.list.v[i];
        iac_addr from = from_root(moving->arena, move, move->from), to = from_root(moving->arena, move, move->to);
        void **at = iac_map_at(&moving->sources, source_text(moving->arena, from, move->module.n, move->is_module));
        moving->next[i] = (uint32_t)(uintptr_t)*at;
        *at = (void *)(uintptr_t)(i + 1);
        from.key = to.key = (iac_key){ 0 };
        iac_map_put(&moving->spoken, source_text(moving->arena, from, SIZE_MAX, move->is_module), moving);
        iac_map_put(&moving->spoken, source_text(moving->arena, to, SIZE_MAX, move->is_module), moving);
        if (move->module.n > moving->deepest)
            moving->deepest = move->module.n;
    }
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

/* Whether a moved block speaks of the resource, or of a module it is in: then nothing is implied. */
static bool is_spoken_of(const struct moving *moving, iac_addr addr)
{
    addr.key = (iac_key){ 0 };
    if (!moving->moves.list.n)
        return false;
    if (iac_map_has(&moving->spoken, source_text(moving->scratch, addr, SIZE_MAX, false)))
        return true;
    for (; addr.module.n; addr.module.n--)
        if (iac_map_has(&moving->spoken, source_text(moving->scratch, addr, SIZE_MAX, true)))
            return true;
    return false;
}

/* The first block, in the order they were written, that names the source and fits. */
static void look_up(struct moving *moving, iac_str source, const iac_addr *addr, iac_addr *ret, size_t *best)
{
    for (size_t k = (uintptr_t)iac_map_get(&moving->sources, source); k && k - 1 < *best;
         k = moving->next[k - 1]) {
        iac_addr moved = *addr;
        if (!apply_move(moving, &moving->moves.list.v[k - 1], &moved))
            continue;
        *best = k - 1;
        *ret = moved;
        return;
    }
}

/* Moves an address by one block; false when none names it. */
static bool move_once(struct moving *moving, iac_addr *addr)
{
    size_t best = SIZE_MAX;
    iac_addr moved = *addr;
    for (size_t keyless = 0; keyless <= moving->deepest && keyless <= addr->module.n; keyless++) {
        iac_addr part = *addr;
        look_up(moving, source_text(moving->scratch, part, keyless, false), addr, &moved, &best);
        part.key = (iac_key){ 0 };
        if (addr->key.kind != IAC_KEY_NONE)
            look_up(moving, source_text(moving->scratch, part, keyless, false), addr, &moved, &best);
        for (; part.module.n > keyless; part.module.n--) {
            look_up(moving, source_text(moving->scratch, part, keyless, true), addr, &moved, &best);
            iac_module_step *steps = iac_arena_array(moving->scratch, iac_module_step, part.module.n);
            memcpy(steps, part.module.steps, part.module.n * sizeof(*steps));
            if (steps[part.module.n - 1].key.kind == IAC_KEY_NONE)
                continue;
            steps[part.module.n - 1].key = (iac_key){ 0 }; /* all instances of the call */
            iac_addr call = part;
            call.module.steps = steps;
            look_up(moving, source_text(moving->scratch, call, keyless, true), addr, &moved, &best);
        }
    }
    *addr = moved;
    return best != SIZE_MAX;
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

/* Moves an address by one block, unless there was an object: those in the way leave later, if they do. *ret_stopped: there
 * was. False when no block names the address. */
static bool hop(struct moving *moving, const iac_state *state, const iac_map *moved, iac_addr origin, iac_addr *addr,
                bool *ret_stopped)
{
    iac_addr to = *addr;
    if (!move_once(moving, &to))
        return false;
    iac_str text = iac_addr_text(moving->scratch, to);
    *ret_stopped = !iac_addr_equal(to, origin) && (iac_state_find(state, to) || iac_map_has(moved, text));
    if (*ret_stopped)
        iac_buf_printf(&moving->collisions, "\n  - %.*s could not move to %.*s",
                       IAC_FMT(iac_addr_text(moving->scratch, *addr)), IAC_FMT(text));
    else
        *addr = to;
    return true;
}

static void warn_of_collisions(struct moving *moving, iac_diags *diags)
{
    if (!moving->collisions.n)
        return;
    iac_diag_warning(diags, IAC_NO_RANGE, "Unresolved resource instance address changes",
                     "iac tried to adjust resource instance addresses in the prior state based on change information "
                     "recorded in the configuration, but some adjustments did not succeed due to existing objects "
                     "already at the intended addresses:%.*s\n\niac has planned to destroy these objects. If iac's "
                     "proposed changes aren't appropriate, you must first resolve the conflicts using the \"iac state\" "
                     "subcommands and then create a new plan.",
                     IAC_FMT(iac_buf_view(&moving->collisions)));
}

static void end_moving(struct moving *moving)
{
    iac_buf_clear(&moving->collisions);
    iac_vec_clear(&moving->moves.list);
    iac_map_clear(&moving->sources);
    iac_map_clear(&moving->spoken);
    iac_arena_free(moving->scratch);
}

const iac_state *iac_plan_moves(iac_arena *arena, const iac_config *config, const iac_state *state,
                                iac_map *ret_moved, iac_diags *diags)
{
    struct moving moving = { .arena = arena, .scratch = iac_arena_new() };
    iac_buf_init(&moving.collisions, IAC_BUF_UNLIMITED);
    iac_moves_collect(arena, config->root, &moving.moves);
    index_moves(&moving);
    if (!state || state->instance_count == 0) {
        end_moving(&moving);
        return state;
    }
    iac_state *result = iac_arena_new_of(arena, iac_state);
    *result = *state;
    iac_state_instance *instances = iac_arena_array(arena, iac_state_instance, state->instance_count);
    memcpy(instances, state->instances, state->instance_count * sizeof(*instances));
    bool any = false;
    for (size_t i = 0; i < state->instance_count; i++) {
        iac_addr addr = instances[i].addr;
        iac_arena_reset(moving.scratch);
        bool stopped = false;
        for (size_t hops = 0; hops <= moving.moves.list.n && moving.moves.list.n && !stopped; hops++)
            if (!hop(&moving, state, ret_moved, instances[i].addr, &addr, &stopped))
                break;
        if (iac_addr_equal(addr, instances[i].addr) && (stopped || !implied_move(&moving, config, state, &addr)))
            continue;
        iac_addr *old = iac_arena_new_of(arena, iac_addr);
        *old = instances[i].addr;
        instances[i].addr = addr;
        iac_map_put(ret_moved, iac_addr_text(arena, addr), old);
        any = true;
    }
    warn_of_collisions(&moving, diags);
    end_moving(&moving);
    if (!any)
        return state;
    qsort(instances, state->instance_count, sizeof(*instances), compare_instances);
    result->instances = instances;
    return result;
}

/* Whether moved blocks agree with the configuration and with each other. What instances are declared is known only once
 * everything was planned, on a state that the moves have already changed: their faults come before all others then. */
#include <string.h>

#include "engine/plan/moves.h"

typedef struct ends { /* what one end is bound to, and by which block */
    iac_str other;
    iac_range range;
} ends;

typedef struct checker {
    iac_planner *planner;
    iac_arena *arena;
    iac_moves moves;
    iac_map instances; /* address of a module instance -> it */
    iac_map modules;   /* address of a module -> iac_run_module */
    iac_map from, to;  /* address, after its kind -> ends */
    iac_diags *diags;
} checker;

static const char *noun(const iac_move *move)
{
    if (iac_move_of_instance(move))
        return move->is_module ? "module instance" : "resource instance";
    return move->is_module ? "module call" : "resource";
}

static const char *short_noun(const iac_move *move)
{
    return iac_move_of_instance(move) ? "instance" : move->is_module ? "call" : "resource";
}

static iac_addr absolute(checker *c, iac_module_addr module, iac_addr relative)
{
    iac_module_step *steps = iac_arena_array(c->arena, iac_module_step, module.n + relative.module.n);
    if (module.n)
        memcpy(steps, module.steps, module.n * sizeof(*steps));
    if (relative.module.n)
        memcpy(steps + module.n, relative.module.steps, relative.module.n * sizeof(*steps));
    relative.module = (iac_module_addr){ steps, module.n + relative.module.n };
    return relative;
}

static iac_str end_text(checker *c, const iac_move *move, iac_addr end)
{
    return move->is_module ? iac_module_addr_text(c->arena, end.module) : iac_addr_text(c->arena, end);
}

static iac_str start_of(checker *c, iac_range range)
{
    if (!range.src)
        return IAC_STR("<unknown>");
    iac_pos pos = iac_source_pos(range.src, range.start);
    return iac_arena_printf(c->arena, "%.*s:%u,%u", IAC_FMT(range.src->name), pos.line, pos.column);
}

/* ---- what is still declared ---- */

static const iac_run_module *module_of(const checker *c, iac_module_addr path)
{
    return iac_map_get(&c->modules, iac_module_addr_text(c->arena, iac_module_addr_static(c->arena, path)));
}

static bool repeats(iac_range *ret, const iac_expr *count, const iac_expr *for_each)
{
    const iac_expr *by = for_each ? for_each : count;
    if (by)
        *ret = by->range;
    return by != NULL;
}

static bool module_declared(checker *c, const iac_move *move, iac_module_addr path, iac_range *ret)
{
    iac_module_addr parent = { path.steps, path.n - 1 };
    const iac_run_module *module = module_of(c, parent);
    if (!module || !iac_map_has(&c->instances, iac_module_addr_text(c->arena, parent)))
        return false;
    const iac_module_call *call = iac_map_get(&module->config->call_map, path.steps[path.n - 1].name);
    if (!call)
        return false;
    *ret = call->range;
    if (!iac_move_of_instance(move))
        return true;
    repeats(ret, call->count, call->for_each);
    return iac_map_has(&c->instances, iac_module_addr_text(c->arena, path));
}

static bool resource_declared(checker *c, const iac_move *move, iac_addr addr, iac_range *ret)
{
    const iac_module_instance *instance = iac_map_get(&c->instances, iac_module_addr_text(c->arena, addr.module));
    iac_addr whole = addr;
    whole.key = (iac_key){ 0 };
    whole.module = iac_module_addr_static(c->arena, addr.module);
    const iac_node *node = iac_map_get(&c->planner->run.resource_nodes, iac_addr_text(c->arena, whole));
    if (!instance || !node || node->kind != IAC_NODE_RESOURCE || !node->expansions || instance->index >= node->slots)
        return false;
    const iac_expansion *expansion = &node->expansions[instance->index];
    *ret = node->resource->range;
    if (!expansion->done || !iac_move_of_instance(move))
        return expansion->done;
    repeats(ret, node->resource->count, node->resource->for_each);
    return iac_expansion_find(expansion, addr.key) != NULL;
}

static void check_gone(checker *c, const iac_move *move, iac_addr from, iac_addr to)
{
    iac_range range;
    if (c->planner->options->mode == IAC_PLAN_DESTROY)
        return; /* nothing is declared then */
    if (!(move->is_module ? module_declared(c, move, from.module, &range) : resource_declared(c, move, from, &range)))
        return;
    iac_str from_text = end_text(c, move, from), to_text = end_text(c, move, to), at = start_of(c, range);
    iac_diag_error(c->diags, move->range, "Moved object still exists",
                   "This statement declares a move from %.*s, but that %s is still declared at %.*s.\n\nChange your "
                   "configuration so that this %s will be declared as %.*s instead.", IAC_FMT(from_text), noun(move),
                   IAC_FMT(at), short_noun(move), IAC_FMT(to_text));
}

/* ---- one block against another ---- */

/* Notes what the end is bound to; what it is bound to already is returned where that is another. */
static const ends *bind(checker *c, iac_map *map, const iac_move *move, iac_str end, iac_str other)
{
    iac_str key = iac_arena_printf(c->arena, "%s %.*s", noun(move), IAC_FMT(end));
    void **slot = iac_map_at(map, key);
    if (*slot) {
        const ends *bound = *slot;
        return iac_str_eq(bound->other, other) ? NULL : bound;
    }
    ends *bound = iac_arena_new_of(c->arena, ends);
    *bound = (ends){ other, move->range };
    *slot = bound;
    return NULL;
}

static void check_bound(checker *c, const iac_move *move, iac_addr from, iac_addr to)
{
    iac_str from_text = end_text(c, move, from), to_text = end_text(c, move, to);
    const ends *bound = bind(c, &c->from, move, from_text, to_text);
    if (bound) {
        iac_str at = start_of(c, bound->range);
        iac_diag_error(c->diags, move->range, "Ambiguous move statements",
                       "A statement at %.*s declared that %.*s moved to %.*s, but this statement instead declares that "
                       "it moved to %.*s.\n\nEach %s can move to only one destination %s.", IAC_FMT(at),
                       IAC_FMT(from_text), IAC_FMT(bound->other), IAC_FMT(to_text), noun(move), short_noun(move));
    }
    bound = bind(c, &c->to, move, to_text, from_text);
    if (bound) {
        iac_str at = start_of(c, bound->range);
        iac_diag_error(c->diags, move->range, "Ambiguous move statements",
                       "A statement at %.*s declared that %.*s moved to %.*s, but this statement instead declares that "
                       "%.*s moved there.\n\nEach %s can have moved from only one source %s.", IAC_FMT(at),
                       IAC_FMT(bound->other), IAC_FMT(to_text), IAC_FMT(from_text), noun(move), short_noun(move));
    }
}

static void check_move(checker *c, const iac_move *move)
{
    const iac_run_module *module = module_of(c, move->module);
    for (uint32_t i = 0; module && i < module->instance_count; i++) {
        iac_addr from = absolute(c, module->instances[i]->addr, move->from);
        iac_addr to = absolute(c, module->instances[i]->addr, move->to);
        iac_str from_text = end_text(c, move, from);
        if (iac_str_eq(from_text, end_text(c, move, to))) {
            iac_diag_error(c->diags, move->range, "Redundant move statement",
                           "This statement declares a move from %.*s to the same address, which is the same as not "
                           "declaring this move at all.", IAC_FMT(from_text));
            continue;
        }
        check_gone(c, move, from, to);
        check_bound(c, move, from, to);
    }
}

bool iac_plan_validate_moves(iac_planner *planner, iac_diags *diags)
{
    checker c = { .planner = planner, .arena = planner->run.arena, .diags = diags };
    size_t errors = diags->errors;
    iac_moves_collect(c.arena, planner->run.config->root, &c.moves);
    for (size_t i = 0; c.moves.list.n && i < planner->run.module_count; i++) {
        iac_run_module *module = planner->run.modules[i];
        iac_map_put(&c.modules, iac_module_addr_text(c.arena, module->config->path), module);
        for (uint32_t k = 0; k < module->instance_count; k++)
            iac_map_put(&c.instances, iac_module_addr_text(c.arena, module->instances[k]->addr), module->instances[k]);
    }
    for (size_t i = 0; i < c.moves.list.n; i++)
        check_move(&c, &c.moves.list.v[i]);
    if (diags->errors == errors)
        iac_moves_check_cycles(c.arena, &c.moves, diags);
    iac_map_clear(&c.modules);
    iac_map_clear(&c.instances);
    iac_map_clear(&c.from);
    iac_map_clear(&c.to);
    iac_vec_clear(&c.moves.list);
    return diags->errors == errors;
}

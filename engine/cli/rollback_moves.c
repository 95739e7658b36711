/* engine/cli/rollback_moves.c - undoing what moved blocks and state mv have renamed since an entry of the history. */
#include "engine/cli/rollback_moves.h"

#include <string.h>

typedef struct rename { /* NULL texts: it came back */
    iac_str now, then;
} rename_entry;

typedef struct renames {
    IAC_VEC(rename_entry) list; /* what is called so today was called so then */
    iac_map by_then;            /* then -> index + 1: older renames go on from there */
} renames;

/* An older entry has renamed `before` to `after`. */
static void add(renames *r, iac_str before, iac_str after)
{
    size_t at = (size_t)(uintptr_t)iac_map_get(&r->by_then, after);
    if (at) {
        iac_map_put(&r->by_then, after, NULL);
    } else {
        iac_vec_push(&r->list, (rename_entry){ .now = after });
        at = r->list.n;
    }
    r->list.v[at - 1].then = before;
    iac_map_put(&r->by_then, before, (void *)(uintptr_t)at);
}

static void add_planned(iac_cli *cli, renames *r, const iac_plan *plan)
{
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *c = &plan->changes[i];
        if (c->moved && !iac_addr_equal(c->addr, c->previous))
            add(r, iac_addr_text(cli->arena, c->previous), iac_addr_text(cli->arena, c->addr));
    }
}

/* An object that is gone under one address and there under another was renamed by hand. */
static iac_status add_by_hand(iac_cli *cli, renames *r, int64_t number)
{
    const iac_state *before = NULL, *after = NULL;
    iac_map gone = { 0 };
    if (iac_history_state(cli->store, number, true, cli->arena, &before, &cli->diags) != IAC_OK ||
        iac_history_state(cli->store, number, false, cli->arena, &after, &cli->diags) != IAC_OK)
        return IAC_ERR;
    for (size_t i = 0; i < before->instance_count; i++) {
        const iac_state_instance *instance = &before->instances[i];
        if (instance->current && !iac_state_find(after, instance->addr))
            iac_map_put(&gone, iac_arena_printf(cli->arena, "%.*s %.*s", IAC_FMT(instance->addr.type),
                                                IAC_FMT(instance->current->attributes)), (void *)instance);
    }
    for (size_t i = 0; i < after->instance_count; i++) {
        const iac_state_instance *instance = &after->instances[i];
        if (!instance->current || iac_state_find(before, instance->addr))
            continue;
        iac_str key = iac_arena_printf(cli->arena, "%.*s %.*s", IAC_FMT(instance->addr.type),
                                       IAC_FMT(instance->current->attributes));
        const iac_state_instance *was = iac_map_get(&gone, key);
        if (was)
            add(r, iac_addr_text(cli->arena, was->addr), iac_addr_text(cli->arena, instance->addr));
    }
    iac_map_clear(&gone);
    return IAC_OK;
}

static iac_status gather(iac_cli *cli, int64_t since, renames *r)
{
    const iac_history_entry *entries = NULL;
    size_t n = 0;
    if (iac_history_list(cli->store, cli->arena, &entries, &n, &cli->diags) != IAC_OK)
        return IAC_ERR;
    for (size_t i = 0; i < n && entries[i].number > since; i++) {
        iac_history_entry entry = { 0 };
        const iac_plan *plan = NULL;
        if (iac_str_is(entries[i].command, "state mv") && add_by_hand(cli, r, entries[i].number) != IAC_OK)
            return IAC_ERR;
        if (!entries[i].has_plan)
            continue;
        if (iac_history_load(cli->store, entries[i].number, cli->arena, &entry, &cli->diags) != IAC_OK ||
            iac_planfile_unpack(cli->arena, entry.plan, NULL, &plan, &cli->diags) != IAC_OK)
            return IAC_ERR;
        add_planned(cli, r, plan);
    }
    return IAC_OK;
}

static bool is_declared(const iac_config *config, iac_addr addr)
{
    const iac_module_config *module = config->root;
    for (size_t i = 0; module && i < addr.module.n; i++) {
        const iac_module_call *call = iac_map_get(&module->call_map, addr.module.steps[i].name);
        module = call ? call->module : NULL;
    }
    return module && iac_module_resource(module, addr.mode, addr.type, addr.name);
}

static bool same_resource(iac_arena *arena, iac_addr a, iac_addr b)
{
    a.key = b.key = (iac_key){ 0 };
    return iac_str_eq(iac_addr_text(arena, a), iac_addr_text(arena, b));
}

/* Whether the path leads to the module or into it; keys that the module leaves open may be any. */
static bool is_within(iac_module_addr path, iac_module_addr module)
{
    if (path.n < module.n)
        return false;
    for (size_t i = 0; i < module.n; i++)
        if (!iac_str_eq(path.steps[i].name, module.steps[i].name) ||
            (module.steps[i].key.kind != IAC_KEY_NONE && !iac_key_equal(path.steps[i].key, module.steps[i].key)))
            return false;
    return true;
}

/* Whether the configuration itself says that the object was moved, by itself or with its module: saying it again would
 * be a second statement of the same thing, which is refused. */
static bool says_moved(iac_cli *cli, const iac_config *config, iac_addr addr)
{
    bool found = false;
    for (size_t i = 0; i < config->root->moved_count && !found; i++) {
        iac_diags drop = IAC_DIAGS_INIT;
        iac_addr from;
        bool is_module = false;
        if (iac_target_parse(cli->arena, iac_range_text(config->root->moved[i].from->range), &from, &is_module,
                             &drop) == IAC_OK &&
            is_within(addr.module, from.module))
            found = is_module || (addr.module.n == from.module.n && iac_str_eq(addr.type, from.type) &&
                                  iac_str_eq(addr.name, from.name) &&
                                  (from.key.kind == IAC_KEY_NONE || iac_key_equal(addr.key, from.key)));
        iac_diags_clear(&drop);
    }
    return found;
}

static bool is_wanted(iac_cli *cli, const iac_config *config, const iac_state *state, const rename_entry *r)
{
    iac_addr now, then;
    if (iac_str_eq(r->now, r->then) || iac_addr_parse(cli->arena, r->now, &now, &cli->diags) != IAC_OK ||
        iac_addr_parse(cli->arena, r->then, &then, &cli->diags) != IAC_OK)
        return false;
    if (now.mode != IAC_MANAGED || !iac_state_find(state, now) || iac_state_find(state, then))
        return false;
    if (is_declared(config, now) && !same_resource(cli->arena, now, then))
        return false; /* another resource had the name then */
    return !says_moved(cli, config, now);
}

iac_status iac_rollback_moves(iac_cli *cli, int64_t since, const iac_config *config, const iac_state *state,
                              iac_str *ret)
{
    renames r = { 0 };
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_status status = gather(cli, since, &r);
    for (size_t i = 0; status == IAC_OK && i < r.list.n; i++)
        if (is_wanted(cli, config, state, &r.list.v[i]))
            iac_buf_printf(&out, "moved {\n  from = %.*s\n  to   = %.*s\n}\n", IAC_FMT(r.list.v[i].now),
                           IAC_FMT(r.list.v[i].then));
    *ret = iac_arena_str(cli->arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    iac_vec_clear(&r.list);
    iac_map_clear(&r.by_then);
    return status;
}

#include "engine/cli/requirements.h"

#include "lang/config/version.h"

#include <stdlib.h>

typedef struct collector {
    iac_arena *arena;
    iac_map seen; /* address text: index + 1 */
    iac_requirements *out;
} collector;

static void add(collector *c, iac_provider_addr addr, iac_str constraint, iac_range range)
{
    void **slot = iac_map_at(&c->seen, iac_provider_addr_text(c->arena, addr));

    if (!*slot) {
        iac_vec_push(c->out, (iac_requirement){ addr, constraint, range });
        *slot = (void *)(uintptr_t)c->out->n;
        return;
    }
    iac_requirement *had = &c->out->v[(uintptr_t)*slot - 1];
    if (constraint.n) { /* each text once, however many modules have it */
        iac_str addr_text = iac_provider_addr_text(c->arena, addr);
        void **told = iac_map_at(&c->seen, iac_arena_printf(c->arena, "%.*s %.*s", IAC_FMT(addr_text),
                                                            IAC_FMT(constraint)));
        if (*told)
            constraint = (iac_str){ 0 };
        else
            *told = c;
    }
    if (!had->range.src)
        had->range = range;
    if (!had->constraint.n)
        had->constraint = constraint;
    else if (constraint.n && !iac_str_eq(constraint, had->constraint))
        had->constraint = iac_arena_printf(c->arena, "%.*s, %.*s", IAC_FMT(had->constraint), IAC_FMT(constraint));
}

static void collect(collector *c, const iac_module_config *module)
{
    for (size_t i = 0; i < module->required_provider_count; i++)
        add(c, module->required_providers[i].addr, module->required_providers[i].version,
            module->required_providers[i].range);
    for (size_t i = 0; i < module->provider_count; i++)
        add(c, iac_module_provider_addr(module, module->providers[i].name), (iac_str){ 0 }, module->providers[i].range);
    for (size_t i = 0; i < module->resource_count; i++)
        add(c, iac_module_provider_addr(module, module->resources[i].provider.name), (iac_str){ 0 },
            module->resources[i].range);
    for (size_t i = 0; i < module->check_count; i++)
        if (module->checks[i].data)
            add(c, iac_module_provider_addr(module, module->checks[i].data->provider.name), (iac_str){ 0 },
                module->checks[i].data->range);
}

static void collect_tree(collector *c, const iac_module_config *module)
{
    collect(c, module);
    for (size_t i = 0; i < module->call_count; i++)
        if (module->calls[i].module)
            collect_tree(c, module->calls[i].module);
}

static int cmp_requirements(const void *a, const void *b)
{
    const iac_provider_addr *x = &((const iac_requirement *)a)->addr, *y = &((const iac_requirement *)b)->addr;
    int order = iac_str_cmp(x->host, y->host);

    if (!order)
        order = iac_str_cmp(x->namespace_, y->namespace_);
    return order ? order : iac_str_cmp(x->type, y->type);
}

static void finish(collector *c)
{
    for (size_t i = 0; i < c->out->n; i++)
        c->out->v[i].constraint = iac_version_constraint_canonical(c->arena, c->out->v[i].constraint);
    if (c->out->n)
        qsort(c->out->v, c->out->n, sizeof(*c->out->v), cmp_requirements);
    iac_map_clear(&c->seen);
}

void iac_requirements_of_module(iac_arena *arena, const iac_module_config *module, iac_requirements *ret)
{
    collector c = { .arena = arena, .out = ret };
    collect(&c, module);
    finish(&c);
}

void iac_requirements_of_tree(iac_arena *arena, const iac_module_config *root, iac_requirements *ret)
{
    collector c = { .arena = arena, .out = ret };
    collect_tree(&c, root);
    finish(&c);
}

iac_str iac_requirement_in_state(iac_str provider)
{
    size_t open = iac_str_find(provider, IAC_STR("provider[\""), 0), close = iac_str_find(provider, IAC_STR("\"]"), 0);

    if (open == SIZE_MAX || close == SIZE_MAX || open + 10 > close)
        return (iac_str){ 0 };
    return iac_str_sub(provider, open + 10, close);
}

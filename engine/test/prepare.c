/* What a run tests: the configuration with the providers of the test, and what stands in for its objects. */
#include "engine/test/tester.h"

#include <string.h>

/* ---- which provider configurations the module has a use for ---- */

static void note_use(iac_arena *arena, iac_map *used, iac_str name, iac_str alias)
{
    iac_map_put(used, alias.n ? iac_arena_printf(arena, "%.*s.%.*s", IAC_FMT(name), IAC_FMT(alias)) : name, used);
}

static void note_module(iac_arena *arena, iac_map *used, const iac_module_config *module)
{
    for (size_t i = 0; i < module->required_provider_count; i++) {
        const iac_required_provider *required = &module->required_providers[i];
        note_use(arena, used, required->name, (iac_str){ 0 });
        for (size_t k = 0; k < required->alias_count; k++)
            note_use(arena, used, required->aliases[k].name, required->aliases[k].alias);
    }
    for (size_t i = 0; i < module->provider_count; i++)
        note_use(arena, used, module->providers[i].name, module->providers[i].alias);
    for (size_t i = 0; i < module->resource_count; i++)
        note_use(arena, used, module->resources[i].provider.name, module->resources[i].provider.alias);
    for (size_t i = 0; i < module->check_count; i++)
        if (module->checks[i].data)
            note_use(arena, used, module->checks[i].data->provider.name, module->checks[i].data->provider.alias);
    for (size_t i = 0; i < module->call_count; i++) {
        const iac_module_call *call = &module->calls[i];
        for (size_t k = 0; k < call->provider_count; k++)
            note_use(arena, used, call->providers[k].parent.name, call->providers[k].parent.alias);
        if (call->module)
            note_module(arena, used, call->module);
    }
}

/* ---- provider configurations ---- */

typedef struct config_build {
    iac_tester *tester;
    const iac_config *config;
    IAC_VEC(iac_provider_config) list;
    iac_map index; /* "name.alias": place + 1 */
    iac_test_scope *scope; /* of provider bodies */
} config_build;

static void put_provider(config_build *b, iac_provider_config provider)
{
    iac_str key = iac_arena_printf(b->tester->arena, "%.*s.%.*s", IAC_FMT(provider.name), IAC_FMT(provider.alias));
    void **slot = iac_map_at(&b->index, key);

    if (*slot) {
        b->list.v[(uintptr_t)*slot - 1] = provider;
        return;
    }
    iac_vec_push(&b->list, provider);
    *slot = (void *)(uintptr_t)b->list.n;
}

static const iac_provider_config *of_file(const iac_test_file *file, iac_str name, iac_str alias)
{
    for (size_t i = 0; i < file->provider_count; i++)
        if (iac_str_eq(file->providers[i].name, name) && iac_str_eq(file->providers[i].alias, alias))
            return &file->providers[i];
    return NULL;
}

/* Only the providers that the run names. */
static void put_named(config_build *b, const iac_test_run *run, iac_diags *diags)
{
    for (size_t i = 0; i < run->provider_count; i++) {
        const struct iac_passed_provider *passed = &run->providers[i];
        const iac_provider_config *found = of_file(b->tester->file->config, passed->parent.name, passed->parent.alias);
        if (!found) {
            iac_range range = passed->parent.range;
            iac_str shown = iac_range_text(range);
            iac_str summary = iac_arena_printf(b->tester->arena, "Missing provider definition for %.*s",
                                               IAC_FMT(shown));
            if (range.end - range.start > passed->parent.name.n)
                range.end = range.start + (uint32_t)passed->parent.name.n;
            iac_diag_error(diags, range, summary.p,
                           "This provider block references a provider definition that does not exist.");
            continue;
        }
        iac_provider_config provider = *found;
        provider.name = passed->child.name;
        provider.alias = passed->child.alias;
        provider.scope = &b->scope->scope;
        put_provider(b, provider);
    }
}

/* Every provider of the file that the module has a use for. */
static void put_all(config_build *b)
{
    const iac_test_file *file = b->tester->file->config;
    iac_arena *scratch = iac_arena_new();
    iac_map used = { 0 };

    note_module(scratch, &used, b->config->root);
    for (size_t i = 0; i < file->provider_count; i++) {
        iac_provider_config provider = file->providers[i];
        iac_str key = provider.alias.n ? iac_arena_printf(scratch, "%.*s.%.*s", IAC_FMT(provider.name),
                                                          IAC_FMT(provider.alias))
                                       : provider.name;
        provider.scope = &b->scope->scope;
        if (iac_map_has(&used, key))
            put_provider(b, provider);
    }
    iac_map_clear(&used);
    iac_arena_free(scratch);
}

static int cmp_providers(const void *a, const void *b)
{
    const iac_provider_config *x = a, *y = b;
    int order = iac_str_cmp(x->name, y->name);
    return order ? order : iac_str_cmp(x->alias, y->alias);
}

/* References of the bodies that come from the test file. */
static void check_bodies(config_build *b, iac_diags *diags)
{
    for (size_t i = 0; i < b->list.n; i++) {
        const iac_body *body = b->list.v[i].scope ? b->list.v[i].body : NULL;
        const iac_attribute *attributes = body && !body->json ? body->attributes : NULL;
        for (size_t k = 0; attributes && k < body->attribute_count; k++)
            iac_test_check_refs(b->scope, attributes[k].expr, diags);
    }
}

const iac_config *iac_test_config_for(iac_tester *tester, const iac_config *config, const iac_test_run *run,
                                      iac_diags *diags)
{
    iac_arena *arena = tester->arena;
    config_build b = { .tester = tester, .config = config, .scope = iac_arena_new_of(arena, iac_test_scope) };
    size_t errors = diags->errors;

    iac_test_scope_init(b.scope, tester, config, IAC_TEST_IN_PROVIDER);
    for (size_t i = 0; i < config->root->provider_count; i++)
        put_provider(&b, config->root->providers[i]);
    if (run->provider_count)
        put_named(&b, run, diags);
    else
        put_all(&b);
    check_bodies(&b, diags);

    iac_module_config *root = iac_arena_new_of(arena, iac_module_config);
    iac_provider_config *providers = iac_arena_array(arena, iac_provider_config, b.list.n);
    iac_config *made = iac_arena_new_of(arena, iac_config);
    *root = *config->root;
    if (b.list.n) {
        memcpy(providers, b.list.v, b.list.n * sizeof(*providers));
        qsort(providers, b.list.n, sizeof(*providers), cmp_providers);
    }
    root->providers = providers;
    root->provider_count = b.list.n;
    *made = (iac_config){ .arena = config->arena, .root = root };
    iac_vec_clear(&b.list);
    iac_map_clear(&b.index);
    return diags->errors == errors ? made : NULL;
}

/* ---- overrides ---- */

/* A run's own come after those of its file, and win. */
iac_overrides *iac_test_overrides_for(iac_tester *tester, const iac_test_run *run)
{
    iac_override_configs lists[] = { tester->file->config->overrides, run->overrides };
    iac_overrides *overrides = iac_arena_new_of(tester->arena, iac_overrides);

    for (size_t k = 0; k < IAC_COUNT(lists); k++)
        for (size_t i = 0; i < lists[k].n; i++) {
            const iac_override_config *override = &lists[k].v[i];
            iac_map_put(override->kind == IAC_OVERRIDE_MODULE ? &overrides->modules : &overrides->resources,
                        override->address, (void *)&override->values);
        }
    iac_map_settle(&overrides->resources, tester->arena);
    iac_map_settle(&overrides->modules, tester->arena);
    return overrides;
}

static const iac_module_config *module_at(const iac_config *config, iac_module_addr addr)
{
    const iac_module_config *module = config->root;

    for (size_t i = 0; module && i < addr.n; i++) {
        const iac_module_call *call = iac_map_get(&module->call_map, addr.steps[i].name);
        module = call ? call->module : NULL;
    }
    return module;
}

void iac_test_check_overrides(iac_tester *tester, iac_override_configs overrides, const iac_config *config,
                              iac_diags *diags)
{
    (void)tester;
    for (size_t i = 0; i < overrides.n; i++) {
        const iac_override_config *override = &overrides.v[i];
        const iac_module_config *module = module_at(config, override->target.module);
        bool found = module && (override->kind == IAC_OVERRIDE_MODULE ||
                                iac_module_resource(module, override->target.mode, override->target.type,
                                                    override->target.name));
        if (!found)
            iac_diag_warning(diags, override->target_range, "Invalid override target",
                             "The override target %.*s does not exist within the configuration under test. This could "
                             "indicate a typo in the target address or an unnecessary override.",
                             IAC_FMT(override->address));
    }
}

/* Objects of a test file that stand for objects of the configuration. */
#include "engine/plan/run.h"

/* The address of the resource: the instance's without its key. */
static iac_str without_key(const iac_node *node, iac_arena *arena, iac_str address)
{
    if (!iac_str_ends(address, IAC_STR("]")))
        return address;
    iac_str name = iac_arena_printf(arena, "%.*s.%.*s[", IAC_FMT(node->resource_addr.type),
                                    IAC_FMT(node->resource_addr.name));
    size_t at = iac_str_find(address, name, 0);
    return at == SIZE_MAX ? address : iac_str_sub(address, 0, at + name.n - 1);
}

/* Those that a mocked provider brings along are for its own resources. */
static const iac_mock_values *of_provider(const iac_node *node, iac_str address)
{
    const iac_mock *mock = node->provider && node->provider->config ? node->provider->config->mock : NULL;
    return mock ? iac_map_get(&mock->overrides, address) : NULL;
}

const iac_mock_values *iac_override_of(const iac_run *run, const iac_node *node, iac_str address)
{
    if (node->kind != IAC_NODE_RESOURCE && node->kind != IAC_NODE_ORPHAN)
        return NULL;
    iac_arena *scratch = iac_arena_new();
    iac_str whole = without_key(node, scratch, address);
    const iac_mock_values *found = iac_map_get(&run->overrides->resources, address);
    if (!found)
        found = iac_map_get(&run->overrides->resources, whole);
    if (!found)
        found = of_provider(node, address);
    if (!found)
        found = of_provider(node, whole);
    iac_arena_free(scratch);
    return found;
}

const iac_mock_values *iac_override_of_module(const iac_run *run, iac_arena *scratch, iac_module_addr addr)
{
    const iac_mock_values *found = iac_map_get(&run->overrides->modules, iac_module_addr_text(scratch, addr));
    if (found || addr.n == 0 || addr.steps[addr.n - 1].key.kind == IAC_KEY_NONE)
        return found;
    iac_module_addr call = iac_module_addr_copy(scratch, addr);
    ((iac_module_step *)&call.steps[call.n - 1])->key = (iac_key){ 0 };
    return iac_map_get(&run->overrides->modules, iac_module_addr_text(scratch, call));
}

const iac_value *iac_override_output(const iac_mock_values *override, iac_str name)
{
    const iac_value *v = override->values ? iac_value_get(override->values, name) : NULL;
    return v ? v : &iac_null_dynamic;
}

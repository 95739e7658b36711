/* Lays the configuration out as nodes and edges. Everything here is linear in the configuration and its references. */
#include "engine/plan/run.h"
#include "engine/provision/provision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state_indexes {
    IAC_VEC(uint32_t) v;
};

static iac_node *add_node(iac_run *run, iac_node_kind kind, iac_run_module *module, iac_range range, iac_str name)
{
    iac_node *node = iac_arena_new_of(run->arena, iac_node);
    node->kind = kind;
    node->id = (uint32_t)run->nodes.n;
    node->module = module;
    node->range = range;
    node->name = name;
    iac_vec_push(&run->nodes, node);
    return node;
}

static void add_edge(iac_run *run, const iac_node *node, const iac_node *after)
{
    if (node && after && node != after)
        iac_vec_push(&run->edges, ((iac_edge){ node->id, after->id }));
}

static iac_str in_module(iac_run *run, const iac_run_module *module, const char *format, ...) IAC_PRINTF(3, 4);
static iac_str in_module(iac_run *run, const iac_run_module *module, const char *format, ...)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_module_addr_print(&buf, module->config->path);
    if (buf.n)
        iac_buf_char(&buf, '.');
    va_list args;
    va_start(args, format);
    iac_buf_vprintf(&buf, format, args);
    va_end(args);
    iac_str text = iac_arena_str(run->arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

/* ---- nodes ---- */

static iac_node *add_resource(iac_run *run, iac_run_module *module, const iac_resource_config *resource)
{
    iac_addr addr = { module->config->path, resource->mode, resource->type, resource->name, { 0 } };
    iac_node *node = add_node(run, IAC_NODE_RESOURCE, module, resource->range, iac_addr_text(run->arena, addr));
    node->resource = resource;
    node->resource_addr = addr;
    node->create_before_destroy = resource->lifecycle.create_before_destroy;
    return node;
}

static iac_str checked_key(iac_arena *arena, iac_str type, iac_str name)
{
    return iac_arena_printf(arena, "data.%.*s.%.*s", IAC_FMT(type), IAC_FMT(name));
}

static iac_run_module *add_module(iac_run *run, const iac_module_config *config, iac_run_module *parent,
                                  iac_node *call)
{
    iac_arena *arena = run->arena;
    iac_run_module *module = iac_arena_new_of(arena, iac_run_module);
    module->config = config;
    module->parent = parent;
    module->call = call;
    run->modules = iac_xrealloc(run->modules, (run->module_count + 1) * sizeof(*run->modules));
    run->modules[run->module_count++] = module;

    module->variables = iac_arena_array(arena, iac_node *, config->variable_count);
    for (size_t i = 0; i < config->variable_count; i++) {
        const iac_variable_config *variable = &config->variables[i];
        module->variables[i] = add_node(run, IAC_NODE_VARIABLE, module, variable->range,
                                        in_module(run, module, "var.%.*s", IAC_FMT(variable->name)));
        module->variables[i]->variable = variable;
    }
    module->locals = iac_arena_array(arena, iac_node *, config->local_count);
    for (size_t i = 0; i < config->local_count; i++) {
        const iac_local_config *local = &config->locals[i];
        module->locals[i] = add_node(run, IAC_NODE_LOCAL, module, local->range,
                                     in_module(run, module, "local.%.*s", IAC_FMT(local->name)));
        module->locals[i]->local = local;
    }
    module->outputs = iac_arena_array(arena, iac_node *, config->output_count);
    for (size_t i = 0; i < config->output_count; i++) {
        const iac_output_config *output = &config->outputs[i];
        module->outputs[i] = add_node(run, IAC_NODE_OUTPUT, module, output->range,
                                      in_module(run, module, "output.%.*s", IAC_FMT(output->name)));
        module->outputs[i]->output = output;
    }
    module->resources = iac_arena_array(arena, iac_node *, config->resource_count);
    for (size_t i = 0; i < config->resource_count; i++)
        module->resources[i] = add_resource(run, module, &config->resources[i]);
    for (size_t i = 0; i < config->check_count; i++) {
        const iac_check_config *check = &config->checks[i];
        iac_node *node = add_node(run, IAC_NODE_CHECK, module, check->range,
                                  in_module(run, module, "check.%.*s", IAC_FMT(check->name)));
        node->check = check;
        if (!check->data)
            continue;
        node->nested = add_resource(run, module, check->data);
        node->nested->nested = node;
        iac_map_put(&module->checked, checked_key(arena, check->data->type, check->data->name), node->nested);
    }
    module->calls = iac_arena_array(arena, iac_node *, config->call_count);
    module->children = iac_arena_array(arena, iac_run_module *, config->call_count);
    for (size_t i = 0; i < config->call_count; i++) {
        const iac_module_call *child = &config->calls[i];
        module->calls[i] = add_node(run, IAC_NODE_CALL, module, child->range,
                                    in_module(run, module, "module.%.*s", IAC_FMT(child->name)));
        module->calls[i]->call = child;
        if (child->module)
            module->children[i] = add_module(run, child->module, module, module->calls[i]);
    }
    iac_str path = iac_module_addr_text(arena, module->config->path);
    module->end = add_node(run, IAC_NODE_MODULE_END, module, call ? call->range : IAC_NO_RANGE,
                           iac_arena_printf(arena, "%.*s (close)", IAC_FMT(path.n ? path : IAC_STR("root"))));
    return module;
}

/* ---- providers ---- */

static iac_provider_use *add_use(iac_run *run, iac_run_module *module, const iac_provider_config *config,
                                 iac_provider_addr addr, iac_str alias)
{
    iac_str source = iac_provider_addr_text(run->arena, addr);
    iac_str text = in_module(run, module, "provider[\"%.*s\"]%s%.*s", IAC_FMT(source), alias.n ? "." : "",
                             IAC_FMT(alias));
    for (size_t i = 0; i < run->uses.n; i++) /* a handful */
        if (iac_str_eq(run->uses.v[i]->text, text))
            return run->uses.v[i];
    iac_provider_use *use = iac_arena_new_of(run->arena, iac_provider_use);
    use->addr = addr;
    use->text = text;
    use->source = source;
    use->config = config;
    use->module = module;
    use->node = add_node(run, IAC_NODE_PROVIDER, module, config ? config->range : IAC_NO_RANGE, text);
    use->node->provider = use;
    iac_vec_push(&run->uses, use);
    return use;
}

static iac_str local_name_of(const iac_run_module *module, iac_provider_addr addr, iac_str otherwise)
{
    for (size_t i = 0; i < module->config->required_provider_count; i++)
        if (iac_provider_addr_equal(module->config->required_providers[i].addr, addr))
            return module->config->required_providers[i].name;
    return otherwise;
}

static const struct iac_passed_provider *passed_provider(const iac_run_module *module, iac_str name, iac_str alias)
{
    const iac_module_call *call = module->call->call;
    for (size_t i = 0; i < call->provider_count; i++)
        if (iac_str_eq(call->providers[i].child.name, name) && iac_str_eq(call->providers[i].child.alias, alias))
            return &call->providers[i];
    return NULL;
}

/* The provider configuration that a reference means in a module: its own block, one passed in, or an inherited one. */
static iac_provider_use *resolve_provider(iac_run *run, iac_run_module *module, const iac_provider_ref *ref,
                                          iac_provider_key *ret_key)
{
    iac_str name = ref->name, alias = ref->alias;
    iac_provider_addr addr = iac_module_provider_addr(module->config, name);
    *ret_key = (iac_provider_key){ ref->key, 0 };
    for (uint32_t up = 1;; up++) {
        const iac_module_config *config = module->config;
        for (size_t i = 0; i < config->provider_count; i++)
            if (iac_str_eq(config->providers[i].name, name) && iac_str_eq(config->providers[i].alias, alias))
                return add_use(run, module, &config->providers[i], addr, alias);
        if (!module->parent)
            return alias.n ? NULL : add_use(run, module, NULL, addr, alias);
        const struct iac_passed_provider *passed = passed_provider(module, name, alias);
        if (!passed && alias.n)
            return NULL;
        name = passed ? passed->parent.name : local_name_of(module->parent, addr, name);
        alias = passed ? passed->parent.alias : alias;
        if (passed && passed->parent.key)
            *ret_key = (iac_provider_key){ passed->parent.key, up };
        module = module->parent;
    }
}

/* ---- edges ---- */

iac_node *iac_run_resolve(iac_run_module *module, const iac_ref *ref)
{
    const iac_module_config *config = module->config;
    switch (ref->kind) {
    case IAC_REF_VARIABLE: {
        const iac_variable_config *found = iac_map_get(&config->variable_map, ref->name);
        return found ? module->variables[found - config->variables] : NULL;
    }
    case IAC_REF_LOCAL: {
        const iac_local_config *found = iac_map_get(&config->local_map, ref->name);
        return found ? module->locals[found - config->locals] : NULL;
    }
    case IAC_REF_MODULE: {
        const iac_module_call *found = iac_map_get(&config->call_map, ref->name);
        return found ? module->calls[found - config->calls] : NULL;
    }
    case IAC_REF_RESOURCE: {
        const iac_resource_config *found = iac_module_resource(config, ref->addr.mode, ref->addr.type,
                                                               ref->addr.name);
        if (found || ref->addr.mode != IAC_DATA || !module->checked.n)
            return found ? module->resources[found - config->resources] : NULL;
        iac_arena *scratch = iac_arena_new();
        iac_node *nested = iac_map_get(&module->checked, checked_key(scratch, ref->addr.type, ref->addr.name));
        iac_arena_free(scratch);
        return nested;
    }
    default:
        return NULL;
    }
}

struct linking {
    iac_run *run;
    iac_run_module *module; /* whose names the expression uses */
    iac_node *node;         /* what waits */
    bool whole_modules;     /* depends_on: a module reference means everything in it */
};

static void link_ref(void *arg, const iac_ref *ref)
{
    struct linking *link = arg;
    iac_node *target = iac_run_resolve(link->module, ref);
    if (!target)
        return;
    add_edge(link->run, link->node, target);
    if (ref->kind != IAC_REF_MODULE)
        return;
    const iac_run_module *child = link->module->children[target->call - link->module->config->calls];
    if (!child)
        return;
    const iac_output_config *output = ref->output.n && !link->whole_modules
                                          ? iac_map_get(&child->config->output_map, ref->output)
                                          : NULL;
    if (output) {
        add_edge(link->run, link->node, child->outputs[output - child->config->outputs]);
        return;
    }
    add_edge(link->run, link->node, child->end); /* the call as a whole is everything in it */
}

static void link_expr(struct linking *link, const iac_expr *expr, iac_diags *drop)
{
    if (expr)
        iac_expr_refs(link->run->arena, expr, link_ref, link, drop);
}

static void link_conditions(struct linking *link, iac_conditions conditions, iac_diags *drop)
{
    for (size_t i = 0; i < conditions.n; i++) {
        link_expr(link, conditions.v[i].condition, drop);
        link_expr(link, conditions.v[i].error_message, drop);
    }
}

static void link_depends(iac_run *run, iac_run_module *module, iac_node *node, iac_depends depends, iac_diags *drop)
{
    struct linking link = { run, module, node, true };
    for (size_t i = 0; i < depends.n; i++)
        link_expr(&link, depends.v[i], drop);
}

/* What runs when the object is made needs what it mentions; what runs before it is destroyed mentions itself alone. */
static void link_provisioners(struct linking *link, const iac_resource_config *resource, iac_diags *drop)
{
    iac_run *run = link->run;
    if (resource->connection)
        iac_body_refs(run->arena, resource->connection, iac_connection_schema(), link_ref, link, drop);
    for (size_t i = 0; i < resource->provisioner_count; i++) {
        const iac_provisioner_config *provisioner = &resource->provisioners[i];
        const iac_block_schema *schema = iac_provisioner_schema(provisioner->type);
        if (provisioner->on_destroy || !schema)
            continue;
        iac_body_refs(run->arena, provisioner->body, schema, link_ref, link, drop);
        if (provisioner->own_connection)
            iac_body_refs(run->arena, provisioner->own_connection, iac_connection_schema(), link_ref, link, drop);
    }
}

static void link_resource(iac_run *run, iac_node *node, iac_diags *drop)
{
    const iac_resource_config *resource = node->resource;
    struct linking link = { run, node->module, node, false };
    link_expr(&link, resource->count, drop);
    link_expr(&link, resource->for_each, drop);
    link_expr(&link, resource->lifecycle.enabled, drop);
    if (node->schema)
        iac_body_refs(run->arena, resource->body, node->schema->block, link_ref, &link, drop);
    for (size_t i = 0; i < resource->lifecycle.replace_triggered_by_count; i++)
        link_expr(&link, resource->lifecycle.replace_triggered_by[i], drop);
    link_conditions(&link, resource->lifecycle.preconditions, drop);
    link_conditions(&link, resource->lifecycle.postconditions, drop);
    link_provisioners(&link, resource, drop);
    link_depends(run, node->module, node, resource->depends_on, drop);
    if (!node->provider)
        return;
    add_edge(run, node, node->provider->node);
    for (uint32_t i = 0; i < node->provider_key.up; i++)
        link.module = link.module->parent;
    link_expr(&link, node->provider_key.expr, drop);
}

static void link_module(iac_run *run, iac_run_module *module, iac_diags *drop)
{
    const iac_module_config *config = module->config;
    for (size_t i = 0; i < config->variable_count; i++) {
        iac_node *node = module->variables[i];
        add_edge(run, node, module->call);
        if (module->call) {
            const iac_attribute *given = iac_body_attribute(module->call->call->body, config->variables[i].name);
            struct linking link = { run, module->parent, node, false };
            if (given)
                link_expr(&link, given->expr, drop);
        }
        struct linking own = { run, module, node, false };
        link_conditions(&own, config->variables[i].validations, drop);
        add_edge(run, module->end, node);
    }
    for (size_t i = 0; i < config->local_count; i++) {
        struct linking link = { run, module, module->locals[i], false };
        add_edge(run, module->locals[i], module->call);
        link_expr(&link, config->locals[i].expr, drop);
        add_edge(run, module->end, module->locals[i]);
    }
    for (size_t i = 0; i < config->output_count; i++) {
        struct linking link = { run, module, module->outputs[i], false };
        add_edge(run, module->outputs[i], module->call);
        link_expr(&link, config->outputs[i].value, drop);
        link_conditions(&link, config->outputs[i].preconditions, drop);
        link_depends(run, module, module->outputs[i], config->outputs[i].depends_on, drop);
        add_edge(run, module->end, module->outputs[i]);
    }
    for (size_t i = 0; i < config->resource_count; i++) {
        add_edge(run, module->resources[i], module->call);
        link_resource(run, module->resources[i], drop);
        add_edge(run, module->end, module->resources[i]);
    }
    for (size_t i = 0; i < config->call_count; i++) {
        struct linking link = { run, module, module->calls[i], false };
        add_edge(run, module->calls[i], module->call);
        link_expr(&link, config->calls[i].count, drop);
        link_expr(&link, config->calls[i].for_each, drop);
        link_expr(&link, config->calls[i].enabled, drop);
        link_depends(run, module, module->calls[i], config->calls[i].depends_on, drop);
        if (module->children[i]) {
            add_edge(run, module->end, module->children[i]->end);
            link_module(run, module->children[i], drop);
        }
    }
}

/* What is imported waits for what its id, its keys and for_each refer to. */
static void link_imports(iac_run *run, iac_diags *drop)
{
    const iac_module_config *root = run->config->root;
    for (size_t i = 0; i < root->import_count; i++) {
        const iac_import_config *import = &root->imports[i];
        iac_addr addr;
        iac_node *node = iac_import_target(run->arena, import->to, &addr, NULL)
                             ? iac_map_get(&run->resource_nodes, iac_addr_text(run->arena, addr))
                             : NULL;
        if (!node || node->kind != IAC_NODE_RESOURCE)
            continue;
        size_t n = node->import_count;
        if ((n & (n - 1)) == 0) { /* full: twice as long */
            const iac_import_config **all = iac_arena_array(run->arena, const iac_import_config *, n ? 2 * n : 1);
            if (n)
                memcpy(all, node->imports, n * sizeof(*all));
            node->imports = all;
        }
        node->imports[node->import_count++] = import;
        struct linking link = { run, run->root, node, false };
        link_expr(&link, import->for_each, drop);
        link_expr(&link, import->id, drop);
    }
}

static void link_others(iac_run *run, iac_diags *drop)
{
    for (size_t i = 0; i < run->nodes.n; i++) {
        iac_node *node = run->nodes.v[i];
        if (node->kind == IAC_NODE_CHECK) {
            struct linking link = { run, node->module, node, false };
            add_edge(run, node, node->module->call);
            link_conditions(&link, node->check->asserts, drop);
        }
        if (node->kind == IAC_NODE_CHECK && node->nested) {
            add_edge(run, node, node->nested);
            add_edge(run, node->nested, node->module->call);
            link_resource(run, node->nested, drop);
        }
        if (node->kind != IAC_NODE_PROVIDER || !node->provider->config || !node->provider->provider)
            continue;
        struct linking link = { run, node->module, node, false };
        const iac_schema *schema = iac_provider_find_schema(node->provider->provider, IACP_SCHEMA_PROVIDER,
                                                            IAC_STR(""));
        link_expr(&link, node->provider->config->for_each, drop);
        iac_body_refs(run->arena, node->provider->config->body, schema->block, link_ref, &link, drop);
        add_edge(run, node, node->module->call);
    }
}

/* ---- schemas ---- */

static void load_provider(iac_run *run, iac_provider_use *use, iac_range range, iac_diags *diags)
{
    if (use->provider || use->failed)
        return;
    if (iac_host_provider(run->host, use->addr.type, range, &use->provider, diags) != IAC_OK)
        use->failed = true;
}

uint32_t iac_schema_kind(iac_mode mode)
{
    return mode == IAC_DATA ? IACP_SCHEMA_DATA : mode == IAC_MANAGED ? IACP_SCHEMA_RESOURCE : IACP_SCHEMA_EPHEMERAL;
}

void iac_resource_schema(const iac_run *run, iac_node *node, iac_diags *diags)
{
    node->schema = iac_provider_schema(node->provider->provider, iac_schema_kind(node->resource->mode),
                                       node->resource->type,
                                       iac_provider_addr_display(run->arena, node->provider->addr),
                                       node->resource->type_range, diags);
}

static void resolve_resource(iac_run *run, iac_node *node, iac_diags *diags)
{
    const iac_resource_config *resource = node->resource;
    node->provider = resolve_provider(run, node->module, &resource->provider, &node->provider_key);
    if (!node->provider) {
        iac_diag_error(diags, resource->provider.range.src ? resource->provider.range : resource->range,
                       "Provider configuration not present",
                       "%.*s refers to the provider configuration %.*s.%.*s, which is not declared in its module, nor "
                       "passed to it. Declare a provider block with this alias, or pass one in the module block's "
                       "\"providers\" argument.",
                       IAC_FMT(node->name), IAC_FMT(resource->provider.name), IAC_FMT(resource->provider.alias));
        return;
    }
    load_provider(run, node->provider, resource->range, diags);
    if (!node->provider->provider)
        return;
    iac_diags later = IAC_DIAGS_INIT; /* told when the resource is looked at */
    iac_resource_schema(run, node, run->validating ? &later : diags);
    iac_diags_clear(&later);
}

/* Says, once for each type, which provisioners there are not. */
static void check_provisioners(const iac_run *run, iac_diags *diags)
{
    iac_map told = { 0 };
    for (size_t i = 0; i < run->nodes.n; i++) {
        const iac_node *node = run->nodes.v[i];
        for (size_t k = 0; node->kind == IAC_NODE_RESOURCE && k < node->resource->provisioner_count; k++) {
            iac_str type = node->resource->provisioners[k].type;
            if (iac_provisioner_schema(type) || iac_map_has(&told, type))
                continue;
            iac_map_put(&told, type, &told);
            iac_diag_error(diags, IAC_NO_RANGE, "Missing required provisioner plugin",
                           "This configuration requires provisioner plugin \"%.*s\", which isn't available. If you're "
                           "intending to use an external provisioner plugin, you must install it manually into one of "
                           "the plugin search directories before running iac.", IAC_FMT(type));
        }
    }
    iac_map_clear(&told);
}

/* ---- what only the state knows ---- */

static void index_state(iac_run *run)
{
    for (size_t i = 0; run->state && i < run->state->instance_count; i++) {
        iac_addr addr = run->state->instances[i].addr;
        addr.module = iac_module_addr_static(run->arena, addr.module);
        addr.key = (iac_key){ 0 };
        iac_str text = iac_addr_text(run->arena, addr);
        void **at = iac_map_at(&run->resource_states, text);
        if (!*at)
            *at = iac_arena_new_of(run->arena, struct state_indexes);
        struct state_indexes *indexes = *at;
        iac_vec_push(&indexes->v, (uint32_t)i);
    }
}

/* Splits `module.a.provider["host/ns/type"].alias` and finds, or where it is a default one of the root makes, the
 * provider configuration. NULL when it is not in the configuration any more. */
static iac_provider_use *use_by_text(iac_run *run, iac_str text)
{
    for (size_t i = 0; i < run->uses.n; i++)
        if (iac_str_eq(run->uses.v[i]->text, text))
            return run->uses.v[i];
    size_t quote = iac_str_find(text, IAC_STR("provider[\""), 0);
    if (quote == SIZE_MAX)
        return NULL;
    size_t from = quote + strlen("provider[\"");
    size_t to = iac_str_find_char(text, '"', from);
    if (to == SIZE_MAX)
        return NULL;
    iac_provider_addr addr;
    if (!iac_provider_addr_parse(run->arena, iac_str_sub(text, from, to), &addr))
        return NULL;
    iac_str alias = to + 2 < text.n ? iac_str_sub(text, to + 3, iac_str_find_char(text, '[', to)) : IAC_STR("");
    for (size_t i = 0; i < run->module_count; i++) {
        iac_run_module *module = run->modules[i];
        iac_str prefix = iac_module_addr_text(run->arena, module->config->path);
        if (quote ? !iac_str_eq(prefix, iac_str_sub(text, 0, quote - 1)) : prefix.n > 0)
            continue;
        for (size_t k = 0; k < module->config->provider_count; k++) {
            const iac_provider_config *config = &module->config->providers[k];
            if (iac_str_eq(config->alias, alias) &&
                iac_provider_addr_equal(iac_module_provider_addr(module->config, config->name), addr))
                return add_use(run, module, config, addr, alias);
        }
    }
    return quote == 0 && alias.n == 0 ? add_use(run, run->root, NULL, addr, alias) : NULL;
}

static void add_orphans(iac_run *run, iac_diags *diags)
{
    for (size_t i = 0; i < run->resource_states.n; i++) {
        const iac_map_entry *entry = &run->resource_states.entries[i];
        struct state_indexes *indexes = entry->value;
        iac_node *node = iac_map_get(&run->resource_nodes, entry->key);
        if (!node) {
            const iac_state_instance *first = &run->state->instances[indexes->v.v[0]];
            node = add_node(run, IAC_NODE_ORPHAN, run->root, IAC_NO_RANGE, entry->key);
            node->resource_addr = first->addr;
            node->resource_addr.key = (iac_key){ 0 };
            node->resource_addr.module = iac_module_addr_static(run->arena, first->addr.module);
            iac_map_put(&run->resource_nodes, entry->key, node);
            node->create_before_destroy = first->current && first->current->create_before_destroy;
            if (first->addr.mode == IAC_MANAGED) {
                node->provider = use_by_text(run, first->provider);
                if (!node->provider)
                    iac_diag_error(diags, IAC_NO_RANGE, "Provider configuration not present",
                                   "To work with %.*s its original provider configuration at %.*s is required, but it "
                                   "has been removed. This occurs when a provider configuration is removed while "
                                   "objects created by that provider still exist in the state. Re-add the provider "
                                   "configuration to destroy %.*s, after which you can remove the provider "
                                   "configuration again.",
                                   IAC_FMT(entry->key), IAC_FMT(first->provider), IAC_FMT(entry->key));
                else
                    load_provider(run, node->provider, IAC_NO_RANGE, diags);
                if (node->provider && node->provider->provider)
                    node->schema = iac_provider_schema(node->provider->provider, IACP_SCHEMA_RESOURCE,
                                                       first->addr.type,
                                                       iac_provider_addr_display(run->arena, node->provider->addr),
                                                       IAC_NO_RANGE, diags);
                if (node->provider)
                    add_edge(run, node, node->provider->node);
            }
        }
        node->state_count = (uint32_t)indexes->v.n;
        node->state_indexes = iac_arena_array(run->arena, uint32_t, indexes->v.n);
        memcpy(node->state_indexes, indexes->v.v, indexes->v.n * sizeof(uint32_t));
        iac_vec_clear(&indexes->v);
    }
}

static void report_cycle(iac_run *run, iac_diags *diags)
{
    iac_arena *scratch = iac_arena_new();
    uint32_t *cycle = NULL;
    size_t n = iac_graph_cycle(&run->graph, scratch, &cycle);
    if (n) {
        iac_buf text;
        iac_buf_init(&text, IAC_BUF_UNLIMITED);
        for (size_t i = 0; i < n; i++)
            iac_buf_printf(&text, "%s%.*s", i ? ", " : "", IAC_FMT(run->nodes.v[cycle[i]]->name));
        iac_str summary = iac_arena_printf(scratch, "Cycle: %s", text.p);
        iac_buf_reset(&text);
        for (size_t i = 0; i < n; i++) {
            const iac_node *node = run->nodes.v[cycle[i]], *next = run->nodes.v[cycle[(i + 1) % n]];
            iac_buf_printf(&text, "%s%.*s", i ? "\n" : "", IAC_FMT(node->name));
            if (node->range.src)
                iac_buf_printf(&text, " (%.*s line %u)", IAC_FMT(node->range.src->name),
                               (unsigned)iac_source_pos(node->range.src, node->range.start).line);
            iac_buf_printf(&text, " needs %.*s", IAC_FMT(next->name));
        }
        iac_diag_error(diags, IAC_NO_RANGE, iac_arena_cstr(scratch, summary), "%s", text.p);
        iac_buf_clear(&text);
    }
    iac_arena_free(scratch);
}

/* ---- the whole ---- */

static void set_up_workers(iac_run *run, unsigned count)
{
    run->worker_count = count ? count : 1;
    run->workers = iac_xcalloc(run->worker_count, sizeof(*run->workers));
    for (unsigned i = 0; i < run->worker_count; i++)
        run->workers[i] = (iac_worker){ .run = run, .keep = iac_arena_new(), .scratch = iac_arena_new() };
}

iac_status iac_run_build(iac_run *run, const iac_config *config, const iac_run_options *options, iac_diags *diags)
{
    *run = (iac_run){
        .arena = iac_arena_new(),
        .config = config,
        .host = options->host,
        .state = options->state,
        .variables = options->variables,
        .planning = options->planning,
        .validating = options->validating,
        .lenient = options->lenient,
        .workspace = options->workspace,
        .timestamp = options->timestamp,
        .root_dir = options->root_dir,
        .cwd = options->cwd,
        .overrides = options->overrides,
        .ranges = options->ranges,
        .remote_crypts = options->remote_crypts,
        .sink = options->sink,
        .stop = options->stop,
        .may_abandon = options->may_abandon,
    };
    pthread_mutex_init(&run->lock, NULL);
    pthread_mutex_init(&run->sink_lock, NULL);
    set_up_workers(run, options->parallelism);
    size_t errors = diags->errors;

    run->root = add_module(run, config->root, NULL, NULL);
    run->root->instances = iac_arena_array(run->arena, iac_module_instance *, 1);
    run->root->instances[0] = iac_arena_new_of(run->arena, iac_module_instance);
    run->root->instance_count = 1;
    size_t own_nodes = run->nodes.n; /* provider nodes are added behind them */
    for (size_t i = 0; i < run->module_count; i++) {
        iac_run_module *module = run->modules[i];
        for (size_t k = 0; k < module->config->provider_count; k++) {
            const iac_provider_config *provider = &module->config->providers[k];
            iac_provider_use *use = add_use(run, module, provider,
                                            iac_module_provider_addr(module->config, provider->name),
                                            provider->alias);
            load_provider(run, use, provider->range, diags);
        }
    }
    for (size_t i = 0; i < own_nodes; i++) {
        iac_node *node = run->nodes.v[i];
        if (node->kind != IAC_NODE_RESOURCE)
            continue;
        resolve_resource(run, node, diags);
        iac_map_put(&run->resource_nodes, node->name, node);
    }
    check_provisioners(run, diags);
    index_state(run);
    add_orphans(run, diags);

    iac_diags drop = IAC_DIAGS_INIT; /* what is wrong with references was said when the configuration was loaded */
    link_module(run, run->root, &drop);
    link_others(run, &drop);
    link_imports(run, &drop);
    iac_ephemeral_add_releases(run);
    iac_diags_clear(&drop);
    iac_graph_build(&run->graph, (uint32_t)run->nodes.n, run->edges.v, run->edges.n);
    if (diags->errors == errors)
        report_cycle(run, diags);
    if (diags->errors != errors)
        return IAC_ERR;
    iac_run_find_dependencies(run);
    return IAC_OK;
}

void iac_run_hand_over(iac_run *run, iac_arena *arena)
{
    for (unsigned i = 0; i < run->worker_count; i++) {
        iac_arena_adopt(arena, run->workers[i].keep);
        run->workers[i].keep = NULL;
    }
    if (run->arena)
        iac_arena_adopt(arena, run->arena);
    run->arena = NULL;
    iac_run_clear(run);
}

void iac_run_clear(iac_run *run)
{
    for (size_t i = 0; i < run->uses.n; i++)
        iac_each_provider_instance(run->uses.v[i], iac_instance_close);
    for (unsigned i = 0; i < run->worker_count; i++) {
        iac_arena_free(run->workers[i].keep);
        iac_arena_free(run->workers[i].scratch);
        iac_diags_clear(&run->workers[i].diags);
        iac_vec_clear(&run->workers[i].checked);
    }
    free(run->workers);
    for (size_t i = 0; i < run->kept.n; i++)
        iac_diags_clear(&run->kept.v[i].diags);
    iac_vec_clear(&run->kept);
    iac_graph_clear(&run->graph);
    iac_vec_clear(&run->nodes);
    iac_vec_clear(&run->edges);
    iac_vec_clear(&run->uses);
    iac_map_clear(&run->resource_nodes);
    iac_map_clear(&run->resource_states);
    for (size_t i = 0; i < run->module_count; i++)
        iac_map_clear(&run->modules[i]->checked);
    free(run->modules);
    pthread_mutex_destroy(&run->lock);
    pthread_mutex_destroy(&run->sink_lock);
    iac_arena_free(run->arena);
    *run = (iac_run){ 0 };
}

static int compare_kept(const void *a, const void *b)
{
    const iac_kept_diags *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->part > y->part) - (x->part < y->part);
}

void iac_run_collect(iac_run *run, iac_diags *diags)
{
    if (run->kept.n)
        qsort(run->kept.v, run->kept.n, sizeof(*run->kept.v), compare_kept);
    for (size_t i = 0; i < run->kept.n; i++)
        iac_diags_append(diags, &run->kept.v[i].diags);
    iac_vec_clear(&run->kept);
}

void iac_worker_end(iac_worker *worker, uint32_t node, uint32_t part)
{
    if (worker->diags.list.n) {
        pthread_mutex_lock(&worker->run->lock);
        /* The first visit sorts before the parts, the last after them. */
        iac_vec_push(&worker->run->kept,
                     ((iac_kept_diags){ node, part == IAC_PART_BEGIN ? 0 : part == IAC_PART_END ? part : part + 1,
                                        worker->diags }));
        pthread_mutex_unlock(&worker->run->lock);
        worker->diags = (iac_diags)IAC_DIAGS_INIT;
    }
    iac_arena_reset(worker->scratch);
}

void iac_run_event(iac_run *run, const iac_event *event)
{
    if (!run->sink.event)
        return;
    pthread_mutex_lock(&run->sink_lock);
    run->sink.event(run->sink.user, event);
    pthread_mutex_unlock(&run->sink_lock);
}

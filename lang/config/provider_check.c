/* lang/config/provider_check.c - who passes which provider configurations to whom. */
#include "lang/config/load.h"

#include <stdlib.h>

typedef struct checker { /* one module */
    iac_arena *arena;
    const iac_module_config *module;
    const iac_module_call *call; /* that calls it; NULL for the root */
    iac_diags *diags;
    iac_str text, parent_text;   /* what messages call the two modules */
    iac_map configured, empty;   /* "NAME" or "NAME.ALIAS" -> iac_provider_config; empty: without any argument */
    iac_map passed;              /* likewise -> struct iac_passed_provider */
    iac_map aliases;             /* configuration_aliases: likewise -> iac_required_provider */
} checker;

static iac_str ref_name(iac_arena *arena, iac_str name, iac_str alias)
{
    return alias.n ? iac_arena_printf(arena, "%.*s.%.*s", IAC_FMT(name), IAC_FMT(alias)) : name;
}

static iac_provider_addr official(iac_str name)
{
    return (iac_provider_addr){ IAC_STR("registry.terraform.io"), IAC_STR("hashicorp"), name };
}

static bool is_official(iac_provider_addr addr)
{
    return iac_provider_addr_equal(addr, official(addr.type));
}

/* Of a reference NAME.ALIAS the name alone. */
static iac_range name_range(const iac_provider_ref *ref)
{
    iac_range range = ref->range;
    if (!range.src)
        return range;
    range.start += iac_range_text(range).p[0] == '"';
    range.end = range.start + (uint32_t)ref->name.n < range.end ? range.start + (uint32_t)ref->name.n : range.end;
    return range;
}

static const iac_required_provider *requirement(const iac_module_config *module, iac_str name)
{
    return iac_map_get(&module->required_provider_map, name);
}

/* ---- the module alone ---- */

static bool is_empty(const iac_body *body)
{
    if (!body)
        return true;
    if (body->pair)
        return is_empty(body->pair->base) && is_empty(body->pair->over);
    return !body->json && !body->attribute_count && !body->block_count;
}

static void check_duplicate(checker *c, const iac_required_provider *required, size_t index)
{
    const iac_module_config *module = c->module;
    iac_str source = iac_provider_addr_display(c->arena, required->addr);
    for (size_t i = index; i-- > 0;) {
        if (!iac_provider_addr_equal(module->required_providers[i].addr, required->addr))
            continue;
        iac_diag_warning(c->diags, required->range, "Duplicate required provider",
                         "Provider %.*s with the local name \"%.*s\" was previously required as \"%.*s\". A provider "
                         "can only be required once within required_providers.", IAC_FMT(source),
                         IAC_FMT(required->name), IAC_FMT(module->required_providers[i].name));
        return;
    }
    for (size_t i = 0; is_official(required->addr) && i < module->provider_count; i++) {
        if (!iac_str_eq(module->providers[i].name, required->addr.type) ||
            iac_str_eq(required->name, required->addr.type))
            continue;
        iac_diag_warning(c->diags, required->range, "Duplicate required provider",
                         "Provider %.*s with the local name \"%.*s\" was implicitly required via a configuration block "
                         "as \"%.*s\". The provider configuration block name must match the name used in "
                         "required_providers.", IAC_FMT(source), IAC_FMT(required->name),
                         IAC_FMT(required->addr.type));
        return;
    }
}

/* A resource whose provider goes by another name in required_providers. */
static void check_implied(checker *c, const iac_resource_config *resource, const iac_map *by_source)
{
    iac_str name = resource->provider.name;
    if (resource->provider.range.src || requirement(c->module, name))
        return;
    iac_str source = iac_provider_addr_text(c->arena, iac_provider_addr_default(name));
    const iac_required_provider *other = iac_map_get(by_source, source);
    if (!other)
        return;
    iac_str address = iac_addr_text(c->arena, (iac_addr){ .mode = resource->mode, .type = resource->type,
                                                          .name = resource->name });
    iac_diag_warning(c->diags, resource->range, "Duplicate required provider",
                     "Provider \"%.*s\" was implicitly required via resource \"%.*s\", but listed in "
                     "required_providers as \"%.*s\". Either the local name in required_providers must match the "
                     "resource name, or the \"%.*s\" provider must be assigned within the resource block.",
                     IAC_FMT(source), IAC_FMT(address), IAC_FMT(other->name), IAC_FMT(other->name));
}

static void check_requirements(checker *c)
{
    iac_map by_source = { 0 };
    for (size_t i = 0; i < c->module->required_provider_count; i++) {
        const iac_required_provider *required = &c->module->required_providers[i];
        check_duplicate(c, required, i);
        iac_map_put(&by_source, iac_provider_addr_text(c->arena, required->addr), (void *)required);
        for (size_t k = 0; k < required->alias_count; k++)
            iac_map_put(&c->aliases, ref_name(c->arena, required->aliases[k].name, required->aliases[k].alias),
                        (void *)required);
    }
    for (size_t i = 0; by_source.n && i < c->module->resource_count; i++)
        if (c->module->resources[i].mode != IAC_EPHEMERAL_RESOURCE)
            check_implied(c, &c->module->resources[i], &by_source);
    iac_map_clear(&by_source);
}

/* ---- what it passes on ---- */

static void check_passed_on(checker *c, const struct iac_passed_provider *passed)
{
    iac_str name = passed->parent.name;
    iac_str source = iac_provider_addr_display(c->arena, official(name));
    bool configured = iac_map_has(&c->configured, name);

    if (!configured && !requirement(c->module, name))
        iac_diag_warning(c->diags, name_range(&passed->parent), "Reference to undefined provider",
                         "There is no explicit declaration for local provider name \"%.*s\" in %.*s, so iac is "
                         "assuming you mean to pass a configuration for provider \"%.*s\".\n\nTo clarify your intent "
                         "and silence this warning, add to %.*s a required_providers entry named \"%.*s\" with source "
                         "= \"%.*s\", or a different source address if appropriate.", IAC_FMT(name), IAC_FMT(c->text),
                         IAC_FMT(source), IAC_FMT(c->parent_text), IAC_FMT(name), IAC_FMT(source));
    else if (c->call && !configured && !iac_map_has(&c->passed, name))
        iac_diag_warning(c->diags, c->call->range, "Missing required provider configuration",
                         "The configuration for %.*s expects to inherit a configuration for provider %.*s with local "
                         "name \"%.*s\", but %.*s doesn't pass a configuration under that name.\n\nTo satisfy this "
                         "requirement, add an entry for \"%.*s\" to the \"providers\" argument in the module \"%.*s\" "
                         "block.", IAC_FMT(c->text), IAC_FMT(source), IAC_FMT(name), IAC_FMT(c->parent_text),
                         IAC_FMT(name), IAC_FMT(c->call->name));
}

/* ---- what is passed to it ---- */

static void check_aliases(checker *c)
{
    for (size_t i = 0; i < c->aliases.n; i++) {
        iac_str name = c->aliases.entries[i].key;
        const iac_required_provider *required = c->aliases.entries[i].value;
        if (iac_map_has(&c->configured, name) || iac_map_has(&c->passed, name))
            continue;
        iac_str source = iac_provider_addr_display(c->arena, required->addr);
        iac_diag_error(c->diags, c->call->range, "Missing required provider configuration",
                       "The child module requires an additional configuration for provider %.*s, with the local name "
                       "\"%.*s\".\n\nRefer to the module's documentation to understand the intended purpose of this "
                       "additional provider configuration, and then add an entry for %.*s in the \"providers\" "
                       "meta-argument in the module block to choose which provider configuration the module should "
                       "use for that purpose.", IAC_FMT(source), IAC_FMT(name), IAC_FMT(name));
    }
}

static void tell_undeclared(checker *c, const struct iac_passed_provider *passed, iac_str name,
                            iac_provider_addr addr)
{
    iac_str source = iac_provider_addr_display(c->arena, addr);
    iac_diag_warning(c->diags, name_range(&passed->child), "Reference to undefined provider",
                     "There is no explicit declaration for local provider name \"%.*s\" in %.*s, so iac is assuming "
                     "you mean to pass a configuration for \"%.*s\".\n\nIf you also control the child module, add a "
                     "required_providers entry named \"%.*s\" with the source address \"%.*s\".", IAC_FMT(name),
                     IAC_FMT(c->text), IAC_FMT(source), IAC_FMT(name), IAC_FMT(source));
}

static void tell_mismatch(checker *c, const struct iac_passed_provider *passed, iac_provider_addr wanted,
                          iac_provider_addr given)
{
    static const char summary[] = "Provider type mismatch";
    iac_str child = ref_name(c->arena, passed->child.name, passed->child.alias);
    iac_str parent = ref_name(c->arena, passed->parent.name, passed->parent.alias);
    iac_str want = iac_provider_addr_display(c->arena, wanted), have = iac_provider_addr_display(c->arena, given);
    for (size_t i = 0; i < c->module->required_provider_count; i++) {
        const iac_required_provider *other = &c->module->required_providers[i];
        if (!iac_provider_addr_equal(other->addr, given))
            continue;
        iac_diag_error(c->diags, name_range(&passed->child), summary,
                       "The assigned configuration is for provider \"%.*s\", but local name \"%.*s\" in %.*s represents "
                       "\"%.*s\".\n\nTo pass this configuration to the child module, use the local name \"%.*s\" "
                       "instead.", IAC_FMT(have), IAC_FMT(passed->child.name), IAC_FMT(c->parent_text), IAC_FMT(want),
                       IAC_FMT(other->name));
        return;
    }
    iac_diag_error(c->diags, name_range(&passed->parent), summary,
                   "The local name \"%.*s\" in %.*s represents provider \"%.*s\", but \"%.*s\" in %.*s represents "
                   "\"%.*s\".\n\nEach provider has its own distinct configuration schema and provider types, so this "
                   "module's \"%.*s\" can be assigned only a configuration for %.*s, which is not required by %.*s.",
                   IAC_FMT(parent), IAC_FMT(c->parent_text), IAC_FMT(have), IAC_FMT(child), IAC_FMT(c->text),
                   IAC_FMT(want), IAC_FMT(child), IAC_FMT(want), IAC_FMT(c->text));
}

static iac_provider_addr address_in(const iac_module_config *module, iac_str name)
{
    const iac_required_provider *required = requirement(module, name);
    return required ? required->addr : official(name);
}

static void check_passed(checker *c, const struct iac_passed_provider *passed)
{
    iac_str name = ref_name(c->arena, passed->child.name, passed->child.alias);
    const iac_required_provider *alias = iac_map_get(&c->aliases, name), *local = requirement(c->module, name);
    iac_provider_addr wanted = alias ? alias->addr : address_in(c->module, passed->child.name);
    /* Looked for under the child's name, too, and then that counts: as elsewhere. */
    iac_str known_as = requirement(c->module->parent, name) ? name : passed->parent.name;
    iac_provider_addr given = address_in(c->module->parent, known_as);

    if (iac_map_has(&c->configured, name)) {
        iac_diag_error(c->diags, name_range(&passed->child), "Cannot override provider configuration",
                       "The configuration of %.*s has its own local configuration for %.*s, and so it cannot accept an "
                       "overridden configuration provided by %.*s.", IAC_FMT(c->text), IAC_FMT(name),
                       IAC_FMT(c->parent_text));
    }
    if (!local && !alias && !iac_map_has(&c->empty, name)) {
        if (is_official(wanted))
            tell_undeclared(c, passed, name, wanted);
        else
            iac_diag_error(c->diags, name_range(&passed->child), "Reference to undefined provider",
                           "The child module does not declare any provider requirement with the local name "
                           "\"%.*s\".\n\nIf you also control the child module, you can add a required_providers entry "
                           "named \"%.*s\" with the source address \"%.*s\" to accept this provider configuration.",
                           IAC_FMT(name), IAC_FMT(name), IAC_FMT(iac_provider_addr_display(c->arena, wanted)));
    }
    if (!iac_provider_addr_equal(wanted, given))
        tell_mismatch(c, passed, wanted, given);
}

static void check_legacy(checker *c, iac_range repeated)
{
    if (!c->configured.n || !repeated.src)
        return;
    iac_diag_error(c->diags, repeated, "Module is incompatible with count, for_each, and depends_on",
                   "The module at %.*s is a legacy module which contains its own local provider configurations, and so "
                   "calls to it may not use the count, for_each, or depends_on arguments.\n\nIf you also control the "
                   "module \"%.*s\", consider updating this module to instead expect provider configurations to be "
                   "passed by its caller.", IAC_FMT(c->text), IAC_FMT(c->call->from.text));
}

/* ---- blocks without arguments, the old way to ask for a configuration ---- */

static int compare_names(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static void tell_proxies(checker *c, iac_str name)
{
    iac_str *names = iac_arena_array(c->arena, iac_str, c->empty.n);
    iac_range first = IAC_NO_RANGE;
    size_t n = 0, aliased = 0;
    for (size_t i = 0; i < c->empty.n; i++) {
        const iac_provider_config *config = c->empty.entries[i].value;
        if (!iac_str_eq(config->name, name))
            continue;
        aliased += config->alias.n > 0;
        names[n++] = c->empty.entries[i].key;
        if (!first.src)
            first = config->range;
    }
    qsort(names, n, sizeof(*names), compare_names);
    iac_str source = iac_provider_addr_display(c->arena, address_in(c->module, name));
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_printf(&out, "    %.*s = {\n      source = \"%.*s\"\n", IAC_FMT(name), IAC_FMT(source));
    if (aliased) {
        iac_buf_printf(&out, "      configuration_aliases = [\n");
        for (size_t i = 0; i < n; i++)
            iac_buf_printf(&out, "        %.*s,\n", IAC_FMT(names[i]));
        iac_buf_printf(&out, "      ]\n");
    }
    iac_buf_printf(&out, "    }");
    iac_str entry = iac_buf_view(&out);
    iac_diag_warning(c->diags, first, "Redundant empty provider block",
                     "Earlier versions of Terraform used empty provider blocks (\"proxy provider configurations\") for "
                     "child modules to declare their need to be passed a provider configuration by their callers. That "
                     "approach was ambiguous and is now deprecated.\n\nIf you control this module, you can migrate to "
                     "the new declaration syntax by removing all of the empty provider \"%.*s\" blocks and then adding "
                     "or updating an entry like the following to the required_providers block of %.*s:\n%.*s",
                     IAC_FMT(name), IAC_FMT(c->text), IAC_FMT(entry));
    iac_buf_clear(&out);
}

static void check_proxies(checker *c)
{
    iac_map told = { 0 };
    for (size_t i = 0; i < c->empty.n; i++) {
        const iac_provider_config *config = c->empty.entries[i].value;
        void **slot = iac_map_at(&told, config->name);
        if (!*slot)
            tell_proxies(c, config->name);
        *slot = c;
    }
    iac_map_clear(&told);
}

/* ---- the tree ---- */

static iac_range repeated_at(const iac_module_call *call, iac_range outer)
{
    if (call->count)
        return call->count->range;
    if (call->for_each)
        return call->for_each->range;
    return call->depends_on.n ? call->depends_on.v[0]->range : outer;
}

static void check_child(checker *c, iac_range repeated)
{
    check_legacy(c, repeated);
    check_aliases(c);
    for (size_t i = 0; i < c->call->provider_count; i++)
        check_passed(c, &c->call->providers[i]);
    check_proxies(c);
}

/* `repeated`: what keeps this module from having configurations of its own. */
static void check_module(iac_arena *arena, const iac_module_config *module, const iac_module_call *call,
                         iac_range repeated, iac_diags *diags)
{
    checker c = { .arena = arena, .module = module, .call = call, .diags = diags };
    c.text = c.parent_text = IAC_STR("the root module");
    if (call)
        c.text = iac_module_addr_text(arena, module->path);
    if (module->path.n > 1)
        c.parent_text = iac_module_addr_text(arena, module->parent->path);
    for (size_t i = 0; i < module->provider_count; i++) {
        const iac_provider_config *config = &module->providers[i];
        bool empty = !config->for_each && is_empty(config->body);
        iac_map_put(empty ? &c.empty : &c.configured, ref_name(arena, config->name, config->alias), (void *)config);
    }
    for (size_t i = 0; call && i < call->provider_count; i++)
        iac_map_put(&c.passed, ref_name(arena, call->providers[i].child.name, call->providers[i].child.alias),
                    (void *)&call->providers[i]);
    check_requirements(&c);
    for (size_t i = 0; i < module->call_count; i++)
        for (size_t k = 0; k < module->calls[i].provider_count; k++)
            if (!module->calls[i].providers[k].parent.alias.n)
                check_passed_on(&c, &module->calls[i].providers[k]);
    if (call)
        check_child(&c, repeated);
    iac_map_clear(&c.configured);
    iac_map_clear(&c.empty);
    iac_map_clear(&c.passed);
    iac_map_clear(&c.aliases);
    for (size_t i = 0; i < module->call_count; i++)
        if (module->calls[i].module)
            check_module(arena, module->calls[i].module, &module->calls[i], repeated_at(&module->calls[i], repeated),
                         diags);
}

void iac_config_check_providers(iac_arena *arena, const iac_config *config, iac_diags *diags)
{
    check_module(arena, config->root, NULL, IAC_NO_RANGE, diags);
}

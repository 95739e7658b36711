/* lang/config/provider.c - provider blocks. */
#include "lang/config/load.h"

#include "lang/syntax/parser.h"

enum { PROV_ALIAS, PROV_VERSION, PROV_FOR_EACH, PROV_FIRST_RESERVED };

static const iac_attribute_spec provider_attributes[] = {
    [PROV_ALIAS] = { IAC_STR_INIT("alias"), false },
    [PROV_VERSION] = { IAC_STR_INIT("version"), false },
    [PROV_FOR_EACH] = { IAC_STR_INIT("for_each"), false },
    [PROV_FIRST_RESERVED] = { IAC_STR_INIT("count"), false },
    { IAC_STR_INIT("depends_on"), false },
    { IAC_STR_INIT("source"), false },
};
static const iac_block_spec provider_blocks[] = {
    { IAC_STR_INIT("_"), NULL, 0 },
    { IAC_STR_INIT("lifecycle"), NULL, 0 },
    { IAC_STR_INIT("locals"), NULL, 0 },
};
static const iac_body_spec provider_spec = {
    provider_attributes, IAC_COUNT(provider_attributes), provider_blocks, IAC_COUNT(provider_blocks)
};

void iac_read_provider_alias(iac_module_build *m, const iac_attribute *attr, iac_str *ret)
{
    if (attr && iac_static_string(m, attr, ret) && !iac_is_identifier(*ret))
        iac_diag_error(m->diags, attr->expr->range, "Invalid provider configuration alias",
                       "An alias must be a valid name. " IAC_NAME_RULE);
}

static void check_version(iac_module_build *m, const iac_attribute *version)
{
    iac_str constraint = { 0 };

    if (!version)
        return;
    if (m->in_test) {
        iac_diag_error(m->diags, version->expr->range, "Version constraints are not allowed in test files",
                       "Version constraints inside provider configuration blocks are not allowed in test files. To "
                       "silence this error, move the provider version constraint into the required_providers block of "
                       "the configuration that uses this provider.");
        return;
    }
    iac_diag_warning(m->diags, version->expr->range,
                     "Version constraints inside provider configuration blocks are deprecated",
                     "Terraform 0.13 and earlier allowed provider version constraints inside the provider "
                     "configuration block, but that is now deprecated and will be removed in a future version of "
                     "Terraform. To silence this warning, move the provider version constraint into the "
                     "required_providers block.");
    iac_static_version(m, version, &constraint);
}

static void refuse_argument(iac_module_build *m, const iac_attribute *attr)
{
    iac_diag_error(m->diags, attr->name_range, "Reserved argument name in provider block",
                   "The provider argument name \"%.*s\" is reserved for use by Terraform in a future version.",
                   IAC_FMT(attr->name));
}

static void check_reserved(iac_module_build *m, const iac_content *content, iac_provider_config *provider)
{
    for (size_t i = PROV_FIRST_RESERVED; i < IAC_COUNT(provider_attributes); i++)
        if (content->attributes[i])
            refuse_argument(m, content->attributes[i]);
    for (size_t i = 0; i < content->block_count; i++) {
        const iac_block *block = content->blocks[i];
        if (!iac_str_is(block->type, "_")) {
            iac_diag_error(m->diags, block->type_range, "Reserved block type name in provider block",
                           "The block type name \"%.*s\" is reserved for use by Terraform in a future version.",
                           IAC_FMT(block->type));
            continue;
        }
        if (provider->body)
            provider->body = iac_body_merge(m->arena, provider->body, block->body, true);
    }
}

static void duplicate_provider(iac_module_build *m, const iac_provider_config *provider,
                               const iac_provider_config *first)
{
    iac_str place = iac_range_place(m->arena, first->range);

    if (provider->alias.n)
        iac_diag_error(m->diags, provider->range, "Duplicate provider configuration",
                       "A provider configuration for \"%.*s\" with alias \"%.*s\" was already given at %.*s. Each "
                       "configuration for the same provider must have a distinct alias.", IAC_FMT(provider->name),
                       IAC_FMT(provider->alias), IAC_FMT(place));
    else
        iac_diag_error(m->diags, provider->range, "Duplicate provider configuration",
                       "A default (non-aliased) provider configuration for \"%.*s\" was already given at %.*s. If "
                       "multiple configurations are required, set the \"alias\" argument for alternative "
                       "configurations.", IAC_FMT(provider->name), IAC_FMT(place));
}

/* Every provider has a default configuration, if an empty one: there is no need for one to override. */
static void add_provider(iac_module_build *m, const iac_provider_config *provider)
{
    iac_str key = iac_arena_printf(m->arena, "%.*s.%.*s", IAC_FMT(provider->name), IAC_FMT(provider->alias));
    void **slot = iac_map_at(&m->provider_index, key);
    iac_provider_config *found = *slot ? &m->providers.v[(uintptr_t)*slot - 1] : NULL;

    if (m->overriding && found) {
        found->body = iac_body_merge(m->arena, found->body, provider->body, false);
        if (provider->for_each)
            found->for_each = provider->for_each;
    } else if (m->overriding && provider->alias.n) {
        iac_diag_error(m->diags, provider->range, "Missing base provider configuration for override",
                       "There is no %.*s provider configuration with the alias \"%.*s\". An override file can only "
                       "override an aliased provider configuration that was already defined in a primary configuration "
                       "file.", IAC_FMT(provider->name), IAC_FMT(provider->alias));
    } else if (found) {
        duplicate_provider(m, provider, found);
    } else {
        iac_vec_push(&m->providers, *provider);
        *slot = (void *)(uintptr_t)m->providers.n;
    }
}

void iac_read_provider(iac_module_build *m, const iac_top_block *top)
{
    iac_provider_config provider = { .name = top->block->labels[0].text, .range = top->block->header_range };
    iac_content content = { 0 };

    iac_body_content(m->arena, top->block->body, &provider_spec, true, &content, m->diags);
    provider.body = content.remain;
    if (!iac_provider_name_fits(m, provider.name, provider.range))
        return;
    const iac_attribute *alias = content.attributes[PROV_ALIAS];
    iac_read_provider_alias(m, alias, &provider.alias);
    check_version(m, content.attributes[PROV_VERSION]);
    if (content.attributes[PROV_FOR_EACH] && m->in_test)
        refuse_argument(m, content.attributes[PROV_FOR_EACH]);
    else if (content.attributes[PROV_FOR_EACH])
        provider.for_each = content.attributes[PROV_FOR_EACH]->expr;
    if (provider.for_each && !alias)
        iac_diag_error(m->diags, provider.for_each->range, "Alias required when using \"for_each\"",
                       "The for_each argument is allowed only for provider configurations with an alias.");
    check_reserved(m, &content, &provider);
    if (!provider.body)
        return;

    add_provider(m, &provider);
}

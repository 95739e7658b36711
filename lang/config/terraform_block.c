/* lang/config/terraform_block.c - terraform blocks: the language's version, required providers, the backend. */
#include "lang/config/load.h"
#include "lang/config/version.h"

enum { TF_REQUIRED_VERSION, TF_EXPERIMENTS, TF_LANGUAGE };

static const iac_attribute_spec terraform_attributes[] = {
    [TF_REQUIRED_VERSION] = { IAC_STR_INIT("required_version"), false },
    [TF_EXPERIMENTS] = { IAC_STR_INIT("experiments"), false },
    [TF_LANGUAGE] = { IAC_STR_INIT("language"), false },
};
static const char *const type_label[] = { "type" };
static const char *const provider_label[] = { "provider" };
static const iac_block_spec terraform_blocks[] = {
    { IAC_STR_INIT("required_providers"), NULL, 0 },
    { IAC_STR_INIT("backend"), type_label, 1 },
    { IAC_STR_INIT("cloud"), NULL, 0 },
    { IAC_STR_INIT("provider_meta"), provider_label, 1 },
    { IAC_STR_INIT("encryption"), NULL, 0 },
    { IAC_STR_INIT("history"), NULL, 0 },
};
static const iac_body_spec terraform_spec = {
    terraform_attributes, IAC_COUNT(terraform_attributes), terraform_blocks, IAC_COUNT(terraform_blocks)
};

static void check_required_version(iac_module_build *m, const iac_attribute *attr)
{
    static const char summary[] = "Unsupported Terraform Core version";
    static const char advice[] =
        "To proceed, either choose another supported Terraform version or update this version constraint. Version "
        "constraints are normally set for good reason, so updating the constraint may lead to other errors or "
        "unexpected behavior.";
    iac_str constraint = { 0 };

    if (!iac_static_version(m, attr, &constraint) || !constraint.n)
        return;
    if (m->any_version || iac_version_meets(IAC_STR(IAC_LANGUAGE_VERSION), constraint))
        return;
    if (m->module->path.n == 0) {
        iac_diag_error(m->diags, attr->range, summary,
                       "This configuration does not support Terraform version " IAC_LANGUAGE_VERSION ". %s", advice);
    } else {
        iac_str path = iac_module_addr_text(m->arena, m->module->path);
        iac_diag_error(m->diags, attr->range, summary,
                       "Module %.*s (from %.*s) does not support Terraform version " IAC_LANGUAGE_VERSION ". %s",
                       IAC_FMT(path), IAC_FMT(m->module->dir), advice);
    }
}

/* ---- required_providers ---- */

static bool source_format_error(iac_module_build *m, iac_range range, iac_str source)
{
    size_t start = 0;

    for (size_t i = 0; i <= source.n; i++) { /* name a part with wrong characters, as the more helpful message */
        if (i < source.n && source.p[i] != '/')
            continue;
        iac_str part = iac_str_sub(source, start, i);
        for (size_t j = 0; j < part.n; j++) {
            char c = part.p[j];
            if (c == '-' || c == '.' || c == ':' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80)
                continue;
            bool last = i == source.n;
            iac_diag_error(m->diags, range, last ? "Invalid provider type" : "Invalid provider namespace",
                           "Invalid provider %s \"%.*s\" in source \"%.*s\": must contain only letters, digits, and "
                           "dashes, and may not use leading or trailing dashes\"", last ? "type" : "namespace",
                           IAC_FMT(part), IAC_FMT(source));
            return false;
        }
        start = i + 1;
    }
    iac_diag_error(m->diags, range, "Invalid provider source string",
                   "The \"source\" attribute must be in the format \"[hostname/][namespace/]name\"");
    return false;
}

static bool literal(iac_module_build *m, const iac_expr *expr, iac_str *ret)
{
    iac_diags *diags = m->diags, within = IAC_DIAGS_INIT; /* the caller says what is wrong */
    m->diags = &within;
    const iac_value *v = iac_static_eval(m, expr);
    m->diags = diags;
    iac_diags_clear(&within);
    if (!v || v->kind != IAC_STRING || !iac_is_set_value(v))
        return false;
    *ret = v->string;
    return true;
}

static bool read_constraint(iac_module_build *m, const iac_expr *expr, iac_str *ret)
{
    if (!literal(m, expr, ret)) {
        iac_diag_error(m->diags, expr->range, "Invalid version constraint",
                       "Version must be specified as a string.");
        return false;
    }
    if (iac_version_constraint_valid(*ret))
        return true;
    iac_diag_error(m->diags, expr->range, "Invalid version constraint",
                   "This string does not use correct version constraint syntax.");
    return false;
}

static bool read_alias(iac_module_build *m, const iac_expr *expr, iac_provider_ref *ret)
{
    const iac_expr *traversal = iac_static_address(m, expr);

    if (!traversal)
        return false;
    const iac_expr *root = traversal->kind == IAC_EXPR_ATTR ? traversal->attr.operand : traversal;
    if (root->kind != IAC_EXPR_ROOT) {
        iac_diag_error(m->diags, expr->range, "Invalid configuration_aliases value",
                       "Configuration aliases can only contain references to local provider configuration names in the "
                       "format of provider.alias");
        return false;
    }
    *ret = (iac_provider_ref){ .name = root->root, .range = traversal->range };
    if (root != traversal)
        ret->alias = traversal->attr.name;
    return true;
}

static void read_aliases(iac_module_build *m, const iac_expr *expr, iac_required_provider *ret)
{
    const iac_expr *const *items;
    size_t count;

    if (!iac_static_list(m, expr, &items, &count))
        return;
    iac_provider_ref *aliases = iac_arena_array(m->arena, iac_provider_ref, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!read_alias(m, items[i], &aliases[n]))
            continue;
        if (!iac_str_eq(aliases[n].name, ret->name)) {
            iac_diag_error(m->diags, items[i]->range, "Invalid configuration_aliases value",
                           "Configuration aliases must be prefixed with the provider name. Expected \"%.*s\", but "
                           "found \"%.*s\".", IAC_FMT(ret->name), IAC_FMT(aliases[n].name));
            continue;
        }
        n++;
    }
    ret->aliases = aliases;
    ret->alias_count = n;
}

static bool read_requirement_object(iac_module_build *m, const iac_expr *expr,
                                    iac_required_provider *ret)
{
    static const char summary[] = "Invalid required_providers object";
    bool good = true;

    for (size_t i = 0; i < expr->object.n; i++) {
        const iac_object_item *item = &expr->object.items[i];
        iac_str key = { 0 }, source = { 0 };
        if (item->key->kind == IAC_EXPR_ROOT)
            key = item->key->root;
        else
            iac_expr_literal_text(item->key, &key);
        if (iac_str_is(key, "version")) {
            good &= read_constraint(m, item->value, &ret->version);
        } else if (iac_str_is(key, "source")) {
            if (!literal(m, item->value, &source)) {
                iac_diag_error(m->diags, item->value->range, "Invalid source", "Source must be specified as a string.");
                good = false;
            } else if (!iac_provider_addr_parse(m->arena, source, &ret->addr)) {
                good = source_format_error(m, item->value->range, source);
            }
        } else if (iac_str_is(key, "configuration_aliases")) {
            read_aliases(m, item->value, ret);
        } else {
            iac_diag_error(m->diags, item->key->range, summary,
                           "required_providers objects can only contain \"version\", \"source\" and "
                           "\"configuration_aliases\" attributes. To configure a provider, use a \"provider\" block.");
            good = false;
        }
    }
    return good;
}

/* A later one of the same name comes from an override file, and wins. */
static void add_requirement(iac_module_build *m, const iac_required_provider *required)
{
    void **slot = iac_map_at(&m->requirement_index, required->name);

    if (*slot) {
        m->required_providers.v[(uintptr_t)*slot - 1] = *required;
        return;
    }
    iac_vec_push(&m->required_providers, *required);
    *slot = (void *)(uintptr_t)m->required_providers.n;
}

static void read_requirement(iac_module_build *m, const iac_attribute *attr)
{
    iac_required_provider required = {
        .name = attr->name,
        .addr = iac_provider_addr_default(attr->name),
        .range = attr->expr->range,
    };

    if (!iac_provider_name_fits(m, attr->name, attr->expr->range))
        return;
    if (attr->expr->kind == IAC_EXPR_OBJECT) {
        if (read_requirement_object(m, attr->expr, &required))
            add_requirement(m, &required);
        return;
    }
    iac_diags *diags = m->diags, within = IAC_DIAGS_INIT; /* said in other words */
    m->diags = &within;
    const iac_value *v = iac_static_eval(m, attr->expr);
    m->diags = diags;
    iac_diags_clear(&within);
    if (!v || (v->kind != IAC_STRING && v->kind != IAC_NUMBER && v->kind != IAC_BOOL)) {
        iac_diag_error(m->diags, attr->expr->range, "Invalid required_providers object",
                       "required_providers entries must be strings or objects.");
        return;
    }
    if (!iac_static_version(m, attr, &required.version))
        return;
    add_requirement(m, &required);
}

static void read_required_providers(iac_module_build *m, const iac_block *block, bool from_override)
{
    const iac_attribute *attributes = NULL;
    size_t count = 0;

    if (m->required_providers_range.src && !from_override) {
        iac_str place = iac_range_place(m->arena, m->required_providers_range);
        iac_diag_error(m->diags, block->header_range, "Duplicate required providers configuration",
                       "A module may have only one required providers configuration. The required providers were "
                       "previously configured at %.*s.", IAC_FMT(place));
        return;
    }
    m->required_providers_range = block->header_range;
    iac_body_attributes(m->arena, block->body, &attributes, &count, m->diags);
    for (size_t i = 0; i < count; i++)
        read_requirement(m, &attributes[i]);
}

/* ---- backend ---- */

static void read_backend(iac_module_build *m, const iac_block *block, bool from_override)
{
    if (m->backend_range.src && (!from_override || m->backend_range.src == block->header_range.src)) {
        iac_str place = iac_range_place(m->arena, m->backend_range);
        iac_diag_error(m->diags, block->header_range, "Duplicate backend configuration",
                       from_override ? "Each override file may have only one backend configuration. A backend was "
                                       "previously configured at %.*s."
                                     : "A module may have only one backend configuration. The backend was previously "
                                       "configured at %.*s.", IAC_FMT(place));
        return;
    }
    m->backend_range = block->header_range;
    m->module->backend = (iac_backend_config){ block->labels[0].text, block->body, block->header_range,
                                                 block->labels[0].range };
}

/* A block of settings that there is once, and that override files replace. */
static void read_settings(iac_module_build *m, const iac_block *block, bool from_override, const iac_body **body,
                          iac_range *range)
{
    if (range->src && !from_override) {
        iac_str type = block->type;
        iac_diag_error(m->diags, block->header_range,
                       iac_arena_printf(m->arena, "Duplicate %.*s configuration", IAC_FMT(type)).p,
                       "A module may have only one %.*s configuration. The %.*s was previously configured at %.*s.",
                       IAC_FMT(type), IAC_FMT(type), IAC_FMT(iac_range_place(m->arena, *range)));
        return;
    }
    *body = block->body;
    *range = block->header_range;
}

static void check_cloud(iac_module_build *m, const iac_block *block)
{
    m->cloud_range = block->header_range;
    iac_diag_error(m->diags, block->header_range, "Unsupported cloud block",
                   "HCP Terraform and Terraform Enterprise are not supported. Remove the \"cloud\" block, or configure "
                   "a state backend with a \"backend\" block.");
}

/* Nothing asks for it; it must be constant all the same. */
static void check_provider_meta(iac_module_build *m, const iac_block *block)
{
    const iac_attribute *attributes = NULL;
    size_t count = 0;

    iac_provider_name_fits(m, block->labels[0].text, block->header_range);
    if (iac_body_attributes(m->arena, block->body, &attributes, &count, m->diags) != IAC_OK)
        return;
    for (size_t i = 0; i < count; i++)
        iac_static_eval(m, attributes[i].expr);
}

void iac_read_terraform(iac_module_build *m, const iac_top_block *top)
{
    iac_content content = { 0 };

    iac_body_content(m->arena, top->block->body, &terraform_spec, false, &content, m->diags);
    check_required_version(m, content.attributes[TF_REQUIRED_VERSION]);
    const iac_attribute *experiments = content.attributes[TF_EXPERIMENTS];
    if (experiments && !(experiments->expr->kind == IAC_EXPR_TUPLE && experiments->expr->tuple.n == 0))
        iac_diag_error(m->diags, experiments->name_range, "Module uses experimental features",
                       "Experimental features are intended only for gathering early feedback on new language designs, "
                       "and so are available only in alpha releases of Terraform.");
    const iac_attribute *language = content.attributes[TF_LANGUAGE];
    if (language && !iac_str_is(iac_static_keyword(m, language->expr), "TF2021"))
        iac_diag_error(m->diags, language->expr->range, "Unsupported language edition",
                       "The only supported language edition is TF2021.");
    for (size_t i = 0; i < content.block_count; i++) {
        const iac_block *block = content.blocks[i];
        if (iac_str_is(block->type, "required_providers"))
            read_required_providers(m, block, top->from_override);
        else if (iac_str_is(block->type, "backend"))
            read_backend(m, block, top->from_override);
        else if (iac_str_is(block->type, "encryption"))
            read_settings(m, block, top->from_override, &m->module->encryption, &m->module->encryption_range);
        else if (iac_str_is(block->type, "history"))
            read_settings(m, block, top->from_override, &m->module->history, &m->module->history_range);
        else if (iac_str_is(block->type, "cloud"))
            check_cloud(m, block);
        else if (iac_str_is(block->type, "provider_meta"))
            check_provider_meta(m, block);
    }
}

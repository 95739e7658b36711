/* lang/config/validate.c - references, and module calls as far as they can be checked without schemas and values. */
#include "lang/config/load.h"

#include "lang/config/test_file.h"
#include "lang/syntax/parser.h"

typedef struct validator {
    iac_arena *arena;
    const iac_module_config *module;
    const iac_ref_site *site; /* where the expression stands */
    iac_diags *diags;
} validator;

/* Looking for similar names takes time with every name there is: after so many messages it is left out. */
enum { MAX_HINTS = 50 };

static const char *module_name(validator *v)
{
    if (v->module->path.n == 0)
        return "the root module";
    return iac_module_addr_text(v->arena, v->module->path).p;
}

/* "Did you mean", or nothing. */
static iac_str nearest_in(validator *v, const iac_map *map, iac_str name)
{
    if (v->site->hints && (*v->site->hints)++ >= MAX_HINTS)
        return (iac_str){ 0 };
    iac_str *names = iac_arena_array(v->arena, iac_str, map->n);
    for (size_t i = 0; i < map->n; i++)
        names[i] = map->entries[i].key;
    iac_str near = iac_str_nearest(name, names, map->n);
    return near.n ? iac_arena_printf(v->arena, " Did you mean \"%.*s\"?", IAC_FMT(near)) : near;
}

static void check_variable(validator *v, const iac_ref *ref)
{
    if (iac_map_has(&v->module->variable_map, ref->name) ||
        (v->site->variables && iac_map_has(v->site->variables, ref->name)))
        return;
    iac_str hint = nearest_in(v, &v->module->variable_map, ref->name);
    if (!hint.n)
        hint = iac_arena_printf(v->arena, " This variable can be declared with a variable \"%.*s\" {} block.",
                                IAC_FMT(ref->name));
    iac_diag_error(v->diags, ref->range, "Reference to undeclared input variable",
                   "An input variable with the name \"%.*s\" has not been declared.%.*s", IAC_FMT(ref->name),
                   IAC_FMT(hint));
}

static void check_local(validator *v, const iac_ref *ref)
{
    if (iac_map_has(&v->module->local_map, ref->name))
        return;
    iac_str hint = nearest_in(v, &v->module->local_map, ref->name);
    iac_diag_error(v->diags, ref->range, "Reference to undeclared local value",
                   "A local value with the name \"%.*s\" has not been declared.%.*s", IAC_FMT(ref->name),
                   IAC_FMT(hint));
}

/* The node `.output` above the (indexed) call. */
static iac_range output_range(const iac_ref *ref)
{
    const iac_expr *node = ref->whole, *found = NULL;

    while (node && node != ref->subject) {
        if (node->kind == IAC_EXPR_ATTR) {
            found = node;
            node = node->attr.operand;
        } else if (node->kind == IAC_EXPR_INDEX) {
            node = node->index.operand;
        } else {
            break;
        }
    }
    return found ? found->attr.name_range : ref->range;
}

static void check_module_call(validator *v, const iac_ref *ref)
{
    const iac_module_call *call = iac_map_get(&v->module->call_map, ref->name);

    if (!call) {
        iac_str hint = nearest_in(v, &v->module->call_map, ref->name);
        iac_diag_error(v->diags, iac_range_join(ref->range, ref->output.n ? output_range(ref) : ref->range),
                       "Reference to undeclared module", "No module call named \"%.*s\" is declared in %s.%.*s",
                       IAC_FMT(ref->name), module_name(v), IAC_FMT(hint));
    }
}

static iac_str resource_key(iac_arena *arena, iac_mode mode, iac_addr addr)
{
    static const char *const prefixes[] = { "", "data.", "ephemeral." };
    return iac_arena_printf(arena, "%s%.*s.%.*s", prefixes[mode], IAC_FMT(addr.type), IAC_FMT(addr.name));
}

static void undeclared_resource(validator *v, const iac_ref *ref)
{
    static const char *const kinds[] = { "managed", "data", "ephemeral" };
    iac_str hint = { 0 };

    for (iac_mode mode = IAC_MANAGED; mode <= IAC_EPHEMERAL_RESOURCE; mode++) {
        iac_str key = resource_key(v->arena, mode, ref->addr);
        if (mode != ref->addr.mode && iac_map_has(&v->module->resource_map, key)) {
            hint = iac_arena_printf(v->arena, "\n\nDid you mean the %s resource %.*s?", kinds[mode], IAC_FMT(key));
            break;
        }
    }
    iac_diag_error(v->diags, ref->range, "Reference to undeclared resource",
                   "%s %s resource \"%.*s\" \"%.*s\" has not been declared in %s.%.*s",
                   ref->addr.mode == IAC_EPHEMERAL_RESOURCE ? "An" : "A", kinds[ref->addr.mode],
                   IAC_FMT(ref->addr.type), IAC_FMT(ref->addr.name), module_name(v), IAC_FMT(hint));
}

static void check_repetition(validator *v, const iac_ref *ref, const iac_resource_config *resource)
{
    static const char summary[] = "Missing resource instance key";
    iac_str address = iac_addr_text(v->arena, ref->addr);

    if (ref->key && !resource->count && !resource->for_each) {
        iac_str text;
        if (ref->key->kind != IAC_EXPR_LITERAL && !iac_expr_literal_text(ref->key, &text))
            return; /* told when it is evaluated */
        iac_diag_error(v->diags, iac_range_join(ref->range, iac_ref_index_range(ref)),
                       "Unexpected resource instance key",
                       "Because %.*s does not have \"count\" or \"for_each\" set, references to it must not include an "
                       "index key. Remove the bracketed index to refer to the single instance of this resource.",
                       IAC_FMT(address));
    } else if (!ref->key && ref->attribute.n && resource->count) {
        iac_diag_error(v->diags, ref->range, summary,
                       "Because %.*s has \"count\" set, its attributes must be accessed on specific instances.\n\n"
                       "For example, to correlate with indices of a referring resource, use:\n    %.*s[count.index]",
                       IAC_FMT(address), IAC_FMT(address));
    } else if (!ref->key && ref->attribute.n && resource->for_each) {
        iac_diag_error(v->diags, ref->range, summary,
                       "Because %.*s has \"for_each\" set, its attributes must be accessed on specific instances.\n\n"
                       "For example, to correlate with indices of a referring resource, use:\n    %.*s[each.key]",
                       IAC_FMT(address), IAC_FMT(address));
    }
}

/* output.NAME and run.NAME look like resources of these types. */
static bool check_test_ref(validator *v, const iac_ref *ref)
{
    if (!v->site->run || ref->addr.mode != IAC_MANAGED)
        return false;
    if (iac_str_is(ref->addr.type, "run")) {
        v->site->run(v->site->arg, ref);
        return true;
    }
    if (!iac_str_is(ref->addr.type, "output"))
        return false;
    if (!iac_map_has(&v->module->output_map, ref->addr.name)) {
        iac_str hint = nearest_in(v, &v->module->output_map, ref->addr.name);
        iac_diag_error(v->diags, ref->range, "Reference to undeclared output value",
                       "An output value with the name \"%.*s\" has not been declared.%.*s", IAC_FMT(ref->addr.name),
                       IAC_FMT(hint));
    }
    return true;
}

static void check_resource(validator *v, const iac_ref *ref)
{
    if (check_test_ref(v, ref))
        return;
    const iac_resource_config *resource = iac_map_get(&v->module->resource_map,
                                                      resource_key(v->arena, ref->addr.mode, ref->addr));
    if (!resource && v->site->other)
        resource = v->site->other(v->site->arg, ref);
    if (!resource) {
        undeclared_resource(v, ref);
        return;
    }
    check_repetition(v, ref, resource);
    if (v->site->attribute)
        v->site->attribute(v->site->arg, ref, v->diags);
}

static void check_named_attribute(validator *v, const iac_ref *ref)
{
    iac_str name = ref->name;

    if (ref->kind == IAC_REF_PATH) {
        static const iac_str known[] = { IAC_STR_INIT("cwd"), IAC_STR_INIT("module"), IAC_STR_INIT("root") };
        for (size_t i = 0; i < IAC_COUNT(known); i++)
            if (iac_str_eq(name, known[i]))
                return;
        iac_str near = iac_str_similar(name, known, IAC_COUNT(known));
        iac_str hint = near.n ? iac_arena_printf(v->arena, " Did you mean \"%.*s\"?", IAC_FMT(near)) : near;
        iac_diag_error(v->diags, ref->range, "Invalid \"path\" attribute",
                       "The \"path\" object does not have an attribute named \"%.*s\".%.*s", IAC_FMT(name),
                       IAC_FMT(hint));
    } else if (ref->kind == IAC_REF_TERRAFORM && iac_str_is(name, "env")) {
        iac_diag_error(v->diags, ref->range, "Invalid \"terraform\" attribute",
                       "The terraform.env attribute was deprecated in v0.10 and removed in v0.12. The \"state "
                       "environment\" concept was renamed to \"workspace\" in v0.12, and so the workspace name can now "
                       "be accessed using the terraform.workspace attribute.");
    } else if (ref->kind == IAC_REF_TERRAFORM && !iac_str_is(name, "workspace") && !iac_str_is(name, "applying")) {
        iac_diag_error(v->diags, ref->range, "Invalid \"terraform\" attribute",
                       "The \"terraform\" object does not have an attribute named \"%.*s\". The only supported "
                       "attributes are terraform.workspace, the name of the currently-selected workspace, and "
                       "terraform.applying, a boolean which is true only during apply.", IAC_FMT(name));
    } else if (ref->kind == IAC_REF_EACH && !iac_str_is(name, "key") && !iac_str_is(name, "value")) {
        iac_diag_error(v->diags, ref->range, "Invalid \"each\" attribute",
                       "The \"each\" object does not have an attribute named \"%.*s\". The supported attributes are "
                       "each.key and each.value, the current key and value pair of the \"for_each\" attribute set.",
                       IAC_FMT(name));
    } else if (ref->kind == IAC_REF_COUNT && !iac_str_is(name, "index")) {
        iac_diag_error(v->diags, ref->range, "Invalid \"count\" attribute",
                       "The \"count\" object does not have an attribute named \"%.*s\". The only supported attribute "
                       "is count.index, which is the index of each instance of a resource block that has the \"count\" "
                       "argument set.", IAC_FMT(name));
    } else if (ref->kind == IAC_REF_EACH && !v->site->each && iac_str_is(name, "value")) {
        iac_diag_error(v->diags, ref->range, "each.value cannot be used in this context",
                       "A reference to \"each.value\" has been used in a context in which it is unavailable, such as "
                       "when the configuration no longer contains the value in its \"for_each\" expression. Remove this "
                       "reference to each.value in your configuration to work around this error.");
    } else if (ref->kind == IAC_REF_EACH && !v->site->each) {
        iac_diag_error(v->diags, ref->range, "Reference to \"each\" in context without for_each",
                       "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the "
                       "\"for_each\" argument is set.");
    } else if (ref->kind == IAC_REF_COUNT && !v->site->count) {
        iac_diag_error(v->diags, ref->range, "Reference to \"count\" in non-counted context",
                       "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, and "
                       "only when the \"count\" argument is set.");
    }
}

static void check_self(validator *v, const iac_ref *ref)
{
    if (!v->site->self)
        iac_diag_error(v->diags, ref->range, "Invalid \"self\" reference",
                       "The \"self\" object is not available in this context. This object can be used only in "
                       "resource provisioner, connection, and postcondition blocks.");
    else if (v->site->attribute)
        v->site->attribute(v->site->arg, ref, v->diags);
}

/* What is looked at before any of the names has a value. */
static void check_object(validator *v, const iac_ref *ref)
{
    if (ref->kind == IAC_REF_RESOURCE)
        check_resource(v, ref);
    else if (ref->kind == IAC_REF_MODULE)
        check_module_call(v, ref);
    else if (ref->kind == IAC_REF_SELF)
        check_self(v, ref);
}

static void check_value(validator *v, const iac_ref *ref)
{
    if (ref->kind == IAC_REF_VARIABLE)
        check_variable(v, ref);
    else if (ref->kind == IAC_REF_LOCAL)
        check_local(v, ref);
    else if (ref->kind != IAC_REF_RESOURCE && ref->kind != IAC_REF_MODULE && ref->kind != IAC_REF_SELF)
        check_named_attribute(v, ref);
}

iac_refs_outcome iac_config_check_refs(iac_arena *arena, const iac_module_config *module, const iac_ref_site *site,
                                       const iac_ref *refs, size_t n, iac_diags *diags)
{
    validator v = { .arena = arena, .module = module, .site = site, .diags = diags };
    size_t errors = diags->errors;

    for (size_t i = 0; i < n; i++)
        check_object(&v, &refs[i]);
    if (diags->errors != errors)
        return IAC_REFS_BROKEN;
    for (size_t i = 0; i < n; i++)
        check_value(&v, &refs[i]);
    return diags->errors == errors ? IAC_REFS_FINE : IAC_REFS_VALUELESS;
}

typedef IAC_VEC(iac_ref) ref_list;

static void keep_ref(void *arg, const iac_ref *ref)
{
    ref_list *list = arg;
    iac_vec_push(list, *ref);
}

void iac_config_check_expression(iac_arena *arena, const iac_module_config *module, const iac_ref_site *site,
                                 const iac_expr *expr, iac_diags *diags)
{
    ref_list refs = { 0 };

    iac_expr_refs(arena, expr, keep_ref, &refs, diags);
    iac_config_check_refs(arena, module, site, refs.v, refs.n, diags);
    iac_vec_clear(&refs);
}

/* ---- which of a provider's configurations ---- */

static const iac_provider_config *declared_provider(const iac_module_config *module, const iac_provider_ref *ref)
{
    for (size_t i = 0; i < module->provider_count; i++)
        if (iac_str_eq(module->providers[i].name, ref->name) && iac_str_eq(module->providers[i].alias, ref->alias))
            return &module->providers[i];
    return NULL;
}

/* A key goes with for_each, and either with a block of the same module. what: "resource" or "module". */
static void check_provider_key(validator *v, const iac_provider_ref *ref, const iac_expr *for_each, bool count,
                               const char *what)
{
    const iac_provider_config *provider = declared_provider(v->module, ref);
    iac_str summary = iac_arena_printf(v->arena, "Invalid %s provider configuration", what);

    iac_ref_site site = { .each = for_each != NULL, .count = count, .hints = v->site->hints };
    if (ref->key)
        iac_config_check_expression(v->arena, v->module, &site, ref->key, v->diags);
    if (ref->key && !(provider && provider->for_each))
        iac_diag_error(v->diags, ref->range, summary.p,
                       "This module doesn't declare a provider \"%.*s\" block with alias = \"%.*s\"%s, which is required "
                       "for use with for_each", IAC_FMT(ref->name), IAC_FMT(ref->alias),
                       provider ? " and for_each" : "");
    else if (!ref->key && provider && provider->for_each)
        iac_diag_error(v->diags, ref->range, summary.p,
                       "The provider \"%.*s\" block with alias = \"%.*s\" uses for_each, so a reference to it must "
                       "select one of its instances by an instance key: %.*s.%.*s[\"key\"].", IAC_FMT(ref->name),
                       IAC_FMT(ref->alias), IAC_FMT(ref->name), IAC_FMT(ref->alias));
    if (!provider || !provider->for_each || !for_each ||
        !iac_str_eq(iac_range_text(provider->for_each->range), iac_range_text(for_each->range)))
        return;
    summary = iac_arena_printf(v->arena, "Provider configuration for_each matches %s", what);
    iac_diag_warning(v->diags, provider->for_each->range, summary.p,
                     "This provider configuration uses the same for_each expression as a %s, which means that subsequent "
                     "removal of elements from this collection would cause a planning error.\n\niac relies on a provider "
                     "instance to destroy resource instances that are associated with it, and so the provider instance "
                     "must outlive all of its resource instances by at least one plan/apply round. For removal of "
                     "instances to succeed in future you must structure the configuration so that the provider block's "
                     "for_each expression can produce a superset of the instances of the resources associated with the "
                     "provider configuration.", what);
}

static void check_resource_provider(validator *v, const iac_resource_config *resource)
{
    check_provider_key(v, &resource->provider, resource->for_each, resource->count != NULL, "resource");
}

/* ---- calls ---- */

static void check_arguments(validator *v, const iac_module_call *call)
{
    const iac_attribute *attributes = NULL;
    iac_map given = { 0 };
    iac_diags told = IAC_DIAGS_INIT;
    size_t count = 0;

    for (size_t i = 0; i < call->body->block_count; i++)
        iac_diag_error(v->diags, call->body->blocks[i].type_range, "Unsupported block type",
                       "Blocks of type \"%.*s\" are not expected here.", IAC_FMT(call->body->blocks[i].type));
    iac_body_attributes(v->arena, call->body, &attributes, &count, call->body->block_count ? &told : v->diags);
    iac_diags_clear(&told);
    for (size_t i = 0; i < count; i++) {
        iac_map_put(&given, attributes[i].name, (void *)&attributes[i]);
        if (!call->module || iac_map_has(&call->module->variable_map, attributes[i].name))
            continue;
        iac_str hint = nearest_in(v, &call->module->variable_map, attributes[i].name);
        iac_diag_error(v->diags, attributes[i].name_range, "Unsupported argument",
                       "An argument named \"%.*s\" is not expected here.%.*s", IAC_FMT(attributes[i].name),
                       IAC_FMT(hint));
    }
    for (size_t i = 0; call->module && i < call->module->variable_count; i++) {
        const iac_variable_config *variable = &call->module->variables[i];
        if (!variable->default_value && !iac_map_has(&given, variable->name))
            iac_diag_error(v->diags, call->body->missing_at, "Missing required argument",
                           "The argument \"%.*s\" is required, but no definition was found.",
                           IAC_FMT(variable->name));
    }
    iac_map_clear(&given);
}

static bool has_alias(const iac_module_config *module, const iac_provider_ref *ref)
{
    for (size_t i = 0; i < module->provider_count; i++)
        if (iac_str_eq(module->providers[i].name, ref->name) && iac_str_eq(module->providers[i].alias, ref->alias))
            return true;
    const iac_required_provider *required = iac_map_get(&module->required_provider_map, ref->name);
    for (size_t i = 0; required && i < required->alias_count; i++)
        if (iac_str_eq(required->aliases[i].alias, ref->alias))
            return true;
    for (size_t i = 0; module->parent && i < module->parent->call_count; i++) {
        const iac_module_call *call = &module->parent->calls[i];
        for (size_t k = 0; call->module == module && k < call->provider_count; k++)
            if (iac_str_eq(call->providers[k].child.name, ref->name) &&
                iac_str_eq(call->providers[k].child.alias, ref->alias))
                return true;
    }
    return false;
}

/* What is passed on under an alias must be there: it is never implied. */
static void check_passed_aliases(validator *v, const iac_module_call *call)
{
    for (size_t i = 0; i < call->provider_count; i++) {
        const iac_provider_ref *ref = &call->providers[i].parent;
        if (!ref->alias.n || has_alias(v->module, ref))
            continue;
        const iac_required_provider *required = iac_map_get(&v->module->required_provider_map, ref->name);
        iac_str source = iac_provider_addr_text(v->arena, required ? required->addr
                                                                   : iac_provider_addr_default(ref->name));
        iac_str path = iac_module_addr_text(v->arena, v->module->path);
        iac_str summary = iac_arena_printf(v->arena, "missing provider %.*s%sprovider[\"%.*s\"].%.*s", IAC_FMT(path),
                                           path.n ? "." : "", IAC_FMT(source), IAC_FMT(ref->alias));
        iac_diag_error(v->diags, ref->range, summary.p,
                       "%s has no provider block \"%.*s\" with the alias \"%.*s\", nor is such a configuration "
                       "passed to it.", path.n ? path.p : "The root module", IAC_FMT(ref->name), IAC_FMT(ref->alias));
    }
}

void iac_config_validate_module(iac_arena *arena, const iac_module_config *module, iac_diags *diags)
{
    unsigned hints = 0;
    iac_ref_site site = { .hints = &hints };
    validator v = { .arena = arena, .module = module, .site = &site, .diags = diags };

    for (size_t i = 0; i < module->resource_count; i++)
        check_resource_provider(&v, &module->resources[i]);
    for (size_t i = 0; i < module->check_count; i++)
        if (module->checks[i].data)
            check_resource_provider(&v, module->checks[i].data);
    for (size_t i = 0; i < module->call_count; i++) {
        const iac_module_call *call = &module->calls[i];
        check_arguments(&v, call);
        for (size_t k = 0; k < call->provider_count; k++)
            check_provider_key(&v, &call->providers[k].parent, call->for_each, call->count != NULL, "module");
        check_passed_aliases(&v, call);
    }
}

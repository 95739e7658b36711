/* lang/config/validate.c - references and module calls, as far as they can be checked without schemas and values. */
#include "lang/config/load.h"

#include "lang/config/test_file.h"
#include "lang/syntax/parser.h"

typedef struct iterators { /* of the dynamic blocks around, on the C stack */
    const struct iterators *up;
    iac_str name;
} iterators;

/* Where an expression stands, which decides what it may refer to. */
typedef struct place {
    bool count, each, self;
    const iac_resource_config *resource; /* whose own configuration this is: it may not refer to itself */
} place;

typedef struct validator {
    iac_arena *arena;
    const iac_module_config *module;
    iac_diags *diags;
    place at;
    const iterators *iterators;
    bool loose; /* a JSON body of unknown structure: iterators cannot be told from resources */
    iac_map check_data; /* "data.type.name" of the data blocks within checks */
    int hints;          /* given so far */
    bool testing;       /* an expression of a test: outputs and runs may be referred to */
    const iac_map *test_variables;
    void (*test_run)(void *arg, const iac_ref *ref);
    void *test_arg;
} validator;

/* Nested deeper, blocks are left to the checks by schema. */
enum { MAX_DEPTH = 200 };
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
    if (v->hints++ >= MAX_HINTS)
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
        (v->testing && iac_map_has(v->test_variables, ref->name)))
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

static bool is_iterator(const validator *v, const iac_ref *ref)
{
    if (ref->addr.mode != IAC_MANAGED)
        return false;
    for (const iterators *it = v->iterators; it; it = it->up)
        if (iac_str_eq(it->name, ref->addr.type))
            return true;
    return false;
}

/* output.NAME and run.NAME look like resources of these types. */
static bool check_test_ref(validator *v, const iac_ref *ref)
{
    if (!v->testing || ref->addr.mode != IAC_MANAGED)
        return false;
    if (iac_str_is(ref->addr.type, "run")) {
        v->test_run(v->test_arg, ref);
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
    if (is_iterator(v, ref) || check_test_ref(v, ref))
        return;
    iac_str key = resource_key(v->arena, ref->addr.mode, ref->addr);
    const iac_resource_config *resource = iac_map_get(&v->module->resource_map, key);
    if (!resource)
        resource = iac_map_get(&v->check_data, key);
    if (!resource) {
        if (!v->loose)
            undeclared_resource(v, ref);
        return;
    }
    if (resource == v->at.resource) {
        iac_str address = iac_addr_text(v->arena, ref->addr);
        iac_diag_error(v->diags, ref->range, "Self-referential block",
                       "Configuration for %.*s may not refer to itself.", IAC_FMT(address));
        return;
    }
    check_repetition(v, ref, resource);
}

static void check_named_attribute(validator *v, const iac_ref *ref)
{
    iac_str name = ref->name;

    if (ref->kind == IAC_REF_PATH) {
        static const iac_str known[] = { IAC_STR_INIT("module"), IAC_STR_INIT("root"), IAC_STR_INIT("cwd") };
        for (size_t i = 0; i < IAC_COUNT(known); i++)
            if (iac_str_eq(name, known[i]))
                return;
        iac_str near = iac_str_nearest(name, known, IAC_COUNT(known));
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
    } else if (ref->kind == IAC_REF_EACH && !v->at.each && v->at.resource && iac_str_is(name, "value")) {
        iac_diag_error(v->diags, ref->range, "each.value cannot be used in this context",
                       "A reference to \"each.value\" has been used in a context in which it is unavailable, such as "
                       "when the configuration no longer contains the value in its \"for_each\" expression. Remove this "
                       "reference to each.value in your configuration to work around this error.");
    } else if (ref->kind == IAC_REF_EACH && !v->at.each) {
        iac_diag_error(v->diags, ref->range, "Reference to \"each\" in context without for_each",
                       "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the "
                       "\"for_each\" argument is set.");
    } else if (ref->kind == IAC_REF_COUNT && !v->at.count) {
        iac_diag_error(v->diags, ref->range, "Reference to \"count\" in non-counted context",
                       "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, and "
                       "only when the \"count\" argument is set.");
    }
}

static void check_ref(void *arg, const iac_ref *ref)
{
    validator *v = arg;

    switch (ref->kind) {
    case IAC_REF_VARIABLE:
        check_variable(v, ref);
        break;
    case IAC_REF_LOCAL:
        check_local(v, ref);
        break;
    case IAC_REF_MODULE:
        check_module_call(v, ref);
        break;
    case IAC_REF_RESOURCE:
        check_resource(v, ref);
        break;
    case IAC_REF_SELF:
        if (!v->at.self)
            iac_diag_error(v->diags, ref->range, "Invalid \"self\" reference",
                           "The \"self\" object is not available in this context. This object can be used only in "
                           "resource provisioner, connection, and postcondition blocks.");
        break;
    default:
        check_named_attribute(v, ref);
        break;
    }
}

static void check_expr(validator *v, const iac_expr *expr)
{
    if (expr)
        iac_expr_refs(v->arena, expr, check_ref, v, v->diags);
}

/* ---- bodies without a schema ---- */

static void check_blocks(validator *v, const iac_body *body, int depth);

static void check_dynamic(validator *v, const iac_block *block, int depth)
{
    const iac_attribute *named = iac_body_attribute(block->body, IAC_STR("iterator"));
    iterators it = { v->iterators, block->labels[0].text };

    if (named && named->expr->kind == IAC_EXPR_ROOT)
        it.name = named->expr->root;
    for (size_t i = 0; i < block->body->attribute_count; i++) {
        const iac_attribute *attr = &block->body->attributes[i];
        if (iac_str_is(attr->name, "for_each"))
            check_expr(v, attr->expr);
    }
    v->iterators = &it;
    for (size_t i = 0; i < block->body->block_count; i++)
        check_blocks(v, block->body->blocks[i].body, depth + 1);
    v->iterators = it.up;
}

static void check_blocks(validator *v, const iac_body *body, int depth)
{
    if (!body || depth > MAX_DEPTH)
        return;
    if (body->pair) {
        check_blocks(v, body->pair->base, depth + 1);
        check_blocks(v, body->pair->over, depth + 1);
        return;
    }
    if (body->json) {
        const iac_attribute *attributes = NULL;
        iac_diags ignored = IAC_DIAGS_INIT; /* the checks by schema tell */
        size_t count = 0;
        iac_body_attributes(v->arena, body, &attributes, &count, &ignored);
        bool loose = v->loose;
        v->loose = true;
        for (size_t i = 0; i < count; i++)
            if (!iac_str_is(attributes[i].name, "dynamic"))
                check_expr(v, attributes[i].expr);
        v->loose = loose;
        iac_diags_clear(&ignored);
        return;
    }
    for (size_t i = 0; i < body->attribute_count; i++)
        check_expr(v, body->attributes[i].expr);
    for (size_t i = 0; i < body->block_count; i++) {
        const iac_block *block = &body->blocks[i];
        if (iac_str_is(block->type, "dynamic") && block->label_count == 1 && !block->body->json)
            check_dynamic(v, block, depth);
        else
            check_blocks(v, block->body, depth + 1);
    }
}

/* ---- what the blocks of a module say ---- */

static void check_conditions(validator *v, iac_conditions conditions)
{
    for (size_t i = 0; i < conditions.n; i++) {
        check_expr(v, conditions.v[i].condition);
        check_expr(v, conditions.v[i].error_message);
    }
}

static void check_depends(validator *v, iac_depends depends)
{
    for (size_t i = 0; i < depends.n; i++) {
        const iac_expr *expr = depends.v[i];
        iac_ref ref;
        if (!iac_ref_parse(v->arena, expr, &ref, v->diags))
            continue;
        const iac_expr *top = expr;
        if (ref.key && top->kind == IAC_EXPR_INDEX)
            top = top->index.operand;
        if (top != ref.subject) {
            iac_range range = expr->range; /* what is too much */
            range.start = ref.key ? iac_ref_index_range(&ref).end : ref.subject->range.end;
            iac_diag_error(v->diags, range, "Invalid depends_on reference",
                           "References in depends_on must be to a whole object (resource, etc), not to an attribute of "
                           "an object.");
            continue;
        }
        check_ref(v, &ref);
    }
}

/* What runs before the object is destroyed was looked at when it was read: it may mention the object alone. */
static void check_provisioners(validator *v, const iac_resource_config *resource)
{
    v->at.self = true;
    check_blocks(v, resource->connection, 0);
    for (size_t i = 0; i < resource->provisioner_count; i++) {
        if (resource->provisioners[i].on_destroy)
            continue;
        check_blocks(v, resource->provisioners[i].body, 0);
        check_blocks(v, resource->provisioners[i].own_connection, 0);
    }
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
static void check_provider_key(validator *v, const iac_provider_ref *ref, const iac_expr *for_each, const char *what)
{
    const iac_provider_config *provider = declared_provider(v->module, ref);
    iac_str summary = iac_arena_printf(v->arena, "Invalid %s provider configuration", what);

    check_expr(v, ref->key);
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

static void check_provider_block(validator *v, const iac_provider_config *provider)
{
    check_expr(v, provider->for_each);
    v->at = (place){ .each = provider->for_each != NULL };
    check_blocks(v, provider->body, 0);
    v->at = (place){ 0 };
}

static void check_resource_config(validator *v, const iac_resource_config *resource)
{
    place inside = {
        .count = resource->count != NULL,
        .each = resource->for_each != NULL,
        .resource = resource,
    };

    v->at = (place){ .resource = resource };
    check_expr(v, resource->count);
    check_expr(v, resource->for_each);
    check_expr(v, resource->lifecycle.enabled);
    v->at = (place){ 0 };
    check_depends(v, resource->depends_on);
    v->at = inside;
    check_provider_key(v, &resource->provider, resource->for_each, "resource");
    check_blocks(v, resource->body, 0);
    check_conditions(v, resource->lifecycle.preconditions);
    for (size_t i = 0; i < resource->lifecycle.replace_triggered_by_count; i++)
        check_expr(v, resource->lifecycle.replace_triggered_by[i]);
    v->at.resource = NULL;
    v->at.self = true;
    check_conditions(v, resource->lifecycle.postconditions);
    check_provisioners(v, resource);
    v->at = (place){ 0 };
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
        check_expr(v, attributes[i].expr);
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

static void check_call(validator *v, const iac_module_call *call)
{
    check_expr(v, call->count);
    check_expr(v, call->for_each);
    check_expr(v, call->enabled);
    check_depends(v, call->depends_on);
    v->at = (place){ .count = call->count != NULL, .each = call->for_each != NULL };
    check_arguments(v, call);
    for (size_t i = 0; i < call->provider_count; i++)
        check_provider_key(v, &call->providers[i].parent, call->for_each, "module");
    v->at = (place){ 0 };
    check_passed_aliases(v, call);
}

/* ---- the module ---- */

static void check_ephemeral_outputs(validator *v, const iac_output_config *output)
{
    if (output->ephemeral && v->module->path.n == 0)
        iac_diag_error(v->diags, output->range, "Ephemeral output not allowed",
                       "Ephemeral outputs are not allowed in context of a root module");
}

void iac_config_check_expression(iac_arena *arena, const iac_module_config *module, const iac_expr *expr,
                                 iac_diags *diags)
{
    validator v = { .arena = arena, .module = module, .diags = diags };

    check_expr(&v, expr);
    iac_map_clear(&v.check_data);
}

void iac_config_check_test_expression(iac_arena *arena, const iac_module_config *module, const iac_expr *expr,
                                      const iac_map *variables, void (*run)(void *arg, const iac_ref *ref), void *arg,
                                      iac_diags *diags)
{
    validator v = { .arena = arena, .module = module, .diags = diags, .testing = true, .test_variables = variables,
                    .test_run = run, .test_arg = arg };

    check_expr(&v, expr);
}

void iac_config_validate_module(iac_arena *arena, const iac_module_config *module, iac_diags *diags)
{
    validator v = { .arena = arena, .module = module, .diags = diags };

    for (size_t i = 0; i < module->check_count; i++) {
        const iac_resource_config *data = module->checks[i].data;
        if (data)
            iac_map_put(&v.check_data,
                        iac_arena_printf(arena, "data.%.*s.%.*s", IAC_FMT(data->type), IAC_FMT(data->name)),
                        (void *)data);
    }
    for (size_t i = 0; i < module->variable_count; i++)
        check_conditions(&v, module->variables[i].validations);
    for (size_t i = 0; i < module->local_count; i++)
        check_expr(&v, module->locals[i].expr);
    for (size_t i = 0; i < module->provider_count; i++)
        check_provider_block(&v, &module->providers[i]);
    for (size_t i = 0; i < module->resource_count; i++)
        check_resource_config(&v, &module->resources[i]);
    for (size_t i = 0; i < module->call_count; i++)
        check_call(&v, &module->calls[i]);
    for (size_t i = 0; i < module->output_count; i++) {
        const iac_output_config *output = &module->outputs[i];
        check_expr(&v, output->value);
        check_depends(&v, output->depends_on);
        check_conditions(&v, output->preconditions);
        check_ephemeral_outputs(&v, output);
    }
    for (size_t i = 0; i < module->import_count; i++) {
        check_expr(&v, module->imports[i].for_each);
        v.at.each = module->imports[i].for_each != NULL;
        check_expr(&v, module->imports[i].id);
        v.at.each = false;
    }
    for (size_t i = 0; i < module->check_count; i++) {
        if (module->checks[i].data)
            check_resource_config(&v, module->checks[i].data);
        check_conditions(&v, module->checks[i].asserts);
    }
    iac_map_clear(&v.check_data);
}

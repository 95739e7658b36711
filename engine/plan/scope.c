/* Names to values: what lang/eval asks while it evaluates an expression somewhere in the configuration. */
#include "engine/plan/run.h"

#include <string.h>

static iac_resource_instance *find_key(iac_resource_instance *v, uint32_t n, iac_key key)
{
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        iac_key at = v[middle].key;
        int order = key.kind == IAC_KEY_INT ? (at.index > key.index) - (at.index < key.index)
                                            : iac_str_cmp(at.name, key.name);
        if (order == 0)
            return &v[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

iac_resource_instance *iac_expansion_find(const iac_expansion *expansion, iac_key key)
{
    if (key.kind == IAC_KEY_INT && expansion->repetition == IAC_BY_COUNT)
        return key.index >= 0 && key.index < (int64_t)expansion->n ? &expansion->v[key.index] : NULL;
    if (key.kind == IAC_KEY_NONE && expansion->repetition == IAC_SINGLE)
        return expansion->n ? &expansion->v[0] : NULL;
    if (key.kind != IAC_KEY_STRING || expansion->repetition != IAC_BY_FOR_EACH)
        return NULL;
    return find_key(expansion->v, expansion->n, key);
}

static bool key_of(const iac_value *v, iac_repetition repetition, iac_arena *arena, iac_key *ret)
{
    if (repetition == IAC_BY_COUNT) {
        if (v->kind == IAC_STRING) { /* a list's index converts, as everywhere in the language */
            v = iac_value_number_parse(arena, v->string);
            if (!v)
                return false;
        }
        *ret = (iac_key){ .kind = IAC_KEY_INT };
        return v->kind == IAC_NUMBER && iac_value_to_int(v, &ret->index);
    }
    *ret = (iac_key){ .kind = IAC_KEY_STRING };
    if (v->kind == IAC_STRING)
        ret->name = v->string;
    else if (v->kind == IAC_NUMBER)
        ret->name = iac_number_text(arena, v);
    else
        return false;
    return true;
}

/* How many places a collection by index has: up to the last instance that is there. */
static uint32_t tuple_length(const iac_expansion *expansion)
{
    if (expansion->leftover_count)
        return (uint32_t)expansion->leftovers[expansion->leftover_count - 1].key.index + 1;
    uint32_t n = expansion->n;
    while (n && expansion->v[n - 1].absent)
        n--;
    return n;
}

/* a[key] where there is no such instance, in the words of an index into the collection. */
static void no_such_instance(const iac_ref *ref, const iac_value *key, const iac_expansion *expansion,
                             iac_arena *arena, iac_diags *diags)
{
    iac_range range = ref->key ? iac_ref_index_range(ref) : ref->range;
    const char *why = "";
    iac_key wanted;
    if (expansion->repetition == IAC_SINGLE) {
        iac_diag_error(diags, range, "Invalid index", "This value does not have any indices.");
        return;
    }
    if (expansion->repetition == IAC_BY_COUNT && key_of(key, IAC_BY_COUNT, arena, &wanted)) {
        if (wanted.index < 0)
            why = ": a negative number is not a valid index for a sequence";
        else if (wanted.index == tuple_length(expansion)) /* no more is said of those farther out */
            why = wanted.index ? ": the given index is greater than or equal to the length of the collection"
                               : ": the collection has no elements";
    }
    iac_diag_error(diags, range, "Invalid index",
                   "The given key does not identify an element in this collection value%s.", why);
}

static const iac_value *unknown_instance(iac_arena *arena, const iac_node *node)
{
    const iac_value *v = node->schema ? iac_value_unknown(arena, node->schema->block->type) : &iac_unknown_dynamic;
    return node->resource->mode == IAC_EPHEMERAL_RESOURCE ? iac_value_mark(arena, v, IAC_EPHEMERAL) : v;
}

const iac_value *iac_any_resource(iac_arena *arena, const iac_node *node)
{
    return node->resource->mode == IAC_EPHEMERAL_RESOURCE ? iac_value_mark(arena, &iac_unknown_dynamic, IAC_EPHEMERAL)
                                                          : &iac_unknown_dynamic;
}

static bool between_others(const iac_expansion *expansion, const iac_resource_instance *instance)
{
    return expansion->repetition == IAC_BY_COUNT && instance - expansion->v < (ptrdiff_t)tuple_length(expansion);
}

/* All instances by index: where one is missing between others, nothing is known of it. */
static const iac_value *tuple_of(iac_arena *arena, const iac_node *node, const iac_expansion *expansion)
{
    uint32_t n = tuple_length(expansion);
    const iac_value **items = iac_arena_array(arena, const iac_value *, n);
    for (uint32_t i = 0; i < n && i < expansion->n; i++)
        items[i] = expansion->v[i].value;
    for (uint32_t i = 0; i < expansion->leftover_count; i++)
        items[expansion->leftovers[i].key.index] = expansion->leftovers[i].value;
    for (uint32_t i = 0; i < n; i++)
        if (!items[i])
            items[i] = unknown_instance(arena, node);
    return iac_value_tuple(arena, items, n);
}

static const iac_value *object_of(iac_arena *arena, const iac_node *node, const iac_expansion *expansion)
{
    size_t most = (size_t)expansion->n + expansion->leftover_count;
    const iac_value **items = iac_arena_array(arena, const iac_value *, most);
    iac_str *keys = iac_arena_array(arena, iac_str, most);
    size_t n = 0;
    for (uint32_t i = 0; i < expansion->n; i++) {
        if (expansion->v[i].absent)
            continue;
        items[n] = expansion->v[i].value ? expansion->v[i].value : unknown_instance(arena, node);
        keys[n++] = expansion->v[i].key.name;
    }
    for (uint32_t i = 0; i < expansion->leftover_count; i++) {
        items[n] = expansion->leftovers[i].value;
        keys[n++] = expansion->leftovers[i].key.name;
    }
    return iac_value_object(arena, keys, items, n);
}

static const iac_value *collection_of(iac_run *run, const iac_node *node, iac_expansion *expansion)
{
    pthread_mutex_lock(&run->lock);
    if (!expansion->whole)
        expansion->whole = expansion->repetition == IAC_BY_COUNT ? tuple_of(run->arena, node, expansion)
                                                                 : object_of(run->arena, node, expansion);
    const iac_value *whole = expansion->whole;
    pthread_mutex_unlock(&run->lock);
    return whole;
}

/* Whether the schema has what the reference asks the resource for: known before any value is. */
static bool attribute_exists(const iac_node *node, const iac_ref *ref, iac_arena *arena, iac_diags *diags)
{
    return !ref->attribute.n || !node->schema ||
           iac_check_attribute(node->schema->block, ref->attribute, iac_ref_attribute_range(ref), arena, diags);
}

static const iac_value *lookup_resource(iac_place *place, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                                        iac_diags *diags)
{
    iac_node *node = iac_run_resolve(place->module, ref);
    if (!node) {
        iac_diag_error(diags, ref->range, "Reference to undeclared resource",
                       "A %s resource \"%.*s\" \"%.*s\" has not been declared in the root module.",
                       ref->addr.mode == IAC_DATA ? "data" : "managed", IAC_FMT(ref->addr.type),
                       IAC_FMT(ref->addr.name));
        return NULL;
    }
    if ((key || !(node->resource->count || node->resource->for_each)) && !attribute_exists(node, ref, arena, diags))
        return NULL;
    if (place->run->validating)
        return iac_any_resource(arena, node);
    iac_expansion *expansion = node->expansions ? &node->expansions[place->instance->index] : NULL;
    if (!expansion || !expansion->done) {
        bool repeated = node->resource->count || node->resource->for_each;
        const iac_value *one = unknown_instance(arena, node);
        return repeated && !key ? iac_value_mark(arena, &iac_unknown_dynamic, one->marks) : one;
    }
    if (key) {
        iac_key wanted;
        iac_resource_instance *found = NULL;
        if (expansion->repetition != IAC_SINGLE && key_of(key, expansion->repetition, arena, &wanted))
            found = iac_expansion_find(expansion, wanted);
        if (found && found->absent && !between_others(expansion, found))
            found = NULL;
        if (!found && expansion->leftover_count)
            found = find_key(expansion->leftovers, expansion->leftover_count, wanted);
        if (!found) {
            no_such_instance(ref, key, expansion, arena, diags);
            return NULL;
        }
        return found->value ? found->value : unknown_instance(arena, node);
    }
    if (expansion->repetition == IAC_SINGLE) {
        if (expansion->n == 0)
            return iac_value_null(arena, &iac_type_dynamic);
        return expansion->v[0].value ? expansion->v[0].value : unknown_instance(arena, node);
    }
    return collection_of(place->run, node, expansion);
}

static const iac_value *output_value(const iac_run_module *child, uint32_t index, const iac_output_config *output)
{
    const iac_node *node = child->outputs[output - child->config->outputs];
    const iac_value *value = node->values && index < node->slots ? node->values[index] : NULL;
    return value ? value : &iac_unknown_dynamic;
}

/* All outputs of one module instance. */
static const iac_value *module_object(iac_arena *arena, const iac_run_module *child, uint32_t index)
{
    size_t n = child->config->output_count;
    const iac_value **items = iac_arena_array(arena, const iac_value *, n);
    iac_str *names = iac_arena_array(arena, iac_str, n);
    for (size_t i = 0; i < n; i++) {
        names[i] = child->config->outputs[i].name;
        items[i] = output_value(child, index, &child->config->outputs[i]);
    }
    return iac_value_object(arena, names, items, n);
}

/* What validation knows of a module: the names of its outputs. */
static const iac_value *any_module(iac_arena *arena, const iac_module_call *call, const iac_run_module *child,
                                   const iac_value *key)
{
    size_t n = child->config->output_count;
    const iac_type **types = iac_arena_array(arena, const iac_type *, n);
    iac_str *names = iac_arena_array(arena, iac_str, n);
    for (size_t i = 0; i < n; i++) {
        names[i] = child->config->outputs[i].name;
        types[i] = &iac_type_dynamic;
    }
    const iac_type *one = iac_type_object(arena, names, types, NULL, n);
    if (key || (!call->count && !call->for_each))
        return iac_value_unknown(arena, one);
    return iac_value_unknown(arena, call->count ? iac_type_list(arena, one) : iac_type_map(arena, one));
}

bool iac_place_selects(void *user, const iac_ref *ref)
{
    const iac_place *place = user;
    const iac_node *node = iac_run_resolve(place->module, ref);
    const iac_module_config *child = node ? node->call->module : NULL;
    return child && iac_map_has(&child->output_map, ref->output) &&
           (ref->key || (!node->call->count && !node->call->for_each));
}

static const iac_value *lookup_module(iac_place *place, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                                      iac_diags *diags)
{
    iac_node *node = iac_run_resolve(place->module, ref);
    iac_run_module *child = node ? place->module->children[node->call - place->module->config->calls] : NULL;
    iac_expansion *expansion = node && node->expansions ? &node->expansions[place->instance->index] : NULL;
    const iac_output_config *output = child && ref->output.n ? iac_map_get(&child->config->output_map, ref->output)
                                                             : NULL;
    if (child && place->run->validating)
        return output || node->call->enabled ? &iac_unknown_dynamic : any_module(arena, node->call, child, key);
    if (!child || !expansion || !expansion->done)
        return &iac_unknown_dynamic;
    uint32_t index = expansion->first;
    if (expansion->repetition == IAC_SINGLE && expansion->n == 0) { /* not enabled */
        if (output)
            iac_diag_error(diags, ref->range, "Attempt to get attribute from null value",
                           "This value is null, so it does not have any attributes.");
        return output ? NULL : iac_value_null(arena, &iac_type_dynamic);
    }
    if (expansion->repetition != IAC_SINGLE && key) {
        iac_key wanted;
        iac_resource_instance *found = NULL;
        if (key_of(key, expansion->repetition, arena, &wanted))
            found = iac_expansion_find(expansion, wanted);
        if (!found) {
            no_such_instance(ref, key, expansion, arena, diags);
            return NULL;
        }
        index += (uint32_t)(found - expansion->v);
    } else if (expansion->repetition != IAC_SINGLE) {
        const iac_value **items = iac_arena_array(arena, const iac_value *, expansion->n);
        iac_str *keys = iac_arena_array(arena, iac_str, expansion->n);
        for (uint32_t i = 0; i < expansion->n; i++) {
            items[i] = module_object(arena, child, expansion->first + i);
            keys[i] = expansion->v[i].key.name;
        }
        return expansion->repetition == IAC_BY_COUNT ? iac_value_tuple(arena, items, expansion->n)
                                                     : iac_value_object(arena, keys, items, expansion->n);
    }
    return output ? output_value(child, index, output) : module_object(arena, child, index);
}

static const iac_value *lookup_slot(const iac_place *place, const iac_ref *ref, const char *what, iac_diags *diags)
{
    iac_node *node = iac_run_resolve(place->module, ref);
    if (!node) {
        iac_diag_error(diags, ref->range, what, "%s with the name \"%.*s\" has not been declared.",
                       ref->kind == IAC_REF_LOCAL ? "A local value" : "An input variable", IAC_FMT(ref->name));
        return NULL;
    }
    uint32_t index = place->instance->index;
    const iac_value *value = node->values && index < node->slots ? node->values[index] : NULL;
    return value ? value : &iac_unknown_dynamic;
}

/* Validation is for any values: a variable is what it is declared to be. */
const iac_value *iac_any_variable(iac_arena *arena, const iac_variable_config *variable)
{
    return iac_value_mark(arena, iac_value_unknown(arena, variable->type),
                          (uint8_t)((variable->sensitive ? IAC_SENSITIVE : 0) |
                                    (variable->ephemeral ? IAC_EPHEMERAL : 0)));
}

static const iac_value *lookup_variable(const iac_place *place, const iac_ref *ref, iac_arena *arena,
                                        iac_diags *diags)
{
    const iac_node *node = place->run->validating ? iac_run_resolve(place->module, ref) : NULL;
    if (node && node != place->validated)
        return iac_any_variable(arena, node->variable);
    return lookup_slot(place, ref, "Reference to undeclared input variable", diags);
}

static const iac_value *lookup_path(const iac_place *place, const iac_ref *ref, iac_arena *arena, iac_diags *diags)
{
    if (iac_str_is(ref->name, "module")) {
        iac_str dir = place->module->config->dir;
        return iac_value_string(arena, dir.n ? dir : IAC_STR("."));
    }
    if (iac_str_is(ref->name, "root"))
        return iac_value_string(arena, place->run->root_dir);
    if (iac_str_is(ref->name, "cwd"))
        return iac_value_string(arena, place->run->cwd);
    iac_diag_error(diags, ref->range, "Invalid \"path\" attribute",
                   "The \"path\" object does not have an attribute named \"%.*s\".", IAC_FMT(ref->name));
    return NULL;
}

static const iac_value *lookup(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                               iac_diags *diags)
{
    iac_place *place = user;
    switch (ref->kind) {
    case IAC_REF_RESOURCE:
        return lookup_resource(place, ref, key, arena, diags);
    case IAC_REF_MODULE:
        return lookup_module(place, ref, key, arena, diags);
    case IAC_REF_VARIABLE:
        return lookup_variable(place, ref, arena, diags);
    case IAC_REF_LOCAL:
        return lookup_slot(place, ref, "Reference to undeclared local value", diags);
    case IAC_REF_PATH:
        return lookup_path(place, ref, arena, diags);
    case IAC_REF_EACH:
        if (!place->each_key && iac_str_is(ref->name, "value")) {
            iac_diag_error(diags, ref->range, "each.value cannot be used in this context",
                           "A reference to \"each.value\" has been used in a context in which it is unavailable, such "
                           "as when the configuration no longer contains the value in its \"for_each\" expression. "
                           "Remove this reference to each.value in your configuration to work around this error.");
            return NULL;
        }
        if (!place->each_key) {
            iac_diag_error(diags, ref->range, "Reference to \"each\" in context without for_each",
                           "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when "
                           "the \"for_each\" argument is set.");
            return NULL;
        }
        return iac_str_is(ref->name, "key") ? place->each_key : place->each_value;
    case IAC_REF_COUNT:
        if (!place->count_index) {
            iac_diag_error(diags, ref->range, "Reference to \"count\" in non-counted context",
                           "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, "
                           "and only when the \"count\" argument is set.");
            return NULL;
        }
        return place->count_index;
    case IAC_REF_SELF:
        if (!place->self) {
            iac_diag_error(diags, ref->range, "Invalid \"self\" reference",
                           "The \"self\" object is not available in this context. This object can be used only in "
                           "resource provisioner, connection, and postcondition blocks.");
            return NULL;
        }
        if (place->self_block && ref->attribute.n &&
            !iac_check_attribute(place->self_block, ref->attribute, iac_ref_attribute_range(ref), arena, diags))
            return NULL;
        return place->self;
    case IAC_REF_TERRAFORM:
        if (iac_str_is(ref->name, "workspace"))
            return iac_value_string(arena, place->run->workspace);
        if (iac_str_is(ref->name, "applying"))
            return iac_value_mark(arena, place->run->validating ? iac_value_unknown(arena, &iac_type_bool)
                                         : iac_value_bool(!place->run->planning), IAC_EPHEMERAL);
        break;
    }
    iac_diag_error(diags, ref->range, "Invalid reference", "There is no object of this name.");
    return NULL;
}

/* Functions come from the provider under its local name; they need no configuration. */
static const iac_value *call_provider(void *user, iac_str provider, iac_str function, const iac_value *const *args,
                                      size_t n, iac_range range, iac_arena *arena, iac_diags *diags)
{
    iac_place *place = user;
    iac_provider_addr addr = iac_module_provider_addr(place->module->config, provider);
    const iac_provider *loaded = NULL;
    if (iac_host_provider(place->run->host, addr.type, range, &loaded, diags) != IAC_OK)
        return NULL;
    const iac_provider_function *found = iac_provider_find_function(loaded, function);
    if (!found) {
        iac_str called = iac_range_text(range);
        range.end -= called.n && called.p[called.n - 1] == '('; /* the name alone */
        if (iac_map_has(&place->module->config->required_provider_map, provider))
            iac_diag_error(diags, range, "Unknown provider function",
                           "The function \"%.*s\" is not available from the provider \"%.*s\".", IAC_FMT(function),
                           IAC_FMT(provider));
        else
            iac_diag_error(diags, range, "Unknown provider function",
                           "There is no function named \"provider::%.*s::%.*s\". Ensure that provider name \"%.*s\" is "
                           "declared in this module's required_providers block, and that this provider offers a "
                           "function named \"%.*s\".", IAC_FMT(provider), IAC_FMT(function), IAC_FMT(provider),
                           IAC_FMT(function));
        return NULL;
    }
    if (n < found->param_count || (n > found->param_count && !found->variadic)) {
        iac_diag_error(diags, range, n < found->param_count ? "Not enough function arguments"
                                                            : "Too many function arguments",
                       "Function \"provider::%.*s::%.*s\" expects %zu argument(s).", IAC_FMT(provider),
                       IAC_FMT(function), found->param_count);
        return NULL;
    }
    const iac_value **converted = iac_arena_array(arena, const iac_value *, n);
    uint8_t marks = 0;
    for (size_t i = 0; i < n; i++) {
        const iac_provider_param *param = i < found->param_count ? &found->params[i] : found->variadic;
        iac_str error;
        marks |= args[i]->deep_marks;
        converted[i] = iac_convert(arena, iac_value_unmark_deep(arena, args[i]), param->type, &error, NULL);
        if (!converted[i] || (iac_is_null(converted[i]) && !param->nullable)) {
            iac_diag_error(diags, range, "Invalid function argument", "Invalid value for \"%.*s\" parameter: %.*s.",
                           IAC_FMT(param->name),
                           IAC_FMT(converted[i] ? IAC_STR("argument must not be null") : error));
            return NULL;
        }
        if (converted[i]->deep_unknown)
            return iac_value_mark(arena, iac_value_unknown(arena, found->returns), marks);
    }
    iac_str error = { 0 };
    size_t argument = SIZE_MAX;
    const iac_value *result = iac_provider_call_function(loaded, NULL, arena, function, converted, n, &error,
                                                         &argument);
    if (!result) {
        if (argument < n) {
            const iac_provider_param *param = argument < found->param_count ? &found->params[argument]
                                                                            : found->variadic;
            iac_diag_error(diags, range, "Invalid function argument", "Invalid value for \"%.*s\" parameter: %.*s.",
                           IAC_FMT(param->name), IAC_FMT(error));
        } else {
            iac_diag_error(diags, range, "Error in function call",
                           "Call to function \"provider::%.*s::%.*s\" failed: %.*s.", IAC_FMT(provider),
                           IAC_FMT(function), IAC_FMT(error));
        }
        return NULL;
    }
    return iac_value_mark(arena, result, marks);
}

void iac_place_init(iac_place *place, iac_run *run, iac_run_module *module, const iac_module_instance *instance)
{
    *place = (iac_place){ .run = run, .module = module, .instance = instance, .lookup = lookup };
    place->scope = (iac_scope){ .user = place, .lookup = lookup,
                                .admits = run->validating ? iac_place_admits : NULL, .selects = iac_place_selects,
                                .call_provider = call_provider, .functions = &place->functions };
    place->functions.planning = run->planning;
    place->functions.plan_timestamp = run->timestamp;
    place->functions.render = iac_eval_render;
    place->functions.render_arg = &place->scope;
}

void iac_place_any(iac_place *place, iac_arena *arena, bool by_count, bool by_each)
{
    iac_refinement some = { .not_null = true, .length_max = INT64_MAX };
    if (by_count)
        place->count_index = iac_value_refined(arena, &iac_type_number, &some);
    if (by_each) {
        place->each_key = iac_value_not_null(arena, iac_value_unknown(arena, &iac_type_string));
        place->each_value = &iac_unknown_dynamic;
    }
}

/* Computes nodes other than resources, and expands what count and for_each repeat. */
#include "engine/plan/run.h"

#include <inttypes.h>
#include <stdlib.h>

/* A worker's value that outlives its visit. */
static const iac_value *keep(iac_worker *worker, const iac_value *v)
{
    return v ? iac_value_copy(worker->keep, v) : NULL;
}

static void make_values(iac_worker *worker, iac_node *node)
{
    if (!node->values) {
        node->slots = node->module->instance_count;
        node->values = iac_arena_array(worker->keep, const iac_value *, node->slots);
    }
}

/* ---- conditions ---- */

static iac_str condition_message(iac_worker *worker, iac_place *place, const iac_condition *condition)
{
    if (!condition->error_message)
        return IAC_STR("This condition failed.");
    size_t before = worker->diags.list.n;
    const iac_value *v = iac_eval_as(&place->scope, condition->error_message, &iac_type_string, worker->scratch,
                                     &worker->diags);
    iac_diags_truncate(&worker->diags, before);
    if (!iac_is_set_value(v) || v->kind != IAC_STRING)
        return IAC_STR("This check failed, but has an invalid error message as described in the other accompanying "
                       "messages.");
    if (v->deep_marks & IAC_SENSITIVE)
        return IAC_STR("The error message included a sensitive value, so it will not be displayed.");
    return iac_str_trim(v->string);
}

bool iac_visit_conditions(iac_worker *worker, iac_place *place, iac_conditions conditions, const char *what, bool warn,
                          bool *ret_unknown)
{
    bool all = true;
    for (size_t i = 0; i < conditions.n; i++) {
        const iac_condition *condition = &conditions.v[i];
        size_t errors = worker->diags.errors;
        const iac_value *v = iac_eval_as(&place->scope, condition->condition, &iac_type_bool, worker->scratch,
                                         &worker->diags);
        if (worker->diags.errors != errors) {
            all = false;
            continue;
        }
        if (iac_is_unknown(v)) {
            if (ret_unknown)
                *ret_unknown = true;
            continue;
        }
        if (iac_is_null(v)) {
            iac_diag_error(&worker->diags, condition->condition->range, "Invalid condition result",
                           "Condition expression must return either true or false, not null.");
            all = false;
            continue;
        }
        if (v->boolean)
            continue;
        iac_str text = condition_message(worker, place, condition);
        iac_range range = condition->condition->range;
        iac_diag *diag = warn ? iac_diag_warning(&worker->diags, range, what, "%.*s", IAC_FMT(text))
                              : iac_diag_error(&worker->diags, range, what, "%.*s", IAC_FMT(text));
        iac_eval_explain(&place->scope, condition->condition, 0, diag, worker->diags.arena);
        all = all && warn;
    }
    return all;
}

/* ---- variables ---- */

static bool validate_variable(iac_worker *worker, iac_place *place, const iac_variable_config *variable,
                              iac_range given)
{
    bool ok = true;
    for (size_t i = 0; i < variable->validations.n; i++) {
        const iac_condition *rule = &variable->validations.v[i];
        size_t errors = worker->diags.errors;
        const iac_value *v = iac_eval_as(&place->scope, rule->condition, &iac_type_bool, worker->scratch,
                                         &worker->diags);
        if (worker->diags.errors != errors) {
            ok = false;
            continue;
        }
        if (!iac_is_set_value(v) || v->boolean)
            continue;
        iac_str text = condition_message(worker, place, rule);
        iac_pos at = rule->range.src ? iac_source_pos(rule->range.src, rule->range.start) : (iac_pos){ 0 };
        iac_pos end = rule->range.src ? iac_source_pos(rule->range.src, rule->range.end) : (iac_pos){ 0 };
        iac_diag_error(&worker->diags, given.src ? given : variable->range, "Invalid value for variable",
                       "%.*s\n\nThis was checked by the validation rule at %.*s:%u,%u-%u.", IAC_FMT(text),
                       rule->range.src ? (int)rule->range.src->name.n : 0,
                       rule->range.src ? rule->range.src->name.p : "", (unsigned)at.line, (unsigned)at.column,
                       (unsigned)end.column);
        ok = false;
    }
    return ok;
}

static bool visit_variable(iac_worker *worker, iac_node *node)
{
    const iac_variable_config *variable = node->variable;
    iac_run *run = worker->run;
    bool ok = true;
    make_values(worker, node);
    for (uint32_t i = 0; i < node->slots; i++) {
        const iac_module_instance *instance = node->module->instances[i];
        const iac_value *value;
        iac_range range = variable->range;
        if (!node->module->parent) {
            value = iac_map_get(run->variables, variable->name);
            if (!value) /* validation: nobody has given it one */
                value = iac_value_mark(worker->keep, iac_value_unknown(worker->keep, variable->type),
                                       (uint8_t)((variable->sensitive ? IAC_SENSITIVE : 0) |
                                                 (variable->ephemeral ? IAC_EPHEMERAL : 0)));
        } else {
            const iac_attribute *given = iac_body_attribute(node->module->call->call->body, variable->name);
            const iac_value *raw = NULL;
            if (given) {
                iac_place place;
                iac_place_init(&place, run, node->module->parent, instance->parent);
                place.count_index = instance->count_index;
                place.each_key = instance->each_key;
                place.each_value = instance->each_value;
                range = given->expr->range;
                raw = iac_eval(&place.scope, given->expr, worker->scratch, &worker->diags);
            } else if (!variable->default_value) {
                continue; /* a missing argument was said when the configuration was loaded */
            }
            value = iac_variable_convert(worker->scratch, variable, raw, range, &worker->diags);
            value = value ? keep(worker, value) : NULL;
        }
        if (!value) {
            ok = false;
            continue;
        }
        node->values[i] = value;
        if (variable->validations.n) {
            iac_place own;
            iac_place_init(&own, run, node->module, instance);
            ok = validate_variable(worker, &own, variable, node->module->parent ? range : IAC_NO_RANGE) && ok;
        }
    }
    return ok && worker->diags.errors == 0;
}

/* ---- locals and outputs ---- */

static bool visit_local(iac_worker *worker, iac_node *node)
{
    make_values(worker, node);
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_place place;
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        node->values[i] = keep(worker, iac_eval(&place.scope, node->local->expr, worker->scratch, &worker->diags));
    }
    return worker->diags.errors == 0;
}

static const iac_value *output_of(iac_worker *worker, iac_node *node, iac_place *place)
{
    const iac_output_config *output = node->output;
    if (!iac_visit_conditions(worker, place, output->preconditions, "Module output value precondition failed", false,
                              NULL))
        return NULL;
    const iac_value *v = iac_eval(&place->scope, output->value, worker->scratch, &worker->diags);
    if (worker->diags.errors)
        return NULL;
    if (output->sensitive && !node->module->parent) /* what a module's output is made of says itself what is sensitive */
        return iac_value_mark(worker->scratch, v, IAC_SENSITIVE);
    if (output->ephemeral)
        return iac_value_mark(worker->scratch, v, IAC_EPHEMERAL);
    if (!node->module->parent && v->deep_marks & IAC_SENSITIVE) {
        iac_diag_error(&worker->diags, output->range, "Output refers to sensitive values",
                       "To reduce the risk of accidentally exporting sensitive data that was intended to be only "
                       "internal, iac requires that any root module output containing sensitive data be explicitly "
                       "marked as sensitive, to confirm your intent.\n\nIf you do intend to export this data, annotate "
                       "the output value as sensitive by adding the following argument:\n    sensitive = true");
        return NULL;
    }
    if (!node->module->parent && v->deep_marks & IAC_EPHEMERAL) {
        iac_diag_error(&worker->diags, output->value->range, "Ephemeral value not allowed",
                       "This output value is not declared as returning an ephemeral value, so it cannot be set to a "
                       "result derived from an ephemeral value.");
        return NULL;
    }
    return v;
}

static bool visit_output(iac_worker *worker, iac_node *node)
{
    make_values(worker, node);
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_place place;
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        node->values[i] = keep(worker, output_of(worker, node, &place));
    }
    return worker->diags.errors == 0;
}

/* ---- provider configurations ---- */

static bool visit_provider(iac_worker *worker, iac_node *node)
{
    iac_provider_use *use = node->provider;
    iac_call_options options = { .provider = use->text, .range = node->range, .cancelled = &worker->run->cancelled };
    if (!use->provider)
        return false;
    if (!use->instance && iac_instance_open(use->provider, &options, &use->instance, &worker->diags) != IAC_OK)
        return false;
    if (iac_instance_configured(use->instance))
        return true;
    const iac_schema *schema = iac_provider_find_schema(use->provider, IACP_SCHEMA_PROVIDER, IAC_STR(""));
    const iac_value *config;
    if (use->config) {
        iac_place place; /* a provider in a module with several instances is refused when the module is loaded */
        if (use->module->instance_count == 0)
            return true;
        iac_place_init(&place, worker->run, use->module, use->module->instances[0]);
        config = iac_decode_body(&place.scope, use->config->body, schema->block, worker->scratch, &worker->diags);
    } else {
        for (size_t i = 0; i < schema->block->attribute_count; i++)
            if (schema->block->attributes[i].required) {
                iac_str shown = iac_provider_addr_display(worker->scratch, use->addr);
                iac_diag_error(&worker->diags, IAC_NO_RANGE, "Invalid provider configuration",
                               "Provider \"%.*s\" requires explicit configuration. Add a provider block to the root "
                               "module and configure the provider's required arguments as described in the provider "
                               "documentation.",
                               IAC_FMT(shown));
                return false;
            }
        config = iac_schema_empty_value(worker->scratch, schema->block);
    }
    if (worker->diags.errors)
        return false;
    if (iac_instance_validate(use->instance, &options, IACP_SCHEMA_PROVIDER, IAC_STR(""), config, &worker->diags) !=
        IAC_OK)
        return false;
    if (config->deep_unknown)
        return true; /* stays unconfigured: plans offline until apply knows more */
    return iac_instance_configure(use->instance, &options, config, &worker->diags) == IAC_OK;
}

/* ---- count and for_each ---- */

static bool count_of(iac_worker *worker, iac_place *place, const iac_expr *expr, uint32_t *ret)
{
    iac_arena *arena = worker->scratch;
    const iac_value *v = iac_eval_as(&place->scope, expr, &iac_type_number, arena, &worker->diags);
    if (worker->diags.errors)
        return false;
    if (v->deep_marks & IAC_EPHEMERAL) {
        iac_diag_error(&worker->diags, expr->range, "Invalid count argument",
                       "The given \"count\" is derived from an ephemeral value, which means that iac cannot persist it "
                       "between plan/apply rounds. Use only non-ephemeral values to specify a number of resource "
                       "instances.");
        return false;
    }
    if (iac_is_null(v)) {
        iac_diag_error(&worker->diags, expr->range, "Invalid count argument",
                       "The given \"count\" argument value is null. An integer is required.");
        return false;
    }
    if (iac_is_unknown(v)) {
        iac_diag_error(&worker->diags, expr->range, "Invalid count argument",
                       "The \"count\" value depends on resource attributes that cannot be determined until apply, so "
                       "iac cannot predict how many instances will be created. To work around this, use the -target "
                       "argument to first apply only the resources that the count depends on.");
        return false;
    }
    int64_t n;
    if (!iac_value_to_int(v, &n)) {
        iac_str text = iac_number_text(arena, v);
        iac_diag_error(&worker->diags, expr->range, "Invalid count argument",
                       "The given \"count\" argument value is unsuitable: a whole number is required, not %.*s.",
                       IAC_FMT(text));
        return false;
    }
    if (n < 0 || n > INT32_MAX) {
        iac_diag_error(&worker->diags, expr->range, "Invalid count argument",
                       "The given \"count\" argument value is unsuitable: %s.",
                       n < 0 ? "must be greater than or equal to zero" : "it is too large");
        return false;
    }
    *ret = (uint32_t)n;
    return true;
}

static bool for_each_error(iac_worker *worker, const iac_expr *expr, const char *text)
{
    iac_diag_error(&worker->diags, expr->range, "Invalid for_each argument", "%s", text);
    return false;
}

static bool for_each_set_ok(iac_worker *worker, const iac_expr *expr, const iac_value *set)
{
    if (set->type->element->kind != IAC_STRING && set->n) {
        iac_str element = iac_type_friendly(worker->scratch, set->type->element);
        iac_diag_error(&worker->diags, expr->range, "Invalid for_each set argument",
                       "The given \"for_each\" argument value is unsuitable: \"for_each\" supports maps and sets of "
                       "strings, but you have provided a set containing type %.*s.",
                       IAC_FMT(element));
        return false;
    }
    for (size_t i = 0; i < set->n; i++) {
        if (iac_is_unknown(set->items[i]))
            return for_each_error(
                worker, expr,
                "The \"for_each\" set includes values derived from resource attributes that cannot be determined until "
                "apply, and so iac cannot determine the full set of keys that will identify the instances of this "
                "resource.\n\nWhen working with unknown values in for_each, it's better to use a map value where the "
                "keys are defined statically in your configuration and where only the values contain apply-time "
                "results.\n\nAlternatively, you could use the -target planning option to first apply only the "
                "resources that the for_each value depends on, and then apply a second time to fully converge.");
        if (iac_is_null(set->items[i])) {
            iac_diag_error(&worker->diags, expr->range, "Invalid for_each set argument",
                           "The given \"for_each\" argument value is unsuitable: \"for_each\" sets must not contain "
                           "null values.");
            return false;
        }
    }
    return true;
}

/* The known map, object or set of strings to repeat over; NULL after an error. */
static const iac_value *for_each_of(iac_worker *worker, iac_place *place, const iac_expr *expr)
{
    const iac_value *v = iac_eval(&place->scope, expr, worker->scratch, &worker->diags);
    if (worker->diags.errors)
        return NULL;
    uint8_t marks = v->kind == IAC_SET ? v->deep_marks : v->marks;
    if (marks & IAC_SENSITIVE) {
        for_each_error(worker, expr,
                       "Sensitive values, or values derived from sensitive values, cannot be used as for_each "
                       "arguments. If used, the sensitive value could be exposed as a resource instance key.");
        return NULL;
    }
    if (marks & IAC_EPHEMERAL) {
        for_each_error(worker, expr,
                       "The given \"for_each\" value is derived from an ephemeral value, which means that iac cannot "
                       "persist it between plan/apply rounds. Use only non-ephemeral values to specify a resource's "
                       "instance keys.");
        return NULL;
    }
    if (iac_is_null(v)) {
        for_each_error(worker, expr,
                       "The given \"for_each\" argument value is unsuitable: the given \"for_each\" argument value is "
                       "null. A map, or set of strings is allowed.");
        return NULL;
    }
    if (iac_is_unknown(v)) {
        for_each_error(worker, expr,
                       v->kind == IAC_SET
                           ? "The \"for_each\" set includes values derived from resource attributes that cannot be "
                             "determined until apply, and so iac cannot determine the full set of keys that will "
                             "identify the instances of this resource.\n\nWhen working with unknown values in "
                             "for_each, it's better to use a map value where the keys are defined statically in your "
                             "configuration and where only the values contain apply-time results.\n\nAlternatively, "
                             "you could use the -target planning option to first apply only the resources that the "
                             "for_each value depends on, and then apply a second time to fully converge."
                           : "The \"for_each\" map includes keys derived from resource attributes that cannot be "
                             "determined until apply, and so iac cannot determine the full set of keys that will "
                             "identify the instances of this resource.\n\nWhen working with unknown values in "
                             "for_each, it's better to define the map keys statically in your configuration and place "
                             "apply-time results only in the map values.\n\nAlternatively, you could use the -target "
                             "planning option to first apply only the resources that the for_each value depends on, "
                             "and then apply a second time to fully converge.");
        return NULL;
    }
    if (v->kind == IAC_SET)
        return for_each_set_ok(worker, expr, v) ? v : NULL;
    if (v->kind == IAC_MAP || v->kind == IAC_OBJECT)
        return v;
    iac_str type = iac_type_friendly(worker->scratch, iac_value_type(worker->scratch, v));
    iac_diag_error(&worker->diags, expr->range, "Invalid for_each argument",
                   "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or "
                   "set of strings, and you have provided a value of type %.*s.",
                   IAC_FMT(type));
    return NULL;
}

/* Expands into an empty expansion. */
static bool expand(iac_worker *worker, iac_place *place, const iac_expr *count, const iac_expr *for_each,
                   iac_expansion *expansion)
{
    if (count) {
        expansion->repetition = IAC_BY_COUNT;
        if (!count_of(worker, place, count, &expansion->n))
            return false;
        expansion->v = iac_arena_array(worker->keep, iac_resource_instance, expansion->n);
        for (uint32_t i = 0; i < expansion->n; i++)
            expansion->v[i].key = (iac_key){ .kind = IAC_KEY_INT, .index = i };
    } else if (for_each) {
        expansion->repetition = IAC_BY_FOR_EACH;
        const iac_value *v = for_each_of(worker, place, for_each);
        if (!v)
            return false;
        v = keep(worker, v);
        expansion->n = (uint32_t)v->n;
        expansion->v = iac_arena_array(worker->keep, iac_resource_instance, expansion->n);
        for (uint32_t i = 0; i < expansion->n; i++) {
            expansion->v[i].each_value = v->items[i];
            expansion->v[i].key = (iac_key){ .kind = IAC_KEY_STRING,
                                             .name = v->kind == IAC_SET ? v->items[i]->string : v->keys[i] };
        }
    } else {
        expansion->repetition = IAC_SINGLE;
        expansion->n = 1;
        expansion->v = iac_arena_array(worker->keep, iac_resource_instance, 1);
    }
    expansion->done = true;
    return true;
}

bool iac_visit_expand(iac_worker *worker, iac_node *node)
{
    bool ok = true;
    node->slots = node->module->instance_count;
    node->expansions = iac_arena_array(worker->keep, iac_expansion, node->slots);
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_place place;
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        ok = expand(worker, &place, node->resource->count, node->resource->for_each, &node->expansions[i]) && ok;
    }
    return ok;
}

static bool visit_call(iac_worker *worker, iac_node *node)
{
    iac_run_module *child = node->module->children[node->call - node->module->config->calls];
    bool ok = true;
    uint32_t total = 0;
    node->slots = node->module->instance_count;
    node->expansions = iac_arena_array(worker->keep, iac_expansion, node->slots);
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_place place;
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        ok = expand(worker, &place, node->call->count, node->call->for_each, &node->expansions[i]) && ok;
        node->expansions[i].first = total;
        total += node->expansions[i].n;
    }
    if (!ok || !child)
        return ok;
    child->instances = iac_arena_array(worker->keep, iac_module_instance *, total);
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_module_instance *parent = node->module->instances[i];
        for (uint32_t k = 0; k < node->expansions[i].n; k++) {
            const iac_resource_instance *item = &node->expansions[i].v[k];
            iac_module_instance *instance = iac_arena_new_of(worker->keep, iac_module_instance);
            instance->addr = iac_module_addr_child(worker->keep, parent->addr, node->call->name, item->key);
            instance->parent = parent;
            instance->index = child->instance_count;
            if (item->key.kind == IAC_KEY_INT)
                instance->count_index = iac_value_int(worker->keep, item->key.index);
            if (item->key.kind == IAC_KEY_STRING) {
                instance->each_key = iac_value_string(worker->keep, item->key.name);
                instance->each_value = item->each_value;
            }
            child->instances[child->instance_count++] = instance;
        }
    }
    return true;
}

static bool visit_check(iac_worker *worker, iac_node *node)
{
    for (uint32_t i = 0; i < node->module->instance_count; i++) {
        iac_place place;
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        iac_visit_conditions(worker, &place, node->check->asserts, "Check block assertion failed", true, NULL);
    }
    return true;
}

bool iac_visit_node(iac_worker *worker, iac_node *node)
{
    switch (node->kind) {
    case IAC_NODE_VARIABLE:
        return visit_variable(worker, node);
    case IAC_NODE_LOCAL:
        return visit_local(worker, node);
    case IAC_NODE_OUTPUT:
        return visit_output(worker, node);
    case IAC_NODE_PROVIDER:
        return visit_provider(worker, node);
    case IAC_NODE_CALL:
        return visit_call(worker, node);
    case IAC_NODE_CHECK:
        return visit_check(worker, node);
    case IAC_NODE_RESOURCE:
        return iac_visit_expand(worker, node);
    case IAC_NODE_MODULE_END:
    case IAC_NODE_ORPHAN:
        return true;
    }
    return true;
}

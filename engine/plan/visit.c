/* Computes nodes other than resources, and expands what count and for_each repeat. */
#include "engine/plan/run.h"

#include "lang/value/secrets.h"

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

/* ---- variables ---- */

/* Where a root variable was given its value; nowhere when that is not known. */
static iac_range given_range(const iac_run *run, const iac_variable_config *variable)
{
    const iac_range *range = run->ranges ? iac_map_get(run->ranges, variable->name) : NULL;
    return range ? *range : IAC_NO_RANGE;
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
        if (instance->override)
            continue;
        if (!node->module->parent) {
            value = iac_map_get(run->variables, variable->name);
            if (!value) /* validation: nobody has given it one */
                value = iac_any_variable(worker->keep, variable);
        } else {
            const iac_attribute *given = iac_body_attribute(node->module->call->call->body, variable->name);
            const iac_value *raw = NULL;
            if (given) {
                iac_place place;
                iac_place_init(&place, run, node->module->parent, instance->parent);
                place.count_index = instance->count_index;
                place.each_key = instance->each_key;
                place.each_value = instance->each_value;
                if (run->validating) /* how often the module is there does not count yet */
                    iac_place_any(&place, worker->scratch, true, true);
                range = given->expr->range;
                size_t errors = worker->diags.errors;
                raw = iac_eval(&place.scope, given->expr, worker->scratch, &worker->diags);
                if (worker->diags.errors != errors) {
                    ok = false;
                    continue;
                }
            } else if (!variable->default_value) {
                continue; /* a missing argument was said when the configuration was loaded */
            }
            if (raw && raw->deep_marks & IAC_EPHEMERAL && !variable->ephemeral) {
                iac_diag_error(&worker->diags, range, "Ephemeral value not allowed",
                               "This input variable is not declared as accepting a ephemeral values, so it cannot be "
                               "set to a result derived from an ephemeral value.");
                ok = false;
                raw = iac_value_unmark_deep(worker->scratch, raw);
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
            own.validated = node;
            ok = iac_visit_validations(worker, &own, variable,
                                       node->module->parent ? range : given_range(run, variable),
                                       iac_subject_in(worker, node, instance)) && ok;
        }
    }
    return ok && worker->diags.errors == 0;
}

/* ---- locals and outputs ---- */

struct own_use {
    iac_worker *worker;
    const iac_local_config *local;
};

static void check_own_use(void *arg, const iac_ref *ref)
{
    const struct own_use *use = arg;
    if (ref->kind == IAC_REF_LOCAL && iac_str_eq(ref->name, use->local->name))
        iac_diag_error(&use->worker->diags, ref->range, "Self-referencing local value",
                       "Local value local.%.*s cannot use its own result as part of its expression.",
                       IAC_FMT(use->local->name));
}

/* Uses of others are edges of the graph, where cycles are found. */
static bool check_local(iac_worker *worker, const iac_node *node)
{
    iac_diags drop = IAC_DIAGS_INIT;
    size_t errors = worker->diags.errors;
    struct own_use use = { worker, node->local };
    iac_expr_refs(worker->scratch, node->local->expr, check_own_use, &use, &drop);
    iac_diags_clear(&drop);
    return worker->diags.errors == errors;
}

static bool visit_local(iac_worker *worker, iac_node *node)
{
    if (!check_local(worker, node))
        return false;
    make_values(worker, node);
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_place place;
        if (node->module->instances[i]->override)
            continue;
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        node->values[i] = keep(worker, iac_eval(&place.scope, node->local->expr, worker->scratch, &worker->diags));
    }
    return worker->diags.errors == 0;
}

static const iac_value *output_of(iac_worker *worker, iac_node *node, iac_place *place)
{
    const iac_output_config *output = node->output;
    if (output->preconditions.n &&
        !iac_visit_conditions(worker, place, output->preconditions, iac_subject_in(worker, node, place->instance),
                              "Module output value precondition failed", worker->run->lenient))
        return NULL;
    const iac_value *v = iac_eval(&place->scope, output->value, worker->scratch, &worker->diags);
    if (worker->run->validating)
        iac_validate_depends(worker, place, output->depends_on);
    if (output->ephemeral && !node->module->parent)
        iac_diag_error(&worker->diags, output->range, "Ephemeral output not allowed",
                       "Ephemeral outputs are not allowed in context of a root module");
    if (worker->diags.errors)
        return NULL;
    if (!node->module->parent && !output->sensitive && v->deep_marks & IAC_SENSITIVE) {
        iac_diag_error(&worker->diags, output->range, "Output refers to sensitive values",
                       "To reduce the risk of accidentally exporting sensitive data that was intended to be only "
                       "internal, iac requires that any root module output containing sensitive data be explicitly "
                       "marked as sensitive, to confirm your intent.\n\nIf you do intend to export this data, annotate "
                       "the output value as sensitive by adding the following argument:\n    sensitive = true");
        return NULL;
    }
    if (v->deep_marks & IAC_EPHEMERAL && !output->ephemeral) {
        iac_diag_error(&worker->diags, output->value->range, "Ephemeral value not allowed",
                       "This output value is not declared as returning an ephemeral value, so it cannot be set to a "
                       "result derived from an ephemeral value.");
        return NULL;
    }
    if (output->sensitive)
        iac_value_add_output_secret(v);
    if (output->sensitive && !node->module->parent) /* what a module's output is made of says itself what is sensitive */
        return iac_value_mark(worker->scratch, v, IAC_SENSITIVE);
    if (output->ephemeral)
        return iac_value_mark(worker->scratch, v, IAC_EPHEMERAL);
    return v;
}

static bool visit_output(iac_worker *worker, iac_node *node)
{
    make_values(worker, node);
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_place place;
        if (node->module->instances[i]->override) {
            node->values[i] = iac_override_output(node->module->instances[i]->override, node->output->name);
            continue;
        }
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        node->values[i] = keep(worker, output_of(worker, node, &place));
    }
    return worker->diags.errors == 0;
}

/* ---- repetition ---- */

bool iac_visit_expand(iac_worker *worker, iac_node *node)
{
    const iac_repeated by = { node->resource->count, node->resource->for_each, node->resource->lifecycle.enabled };
    bool ok = !worker->run->planning || iac_check_own(worker, node);
    node->slots = node->module->instance_count;
    node->expansions = iac_arena_array(worker->keep, iac_expansion, node->slots);
    for (uint32_t i = 0; ok && i < node->slots; i++) {
        iac_place place;
        if (node->module->instances[i]->override) {
            node->expansions[i].done = true;
            continue;
        }
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        ok = iac_expand(worker, &place, by, &node->expansions[i]);
    }
    return ok;
}

static bool visit_call(iac_worker *worker, iac_node *node)
{
    iac_run_module *child = node->module->children[node->call - node->module->config->calls];
    const iac_repeated by = { node->call->count, node->call->for_each, node->call->enabled };
    bool ok = true;
    uint32_t total = 0;
    node->slots = node->module->instance_count;
    node->expansions = iac_arena_array(worker->keep, iac_expansion, node->slots);
    for (uint32_t i = 0; i < node->slots; i++) {
        iac_place place;
        node->expansions[i].first = total;
        if (node->module->instances[i]->override) {
            node->expansions[i].done = true;
            continue;
        }
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        ok = iac_expand(worker, &place, by, &node->expansions[i]) && ok;
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
            if (worker->run->overrides)
                instance->override = iac_override_of_module(worker->run, worker->scratch, instance->addr);
            child->instances[child->instance_count++] = instance;
        }
    }
    return true;
}

static bool visit_check(iac_worker *worker, iac_node *node)
{
    for (uint32_t i = 0; i < node->module->instance_count; i++) {
        const iac_expansion *data = node->nested && node->nested->expansions ? &node->nested->expansions[i] : NULL;
        if (data && data->n && data->v[0].unread)
            continue; /* that is the check's result */
        iac_place place;
        if (node->module->instances[i]->override)
            continue;
        iac_place_init(&place, worker->run, node->module, node->module->instances[i]);
        iac_visit_conditions(worker, &place, node->check->asserts, iac_subject_in(worker, node, place.instance),
                             "Check block assertion failed", true);
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
        return iac_visit_provider(worker, node);
    case IAC_NODE_CALL:
        return visit_call(worker, node);
    case IAC_NODE_CHECK:
        return visit_check(worker, node);
    case IAC_NODE_RESOURCE:
        return iac_visit_expand(worker, node);
    case IAC_NODE_RELEASE:
        return iac_ephemeral_close(worker, node->released);
    case IAC_NODE_MODULE_END:
    case IAC_NODE_ORPHAN:
        return true;
    }
    return true;
}

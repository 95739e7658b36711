/* Validation: the configuration evaluated with everything from outside unknown, each body against its schema, and the
 * providers asked whether what is known makes sense. Nothing is configured and no server is asked. */
#include "engine/plan/make.h"
#include "engine/plan/run.h"
#include "engine/provision/provision.h"

/* Sets each and count as far as they are known without knowing which instance it is. */
static void any_instance(iac_worker *worker, iac_place *place, iac_repeated by)
{
    iac_validate_repetition(worker, place, by);
    iac_place_any(place, worker->scratch, by.count != NULL, by.for_each != NULL);
}

static void validate_provider(iac_worker *worker, iac_node *node)
{
    iac_provider_use *use = node->provider;
    iac_call_options options = iac_options_for(worker->run, node, use->text);
    if (!use->provider || iac_instance_open(use->provider, &options, &use->instance, &worker->diags) != IAC_OK ||
        !use->config)
        return;
    if (use->config->mock) {
        iac_instance_mock(use->instance, use->config->mock);
        return;
    }
    const iac_schema *schema = iac_provider_find_schema(use->provider, IACP_SCHEMA_PROVIDER, IAC_STR(""));
    iac_place place;
    iac_place_init(&place, worker->run, use->module, use->module->instances[0]);
    if (use->config->for_each)
        any_instance(worker, &place, (iac_repeated){ .for_each = use->config->for_each });
    size_t errors = worker->diags.errors;
    const iac_value *config = iac_decode_body(use->config->scope ? use->config->scope : &place.scope,
                                              use->config->body, schema->block, worker->scratch, &worker->diags);
    if (worker->diags.errors == errors)
        (void)!iac_instance_validate(use->instance, &options, IACP_SCHEMA_PROVIDER, IAC_STR(""), config,
                                     &worker->diags);
}

/* Up to the first when anything is wrong with the resource or with it. */
static void validate_provisioners(iac_worker *worker, iac_place *place, const iac_resource_config *resource)
{
    for (size_t i = 0; i < resource->provisioner_count && (i == 0 || worker->diags.errors == 0); i++) {
        const iac_provisioner_config *provisioner = &resource->provisioners[i];
        const iac_block_schema *schema = iac_provisioner_schema(provisioner->type);
        const iac_value *config = iac_decode_body(&place->scope, provisioner->body, schema, worker->scratch,
                                                  &worker->diags);
        iac_provisioner_validate(provisioner->type, config, &worker->diags);
        if (provisioner->connection)
            iac_decode_body(&place->scope, provisioner->connection, iac_connection_schema(), worker->scratch,
                            &worker->diags);
    }
}

static void validate_body(iac_worker *worker, iac_node *node, iac_place *place)
{
    const iac_resource_config *resource = node->resource;
    size_t errors = worker->diags.errors;
    const iac_value *config = iac_decode_body(&place->scope, resource->body, node->schema->block, worker->scratch,
                                              &worker->diags);
    if (worker->diags.errors != errors)
        return;
    iac_call_options options = iac_options_for(worker->run, node, node->name);
    if (resource->mode != IAC_EPHEMERAL_RESOURCE)
        (void)iac_check_ephemeral(worker, node, config);
    iac_check_ignored(worker, node);
    if (worker->diags.errors == errors && node->provider->instance)
        (void)!iac_instance_validate(node->provider->instance, &options, iac_schema_kind(resource->mode),
                                     resource->type, config, &worker->diags);
    if (worker->diags.errors == errors && iac_is_remote_state(node))
        (void)!iac_remote_state_validate(worker, node, node->name, config);
}

static void validate_resource(iac_worker *worker, iac_node *node)
{
    const iac_resource_config *resource = node->resource;
    iac_place place;
    iac_place_init(&place, worker->run, node->module, node->module->instances[0]);
    (void)!iac_visit_imports(worker, node, true, NULL, NULL);
    any_instance(worker, &place,
                 (iac_repeated){ resource->count, resource->for_each, resource->lifecycle.enabled });
    iac_validate_depends(worker, &place, resource->depends_on);
    if (!node->schema && node->provider->provider)
        iac_resource_schema(worker->run, node, &worker->diags);
    if (node->schema)
        validate_body(worker, node, &place);
    iac_validate_conditions(worker, &place, resource->lifecycle.preconditions);
    place.self = iac_any_resource(worker->scratch, node);
    place.self_block = node->schema ? node->schema->block : NULL;
    iac_validate_conditions(worker, &place, resource->lifecycle.postconditions);
    validate_provisioners(worker, &place, resource);
}

/* A child module is looked at once, as if called once. */
static void enter_module(iac_worker *worker, iac_node *node)
{
    iac_run_module *child = node->module->children[node->call - node->module->config->calls];
    iac_place place;
    iac_place_init(&place, worker->run, node->module, node->module->instances[0]);
    any_instance(worker, &place, (iac_repeated){ node->call->count, node->call->for_each, node->call->enabled });
    iac_validate_depends(worker, &place, node->call->depends_on);
    if (!child)
        return;
    iac_module_instance *instance = iac_arena_new_of(worker->keep, iac_module_instance);
    instance->addr = child->config->path;
    instance->parent = node->module->instances[0];
    instance->count_index = place.count_index ? iac_value_copy(worker->keep, place.count_index) : NULL;
    instance->each_key = place.each_key ? iac_value_copy(worker->keep, place.each_key) : NULL;
    instance->each_value = place.each_value;
    child->instances = iac_arena_array(worker->keep, iac_module_instance *, 1);
    child->instances[0] = instance;
    child->instance_count = 1;
}

static iac_task_result visit(void *user, iac_walk *walk, unsigned number, uint32_t id, uint32_t part)
{
    (void)walk;
    iac_run *run = user;
    iac_worker *worker = &run->workers[number];
    iac_node *node = run->nodes.v[id];
    if (node->module->instance_count == 0) {
        iac_worker_end(worker, id, part);
        return (iac_task_result){ IAC_TASK_DONE, 0 };
    }
    switch (node->kind) {
    case IAC_NODE_PROVIDER:
        validate_provider(worker, node);
        break;
    case IAC_NODE_RESOURCE:
        validate_resource(worker, node);
        break;
    case IAC_NODE_CALL:
        enter_module(worker, node);
        break;
    case IAC_NODE_CHECK: {
        iac_place place;
        iac_place_init(&place, run, node->module, node->module->instances[0]);
        iac_validate_asserts(worker, &place, node->check->asserts);
        break;
    }
    case IAC_NODE_VARIABLE:
    case IAC_NODE_LOCAL:
    case IAC_NODE_OUTPUT:
        iac_visit_node(worker, node);
        break;
    case IAC_NODE_MODULE_END:
    case IAC_NODE_ORPHAN:
    case IAC_NODE_RELEASE:
        break;
    }
    bool failed = worker->diags.errors > 0; /* what depends on it is left out */
    iac_worker_end(worker, id, part);
    return (iac_task_result){ failed ? IAC_TASK_FAILED : IAC_TASK_DONE, 0 };
}

typedef struct walking {
    iac_run *run;
    const iac_walk_options *options;
} walking;

static void walk_all(void *arg)
{
    const walking *w = arg;
    iac_walk_run(&w->run->graph, w->options);
}

/* A provider that does not come back is not waited for once that was asked; does not return then. */
static void walk_watched(iac_run *run, const iac_plan_options *options, iac_diags *diags)
{
    iac_watch watch;
    iac_walk_options walk = { .workers = 0, .stop = options->stop, .run = visit, .user = run };
    walking *w = iac_arena_new_of(run->arena, walking);

    *w = (walking){ run, &walk };
    iac_watch_start(&watch, run, NULL, NULL);
    if (!iac_watch_aside(&watch, walk_all, w)) {
        iac_diag_error(diags, IAC_NO_RANGE, "Operation abandoned",
                       "A provider went on with what it was doing when it was told to stop, and iac ends without "
                       "waiting for it. Nothing was changed: the configuration was being checked.");
        options->abandon(options->abandon_arg, diags);
    }
    iac_watch_end(&watch);
}

iac_status iac_validate(const iac_config *config, const iac_plan_options *options, iac_diags *diags)
{
    iac_run run;
    size_t errors = diags->errors;
    iac_map none = { 0 };
    iac_run_options run_options = {
        .host = options->host, .variables = &none, .workspace = options->workspace, .root_dir = IAC_STR("."),
        .cwd = options->cwd, .planning = true, .validating = true, .parallelism = 1, .stop = options->stop,
        .may_abandon = options->abandon != NULL,
    };
    if (iac_run_build(&run, config, &run_options, diags) == IAC_OK) {
        walk_watched(&run, options, diags);
        iac_run_collect(&run, diags);
    }
    iac_run_clear(&run);
    return diags->errors == errors ? IAC_OK : IAC_ERR;
}

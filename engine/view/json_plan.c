#include "engine/view/json_checks.h"
#include "engine/view/json_config.h"
#include "engine/view/json_module.h"

#include "lang/value/json.h"
#include "lang/value/path.h"

/* The plan document of `show -json`, format 1.2. */

/* v, the state before or after c, as it is shown. */
static const iac_value *marked(iac_arena *arena, const iac_change *c, const iac_value *v)
{
    if (v)
        v = iac_value_unsign_zeros(arena, v);
    return v && c->schema ? iac_schema_mark_sensitive(arena, c->schema->block, v) : v;
}

/* Data sources that need no reading are no changes. */
static bool is_change(const iac_change *c)
{
    return c->addr.mode != IAC_DATA || c->action != IAC_ACTION_NOOP;
}

static void add_actions(iac_buf *out, iac_action action)
{
    static const char *const names[] = {
        [IAC_ACTION_NOOP] = "[\"no-op\"]",
        [IAC_ACTION_CREATE] = "[\"create\"]",
        [IAC_ACTION_READ] = "[\"read\"]",
        [IAC_ACTION_UPDATE] = "[\"update\"]",
        [IAC_ACTION_DELETE_CREATE] = "[\"delete\",\"create\"]",
        [IAC_ACTION_CREATE_DELETE] = "[\"create\",\"delete\"]",
        [IAC_ACTION_DELETE] = "[\"delete\"]",
        [IAC_ACTION_FORGET] = "[\"forget\"]",
    };
    iac_buf_cstr(out, names[action]);
}

static void add_path(iac_buf *out, iac_path path)
{
    iac_buf_char(out, '[');
    for (size_t i = 0; i < path.n; i++) {
        if (path.steps[i].kind == IAC_STEP_ELEMENT)
            break;
        if (i)
            iac_buf_char(out, ',');
        if (path.steps[i].kind == IAC_STEP_INDEX)
            iac_buf_printf(out, "%lld", (long long)path.steps[i].index);
        else
            iac_json_string(out, path.steps[i].name, true);
    }
    iac_buf_char(out, ']');
}

static void add_replace_paths(iac_buf *out, bool *first, iac_paths paths)
{
    if (!paths.n)
        return;
    iac_json_member(out, first, "replace_paths");
    for (size_t i = 0; i < paths.n; i++) {
        iac_buf_char(out, i ? ',' : '[');
        add_path(out, paths.v[i]);
    }
    iac_buf_char(out, ']');
}

static void add_change(iac_buf *out, iac_arena *arena, const iac_change *c, bool redact)
{
    const iac_value *before = marked(arena, c, c->before), *after = marked(arena, c, c->after);
    bool first = true;
    iac_buf_char(out, '{');
    iac_json_member(out, &first, "actions");
    add_actions(out, c->action);
    iac_json_member(out, &first, "before");
    iac_json_known(out, before, redact);
    iac_json_member(out, &first, "after");
    iac_json_known(out, after, redact);
    iac_json_member(out, &first, "after_unknown");
    if (!after || iac_is_wholly_known(after))
        iac_buf_cstr(out, "{}");
    else
        iac_json_unknown_shape(out, after, redact);
    iac_json_member(out, &first, "before_sensitive");
    iac_json_sensitive_shape(out, before, redact);
    iac_json_member(out, &first, "after_sensitive");
    iac_json_sensitive_shape(out, after, redact);
    add_replace_paths(out, &first, c->replace_paths);
    if (c->import_id.n) {
        iac_json_member(out, &first, "importing");
        iac_buf_cstr(out, "{\"id\":");
        iac_json_text(out, c->import_id, redact);
        iac_buf_char(out, '}');
    }
    if (c->generated.n) {
        iac_json_member(out, &first, "generated_config");
        iac_json_text(out, c->generated, redact);
    }
    iac_buf_char(out, '}');
}

static void add_resource_change(iac_buf *out, iac_arena *arena, const iac_change *c, bool redact)
{
    bool first = true;
    iac_buf_char(out, '{');
    iac_json_member(out, &first, "address");
    iac_json_addr(out, c->addr);
    if (c->moved && !iac_addr_equal(c->addr, c->previous)) {
        iac_json_member(out, &first, "previous_address");
        iac_json_addr(out, c->previous);
    }
    if (c->addr.module.n) {
        iac_json_member(out, &first, "module_address");
        iac_json_module(out, c->addr.module);
    }
    iac_json_string_member(out, &first, "mode", c->addr.mode == IAC_DATA ? IAC_STR("data") : IAC_STR("managed"));
    iac_json_string_member(out, &first, "type", c->addr.type);
    iac_json_string_member(out, &first, "name", c->addr.name);
    if (c->addr.key.kind != IAC_KEY_NONE) {
        iac_json_member(out, &first, "index");
        iac_json_key(out, c->addr.key);
    }
    iac_json_string_member(out, &first, "provider_name", iac_provider_source(c->provider));
    if (c->deposed.n)
        iac_json_string_member(out, &first, "deposed", c->deposed);
    iac_json_member(out, &first, "change");
    add_change(out, arena, c, redact);
    if (c->reason != IAC_REASON_NONE)
        iac_json_string_member(out, &first, "action_reason", iac_str_of(iac_reason_name(c->reason)));
    iac_buf_char(out, '}');
}

static void add_changes(iac_buf *out, bool *first, const char *name, const iac_change *changes, size_t n,
                        bool redact)
{
    iac_arena *arena = iac_arena_new();
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (!is_change(&changes[i]))
            continue;
        if (!any)
            iac_json_member(out, first, name);
        iac_buf_char(out, any ? ',' : '[');
        any = true;
        add_resource_change(out, arena, &changes[i], redact);
        iac_arena_reset(arena);
    }
    if (any)
        iac_buf_char(out, ']');
    iac_arena_free(arena);
}

/* ---- outputs ---- */

static void add_output_change(iac_buf *out, const iac_output_change *o, bool redact)
{
    bool unknown = o->after && !iac_is_wholly_known(o->after);
    const char *sensitive = o->sensitive ? "true" : "false";
    iac_json_string(out, o->name, true);
    iac_buf_cstr(out, ":{\"actions\":");
    add_actions(out, o->action);
    iac_buf_cstr(out, ",\"before\":");
    iac_json_shown(out, o->before, o->sensitive, redact);
    if (!o->after || !iac_is_unknown(o->after)) {
        iac_buf_cstr(out, ",\"after\":");
        iac_json_shown(out, o->after, o->sensitive, redact);
    }
    iac_buf_cstr(out, ",\"after_unknown\":");
    if (unknown)
        iac_json_unknown_shape(out, o->after, redact);
    else
        iac_buf_cstr(out, "false");
    iac_buf_printf(out, ",\"before_sensitive\":%s,\"after_sensitive\":%s}", sensitive, sensitive);
}

static void add_output_changes(iac_buf *out, bool *first, const iac_plan *plan, bool redact)
{
    if (!plan->output_count)
        return;
    iac_json_member(out, first, "output_changes");
    for (size_t i = 0; i < plan->output_count; i++) {
        iac_buf_char(out, i ? ',' : '{');
        add_output_change(out, &plan->outputs[i], redact);
    }
    iac_buf_char(out, '}');
}

static void add_planned_outputs(iac_buf *out, iac_arena *arena, bool *first, const iac_plan *plan, bool redact)
{
    bool any = false;
    for (size_t i = 0; i < plan->output_count; i++) {
        const iac_output_change *o = &plan->outputs[i];
        if (o->action == IAC_ACTION_DELETE)
            continue;
        if (!any)
            iac_json_member(out, first, "outputs");
        iac_buf_char(out, any ? ',' : '{');
        any = true;
        iac_json_string(out, o->name, true);
        iac_buf_printf(out, ":{\"sensitive\":%s", o->sensitive ? "true" : "false");
        if (!o->after) {
            iac_buf_cstr(out, ",\"type\":\"dynamic\",\"value\":null");
        } else if (iac_is_wholly_known(o->after)) {
            iac_buf_cstr(out, ",\"type\":");
            iac_type_to_json(out, iac_value_type(arena, o->after));
            iac_buf_cstr(out, ",\"value\":");
            iac_json_shown(out, o->after, o->sensitive, redact);
        }
        iac_buf_char(out, '}');
    }
    if (any)
        iac_buf_char(out, '}');
}

static void add_planned_values(iac_buf *out, const iac_plan *plan, bool redact)
{
    iac_arena *arena = iac_arena_new();
    IAC_VEC(iac_json_resource) resources = { 0 };
    bool first = true;
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *c = &plan->changes[i];
        if (c->action == IAC_ACTION_DELETE || c->deposed.n || !is_change(c))
            continue;
        iac_vec_push(&resources, (iac_json_resource){
                                     .addr = c->addr,
                                     .provider = c->provider,
                                     .schema_version = c->schema ? c->schema->version : 0,
                                     .value = c->action == IAC_ACTION_FORGET ? NULL : marked(arena, c, c->after),
                                     .redact = redact,
                                 });
    }
    iac_buf_char(out, '{');
    add_planned_outputs(out, arena, &first, plan, redact);
    iac_json_member(out, &first, "root_module");
    iac_json_root_module(out, resources.v, resources.n, true);
    iac_buf_char(out, '}');
    iac_vec_clear(&resources);
    iac_arena_free(arena);
}

/* ---- the rest ---- */

static void add_variables(iac_buf *out, bool *first, const iac_plan *plan, bool redact)
{
    if (!plan->variables)
        return;
    iac_arena *scratch = iac_arena_new();
    bool any = false;
    for (size_t i = 0; i < plan->config->root->variable_count; i++) {
        iac_str name = plan->config->root->variables[i].name;
        const iac_variable_config *variable = &plan->config->root->variables[i];
        const iac_value *v = plan->given ? iac_map_get(plan->given, name) : NULL;
        if (v)
            v = iac_value_unsign_zeros(scratch, v);
        else
            v = variable->ephemeral ? variable->default_value : iac_map_get(plan->variables, name);
        if (!v)
            continue;
        if (!any)
            iac_json_member(out, first, "variables");
        iac_buf_char(out, any ? ',' : '{');
        any = true;
        iac_json_string(out, name, true);
        iac_buf_cstr(out, ":{\"value\":");
        iac_json_shown(out, v, variable->sensitive, redact);
        iac_buf_char(out, '}');
    }
    if (any)
        iac_buf_char(out, '}');
    iac_arena_free(scratch);
}

static void add_relevant(iac_buf *out, bool *first, const iac_plan *plan)
{
    if (!plan->relevant_count)
        return;
    iac_json_member(out, first, "relevant_attributes");
    for (size_t i = 0; i < plan->relevant_count; i++) {
        iac_buf_cstr(out, i ? ",{\"resource\":" : "[{\"resource\":");
        iac_json_addr(out, plan->relevant[i].addr);
        iac_buf_cstr(out, ",\"attribute\":");
        add_path(out, plan->relevant[i].path);
        iac_buf_char(out, '}');
    }
    iac_buf_char(out, ']');
}

/* Schemas of what the plan changes, by type, and where to ask for others. */
typedef struct known_schemas {
    iac_map resources, data;
    const iac_view_schemas *others;
} known_schemas;

static const iac_schema *schema_in_plan(void *user, iac_mode mode, iac_str type, iac_str provider)
{
    known_schemas *known = user;
    iac_map *map = mode == IAC_DATA ? &known->data : &known->resources;
    const iac_schema *schema = iac_map_get(map, type);
    if (!schema && known->others && known->others->find) {
        schema = known->others->find(known->others->user, mode, type, provider);
        if (schema && type.n)
            iac_map_put(map, type, (void *)(uintptr_t)schema);
    }
    return schema;
}

void iac_json_test_plan(iac_buf *out, const iac_plan *plan)
{
    bool first = true;
    iac_json_string_member(out, &first, "plan_format_version", IAC_STR("1.2"));
    add_output_changes(out, &first, plan, false);
    add_changes(out, &first, "resource_changes", plan->changes, plan->change_count, false);
    add_changes(out, &first, "resource_drift", plan->drift, plan->drift_count, false);
    add_relevant(out, &first, plan);
}

void iac_json_plan(iac_buf *out, const iac_plan *plan, const iac_view_schemas *schemas, bool redact)
{
    known_schemas known = { .others = schemas };
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *c = &plan->changes[i];
        if (c->schema)
            iac_map_put(c->addr.mode == IAC_DATA ? &known.data : &known.resources, c->addr.type,
                        (void *)(uintptr_t)c->schema);
    }
    iac_view_schemas find = { &known, schema_in_plan };
    bool first = true;
    iac_buf_char(out, '{');
    iac_json_string_member(out, &first, "format_version", IAC_STR("1.2"));
    iac_json_string_member(out, &first, "terraform_version", IAC_STR(IAC_TERRAFORM_VERSION));
    if (plan->config)
        add_variables(out, &first, plan, redact);
    iac_json_member(out, &first, "planned_values");
    add_planned_values(out, plan, redact);
    add_changes(out, &first, "resource_drift", plan->drift, plan->drift_count, redact);
    add_changes(out, &first, "resource_changes", plan->changes, plan->change_count, redact);
    add_output_changes(out, &first, plan, redact);
    if (plan->prior && (plan->prior->instance_count || plan->prior->output_count)) {
        iac_json_member(out, &first, "prior_state");
        iac_json_state_document(out, plan->prior, &find, false, redact);
    }
    if (plan->config) {
        iac_json_member(out, &first, "configuration");
        iac_json_config(out, plan->config, &find, redact);
    }
    add_relevant(out, &first, plan);
    iac_json_checks(out, &first, plan->checks, plan->check_count, redact);
    iac_json_string_member(out, &first, "timestamp", plan->timestamp);
    iac_json_member(out, &first, "applyable");
    iac_buf_cstr(out, plan->applyable ? "true" : "false");
    iac_json_member(out, &first, "complete");
    iac_buf_cstr(out, plan->complete ? "true" : "false");
    iac_json_member(out, &first, "errored");
    iac_buf_cstr(out, plan->errored ? "true}\n" : "false}\n");
    iac_map_clear(&known.resources);
    iac_map_clear(&known.data);
}

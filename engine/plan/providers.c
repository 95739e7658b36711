/* Configures providers, and tells which of a provider's instances an object belongs to. */
#include "engine/plan/run.h"

static bool is_keyed(const iac_provider_use *use)
{
    return use->config && use->config->for_each;
}

/* ---- configuring ---- */

static bool configure(iac_worker *worker, const iac_node *node, iac_str text, iac_instance *instance,
                      const iac_value *config)
{
    iac_call_options options = iac_options_for(worker->run, node, text);
    if (iac_instance_validate(instance, &options, IACP_SCHEMA_PROVIDER, IAC_STR(""), config, &worker->diags) != IAC_OK)
        return false;
    if (config->deep_unknown)
        return true; /* stays unconfigured: plans offline until apply knows more */
    return iac_instance_configure(instance, &options, config, &worker->diags) == IAC_OK;
}

/* NULL after an error. */
static const iac_value *written_config(iac_worker *worker, const iac_provider_use *use, const iac_schema *schema,
                                       iac_place *place)
{
    const iac_value *config = iac_decode_body(use->config->scope ? use->config->scope : &place->scope,
                                              use->config->body, schema->block, worker->scratch, &worker->diags);
    return worker->diags.errors ? NULL : config;
}

static const iac_value *implied_config(iac_worker *worker, const iac_provider_use *use, const iac_schema *schema)
{
    for (size_t i = 0; i < schema->block->attribute_count; i++)
        if (schema->block->attributes[i].required) {
            iac_str shown = iac_provider_addr_display(worker->scratch, use->addr);
            iac_diag_error(&worker->diags, IAC_NO_RANGE, "Invalid provider configuration",
                           "Provider \"%.*s\" requires explicit configuration. Add a provider block to the root "
                           "module and configure the provider's required arguments as described in the provider "
                           "documentation.",
                           IAC_FMT(shown));
            return NULL;
        }
    return iac_schema_empty_value(worker->scratch, schema->block);
}

static bool configure_one(iac_worker *worker, const iac_node *node, const iac_schema *schema, iac_place *place,
                          const iac_resource_instance *item, iac_provider_choice *choice)
{
    const iac_provider_use *use = node->provider;
    iac_call_options options = iac_options_for(worker->run, node, choice->text);
    if (iac_instance_open(use->provider, &options, &choice->instance, &worker->diags) != IAC_OK)
        return false;
    if (use->config->mock) {
        iac_instance_mock(choice->instance, use->config->mock);
        return true;
    }
    place->each_key = iac_value_string(worker->scratch, item->key.name);
    place->each_value = item->each_value;
    const iac_value *config = written_config(worker, use, schema, place);
    return config && configure(worker, node, choice->text, choice->instance, config);
}

static iac_str keyed_text(iac_arena *arena, const iac_provider_use *use, iac_str key)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_str(&text, use->text);
    iac_key_print(&text, (iac_key){ .kind = IAC_KEY_STRING, .name = key });
    iac_str kept = iac_arena_str(arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return kept;
}

static bool configure_each(iac_worker *worker, iac_node *node, const iac_schema *schema, iac_place *place)
{
    iac_provider_use *use = node->provider;
    iac_expansion expansion = { 0 };
    bool ok = true;
    if (!iac_expand(worker, place, (iac_repeated){ .for_each = use->config->for_each }, &expansion))
        return false;
    use->each = iac_arena_array(worker->keep, iac_provider_choice, expansion.n);
    use->each_count = expansion.n;
    for (uint32_t i = 0; i < expansion.n; i++) {
        use->each[i].text = keyed_text(worker->keep, use, expansion.v[i].key.name);
        iac_map_put(&use->each_map, use->each[i].text, &use->each[i]);
        ok = configure_one(worker, node, schema, place, &expansion.v[i], &use->each[i]) && ok;
    }
    iac_map_settle(&use->each_map, worker->keep);
    return ok;
}

bool iac_visit_provider(iac_worker *worker, iac_node *node)
{
    iac_provider_use *use = node->provider;
    iac_call_options options = iac_options_for(worker->run, node, use->text);
    if (!use->provider)
        return false;
    if (!use->instance && iac_instance_open(use->provider, &options, &use->instance, &worker->diags) != IAC_OK)
        return false;
    if (use->config && use->config->mock)
        iac_instance_mock(use->instance, use->config->mock);
    if (is_keyed(use) ? use->each != NULL : iac_instance_configured(use->instance))
        return true;
    const iac_schema *schema = iac_provider_find_schema(use->provider, IACP_SCHEMA_PROVIDER, IAC_STR(""));
    const iac_value *config;
    if (use->config) {
        iac_place place; /* a provider in a module with several instances is refused when the module is loaded */
        if (use->module->instance_count == 0)
            return true;
        iac_place_init(&place, worker->run, use->module, use->module->instances[0]);
        if (is_keyed(use))
            return configure_each(worker, node, schema, &place);
        config = written_config(worker, use, schema, &place);
    } else {
        config = implied_config(worker, use, schema);
    }
    return config && configure(worker, node, use->text, use->instance, config);
}

void iac_each_provider_instance(const iac_provider_use *use, void (*fn)(iac_instance *instance))
{
    if (use->instance)
        fn(use->instance);
    for (uint32_t i = 0; i < use->each_count; i++)
        if (use->each[i].instance)
            fn(use->each[i].instance);
}

/* ---- choosing ---- */

static bool refuse_key(iac_worker *worker, iac_place *place, const iac_expr *expr, unsigned show, const char *detail)
{
    iac_diag *diag = iac_diag_error(&worker->diags, expr->range, "Invalid provider instance key", "%s", detail);
    iac_eval_explain(&place->scope, expr, show, diag, worker->diags.arena);
    return false;
}

static bool key_of(iac_worker *worker, iac_place *place, const iac_expr *expr, iac_str address, iac_str *ret)
{
    iac_arena *arena = worker->scratch;
    size_t errors = worker->diags.errors;
    const iac_value *v = iac_eval(&place->scope, expr, arena, &worker->diags);
    iac_str error;
    if (worker->diags.errors != errors)
        return false;
    if (v->deep_marks & IAC_SENSITIVE)
        return refuse_key(worker, place, expr, IAC_EXPLAIN_SENSITIVE,
                          "A provider instance key must not be derived from a sensitive value.");
    if (v->deep_marks & IAC_EPHEMERAL)
        return refuse_key(worker, place, expr, IAC_EXPLAIN_EPHEMERAL,
                          "A provider instance key must not be derived from an ephemeral value.");
    if (iac_is_null(v))
        return refuse_key(worker, place, expr, 0, "A provider instance key must not be null.");
    if (iac_is_unknown(v))
        return refuse_key(worker, place, expr, IAC_EXPLAIN_UNKNOWN,
                          iac_arena_printf(arena,
                                           "The provider instance key for %.*s depends on values that cannot be "
                                           "determined until apply, and so iac cannot select a provider instance to "
                                           "create a plan for this resource instance.", IAC_FMT(address)).p);
    v = iac_convert(arena, v, &iac_type_string, &error, NULL);
    if (!v)
        return refuse_key(worker, place, expr, 0,
                          iac_arena_printf(arena, "The given instance key is unsuitable: %.*s.", IAC_FMT(error)).p);
    *ret = v->string;
    return true;
}

/* Where the key's expression is evaluated for an instance: in the resource, or in a call of a module it is in. */
static void key_place(iac_place *place, iac_worker *worker, iac_node *node, const iac_module_instance *module,
                      const iac_resource_instance *resource)
{
    iac_run_module *inside = node->module;
    if (node->provider_key.up == 0) {
        iac_place_for(place, worker, node, module, resource);
        return;
    }
    for (uint32_t i = 1; i < node->provider_key.up; i++) {
        inside = inside->parent;
        module = module->parent;
    }
    iac_place_init(place, worker->run, inside->parent, module->parent);
    place->count_index = module->count_index;
    place->each_key = module->each_key;
    place->each_value = module->each_value;
}

bool iac_choose_provider(iac_worker *worker, iac_node *node, const iac_module_instance *module,
                         const iac_resource_instance *resource, iac_str address, iac_provider_choice *ret)
{
    const iac_provider_use *use = node->provider;
    const iac_expr *expr = node->provider_key.expr;
    iac_place place;
    iac_str key;
    *ret = (iac_provider_choice){ use->text, use->instance };
    if (!is_keyed(use) || !expr) /* which of them go together was checked when the configuration was loaded */
        return true;
    key_place(&place, worker, node, module, resource);
    if (!key_of(worker, &place, expr, address, &key))
        return false;
    const iac_provider_choice *found = iac_map_get(&use->each_map, keyed_text(worker->scratch, use, key));
    if (!found) {
        iac_diag_error(&worker->diags, expr->range, "Provider instance not present",
                       "The provider configuration %.*s has no instance with the key \"%.*s\" that %.*s selects. The "
                       "key must be one of the elements of the provider configuration's for_each collection.",
                       IAC_FMT(use->text), IAC_FMT(key), IAC_FMT(address));
        return false;
    }
    *ret = *found;
    return true;
}

bool iac_choose_recorded_provider(iac_worker *worker, const iac_node *node, iac_str recorded, iac_str address,
                                  iac_provider_choice *ret)
{
    const iac_provider_use *use = node->provider;
    *ret = (iac_provider_choice){ use->text, use->instance };
    if (!is_keyed(use))
        return true;
    const iac_provider_choice *found = iac_map_get(&use->each_map, recorded);
    if (found) {
        *ret = *found;
        return true;
    }
    iac_diag_error(&worker->diags, IAC_NO_RANGE, "Provider instance not present",
                   "To work with %.*s its original provider instance at %.*s is required, but it has been removed. This "
                   "occurs when an element is removed from the provider configuration's for_each collection while "
                   "objects created by that the associated provider instance still exist in the state. Re-add the "
                   "for_each element to destroy %.*s, after which you can remove the provider configuration again.\n\n"
                   "This is commonly caused by using the same for_each collection both for a resource (or its "
                   "containing module) and its associated provider configuration. To successfully remove an instance of "
                   "a resource it must be possible to remove the corresponding element from the resource's for_each "
                   "collection while retaining the corresponding element in the provider's for_each collection.",
                   IAC_FMT(address), IAC_FMT(recorded), IAC_FMT(address));
    return false;
}

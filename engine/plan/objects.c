/* What planning and applying a single resource instance have in common. */
#include "engine/plan/run.h"

#include "lang/value/secrets.h"

const iac_module_instance *iac_run_module_instance(const iac_run_module *module, iac_module_addr addr)
{
    uint32_t low = 0, high = module->instance_count; /* call expansions are made in order of keys */
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = iac_module_addr_cmp(module->instances[middle]->addr, addr);
        if (order == 0)
            return module->instances[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void iac_place_for(iac_place *place, iac_worker *worker, iac_node *node, const iac_module_instance *instance,
                   const iac_resource_instance *resource)
{
    iac_place_init(place, worker->run, node->module, instance);
    if (!resource)
        return;
    if (resource->key.kind == IAC_KEY_INT)
        place->count_index = iac_value_int(worker->scratch, resource->key.index);
    if (resource->key.kind == IAC_KEY_STRING) {
        place->each_key = iac_value_string(worker->scratch, resource->key.name);
        place->each_value = resource->each_value;
    }
}

static bool usable_text(const iac_value *v, iac_str *ret)
{
    if (!v || v->kind != IAC_STRING || !iac_is_set_value(v) || v->marks || v->string.n == 0)
        return false;
    *ret = v->string;
    return true;
}

bool iac_object_id(const iac_value *object, iac_str *ret_key, iac_str *ret_value)
{
    if (!object || !iac_is_set_value(object))
        return false;
    *ret_key = IAC_STR("id");
    if (usable_text(iac_value_get_cstr(object, "id"), ret_value))
        return true;
    *ret_key = IAC_STR("name");
    if (usable_text(iac_value_get_cstr(object, "name"), ret_value))
        return true;
    const iac_value *tags = iac_value_get_cstr(object, "tags");
    if (!tags || !iac_is_set_value(tags) || tags->marks)
        return false;
    *ret_key = IAC_STR("tags.name");
    if (usable_text(iac_value_get_cstr(tags, "name"), ret_value))
        return true;
    *ret_key = IAC_STR("tags.Name");
    return usable_text(iac_value_get_cstr(tags, "Name"), ret_value);
}

const iac_value *iac_copy_marks(iac_arena *arena, const iac_block_schema *block, const iac_value *v,
                                const iac_value *from)
{
    if (from && from->deep_marks)
        v = iac_value_mark_paths(arena, v, iac_value_marked_paths(arena, from, IAC_SENSITIVE), IAC_SENSITIVE);
    return iac_value_note_secrets(iac_schema_mark_sensitive(arena, block, v));
}

const iac_value *iac_stored_value(iac_worker *worker, const iac_node *node, const iac_call_options *options,
                                  const iac_object *object)
{
    const iac_value *v = NULL;
    if (iac_instance_upgrade(node->provider->instance, options, worker->keep, node->resource_addr.type,
                             object->schema_version, object->attributes, &v, &worker->diags) != IAC_OK)
        return NULL;
    v = iac_value_mark_paths(worker->keep, v, object->sensitive, IAC_SENSITIVE);
    return iac_value_note_secrets(iac_schema_mark_sensitive(worker->keep, node->schema->block, v));
}

const iac_value *iac_recorded_value(iac_arena *arena, const iac_schema *schema, const iac_object *object)
{
    iac_object typed = *object;
    typed.type = schema->block->type;
    const iac_value *v = iac_object_value(arena, &typed);
    return v ? iac_schema_mark_sensitive(arena, schema->block, v) : NULL;
}

void iac_instance_event(iac_run *run, iac_event_kind kind, const iac_addr *addr, iac_str deposed,
                        const iac_value *object, int action, double elapsed)
{
    iac_event event = { .kind = kind, .addr = addr, .deposed = deposed, .action = action,
                        .elapsed_seconds = elapsed };
    if (!iac_object_id(object, &event.id_key, &event.id_value))
        event.id_key = event.id_value = IAC_STR("");
    iac_run_event(run, &event);
}

bool iac_is_builtin(iac_provider_addr addr)
{
    return iac_str_is(addr.host, "terraform.io") && iac_str_is(addr.namespace_, "builtin");
}

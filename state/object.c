#include "state/store_internal.h"

#include "lang/value/json.h"
#include "lang/value/secrets.h"

iac_object *iac_object_new(iac_arena *arena, const iac_value *value, const iac_type *type, int64_t schema_version)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_value_to_typed_json(&json, value, type);
    iac_object *object = iac_arena_new_of(arena, iac_object);
    object->attributes = iac_arena_str(arena, iac_buf_view(&json));
    object->type = type;
    object->schema_version = schema_version;
    if (value->deep_marks & IAC_SENSITIVE)
        object->sensitive = iac_value_marked_paths(arena, value, IAC_SENSITIVE);
    iac_buf_clear(&json);
    return object;
}

const iac_value *iac_object_value(iac_arena *arena, const iac_object *object)
{
    iac_str error;
    const iac_value *value;
    if (object->type) {
        value = iac_value_from_typed_json(arena, object->attributes, object->type, &error);
    } else {
        size_t offset;
        value = iac_value_from_json(arena, object->attributes, &error, &offset);
    }
    if (value && object->sensitive.n)
        value = iac_value_mark_paths(arena, value, object->sensitive, IAC_SENSITIVE);
    return value;
}

static void note_object(const iac_object *object, iac_arena *scratch)
{
    if (!object || !object->sensitive.n)
        return;
    iac_value_note_secrets(iac_object_value(scratch, object));
    iac_arena_reset(scratch);
}

void iac_state_note_secrets(const iac_state *state)
{
    iac_arena *scratch = iac_arena_new();
    for (size_t i = 0; i < state->instance_count; i++) {
        note_object(state->instances[i].current, scratch);
        for (size_t k = 0; k < state->instances[i].deposed_count; k++)
            note_object(state->instances[i].deposed[k], scratch);
    }
    for (size_t i = 0; i < state->output_count; i++)
        if (state->outputs[i].sensitive)
            iac_value_add_output_secret(state->outputs[i].value);
    iac_arena_free(scratch);
}

static bool instance_before(const iac_state_instance *instance, iac_addr addr)
{
    return iac_addr_cmp(instance->addr, addr) < 0;
}

size_t iac_state_lower_bound(const iac_state *state, iac_addr addr)
{
    size_t low = 0, high = state->instance_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (instance_before(&state->instances[middle], addr))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const iac_state_instance *iac_state_find(const iac_state *state, iac_addr addr)
{
    size_t at = iac_state_lower_bound(state, addr);
    if (at < state->instance_count && iac_addr_equal(state->instances[at].addr, addr))
        return &state->instances[at];
    return NULL;
}

static int compare_output(const void *name, const void *output)
{
    return iac_str_cmp(*(const iac_str *)name, ((const iac_state_output *)output)->name);
}

const iac_state_output *iac_state_find_output(const iac_state *state, iac_str name)
{
    return state->output_count ? bsearch(&name, state->outputs, state->output_count, sizeof(*state->outputs),
                                         compare_output)
                               : NULL;
}

void iac_paths_to_json(iac_buf *out, iac_paths paths)
{
    iac_buf_char(out, '[');
    for (size_t i = 0; i < paths.n; i++) {
        if (i)
            iac_buf_char(out, ',');
        iac_path_to_json(out, paths.v[i]);
    }
    iac_buf_char(out, ']');
}

static bool is_string(const iac_value *v)
{
    return v && v->state == IAC_KNOWN && v->kind == IAC_STRING;
}

/* {"type":"index","value":{"value":0,"type":"number"}} */
static bool index_step(const iac_value *key, iac_step *step)
{
    const iac_value *v = iac_value_get_cstr(key, "value");
    if (!v || v->state != IAC_KNOWN)
        return false;
    if (v->kind == IAC_STRING) {
        step->kind = IAC_STEP_KEY;
        step->name = v->string;
        return true;
    }
    step->kind = IAC_STEP_INDEX;
    return v->kind == IAC_NUMBER && iac_value_to_int(v, &step->index);
}

static bool step_from_value(const iac_value *v, iac_step *step)
{
    const iac_value *type = iac_value_get_cstr(v, "type"), *value = iac_value_get_cstr(v, "value");
    if (!is_string(type) || !value)
        return false;
    if (iac_str_is(type->string, "index"))
        return index_step(value, step);
    step->kind = IAC_STEP_ATTR;
    step->name = is_string(value) ? value->string : (iac_str){ 0 };
    return iac_str_is(type->string, "get_attr") && is_string(value);
}

bool iac_paths_from_value(iac_arena *arena, const iac_value *v, iac_paths *ret)
{
    if (v->state != IAC_KNOWN || v->kind != IAC_TUPLE)
        return false;
    iac_path *paths = iac_arena_array(arena, iac_path, v->n);
    for (size_t i = 0; i < v->n; i++) {
        const iac_value *item = v->items[i];
        if (item->state != IAC_KNOWN || item->kind != IAC_TUPLE)
            return false;
        iac_step *steps = iac_arena_array(arena, iac_step, item->n);
        for (size_t k = 0; k < item->n; k++) {
            if (!step_from_value(item->items[k], &steps[k]))
                return false;
        }
        paths[i] = (iac_path){ steps, item->n };
    }
    *ret = (iac_paths){ paths, v->n };
    return true;
}

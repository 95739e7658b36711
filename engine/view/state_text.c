#include "engine/view/diff.h"
#include "engine/view/json_util.h"
#include "engine/view/style.h"

#include "lang/base/secrets.h"
#include "lang/eval/eval.h"
#include "lang/value/json.h"
#include <stdlib.h>

/* ---- states and instances ---- */

static const iac_diff_style still = { .show_unchanged = true, .hide_symbols = true };

static const iac_block_schema *schema_of(const iac_view_schemas *schemas, const iac_state_instance *instance)
{
    const iac_schema *schema = NULL;
    if (schemas && schemas->find)
        schema = schemas->find(schemas->user, instance->addr.mode, instance->addr.type, instance->provider);
    return schema ? schema->block : NULL;
}

static void draw_object(iac_buf *out, iac_arena *arena, const iac_state_instance *instance, const iac_object *object,
                        const iac_view_schemas *schemas, const iac_view_options *options)
{
    const iac_block_schema *schema = schema_of(schemas, instance);
    iac_object typed = *object;
    iac_diff_style style = still;
    style.color = options->color;
    if (!typed.type && schema)
        typed.type = schema->type;
    const iac_value *v = iac_object_value(arena, &typed);
    iac_buf_cstr(out, "# ");
    iac_addr_print(out, instance->addr);
    iac_buf_char(out, ':');
    if (object->deposed.n)
        iac_buf_printf(out, " (deposed object %.*s)", IAC_FMT(object->deposed));
    if (object->tainted)
        iac_buf_cstr(out, " (tainted)");
    iac_buf_printf(out, "\n%s \"%.*s\" \"%.*s\" ", instance->addr.mode == IAC_DATA ? "data" : "resource",
                   IAC_FMT(instance->addr.type), IAC_FMT(instance->addr.name));
    if (!v) {
        iac_buf_cstr(out, "{\n    # (the stored attributes cannot be read)\n}");
    } else if (schema) {
        v = iac_schema_mark_sensitive(arena, schema, v);
        iac_diff_render(out, iac_diff_resource(arena, schema, v, v, (iac_paths){ 0 }, (iac_matcher){ .always = true }),
                        0, style);
    } else {
        iac_diff_render(out, iac_diff_values(arena, v, v), 0, style);
    }
    iac_buf_char(out, '\n');
}

void iac_view_instance(iac_buf *out, const iac_state_instance *instance, const iac_view_schemas *schemas,
                       const iac_view_options *options)
{
    iac_arena *arena = iac_arena_new();
    if (instance->current)
        draw_object(out, arena, instance, instance->current, schemas, options);
    iac_arena_free(arena);
}

static void draw_outputs(iac_buf *out, const iac_state *state, const iac_view_options *options)
{
    iac_arena *arena = iac_arena_new();
    iac_diff_style style = still;
    style.color = options->color;
    iac_buf_cstr(out, "\n\nOutputs:\n\n");
    for (size_t i = 0; i < state->output_count; i++) {
        const iac_value *v = state->outputs[i].value;
        const iac_type *type = iac_value_type(arena, v);
        if (state->outputs[i].sensitive)
            v = iac_value_mark(arena, v, IAC_SENSITIVE);
        iac_buf_printf(out, "%.*s = ", IAC_FMT(state->outputs[i].name));
        iac_diff_render(out, iac_diff_typed(arena, v, v, type), 0, style);
        iac_buf_char(out, '\n');
    }
    iac_arena_free(arena);
}

static int by_tree(const void *a, const void *b)
{
    const iac_state_instance *const *x = a, *const *y = b;
    return iac_view_addr_order((*x)->addr, (*y)->addr);
}

/* Whether a module that the path leads through has been shown: only then is there a gap before it. */
static bool is_within(const iac_map *modules, iac_arena *arena, iac_module_addr path)
{
    for (iac_module_addr outer = path; outer.n > 0;) {
        outer.n--;
        if (iac_map_has(modules, iac_module_addr_text(arena, outer)))
            return true;
    }
    return false;
}

static void draw_instances(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas,
                           const iac_view_options *options)
{
    size_t n = state->instance_count;
    const iac_state_instance **sorted = iac_xcalloc(n + 1, sizeof(*sorted));
    iac_arena *arena = iac_arena_new(), *names = iac_arena_new();
    for (size_t i = 0; i < n; i++)
        sorted[i] = &state->instances[i];
    qsort(sorted, n, sizeof(*sorted), by_tree);
    iac_map modules = { 0 }; /* those that have been shown */
    for (size_t i = 0; i < n; i++) {
        const iac_state_instance *instance = sorted[i];
        if (i && iac_module_addr_equal(sorted[i - 1]->addr.module, instance->addr.module))
            iac_buf_char(out, '\n');
        else if (i && is_within(&modules, arena, instance->addr.module))
            iac_buf_cstr(out, "\n\n");
        iac_map_put(&modules, iac_module_addr_text(names, instance->addr.module), sorted);
        if (instance->current)
            draw_object(out, arena, instance, instance->current, schemas, options);
        for (size_t k = 0; k < instance->deposed_count; k++) {
            if (k || instance->current)
                iac_buf_char(out, '\n');
            draw_object(out, arena, instance, instance->deposed[k], schemas, options);
        }
        iac_arena_reset(arena);
    }
    iac_map_clear(&modules);
    iac_arena_free(names);
    iac_arena_free(arena);
    free(sorted);
}

void iac_view_state(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas,
                    const iac_view_options *options)
{
    if (!state->instance_count && !state->output_count) {
        iac_buf_cstr(out, "The state file is empty. No resources are represented.\n");
        return;
    }
    draw_instances(out, state, schemas, options);
    if (state->output_count)
        draw_outputs(out, state, options);
}

/* ---- outputs ---- */

void iac_view_output(iac_buf *out, const iac_value *value)
{
    iac_eval_print(out, value);
    iac_buf_char(out, '\n');
}

static void draw_output(iac_buf *out, const iac_value *value)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_view_output(&text, value);
    iac_secrets_redact(out, iac_buf_view(&text));
    iac_buf_clear(&text);
}

void iac_view_output_list(iac_buf *out, const iac_state *state)
{
    for (size_t i = 0; i < state->output_count; i++) {
        iac_buf_printf(out, "%.*s = ", IAC_FMT(state->outputs[i].name));
        if (state->outputs[i].sensitive)
            iac_buf_cstr(out, "<sensitive>\n");
        else
            draw_output(out, state->outputs[i].value);
    }
}

void iac_view_outputs(iac_buf *out, const iac_state *state, const iac_view_options *options)
{
    if (!state->output_count)
        return;
    iac_style(out, options->color, IAC_BOLD);
    iac_styled(out, options->color, IAC_GREEN, "\nOutputs:\n\n");
    iac_view_output_list(out, state);
}

bool iac_view_output_raw(iac_buf *out, const iac_value *value)
{
    if (value->state != IAC_KNOWN)
        return false;
    if (value->kind == IAC_STRING) {
        iac_buf_str(out, value->string);
    } else if (value->kind == IAC_BOOL) {
        iac_buf_cstr(out, value->boolean ? "true" : "false");
    } else if (value->kind == IAC_NUMBER) {
        iac_arena *arena = iac_arena_new();
        iac_buf_str(out, iac_number_text(arena, value));
        iac_arena_free(arena);
    } else {
        return false;
    }
    return true;
}

void iac_json_output(iac_buf *out, const iac_value *value)
{
    iac_value_to_json(out, value);
    iac_buf_char(out, '\n');
}

void iac_json_outputs(iac_buf *out, const iac_state *state)
{
    iac_arena *arena = iac_arena_new();
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_char(&json, '{');
    for (size_t i = 0; i < state->output_count; i++) {
        const iac_type *type = iac_value_type(arena, state->outputs[i].value);
        if (i)
            iac_buf_char(&json, ',');
        iac_json_string(&json, state->outputs[i].name, true);
        iac_buf_printf(&json, ":{\"sensitive\":%s,\"type\":", state->outputs[i].sensitive ? "true" : "false");
        iac_type_to_json(&json, type);
        iac_buf_cstr(&json, ",\"value\":");
        iac_value_to_typed_json(&json, state->outputs[i].value, type);
        iac_buf_char(&json, '}');
    }
    iac_buf_char(&json, '}');
    iac_json_indent(out, iac_buf_view(&json), 0);
    iac_buf_char(out, '\n');
    iac_buf_clear(&json);
    iac_arena_free(arena);
}

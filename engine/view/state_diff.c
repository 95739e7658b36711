/* engine/view/state_diff.c - how one state differs from another, for people and as JSON. */
#include "engine/view/view.h"

#include "engine/view/diff.h"
#include "lang/value/json.h"

typedef struct differ {
    iac_buf *out;
    iac_arena *arena;
    const iac_view_schemas *schemas;
    bool color, json;
    size_t n; /* differences so far */
} differ;

static const iac_schema *schema_of(differ *d, const iac_state_instance *instance)
{
    if (!d->schemas || !d->schemas->find)
        return NULL;
    return d->schemas->find(d->schemas->user, instance->addr.mode, instance->addr.type, instance->provider);
}

static const iac_value *value_of(differ *d, const iac_schema *schema, const iac_object *object)
{
    const iac_value *v = object ? iac_object_value(d->arena, object) : NULL;
    return v && schema ? iac_schema_mark_sensitive(d->arena, schema->block, v) : v;
}

static void add_json_string(iac_buf *out, const char *name, iac_str text)
{
    iac_buf_printf(out, "\"%s\":", name);
    iac_json_string(out, text, false);
}

static const iac_value *masked(iac_arena *arena, const iac_value *v)
{
    return v->deep_marks ? iac_value_cstr(arena, "(sensitive value)") : v;
}

/* {"name":{"before":..,"after":..}} of the attributes that differ. */
static void attributes_json(differ *d, const iac_value *before, const iac_value *after)
{
    const iac_value *both[] = { before, after };
    bool first = true;
    iac_map seen = { 0 };
    iac_buf_cstr(d->out, ",\"attributes\":{");
    for (size_t side = 0; side < 2; side++) {
        const iac_value *v = both[side];
        for (size_t i = 0; v && iac_is_set_value(v) && v->kind == IAC_OBJECT && i < v->n; i++) {
            const iac_value *b = before ? iac_value_get(before, v->keys[i]) : NULL;
            const iac_value *a = after ? iac_value_get(after, v->keys[i]) : NULL;
            b = b ? b : &iac_null_dynamic;
            a = a ? a : &iac_null_dynamic;
            if (iac_map_put(&seen, v->keys[i], d) || iac_value_same(a, b) || (iac_is_null(a) && iac_is_null(b)))
                continue;
            iac_buf_cstr(d->out, first ? "" : ",");
            iac_json_string(d->out, v->keys[i], false);
            iac_buf_cstr(d->out, ":{\"before\":");
            iac_value_to_json(d->out, masked(d->arena, b));
            iac_buf_cstr(d->out, ",\"after\":");
            iac_value_to_json(d->out, masked(d->arena, a));
            iac_buf_char(d->out, '}');
            first = false;
        }
    }
    iac_map_clear(&seen);
    iac_buf_char(d->out, '}');
}

static bool same_object(const iac_object *a, const iac_object *b)
{
    return iac_str_eq(a->attributes, b->attributes) && a->tainted == b->tainted;
}

static void difference(differ *d, const iac_state_instance *instance, iac_str deposed, const iac_object *before,
                       const iac_object *after)
{
    static const char *const words[] = { [IAC_ACTION_CREATE] = "added", [IAC_ACTION_UPDATE] = "changed",
                                         [IAC_ACTION_DELETE] = "removed" };
    if (before && after && same_object(before, after))
        return;
    iac_action action = !before ? IAC_ACTION_CREATE : !after ? IAC_ACTION_DELETE : IAC_ACTION_UPDATE;
    const iac_schema *schema = schema_of(d, instance);
    const iac_value *was = value_of(d, schema, before), *is = value_of(d, schema, after);
    iac_str addr = iac_addr_text(d->arena, instance->addr);
    if (d->json) {
        iac_buf_cstr(d->out, d->n++ ? ",{" : "{");
        add_json_string(d->out, "address", addr);
        if (deposed.n) {
            iac_buf_char(d->out, ',');
            add_json_string(d->out, "deposed", deposed);
        }
        iac_buf_printf(d->out, ",\"change\":\"%s\"", words[action]);
        attributes_json(d, was, is);
        iac_buf_char(d->out, '}');
        return;
    }
    d->n++;
    iac_buf_char(d->out, '\n');
    iac_diff_symbol(d->out, action, d->color);
    iac_buf_printf(d->out, " %.*s", IAC_FMT(addr));
    if (deposed.n)
        iac_buf_printf(d->out, " (deposed object %.*s)", IAC_FMT(deposed));
    if (before && after && before->tainted != after->tainted)
        iac_buf_cstr(d->out, after->tainted ? " (tainted)" : " (no longer tainted)");
    if (action == IAC_ACTION_UPDATE && was && is && !iac_str_eq(before->attributes, after->attributes)) {
        const iac_diff *diff = schema ? iac_diff_resource(d->arena, schema->block, was, is, (iac_paths){ 0 },
                                                          (iac_matcher){ .always = true })
                                      : iac_diff_values(d->arena, was, is);
        iac_buf_char(d->out, ' ');
        if (diff)
            iac_diff_render(d->out, diff, 0, (iac_diff_style){ .color = d->color });
    }
    iac_buf_char(d->out, '\n');
}

static const iac_object *deposed_of(const iac_state_instance *instance, iac_str key)
{
    for (size_t i = 0; instance && i < instance->deposed_count; i++) /* as good as always none or one */
        if (iac_str_eq(instance->deposed[i]->deposed, key))
            return instance->deposed[i];
    return NULL;
}

/* Either may be NULL. */
static void compare(differ *d, const iac_state_instance *before, const iac_state_instance *after)
{
    const iac_object *was = before ? before->current : NULL, *is = after ? after->current : NULL;
    if (was || is)
        difference(d, after ? after : before, (iac_str){ 0 }, was, is);
    for (size_t i = 0; before && i < before->deposed_count; i++)
        difference(d, before, before->deposed[i]->deposed, before->deposed[i],
                   deposed_of(after, before->deposed[i]->deposed));
    for (size_t i = 0; after && i < after->deposed_count; i++)
        if (!deposed_of(before, after->deposed[i]->deposed))
            difference(d, after, after->deposed[i]->deposed, NULL, after->deposed[i]);
}

static void compare_instances(differ *d, const iac_state *before, const iac_state *after)
{
    size_t b = 0, a = 0;
    while (b < before->instance_count || a < after->instance_count) {
        int order = b == before->instance_count  ? 1
                    : a == after->instance_count ? -1
                                                 : iac_addr_cmp(before->instances[b].addr, after->instances[a].addr);
        compare(d, order <= 0 ? &before->instances[b] : NULL, order >= 0 ? &after->instances[a] : NULL);
        b += order <= 0;
        a += order >= 0;
    }
}

static void compare_output(differ *d, const iac_state_output *before, const iac_state_output *after)
{
    if (before && after && iac_value_same(before->value, after->value) && before->sensitive == after->sensitive)
        return;
    iac_str name = before ? before->name : after->name;
    bool hidden = (before && before->sensitive) || (after && after->sensitive);
    iac_action action = !before ? IAC_ACTION_CREATE : !after ? IAC_ACTION_DELETE : IAC_ACTION_UPDATE;
    if (!d->json && !d->n)
        iac_buf_char(d->out, '\n');
    if (!d->json) {
        iac_diff_symbol(d->out, action, d->color);
        iac_buf_printf(d->out, " output.%.*s", IAC_FMT(name));
    } else {
        iac_buf_cstr(d->out, d->n ? ",{" : "{");
        add_json_string(d->out, "name", name);
    }
    d->n++;
    const iac_value *hide = iac_value_cstr(d->arena, "(sensitive value)");
    const iac_value *was = !before ? &iac_null_dynamic : hidden ? hide : before->value;
    const iac_value *is = !after ? &iac_null_dynamic : hidden ? hide : after->value;
    iac_buf_cstr(d->out, d->json ? ",\"before\":" : hidden ? "" : " = ");
    if (d->json || !hidden)
        iac_value_to_json(d->out, was);
    iac_buf_cstr(d->out, d->json ? ",\"after\":" : hidden ? " = (sensitive value)" : " -> ");
    if (d->json || !hidden)
        iac_value_to_json(d->out, is);
    iac_buf_cstr(d->out, d->json ? "}" : "\n");
}

static void compare_outputs(differ *d, const iac_state *before, const iac_state *after)
{
    size_t b = 0, a = 0;
    while (b < before->output_count || a < after->output_count) {
        int order = b == before->output_count  ? 1
                    : a == after->output_count ? -1
                                               : iac_str_cmp(before->outputs[b].name, after->outputs[a].name);
        compare_output(d, order <= 0 ? &before->outputs[b] : NULL, order >= 0 ? &after->outputs[a] : NULL);
        b += order <= 0;
        a += order >= 0;
    }
}

bool iac_view_state_diff(iac_buf *out, const iac_state *before, const iac_state *after,
                         const iac_view_schemas *schemas, const iac_view_options *options)
{
    differ d = { .out = out, .arena = iac_arena_new(), .schemas = schemas, .color = options->color };
    compare_instances(&d, before, after);
    size_t objects = d.n;
    d.n = 0;
    compare_outputs(&d, before, after);
    iac_arena_free(d.arena);
    return objects || d.n;
}

void iac_json_state_diff(iac_buf *out, const iac_state *before, const iac_state *after,
                         const iac_view_schemas *schemas)
{
    differ d = { .out = out, .arena = iac_arena_new(), .schemas = schemas, .json = true };
    iac_buf_cstr(out, "{\"resources\":[");
    compare_instances(&d, before, after);
    iac_buf_cstr(out, "],\"outputs\":[");
    d.n = 0;
    compare_outputs(&d, before, after);
    iac_buf_cstr(out, "]}");
    iac_arena_free(d.arena);
}

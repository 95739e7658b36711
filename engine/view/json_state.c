#include "engine/view/json_checks.h"
#include "engine/view/json_module.h"

#include "lang/value/json.h"
#include "lang/value/secrets.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the tree of modules ---- */

static bool nothing_known(const iac_value *v)
{
    for (size_t i = 0; v->state == IAC_KNOWN && i < v->n; i++)
        if (v->items[i]->state != IAC_UNKNOWN)
            return false;
    return true;
}

static void add_resource(iac_buf *out, const iac_json_resource *r)
{
    bool first = true;
    iac_buf_char(out, '{');
    iac_json_member(out, &first, "address");
    iac_json_addr(out, r->addr);
    iac_json_string_member(out, &first, "mode", r->addr.mode == IAC_DATA ? IAC_STR("data") : IAC_STR("managed"));
    iac_json_string_member(out, &first, "type", r->addr.type);
    iac_json_string_member(out, &first, "name", r->addr.name);
    if (r->addr.key.kind != IAC_KEY_NONE) {
        iac_json_member(out, &first, "index");
        iac_json_key(out, r->addr.key);
    }
    iac_json_string_member(out, &first, "provider_name", iac_provider_source(r->provider));
    iac_json_member(out, &first, "schema_version");
    iac_buf_printf(out, "%lld", (long long)r->schema_version);
    if (r->value && !nothing_known(r->value)) {
        iac_json_member(out, &first, "values");
        iac_json_known(out, r->value, r->redact);
    }
    iac_json_member(out, &first, "sensitive_values");
    iac_json_sensitive_shape(out, r->value, r->redact);
    size_t needed_count = 0;
    bool listed = r->needs && r->addr.mode == IAC_MANAGED;
    const iac_str *needed = listed ? iac_needs_of(r->needs, r->object, &needed_count) : NULL;
    if (needed_count)
        iac_json_member(out, &first, "depends_on");
    for (size_t i = 0; i < needed_count; i++) {
        iac_buf_char(out, i ? ',' : '[');
        iac_json_string(out, needed[i], true);
    }
    if (needed_count)
        iac_buf_char(out, ']');
    if (r->tainted) {
        iac_json_member(out, &first, "tainted");
        iac_buf_cstr(out, "true");
    }
    if (r->deposed.n)
        iac_json_string_member(out, &first, "deposed_key", r->deposed);
    iac_buf_char(out, '}');
}

static bool same_step(const iac_json_resource *a, const iac_json_resource *b, size_t depth)
{
    return iac_str_eq(a->addr.module.steps[depth].name, b->addr.module.steps[depth].name) &&
           iac_key_equal(a->addr.module.steps[depth].key, b->addr.module.steps[depth].key);
}

/* Resources of one module come before those of its children, which stand together: they are sorted. Recursion is as
 * deep as modules are nested. */
static void add_module(iac_buf *out, const iac_json_resource *r, size_t n, size_t depth)
{
    bool first = true;
    size_t own = 0;
    while (own < n && r[own].addr.module.n == depth)
        own++;
    iac_buf_char(out, '{');
    if (own) {
        iac_json_member(out, &first, "resources");
        for (size_t i = 0; i < own; i++) {
            iac_buf_char(out, i ? ',' : '[');
            add_resource(out, &r[i]);
            iac_buf_drain(out);
        }
        iac_buf_char(out, ']');
    }
    if (depth) {
        iac_module_addr addr = r[0].addr.module;
        addr.n = depth;
        iac_json_member(out, &first, "address");
        iac_json_module(out, addr);
    }
    if (own < n)
        iac_json_member(out, &first, "child_modules");
    for (size_t i = own; i < n;) {
        size_t end = i + 1;
        while (end < n && same_step(&r[i], &r[end], depth))
            end++;
        iac_buf_char(out, i == own ? '[' : ',');
        add_module(out, r + i, end - i, depth + 1);
        i = end;
    }
    if (own < n)
        iac_buf_char(out, ']');
    iac_buf_char(out, '}');
}

/* The order of the addresses' texts: [10] comes before [1], for ']' comes after '0'. */
static int key_order(iac_key a, iac_key b)
{
    char x[24] = "", y[24] = "";
    if (a.kind != b.kind || a.kind == IAC_KEY_NONE)
        return (int)a.kind - (int)b.kind;
    if (a.kind == IAC_KEY_STRING)
        return iac_str_cmp(a.name, b.name);
    snprintf(x, sizeof(x), "%lld]", (long long)a.index);
    snprintf(y, sizeof(y), "%lld]", (long long)b.index);
    return strcmp(x, y);
}

/* Data sources are "data.TYPE" here, among the types. */
static int type_order(const iac_json_resource *a, const iac_json_resource *b)
{
    bool x = a->addr.mode == IAC_DATA, y = b->addr.mode == IAC_DATA;
    if (x == y)
        return iac_str_cmp(a->addr.type, b->addr.type);
    return x ? iac_str_cmp(IAC_STR("data."), b->addr.type) : iac_str_cmp(a->addr.type, IAC_STR("data."));
}

static int by_addr(const void *a, const void *b)
{
    const iac_json_resource *x = a, *y = b;
    int order = iac_view_addr_order(x->addr, y->addr);
    return order ? order : iac_str_cmp(x->deposed, y->deposed);
}

/* Names as parts of texts: where one has ended, its key or nothing follows. */
static int name_order(const iac_addr *a, const iac_addr *b)
{
    size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
    int order = n ? memcmp(a->name.p, b->name.p, n) : 0;
    if (order || a->name.n == b->name.n)
        return order;
    unsigned char x = a->name.n > n ? (unsigned char)a->name.p[n] : a->key.kind != IAC_KEY_NONE ? '[' : 0;
    unsigned char y = b->name.n > n ? (unsigned char)b->name.p[n] : b->key.kind != IAC_KEY_NONE ? '[' : 0;
    return (int)x - (int)y;
}

static int by_text(const void *a, const void *b)
{
    const iac_json_resource *x = a, *y = b;
    int order = iac_view_module_order(x->addr.module, y->addr.module, key_order);
    order = order ? order : type_order(x, y);
    order = order ? order : name_order(&x->addr, &y->addr);
    order = order ? order : key_order(x->addr.key, y->addr.key);
    return order ? order : iac_str_cmp(x->deposed, y->deposed);
}

void iac_json_root_module(iac_buf *out, iac_json_resource *resources, size_t n, bool text_order)
{
    if (n)
        qsort(resources, n, sizeof(*resources), text_order ? by_text : by_addr);
    add_module(out, resources, n, 0);
}

/* ---- states ---- */

static const iac_value *object_value(iac_arena *arena, const iac_state_instance *instance, const iac_object *object,
                                     const iac_view_schemas *schemas)
{
    const iac_schema *schema = NULL;
    iac_object typed = *object;
    if (schemas && schemas->find)
        schema = schemas->find(schemas->user, instance->addr.mode, instance->addr.type, instance->provider);
    if (!typed.type && schema)
        typed.type = schema->block->type;
    const iac_value *v = iac_object_value(arena, &typed);
    return v && schema ? iac_schema_mark_sensitive(arena, schema->block, v) : v;
}

void iac_view_note_secrets(const iac_state *state, const iac_view_schemas *schemas)
{
    iac_arena *arena = iac_arena_new();
    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        if (instance->current)
            iac_value_note_secrets(object_value(arena, instance, instance->current, schemas));
        for (size_t k = 0; k < instance->deposed_count; k++)
            iac_value_note_secrets(object_value(arena, instance, instance->deposed[k], schemas));
        iac_arena_reset(arena);
    }
    iac_arena_free(arena);
}

static iac_json_resource state_resource(iac_arena *arena, iac_needs *needs, const iac_state_instance *instance,
                                        const iac_object *object, const iac_view_schemas *schemas)
{
    return (iac_json_resource){
        .addr = instance->addr,
        .provider = instance->provider,
        .schema_version = object->schema_version,
        .value = object_value(arena, instance, object, schemas),
        .tainted = object->tainted,
        .deposed = object->deposed,
        .needs = needs,
        .object = object,
    };
}

static void add_outputs(iac_buf *out, const iac_state *state, bool redact)
{
    iac_arena *arena = iac_arena_new();
    iac_buf_char(out, '{');
    for (size_t i = 0; i < state->output_count; i++) {
        const iac_state_output *o = &state->outputs[i];
        const iac_type *type = iac_value_type(arena, o->value);
        if (i)
            iac_buf_char(out, ',');
        iac_json_string(out, o->name, true);
        iac_buf_printf(out, ":{\"sensitive\":%s,\"value\":", o->sensitive ? "true" : "false");
        if (redact)
            iac_json_shown(out, o->value, o->sensitive, true);
        else
            iac_value_to_typed_json(out, o->value, type);
        iac_buf_cstr(out, ",\"type\":");
        iac_type_to_json(out, type);
        iac_buf_char(out, '}');
    }
    iac_buf_char(out, '}');
    iac_arena_free(arena);
}

static void add_root_module(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas, bool redact)
{
    iac_arena *arena = iac_arena_new();
    IAC_VEC(iac_json_resource) resources = { 0 };
    iac_needs *needs = iac_needs_new();
    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        if (instance->current)
            iac_vec_push(&resources, state_resource(arena, needs, instance, instance->current, schemas));
        for (size_t k = 0; k < instance->deposed_count; k++)
            iac_vec_push(&resources, state_resource(arena, needs, instance, instance->deposed[k], schemas));
    }
    for (size_t i = 0; i < resources.n; i++)
        resources.v[i].redact = redact;
    iac_json_root_module(out, resources.v, resources.n, false);
    iac_needs_free(needs);
    iac_vec_clear(&resources);
    iac_arena_free(arena);
}

static void add_values(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas, bool redact)
{
    bool first = true;
    iac_buf_char(out, '{');
    if (state->output_count) {
        iac_json_member(out, &first, "outputs");
        add_outputs(out, state, redact);
    }
    iac_json_member(out, &first, "root_module");
    add_root_module(out, state, schemas, redact);
    iac_buf_char(out, '}');
}

void iac_json_test_state(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas)
{
    iac_buf_cstr(out, "\"state_format_version\":\"1.0\",\"root_module\":");
    add_root_module(out, state, schemas, false);
    if (state->output_count) {
        iac_buf_cstr(out, ",\"outputs\":");
        add_outputs(out, state, false);
    }
}

void iac_json_state_document(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas, bool checks,
                             bool redact)
{
    iac_buf_cstr(out, "{\"format_version\":\"1.0\"");
    if (state->instance_count || state->output_count) {
        iac_buf_cstr(out, ",\"terraform_version\":\"" IAC_TERRAFORM_VERSION "\",\"values\":");
        add_values(out, state, schemas, redact);
        bool first = false;
        if (checks)
            iac_json_checks(out, &first, state->checks, state->check_count, redact);
    }
    iac_buf_char(out, '}');
}

void iac_json_state(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas, bool redact)
{
    iac_json_state_document(out, state, schemas, true, redact);
    iac_buf_char(out, '\n');
}

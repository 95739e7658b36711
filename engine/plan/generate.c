/* Configuration made from imported objects. */
#include "engine/plan/generate.h"

#include "lang/syntax/format.h"
#include "lang/syntax/parser.h"
#include "lang/value/json.h"

#include <stdlib.h>
#include <string.h>

/* ---- values as expressions ---- */

static void put_escaped(iac_buf *out, iac_str s)
{
    iac_buf_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\n')
            iac_buf_cstr(out, "\\n");
        else if (c == '\r')
            iac_buf_cstr(out, "\\r");
        else if (c == '\t')
            iac_buf_cstr(out, "\\t");
        else if (c == '"' || c == '\\')
            iac_buf_printf(out, "\\%c", c);
        else if ((c == '$' || c == '%') && i + 1 < s.n && s.p[i + 1] == '{')
            iac_buf_printf(out, "%c%c", c, c);
        else if ((unsigned char)c < 0x20 || c == 0x7f)
            iac_buf_printf(out, "\\u%04x", (unsigned)c);
        else
            iac_buf_char(out, c);
    }
    iac_buf_char(out, '"');
}

static void put_key(iac_buf *out, iac_str key)
{
    if (iac_is_identifier(key))
        iac_buf_str(out, key);
    else
        put_escaped(out, key);
}

static void put_value(iac_buf *out, iac_arena *arena, const iac_value *v)
{
    bool keyed = v->kind == IAC_MAP || v->kind == IAC_OBJECT;
    if (!iac_is_set_value(v)) {
        iac_buf_cstr(out, "null");
        return;
    }
    switch (v->kind) {
    case IAC_BOOL:
        iac_buf_cstr(out, v->boolean ? "true" : "false");
        return;
    case IAC_NUMBER:
        iac_buf_str(out, iac_number_text(arena, v));
        return;
    case IAC_STRING:
        put_escaped(out, v->string);
        return;
    default:
        break;
    }
    iac_buf_cstr(out, keyed ? "{" : "[");
    if (keyed && v->n)
        iac_buf_char(out, '\n');
    for (size_t i = 0; i < v->n; i++) {
        if (keyed) {
            put_key(out, v->keys[i]);
            iac_buf_cstr(out, " = ");
        } else if (i) {
            iac_buf_cstr(out, ", ");
        }
        put_value(out, arena, v->items[i]);
        if (keyed)
            iac_buf_char(out, '\n');
    }
    iac_buf_cstr(out, keyed ? "}" : "]");
}

/* A text that holds a JSON object or array says the same as jsonencode of it. */
static const iac_value *within_text(iac_arena *arena, const iac_value *v)
{
    iac_str error;
    size_t offset;
    if (v->kind != IAC_STRING || !iac_is_set_value(v))
        return NULL;
    const iac_value *parsed = iac_value_from_json(arena, v->string, &error, &offset);
    return parsed && (parsed->kind == IAC_OBJECT || parsed->kind == IAC_TUPLE) && iac_is_set_value(parsed) ? parsed
                                                                                                           : NULL;
}

/* ---- attributes and blocks ---- */

struct writer {
    iac_buf *out;
    iac_arena *arena;
};

/* What the provider alone decides, and what is on its way out, is left out. */
static bool is_written(const iac_attr_schema *attr, bool top)
{
    if (attr->deprecated || !(attr->required || attr->optional))
        return false;
    return !(top && attr->optional && attr->computed && iac_str_is(attr->name, "id"));
}

static void write_attributes(struct writer *w, const iac_attr_schema *attributes, size_t n, const iac_value *object,
                             bool top);

static void write_nested(struct writer *w, const iac_attr_schema *attr, const iac_value *v, bool hidden)
{
    bool list = attr->nesting == IAC_NEST_LIST || attr->nesting == IAC_NEST_SET;
    iac_buf_str(w->out, attr->name);
    if (hidden || attr->sensitive) {
        iac_buf_cstr(w->out, list ? " = [] # sensitive\n" : " = {} # sensitive\n");
        return;
    }
    if (!v || !iac_is_set_value(v)) {
        iac_buf_cstr(w->out, " = null\n");
        return;
    }
    if (attr->nesting == IAC_NEST_SINGLE || attr->nesting == IAC_NEST_GROUP) {
        iac_buf_cstr(w->out, " = {\n");
        write_attributes(w, attr->nested, attr->nested_count, v, false);
        iac_buf_cstr(w->out, "}\n");
        return;
    }
    iac_buf_cstr(w->out, list ? " = [\n" : " = {\n");
    for (size_t i = 0; i < v->n; i++) {
        bool secret = v->items[i]->marks & IAC_SENSITIVE;
        if (!list) {
            put_key(w->out, v->keys[i]);
            iac_buf_cstr(w->out, " = ");
        }
        iac_buf_cstr(w->out, "{");
        if (!secret) {
            iac_buf_char(w->out, '\n');
            write_attributes(w, attr->nested, attr->nested_count, v->items[i], false);
        }
        iac_buf_cstr(w->out, list ? "}," : "}");
        iac_buf_cstr(w->out, secret ? " # sensitive\n" : "\n");
    }
    iac_buf_cstr(w->out, list ? "]\n" : "}\n");
}

static void write_attribute(struct writer *w, const iac_attr_schema *attr, const iac_value *v)
{
    iac_buf_printf(w->out, "%.*s = ", IAC_FMT(attr->name));
    if (v && v->kind == IAC_STRING && iac_is_set_value(v) && attr->optional && v->string.n == 0)
        v = NULL; /* what older providers have for nothing */
    const iac_value *json = v ? within_text(w->arena, v) : NULL;
    if (attr->sensitive || (v && v->marks & IAC_SENSITIVE)) {
        iac_buf_cstr(w->out, "null # sensitive");
    } else if (json) {
        iac_buf_cstr(w->out, "jsonencode(");
        put_value(w->out, w->arena, json);
        iac_buf_char(w->out, ')');
    } else if (v) {
        put_value(w->out, w->arena, v);
    } else {
        iac_buf_cstr(w->out, "null");
    }
    iac_buf_char(w->out, '\n');
}

static void write_attributes(struct writer *w, const iac_attr_schema *attributes, size_t n, const iac_value *object,
                             bool top)
{
    for (size_t i = 0; i < n; i++) {
        const iac_attr_schema *attr = &attributes[i];
        const iac_value *v = iac_value_get(object, attr->name);
        if (!is_written(attr, top))
            continue;
        if (attr->nested)
            write_nested(w, attr, v, object->marks & IAC_SENSITIVE || (v && v->marks & IAC_SENSITIVE));
        else
            write_attribute(w, attr, v);
    }
}

static void write_body(struct writer *w, const iac_block_schema *block, const iac_value *object, bool top);

static void write_block(struct writer *w, const iac_nested_schema *nested, const iac_str *key, const iac_value *v)
{
    iac_buf_str(w->out, nested->name);
    if (key) {
        iac_buf_char(w->out, ' ');
        put_escaped(w->out, *key);
    }
    if (v->marks & IAC_SENSITIVE) {
        iac_buf_cstr(w->out, " {} # sensitive\n");
        return;
    }
    iac_buf_cstr(w->out, " {\n");
    write_body(w, nested->block, v, false);
    iac_buf_cstr(w->out, "}\n");
}

static void write_body(struct writer *w, const iac_block_schema *block, const iac_value *object, bool top)
{
    write_attributes(w, block->attributes, block->attribute_count, object, top);
    for (size_t i = 0; i < block->block_count; i++) {
        const iac_nested_schema *nested = &block->blocks[i];
        const iac_value *v = iac_value_get(object, nested->name);
        if (!v || !iac_is_set_value(v) || nested->block->deprecated)
            continue;
        if (nested->nesting == IAC_NEST_SINGLE || nested->nesting == IAC_NEST_GROUP || v->marks & IAC_SENSITIVE) {
            write_block(w, nested, NULL, v);
            continue;
        }
        for (size_t k = 0; k < v->n; k++)
            write_block(w, nested, nested->nesting == IAC_NEST_MAP ? &v->keys[k] : NULL, v->items[k]);
    }
}

iac_str iac_generate_block(iac_arena *arena, const iac_schema *schema, iac_addr addr, const iac_provider_ref *provider,
                           const iac_value *object)
{
    iac_buf raw, out;
    iac_buf_init(&raw, IAC_BUF_UNLIMITED);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    struct writer w = { &raw, arena };
    iac_diags drop = IAC_DIAGS_INIT;
    iac_buf_printf(&raw, "resource \"%.*s\" \"%.*s\" {\n", IAC_FMT(addr.type), IAC_FMT(addr.name));
    if (provider->range.src) {
        iac_buf_printf(&raw, "provider = %.*s", IAC_FMT(provider->name));
        if (provider->alias.n)
            iac_buf_printf(&raw, ".%.*s", IAC_FMT(provider->alias));
        if (provider->key)
            iac_buf_printf(&raw, "[%.*s]", IAC_FMT(iac_range_text(provider->key->range)));
        iac_buf_char(&raw, '\n');
    }
    write_body(&w, schema->block, object, true);
    iac_buf_cstr(&raw, "}");
    const iac_source *source = iac_source_new(arena, IAC_STR("generated"), iac_buf_view(&raw));
    bool formatted = iac_format_source(source, &out, &drop) == IAC_OK;
    iac_diags_clear(&drop);
    iac_str text = iac_buf_view(formatted ? &out : &raw);
    while (text.n && text.p[text.n - 1] == '\n')
        text.n--;
    text = iac_arena_str(arena, text);
    iac_buf_clear(&raw);
    iac_buf_clear(&out);
    return text;
}

/* ---- resources that are added ---- */

static int compare_resources(const void *a, const void *b)
{
    const iac_resource_config *x = a, *y = b;
    int order = (x->mode > y->mode) - (x->mode < y->mode);
    if (!order)
        order = iac_str_cmp(x->type, y->type);
    return order ? order : iac_str_cmp(x->name, y->name);
}

static const iac_config *with_resources(iac_arena *arena, const iac_config *config, const iac_resource_config *added,
                                        size_t n)
{
    if (n == 0)
        return config;
    iac_config *copy = iac_arena_new_of(arena, iac_config);
    iac_module_config *root = iac_arena_new_of(arena, iac_module_config);
    size_t old = config->root->resource_count;
    iac_resource_config *all = iac_arena_array(arena, iac_resource_config, old + n);
    *copy = *config;
    *root = *config->root;
    copy->root = root;
    if (old)
        memcpy(all, root->resources, old * sizeof(*all));
    memcpy(all + old, added, n * sizeof(*all));
    qsort(all, old + n, sizeof(*all), compare_resources);
    root->resources = all;
    root->resource_count = old + n;
    return copy;
}

static iac_resource_config new_resource(iac_arena *arena, iac_addr addr, iac_range range)
{
    iac_body *body = iac_arena_new_of(arena, iac_body);
    *body = (iac_body){ .range = range, .missing_at = range };
    size_t underscore = iac_str_find_char(addr.type, '_', 0);
    return (iac_resource_config){
        .mode = IAC_MANAGED,
        .type = addr.type,
        .name = addr.name,
        .body = body,
        .provider.name = underscore == SIZE_MAX ? addr.type : iac_str_sub(addr.type, 0, underscore),
        .range = range,
        .type_range = range,
    };
}

const iac_config *iac_generate_add_missing(iac_arena *arena, const iac_config *config)
{
    const iac_module_config *root = config->root;
    IAC_VEC(iac_resource_config) added = { 0 };
    iac_map seen = { 0 };
    for (size_t i = 0; i < root->import_count; i++) {
        const iac_import_config *import = &root->imports[i];
        iac_addr addr;
        const iac_expr **keys;
        if (import->for_each || !iac_import_target(arena, import->to, &addr, &keys) || addr.module.n || keys[0] ||
            iac_module_resource(root, IAC_MANAGED, addr.type, addr.name))
            continue;
        iac_str text = iac_addr_text(arena, addr);
        if (iac_map_has(&seen, text))
            continue;
        iac_map_put(&seen, text, (void *)import);
        iac_resource_config resource = new_resource(arena, addr, import->to->range);
        if (import->provider.range.src)
            resource.provider = import->provider;
        iac_vec_push(&added, resource);
    }
    config = with_resources(arena, config, added.v, added.n);
    iac_vec_clear(&added);
    iac_map_clear(&seen);
    return config;
}

/* The body without the meta-argument, which is no part of what the schema describes; *ret_provider: what it says. */
static const iac_body *take_provider(iac_arena *arena, const iac_body *body, iac_provider_ref *ret_provider)
{
    iac_body *rest = iac_arena_new_of(arena, iac_body);
    iac_attribute *attributes = iac_arena_array(arena, iac_attribute, body->attribute_count);
    size_t n = 0;
    for (size_t i = 0; i < body->attribute_count; i++) {
        const iac_expr *expr = body->attributes[i].expr;
        const iac_expr *named = expr->kind == IAC_EXPR_INDEX ? expr->index.operand : expr;
        if (!iac_str_is(body->attributes[i].name, "provider"))
            attributes[n++] = body->attributes[i];
        else if (expr->kind == IAC_EXPR_ROOT)
            *ret_provider = (iac_provider_ref){ .name = expr->root, .range = expr->range };
        else if (named && named->kind == IAC_EXPR_ATTR && named->attr.operand->kind == IAC_EXPR_ROOT)
            *ret_provider = (iac_provider_ref){ named->attr.operand->root, named->attr.name, expr->range,
                                                named != expr ? expr->index.key : NULL };
    }
    *rest = *body;
    rest->attributes = attributes;
    rest->attribute_count = n;
    return rest;
}

static const iac_body *read_block(iac_arena *arena, iac_str file, iac_str block, iac_provider_ref *ret_provider,
                                  iac_diags *diags)
{
    const iac_file *parsed = iac_parse_file(arena, iac_source_new(arena, file, block), diags);
    return take_provider(arena, parsed->body->block_count ? parsed->body->blocks[0].body : parsed->body, ret_provider);
}

const iac_body *iac_generate_body(iac_arena *arena, iac_str file, iac_str block, iac_diags *diags)
{
    iac_provider_ref provider;
    return read_block(arena, file, block, &provider, diags);
}

const iac_config *iac_generate_add_planned(iac_arena *arena, const iac_config *config, const iac_plan *plan)
{
    IAC_VEC(iac_resource_config) added = { 0 };
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *change = &plan->changes[i];
        if (change->generated.n == 0 ||
            iac_module_resource(config->root, IAC_MANAGED, change->addr.type, change->addr.name))
            continue;
        iac_diags drop = IAC_DIAGS_INIT; /* it was read before, when it was made */
        iac_resource_config resource = new_resource(arena, change->addr, IAC_NO_RANGE);
        resource.body = read_block(arena, IAC_STR("generated"), change->generated, &resource.provider, &drop);
        iac_diags_clear(&drop);
        iac_vec_push(&added, resource);
    }
    config = with_resources(arena, config, added.v, added.n);
    iac_vec_clear(&added);
    return config;
}

#include "engine/view/json_config.h"

#include "engine/view/json_util.h"
#include "lang/syntax/body.h"
#include "lang/value/json.h"
#include <stdlib.h>
#include <string.h>

typedef struct writer {
    iac_buf *out;
    iac_arena *arena;
    const iac_view_schemas *schemas;
    const iac_module_config *module;
    const iac_module_config *called; /* attributes are arguments of it; or NULL */
    bool redact;
    iac_map sources; /* key of a provider configuration -> iac_str *: the key of the one it is taken from */
    iac_map providers; /* key of a provider that a module has, configured, passed or implied -> its iac_provider_addr */
} writer;

/* ---- expressions ---- */

/* Whether a text can be made of the node as one step of a traversal. */
static const iac_value *constant_key(const iac_expr *index)
{
    const iac_expr *key = index->index.key;
    if (key->kind == IAC_EXPR_TEMPLATE && key->tmpl.part_count == 1)
        key = key->tmpl.parts[0];
    return key->kind == IAC_EXPR_LITERAL ? key->literal : NULL;
}

static void print_traversal(iac_buf *out, iac_arena *arena, const iac_expr *expr)
{
    if (expr->kind == IAC_EXPR_ROOT) {
        iac_buf_str(out, expr->root);
    } else if (expr->kind == IAC_EXPR_ATTR) {
        print_traversal(out, arena, expr->attr.operand);
        iac_buf_printf(out, ".%.*s", IAC_FMT(expr->attr.name));
    } else if (expr->kind == IAC_EXPR_INDEX) {
        const iac_value *key = constant_key(expr);
        print_traversal(out, arena, expr->index.operand);
        iac_buf_char(out, '[');
        if (key && key->kind == IAC_STRING)
            iac_json_string(out, key->string, false);
        else if (key && key->kind == IAC_NUMBER)
            iac_buf_str(out, iac_number_text(arena, key));
        iac_buf_char(out, ']');
    }
}

static const iac_expr *operand_of(const iac_expr *expr)
{
    if (expr->kind == IAC_EXPR_ATTR)
        return expr->attr.operand;
    return expr->kind == IAC_EXPR_INDEX ? expr->index.operand : NULL;
}

typedef struct ref_list {
    writer *w;
    struct { iac_str *v; size_t n, cap; } texts;
} ref_list;

/* A reference and everything that it goes through, the longest first. */
static void add_ref(void *arg, const iac_ref *ref)
{
    ref_list *list = arg;
    const iac_expr *top = ref->whole;
    for (const iac_expr *e = ref->whole; e && e != ref->subject; e = operand_of(e)) {
        if (!operand_of(e) || (e->kind == IAC_EXPR_INDEX && !constant_key(e)))
            top = operand_of(e); /* what is above is not known before it is evaluated */
    }
    for (const iac_expr *e = top ? top : ref->subject; e; e = e == ref->subject ? NULL : operand_of(e)) {
        iac_buf text;
        iac_buf_init(&text, IAC_BUF_UNLIMITED);
        print_traversal(&text, list->w->arena, e);
        iac_vec_push(&list->texts, iac_arena_str(list->w->arena, iac_buf_view(&text)));
        iac_buf_clear(&text);
        if (ref->kind == IAC_REF_MODULE && ref->output.n && e->kind == IAC_EXPR_INDEX)
            break; /* an output is one of the instance's, not of the call's */
    }
}

static void write_refs(writer *w, const ref_list *list)
{
    for (size_t i = 0; i < list->texts.n; i++) {
        iac_buf_char(w->out, i ? ',' : '[');
        iac_json_string(w->out, list->texts.v[i], true);
    }
    iac_buf_char(w->out, ']');
}

/* {"constant_value":..}, {"references":[..]}, or {} where it is neither. */
static void write_expr(writer *w, const iac_expr *expr, bool sensitive)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    ref_list list = { .w = w };
    iac_expr_refs(w->arena, expr, add_ref, &list, &ignored);
    iac_buf_char(w->out, '{');
    if (list.texts.n) {
        iac_buf_cstr(w->out, "\"references\":");
        write_refs(w, &list);
    } else if (!ignored.errors) {
        const iac_value *v = iac_eval(NULL, expr, w->arena, &ignored);
        if (!ignored.errors && iac_is_wholly_known(v)) {
            iac_buf_cstr(w->out, "\"constant_value\":");
            iac_json_shown(w->out, v, sensitive, w->redact);
        }
    }
    iac_buf_char(w->out, '}');
    iac_vec_clear(&list.texts);
    iac_diags_clear(&ignored);
}

static void write_expr_member(writer *w, bool *first, const char *name, const iac_expr *expr, bool sensitive)
{
    if (!expr)
        return;
    iac_json_member(w->out, first, name);
    write_expr(w, expr, sensitive);
}

/* As above, left out where there is nothing to say of the expression. */
static void write_repetition(writer *w, bool *first, const char *name, const iac_expr *expr)
{
    size_t before = w->out->n;
    bool was_first = *first;
    write_expr_member(w, first, name, expr, false);
    if (expr && iac_str_ends(iac_buf_view(w->out), IAC_STR(":{}"))) {
        w->out->n = before;
        w->out->p[before] = '\0';
        *first = was_first;
    }
}

static void write_depends(writer *w, bool *first, iac_depends depends)
{
    if (!depends.n)
        return;
    iac_json_member(w->out, first, "depends_on");
    for (size_t i = 0; i < depends.n; i++) {
        iac_buf text;
        iac_buf_init(&text, IAC_BUF_UNLIMITED);
        print_traversal(&text, w->arena, depends.v[i]);
        iac_buf_char(w->out, i ? ',' : '[');
        iac_json_string(w->out, iac_buf_view(&text), true);
        iac_buf_clear(&text);
    }
    iac_buf_char(w->out, ']');
}

/* ---- bodies ---- */

/* Returns whether anything was written; a body's members go between braces that the first one opens. */
static bool write_body(writer *w, const iac_body *body, const iac_block_schema *schema);

static void open_member(writer *w, bool *any, iac_str name)
{
    iac_buf_char(w->out, *any ? ',' : '{');
    *any = true;
    iac_json_string(w->out, name, true);
    iac_buf_char(w->out, ':');
}

static void write_inner(writer *w, const iac_body *body, const iac_block_schema *schema)
{
    if (!write_body(w, body, schema))
        iac_buf_cstr(w->out, "{}");
}

static void write_blocks(writer *w, bool *any, const iac_content *content, const iac_nested_schema *type)
{
    bool single = type->nesting == IAC_NEST_SINGLE || type->nesting == IAC_NEST_GROUP;
    bool keyed = type->nesting == IAC_NEST_MAP;
    size_t n = 0;
    for (size_t i = 0; i < content->block_count; i++) {
        const iac_block *block = content->blocks[i];
        if (!iac_str_eq(block->type, type->name))
            continue;
        if (!n)
            open_member(w, any, type->name);
        if (single && n)
            break;
        if (!single)
            iac_buf_char(w->out, n ? ',' : keyed ? '{' : '[');
        if (keyed) {
            iac_json_string(w->out, block->label_count ? block->labels[0].text : (iac_str){ 0 }, true);
            iac_buf_char(w->out, ':');
        }
        write_inner(w, block->body, type->block);
        n++;
    }
    if (n && !single)
        iac_buf_char(w->out, keyed ? '}' : ']');
}

static bool write_body(writer *w, const iac_body *body, const iac_block_schema *schema)
{
    static const char *const key_label[] = { "key" };
    iac_attribute_spec *attributes = iac_arena_array(w->arena, iac_attribute_spec, schema->attribute_count);
    iac_block_spec *blocks = iac_arena_array(w->arena, iac_block_spec, schema->block_count);
    for (size_t i = 0; i < schema->attribute_count; i++)
        attributes[i].name = schema->attributes[i].name;
    for (size_t i = 0; i < schema->block_count; i++) {
        bool keyed = schema->blocks[i].nesting == IAC_NEST_MAP;
        blocks[i] = (iac_block_spec){ schema->blocks[i].name, keyed ? key_label : NULL, keyed };
    }
    iac_body_spec spec = { attributes, schema->attribute_count, blocks, schema->block_count };
    iac_content content = { 0 };
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_body_content(w->arena, body, &spec, true, &content, &ignored);
    iac_diags_clear(&ignored);
    bool any = false;
    for (size_t i = 0; content.attributes && i < schema->attribute_count; i++) {
        if (!content.attributes[i])
            continue;
        open_member(w, &any, schema->attributes[i].name);
        write_expr(w, content.attributes[i]->expr, schema->attributes[i].sensitive);
    }
    for (size_t i = 0; i < schema->block_count; i++)
        write_blocks(w, &any, &content, &schema->blocks[i]);
    if (any)
        iac_buf_char(w->out, '}');
    return any;
}

/* Without a schema: what the source says are attributes. */
static bool write_attributes(writer *w, const iac_body *body)
{
    const iac_attribute *attributes = NULL;
    iac_diags ignored = IAC_DIAGS_INIT; /* told when it was loaded */
    size_t count = 0;
    bool any = false;
    if (body)
        iac_body_attributes(w->arena, body, &attributes, &count, &ignored);
    iac_diags_clear(&ignored);
    for (size_t i = 0; i < count; i++) {
        open_member(w, &any, attributes[i].name);
        const iac_variable_config *variable = w->called ? iac_map_get(&w->called->variable_map, attributes[i].name)
                                                        : NULL;
        write_expr(w, attributes[i].expr, variable && variable->sensitive);
    }
    if (any)
        iac_buf_char(w->out, '}');
    return any;
}

/* Of a resource type, or with an empty type of the provider's own configuration. */
static const iac_schema *schema_of(writer *w, const iac_module_config *m, iac_mode mode, iac_str type, iac_str provider)
{
    iac_str addr = iac_provider_addr_text(w->arena, iac_module_provider_addr(m, provider));
    return w->schemas->find(w->schemas->user, mode, type,
                            iac_arena_printf(w->arena, "provider[\"%.*s\"]", IAC_FMT(addr)));
}

/* The member "expressions", left out when there is nothing in it. */
static void write_expressions(writer *w, bool *first, const iac_body *body, const iac_block_schema *schema)
{
    iac_buf kept = *w->out, inner;
    iac_buf_init(&inner, IAC_BUF_UNLIMITED);
    *w->out = inner;
    bool any = schema ? write_body(w, body, schema) : write_attributes(w, body);
    inner = *w->out;
    *w->out = kept;
    if (any) {
        iac_json_member(w->out, first, "expressions");
        iac_buf_str(w->out, iac_buf_view(&inner));
    }
    iac_buf_clear(&inner);
}

/* ---- resources, modules, providers ---- */

static iac_str own_provider_key(writer *w, iac_module_addr path, iac_str name, iac_str alias)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    if (path.n) {
        iac_module_addr_print(&text, path);
        iac_buf_char(&text, ':');
    }
    iac_buf_str(&text, name);
    if (alias.n)
        iac_buf_printf(&text, ".%.*s", IAC_FMT(alias));
    iac_str key = iac_arena_str(w->arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return key;
}

static iac_str provider_key(writer *w, const iac_module_config *module, iac_str name, iac_str alias)
{
    iac_str key = own_provider_key(w, module->path, name, alias);
    const iac_str *source = iac_map_get(&w->sources, key);
    return source ? *source : key;
}

static void set_source(writer *w, iac_str key, iac_str source)
{
    iac_str *kept = iac_arena_new_of(w->arena, iac_str);
    *kept = source;
    iac_map_put(&w->sources, key, kept);
}

static void write_resource(writer *w, const iac_resource_config *r)
{
    iac_addr addr = { .mode = r->mode, .type = r->type, .name = r->name };
    const iac_schema *schema = schema_of(w, w->module, r->mode, r->type, r->provider.name);
    bool first = true;
    iac_buf_char(w->out, '{');
    iac_json_member(w->out, &first, "address");
    iac_json_addr(w->out, addr);
    iac_json_string_member(w->out, &first, "mode", r->mode == IAC_DATA ? IAC_STR("data") : IAC_STR("managed"));
    iac_json_string_member(w->out, &first, "type", r->type);
    iac_json_string_member(w->out, &first, "name", r->name);
    iac_json_string_member(w->out, &first, "provider_config_key",
                           provider_key(w, w->module, r->provider.name, r->provider.alias));
    for (size_t i = 0; i < r->provisioner_count; i++) {
        bool inner = true;
        if (!i)
            iac_json_member(w->out, &first, "provisioners");
        iac_buf_char(w->out, i ? ',' : '[');
        iac_buf_char(w->out, '{');
        iac_json_string_member(w->out, &inner, "type", r->provisioners[i].type);
        write_expressions(w, &inner, r->provisioners[i].body, NULL);
        iac_buf_char(w->out, '}');
    }
    if (r->provisioner_count)
        iac_buf_char(w->out, ']');
    write_expressions(w, &first, r->body, schema ? schema->block : NULL);
    iac_json_member(w->out, &first, "schema_version");
    iac_buf_printf(w->out, "%lld", schema ? (long long)schema->version : 0LL);
    write_repetition(w, &first, "count_expression", r->count);
    write_repetition(w, &first, "for_each_expression", r->for_each);
    write_depends(w, &first, r->depends_on);
    iac_buf_char(w->out, '}');
}

static void write_flag(writer *w, bool *first, const char *name, bool set)
{
    if (!set)
        return;
    iac_json_member(w->out, first, name);
    iac_buf_cstr(w->out, "true");
}

static void write_outputs(writer *w, bool *first)
{
    const iac_module_config *m = w->module;
    if (m->output_count)
        iac_json_member(w->out, first, "outputs");
    for (size_t i = 0; i < m->output_count; i++) {
        const iac_output_config *o = &m->outputs[i];
        bool inner = true;
        iac_buf_char(w->out, i ? ',' : '{');
        iac_json_string(w->out, o->name, true);
        iac_buf_cstr(w->out, ":{");
        write_flag(w, &inner, "sensitive", o->sensitive);
        write_expr_member(w, &inner, "expression", o->value, o->sensitive);
        write_depends(w, &inner, o->depends_on);
        if (o->description.n)
            iac_json_string_member(w->out, &inner, "description", o->description);
        iac_buf_char(w->out, '}');
    }
    if (m->output_count)
        iac_buf_char(w->out, '}');
}

static void write_variables(writer *w, bool *first)
{
    const iac_module_config *m = w->module;
    if (m->variable_count)
        iac_json_member(w->out, first, "variables");
    for (size_t i = 0; i < m->variable_count; i++) {
        const iac_variable_config *v = &m->variables[i];
        bool inner = true;
        iac_buf_char(w->out, i ? ',' : '{');
        iac_json_string(w->out, v->name, true);
        iac_buf_cstr(w->out, ":{");
        if (v->default_value && iac_is_wholly_known(v->default_value)) {
            iac_json_member(w->out, &inner, "default");
            iac_json_shown(w->out, v->default_value, v->sensitive, w->redact);
        }
        if (v->description.n)
            iac_json_string_member(w->out, &inner, "description", v->description);
        write_flag(w, &inner, "sensitive", v->sensitive);
        iac_buf_char(w->out, '}');
    }
    if (m->variable_count)
        iac_buf_char(w->out, '}');
}

static void write_module(writer *w, const iac_module_config *module);

static void write_calls(writer *w, bool *first)
{
    const iac_module_config *m = w->module;
    if (m->call_count)
        iac_json_member(w->out, first, "module_calls");
    for (size_t i = 0; i < m->call_count; i++) {
        const iac_module_call *call = &m->calls[i];
        bool inner = true;
        iac_buf_char(w->out, i ? ',' : '{');
        iac_json_string(w->out, call->name, true);
        iac_buf_cstr(w->out, ":{");
        iac_json_string_member(w->out, &inner, "source", call->source);
        w->called = call->module;
        write_expressions(w, &inner, call->body, NULL);
        w->called = NULL;
        write_repetition(w, &inner, "count_expression", call->count);
        write_repetition(w, &inner, "for_each_expression", call->for_each);
        if (call->module) {
            iac_json_member(w->out, &inner, "module");
            write_module(w, call->module);
        }
        if (call->version.n)
            iac_json_string_member(w->out, &inner, "version_constraint", call->version);
        write_depends(w, &inner, call->depends_on);
        iac_buf_char(w->out, '}');
    }
    if (m->call_count)
        iac_buf_char(w->out, '}');
}

static int by_mode_and_name(const void *a, const void *b)
{
    const iac_resource_config *x = *(const iac_resource_config *const *)a, *y = *(const iac_resource_config *const *)b;
    if (x->mode != y->mode)
        return x->mode == IAC_DATA ? 1 : -1; /* managed ones first */
    int order = iac_str_cmp(x->type, y->type);
    return order ? order : iac_str_cmp(x->name, y->name);
}

/* Also those within checks. */
static void write_resources(writer *w, const iac_module_config *module, bool *first)
{
    IAC_VEC(const iac_resource_config *) list = { 0 };
    for (size_t i = 0; i < module->resource_count; i++)
        if (module->resources[i].mode == IAC_MANAGED || module->resources[i].mode == IAC_DATA)
            iac_vec_push(&list, &module->resources[i]);
    for (size_t i = 0; i < module->check_count; i++)
        if (module->checks[i].data)
            iac_vec_push(&list, module->checks[i].data);
    if (list.n) {
        qsort(list.v, list.n, sizeof(*list.v), by_mode_and_name);
        iac_json_member(w->out, first, "resources");
    }
    for (size_t i = 0; i < list.n; i++) {
        iac_buf_char(w->out, i ? ',' : '[');
        write_resource(w, list.v[i]);
    }
    if (list.n)
        iac_buf_char(w->out, ']');
    iac_vec_clear(&list);
}

static void write_module(writer *w, const iac_module_config *module)
{
    const iac_module_config *outer = w->module;
    bool first = true;
    w->module = module;
    iac_buf_char(w->out, '{');
    write_outputs(w, &first);
    write_resources(w, module, &first);
    write_calls(w, &first);
    write_variables(w, &first);
    iac_buf_char(w->out, '}');
    w->module = outer;
}

static void write_provider(writer *w, bool *any, const iac_module_config *m, iac_str name, iac_str alias,
                           const iac_body *body)
{
    bool first = true;
    open_member(w, any, provider_key(w, m, name, alias));
    iac_buf_char(w->out, '{');
    iac_json_string_member(w->out, &first, "name", name);
    iac_json_string_member(w->out, &first, "full_name",
                           iac_provider_addr_text(w->arena, iac_module_provider_addr(m, name)));
    if (alias.n)
        iac_json_string_member(w->out, &first, "alias", alias);
    for (size_t i = 0; i < m->required_provider_count; i++) {
        if (iac_str_eq(m->required_providers[i].name, name) && m->required_providers[i].version.n)
            iac_json_string_member(w->out, &first, "version_constraint", m->required_providers[i].version);
    }
    if (m->path.n) {
        iac_json_member(w->out, &first, "module_address");
        iac_json_module(w->out, m->path);
    }
    const iac_schema *schema = body ? schema_of(w, m, IAC_MANAGED, (iac_str){ 0 }, name) : NULL;
    write_expressions(w, &first, body, schema ? schema->block : NULL);
    iac_buf_char(w->out, '}');
}

static bool has_provider(writer *w, iac_str key, iac_provider_addr addr)
{
    const iac_provider_addr *known = iac_map_get(&w->providers, key);
    return known && iac_provider_addr_equal(*known, addr);
}

static void add_provider(writer *w, iac_str key, iac_provider_addr addr)
{
    iac_provider_addr *kept = iac_arena_new_of(w->arena, iac_provider_addr);
    *kept = addr;
    iac_map_put(&w->providers, key, kept);
}

/* One that is not configured in m: that of the same name in the module above, if it has one of this type. */
static void imply_provider(writer *w, bool *any, const iac_module_config *m, const iac_module_config *parent,
                           iac_str name, iac_provider_addr addr)
{
    iac_str key = own_provider_key(w, m->path, name, (iac_str){ 0 });
    if (iac_map_has(&w->providers, key))
        return;
    add_provider(w, key, addr);
    if (parent && has_provider(w, own_provider_key(w, parent->path, name, (iac_str){ 0 }), addr))
        set_source(w, key, provider_key(w, parent, name, (iac_str){ 0 }));
    else
        write_provider(w, any, m, name, (iac_str){ 0 }, NULL);
}

/* What a call passes on. */
static void pass_providers(writer *w, const iac_module_config *m, const iac_module_call *call)
{
    for (size_t k = 0; k < call->provider_count; k++) {
        const struct iac_passed_provider *passed = &call->providers[k];
        iac_str key = own_provider_key(w, call->module->path, passed->child.name, passed->child.alias);
        add_provider(w, key, iac_module_provider_addr(call->module, passed->child.name));
        set_source(w, key, provider_key(w, m, passed->parent.name, passed->parent.alias));
    }
}

/* Those that are configured, those that are required, and those that resources name without either. */
static void write_providers(writer *w, bool *any, const iac_module_config *m, const iac_module_config *parent)
{
    for (size_t i = 0; i < m->provider_count; i++) {
        const iac_provider_config *p = &m->providers[i];
        write_provider(w, any, m, p->name, p->alias, p->body);
        add_provider(w, own_provider_key(w, m->path, p->name, p->alias), iac_module_provider_addr(m, p->name));
    }
    for (size_t i = 0; i < m->required_provider_count; i++)
        imply_provider(w, any, m, parent, m->required_providers[i].name, m->required_providers[i].addr);
    for (size_t i = 0; i < m->resource_count + m->check_count; i++) {
        const iac_resource_config *resource = i < m->resource_count ? &m->resources[i]
                                                                    : m->checks[i - m->resource_count].data;
        if (resource && !resource->provider.alias.n)
            imply_provider(w, any, m, parent, resource->provider.name,
                           iac_module_provider_addr(m, resource->provider.name));
    }
    for (size_t i = 0; i < m->call_count; i++) {
        const iac_module_call *call = &m->calls[i];
        if (!call->module)
            continue;
        pass_providers(w, m, call);
        write_providers(w, any, call->module, m);
    }
}

void iac_json_config(iac_buf *out, const iac_config *config, const iac_view_schemas *schemas, bool redact)
{
    iac_buf providers;
    writer w = { .out = &providers, .arena = iac_arena_new(), .schemas = schemas, .redact = redact };
    bool any = false;

    iac_buf_init(&providers, IAC_BUF_UNLIMITED);
    write_providers(&w, &any, config->root, NULL);
    w.out = out;
    iac_buf_char(out, '{');
    if (any)
        iac_buf_printf(out, "\"provider_config\":%s},", providers.p);
    iac_buf_clear(&providers);
    iac_buf_cstr(out, "\"root_module\":");
    write_module(&w, config->root);
    iac_buf_char(out, '}');
    iac_map_clear(&w.sources);
    iac_map_clear(&w.providers);
    iac_arena_free(w.arena);
}

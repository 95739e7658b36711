/* lang/config/module_call.c - module blocks. */
#include "lang/config/load.h"

#include "lang/syntax/parser.h"

enum { CALL_SOURCE, CALL_VERSION, CALL_COUNT, CALL_FOR_EACH, CALL_DEPENDS_ON, CALL_PROVIDERS };

static const iac_attribute_spec call_attributes[] = {
    [CALL_SOURCE] = { IAC_STR_INIT("source"), true },
    [CALL_VERSION] = { IAC_STR_INIT("version"), false },
    [CALL_COUNT] = { IAC_STR_INIT("count"), false },
    [CALL_FOR_EACH] = { IAC_STR_INIT("for_each"), false },
    [CALL_DEPENDS_ON] = { IAC_STR_INIT("depends_on"), false },
    [CALL_PROVIDERS] = { IAC_STR_INIT("providers"), false },
};
static const iac_block_spec call_blocks[] = {
    { IAC_STR_INIT("_"), NULL, 0 },
    { IAC_STR_INIT("lifecycle"), NULL, 0 },
    { IAC_STR_INIT("locals"), NULL, 0 },
    { IAC_STR_INIT("provider"), NULL, 0 },
};
static const iac_body_spec call_spec = {
    call_attributes, IAC_COUNT(call_attributes), call_blocks, IAC_COUNT(call_blocks)
};

static void decode_source(const iac_content *content, iac_module_call *call)
{
    const iac_attribute *source = content->attributes[CALL_SOURCE], *version = content->attributes[CALL_VERSION];

    if (version)
        call->version_expr = version->expr;
    if (!source)
        return;
    call->source_expr = source->expr;
    call->source_range = source->expr->range;
}

/* A bare key is a text to the parser; here it is a name. */
static const iac_expr *child_name(iac_module_build *m, const iac_expr *key)
{
    iac_str text;

    if (key->from_json || iac_str_starts(iac_range_text(key->range), IAC_STR("\"")) ||
        !iac_expr_literal_text(key, &text))
        return key;
    iac_expr *root = iac_arena_new_of(m->arena, iac_expr);
    *root = (iac_expr){ .kind = IAC_EXPR_ROOT, .height = key->height, .range = key->range };
    root->root = text;
    return root;
}

void iac_decode_passed_providers(iac_module_build *m, const iac_expr *expr, iac_module_call *call)
{
    if (expr->kind != IAC_EXPR_OBJECT) {
        if (expr->kind != IAC_EXPR_ERROR)
            iac_diag_error(m->diags, iac_expr_start(expr), "Invalid expression", "A static map expression is required.");
        return;
    }
    struct iac_passed_provider *passed = iac_arena_array(m->arena, struct iac_passed_provider, expr->object.n);
    iac_map seen = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < expr->object.n; i++) {
        struct iac_passed_provider pair;
        const iac_object_item *item = &expr->object.items[i];
        bool good = iac_static_provider_config(m, child_name(m, item->key), "providers", &pair.child);
        if (!iac_static_provider_ref(m, item->value, "providers", &pair.parent) || !good)
            continue;
        iac_str key = iac_arena_printf(m->arena, "%.*s.%.*s", IAC_FMT(pair.child.name), IAC_FMT(pair.child.alias));
        const iac_object_item *first = iac_map_get(&seen, key);
        if (first) {
            iac_range where = iac_range_join(first->key->range, first->value->range);
            iac_str shown = iac_range_text(pair.child.range), place = iac_range_place(m->arena, where);
            iac_diag_error(m->diags, item->value->range, "Duplicate provider address",
                           "A provider configuration was already passed to %.*s at %.*s. Each child provider "
                           "configuration can be assigned only once.", IAC_FMT(shown), IAC_FMT(place));
            continue;
        }
        iac_map_put(&seen, key, (void *)item);
        passed[n++] = pair;
    }
    iac_map_clear(&seen);
    call->providers = passed;
    call->provider_count = n;
}

static void refuse_call_block(iac_module_build *m, const iac_block *block)
{
    iac_diag_error(m->diags, block->type_range, "Reserved block type name in module block",
                   "The block type name \"%.*s\" is reserved for use by Terraform in a future version.",
                   IAC_FMT(block->type));
}

/* Of a module nothing but whether there is one at all. */
static void decode_call_lifecycle(iac_module_build *m, const iac_block *block, iac_module_call *call)
{
    static const iac_attribute_spec attributes[] = { { IAC_STR_INIT("enabled"), true } };
    static const iac_body_spec spec = { .attributes = attributes, .attribute_count = IAC_COUNT(attributes) };
    iac_content content = { 0 };

    if (!iac_body_attribute(block->body, IAC_STR("enabled"))) {
        refuse_call_block(m, block);
        return;
    }
    iac_body_content(m->arena, block->body, &spec, false, &content, m->diags);
    if (content.attributes[0])
        call->enabled = content.attributes[0]->expr;
    iac_check_enabled(m, call->enabled, call->count, call->for_each);
}

static void decode_call_blocks(iac_module_build *m, const iac_content *content, iac_module_call *call)
{
    for (size_t i = 0; i < content->block_count; i++) {
        const iac_block *block = content->blocks[i];
        if (iac_str_is(block->type, "lifecycle")) {
            decode_call_lifecycle(m, block, call);
            continue;
        }
        if (!iac_str_is(block->type, "_")) {
            refuse_call_block(m, block);
            continue;
        }
        if (call->body)
            call->body = iac_body_merge(m->arena, call->body, block->body, true);
    }
}

/* What is left of a call are inputs, and nothing else: so JSON can be read without knowing their names. */
static const iac_body *only_attributes(iac_module_build *m, const iac_body *from)
{
    iac_body *body = iac_arena_new_of(m->arena, iac_body);

    *body = (iac_body){ .range = from->range, .missing_at = from->missing_at };
    iac_body_attributes(m->arena, from, &body->attributes, &body->attribute_count, m->diags);
    return body;
}

static void merge_call(iac_module_build *m, iac_module_call *base, const iac_module_call *over)
{
    if (over->source_expr) {
        base->source_expr = over->source_expr;
        base->source_range = over->source_range;
    }
    if (over->version_expr)
        base->version_expr = over->version_expr;
    if (over->count)
        base->count = over->count;
    if (over->for_each)
        base->for_each = over->for_each;
    if (base->count)
        base->for_each = NULL;
    if (over->enabled)
        base->enabled = over->enabled;
    base->body = iac_body_merge(m->arena, base->body, over->body, false);
    if (over->provider_count) {
        base->providers = over->providers;
        base->provider_count = over->provider_count;
    }
    iac_refuse_depends(m, over->depends_on);
}

static void add_call(iac_module_build *m, const iac_module_call *call)
{
    void **slot = iac_map_at(&m->call_index, call->name);
    iac_module_call *found = *slot ? &m->calls.v[(uintptr_t)*slot - 1] : NULL;

    if (m->overriding && found) {
        merge_call(m, found, call);
    } else if (m->overriding) {
        iac_diag_error(m->diags, call->range, "Missing module call to override",
                       "There is no module call named \"%.*s\". An override file can only override a module call that "
                       "was defined in a primary configuration file.", IAC_FMT(call->name));
    } else if (found) {
        iac_str place = iac_range_place(m->arena, found->range);
        iac_diag_error(m->diags, call->range, "Duplicate module call",
                       "A module call named \"%.*s\" was already defined at %.*s. Module calls must have unique names "
                       "within a module.", IAC_FMT(call->name), IAC_FMT(place));
    } else {
        iac_vec_push(&m->calls, *call);
        *slot = (void *)(uintptr_t)m->calls.n;
    }
}

void iac_read_module_call(iac_module_build *m, const iac_top_block *top)
{
    const iac_label *label = &top->block->labels[0];
    iac_module_call call = { .name = label->text, .range = top->block->header_range };
    iac_body_spec spec = m->overriding ? iac_spec_of_override(m->arena, &call_spec) : call_spec;
    iac_content content = { 0 };

    iac_body_content(m->arena, top->block->body, &spec, true, &content, m->diags);
    call.body = content.remain;
    bool good = iac_check_label(m, label, "Invalid module instance name");
    decode_source(&content, &call);
    const iac_attribute *count = content.attributes[CALL_COUNT], *for_each = content.attributes[CALL_FOR_EACH];
    if (count)
        call.count = count->expr;
    if (for_each && count)
        iac_diag_error(m->diags, for_each->name_range, "Invalid combination of \"count\" and \"for_each\"",
                       "The \"count\" and \"for_each\" meta-arguments are mutually-exclusive, only one should be used "
                       "to be explicit about the number of resources to be created.");
    else if (for_each)
        call.for_each = for_each->expr;
    iac_static_depends(m, content.attributes[CALL_DEPENDS_ON], &call.depends_on);
    if (content.attributes[CALL_PROVIDERS])
        iac_decode_passed_providers(m, content.attributes[CALL_PROVIDERS]->expr, &call);
    decode_call_blocks(m, &content, &call);
    if (!good || !call.body)
        return;
    if (call.body->json || call.body->pair)
        call.body = only_attributes(m, call.body);
    add_call(m, &call);
}

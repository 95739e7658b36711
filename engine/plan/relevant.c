/* Which attributes of resources took part in what is planned: those that the changed objects' configuration refers to,
 * directly or through locals, variables, outputs and other resources. */
#include "engine/plan/planner.h"

#include "lang/syntax/body.h"

#include <stdlib.h>
#include <string.h>

struct place { /* a module instance */
    iac_run_module *module;
    iac_module_addr addr;
};

struct search {
    iac_planner *planner;
    iac_arena *arena;
    iac_map seen;  /* what was followed, as text */
    iac_map found; /* what is reported, as text */
    IAC_VEC(iac_relevant) relevant;
    IAC_VEC(struct { struct place place; iac_ref ref; }) queue;
    iac_diags drop;
};

struct collecting {
    struct search *search;
    struct place place;
    const iac_expr *count, *for_each; /* what count.index and each mean here */
};

/* The steps written after the object that a reference names, as far as they are constant. */
static iac_path static_path(iac_arena *arena, const iac_ref *ref, iac_key *ret_key)
{
    IAC_VEC(const iac_expr *) nodes = { 0 };
    for (const iac_expr *e = ref->whole; e && e != ref->subject;
         e = e->kind == IAC_EXPR_ATTR ? e->attr.operand : e->kind == IAC_EXPR_INDEX ? e->index.operand : NULL)
        iac_vec_push(&nodes, e);
    iac_step *steps = iac_arena_array(arena, iac_step, nodes.n);
    size_t n = 0;
    *ret_key = (iac_key){ 0 };
    for (size_t i = nodes.n; i-- > 0;) {
        const iac_expr *e = nodes.v[i];
        if (e->kind == IAC_EXPR_ATTR) {
            steps[n++] = (iac_step){ .kind = IAC_STEP_ATTR, .name = e->attr.name };
            continue;
        }
        iac_diags drop = IAC_DIAGS_INIT;
        const iac_value *key = iac_eval(NULL, e->index.key, arena, &drop);
        bool constant = drop.errors == 0 && iac_is_set_value(key);
        iac_diags_clear(&drop);
        int64_t index;
        if (!constant)
            break;
        if (key->kind == IAC_NUMBER && iac_value_to_int(key, &index)) {
            if (i + 1 == nodes.n)
                *ret_key = (iac_key){ .kind = IAC_KEY_INT, .index = index };
            else
                steps[n++] = (iac_step){ .kind = IAC_STEP_INDEX, .index = index };
        } else if (key->kind == IAC_STRING) {
            if (i + 1 == nodes.n)
                *ret_key = (iac_key){ .kind = IAC_KEY_STRING, .name = key->string };
            else
                steps[n++] = (iac_step){ .kind = IAC_STEP_KEY, .name = key->string };
        } else {
            break;
        }
    }
    iac_vec_clear(&nodes);
    return (iac_path){ steps, n };
}

static void take_ref(void *arg, const iac_ref *ref);

static void take_expr(const struct collecting *from, const iac_expr *expr)
{
    if (expr)
        iac_expr_refs(from->search->arena, expr, take_ref, (void *)from, &from->search->drop);
}

static void take_ref(void *arg, const iac_ref *ref)
{
    const struct collecting *from = arg;
    struct search *search = from->search;
    if (ref->kind == IAC_REF_EACH || ref->kind == IAC_REF_COUNT) {
        struct collecting repetition = { search, from->place, NULL, NULL };
        take_expr(&repetition, ref->kind == IAC_REF_EACH ? from->for_each : from->count);
        return;
    }
    iac_str text = iac_arena_printf(search->arena, "%.*s|%.*s",
                                    IAC_FMT(iac_module_addr_text(search->arena, from->place.addr)),
                                    IAC_FMT(iac_range_text((ref->whole ? ref->whole : ref->subject)->range)));
    if (iac_map_put(&search->seen, text, search))
        return;
    iac_vec_reserve(&search->queue, search->queue.n + 1);
    search->queue.v[search->queue.n].place = from->place;
    search->queue.v[search->queue.n++].ref = *ref;
    if (ref->kind != IAC_REF_RESOURCE)
        return;
    iac_key key;
    iac_relevant item = { .addr = ref->addr, .path = static_path(search->arena, ref, &key) };
    item.addr.module = from->place.addr;
    item.addr.key = key;
    text = iac_arena_printf(search->arena, "%.*s%.*s", IAC_FMT(iac_addr_text(search->arena, item.addr)),
                            IAC_FMT(iac_path_text(search->arena, item.path)));
    if (!iac_map_put(&search->found, text, search))
        iac_vec_push(&search->relevant, item);
}

/* What a resource's configuration refers to; with an attribute, what that one does. */
static void follow_resource(struct search *search, struct place place, const iac_node *node, iac_str attribute)
{
    struct collecting from = { search, place, node->resource->count, node->resource->for_each };
    if (!node->schema)
        return;
    const iac_attribute *given = attribute.n ? iac_body_find(search->arena, node->resource->body, attribute) : NULL;
    if (given)
        take_expr(&from, given->expr);
    else if (attribute.n == 0 || iac_schema_block(node->schema->block, attribute))
        iac_body_refs(search->arena, node->resource->body, node->schema->block, take_ref, &from, &search->drop);
}

static void follow(struct search *search, struct place place, const iac_ref *ref)
{
    iac_node *node = iac_run_resolve(place.module, ref);
    if (!node)
        return;
    struct collecting from = { search, place, NULL, NULL };
    switch (node->kind) {
    case IAC_NODE_LOCAL:
        take_expr(&from, node->local->expr);
        break;
    case IAC_NODE_RESOURCE:
        follow_resource(search, place, node, ref->attribute);
        break;
    case IAC_NODE_VARIABLE:
        if (node->module->parent) {
            const iac_module_call *call = node->module->call->call;
            const iac_attribute *given = iac_body_attribute(call->body, node->variable->name);
            struct collecting outer = { search, { node->module->parent, { place.addr.steps, place.addr.n - 1 } },
                                        NULL, NULL };
            take_expr(&outer, given ? given->expr : NULL);
        }
        break;
    case IAC_NODE_CALL: {
        iac_run_module *child = place.module->children[node->call - place.module->config->calls];
        iac_key key;
        (void)static_path(search->arena, ref, &key);
        const iac_output_config *output = child && ref->output.n ? iac_map_get(&child->config->output_map, ref->output)
                                                                 : NULL;
        struct collecting inner = { search, { child, iac_module_addr_child(search->arena, place.addr,
                                                                           node->call->name, key) }, NULL, NULL };
        for (size_t i = 0; child && i < child->config->output_count; i++)
            if (!output || output == &child->config->outputs[i])
                take_expr(&inner, child->config->outputs[i].value);
        break;
    }
    default:
        break;
    }
}

static int compare_relevant(const void *a, const void *b)
{
    const iac_relevant *x = a, *y = b;
    int order = iac_addr_cmp(x->addr, y->addr);
    if (order)
        return order;
    for (size_t i = 0; i < x->path.n && i < y->path.n; i++) {
        order = iac_str_cmp(x->path.steps[i].name, y->path.steps[i].name);
        if (!order && x->path.steps[i].index != y->path.steps[i].index)
            order = x->path.steps[i].index < y->path.steps[i].index ? -1 : 1;
        if (order)
            return order;
    }
    return (x->path.n > y->path.n) - (x->path.n < y->path.n);
}

/* Outputs of child modules are in no state: whenever they have a value, it counts as new. */
static void take_module_outputs(struct search *search, iac_run_module *module)
{
    for (size_t i = 0; i < module->config->output_count && module->parent; i++) {
        const iac_node *node = module->outputs[i];
        for (uint32_t k = 0; k < module->instance_count && k < node->slots; k++) {
            struct collecting from = { search, { module, module->instances[k]->addr }, NULL, NULL };
            if (node->values[k] && !iac_is_null(node->values[k]))
                take_expr(&from, node->output->value);
        }
    }
    for (size_t i = 0; i < module->config->call_count; i++)
        if (module->children[i])
            take_module_outputs(search, module->children[i]);
}

/* last: the resource before, for instances of one resource refer to the same. */
static void take_changed(struct search *search, iac_addr addr, iac_str *last)
{
    iac_module_addr module = addr.module;
    addr.key = (iac_key){ 0 };
    iac_str text = iac_addr_text(search->arena, addr);
    if (iac_str_eq(text, *last))
        return;
    *last = text;
    addr.module = iac_module_addr_static(search->arena, module);
    const iac_node *node = iac_map_get(&search->planner->run.resource_nodes, iac_addr_text(search->arena, addr));
    if (node && node->kind == IAC_NODE_RESOURCE)
        follow_resource(search, (struct place){ node->module, module }, node, IAC_STR(""));
}

void iac_plan_relevant(iac_planner *planner, iac_plan *plan, iac_arena *arena)
{
    struct search search = { .planner = planner, .arena = arena };
    iac_str last = IAC_STR("");
    for (size_t i = 0; i < plan->change_count; i++)
        if (plan->changes[i].action != IAC_ACTION_NOOP)
            take_changed(&search, plan->changes[i].addr, &last);
    /* What was read goes, too. */
    for (size_t i = 0; plan->mode == IAC_PLAN_DESTROY && i < plan->prior->instance_count; i++)
        if (plan->prior->instances[i].addr.mode == IAC_DATA)
            take_changed(&search, plan->prior->instances[i].addr, &last);
    const iac_run_module *root = planner->run.root;
    for (size_t i = 0; i < plan->output_count; i++) {
        const iac_output_config *output = iac_map_get(&root->config->output_map, plan->outputs[i].name);
        struct collecting from = { &search, { planner->run.root, { 0 } }, NULL, NULL };
        if (output && plan->outputs[i].action != IAC_ACTION_NOOP)
            take_expr(&from, output->value);
    }
    if (plan->mode != IAC_PLAN_DESTROY)
        take_module_outputs(&search, planner->run.root);
    for (size_t i = 0; i < search.queue.n; i++) {
        iac_ref ref = search.queue.v[i].ref; /* following may move the queue */
        follow(&search, search.queue.v[i].place, &ref);
    }
    if (search.relevant.n) {
        iac_relevant *v = iac_arena_array(arena, iac_relevant, search.relevant.n);
        memcpy(v, search.relevant.v, search.relevant.n * sizeof(*v));
        qsort(v, search.relevant.n, sizeof(*v), compare_relevant);
        plan->relevant = v;
        plan->relevant_count = search.relevant.n;
    }
    iac_vec_clear(&search.relevant);
    iac_vec_clear(&search.queue);
    iac_map_clear(&search.seen);
    iac_map_clear(&search.found);
    iac_diags_clear(&search.drop);
}

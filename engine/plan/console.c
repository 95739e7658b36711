/* The configuration as a graph, as for a plan, but with values from the state alone. */
#include "engine/plan/console.h"

#include "engine/plan/run.h"
#include "lang/base/secrets.h"
#include "lang/syntax/parser.h"

enum {
    TYPE_INDENT = 4,
    MAX_COUNT = 1 << 24, /* instances beyond are not looked at: a damaged state must not take all memory */
};

struct iac_console {
    iac_run own;
    iac_run *run; /* own, or that of a plan */
    iac_place place; /* the root module's */
};

/* ---- resources from the state ---- */

static const iac_value *stored(iac_worker *worker, const iac_node *node, const iac_state_instance *instance)
{
    if (!instance->current || !node->provider || !node->provider->instance || !node->schema)
        return NULL;
    iac_str address = iac_addr_text(worker->keep, instance->addr);
    iac_call_options options = iac_options_for(worker->run, node, address);
    return iac_stored_value(worker, node, &options, instance->current);
}

static iac_expansion *expansion_of(iac_node *node, const iac_state_instance *instance)
{
    const iac_module_instance *module = iac_run_module_instance(node->module, instance->addr.module);
    return module && instance->current ? &node->expansions[module->index] : NULL;
}

/* Where the instance with that key belongs, when the ones before it take n places; SIZE_MAX when the configuration has
 * no such keys (any more). Instances come in the order of their keys. */
static size_t place_of(const iac_expansion *expansion, iac_key key, uint32_t n)
{
    if (key.kind == IAC_KEY_NONE && expansion->repetition == IAC_SINGLE)
        return 0;
    if (key.kind == IAC_KEY_STRING && expansion->repetition == IAC_BY_FOR_EACH)
        return n;
    if (key.kind == IAC_KEY_INT && expansion->repetition == IAC_BY_COUNT && key.index >= 0 && key.index < MAX_COUNT)
        return (size_t)key.index;
    return SIZE_MAX;
}

static void make_room(iac_worker *worker, iac_expansion *expansion)
{
    expansion->v = iac_arena_array(worker->keep, iac_resource_instance, (size_t)expansion->n + 1);
    if (expansion->repetition == IAC_SINGLE) { /* not in the state: nothing is known, not even its type */
        expansion->n = 1;
        expansion->v[0].value = &iac_unknown_dynamic;
        expansion->done = true;
    } else if (expansion->repetition == IAC_BY_COUNT) { /* some may be missing */
        for (uint32_t i = 0; i < expansion->n; i++)
            expansion->v[i].key = (iac_key){ .kind = IAC_KEY_INT, .index = i };
    } else {
        expansion->n = 0; /* counted again */
    }
}

static void visit_resource(iac_worker *worker, iac_node *node)
{
    const iac_resource_config *resource = node->resource;
    const iac_state *state = worker->run->state;
    node->slots = node->module->instance_count;
    node->expansions = iac_arena_array(worker->keep, iac_expansion, node->slots);
    for (uint32_t i = 0; i < node->slots; i++)
        node->expansions[i].repetition = resource->count      ? IAC_BY_COUNT
                                         : resource->for_each ? IAC_BY_FOR_EACH
                                                              : IAC_SINGLE;
    for (uint32_t i = 0; i < node->state_count; i++) {
        const iac_state_instance *instance = &state->instances[node->state_indexes[i]];
        iac_expansion *expansion = expansion_of(node, instance);
        size_t at = expansion ? place_of(expansion, instance->addr.key, expansion->n) : SIZE_MAX;
        if (at != SIZE_MAX && at >= expansion->n)
            expansion->n = (uint32_t)at + 1;
    }
    for (uint32_t i = 0; i < node->slots; i++)
        make_room(worker, &node->expansions[i]);
    for (uint32_t i = 0; i < node->state_count; i++) {
        const iac_state_instance *instance = &state->instances[node->state_indexes[i]];
        iac_expansion *expansion = expansion_of(node, instance);
        size_t at = expansion ? place_of(expansion, instance->addr.key, expansion->n) : SIZE_MAX;
        if (at == SIZE_MAX)
            continue;
        if (at >= expansion->n)
            expansion->n = (uint32_t)at + 1;
        expansion->v[at].key = instance->addr.key;
        expansion->v[at].value = stored(worker, node, instance);
        expansion->done = true;
    }
}

/* Opened to bring stored objects to the present schema, which needs no configuration. */
static void open_provider(iac_worker *worker, iac_node *node)
{
    iac_provider_use *use = node->provider;
    iac_call_options options = iac_options_for(worker->run, node, IAC_STR(""));
    if (use->provider && iac_instance_open(use->provider, &options, &use->instance, &worker->diags) != IAC_OK)
        use->failed = true; /* and it was said */
}

static iac_task_result visit(void *user, iac_walk *walk, unsigned number, uint32_t id, uint32_t part)
{
    (void)walk;
    iac_run *run = user;
    iac_worker *worker = &run->workers[number];
    iac_node *node = run->nodes.v[id];
    switch (node->kind) {
    case IAC_NODE_PROVIDER:
        open_provider(worker, node);
        break;
    case IAC_NODE_RESOURCE:
        visit_resource(worker, node);
        break;
    case IAC_NODE_VARIABLE:
    case IAC_NODE_LOCAL:
    case IAC_NODE_OUTPUT:
    case IAC_NODE_CALL:
        iac_visit_node(worker, node);
        break;
    case IAC_NODE_CHECK:
    case IAC_NODE_MODULE_END:
    case IAC_NODE_ORPHAN:
    case IAC_NODE_RELEASE:
        break;
    }
    iac_worker_end(worker, id, part);
    return (iac_task_result){ IAC_TASK_DONE, 0 }; /* what depends on something faulty is unknown */
}

/* ---- opening and closing ---- */

static iac_console *enter(iac_console *console, iac_run *run)
{
    console->run = run;
    iac_place_init(&console->place, run, run->root, run->root->instances[0]);
    return console;
}

iac_status iac_console_open(const iac_config *config, const iac_state *state, const iac_plan_options *options,
                            iac_console **ret, iac_diags *diags)
{
    iac_console *console = iac_xcalloc(1, sizeof(*console));
    console->run = &console->own;
    iac_run_options run_options = {
        .host = options->host,
        .state = state,
        .variables = options->variables,
        .workspace = options->workspace,
        .root_dir = IAC_STR("."),
        .cwd = options->cwd,
        .parallelism = 1,
        .stop = options->stop,
        .remote_crypts = options->remote_crypts,
    };
    if (iac_run_build(&console->own, config, &run_options, diags) != IAC_OK) {
        iac_console_close(console);
        return IAC_ERR;
    }
    iac_walk_options walk = { .workers = 0, .stop = options->stop, .run = visit, .user = &console->own };
    iac_walk_run(&console->own.graph, &walk);
    iac_run_collect(&console->own, diags);
    *ret = enter(console, &console->own);
    return IAC_OK;
}

iac_console *iac_console_of_plan(iac_run *run)
{
    return run->root && run->root->instance_count ? enter(iac_xcalloc(1, sizeof(iac_console)), run) : NULL;
}

void iac_console_close(iac_console *console)
{
    if (!console)
        return;
    if (console->run == &console->own)
        iac_run_clear(&console->own);
    free(console);
}

/* ---- types ---- */

static void print_type(iac_buf *out, const iac_type *type, size_t indent);

static void print_member(iac_buf *out, const iac_type *type, size_t indent)
{
    print_type(out, type, indent);
    iac_buf_cstr(out, ",\n");
}

static void print_structure(iac_buf *out, const iac_type *type, size_t indent)
{
    bool object = type->kind == IAC_OBJECT;
    if (type->n == 0) {
        iac_buf_cstr(out, object ? "object({})" : "tuple([])");
        return;
    }
    iac_buf_cstr(out, object ? "object({\n" : "tuple([\n");
    for (size_t i = 0; i < type->n; i++) {
        iac_buf_fill(out, ' ', indent + TYPE_INDENT);
        if (object)
            iac_buf_printf(out, "%.*s: ", IAC_FMT(type->names[i]));
        print_member(out, type->items[i], indent + TYPE_INDENT);
    }
    iac_buf_fill(out, ' ', indent);
    iac_buf_cstr(out, object ? "})" : "])");
}

static void print_collection(iac_buf *out, const iac_type *type, size_t indent)
{
    bool structure = type->element->kind == IAC_OBJECT || type->element->kind == IAC_TUPLE;
    iac_buf_cstr(out, structure ? "(\n" : "(");
    if (structure) {
        iac_buf_fill(out, ' ', indent + TYPE_INDENT);
        print_member(out, type->element, indent + TYPE_INDENT);
        iac_buf_fill(out, ' ', indent);
    } else {
        print_type(out, type->element, indent);
    }
    iac_buf_char(out, ')');
}

static void print_type(iac_buf *out, const iac_type *type, size_t indent)
{
    static const char *const names[] = {
        [IAC_DYNAMIC] = "dynamic", [IAC_STRING] = "string", [IAC_NUMBER] = "number", [IAC_BOOL] = "bool",
        [IAC_LIST] = "list",       [IAC_SET] = "set",       [IAC_MAP] = "map",
    };
    if (type->kind == IAC_OBJECT || type->kind == IAC_TUPLE) {
        print_structure(out, type, indent);
        return;
    }
    iac_buf_cstr(out, names[type->kind]);
    if (iac_type_is_collection(type))
        print_collection(out, type, indent);
}

/* ---- expressions ---- */

/* The call of `type` that the expression is, in parentheses and the like at most; or NULL. */
static const iac_expr *type_call(const iac_expr *expr)
{
    while (expr->kind == IAC_EXPR_PAREN || expr->kind == IAC_EXPR_TEMPLATE_WRAP)
        expr = expr->wrapped;
    return expr->kind == IAC_EXPR_CALL && iac_str_is(expr->call.name, "type") ? expr : NULL;
}

static iac_status check_type_call(const iac_expr *call, iac_diags *diags)
{
    if (call->call.arg_count == 0) {
        iac_diag_error(diags, call->call.close_range, "Not enough function arguments",
                       "Function \"type\" expects 1 argument(s). Missing value for \"value\".");
        return IAC_ERR;
    }
    if (call->call.arg_count > 1) {
        iac_diag_error(diags, call->call.args[1]->range, "Too many function arguments",
                       "Function \"type\" expects only 1 argument(s).");
        return IAC_ERR;
    }
    return IAC_OK;
}

/* What the evaluator says of `type` within an expression is that there is no such function. */
static void explain_misplaced_type(iac_diags *diags, size_t first)
{
    for (size_t i = first; i < diags->list.n; i++) {
        if (!iac_str_is(diags->list.v[i].summary, "Call to unknown function") ||
            !iac_str_is(iac_range_text(diags->list.v[i].subject), "type"))
            continue;
        iac_range range = diags->list.v[i].subject;
        iac_diags_truncate(diags, first);
        iac_diag_error(diags, range, "Invalid use of type function",
                       "The console-only \"type\" function cannot be used as part of an expression.");
        return;
    }
}

iac_status iac_console_eval(iac_console *console, iac_arena *arena, const iac_source *source, iac_buf *out,
                            iac_diags *diags)
{
    size_t errors = diags->errors, first = diags->list.n;
    const iac_expr *expr = iac_parse_expression(arena, source, diags);
    if (diags->errors != errors) {
        iac_diags_sort(diags);
        return IAC_ERR;
    }
    iac_config_check_expression(arena, console->run->root->config, &(iac_ref_site){ 0 }, expr, diags);
    if (diags->errors != errors)
        return IAC_ERR;
    const iac_expr *of_type = type_call(expr);
    if (of_type && check_type_call(of_type, diags) != IAC_OK)
        return IAC_ERR;
    iac_secrets_hold(true);
    const iac_value *v = iac_eval(&console->place.scope, of_type ? of_type->call.args[0] : expr, arena, diags);
    iac_secrets_hold(false);
    if (diags->errors != errors) {
        explain_misplaced_type(diags, first);
        iac_diags_sort(diags);
        return IAC_ERR;
    }
    if (of_type)
        print_type(out, iac_value_type(arena, v), 0);
    else
        iac_eval_print(out, v);
    return IAC_OK;
}

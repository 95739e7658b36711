/* import blocks: which objects they name, and what happens to be wrong with them. */
#include "engine/plan/planner.h"

#include <inttypes.h>

/* ---- for_each ---- */

/* The collection to repeat over; *ret is NULL where there is nothing to do, or, while validating, nothing known yet. */
static bool collection_of(iac_worker *worker, const iac_place *place, const iac_expr *for_each, bool validating,
                          const iac_value **ret)
{
    static const char summary[] = "Invalid for_each argument";
    size_t errors = worker->diags.errors;
    const iac_value *v = iac_eval(&place->scope, for_each, worker->scratch, &worker->diags);
    *ret = NULL;
    if (worker->diags.errors != errors)
        return false;
    if (v->deep_marks & IAC_EPHEMERAL && !validating) {
        iac_diag *diag = iac_diag_error(&worker->diags, for_each->range, summary,
                                        "The given \"for_each\" value is derived from an ephemeral value, which means "
                                        "that iac cannot persist it between plan/apply rounds. Use only non-ephemeral "
                                        "values to specify a resource's instance keys.");
        iac_eval_explain(&place->scope, for_each, IAC_EXPLAIN_EPHEMERAL, diag, worker->diags.arena);
        return false;
    }
    v = iac_value_unmark_deep(worker->scratch, v);
    bool unknown = iac_is_unknown(v);
    for (size_t i = 0; v->kind == IAC_SET && iac_is_set_value(v) && i < v->n; i++)
        unknown |= iac_is_unknown(v->items[i]);
    if (unknown && !validating) {
        iac_diag *diag = iac_diag_error(&worker->diags, for_each->range, summary,
                                        "The \"for_each\" expression includes values derived from other resource "
                                        "attributes that cannot be determined until apply, and so iac cannot determine "
                                        "the full set of values that might be used to import this resource.");
        iac_eval_explain(&place->scope, for_each, IAC_EXPLAIN_UNKNOWN, diag, worker->diags.arena);
        return false;
    }
    if (unknown || iac_is_null(v))
        return true;
    if (v->kind < IAC_LIST || v->kind > IAC_OBJECT) {
        iac_diag_error(&worker->diags, for_each->range, summary, "The \"for_each\" expression must be a collection.");
        return false;
    }
    *ret = v;
    return true;
}

static void set_each(iac_arena *arena, iac_place *place, const iac_value *collection, size_t i)
{
    place->each_value = collection->items[i];
    place->each_key = collection->kind == IAC_MAP || collection->kind == IAC_OBJECT
                          ? iac_value_string(arena, collection->keys[i])
                      : collection->kind == IAC_SET ? collection->items[i]
                                                    : iac_value_int(arena, (int64_t)i);
}

/* ---- one import ---- */

static bool key_of(iac_worker *worker, const iac_place *place, const iac_import_config *import, const iac_expr *expr,
                   iac_key *ret)
{
    *ret = (iac_key){ 0 };
    if (!expr)
        return true;
    size_t errors = worker->diags.errors;
    const iac_value *v = iac_value_unmark_deep(worker->scratch, iac_eval(&place->scope, expr, worker->scratch,
                                                                         &worker->diags));
    if (worker->diags.errors != errors)
        return false;
    if (iac_is_unknown(v)) {
        iac_diag_error(&worker->diags, expr->range, "Import block 'to' address contains an invalid key",
                       "Import block contained a resource address using an index that will only be known after apply. "
                       "Please ensure to use expressions that are known at plan time for the index of an import target.");
        return false;
    }
    if (v->kind == IAC_NUMBER && iac_is_set_value(v) && iac_value_to_int(v, &ret->index)) {
        ret->kind = IAC_KEY_INT;
        return true;
    }
    if (v->kind == IAC_STRING && iac_is_set_value(v)) {
        *ret = (iac_key){ .kind = IAC_KEY_STRING, .name = iac_arena_str(worker->keep, v->string) };
        return true;
    }
    iac_diag_error(&worker->diags, import->to->range, "Import block 'to' address contains an invalid key",
                   "Import block contained a resource address using an index which is not valid. An index can only be a "
                   "string or a number.");
    return false;
}

static bool refuse_target(iac_worker *worker, const iac_import_config *import, const char *detail)
{
    iac_diag_error(&worker->diags, import->to->range, "Invalid import 'to' expression", "%s", detail);
    return false;
}

/* Whether the resource has instances of such keys at all; resource NULL: it is not declared. */
static bool key_fits(iac_worker *worker, const iac_import_config *import, const iac_resource_config *resource,
                     iac_key key)
{
    bool by_count = resource && resource->count, by_each = resource && resource->for_each;
    if (key.kind == IAC_KEY_STRING && !by_each)
        return refuse_target(worker, import, "The target resource does not use for_each.");
    if (key.kind == IAC_KEY_INT && !by_count)
        return refuse_target(worker, import, "The target resource does not use count.");
    if (key.kind == IAC_KEY_NONE && by_each)
        return refuse_target(worker, import, "The target resource is using for_each.");
    if (key.kind == IAC_KEY_NONE && by_count)
        return refuse_target(worker, import, "The target resource is using count.");
    return true;
}

static bool id_of(iac_worker *worker, const iac_place *place, const iac_import_config *import, bool validating,
                  iac_str *ret)
{
    static const char summary[] = "Invalid import id argument";
    size_t errors = worker->diags.errors;
    const iac_value *id = iac_eval_as(&place->scope, import->id, &iac_type_string, worker->scratch, &worker->diags);
    *ret = IAC_STR("");
    if (worker->diags.errors == errors && iac_is_null(id)) {
        iac_diag_error(&worker->diags, import->id->range, summary, "The import ID cannot be null.");
        return false;
    }
    if (worker->diags.errors != errors || iac_is_unknown(id)) { /* what failed is not known, either */
        if (validating)
            return worker->diags.errors == errors;
        iac_diag_error(&worker->diags, import->id->range, summary,
                       "The import block \"id\" argument depends on resource attributes that cannot be determined "
                       "until apply, so iac cannot plan to import this resource.");
        return false;
    }
    if (id->string.n == 0) {
        iac_diag_error(&worker->diags, import->id->range, summary,
                       "The import ID value evaluates to an empty string, please provide a non-empty value.");
        return false;
    }
    *ret = iac_arena_str(worker->keep, id->string);
    return true;
}

static bool visit_one(iac_worker *worker, iac_node *node, const iac_place *place, const iac_import_config *import,
                      bool validating, iac_import_fn fn, void *arg)
{
    iac_addr addr;
    const iac_expr **keys;
    iac_str id;
    if (!iac_import_target(worker->keep, import->to, &addr, &keys))
        return true; /* it was told when the configuration was loaded */
    iac_module_step *steps = iac_arena_array(worker->keep, iac_module_step, addr.module.n);
    for (size_t i = 0; i < addr.module.n; i++) {
        steps[i].name = addr.module.steps[i].name;
        if (!key_of(worker, place, import, keys[i], &steps[i].key))
            return false;
    }
    addr.module.steps = steps;
    if (!key_of(worker, place, import, keys[addr.module.n], &addr.key) ||
        !key_fits(worker, import, node->resource, addr.key) || !id_of(worker, place, import, validating, &id))
        return false;
    return !fn || fn(arg, worker, import, addr, id);
}

bool iac_visit_imports(iac_worker *worker, iac_node *node, bool validating, iac_import_fn fn, void *arg)
{
    iac_run *run = worker->run;
    bool ok = true;
    for (size_t i = 0; i < node->import_count; i++) {
        const iac_import_config *import = node->imports[i];
        const iac_value *collection = NULL;
        iac_place place;
        iac_place_init(&place, run, run->root, run->root->instances[0]);
        if (!import->for_each) {
            ok = visit_one(worker, node, &place, import, validating, fn, arg) && ok;
            continue;
        }
        if (!collection_of(worker, &place, import->for_each, validating, &collection))
            ok = false;
        for (size_t k = 0; collection && k < collection->n; k++) {
            set_each(worker->scratch, &place, collection, k);
            if (!visit_one(worker, node, &place, import, validating, fn, arg)) {
                ok = false;
                break; /* the same expressions again */
            }
        }
    }
    return ok;
}

/* ---- the objects of a plan ---- */

struct noting {
    iac_node *node;
    bool takes_none; /* it is only looked whether something is wrong */
    iac_map tasks;   /* address -> iac_plan_task * */
};

static bool has_instance(const iac_node *node, iac_addr addr)
{
    const iac_module_instance *module = iac_run_module_instance(node->module, addr.module);
    return module && node->expansions && iac_expansion_find(&node->expansions[module->index], addr.key);
}

static bool note_one(void *arg, iac_worker *worker, const iac_import_config *import, iac_addr addr, iac_str id)
{
    struct noting *noting = arg;
    iac_str address = iac_addr_text(worker->scratch, addr);
    (void)import;
    iac_plan_task *task = iac_map_get(&noting->tasks, address);
    if (task && task->instance) {
        if (!noting->takes_none && (!task->object || iac_is_stand_in(task))) { /* else it is there already */
            iac_recover_let_go(task);
            task->import_id = id.p;
        }
        return true;
    }
    if (has_instance(noting->node, addr))
        return true; /* not targeted */
    iac_diag_error(&worker->diags, IAC_NO_RANGE, "Configuration for import target does not exist",
                   "The configuration for the given import %.*s does not exist. All target instances must have an "
                   "associated configuration to be imported.",
                   IAC_FMT(address));
    return false;
}

/* Of `iac import`. */
static bool note_requests(const iac_planner *planner, iac_worker *worker, const struct noting *noting)
{
    for (size_t i = 0; i < planner->options->import_count; i++) {
        const iac_import_request *request = &planner->options->imports[i];
        iac_plan_task *task = iac_map_get(&noting->tasks, request->address);
        if (!task || !task->instance)
            continue;
        if (task->object && !iac_is_stand_in(task)) {
            iac_diag_error(&worker->diags, IAC_NO_RANGE, "Resource already managed by iac",
                           "iac is already managing a remote object for %.*s. To import to this address you must "
                           "first remove the existing object from the state.",
                           IAC_FMT(request->address));
            return false;
        }
        iac_recover_let_go(task);
        task->import_id = iac_arena_cstr(worker->keep, request->id);
    }
    return true;
}

bool iac_plan_note_imports(iac_planner *planner, iac_worker *worker, iac_node *node)
{
    iac_plan_work *work = node->work;
    if (planner->options->import_count == 0 && node->import_count == 0)
        return true;
    struct noting noting = { .node = node, .takes_none = planner->before_destroy };
    for (uint32_t i = 0; i < work->n; i++)
        if (work->tasks[i].instance)
            iac_map_put(&noting.tasks, work->tasks[i].address, &work->tasks[i]);
    bool ok = note_requests(planner, worker, &noting);
    if (ok && planner->options->mode == IAC_PLAN_NORMAL)
        ok = iac_visit_imports(worker, node, false, note_one, &noting);
    iac_map_clear(&noting.tasks);
    return ok;
}

/* ---- targets that are not declared ---- */

/* False where planning makes no sense; true where the rest may be planned. */
static bool missing(const iac_import_config *import, iac_addr addr, const iac_expr **keys, iac_diags *diags)
{
    static const char summary[] = "Configuration for import target does not exist";
    iac_str text = iac_range_text(import->to->range);
    if (addr.module.n)
        iac_diag_error(diags, import->to->range, summary,
                       "The configuration for the given import target %.*s does not exist. All target instances must have "
                       "an associated configuration to be imported.",
                       IAC_FMT(text));
    else if (import->for_each && keys[0])
        iac_diag_error(diags, import->to->range, "Invalid import 'to' expression",
                       "The target resource does not use for_each.");
    else if (import->for_each || keys[0])
        iac_diag_error(diags, import->to->range, summary,
                       "The given import block is not compatible with config generation. The -generate-config-out option "
                       "cannot be used with import blocks which use for_each, or resources which use for_each or count.");
    else
        iac_diag_error(diags, import->to->range, summary,
                       "The configuration for the given import target %.*s does not exist. If you wish to automatically "
                       "generate config for this resource, use the -generate-config-out option within iac plan. "
                       "Otherwise, make sure the target resource exists within your configuration. For example:\n\n  iac "
                       "plan -generate-config-out=generated.tf",
                       IAC_FMT(text));
    return addr.module.n == 0 && !import->for_each && !keys[0];
}

bool iac_plan_check_imports(const iac_planner *planner, iac_diags *diags)
{
    const iac_module_config *root = planner->run.config->root;
    bool good = true;
    for (size_t i = 0; i < root->import_count; i++) {
        iac_addr addr;
        const iac_expr **keys;
        if (!iac_import_target(planner->run.arena, root->imports[i].to, &addr, &keys))
            continue;
        iac_str address = iac_addr_text(planner->run.arena, addr);
        const iac_node *node = iac_map_get(&planner->run.resource_nodes, address);
        if (!iac_plan_aims_at(planner, address))
            continue;
        if (!node || node->kind != IAC_NODE_RESOURCE)
            good = missing(&root->imports[i], addr, keys, diags) && good;
    }
    return good;
}

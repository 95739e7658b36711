/* References as validation checks them: for each expression or body before it is evaluated, all of them at once. */
#include "engine/plan/run.h"

typedef IAC_VEC(iac_ref) ref_list;

static void keep_ref(void *arg, const iac_ref *ref)
{
    ref_list *list = arg;
    iac_vec_push(list, *ref);
}

/* ---- where an expression stands ---- */

typedef struct standing {
    const iac_place *place;
    iac_arena *arena;
} standing;

/* Data sources within checks. */
static const iac_resource_config *other_resource(void *arg, const iac_ref *ref)
{
    const standing *at = arg;
    const iac_node *node = iac_run_resolve(at->place->module, ref);
    return node ? node->resource : NULL;
}

static void check_attribute(void *arg, const iac_ref *ref, iac_diags *diags)
{
    const standing *at = arg;
    const iac_block_schema *block = at->place->self_block;
    if (ref->kind == IAC_REF_RESOURCE) {
        const iac_node *node = iac_run_resolve(at->place->module, ref);
        block = node && node->schema ? node->schema->block : NULL;
    }
    if (block)
        iac_check_traversal(block, ref, at->arena, diags);
}

static iac_refs_outcome check(const iac_place *place, const ref_list *refs, iac_arena *arena, iac_diags *diags)
{
    standing at = { place, arena };
    iac_ref_site site = {
        .count = place->count_index != NULL,
        .each = place->each_key != NULL,
        .self = place->self != NULL,
        .hints = &place->run->hints,
        .other = other_resource,
        .attribute = check_attribute,
        .arg = &at,
    };
    return refs->n ? iac_config_check_refs(arena, place->module->config, &site, refs->v, refs->n, diags)
                   : IAC_REFS_FINE;
}

/* ---- before evaluation ---- */

bool iac_place_admits(void *user, const iac_expr *expr, const iac_body *body, const iac_block_schema *schema,
                      iac_arena *arena, iac_diags *diags)
{
    const iac_place *place = user;
    ref_list refs = { 0 };
    size_t errors = diags->errors;
    if (body)
        iac_body_refs(arena, body, schema, keep_ref, &refs, diags);
    else
        iac_expr_refs(arena, expr, keep_ref, &refs, diags);
    check(place, &refs, arena, diags);
    iac_vec_clear(&refs);
    return diags->errors == errors;
}

/* ---- conditions: they are evaluated all the same ---- */

static const iac_value *nothing(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                                iac_diags *diags)
{
    const iac_expr *root = ref->subject;
    (void)user;
    (void)key;
    (void)arena;
    while (root->kind != IAC_EXPR_ROOT)
        root = root->kind == IAC_EXPR_ATTR ? root->attr.operand : root->index.operand;
    iac_diag_error(diags, root->range, "Unknown variable", "There is no variable named \"%.*s\".", IAC_FMT(root->root));
    return NULL;
}

/* What has no value was told of. */
static const iac_value *value_or_unknown(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                                         iac_diags *diags)
{
    iac_diags told = IAC_DIAGS_INIT;
    const iac_place *place = user;
    const iac_value *v = place->lookup(user, ref, key, arena, &told);
    (void)diags;
    iac_diags_clear(&told);
    return v ? v : &iac_unknown_dynamic;
}

void iac_place_check(iac_worker *worker, iac_place *place, const iac_expr *const *exprs, size_t n)
{
    ref_list refs = { 0 };
    size_t errors = worker->diags.errors;
    for (size_t i = 0; i < n; i++)
        if (exprs[i])
            iac_expr_refs(worker->scratch, exprs[i], keep_ref, &refs, &worker->diags);
    bool readable = worker->diags.errors == errors;
    iac_refs_outcome outcome = check(place, &refs, worker->scratch, &worker->diags);
    iac_vec_clear(&refs);
    place->scope.admits = NULL;
    place->scope.lookup = outcome == IAC_REFS_BROKEN || !readable ? nothing
                          : outcome == IAC_REFS_VALUELESS         ? value_or_unknown
                                                                  : place->lookup;
}

void iac_place_uncheck(iac_place *place)
{
    place->scope.admits = place->run->validating ? iac_place_admits : NULL;
    place->scope.lookup = place->lookup;
}

/* ---- depends_on ---- */

static const iac_expr *operand_of(const iac_expr *e)
{
    return e->kind == IAC_EXPR_ATTR ? e->attr.operand : e->kind == IAC_EXPR_INDEX ? e->index.operand : NULL;
}

/* The part of the expression that names an object: an instance is one, and the output of a module, too. */
static const iac_expr *object_of(const iac_expr *expr, const iac_ref *ref)
{
    size_t steps = (ref->key != NULL) + (ref->kind == IAC_REF_MODULE && ref->output.n), above = 0;
    for (const iac_expr *e = expr; e && e != ref->subject; e = operand_of(e))
        above++;
    for (; above > steps; above--)
        expr = operand_of(expr);
    return expr;
}

void iac_validate_depends(iac_worker *worker, const iac_place *of, iac_depends depends)
{
    size_t errors = worker->diags.errors;
    iac_place place;
    iac_place_init(&place, of->run, of->module, of->instance);
    for (size_t i = 0; i < depends.n; i++) {
        const iac_expr *expr = depends.v[i];
        iac_ref ref;
        if (!iac_ref_parse(worker->scratch, expr, &ref, &worker->diags))
            continue;
        const iac_expr *object = object_of(expr, &ref);
        if (object != expr) {
            iac_range range = expr->range; /* what is too much */
            range.start = object->range.end;
            iac_diag_error(&worker->diags, range, "Invalid depends_on reference",
                           "References in depends_on must be to a whole object (resource, etc), not to an attribute of "
                           "an object.");
            continue;
        }
        ref_list refs = { &ref, 1, 1 };
        if (worker->diags.errors == errors)
            check(&place, &refs, worker->scratch, &worker->diags);
    }
}

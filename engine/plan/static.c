/* What a resource's schema says of its configuration beyond the types of values. */
#include "engine/plan/run.h"

#include <stdlib.h>

#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"

/* ---- ephemeral values ---- */

/* The attribute that the path leads into, *ret_name its name with those of the blocks around; NULL: none. */
static const iac_attr_schema *attribute_at(iac_arena *arena, const iac_block_schema *block, iac_path path,
                                           iac_str *ret_name)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.steps[i].kind != IAC_STEP_ATTR)
            continue;
        const iac_nested_schema *nested = iac_schema_block(block, path.steps[i].name);
        if (nested) {
            block = nested->block;
            continue;
        }
        iac_str text = iac_path_text(arena, (iac_path){ path.steps, i + 1 });
        *ret_name = iac_str_sub(text, text.n && text.p[0] == '.', text.n);
        return iac_schema_attribute(block, path.steps[i].name);
    }
    return NULL;
}

static iac_range written_at(iac_arena *arena, const iac_node *node, iac_path path)
{
    const iac_attribute *given = path.n && path.steps[0].kind == IAC_STEP_ATTR
                                     ? iac_body_find(arena, node->resource->body, path.steps[0].name)
                                     : NULL;
    return given ? given->expr->range : node->resource->range;
}

bool iac_check_ephemeral(iac_worker *worker, const iac_node *node, const iac_value *config)
{
    iac_str told = { 0 };
    bool good = true;
    if (!(config->deep_marks & IAC_EPHEMERAL))
        return true;
    iac_paths paths = iac_value_marked_paths(worker->scratch, config, IAC_EPHEMERAL);
    for (size_t i = 0; i < paths.n; i++) {
        iac_str name = { 0 };
        const iac_attr_schema *attr = attribute_at(worker->scratch, node->schema->block, paths.v[i], &name);
        if ((attr && attr->write_only) || (name.n && iac_str_eq(name, told)))
            continue;
        told = name;
        good = false;
        iac_range at = written_at(worker->scratch, node, paths.v[i]);
        iac_diag *diag = iac_diag_error(&worker->diags, at, "Invalid use of ephemeral value",
                                        "Ephemeral values are not valid for \"%.*s\", because it is not a write-only "
                                        "attribute and must be persisted to state.",
                                        IAC_FMT(name));
        diag->address = iac_arena_str(worker->diags.arena, node->name);
    }
    return good;
}

/* ---- names of attributes ---- */

static int by_name(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

bool iac_check_attribute(const iac_block_schema *block, iac_str name, iac_range range, iac_arena *arena,
                         iac_diags *diags)
{
    if (iac_type_attribute(block->type, name))
        return true;
    size_t n = block->attribute_count + block->block_count;
    iac_str *names = iac_arena_array(arena, iac_str, n);
    for (size_t i = 0; i < n; i++)
        names[i] = i < block->attribute_count ? block->attributes[i].name
                                              : block->blocks[i - block->attribute_count].name;
    qsort(names, n, sizeof(*names), by_name);
    iac_str near = iac_str_similar(name, names, n);
    iac_diag_error(diags, range, "Unsupported attribute",
                   "This object has no argument, nested block, or exported attribute named \"%.*s\".%s%.*s%s",
                   IAC_FMT(name), near.n ? " Did you mean \"" : "", IAC_FMT(near), near.n ? "\"?" : "");
    return false;
}

/* ---- what a traversal leads to ---- */

typedef struct steps { /* constant ones, in the order of the source */
    const iac_expr **v;
    size_t n;
} steps;

static steps steps_above(iac_arena *arena, const iac_ref *ref)
{
    steps found = { 0 };
    size_t n = 0;
    for (const iac_expr *node = ref->whole; node && node != ref->subject;
         node = node->kind == IAC_EXPR_ATTR ? node->attr.operand : node->index.operand)
        n++;
    found.v = iac_arena_array(arena, const iac_expr *, n);
    found.n = n;
    for (const iac_expr *node = ref->whole; n; node = node->kind == IAC_EXPR_ATTR ? node->attr.operand
                                                                                  : node->index.operand)
        found.v[--n] = node;
    while (n < found.n && iac_is_constant_step(found.v[n]))
        n++;
    found.n = n;
    return found;
}

/* Whether the key is the text of an identifier. */
static bool is_name(const iac_expr *key, iac_arena *arena, iac_str *ret)
{
    iac_diags none = IAC_DIAGS_INIT;
    const iac_value *v = iac_eval(NULL, key, arena, &none);
    iac_diags_clear(&none);
    *ret = v->kind == IAC_STRING && iac_is_set_value(v) ? v->string : (iac_str){ 0 };
    return iac_is_identifier(*ret);
}

static void check_steps(const iac_block_schema *block, steps left, iac_arena *arena, iac_diags *diags);

/* Past the name of a block type. */
static void check_nested(const iac_nested_schema *nested, steps left, iac_arena *arena, iac_diags *diags)
{
    steps rest = { left.v + 1, left.n ? left.n - 1 : 0 };
    if (nested->nesting == IAC_NEST_SINGLE || nested->nesting == IAC_NEST_GROUP) {
        check_steps(nested->block, left, arena, diags);
    } else if (left.n == 0) {
        return;
    } else if (nested->nesting == IAC_NEST_SET) {
        iac_diag_error(diags, iac_ref_step_range(left.v[0]), "Cannot index a set value",
                       "Block type \"%.*s\" is represented by a set of objects, and set elements do not have addressable "
                       "keys. To find elements matching specific criteria, use a \"for\" expression with an \"if\" "
                       "clause.", IAC_FMT(nested->name));
    } else if (nested->nesting == IAC_NEST_LIST && left.v[0]->kind == IAC_EXPR_ATTR) {
        iac_diag_error(diags, iac_ref_step_range(left.v[0]), "Invalid operation",
                       "Block type \"%.*s\" is represented by a list of objects, so it must be indexed using a numeric "
                       "key, like .%.*s[0].", IAC_FMT(nested->name), IAC_FMT(nested->name));
    } else {
        check_steps(nested->block, rest, arena, diags);
    }
}

static void check_steps(const iac_block_schema *block, steps left, iac_arena *arena, iac_diags *diags)
{
    if (left.n == 0)
        return;
    const iac_expr *step = left.v[0];
    iac_str name;
    if (step->kind == IAC_EXPR_INDEX) {
        if (is_name(step->index.key, arena, &name))
            iac_diag_error(diags, iac_ref_step_range(step), "Invalid index operation",
                           "Only attribute access is allowed here. Did you mean to access attribute \"%.*s\" using the "
                           "dot operator?", IAC_FMT(name));
        else
            iac_diag_error(diags, iac_ref_step_range(step), "Invalid index operation",
                           "Only attribute access is allowed here, using the dot operator.");
        return;
    }
    name = step->attr.name;
    steps rest = { left.v + 1, left.n - 1 };
    const iac_attr_schema *attr = iac_schema_attribute(block, name);
    const iac_nested_schema *nested = attr ? NULL : iac_schema_block(block, name);
    if (attr && attr->deprecated)
        iac_diag_warning(diags, iac_ref_step_range(step), "Deprecated attribute",
                         "The attribute \"%.*s\" is deprecated. Refer to the provider documentation for details.",
                         IAC_FMT(name));
    if (attr)
        iac_eval_steps(iac_value_unknown(arena, attr->type), rest.v, rest.n, arena, diags);
    else if (nested)
        check_nested(nested, rest, arena, diags);
    else
        iac_check_attribute(block, name, iac_ref_step_range(step), arena, diags);
}

void iac_check_traversal(const iac_block_schema *block, const iac_ref *ref, iac_arena *arena, iac_diags *diags)
{
    steps left = steps_above(arena, ref);
    if (ref->key && left.n == 0)
        return;
    if (ref->key && ref->kind == IAC_REF_RESOURCE) {
        left.v++;
        left.n--;
    }
    check_steps(block, left, arena, diags);
}

void iac_check_ignored(iac_worker *worker, const iac_node *node)
{
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    for (size_t i = 0; i < lifecycle->ignore_changes.n; i++) {
        iac_path path = lifecycle->ignore_changes.v[i];
        iac_str name = path.n && path.steps[0].kind == IAC_STEP_ATTR ? path.steps[0].name : (iac_str){ 0 };
        if (!name.n || !iac_check_attribute(node->schema->block, name, lifecycle->ignore_ranges[i], worker->scratch,
                                            &worker->diags))
            continue;
        const iac_attr_schema *attr = iac_schema_attribute(node->schema->block, name);
        if (attr && attr->computed && !attr->optional)
            iac_diag_warning(&worker->diags, node->resource->type_range, "Redundant ignore_changes element",
                             "Adding an attribute name to ignore_changes tells iac to ignore future changes to the "
                             "argument in configuration after the object has been created, retaining the value "
                             "originally configured.\n\nThe attribute %.*s is decided by the provider alone and "
                             "therefore there can be no configured value to compare with. Including this attribute in "
                             "ignore_changes has no effect. Remove the attribute from ignore_changes to quiet this "
                             "warning.",
                             IAC_FMT(name));
    }
}

/* ---- what a resource's own configuration may not name ---- */

typedef struct own_use {
    iac_worker *worker;
    const iac_node *node;
} own_use;

static void check_own_use(void *arg, const iac_ref *ref)
{
    const own_use *use = arg;
    if (ref->kind == IAC_REF_RESOURCE && iac_run_resolve(use->node->module, ref) == use->node)
        iac_diag_error(&use->worker->diags, ref->range, "Self-referential block",
                       "Configuration for %.*s may not refer to itself.",
                       IAC_FMT(iac_addr_text(use->worker->scratch, ref->addr)));
}

static void check_triggers(iac_worker *worker, const iac_node *node)
{
    const iac_lifecycle *lifecycle = &node->resource->lifecycle;
    iac_str module = iac_module_addr_text(worker->scratch, node->module->config->path);
    for (size_t i = 0; i < lifecycle->replace_triggered_by_count; i++) {
        const iac_expr *expr = lifecycle->replace_triggered_by[i];
        iac_ref ref;
        if (iac_ref_parse(worker->scratch, expr, &ref, &worker->diags) && !iac_run_resolve(node->module, &ref))
            iac_diag_error(&worker->diags, expr->range, "Reference to undeclared resource",
                           "A resource %.*s has not been declared in %.*s",
                           IAC_FMT(iac_ref_text(worker->scratch, &ref)),
                           IAC_FMT(module.n ? module : IAC_STR("the root module")));
    }
}

bool iac_check_own(iac_worker *worker, const iac_node *node)
{
    size_t errors = worker->diags.errors;
    own_use use = { worker, node };
    iac_diags told = IAC_DIAGS_INIT; /* by validation */
    if (node->resource->count)
        iac_expr_refs(worker->scratch, node->resource->count, check_own_use, &use, &told);
    if (node->resource->for_each)
        iac_expr_refs(worker->scratch, node->resource->for_each, check_own_use, &use, &told);
    if (node->schema)
        iac_body_refs(worker->scratch, node->resource->body, node->schema->block, check_own_use, &use, &told);
    iac_diags_clear(&told);
    check_triggers(worker, node);
    return worker->diags.errors == errors;
}

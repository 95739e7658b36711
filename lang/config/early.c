/* lang/config/early.c - values known before anything is planned: where the sources of modules may come from. */
#include "lang/config/load.h"

/* Names lead to names; deeper than this only in a circle. */
enum { MAX_DEPTH = 200 };

typedef struct early {
    const iac_config_options *options;
    const iac_module_config *module;
    const char *what;
    iac_map *locals; /* those evaluated so far: iac_local_config, by its address, to value */
    size_t depth;
} early;

static const iac_value *lookup(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                               iac_diags *diags);

static const iac_value *evaluate(const early *at, const iac_expr *expr, iac_arena *arena, iac_diags *diags)
{
    iac_func_context functions = { .base_dir = { 0 } };
    iac_scope scope = { .user = (void *)at, .lookup = lookup, .functions = &functions };
    size_t errors = diags->errors;
    const iac_value *v = iac_eval(&scope, expr, arena, diags);

    return diags->errors > errors ? NULL : v;
}

static const iac_value *not_early(const early *at, const iac_ref *ref, iac_arena *arena, iac_diags *diags)
{
    iac_str name = iac_ref_text(arena, ref);
    iac_str what = iac_arena_printf(arena, "Value not known early enough for a %s", at->what);

    iac_diag_error(diags, ref->range, what.p,
                   "A %s is needed before anything is planned, so it may refer only to input variables, local values, "
                   "path.module, path.root and terraform.workspace, and to what is made of these. %.*s is not known "
                   "then.", at->what, IAC_FMT(name));
    return NULL;
}

static const iac_value *root_variable(const early *at, const iac_variable_config *variable, iac_diags *diags)
{
    if (at->options->variable)
        return at->options->variable(at->options->user, variable, diags);
    if (variable->default_value)
        return variable->default_value;
    iac_diag_error(diags, variable->range, "No value for required variable",
                   "The value of the variable \"%.*s\" is needed to find a module.", IAC_FMT(variable->name));
    return NULL;
}

/* A child module's variable is what its call gives it. */
static const iac_value *variable_value(const early *at, const iac_ref *ref, iac_arena *arena, iac_diags *diags)
{
    const iac_variable_config *variable = iac_map_get(&at->module->variable_map, ref->name);

    if (!variable)
        return not_early(at, ref, arena, diags);
    if (variable->ephemeral || variable->sensitive) {
        iac_diag_error(diags, ref->range, variable->sensitive ? "Sensitive value not allowed"
                                                              : "Ephemeral value not allowed",
                       "The variable \"%.*s\" is %s, and a %s is written to files and shown.", IAC_FMT(ref->name),
                       variable->sensitive ? "sensitive" : "ephemeral", at->what);
        return NULL;
    }
    const iac_module_config *parent = at->module->parent;
    if (!parent)
        return root_variable(at, variable, diags);
    const iac_module_call *call = iac_map_get(&parent->call_map, at->module->path.steps[at->module->path.n - 1].name);
    const iac_attribute *given = call && call->body ? iac_body_attribute(call->body, ref->name) : NULL;
    early above = { at->options, parent, at->what, at->locals, at->depth + 1 };
    const iac_value *v = NULL;
    if (given && !(v = evaluate(&above, given->expr, arena, diags)))
        return NULL;
    size_t errors = diags->errors;
    v = iac_variable_convert(arena, variable, v, given ? given->expr->range : call ? call->range : IAC_NO_RANGE, diags);
    if (diags->errors == errors && !iac_is_known(v))
        return not_early(at, ref, arena, diags);
    return diags->errors > errors ? NULL : v;
}

static const iac_value *local_value(const early *at, const iac_ref *ref, iac_arena *arena, iac_diags *diags)
{
    const iac_local_config *local = iac_map_get(&at->module->local_map, ref->name);
    early deeper = { at->options, at->module, at->what, at->locals, at->depth + 1 };

    if (!local)
        return not_early(at, ref, arena, diags);
    iac_str place = iac_arena_str(arena, (iac_str){ (const char *)&local, sizeof(local) });
    const iac_value *v = iac_map_get(at->locals, place);
    if (!v && (v = evaluate(&deeper, local->expr, arena, diags)))
        iac_map_put(at->locals, place, (void *)v);
    return v;
}

static const iac_value *lookup(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                               iac_diags *diags)
{
    const early *at = user;

    (void)key;
    if (at->depth > MAX_DEPTH)
        return not_early(at, ref, arena, diags);
    if (ref->kind == IAC_REF_VARIABLE)
        return variable_value(at, ref, arena, diags);
    if (ref->kind == IAC_REF_LOCAL)
        return local_value(at, ref, arena, diags);
    if (ref->kind == IAC_REF_PATH && iac_str_is(ref->name, "module"))
        return iac_value_string(arena, at->module->dir);
    if (ref->kind == IAC_REF_PATH && iac_str_is(ref->name, "root"))
        return iac_value_string(arena, IAC_STR("."));
    if (ref->kind == IAC_REF_TERRAFORM && iac_str_is(ref->name, "workspace") && at->options->workspace.n)
        return iac_value_string(arena, at->options->workspace);
    return not_early(at, ref, arena, diags);
}

const iac_value *iac_config_early_string(iac_arena *arena, const iac_module_config *module, const iac_expr *expr,
                                         const char *what, const iac_config_options *options, iac_diags *diags)
{
    iac_map locals = { 0 };
    early at = { options, module, what, &locals, 0 };
    iac_str error = { 0 };
    const iac_value *v = evaluate(&at, expr, arena, diags);

    iac_map_clear(&locals);
    if (!v)
        return NULL;
    v = iac_convert(arena, v, &iac_type_string, &error, NULL);
    if (v && iac_is_known(v) && !iac_is_null(v) && !v->deep_marks)
        return v;
    iac_diag_error(diags, iac_expr_start(expr), "Unsuitable value type", "Unsuitable value: %.*s",
                   IAC_FMT(!v ? error
                           : v->deep_marks ? IAC_STR("value must not be sensitive or ephemeral")
                           : !iac_is_known(v) ? IAC_STR("value must be known") : IAC_STR("null value is not allowed")));
    return NULL;
}

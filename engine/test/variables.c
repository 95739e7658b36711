/* Values of variables: from the run block, from the file, from outside, by default. */
#include "engine/test/tester.h"

#include <string.h>

/* ---- where names get their values ---- */

static const iac_test_variable *find(iac_test_variables variables, iac_str name)
{
    for (size_t i = 0; i < variables.n; i++)
        if (iac_str_eq(variables.v[i].name, name))
            return &variables.v[i];
    return NULL;
}

static bool in_test_dir(const iac_tester *tester)
{
    iac_str path = tester->file->config->path, dir = iac_str_of(tester->options->test_dir);

    return path.n > dir.n && iac_str_starts(path, dir) && path.p[dir.n] == '/';
}

static const iac_variable_value *last_given(const iac_variable_values *values, iac_str name)
{
    for (size_t i = values ? values->n : 0; i-- > 0;)
        if (iac_str_eq(values->v[i].name, name))
            return &values->v[i];
    return NULL;
}

static const iac_variable_value *find_global(const iac_tester *tester, iac_str name)
{
    const iac_variable_value *found = in_test_dir(tester) ? last_given(tester->options->test_globals, name) : NULL;
    return found ? found : last_given(tester->options->globals, name);
}

static const iac_variable_config *declared(const iac_config *config, iac_str name)
{
    return iac_map_get(&config->root->variable_map, name);
}

/* A variable as variables blocks and providers see it; NULL after an error. */
static const iac_value *variable_value(iac_test_scope *scope, iac_str name, iac_arena *arena, iac_diags *diags)
{
    iac_tester *tester = scope->tester;
    const iac_test_variable *of_file = scope->target == IAC_TEST_IN_FILE ? NULL
                                                                         : find(tester->file->config->variables, name);
    const iac_variable_value *global = find_global(tester, name);

    if (of_file) {
        iac_test_scope outer;
        iac_test_scope_init(&outer, tester, scope->config, IAC_TEST_IN_FILE);
        return iac_test_check_refs(&outer, of_file->expr, diags) ? iac_eval(&outer.scope, of_file->expr, arena, diags)
                                                                 : NULL;
    }
    return global ? iac_variable_given(arena, declared(scope->config, name), global, diags) : &iac_unknown_dynamic;
}

static const iac_value *lookup(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                               iac_diags *diags)
{
    iac_test_scope *scope = user;
    (void)key;
    if (ref->kind == IAC_REF_VARIABLE)
        return variable_value(scope, ref->name, arena, diags);
    const iac_value *outputs = ref->kind == IAC_REF_RESOURCE ? iac_map_get(&scope->tester->outputs, ref->addr.name)
                                                             : NULL;
    return outputs ? outputs : &iac_unknown_dynamic;
}

static bool is_value(void *user, const iac_ref *ref)
{
    (void)user;
    (void)ref;
    return true;
}

void iac_test_scope_init(iac_test_scope *scope, iac_tester *tester, const iac_config *config, iac_test_target target)
{
    *scope = (iac_test_scope){ .tester = tester, .config = config, .target = target };
    scope->functions.render = iac_eval_render;
    scope->functions.render_arg = &scope->scope;
    scope->scope = (iac_scope){ .user = scope, .lookup = lookup, .functions = &scope->functions,
                                .is_value = is_value };
}

/* ---- references ---- */

typedef struct checking {
    iac_test_scope *scope;
    iac_diags *diags;
} checking;

static void check_run(const checking *c, const iac_ref *ref)
{
    const iac_tester *tester = c->scope->tester;
    const char *when = c->scope->target == IAC_TEST_IN_RUN ? "the current run block" : "the provider is required";

    if (iac_map_has(&tester->outputs, ref->addr.name))
        return;
    bool known = iac_map_has(&tester->runs, ref->addr.name);
    iac_diag_error(c->diags, ref->range,
                   known ? "Reference to unavailable run block" : "Reference to unknown run block",
                   "The run block \"%.*s\" %s. You can only reference run blocks that are in the same test file and "
                   "will execute before %s.", IAC_FMT(ref->addr.name),
                   known ? "has not executed yet" : "does not exist within this test file", when);
}

static void check_variable(const checking *c, const iac_ref *ref)
{
    static const char *const where[] = {
        [IAC_TEST_IN_RUN] = "the current run block. You can only reference variables defined at the file or global "
                            "levels",
        [IAC_TEST_IN_FILE] = "the current context. You can only reference global variables",
        [IAC_TEST_IN_PROVIDER] = "the current provider configuration. You can only reference variables defined at the "
                                 "file or global levels",
    };
    const iac_tester *tester = c->scope->tester;

    if (find_global(tester, ref->name) ||
        (c->scope->target != IAC_TEST_IN_FILE && find(tester->file->config->variables, ref->name)))
        return;
    iac_diag_error(c->diags, ref->range, "Reference to unavailable variable",
                   "The input variable \"%.*s\" is not available to %s.", IAC_FMT(ref->name), where[c->scope->target]);
}

static void check_ref(void *arg, const iac_ref *ref)
{
    static const char *const allowed[] = {
        [IAC_TEST_IN_RUN] = "earlier run blocks, file level, and global variables while defining variables from inside "
                            "a run block",
        [IAC_TEST_IN_FILE] = "global variables within the test file variables block",
        [IAC_TEST_IN_PROVIDER] = "run blocks, file level, and global variables while defining variables from inside "
                                 "provider configurations",
    };
    const checking *c = arg;

    if (ref->kind == IAC_REF_VARIABLE) {
        check_variable(c, ref);
    } else if (ref->kind == IAC_REF_RESOURCE && ref->addr.mode == IAC_MANAGED && iac_str_is(ref->addr.type, "run") &&
               c->scope->target != IAC_TEST_IN_FILE) {
        check_run(c, ref);
    } else {
        bool run = ref->kind == IAC_REF_RESOURCE && iac_str_is(ref->addr.type, "run");
        iac_diag_error(c->diags, iac_test_ref_range(ref), "Invalid reference",
                       run ? "You can not reference run blocks from within %s." : "You can only reference %s.",
                       run ? "the file variables block" : allowed[c->scope->target]);
    }
}

bool iac_test_check_refs(iac_test_scope *scope, const iac_expr *expr, iac_diags *diags)
{
    checking c = { scope, diags };
    size_t errors = diags->errors;

    iac_expr_refs(scope->tester->arena, expr, check_ref, &c, diags);
    return diags->errors == errors;
}

/* ---- the values of a run ---- */

static void put_range(iac_tester *tester, iac_test_values *values, iac_str name, iac_range range)
{
    iac_range *kept = iac_arena_new_of(tester->arena, iac_range);
    *kept = range;
    iac_map_put(&values->ranges, name, kept);
}

/* A value that the run or the file gives; NULL after an error. */
static const iac_value *written(iac_tester *tester, const iac_config *config, const iac_test_variable *variable,
                                iac_test_target target, iac_diags *diags)
{
    size_t errors = diags->errors;
    iac_test_scope scope;

    iac_test_scope_init(&scope, tester, config, target);
    if (!iac_test_check_refs(&scope, variable->expr, diags))
        return NULL;
    size_t told = diags->list.n;
    const iac_value *v = iac_eval(&scope.scope, variable->expr, tester->arena, diags);
    for (size_t i = told; i < diags->list.n; i++)
        if (iac_str_is(diags->list.v[i].summary, "Unsupported attribute"))
            diags->list.v[i].value_count = 0; /* Terraform does not show what a run has instead */
    return diags->errors == errors ? v : NULL;
}

static void note_name(void *arg, const iac_ref *ref)
{
    if (ref->kind == IAC_REF_VARIABLE)
        iac_map_put(arg, ref->name, arg);
}

/* Names of the variables that a run's assertions refer to. */
static void referred(iac_tester *tester, const iac_test_run *run, iac_map *ret)
{
    iac_diags ignored = IAC_DIAGS_INIT;

    for (size_t i = 0; i < run->asserts.n; i++) {
        iac_expr_refs(tester->arena, run->asserts.v[i].condition, note_name, ret, &ignored);
        if (run->asserts.v[i].error_message)
            iac_expr_refs(tester->arena, run->asserts.v[i].error_message, note_name, ret, &ignored);
    }
    iac_diags_clear(&ignored);
}

static void missing(const iac_variable_config *variable, const iac_test_run *run, iac_diags *diags)
{
    iac_diag_error(diags, variable->range, "No value for required variable",
                   "The module under test for run block \"%.*s\" has a required variable \"%.*s\" with no set value. "
                   "Use a -var or -var-file command line argument or add this variable into a \"variables\" block "
                   "within the test file or run block.", IAC_FMT(run->name), IAC_FMT(variable->name));
}

static void resolve_declared(iac_tester *tester, const iac_config *config, const iac_test_run *run,
                             const iac_variable_config *variable, const iac_value *of_run, bool failed,
                             iac_test_values *ret, iac_diags *diags)
{
    const iac_test_variable *given = find(run->variables, variable->name);
    const iac_variable_value *global = find_global(tester, variable->name);
    const iac_value *v = of_run;

    if (!given) {
        given = find(tester->file->config->variables, variable->name);
        if (given) {
            v = written(tester, config, given, IAC_TEST_IN_FILE, diags);
            failed = !v;
        }
    }
    if (failed)
        v = iac_value_unknown(tester->arena, variable->type);
    if (given) {
        v = iac_variable_convert(tester->arena, variable, v, given->expr->range, diags);
        put_range(tester, ret, variable->name, given->expr->range);
    } else if (global) {
        v = iac_variable_given(tester->arena, variable, global, diags);
        if (global->range.src)
            put_range(tester, ret, variable->name, global->range);
    } else {
        if (!variable->default_value)
            missing(variable, run, diags);
        v = iac_variable_convert(tester->arena, variable, NULL, IAC_NO_RANGE, diags);
    }
    iac_map_put(&ret->values, variable->name, (void *)v);
}

/* A variable that only assertions refer to. */
static void resolve_extra(iac_tester *tester, const iac_config *config, const iac_test_run *run, iac_str name,
                          iac_test_values *ret, iac_diags *diags)
{
    const iac_test_variable *given = find(run->variables, name);
    iac_test_target target = given ? IAC_TEST_IN_RUN : IAC_TEST_IN_FILE;
    const iac_variable_value *global = find_global(tester, name);
    const iac_value *v = NULL;

    if (!given)
        given = find(tester->file->config->variables, name);
    if (given)
        v = written(tester, config, given, target, diags);
    else if (global)
        v = iac_variable_given(tester->arena, NULL, global, diags);
    if (v)
        iac_map_put(&ret->extra, name, (void *)v);
}

void iac_test_variables_for(iac_tester *tester, const iac_config *config, const iac_test_run_result *run, bool warn,
                            iac_test_values *ret, iac_diags *diags)
{
    iac_test_variables own = run->config->variables;
    iac_map names = { 0 }, values = { 0 };

    *ret = (iac_test_values){ 0 };
    referred(tester, run->config, &names);
    for (size_t i = 0; i < own.n; i++) {
        const iac_value *v = written(tester, config, &own.v[i], IAC_TEST_IN_RUN, diags);
        if (v)
            iac_map_put(&values, own.v[i].name, (void *)v);
        if (warn && !declared(config, own.v[i].name) && !iac_map_has(&names, own.v[i].name))
            iac_diag_warning(diags, own.v[i].expr->range, "Value for undeclared variable",
                             "The module under test does not declare a variable named \"%.*s\", but it is declared in "
                             "run block \"%.*s\".", IAC_FMT(own.v[i].name), IAC_FMT(run->config->name));
    }
    for (size_t i = 0; i < config->root->variable_count; i++) {
        const iac_variable_config *variable = &config->root->variables[i];
        const iac_value *v = iac_map_get(&values, variable->name);
        resolve_declared(tester, config, run->config, variable, v, !v, ret, diags);
    }
    for (size_t i = 0; i < names.n; i++)
        if (!declared(config, names.entries[i].key))
            resolve_extra(tester, config, run->config, names.entries[i].key, ret, diags);
    iac_map_clear(&names);
    iac_map_clear(&values);
}

void iac_test_values_clear(iac_test_values *values)
{
    iac_map_clear(&values->values);
    iac_map_clear(&values->ranges);
    iac_map_clear(&values->extra);
}

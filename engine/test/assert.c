/* Assertions of a run: evaluated where the module's values are still there. */
#include "engine/test/tester.h"

typedef struct asserting {
    iac_test_inspection *inspection;
    iac_run *run;
    iac_place place;
    iac_scope scope; /* of the assertions: that of the module, with outputs, runs and further variables */
    iac_arena *arena;
    iac_diags *diags;
} asserting;

/* ---- names ---- */

static bool is_test_name(const iac_ref *ref)
{
    return ref->kind == IAC_REF_RESOURCE && ref->addr.mode == IAC_MANAGED &&
           (iac_str_is(ref->addr.type, "output") || iac_str_is(ref->addr.type, "run"));
}

static bool is_value(void *user, const iac_ref *ref)
{
    (void)user;
    return is_test_name(ref);
}

static bool selects(void *user, const iac_ref *ref)
{
    asserting *a = user;
    return iac_place_selects(&a->place, ref);
}

static const iac_value *output_value(const iac_run *run, iac_str name)
{
    const iac_module_config *root = run->root->config;
    const iac_output_config *output = iac_map_get(&root->output_map, name);
    const iac_node *node = output ? run->root->outputs[output - root->outputs] : NULL;

    return node && node->values && node->slots ? node->values[0] : NULL;
}

static const iac_value *unknown_to_null(void *arg, iac_path path, const iac_value *v)
{
    (void)path;
    return iac_is_unknown(v) ? iac_value_null(arg, v->type ? v->type : &iac_type_dynamic) : v;
}

/* Outputs are seen as a state would hold them: parts that are not known are null, marks are those declared. */
static const iac_value *stored_output(iac_arena *arena, const iac_run *run, iac_str name)
{
    const iac_output_config *output = iac_map_get(&run->root->config->output_map, name);
    const iac_value *v = output_value(run, name);

    if (!v || !output)
        return NULL;
    if (iac_is_unknown(v))
        v = &iac_unknown_dynamic;
    else if (v->deep_unknown)
        v = iac_value_transform(arena, iac_value_unmark_deep(arena, v), unknown_to_null, arena);
    else
        v = iac_value_unmark_deep(arena, v);
    return output->sensitive ? iac_value_mark(arena, v, IAC_SENSITIVE) : v;
}

static const iac_value *lookup(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                               iac_diags *diags)
{
    asserting *a = user;
    const iac_value *found = NULL;

    if (is_test_name(ref)) {
        found = iac_str_is(ref->addr.type, "output") ? stored_output(arena, a->run, ref->addr.name)
                                                     : iac_map_get(&a->inspection->tester->outputs, ref->addr.name);
        return found ? found : &iac_unknown_dynamic;
    }
    if (ref->kind == IAC_REF_VARIABLE)
        found = iac_map_get(&a->inspection->values->extra, ref->name);
    return found ? found : a->place.scope.lookup(a->place.scope.user, ref, key, arena, diags);
}

static const iac_value *call_provider(void *user, iac_str provider, iac_str function, const iac_value *const *args,
                                      size_t n, iac_range range, iac_arena *arena, iac_diags *diags)
{
    asserting *a = user;
    return a->place.scope.call_provider(a->place.scope.user, provider, function, args, n, range, arena, diags);
}

static void check_run_ref(void *arg, const iac_ref *ref)
{
    asserting *a = arg;

    if (!iac_map_has(&a->inspection->tester->outputs, ref->addr.name))
        iac_diag_error(a->diags, ref->range, "Reference to undeclared run block",
                       "There is no run \"%.*s\" declared in this test suite.", IAC_FMT(ref->addr.name));
}

/* What is wrong with names is told of all of them before anything is evaluated. */
static bool check_names(asserting *a, const iac_expr *expr)
{
    size_t errors = a->diags->errors;

    iac_ref_site site = { .variables = &a->inspection->values->extra, .run = check_run_ref, .arg = a };
    if (expr)
        iac_config_check_expression(a->arena, a->run->root->config, &site, expr, a->diags);
    return a->diags->errors == errors;
}

/* ---- assertions ---- */

static void explain(asserting *a, const iac_expr *expr, unsigned show, iac_diag *diag)
{
    iac_eval_explain(&a->scope, expr, show, diag, a->diags->arena);
}

static iac_str hidden(asserting *a, const iac_expr *expr, uint8_t marks)
{
    if (marks & IAC_SENSITIVE)
        iac_diag_warning(
            a->diags, expr->range, "Error message refers to sensitive values",
            "The error expression used to explain this condition refers to sensitive values, so iac will not display "
            "the resulting message.\n\nYou can correct this by removing references to sensitive values, or by "
            "carefully using the nonsensitive() function if the expression will not reveal the sensitive data.");
    else
        iac_diag_warning(
            a->diags, expr->range, "Error message refers to ephemeral values",
            "The error expression used to explain this condition refers to ephemeral values, so iac will not display "
            "the resulting message.\n\nYou can correct this by removing references to ephemeral values, or by using "
            "the ephemeralasnull() function on the references to not reveal ephemeral data.");
    return (iac_str){ 0 };
}

static iac_str message_of(asserting *a, const iac_expr *expr)
{
    size_t errors = a->diags->errors;
    const iac_value *v = iac_eval(&a->scope, expr, a->arena, a->diags);
    iac_str error = IAC_STR("must not be null");

    if (a->diags->errors != errors || iac_is_unknown(v))
        return (iac_str){ 0 };
    v = iac_convert(a->arena, v, &iac_type_string, &error, NULL);
    if (!v || iac_is_null(v)) {
        iac_diag *diag = iac_diag_error(a->diags, expr->range, "Invalid error message",
                                        "Unsuitable value for error message: %.*s.", IAC_FMT(error));
        explain(a, expr, 0, diag);
        return (iac_str){ 0 };
    }
    if (v->deep_marks & (IAC_SENSITIVE | IAC_EPHEMERAL))
        return hidden(a, expr, v->deep_marks);
    return iac_str_trim(v->string);
}

static iac_test_status judge(asserting *a, const iac_expr *condition, const iac_value *v, iac_str message)
{
    iac_str error = { 0 };
    iac_diag *diag;

    if (iac_is_null(v)) {
        diag = iac_diag_error(a->diags, condition->range, "Invalid condition run",
                              "Condition expression must return either true or false, not null.");
        explain(a, condition, 0, diag);
        return IAC_TEST_ERROR;
    }
    if (iac_is_unknown(v)) {
        diag = iac_diag_error(
            a->diags, condition->range, "Unknown condition value",
            "Condition expression could not be evaluated at this time. This means you have executed a `run` block with "
            "`command = plan` and one of the values your condition depended on is not known until after the plan has "
            "been applied. Either remove this value from your condition, or execute an `apply` command from this `run` "
            "block. Alternatively, if there is an override for this value, you can make it available during the plan "
            "phase by setting `override_during = plan` in the `override_` block.");
        explain(a, condition, 0, diag);
        return IAC_TEST_ERROR;
    }
    v = iac_convert(a->arena, iac_value_unmark_deep(a->arena, v), &iac_type_bool, &error, NULL);
    if (!v) {
        diag = iac_diag_error(a->diags, condition->range, "Invalid condition run", "Invalid condition run value: %.*s.",
                              IAC_FMT(error));
        explain(a, condition, 0, diag);
        return IAC_TEST_ERROR;
    }
    if (v->boolean)
        return IAC_TEST_PASS;
    diag = iac_diag_error(a->diags, condition->range, "Test assertion failed", "%.*s", IAC_FMT(message));
    explain(a, condition, IAC_EXPLAIN_EPHEMERAL, diag);
    return IAC_TEST_FAIL;
}

static iac_test_status evaluate(asserting *a, const iac_condition *assertion)
{
    size_t errors = a->diags->errors;
    bool good = check_names(a, assertion->condition);

    if (!(check_names(a, assertion->error_message) && good))
        return IAC_TEST_ERROR;
    iac_str message = assertion->error_message ? message_of(a, assertion->error_message) : (iac_str){ 0 };
    const iac_value *v = iac_eval(&a->scope, assertion->condition, a->arena, a->diags);
    return a->diags->errors != errors ? IAC_TEST_ERROR : judge(a, assertion->condition, v, message);
}

/* ---- the run ---- */

/* Outputs become what later runs see as run.NAME. */
static void keep_outputs(asserting *a)
{
    const iac_module_config *root = a->run->root->config;
    iac_tester *tester = a->inspection->tester;
    const iac_value **items = iac_arena_array(a->arena, const iac_value *, root->output_count);
    iac_str *names = iac_arena_array(a->arena, iac_str, root->output_count);

    for (size_t i = 0; i < root->output_count; i++) {
        const iac_value *v = stored_output(a->arena, a->run, root->outputs[i].name);
        names[i] = root->outputs[i].name;
        items[i] = v ? v : &iac_null_dynamic;
    }
    const iac_value *object = iac_value_object(a->arena, names, items, root->output_count);
    iac_map_put(&tester->outputs, a->inspection->run->config->name, (void *)iac_value_copy(tester->arena, object));
}

void iac_test_inspect(void *arg, iac_run *run)
{
    iac_test_inspection *inspection = arg;
    iac_test_run_result *result = inspection->run;
    asserting a = { .inspection = inspection, .run = run, .arena = iac_arena_new(), .diags = &result->diags };

    iac_place_init(&a.place, run, run->root, run->root->instances[0]);
    a.scope = (iac_scope){ .user = &a, .lookup = lookup, .call_provider = call_provider,
                           .functions = &a.place.functions, .is_value = is_value, .selects = selects };
    a.place.functions.render_arg = &a.scope;
    inspection->done = true;
    iac_test_status status = IAC_TEST_PASS;
    for (size_t i = 0; i < result->config->asserts.n; i++) {
        iac_test_status one = evaluate(&a, &result->config->asserts.v[i]);
        if (one > status)
            status = one;
    }
    if (status > result->status)
        result->status = status;
    keep_outputs(&a);
    iac_arena_free(a.arena);
}

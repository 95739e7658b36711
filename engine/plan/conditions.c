/* Conditions that the configuration sets: validations of variables, pre- and postconditions, assertions. */
#include "engine/plan/run.h"

#include "lang/value/text.h"

static void explain(iac_worker *worker, iac_place *place, const iac_expr *expr, iac_diag *diag)
{
    iac_eval_explain(&place->scope, expr, 0, diag, worker->diags.arena);
}

/* Notes in what was said since `first` which object it is that does not hold. */
static void name_checked(iac_worker *worker, const iac_subject *subject, size_t first)
{
    for (size_t i = first; i < worker->diags.list.n; i++)
        worker->diags.list.v[i].checked = iac_arena_str(worker->diags.arena, subject->address);
}

static void invalid_message(iac_worker *worker, iac_place *place, const iac_expr *expr, iac_str why)
{
    iac_diag *diag = iac_diag_error(&worker->diags, expr->range, "Invalid error message",
                                    "Unsuitable value for error message: %.*s.", IAC_FMT(why));
    explain(worker, place, expr, diag);
}

/* A message may not show what is to stay secret or is gone after the run. */
static void hidden_message(iac_worker *worker, const iac_expr *expr, uint8_t marks)
{
    if (marks & IAC_SENSITIVE)
        iac_diag_warning(
            &worker->diags, expr->range, "Error message refers to sensitive values",
            "The error expression used to explain this condition refers to sensitive values, so iac will not display "
            "the resulting message.\n\nYou can correct this by removing references to sensitive values, or by "
            "carefully using the nonsensitive() function if the expression will not reveal the sensitive data.");
    else
        iac_diag_warning(
            &worker->diags, expr->range, "Error message refers to ephemeral values",
            "The error expression used to explain this condition refers to ephemeral values, so iac will not display "
            "the resulting message.\n\nYou can correct this by removing references to ephemeral values, or by using "
            "the ephemeralasnull() function on the references to not reveal ephemeral data.");
}

/* The text of a message; empty where there is none that can be shown, with diagnostics, or because it is not known. */
static iac_str message_text(iac_worker *worker, iac_place *place, const iac_expr *expr)
{
    size_t errors = worker->diags.errors;
    const iac_value *v = iac_eval(&place->scope, expr, worker->scratch, &worker->diags);
    iac_str error;
    if (worker->diags.errors != errors)
        return (iac_str){ 0 };
    v = iac_convert(worker->scratch, v, &iac_type_string, &error, NULL);
    if (!v) {
        invalid_message(worker, place, expr, error);
        return (iac_str){ 0 };
    }
    if (iac_is_unknown(v))
        return (iac_str){ 0 };
    if (iac_is_null(v)) {
        invalid_message(worker, place, expr, IAC_STR("must not be null"));
        return (iac_str){ 0 };
    }
    if (v->deep_marks & (IAC_SENSITIVE | IAC_EPHEMERAL)) {
        hidden_message(worker, expr, v->deep_marks);
        return (iac_str){ 0 };
    }
    return iac_str_trim(v->string);
}

/* The condition's truth: 1, 0, or -1 when it is not known; -2 after an error. */
static int truth(iac_worker *worker, iac_place *place, const iac_expr *condition, bool validation)
{
    const char *summary = validation ? "Invalid variable validation result" : "Invalid condition result";
    size_t errors = worker->diags.errors;
    const iac_value *v = iac_eval(&place->scope, condition, worker->scratch, &worker->diags);
    iac_diag *diag;
    iac_str error;
    if (worker->diags.errors != errors)
        return -2;
    if (iac_is_unknown(v))
        return -1;
    if (iac_is_null(v)) {
        diag = iac_diag_error(&worker->diags, condition->range, summary,
                              "%s expression must return either true or false, not null.",
                              validation ? "Validation condition" : "Condition");
    } else {
        v = iac_convert(worker->scratch, v, &iac_type_bool, &error, NULL);
        if (v)
            return v->boolean;
        diag = iac_diag_error(&worker->diags, condition->range, summary, "Invalid %s result value: %.*s.",
                              validation ? "validation condition" : "condition", IAC_FMT(error));
    }
    explain(worker, place, condition, diag);
    return -2;
}

bool iac_visit_conditions(iac_worker *worker, iac_place *place, iac_conditions conditions, iac_subject subject,
                          const char *what, bool warn)
{
    bool all = true;
    for (size_t i = 0; i < conditions.n; i++) {
        const iac_condition *condition = &conditions.v[i];
        const iac_expr *expr = condition->condition;
        size_t errors = worker->diags.errors, told = worker->diags.list.n;
        iac_str text = { 0 };
        if (worker->run->validating)
            iac_place_check(worker, place, (const iac_expr *[]){ expr, condition->error_message }, 2);
        if (condition->error_message)
            text = message_text(worker, place, condition->error_message);
        int is_true = -2;
        if (worker->diags.errors == errors)
            is_true = truth(worker, place, expr, false);
        else
            (void)iac_eval(&place->scope, expr, worker->scratch, &worker->diags);
        iac_place_uncheck(place);
        if (worker->diags.errors != errors) {
            all = false;
            iac_note_check(worker, &subject, i, 'e', (iac_str){ 0 });
            continue;
        }
        if (is_true)
            iac_note_check(worker, &subject, i, is_true == 1 ? 'p' : 'u', (iac_str){ 0 });
        if (is_true == -1) {
            if (warn && worker->run->planning) {
                iac_diag *diag = iac_diag_warning(
                    &worker->diags, expr->range, "Check block assertion known after apply",
                    "The condition could not be evaluated at this time, a result will be known when this plan is "
                    "applied.");
                diag->of_check = true;
                explain(worker, place, expr, diag);
            }
            name_checked(worker, &subject, told);
        }
        if (is_true)
            continue;
        if (text.n == 0)
            text = IAC_STR("This check failed, but has an invalid error message as described in the other "
                           "accompanying messages.");
        iac_note_check(worker, &subject, i, 'f', text);
        iac_diag *diag = warn ? iac_diag_warning(&worker->diags, expr->range, what, "%.*s", IAC_FMT(text))
                              : iac_diag_error(&worker->diags, expr->range, what, "%.*s", IAC_FMT(text));
        diag->of_check = subject.node->kind == IAC_NODE_CHECK;
        explain(worker, place, expr, diag);
        name_checked(worker, &subject, worker->diags.list.n - 1);
        all = all && warn;
    }
    return all;
}

void iac_validate_conditions(iac_worker *worker, iac_place *place, iac_conditions conditions)
{
    for (size_t i = 0; i < conditions.n; i++) {
        const iac_expr *exprs[] = { conditions.v[i].condition, conditions.v[i].error_message };
        for (size_t k = 0; k < IAC_COUNT(exprs); k++) {
            if (!exprs[k])
                continue;
            iac_place_check(worker, place, &exprs[k], 1);
            (void)iac_eval(&place->scope, exprs[k], worker->scratch, &worker->diags);
        }
    }
    iac_place_uncheck(place);
}

void iac_validate_asserts(iac_worker *worker, iac_place *place, iac_conditions asserts)
{
    for (size_t i = 0; i < asserts.n; i++) {
        const iac_expr *exprs[] = { asserts.v[i].condition, asserts.v[i].error_message };
        iac_place_check(worker, place, exprs, IAC_COUNT(exprs));
        if (exprs[1])
            (void)message_text(worker, place, exprs[1]);
    }
    iac_place_uncheck(place);
}

static iac_str validation_message(iac_worker *worker, iac_place *place, const iac_expr *expr)
{
    size_t before = worker->diags.list.n;
    const iac_value *v = iac_eval_as(&place->scope, expr, &iac_type_string, worker->scratch, &worker->diags);
    iac_str text = { 0 };
    if (worker->diags.list.n == before && iac_is_set_value(v)) {
        if (v->deep_marks & IAC_SENSITIVE)
            return IAC_STR("The error message included a sensitive value, so it will not be displayed.");
        if (v->deep_marks & IAC_EPHEMERAL)
            return IAC_STR("The error message included an ephemeral value, so it will not be displayed.");
        text = iac_str_trim(v->string);
    }
    return text.n ? text : IAC_STR("Failed to evaluate condition error message.");
}

/* Whether the message can be made: a fault in it shows before it is needed. In JSON such a one is literal text. */
static bool message_holds(iac_worker *worker, iac_place *place, const iac_expr *expr)
{
    size_t errors = worker->diags.errors;
    if (!expr->from_json)
        (void)iac_eval(&place->scope, expr, worker->scratch, &worker->diags);
    return worker->diags.errors == errors;
}

/* Whether all that the variable's rules refer to is there. */
static bool rules_admitted(iac_worker *worker, iac_place *place, iac_conditions rules)
{
    size_t errors = worker->diags.errors;
    const iac_expr **exprs = iac_arena_array(worker->scratch, const iac_expr *, 2 * rules.n);
    for (size_t i = 0; i < rules.n; i++) {
        exprs[2 * i] = rules.v[i].condition;
        exprs[2 * i + 1] = rules.v[i].error_message;
    }
    iac_place_check(worker, place, exprs, 2 * rules.n);
    return worker->diags.errors == errors;
}

bool iac_visit_validations(iac_worker *worker, iac_place *place, const iac_variable_config *variable, iac_range given,
                           iac_subject subject)
{
    bool ok = true;
    if (worker->run->validating && !rules_admitted(worker, place, variable->validations))
        return false;
    for (size_t i = 0; i < variable->validations.n; i++) {
        const iac_condition *rule = &variable->validations.v[i];
        int is_true = truth(worker, place, rule->condition, true);
        if ((is_true == 1 || is_true == -1) && !message_holds(worker, place, rule->error_message))
            is_true = -2;
        if (is_true)
            iac_note_check(worker, &subject, i, is_true == 1 ? 'p' : is_true == -1 ? 'u' : 'e', (iac_str){ 0 });
        if (is_true == 1 || is_true == -1)
            continue;
        ok = false;
        if (is_true == -2)
            continue;
        iac_str text = validation_message(worker, place, rule->error_message);
        iac_note_check(worker, &subject, i, 'f', text);
        iac_str at = iac_range_place(worker->scratch, rule->range);
        iac_diag *diag = iac_diag_error(
            &worker->diags, given.src ? given : variable->range, "Invalid value for variable",
            "%.*s\n\nThis was checked by the validation rule at %.*s.", IAC_FMT(text), IAC_FMT(at));
        explain(worker, place, rule->condition, diag);
        name_checked(worker, &subject, worker->diags.list.n - 1);
    }
    return ok;
}

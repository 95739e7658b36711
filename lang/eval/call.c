/* Function calls: builtin, of providers, and try() and can(), which look at expressions. */
#include <stdlib.h>
#include <string.h>

#include "lang/eval/eval_internal.h"
#include "lang/value/text.h"

enum { FEW_ARGS = 8 };

struct call { /* with its arguments evaluated */
    struct eval *ev;
    const iac_expr *expr;
    const iac_func *func; /* NULL: a provider's */
    const iac_value **args;
    size_t n;
    const iac_value *few[FEW_ARGS];
    bool failed; /* an argument had errors */
};

static bool in_for(const struct eval *ev)
{
    for (const struct frame *frame = ev->frames; frame; frame = frame->up)
        if (!frame->item)
            return true;
    return false;
}

static iac_diag *call_error(struct call *call, iac_range subject, const iac_expr *about, const char *summary,
                            iac_str detail)
{
    struct eval *ev = call->ev;
    iac_diag *diag = iac_eval_error_(ev, subject, call->expr->range, about, summary, "%.*s", IAC_FMT(detail));
    if (call->func && !ev->quiet) {
        diag->function = iac_arena_str(ev->diags->arena, call->expr->call.name);
        if (in_for(ev)) /* where names stand for elements, Terraform does not know its functions by name */
            return diag;
        diag->signature = iac_func_signature(ev->diags->arena, call->func);
        diag->signature_json = iac_func_signature_json(ev->diags->arena, call->func);
    }
    return diag;
}

/* ---- try and can ---- */

static const iac_value *speculate(struct eval *ev, const iac_expr *expr, iac_diags *diags, bool *ret_failed)
{
    size_t errors = 0;
    iac_diags *outer = ev->diags;
    bool quiet = ev->quiet;
    ev->diags = diags;
    ev->quiet = true;
    const iac_value *v = iac_eval_counted_(ev, expr, &errors);
    ev->diags = outer;
    ev->quiet = quiet;
    *ret_failed = errors > 0;
    return v;
}

static iac_str failures(iac_arena *arena, const iac_diags *diags)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&buf, "no expression succeeded:\n");
    for (size_t i = 0; i < diags->list.n; i++) {
        const iac_diag *diag = &diags->list.v[i];
        iac_str place = iac_range_place(arena, diag->subject);
        iac_buf_printf(&buf, "- %.*s", IAC_FMT(diag->summary));
        if (place.n > 0)
            iac_buf_printf(&buf, " (at %.*s)", IAC_FMT(place));
        iac_buf_printf(&buf, "\n  %.*s\n", IAC_FMT(diag->detail));
    }
    iac_buf_cstr(&buf, "\nAt least one expression must produce a successful result");
    iac_str text = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

static const iac_value *eval_try(struct call *call)
{
    struct eval *ev = call->ev;
    const iac_expr *expr = call->expr;
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_value *result = NULL;
    size_t hard = ev->hard_diags->errors;
    for (size_t i = 0; i < expr->call.arg_count && !result; i++) {
        bool failed;
        const iac_value *v = speculate(ev, expr->call.args[i], &diags, &failed);
        if (failed)
            continue;
        /* what is not wholly known may still fail once it is */
        result = iac_is_wholly_known(v) ? v : iac_value_mark(ev->arena, &iac_unknown_dynamic, v->marks);
    }
    if (!result && ev->hard_diags->errors == hard) {
        iac_str detail;
        if (expr->call.arg_count == 0)
            detail = IAC_STR("Call to function \"try\" failed: at least one argument is required.");
        else
            detail = iac_arena_printf(ev->arena, "Call to function \"%.*s\" failed: %.*s.", IAC_FMT(expr->call.name),
                                      IAC_FMT(failures(ev->arena, &diags)));
        call_error(call, iac_expr_start(expr), expr, "Error in function call", detail);
    }
    iac_diags_clear(&diags);
    return result ? result : &iac_unknown_dynamic;
}

static const iac_value *eval_can(struct call *call)
{
    struct eval *ev = call->ev;
    bool failed;
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_value *v = speculate(ev, call->expr->call.args[0], &diags, &failed);
    iac_diags_clear(&diags);
    if (failed)
        return &iac_false;
    if (iac_is_wholly_known(v))
        return &iac_true;
    return iac_value_unknown(ev->arena, &iac_type_bool);
}

/* ---- arguments ---- */

static void fit(struct call *call, size_t n)
{
    call->args = n <= FEW_ARGS ? call->few : iac_arena_array(call->ev->arena, const iac_value *, n);
}

static const iac_value *eval_arg(struct call *call, const iac_expr *expr)
{
    size_t errors = 0;
    const iac_value *v = iac_eval_counted_(call->ev, expr, &errors);
    call->failed |= errors > 0;
    return v;
}

/* Whether v may stand for the rest of the arguments; false after an error. */
static bool check_expanding(struct call *call, const iac_value *v, const iac_expr *about)
{
    bool sequence = v->kind == IAC_TUPLE || v->kind == IAC_LIST || v->kind == IAC_SET;
    iac_str problem = { 0 };
    if (iac_is_null(v) && (sequence || v->kind == IAC_DYNAMIC))
        problem = IAC_STR("The expanding argument (indicated by ...) must not be null.");
    else if (!sequence && v->kind != IAC_DYNAMIC)
        problem = IAC_STR("The expanding argument (indicated by ...) must be of a tuple, list, or set type.");
    if (problem.n > 0) {
        call_error(call, about->range, about, "Invalid expanding argument value", problem);
        return false;
    }
    return true;
}

/* false: after an error, or when the arguments are not all known to be there. */
static bool eval_args(struct call *call)
{
    const iac_expr *expr = call->expr;
    size_t written = expr->call.arg_count;
    if (!expr->call.expand_final) {
        fit(call, written);
        for (size_t i = 0; i < written; i++)
            call->args[call->n++] = eval_arg(call, expr->call.args[i]);
        return true;
    }
    const iac_expr *last = expr->call.args[written - 1];
    const iac_value *v = eval_arg(call, last);
    if (call->failed || !check_expanding(call, v, last))
        return false;
    bool known = iac_is_set_value(v);
    fit(call, written - 1 + (known ? v->n : 0));
    for (size_t i = 0; i + 1 < written; i++)
        call->args[call->n++] = eval_arg(call, expr->call.args[i]);
    for (size_t i = 0; known && i < v->n; i++)
        call->args[call->n++] = iac_value_mark(call->ev->arena, v->items[i], v->marks);
    return known;
}

/* Of a call that looks at expressions: the same call with the values that the last argument expands to written out.
 * NULL: after an error, or when they are not known. */
static const iac_expr *written_out(struct call *call)
{
    iac_arena *arena = call->ev->arena;
    const iac_expr *expr = call->expr;
    if (!expr->call.expand_final)
        return expr;
    size_t written = expr->call.arg_count - 1;
    const iac_expr *last = expr->call.args[written];
    const iac_value *v = eval_arg(call, last);
    if (call->failed || !check_expanding(call, v, last) || iac_is_unknown(v))
        return NULL;
    const iac_expr **args = iac_arena_array(arena, const iac_expr *, written + v->n + 1);
    for (size_t i = 0; i < written; i++)
        args[i] = expr->call.args[i];
    for (size_t i = 0; i < v->n; i++) {
        iac_expr *item = iac_arena_new_of(arena, iac_expr);
        item->kind = IAC_EXPR_LITERAL;
        item->range = last->range;
        item->literal = iac_value_mark(arena, v->items[i], v->marks);
        args[written + i] = item;
    }
    iac_expr *copy = iac_arena_new_of(arena, iac_expr);
    *copy = *expr;
    copy->call.args = args;
    copy->call.arg_count = written + v->n;
    copy->call.expand_final = false;
    return copy;
}

/* The expression that gave argument i. */
static const iac_expr *arg_expr(const struct call *call, size_t i)
{
    size_t written = call->expr->call.arg_count;
    return call->expr->call.args[i < written ? i : written - 1];
}

static bool check_count(struct call *call, size_t n)
{
    const iac_expr *expr = call->expr;
    const iac_func *func = call->func;
    if (n < func->param_count) {
        call_error(call, expr->call.close_range, expr, "Not enough function arguments",
                   iac_arena_printf(call->ev->arena,
                                    "Function \"%.*s\" expects%s %zu argument(s). Missing value for \"%s\".",
                                    IAC_FMT(expr->call.name), func->variadic ? " at least" : "", func->param_count,
                                    func->params[n].name));
        return false;
    }
    if (n > func->param_count && !func->variadic) {
        size_t first = func->param_count;
        bool expanded = expr->call.expand_final && first + 1 >= expr->call.arg_count;
        const iac_expr *arg = arg_expr(call, first);
        call_error(call, expanded ? arg->range : iac_expr_start(arg), expr, "Too many function arguments",
                   iac_arena_printf(call->ev->arena, "Function \"%.*s\" expects only %zu argument(s).",
                                    IAC_FMT(expr->call.name), func->param_count));
        return false;
    }
    return true;
}

/* ---- calls ---- */

static void report_arg(struct call *call, size_t i, iac_str text)
{
    const iac_expr *expr = call->expr;
    iac_str detail = iac_arena_printf(call->ev->arena, "Invalid value for \"%s\" parameter: %.*s.",
                                      iac_func_param(call->func, i)->name, IAC_FMT(text));
    if (i >= call->n) {
        call_error(call, expr->range, expr, "Invalid function argument", detail);
        return;
    }
    const iac_expr *arg = arg_expr(call, i);
    bool expanded = expr->call.expand_final && i + 1 >= expr->call.arg_count;
    if (expanded) /* an element of the argument: the whole of it is pointed at, its references say little */
        call_error(call, arg->range, NULL, "Invalid function argument", detail);
    else
        call_error(call, iac_expr_start(arg), arg, "Invalid function argument", detail);
}

/* Tells of each argument that has the wrong type. */
static bool report_types(struct call *call)
{
    iac_arena *arena = call->ev->arena;
    bool told = false;
    for (size_t i = 0; i < call->n; i++) {
        iac_str text;
        if (iac_convert(arena, call->args[i], iac_func_param(call->func, i)->type, &text, NULL))
            continue;
        report_arg(call, i, text);
        told = true;
    }
    return told;
}

/* Of arguments that have the wrong type, each is told; else what the function says. */
static void report(struct call *call, const iac_func_error *error)
{
    const iac_expr *expr = call->expr;
    iac_arena *arena = call->ev->arena;
    if (report_types(call))
        return;
    if (error->arg != IAC_FUNC_NO_ARG && iac_func_param(call->func, error->arg)) {
        report_arg(call, error->arg, error->text);
        return;
    }
    call_error(call, iac_expr_start(expr), expr, "Error in function call",
               iac_arena_printf(arena, "Call to function \"%.*s\" failed: %.*s.", IAC_FMT(expr->call.name),
                                IAC_FMT(error->text)));
}

/* false after an error, or when the result is unknown anyway. */
static bool check_templatestring(struct call *call)
{
    if (call->n == 0 || !iac_str_is(iac_str_of(call->func->name), "templatestring"))
        return true;
    const iac_value *v = call->args[0];
    const char *problem = iac_templatestring_problem_(arg_expr(call, 0));
    if (!problem && call->n == 2 && iac_is_unknown(call->args[1]) && call->args[1]->kind == IAC_DYNAMIC)
        return false; /* nothing is known of the result, not even its type */
    if (!problem && iac_is_unknown(v)) /* of whatever type */
        return v->kind == IAC_STRING || v->kind == IAC_DYNAMIC;
    if (!problem && v->kind != IAC_STRING && v->kind != IAC_DYNAMIC)
        problem = "invalid template value: a string is required";
    if (problem)
        report_arg(call, 0, iac_str_of(problem));
    return !problem;
}

static const iac_value *call_builtin(struct call *call)
{
    struct eval *ev = call->ev;
    size_t written = call->expr->call.arg_count;
    if (!call->expr->call.expand_final && !check_count(call, written))
        return &iac_unknown_dynamic;
    if (!eval_args(call))
        return &iac_unknown_dynamic;
    if (call->expr->call.expand_final && !check_count(call, call->n))
        return &iac_unknown_dynamic;
    if (call->failed) /* those that could not be evaluated are unknown here, and so of no wrong type */
        report_types(call);
    if (call->failed || !check_templatestring(call))
        return &iac_unknown_dynamic;
    iac_func_error error = { .arg = IAC_FUNC_NO_ARG };
    const iac_value *v = iac_func_call(ev->arena, call->func, call->args, call->n, ev->scope->functions, &error);
    if (v)
        return v;
    report(call, &error);
    return &iac_unknown_dynamic;
}

static const iac_value *call_provider(struct call *call, iac_str provider, iac_str function)
{
    struct eval *ev = call->ev;
    const iac_expr *expr = call->expr;
    if (!ev->scope->call_provider) {
        call_error(
            call, expr->call.name_range, NULL, "Unknown provider function",
            iac_arena_printf(ev->arena,
                             "There is no function named \"%.*s\". Ensure that provider name \"%.*s\" is declared "
                             "in this module's required_providers block, and that this provider offers a function "
                             "named \"%.*s\".",
                             IAC_FMT(expr->call.name), IAC_FMT(provider), IAC_FMT(function)));
        return &iac_unknown_dynamic;
    }
    if (!eval_args(call) || call->failed)
        return &iac_unknown_dynamic;
    const iac_value *v = ev->scope->call_provider(ev->scope->user, provider, function, call->args, call->n,
                                                  iac_expr_start(expr), ev->arena, ev->diags);
    return v ? v : &iac_unknown_dynamic;
}

static iac_str suggest(struct eval *ev, iac_str name)
{
    size_t n;
    const iac_func *all = iac_func_all(&n);
    iac_str *names = iac_arena_array(ev->arena, iac_str, n + 1);
    for (size_t i = 0; i < n; i++)
        names[i] = iac_str_of(all[i].name);
    iac_str nearest = iac_str_nearest(name, names, n);
    return nearest.n == 0 ? nearest : iac_arena_printf(ev->arena, " Did you mean \"%.*s\"?", IAC_FMT(nearest));
}

static const iac_value *unknown_function(struct call *call)
{
    struct eval *ev = call->ev;
    const iac_expr *expr = call->expr;
    call_error(call, expr->call.name_range, expr, "Call to unknown function",
               iac_arena_printf(ev->arena, "There is no function named \"%.*s\".%.*s", IAC_FMT(expr->call.name),
                                IAC_FMT(suggest(ev, expr->call.name))));
    return &iac_unknown_dynamic;
}

/* NAMESPACE::... */
static const iac_value *call_namespaced(struct call *call, size_t colons)
{
    struct eval *ev = call->ev;
    iac_str name = call->expr->call.name;
    iac_str space = iac_str_sub(name, 0, colons), rest = iac_str_sub(name, colons + 2, name.n);
    size_t second = iac_str_find(rest, IAC_STR("::"), 0);
    if (!iac_str_is(space, "provider")) {
        call_error(
            call, call->expr->call.name_range, NULL, "Unknown provider function",
            iac_arena_printf(ev->arena,
                             "The function namespace \"%.*s\" is not valid. Provider function calls must use the "
                             "\"provider::\" namespace prefix.",
                             IAC_FMT(space)));
        return &iac_unknown_dynamic;
    }
    if (second == SIZE_MAX || second == 0 || second + 2 == rest.n) {
        call_error(call, call->expr->call.name_range, NULL, "Unknown provider function",
                   IAC_STR("The function call must include the provider name after the \"provider::\" prefix."));
        return &iac_unknown_dynamic;
    }
    return call_provider(call, iac_str_sub(rest, 0, second), iac_str_sub(rest, second + 2, rest.n));
}

const iac_value *iac_eval_call_(struct eval *ev, const iac_expr *expr)
{
    struct call call = { .ev = ev, .expr = expr };
    if (!ev->scope) {
        iac_eval_error_(ev, expr->range, IAC_NO_RANGE, NULL, "Function calls not allowed",
                        "Functions may not be called here.");
        return &iac_unknown_dynamic;
    }
    call.func = iac_func_find(expr->call.name);
    if (!call.func) {
        size_t colons = iac_str_find(expr->call.name, IAC_STR("::"), 0);
        return colons == SIZE_MAX ? unknown_function(&call) : call_namespaced(&call, colons);
    }
    if (call.func->body)
        return call_builtin(&call);
    call.expr = written_out(&call);
    if (!call.expr)
        return &iac_unknown_dynamic;
    if (iac_str_is(iac_str_of(call.func->name), "try"))
        return eval_try(&call);
    return check_count(&call, call.expr->call.arg_count) ? eval_can(&call) : &iac_unknown_dynamic;
}

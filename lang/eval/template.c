/* Templates: parts to one string, and templates that functions render. */
#include <string.h>

#include "lang/eval/eval_internal.h"
#include "lang/syntax/parser.h"
#include "lang/value/text.h"

/* ASCII characters that nothing after them combines with. */
static bool ends_cluster(char c)
{
    return strchr("-_:;/\\,.(){}|?!~ \t@#$%^&*+\"'", c) && c != '\0';
}

iac_str iac_safe_prefix_(iac_str text)
{
    if (text.n == 0 || ends_cluster(text.p[text.n - 1]))
        return text;
    size_t last = 0;
    for (size_t at = 0, step; at < text.n && (step = iac_grapheme_next(text, at)) > 0; at += step)
        last = at;
    return iac_str_sub(text, 0, last);
}

static const iac_value *unknown_string(struct eval *ev, iac_str prefix)
{
    enum { MAX_PREFIX = 128 };
    iac_refinement known = { .not_null = true, .length_max = INT64_MAX };
    if (prefix.n > MAX_PREFIX) {
        prefix.n = MAX_PREFIX;
        while (prefix.n > 0 && ((unsigned char)prefix.p[prefix.n] & 0xc0) == 0x80)
            prefix.n--;
    }
    known.prefix = iac_arena_str(ev->arena, iac_safe_prefix_(prefix));
    return iac_value_refined(ev->arena, &iac_type_string, &known);
}

struct rendering {
    iac_buf buf;
    uint8_t marks;
    bool known; /* every part so far is known */
    bool failed;
};

static void add_part(struct eval *ev, const iac_expr *expr, const iac_expr *part, struct rendering *r)
{
    size_t errors = 0;
    const iac_value *v = iac_eval_counted_(ev, part, &errors);
    r->failed |= errors > 0;
    if (iac_is_null(v)) {
        iac_eval_error_(ev, part->range, expr->range, part, "Invalid template interpolation value",
                        "The expression result is null. Cannot include a null value in a string template.");
        r->failed = true;
        return;
    }
    r->marks |= v->marks;
    if (iac_is_unknown(v)) {
        r->known = false;
        return;
    }
    iac_str error;
    const iac_value *text = v->kind == IAC_STRING ? v : iac_convert(ev->arena, v, &iac_type_string, &error, NULL);
    if (!text) {
        iac_eval_error_(ev, part->range, expr->range, part, "Invalid template interpolation value",
                        "Cannot include the given value in a string template: %.*s.", IAC_FMT(error));
        r->failed = true;
        return;
    }
    if (r->known && !r->failed)
        iac_buf_str(&r->buf, text->string);
}

const iac_value *iac_eval_template_(struct eval *ev, const iac_expr *expr)
{
    size_t n = expr->tmpl.part_count;
    if (n == 0)
        return iac_value_cstr(ev->arena, "");
    if (n == 1 && expr->tmpl.parts[0]->kind == IAC_EXPR_LITERAL && expr->tmpl.parts[0]->literal->kind == IAC_STRING)
        return expr->tmpl.parts[0]->literal;
    struct rendering r = { .known = true };
    iac_buf_init(&r.buf, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < n; i++)
        add_part(ev, expr, expr->tmpl.parts[i], &r);
    const iac_value *v;
    if (r.known)
        v = iac_value_string(ev->arena, iac_buf_view(&r.buf));
    else
        v = unknown_string(ev, r.failed ? (iac_str){ 0 } : iac_buf_view(&r.buf));
    iac_buf_clear(&r.buf);
    return iac_value_mark(ev->arena, v, r.marks);
}

/* ---- templatefile and templatestring ---- */

static bool is_reference(const iac_expr *expr)
{
    for (;;) {
        if (expr->kind == IAC_EXPR_ATTR)
            expr = expr->attr.operand;
        else if (expr->kind == IAC_EXPR_INDEX)
            expr = expr->index.operand;
        else if (expr->kind == IAC_EXPR_SPLAT)
            expr = expr->splat.operand;
        else
            return expr->kind == IAC_EXPR_ROOT;
    }
}

const char *iac_templatestring_problem_(const iac_expr *expr)
{
    iac_str text;
    if (is_reference(expr))
        return NULL;
    if (iac_literal_text_(expr, &text))
        return "invalid template expression: templatestring is only for rendering templates retrieved dynamically from "
               "elsewhere, and so does not support providing a literal template; consider using a template string "
               "expression instead";
    if (expr->kind == IAC_EXPR_TEMPLATE)
        return "invalid template expression: templatestring is only for rendering templates retrieved dynamically from "
               "elsewhere; to render an inline template, consider using a plain template string expression";
    if (expr->kind == IAC_EXPR_TEMPLATE_WRAP)
        return "invalid template expression: templatestring is only for rendering templates retrieved dynamically from "
               "elsewhere; to treat the inner expression as template syntax, write the reference expression directly "
               "without any template interpolation syntax";
    return "invalid template expression: must be a direct reference to a single string from elsewhere, containing "
           "valid "
           "Terraform template syntax";
}

struct check { /* whether vars has every name that the template mentions */
    const iac_value *vars;
    iac_arena *arena;
    iac_str error; /* the first that is missing */
};

static void check_name(void *arg, const iac_expr *top, const iac_expr *root)
{
    struct check *check = arg;
    (void)top;
    if (check->error.n == 0 && !iac_value_get(check->vars, root->root))
        check->error = iac_arena_printf(check->arena, "vars map does not contain key \"%.*s\", referenced at %.*s",
                                        IAC_FMT(root->root), IAC_FMT(iac_range_place(check->arena, root->range)));
}

static iac_str first_error(iac_arena *arena, const iac_diags *diags)
{
    size_t i = 0;
    while (i < diags->list.n && diags->list.v[i].severity != IAC_ERROR)
        i++;
    const iac_diag *diag = &diags->list.v[i];
    iac_str text = iac_arena_printf(arena, "%.*s: %.*s; %.*s", IAC_FMT(iac_range_place(arena, diag->subject)),
                                    IAC_FMT(diag->summary), IAC_FMT(diag->detail));
    if (diags->list.n > 1)
        text = iac_arena_printf(arena, "%.*s, and %zu other diagnostic(s)", IAC_FMT(text), diags->list.n - 1);
    return text;
}

/* With functions but without templates within templates. */
static const iac_value *evaluate(const iac_scope *scope, iac_arena *arena, const iac_expr *expr, const iac_value *vars,
                                 iac_diags *diags)
{
    iac_func_context functions = { 0 };
    iac_scope inner = { .functions = &functions };
    if (scope) {
        inner.user = scope->user;
        inner.call_provider = scope->call_provider;
        if (scope->functions)
            functions = *scope->functions;
    }
    functions.render = NULL;
    struct eval ev = {
        .scope = &inner,
        .arena = arena,
        .diags = diags,
        .hard_diags = diags,
        .vars = vars,
        .quiet = true,
    };
    const iac_value *v = iac_eval_node_(&ev, expr);
    iac_vec_clear(&ev.failed);
    return v;
}

const iac_value *iac_eval_render(void *scope, iac_arena *arena, iac_str name, iac_str text, const iac_value *vars,
                                 iac_str *ret_error)
{
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_value *v = NULL;
    const iac_expr *expr = iac_parse_template(arena, iac_source_new(arena, name, text), &diags);
    struct check check = { .vars = vars, .arena = arena };
    if (!iac_diags_has_errors(&diags))
        iac_walk_names_(expr, check_name, &check);
    if (!iac_diags_has_errors(&diags) && check.error.n == 0)
        v = evaluate(scope, arena, expr, vars, &diags);
    if (check.error.n > 0) {
        v = NULL;
        *ret_error = check.error;
    } else if (iac_diags_has_errors(&diags)) {
        v = NULL;
        *ret_error = first_error(arena, &diags);
    }
    iac_diags_clear(&diags);
    return v;
}

/* What a diagnostic tells of the values that took part in it. */
#include <math.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lang/eval/eval_internal.h"

enum { MAX_VALUES = 32, MAX_TRAVERSAL = 64 };

struct collector {
    struct eval *ev;
    unsigned show;
    iac_arena *texts;
    iac_diag_value values[MAX_VALUES];
    size_t n;
};

static bool is_constant_key(const iac_expr *key, iac_str *ret_text)
{
    return key->kind == IAC_EXPR_LITERAL || iac_literal_text_(key, ret_text);
}

static void print_quoted(iac_buf *out, iac_str s)
{
    iac_eval_print(out, &(iac_value){ .kind = IAC_STRING, .state = IAC_KNOWN, .string = s });
}

/* Numbers as Go's %g with ten digits prints them. */
static void print_number(iac_buf *out, const iac_value *v)
{
    int64_t whole;
    double near = iac_value_to_double(v);
    if (isinf(near)) { /* or too large for a double */
        iac_arena *scratch = iac_arena_new();
        iac_buf_str(out, iac_number_text(scratch, v));
        iac_arena_free(scratch);
        return;
    }
    if (iac_value_to_int(v, &whole) && whole > -10000000000 && whole < 10000000000)
        iac_buf_printf(out, "%lld", (long long)whole);
    else
        iac_buf_printf(out, "%.10g", near);
}

static void print_one_line(iac_buf *out, iac_str s)
{
    static const char hex[] = "0123456789abcdef";
    bool multi = iac_str_find_char(s, '\n', 0) != SIZE_MAX;
    if (!multi) {
        print_quoted(out, s);
        return;
    }
    iac_buf_char(out, '"'); /* the printer would make a heredoc of it */
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\n')
            iac_buf_cstr(out, "\\n");
        else if (c == '\t')
            iac_buf_cstr(out, "\\t");
        else if (c == '\r')
            iac_buf_cstr(out, "\\r");
        else if (c == '"' || c == '\\')
            iac_buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            iac_buf_printf(out, "\\x%c%c", hex[c >> 4], hex[c & 15]);
        else
            iac_buf_char(out, (char)c);
    }
    iac_buf_char(out, '"');
}

void iac_value_brief(iac_arena *arena, const iac_value *v, iac_buf *out)
{
    if (iac_is_null(v)) {
        iac_buf_cstr(out, "null");
        return;
    }
    switch ((iac_kind)v->kind) {
    case IAC_BOOL:
        iac_buf_cstr(out, v->boolean ? "true" : "false");
        return;
    case IAC_NUMBER:
        print_number(out, v);
        return;
    case IAC_STRING:
        print_one_line(out, v->string);
        return;
    case IAC_OBJECT:
        if (v->n == 0) {
            iac_buf_cstr(out, "object with no attributes");
        } else if (v->n == 1) {
            iac_buf_cstr(out, "object with 1 attribute ");
            print_quoted(out, v->keys[0]);
        } else {
            iac_buf_printf(out, "object with %zu attributes", v->n);
        }
        return;
    default:
        break;
    }
    iac_str name = iac_type_friendly(arena, iac_value_type(arena, v));
    if (v->n == 0)
        iac_buf_printf(out, "empty %.*s", IAC_FMT(name));
    else
        iac_buf_printf(out, "%.*s with %zu element%s", IAC_FMT(name), v->n, v->n == 1 ? "" : "s");
}

static void print_unknown(struct collector *c, iac_buf *out, const iac_value *v)
{
    enum { TOO_MANY = 1024 }; /* an upper bound beyond it says nothing to a reader */
    iac_str type = iac_type_friendly(c->ev->arena, v->type);
    iac_buf_printf(out, "is a %.*s", IAC_FMT(type));
    if (!(c->show & IAC_EXPLAIN_UNKNOWN))
        return;
    if (iac_type_is_collection(v->type) && v->refinement) {
        long long min = v->refinement->length_min, max = v->refinement->length_max;
        if (min == max)
            iac_buf_printf(out, " of length %lld", min);
        else if (min != 0 && max <= TOO_MANY)
            iac_buf_printf(out, " with between %lld and %lld elements", min, max);
        else if (min != 0)
            iac_buf_printf(out, " with at least %lld elements", min);
        else if (max <= TOO_MANY)
            iac_buf_printf(out, " with up to %lld elements", max);
    }
    iac_buf_cstr(out, ", known only after apply");
}

/* "is 5" and the like; false when nothing is to be said of the value. */
static bool print_statement(struct collector *c, iac_buf *out, const iac_value *v)
{
    if ((v->marks & IAC_EPHEMERAL) && !(c->show & IAC_EXPLAIN_EPHEMERAL))
        return false;
    if (v->marks & IAC_SENSITIVE) {
        if (!(c->show & IAC_EXPLAIN_SENSITIVE))
            return false;
        iac_buf_cstr(out, "has a sensitive value");
    } else if (v->marks & IAC_EPHEMERAL) {
        iac_buf_cstr(out, "has an ephemeral value");
        return true;
    } else if (iac_is_unknown(v) && v->kind == IAC_DYNAMIC) {
        if (!(c->show & IAC_EXPLAIN_UNKNOWN))
            return false;
        iac_buf_cstr(out, "will be known only after apply");
    } else if (iac_is_unknown(v)) {
        print_unknown(c, out, v);
    } else {
        iac_buf_cstr(out, "is ");
        iac_value_brief(c->ev->arena, v, out);
    }
    if (v->marks & IAC_EPHEMERAL)
        iac_buf_cstr(out, ", and is ephemeral");
    return true;
}

static void print_traversal(iac_buf *out, const iac_expr *const *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const iac_expr *step = steps[i];
        if (step->kind == IAC_EXPR_ROOT) {
            iac_buf_str(out, step->root);
        } else if (step->kind == IAC_EXPR_ATTR) {
            iac_buf_char(out, '.');
            iac_buf_str(out, step->attr.name);
        } else {
            iac_str text;
            iac_buf_char(out, '[');
            if (iac_literal_text_(step->index.key, &text))
                print_one_line(out, text);
            else if (step->index.key->literal->kind == IAC_NUMBER)
                print_number(out, step->index.key->literal);
            else
                iac_buf_cstr(out, "...");
            iac_buf_char(out, ']');
        }
    }
}

static bool seen(const struct collector *c, iac_str traversal)
{
    for (size_t i = 0; i < c->n; i++) {
        if (iac_str_eq(c->values[i].traversal, traversal))
            return true;
    }
    return false;
}

/* Tells of the longest part of the traversal that has a value. */
static void add_traversal(struct collector *c, const iac_expr *const *steps, size_t n)
{
    struct eval *ev = c->ev;
    for (; n > 1 && c->n < MAX_VALUES; n--) {
        size_t errors = 0;
        const iac_value *v = iac_eval_counted_(ev, steps[n - 1], &errors);
        if (errors > 0)
            continue;
        iac_buf name, statement;
        iac_buf_init(&name, IAC_BUF_UNLIMITED);
        iac_buf_init(&statement, IAC_BUF_UNLIMITED);
        print_traversal(&name, steps, n);
        if (!seen(c, iac_buf_view(&name)) && print_statement(c, &statement, v)) {
            c->values[c->n++] = (iac_diag_value){ iac_arena_str(c->texts, iac_buf_view(&name)),
                                                  iac_arena_str(c->texts, iac_buf_view(&statement)) };
        }
        iac_buf_clear(&name);
        iac_buf_clear(&statement);
        return;
    }
}

static void visit(struct collector *c, const iac_expr *expr, unsigned depth);

/* From the top of a traversal down: keys that are not constant end what is told as one. */
static void visit_traversal(struct collector *c, const iac_expr *expr, unsigned depth)
{
    const iac_expr *steps[MAX_TRAVERSAL];
    size_t n = 0;
    for (;;) {
        iac_str text;
        if (n == MAX_TRAVERSAL)
            n = 0;
        steps[MAX_TRAVERSAL - ++n] = expr;
        if (expr->kind == IAC_EXPR_INDEX) {
            if (!is_constant_key(expr->index.key, &text)) {
                visit(c, expr->index.key, depth + 1);
                n = 0;
            }
            expr = expr->index.operand;
        } else if (expr->kind == IAC_EXPR_ATTR) {
            expr = expr->attr.operand;
        } else {
            break;
        }
    }
    if (expr->kind == IAC_EXPR_ROOT)
        add_traversal(c, steps + MAX_TRAVERSAL - n, n);
    else
        visit(c, expr, depth + 1);
}

static void visit_all(struct collector *c, const iac_expr *const *exprs, size_t n, unsigned depth)
{
    for (size_t i = 0; i < n; i++)
        visit(c, exprs[i], depth);
}

static void visit(struct collector *c, const iac_expr *expr, unsigned depth)
{
    if (!expr || depth > MAX_DEPTH || c->n == MAX_VALUES)
        return;
    depth++;
    switch (expr->kind) {
    case IAC_EXPR_ERROR:
    case IAC_EXPR_LITERAL:
    case IAC_EXPR_SPLAT_ITEM:
        return;
    case IAC_EXPR_TEMPLATE:
        visit_all(c, expr->tmpl.parts, expr->tmpl.part_count, depth);
        return;
    case IAC_EXPR_TEMPLATE_WRAP:
    case IAC_EXPR_PAREN:
        visit(c, expr->wrapped, depth);
        return;
    case IAC_EXPR_TEMPLATE_IF:
    case IAC_EXPR_CONDITIONAL:
        visit(c, expr->cond.condition, depth);
        visit(c, expr->cond.yes, depth);
        visit(c, expr->cond.no, depth);
        return;
    case IAC_EXPR_TUPLE:
        visit_all(c, expr->tuple.items, expr->tuple.n, depth);
        return;
    case IAC_EXPR_OBJECT:
        for (size_t i = 0; i < expr->object.n; i++) {
            if (!expr->object.items[i].bare_key)
                visit(c, expr->object.items[i].key, depth);
            visit(c, expr->object.items[i].value, depth);
        }
        return;
    case IAC_EXPR_FOR:
    case IAC_EXPR_TEMPLATE_FOR: /* its names have no value here; references to other things have */
        visit(c, expr->for_.collection, depth);
        visit(c, expr->for_.key, depth);
        visit(c, expr->for_.value, depth);
        visit(c, expr->for_.condition, depth);
        return;
    case IAC_EXPR_ROOT:
    case IAC_EXPR_ATTR:
    case IAC_EXPR_INDEX:
        visit_traversal(c, expr, depth);
        return;
    case IAC_EXPR_SPLAT:
        visit(c, expr->splat.operand, depth);
        visit(c, expr->splat.each, depth);
        return;
    case IAC_EXPR_UNARY:
        visit(c, expr->binary.right, depth);
        return;
    case IAC_EXPR_BINARY:
        visit(c, expr->binary.left, depth);
        visit(c, expr->binary.right, depth);
        return;
    case IAC_EXPR_CALL:
        visit_all(c, expr->call.args, expr->call.arg_count, depth);
        return;
    }
}

static int by_traversal(const void *a, const void *b)
{
    return iac_str_cmp(((const iac_diag_value *)a)->traversal, ((const iac_diag_value *)b)->traversal);
}

void iac_eval_add_values_(struct eval *ev, const iac_expr *expr, unsigned show, iac_diag *diag, iac_arena *texts)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    struct eval again = *ev; /* the same names, but errors go nowhere */
    again.diags = again.hard_diags = &ignored;
    again.quiet = true;
    memset(&again.failed, 0, sizeof(again.failed));
    struct collector c = { .ev = &again, .show = show, .texts = texts };
    visit(&c, expr, 0);
    if (c.n > 0) {
        qsort(c.values, c.n, sizeof(c.values[0]), by_traversal);
        diag->values = iac_arena_array(texts, iac_diag_value, c.n);
        memcpy(diag->values, c.values, c.n * sizeof(c.values[0]));
        diag->value_count = c.n;
    }
    iac_vec_clear(&again.failed);
    iac_diags_clear(&ignored);
}

iac_diag *iac_eval_error_(struct eval *ev, iac_range subject, iac_range context, const iac_expr *expr,
                          const char *summary, const char *detail, ...)
{
    va_list args;
    va_start(args, detail);
    iac_str text = iac_arena_vprintf(ev->arena, detail, args);
    va_end(args);
    iac_diag *diag = iac_diag_error(ev->diags, subject, summary, "%.*s", IAC_FMT(text));
    diag->context = context;
    if (expr && !ev->quiet)
        iac_eval_add_values_(ev, expr, 0, diag, ev->diags->arena);
    return diag;
}

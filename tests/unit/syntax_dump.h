/* tests/unit/syntax_dump.h - prints syntax trees on one line, so that tests can compare them. */
#ifndef IAC_TESTS_SYNTAX_DUMP_H
#define IAC_TESTS_SYNTAX_DUMP_H
#include "lang/syntax/parser.h"

static const char *const dump_ops[] = { "-", "!", "*", "/", "%", "+", "-", ">", ">=", "<", "<=", "==", "!=", "&&",
                                        "||" };

static void dump_expr(iac_buf *out, const iac_expr *e);

static void dump_list(iac_buf *out, const iac_expr *const *items, size_t n, const char *separator)
{
    for (size_t i = 0; i < n; i++) {
        iac_buf_cstr(out, i ? separator : "");
        dump_expr(out, items[i]);
    }
}

static void dump_literal(iac_buf *out, const iac_value *v)
{
    iac_arena *arena = iac_arena_new();
    if (v->state == IAC_NULL)
        iac_buf_cstr(out, "null");
    else if (v->kind == IAC_STRING)
        iac_buf_printf(out, "'%.*s'", IAC_FMT(v->string));
    else if (v->kind == IAC_NUMBER)
        iac_buf_str(out, iac_number_text(arena, v));
    else
        iac_buf_cstr(out, v->boolean ? "true" : "false");
    iac_arena_free(arena);
}

static void dump_for(iac_buf *out, const iac_expr *e)
{
    iac_buf_printf(out, "for(%.*s%s%.*s in ", IAC_FMT(e->for_.key_var), e->for_.key_var.n ? "," : "",
                   IAC_FMT(e->for_.value_var));
    dump_expr(out, e->for_.collection);
    iac_buf_cstr(out, ": ");
    if (e->for_.key) {
        dump_expr(out, e->for_.key);
        iac_buf_cstr(out, " => ");
    }
    dump_expr(out, e->for_.value);
    iac_buf_cstr(out, e->for_.group ? "..." : "");
    if (e->for_.condition) {
        iac_buf_cstr(out, " if ");
        dump_expr(out, e->for_.condition);
    }
    iac_buf_char(out, ')');
}

static void dump_expr(iac_buf *out, const iac_expr *e)
{
    switch (e->kind) {
    case IAC_EXPR_ERROR:
        iac_buf_cstr(out, "ERROR");
        break;
    case IAC_EXPR_LITERAL:
        dump_literal(out, e->literal);
        break;
    case IAC_EXPR_TEMPLATE:
        iac_buf_char(out, '<');
        dump_list(out, e->tmpl.parts, e->tmpl.part_count, " ");
        iac_buf_char(out, '>');
        break;
    case IAC_EXPR_TEMPLATE_WRAP:
        iac_buf_cstr(out, "wrap(");
        dump_expr(out, e->wrapped);
        iac_buf_char(out, ')');
        break;
    case IAC_EXPR_PAREN:
        iac_buf_cstr(out, "paren(");
        dump_expr(out, e->wrapped);
        iac_buf_char(out, ')');
        break;
    case IAC_EXPR_TEMPLATE_IF:
    case IAC_EXPR_CONDITIONAL:
        iac_buf_cstr(out, "if(");
        dump_expr(out, e->cond.condition);
        iac_buf_cstr(out, ", ");
        dump_expr(out, e->cond.yes);
        if (e->cond.no) {
            iac_buf_cstr(out, ", ");
            dump_expr(out, e->cond.no);
        }
        iac_buf_char(out, ')');
        break;
    case IAC_EXPR_TUPLE:
        iac_buf_char(out, '[');
        dump_list(out, e->tuple.items, e->tuple.n, ", ");
        iac_buf_char(out, ']');
        break;
    case IAC_EXPR_OBJECT:
        iac_buf_char(out, '{');
        for (size_t i = 0; i < e->object.n; i++) {
            iac_buf_cstr(out, i ? ", " : "");
            iac_buf_cstr(out, e->object.items[i].bare_key ? "bare " : "");
            dump_expr(out, e->object.items[i].key);
            iac_buf_cstr(out, " = ");
            dump_expr(out, e->object.items[i].value);
        }
        iac_buf_char(out, '}');
        break;
    case IAC_EXPR_FOR:
    case IAC_EXPR_TEMPLATE_FOR:
        dump_for(out, e);
        break;
    case IAC_EXPR_ROOT:
        iac_buf_str(out, e->root);
        break;
    case IAC_EXPR_ATTR:
        dump_expr(out, e->attr.operand);
        iac_buf_printf(out, ".%.*s", IAC_FMT(e->attr.name));
        break;
    case IAC_EXPR_INDEX:
        dump_expr(out, e->index.operand);
        iac_buf_cstr(out, e->index.legacy ? "[legacy " : "[");
        dump_expr(out, e->index.key);
        iac_buf_char(out, ']');
        break;
    case IAC_EXPR_SPLAT:
        iac_buf_cstr(out, "splat(");
        dump_expr(out, e->splat.operand);
        iac_buf_cstr(out, ", ");
        dump_expr(out, e->splat.each);
        iac_buf_char(out, ')');
        break;
    case IAC_EXPR_SPLAT_ITEM:
        iac_buf_char(out, '@');
        break;
    case IAC_EXPR_UNARY:
        iac_buf_printf(out, "(%s", dump_ops[e->binary.op]);
        dump_expr(out, e->binary.right);
        iac_buf_char(out, ')');
        break;
    case IAC_EXPR_BINARY:
        iac_buf_char(out, '(');
        dump_expr(out, e->binary.left);
        iac_buf_printf(out, " %s ", dump_ops[e->binary.op]);
        dump_expr(out, e->binary.right);
        iac_buf_char(out, ')');
        break;
    case IAC_EXPR_CALL:
        iac_buf_printf(out, "%.*s(", IAC_FMT(e->call.name));
        dump_list(out, e->call.args, e->call.arg_count, ", ");
        iac_buf_cstr(out, e->call.expand_final ? "...)" : ")");
        break;
    }
}
#endif

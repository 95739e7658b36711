/* Shared by the tests of lang/eval: a scope of variables and resources, and results as text. Included by one program
 * each, after cmocka.h. */
#ifndef TESTS_UNIT_EVAL_HELPER_H
#define TESTS_UNIT_EVAL_HELPER_H
#include <stdlib.h>
#include <string.h>

#include "lang/eval/eval.h"
#include "lang/syntax/parser.h"

static iac_arena *arena;
static iac_diags diags;
static iac_map variables; /* name -> value: var.NAME */
static iac_map resources; /* "type.name" -> value of the whole object */
static size_t point_lookups, whole_lookups;
static iac_func_context functions;
static iac_scope scope;

static inline iac_str text_of_key(const iac_value *key)
{
    return key->kind == IAC_STRING ? key->string : iac_number_text(arena, key);
}

static inline const iac_value *look_up_resource(const iac_ref *ref, const iac_value *key, iac_arena *into,
                                                iac_diags *out)
{
    const iac_value *all = iac_map_get(&resources, iac_addr_text(into, ref->addr));
    int64_t index;
    if (!all) {
        iac_diag_error(out, ref->range, "Reference to undeclared resource", "No %.*s.",
                       IAC_FMT(iac_addr_text(into, ref->addr)));
        return NULL;
    }
    if (!key) {
        whole_lookups++;
        return all;
    }
    point_lookups++;
    const iac_value *item = iac_value_get(all, text_of_key(key));
    if (!item && all->kind == IAC_TUPLE && iac_value_to_int(key, &index) && index >= 0 && (size_t)index < all->n)
        item = all->items[index];
    if (!item)
        iac_diag_error(out, ref->range, "Invalid index", "No instance %.*s.", IAC_FMT(text_of_key(key)));
    return item;
}

static inline const iac_value *look_up(void *user, const iac_ref *ref, const iac_value *key, iac_arena *into,
                                       iac_diags *out)
{
    (void)user;
    if (ref->kind == IAC_REF_RESOURCE)
        return look_up_resource(ref, key, into, out);
    const iac_value *v = ref->kind == IAC_REF_VARIABLE ? iac_map_get(&variables, ref->name) : NULL;
    if (!v)
        iac_diag_error(out, ref->range, "Reference to undeclared object", "No %.*s.", IAC_FMT(iac_ref_text(into, ref)));
    return v;
}

static inline const iac_expr *parse(const char *text)
{
    return iac_parse_expression(arena, iac_source_new(arena, IAC_STR("t.tf"), iac_str_of(text)), &diags);
}

static inline const iac_value *eval(const char *text)
{
    return iac_eval(&scope, parse(text), arena, &diags);
}

static inline void set_variable(const char *name, const iac_value *v)
{
    iac_map_put(&variables, iac_str_of(name), (void *)v);
}

static inline int eval_set_up(void **state)
{
    (void)state;
    arena = iac_arena_new();
    functions = (iac_func_context){ .render = iac_eval_render, .render_arg = &scope };
    scope = (iac_scope){ .lookup = look_up, .functions = &functions };
    point_lookups = whole_lookups = 0;
    set_variable("text", iac_value_cstr(arena, "hello"));
    set_variable("number", iac_value_int(arena, 5));
    set_variable("null", &iac_null_dynamic);
    set_variable("list", eval("[1, 2, 3]"));
    set_variable("object", eval("{ a = 1, b = \"x\", c = { d = true } }"));
    set_variable("secret", iac_value_mark(arena, iac_value_cstr(arena, "s3"), IAC_SENSITIVE));
    set_variable("unknown", iac_value_unknown(arena, &iac_type_string));
    set_variable("any", &iac_unknown_dynamic);
    set_variable("unknown_list", iac_value_unknown(arena, iac_type_list(arena, &iac_type_number)));
    set_variable("unknown_bool", iac_value_unknown(arena, &iac_type_bool));
    iac_map_put(&resources, IAC_STR("test.one"), (void *)eval("{ id = \"i-1\" }"));
    iac_map_put(&resources, IAC_STR("test.many"), (void *)eval("[{ id = \"m0\" }, { id = \"m1\" }]"));
    iac_map_put(&resources, IAC_STR("test.each"), (void *)eval("{ x = { id = \"ex\" }, y = { id = \"ey\" } }"));
    return 0;
}

static inline int eval_tear_down(void **state)
{
    (void)state;
    iac_map_clear(&variables);
    iac_map_clear(&resources);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    mpfr_free_cache();
    return 0;
}

/* What diags hold: "Summary: detail", then " | traversal statement" for each value; one a line. Empties it. */
static inline const char *take_errors(void)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < diags.list.n; i++) {
        const iac_diag *diag = &diags.list.v[i];
        iac_buf_printf(&buf, "%s%.*s: %.*s", i > 0 ? "\n" : "", IAC_FMT(diag->summary), IAC_FMT(diag->detail));
        for (size_t j = 0; j < diag->value_count; j++)
            iac_buf_printf(&buf, " | %.*s %.*s", IAC_FMT(diag->values[j].traversal),
                           IAC_FMT(diag->values[j].statement));
    }
    const char *text = iac_arena_cstr(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    iac_diags_clear(&diags);
    return text;
}

/* The value on one line, or the errors. */
static inline const char *show(const iac_value *v)
{
    if (diags.list.n > 0)
        return take_errors();
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_eval_print(&buf, v);
    size_t n = 0;
    for (size_t i = 0; i < buf.n; i++) { /* line breaks and indents to single blanks */
        bool blank = buf.p[i] == '\n' || (buf.p[i] == ' ' && n > 0 && buf.p[n - 1] == ' ');
        if (!blank)
            buf.p[n++] = buf.p[i];
        else if (n > 0 && buf.p[n - 1] != ' ')
            buf.p[n++] = ' ';
    }
    const char *text = iac_arena_cstr(arena, (iac_str){ buf.p, n });
    iac_buf_clear(&buf);
    return text;
}

#define CHECK_EVAL(expression, expected) _assert_string_equal(show(eval(expression)), expected, __FILE__, __LINE__)
#endif

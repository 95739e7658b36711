#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "eval_helper.h"

static void test_eval_expr__operators_convert_what_they_take(void **state)
{
    (void)state;
    CHECK_EVAL("1 + 2 * 3", "7");
    CHECK_EVAL("\"1\" + 1", "2");
    CHECK_EVAL("5.5 % 2", "1.5");
    CHECK_EVAL("9223372036854775807 + 1", "9223372036854775808");
    CHECK_EVAL("1 == \"1\"", "false");
    CHECK_EVAL("!\"true\"", "false");
    CHECK_EVAL("1 + var.text", "Invalid operand: Unsuitable value for right operand: a number is required. | "
                               "var.text is \"hello\"");
    CHECK_EVAL("0 / 0", "Operation failed: Error during operation: can't divide zero by zero or infinity by infinity.");
    CHECK_EVAL("var.null > 1",
               "Operation failed: Error during operation: argument must not be null. | var.null is null");
}

static void test_eval_expr__the_deciding_operand_silences_the_other(void **state)
{
    (void)state;
    CHECK_EVAL("false && var.object.nope", "false");
    CHECK_EVAL("var.object.nope && false", "false");
    CHECK_EVAL("true || var.object.nope", "true");
    CHECK_EVAL(
        "true && var.object.nope",
        "Unsupported attribute: This object does not have an attribute named \"nope\". | var.object is object with "
        "3 attributes");
    CHECK_EVAL("false && nope.x", "Reference to undeclared resource: No nope.x.");
}

static void test_eval_expr__arms_of_a_conditional_unify(void **state)
{
    (void)state;
    CHECK_EVAL("true ? {a = 1} : {a = \"x\", b = 2}", "tomap({ \"a\" = \"1\" })");
    CHECK_EVAL("true ? [1] : []", "tolist([ 1, ])");
    CHECK_EVAL("true ? null : \"x\"", "tostring(null)");
    CHECK_EVAL("false ? var.object.nope : 1", "1");
    CHECK_EVAL(
        "true ? {a = 1} : \"x\"",
        "Inconsistent conditional result types: The true and false result expressions must have consistent types. "
        "The 'true' value is object, but the 'false' value is string.");
    CHECK_EVAL("var.null ? 1 : 2", "Null condition: The condition value is null. Conditions must either be true or "
                                   "false. | var.null is null");
    CHECK_EVAL("var.unknown_bool ? 1 : 2", "(known after apply)");
    CHECK_EVAL("(var.unknown_bool ? 1 : 2) > 0", "true");
    CHECK_EVAL("(var.unknown_bool ? 1 : 2) < 3", "true");
    CHECK_EVAL("(var.unknown_bool ? \"a\" : \"b\") == null", "false");
}

static void test_eval_expr__unknowns_spread(void **state)
{
    (void)state;
    CHECK_EVAL("\"a${var.unknown}b\"", "(known after apply)");
    CHECK_EVAL("\"a${var.unknown}b\" == null", "false");
    CHECK_EVAL("[var.unknown, 1]", "[ (known after apply), 1, ]");
    CHECK_EVAL("[for x in var.unknown_list : x]", "(known after apply)");
    CHECK_EVAL("var.unknown_list[*]", "(known after apply)");
    CHECK_EVAL("var.any.what.ever[0]", "(known after apply)");
    CHECK_EVAL("var.unknown[*]", "(known after apply)");
    CHECK_EVAL("{(var.unknown) = 1}", "(known after apply)");
    CHECK_EVAL("var.unknown_bool && false", "false");
    CHECK_EVAL("var.unknown_bool && true", "(known after apply)");
    CHECK_EVAL("var.object[var.unknown]", "(known after apply)");
    CHECK_EVAL("var.unknown.x", "Unsupported attribute: Can't access attributes on a primitive-typed value (string). | "
                                "var.unknown is a string");
}

static void test_eval_expr__marks_spread(void **state)
{
    (void)state;
    CHECK_EVAL("var.secret", "(sensitive value)");
    CHECK_EVAL("\"a${var.secret}\"", "(sensitive value)");
    CHECK_EVAL("[var.secret, 1]", "[ (sensitive value), 1, ]");
    CHECK_EVAL("[for x in [1] : x if var.secret == \"s3\"]", "(sensitive value)");
    CHECK_EVAL("{(var.secret) = 1}", "(sensitive value)");
    CHECK_EVAL("var.secret == \"s3\" ? 1 : 2", "(sensitive value)");
    CHECK_EVAL("var.object[var.secret == \"s3\" ? \"a\" : \"b\"]", "(sensitive value)");
    CHECK_EVAL("1 + var.secret", "Invalid operand: Unsuitable value for right operand: a number is required.");
}

static void test_eval_expr__for_and_splat(void **state)
{
    (void)state;
    CHECK_EVAL("[for i, x in var.list : \"${i}=${x}\" if x > 1]", "[ \"1=2\", \"2=3\", ]");
    CHECK_EVAL("{for x in var.list : x > 1 ? \"big\" : \"small\" => x...}",
               "{ \"big\" = [ 2, 3, ] \"small\" = [ 1, ] }");
    CHECK_EVAL(
        "{for x in var.list : \"k\" => x}",
        "Duplicate object key: Two different items produced the key \"k\" in this 'for' expression. If duplicates "
        "are expected, use the ellipsis (...) after the value expression to enable grouping by key.\n"
        "Duplicate object key: Two different items produced the key \"k\" in this 'for' expression. If duplicates "
        "are expected, use the ellipsis (...) after the value expression to enable grouping by key.");
    CHECK_EVAL("[for x in [{v = [{w = 1}]}, {v = []}] : x.v[*].w]", "[ [ 1, ], [], ]");
    CHECK_EVAL("var.null[*]", "[]");
    CHECK_EVAL("var.text[*]", "[ \"hello\", ]");
    CHECK_EVAL("[for x in var.list : [for y in var.list : x * y if y != x]]", "[ [ 2, 3, ], [ 2, 6, ], [ 3, 6, ], ]");
    CHECK_EVAL("[for x in var.number : x]",
               "Iteration over non-iterable value: A value of type number cannot be used as the collection in a 'for' "
               "expression. | var.number is 5");
}

static void test_eval_expr__an_instance_is_looked_up_alone(void **state)
{
    (void)state;
    CHECK_EVAL("test.each[\"x\"].id", "\"ex\"");
    CHECK_EVAL("test.many[1].id", "\"m1\"");
    CHECK_EVAL("[for k in [\"x\", \"y\"] : test.each[k].id]", "[ \"ex\", \"ey\", ]");
    assert_int_equal(point_lookups, 4);
    assert_int_equal(whole_lookups, 0);
    CHECK_EVAL("test.many[*].id", "[ \"m0\", \"m1\", ]");
    CHECK_EVAL("test.each[var.unknown].id", "(known after apply)");
    CHECK_EVAL("test.many[var.secret == \"s3\" ? 1 : 0].id", "(sensitive value)");
    CHECK_EVAL("test.one.id", "\"i-1\"");
    assert_int_equal(point_lookups, 4);
    assert_int_equal(whole_lookups, 4);
    CHECK_EVAL("test.many[7].id", "Invalid index: No instance 7. | test.many is tuple with 2 elements");
}

static void test_eval_expr__names_fail_once_and_even_where_errors_do_not_count(void **state)
{
    (void)state;
    CHECK_EVAL("[for x in var.list : nope.x]", "Reference to undeclared resource: No nope.x.");
    CHECK_EVAL("true ? 1 : nope.x", "Reference to undeclared resource: No nope.x.");
    CHECK_EVAL("try(nope.x, 1)", "Reference to undeclared resource: No nope.x.");
    CHECK_EVAL("try(test.many[7].id, \"none\")", "\"none\"");
    CHECK_EVAL("can(test.each[\"x\"].id)", "true");
}

static void test_eval_expr__without_a_scope_there_are_no_names(void **state)
{
    (void)state;
    iac_eval(NULL, parse("var.x"), arena, &diags);
    assert_string_equal(take_errors(), "Variables not allowed: Variables may not be used here.");
    iac_eval(NULL, parse("upper(\"x\")"), arena, &diags);
    assert_string_equal(take_errors(), "Function calls not allowed: Functions may not be called here.");
    assert_string_equal(show(iac_eval(NULL, parse("[for x in [1, 2] : x + 1]"), arena, &diags)), "[ 2, 3, ]");
}

static void test_eval_expr__diagnostics_carry_ranges(void **state)
{
    (void)state;
    eval("1 + var.object.nope");
    assert_int_equal(diags.list.n, 1);
    const iac_diag *diag = &diags.list.v[0];
    assert_int_equal(diag->subject.start, 14);
    assert_int_equal(diag->subject.end, 19);
    iac_diags_clear(&diags);
    eval("\"x\" ? 1 : 2");
    diag = &diags.list.v[0];
    assert_int_equal(diag->subject.end, 3);
    assert_int_equal(diag->context.end, 11);
    iac_diags_clear(&diags);
}

static void test_eval_expr__a_deep_expression_is_refused(void **state)
{
    (void)state;
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&buf, "1");
    for (int i = 0; i < 20000; i++)
        iac_buf_cstr(&buf, "+1");
    eval(buf.p);
    assert_true(iac_diags_has_errors(&diags));
    iac_diags_clear(&diags);
    iac_buf_reset(&buf);
    iac_buf_cstr(&buf, "var.any");
    for (int i = 0; i < 20000; i++)
        iac_buf_cstr(&buf, ".x");
    eval(buf.p); /* a long traversal is not deep */
    iac_diags_clear(&diags);
    iac_buf_clear(&buf);
}

static void test_eval_expr__templates_render_with_their_own_names(void **state)
{
    (void)state;
    iac_str error = { 0 };
    const iac_value *v =
        iac_eval_render(&scope, arena, IAC_STR("a.tpl"), IAC_STR("hi ${who}%{ for x in l } ${x}%{ endfor }"),
                        eval("{ who = \"you\", l = [1, 2] }"), &error);
    assert_string_equal(show(v), "\"hi you 1 2\"");
    v = iac_eval_render(&scope, arena, IAC_STR("a.tpl"), IAC_STR("${nope}"), &iac_empty_object, &error);
    assert_null(v);
    assert_string_equal(iac_arena_cstr(arena, error),
                        "vars map does not contain key \"nope\", referenced at a.tpl:1,3-7");
    v = iac_eval_render(&scope, arena, IAC_STR("a.tpl"), IAC_STR("x${1 + []}"), &iac_empty_object, &error);
    assert_null(v);
    assert_string_equal(iac_arena_cstr(arena, error),
                        "a.tpl:1,8-10: Invalid operand; Unsuitable value for right operand: number required.");
}

static void collect(void *arg, const iac_ref *ref)
{
    iac_buf *buf = arg;
    iac_buf_printf(buf, "%.*s%s%.*s ", IAC_FMT(iac_ref_text(arena, ref)), ref->key ? "[]" : "",
                   IAC_FMT(ref->attribute));
}

static void test_eval_expr__references_are_found_without_evaluating(void **state)
{
    (void)state;
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_expr_refs(arena,
                  parse("[for v in var.a : v.x + test.b[var.k].id if local.c] == data.d.e ? module.m[0].out : "
                        "\"${each.key}${v.w}\""),
                  collect, &buf, &diags);
    assert_string_equal(buf.p, "var.a test.b[]id var.k local.c data.d.e module.m.out[]out each.key v.w ");
    iac_buf_clear(&buf);
    assert_int_equal(diags.list.n, 0);
}

static void test_eval_expr__paths_are_static(void **state)
{
    (void)state;
    iac_path path;
    assert_true(iac_expr_path(arena, parse("tags[\"a b\"].c[0]"), &path, &diags));
    assert_int_equal(path.n, 4);
    assert_int_equal(path.steps[1].kind, IAC_STEP_KEY);
    assert_int_equal(path.steps[3].index, 0);
    assert_false(iac_expr_path(arena, parse("tags[var.x]"), &path, &diags));
    assert_false(iac_expr_path(arena, parse("1 + 2"), &path, &diags));
    iac_diags_clear(&diags);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(test_eval_expr__##name, eval_set_up, eval_tear_down)
    const struct CMUnitTest tests[] = {
        T(operators_convert_what_they_take),
        T(the_deciding_operand_silences_the_other),
        T(arms_of_a_conditional_unify),
        T(unknowns_spread),
        T(marks_spread),
        T(for_and_splat),
        T(an_instance_is_looked_up_alone),
        T(names_fail_once_and_even_where_errors_do_not_count),
        T(without_a_scope_there_are_no_names),
        T(diagnostics_carry_ranges),
        T(a_deep_expression_is_refused),
        T(templates_render_with_their_own_names),
        T(references_are_found_without_evaluating),
        T(paths_are_static),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

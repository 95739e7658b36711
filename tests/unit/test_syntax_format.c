#include "lang/syntax/format.h"
#include "lang/syntax/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* "error" stands for a syntax error. */
static void check(const char *text, const char *expected)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    const iac_source *source = iac_source_new(arena, IAC_STR("test.tf"), iac_str_of(text));
    if (iac_format_source(source, &out, &diags) != IAC_OK) {
        assert_true(iac_diags_has_errors(&diags));
        assert_int_equal(out.n, 0);
        iac_buf_cstr(&out, "error");
    }
    assert_string_equal(out.p, expected);
    iac_buf_clear(&out);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
}

static void test_syntax_format__aligns_what_follows_each_other(void **state)
{
    (void)state;
    check("a=1\nbbb = 2\n\nc =3\n", "a   = 1\nbbb = 2\n\nc = 3\n");
    check("a=1 # x\nbbb=22 // y\n", "a   = 1  # x\nbbb = 22 // y\n");
    check("a = [\n1,# x\n22,#y\n]\n", "a = [\n  1,  # x\n  22, #y\n]\n");
    check("\xC3\xA9t\xC3\xA9=1\nab = 2\n", "\xC3\xA9t\xC3\xA9 = 1\nab  = 2\n");
    check("a = 1\nb = {\n}\nccc = 2\n", "a = 1\nb = {\n}\nccc = 2\n");
}

static void test_syntax_format__indents_by_brackets(void **state)
{
    (void)state;
    check("b {\nc {\na = f([\n1\n])\n}\n}\n", "b {\n  c {\n    a = f([\n      1\n    ])\n  }\n}\n");
    check("      # x\n", "# x\n");
    check("a = [{\nb = 1\n}]\n", "a = [{\n  b = 1\n}]\n");
}

static void test_syntax_format__spaces_tokens(void **state)
{
    (void)state;
    check("a = -x\nb = 1- -1\nc = !x&&y\nd = f (1,2 ...)\n", "a = -x\nb = 1 - -1\nc = !x && y\nd = f(1, 2...)\n");
    check("a = {b=1}\nc = { }\nd = x ? y:z\n", "a = { b = 1 }\nc = {}\nd = x ? y : z\n");
    check("a = [for x in [1]:x]\nb = x [0] . y\n", "a = [for x in [1] : x]\nb = x[0].y\n");
    check("a = \"x${ y }${ {} }\"\n", "a = \"x${y}${ {} }\"\n");
}

static void test_syntax_format__leaves_heredocs_alone(void **state)
{
    (void)state;
    check("a=<<EOT\n  x  \n   EOT  \nbb=1\n", "a  = <<EOT\n  x  \n   EOT  \nbb = 1\n");
    check("a = f(<<EOT\nx\nEOT\n)\n", "a = f(<<EOT\nx\nEOT\n)\n");
}

static void test_syntax_format__rewrites_old_spellings(void **state)
{
    (void)state;
    check("a = \"${x}\"\n", "a = x\n");
    check("a = \"${x}y\"\n", "a = \"${x}y\"\n");
    check("a = [\"${x}\"]\n", "a = [\"${x}\"]\n");
    check("a = \"${\nx +\ny\n}\"\n", "a = (x +\ny)\n");
    check("variable \"x\" {\ntype=\"map\"\n}\n", "variable \"x\" {\n  type = map(string)\n}\n");
    check("variable x {\ntype=list\n}\n", "variable \"x\" {\n  type = list(any)\n}\n");
    check("other x {\ntype=list\n}\n", "other \"x\" {\n  type = list\n}\n");
    check("a /* b */ c {}\n", "a \"c\" {}\n");
    check("a \"$${b}\" {}\n", "a \"$${b}\" {}\n"); /* Terraform loses this label */
}

static void test_syntax_format__keeps_ends(void **state)
{
    (void)state;
    check("", "");
    check("a=1", "a = 1");
    check("a=1 # x", "a = 1 # x");
    check("a=1\r\nbb=2\r\n", "a  = 1\r\nbb = 2\r\n");
    check("\xEF\xBB\xBF" "a=1\n", "a = 1\n");
    check("a=1\n\n\n\n\nb=2\n", "a = 1\n\n\n\n\nb = 2\n");
}

static void test_syntax_format__refuses_bad_syntax(void **state)
{
    (void)state;
    check("a = [\n", "error");
    check("a 1\n", "error");
    check("\xFF", "error");
}

static void test_syntax_format__tells_open_expressions(void **state)
{
    (void)state;
    assert_true(iac_expression_is_open(IAC_STR("[1,")));
    assert_true(iac_expression_is_open(IAC_STR("<<EOT\nx")));
    assert_false(iac_expression_is_open(IAC_STR("<<EOT\nx\nEOT")));
    assert_false(iac_expression_is_open(IAC_STR("\"(\"")));
    assert_false(iac_expression_is_open(IAC_STR("1 +")));
    assert_false(iac_expression_is_open(IAC_STR(")")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax_format__aligns_what_follows_each_other),
        cmocka_unit_test(test_syntax_format__indents_by_brackets),
        cmocka_unit_test(test_syntax_format__spaces_tokens),
        cmocka_unit_test(test_syntax_format__leaves_heredocs_alone),
        cmocka_unit_test(test_syntax_format__rewrites_old_spellings),
        cmocka_unit_test(test_syntax_format__keeps_ends),
        cmocka_unit_test(test_syntax_format__refuses_bad_syntax),
        cmocka_unit_test(test_syntax_format__tells_open_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

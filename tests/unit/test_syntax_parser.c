#include "lang/syntax/parser.h"
#include "tests/unit/syntax_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One expression, parsed, as text; "error" when there were any. */
static void check_expr(const char *source, const char *expected)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    const iac_source *src = iac_source_new(arena, IAC_STR("test.tf"), iac_str_of(source));
    const iac_expr *expr = iac_parse_expression(arena, src, &diags);
    if (iac_diags_has_errors(&diags))
        iac_buf_cstr(&out, "error");
    else
        dump_expr(&out, expr);
    assert_string_equal(out.p, expected);
    iac_buf_clear(&out);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
}

static void test_syntax_parser__operators_bind_by_precedence(void **state)
{
    (void)state;
    check_expr("a || b && c == d > e + f * g", "(a || (b && (c == (d > (e + (f * g))))))");
    check_expr("a - b - c", "((a - b) - c)");
    check_expr("a == b != c", "((a == b) != c)");
    check_expr("-a.b[0] + !c", "((-a.b[0]) + (!c))");
    check_expr("- -1", "(-(-1))");
    check_expr("a ? b : c ? d : e", "if(a, b, if(c, d, e))");
    check_expr("a ? b ? 1 : 2 : 3", "if(a, if(b, 1, 2), 3)");
    check_expr("(a + b) * c % d / e", "(((paren((a + b)) * c) % d) / e)");
}

static void test_syntax_parser__literals_and_names(void **state)
{
    (void)state;
    check_expr("1.50", "1.5");
    check_expr("1e3", "1000");
    check_expr("12345678901234567890.5", "12345678901234567890.5");
    check_expr("true", "true");
    check_expr("null", "null");
    check_expr("a-b_c", "a-b_c");
    check_expr("\xC3\xA9t\xC3\xA9", "\xC3\xA9t\xC3\xA9");
    check_expr("if", "if");
}

static void test_syntax_parser__traversals_and_splats(void **state)
{
    (void)state;
    check_expr("a.b[\"c\"][d]", "a.b[<'c'>][d]");
    check_expr("a.0.b", "a[legacy 0].b");
    check_expr("a.*.b.c[0]", "splat(a, @.b.c)[0]");
    check_expr("a[*].b[0].*.c", "splat(a, splat(@.b[0], @.c))");
    check_expr("a . b [ 0 ]", "a.b[0]");
    check_expr("5.foo", "5.foo");
}

static void test_syntax_parser__calls(void **state)
{
    (void)state;
    check_expr("f()", "f()");
    check_expr("f(1, [2]...)", "f(1, [2]...)");
    check_expr("f(1,)", "f(1)");
    check_expr("provider::aws::arn(\"x\").y", "provider::aws::arn(<'x'>).y");
    check_expr("f(\n1\n,\n2\n)", "f(1, 2)");
}

static void test_syntax_parser__constructors(void **state)
{
    (void)state;
    check_expr("[]", "[]");
    check_expr("[1, 2,]", "[1, 2]");
    check_expr("[ # one\n 1 // two\n , /* three */ 2 ]", "[1, 2]");
    check_expr("{}", "{}");
    check_expr("{ a = 1\n \"b\" : 2, (c) = 3, null = 4\n}",
               "{bare 'a' = 1, <'b'> = 2, paren(c) = 3, bare 'null' = 4}");
    check_expr("{ a.b = 1, f() = 2, 5 = 3 }", "{a.b = 1, f() = 2, 5 = 3}");
}

static void test_syntax_parser__for_expressions(void **state)
{
    (void)state;
    check_expr("[for x in y : x.a if x.b]", "for(x in y: x.a if x.b)");
    check_expr("{for k, v in y : k => v...}", "for(k,v in y: k => v...)");
    check_expr("{for k,\nv in y :\nk\n=> v\n...\nif true\n}", "for(k,v in y: k => v... if true)");
}

static void test_syntax_parser__newlines_do_not_count_in_brackets(void **state)
{
    (void)state;
    check_expr("(a\n+ b\n? c\n: d)", "paren(if((a + b), c, d))");
    check_expr("(a\n.b\n[0])", "paren(a.b[0])");
}

static void test_syntax_parser__identifiers(void **state)
{
    (void)state;
    assert_true(iac_is_identifier(IAC_STR("a-b_1")));
    assert_true(iac_is_identifier(IAC_STR("_a")));
    assert_false(iac_is_identifier(IAC_STR("1a")));
    assert_false(iac_is_identifier(IAC_STR("-a")));
    assert_false(iac_is_identifier(IAC_STR("a b")));
    assert_false(iac_is_identifier(IAC_STR("")));
    assert_false(iac_is_identifier(IAC_STR("a\xFF")));
}

/* ---- bodies ---- */

typedef struct fixture {
    iac_arena *arena;
    iac_diags diags;
    const iac_body *body;
} fixture;

static fixture parse(iac_str text)
{
    fixture f = { .arena = iac_arena_new() };
    f.body = iac_parse_file(f.arena, iac_source_new(f.arena, IAC_STR("main.tf"), text), &f.diags)->body;
    return f;
}

static void finish(fixture *f)
{
    iac_diags_clear(&f->diags);
    iac_arena_free(f->arena);
}

static void test_syntax_parser__blocks_and_attributes(void **state)
{
    (void)state;
    fixture f = parse(IAC_STR("\xEF\xBB\xBF# top\r\nresource \"a\" b {\r\n  x = 1 // one\r\n  y { z = 2 }\r\n}\r\n"
                              "last = 3"));
    assert_int_equal(f.diags.list.n, 0);
    assert_int_equal(f.body->block_count, 1);
    const iac_block *block = &f.body->blocks[0];
    iac_str title = iac_block_title(f.arena, block);
    assert_string_equal(title.p, "resource \"a\" \"b\"");
    assert_true(iac_str_is(iac_range_text(block->header_range), "resource \"a\" b"));
    assert_true(iac_str_is(iac_range_text(block->body->missing_at), "{"));
    const iac_attribute *x = iac_body_attribute(block->body, IAC_STR("x"));
    assert_true(iac_str_is(iac_range_text(x->range), "x = 1"));
    assert_true(iac_str_is(iac_range_text(block->body->blocks[0].range), "y { z = 2 }"));
    assert_non_null(iac_body_attribute(f.body, IAC_STR("last")));
    assert_null(iac_body_attribute(f.body, IAC_STR("x")));
    finish(&f);
}

static void test_syntax_parser__traversals_are_recognised(void **state)
{
    (void)state;
    fixture f = parse(IAC_STR("a = b.c[\"d\"][0].e\nb = c[d]\nc = f()\nd = e[*].f\n"));
    bool expected[] = { true, false, false, false };
    for (size_t i = 0; i < IAC_COUNT(expected); i++)
        assert_int_equal(iac_expr_is_traversal(f.body->attributes[i].expr), expected[i]);
    finish(&f);
}

static void test_syntax_parser__many_attributes_keep_their_order_and_find_duplicates(void **state)
{
    (void)state;
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    for (int i = 0; i < 5000; i++)
        iac_buf_printf(&text, "a%d = %d\n", i, i);
    iac_buf_cstr(&text, "a4321 = 1\n");
    fixture f = parse(iac_buf_view(&text));
    assert_int_equal(f.body->attribute_count, 5000);
    assert_int_equal(f.diags.list.n, 1);
    assert_string_equal(f.diags.list.v[0].summary.p, "Attribute redefined");
    assert_string_equal(f.diags.list.v[0].detail.p,
                        "The argument \"a4321\" was already set at main.tf:4322,1-6. Each argument may be set only "
                        "once.");
    finish(&f);
    iac_buf_clear(&text);
}

static void check_deep(const char *opening, size_t count)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&text, "a = x");
    for (size_t i = 0; i < count; i++)
        iac_buf_cstr(&text, opening);
    fixture f = parse(iac_buf_view(&text));
    size_t too_deep = 0;
    for (size_t i = 0; i < f.diags.list.n; i++)
        too_deep += iac_str_is(f.diags.list.v[i].summary, "Nesting too deep");
    assert_int_equal(too_deep, 1);
    finish(&f);
    iac_buf_clear(&text);
}

static void test_syntax_parser__depth_is_limited(void **state)
{
    (void)state;
    const char *openings[] = { "+(", "+[{a=", "+\"${x", "+f(", ".a", "[0]", "[*]", "+1", "\nb {\n", "[-", " == !x",
                               "+\"%{if x}${x", " ? [x" };
    for (size_t i = 0; i < IAC_COUNT(openings); i++)
        check_deep(openings[i], 100000);
}

/* ---- what Terraform says of broken texts ---- */

static void describe(iac_buf *out, const iac_diags *diags)
{
    for (size_t i = 0; i < diags->list.n; i++) {
        const iac_diag *diag = &diags->list.v[i];
        iac_pos start = iac_source_pos(diag->subject.src, diag->subject.start);
        iac_pos end = iac_source_pos(diag->subject.src, diag->subject.end);
        end.column += diag->subject.start == diag->subject.end;
        iac_buf_printf(out, "%u:%u-%u:%u %.*s\n", start.line, start.column, end.line, end.column,
                       IAC_FMT(diag->summary));
    }
}

static char *read_whole(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = malloc(1 << 20);
    *ret_size = fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

static void test_syntax_parser__errors_are_those_of_terraform(void **state)
{
    (void)state;
    size_t size, failed = 0, cases = 0;
    char *text = read_whole("tests/unit/data/syntax_errors.txt", &size);
    iac_str rest = { text, size };
    size_t at = iac_str_find(rest, IAC_STR("====\n"), 0) + 5;
    while (at < size) {
        size_t end = iac_str_find(rest, IAC_STR("====\n"), at);
        iac_str one = iac_str_sub(rest, at, end == SIZE_MAX ? size : end);
        size_t dash = iac_str_find(one, IAC_STR("\n--\n"), 0);
        fixture f = parse(iac_str_sub(one, 0, dash));
        iac_str expected = iac_str_sub(one, dash + 4, one.n);
        iac_buf said;
        iac_buf_init(&said, IAC_BUF_UNLIMITED);
        describe(&said, &f.diags);
        if (!iac_str_eq(iac_buf_view(&said), expected)) {
            print_error("%.*s\nexpected:\n%.*sgot:\n%s\n", IAC_FMT(iac_str_sub(one, 0, dash)), IAC_FMT(expected),
                        said.p);
            failed++;
        }
        cases++;
        iac_buf_clear(&said);
        finish(&f);
        at = end == SIZE_MAX ? size : end + 5;
    }
    free(text);
    assert_true(cases > 300);
    assert_int_equal(failed, 0);
}

static void test_syntax_parser__bytes_that_are_no_text(void **state)
{
    (void)state;
    static const struct {
        iac_str text;
        const char *said;
    } cases[] = {
        { IAC_STR_INIT("a = \"\xFF\"\n"), "1:6-1:7 Invalid character encoding\n1:6-1:7 Unterminated template string\n" },
        { IAC_STR_INIT("a = \xFF\n"), "1:5-1:6 Invalid character encoding\n1:5-1:6 Invalid expression\n" },
        { IAC_STR_INIT("a = 1\0\n"), "1:6-1:7 Invalid character\n1:6-1:7 Missing newline after argument\n" },
        { IAC_STR_INIT("# \xFF\na = 1\n"), "" },
    };
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        fixture f = parse(cases[i].text);
        iac_buf said;
        iac_buf_init(&said, IAC_BUF_UNLIMITED);
        describe(&said, &f.diags);
        assert_int_equal(said.n, strlen(cases[i].said));
        iac_buf_clear(&said);
        finish(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax_parser__operators_bind_by_precedence),
        cmocka_unit_test(test_syntax_parser__literals_and_names),
        cmocka_unit_test(test_syntax_parser__traversals_and_splats),
        cmocka_unit_test(test_syntax_parser__calls),
        cmocka_unit_test(test_syntax_parser__constructors),
        cmocka_unit_test(test_syntax_parser__for_expressions),
        cmocka_unit_test(test_syntax_parser__newlines_do_not_count_in_brackets),
        cmocka_unit_test(test_syntax_parser__identifiers),
        cmocka_unit_test(test_syntax_parser__blocks_and_attributes),
        cmocka_unit_test(test_syntax_parser__traversals_are_recognised),
        cmocka_unit_test(test_syntax_parser__many_attributes_keep_their_order_and_find_duplicates),
        cmocka_unit_test(test_syntax_parser__depth_is_limited),
        cmocka_unit_test(test_syntax_parser__errors_are_those_of_terraform),
        cmocka_unit_test(test_syntax_parser__bytes_that_are_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"
#include "tests/unit/syntax_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    iac_arena *arena;
    iac_diags diags;
    const iac_body *body;
    iac_content content;
} fixture;

static const char *const two_labels[] = { "type", "name" };
static const iac_attribute_spec attributes[] = { { IAC_STR_INIT("value"), true }, { IAC_STR_INIT("sensitive"), false } };
static const iac_block_spec blocks[] = { { IAC_STR_INIT("resource"), two_labels, 2 },
                                         { IAC_STR_INIT("inner"), NULL, 0 } };
static const iac_body_spec spec = { attributes, 2, blocks, 2 };

static fixture read_body(const char *text, bool json, bool partial)
{
    fixture f = { .arena = iac_arena_new() };
    const iac_source *src = iac_source_new(f.arena, IAC_STR("main.tf"), iac_str_of(text));
    f.body = (json ? iac_parse_json_file : iac_parse_file)(f.arena, src, &f.diags)->body;
    iac_status status = iac_body_content(f.arena, f.body, &spec, partial, &f.content, &f.diags);
    assert_int_equal(status == IAC_OK, !iac_diags_has_errors(&f.diags));
    return f;
}

static void finish(fixture *f)
{
    iac_diags_clear(&f->diags);
    iac_arena_free(f->arena);
}

/* Each diagnostic as "SUMMARY: DETAIL [underlined text]". */
static void check_said(const char *text, bool json, const char *expected)
{
    fixture f = read_body(text, json, false);
    iac_buf said;
    iac_buf_init(&said, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < f.diags.list.n; i++) {
        const iac_diag *diag = &f.diags.list.v[i];
        iac_buf_printf(&said, "%.*s: %.*s [%.*s]\n", IAC_FMT(diag->summary), IAC_FMT(diag->detail),
                       IAC_FMT(iac_range_text(diag->subject)));
    }
    assert_string_equal(said.p, expected);
    iac_buf_clear(&said);
    finish(&f);
}

static void test_syntax_body__content_is_sorted_by_the_spec(void **state)
{
    (void)state;
    fixture f = read_body("value = 1\nresource \"a\" \"b\" {}\ninner {}\nresource \"a\" \"c\" {}\n", false, false);
    assert_int_equal(f.diags.list.n, 0);
    assert_true(iac_str_is(iac_range_text(f.content.attributes[0]->range), "value = 1"));
    assert_null(f.content.attributes[1]);
    assert_int_equal(f.content.block_count, 3);
    assert_true(iac_str_is(f.content.blocks[1]->type, "inner"));
    assert_true(iac_str_is(f.content.blocks[2]->labels[1].text, "c"));
    assert_null(f.content.remain);
    finish(&f);
}

static void test_syntax_body__the_rest_remains(void **state)
{
    (void)state;
    fixture f = read_body("value = 1\nother = 2\nmore {}\n", false, true);
    assert_int_equal(f.diags.list.n, 0);
    assert_int_equal(f.content.remain->attribute_count, 1);
    assert_int_equal(f.content.remain->block_count, 1);
    finish(&f);
}

static void test_syntax_body__what_does_not_fit_is_said(void **state)
{
    (void)state;
    check_said("sensitiv = 1\n", false,
               "Unsupported argument: An argument named \"sensitiv\" is not expected here. Did you mean "
               "\"sensitive\"? [sensitiv]\n"
               "Missing required argument: The argument \"value\" is required, but no definition was found. []\n");
    check_said("value = 1\ninner = 2\nsensitive {\n}\niner {\n}\n", false,
               "Unsupported argument: An argument named \"inner\" is not expected here. Did you mean to define a "
               "block of type \"inner\"? [inner]\n"
               "Unsupported block type: Blocks of type \"sensitive\" are not expected here. Did you mean to define "
               "argument \"sensitive\"? If so, use the equals sign to assign it a value. [sensitive]\n"
               "Unsupported block type: Blocks of type \"iner\" are not expected here. Did you mean \"inner\"? "
               "[iner]\n");
    check_said("value = 1\nresource \"a\" {\n}\nresource \"a\" \"b\" \"c\" {\n}\ninner \"x\" {\n}\n", false,
               "Missing name for resource: All resource blocks must have 2 labels (type, name). [{]\n"
               "Extraneous label for resource: Only 2 labels (type, name) are expected for resource blocks. [\"c\"]\n"
               "Extraneous label for inner: No labels are expected for inner blocks. [\"x\"]\n");
}

static void test_syntax_body__attributes_only(void **state)
{
    (void)state;
    fixture f = read_body("value = 1\n", false, false);
    const iac_attribute *list;
    size_t n;
    assert_int_equal(iac_body_attributes(f.arena, f.body, &list, &n, &f.diags), IAC_OK);
    assert_int_equal(n, 1);
    finish(&f);
    f = read_body("value = 1\ninner {}\n", false, false);
    assert_int_equal(iac_body_attributes(f.arena, f.body, &list, &n, &f.diags), IAC_ERR);
    assert_string_equal(f.diags.list.v[0].summary.p, "Unexpected \"inner\" block");
    finish(&f);
}

static void check_json_value(const char *json, const char *expected)
{
    iac_arena *arena = iac_arena_new();
    iac_str text = iac_arena_printf(arena, "{\"value\": %s}", json);
    fixture f = read_body(text.p, true, false);
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (f.diags.list.n)
        iac_buf_str(&out, f.diags.list.v[0].summary);
    else
        dump_expr(&out, f.content.attributes[0]->expr);
    assert_string_equal(out.p, expected);
    iac_buf_clear(&out);
    finish(&f);
    iac_arena_free(arena);
}

static void test_syntax_body__json_values_are_expressions(void **state)
{
    (void)state;
    check_json_value("[1.5e3, -1, true, null]", "[1500, -1, true, null]");
    check_json_value("12345678901234567890123", "12345678901234567890123");
    check_json_value("\"a ${b} %{if c}d%{endif}\"", "<'a ' b ' ' if(c, <'d'>)>");
    check_json_value("\"${b}\"", "wrap(b)");
    check_json_value("\"a\\t\\u00e9\\ud83d\\ude00${b[\\\"c\\\"]}\"", "<'a\t\xC3\xA9\xF0\x9F\x98\x80' b[<'c'>]>");
    check_json_value("{\"k${1}\": {\"x\": \"y\"}, \"//\": 2}", "{<'k' 1> = {<'x'> = <'y'>}, <'//'> = 2}");
}

static void test_syntax_body__json_bodies(void **state)
{
    (void)state;
    fixture f = read_body("[{\"//\": \"a comment\", \"value\": 1, \"resource\": {\"t\": {\"a\": {}, \"b\": [{}, {}]}}},"
                          " {\"resource\": [{\"u\": [{\"c\": {}}]}], \"inner\": null}]",
                          true, false);
    assert_int_equal(f.diags.list.n, 0);
    assert_int_equal(f.content.block_count, 4);
    iac_str last = iac_block_title(f.arena, f.content.blocks[3]);
    assert_string_equal(last.p, "resource \"u\" \"c\"");
    finish(&f);

    f = read_body("{\"value\": 1, \"other\": 2}", true, true);
    const iac_attribute *list;
    size_t n;
    assert_int_equal(iac_body_attributes(f.arena, f.content.remain, &list, &n, &f.diags), IAC_OK);
    assert_int_equal(n, 1);
    assert_true(iac_str_is(list[0].name, "other"));
    finish(&f);
}

static void test_syntax_body__json_mistakes(void **state)
{
    (void)state;
    check_said("{\"value\": 1, \"value\": 2}", true,
               "Duplicate argument: The argument \"value\" was already set at main.tf:1,2-12. "
               "[\"value\"]\n");
    check_said("{\"valu\": 1}", true,
               "Missing required argument: The argument \"value\" is required, but no definition was found. [}]\n"
               "Extraneous JSON object property: No argument or block type is named \"valu\". Did you mean "
               "\"value\"? [\"valu\"]\n");
    check_said("{\"value\": 1, \"resource\": {\"t\": \"x\"}}", true,
               "Incorrect JSON value type: Either a JSON object or JSON array of objects is required here, to specify "
               "name labels for this block. [\"x\"]\n"
               "Missing block label: At least one object property is required, whose name represents the resource "
               "block's name. [\"x\"]\n");
}

/* The first of what is told, and of how much. */
static void check_json_errors(const char *text, const char *summary, const char *underlined, size_t count)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_file *file =
        iac_parse_json_file(arena, iac_source_new(arena, IAC_STR("main.tf.json"), iac_str_of(text)), &diags);
    assert_non_null(file->body->json);
    assert_int_equal(diags.list.n, count);
    assert_string_equal(diags.list.v[0].summary.p, summary);
    iac_str at = iac_arena_str(arena, iac_range_text(iac_range_in_file(diags.list.v[0].subject)));
    assert_string_equal(at.p, underlined);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
}

static void check_json_error(const char *text, const char *summary, const char *underlined)
{
    check_json_errors(text, summary, underlined, 1);
}

/* Objects and arrays that are broken themselves are none, where the root must be one. */
static void test_syntax_body__json_syntax_errors(void **state)
{
    (void)state;
    check_json_errors("{\"a\" 1}", "Missing property value colon", "1", 2);
    check_json_error("{\"a\": }", "Missing JSON value", "}");
    check_json_errors("{\"a\": 1,}", "Trailing comma in object", ",", 2);
    check_json_errors("{\"a\": [1,]}", "Trailing comma in array", ",", 3);
    check_json_errors("{\"a\": 1", "Unclosed object", "{", 2);
    check_json_errors("{\"a\": [1", "Unclosed object", "[", 3);
    check_json_error("{\"a\": tru}", "Invalid JSON keyword", "tru");
    check_json_error("{\"a\": 01}", "Invalid JSON number", "01");
    check_json_error("{\"a\": 1.}", "Invalid JSON number", "1.");
    check_json_error("{\"a\": \"\\x\"}", "Invalid JSON string", "\"");
    check_json_errors("{\"a\": \"x\n\"}", "Invalid JSON string", "\n", 3);
    check_json_error("{\"a\": \"\xFF\"}", "Invalid character encoding", "\xFF");
    check_json_errors("{a: 1}", "Invalid JSON keyword", "a", 3);
    check_json_error("{} x", "Extraneous data after value", "x");
    check_json_error("5", "Root value must be object", "5");
    check_json_errors("'", "Invalid start of value", "'", 2);
    check_json_errors("", "Missing value", "", 2);
    check_json_errors("\"", "Invalid JSON string", "", 2);
}

static void test_syntax_body__json_depth_is_limited(void **state)
{
    (void)state;
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_fill(&text, '[', 100000);
    check_json_error(text.p, "Nesting too deep", "[");
    iac_buf_clear(&text);
}

static void test_syntax_body__references_in_json_are_strings(void **state)
{
    (void)state;
    fixture f = read_body("{\"value\": \"list(string)\", \"sensitive\": \"a.b[\\\"c\\\"]\"}", true, false);
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    const iac_expr *plain = iac_expr_static(f.arena, f.content.attributes[0]->expr, &f.diags);
    dump_expr(&out, plain);
    assert_string_equal(out.p, "list(string)");
    assert_true(iac_str_is(iac_range_text(plain->range), "list(string)"));
    iac_buf_reset(&out);
    dump_expr(&out, iac_expr_static(f.arena, f.content.attributes[1]->expr, &f.diags));
    assert_string_equal(out.p, "a.b[<'c'>]");
    assert_int_equal(f.diags.list.n, 0);
    iac_buf_clear(&out);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax_body__content_is_sorted_by_the_spec),
        cmocka_unit_test(test_syntax_body__the_rest_remains),
        cmocka_unit_test(test_syntax_body__what_does_not_fit_is_said),
        cmocka_unit_test(test_syntax_body__attributes_only),
        cmocka_unit_test(test_syntax_body__json_values_are_expressions),
        cmocka_unit_test(test_syntax_body__json_bodies),
        cmocka_unit_test(test_syntax_body__json_mistakes),
        cmocka_unit_test(test_syntax_body__json_syntax_errors),
        cmocka_unit_test(test_syntax_body__json_depth_is_limited),
        cmocka_unit_test(test_syntax_body__references_in_json_are_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

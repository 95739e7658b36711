#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "eval_helper.h"
#include "lang/syntax/body.h"

static const char schema_text[] =
    "{\"version\":0,\"block\":{\"attributes\":{"
    "\"name\":{\"type\":\"string\",\"required\":true},"
    "\"size\":{\"type\":\"number\",\"optional\":true},"
    "\"any\":{\"type\":\"dynamic\",\"optional\":true},"
    "\"rule\":{\"type\":[\"set\",[\"object\",{\"from\":\"number\",\"to\":\"number\"}]],\"optional\":true}},"
    "\"block_types\":{"
    "\"port\":{\"nesting_mode\":\"list\",\"max_items\":3,\"block\":{\"attributes\":{"
    "\"number\":{\"type\":\"number\",\"required\":true},\"label\":{\"type\":\"string\",\"optional\":true}}}},"
    "\"one\":{\"nesting_mode\":\"single\",\"block\":{\"attributes\":{\"x\":{\"type\":\"bool\",\"optional\":true}}}},"
    "\"tag\":{\"nesting_mode\":\"set\",\"block\":{\"attributes\":{\"k\":{\"type\":\"string\",\"optional\":true}},"
    "\"block_types\":{\"inner\":{\"nesting_mode\":\"list\",\"block\":{\"attributes\":{\"v\":{\"type\":\"string\","
    "\"optional\":true}}}}}}},"
    "\"named\":{\"nesting_mode\":\"map\",\"block\":{\"attributes\":{\"v\":{\"type\":\"string\",\"optional\":true}}}}}}"
    "}";

static const iac_block_schema *schema(void)
{
    iac_str error = { 0 };
    const iac_schema *s = iac_schema_from_json(arena, iac_str_of(schema_text), &error);
    assert_non_null(s);
    return s->block;
}

static const iac_body *body(const char *text)
{
    return iac_parse_file(arena, iac_source_new(arena, IAC_STR("t.tf"), iac_str_of(text)), &diags)->body;
}

static const iac_value *decode(const char *text)
{
    return iac_decode_body(&scope, body(text), schema(), arena, &diags);
}

static const iac_value *member(const char *text, const char *name)
{
    const iac_value *v = decode(text);
    return v->kind == IAC_OBJECT ? iac_value_get_cstr(v, name) : v;
}

#define CHECK_MEMBER(text, name, expected) _assert_string_equal(show(member(text, name)), expected, __FILE__, __LINE__)

static void test_eval_decode__attributes_are_converted(void **state)
{
    (void)state;
    CHECK_MEMBER("name = 5\nsize = \"7\"\n", "name", "\"5\"");
    CHECK_MEMBER("name = 5\nsize = \"7\"\n", "size", "7");
    CHECK_MEMBER("name = 5\n", "size", "tonumber(null)");
    CHECK_MEMBER("name = 5\nany = [var.number]\n", "any", "[ 5, ]");
    CHECK_MEMBER(
        "name = var.list\n", "name",
        "Incorrect attribute value type: Inappropriate value for attribute \"name\": string required. | var.list "
        "is tuple with 3 elements");
}

static void test_eval_decode__what_is_wrong_is_told(void **state)
{
    (void)state;
    decode("nam = 1\n");
    assert_int_equal(diags.errors, 2);
    iac_diags_clear(&diags);
    decode("name = 1\nport {}\n");
    assert_int_equal(diags.errors, 1);
    iac_diags_clear(&diags);
    CHECK_MEMBER(
        "name = 1\none {}\none {}\n", "one",
        "Duplicate one block: Only one block of type \"one\" is allowed. Previous definition was at t.tf:2,1-4.");
    CHECK_MEMBER("name = 1\nport { number = 1 }\nport { number = 2 }\nport { number = 3 }\nport { number = 4 }\n",
                 "port", "Too many port blocks: No more than 3 \"port\" blocks are allowed");
}

static void test_eval_decode__blocks_nest(void **state)
{
    (void)state;
    CHECK_MEMBER(
        "name = 1\nport { number = 1 }\nport { number = 2 }\n", "port",
        "tolist([ { \"label\" = tostring(null) \"number\" = 1 }, { \"label\" = tostring(null) \"number\" = 2 }, ])");
    CHECK_MEMBER("name = 1\n", "port", "tolist([])");
    CHECK_MEMBER("name = 1\n", "one", "null /* object */");
    CHECK_MEMBER("name = 1\none { x = true }\n", "one", "{ \"x\" = true }");
    CHECK_MEMBER("name = 1\nnamed \"a\" { v = 1 }\nnamed \"b\" { v = 2 }\n", "named",
                 "tomap({ \"a\" = { \"v\" = \"1\" } \"b\" = { \"v\" = \"2\" } })");
    CHECK_MEMBER("name = 1\ntag { k = \"a\" }\ntag { k = \"a\" }\n", "tag",
                 "toset([ { \"inner\" = tolist([]) \"k\" = \"a\" }, ])");
}

static void test_eval_decode__dynamic_blocks_expand(void **state)
{
    (void)state;
    CHECK_MEMBER(
        "name = 1\ndynamic \"port\" {\n for_each = var.list\n content {\n number = port.value * 10\n label = "
        "port.key\n }\n }\n",
        "port",
        "tolist([ { \"label\" = \"0\" \"number\" = 10 }, { \"label\" = \"1\" \"number\" = 20 }, { \"label\" = \"2\" "
        "\"number\" = 30 }, ])");
    CHECK_MEMBER(
        "name = 1\ndynamic \"tag\" {\n for_each = {x = [\"p\", \"q\"]}\n iterator = it\n content {\n k = it.key\n "
        "dynamic \"inner\" {\n for_each = it.value\n content { v = \"${it.key}${inner.value}\" }\n }\n }\n }\n",
        "tag", "toset([ { \"inner\" = tolist([ { \"v\" = \"xp\" }, { \"v\" = \"xq\" }, ]) \"k\" = \"x\" }, ])");
    CHECK_MEMBER(
        "name = 1\ndynamic \"named\" {\n for_each = [\"a\"]\n labels = [named.value]\n content { v = 1 }\n }\n",
        "named", "tomap({ \"a\" = { \"v\" = \"1\" } })");
    CHECK_MEMBER("name = 1\ndynamic \"port\" {\n for_each = var.unknown_list\n content { number = port.value }\n }\n",
                 "port", "(known after apply)");
    CHECK_MEMBER("name = 1\ndynamic \"port\" {\n for_each = 5\n content { number = 1 }\n }\n", "port",
                 "Invalid dynamic for_each value: Cannot use a number value in for_each. An iterable collection is "
                 "required.");
    CHECK_MEMBER("name = 1\ndynamic \"port\" {\n for_each = var.null\n content { number = 1 }\n }\n", "port",
                 "Invalid dynamic for_each value: Cannot use a null value in for_each. | var.null is null");
    CHECK_MEMBER("name = 1\ndynamic \"nope\" {\n for_each = []\n content {}\n }\n", "port",
                 "Unsupported block type: Blocks of type \"nope\" are not expected here.");
    CHECK_MEMBER(
        "name = 1\ndynamic \"port\" {\n for_each = []\n }\n", "port",
        "Missing dynamic content block: A dynamic block must have a nested block of type \"content\" to describe "
        "the body of each generated block.");
}

static void test_eval_decode__attributes_of_objects_may_be_blocks(void **state)
{
    (void)state;
    static const char expected[] = "toset([ { \"from\" = 1 \"to\" = tonumber(null) }, ])";
    CHECK_MEMBER("name = 1\nrule {\n from = 1\n }\n", "rule", expected);
    CHECK_MEMBER("name = 1\nrule = [{ from = 1, to = null }]\n", "rule", expected);
    CHECK_MEMBER("name = 1\ndynamic \"rule\" {\n for_each = [1]\n content { from = rule.value }\n }\n", "rule",
                 expected);
    CHECK_MEMBER("name = 1\n", "rule", "toset(null) /* of object */");
}

static void test_eval_decode__checks_need_no_scope(void **state)
{
    (void)state;
    iac_check_body(body("name = nope.x\ndynamic \"port\" {\n for_each = nope.y\n content { number = 1 }\n }\n"),
                   schema(), arena, &diags);
    assert_int_equal(diags.errors, 0);
    iac_check_body(body("dynamic \"port\" {\n for_each = nope.y\n content {}\n }\n"), schema(), arena, &diags);
    assert_int_equal(diags.errors, 2);
    iac_diags_clear(&diags);
}

static const iac_body *json_body(const char *text)
{
    return iac_parse_json_file(arena, iac_source_new(arena, IAC_STR("t.tf.json"), iac_str_of(text)), &diags)->body;
}

static void test_eval_decode__json_says_the_same(void **state)
{
    (void)state;
    const iac_value *v = iac_decode_body(&scope,
                                         json_body("{\"name\": \"n${var.number}\", \"port\": [{\"number\": 1}, "
                                                   "{\"number\": 2}], \"dynamic\": {\"tag\": {\"for_each\": [\"a\"], "
                                                   "\"iterator\": \"it\", \"content\": {\"k\": \"${it.value}\"}}}}"),
                                         schema(), arena, &diags);
    const char *shown = show(v);
    assert_non_null(strstr(shown, "\"name\" = \"n5\""));
    assert_non_null(strstr(shown, "\"tag\" = toset([ { \"inner\" = tolist([]) \"k\" = \"a\" }, ])"));
    assert_non_null(strstr(shown, "\"number\" = 2"));
}

static void test_eval_decode__json_types_are_strings(void **state)
{
    (void)state;
    const iac_attribute *attributes;
    size_t n;
    const iac_defaults *defaults;
    assert_int_equal(iac_body_attributes(arena, json_body("{\"type\": \"list(object({a=optional(string)}))\"}"),
                                         &attributes, &n, &diags),
                     IAC_OK);
    const iac_type *type = iac_eval_type(attributes[0].expr, arena, &defaults, &diags);
    assert_non_null(type);
    assert_int_equal(type->kind, IAC_LIST);
    iac_path path;
    assert_int_equal(iac_body_attributes(arena, json_body("{\"x\": \"tags.a\"}"), &attributes, &n, &diags), IAC_OK);
    assert_true(iac_expr_path(arena, attributes[0].expr, &path, &diags));
    assert_int_equal(path.n, 2);
}

static void collect(void *arg, const iac_ref *ref)
{
    iac_buf_printf(arg, "%.*s ", IAC_FMT(iac_ref_text(arena, ref)));
}

static void test_eval_decode__references_of_bodies(void **state)
{
    (void)state;
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_body_refs(
        arena,
        body("name = var.a\ndynamic \"port\" {\n for_each = local.b\n iterator = it\n content {\n number = it.value "
             "+ t.c.d\n }\n }\nport { number = var.e }\n"),
        schema(), collect, &buf, &diags);
    assert_string_equal(buf.p, "var.a local.b t.c var.e ");
    iac_buf_clear(&buf);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(test_eval_decode__##name, eval_set_up, eval_tear_down)
    const struct CMUnitTest tests[] = {
        T(attributes_are_converted),
        T(what_is_wrong_is_told),
        T(blocks_nest),
        T(dynamic_blocks_expand),
        T(attributes_of_objects_may_be_blocks),
        T(checks_need_no_scope),
        T(references_of_bodies),
        T(json_says_the_same),
        T(json_types_are_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

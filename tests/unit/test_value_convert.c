#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "value_helper.h"


static const iac_type *type(const char *text)
{
    const iac_type *t = iac_type_from_json(arena, iac_str_of(text));
    assert_non_null(t);
    return t;
}

/* value -> "typed JSON", which shows the type where it was dynamic */
static iac_str shown(const iac_value *v)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_to_typed_json(&buf, v, &iac_type_dynamic);
    iac_str s = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return s;
}

static void converts(const char *from, const char *to, const char *expected, const char *file, int line)
{
    iac_str error = { 0 };
    const iac_value *v = iac_convert(arena, json(from), type(to), &error, NULL);
    if (!v)
        fail_msg("%s to %s: %.*s", from, to, IAC_FMT(error));
    check_str(shown(v), expected, file, line);
}
#define CONVERTS(from, to, expected) converts(from, to, expected, __FILE__, __LINE__)

static void refuses(const char *from, const char *to, const char *message, const char *at, const char *file, int line)
{
    iac_str error = { 0 };
    iac_path path;
    assert_null(iac_convert(arena, json(from), type(to), &error, &path));
    check_str(error, message, file, line);
    check_str(iac_path_text(arena, path), at, file, line);
}
#define REFUSES(from, to, message, at) refuses(from, to, message, at, __FILE__, __LINE__)

static void test_convert__simple_values(void **state)
{
    (void)state;
    CONVERTS("1.5", "\"string\"", "{\"value\":\"1.5\",\"type\":\"string\"}");
    CONVERTS("true", "\"string\"", "{\"value\":\"true\",\"type\":\"string\"}");
    CONVERTS("\"1e2\"", "\"number\"", "{\"value\":100,\"type\":\"number\"}");
    CONVERTS("\"1\"", "\"bool\"", "{\"value\":true,\"type\":\"bool\"}");
    CONVERTS("null", "\"bool\"", "{\"value\":null,\"type\":\"bool\"}");
    REFUSES("\"x\"", "\"number\"", "a number is required", "");
    REFUSES("\"x\"", "\"bool\"", "a bool is required", "");
    REFUSES("\"True\"", "\"bool\"", "a bool is required; to convert from string, use lowercase \"true\"", "");
    REFUSES("1", "\"bool\"", "bool required", "");
    REFUSES("[]", "\"string\"", "string required", "");
}

static void test_convert__collections(void **state)
{
    (void)state;
    CONVERTS("[1,\"a\",true]", "[\"list\",\"string\"]",
             "{\"value\":[\"1\",\"a\",\"true\"],\"type\":[\"list\",\"string\"]}");
    CONVERTS("[1,\"1\"]", "[\"set\",\"string\"]", "{\"value\":[\"1\"],\"type\":[\"set\",\"string\"]}");
    CONVERTS("[1,\"a\"]", "[\"list\",\"dynamic\"]", "{\"value\":[\"1\",\"a\"],\"type\":[\"list\",\"string\"]}");
    CONVERTS("[null,\"a\"]", "[\"list\",\"dynamic\"]", "{\"value\":[null,\"a\"],\"type\":[\"list\",\"string\"]}");
    CONVERTS("{\"a\":1,\"b\":\"x\"}", "[\"map\",\"dynamic\"]",
             "{\"value\":{\"a\":\"1\",\"b\":\"x\"},\"type\":[\"map\",\"string\"]}");
    CONVERTS("[]", "[\"list\",\"dynamic\"]", "{\"value\":[],\"type\":[\"list\",\"dynamic\"]}");
    CONVERTS("[{\"a\":1},{\"b\":\"x\"}]", "[\"list\",\"dynamic\"]",
             "{\"value\":[{\"a\":\"1\"},{\"b\":\"x\"}],\"type\":[\"list\",[\"map\",\"string\"]]}");
    CONVERTS("[{\"a\":1},{\"a\":\"b\"}]", "[\"list\",[\"object\",{\"a\":\"dynamic\"}]]",
             "{\"value\":[{\"a\":\"1\"},{\"a\":\"b\"}],\"type\":[\"list\",[\"object\",{\"a\":\"string\"}]]}");
    CONVERTS("[[1],[2,\"a\"]]", "[\"list\",\"dynamic\"]",
             "{\"value\":[[\"1\"],[\"2\",\"a\"]],\"type\":[\"list\",[\"list\",\"string\"]]}");
    REFUSES("[1,true]", "[\"list\",\"dynamic\"]", "all list elements must have the same type", "");
    REFUSES("{\"a\":1,\"b\":[1]}", "[\"map\",\"dynamic\"]", "all map elements must have the same type", "");
    REFUSES("[\"1\",\"x\"]", "[\"list\",\"number\"]", "a number is required", "[1]");
    REFUSES("[\"1\",[]]", "[\"list\",\"number\"]", "element 1: number required", "");
    REFUSES("{\"a\":[]}", "[\"map\",\"string\"]", "element \"a\": string required", "");
    REFUSES("{}", "[\"list\",\"string\"]", "list of string required", "");
    REFUSES("\"a\"", "[\"list\",\"dynamic\"]", "list of any single type required", "");
}

static void test_convert__objects(void **state)
{
    (void)state;
    const char *t = "[\"object\",{\"a\":\"string\",\"b\":\"number\"},[\"b\"]]";
    CONVERTS("{\"a\":1,\"z\":2}", t,
             "{\"value\":{\"a\":\"1\",\"b\":null},\"type\":[\"object\",{\"a\":\"string\",\"b\":\"number\"}]}");
    REFUSES("{\"b\":1}", t, "attribute \"a\" is required", "");
    REFUSES("{\"a\":\"x\",\"b\":\"y\"}", t, "a number is required", ".b");
    REFUSES("{\"a\":[]}", t, "attribute \"a\": string required", "");
    REFUSES("{}", "[\"object\",{\"x\":\"string\",\"y\":\"string\"}]", "attributes \"x\" and \"y\" are required", "");
    REFUSES("{}", "[\"object\",{\"x\":\"string\",\"y\":\"string\",\"z\":\"bool\"}]",
            "attributes \"x\", \"y\", and \"z\" are required", "");
    REFUSES("[]", t, "object required", "");
    CONVERTS("[1,\"2\"]", "[\"tuple\",[\"string\",\"number\"]]",
             "{\"value\":[\"1\",2],\"type\":[\"tuple\",[\"string\",\"number\"]]}");
    REFUSES("[1]", "[\"tuple\",[\"string\",\"number\"]]", "tuple required", "");
    iac_str error;
    const iac_value *map = iac_convert(arena, json("{\"b\":\"1\"}"), type("[\"map\",\"string\"]"), &error, NULL);
    assert_null(iac_convert(arena, map, type(t), &error, NULL));
    CHECK_STR(error, "map has no element for required attribute \"a\"");
}

static void test_convert__leaves_alone_what_fits(void **state)
{
    (void)state;
    iac_str error;
    const iac_value *v = json("{\"a\":\"x\",\"b\":[1]}");
    assert_ptr_equal(
        iac_convert(arena, v, type("[\"object\",{\"a\":\"string\",\"b\":[\"tuple\",[\"number\"]]}]"), &error, NULL), v);
    assert_ptr_equal(iac_convert(arena, v, &iac_type_dynamic, &error, NULL), v);
}

static void test_convert__keeps_unknowns_and_marks(void **state)
{
    (void)state;
    iac_str error;
    const iac_value *unknown = iac_value_not_null(arena, iac_value_unknown(arena, &iac_type_number));
    const iac_value *v = iac_convert(arena, unknown, &iac_type_string, &error, NULL);
    assert_int_equal(v->state, IAC_UNKNOWN);
    assert_int_equal(v->type->kind, IAC_STRING);
    assert_true(v->refinement->not_null);
    assert_null(iac_convert(arena, unknown, type("[\"list\",\"string\"]"), &error, NULL));

    const iac_value *items[] = { iac_value_mark(arena, json("1"), IAC_SENSITIVE), unknown };
    const iac_value *tuple = iac_value_tuple(arena, items, 2);
    v = iac_convert(arena, tuple, type("[\"list\",\"string\"]"), &error, NULL);
    assert_int_equal(v->items[0]->marks, IAC_SENSITIVE);
    assert_int_equal(v->items[1]->state, IAC_UNKNOWN);
    v = iac_convert(arena, tuple, type("[\"set\",\"string\"]"), &error, NULL);
    assert_int_equal(v->marks, IAC_SENSITIVE);
    v = iac_convert(arena, v, type("[\"list\",\"string\"]"), &error, NULL);
    assert_int_equal(v->state, IAC_UNKNOWN);
    assert_int_equal(v->refinement->length_max, 2);

    v = iac_convert(arena, &iac_unknown_dynamic, &iac_type_string, &error, NULL);
    assert_int_equal(v->type->kind, IAC_STRING);
    const iac_value *unknown_tuple = iac_value_unknown(arena, type("[\"tuple\",[\"number\",\"string\"]]"));
    v = iac_convert(arena, unknown_tuple, type("[\"list\",\"dynamic\"]"), &error, NULL);
    assert_true(iac_type_equal(v->type, type("[\"list\",\"string\"]")));
}

static const iac_type *unified(const char *a, const char *b, bool unsafe)
{
    const iac_type *types[] = { type(a), type(b) };
    return iac_type_unify(arena, types, 2, unsafe);
}

static void test_unify__prefers_what_holds_all(void **state)
{
    (void)state;
    assert_int_equal(unified("\"string\"", "\"bool\"", false)->kind, IAC_STRING);
    assert_null(unified("\"number\"", "\"bool\"", true));
    assert_int_equal(unified("\"string\"", "\"dynamic\"", true)->kind, IAC_STRING);
    assert_int_equal(unified("\"string\"", "\"dynamic\"", false)->kind, IAC_DYNAMIC);
    CHECK_STR(iac_type_source(arena, unified("[\"list\",\"string\"]", "[\"tuple\",[\"number\"]]", true)),
              "list(string)");
    CHECK_STR(iac_type_source(arena, unified("[\"set\",\"string\"]", "[\"list\",\"string\"]", false)),
              "list(string)");
    CHECK_STR(iac_type_source(arena, unified("[\"map\",\"number\"]", "[\"object\",{\"a\":\"string\"}]", true)),
              "map(string)");
    CHECK_STR(iac_type_source(arena, unified("[\"object\",{\"a\":\"string\"}]", "[\"object\",{\"a\":\"number\"}]", true)),
              "object({a=string})");
    CHECK_STR(iac_type_source(arena, unified("[\"object\",{\"a\":\"string\"}]", "[\"object\",{\"b\":\"number\"}]", true)),
              "map(string)");
    CHECK_STR(iac_type_source(arena, unified("[\"tuple\",[\"string\"]]", "[\"tuple\",[]]", true)), "list(string)");
    assert_null(unified("[\"object\",{}]", "[\"tuple\",[]]", true));
    assert_null(unified("\"string\"", "[\"list\",\"string\"]", true));
}

static void test_defaults__fill_what_is_missing_or_null(void **state)
{
    (void)state;
    const iac_str port = IAC_STR("port"), inner_name = IAC_STR("net"), elements = IAC_STR("");
    const iac_value *eighty = json("80"), *empty = json("{}");
    const iac_defaults inner = { .n = 1, .names = &port, .values = &eighty };
    const iac_defaults *inner_at = &inner;
    const iac_defaults object = { .n = 1, .names = &inner_name, .values = &empty, .child_count = 1,
                                  .child_names = &inner_name, .children = &inner_at };
    const iac_defaults *object_at = &object;
    const iac_defaults list = { .type = type("[\"list\",\"dynamic\"]"), .child_count = 1, .child_names = &elements,
                                .children = &object_at };
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_to_json(&buf, iac_defaults_apply(arena, &list, json("[{},{\"net\":{\"port\":1}},{\"net\":null},null]")));
    CHECK_STR(iac_buf_view(&buf),
              "[{\"net\":{\"port\":80}},{\"net\":{\"port\":1}},{\"net\":{\"port\":80}},null]");
    iac_buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_convert__simple_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_convert__collections, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_convert__objects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_convert__leaves_alone_what_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_convert__keeps_unknowns_and_marks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unify__prefers_what_holds_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_defaults__fill_what_is_missing_or_null, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "eval_helper.h"

static const char *type_of(const char *text)
{
    const iac_defaults *defaults;
    const iac_type *type = iac_eval_type(parse(text), arena, &defaults, &diags);
    if (!type)
        return take_errors();
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_type_to_json(&buf, type);
    const char *json = iac_arena_cstr(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return json;
}

static void test_eval_type__constraints(void **state)
{
    (void)state;
    assert_string_equal(type_of("string"), "\"string\"");
    assert_string_equal(type_of("any"), "\"dynamic\"");
    assert_string_equal(type_of("list"), "[\"list\",\"dynamic\"]");
    assert_string_equal(type_of("map(set(number))"), "[\"map\",[\"set\",\"number\"]]");
    assert_string_equal(type_of("tuple([string, list(any)])"), "[\"tuple\",[\"string\",[\"list\",\"dynamic\"]]]");
    assert_string_equal(type_of("object({ a = string, b = optional(number, 5) })"),
                        "[\"object\",{\"a\":\"string\",\"b\":\"number\"},[\"b\"]]");
}

static void test_eval_type__errors(void **state)
{
    (void)state;
    assert_string_equal(type_of("strin"),
                        "Invalid type specification: The keyword \"strin\" is not a valid type specification.");
    assert_string_equal(type_of("list()"),
                        "Invalid type specification: The list type constructor requires one argument specifying the "
                        "element type.");
    assert_string_equal(type_of("string(1)"),
                        "Invalid type specification: Primitive type keyword \"string\" does not expect arguments.");
    assert_string_equal(type_of("object({ a = optional(number, \"x\") })"),
                        "Invalid default value for optional attribute: This default value is not compatible with the "
                        "attribute's type constraint: a number is required.");
    assert_string_equal(type_of("optional(string)"),
                        "Invalid type specification: Keyword \"optional\" is valid only as a modifier for object type "
                        "attributes.");
    assert_string_equal(type_of("1 + 1"),
                        "Invalid type specification: A type specification is either a primitive type keyword (bool, "
                        "number, string) or a complex type constructor call, like list(string).");
    assert_memory_equal(type_of("\"string\""), "Invalid quoted type constraints", 31);
}

static void test_eval_type__defaults_fill_in(void **state)
{
    (void)state;
    const iac_defaults *defaults;
    const iac_type *type =
        iac_eval_type(parse("list(object({ a = string, b = optional(object({ c = optional(number, 7) }), {}) }))"),
                      arena, &defaults, &diags);
    assert_non_null(type);
    assert_non_null(defaults);
    iac_str error;
    const iac_value *v = iac_defaults_apply(arena, defaults, eval("[{ a = 1 }, { a = 2, b = { c = 3 } }]"));
    v = iac_convert(arena, v, type, &error, NULL);
    assert_non_null(v);
    assert_string_equal(
        show(v), "tolist([ { \"a\" = \"1\" \"b\" = { \"c\" = 7 } }, { \"a\" = \"2\" \"b\" = { \"c\" = 3 } }, ])");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(test_eval_type__##name, eval_set_up, eval_tear_down)
    const struct CMUnitTest tests[] = { T(constraints), T(errors), T(defaults_fill_in) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

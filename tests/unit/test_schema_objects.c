/* Schemas: their JSON form, proposals for plans, and the checks of what providers answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/schema/schema.h"
#include "lang/value/convert.h"
#include "lang/value/json.h"

static const char schema_json[] =
    "{\"version\":3,\"block\":{\"attributes\":{"
    "\"arn\":{\"type\":\"string\",\"description_kind\":\"plain\",\"computed\":true},"
    "\"cidr\":{\"type\":\"string\",\"description_kind\":\"plain\",\"required\":true},"
    "\"secret\":{\"type\":\"string\",\"description_kind\":\"plain\",\"optional\":true,\"sensitive\":true},"
    "\"tags\":{\"type\":[\"map\",\"string\"],\"description_kind\":\"plain\",\"optional\":true},"
    "\"token\":{\"type\":\"string\",\"description_kind\":\"plain\",\"optional\":true,\"write_only\":true},"
    "\"zone\":{\"type\":\"string\",\"description_kind\":\"plain\",\"optional\":true,\"computed\":true}},"
    "\"block_types\":{"
    "\"item\":{\"nesting_mode\":\"list\",\"block\":{\"attributes\":{"
    "\"id\":{\"type\":\"string\",\"description_kind\":\"plain\",\"computed\":true},"
    "\"name\":{\"type\":\"string\",\"description_kind\":\"plain\",\"required\":true}},"
    "\"description_kind\":\"plain\"},\"max_items\":5},"
    "\"rule\":{\"nesting_mode\":\"set\",\"block\":{\"attributes\":{"
    "\"id\":{\"type\":\"string\",\"description_kind\":\"plain\",\"computed\":true},"
    "\"port\":{\"type\":\"number\",\"description_kind\":\"plain\",\"required\":true}},"
    "\"description_kind\":\"plain\"}}},"
    "\"description_kind\":\"plain\"}}";

static iac_arena *arena;
static const iac_schema *schema;

static int set_up(void **state)
{
    iac_str error = { 0 };
    (void)state;
    arena = iac_arena_new();
    schema = iac_schema_from_json(arena, iac_str_of(schema_json), &error);
    return schema ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    iac_arena_free(arena);
    return 0;
}

/* JSON as an object of the schema's type; the string "?" stands for an unknown value. */
static const iac_value *make_unknown(void *arg, iac_path path, const iac_value *v)
{
    (void)arg;
    (void)path;
    bool marker = iac_is_set_value(v) && v->kind == IAC_STRING && iac_str_is(v->string, "?");
    return marker ? iac_value_unknown(arena, &iac_type_string) : v;
}

static const iac_value *object(const char *json)
{
    iac_str error = { 0 };
    size_t offset = 0;
    const iac_value *v = iac_value_from_json(arena, iac_str_of(json), &error, &offset);
    assert_non_null(v);
    iac_str *names = iac_arena_array(arena, iac_str, schema->block->type->n);
    const iac_value **items = iac_arena_array(arena, const iac_value *, schema->block->type->n);
    const iac_value *empty = iac_schema_empty_value(arena, schema->block);
    for (size_t i = 0; i < empty->n; i++) {
        const iac_value *given = iac_value_get(v, empty->keys[i]);
        names[i] = empty->keys[i];
        items[i] = given ? given : empty->items[i];
    }
    v = iac_convert(arena, iac_value_object(arena, names, items, empty->n), schema->block->type, &error, NULL);
    if (!v)
        fail_msg("%.*s", IAC_FMT(error));
    return iac_value_transform(arena, v, make_unknown, NULL);
}

#define NULL_OBJECT iac_value_null(arena, schema->block->type)

static const iac_value *get(const iac_value *v, const char *name)
{
    const iac_value *item = iac_value_get_cstr(v, name);
    assert_non_null(item);
    return item;
}

static void assert_text(const iac_value *v, const char *text)
{
    assert_int_equal(v->state, IAC_KNOWN);
    assert_int_equal(v->kind, IAC_STRING);
    assert_string_equal(v->string.p, text);
}

static void test_schema_json__round_trip_is_exact(void **state)
{
    iac_buf out;
    (void)state;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_schema_to_json(&out, schema);
    assert_string_equal(out.p, schema_json);
    iac_buf_clear(&out);
}

static void test_schema_json__damage_is_told(void **state)
{
    static const char *const bad[] = {
        "", "[]", "{}", "{\"block\":5}", "{\"block\":{\"attributes\":{\"a\":{}}}}",
        "{\"block\":{\"attributes\":{\"a\":{\"type\":\"strung\"}}}}",
        "{\"block\":{\"attributes\":{\"a\":{\"type\":[\"list\"]}}}}",
        "{\"block\":{\"block_types\":{\"a\":{\"nesting_mode\":\"heap\"}}}}",
        "{\"block\":{\"attributes\":{\"a\":{\"type\":\"string\"}},\"block_types\":{\"a\":{\"nesting_mode\":\"set\"}}}}",
    };
    (void)state;
    for (size_t i = 0; i < IAC_COUNT(bad); i++) {
        iac_str error = { 0 };
        assert_null(iac_schema_from_json(arena, iac_str_of(bad[i]), &error));
        assert_true(error.n > 0);
    }
}

static void test_schema__empty_has_the_hash_of_its_type(void **state)
{
    (void)state;
    const iac_type *made = iac_type_object(arena, NULL, NULL, NULL, 0);
    assert_true(iac_type_equal(made, iac_schema_empty.type));
}

static void test_schema__sensitive_attributes_are_marked(void **state)
{
    (void)state;
    const iac_value *v = iac_schema_mark_sensitive(arena, schema->block, object("{\"cidr\":\"a\",\"secret\":\"s\"}"));
    assert_int_equal(get(v, "secret")->marks, IAC_SENSITIVE);
    assert_int_equal(get(v, "cidr")->deep_marks, 0);
    assert_int_equal(v->deep_marks, IAC_SENSITIVE);
}

static void test_schema__write_only_attributes_become_null(void **state)
{
    (void)state;
    const iac_value *v = object("{\"cidr\":\"a\",\"token\":\"t\"}");
    assert_true(iac_is_null(get(iac_schema_null_write_only(arena, schema->block, v), "token")));
    const iac_value *without = object("{\"cidr\":\"a\"}");
    assert_ptr_equal(iac_schema_null_write_only(arena, schema->block, without), without);
}

static void test_schema__conformance_names_the_attribute(void **state)
{
    iac_str error = { 0 };
    (void)state;
    const iac_value *good = object("{\"cidr\":\"a\"}");
    assert_true(iac_schema_conforms(arena, schema->block, good, &error));
    const iac_value *bad = iac_value_with(arena, good, IAC_STR("zone"), iac_value_int(arena, 1));
    assert_false(iac_schema_conforms(arena, schema->block, bad, &error));
    assert_string_equal(error.p, ".zone: a string is required");
}

static void test_schema_proposed__new_object_has_unknown_computed(void **state)
{
    (void)state;
    const iac_value *v = iac_schema_proposed(
        arena, schema->block, NULL_OBJECT,
        object("{\"cidr\":\"a\",\"token\":\"t\",\"item\":[{\"name\":\"x\",\"id\":null}]}"));
    assert_text(get(v, "cidr"), "a");
    assert_true(iac_is_unknown(get(v, "arn")));
    assert_true(iac_is_unknown(get(v, "zone")));
    assert_true(iac_is_null(get(v, "tags")));
    assert_true(iac_is_null(get(v, "token")));
    assert_true(iac_is_unknown(get(get(v, "item")->items[0], "id")));
}

static void test_schema_proposed__update_keeps_what_is_computed(void **state)
{
    (void)state;
    const iac_value *prior = object("{\"cidr\":\"a\",\"arn\":\"arn:1\",\"zone\":\"z\",\"tags\":{\"k\":\"v\"},"
                                    "\"item\":[{\"name\":\"x\",\"id\":\"i-1\"}]}");
    const iac_value *v = iac_schema_proposed(
        arena, schema->block, prior,
        object("{\"cidr\":\"b\",\"item\":[{\"name\":\"y\",\"id\":null},{\"name\":\"new\",\"id\":null}]}"));
    assert_text(get(v, "cidr"), "b");
    assert_text(get(v, "arn"), "arn:1");
    assert_text(get(v, "zone"), "z");
    assert_true(iac_is_null(get(v, "tags")));
    assert_text(get(get(v, "item")->items[0], "id"), "i-1");
    assert_true(iac_is_unknown(get(get(v, "item")->items[1], "id")));
}

static void test_schema_proposed__set_elements_are_matched_by_what_is_configured(void **state)
{
    (void)state;
    const iac_value *prior = object("{\"cidr\":\"a\",\"rule\":[{\"port\":80,\"id\":\"r80\"},"
                                    "{\"port\":443,\"id\":\"r443\"}]}");
    const iac_value *v = iac_schema_proposed(
        arena, schema->block, prior,
        object("{\"cidr\":\"a\",\"rule\":[{\"port\":443,\"id\":null},{\"port\":22,\"id\":null}]}"));
    const iac_value *rules = get(v, "rule");
    assert_int_equal(rules->n, 2);
    for (size_t i = 0; i < rules->n; i++) {
        int64_t port = 0;
        assert_true(iac_value_to_int(get(rules->items[i], "port"), &port));
        if (port == 443)
            assert_text(get(rules->items[i], "id"), "r443");
        else
            assert_true(iac_is_unknown(get(rules->items[i], "id")));
    }
}

static bool plan_valid(const iac_value *prior, const char *config, const char *planned, iac_str *error)
{
    return iac_schema_assert_plan_valid(arena, schema->block, prior, object(config), object(planned), error);
}

static void test_schema_plan__only_computed_attributes_are_the_providers(void **state)
{
    iac_str error = { 0 };
    (void)state;
    assert_true(plan_valid(NULL_OBJECT, "{\"cidr\":\"a\"}", "{\"cidr\":\"a\",\"arn\":\"?\",\"zone\":\"z\"}", &error));
    assert_false(plan_valid(NULL_OBJECT, "{\"cidr\":\"a\"}", "{\"cidr\":\"b\"}", &error));
    assert_string_equal(error.p,
                        ".cidr: planned value cty.StringVal(\"b\") does not match config value cty.StringVal(\"a\")");
    assert_false(plan_valid(NULL_OBJECT, "{\"cidr\":\"a\"}", "{\"cidr\":\"a\",\"tags\":{\"x\":\"y\"}}", &error));
    assert_false(plan_valid(NULL_OBJECT, "{\"cidr\":\"a\",\"secret\":\"s\"}", "{\"cidr\":\"a\",\"secret\":\"t\"}", &error));
    assert_string_equal(error.p, ".secret: sensitive planned value does not match config value");
    assert_false(plan_valid(NULL_OBJECT, "{\"cidr\":\"a\"}", "{\"cidr\":\"a\",\"item\":[{\"name\":\"n\",\"id\":null}]}",
                            &error));
    assert_string_equal(error.p, ".item: block count in plan (1) disagrees with count in config (0)");
    /* The prior value may stand for an equivalent configured one. */
    assert_true(plan_valid(object("{\"cidr\":\"A\"}"), "{\"cidr\":\"a\"}", "{\"cidr\":\"A\"}", &error));
    assert_true(plan_valid(NULL_OBJECT, "{\"cidr\":\"a\",\"rule\":[{\"port\":1,\"id\":null}]}",
                           "{\"cidr\":\"a\",\"rule\":[{\"port\":1,\"id\":\"?\"}]}", &error));
    assert_false(plan_valid(NULL_OBJECT, "{\"cidr\":\"a\",\"rule\":[{\"port\":1,\"id\":null}]}",
                            "{\"cidr\":\"a\",\"rule\":[{\"port\":2,\"id\":\"?\"}]}", &error));
}

static bool compatible(const char *planned, const char *actual, iac_str *error)
{
    return iac_schema_assert_compatible(arena, schema->block, object(planned), object(actual), error);
}

static void test_schema_result__known_parts_of_the_plan_hold(void **state)
{
    iac_str error = { 0 };
    (void)state;
    assert_true(compatible("{\"cidr\":\"a\",\"arn\":\"?\"}", "{\"cidr\":\"a\",\"arn\":\"x\"}", &error));
    assert_false(compatible("{\"cidr\":\"a\"}", "{\"cidr\":\"b\"}", &error));
    assert_string_equal(error.p, ".cidr: was cty.StringVal(\"a\"), but now cty.StringVal(\"b\")");
    assert_false(compatible("{\"cidr\":\"a\"}", "{\"cidr\":\"a\",\"zone\":\"z\"}", &error));
    assert_string_equal(error.p, ".zone: was null, but now cty.StringVal(\"z\")");
    assert_false(compatible("{\"cidr\":\"a\",\"secret\":\"x\"}", "{\"cidr\":\"a\",\"secret\":\"y\"}", &error));
    assert_string_equal(error.p, ".secret: inconsistent values for sensitive attribute");
    assert_false(compatible("{\"cidr\":\"a\",\"tags\":{\"k\":\"v\"}}", "{\"cidr\":\"a\",\"tags\":{}}", &error));
    assert_string_equal(error.p, ".tags: element \"k\" has vanished");
    assert_true(compatible("{\"cidr\":\"a\",\"rule\":[{\"port\":1,\"id\":\"?\"}]}",
                           "{\"cidr\":\"a\",\"rule\":[{\"port\":1,\"id\":\"r\"}]}", &error));
    assert_false(compatible("{\"cidr\":\"a\",\"item\":[]}", "{\"cidr\":\"a\",\"item\":[{\"name\":\"x\",\"id\":null}]}",
                            &error));
    assert_string_equal(error.p, ".item: block count changed from 0 to 1");
    assert_false(iac_schema_assert_compatible(arena, schema->block, object("{\"cidr\":\"a\"}"), NULL_OBJECT, &error));
    assert_string_equal(error.p, ": was present, but now absent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_schema_json__round_trip_is_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema_json__damage_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema__empty_has_the_hash_of_its_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema__sensitive_attributes_are_marked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema__write_only_attributes_become_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema__conformance_names_the_attribute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema_proposed__new_object_has_unknown_computed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema_proposed__update_keeps_what_is_computed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema_proposed__set_elements_are_matched_by_what_is_configured, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_schema_plan__only_computed_attributes_are_the_providers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema_result__known_parts_of_the_plan_hold, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

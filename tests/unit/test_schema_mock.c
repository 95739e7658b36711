/* Objects made up where no provider is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "lang/schema/mock.h"
#include "lang/value/json.h"

static const char schema_json[] =
    "{\"version\":0,\"block\":{\"attributes\":{"
    "\"arn\":{\"type\":\"string\",\"description_kind\":\"plain\",\"computed\":true},"
    "\"cidr\":{\"type\":\"string\",\"description_kind\":\"plain\",\"optional\":true},"
    "\"size\":{\"type\":\"number\",\"description_kind\":\"plain\",\"optional\":true,\"computed\":true},"
    "\"ready\":{\"type\":\"bool\",\"description_kind\":\"plain\",\"computed\":true},"
    "\"tags\":{\"type\":[\"map\",\"string\"],\"description_kind\":\"plain\",\"computed\":true},"
    "\"where\":{\"type\":[\"object\",{\"zone\":\"string\",\"rack\":\"number\"}],\"description_kind\":\"plain\","
    "\"computed\":true}},"
    "\"block_types\":{"
    "\"item\":{\"nesting_mode\":\"list\",\"block\":{\"attributes\":{"
    "\"id\":{\"type\":\"string\",\"description_kind\":\"plain\",\"computed\":true},"
    "\"name\":{\"type\":\"string\",\"description_kind\":\"plain\",\"required\":true}},"
    "\"description_kind\":\"plain\"}}},"
    "\"description_kind\":\"plain\"}}";

static iac_arena *arena;
static iac_diags diags;
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
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}

/* An object of the schema's type with cidr set and one item; everything else is null. */
static const iac_value *configured(void)
{
    const iac_type *type = schema->block->type;
    const iac_value *v = iac_value_null(arena, type);
    const iac_value **items = iac_arena_array(arena, const iac_value *, type->n);
    for (size_t i = 0; i < type->n; i++)
        items[i] = iac_value_null(arena, type->items[i]);
    v = iac_value_object(arena, type->names, items, type->n);
    v = iac_value_with(arena, v, IAC_STR("cidr"), iac_value_string(arena, IAC_STR("10.0.0.0/8")));
    const iac_type *element = iac_type_attribute(type, IAC_STR("item"))->element;
    const iac_value *item = iac_value_object(arena, element->names,
                                             (const iac_value *[]){ iac_value_null(arena, &iac_type_string),
                                                                    iac_value_string(arena, IAC_STR("a")) },
                                             2);
    return iac_value_with(arena, v, IAC_STR("item"), iac_value_list(arena, element, &item, 1));
}

static const iac_value *given_of(const char *const *names, const iac_value *const *values, size_t n)
{
    iac_str keys[4];
    const iac_value *items[4];
    assert_true(n <= 4);
    for (size_t i = 0; i < n; i++) {
        keys[i] = iac_str_of(names[i]);
        items[i] = values[i];
    }
    return iac_value_object(arena, keys, items, n);
}

static void test_schema_mock__what_nobody_gives_is_invented(void **state)
{
    (void)state;
    const iac_value *v = iac_mock_object(arena, schema->block, configured(), NULL, IAC_MOCK_NULLS, IAC_NO_RANGE,
                                         &diags);
    assert_int_equal(diags.errors, 0);
    const iac_value *arn = iac_value_get_cstr(v, "arn");
    assert_int_equal(arn->string.n, 8);
    assert_int_equal(strspn(arn->string.p, "abcdefghijklmnopqrstuvwxyz0123456789"), 8);
    assert_true(iac_value_to_double(iac_value_get_cstr(v, "size")) == 0);
    assert_false(iac_value_get_cstr(v, "ready")->boolean);
    assert_true(iac_is_set_value(iac_value_get_cstr(v, "tags")));
    assert_int_equal(iac_value_get_cstr(v, "tags")->n, 0);
    const iac_value *where = iac_value_get_cstr(v, "where");
    assert_int_equal(iac_value_get_cstr(where, "zone")->string.n, 8);
    assert_true(iac_str_is(iac_value_get_cstr(v, "cidr")->string, "10.0.0.0/8"));
    const iac_value *item = iac_value_get_cstr(v, "item")->items[0];
    assert_int_equal(iac_value_get_cstr(item, "id")->string.n, 8);
    assert_true(iac_str_is(iac_value_get_cstr(item, "name")->string, "a"));
}

static void test_schema_mock__given_values_are_taken_and_completed(void **state)
{
    const iac_value *zone = iac_value_string(arena, IAC_STR("z"));
    const iac_value *id = iac_value_string(arena, IAC_STR("one"));
    const iac_value *where = given_of((const char *[]){ "zone" }, &zone, 1);
    const iac_value *item = given_of((const char *[]){ "id" }, &id, 1);
    const iac_value *all[] = { id, where, item, iac_value_string(arena, IAC_STR("12")) };
    iac_mock_values mock = { .values = given_of((const char *[]){ "arn", "where", "item", "size" }, all, 4) };
    (void)state;
    const iac_value *v = iac_mock_object(arena, schema->block, configured(), &mock, IAC_MOCK_NULLS, IAC_NO_RANGE,
                                         &diags);
    assert_int_equal(diags.errors, 0);
    assert_true(iac_str_is(iac_value_get_cstr(v, "arn")->string, "one"));
    assert_true(iac_value_to_double(iac_value_get_cstr(v, "size")) == 12);
    assert_true(iac_str_is(iac_value_get_cstr(iac_value_get_cstr(v, "where"), "zone")->string, "z"));
    assert_true(iac_value_to_double(iac_value_get_cstr(iac_value_get_cstr(v, "where"), "rack")) == 0);
    assert_true(iac_str_is(iac_value_get_cstr(iac_value_get_cstr(v, "item")->items[0], "id")->string, "one"));
}

static void test_schema_mock__what_does_not_fit_is_told_and_replaced(void **state)
{
    const iac_value *list = iac_value_tuple(arena, (const iac_value *[]){ &iac_true }, 1);
    iac_mock_values mock = { .values = given_of((const char *[]){ "arn" }, &list, 1) };
    iac_mock_values text = { .values = iac_value_string(arena, IAC_STR("x")) };
    (void)state;
    const iac_value *v = iac_mock_object(arena, schema->block, configured(), &mock, IAC_MOCK_NULLS, IAC_NO_RANGE,
                                         &diags);
    assert_int_equal(diags.errors, 1);
    assert_true(iac_str_is(diags.list.v[0].summary, "Failed to compute attribute"));
    assert_int_equal(iac_value_get_cstr(v, "arn")->string.n, 8);
    v = iac_mock_object(arena, schema->block, configured(), &text, IAC_MOCK_NULLS, IAC_NO_RANGE, &diags);
    assert_int_equal(diags.errors, 2);
    assert_true(iac_str_is(diags.list.v[1].summary, "Invalid replacement value"));
    assert_int_equal(iac_value_get_cstr(v, "arn")->string.n, 8);
}

static void test_schema_mock__plans_leave_unknown_what_apply_fills(void **state)
{
    (void)state;
    const iac_value *planned = iac_mock_object(arena, schema->block, configured(), NULL, IAC_MOCK_DEFER, IAC_NO_RANGE,
                                               &diags);
    assert_true(iac_is_unknown(iac_value_get_cstr(planned, "arn")));
    assert_false(iac_is_unknown(iac_value_get_cstr(planned, "cidr")));
    const iac_value *applied = iac_mock_object(arena, schema->block, planned, NULL, IAC_MOCK_UNKNOWNS, IAC_NO_RANGE,
                                               &diags);
    assert_false(applied->deep_unknown);
    assert_int_equal(iac_value_get_cstr(applied, "arn")->string.n, 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_schema_mock__##name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_nobody_gives_is_invented),
        TEST(given_values_are_taken_and_completed),
        TEST(what_does_not_fit_is_told_and_replaced),
        TEST(plans_leave_unknown_what_apply_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Configuration generated from an imported object, for a schema with everything in it. */
#include "engine/plan/generate.h"
#include "lang/value/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char schema_text[] =
    "{\"version\":0,\"block\":{\"attributes\":{"
    "\"id\":{\"type\":\"string\",\"optional\":true,\"computed\":true},"
    "\"arn\":{\"type\":\"string\",\"computed\":true},"
    "\"name\":{\"type\":\"string\",\"required\":true},"
    "\"empty\":{\"type\":\"string\",\"optional\":true},"
    "\"old\":{\"type\":\"string\",\"optional\":true,\"deprecated\":true},"
    "\"count_of\":{\"type\":\"number\",\"optional\":true},"
    "\"policy\":{\"type\":\"string\",\"optional\":true},"
    "\"digits\":{\"type\":\"string\",\"optional\":true},"
    "\"secret\":{\"type\":\"string\",\"optional\":true,\"sensitive\":true},"
    "\"tags\":{\"type\":[\"map\",\"string\"],\"optional\":true},"
    "\"zones\":{\"type\":[\"set\",\"string\"],\"optional\":true},"
    "\"nest\":{\"optional\":true,\"nested_type\":{\"nesting_mode\":\"list\",\"attributes\":{"
    "\"a\":{\"type\":\"string\",\"optional\":true},\"b\":{\"type\":\"string\",\"computed\":true}}}}"
    "},\"block_types\":{"
    "\"rule\":{\"nesting_mode\":\"list\",\"block\":{\"attributes\":{\"port\":{\"type\":\"number\",\"required\":true}},"
    "\"block_types\":{\"deep\":{\"nesting_mode\":\"single\",\"block\":{\"attributes\":{"
    "\"on\":{\"type\":\"bool\",\"optional\":true}}}}}}},"
    "\"gone\":{\"nesting_mode\":\"single\",\"block\":{\"attributes\":{\"x\":{\"type\":\"string\",\"optional\":true}}}}"
    "}}}";

static const char object_text[] =
    "{\"id\":\"i-1\",\"arn\":\"arn:x\",\"name\":\"a \\\"b\\\"\\nc ${d}\",\"empty\":\"\",\"old\":\"o\",\"count_of\":3,"
    "\"policy\":\"{\\\"b\\\":[1,\\\"x\\\"],\\\"a b\\\":null}\",\"digits\":\"123\",\"secret\":\"s\","
    "\"tags\":{\"k\":\"v\",\"with space\":\"w\"},\"zones\":[\"a\",\"b\"],\"nest\":[{\"a\":\"1\",\"b\":\"2\"}],"
    "\"rule\":[{\"port\":1,\"deep\":{\"on\":true}},{\"port\":2,\"deep\":null}],\"gone\":null}";

static const char expected[] =
    "resource \"x_thing\" \"n\" {\n"
    "  provider = x.west\n"
    "  count_of = 3\n"
    "  digits   = \"123\"\n"
    "  empty    = null\n"
    "  name     = \"a \\\"b\\\"\\nc $${d}\"\n"
    "  nest = [\n"
    "    {\n"
    "      a = \"1\"\n"
    "    },\n"
    "  ]\n"
    "  policy = jsonencode({\n"
    "    \"a b\" = null\n"
    "    b     = [1, \"x\"]\n"
    "  })\n"
    "  secret = null # sensitive\n"
    "  tags = {\n"
    "    k            = \"v\"\n"
    "    \"with space\" = \"w\"\n"
    "  }\n"
    "  zones = [\"a\", \"b\"]\n"
    "  rule {\n"
    "    port = 1\n"
    "    deep {\n"
    "      on = true\n"
    "    }\n"
    "  }\n"
    "  rule {\n"
    "    port = 2\n"
    "  }\n"
    "}";

static void test_generate__every_kind_of_attribute_and_block(void **state)
{
    (void)state;
    iac_arena *arena = iac_arena_new();
    iac_str error;
    const iac_schema *schema = iac_schema_from_json(arena, iac_str_of(schema_text), &error);
    assert_non_null(schema);
    const iac_value *object = iac_value_from_typed_json(arena, iac_str_of(object_text), schema->block->type, &error);
    assert_non_null(object);
    object = iac_schema_mark_sensitive(arena, schema->block, object);
    iac_addr addr = { .mode = IAC_MANAGED, .type = IAC_STR("x_thing"), .name = IAC_STR("n") };
    const iac_source *source = iac_source_new(arena, IAC_STR("main.tf"), IAC_STR("x.west"));
    iac_provider_ref provider = { .name = IAC_STR("x"), .alias = IAC_STR("west"), .range = { source, 0, 6 } };
    iac_str text = iac_generate_block(arena, schema, addr, &provider, object);
    assert_string_equal(iac_arena_cstr(arena, text), expected);

    iac_diags diags = IAC_DIAGS_INIT;
    const iac_body *body = iac_generate_body(arena, IAC_STR("gen.tf"), text, &diags);
    assert_int_equal(diags.errors, 0);
    assert_int_equal(body->attribute_count, 9); /* without the provider */
    assert_int_equal(body->block_count, 2);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generate__every_kind_of_attribute_and_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

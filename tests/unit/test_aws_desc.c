/* The descriptions of AWS resource types: all of them parse, and mistakes are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <string.h>
#include "providers/aws/desc.h"

static void test_aws_desc__every_embedded_text_parses(void **state)
{
    (void)state;
    iac_arena *arena = iac_arena_new();

    assert_true(aws_embedded_descriptor_count >= 8);
    for (size_t i = 0; i < aws_embedded_descriptor_count; i++) {
        const aws_embedded *e = &aws_embedded_descriptors[i];
        const char *error = NULL;
        aws_desc *desc = aws_desc_parse(arena, (iac_str){ (const char *)e->bytes, e->n }, &error);
        if (!desc) {
            fail_msg("%s: %s", e->name, error);
        }
        json_error_t why;
        json_t *schema = json_loads(desc->schema, 0, &why);
        if (!schema) {
            fail_msg("%s: schema: %s", e->name, why.text);
        }
        json_decref(schema);
    }
    iac_arena_free(arena);
}

/* The complaint about a text, or "" when it parses. */
static void expect(const char *text, const char *want)
{
    iac_arena *arena = iac_arena_new();
    const char *error = "";
    aws_desc *desc = aws_desc_parse(arena, iac_str_of(text), &error);

    if (want) {
        assert_null(desc);
        assert_string_equal(error, want);
    } else {
        assert_non_null(desc);
    }
    iac_arena_free(arena);
}

static void test_aws_desc__mistakes_are_told_with_their_line(void **state)
{
    (void)state;
#define HEAD "resource aws_x service=ec2 version=0 label=\"EC2 X\"\n"
    expect(HEAD "attr a string o c=A # a remark\n", NULL);
    expect("attr a string o\n", "line 1: the first line must be resource, data or provider, not \"attr\"");
    expect("resource aws_x service=nowhere label=X\n", "line 1: no known service or no label for \"aws_x\"");
    expect(HEAD "attr a text o\n", "line 2: unknown type \"text\"");
    expect(HEAD "attr a string q\n", "line 2: unknown flag in \"q\"");
    expect(HEAD "\nattr a string o k=1\n", "line 3: unknown option \"k=1\"");
    expect(HEAD "create MakeX\n", "line 2: no such operation: \"MakeX\"");
    expect(HEAD "block b list o\n", "line 2: the text ends within \"b\"");
    expect(HEAD "end\n", "line 2: nothing is open at \"end\"");
    expect(HEAD "hooks nothing\n", "line 2: no such hooks: \"nothing\"");
    expect("", "line 0: the text ends within \"nothing\"");
}

static void test_aws_desc__types_are_found_by_kind(void **state)
{
    (void)state;
    const aws_desc *vpc = aws_desc_find("aws_vpc", false);

    assert_non_null(vpc);
    assert_ptr_equal(vpc, aws_desc_find("aws_vpc", false));
    assert_null(aws_desc_find("aws_vpc", true));
    assert_non_null(aws_desc_find("aws_region", true));
    assert_null(aws_desc_find("aws_nothing", false));
    const aws_attr *tenancy = aws_attr_find(&vpc->attrs, "instance_tenancy");
    assert_string_equal(tenancy->otherwise, "default");
    assert_string_equal(tenancy->in_place_from, "dedicated");
    for (const char *const *name = aws_desc_names(false); *name; name++) {
        assert_string_not_equal(*name, "provider");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aws_desc__every_embedded_text_parses),
        cmocka_unit_test(test_aws_desc__mistakes_are_told_with_their_line),
        cmocka_unit_test(test_aws_desc__types_are_found_by_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

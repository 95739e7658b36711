/* The provider "random", through engine/host. */
#include "tests/unit/host_harness.h"

#include <crypt.h>
#include <dlfcn.h>

static int setup(void **state)
{
    (void)state;
    load("random");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unload();
    return 0;
}

static void test_host_random__strings_have_the_wanted_characters(void **state)
{
    (void)state;
    const iac_value *v = create("random_string", "{\"length\":64,\"special\":false,\"upper\":false,\"min_numeric\":30}");
    const char *text = get(v, "result");
    size_t digits = 0;
    assert_int_equal(strlen(text), 64);
    for (const char *c = text; *c; c++) {
        assert_true((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9'));
        digits += *c <= '9';
    }
    assert_true(digits >= 30);
    assert_string_equal(get(v, "id"), text);
    assert_string_equal(get(v, "numeric"), "true");
    assert_string_equal(get(v, "number"), "true");
    assert_string_equal(get(v, "min_special"), "0");

    v = create("random_string", "{\"length\":20,\"override_special\":\"#\",\"upper\":false,\"lower\":false,"
                                "\"numeric\":false}");
    assert_string_equal(get(v, "result"), "####################");
    assert_string_equal(get(v, "number"), "false");
}

static void test_host_random__a_second_plan_changes_nothing(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "random_string", "{\"length\":8}" },
        { "random_password", "{\"length\":8,\"special\":false}" },
        { "random_id", "{\"byte_length\":4,\"prefix\":\"p-\",\"keepers\":{\"a\":\"1\"}}" },
        { "random_bytes", "{\"length\":4}" },
        { "random_integer", "{\"min\":1,\"max\":5}" },
        { "random_pet", "{}" },
        { "random_uuid", "{}" },
        { "random_shuffle", "{\"input\":[\"a\",\"b\"],\"result_count\":5}" },
    };
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        const iac_value *made = create(cases[i][0], cases[i][1]);
        iac_plan_answer answer = plan(cases[i][0], made, cases[i][1]);
        assert_true(iac_value_same(answer.planned, made));
        assert_int_equal(answer.requires_replace.n, 0);
        assert_true(iac_value_same(read_again(cases[i][0], made), made));
    }
}

static void test_host_random__changes_replace(void **state)
{
    (void)state;
    const iac_value *made = create("random_string", "{\"length\":8,\"special\":false}");
    iac_plan_answer answer = plan("random_string", made, "{\"length\":9}");
    assert_true(replaces(answer, "length"));
    assert_true(replaces(answer, "special"));
    assert_int_equal(answer.requires_replace.n, 2);

    made = create("random_id", "{\"byte_length\":4,\"keepers\":{\"a\":\"1\"}}");
    assert_true(replaces(plan("random_id", made, "{\"byte_length\":4,\"keepers\":{\"a\":\"2\"}}"), "keepers"));
    assert_true(replaces(plan("random_id", made, "{\"byte_length\":4}"), "keepers"));
    answer = plan("random_id", made, "{\"byte_length\":4,\"keepers\":{\"a\":\"1\",\"b\":null}}");
    assert_int_equal(answer.requires_replace.n, 0);
}

static void test_host_random__passwords_come_with_their_hash(void **state)
{
    (void)state;
    struct crypt_data data = { 0 };
    void *library = dlopen("libcrypt.so.1", RTLD_NOW); /* which the provider is linked with, and this program is not */
    char *(*crypt_with)(const char *key, const char *setting, void *data, int size);
    assert_non_null(library);
    *(void **)&crypt_with = dlsym(library, "crypt_rn");
    const iac_value *v = create("random_password", "{\"length\":100}");
    char key[73];
    snprintf(key, sizeof(key), "%.72s", get(v, "result"));
    assert_string_equal(crypt_with(key, get(v, "bcrypt_hash"), &data, sizeof(data)), get(v, "bcrypt_hash"));
    assert_memory_equal(get(v, "bcrypt_hash"), "$2a$10$", 7);
    assert_string_equal(get(v, "id"), "none");
    const iac_block_schema *block = schema_of(IACP_SCHEMA_RESOURCE, "random_password")->block;
    assert_true(iac_schema_attribute(block, IAC_STR("result"))->sensitive);
    assert_true(iac_schema_attribute(block, IAC_STR("bcrypt_hash"))->sensitive);
}

static void test_host_random__ids_have_four_forms(void **state)
{
    (void)state;
    const iac_value *v = import("random_id", "p-,AQID");
    assert_string_equal(get(v, "id"), "AQID");
    assert_string_equal(get(v, "b64_url"), "p-AQID");
    assert_string_equal(get(v, "b64_std"), "p-AQID");
    assert_string_equal(get(v, "hex"), "p-010203");
    assert_string_equal(get(v, "dec"), "p-66051");
    assert_string_equal(get(v, "byte_length"), "3");
    v = import("random_id", "_w");
    assert_string_equal(get(v, "b64_std"), "/w==");
    assert_null(import("random_id", "!"));
}

static void test_host_random__integers_stay_within_their_bounds(void **state)
{
    (void)state;
    bool seen[4] = { false };
    for (int i = 0; i < 100; i++) {
        int64_t n;
        const iac_value *v = create("random_integer", "{\"min\":-1,\"max\":2}");
        assert_true(iac_value_to_int(iac_value_get_cstr(v, "result"), &n));
        assert_true(n >= -1 && n <= 2);
        seen[n + 1] = true;
        assert_string_equal(get(v, "id"), get(v, "result"));
    }
    assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
    create("random_integer", "{\"min\":-9223372036854775808,\"max\":9223372036854775807}");
    const iac_value *a = create("random_integer", "{\"min\":1,\"max\":1000000,\"seed\":\"s\"}");
    const iac_value *b = create("random_integer", "{\"min\":1,\"max\":1000000,\"seed\":\"s\"}");
    assert_true(iac_value_same(a, b));
    a = import("random_integer", "7,1,9,seed");
    assert_string_equal(get(a, "max"), "9");
    assert_string_equal(get(a, "seed"), "seed");
    assert_null(import("random_integer", "7,1"));
}

static void test_host_random__shuffles_are_permutations(void **state)
{
    (void)state;
    static const char config[] = "{\"input\":[\"a\",\"b\",\"c\",\"d\"],\"seed\":\"x\",\"result_count\":6}";
    const iac_value *a = create("random_shuffle", config);
    const iac_value *result = iac_value_get_cstr(a, "result");
    assert_int_equal(result->n, 6);
    size_t seen = 0;
    for (size_t i = 0; i < 4; i++)
        seen |= (size_t)1 << (result->items[i]->string.p[0] - 'a');
    assert_int_equal(seen, 15);
    assert_true(iac_value_same(a, create("random_shuffle", config)));
    assert_string_equal(get(a, "id"), "-");
    assert_int_equal(iac_value_get_cstr(create("random_shuffle", "{\"input\":[]}"), "result")->n, 0);
}

static void test_host_random__pets_and_uuids(void **state)
{
    (void)state;
    const char *pet = get(create("random_pet", "{\"length\":3,\"prefix\":\"my\",\"separator\":\"_\"}"), "id");
    size_t separators = 0;
    for (const char *c = pet; *c; c++)
        separators += *c == '_';
    assert_int_equal(separators, 3);
    assert_memory_equal(pet, "my_", 3);
    assert_int_equal(strlen(get(create("random_uuid", "{}"), "result")), 36);
    assert_string_equal(get(import("random_uuid", "AABBCCDD-0011-4233-8455-66778899AABB"), "id"),
                        "aabbccdd-0011-4233-8455-66778899aabb");
    assert_null(import("random_uuid", "nonsense"));
}

static void test_host_random__imports_complete_the_object(void **state)
{
    (void)state;
    const iac_value *v = import("random_password", "hunter2");
    assert_string_equal(get(v, "length"), "7");
    assert_string_equal(get(v, "special"), "true");
    assert_string_equal(get(v, "id"), "none");
    assert_string_equal(get(v, "keepers"), "null");
    iac_plan_answer answer = plan("random_password", v, "{\"length\":7}");
    assert_true(iac_value_same(answer.planned, v));
    assert_null(import("random_pet", "x"));
}

static void test_host_random__old_states_are_upgraded(void **state)
{
    (void)state;
    const iac_value *v = NULL;
    iac_str json = IAC_STR("{\"id\":\"none\",\"keepers\":null,\"length\":3,\"lower\":true,\"min_lower\":0,"
                           "\"min_numeric\":0,\"min_special\":0,\"min_upper\":0,\"number\":false,"
                           "\"override_special\":null,\"result\":\"abc\",\"special\":true,\"upper\":true,\"old\":1}");
    assert_int_equal(iac_instance_upgrade(instance, NULL, arena, IAC_STR("random_password"), 0, json, &v, &diags),
                     IAC_OK);
    assert_string_equal(get(v, "numeric"), "false");
    assert_memory_equal(get(v, "bcrypt_hash"), "$2a$10$", 7);
    assert_int_equal(iac_instance_upgrade(instance, NULL, arena, IAC_STR("random_string"), 1, json, &v, &diags),
                     IAC_OK);
    assert_string_equal(get(v, "numeric"), "false");
    assert_int_equal(iac_instance_upgrade(instance, NULL, arena, IAC_STR("random_string"), 1, IAC_STR("[]"), &v,
                                          &diags), IAC_ERR);
}

static void test_host_random__bad_configurations_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "random_string", "{\"length\":0}" },
        { "random_string", "{\"length\":3,\"min_lower\":2,\"min_upper\":2}" },
        { "random_string", "{\"length\":3,\"min_lower\":-1}" },
        { "random_string", "{\"length\":1e12}" },
        { "random_string", "{\"length\":2.5}" },
        { "random_string", "{\"length\":3,\"lower\":false,\"upper\":false,\"special\":false,\"numeric\":false}" },
        { "random_string", "{\"length\":3,\"number\":true,\"numeric\":false}" },
        { "random_id", "{\"byte_length\":0}" },
        { "random_id", "{\"byte_length\":1e30}" },
        { "random_integer", "{\"min\":2,\"max\":1}" },
        { "random_pet", "{\"length\":0}" },
        { "random_shuffle", "{\"input\":[],\"result_count\":-1}" },
    };
    for (size_t i = 0; i < IAC_COUNT(bad); i++) {
        size_t before = diags.errors;
        assert_false(valid(IACP_SCHEMA_RESOURCE, bad[i][0], bad[i][1]));
        assert_true(diags.errors > before);
    }
    assert_true(valid(IACP_SCHEMA_RESOURCE, "random_string", "{\"length\":3}"));
}

static void test_host_random__the_ephemeral_password_is_made_anew(void **state)
{
    (void)state;
    iac_ephemeral_answer answer = { 0 };
    const iac_value *config = config_of(IACP_SCHEMA_EPHEMERAL, "random_password", "{\"length\":12}");
    assert_int_equal(iac_instance_ephemeral_open(instance, NULL, arena, IAC_STR("random_password"), config, &answer,
                                                 &diags), IAC_OK);
    assert_int_equal(strlen(get(answer.result, "result")), 12);
    assert_int_equal(answer.renew_after_ms, 0);
    assert_int_equal(iac_instance_ephemeral_close(instance, NULL, IAC_STR("random_password"), answer.private_data,
                                                  &diags), IAC_OK);
}

int main(void)
{
    host_harness_use_all();
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_host_random__##name, setup, teardown)
        TEST(strings_have_the_wanted_characters),
        TEST(a_second_plan_changes_nothing),
        TEST(changes_replace),
        TEST(passwords_come_with_their_hash),
        TEST(ids_have_four_forms),
        TEST(integers_stay_within_their_bounds),
        TEST(shuffles_are_permutations),
        TEST(pets_and_uuids),
        TEST(imports_complete_the_object),
        TEST(old_states_are_upgraded),
        TEST(bad_configurations_are_refused),
        TEST(the_ephemeral_password_is_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

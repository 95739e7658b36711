/* engine/host with the built-in provider: the wrappers, and terraform_data. */
#include "engine/host/host.h"
#include "lang/value/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static iac_arena *arena;
static iac_host *host;
static const iac_provider *provider;
static iac_instance *instance;
static iac_diags diags;

#define TYPE IAC_STR("terraform_data")

static int setup(void **state)
{
    (void)state;
    arena = iac_arena_new();
    diags = (iac_diags)IAC_DIAGS_INIT;
    host = iac_host_new(NULL);
    assert_int_equal(iac_host_provider(host, IAC_STR("terraform"), IAC_NO_RANGE, &provider, &diags), IAC_OK);
    assert_int_equal(iac_instance_open(provider, NULL, &instance, &diags), IAC_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    iac_diags_clear(&diags);
    iac_host_free(host);
    iac_arena_free(arena);
    return 0;
}

static const iac_value *text(const char *s)
{
    return iac_value_cstr(arena, s);
}

static const iac_value *object(const iac_value *id, const iac_value *input, const iac_value *output,
                               const iac_value *triggers)
{
    const iac_str names[] = { IAC_STR("id"), IAC_STR("input"), IAC_STR("output"), IAC_STR("triggers_replace") };
    const iac_value *items[] = {
        id ? id : iac_value_null(arena, &iac_type_string),
        input ? input : &iac_null_dynamic,
        output ? output : &iac_null_dynamic,
        triggers ? triggers : &iac_null_dynamic,
    };
    return iac_value_object(arena, names, items, 4);
}

static const char *attribute(const iac_value *v, const char *name)
{
    const iac_value *item = iac_value_get_cstr(v, name);
    return item && iac_is_set_value(item) && item->kind == IAC_STRING ? item->string.p : "";
}

static iac_plan_answer plan(const iac_value *prior, const iac_value *config)
{
    iac_plan_answer answer = { 0 };
    const iac_schema *schema = iac_provider_find_schema(provider, IACP_SCHEMA_RESOURCE, TYPE);
    const iac_value *null = iac_value_null(arena, schema->block->type);
    iac_plan_request request = {
        .type = TYPE,
        .prior = prior,
        .proposed = iac_schema_proposed(arena, schema->block, prior ? prior : null, config),
        .config = config,
    };
    assert_int_equal(iac_instance_plan(instance, NULL, arena, &request, &answer, &diags), IAC_OK);
    return answer;
}

static const iac_value *apply(const iac_value *prior, const iac_value *planned)
{
    iac_apply_answer answer;
    iac_apply_request request = { .type = TYPE, .prior = prior, .planned = planned, .token = IAC_STR("t") };
    assert_int_equal(iac_instance_apply(instance, NULL, arena, &request, &answer, &diags), IAC_OK);
    return answer.state;
}

static void test_host_terraform__create_makes_an_id_and_copies_the_input(void **state)
{
    (void)state;
    iac_plan_answer answer = plan(NULL, object(NULL, text("hello"), NULL, NULL));
    assert_true(iac_is_unknown(iac_value_get_cstr(answer.planned, "id")));
    assert_true(iac_is_unknown(iac_value_get_cstr(answer.planned, "output")));
    assert_int_equal(iac_value_get_cstr(answer.planned, "output")->type->kind, IAC_STRING);

    const iac_value *made = apply(NULL, answer.planned);
    assert_int_equal(strlen(attribute(made, "id")), 36);
    assert_int_equal(attribute(made, "id")[14], '4');
    assert_string_equal(attribute(made, "output"), "hello");
    assert_true(iac_is_wholly_known(made));
}

static void test_host_terraform__no_change_plans_the_prior_object(void **state)
{
    (void)state;
    const iac_value *prior = object(text("x"), text("a"), text("a"), NULL);
    iac_plan_answer answer = plan(prior, object(NULL, text("a"), NULL, NULL));
    assert_true(iac_value_same(answer.planned, prior));
    assert_int_equal(answer.requires_replace.n, 0);
}

static void test_host_terraform__new_input_keeps_the_id(void **state)
{
    (void)state;
    const iac_value *prior = object(text("x"), text("a"), text("a"), NULL);
    iac_plan_answer answer = plan(prior, object(NULL, iac_value_int(arena, 5), NULL, NULL));
    assert_string_equal(attribute(answer.planned, "id"), "x");
    assert_int_equal(iac_value_get_cstr(answer.planned, "output")->type->kind, IAC_NUMBER);
    const iac_value *made = apply(prior, answer.planned);
    int64_t n = 0;
    assert_true(iac_value_to_int(iac_value_get_cstr(made, "output"), &n));
    assert_int_equal(n, 5);
}

static void test_host_terraform__new_trigger_replaces(void **state)
{
    (void)state;
    const iac_value *prior = object(text("x"), text("a"), text("a"), text("1"));
    iac_plan_answer answer = plan(prior, object(NULL, text("a"), NULL, text("2")));
    assert_int_equal(answer.requires_replace.n, 1);
    assert_int_equal(answer.requires_replace.v[0].n, 1);
    assert_true(iac_str_is(answer.requires_replace.v[0].steps[0].name, "triggers_replace"));
    assert_true(iac_is_unknown(iac_value_get_cstr(answer.planned, "id")));
}

static void test_host_terraform__destroy_answers_nothing(void **state)
{
    (void)state;
    iac_plan_answer answer = { .note = IAC_STR("x") };
    const iac_value *prior = object(text("x"), NULL, NULL, NULL);
    iac_plan_request request = { .type = TYPE, .prior = prior };
    assert_int_equal(iac_instance_plan(instance, NULL, arena, &request, &answer, &diags), IAC_OK);
    assert_null(answer.planned);
    assert_null(apply(prior, NULL));
}

static void test_host_terraform__marks_do_not_cross_the_line(void **state)
{
    (void)state;
    const iac_value *secret = iac_value_mark(arena, text("pw"), IAC_SENSITIVE);
    iac_plan_answer answer = plan(NULL, object(NULL, secret, NULL, NULL));
    assert_int_equal(answer.planned->deep_marks, 0);
}

static void test_host_terraform__import_takes_the_id(void **state)
{
    (void)state;
    const iac_imported *imported;
    size_t count = 0;
    assert_int_equal(iac_instance_import(instance, NULL, arena, TYPE, IAC_STR("abc"), &imported, &count, &diags),
                     IAC_OK);
    assert_int_equal(count, 1);
    assert_string_equal(attribute(imported[0].state, "id"), "abc");
    iac_read_answer answer;
    assert_int_equal(iac_instance_read(instance, NULL, arena, TYPE, imported[0].state, (iac_str){ 0 }, &answer,
                                       &diags), IAC_OK);
    assert_true(iac_value_same(answer.state, imported[0].state));
}

static void test_host_terraform__null_resource_moves_in(void **state)
{
    (void)state;
    iac_read_answer answer;
    iac_move_request request = {
        .type = TYPE,
        .source_provider = IAC_STR("registry.terraform.io/hashicorp/null"),
        .source_type = IAC_STR("null_resource"),
        .source_state_json = IAC_STR("{\"id\":\"42\",\"triggers\":{\"k\":\"v\"}}"),
    };
    assert_int_equal(iac_instance_move(instance, NULL, arena, &request, &answer, &diags), IAC_OK);
    assert_string_equal(attribute(answer.state, "id"), "42");
    const iac_value *triggers = iac_value_get_cstr(answer.state, "triggers_replace");
    assert_int_equal(triggers->kind, IAC_OBJECT);
    assert_string_equal(attribute(triggers, "k"), "v");

    request.source_type = IAC_STR("random_id");
    assert_int_equal(iac_instance_move(instance, NULL, arena, &request, &answer, &diags), IAC_ERR);
    assert_int_equal(diags.errors, 1);
}

static void test_host_terraform__stored_objects_are_decoded(void **state)
{
    (void)state;
    const iac_value *decoded = NULL;
    iac_str json = IAC_STR("{\"id\":\"1\",\"input\":{\"value\":\"x\",\"type\":\"string\"},"
                           "\"output\":{\"value\":\"x\",\"type\":\"string\"},\"triggers_replace\":null}");
    assert_int_equal(iac_instance_upgrade(instance, NULL, arena, TYPE, 0, json, &decoded, &diags), IAC_OK);
    assert_string_equal(attribute(decoded, "input"), "x");

    json = IAC_STR("{\"id\":\"1\",\"gone\":[1],\"input\":{\"value\":[\"x\"],\"type\":[\"tuple\",[\"string\"]]}}");
    assert_int_equal(iac_instance_upgrade(instance, NULL, arena, TYPE, 0, json, &decoded, &diags), IAC_OK);
    assert_int_equal(iac_value_get_cstr(decoded, "input")->kind, IAC_TUPLE);

    assert_int_equal(iac_instance_upgrade(instance, NULL, arena, TYPE, 0, IAC_STR("{"), &decoded, &diags), IAC_ERR);
    assert_int_equal(iac_instance_upgrade(instance, NULL, arena, TYPE, 1, json, &decoded, &diags), IAC_ERR);
    assert_true(iac_str_is(diags.list.v[1].summary, "Resource instance managed by newer provider version"));
}

static void test_host_terraform__unknown_types_get_a_suggestion(void **state)
{
    (void)state;
    iac_str display = IAC_STR("terraform.io/builtin/terraform");
    assert_null(iac_provider_schema(provider, IACP_SCHEMA_RESOURCE, IAC_STR("terraform_date"), display, IAC_NO_RANGE,
                                    &diags));
    assert_true(iac_str_is(diags.list.v[0].summary, "Invalid resource type"));
    assert_string_equal(diags.list.v[0].detail.p,
                        "The provider terraform.io/builtin/terraform does not support resource type "
                        "\"terraform_date\". Did you mean \"terraform_data\"?");
    assert_null(iac_provider_schema(provider, IACP_SCHEMA_RESOURCE, IAC_STR("terraform_remote_state"), display,
                                    IAC_NO_RANGE, &diags));
    assert_non_null(strstr(diags.list.v[1].detail.p, "Did you intend to use the data source"));
    assert_null(iac_provider_find_schema(provider, IACP_SCHEMA_EPHEMERAL, TYPE));
    assert_int_equal(diags.errors, 2);
}

static void test_host_terraform__remote_state_says_that_it_is_missing(void **state)
{
    (void)state;
    const iac_value *result = NULL;
    const iac_str names[] = { IAC_STR("backend"), IAC_STR("config"), IAC_STR("defaults"), IAC_STR("outputs"),
                              IAC_STR("workspace") };
    const iac_value *items[] = { text("local"), &iac_null_dynamic, &iac_null_dynamic, &iac_null_dynamic,
                                 iac_value_null(arena, &iac_type_string) };
    const iac_value *config = iac_value_object(arena, names, items, 5);
    iac_call_options options = { .address = IAC_STR("data.terraform_remote_state.x") };
    assert_int_equal(iac_instance_read_data(instance, &options, arena, IAC_STR("terraform_remote_state"), config,
                                            &result, NULL, &diags), IAC_ERR);
    assert_true(iac_str_is(diags.list.v[0].address, "data.terraform_remote_state.x"));
}

static const char *encoded(const char *function, const char *json)
{
    iac_str error = { "", 0 };
    size_t offset = 0;
    const iac_value *args[] = { iac_value_from_json(arena, iac_str_of(json), &error, &offset) };
    assert_non_null(args[0]);
    const iac_value *v = iac_provider_call_function(provider, NULL, arena, iac_str_of(function), args, 1, &error,
                                                    NULL);
    return v ? v->string.p : error.p;
}

static void test_host_terraform__values_are_written_as_expressions(void **state)
{
    (void)state;
    assert_string_equal(encoded("encode_expr", "{\"a\":1,\"bb\":[\"x\",{\"c\":null,\"d e\":true}],\"c\":{},\"d\":[]}"),
                        "{\n  a = 1\n  bb = [\"x\", {\n    c     = null\n    \"d e\" = true\n  }]\n  c = {}\n"
                        "  d = []\n}");
    assert_string_equal(encoded("encode_expr", "[{\"a\":1},{\"b\":2}]"), "[{\n  a = 1\n  }, {\n  b = 2\n}]");
    assert_string_equal(encoded("encode_expr", "\"a\\\"b\\n${x} %{y}\\t\\\\ \u00e9 \\u0001 $ %\""),
                        "\"a\\\"b\\n$${x} %%{y}\\t\\\\ \u00e9 \\u0001 $ %\"");
    assert_string_equal(encoded("encode_tfvars", "{\"a\":1,\"bb\":\"x\",\"c\":{\"y\":1},\"d\":2}"),
                        "a  = 1\nbb = \"x\"\nc = {\n  y = 1\n}\nd = 2\n");
    assert_string_equal(encoded("encode_tfvars", "{\"a b\":1}"),
                        "invalid variable name \"a b\": must be a valid identifier, per Terraform's rules for input "
                        "variable declarations");
    assert_string_equal(encoded("encode_tfvars", "5"),
                        "invalid value to encode: must be an object whose attribute names will become the encoded "
                        "variable names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_host_terraform__##name, setup, teardown)
        TEST(create_makes_an_id_and_copies_the_input),
        TEST(no_change_plans_the_prior_object),
        TEST(new_input_keeps_the_id),
        TEST(new_trigger_replaces),
        TEST(destroy_answers_nothing),
        TEST(marks_do_not_cross_the_line),
        TEST(import_takes_the_id),
        TEST(null_resource_moves_in),
        TEST(stored_objects_are_decoded),
        TEST(unknown_types_get_a_suggestion),
        TEST(remote_state_says_that_it_is_missing),
        TEST(values_are_written_as_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

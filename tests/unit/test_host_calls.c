/* engine/host: what the wrappers make of a provider's answers, right and wrong. */
#include "tests/provider/testprovider.c"
#include "tests/unit/host_harness.h"

#include <pthread.h>

#define TYPE "test_thing"

static char logged[64];

static void take_log(void *arg, uint32_t level, const char *name, const char *line)
{
    (void)arg;
    snprintf(logged, sizeof(logged), "%u %s %s", level, name, line);
}

static int setup(void **state)
{
    (void)state;
    arena = iac_arena_new();
    diags = (iac_diags)IAC_DIAGS_INIT;
    host = iac_host_new(&(iac_host_options){ .log = take_log });
    iac_host_add_builtin(host, "test", iac_provider_entry);
    assert_int_equal(iac_host_provider(host, IAC_STR("test"), IAC_NO_RANGE, &provider, &diags), IAC_OK);
    assert_int_equal(iac_instance_open(provider, NULL, &instance, &diags), IAC_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unload();
    return 0;
}

static const iac_value *thing(const char *json)
{
    return config_of(IACP_SCHEMA_RESOURCE, TYPE, json);
}

static bool last_says(const char *summary, const char *detail)
{
    if (diags.list.n == 0)
        return false;
    const iac_diag *d = &diags.list.v[diags.list.n - 1];
    bool ok = iac_str_is(d->summary, summary) && strstr(d->detail.p, detail);
    if (!ok)
        say_diags();
    return ok;
}

static iac_apply_answer apply_thing(const char *json, iac_status want)
{
    iac_apply_answer answer;
    iac_plan_answer planned = plan(TYPE, NULL, json);
    assert_int_equal(apply_status(TYPE, NULL, planned.planned, &answer), want);
    return answer;
}

/* ---- the right way ---- */

static void test_host_calls__configuring(void **state)
{
    (void)state;
    assert_false(iac_instance_configured(instance));
    const iac_value *config = config_of(IACP_SCHEMA_PROVIDER, "", "{\"greeting\":\"bad\"}");
    iac_call_options options = { .address = IAC_STR("provider.test") };
    assert_int_equal(iac_instance_configure(instance, &options, config, &diags), IAC_ERR);
    assert_true(last_says("Bad greeting", "Say something else."));
    assert_true(iac_str_is(diags.list.v[0].attribute, ".greeting"));
    assert_true(iac_str_is(diags.list.v[0].address, "provider.test"));
    assert_false(iac_instance_configured(instance));

    iac_plan_answer answer = { 0 };
    iac_diags_clear(&diags);
    assert_int_equal(plan_status(TYPE, NULL, thing("{\"name\":\"a\"}"), &answer), IAC_OK);
    assert_true(iac_str_is(answer.note, "offline"));

    config = config_of(IACP_SCHEMA_PROVIDER, "", "{\"greeting\":\"hi \"}");
    assert_int_equal(iac_instance_configure(instance, NULL, config, &diags), IAC_OK);
    assert_true(iac_instance_configured(instance));
    const iac_value *v = NULL;
    config = config_of(IACP_SCHEMA_DATA, "test_upper", "{\"name\":\"bob\"}");
    assert_int_equal(iac_instance_read_data(instance, NULL, arena, IAC_STR("test_upper"), config, &v, NULL, &diags),
                     IAC_OK);
    assert_string_equal(get(v, "upper"), "hi BOB");
}

static void test_host_calls__plan_and_apply(void **state)
{
    (void)state;
    iac_plan_answer planned = plan(TYPE, NULL, "{\"name\":\"a\",\"tags\":{\"k\":\"v\"}}");
    assert_true(iac_str_is(planned.private_data, "planned"));
    assert_int_equal(planned.reversible, IACP_REVERSIBLE_FULLY);
    const iac_value *made = create(TYPE, "{\"name\":\"a\",\"tags\":{\"k\":\"v\"}}");
    assert_string_equal(get(made, "id"), "token");
    assert_string_equal(logged, "2 test applying");
    assert_true(replaces(plan(TYPE, made, "{\"name\":\"b\"}"), "name"));

    iac_plan_answer answer = { 0 };
    iac_plan_request request = { .type = IAC_STR(TYPE), .prior = made };
    assert_int_equal(iac_instance_plan(instance, NULL, arena, &request, &answer, &diags), IAC_OK);
    assert_null(answer.planned);
    assert_true(iac_str_is(answer.note, "will be missed"));
}

static void count_progress(void *arg, const char *line)
{
    *(int *)arg = *(int *)arg * 10 + atoi(line);
}

static void test_host_calls__long_changes_are_polled(void **state)
{
    (void)state;
    int progress = 0;
    iac_call_options options = { .progress = count_progress, .progress_arg = &progress };
    iac_plan_answer planned = plan(TYPE, NULL, "{\"name\":\"a\",\"polls\":3}");
    iac_apply_answer answer;
    iac_apply_request request = {
        .type = IAC_STR(TYPE),
        .planned = planned.planned,
        .config = planned.planned,
        .token = IAC_STR("tok"),
    };
    assert_int_equal(iac_instance_apply(instance, &options, arena, &request, &answer, &diags), IAC_OK);
    assert_true(answer.is_pending);
    assert_true(iac_str_is(answer.pending, "3"));
    assert_int_equal(answer.poll_after_ms, 1);
    request.pending = answer.pending;
    assert_int_equal(iac_instance_apply_poll(instance, &options, arena, &request, &answer, &diags), IAC_OK);
    assert_true(iac_str_is(answer.pending, "2"));

    progress = 0;
    request.pending = (iac_str){ 0 };
    assert_int_equal(iac_instance_apply_wait(instance, &options, arena, &request, &answer, &diags), IAC_OK);
    assert_false(answer.is_pending);
    assert_string_equal(get(answer.state, "id"), "tok");
    assert_int_equal(progress, 321);
}

static void test_host_calls__many_reads_at_once(void **state)
{
    (void)state;
    static const char *const things[] = {
        "{\"name\":\"a\"}", "{\"name\":\"gone\"}", "{\"name\":\"c\",\"misbehave\":\"read_error\"}", "{\"name\":\"d\"}",
    };
    iac_read_item items[4];
    iac_call_options options = { .address = IAC_STR("test_thing.c") };
    int before = atomic_load(&read_many_calls);
    for (size_t i = 0; i < 4; i++)
        items[i] = (iac_read_item){
            .options = i == 2 ? &options : NULL,
            .arena = arena,
            .diags = &diags,
            .state = thing(things[i]),
            .private_data = IAC_STR("p"),
        };
    assert_true(iac_instance_reads_many(instance));
    assert_int_equal(iac_instance_read_many(instance, NULL, IAC_STR(TYPE), items, 4, &diags), IAC_ERR);
    assert_int_equal(atomic_load(&read_many_calls), before + 1);
    assert_int_equal(items[0].status, IAC_OK);
    assert_true(iac_value_same(items[0].answer.state, items[0].state));
    assert_true(iac_str_is(items[0].answer.private_data, "seen"));
    assert_int_equal(items[1].status, IAC_OK);
    assert_null(items[1].answer.state);
    assert_int_equal(items[2].status, IAC_ERR);
    assert_int_equal(items[3].status, IAC_OK);
    assert_int_equal(diags.list.n, 1);
    assert_true(iac_str_is(diags.list.v[0].address, "test_thing.c"));
    assert_string_equal(diags.list.v[0].detail.p,
                        "The thing is not well.\n\nCode: InvalidThing.NotFound, HTTP status 400, request id req-1");

    items[0].state = thing("{\"name\":\"a\",\"misbehave\":\"whole_error\"}");
    assert_int_equal(iac_instance_read_many(instance, NULL, IAC_STR(TYPE), items, 4, &diags), IAC_ERR);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(items[i].status, IAC_ERR);
    assert_true(last_says("Listing failed", "No list"));
    assert_int_equal(diags.list.n, 2);
}

static void test_host_calls__import_move_upgrade_find(void **state)
{
    (void)state;
    const iac_value *v = import(TYPE, "x1");
    assert_string_equal(get(v, "id"), "x1");
    assert_string_equal(get(v, "tags"), "null"); /* left out by the provider */
    assert_null(import(TYPE, "none"));
    assert_true(last_says("Import returned no resources", "\"none\""));
    assert_null(import(TYPE, "missing"));
    assert_true(last_says("Cannot import non-existent remote object", "test_thing"));

    iac_read_answer moved;
    iac_move_request move_request = {
        .type = IAC_STR(TYPE),
        .source_type = IAC_STR("test_old"),
        .source_state_json = IAC_STR("{\"name\":\"m\",\"size\":1}"),
    };
    assert_int_equal(iac_instance_move(instance, NULL, arena, &move_request, &moved, &diags), IAC_OK);
    assert_string_equal(get(moved.state, "name"), "m");

    iac_str old = IAC_STR("{\"name\":\"u\",\"dropped\":true}");
    assert_int_equal(iac_instance_upgrade(instance, NULL, arena, IAC_STR(TYPE), 1, old, &v, &diags), IAC_OK);
    assert_string_equal(get(v, "size"), "1");

    iac_find_answer found;
    iac_apply_request request = { .type = IAC_STR(TYPE), .planned = thing("{\"name\":\"f\"}"), .token = IAC_STR("t9") };
    assert_int_equal(iac_instance_find(instance, NULL, arena, &request, &found, &diags), IAC_OK);
    assert_int_equal(found.found, IACP_FOUND_CERTAIN);
    assert_string_equal(get(found.state, "id"), "t9");
}

static void test_host_calls__functions_and_ephemeral_resources(void **state)
{
    (void)state;
    iac_str error = { "", 0 };
    size_t argument = SIZE_MAX;
    const iac_value *args[] = { iac_value_cstr(arena, "a"), iac_value_cstr(arena, "b") };
    assert_non_null(iac_provider_find_function(provider, IAC_STR("join"))->variadic);
    const iac_value *v =
        iac_provider_call_function(provider, NULL, arena, IAC_STR("join"), args, 2, &error, &argument);
    assert_true(v && iac_str_is(v->string, "ab"));
    args[1] = iac_value_cstr(arena, "bad");
    assert_null(iac_provider_call_function(provider, NULL, arena, IAC_STR("join"), args, 2, &error, &argument));
    assert_int_equal(argument, 1);
    assert_true(iac_str_is(error, "no bad words"));

    iac_ephemeral_answer answer;
    iac_str type = IAC_STR("test_token");
    const iac_value *config = config_of(IACP_SCHEMA_EPHEMERAL, "test_token", "{}");
    assert_int_equal(iac_instance_ephemeral_open(instance, NULL, arena, type, config, &answer, &diags), IAC_OK);
    assert_string_equal(get(answer.result, "token"), "t-1");
    assert_int_equal(iac_instance_ephemeral_close(instance, NULL, type, answer.private_data, &diags), IAC_ERR);
    assert_int_equal(iac_instance_ephemeral_renew(instance, NULL, arena, type, answer.private_data, &answer, &diags),
                     IAC_OK);
    assert_int_equal(iac_instance_ephemeral_close(instance, NULL, type, answer.private_data, &diags), IAC_OK);
}

static void test_host_calls__equivalence_and_validation(void **state)
{
    (void)state;
    const iac_value *a = iac_value_cstr(arena, "x"), *b = iac_value_cstr(arena, "X");
    assert_true(iac_instance_equivalent(instance, IAC_STR(TYPE), IAC_STR("name"), a, b));
    assert_false(iac_instance_equivalent(instance, IAC_STR(TYPE), IAC_STR("size"), a, b));
    assert_false(valid(IACP_SCHEMA_RESOURCE, TYPE, "{\"name\":\"invalid\"}"));
    assert_string_equal(diags.list.v[0].attribute.p, ".tags[\"a\"]");
    assert_true(valid(IACP_SCHEMA_RESOURCE, TYPE, "{\"name\":\"good\"}"));
}

static void *read_slowly(void *arg)
{
    iac_arena *own = iac_arena_new();
    iac_diags own_diags = IAC_DIAGS_INIT;
    iac_read_answer answer;
    iac_status status = iac_instance_read(instance, NULL, own, IAC_STR(TYPE), arg, (iac_str){ 0 }, &answer, &own_diags);
    iac_diags_clear(&own_diags);
    iac_arena_free(own);
    return status == IAC_OK ? NULL : arg;
}

static void test_host_calls__a_rate_class_is_kept_to(void **state)
{
    (void)state;
    pthread_t threads[8];
    void *failed = NULL;
    uint32_t limit = 0;
    const iac_value *slow = thing("{\"name\":\"a\",\"misbehave\":\"slow\"}");
    atomic_store(&most_running, 0);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_slowly, (void *)(uintptr_t)slow), 0);
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_true(atomic_load(&most_running) <= 2);
    assert_string_equal(iac_instance_rate_class(instance, IAC_STR(TYPE), IACP_OP_READ, &limit), "test:read");
    assert_int_equal(limit, 2);
    assert_null(iac_instance_rate_class(instance, IAC_STR(TYPE), IACP_OP_CREATE, &limit));
}

/* ---- what a provider may not do ---- */

static void test_host_calls__wrong_plans(void **state)
{
    (void)state;
    static const struct {
        const char *how, *summary, *detail;
    } cases[] = {
        { "plan_type", "Provider produced invalid plan", "planned an invalid value for test_thing.x" },
        { "plan_nothing", "Provider produced invalid plan", "planned no object" },
        { "plan_path", "Provider produced invalid plan", "\"name[\"" },
        { "silent", "Provider failed without a reason", "failed to plan a change" },
        { "ok_with_error", "An error", "and yet fine" },
    };
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        iac_plan_answer answer = { .note = IAC_STR("untouched") };
        iac_call_options options = { .address = IAC_STR("test_thing.x"), .provider = IAC_STR("example.com/a/test") };
        iac_str json = iac_arena_printf(arena, "{\"name\":\"a\",\"misbehave\":\"%s\"}", cases[i].how);
        const iac_value *config = thing(json.p);
        iac_plan_request request = { .type = IAC_STR(TYPE), .proposed = config, .config = config };
        assert_int_equal(iac_instance_plan(instance, &options, arena, &request, &answer, &diags), IAC_ERR);
        assert_true(last_says(cases[i].summary, cases[i].detail));
        assert_true(iac_str_is(diags.list.v[diags.list.n - 1].address, "test_thing.x"));
        assert_true(iac_str_is(answer.note, "untouched"));
    }
    assert_int_equal(diags.errors, IAC_COUNT(cases));

    iac_plan_answer answer = { 0 };
    iac_plan_request destroy = {
        .type = IAC_STR(TYPE),
        .prior = thing("{\"name\":\"a\",\"misbehave\":\"destroy_plan\"}"),
    };
    assert_int_equal(iac_instance_plan(instance, NULL, arena, &destroy, &answer, &diags), IAC_ERR);
    assert_true(last_says("Provider produced invalid plan", "planned a non-null destroy value"));
}

static void test_host_calls__deferred_plans_need_no_object(void **state)
{
    (void)state;
    iac_plan_answer answer = { 0 };
    assert_int_equal(plan_status(TYPE, NULL, thing("{\"name\":\"a\",\"misbehave\":\"defer\"}"), &answer), IAC_OK);
    assert_null(answer.planned);
    assert_int_equal(answer.deferred, IACP_DEFERRED_ABSENT_PREREQUISITE);

    const iac_value *v = &iac_true;
    uint32_t deferred = 0;
    iac_str type = IAC_STR("test_upper");
    const iac_value *config = config_of(IACP_SCHEMA_DATA, "test_upper", "{\"name\":\"later\"}");
    assert_int_equal(iac_instance_read_data(instance, NULL, arena, type, config, &v, &deferred, &diags), IAC_OK);
    assert_null(v);
    assert_int_equal(deferred, IACP_DEFERRED_ABSENT_PREREQUISITE);
    config = config_of(IACP_SCHEMA_DATA, "test_upper", "{\"name\":\"null\"}");
    assert_int_equal(iac_instance_read_data(instance, NULL, arena, type, config, &v, &deferred, &diags), IAC_ERR);
    assert_true(last_says("Provider produced null object", "test_upper"));
}

static void test_host_calls__wrong_reads(void **state)
{
    (void)state;
    static const char *const cases[][2] = { { "read_type", "tags" }, { "read_extra", "colour" } };
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        iac_read_answer answer;
        iac_str json = iac_arena_printf(arena, "{\"name\":\"a\",\"misbehave\":\"%s\"}", cases[i][0]);
        assert_int_equal(iac_instance_read(instance, NULL, arena, IAC_STR(TYPE), thing(json.p), (iac_str){ 0 },
                                           &answer, &diags), IAC_ERR);
        assert_true(last_says("Provider produced invalid object", cases[i][1]));
    }
}

static void test_host_calls__failed_changes_tell_what_exists(void **state)
{
    (void)state;
    iac_apply_answer answer = apply_thing("{\"name\":\"a\",\"misbehave\":\"apply_error\"}", IAC_ERR);
    assert_null(answer.state);
    assert_true(last_says("Refused", "The server said no."));
    iac_diags_clear(&diags);

    answer = apply_thing("{\"name\":\"a\",\"misbehave\":\"apply_half\"}", IAC_ERR);
    assert_non_null(answer.state);
    assert_string_equal(get(answer.state, "id"), "token");
    iac_diags_clear(&diags);

    answer = apply_thing("{\"name\":\"a\",\"misbehave\":\"apply_nothing\"}", IAC_ERR);
    assert_null(answer.state);
    assert_true(last_says("Provider produced invalid object", "returned no object"));
    iac_diags_clear(&diags);

    answer = apply_thing("{\"name\":\"a\",\"misbehave\":\"apply_unknown\"}", IAC_ERR);
    assert_string_equal(get(answer.state, "id"), "null");
    assert_string_equal(get(answer.state, "name"), "a");
    assert_true(last_says("Provider returned invalid result object after apply", "test_thing.id"));
    iac_diags_clear(&diags);

    answer = apply_thing("{\"name\":\"a\",\"misbehave\":\"apply_secret\"}", IAC_ERR);
    assert_string_equal(get(answer.state, "secret"), "null");
    assert_true(last_says("Provider produced invalid object", "write-only"));
    iac_diags_clear(&diags);

    const iac_value *prior = thing("{\"name\":\"a\",\"misbehave\":\"destroy_error\"}");
    assert_int_equal(apply_status(TYPE, prior, NULL, &answer), IAC_ERR);
    assert_ptr_equal(answer.state, prior);

    prior = thing("{\"name\":\"a\",\"misbehave\":\"destroy_object\"}");
    assert_int_equal(apply_status(TYPE, prior, NULL, &answer), IAC_ERR);
    assert_non_null(answer.state);
    assert_true(last_says("Provider returned invalid result object after apply", "non-null object for test_thing"));
}

static void test_host_calls__broken_schemas_are_reported(void **state)
{
    (void)state;
    assert_null(iac_provider_find_schema(provider, IACP_SCHEMA_RESOURCE, IAC_STR("test_broken")));
    assert_null(iac_provider_schema(provider, IACP_SCHEMA_RESOURCE, IAC_STR("test_broken"), IAC_STR("a/test"),
                                    IAC_NO_RANGE, &diags));
    assert_true(last_says("Invalid provider schema", "\"test_broken\" that cannot be read"));
}

int main(void)
{
    host_harness_use_all();
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_host_calls__##name, setup, teardown)
        TEST(configuring),
        TEST(plan_and_apply),
        TEST(long_changes_are_polled),
        TEST(many_reads_at_once),
        TEST(import_move_upgrade_find),
        TEST(functions_and_ephemeral_resources),
        TEST(equivalence_and_validation),
        TEST(a_rate_class_is_kept_to),
        TEST(wrong_plans),
        TEST(deferred_plans_need_no_object),
        TEST(wrong_reads),
        TEST(failed_changes_tell_what_exists),
        TEST(broken_schemas_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

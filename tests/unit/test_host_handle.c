/* engine/host/handle.c: what providers see of values and types. */
#include "engine/host/host_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static iac_host *host;
static iacp_call *call;
static iac_diags diags;
static atomic_bool cancelled;
static iac_call_options options;
static const iacp_host *h = &iac_host_table;

static int setup(void **state)
{
    const iac_provider *provider;
    (void)state;
    diags = (iac_diags)IAC_DIAGS_INIT;
    atomic_store(&cancelled, false);
    host = iac_host_new(NULL);
    assert_int_equal(iac_host_provider(host, IAC_STR("terraform"), IAC_NO_RANGE, &provider, &diags), IAC_OK);
    options = (iac_call_options){ .address = IAC_STR("a.b"), .cancelled = &cancelled };
    call = iac_call_begin(provider, &options, &diags);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    iac_call_end(call);
    iac_diags_clear(&diags);
    iac_host_free(host);
    return 0;
}

static const iacp_value *text(const char *s)
{
    return h->new_string(call, s, strlen(s));
}

static const char *json(const iacp_value *v)
{
    size_t n = 0;
    const char *out = v ? h->to_json(call, v, &n) : NULL;
    if (out)
        assert_int_equal(strlen(out), n);
    return out ? out : "(none)";
}

static const iacp_value *parse(const char *s)
{
    return h->from_json(call, s, strlen(s), NULL);
}

static void test_host_handle__types_are_parsed_once(void **state)
{
    (void)state;
    static const char object[] = "[\"object\",{\"a\":[\"list\",\"number\"],\"b\":\"bool\"}]";
    const iacp_type *type = h->type_parse(object);
    assert_non_null(type);
    assert_ptr_equal(h->type_parse(object), type);
    assert_string_equal(h->type_json(call, type), object);
    assert_ptr_equal(h->type_parse("string"), h->type_parse("\"string\""));
    assert_null(h->type_parse("strin"));
    assert_null(h->type_parse("[\"list\"]"));
    assert_null(h->type_parse(""));
    assert_null(h->type_parse(NULL));
    assert_string_equal(h->type_json(call, h->type_of(call, parse("[1,\"a\"]"))), "[\"tuple\",[\"number\",\"string\"]]");
}

static void test_host_handle__reading_the_wrong_kind_is_harmless(void **state)
{
    (void)state;
    const iacp_type *number = h->type_parse("number"), *list = h->type_parse("[\"list\",\"string\"]");
    const iacp_value *odd[] = {
        NULL,
        text("x"),
        h->new_bool(call, 1),
        h->new_int64(call, 5),
        h->null(call, list),
        h->unknown(call, list),
        h->null(call, number),
        h->unknown(call, h->type_parse("string")),
        h->null(call, NULL),
        parse("{}"),
        parse("[]"),
    };
    for (size_t i = 0; i < IAC_COUNT(odd); i++) {
        size_t n = 7;
        int64_t number_out = 7;
        assert_null(h->element(odd[i], 0));
        assert_null(h->get(odd[i], "a"));
        assert_string_equal(h->key(odd[i], 0, &n), "");
        assert_int_equal(n, 0);
        assert_int_equal(h->length(odd[i]), 0);
        if (i != 1) {
            assert_string_equal(h->string(odd[i], &n), "");
            assert_int_equal(n, 0);
        }
        if (i != 3) {
            assert_int_equal(h->int64(odd[i], &number_out), 0);
            assert_int_equal(number_out, 7);
            assert_true(h->float64(odd[i]) == 0.0);
            assert_string_equal(h->number_text(call, odd[i]), "");
        }
        assert_int_equal(h->boolean(odd[i]), i == 2);
        (void)h->kind(odd[i]);
        (void)h->state(odd[i]);
    }
    assert_int_equal(h->state(NULL), IACP_NULL);
    assert_int_equal(h->kind(odd[4]), IACP_LIST);
    assert_int_equal(h->kind(odd[8]), IACP_DYNAMIC);
    assert_int_equal(h->state(odd[5]), IACP_UNKNOWN);
    assert_int_equal(h->wholly_known(odd[5]), 0);
    assert_int_equal(h->equal(NULL, odd[4]), 1);
}

static void test_host_handle__numbers_are_exact(void **state)
{
    (void)state;
    int64_t n;
    const iacp_value *big = h->new_number(call, "123456789012345678901234567890.5");
    assert_string_equal(h->number_text(call, big), "123456789012345678901234567890.5");
    assert_int_equal(h->int64(big, &n), 0);
    assert_int_equal(h->int64(h->new_number(call, "-9223372036854775808"), &n), 1);
    assert_true(n == INT64_MIN);
    assert_int_equal(h->int64(h->new_number(call, "9223372036854775808"), &n), 0);
    assert_string_equal(h->number_text(call, h->new_float64(call, 0.25)), "0.25");
    assert_null(h->new_number(call, "12x"));
    assert_null(h->new_number(call, ""));
}

static void test_host_handle__strings_are_brought_to_nfc(void **state)
{
    (void)state;
    size_t n = 0;
    assert_string_equal(h->string(text("e\xcc\x81"), &n), "\xc3\xa9");
    assert_int_equal(n, 2);
    assert_string_equal(h->string(h->new_string(call, "a\xff", 2), NULL), "a\xef\xbf\xbd");
    assert_string_equal(h->string(h->new_string(call, NULL, 0), NULL), "");
    const char *keys[] = { "e\xcc\x81" };
    const iacp_value *items[] = { text("x") };
    const iacp_value *map = h->new_map(call, h->type_parse("string"), 1, keys, items);
    assert_string_equal(h->string(h->get(map, "\xc3\xa9"), NULL), "x");
}

static void test_host_handle__collections_convert_their_items(void **state)
{
    (void)state;
    const iacp_type *string = h->type_parse("string"), *number = h->type_parse("number");
    const iacp_value *mixed[] = { h->new_int64(call, 2), text("1"), h->new_int64(call, 2), NULL };
    assert_string_equal(json(h->new_list(call, string, 3, mixed)), "[\"2\",\"1\",\"2\"]");
    assert_string_equal(json(h->new_set(call, number, 3, mixed)), "[1,2]");
    assert_string_equal(json(h->new_list(call, string, 4, mixed)), "[\"2\",\"1\",\"2\",null]");
    assert_string_equal(json(h->new_list(call, NULL, 3, mixed)), "[\"2\",\"1\",\"2\"]");
    assert_string_equal(json(h->new_tuple(call, 4, mixed)), "[2,\"1\",2,null]");
    const iacp_value *words[] = { text("x") };
    assert_null(h->new_list(call, number, 1, words));
    const iacp_value *unlike[] = { parse("{}"), text("x") };
    assert_null(h->new_list(call, NULL, 2, unlike));
    assert_int_equal(h->kind(h->new_list(call, NULL, 0, NULL)), IACP_LIST);
    const char *keys[] = { "b", "a" };
    assert_string_equal(json(h->new_map(call, string, 2, keys, mixed)), "{\"a\":\"1\",\"b\":\"2\"}");
}

static void test_host_handle__objects_are_built_and_changed(void **state)
{
    (void)state;
    const char *names[] = { "b", "a" };
    const iacp_value *items[] = { text("x"), NULL };
    const iacp_value *v = h->new_object(call, 2, names, items);
    assert_string_equal(json(v), "{\"a\":null,\"b\":\"x\"}");
    assert_string_equal(h->key(v, 1, NULL), "b");
    const iacp_value *changed = h->with(call, v, "a", h->new_bool(call, 1));
    assert_string_equal(json(h->with(call, changed, "c", NULL)), "{\"a\":true,\"b\":\"x\",\"c\":null}");
    assert_string_equal(json(v), "{\"a\":null,\"b\":\"x\"}");
    assert_string_equal(json(h->with(call, NULL, "z", items[0])), "{\"z\":\"x\"}");
    assert_string_equal(json(h->new_object(call, 0, NULL, NULL)), "{}");
    assert_int_equal(h->equal(changed, h->with(call, v, "a", h->new_bool(call, 1))), 1);
    assert_int_equal(h->equal(changed, v), 0);
}

static void test_host_handle__conversion_and_json(void **state)
{
    (void)state;
    const iacp_type *strings = h->type_parse("[\"list\",\"string\"]");
    assert_string_equal(json(h->convert(call, parse("[1,true]"), strings)), "[\"1\",\"true\"]");
    assert_null(h->convert(call, text("x"), strings));
    assert_int_equal(h->state(h->convert(call, NULL, strings)), IACP_NULL);
    assert_null(parse("{"));
    assert_null(parse("[1] x"));
    assert_null(h->from_json(call, "[[]]", 4, strings));
    assert_int_equal(h->kind(h->from_json(call, "[\"a\"]", 5, strings)), IACP_LIST);
    assert_null(h->to_json(call, h->unknown(call, strings), NULL));
    assert_string_equal(h->to_json(call, NULL, NULL), "null");
    char deep[20001];
    memset(deep, '[', 20000);
    deep[20000] = '\0';
    assert_null(parse(deep));
}

static void test_host_handle__unknowns_may_promise_not_to_be_null(void **state)
{
    (void)state;
    const iac_value *v = iac_value_in(h->unknown_not_null(call, h->type_parse("string")));
    assert_true(iac_is_unknown(v));
    assert_true(v->refinement && v->refinement->not_null);
    assert_null(iac_value_in(h->unknown(call, h->type_parse("string")))->refinement);
}

static void test_host_handle__waiting_ends_with_the_call(void **state)
{
    (void)state;
    assert_int_equal(h->cancelled(call), 0);
    assert_int_equal(h->wait(call, 1), 0);
    atomic_store(&cancelled, true);
    assert_int_equal(h->cancelled(call), 1);
    assert_int_equal(h->wait(call, 3600000), 1);
    assert_int_equal(iac_call_check(call, IACP_ERROR), IAC_ERR);
    assert_true(iac_str_is(diags.list.v[0].summary, "Operation canceled"));
    h->progress(call, NULL);
    h->log(call, IACP_LOG_INFO, NULL);
}

static void say(const char *summary, const char *detail, const char *code, uint32_t status, const char *id)
{
    iac_diags_clear(&diags);
    h->diagnostic(call, &(iacp_diagnostic){
                            .size = sizeof(iacp_diagnostic),
                            .severity = IACP_SEVERITY_ERROR,
                            .summary = summary,
                            .detail = detail,
                            .code = code,
                            .http_status = status,
                            .request_id = id,
                        });
}

static void test_host_handle__diagnostics_name_the_api_s_facts_once(void **state)
{
    (void)state;
    say("creating x", "It failed.", "Bad", 400, "r-1");
    assert_string_equal(diags.list.v[0].detail.p, "It failed.\n\nCode: Bad, HTTP status 400, request id r-1");
    assert_true(iac_str_is(diags.list.v[0].address, "a.b"));
    say("creating x: Bad", "StatusCode: 400, RequestID: r-1, Bad: no", "Bad", 400, "r-1");
    assert_string_equal(diags.list.v[0].detail.p, "StatusCode: 400, RequestID: r-1, Bad: no");
    say("creating x", NULL, NULL, 503, NULL);
    assert_string_equal(diags.list.v[0].detail.p, "HTTP status 503");
    say("creating x", "", NULL, 0, "r-2");
    assert_string_equal(diags.list.v[0].detail.p, "Request id r-2");
    say("creating x", "port 4000 refused", NULL, 400, NULL);
    assert_string_equal(diags.list.v[0].detail.p, "port 4000 refused\n\nHTTP status 400");
    say(NULL, "a\xff", NULL, 0, NULL);
    assert_true(iac_str_is(diags.list.v[0].summary, "Provider error"));
    assert_string_equal(diags.list.v[0].detail.p, "a\xef\xbf\xbd");
    /* one made by an older header ends before the newer members */
    iac_diags_clear(&diags);
    h->diagnostic(call, &(iacp_diagnostic){
                            .size = offsetof(iacp_diagnostic, code),
                            .severity = IACP_SEVERITY_WARNING,
                            .summary = "old",
                            .code = (const char *)(uintptr_t)1,
                        });
    assert_int_equal(diags.list.v[0].severity, IAC_WARNING);
    assert_int_equal(diags.errors, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_host_handle__##name, setup, teardown)
        TEST(types_are_parsed_once),
        TEST(reading_the_wrong_kind_is_harmless),
        TEST(numbers_are_exact),
        TEST(strings_are_brought_to_nfc),
        TEST(collections_convert_their_items),
        TEST(objects_are_built_and_changed),
        TEST(conversion_and_json),
        TEST(unknowns_may_promise_not_to_be_null),
        TEST(waiting_ends_with_the_call),
        TEST(diagnostics_name_the_api_s_facts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

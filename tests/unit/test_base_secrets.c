/* Secrets in texts: what counts as one, its forms, what is released, and many of them. */
#include "lang/base/base.h"
#include "lang/base/secrets.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int forget(void **state)
{
    (void)state;
    iac_secrets_forget();
    return 0;
}

static void shows(const char *text, const char *expected)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_secrets_redact(&out, iac_str_of(text));
    assert_string_equal(out.p, expected);
    iac_buf_clear(&out);
}

static void add(const char *text)
{
    iac_secrets_add(iac_str_of(text));
}

static void test_nothing_is_hidden_where_there_is_none(void **state)
{
    (void)state;
    assert_false(iac_secrets_any());
    shows("anything", "anything");
    shows("", "");
}

static void test_occurrences(void **state)
{
    (void)state;
    add("hunter2");
    add("tiger");
    assert_true(iac_secrets_any());
    shows("hunter2", "(sensitive value)");
    shows("a hunter2, xtigerx and hunter", "a (sensitive value), x(sensitive value)x and hunter");
    shows("hunter2hunter2tiger", "(sensitive value)");
    shows("hunthunter2", "hunt(sensitive value)");
}

static void test_what_overlaps_is_one(void **state)
{
    (void)state;
    add("abcdef");
    add("defghi");
    add("cdef");
    shows("-abcdefghi-", "-(sensitive value)-");
    shows("-cdefghi-", "-(sensitive value)-");
    shows("xxcdefxx", "xx(sensitive value)xx");
}

static void test_what_is_too_common(void **state)
{
    (void)state;
    add("abc");
    add("true");
    add("false");
    add("null");
    add("   x   ");
    assert_false(iac_secrets_any());
    add("  padded  ");
    shows("is padded", "is (sensitive value)");
}

static void test_numbers_stand_alone(void **state)
{
    (void)state;
    add("5432");
    shows("port 5432, 15432, 5432a, :5432/", "port (sensitive value), 15432, 5432a, :(sensitive value)/");
    add("123456789012");
    shows("x123456789012x", "x(sensitive value)x");
}

static void test_forms(void **state)
{
    (void)state;
    add("pass word\"<&${x}");
    shows("json \"pass word\\\"\\u003c\\u0026${x}\"", "json \"(sensitive value)\"");
    shows("language \"pass word\\\"<&$${x}\"", "language \"(sensitive value)\"");
    shows("url pass%20word%22%3C%26%24%7Bx%7D.", "url (sensitive value).");
    shows("base64 cGFzcyB3b3JkIjwmJHt4fQ==.", "base64 (sensitive value).");
    add("subjects?_d");
    shows("c3ViamVjdHM/X2Q= c3ViamVjdHM_X2Q", "(sensitive value) (sensitive value)");
    shows("c3ViamVjdHM/X2QAAAA", "(sensitive value)AAAA");
}

static void test_lines(void **state)
{
    (void)state;
    add("-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\n  7bq6mCcS3kyZ  \nshort\n-----END KEY-----\n");
    shows("MIIEowIBAAKCAQEA", "(sensitive value)");
    shows("x 7bq6mCcS3kyZ short", "x (sensitive value) short");
    shows("-----BEGIN KEY-----", "-----BEGIN KEY-----");
    shows("<-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\n  7bq6mCcS3kyZ  \nshort\n-----END KEY----->", "<(sensitive value)>");
}

static void test_released(void **state)
{
    (void)state;
    add("hunter2");
    iac_secrets_release(IAC_STR("hunter2"));
    shows("hunter2 aHVudGVyMg==", "hunter2 aHVudGVyMg==");
    add("hunter2");
    shows("hunter2", "hunter2");
    add("big hunter2 cat");
    shows("hunter2, big hunter2 cat", "hunter2, (sensitive value)");
    iac_arena *arena = iac_arena_new();
    size_t n;
    const iac_str *released = iac_secrets_released(arena, &n);
    assert_int_equal(n, 1);
    assert_true(iac_str_is(released[0], "hunter2"));
    iac_arena_free(arena);
}

static void test_shorter_one_counts_where_the_longer_is_released(void **state)
{
    (void)state;
    add("hunter2");
    add("the hunter2");
    iac_secrets_release(IAC_STR("the hunter2"));
    shows("the hunter2", "the (sensitive value)");
}

static void test_offsets_move(void **state)
{
    (void)state;
    add("hunter2");
    iac_arena *arena = iac_arena_new();
    size_t at = 4, end = 15; /* "hunter2" with its quotes */
    iac_str shown = iac_secrets_redacted_at(arena, IAC_STR("x = \"hunter2\" \"b\""), &at, &end);
    assert_true(iac_str_is(shown, "x = \"(sensitive value)\" \"b\""));
    assert_int_equal(at, 4);
    assert_int_equal(end, 25);
    at = 7, end = 17;
    shown = iac_secrets_redacted_at(arena, IAC_STR("x = \"hunter2\" \"b\""), &at, &end);
    assert_int_equal(end, 27);
    assert_true(at <= end);
    iac_arena_free(arena);
}

static void test_a_long_one(void **state)
{
    (void)state;
    char text[10001], around[10010];
    for (size_t i = 0; i < 10000; i++)
        text[i] = "abcdefghijklmnopqrstuvwxyz"[(i * i + i / 7) % 26];
    text[10000] = '\0';
    add(text);
    snprintf(around, sizeof(around), "<%s>", text);
    shows(around, "<(sensitive value)>");
}

/* Added one by one, with a search after each: the automata are merged, and find all of them. */
static void test_many(void **state)
{
    (void)state;
    char text[64];
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "secret-%u-%u", i * 2654435761u, i);
        add(text);
        assert_true(iac_secrets_in(iac_str_of(text)));
    }
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "<secret-%u-%u>", i * 2654435761u, i);
        shows(text, "<(sensitive value)>");
    }
    shows("secret-", "secret-");
}

static void *add_and_search(void *arg)
{
    char text[64];
    for (unsigned i = 0; i < 500; i++) {
        snprintf(text, sizeof(text), "thread-%u-%u", *(unsigned *)arg, i);
        add(text);
        assert_true(iac_secrets_in(iac_str_of(text)));
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    unsigned numbers[4] = { 0, 1, 2, 3 };
    for (size_t i = 0; i < IAC_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_and_search, &numbers[i]), 0);
    for (size_t i = 0; i < IAC_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_nothing_is_hidden_where_there_is_none, forget),
        cmocka_unit_test_teardown(test_occurrences, forget),
        cmocka_unit_test_teardown(test_what_overlaps_is_one, forget),
        cmocka_unit_test_teardown(test_what_is_too_common, forget),
        cmocka_unit_test_teardown(test_numbers_stand_alone, forget),
        cmocka_unit_test_teardown(test_forms, forget),
        cmocka_unit_test_teardown(test_lines, forget),
        cmocka_unit_test_teardown(test_released, forget),
        cmocka_unit_test_teardown(test_shorter_one_counts_where_the_longer_is_released, forget),
        cmocka_unit_test_teardown(test_offsets_move, forget),
        cmocka_unit_test_teardown(test_a_long_one, forget),
        cmocka_unit_test_teardown(test_many, forget),
        cmocka_unit_test_teardown(test_threads, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

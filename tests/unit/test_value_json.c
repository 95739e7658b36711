#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value_helper.h"


static void round_trip(const char *in, const char *out, const char *file, int line)
{
    iac_str error = { 0 };
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, iac_str_of(in), &error, &offset);
    if (!v)
        fail_msg("%s: %.*s", in, IAC_FMT(error));
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_to_json(&buf, v);
    check_str(iac_buf_view(&buf), out, file, line);
    iac_buf_clear(&buf);
}
#define ROUND_TRIP(in, out) round_trip(in, out, __FILE__, __LINE__)

static void test_json__reads_and_writes(void **state)
{
    (void)state;
    ROUND_TRIP(" { \"b\" : [ 1 , 2.50, -0.1e1 ] , \"a\" : null } ", "{\"a\":null,\"b\":[1,2.5,-1]}");
    ROUND_TRIP("\"<>&\\u2028\\n\\t\\b\\u0001\\/\\\"\"", "\"\\u003c\\u003e\\u0026\\u2028\\n\\t\\b\\u0001/\\\"\"");
    ROUND_TRIP("\"\\ud83d\\ude00\\ud83d x\"", "\"\xf0\x9f\x98\x80\xef\xbf\xbd x\"");
    ROUND_TRIP("\"\\ud83d\\u0041\"", "\"\xef\xbf\xbd" "A\"");
    ROUND_TRIP("12345678901234567890.12345678901234567890", "12345678901234567890.1234567890123456789");
    ROUND_TRIP("[]", "[]");
    ROUND_TRIP("[true,false,{}]", "[true,false,{}]");
}

static void bad(const char *in, const char *message, size_t at, const char *file, int line)
{
    iac_str error = { 0 };
    size_t offset = 0;
    assert_null(iac_value_from_json(arena, iac_str_of(in), &error, &offset));
    check_str(error, message, file, line);
    assert_int_equal(offset, at);
}
#define BAD(in, message, at) bad(in, message, at, __FILE__, __LINE__)

/* Eight bytes are looked at at once: whatever needs an escape gets it wherever it stands. */
static void test_json__escapes_anywhere(void **state)
{
    (void)state;
    static const struct { const char *raw, *escaped; bool html; } cases[] = {
        { "\"", "\\\"", true }, { "\\", "\\\\", true }, { "\n", "\\n", true }, { "\x1f", "\\u001f", true },
        { "<", "\\u003c", true }, { ">", "\\u003e", true }, { "&", "\\u0026", true }, { "<", "<", false },
        { "&", "&", false }, { " ", " ", true }, { "!", "!", true }, { "=", "=", true }, { "?", "?", true },
        { "\x7f", "\x7f", true }, { "\xc3\xa9", "\xc3\xa9", true }, { "\xff", "\\ufffd", true },
        { "\xe2\x80\xa8", "\\u2028", true },
    };
    for (size_t i = 0; i < IAC_COUNT(cases); i++)
        for (int at = 0; at < 20; at++) {
            char text[64], want[64];
            snprintf(text, sizeof(text), "%.*s%s%.*s", at, "abcdefghijklmnopqrst", cases[i].raw, 20 - at,
                     "abcdefghijklmnopqrst");
            snprintf(want, sizeof(want), "\"%.*s%s%.*s\"", at, "abcdefghijklmnopqrst", cases[i].escaped, 20 - at,
                     "abcdefghijklmnopqrst");
            iac_buf out;
            iac_buf_init(&out, IAC_BUF_UNLIMITED);
            iac_json_string(&out, iac_str_of(text), cases[i].html);
            assert_string_equal(out.p, want);
            iac_buf_clear(&out);
        }
}

static void test_json__tells_what_is_wrong(void **state)
{
    (void)state;
    BAD("", "EOF", 0);
    BAD("[1,2", "EOF", 4);
    BAD("nul", "unexpected EOF", 3);
    BAD("nulx", "invalid character 'x' in literal null (expecting 'l')", 3);
    BAD("{\"a\":}", "invalid character '}' looking for beginning of value", 5);
    BAD("{a:1}", "invalid character 'a'", 1);
    BAD("{\"a\":1,b}", "invalid character 'b' looking for beginning of object key string", 7);
    BAD("{\"a\" 1}", "invalid character '1' after object key", 5);
    BAD("{\"a\":1 2}", "invalid character '2' after object key:value pair", 7);
    BAD("[1 2]", "invalid character '2' after array element", 3);
    BAD("[1] x", "extraneous data after JSON object", 4);
    BAD("01", "extraneous data after JSON object", 1);
    BAD("\"a\nb\"", "invalid character '\\n' in string literal", 2);
    BAD("\"\\q\"", "invalid character 'q' in string escape code", 2);
    BAD("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape", 5);
    BAD("1.x", "invalid character 'x' after decimal point in numeric literal", 2);
    BAD("'", "invalid character '\\'' looking for beginning of value", 0);
}

static void test_json__limits_depth(void **state)
{
    (void)state;
    size_t n = 100000;
    char *deep = iac_xmalloc(n);
    memset(deep, '[', n);
    iac_str error;
    size_t offset;
    assert_null(iac_value_from_json(arena, (iac_str){ deep, n }, &error, &offset));
    CHECK_STR(error, "exceeded max depth");
    free(deep);
}

static void typed_trip(const char *text, const char *type_json, const char *file, int line)
{
    const iac_type *type = iac_type_from_json(arena, iac_str_of(type_json));
    assert_non_null(type);
    iac_str error = { 0 };
    const iac_value *v = iac_value_from_typed_json(arena, iac_str_of(text), type, &error);
    if (!v)
        fail_msg("%s: %.*s", text, IAC_FMT(error));
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_to_typed_json(&buf, v, type);
    check_str(iac_buf_view(&buf), text, file, line);
    iac_buf_clear(&buf);
}
#define TYPED_TRIP(text, type) typed_trip(text, type, __FILE__, __LINE__)

static void test_typed_json__keeps_types(void **state)
{
    (void)state;
    TYPED_TRIP("{\"value\":[\"a\"],\"type\":[\"set\",\"string\"]}", "\"dynamic\"");
    TYPED_TRIP("{\"a\":{\"value\":1,\"type\":\"number\"},\"b\":null,\"c\":{\"k\":\"v\"}}",
               "[\"object\",{\"a\":\"dynamic\",\"b\":\"dynamic\",\"c\":[\"map\",\"string\"]}]");
    TYPED_TRIP("[1,\"x\"]", "[\"tuple\",[\"number\",\"string\"]]");
    iac_str error;
    const iac_type *object = iac_type_from_json(arena, IAC_STR("[\"object\",{\"a\":\"string\"}]"));
    assert_null(iac_value_from_typed_json(arena, IAC_STR("{}"), object, &error));
    assert_null(iac_value_from_typed_json(arena, IAC_STR("{\"a\":\"x\",\"b\":1}"), object, &error));
    assert_null(iac_value_from_typed_json(arena, IAC_STR("{\"a\":[]}"), object, &error));
    assert_null(iac_value_from_typed_json(arena, IAC_STR("{"), object, &error));
    assert_non_null(iac_value_from_typed_json(arena, IAC_STR("{\"a\":5}"), object, &error));
}

static const iac_value *rich_value(void)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(
        arena, IAC_STR("{\"n\":[1,-5,0.1,1e40,9223372036854775807],\"s\":\"\xc3\xa9\",\"z\":null,\"t\":true,\"e\":{}}"),
        &error, &offset);
    const iac_type *set = iac_type_set(arena, &iac_type_string), *maps;
    const iac_value *tuple = iac_value_from_json(arena, IAC_STR("[{\"a\":[1,2]},{\"a\":[]}]"), &error, &offset);
    maps = iac_type_list(arena, iac_type_map(arena, iac_type_list(arena, &iac_type_number)));
    const iac_value *one = iac_value_int(arena, 1), *half = iac_value_double(arena, 0.3);
    iac_refinement prefix = { .not_null = true, .prefix = IAC_STR("ami-"), .length_max = INT64_MAX };
    iac_refinement bounds = { .min = &half->number, .max = &one->number, .max_open = true, .length_max = INT64_MAX };
    iac_refinement lengths = { .length_min = 1, .length_max = 9 };
    v = iac_value_with(arena, v, IAC_STR("maps"), iac_convert(arena, tuple, maps, &error, NULL));
    v = iac_value_with(arena, v, IAC_STR("u1"), iac_value_refined(arena, &iac_type_string, &prefix));
    v = iac_value_with(arena, v, IAC_STR("u2"), iac_value_refined(arena, &iac_type_number, &bounds));
    v = iac_value_with(arena, v, IAC_STR("u3"), iac_value_refined(arena, set, &lengths));
    v = iac_value_with(arena, v, IAC_STR("u4"), &iac_unknown_dynamic);
    v = iac_value_with(arena, v, IAC_STR("d"), half);
    v = iac_value_with(arena, v, IAC_STR("m"), iac_value_mark(arena, one, IAC_SENSITIVE));
    v = iac_value_with(arena, v, IAC_STR("nl"), iac_value_null(arena, set));
    return iac_value_mark(arena, v, IAC_EPHEMERAL);
}

static void test_codec__keeps_everything(void **state)
{
    (void)state;
    const iac_value *v = rich_value();
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_buf_char(&buf, 'x');
    iac_value_encode(&buf, v);
    size_t offset = 1;
    const iac_value *back = iac_value_decode(arena, iac_buf_view(&buf), &offset);
    assert_non_null(back);
    assert_true(iac_value_identical(v, back));
    assert_int_equal(offset, buf.n);
    iac_buf_clear(&buf);
}

static void test_codec__survives_damage(void **state)
{
    (void)state;
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_encode(&buf, rich_value());
    for (size_t cut = 0; cut < buf.n; cut++) {
        size_t offset = 0;
        assert_null(iac_value_decode(arena, (iac_str){ buf.p, cut }, &offset));
    }
    for (size_t i = 0; i < buf.n; i++) {
        char old = buf.p[i];
        for (int bit = 0; bit < 8; bit++) {
            buf.p[i] = (char)(old ^ 1 << bit);
            size_t offset = 0;
            iac_arena *scratch = iac_arena_new();
            const iac_value *v = iac_value_decode(scratch, iac_buf_view(&buf), &offset);
            if (v)
                (void)iac_value_hash(v);
            iac_arena_free(scratch);
        }
        buf.p[i] = old;
    }
    iac_buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json__reads_and_writes, set_up, tear_down),
        cmocka_unit_test(test_json__escapes_anywhere),
        cmocka_unit_test_setup_teardown(test_json__tells_what_is_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json__limits_depth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_typed_json__keeps_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_codec__keeps_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_codec__survives_damage, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lang/value/path.h"
#include "lang/value/text.h"
#include "lang/value/value.h"
#include "value_helper.h"

static iac_str to_json(const iac_value *v)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_to_json(&buf, v);
    iac_str s = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return s;
}

static const iac_type *type(const char *text)
{
    const iac_type *t = iac_type_from_json(arena, iac_str_of(text));
    assert_non_null(t);
    return t;
}

/* A value of a JSON text, converted to a type. */
static const iac_value *typed(const char *text, const char *type_json)
{
    iac_str error;
    const iac_value *v = iac_convert(arena, json(text), type(type_json), &error, NULL);
    assert_non_null(v);
    return v;
}

static const iac_value *number(const char *text)
{
    const iac_value *v = iac_value_number_parse(arena, iac_str_of(text));
    if (!v)
        fail_msg("%s is no number", text);
    return v;
}

static void test_number__prints_the_shortest_decimal_that_reads_back(void **state)
{
    (void)state;
    CHECK_STR(iac_number_text(arena, number("0.1")), "0.1");
    CHECK_STR(iac_number_text(arena, number("1.50")), "1.5");
    CHECK_STR(iac_number_text(arena, number("-12.5e1")), "-125");
    CHECK_STR(iac_number_text(arena, number("1e-3")), "0.001");
    CHECK_STR(iac_number_text(arena, number("123456789012345678901234567890")), "123456789012345678901234567890");
    CHECK_STR(iac_number_text(arena, number("9223372036854775808")), "9223372036854775808");
    CHECK_STR(iac_number_text(arena, number("-9223372036854775808")), "-9223372036854775808");
    CHECK_STR(iac_number_text(arena, number("-0")), "-0");
    CHECK_STR(iac_number_text(arena, iac_value_double(arena, 1.4142135623730951)), "1.4142135623730951");
    assert_int_equal(iac_number_text(arena, number("1e100")).n, 101);
    CHECK_STR(iac_number_text(arena, number("3.14159265358979323846264338327950288419716939937510582097494459")),
              "3.14159265358979323846264338327950288419716939937510582097494459");

    mpfr_t third;
    mpfr_init2(third, IAC_PRECISION);
    mpfr_set_si(third, 1, MPFR_RNDN);
    mpfr_div_si(third, third, 3, MPFR_RNDN);
    const iac_value *v = iac_value_number(arena, third);
    iac_str text = iac_number_text(arena, v);
    assert_int_equal(text.n, 157);
    assert_true(iac_str_ends(text, IAC_STR("3335")));
    assert_true(iac_value_same(v, iac_value_number_parse(arena, text)));
    mpfr_clear(third);
}

static void test_number__refuses_what_is_no_decimal(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "-", ".", "1e", "0x10", " 1", "1 ", "1_000", "nan", "1e9999999", "e5",
                                       "1.2.3", "--1" };
    static const char *const good[] = { "+5", "5.", ".5", "Inf", "1E5", "007" };
    for (size_t i = 0; i < IAC_COUNT(bad); i++)
        assert_null(iac_value_number_parse(arena, iac_str_of(bad[i])));
    for (size_t i = 0; i < IAC_COUNT(good); i++)
        assert_non_null(iac_value_number_parse(arena, iac_str_of(good[i])));
}

static void test_number__small_and_big_compare(void **state)
{
    (void)state;
    assert_null(number("5.0")->number.big);
    assert_null(number("1e3")->number.big);
    assert_true(iac_number_cmp(number("9223372036854775807"), number("9223372036854775808")) < 0);
    assert_true(iac_number_cmp(number("-1e30"), number("-5")) < 0);
    assert_true(iac_number_cmp(number("0.5"), number("0")) > 0);
    assert_true(iac_value_same(number("-0"), number("0")));
    assert_int_equal(iac_value_hash(number("-0")), iac_value_hash(number("0")));
    int64_t n;
    assert_true(iac_value_to_int(number("1e3"), &n));
    assert_int_equal(n, 1000);
    assert_false(iac_value_to_int(number("0.5"), &n));
}

static void test_string__is_normalised_and_valid(void **state)
{
    (void)state;
    CHECK_STR(iac_value_cstr(arena, "e\xcc\x81")->string, "\xc3\xa9");
    CHECK_STR(iac_value_string(arena, IAC_STR("a\xff"))->string, "a\xef\xbf\xbd");
    CHECK_STR(iac_value_cstr(arena, "plain")->string, "plain");
    assert_int_equal(iac_grapheme_count(IAC_STR("e\xcc\x81x")), 2);
    /* a face with a skin tone, joined to a sign: one cluster */
    assert_int_equal(iac_grapheme_count(IAC_STR("\xf0\x9f\xa4\xa6\xf0\x9f\x8f\xbc\xe2\x80\x8d\xe2\x99\x82\xef\xb8\x8f")),
                     1);
    assert_int_equal(iac_grapheme_count(IAC_STR("\r\n")), 1);
    assert_false(iac_utf8_valid(IAC_STR("\xed\xa0\x80")));
    assert_false(iac_utf8_valid(IAC_STR("\xc0\x80")));
    assert_false(iac_utf8_valid(IAC_STR("\xe2\x82")));
}

static void test_quote__escapes_as_go_does(void **state)
{
    (void)state;
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_quote(&buf, IAC_STR("a\"\\\n\x01\xe2\x80\x8b\xc3\xa9\xff"));
    CHECK_STR(iac_buf_view(&buf), "\"a\\\"\\\\\\n\\x01\\u200b\xc3\xa9\\xff\"");
    iac_buf_clear(&buf);
}

static void test_object__sorts_names_and_keeps_the_last(void **state)
{
    (void)state;
    CHECK_STR(to_json(json("{\"b\":1,\"a\":2,\"b\":3}")), "{\"a\":2,\"b\":3}");
    const iac_value *v = json("{\"b\":1,\"a\":2}");
    assert_true(iac_value_same(iac_value_get_cstr(v, "a"), number("2")));
    assert_null(iac_value_get_cstr(v, "c"));
    CHECK_STR(to_json(iac_value_with(arena, v, IAC_STR("c"), &iac_true)), "{\"a\":2,\"b\":1,\"c\":true}");
    CHECK_STR(to_json(iac_value_with(arena, v, IAC_STR("a"), &iac_true)), "{\"a\":true,\"b\":1}");
}

static void test_set__is_sorted_without_duplicates(void **state)
{
    (void)state;
    CHECK_STR(to_json(typed("[\"b\",\"a\",\"Z\",\"b\"]", "[\"set\",\"string\"]")), "[\"Z\",\"a\",\"b\"]");
    CHECK_STR(to_json(typed("[10,9,1e30,0.5,9]", "[\"set\",\"number\"]")),
              "[0.5,9,10,1000000000000000000000000000000]");
    CHECK_STR(to_json(typed("[true,false,true]", "[\"set\",\"bool\"]")), "[false,true]");
    CHECK_STR(to_json(typed("[\"a\",null,\"0\"]", "[\"set\",\"string\"]")), "[\"0\",\"a\",null]");
    /* compound values are ordered by a digest, in which 10 comes before 9 */
    const iac_value *set = typed("[{\"p\":9},{\"p\":10},{\"p\":9}]", "[\"set\",[\"object\",{\"p\":\"number\"}]]");
    CHECK_STR(to_json(set), "[{\"p\":10},{\"p\":9}]");
    assert_true(iac_value_set_has(set, json("{\"p\":9}")));
    assert_false(iac_value_set_has(set, json("{\"p\":8}")));
    /* numbers that agree in ten digits are still different */
    set = typed("[[12345678901],[12345678902]]", "[\"set\",[\"list\",\"number\"]]");
    assert_int_equal(set->n, 2);
}

static void test_set__takes_over_the_marks_of_its_items(void **state)
{
    (void)state;
    const iac_value *items[] = { iac_value_cstr(arena, "a"),
                                 iac_value_mark(arena, iac_value_cstr(arena, "b"), IAC_SENSITIVE) };
    const iac_value *set = iac_value_set(arena, &iac_type_string, items, 2);
    assert_int_equal(set->marks, IAC_SENSITIVE);
    assert_int_equal(set->items[1]->marks, 0);
}

static void test_set__keeps_unknown_items_apart(void **state)
{
    (void)state;
    const iac_value *unknown = iac_value_unknown(arena, &iac_type_string);
    const iac_value *items[] = { unknown, iac_value_cstr(arena, "b"), unknown };
    const iac_value *set = iac_value_set(arena, &iac_type_string, items, 3);
    assert_int_equal(set->n, 3);
    assert_true(set->deep_unknown);
    CHECK_STR(set->items[0]->string, "b");
}

static void test_marks__are_seen_from_above(void **state)
{
    (void)state;
    const iac_value *inner = iac_value_mark(arena, iac_value_int(arena, 1), IAC_SENSITIVE);
    iac_str name = IAC_STR("a");
    const iac_value *object = iac_value_object(arena, &name, &inner, 1);
    assert_int_equal(object->marks, 0);
    assert_int_equal(object->deep_marks, IAC_SENSITIVE);
    const iac_value *both = iac_value_mark(arena, object, IAC_EPHEMERAL);
    assert_int_equal(both->deep_marks, IAC_SENSITIVE | IAC_EPHEMERAL);
    assert_int_equal(iac_value_unmark(arena, both)->deep_marks, IAC_SENSITIVE);
    const iac_value *bare = iac_value_unmark_deep(arena, both);
    assert_int_equal(bare->deep_marks, 0);
    assert_int_equal(bare->items[0]->marks, 0);
    assert_true(iac_value_same(bare, both));
    assert_false(iac_value_identical(bare, both));
}

static void test_refined__gives_the_only_possible_value(void **state)
{
    (void)state;
    const iac_type *list = iac_type_list(arena, &iac_type_string);
    iac_refinement r = { .not_null = true, .length_max = 0 };
    const iac_value *v = iac_value_refined(arena, list, &r);
    assert_int_equal(v->state, IAC_KNOWN);
    assert_int_equal(v->n, 0);
    r.length_min = r.length_max = 2;
    v = iac_value_refined(arena, list, &r);
    assert_int_equal(v->n, 2);
    assert_int_equal(v->items[0]->state, IAC_UNKNOWN);
    const iac_value *five = number("5");
    r = (iac_refinement){ .not_null = true, .min = &five->number, .max = &five->number, .length_max = INT64_MAX };
    assert_true(iac_value_same(iac_value_refined(arena, &iac_type_number, &r), five));
    r.not_null = false;
    assert_int_equal(iac_value_refined(arena, &iac_type_number, &r)->state, IAC_UNKNOWN);
    assert_true(iac_value_not_null(arena, iac_value_unknown(arena, list))->refinement->not_null);
}

static const iac_value *refined_string(const char *prefix)
{
    iac_refinement r = { .not_null = true, .prefix = iac_str_of(prefix), .length_max = INT64_MAX };
    return iac_value_refined(arena, &iac_type_string, &r);
}

#define CHECK_EQUALS(a, b, expected) assert_int_equal(answer(iac_value_equals(arena, a, b)), expected)
static int answer(const iac_value *v)
{
    return v->state == IAC_UNKNOWN ? '?' : v->boolean ? 'y' : 'n';
}

static void test_equals__never_converts(void **state)
{
    (void)state;
    CHECK_EQUALS(json("1"), json("1"), 'y');
    CHECK_EQUALS(json("1"), json("\"1\""), 'n');
    CHECK_EQUALS(json("[\"a\"]"), typed("[\"a\"]", "[\"list\",\"string\"]"), 'n');
    CHECK_EQUALS(json("{\"a\":[1,null]}"), json("{\"a\":[1,null]}"), 'y');
    CHECK_EQUALS(json("[null]"), json("[\"a\"]"), 'n');
    CHECK_EQUALS(typed("[1,2]", "[\"set\",\"number\"]"), typed("[2,1]", "[\"set\",\"number\"]"), 'y');
    CHECK_EQUALS(typed("{\"a\":1}", "[\"map\",\"number\"]"), typed("{\"b\":1}", "[\"map\",\"number\"]"), 'n');
    CHECK_EQUALS(&iac_null_dynamic, iac_value_null(arena, &iac_type_string), 'y');
}

static void test_equals__uses_what_is_known_of_unknowns(void **state)
{
    (void)state;
    const iac_value *any_string = iac_value_unknown(arena, &iac_type_string);
    CHECK_EQUALS(any_string, json("\"a\""), '?');
    CHECK_EQUALS(any_string, json("1"), 'n');
    CHECK_EQUALS(any_string, &iac_null_dynamic, '?');
    CHECK_EQUALS(&iac_unknown_dynamic, json("1"), '?');
    CHECK_EQUALS(iac_value_not_null(arena, any_string), &iac_null_dynamic, 'n');
    CHECK_EQUALS(refined_string("ab"), json("\"abc\""), '?');
    CHECK_EQUALS(refined_string("ab"), json("\"xyz\""), 'n');
    const iac_value *items[] = { any_string };
    CHECK_EQUALS(iac_value_tuple(arena, items, 1), json("[\"a\"]"), '?');
    CHECK_EQUALS(iac_value_tuple(arena, items, 1), json("[\"a\",\"b\"]"), 'n');
    CHECK_EQUALS(any_string, any_string, '?');
    const iac_value *one = number("1");
    iac_refinement r = { .not_null = true, .min = &one->number, .min_open = true, .length_max = INT64_MAX };
    CHECK_EQUALS(iac_value_refined(arena, &iac_type_number, &r), one, 'n');
}

static void test_equals__carries_marks(void **state)
{
    (void)state;
    const iac_value *secret = iac_value_mark(arena, json("\"a\""), IAC_SENSITIVE);
    assert_int_equal(iac_value_equals(arena, secret, json("\"a\""))->marks, IAC_SENSITIVE);
}

static void test_copy__outlives_the_arena_it_came_from(void **state)
{
    (void)state;
    iac_arena *other = iac_arena_new();
    iac_str error;
    size_t offset;
    const iac_value *v =
        iac_value_from_json(other, IAC_STR("{\"a\":[1.5,\"x\",null,true],\"b\":{}}"), &error, &offset);
    iac_refinement r = { .not_null = true, .prefix = IAC_STR("p"), .length_max = INT64_MAX };
    v = iac_value_with(other, v, IAC_STR("u"), iac_value_refined(other, &iac_type_string, &r));
    const iac_value *copy = iac_value_copy(arena, v);
    assert_true(iac_value_identical(copy, v));
    iac_arena_free(other);
    CHECK_STR(to_json(copy), "{\"a\":[1.5,\"x\",null,true],\"b\":{},\"u\":null}");
    CHECK_STR(iac_value_get_cstr(copy, "u")->refinement->prefix, "p");
}

static void test_type__texts(void **state)
{
    (void)state;
    const char *source = "[\"object\",{\"a\":[\"list\",\"string\"],\"b-c\":\"dynamic\",\"d e\":[\"tuple\",[\"bool\"]]},"
                         "[\"a\"]]";
    const iac_type *t = type(source);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_type_to_json(&buf, t);
    CHECK_STR(iac_buf_view(&buf), source);
    iac_buf_clear(&buf);
    CHECK_STR(iac_type_source(arena, t), "object({a=optional(list(string)),b-c=any,\"d e\"=tuple([bool])})");
    CHECK_STR(iac_type_friendly(arena, type("[\"map\",[\"list\",\"number\"]]")), "map of list of number");
    assert_true(iac_type_equal(t, iac_type_without_optional(arena, t)));
    assert_null(iac_type_without_optional(arena, t)->optional);
    assert_null(iac_type_from_json(arena, IAC_STR("[\"list\"]")));
    assert_null(iac_type_from_json(arena, IAC_STR("\"text\"")));
    assert_true(iac_value_has_type(json("[{\"a\":1}]"), type("[\"tuple\",[[\"object\",{\"a\":\"number\"}]]]")));
    assert_false(iac_value_has_type(json("[{\"a\":1}]"), type("[\"tuple\",[[\"object\",{\"b\":\"number\"}]]]")));
}

static iac_path path(const char *text)
{
    iac_path p;
    assert_true(iac_path_parse(arena, iac_str_of(text), &p));
    return p;
}

static void test_path__texts(void **state)
{
    (void)state;
    CHECK_STR(iac_path_text(arena, path("tags[\"a b\"].x[2]")), ".tags[\"a b\"].x[2]");
    iac_path p;
    static const char *const bad[] = { "a[", "a[1", "a[\"x]", "a..b", "[x]", "a[]", "a]", "a[1]b" };
    for (size_t i = 0; i < IAC_COUNT(bad); i++)
        assert_false(iac_path_parse(arena, iac_str_of(bad[i]), &p));
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_path_to_json(&buf, path("tags[\"a\"][0]"));
    CHECK_STR(iac_buf_view(&buf), "[{\"type\":\"get_attr\",\"value\":\"tags\"},{\"type\":\"index\",\"value\":{\"value\":"
                                  "\"a\",\"type\":\"string\"}},{\"type\":\"index\",\"value\":{\"value\":0,\"type\":"
                                  "\"number\"}}]");
    iac_buf_clear(&buf);
    assert_true(iac_path_starts(path("a.b[0]"), path("a.b")));
    assert_false(iac_path_starts(path("a.b"), path("a.b[0]")));
}

static void test_path__marks_and_finds(void **state)
{
    (void)state;
    const iac_value *v = json("{\"a\":[{\"x\":1},{\"x\":2}],\"b\":{\"k\":\"v\"}}");
    iac_path wanted[] = { path("b.k"), path("a[1].x"), path("nowhere"), path("a[7]") };
    const iac_value *marked = iac_value_mark_paths(arena, v, (iac_paths){ wanted, 4 }, IAC_SENSITIVE);
    iac_paths found = iac_value_marked_paths(arena, marked, IAC_SENSITIVE);
    assert_int_equal(found.n, 2);
    CHECK_STR(iac_path_text(arena, found.v[0]), ".a[1].x");
    CHECK_STR(iac_path_text(arena, found.v[1]), ".b.k");
    assert_int_equal(iac_value_at(arena, marked, path("a[1].x"))->marks, IAC_SENSITIVE);
    assert_int_equal(iac_value_at(arena, marked, path("a[0].x"))->marks, 0);
    assert_null(iac_value_at(arena, v, path("a[2]")));
    iac_path root = { 0 };
    assert_int_equal(iac_value_mark_paths(arena, v, (iac_paths){ &root, 1 }, IAC_SENSITIVE)->marks, IAC_SENSITIVE);
    const iac_value *with_set = iac_value_with(arena, v, IAC_STR("s"), typed("[\"q\"]", "[\"set\",\"string\"]"));
    iac_path into_set = path("s[0]");
    marked = iac_value_mark_paths(arena, with_set, (iac_paths){ &into_set, 1 }, IAC_SENSITIVE);
    assert_int_equal(iac_value_get_cstr(marked, "s")->marks, IAC_SENSITIVE);
}

static const iac_value *double_numbers(void *arg, iac_path p, const iac_value *v)
{
    (void)p;
    ++*(int *)arg;
    return v->kind == IAC_NUMBER ? iac_value_int(arena, v->number.small * 2) : v;
}

static void test_transform__rebuilds_what_changes(void **state)
{
    (void)state;
    int count = 0;
    const iac_value *v = json("{\"a\":[1,2],\"b\":\"x\"}");
    CHECK_STR(to_json(iac_value_transform(arena, v, double_numbers, &count)), "{\"a\":[2,4],\"b\":\"x\"}");
    assert_int_equal(count, 5);
    v = json("{\"b\":[\"x\"]}");
    assert_ptr_equal(iac_value_transform(arena, v, double_numbers, &count), v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_number__prints_the_shortest_decimal_that_reads_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__refuses_what_is_no_decimal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__small_and_big_compare, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_string__is_normalised_and_valid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_quote__escapes_as_go_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_object__sorts_names_and_keeps_the_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set__is_sorted_without_duplicates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set__takes_over_the_marks_of_its_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set__keeps_unknown_items_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_marks__are_seen_from_above, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refined__gives_the_only_possible_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equals__never_converts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equals__uses_what_is_known_of_unknowns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equals__carries_marks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copy__outlives_the_arena_it_came_from, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_type__texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_path__texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_path__marks_and_finds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_transform__rebuilds_what_changes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

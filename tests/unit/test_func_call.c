#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/func/func.h"
#include "value_helper.h"

static iac_func_context context;
static iac_func_error error;

static int set_up_call(void **state)
{
    context = (iac_func_context){ 0 };
    return set_up(state);
}

static const iac_value *call2(const char *name, const iac_value *a, const iac_value *b)
{
    const iac_value *args[] = { a, b };
    const iac_func *func = iac_func_find(iac_str_of(name));
    assert_non_null(func);
    return iac_func_call(arena, func, args, b ? 2 : a ? 1 : 0, &context, &error);
}

static const iac_value *call1(const char *name, const iac_value *a)
{
    return call2(name, a, NULL);
}

static const iac_value *unknown(const char *type_json)
{
    return iac_value_unknown(arena, iac_type_from_json(arena, iac_str_of(type_json)));
}

static void test_func_table__is_sorted_and_complete(void **state)
{
    (void)state;
    size_t n;
    const iac_func *all = iac_func_all(&n);
    assert_int_equal(n, 118 + 3);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(iac_func_find(iac_str_of(all[i].name)), &all[i]);
        assert_true((all[i].returns == NULL) != (all[i].return_type == NULL));
        bool lazy = strcmp(all[i].name, "can") == 0 || strcmp(all[i].name, "try") == 0;
        assert_true(lazy == (all[i].body == NULL));
    }
    assert_null(iac_func_find(IAC_STR("nosuch")));
    assert_non_null(iac_func_find(IAC_STR("core::join")));
    CHECK_STR(iac_func_signature(arena, iac_func_find(IAC_STR("join"))), "join(separator, lists...)");
}

static void test_call__refuses_null_and_wrong_types(void **state)
{
    (void)state;
    assert_null(call1("upper", &iac_null_dynamic));
    CHECK_STR(error.text, "argument must not be null");
    assert_int_equal(error.arg, 0);
    assert_null(call1("upper", json("[]")));
    CHECK_STR(error.text, "string required");
    assert_null(call2("split", json("\",\""), &iac_null_dynamic));
    assert_int_equal(error.arg, 1);
}

static void test_call__unknown_arguments_make_unknown_results(void **state)
{
    (void)state;
    const iac_value *v = call1("upper", unknown("\"string\""));
    assert_true(iac_is_unknown(v));
    assert_int_equal(v->type->kind, IAC_STRING);
    assert_true(v->refinement->not_null);
    v = call2("element", unknown("[\"list\",\"number\"]"), json("0"));
    assert_int_equal(v->type->kind, IAC_NUMBER);
    assert_null(v->refinement);
    assert_ptr_equal(call1("flatten", &iac_unknown_dynamic), &iac_unknown_dynamic);
    assert_null(call1("upper", unknown("[\"list\",\"number\"]"))); /* types are checked all the same */
}

static void test_call__what_is_known_of_unknowns(void **state)
{
    (void)state;
    const iac_value *two = unknown("[\"tuple\",[\"string\",\"string\"]]");
    assert_int_equal(call1("length", two)->number.small, 2);
    const iac_value *items[] = { unknown("\"string\""), json("\"b\"") };
    const iac_value *list = iac_value_list(arena, &iac_type_string, items, 2);
    assert_int_equal(call1("length", list)->number.small, 2);
    assert_true(iac_is_unknown(call1("length", iac_value_set(arena, &iac_type_string, items, 2))));
    assert_ptr_equal(call2("contains", list, json("\"b\"")), &iac_true);
    assert_true(iac_is_unknown(call2("contains", list, json("\"x\""))));
    iac_refinement r = { .not_null = true, .prefix = IAC_STR("ami-"), .length_max = INT64_MAX };
    const iac_value *ami = iac_value_refined(arena, &iac_type_string, &r);
    assert_ptr_equal(call2("startswith", ami, json("\"ami\"")), &iac_true);
    assert_ptr_equal(call2("startswith", ami, json("\"x\"")), &iac_false);
    CHECK_STR(call2("format", json("\"id-%s\""), unknown("\"string\""))->refinement->prefix, "id-");
    CHECK_STR(call1("jsonencode", list)->refinement->prefix, "[");
}

static void test_call__carries_marks(void **state)
{
    (void)state;
    const iac_value *secret = iac_value_mark(arena, json("\"a\""), IAC_SENSITIVE);
    assert_int_equal(call1("upper", secret)->marks, IAC_SENSITIVE);
    const iac_value *items[] = { secret, json("\"b\"") };
    const iac_value *tuple = iac_value_tuple(arena, items, 2);
    assert_int_equal(call2("join", json("\",\""), tuple)->marks, IAC_SENSITIVE);
    assert_int_equal(call1("length", tuple)->marks, 0);
    assert_int_equal(call2("element", tuple, json("1"))->marks, 0);
    assert_int_equal(call2("element", tuple, json("0"))->marks, IAC_SENSITIVE);
    iac_str name = IAC_STR("k");
    const iac_value *object = iac_value_object(arena, &name, &secret, 1);
    assert_int_equal(call1("keys", object)->deep_marks, 0);
    assert_int_equal(call1("values", object)->items[0]->marks, IAC_SENSITIVE);
    assert_int_equal(call2("merge", object, json("{\"z\":1}"))->deep_marks, IAC_SENSITIVE);
    assert_int_equal(call2("merge", object, json("{\"z\":1}"))->marks, 0);
    assert_int_equal(call1("sensitive", json("1"))->marks, IAC_SENSITIVE);
    assert_int_equal(call1("nonsensitive", secret)->marks, 0);
    assert_ptr_equal(call1("issensitive", secret), &iac_true);
    assert_ptr_equal(call1("issensitive", json("1")), &iac_false);
    const iac_value *passing = iac_value_mark(arena, json("\"t\""), IAC_EPHEMERAL | IAC_SENSITIVE);
    const iac_value *v = call1("ephemeralasnull", passing);
    assert_true(iac_is_null(v));
    assert_int_equal(v->marks, IAC_SENSITIVE);
    assert_null(call1("tonumber", secret));
    CHECK_STR(error.text, "cannot convert this sensitive string to number");
}

static void test_call__result_types(void **state)
{
    (void)state;
    const iac_value *list = call1("tolist", json("[1,\"a\"]"));
    CHECK_STR(iac_type_source(arena, list->type), "list(string)");
    CHECK_STR(iac_type_source(arena, call1("toset", json("[]"))->type), "set(any)");
    const iac_value *map = call1("tomap", json("{\"a\":1}"));
    CHECK_STR(iac_type_source(arena, call2("merge", map, map)->type), "map(number)");
    assert_int_equal(call2("merge", map, json("{\"b\":\"x\"}"))->kind, IAC_OBJECT);
    CHECK_STR(iac_type_source(arena, call2("concat", list, list)->type), "list(string)");
    assert_int_equal(call2("concat", list, json("[1]"))->kind, IAC_TUPLE);
    assert_int_equal(call2("setproduct", call1("toset", json("[1]")), call1("toset", json("[2]")))->kind, IAC_SET);
    assert_int_equal(call2("setproduct", json("[1]"), json("[2]"))->kind, IAC_LIST);
    assert_int_equal(call1("reverse", call1("toset", json("[1]")))->kind, IAC_LIST);
}

static void test_call__impure_functions_wait_for_apply(void **state)
{
    (void)state;
    context.planning = true;
    assert_true(iac_is_unknown(call1("timestamp", NULL)));
    assert_true(iac_is_unknown(call1("uuid", NULL)));
    assert_true(iac_is_unknown(call1("bcrypt", json("\"x\""))));
    context.planning = false;
    assert_int_equal(call1("timestamp", NULL)->string.n, 20);
    assert_int_equal(call1("uuid", NULL)->string.n, 36);
    assert_false(iac_value_same(call1("uuid", NULL), call1("uuid", NULL)));
    iac_str hash = call2("bcrypt", json("\"x\""), json("4"))->string;
    assert_true(iac_str_starts(hash, IAC_STR("$2a$04$")));
    assert_int_equal(hash.n, 60);
    assert_true(iac_is_unknown(call1("plantimestamp", NULL)));
    context.plan_timestamp = IAC_STR("2024-01-01T00:00:00Z");
    CHECK_STR(call1("plantimestamp", NULL)->string, "2024-01-01T00:00:00Z");
}

static const iac_value *render(void *arg, iac_arena *to, iac_str name, iac_str text, const iac_value *vars,
                               iac_str *ret_error)
{
    (void)arg;
    (void)vars;
    if (text.n == 0) {
        *ret_error = IAC_STR("empty");
        return NULL;
    }
    return iac_value_string(to, iac_arena_printf(to, "%.*s:%.*s", IAC_FMT(name), IAC_FMT(text)));
}

static void test_call__files_and_templates(void **state)
{
    (void)state;
    char folder[] = "/tmp/iac-func-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path;
    assert_true(asprintf(&path, "%s/a.txt", folder) > 0);
    FILE *file = fopen(path, "w");
    fputs("h\xc3\xa9llo", file);
    fclose(file);
    context.base_dir = iac_str_of(folder);
    CHECK_STR(call1("file", json("\"a.txt\""))->string, "h\xc3\xa9llo");
    CHECK_STR(call1("filebase64", json("\"a.txt\""))->string, "aMOpbGxv");
    CHECK_STR(call1("filemd5", json("\"./a.txt\""))->string, "be50e8478cf24ff3595bc7307fb91b50");
    assert_ptr_equal(call1("fileexists", json("\"a.txt\"")), &iac_true);
    assert_ptr_equal(call1("fileexists", json("\"b.txt\"")), &iac_false);
    const iac_value *set = call2("fileset", json("\".\""), json("\"{a,b}.*\""));
    assert_int_equal(set->n, 1);
    CHECK_STR(set->items[0]->string, "a.txt");
    assert_null(call2("templatefile", json("\"a.txt\""), json("{}")));
    context.render = render;
    CHECK_STR(call2("templatefile", json("\"a.txt\""), json("{\"x\":1}"))->string, "a.txt:h\xc3\xa9llo");
    assert_null(call2("templatefile", json("\"a.txt\""), json("{\"1x\":1}")));
    assert_int_equal(error.arg, 1);
    assert_null(call2("templatestring", json("\"\""), json("{}")));
    CHECK_STR(error.text, "empty");
    unlink(path);
    rmdir(folder);
    free(path);
}

static void test_call__regular_expressions_cannot_run_away(void **state)
{
    (void)state;
    char subject[64];
    memset(subject, 'a', sizeof(subject));
    const iac_value *text = iac_value_string(arena, (iac_str){ subject, sizeof(subject) });
    assert_null(call2("regex", json("\"^(a|aa)+$b\""), text));
    assert_null(call2("regex", json("\"(x+x+)+y\""), text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_func_table__is_sorted_and_complete, set_up_call, tear_down),
        cmocka_unit_test_setup_teardown(test_call__refuses_null_and_wrong_types, set_up_call, tear_down),
        cmocka_unit_test_setup_teardown(test_call__unknown_arguments_make_unknown_results, set_up_call, tear_down),
        cmocka_unit_test_setup_teardown(test_call__what_is_known_of_unknowns, set_up_call, tear_down),
        cmocka_unit_test_setup_teardown(test_call__carries_marks, set_up_call, tear_down),
        cmocka_unit_test_setup_teardown(test_call__result_types, set_up_call, tear_down),
        cmocka_unit_test_setup_teardown(test_call__impure_functions_wait_for_apply, set_up_call, tear_down),
        cmocka_unit_test_setup_teardown(test_call__files_and_templates, set_up_call, tear_down),
        cmocka_unit_test_setup_teardown(test_call__regular_expressions_cannot_run_away, set_up_call, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

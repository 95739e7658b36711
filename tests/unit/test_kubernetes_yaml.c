/* YAML texts as trees: what plain scalars mean, what is refused, and that what is written is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "providers/kubernetes/functions.h"
#include "lang/net/yaml.h"

/* The documents as compact JSON, or "ERROR: why". Caller frees. */
static char *read_yaml(const char *text)
{
    iac_buf why;
    char *out;

    iac_buf_init(&why, 4096);
    json_t *documents = k8s_yaml_parse(iac_str_of(text), &why);
    if (documents) {
        out = json_dumps(documents, JSON_COMPACT | JSON_SORT_KEYS);
    } else {
        out = iac_xcalloc(1, why.n + 16);
        sprintf(out, "ERROR: %s", why.p);
    }
    json_decref(documents);
    iac_buf_clear(&why);
    return out;
}

static void expect(const char *yaml, const char *json)
{
    char *got = read_yaml(yaml);
    if (strcmp(got, json) != 0) {
        fail_msg("%s\n gives %s\n  want %s", yaml, got, json);
    }
    free(got);
}

static void expect_error(const char *yaml, const char *part)
{
    char *got = read_yaml(yaml);
    if (strncmp(got, "ERROR: ", 7) != 0 || !strstr(got, part)) {
        fail_msg("%s\n gives %s\n  want an error with %s", yaml, got, part);
    }
    free(got);
}

static void test_kubernetes_yaml__plain_scalars_mean_what_yamldecode_says(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        { "yes", "true" }, { "y", "true" }, { "On", "true" }, { "Off", "false" }, { "n", "false" },
        { "tRue", "\"tRue\"" }, { "~", "null" }, { "Null", "null" }, { "nULL", "\"nULL\"" },
        { "0644", "644" }, { "0o17", "15" }, { "0x1f", "31" }, { "0b11", "\"0b11\"" }, { "08", "8" },
        { "+12", "12" }, { "-0x1f", "\"-0x1f\"" }, { "0o8", "\"0o8\"" }, { "1_000", "\"1_000\"" },
        { "1e3", "1000" }, { ".5", "0.5" }, { "1.", "1" }, { "1e", "\"1e\"" }, { ".", "\".\"" },
        { "190:20:30", "\"190:20:30\"" }, { "\"0644\"", "\"0644\"" }, { "'yes'", "\"yes\"" },
        { "!!str 12", "\"12\"" }, { "!!binary aGVsbG8=", "\"aGVsbG8=\"" }, { "!!float 1", "1" },
        { "2001-12-14", "\"2001-12-14T00:00:00Z\"" }, { "2001-1-4", "\"2001-01-04T00:00:00Z\"" },
        { "2001-12-14t21:59:43.10-05:00", "\"2001-12-14T21:59:43-05:00\"" },
        { "2001-12-14 21:59:43", "\"2001-12-14T21:59:43Z\"" }, { "2001-12-14 21:59", "\"2001-12-14 21:59\"" },
        { "2001-02-30", "\"2001-02-30\"" }, { "=", "\"=\"" },
    };
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        char yaml[200], json[200];
        snprintf(yaml, sizeof(yaml), "a: %s", cases[i].yaml);
        snprintf(json, sizeof(json), "[{\"a\":%s}]", cases[i].json);
        expect(yaml, json);
    }
}

static void test_kubernetes_yaml__documents_aliases_and_merge_keys(void **state)
{
    (void)state;
    expect("a: 1\n---\n# nothing\n---\nb: 2\n", "[{\"a\":1},null,{\"b\":2}]");
    expect("", "[]");
    expect("a: &x {b: 1}\nc: *x", "[{\"a\":{\"b\":1},\"c\":{\"b\":1}}]");
    expect("a: &x {b: 1, d: 9}\nc:\n  <<: *x\n  d: 2", "[{\"a\":{\"b\":1,\"d\":9},\"c\":{\"b\":1,\"d\":2}}]");
    expect("c:\n  <<: [{a: 1}, {a: 2, b: 3}]", "[{\"c\":{\"a\":1,\"b\":3}}]");
    expect("1: a\ntrue: b\n2.50: c", "[{\"1\":\"a\",\"2.5\":\"c\",\"true\":\"b\"}]");
}

static void test_kubernetes_yaml__bad_input_is_refused_with_its_place(void **state)
{
    (void)state;
    expect_error("a: 1\na: 2", "line 2, column 1: the key \"a\" is given twice");
    expect_error("a: &x [*x]", "alias");
    expect_error("a: *q", "alias");
    expect_error("a: !foo b", "unsupported tag");
    expect_error("!!set {a, b}", "unsupported tag");
    expect_error("a: .inf", "infinite");
    expect_error("a: -.Inf", "infinite");
    expect_error("a: .nan", "infinite");
    expect_error("? [a]\n: b", "only strings can be keys");
    expect_error("~: d", "only strings can be keys");
    expect_error("a: [", "line");
    expect_error("a: \"\xff\"", "line");
}

static void test_kubernetes_yaml__depth_and_alias_bombs_are_bounded(void **state)
{
    (void)state;
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_fill(&text, '[', 100000);
    expect_error(text.p, "nested too deeply");
    iac_buf_reset(&text);
    iac_buf_cstr(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++) {
        iac_buf_printf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++) {
            iac_buf_printf(&text, "%s*a%d", j ? "," : "", i - 1);
        }
        iac_buf_cstr(&text, "]\n");
    }
    expect_error(text.p, "too large once its aliases are expanded");
    iac_buf_clear(&text);
}

static void test_kubernetes_yaml__what_is_written_is_read_back(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{\"kind\":\"X\",\"a\":{\"b\":[1,2.5,{\"c\":null,\"d\":[]}],\"e\":{}}}",
        "[\"yes\",\"0644\",\"1e3\",\"\",\" x\",\"a: b\",\"- a\",\"#x\",\"x #y\",\"~\",\"2001-12-14\",\"=\",\"<<\",\"1_0\"]",
        "{\"script\":\"#!/bin/sh\\necho hi\\n\",\"two\":\"a\\nb\",\"three\":\"a\\nb\\n\\n\",\"tab\":\"a\\tb\\nc\"}",
        "{\"lead\":\"  a\\n b\",\"uni\":\"h\\u00e9\\u2028\\n\",\"ctl\":\"\\u0001\\n\",\"nl\":\"\\n\",\"q\":\"'\\\"\\\\\"}",
        "[[[1],[2]],[{\"a\":[{\"b\":\"x\\ny\\n\"}]}]]",
        "{\"a b\":1,\"\":2,\"yes\":3,\"12\":4,\"x: y\":5,\"n\\nm\":6}",
        "[1e+30,-0.001,0.1,123456789012]",
    };
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        json_t *tree = json_loads(cases[i], 0, NULL);
        iac_buf out, why;
        iac_buf_init(&out, 1 << 20);
        iac_buf_init(&why, 4096);
        k8s_yaml_write(tree, &out);
        json_t *back = k8s_yaml_parse(iac_buf_view(&out), &why);
        if (!back || !k8s_tree_equal(json_array_get(back, 0), tree)) {
            fail_msg("%s was written as\n%s%s", cases[i], out.p, why.p);
        }
        json_decref(back);
        json_decref(tree);
        iac_buf_clear(&out);
        iac_buf_clear(&why);
    }
}

static void test_kubernetes_yaml__written_in_block_style(void **state)
{
    (void)state;
    json_t *tree = json_loads("{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"data\":{\"on\":\"yes\",\"s\":\"a\\nb\\n\"},"
                              "\"l\":[{\"a\":1,\"b\":[2]}],\"image\":\"r.example.com:5000/app:v1\"}", 0, NULL);
    iac_buf out;
    iac_buf_init(&out, 4096);
    k8s_yaml_write(tree, &out);
    assert_string_equal(out.p, "apiVersion: v1\n"
                               "data:\n"
                               "  \"on\": \"yes\"\n"
                               "  s: |\n"
                               "    a\n"
                               "    b\n"
                               "image: r.example.com:5000/app:v1\n"
                               "kind: ConfigMap\n"
                               "l:\n"
                               "- a: 1\n"
                               "  b:\n"
                               "  - 2\n");
    iac_buf_clear(&out);
    json_decref(tree);
}

static void test_kubernetes_yaml__manifests_skip_empty_documents_and_keep_lists(void **state)
{
    (void)state;
    iac_buf why;
    iac_buf_init(&why, 4096);
    json_t *all = k8s_manifests_parse(iac_str_of("---\n---\napiVersion: v1\nkind: List\nitems: [{a: 1}]\n---\n# end\n"),
                                      &why);
    assert_int_equal(json_array_size(all), 1);
    assert_string_equal(k8s_tree_text(all, "[0].kind"), "List");
    json_decref(all);
    assert_null(k8s_manifests_parse(iac_str_of("apiVersion: v1\nkind: A\n---\nkind: B\n"), &why));
    assert_string_equal(why.p, "document 2 has no apiVersion: it is not a Kubernetes manifest");
    iac_buf_reset(&why);
    assert_null(k8s_manifests_parse(iac_str_of("- a\n"), &why));
    iac_buf_clear(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kubernetes_yaml__plain_scalars_mean_what_yamldecode_says),
        cmocka_unit_test(test_kubernetes_yaml__documents_aliases_and_merge_keys),
        cmocka_unit_test(test_kubernetes_yaml__bad_input_is_refused_with_its_place),
        cmocka_unit_test(test_kubernetes_yaml__depth_and_alias_bombs_are_bounded),
        cmocka_unit_test(test_kubernetes_yaml__what_is_written_is_read_back),
        cmocka_unit_test(test_kubernetes_yaml__written_in_block_style),
        cmocka_unit_test(test_kubernetes_yaml__manifests_skip_empty_documents_and_keep_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

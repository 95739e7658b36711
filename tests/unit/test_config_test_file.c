/* What test files say, and what is said of faulty ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "lang/config/test_file.h"

static iac_arena *arena;
static iac_diags diags;
static const char *text; /* of tests/a.tftest.hcl */

static int set_up(void **state)
{
    (void)state;
    arena = iac_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}

static iac_status list(void *user, const char *dir, iac_arena *into, iac_str **ret, size_t *ret_count, iac_diags *told)
{
    (void)user;
    (void)told;
    *ret = iac_arena_array(into, iac_str, 1);
    **ret = strcmp(dir, "tests") == 0 ? IAC_STR("a.tftest.hcl") : IAC_STR("main.tf");
    *ret_count = 1;
    return IAC_OK;
}

static iac_status read(void *user, const char *path, iac_arena *into, iac_str *ret, iac_diags *told)
{
    (void)user;
    (void)into;
    (void)told;
    *ret = strcmp(path, "tests/a.tftest.hcl") == 0 ? iac_str_of(text) : IAC_STR("");
    return IAC_OK;
}

static const iac_test_file *load(const char *given)
{
    static const iac_config_reader reader = { NULL, list, read };
    const iac_test_file *files = NULL;
    size_t n = 0;
    text = given;
    iac_diags_clear(&diags);
    iac_test_files_read(arena, ".", "tests", &reader, &files, &n, &diags);
    return n == 1 ? &files[0] : NULL;
}

static void test_config_test_file__all_parts_are_read(void **state)
{
    (void)state;
    const iac_test_file *file = load("variables {\n  a = 1\n}\n"
                                     "mock_provider \"aws\" {\n  alias = \"m\"\n"
                                     "  mock_resource \"aws_vpc\" {\n    defaults = { arn = \"x\" }\n  }\n}\n"
                                     "override_module {\n  target = module.m\n  outputs = { o = 1 }\n}\n"
                                     "run \"one\" {\n  command = plan\n"
                                     "  plan_options {\n    mode    = refresh-only\n    refresh = true\n"
                                     "    target  = [aws_vpc.v]\n  }\n"
                                     "  variables {\n    b = var.a\n  }\n"
                                     "  providers = {\n    aws = aws.m\n  }\n"
                                     "  module {\n    source = \"./setup\"\n  }\n"
                                     "  expect_failures = [var.x, check.c]\n"
                                     "  assert {\n    condition     = var.b == 1\n    error_message = \"no\"\n  }\n}\n"
                                     "run \"two\" {}\n");
    assert_non_null(file);
    if (diags.errors)
        fail_msg("%.*s", IAC_FMT(diags.list.v[0].detail));
    assert_true(iac_str_is(file->path, "tests/a.tftest.hcl"));
    assert_int_equal(file->variables.n, 1);
    assert_int_equal(file->provider_count, 1);
    assert_non_null(file->providers[0].mock);
    assert_true(iac_map_has(&file->providers[0].mock->resources, IAC_STR("aws_vpc")));
    assert_int_equal(file->overrides.n, 1);
    assert_int_equal(file->overrides.v[0].kind, IAC_OVERRIDE_MODULE);
    assert_int_equal(file->run_count, 2);
    const iac_test_run *run = &file->runs[0];
    assert_true(run->plan_only && run->refresh_only && !run->no_refresh);
    assert_int_equal(run->targets.n, 1);
    assert_int_equal(run->variables.n, 1);
    assert_int_equal(run->provider_count, 1);
    assert_true(iac_str_is(run->call->source, "./setup"));
    assert_int_equal(run->expect_failures.n, 2);
    assert_int_equal(run->asserts.n, 1);
    assert_false(file->runs[1].plan_only);
}

static void test_config_test_file__faults_are_told(void **state)
{
    static const struct {
        const char *text, *summary;
    } cases[] = {
        { "run \"one\" {\n  module {}\n}\n", "Missing \"source\" attribute for module block" },
        { "run \"one\" {\n  module {\n    source = \"git::https://h/x.git\"\n  }\n}\n",
          "Invalid module source address" },
        { "run \"one\" {}\nrun \"one\" {}\n", "Duplicate \"run\" block names" },
        { "nope {}\n", "Unsupported block type" },
        { "run \"one\" {\n", "Unclosed configuration block" },
        { "run \"one\" {\n  nope = 1\n}\n", "Unsupported argument" },
    };
    (void)state;
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        load(cases[i].text);
        if (!diags.errors || !iac_str_is(diags.list.v[0].summary, cases[i].summary))
            fail_msg("%s: %.*s", cases[i].summary, diags.errors ? (int)diags.list.v[0].summary.n : 0,
                     diags.errors ? diags.list.v[0].summary.p : "");
    }
}

/* Nothing but a diagnostic comes of a file that ends anywhere. */
static void test_config_test_file__cut_files_are_survived(void **state)
{
    static const char whole[] = "mock_provider \"a\" {\n  mock_data \"b\" {\n    defaults = { c = [1] }\n  }\n}\n"
                                "run \"one\" {\n  plan_options {\n    replace = [a.b[\"c\"]]\n  }\n"
                                "  override_data {\n    target = data.b.x\n    values = {}\n  }\n}\n";
    char cut[sizeof(whole)];
    (void)state;
    for (size_t n = 0; n + 1 < sizeof(whole); n++) {
        memcpy(cut, whole, n);
        cut[n] = '\0';
        load(cut);
    }
    load(whole);
    assert_int_equal(diags.errors, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_config_test_file__##name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(all_parts_are_read),
        TEST(faults_are_told),
        TEST(cut_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

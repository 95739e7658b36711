/* The providers "local" and "null", through engine/host. */
#include "tests/unit/host_harness.h"

#include <errno.h>
#include <sys/stat.h>

static char dir[256];

static int setup_with(const char *name)
{
    snprintf(dir, sizeof(dir), "/tmp/iac-test-local-XXXXXX");
    assert_non_null(mkdtemp(dir));
    umask(022);
    load(name);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_with("local");
}

static int setup_null(void **state)
{
    (void)state;
    return setup_with("null");
}

static int teardown(void **state)
{
    char command[1024];
    (void)state;
    unload();
    snprintf(command, sizeof(command), "chmod -R u+w %s && rm -rf %s", dir, dir);
    return system(command);
}

static const char *in_dir(const char *name)
{
    return iac_arena_printf(arena, "%s/%s", dir, name).p;
}

/* JSON with %s standing for the test's directory. */
static const char *json(const char *format)
{
    iac_str text = iac_str_of(format);
    size_t at = iac_str_find(text, IAC_STR("%s"), 0);
    if (at == SIZE_MAX)
        return format;
    return iac_arena_printf(arena, "%.*s%s%s", (int)at, format, dir, format + at + 2).p;
}

static const char *content_of(const char *path)
{
    static char text[256];
    FILE *f = fopen(path, "r");
    if (!f)
        return "(no file)";
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    return text;
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_host_local__a_file_is_written_with_its_checksums(void **state)
{
    (void)state;
    const iac_value *v = create("local_file", json("{\"filename\":\"%s/a/b/f.txt\",\"content\":\"hello\"}"));
    assert_string_equal(content_of(in_dir("a/b/f.txt")), "hello");
    assert_int_equal(mode_of(in_dir("a/b/f.txt")), 0755);
    assert_int_equal(mode_of(in_dir("a")), 0755);
    assert_string_equal(get(v, "id"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
    assert_string_equal(get(v, "content_sha1"), get(v, "id"));
    assert_string_equal(get(v, "content_md5"), "5d41402abc4b2a76b9719d911017c592");
    assert_string_equal(get(v, "content_base64sha256"), "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    assert_string_equal(get(v, "file_permission"), "0777");
    assert_true(iac_value_same(read_again("local_file", v), v));
    iac_plan_answer again = plan("local_file", v, json("{\"filename\":\"%s/a/b/f.txt\",\"content\":\"hello\"}"));
    assert_true(iac_value_same(again.planned, v));
}

static void test_host_local__permissions_are_honoured(void **state)
{
    (void)state;
    create("local_file", json("{\"filename\":\"%s/d/f\",\"content\":\"\",\"file_permission\":\"0640\","
                              "\"directory_permission\":\"0710\"}"));
    assert_int_equal(mode_of(in_dir("d/f")), 0640);
    assert_int_equal(mode_of(in_dir("d")), 0710);
    create("local_sensitive_file", json("{\"filename\":\"%s/secret\",\"content\":\"x\"}"));
    assert_int_equal(mode_of(in_dir("secret")), 0700);
}

static void test_host_local__content_comes_from_base64_or_a_source(void **state)
{
    (void)state;
    create("local_file", json("{\"filename\":\"%s/f\",\"content_base64\":\"aGk=\"}"));
    assert_string_equal(content_of(in_dir("f")), "hi");
    const char *config = iac_arena_printf(arena, "{\"filename\":\"%s/g\",\"source\":\"%s/f\"}", dir, dir).p;
    create("local_file", config);
    assert_string_equal(content_of(in_dir("g")), "hi");
}

static void test_host_local__what_changed_outside_is_gone(void **state)
{
    (void)state;
    const iac_value *v = create("local_file", json("{\"filename\":\"%s/f\",\"content\":\"hello\"}"));
    put(in_dir("f"), "other");
    assert_null(read_again("local_file", v));
    unlink(in_dir("f"));
    assert_null(read_again("local_file", v));
}

static void test_host_local__every_change_replaces(void **state)
{
    (void)state;
    const iac_value *v = create("local_file", json("{\"filename\":\"%s/f\",\"content\":\"hello\"}"));
    iac_plan_answer answer =
        plan("local_file", v, json("{\"filename\":\"%s/f\",\"content\":\"bye\",\"file_permission\":\"0600\"}"));
    assert_true(replaces(answer, "content"));
    assert_true(replaces(answer, "file_permission"));
    assert_false(replaces(answer, "filename"));
}

static void test_host_local__destroy_removes_the_file(void **state)
{
    (void)state;
    iac_apply_answer answer;
    const iac_value *v = create("local_file", json("{\"filename\":\"%s/f\",\"content\":\"hello\"}"));
    assert_int_equal(apply_status("local_file", v, NULL, &answer), IAC_OK);
    assert_null(answer.state);
    assert_int_equal(access(in_dir("f"), F_OK), -1);
    assert_int_equal(apply_status("local_file", v, NULL, &answer), IAC_OK); /* already gone */
}

static void test_host_local__a_failed_write_keeps_the_old_file(void **state)
{
    (void)state;
    iac_apply_answer answer;
    put(in_dir("f"), "old");
    iac_plan_answer planned = plan("local_file", NULL, json("{\"filename\":\"%s/f/g\",\"content\":\"new\"}"));
    assert_int_equal(apply_status("local_file", NULL, planned.planned, &answer), IAC_ERR);
    assert_null(answer.state);
    assert_true(iac_str_is(diags.list.v[0].summary, "Create local file error"));
    assert_true(iac_str_is(diags.list.v[0].attribute, ".filename"));
    assert_non_null(strstr(diags.list.v[0].detail.p, strerror(ENOTDIR)));
    assert_string_equal(content_of(in_dir("f")), "old");
    iac_diags_clear(&diags);

    planned = plan("local_file", NULL, "{\"filename\":\"/dev/full\",\"content\":\"new\"}");
    assert_int_equal(apply_status("local_file", NULL, planned.planned, &answer), IAC_ERR);
    assert_non_null(strstr(diags.list.v[0].detail.p, strerror(ENOSPC)));
}

static void test_host_local__links_are_written_through(void **state)
{
    (void)state;
    put(in_dir("real"), "old");
    assert_int_equal(symlink("real", in_dir("link")), 0);
    create("local_file", json("{\"filename\":\"%s/link\",\"content\":\"new\"}"));
    assert_string_equal(content_of(in_dir("real")), "new");
    struct stat st;
    assert_int_equal(lstat(in_dir("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void test_host_local__bad_configurations_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"filename\":\"f\"}",
        "{\"filename\":\"f\",\"content\":\"a\",\"content_base64\":\"aGk=\"}",
        "{\"filename\":\"f\",\"content\":\"a\",\"file_permission\":\"888\"}",
        "{\"filename\":\"f\",\"content\":\"a\",\"directory_permission\":\"7\"}",
        "{\"filename\":\"f\",\"content_base64\":\"a\"}",
    };
    for (size_t i = 0; i < IAC_COUNT(bad); i++)
        assert_false(valid(IACP_SCHEMA_RESOURCE, "local_file", bad[i]));
    assert_int_equal(diags.errors, 5);
    assert_true(valid(IACP_SCHEMA_RESOURCE, "local_file", "{\"filename\":\"f\",\"content\":\"\"}"));
}

static void test_host_local__recovery_looks_at_the_file(void **state)
{
    (void)state;
    iac_find_answer answer;
    iac_plan_answer planned = plan("local_file", NULL, json("{\"filename\":\"%s/f\",\"content\":\"hello\"}"));
    iac_apply_request request = { .type = IAC_STR("local_file"), .planned = planned.planned };
    assert_int_equal(iac_instance_find(instance, NULL, arena, &request, &answer, &diags), IAC_OK);
    assert_int_equal(answer.found, IACP_FOUND_NOTHING);
    put(in_dir("f"), "hello");
    assert_int_equal(iac_instance_find(instance, NULL, arena, &request, &answer, &diags), IAC_OK);
    assert_int_equal(answer.found, IACP_FOUND_CERTAIN);
    assert_string_equal(get(answer.state, "id"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");

    request = (iac_apply_request){ .type = IAC_STR("local_file"), .prior = answer.state };
    assert_int_equal(iac_instance_find(instance, NULL, arena, &request, &answer, &diags), IAC_OK);
    assert_int_equal(answer.found, IACP_FOUND_CERTAIN);
    unlink(in_dir("f"));
    assert_int_equal(iac_instance_find(instance, NULL, arena, &request, &answer, &diags), IAC_OK);
    assert_int_equal(answer.found, IACP_FOUND_NOTHING);
}

static void test_host_local__data_reads_a_file(void **state)
{
    (void)state;
    const iac_value *v = NULL;
    put(in_dir("f"), "hello");
    const iac_value *config = config_of(IACP_SCHEMA_DATA, "local_file", json("{\"filename\":\"%s/f\"}"));
    assert_int_equal(iac_instance_read_data(instance, NULL, arena, IAC_STR("local_file"), config, &v, NULL, &diags),
                     IAC_OK);
    assert_string_equal(get(v, "content"), "hello");
    assert_string_equal(get(v, "content_base64"), "aGVsbG8=");
    unlink(in_dir("f"));
    assert_int_equal(iac_instance_read_data(instance, NULL, arena, IAC_STR("local_sensitive_file"), config, &v, NULL,
                                            &diags), IAC_ERR);
    assert_true(iac_str_is(diags.list.v[0].summary, "Read local file data source error"));
}

static void test_host_local__direxists_tells_directories(void **state)
{
    (void)state;
    iac_str error = { "", 0 };
    size_t argument = SIZE_MAX;
    const iac_provider_function *f = iac_provider_find_function(provider, IAC_STR("direxists"));
    assert_non_null(f);
    assert_int_equal(f->param_count, 1);
    assert_int_equal(f->returns->kind, IAC_BOOL);
    const iac_value *args[] = { iac_value_cstr(arena, dir) };
    const iac_value *v = iac_provider_call_function(provider, NULL, arena, f->name, args, 1, &error, &argument);
    assert_true(v && v->boolean);
    args[0] = iac_value_cstr(arena, in_dir("none"));
    v = iac_provider_call_function(provider, NULL, arena, f->name, args, 1, &error, &argument);
    assert_true(v && !v->boolean);
    put(in_dir("f"), "");
    args[0] = iac_value_cstr(arena, in_dir("f"));
    assert_null(iac_provider_call_function(provider, NULL, arena, f->name, args, 1, &error, &argument));
    assert_int_equal(argument, 0);
    assert_non_null(strstr(error.p, "not a directory"));
}

static void test_host_null__resource_and_data(void **state)
{
    (void)state;
    const iac_value *v = create("null_resource", "{\"triggers\":{\"a\":\"1\"}}");
    assert_true(strlen(get(v, "id")) > 0);
    iac_plan_answer answer = plan("null_resource", v, "{\"triggers\":{\"a\":\"1\"}}");
    assert_true(iac_value_same(answer.planned, v));
    assert_true(replaces(plan("null_resource", v, "{\"triggers\":{\"a\":\"2\"}}"), "triggers"));

    const iac_value *data = NULL;
    const iac_value *config = config_of(IACP_SCHEMA_DATA, "null_data_source", "{\"inputs\":{\"x\":\"y\"}}");
    assert_int_equal(iac_instance_read_data(instance, NULL, arena, IAC_STR("null_data_source"), config, &data, NULL,
                                            &diags), IAC_OK);
    assert_string_equal(get(iac_value_get_cstr(data, "outputs"), "x"), "y");
    assert_string_equal(get(data, "has_computed_default"), "default");
    assert_string_equal(get(data, "id"), "static");
}

int main(void)
{
    host_harness_use_all();
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_host_local__##name, setup, teardown)
        TEST(a_file_is_written_with_its_checksums),
        TEST(permissions_are_honoured),
        TEST(content_comes_from_base64_or_a_source),
        TEST(what_changed_outside_is_gone),
        TEST(every_change_replaces),
        TEST(destroy_removes_the_file),
        TEST(a_failed_write_keeps_the_old_file),
        TEST(links_are_written_through),
        TEST(bad_configurations_are_refused),
        TEST(recovery_looks_at_the_file),
        TEST(data_reads_a_file),
        TEST(direxists_tells_directories),
        cmocka_unit_test_setup_teardown(test_host_null__resource_and_data, setup_null, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

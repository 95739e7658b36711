/* engine/host: finding and loading providers, and files that are not what they should be. */
#include "tests/unit/host_harness.h"

#include <dlfcn.h>
#include <sys/stat.h>

static char dir[256];

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/iac-test-load-XXXXXX");
    assert_non_null(mkdtemp(dir));
    arena = iac_arena_new();
    diags = (iac_diags)IAC_DIAGS_INIT;
    const char *dirs[] = { "/nonexistent", dir, "" };
    host = iac_host_new(&(iac_host_options){ .dirs = dirs, .dir_count = 3 });
    return 0;
}

static int teardown(void **state)
{
    char command[512];
    (void)state;
    unload();
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static iac_status load_it(const char *name)
{
    iac_diags_clear(&diags);
    provider = NULL;
    return iac_host_provider(host, iac_str_of(name), IAC_NO_RANGE, &provider, &diags);
}

static const char *summary(void)
{
    return diags.list.n ? diags.list.v[0].summary.p : "";
}

static bool says(const char *text)
{
    return diags.list.n == 1 && strstr(diags.list.v[0].detail.p, text) != NULL;
}

static iac_str slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    char *bytes = iac_arena_alloc(arena, n + 1);
    assert_int_equal(fread(bytes, 1, n, f), n);
    fclose(f);
    return (iac_str){ bytes, n };
}

static void put(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(iac_arena_printf(arena, "%s/iac-provider-%s.so", dir, name).p, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static iac_str null_provider(void)
{
    return slurp(iac_arena_printf(arena, "%s/iac-provider-null.so", provider_dir()).p);
}

static void test_host_load__a_missing_provider_names_the_directories(void **state)
{
    (void)state;
    assert_int_equal(load_it("nowhere"), IAC_NOT_FOUND);
    assert_string_equal(summary(), "Failed to load provider");
    assert_true(says("iac-provider-nowhere.so"));
    assert_true(says("- /nonexistent"));
    assert_true(says(dir));
    assert_null(provider);

    put("randomm", "x", 1);
    assert_int_equal(load_it("random"), IAC_NOT_FOUND);
    assert_true(says("Did you mean \"randomm\"?"));
}

static void test_host_load__names_cannot_leave_the_directory(void **state)
{
    (void)state;
    assert_int_equal(load_it("../x"), IAC_ERR);
    assert_int_equal(load_it(""), IAC_ERR);
    assert_true(says("cannot be the name of a provider"));
}

static void test_host_load__a_whole_one_is_loaded_once(void **state)
{
    (void)state;
    iac_str bytes = null_provider();
    put("null", bytes.p, bytes.n);
    assert_int_equal(load_it("null"), IAC_OK);
    const iac_provider *first = provider;
    assert_int_equal(load_it("null"), IAC_OK);
    assert_ptr_equal(provider, first);
    assert_true(iac_str_is(iac_provider_name(first), "null"));
    assert_true(iac_provider_version(first).n > 0);
    assert_true(iac_str_starts(iac_provider_file(first), iac_str_of(dir)));
    size_t n = 0;
    const iac_str *names = iac_provider_type_names(first, IACP_SCHEMA_RESOURCE, &n);
    assert_int_equal(n, 1);
    assert_true(iac_str_is(names[0], "null_resource"));
}

static void test_host_load__damaged_files_are_refused(void **state)
{
    (void)state;
    iac_str bytes = null_provider();
    put("text", "#!/bin/sh\n", 10);
    assert_int_equal(load_it("text"), IAC_ERR);
    assert_true(says("It is not a shared object."));
    put("empty", "", 0);
    assert_int_equal(load_it("empty"), IAC_ERR);
    for (size_t part = 1; part < 16; part++) {
        put("short", bytes.p, bytes.n * part / 16);
        assert_int_equal(load_it("short"), IAC_ERR);
        assert_true(says("shorter than its header says"));
    }
    put("head", bytes.p, 64);
    assert_int_equal(load_it("head"), IAC_ERR);
    assert_int_equal(mkdir(iac_arena_printf(arena, "%s/iac-provider-dir.so", dir).p, 0700), 0);
    assert_int_equal(load_it("dir"), IAC_ERR);
    assert_true(says("It is not a file."));
}

static void test_host_load__other_versions_are_refused(void **state)
{
    (void)state;
    static const char tag[] = IACP_MAGIC_TAG;
    iac_str bytes = null_provider();
    char *p = iac_arena_cstr(arena, bytes);
    size_t at = 0, found = SIZE_MAX;
    uint32_t newer = IACP_ABI_MAJOR + 1;
    /* the tag stands behind size, abi_major, abi_minor and pointer_size */
    while ((at = iac_str_find(bytes, (iac_str){ tag, sizeof(tag) }, at)) != SIZE_MAX) {
        uint32_t size;
        memcpy(&size, p + at - 16, sizeof(size));
        if (size == sizeof(iacp_magic))
            found = at;
        at++;
    }
    assert_true(found != SIZE_MAX);
    memcpy(p + found - 12, &newer, sizeof(newer));
    put("newer", p, bytes.n);
    assert_int_equal(load_it("newer"), IAC_ERR);
    assert_string_equal(summary(), "Incompatible provider version");
    assert_true(says("was built for version 2"));

    memcpy(p, bytes.p, bytes.n);
    p[found] = 'X';
    put("tag", p, bytes.n);
    assert_int_equal(load_it("tag"), IAC_ERR);
    assert_true(says("magic block is not right"));
}

static void test_host_load__another_library_is_refused(void **state)
{
    (void)state;
    Dl_info info;
    assert_true(dladdr((void *)(uintptr_t)&_cmocka_run_group_tests, &info) != 0);
    iac_str bytes = slurp(info.dli_fname);
    put("other", bytes.p, bytes.n);
    assert_int_equal(load_it("other"), IAC_ERR);
    assert_true(says("iac_provider_magic"));
}

/* ---- tables that are not complete ---- */

static iacp_provider incomplete;

static const iacp_provider *give_incomplete(const iacp_host *table)
{
    (void)table;
    return &incomplete;
}

static void test_host_load__incomplete_tables_are_refused(void **state)
{
    (void)state;
    iac_str bytes = null_provider();
    put("null", bytes.p, bytes.n);
    assert_int_equal(load_it("null"), IAC_OK);
    iac_host_add_builtin(host, "part", give_incomplete);

    incomplete = (iacp_provider){ .size = sizeof(incomplete), .abi_major = IACP_ABI_MAJOR, .name = "part" };
    assert_int_equal(load_it("part"), IAC_ERR);
    assert_true(says("\"type_names\""));
    incomplete.abi_major = 7;
    assert_int_equal(load_it("part"), IAC_ERR);
    assert_string_equal(summary(), "Incompatible provider version");
    incomplete.size = 4;
    assert_int_equal(load_it("part"), IAC_ERR);

    incomplete = *iac_builtin_terraform(&iac_host_table);
    incomplete.plan = NULL;
    assert_int_equal(load_it("part"), IAC_ERR);
    assert_true(says("\"plan\""));
    /* a table of an older header ends earlier: what is missing at its end is optional */
    incomplete = *iac_builtin_terraform(&iac_host_table);
    incomplete.size = offsetof(iacp_provider, rate_class);
    assert_int_equal(load_it("part"), IAC_OK);
}

int main(void)
{
    host_harness_use_all();
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_host_load__##name, setup, teardown)
        TEST(a_missing_provider_names_the_directories),
        TEST(names_cannot_leave_the_directory),
        TEST(a_whole_one_is_loaded_once),
        TEST(damaged_files_are_refused),
        TEST(other_versions_are_refused),
        TEST(another_library_is_refused),
        TEST(incomplete_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

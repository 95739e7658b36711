/* Where modules come from: addresses, the manifest, sources made of variables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "lang/config/config.h"
#include "lang/config/manifest.h"

typedef struct file {
    const char *path, *text;
} file;

static iac_arena *arena;
static iac_diags diags;

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

static void test_config_modules__addresses(void **state)
{
    static const struct {
        const char *given;
        iac_module_source_kind kind;
        const char *text, *package, *subdir;
    } cases[] = {
        { "./a", IAC_SOURCE_LOCAL, "./a", "", "" },
        { "./a/../b//c/", IAC_SOURCE_LOCAL, "./b/c", "", "" },
        { "../x/./y", IAC_SOURCE_LOCAL, "../x/y", "", "" },
        { "acme/net/aws", IAC_SOURCE_REGISTRY, "registry.terraform.io/acme/net/aws",
          "registry.terraform.io/acme/net/aws", "" },
        { "Mods.Example.com:8443/acme/net/aws//a/b", IAC_SOURCE_REGISTRY, "mods.example.com:8443/acme/net/aws//a/b",
          "mods.example.com:8443/acme/net/aws", "a/b" },
        { "github.com/o/r", IAC_SOURCE_REMOTE, "git::https://github.com/o/r.git", "git::https://github.com/o/r.git",
          "" },
        { "github.com/o/r//sub/dir?ref=v1", IAC_SOURCE_REMOTE, "git::https://github.com/o/r.git//sub/dir?ref=v1",
          "git::https://github.com/o/r.git?ref=v1", "sub/dir" },
        { "bitbucket.org/o/r.git", IAC_SOURCE_REMOTE, "git::https://bitbucket.org/o/r.git",
          "git::https://bitbucket.org/o/r.git", "" },
        { "git@github.com:o/r.git//m?ref=x", IAC_SOURCE_REMOTE, "git::ssh://git@github.com/o/r.git//m?ref=x",
          "git::ssh://git@github.com/o/r.git?ref=x", "m" },
        { "git::ana@host.example:r.git", IAC_SOURCE_REMOTE, "git::ssh://ana@host.example/r.git",
          "git::ssh://ana@host.example/r.git", "" },
        { "git::https://h/r.git//a?depth=1&ref=b", IAC_SOURCE_REMOTE, "git::https://h/r.git//a?depth=1&ref=b",
          "git::https://h/r.git?depth=1&ref=b", "a" },
        { "https://h/p.zip//x/../y?checksum=md5:0", IAC_SOURCE_REMOTE, "https://h/p.zip//y?checksum=md5:0",
          "https://h/p.zip?checksum=md5:0", "y" },
        { "c:/dir", IAC_SOURCE_REMOTE, "c:/dir", "c:/dir", "" },
        { "/abs/dir//s", IAC_SOURCE_REMOTE, "file:///abs/dir//s", "file:///abs/dir", "s" },
        { "b.s3.amazonaws.com/k.zip", IAC_SOURCE_REMOTE, "s3::https://b.s3.amazonaws.com/k.zip",
          "s3::https://b.s3.amazonaws.com/k.zip", "" },
    };
    (void)state;
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        iac_module_source source = { 0 };
        const char *summary = NULL;
        iac_str detail = { 0 };
        if (!iac_module_source_parse(arena, iac_str_of(cases[i].given), false, &source, &summary, &detail))
            fail_msg("%s: %.*s", cases[i].given, IAC_FMT(detail));
        assert_int_equal(source.kind, cases[i].kind);
        assert_string_equal(iac_arena_cstr(arena, source.text), cases[i].text);
        assert_string_equal(iac_arena_cstr(arena, source.package), cases[i].package);
        assert_string_equal(iac_arena_cstr(arena, source.subdir), cases[i].subdir);
    }
}

static void test_config_modules__faulty_addresses(void **state)
{
    static const struct {
        const char *given, *message;
        bool versioned;
    } cases[] = {
        { "", "invalid source address: .", false },
        { ".", "iac failed to determine", false },
        { " ./a", "iac failed to determine", false },
        { "name", "iac failed to determine", false },
        { "two/parts", "iac failed to determine", false },
        { "host/a/b/c", "iac failed to determine", false },
        { "a/b/UPPER", "iac failed to determine", false },
        { "git::-u", "iac failed to determine", false },
        { "github.com/o", "GitHub URLs should be", false },
        { "github.com/", "GitHub URLs should be", false },
        { "https://h/p.zip//../out", "leads outside of the module package", false },
        { "./a", "can't use local directory", true },
        { "https://h/p.zip", "invalid module registry address", true },
        { "git@", "iac failed to determine", false },
        { "@:", "iac failed to determine", false },
        { "::", "iac failed to determine", false },
        { "//", "iac failed to determine", false },
        { "?", "iac failed to determine", false },
    };
    (void)state;
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        iac_module_source source = { 0 };
        const char *summary = NULL;
        iac_str detail = { 0 };
        if (iac_module_source_parse(arena, iac_str_of(cases[i].given), cases[i].versioned, &source, &summary, &detail))
            fail_msg("\"%s\" became \"%.*s\"", cases[i].given, IAC_FMT(source.text));
        if (iac_str_find(detail, iac_str_of(cases[i].message), 0) == SIZE_MAX)
            fail_msg("\"%s\": %.*s", cases[i].given, IAC_FMT(detail));
    }
}

static void test_config_modules__manifest(void **state)
{
    static const char text[] = "{\"Modules\":[{\"Key\":\"\",\"Source\":\"\",\"Dir\":\".\"},{\"Key\":\"a\",\"Source\":"
                               "\"r/a/b/c\",\"Version\":\"1.0.0\",\"Dir\":\"d/a\"},{\"Key\":\"a.b\",\"Source\":\"./b\\u0026"
                               "\",\"Dir\":\"d/a/b\"}]}";
    static const char *const damaged[] = { "", "{", "[]", "null", "{\"Modules\":null}", "{\"Modules\":[1,{\"Key\":2}]}" };
    iac_manifest manifest = { 0 };
    iac_buf out;
    (void)state;
    iac_manifest_read(arena, iac_str_of(text), &manifest);
    assert_int_equal(manifest.n, 3);
    assert_true(iac_str_is(manifest.v[1].version, "1.0.0"));
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_manifest_write(&out, &manifest);
    assert_string_equal(out.p, text);
    iac_buf_clear(&out);
    iac_vec_clear(&manifest);
    for (size_t i = 0; i < IAC_COUNT(damaged); i++)
        iac_manifest_read(arena, iac_str_of(damaged[i]), &manifest);
    assert_int_equal(manifest.n, 0);
}

/* ---- loading ---- */

static const file *files;

static iac_status list(void *user, const char *dir, iac_arena *into, iac_str **ret, size_t *ret_count, iac_diags *told)
{
    size_t n = 0, prefix = strcmp(dir, ".") == 0 ? 0 : strlen(dir) + 1;
    (void)user;
    (void)told;
    *ret = iac_arena_array(into, iac_str, 32);
    for (const file *f = files; f->path; f++)
        if ((!prefix || (strncmp(f->path, dir, prefix - 1) == 0 && f->path[prefix - 1] == '/')) &&
            !strchr(f->path + prefix, '/'))
            (*ret)[n++] = iac_str_of(f->path + prefix);
    *ret_count = n;
    return n ? IAC_OK : IAC_NOT_FOUND;
}

static iac_status read(void *user, const char *path, iac_arena *into, iac_str *ret, iac_diags *told)
{
    (void)user;
    (void)into;
    (void)told;
    for (const file *f = files; f->path; f++) {
        if (strcmp(f->path, path) == 0) {
            *ret = iac_str_of(f->text);
            return IAC_OK;
        }
    }
    return IAC_NOT_FOUND;
}

static const iac_config_reader reader = { NULL, list, read };

static const iac_module_config *load(const file *given)
{
    const iac_config *config = NULL;
    iac_config_options options = { .data_dir = "data", .reader = &reader, .workspace = IAC_STR("prod") };
    files = given;
    iac_config_load_with(arena, ".", &options, &config, &diags);
    return config->root;
}

static void assert_told(const char *summary, const char *part)
{
    for (size_t i = 0; i < diags.list.n; i++)
        if (iac_str_is(diags.list.v[i].summary, summary) &&
            iac_str_find(diags.list.v[i].detail, iac_str_of(part), 0) != SIZE_MAX)
            return;
    fail_msg("not told: %s (%zu messages, the first: %s)", summary, diags.list.n,
             diags.list.n ? diags.list.v[0].summary.p : "");
}

static void test_config_modules__early_sources(void **state)
{
    static const file given[] = {
        { "main.tf", "variable \"v\" { default = \"x\" }\nlocals {\n  dir = \"./${var.v}\"\n}\nmodule \"m\" {\n"
                     "  source = local.dir\n  deeper = upper(\"y\")\n}\n"
                     "module \"w\" { source = \"./${terraform.workspace}\" }\n" },
        { "x/main.tf", "variable \"deeper\" {}\nmodule \"n\" { source = \"../${lower(var.deeper)}\" }\n" },
        { "y/main.tf", "" },
        { "prod/main.tf", "" },
        { NULL, NULL }
    };
    (void)state;
    const iac_module_config *m = load(given);
    if (diags.list.n)
        fail_msg("%.*s: %.*s", IAC_FMT(diags.list.v[0].summary), IAC_FMT(diags.list.v[0].detail));
    assert_string_equal(m->calls[0].module->dir.p, "x");
    assert_string_equal(m->calls[0].module->calls[0].module->dir.p, "y");
    assert_string_equal(m->calls[1].module->dir.p, "prod");
}

static void test_config_modules__late_sources(void **state)
{
    static const struct {
        const char *text, *summary, *part;
    } cases[] = {
        { "resource \"a_b\" \"c\" {}\nmodule \"m\" { source = a_b.c.id }\n",
          "Value not known early enough for a module source", "a_b.c is not known then" },
        { "variable \"s\" {\n  default = \"./x\"\n  sensitive = true\n}\nmodule \"m\" { source = var.s }\n",
          "Sensitive value not allowed", "\"s\" is sensitive" },
        { "locals {\n  a = local.b\n  b = local.a\n}\nmodule \"m\" { source = local.a }\n",
          "Value not known early enough for a module source", "not known then" },
        { "variable \"s\" {}\nmodule \"m\" { source = var.s }\n", "No value for required variable", "\"s\"" },
        { "module \"m\" { source = [\"./x\"] }\n", "Unsuitable value type", "string required" },
        { "module \"m\" { source = null }\n", "Unsuitable value type", "null value is not allowed" },
        { "module \"m\" {\n  source = \"a/b/c\"\n  version = \"!!\"\n}\n", "Invalid version constraint", "syntax" },
    };
    (void)state;
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        const file given[] = { { "main.tf", cases[i].text }, { NULL, NULL } };
        load(given);
        assert_told(cases[i].summary, cases[i].part);
        iac_diags_clear(&diags);
    }
}

static void test_config_modules__what_is_installed_has_to_fit(void **state)
{
    static const struct {
        const char *source, *version, *installed, *summary; /* NULL: fine */
    } cases[] = {
        { "a/b/c", "version = \"~> 1.0\"", "\"Source\":\"registry.terraform.io/a/b/c\",\"Version\":\"1.5.0\"", NULL },
        { "a/b/c", "", "\"Source\":\"registry.terraform.io/a/b/c\",\"Version\":\"1.5.0\"", NULL },
        { "a/b/c", "version = \"~> 2.0\"", "\"Source\":\"registry.terraform.io/a/b/c\",\"Version\":\"1.5.0\"",
          "Module version requirements have changed" },
        { "a/b/c", "version = \"~> 2.0\"", "\"Source\":\"registry.terraform.io/a/b/c\"",
          "Module version requirements have changed" },
        { "a/b/d", "", "\"Source\":\"registry.terraform.io/a/b/c\",\"Version\":\"1.5.0\"",
          "Module source has changed" },
        { "git::https://h/r.git?ref=2", "", "\"Source\":\"git::https://h/r.git?ref=1\"", "Module source has changed" },
        { "github.com/o/r", "", "\"Source\":\"git::https://github.com/o/r.git\"", NULL },
    };
    (void)state;
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        iac_str text = iac_arena_printf(arena, "module \"m\" {\n  source = \"%s\"\n  %s\n}\n", cases[i].source,
                                        cases[i].version);
        iac_str json = iac_arena_printf(arena, "{\"Modules\":[{\"Key\":\"m\",%s,\"Dir\":\"d\"}]}", cases[i].installed);
        const file given[] = {
            { "main.tf", text.p }, { "d/main.tf", "" }, { "data/modules/modules.json", json.p }, { NULL, NULL }
        };
        load(given);
        if (cases[i].summary)
            assert_told(cases[i].summary, "Run \"iac init\"");
        else
            assert_int_equal(diags.list.n, 0);
        iac_diags_clear(&diags);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_config_modules__addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_modules__faulty_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_modules__manifest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_modules__early_sources, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_modules__late_sources, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_modules__what_is_installed_has_to_fit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

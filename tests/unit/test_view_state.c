/* States shown as Terraform shows them: tests/unit/data/show/CASE holds a state file of Terraform's, the schemas of
 * what is in it, and what `show`, `show -json`, `output` and `output -json` made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/view/view.h"
#include "lang/value/json.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA "tests/unit/data/show"

static iac_str read_file(iac_arena *arena, const char *name, const char *file)
{
    iac_str path = iac_arena_printf(arena, DATA "/%s/%s", name, file);
    FILE *in = fopen(path.p, "rb");
    assert_non_null(in);
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    char bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), in)) > 0;)
        iac_buf_add(&text, bytes, n);
    fclose(in);
    iac_str ret = iac_arena_str(arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return ret;
}

static const iac_value *parse(iac_arena *arena, iac_str json)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, json, &error, &offset);
    assert_non_null(v);
    return v;
}

typedef struct schema_files {
    iac_arena *arena;
    const iac_value *json;
} schema_files;

static const iac_schema *find_schema(void *user, iac_mode mode, iac_str type, iac_str provider)
{
    schema_files *files = user;
    const iac_value *kind = iac_value_get_cstr(files->json, mode == IAC_DATA ? "data" : "managed");
    const iac_value *json = kind ? iac_value_get(kind, type) : NULL;
    (void)provider;
    if (!json)
        return NULL;
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_value_to_json(&text, json);
    iac_str error;
    const iac_schema *schema = iac_schema_from_json(files->arena, iac_arena_str(files->arena, iac_buf_view(&text)),
                                                    &error);
    iac_buf_clear(&text);
    return schema;
}

static void same_json(iac_arena *arena, iac_str got, iac_str want)
{
    iac_buf left, right;
    iac_buf_init(&left, IAC_BUF_UNLIMITED);
    iac_buf_init(&right, IAC_BUF_UNLIMITED);
    iac_value_to_json(&left, parse(arena, iac_str_trim(got)));
    iac_value_to_json(&right, parse(arena, iac_str_trim(want)));
    assert_string_equal(left.p, right.p);
    iac_buf_clear(&left);
    iac_buf_clear(&right);
}

static void check_case(const char *name)
{
    iac_arena *a = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_state *state = NULL;
    schema_files files = { a, parse(a, read_file(a, name, "schemas.json")) };
    iac_view_schemas schemas = { &files, find_schema };
    iac_view_options options = { 0 };
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    print_message("%s\n", name);
    assert_int_equal(iac_tfstate_read(a, read_file(a, name, "state.json"), &state, &diags), IAC_OK);
    iac_view_state(&out, state, &schemas, &options);
    if (getenv("IAC_SHOW_TEXT"))
        fwrite(out.p, 1, out.n, stdout);
    assert_string_equal(out.p, read_file(a, name, "show.txt").p);
    iac_buf_reset(&out);
    iac_json_state(&out, state, &schemas, false);
    if (getenv("IAC_SHOW_JSON"))
        fwrite(out.p, 1, out.n, stdout);
    same_json(a, iac_buf_view(&out), read_file(a, name, "show.json"));
    iac_buf_reset(&out);
    iac_json_outputs(&out, state);
    assert_string_equal(out.p, read_file(a, name, "outputs.json").p);
    iac_buf_reset(&out);
    iac_view_output_list(&out, state);
    assert_string_equal(out.p, read_file(a, name, "outputs.txt").p);
    iac_buf_clear(&out);
    iac_arena_free(a);
}

static void test_view_state__reads_as_terraforms(void **unused)
{
    (void)unused;
    DIR *dir = opendir(DATA);
    assert_non_null(dir);
    const char *only = getenv("IAC_CASE");
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.' && (!only || strcmp(only, entry->d_name) == 0))
            check_case(entry->d_name);
    }
    closedir(dir);
}

static void test_view_state__an_empty_one_says_so(void **unused)
{
    (void)unused;
    iac_state state = { 0 };
    iac_view_options options = { 0 };
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_view_state(&out, &state, NULL, &options);
    assert_string_equal(out.p, "The state file is empty. No resources are represented.\n");
    iac_buf_reset(&out);
    iac_json_state(&out, &state, NULL, false);
    assert_string_equal(out.p, "{\"format_version\":\"1.0\"}\n");
    iac_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_state__reads_as_terraforms),
        cmocka_unit_test(test_view_state__an_empty_one_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

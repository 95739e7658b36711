/* Terraform's state file: what it wrote is read, and written again byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "state/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *file; /* tests run in the root of the source tree */

static int load_file(void **unused)
{
    (void)unused;
    FILE *in = fopen("tests/unit/data/tfstate-v4.json", "rb");
    assert_non_null(in);
    file = calloc(1, 65536);
    assert_true(fread(file, 1, 65535, in) > 0);
    fclose(in);
    return 0;
}

static int free_file(void **unused)
{
    (void)unused;
    free(file);
    return 0;
}

static iac_status read_text(iac_arena *arena, const char *text, const iac_state **ret, iac_diags *diags)
{
    return iac_tfstate_read(arena, iac_str_of(text), ret, diags);
}

static void test_state_tfstate__is_read_and_written_again(void **unused)
{
    (void)unused;
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_state *state = NULL;
    assert_int_equal(read_text(arena, file, &state, &diags), IAC_OK);
    assert_int_equal(state->serial, 3);
    assert_int_equal(state->instance_count, 4);
    assert_int_equal(state->output_count, 2);
    const iac_state_instance *b = &state->instances[2];
    assert_int_equal(b->deposed_count, 1);
    assert_string_equal(b->deposed[0]->private_data.p, "{\"a\":1}");
    assert_true(state->instances[1].current->tainted);
    assert_string_equal(state->instances[3].addr.module.steps[0].key.name.p, "x");
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_tfstate_write(&out, state);
    assert_string_equal(out.p, file);
    iac_buf_clear(&out);
    iac_arena_free(arena);
}

static void test_state_tfstate__goes_through_a_store_unchanged(void **unused)
{
    (void)unused;
    char dir[] = "/tmp/iac-tfstate-XXXXXX", command[64];
    assert_non_null(mkdtemp(dir));
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_state *state = NULL;
    iac_store *store = NULL;
    assert_int_equal(read_text(arena, file, &state, &diags), IAC_OK);
    assert_int_equal(iac_store_open(dir, "default", true, &store, &diags), IAC_OK);
    assert_int_equal(iac_store_replace(store, state, &diags), IAC_OK);
    assert_int_equal(iac_store_serial(store), 3);
    assert_int_equal(iac_store_read(store, arena, &state, &diags), IAC_OK);
    iac_store_close(store);
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_tfstate_write(&out, state);
    assert_string_equal(out.p, file);
    iac_buf_clear(&out);
    iac_arena_free(arena);
    strcpy(command, "rm -rf ");
    strcat(command, dir);
    assert_int_equal(system(command), 0);
}

static void test_state_tfstate__what_is_not_one_is_refused(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "",
        "[]",
        "{\"version\":3}",
        "{\"version\":4,\"resources\":[{}]}",
        "{\"version\":4,\"resources\":[{\"mode\":\"odd\",\"type\":\"a\",\"name\":\"b\",\"instances\":[]}]}",
        "{\"version\":4,\"resources\":[{\"mode\":\"data\",\"type\":\"a\",\"name\":\"b\",\"instances\":[{}]}]}",
        "{\"version\":4,\"resources\":[{\"mode\":\"data\",\"type\":\"a\",\"name\":\"b\",\"instances\":"
        "[{\"index_key\":1.5,\"attributes\":{}}]}]}",
        "{\"version\":4,\"resources\":[{\"mode\":\"data\",\"type\":\"a\",\"name\":\"b\",\"instances\":"
        "[{\"attributes\":{}},{\"attributes\":{}}]}]}",
        "{\"version\":4,\"outputs\":{\"o\":{\"value\":1,\"type\":\"oops\"}}}",
    };
    for (size_t i = 0; i < IAC_COUNT(texts); i++) {
        iac_arena *arena = iac_arena_new();
        iac_diags diags = IAC_DIAGS_INIT;
        const iac_state *state = NULL;
        assert_int_equal(read_text(arena, texts[i], &state, &diags), IAC_ERR);
        assert_int_equal(diags.errors, i == 1 ? 2 : 1); /* what is no object has no version either */
        assert_null(state);
        iac_diags_clear(&diags);
        iac_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_tfstate__is_read_and_written_again),
        cmocka_unit_test(test_state_tfstate__goes_through_a_store_unchanged),
        cmocka_unit_test(test_state_tfstate__what_is_not_one_is_refused),
    };
    return cmocka_run_group_tests(tests, load_file, free_file);
}

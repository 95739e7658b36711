/* The history: entries, states of the past, configurations stored once, what pruning leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "state/history.h"
#include "state/store_internal.h"

#include <unistd.h>

typedef struct fixture {
    char dir[64];
    iac_store *store;
    iac_arena *arena;
    iac_diags diags;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/iac-history-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = iac_arena_new();
    assert_int_equal(iac_store_open(f->dir, "default", true, &f->store, &f->diags), IAC_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    char command[128];
    iac_store_close(f->store);
    iac_diags_clear(&f->diags);
    iac_arena_free(f->arena);
    snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void reopen(fixture *f)
{
    iac_store_close(f->store);
    assert_int_equal(iac_store_open(f->dir, "default", true, &f->store, &f->diags), IAC_OK);
}

static iac_addr addr_of(fixture *f, const char *text)
{
    iac_addr addr;
    assert_int_equal(iac_addr_parse(f->arena, iac_str_of(text), &addr, &f->diags), IAC_OK);
    return addr;
}

static void put(fixture *f, const char *addr, const char *id)
{
    const iac_str names[] = { IAC_STR("id") };
    const iac_value *items[] = { iac_value_cstr(f->arena, id) };
    const iac_value *v = iac_value_object(f->arena, names, items, 1);
    iac_write write = { .kind = IAC_WRITE_OBJECT, .addr = addr_of(f, addr), .provider = IAC_STR("provider[\"x\"]"),
                        .object = iac_object_new(f->arena, v, iac_value_type(f->arena, v), 0) };
    iac_store_submit(f->store, &write, 1, NULL, NULL);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
}

static void submit(fixture *f, iac_write write)
{
    iac_store_submit(f->store, &write, 1, NULL, NULL);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
}

static void put_output(fixture *f, const char *text)
{
    submit(f, (iac_write){ .kind = IAC_WRITE_OUTPUT,
                           .output = { .name = IAC_STR("o"), .value = iac_value_cstr(f->arena, text) } });
}

static int64_t begin(fixture *f, const iac_history_entry *entry)
{
    int64_t number = 0;
    assert_int_equal(iac_history_begin(f->store, entry, &number, &f->diags), IAC_OK);
    assert_true(number > 0);
    return number;
}

static void end(fixture *f, int64_t number, const char *status)
{
    const iac_history_entry done = { .status = iac_str_of(status), .exit = 1, .added = 2,
                                     .errors = IAC_STR("[\"bad\"]") };
    assert_int_equal(iac_history_end(f->store, number, &done, &f->diags), IAC_OK);
}

/* "addr=attributes;" of each object, then outputs. */
static const char *state_text(fixture *f, int64_t number, bool before)
{
    const iac_state *state = NULL;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    assert_int_equal(iac_history_state(f->store, number, before, f->arena, &state, &f->diags), IAC_OK);
    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        iac_addr_print(&out, instance->addr);
        if (instance->current)
            iac_buf_printf(&out, "=%.*s;", IAC_FMT(instance->current->attributes));
        for (size_t k = 0; k < instance->deposed_count; k++)
            iac_buf_printf(&out, " deposed %.*s;", IAC_FMT(instance->deposed[k]->attributes));
    }
    for (size_t i = 0; i < state->output_count; i++)
        iac_buf_printf(&out, "%.*s:%.*s;", IAC_FMT(state->outputs[i].name), IAC_FMT(state->outputs[i].value->string));
    const char *text = iac_arena_cstr(f->arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    return text;
}

static int64_t count(fixture *f, const char *table)
{
    char sql[96];
    sqlite3_stmt *s;
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_prepare_v2(f->store->db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static const iac_history_entry plain = { .command = IAC_STR_INIT("apply") };

static void test_state_history__states_before_and_after_come_back(void **state)
{
    fixture *f = *state;
    int64_t first = begin(f, &plain);
    put(f, "a.b", "1");
    put(f, "a.c", "1");
    put_output(f, "one");
    end(f, first, "ok");
    int64_t second = begin(f, &plain);
    put(f, "a.b", "2");
    submit(f, (iac_write){ .kind = IAC_WRITE_DEPOSE, .addr = addr_of(f, "a.c"), .deposed = IAC_STR("0badcafe") });
    put(f, "a.c", "2");
    put_output(f, "two");
    end(f, second, "ok");
    int64_t third = begin(f, &plain);
    submit(f, (iac_write){ .kind = IAC_WRITE_REMOVE, .addr = addr_of(f, "a.c"), .deposed = IAC_STR("0badcafe") });
    submit(f, (iac_write){ .kind = IAC_WRITE_REMOVE, .addr = addr_of(f, "a.b") });
    submit(f, (iac_write){ .kind = IAC_WRITE_OUTPUT_REMOVE, .output = { .name = IAC_STR("o") } });
    end(f, third, "failed");
    reopen(f);
    assert_string_equal(state_text(f, first, true), "");
    assert_string_equal(state_text(f, first, false), "a.b={\"id\":\"1\"};a.c={\"id\":\"1\"};o:one;");
    assert_string_equal(state_text(f, second, true), "a.b={\"id\":\"1\"};a.c={\"id\":\"1\"};o:one;");
    assert_string_equal(state_text(f, second, false),
                        "a.b={\"id\":\"2\"};a.c={\"id\":\"2\"}; deposed {\"id\":\"1\"};o:two;");
    assert_string_equal(state_text(f, third, false), "a.c={\"id\":\"2\"};");
}

static void test_state_history__replacing_by_much_the_same_state_costs_little(void **state)
{
    fixture *f = *state;
    const iac_state *all = NULL;
    char addr[32];
    for (int i = 0; i < 50; i++) {
        snprintf(addr, sizeof(addr), "a.b[%d]", i);
        put(f, addr, "same");
    }
    int64_t number = begin(f, &plain);
    assert_int_equal(iac_store_read(f->store, f->arena, &all, &f->diags), IAC_OK);
    iac_state less = *all;
    less.instance_count--;
    less.serial = 1; /* lower than it was */
    assert_int_equal(iac_store_replace(f->store, &less, &f->diags), IAC_OK);
    end(f, number, "ok");
    assert_int_equal(count(f, "object_versions"), 1);
    const iac_state *before, *after;
    assert_int_equal(iac_history_state(f->store, number, true, f->arena, &before, &f->diags), IAC_OK);
    assert_int_equal(iac_history_state(f->store, number, false, f->arena, &after, &f->diags), IAC_OK);
    assert_int_equal(before->instance_count, 50);
    assert_int_equal(after->instance_count, 49);
    assert_int_equal(after->serial, 1);
    put(f, "a.b[0]", "same"); /* what is there already */
    assert_int_equal(count(f, "object_versions"), 1);
}

static void test_state_history__contents_are_stored_once(void **state)
{
    fixture *f = *state;
    char big[4096];
    memset(big, 'x', sizeof(big));
    const iac_history_file files[] = { { IAC_STR("main.tf"), { big, sizeof(big) } },
                                       { IAC_STR("m/main.tf"), IAC_STR("# m") } };
    const iac_history_module modules[] = {
        { IAC_STR("m"), IAC_STR("m"), IAC_STR("./m"), IAC_STR(""), IAC_STR("~> 1") }
    };
    iac_history_entry entry = { .command = IAC_STR("apply"), .arguments = IAC_STR("[\"-x\"]"), .origin = 7,
                                .config = { IAC_STR("."), files, 2, modules, 1 },
                                .variables = IAC_STR("{}"), .plan = { "\0plan", 5 },
                                .git_commit = IAC_STR("c0ffee") };
    for (int i = 0; i < 3; i++)
        end(f, begin(f, &entry), "ok");
    assert_int_equal(count(f, "configs"), 1);
    assert_int_equal(count(f, "blobs"), 4);
    reopen(f);
    iac_history_entry back = { 0 };
    assert_int_equal(iac_history_load(f->store, 2, f->arena, &back, &f->diags), IAC_OK);
    assert_true(back.has_config && back.has_plan);
    assert_int_equal(back.config.file_count, 2);
    assert_string_equal(back.config.files[0].path.p, "m/main.tf");
    assert_int_equal(back.config.files[1].text.n, sizeof(big));
    assert_memory_equal(back.config.files[1].text.p, big, sizeof(big));
    assert_string_equal(back.config.modules[0].constraint.p, "~> 1");
    assert_string_equal(back.config.dir.p, ".");
    assert_memory_equal(back.plan.p, "\0plan", 5);
    assert_string_equal(back.variables.p, "{}");
    assert_string_equal(back.git_commit.p, "c0ffee");
    assert_string_equal(back.errors.p, "[\"bad\"]");
    assert_int_equal(back.origin, 7);
    assert_int_equal(back.added, 2);
    assert_true(back.begun.n > 20 && back.ended.n > 20 && back.who.n);
    assert_int_equal(back.pid, getpid());
}

static void test_state_history__a_blob_that_was_tampered_with_is_refused(void **state)
{
    fixture *f = *state;
    const iac_history_entry entry = { .command = IAC_STR("apply"), .plan = IAC_STR("the plan") };
    int64_t number = begin(f, &entry);
    assert_int_equal(sqlite3_exec(f->store->db, "UPDATE blobs SET data = CAST('the plot' AS BLOB)", NULL, NULL, NULL),
                     SQLITE_OK);
    iac_history_entry back;
    assert_int_equal(iac_history_load(f->store, number, f->arena, &back, &f->diags), IAC_ERR);
    assert_string_equal(f->diags.list.v[0].summary.p, "Failed to read the history");
    assert_int_equal(sqlite3_exec(f->store->db, "UPDATE blobs SET codec = 1", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(iac_history_load(f->store, number, f->arena, &back, &f->diags), IAC_ERR);
    assert_int_equal(sqlite3_exec(f->store->db, "UPDATE blobs SET codec = 9, size = 1 << 40", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(iac_history_load(f->store, number, f->arena, &back, &f->diags), IAC_ERR);
    assert_int_equal(iac_history_load(f->store, 99, f->arena, &back, &f->diags), IAC_NOT_FOUND);
}

static void test_state_history__what_was_left_running_is_interrupted(void **state)
{
    fixture *f = *state;
    const iac_history_entry *entries = NULL;
    size_t n = 0;
    begin(f, &plain);
    put(f, "a.b", "1");
    reopen(f); /* nobody has the lock */
    assert_int_equal(iac_history_list(f->store, f->arena, &entries, &n, &f->diags), IAC_OK);
    assert_int_equal(n, 1);
    assert_string_equal(entries[0].status.p, "interrupted");
    assert_int_equal(iac_store_lock(f->store, "apply", 0, &f->diags), IAC_OK);
    int64_t second = begin(f, &plain);
    assert_int_equal(iac_history_list(f->store, f->arena, &entries, &n, &f->diags), IAC_OK);
    assert_int_equal(n, 2);
    assert_int_equal(entries[0].number, second);
    assert_string_equal(entries[0].status.p, "running");
    assert_string_equal(entries[1].status.p, "interrupted");
    assert_int_equal(entries[1].serial_after, 1);
    put(f, "a.b", "2");
    assert_string_equal(state_text(f, 1, false), "a.b={\"id\":\"1\"};");
}

static void test_state_history__pruning_leaves_what_is_needed(void **state)
{
    fixture *f = *state;
    char text[32];
    size_t removed;
    for (int i = 1; i <= 6; i++) {
        snprintf(text, sizeof(text), "file %d", i);
        const iac_history_file file = { IAC_STR("main.tf"), iac_str_of(text) };
        const iac_history_entry entry = { .command = IAC_STR("apply"), .config = { IAC_STR("."), &file, 1, NULL, 0 } };
        int64_t number = begin(f, &entry);
        snprintf(text, sizeof(text), "%d", i);
        put(f, "a.b", text);
        put_output(f, text);
        end(f, number, "ok");
    }
    assert_int_equal(count(f, "object_versions"), 5);
    assert_int_equal(iac_history_prune(f->store, -1, 3600, &removed, &f->diags), IAC_OK);
    assert_int_equal(removed, 0);
    assert_int_equal(iac_history_prune(f->store, 2, 0, &removed, &f->diags), IAC_OK);
    assert_int_equal(removed, 4);
    assert_int_equal(count(f, "object_versions"), 2);
    assert_int_equal(count(f, "output_versions"), 2);
    assert_int_equal(count(f, "blobs"), 2);
    assert_int_equal(count(f, "configs"), 2);
    assert_string_equal(state_text(f, 5, true), "a.b={\"id\":\"4\"};o:4;");
    assert_string_equal(state_text(f, 6, false), "a.b={\"id\":\"6\"};o:6;");
    assert_int_equal(iac_history_prune(f->store, 0, 0, &removed, &f->diags), IAC_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(count(f, "object_versions"), 0);
    assert_int_equal(count(f, "blobs"), 0);
    assert_int_equal(begin(f, &plain), 7); /* numbers are not used again */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(test_state_history__##name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(states_before_and_after_come_back),
        T(replacing_by_much_the_same_state_costs_little),
        T(contents_are_stored_once),
        T(a_blob_that_was_tampered_with_is_refused),
        T(what_was_left_running_is_interrupted),
        T(pruning_leaves_what_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

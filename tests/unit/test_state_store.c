/* The store: what is written is read back, survives, and is refused with a reason where it cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lang/value/json.h"
#include "state/store_internal.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct fixture {
    char dir[64];
    iac_arena *arena;
    iac_diags diags;
    iac_store *store;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    strcpy(f->dir, "/tmp/iac-state-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = iac_arena_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    iac_store_close(f->store);
    iac_diags_clear(&f->diags);
    iac_arena_free(f->arena);
    char command[256];
    snprintf(command, sizeof(command), "chmod -R u+w %s; rm -rf %s", f->dir, f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void reopen(fixture *f, bool create)
{
    iac_store_close(f->store);
    f->store = NULL;
    assert_int_equal(iac_store_open(f->dir, "default", create, &f->store, &f->diags), IAC_OK);
}

static const iac_state *read_state(fixture *f)
{
    const iac_state *state = NULL;
    assert_int_equal(iac_store_read(f->store, f->arena, &state, &f->diags), IAC_OK);
    return state;
}

static iac_addr addr_of(fixture *f, const char *text)
{
    iac_addr addr;
    assert_int_equal(iac_addr_parse(f->arena, iac_str_of(text), &addr, &f->diags), IAC_OK);
    return addr;
}

static iac_object *object_of(fixture *f, const char *text, bool sensitive)
{
    const iac_value *item = iac_value_cstr(f->arena, text);
    if (sensitive)
        item = iac_value_mark(f->arena, item, IAC_SENSITIVE);
    const iac_str name = IAC_STR("id");
    const iac_value *value = iac_value_object(f->arena, &name, &item, 1);
    return iac_object_new(f->arena, value, iac_value_type(f->arena, value), 3);
}

static iac_write put(fixture *f, const char *addr, const iac_object *object)
{
    return (iac_write){ .kind = IAC_WRITE_OBJECT, .addr = addr_of(f, addr), .provider = IAC_STR("provider[\"x\"]"),
                        .object = object };
}

static void write_now(fixture *f, const iac_write *writes, size_t n)
{
    iac_store_submit(f->store, writes, n, NULL, NULL);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
}

static const char *last_detail(fixture *f)
{
    assert_true(f->diags.list.n > 0);
    return f->diags.list.v[f->diags.list.n - 1].detail.p;
}

static const char *last_summary(fixture *f)
{
    assert_true(f->diags.list.n > 0);
    return f->diags.list.v[f->diags.list.n - 1].summary.p;
}

static void test_state_store__objects_come_back_as_they_were_put(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    iac_object *object = object_of(f, "i-1", true);
    const iac_addr dependencies[] = { addr_of(f, "module.m.aws_vpc.a"), addr_of(f, "data.aws_region.b") };
    object->dependencies = dependencies;
    object->dependency_count = 2;
    object->private_data = (iac_str){ "a\0b", 3 };
    object->tainted = object->create_before_destroy = true;
    const iac_write writes[] = { put(f, "module.m[\"k\"].aws_subnet.s[1]", object),
                                 put(f, "aws_subnet.s[10]", object_of(f, "ten", false)),
                                 put(f, "aws_subnet.s[2]", object_of(f, "two", false)) };
    write_now(f, writes, 3);
    reopen(f, false);
    const iac_state *s = read_state(f);
    assert_int_equal(s->instance_count, 3);
    assert_int_equal(s->serial, 1);
    assert_int_equal(s->lineage.n, 36);
    assert_int_equal(s->instances[0].addr.key.index, 2);
    assert_int_equal(s->instances[1].addr.key.index, 10);
    const iac_state_instance *found = iac_state_find(s, writes[0].addr);
    assert_non_null(found);
    const iac_object *back = found->current;
    assert_true(back->tainted && back->create_before_destroy);
    assert_int_equal(back->schema_version, 3);
    assert_memory_equal(back->private_data.p, "a\0b", 4);
    assert_int_equal(back->dependency_count, 2);
    assert_true(iac_addr_equal(back->dependencies[1], dependencies[1]));
    const iac_value *value = iac_object_value(f->arena, back);
    assert_non_null(value);
    assert_int_equal(iac_value_get_cstr(value, "id")->marks, IAC_SENSITIVE);
    assert_string_equal(iac_value_get_cstr(value, "id")->string.p, "i-1");
    assert_null(iac_state_find(s, addr_of(f, "aws_subnet.s[3]")));
    assert_int_equal(iac_state_lower_bound(s, addr_of(f, "aws_subnet.s")), 0);
}

static void test_state_store__deposed_objects_are_kept_beside_the_current_one(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    iac_write write = put(f, "a.b", object_of(f, "old", false));
    write_now(f, &write, 1);
    iac_write depose = { .kind = IAC_WRITE_DEPOSE, .addr = write.addr, .deposed = IAC_STR("0badcafe") };
    write_now(f, &depose, 1);
    const iac_state *s = read_state(f);
    assert_null(s->instances[0].current);
    assert_int_equal(s->instances[0].deposed_count, 1);
    write.object = object_of(f, "new", false);
    write_now(f, &write, 1);
    s = read_state(f);
    assert_int_equal(s->instance_count, 1);
    assert_string_equal(s->instances[0].current->attributes.p, "{\"id\":\"new\"}");
    assert_string_equal(s->instances[0].deposed[0]->deposed.p, "0badcafe");
    const iac_write back[] = { { .kind = IAC_WRITE_REMOVE, .addr = write.addr },
                               { .kind = IAC_WRITE_RESTORE, .addr = write.addr, .deposed = IAC_STR("0badcafe") } };
    write_now(f, back, 2);
    s = read_state(f);
    assert_string_equal(s->instances[0].current->attributes.p, "{\"id\":\"old\"}");
    assert_int_equal(s->instances[0].deposed_count, 0);
}

static void test_state_store__outputs_keep_type_and_sensitivity(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    const iac_value *items[] = { iac_value_int(f->arena, 7), iac_value_cstr(f->arena, "x<y") };
    const iac_value *list = iac_value_tuple(f->arena, items, 2);
    const iac_write write = { .kind = IAC_WRITE_OUTPUT,
                              .output = { .name = IAC_STR("o"), .value = list, .sensitive = true } };
    write_now(f, &write, 1);
    reopen(f, false);
    const iac_state *s = read_state(f);
    assert_int_equal(s->output_count, 1);
    assert_true(s->outputs[0].sensitive);
    assert_true(iac_value_same(s->outputs[0].value, list));
    const iac_write gone = { .kind = IAC_WRITE_OUTPUT_REMOVE, .output = { .name = IAC_STR("o") } };
    write_now(f, &gone, 1);
    assert_int_equal(read_state(f)->output_count, 0);
    assert_int_equal(iac_store_serial(f->store), 2);
}

static void test_state_store__intents_outlive_the_run_and_leave_the_serial_alone(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    const iac_write write = { .kind = IAC_WRITE_INTENT,
                              .intent = { .token = IAC_STR("t1"), .addr = addr_of(f, "a.b[\"c\"]"),
                                          .provider = IAC_STR("p"), .action = IAC_STR("create"),
                                          .planned = { "\0\1", 2 }, .begun = IAC_STR("2026-01-01T00:00:00Z") } };
    write_now(f, &write, 1);
    assert_int_equal(iac_store_serial(f->store), 0);
    reopen(f, false);
    const iac_intent *intents;
    size_t n;
    assert_int_equal(iac_store_intents(f->store, f->arena, &intents, &n, &f->diags), IAC_OK);
    assert_int_equal(n, 1);
    assert_true(iac_addr_equal(intents[0].addr, write.intent.addr));
    assert_int_equal(intents[0].planned.n, 2);
    const iac_write done = { .kind = IAC_WRITE_INTENT_DONE, .intent = { .token = IAC_STR("t1") } };
    write_now(f, &done, 1);
    assert_int_equal(iac_store_intents(f->store, f->arena, &intents, &n, &f->diags), IAC_OK);
    assert_int_equal(n, 0);
}

static void count_done(void *arg, const char *error)
{
    if (!error)
        __atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
}

static void test_state_store__what_comes_together_is_committed_together(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    enum { COUNT = 500 };
    iac_write *writes = calloc(COUNT, sizeof(*writes));
    int done = 0;
    for (int i = 0; i < COUNT; i++) {
        char text[32];
        snprintf(text, sizeof(text), "a.b[%d]", i);
        writes[i] = put(f, text, object_of(f, text, false));
    }
    for (int i = 0; i < COUNT; i++)
        iac_store_submit(f->store, &writes[i], 1, count_done, &done);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
    assert_int_equal(__atomic_load_n(&done, __ATOMIC_RELAXED), COUNT);
    assert_int_equal(read_state(f)->instance_count, COUNT);
    assert_true(f->store->commits < COUNT / 2);
    assert_int_equal(iac_store_serial(f->store), f->store->commits);
    free(writes);
}

static void keep_error(void *arg, const char *error)
{
    if (error)
        snprintf(arg, 128, "%s", error);
}

static void test_state_store__one_bad_write_does_not_take_others_down(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    const iac_write good = put(f, "a.good", object_of(f, "1", false));
    const iac_write bad = { .kind = IAC_WRITE_DEPOSE, .addr = addr_of(f, "a.bad"), .deposed = IAC_STR("00000000") };
    char error[128] = "";
    pthread_mutex_lock(&f->store->db_mutex); /* so that both wait in one group */
    iac_store_submit(f->store, &good, 1, NULL, NULL);
    iac_store_submit(f->store, &bad, 1, keep_error, error);
    iac_store_submit(f->store, &good, 1, NULL, NULL);
    pthread_mutex_unlock(&f->store->db_mutex);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
    assert_string_equal(error, "the object to be set aside or restored is not in the state");
    assert_int_equal(read_state(f)->instance_count, 1);
}

static void test_state_store__a_full_disk_fails_the_write_and_keeps_the_rest(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    const iac_write small = put(f, "a.small", object_of(f, "1", false));
    write_now(f, &small, 1);
    assert_int_equal(sqlite3_exec(f->store->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL), SQLITE_OK);
    char *text = calloc(1, 1000001);
    memset(text, 'x', 1000000);
    const iac_write large = put(f, "a.large", object_of(f, text, false));
    char error[128] = "";
    iac_store_submit(f->store, &large, 1, keep_error, error);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
    assert_string_equal(error, "database or disk is full");
    iac_store_submit(f->store, &large, 1, NULL, NULL);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_ERR);
    assert_string_equal(last_summary(f), "Failed to save state");
    assert_non_null(strstr(last_detail(f), "database or disk is full"));
    reopen(f, true);
    assert_int_equal(read_state(f)->instance_count, 1);
    write_now(f, &large, 1);
    assert_int_equal(read_state(f)->instance_count, 2);
    free(text);
}

static void overwrite(fixture *f, long at, const char *bytes, size_t n)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/state.db", f->dir);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, n, at), n);
    close(fd);
}

static void fill(fixture *f, int count)
{
    iac_write *writes = calloc((size_t)count, sizeof(*writes));
    for (int i = 0; i < count; i++) {
        char text[32];
        snprintf(text, sizeof(text), "a.b[%d]", i);
        writes[i] = put(f, text, object_of(f, text, i % 2));
    }
    write_now(f, writes, (size_t)count);
    free(writes);
}

static void test_state_store__a_damaged_page_is_reported_with_advice(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    fill(f, 2000);
    iac_store_close(f->store);
    f->store = NULL;
    struct stat info;
    char path[128];
    snprintf(path, sizeof(path), "%s/state.db", f->dir);
    stat(path, &info);
    char junk[4096];
    memset(junk, 0x5a, sizeof(junk));
    for (long at = 20 * 4096; at < info.st_size; at += 4096)
        overwrite(f, at, junk, sizeof(junk));
    const iac_state *s = NULL;
    iac_status status = iac_store_open(f->dir, "default", false, &f->store, &f->diags);
    if (status == IAC_OK)
        status = iac_store_read(f->store, f->arena, &s, &f->diags);
    assert_int_equal(status, IAC_ERR);
    assert_string_equal(last_summary(f), "Failed to load state");
    assert_non_null(strstr(last_detail(f), "is damaged"));
    assert_non_null(strstr(last_detail(f), ".recover"));
}

static void test_state_store__a_file_of_something_else_is_refused(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    fill(f, 1);
    iac_store_close(f->store);
    f->store = NULL;
    overwrite(f, 0, "this is not a database, whatever its name says", 46);
    assert_int_equal(iac_store_open(f->dir, "default", false, &f->store, &f->diags), IAC_ERR);
    assert_non_null(strstr(last_detail(f), "is not a state database"));
}

static void test_state_store__a_newer_schema_is_refused(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    sqlite3_exec(f->store->db, "PRAGMA user_version = 99", NULL, NULL, NULL);
    iac_store_close(f->store);
    f->store = NULL;
    assert_int_equal(iac_store_open(f->dir, "default", true, &f->store, &f->diags), IAC_ERR);
    assert_non_null(strstr(last_detail(f), "written by a newer release of iac"));
}

static void test_state_store__without_a_file_an_empty_state_is_kept_in_memory(void **state)
{
    fixture *f = *state;
    reopen(f, false);
    assert_int_equal(read_state(f)->instance_count, 0);
    assert_int_equal(read_state(f)->lineage.n, 0);
    assert_int_equal(iac_store_lock(f->store, "plan", 0, &f->diags), IAC_OK);
    char path[128];
    snprintf(path, sizeof(path), "%s/state.db", f->dir);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_state_store__a_read_only_file_can_be_read(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    fill(f, 3);
    iac_store_close(f->store);
    f->store = NULL;
    char path[128];
    snprintf(path, sizeof(path), "%s/state.db", f->dir);
    chmod(path, 0444);
    chmod(f->dir, 0555);
    bool root = geteuid() == 0; /* to whom nothing is read-only */
    if (root)
        assert_int_equal(seteuid(65534), 0);
    reopen(f, false);
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(read_state(f)->instance_count, 3);
    assert_int_equal(iac_store_lock(f->store, "apply", 0, &f->diags), IAC_ERR);
    assert_non_null(strstr(last_detail(f), "read-only"));
}

static void test_state_store__workspaces_are_apart(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    fill(f, 2);
    iac_store *other = NULL;
    assert_int_equal(iac_store_open(f->dir, "blue", true, &other, &f->diags), IAC_OK);
    const iac_state *s = NULL;
    assert_int_equal(iac_store_read(other, f->arena, &s, &f->diags), IAC_OK);
    assert_int_equal(s->instance_count, 0);
    iac_store_close(other);
    iac_str *names;
    size_t n;
    assert_int_equal(iac_store_workspaces(f->dir, f->arena, &names, &n, &f->diags), IAC_OK);
    assert_int_equal(n, 2);
    assert_string_equal(names[0].p, "blue");
    assert_string_equal(names[1].p, "default");
}

static void test_state_store__ten_thousand_objects_are_read_at_once(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    fill(f, 10000);
    reopen(f, false);
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    const iac_state *s = read_state(f);
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_int_equal(s->instance_count, 10000);
    print_message("10,000 objects read in %.1f ms\n",
                  (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6);
    for (size_t i = 0; i < s->instance_count; i++)
        assert_int_equal(s->instances[i].addr.key.index, i);
}

/* ---- threads ---- */

typedef struct job {
    fixture *f;
    iac_write writes[50];
    int done;
} job;

static void *submit_all(void *arg)
{
    job *j = arg;
    for (size_t i = 0; i < IAC_COUNT(j->writes); i++)
        iac_store_submit(j->f->store, &j->writes[i], 1, count_done, &j->done);
    return NULL;
}

static void test_state_store__any_thread_may_submit(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    enum { THREADS = 8 };
    job *jobs = calloc(THREADS, sizeof(*jobs));
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) {
        jobs[t].f = f;
        for (size_t i = 0; i < IAC_COUNT(jobs[t].writes); i++) {
            char text[32];
            snprintf(text, sizeof(text), "a.t%d[%zu]", t, i);
            jobs[t].writes[i] = put(f, text, object_of(f, text, false));
        }
    }
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, submit_all, &jobs[t]), 0);
    read_state(f);
    iac_store_serial(f->store);
    int done = 0;
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
    for (int t = 0; t < THREADS; t++)
        done += __atomic_load_n(&jobs[t].done, __ATOMIC_RELAXED);
    assert_int_equal(done, THREADS * 50);
    assert_int_equal(read_state(f)->instance_count, THREADS * 50);
    free(jobs);
}

static void test_state_store__two_stores_write_one_file(void **state)
{
    fixture *f = *state;
    reopen(f, true);
    iac_store *other = NULL;
    assert_int_equal(iac_store_open(f->dir, "default", true, &other, &f->diags), IAC_OK);
    const iac_write mine = put(f, "a.mine", object_of(f, "1", false));
    const iac_write theirs = put(f, "a.theirs", object_of(f, "2", false));
    for (int i = 0; i < 20; i++) {
        iac_store_submit(f->store, &mine, 1, NULL, NULL);
        iac_store_submit(other, &theirs, 1, NULL, NULL);
    }
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
    assert_int_equal(iac_store_flush(other, &f->diags), IAC_OK);
    assert_int_equal(read_state(f)->instance_count, 2);
    iac_store_close(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_state_store__##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(objects_come_back_as_they_were_put),
        TEST(deposed_objects_are_kept_beside_the_current_one),
        TEST(outputs_keep_type_and_sensitivity),
        TEST(intents_outlive_the_run_and_leave_the_serial_alone),
        TEST(what_comes_together_is_committed_together),
        TEST(one_bad_write_does_not_take_others_down),
        TEST(a_full_disk_fails_the_write_and_keeps_the_rest),
        TEST(a_damaged_page_is_reported_with_advice),
        TEST(a_file_of_something_else_is_refused),
        TEST(a_newer_schema_is_refused),
        TEST(without_a_file_an_empty_state_is_kept_in_memory),
        TEST(a_read_only_file_can_be_read),
        TEST(workspaces_are_apart),
        TEST(ten_thousand_objects_are_read_at_once),
        TEST(any_thread_may_submit),
        TEST(two_stores_write_one_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

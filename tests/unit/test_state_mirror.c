/* The working copy of a state whose original is elsewhere: uploads from its own thread, and the heartbeat of its lock. The
 * backend is a variable, and its driver is called by several threads, as real ones are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "state/backend.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct place {
    pthread_mutex_t mutex;
    char *json;
    int version, renewals;
    int repeats; /* uploads of what was there already */
    int unanswered; /* uploads that will arrive, and be told as failed */
    bool taken; /* by somebody else: renewals are told so */
    char lock[37];
} place;

static place the_place = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static iac_status configure(const iac_backend_setup *setup, void **ret_self, iac_diags *diags)
{
    (void)setup;
    (void)diags;
    *ret_self = &the_place;
    return IAC_OK;
}

static void let_go(void *self)
{
    (void)self;
}

static void describe(void *self, iac_buf *out)
{
    (void)self;
    iac_buf_cstr(out, "memory");
}

static iac_str version_text(iac_arena *arena, const place *p)
{
    return p->json ? iac_arena_printf(arena, "%d", p->version) : (iac_str){ 0 };
}

static iac_status read_place(void *self, const char *workspace, iac_arena *arena, iac_snapshot *ret, iac_diags *diags)
{
    place *p = self;
    (void)workspace;
    (void)diags;
    pthread_mutex_lock(&p->mutex);
    *ret = (iac_snapshot){ iac_arena_str(arena, iac_str_of(p->json)), version_text(arena, p) };
    pthread_mutex_unlock(&p->mutex);
    return IAC_OK;
}

static iac_status write_place(void *self, const char *workspace, iac_str json, iac_str over, iac_str lock_id,
                              iac_arena *arena, iac_str *ret_version, iac_diags *diags)
{
    place *p = self;
    (void)workspace;
    (void)lock_id;
    pthread_mutex_lock(&p->mutex);
    bool unanswered = p->unanswered > 0;
    bool same = iac_str_eq(over, version_text(arena, p));
    if (same) {
        p->repeats += p->json && iac_str_is(json, p->json);
        free(p->json);
        p->json = iac_xstrndup(json.p, json.n);
        p->version++;
        *ret_version = version_text(arena, p);
    }
    p->unanswered -= unanswered;
    pthread_mutex_unlock(&p->mutex);
    if (same && unanswered)
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to save state", "There was no answer.");
    return !same ? IAC_BUSY : unanswered ? IAC_ERR : IAC_OK;
}

static iac_status take(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                       iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags)
{
    place *p = self;
    (void)workspace;
    (void)over;
    (void)arena;
    (void)ret_holder;
    (void)diags;
    pthread_mutex_lock(&p->mutex);
    snprintf(p->lock, sizeof(p->lock), "%.*s", IAC_FMT(mine->id));
    pthread_mutex_unlock(&p->mutex);
    return IAC_OK;
}

static iac_status renew(void *self, const char *workspace, const iac_lock_info *mine, iac_diags *diags)
{
    place *p = self;
    (void)workspace;
    (void)diags;
    pthread_mutex_lock(&p->mutex);
    assert_true(iac_str_is(mine->id, p->lock));
    p->renewals++;
    bool taken = p->taken;
    pthread_mutex_unlock(&p->mutex);
    return taken ? IAC_BUSY : IAC_OK;
}

static iac_status give_back(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                            iac_diags *diags)
{
    place *p = self;
    (void)workspace;
    (void)id;
    (void)arena;
    (void)ret_holder;
    (void)diags;
    pthread_mutex_lock(&p->mutex);
    p->lock[0] = '\0';
    pthread_mutex_unlock(&p->mutex);
    return IAC_OK;
}

static const iac_backend_argument arguments[] = { { .name = NULL } };
static const iac_backend_driver memory = {
    .name = "memory", .arguments = arguments, .configure = configure, .free = let_go, .describe = describe,
    .read = read_place, .write = write_place, .lock = take, .renew = renew, .unlock = give_back,
};

typedef struct fixture {
    char dir[64];
    iac_diags diags;
    iac_arena *arena;
    iac_backend *backend;
    iac_store *store;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    strcpy(f->dir, "/tmp/iac-mirror-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    assert_int_equal(chdir(f->dir), 0); /* where errored.tfstate goes */
    setenv("IAC_TEST_LEASE_SECONDS", "3", 1);
    f->arena = iac_arena_new();
    const iac_value *config = iac_value_object(f->arena, NULL, NULL, 0);
    assert_int_equal(iac_backend_open(&memory, config, f->dir, 0, &f->backend, &f->diags), IAC_OK);
    assert_int_equal(iac_backend_open_store(f->backend, "default", true, &f->store, &f->diags), IAC_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    char command[128];
    iac_store_close(f->store);
    iac_backend_close(f->backend);
    iac_diags_clear(&f->diags);
    iac_arena_free(f->arena);
    assert_int_equal(chdir("/"), 0);
    snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    free(the_place.json);
    the_place.json = NULL;
    the_place.taken = false;
    the_place.renewals = 0;
    the_place.repeats = 0;
    the_place.unanswered = 0;
    free(f);
    return 0;
}

static void put_outputs(fixture *f, int n)
{
    iac_write *writes = iac_arena_array(f->arena, iac_write, (size_t)n);
    for (int i = 0; i < n; i++) {
        iac_state_output output = { .name = iac_arena_printf(f->arena, "o%d", i),
                                    .value = iac_value_string(f->arena, IAC_STR("v")) };
        writes[i] = (iac_write){ .kind = IAC_WRITE_OUTPUT, .output = output };
        iac_store_submit(f->store, &writes[i], 1, NULL, NULL);
    }
}

static bool renewed(int times)
{
    bool yes = false;
    for (int i = 0; i < 1000 && !yes; i++) {
        usleep(10000);
        pthread_mutex_lock(&the_place.mutex);
        yes = the_place.renewals >= times;
        pthread_mutex_unlock(&the_place.mutex);
    }
    return yes;
}

static void test_state_mirror__uploads_what_was_submitted_while_the_lock_is_renewed(void **state)
{
    fixture *f = *state;
    const iac_state *read = NULL;
    assert_int_equal(iac_store_lock(f->store, "apply", 0, &f->diags), IAC_OK);
    assert_int_equal(iac_store_read(f->store, f->arena, &read, &f->diags), IAC_OK);
    put_outputs(f, 200);
    assert_true(renewed(1));
    put_outputs(f, 300);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
    assert_non_null(strstr(the_place.json, "\"o299\""));
    iac_store_unlock(f->store);
    assert_string_equal(the_place.lock, "");
}

/* A commit that an upload has found already needs no upload of its own. */
static void test_state_mirror__uploads_nothing_twice(void **state)
{
    fixture *f = *state;
    const iac_state *read = NULL;
    assert_int_equal(iac_store_lock(f->store, "apply", 0, &f->diags), IAC_OK);
    assert_int_equal(iac_store_read(f->store, f->arena, &read, &f->diags), IAC_OK);
    for (int i = 0; i < 40; i++) {
        put_outputs(f, i + 1);
        usleep(500);
        put_outputs(f, i + 1);
        assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
    }
    assert_int_equal(the_place.repeats, 0);
    assert_non_null(strstr(the_place.json, "\"o39\""));
}

static void test_state_mirror__writes_nothing_more_once_the_lock_is_lost(void **state)
{
    fixture *f = *state;
    const iac_state *read = NULL;
    assert_int_equal(iac_store_lock(f->store, "apply", 0, &f->diags), IAC_OK);
    assert_int_equal(iac_store_read(f->store, f->arena, &read, &f->diags), IAC_OK);
    pthread_mutex_lock(&the_place.mutex);
    the_place.taken = true;
    pthread_mutex_unlock(&the_place.mutex);
    assert_true(renewed(1));
    iac_status status = IAC_OK;
    for (int i = 0; i < 1000 && status == IAC_OK; i++) { /* the heart is about to note the answer */
        put_outputs(f, 1);
        status = iac_store_flush(f->store, &f->diags);
        usleep(10000);
    }
    assert_int_equal(status, IAC_ERR);
    int version = the_place.version;
    put_outputs(f, 1);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_ERR);
    assert_int_equal(the_place.version, version);
}

/* What is found in the backend then is no change by somebody else. */
static void test_state_mirror__knows_what_arrived_without_an_answer(void **state)
{
    fixture *f = *state;
    const iac_state *read = NULL;
    assert_int_equal(iac_store_lock(f->store, "apply", 0, &f->diags), IAC_OK);
    assert_int_equal(iac_store_read(f->store, f->arena, &read, &f->diags), IAC_OK);
    put_outputs(f, 1);
    assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
    for (int i = 2; i < 5; i++) {
        pthread_mutex_lock(&the_place.mutex);
        the_place.unanswered = 1;
        pthread_mutex_unlock(&the_place.mutex);
        put_outputs(f, i);
        iac_diags failure = IAC_DIAGS_INIT;
        (void)!iac_store_flush(f->store, &failure); /* it is told of, or was tried again before */
        iac_diags_clear(&failure);
        put_outputs(f, i + 1);
        assert_int_equal(iac_store_flush(f->store, &f->diags), IAC_OK);
    }
    assert_non_null(strstr(the_place.json, "\"o4\""));
    assert_int_equal(f->diags.errors, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_state_mirror__uploads_what_was_submitted_while_the_lock_is_renewed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_state_mirror__uploads_nothing_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_state_mirror__writes_nothing_more_once_the_lock_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(test_state_mirror__knows_what_arrived_without_an_answer, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A state kept resource by resource in a real PostgreSQL server, used by several threads: runs at the same time, each with
 * its connection, its writer's thread, and others that submit and ask. Skipped where there is no server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "state/backend.h"
#include "state/keys/keys.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS = 3, SUBMITTERS = 2, WRITES = 25 };

static char server[64];
static bool have_server;

static iac_status obtain(void *self, iac_arena *arena, iac_str stored, const iac_key_material *chained,
                         iac_key_material *ret, iac_diags *diags)
{
    const iac_str key = iac_str_of(self);
    (void)arena;
    (void)chained;
    (void)diags;
    if (!iac_key_put(ret->seal, &ret->seal_size, key) || !iac_key_put(ret->open, &ret->open_size, key))
        return IAC_ERR;
    if (!stored.n)
        ret->open_size = 0;
    ret->meta = IAC_STR("{}");
    return IAC_OK;
}

static void let_go(void *self)
{
    (void)self;
}

static const iac_key_driver driver = { obtain, let_go };

typedef struct run {
    int number;
    char dir[96];
    const char *keys[2]; /* the first seals; NULL: nothing does */
    iac_encryption *encryption;
    iac_crypt *crypt;
    iac_arena *arena;
    iac_diags diags;
    iac_backend *backend;
    iac_store *store;
    iac_status status;
} run;

static void begin(run *r, int number, const char *database, const char *key, const char *old)
{
    *r = (run){ .number = number, .keys = { key, old }, .arena = iac_arena_new(), .diags = IAC_DIAGS_INIT };
    snprintf(r->dir, sizeof(r->dir), "%s/run-%s-%d", server, database, number);
    r->encryption = iac_encryption_new();
    for (int i = 0; i < 2 && r->keys[i]; i++) {
        if (!r->crypt)
            r->crypt = iac_encryption_add(r->encryption, "state");
        iac_str address = iac_arena_printf(r->arena, "key_provider.test.%.3s", r->keys[i]);
        iac_crypt_add_method(r->crypt, iac_encryption_add_provider(r->encryption, address, &driver, (void *)r->keys[i],
                                                                   NULL));
    }
    const iac_value *config = iac_value_object(r->arena, NULL, NULL, 0);
    config = iac_value_with(r->arena, config, IAC_STR("conn_str"),
                            iac_value_string(r->arena, iac_arena_printf(r->arena, "host=%s user=postgres dbname=postgres",
                                                                        server)));
    config = iac_value_with(r->arena, config, IAC_STR("schema_name"), iac_value_cstr(r->arena, database));
    config = iac_value_with(r->arena, config, IAC_STR("resource_locks"), &iac_true);
    r->status = iac_backend_open(iac_backend_find(IAC_STR("pg")), config, r->dir, 0, &r->backend, &r->diags);
    iac_backend_set_crypt(r->backend, r->crypt);
}

static void finish(run *r)
{
    for (size_t i = 0; i < r->diags.list.n; i++)
        fprintf(stderr, "%.*s\n", IAC_FMT(r->diags.list.v[i].detail));
    iac_store_close(r->store);
    iac_backend_close(r->backend);
    iac_encryption_free(r->encryption);
    iac_diags_clear(&r->diags);
    iac_arena_free(r->arena);
}

typedef struct submitter {
    run *of;
    int number;
    iac_arena *arena;
    int saved;
    pthread_mutex_t mutex;
} submitter;

static void saved(void *arg, const char *error)
{
    submitter *s = arg;
    pthread_mutex_lock(&s->mutex);
    s->saved += !error;
    pthread_mutex_unlock(&s->mutex);
}

static iac_str output_name(iac_arena *arena, int number, int submitter_number, int i)
{
    return iac_arena_printf(arena, "r%d_%d_%d", number, submitter_number, i);
}

static void *submit_all(void *arg)
{
    submitter *s = arg;
    for (int i = 0; i < WRITES; i++) {
        iac_write *writes = iac_arena_array(s->arena, iac_write, 2);
        writes[0] = (iac_write){ .kind = IAC_WRITE_OUTPUT,
                                 .output = { .name = output_name(s->arena, s->of->number, s->number, i),
                                             .value = iac_value_string(s->arena, IAC_STR("find-me")) } };
        writes[1] = (iac_write){ .kind = IAC_WRITE_INTENT,
                                 .intent = { .token = iac_arena_printf(s->arena, "%d-%d", s->of->number, s->number),
                                             .begun = IAC_STR("2026-01-02T03:04:05Z"), .action = IAC_STR("create"),
                                             .addr = { .type = IAC_STR("x_y"), .name = IAC_STR("z") } } };
        iac_store_submit(s->of->store, writes, 2, saved, s);
    }
    return NULL;
}

/* An apply: claims its outputs, and has its threads write them, while it asks what there is. */
static void *apply(void *arg)
{
    run *r = arg;
    submitter submitters[SUBMITTERS] = { 0 };
    pthread_t threads[SUBMITTERS];
    const iac_state *state;
    const iac_intent *intents;
    const iac_holder *holders;
    iac_claim claims[SUBMITTERS * WRITES];
    iac_str moved;
    size_t n;

    if (r->status == IAC_OK)
        r->status = iac_backend_open_store(r->backend, "default", true, &r->store, &r->diags);
    if (r->status == IAC_OK)
        r->status = iac_store_lock_shared(r->store, "apply", 60000, &r->diags);
    if (r->status == IAC_OK)
        r->status = iac_store_read(r->store, r->arena, &state, &r->diags);
    if (r->status != IAC_OK)
        return NULL;
    for (int i = 0; i < SUBMITTERS * WRITES; i++) {
        iac_str name = output_name(r->arena, r->number, i / WRITES, i % WRITES);
        claims[i] = (iac_claim){ .resource = iac_arena_printf(r->arena, "output.%.*s", IAC_FMT(name)), .exclusive = true };
    }
    r->status = iac_store_claim(r->store, claims, IAC_COUNT(claims), state->serial, 60000, r->arena, &moved, &r->diags);
    for (int i = 0; i < SUBMITTERS; i++) {
        submitters[i] = (submitter){ .of = r, .number = i, .arena = iac_arena_new() };
        pthread_mutex_init(&submitters[i].mutex, NULL);
        pthread_create(&threads[i], NULL, submit_all, &submitters[i]);
    }
    for (int i = 0; i < 5; i++) {
        iac_store_serial(r->store);
        iac_store_lineage(r->store);
        if (iac_store_holders(r->store, r->arena, &holders, &n, &r->diags) != IAC_OK ||
            iac_store_intents(r->store, r->arena, &intents, &n, &r->diags) != IAC_OK)
            r->status = IAC_ERR;
    }
    for (int i = 0; i < SUBMITTERS; i++)
        pthread_join(threads[i], NULL);
    if (iac_store_flush(r->store, &r->diags) != IAC_OK)
        r->status = IAC_ERR;
    for (int i = 0; i < SUBMITTERS; i++) {
        if (submitters[i].saved != WRITES)
            r->status = IAC_ERR;
        iac_arena_free(submitters[i].arena);
        pthread_mutex_destroy(&submitters[i].mutex);
    }
    iac_store_unlock(r->store);
    return NULL;
}

static void expect_all(const char *database, const char *key, int runs)
{
    run r;
    const iac_state *state = NULL;
    const iac_intent *intents;
    size_t n = 0;
    begin(&r, RUNS, database, key, NULL);
    assert_int_equal(iac_backend_open_store(r.backend, "default", false, &r.store, &r.diags), IAC_OK);
    assert_int_equal(iac_store_read(r.store, r.arena, &state, &r.diags), IAC_OK);
    assert_int_equal(state->output_count, runs * SUBMITTERS * WRITES);
    assert_int_equal(iac_store_intents(r.store, r.arena, &intents, &n, &r.diags), IAC_OK);
    assert_int_equal(n, runs * SUBMITTERS);
    finish(&r);
}

static void run_at_once(const char *database, const char *const *keys, const char *old)
{
    run runs[RUNS];
    pthread_t threads[RUNS];
    for (int i = 0; i < RUNS; i++) {
        begin(&runs[i], i, database, keys[i], old);
        assert_int_equal(pthread_create(&threads[i], NULL, apply, &runs[i]), 0);
    }
    for (int i = 0; i < RUNS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < RUNS; i++) {
        assert_int_equal(runs[i].status, IAC_OK);
        finish(&runs[i]);
    }
}

static void test_pg_rows__runs_at_once_lose_nothing(void **state)
{
    static const char *const none[RUNS] = { NULL };
    (void)state;
    if (!have_server)
        skip();
    run_at_once("plain", none, NULL);
    expect_all("plain", NULL, RUNS);
}

static void test_pg_rows__runs_at_once_agree_on_a_key(void **state)
{
    static const char first[] = "a23456789abcdef0123456789abcdef0", second[] = "b23456789abcdef0123456789abcdef0";
    static const char *const old[RUNS] = { first, first, first }, *const both[RUNS] = { second, second, second };
    (void)state;
    if (!have_server)
        skip();
    run_at_once("sealed", old, NULL);
    expect_all("sealed", first, RUNS);
    run_at_once("sealed", both, first); /* another key, while all write */
    expect_all("sealed", second, RUNS);
}

static int control(const char *verb)
{
    char command[160];
    snprintf(command, sizeof(command), "tests/unit/data/postgres.sh %s %s", verb, server);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int start(void **state)
{
    (void)state;
    strcpy(server, "/tmp/iac-pg-rows-XXXXXX");
    if (!mkdtemp(server))
        return -1;
    int status = control("start");
    have_server = status == 0;
    return status == 0 || status == 77 ? 0 : -1;
}

static int stop(void **state)
{
    char command[96];
    (void)state;
    if (have_server)
        control("stop");
    snprintf(command, sizeof(command), "rm -rf %s", server);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pg_rows__runs_at_once_lose_nothing),
        cmocka_unit_test(test_pg_rows__runs_at_once_agree_on_a_key),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

/* What it costs to make a change durable: one after the other, and many at once (group commit), beside a bare SQLite
 * loop with the same settings and beside what Terraform does, which is to write the whole state after each. Then the time
 * to open and read a large state.
 *
 *     bench_store [OBJECTS [FOLDER]]    default: 100000 objects, in a folder of the present one */
#include "lang/value/json.h"
#include "state/store.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COMMITS 500
#define MANY 20000

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void stop(const char *doing)
{
    fprintf(stderr, "cannot %s\n", doing);
    exit(1);
}

static iac_store *open_store(const char *dir)
{
    iac_store *store;
    iac_diags diags = IAC_DIAGS_INIT;
    if (iac_store_open(dir, "default", true, &store, &diags) != IAC_OK)
        stop("open the store");
    return store;
}

static void flush(iac_store *store)
{
    iac_diags diags = IAC_DIAGS_INIT;
    if (iac_store_flush(store, &diags) != IAC_OK)
        stop("save");
}

static iac_write write_of(iac_arena *arena, int i)
{
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_str names[] = { IAC_STR("id"), IAC_STR("input") };
    const iac_value *items[] = { iac_value_cstr(arena, iac_arena_printf(arena, "id-%d", i).p),
                                 iac_value_cstr(arena, "what a resource holds, of some length, as it is in life") };
    const iac_value *v = iac_value_object(arena, names, items, 2);
    iac_write write = { .kind = IAC_WRITE_OBJECT, .provider = IAC_STR("provider[\"terraform.io/builtin/terraform\"]"),
                        .object = iac_object_new(arena, v, iac_value_type(arena, v), 0) };
    if (iac_addr_parse(arena, iac_arena_printf(arena, "terraform_data.a[%d]", i), &write.addr, &diags) != IAC_OK)
        stop("parse an address");
    return write;
}

static void commits(const char *label, const char *dir, iac_arena *arena, int n, int together)
{
    iac_store *store = open_store(dir);
    double begun = now();
    for (int i = 0; i < n; i++) {
        iac_write write = write_of(arena, i % 1000);
        iac_write *kept = iac_arena_new_of(arena, iac_write);
        *kept = write;
        iac_store_submit(store, kept, 1, NULL, NULL);
        if (i % together == together - 1)
            flush(store);
    }
    flush(store);
    printf("%-44s %10.0f a second\n", label, n / (now() - begun));
    iac_store_close(store);
}

static void bare_loop(const char *dir)
{
    char path[4096];
    sqlite3 *db;
    sqlite3_stmt *put;
    snprintf(path, sizeof(path), "%s/bare.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(k TEXT PRIMARY KEY, v BLOB)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO t VALUES(?, zeroblob(300))", -1, &put, NULL) != SQLITE_OK)
        stop("open a database");
    double begun = now();
    for (int i = 0; i < COMMITS; i++) {
        char key[32];
        snprintf(key, sizeof(key), "terraform_data.a[%d]", i);
        sqlite3_bind_text(put, 1, key, -1, SQLITE_TRANSIENT);
        if (sqlite3_step(put) != SQLITE_DONE)
            stop("write a row");
        sqlite3_reset(put);
    }
    printf("%-44s %10.0f a second\n", "a bare SQLite loop", COMMITS / (now() - begun));
    sqlite3_finalize(put);
    sqlite3_close(db);
}

/* Writes all of a state of n objects each time, and does not even wait for the disk. */
static void whole_file(const char *dir, int n)
{
    char path[4096];
    size_t size = (size_t)n * 450; /* what an object takes in a state file */
    char *bytes = calloc(1, size);
    int times = n > 10000 ? 10 : COMMITS;
    snprintf(path, sizeof(path), "%s/whole.tfstate", dir);
    double begun = now();
    for (int i = 0; i < times; i++) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || !bytes || write(fd, bytes, size) != (ssize_t)size)
            stop("write a file");
        close(fd);
    }
    char label[64];
    snprintf(label, sizeof(label), "the whole state of %d anew, unsynced", n);
    printf("%-44s %10.0f a second\n", label, times / (now() - begun));
    free(bytes);
}

static void large(const char *dir, int n)
{
    char path[4096];
    struct stat st;
    snprintf(path, sizeof(path), "%s/large", dir);
    iac_arena *arena = iac_arena_new();
    iac_store *store = open_store(path);
    for (int i = 0; i < n; i++) {
        iac_write *kept = iac_arena_new_of(arena, iac_write);
        *kept = write_of(arena, i);
        iac_store_submit(store, kept, 1, NULL, NULL);
    }
    flush(store);
    iac_store_close(store);
    iac_arena_free(arena);
    arena = iac_arena_new();
    double begun = now();
    store = open_store(path);
    double opened = now();
    const iac_state *state = NULL;
    iac_diags diags = IAC_DIAGS_INIT;
    if (iac_store_read(store, arena, &state, &diags) != IAC_OK || state->instance_count != (size_t)n)
        stop("read the state");
    double read = now();
    iac_store_close(store);
    iac_arena_free(arena);
    strncat(path, "/state.db", sizeof(path) - strlen(path) - 1);
    printf("%d objects: opened in %.1f ms, read in %.1f ms, %.1f MB\n", n, (opened - begun) * 1e3, (read - opened) * 1e3,
           stat(path, &st) == 0 ? (double)st.st_size / 1e6 : 0);
}

int main(int argc, char **argv)
{
    char dir[4000], command[4100];
    int n = argc > 1 ? atoi(argv[1]) : 100000;
    snprintf(dir, sizeof(dir), "%s/bench-store-XXXXXX", argc > 2 ? argv[2] : ".");
    if (n < 1 || !mkdtemp(dir))
        stop("make a folder");
    iac_arena *arena = iac_arena_new();
    commits("commits, one after the other", dir, arena, COMMITS, 1);
    commits("commits, ten at once", dir, arena, COMMITS * 4, 10);
    commits("commits, as many as come together", dir, arena, MANY, MANY);
    bare_loop(dir);
    whole_file(dir, 1000);
    whole_file(dir, 100000);
    iac_arena_free(arena);
    large(dir, n);
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return system(command) != 0;
}

#include "state/store_internal.h"
#include "state/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 10000 /* another process's transactions take milliseconds */

void iac_uuid(char ret[37])
{
    uint8_t b[16] = { 0 };
    size_t have = 0;
    while (have < sizeof(b)) {
        ssize_t got = getrandom(b + have, sizeof(b) - have, 0);
        if (got > 0)
            have += (size_t)got;
        else if (errno != EINTR)
            abort();
    }
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(ret, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3],
             b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static iac_store *new_store(const char *dir, const char *workspace)
{
    iac_store *store = iac_xcalloc(1, sizeof(*store));
    iac_buf path;
    iac_buf_init(&path, IAC_BUF_UNLIMITED);
    iac_buf_printf(&path, "%s%s%s", dir, *dir ? "/" : "", IAC_STATE_FILE);
    store->path = iac_buf_detach(&path);
    store->workspace = iac_xstrdup(workspace);
    store->arena = iac_arena_new();
    pthread_mutex_init(&store->db_mutex, NULL);
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->work, NULL);
    pthread_cond_init(&store->idle, NULL);
    return store;
}

static void free_store(iac_store *store)
{
    for (size_t i = 0; i < IAC_SQL_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    pthread_mutex_destroy(&store->db_mutex);
    pthread_mutex_destroy(&store->mutex);
    pthread_cond_destroy(&store->work);
    pthread_cond_destroy(&store->idle);
    iac_vec_clear(&store->queue);
    iac_arena_free(store->arena);
    free(store->failure);
    free(store->workspace);
    free(store->path);
    free(store);
}

static iac_status make_dir(const char *dir, iac_diags *diags)
{
    char *path = iac_xstrdup(*dir ? dir : ".");
    int failed = 0;
    for (char *p = path + 1; !failed; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char end = *p;
        *p = '\0';
        if (mkdir(path, 0777) == 0)
            iac_sync_folder(path); /* its name; what cannot be synchronised is as durable as it can be */
        else if (errno != EEXIST)
            failed = errno;
        *p = end;
        if (end == '\0')
            break;
    }
    if (failed)
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to create the state database", "The folder %s cannot be made: %s.",
                       path, strerror(failed));
    free(path);
    return failed ? IAC_ERR : IAC_OK;
}

static int open_file(iac_store *store, int flags)
{
    int rc = sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK)
        sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    return rc;
}

/* A database in write-ahead mode cannot be read from a folder that is not writable, unless it is promised that nobody
 * else writes it: true of a file that was closed properly and that we may not write either. */
static int open_immutable(iac_store *store)
{
    iac_buf uri;
    iac_buf_init(&uri, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&uri, "file:");
    for (const char *p = store->path; *p; p++) {
        if (*p == '?' || *p == '#' || *p == '%')
            iac_buf_printf(&uri, "%%%02X", (unsigned)*p);
        else
            iac_buf_char(&uri, *p);
    }
    iac_buf_cstr(&uri, "?immutable=1");
    sqlite3_close(store->db);
    store->db = NULL;
    int rc = sqlite3_open_v2(uri.p, &store->db,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             NULL);
    iac_buf_clear(&uri);
    store->read_only = true;
    return rc;
}

static bool has_wal(iac_store *store)
{
    iac_buf wal;
    iac_buf_init(&wal, IAC_BUF_UNLIMITED);
    iac_buf_printf(&wal, "%s-wal", store->path);
    struct stat info;
    bool exists = stat(wal.p, &info) == 0 && info.st_size > 0;
    iac_buf_clear(&wal);
    return exists;
}

/* A new file is taken whole for that, and SQLite gives up at once where two processes want it so. */
static int use_write_ahead(iac_store *store)
{
    int64_t deadline = iac_now_ms() + BUSY_TIMEOUT_MS;
    int rc;
    while (((rc = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL)) & 0xff) == SQLITE_BUSY &&
           iac_now_ms() < deadline)
        usleep(5000);
    return rc;
}

static int configure(iac_store *store)
{
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    int rc = sqlite3_exec(store->db, "PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON", NULL, NULL, NULL);
    if (rc == SQLITE_OK && !store->read_only && !store->memory)
        rc = use_write_ahead(store);
    return rc;
}

/* The file was not closed properly: something died, and may have taken the file with it. */
static iac_status check_after_crash(iac_store *store, iac_diags *diags)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        rc = iac_str_is(iac_sql_text(statement, 0), "ok") ? SQLITE_OK : SQLITE_CORRUPT;
    sqlite3_finalize(statement);
    return rc == SQLITE_OK ? IAC_OK : iac_sql_diag(store, rc, "Failed to load state", diags);
}

static iac_status open_database(iac_store *store, bool create, iac_diags *diags)
{
    bool exists = access(store->path, F_OK) == 0;
    int rc;
    if (store->memory || (!exists && !create)) {
        store->memory = true;
        rc = sqlite3_open_v2(":memory:", &store->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             NULL);
    } else {
        rc = open_file(store, SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0));
        /* SQLite falls back to reading by itself where the file cannot be written. */
        store->read_only = rc == SQLITE_OK && sqlite3_db_readonly(store->db, "main") == 1;
    }
    bool unclean = exists && has_wal(store);
    if (rc == SQLITE_OK)
        rc = configure(store);
    bool refused = (rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY;
    if (exists && !unclean && (refused || store->read_only))
        rc = open_immutable(store);
    if (rc != SQLITE_OK)
        return iac_sql_diag(store, rc, exists ? "Failed to load state" : "Failed to create the state database", diags);
    iac_status status = iac_migrate(store, create, diags);
    if (status == IAC_OK && unclean)
        status = check_after_crash(store, diags);
    return status;
}

int iac_store_load_workspace(iac_store *store, bool create)
{
    iac_str name = iac_str_of(store->workspace);
    if (create) {
        sqlite3_stmt *add = iac_sql_get(store, IAC_SQL_WORKSPACE_ADD);
        if (!add)
            return sqlite3_extended_errcode(store->db);
        iac_sql_bind(add, 1, name);
        int rc = iac_sql_run(add);
        if (rc != SQLITE_OK)
            return rc;
    }
    sqlite3_stmt *find = iac_sql_get(store, IAC_SQL_WORKSPACE);
    if (!find)
        return sqlite3_extended_errcode(store->db);
    iac_sql_bind(find, 1, name);
    int rc = sqlite3_step(find);
    if (rc == SQLITE_ROW) {
        iac_str lineage = iac_sql_text(find, 1);
        pthread_mutex_lock(&store->mutex);
        store->workspace_id = sqlite3_column_int64(find, 0);
        if (!iac_str_eq(lineage, store->lineage))
            store->lineage = iac_arena_str(store->arena, lineage);
        store->serial = sqlite3_column_int64(find, 2);
        pthread_mutex_unlock(&store->mutex);
    }
    iac_sql_done(find);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static iac_status open_store(const char *dir, const char *workspace, bool create, bool memory, iac_store **ret,
                             iac_diags *diags)
{
    if (create && make_dir(dir, diags) != IAC_OK)
        return IAC_ERR;
    iac_store *store = new_store(dir, workspace);
    store->memory = memory;
    iac_status status = open_database(store, create, diags);
    if (status == IAC_OK) {
        /* A read-only workspace that is not there is empty; a lock or a write that needs it says what is wrong. */
        int rc = iac_store_load_workspace(store, false);
        if (rc == SQLITE_OK && create && !store->read_only && !store->workspace_id)
            rc = iac_store_load_workspace(store, true);
        if (rc != SQLITE_OK)
            status = iac_sql_diag(store, rc, "Failed to load state", diags);
    }
    if (status != IAC_OK) {
        free_store(store);
        return status;
    }
    *ret = store;
    return IAC_OK;
}

iac_status iac_store_open(const char *dir, const char *workspace, bool create, iac_store **ret, iac_diags *diags)
{
    return open_store(dir, workspace, create, false, ret, diags);
}

iac_status iac_store_open_memory(const char *workspace, iac_store **ret, iac_diags *diags)
{
    return open_store("", workspace, false, true, ret, diags);
}

void iac_store_close(iac_store *store)
{
    if (!store)
        return;
    if (store->driver) {
        store->driver->close(store);
        return;
    }
    iac_writer_stop(store);
    iac_store_unlock(store);
    free_store(store);
}

int64_t iac_store_serial(iac_store *store)
{
    if (store->driver)
        return store->driver->serial(store);
    pthread_mutex_lock(&store->mutex);
    int64_t serial = store->serial;
    pthread_mutex_unlock(&store->mutex);
    return serial;
}

iac_str iac_store_lineage(iac_store *store)
{
    if (store->driver)
        return store->driver->lineage(store);
    pthread_mutex_lock(&store->mutex);
    iac_str lineage = store->lineage;
    pthread_mutex_unlock(&store->mutex);
    return lineage;
}

iac_status iac_store_workspaces(const char *dir, iac_arena *arena, iac_str **ret, size_t *ret_count, iac_diags *diags)
{
    iac_store *store;
    if (iac_store_open(dir, "default", false, &store, diags) != IAC_OK)
        return IAC_ERR;
    IAC_VEC(iac_str) names = { 0 };
    bool has_default = false;
    sqlite3_stmt *list = iac_sql_get(store, IAC_SQL_WORKSPACES);
    int rc = list ? SQLITE_ROW : sqlite3_extended_errcode(store->db);
    while (list && (rc = sqlite3_step(list)) == SQLITE_ROW) {
        iac_str name = iac_arena_str(arena, iac_sql_text(list, 0));
        has_default |= iac_str_is(name, "default");
        iac_vec_push(&names, name);
    }
    iac_sql_done(list);
    iac_status status = rc == SQLITE_DONE ? IAC_OK : iac_sql_diag(store, rc, "Failed to load state", diags);
    if (status == IAC_OK) {
        size_t first = has_default ? 0 : 1;
        *ret_count = names.n + first;
        *ret = iac_arena_array(arena, iac_str, *ret_count);
        if (first)
            (*ret)[0] = IAC_STR("default");
        if (names.n)
            memcpy(*ret + first, names.v, names.n * sizeof(*names.v));
    }
    iac_vec_clear(&names);
    iac_store_close(store);
    return status;
}

static const char *const delete_workspace[] = {
    "DELETE FROM objects WHERE workspace = (SELECT id FROM workspaces WHERE name = ?1)",
    "DELETE FROM outputs WHERE workspace = (SELECT id FROM workspaces WHERE name = ?1)",
    "DELETE FROM journal WHERE workspace = (SELECT id FROM workspaces WHERE name = ?1)",
    "DELETE FROM locks WHERE workspace = (SELECT id FROM workspaces WHERE name = ?1)",
    "DELETE FROM object_versions WHERE workspace = (SELECT id FROM workspaces WHERE name = ?1)",
    "DELETE FROM output_versions WHERE workspace = (SELECT id FROM workspaces WHERE name = ?1)",
    "DELETE FROM history WHERE workspace = (SELECT id FROM workspaces WHERE name = ?1)",
    "DELETE FROM workspaces WHERE name = ?1",
};

static int delete_rows(iac_store *store)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < IAC_COUNT(delete_workspace); i++) {
        sqlite3_stmt *statement = NULL;
        rc = sqlite3_prepare_v2(store->db, delete_workspace[i], -1, &statement, NULL);
        if (rc != SQLITE_OK)
            break;
        iac_sql_bind(statement, 1, iac_str_of(store->workspace));
        rc = sqlite3_step(statement);
        rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
        sqlite3_finalize(statement);
    }
    return rc;
}

iac_status iac_store_delete_workspace(const char *dir, const char *workspace, iac_diags *diags)
{
    iac_store *store;
    if (iac_store_open(dir, workspace, false, &store, diags) != IAC_OK)
        return IAC_ERR;
    /* Whoever has the lock is at work in it. */
    iac_status status = store->workspace_id ? iac_store_lock(store, "workspace-delete", 0, diags) : IAC_OK;
    if (status == IAC_OK && store->workspace_id) {
        pthread_mutex_lock(&store->db_mutex);
        int rc = iac_sql_simple(store, IAC_SQL_BEGIN);
        if (rc == SQLITE_OK)
            rc = delete_rows(store);
        if (rc == SQLITE_OK)
            rc = iac_sql_simple(store, IAC_SQL_COMMIT);
        if (rc == SQLITE_OK)
            store->locked = false; /* gone with the rest */
        else
            status = iac_sql_diag(store, rc, "Failed to delete the workspace", diags);
        if (!sqlite3_get_autocommit(store->db))
            iac_sql_simple(store, IAC_SQL_ROLLBACK);
        pthread_mutex_unlock(&store->db_mutex);
    }
    iac_store_close(store);
    return status == IAC_OK ? IAC_OK : IAC_ERR;
}

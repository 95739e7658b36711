#include "state/history.h"
#include "state/backend.h"
#include "state/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char read_failed[] = "Failed to read the history";
static const char save_failed[] = "Failed to save the history";

/* The database that the store's history is in; NULL: it has none. */
static iac_store *database_of(iac_store *store)
{
    if (store->driver)
        store = store->driver->database ? store->driver->database(store) : NULL;
    return store;
}

static iac_str now_text(iac_arena *arena, double ago)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return iac_time_text(arena, (double)now.tv_sec + (double)now.tv_nsec / 1e9 - ago);
}

/* Ends the transaction, whichever way it went, and gives the lock back. */
static iac_status finish(iac_store *store, int rc, const char *summary, iac_diags *diags)
{
    if (rc == SQLITE_OK)
        rc = iac_sql_simple(store, IAC_SQL_COMMIT);
    iac_status status = rc == SQLITE_OK ? IAC_OK : IAC_ERR;
    if (rc != SQLITE_OK && rc != SQLITE_AUTH) /* that is told already */
        iac_sql_diag(store, rc, summary, diags);
    if (!sqlite3_get_autocommit(store->db))
        iac_sql_simple(store, IAC_SQL_ROLLBACK);
    if (rc != SQLITE_OK) {
        iac_seal_forget(store);
        store->workspace_id = 0; /* the row may have been made by this transaction */
        iac_store_load_workspace(store, false);
    }
    pthread_mutex_unlock(&store->db_mutex);
    return status;
}

static int begin(iac_store *store)
{
    pthread_mutex_lock(&store->db_mutex);
    return iac_sql_simple(store, IAC_SQL_BEGIN);
}

/* A statement with the workspace as its first parameter; NULL when it cannot be prepared. */
static sqlite3_stmt *of_workspace(iac_store *store, iac_sql which)
{
    sqlite3_stmt *s = iac_sql_get(store, which);
    if (s)
        sqlite3_bind_int64(s, 1, store->workspace_id);
    return s;
}

static int failure_of(iac_store *store)
{
    int rc = sqlite3_extended_errcode(store->db);
    return rc == SQLITE_OK ? SQLITE_ERROR : rc;
}

/* ---- configurations ---- */

static void add_text(iac_buf *out, iac_str text)
{
    iac_buf_printf(out, "%zu:%.*s", text.n, IAC_FMT(text));
}

/* What tells one configuration from another. */
static iac_blob_hash config_digest(const iac_history_config *config)
{
    iac_buf all;
    iac_buf_init(&all, IAC_BUF_UNLIMITED);
    add_text(&all, config->dir);
    for (size_t i = 0; i < config->file_count; i++) {
        iac_blob_hash hash = iac_blob_digest(config->files[i].text);
        add_text(&all, config->files[i].path);
        iac_buf_add(&all, (const char *)hash.bytes, sizeof(hash.bytes));
    }
    for (size_t i = 0; i < config->module_count; i++) {
        const iac_history_module *m = &config->modules[i];
        const iac_str texts[] = { m->key, m->dir, m->source, m->version, m->constraint };
        iac_buf_cstr(&all, "module");
        for (size_t k = 0; k < IAC_COUNT(texts); k++)
            add_text(&all, texts[k]);
    }
    iac_blob_hash hash = iac_blob_digest(iac_buf_view(&all));
    iac_buf_clear(&all);
    return hash;
}

static int put_config_rows(iac_store *store, const iac_history_config *config, int64_t id)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < config->file_count; i++) {
        int64_t blob = 0;
        rc = iac_blob_put(store, config->files[i].text, &blob);
        sqlite3_stmt *add = rc == SQLITE_OK ? iac_sql_get(store, IAC_SQL_CONFIG_FILE_ADD) : NULL;
        if (!add)
            return rc == SQLITE_OK ? failure_of(store) : rc;
        sqlite3_bind_int64(add, 1, id);
        iac_sql_bind(add, 2, config->files[i].path);
        sqlite3_bind_int64(add, 3, blob);
        rc = iac_sql_run(add);
    }
    for (size_t i = 0; rc == SQLITE_OK && i < config->module_count; i++) {
        const iac_history_module *m = &config->modules[i];
        sqlite3_stmt *add = iac_sql_get(store, IAC_SQL_CONFIG_MODULE_ADD);
        if (!add)
            return failure_of(store);
        sqlite3_bind_int64(add, 1, id);
        const iac_str texts[] = { m->key, m->dir, m->source, m->version, m->constraint };
        for (int k = 0; k < (int)IAC_COUNT(texts); k++)
            iac_sql_bind(add, k + 2, texts[k]);
        rc = iac_sql_run(add);
    }
    return rc;
}

static int put_config(iac_store *store, const iac_history_config *config, int64_t *ret_id)
{
    iac_blob_hash hash = config_digest(config);
    iac_str key = { (const char *)hash.bytes, sizeof(hash.bytes) };
    sqlite3_stmt *find = iac_sql_get(store, IAC_SQL_CONFIG_ID);
    if (!find)
        return failure_of(store);
    iac_sql_bind_blob(find, 1, key);
    int rc = sqlite3_step(find);
    *ret_id = rc == SQLITE_ROW ? sqlite3_column_int64(find, 0) : 0;
    iac_sql_done(find);
    if (rc != SQLITE_DONE)
        return rc == SQLITE_ROW ? SQLITE_OK : rc;
    sqlite3_stmt *add = iac_sql_get(store, IAC_SQL_CONFIG_ADD);
    if (!add)
        return failure_of(store);
    iac_sql_bind_blob(add, 1, key);
    iac_sql_bind(add, 2, config->dir);
    rc = iac_sql_run(add);
    *ret_id = sqlite3_last_insert_rowid(store->db);
    return rc == SQLITE_OK ? put_config_rows(store, config, *ret_id) : rc;
}

static int get_config(iac_store *store, int64_t id, iac_arena *arena, iac_history_config *ret)
{
    IAC_VEC(iac_history_file) files = { 0 };
    IAC_VEC(iac_history_module) modules = { 0 };
    IAC_VEC(int64_t) blobs = { 0 };
    int rc = SQLITE_ERROR;
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_CONFIG_FILES);
    if (s)
        sqlite3_bind_int64(s, 1, id);
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        ret->dir = iac_arena_str(arena, iac_sql_text(s, 2));
        iac_vec_push(&files, (iac_history_file){ .path = iac_arena_str(arena, iac_sql_text(s, 0)) });
        iac_vec_push(&blobs, sqlite3_column_int64(s, 1));
    }
    iac_sql_done(s);
    for (size_t i = 0; i < files.n && (rc == SQLITE_DONE || rc == SQLITE_OK); i++)
        rc = iac_blob_get(store, blobs.v[i], arena, &files.v[i].text);
    s = rc == SQLITE_DONE || rc == SQLITE_OK ? iac_sql_get(store, IAC_SQL_CONFIG_MODULES) : NULL;
    if (s)
        sqlite3_bind_int64(s, 1, id);
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        iac_str texts[5];
        for (int i = 0; i < 5; i++)
            texts[i] = iac_arena_str(arena, iac_sql_text(s, i));
        iac_vec_push(&modules, (iac_history_module){ texts[0], texts[1], texts[2], texts[3], texts[4] });
    }
    iac_sql_done(s);
    iac_history_file *file_copy = iac_arena_array(arena, iac_history_file, files.n);
    iac_history_module *module_copy = iac_arena_array(arena, iac_history_module, modules.n);
    if (files.n)
        memcpy(file_copy, files.v, files.n * sizeof(*file_copy));
    if (modules.n)
        memcpy(module_copy, modules.v, modules.n * sizeof(*module_copy));
    ret->files = file_copy;
    ret->file_count = files.n;
    ret->modules = module_copy;
    ret->module_count = modules.n;
    iac_vec_clear(&files);
    iac_vec_clear(&modules);
    iac_vec_clear(&blobs);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- beginning and ending ---- */

/* Whether a process of this host runs this program. */
static bool is_at_work(iac_arena *arena, iac_str host, int64_t pid)
{
    char own[4096], other[4096], path[64];
    iac_lock_info self = iac_lock_new(arena, "");
    snprintf(path, sizeof(path), "/proc/%lld/exe", (long long)pid);
    ssize_t n = readlink("/proc/self/exe", own, sizeof(own)), m = readlink(path, other, sizeof(other));
    return iac_str_eq(host, self.host) && n > 0 && n == m && memcmp(own, other, (size_t)n) == 0;
}

/* number 0: all that run. */
static int interrupt(iac_store *store, iac_str now, int64_t number)
{
    sqlite3_stmt *s = of_workspace(store, IAC_SQL_HISTORY_INTERRUPT);
    if (!s)
        return failure_of(store);
    iac_sql_bind(s, 2, now);
    sqlite3_bind_int64(s, 3, number);
    return iac_sql_run(s);
}

/* Entries that still run while the lock is ours were left behind; where others share it, those whose process is gone. */
static int mark_interrupted(iac_store *store, iac_arena *arena, iac_str now)
{
    IAC_VEC(int64_t) gone = { 0 };
    if (!store->shared)
        return interrupt(store, now, 0);
    sqlite3_stmt *s = of_workspace(store, IAC_SQL_HISTORY_RUNNING);
    int rc = s ? SQLITE_DONE : failure_of(store);
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW)
        if (!is_at_work(arena, iac_sql_text(s, 1), sqlite3_column_int64(s, 2)))
            iac_vec_push(&gone, sqlite3_column_int64(s, 0));
    iac_sql_done(s);
    rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
    for (size_t i = 0; rc == SQLITE_OK && i < gone.n; i++)
        rc = interrupt(store, now, gone.v[i]);
    iac_vec_clear(&gone);
    return rc;
}

static int next_number(iac_store *store, int64_t *ret)
{
    sqlite3_stmt *s = of_workspace(store, IAC_SQL_HISTORY_COUNT);
    int rc = s ? iac_sql_run(s) : failure_of(store);
    s = rc == SQLITE_OK ? of_workspace(store, IAC_SQL_HISTORY_NUMBER) : NULL;
    if (!s)
        return rc == SQLITE_OK ? failure_of(store) : rc;
    rc = sqlite3_step(s);
    *ret = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    iac_sql_done(s);
    return rc == SQLITE_ROW ? SQLITE_OK : failure_of(store);
}

/* A blob of what there is; id 0 where there is nothing. */
static int put_optional(iac_store *store, iac_str bytes, int64_t *ret_id)
{
    *ret_id = 0;
    return bytes.n ? iac_blob_put(store, bytes, ret_id) : SQLITE_OK;
}

static void bind_reference(sqlite3_stmt *s, int index, int64_t id)
{
    if (id)
        sqlite3_bind_int64(s, index, id);
}

static int insert(iac_store *store, iac_arena *arena, const iac_history_entry *entry, int64_t number, iac_str now)
{
    int64_t config = 0, variables = 0, plan = 0;
    int rc = entry->config.dir.n ? put_config(store, &entry->config, &config) : SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = put_optional(store, entry->variables, &variables);
    if (rc == SQLITE_OK)
        rc = put_optional(store, entry->plan, &plan);
    sqlite3_stmt *add = rc == SQLITE_OK ? of_workspace(store, IAC_SQL_HISTORY_ADD) : NULL;
    if (!add)
        return rc == SQLITE_OK ? failure_of(store) : rc;
    iac_lock_info self = iac_lock_new(arena, "");
    sqlite3_bind_int64(add, 2, number);
    iac_sql_bind(add, 3, entry->command);
    iac_sql_bind(add, 4, entry->arguments.n ? entry->arguments : IAC_STR("[]"));
    sqlite3_bind_int64(add, 5, entry->origin);
    iac_sql_bind(add, 6, now);
    iac_sql_bind(add, 7, self.who);
    iac_sql_bind(add, 8, self.host);
    sqlite3_bind_int64(add, 9, self.pid);
    iac_sql_bind(add, 10, self.version);
    iac_sql_bind(add, 11, entry->cwd);
    iac_sql_bind(add, 12, entry->git_commit);
    iac_sql_bind(add, 13, entry->git_branch);
    bind_reference(add, 14, config);
    bind_reference(add, 15, variables);
    bind_reference(add, 16, plan);
    return iac_sql_run(add);
}

iac_status iac_history_begin(iac_store *store, const iac_history_entry *entry, int64_t *ret_number, iac_diags *diags)
{
    *ret_number = 0;
    store = database_of(store);
    if (!store || store->memory || store->read_only)
        return IAC_OK;
    iac_arena *arena = iac_arena_new();
    iac_str now = now_text(arena, 0);
    int64_t number = 0;
    bool renewed = false;
    int rc = begin(store);
    if (rc == SQLITE_OK)
        rc = iac_store_load_workspace(store, true);
    if (rc == SQLITE_OK && iac_seal_renew(store, &renewed, diags) != IAC_OK)
        rc = SQLITE_AUTH;
    if (rc == SQLITE_OK)
        rc = mark_interrupted(store, arena, now);
    if (rc == SQLITE_OK)
        rc = next_number(store, &number);
    if (rc == SQLITE_OK)
        rc = insert(store, arena, entry, number, now);
    iac_status status = finish(store, rc, save_failed, diags);
    if (status == IAC_OK && renewed) {
        pthread_mutex_lock(&store->db_mutex);
        iac_seal_scrub(store);
        pthread_mutex_unlock(&store->db_mutex);
    }
    if (status == IAC_OK)
        *ret_number = number;
    iac_arena_free(arena);
    return status;
}

iac_status iac_history_end(iac_store *store, int64_t number, const iac_history_entry *entry, iac_diags *diags)
{
    store = database_of(store);
    if (!store || !number)
        return IAC_OK;
    iac_arena *arena = iac_arena_new();
    int rc = begin(store);
    sqlite3_stmt *set = rc == SQLITE_OK ? of_workspace(store, IAC_SQL_HISTORY_END) : NULL;
    if (set) {
        const size_t counts[] = { entry->added, entry->changed, entry->destroyed, entry->imported };
        sqlite3_bind_int64(set, 2, number);
        iac_sql_bind(set, 3, entry->status);
        sqlite3_bind_int(set, 4, entry->exit);
        iac_sql_bind(set, 5, now_text(arena, 0));
        for (int i = 0; i < (int)IAC_COUNT(counts); i++)
            sqlite3_bind_int64(set, 6 + i, (int64_t)counts[i]);
        iac_sql_bind(set, 10, entry->errors.n ? entry->errors : IAC_STR("[]"));
        rc = iac_sql_run(set);
    } else if (rc == SQLITE_OK) {
        rc = failure_of(store);
    }
    iac_status status = finish(store, rc, save_failed, diags);
    iac_arena_free(arena);
    return status;
}

/* ---- reading ---- */

typedef struct references {
    int64_t config, variables, plan;
} references;

static iac_history_entry read_row(iac_arena *arena, sqlite3_stmt *s, references *refs)
{
    iac_history_entry e = { 0 };
    iac_str *const texts[] = { &e.command, &e.arguments, &e.status, &e.begun, &e.ended, &e.who, &e.host, &e.version,
                               &e.cwd, &e.git_commit, &e.git_branch, &e.lineage, &e.errors };
    size_t *const counts[] = { &e.added, &e.changed, &e.destroyed, &e.imported };
    int at = 0;
    for (size_t i = 0; i < IAC_COUNT(texts); i++)
        *texts[i] = iac_arena_str(arena, iac_sql_text(s, at++));
    for (size_t i = 0; i < IAC_COUNT(counts); i++)
        *counts[i] = (size_t)sqlite3_column_int64(s, at++);
    e.number = sqlite3_column_int64(s, at++);
    e.origin = sqlite3_column_int64(s, at++);
    e.exit = sqlite3_column_int(s, at++);
    e.pid = sqlite3_column_int64(s, at++);
    e.serial_before = sqlite3_column_int64(s, at++);
    e.serial_after = sqlite3_column_int64(s, at++);
    refs->config = sqlite3_column_int64(s, at++); /* 0 for NULL */
    refs->variables = sqlite3_column_int64(s, at++);
    refs->plan = sqlite3_column_int64(s, at++);
    e.has_config = refs->config != 0;
    e.has_plan = refs->plan != 0;
    return e;
}

/* Whether the process that began what still runs is gone. */
static bool is_left_behind(iac_store *store, iac_arena *arena, const iac_history_entry *entry)
{
    if (store->shared)
        return !is_at_work(arena, entry->host, entry->pid);
    iac_lock_info holder = { 0 }, self = iac_lock_new(arena, "");
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_status status = iac_store_lock_info(store, arena, &holder, &ignored);
    iac_diags_clear(&ignored);
    return status == IAC_NOT_FOUND || (status == IAC_OK && iac_lock_is_gone(arena, &holder, &self));
}

iac_status iac_history_list(iac_store *store, iac_arena *arena, const iac_history_entry **ret, size_t *ret_count,
                            iac_diags *diags)
{
    IAC_VEC(iac_history_entry) entries = { 0 };
    references refs;
    *ret_count = 0;
    store = database_of(store);
    if (!store || store->memory || !store->workspace_id)
        return IAC_OK;
    pthread_mutex_lock(&store->db_mutex);
    sqlite3_stmt *s = of_workspace(store, IAC_SQL_HISTORY);
    int rc = s ? SQLITE_DONE : failure_of(store);
    if (s)
        sqlite3_bind_int64(s, 2, 0);
    while (s && (rc = sqlite3_step(s)) == SQLITE_ROW)
        iac_vec_push(&entries, read_row(arena, s, &refs));
    iac_sql_done(s);
    iac_status status = rc == SQLITE_DONE ? IAC_OK : iac_sql_diag(store, rc, read_failed, diags);
    pthread_mutex_unlock(&store->db_mutex);
    iac_history_entry *copy = iac_arena_array(arena, iac_history_entry, entries.n);
    for (size_t i = 0; i < entries.n; i++) {
        copy[i] = entries.v[i];
        if (iac_str_is(copy[i].status, "running") && is_left_behind(store, arena, &copy[i]))
            copy[i].status = IAC_STR("interrupted");
    }
    *ret = copy;
    *ret_count = entries.n;
    iac_vec_clear(&entries);
    return status;
}

static iac_status missing(int64_t number, iac_diags *diags)
{
    iac_diag_error(diags, IAC_NO_RANGE, "No such entry in the history",
                   "The history of this workspace has no entry %lld. \"iac history\" lists those that are kept.",
                   (long long)number);
    return IAC_NOT_FOUND;
}

static int load_contents(iac_store *store, const references *refs, iac_arena *arena, iac_history_entry *ret)
{
    int rc = refs->config ? get_config(store, refs->config, arena, &ret->config) : SQLITE_OK;
    if (rc == SQLITE_OK && refs->variables)
        rc = iac_blob_get(store, refs->variables, arena, &ret->variables);
    if (rc == SQLITE_OK && refs->plan)
        rc = iac_blob_get(store, refs->plan, arena, &ret->plan);
    return rc;
}

iac_status iac_history_load(iac_store *store, int64_t number, iac_arena *arena, iac_history_entry *ret,
                            iac_diags *diags)
{
    references refs = { 0 };
    store = database_of(store);
    if (!store || store->memory || !store->workspace_id || number <= 0)
        return missing(number, diags);
    pthread_mutex_lock(&store->db_mutex);
    sqlite3_stmt *s = of_workspace(store, IAC_SQL_HISTORY);
    int rc = s ? SQLITE_DONE : failure_of(store);
    if (s) {
        sqlite3_bind_int64(s, 2, number);
        rc = sqlite3_step(s);
        if (rc == SQLITE_ROW)
            *ret = read_row(arena, s, &refs);
        iac_sql_done(s);
    }
    bool found = rc == SQLITE_ROW;
    if (found && iac_seal_find(store, diags) != IAC_OK)
        rc = SQLITE_AUTH;
    else if (found)
        rc = load_contents(store, &refs, arena, ret);
    iac_status status = IAC_OK;
    if (!found && rc == SQLITE_DONE)
        status = missing(number, diags);
    else if (rc != SQLITE_OK)
        status = rc == SQLITE_AUTH ? IAC_ERR : iac_sql_diag(store, rc, read_failed, diags);
    pthread_mutex_unlock(&store->db_mutex);
    if (status == IAC_OK && iac_str_is(ret->status, "running") && is_left_behind(store, arena, ret))
        ret->status = IAC_STR("interrupted");
    return status;
}

iac_status iac_history_state(iac_store *store, int64_t number, bool before, iac_arena *arena, const iac_state **ret,
                             iac_diags *diags)
{
    store = database_of(store);
    if (!store || store->memory || !store->workspace_id)
        return missing(number, diags);
    iac_state *state = iac_arena_new_of(arena, iac_state);
    int64_t generation = -1;
    iac_status status = IAC_OK;
    pthread_mutex_lock(&store->db_mutex);
    sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL);
    sqlite3_stmt *s = of_workspace(store, IAC_SQL_HISTORY_GENERATIONS);
    int rc = s ? SQLITE_DONE : failure_of(store);
    if (s) {
        sqlite3_bind_int64(s, 2, number);
        rc = sqlite3_step(s);
        if (rc == SQLITE_ROW) {
            generation = sqlite3_column_int64(s, before ? 0 : 1);
            state->serial = sqlite3_column_int64(s, before ? 2 : 3);
            state->lineage = iac_arena_str(arena, iac_sql_text(s, 4));
        }
        iac_sql_done(s);
    }
    if (rc == SQLITE_DONE)
        status = missing(number, diags);
    else if (rc != SQLITE_ROW)
        status = iac_sql_diag(store, rc, read_failed, diags);
    else
        status = iac_snapshot_read_at(store, generation, arena, state, diags);
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    pthread_mutex_unlock(&store->db_mutex);
    *ret = state;
    return status;
}

/* ---- retention ---- */

/* What no entry refers to any more. Versions end before the state that the oldest entry began with. */
static const iac_sql sweeps[] = {
    IAC_SQL_HISTORY_SWEEP_OBJECTS, IAC_SQL_HISTORY_SWEEP_OUTPUTS, IAC_SQL_HISTORY_SWEEP_FILES,
    IAC_SQL_HISTORY_SWEEP_MODULES, IAC_SQL_HISTORY_SWEEP_CONFIGS, IAC_SQL_HISTORY_SWEEP_BLOBS,
};

static int sweep(iac_store *store)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < IAC_COUNT(sweeps); i++) {
        sqlite3_stmt *s = iac_sql_get(store, sweeps[i]);
        if (!s)
            return failure_of(store);
        if (sqlite3_bind_parameter_count(s))
            sqlite3_bind_int64(s, 1, store->workspace_id);
        rc = iac_sql_run(s);
    }
    return rc;
}

iac_status iac_history_prune(iac_store *store, int64_t keep, int64_t max_age_seconds, size_t *ret_removed,
                             iac_diags *diags)
{
    if (ret_removed)
        *ret_removed = 0;
    store = database_of(store);
    if (!store || store->memory || store->read_only || !store->workspace_id)
        return IAC_OK;
    iac_arena *arena = iac_arena_new();
    size_t removed = 0;
    int rc = begin(store);
    sqlite3_stmt *s = rc == SQLITE_OK ? of_workspace(store, IAC_SQL_HISTORY_PRUNE) : NULL;
    if (s) {
        sqlite3_bind_int64(s, 2, keep);
        iac_sql_bind(s, 3, max_age_seconds > 0 ? now_text(arena, (double)max_age_seconds) : IAC_STR(""));
        rc = iac_sql_run(s);
        removed = (size_t)sqlite3_changes(store->db);
    } else if (rc == SQLITE_OK) {
        rc = failure_of(store);
    }
    if (rc == SQLITE_OK && removed)
        rc = sweep(store);
    iac_status status = finish(store, rc, save_failed, diags);
    if (status == IAC_OK && ret_removed)
        *ret_removed = removed;
    iac_arena_free(arena);
    return status;
}

#include "state/store_internal.h"

static const char *const sql_texts[IAC_SQL_COUNT] = {
#define X(name, text) [name] = text,
    IAC_SQL_STATEMENTS(X)
#undef X
};

sqlite3_stmt *iac_sql_get(iac_store *store, iac_sql which)
{
    sqlite3_stmt **statement = &store->statements[which];
    if (*statement) {
        sqlite3_reset(*statement);
        sqlite3_clear_bindings(*statement);
    } else if (sqlite3_prepare_v3(store->db, sql_texts[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) !=
               SQLITE_OK) {
        return NULL;
    }
    return *statement;
}

void iac_sql_bind(sqlite3_stmt *statement, int index, iac_str text)
{
    sqlite3_bind_text64(statement, index, text.n ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8);
}

void iac_sql_bind_blob(sqlite3_stmt *statement, int index, iac_str bytes)
{
    sqlite3_bind_blob64(statement, index, bytes.n ? bytes.p : "", bytes.n, SQLITE_STATIC);
}

iac_str iac_sql_text(sqlite3_stmt *statement, int column)
{
    const void *p = sqlite3_column_blob(statement, column);
    return (iac_str){ p, p ? (size_t)sqlite3_column_bytes(statement, column) : 0 };
}

int iac_sql_run(sqlite3_stmt *statement)
{
    if (!statement)
        return SQLITE_ERROR;
    sqlite3_step(statement);
    return sqlite3_reset(statement); /* gives the step's error */
}

void iac_sql_done(sqlite3_stmt *statement)
{
    if (statement)
        sqlite3_reset(statement);
}

int iac_sql_simple(iac_store *store, iac_sql which)
{
    return iac_sql_run(iac_sql_get(store, which));
}

const char *iac_sql_error(iac_store *store)
{
    return sqlite3_errmsg(store->db);
}

/* Walks the whole file, so only once there are signs of damage. */
static iac_str first_fault(iac_store *store, iac_arena *arena)
{
    sqlite3_stmt *statement = NULL;
    iac_str fault = { 0 };
    if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        fault = iac_arena_str(arena, iac_sql_text(statement, 0));
    sqlite3_finalize(statement);
    return iac_str_is(fault, "ok") ? (iac_str){ 0 } : fault;
}

iac_status iac_sql_diag(iac_store *store, int rc, const char *summary, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    /* The check below replaces the connection's message. */
    iac_str message = iac_arena_str(arena, iac_str_of(store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc)));
    int reason = rc & 0xff;
    if (reason == SQLITE_CORRUPT) {
        iac_str fault = first_fault(store, arena);
        iac_diag_error(diags, IAC_NO_RANGE, summary,
                       "The state database %s is damaged: %.*s.\n\nRestore it from a backup, or save what can be read "
                       "with \"sqlite3 %s .recover\".",
                       store->path, IAC_FMT(fault.n ? fault : message), store->path);
    } else if (reason == SQLITE_NOTADB) {
        iac_diag_error(diags, IAC_NO_RANGE, summary,
                       "The file %s is not a state database: its beginning is damaged, or it was made by something "
                       "else.\n\nRestore it from a backup, or move it away.",
                       store->path);
    } else if (reason == SQLITE_FULL) {
        iac_diag_error(diags, IAC_NO_RANGE, summary,
                       "There is no space left to write the state database %s. Free some space on its file system "
                       "and try again.",
                       store->path);
    } else if (reason == SQLITE_READONLY || reason == SQLITE_PERM || reason == SQLITE_AUTH) {
        iac_diag_error(diags, IAC_NO_RANGE, summary,
                       "The state database %s cannot be written: the file or its folder is read-only.", store->path);
    } else if (reason == SQLITE_BUSY || reason == SQLITE_LOCKED) {
        iac_diag_error(diags, IAC_NO_RANGE, summary,
                       "The state database %s is being written by another process. Try again later.", store->path);
    } else {
        iac_diag_error(diags, IAC_NO_RANGE, summary, "The state database %s: %.*s.", store->path, IAC_FMT(message));
    }
    iac_arena_free(arena);
    return IAC_ERR;
}

IAC_LAZY_LOADER(iac_libsqlite3, IAC_LIBSQLITE3_FUNCTIONS, "libsqlite3.so.0")

#include "state/store_internal.h"
#include <stdio.h>

#define MAX_PARTS 2

/* Each script, of several parts where it is long, brings the database from the version that is its index to the next.
 * Scripts that were released are never edited: a change of the schema is a new one. */
static const char *const scripts[IAC_STATE_SCHEMA][MAX_PARTS] = {{
    "CREATE TABLE workspaces("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " lineage TEXT NOT NULL DEFAULT '',"
    " serial INTEGER NOT NULL DEFAULT 0) STRICT;"

    /* Thousands of objects share a handful of types. */
    "CREATE TABLE types("
    " id INTEGER PRIMARY KEY,"
    " json TEXT NOT NULL UNIQUE) STRICT;"

    "CREATE TABLE objects("
    " workspace INTEGER NOT NULL REFERENCES workspaces,"
    " addr TEXT NOT NULL,"
    " deposed TEXT NOT NULL," /* empty: the current object */
    " provider TEXT NOT NULL,"
    " type INTEGER REFERENCES types," /* NULL: implied by the attributes */
    " schema_version INTEGER NOT NULL,"
    " attributes TEXT NOT NULL,"
    " sensitive TEXT NOT NULL," /* JSON, paths as in state files; empty: none */
    " private BLOB NOT NULL,"
    " tainted INTEGER NOT NULL,"
    " create_before_destroy INTEGER NOT NULL,"
    " dependencies TEXT NOT NULL," /* addresses, a line each */
    " PRIMARY KEY(workspace, addr, deposed)) STRICT;"

    "CREATE TABLE outputs("
    " workspace INTEGER NOT NULL REFERENCES workspaces,"
    " name TEXT NOT NULL,"
    " value TEXT NOT NULL,"
    " type TEXT NOT NULL,"
    " sensitive INTEGER NOT NULL,"
    " PRIMARY KEY(workspace, name)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE journal("
    " workspace INTEGER NOT NULL REFERENCES workspaces,"
    " token TEXT NOT NULL,"
    " addr TEXT NOT NULL,"
    " deposed TEXT NOT NULL,"
    " provider TEXT NOT NULL,"
    " action TEXT NOT NULL,"
    " prior BLOB NOT NULL,"
    " planned BLOB NOT NULL,"
    " private BLOB NOT NULL,"
    " begun TEXT NOT NULL,"
    " PRIMARY KEY(workspace, token)) STRICT;"

    /* machine, boot, pid_namespace and started tell whether `pid` is still the process that took the lock. */
    "CREATE TABLE locks("
    " workspace INTEGER PRIMARY KEY REFERENCES workspaces,"
    " id TEXT NOT NULL,"
    " operation TEXT NOT NULL,"
    " who TEXT NOT NULL,"
    " host TEXT NOT NULL,"
    " pid INTEGER NOT NULL,"
    " created TEXT NOT NULL,"
    " version TEXT NOT NULL,"
    " machine TEXT NOT NULL,"
    " boot TEXT NOT NULL,"
    " pid_namespace TEXT NOT NULL,"
    " started TEXT NOT NULL) STRICT;",
}, {
    /* Results of checks: JSON as in state files; empty: none. */
    "ALTER TABLE workspaces ADD COLUMN checks TEXT NOT NULL DEFAULT '';",
}, {
    /* History. `generation` rises with every transaction that changes objects or outputs, and never falls (the serial
     * may: a state can be pushed). Rows that are replaced or deleted are kept by triggers, with the generations
     * [since, until) in which they were valid, so that a state of the past costs what has changed since. */
    "ALTER TABLE workspaces ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE workspaces ADD COLUMN entries INTEGER NOT NULL DEFAULT 0;" /* the number of the last entry */
    "ALTER TABLE objects ADD COLUMN since INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outputs ADD COLUMN since INTEGER NOT NULL DEFAULT 0;"

    "CREATE TABLE object_versions("
    " workspace INTEGER NOT NULL REFERENCES workspaces,"
    " addr TEXT NOT NULL,"
    " deposed TEXT NOT NULL,"
    " provider TEXT NOT NULL,"
    " type INTEGER REFERENCES types,"
    " schema_version INTEGER NOT NULL,"
    " attributes TEXT NOT NULL,"
    " sensitive TEXT NOT NULL,"
    " private BLOB NOT NULL,"
    " tainted INTEGER NOT NULL,"
    " create_before_destroy INTEGER NOT NULL,"
    " dependencies TEXT NOT NULL,"
    " since INTEGER NOT NULL,"
    " until INTEGER NOT NULL) STRICT;"
    "CREATE INDEX object_versions_until ON object_versions(workspace, until);"

    "CREATE TABLE output_versions("
    " workspace INTEGER NOT NULL REFERENCES workspaces,"
    " name TEXT NOT NULL,"
    " value TEXT NOT NULL,"
    " type TEXT NOT NULL,"
    " sensitive INTEGER NOT NULL,"
    " since INTEGER NOT NULL,"
    " until INTEGER NOT NULL) STRICT;"
    "CREATE INDEX output_versions_until ON output_versions(workspace, until);"

#define KEEP_OBJECT \
    " WHEN OLD.since <= (SELECT generation FROM workspaces WHERE id = OLD.workspace) BEGIN" \
    " INSERT INTO object_versions VALUES(OLD.workspace, OLD.addr, OLD.deposed, OLD.provider, OLD.type," \
    " OLD.schema_version, OLD.attributes, OLD.sensitive, OLD.private, OLD.tainted, OLD.create_before_destroy," \
    " OLD.dependencies, OLD.since, (SELECT generation + 1 FROM workspaces WHERE id = OLD.workspace)); END;"
#define KEEP_OUTPUT \
    " WHEN OLD.since <= (SELECT generation FROM workspaces WHERE id = OLD.workspace) BEGIN" \
    " INSERT INTO output_versions VALUES(OLD.workspace, OLD.name, OLD.value, OLD.type, OLD.sensitive, OLD.since," \
    " (SELECT generation + 1 FROM workspaces WHERE id = OLD.workspace)); END;"
    "CREATE TRIGGER object_replaced AFTER UPDATE ON objects" KEEP_OBJECT
    "CREATE TRIGGER object_removed AFTER DELETE ON objects" KEEP_OBJECT
    "CREATE TRIGGER output_replaced AFTER UPDATE ON outputs" KEEP_OUTPUT
    "CREATE TRIGGER output_removed AFTER DELETE ON outputs" KEEP_OUTPUT,

    /* Contents by the SHA-256 of what they are in clear, each once. codec: how data is kept (state/blob.c). */
    "CREATE TABLE blobs("
    " id INTEGER PRIMARY KEY,"
    " hash BLOB NOT NULL UNIQUE,"
    " codec INTEGER NOT NULL,"
    " size INTEGER NOT NULL,"
    " data BLOB NOT NULL) STRICT;"

    "CREATE TABLE configs("
    " id INTEGER PRIMARY KEY,"
    " hash BLOB NOT NULL UNIQUE,"
    " dir TEXT NOT NULL) STRICT;"
    "CREATE TABLE config_files("
    " config INTEGER NOT NULL REFERENCES configs,"
    " path TEXT NOT NULL,"
    " blob INTEGER NOT NULL REFERENCES blobs,"
    " PRIMARY KEY(config, path)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE config_modules("
    " config INTEGER NOT NULL REFERENCES configs,"
    " key TEXT NOT NULL," /* as modules.json has it: "a.b" */
    " dir TEXT NOT NULL,"
    " source TEXT NOT NULL,"
    " version TEXT NOT NULL,"
    " version_constraint TEXT NOT NULL,"
    " PRIMARY KEY(config, key)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE history("
    " workspace INTEGER NOT NULL REFERENCES workspaces,"
    " number INTEGER NOT NULL,"
    " command TEXT NOT NULL,"
    " arguments TEXT NOT NULL," /* a JSON array of texts, without secrets */
    " origin INTEGER NOT NULL," /* of a rollback or restoration: the entry gone back to; 0: none */
    " status TEXT NOT NULL,"    /* running, ok, failed, interrupted */
    " exit INTEGER NOT NULL,"
    " begun TEXT NOT NULL,"
    " ended TEXT NOT NULL,"
    " who TEXT NOT NULL,"
    " host TEXT NOT NULL,"
    " pid INTEGER NOT NULL,"
    " version TEXT NOT NULL,"
    " cwd TEXT NOT NULL,"
    " git_commit TEXT NOT NULL,"
    " git_branch TEXT NOT NULL,"
    " lineage TEXT NOT NULL,"
    " serial_before INTEGER NOT NULL,"
    " serial_after INTEGER NOT NULL,"
    " generation_before INTEGER NOT NULL,"
    " generation_after INTEGER NOT NULL,"
    " added INTEGER NOT NULL,"
    " changed INTEGER NOT NULL,"
    " destroyed INTEGER NOT NULL,"
    " imported INTEGER NOT NULL,"
    " errors TEXT NOT NULL," /* a JSON array of texts */
    " config INTEGER REFERENCES configs,"
    " variables INTEGER REFERENCES blobs," /* JSON */
    " plan INTEGER REFERENCES blobs,"
    " PRIMARY KEY(workspace, number)) STRICT, WITHOUT ROWID;",
}, {
    /* Under which key the contents of the database are sealed (seal.c); no row: they are not. */
    "CREATE TABLE encryption("
    " id INTEGER PRIMARY KEY CHECK(id = 1),"
    " sealing TEXT NOT NULL) STRICT;",
}};

static int pragma_int(iac_store *store, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW) {
            *ret = sqlite3_column_int64(statement, 0);
            rc = SQLITE_OK;
        }
    }
    sqlite3_finalize(statement);
    return rc;
}

static int read_versions(iac_store *store, int64_t *version, int64_t *application, int64_t *tables)
{
    int rc = pragma_int(store, "PRAGMA user_version", version);
    if (rc == SQLITE_OK)
        rc = pragma_int(store, "PRAGMA application_id", application);
    if (rc == SQLITE_OK)
        rc = pragma_int(store, "SELECT count(*) FROM sqlite_master", tables);
    return rc;
}

static int upgrade(iac_store *store, int64_t from)
{
    int rc = SQLITE_OK;
    for (int64_t version = from; rc == SQLITE_OK && version < IAC_STATE_SCHEMA; version++)
        for (int part = 0; rc == SQLITE_OK && part < MAX_PARTS && scripts[version][part]; part++)
            rc = sqlite3_exec(store->db, scripts[version][part], NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        char pragmas[96];
        snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 IAC_STATE_APPLICATION, IAC_STATE_SCHEMA);
        rc = sqlite3_exec(store->db, pragmas, NULL, NULL, NULL);
    }
    return rc;
}

iac_status iac_migrate(iac_store *store, bool create, iac_diags *diags)
{
    int64_t version = 0, application = 0, tables = 0;
    int rc = read_versions(store, &version, &application, &tables);
    if (rc != SQLITE_OK)
        return iac_sql_diag(store, rc, "Failed to load state", diags);
    if (version == IAC_STATE_SCHEMA && application == IAC_STATE_APPLICATION)
        return IAC_OK;
    if (application != IAC_STATE_APPLICATION && tables > 0) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to load state",
                       "The file %s is an SQLite database, but not one of iac's. Move it away if it is not needed.",
                       store->path);
        return IAC_ERR;
    }
    if (version > IAC_STATE_SCHEMA) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to load state",
                       "The state in %s was written by a newer release of iac (its schema is version %d, this release "
                       "knows up to version %d). Upgrade iac to work with it.",
                       store->path, (int)version, IAC_STATE_SCHEMA);
        return IAC_ERR;
    }
    if (store->read_only && !create) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to load state",
                       "The state in %s is of an older release of iac and cannot be upgraded: it is read-only.",
                       store->path);
        return IAC_ERR;
    }
    /* Someone else may have upgraded it while we waited for the write lock: look again under it. */
    rc = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        rc = read_versions(store, &version, &application, &tables);
        if (rc == SQLITE_OK && version < IAC_STATE_SCHEMA)
            rc = upgrade(store, version);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK) {
        iac_status status = iac_sql_diag(store, rc, "Failed to create the state database", diags);
        if (!sqlite3_get_autocommit(store->db))
            sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        return status;
    }
    return IAC_OK;
}

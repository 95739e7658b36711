/* state/store_internal.h - the inside of a store, shared by the files of this folder (and by tests that break it).
 *
 * One database connection, used by the thread that opened the store and by the writer's: whoever uses `db`, a
 * statement, or the caches below it holds db_mutex. The queue has a mutex of its own, so that submitting never waits
 * for a disk. Lock order: db_mutex, then mutex. */
#ifndef IAC_STATE_STORE_INTERNAL_H
#define IAC_STATE_STORE_INTERNAL_H
#include "state/crypt.h"
#include "state/libsqlite3.h"
#include "state/store.h"
#include <pthread.h>

#define IAC_STATE_FILE "state.db"
#define IAC_STATE_SCHEMA 4            /* what iac_migrate brings a database to */
#define IAC_STATE_APPLICATION 0x69616331 /* "iac1", in the header of the file */

/* The generation that the transaction under way brings. */
#define IAC_SQL_NEXT " (SELECT generation + 1 FROM workspaces WHERE id = ?1)"

/* Every statement that is carried out more than once is prepared once. */
#define IAC_SQL_STATEMENTS(X) \
    X(IAC_SQL_BEGIN, "BEGIN IMMEDIATE") \
    X(IAC_SQL_COMMIT, "COMMIT") \
    X(IAC_SQL_ROLLBACK, "ROLLBACK") \
    X(IAC_SQL_WORKSPACE, "SELECT id, lineage, serial FROM workspaces WHERE name = ?1") \
    X(IAC_SQL_WORKSPACE_ADD, "INSERT OR IGNORE INTO workspaces(name) VALUES(?1)") \
    X(IAC_SQL_WORKSPACES, "SELECT name FROM workspaces ORDER BY name") \
    X(IAC_SQL_BUMP, "UPDATE workspaces SET serial = serial + 1, generation = generation + 1," \
                    " lineage = CASE lineage WHEN '' THEN ?2 ELSE lineage END WHERE id = ?1") \
    X(IAC_SQL_SET_SERIAL, "UPDATE workspaces SET serial = ?2, lineage = ?3, generation = generation + 1" \
                          " WHERE id = ?1") \
    X(IAC_SQL_CHECKS_PUT, "UPDATE workspaces SET checks = ?2 WHERE id = ?1") \
    X(IAC_SQL_CHECKS, "SELECT checks FROM workspaces WHERE id = ?1") \
    X(IAC_SQL_ENCRYPTION, "SELECT sealing FROM encryption") \
    X(IAC_SQL_ENCRYPTION_PUT, "INSERT OR REPLACE INTO encryption(id, sealing) VALUES(1, ?1)") \
    X(IAC_SQL_HAS_CONTENTS, "SELECT EXISTS(SELECT 1 FROM objects) OR EXISTS(SELECT 1 FROM outputs) OR" \
                            " EXISTS(SELECT 1 FROM journal)") \
    X(IAC_SQL_TYPE_ADD, "INSERT OR IGNORE INTO types(json) VALUES(?1)") \
    X(IAC_SQL_TYPE_ID, "SELECT id FROM types WHERE json = ?1") \
    X(IAC_SQL_TYPE, "SELECT json FROM types WHERE id = ?1") \
    /* What is there already stays as it is: a version is kept of what changes only. */ \
    X(IAC_SQL_OBJECT_PUT, "INSERT INTO objects(workspace, addr, deposed, provider, type, schema_version, attributes," \
                          " sensitive, private, tainted, create_before_destroy, dependencies, since)" \
                          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12," IAC_SQL_NEXT ")" \
                          " ON CONFLICT DO UPDATE SET provider = ?4, type = ?5, schema_version = ?6," \
                          " attributes = ?7, sensitive = ?8, private = ?9, tainted = ?10," \
                          " create_before_destroy = ?11, dependencies = ?12, since = excluded.since" \
                          " WHERE attributes <> ?7 OR private <> ?9 OR tainted <> ?10 OR dependencies <> ?12" \
                          " OR create_before_destroy <> ?11 OR sensitive <> ?8 OR provider <> ?4" \
                          " OR type IS NOT ?5 OR schema_version <> ?6") \
    X(IAC_SQL_OBJECT_REMOVE, "DELETE FROM objects WHERE workspace = ?1 AND addr = ?2 AND deposed = ?3") \
    X(IAC_SQL_OBJECT_REKEY, "UPDATE objects SET deposed = ?4, since =" IAC_SQL_NEXT \
                            " WHERE workspace = ?1 AND addr = ?2 AND deposed = ?3") \
    X(IAC_SQL_OBJECT, "SELECT addr, deposed, provider, type, schema_version, attributes, sensitive, private," \
                      " tainted, create_before_destroy, dependencies FROM objects" \
                      " WHERE workspace = ?1 AND addr = ?2 AND deposed = ?3") \
    X(IAC_SQL_OBJECTS, "SELECT addr, deposed, provider, type, schema_version, attributes, sensitive, private," \
                       " tainted, create_before_destroy, dependencies FROM objects WHERE workspace = ?1") \
    X(IAC_SQL_OBJECTS_AT, "SELECT addr, deposed, provider, type, schema_version, attributes, sensitive, private," \
                          " tainted, create_before_destroy, dependencies FROM objects" \
                          " WHERE workspace = ?1 AND since <= ?2 UNION ALL" \
                          " SELECT addr, deposed, provider, type, schema_version, attributes, sensitive, private," \
                          " tainted, create_before_destroy, dependencies FROM object_versions" \
                          " WHERE workspace = ?1 AND until > ?2 AND since <= ?2") \
    X(IAC_SQL_OBJECT_KEYS, "SELECT addr, deposed FROM objects WHERE workspace = ?1") \
    X(IAC_SQL_OUTPUT_PUT, "INSERT INTO outputs(workspace, name, value, type, sensitive, since)" \
                          " VALUES(?1, ?2, ?3, ?4, ?5," IAC_SQL_NEXT ")" \
                          " ON CONFLICT DO UPDATE SET value = ?3, type = ?4, sensitive = ?5, since = excluded.since" \
                          " WHERE value <> ?3 OR type <> ?4 OR sensitive <> ?5") \
    X(IAC_SQL_OUTPUT_VALUE, "SELECT value FROM outputs WHERE workspace = ?1 AND name = ?2") \
    X(IAC_SQL_OUTPUT_REMOVE, "DELETE FROM outputs WHERE workspace = ?1 AND name = ?2") \
    X(IAC_SQL_OUTPUTS, "SELECT name, value, type, sensitive FROM outputs WHERE workspace = ?1 ORDER BY name") \
    X(IAC_SQL_OUTPUTS_AT, "SELECT name, value, type, sensitive FROM outputs WHERE workspace = ?1 AND since <= ?2" \
                          " UNION ALL SELECT name, value, type, sensitive FROM output_versions" \
                          " WHERE workspace = ?1 AND until > ?2 AND since <= ?2 ORDER BY name") \
    X(IAC_SQL_INTENT_PUT, "INSERT OR REPLACE INTO journal(workspace, token, addr, deposed, provider, action, prior," \
                          " planned, private, begun) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)") \
    X(IAC_SQL_INTENT_REMOVE, "DELETE FROM journal WHERE workspace = ?1 AND token = ?2") \
    X(IAC_SQL_INTENTS, "SELECT token, addr, deposed, provider, action, prior, planned, private, begun FROM journal" \
                       " WHERE workspace = ?1 ORDER BY begun, token") \
    X(IAC_SQL_LOCK, "SELECT id, operation, who, host, pid, created, version, machine, boot, pid_namespace, started" \
                    " FROM locks WHERE workspace = ?1") \
    X(IAC_SQL_LOCK_PUT, "INSERT INTO locks(workspace, id, operation, who, host, pid, created, version, machine, boot," \
                        " pid_namespace, started) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)") \
    X(IAC_SQL_LOCK_REMOVE, "DELETE FROM locks WHERE workspace = ?1 AND id = ?2") \
    X(IAC_SQL_BLOB_ID, "SELECT id FROM blobs WHERE hash = ?1") \
    X(IAC_SQL_BLOB_ADD, "INSERT INTO blobs(hash, codec, size, data) VALUES(?1, ?2, ?3, ?4)") \
    X(IAC_SQL_BLOBS, "SELECT id FROM blobs") \
    X(IAC_SQL_BLOB_SET, "UPDATE blobs SET hash = ?1, codec = ?2, size = ?3, data = ?4 WHERE id = ?5") \
    X(IAC_SQL_BLOB, "SELECT hash, codec, size, data FROM blobs WHERE id = ?1") \
    X(IAC_SQL_CONFIG_ID, "SELECT id FROM configs WHERE hash = ?1") \
    X(IAC_SQL_CONFIG_ADD, "INSERT INTO configs(hash, dir) VALUES(?1, ?2)") \
    X(IAC_SQL_CONFIG_FILE_ADD, "INSERT OR REPLACE INTO config_files(config, path, blob) VALUES(?1, ?2, ?3)") \
    X(IAC_SQL_CONFIG_MODULE_ADD, "INSERT OR REPLACE INTO config_modules(config, key, dir, source, version," \
                                 " version_constraint) VALUES(?1, ?2, ?3, ?4, ?5, ?6)") \
    X(IAC_SQL_CONFIG_FILES, "SELECT path, blob, dir FROM config_files JOIN configs ON id = config" \
                            " WHERE config = ?1 ORDER BY path") \
    X(IAC_SQL_CONFIG_MODULES, "SELECT key, dir, source, version, version_constraint FROM config_modules" \
                              " WHERE config = ?1 ORDER BY key") \
    X(IAC_SQL_HISTORY_COUNT, "UPDATE workspaces SET entries = entries + 1 WHERE id = ?1") \
    X(IAC_SQL_HISTORY_NUMBER, "SELECT entries FROM workspaces WHERE id = ?1") \
    X(IAC_SQL_HISTORY_ADD, "INSERT INTO history SELECT id, ?2, ?3, ?4, ?5, 'running', 0, ?6, '', ?7, ?8, ?9, ?10," \
                           " ?11, ?12, ?13, lineage, serial, serial, generation, generation, 0, 0, 0, 0, '[]', ?14," \
                           " ?15, ?16 FROM workspaces WHERE id = ?1") \
    X(IAC_SQL_HISTORY_END, "UPDATE history SET status = ?3, exit = ?4, ended = ?5, added = ?6, changed = ?7," \
                           " destroyed = ?8, imported = ?9, errors = ?10, lineage = w.lineage," \
                           " serial_after = w.serial, generation_after = w.generation" \
                           " FROM workspaces AS w WHERE w.id = ?1 AND workspace = ?1 AND number = ?2") \
    X(IAC_SQL_HISTORY_INTERRUPT, "UPDATE history SET status = 'interrupted', ended = ?2, lineage = w.lineage," \
                                 " serial_after = w.serial, generation_after = w.generation" \
                                 " FROM workspaces AS w WHERE w.id = ?1 AND workspace = ?1 AND status = 'running'" \
                                 " AND (?3 = 0 OR number = ?3)") \
    X(IAC_SQL_HISTORY_RUNNING, "SELECT number, host, pid FROM history WHERE workspace = ?1 AND status = 'running'") \
    X(IAC_SQL_HISTORY, "SELECT command, arguments, status, begun, ended, who, host, h.version, cwd, git_commit," \
                       " git_branch, h.lineage, errors, added, changed, destroyed, imported, number, origin, exit," \
                       " pid, serial_before, iif(status = 'running', w.serial, serial_after), config, variables," \
                       " plan FROM history AS h JOIN workspaces AS w ON w.id = h.workspace" \
                       " WHERE workspace = ?1 AND (?2 = 0 OR number = ?2) ORDER BY number DESC") \
    X(IAC_SQL_HISTORY_GENERATIONS, "SELECT generation_before, iif(status = 'running', w.generation," \
                                   " generation_after), serial_before, serial_after, h.lineage FROM history AS h" \
                                   " JOIN workspaces AS w ON w.id = h.workspace WHERE workspace = ?1 AND number = ?2") \
    X(IAC_SQL_HISTORY_PRUNE, "DELETE FROM history WHERE workspace = ?1 AND status <> 'running' AND (begun < ?3" \
                             " OR (?2 >= 0 AND number NOT IN (SELECT number FROM history WHERE workspace = ?1" \
                             " ORDER BY number DESC LIMIT ?2)))") \
    X(IAC_SQL_HISTORY_SWEEP_OBJECTS, "DELETE FROM object_versions WHERE workspace = ?1 AND until <= ifnull((SELECT" \
                                     " min(generation_before) FROM history WHERE workspace = ?1), 1 << 62)") \
    X(IAC_SQL_HISTORY_SWEEP_OUTPUTS, "DELETE FROM output_versions WHERE workspace = ?1 AND until <= ifnull((SELECT" \
                                     " min(generation_before) FROM history WHERE workspace = ?1), 1 << 62)") \
    X(IAC_SQL_HISTORY_SWEEP_FILES, "DELETE FROM config_files WHERE config NOT IN (SELECT config FROM history" \
                                   " WHERE config IS NOT NULL)") \
    X(IAC_SQL_HISTORY_SWEEP_MODULES, "DELETE FROM config_modules WHERE config NOT IN (SELECT config FROM history" \
                                     " WHERE config IS NOT NULL)") \
    X(IAC_SQL_HISTORY_SWEEP_CONFIGS, "DELETE FROM configs WHERE id NOT IN (SELECT config FROM history" \
                                     " WHERE config IS NOT NULL)") \
    X(IAC_SQL_HISTORY_SWEEP_BLOBS, "DELETE FROM blobs WHERE id NOT IN (SELECT blob FROM config_files UNION ALL" \
                                   " SELECT variables FROM history WHERE variables IS NOT NULL UNION ALL" \
                                   " SELECT plan FROM history WHERE plan IS NOT NULL)")

typedef enum iac_sql {
#define X(name, text) name,
    IAC_SQL_STATEMENTS(X)
#undef X
    IAC_SQL_COUNT
} iac_sql;

typedef struct iac_submission {
    const iac_write *writes;
    size_t n;
    void (*done)(void *arg, const char *error);
    void *arg;
} iac_submission;

struct iac_store {
    const iac_store_driver *driver; /* NULL: this database; else nothing below is used, but maybe the queue */
    char *path;      /* of the database, as shown to people */
    char *workspace; /* its name */
    bool memory;     /* there is no file: nothing read, and what is written is lost */
    bool read_only;

    pthread_mutex_t db_mutex;
    sqlite3 *db;
    sqlite3_stmt *statements[IAC_SQL_COUNT];
    int64_t workspace_id; /* 0 until its row exists */
    struct { const iac_type *type; uint64_t hash; int64_t id; } last_type; /* most objects share few types */

    iac_crypt *crypt;         /* borrowed; NULL: nothing is configured */
    iac_str sealing;          /* what the database says of its key; in the arena */
    bool sealing_known;       /* key is the one for `sealing` */
    const iac_crypt_key *key; /* that the contents are sealed with; NULL: they are not */

    bool locked; /* by us; only the opening thread looks */
    char lock_id[37];

    /* How a group is written: NULL, or why not, in words to be freed. NULL itself: into this database. */
    char *(*commit)(iac_store *store, const iac_submission *group, size_t n);
    bool shared; /* several runs may write it at a time: a working copy of a store that locks resources */

    pthread_mutex_t mutex; /* guards what follows */
    iac_arena *arena;      /* lineages, each valid until close */
    iac_str lineage;
    int64_t serial;
    bool running; /* the writer's thread was started */
    pthread_t thread;
    pthread_cond_t work, idle;
    struct { iac_submission *v; size_t n, cap; } queue;
    size_t in_flight; /* submissions the writer is busy with */
    bool stop;
    char *failure; /* first write that failed with nobody to tell */
    uint64_t commits; /* transactions made, for tests of group commit */
};

/* ---- sql.c ---- */
/* A prepared statement, reset and with no parameters bound; NULL when it cannot be prepared (iac_sql_error says why).
 * Belongs to the store: reset it when done reading (iac_sql_done). */
sqlite3_stmt *iac_sql_get(iac_store *store, iac_sql which);
void iac_sql_bind(sqlite3_stmt *statement, int index, iac_str text); /* borrowed until the statement is reset */
void iac_sql_bind_blob(sqlite3_stmt *statement, int index, iac_str bytes);
iac_str iac_sql_text(sqlite3_stmt *statement, int column); /* valid until the next step; blobs too */
/* Steps a statement that returns no rows, and resets it. SQLITE_OK or the error. */
int iac_sql_run(sqlite3_stmt *statement);
void iac_sql_done(sqlite3_stmt *statement);
int iac_sql_simple(iac_store *store, iac_sql which); /* get and run, without parameters */
/* What went wrong last, as people are told ("database or disk is full"). */
const char *iac_sql_error(iac_store *store);
/* Adds the diagnostic for a failed read or write of the database: what to do about it depends on rc. */
iac_status iac_sql_diag(iac_store *store, int rc, const char *summary, iac_diags *diags);

/* ---- migrate.c ---- */
/* Brings the database to the newest schema, or makes it. Adds a diagnostic when that cannot be. */
iac_status iac_migrate(iac_store *store, bool create, iac_diags *diags);

/* ---- store.c ---- */
/* Finds the workspace's row; with create makes it. SQLITE_OK also when there is none. Updates lineage and serial. */
int iac_store_load_workspace(iac_store *store, bool create);
void iac_uuid(char ret[37]); /* random, version 4 */


/* ---- seal.c ---- */
/* Each is called with db_mutex held. */
/* Finds the key that the contents are sealed with; IAC_ERR with a diagnostic where they may not be read. */
iac_status iac_seal_find(iac_store *store, iac_diags *diags);
/* Within a transaction: brings everything under the key that is configured now, if it is not. Sets *ret_changed. */
iac_status iac_seal_renew(iac_store *store, bool *ret_changed, iac_diags *diags);
/* After that transaction: leaves nothing in the file of what was there before. */
void iac_seal_scrub(iac_store *store);
/* Forgets what a transaction that failed may have found. */
void iac_seal_forget(iac_store *store);
/* What is sealed: the column, and the parts that tell the row from all others and must not change. */
typedef struct iac_sealed {
    const char *column;
    const iac_str *parts;
    size_t part_count;
} iac_sealed;
/* These need no store. With key NULL the text is taken as it is. */
void iac_seal_text(const iac_crypt_key *key, iac_str workspace, const iac_sealed *what, iac_str plain, iac_buf *out);
bool iac_unseal_text(const iac_crypt_key *key, iac_str workspace, const iac_sealed *what, iac_str sealed,
                     iac_arena *arena, iac_str *ret); /* false when it was changed */
/* What stands beside sealed contents: the metadata of their key, and something by which the key is known. NULL: nothing. */
void iac_sealing_write(const iac_crypt_key *key, iac_buf *out);
iac_status iac_sealing_unlock(iac_crypt *crypt, iac_str sealing, const char *place, const iac_crypt_key **ret,
                              iac_diags *diags);
/* before: the column as it is now, or empty: it stays where what it holds is the same. */
void iac_seal_column(iac_store *store, const iac_sealed *what, iac_str plain, iac_str before, iac_buf *out);
/* In the arena; false when it was changed. */
bool iac_unseal_column(iac_store *store, const iac_sealed *what, iac_str sealed, iac_arena *arena, iac_str *ret);
/* The parts of a row of objects, as iac_sealed wants them. */
enum { IAC_OBJECT_PARTS = 7 };
void iac_object_parts(iac_arena *arena, iac_str addr, iac_str deposed, iac_str provider, const iac_object *object,
                      iac_str dependencies, iac_str ret[IAC_OBJECT_PARTS]);

/* ---- snapshot.c ---- */
/* One object as it is stored. SQLITE_NOTFOUND when there is none, SQLITE_CORRUPT when it cannot be understood. */
int iac_store_read_object(iac_store *store, iac_arena *arena, iac_str addr, iac_str deposed, iac_str *ret_provider,
                          iac_object **ret);

/* ---- lock.c ---- */
/* A lock of this process that is to be taken. */
iac_lock_info iac_lock_new(iac_arena *arena, const char *operation);
/* Whether it is certain that the holder's process no longer lives, as far as `self` can know. */
bool iac_lock_is_gone(iac_arena *arena, const iac_lock_info *holder, const iac_lock_info *self);
/* Adds "Error acquiring the state lock"; gives IAC_BUSY. what: "resource X"; empty: the state. */
iac_status iac_lock_busy(const iac_lock_info *holder, iac_str what, iac_diags *diags);
/* Whether the lock is of this very process. */
bool iac_lock_is_ours(const iac_lock_info *holder);
/* Adds "Failed to unlock state": not locked (holder NULL), or under another id; gives IAC_ERR. */
iac_status iac_lock_not_broken(const iac_lock_info *holder, iac_str id, iac_diags *diags);
int64_t iac_now_ms(void); /* of the clock that never jumps */

/* What state files say made them: the release whose formats these are, so that Terraform reads them. */
#define IAC_TFSTATE_WRITTEN_BY "1.11.4"

/* ---- tfstate.c, tfstate_write.c ---- */
void iac_state_base64_add(iac_buf *out, iac_str bytes);
bool iac_state_base64_decode(iac_arena *arena, iac_str text, iac_str *ret); /* false: it is none */
/* What goes with a snapshot in the member "iac": intents, and the token of the lock it was written under. */
typedef struct iac_tfstate_extra {
    int64_t token;
    const iac_intent *intents;
    size_t intent_count;
} iac_tfstate_extra;
void iac_tfstate_write_extra(iac_buf *out, const iac_tfstate_extra *extra); /* into what iac_tfstate_write appended */
iac_status iac_tfstate_read_extra(iac_arena *arena, iac_str json, iac_tfstate_extra *ret, iac_diags *diags);

/* ---- writer.c ---- */
/* The queue and its thread, for any store that sets `commit`, and mutex, work and idle. */
void iac_writer_submit(iac_store *store, const iac_write *writes, size_t n,
                       void (*done)(void *arg, const char *error), void *arg);
iac_status iac_writer_flush(iac_store *store, const char *place, iac_diags *diags);
void iac_writer_stop(iac_store *store); /* after everything submitted was written */
/* Puts an object's row; SQLITE_OK or an error. */
int iac_writer_put_object(iac_store *store, iac_str addr, iac_str deposed, iac_str provider, const iac_object *object);
int iac_writer_put_output(iac_store *store, const iac_state_output *output);
int iac_writer_put_checks(iac_store *store, const iac_check_result *checks, size_t n);

/* ---- snapshot.c ---- */
/* Reads the state as it was in a generation. Called with db_mutex held, within a transaction. */
iac_status iac_snapshot_read_at(iac_store *store, int64_t generation, iac_arena *arena, iac_state *ret,
                                iac_diags *diags);

/* ---- blob.c ---- */
/* All of these are called with db_mutex held. SQLITE_OK or the error. */
typedef struct iac_blob_hash {
    uint8_t bytes[32];
} iac_blob_hash;
iac_blob_hash iac_blob_digest(iac_str bytes);
/* The row that holds these bytes, which is made where there is none. The only place where a blob is written. */
int iac_blob_put(iac_store *store, iac_str bytes, int64_t *ret_id);
/* The bytes of a row, in the arena, compared with their hash. SQLITE_CORRUPT when they are not what was stored. */
int iac_blob_get(iac_store *store, int64_t id, iac_arena *arena, iac_str *ret);
/* Seals every blob with another key. */
int iac_blob_renew(iac_store *store, const iac_crypt_key *key);

/* ---- object.c ---- */
void iac_paths_to_json(iac_buf *out, iac_paths paths);
/* [[{"type":"get_attr","value":"a"},..],..] as read from JSON; false when it is something else. */
bool iac_paths_from_value(iac_arena *arena, const iac_value *v, iac_paths *ret);
#endif

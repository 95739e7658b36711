/* state/backend/pg_rows.h - the store of the backend "pg" with resource_locks, shared by the pg_rows*.c files. Layer:
 * state/backend.
 *
 * Tables in the schema, beside Terraform's: iac_workspaces (a row a workspace: lineage, serial, results of checks, the
 * key that contents are sealed with: pg_rows_seal.h),
 * iac_objects and iac_outputs (a row an object or output), iac_versions (the serial at which an instance or an output
 * was last written or removed), iac_journal (intents, with the run they are of), iac_claims (what runs have locked).
 * In Terraform's table the workspace has a row that Terraform refuses: a state of format 5.
 *
 * A run has a random number, its owner, and holds that as an advisory lock of the session: claims whose owner nobody
 * holds are of the dead. Whoever claims has the workspace's row locked meanwhile. A write takes the next serial, and
 * is refused where the run's claims are gone or an instance has another version than the one that was read.
 *
 * The working copy is a database that gets what was committed, and what could not be: for the history, and for
 * errored.tfstate. A file lock keeps it in step where several runs use one directory.
 *
 * Threads: the one that opened it, and the writer's. The mutex of pg_backend guards all but the queue. */
#ifndef IAC_BACKEND_PG_ROWS_H
#define IAC_BACKEND_PG_ROWS_H
#include "state/backend/pg.h"
#include "state/store_internal.h"

typedef struct pg_rows {
    iac_store base; /* its driver and its queue */
    pg_backend *p;
    char *workspace;
    bool create;
    int64_t other;  /* id of the workspace's row in Terraform's layout, which replacing turns over; 0: it is not in it */
    bool unsaved;   /* something was not committed */
    int64_t id;     /* of the workspace's row; 0: there is none */
    int64_t owner;  /* 0: not locked */
    bool whole;     /* all of the workspace is */
    iac_lock_info mine;
    iac_store *inner; /* the working copy; read-only unless create; NULL until it is needed */
    char *dir;
    int sync;         /* its file lock; -1: none */
    iac_crypt *crypt; /* borrowed; NULL: nothing is configured */
    iac_str sealing;  /* what was said of the key last, and the key */
    const iac_crypt_key *key;
    iac_arena *arena; /* of lineages, of `sealing` and of the keys of `versions` */
    iac_str lineage;
    int64_t serial;
    iac_map versions; /* address, or "output.NAME": serial + 1 */
} pg_rows;

iac_status pg_rows_open(pg_backend *p, const char *workspace, bool create, iac_store **ret, iac_diags *diags);
/* Whether a state of Terraform's table stands for one that is kept in rows. */
bool pg_rows_is_marker(iac_str json);
/* For Terraform's layout, which found such a state: whether this process is turning the workspace over to it. Else an
 * error is added. */
bool pg_rows_leaving(pg_backend *p, const char *workspace, iac_diags *diags);
/* Removes the rows of a workspace. One without is fine. */
iac_status pg_rows_delete(pg_backend *p, const char *workspace, const char *summary, iac_diags *diags);
/* Takes (or gives back) the file lock of the working copy. */
void pg_rows_sync(pg_rows *r, bool take);

/* pg_rows_write.c */
char *pg_rows_commit(iac_store *store, const iac_submission *group, size_t n);
iac_status pg_rows_replace(iac_store *store, const iac_state *state, iac_diags *diags);
iac_status pg_rows_renew_seal(iac_store *store, iac_diags *diags);
/* The resource of an address, without keys. */
iac_str pg_rows_resource(iac_arena *arena, iac_addr addr);
extern const char pg_rows_marker[];

/* pg_rows_claim.c */
iac_status pg_rows_lock(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags);
iac_status pg_rows_lock_shared(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags);
iac_status pg_rows_claim(iac_store *store, const iac_claim *claims, size_t n, int64_t since, int64_t timeout_ms,
                         iac_arena *arena, iac_str *ret_moved, iac_diags *diags);
void pg_rows_unlock(iac_store *store);
iac_status pg_rows_force_unlock(iac_store *store, iac_str id, iac_diags *diags);
iac_status pg_rows_lock_info(iac_store *store, iac_arena *arena, iac_lock_info *ret, iac_diags *diags);
iac_status pg_rows_holders(iac_store *store, iac_arena *arena, const iac_holder **ret, size_t *ret_count,
                           iac_diags *diags);

/* Whether somebody holds the advisory lock of an owner; an expression of SQL. */
#define PG_LIVE(owner) \
    "EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = " \
    "(SELECT oid FROM pg_database WHERE datname = current_database()) AND ((l.classid::bigint << 32) | " \
    "l.objid::bigint) = " owner ")"

/* A parameter that is an array of texts. */
void pg_array_add(iac_buf *array, iac_str text);
void pg_array_end(iac_buf *array);
#endif

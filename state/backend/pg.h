/* state/backend/pg.h - the inside of the backend "pg", shared by the pg*.c files. Layer: state/backend.
 *
 * Terraform's table: SCHEMA.states (id bigint, name text, data text), a row a workspace. Its locks are advisory locks of
 * the session: that of the row's id, and -1 while a row is being made. Version of a snapshot: the row's xmin.
 *
 * Threads: one connection, guarded by `mutex`. Functions of pg_connection.c are called with it held. */
#ifndef IAC_BACKEND_PG_H
#define IAC_BACKEND_PG_H
#include "state/backend.h"
#include "state/backend/libpq.h"

#include <pthread.h>

typedef struct pg_held { /* a lock that the connection has, or is to have again when it was cut */
    iac_arena *arena;    /* of mine and workspace */
    const char *workspace;
    iac_lock_info mine;
    int64_t state; /* id of the row */
    bool lost;     /* somebody else has it now */
} pg_held;

typedef struct pg_backend {
    iac_arena *arena;
    const char *conn_str, *schema, *place; /* place: without secrets */
    iac_str quoted;                        /* the schema as SQL has it */
    bool skip_schema, skip_table, skip_index;
    bool resource_locks; /* states are kept resource by resource (pg_rows.h) */
    bool leaves;         /* this process is moving a workspace out of them, into Terraform's table */
    const char *data_dir;
    int64_t patience_ms; /* how long a server that is full is waited for */
    pthread_mutex_t mutex;
    PGconn *conn;
    bool prepared;  /* schema and tables are there */
    bool with_info; /* so is the table that tells who has a lock */
    int session;    /* the server's number of this connection, and of the one before that was cut */
    int cut_session;
    IAC_VEC(pg_held) held;
    char xid[24]; /* of the transaction under way, where its work found it out */
    bool retry;   /* it failed for what passes by itself */
} pg_backend;

/* Connects where there is no connection. A connection that was cut is made again, with the locks it had. A server that
 * has no connection left is waited for. */
iac_status pg_connect(pg_backend *p, const char *summary, iac_diags *diags);
/* Makes what is missing of schema, table and index, as far as the configuration lets us. */
iac_status pg_prepare(pg_backend *p, const char *summary, iac_diags *diags);
/* Runs one statement; every "{s}" in it stands for the quoted schema. A statement that a cut connection left open is run
 * once more: each one here may run twice. NULL with a diagnostic; PQclear the result. missing, where given: a table that
 * is not there is no error, and NULL is returned with it set. */
PGresult *pg_run(pg_backend *p, const char *summary, const char *sql, const char *const *parameters, int count,
                 bool *missing, iac_diags *diags);
/* Takes a lock again after the connection was cut (pg_lock.c). */
void pg_regain(pg_backend *p, pg_held *held);
/* One statement without any second try. Never NULL. */
PGresult *pg_run_once(pg_backend *p, const char *sql, const char *const *parameters, int count);

/* One statement of a transaction. NULL with a diagnostic. */
PGresult *pg_step(pg_backend *p, const char *summary, const char *sql, const char *const *parameters, int count,
                  iac_diags *diags);
/* Carries out `work` in a transaction that begins with the statement `mode`, and again where the connection was cut.
 * What work gives is returned; anything but IAC_OK rolls back. A commit whose answer is lost is asked after, if work has
 * put txid_current() into p->xid. */
typedef iac_status (*pg_work)(pg_backend *p, void *arg, iac_diags *diags);
iac_status pg_transact(pg_backend *p, const char *summary, const char *mode, pg_work work, void *arg, iac_diags *diags);

/* pg_lock.c, with the mutex held */
iac_status pg_advisory(pg_backend *p, iac_arena *arena, bool take, int64_t key, bool *ret, iac_diags *diags);
/* Who has the advisory lock; not_ours: our own session does not count. IAC_NOT_FOUND when nobody has. */
iac_status pg_holder_of(pg_backend *p, iac_arena *arena, int64_t key, bool not_ours, iac_lock_info *ret,
                        iac_diags *diags);
/* Ends the session of a holder, if it is the holder still. */
iac_status pg_end_session(pg_backend *p, iac_arena *arena, int64_t key, iac_str pid, const char *summary,
                          iac_diags *diags);
/* Notes a lock that was taken, for others to see and for a connection that is cut. */
void pg_keep(pg_backend *p, const char *workspace, const iac_lock_info *mine, int64_t key);
iac_status pg_give_back(pg_backend *p, pg_held *held, iac_arena *arena, iac_diags *diags);

iac_status pg_lock(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                   iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags);
iac_status pg_renew(void *self, const char *workspace, const iac_lock_info *mine, iac_diags *diags);
iac_status pg_unlock(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                     iac_diags *diags);
iac_status pg_lock_info(void *self, const char *workspace, iac_arena *arena, iac_lock_info *ret, iac_diags *diags);
pg_held *pg_find_held(pg_backend *p, const char *workspace); /* NULL: not held */
#endif

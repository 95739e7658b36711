/* state/store.h - the store that snapshots are kept in: one SQLite database in the working directory, a row an object,
 * durable after every operation. Layer: state; the only code that speaks SQL.
 *
 * Threads: a store is opened, locked, read and closed by one thread; iac_store_submit may be called by any. Writes are
 * carried out by the store's own thread, as many in one transaction as have come together (group commit). */
#ifndef IAC_STATE_STORE_H
#define IAC_STATE_STORE_H
#include "state/crypt.h"
#include "state/state.h"

typedef struct iac_store iac_store;
typedef struct iac_store_driver iac_store_driver; /* below: a store that is not this database */

/* Opens (or, with create, makes) the database DIR/state.db; dir is made too. workspace "default" or a name. Without
 * create and without a file: an empty store that stays in memory. A damaged file, one of a newer schema, or one that
 * cannot be read gives IAC_ERR and says what to do. */
iac_status iac_store_open(const char *dir, const char *workspace, bool create, iac_store **ret, iac_diags *diags);
/* A store in memory, for what is only read. */
iac_status iac_store_open_memory(const char *workspace, iac_store **ret, iac_diags *diags);
void iac_store_close(iac_store *store); /* waits for what was submitted, releases the lock; NULL is fine */

/* From now on contents are sealed as `crypt` says; before anything is read or written. Borrowed until the store is
 * closed. IAC_ERR with a diagnostic where the store cannot seal. NULL is fine: nothing is configured. */
iac_status iac_store_set_crypt(iac_store *store, iac_crypt *crypt, iac_diags *diags);
/* Brings what is stored under the key that is configured now, if it is not; every write does the same. Under the lock. */
iac_status iac_store_renew_seal(iac_store *store, iac_diags *diags);

typedef struct iac_lock_info {
    iac_str id;        /* UUID */
    iac_str operation; /* "plan", "apply", ... */
    iac_str who;       /* user@host */
    iac_str host;
    int64_t pid;
    iac_str created;   /* RFC 3339 */
    iac_str version;   /* of the program */
    iac_str path;      /* what is locked, as shown to people */
    iac_str info;      /* remarks */
    /* What tells the process from one that got its number later, or has it in another container; may be empty. */
    iac_str machine, boot, pid_namespace, started;
    /* Remote locks: renewed while the process lives, by the clock of the server. */
    int64_t lease_seconds; /* 0: the lock does not run out */
    int64_t token;         /* rises whenever a lock that ran out is taken over (fencing) */
    double idle_seconds;   /* since it was renewed, as the server sees it; < 0: not known */
    iac_str handle;        /* of the driver that read it */
} iac_lock_info;

/* Takes the workspace's lock, trying for timeout_ms. IAC_BUSY with an error that names the holder ("Error acquiring the
 * state lock"). The lock of a process that no longer lives on this host is taken over. */
iac_status iac_store_lock(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags);
void iac_store_unlock(iac_store *store);
iac_status iac_store_force_unlock(iac_store *store, iac_str id, iac_diags *diags);
/* Who has the lock; IAC_NOT_FOUND when nobody has. */
iac_status iac_store_lock_info(iac_store *store, iac_arena *arena, iac_lock_info *ret, iac_diags *diags);

/* ---- locking resources rather than all of it ---- */

/* What a run works with: an instance, all of a resource, or an output. */
typedef struct iac_claim {
    iac_str resource; /* without any keys: "module.m.aws_vpc.main"; or "output.NAME" */
    iac_str address;  /* of the instance; empty: all of it */
    bool exclusive;   /* it is to be changed; else it must not change */
} iac_claim;

/* Whether the store can do that. Where it cannot, the functions below are as harmless as iac_store_lock alone. */
bool iac_store_has_claims(const iac_store *store);
/* As iac_store_lock, but others may share the workspace: what is to be changed is claimed before it is written. */
iac_status iac_store_lock_shared(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags);
/* Claims these, and gives back what was claimed before, trying for timeout_ms. IAC_BUSY with an error that names the
 * resource and its holder. *ret_moved: one of them that was changed after the serial `since`; empty: none was. */
iac_status iac_store_claim(iac_store *store, const iac_claim *claims, size_t n, int64_t since, int64_t timeout_ms,
                           iac_arena *arena, iac_str *ret_moved, iac_diags *diags);
/* Addresses of instances, and names of outputs, that were changed after a serial, as of the last read. */
void iac_store_moved(iac_store *store, int64_t since, iac_arena *arena, const iac_str **ret, size_t *ret_count);

typedef struct iac_holder { /* a run at work */
    iac_lock_info info;
    bool whole; /* it has all of the workspace */
    const iac_claim *claims;
    size_t claim_count;
} iac_holder;
iac_status iac_store_holders(iac_store *store, iac_arena *arena, const iac_holder **ret, size_t *ret_count,
                             iac_diags *diags);

iac_status iac_store_read(iac_store *store, iac_arena *arena, const iac_state **ret, iac_diags *diags);

typedef enum iac_write_kind {
    IAC_WRITE_OBJECT,  /* put object (current, or deposed by its key) of addr */
    IAC_WRITE_REMOVE,  /* remove the object with `deposed` key (empty: current) of addr */
    IAC_WRITE_DEPOSE,  /* the current object of addr becomes deposed under `deposed` */
    IAC_WRITE_RESTORE, /* the deposed object `deposed` of addr becomes current again */
    IAC_WRITE_OUTPUT,  /* put output */
    IAC_WRITE_OUTPUT_REMOVE,
    IAC_WRITE_CHECKS, /* the results of all checks, in place of those before */
    IAC_WRITE_INTENT,      /* journal: what is about to be asked of a provider */
    IAC_WRITE_INTENT_DONE, /* journal: forget the intent with this token */
} iac_write_kind;

typedef struct iac_intent { /* a change that was begun */
    iac_str token;
    iac_addr addr;
    iac_str deposed;
    iac_str provider;
    iac_str action;  /* create, update, delete */
    iac_str prior, planned; /* iac_value_encode; may be empty */
    iac_str private_data;
    iac_str begun;   /* RFC 3339 */
} iac_intent;

typedef struct iac_write {
    iac_write_kind kind;
    iac_addr addr;
    iac_str provider;
    const iac_object *object;
    iac_str deposed;
    iac_state_output output;
    const iac_check_result *checks;
    size_t check_count;
    iac_intent intent; /* INTENT: all of it; INTENT_DONE: token */
} iac_write;

/* Hands over writes that become durable together, in the order given. They are borrowed until done is called (on the
 * store's thread; it must be quick and must not call the store): error is NULL, or why they could not be saved ("disk
 * I/O error"). done may be NULL: the error is then reported by iac_store_flush. */
void iac_store_submit(iac_store *store, const iac_write *writes, size_t n,
                      void (*done)(void *arg, const char *error), void *arg);
/* Waits until everything submitted is durable. IAC_ERR with a diagnostic when something could not be saved. */
iac_status iac_store_flush(iac_store *store, iac_diags *diags);
/* Lineage and serial as of the last durable write. The serial rises with every transaction that changes objects or
 * outputs, the lineage is made at the first. */
int64_t iac_store_serial(iac_store *store);
iac_str iac_store_lineage(iac_store *store); /* valid until the store is closed */
/* Intents that a run left behind. */
iac_status iac_store_intents(iac_store *store, iac_arena *arena, const iac_intent **ret, size_t *ret_count,
                             iac_diags *diags);
/* What iac_store_check looked at. */
typedef struct iac_integrity {
    size_t objects, intents;
} iac_integrity;

/* Checks the whole state on demand: the structure of the database's file, that every row decodes with a type that is
 * there (errors, and IAC_ERR), that dependencies name resources with objects and that no change is open (warnings). */
iac_status iac_store_check(iac_store *store, iac_integrity *ret, iac_diags *diags);
/* Replaces everything by `state` (state push, taking over a tfstate file), in one transaction. */
iac_status iac_store_replace(iac_store *store, const iac_state *state, iac_diags *diags);
iac_status iac_store_workspaces(const char *dir, iac_arena *arena, iac_str **ret, size_t *ret_count, iac_diags *diags);
/* Deletes a workspace of the database with all it holds; IAC_ERR when it is locked. One that is not there is fine. */
iac_status iac_store_delete_workspace(const char *dir, const char *workspace, iac_diags *diags);

/* A store of another kind: each function as the iac_store_ function of that name. Its own structure begins with an
 * iac_store made by calloc, of which only `driver` is set (state/store_internal.h). */
struct iac_store_driver {
    void (*close)(iac_store *store);
    iac_status (*lock)(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags);
    void (*unlock)(iac_store *store);
    iac_status (*force_unlock)(iac_store *store, iac_str id, iac_diags *diags);
    iac_status (*lock_info)(iac_store *store, iac_arena *arena, iac_lock_info *ret, iac_diags *diags);
    iac_status (*read)(iac_store *store, iac_arena *arena, const iac_state **ret, iac_diags *diags);
    void (*submit)(iac_store *store, const iac_write *writes, size_t n, void (*done)(void *arg, const char *error),
                   void *arg);
    iac_status (*flush)(iac_store *store, iac_diags *diags);
    int64_t (*serial)(iac_store *store);
    iac_str (*lineage)(iac_store *store);
    iac_status (*intents)(iac_store *store, iac_arena *arena, const iac_intent **ret, size_t *ret_count,
                          iac_diags *diags);
    iac_status (*replace)(iac_store *store, const iac_state *state, iac_diags *diags);
    /* The local database that holds what this store last read and wrote: its history is kept there. NULL, or a NULL
     * result: no history is kept (state/history.h). */
    iac_store *(*database)(iac_store *store);
    /* NULL: the store cannot encrypt. */
    iac_status (*set_crypt)(iac_store *store, iac_crypt *crypt, iac_diags *diags);
    iac_status (*renew_seal)(iac_store *store, iac_diags *diags);
    /* NULL, all of them: resources cannot be locked one by one. */
    iac_status (*lock_shared)(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags);
    iac_status (*claim)(iac_store *store, const iac_claim *claims, size_t n, int64_t since, int64_t timeout_ms,
                        iac_arena *arena, iac_str *ret_moved, iac_diags *diags);
    void (*moved)(iac_store *store, int64_t since, iac_arena *arena, const iac_str **ret, size_t *ret_count);
    iac_status (*holders)(iac_store *store, iac_arena *arena, const iac_holder **ret, size_t *ret_count,
                          iac_diags *diags);
};
#endif

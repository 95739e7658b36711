/* state/backend.h - where states are kept besides the working directory's database: named drivers, as in Terraform's
 * backend blocks. Layer: state (sees lang/base, value, addr). Drivers live in state/backend/.
 *
 * Two kinds of driver:
 *
 * - One that keeps whole snapshots (tfstate version 4, the bytes that Terraform keeps there) fills in read, write, lock
 *   and what belongs to them. The store that the engine uses is then a working copy: a database under the data
 *   directory in which every commit is durable at once, and from which a thread of its own brings the newest snapshot to
 *   the backend, one upload at a time (state/mirror.c). Intents of the journal travel in the member "iac" of the JSON,
 *   which Terraform ignores, and are there before the provider is called.
 * - One that keeps rows of its own fills in open_store, and gives an iac_store with a table of functions
 *   (iac_store_driver, state/store.h).
 *
 * Threads: a configured backend may be used by several threads at a time (upload and heartbeat). Functions block; they
 * retry by themselves what is worth it. Errors are diagnostics; secrets never appear in them. */
#ifndef IAC_STATE_BACKEND_H
#define IAC_STATE_BACKEND_H
#include "state/crypt.h"
#include "state/store.h"

/* An argument of the block. Values come from the configuration, else the environment, else `otherwise`. */
typedef struct iac_backend_argument {
    const char *name;       /* NULL ends a list */
    const char *type;       /* as in schemas: "\"string\"", "[\"set\",\"string\"]"; NULL: an object of `nested` */
    const char *env;        /* names of variables, tried in turn, separated by blanks; or NULL */
    const char *otherwise;  /* the value where nothing else gives one; or NULL */
    bool required;          /* checked after the environment was looked at */
    bool sensitive;
    bool hidden;            /* not in blocks: set by options of the command line */
    const struct iac_backend_argument *nested; /* NAME = { ... } */
    bool block;             /* with nested: NAME { ... } instead, at most once; the value is a list */
} iac_backend_argument;

typedef struct iac_snapshot {
    iac_str json;    /* empty: there is none */
    iac_str version; /* what the backend calls this content (an ETag, a digest); empty where there is none */
} iac_snapshot;

/* What a driver is configured with. Borrowed for the call of configure. */
typedef struct iac_backend_setup {
    const iac_value *config; /* an object of all arguments, known and unmarked; absent ones are null */
    const iac_value *given;  /* what the configuration gives of it; may be NULL */
    const char *data_dir;    /* ".iac" */
    int64_t patience_ms;     /* how long to wait for other runs (-lock-timeout) */
} iac_backend_setup;

typedef struct iac_backend_driver {
    const char *name;
    const iac_backend_argument *arguments;
    /* self is the driver's own, freed by free. */
    iac_status (*configure)(const iac_backend_setup *setup, void **ret_self, iac_diags *diags);
    void (*free)(void *self);
    /* Appends what tells this place from all others, without secrets ("s3://bucket/key"): it is shown to people, and
     * names the working copy. */
    void (*describe)(void *self, iac_buf *out);

    /* NULL: there is the default workspace only. Names in byte order, "default" included. */
    iac_status (*workspaces)(void *self, iac_arena *arena, iac_str **ret, size_t *ret_count, iac_diags *diags);
    iac_status (*delete_workspace)(void *self, const char *workspace, iac_diags *diags);

    /* Everything of the store by itself; what follows is then NULL. IAC_NOT_FOUND without a diagnostic: configured as
     * it is, whole snapshots are kept after all. */
    iac_status (*open_store)(void *self, const char *workspace, bool create, iac_store **ret, iac_diags *diags);

    /* The newest snapshot. IAC_OK with empty json when there is none. */
    iac_status (*read)(void *self, const char *workspace, iac_arena *arena, iac_snapshot *ret, iac_diags *diags);
    /* Puts `json` in the place of the snapshot whose version is `over` (empty: of none), under the lock lock_id (empty:
     * without one). IAC_BUSY without a diagnostic when something else is there. */
    iac_status (*write)(void *self, const char *workspace, iac_str json, iac_str over, iac_str lock_id,
                        iac_arena *arena, iac_str *ret_version, iac_diags *diags);

    /* Takes the lock. IAC_BUSY without a diagnostic when somebody has it: *ret_holder is filled as far as known. `over`:
     * a holder whose lease has run out (as ret_holder told it), whose place is to be taken, unless it has changed. NULL:
     * there is no locking. */
    iac_status (*lock)(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                       iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags);
    /* Says that the holder of `mine` lives. IAC_BUSY when the lock is somebody else's by now, IAC_NOT_FOUND when it is
     * gone. NULL: locks of this backend do not run out. */
    iac_status (*renew)(void *self, const char *workspace, const iac_lock_info *mine, iac_diags *diags);
    /* Gives back, or breaks, the lock with this id. IAC_NOT_FOUND when there is none, IAC_BUSY with *ret_holder when it
     * is another's; both without a diagnostic. */
    iac_status (*unlock)(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                         iac_diags *diags);
    /* IAC_NOT_FOUND when it is not locked. NULL: cannot be told. */
    iac_status (*lock_info)(void *self, const char *workspace, iac_arena *arena, iac_lock_info *ret, iac_diags *diags);
} iac_backend_driver;

extern const iac_backend_driver *const iac_backend_drivers[]; /* state/backend/registry.c; ends with NULL */
const iac_backend_driver *iac_backend_find(iac_str name);     /* NULL: there is none */

/* A driver that was configured. */
typedef struct iac_backend iac_backend;

/* `config`: an object of the arguments that the configuration gives; the environment and defaults are added here.
 * Everything is copied. */
iac_status iac_backend_open(const iac_backend_driver *driver, const iac_value *config, const char *data_dir,
                            int64_t patience_ms, iac_backend **ret, iac_diags *diags);
void iac_backend_close(iac_backend *backend); /* after its stores; NULL is fine */
const iac_backend_driver *iac_backend_driver_of(const iac_backend *backend);
const char *iac_backend_describe(const iac_backend *backend);
/* Whether there can be workspaces besides the default one. */
bool iac_backend_has_workspaces(const iac_backend *backend);
iac_status iac_backend_workspaces(iac_backend *backend, iac_arena *arena, iac_str **ret, size_t *ret_count,
                                  iac_diags *diags);
/* Makes an empty workspace, if there is none of the name. */
iac_status iac_backend_create_workspace(iac_backend *backend, const char *workspace, iac_diags *diags);
/* Deletes a workspace with all it holds. */
iac_status iac_backend_delete_workspace(iac_backend *backend, const char *workspace, iac_diags *diags);
/* The store of a workspace. create: for writing; else what is read is as of the opening. A working copy that is ahead of
 * the backend (an upload failed, or the process died) is brought there first, under the lock. */
iac_status iac_backend_open_store(iac_backend *backend, const char *workspace, bool create, iac_store **ret,
                                  iac_diags *diags);

/* How states are sealed: whole snapshots as they leave this machine, and the rows of databases. Borrowed; before stores
 * are opened. NULL: not configured. */
void iac_backend_set_crypt(iac_backend *backend, iac_crypt *crypt);
iac_crypt *iac_backend_crypt(const iac_backend *backend);

/* ---- for drivers ---- */
/* Argument values of a complete configuration. */
const char *iac_backend_text(iac_arena *arena, const iac_value *config, const char *name); /* NULL: not given */
bool iac_backend_flag(const iac_value *config, const char *name);
int64_t iac_backend_number(const iac_value *config, const char *name, int64_t otherwise);

/* Lock information as Terraform writes it ({"ID":..,"Operation":..,...}), with members of our own that Terraform
 * ignores: the process, and the lease. */
void iac_lock_info_write(iac_buf *out, const iac_lock_info *info);
/* false when the text is not that. */
bool iac_lock_info_read(iac_arena *arena, iac_str json, iac_lock_info *ret);
/* "2026-01-02T03:04:05.123456Z" of seconds since the epoch, and back; 0 when it is no time. */
iac_str iac_time_text(iac_arena *arena, double seconds);
double iac_time_parse(iac_str text);
/* A lock that was not renewed for so long may be taken; it is renewed every third. 45; tests set IAC_TEST_LEASE_SECONDS
 * to wait less. */
int64_t iac_lease_seconds(void);

/* Writes a file so that it is there as a whole, or not at all, whatever happens. errno on failure, else 0. */
int iac_write_file(const char *path, iac_str bytes, unsigned mode);
/* Makes the name of a file or a folder durable: synchronises the folder that it is in. errno on failure, else 0. */
int iac_sync_folder(const char *path);

/* ---- the working copy (mirror.c) ---- */
void *iac_backend_self(const iac_backend *backend);
const char *iac_backend_data_dir(const iac_backend *backend);
iac_status iac_mirror_open(iac_backend *backend, const char *workspace, bool create, iac_store **ret,
                           iac_diags *diags);
#endif

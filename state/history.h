/* state/history.h - what was done to a state, by whom, from which configuration, and what it was before and after.
 * Layer: state.
 *
 * Entries live in the store's database, numbered from 1 in each workspace. States of the past are not copied: the
 * database keeps the rows that were replaced (state/migrate.c), so that an entry costs what it changed. Configuration
 * files, variables and plans are blobs, each content stored once (state/blob.c).
 *
 * A store whose original is elsewhere keeps its history in the working copy; a store without a database of its own keeps
 * none: entries then have the number 0, and what is done to those does nothing.
 *
 * Threads: as reading the store; the one that opened it. */
#ifndef IAC_STATE_HISTORY_H
#define IAC_STATE_HISTORY_H
#include "state/store.h"

typedef struct iac_history_file {
    iac_str path, text;
} iac_history_file;

typedef struct iac_history_module { /* where the module of a call was */
    iac_str key; /* as modules.json has it: "a.b" */
    iac_str dir, source, version, constraint;
} iac_history_module;

/* The files of all modules of a configuration. */
typedef struct iac_history_config {
    iac_str dir; /* of the root module; empty: there is none (a command that needs no configuration) */
    const iac_history_file *files; /* by path */
    size_t file_count;
    const iac_history_module *modules; /* by key */
    size_t module_count;
} iac_history_config;

typedef struct iac_history_entry {
    int64_t number;
    iac_str command;   /* "apply", "state mv" */
    iac_str arguments; /* JSON array of texts, without secrets */
    int64_t origin;    /* of a rollback or restoration: the entry gone back to; 0: none */
    iac_str status;    /* running, ok, failed, interrupted */
    int exit;          /* the command's exit status, where it has ended */
    iac_str begun, ended; /* RFC 3339; ended is empty while it runs */
    iac_str who, host;
    int64_t pid;
    iac_str version;   /* of the program */
    iac_str cwd;
    iac_str git_commit, git_branch; /* of the working directory; empty where there is none */
    iac_str lineage;
    int64_t serial_before, serial_after;
    size_t added, changed, destroyed, imported;
    iac_str errors;    /* JSON array of texts */
    bool has_config, has_plan;
    /* Contents: given to iac_history_begin, and read by iac_history_load alone. */
    iac_history_config config;
    iac_str variables; /* JSON; see engine/cli/record.c */
    iac_str plan;      /* iac_planfile_pack */
} iac_history_entry;

/* Keeps a new entry of status "running", durably: number, status, times, user, process, lineage and serials are filled
 * in here. Entries that still run are marked as interrupted: the caller has the lock. Nothing submitted to the store
 * may be outstanding. */
iac_status iac_history_begin(iac_store *store, const iac_history_entry *entry, int64_t *ret_number, iac_diags *diags);
/* Completes it durably: status ("ok", "failed"), exit, counts and errors are taken from `entry`, the rest is filled in. */
iac_status iac_history_end(iac_store *store, int64_t number, const iac_history_entry *entry, iac_diags *diags);

/* All entries of the workspace, newest first, without contents. Running ones whose process is gone are given as
 * interrupted. */
iac_status iac_history_list(iac_store *store, iac_arena *arena, const iac_history_entry **ret, size_t *ret_count,
                            iac_diags *diags);
/* One entry with its contents. An error when there is none with this number, or its contents are damaged. */
iac_status iac_history_load(iac_store *store, int64_t number, iac_arena *arena, iac_history_entry *ret,
                            iac_diags *diags);
/* The state before or after an entry, without results of checks. */
iac_status iac_history_state(iac_store *store, int64_t number, bool before, iac_arena *arena, const iac_state **ret,
                             iac_diags *diags);

/* Removes entries but the newest `keep` (< 0: any number), and those begun more than max_age_seconds ago (<= 0: never),
 * with all that only they needed. Running ones stay. */
iac_status iac_history_prune(iac_store *store, int64_t keep, int64_t max_age_seconds, size_t *ret_removed,
                             iac_diags *diags);
#endif

/* state/mirror_internal.h - the inside of a working copy, shared by mirror.c, mirror_upload.c and mirror_record.c.
 *
 * Threads: the one that opened it; the inner store's writer, which reports commits; the uploader; the heartbeat. `mutex`
 * guards what is marked so; nothing blocks while it is held but the writing of the record. */
#ifndef IAC_STATE_MIRROR_INTERNAL_H
#define IAC_STATE_MIRROR_INTERNAL_H
#include "state/backend.h"
#include "state/store_internal.h"

typedef struct iac_mirror iac_mirror;

typedef struct iac_mirror_submission {
    iac_mirror *mirror;
    void (*done)(void *arg, const char *error);
    void *arg;
    bool waits;          /* for the upload: it holds an intent */
    uint64_t generation; /* of the commit */
} iac_mirror_submission;

struct iac_mirror {
    iac_store base; /* only its driver is used */
    iac_backend *backend;
    const iac_backend_driver *driver;
    void *self;
    char *workspace;
    char *dir, *record_path; /* of the working copy */
    iac_store *inner;
    iac_store *history; /* of who only reads: the working copy as it is on disk, read-only; NULL until it is needed */
    bool create;        /* opened for writing */
    bool in_memory;     /* only read: no working copy */
    bool synced;        /* the inner store holds what the backend has */
    bool locked, remote_locked, taken_over;
    bool advised;       /* what to do about a failed upload was said */
    iac_arena *arena;   /* of `mine` */
    iac_lock_info mine;

    pthread_mutex_t mutex; /* guards the rest */
    pthread_cond_t work, idle;
    int64_t token;
    char *version;      /* of the backend's snapshot; NULL: none */
    char digest[65];    /* of its bytes */
    char attempt[65];   /* of the bytes whose upload began last */
    bool uncertain;     /* it failed, and may have arrived all the same */
    char arrived[65];   /* of the bytes uploaded last by this run, before they were sealed; "": upload whatever it is */
    bool dirty;         /* on disk: there may be changes that the backend has not */
    uint64_t changed, tried, uploaded; /* generations */
    bool running, busy, stop;
    pthread_t uploader;
    iac_diags failure;  /* of the last upload */
    IAC_VEC(iac_mirror_submission *) waiting;
    bool beating, stop_beating;
    pthread_t heart;
    pthread_cond_t beat;
    char *lost; /* why the lock is not ours any more */
};

/* ---- mirror_upload.c ---- */
iac_mirror *iac_mirror_new(iac_backend *backend, const char *workspace);
void iac_mirror_free(iac_mirror *m); /* threads have ended */
/* Notes that changes are to come. NULL, or why there must be none. */
const char *iac_mirror_begin_changes(iac_mirror *m);
/* The inner store's report on a submission; frees it. */
void iac_mirror_saved(void *submission, const char *error);
/* There is something to upload; submission: what waits for it, or NULL. */
void iac_mirror_changed(iac_mirror *m, iac_mirror_submission *submission);
/* Waits until the backend has everything, trying again what failed. */
iac_status iac_mirror_finish(iac_mirror *m, iac_diags *diags);
void iac_mirror_stop_uploads(iac_mirror *m);
void iac_mirror_keep_lock(iac_mirror *m, const iac_lock_info *mine); /* and start the heartbeat */
void iac_mirror_stop_heartbeat(iac_mirror *m);
/* Appends the snapshot as it is uploaded. ret_plain: the digest of it as it was before it was sealed; may be NULL. */
iac_status iac_mirror_snapshot(iac_mirror *m, iac_buf *out, char *ret_plain, iac_diags *diags);
/* Uploads what there is even if it was uploaded before, and waits for that. */
iac_status iac_mirror_upload_again(iac_mirror *m, iac_diags *diags);

/* ---- mirror_record.c ---- */
void iac_mirror_set_version(iac_mirror *m, iac_str version);
void iac_mirror_digest(iac_str bytes, char ret[65]); /* hex SHA-256; of nothing: "" */
iac_status iac_mirror_load_record(iac_mirror *m, iac_diags *diags);
iac_status iac_mirror_save_record(iac_mirror *m, iac_diags *diags); /* durable when it returns */
/* The folder of the working copy of a place, for free. */
char *iac_working_copy(const char *data_dir, const char *place);
/* Saves a snapshot as errored.tfstate, or a similar name that is free, in the current directory. */
iac_status iac_save_errored(iac_str json, char ret_name[64], iac_diags *diags);
iac_status iac_mirror_save_errored(iac_mirror *m, char ret_name[64], iac_diags *diags);
#endif

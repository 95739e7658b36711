#include "state/backend.h"
#include "state/mirror_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A store whose original is elsewhere. The working copy below it is an ordinary database, so that every commit is
 * durable at once; the uploader's thread (mirror_upload.c) brings the newest snapshot to the backend. What is known of
 * the original is in the record beside the database (mirror_record.c). */

static iac_mirror *mirror_of(iac_store *store)
{
    return (iac_mirror *)store;
}

/* ---- bringing the working copy up to date ---- */

static iac_status forget_intents(iac_mirror *m, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    const iac_intent *intents = NULL;
    size_t n = 0;
    iac_status status = iac_store_intents(m->inner, arena, &intents, &n, diags);
    iac_write *writes = iac_arena_array(arena, iac_write, n);
    for (size_t i = 0; i < n; i++)
        writes[i] = (iac_write){ .kind = IAC_WRITE_INTENT_DONE, .intent = { .token = intents[i].token } };
    if (status == IAC_OK && n) {
        iac_store_submit(m->inner, writes, n, NULL, NULL);
        status = iac_store_flush(m->inner, diags);
    }
    iac_arena_free(arena);
    return status;
}

static iac_status put_intents(iac_mirror *m, iac_arena *arena, const iac_tfstate_extra *extra, iac_diags *diags)
{
    iac_write *writes = iac_arena_array(arena, iac_write, extra->intent_count);
    if (!extra->intent_count)
        return IAC_OK;
    for (size_t i = 0; i < extra->intent_count; i++)
        writes[i] = (iac_write){ .kind = IAC_WRITE_INTENT, .intent = extra->intents[i] };
    iac_store_submit(m->inner, writes, extra->intent_count, NULL, NULL);
    return iac_store_flush(m->inner, diags);
}

/* The working copy becomes what the backend has. The record is written last: a death before that repeats it all. */
static iac_status take_snapshot(iac_mirror *m, iac_arena *arena, const iac_snapshot *snapshot, iac_diags *diags)
{
    static const iac_state nothing;
    const iac_state *state = &nothing;
    iac_tfstate_extra extra = { 0 };
    iac_str json = snapshot->json;
    if (json.n && (iac_snapshot_open(iac_backend_crypt(m->backend), arena, &json, NULL, diags) != IAC_OK ||
                   iac_tfstate_read(arena, json, &state, diags) != IAC_OK ||
                   iac_tfstate_read_extra(arena, json, &extra, diags) != IAC_OK))
        return IAC_ERR;
    if (forget_intents(m, diags) != IAC_OK || iac_store_replace(m->inner, state, diags) != IAC_OK ||
        put_intents(m, arena, &extra, diags) != IAC_OK)
        return IAC_ERR;
    if (extra.token > m->token)
        m->token = extra.token;
    iac_mirror_set_version(m, snapshot->version);
    iac_mirror_digest(snapshot->json, m->digest);
    m->arrived[0] = '\0';
    m->dirty = false;
    return iac_mirror_save_record(m, diags);
}

/* What was never uploaded and what is there by now exclude each other: people decide. */
static iac_status diverged(iac_mirror *m, iac_arena *arena, const iac_snapshot *snapshot, iac_diags *diags)
{
    char name[64];
    if (iac_mirror_save_errored(m, name, diags) != IAC_OK || take_snapshot(m, arena, snapshot, diags) != IAC_OK)
        return IAC_ERR;
    iac_diag_error(diags, IAC_NO_RANGE, "State was changed elsewhere while an upload was outstanding",
                   "An earlier run made changes that could not be saved to %s, and the state there was changed by "
                   "somebody else since. Nothing was overwritten: the outstanding state was moved to the file \"%s\" in "
                   "the current working directory.\n\nTo put it in the place of what the backend has, run \"iac state "
                   "push -force %s\". To give it up, delete the file. Commands work with the state of the backend from "
                   "now on.",
                   iac_backend_describe(m->backend), name, name);
    return IAC_ERR;
}

static iac_status resume(iac_mirror *m, iac_arena *arena, const iac_snapshot *snapshot, iac_diags *diags)
{
    char digest[65];
    iac_mirror_digest(snapshot->json, digest);
    bool unchanged = iac_str_is(snapshot->version, m->version ? m->version : "") &&
                     (snapshot->version.n || strcmp(digest, m->digest) == 0);
    bool ours = snapshot->json.n && strcmp(digest, m->attempt) == 0; /* it arrived, and we died before we knew */
    if (!unchanged && !ours)
        return diverged(m, arena, snapshot, diags);
    iac_mirror_set_version(m, snapshot->version);
    return iac_mirror_upload_again(m, diags);
}

/* Once a session, under the lock where there is one. */
static iac_status bring_up_to_date(iac_mirror *m, iac_diags *diags)
{
    if (m->synced)
        return IAC_OK;
    if (m->dirty && !m->locked && !m->create)
        return IAC_OK; /* newer than the backend; who only looks is shown it */
    iac_arena *arena = iac_arena_new();
    iac_snapshot snapshot = { 0 };
    iac_status status = m->driver->read(m->self, m->workspace, arena, &snapshot, diags);
    if (status == IAC_OK && m->dirty)
        status = resume(m, arena, &snapshot, diags);
    else if (status == IAC_OK &&
             (m->in_memory || !snapshot.version.n || !m->version || !iac_str_is(snapshot.version, m->version)))
        status = take_snapshot(m, arena, &snapshot, diags);
    /* Whoever had the lock before us and still believes to have it writes over what he read: it must be gone. */
    if (status == IAC_OK && m->taken_over && snapshot.json.n)
        status = iac_mirror_upload_again(m, diags);
    m->synced = status == IAC_OK;
    m->taken_over = false;
    iac_arena_free(arena);
    return status;
}

/* ---- the lock ---- */

/* One try. IAC_BUSY with the holder. */
static iac_status try_lock(iac_mirror *m, iac_lock_info *mine, iac_arena *arena, iac_lock_info *holder,
                           iac_diags *diags)
{
    iac_status status = m->driver->lock(m->self, m->workspace, mine, NULL, arena, holder, diags);
    if (status != IAC_BUSY)
        return status;
    bool gone = iac_lock_is_gone(arena, holder, mine);
    bool run_out = holder->lease_seconds > 0 && holder->idle_seconds > (double)holder->lease_seconds;
    if (!gone && !run_out)
        return IAC_BUSY;
    mine->token = holder->token + 1;
    if (m->driver->renew) {
        status = m->driver->lock(m->self, m->workspace, mine, holder, arena, holder, diags);
    } else {
        iac_lock_info other;
        status = m->driver->unlock(m->self, m->workspace, holder->id, arena, &other, diags);
        if (status != IAC_ERR)
            status = m->driver->lock(m->self, m->workspace, mine, NULL, arena, holder, diags);
    }
    if (status == IAC_OK) {
        m->taken_over = true;
        m->token = mine->token;
    }
    return status;
}

static iac_status lock_backend(iac_mirror *m, const char *operation, int64_t deadline, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    int64_t pause = 100;
    iac_status status;
    iac_lock_info mine = iac_lock_new(arena, operation);
    mine.path = iac_str_of(iac_backend_describe(m->backend));
    mine.lease_seconds = m->driver->renew ? iac_lease_seconds() : 0;
    for (;;) {
        iac_lock_info holder = { 0 };
        mine.token = m->token;
        status = try_lock(m, &mine, arena, &holder, diags);
        int64_t left = deadline - iac_now_ms();
        if (status == IAC_BUSY && left <= 0)
            status = iac_lock_busy(&holder, (iac_str){ 0 }, diags);
        else if (status == IAC_BUSY) {
            usleep((useconds_t)((left < pause ? left : pause) * 1000));
            pause = pause < 2000 ? pause * 2 : 2000;
            continue;
        }
        break;
    }
    if (status == IAC_OK)
        iac_mirror_keep_lock(m, &mine);
    iac_arena_free(arena);
    return status;
}

static void unlock_backend(iac_mirror *m)
{
    if (!m->remote_locked)
        return;
    iac_mirror_stop_heartbeat(m);
    iac_arena *arena = iac_arena_new();
    iac_diags ignored = IAC_DIAGS_INIT; /* a lock that stays runs out, or is broken by hand */
    iac_lock_info holder;
    m->driver->unlock(m->self, m->workspace, m->mine.id, arena, &holder, &ignored);
    iac_diags_clear(&ignored);
    iac_arena_free(arena);
    m->remote_locked = false;
}

static iac_status mirror_lock(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags)
{
    iac_mirror *m = mirror_of(store);
    int64_t deadline = iac_now_ms() + timeout_ms;
    iac_status status = m->in_memory ? IAC_OK : iac_store_lock(m->inner, operation, timeout_ms, diags);
    if (status == IAC_OK && m->driver->lock) {
        status = lock_backend(m, operation, deadline, diags);
        if (status != IAC_OK)
            iac_store_unlock(m->inner);
    }
    m->locked = status == IAC_OK;
    m->synced = false; /* what was read before may be old by now */
    return status;
}

static void mirror_unlock(iac_store *store)
{
    iac_mirror *m = mirror_of(store);
    iac_diags ignored = IAC_DIAGS_INIT; /* told by the flush before; the working copy keeps it */
    if (!m->in_memory)
        iac_mirror_finish(m, &ignored);
    iac_diags_clear(&ignored);
    unlock_backend(m);
    iac_store_unlock(m->inner);
    m->locked = false;
}

static iac_status mirror_force_unlock(iac_store *store, iac_str id, iac_diags *diags)
{
    iac_mirror *m = mirror_of(store);
    if (!m->driver->unlock)
        return iac_store_force_unlock(m->inner, id, diags);
    iac_arena *arena = iac_arena_new();
    iac_lock_info holder = { 0 };
    iac_status status = m->driver->unlock(m->self, m->workspace, id, arena, &holder, diags);
    if (status == IAC_BUSY || status == IAC_NOT_FOUND)
        status = iac_lock_not_broken(status == IAC_BUSY ? &holder : NULL, id, diags);
    iac_arena_free(arena);
    return status;
}

static iac_status mirror_lock_info(iac_store *store, iac_arena *arena, iac_lock_info *ret, iac_diags *diags)
{
    iac_mirror *m = mirror_of(store);
    if (!m->driver->lock_info) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to read the lock",
                       "The backend %s does not tell who has the lock.", iac_backend_describe(m->backend));
        return IAC_ERR;
    }
    return m->driver->lock_info(m->self, m->workspace, arena, ret, diags);
}

/* ---- reading and writing ---- */

static iac_status mirror_read(iac_store *store, iac_arena *arena, const iac_state **ret, iac_diags *diags)
{
    iac_mirror *m = mirror_of(store);
    if (bring_up_to_date(m, diags) != IAC_OK)
        return IAC_ERR;
    return iac_store_read(m->inner, arena, ret, diags);
}

static iac_status mirror_intents(iac_store *store, iac_arena *arena, const iac_intent **ret, size_t *ret_count,
                                 iac_diags *diags)
{
    iac_mirror *m = mirror_of(store);
    if (bring_up_to_date(m, diags) != IAC_OK)
        return IAC_ERR;
    return iac_store_intents(m->inner, arena, ret, ret_count, diags);
}

static void mirror_submit(iac_store *store, const iac_write *writes, size_t n,
                          void (*done)(void *arg, const char *error), void *arg)
{
    iac_mirror *m = mirror_of(store);
    iac_mirror_submission *submission = iac_xcalloc(1, sizeof(*submission));
    *submission = (iac_mirror_submission){ .mirror = m, .done = done, .arg = arg };
    for (size_t i = 0; i < n; i++)
        submission->waits |= writes[i].kind == IAC_WRITE_INTENT;
    const char *error = iac_mirror_begin_changes(m);
    if (error) {
        iac_mirror_saved(submission, error);
        return;
    }
    iac_store_submit(m->inner, writes, n, iac_mirror_saved, submission);
}

static iac_status mirror_flush(iac_store *store, iac_diags *diags)
{
    iac_mirror *m = mirror_of(store);
    iac_status status = iac_store_flush(m->inner, diags);
    if (iac_mirror_finish(m, diags) != IAC_OK)
        status = IAC_ERR;
    return status;
}

static iac_status mirror_set_crypt(iac_store *store, iac_crypt *crypt, iac_diags *diags)
{
    return iac_store_set_crypt(mirror_of(store)->inner, crypt, diags);
}

/* What the backend has is told apart from what it should have by its key. */
static iac_status mirror_renew_seal(iac_store *store, iac_diags *diags)
{
    iac_mirror *m = mirror_of(store);
    iac_crypt *crypt = iac_backend_crypt(m->backend);
    if (!crypt || bring_up_to_date(m, diags) != IAC_OK)
        return crypt ? IAC_ERR : IAC_OK;
    iac_arena *arena = iac_arena_new();
    iac_snapshot snapshot = { 0 };
    bool current = true;
    iac_status status = m->driver->read(m->self, m->workspace, arena, &snapshot, diags);
    if (status == IAC_OK && snapshot.json.n)
        status = iac_snapshot_open(crypt, arena, &snapshot.json, &current, diags);
    iac_arena_free(arena);
    if (status == IAC_OK)
        status = iac_store_renew_seal(m->inner, diags);
    if (status != IAC_OK || current)
        return status;
    const char *error = iac_mirror_begin_changes(m);
    if (error) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to save state", "%s", error);
        return IAC_ERR;
    }
    return iac_mirror_upload_again(m, diags);
}

static iac_status mirror_replace(iac_store *store, const iac_state *state, iac_diags *diags)
{
    iac_mirror *m = mirror_of(store);
    if (bring_up_to_date(m, diags) != IAC_OK)
        return IAC_ERR;
    const char *error = iac_mirror_begin_changes(m);
    if (error) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to save state", "%s", error);
        return IAC_ERR;
    }
    if (iac_store_replace(m->inner, state, diags) != IAC_OK)
        return IAC_ERR;
    iac_mirror_changed(m, NULL);
    return iac_mirror_finish(m, diags);
}

static int64_t mirror_serial(iac_store *store)
{
    return iac_store_serial(mirror_of(store)->inner);
}

static iac_str mirror_lineage(iac_store *store)
{
    return iac_store_lineage(mirror_of(store)->inner);
}

/* For who only reads, the working copy is opened when its history is asked for: the state itself is not from there. */
static iac_store *mirror_database(iac_store *store)
{
    iac_mirror *m = mirror_of(store);
    iac_diags ignored = IAC_DIAGS_INIT;
    if (!m->in_memory)
        return m->inner;
    if (!m->history && iac_store_open(m->dir, m->workspace, false, &m->history, &ignored) == IAC_OK)
        iac_store_set_crypt(m->history, iac_backend_crypt(m->backend), &ignored);
    iac_diags_clear(&ignored);
    return m->history;
}

static void mirror_close(iac_store *store)
{
    iac_mirror *m = mirror_of(store);
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_store_flush(m->inner, &ignored);
    mirror_unlock(store);
    iac_mirror_stop_uploads(m);
    iac_store_close(m->inner);
    iac_store_close(m->history);
    iac_diags_clear(&ignored);
    iac_mirror_free(m);
}

static const iac_store_driver mirror_driver = {
    .close = mirror_close,
    .lock = mirror_lock,
    .unlock = mirror_unlock,
    .force_unlock = mirror_force_unlock,
    .lock_info = mirror_lock_info,
    .read = mirror_read,
    .submit = mirror_submit,
    .flush = mirror_flush,
    .serial = mirror_serial,
    .lineage = mirror_lineage,
    .intents = mirror_intents,
    .replace = mirror_replace,
    .database = mirror_database,
    .set_crypt = mirror_set_crypt,
    .renew_seal = mirror_renew_seal,
};

iac_status iac_mirror_open(iac_backend *backend, const char *workspace, bool create, iac_store **ret, iac_diags *diags)
{
    iac_mirror *m = iac_mirror_new(backend, workspace);
    m->base.driver = &mirror_driver;
    iac_status status = iac_mirror_load_record(m, diags);
    m->create = create;
    m->in_memory = !create && !m->dirty;
    if (status == IAC_OK)
        status = m->in_memory ? iac_store_open_memory(workspace, &m->inner, diags)
                              : iac_store_open(m->dir, workspace, true, &m->inner, diags);
    if (status != IAC_OK) {
        iac_mirror_free(m);
        return status;
    }
    *ret = &m->base;
    return IAC_OK;
}

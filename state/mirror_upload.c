#include "state/mirror_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

iac_mirror *iac_mirror_new(iac_backend *backend, const char *workspace)
{
    iac_mirror *m = iac_xcalloc(1, sizeof(*m));
    iac_buf path;
    m->backend = backend;
    m->driver = iac_backend_driver_of(backend);
    m->self = iac_backend_self(backend);
    m->workspace = iac_xstrdup(workspace);
    m->arena = iac_arena_new();
    m->dir = iac_working_copy(iac_backend_data_dir(backend), iac_backend_describe(backend));
    iac_buf_init(&path, IAC_BUF_UNLIMITED);
    iac_buf_printf(&path, "%s/%s.json", m->dir, workspace);
    m->record_path = iac_buf_detach(&path);
    pthread_mutex_init(&m->mutex, NULL);
    pthread_cond_init(&m->work, NULL);
    pthread_cond_init(&m->idle, NULL);
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&m->beat, &steady);
    pthread_condattr_destroy(&steady);
    return m;
}

void iac_mirror_free(iac_mirror *m)
{
    pthread_mutex_destroy(&m->mutex);
    pthread_cond_destroy(&m->work);
    pthread_cond_destroy(&m->idle);
    pthread_cond_destroy(&m->beat);
    iac_vec_clear(&m->waiting);
    iac_diags_clear(&m->failure);
    iac_arena_free(m->arena);
    free(m->version);
    free(m->lost);
    free(m->workspace);
    free(m->dir);
    free(m->record_path);
    free(m);
}

/* Signals are for the threads that know what to do with them. */
static void start_thread(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(thread, NULL, run, arg) != 0) {
        fputs("iac: cannot start a thread\n", stderr);
        abort();
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* ---- one upload ---- */

iac_status iac_mirror_snapshot(iac_mirror *m, iac_buf *out, char *ret_plain, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    const iac_state *state = NULL;
    iac_tfstate_extra extra = { .token = m->token };
    iac_status status = iac_store_read(m->inner, arena, &state, diags);
    if (status == IAC_OK)
        status = iac_store_intents(m->inner, arena, &extra.intents, &extra.intent_count, diags);
    if (status == IAC_OK) {
        iac_tfstate_write(out, state);
        iac_tfstate_write_extra(out, &extra);
        if (ret_plain)
            iac_mirror_digest(iac_buf_view(out), ret_plain);
        status = iac_snapshot_seal(iac_backend_crypt(m->backend), state->lineage, state->serial, out, diags);
    }
    iac_arena_free(arena);
    return status;
}

static void report_conflict(iac_mirror *m, iac_diags *diags)
{
    iac_diag_error(diags, IAC_NO_RANGE, "Failed to save state",
                   "The state in %s was changed by somebody else since it was read. It was not overwritten.",
                   iac_backend_describe(m->backend));
}

/* An upload that failed may have arrived all the same: then what is there is ours. */
static iac_status find_out(iac_mirror *m, iac_arena *arena, iac_diags *diags)
{
    iac_snapshot now = { 0 };
    char digest[65];
    iac_status status = m->driver->read(m->self, m->workspace, arena, &now, diags);
    if (status != IAC_OK)
        return status;
    iac_mirror_digest(now.json, digest);
    pthread_mutex_lock(&m->mutex);
    if (now.json.n && strcmp(digest, m->attempt) == 0) {
        iac_mirror_set_version(m, now.version);
        memcpy(m->digest, digest, sizeof(digest));
    }
    m->uncertain = false;
    pthread_mutex_unlock(&m->mutex);
    return IAC_OK;
}

static iac_status upload(iac_mirror *m, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    iac_buf json;
    iac_str version = { 0 };
    char digest[65], plain[65] = "";
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_status status = iac_mirror_snapshot(m, &json, plain, diags);
    iac_mirror_digest(iac_buf_view(&json), digest);
    pthread_mutex_lock(&m->mutex);
    bool uncertain = m->uncertain;
    pthread_mutex_unlock(&m->mutex);
    if (status == IAC_OK && uncertain)
        status = find_out(m, arena, diags);
    pthread_mutex_lock(&m->mutex);
    bool there = status == IAC_OK && strcmp(m->arrived, plain) == 0; /* a commit that an upload had found already */
    m->arrived[0] = '\0';
    pthread_mutex_unlock(&m->mutex);
    if (status == IAC_OK && !there) { /* should it arrive without our learning so, it is recognised */
        pthread_mutex_lock(&m->mutex);
        memcpy(m->attempt, digest, sizeof(digest));
        status = iac_mirror_save_record(m, diags);
        pthread_mutex_unlock(&m->mutex);
    }
    bool tried = status == IAC_OK && !there;
    if (tried)
        status = m->driver->write(m->self, m->workspace, iac_buf_view(&json), iac_str_of(m->version),
                                  m->remote_locked ? m->mine.id : (iac_str){ 0 }, arena, &version, diags);
    if (status == IAC_BUSY) {
        report_conflict(m, diags);
        status = IAC_ERR;
    }
    pthread_mutex_lock(&m->mutex);
    m->uncertain = m->uncertain || (tried && status != IAC_OK);
    if (tried && status == IAC_OK) {
        iac_mirror_set_version(m, version);
        memcpy(m->digest, digest, sizeof(digest));
    }
    if (status == IAC_OK)
        memcpy(m->arrived, plain, sizeof(plain));
    pthread_mutex_unlock(&m->mutex);
    iac_buf_clear(&json);
    iac_arena_free(arena);
    return status;
}

/* ---- the uploader ---- */

static void report_waiting(iac_mirror *m, uint64_t generation, const char *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->waiting.n; i++) {
        iac_mirror_submission *s = m->waiting.v[i];
        if (s->generation > generation) {
            m->waiting.v[kept++] = s;
            continue;
        }
        if (s->done)
            s->done(s->arg, error);
        free(s);
    }
    m->waiting.n = kept;
}

static char *failure_text(const iac_diags *diags)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    const iac_diag *first = diags->list.n ? &diags->list.v[0] : NULL;
    if (first && first->detail.n)
        iac_buf_str(&text, first->detail);
    else if (first)
        iac_buf_str(&text, first->summary);
    while (text.n && text.p[text.n - 1] == '.')
        text.p[--text.n] = '\0';
    return iac_buf_detach(&text);
}

static void *upload_main(void *arg)
{
    iac_mirror *m = arg;
    pthread_mutex_lock(&m->mutex);
    for (;;) {
        while (m->tried == m->changed && !m->stop)
            pthread_cond_wait(&m->work, &m->mutex);
        if (m->tried == m->changed)
            break;
        uint64_t generation = m->changed;
        iac_diags diags = IAC_DIAGS_INIT;
        m->busy = true;
        iac_status status = IAC_ERR;
        if (m->lost)
            iac_diag_error(&diags, IAC_NO_RANGE, "Failed to save state", "%s", m->lost);
        else {
            pthread_mutex_unlock(&m->mutex);
            status = upload(m, &diags);
            pthread_mutex_lock(&m->mutex);
        }
        m->busy = false;
        m->tried = generation;
        char *error = NULL;
        if (status == IAC_OK)
            m->uploaded = generation;
        else
            error = failure_text(&diags);
        iac_diags_clear(&m->failure);
        iac_diags_append(&m->failure, &diags);
        report_waiting(m, generation, error);
        free(error);
        pthread_cond_broadcast(&m->idle);
    }
    pthread_mutex_unlock(&m->mutex);
    return NULL;
}

const char *iac_mirror_begin_changes(iac_mirror *m)
{
    iac_diags diags = IAC_DIAGS_INIT;
    const char *error = NULL;
    pthread_mutex_lock(&m->mutex);
    if (m->lost) {
        error = m->lost;
    } else if (!m->dirty) {
        m->dirty = true;
        if (iac_mirror_save_record(m, &diags) != IAC_OK) {
            m->dirty = false;
            error = "the record of the working copy cannot be written";
        }
    }
    pthread_mutex_unlock(&m->mutex);
    iac_diags_clear(&diags);
    return error;
}

void iac_mirror_changed(iac_mirror *m, iac_mirror_submission *submission)
{
    pthread_mutex_lock(&m->mutex);
    m->changed++;
    if (submission) {
        submission->generation = m->changed;
        iac_vec_push(&m->waiting, submission);
    }
    if (!m->running) {
        start_thread(&m->uploader, upload_main, m);
        m->running = true;
    }
    pthread_cond_signal(&m->work);
    pthread_mutex_unlock(&m->mutex);
}

void iac_mirror_saved(void *arg, const char *error)
{
    iac_mirror_submission *submission = arg;
    iac_mirror *m = submission->mirror;
    if (!error && submission->waits) {
        iac_mirror_changed(m, submission);
        return;
    }
    if (!error)
        iac_mirror_changed(m, NULL);
    if (submission->done) {
        submission->done(submission->arg, error);
    } else if (error) {
        pthread_mutex_lock(&m->mutex);
        iac_diag_error(&m->failure, IAC_NO_RANGE, "Failed to save state", "The state could not be written to %s: %s.",
                       m->inner->path, error);
        pthread_mutex_unlock(&m->mutex);
    }
    free(submission);
}

static void advise(iac_mirror *m, iac_diags *diags)
{
    char name[64];
    if (iac_mirror_save_errored(m, name, diags) != IAC_OK)
        return;
    iac_diag_error(diags, IAC_NO_RANGE, "Failed to persist state to backend",
                   "The error shown above has prevented iac from writing the updated state to the configured backend "
                   "(%s). Nothing is lost: the next command of iac in this directory that takes the lock saves it, if "
                   "the state there was not changed by then. Where this directory will not last, keep the file "
                   "\"%s\", which holds the state too.\n\nTo retry writing this state from elsewhere, use the "
                   "following command:\n    iac state push %s",
                   iac_backend_describe(m->backend), name, name);
}

iac_status iac_mirror_finish(iac_mirror *m, iac_diags *diags)
{
    iac_diags failure = IAC_DIAGS_INIT;
    pthread_mutex_lock(&m->mutex);
    if (m->tried == m->changed && m->uploaded < m->changed) {
        m->tried = m->uploaded; /* once more */
        pthread_cond_signal(&m->work);
    }
    while (m->running && (m->busy || m->tried < m->changed))
        pthread_cond_wait(&m->idle, &m->mutex);
    bool behind = m->uploaded < m->changed;
    if (m->failure.list.n)
        iac_diags_append(&failure, &m->failure);
    iac_status status = iac_diags_has_errors(&failure) ? IAC_ERR : IAC_OK;
    if (!behind && m->dirty && m->uploaded > 0 && status == IAC_OK) { /* else it is dirty since an earlier run */
        m->dirty = false;
        status = iac_mirror_save_record(m, &failure);
    }
    pthread_mutex_unlock(&m->mutex);
    iac_diags_append(diags, &failure);
    if (behind && !m->advised) {
        m->advised = true;
        advise(m, diags);
    }
    return behind ? IAC_ERR : status;
}

iac_status iac_mirror_upload_again(iac_mirror *m, iac_diags *diags)
{
    pthread_mutex_lock(&m->mutex);
    m->arrived[0] = '\0';
    pthread_mutex_unlock(&m->mutex);
    iac_mirror_changed(m, NULL);
    return iac_mirror_finish(m, diags);
}

void iac_mirror_stop_uploads(iac_mirror *m)
{
    pthread_mutex_lock(&m->mutex);
    bool running = m->running;
    m->running = false;
    m->stop = true;
    m->tried = m->changed; /* the last try was made by iac_mirror_finish */
    pthread_cond_signal(&m->work);
    pthread_mutex_unlock(&m->mutex);
    if (running)
        pthread_join(m->uploader, NULL);
}

/* ---- the heartbeat ---- */

/* Called with the mutex held; lets go of it for the request. */
static void renew(iac_mirror *m)
{
    iac_diags ignored = IAC_DIAGS_INIT; /* what fails for a while is tried again before the lease runs out */
    pthread_mutex_unlock(&m->mutex);
    iac_status status = m->driver->renew(m->self, m->workspace, &m->mine, &ignored);
    pthread_mutex_lock(&m->mutex);
    if ((status == IAC_BUSY || status == IAC_NOT_FOUND) && !m->lost)
        m->lost = iac_xstrdup(status == IAC_BUSY ? "the lock of the state was taken over by somebody else"
                                                 : "the lock of the state was removed by somebody else");
    iac_diags_clear(&ignored);
}

int64_t iac_lease_seconds(void)
{
    const char *text = getenv("IAC_TEST_LEASE_SECONDS");
    long seconds = text ? strtol(text, NULL, 10) : 0;
    return seconds >= 3 && seconds < 45 ? seconds : 45;
}

static void *heart_main(void *arg)
{
    iac_mirror *m = arg;
    pthread_mutex_lock(&m->mutex);
    while (!m->stop_beating && !m->lost) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += (time_t)(m->mine.lease_seconds / 3);
        int rc = 0;
        while (!m->stop_beating && rc == 0)
            rc = pthread_cond_timedwait(&m->beat, &m->mutex, &until);
        if (!m->stop_beating)
            renew(m);
    }
    pthread_mutex_unlock(&m->mutex);
    return NULL;
}

void iac_mirror_keep_lock(iac_mirror *m, const iac_lock_info *mine)
{
    m->mine = *mine;
    iac_str *const texts[] = { &m->mine.id, &m->mine.operation, &m->mine.who, &m->mine.host, &m->mine.created,
                               &m->mine.version, &m->mine.path, &m->mine.info, &m->mine.machine, &m->mine.boot,
                               &m->mine.pid_namespace, &m->mine.started, &m->mine.handle };
    for (size_t i = 0; i < IAC_COUNT(texts); i++)
        *texts[i] = iac_arena_str(m->arena, *texts[i]);
    m->remote_locked = true;
    if (!m->driver->renew)
        return;
    m->beating = true;
    m->stop_beating = false;
    start_thread(&m->heart, heart_main, m);
}

void iac_mirror_stop_heartbeat(iac_mirror *m)
{
    pthread_mutex_lock(&m->mutex);
    bool beating = m->beating;
    m->beating = false;
    m->stop_beating = true;
    pthread_cond_signal(&m->beat);
    pthread_mutex_unlock(&m->mutex);
    if (beating)
        pthread_join(m->heart, NULL);
}

#include "state/backend.h"
#include "lang/base/log.h"
#include "state/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOCK_ADVICE \
    "iac acquires a state lock to protect the state from being written by multiple users at the same time. Please " \
    "resolve the issue above and try again. For most commands, you can disable locking with the \"-lock=false\" " \
    "flag, but this is not recommended."

/* ---- processes ---- */

static iac_str read_small_file(iac_arena *arena, const char *path)
{
    char bytes[1024];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return (iac_str){ 0 };
    ssize_t n = read(fd, bytes, sizeof(bytes));
    close(fd);
    return n > 0 ? iac_arena_str(arena, iac_str_trim((iac_str){ bytes, (size_t)n })) : (iac_str){ 0 };
}

/* When the process started, in clock ticks since boot: the 22nd field; the second may hold blanks and parentheses. */
static iac_str start_time(iac_arena *arena, int64_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
    iac_str stat = read_small_file(arena, path);
    size_t at = stat.n;
    while (at > 0 && stat.p[at - 1] != ')')
        at--;
    for (int field = 2; field < 22; field++) {
        at = iac_str_find_char(stat, ' ', at);
        if (at == SIZE_MAX)
            return (iac_str){ 0 };
        at++;
    }
    size_t end = iac_str_find_char(stat, ' ', at);
    return iac_str_sub(stat, at, end);
}

static void set_process(iac_arena *arena, iac_lock_info *info)
{
    char host[256] = "", link[64];
    gethostname(host, sizeof(host) - 1);
    info->pid = getpid();
    info->host = iac_arena_str(arena, iac_str_of(host));
    info->machine = read_small_file(arena, "/etc/machine-id");
    info->boot = read_small_file(arena, "/proc/sys/kernel/random/boot_id");
    ssize_t n = readlink("/proc/self/ns/pid", link, sizeof(link));
    if (n > 0)
        info->pid_namespace = iac_arena_str(arena, (iac_str){ link, (size_t)n });
    info->started = start_time(arena, info->pid);
}

bool iac_lock_is_gone(iac_arena *arena, const iac_lock_info *holder, const iac_lock_info *self)
{
    if (!iac_str_eq(holder->host, self->host) || !iac_str_eq(holder->machine, self->machine))
        return false;
    if (!iac_str_eq(holder->boot, self->boot))
        return holder->boot.n && self->boot.n && self->machine.n; /* the same machine, booted again since */
    if (!iac_str_eq(holder->pid_namespace, self->pid_namespace) || !holder->boot.n || holder->pid <= 0)
        return false;
    if (kill((pid_t)holder->pid, 0) != 0 && errno == ESRCH)
        return true;
    iac_str started = start_time(arena, holder->pid);
    return started.n && holder->started.n && !iac_str_eq(started, holder->started);
}

bool iac_lock_is_ours(const iac_lock_info *holder)
{
    iac_arena *arena = iac_arena_new();
    iac_lock_info self = { 0 };
    set_process(arena, &self);
    bool ours = holder->pid == self.pid && iac_str_eq(holder->host, self.host) && iac_str_eq(holder->boot, self.boot) &&
                iac_str_eq(holder->pid_namespace, self.pid_namespace) && iac_str_eq(holder->started, self.started);
    iac_arena_free(arena);
    return ours;
}

/* ---- rows ---- */

static int read_holder(iac_store *store, iac_arena *arena, iac_lock_info *ret, bool *found)
{
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_LOCK);
    if (!s)
        return sqlite3_extended_errcode(store->db);
    sqlite3_bind_int64(s, 1, store->workspace_id);
    int rc = sqlite3_step(s);
    *found = rc == SQLITE_ROW;
    if (*found) {
        iac_str *const texts[] = { &ret->id, &ret->operation, &ret->who, &ret->host, NULL, &ret->created, &ret->version,
                                   &ret->machine, &ret->boot, &ret->pid_namespace, &ret->started };
        for (int i = 0; i < (int)IAC_COUNT(texts); i++) {
            if (texts[i])
                *texts[i] = iac_arena_str(arena, iac_sql_text(s, i));
        }
        ret->pid = sqlite3_column_int64(s, 4);
        ret->path = iac_arena_str(arena, iac_str_of(store->path));
        ret->idle_seconds = -1;
    }
    iac_sql_done(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int put_holder(iac_store *store, const iac_lock_info *h)
{
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_LOCK_PUT);
    if (!s)
        return sqlite3_extended_errcode(store->db);
    const iac_str texts[] = { h->id, h->operation, h->who, h->host, { 0 }, h->created, h->version, h->machine, h->boot,
                              h->pid_namespace, h->started };
    sqlite3_bind_int64(s, 1, store->workspace_id);
    for (int i = 0; i < (int)IAC_COUNT(texts); i++)
        iac_sql_bind(s, i + 2, texts[i]);
    sqlite3_bind_int64(s, 6, h->pid);
    return iac_sql_run(s);
}

static int remove_lock(iac_store *store, iac_str id)
{
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_LOCK_REMOVE);
    if (!s)
        return sqlite3_extended_errcode(store->db);
    sqlite3_bind_int64(s, 1, store->workspace_id);
    iac_sql_bind(s, 2, id);
    return iac_sql_run(s);
}

/* A lock need not survive the machine: waiting for the disk is left out around it. What is written after is durable
 * with all that came before. */
static void set_durable(iac_store *store, bool durable)
{
    sqlite3_exec(store->db, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
}

/* ---- taking ---- */

static iac_str user_name(iac_arena *arena)
{
    struct passwd entry, *found = NULL;
    char space[4096];
    if (getpwuid_r(getuid(), &entry, space, sizeof(space), &found) == 0 && found)
        return iac_arena_str(arena, iac_str_of(found->pw_name));
    return iac_arena_printf(arena, "%ld", (long)getuid());
}

iac_lock_info iac_lock_new(iac_arena *arena, const char *operation)
{
    char id[37];
    struct timespec now;
    iac_uuid(id);
    clock_gettime(CLOCK_REALTIME, &now);
    iac_lock_info info = {
        .id = iac_arena_str(arena, iac_str_of(id)),
        .operation = iac_arena_str(arena, iac_str_of(operation)),
        .created = iac_time_text(arena, (double)now.tv_sec + (double)now.tv_nsec / 1e9),
        .version = IAC_STR(IAC_VERSION),
        .idle_seconds = -1,
    };
    set_process(arena, &info);
    info.who = iac_arena_printf(arena, "%.*s@%.*s", IAC_FMT(user_name(arena)), IAC_FMT(info.host));
    return info;
}

/* One try. *held: somebody else has it, and is in *other. */
static int try_lock(iac_store *store, iac_arena *arena, const iac_lock_info *mine, iac_lock_info *other,
                    bool *held)
{
    *held = false;
    bool found = false;
    int rc = iac_sql_simple(store, IAC_SQL_BEGIN);
    if (rc == SQLITE_OK)
        rc = iac_store_load_workspace(store, !store->workspace_id);
    if (rc == SQLITE_OK)
        rc = read_holder(store, arena, other, &found);
    if (rc == SQLITE_OK && found) {
        *held = !iac_lock_is_gone(arena, other, mine);
        if (!*held)
            rc = remove_lock(store, other->id);
    }
    if (rc == SQLITE_OK && !*held)
        rc = put_holder(store, mine);
    if (rc == SQLITE_OK && !*held)
        rc = iac_sql_simple(store, IAC_SQL_COMMIT);
    return rc;
}

static void roll_back(iac_store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        iac_sql_simple(store, IAC_SQL_ROLLBACK);
}

int64_t iac_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void print_info(iac_buf *out, const iac_lock_info *info)
{
    iac_buf_printf(out,
                   "Lock Info:\n"
                   "  ID:        %.*s\n"
                   "  Path:      %.*s\n"
                   "  Operation: %.*s\n"
                   "  Who:       %.*s\n"
                   "  Version:   %.*s\n"
                   "  Created:   %.*s\n"
                   "  Info:      %.*s",
                   IAC_FMT(info->id), IAC_FMT(info->path), IAC_FMT(info->operation), IAC_FMT(info->who),
                   IAC_FMT(info->version), IAC_FMT(info->created), IAC_FMT(info->info));
    if (info->pid && !info->info.n)
        iac_buf_printf(out, "process %lld", (long long)info->pid);
    iac_buf_char(out, '\n');
}

iac_status iac_lock_busy(const iac_lock_info *holder, iac_str what, iac_diags *diags)
{
    iac_buf info;
    iac_buf_init(&info, IAC_BUF_UNLIMITED);
    print_info(&info, holder);
    iac_diag_error(diags, IAC_NO_RANGE, "Error acquiring the state lock",
                   "Error message: %.*s is locked by another process\n%s\n\n%s",
                   IAC_FMT(what.n ? what : IAC_STR("the state")), info.p, LOCK_ADVICE);
    iac_buf_clear(&info);
    return IAC_BUSY;
}

iac_status iac_store_lock(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags)
{
    if (store->driver)
        return store->driver->lock(store, operation, timeout_ms, diags);
    iac_arena *arena = iac_arena_new();
    iac_lock_info mine = iac_lock_new(arena, operation);
    int64_t deadline = iac_now_ms() + timeout_ms, pause = 10;
    iac_status status = IAC_OK;
    for (;;) {
        iac_lock_info other = { 0 };
        bool held;
        pthread_mutex_lock(&store->db_mutex);
        set_durable(store, false);
        int rc = try_lock(store, arena, &mine, &other, &held);
        if (rc != SQLITE_OK)
            status = iac_sql_diag(store, rc, "Error acquiring the state lock", diags);
        roll_back(store);
        set_durable(store, true);
        pthread_mutex_unlock(&store->db_mutex);
        int64_t left = deadline - iac_now_ms();
        if (status == IAC_OK && held && left <= 0)
            status = iac_lock_busy(&other, (iac_str){ 0 }, diags);
        if (status != IAC_OK || !held)
            break;
        pause = pause < 500 ? pause * 2 : 500;
        usleep((useconds_t)((left < pause ? left : pause) * 1000));
    }
    if (status == IAC_OK) {
        store->locked = true;
        memcpy(store->lock_id, mine.id.p, sizeof(store->lock_id));
        iac_log(IAC_LOG_INFO, "state: locked workspace %s for %s, lock %s", store->workspace, operation,
                store->lock_id);
    }
    iac_arena_free(arena);
    return status;
}

void iac_store_unlock(iac_store *store)
{
    if (store->driver) {
        store->driver->unlock(store);
        return;
    }
    if (!store->locked)
        return;
    pthread_mutex_lock(&store->db_mutex);
    set_durable(store, false);
    remove_lock(store, iac_str_of(store->lock_id)); /* what stays is taken over: we are gone then */
    set_durable(store, true);
    pthread_mutex_unlock(&store->db_mutex);
    store->locked = false;
    iac_log(IAC_LOG_INFO, "state: unlocked workspace %s, lock %s", store->workspace, store->lock_id);
}

iac_status iac_lock_not_broken(const iac_lock_info *holder, iac_str id, iac_diags *diags)
{
    if (!holder) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to unlock state", "The state is not locked.");
        return IAC_ERR;
    }
    iac_buf info;
    iac_buf_init(&info, IAC_BUF_UNLIMITED);
    print_info(&info, holder);
    iac_diag_error(diags, IAC_NO_RANGE, "Failed to unlock state",
                   "The lock ID \"%.*s\" does not match the lock that is held.\n%s", IAC_FMT(id), info.p);
    iac_buf_clear(&info);
    return IAC_ERR;
}

iac_status iac_store_force_unlock(iac_store *store, iac_str id, iac_diags *diags)
{
    if (store->driver)
        return store->driver->force_unlock(store, id, diags);
    iac_arena *arena = iac_arena_new();
    iac_lock_info other = { 0 };
    bool found = false;
    pthread_mutex_lock(&store->db_mutex);
    int rc = read_holder(store, arena, &other, &found);
    bool same = found && iac_str_eq(other.id, id);
    if (rc == SQLITE_OK && same)
        rc = remove_lock(store, id);
    iac_status status = IAC_OK;
    if (rc != SQLITE_OK)
        status = iac_sql_diag(store, rc, "Failed to unlock state", diags);
    pthread_mutex_unlock(&store->db_mutex);
    if (status == IAC_OK && !same)
        status = iac_lock_not_broken(found ? &other : NULL, id, diags);
    iac_arena_free(arena);
    return status;
}

iac_status iac_store_lock_info(iac_store *store, iac_arena *arena, iac_lock_info *ret, iac_diags *diags)
{
    if (store->driver)
        return store->driver->lock_info(store, arena, ret, diags);
    bool found = false;
    *ret = (iac_lock_info){ 0 };
    pthread_mutex_lock(&store->db_mutex);
    int rc = read_holder(store, arena, ret, &found);
    iac_status status = rc == SQLITE_OK ? IAC_OK : iac_sql_diag(store, rc, "Failed to read the lock", diags);
    pthread_mutex_unlock(&store->db_mutex);
    return status == IAC_OK && !found ? IAC_NOT_FOUND : status;
}

/* ---- resources ---- */

bool iac_store_has_claims(const iac_store *store)
{
    return store->driver && store->driver->claim;
}

iac_status iac_store_lock_shared(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags)
{
    return iac_store_has_claims(store) ? store->driver->lock_shared(store, operation, timeout_ms, diags)
                                       : iac_store_lock(store, operation, timeout_ms, diags);
}

iac_status iac_store_claim(iac_store *store, const iac_claim *claims, size_t n, int64_t since, int64_t timeout_ms,
                           iac_arena *arena, iac_str *ret_moved, iac_diags *diags)
{
    *ret_moved = (iac_str){ 0 };
    return iac_store_has_claims(store)
               ? store->driver->claim(store, claims, n, since, timeout_ms, arena, ret_moved, diags)
               : IAC_OK;
}

void iac_store_moved(iac_store *store, int64_t since, iac_arena *arena, const iac_str **ret, size_t *ret_count)
{
    *ret_count = 0;
    if (iac_store_has_claims(store))
        store->driver->moved(store, since, arena, ret, ret_count);
}

iac_status iac_store_holders(iac_store *store, iac_arena *arena, const iac_holder **ret, size_t *ret_count,
                             iac_diags *diags)
{
    *ret_count = 0;
    return iac_store_has_claims(store) ? store->driver->holders(store, arena, ret, ret_count, diags) : IAC_OK;
}

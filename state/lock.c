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

/* A process, told apart from one that got its number later, or that has it in another container. */
typedef struct process {
    iac_str host, machine, boot, pid_namespace, started;
    int64_t pid;
} process;

typedef struct holder {
    iac_lock_info info;
    iac_str version;
    process process;
} holder;

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

static process this_process(iac_arena *arena)
{
    process p = { .pid = getpid() };
    char host[256] = "", link[64];
    gethostname(host, sizeof(host) - 1);
    p.host = iac_arena_str(arena, iac_str_of(host));
    p.machine = read_small_file(arena, "/etc/machine-id");
    p.boot = read_small_file(arena, "/proc/sys/kernel/random/boot_id");
    ssize_t n = readlink("/proc/self/ns/pid", link, sizeof(link));
    if (n > 0)
        p.pid_namespace = iac_arena_str(arena, (iac_str){ link, (size_t)n });
    p.started = start_time(arena, p.pid);
    return p;
}

/* Whether it is certain that the process no longer lives. */
static bool is_gone(iac_arena *arena, const process *p, const process *self)
{
    if (!iac_str_eq(p->host, self->host) || !iac_str_eq(p->machine, self->machine))
        return false;
    if (!iac_str_eq(p->boot, self->boot))
        return p->boot.n && self->boot.n && self->machine.n; /* the same machine, booted again since */
    if (!iac_str_eq(p->pid_namespace, self->pid_namespace))
        return false;
    if (kill((pid_t)p->pid, 0) != 0 && errno == ESRCH)
        return true;
    iac_str started = start_time(arena, p->pid);
    return started.n && p->started.n && !iac_str_eq(started, p->started);
}

/* ---- rows ---- */

static int read_holder(iac_store *store, iac_arena *arena, holder *ret, bool *found)
{
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_LOCK);
    if (!s)
        return sqlite3_extended_errcode(store->db);
    sqlite3_bind_int64(s, 1, store->workspace_id);
    int rc = sqlite3_step(s);
    *found = rc == SQLITE_ROW;
    if (*found) {
        iac_str *const texts[] = { &ret->info.id, &ret->info.operation, &ret->info.who, &ret->info.host, NULL,
                                   &ret->info.created, &ret->version, &ret->process.machine, &ret->process.boot,
                                   &ret->process.pid_namespace, &ret->process.started };
        for (int i = 0; i < (int)IAC_COUNT(texts); i++) {
            if (texts[i])
                *texts[i] = iac_arena_str(arena, iac_sql_text(s, i));
        }
        ret->process.host = ret->info.host;
        ret->process.pid = ret->info.pid = sqlite3_column_int64(s, 4);
    }
    iac_sql_done(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int put_holder(iac_store *store, const holder *h)
{
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_LOCK_PUT);
    if (!s)
        return sqlite3_extended_errcode(store->db);
    const iac_str texts[] = { h->info.id, h->info.operation, h->info.who, h->info.host, { 0 }, h->info.created,
                              h->version, h->process.machine, h->process.boot, h->process.pid_namespace,
                              h->process.started };
    sqlite3_bind_int64(s, 1, store->workspace_id);
    for (int i = 0; i < (int)IAC_COUNT(texts); i++)
        iac_sql_bind(s, i + 2, texts[i]);
    sqlite3_bind_int64(s, 6, h->info.pid);
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

static holder new_holder(iac_arena *arena, const char *operation)
{
    char id[37], created[64];
    iac_uuid(id);
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(created + n, sizeof(created) - n, ".%06ldZ", now.tv_nsec / 1000);
    holder h = { .process = this_process(arena), .version = IAC_STR(IAC_VERSION) };
    h.info = (iac_lock_info){
        .id = iac_arena_str(arena, iac_str_of(id)),
        .operation = iac_str_of(operation),
        .host = h.process.host,
        .pid = h.process.pid,
        .created = iac_arena_str(arena, iac_str_of(created)),
    };
    h.info.who = iac_arena_printf(arena, "%.*s@%.*s", IAC_FMT(user_name(arena)), IAC_FMT(h.process.host));
    return h;
}

/* One try. *held: somebody else has it, and is in *other. */
static int try_lock(iac_store *store, iac_arena *arena, const holder *mine, holder *other, bool *held)
{
    *held = false;
    bool found = false;
    int rc = iac_sql_simple(store, IAC_SQL_BEGIN);
    if (rc == SQLITE_OK)
        rc = iac_store_load_workspace(store, !store->workspace_id);
    if (rc == SQLITE_OK)
        rc = read_holder(store, arena, other, &found);
    if (rc == SQLITE_OK && found) {
        *held = !is_gone(arena, &other->process, &mine->process);
        if (!*held)
            rc = remove_lock(store, other->info.id);
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

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void print_info(iac_buf *out, iac_store *store, const holder *h)
{
    iac_buf_printf(out,
                   "Lock Info:\n"
                   "  ID:        %.*s\n"
                   "  Path:      %s\n"
                   "  Operation: %.*s\n"
                   "  Who:       %.*s\n"
                   "  Version:   %.*s\n"
                   "  Created:   %.*s\n"
                   "  Info:      process %lld\n",
                   IAC_FMT(h->info.id), store->path, IAC_FMT(h->info.operation), IAC_FMT(h->info.who),
                   IAC_FMT(h->version), IAC_FMT(h->info.created), (long long)h->info.pid);
}

static iac_status busy(iac_store *store, const holder *other, iac_diags *diags)
{
    iac_buf info;
    iac_buf_init(&info, IAC_BUF_UNLIMITED);
    print_info(&info, store, other);
    iac_diag_error(diags, IAC_NO_RANGE, "Error acquiring the state lock",
                   "Error message: the state is locked by another process\n%s\n\n%s", info.p, LOCK_ADVICE);
    iac_buf_clear(&info);
    return IAC_BUSY;
}

iac_status iac_store_lock(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    holder mine = new_holder(arena, operation);
    int64_t deadline = now_ms() + timeout_ms, pause = 10;
    iac_status status = IAC_OK;
    for (;;) {
        holder other = { 0 };
        bool held;
        pthread_mutex_lock(&store->db_mutex);
        set_durable(store, false);
        int rc = try_lock(store, arena, &mine, &other, &held);
        if (rc != SQLITE_OK)
            status = iac_sql_diag(store, rc, "Error acquiring the state lock", diags);
        roll_back(store);
        set_durable(store, true);
        pthread_mutex_unlock(&store->db_mutex);
        int64_t left = deadline - now_ms();
        if (status == IAC_OK && held && left <= 0)
            status = busy(store, &other, diags);
        if (status != IAC_OK || !held)
            break;
        pause = pause < 500 ? pause * 2 : 500;
        usleep((useconds_t)((left < pause ? left : pause) * 1000));
    }
    if (status == IAC_OK) {
        store->locked = true;
        memcpy(store->lock_id, mine.info.id.p, sizeof(store->lock_id));
    }
    iac_arena_free(arena);
    return status;
}

void iac_store_unlock(iac_store *store)
{
    if (!store->locked)
        return;
    pthread_mutex_lock(&store->db_mutex);
    set_durable(store, false);
    remove_lock(store, iac_str_of(store->lock_id)); /* what stays is taken over: we are gone then */
    set_durable(store, true);
    pthread_mutex_unlock(&store->db_mutex);
    store->locked = false;
}

iac_status iac_store_force_unlock(iac_store *store, iac_str id, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    holder other = { 0 };
    bool found = false;
    pthread_mutex_lock(&store->db_mutex);
    int rc = read_holder(store, arena, &other, &found);
    bool same = found && iac_str_eq(other.info.id, id);
    if (rc == SQLITE_OK && same)
        rc = remove_lock(store, id);
    iac_status status = IAC_OK;
    if (rc != SQLITE_OK)
        status = iac_sql_diag(store, rc, "Failed to unlock state", diags);
    pthread_mutex_unlock(&store->db_mutex);
    if (status == IAC_OK && !found) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to unlock state", "The state is not locked.");
        status = IAC_ERR;
    } else if (status == IAC_OK && !same) {
        iac_buf info;
        iac_buf_init(&info, IAC_BUF_UNLIMITED);
        print_info(&info, store, &other);
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to unlock state",
                       "The lock ID \"%.*s\" does not match the lock that is held.\n%s", IAC_FMT(id), info.p);
        iac_buf_clear(&info);
        status = IAC_ERR;
    }
    iac_arena_free(arena);
    return status;
}

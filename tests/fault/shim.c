/* A library for LD_PRELOAD that makes the world fail under iac at a chosen instant, so that every instant can be tried.
 *
 * A point is one call that leaves something behind: a write to a regular file below FAULT_UNDER, the cutting of one, its
 * synchronising, a rename, a removal, a connection, a message to a server. Points are counted over all threads of the
 * process; the count is at the beginning of the file FAULT_COUNT, and survives the process.
 *
 *   FAULT_KILL=N[+]       SIGKILL before point N; with "+" right after it
 *   FAULT_ERROR=NAME:N[+] point N fails with ENOSPC, EIO or EINTR; with "+" all that follow too. Only files fail so.
 *                         With ECONNRESET only connections do: one to be made is refused, one that is there is cut.
 *   FAULT_SHORT=N         every Nth write of more than one byte to a file or a socket is cut to half of it
 *   FAULT_SHADOW=FOLDER   what a power cut leaves is kept there: fsync of a file copies it to "f-INODE", fsync of a folder
 *                         writes its names and inodes to "d-INODE"
 *   FAULT_CLOCK=S[:N]     the clock of the day is S seconds ahead; with N from point N on
 *
 * Only the program FAULT_PROGRAM (default iac) is touched: what it starts goes on undisturbed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
/* The function of the next library, looked up once. */
#define REAL(name) \
    ({ \
        static __typeof__(&name) real; \
        if (!real) \
            real = NEXT(name); \
        real; \
    })

static bool active;
static char under[PATH_MAX];
static const char *shadow;
static _Atomic uint64_t *count, own_count;
static uint64_t kill_at, error_at, clock_at, short_every;
static bool kill_after, error_stays;
static int error_number;
static int64_t clock_ahead;
static _Atomic uint64_t writes;
static pthread_mutex_t shadow_mutex = PTHREAD_MUTEX_INITIALIZER;

static uint64_t number_of(const char *name, bool *ret_plus)
{
    char *end = NULL;
    const char *text = getenv(name);
    uint64_t n = text ? strtoull(text, &end, 10) : 0;
    if (ret_plus)
        *ret_plus = end && *end == '+';
    return n;
}

static void parse_error(const char *text)
{
    const char *colon = text ? strchr(text, ':') : NULL;
    char *end;
    if (!colon)
        return;
    error_number = strncmp(text, "ENOSPC", 6) == 0       ? ENOSPC
                   : strncmp(text, "EINTR", 5) == 0      ? EINTR
                   : strncmp(text, "ECONNRESET", 10) == 0 ? ECONNRESET
                                                          : EIO;
    error_at = strtoull(colon + 1, &end, 10);
    error_stays = *end == '+';
}

__attribute__((constructor)) static void start(void)
{
    const char *program = getenv("FAULT_PROGRAM"), *folder = getenv("FAULT_UNDER"), *path = getenv("FAULT_COUNT");
    const char *clock = getenv("FAULT_CLOCK");
    count = &own_count;
    if (strcmp(program_invocation_short_name, program ? program : "iac") != 0)
        return;
    if (folder && realpath(folder, under) == NULL)
        under[0] = '\0';
    int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
    if (fd >= 0 && ftruncate(fd, 0) == 0 && ftruncate(fd, 8) == 0) {
        void *map = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (map != MAP_FAILED)
            count = map;
    }
    if (fd >= 0)
        close(fd);
    kill_at = number_of("FAULT_KILL", &kill_after);
    short_every = number_of("FAULT_SHORT", NULL);
    parse_error(getenv("FAULT_ERROR"));
    shadow = getenv("FAULT_SHADOW");
    if (clock) {
        char *end;
        clock_ahead = strtoll(clock, &end, 10);
        clock_at = *end == ':' ? strtoull(end + 1, NULL, 10) : 0;
    }
    active = true;
}

/* ---- what counts ---- */

static bool path_below(const char *path)
{
    size_t n = strlen(under);
    return n > 0 && strncmp(path, under, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool is_ours(const char *path)
{
    char full[PATH_MAX], folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!active)
        return false;
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    return realpath(folder, full) && path_below(full);
}

typedef enum { OTHER, A_FILE, A_FOLDER, A_SOCKET } fd_kind;

static fd_kind kind_of(int fd)
{
    struct stat st;
    char link[64], path[PATH_MAX];
    if (!active || fstat(fd, &st) != 0)
        return OTHER;
    if (S_ISSOCK(st.st_mode))
        return A_SOCKET;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return OTHER;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    if (n <= 0)
        return OTHER;
    path[n] = '\0';
    if (!path_below(path))
        return OTHER;
    return S_ISDIR(st.st_mode) ? A_FOLDER : A_FILE;
}

typedef enum { NEVER, FILES, CONNECTIONS } failing; /* what a point is of */

static failing of_kind(fd_kind kind)
{
    return kind == A_FILE ? FILES : CONNECTIONS;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Before a point: its number, or 0 with errno where it must fail. */
static uint64_t before(failing of)
{
    bool may_fail = of == (error_number == ECONNRESET ? CONNECTIONS : FILES);
    uint64_t n = atomic_fetch_add(count, 1) + 1;
    if (n == kill_at && !kill_after)
        die();
    if (may_fail && error_at && (n == error_at || (error_stays && n > error_at))) {
        errno = error_number;
        return 0;
    }
    return n;
}

static void after(uint64_t n)
{
    if (n == kill_at && kill_after)
        die();
}

static size_t shortened(size_t n)
{
    if (short_every && n > 1 && atomic_fetch_add(&writes, 1) % short_every == short_every - 1)
        return n / 2;
    return n;
}

/* ---- what a power cut leaves ---- */

static void copy_file(int fd, const char *to)
{
    static char bytes[1 << 16];
    off_t at = 0;
    ssize_t n;
    char link[64], part[PATH_MAX + 8];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    snprintf(part, sizeof(part), "%s.part", to);
    int from = open(link, O_RDONLY | O_CLOEXEC), out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    while (from >= 0 && out >= 0 && (n = pread(from, bytes, sizeof(bytes), at)) > 0) {
        if (REAL(write)(out, bytes, (size_t)n) != n)
            abort();
        at += n;
    }
    close(from);
    close(out);
    REAL(rename)(part, to);
}

static void list_folder(int fd, const char *to)
{
    char link[64];
    const struct dirent *entry;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    DIR *d = opendir(link);
    FILE *out = fopen(to, "w");
    while (d && out && (entry = readdir(d)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            fprintf(out, "%llu %s\n", (unsigned long long)entry->d_ino, entry->d_name);
    if (d)
        closedir(d);
    if (out)
        fclose(out);
}

static void note_synced(int fd, fd_kind kind)
{
    struct stat st;
    char to[PATH_MAX];
    if (!shadow || fstat(fd, &st) != 0)
        return;
    snprintf(to, sizeof(to), "%s/%c-%llu", shadow, kind == A_FOLDER ? 'd' : 'f', (unsigned long long)st.st_ino);
    pthread_mutex_lock(&shadow_mutex);
    if (kind == A_FOLDER)
        list_folder(fd, to);
    else
        copy_file(fd, to);
    pthread_mutex_unlock(&shadow_mutex);
}

/* ---- files ---- */

/* Does `call`, which leaves something behind, as a point. */
#define AS_POINT(is_point, of, type, call) \
    do { \
        if (!(is_point)) \
            return call; \
        uint64_t point_ = before(of); \
        if (!point_) \
            return -1; \
        type result_ = call; \
        int error_ = errno; \
        after(point_); \
        errno = error_; \
        return result_; \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t n)
{
    fd_kind kind = kind_of(fd);
    if (kind == A_FILE || kind == A_SOCKET)
        n = shortened(n);
    AS_POINT(kind == A_FILE || kind == A_SOCKET, of_kind(kind), ssize_t, REAL(write)(fd, bytes, n));
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    fd_kind kind = kind_of(fd);
    if (kind == A_FILE)
        n = shortened(n);
    AS_POINT(kind == A_FILE, FILES, ssize_t, REAL(pwrite)(fd, bytes, n, at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    fd_kind kind = kind_of(fd);
    if (kind == A_FILE)
        n = shortened(n);
    AS_POINT(kind == A_FILE, FILES, ssize_t, REAL(pwrite64)(fd, bytes, n, at));
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    fd_kind kind = kind_of(fd);
    AS_POINT(kind == A_FILE || kind == A_SOCKET, of_kind(kind), ssize_t, REAL(writev)(fd, parts, n));
}

int ftruncate(int fd, off_t size)
{
    AS_POINT(kind_of(fd) == A_FILE, FILES, int, REAL(ftruncate)(fd, size));
}

int ftruncate64(int fd, off64_t size)
{
    AS_POINT(kind_of(fd) == A_FILE, FILES, int, REAL(ftruncate64)(fd, size));
}

static int synchronise(int fd, int (*real)(int))
{
    fd_kind kind = kind_of(fd);
    if (kind != A_FILE && kind != A_FOLDER)
        return real(fd);
    uint64_t point = before(FILES);
    if (!point)
        return -1;
    int rc = real(fd);
    if (rc == 0)
        note_synced(fd, kind);
    after(point);
    return rc;
}

int fsync(int fd)
{
    return synchronise(fd, REAL(fsync));
}

int fdatasync(int fd)
{
    return synchronise(fd, REAL(fdatasync));
}

int rename(const char *from, const char *to)
{
    AS_POINT(is_ours(from) || is_ours(to), FILES, int, REAL(rename)(from, to));
}

int unlink(const char *path)
{
    AS_POINT(is_ours(path), NEVER, int, REAL(unlink)(path));
}

/* ---- sockets ---- */

int connect(int fd, const struct sockaddr *address, socklen_t n)
{
    AS_POINT(active && address->sa_family != AF_UNIX, CONNECTIONS, int, REAL(connect)(fd, address, n));
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    bool point = kind_of(fd) == A_SOCKET;
    n = point ? shortened(n) : n;
    AS_POINT(point, CONNECTIONS, ssize_t, REAL(send)(fd, bytes, n, flags));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    AS_POINT(kind_of(fd) == A_SOCKET, CONNECTIONS, ssize_t, REAL(sendmsg)(fd, message, flags));
}

/* ---- the clock ---- */

static int64_t ahead(void)
{
    return active && clock_ahead && atomic_load(count) >= clock_at ? clock_ahead : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int rc = REAL(clock_gettime)(clock, ret);
    if (rc == 0 && clock == CLOCK_REALTIME)
        ret->tv_sec += ahead();
    return rc;
}

int gettimeofday(struct timeval *ret, void *zone)
{
    int rc = REAL(gettimeofday)(ret, zone);
    if (rc == 0)
        ret->tv_sec += ahead();
    return rc;
}

time_t time(time_t *ret)
{
    struct timespec now;
    REAL(clock_gettime)(CLOCK_REALTIME, &now);
    now.tv_sec += ahead();
    if (ret)
        *ret = now.tv_sec;
    return now.tv_sec;
}

#include "engine/provision/process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK_MS = 100,     /* how long a started line may wait for its end, and an interrupt for being noticed */
    GRACE_SECONDS = 5, /* between an interrupt and the end by force */
    TAIL = 8192,       /* how much of the output an error shows */
    LINE_MAX_BYTES = 32768,
};

double iac_process_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- starting ---- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Runs it with the given ends of pipes; errno, or 0. */
static int spawn(pid_t *ret, const iac_process_options *options, int in, int out, int err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t set;
    extern char **environ;

    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    if (in >= 0)
        posix_spawn_file_actions_adddup2(&files, in, 0);
    else
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, err, 2);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    if (options->dir)
        posix_spawn_file_actions_addchdir_np(&files, options->dir);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes, &set);
    sigaddset(&set, SIGPIPE); /* ignored here; programs expect otherwise */
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    posix_spawnattr_setsigdefault(&attributes, &set);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawnp(ret, options->argv[0], &files, &attributes, (char *const *)(uintptr_t)options->argv,
                             options->env ? options->env : environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

int iac_process_start(iac_process *ret, const iac_process_options *options)
{
    int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
    int error = 0;

    *ret = (iac_process){ .pid_fd = -1, .in = -1, .out = -1, .err = -1, .stop = options->stop,
                          .deadline = options->deadline };
    /* A socket, not a pipe: writing to one that nobody reads is an error and no signal. */
    if ((options->input && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0) ||
        pipe2(out, O_CLOEXEC) != 0 || (options->split && pipe2(err, O_CLOEXEC) != 0))
        error = errno;
    else
        error = spawn(&ret->pid, options, in[0], out[1], options->split ? err[1] : out[1]);
    close_fd(&in[0]);
    close_fd(&out[1]);
    close_fd(&err[1]);
    ret->in = in[1];
    ret->out = out[0];
    ret->err = err[0];
    if (error) {
        close_fd(&ret->in);
        close_fd(&ret->out);
        close_fd(&ret->err);
        return error;
    }
    iac_buf_init(&ret->errors, IAC_BUF_UNLIMITED);
    ret->pid_fd = pidfd_open(ret->pid, 0);
    if (ret->in >= 0)
        fcntl(ret->in, F_SETFL, O_NONBLOCK);
    if (ret->err >= 0)
        fcntl(ret->err, F_SETFL, O_NONBLOCK);
    return 0;
}

/* ---- watching ---- */

static void signal_all(const iac_process *process, int number)
{
    if (!process->ended)
        kill(-process->pid, number);
}

static void kill_all(iac_process *process)
{
    /* Also when the child itself has ended: what it left behind still holds its output. */
    if (!process->killed)
        kill(-process->pid, SIGKILL);
    process->killed = true;
}

static void heed_stop(iac_process *process)
{
    int stop = process->stop ? atomic_load(process->stop) : 0;
    double now = iac_process_now();

    if (stop && process->interrupted <= 0) {
        process->interrupted = now;
        signal_all(process, SIGINT);
    }
    if (stop > 1 || (process->interrupted > 0 && now - process->interrupted > GRACE_SECONDS) ||
        (process->deadline > 0 && now > process->deadline))
        kill_all(process);
}

static void heed_end(iac_process *process)
{
    siginfo_t info = { 0 };
    /* It stays a zombie until it is finished with, so that its number cannot come to mean something else. */
    if (!process->ended && waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == process->pid)
        process->ended = true;
}

static void keep_tail(iac_buf *tail, const void *bytes, size_t n)
{
    iac_buf_add(tail, bytes, n);
    if (tail->n <= 2 * TAIL)
        return;
    memmove(tail->p, tail->p + tail->n - TAIL, TAIL);
    tail->n = TAIL;
    tail->p[TAIL] = '\0';
}

static void cut_tail(iac_buf *tail)
{
    if (tail->n <= TAIL)
        return;
    memmove(tail->p, tail->p + tail->n - TAIL, TAIL);
    tail->n = TAIL;
    tail->p[TAIL] = '\0';
}

static void read_errors(iac_process *process)
{
    char bytes[4096];
    ssize_t n;
    while ((n = read(process->err, bytes, sizeof(bytes))) > 0)
        keep_tail(&process->errors, bytes, (size_t)n);
    if (n == 0)
        close_fd(&process->err);
}

/* Waits for a moment at most until there is something to read, to write when asked, or the end. */
static void look(iac_process *process, bool reading, bool writing, bool *ret_readable, bool *ret_writable)
{
    struct pollfd fds[] = {
        { .fd = reading ? process->out : -1, .events = POLLIN },
        { .fd = writing ? process->in : -1, .events = POLLOUT },
        { .fd = process->err, .events = POLLIN },
        { .fd = process->ended ? -1 : process->pid_fd, .events = POLLIN },
    };
    int n = poll(fds, IAC_COUNT(fds), TICK_MS);
    *ret_readable = n > 0 && fds[0].revents;
    *ret_writable = n > 0 && fds[1].revents;
    if (n > 0 && fds[2].revents)
        read_errors(process);
    heed_end(process);
    heed_stop(process);
}

/* ---- using ---- */

ssize_t iac_process_read(iac_process *process, void *bytes, size_t n)
{
    bool readable = false, writable;
    if (process->out < 0)
        return 0;
    look(process, true, false, &readable, &writable);
    if (readable) {
        ssize_t got = read(process->out, bytes, n);
        if (got < 0 && errno == EINTR)
            return -1;
        if (got <= 0)
            close_fd(&process->out);
        return got > 0 ? got : 0;
    }
    /* Somebody whom the child left behind may hold the output: that is waited for, but not against an interrupt. */
    if (process->ended && (process->interrupted > 0 || process->killed)) {
        close_fd(&process->out);
        return 0;
    }
    return -1;
}

bool iac_process_write(iac_process *process, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n) {
        bool readable, writable = false;
        if (process->in < 0 || process->ended)
            return false;
        look(process, false, true, &readable, &writable);
        if (!writable)
            continue;
        ssize_t sent = send(process->in, p, n, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (sent < 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

void iac_process_close_input(iac_process *process)
{
    close_fd(&process->in);
}

int iac_process_finish(iac_process *process)
{
    close_fd(&process->in);
    close_fd(&process->out);
    while (!process->ended) {
        bool readable, writable;
        look(process, false, false, &readable, &writable);
    }
    if (process->interrupted > 0)
        kill_all(process);
    while (waitpid(process->pid, &process->status, 0) < 0 && errno == EINTR)
        continue;
    if (process->err >= 0)
        read_errors(process);
    close_fd(&process->err);
    close_fd(&process->pid_fd);
    cut_tail(&process->errors);
    return process->status;
}

static iac_str trim_end(iac_str line)
{
    while (line.n && strchr(" \t\r\v\f", line.p[line.n - 1]))
        line.n--;
    return line;
}

/* Hands on the complete lines of a buffer, and with `all` what is left. */
static void hand_on(iac_buf *pending, bool all, void (*fn)(void *user, iac_str line), void *user)
{
    size_t from = 0;
    for (;;) {
        size_t end = iac_str_find_char(iac_buf_view(pending), '\n', from);
        if (end == SIZE_MAX)
            break;
        fn(user, trim_end(iac_str_sub(iac_buf_view(pending), from, end)));
        from = end + 1;
    }
    if (from < pending->n && (all || pending->n - from > LINE_MAX_BYTES)) {
        fn(user, trim_end(iac_str_sub(iac_buf_view(pending), from, pending->n)));
        from = pending->n;
    }
    if (from == 0)
        return;
    memmove(pending->p, pending->p + from, pending->n - from);
    pending->n -= from;
    pending->p[pending->n] = '\0';
}

void iac_process_lines(iac_process *process, void (*fn)(void *user, iac_str line), void *user, iac_buf *tail)
{
    char bytes[16384];
    iac_buf pending;
    ssize_t n;

    iac_buf_init(&pending, IAC_BUF_UNLIMITED);
    while ((n = iac_process_read(process, bytes, sizeof(bytes))) != 0) {
        if (n > 0) {
            iac_buf_add(&pending, bytes, (size_t)n);
            if (tail)
                keep_tail(tail, bytes, (size_t)n);
        }
        hand_on(&pending, n < 0, fn, user);
    }
    hand_on(&pending, true, fn, user);
    iac_buf_clear(&pending);
    if (tail)
        cut_tail(tail);
}

void iac_process_print_status(iac_buf *out, int status)
{
    if (!WIFSIGNALED(status)) {
        iac_buf_printf(out, "exit status %d", WIFEXITED(status) ? WEXITSTATUS(status) : status);
        return;
    }
    const char *name = sigdescr_np(WTERMSIG(status));
    iac_buf_cstr(out, "signal: ");
    for (const char *p = name ? name : "unknown"; *p; p++)
        iac_buf_char(out, (char)tolower((unsigned char)*p));
    if (WCOREDUMP(status))
        iac_buf_cstr(out, " (core dumped)");
}

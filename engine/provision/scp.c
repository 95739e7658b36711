/* Files to another machine, in the protocol that the scp program there speaks when it is told to receive ("scp -t").
 * Each message is answered by a byte: 0, or 1 and 2 with a line that says what is wrong. */
#include "engine/provision/ssh.h"

#include "engine/provision/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void iac_ssh_quote(iac_buf *out, iac_str s)
{
    iac_buf_char(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'')
            iac_buf_cstr(out, "'\\''");
        else
            iac_buf_char(out, s.p[i]);
    }
    iac_buf_char(out, '\'');
}

struct sending {
    const iac_provision_request *request;
    iac_process process;
    const char *error; /* the first that went wrong; everything is skipped after */
};

static void fail(struct sending *s, const char *error)
{
    if (!s->error)
        s->error = error;
}

static void send_bytes(struct sending *s, const void *bytes, size_t n)
{
    if (!s->error && !iac_process_write(&s->process, bytes, n))
        fail(s, ""); /* how the process ended says more */
}

static int read_byte(struct sending *s)
{
    unsigned char byte;
    ssize_t n;
    while ((n = iac_process_read(&s->process, &byte, 1)) < 0)
        continue;
    return n == 1 ? byte : -1;
}

static void await_answer(struct sending *s)
{
    char line[512];
    size_t n = 0;
    int byte;
    if (s->error)
        return;
    int answer = read_byte(s);
    if (answer == 0)
        return;
    if (answer < 0) {
        fail(s, "");
        return;
    }
    if (answer != 1 && answer != 2)
        line[n++] = (char)answer;
    while ((byte = read_byte(s)) >= 0 && byte != '\n')
        if (n < sizeof(line) - 1)
            line[n++] = (char)byte;
    fail(s, iac_provision_message(s->request, "%.*s", (int)n, line));
}

static void announce(struct sending *s, const char *format, long long size, iac_str name)
{
    iac_buf line;
    iac_buf_init(&line, IAC_BUF_UNLIMITED);
    iac_buf_printf(&line, "%s %lld %.*s\n", format, size, IAC_FMT(name));
    if (iac_str_find_char(name, '\n', 0) != SIZE_MAX)
        fail(s, iac_provision_message(s->request, "the file name \"%.*s\" cannot be sent", IAC_FMT(name)));
    send_bytes(s, line.p, line.n);
    iac_buf_clear(&line);
    await_answer(s);
}

static void send_text(struct sending *s, iac_str text, iac_str name)
{
    announce(s, "C0644", (long long)text.n, name);
    send_bytes(s, text.p, text.n);
    send_bytes(s, "", 1);
    await_answer(s);
}

static const char *system_error(struct sending *s, const char *call, const char *path)
{
    char text[128];
    iac_str words = iac_arena_str(s->request->arena, iac_str_of(strerror_r(errno, text, sizeof(text))));
    char *first = (char *)(uintptr_t)words.p;
    if (words.n && first[0] >= 'A' && first[0] <= 'Z')
        first[0] = (char)(first[0] - 'A' + 'a');
    return iac_provision_message(s->request, "%s %s: %.*s", call, path, IAC_FMT(words));
}

static void send_content(struct sending *s, int fd, const char *path, long long size)
{
    char bytes[65536];
    while (size > 0 && !s->error) {
        size_t want = size < (long long)sizeof(bytes) ? (size_t)size : sizeof(bytes);
        ssize_t n = read(fd, bytes, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fail(s, n < 0 ? system_error(s, "read", path)
                          : iac_provision_message(s->request, "%s became shorter while it was read", path));
            return;
        }
        send_bytes(s, bytes, (size_t)n);
        size -= n;
    }
}

static void send_file(struct sending *s, const char *path, iac_str name)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0) {
        fail(s, system_error(s, "open", path));
    } else if (!S_ISREG(info.st_mode)) {
        fail(s, iac_provision_message(s->request, "%s is not a regular file", path));
    } else {
        announce(s, "C0644", (long long)info.st_size, name);
        send_content(s, fd, path, (long long)info.st_size);
        send_bytes(s, "", 1);
        await_answer(s);
    }
    if (fd >= 0)
        close(fd);
}

static int hide_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void send_dir(struct sending *s, const char *path, iac_str name);

static void send_entries(struct sending *s, const char *path)
{
    struct dirent **entries;
    struct stat info;
    int n = scandir(path, &entries, hide_dots, alphasort);
    if (n < 0) {
        fail(s, system_error(s, "open", path));
        return;
    }
    for (int i = 0; i < n; i++) {
        iac_str child = iac_arena_printf(s->request->arena, "%s/%s", path, entries[i]->d_name);
        iac_str name = iac_arena_str(s->request->arena, iac_str_of(entries[i]->d_name));
        free(entries[i]);
        if (s->error)
            continue;
        if (stat(child.p, &info) != 0)
            fail(s, system_error(s, "stat", child.p));
        else if (S_ISDIR(info.st_mode))
            send_dir(s, child.p, name);
        else
            send_file(s, child.p, name);
    }
    free(entries);
}

static void send_dir(struct sending *s, const char *path, iac_str name)
{
    if (strlen(path) > 4000) { /* a link that leads back to a folder above it */
        fail(s, iac_provision_message(s->request, "%.60s... is nested too deeply", path));
        return;
    }
    announce(s, "D0755", 0, name);
    send_entries(s, path);
    send_bytes(s, "E\n", 2);
    await_answer(s);
}

/* ---- the whole ---- */

static bool begin(struct sending *s, iac_ssh *ssh, const iac_provision_request *request, const char *options,
                  iac_str target)
{
    iac_buf command;
    iac_buf_init(&command, IAC_BUF_UNLIMITED);
    iac_buf_printf(&command, "scp %s ", options);
    iac_ssh_quote(&command, target);
    *s = (struct sending){ .request = request };
    int error = iac_ssh_start(ssh, command.p, false, true, &s->process);
    iac_buf_clear(&command);
    if (error)
        s->error = "the ssh program could not be started";
    else
        await_answer(s);
    return error == 0;
}

static const char *end(struct sending *s)
{
    iac_process_close_input(&s->process);
    int status = iac_process_finish(&s->process);
    const char *failure = iac_ssh_failure(s->request, status);
    iac_str said = iac_str_trim(iac_buf_view(&s->process.errors));
    if (s->error && s->error[0])
        failure = s->error;
    else if (failure && said.n)
        failure = iac_provision_message(s->request, "%s: %.*s", failure, IAC_FMT(said));
    else if (s->error && !failure)
        failure = "the scp program there ended early";
    iac_buf_clear(&s->process.errors);
    return failure;
}

/* The folder part of a path ("." when there is none) and its last part. */
static void split_path(iac_str path, iac_str *ret_dir, iac_str *ret_name)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    size_t slash = path.n;
    while (slash > 0 && path.p[slash - 1] != '/')
        slash--;
    *ret_name = iac_str_sub(path, slash, path.n);
    *ret_dir = slash > 1 ? iac_str_sub(path, 0, slash - 1) : slash ? IAC_STR("/") : IAC_STR(".");
}

const char *iac_ssh_put_text(iac_ssh *ssh, const iac_provision_request *request, iac_str text, iac_str destination)
{
    struct sending s;
    iac_str dir, name;
    split_path(destination, &dir, &name);
    if (!begin(&s, ssh, request, "-t", dir))
        return s.error;
    send_text(&s, text, name);
    return end(&s);
}

const char *iac_ssh_put_path(iac_ssh *ssh, const iac_provision_request *request, iac_str source, iac_str destination)
{
    struct sending s = { .request = request };
    struct stat info;
    iac_str dir, name;
    const char *path = iac_arena_cstr(request->arena, source);
    if (stat(path, &info) != 0)
        return system_error(&s, "stat", path);
    if (!S_ISDIR(info.st_mode)) {
        split_path(destination, &dir, &name);
        if (!begin(&s, ssh, request, "-t", dir))
            return s.error;
        send_file(&s, path, name);
        return end(&s);
    }
    if (!begin(&s, ssh, request, "-rt", destination))
        return s.error;
    split_path(source, &dir, &name);
    if (iac_str_ends(source, IAC_STR("/")) || iac_str_is(name, ".") || iac_str_is(name, ".."))
        send_entries(&s, path);
    else
        send_dir(&s, path, name);
    return end(&s);
}

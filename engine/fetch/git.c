/* engine/fetch/git.c - cloning by the git program, which never asks and runs nothing of the repository's. */
#include "engine/fetch/fetch_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_OUTPUT = 64 << 10, MAX_WORDS = 24, MAX_ENVIRONMENT = 4096, MAX_DEPTH_DIGITS = 9 };

typedef struct words {
    const char *v[MAX_WORDS];
    size_t n;
} words;

static void add(words *w, const char *word)
{
    if (w->n + 1 < MAX_WORDS)
        w->v[w->n++] = word;
}

/* What would point git at another repository, or make it run programs, is left out. */
static bool is_dropped(const char *variable)
{
    static const char *const dropped[] = {
        "GIT_DIR=", "GIT_WORK_TREE=", "GIT_INDEX_FILE=", "GIT_OBJECT_DIRECTORY=", "GIT_COMMON_DIR=", "GIT_NAMESPACE=",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES=", "GIT_TEMPLATE_DIR=", "GIT_ALLOW_PROTOCOL=", "GIT_PROTOCOL_FROM_USER=",
        "GIT_TERMINAL_PROMPT=", "GIT_ASKPASS=", "SSH_ASKPASS=", "GIT_CEILING_DIRECTORIES=", "GIT_TRACE=", "LC_ALL=",
    };

    for (size_t i = 0; i < IAC_COUNT(dropped); i++)
        if (strncmp(variable, dropped[i], strlen(dropped[i])) == 0)
            return true;
    return false;
}

static char **environment_for(const char *protocols, const char *ssh_command)
{
    extern char **environ;
    char **result = iac_xcalloc(MAX_ENVIRONMENT + 8, sizeof(*result));
    iac_buf text;
    size_t n = 0;

    for (size_t i = 0; environ[i] && n < MAX_ENVIRONMENT; i++)
        if (!is_dropped(environ[i]) && !(ssh_command && strncmp(environ[i], "GIT_SSH_COMMAND=", 16) == 0))
            result[n++] = iac_xstrdup(environ[i]);
    result[n++] = iac_xstrdup("GIT_TERMINAL_PROMPT=0");
    result[n++] = iac_xstrdup("GIT_ASKPASS=true");
    result[n++] = iac_xstrdup("SSH_ASKPASS=true");
    result[n++] = iac_xstrdup("LC_ALL=C");
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_printf(&text, "GIT_ALLOW_PROTOCOL=%s", protocols);
    result[n++] = iac_buf_detach(&text);
    if (ssh_command) {
        iac_buf_printf(&text, "GIT_SSH_COMMAND=%s", ssh_command);
        result[n++] = iac_buf_detach(&text);
    }
    iac_buf_clear(&text);
    return result;
}

/* 0, or an error number. */
static int start(const words *command, char **environment, int output, pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    if (!error)
        error = posix_spawnp(ret, "git", &actions, NULL, (char **)command->v, environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static void read_output(int fd, iac_buf *out)
{
    char bytes[4096];
    ssize_t got;

    while ((got = read(fd, bytes, sizeof(bytes))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        iac_buf_add(out, bytes, (size_t)got); /* what is beyond the limit is dropped */
    }
}

/* Runs git; false with what it said. */
static bool run(iac_arena *arena, const words *command, const char *protocols, const char *ssh_command,
                iac_str *ret_error)
{
    char **environment = environment_for(protocols, ssh_command);
    int fds[2] = { -1, -1 }, status = 0;
    iac_buf out;
    bool good = false;

    iac_buf_init(&out, MAX_OUTPUT);
    pid_t child = -1;
    int error = pipe2(fds, O_CLOEXEC) == 0 ? start(command, environment, fds[1], &child) : errno;
    if (fds[1] >= 0)
        close(fds[1]);
    if (error) {
        *ret_error = error == ENOENT ? IAC_STR("git must be available and on the PATH")
                                     : iac_arena_printf(arena, "starting git: %s", strerror(error));
    } else {
        read_output(fds[0], &out);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (!good)
            *ret_error = iac_arena_printf(arena, "git exited with %d: %s",
                                          WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out.p);
    }
    if (fds[0] >= 0)
        close(fds[0]);
    for (size_t i = 0; environment[i]; i++)
        free(environment[i]);
    free(environment);
    iac_buf_clear(&out);
    return good;
}

static words git_command(const char *directory)
{
    words w = { .n = 0 };

    add(&w, "git");
    if (directory) {
        add(&w, "-C");
        add(&w, directory);
    }
    add(&w, "-c"); /* nothing that the repository or a template brings is run */
    add(&w, "core.hooksPath=/dev/null");
    add(&w, "-c");
    add(&w, "core.fsmonitor=false");
    add(&w, "-c");
    add(&w, "protocol.ext.allow=never");
    add(&w, "-c");
    add(&w, "advice.detachedHead=false");
    return w;
}

/* ---- settings of an address ---- */

typedef struct repository {
    iac_str url, ref, depth;
    const char *protocols, *submodule_protocols;
    const char *ssh_command; /* NULL: as git would */
    char key_file[64];       /* of sshkey=, or empty */
} repository;

static bool is_number(iac_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0 && s.n <= MAX_DEPTH_DIGITS;
}

static int base64_digit(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+' || c == '-' ? 62
           : c == '/' || c == '_' ? 63
                                  : -1;
}

/* sshkey=: a private key in base64, kept in a file for as long as git runs. */
static bool write_key(iac_arena *arena, iac_str key, repository *r, iac_str *ret_error)
{
    unsigned bits = 0, held = 0;
    iac_buf bytes;

    iac_buf_init(&bytes, MAX_OUTPUT);
    for (size_t i = 0; i < key.n && key.p[i] != '='; i++) {
        int digit = base64_digit(key.p[i] == ' ' ? '+' : key.p[i]);
        bits = bits << 6 | (unsigned)(digit & 63);
        held += 6;
        if (held >= 8) {
            held -= 8;
            iac_buf_char(&bytes, (char)(bits >> held & 255));
        }
    }
    snprintf(r->key_file, sizeof(r->key_file), "/tmp/iac-key-XXXXXX");
    int fd = mkstemp(r->key_file);
    bool good = fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n;
    if (fd >= 0)
        close(fd);
    else
        r->key_file[0] = '\0';
    memset(bytes.p, 0, bytes.n);
    iac_buf_clear(&bytes);
    if (!good)
        *ret_error = IAC_STR("the key of the argument \"sshkey\" could not be written to a file");
    r->ssh_command = iac_arena_printf(arena, "ssh -i %s -o BatchMode=yes -o StrictHostKeyChecking=accept-new",
                                      r->key_file).p;
    return good;
}

static bool read_url(iac_arena *arena, iac_str url, repository *r, iac_str *ret_error)
{
    static const char *const allowed[] = { "https://", "http://", "ssh://", "git://", "file://", "git+ssh://" };
    bool known = url.n && url.p[0] == '/', local = known || iac_str_starts(url, IAC_STR("file://"));

    r->ref = iac_url_take(arena, &url, "ref");
    r->depth = iac_url_take(arena, &url, "depth");
    iac_str key = iac_url_take(arena, &url, "sshkey");
    for (size_t i = 0; i < IAC_COUNT(allowed); i++)
        known |= iac_str_starts(url, iac_str_of(allowed[i]));
    if (!known || iac_str_find(url, IAC_STR("://-"), 0) != SIZE_MAX) {
        *ret_error = iac_arena_printf(arena, "\"%.*s\" is not the address of a git repository", IAC_FMT(url));
        return false;
    }
    if (r->ref.n && r->ref.p[0] == '-') {
        *ret_error = iac_arena_printf(arena, "\"%.*s\" is not the name of a revision", IAC_FMT(r->ref));
        return false;
    }
    if (r->depth.n && !is_number(r->depth)) {
        *ret_error = iac_arena_printf(arena, "invalid depth \"%.*s\": it is to be a number", IAC_FMT(r->depth));
        return false;
    }
    if (iac_str_is(r->depth, "0"))
        r->depth = (iac_str){ 0 };
    r->url = local ? iac_url_decode(arena, url) : url;
    r->protocols = local ? "file" : "https:http:ssh:git:git+ssh";
    r->submodule_protocols = local ? "file:https:http:ssh:git" : "https:http:ssh:git";
    if (!getenv("GIT_SSH_COMMAND") && !getenv("GIT_SSH"))
        r->ssh_command = "ssh -o BatchMode=yes";
    return !key.n || write_key(arena, key, r, ret_error);
}

static bool clone_repository(iac_arena *arena, const repository *r, const char *dest, iac_str *ret_error)
{
    words w = git_command(NULL);

    add(&w, "clone");
    add(&w, "--quiet");
    if (r->depth.n) {
        add(&w, iac_arena_printf(arena, "--depth=%.*s", IAC_FMT(r->depth)).p);
        if (r->ref.n)
            add(&w, iac_arena_printf(arena, "--branch=%.*s", IAC_FMT(r->ref)).p);
    }
    add(&w, "--");
    add(&w, iac_arena_cstr(arena, r->url));
    add(&w, dest);
    if (run(arena, &w, r->protocols, r->ssh_command, ret_error))
        return true;
    if (r->depth.n && r->ref.n)
        *ret_error = iac_arena_printf(arena, "%.*s (note that setting 'depth' requires 'ref' to be a branch or tag "
                                             "name)", IAC_FMT(*ret_error));
    return false;
}

static bool check_out(iac_arena *arena, const repository *r, const char *dest, iac_str *ret_error)
{
    words w = git_command(dest);

    if (!r->ref.n || r->depth.n)
        return true;
    add(&w, "checkout");
    add(&w, "--quiet");
    add(&w, iac_arena_cstr(arena, r->ref));
    add(&w, "--");
    return run(arena, &w, r->protocols, r->ssh_command, ret_error);
}

static bool get_submodules(iac_arena *arena, const repository *r, const char *dest, iac_str *ret_error)
{
    words w = git_command(dest);

    if (access(iac_arena_printf(arena, "%s/.gitmodules", dest).p, F_OK) != 0)
        return true;
    add(&w, "submodule");
    add(&w, "update");
    add(&w, "--init");
    add(&w, "--recursive");
    if (r->depth.n)
        add(&w, iac_arena_printf(arena, "--depth=%.*s", IAC_FMT(r->depth)).p);
    return run(arena, &w, r->submodule_protocols, r->ssh_command, ret_error);
}

bool iac_git_get(iac_arena *arena, iac_str url, const char *dest, iac_str *ret_error)
{
    repository r = { .ssh_command = NULL };
    bool good = read_url(arena, url, &r, ret_error) && clone_repository(arena, &r, dest, ret_error) &&
                check_out(arena, &r, dest, ret_error) && get_submodules(arena, &r, dest, ret_error);

    if (r.key_file[0])
        unlink(r.key_file);
    return good;
}

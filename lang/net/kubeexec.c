#include "lang/net/kubeexec.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_OUTPUT ((size_t)1 << 20)
#define MAX_ERRORS ((size_t)1 << 14)
#define DEADLINE_S 120
#define POLL_MS 100

extern char **environ;

time_t k8s_time_parse(const char *text)
{
    struct tm tm = { 0 };
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest) {
        return 0;
    }
    if (*rest == '.') {
        rest += 1 + strspn(rest + 1, "0123456789");
    }
    time_t at = timegm(&tm);
    if ((*rest == '+' || *rest == '-') && strlen(rest) >= 6 && rest[3] == ':') {
        long zone = strtol(rest + 1, NULL, 10) * 3600 + strtol(rest + 4, NULL, 10) * 60;
        at -= *rest == '+' ? zone : -zone;
    }
    return at;
}

void k8s_credentials_clear(k8s_credentials *c)
{
    if (c->token) {
        explicit_bzero(c->token, strlen(c->token));
    }
    if (c->key_pem) {
        explicit_bzero(c->key_pem, strlen(c->key_pem));
    }
    free(c->token);
    free(c->cert_pem);
    free(c->key_pem);
    *c = (k8s_credentials){ 0 };
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* The value of KUBERNETES_EXEC_INFO. Caller frees. */
static char *exec_info(const k8s_access *access)
{
    json_t *info = json_object(), *spec = json_object();

    json_object_set(info, "apiVersion", json_object_get(access->exec, "apiVersion"));
    json_object_set_new(info, "kind", json_string("ExecCredential"));
    json_object_set_new(spec, "interactive", json_false());
    if (json_is_true(json_object_get(access->exec, "provideClusterInfo"))) {
        json_t *cluster = json_pack("{s:s}", "server", access->server);
        if (access->tls_server_name) {
            json_object_set_new(cluster, "tls-server-name", json_string(access->tls_server_name));
        }
        if (access->insecure) {
            json_object_set_new(cluster, "insecure-skip-tls-verify", json_true());
        }
        json_object_set_new(spec, "cluster", cluster);
    }
    json_object_set_new(info, "spec", spec);
    char *text = json_dumps(info, JSON_COMPACT);
    json_decref(info);
    return text;
}

/* The environment of the plugin: ours, what the section adds, and the information. Free with free_list. */
static char **exec_environment(const k8s_access *access)
{
    IAC_VEC(char *) list = { 0 };
    const char *key;
    json_t *value;
    json_t *added = json_object_get(access->exec, "env");
    char *info = exec_info(access);
    iac_buf entry;

    iac_buf_init(&entry, IAC_BUF_UNLIMITED);
    for (char **e = environ; *e; e++) {
        char *name = iac_xstrndup(*e, strcspn(*e, "="));
        if (!json_object_get(added, name) && strcmp(name, "KUBERNETES_EXEC_INFO") != 0) {
            iac_vec_push(&list, iac_xstrdup(*e));
        }
        free(name);
    }
    json_object_foreach(added, key, value) {
        if (json_is_string(value)) {
            iac_buf_reset(&entry);
            iac_buf_printf(&entry, "%s=%s", key, json_string_value(value));
            iac_vec_push(&list, iac_xstrndup(entry.p, entry.n));
        }
    }
    iac_buf_reset(&entry);
    iac_buf_printf(&entry, "KUBERNETES_EXEC_INFO=%s", info);
    iac_vec_push(&list, iac_xstrndup(entry.p, entry.n));
    iac_vec_push(&list, NULL);
    iac_buf_clear(&entry);
    free(info);
    return list.v;
}

static char **exec_arguments(const k8s_access *access)
{
    IAC_VEC(char *) list = { 0 };
    json_t *item;
    size_t i;

    iac_vec_push(&list, iac_xstrdup(json_string_value(json_object_get(access->exec, "command"))));
    json_array_foreach(json_object_get(access->exec, "args"), i, item) {
        if (json_is_string(item)) {
            iac_vec_push(&list, iac_xstrdup(json_string_value(item)));
        }
    }
    iac_vec_push(&list, NULL);
    return list.v;
}

static void free_list(char **list)
{
    for (char **p = list; *p; p++) {
        free(*p);
    }
    free(list);
}

/* Starts the plugin with its output on pipes, in a process group of its own. Returns 0 or an errno. */
static int start(const k8s_access *access, pid_t *ret_pid, int *ret_out, int *ret_err)
{
    int out[2], err[2], rc;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    if (pipe2(out, O_CLOEXEC) != 0) {
        return errno;
    }
    if (pipe2(err, O_CLOEXEC) != 0) {
        rc = errno;
        close(out[0]);
        close(out[1]);
        return rc;
    }
    char **argv = exec_arguments(access), **env = exec_environment(access);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    rc = posix_spawnp(ret_pid, argv[0], &actions, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free_list(argv);
    free_list(env);
    close(out[1]);
    close(err[1]);
    if (rc != 0) {
        close(out[0]);
        close(err[0]);
        return rc;
    }
    *ret_out = out[0];
    *ret_err = err[0];
    return 0;
}

static void drain(struct pollfd *fd, iac_buf *into)
{
    char piece[4096];

    if (fd->fd < 0 || !(fd->revents & (POLLIN | POLLHUP | POLLERR))) {
        return;
    }
    ssize_t got = read(fd->fd, piece, sizeof(piece));
    if (got > 0) {
        iac_buf_add(into, piece, (size_t)got);
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        close(fd->fd);
        fd->fd = -1;
    }
    explicit_bzero(piece, sizeof(piece));
}

/* Reads both pipes until the plugin closed them and ended. False when it had to be stopped. */
static bool collect(pid_t pid, int out_fd, int err_fd, bool (*cancelled)(void *), void *arg, iac_buf *out,
                    iac_buf *err, int *ret_status)
{
    struct pollfd fds[2] = { { out_fd, POLLIN, 0 }, { err_fd, POLLIN, 0 } };
    struct timespec start_time, now;
    bool in_time = true;

    clock_gettime(CLOCK_MONOTONIC, &start_time);
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        poll(fds, 2, POLL_MS);
        drain(&fds[0], out);
        drain(&fds[1], err);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (in_time && ((cancelled && cancelled(arg)) || now.tv_sec - start_time.tv_sec > DEADLINE_S)) {
            in_time = false;
            kill(-pid, SIGKILL);
        }
    }
    while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR) {
    }
    return in_time;
}

/* Takes the credentials out of what the plugin printed. */
static bool understand(const k8s_access *access, const iac_buf *out, k8s_credentials *ret, iac_buf *why)
{
    json_t *answer = k8s_json_parse(out->p, out->n);
    const json_t *status = json_object_get(answer, "status");
    const char *want = json_string_value(json_object_get(access->exec, "apiVersion"));
    const char *token = text_of(status, "token");
    const char *cert = text_of(status, "clientCertificateData");
    const char *key = text_of(status, "clientKeyData");
    bool ok = false;

    if (!answer || strcmp(text_of(answer, "kind"), "ExecCredential") != 0) {
        iac_buf_cstr(why, "did not print an ExecCredential");
    } else if (strcmp(text_of(answer, "apiVersion"), want) != 0) {
        iac_buf_printf(why, "answered with API version \"%s\", but \"%s\" was asked for",
                       text_of(answer, "apiVersion"), want);
    } else if (!*token && !*cert) {
        iac_buf_cstr(why, "gave neither a token nor a client certificate");
    } else if (!*cert != !*key) {
        iac_buf_cstr(why, "gave a client certificate or a key, but not both");
    } else {
        ret->token = *token ? iac_xstrdup(token) : NULL;
        ret->cert_pem = *cert ? iac_xstrdup(cert) : NULL;
        ret->key_pem = *key ? iac_xstrdup(key) : NULL;
        ret->expires = k8s_time_parse(text_of(status, "expirationTimestamp"));
        ok = true;
    }
    json_decref(answer);
    return ok;
}

/* Adds the last part of text without control characters (a hint may be coloured). */
static void add_printable(iac_buf *to, const char *text, size_t n)
{
    size_t from = n > 1000 ? n - 1000 : 0;

    for (size_t i = from; i < n; i++) {
        if (text[i] == '\033') {
            while (i < n && !((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z'))) {
                i++;
            }
        } else if ((unsigned char)text[i] >= 0x20 || text[i] == '\n') {
            iac_buf_char(to, text[i]);
        }
    }
}

bool k8s_exec_run(const k8s_access *access, bool (*cancelled)(void *arg), void *arg, k8s_credentials *ret,
                  iac_buf *why)
{
    const char *command = json_string_value(json_object_get(access->exec, "command"));
    const char *version = json_string_value(json_object_get(access->exec, "apiVersion"));
    int out_fd = -1, err_fd = -1, status = 0;
    pid_t pid;
    iac_buf out, err;
    bool ok = false;

    *ret = (k8s_credentials){ 0 };
    if (strcmp(version, "client.authentication.k8s.io/v1") != 0 &&
        strcmp(version, "client.authentication.k8s.io/v1beta1") != 0) {
        iac_buf_printf(why, "the exec credential plugin's API version \"%s\" is not supported; "
                            "client.authentication.k8s.io/v1 and v1beta1 are", version);
        return false;
    }
    int rc = start(access, &pid, &out_fd, &err_fd);
    if (rc != 0) {
        const char *hint = text_of(access->exec, "installHint");
        iac_buf_printf(why, "the credential plugin %s cannot be run: %s", command, strerror(rc));
        if (*hint) {
            iac_buf_cstr(why, ". ");
            add_printable(why, hint, strlen(hint));
        }
        return false;
    }
    iac_buf_init(&out, MAX_OUTPUT);
    iac_buf_init(&err, MAX_ERRORS);
    if (!collect(pid, out_fd, err_fd, cancelled, arg, &out, &err, &status)) {
        iac_buf_printf(why, "the credential plugin %s was stopped: it did not answer in time", command);
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        iac_buf_printf(why, "the credential plugin %s failed with %s %d", command,
                       WIFEXITED(status) ? "exit status" : "signal",
                       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        if (err.n) {
            iac_buf_cstr(why, ": ");
            add_printable(why, err.p, err.n);
        }
    } else {
        iac_buf_printf(why, "the credential plugin %s ", command);
        ok = understand(access, &out, ret, why);
    }
    if (out.cap) {
        explicit_bzero(out.p, out.n);
    }
    iac_buf_clear(&out);
    iac_buf_clear(&err);
    return ok;
}

#include "engine/provision/ssh.h"

#include "engine/provision/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_PATH = 60 /* of the folder: the name of a socket in it is limited by the system */ };

struct iac_ssh {
    const iac_provision_request *request;
    const iac_connection *connection;
    char dir[LIMIT_PATH + 24]; /* of its own, readable by nobody else; empty: not made */
    char *config;              /* dir/config */
    char **env;
};

/* The files that a connection may have in its folder. */
static const char *const file_names[] = {
    "config", "key", "key-cert.pub", "known", "askpass", "bastion_key", "bastion_key-cert.pub", "bastion_known",
    "bastion_askpass", "errors", "socket",
};

/* ---- files of the connection ---- */

static bool write_file(const iac_ssh *ssh, const char *prefix, const char *name, mode_t mode, iac_str text)
{
    char path[sizeof(ssh->dir) + 40];
    snprintf(path, sizeof(path), "%s/%s%s", ssh->dir, prefix, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return false;
    bool ok = true;
    size_t done = 0;
    while (ok && done < text.n) {
        ssize_t n = write(fd, text.p + done, text.n - done);
        ok = n > 0 || errno == EINTR;
        done += n > 0 ? (size_t)n : 0;
    }
    return close(fd) == 0 && ok;
}

static bool write_line(const iac_ssh *ssh, const char *prefix, const char *name, iac_str text)
{
    iac_str line = iac_arena_printf(ssh->request->arena, "%.*s\n", IAC_FMT(iac_str_trim(text)));
    return write_file(ssh, prefix, name, 0600, line);
}

static bool make_dir(iac_ssh *ssh)
{
    const char *base = getenv("TMPDIR");
    bool plain = base && base[0] == '/' && strlen(base) <= LIMIT_PATH;
    for (const char *p = base; plain && *p; p++)
        plain = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-", *p) != NULL;
    snprintf(ssh->dir, sizeof(ssh->dir), "%s/iac-ssh-XXXXXX", plain ? base : "/tmp");
    if (mkdtemp(ssh->dir))
        return true;
    ssh->dir[0] = '\0';
    return false;
}

static void remove_keys(const iac_ssh *ssh)
{
    char path[sizeof(ssh->dir) + 40];
    snprintf(path, sizeof(path), "%s/key", ssh->dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/bastion_key", ssh->dir);
    unlink(path);
}

static void print_host(iac_buf *out, iac_str host)
{
    for (size_t i = 0; i < host.n; i++) {
        iac_buf_char(out, host.p[i]);
        if (host.p[i] == '%')
            iac_buf_char(out, '%');
    }
}

static bool write_known(const iac_ssh *ssh, const char *prefix, const iac_login *login)
{
    iac_buf text;
    iac_str key = iac_str_trim(login->host_key);
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    /* The key may be the machine's, or that of the authority that signed the machine's. */
    for (int authority = 0; authority < 2; authority++) {
        iac_buf_cstr(&text, authority ? "@cert-authority " : "");
        if (login->port == 22)
            iac_buf_str(&text, login->host);
        else
            iac_buf_printf(&text, "[%.*s]:%" PRId64, IAC_FMT(login->host), login->port);
        iac_buf_printf(&text, " %.*s\n", IAC_FMT(key));
    }
    bool ok = write_file(ssh, prefix, "known", 0600, iac_buf_view(&text));
    iac_buf_clear(&text);
    return ok;
}

/* One machine's section of the configuration, and the files it names. */
static bool describe(const iac_ssh *ssh, iac_buf *out, const iac_login *login, const char *prefix)
{
    bool ok = true;
    iac_buf_printf(out, "Host %s\n  HostName \"", *prefix ? "bastion" : "target");
    print_host(out, login->host);
    iac_buf_printf(out, "\"\n  User \"%.*s\"\n  Port %" PRId64 "\n", IAC_FMT(login->user), login->port);
    if (login->host_key.n) {
        ok = write_known(ssh, prefix, login);
        iac_buf_printf(out, "  StrictHostKeyChecking yes\n  UserKnownHostsFile %s/%sknown\n", ssh->dir, prefix);
    } else {
        iac_buf_cstr(out, "  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n");
    }
    if (!login->agent)
        iac_buf_cstr(out, "  IdentityAgent none\n");
    if (login->private_key.n) {
        ok = ok && write_line(ssh, prefix, "key", login->private_key);
        iac_buf_printf(out, "  IdentityFile %s/%skey\n", ssh->dir, prefix);
    }
    if (login->private_key.n && login->certificate.n) {
        ok = ok && write_line(ssh, prefix, "key-cert.pub", login->certificate);
        iac_buf_printf(out, "  CertificateFile %s/%skey-cert.pub\n", ssh->dir, prefix);
    }
    if (login->agent && ssh->connection->agent_identity.n)
        iac_buf_printf(out, "  IdentityFile \"%.*s\"\n", IAC_FMT(ssh->connection->agent_identity));
    else if (!login->private_key.n)
        iac_buf_cstr(out, "  IdentityFile none\n");
    if (login->password.n) {
        iac_str script = iac_arena_printf(ssh->request->arena, "#!/bin/sh\nprintf '%%s\\n' \"$IAC_SSH_%sPASSWORD\"\n",
                                          *prefix ? "BASTION_" : "");
        ok = ok && write_file(ssh, prefix, "askpass", 0700, script);
    } else {
        iac_buf_cstr(out, "  BatchMode yes\n");
    }
    return ok;
}

static bool write_config(iac_ssh *ssh)
{
    const iac_connection *c = ssh->connection;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    bool ok = describe(ssh, &out, &c->target, "");
    if (c->bastion.host.n) {
        iac_buf_printf(&out, "  ProxyCommand env SSH_ASKPASS=%s/bastion_askpass ssh -E %s/errors -F %s/config "
                       "-W '[%%h]:%%p' bastion\n", ssh->dir, ssh->dir, ssh->dir);
    }
    iac_buf_printf(&out, "  ControlMaster auto\n  ControlPath %s/socket\n  ControlPersist 60\n", ssh->dir);
    if (c->bastion.host.n)
        ok = describe(ssh, &out, &c->bastion, "bastion_") && ok;
    iac_buf_cstr(&out, "Host *\n  GlobalKnownHostsFile /dev/null\n  LogLevel ERROR\n  NumberOfPasswordPrompts 1\n"
                 "  PreferredAuthentications publickey,password,keyboard-interactive\n  UpdateHostKeys no\n"
                 "  ConnectTimeout 15\n  ServerAliveInterval 15\n  EscapeChar none\n");
    ok = ok && write_file(ssh, "", "config", 0600, iac_buf_view(&out));
    iac_buf_clear(&out);
    ssh->config = iac_arena_cstr(ssh->request->arena,
                                 iac_arena_printf(ssh->request->arena, "%s/config", ssh->dir));
    return ok;
}

/* Passwords reach ssh through its environment, by way of the program it is told to ask. */
static void make_env(iac_ssh *ssh)
{
    extern char **environ;
    iac_arena *arena = ssh->request->arena;
    size_t count = 0, n = 0;
    while (environ[count])
        count++;
    ssh->env = iac_arena_array(arena, char *, count + 6);
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "SSH_ASKPASS", 11) != 0 && strncmp(environ[i], "TERM=", 5) != 0)
            ssh->env[n++] = environ[i];
    const iac_str own[] = {
        iac_arena_printf(arena, "SSH_ASKPASS=%s/askpass", ssh->dir),
        IAC_STR("SSH_ASKPASS_REQUIRE=force"),
        IAC_STR("TERM=xterm"),
        iac_arena_printf(arena, "IAC_SSH_PASSWORD=%.*s", IAC_FMT(ssh->connection->target.password)),
        iac_arena_printf(arena, "IAC_SSH_BASTION_PASSWORD=%.*s", IAC_FMT(ssh->connection->bastion.password)),
    };
    for (size_t i = 0; i < IAC_COUNT(own); i++)
        ssh->env[n++] = iac_arena_cstr(arena, own[i]);
}

/* ---- connecting ---- */

static void tell_login(iac_buf *out, const iac_login *login)
{
#define YES_NO(x) ((x) ? "true" : "false")
    iac_buf_printf(out, "  Host: %.*s\n  User: %.*s\n  Password: %s\n  Private key: %s\n  Certificate: %s\n"
                   "  SSH Agent: %s\n  Checking Host Key: %s\n", IAC_FMT(login->host), IAC_FMT(login->user),
                   YES_NO(login->password.n), YES_NO(login->private_key.n), YES_NO(login->certificate.n),
                   YES_NO(login->agent), YES_NO(login->host_key.n));
#undef YES_NO
}

static void tell_connecting(const iac_provision_request *request, const iac_connection *c)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&text, "Connecting to remote host via SSH...\n");
    tell_login(&text, &c->target);
    iac_buf_printf(&text, "  Target Platform: %s", c->windows ? "windows" : "unix");
    request->output(request->user, iac_buf_view(&text));
    iac_buf_reset(&text);
    if (c->bastion.host.n) {
        iac_buf_cstr(&text, "Using configured bastion host...\n");
        tell_login(&text, &c->bastion);
        request->output(request->user, iac_str_trim(iac_buf_view(&text)));
    }
    iac_buf_clear(&text);
}

int iac_ssh_start(iac_ssh *ssh, const char *command, bool terminal, bool input, iac_process *ret)
{
    const char *argv[] = { "ssh", "-F", ssh->config, terminal && !ssh->connection->windows ? "-tt" : "-T", "target",
                           command, NULL };
    iac_process_options options = { .argv = argv, .env = ssh->env, .input = input, .split = !terminal,
                                    .stop = ssh->request->stop };
    return iac_process_start(ret, &options);
}

const char *iac_ssh_failure(const iac_provision_request *request, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 255)
        return "the connection was lost, or the process exited with status 255";
    if (WIFEXITED(status))
        return iac_provision_message(request, "Process exited with status %d", WEXITSTATUS(status));
    return "the process was interrupted";
}

/* What ssh has written. That goes to a file: the connection that stays behind may hold a pipe
 * open. */
static const char *last_error(iac_ssh *ssh)
{
    const iac_login *login = &ssh->connection->target;
    char path[sizeof(ssh->dir) + 16], text[4096];
    snprintf(path, sizeof(path), "%s/errors", ssh->dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : 0;
    if (fd >= 0)
        close(fd);
    iac_str all = iac_str_trim((iac_str){ text, n > 0 ? (size_t)n : 0 });
    if (all.n == 0)
        return "ssh gave no reason";
    if (iac_str_find(all, IAC_STR("Host key verification failed"), 0) != SIZE_MAX)
        all = IAC_STR("ssh: handshake failed: knownhosts: key mismatch");
    else if (iac_str_find(all, IAC_STR("Permission denied"), 0) == SIZE_MAX)
        return iac_provision_message(ssh->request, "%.*s", IAC_FMT(all));
    return iac_provision_message(ssh->request, "SSH authentication failed (%.*s@%.*s:%" PRId64 "): %.*s",
                                 IAC_FMT(login->user), IAC_FMT(login->host), login->port, IAC_FMT(all));
}

/* One attempt. NULL, or why it failed; *ret_fatal when there is no point in another. */
static const char *attempt(iac_ssh *ssh, double deadline, bool *ret_fatal)
{
    iac_process process;
    iac_str errors = iac_arena_printf(ssh->request->arena, "%s/errors", ssh->dir);
    const char *argv[] = { "ssh", "-F", ssh->config, "-T", "-E", errors.p, "target", "exit 0", NULL };
    iac_process_options options = { .argv = argv, .env = ssh->env, .stop = ssh->request->stop, .deadline = deadline };
    unlink(errors.p);
    int error = iac_process_start(&process, &options);
    if (error) {
        *ret_fatal = true;
        return iac_provision_message(ssh->request, "the ssh program could not be started: %s",
                                     error == ENOENT ? "it is not installed, or not in PATH" : "system error");
    }
    int status = iac_process_finish(&process);
    iac_buf_clear(&process.errors);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 255)
        return NULL; /* whatever "exit 0" means there: it was run */
    if (process.interrupted > 0) {
        *ret_fatal = true;
        return "interrupted";
    }
    return last_error(ssh);
}

static bool stopped(const iac_ssh *ssh)
{
    return ssh->request->stop && atomic_load(ssh->request->stop) > 0;
}

/* Sleeps; false when the time is up or the user wants to stop. */
static bool wait_a_little(const iac_ssh *ssh, double seconds, double deadline)
{
    double until = iac_process_now() + seconds;
    while (iac_process_now() < until) {
        if (stopped(ssh) || iac_process_now() >= deadline)
            return false;
        poll(NULL, 0, 100);
    }
    return true;
}

static const char *connect_to(iac_ssh *ssh, bool tell)
{
    const iac_provision_request *request = ssh->request;
    double deadline = iac_process_now() + ssh->connection->timeout, delay = 1;
    const char *error;
    bool fatal = false;
    do {
        if (tell)
            tell_connecting(request, ssh->connection);
        error = attempt(ssh, deadline, &fatal);
        if (!error) {
            if (tell)
                request->output(request->user, IAC_STR("Connected!"));
            return NULL;
        }
        if (fatal)
            return error;
        bool again = wait_a_little(ssh, delay, deadline);
        if (!again && stopped(ssh))
            return "interrupted";
        if (!again)
            break;
        delay = delay * 2 > 20 ? 20 : delay * 2;
    } while (iac_process_now() < deadline);
    return iac_provision_message(request, "timeout - last error: %s", error);
}

const char *iac_ssh_open(const iac_provision_request *request, const iac_connection *connection, bool tell,
                         iac_ssh **ret)
{
    iac_ssh *ssh = iac_arena_new_of(request->arena, iac_ssh);
    *ret = NULL;
    ssh->request = request;
    ssh->connection = connection;
    if (!make_dir(ssh) || !write_config(ssh)) {
        iac_ssh_close(ssh);
        return iac_provision_message(request, "the files for a connection could not be written to a temporary folder");
    }
    make_env(ssh);
    const char *error = connect_to(ssh, tell);
    remove_keys(ssh);
    if (error) {
        iac_ssh_close(ssh);
        return error;
    }
    *ret = ssh;
    return NULL;
}

void iac_ssh_close(iac_ssh *ssh)
{
    char path[sizeof(ssh->dir) + 40];
    if (!ssh || !ssh->dir[0])
        return;
    snprintf(path, sizeof(path), "%s/socket", ssh->dir);
    if (access(path, F_OK) == 0) {
        const char *argv[] = { "ssh", "-F", ssh->config, "-q", "-O", "exit", "target", NULL };
        iac_process_options options = { .argv = argv, .env = ssh->env, .deadline = iac_process_now() + 5 };
        iac_process process;
        if (iac_process_start(&process, &options) == 0) {
            iac_process_finish(&process);
            iac_buf_clear(&process.errors);
        }
    }
    for (size_t i = 0; i < IAC_COUNT(file_names); i++) {
        snprintf(path, sizeof(path), "%s/%s", ssh->dir, file_names[i]);
        unlink(path);
    }
    rmdir(ssh->dir);
    ssh->dir[0] = '\0';
}

/* A key that a command gives. Protocol: OpenTofu, "External key provider": the command prints a line that says what it
 * is, reads the stored metadata as JSON (null: none), and prints {"keys":{..},"meta":..}. */
#include "lang/value/json.h"
#include "lang/base/crypto.h"
#include "state/keys/keys.h"
#include "state/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MAX_OUTPUT = 1 << 20, MAX_ERROR_TEXT = 2000 };

typedef struct external {
    char **argv;
} external;

static const char name[] = "external";
static const iac_backend_argument arguments[] = {
    { .name = "command", .type = "[\"list\",\"string\"]", .required = true }, { .name = NULL },
};

static void release(void *self)
{
    external *e = self;
    for (char **arg = e->argv; *arg; arg++)
        free(*arg);
    free(e->argv);
    free(e);
}

static iac_status configure(const iac_value *config, bool chained, void **ret_self, iac_diags *diags)
{
    const iac_value *command = iac_value_get_cstr(config, "command");
    (void)chained;
    if (!command || !iac_is_set_value(command) || !command->n)
        return iac_key_refuse(diags, name, "the command option is required.");
    external *e = iac_xcalloc(1, sizeof(*e));
    e->argv = iac_xcalloc(command->n + 1, sizeof(*e->argv));
    for (size_t i = 0; i < command->n; i++) {
        const iac_value *word = command->items[i];
        if (!iac_is_set_value(word) || word->kind != IAC_STRING) {
            release(e);
            return iac_key_refuse(diags, name, "the command must be a list of strings.");
        }
        e->argv[i] = iac_xstrndup(word->string.p, word->string.n);
    }
    *ret_self = e;
    return IAC_OK;
}

/* ---- running it ---- */

typedef struct child {
    pid_t pid;
    int in, out, err; /* our ends */
} child;

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static int start(char **argv, child *ret)
{
    int fds[6] = { -1, -1, -1, -1, -1, -1 };
    posix_spawn_file_actions_t actions;
    int error = 0;
    for (size_t i = 0; !error && i < 6; i += 2)
        if (pipe2(fds + i, O_CLOEXEC) != 0)
            error = errno;
    if (error) {
        close_all(fds, 6);
        return error;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[0], 0);
    posix_spawn_file_actions_adddup2(&actions, fds[3], 1);
    posix_spawn_file_actions_adddup2(&actions, fds[5], 2);
    error = posix_spawnp(&ret->pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    const int theirs[] = { fds[0], fds[3], fds[5] }, ours[] = { fds[1], fds[2], fds[4] };
    close_all(theirs, 3);
    if (error)
        close_all(ours, 3);
    *ret = (child){ ret->pid, fds[1], fds[2], fds[4] };
    return error;
}

/* Reads what there is; false at the end. */
static bool take(int fd, iac_buf *to, size_t limit)
{
    char piece[4096];
    ssize_t n = read(fd, piece, sizeof(piece));
    if (n > 0 && to->n < limit)
        iac_buf_add(to, piece, (size_t)n);
    OPENSSL_cleanse(piece, sizeof(piece));
    return n > 0 || (n < 0 && errno == EINTR);
}

/* Feeds and reads at the same time, so that neither side waits for the other for ever. */
static void talk(child *c, iac_str input, iac_buf *out, iac_buf *err)
{
    struct pollfd polls[] = { { c->in, POLLOUT, 0 }, { c->out, POLLIN, 0 }, { c->err, POLLIN, 0 } };
    while (polls[1].fd >= 0 || polls[2].fd >= 0) {
        if (polls[0].fd >= 0 && !input.n) {
            close(c->in);
            polls[0].fd = -1;
        }
        if (poll(polls, 3, -1) < 0 && errno != EINTR)
            break;
        if (polls[0].fd >= 0 && polls[0].revents) {
            ssize_t n = polls[0].revents & POLLOUT ? write(c->in, input.p, input.n) : -1;
            /* Who does not want it need not read it. */
            input = n > 0 ? iac_str_sub(input, (size_t)n, input.n) : errno == EINTR && n < 0 ? input : (iac_str){ 0 };
        }
        if (polls[1].fd >= 0 && polls[1].revents && !take(c->out, out, MAX_OUTPUT))
            polls[1].fd = -1;
        if (polls[2].fd >= 0 && polls[2].revents && !take(c->err, err, MAX_ERROR_TEXT))
            polls[2].fd = -1;
    }
    if (polls[0].fd >= 0)
        close(c->in);
    close(c->out);
    close(c->err);
}

static iac_status run(char **argv, iac_str input, iac_buf *out, iac_diags *diags)
{
    child c = { 0 };
    sigset_t pipe_signal, old;
    int error = start(argv, &c), state = 0;
    if (error)
        return iac_key_refuse(diags, name, "the command \"%s\" cannot be started: %s.", argv[0], strerror(error));
    iac_buf err;
    iac_buf_init(&err, IAC_BUF_UNLIMITED);
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &old);
    talk(&c, input, out, &err);
    const struct timespec none = { 0, 0 };
    while (sigtimedwait(&pipe_signal, NULL, &none) > 0) /* that of a command that did not read */
        ;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    while (waitpid(c.pid, &state, 0) < 0 && errno == EINTR)
        ;
    iac_status status = IAC_OK;
    iac_str said = iac_str_trim(iac_buf_view(&err));
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0)
        status = iac_key_refuse(diags, name, "the command \"%s\" failed%s%.*s", argv[0], said.n ? ": " : ".",
                                IAC_FMT(said));
    iac_buf_clear(&err);
    return status;
}

/* ---- what it says ---- */

static bool take_key(iac_arena *arena, const iac_value *keys, const char *which, uint8_t *to, size_t *ret_size)
{
    iac_str bytes = { 0 }, text = iac_key_text(keys, which);
    bool ok = !text.n || (iac_state_base64_decode(arena, text, &bytes) && iac_key_put(to, ret_size, bytes));
    if (bytes.n)
        OPENSSL_cleanse((void *)bytes.p, bytes.n);
    return ok;
}

static iac_status understand(iac_arena *arena, iac_str output, bool opening, iac_key_material *ret, iac_diags *diags)
{
    iac_str error;
    size_t offset, line = iac_str_find_char(output, '\n', 0);
    const iac_value *header = iac_value_from_json(arena, iac_str_sub(output, 0, line), &error, &offset);
    if (!header || header->kind != IAC_OBJECT ||
        !iac_str_is(iac_key_text(header, "magic"), "OpenTofu-External-Key-Provider") ||
        iac_key_number(header, "version", -1) != 1)
        return iac_key_refuse(diags, name, "the command does not begin with the line {\"magic\":\"OpenTofu-External-Key-"
                                           "Provider\",\"version\":1}.");
    const iac_value *v = iac_value_from_json(arena, iac_str_sub(output, line, output.n), &error, &offset);
    const iac_value *keys = v && v->kind == IAC_OBJECT ? iac_value_get_cstr(v, "keys") : NULL;
    const iac_value *meta = keys ? iac_value_get_cstr(v, "meta") : NULL;
    if (!keys || keys->kind != IAC_OBJECT || !iac_is_set_value(keys) ||
        !take_key(arena, keys, "encryption_key", ret->seal, &ret->seal_size) ||
        !take_key(arena, keys, "decryption_key", ret->open, &ret->open_size) || !ret->seal_size)
        return iac_key_refuse(diags, name, "the command did not print the keys as base64 in {\"keys\":{"
                                           "\"encryption_key\":..,\"decryption_key\":..},\"meta\":..}.");
    if (opening && !ret->open_size)
        return iac_key_refuse(diags, name, "the command gave no decryption_key for the metadata that is stored.");
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    if (meta)
        iac_value_to_json(&json, meta);
    else
        iac_buf_cstr(&json, "null");
    ret->meta = iac_arena_str(arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    return IAC_OK;
}

static iac_status obtain(void *self, iac_arena *arena, iac_str stored, const iac_key_material *chained,
                         iac_key_material *ret, iac_diags *diags)
{
    iac_buf out;
    (void)chained;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_status status = run(((external *)self)->argv, stored.n ? stored : IAC_STR("null"), &out, diags);
    if (status == IAC_OK)
        status = understand(arena, iac_buf_view(&out), stored.n > 0, ret, diags);
    if (out.n)
        OPENSSL_cleanse(out.p, out.n);
    iac_buf_clear(&out);
    return status;
}

static const iac_key_driver driver = { obtain, release };
const iac_key_source iac_key_external = { "external", arguments, false, &driver, configure };

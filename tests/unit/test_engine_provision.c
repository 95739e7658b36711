/* Child processes of provisioners, and what connection blocks say. */
#include "engine/provision/connection.h"
#include "engine/provision/process.h"
#include "engine/provision/provision.h"
#include "engine/provision/ssh.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct heard {
    iac_buf lines; /* each between brackets */
    atomic_int stop;
    int stop_at_first; /* how often to ask for a stop when the first line comes */
    const char *gate; /* a file to remove then */
} heard;

static void hear(void *user, iac_str line)
{
    heard *h = user;
    iac_buf_printf(&h->lines, "[%.*s]", IAC_FMT(line));
    if (h->stop_at_first) {
        atomic_store(&h->stop, h->stop_at_first);
        h->stop_at_first = 0;
    }
    if (h->gate)
        unlink(h->gate);
}

/* Runs a shell command; its status. */
static int run(heard *h, const char *command, iac_buf *tail)
{
    const char *argv[] = { "sh", "-c", command, NULL };
    iac_process_options options = { .argv = argv, .stop = &h->stop };
    iac_process process;
    assert_int_equal(iac_process_start(&process, &options), 0);
    iac_process_lines(&process, hear, h, tail);
    int status = iac_process_finish(&process);
    iac_buf_clear(&process.errors);
    return status;
}

static void test_process__lines_come_without_blanks_at_their_ends(void **state)
{
    heard h = { 0 };
    (void)state;
    iac_buf_init(&h.lines, IAC_BUF_UNLIMITED);
    assert_int_equal(run(&h, "printf 'a  \\r\\n\\n b\\n'; echo err >&2; printf end", NULL), 0);
    assert_string_equal(h.lines.p, "[a][][ b][err][end]");
    iac_buf_clear(&h.lines);
}

static void test_process__a_line_begun_is_shown_when_nothing_follows(void **state)
{
    char gate[] = "/tmp/iac-gate-XXXXXX", command[200];
    heard h = { .gate = gate };
    (void)state;
    int fd = mkstemp(gate);
    assert_true(fd >= 0);
    close(fd);
    iac_buf_init(&h.lines, IAC_BUF_UNLIMITED);
    snprintf(command, sizeof(command), "printf wait; while [ -e %s ]; do sleep 0.05; done; echo ' done'", gate);
    assert_int_equal(run(&h, command, NULL), 0);
    assert_string_equal(h.lines.p, "[wait][ done]");
    iac_buf_clear(&h.lines);
}

static void test_process__a_line_without_end_comes_in_pieces(void **state)
{
    heard h = { 0 };
    iac_buf tail;
    (void)state;
    iac_buf_init(&h.lines, IAC_BUF_UNLIMITED);
    iac_buf_init(&tail, IAC_BUF_UNLIMITED);
    assert_int_equal(run(&h, "head -c 200000 /dev/zero | tr '\\0' x", &tail), 0);
    assert_true(h.lines.n > 200000 && h.lines.n < 201000);
    assert_int_equal(tail.n, 8192);
    iac_buf_clear(&tail);
    iac_buf_clear(&h.lines);
}

static void test_process__an_interrupt_reaches_everything_it_started(void **state)
{
    heard h = { .stop_at_first = 1 };
    (void)state;
    iac_buf_init(&h.lines, IAC_BUF_UNLIMITED);
    int status = run(&h, "trap 'echo bye; exit 9' INT; echo begun; sleep 60 & wait", NULL);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    assert_string_equal(h.lines.p, "[begun][bye]");
    iac_buf_clear(&h.lines);
}

static void test_process__a_second_interrupt_kills(void **state)
{
    heard h = { .stop_at_first = 2 };
    (void)state;
    iac_buf_init(&h.lines, IAC_BUF_UNLIMITED);
    int status = run(&h, "trap '' INT TERM; echo begun; sleep 60", NULL);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    iac_buf_clear(&h.lines);
}

static void test_process__the_deadline_kills(void **state)
{
    const char *argv[] = { "sleep", "60", NULL };
    iac_process_options options = { .argv = argv, .deadline = iac_process_now() + 0.2 };
    iac_process process;
    (void)state;
    assert_int_equal(iac_process_start(&process, &options), 0);
    assert_true(WIFSIGNALED(iac_process_finish(&process)));
    iac_buf_clear(&process.errors);
}

static void test_process__what_is_written_is_read(void **state)
{
    const char *argv[] = { "sh", "-c", "cat; echo err >&2", NULL };
    iac_process_options options = { .argv = argv, .input = true, .split = true };
    iac_process process;
    char bytes[64];
    size_t n = 0;
    ssize_t got;
    (void)state;
    assert_int_equal(iac_process_start(&process, &options), 0);
    assert_true(iac_process_write(&process, "through", 7));
    iac_process_close_input(&process);
    while ((got = iac_process_read(&process, bytes + n, sizeof(bytes) - n)) != 0)
        n += got > 0 ? (size_t)got : 0;
    assert_int_equal(iac_process_finish(&process), 0);
    assert_int_equal(n, 7);
    assert_memory_equal(bytes, "through", 7);
    assert_string_equal(process.errors.p, "err\n");
    iac_buf_clear(&process.errors);
}

static void test_process__writing_to_one_that_has_gone_fails(void **state)
{
    const char *argv[] = { "true", NULL };
    static char zeros[1 << 20];
    iac_process_options options = { .argv = argv, .input = true };
    iac_process process;
    (void)state;
    assert_int_equal(iac_process_start(&process, &options), 0);
    assert_false(iac_process_write(&process, zeros, sizeof(zeros)));
    assert_int_equal(iac_process_finish(&process), 0);
    iac_buf_clear(&process.errors);
}

static void test_process__what_cannot_start_says_why(void **state)
{
    const char *argv[] = { "/nonexistent", NULL };
    iac_process_options options = { .argv = argv };
    iac_process process;
    (void)state;
    assert_int_equal(iac_process_start(&process, &options), ENOENT);
}

/* ---- connections ---- */

static const char *read_connection(iac_arena *arena, const char *const *pairs, size_t n, iac_connection *ret)
{
    static iac_provision_request request;
    const iac_value *v = iac_schema_empty_value(arena, iac_connection_schema());
    for (size_t i = 0; i < n; i++)
        v = iac_value_with(arena, v, iac_str_of(pairs[2 * i]), iac_value_cstr(arena, pairs[2 * i + 1]));
    request = (iac_provision_request){ .connection = v, .arena = arena };
    return iac_connection_read(&request, ret);
}

static void test_connection__defaults(void **state)
{
    iac_arena *arena = iac_arena_new();
    const char *const pairs[] = { "host", "h", "private_key", "-----BEGIN RSA PRIVATE KEY-----\nx",
                                  "bastion_host", "b", "timeout", "1m30.5s" };
    iac_connection c;
    (void)state;
    assert_null(read_connection(arena, pairs, 4, &c));
    assert_true(iac_str_is(c.target.user, "root") && c.target.port == 22);
    assert_true(iac_str_is(c.bastion.user, "root") && c.bastion.port == 22);
    assert_true(iac_str_eq(c.bastion.private_key, c.target.private_key));
    assert_true(iac_str_is(c.script_path, "/tmp/terraform_%RAND%.sh"));
    assert_true(c.timeout > 90.4 && c.timeout < 90.6);
    iac_arena_free(arena);
}

static void test_connection__what_cannot_be_used_says_why(void **state)
{
    static const struct {
        const char *name, *value, *error;
    } cases[] = {
        { "type", "winrm", "connection type 'winrm' is not supported by iac" },
        { "type", "telnet", "connection type 'telnet' not supported" },
        { "host", "", "host for provisioner cannot be empty" },
        { "host", "a\nProxyCommand x", "is not a valid host name" },
        { "host", "-oProxyCommand=x", "is not a valid host name" },
        { "user", "a b", "is not a valid user name" },
        { "user", "a\"", "is not a valid user name" },
        { "bastion_host", "$(x)", "bastion_host" },
        { "target_platform", "vms", "target_platform for provisioner" },
        { "private_key", "garbage", "Failed to read ssh private key: no key found" },
        { "private_key", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", "protected by a passphrase" },
        { "private_key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHI\n",
          "protected by a passphrase" },
        { "host_key", "garbage", "host_key is not a public key" },
        { "certificate", "garbage", "it is not an OpenSSH certificate" },
        { "proxy_host", "p", "proxy_host" },
    };
    (void)state;
    for (size_t i = 0; i < IAC_COUNT(cases); i++) {
        iac_arena *arena = iac_arena_new();
        const char *const pairs[] = { "host", "h", cases[i].name, cases[i].value };
        iac_connection c;
        const char *error = read_connection(arena, pairs, 2, &c);
        if (!error || !strstr(error, cases[i].error))
            fail_msg("%s = %s: %s", cases[i].name, cases[i].value, error ? error : "no error");
        iac_arena_free(arena);
    }
}

static void test_quote__one_word_of_a_shell(void **state)
{
    iac_buf out;
    (void)state;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_ssh_quote(&out, IAC_STR("it's $HOME"));
    assert_string_equal(out.p, "'it'\\''s $HOME'");
    iac_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process__lines_come_without_blanks_at_their_ends),
        cmocka_unit_test(test_process__a_line_begun_is_shown_when_nothing_follows),
        cmocka_unit_test(test_process__a_line_without_end_comes_in_pieces),
        cmocka_unit_test(test_process__an_interrupt_reaches_everything_it_started),
        cmocka_unit_test(test_process__a_second_interrupt_kills),
        cmocka_unit_test(test_process__the_deadline_kills),
        cmocka_unit_test(test_process__what_is_written_is_read),
        cmocka_unit_test(test_process__writing_to_one_that_has_gone_fails),
        cmocka_unit_test(test_process__what_cannot_start_says_why),
        cmocka_unit_test(test_connection__defaults),
        cmocka_unit_test(test_connection__what_cannot_be_used_says_why),
        cmocka_unit_test(test_quote__one_word_of_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/aws_harness.h - the AWS provider's layers without an engine: a host that gives memory and never cancels,
 * and a server on loopback that answers from a script and keeps what it was asked. */
#ifndef IAC_TESTS_AWS_HARNESS_H
#define IAC_TESTS_AWS_HARNESS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "providers/aws/configure.h"

struct iacp_call {
    iac_arena *arena;
    char error[4096]; /* summary of the last diagnostic */
    char code[64], request_id[64];
    uint32_t status;
    int cancelled;
    unsigned waits;
};

static void *host_alloc(iacp_call *c, size_t size) { return iac_arena_alloc(c->arena, size); }
static int32_t host_cancelled(iacp_call *c) { return c->cancelled; }
static void host_log(iacp_call *c, uint32_t level, const char *text) { (void)c, (void)level, (void)text; }
static void host_progress(iacp_call *c, const char *text) { (void)c, (void)text; }

static int32_t host_wait(iacp_call *c, uint64_t ms)
{
    (void)ms; /* tests do not sleep */
    c->waits++;
    return c->cancelled;
}

static void host_diagnostic(iacp_call *c, const iacp_diagnostic *d)
{
    snprintf(c->error, sizeof(c->error), "%s%s%s", d->summary, d->detail ? " | " : "", d->detail ? d->detail : "");
    snprintf(c->code, sizeof(c->code), "%s", d->code ? d->code : "");
    snprintf(c->request_id, sizeof(c->request_id), "%s", d->request_id ? d->request_id : "");
    c->status = d->http_status;
}

static const iacp_host test_host = {
    .size = sizeof(test_host), .abi_major = IACP_ABI_MAJOR, .version = "test", .alloc = host_alloc,
    .diagnostic = host_diagnostic, .cancelled = host_cancelled, .wait = host_wait, .progress = host_progress,
    .log = host_log,
};

static iacp_call *call_new(void)
{
    iacp_call *c = calloc(1, sizeof(*c));
    c->arena = iac_arena_new();
    sdk_init(&test_host);
    return c;
}

static void call_free(iacp_call *c)
{
    iac_arena_free(c->arena);
    free(c);
}

#define MAX_EXCHANGES 32
typedef struct server {
    int socket;
    char url[64];
    pthread_t thread;
    const char *const *answers; /* whole answers; NULL ends; "" hangs up without one */
    char asked[MAX_EXCHANGES][8192];
    size_t count;
} server;

/* Reads one request: the head, and as much body as it says. */
static void server_read(int fd, char *to, size_t size)
{
    size_t n = 0, want = SIZE_MAX;

    while (n + 1 < size && n < want) {
        ssize_t got = read(fd, to + n, size - 1 - n);
        if (got <= 0) {
            break;
        }
        n += (size_t)got;
        to[n] = '\0';
        const char *end = strstr(to, "\r\n\r\n"), *length = strstr(to, "Content-Length:");
        if (end) {
            want = (size_t)(end - to) + 4 + (length && length < end ? strtoul(length + 15, NULL, 10) : 0);
        }
    }
    to[n] = '\0';
}

static void *server_run(void *arg)
{
    server *s = arg;

    for (size_t i = 0; s->answers[i] && i < MAX_EXCHANGES; i++) {
        int fd = accept(s->socket, NULL, NULL);
        if (fd < 0) {
            break;
        }
        server_read(fd, s->asked[i], sizeof(s->asked[i]));
        s->count++;
        const char *answer = s->answers[i];
        for (size_t n = strlen(answer); n > 0;) {
            ssize_t sent = send(fd, answer, n, MSG_NOSIGNAL);
            if (sent <= 0) {
                break;
            }
            answer += sent;
            n -= (size_t)sent;
        }
        close(fd);
    }
    return NULL;
}

static server *server_start(const char *const *answers)
{
    server *s = calloc(1, sizeof(*s));
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);

    s->answers = answers;
    s->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->socket, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(s->socket, 16), 0);
    getsockname(s->socket, (struct sockaddr *)&address, &size);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    pthread_create(&s->thread, NULL, server_run, s);
    return s;
}

/* Waits until the script is done. */
static void server_stop(server *s)
{
    shutdown(s->socket, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->socket);
    free(s);
}

/* Nothing of the machine's own AWS set-up may reach a test. */
static void clear_environment(void)
{
    static const char *const names[] = {
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
        "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_EC2", "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_STS_REGIONAL_ENDPOINTS",
    };

    for (size_t i = 0; i < IAC_COUNT(names); i++) {
        unsetenv(names[i]);
    }
    setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
}

/* An instance with static keys; its region is us-east-1 and everything is asked at `url`. */
static aws_instance *instance_new(const char *url)
{
    aws_instance *in = aws_instance_new();
    sdk_http_options options = { .user_agent = "test", .timeout_ms = 10000 };

    in->http = sdk_http_new(&options);
    in->metadata_http = sdk_http_new(&options);
    in->access_key = "AKID";
    in->secret_key = "secret";
    in->max_attempts = 4;
    if (url) {
        setenv("AWS_ENDPOINT_URL", url, 1);
    }
    return in;
}
#endif

#include "lang/net/kubesession.h"
#include "lang/net/kubeexec.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_FILE_AGE_S 60
#define EXPIRY_LEEWAY_S 10

/* One set of TLS settings with its connections. A set that was replaced is kept until the end: requests may still be
 * running on it. */
typedef struct line {
    net_http *http;
    struct line *older;
} line;

struct k8s_session {
    k8s_access access;
    char *user_agent;
    bool tls;
    pthread_mutex_t lock;   /* guards everything below; held while the exec plugin runs, so that it runs once */
    line *current;
    k8s_credentials exec;   /* what the plugin gave */
    bool exec_ran;
    uint64_t exec_count;    /* how often it ran */
    char *file_token;
    time_t file_token_read;
};

static void open_line(k8s_session *s)
{
    const k8s_access *a = &s->access;
    const char *cert = s->exec.cert_pem ? s->exec.cert_pem : a->cert_pem;
    const char *key = s->exec.cert_pem ? s->exec.key_pem : a->key_pem;
    net_http_options options = {
        .user_agent = s->user_agent,
        .ca_pem = iac_str_of(a->ca_pem),
        .client_cert_pem = s->tls ? iac_str_of(cert) : (iac_str){ 0 },
        .client_key_pem = s->tls ? iac_str_of(key) : (iac_str){ 0 },
        .tls_server_name = a->tls_server_name,
        .insecure = a->insecure,
        .proxy = a->proxy_url,
        .connect_timeout_ms = 10000,
        .timeout_ms = 90000,
    };
    line *l = iac_xcalloc(1, sizeof(*l));
    l->http = net_http_new(&options);
    l->older = s->current;
    s->current = l;
}

k8s_session *k8s_session_new(k8s_access *access, const char *user_agent)
{
    k8s_session *s = iac_xcalloc(1, sizeof(*s));

    s->access = *access;
    *access = (k8s_access){ 0 };
    s->user_agent = iac_xstrdup(user_agent);
    s->tls = s->access.server && strncmp(s->access.server, "https://", 8) == 0;
    pthread_mutex_init(&s->lock, NULL);
    open_line(s);
    return s;
}

void k8s_session_free(k8s_session *s)
{
    if (!s) {
        return;
    }
    while (s->current) {
        line *older = s->current->older;
        net_http_free(s->current->http);
        free(s->current);
        s->current = older;
    }
    k8s_credentials_clear(&s->exec);
    free(s->file_token);
    free(s->user_agent);
    k8s_access_clear(&s->access);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const k8s_access *k8s_session_access(const k8s_session *s)
{
    return &s->access;
}

/* The bearer token from the plugin, run now if it has not run or its answer is about to expire, or when it has run
 * `seen` times only and the server refused that answer. The caller holds the lock. */
static bool exec_token(k8s_session *s, net_call *call, bool refused, uint64_t seen, iac_buf *why)
{
    bool expired = s->exec.expires && s->exec.expires - EXPIRY_LEEWAY_S <= time(NULL);

    if (s->exec_ran && !expired && !(refused && seen == s->exec_count)) {
        return true;
    }
    k8s_credentials fresh;
    if (!k8s_exec_run(&s->access, call->cancelled, call->owner, &fresh, why)) {
        return false;
    }
    bool new_certificate = fresh.cert_pem && (!s->exec.cert_pem || strcmp(fresh.cert_pem, s->exec.cert_pem) != 0);
    k8s_credentials_clear(&s->exec);
    s->exec = fresh;
    s->exec_ran = true;
    s->exec_count++;
    if (new_certificate) {
        open_line(s);
    }
    return true;
}

/* The caller holds the lock. */
static bool read_token_file(k8s_session *s, bool refused, iac_buf *why)
{
    time_t now = time(NULL);

    if (s->file_token && !refused && now - s->file_token_read < TOKEN_FILE_AGE_S) {
        return true;
    }
    char *token = k8s_read_file(s->access.token_file, 1 << 20, NULL, why);
    if (!token) {
        return false;
    }
    token[strcspn(token, " \r\n\t")] = '\0';
    free(s->file_token);
    s->file_token = token;
    s->file_token_read = now;
    return true;
}

/* Headers */

/* Two texts after one another, in the call's memory. */
static char *joined(net_call *call, const char *first, const char *second)
{
    size_t n = strlen(first), m = strlen(second);
    char *text = call->alloc(call->owner, n + m + 1);

    memcpy(text, first, n);
    memcpy(text + n, second, m + 1);
    return text;
}

static char *basic_credentials(net_call *call, const k8s_access *a)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *plain = joined(call, joined(call, a->username, ":"), a->password ? a->password : "");
    size_t n = strlen(plain);
    char *out = call->alloc(call->owner, 6 + (n + 2) / 3 * 4 + 1), *p = out + 6;

    memcpy(out, "Basic ", 6);
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)(unsigned char)plain[i] << 16;
        bits |= i + 1 < n ? (uint32_t)(unsigned char)plain[i + 1] << 8 : 0;
        bits |= i + 2 < n ? (uint32_t)(unsigned char)plain[i + 2] : 0;
        *p++ = digits[bits >> 18 & 63];
        *p++ = digits[bits >> 12 & 63];
        *p++ = i + 1 < n ? digits[bits >> 6 & 63] : '=';
        *p++ = i + 2 < n ? digits[bits & 63] : '=';
    }
    return out;
}

static void add_header(k8s_headers *list, const char *name, const char *value)
{
    if (value) {
        iac_vec_push(list, (net_header){ iac_str_of(name), iac_str_of(value) });
    }
}

static void add_impersonation(net_call *call, const k8s_access *a, k8s_headers *list)
{
    const char *key;
    json_t *values, *value;
    size_t i;

    add_header(list, "Impersonate-User", a->as_user);
    add_header(list, "Impersonate-Uid", a->as_uid);
    json_array_foreach(a->as_groups, i, value) {
        add_header(list, "Impersonate-Group", json_string_value(value));
    }
    json_object_foreach(a->as_extra, key, values) {
        json_array_foreach(values, i, value) {
            add_header(list, joined(call, "Impersonate-Extra-", key), json_string_value(value));
        }
    }
}

bool k8s_session_authorise(k8s_session *s, net_call *call, bool refused, uint64_t *exec_seen, k8s_headers *headers,
                           net_http **ret_http, iac_buf *why)
{
    const char *value = NULL;
    bool ok = true;

    pthread_mutex_lock(&s->lock);
    if (s->tls && s->access.exec) {
        ok = exec_token(s, call, refused, *exec_seen, why);
        *exec_seen = s->exec_count;
        if (ok && s->exec.token) {
            value = joined(call, "Bearer ", s->exec.token);
        }
    } else if (s->tls && s->access.token) {
        value = joined(call, "Bearer ", s->access.token);
    } else if (s->tls && s->access.token_file) {
        ok = read_token_file(s, refused, why);
        if (ok) {
            value = joined(call, "Bearer ", s->file_token);
        }
    } else if (s->tls && s->access.username) {
        value = basic_credentials(call, &s->access);
    }
    *ret_http = s->current->http;
    pthread_mutex_unlock(&s->lock);
    add_header(headers, "Authorization", value);
    add_impersonation(call, &s->access, headers);
    return ok;
}

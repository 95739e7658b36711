#include "providers/kubernetes/client.h"
#include "providers/sdk/retry.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BUSY_TRIES 8         /* 429 and 5xx */
#define UNREACHABLE_TRIES 3  /* no connection at all */
#define MAX_WARNINGS_KEPT 1000
#define MAX_CAUSES 10

struct k8s_client {
    k8s_session *session;
    const k8s_access *access;
    k8s_kinds *kinds;
    pthread_mutex_t lock;   /* guards everything below */
    iac_arena *said_arena;
    iac_map said;           /* warnings shown */
};

k8s_client *k8s_client_new(k8s_access *access)
{
    k8s_client *c = iac_xcalloc(1, sizeof(*c));
    char agent[64] = "iac";

    if (sdk_host) {
        snprintf(agent, sizeof(agent), "iac/%s", sdk_host->version);
    }
    c->session = k8s_session_new(access, agent);
    c->access = k8s_session_access(c->session);
    c->kinds = k8s_kinds_new();
    c->said_arena = iac_arena_new();
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void k8s_client_free(k8s_client *c)
{
    if (!c) {
        return;
    }
    k8s_kinds_free(c->kinds);
    k8s_session_free(c->session);
    iac_map_clear(&c->said);
    iac_arena_free(c->said_arena);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

const char *k8s_client_namespace(const k8s_client *c)
{
    return c->access->namespace_ && *c->access->namespace_ ? c->access->namespace_ : "default";
}

k8s_kinds *k8s_client_kinds(k8s_client *c)
{
    return c->kinds;
}

/* Headers */

static void add_header(k8s_headers *list, const char *name, const char *value)
{
    if (value) {
        iac_vec_push(list, (sdk_header){ iac_str_of(name), iac_str_of(value) });
    }
}

/* Warnings */

void k8s_warn_once(k8s_client *c, iacp_call *call, const char *summary, const char *text)
{
    pthread_mutex_lock(&c->lock);
    bool fresh = !iac_map_has(&c->said, iac_str_of(text)) && c->said.n < MAX_WARNINGS_KEPT;
    if (fresh) {
        iac_map_put(&c->said, iac_arena_str(c->said_arena, iac_str_of(text)), c);
    }
    pthread_mutex_unlock(&c->lock);
    if (fresh) {
        sdk_warning(call, NULL, summary, "%s", text);
    }
}

/* One header's value: a code, an agent and a quoted text, e.g. `299 - "unknown field \"spec.x\""`. */
static void show_warning(k8s_client *c, iacp_call *call, iac_str value)
{
    iac_buf text;
    size_t i = iac_str_find_char(value, '"', 0);

    if (i == SIZE_MAX) {
        return;
    }
    iac_buf_init(&text, 65536);
    for (i++; i < value.n && value.p[i] != '"'; i++) {
        if (value.p[i] == '\\' && i + 1 < value.n) {
            i++;
        }
        iac_buf_char(&text, value.p[i]);
    }
    if (text.n) {
        k8s_warn_once(c, call, "Warning from the Kubernetes API server", text.p);
    }
    iac_buf_clear(&text);
}

/* Sending */

static uint64_t wished_delay(const sdk_response *response)
{
    iac_str text = iac_str_trim(sdk_response_header(response, "retry-after"));
    uint64_t seconds = 0;

    for (size_t i = 0; i < text.n && i < 6; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return 0;
        }
        seconds = seconds * 10 + (uint64_t)(text.p[i] - '0');
    }
    return seconds * 1000;
}

static bool worth_trying_again(const sdk_response *r)
{
    return r->status == 429 || r->status == 502 || r->status == 503 || r->status == 504 ||
           (r->status == 500 && sdk_response_header(r, "retry-after").n > 0);
}

static void understand(k8s_client *c, iacp_call *call, const k8s_request *request, const sdk_response *response,
                       k8s_reply *ret)
{
    iac_str id = sdk_response_header(response, "audit-id");

    ret->status = response->status;
    ret->request_id = id.n ? sdk_strndup(call, id.p, id.n) : NULL;
    if (response->status == 0) {
        ret->message = response->error ? response->error : "no answer";
        ret->away = response->retryable;
        return;
    }
    ret->body = k8s_json_parse(response->body.p, response->body.n);
    for (size_t i = 0; !request->quiet && i < response->header_count; i++) {
        if (iac_str_is(response->headers[i].name, "warning")) {
            show_warning(c, call, response->headers[i].value);
        }
    }
    if (response->status < 300) {
        return;
    }
    if (strcmp(k8s_tree_text(ret->body, "kind"), "Status") == 0) {
        const char *reason = k8s_tree_text(ret->body, "reason"), *message = k8s_tree_text(ret->body, "message");
        ret->reason = sdk_strndup(call, reason, strlen(reason));
        ret->message = sdk_strndup(call, message, strlen(message));
    } else {
        size_t n = response->body.n < 500 ? response->body.n : 500;
        ret->message = n ? sdk_strndup(call, response->body.p, n) : "an answer without a text";
    }
}

/* The exchange with its repetitions; false when nothing could be sent. */
static bool exchange(k8s_client *c, iacp_call *call, sdk_request *http_request, const k8s_headers *base,
                     sdk_response *response, k8s_reply *ret, iac_buf *why)
{
    sdk_backoff busy = { .max = BUSY_TRIES, .base_ms = 500, .cap_ms = 10000 };
    sdk_backoff away = { .max = UNREACHABLE_TRIES, .base_ms = 300, .cap_ms = 2000 };
    bool refused = false;
    uint64_t exec_seen = 0;
    net_call part = sdk_http_call(call);

    for (;;) {
        k8s_headers list = { 0 };
        sdk_http *http;
        for (size_t i = 0; i < base->n; i++) {
            iac_vec_push(&list, base->v[i]);
        }
        if (!k8s_session_authorise(c->session, &part, refused, &exec_seen, &list, &http, why)) {
            iac_vec_clear(&list);
            return false;
        }
        http_request->headers = list.v;
        http_request->header_count = list.n;
        sdk_http_send(http, call, http_request, response);
        ret->tries++;
        iac_vec_clear(&list);
        sdk_log(call, IACP_LOG_DEBUG, "kubernetes: %s %s: %ld", http_request->method, http_request->url,
                response->status);
        if (response->cancelled) {
            return true;
        }
        if (response->status == 401 && !refused && (c->access->exec || c->access->token_file)) {
            refused = true;
            continue;
        }
        if (response->status == 0 && response->retryable && sdk_backoff_next(&away, call, 0)) {
            continue;
        }
        if (response->status != 0 && worth_trying_again(response) &&
            sdk_backoff_next(&busy, call, wished_delay(response))) {
            continue;
        }
        return true;
    }
}

bool k8s_send(k8s_client *c, iacp_call *call, const k8s_request *request, k8s_reply *ret)
{
    k8s_headers list = { 0 };
    sdk_response response = { 0 };
    iac_buf why;

    *ret = (k8s_reply){ .reason = "", .message = "" };
    if (!c->access->server) {
        ret->no_access = true;
        ret->message =
            "No cluster is configured: set config_path or host in the provider block, or KUBE_CONFIG_PATH, KUBECONFIG "
            "or KUBE_HOST in the environment.";
        return false;
    }
    char *body = request->body ? json_dumps(request->body, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    sdk_request http_request = {
        .method = request->method,
        .url = sdk_printf(call, "%s%s", c->access->server, request->path),
        .body = iac_str_of(body),
        .max_response = (size_t)256 << 20,
    };
    iac_buf_init(&why, 65536);
    add_header(&list, "Accept", request->accept ? request->accept : "application/json");
    add_header(&list, "Content-Type", body ? request->content_type : NULL);
    if (exchange(c, call, &http_request, &list, &response, ret, &why)) {
        ret->cancelled = response.cancelled;
        understand(c, call, request, &response, ret);
    } else {
        ret->no_access = true;
        ret->cancelled = sdk_host->cancelled(call) != 0;
        ret->message = sdk_printf(call, "Credentials could not be had: %s.", why.p);
    }
    iac_buf_clear(&why);
    iac_vec_clear(&list);
    free(body);
    return ret->status >= 200 && ret->status < 300;
}

void k8s_reply_clear(k8s_reply *reply)
{
    json_decref(reply->body);
    *reply = (k8s_reply){ .reason = "", .message = "" };
}

/* Errors */

/* What each cause says, where the message does not say it already. */
static void add_causes(iac_buf *detail, const k8s_reply *reply)
{
    json_t *causes = k8s_tree_at(reply->body, "details.causes"), *cause;
    size_t i, shown = 0;

    json_array_foreach(causes, i, cause) {
        const char *message = k8s_tree_text(cause, "message"), *field = k8s_tree_text(cause, "field");
        if (!*message || (strstr(reply->message, message) && strstr(reply->message, field))) {
            continue;
        }
        if (shown++ == MAX_CAUSES) {
            iac_buf_printf(detail, "\n  - ... (%zu in all)", json_array_size(causes));
            return;
        }
        iac_buf_printf(detail, "\n  - %s%s%s", field, *field ? ": " : "", message);
    }
}

int32_t k8s_reply_error(k8s_client *c, iacp_call *call, const k8s_reply *reply, const char *path,
                        const char *summary_format, ...)
{
    iac_buf summary, detail;
    va_list args;

    iac_buf_init(&summary, 4096);
    iac_buf_init(&detail, 65536);
    va_start(args, summary_format);
    iac_buf_vprintf(&summary, summary_format, args);
    va_end(args);
    if (reply->cancelled) {
        iac_buf_cstr(&detail, "The operation was cancelled before the server answered.");
    } else if (reply->no_access) {
        iac_buf_cstr(&detail, reply->message);
    } else if (reply->status == 0) {
        iac_buf_printf(&detail, "The Kubernetes API server at %s (from %s) cannot be reached: %s", c->access->server,
                       c->access->source ? c->access->source : "the provider's configuration", reply->message);
    } else {
        iac_buf_printf(&detail, "The Kubernetes API server answered %ld%s%s: %s", reply->status,
                       *reply->reason ? " " : "", reply->reason, reply->message);
        add_causes(&detail, reply);
        if (reply->status == 401) {
            iac_buf_printf(&detail, "\nThe credentials come from %s.",
                           c->access->source ? c->access->source : "the provider's configuration");
        }
    }
    iacp_diagnostic diagnostic = {
        .size = sizeof(diagnostic),
        .severity = IACP_SEVERITY_ERROR,
        .summary = summary.p,
        .detail = detail.p,
        .path = path,
        .code = reply->reason && *reply->reason ? reply->reason : NULL,
        .request_id = reply->request_id,
        .http_status = (uint32_t)reply->status,
        .retryable = (reply->status == 0 && !reply->no_access) || reply->status == 429 || reply->status > 500,
    };
    sdk_host->diagnostic(call, &diagnostic);
    iac_buf_clear(&summary);
    iac_buf_clear(&detail);
    return IACP_ERROR;
}

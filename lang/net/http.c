#include "lang/net/http.h"

#include "lang/net/curl.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_CONNECT_TIMEOUT_MS (30L * 1000L)
#define DEFAULT_TIMEOUT_MS (10L * 60L * 1000L)
#define STALLED_S 120L /* without a byte: no server takes so long to begin, or to go on */
#define DEFAULT_MAX_RESPONSE ((size_t)64 << 20)
#define MAX_HEADER_BYTES ((size_t)1 << 20)
#define MAX_IDLE_LINES 64
#define POLL_MS 100

/* One line to the servers: a transfer at a time, with the connections that earlier transfers left open. libcurl's
 * connection cache cannot be shared between threads safely, so each line has its own and lines are pooled. */
typedef struct line {
    CURLM *multi;
    CURL *easy;
    char error[CURL_ERROR_SIZE];
} line;

struct net_http {
    pthread_mutex_t lock; /* guards idle and idle_count */
    line *idle[MAX_IDLE_LINES];
    size_t idle_count;
    char *user_agent, *ca_file, *ca_pem, *cert_pem, *key_pem, *tls_server_name, *proxy, *http_proxy, *no_proxy;
    size_t ca_pem_n, cert_pem_n, key_pem_n;
    bool insecure;
    long connect_timeout_ms, timeout_ms;
};

/* What the callbacks of one transfer gather. */
typedef struct transfer {
    net_call *call;
    const net_request *request;
    CURL *easy;
    iac_buf body;
    iac_buf headers; /* raw header lines of the last answer */
    bool ended;      /* on_data asked to stop */
} transfer;

static bool is_cancelled(const net_call *call)
{
    return call->cancelled && call->cancelled(call->owner);
}

static void *net_alloc(net_call *call, size_t size)
{
    return call->alloc(call->owner, size);
}

static char *net_strndup(net_call *call, const char *s, size_t n)
{
    char *copy = net_alloc(call, n + 1);
    if (n)
        memcpy(copy, s, n);
    return copy;
}

static char *copy_text(const char *s)
{
    return s ? iac_xstrdup(s) : NULL;
}

static char *copy_bytes(iac_str s, size_t *ret_n)
{
    *ret_n = s.n;
    return s.n ? iac_xstrndup(s.p, s.n) : NULL;
}

static void global_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

net_http *net_http_new(const net_http_options *options)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    net_http *http = iac_xcalloc(1, sizeof(*http));

    pthread_once(&once, global_init);
    pthread_mutex_init(&http->lock, NULL);
    http->user_agent = copy_text(options->user_agent);
    http->ca_file = copy_text(options->ca_file);
    http->ca_pem = copy_bytes(options->ca_pem, &http->ca_pem_n);
    http->cert_pem = copy_bytes(options->client_cert_pem, &http->cert_pem_n);
    http->key_pem = copy_bytes(options->client_key_pem, &http->key_pem_n);
    http->tls_server_name = copy_text(options->tls_server_name);
    http->proxy = copy_text(options->proxy);
    http->http_proxy = copy_text(options->http_proxy ? options->http_proxy : options->proxy);
    http->no_proxy = copy_text(options->no_proxy);
    http->insecure = options->insecure;
    http->connect_timeout_ms = options->connect_timeout_ms ? options->connect_timeout_ms : DEFAULT_CONNECT_TIMEOUT_MS;
    http->timeout_ms = options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    return http;
}

static void line_free(line *l)
{
    curl_easy_cleanup(l->easy);
    curl_multi_cleanup(l->multi);
    free(l);
}

void net_http_free(net_http *http)
{
    if (!http) {
        return;
    }
    while (http->idle_count > 0) {
        line_free(http->idle[--http->idle_count]);
    }
    pthread_mutex_destroy(&http->lock);
    if (http->key_pem) {
        explicit_bzero(http->key_pem, http->key_pem_n);
    }
    free(http->user_agent);
    free(http->ca_file);
    free(http->ca_pem);
    free(http->cert_pem);
    free(http->key_pem);
    free(http->tls_server_name);
    free(http->proxy);
    free(http->http_proxy);
    free(http->no_proxy);
    free(http);
}

static line *line_take(net_http *http)
{
    line *l = NULL;

    pthread_mutex_lock(&http->lock);
    if (http->idle_count > 0) {
        l = http->idle[--http->idle_count];
    }
    pthread_mutex_unlock(&http->lock);
    if (l) {
        return l;
    }
    l = iac_xcalloc(1, sizeof(*l));
    l->multi = curl_multi_init();
    l->easy = curl_easy_init();
    if (!l->multi || !l->easy) {
        line_free(l);
        return NULL;
    }
    return l;
}

static void line_give_back(net_http *http, line *l)
{
    curl_easy_reset(l->easy);
    pthread_mutex_lock(&http->lock);
    if (http->idle_count < MAX_IDLE_LINES) {
        http->idle[http->idle_count++] = l;
        l = NULL;
    }
    pthread_mutex_unlock(&http->lock);
    if (l) {
        line_free(l);
    }
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    size_t total = size * n;
    long status = 0;

    if (t->request->on_data) {
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status >= 200 && status < 300) {
            t->ended = !t->request->on_data(t->request->on_data_arg, bytes, total);
            return t->ended ? CURL_WRITEFUNC_ERROR : total;
        }
    }
    iac_buf_add(&t->body, bytes, total);
    return t->body.full ? CURL_WRITEFUNC_ERROR : total;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    size_t total = size * n;

    /* Each answer (100 Continue, a proxy's, the last) begins with its status line. */
    if (total >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        iac_buf_reset(&t->headers);
    } else {
        iac_buf_add(&t->headers, bytes, total);
    }
    return t->headers.full ? CURL_WRITEFUNC_ERROR : total;
}

static bool has_header(const net_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        iac_str given = request->headers[i].name;
        if (given.n == strlen(name) && strncasecmp(given.p, name, given.n) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_one_line(iac_str s)
{
    return s.n == 0 || (!memchr(s.p, '\r', s.n) && !memchr(s.p, '\n', s.n) && !memchr(s.p, '\0', s.n));
}

/* The request's headers as libcurl wants them. False when one of them cannot be sent. */
static bool build_headers(const net_request *request, const char *host, struct curl_slist **ret_list)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    iac_buf text;
    bool fine = list != NULL;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    for (size_t i = 0; fine && i < request->header_count; i++) {
        const net_header *h = &request->headers[i];
        fine = is_one_line(h->name) && is_one_line(h->value);
        iac_buf_reset(&text);
        iac_buf_str(&text, h->name);
        if (h->value.n == 0) {
            iac_buf_char(&text, ';');
        } else {
            iac_buf_cstr(&text, ": ");
            iac_buf_str(&text, h->value);
        }
        struct curl_slist *longer = fine ? curl_slist_append(list, text.p) : NULL;
        fine = longer != NULL;
        list = fine ? longer : list;
    }
    if (fine && !has_header(request, "content-type")) {
        list = curl_slist_append(list, "Content-Type:");
    }
    if (fine && host && !has_header(request, "host")) {
        iac_buf_reset(&text);
        iac_buf_printf(&text, "Host: %s", host);
        list = curl_slist_append(list, text.p);
    }
    iac_buf_clear(&text);
    *ret_list = list;
    return fine;
}

static bool is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0;
}

/* Proxies: the one configured, else the environment's. Like Go, and unlike libcurl, the environment's proxy is never
 * used for this machine itself, and HTTP_PROXY counts in upper case too (except in a CGI, where a client sets it). */
static void set_proxy(const net_http *http, CURL *easy, const char *scheme, const char *host)
{
    const char *proxy_given = strcmp(scheme, "http") == 0 ? http->http_proxy : http->proxy;

    if (http->no_proxy) {
        curl_easy_setopt(easy, CURLOPT_NOPROXY, http->no_proxy);
    }
    if (proxy_given) {
        curl_easy_setopt(easy, CURLOPT_PROXY, proxy_given);
    } else if (is_loopback(host)) {
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    } else if (strcmp(scheme, "http") == 0 && !getenv("http_proxy") && !getenv("REQUEST_METHOD")) {
        const char *proxy = getenv("HTTP_PROXY");
        if (proxy) {
            curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
        }
    }
}

static void set_blob(CURL *easy, CURLoption option, char *bytes, size_t n)
{
    struct curl_blob blob = { bytes, n, CURL_BLOB_NOCOPY };

    if (bytes) {
        curl_easy_setopt(easy, option, &blob);
    }
}

static void set_tls(const net_http *http, CURL *easy)
{
    if (http->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (http->ca_pem) {
        set_blob(easy, CURLOPT_CAINFO_BLOB, http->ca_pem, http->ca_pem_n);
    } else if (http->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
    }
    if (http->cert_pem) {
        curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
        set_blob(easy, CURLOPT_SSLCERT_BLOB, http->cert_pem, http->cert_pem_n);
        curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
        set_blob(easy, CURLOPT_SSLKEY_BLOB, http->key_pem, http->key_pem_n);
    }
}

/* The parts of a URL, and what has to be told libcurl when the certificate's name is not the host's: the URL then
 * carries the certificate's name, the connection goes to the real host, and so does the Host header. */
typedef struct target {
    CURLU *url;
    char *scheme, *host, *port;
    char *host_header;
    struct curl_slist *connect_to;
} target;

static void target_clear(target *t)
{
    curl_url_cleanup(t->url);
    curl_free(t->scheme);
    curl_free(t->host);
    curl_free(t->port);
    free(t->host_header);
    curl_slist_free_all(t->connect_to);
}

static bool target_init(const net_http *http, const char *url, target *ret)
{
    *ret = (target){ .url = curl_url() };
    if (!ret->url || curl_url_set(ret->url, CURLUPART_URL, url, CURLU_PATH_AS_IS) != CURLUE_OK ||
        curl_url_get(ret->url, CURLUPART_SCHEME, &ret->scheme, 0) != CURLUE_OK ||
        curl_url_get(ret->url, CURLUPART_HOST, &ret->host, 0) != CURLUE_OK ||
        curl_url_get(ret->url, CURLUPART_PORT, &ret->port, CURLU_DEFAULT_PORT) != CURLUE_OK) {
        return false;
    }
    if (!http->tls_server_name || strcmp(ret->scheme, "https") != 0) {
        return true;
    }
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_printf(&text, "%s:%s:%s:%s", http->tls_server_name, ret->port, ret->host, ret->port);
    ret->connect_to = curl_slist_append(NULL, text.p);
    iac_buf_reset(&text);
    iac_buf_printf(&text, strcmp(ret->port, "443") == 0 ? "%s" : "%s:%s", ret->host, ret->port);
    ret->host_header = iac_buf_detach(&text);
    return curl_url_set(ret->url, CURLUPART_HOST, http->tls_server_name, 0) == CURLUE_OK;
}

static void set_method(CURL *easy, const net_request *request)
{
    if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (request->body.n > 0 || strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0 ||
        strcmp(request->method, "PATCH") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.n ? request->body.p : "");
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_options(const net_http *http, line *l, transfer *t, const target *to, struct curl_slist *headers)
{
    CURL *easy = l->easy;

    l->error[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, l->error);
    curl_easy_setopt(easy, CURLOPT_CURLU, to->url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, to->connect_to);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* the path was signed as it is */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, http->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, http->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, STALLED_S);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (http->user_agent) {
        curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent);
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    set_method(easy, t->request);
    set_proxy(http, easy, to->scheme, to->host);
    set_tls(http, easy);
}

/* Runs the transfer; false when the user asked to stop before it was over. */
static bool run(line *l, net_call *call, CURLcode *ret_code)
{
    int running = 1, left = 0;
    bool stopped = false;

    *ret_code = CURLE_FAILED_INIT;
    if (curl_multi_add_handle(l->multi, l->easy) != CURLM_OK) {
        return true;
    }
    while (!stopped && curl_multi_perform(l->multi, &running) == CURLM_OK && running > 0) {
        curl_multi_poll(l->multi, NULL, 0, POLL_MS, NULL);
        stopped = is_cancelled(call);
    }
    for (CURLMsg *m; (m = curl_multi_info_read(l->multi, &left)) != NULL;) {
        if (m->msg == CURLMSG_DONE) {
            *ret_code = m->data.result;
            stopped = false;
        }
    }
    curl_multi_remove_handle(l->multi, l->easy);
    return !stopped;
}

/* Whether the same request may well succeed when sent again. */
static bool is_transient(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR:
        return true;
    default:
        return false;
    }
}

static void parse_headers(net_call *call, const iac_buf *raw, net_response *ret)
{
    size_t lines = 0, at = 0;

    for (size_t i = 0; i < raw->n; i++) {
        lines += raw->p[i] == '\n';
    }
    ret->headers = net_alloc(call, (lines + 1) * sizeof(*ret->headers));
    while (at < raw->n) {
        const char *end = memchr(raw->p + at, '\n', raw->n - at);
        size_t n = end ? (size_t)(end - raw->p) - at : raw->n - at;
        iac_str text = { raw->p + at, n };
        size_t colon = iac_str_find_char(text, ':', 0);
        at += n + 1;
        if (colon == SIZE_MAX || colon == 0) {
            continue;
        }
        iac_str name = iac_str_trim(iac_str_sub(text, 0, colon));
        iac_str value = iac_str_trim(iac_str_sub(text, colon + 1, text.n));
        char *lower = net_strndup(call, name.n ? name.p : "", name.n);
        for (size_t i = 0; i < name.n; i++) {
            lower[i] = (char)(lower[i] >= 'A' && lower[i] <= 'Z' ? lower[i] + ('a' - 'A') : lower[i]);
        }
        ret->headers[ret->header_count++] = (net_header){
            { lower, name.n }, { net_strndup(call, value.n ? value.p : "", value.n), value.n } };
    }
}

static void fail(net_call *call, net_response *ret, const char *error, bool retryable)
{
    ret->status = 0;
    ret->error = net_strndup(call, error, strlen(error));
    ret->retryable = retryable;
}

static void take_answer(const line *l, transfer *t, CURLcode code, net_response *ret)
{
    if (code != CURLE_OK && !t->ended) {
        if (t->body.full) {
            fail(t->call, ret, "the response is larger than allowed", false);
        } else if (t->headers.full) {
            fail(t->call, ret, "the response's headers are larger than allowed", false);
        } else {
            fail(t->call, ret, l->error[0] ? l->error : curl_easy_strerror(code), is_transient(code));
        }
        return;
    }
    curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &ret->status);
    parse_headers(t->call, &t->headers, ret);
    ret->body = (iac_str){ net_strndup(t->call, t->body.p, t->body.n), t->body.n };
}

void net_http_send(net_http *http, net_call *call, const net_request *request, net_response *ret)
{
    transfer t = { .call = call, .request = request };
    struct curl_slist *headers = NULL;
    target to;
    CURLcode code;
    line *l;

    *ret = (net_response){ .body = { "", 0 } };
    if (is_cancelled(call)) {
        ret->cancelled = true;
        fail(call, ret, "interrupted", false);
        return;
    }
    if (!target_init(http, request->url, &to)) {
        target_clear(&to);
        fail(call, ret, "the address is no valid URL", false);
        return;
    }
    if (!build_headers(request, to.host_header, &headers) || !(l = line_take(http))) {
        curl_slist_free_all(headers);
        target_clear(&to);
        fail(call, ret, "a header holds characters that cannot be sent", false);
        return;
    }
    iac_buf_init(&t.body, request->max_response ? request->max_response : DEFAULT_MAX_RESPONSE);
    iac_buf_init(&t.headers, MAX_HEADER_BYTES);
    t.easy = l->easy;
    set_options(http, l, &t, &to, headers);
    if (run(l, call, &code)) {
        take_answer(l, &t, code, ret);
    } else {
        ret->cancelled = true;
        fail(call, ret, "interrupted", false);
    }
    iac_buf_clear(&t.body);
    iac_buf_clear(&t.headers);
    line_give_back(http, l);
    curl_slist_free_all(headers);
    target_clear(&to);
}

iac_str net_response_header(const net_response *response, const char *lower_case_name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (iac_str_is(response->headers[i].name, lower_case_name)) {
            return response->headers[i].value;
        }
    }
    return (iac_str){ "", 0 };
}

static void *arena_alloc(void *owner, size_t size)
{
    return iac_arena_alloc(owner, size);
}

net_call net_call_of(iac_arena *arena)
{
    return (net_call){ .owner = arena, .alloc = arena_alloc };
}

char *net_text(net_call *call, iac_str s)
{
    return net_strndup(call, s.p, s.n);
}

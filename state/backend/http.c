#include "state/backend/drivers.h"

#include "lang/base/crypto.h"
#include "lang/net/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Terraform's "http" protocol: GET, POST (or update_method) and DELETE of one address; LOCK and UNLOCK, or other
 * methods, of two more. A server that has the lock taken answers 423 (or 409) with its holder. The protocol knows
 * neither conditions nor leases: it is the lock that keeps writers apart. */

typedef struct http_backend {
    iac_arena *arena;
    net_http *http;
    const char *address, *update_method, *lock_address, *lock_method, *unlock_address, *unlock_method;
    const char *username, *password;
    int64_t retry_max, retry_wait_min, retry_wait_max;
} http_backend;

static const iac_backend_argument arguments[] = {
    { .name = "address", .type = "\"string\"", .env = "TF_HTTP_ADDRESS", .required = true },
    { .name = "client_ca_certificate_pem", .type = "\"string\"", .env = "TF_HTTP_CLIENT_CA_CERTIFICATE_PEM" },
    { .name = "client_certificate_pem", .type = "\"string\"", .env = "TF_HTTP_CLIENT_CERTIFICATE_PEM" },
    { .name = "client_private_key_pem", .type = "\"string\"", .env = "TF_HTTP_CLIENT_PRIVATE_KEY_PEM",
      .sensitive = true },
    { .name = "lock_address", .type = "\"string\"", .env = "TF_HTTP_LOCK_ADDRESS" },
    { .name = "lock_method", .type = "\"string\"", .env = "TF_HTTP_LOCK_METHOD", .otherwise = "LOCK" },
    { .name = "password", .type = "\"string\"", .env = "TF_HTTP_PASSWORD", .sensitive = true },
    { .name = "retry_max", .type = "\"number\"", .env = "TF_HTTP_RETRY_MAX", .otherwise = "2" },
    { .name = "retry_wait_max", .type = "\"number\"", .env = "TF_HTTP_RETRY_WAIT_MAX", .otherwise = "30" },
    { .name = "retry_wait_min", .type = "\"number\"", .env = "TF_HTTP_RETRY_WAIT_MIN", .otherwise = "1" },
    { .name = "skip_cert_verification", .type = "\"bool\"", .otherwise = "false" },
    { .name = "unlock_address", .type = "\"string\"", .env = "TF_HTTP_UNLOCK_ADDRESS" },
    { .name = "unlock_method", .type = "\"string\"", .env = "TF_HTTP_UNLOCK_METHOD", .otherwise = "UNLOCK" },
    { .name = "update_method", .type = "\"string\"", .env = "TF_HTTP_UPDATE_METHOD", .otherwise = "POST" },
    { .name = "username", .type = "\"string\"", .env = "TF_HTTP_USERNAME" },
    { .name = NULL },
};

static iac_status check_address(const char *name, const char *url, iac_diags *diags)
{
    if (!url || strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0)
        return IAC_OK;
    iac_diag_error(diags, IAC_NO_RANGE, "Invalid backend configuration", "%s must be HTTP or HTTPS", name);
    return IAC_ERR;
}

static iac_status bad(const char *summary, iac_diags *diags)
{
    iac_diag_error(diags, IAC_NO_RANGE, summary, "%s", "");
    return IAC_ERR;
}

static bool is_certificate(iac_str pem)
{
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    X509_free(certificate);
    BIO_free(bio);
    return certificate != NULL;
}

/* Wrong ones would only be told of by the connections that fail. */
static iac_status check_certificates(const net_http_options *o, iac_diags *diags)
{
    if (o->client_cert_pem.n && !o->client_key_pem.n)
        return bad("client_certificate_pem is set but client_private_key_pem is not", diags);
    if (o->client_key_pem.n && !o->client_cert_pem.n)
        return bad("client_private_key_pem is set but client_certificate_pem is not", diags);
    if (o->ca_pem.n && !is_certificate(o->ca_pem))
        return bad("failed to append certs", diags);
    if (o->client_cert_pem.n && !is_certificate(o->client_cert_pem))
        return bad("cannot load client certificate: tls: failed to find any PEM data in certificate input", diags);
    return IAC_OK;
}

static iac_status configure(const iac_backend_setup *setup, void **ret_self, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    http_backend *h = iac_arena_new_of(arena, http_backend);
    *h = (http_backend){ .arena = arena };
    const struct { const char **to; const char *name; } texts[] = {
        { &h->address, "address" }, { &h->update_method, "update_method" }, { &h->lock_address, "lock_address" },
        { &h->lock_method, "lock_method" }, { &h->unlock_address, "unlock_address" },
        { &h->unlock_method, "unlock_method" }, { &h->username, "username" }, { &h->password, "password" },
    };
    for (size_t i = 0; i < IAC_COUNT(texts); i++)
        *texts[i].to = iac_backend_text(arena, setup->config, texts[i].name);
    h->retry_max = iac_backend_number(setup->config, "retry_max", 2);
    h->retry_wait_min = iac_backend_number(setup->config, "retry_wait_min", 1);
    h->retry_wait_max = iac_backend_number(setup->config, "retry_wait_max", 30);
    if (!h->address || check_address("address", h->address, diags) != IAC_OK ||
        check_address("lock_address", h->lock_address, diags) != IAC_OK ||
        check_address("unlock_address", h->unlock_address, diags) != IAC_OK) {
        iac_arena_free(arena);
        return IAC_ERR;
    }
    net_http_options options = {
        .user_agent = "iac/" IAC_VERSION,
        .insecure = iac_backend_flag(setup->config, "skip_cert_verification"),
        .ca_pem = iac_str_of(iac_backend_text(arena, setup->config, "client_ca_certificate_pem")),
        .client_cert_pem = iac_str_of(iac_backend_text(arena, setup->config, "client_certificate_pem")),
        .client_key_pem = iac_str_of(iac_backend_text(arena, setup->config, "client_private_key_pem")),
    };
    if (check_certificates(&options, diags) != IAC_OK) {
        iac_arena_free(arena);
        return IAC_ERR;
    }
    h->http = net_http_new(&options);
    *ret_self = h;
    return IAC_OK;
}

static void free_http(void *self)
{
    http_backend *h = self;
    net_http_free(h->http);
    iac_arena_free(h->arena);
}

/* Without what a URL may carry of a user and a password. */
static void describe(void *self, iac_buf *out)
{
    http_backend *h = self;
    const char *rest = strstr(h->address, "://") + 3;
    size_t host = strcspn(rest, "/"), at = host;
    while (at > 0 && rest[at - 1] != '@')
        at--;
    iac_buf_add(out, h->address, (size_t)(rest - h->address));
    iac_buf_cstr(out, rest + at);
}

/* ---- requests ---- */

static void add_base64(iac_buf *out, const void *bytes, size_t n)
{
    char *text = iac_xcalloc(1, n / 3 * 4 + 5);
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
    iac_buf_cstr(out, text);
    explicit_bzero(text, strlen(text));
    free(text);
}

static iac_str content_md5(iac_arena *arena, iac_str body)
{
    uint8_t digest[16];
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    if (!EVP_Digest(body.p, body.n, digest, NULL, EVP_md5(), NULL))
        abort();
    add_base64(&text, digest, sizeof(digest));
    iac_str copy = iac_arena_str(arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return copy;
}

static iac_str authorization(const http_backend *h, iac_arena *arena)
{
    iac_buf pair, text;
    iac_buf_init(&pair, IAC_BUF_UNLIMITED);
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_printf(&pair, "%s:%s", h->username, h->password ? h->password : "");
    iac_buf_cstr(&text, "Basic ");
    add_base64(&text, pair.p, pair.n);
    iac_str copy = iac_arena_str(arena, iac_buf_view(&text));
    iac_buf_clear(&pair);
    iac_buf_clear(&text);
    return copy;
}

/* Sends, and sends again what failed for reasons that pass (no answer, 5xx), as often as retry_max says. */
static void send_request(const http_backend *h, iac_arena *arena, const char *method, const char *url, iac_str body,
                         net_response *ret)
{
    net_header headers[3];
    net_request request = { .method = method, .url = url, .headers = headers, .body = body,
                            .max_response = (size_t)1 << 31 };
    net_call call = net_call_of(arena);
    int64_t wait = h->retry_wait_min;
    if (body.n) {
        headers[request.header_count++] = (net_header){ IAC_STR("Content-Type"), IAC_STR("application/json") };
        headers[request.header_count++] = (net_header){ IAC_STR("Content-MD5"), content_md5(arena, body) };
    }
    if (h->username)
        headers[request.header_count++] = (net_header){ IAC_STR("Authorization"), authorization(h, arena) };
    for (int64_t left = h->retry_max;; left--) {
        net_http_send(h->http, &call, &request, ret);
        bool passes = ret->status == 0 ? ret->retryable : ret->status >= 500 && ret->status != 501;
        if (!passes || left <= 0)
            return;
        sleep((unsigned)wait);
        wait = wait * 2 < h->retry_wait_max ? wait * 2 : h->retry_wait_max;
    }
}

static iac_status refused(const http_backend *h, const char *summary, const char *method, const net_response *response,
                          iac_diags *diags)
{
    iac_buf place;
    iac_buf_init(&place, IAC_BUF_UNLIMITED);
    describe((void *)h, &place);
    if (response->status == 0)
        iac_diag_error(diags, IAC_NO_RANGE, summary, "%s %s: %s", method, place.p, response->error);
    else if (response->status == 401)
        iac_diag_error(diags, IAC_NO_RANGE, summary, "%s %s: HTTP remote state endpoint requires auth", method,
                       place.p);
    else if (response->status == 403)
        iac_diag_error(diags, IAC_NO_RANGE, summary, "%s %s: HTTP remote state endpoint invalid auth", method, place.p);
    else
        iac_diag_error(diags, IAC_NO_RANGE, summary, "%s %s: HTTP error: %ld", method, place.p, response->status);
    iac_buf_clear(&place);
    return IAC_ERR;
}

/* ---- snapshots ---- */

static iac_status check_digest(const net_response *response, iac_arena *arena, iac_diags *diags)
{
    iac_str given = net_response_header(response, "content-md5");
    if (!given.n || iac_str_eq(given, content_md5(arena, response->body)))
        return IAC_OK;
    iac_diag_error(diags, IAC_NO_RANGE, "Failed to load state",
                   "The answer of the server does not have the digest that its header Content-MD5 says: it was damaged "
                   "on its way, or is not what was stored.");
    return IAC_ERR;
}

static iac_status read_state(void *self, const char *workspace, iac_arena *arena, iac_snapshot *ret, iac_diags *diags)
{
    (void)workspace;
    http_backend *h = self;
    net_response response;
    *ret = (iac_snapshot){ 0 };
    send_request(h, arena, "GET", h->address, (iac_str){ 0 }, &response);
    if (response.status == 204 || response.status == 404)
        return IAC_OK;
    if (response.status != 200)
        return refused(h, "Failed to load state", "GET", &response, diags);
    if (check_digest(&response, arena, diags) != IAC_OK)
        return IAC_ERR;
    ret->json = response.body;
    ret->version = response.body.n ? content_md5(arena, response.body) : (iac_str){ 0 };
    return IAC_OK;
}

static iac_status write_state(void *self, const char *workspace, iac_str json, iac_str over, iac_str lock_id,
                              iac_arena *arena, iac_str *ret_version, iac_diags *diags)
{
    (void)workspace;
    http_backend *h = self;
    net_response response;
    const char *url = h->address;
    if (!lock_id.n) { /* nothing else keeps us from overwriting what somebody wrote meanwhile */
        iac_snapshot there;
        if (read_state(self, workspace, arena, &there, diags) != IAC_OK)
            return IAC_ERR;
        if (!iac_str_eq(there.version, over))
            return IAC_BUSY;
    } else {
        url = iac_arena_printf(arena, "%s%sID=%.*s", url, strchr(url, '?') ? "&" : "?", IAC_FMT(lock_id)).p;
    }
    send_request(h, arena, h->update_method, url, json, &response);
    if (response.status == 409 || response.status == 412)
        return IAC_BUSY;
    if (response.status != 200 && response.status != 201 && response.status != 204)
        return refused(h, "Failed to save state", h->update_method, &response, diags);
    *ret_version = content_md5(arena, json);
    return IAC_OK;
}

/* ---- locks ---- */

static iac_status take_lock(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                            iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags)
{
    (void)workspace;
    (void)over;
    http_backend *h = self;
    net_response response;
    iac_buf body;
    if (!h->lock_address)
        return IAC_OK;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    iac_lock_info_write(&body, mine);
    send_request(h, arena, h->lock_method, h->lock_address, iac_buf_view(&body), &response);
    iac_buf_clear(&body);
    if (response.status == 200)
        return IAC_OK;
    if (response.status != 423 && response.status != 409)
        return refused(h, "Error acquiring the state lock", h->lock_method, &response, diags);
    if (!iac_lock_info_read(arena, response.body, ret_holder))
        *ret_holder = (iac_lock_info){ .path = mine->path, .idle_seconds = -1 };
    if (iac_str_eq(ret_holder->id, mine->id))
        return IAC_OK; /* an earlier try arrived, and its answer was lost */
    return IAC_BUSY;
}

/* The protocol cannot be asked who has the lock, so breaking one by its id is left to the server to judge. */
static iac_status give_back(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                            iac_diags *diags)
{
    (void)workspace;
    http_backend *h = self;
    net_response response;
    iac_buf body;
    const char *url = h->unlock_address;
    *ret_holder = (iac_lock_info){ 0 };
    if (!url)
        return h->lock_address ? IAC_OK : IAC_NOT_FOUND;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    iac_lock_info info = { .id = id };
    iac_lock_info_write(&body, &info);
    send_request(h, arena, h->unlock_method, url, iac_buf_view(&body), &response);
    iac_buf_clear(&body);
    if (response.status == 200 || response.status == 204)
        return IAC_OK;
    if ((response.status == 423 || response.status == 409) && iac_lock_info_read(arena, response.body, ret_holder))
        return IAC_BUSY;
    return refused(h, "Failed to unlock state", h->unlock_method, &response, diags);
}

const iac_backend_driver iac_backend_http = {
    .name = "http",
    .arguments = arguments,
    .configure = configure,
    .free = free_http,
    .describe = describe,
    .read = read_state,
    .write = write_state,
    .lock = take_lock,
    .unlock = give_back,
};

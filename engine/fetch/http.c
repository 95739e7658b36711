/* engine/fetch/http.c - one request after the other, by libcurl. */
#include "engine/fetch/fetch_internal.h"

#include "lang/config/version.h"
#include "lang/net/curl.h"
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    MAX_BODY = 16 << 20,         /* of an answer kept in memory */
    MAX_REDIRECTIONS = 10,
    CONNECT_TIMEOUT_MS = 10000,
    STALLED_SECONDS = 60,
};
static const curl_off_t max_file = (curl_off_t)1 << 30;

typedef struct transfer {
    iac_arena *arena;
    iac_buf body;
    int fd;
    curl_off_t written;
    bool too_large, disk_failed;
    int disk_error;
    iac_str terraform_get;
} transfer;

static size_t take_body(char *bytes, size_t size, size_t n, void *user)
{
    transfer *t = user;
    size_t length = size * n, done = 0;

    if (t->fd < 0) {
        iac_buf_add(&t->body, bytes, length);
        t->too_large |= t->body.full;
        return t->body.full ? 0 : length;
    }
    t->written += (curl_off_t)length;
    if (t->written > max_file) {
        t->too_large = true;
        return 0;
    }
    while (done < length) {
        ssize_t wrote = write(t->fd, bytes + done, length - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0) {
            t->disk_failed = true;
            t->disk_error = errno;
            return 0;
        }
        done += (size_t)wrote;
    }
    return length;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *user)
{
    static const char name[] = "x-terraform-get:";
    transfer *t = user;
    iac_str line = { bytes, size * n };

    if (iac_str_starts(line, IAC_STR("HTTP/"))) /* of the next answer, after a redirection */
        t->terraform_get = (iac_str){ 0 };
    if (line.n > sizeof(name) - 1 && strncasecmp(line.p, name, sizeof(name) - 1) == 0)
        t->terraform_get = iac_arena_str(t->arena, iac_str_trim(iac_str_sub(line, sizeof(name) - 1, line.n)));
    return line.n;
}

static void prepare(CURL *curl, const iac_http_request *request, const char *url, transfer *t,
                    struct curl_slist **headers)
{
    *headers = curl_slist_append(*headers, "X-Terraform-Version: " IAC_LANGUAGE_VERSION);
    if (request->token.n) {
        iac_str header = iac_arena_printf(t->arena, "Authorization: Bearer %.*s", IAC_FMT(request->token));
        *headers = curl_slist_append(*headers, header.p);
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "iac/" IAC_VERSION);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTIONS);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALLED_SECONDS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (!request->token.n)
        curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, request->fd < 0 ? "" : NULL);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
}

/* An address without a password in it, for messages. */
static iac_str shown_url(iac_arena *arena, iac_str url)
{
    size_t scheme = iac_str_find(url, IAC_STR("://"), 0);
    size_t from = scheme == SIZE_MAX ? 0 : scheme + 3;
    size_t end = iac_str_find_char(url, '/', from), at = iac_str_find_char(iac_str_sub(url, 0, end), '@', from);
    size_t colon = at == SIZE_MAX ? SIZE_MAX : iac_str_find_char(iac_str_sub(url, 0, at), ':', from);

    if (colon == SIZE_MAX)
        return url;
    return iac_arena_printf(arena, "%.*s:xxxxx%.*s", (int)colon, url.p, IAC_FMT(iac_str_sub(url, at, url.n)));
}

bool iac_http_get(iac_arena *arena, const iac_http_request *request, iac_http_answer *ret, iac_str *ret_error)
{
    transfer t = { .arena = arena, .fd = request->fd };
    char problem[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = NULL;
    const char *last = NULL;
    CURL *curl = curl_easy_init();
    bool good = false;

    iac_buf_init(&t.body, MAX_BODY);
    if (!curl) {
        *ret_error = IAC_STR("the HTTP library could not be set up");
        goto out;
    }
    prepare(curl, request, iac_arena_cstr(arena, request->url), &t, &headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
        iac_str url = shown_url(arena, request->url);
        *ret_error = t.too_large ? iac_arena_printf(arena, "Get \"%.*s\": the answer is too large", IAC_FMT(url))
                     : t.disk_failed
                         ? iac_arena_printf(arena, "Get \"%.*s\": writing to disk: %s", IAC_FMT(url),
                                            strerror(t.disk_error))
                         : iac_arena_printf(arena, "Get \"%.*s\": %s", IAC_FMT(url),
                                            *problem ? problem : curl_easy_strerror(code));
        goto out;
    }
    *ret = (iac_http_answer){ .body = iac_arena_str(arena, iac_buf_view(&t.body)), .terraform_get = t.terraform_get };
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
    curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &last);
    ret->url = last ? iac_arena_str(arena, iac_str_of(last)) : request->url;
    good = true;
out:
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    iac_buf_clear(&t.body);
    return good;
}

/* ---- addresses ---- */

iac_str iac_url_resolve(iac_arena *arena, iac_str base, iac_str relative)
{
    CURLU *url = curl_url();
    char *text = NULL;
    iac_str resolved = relative;

    if (url && curl_url_set(url, CURLUPART_URL, iac_arena_cstr(arena, base), 0) == CURLUE_OK &&
        curl_url_set(url, CURLUPART_URL, iac_arena_cstr(arena, relative), 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK)
        resolved = iac_arena_str(arena, iac_str_of(text));
    curl_free(text);
    curl_url_cleanup(url);
    return resolved;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

iac_str iac_url_decode(iac_arena *arena, iac_str text)
{
    char *out = iac_arena_cstr(arena, text);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        int high = text.p[i] == '%' && i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.p[i + 2]) : -1;
        if (low >= 0 && (high || low)) { /* no NUL */
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = text.p[i];
        }
    }
    out[n] = '\0';
    return (iac_str){ out, n };
}

iac_str iac_url_take(iac_arena *arena, iac_str *url, const char *name)
{
    size_t query = iac_str_find_char(*url, '?', 0), length = strlen(name);
    iac_str value = { 0 };
    iac_buf rest;

    if (query == SIZE_MAX)
        return value;
    iac_buf_init(&rest, IAC_BUF_UNLIMITED);
    for (size_t from = query + 1; from <= url->n;) {
        size_t end = iac_str_find_char(*url, '&', from);
        end = end == SIZE_MAX ? url->n : end;
        iac_str part = iac_str_sub(*url, from, end);
        if (part.n > length && part.p[length] == '=' && strncmp(part.p, name, length) == 0)
            value = iac_url_decode(arena, iac_str_sub(part, length + 1, part.n));
        else if (part.n)
            iac_buf_printf(&rest, "%s%.*s", rest.n ? "&" : "?", IAC_FMT(part));
        from = end + 1;
    }
    *url = iac_arena_printf(arena, "%.*s%.*s", (int)query, url->p, IAC_FMT(iac_buf_view(&rest)));
    iac_buf_clear(&rest);
    return value;
}

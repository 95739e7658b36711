#include "lang/net/aws.h"
#include "lang/net/json.h"
#include "lang/net/sigv4.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MAX_HEADERS = 24, USUAL_ATTEMPTS = 3, BASE_MS = 100, CAP_MS = 20000, SKEW_SECONDS = 240,
    MAX_CONNECT_ATTEMPTS = 5 /* without any answer: a wrong address should be told soon */
};

/* ---- which failures pass ---- */

static bool is_one_of(const char *code, const char *const *codes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

bool net_aws_is_throttling(const char *code)
{
    static const char *const codes[] = {
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown", "EC2ThrottledException",
    };
    return is_one_of(code, codes, IAC_COUNT(codes));
}

bool net_aws_is_transient(const char *code, long status)
{
    static const char *const codes[] = { "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete",
                                         "IDPCommunicationError" };
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504 ||
           is_one_of(code, codes, IAC_COUNT(codes));
}

bool net_aws_correct_clock(const char *code, const net_response *response, atomic_llong *clock)
{
    static const char *const codes[] = {
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
        "SignatureDoesNotMatch", "AuthFailure",
    };
    iac_str date = net_response_header(response, "date");
    struct tm parts = { 0 };
    long long now = (long long)time(NULL);

    if (!clock || !is_one_of(code, codes, IAC_COUNT(codes)) || date.n == 0 ||
        !strptime(date.p, "%a, %d %b %Y %H:%M:%S", &parts))
        return false;
    long long offset = (long long)timegm(&parts) - now;
    if (llabs(offset - atomic_load(clock)) < SKEW_SECONDS)
        return false;
    atomic_store(clock, offset);
    return true;
}

uint64_t net_aws_retry_after(const net_response *response)
{
    iac_str seconds = net_response_header(response, "retry-after");
    iac_str ms = net_response_header(response, "x-amz-retry-after");

    if (ms.n)
        return strtoull(ms.p, NULL, 10);
    return seconds.n ? strtoull(seconds.p, NULL, 10) * 1000 : 0;
}

/* ---- errors ---- */

/* What stands between <TAG> and </TAG>. */
static const char *xml_text(net_call *call, iac_str xml, const char *tag)
{
    iac_buf mark;
    iac_buf_init(&mark, IAC_BUF_UNLIMITED);
    iac_buf_printf(&mark, "<%s>", tag);
    size_t from = iac_str_find(xml, iac_buf_view(&mark), 0);
    size_t start = from == SIZE_MAX ? 0 : from + mark.n;
    iac_buf_reset(&mark);
    iac_buf_printf(&mark, "</%s>", tag);
    size_t to = from == SIZE_MAX ? SIZE_MAX : iac_str_find(xml, iac_buf_view(&mark), start);
    iac_buf_clear(&mark);
    return to == SIZE_MAX ? "" : net_text(call, iac_str_sub(xml, start, to));
}

static const char *json_text(net_call *call, json_t *body, const char *const *names)
{
    for (; *names; names++) {
        const char *text = json_string_value(json_object_get(body, *names));
        if (text)
            return net_text(call, iac_str_of(text));
    }
    return "";
}

static void read_error(net_call *call, const net_response *response, net_aws_error *ret)
{
    static const char *const codes[] = { "__type", "code", "Code", NULL };
    static const char *const messages[] = { "message", "Message", "errorMessage", NULL };
    iac_str id = net_response_header(response, "x-amzn-requestid");

    *ret = (net_aws_error){ "", "", "", response->status, 0, response->cancelled, response->retryable };
    if (response->status == 0) {
        ret->message = response->error ? response->error : "no answer";
        return;
    }
    if (!id.n)
        id = net_response_header(response, "x-amz-request-id");
    ret->request_id = net_text(call, id);
    json_t *body = k8s_json_parse(response->body.p, response->body.n);
    if (body) {
        const char *code = json_text(call, body, codes), *hash = strrchr(code, '#');
        ret->code = hash ? hash + 1 : code; /* "com.amazonaws.kms#NotFoundException" */
        ret->message = json_text(call, body, messages);
    } else {
        ret->code = xml_text(call, response->body, "Code");
        ret->message = xml_text(call, response->body, "Message");
        const char *other = xml_text(call, response->body, "RequestId");
        ret->request_id = other[0] ? other : ret->request_id;
    }
    json_decref(body);
    ret->retryable = net_aws_is_throttling(ret->code) || net_aws_is_transient(ret->code, response->status);
}

void net_aws_error_text(iac_buf *out, const char *service_id, const char *operation, bool modelled,
                        const net_aws_error *e)
{
    iac_buf_printf(out, "operation error %s: %s, ", service_id, operation);
    if (e->attempts > 0)
        iac_buf_printf(out, "exceeded maximum number of attempts, %u, ", e->attempts);
    if (e->cancelled)
        iac_buf_cstr(out, "interrupted");
    else if (e->http_status == 0)
        iac_buf_printf(out, "https response error StatusCode: 0, RequestID: , request send failed, %s", e->message);
    else if (!e->code[0])
        iac_buf_printf(out, "https response error StatusCode: %ld, RequestID: %s, %s", e->http_status, e->request_id,
                       e->message[0] ? e->message : "api error UnknownError: UnknownError");
    else
        iac_buf_printf(out, "https response error StatusCode: %ld, RequestID: %s, %s%s: %s", e->http_status,
                       e->request_id, modelled ? "" : "api error ", e->code, e->message);
}

/* ---- sending ---- */

/* The host as the Host header gives it, without the scheme's own port; then path and query. */
static iac_str split_url(const char *url, iac_str *ret_path, iac_str *ret_query)
{
    const char *after = strstr(url, "://");
    iac_str rest = iac_str_of(after ? after + 3 : url);
    size_t slash = iac_str_find_char(rest, '/', 0), mark = iac_str_find_char(rest, '?', 0);
    iac_str host = iac_str_sub(rest, 0, slash < rest.n ? slash : rest.n);
    iac_str port = strncmp(url, "https:", 6) == 0 ? IAC_STR(":443") : IAC_STR(":80");

    *ret_path = slash < rest.n ? iac_str_sub(rest, slash, mark < rest.n ? mark : rest.n) : IAC_STR("/");
    *ret_query = mark < rest.n ? iac_str_sub(rest, mark + 1, rest.n) : (iac_str){ "", 0 };
    return iac_str_ends(host, port) ? iac_str_sub(host, 0, host.n - port.n) : host;
}

void net_send_signed(const net_aws_line *line, net_call *call, const net_keys *keys, const net_request *request,
                     net_response *ret)
{
    net_header headers[MAX_HEADERS];
    char hash[65], now_text[32];
    struct tm utc;
    time_t now = (time_t)(time(NULL) + (line->clock ? atomic_load(line->clock) : 0));
    size_t n = request->header_count < MAX_HEADERS - 5 ? request->header_count : MAX_HEADERS - 5;
    iac_str path, query, host = split_url(request->url, &path, &query);
    iac_buf authorization;

    if (!keys) {
        net_http_send(line->http, call, request, ret);
        return;
    }
    if (n)
        memcpy(headers, request->headers, n * sizeof(*headers));
    gmtime_r(&now, &utc);
    strftime(now_text, sizeof(now_text), "%Y%m%dT%H%M%SZ", &utc);
    aws_sha256_hex(request->body, hash);
    headers[n++] = (net_header){ IAC_STR("Host"), host };
    headers[n++] = (net_header){ IAC_STR("X-Amz-Date"), iac_str_of(now_text) };
    headers[n++] = (net_header){ IAC_STR("X-Amz-Content-Sha256"), iac_str_of(hash) };
    if (keys->token && *keys->token)
        headers[n++] = (net_header){ IAC_STR("X-Amz-Security-Token"), iac_str_of(keys->token) };
    bool is_s3 = strcmp(line->service, "s3") == 0;
    aws_sign sign = {
        .method = request->method, .path = path, .query = query, .headers = headers, .header_count = n,
        .payload_hash = iac_str_of(hash), .region = line->region, .service = line->service,
        .access_key = keys->access_key, .secret_key = keys->secret_key, .time = now_text, .keep_dots = is_s3,
        .encoded_once = is_s3,
    };
    iac_buf_init(&authorization, IAC_BUF_UNLIMITED);
    aws_sign_authorization(&sign, &authorization);
    headers[n++] = (net_header){ IAC_STR("Authorization"), iac_buf_view(&authorization) };
    net_request full = *request;
    full.headers = headers;
    full.header_count = n;
    net_http_send(line->http, call, &full, ret);
    iac_buf_clear(&authorization);
}

bool net_send_retried(const net_aws_line *line, net_call *call, const net_keys *keys, const net_request *request,
                      net_response *ret, net_aws_error *ret_error)
{
    net_backoff backoff = { .max = line->max_attempts ? line->max_attempts : USUAL_ATTEMPTS, .base_ms = BASE_MS,
                            .cap_ms = CAP_MS };
    bool clock_corrected = false;

    for (;;) {
        net_send_signed(line, call, keys, request, ret);
        if (ret->status >= 200 && ret->status < 300)
            return true;
        read_error(call, ret, ret_error);
        if (!clock_corrected && net_aws_correct_clock(ret_error->code, ret, line->clock)) {
            clock_corrected = true;
            continue;
        }
        if (!ret_error->retryable)
            return false;
        if (ret->status == 0 && backoff.max > MAX_CONNECT_ATTEMPTS)
            backoff.max = MAX_CONNECT_ATTEMPTS;
        if (!net_backoff_next(&backoff, call, net_aws_retry_after(ret))) {
            ret_error->attempts = backoff.attempt + 1;
            return false;
        }
    }
}

#include "providers/aws/client.h"
#include "providers/aws/credentials.h"
#include "lang/net/sigv4.h"
#include "providers/sdk/retry.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BACKOFF_BASE_MS 100
#define BACKOFF_CAP_MS 20000
#define MAX_CONNECT_ATTEMPTS 5 /* without any answer: a wrong address should be told soon */
#define MAX_BODY ((size_t)256 << 20)

/* The host as the Host header gives it: without the scheme's own port. */
static iac_str host_of(const char *url, iac_str *ret_path)
{
    bool https = strncmp(url, "https://", 8) == 0;
    iac_str rest = iac_str_of(url + (https ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0));
    size_t slash = iac_str_find_char(rest, '/', 0);
    iac_str host = iac_str_sub(rest, 0, slash == SIZE_MAX ? rest.n : slash);
    iac_str port = https ? IAC_STR(":443") : IAC_STR(":80");

    *ret_path = slash == SIZE_MAX ? IAC_STR("/") : iac_str_sub(rest, slash, rest.n);
    return iac_str_ends(host, port) ? iac_str_sub(host, 0, host.n - port.n) : host;
}

#define MAX_HEADERS 8

typedef struct exchange {
    sdk_header headers[MAX_HEADERS];
    size_t header_count;
    char time[32];
    char payload_hash[65];
} exchange;

static void add_header(exchange *e, const char *name, const char *value)
{
    e->headers[e->header_count++] = (sdk_header){ iac_str_of(name), iac_str_of(value) };
}

/* Adds the headers of the protocol and of the signature. */
static void build_headers(aws_instance *in, iacp_call *call, const aws_request *r, const aws_endpoint *endpoint,
                          const aws_keys *keys, iac_str body, exchange *e)
{
    time_t now = (time_t)(time(NULL) + atomic_load(&in->clock_offset));
    struct tm parts;
    iac_str path, host = host_of(endpoint->url, &path);

    e->header_count = 0;
    e->headers[e->header_count++] = (sdk_header){ IAC_STR("Host"), host };
    if (r->service->protocol == AWS_PROTOCOL_JSON) {
        add_header(e, "Content-Type", sdk_printf(call, "application/x-amz-json-%s", r->service->json_version));
        add_header(e, "X-Amz-Target", sdk_printf(call, "%s.%s", r->service->target_prefix, r->op->name));
    } else {
        add_header(e, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    }
    gmtime_r(&now, &parts);
    strftime(e->time, sizeof(e->time), "%Y%m%dT%H%M%SZ", &parts);
    add_header(e, "X-Amz-Date", e->time);
    if (keys->token && keys->token[0]) {
        add_header(e, "X-Amz-Security-Token", keys->token);
    }
    aws_sha256_hex(body, e->payload_hash);
    aws_sign sign = {
        .method = "POST", .path = path, .query = { "", 0 }, .headers = e->headers, .header_count = e->header_count,
        .payload_hash = iac_str_of(e->payload_hash), .region = endpoint->signing_region,
        .service = r->service->signing_name, .access_key = keys->access_key, .secret_key = keys->secret_key,
        .time = e->time,
    };
    iac_buf authorization;
    iac_buf_init(&authorization, MAX_BODY);
    aws_sign_authorization(&sign, &authorization);
    add_header(e, "Authorization", sdk_strndup(call, authorization.p, authorization.n));
    iac_buf_clear(&authorization);
}

static void read_error(iacp_call *call, const aws_service *service, const sdk_response *response, aws_error *ret)
{
    aws_api_error api = { "", "", "" };

    *ret = (aws_error){ .code = "", .message = "", .request_id = "", .http_status = response->status,
                        .cancelled = response->cancelled, .retryable = response->retryable };
    if (response->status == 0) {
        ret->message = response->error ? response->error : "no answer";
        return;
    }
    if (service->protocol == AWS_PROTOCOL_JSON) {
        aws_json_error(call, response, &api);
    } else {
        aws_xml_error(call, response, &api);
    }
    ret->code = api.code;
    ret->message = api.message;
    ret->request_id = api.request_id;
    ret->retryable = net_aws_is_throttling(api.code) || net_aws_is_transient(api.code, response->status);
}

static json_t *read_answer(const aws_request *r, const sdk_response *response)
{
    if (r->service->protocol == AWS_PROTOCOL_JSON) {
        return aws_json_answer(r->service, r->op, response->body);
    }
    return aws_xml_answer(r->service, r->op, response->body);
}

static void not_understood(const sdk_response *response, aws_error *ret)
{
    *ret = (aws_error){ .code = "", .message = "deserialization failed, the answer is not what the API describes",
                        .request_id = "", .http_status = response->status };
}

static bool try_all(aws_instance *in, iacp_call *call, const aws_request *r, iac_str body, json_t **ret, aws_error *err)
{
    sdk_backoff backoff = { .max = in->max_attempts, .base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS };
    bool clock_corrected = false;
    aws_endpoint endpoint;
    aws_keys keys = { 0 };
    net_key_failure failure;
    iac_str path;

    aws_endpoint_of(in, call, r->service, &endpoint);
    host_of(endpoint.url, &path);
    const char *url = iac_str_is(path, "/") ? sdk_printf(call, "%s/", endpoint.url) : endpoint.url;
    for (;;) {
        exchange e;
        sdk_response response;
        if (!aws_credentials_get(in, call, &keys, &failure)) {
            *err = (aws_error){ .code = "", .message = failure.error, .request_id = "" };
            return false;
        }
        build_headers(in, call, r, &endpoint, &keys, body, &e);
        sdk_request request = { .method = "POST", .url = url, .headers = e.headers, .header_count = e.header_count,
                                .body = body };
        sdk_http_send(in->http, call, &request, &response);
        if (response.status >= 200 && response.status < 300) {
            *ret = read_answer(r, &response);
            if (!*ret) {
                not_understood(&response, err);
            }
            return *ret != NULL;
        }
        read_error(call, r->service, &response, err);
        sdk_log(call, IACP_LOG_DEBUG, "%s %s: HTTP %ld %s, attempt %u", r->service->id, r->op->name,
                response.status, err->code, backoff.attempt + 1);
        if (!clock_corrected && net_aws_correct_clock(err->code, &response, &in->clock_offset)) {
            clock_corrected = true;
            continue;
        }
        if (strcmp(err->code, "ExpiredToken") == 0 && net_credentials_expire(in->credentials, &keys)) {
            continue;
        }
        if (!err->retryable) {
            return false;
        }
        if (response.status == 0 && backoff.max > MAX_CONNECT_ATTEMPTS) {
            backoff.max = MAX_CONNECT_ATTEMPTS;
        }
        if (!sdk_backoff_next(&backoff, call, net_aws_retry_after(&response))) {
            err->attempts = backoff.attempt + 1;
            return false;
        }
    }
}

bool aws_call(aws_instance *instance, iacp_call *call, const aws_request *r, json_t **ret, aws_error *ret_error)
{
    iac_buf body;

    iac_buf_init(&body, MAX_BODY);
    if (r->service->protocol == AWS_PROTOCOL_JSON) {
        aws_json_request(r->service, r->op, r->input, r->token, &body);
    } else {
        aws_query_request(r->service, r->op, r->input, r->token, &body);
    }
    bool fine = try_all(instance, call, r, iac_buf_view(&body), ret, ret_error);
    iac_buf_clear(&body);
    return fine;
}

/* The SDKs print errors that an API's model describes by their bare name. */
static bool is_modelled(const aws_service *service, const char *code)
{
    for (size_t i = 0; service->errors[i]; i++) {
        if (strcmp(service->errors[i], code) == 0) {
            return true;
        }
    }
    return false;
}

const char *aws_error_text(iacp_call *call, const aws_service *service, const aws_op *op, const aws_error *e)
{
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    net_aws_error_text(&text, service->id, op->name, is_modelled(service, e->code), e);
    const char *copy = sdk_strndup(call, text.p, text.n);
    iac_buf_clear(&text);
    return copy;
}

int32_t aws_diagnose(iacp_call *call, const aws_service *service, const aws_op *op, const aws_error *e,
                     const char *doing)
{
    const char *text = aws_error_text(call, service, op, e);
    iacp_diagnostic d = {
        .size = sizeof(d),
        .severity = IACP_SEVERITY_ERROR,
        .summary = sdk_printf(call, "%s: %s", doing, text),
        .code = e->code[0] ? e->code : NULL,
        .request_id = e->request_id[0] ? e->request_id : NULL,
        .http_status = (uint32_t)e->http_status,
        .retryable = e->retryable,
    };

    sdk_host->diagnostic(call, &d);
    return IACP_ERROR;
}

/* providers/sdk/http.h - HTTP requests on libcurl: pooled connections, TLS settings, proxies, cancellation.
 * Layer: providers/sdk. Retrying is the caller's (providers/sdk/retry.h): one call here is one exchange. */
#ifndef IAC_SDK_HTTP_H
#define IAC_SDK_HTTP_H
#include "providers/sdk/sdk.h"

typedef struct sdk_http sdk_http; /* a pool of connections with common settings; thread-safe */

typedef struct sdk_http_options {
    const char *user_agent;
    const char *ca_file;       /* PEM file, or NULL for the system's */
    iac_str ca_pem;            /* PEM text, used instead of ca_file when set */
    iac_str client_cert_pem;   /* with client_key_pem; or empty */
    iac_str client_key_pem;
    const char *tls_server_name; /* NULL: the URL's host */
    bool insecure;             /* no certificate check */
    const char *proxy;         /* NULL: from the environment */
    long connect_timeout_ms;   /* 0: 30 s */
    long timeout_ms;           /* whole exchange; 0: 10 min */
} sdk_http_options;

/* Options are copied. Never NULL. */
sdk_http *sdk_http_new(const sdk_http_options *options);
void sdk_http_free(sdk_http *http); /* NULL is fine; no request may be running */

typedef struct sdk_header {
    iac_str name, value;
} sdk_header;

typedef struct sdk_request {
    const char *method; /* "GET" */
    const char *url;
    const sdk_header *headers;
    size_t header_count;
    iac_str body;
    size_t max_response; /* bytes; 0: 64 MiB. More is an error */
    /* Streaming: when set, called with each piece of a 2xx body instead of collecting it; returning false ends the
     * exchange (that is not an error). */
    bool (*on_data)(void *arg, const char *bytes, size_t n);
    void *on_data_arg;
} sdk_request;

typedef struct sdk_response {
    long status;          /* 0 when there was no answer; see error */
    sdk_header *headers;  /* in the call's memory; names in lower case */
    size_t header_count;
    iac_str body;         /* in the call's memory; NUL-terminated */
    const char *error;    /* why there was no answer ("Could not resolve host: ..."), or NULL */
    bool retryable;       /* no answer, and trying again may help (connection refused or cut, time-out) */
    bool cancelled;       /* the user asked to stop */
} sdk_response;

/* Sends and waits. Always fills *ret; gives no diagnostic. Credentials never reach error texts or logs. */
void sdk_http_send(sdk_http *http, iacp_call *call, const sdk_request *request, sdk_response *ret);
iac_str sdk_response_header(const sdk_response *response, const char *lower_case_name); /* empty when absent */
#endif

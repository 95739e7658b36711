/* lang/net/http.h - HTTP requests on libcurl: pooled connections, TLS settings, proxies, cancellation.
 * Layer: lang/net (sees lang/base). Retrying is the caller's: one call here is one exchange. */
#ifndef IAC_NET_HTTP_H
#define IAC_NET_HTTP_H
#include "lang/base/base.h"

/* What an exchange is part of: whose memory the answer lives in, and who may stop it. */
typedef struct net_call {
    void *owner;
    void *(*alloc)(void *owner, size_t size); /* zeroed; never NULL */
    bool (*cancelled)(void *owner);           /* NULL: never */
    bool (*wait)(void *owner, uint64_t ms);   /* false: cancelled meanwhile; NULL: nothing ends a wait early */
} net_call;
net_call net_call_of(iac_arena *arena); /* answers live in the arena */
char *net_text(net_call *call, iac_str s); /* a copy in the call's memory */

typedef struct net_http net_http; /* a pool of connections with common settings; thread-safe */

typedef struct net_http_options {
    const char *user_agent;
    const char *ca_file;       /* PEM file, or NULL for the system's */
    iac_str ca_pem;            /* PEM text, used instead of ca_file when set */
    iac_str client_cert_pem;   /* with client_key_pem; or empty */
    iac_str client_key_pem;
    const char *tls_server_name; /* NULL: the URL's host */
    bool insecure;             /* no certificate check */
    const char *proxy;         /* NULL: from the environment; "": none */
    const char *http_proxy;    /* for URLs that begin with http:; NULL: as proxy */
    const char *no_proxy;      /* hosts, domains and networks that are asked directly; NULL: from the environment */
    long connect_timeout_ms;   /* 0: 30 s */
    long timeout_ms;           /* whole exchange; 0: 10 min; two minutes without a byte end it, too */
} net_http_options;

/* Options are copied. Never NULL. */
net_http *net_http_new(const net_http_options *options);
void net_http_free(net_http *http); /* NULL is fine; no request may be running */

typedef struct net_header {
    iac_str name, value;
} net_header;

typedef struct net_request {
    const char *method; /* "GET" */
    const char *url;
    const net_header *headers;
    size_t header_count;
    iac_str body;
    size_t max_response; /* bytes; 0: 64 MiB. More is an error */
    /* Streaming: when set, called with each piece of a 2xx body instead of collecting it; returning false ends the
     * exchange (that is not an error). */
    bool (*on_data)(void *arg, const char *bytes, size_t n);
    void *on_data_arg;
} net_request;

typedef struct net_response {
    long status;          /* 0 when there was no answer; see error */
    net_header *headers;  /* in the call's memory; names in lower case */
    size_t header_count;
    iac_str body;         /* in the call's memory; NUL-terminated */
    const char *error;    /* why there was no answer ("Could not resolve host: ..."), or NULL */
    bool retryable;       /* no answer, and trying again may help (connection refused or cut, time-out) */
    bool cancelled;       /* the user asked to stop */
} net_response;

/* Sends and waits. Always fills *ret; gives no diagnostic. Credentials never reach error texts or logs. */
void net_http_send(net_http *http, net_call *call, const net_request *request, net_response *ret);
iac_str net_response_header(const net_response *response, const char *lower_case_name); /* empty when absent */
#endif

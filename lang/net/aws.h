/* lang/net/aws.h - what all calls of AWS have in common: signing, which failures pass, a clock that goes wrong, the texts
 * of errors. Layer: lang/net. Texts are those of the Go SDK, which Terraform shows. Thread-safe with each thread's
 * net_call. */
#ifndef IAC_NET_AWS_H
#define IAC_NET_AWS_H
#include "lang/net/retry.h"
#include <stdatomic.h>

typedef struct net_keys {
    const char *access_key, *secret_key, *token; /* token may be NULL */
    long long expires; /* seconds since the epoch; 0: never */
} net_keys;

/* A service as calls reach it. */
typedef struct net_aws_line {
    net_http *http;
    const char *service, *region; /* as they are signed */
    uint32_t max_attempts;        /* the first try counts; 0: three */
    atomic_llong *clock;          /* seconds to add to this machine's clock, corrected by answers; NULL: none */
} net_aws_line;

/* Why a call failed. Texts live as long as the call's memory. */
typedef struct net_aws_error {
    const char *code;       /* "" when the API said none */
    const char *message;
    const char *request_id;
    long http_status;       /* 0: no answer */
    uint32_t attempts;      /* made, when all allowed ones were used up; else 0 */
    bool cancelled;
    bool retryable;
} net_aws_error;

/* Signs and sends once. url may hold a query, encoded and in order. Host and the headers of the signature are added.
 * keys NULL: not signed. */
void net_send_signed(const net_aws_line *line, net_call *call, const net_keys *keys, const net_request *request,
                     net_response *ret);
/* The same, and again while that may help. False for an answer that is not 2xx, or none; *ret_error then says why. */
bool net_send_retried(const net_aws_line *line, net_call *call, const net_keys *keys, const net_request *request,
                      net_response *ret, net_aws_error *ret_error);

/* ---- for who sends by himself ---- */
bool net_aws_is_throttling(const char *code);
bool net_aws_is_transient(const char *code, long status);
/* Corrects the clock by the answer's Date header, when the code may come from a wrong one; true when it was far off and
 * signing again may help. */
bool net_aws_correct_clock(const char *code, const net_response *response, atomic_llong *clock);
uint64_t net_aws_retry_after(const net_response *response); /* milliseconds that the answer asks for; 0: none */
/* "operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: .., api error CODE: MESSAGE".
 * modelled: the API's description has the code, and the SDK prints it bare. */
void net_aws_error_text(iac_buf *out, const char *service_id, const char *operation, bool modelled,
                        const net_aws_error *error);
#endif

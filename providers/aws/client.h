/* client.h - calls of AWS APIs: signed, retried, parsed. Layer: providers/aws. Thread-safe with each thread's call. */
#ifndef AWS_CLIENT_H
#define AWS_CLIENT_H
#include "providers/aws/config.h"
#include "providers/aws/proto.h"

/* Keys that sign. Texts live in the call. */
typedef struct aws_keys {
    const char *access_key, *secret_key, *token; /* token may be NULL */
    long long expires; /* seconds since the epoch; 0: never */
} aws_keys;

/* Why a call failed. Texts live in the call. */
typedef struct aws_error {
    const char *code;       /* "" when the API said none */
    const char *message;
    const char *request_id;
    long http_status;       /* 0: no answer */
    uint32_t attempts;      /* made, when all allowed ones were used up; else 0 */
    bool cancelled;
    bool retryable;
} aws_error;

typedef struct aws_request {
    const aws_service *service;
    const aws_op *op;
    json_t *input;     /* borrowed; may be NULL */
    const char *token; /* fills idempotency tokens; may be NULL */
    const aws_keys *keys; /* NULL: the instance's credentials */
    bool is_unsigned;
} aws_request;

/* True and *ret (a new reference), or false and *ret_error. Gives no diagnostic. */
bool aws_call(aws_instance *instance, iacp_call *call, const aws_request *request, json_t **ret, aws_error *ret_error);
/* "operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: ..., api error Code: Message" */
const char *aws_error_text(iacp_call *call, const aws_service *service, const aws_op *op, const aws_error *error);
/* Gives an error diagnostic "DOING: TEXT" that carries code, request id and status; returns IACP_ERROR. */
int32_t aws_diagnose(iacp_call *call, const aws_service *service, const aws_op *op, const aws_error *error,
                     const char *doing);
#endif

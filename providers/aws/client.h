/* client.h - calls of AWS APIs: signed, retried, parsed. Layer: providers/aws. Thread-safe with each thread's call. */
#ifndef AWS_CLIENT_H
#define AWS_CLIENT_H
#include "providers/aws/config.h"
#include "providers/aws/proto.h"

typedef net_keys aws_keys;       /* texts live in the call */
typedef net_aws_error aws_error; /* why a call failed; texts live in the call */

typedef struct aws_request {
    const aws_service *service;
    const aws_op *op;
    json_t *input;     /* borrowed; may be NULL */
    const char *token; /* fills idempotency tokens; may be NULL */
} aws_request;

/* True and *ret (a new reference), or false and *ret_error. Gives no diagnostic. */
bool aws_call(aws_instance *instance, iacp_call *call, const aws_request *request, json_t **ret, aws_error *ret_error);
/* "operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: ..., api error Code: Message" */
const char *aws_error_text(iacp_call *call, const aws_service *service, const aws_op *op, const aws_error *error);
/* Gives an error diagnostic "DOING: TEXT" that carries code, request id and status; returns IACP_ERROR. */
int32_t aws_diagnose(iacp_call *call, const aws_service *service, const aws_op *op, const aws_error *error,
                     const char *doing);
#endif

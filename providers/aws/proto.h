/* proto.h - the wire protocols: requests from trees, trees from answers, directed by API shapes. Answers are foreign
 * bytes: what does not fit its shape is left out, never trusted. Layer: providers/aws. Thread-safe. */
#ifndef AWS_PROTO_H
#define AWS_PROTO_H
#include "providers/aws/shape.h"
#include "providers/aws/tree.h"
#include "providers/sdk/http.h"

/* An error that an API answered with. Texts live in the call. */
typedef struct aws_api_error {
    const char *code;
    const char *message;
    const char *request_id;
} aws_api_error;

/* Appends the request's body; `input` may be NULL. Idempotency tokens that are absent are taken from `token`. */
void aws_query_request(const aws_service *service, const aws_op *op, json_t *input, const char *token, iac_buf *ret);
void aws_json_request(const aws_service *service, const aws_op *op, json_t *input, const char *token, iac_buf *ret);

/* The answer's tree (new reference), or NULL when the body is no answer. */
json_t *aws_xml_answer(const aws_service *service, const aws_op *op, iac_str body);
json_t *aws_json_answer(const aws_service *service, const aws_op *op, iac_str body);

/* Reads what an answer with an error status says; members that it lacks are "". */
void aws_xml_error(iacp_call *call, const sdk_response *response, aws_api_error *ret);
void aws_json_error(iacp_call *call, const sdk_response *response, aws_api_error *ret);
#endif

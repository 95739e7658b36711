/* shape.h - tables of API shapes: what an operation takes and returns on the wire. The tables are written by
 * models/generate.py. Values in memory are jansson trees whose object keys are the model's member names.
 * Layer: providers/aws. Read-only, so thread-safe. */
#ifndef AWS_SHAPE_H
#define AWS_SHAPE_H
#include "lang/base/base.h"

typedef enum aws_kind {
    AWS_STRUCT,
    AWS_LIST,
    AWS_MAP,
    AWS_STRING,
    AWS_INTEGER,
    AWS_FLOAT,
    AWS_BOOLEAN,
    AWS_TIMESTAMP, /* in memory: an ISO 8601 text */
    AWS_BLOB,      /* in memory: base64 text */
} aws_kind;

typedef enum aws_protocol { AWS_PROTOCOL_EC2, AWS_PROTOCOL_QUERY, AWS_PROTOCOL_JSON } aws_protocol;

#define AWS_FLATTENED 1u /* a list or map whose items stand side by side in XML */
#define AWS_REQUIRED 2u
#define AWS_TOKEN 4u     /* an idempotency token: filled with a UUID when absent */

typedef struct aws_member {
    const char *name;
    const char *request; /* name in a request, when it is another */
    const char *answer;  /* name in an answer, when it is another */
    uint16_t shape;
    uint16_t flags;
} aws_member;

typedef struct aws_shape {
    uint8_t kind; /* aws_kind */
    uint8_t flags;
    uint16_t first, count; /* a structure's members */
    uint16_t key, value;   /* shapes of a map's keys and values; value of a list's items */
    const char *wire;      /* XML name of list items or map keys, when not the usual one */
    const char *wire_value; /* XML name of map values, when not the usual one */
} aws_shape;

typedef struct aws_op {
    const char *name;
    int32_t input, output; /* shapes; -1: none */
    const char *wrapper;   /* query: the element around the result */
} aws_op;

typedef struct aws_service {
    const char *name; /* botocore's folder, "ecs" */
    const char *id;   /* "ECS": in error texts, and in the names of environment variables */
    const char *endpoint_prefix;
    const char *signing_name;
    aws_protocol protocol;
    const char *api_version;
    const char *target_prefix, *json_version; /* json */
    const aws_member *members;
    const aws_shape *shapes;
    const aws_op *ops; /* sorted by name */
    size_t op_count;
    const char *const *errors; /* codes of the errors that the model describes; ended by NULL */
} aws_service;

extern const aws_service *const aws_services[]; /* ended by NULL */

/* NULL when there is no such service or operation. */
const aws_service *aws_service_find(const char *name);
const aws_op *aws_op_find(const aws_service *service, const char *name);
const aws_member *aws_member_find(const aws_service *service, const aws_shape *shape, const char *name, size_t n);
#endif

/* codec.h - values that look different on the wire: the x= option of attributes. Layer: providers/aws.
 *   is:TEXT     a boolean: whether the wire's text is TEXT (answers only)
 *   not:TEXT    the wire's text, "" when it is TEXT (answers only)
 *   name-value  a map, on the wire a list of { name, value }
 *   containers  the container definitions of an ECS task, a JSON text here and a structure on the wire */
#ifndef AWS_CODEC_H
#define AWS_CODEC_H
#include "providers/aws/resource.h"

json_t *aws_encode(aws_ctx *ctx, const aws_attr *attr, json_t *json);       /* new reference or NULL */
json_t *aws_decode(aws_ctx *ctx, const aws_attr *attr, const json_t *json); /* new reference or NULL */
/* Whether two values of the attribute mean the same to the API. */
bool aws_equivalent(const aws_attr *attr, sdk_val a, sdk_val b);
/* What the attribute is planned as when the configuration says v: v itself, or its normal form. */
sdk_val aws_planned_form(iacp_call *call, const aws_attr *attr, sdk_val v);
#endif

/* functions.h - the provider's functions: arn_build, arn_parse, trim_iam_role_path. Layer: providers/aws. */
#ifndef AWS_FUNCTIONS_H
#define AWS_FUNCTIONS_H
#include "providers/sdk/sdk.h"

extern const char *const aws_function_names[]; /* ended by NULL */
const char *aws_function_schema(const char *name); /* NULL: no such function */
int32_t aws_function_call(iacp_call *call, iacp_function *request);
#endif

/* configure.h - from the provider block to an instance. Layer: providers/aws. */
#ifndef AWS_CONFIGURE_H
#define AWS_CONFIGURE_H
#include "providers/aws/credentials.h"

aws_instance *aws_instance_new(void);
void aws_instance_free(aws_instance *instance);
/* Reads the block, the environment and the profiles, then asks STS who the keys belong to, unless told to skip that.
 * IACP_OK, or IACP_ERROR with a diagnostic. */
int32_t aws_configure(aws_instance *instance, iacp_call *call, sdk_val config);
#endif

/* credentials.h - the keys of a configured provider: lang/net/keys.h, with what the provider's block says.
 * Layer: providers/aws. */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H
#include "providers/aws/client.h"

/* The keys to sign with, in the call's memory; false when there are none. Thread-safe. */
bool aws_credentials_get(aws_instance *instance, iacp_call *call, aws_keys *ret, net_key_failure *ret_failure);
const char *aws_instance_region(aws_instance *instance, iacp_call *call); /* NULL when not to be had */
#endif

/* credentials.h - where keys come from: arguments, environment, profiles (with roles), a process, a container or the
 * instance; kept until they near their end, then fetched again by one thread while the others wait.
 * Layer: providers/aws. Order: "Credential provider chain" in the AWS SDKs and Tools reference. */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H
#include "providers/aws/client.h"

aws_credentials *aws_credentials_new(void);
void aws_credentials_free(aws_credentials *credentials); /* wipes the keys; NULL is fine */
/* The keys to sign with, in the call's memory. False and *ret_error when there are none. Thread-safe. */
bool aws_credentials_get(aws_instance *instance, iacp_call *call, aws_keys *ret, aws_error *ret_error);
/* Says that these keys were refused as expired; true when others may be had. Thread-safe. */
bool aws_credentials_expire(aws_instance *instance, const aws_keys *keys);
/* Assumes a role with STS; `by` signs (unused with a web identity). */
bool aws_assume_role(aws_instance *instance, iacp_call *call, const aws_role *role, const aws_keys *by, aws_keys *ret,
                     aws_error *ret_error);

/* metadata.c: container credentials and the instance metadata service. */
bool aws_container_keys(aws_instance *instance, iacp_call *call, aws_keys *ret, aws_error *ret_error);
bool aws_instance_keys(aws_instance *instance, iacp_call *call, aws_keys *ret, aws_error *ret_error);
const char *aws_instance_region(aws_instance *instance, iacp_call *call); /* NULL when not to be had */
/* Reads { AccessKeyId, SecretAccessKey, Token or SessionToken, Expiration }. */
bool aws_keys_from_json(iacp_call *call, iac_str text, aws_keys *ret);
/* Seconds since the epoch of "2026-01-02T03:04:05Z"; 0 when it is none. */
long long aws_parse_time(const char *text);
#endif

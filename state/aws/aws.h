/* state/aws/aws.h - AWS as the state needs it: the arguments that the s3 backend and the aws_kms key provider have in
 * common, and calls with the keys that those say. Layer: state/aws (sees lang/base, lang/value, lang/net, state).
 * Threads: configured by one, then used by several at a time. */
#ifndef IAC_STATE_AWS_H
#define IAC_STATE_AWS_H
#include "lang/net/keys.h"
#include "state/backend.h"

typedef struct iac_aws {
    iac_arena *arena; /* borrowed */
    const iac_value *config;
    const char *region;
    aws_profiles profiles;
    net_key_source source;
    net_http *http, *metadata_http;
    net_credentials *credentials;
    uint32_t max_attempts;
    atomic_llong clock;
    const char *see; /* where credentials are told of, for messages */
    net_texts allowed_accounts, forbidden_accounts;
} iac_aws;

/* Nested arguments; lists end with one that has no name. */
extern const iac_backend_argument iac_aws_assume_role[], iac_aws_web_identity[];

/* Reads what access_key, profile, region, assume_role and the others say. config: an object of all arguments, known and
 * unmarked, that lives as long as arena. usual_attempts: where max_retries is not given. */
iac_status iac_aws_open(iac_aws *aws, iac_arena *arena, const iac_value *config, uint32_t usual_attempts,
                        const char *see, iac_diags *diags);
void iac_aws_close(iac_aws *aws); /* after iac_aws_open failed, too */
/* Where a service is, without a slash at the end: what the endpoints or the argument `old` (may be NULL) says, else the
 * environment, else the rule. In the arena. */
const char *iac_aws_endpoint(iac_aws *aws, const char *service, const char *old);
/* Gets the keys; where accounts are allowed or forbidden, asks STS whose they are. */
iac_status iac_aws_validate(iac_aws *aws, iac_diags *diags);

/* Signs, sends, tries again what passes; the answer lives in the arena. IAC_ERR with a diagnostic: there are no keys, and
 * *ret is not set. IAC_NOT_FOUND without one: *ret_refused says why the answer is not 2xx. */
iac_status iac_aws_send(iac_aws *aws, const char *service, iac_arena *arena, const net_request *request,
                        net_response *ret, net_aws_error *ret_refused, iac_diags *diags);
#endif

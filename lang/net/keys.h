/* lang/net/keys.h - where AWS keys come from: arguments, environment, web identity, profile (keys, roles, a process, IAM
 * Identity Center), container, instance; roles assumed with them; kept until they near their end, then fetched again by
 * one thread while the others wait. Layer: lang/net. Order: "Credential provider chain" in the AWS SDKs and Tools
 * reference. For the backends, the key providers and the provider alike. Thread-safe. */
#ifndef IAC_NET_KEYS_H
#define IAC_NET_KEYS_H
#include "lang/net/aws.h"
#include "lang/net/profile.h"

typedef struct net_texts {
    const char *const *v;
    size_t n;
} net_texts;

typedef struct net_tag {
    const char *key, *value;
} net_tag;

/* A role to be assumed; members may be NULL. */
typedef struct net_role {
    const char *arn, *session_name, *external_id, *policy, *source_identity;
    long duration_seconds; /* 0: STS's default */
    net_texts policy_arns, transitive_tag_keys;
    const net_tag *tags;
    size_t tag_count;
    const char *web_identity_token, *web_identity_token_file; /* one set: with a web identity */
} net_role;

/* Where to look. All of it is borrowed. */
typedef struct net_key_source {
    const char *access_key, *secret_key, *token; /* given as arguments, or NULL */
    const aws_profiles *profiles;
    const char *profile;    /* NULL: AWS_PROFILE, or "default" */
    bool profile_is_argument; /* goes before what the environment says */
    const net_role *roles;  /* assumed in turn in the end; one with a web identity starts anew */
    size_t role_count;
    const char *sts_url, *sso_url; /* without a slash at the end; sso_url NULL: the usual one */
    net_aws_line sts;       /* service is filled in */
    bool skip_metadata;
    const char *metadata_url; /* NULL: the environment's, or the usual one */
    const char *metadata_mode; /* "IPv6": the usual one is asked by that; NULL: as the environment says */
    net_http *metadata_http;  /* short time-outs, no proxy */
} net_key_source;

typedef struct net_credentials net_credentials; /* keys that are kept */
net_credentials *net_credentials_new(void);
void net_credentials_free(net_credentials *credentials); /* wipes the keys; NULL is fine */

/* Why there are no keys, without secrets. Texts live in the call. */
typedef struct net_key_failure {
    const char *error;
    const char *role;  /* of the source, that could not be assumed; or NULL */
    bool web_identity; /* with one */
} net_key_failure;
/* The failure as Terraform tells it: the summary, and the detail appended. see: where credentials are told of. */
const char *net_key_failure_text(const net_key_failure *failure, const char *see, iac_buf *detail);

/* The keys to sign with, in the call's memory; false when there are none. */
bool net_credentials_get(net_credentials *credentials, const net_key_source *source, net_call *call, net_keys *ret,
                         net_key_failure *ret_failure);
/* Says that these keys were refused as expired; true when others may be had. */
bool net_credentials_expire(net_credentials *credentials, const net_keys *keys);
/* net_send_retried with the keys of the credentials, once more when they turn out to have expired. IAC_ERR: there are no
 * keys, see *ret_failure; IAC_NOT_FOUND: the answer is not 2xx, or there is none, see *ret_refused. */
iac_status net_send_with(net_credentials *credentials, const net_key_source *source, const net_aws_line *line,
                         net_call *call, const net_request *request, net_response *ret, net_aws_error *ret_refused,
                         net_key_failure *ret_failure);

/* "1h30m" or "3600s", as Go writes durations, in seconds; 0 when it is none. */
long net_duration(const char *text);
/* The region that the instance is in, in the arena; NULL when that is not to be had. */
const char *net_instance_region(const net_key_source *source, net_call *call, iac_arena *arena);
#endif

/* lang/net/keys.h - where AWS keys come from when no provider is at hand: arguments, environment, profile, web identity,
 * container, instance; and roles assumed with them. Layer: lang/net. Order: "Credential provider chain" in the AWS SDKs and
 * Tools reference. Reads nothing but what it is given and the environment; keeps nothing. Thread-safe. */
#ifndef IAC_NET_KEYS_H
#define IAC_NET_KEYS_H
#include "lang/net/http.h"
#include "lang/net/profile.h"

typedef struct net_keys {
    const char *access_key, *secret_key, *token; /* token may be NULL */
    double expires; /* seconds since the epoch; 0: never */
} net_keys;

typedef struct net_role { /* to be assumed; members may be NULL */
    const char *arn, *session_name, *external_id, *policy, *source_identity, *duration_seconds;
    const char *web_identity_token, *web_identity_token_file; /* one set: with a web identity */
} net_role;

typedef struct net_key_source {
    const char *access_key, *secret_key, *token; /* given as arguments, or NULL */
    const aws_profiles *profiles;
    const char *profile; /* NULL: AWS_PROFILE, or "default" */
    net_role role, web_role; /* assumed in the end where arn is set */
    const char *sts_url, *sts_region;
    bool skip_metadata;
    const char *metadata_url; /* NULL: the usual one */
    net_http *http, *metadata_http;
} net_key_source;

/* Keys in the arena; false with *ret_error, without secrets, when there are none. */
bool net_find_keys(const net_key_source *source, iac_arena *arena, net_keys *ret, iac_str *ret_error);
/* Sends a request signed for the service and region; url may hold a query, encoded and in order. host and the headers of
 * the signature are added. */
void net_send_signed(net_http *http, iac_arena *arena, const net_keys *keys, const char *service, const char *region,
                     const net_request *request, net_response *ret);
#endif

/* config.h - one configured provider: what its block, the environment and the profile say. Layer: providers/aws.
 * Filled by provider.c before the instance is used; afterwards read-only but for what says it has a lock. */
#ifndef AWS_CONFIG_H
#define AWS_CONFIG_H
#include <pthread.h>
#include <stdatomic.h>
#include "lang/net/keys.h"
#include "providers/aws/shape.h"
#include "providers/sdk/http.h"

typedef net_tag aws_tag;
typedef net_texts aws_strings;

typedef struct aws_partition {
    const char *name;       /* "aws" */
    const char *dns_suffix; /* "amazonaws.com" */
    const char *dual_suffix;
    const char *global_region; /* signs for services without a region */
} aws_partition;

typedef struct aws_instance {
    iac_arena *arena; /* owns all strings here */
    bool configured;
    sdk_http *http;
    sdk_http *metadata_http; /* short time-outs, no proxy: container and instance credentials */
    aws_profiles profiles;
    const char *profile;     /* its name; "default" */
    bool profile_named;      /* by argument or AWS_PROFILE, so it must exist */
    const char *region, *sts_region;
    const aws_partition *partition;
    const char *access_key, *secret_key, *token; /* arguments, or NULL */
    net_role *roles; /* of assume_role and assume_role_with_web_identity */
    size_t role_count;
    iac_map endpoints; /* service name in the endpoints block -> URL */
    bool use_fips, use_dualstack, s3_use_path_style;
    bool skip_credentials_validation, skip_requesting_account_id, skip_region_validation, skip_metadata;
    const char *metadata_endpoint;
    uint32_t max_attempts;
    aws_strings allowed_accounts, forbidden_accounts;
    aws_tag *default_tags;
    size_t default_tag_count;
    aws_strings ignore_keys, ignore_prefixes;
    const char *account_id; /* "" when it was not asked for */
    atomic_llong clock_offset; /* seconds to add to this machine's clock */
    net_credentials *credentials;
} aws_instance;

/* The partition of a region; never NULL (aws for unknown ones). */
const aws_partition *aws_partition_of(const char *region);

/* Where a service is, and the region that signs. The URL lives in the call. */
typedef struct aws_endpoint {
    const char *url; /* without a slash at the end */
    const char *signing_region;
} aws_endpoint;
void aws_endpoint_of(const aws_instance *instance, iacp_call *call, const aws_service *service, aws_endpoint *ret);
/* An environment variable that is set and not empty, or NULL. */
const char *aws_env(const char *name);
#endif

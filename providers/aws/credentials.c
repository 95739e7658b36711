#include "providers/aws/credentials.h"

static net_key_source source_of(aws_instance *in, iacp_call *call)
{
    aws_endpoint sts;

    aws_endpoint_of(in, call, aws_service_find("sts"), &sts);
    return (net_key_source){
        .access_key = in->access_key,
        .secret_key = in->secret_key,
        .token = in->token,
        .profiles = &in->profiles,
        .profile = in->profile,
        .profile_is_argument = in->profile_named,
        .roles = in->roles,
        .role_count = in->role_count,
        .sts_url = sts.url,
        .sts = { .http = in->http, .region = sts.signing_region, .max_attempts = in->max_attempts,
                 .clock = &in->clock_offset },
        .sso_url = iac_map_get(&in->endpoints, IAC_STR("sso")),
        .skip_metadata = in->skip_metadata,
        .metadata_url = in->metadata_endpoint,
        .metadata_http = in->metadata_http,
    };
}

bool aws_credentials_get(aws_instance *in, iacp_call *call, aws_keys *ret, net_key_failure *ret_failure)
{
    net_key_source source = source_of(in, call);
    net_call part = sdk_http_call(call);

    return net_credentials_get(in->credentials, &source, &part, ret, ret_failure);
}

const char *aws_instance_region(aws_instance *in, iacp_call *call)
{
    net_key_source source = source_of(in, call);
    net_call part = sdk_http_call(call);

    return net_instance_region(&source, &part, in->arena);
}

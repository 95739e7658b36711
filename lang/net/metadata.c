/* Credentials from a container's agent and from the instance metadata service (version 2 only). */
#include "lang/net/keys_internal.h"

#include <string.h>

#define CONTAINER_HOST "http://169.254.170.2"

/* The agent may only be asked on this machine or its own link, or over TLS: the answer holds secrets. */
static bool is_allowed(const char *url)
{
    static const char *const beginnings[] = {
        "https://", "http://127.", "http://localhost", "http://[::1]", "http://169.254.170.2", "http://169.254.170.23",
        "http://[fd00:ec2::23]",
    };

    for (size_t i = 0; i < IAC_COUNT(beginnings); i++) {
        size_t n = strlen(beginnings[i]);
        bool open_ended = strcmp(beginnings[i], "https://") == 0 || strcmp(beginnings[i], "http://127.") == 0;
        if (strncmp(url, beginnings[i], n) == 0 && (open_ended || strchr(":/", url[n])))
            return true;
    }
    return false;
}

bool net_container_keys(net_search *s, net_keys *ret)
{
    const char *relative = net_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = net_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *file = net_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    iac_str authorization = iac_str_of(net_env("AWS_CONTAINER_AUTHORIZATION_TOKEN"));

    if (relative)
        url = iac_arena_printf(s->arena, "%s%s", CONTAINER_HOST, relative).p;
    if (file)
        authorization = iac_str_trim(aws_read_file(s->arena, file));
    if (!url || !is_allowed(url))
        return net_search_fail(s, "no container credentials: AWS_CONTAINER_CREDENTIALS_FULL_URI is missing or not "
                                  "allowed");
    net_header header = { IAC_STR("Authorization"), authorization };
    net_request request = { .method = "GET", .url = url, .headers = &header, .header_count = authorization.n ? 1 : 0,
                            .max_response = NET_MAX_ANSWER };
    net_response response;
    net_http_send(s->source->metadata_http, &s->call, &request, &response);
    return (response.status == 200 && net_keys_from_json(s->arena, response.body, ret)) ||
           net_search_fail(s, "the container's agent gave no credentials");
}

static bool is_disabled(const net_key_source *source)
{
    const char *disabled = net_env("AWS_EC2_METADATA_DISABLED");

    return source->skip_metadata || (disabled && strcasecmp(disabled, "true") == 0);
}

/* One request to the metadata service; false unless it answers 200. */
static bool ask(const net_key_source *source, net_call *call, iac_arena *arena, const char *method, const char *path,
                net_header header, iac_str *ret)
{
    const char *base = source->metadata_url ? source->metadata_url : net_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode = source->metadata_mode ? source->metadata_mode : net_env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    bool six = mode && strcasecmp(mode, "IPv6") == 0;
    iac_str root = iac_str_of(base ? base : six ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
    net_request request = { .method = method, .headers = &header, .header_count = 1, .max_response = NET_MAX_ANSWER };
    net_response response;

    if (iac_str_ends(root, IAC_STR("/")))
        root.n--;
    request.url = iac_arena_printf(arena, "%.*s%s", IAC_FMT(root), path).p;
    net_http_send(source->metadata_http, call, &request, &response);
    *ret = response.body;
    return response.status == 200;
}

static bool get_token(const net_key_source *source, net_call *call, iac_arena *arena, net_header *ret)
{
    net_header ttl = { IAC_STR("X-aws-ec2-metadata-token-ttl-seconds"), IAC_STR("21600") };

    ret->name = IAC_STR("X-aws-ec2-metadata-token");
    return ask(source, call, arena, "PUT", "/latest/api/token", ttl, &ret->value);
}

bool net_instance_keys(net_search *s, net_keys *ret)
{
    static const char roles[] = "/latest/meta-data/iam/security-credentials/";
    net_header with;
    iac_str role, json;

    if (is_disabled(s->source))
        return net_search_fail(s, "operation error ec2imds: GetMetadata, access disabled to EC2 IMDS via client option, "
                                  "or \"AWS_EC2_METADATA_DISABLED\" environment variable");
    if (!get_token(s->source, &s->call, s->arena, &with) ||
        !ask(s->source, &s->call, s->arena, "GET", roles, with, &role))
        return net_search_fail(s, "no EC2 IMDS role found");
    role = iac_str_sub(role, 0, iac_str_find_char(role, '\n', 0));
    const char *path = iac_arena_printf(s->arena, "%s%.*s", roles, IAC_FMT(role)).p;
    return (ask(s->source, &s->call, s->arena, "GET", path, with, &json) && net_keys_from_json(s->arena, json, ret)) ||
           net_search_fail(s, "the EC2 instance metadata service gave no credentials");
}

const char *net_instance_region(const net_key_source *source, net_call *call, iac_arena *arena)
{
    net_header with;
    iac_str region;

    if (is_disabled(source) || !get_token(source, call, arena, &with) ||
        !ask(source, call, arena, "GET", "/latest/meta-data/placement/region", with, &region) || !region.n)
        return NULL;
    return iac_arena_cstr(arena, region);
}

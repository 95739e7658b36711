/* Credentials from a container's agent and from the instance metadata service (version 2 only). */
#include "providers/aws/credentials.h"
#include <string.h>
#include <time.h>

#define CONTAINER_HOST "http://169.254.170.2"
#define MAX_ANSWER ((size_t)256 << 10)

static bool fail(aws_error *error, const char *message)
{
    *error = (aws_error){ .code = "", .message = message, .request_id = "" };
    return false;
}

long long aws_parse_time(const char *text)
{
    struct tm parts = { 0 };
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;

    return end ? (long long)timegm(&parts) : 0;
}

bool aws_keys_from_json(iacp_call *call, iac_str text, aws_keys *ret)
{
    json_t *json = json_loadb(text.p, text.n, 0, NULL);
    const char *id = json_string_value(json_object_get(json, "AccessKeyId"));
    const char *secret = json_string_value(json_object_get(json, "SecretAccessKey"));
    const char *token = json_string_value(json_object_get(json, "SessionToken"));

    if (!token) {
        token = json_string_value(json_object_get(json, "Token"));
    }
    if (id && secret) {
        *ret = (aws_keys){ sdk_strndup(call, id, strlen(id)), sdk_strndup(call, secret, strlen(secret)),
                           token ? sdk_strndup(call, token, strlen(token)) : NULL,
                           aws_parse_time(json_string_value(json_object_get(json, "Expiration"))) };
    }
    json_decref(json);
    return id && secret;
}

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
        if (strncmp(url, beginnings[i], n) == 0 && (open_ended || strchr(":/", url[n]))) {
            return true;
        }
    }
    return false;
}

bool aws_container_keys(aws_instance *in, iacp_call *call, aws_keys *ret, aws_error *ret_error)
{
    const char *relative = aws_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = aws_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *token = aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *file = aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    iac_arena *arena = iac_arena_new();
    iac_str authorization = iac_str_of(token);
    bool fine = false;

    if (relative) {
        url = sdk_printf(call, "%s%s", CONTAINER_HOST, relative);
    }
    if (file) {
        authorization = iac_str_trim(aws_read_file(arena, file));
    }
    if (!url || !is_allowed(url)) {
        fail(ret_error, "no container credentials: AWS_CONTAINER_CREDENTIALS_FULL_URI is missing or not allowed");
    } else {
        sdk_header header = { IAC_STR("Authorization"), authorization };
        sdk_request request = { .method = "GET",
                                .url = url,
                                .headers = &header,
                                .header_count = authorization.n ? 1 : 0,
                                .max_response = MAX_ANSWER };
        sdk_response response;
        sdk_http_send(in->metadata_http, call, &request, &response);
        fine = (response.status == 200 && aws_keys_from_json(call, response.body, ret)) ||
               fail(ret_error, "the container's agent gave no credentials");
    }
    iac_arena_free(arena);
    return fine;
}

static const char *metadata_url(const aws_instance *in)
{
    const char *url = in->metadata_endpoint ? in->metadata_endpoint : aws_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");

    return url ? url : "http://169.254.169.254";
}

static bool is_disabled(const aws_instance *in)
{
    const char *disabled = aws_env("AWS_EC2_METADATA_DISABLED");

    return in->skip_metadata || (disabled && strcasecmp(disabled, "true") == 0);
}

/* One GET of the metadata service; false unless it answers 200. */
static bool get(aws_instance *in, iacp_call *call, iac_str token, const char *path, iac_str *ret)
{
    sdk_header header = { IAC_STR("X-aws-ec2-metadata-token"), token };
    sdk_request request = { .method = "GET", .url = sdk_printf(call, "%s%s", metadata_url(in), path),
                            .headers = &header, .header_count = 1, .max_response = MAX_ANSWER };
    sdk_response response;

    sdk_http_send(in->metadata_http, call, &request, &response);
    *ret = response.body;
    return response.status == 200;
}

static bool get_token(aws_instance *in, iacp_call *call, iac_str *ret)
{
    sdk_header header = { IAC_STR("X-aws-ec2-metadata-token-ttl-seconds"), IAC_STR("21600") };
    sdk_request request = { .method = "PUT", .url = sdk_printf(call, "%s/latest/api/token", metadata_url(in)),
                            .headers = &header, .header_count = 1, .max_response = MAX_ANSWER };
    sdk_response response;

    sdk_http_send(in->metadata_http, call, &request, &response);
    *ret = response.body;
    return response.status == 200;
}

bool aws_instance_keys(aws_instance *in, iacp_call *call, aws_keys *ret, aws_error *ret_error)
{
    iac_str token, role, text;

    if (is_disabled(in)) {
        return fail(ret_error, "operation error ec2imds: GetMetadata, access disabled to EC2 IMDS via client option, "
                               "or \"AWS_EC2_METADATA_DISABLED\" environment variable");
    }
    if (!get_token(in, call, &token) ||
        !get(in, call, token, "/latest/meta-data/iam/security-credentials/", &role)) {
        return fail(ret_error, "no EC2 IMDS role found");
    }
    role = iac_str_sub(role, 0, iac_str_find_char(role, '\n', 0));
    const char *path = sdk_printf(call, "/latest/meta-data/iam/security-credentials/%.*s", IAC_FMT(role));
    if (!get(in, call, token, path, &text) || !aws_keys_from_json(call, text, ret)) {
        return fail(ret_error, "the EC2 instance metadata service gave no credentials");
    }
    return true;
}

const char *aws_instance_region(aws_instance *in, iacp_call *call)
{
    iac_str token, region;

    if (is_disabled(in) || !get_token(in, call, &token) ||
        !get(in, call, token, "/latest/meta-data/placement/region", &region) || region.n == 0) {
        return NULL;
    }
    return sdk_strndup(call, region.p, region.n);
}

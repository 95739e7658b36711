#include "lang/net/keys.h"
#include "lang/net/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_PROFILES = 8, MAX_HEADERS = 24 };
#define MAX_ANSWER ((size_t)256 << 10)

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* ---- signed requests ---- */

void net_send_signed(net_http *http, iac_arena *arena, const net_keys *keys, const char *service, const char *region,
                     const net_request *request, net_response *ret)
{
    net_header headers[MAX_HEADERS];
    char hash[65], now_text[32];
    struct tm utc;
    time_t now = time(NULL);
    size_t n = request->header_count;
    const char *after = strstr(request->url, "://");
    iac_str rest = iac_str_of(after ? after + 3 : request->url);
    size_t slash = iac_str_find_char(rest, '/', 0), mark = iac_str_find_char(rest, '?', 0);
    iac_str host = iac_str_sub(rest, 0, slash < rest.n ? slash : rest.n);
    bool https = strncmp(request->url, "https:", 6) == 0;
    iac_str port = https ? IAC_STR(":443") : IAC_STR(":80");

    if (n > MAX_HEADERS - 5)
        n = MAX_HEADERS - 5;
    if (n)
        memcpy(headers, request->headers, n * sizeof(*headers));
    if (iac_str_ends(host, port))
        host.n -= port.n;
    gmtime_r(&now, &utc);
    strftime(now_text, sizeof(now_text), "%Y%m%dT%H%M%SZ", &utc);
    aws_sha256_hex(request->body, hash);
    headers[n++] = (net_header){ IAC_STR("Host"), host };
    headers[n++] = (net_header){ IAC_STR("X-Amz-Date"), iac_str_of(now_text) };
    headers[n++] = (net_header){ IAC_STR("X-Amz-Content-Sha256"), iac_str_of(hash) };
    if (keys->token && *keys->token)
        headers[n++] = (net_header){ IAC_STR("X-Amz-Security-Token"), iac_str_of(keys->token) };
    aws_sign sign = {
        .method = request->method,
        .path = slash < rest.n ? iac_str_sub(rest, slash, mark < rest.n ? mark : rest.n) : IAC_STR("/"),
        .query = mark < rest.n ? iac_str_sub(rest, mark + 1, rest.n) : (iac_str){ "", 0 },
        .headers = headers, .header_count = n, .payload_hash = iac_str_of(hash), .region = region, .service = service,
        .access_key = keys->access_key, .secret_key = keys->secret_key, .time = now_text,
        .keep_dots = strcmp(service, "s3") == 0, .encoded_once = strcmp(service, "s3") == 0,
    };
    iac_buf authorization;
    iac_buf_init(&authorization, IAC_BUF_UNLIMITED);
    aws_sign_authorization(&sign, &authorization);
    headers[n++] = (net_header){ IAC_STR("Authorization"), iac_buf_view(&authorization) };
    net_request full = *request;
    full.headers = headers;
    full.header_count = n;
    net_call call = net_call_of(arena);
    net_http_send(http, &call, &full, ret);
    iac_buf_clear(&authorization);
}

/* ---- reading answers ---- */

/* What stands between <TAG> and </TAG>; keys and tokens need no decoding. */
static const char *xml_text(iac_arena *arena, iac_str xml, const char *tag)
{
    iac_str open = iac_arena_printf(arena, "<%s>", tag), close = iac_arena_printf(arena, "</%s>", tag);
    size_t from = iac_str_find(xml, open, 0), to = iac_str_find(xml, close, 0);
    if (from == SIZE_MAX || to == SIZE_MAX || to < from + open.n)
        return NULL;
    return iac_arena_cstr(arena, iac_str_trim(iac_str_sub(xml, from + open.n, to)));
}

/* "NAME" : "text", as credentials come: flat, and without escapes. */
static const char *json_text(iac_arena *arena, iac_str json, const char *name)
{
    iac_str quoted = iac_arena_printf(arena, "\"%s\"", name);
    size_t at = iac_str_find(json, quoted, 0);
    if (at == SIZE_MAX)
        return NULL;
    size_t from = iac_str_find_char(json, '"', at + quoted.n);
    size_t to = from == SIZE_MAX ? SIZE_MAX : iac_str_find_char(json, '"', from + 1);
    return to == SIZE_MAX ? NULL : iac_arena_cstr(arena, iac_str_sub(json, from + 1, to));
}

static double parse_time(const char *text)
{
    struct tm utc = { 0 };
    return text && strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) ? (double)timegm(&utc) : 0;
}

static bool keys_from_json(iac_arena *arena, iac_str json, net_keys *ret)
{
    const char *token = json_text(arena, json, "SessionToken");
    *ret = (net_keys){ json_text(arena, json, "AccessKeyId"), json_text(arena, json, "SecretAccessKey"),
                       token ? token : json_text(arena, json, "Token"),
                       parse_time(json_text(arena, json, "Expiration")) };
    return ret->access_key && ret->secret_key;
}

static bool fail(iac_arena *arena, iac_str *ret_error, const char *format, ...) IAC_PRINTF(3, 4);
static bool fail(iac_arena *arena, iac_str *ret_error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *ret_error = iac_arena_vprintf(arena, format, args);
    va_end(args);
    return false;
}

/* ---- roles ---- */

static void add_form(iac_buf *body, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    iac_buf_printf(body, "&%s=", name);
    aws_uri_encode(body, iac_str_of(value), false);
}

static bool assume(const net_key_source *source, iac_arena *arena, const net_role *role, const net_keys *by,
                   net_keys *ret, iac_str *ret_error)
{
    bool web = role->web_identity_token || role->web_identity_token_file;
    iac_buf body;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    iac_buf_printf(&body, "Action=%s&Version=2011-06-15", web ? "AssumeRoleWithWebIdentity" : "AssumeRole");
    add_form(&body, "RoleArn", role->arn);
    add_form(&body, "RoleSessionName",
             role->session_name ? role->session_name
                                : iac_arena_printf(arena, "iac-%lld", (long long)time(NULL)).p);
    add_form(&body, "Policy", role->policy);
    add_form(&body, "DurationSeconds", role->duration_seconds);
    if (web) {
        const char *token = role->web_identity_token;
        if (!token)
            token = iac_arena_cstr(arena, iac_str_trim(aws_read_file(arena, role->web_identity_token_file)));
        add_form(&body, "WebIdentityToken", token);
    } else {
        add_form(&body, "ExternalId", role->external_id);
        add_form(&body, "SourceIdentity", role->source_identity);
    }
    net_header type = { IAC_STR("Content-Type"), IAC_STR("application/x-www-form-urlencoded; charset=utf-8") };
    net_request request = { .method = "POST", .url = iac_arena_printf(arena, "%s/", source->sts_url).p,
                            .headers = &type, .header_count = 1, .body = iac_buf_view(&body),
                            .max_response = MAX_ANSWER };
    net_response response;
    net_call call = net_call_of(arena);
    if (web)
        net_http_send(source->http, &call, &request, &response);
    else
        net_send_signed(source->http, arena, by, "sts", source->sts_region, &request, &response);
    iac_buf_clear(&body);
    if (response.status != 200) {
        const char *message = response.error ? response.error : xml_text(arena, response.body, "Message");
        return fail(arena, ret_error, "assuming role %s: %s", role->arn, message ? message : "no credentials");
    }
    *ret = (net_keys){ xml_text(arena, response.body, "AccessKeyId"), xml_text(arena, response.body, "SecretAccessKey"),
                       xml_text(arena, response.body, "SessionToken"),
                       parse_time(xml_text(arena, response.body, "Expiration")) };
    return (ret->access_key && ret->secret_key) ||
           fail(arena, ret_error, "assuming role %s: the answer holds no credentials", role->arn);
}

/* ---- container and instance ---- */

static bool from_container(const net_key_source *source, iac_arena *arena, net_keys *ret)
{
    const char *relative = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = env("AWS_CONTAINER_CREDENTIALS_FULL_URI"), *token = env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (relative)
        url = iac_arena_printf(arena, "http://169.254.170.2%s", relative).p;
    if (!url)
        return false;
    if (file)
        token = iac_arena_cstr(arena, iac_str_trim(aws_read_file(arena, file)));
    net_header header = { IAC_STR("Authorization"), iac_str_of(token) };
    net_request request = { .method = "GET", .url = url, .headers = &header, .header_count = token ? 1 : 0,
                            .max_response = MAX_ANSWER };
    net_response response;
    net_call call = net_call_of(arena);
    net_http_send(source->metadata_http, &call, &request, &response);
    return response.status == 200 && keys_from_json(arena, response.body, ret);
}

static bool ask_instance(const net_key_source *source, iac_arena *arena, const char *method, const char *path,
                         net_header header, iac_str *ret)
{
    const char *base = source->metadata_url ? source->metadata_url : env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    net_request request = { .method = method, .headers = &header, .header_count = 1, .max_response = MAX_ANSWER };
    net_response response;
    net_call call = net_call_of(arena);
    request.url = iac_arena_printf(arena, "%s%s", base ? base : "http://169.254.169.254", path).p;
    net_http_send(source->metadata_http, &call, &request, &response);
    *ret = response.body;
    return response.status == 200;
}

static bool from_instance(const net_key_source *source, iac_arena *arena, net_keys *ret)
{
    const char *disabled = env("AWS_EC2_METADATA_DISABLED");
    iac_str token, role, json;
    if (source->skip_metadata || (disabled && strcasecmp(disabled, "true") == 0))
        return false;
    net_header ttl = { IAC_STR("X-aws-ec2-metadata-token-ttl-seconds"), IAC_STR("21600") };
    if (!ask_instance(source, arena, "PUT", "/latest/api/token", ttl, &token))
        return false;
    net_header with = { IAC_STR("X-aws-ec2-metadata-token"), token };
    if (!ask_instance(source, arena, "GET", "/latest/meta-data/iam/security-credentials/", with, &role))
        return false;
    role = iac_str_sub(role, 0, iac_str_find_char(role, '\n', 0));
    const char *path = iac_arena_printf(arena, "/latest/meta-data/iam/security-credentials/%.*s", IAC_FMT(role)).p;
    return ask_instance(source, arena, "GET", path, with, &json) && keys_from_json(arena, json, ret);
}

/* ---- profiles ---- */

static bool from_process(iac_arena *arena, const char *command, net_keys *ret)
{
    iac_buf text;
    char block[4096];
    FILE *f = popen(command, "re");
    if (!f)
        return false;
    iac_buf_init(&text, MAX_ANSWER);
    for (size_t n; (n = fread(block, 1, sizeof(block), f)) > 0;)
        iac_buf_add(&text, block, n);
    bool fine = pclose(f) == 0 && keys_from_json(arena, iac_buf_view(&text), ret);
    iac_buf_clear(&text);
    return fine;
}

static bool from_environment(net_keys *ret)
{
    *ret = (net_keys){ env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"), env("AWS_SESSION_TOKEN"), 0 };
    return ret->access_key && ret->secret_key;
}

static bool from_profile(const net_key_source *source, iac_arena *arena, const char *profile, int depth, net_keys *ret,
                         iac_str *ret_error)
{
    const aws_profiles *all = source->profiles;
    net_role role = {
        .arn = aws_profile_get(all, profile, "role_arn"),
        .session_name = aws_profile_get(all, profile, "role_session_name"),
        .external_id = aws_profile_get(all, profile, "external_id"),
        .duration_seconds = aws_profile_get(all, profile, "duration_seconds"),
        .web_identity_token_file = aws_profile_get(all, profile, "web_identity_token_file"),
    };
    const char *process = aws_profile_get(all, profile, "credential_process");
    net_keys keys = { aws_profile_get(all, profile, "aws_access_key_id"),
                      aws_profile_get(all, profile, "aws_secret_access_key"),
                      aws_profile_get(all, profile, "aws_session_token"), 0 };
    bool have = keys.access_key && keys.secret_key;
    if (depth > MAX_PROFILES)
        return fail(arena, ret_error, "the source_profile of profile \"%s\" leads back to it", profile);
    if (role.arn && !role.web_identity_token_file) {
        const char *other = aws_profile_get(all, profile, "source_profile");
        const char *from = aws_profile_get(all, profile, "credential_source");
        if (other && strcmp(other, profile) != 0)
            have = from_profile(source, arena, other, depth + 1, &keys, ret_error);
        else if (from && strcmp(from, "Environment") == 0)
            have = from_environment(&keys);
        else if (from && strcmp(from, "EcsContainer") == 0)
            have = from_container(source, arena, &keys);
        else if (from)
            have = from_instance(source, arena, &keys);
        if (!have)
            return ret_error->n ? false : fail(arena, ret_error, "profile \"%s\" has a role_arn, but no credentials to "
                                                                 "assume it with", profile);
    }
    if (role.arn)
        return assume(source, arena, &role, &keys, ret, ret_error);
    *ret = keys;
    return have || (process && from_process(arena, process, ret));
}

bool net_find_keys(const net_key_source *source, iac_arena *arena, net_keys *ret, iac_str *ret_error)
{
    const char *named = source->profile ? source->profile : env("AWS_PROFILE");
    net_role web = { .arn = env("AWS_ROLE_ARN"), .session_name = env("AWS_ROLE_SESSION_NAME"),
                     .web_identity_token_file = env("AWS_WEB_IDENTITY_TOKEN_FILE") };
    bool have;
    *ret_error = (iac_str){ 0 };
    if (source->access_key && source->secret_key) {
        *ret = (net_keys){ source->access_key, source->secret_key, source->token, 0 };
        have = true;
    } else if (source->web_role.arn) {
        have = assume(source, arena, &source->web_role, NULL, ret, ret_error);
    } else {
        have = !source->profile && from_environment(ret);
        if (!have)
            have = from_profile(source, arena, named ? named : "default", 0, ret, ret_error);
        if (!have && !ret_error->n && web.arn && web.web_identity_token_file)
            have = assume(source, arena, &web, NULL, ret, ret_error);
        if (!have && !ret_error->n)
            have = from_container(source, arena, ret) || from_instance(source, arena, ret);
    }
    if (have && source->role.arn) {
        net_keys by = *ret;
        have = assume(source, arena, &source->role, &by, ret, ret_error);
    }
    if (!have && !ret_error->n)
        fail(arena, ret_error, "No valid credential sources found");
    return have;
}

/* Credentials of a role through IAM Identity Center: the access token is what "aws sso login" left in
 * ~/.aws/sso/cache, in a file named by the SHA-1 of the session's name or the start URL. */
#include "lang/net/json.h"
#include "lang/base/crypto.h"
#include "lang/net/keys_internal.h"
#include "lang/net/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *cache_file(net_search *s, const char *name)
{
    uint8_t digest[20];
    char hex[41];
    const char *home = net_env("HOME");

    if (!EVP_Digest(name, strlen(name), digest, NULL, EVP_sha1(), NULL))
        abort();
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return iac_arena_printf(s->arena, "%s/.aws/sso/cache/%s.json", home ? home : "", hex).p;
}

/* NULL: there is none, or it has expired. */
static const char *cached_token(net_search *s, const char *name)
{
    iac_str text = aws_read_file(s->arena, cache_file(s, name));
    json_t *json = k8s_json_parse(text.p ? text.p : "", text.n);
    const char *token = json_string_value(json_object_get(json, "accessToken"));
    long long until = net_parse_time(json_string_value(json_object_get(json, "expiresAt")));

    token = token && until > (long long)time(NULL) ? iac_arena_cstr(s->arena, iac_str_of(token)) : NULL;
    json_decref(json);
    return token;
}

static bool read_role(iac_arena *arena, iac_str text, net_keys *ret)
{
    json_t *json = k8s_json_parse(text.p, text.n), *keys = json_object_get(json, "roleCredentials");
    const char *id = json_string_value(json_object_get(keys, "accessKeyId"));
    const char *secret = json_string_value(json_object_get(keys, "secretAccessKey"));
    const char *token = json_string_value(json_object_get(keys, "sessionToken"));

    if (id && secret)
        *ret = (net_keys){ iac_arena_cstr(arena, iac_str_of(id)), iac_arena_cstr(arena, iac_str_of(secret)),
                           token ? iac_arena_cstr(arena, iac_str_of(token)) : NULL,
                           json_integer_value(json_object_get(keys, "expiration")) / 1000 };
    json_decref(json);
    return id && secret;
}

bool net_sso_keys(net_search *s, const char *profile, net_keys *ret)
{
    const aws_profiles *all = s->source->profiles;
    const char *session = aws_profile_get(all, profile, "sso_session");
    const char *start = session ? aws_profile_session(all, session, "sso_start_url")
                                : aws_profile_get(all, profile, "sso_start_url");
    const char *region = session ? aws_profile_session(all, session, "sso_region")
                                 : aws_profile_get(all, profile, "sso_region");
    const char *account = aws_profile_get(all, profile, "sso_account_id");
    const char *role = aws_profile_get(all, profile, "sso_role_name");

    if (!start || !region || !account || !role)
        return net_search_fail(s, "profile \"%s\" is configured to use SSO but is missing required configuration: "
                                  "sso_account_id, sso_region, sso_role_name, sso_start_url", profile);
    const char *token = cached_token(s, session ? session : start);
    if (!token)
        return net_search_fail(s, "the SSO session has expired or is invalid; sign in again with \"aws sso login "
                                  "--profile %s\"", profile);
    const char *base = s->source->sso_url ? s->source->sso_url : net_env("AWS_ENDPOINT_URL_SSO");
    if (!base)
        base = iac_arena_printf(s->arena, "https://portal.sso.%s.%s", region,
                                strncmp(region, "cn-", 3) == 0 ? "amazonaws.com.cn" : "amazonaws.com").p;
    net_header header = { IAC_STR("x-amz-sso_bearer_token"), iac_str_of(token) };
    net_request request = { .method = "GET", .headers = &header, .header_count = 1, .max_response = NET_MAX_ANSWER };
    net_response response;
    net_aws_error error;
    iac_buf url;
    iac_buf_init(&url, IAC_BUF_UNLIMITED);
    iac_buf_printf(&url, "%s/federation/credentials?account_id=", base);
    aws_uri_encode(&url, iac_str_of(account), false);
    iac_buf_cstr(&url, "&role_name=");
    aws_uri_encode(&url, iac_str_of(role), false);
    request.url = iac_arena_cstr(s->arena, iac_buf_view(&url));
    iac_buf_clear(&url);
    if (net_send_retried(&s->source->sts, &s->call, NULL, &request, &response, &error))
        return read_role(s->arena, response.body, ret) ||
               net_search_fail(s, "the answer of IAM Identity Center holds no credentials");
    iac_buf_init(&url, IAC_BUF_UNLIMITED);
    net_aws_error_text(&url, "SSO", "GetRoleCredentials", true, &error);
    net_search_fail(s, "%s", url.p);
    iac_buf_clear(&url);
    return false;
}

#include "state/aws/aws.h"

#include <stdlib.h>
#include <string.h>

#define TEXT "\"string\""
#define TEXTS "[\"set\",\"string\"]"

const iac_backend_argument iac_aws_assume_role[] = {
    { .name = "duration", .type = TEXT }, { .name = "external_id", .type = TEXT }, { .name = "policy", .type = TEXT },
    { .name = "policy_arns", .type = TEXTS }, { .name = "role_arn", .type = TEXT, .required = true },
    { .name = "session_name", .type = TEXT }, { .name = "source_identity", .type = TEXT },
    { .name = "tags", .type = "[\"map\",\"string\"]" }, { .name = "transitive_tag_keys", .type = TEXTS },
    { .name = NULL },
};

const iac_backend_argument iac_aws_web_identity[] = {
    { .name = "duration", .type = TEXT }, { .name = "policy", .type = TEXT }, { .name = "policy_arns", .type = TEXTS },
    { .name = "role_arn", .type = TEXT, .required = true }, { .name = "session_name", .type = TEXT },
    { .name = "web_identity_token", .type = TEXT, .sensitive = true },
    { .name = "web_identity_token_file", .type = TEXT }, { .name = NULL },
};

/* ---- reading ---- */

static const iac_value *object_in(const iac_value *config, const char *name)
{
    const iac_value *v = iac_value_get_cstr(config, name);
    if (v && iac_is_set_value(v) && v->kind == IAC_LIST)
        v = v->n ? v->items[0] : NULL; /* a block */
    return v && iac_is_set_value(v) && v->kind == IAC_OBJECT ? v : NULL;
}

static const char *text(const iac_aws *aws, const char *name)
{
    return iac_backend_text(aws->arena, aws->config, name);
}

static net_texts texts_of(iac_arena *arena, const iac_value *config, const char *name)
{
    const iac_value *v = iac_value_get_cstr(config, name);
    if (!v || !iac_is_set_value(v) || v->kind != IAC_SET)
        return (net_texts){ 0 };
    const char **texts = iac_arena_array(arena, const char *, v->n);
    for (size_t i = 0; i < v->n; i++)
        texts[i] = iac_arena_cstr(arena, v->items[i]->string);
    return (net_texts){ texts, v->n };
}

static void read_tags(iac_arena *arena, const iac_value *config, net_role *role)
{
    const iac_value *v = iac_value_get_cstr(config, "tags");
    if (!v || !iac_is_set_value(v) || v->kind != IAC_MAP)
        return;
    net_tag *tags = iac_arena_array(arena, net_tag, v->n);
    for (size_t i = 0; i < v->n; i++)
        tags[i] = (net_tag){ iac_arena_cstr(arena, v->keys[i]), iac_arena_cstr(arena, v->items[i]->string) };
    role->tags = tags;
    role->tag_count = v->n;
}

static void read_role(iac_arena *arena, const iac_value *config, net_role *ret)
{
    *ret = (net_role){
        .arn = iac_backend_text(arena, config, "role_arn"),
        .session_name = iac_backend_text(arena, config, "session_name"),
        .external_id = iac_backend_text(arena, config, "external_id"),
        .policy = iac_backend_text(arena, config, "policy"),
        .source_identity = iac_backend_text(arena, config, "source_identity"),
        .duration_seconds = net_duration(iac_backend_text(arena, config, "duration")),
        .policy_arns = texts_of(arena, config, "policy_arns"),
        .transitive_tag_keys = texts_of(arena, config, "transitive_tag_keys"),
        .web_identity_token = iac_backend_text(arena, config, "web_identity_token"),
        .web_identity_token_file = iac_backend_text(arena, config, "web_identity_token_file"),
    };
    read_tags(arena, config, ret);
}

static iac_status bad(const char *summary, const char *detail, iac_diags *diags)
{
    iac_diag_error(diags, IAC_NO_RANGE, summary, "%s", detail);
    return IAC_ERR;
}

static iac_status read_roles(iac_aws *aws, iac_diags *diags)
{
    const iac_value *web = object_in(aws->config, "assume_role_with_web_identity");
    const iac_value *plain = object_in(aws->config, "assume_role");
    net_role *roles = iac_arena_array(aws->arena, net_role, 2);

    aws->source.roles = roles;
    if (web)
        read_role(aws->arena, web, &roles[aws->source.role_count++]);
    if (web && !roles[0].web_identity_token == !roles[0].web_identity_token_file)
        return bad("Missing Required Value", "Exactly one of web_identity_token, web_identity_token_file must be set in "
                                             "assume_role_with_web_identity.", diags);
    if (plain)
        read_role(aws->arena, plain, &roles[aws->source.role_count++]);
    for (size_t i = 0; i < aws->source.role_count; i++)
        if (!roles[i].arn)
            return bad("Incorrect attribute value type", "Inappropriate value for the role that is assumed: attribute "
                                                         "\"role_arn\" is required.", diags);
    return IAC_OK;
}

static void read_sources(iac_aws *aws)
{
    net_texts configs = texts_of(aws->arena, aws->config, "shared_config_files");
    net_texts files = texts_of(aws->arena, aws->config, "shared_credentials_files");
    const char *file = text(aws, "shared_credentials_file"), *profile = text(aws, "profile");

    if (!files.n && file)
        files = (net_texts){ &file, 1 };
    aws_profiles_load(&aws->profiles, aws->arena, configs.v, configs.n, files.v, files.n);
    aws->source.access_key = text(aws, "access_key");
    aws->source.secret_key = text(aws, "secret_key");
    aws->source.token = text(aws, "token");
    aws->source.profiles = &aws->profiles;
    aws->source.profile = profile;
    aws->source.profile_is_argument = profile != NULL;
    aws->source.skip_metadata = iac_backend_flag(aws->config, "skip_metadata_api_check");
    aws->source.metadata_url = text(aws, "ec2_metadata_service_endpoint");
    aws->source.metadata_mode = text(aws, "ec2_metadata_service_endpoint_mode");
    aws->allowed_accounts = texts_of(aws->arena, aws->config, "allowed_account_ids");
    aws->forbidden_accounts = texts_of(aws->arena, aws->config, "forbidden_account_ids");
}

static void open_lines(iac_aws *aws)
{
    const char *proxy = text(aws, "https_proxy"), *ca = text(aws, "custom_ca_bundle");
    net_http_options options = {
        .user_agent = "iac/" IAC_VERSION,
        .ca_file = ca ? ca : getenv("AWS_CA_BUNDLE"),
        .insecure = iac_backend_flag(aws->config, "insecure"),
        .proxy = proxy ? proxy : text(aws, "http_proxy"),
        .http_proxy = text(aws, "http_proxy"),
        .no_proxy = text(aws, "no_proxy"),
    };
    net_http_options metadata = { .user_agent = options.user_agent, .proxy = "", .connect_timeout_ms = 1000,
                                  .timeout_ms = 5000 };
    if (options.ca_file && !*options.ca_file)
        options.ca_file = NULL;
    aws->http = net_http_new(&options);
    aws->metadata_http = net_http_new(&metadata);
    aws->source.sts.http = aws->http;
    aws->source.metadata_http = aws->metadata_http;
}

/* ---- regions and endpoints ---- */

static void find_region(iac_aws *aws)
{
    const char *profile = aws->source.profile ? aws->source.profile : getenv("AWS_PROFILE");

    aws->region = text(aws, "region");
    if (!aws->region)
        aws->region = getenv("AWS_REGION");
    if (!aws->region || !*aws->region)
        aws->region = getenv("AWS_DEFAULT_REGION");
    if (!aws->region || !*aws->region)
        aws->region = aws_profile_get(&aws->profiles, profile && *profile ? profile : "default", "region");
    if (!aws->region) {
        net_call call = net_call_of(aws->arena);
        aws->region = net_instance_region(&aws->source, &call, aws->arena);
    }
}

static const char *of_environment(iac_arena *arena, const char *service)
{
    char *name = iac_arena_cstr(arena, iac_arena_printf(arena, "AWS_ENDPOINT_URL_%s", service));

    for (char *c = name; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    const char *url = getenv(name);
    if (!url || !*url)
        url = getenv("AWS_ENDPOINT_URL");
    return url && *url ? url : NULL;
}

const char *iac_aws_endpoint(iac_aws *aws, const char *service, const char *old)
{
    const iac_value *given = object_in(aws->config, "endpoints");
    const char *url = given ? iac_backend_text(aws->arena, given, service) : NULL;
    bool fips = iac_backend_flag(aws->config, "use_fips_endpoint");

    if (!url && old)
        url = text(aws, old);
    if (!url)
        url = of_environment(aws->arena, service);
    if (url) {
        size_t n = strlen(url);
        while (n && url[n - 1] == '/')
            n--;
        return iac_arena_printf(aws->arena, "%s%.*s", strstr(url, "://") ? "" : "https://", (int)n, url).p;
    }
    const char *suffix = strncmp(aws->region, "cn-", 3) == 0 ? "amazonaws.com.cn" : "amazonaws.com";
    bool dual = iac_backend_flag(aws->config, "use_dualstack_endpoint") && strcmp(service, "s3") == 0;
    return iac_arena_printf(aws->arena, "https://%s%s%s.%s.%s", service, fips ? "-fips" : "", dual ? ".dualstack" : "",
                            aws->region, suffix).p;
}

/* ---- opening ---- */

static iac_status check(iac_aws *aws, iac_diags *diags)
{
    const char *mode = text(aws, "retry_mode"), *profile = aws->source.profile;

    if (!aws->region)
        return bad("Missing region value", "The \"region\" attribute or the \"AWS_REGION\" or \"AWS_DEFAULT_REGION\" "
                                           "environment variables must be set.", diags);
    if (mode && strcmp(mode, "standard") != 0 && strcmp(mode, "adaptive") != 0)
        return bad("Invalid Value", iac_arena_printf(aws->arena, "unknown RetryMode, %s", mode).p, diags);
    if (aws->allowed_accounts.n && aws->forbidden_accounts.n)
        return bad("Invalid Attribute Combination", "Only one of allowed_account_ids, forbidden_account_ids can be set.",
                   diags);
    if (!profile)
        profile = getenv("AWS_PROFILE");
    if (profile && *profile && !aws_profile_exists(&aws->profiles, profile))
        return bad(iac_arena_printf(aws->arena, "failed to get shared config profile, %s", profile).p, "", diags);
    return IAC_OK;
}

iac_status iac_aws_open(iac_aws *aws, iac_arena *arena, const iac_value *config, uint32_t usual_attempts,
                        const char *see, iac_diags *diags)
{
    int64_t attempts = iac_backend_number(config, "max_retries", usual_attempts);

    aws->arena = arena;
    aws->config = config;
    aws->see = see;
    aws->max_attempts = attempts < 1 ? 1 : attempts > 1000 ? 1000 : (uint32_t)attempts;
    aws->credentials = net_credentials_new();
    read_sources(aws);
    open_lines(aws);
    find_region(aws);
    if (check(aws, diags) != IAC_OK || read_roles(aws, diags) != IAC_OK)
        return IAC_ERR;
    const char *region = text(aws, "sts_region");
    aws->source.sts_url = iac_aws_endpoint(aws, "sts", "sts_endpoint");
    aws->source.sts.region = region ? region : aws->region;
    aws->source.sts.max_attempts = aws->max_attempts;
    aws->source.sts.clock = &aws->clock;
    const iac_value *given = object_in(config, "endpoints");
    aws->source.sso_url = given ? iac_backend_text(arena, given, "sso") : NULL;
    return IAC_OK;
}

void iac_aws_close(iac_aws *aws)
{
    net_http_free(aws->http);
    net_http_free(aws->metadata_http);
    net_credentials_free(aws->credentials);
    iac_map_clear(&aws->profiles.settings);
}

/* ---- calls ---- */

static void no_keys(const iac_aws *aws, const net_key_failure *failure, iac_diags *diags)
{
    iac_buf detail;

    iac_buf_init(&detail, IAC_BUF_UNLIMITED);
    const char *summary = net_key_failure_text(failure, aws->see, &detail);
    iac_diag_error(diags, IAC_NO_RANGE, summary, "%s", detail.p);
    iac_buf_clear(&detail);
}

static iac_status send_to(iac_aws *aws, net_aws_line *line, iac_arena *arena, const net_request *request,
                          net_response *ret, net_aws_error *ret_refused, iac_diags *diags)
{
    net_call call = net_call_of(arena);
    net_key_failure failure;

    iac_status status = net_send_with(aws->credentials, &aws->source, line, &call, request, ret, ret_refused, &failure);
    if (status == IAC_ERR)
        no_keys(aws, &failure, diags);
    return status;
}

iac_status iac_aws_send(iac_aws *aws, const char *service, iac_arena *arena, const net_request *request,
                        net_response *ret, net_aws_error *ret_refused, iac_diags *diags)
{
    net_aws_line line = { aws->http, service, aws->region, aws->max_attempts, &aws->clock };

    return send_to(aws, &line, arena, request, ret, ret_refused, diags);
}

static bool has(const net_texts *list, iac_str text)
{
    for (size_t i = 0; i < list->n; i++)
        if (iac_str_is(text, list->v[i]))
            return true;
    return false;
}

static iac_status check_account(const iac_aws *aws, iac_str answer, iac_diags *diags)
{
    size_t from = iac_str_find(answer, IAC_STR("<Account>"), 0), to = iac_str_find(answer, IAC_STR("</Account>"), 0);
    iac_str account = from < to && to != SIZE_MAX ? iac_str_sub(answer, from + strlen("<Account>"), to) : (iac_str){ 0 };

    if (!has(&aws->forbidden_accounts, account) && (!aws->allowed_accounts.n || has(&aws->allowed_accounts, account)))
        return IAC_OK;
    iac_diag_error(diags, IAC_NO_RANGE, "Invalid account ID", "AWS account ID not allowed: %.*s", IAC_FMT(account));
    return IAC_ERR;
}

static iac_status get_keys(iac_aws *aws, iac_arena *arena, iac_diags *diags)
{
    net_call call = net_call_of(arena);
    net_key_failure failure;
    net_keys keys;

    if (net_credentials_get(aws->credentials, &aws->source, &call, &keys, &failure))
        return IAC_OK;
    no_keys(aws, &failure, diags);
    return IAC_ERR;
}

static iac_status ask_account(iac_aws *aws, iac_arena *arena, iac_diags *diags)
{
    net_header type = { IAC_STR("Content-Type"), IAC_STR("application/x-www-form-urlencoded; charset=utf-8") };
    net_aws_line line = aws->source.sts;
    net_aws_error refused;
    net_response response;
    iac_buf why;
    net_request request = { .method = "POST", .url = iac_arena_printf(arena, "%s/", aws->source.sts_url).p,
                            .headers = &type, .header_count = 1,
                            .body = IAC_STR("Action=GetCallerIdentity&Version=2011-06-15") };
    line.service = "sts";
    iac_status status = send_to(aws, &line, arena, &request, &response, &refused, diags);
    if (status == IAC_OK)
        status = check_account(aws, response.body, diags);
    if (status == IAC_NOT_FOUND) {
        iac_buf_init(&why, IAC_BUF_UNLIMITED);
        iac_buf_cstr(&why, "validating provider credentials: retrieving caller identity from STS: ");
        net_aws_error_text(&why, "STS", "GetCallerIdentity", false, &refused);
        iac_diag_error(diags, IAC_NO_RANGE, why.p, "%s", "");
        iac_buf_clear(&why);
        status = IAC_ERR;
    }
    return status;
}

iac_status iac_aws_validate(iac_aws *aws, iac_diags *diags)
{
    bool asks = (aws->allowed_accounts.n || aws->forbidden_accounts.n) &&
                !iac_backend_flag(aws->config, "skip_requesting_account_id");
    iac_arena *arena = iac_arena_new();
    iac_status status = get_keys(aws, arena, diags);

    if (status == IAC_OK && !asks && aws->allowed_accounts.n) /* an account that nobody asked for is none of them */
        status = check_account(aws, (iac_str){ 0 }, diags);
    if (status == IAC_OK && asks)
        status = ask_account(aws, arena, diags);
    iac_arena_free(arena);
    return status;
}

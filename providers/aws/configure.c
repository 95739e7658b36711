#include "providers/aws/configure.h"
#include "providers/aws/credentials.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MAX_ATTEMPTS 25

aws_instance *aws_instance_new(void)
{
    aws_instance *in = iac_xcalloc(1, sizeof(*in));

    in->arena = iac_arena_new();
    in->credentials = net_credentials_new();
    in->region = "us-east-1";
    in->partition = aws_partition_of(in->region);
    in->account_id = "";
    in->profile = "default";
    in->max_attempts = DEFAULT_MAX_ATTEMPTS;
    atomic_init(&in->clock_offset, 0);
    return in;
}

void aws_instance_free(aws_instance *in)
{
    if (!in) {
        return;
    }
    sdk_http_free(in->http);
    sdk_http_free(in->metadata_http);
    net_credentials_free(in->credentials);
    iac_map_clear(&in->profiles.settings);
    iac_map_clear(&in->endpoints);
    iac_arena_free(in->arena);
    free(in);
}

/* The text of an argument, in the instance's memory; NULL when it is not set or empty. */
static const char *text(aws_instance *in, sdk_val object, const char *name)
{
    iac_str s = sdk_str(sdk_get(object, name));

    return s.n ? iac_arena_cstr(in->arena, s) : NULL;
}

static const char *text_or_env(aws_instance *in, sdk_val object, const char *name, const char *variable)
{
    const char *given = text(in, object, name);

    if (!given && aws_env(variable)) {
        given = iac_arena_cstr(in->arena, iac_str_of(aws_env(variable)));
    }
    return given;
}

static aws_strings strings(aws_instance *in, sdk_val v)
{
    size_t n = sdk_is_set(v) ? sdk_host->length(v) : 0;
    const char **texts = iac_arena_array(in->arena, const char *, n + 1);

    for (size_t i = 0; i < n; i++) {
        texts[i] = iac_arena_cstr(in->arena, sdk_str(sdk_host->element(v, i)));
    }
    return (aws_strings){ texts, n };
}

static aws_tag *tag_map(aws_instance *in, sdk_val v, size_t *ret_n)
{
    size_t n = sdk_is_set(v) ? sdk_host->length(v) : 0;
    aws_tag *tags = iac_arena_array(in->arena, aws_tag, n + 1);

    for (size_t i = 0; i < n; i++) {
        tags[i].key = iac_arena_cstr(in->arena, iac_str_of(sdk_host->key(v, i, NULL)));
        tags[i].value = iac_arena_cstr(in->arena, sdk_str(sdk_host->element(v, i)));
    }
    *ret_n = n;
    return tags;
}

/* Block number i of a list or set of blocks; NULL when there are fewer. */
static sdk_val block(sdk_val config, const char *name, size_t i)
{
    sdk_val v = sdk_get(config, name);

    return sdk_is_set(v) && i < sdk_host->length(v) ? sdk_host->element(v, i) : NULL;
}

static net_role role_of(aws_instance *in, sdk_val b)
{
    net_role role = {
        .arn = text(in, b, "role_arn"),
        .session_name = text(in, b, "session_name"),
        .external_id = text(in, b, "external_id"),
        .policy = text(in, b, "policy"),
        .source_identity = text(in, b, "source_identity"),
        .duration_seconds = net_duration(text(in, b, "duration")),
        .policy_arns = strings(in, sdk_get(b, "policy_arns")),
        .transitive_tag_keys = strings(in, sdk_get(b, "transitive_tag_keys")),
        .web_identity_token = text(in, b, "web_identity_token"),
        .web_identity_token_file = text(in, b, "web_identity_token_file"),
    };

    role.tags = tag_map(in, sdk_get(b, "tags"), &role.tag_count);
    return role;
}

static void read_roles(aws_instance *in, sdk_val config)
{
    static const char *const blocks[] = { "assume_role_with_web_identity", "assume_role" };
    IAC_VEC(net_role) roles = { 0 };

    for (size_t k = 0; k < IAC_COUNT(blocks); k++) {
        for (size_t i = 0;; i++) {
            sdk_val b = block(config, blocks[k], i);
            if (!b) {
                break;
            }
            net_role role = role_of(in, b);
            if (role.arn) {
                iac_vec_push(&roles, role);
            }
        }
    }
    in->roles = iac_arena_array(in->arena, net_role, roles.n + 1);
    in->role_count = roles.n;
    if (roles.n) {
        memcpy(in->roles, roles.v, roles.n * sizeof(*roles.v));
    }
    iac_vec_clear(&roles);
}

static void read_endpoints(aws_instance *in, sdk_val config)
{
    for (size_t i = 0;; i++) {
        sdk_val b = block(config, "endpoints", i);
        if (!b) {
            return;
        }
        for (size_t k = 0; k < sdk_host->length(b); k++) {
            const char *name = sdk_host->key(b, k, NULL), *url = text(in, b, name);
            if (url) {
                iac_map_put(&in->endpoints, iac_arena_str(in->arena, iac_str_of(name)), (void *)url);
            }
        }
    }
}

static void read_profiles(aws_instance *in, sdk_val config)
{
    aws_strings files = strings(in, sdk_get(config, "shared_config_files"));
    aws_strings credentials = strings(in, sdk_get(config, "shared_credentials_files"));
    const char *profile = text_or_env(in, config, "profile", "AWS_PROFILE");

    in->profile_named = text(in, config, "profile") != NULL;
    in->profile = profile ? profile : "default";
    aws_profiles_load(&in->profiles, in->arena, files.v, files.n, credentials.v, credentials.n);
}

static bool flag(aws_instance *in, sdk_val config, const char *name, const char *variable, const char *setting)
{
    sdk_val v = sdk_get(config, name);
    const char *env = aws_env(variable), *profile = aws_profile_get(&in->profiles, in->profile, setting);

    if (sdk_is_set(v)) {
        return sdk_bool(v, false);
    }
    return env ? strcmp(env, "true") == 0 : profile && strcmp(profile, "true") == 0;
}

/* All of max_retries, AWS_MAX_ATTEMPTS and the profile count the first try, too. */
static uint32_t attempts(aws_instance *in, sdk_val config)
{
    const char *env = aws_env("AWS_MAX_ATTEMPTS"),
               *profile = aws_profile_get(&in->profiles, in->profile, "max_attempts");
    int64_t n = sdk_int(sdk_get(config, "max_retries"), -1);

    if (n < 0) {
        n = env || profile ? strtol(env ? env : profile, NULL, 10) : DEFAULT_MAX_ATTEMPTS;
    }
    return n < 1 ? 1 : n > 1000 ? 1000 : (uint32_t)n;
}

static void open_http(aws_instance *in, sdk_val config)
{
    const char *append = aws_env("TF_APPEND_USER_AGENT");
    iac_str agent = iac_arena_printf(in->arena, "iac/%s (provider aws)%s%s", sdk_host->version, append ? " " : "",
                                     append ? append : "");
    const char *ca = text_or_env(in, config, "custom_ca_bundle", "AWS_CA_BUNDLE");
    const char *proxy = text(in, config, "https_proxy");
    sdk_http_options options = {
        .user_agent = agent.p,
        .ca_file = ca ? ca : aws_profile_get(&in->profiles, in->profile, "ca_bundle"),
        .insecure = sdk_bool(sdk_get(config, "insecure"), false),
        .proxy = proxy ? proxy : text(in, config, "http_proxy"),
    };
    sdk_http_options metadata = { .user_agent = agent.p, .proxy = "", .connect_timeout_ms = 1000, .timeout_ms = 5000 };

    in->http = sdk_http_new(&options);
    in->metadata_http = sdk_http_new(&metadata);
}

static void read_arguments(aws_instance *in, sdk_val config)
{
    const char *skip = text(in, config, "skip_metadata_api_check");
    sdk_val defaults = block(config, "default_tags", 0), ignored = block(config, "ignore_tags", 0);

    in->access_key = text(in, config, "access_key");
    in->secret_key = text(in, config, "secret_key");
    in->token = text(in, config, "token");
    in->sts_region = text(in, config, "sts_region");
    in->metadata_endpoint = text(in, config, "ec2_metadata_service_endpoint");
    in->skip_metadata = skip && strcmp(skip, "true") == 0;
    in->skip_credentials_validation = sdk_bool(sdk_get(config, "skip_credentials_validation"), false);
    in->skip_requesting_account_id = sdk_bool(sdk_get(config, "skip_requesting_account_id"), false);
    in->skip_region_validation = sdk_bool(sdk_get(config, "skip_region_validation"), false);
    in->s3_use_path_style = sdk_bool(sdk_get(config, "s3_use_path_style"), false);
    in->use_fips = flag(in, config, "use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    in->use_dualstack =
        flag(in, config, "use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    in->allowed_accounts = strings(in, sdk_get(config, "allowed_account_ids"));
    in->forbidden_accounts = strings(in, sdk_get(config, "forbidden_account_ids"));
    in->default_tags = tag_map(in, sdk_get(defaults, "tags"), &in->default_tag_count);
    in->ignore_keys = strings(in, sdk_get(ignored, "keys"));
    in->ignore_prefixes = strings(in, sdk_get(ignored, "key_prefixes"));
    in->max_attempts = attempts(in, config);
}

/* xx-yyyy-n, xx-yyyy-yyyy-n: lower-case words, then a number. */
static bool looks_like_region(const char *region)
{
    size_t dashes = 0;
    const char *c = region;

    for (; *c; c++) {
        dashes += *c == '-';
        if (!(*c == '-' || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9'))) {
            return false;
        }
    }
    return dashes >= 2 && dashes <= 3 && c[-1] >= '0' && c[-1] <= '9' && region[0] != '-';
}

static int32_t find_region(aws_instance *in, iacp_call *call, sdk_val config)
{
    const char *region = text_or_env(in, config, "region", "AWS_REGION");

    if (!region) {
        region = text_or_env(in, NULL, "region", "AWS_DEFAULT_REGION");
    }
    if (!region) {
        region = aws_profile_get(&in->profiles, in->profile, "region");
    }
    if (!region) {
        region = aws_instance_region(in, call);
    }
    if (!region) {
        return sdk_error(call, "region", "Missing region configuration",
                         "The provider's region is given neither by its argument nor by AWS_REGION, AWS_DEFAULT_REGION "
                         "or the profile \"%s\".", in->profile);
    }
    if (!in->skip_region_validation && !looks_like_region(region)) {
        return sdk_error(call, NULL, sdk_printf(call, "invalid AWS Region: %s", region), NULL);
    }
    in->region = region;
    in->partition = aws_partition_of(region);
    return IACP_OK;
}

static bool has(const aws_strings *list, const char *s)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i], s) == 0) {
            return true;
        }
    }
    return false;
}

static int32_t check_account(const aws_instance *in, iacp_call *call)
{
    if (in->forbidden_accounts.n && has(&in->forbidden_accounts, in->account_id)) {
        return sdk_error(call, NULL, sdk_printf(call, "AWS account ID not allowed: %s", in->account_id), NULL);
    }
    if (in->allowed_accounts.n && !has(&in->allowed_accounts, in->account_id)) {
        return sdk_error(call, NULL, sdk_printf(call, "AWS account ID not allowed: %s", in->account_id), NULL);
    }
    return IACP_OK;
}

static int32_t find_keys(aws_instance *in, iacp_call *call)
{
    aws_keys keys;
    net_key_failure failure;
    iac_buf detail;

    if (aws_credentials_get(in, call, &keys, &failure)) {
        return IACP_OK;
    }
    iac_buf_init(&detail, IAC_BUF_UNLIMITED);
    const char *summary = net_key_failure_text(&failure, "https://registry.terraform.io/providers/hashicorp/aws", &detail);
    sdk_error(call, NULL, summary, "%s", detail.p);
    iac_buf_clear(&detail);
    return IACP_ERROR;
}

/* One call tells whether the keys are good and whose they are. */
static int32_t ask_identity(aws_instance *in, iacp_call *call)
{
    const aws_service *sts = aws_service_find("sts");
    aws_request request = { .service = sts, .op = aws_op_find(sts, "GetCallerIdentity") };
    json_t *answer = NULL;
    aws_error error = { .code = "", .message = "", .request_id = "" };

    if (find_keys(in, call) != IACP_OK) {
        return IACP_ERROR;
    }
    if (in->skip_credentials_validation && in->skip_requesting_account_id) {
        return IACP_OK;
    }
    if (!aws_call(in, call, &request, &answer, &error)) {
        return aws_diagnose(call, sts, request.op, &error,
                            in->skip_credentials_validation
                            ? "Retrieving AWS account details: retrieving caller identity from STS"
                            : "Retrieving AWS account details: validating provider credentials: retrieving caller "
                              "identity from STS");
    }
    if (!in->skip_requesting_account_id) {
        in->account_id = iac_arena_cstr(in->arena, iac_str_of(aws_tree_str(answer, "Account")));
    }
    json_decref(answer);
    return check_account(in, call);
}

int32_t aws_configure(aws_instance *in, iacp_call *call, sdk_val config)
{
    read_profiles(in, config);
    const char *mode = sdk_cstr(sdk_get(config, "retry_mode"), NULL);
    const char *profile = in->profile_named ? in->profile : aws_env("AWS_PROFILE");

    if (mode && strcmp(mode, "standard") != 0 && strcmp(mode, "adaptive") != 0) {
        return sdk_error(call, NULL, sdk_printf(call, "unknown RetryMode, %s", mode), NULL);
    }
    if (profile && !aws_profile_exists(&in->profiles, profile)) {
        return sdk_error(call, NULL, sdk_printf(call, "failed to get shared config profile, %s", profile), NULL);
    }
    read_arguments(in, config);
    if (in->access_key && !in->secret_key) {
        return sdk_error(call, NULL, "retrieving credentials: static credentials are empty", NULL);
    }
    read_endpoints(in, config);
    read_roles(in, config);
    open_http(in, config);
    if (find_region(in, call, config) != IACP_OK || ask_identity(in, call) != IACP_OK) {
        return IACP_ERROR;
    }
    in->configured = true;
    return IACP_OK;
}

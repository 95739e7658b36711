#include "state/backend/s3.h"

#include "lang/net/sigv4.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT "\"string\""
#define FLAG "\"bool\""
#define TEXTS "[\"set\",\"string\"]"

static const iac_backend_argument endpoints[] = {
    { .name = "dynamodb", .type = TEXT }, { .name = "iam", .type = TEXT }, { .name = "s3", .type = TEXT },
    { .name = "sso", .type = TEXT }, { .name = "sts", .type = TEXT }, { .name = NULL },
};

static const iac_backend_argument assume_role[] = {
    { .name = "duration", .type = TEXT }, { .name = "external_id", .type = TEXT }, { .name = "policy", .type = TEXT },
    { .name = "policy_arns", .type = TEXTS }, { .name = "role_arn", .type = TEXT },
    { .name = "session_name", .type = TEXT }, { .name = "source_identity", .type = TEXT },
    { .name = "tags", .type = "[\"map\",\"string\"]" }, { .name = "transitive_tag_keys", .type = TEXTS },
    { .name = NULL },
};

static const iac_backend_argument web_identity[] = {
    { .name = "duration", .type = TEXT }, { .name = "policy", .type = TEXT }, { .name = "policy_arns", .type = TEXTS },
    { .name = "role_arn", .type = TEXT }, { .name = "session_name", .type = TEXT },
    { .name = "web_identity_token", .type = TEXT, .sensitive = true },
    { .name = "web_identity_token_file", .type = TEXT }, { .name = NULL },
};

const iac_backend_argument s3_arguments[] = {
    { .name = "access_key", .type = TEXT },
    { .name = "acl", .type = TEXT },
    { .name = "allowed_account_ids", .type = TEXTS },
    { .name = "assume_role", .nested = assume_role },
    { .name = "assume_role_with_web_identity", .nested = web_identity },
    { .name = "bucket", .type = TEXT, .required = true },
    { .name = "custom_ca_bundle", .type = TEXT, .env = "AWS_CA_BUNDLE" },
    { .name = "dynamodb_endpoint", .type = TEXT, .env = "AWS_ENDPOINT_URL_DYNAMODB AWS_DYNAMODB_ENDPOINT" },
    { .name = "dynamodb_table", .type = TEXT },
    { .name = "ec2_metadata_service_endpoint", .type = TEXT, .env = "AWS_EC2_METADATA_SERVICE_ENDPOINT" },
    { .name = "ec2_metadata_service_endpoint_mode", .type = TEXT },
    { .name = "encrypt", .type = FLAG },
    { .name = "endpoint", .type = TEXT, .env = "AWS_ENDPOINT_URL_S3 AWS_S3_ENDPOINT AWS_ENDPOINT_URL" },
    { .name = "endpoints", .nested = endpoints },
    { .name = "forbidden_account_ids", .type = TEXTS },
    { .name = "force_path_style", .type = FLAG },
    { .name = "http_proxy", .type = TEXT },
    { .name = "https_proxy", .type = TEXT },
    { .name = "iam_endpoint", .type = TEXT },
    { .name = "insecure", .type = FLAG },
    { .name = "key", .type = TEXT, .required = true },
    { .name = "kms_key_id", .type = TEXT },
    { .name = "max_retries", .type = "\"number\"", .env = "AWS_MAX_ATTEMPTS", .otherwise = "5" },
    { .name = "no_proxy", .type = TEXT },
    { .name = "profile", .type = TEXT },
    { .name = "region", .type = TEXT, .env = "AWS_REGION AWS_DEFAULT_REGION" },
    { .name = "retry_mode", .type = TEXT },
    { .name = "secret_key", .type = TEXT, .sensitive = true },
    { .name = "shared_config_files", .type = TEXTS },
    { .name = "shared_credentials_file", .type = TEXT },
    { .name = "shared_credentials_files", .type = TEXTS },
    { .name = "skip_credentials_validation", .type = FLAG },
    { .name = "skip_metadata_api_check", .type = FLAG },
    { .name = "skip_region_validation", .type = FLAG },
    { .name = "skip_requesting_account_id", .type = FLAG },
    { .name = "skip_s3_checksum", .type = FLAG },
    { .name = "sse_customer_key", .type = TEXT, .env = "AWS_SSE_CUSTOMER_KEY", .sensitive = true },
    { .name = "sts_endpoint", .type = TEXT, .env = "AWS_ENDPOINT_URL_STS AWS_STS_ENDPOINT" },
    { .name = "sts_region", .type = TEXT },
    { .name = "token", .type = TEXT, .env = "AWS_SESSION_TOKEN", .sensitive = true },
    { .name = "use_dualstack_endpoint", .type = FLAG },
    { .name = "use_fips_endpoint", .type = FLAG },
    { .name = "use_lockfile", .type = FLAG },
    { .name = "use_path_style", .type = FLAG },
    { .name = "workspace_key_prefix", .type = TEXT, .otherwise = "env:" },
    { .name = NULL },
};

/* ---- settings ---- */

static const char *text_in(iac_arena *arena, const iac_value *config, const char *object, const char *name)
{
    const iac_value *v = iac_value_get_cstr(config, object);
    return v && iac_is_set_value(v) && v->kind == IAC_OBJECT ? iac_backend_text(arena, v, name) : NULL;
}

static const char *const *texts_of(iac_arena *arena, const iac_value *config, const char *name, size_t *ret_n)
{
    const iac_value *v = iac_value_get_cstr(config, name);
    *ret_n = 0;
    if (!v || !iac_is_set_value(v) || v->kind != IAC_SET)
        return NULL;
    const char **texts = iac_arena_array(arena, const char *, v->n);
    for (size_t i = 0; i < v->n; i++)
        texts[(*ret_n)++] = iac_arena_cstr(arena, v->items[i]->string);
    return texts;
}

static const char *endpoint(iac_arena *arena, const iac_value *config, const char *service, const char *old,
                            const char *region)
{
    const char *url = text_in(arena, config, "endpoints", service);
    bool fips = iac_backend_flag(config, "use_fips_endpoint");
    if (!url)
        url = iac_backend_text(arena, config, old);
    if (!url && getenv("AWS_ENDPOINT_URL") && *getenv("AWS_ENDPOINT_URL"))
        url = getenv("AWS_ENDPOINT_URL");
    if (url) {
        size_t n = strlen(url);
        while (n && url[n - 1] == '/')
            n--;
        return iac_arena_printf(arena, "%s%.*s", strstr(url, "://") ? "" : "https://", (int)n, url).p;
    }
    const char *suffix = strncmp(region, "cn-", 3) == 0 ? "amazonaws.com.cn" : "amazonaws.com";
    bool dual = iac_backend_flag(config, "use_dualstack_endpoint") && strcmp(service, "s3") == 0;
    return iac_arena_printf(arena, "https://%s%s%s.%s.%s", service, fips ? "-fips" : "", dual ? ".dualstack" : "", region,
                            suffix).p;
}

static void read_roles(s3_backend *s, const iac_value *config)
{
    s->source.role = (net_role){
        .arn = text_in(s->arena, config, "assume_role", "role_arn"),
        .session_name = text_in(s->arena, config, "assume_role", "session_name"),
        .external_id = text_in(s->arena, config, "assume_role", "external_id"),
        .policy = text_in(s->arena, config, "assume_role", "policy"),
        .source_identity = text_in(s->arena, config, "assume_role", "source_identity"),
    };
    s->source.web_role = (net_role){
        .arn = text_in(s->arena, config, "assume_role_with_web_identity", "role_arn"),
        .session_name = text_in(s->arena, config, "assume_role_with_web_identity", "session_name"),
        .policy = text_in(s->arena, config, "assume_role_with_web_identity", "policy"),
        .web_identity_token = text_in(s->arena, config, "assume_role_with_web_identity", "web_identity_token"),
        .web_identity_token_file = text_in(s->arena, config, "assume_role_with_web_identity",
                                           "web_identity_token_file"),
    };
}

static void read_sources(s3_backend *s, const iac_value *config)
{
    size_t config_count, credential_count;
    const char *const *config_files = texts_of(s->arena, config, "shared_config_files", &config_count);
    const char *const *files = texts_of(s->arena, config, "shared_credentials_files", &credential_count);
    const char *file = iac_backend_text(s->arena, config, "shared_credentials_file");
    if (!credential_count && file) {
        files = &file;
        credential_count = 1;
    }
    aws_profiles_load(&s->profiles, s->arena, config_files, config_count, files, credential_count);
    s->source.access_key = iac_backend_text(s->arena, config, "access_key");
    s->source.secret_key = iac_backend_text(s->arena, config, "secret_key");
    s->source.token = iac_backend_text(s->arena, config, "token");
    s->source.profiles = &s->profiles;
    s->source.profile = iac_backend_text(s->arena, config, "profile");
    s->source.skip_metadata = iac_backend_flag(config, "skip_metadata_api_check");
    s->source.metadata_url = iac_backend_text(s->arena, config, "ec2_metadata_service_endpoint");
    read_roles(s, config);
}

static void open_lines(s3_backend *s, const iac_value *config)
{
    const char *proxy = iac_backend_text(s->arena, config, "https_proxy");
    net_http_options options = {
        .user_agent = "iac/" IAC_VERSION,
        .ca_file = iac_backend_text(s->arena, config, "custom_ca_bundle"),
        .insecure = iac_backend_flag(config, "insecure"),
        .proxy = proxy ? proxy : iac_backend_text(s->arena, config, "http_proxy"),
    };
    net_http_options metadata = { .user_agent = options.user_agent, .proxy = "", .connect_timeout_ms = 1000,
                                  .timeout_ms = 5000 };
    s->http = net_http_new(&options);
    s->metadata_http = net_http_new(&metadata);
    s->source.http = s->http;
    s->source.metadata_http = s->metadata_http;
}

static iac_status bad(const char *summary, const char *detail, iac_diags *diags)
{
    iac_diag_error(diags, IAC_NO_RANGE, summary, "%s", detail);
    return IAC_ERR;
}

static iac_status check(const s3_backend *s, iac_diags *diags)
{
    size_t n = strlen(s->key);
    if (!s->region)
        return bad("Missing region value", "The \"region\" attribute or the \"AWS_REGION\" or \"AWS_DEFAULT_REGION\" "
                                           "environment variables must be set.", diags);
    if (s->key[0] == '/' || s->key[n - 1] == '/')
        return bad("Invalid Value", "The value must not start or end with \"/\": key", diags);
    if (s->kms_key && s->customer_key)
        return bad("Invalid Attribute Combination", "Only one of kms_key_id, sse_customer_key can be set.", diags);
    return IAC_OK;
}

iac_status s3_configure(const iac_backend_setup *setup, void **ret_self, iac_diags *diags)
{
    const iac_value *config = setup->config;
    iac_arena *arena = iac_arena_new();
    s3_backend *s = iac_arena_new_of(arena, s3_backend);
    *s = (s3_backend){ .arena = arena };
    s->bucket = iac_backend_text(arena, config, "bucket");
    s->key = iac_backend_text(arena, config, "key");
    s->region = iac_backend_text(arena, config, "region");
    s->prefix = iac_backend_text(arena, config, "workspace_key_prefix");
    s->table = iac_backend_text(arena, config, "dynamodb_table");
    s->acl = iac_backend_text(arena, config, "acl");
    s->kms_key = iac_backend_text(arena, config, "kms_key_id");
    s->customer_key = iac_backend_text(arena, config, "sse_customer_key");
    s->encrypt = iac_backend_flag(config, "encrypt");
    s->use_lockfile = iac_backend_flag(config, "use_lockfile");
    s->path_style = iac_backend_flag(config, "use_path_style") || iac_backend_flag(config, "force_path_style");
    s->max_retries = iac_backend_number(config, "max_retries", 5);
    read_sources(s, config);
    if (!s->region)
        s->region = aws_profile_get(&s->profiles, s->source.profile ? s->source.profile : "default", "region");
    if (!s->bucket || !s->key || check(s, diags) != IAC_OK) {
        iac_arena_free(arena);
        return IAC_ERR;
    }
    s->s3_url = endpoint(arena, config, "s3", "endpoint", s->region);
    s->dynamodb_url = endpoint(arena, config, "dynamodb", "dynamodb_endpoint", s->region);
    s->source.sts_url = endpoint(arena, config, "sts", "sts_endpoint", s->region);
    s->source.sts_region = iac_backend_text(arena, config, "sts_region");
    if (!s->source.sts_region)
        s->source.sts_region = s->region;
    open_lines(s, config);
    pthread_mutex_init(&s->mutex, NULL);
    *ret_self = s;
    return IAC_OK;
}

void s3_free(void *self)
{
    s3_backend *s = self;
    net_http_free(s->http);
    net_http_free(s->metadata_http);
    pthread_mutex_destroy(&s->mutex);
    if (s->key_arena)
        iac_arena_free(s->key_arena);
    iac_arena_free(s->arena);
}

/* ---- requests ---- */

enum { REFRESH_EARLY_SECONDS = 300, MAX_PAUSE_MS = 5000 };

/* Keys in the arena, fetched when there are none or they near their end. */
static iac_status keys_for(s3_backend *s, iac_arena *arena, net_keys *ret, iac_diags *diags)
{
    iac_str error = { 0 };
    pthread_mutex_lock(&s->mutex);
    if (s->have_keys && s->keys.expires && s->keys.expires - REFRESH_EARLY_SECONDS < (double)time(NULL))
        s->have_keys = false;
    if (!s->have_keys) {
        if (s->key_arena)
            iac_arena_free(s->key_arena);
        s->key_arena = iac_arena_new();
        s->have_keys = net_find_keys(&s->source, s->key_arena, &s->keys, &error);
    }
    bool have = s->have_keys;
    if (have)
        *ret = (net_keys){ iac_arena_cstr(arena, iac_str_of(s->keys.access_key)),
                           iac_arena_cstr(arena, iac_str_of(s->keys.secret_key)),
                           s->keys.token ? iac_arena_cstr(arena, iac_str_of(s->keys.token)) : NULL, s->keys.expires };
    else
        iac_diag_error(diags, IAC_NO_RANGE, "No valid credential sources found",
                       "Please see the documentation of the S3 backend for the ways of giving credentials.\n\nError: "
                       "%.*s", IAC_FMT(error));
    pthread_mutex_unlock(&s->mutex);
    return have ? IAC_OK : IAC_ERR;
}

static iac_status send_signed(s3_backend *s, iac_arena *arena, const char *service, const net_request *request,
                              net_response *ret, iac_diags *diags)
{
    int64_t pause = 100;
    for (int64_t left = s->max_retries;; left--) {
        net_keys keys;
        if (keys_for(s, arena, &keys, diags) != IAC_OK)
            return IAC_ERR;
        net_send_signed(s->http, arena, &keys, service, s->region, request, ret);
        bool passes = ret->status == 0 ? ret->retryable : ret->status == 429 || (ret->status >= 500 && ret->status != 501);
        if (!passes || left <= 1)
            return IAC_OK;
        usleep((useconds_t)pause * 1000);
        pause = pause < MAX_PAUSE_MS ? pause * 2 : MAX_PAUSE_MS;
    }
}

iac_str s3_key(const s3_backend *s, iac_arena *arena, const char *workspace, const char *suffix)
{
    if (strcmp(workspace, "default") == 0)
        return iac_arena_printf(arena, "%s%s", s->key, suffix);
    return iac_arena_printf(arena, "%s/%s/%s%s", s->prefix ? s->prefix : "env:", workspace, s->key, suffix);
}

static const char *url_of(const s3_backend *s, iac_arena *arena, const s3_request *request)
{
    iac_buf url;
    iac_buf_init(&url, IAC_BUF_UNLIMITED);
    const char *host = strstr(s->s3_url, "://") + 3;
    if (s->path_style)
        iac_buf_printf(&url, "%s/%s", s->s3_url, s->bucket);
    else
        iac_buf_printf(&url, "%.*s%s.%s", (int)(host - s->s3_url), s->s3_url, s->bucket, host);
    if (request->key.n || !s->path_style)
        iac_buf_char(&url, '/');
    aws_uri_encode(&url, request->key, true);
    if (request->query)
        iac_buf_printf(&url, "?%s", request->query);
    const char *copy = iac_arena_cstr(arena, iac_buf_view(&url));
    iac_buf_clear(&url);
    return copy;
}

static void add(net_request *request, net_header *headers, const char *name, const char *value)
{
    headers[request->header_count++] = (net_header){ iac_str_of(name), iac_str_of(value) };
}

/* The digest that goes with a key of the customer, in base64. */
static const char *key_digest(iac_arena *arena, const char *key)
{
    uint8_t raw[64], digest[16];
    char text[32];
    size_t n = strlen(key);
    int got = n && n <= 64 ? EVP_DecodeBlock(raw, (const unsigned char *)key, (int)n) : 0;
    got -= n > 1 && key[n - 1] == '=' ? (key[n - 2] == '=' ? 2 : 1) : 0;
    if (!EVP_Digest(raw, got > 0 ? (size_t)got : 0, digest, NULL, EVP_md5(), NULL))
        abort();
    EVP_EncodeBlock((unsigned char *)text, digest, sizeof(digest));
    explicit_bzero(raw, sizeof(raw));
    return iac_arena_cstr(arena, iac_str_of(text));
}

static void add_encryption(const s3_backend *s, iac_arena *arena, net_request *request, net_header *headers)
{
    if (s->customer_key) {
        add(request, headers, "x-amz-server-side-encryption-customer-algorithm", "AES256");
        add(request, headers, "x-amz-server-side-encryption-customer-key", s->customer_key);
        add(request, headers, "x-amz-server-side-encryption-customer-key-MD5", key_digest(arena, s->customer_key));
    } else if (s->encrypt && request->body.n) {
        add(request, headers, "x-amz-server-side-encryption", s->kms_key ? "aws:kms" : "AES256");
        if (s->kms_key)
            add(request, headers, "x-amz-server-side-encryption-aws-kms-key-id", s->kms_key);
    }
}

iac_status s3_send(s3_backend *s, iac_arena *arena, const s3_request *request, net_response *ret, iac_diags *diags)
{
    net_header headers[12];
    net_request full = { .method = request->method, .url = url_of(s, arena, request), .headers = headers,
                         .body = request->body, .max_response = (size_t)1 << 31 };
    if (request->body.n)
        add(&full, headers, "Content-Type", "application/json");
    if (request->is_new)
        add(&full, headers, "If-None-Match", "*");
    if (request->match.n)
        headers[full.header_count++] = (net_header){ IAC_STR("If-Match"), request->match };
    if (request->encrypted)
        add_encryption(s, arena, &full, headers);
    if (request->encrypted && request->body.n && s->acl)
        add(&full, headers, "x-amz-acl", s->acl);
    return send_signed(s, arena, "s3", &full, ret, diags);
}

iac_status s3_dynamodb(s3_backend *s, iac_arena *arena, const char *operation, iac_str body, net_response *ret,
                       iac_diags *diags)
{
    net_header headers[2];
    net_request request = { .method = "POST", .url = iac_arena_printf(arena, "%s/", s->dynamodb_url).p,
                            .headers = headers, .body = body };
    add(&request, headers, "Content-Type", "application/x-amz-json-1.0");
    add(&request, headers, "X-Amz-Target", iac_arena_printf(arena, "DynamoDB_20120810.%s", operation).p);
    return send_signed(s, arena, "dynamodb", &request, ret, diags);
}

static iac_str between(iac_str text, const char *open, const char *close)
{
    size_t from = iac_str_find(text, iac_str_of(open), 0), to;
    if (from == SIZE_MAX)
        return (iac_str){ 0 };
    from += strlen(open);
    to = iac_str_find(text, iac_str_of(close), from);
    return to == SIZE_MAX ? (iac_str){ 0 } : iac_str_sub(text, from, to);
}

iac_status s3_refused(const s3_backend *s, const char *summary, const char *doing, iac_arena *arena,
                      const net_response *response, iac_diags *diags)
{
    iac_str code = between(response->body, "<Code>", "</Code>");
    iac_str message = between(response->body, "<Message>", "</Message>");
    if (!message.n)
        message = between(response->body, "\"message\":\"", "\"");
    if (response->status == 0)
        message = iac_str_of(response->error);
    (void)arena;
    iac_diag_error(diags, IAC_NO_RANGE, summary, "%s in S3 bucket \"%s\" with key \"%s\": %s%ld%s%.*s%s%.*s", doing,
                   s->bucket, s->key, response->status ? "StatusCode: " : "", response->status,
                   code.n ? ", " : "", IAC_FMT(code), message.n ? ": " : "", IAC_FMT(message));
    return IAC_ERR;
}

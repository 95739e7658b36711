#include "state/backend/s3.h"

#include "lang/base/crypto.h"
#include "lang/net/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_ATTEMPTS = 5 };

#define TEXT "\"string\""
#define FLAG "\"bool\""
#define TEXTS "[\"set\",\"string\"]"

static const iac_backend_argument endpoints[] = {
    { .name = "dynamodb", .type = TEXT }, { .name = "iam", .type = TEXT }, { .name = "s3", .type = TEXT },
    { .name = "sso", .type = TEXT }, { .name = "sts", .type = TEXT }, { .name = NULL },
};

const iac_backend_argument s3_arguments[] = {
    { .name = "access_key", .type = TEXT },
    { .name = "acl", .type = TEXT },
    { .name = "allowed_account_ids", .type = TEXTS },
    { .name = "assume_role", .nested = iac_aws_assume_role },
    { .name = "assume_role_with_web_identity", .nested = iac_aws_web_identity },
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

iac_status s3_configure(const iac_backend_setup *setup, void **ret_self, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    const iac_value *config = iac_value_copy(arena, setup->config);
    s3_backend *s = iac_arena_new_of(arena, s3_backend);
    *s = (s3_backend){ .arena = arena };
    s->bucket = iac_backend_text(arena, config, "bucket");
    s->key = iac_backend_text(arena, config, "key");
    s->prefix = iac_backend_text(arena, config, "workspace_key_prefix");
    s->table = iac_backend_text(arena, config, "dynamodb_table");
    s->acl = iac_backend_text(arena, config, "acl");
    s->kms_key = iac_backend_text(arena, config, "kms_key_id");
    s->customer_key = iac_backend_text(arena, config, "sse_customer_key");
    s->encrypt = iac_backend_flag(config, "encrypt");
    s->use_lockfile = iac_backend_flag(config, "use_lockfile");
    s->path_style = iac_backend_flag(config, "use_path_style") || iac_backend_flag(config, "force_path_style");
    if (s3_check(arena, config, setup->given, diags) != IAC_OK) {
        iac_arena_free(arena);
        return IAC_ERR;
    }
    if (iac_aws_open(&s->aws, arena, config, USUAL_ATTEMPTS,
                     "https://developer.hashicorp.com/terraform/language/backend/s3", diags) != IAC_OK ||
        iac_aws_validate(&s->aws, diags) != IAC_OK) {
        s3_free(s);
        return IAC_ERR;
    }
    s->s3_url = iac_aws_endpoint(&s->aws, "s3", "endpoint");
    s->dynamodb_url = iac_aws_endpoint(&s->aws, "dynamodb", "dynamodb_endpoint");
    *ret_self = s;
    return IAC_OK;
}

void s3_free(void *self)
{
    s3_backend *s = self;

    iac_aws_close(&s->aws);
    iac_arena_free(s->arena);
}

/* ---- requests ---- */

static iac_status send_signed(s3_backend *s, iac_arena *arena, const char *service, const net_request *request,
                              net_response *ret, iac_diags *diags)
{
    net_aws_error refused; /* told by who knows what was wanted */
    return iac_aws_send(&s->aws, service, arena, request, ret, &refused, diags) == IAC_ERR ? IAC_ERR : IAC_OK;
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
    if (request->step.n)
        headers[full.header_count++] = (net_header){ IAC_STR(S3_STEP), request->step };
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

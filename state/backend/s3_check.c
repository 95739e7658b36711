/* What Terraform refuses, or warns of, before it talks to anybody. */
#include "state/backend/s3.h"

#include "lang/base/crypto.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct checking {
    iac_arena *arena;
    const iac_value *config, *given; /* with the environment and defaults; without */
    iac_diags *diags;
} checking;

static const char *text(const checking *c, const char *name)
{
    return iac_backend_text(c->arena, c->config, name);
}

static const iac_value *given(const checking *c, const char *name)
{
    const iac_value *v = c->given ? iac_value_get_cstr(c->given, name) : NULL;
    return v && iac_is_set_value(v) ? v : NULL;
}

static void bad(const checking *c, const char *summary, const char *detail)
{
    iac_diag_error(c->diags, IAC_NO_RANGE, summary, "%s", detail);
}

/* ---- arguments of earlier releases ---- */

static const struct {
    const char *old, *now;
} renamed[] = {
    { "dynamodb_endpoint", "endpoints.dynamodb" }, { "endpoint", "endpoints.s3" },
    { "force_path_style", "use_path_style" }, { "iam_endpoint", "endpoints.iam" },
    { "shared_credentials_file", "shared_credentials_files" }, { "sts_endpoint", "endpoints.sts" },
};

static void check_renamed(const checking *c)
{
    const iac_value *endpoints = given(c, "endpoints");
    for (size_t i = 0; i < IAC_COUNT(renamed); i++) {
        const char *now = renamed[i].now;
        if (!given(c, renamed[i].old))
            continue;
        iac_diag_warning(c->diags, IAC_NO_RANGE, "Deprecated Parameter",
                         "The parameter \"%s\" is deprecated. Use parameter \"%s\" instead.", renamed[i].old, now);
        if (strncmp(now, "endpoints.", 10) == 0) {
            const iac_value *v = endpoints && endpoints->kind == IAC_OBJECT ? iac_value_get_cstr(endpoints, now + 10) : NULL;
            if (v && iac_is_set_value(v))
                iac_diag_error(c->diags, IAC_NO_RANGE, "Conflicting Parameters",
                               "The parameters \"%s\" and \"%s\" cannot be configured together.", renamed[i].old, now);
        } else if (given(c, now)) {
            iac_diag_error(c->diags, IAC_NO_RANGE, "Invalid Attribute Combination", "Only one of %s, %s can be set.",
                           renamed[i].old, now);
        }
    }
}

/* ---- addresses ---- */

static bool is_url(const char *url)
{
    const char *host = strstr(url, "://");
    return host && host > url && host[3] && host[3] != '/' && host[3] != ':';
}

static void check_url(const checking *c, const char *url)
{
    if (url && !is_url(url))
        iac_diag_warning(c->diags, IAC_NO_RANGE, "Complete URL Expected",
                         "The value should be a valid URL containing at least a scheme and hostname. Had \"%s\".\n\nUsing "
                         "an incomplete URL, such as a hostname only, may work, but may have unexpected behavior.", url);
}

static void check_urls(const checking *c)
{
    const iac_value *endpoints = given(c, "endpoints");
    for (size_t i = 0; endpoints && endpoints->kind == IAC_OBJECT && i < endpoints->n; i++)
        check_url(c, iac_backend_text(c->arena, endpoints, iac_arena_cstr(c->arena, endpoints->keys[i])));
    for (size_t i = 0; i < IAC_COUNT(renamed); i++)
        if (strstr(renamed[i].old, "endpoint"))
            check_url(c, text(c, renamed[i].old));
    const char *metadata = text(c, "ec2_metadata_service_endpoint"), *mode = text(c, "ec2_metadata_service_endpoint_mode");
    if (metadata && !is_url(metadata))
        iac_diag_error(c->diags, IAC_NO_RANGE, "Invalid Value",
                       "The value must be a valid URL containing at least a scheme and hostname. Had \"%s\"", metadata);
    if (mode && strcmp(mode, "IPv4") != 0 && strcmp(mode, "IPv6") != 0)
        bad(c, "Invalid Value", "Value must be one of [IPv4, IPv6]");
}

static void check_proxies(const checking *c)
{
    static const char *const names[][2] = { { "http_proxy", "Invalid HTTP Proxy" },
                                            { "https_proxy", "Invalid HTTPS Proxy" } };
    const char *http = text(c, "http_proxy");
    if (http && !given(c, "https_proxy") && !getenv("HTTPS_PROXY") && !getenv("https_proxy"))
        iac_diag_warning(c->diags, IAC_NO_RANGE, "Missing HTTPS Proxy",
                         "An HTTP proxy was set but no HTTPS proxy was. Using HTTP proxy \"%s\" for HTTPS requests. This "
                         "behavior may change in future versions.\n\nTo specify no proxy for HTTPS, set the HTTPS to an "
                         "empty string.", http);
    for (size_t i = 0; i < IAC_COUNT(names); i++) {
        const char *proxy = text(c, names[i][0]);
        if (proxy && proxy[0] == ':')
            iac_diag_error(c->diags, IAC_NO_RANGE, names[i][1], "Unable to parse URL: parse \"%s\": missing protocol scheme",
                           proxy);
    }
}

/* ---- where the state is ---- */

static void check_path(const checking *c, const char *name, bool needed)
{
    const iac_value *v = iac_value_get_cstr(c->config, name);
    iac_str path = v && iac_is_set_value(v) && v->kind == IAC_STRING ? v->string : (iac_str){ 0 };
    if (needed && !iac_str_trim(path).n)
        bad(c, "Invalid Value", "The value cannot be empty or all whitespace");
    else if (path.n && (path.p[0] == '/' || path.p[path.n - 1] == '/'))
        bad(c, "Invalid Value", "The value must not start or end with \"/\"");
    else if (iac_str_find(path, IAC_STR("//"), 0) != SIZE_MAX)
        bad(c, "Invalid Value", "Value must not contain \"//\"");
}

/* xx-yyyy-n, xx-yyyy-yyyy-n: lower-case words, then a number. */
static bool looks_like_region(const char *region)
{
    size_t dashes = 0, n = strlen(region);
    for (size_t i = 0; i < n; i++)
        dashes += region[i] == '-';
    return strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == n && n > 4 && strchr(region, '-') - region <= 4 &&
           strchr(region, '-') - region >= 2 && dashes >= 2 && dashes <= 3 && region[n - 1] >= '0' && region[n - 1] <= '9';
}

/* ---- keys ---- */

static bool is_key_id(const char *id)
{
    static const char form[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    size_t i = 0;
    if (strncmp(id, "mrk-", 4) == 0)
        return strspn(id + 4, "0123456789abcdef") == 32 && !id[36];
    for (; form[i] && id[i]; i++)
        if (form[i] == '-' ? id[i] != '-' : !strchr("0123456789abcdef", id[i]))
            return false;
    return !form[i] && !id[i];
}

static bool is_alias(const char *id)
{
    size_t n = strspn(id + (strncmp(id, "alias/", 6) == 0 ? 6 : 0),
                      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-");
    return strncmp(id, "alias/", 6) == 0 && n > 0 && !id[6 + n];
}

/* What follows the account; NULL: it is no ARN. */
static const char *arn_resource(const char *arn)
{
    const char *resource = strncmp(arn, "arn:", 4) == 0 ? arn : NULL;
    for (int i = 0; resource && i < 5; i++) {
        resource = strchr(resource, ':');
        resource = resource ? resource + 1 : NULL;
    }
    return resource;
}

static void check_keys(const checking *c)
{
    const iac_value *v = iac_value_get_cstr(c->config, "kms_key_id");
    const char *kms = v && iac_is_set_value(v) ? iac_arena_cstr(c->arena, v->string) : NULL;
    const char *customer = text(c, "sse_customer_key");
    uint8_t raw[64];
    if (kms && customer)
        bad(c, "Invalid Attribute Combination", "Only one of kms_key_id, sse_customer_key can be set.");
    if (kms && strncmp(kms, "arn:", 4) == 0) {
        const char *resource = arn_resource(kms);
        if (!resource || !((strncmp(resource, "key/", 4) == 0 && is_key_id(resource + 4)) || is_alias(resource)))
            iac_diag_error(c->diags, IAC_NO_RANGE, "Invalid KMS Key ARN", "Value must be a valid KMS Key ARN, got \"%s\"",
                           kms);
    } else if (kms && !is_key_id(kms) && !is_alias(kms)) {
        iac_diag_error(c->diags, IAC_NO_RANGE, "Invalid KMS Key ID", "Value must be a valid KMS Key ID, got \"%s\"", kms);
    }
    if (customer && strlen(customer) != 44)
        bad(c, "Invalid sse_customer_key value", "sse_customer_key must be 44 characters in length");
    else if (customer && EVP_DecodeBlock(raw, (const unsigned char *)customer, 44) < 0)
        bad(c, "Invalid sse_customer_key value", "sse_customer_key must be base64 encoded");
}

static void check_roles(const checking *c)
{
    static const char *const names[] = { "assume_role", "assume_role_with_web_identity" };
    for (size_t i = 0; i < IAC_COUNT(names); i++) {
        const iac_value *role = given(c, names[i]);
        const char *arn = role && role->kind == IAC_OBJECT ? iac_backend_text(c->arena, role, "role_arn") : NULL;
        const char *duration = arn ? iac_backend_text(c->arena, role, "duration") : NULL;
        if (arn && !arn_resource(arn))
            iac_diag_error(c->diags, IAC_NO_RANGE, "Invalid ARN",
                           "The value \"%s\" cannot be parsed as an ARN: arn: %s", arn,
                           strncmp(arn, "arn:", 4) == 0 ? "not enough sections" : "invalid prefix");
        long seconds = duration ? net_duration(duration) : 0;
        if (duration && (seconds < 900 || seconds > 43200))
            iac_diag_error(c->diags, IAC_NO_RANGE, "Invalid Duration", "Duration must be between 15m0s and 12h0m0s, had %s",
                           duration);
    }
}

static void check_ca(const checking *c, const char *path)
{
    char line[1024], why[128];
    bool found = false;
    FILE *file = fopen(path, "re");
    const char *call = file ? "read" : "open";

    errno = file ? 0 : errno;
    while (file && !found && fgets(line, sizeof(line), file))
        found = strstr(line, "-----BEGIN CERTIFICATE-----") != NULL;
    int code = errno;
    if (file)
        fclose(file);
    if (code)
        bad(c, iac_arena_printf(c->arena, "reading custom CA bundle: %s %s: %s", call, path,
                                iac_errno_text(code, why, sizeof(why))).p, "");
    else if (!found)
        bad(c, "loading configuration: failed to load custom CA bundle PEM file", "");
}

iac_status s3_check(iac_arena *arena, const iac_value *config, const iac_value *from_configuration, iac_diags *diags)
{
    iac_diags own = IAC_DIAGS_INIT;
    const checking c = { arena, config, from_configuration, &own };
    const char *region = text(&c, "region"), *ca = text(&c, "custom_ca_bundle");
    check_renamed(&c);
    check_urls(&c);
    check_proxies(&c);
    check_path(&c, "bucket", true);
    check_path(&c, "key", true);
    check_path(&c, "workspace_key_prefix", false);
    check_keys(&c);
    check_roles(&c);
    if (region && !iac_backend_flag(config, "skip_region_validation") && !looks_like_region(region))
        iac_diag_error(&own, IAC_NO_RANGE, "Invalid region value", "Invalid AWS Region: %s", region);
    if (!given(&c, "access_key") != !given(&c, "secret_key"))
        bad(&c, "retrieving credentials: static credentials are empty", "");
    if (ca)
        check_ca(&c, ca);
    iac_status status = own.errors ? IAC_ERR : IAC_OK;
    if (status != IAC_OK) /* warnings alone are never shown, as by Terraform: they would get into what programs read */
        iac_diags_append(diags, &own);
    iac_diags_clear(&own);
    return status;
}

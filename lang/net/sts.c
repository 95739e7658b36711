/* Assuming roles with STS. */
#include "lang/net/keys_internal.h"
#include "lang/net/sigv4.h"

#include <string.h>
#include <time.h>

static void add(iac_buf *body, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    iac_buf_printf(body, "&%s=", name);
    aws_uri_encode(body, iac_str_of(value), false);
}

static void add_list(net_search *s, iac_buf *body, const char *format, const net_texts *list)
{
    for (size_t i = 0; i < list->n; i++)
        add(body, iac_arena_printf(s->arena, "%s.member.%zu%s", format, i + 1,
                                   strcmp(format, "PolicyArns") == 0 ? ".arn" : "").p, list->v[i]);
}

static void add_tags(net_search *s, iac_buf *body, const net_role *role)
{
    for (size_t i = 0; i < role->tag_count; i++) {
        add(body, iac_arena_printf(s->arena, "Tags.member.%zu.Key", i + 1).p, role->tags[i].key);
        add(body, iac_arena_printf(s->arena, "Tags.member.%zu.Value", i + 1).p, role->tags[i].value);
    }
}

static void write_body(net_search *s, const net_role *role, bool web, iac_buf *body)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    iac_buf_printf(body, "Action=%s&Version=2011-06-15", web ? "AssumeRoleWithWebIdentity" : "AssumeRole");
    add(body, "RoleArn", role->arn);
    add(body, "RoleSessionName", role->session_name ? role->session_name
        : iac_arena_printf(s->arena, "iac-%lld%03ld", (long long)now.tv_sec, now.tv_nsec / 1000000).p);
    add(body, "Policy", role->policy);
    if (role->duration_seconds > 0)
        iac_buf_printf(body, "&DurationSeconds=%ld", role->duration_seconds);
    add_list(s, body, "PolicyArns", &role->policy_arns);
    if (web) {
        iac_str token = role->web_identity_token ? iac_str_of(role->web_identity_token)
                                                 : iac_str_trim(aws_read_file(s->arena, role->web_identity_token_file));
        add(body, "WebIdentityToken", token.n ? iac_arena_cstr(s->arena, token) : NULL);
        return;
    }
    add(body, "ExternalId", role->external_id);
    add(body, "SourceIdentity", role->source_identity);
    add_list(s, body, "TransitiveTagKeys", &role->transitive_tag_keys);
    add_tags(s, body, role);
}

/* What the API's description names; the SDK prints these bare. */
static bool is_modelled(const char *code)
{
    static const char *const codes[] = {
        "ExpiredTokenException", "IDPCommunicationError", "IDPRejectedClaim", "InvalidIdentityToken",
        "MalformedPolicyDocument", "PackedPolicyTooLarge", "RegionDisabledException",
    };
    for (size_t i = 0; i < IAC_COUNT(codes); i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

static const char *between(iac_arena *arena, iac_str xml, const char *tag)
{
    iac_str open = iac_arena_printf(arena, "<%s>", tag), close = iac_arena_printf(arena, "</%s>", tag);
    size_t from = iac_str_find(xml, open, 0);
    size_t to = from == SIZE_MAX ? SIZE_MAX : iac_str_find(xml, close, from + open.n);
    /* Keys, tokens and times need no decoding. */
    return to == SIZE_MAX ? NULL : iac_arena_cstr(arena, iac_str_trim(iac_str_sub(xml, from + open.n, to)));
}

static bool refused(net_search *s, bool web, const net_aws_error *error)
{
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    net_aws_error_text(&text, "STS", web ? "AssumeRoleWithWebIdentity" : "AssumeRole", is_modelled(error->code), error);
    net_search_fail(s, "%s%s", web ? "failed to retrieve credentials, " : "", text.p);
    iac_buf_clear(&text);
    return false;
}

bool net_assume_role(net_search *s, const net_role *role, const net_keys *by, net_keys *ret)
{
    bool web = role->web_identity_token || role->web_identity_token_file;
    net_aws_line line = s->source->sts;
    net_header type = { IAC_STR("Content-Type"), IAC_STR("application/x-www-form-urlencoded; charset=utf-8") };
    net_request request = { .method = "POST", .headers = &type, .header_count = 1, .max_response = NET_MAX_ANSWER };
    net_response response;
    net_aws_error error;
    iac_buf body;

    line.service = "sts";
    request.url = iac_arena_printf(s->arena, "%s/", s->source->sts_url).p;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    write_body(s, role, web, &body);
    request.body = iac_buf_view(&body);
    bool fine = net_send_retried(&line, &s->call, web ? NULL : by, &request, &response, &error);
    explicit_bzero(body.p, body.n);
    iac_buf_clear(&body);
    if (!fine)
        return refused(s, web, &error);
    *ret = (net_keys){ between(s->arena, response.body, "AccessKeyId"),
                       between(s->arena, response.body, "SecretAccessKey"),
                       between(s->arena, response.body, "SessionToken"),
                       net_parse_time(between(s->arena, response.body, "Expiration")) };
    return (ret->access_key && ret->secret_key) || net_search_fail(s, "the answer of STS holds no credentials");
}

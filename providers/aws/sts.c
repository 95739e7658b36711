/* Assuming roles with STS. */
#include "providers/aws/credentials.h"
#include <string.h>
#include <time.h>

static json_t *string_list(const aws_strings *strings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < strings->n; i++) {
        json_array_append_new(list, json_string(strings->v[i]));
    }
    return list;
}

static void set(json_t *input, const char *name, const char *value)
{
    if (value && value[0]) {
        json_object_set_new(input, name, json_string(value));
    }
}

static json_t *role_input(iacp_call *call, const aws_role *role, bool web_identity)
{
    json_t *input = json_object();
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    set(input, "RoleArn", role->arn);
    set(input, "RoleSessionName", role->session_name ? role->session_name
        : sdk_printf(call, "iac-%lld%03ld", (long long)now.tv_sec, now.tv_nsec / 1000000));
    set(input, "Policy", role->policy);
    if (role->duration_seconds > 0) {
        json_object_set_new(input, "DurationSeconds", json_integer(role->duration_seconds));
    }
    if (role->policy_arns.n) {
        json_t *list = json_array();
        for (size_t i = 0; i < role->policy_arns.n; i++) {
            json_array_append_new(list, json_pack("{s:s}", "arn", role->policy_arns.v[i]));
        }
        json_object_set_new(input, "PolicyArns", list);
    }
    if (web_identity) {
        return input;
    }
    set(input, "ExternalId", role->external_id);
    set(input, "SourceIdentity", role->source_identity);
    if (role->transitive_tag_keys.n) {
        json_object_set_new(input, "TransitiveTagKeys", string_list(&role->transitive_tag_keys));
    }
    if (role->tag_count) {
        json_t *tags = json_array();
        for (size_t i = 0; i < role->tag_count; i++) {
            json_array_append_new(tags, json_pack("{s:s,s:s}", "Key", role->tags[i].key, "Value", role->tags[i].value));
        }
        json_object_set_new(input, "Tags", tags);
    }
    return input;
}

static const char *text_of(iacp_call *call, json_t *answer, const char *path)
{
    const char *s = aws_tree_str(answer, path);

    return sdk_strndup(call, s, strlen(s));
}

bool aws_assume_role(aws_instance *instance, iacp_call *call, const aws_role *role, const aws_keys *by, aws_keys *ret,
                     aws_error *ret_error)
{
    bool web = role->web_identity_token || role->web_identity_token_file;
    aws_request request = { .service = aws_service_find("sts"), .keys = by, .is_unsigned = web };
    iac_arena *arena = iac_arena_new();
    json_t *answer = NULL;
    bool fine = false;

    request.op = aws_op_find(request.service, web ? "AssumeRoleWithWebIdentity" : "AssumeRole");
    request.input = role_input(call, role, web);
    if (web) {
        iac_str token = role->web_identity_token ? iac_str_of(role->web_identity_token)
                                                 : iac_str_trim(aws_read_file(arena, role->web_identity_token_file));
        json_object_set_new(request.input, "WebIdentityToken", json_stringn(token.n ? token.p : "", token.n));
    }
    if (aws_call(instance, call, &request, &answer, ret_error)) {
        *ret = (aws_keys){ text_of(call, answer, "Credentials.AccessKeyId"),
                           text_of(call, answer, "Credentials.SecretAccessKey"),
                           text_of(call, answer, "Credentials.SessionToken"),
                           aws_parse_time(aws_tree_str(answer, "Credentials.Expiration")) };
        fine = true;
    } else {
        ret_error->message = sdk_printf(call, "assuming role %s: %s", role->arn ? role->arn : "",
                                        aws_error_text(call, request.service, request.op, ret_error));
    }
    json_decref(answer);
    json_decref(request.input);
    iac_arena_free(arena);
    return fine;
}

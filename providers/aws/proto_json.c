/* The json 1.0 and 1.1 protocols. */
#include "providers/aws/proto.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAX_DEPTH 64

static json_t *convert(const aws_service *service, const aws_shape *shape, const json_t *value, bool request,
                       const char *token, unsigned depth);

static json_t *convert_struct(const aws_service *service, const aws_shape *shape, const json_t *value, bool request,
                              const char *token, unsigned depth)
{
    json_t *object = json_object();

    for (size_t i = 0; i < shape->count; i++) {
        const aws_member *m = &service->members[shape->first + i];
        const char *wire = request ? m->request : m->answer;
        const char *from = request || !wire ? m->name : wire, *to = request && wire ? wire : m->name;
        const json_t *item = json_object_get(value, from);
        json_t *made = item ? convert(service, &service->shapes[m->shape], item, request, token, depth + 1) : NULL;
        if (!made && request && (m->flags & AWS_TOKEN) && token) {
            made = json_string(token);
        }
        if (made) {
            json_object_set_new(object, to, made);
        }
    }
    return object;
}

/* Times come as seconds since the epoch, or (which is lenient) as text. In memory they are text. */
static json_t *time_of(const json_t *value)
{
    char text[64];
    struct tm parts;
    double seconds = json_number_value(value);

    if (json_is_string(value)) {
        return json_incref((json_t *)value);
    }
    if (!json_is_number(value) || !(fabs(seconds) < 1e12)) {
        return NULL;
    }
    time_t t = (time_t)floor(seconds);
    if (!gmtime_r(&t, &parts) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        return NULL;
    }
    return json_string(text);
}

static json_t *integer_of(const json_t *value)
{
    double n = json_real_value(value);

    if (json_is_integer(value)) {
        return json_incref((json_t *)value);
    }
    return json_is_real(value) && fabs(n) < 9e15 ? json_integer((json_int_t)n) : NULL;
}

/* A value reduced to what its shape knows; NULL when it is of another kind. */
static json_t *convert(const aws_service *service, const aws_shape *shape, const json_t *value, bool request,
                       const char *token, unsigned depth)
{
    json_t *made, *item;
    const char *key;
    size_t i;

    if (depth > MAX_DEPTH || json_is_null(value)) {
        return NULL;
    }
    switch (shape->kind) {
    case AWS_STRUCT:
        return json_is_object(value) ? convert_struct(service, shape, value, request, token, depth) : NULL;
    case AWS_LIST:
        made = json_is_array(value) ? json_array() : NULL;
        json_array_foreach(value, i, item) {
            json_t *one = convert(service, &service->shapes[shape->value], item, request, token, depth + 1);
            if (one) {
                json_array_append_new(made, one);
            }
        }
        return made;
    case AWS_MAP:
        made = json_is_object(value) ? json_object() : NULL;
        json_object_foreach((json_t *)value, key, item) {
            json_t *one = convert(service, &service->shapes[shape->value], item, request, token, depth + 1);
            if (one) {
                json_object_set_new(made, key, one);
            }
        }
        return made;
    case AWS_INTEGER:
        return integer_of(value);
    case AWS_FLOAT:
        return json_is_number(value) ? json_incref((json_t *)value) : NULL;
    case AWS_BOOLEAN:
        return json_is_boolean(value) ? json_incref((json_t *)value) : NULL;
    case AWS_TIMESTAMP:
        return time_of(value);
    default:
        return json_is_string(value) ? json_incref((json_t *)value) : NULL;
    }
}

void aws_json_request(const aws_service *service, const aws_op *op, json_t *input, const char *token, iac_buf *ret)
{
    json_t *given = input ? json_incref(input) : json_object();
    json_t *body = op->input >= 0 ? convert_struct(service, &service->shapes[op->input], given, true, token, 0)
                                  : json_object();
    char *text = json_dumps(body, JSON_COMPACT | JSON_ENSURE_ASCII);

    iac_buf_cstr(ret, text ? text : "{}");
    free(text);
    json_decref(body);
    json_decref(given);
}

json_t *aws_json_answer(const aws_service *service, const aws_op *op, iac_str body)
{
    if (op->output < 0 || body.n == 0) {
        return json_object();
    }
    json_t *text = json_loadb(body.p, body.n, JSON_DECODE_ANY, NULL);
    json_t *answer = json_is_object(text)
        ? convert_struct(service, &service->shapes[op->output], text, false, NULL, 0) : NULL;
    json_decref(text);
    return answer;
}

/* "com.amazon.coral#ThrottlingException:http://..." names ThrottlingException. */
static const char *plain_code(iacp_call *call, iac_str code)
{
    size_t hash = iac_str_find_char(code, '#', 0);
    if (hash != SIZE_MAX) {
        code = iac_str_sub(code, hash + 1, code.n);
    }
    size_t colon = iac_str_find_char(code, ':', 0);
    code = iac_str_sub(code, 0, colon == SIZE_MAX ? code.n : colon);
    return sdk_strndup(call, code.n ? code.p : "", code.n);
}

void aws_json_error(iacp_call *call, const sdk_response *response, aws_api_error *ret)
{
    json_t *body = json_loadb(response->body.p, response->body.n, 0, NULL);
    iac_str code = sdk_response_header(response, "x-amzn-query-error");
    iac_str id = sdk_response_header(response, "x-amzn-requestid");
    static const char *const code_names[] = { "__type", "code", "Code" };
    static const char *const message_names[] = { "message", "Message", "errorMessage" };

    *ret = (aws_api_error){ "", "", "" };
    code = iac_str_sub(code, 0, iac_str_find_char(code, ';', 0));
    if (code.n == 0) {
        code = sdk_response_header(response, "x-amzn-errortype");
    }
    for (size_t i = 0; i < IAC_COUNT(code_names) && code.n == 0; i++) {
        code = iac_str_of(json_string_value(json_object_get(body, code_names[i])));
    }
    ret->code = plain_code(call, code);
    for (size_t i = 0; i < IAC_COUNT(message_names) && !ret->message[0]; i++) {
        const char *text = json_string_value(json_object_get(body, message_names[i]));
        ret->message = text ? sdk_strndup(call, text, strlen(text)) : "";
    }
    if (id.n == 0) {
        id = sdk_response_header(response, "x-amz-request-id");
    }
    ret->request_id = sdk_strndup(call, id.n ? id.p : "", id.n);
    json_decref(body);
}

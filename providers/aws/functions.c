#include "providers/aws/functions.h"
#include <string.h>

const char *const aws_function_names[] = { "arn_build", "arn_parse", "trim_iam_role_path", NULL };

#define ARN_TYPE \
    "[\"object\",{\"account_id\":\"string\",\"partition\":\"string\",\"region\":\"string\",\"resource\":\"string\"," \
    "\"service\":\"string\"}]"
#define PARAMETER(name, about) "{\"name\":\"" name "\",\"description\":\"" about "\",\"type\":\"string\"}"

const char *aws_function_schema(const char *name)
{
    if (strcmp(name, "arn_build") == 0) {
        return "{\"summary\":\"Builds an ARN\",\"description\":\"Joins the parts of an Amazon Resource Name.\","
               "\"return_type\":\"string\",\"parameters\":["
               PARAMETER("partition", "Partition") "," PARAMETER("service", "Service namespace") ","
               PARAMETER("region", "Region code") "," PARAMETER("account_id", "Account ID") ","
               PARAMETER("resource", "Resource section") "]}";
    }
    if (strcmp(name, "arn_parse") == 0) {
        return "{\"summary\":\"Parses an ARN\",\"description\":\"Splits an Amazon Resource Name into its parts.\","
               "\"return_type\":" ARN_TYPE ",\"parameters\":[" PARAMETER("arn", "ARN to parse") "]}";
    }
    if (strcmp(name, "trim_iam_role_path") == 0) {
        return "{\"summary\":\"Trims the path of an IAM role ARN\",\"description\":\"Removes the path from the ARN of "
               "an "
               "IAM role.\",\"return_type\":\"string\",\"parameters\":[" PARAMETER("arn", "IAM role ARN") "]}";
    }
    return NULL;
}

enum { PARTITION, SERVICE, REGION, ACCOUNT, RESOURCE, PART_COUNT };

/* arn:partition:service:region:account:resource; the resource may hold colons. */
static bool split(iac_str arn, iac_str parts[PART_COUNT])
{
    if (!iac_str_starts(arn, IAC_STR("arn:"))) {
        return false;
    }
    arn = iac_str_sub(arn, 4, arn.n);
    for (size_t i = 0; i < RESOURCE; i++) {
        size_t colon = iac_str_find_char(arn, ':', 0);
        if (colon == SIZE_MAX) {
            return false;
        }
        parts[i] = iac_str_sub(arn, 0, colon);
        arn = iac_str_sub(arn, colon + 1, arn.n);
    }
    parts[RESOURCE] = arn;
    return true;
}

static int32_t refuse(iacp_call *call, iacp_function *request, const char *message)
{
    request->ret_error_argument = 1;
    return sdk_error(call, NULL, "Error in function call", "%s", message);
}

static int32_t arn_parse(iacp_call *call, iacp_function *request)
{
    static const char *const names[] = { "account_id", "partition", "region", "resource", "service" };
    static const int order[] = { ACCOUNT, PARTITION, REGION, RESOURCE, SERVICE };
    const iacp_value *values[IAC_COUNT(names)];
    iac_str parts[PART_COUNT];

    if (!split(sdk_str(request->arguments[0]), parts)) {
        return refuse(call, request, "ARN parse failed: arn: not enough sections or invalid prefix");
    }
    for (size_t i = 0; i < IAC_COUNT(names); i++) {
        values[i] = sdk_new_str(call, parts[order[i]]);
    }
    request->ret_result = sdk_host->new_object(call, IAC_COUNT(names), names, values);
    return IACP_OK;
}

static int32_t trim_role_path(iacp_call *call, iacp_function *request)
{
    iac_str parts[PART_COUNT];

    if (!split(sdk_str(request->arguments[0]), parts)) {
        return refuse(call, request, "ARN parse failed: arn: not enough sections or invalid prefix");
    }
    if (!iac_str_is(parts[SERVICE], "iam")) {
        return refuse(call, request, "service must be \"iam\"");
    }
    if (parts[REGION].n) {
        return refuse(call, request, "region must be empty");
    }
    if (!iac_str_starts(parts[RESOURCE], IAC_STR("role/"))) {
        return refuse(call, request, "resource must start with \"role/\"");
    }
    size_t name = parts[RESOURCE].n;
    while (name > 0 && parts[RESOURCE].p[name - 1] != '/') {
        name--;
    }
    iac_str last = iac_str_sub(parts[RESOURCE], name, parts[RESOURCE].n);
    request->ret_result = sdk_new_cstr(call, sdk_printf(call, "arn:%.*s:iam::%.*s:role/%.*s", IAC_FMT(parts[PARTITION]),
                                                        IAC_FMT(parts[ACCOUNT]), IAC_FMT(last)));
    return IACP_OK;
}

int32_t aws_function_call(iacp_call *call, iacp_function *request)
{
    const iacp_value *const *a = request->arguments;

    if (strcmp(request->name, "arn_parse") == 0) {
        return arn_parse(call, request);
    }
    if (strcmp(request->name, "trim_iam_role_path") == 0) {
        return trim_role_path(call, request);
    }
    if (strcmp(request->name, "arn_build") == 0) {
        request->ret_result = sdk_new_cstr(call, sdk_printf(call, "arn:%s:%s:%s:%s:%s", sdk_cstr(a[0], ""),
                                                            sdk_cstr(a[1], ""), sdk_cstr(a[2], ""), sdk_cstr(a[3], ""),
                                                            sdk_cstr(a[4], "")));
        return IACP_OK;
    }
    return sdk_error(call, NULL, "Unknown function", "The provider has no function \"%s\".", request->name);
}

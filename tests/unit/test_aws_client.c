/* Calls of AWS APIs against a scripted server: protocols, errors, retries, and answers that are none. */
#include "tests/unit/aws_harness.h"

#define XML(status, body) "HTTP/1.1 " status "\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n" body
#define JSON(status, body) \
    "HTTP/1.1 " status "\r\nContent-Type: application/x-amz-json-1.1\r\nx-amzn-RequestId: r-9\r\n" \
    "Connection: close\r\n\r\n" body
#define VPC \
    "<?xml version=\"1.0\"?><DescribeVpcsResponse><requestId>r-1</requestId><vpcSet><item><vpcId>vpc-1</vpcId>" \
    "<isDefault>true</isDefault><surprise><x/></surprise><tagSet><item><key>A</key><value>1</value></item></tagSet>" \
    "</item></vpcSet></DescribeVpcsResponse>"

static iacp_call *call;
static aws_instance *instance;
static server *scripted;

static void open_with(const char *const *answers)
{
    clear_environment();
    call = call_new();
    scripted = server_start(answers);
    instance = instance_new(scripted->url);
}

static void close_all(void)
{
    aws_instance_free(instance);
    server_stop(scripted);
    call_free(call);
}

static json_t *ask(const char *service, const char *op, json_t *input, aws_error *error)
{
    aws_request request = { .service = aws_service_find(service), .input = input, .token = "t-1" };
    json_t *answer = NULL;

    request.op = aws_op_find(request.service, op);
    assert_non_null(request.op);
    aws_call(instance, call, &request, &answer, error);
    json_decref(input);
    return answer;
}

static const char *text_of(const char *service, const char *op, const aws_error *error)
{
    const aws_service *s = aws_service_find(service);
    return aws_error_text(call, s, aws_op_find(s, op), error);
}

static void test_aws_client__ec2_request_and_answer(void **state)
{
    (void)state;
    static const char *const answers[] = { XML("200 OK", VPC), NULL };
    aws_error error;

    open_with(answers);
    json_t *answer = ask("ec2", "DescribeVpcs",
                         json_pack("{s:[s,s],s:[{s:s,s:[s]}]}", "VpcIds", "vpc-1", "vpc-2", "Filters", "Name",
                                   "tag:a b", "Values", "x/y"),
                         &error);
    assert_non_null(answer);
    assert_string_equal(aws_tree_str(answer, "Vpcs.0.VpcId"), "vpc-1");
    assert_true(json_is_true(aws_tree_get(answer, "Vpcs.0.IsDefault")));
    assert_string_equal(aws_tree_str(answer, "Vpcs.0.Tags[Key=A].Value"), "1");
    assert_null(aws_tree_get(answer, "Vpcs.0.surprise"));
    const char *asked = scripted->asked[0];
    assert_non_null(strstr(asked, "Action=DescribeVpcs&Version=2016-11-15"));
    assert_non_null(strstr(asked, "&VpcId.1=vpc-1&VpcId.2=vpc-2"));
    assert_non_null(strstr(asked, "&Filter.1.Name=tag%3Aa%20b&Filter.1.Value.1=x%2Fy"));
    assert_non_null(strstr(asked, "/us-east-1/ec2/aws4_request, SignedHeaders=content-type;host;x-amz-date"));
    json_decref(answer);
    close_all();
}

static void test_aws_client__json_request_and_answer(void **state)
{
    (void)state;
    static const char *const answers[] = {
        JSON("200 OK",
             "{\"cluster\":{\"clusterArn\":\"arn:c\",\"status\":7,\"unknown\":[{}],\"runningTasksCount\":3}}"),
        NULL
    };
    aws_error error;

    open_with(answers);
    json_t *answer =
        ask("ecs", "CreateCluster", json_pack("{s:s,s:s}", "clusterName", "a\"b", "nonsense", "x"), &error);
    assert_string_equal(aws_tree_str(answer, "cluster.clusterArn"), "arn:c");
    assert_null(aws_tree_get(answer, "cluster.status")); /* of the wrong kind */
    assert_int_equal(json_integer_value(aws_tree_get(answer, "cluster.runningTasksCount")), 3);
    assert_non_null(strstr(scripted->asked[0], "X-Amz-Target: AmazonEC2ContainerServiceV20141113.CreateCluster"));
    assert_non_null(strstr(scripted->asked[0], "{\"clusterName\":\"a\\\"b\"}"));
    json_decref(answer);
    close_all();
}

static void test_aws_client__errors_carry_code_message_and_request(void **state)
{
    (void)state;
    static const char *const answers[] = {
        XML("400 Bad Request",
            "<Response><Errors><Error><Code>InvalidVpcRange</Code><Message>bad range</Message></Error>"
            "</Errors><RequestID>r-7</RequestID></Response>"),
        JSON("400 Bad Request", "{\"__type\":\"com.amazon#ClientException:http://x\",\"message\":\"no\"}"),
        XML("403 Forbidden", "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message>"
                             "</Error><RequestId>r-8</RequestId></ErrorResponse>"),
        NULL
    };
    aws_error error;

    open_with(answers);
    assert_null(ask("ec2", "CreateVpc", NULL, &error));
    assert_string_equal(
        text_of("ec2", "CreateVpc", &error),
        "operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: r-7, api error "
        "InvalidVpcRange: bad range");
    const aws_service *ec2 = aws_service_find("ec2");
    aws_diagnose(call, ec2, aws_op_find(ec2, "CreateVpc"), &error, "creating EC2 VPC");
    assert_string_equal(call->code, "InvalidVpcRange");
    assert_string_equal(call->request_id, "r-7");
    assert_int_equal(call->status, 400);
    assert_null(ask("ecs", "CreateCluster", NULL, &error));
    assert_string_equal(text_of("ecs", "CreateCluster", &error),
                        "operation error ECS: CreateCluster, https response error StatusCode: 400, RequestID: r-9, "
                        "ClientException: no");
    assert_null(ask("sts", "GetCallerIdentity", NULL, &error));
    assert_string_equal(error.code, "AccessDenied");
    assert_int_equal(error.attempts, 0);
    close_all();
}

static void test_aws_client__throttling_faults_and_cut_connections_are_tried_again(void **state)
{
    (void)state;
    static const char *const answers[] = {
        XML("503 Slow", "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>"), "",
        XML("500 Oops", "not xml"), XML("200 OK", VPC), NULL };
    aws_error error;

    open_with(answers);
    json_t *answer = ask("ec2", "DescribeVpcs", NULL, &error);
    assert_non_null(answer);
    assert_int_equal(scripted->count, 4);
    json_decref(answer);
    close_all();
}

static void test_aws_client__gives_up_after_the_attempts_allowed(void **state)
{
    (void)state;
#define SLOW \
    XML("400 Bad Request", "<Response><Errors><Error><Code>Throttling</Code></Error></Errors></Response>")
    static const char *const answers[] = { SLOW, SLOW, SLOW, SLOW, SLOW, NULL };
    aws_error error;

    open_with(answers);
    assert_null(ask("ec2", "DescribeVpcs", NULL, &error));
    assert_int_equal(scripted->count, 4);
    assert_non_null(strstr(text_of("ec2", "DescribeVpcs", &error), "exceeded maximum number of attempts, 4, "));
    close_all();
}

static void test_aws_client__a_wrong_clock_is_corrected_once(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 403 Forbidden\r\nDate: Tue, 15 Nov 2033 08:12:31 GMT\r\nConnection: close\r\n\r\n"
        "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>",
        XML("200 OK", VPC), NULL };
    aws_error error;

    open_with(answers);
    json_t *answer = ask("ec2", "DescribeVpcs", NULL, &error);
    assert_non_null(answer);
    assert_null(strstr(scripted->asked[0], "X-Amz-Date: 20331115T"));
    assert_non_null(strstr(scripted->asked[1], "X-Amz-Date: 20331115T"));
    json_decref(answer);
    close_all();
}

static void test_aws_client__answers_that_are_none_are_told(void **state)
{
    (void)state;
    static const char *const answers[] = {
        XML("200 OK", "this is no xml"),
        XML("200 OK", "<!DOCTYPE a [<!ENTITY x \"y\">]><DescribeVpcsResponse>&x;</DescribeVpcsResponse>"),
        JSON("200 OK", "[1,2"), JSON("200 OK", "[]"), XML("404 Not Found", "\xff\xfe<<<"), NULL };
    aws_error error;

    open_with(answers);
    for (int i = 0; i < 2; i++) {
        assert_null(ask("ec2", "DescribeVpcs", NULL, &error));
        assert_non_null(strstr(text_of("ec2", "DescribeVpcs", &error), "deserialization failed"));
    }
    for (int i = 0; i < 2; i++) {
        assert_null(ask("ecs", "CreateCluster", NULL, &error));
        assert_non_null(strstr(text_of("ecs", "CreateCluster", &error), "deserialization failed"));
    }
    assert_null(ask("ec2", "DescribeVpcs", NULL, &error));
    assert_int_equal(error.http_status, 404);
    close_all();
}

static void test_aws_client__deep_answers_are_cut(void **state)
{
    (void)state;
    iac_buf xml, json;
    const aws_service *ecs = aws_service_find("ecs"), *ec2 = aws_service_find("ec2");

    iac_buf_init(&xml, IAC_BUF_UNLIMITED);
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    for (int i = 0; i < 5000; i++) {
        iac_buf_cstr(&xml, "<vpcSet><item>");
        iac_buf_cstr(&json, "{\"cluster\":");
    }
    json_decref(aws_xml_answer(ec2, aws_op_find(ec2, "DescribeVpcs"), iac_buf_view(&xml)));
    json_decref(aws_json_answer(ecs, aws_op_find(ecs, "CreateCluster"), iac_buf_view(&json)));
    iac_buf_clear(&xml);
    iac_buf_clear(&json);
}

static void test_aws_client__an_address_where_nobody_listens(void **state)
{
    (void)state;
    aws_error error;

    clear_environment();
    call = call_new();
    instance = instance_new("http://127.0.0.1:1/");
    assert_null(ask("ec2", "DescribeVpcs", NULL, &error));
    assert_int_equal(error.http_status, 0);
    assert_non_null(strstr(text_of("ec2", "DescribeVpcs", &error), "request send failed, "));
    call->cancelled = 1;
    assert_null(ask("ec2", "DescribeVpcs", NULL, &error));
    assert_true(error.cancelled);
    aws_instance_free(instance);
    call_free(call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aws_client__ec2_request_and_answer),
        cmocka_unit_test(test_aws_client__json_request_and_answer),
        cmocka_unit_test(test_aws_client__errors_carry_code_message_and_request),
        cmocka_unit_test(test_aws_client__throttling_faults_and_cut_connections_are_tried_again),
        cmocka_unit_test(test_aws_client__gives_up_after_the_attempts_allowed),
        cmocka_unit_test(test_aws_client__a_wrong_clock_is_corrected_once),
        cmocka_unit_test(test_aws_client__answers_that_are_none_are_told),
        cmocka_unit_test(test_aws_client__deep_answers_are_cut),
        cmocka_unit_test(test_aws_client__an_address_where_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

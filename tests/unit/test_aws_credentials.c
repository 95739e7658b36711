/* Where AWS keys, regions and endpoints come from. */
#include "tests/unit/aws_harness.h"
#include "lang/net/keys_internal.h"

#define STS(op, body) \
    "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n<" op "Response><" op "Result>" body \
    "</" op "Result></" op "Response>"
#define ROLE_KEYS(id) \
    "<Credentials><AccessKeyId>" id "</AccessKeyId><SecretAccessKey>s-" id "</SecretAccessKey><SessionToken>t-" id \
    "</SessionToken><Expiration>2040-01-01T00:00:00Z</Expiration></Credentials>"

static iacp_call *call;
static aws_instance *instance;

static int set_up(void **state)
{
    (void)state;
    clear_environment();
    call = call_new();
    instance = instance_new(NULL);
    instance->access_key = instance->secret_key = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    aws_instance_free(instance);
    call_free(call);
    return 0;
}

static void use_profiles(const char *config, const char *credentials, const char *profile)
{
    instance->profiles.arena = instance->arena;
    aws_profiles_parse(&instance->profiles, iac_str_of(config), true);
    aws_profiles_parse(&instance->profiles, iac_str_of(credentials), false);
    instance->profile = profile;
    instance->profile_named = true;
}

static aws_keys get(void)
{
    aws_keys keys = { 0 };
    net_key_failure failure = { 0 };

    if (!aws_credentials_get(instance, call, &keys, &failure)) {
        fail_msg("%s", failure.error);
    }
    return keys;
}

static const char *get_error(void)
{
    aws_keys keys = { 0 };
    net_key_failure failure = { 0 };

    assert_false(aws_credentials_get(instance, call, &keys, &failure));
    return failure.error;
}

static void test_aws_credentials__arguments_come_before_the_environment(void **state)
{
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "env", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "env-secret", 1);
    setenv("AWS_SESSION_TOKEN", "env-token", 1);
    aws_keys keys = get();
    assert_string_equal(keys.access_key, "env");
    assert_string_equal(keys.token, "env-token");

    aws_instance *other = instance_new(NULL);
    net_key_failure failure;
    assert_true(aws_credentials_get(other, call, &keys, &failure));
    assert_string_equal(keys.access_key, "AKID");
    assert_null(keys.token);
    aws_instance_free(other);
}

static void test_aws_credentials__none_at_all_is_told(void **state)
{
    (void)state;
    assert_non_null(strstr(get_error(), "failed to refresh cached credentials, no EC2 IMDS role found"));
    assert_non_null(strstr(get_error(), "access disabled to EC2 IMDS"));
}

static void test_aws_credentials__files_with_profiles(void **state)
{
    (void)state;
    use_profiles("[default]\nregion = eu-west-1 # here\n[profile dev]\nregion=us-west-2\nservices = local\n"
                 "[services local]\nec2 =\n  endpoint_url = http://127.0.0.1:9\n[sso-session x]\nregion = z\n",
                 "; a remark\n[default]\naws_access_key_id = D\naws_secret_access_key = ds\n\n[dev]\n"
                 "aws_access_key_id=V\naws_secret_access_key=vs\naws_session_token=vt\n", "dev");
    assert_string_equal(aws_profile_get(&instance->profiles, "default", "region"), "eu-west-1");
    assert_string_equal(aws_profile_get(&instance->profiles, "dev", "region"), "us-west-2");
    assert_null(aws_profile_get(&instance->profiles, "x", "region"));
    assert_false(aws_profile_exists(&instance->profiles, "nobody"));
    assert_string_equal(aws_profile_service(&instance->profiles, "local", "ec2", "endpoint_url"), "http://127.0.0.1:9");
    aws_keys keys = get();
    assert_string_equal(keys.access_key, "V");
    assert_string_equal(keys.token, "vt");
}

static void test_aws_credentials__a_process_prints_them(void **state)
{
    (void)state;
    use_profiles("[profile p]\ncredential_process = echo "
                 "'{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"ps\",\"SessionToken\":\"pt\","
                 "\"Expiration\":\"2040-01-01T00:00:00Z\"}'\n[profile bad]\ncredential_process = false\n", "", "p");
    aws_keys keys = get();
    assert_string_equal(keys.access_key, "P");
    assert_int_equal(keys.expires, 2208988800LL);
    net_credentials_expire(instance->credentials, &keys);
    instance->profile = "bad";
    assert_string_equal(get_error(), "credential_process ended with an error");
}

static void test_aws_credentials__roles_follow_source_profiles(void **state)
{
    (void)state;
    static const char *const answers[] = { STS("AssumeRole", ROLE_KEYS("B")), STS("AssumeRole", ROLE_KEYS("A")), NULL };
    server *s = server_start(answers);

    setenv("AWS_ENDPOINT_URL_STS", s->url, 1);
    use_profiles("[profile a]\nrole_arn = arn:a\nsource_profile = b\nexternal_id = e\n"
                 "[profile b]\nrole_arn = arn:b\nsource_profile = base\nduration_seconds = 900\n",
                 "[base]\naws_access_key_id = BASE\naws_secret_access_key = bs\n", "a");
    aws_keys keys = get();
    assert_string_equal(keys.access_key, "A");
    assert_string_equal(keys.token, "t-A");
    assert_int_equal(s->count, 2);
    assert_non_null(strstr(s->asked[0], "RoleArn=arn%3Ab&"));
    assert_non_null(strstr(s->asked[0], "DurationSeconds=900"));
    assert_non_null(strstr(s->asked[0], "Credential=BASE/"));
    assert_non_null(strstr(s->asked[1], "ExternalId=e"));
    assert_non_null(strstr(s->asked[1], "Credential=B/"));
    assert_non_null(strstr(s->asked[1], "X-Amz-Security-Token: t-B"));
    get(); /* kept: no third request */
    assert_int_equal(s->count, 2);
    server_stop(s);
}

static void test_aws_credentials__circles_of_profiles_are_told(void **state)
{
    (void)state;
    use_profiles(
        "[profile a]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\nrole_arn = arn:b\nsource_profile = a\n", "",
        "a");
    assert_string_equal(get_error(), "the source_profile of profile \"b\" leads back to \"a\"");
}

static void test_aws_credentials__web_identity_is_not_signed(void **state)
{
    (void)state;
    static const char *const answers[] = { STS("AssumeRoleWithWebIdentity", ROLE_KEYS("W")), NULL };
    server *s = server_start(answers);
    char file[] = "/tmp/iac-token-XXXXXX";
    int fd = mkstemp(file);

    assert_int_equal(write(fd, "jwt.a.b\n", 8), 8);
    close(fd);
    setenv("AWS_ENDPOINT_URL_STS", s->url, 1);
    setenv("AWS_ROLE_ARN", "arn:w", 1);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file, 1);
    assert_string_equal(get().access_key, "W");
    assert_non_null(strstr(s->asked[0], "WebIdentityToken=jwt.a.b"));
    assert_null(strstr(s->asked[0], "Authorization:"));
    unlink(file);
    server_stop(s);
}

static void test_aws_credentials__container_agent_and_refresh(void **state)
{
    (void)state;
#define AGENT(id, until)                                                                                               \
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"AccessKeyId\":\"" id                                               \
    "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","                                                                    \
    "\"Expiration\":\"" until "\"}"
    static const char *const answers[] = { AGENT("C1", "2001-01-01T00:00:00Z"), AGENT("C2", "2040-01-01T00:00:00Z"),
                                           NULL };
    server *s = server_start(answers);

    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", s->url, 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret-token", 1);
    assert_string_equal(get().access_key, "C1"); /* past its end already: fetched again next time */
    assert_string_equal(get().access_key, "C2");
    assert_string_equal(get().access_key, "C2");
    assert_int_equal(s->count, 2);
    assert_non_null(strstr(s->asked[0], "Authorization: secret-token"));
    server_stop(s);
}

static void test_aws_credentials__container_addresses_elsewhere_are_refused(void **state)
{
    (void)state;
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.20.example.com/x", 1);
    assert_non_null(strstr(get_error(), "not allowed"));
    net_keys keys;
    assert_false(net_keys_from_json(instance->arena, IAC_STR("{\"AccessKeyId\":1}"), &keys));
    assert_false(net_keys_from_json(instance->arena, IAC_STR("[["), &keys));
}

static void test_aws_credentials__instance_metadata_needs_a_token(void **state)
{
    (void)state;
#define TEXT(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body
    static const char *const answers[] = { TEXT("imds-token"), TEXT("my-role\n"),
                                           TEXT("{\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
                                                "\"Expiration\":\"2040-01-01T00:00:00Z\"}"),
                                           NULL };
    server *s = server_start(answers);

    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", s->url, 1);
    assert_string_equal(get().access_key, "I");
    assert_non_null(strstr(s->asked[0], "PUT /latest/api/token"));
    assert_non_null(strstr(s->asked[2], "security-credentials/my-role"));
    assert_non_null(strstr(s->asked[2], "X-aws-ec2-metadata-token: imds-token"));
    server_stop(s);
}

static aws_endpoint endpoint_of(const char *service, const char *region)
{
    aws_endpoint e;

    instance->region = region;
    aws_endpoint_of(instance, call, aws_service_find(service), &e);
    return e;
}

static void test_aws_endpoint__rules_and_overrides(void **state)
{
    (void)state;
    assert_string_equal(endpoint_of("ec2", "eu-west-1").url, "https://ec2.eu-west-1.amazonaws.com");
    assert_string_equal(endpoint_of("ecs", "cn-north-1").url, "https://ecs.cn-north-1.amazonaws.com.cn");
    assert_string_equal(aws_partition_of("us-gov-east-1")->name, "aws-us-gov");
    instance->use_fips = true;
    assert_string_equal(endpoint_of("ec2", "us-east-1").url, "https://ec2-fips.us-east-1.amazonaws.com");
    instance->use_fips = false;
    instance->use_dualstack = true;
    assert_string_equal(endpoint_of("ec2", "us-east-1").url, "https://ec2.us-east-1.api.aws");
    instance->sts_region = "us-west-2";
    assert_string_equal(endpoint_of("sts", "us-east-1").signing_region, "us-west-2");
    instance->sts_region = NULL;
    setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy", 1);
    assert_string_equal(endpoint_of("sts", "eu-west-1").url, "https://sts.amazonaws.com");
    assert_string_equal(endpoint_of("sts", "eu-west-1").signing_region, "us-east-1");

    use_profiles(
        "[profile p]\nservices = s\nendpoint_url = http://all\n[services s]\nec2 =\n  endpoint_url = http://one/\n", "",
        "p");
    assert_string_equal(endpoint_of("ec2", "eu-west-1").url, "http://one");
    assert_string_equal(endpoint_of("ecs", "eu-west-1").url, "http://all");
    setenv("AWS_ENDPOINT_URL", "http://env:1/", 1);
    assert_string_equal(endpoint_of("ec2", "eu-west-1").url, "http://env:1");
    setenv("AWS_ENDPOINT_URL_EC2", "http://env-ec2", 1);
    assert_string_equal(endpoint_of("ec2", "eu-west-1").url, "http://env-ec2");
    iac_map_put(&instance->endpoints, IAC_STR("ec2"), (void *)"http://block");
    assert_string_equal(endpoint_of("ec2", "eu-west-1").url, "http://block");
    assert_string_equal(endpoint_of("ec2", "eu-west-1").signing_region, "eu-west-1");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    instance->use_dualstack = false;
    assert_string_equal(endpoint_of("ecs", "eu-west-1").url, "https://ecs.eu-west-1.amazonaws.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_aws_credentials__arguments_come_before_the_environment),
        TEST(test_aws_credentials__none_at_all_is_told),
        TEST(test_aws_credentials__files_with_profiles),
        TEST(test_aws_credentials__a_process_prints_them),
        TEST(test_aws_credentials__roles_follow_source_profiles),
        TEST(test_aws_credentials__circles_of_profiles_are_told),
        TEST(test_aws_credentials__web_identity_is_not_signed),
        TEST(test_aws_credentials__container_agent_and_refresh),
        TEST(test_aws_credentials__container_addresses_elsewhere_are_refused),
        TEST(test_aws_credentials__instance_metadata_needs_a_token),
        TEST(test_aws_endpoint__rules_and_overrides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

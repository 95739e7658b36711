/* Progress: each event's line for people and its message of the stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/view/view.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const iac_addr addr = { .type = IAC_STR_INIT("aws_vpc"), .name = IAC_STR_INIT("a") };
static const iac_addr data = { .mode = IAC_DATA, .type = IAC_STR_INIT("aws_vpc"), .name = IAC_STR_INIT("d") };

static iac_event event_of(iac_event_kind kind, const iac_addr *of, iac_action action, double elapsed)
{
    return (iac_event){ .kind = kind, .addr = of, .action = (int)action, .id_key = IAC_STR("id"),
                        .id_value = IAC_STR("vpc-1"), .elapsed_seconds = elapsed };
}

static void expect(iac_event event, const char *line)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_view_event_text(&out, &event);
    assert_string_equal(out.p, line);
    iac_buf_clear(&out);
}

static void test_view_progress__tells_people_what_happens(void **unused)
{
    (void)unused;
    expect(event_of(IAC_EVENT_REFRESH_START, &addr, IAC_ACTION_NOOP, 0), "aws_vpc.a: Refreshing state... [id=vpc-1]");
    expect(event_of(IAC_EVENT_REFRESH_DONE, &addr, IAC_ACTION_NOOP, 0), "");
    expect(event_of(IAC_EVENT_READ_START, &data, IAC_ACTION_READ, 0), "data.aws_vpc.d: Reading... [id=vpc-1]");
    expect(event_of(IAC_EVENT_READ_DONE, &data, IAC_ACTION_READ, 0.2),
           "data.aws_vpc.d: Read complete after 0s [id=vpc-1]");
    expect(event_of(IAC_EVENT_APPLY_START, &addr, IAC_ACTION_CREATE, 0), "aws_vpc.a: Creating...");
    expect(event_of(IAC_EVENT_APPLY_START, &addr, IAC_ACTION_UPDATE, 0), "aws_vpc.a: Modifying... [id=vpc-1]");
    expect(event_of(IAC_EVENT_APPLY_PROGRESS, &addr, IAC_ACTION_DELETE, 70),
           "aws_vpc.a: Still destroying... [id=vpc-1, 1m10s elapsed]");
    expect(event_of(IAC_EVENT_APPLY_DONE, &addr, IAC_ACTION_CREATE, 3.4),
           "aws_vpc.a: Creation complete after 3s [id=vpc-1]");
    expect(event_of(IAC_EVENT_APPLY_DONE, &addr, IAC_ACTION_UPDATE, 3601),
           "aws_vpc.a: Modifications complete after 1h0m1s [id=vpc-1]");
    iac_addr lease = { .mode = IAC_EPHEMERAL_RESOURCE, .type = IAC_STR("test_lease"), .name = IAC_STR("l") };
    iac_event opening = { .kind = IAC_EVENT_EPHEMERAL_PROGRESS, .addr = &lease, .action = IAC_EPHEMERAL_OPEN,
                          .elapsed_seconds = 20 };
    expect(opening, "ephemeral.test_lease.l: Still opening... [20s elapsed]");
    iac_event gone = event_of(IAC_EVENT_APPLY_START, &addr, IAC_ACTION_DELETE, 0);
    gone.deposed = IAC_STR("0badcafe");
    expect(gone, "aws_vpc.a (deposed object 0badcafe): Destroying... [id=vpc-1]");
    gone.kind = IAC_EVENT_APPLY_DONE;
    expect(gone, "aws_vpc.a (deposed object 0badcafe): Destruction complete after 0s");
}

static char *stream_of(bool json, bool color, const iac_event *events, size_t n)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    iac_view_progress *progress = iac_view_progress_new(out, &(iac_view_options){ .color = color }, json);
    iac_event_sink sink = iac_view_progress_sink(progress);
    for (size_t i = 0; i < n; i++)
        sink.event(sink.user, &events[i]);
    iac_view_progress_free(progress);
    fclose(out);
    return text;
}

static void test_view_progress__lines_are_bold_on_a_terminal(void **unused)
{
    (void)unused;
    const iac_event event = event_of(IAC_EVENT_APPLY_START, &addr, IAC_ACTION_CREATE, 0);
    char *text = stream_of(false, true, &event, 1);
    assert_string_equal(text, "\033[0m\033[1maws_vpc.a: Creating...\033[0m\n");
    free(text);
}

static void test_view_progress__messages_of_the_stream(void **unused)
{
    (void)unused;
    const iac_event events[] = { event_of(IAC_EVENT_APPLY_DONE, &addr, IAC_ACTION_CREATE, 11.2),
                                 event_of(IAC_EVENT_APPLY_START, &addr, IAC_ACTION_CREATE, 0),
                                 event_of(IAC_EVENT_REFRESH_DONE, &addr, IAC_ACTION_NOOP, 0),
                                 event_of(IAC_EVENT_READ_DONE, &data, IAC_ACTION_READ, 0) };
    static const char resource[] =
        "\"hook\":{\"resource\":{\"addr\":\"aws_vpc.a\",\"module\":\"\",\"resource\":\"aws_vpc.a\",\"implied_provider\":"
        "\"aws\",\"resource_type\":\"aws_vpc\",\"resource_name\":\"a\",\"resource_key\":null}";
    char *text = stream_of(true, true, events, 4);
    assert_non_null(strstr(text, "\"@message\":\"aws_vpc.a: Creation complete after 11s [id=vpc-1]\",\"@module\":"
                                 "\"terraform.ui\",\"@timestamp\":\""));
    assert_non_null(strstr(text, resource));
    assert_non_null(strstr(text, ",\"action\":\"create\",\"id_key\":\"id\",\"id_value\":\"vpc-1\",\"elapsed_seconds\":11},"
                                 "\"type\":\"apply_complete\"}\n"));
    assert_non_null(strstr(text, ",\"action\":\"create\"},\"type\":\"apply_start\"}\n"));
    assert_non_null(strstr(text, "\"@message\":\"aws_vpc.a: Refresh complete [id=vpc-1]\""));
    assert_non_null(strstr(text, "\"id_value\":\"vpc-1\"},\"type\":\"refresh_complete\"}\n"));
    assert_non_null(strstr(text, "\"@message\":\"data.aws_vpc.d: Refresh complete after 0s [id=vpc-1]\""));
    free(text);
}

static void test_view_progress__summaries(void **unused)
{
    (void)unused;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_plan_counts done = { .add = 1, .change = 2, .destroy = 3 };
    iac_view_apply_summary(&out, IAC_PLAN_NORMAL, done, &(iac_view_options){ 0 });
    assert_string_equal(out.p, "\nApply complete! Resources: 1 added, 2 changed, 3 destroyed.\n");
    iac_buf_reset(&out);
    iac_view_apply_summary(&out, IAC_PLAN_DESTROY, done, &(iac_view_options){ 0 });
    assert_string_equal(out.p, "\nDestroy complete! Resources: 3 destroyed.\n");
    iac_buf_reset(&out);
    iac_json_stream_apply_summary(&out, IAC_PLAN_NORMAL, done);
    assert_non_null(strstr(out.p, "\"@message\":\"Apply complete! Resources: 1 added, 2 changed, 3 destroyed.\""));
    assert_non_null(strstr(out.p, "\"changes\":{\"add\":1,\"change\":2,\"import\":0,\"remove\":3,\"operation\":\"apply\"},"
                                  "\"type\":\"change_summary\"}\n"));
    iac_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_progress__tells_people_what_happens),
        cmocka_unit_test(test_view_progress__lines_are_bold_on_a_terminal),
        cmocka_unit_test(test_view_progress__messages_of_the_stream),
        cmocka_unit_test(test_view_progress__summaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

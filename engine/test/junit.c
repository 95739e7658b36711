/* A suite that has run, as JUnit XML. */
#include "engine/test/tester.h"

#include <stdio.h>

static void attribute(iac_buf *out, const char *name, iac_str text)
{
    iac_buf_printf(out, " %s=\"", name);
    iac_buf_markup(out, text, true);
    iac_buf_char(out, '"');
}

/* An end within the text would end the section. */
static void cdata(iac_buf *out, iac_str text)
{
    size_t from = 0, at;

    iac_buf_cstr(out, "<![CDATA[");
    while ((at = iac_str_find(text, IAC_STR("]]>"), from)) != SIZE_MAX) {
        iac_buf_str(out, iac_str_sub(text, from, at));
        iac_buf_cstr(out, "]]]]><![CDATA[>");
        from = at + 3;
    }
    iac_buf_str(out, iac_str_sub(text, from, text.n));
    iac_buf_cstr(out, "]]>");
}

static void diags_text(iac_buf *out, const iac_diags *diags, iac_severity severity)
{
    const iac_view_options plain = { .width = 80 };

    for (size_t i = 0; i < diags->list.n; i++)
        if (diags->list.v[i].severity == severity)
            iac_view_diag(out, &diags->list.v[i], &plain);
}

static void result_element(iac_buf *out, const char *name, iac_str words, const iac_diags *diags)
{
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    diags_text(&text, diags, IAC_ERROR);
    iac_buf_printf(out, "\n      <%s", name);
    attribute(out, "message", words);
    iac_buf_char(out, '>');
    cdata(out, iac_buf_view(&text));
    iac_buf_printf(out, "</%s>", name);
    iac_buf_clear(&text);
}

static void failure(iac_buf *out, const iac_test_run_result *run)
{
    iac_arena *arena = iac_arena_new();
    iac_str first = { 0 };
    size_t failed = 0;

    for (size_t i = 0; i < run->diags.list.n; i++)
        if (run->diags.list.v[i].severity == IAC_ERROR &&
            iac_str_is(run->diags.list.v[i].summary, "Test assertion failed") && failed++ == 0)
            first = run->diags.list.v[i].detail;
    iac_str words = iac_arena_printf(arena, "%zu of %zu assertions failed%s: %.*s", failed, run->config->asserts.n,
                                     failed > 1 ? ", including" : "", IAC_FMT(first));
    result_element(out, "failure", words, &run->diags);
    iac_arena_free(arena);
}

static void skipped(iac_buf *out, const iac_test_file_result *file, size_t index)
{
    iac_arena *arena = iac_arena_new();

    iac_buf_cstr(out, "\n      <skipped");
    for (size_t i = index; i-- > 0;) {
        if (file->runs[i].status != IAC_TEST_ERROR)
            continue;
        attribute(out, "message", IAC_STR("Testcase skipped due to a previous testcase error"));
        iac_buf_char(out, '>');
        cdata(out, iac_arena_printf(arena, "Previous testcase \"%.*s\" ended in error, which caused the remaining "
                                           "tests in the file to be skipped",
                                    IAC_FMT(file->runs[i].config->name)));
        iac_buf_cstr(out, "</skipped>");
        iac_arena_free(arena);
        return;
    }
    attribute(out, "message", IAC_STR("Testcase skipped due to an interrupt"));
    iac_buf_char(out, '>');
    cdata(out, IAC_STR("iac received an interrupt and stopped gracefully. This caused all remaining testcases to be "
                       "skipped"));
    iac_buf_cstr(out, "</skipped>");
    iac_arena_free(arena);
}

static void warnings(iac_buf *out, const iac_diags *diags)
{
    iac_buf text;

    if (diags->list.n == diags->errors)
        return;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    diags_text(&text, diags, IAC_WARNING);
    iac_buf_cstr(out, "\n      <system-err>");
    cdata(out, iac_buf_view(&text));
    iac_buf_cstr(out, "</system-err>");
    iac_buf_clear(&text);
}

static void test_case(iac_buf *out, const iac_test_file_result *file, size_t index)
{
    const iac_test_run_result *run = &file->runs[index];
    size_t start;

    iac_buf_cstr(out, "\n    <testcase");
    attribute(out, "name", run->config->name);
    attribute(out, "classname", file->config->path);
    if (run->executed) {
        char date[32];
        struct tm utc;
        gmtime_r(&run->started.tv_sec, &utc);
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
        iac_buf_printf(out, " time=\"%.9g\" timestamp=\"%s\"", (double)run->nanoseconds / 1e9, date);
    }
    iac_buf_char(out, '>');
    start = out->n;
    if (run->status == IAC_TEST_SKIP)
        skipped(out, file, index);
    else if (run->status == IAC_TEST_FAIL)
        failure(out, run);
    else if (run->status == IAC_TEST_ERROR)
        result_element(out, "error", IAC_STR("Encountered an error"), &run->diags);
    warnings(out, &run->diags);
    iac_buf_cstr(out, out->n == start ? "</testcase>" : "\n    </testcase>");
}

void iac_test_junit(iac_buf *out, const iac_test_suite *suite)
{
    iac_buf_cstr(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuites>");
    for (size_t i = 0; i < suite->file_count; i++) {
        const iac_test_file_result *file = &suite->files[i];
        size_t counts[IAC_TEST_ERROR + 1] = { 0 };
        for (size_t k = 0; k < file->config->run_count; k++)
            counts[file->runs[k].status]++;
        iac_buf_cstr(out, "\n  <testsuite");
        attribute(out, "name", file->config->path);
        iac_buf_printf(out, " tests=\"%zu\" skipped=\"%zu\" failures=\"%zu\" errors=\"%zu\">", file->config->run_count,
                       counts[IAC_TEST_SKIP], counts[IAC_TEST_FAIL], counts[IAC_TEST_ERROR]);
        for (size_t k = 0; k < file->config->run_count; k++)
            test_case(out, file, k);
        iac_buf_cstr(out, file->config->run_count ? "\n  </testsuite>" : "</testsuite>");
    }
    iac_buf_cstr(out, suite->file_count ? "\n</testsuites>" : "</testsuites>");
}

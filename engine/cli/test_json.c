/* engine/cli/test_json.c - tests told to programs. */
#include "engine/cli/test_print.h"

#include "lang/value/json.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct message {
    iac_buf out;
    iac_str file, run;
} message;

static void begin(message *m, const char *level, const iac_test_file_result *file, const iac_test_run_result *run,
                  const char *format, ...) IAC_PRINTF(5, 6);

static void begin(message *m, const char *level, const iac_test_file_result *file, const iac_test_run_result *run,
                  const char *format, ...)
{
    iac_arena *arena = iac_arena_new();
    va_list args;

    *m = (message){ .file = file ? file->config->path : (iac_str){ 0 }, .run = run ? run->config->name
                                                                                    : (iac_str){ 0 } };
    iac_buf_init(&m->out, IAC_BUF_UNLIMITED);
    va_start(args, format);
    iac_str text = iac_arena_vprintf(arena, format, args);
    va_end(args);
    iac_json_stream_begin(&m->out, level, text, m->file, m->run);
    iac_arena_free(arena);
}

static void put(const iac_buf *out)
{
    fwrite(out->p, 1, out->n, stdout);
    fflush(stdout);
}

static void finish(message *m, const char *type)
{
    iac_json_stream_finish(&m->out, type);
    put(&m->out);
    iac_buf_clear(&m->out);
}

static void member(message *m, const char *name, iac_str text)
{
    iac_buf_printf(&m->out, "\"%s\":", name);
    iac_json_string(&m->out, text, false);
}

static void show_diags(iac_cli *cli, const iac_test_file_result *file, const iac_test_run_result *run,
                       iac_diags *diags)
{
    iac_buf out;

    iac_test_name_blocks(cli, diags);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_json_stream_test_diags(&out, diags, file->config->path, run ? run->config->name : (iac_str){ 0 });
    put(&out);
    iac_buf_clear(&out);
}

static void abstract(void *user, const iac_test_suite *suite)
{
    size_t runs = 0;
    message m;

    (void)user;
    for (size_t i = 0; i < suite->file_count; i++)
        runs += suite->files[i].config->run_count;
    begin(&m, "info", NULL, NULL, "Found %zu file%s and %zu run block%s", suite->file_count,
          suite->file_count == 1 ? "" : "s", runs, runs == 1 ? "" : "s");
    iac_buf_cstr(&m.out, ",\"test_abstract\":{");
    for (size_t i = 0; i < suite->file_count; i++) {
        const iac_test_file *file = suite->files[i].config;
        if (i)
            iac_buf_char(&m.out, ',');
        iac_json_string(&m.out, file->path, false);
        iac_buf_cstr(&m.out, file->run_count ? ":[" : ":null");
        for (size_t k = 0; k < file->run_count; k++) {
            if (k)
                iac_buf_char(&m.out, ',');
            iac_json_string(&m.out, file->runs[k].name, false);
        }
        if (file->run_count)
            iac_buf_char(&m.out, ']');
    }
    iac_buf_char(&m.out, '}');
    finish(&m, "test_abstract");
}

static const char *word(iac_test_status status)
{
    return status == IAC_TEST_ERROR ? "fail" : iac_test_status_name(status);
}

static const char *progress_name(iac_test_progress progress)
{
    static const char *const names[] = { "starting", "running", "teardown", "complete" };
    return names[progress];
}

static const char *progress_word(iac_test_progress progress, iac_test_status status)
{
    return progress == IAC_TEST_COMPLETE   ? word(status)
           : progress == IAC_TEST_TEARDOWN ? "tearing down"
                                           : "in progress";
}

static void file_message(void *user, iac_test_file_result *file, iac_test_progress progress)
{
    message m;

    begin(&m, "info", file, NULL, "%.*s... %s", IAC_FMT(file->config->path), progress_word(progress, file->status));
    iac_buf_cstr(&m.out, ",\"test_file\":{");
    member(&m, "path", m.file);
    iac_buf_printf(&m.out, ",\"progress\":\"%s\"", progress_name(progress));
    if (progress == IAC_TEST_COMPLETE)
        iac_buf_printf(&m.out, ",\"status\":\"%s\"", iac_test_status_name(file->status));
    iac_buf_char(&m.out, '}');
    finish(&m, "test_file");
    if (progress == IAC_TEST_COMPLETE)
        show_diags(user, file, NULL, &file->diags);
}

static void show_details(iac_cli *cli, const iac_test_file_result *file, const iac_test_run_result *run)
{
    message m;

    if (!run->plan && !run->state)
        return;
    begin(&m, "info", file, run, "-verbose flag enabled, printing %s", run->plan ? "plan" : "state");
    iac_buf_printf(&m.out, ",\"test_%s\":{", run->plan ? "plan" : "state");
    if (run->plan)
        iac_json_test_plan(&m.out, run->plan);
    else
        iac_json_test_state(&m.out, run->state, iac_cli_schemas(cli));
    iac_buf_cstr(&m.out, ",\"provider_format_version\":\"1.0\",\"provider_schemas\":");
    if (iac_cli_write_schemas(cli, run->module, &m.out) != IAC_OK)
        iac_cli_report(cli);
    iac_buf_char(&m.out, '}');
    finish(&m, run->plan ? "test_plan" : "test_state");
}

static void run_message(void *user, iac_test_file_result *file, iac_test_run_result *run, iac_test_progress progress,
                        int64_t elapsed_ms)
{
    message m;

    begin(&m, "info", file, run, "  \"%.*s\"... %s", IAC_FMT(run->config->name), progress_word(progress, run->status));
    iac_buf_cstr(&m.out, ",\"test_run\":{");
    member(&m, "path", m.file);
    iac_buf_char(&m.out, ',');
    member(&m, "run", m.run);
    iac_buf_printf(&m.out, ",\"progress\":\"%s\"", progress_name(progress));
    if (progress == IAC_TEST_COMPLETE)
        iac_buf_printf(&m.out, ",\"status\":\"%s\"}", iac_test_status_name(run->status));
    else
        iac_buf_printf(&m.out, ",\"elapsed\":%" PRId64 "}", elapsed_ms);
    finish(&m, "test_run");
    if (progress != IAC_TEST_COMPLETE)
        return;
    show_details(user, file, run);
    show_diags(user, file, run, &run->diags);
}

static void failed_resources(message *m, const iac_state *left)
{
    iac_arena *arena = iac_arena_new();
    bool any = false;

    iac_buf_char(&m->out, '[');
    for (size_t i = 0; i < left->instance_count; i++) {
        const iac_state_instance *instance = &left->instances[i];
        for (size_t k = 0; instance->addr.mode == IAC_MANAGED && k <= instance->deposed_count; k++) {
            if (k == 0 && !instance->current)
                continue;
            iac_buf_cstr(&m->out, any ? ",{" : "{");
            any = true;
            member(m, "instance", iac_addr_text(arena, instance->addr));
            if (k > 0) {
                iac_buf_char(&m->out, ',');
                member(m, "deposed_key", instance->deposed[k - 1]->deposed);
            }
            iac_buf_char(&m->out, '}');
        }
    }
    iac_buf_char(&m->out, ']');
    iac_arena_free(arena);
}

static void destroyed(void *user, iac_test_file_result *file, const iac_test_run_result *run, iac_diags *diags,
                      const iac_state *left)
{
    message m;

    if (iac_test_has_managed(left)) {
        begin(&m, "error", file, run,
              "iac left some resources in state after executing %.*s/%.*s, they need to be cleaned up manually.",
              IAC_FMT(file->config->path), IAC_FMT(run->config->name));
        iac_buf_cstr(&m.out, ",\"test_cleanup\":{\"failed_resources\":");
        failed_resources(&m, left);
        iac_buf_char(&m.out, '}');
        finish(&m, "test_cleanup");
    }
    show_diags(user, file, run, diags);
}

/* In the state that the module under test has by default, or in those of other modules and keys. */
static bool is_apart(const iac_test_remains *remains)
{
    return remains->run->config->call || remains->run->config->state_key_set;
}

static void write_remains(message *m, const iac_test_remains *remains, size_t n, const char **comma)
{
    bool any = false;

    for (size_t i = 0; i < n; i++)
        if (!is_apart(&remains[i]) && iac_test_has_managed(remains[i].state)) {
            iac_buf_cstr(&m->out, "\"state\":");
            failed_resources(m, remains[i].state);
            *comma = ",";
        }
    for (size_t i = 0; i < n; i++) {
        if (!is_apart(&remains[i]) || !iac_test_has_managed(remains[i].state))
            continue;
        iac_buf_printf(&m->out, "%s%s", *comma, any ? "" : "\"states\":{");
        any = true;
        *comma = ",";
        iac_json_string(&m->out, remains[i].run->config->name, false);
        iac_buf_char(&m->out, ':');
        failed_resources(m, remains[i].state);
    }
    if (any)
        iac_buf_char(&m->out, '}');
}

static void write_planned(message *m, const iac_plan *plan, const char *comma)
{
    iac_arena *arena = iac_arena_new();
    bool any = false;

    for (size_t i = 0; i < plan->change_count; i++) {
        if (plan->changes[i].action != IAC_ACTION_CREATE)
            continue;
        iac_buf_printf(&m->out, "%s", any ? "," : comma);
        if (!any)
            iac_buf_cstr(&m->out, "\"planned\":[");
        any = true;
        iac_json_string(&m->out, iac_addr_text(arena, plan->changes[i].addr), false);
    }
    if (any)
        iac_buf_char(&m->out, ']');
    iac_arena_free(arena);
}

static void cancelled(void *user, iac_test_file_result *file, const iac_test_run_result *run,
                      const iac_test_remains *remains, size_t n, const iac_plan *plan)
{
    const char *comma = "";
    message m;

    (void)user;
    begin(&m, "error", file, run,
          "iac was interrupted during test execution, and may not have performed the expected cleanup operations.");
    iac_buf_cstr(&m.out, ",\"test_interrupt\":{");
    write_remains(&m, remains, n, &comma);
    if (run && plan)
        write_planned(&m, plan, comma);
    iac_buf_char(&m.out, '}');
    finish(&m, "test_interrupt");
}

static void conclusion(void *user, const iac_test_suite *suite)
{
    size_t counts[IAC_TEST_ERROR + 1] = { 0 };
    char skipped[48] = "";
    message m;

    (void)user;
    for (size_t i = 0; i < suite->file_count; i++)
        for (size_t k = 0; k < suite->files[i].config->run_count; k++)
            counts[suite->files[i].runs[k].status]++;
    if (counts[IAC_TEST_SKIP])
        snprintf(skipped, sizeof(skipped), ", %zu skipped", counts[IAC_TEST_SKIP]);
    if (suite->status <= IAC_TEST_SKIP)
        begin(&m, "info", NULL, NULL, "Executed 0 tests%s.", skipped);
    else
        begin(&m, "info", NULL, NULL, "%s %zu passed, %zu failed%s.",
              suite->status == IAC_TEST_PASS ? "Success!" : "Failure!", counts[IAC_TEST_PASS],
              counts[IAC_TEST_FAIL] + counts[IAC_TEST_ERROR], skipped);
    iac_buf_printf(&m.out,
                   ",\"test_summary\":{\"status\":\"%s\",\"passed\":%zu,\"failed\":%zu,\"errored\":%zu,"
                   "\"skipped\":%zu}",
                   iac_test_status_name(suite->status), counts[IAC_TEST_PASS], counts[IAC_TEST_FAIL],
                   counts[IAC_TEST_ERROR], counts[IAC_TEST_SKIP]);
    finish(&m, "test_summary");
}

iac_test_receiver iac_test_json_receiver(iac_cli *cli)
{
    return (iac_test_receiver){ cli, abstract, file_message, run_message, destroyed, cancelled, conclusion };
}

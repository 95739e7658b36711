/* engine/cli/test_text.c - tests told to people. */
#include "engine/cli/test_print.h"
#include "engine/view/style.h"

#include <stdio.h>

static void put(const iac_buf *out, FILE *to)
{
    fwrite(out->p, 1, out->n, to);
    fflush(to);
}

static void show_diags(iac_cli *cli, iac_diags *diags)
{
    iac_buf out;

    if (!diags->list.n)
        return;
    iac_test_name_blocks(cli, diags);
    iac_diags_sort(diags);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_view_diags(&out, diags, IAC_WARNING, &cli->out_view);
    put(&out, stdout);
    iac_buf_reset(&out);
    iac_view_diags(&out, diags, IAC_ERROR, &cli->err_view);
    put(&out, stderr);
    iac_buf_clear(&out);
}

static const char *colored(iac_test_status status, bool color)
{
    static const char *const plain[] = { "pending", "skip", "pass", "fail", "fail" };
    static const char *const bright[] = { "pending", "\033[90mskip\033[0m", "\033[32mpass\033[0m",
                                          "\033[31mfail\033[0m", "\033[31mfail\033[0m" };
    return color ? bright[status] : plain[status];
}

static void abstract(void *user, const iac_test_suite *suite)
{
    (void)user;
    (void)suite;
}

static void file_line(void *user, iac_test_file_result *file, iac_test_progress progress)
{
    iac_cli *cli = user;
    const char *gray = cli->out_view.color ? "\033[90m" : "", *reset = cli->out_view.color ? "\033[0m" : "";

    printf("%.*s... ", IAC_FMT(file->config->path));
    if (progress == IAC_TEST_COMPLETE)
        printf("%s\n", colored(file->status, cli->out_view.color));
    else
        printf("%s%s%s\n", gray, progress == IAC_TEST_TEARDOWN ? "tearing down" : "in progress", reset);
    fflush(stdout);
    if (progress == IAC_TEST_COMPLETE)
        show_diags(cli, &file->diags);
}

/* -verbose: what was planned, or what there is now. */
static void show_details(iac_cli *cli, const iac_test_run_result *run)
{
    iac_buf out;

    if (!run->plan && !run->state)
        return;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_char(&out, '\n');
    if (run->plan)
        iac_view_plan(&out, run->plan, &cli->out_view);
    else
        iac_view_state(&out, run->state, iac_cli_schemas(cli), &cli->out_view);
    iac_buf_char(&out, '\n');
    put(&out, stdout);
    iac_buf_clear(&out);
}

static void run_line(void *user, iac_test_file_result *file, iac_test_run_result *run, iac_test_progress progress,
                     int64_t elapsed_ms)
{
    iac_cli *cli = user;

    (void)file;
    (void)elapsed_ms;
    if (progress != IAC_TEST_COMPLETE)
        return;
    iac_buf name;
    iac_buf_init(&name, IAC_BUF_UNLIMITED);
    iac_eval_print(&name, &(iac_value){ .kind = IAC_STRING, .state = IAC_KNOWN, .string = run->config->name });
    printf("  run %.*s... %s\n", (int)name.n, name.p, colored(run->status, cli->out_view.color));
    iac_buf_clear(&name);
    fflush(stdout);
    show_details(cli, run);
    bool warned = run->diags.list.n > run->diags.errors;
    show_diags(cli, &run->diags);
    if (warned)
        printf("\n");
    fflush(stdout);
}

/* A sentence for the user about what went wrong, on the error stream. */
static void complain(iac_cli *cli, iac_str text)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_wrap(&out, text, iac_view_width(&cli->err_view));
    put(&out, stderr);
    iac_buf_clear(&out);
}

static void list_left(const iac_state *left)
{
    iac_arena *arena = iac_arena_new();

    for (size_t i = 0; i < left->instance_count; i++) {
        const iac_state_instance *instance = &left->instances[i];
        iac_str address = iac_addr_text(arena, instance->addr);
        if (instance->addr.mode != IAC_MANAGED)
            continue;
        if (instance->current)
            fprintf(stderr, "  - %.*s\n", IAC_FMT(address));
        for (size_t k = 0; k < instance->deposed_count; k++)
            fprintf(stderr, "  - %.*s (%.*s)\n", IAC_FMT(address), IAC_FMT(instance->deposed[k]->deposed));
    }
    fflush(stderr);
    iac_arena_free(arena);
}

bool iac_test_has_managed(const iac_state *state)
{
    for (size_t i = 0; state && i < state->instance_count; i++)
        if (state->instances[i].addr.mode == IAC_MANAGED)
            return true;
    return false;
}

static void destroyed(void *user, iac_test_file_result *file, const iac_test_run_result *run, iac_diags *diags,
                      const iac_state *left)
{
    iac_cli *cli = user;
    iac_arena *arena = iac_arena_new();
    iac_str path = file->config->path, name = run->config->name;

    if (diags->errors)
        complain(cli,
                 iac_arena_printf(arena, "iac encountered an error destroying resources created while executing "
                                         "%.*s/%.*s.\n", IAC_FMT(path), IAC_FMT(name)));
    show_diags(cli, diags);
    if (iac_test_has_managed(left)) {
        complain(cli,
                 iac_arena_printf(arena, "\niac left the following resources in state after executing %.*s/%.*s, and "
                                         "they need to be cleaned up manually:\n", IAC_FMT(path), IAC_FMT(name)));
        list_left(left);
    }
    iac_arena_free(arena);
}

/* "from the module under test", or from another one */
static iac_str origin(iac_arena *arena, const iac_test_run_result *run, bool named)
{
    iac_str name = run->config->name;

    if (run->config->call)
        return iac_arena_printf(arena, "for \"%.*s\" from \"%.*s\"", IAC_FMT(name),
                                IAC_FMT(run->config->call->source));
    return named ? iac_arena_printf(arena, "for \"%.*s\" from the module under test", IAC_FMT(name))
                 : IAC_STR("from the module under test");
}

static void list_planned(iac_cli *cli, iac_arena *arena, const iac_test_run_result *run, const iac_plan *plan)
{
    bool any = false;

    for (size_t i = 0; i < plan->change_count; i++) {
        if (plan->changes[i].action != IAC_ACTION_CREATE)
            continue;
        if (!any)
            complain(cli, iac_arena_printf(arena, "\niac was in the process of creating the following resources %.*s, and "
                                                  "they may not have been destroyed:\n",
                                           IAC_FMT(origin(arena, run, true))));
        any = true;
        fprintf(stderr, "  - %.*s\n", IAC_FMT(iac_addr_text(arena, plan->changes[i].addr)));
    }
    fflush(stderr);
}

static void cancelled(void *user, iac_test_file_result *file, const iac_test_run_result *run,
                      const iac_test_remains *remains, size_t n, const iac_plan *plan)
{
    iac_cli *cli = user;
    iac_arena *arena = iac_arena_new();

    complain(cli, iac_arena_printf(arena, "\niac was interrupted while executing %.*s, and may not have performed the "
                                          "expected cleanup operations.\n", IAC_FMT(file->config->path)));
    for (size_t i = 0; i < n; i++) {
        if (!iac_test_has_managed(remains[i].state))
            continue;
        complain(cli, iac_arena_printf(arena, "\niac has already created the following resources %.*s:\n",
                                       IAC_FMT(origin(arena, remains[i].run, false))));
        list_left(remains[i].state);
    }
    if (run && plan)
        list_planned(cli, arena, run, plan);
    iac_arena_free(arena);
}

static void conclusion(void *user, const iac_test_suite *suite)
{
    iac_cli *cli = user;
    size_t counts[IAC_TEST_ERROR + 1] = { 0 };

    for (size_t i = 0; i < suite->file_count; i++)
        for (size_t k = 0; k < suite->files[i].config->run_count; k++)
            counts[suite->files[i].runs[k].status]++;
    if (suite->status <= IAC_TEST_SKIP) {
        printf("\nExecuted 0 tests");
    } else {
        bool pass = suite->status == IAC_TEST_PASS;
        const char *start = !cli->out_view.color ? "" : pass ? "\033[32m" : "\033[31m";
        printf("\n%s%s%s %zu passed, %zu failed", start, pass ? "Success!" : "Failure!",
               cli->out_view.color ? "\033[0m" : "", counts[IAC_TEST_PASS], counts[IAC_TEST_FAIL] + counts[IAC_TEST_ERROR]);
    }
    if (counts[IAC_TEST_SKIP])
        printf(", %zu skipped", counts[IAC_TEST_SKIP]);
    printf(".\n");
    fflush(stdout);
}

iac_test_receiver iac_test_text_receiver(iac_cli *cli)
{
    return (iac_test_receiver){ cli, abstract, file_line, run_line, destroyed, cancelled, conclusion };
}

/* engine/cli/cmd_test.c - the test command. */
#include "engine/cli/cli.h"
#include "engine/cli/lockfile.h"
#include "engine/cli/test_print.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const iac_option options[] = {
    { "cloud-run", IAC_OPTION_UNSUPPORTED, 0, "=source", "Tests run here: there is no remote service for them." },
    { "compact-warnings", IAC_OPTION_BOOL, offsetof(iac_args, compact_warnings), NULL,
      "Show warnings that come without errors as a list of their first lines." },
    { "filter", IAC_OPTION_WORDS, offsetof(iac_args, filters), "=testfile",
      "Run only this test file. May be given several times." },
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print messages of JSON, a line each." },
    { "junit-xml", IAC_OPTION_TEXT, offsetof(iac_args, junit), "=path", "Save the results as JUnit XML to this file." },
    { "parallelism", IAC_OPTION_INTEGER, offsetof(iac_args, parallelism), "=n",
      "How many operations may run at once. Default: 10." },
    { "test-directory", IAC_OPTION_TEXT, offsetof(iac_args, test_directory), "=path",
      "Where test files are, beside the configuration's own folder. Default: tests." },
    { "verbose", IAC_OPTION_BOOL, offsetof(iac_args, verbose), NULL,
      "Print the plan or the state of each run block as it ends." },
};
static const iac_option_group test_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &test_group, &iac_options_vars, &iac_options_common, NULL };

void iac_test_name_blocks(iac_cli *cli, iac_diags *diags)
{
    iac_diags own = cli->diags;

    cli->diags = *diags;
    iac_cli_name_blocks(cli);
    *diags = cli->diags;
    cli->diags = own;
}

/* Only the files that -filter names. */
static size_t filter_files(iac_cli *cli, const iac_test_file **files, size_t count)
{
    iac_test_file *kept = iac_arena_array(cli->arena, iac_test_file, count);
    size_t n = 0;

    if (!cli->args.filters.n)
        return count;
    for (size_t i = 0; i < count; i++) {
        bool wanted = false;
        for (size_t k = 0; k < cli->args.filters.n; k++)
            wanted = wanted || iac_str_is((*files)[i].path, cli->args.filters.v[k]);
        if (wanted)
            kept[n++] = (*files)[i];
    }
    *files = kept;
    return n;
}

static void save_junit(iac_cli *cli, const iac_test_suite *suite)
{
    FILE *file = fopen(cli->args.junit, "w");
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_test_junit(&out, suite);
    bool failed = !file || fwrite(out.p, 1, out.n, file) != out.n;
    if (file && fclose(file) != 0)
        failed = true;
    if (failed)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "error writing JUnit XML to file", "open %s: %s", cli->args.junit,
                       strerror(errno));
    iac_buf_clear(&out);
}

static int run_suite(iac_cli *cli, iac_test_options *test)
{
    iac_test_suite suite;

    test->receiver = cli->stream ? iac_test_json_receiver(cli) : iac_test_text_receiver(cli);
    iac_status status = iac_test_suite_run(test, &suite, &cli->diags);
    if (status == IAC_OK && cli->args.junit && atomic_load(test->stop) < 2)
        save_junit(cli, &suite);
    bool passed = status == IAC_OK && suite.status <= IAC_TEST_PASS;
    iac_test_suite_clear(&suite);
    return passed ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

static int run(iac_cli *cli)
{
    const char *test_dir = cli->args.test_directory ? cli->args.test_directory : "tests";
    const iac_test_file *files = NULL;
    iac_variable_values of_tests = { 0 };
    size_t count = 0;

    iac_cli_begin_stream(cli);
    iac_status status = iac_cli_read_config(cli, true);
    if (iac_cli_read_tests(cli, &files, &count) != IAC_OK || iac_lock_file_readable(cli) != IAC_OK)
        status = IAC_ERR;
    if (status == IAC_OK)
        status = iac_cli_encryption(cli, cli->config); /* of states that are read */
    if (status == IAC_OK && iac_cli_gather_variables(cli) == IAC_OK)
        status = iac_tfvars_of_dir(cli->arena, test_dir, &of_tests, &cli->diags);
    if (!cli->stream)
        iac_diags_sort(&cli->diags);
    if (status != IAC_OK || iac_diags_has_errors(&cli->diags)) {
        iac_vec_clear(&of_tests);
        return IAC_EXIT_ERROR;
    }
    iac_cli_report(cli);
    iac_cli_run running = { cli, NULL };
    if (!cli->stream)
        iac_signals_tell_on(STDERR_FILENO);
    iac_test_options test = {
        .arena = cli->arena,
        .config = cli->config,
        .data_dir = iac_cli_data_dir(),
        .files = files,
        .test_dir = test_dir,
        .globals = &cli->given,
        .test_globals = &of_tests,
        .host = iac_cli_host(cli),
        .remote_crypts = &cli->remote_crypts,
        .cwd = iac_str_of(cli->started_in),
        .parallelism = (unsigned)cli->args.parallelism,
        .verbose = cli->args.verbose,
        .stop = iac_signals_watch(cli->stream),
        .cancel = iac_signals_insisted(),
        .abandon = iac_cli_abandon,
        .abandon_arg = &running,
    };
    test.file_count = filter_files(cli, &test.files, count);
    int exit_status = run_suite(cli, &test);
    iac_vec_clear(&of_tests);
    return exit_status;
}

const iac_command iac_cmd_test = {
    .name = "test",
    .summary = "Execute integration tests for the configuration",
    .usage = "[options]",
    .description = "Runs the test files (*.tftest.hcl, *.tftest.json) of the working directory and of its folder of "
                   "tests: each run block plans or applies the configuration, then its assertions are looked at. What "
                   "was made is destroyed at the end of each file; what could not be destroyed is listed. The "
                   "project's own state is not touched.",
    .groups = groups,
    .max_positional = SIZE_MAX,
    .run = run,
};

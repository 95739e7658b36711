/* engine/test/test.h - runs test files: each run block plans or applies the module under test with a state that stays in
 * memory, its assertions are looked at, and in the end everything is destroyed. Layer: engine/test (sees all of the
 * engine but the command line). Results are told to a receiver as they come. */
#ifndef IAC_TEST_TEST_H
#define IAC_TEST_TEST_H
#include "engine/host/host.h"
#include "engine/plan/plan.h"
#include "engine/view/view.h"
#include "lang/config/test_file.h"
#include "state/crypt.h"
#include <stdatomic.h>
#include <time.h>

typedef enum iac_test_status { /* the worse one wins */
    IAC_TEST_PENDING,
    IAC_TEST_SKIP,
    IAC_TEST_PASS,
    IAC_TEST_FAIL,  /* an assertion does not hold */
    IAC_TEST_ERROR, /* something else went wrong */
} iac_test_status;

typedef enum iac_test_progress {
    IAC_TEST_STARTING,
    IAC_TEST_RUNNING,
    IAC_TEST_TEARDOWN,
    IAC_TEST_COMPLETE,
} iac_test_progress;

typedef struct iac_test_run_result {
    const iac_test_run *config;
    iac_test_status status;
    iac_diags diags;
    /* Of -verbose: the plan of a run that plans, the state of one that applies; NULL where there is none. */
    const iac_plan *plan;
    const iac_state *state;
    const iac_config *module; /* what was tested */
    bool executed;
    struct timespec started;
    int64_t nanoseconds;
} iac_test_run_result;

typedef struct iac_test_file_result {
    const iac_test_file *config;
    iac_test_status status;
    iac_diags diags;
    iac_test_run_result *runs; /* as config->runs */
} iac_test_file_result;

typedef struct iac_test_suite {
    iac_test_file_result *files;
    size_t file_count;
    iac_test_status status;
} iac_test_suite;

typedef struct iac_test_remains { /* what there is in one state */
    const iac_test_run_result *run; /* the last that changed it */
    const iac_state *state;
} iac_test_remains;

/* Receives what happens. Diagnostics may be changed (their blocks be named), and no more. */
typedef struct iac_test_receiver {
    void *user;
    void (*abstract)(void *user, const iac_test_suite *suite);
    void (*file)(void *user, iac_test_file_result *file, iac_test_progress progress);
    void (*run)(void *user, iac_test_file_result *file, iac_test_run_result *run, iac_test_progress progress,
                int64_t elapsed_ms);
    /* The end of destroying what `run` was the last to change; left: what is still there. */
    void (*destroyed)(void *user, iac_test_file_result *file, const iac_test_run_result *run, iac_diags *diags,
                      const iac_state *left);
    /* Cancelled while `run` (NULL: none) was under way: what the states held before it, and the plan that it was
     * carrying out (NULL: none). */
    void (*cancelled)(void *user, iac_test_file_result *file, const iac_test_run_result *run,
                      const iac_test_remains *remains, size_t n, const iac_plan *plan);
    void (*conclusion)(void *user, const iac_test_suite *suite);
} iac_test_receiver;

typedef struct iac_test_options {
    iac_arena *arena;         /* for everything that results refer to */
    const iac_config *config; /* of the root module; read, not checked */
    const char *data_dir;     /* of installed modules; may be NULL */
    const iac_test_file *files;
    size_t file_count;
    const char *test_dir;     /* files directly in it see test_globals too */
    const iac_variable_values *globals, *test_globals;
    iac_host *host;
    const iac_remote_crypts *remote_crypts; /* of terraform_remote_state; may be NULL */
    iac_str cwd;
    unsigned parallelism;     /* 0: 10 */
    bool verbose;
    const atomic_int *stop;   /* 1: the run under way is the last, what exists is destroyed; 2: nothing more is done */
    const atomic_int *cancel; /* 2 when stop is: ends also what is under way; 0 before */
    void (*abandon)(void *arg, iac_diags *diags); /* as iac_plan_options has it; what is left behind is not listed then */
    void *abandon_arg;
    iac_test_receiver receiver;
} iac_test_options;

/* Runs the files in order. IAC_ERR with diagnostics when the tests could not begin (a module under test cannot be
 * loaded); otherwise *ret has every result, whatever it is. iac_test_suite_clear must be called in any case. */
iac_status iac_test_suite_run(const iac_test_options *options, iac_test_suite *ret, iac_diags *diags);
void iac_test_suite_clear(iac_test_suite *suite);
/* "pending", "skip", "pass", "fail", "error" */
const char *iac_test_status_name(iac_test_status status);

/* Loads what test files name beside the root module, and checks it: of what `validate` looks at. */
iac_status iac_test_check(const iac_test_options *options, iac_diags *diags);

/* JUnit XML of a suite that has run. */
void iac_test_junit(iac_buf *out, const iac_test_suite *suite);
#endif

/* engine/test/tester.h - what the files of engine/test share. */
#ifndef IAC_TEST_TESTER_H
#define IAC_TEST_TESTER_H
#include "engine/apply/apply.h"
#include "engine/plan/make.h"
#include "engine/plan/run.h"
#include "engine/test/test.h"
#include "state/store.h"

/* A state that runs with the same key share. */
typedef struct iac_test_state {
    iac_str key;
    iac_store *store;
    iac_test_run_result *run; /* the last that applied; NULL: none */
} iac_test_state;

typedef struct iac_tester {
    const iac_test_options *options;
    iac_arena *arena;
    iac_test_file_result *file;
    iac_map modules; /* source: const iac_config *, of all files */
    iac_map outputs; /* name of a run that has been evaluated: const iac_value *, an object */
    iac_map runs;    /* name: iac_test_run_result * */
    IAC_VEC(iac_test_state) states;
    /* While a plan is carried out: the plan, and what its state held before. */
    const iac_plan *plan;
    const iac_state *before;
    const iac_store *store;
    bool cancelled; /* and told */
} iac_tester;

/* ---- variables.c ---- */
typedef enum iac_test_target { IAC_TEST_IN_RUN, IAC_TEST_IN_FILE, IAC_TEST_IN_PROVIDER } iac_test_target;

/* Where expressions of a test file are evaluated that belong to no module: variables and providers. */
typedef struct iac_test_scope {
    iac_scope scope;
    iac_func_context functions;
    iac_tester *tester;
    const iac_config *config; /* whose variables give texts their types */
    iac_test_target target;
} iac_test_scope;
void iac_test_scope_init(iac_test_scope *scope, iac_tester *tester, const iac_config *config, iac_test_target target);
/* Whether everything that the expression refers to is there; otherwise diagnosed. */
bool iac_test_check_refs(iac_test_scope *scope, const iac_expr *expr, iac_diags *diags);

typedef struct iac_test_values {
    iac_map values; /* of the module's variables: const iac_value * */
    iac_map ranges; /* where they were given: const iac_range * */
    iac_map extra;  /* of other variables that assertions refer to */
} iac_test_values;
/* The values of all variables for a run. warn: of what the module does not declare. */
void iac_test_variables_for(iac_tester *tester, const iac_config *config, const iac_test_run_result *run, bool warn,
                            iac_test_values *ret, iac_diags *diags);
void iac_test_values_clear(iac_test_values *values);

/* ---- prepare.c ---- */
/* The configuration with the provider configurations of the test. NULL after an error. */
const iac_config *iac_test_config_for(iac_tester *tester, const iac_config *config, const iac_test_run *run,
                                      iac_diags *diags);
iac_overrides *iac_test_overrides_for(iac_tester *tester, const iac_test_run *run);
/* Warnings about overrides of a file that stand for nothing. */
void iac_test_check_overrides(iac_tester *tester, iac_override_configs overrides, const iac_config *config,
                              iac_diags *diags);

/* ---- assert.c ---- */
typedef struct iac_test_inspection { /* of a run, while its values are there */
    iac_tester *tester;
    iac_test_run_result *run;
    const iac_test_values *values;
    bool done;
} iac_test_inspection;
/* Evaluates the assertions of a run and keeps its outputs; arg is an iac_test_inspection. */
void iac_test_inspect(void *arg, iac_run *run);

/* ---- expect.c ---- */
/* Where a reference names its object; of a module, with the output that it reads. */
iac_range iac_test_ref_range(const iac_ref *ref);
/* Takes failures that were expected out of diags, and adds those that did not happen. */
void iac_test_expected(const iac_test_run *run, iac_diags *diags);
/* Of planning what is to be applied: adds warnings that say why an expected failure is none. */
void iac_test_explain_expected(const iac_test_run *run, iac_diags *diags);
/* Whether expect_failures names what can fail; otherwise diagnosed. */
bool iac_test_check_expected(const iac_test_run *run, iac_diags *diags);
#endif

/* lang/config/test_file.h - what *.tftest.hcl and *.tftest.json files say, and the *.tfmock.hcl files they name.
 * Layer: lang/config. Immutable once read; readable from any thread; lives in its arena. */
#ifndef IAC_CONFIG_TEST_FILE_H
#define IAC_CONFIG_TEST_FILE_H
#include "lang/config/config.h"

typedef enum iac_override_kind { IAC_OVERRIDE_RESOURCE, IAC_OVERRIDE_DATA, IAC_OVERRIDE_MODULE } iac_override_kind;

typedef struct iac_override_config {
    iac_override_kind kind;
    iac_addr target; /* of a module: its module path */
    iac_str address; /* the target as text */
    iac_mock_values values;
    iac_range range, target_range;
} iac_override_config;

typedef struct iac_override_configs {
    const iac_override_config *v;
    size_t n;
} iac_override_configs;

typedef struct iac_test_variable {
    iac_str name;
    const iac_expr *expr;
    iac_range name_range;
} iac_test_variable;

typedef struct iac_test_variables {
    const iac_test_variable *v;
    size_t n;
} iac_test_variables;

typedef struct iac_test_run {
    iac_str name;
    bool plan_only;       /* command = plan */
    bool refresh_only, no_refresh;
    iac_depends replaces, targets;
    iac_test_variables variables;
    const struct iac_passed_provider *providers;
    size_t provider_count;
    bool providers_set;
    struct iac_module_call *call; /* of another module to be tested; NULL: the root module */
    iac_module_addr module_path;  /* what modules.json has it under: test.tests.main.RUN */
    iac_conditions asserts;
    iac_depends expect_failures; /* static traversals */
    iac_override_configs overrides;
    iac_str state_key;
    bool state_key_set;
    iac_range range;
} iac_test_run;

typedef struct iac_test_file {
    iac_str path;  /* "tests/main.tftest.hcl" */
    iac_test_variables variables;
    const iac_provider_config *providers; /* mocked ones have `mock` set */
    size_t provider_count;
    iac_override_configs overrides;
    const iac_test_run *runs;
    size_t run_count;
} iac_test_file;

/* Reads the test files of dir and of dir/test_dir, in the order of their paths. reader NULL: the file system. IAC_ERR
 * after diagnostics; what could be read is returned all the same. */
iac_status iac_test_files_read(iac_arena *arena, const char *dir, const char *test_dir,
                               const iac_config_reader *reader, const iac_test_file **ret, size_t *ret_count,
                               iac_diags *diags);

/* Whether what plan_options name is an address: of a module or a resource as a target, of a managed resource to be
 * replaced. Otherwise diagnosed. */
bool iac_test_check_target(iac_arena *arena, const iac_expr *expr, bool replace, iac_diags *diags);
#endif

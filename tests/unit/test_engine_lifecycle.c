/* Plans and applies whole configurations against the built-in provider, with a real store in a scratch directory. */
#include "tests/provider/testprovider.c"

#include "engine/apply/apply.h"
#include "engine/plan/make.h"
#include "engine/plan/planfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char dir[64];
    iac_host *host;
    iac_diags diags;
    iac_arena *arena; /* of the last step */
    const iac_plan *plan;
    iac_apply_result result;
    iac_str target;    /* -target; or empty */
    bool through_file; /* each plan is saved and read back before it is applied */
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    strcpy(w->dir, "/tmp/iac-test-XXXXXX");
    if (!mkdtemp(w->dir))
        return -1;
    w->host = iac_host_new(NULL);
    iac_host_add_builtin(w->host, "test", iac_provider_entry);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    char command[128];
    iac_host_free(w->host);
    iac_arena_free(w->arena);
    iac_diags_clear(&w->diags);
    snprintf(command, sizeof(command), "rm -rf %s", w->dir);
    int rc = system(command);
    free(w);
    return rc;
}

static void write_config(struct world *w, const char *text)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/main.tf", w->dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void show_diags(const struct world *w)
{
    for (size_t i = 0; i < w->diags.list.n; i++)
        fprintf(stderr, "%s: %.*s\n", w->diags.list.v[i].summary.p, IAC_FMT(w->diags.list.v[i].detail));
}

static iac_store *open_store(struct world *w)
{
    iac_store *store = NULL;
    char path[96];
    snprintf(path, sizeof(path), "%s/.iac", w->dir);
    assert_int_equal(iac_store_open(path, "default", true, &store, &w->diags), IAC_OK);
    return store;
}

/* Plans; when apply is set, applies. The plan stays valid until the next step. */
static iac_status step(struct world *w, iac_plan_mode mode, bool apply)
{
    iac_arena_free(w->arena);
    w->arena = iac_arena_new();
    iac_diags_clear(&w->diags);
    w->plan = NULL;
    const iac_config *config = NULL;
    iac_map variables = { 0 };
    iac_store *store = open_store(w);
    iac_status status = iac_config_load(w->arena, w->dir, NULL, &iac_config_reader_files, &config, &w->diags);
    const iac_state *prior = NULL;
    if (status == IAC_OK)
        status = iac_store_lock(store, "apply", 0, &w->diags);
    if (status == IAC_OK)
        status = iac_store_read(store, w->arena, &prior, &w->diags);
    if (status == IAC_OK) {
        const iac_variable_config **missing;
        size_t missing_count;
        iac_variable_values given = { 0 };
        status = iac_variables_resolve(w->arena, config->root, &given, &variables, &missing, &missing_count,
                                       &w->diags);
    }
    if (status == IAC_OK) {
        iac_plan_options options = { .mode = mode, .host = w->host, .variables = &variables,
                                     .workspace = IAC_STR("default"), .cwd = IAC_STR("/"),
                                     .targets = &w->target, .target_count = w->target.n > 0 };
        status = iac_plan_make(w->arena, config, prior, &options, &w->plan, &w->diags);
    }
    if (status == IAC_OK && w->through_file) {
        char path[96];
        snprintf(path, sizeof(path), "%s/plan", w->dir);
        assert_int_equal(iac_planfile_write(w->plan, path, IAC_STR(""), NULL, &w->diags), IAC_OK);
        const iac_plan *read = NULL;
        status = iac_planfile_read(w->arena, path, IAC_STR(""), NULL, &read, &w->diags);
        if (status == IAC_OK) {
            iac_plan *again = iac_arena_new_of(w->arena, iac_plan);
            *again = *read;
            again->previous = prior;
            w->plan = again;
            status = iac_planfile_check(again, iac_store_lineage(store), iac_store_serial(store), &w->diags);
        }
    }
    if (status == IAC_OK && apply) {
        iac_apply_options options = { .host = w->host, .store = store, .cwd = IAC_STR("/") };
        status = iac_apply_plan(w->plan, &options, &w->result, &w->diags);
    }
    iac_store_close(store);
    iac_map_clear(&variables);
    return status;
}

static void apply_ok(struct world *w, size_t added, size_t changed, size_t destroyed)
{
    iac_status status = step(w, IAC_PLAN_NORMAL, true);
    if (status != IAC_OK)
        show_diags(w);
    assert_int_equal(status, IAC_OK);
    assert_int_equal(w->result.added, added);
    assert_int_equal(w->result.changed, changed);
    assert_int_equal(w->result.destroyed, destroyed);
}

static void no_changes(struct world *w)
{
    iac_status status = step(w, IAC_PLAN_NORMAL, false);
    if (status != IAC_OK)
        show_diags(w);
    assert_int_equal(status, IAC_OK);
    assert_false(w->plan->applyable);
}

static void life_of_a_resource(struct world *w)
{
    write_config(w, "resource \"terraform_data\" \"a\" { input = \"one\" }\n"
                    "output \"o\" { value = terraform_data.a.output }\n");
    apply_ok(w, 1, 0, 0);
    no_changes(w);
    write_config(w, "resource \"terraform_data\" \"a\" { input = \"two\" }\n"
                    "output \"o\" { value = terraform_data.a.output }\n");
    apply_ok(w, 0, 1, 0);
    no_changes(w);
    write_config(w, "resource \"terraform_data\" \"a\" {\n  input = \"two\"\n  triggers_replace = [1]\n}\n"
                    "output \"o\" { value = terraform_data.a.output }\n");
    apply_ok(w, 1, 0, 1);
    no_changes(w);
    assert_int_equal(step(w, IAC_PLAN_DESTROY, true), IAC_OK);
    assert_int_equal(w->result.destroyed, 1);
    write_config(w, "");
    no_changes(w);
    assert_int_equal(w->plan->prior->instance_count, 0);
}

static void test_engine_lifecycle__create_update_replace_destroy(void **state)
{
    life_of_a_resource(*state);
}

static void test_engine_lifecycle__saved_plans_do_the_same(void **state)
{
    struct world *w = *state;
    w->through_file = true;
    life_of_a_resource(w);
}

static void test_engine_lifecycle__references_are_known_in_time(void **state)
{
    struct world *w = *state;
    write_config(w, "locals { n = 3 }\n"
                    "resource \"terraform_data\" \"a\" {\n  count = local.n\n  input = \"a${count.index}\"\n}\n"
                    "resource \"terraform_data\" \"b\" {\n  for_each = { for i in range(local.n) : \"k${i}\" => i }\n"
                    "  input = terraform_data.a[each.value].output\n}\n"
                    "output \"all\" { value = [for k, v in terraform_data.b : v.output] }\n");
    apply_ok(w, 6, 0, 0);
    no_changes(w);
    assert_int_equal(w->plan->output_count, 1);
    const iac_value *all = w->plan->outputs[0].after;
    assert_int_equal(all->n, 3);
    assert_string_equal(all->items[2]->string.p, "a2");
}

static void test_engine_lifecycle__what_is_no_longer_there_is_destroyed(void **state)
{
    struct world *w = *state;
    write_config(w, "resource \"terraform_data\" \"a\" {\n  count = 3\n  input = count.index\n}\n"
                    "resource \"terraform_data\" \"gone\" { input = terraform_data.a[0].id }\n");
    apply_ok(w, 4, 0, 0);
    write_config(w, "resource \"terraform_data\" \"a\" {\n  count = 1\n  input = count.index\n}\n");
    apply_ok(w, 0, 0, 3);
    no_changes(w);
    write_config(w, "resource \"terraform_data\" \"a\" {\n  for_each = toset([\"x\"])\n  input = each.key\n}\n");
    assert_int_equal(step(w, IAC_PLAN_NORMAL, false), IAC_OK);
    assert_int_equal(w->plan->changes[0].reason, IAC_REASON_DELETE_WRONG_REPETITION);
}

static void test_engine_lifecycle__create_before_destroy_spreads(void **state)
{
    struct world *w = *state;
    const char *text = "resource \"terraform_data\" \"a\" { triggers_replace = %d }\n"
                       "resource \"terraform_data\" \"b\" {\n  triggers_replace = terraform_data.a.id\n"
                       "  lifecycle { create_before_destroy = true }\n}\n";
    char config[512];
    snprintf(config, sizeof(config), text, 1);
    write_config(w, config);
    apply_ok(w, 2, 0, 0);
    snprintf(config, sizeof(config), text, 2);
    write_config(w, config);
    apply_ok(w, 2, 0, 2);
    no_changes(w);
    assert_int_equal(w->plan->prior->instances[0].deposed_count, 0);
}

static void test_engine_lifecycle__a_cycle_is_told_with_its_places(void **state)
{
    struct world *w = *state;
    write_config(w, "resource \"terraform_data\" \"a\" { input = terraform_data.b.id }\n"
                    "resource \"terraform_data\" \"b\" { input = terraform_data.a.id }\n");
    assert_int_equal(step(w, IAC_PLAN_NORMAL, false), IAC_ERR);
    assert_int_equal(w->diags.errors, 1);
    assert_true(iac_str_starts(w->diags.list.v[0].summary, IAC_STR("Cycle: ")));
    assert_true(iac_str_find(w->diags.list.v[0].detail, IAC_STR("main.tf line 1"), 0) != SIZE_MAX);
}

static void test_engine_lifecycle__a_failure_keeps_what_succeeded(void **state)
{
    struct world *w = *state;
    write_config(w, "resource \"terraform_data\" \"good\" { input = \"x\" }\n"
                    "resource \"terraform_data\" \"bad\" {\n  input = terraform_data.good.id\n"
                    "  lifecycle {\n    postcondition {\n      condition = self.output == \"no\"\n"
                    "      error_message = \"never\"\n    }\n  }\n}\n"
                    "resource \"terraform_data\" \"after\" { input = terraform_data.bad.id }\n");
    assert_int_equal(step(w, IAC_PLAN_NORMAL, true), IAC_ERR);
    assert_string_equal(w->diags.list.v[0].summary.p, "Resource postcondition failed");
    write_config(w, "resource \"terraform_data\" \"good\" { input = \"x\" }\n"
                    "resource \"terraform_data\" \"bad\" { input = terraform_data.good.id }\n");
    no_changes(w);
    assert_int_equal(w->plan->prior->instance_count, 2);
}

static void test_engine_lifecycle__modules_have_their_own_names(void **state)
{
    struct world *w = *state;
    char path[96];
    snprintf(path, sizeof(path), "%s/child", w->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/child/main.tf", w->dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("variable \"name\" { type = string }\nresource \"terraform_data\" \"x\" { input = var.name }\n"
          "output \"o\" { value = terraform_data.x.output }\n", f);
    fclose(f);
    write_config(w, "module \"m\" {\n  source = \"./child\"\n  for_each = toset([\"a\", \"b\"])\n  name = each.key\n}\n"
                    "output \"both\" { value = [module.m[\"a\"].o, module.m[\"b\"].o] }\n");
    apply_ok(w, 2, 0, 0);
    no_changes(w);
    assert_string_equal(w->plan->outputs[0].after->items[1]->string.p, "b");
    write_config(w, "module \"m\" {\n  source = \"./child\"\n  for_each = toset([\"a\"])\n  name = each.key\n}\n");
    apply_ok(w, 0, 0, 1);
}

static void test_engine_lifecycle__moved_objects_keep_their_state(void **state)
{
    struct world *w = *state;
    write_config(w, "resource \"terraform_data\" \"a\" { input = 1 }\n");
    apply_ok(w, 1, 0, 0);
    write_config(w, "resource \"terraform_data\" \"b\" { input = 1 }\n"
                    "moved {\n  from = terraform_data.a\n  to = terraform_data.b\n}\n");
    apply_ok(w, 0, 0, 0);
    assert_true(w->plan->changes[0].moved);
    assert_string_equal(w->plan->changes[0].previous.name.p, "a");
    no_changes(w);
    /* count wraps the object in [0], and its absence takes it out again. */
    write_config(w, "resource \"terraform_data\" \"b\" {\n  count = 1\n  input = 1\n}\n");
    apply_ok(w, 0, 0, 0);
    assert_true(w->plan->changes[0].moved);
    no_changes(w);
    assert_int_equal(w->plan->prior->instances[0].addr.key.kind, IAC_KEY_INT);
    write_config(w, "resource \"terraform_data\" \"b\" { input = 1 }\n");
    apply_ok(w, 0, 0, 0);
    no_changes(w);
    assert_int_equal(w->plan->prior->instance_count, 1);
}

static void test_engine_lifecycle__what_a_target_leaves_out_keeps_its_value(void **state)
{
    struct world *w = *state;
    const char *text = "resource \"terraform_data\" \"a\" {\n  for_each = toset([\"x\", \"y\"])\n"
                       "  input = \"${each.key}%d\"\n}\n"
                       "output \"all\" { value = [for a in terraform_data.a : a.input] }\n";
    char config[512];
    snprintf(config, sizeof(config), text, 1);
    write_config(w, config);
    apply_ok(w, 2, 0, 0);
    snprintf(config, sizeof(config), text, 2);
    write_config(w, config);
    w->target = IAC_STR("terraform_data.a[\"x\"]");
    apply_ok(w, 0, 1, 0);
    const iac_value *all = w->plan->outputs[0].after;
    assert_string_equal(all->items[0]->string.p, "x2");
    assert_string_equal(all->items[1]->string.p, "y1");
}

static void test_engine_lifecycle__validate_finds_what_needs_schemas(void **state)
{
    struct world *w = *state;
    write_config(w, "variable \"v\" { type = string }\n"
                    "resource \"terraform_data\" \"a\" {\n  input = var.v\n  nope = 1\n}\n"
                    "resource \"terraform_data\" \"b\" { input = terraform_data.a.absent }\n" /* left out then */
                    "resource \"terraform_data\" \"c\" {\n}\n"
                    "resource \"terraform_data\" \"d\" { input = terraform_data.c.absent }\n");
    w->arena = iac_arena_new();
    const iac_config *config = NULL;
    assert_int_equal(iac_config_load(w->arena, w->dir, NULL, &iac_config_reader_files, &config, &w->diags), IAC_OK);
    iac_plan_options options = { .host = w->host, .workspace = IAC_STR("default"), .cwd = IAC_STR("/") };
    assert_int_equal(iac_validate(config, &options, &w->diags), IAC_ERR);
    assert_int_equal(w->diags.errors, 2);
}

/* While workers open, use and close leases, their renewal goes on on a thread of its own. */
static void test_engine_lifecycle__leases_are_renewed_while_they_are_used(void **state)
{
    struct world *w = *state;
    write_config(w, "terraform {\n  required_providers {\n    test = { source = \"example.com/example/test\" }\n  }\n}\n"
                    "ephemeral \"test_lease\" \"l\" {\n  count = 4\n  renew_after_ms = 1\n  misbehave = \"again\"\n}\n"
                    "resource \"test_thing\" \"t\" {\n  count = 8\n  name = \"t${count.index}\"\n  polls = 20\n"
                    "  secret = ephemeral.test_lease.l[count.index % 4].token\n}\n"
                    "resource \"test_thing\" \"u\" {\n  name = test_thing.t[0].name\n  polls = 20\n}\n");
    apply_ok(w, 9, 0, 0);
    no_changes(w);
    assert_int_equal(step(w, IAC_PLAN_DESTROY, true), IAC_OK);
    assert_int_equal(w->result.destroyed, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__create_update_replace_destroy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__saved_plans_do_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__references_are_known_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__what_is_no_longer_there_is_destroyed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__create_before_destroy_spreads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__a_cycle_is_told_with_its_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__a_failure_keeps_what_succeeded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__modules_have_their_own_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__moved_objects_keep_their_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__what_a_target_leaves_out_keeps_its_value, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__validate_finds_what_needs_schemas, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_engine_lifecycle__leases_are_renewed_while_they_are_used, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

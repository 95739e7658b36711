/* Configurations: from files to the model, and the messages on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/config/config.h"

typedef struct file {
    const char *path, *text;
} file;

static iac_arena *arena;
static iac_diags diags;
static const file *files; /* the file system of a test; ends with a NULL path */

static iac_status list(void *user, const char *dir, iac_arena *into, iac_str **ret, size_t *ret_count, iac_diags *told)
{
    iac_str *names = iac_arena_array(into, iac_str, 32);
    size_t n = 0, prefix = strcmp(dir, ".") == 0 ? 0 : strlen(dir) + 1;
    (void)user;
    (void)told;
    for (const file *f = files; f->path; f++) {
        if (prefix && (strncmp(f->path, dir, prefix - 1) != 0 || f->path[prefix - 1] != '/'))
            continue;
        if (!strchr(f->path + prefix, '/'))
            names[n++] = iac_str_of(f->path + prefix);
    }
    *ret = names;
    *ret_count = n;
    return n ? IAC_OK : IAC_NOT_FOUND;
}

static iac_status read(void *user, const char *path, iac_arena *into, iac_str *ret, iac_diags *told)
{
    (void)user;
    (void)into;
    for (const file *f = files; f->path; f++) {
        if (strcmp(f->path, path) == 0) {
            *ret = iac_str_of(f->text);
            return IAC_OK;
        }
    }
    iac_diag_error(told, IAC_NO_RANGE, "Failed to read file", "No %s.", path);
    return IAC_NOT_FOUND;
}

static const iac_config_reader reader = { NULL, list, read };

static const iac_module_config *load(const file *given)
{
    const iac_config *config = NULL;
    files = given;
    iac_config_load(arena, ".", ".terraform", &reader, &config, &diags);
    return config->root;
}

static int set_up(void **state)
{
    (void)state;
    arena = iac_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}

static void assert_clean(void)
{
    if (diags.list.n)
        fail_msg("%.*s: %.*s", IAC_FMT(diags.list.v[0].summary), IAC_FMT(diags.list.v[0].detail));
}

/* The only error of a one-file configuration. */
static void assert_error(const char *text, const char *summary, const char *detail)
{
    file one[] = { { "main.tf", text }, { NULL, NULL } };
    load(one);
    if (diags.list.n != 1)
        fail_msg("%zu messages for: %s", diags.list.n, text);
    assert_string_equal(diags.list.v[0].summary.p, summary);
    assert_string_equal(diags.list.v[0].detail.p, detail);
    iac_diags_clear(&diags);
}

static void test_config_loader__reads_every_kind_of_block(void **state)
{
    static const file given[] = {
        { "main.tf",
          "terraform {\n  required_version = \">= 1.5\"\n  required_providers {\n"
          "    cloud = { source = \"acme/cloud\", version = \"~> 2.0\" }\n  }\n  backend \"local\" {}\n}\n"
          "provider \"cloud\" { region = var.region }\n"
          "provider \"cloud\" {\n  alias = \"west\"\n  region = \"w\"\n}\n"
          "variable \"region\" {\n  type = string\n  default = \"here\"\n  validation {\n"
          "    condition = var.region != \"\"\n    error_message = \"empty\"\n  }\n}\n"
          "locals {\n  b = 1\n  a = local.b\n}\n"
          "resource \"cloud_vm\" \"web\" {\n  count = 2\n  provider = cloud.west\n  size = count.index\n"
          "  disk { gb = 5 }\n  depends_on = [cloud_net.main]\n"
          "  lifecycle {\n    create_before_destroy = true\n    ignore_changes = [size, tags[\"a\"]]\n  }\n"
          "  provisioner \"local-exec\" { command = self.id }\n}\n"
          "resource \"cloud_net\" \"main\" {}\n"
          "data \"cloud_image\" \"os\" {}\n"
          "output \"id\" { value = cloud_vm.web[0].id }\n"
          "moved {\n  from = cloud_vm.old\n  to = cloud_vm.web[0]\n}\n"
          "removed {\n  from = cloud_vm.gone\n  lifecycle { destroy = false }\n}\n"
          "import {\n  to = cloud_net.main\n  id = \"n-1\"\n}\n"
          "check \"up\" {\n  assert {\n    condition = cloud_net.main.id != \"\"\n    error_message = \"down\"\n  }\n}\n" },
        { NULL, NULL }
    };
    (void)state;
    const iac_module_config *m = load(given);
    assert_clean();
    assert_int_equal(m->resource_count, 3);
    assert_string_equal(m->resources[0].type.p, "cloud_net"); /* in order of mode, type and name */
    const iac_resource_config *web = iac_map_get(&m->resource_map, IAC_STR("cloud_vm.web"));
    assert_non_null(web);
    assert_non_null(web->count);
    assert_true(iac_str_is(web->provider.alias, "west"));
    assert_int_equal(web->depends_on.n, 1);
    assert_true(web->lifecycle.create_before_destroy);
    assert_int_equal(web->lifecycle.ignore_changes.n, 2);
    assert_int_equal(web->provisioner_count, 1);
    assert_int_equal(web->body->attribute_count, 1); /* meta-arguments are taken out */
    assert_non_null(iac_map_get(&m->resource_map, IAC_STR("data.cloud_image.os")));
    assert_true(iac_str_is(m->locals[0].name, "a"));
    assert_int_equal(m->providers[1].body->attribute_count, 1);
    assert_true(iac_str_is(iac_module_provider_addr(m, IAC_STR("cloud")).namespace_, "acme"));
    assert_true(iac_str_is(iac_module_provider_addr(m, IAC_STR("other")).namespace_, "hashicorp"));
    assert_int_equal(m->moved_count + m->import_count + m->check_count, 3);
    assert_false(m->removed[0].destroy);
    assert_true(iac_str_is(m->backend.type, "local"));
    assert_int_equal(m->variables[0].validations.n, 1);
}

static void test_config_loader__json_means_the_same(void **state)
{
    static const file given[] = {
        { "main.tf.json",
          "{\"variable\":{\"n\":{\"type\":\"list(number)\",\"default\":[1]}},"
          "\"resource\":{\"a_b\":{\"c\":{\"for_each\":\"${toset([])}\",\"depends_on\":[\"a_b.d\"],\"x\":\"${var.n}\","
          "\"provider\":\"a.west\",\"lifecycle\":{\"ignore_changes\":[\"x\"]}},\"d\":{}}},"
          "\"provider\":{\"a\":[{\"alias\":\"west\"},{}]},"
          "\"output\":{\"o\":{\"value\":\"${a_b.d.x}\"}},\"locals\":{\"l\":1}}" },
        { NULL, NULL }
    };
    (void)state;
    const iac_module_config *m = load(given);
    assert_clean();
    const iac_resource_config *c = iac_map_get(&m->resource_map, IAC_STR("a_b.c"));
    assert_non_null(c);
    assert_int_equal(c->depends_on.n, 1);
    assert_int_equal(c->depends_on.v[0]->kind, IAC_EXPR_ATTR);
    assert_true(iac_str_is(c->provider.alias, "west"));
    assert_int_equal(c->lifecycle.ignore_changes.n, 1);
    assert_int_equal(m->variables[0].type->kind, IAC_LIST);
    assert_int_equal(m->local_count, 1);
}

static void test_config_loader__override_files(void **state)
{
    static const file given[] = {
        { "main.tf", "resource \"a_b\" \"c\" {\n  x = 1\n  y = 1\n  blk { p = 1 }\n  blk { p = 2 }\n  other {}\n"
                     "  lifecycle { prevent_destroy = true }\n}\nlocals { l = 1 }\n"
                     "variable \"v\" {\n  type = string\n  default = 1\n}\n" },
        { "override.tf", "resource \"a_b\" \"c\" {\n  x = 2\n  blk { p = 3 }\n"
                         "  lifecycle { create_before_destroy = true }\n}\nlocals { l = 2 }\n" },
        { "z_override.tf", "variable \"v\" { type = number }\n" },
        { NULL, NULL }
    };
    (void)state;
    const iac_module_config *m = load(given);
    assert_clean();
    const iac_resource_config *r = &m->resources[0];
    assert_int_equal(r->body->attribute_count, 2);
    assert_int_equal(r->body->block_count, 2);
    assert_true(r->lifecycle.prevent_destroy && r->lifecycle.create_before_destroy);
    assert_int_equal(m->local_count, 1);
    assert_int_equal(m->variables[0].default_value->kind, IAC_NUMBER);
}

static void test_config_loader__tree_of_modules(void **state)
{
    static const file given[] = {
        { "main.tf", "module \"a\" {\n  source = \"./x\"\n  n = 1\n}\nmodule \"b\" {\n  source = \"./x/../x\"\n"
                     "  count = 2\n  n = count.index\n}\noutput \"o\" { value = module.b[*].out }\n"
                     "module \"far\" { source = \"acme/mod/cloud\" }\n" },
        { "x/main.tf", "variable \"n\" {}\nmodule \"deep\" { source = \"../y\" }\noutput \"out\" { value = var.n }\n" },
        { "y/y.tf", "locals { l = 1 }\n" },
        { ".terraform/modules/modules.json",
          "{\"Modules\":[{\"Key\":\"\",\"Source\":\"\",\"Dir\":\".\"},{\"Key\":\"far\","
          "\"Source\":\"registry.terraform.io/acme/mod/cloud\",\"Version\":\"1.2.0\",\"Dir\":\"y\"}]}" },
        { NULL, NULL }
    };
    (void)state;
    const iac_module_config *m = load(given);
    assert_clean();
    assert_int_equal(m->call_count, 3);
    const iac_module_config *deep = m->calls[1].module->calls[0].module;
    assert_string_equal(iac_module_addr_text(arena, deep->path).p, "module.b.module.deep");
    assert_string_equal(deep->dir.p, "y");
    assert_ptr_equal(deep->parent->parent, m);
    assert_non_null(m->calls[2].module);
    assert_true(iac_str_is(m->calls[2].module->version, "1.2.0"));
}

static void test_config_loader__faulty_calls(void **state)
{
    (void)state;
    assert_error("module \"m\" { source = \"./nope\" }", "Unreadable module directory",
                 "Unable to evaluate directory symlink: lstat nope: no such file or directory");
    assert_error("module \"m\" { source = \"a/b/c\" }", "Module not installed",
                 "This module is not yet installed. Run \"iac init\" to install all modules required by this "
                 "configuration.");
    assert_error("module \"m\" { source = \"./\" }", "Module call cycle",
                 "Module \"m\" leads back to the directory \".\", which it is called from. A module cannot contain "
                 "itself.");
}

static void test_config_loader__messages(void **state)
{
    (void)state;
    assert_error("variable \"a\" {}\nvariable \"a\" {}", "Duplicate variable declaration",
                 "A variable named \"a\" was already declared at main.tf:1,1-13. Variable names must be unique within a "
                 "module.");
    assert_error("resource \"a_b\" \"c\" {\n  count = 1\n  for_each = {}\n}",
                 "Invalid combination of \"count\" and \"for_each\"",
                 "The \"count\" and \"for_each\" meta-arguments are mutually-exclusive, only one should be used to be "
                 "explicit about the number of resources to be created.");
    assert_error("terraform { required_version = \">= 99\" }", "Unsupported Terraform Core version",
                 "This configuration does not support Terraform version 1.11.4. To proceed, either choose another "
                 "supported Terraform version or update this version constraint. Version constraints are normally set "
                 "for good reason, so updating the constraint may lead to other errors or unexpected behavior.");
    assert_error("variable \"v\" {\n  type = number\n  default = \"x\"\n}", "Invalid default value for variable",
                 "This default value is not compatible with the variable's type constraint: a number is required.");
}

/* What is told of the value of the first local. */
static void assert_reference(const char *text, const char *summary, const char *detail)
{
    file one[] = { { "main.tf", text }, { NULL, NULL } };
    const iac_module_config *m = load(one);
    assert_clean();
    iac_config_check_expression(arena, m, &(iac_ref_site){ 0 }, m->locals[0].expr, &diags);
    if (diags.list.n != 1)
        fail_msg("%zu messages for: %s", diags.list.n, text);
    assert_string_equal(diags.list.v[0].summary.p, summary);
    assert_string_equal(diags.list.v[0].detail.p, detail);
    iac_diags_clear(&diags);
}

static void test_config_loader__references(void **state)
{
    (void)state;
    assert_reference("variable \"alpha\" {}\nlocals { a = var.alhpa }", "Reference to undeclared input variable",
                     "An input variable with the name \"alhpa\" has not been declared. Did you mean \"alpha\"?");
    assert_reference("locals { a = [a_b.c, var.nope] }", "Reference to undeclared resource",
                     "A managed resource \"a_b\" \"c\" has not been declared in the root module.");
    assert_reference("locals { a = each.key }", "Reference to \"each\" in context without for_each",
                     "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the "
                     "\"for_each\" argument is set.");
    assert_reference("resource \"a_b\" \"c\" { count = 1 }\nlocals { o = a_b.c.id }", "Missing resource instance key",
                     "Because a_b.c has \"count\" set, its attributes must be accessed on specific instances.\n\nFor "
                     "example, to correlate with indices of a referring resource, use:\n    a_b.c[count.index]");
}

static void test_config_variables__precedence_types_and_marks(void **state)
{
    static const file given[] = {
        { "main.tf", "variable \"a\" {}\nvariable \"l\" {\n  type = list(string)\n}\n"
                     "variable \"o\" {\n  type = object({ x = string, y = optional(number, 5) })\n  sensitive = true\n}\n"
                     "variable \"nn\" {\n  type = string\n  nullable = false\n  default = \"d\"\n}\n"
                     "variable \"need\" { type = number }\n" },
        { NULL, NULL }
    };
    const iac_value *x = NULL;
    iac_variable_values values = { 0 };
    const iac_variable_config **missing;
    size_t missing_count;
    iac_map result = { 0 };
    (void)state;
    const iac_module_config *m = load(given);
    x = iac_value_object(arena, (iac_str[]){ IAC_STR("x") },
                         (const iac_value *[]){ iac_value_int(arena, 3) }, 1);
    iac_vec_push(&values, (iac_variable_value){ .name = IAC_STR("a"), .raw = IAC_STR("1"), .from = IAC_FROM_ENVIRONMENT });
    iac_vec_push(&values, (iac_variable_value){ .name = IAC_STR("a"), .raw = IAC_STR("[2]"), .from = IAC_FROM_ARGUMENT });
    iac_vec_push(&values, (iac_variable_value){ .name = IAC_STR("l"), .raw = IAC_STR("[1, true]"),
                                                .from = IAC_FROM_ARGUMENT });
    iac_vec_push(&values, (iac_variable_value){ .name = IAC_STR("o"), .value = x, .from = IAC_FROM_FILE });
    iac_vec_push(&values, (iac_variable_value){ .name = IAC_STR("nn"), .value = &iac_null_dynamic,
                                                .from = IAC_FROM_FILE });
    iac_variables_resolve(arena, m, &values, &result, &missing, &missing_count, &diags);
    assert_clean();
    assert_int_equal(missing_count, 1);
    assert_true(iac_str_is(missing[0]->name, "need"));
    assert_int_equal(result.n, 0);
    iac_variables_resolve(arena, m, &values, &result, NULL, NULL, &diags);
    assert_clean();
    assert_true(((const iac_value *)iac_map_get(&result, IAC_STR("need")))->deep_unknown);
    assert_string_equal(((const iac_value *)iac_map_get(&result, IAC_STR("a")))->string.p, "[2]");
    assert_string_equal(((const iac_value *)iac_map_get(&result, IAC_STR("l")))->items[0]->string.p, "1");
    const iac_value *o = iac_map_get(&result, IAC_STR("o"));
    assert_int_equal(o->marks, IAC_SENSITIVE);
    assert_int_equal(iac_value_get_cstr(o, "y")->number.small, 5);
    assert_string_equal(((const iac_value *)iac_map_get(&result, IAC_STR("nn")))->string.p, "d");
    iac_map_clear(&result);
    iac_vec_clear(&values);
}

static void test_config_variables__unsuitable_values(void **state)
{
    static const file given[] = { { "main.tf", "variable \"n\" { type = number }\n" }, { NULL, NULL } };
    iac_variable_values values = { 0 };
    const iac_variable_config **missing;
    size_t missing_count;
    iac_map result = { 0 };
    (void)state;
    const iac_module_config *m = load(given);
    iac_vec_push(&values, (iac_variable_value){ .name = IAC_STR("n"), .raw = IAC_STR("x"), .from = IAC_FROM_ARGUMENT });
    iac_vec_push(&values, (iac_variable_value){ .name = IAC_STR("zz"), .raw = IAC_STR("x"), .from = IAC_FROM_ARGUMENT });
    iac_vec_push(&values, (iac_variable_value){ .name = IAC_STR("yy"), .raw = IAC_STR("x"), .from = IAC_FROM_ENVIRONMENT });
    iac_variables_resolve(arena, m, &values, &result, &missing, &missing_count, &diags);
    assert_int_equal(diags.list.n, 1);
    assert_string_equal(diags.list.v[0].summary.p, "Value for undeclared variable");
    iac_diags_clear(&diags);
    values.n = 1;
    iac_variables_resolve(arena, m, &values, &result, &missing, &missing_count, &diags);
    assert_int_equal(diags.list.n, 1);
    assert_string_equal(diags.list.v[0].detail.p,
                        "Unsuitable value for var.n set using -var=\"n=...\": a number is required.");
    iac_map_clear(&result);
    iac_vec_clear(&values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_config_loader__reads_every_kind_of_block, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_loader__json_means_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_loader__override_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_loader__tree_of_modules, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_loader__faulty_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_loader__messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_loader__references, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_variables__precedence_types_and_marks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config_variables__unsuitable_values, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

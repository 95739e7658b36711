/* Diagnostics laid out as Terraform lays them out; expectations are what it prints for the same mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/view/view.h"
#include <string.h>

typedef struct fixture {
    iac_arena *arena;
    iac_diags diags;
    const iac_source *source;
    iac_buf out;
} fixture;

static const char text[] = "variable \"x\" {\n"
                           "  default = \"a\"\n"
                           "}\n"
                           "\n"
                           "resource \"terraform_data\" \"b\" {\n"
                           "  input = {\n"
                           "    é = tonumber(\n"
                           "      \"é${var.x}\"\n"
                           "    )\n"
                           "  }\n"
                           "}\n";

static fixture begin(void)
{
    fixture f = { .arena = iac_arena_new() };
    f.source = iac_source_new(f.arena, IAC_STR("main.tf"), iac_str_of(text));
    iac_buf_init(&f.out, IAC_BUF_UNLIMITED);
    return f;
}

static void end(fixture *f)
{
    iac_buf_clear(&f->out);
    iac_diags_clear(&f->diags);
    iac_arena_free(f->arena);
}

static iac_range range_of(fixture *f, const char *part)
{
    uint32_t start = (uint32_t)(strstr(f->source->text.p, part) - f->source->text.p);
    return (iac_range){ f->source, start, start + (uint32_t)strlen(part) };
}

static iac_diag *call_error(fixture *f)
{
    static iac_diag_value value = { IAC_STR_INIT("var.x"), IAC_STR_INIT("is \"a\"") };
    iac_diag *diag = iac_diag_error(&f->diags, range_of(f, "é${var.x}"), "Invalid function argument",
                                    "Invalid value for \"v\" parameter: cannot convert \"%s\" to number; given string "
                                    "must be a decimal representation of a number.",
                                    "éa");
    diag->context = range_of(f, "tonumber(\n      \"é${var.x}\"\n    )");
    diag->block = IAC_STR("resource \"terraform_data\" \"b\"");
    diag->address = IAC_STR("terraform_data.b");
    diag->values = &value;
    diag->value_count = 1;
    diag->function = IAC_STR("tonumber");
    diag->signature = IAC_STR("tonumber(v)");
    return diag;
}

static void test_view_diag__shows_source_call_and_values(void **unused)
{
    (void)unused;
    fixture f = begin();
    call_error(&f);
    iac_view_diags(&f.out, &f.diags, -1, &(iac_view_options){ 0 });
    assert_string_equal(f.out.p, "\n"
                                 "Error: Invalid function argument\n"
                                 "\n"
                                 "  with terraform_data.b,\n"
                                 "  on main.tf line 8, in resource \"terraform_data\" \"b\":\n"
                                 "   7:     é = tonumber(\n"
                                 "   8:       \"é${var.x}\"\n"
                                 "   9:     )\n"
                                 "    ├────────────────\n"
                                 "    │ while calling tonumber(v)\n"
                                 "    │ var.x is \"a\"\n"
                                 "\n"
                                 "Invalid value for \"v\" parameter: cannot convert \"éa\" to number; given string\n"
                                 "must be a decimal representation of a number.\n");
    end(&f);
}

static void test_view_diag__colour_brings_a_box_and_underlines(void **unused)
{
    (void)unused;
    fixture f = begin();
    iac_diag_warning(&f.diags, range_of(&f, "var.x"), "Strange", "Look at it.");
    iac_view_diags(&f.out, &f.diags, -1, &(iac_view_options){ .color = true, .width = 40 });
    assert_string_equal(f.out.p, "\033[33m╷\033[0m\n"
                                 "\033[33m│\033[0m \033[1m\033[33mWarning: \033[0m\033[1mStrange\033[0m\n"
                                 "\033[33m│\033[0m \n"
                                 "\033[33m│\033[0m   on main.tf line 8:\n"
                                 "\033[33m│\033[0m    8:       \"é${\033[4mvar.x\033[0m}\"\n"
                                 "\033[33m│\033[0m \n"
                                 "\033[33m│\033[0m Look at it.\n"
                                 "\033[33m╵\033[0m\n");
    end(&f);
}

static void test_view_diag__lines_that_are_laid_out_are_left_alone(void **unused)
{
    (void)unused;
    fixture f = begin();
    iac_diag_error(&f.diags, IAC_NO_RANGE, "Invalid value for variable",
                   "Too short, and this sentence is long enough that it must be wrapped at the width that is assumed "
                   "where there is no terminal.\n\n  - kept line as it is because it is laid out already, however long "
                   "it may be, yes\n\nEnd.\n");
    iac_view_diags(&f.out, &f.diags, -1, &(iac_view_options){ 0 });
    assert_string_equal(f.out.p, "\n"
                                 "Error: Invalid value for variable\n"
                                 "\n"
                                 "Too short, and this sentence is long enough that it must be wrapped at the\n"
                                 "width that is assumed where there is no terminal.\n"
                                 "\n"
                                 "  - kept line as it is because it is laid out already, however long it may be, yes\n"
                                 "\n"
                                 "End.\n"
                                 "\n"); /* a newline at the end is a line of its own */
    end(&f);
}

static void test_view_diag__errors_and_warnings_go_apart(void **unused)
{
    (void)unused;
    fixture f = begin();
    iac_diag_warning(&f.diags, IAC_NO_RANGE, "W", "w");
    iac_diag_error(&f.diags, IAC_NO_RANGE, "E", "e");
    iac_view_diags(&f.out, &f.diags, IAC_ERROR, &(iac_view_options){ 0 });
    assert_string_equal(f.out.p, "\nError: E\n\ne\n");
    iac_buf_reset(&f.out);
    iac_view_diags(&f.out, &f.diags, IAC_WARNING, &(iac_view_options){ 0 });
    assert_string_equal(f.out.p, "\nWarning: W\n\nw\n");
    end(&f);
}

static void test_view_diag__json_counts_bytes_lines_and_graphemes(void **unused)
{
    (void)unused;
    fixture f = begin();
    iac_json_diag(&f.out, call_error(&f));
    assert_string_equal(
        f.out.p,
        "{\"severity\":\"error\",\"summary\":\"Invalid function argument\",\"detail\":\"Invalid value for \\\"v\\\" "
        "parameter: cannot convert \\\"éa\\\" to number; given string must be a decimal representation of a "
        "number.\",\"address\":\"terraform_data.b\",\"range\":{\"filename\":\"main.tf\",\"start\":{\"line\":8,"
        "\"column\":8,\"byte\":104},\"end\":{\"line\":8,\"column\":17,\"byte\":114}},\"snippet\":{\"context\":"
        "\"resource \\\"terraform_data\\\" \\\"b\\\"\",\"code\":\"    é = tonumber(\\n      \\\"é${var.x}\\\"\\n    )\","
        "\"start_line\":7,\"highlight_start_offset\":26,\"highlight_end_offset\":36,\"values\":[{\"traversal\":\"var.x\","
        "\"statement\":\"is \\\"a\\\"\"}],\"function_call\":{\"called_as\":\"tonumber\"}}}");
    iac_buf_reset(&f.out);
    iac_diags none = IAC_DIAGS_INIT;
    iac_json_validate(&f.out, &none);
    assert_string_equal(f.out.p, "{\n  \"format_version\": \"1.0\",\n  \"valid\": true,\n  \"error_count\": 0,\n"
                                 "  \"warning_count\": 0,\n  \"diagnostics\": []\n}\n");
    end(&f);
}

static void test_view_diag__any_range_is_survived(void **unused)
{
    (void)unused;
    fixture f = begin();
    uint32_t n = (uint32_t)f.source->text.n;
    const iac_range ranges[] = { { f.source, 0, 0 }, { f.source, n, n }, { f.source, 0, n }, { f.source, n - 1, n },
                                 { iac_source_new(f.arena, IAC_STR("e"), IAC_STR("")), 0, 0 } };
    for (size_t i = 0; i < IAC_COUNT(ranges); i++) {
        iac_diag_error(&f.diags, ranges[i], "S", "d");
        iac_view_diags(&f.out, &f.diags, -1, &(iac_view_options){ .color = i % 2, .width = 3 });
        iac_json_diag(&f.out, &f.diags.list.v[i]);
    }
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_diag__shows_source_call_and_values),
        cmocka_unit_test(test_view_diag__colour_brings_a_box_and_underlines),
        cmocka_unit_test(test_view_diag__lines_that_are_laid_out_are_left_alone),
        cmocka_unit_test(test_view_diag__errors_and_warnings_go_apart),
        cmocka_unit_test(test_view_diag__json_counts_bytes_lines_and_graphemes),
        cmocka_unit_test(test_view_diag__any_range_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Runs tests/compat/functions.tsv: name, arguments as a JSON array, and what Terraform makes of them: the result as
 * JSON, or "! " and the error, which for a bad argument begins with the parameter's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/func/func.h"
#include "lang/value/json.h"

static iac_str result_text(iac_arena *arena, const iac_func *func, const iac_value *args)
{
    iac_func_error error;
    const iac_value *v = iac_func_call(arena, func, args->items, args->n, NULL, &error);
    if (!v && error.arg != IAC_FUNC_NO_ARG)
        return iac_arena_printf(arena, "! \"%s\" parameter: %.*s.", iac_func_param(func, error.arg)->name,
                                IAC_FMT(error.text));
    if (!v)
        return iac_arena_printf(arena, "! %.*s.", IAC_FMT(error.text));
    if (!iac_is_wholly_known(v))
        return IAC_STR("(known after apply)");
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_to_json(&buf, v);
    iac_str text = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

/* Whether the case holds; says what differs when not. */
static bool run_case(const char *name, const char *args_json, const char *expected)
{
    iac_arena *arena = iac_arena_new();
    iac_str error;
    size_t offset;
    const iac_func *func = iac_func_find(iac_str_of(name));
    const iac_value *args = iac_value_from_json(arena, iac_str_of(args_json), &error, &offset);
    bool ok = func && args;
    if (ok) {
        iac_str text = result_text(arena, func, args);
        ok = iac_str_is(text, expected);
        if (!ok)
            print_error("%s(%s)\n  expected %s\n  got      %.*s\n", name, args_json, expected, IAC_FMT(text));
    }
    iac_arena_free(arena);
    return ok;
}

static void test_func_cases__agree_with_terraform(void **state)
{
    (void)state;
    FILE *file = fopen("tests/compat/functions.tsv", "r");
    char *line = NULL;
    size_t cap = 0, failed = 0, count = 0;
    assert_non_null(file);
    while (getline(&line, &cap, file) > 0) {
        char *rest = line;
        const char *name = strsep(&rest, "\t"), *args = strsep(&rest, "\t"), *expected = strsep(&rest, "\n");
        assert_non_null(expected);
        count++;
        failed += !run_case(name, args, expected);
    }
    free(line);
    fclose(file);
    assert_true(count > 500);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_func_cases__agree_with_terraform) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

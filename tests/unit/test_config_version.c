/* Version constraints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "lang/config/version.h"

static void test_config_version__constraints(void **state)
{
    static const struct {
        const char *version, *constraint;
        bool meets;
    } cases[] = {
        { "1.11.4", "1.11.4", true },         { "1.11.4", ">= 1.0, < 2.0", true }, { "1.11.4", ">= 99", false },
        { "1.11.4", "~> 1.9", true },         { "1.11.4", "~> 1.11.0", true },     { "1.11.4", "~> 1.10.0", false },
        { "1.11.4", "~> 2", false },          { "2.5.0", "~> 2", true },           { "1.11.4", "!= 1.11.4", false },
        { "1.11.4", "> 1.11.3, <1.11.5", true }, { "1.2", "= 1.2.0", true },       { "1.3.0-beta1", ">= 1.2", false },
        { "1.3.0-beta1", ">= 1.3.0-alpha1", true }, { "1.3.0-beta1", "1.3.0-beta1", true }, { "1.3.0", "> 1.3.0-rc1", true },
        { "1.3.0-rc.2", "> 1.3.0-rc.1", true }, { "v1.2.3", "1.2.3+build", true },
    };
    (void)state;
    for (size_t i = 0; i < IAC_COUNT(cases); i++)
        if (iac_version_meets(iac_str_of(cases[i].version), iac_str_of(cases[i].constraint)) != cases[i].meets)
            fail_msg("%s against %s", cases[i].version, cases[i].constraint);
}

static void test_config_version__malformed(void **state)
{
    static const char *const bad[] = {
        "", "abc", ">=", ">= 1.x", "1.0,", "=> 1", "1.2.3.4.5.6.7.8.9", "99999999999999999999", "1.0-", "1 2"
    };
    (void)state;
    for (size_t i = 0; i < IAC_COUNT(bad); i++)
        if (iac_version_constraint_valid(iac_str_of(bad[i])))
            fail_msg("\"%s\" was accepted", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_version__constraints),
        cmocka_unit_test(test_config_version__malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

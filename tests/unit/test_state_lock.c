/* The lock: one holder at a time, named to those who come second; the lock of a dead process is nobody's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "state/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct fixture {
    char dir[64];
    iac_diags diags;
    iac_store *first, *second;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    strcpy(f->dir, "/tmp/iac-lock-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    assert_int_equal(iac_store_open(f->dir, "default", true, &f->first, &f->diags), IAC_OK);
    assert_int_equal(iac_store_open(f->dir, "default", true, &f->second, &f->diags), IAC_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    iac_store_close(f->first);
    iac_store_close(f->second);
    iac_diags_clear(&f->diags);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static const char *detail(fixture *f)
{
    assert_true(f->diags.list.n > 0);
    return f->diags.list.v[f->diags.list.n - 1].detail.p;
}

static void test_state_lock__the_second_learns_who_holds_it(void **state)
{
    fixture *f = *state;
    assert_int_equal(iac_store_lock(f->first, "apply", 0, &f->diags), IAC_OK);
    assert_int_equal(iac_store_lock(f->second, "plan", 30, &f->diags), IAC_BUSY);
    assert_string_equal(f->diags.list.v[0].summary.p, "Error acquiring the state lock");
    const char *text = detail(f);
    assert_non_null(strstr(text, "Lock Info:\n  ID:        "));
    assert_non_null(strstr(text, "\n  Operation: apply\n  Who:       "));
    assert_non_null(strstr(text, "\"-lock=false\" flag"));
    iac_store_unlock(f->first);
    assert_int_equal(iac_store_lock(f->second, "plan", 0, &f->diags), IAC_OK);
}

static void test_state_lock__closing_releases_it(void **state)
{
    fixture *f = *state;
    assert_int_equal(iac_store_lock(f->first, "apply", 0, &f->diags), IAC_OK);
    iac_store_close(f->first);
    f->first = NULL;
    assert_int_equal(iac_store_lock(f->second, "plan", 0, &f->diags), IAC_OK);
}

static void test_state_lock__a_dead_holder_is_succeeded(void **state)
{
    fixture *f = *state;
    pid_t child = fork();
    if (child == 0) {
        iac_store *store = NULL;
        iac_diags diags = IAC_DIAGS_INIT;
        bool ok = iac_store_open(f->dir, "default", true, &store, &diags) == IAC_OK &&
                  iac_store_lock(store, "apply", 0, &diags) == IAC_OK;
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(iac_store_lock(f->first, "plan", 0, &f->diags), IAC_OK);
}

static void test_state_lock__force_unlock_needs_the_right_id(void **state)
{
    fixture *f = *state;
    assert_int_equal(iac_store_force_unlock(f->second, IAC_STR("x"), &f->diags), IAC_ERR);
    assert_string_equal(detail(f), "The state is not locked.");
    assert_int_equal(iac_store_lock(f->first, "apply", 0, &f->diags), IAC_OK);
    assert_int_equal(iac_store_force_unlock(f->second, IAC_STR("x"), &f->diags), IAC_ERR);
    const char *id = strstr(detail(f), "ID:        ");
    assert_non_null(id);
    char copy[37] = "";
    memcpy(copy, id + 11, 36);
    assert_int_equal(iac_store_force_unlock(f->second, iac_str_of(copy), &f->diags), IAC_OK);
    assert_int_equal(iac_store_lock(f->second, "plan", 0, &f->diags), IAC_OK);
}

static void test_state_lock__each_workspace_has_its_own(void **state)
{
    fixture *f = *state;
    iac_store *other = NULL;
    assert_int_equal(iac_store_open(f->dir, "blue", true, &other, &f->diags), IAC_OK);
    assert_int_equal(iac_store_lock(f->first, "apply", 0, &f->diags), IAC_OK);
    assert_int_equal(iac_store_lock(other, "apply", 0, &f->diags), IAC_OK);
    iac_store_close(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_state_lock__##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_second_learns_who_holds_it),   TEST(closing_releases_it),
        TEST(a_dead_holder_is_succeeded),       TEST(force_unlock_needs_the_right_id),
        TEST(each_workspace_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

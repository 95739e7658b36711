/* Shared by the tests of values: an arena for each test, values and types written as JSON. Included by one program each,
 * after cmocka.h. */
#ifndef TESTS_UNIT_VALUE_HELPER_H
#define TESTS_UNIT_VALUE_HELPER_H
#include <stdlib.h>
#include <string.h>

#include "lang/value/convert.h"
#include "lang/value/json.h"

static iac_arena *arena;

static inline int set_up(void **state)
{
    (void)state;
    arena = iac_arena_new();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    iac_arena_free(arena);
    mpfr_free_cache();
    return 0;
}

#define CHECK_STR(s, expected) check_str(s, expected, __FILE__, __LINE__)
static inline void check_str(iac_str s, const char *expected, const char *file, int line)
{
    char *text = iac_xstrndup(s.p ? s.p : "", s.n);
    _assert_string_equal(text, expected, file, line);
    free(text);
}

static inline const iac_value *json(const char *text)
{
    iac_str why = { 0 };
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, iac_str_of(text), &why, &offset);
    if (!v)
        fail_msg("%s: %.*s", text, IAC_FMT(why));
    return v;
}
#endif

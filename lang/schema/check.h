/* lang/schema/check.h - what the checks of objects against a schema share. Private to lang/schema. */
#ifndef IAC_SCHEMA_CHECK_H
#define IAC_SCHEMA_CHECK_H
#include "lang/schema/schema.h"

/* One check under way: the first fault found is kept. */
typedef struct iac_check {
    iac_arena *arena;
    iac_str error; /* empty: none */
} iac_check;

/* Where a check is: a chain on the C stack, so that a path is built only for a message. */
typedef struct iac_at {
    const struct iac_at *up; /* NULL: the object as a whole */
    iac_step step;
} iac_at;

#define IAC_AT_ATTR(parent, attr_name) \
    ((iac_at){ .up = (parent), .step = { .kind = IAC_STEP_ATTR, .name = (attr_name) } })

/* The step to element i of a collection, tuple or object. */
iac_at iac_at_element(const iac_at *up, const iac_value *collection, size_t i);
/* Notes "PATH: MESSAGE"; always false. */
bool iac_check_fail(iac_check *check, const iac_at *at, const char *format, ...) IAC_PRINTF(3, 4);
/* A value as messages for provider developers show it: cty.StringVal("a"). */
iac_str iac_value_debug(iac_arena *arena, const iac_value *v);
/* Whether each element of either set has one in the other that `fits`; at is for the caller's messages. */
bool iac_sets_correspond(iac_check *check, const iac_at *at, const iac_value *planned, const iac_value *other,
                         bool (*fits)(void *arg, const iac_value *planned, const iac_value *other), void *arg);
#endif

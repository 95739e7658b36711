/* lang/schema/mock.h - objects made up where no provider is asked: what the configuration leaves to the provider is taken
 * from given values, or invented. Layer: lang/schema. The rules are Terraform's: strings are eight random letters and
 * digits, numbers 0, bools false, collections empty. */
#ifndef IAC_SCHEMA_MOCK_H
#define IAC_SCHEMA_MOCK_H
#include "lang/base/diag.h"
#include "lang/schema/schema.h"

/* What computed attributes are to be. Immutable. */
typedef struct iac_mock_values {
    const iac_value *values; /* an object, or NULL: everything is invented */
    iac_range range;         /* of what gives them, for messages */
    iac_range block_range;   /* of its block */
    bool during_plan;        /* known while planning already */
} iac_mock_values;

/* A provider that is not there. Immutable. */
typedef struct iac_mock {
    iac_map resources, data; /* type: const iac_mock_values *; what is missing is invented */
    iac_map overrides;       /* of single objects, by address: const iac_mock_values * */
    bool during_plan;        /* of types that are missing */
} iac_mock;

typedef enum iac_mock_fill {
    IAC_MOCK_NULLS,    /* computed attributes that are null get a value */
    IAC_MOCK_DEFER,    /* those become unknown */
    IAC_MOCK_UNKNOWNS, /* attributes that are unknown get a value */
} iac_mock_fill;

/* v with what the provider would have computed. Values that do not fit their attribute give an error with `subject`,
 * and something invented in their place. mock NULL: everything is invented. */
const iac_value *iac_mock_object(iac_arena *arena, const iac_block_schema *block, const iac_value *v,
                                 const iac_mock_values *mock, iac_mock_fill fill, iac_range subject,
                                 iac_diags *diags);
#endif

/* lang/syntax/body.h - reading a body by what is expected in it, the same for the native and the JSON syntax.
 * Layer: lang/syntax. */
#ifndef IAC_SYNTAX_BODY_H
#define IAC_SYNTAX_BODY_H
#include "lang/base/diag.h"
#include "lang/syntax/ast.h"

typedef struct iac_attribute_spec {
    iac_str name;
    bool required;
} iac_attribute_spec;

typedef struct iac_block_spec {
    iac_str type;
    const char *const *labels; /* names of the labels, for messages: {"type", "name"} */
    size_t label_count;
} iac_block_spec;

typedef struct iac_body_spec {
    const iac_attribute_spec *attributes;
    size_t attribute_count;
    const iac_block_spec *blocks;
    size_t block_count;
} iac_body_spec;

/* The spec with nothing required: what may stand in a block that overrides another one. */
iac_body_spec iac_spec_of_override(iac_arena *arena, const iac_body_spec *spec);

typedef struct iac_content {
    const iac_attribute **attributes; /* by position in the spec; NULL where absent */
    const iac_block *const *blocks;   /* in source order */
    size_t block_count;
    const iac_body *remain;           /* partial only: what the spec did not name */
} iac_content;

/* What the body holds of the spec. With partial false anything else is an error ("Unsupported argument",
 * "Unsupported block type", with a suggestion when a name is near); with partial true it is left for ret->remain.
 * Missing required attributes and wrong label counts are errors ("Missing required argument"). Everything that is
 * right is returned even when there are errors. */
iac_status iac_body_content(iac_arena *arena, const iac_body *body, const iac_body_spec *spec, bool partial,
                            iac_content *ret, iac_diags *diags);
/* All attributes of a body in which no block may stand (locals, required_providers), in source order. */
iac_status iac_body_attributes(iac_arena *arena, const iac_body *body, const iac_attribute **ret, size_t *ret_count,
                               iac_diags *diags);
/* The attribute of a body in either syntax, or NULL; what is wrong in the body is not told. */
const iac_attribute *iac_body_find(iac_arena *arena, const iac_body *body, iac_str name);
/* Body a with what b says instead: attributes by name, blocks by type; names unknown to a schema are passed over in the
 * result, and what is required must be said by a. With `add`, blocks of b come after a's, and none of the rest holds.
 * Either may be in either syntax. */
const iac_body *iac_body_merge(iac_arena *arena, const iac_body *a, const iac_body *b, bool add);
#endif

/* lang/value/convert.h - conversion and unification by the language's rules. Layer: lang/value. */
#ifndef IAC_VALUE_CONVERT_H
#define IAC_VALUE_CONVERT_H
#include "lang/value/path.h"
#include "lang/value/value.h"

/* Converts v to type (dynamic parts take what v has; optional attributes missing become null). Marks and unknowns are
 * kept. NULL when impossible: *ret_error (in the arena) then says why as Terraform does: when the types forbid it, from
 * the top ("string required", "attribute \"a\" is required", "element 0: number required"), with *ret_path (may be NULL)
 * empty; when a value does ("a number is required"), without saying where, which *ret_path tells. */
const iac_value *iac_convert(iac_arena *arena, const iac_value *v, const iac_type *type, iac_str *ret_error,
                             iac_path *ret_path);
/* The one type that all can be converted to, or NULL. unsafe also admits conversions that may fail (string to
 * number), as conditionals and collections do. */
const iac_type *iac_type_unify(iac_arena *arena, const iac_type *const *types, size_t n, bool unsafe);
/* What each value must become: the n values converted to their unified type; false when there is none. */
bool iac_values_unify(iac_arena *arena, const iac_value **values, size_t n, const iac_type **ret_type);
/* Whether a value of type `from` always (or, unsafe, maybe) converts to `to`. */
bool iac_type_convertible(const iac_type *from, const iac_type *to, bool unsafe);

/* Defaults of optional attributes in a type constraint, applied before conversion. */
typedef struct iac_defaults iac_defaults;
struct iac_defaults {
    const iac_type *type;             /* of the object, collection or tuple that this node is for */
    size_t n;                         /* object: attributes with a default */
    const iac_str *names;
    const iac_value *const *values;
    size_t child_count;               /* nested: by attribute name, tuple index as decimal, or "" for elements */
    const iac_str *child_names;
    const iac_defaults *const *children;
};
const iac_value *iac_defaults_apply(iac_arena *arena, const iac_defaults *defaults, const iac_value *v);
#endif

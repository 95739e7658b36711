/* lang/value/type.h - types of the Terraform language (cty's type system). Layer: lang/value (sees base).
 * Types are immutable and readable from any thread; they live in an arena or are static. Compare with iac_type_equal:
 * equal types need not be the same pointer. */
#ifndef IAC_VALUE_TYPE_H
#define IAC_VALUE_TYPE_H
#include "lang/base/base.h"

typedef enum iac_kind {
    IAC_DYNAMIC, /* "any": of a null or unknown value, or in a constraint */
    IAC_STRING,
    IAC_NUMBER,
    IAC_BOOL,
    IAC_LIST,
    IAC_SET,
    IAC_MAP,
    IAC_TUPLE,
    IAC_OBJECT,
} iac_kind;

typedef struct iac_type iac_type;
struct iac_type {
    iac_kind kind;
    const iac_type *element;      /* list, set, map */
    size_t n;                     /* tuple, object: how many */
    const iac_type *const *items; /* tuple: element types; object: attribute types */
    const iac_str *names;         /* object: attribute names in byte order */
    const bool *optional;         /* object, in type constraints only: NULL when none is */
    uint64_t hash;                /* equal types have equal hashes; optional is left out of it */
};

extern const iac_type iac_type_dynamic, iac_type_string, iac_type_number, iac_type_bool;
/* Collections of these, by the element's kind: &iac_simple_lists[IAC_STRING] is list(string). */
extern const iac_type iac_simple_lists[4], iac_simple_sets[4], iac_simple_maps[4];
extern const iac_type iac_type_map_of_string_lists;

const iac_type *iac_type_list(iac_arena *arena, const iac_type *element);
const iac_type *iac_type_set(iac_arena *arena, const iac_type *element);
const iac_type *iac_type_map(iac_arena *arena, const iac_type *element);
const iac_type *iac_type_tuple(iac_arena *arena, const iac_type *const *items, size_t n);
/* Names in any order, each once; everything is copied but the attribute types. optional may be NULL. */
const iac_type *iac_type_object(iac_arena *arena, const iac_str *names, const iac_type *const *items,
                                const bool *optional, size_t n);

bool iac_type_equal(const iac_type *a, const iac_type *b); /* ignores optional */
bool iac_type_has_dynamic(const iac_type *type);
const iac_type *iac_type_attribute(const iac_type *object, iac_str name); /* NULL when absent */
const iac_type *iac_type_without_optional(iac_arena *arena, const iac_type *type);
const iac_type *iac_type_copy(iac_arena *arena, const iac_type *type);
static inline bool iac_type_is_primitive(const iac_type *t)
{
    return t->kind == IAC_STRING || t->kind == IAC_NUMBER || t->kind == IAC_BOOL;
}
static inline bool iac_type_is_collection(const iac_type *t)
{
    return t->kind == IAC_LIST || t->kind == IAC_SET || t->kind == IAC_MAP;
}

/* "string", "list of string", "object", "tuple", "dynamic": as Terraform says it in messages. */
iac_str iac_type_friendly(iac_arena *arena, const iac_type *type);
/* Source form: list(string), object({a=number}). */
iac_str iac_type_source(iac_arena *arena, const iac_type *type);
/* JSON form: "string", ["list","string"], ["object",{"a":"number"}], ["object",{..},["optname"]]. */
void iac_type_to_json(iac_buf *out, const iac_type *type);
/* Parses the JSON form; NULL when it is none. */
const iac_type *iac_type_from_json(iac_arena *arena, iac_str json);
#endif

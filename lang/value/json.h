/* lang/value/json.h - values and JSON. Numbers are exact in both directions. Layer: lang/value. */
#ifndef IAC_VALUE_JSON_H
#define IAC_VALUE_JSON_H
#include "lang/value/value.h"

/* Appends JSON as jsonencode writes it: compact, keys sorted, < > & and U+2028/9 escaped. v must be wholly known;
 * marks are ignored. */
void iac_value_to_json(iac_buf *out, const iac_value *v);
/* Appends v, written for the type constraint `type`: where the type is dynamic, {"value":..,"type":..} (the form of
 * state files and of the machine formats). Unknown values are written as null. */
void iac_value_to_typed_json(iac_buf *out, const iac_value *v, const iac_type *type);
/* Appends a JSON string, escaped as above (html false leaves < > & alone). */
void iac_json_string(iac_buf *out, iac_str s, bool html);
/* Appends compact JSON laid out over lines, two blanks a level; it stands at `level`, which is 0 by itself. */
void iac_json_indent(iac_buf *out, iac_str json, size_t level);

/* As jsondecode: arrays become tuples, objects objects. NULL on error with a message in the arena and the byte offset
 * of the fault. Depth is limited. */
const iac_value *iac_value_from_json(iac_arena *arena, iac_str json, iac_str *ret_error, size_t *ret_offset);
/* For views, which show numbers as they were written: these become known values of kind IAC_DYNAMIC with their text
 * (within json) as the string, and no other function of values may see them. NULL on error. */
const iac_value *iac_value_from_json_spelled(iac_arena *arena, iac_str json);
/* Reverse of iac_value_to_typed_json. NULL when the text is not JSON or does not fit the type. */
const iac_value *iac_value_from_typed_json(iac_arena *arena, iac_str json, const iac_type *type, iac_str *ret_error);

/* A lossless binary form (types, unknowns, refinements, marks), for plan files. decode gives NULL on damaged bytes. */
void iac_value_encode(iac_buf *out, const iac_value *v);
const iac_value *iac_value_decode(iac_arena *arena, iac_str bytes, size_t *offset);
void iac_type_encode(iac_buf *out, const iac_type *type);
const iac_type *iac_type_decode(iac_arena *arena, iac_str bytes, size_t *offset);
#endif

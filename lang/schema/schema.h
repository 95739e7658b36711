/* lang/schema/schema.h - what a block may hold: attributes and nested blocks. Layer: lang/schema (sees base and value).
 * Schemas are immutable and live in an arena. */
#ifndef IAC_SCHEMA_SCHEMA_H
#define IAC_SCHEMA_SCHEMA_H
#include "lang/value/path.h"
#include "lang/value/value.h"

typedef enum iac_nesting { IAC_NEST_SINGLE, IAC_NEST_GROUP, IAC_NEST_LIST, IAC_NEST_SET, IAC_NEST_MAP } iac_nesting;

typedef struct iac_block_schema iac_block_schema;
typedef struct iac_attr_schema iac_attr_schema;

struct iac_attr_schema {
    iac_str name, description;
    const iac_type *type; /* always set; for a nested attribute, the implied type */
    /* Attributes with a structure of their own (nested_type): NULL otherwise. */
    const iac_attr_schema *nested;
    size_t nested_count;
    iac_nesting nesting;
    bool required, optional, computed, sensitive, write_only, deprecated;
};

typedef struct iac_nested_schema { /* a block type */
    iac_str name;
    iac_nesting nesting;
    const iac_block_schema *block;
    int64_t min_items, max_items; /* 0: no limit */
} iac_nested_schema;

struct iac_block_schema {
    const iac_attr_schema *attributes; /* in byte order of names */
    size_t attribute_count;
    const iac_nested_schema *blocks; /* in byte order of names */
    size_t block_count;
    iac_str description;
    bool deprecated;
    const iac_type *type; /* implied object type */
};

typedef struct iac_schema {
    int64_t version;
    const iac_block_schema *block;
} iac_schema;

const iac_attr_schema *iac_schema_attribute(const iac_block_schema *block, iac_str name); /* NULL when absent */
const iac_nested_schema *iac_schema_block(const iac_block_schema *block, iac_str name);
/* Parses {"version":1,"block":{...}} in the form of `terraform providers schema -json`. NULL with *ret_error. */
const iac_schema *iac_schema_from_json(iac_arena *arena, iac_str json, iac_str *ret_error);
void iac_schema_to_json(iac_buf *out, const iac_schema *schema); /* as `providers schema -json` writes a schema */
extern const iac_block_schema iac_schema_empty;

/* An object of the block's type with everything null and no nested blocks. */
const iac_value *iac_schema_empty_value(iac_arena *arena, const iac_block_schema *block);
/* v with the schema's sensitive attributes marked. */
const iac_value *iac_schema_mark_sensitive(iac_arena *arena, const iac_block_schema *block, const iac_value *v);
/* What in v is sensitive, by its marks or the schema, and what is write-only: secrets from now on (lang/base/secrets.h).
 * scratch is for what that takes; v may be NULL. */
void iac_schema_note_secrets(iac_arena *scratch, const iac_block_schema *block, const iac_value *v);
/* v with every write-only attribute null; v itself when there is none. */
const iac_value *iac_schema_null_write_only(iac_arena *arena, const iac_block_schema *block, const iac_value *v);
/* Whether v is of the schema's type ("attribute a: a string is required" in *ret_error otherwise). */
bool iac_schema_conforms(iac_arena *arena, const iac_block_schema *block, const iac_value *v, iac_str *ret_error);
/* What a planned attribute is proposed to be, by Terraform's rules (objchange.ProposedNew): configuration wins; where
 * it is null, computed attributes keep the prior value (or become unknown when prior is null, for create: null prior
 * means computed-and-null-in-config become unknown). Nested blocks are matched by index, key, or for sets by their
 * non-computed values. Unmarked values. */
const iac_value *iac_schema_proposed(iac_arena *arena, const iac_block_schema *block, const iac_value *prior,
                                     const iac_value *config);
/* objchange.AssertPlanValid: false with a message and path when planned breaks the contract. */
bool iac_schema_assert_plan_valid(iac_arena *arena, const iac_block_schema *block, const iac_value *prior,
                                  const iac_value *config, const iac_value *planned, iac_str *ret_error);
/* objchange.AssertObjectCompatible: what was planned as known is what is. */
bool iac_schema_assert_compatible(iac_arena *arena, const iac_block_schema *block, const iac_value *planned,
                                  const iac_value *actual, iac_str *ret_error);
#endif

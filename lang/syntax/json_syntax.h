/* lang/syntax/json_syntax.h - bodies in the JSON syntax, and merged ones. Internal to lang/syntax; read through body.h. */
#ifndef IAC_SYNTAX_JSON_SYNTAX_H
#define IAC_SYNTAX_JSON_SYNTAX_H
#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"

typedef enum iac_json_kind {
    IAC_JSON_INVALID, /* where no value could be read; told */
    IAC_JSON_NULL, IAC_JSON_BOOL, IAC_JSON_NUMBER, IAC_JSON_STRING, IAC_JSON_ARRAY, IAC_JSON_OBJECT
} iac_json_kind;

typedef struct iac_json_node iac_json_node;

typedef struct iac_json_member {
    iac_str name;
    iac_range name_range; /* with its quotes */
    bool escaped;
    const iac_json_node *value;
} iac_json_member;

struct iac_json_node {
    iac_json_kind kind;
    bool boolean;
    bool escaped; /* STRING: text was not taken from the source as it stands */
    iac_range range, open_range, close_range; /* brackets of arrays and objects; other values: the whole */
    iac_str text; /* NUMBER, STRING */
    const iac_json_node *const *items;
    const iac_json_member *members;
    size_t n;
};

/* As the functions of body.h, for a body with json set. */
iac_status iac_json_content(iac_arena *arena, const iac_body *body, const iac_body_spec *spec, bool partial,
                            iac_content *ret, iac_diags *diags);
iac_status iac_json_attributes(iac_arena *arena, const iac_body *body, const iac_attribute **ret, size_t *ret_count,
                               iac_diags *diags);

/* The same for a body with pair set (merge.c). */
iac_status iac_pair_content(iac_arena *arena, const iac_body *body, const iac_body_spec *spec, bool partial,
                            iac_content *ret, iac_diags *diags);
iac_status iac_pair_attributes(iac_arena *arena, const iac_body *body, const iac_attribute **ret, size_t *ret_count,
                               iac_diags *diags);

/* Where a spec's names are found: position + 1 of an attribute, or of a block type (as negative), by name. */
typedef struct iac_spec_index {
    iac_map names;
    const iac_body_spec *spec;
} iac_spec_index;

void iac_spec_index_init(iac_spec_index *index, const iac_body_spec *spec);
void iac_spec_index_clear(iac_spec_index *index);
const iac_attribute_spec *iac_spec_attribute(const iac_spec_index *index, iac_str name, size_t *ret_position);
const iac_block_spec *iac_spec_block(const iac_spec_index *index, iac_str name);
/* The name in the spec that was probably meant, or empty; an attribute that is among `given` (NULL: none) was not. */
iac_str iac_spec_similar(const iac_body_spec *spec, const iac_attribute *const *given, iac_str name, bool attributes,
                         bool blocks);
/* "The argument X is required": for each required attribute that ret lacks. */
void iac_spec_check_required(const iac_body *body, const iac_body_spec *spec, const iac_content *ret,
                             iac_diags *diags);
#endif

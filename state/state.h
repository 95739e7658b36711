/* state/state.h - what we know of the world: resource objects and outputs, read as one snapshot. Layer: state (sees
 * lang/base, value, addr). A snapshot is immutable and lives in its arena; readable from any thread. */
#ifndef IAC_STATE_STATE_H
#define IAC_STATE_STATE_H
#include "lang/addr/addr.h"
#include "lang/value/path.h"
#include "lang/value/value.h"

/* One stored object of a resource instance: the current one, or a deposed one. */
typedef struct iac_object {
    iac_str attributes;     /* JSON written for `type` (iac_value_to_typed_json), unmarked */
    const iac_type *type;   /* the schema's implied type when it was written; NULL in what Terraform wrote: imply it */
    int64_t schema_version;
    iac_paths sensitive;    /* where marks were, beyond those of the schema */
    iac_str private_data;   /* the provider's own */
    bool tainted;
    bool create_before_destroy;
    const iac_addr *dependencies; /* resources (no keys) it needs; of very many only those it refers to */
    size_t dependency_count;
    iac_str deposed;        /* 8 hexadecimal digits; empty for the current object */
} iac_object;

typedef struct iac_state_instance {
    iac_addr addr;
    iac_str provider; /* configuration it was made with: provider["host/ns/type"], with module path and alias */
    const iac_object *current; /* NULL when only deposed ones are left */
    const iac_object *const *deposed;
    size_t deposed_count;
} iac_state_instance;

typedef struct iac_state_output {
    iac_str name;
    const iac_value *value; /* unmarked */
    bool sensitive;
} iac_state_output;

/* What became of the conditions of one object: of an instance, or of an object of the configuration that has none. */
typedef struct iac_check_result {
    iac_str kind;    /* resource, output_value, check, var */
    iac_str object;  /* as configured: "module.m.check.c" */
    iac_str address; /* of the instance: "module.m[0].check.c"; empty: there is none, or none is known */
    iac_str status;  /* pass, fail, error, unknown */
    const iac_str *messages; /* of what failed */
    size_t message_count;
} iac_check_result;

typedef struct iac_state {
    iac_str lineage; /* empty while nothing was ever stored */
    int64_t serial;
    const iac_state_instance *instances; /* in iac_addr_cmp order */
    size_t instance_count;
    const iac_state_output *outputs; /* root module's, in order of their names */
    size_t output_count;
    const iac_check_result *checks; /* as of the last apply, by object and address */
    size_t check_count;
} iac_state;

const iac_state_instance *iac_state_find(const iac_state *state, iac_addr addr); /* NULL when absent; log n */
const iac_state_output *iac_state_find_output(const iac_state *state, iac_str name); /* likewise */
/* The index of the first instance at or after the resource's first (key NONE sorts first); for walking a resource. */
size_t iac_state_lower_bound(const iac_state *state, iac_addr addr);
/* Decodes by the type it was stored with (implied from the JSON where there is none), with the sensitive paths marked.
 * NULL when the stored JSON is damaged. */
const iac_value *iac_object_value(iac_arena *arena, const iac_object *object);
/* What the state says is sensitive becomes secret (lang/base/secrets.h). */
void iac_state_note_secrets(const iac_state *state);
/* Makes an object from a value of `type`: unknown parts become null, marks become sensitive paths. */
iac_object *iac_object_new(iac_arena *arena, const iac_value *value, const iac_type *type, int64_t schema_version);

/* The status of the results of one object of the configuration taken together: error, fail, unknown, else pass. */
iac_str iac_checks_status(const iac_check_result *checks, size_t n);
/* Results as Terraform's state files hold them, "check_results"; "null" for none. */
void iac_checks_to_json(iac_buf *out, const iac_check_result *checks, size_t n);
/* And back; what is not understood is left out. */
void iac_checks_from_value(iac_arena *arena, const iac_value *v, const iac_check_result **ret, size_t *ret_count);

/* Terraform's state file, version 4. */
iac_status iac_tfstate_read(iac_arena *arena, iac_str json, const iac_state **ret, iac_diags *diags);
void iac_tfstate_write(iac_buf *out, const iac_state *state);
#endif

/* lang/value/path.h - where something is within a value, and walks over values. Layer: lang/value. */
#ifndef IAC_VALUE_PATH_H
#define IAC_VALUE_PATH_H
#include "lang/value/value.h"

typedef enum iac_step_kind {
    IAC_STEP_ATTR,  /* attribute `name` of an object */
    IAC_STEP_INDEX, /* element `index` of a list or tuple */
    IAC_STEP_KEY,   /* element `name` of a map */
    IAC_STEP_ELEMENT, /* element `value` of a set */
} iac_step_kind;

typedef struct iac_step {
    iac_step_kind kind;
    iac_str name;
    int64_t index;
    const iac_value *value;
} iac_step;

typedef struct iac_path {
    const iac_step *steps;
    size_t n;
} iac_path;

typedef struct iac_paths {
    const iac_path *v;
    size_t n;
} iac_paths;

/* The step from a collection or structure to its part i. */
iac_step iac_step_to(const iac_value *v, size_t i);
bool iac_path_starts(iac_path path, iac_path prefix);
iac_path iac_path_copy(iac_arena *arena, iac_path path);
/* ".tags["a"][0]", as shown to people; the first attribute's dot included. */
iac_str iac_path_text(iac_arena *arena, iac_path path);
/* The provider ABI's form: `setting[0].name`, `labels["app"]`. False when the text is malformed. */
bool iac_path_parse(iac_arena *arena, iac_str text, iac_path *ret);
/* [{"type":"get_attr","value":"tags"},{"type":"index","value":{"value":"a","type":"string"}}], as in state files. */
void iac_path_to_json(iac_buf *out, iac_path path);
/* The value at path; NULL when there is none. A null or unknown on the way ends the walk and is returned. */
const iac_value *iac_value_at(iac_arena *arena, const iac_value *v, iac_path path);

/* Visits v and everything within, parents first; fn returning false leaves out what is within its argument. The path
 * is valid during the call only. */
void iac_value_walk(const iac_value *v, bool (*fn)(void *arg, iac_path path, const iac_value *v), void *arg);
/* Rebuilds v with every value replaced by what fn returns for it, children first. Unchanged parts are shared. fn may
 * return its argument. */
const iac_value *iac_value_transform(iac_arena *arena, const iac_value *v,
                                     const iac_value *(*fn)(void *arg, iac_path path, const iac_value *v), void *arg);
/* v without the sign of negative zeros. Terraform's plans have none. */
const iac_value *iac_value_unsign_zeros(iac_arena *arena, const iac_value *v);
/* The paths at which v has any of the marks as its own. */
iac_paths iac_value_marked_paths(iac_arena *arena, const iac_value *v, uint8_t marks);
/* Adds marks at each path that exists in v (a path that ends at or passes a set marks the set). */
const iac_value *iac_value_mark_paths(iac_arena *arena, const iac_value *v, iac_paths paths, uint8_t marks);
#endif

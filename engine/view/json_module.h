/* engine/view/json_module.h - resources grouped into the tree of their modules. Layer: engine/view, inside. */
#ifndef IAC_VIEW_JSON_MODULE_H
#define IAC_VIEW_JSON_MODULE_H
#include "engine/view/json_util.h"
#include "state/needs.h"

/* A resource of the tree: what "planned_values" and "values" say of it. */
typedef struct iac_json_resource {
    iac_addr addr;
    iac_str provider;
    int64_t schema_version;
    const iac_value *value; /* with marks; NULL: nothing is said of it */
    bool tainted;
    iac_str deposed;
    iac_needs *needs;         /* NULL: dependencies are not told */
    const iac_object *object; /* whose they are */
    bool redact;
} iac_json_resource;

/* {"resources":[..],"child_modules":[..]}; sorts the resources: as addresses (states), or as their texts (plans). */
void iac_json_root_module(iac_buf *out, iac_json_resource *resources, size_t n, bool text_order);
/* {"format_version":"1.0",...}, of a state; with the results of its checks, or without. */
void iac_json_state_document(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas, bool checks,
                             bool redact);
#endif

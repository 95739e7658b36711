/* providers/kubernetes/immutable.h - fields that cannot be changed in place. Layer: providers/kubernetes. */
#ifndef IAC_K8S_IMMUTABLE_H
#define IAC_K8S_IMMUTABLE_H
#include "providers/kubernetes/tree.h"

/* The paths, within the manifest, at which a change from `before` to `after` needs a new object, as an array of strings
 * (new reference). Both are bodies of server-side apply for the same kind; an unknown value that replaces a known one
 * does not count. Works without a server. */
json_t *k8s_immutable_changes(const char *group, const char *kind, const json_t *before, const json_t *after);

/* Whether a Status (422) says nothing but that immutable fields would change; *ret_paths are then the fields it names
 * (new reference, may be empty). */
bool k8s_immutable_refusal(const json_t *status, json_t **ret_paths);
#endif

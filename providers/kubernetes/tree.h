/* providers/kubernetes/tree.h - JSON trees (jansson) as this provider uses them: unknown leaves, paths, comparison.
 * Layer: providers/kubernetes (sees lang/base, net). No function here needs a host.
 *
 * An unknown value ("known after apply") is a special object that k8s_tree_unknown makes; it must never be sent to a
 * server. All functions take borrowed references and return new ones unless said otherwise. Reading is thread-safe. */
#ifndef IAC_K8S_TREE_H
#define IAC_K8S_TREE_H
#include "lang/net/json.h"

json_t *k8s_tree_unknown(void);
bool k8s_tree_is_unknown(const json_t *tree);
bool k8s_tree_has_unknown(const json_t *tree);

/* Paths are texts: names joined by dots, list indexes in brackets, keys with odd characters quoted in brackets:
 * spec.ports[0].name, metadata.labels["a.b/c"]. The number of steps is bounded by K8S_MAX_DEPTH. */
typedef struct k8s_step {
    char *name; /* NULL: an index */
    size_t index;
} k8s_step;

typedef struct k8s_path {
    k8s_step *steps;
    size_t n;
} k8s_path;

/* False when the text is no path; *ret is then empty. */
bool k8s_path_parse(const char *text, k8s_path *ret);
void k8s_path_clear(k8s_path *path);

/* The value at path, borrowed; NULL when any step is absent. */
json_t *k8s_tree_at(const json_t *tree, const char *path);
const char *k8s_tree_text(const json_t *tree, const char *path); /* a string at path; "" when there is none */
int64_t k8s_tree_int(const json_t *tree, const char *path, int64_t otherwise);
bool k8s_tree_true(const json_t *tree, const char *path);

/* A field as the API's messages name it, `.spec.containers[name="x"].image` or `spec.ports[0].port`, as a path of tree,
 * appended to out; as far as tree has it. */
void k8s_tree_field_path(const json_t *tree, iac_str field, iac_buf *out);

/* Puts value at path (taking a reference of its own), making objects on the way; stops silently at a step through
 * something that is not of the right kind or an index past the end. */
void k8s_tree_put(json_t *tree, const char *path, json_t *value);
void k8s_tree_remove(json_t *tree, const char *path);

/* A deep copy without null members of objects (server-side apply treats null as "no opinion" badly); unknown leaves
 * are left out too when drop_unknown is set (members and list elements). */
json_t *k8s_tree_clean(const json_t *tree, bool drop_unknown);

/* Equal, where an absent member equals a null one and 1 equals 1.0. */
bool k8s_tree_equal(const json_t *a, const json_t *b);
/* Whether every scalar of part stands at the same place in whole; lists must have the same length. */
bool k8s_tree_contains(const json_t *whole, const json_t *part);

/* The paths at which a and b differ, at most `limit` of them, joined by ", "; caller frees; NULL when equal. */
char *k8s_tree_differences(const json_t *a, const json_t *b, size_t limit);

/* 64 bits over a canonical form (members sorted, nulls left out); NULL has a hash as well. */
uint64_t k8s_tree_hash(const json_t *tree);
#endif

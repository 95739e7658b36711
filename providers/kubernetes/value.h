/* providers/kubernetes/value.h - values of the host to JSON trees and back. Layer: providers/kubernetes (sees sdk). */
#ifndef IAC_K8S_VALUE_H
#define IAC_K8S_VALUE_H
#include "providers/kubernetes/tree.h"
#include "providers/sdk/sdk.h"

/* A new tree; unknown values become k8s_tree_unknown(), absent ones null. NULL when the value is nested more deeply
 * than K8S_MAX_DEPTH. */
json_t *k8s_from_value(iacp_call *call, sdk_val value);
/* A value whose types are those of the tree: objects, tuples, strings, numbers, booleans; unknown of any type. */
sdk_val k8s_to_value(iacp_call *call, const json_t *tree);
#endif

/* providers/kubernetes/fields.h - who owns which field of a live object (metadata.managedFields), and the part of an
 * object that we look at. Layer: providers/kubernetes (sees tree.h); needs no server. */
#ifndef IAC_K8S_FIELDS_H
#define IAC_K8S_FIELDS_H
#include "providers/kubernetes/tree.h"

/* The fieldsV1 set that `manager` owns by server-side apply, borrowed; NULL when it owns nothing. */
json_t *k8s_fields_own(const json_t *live, const char *manager);
/* Everything that any manager other than the cluster's own controllers owns, status left out: what an object made by
 * other means was probably given. New reference. */
json_t *k8s_fields_authored(const json_t *live);
bool k8s_fields_has_replicas(const json_t *set);
/* The manager that scales the object (owns spec.replicas through the subresource scale), borrowed; NULL when none does.
 * Servers before 1.22 do not note the subresource: there the controller manager's ownership counts. */
const char *k8s_fields_scaler(const json_t *live, const char *own_manager);

/* The part of live that concerns us, as a new tree: the fields of `set` (NULL: none), those that `shape` (an earlier
 * projection, or NULL) has and live still has, the identity (apiVersion, kind, metadata.name, namespace, uid), and the
 * paths of `extra` (null where live has nothing). Where `body`, what we applied, holds an empty object or list, so does
 * the result, whatever others put there. */
json_t *k8s_project(const json_t *live, const json_t *set, const json_t *shape, const json_t *body,
                    const json_t *extra);

/* Paths of fields that the server fills in for a kind and that others need, e.g. spec.clusterIP of a Service: an array
 * of strings, new reference. */
json_t *k8s_server_fields(const char *kind);
#endif

/* providers/kubernetes/plan.h - planning and applying a kubernetes_manifest. Layer: providers/kubernetes. */
#ifndef IAC_K8S_PLAN_H
#define IAC_K8S_PLAN_H
#include "providers/kubernetes/object.h"

/* Plans by a server-side dry run; without a server (provider_unconfigured, or none can be reached for a new object)
 * from the configuration alone. */
int32_t k8s_plan(k8s_client *client, iacp_call *call, iacp_plan *request);

/* The parts of planning that need no server, for tests as well. All return new trees. */

/* What can be sent of wanted: unknown leaves are taken from `known`, the object in the state (or NULL), or left out. */
json_t *k8s_plan_body(const json_t *wanted, const json_t *known);
/* result with everything unknown that wanted says is unknown. */
json_t *k8s_plan_mark_unknown(const json_t *result, const json_t *wanted);

int32_t k8s_apply(k8s_client *client, iacp_call *call, iacp_apply *request);

/* The object as it is to be stored: what was planned as known stays as planned, the rest comes from `made`. */
json_t *k8s_apply_conform(const json_t *planned, const json_t *made);
#endif

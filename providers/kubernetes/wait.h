/* providers/kubernetes/wait.h - whether a live object has come to rest: rollouts, conditions, fields. Layer:
 * providers/kubernetes (sees tree.h); needs no server. */
#ifndef IAC_K8S_WAIT_H
#define IAC_K8S_WAIT_H
#include "providers/kubernetes/tree.h"

typedef enum k8s_readiness {
    K8S_READY,
    K8S_WAITING, /* *why says for what */
    K8S_FAILED,  /* it will not come to rest by itself; *why says why */
} k8s_readiness;

/* wait: {"rollout": bool, "condition": [{"type", "status"}], "fields": {path: regular expression or "*"}}; all that is
 * asked for must hold. *why is replaced. */
k8s_readiness k8s_wait_check(const json_t *live, const json_t *wait, iac_buf *why);

/* Whether a rollout has ended, by the rules of the object's kind. */
k8s_readiness k8s_rollout_check(const json_t *live, iac_buf *why);

/* False with a sentence in *why when the pattern is no regular expression. */
bool k8s_pattern_valid(const char *pattern, iac_buf *why);

/* What keeps the pods of a list from running, a line for each container, at most `limit`. */
void k8s_pod_troubles(const json_t *pods, size_t limit, iac_buf *out);

/* What holds up the deletion of an object: finalizers, and a namespace's conditions. Appends nothing when it cannot be
 * told. */
void k8s_deletion_blockers(const json_t *live, iac_buf *out);
#endif

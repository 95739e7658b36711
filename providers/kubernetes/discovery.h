/* providers/kubernetes/discovery.h - which kinds a server has, and under which path. Layer: providers/kubernetes.
 * Reading what a server answers needs no server (for tests); k8s_kind_find asks one. */
#ifndef IAC_K8S_DISCOVERY_H
#define IAC_K8S_DISCOVERY_H
#include "providers/abi/iac_provider.h"
#include "providers/kubernetes/tree.h"

struct k8s_client;
struct k8s_reply;

/* Lives as long as the k8s_kinds that it came from. */
typedef struct k8s_kind {
    const char *api_version; /* "v1", "apps/v1" */
    const char *group;       /* "" for the core group */
    const char *kind;
    const char *plural;      /* the word in paths */
    bool namespaced;
} k8s_kind;

typedef struct k8s_kinds k8s_kinds; /* thread-safe */
k8s_kinds *k8s_kinds_new(void);
void k8s_kinds_free(k8s_kinds *kinds); /* NULL is fine */

/* Takes in an APIGroupDiscoveryList (v2 or v2beta1); false when it is something else. */
bool k8s_kinds_add_aggregated(k8s_kinds *kinds, const json_t *answer);
/* Takes in an APIResourceList, what servers before aggregated discovery answer for one group and version. */
bool k8s_kinds_add_list(k8s_kinds *kinds, const json_t *answer);
/* What is known already; NULL when not. */
const k8s_kind *k8s_kinds_get(k8s_kinds *kinds, const char *api_version, const char *kind);

/* IAC_OK and *ret; IAC_NOT_FOUND when the server has no such kind (asked anew, at most once a second); IAC_ERR when it
 * could not be asked: *failure (cleared by the caller) says why. */
IAC_MUST_CHECK iac_status k8s_kind_find(struct k8s_client *client, iacp_call *call, const char *api_version,
                                        const char *kind, const k8s_kind **ret, struct k8s_reply *failure);

/* The path of an object, or of the kind's collection when name is NULL; namespace is ignored for cluster kinds and
 * NULL means all namespaces. Names are escaped. In the call's memory. */
char *k8s_kind_path(iacp_call *call, const k8s_kind *kind, const char *namespace_, const char *name);
#endif

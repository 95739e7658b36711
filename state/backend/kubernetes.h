/* state/backend/kubernetes.h - the inside of the backend "kubernetes", shared by the kubernetes*.c files. Layer:
 * state/backend.
 *
 * Terraform's objects: a Secret tfstate-WORKSPACE-SUFFIX with the state, packed by gzip, as its member "tfstate"; a Lease
 * lock-tfstate-WORKSPACE-SUFFIX whose holder has the lock, with who that is as an annotation. Version of a snapshot: the
 * digest of what the Secret holds. Thread-safe after configuring. */
#ifndef IAC_BACKEND_KUBERNETES_H
#define IAC_BACKEND_KUBERNETES_H
#include "lang/net/kubesession.h"
#include "state/backend.h"

#define KUBE_LOCK_INFO "app.terraform.io/lock-info"

typedef struct kube_backend {
    iac_arena *arena;
    k8s_session *session;
    const char *suffix, *namespace_;
    json_t *labels; /* of the configuration; an object */
} kube_backend;

typedef struct kube_reply {
    long status;         /* 0: no answer */
    json_t *body;        /* owned; NULL when there is none */
    const char *message; /* what the server said of a refusal, or why there is no answer; in the arena */
    double date;         /* the server's clock; 0: unknown */
} kube_reply;

/* Sends, trying again what passes by itself. A method PATCH sends a merge patch. Clear the reply. */
void kube_send(kube_backend *k, iac_arena *arena, const char *method, const char *path, const json_t *body,
               kube_reply *ret);
void kube_reply_clear(kube_reply *reply);
/* The reply as an error, and IAC_ERR. */
iac_status kube_refused(kube_backend *k, const char *summary, const kube_reply *reply, iac_diags *diags);
const char *kube_path(kube_backend *k, iac_arena *arena, bool lease, const char *name);
/* A new object's metadata: name, labels. */
json_t *kube_metadata(kube_backend *k, const char *name, const char *workspace);
const char *kube_text(const json_t *object, const char *name); /* "" when it is none */

iac_status kube_lock(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                     iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags);
iac_status kube_renew(void *self, const char *workspace, const iac_lock_info *mine, iac_diags *diags);
iac_status kube_unlock(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                       iac_diags *diags);
iac_status kube_lock_info(void *self, const char *workspace, iac_arena *arena, iac_lock_info *ret, iac_diags *diags);
const char *kube_lock_name(kube_backend *k, iac_arena *arena, const char *workspace);
#endif

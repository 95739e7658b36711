/* lang/net/kubesession.h - one cluster's connections and credentials: what each request to its API server goes through.
 * Layer: lang/net. A session may be used from any thread. */
#ifndef IAC_K8S_SESSION_H
#define IAC_K8S_SESSION_H
#include "lang/net/http.h"
#include "lang/net/kubeconfig.h"

typedef struct k8s_session k8s_session;
typedef IAC_VEC(net_header) k8s_headers;

/* Takes over what *access owns. Never NULL; opens no connection. */
k8s_session *k8s_session_new(k8s_access *access, const char *user_agent);
void k8s_session_free(k8s_session *session); /* NULL is fine; no request may be running */
const k8s_access *k8s_session_access(const k8s_session *session);

/* Adds the headers that say who we are (Authorization, Impersonate-*), and gives the connections to use. refused: the
 * server answered 401 to what was given before: plugins and token files are asked again, unless that was done since
 * *exec_seen (0 at first) was set. Credentials go over TLS only. False with a reason, a sentence without its full stop,
 * when they cannot be had. */
bool k8s_session_authorise(k8s_session *session, net_call *call, bool refused, uint64_t *exec_seen,
                           k8s_headers *headers, net_http **ret_http, iac_buf *why);
#endif

/* providers/kubernetes/client.h - one cluster: requests, retries, credentials, and the server's errors as diagnostics.
 * Layer: providers/kubernetes (sees sdk). A client may be used from any thread. */
#ifndef IAC_K8S_CLIENT_H
#define IAC_K8S_CLIENT_H
#include "lang/net/kubesession.h"
#include "providers/kubernetes/discovery.h"
#include "providers/sdk/http.h"

typedef struct k8s_client k8s_client;

/* Takes over what *access owns. Never NULL; opens no connection. */
k8s_client *k8s_client_new(k8s_access *access);
void k8s_client_free(k8s_client *client); /* NULL is fine */
const char *k8s_client_namespace(const k8s_client *client); /* the default one for this client */
/* The client's memory of which kinds the server has; see discovery.c. */
k8s_kinds *k8s_client_kinds(k8s_client *client);

/* What the server said. Texts are in the call's memory. */
typedef struct k8s_reply {
    long status;     /* 0: no answer */
    json_t *body;    /* owned; NULL when there was no answer or it is no JSON */
    const char *reason;  /* of a Status: "NotFound"; "" when none */
    const char *message; /* of a Status, or what went wrong without an answer; "" when none */
    const char *request_id; /* the audit id, or NULL */
    bool cancelled;
    bool away;       /* no answer, but there may be one later: refused, cut, timed out, name not found */
    bool no_access;  /* nothing was sent: no server is configured, or credentials could not be had */
    uint32_t tries;  /* sent so often */
} k8s_reply;

typedef struct k8s_request {
    const char *method;
    const char *path;         /* "/api/v1/...", with the query */
    const char *accept;       /* NULL: application/json */
    const char *content_type; /* with a body */
    const json_t *body;
    bool quiet;               /* do not show the server's warnings */
} k8s_request;

/* Sends, waits, tries again where that is right (429 and 502-504 with Retry-After, cut connections; every request made
 * here may be sent twice), renews credentials once on 401, and shows the server's Warning headers as warnings, each
 * text once per client. True for a 2xx answer. Always fills *ret: clear it. */
bool k8s_send(k8s_client *client, iacp_call *call, const k8s_request *request, k8s_reply *ret);
void k8s_reply_clear(k8s_reply *reply);

/* Gives the reply as an error: summary, then what the server said. path may be NULL. Returns IACP_ERROR. */
int32_t k8s_reply_error(k8s_client *client, iacp_call *call, const k8s_reply *reply, const char *path,
                        const char *summary_format, ...) IAC_PRINTF(5, 6);

/* Says `text` as a warning unless this client has said it before. */
void k8s_warn_once(k8s_client *client, iacp_call *call, const char *summary, const char *text);
#endif

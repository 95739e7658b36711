/* providers/kubernetes/read.h - reading kubernetes_manifest: one, many by list calls, import, recovery. Layer:
 * providers/kubernetes. */
#ifndef IAC_K8S_READ_H
#define IAC_K8S_READ_H
#include "providers/kubernetes/object.h"

int32_t k8s_read(k8s_client *client, iacp_call *call, iacp_read *request);
int32_t k8s_read_many(k8s_client *client, iacp_call *call, iacp_read *const *requests, size_t count);
int32_t k8s_import(k8s_client *client, iacp_call *call, iacp_import *request);
int32_t k8s_find(k8s_client *client, iacp_call *call, iacp_find *request);

/* Notes about a live object for the next plan, put into private_data: who scales it, whether it is being deleted. */
void k8s_note_live(k8s_client *client, iacp_call *call, const k8s_object *object, const json_t *live,
                   json_t *private_data);

/* The parts of an import id; false when it is none. All in the call's memory, namespace may be NULL. */
typedef struct k8s_import_id {
    const char *api_version, *kind, *namespace_, *name;
} k8s_import_id;
bool k8s_import_id_parse(iacp_call *call, const char *id, k8s_import_id *ret);
#endif

/* providers/kubernetes/functions.h - manifest_decode, manifest_decode_multi, manifest_encode. Layer:
 * providers/kubernetes. */
#ifndef IAC_K8S_FUNCTIONS_H
#define IAC_K8S_FUNCTIONS_H
#include "providers/kubernetes/value.h"

int32_t k8s_call_function(iacp_call *call, iacp_function *request);

/* The manifests in a YAML text as a new array; NULL with a sentence in *why. Empty documents are left out; a List stays
 * one object. Needs no host. */
json_t *k8s_manifests_parse(iac_str text, iac_buf *why);
#endif

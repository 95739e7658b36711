/* providers/kubernetes/validate.h - what can be said of a configuration without a server. Layer:
 * providers/kubernetes. */
#ifndef IAC_K8S_VALIDATE_H
#define IAC_K8S_VALIDATE_H
#include "providers/kubernetes/value.h"

int32_t k8s_validate(iacp_call *call, const iacp_validate *request);
#endif

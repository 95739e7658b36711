/* providers/kubernetes/data.h - data sources kubernetes_resource and kubernetes_resources. Layer:
 * providers/kubernetes. */
#ifndef IAC_K8S_DATA_H
#define IAC_K8S_DATA_H
#include "providers/kubernetes/client.h"

int32_t k8s_read_data(k8s_client *client, iacp_call *call, iacp_read_data *request);
#endif

/* providers/kubernetes/schema.h - the schemas of the provider's types, as JSON texts. Layer: providers/kubernetes. */
#ifndef IAC_K8S_SCHEMA_H
#define IAC_K8S_SCHEMA_H
#include <stdint.h>

const char *const *k8s_schema_names(uint32_t kind); /* NULL-ended, or NULL */
const char *k8s_schema(uint32_t kind, const char *type); /* NULL: no such type */
#endif

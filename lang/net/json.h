/* lang/net/json.h - JSON trees (jansson) of servers and files. Layer: lang/net. Thread-safe. */
#ifndef NET_JSON_H
#define NET_JSON_H
#include "lang/base/base.h"
#include <jansson.h>

#define K8S_MAX_DEPTH 128 /* of any tree, from a server or a configuration */

/* Shortest decimal text that reads back as the same double; buffer of at least 40 bytes. */
void k8s_number_text(double number, char *buffer, size_t size);

/* Parses foreign JSON with a depth limit; NULL when it is not JSON. */
json_t *k8s_json_parse(const char *text, size_t n);
#endif

/* providers/kubernetes/coerce.h - values of the right kind in the wrong type. A template that holds one expression
 * gives that expression's value, so "${count.index}" is a number where the API wants a string. Layer:
 * providers/kubernetes (sees tree.h); needs no server. */
#ifndef IAC_K8S_COERCE_H
#define IAC_K8S_COERCE_H
#include "providers/kubernetes/tree.h"

/* Makes strings of numbers and booleans in the places of built-in kinds that hold only strings: labels, annotations,
 * the data of config maps and secrets, environment variables, arguments. */
void k8s_coerce_known(json_t *manifest);

/* Corrects the values that a server's refusal names (".spec.x: expected string, got 3") where that loses nothing. True
 * when something was changed: the request is worth sending again. */
bool k8s_coerce_refused(json_t *body, const char *message);
#endif

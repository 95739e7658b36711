/* state/needs.h - the dependencies that an object is recorded with, as Terraform's formats name them. Layer: state. */
#ifndef IAC_STATE_NEEDS_H
#define IAC_STATE_NEEDS_H
#include "state/state.h"

typedef struct iac_needs iac_needs; /* for one thread at a time */

iac_needs *iac_needs_new(void);
/* Addresses (without keys) of the resources that the object needs: in the order of their texts, *ret_n of them, valid
 * until the next call. Objects that share one list, as the instances of a resource do, are best asked about in a row. */
const iac_str *iac_needs_of(iac_needs *needs, const iac_object *object, size_t *ret_n);
void iac_needs_free(iac_needs *needs); /* NULL is fine */
#endif

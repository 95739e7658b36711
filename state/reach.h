/* state/reach.h - what an object depends on, directly or through other objects of the same state. Terraform's formats
 * name all of it; the store records direct dependencies only. Layer: state. */
#ifndef IAC_STATE_REACH_H
#define IAC_STATE_REACH_H
#include "state/state.h"

typedef struct iac_reach iac_reach;

/* Copies what it needs of the state, but the objects it is asked about must stay where they are meanwhile. For one thread at
 * a time. */
iac_reach *iac_reach_new(const iac_state *state);
/* Addresses (without keys) of all resources that `object`, at addr, needs: in the order of their texts, *ret_n of them,
 * valid until the next call. */
const iac_str *iac_reach_of(iac_reach *reach, iac_addr addr, const iac_object *object, size_t *ret_n);
void iac_reach_free(iac_reach *reach); /* NULL is fine */
#endif

/* engine/apply/claims.h - what carrying out a plan reads and writes of a state that others may change meanwhile. Layer:
 * engine/apply. */
#ifndef IAC_APPLY_CLAIMS_H
#define IAC_APPLY_CLAIMS_H
#include "engine/plan/plan.h"
#include "state/store.h"

/* Exclusive: each instance and output that the plan changes, and what refreshing found. Shared: the resources that
 * these are computed from. plan->previous is the state as it is stored. */
void iac_apply_claims(iac_arena *arena, const iac_plan *plan, const iac_claim **ret, size_t *ret_count);
/* A plan that was made from an older state: *ret is the plan on top of `stored`, where what has moved since (addresses
 * of instances, names of outputs) is as it is stored now. It is for the caller to see that nothing claimed has. */
void iac_apply_rebase(iac_arena *arena, const iac_plan *plan, const iac_state *stored, const iac_str *moved,
                      size_t moved_count, iac_plan *ret);
/* What refreshing found, as writes, in the arena. changes: index + 1 into plan->changes by address. */
void iac_apply_refreshed(iac_arena *arena, const iac_plan *plan, const iac_map *changes, const iac_write **ret,
                         size_t *ret_count);
#endif

/* engine/apply/apply.h - carries out a plan. Layer: engine/apply (sees plan, state, dag, event, host). */
#ifndef IAC_APPLY_APPLY_H
#define IAC_APPLY_APPLY_H
#include "engine/event/event.h"
#include "engine/host/host.h"
#include "engine/plan/plan.h"
#include "state/crypt.h"
#include "state/store.h"
#include <stdatomic.h>

struct iac_run; /* engine/plan/run.h */

typedef struct iac_apply_options {
    iac_host *host;
    iac_store *store;        /* open and locked; its serial and lineage are those of plan->previous */
    unsigned parallelism;    /* 0: 10 */
    iac_str cwd;
    const iac_overrides *overrides; /* those of the plan; may be NULL */
    const iac_remote_crypts *remote_crypts; /* of terraform_remote_state; may be NULL */
    const iac_map *ranges;          /* likewise */
    void (*inspect)(void *arg, struct iac_run *run); /* called at the end, also after errors; may be NULL */
    void *inspect_arg;
    const atomic_int *stop;  /* 1: start nothing more, 2: cancel what runs; may be NULL */
    /* As iac_plan_options has it; *ret tells how far it came, and the store is flushed. */
    void (*abandon)(void *arg, iac_diags *diags);
    void *abandon_arg;
    bool silent_limits; /* nothing is said of what -target and -exclude have left out */
    iac_event_sink sink;
} iac_apply_options;

typedef struct iac_apply_result {
    size_t added, changed, destroyed, imported;
    bool stopped;
} iac_apply_result;

/* Executes plan->operations: nothing is decided again. Each result is durable before what waits for it begins. After an
 * error what does not depend on it goes on; all errors are reported. The store holds what exists, whatever the
 * outcome. */
iac_status iac_apply_plan(const iac_plan *plan, const iac_apply_options *options, iac_apply_result *ret,
                          iac_diags *diags);
#endif

/* engine/plan/make.h - makes plans. Layer: engine/plan. */
#ifndef IAC_PLAN_MAKE_H
#define IAC_PLAN_MAKE_H
#include "engine/event/event.h"
#include "engine/host/host.h"
#include "engine/plan/plan.h"
#include "state/crypt.h"
#include "state/store.h"
#include <stdatomic.h>

struct iac_run; /* engine/plan/run.h */

typedef struct iac_import_request { /* `iac import ADDRESS ID` */
    iac_str address, id;
} iac_import_request;

typedef struct iac_plan_options {
    iac_plan_mode mode;
    bool no_refresh;
    unsigned parallelism;        /* 0: 10 */
    const iac_str *targets;      /* -target */
    size_t target_count;
    const iac_str *excludes;     /* -exclude; not together with targets */
    size_t exclude_count;
    const iac_str *replaces;     /* -replace */
    size_t replace_count;
    /* Objects to import beside those of import blocks. With mode IAC_PLAN_REFRESH_ONLY, applying the plan records them and
     * changes nothing else. */
    const iac_import_request *imports;
    size_t import_count;
    iac_str generate;            /* -generate-config-out: what messages about generated configuration name; empty: none */
    const iac_intent *intents;   /* what an interrupted run had begun (iac_store_intents) */
    size_t intent_count;
    iac_host *host;
    const iac_map *variables;    /* root variables: name to const iac_value * */
    const iac_map *given;        /* likewise, before conversion: those that were given a value; or NULL */
    const iac_str *ephemeral_set; /* ephemeral ones that were given a value */
    size_t ephemeral_count;
    iac_str workspace;           /* "default" */
    iac_str cwd;                 /* path.cwd: where the program was started */
    const iac_overrides *overrides; /* objects that stand for others (test files); may be NULL */
    const iac_remote_crypts *remote_crypts; /* of terraform_remote_state; may be NULL */
    const iac_map *ranges;       /* of root variables: where the value was given, name to const iac_range *; or NULL */
    /* Called at the end of planning, also after errors, while what was computed can be referred to; may be NULL. */
    void (*inspect)(void *arg, struct iac_run *run);
    void *inspect_arg;
    const atomic_int *stop;      /* set to 1 to stop, to 2 to cancel running calls; may be NULL */
    /* Called when a stop was asked for and a provider goes on all the same; diags then says so. Does not return: the
     * process ends, for threads that hang still use what the run is made of. NULL: it is waited for, however long. */
    void (*abandon)(void *arg, iac_diags *diags);
    void *abandon_arg;
    iac_event_sink sink;
} iac_plan_options;

/* Plans. Writes nothing anywhere. The plan (never NULL unless the configuration could not be laid out) lives in the
 * arena and borrows config, state and options->variables. After errors it has `errored` set and holds what could be
 * planned. */
iac_status iac_plan_make(iac_arena *arena, const iac_config *config, const iac_state *state,
                         const iac_plan_options *options, const iac_plan **ret, iac_diags *diags);

/* What `validate` checks beyond loading: schemas, every body against its schema, and the providers' own validation of
 * configurations in which everything from outside is unknown. */
iac_status iac_validate(const iac_config *config, const iac_plan_options *options, iac_diags *diags);
#endif

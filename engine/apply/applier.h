/* engine/apply/applier.h - what the files of engine/apply share. Internal. */
#ifndef IAC_APPLY_APPLIER_H
#define IAC_APPLY_APPLIER_H
#include "engine/apply/apply.h"
#include "engine/plan/run.h"

typedef struct iac_applier iac_applier;

/* An operation while it runs. */
typedef struct iac_operation_run {
    iac_applier *applier;
    iac_walk *walk;
    uint32_t id;
    int action;              /* iac_action shown in progress: create, update, delete */
    iac_str deposed;
    double begun, next_tick; /* 0: not begun */
    uint32_t under_way_at;   /* while it is: its place there */
    char token[40];
    char *pending;           /* the provider's answer to go on with; heap */
    size_t pending_n;
    const iac_value *config, *planned; /* kept while pending */
    iac_write writes[3];     /* under way at the store */
    bool sets_aside;         /* the object there is, with the write of the one that takes its place */
    const iac_value *result; /* what the instance is now, published when it is saved */
    iac_resource_instance *instance;
    bool unsettled;          /* the call was cancelled: what became of it is for the next run to find out */
    bool failed;             /* the provider's call was not a success */
    bool unfit;              /* it was, but a postcondition says no: what depends on it must not go on */
} iac_operation_run;

struct iac_applier {
    iac_run run;
    const iac_plan *plan;
    const iac_apply_options *options;
    iac_map nodes;   /* name -> iac_node * */
    iac_map changes; /* address -> index + 1 of the change of the current object */
    iac_operation_run *ops;
    char (*set_aside)[12]; /* by change: key under which create-before-destroy set the old object aside */
    pthread_mutex_t lock;  /* guards under_way and counts */
    IAC_VEC(uint32_t) under_way;
    size_t counts[4]; /* added, changed, destroyed, imported */
};

/* ops.c: one function an opcode that asks a provider. */
iac_task_result iac_do_apply(iac_applier *applier, iac_worker *worker, uint32_t id);
iac_task_result iac_do_destroy(iac_applier *applier, iac_worker *worker, uint32_t id);
iac_task_result iac_do_read(iac_applier *applier, iac_worker *worker, uint32_t id);
iac_task_result iac_do_forget(iac_applier *applier, iac_worker *worker, uint32_t id);

/* provision.c: false when one failed that may not; what is wrong then is in the worker's diagnostics. */
bool iac_has_create_provisioners(const iac_node *node);
bool iac_provision_created(iac_applier *applier, iac_worker *worker, const iac_node *node, const iac_addr *addr,
                           iac_place *place, const iac_value *object);
/* Those of the resource, or of the removed block that stands for it. */
bool iac_provision_destroyed(iac_applier *applier, iac_worker *worker, iac_node *node, const iac_addr *addr,
                             const iac_value *object);
#endif

/* engine/plan/planner.h - the planner's own structures. Layer: engine/plan, internal. */
#ifndef IAC_PLAN_PLANNER_H
#define IAC_PLAN_PLANNER_H
#include "engine/plan/make.h"
#include "engine/plan/run.h"

/* One object to plan: an instance of the configuration, an instance that only the state has, or a deposed object. */
typedef struct iac_plan_task {
    const iac_module_instance *module; /* NULL when the module instance is gone */
    iac_resource_instance *instance;   /* NULL: not in the configuration */
    const iac_state_instance *stored;  /* NULL: not in the state */
    const iac_object *object;          /* the stored object concerned; NULL: none */
    iac_addr addr;
    iac_str address;
    iac_reason reason;                 /* why it is to be destroyed */
    bool read;                         /* `refreshed` is set */
    bool spared;                       /* destroy with targets: it is needed by one, and only refreshed */
    bool swept;                        /* destroy with targets: it goes because it needs one, and is not refreshed */
    const iac_value *before;           /* as stored, in the present schema, marked; NULL: none */
    const iac_value *refreshed;        /* as read; NULL: gone */
    iac_str private_data;
    const char *import_id;
    iac_change *change, *drift;
    bool record_changed;               /* kept differs from object in more than its value */
    const iac_object *kept;            /* what the prior state holds after refresh; NULL: nothing */
} iac_plan_task;

typedef struct iac_plan_work { /* node->work of resources and orphans */
    iac_plan_task *tasks;
    uint32_t n;
} iac_plan_work;

typedef struct iac_planner {
    iac_run run;
    const iac_plan_options *options;
    iac_map moved; /* address -> iac_addr *: where the stored object was before */
    bool *aimed;   /* by node, with targets: named by one. NULL without targets */
    bool *failed;  /* by node, destroying: one of its objects cannot be destroyed */
    bool *swept;   /* by node, destroying with targets: depends on one, by the state */
} iac_planner;

/* removed.c: whether a removed block says to let go of the object without destroying it; and the warning of it. */
bool iac_plan_forgets(const iac_planner *planner, iac_worker *worker, iac_addr addr);
void iac_plan_warn_forgotten(const iac_plan *plan, iac_diags *diags);
/* moves.c: the state with moved objects under their new addresses; adds to ret_moved. state itself where none moved. */
const iac_state *iac_plan_moves(iac_arena *arena, const iac_config *config, const iac_state *state,
                                iac_map *ret_moved, iac_diags *diags);

/* managed.c: reads the objects of many tasks together, where the provider can. */
void iac_refresh_together(iac_planner *planner, iac_worker *worker, iac_node *node);
bool iac_plan_managed(iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task);
/* data.c */
bool iac_plan_data(iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task);
/* opgraph.c: puts the plan's operations together. */
void iac_plan_operations(iac_planner *planner, iac_plan *plan, iac_arena *arena);
#endif

/* engine/plan/planner.h - the planner's own structures. Layer: engine/plan, internal. */
#ifndef IAC_PLAN_PLANNER_H
#define IAC_PLAN_PLANNER_H
#include "engine/plan/make.h"
#include "engine/plan/run.h"

/* What became of a change that an interrupted run had begun. */
typedef enum iac_fate {
    IAC_FATE_OPEN,     /* not asked yet: left out by targets, or an error came first */
    IAC_FATE_MOOT,     /* nothing to ask: recorded, imported or let go meanwhile */
    IAC_FATE_MADE,     /* creation: it was found */
    IAC_FATE_NOTHING,  /* creation: it made nothing */
    IAC_FATE_DOUBTFUL, /* creation: the provider cannot tell */
    IAC_FATE_READ,     /* change, destruction: the object is there */
    IAC_FATE_GONE,     /* change, destruction: it is not */
} iac_fate;

typedef struct iac_begun {
    const iac_intent *intent;
    struct iac_begun *next; /* of the same object */
    iac_object *stand_in;   /* creation: stands for what it may have made, in the planner's state; else NULL */
    iac_str id;             /* DOUBTFUL: of what may be it, or empty */
    iac_fate fate;          /* written by the visit of the object's task only */
} iac_begun;

/* One object to plan: an instance of the configuration, an instance that only the state has, or a deposed object. */
typedef struct iac_plan_task {
    const iac_module_instance *module; /* NULL when the module instance is gone */
    iac_resource_instance *instance;   /* NULL: not in the configuration */
    const iac_state_instance *stored;  /* NULL: not in the state */
    const iac_object *object;          /* the stored object concerned; NULL: none */
    iac_addr addr;
    iac_str address;
    iac_provider_choice provider;
    iac_reason reason;                 /* why it is to be destroyed */
    bool read;                         /* `refreshed` is set */
    bool converted;                    /* its object was of another type or provider, and was moved here */
    bool spared;                       /* destroy with targets: it is needed by one, and only refreshed */
    bool swept;                        /* destroy with targets: it goes because it needs one, and is not refreshed */
    const iac_value *before;           /* as stored, in the present schema, marked; NULL: none */
    const iac_value *refreshed;        /* as read; NULL: gone */
    iac_str private_data;
    const char *import_id;
    iac_str generated;                 /* its resource block, where nobody declared it */
    iac_change *change, *drift;
    bool record_changed;               /* kept differs from object in more than its value */
    iac_begun *begun;                  /* what an interrupted run had begun with the object; NULL: nothing */
    const iac_object *kept;            /* what the prior state holds after refresh; NULL: nothing */
} iac_plan_task;

typedef struct iac_plan_work { /* node->work of resources and orphans */
    iac_plan_task *tasks;
    uint32_t n;
} iac_plan_work;

typedef struct iac_planner {
    iac_run run;
    const iac_plan_options *options;
    bool before_destroy; /* it is what comes before a plan to destroy: nothing is imported */
    const iac_config *plain; /* run.config without resources that are only to be generated */
    iac_map moved; /* address -> iac_addr *: where the stored object was before */
    bool *aimed;   /* by node, with targets: named by one. NULL without targets */
    bool *needed;  /* by node, destroying: a provider that is asked is configured with it */
    bool *failed;  /* by node, destroying: one of its objects cannot be destroyed */
    bool *reached; /* by node, likewise: something of it depends on one, by the state, and is to be destroyed */
    bool *swept;   /* by index in the state: depends on a target that is destroyed. NULL where nothing is */
    iac_begun *begun; /* in the order of options->intents */
    size_t begun_count;
    iac_map begun_objects; /* bytes of a const iac_object * -> its first iac_begun * */
} iac_planner;

/* relevant.c: fills in plan->relevant. */
void iac_plan_relevant(iac_planner *planner, iac_plan *plan, iac_arena *arena);
/* removed.c: whether a removed block says to let go of the object without destroying it; and the warning of it. */
bool iac_plan_forgets(const iac_planner *planner, iac_worker *worker, iac_addr addr);
void iac_plan_warn_forgotten(const iac_plan *plan, iac_diags *diags);
/* moves.c: the state with moved objects under their new addresses; adds to ret_moved. state itself where none moved. */
const iac_state *iac_plan_moves(iac_arena *arena, const iac_config *config, const iac_state *state,
                                iac_map *ret_moved, iac_diags *diags);
/* move_check.c: after everything was planned, whether moved blocks contradict the configuration or each other. False
 * after an error. */
bool iac_plan_validate_moves(iac_planner *planner, iac_diags *diags);

/* recover.c: the state with a stand-in for each object that an interrupted run may have made. */
const iac_state *iac_recover_begin(iac_planner *planner, iac_arena *arena, const iac_state *state,
                                   const iac_plan_options *options);
void iac_recover_note_tasks(iac_planner *planner, iac_node *node); /* sets `begun` of the node's tasks */
bool iac_is_stand_in(const iac_plan_task *task);                   /* its object is one */
/* Finds what the stand-in stands for: the task then has a stored object that was just read, or none. */
bool iac_recover(iac_worker *worker, const iac_node *node, iac_plan_task *task);
void iac_recover_note_read(iac_plan_task *task); /* after a stored object was read */
void iac_recover_let_go(iac_plan_task *task);    /* the object is imported, or of no concern any more */
/* The deposed objects that were read and are not as stored: bytes of a const iac_object * to its iac_plan_task *. */
void iac_recover_deposed(const iac_planner *planner, iac_map *ret);
/* Takes stand-ins out of an instance of the refreshed state, and brings its deposed objects up to date; false when
 * nothing is left of it. */
bool iac_recover_filter(const iac_planner *planner, iac_arena *arena, const iac_map *deposed,
                        iac_state_instance *instance);
/* Says what was found, and lists in the plan which intents that settles. */
void iac_recover_end(const iac_planner *planner, iac_plan *plan, iac_arena *arena, iac_diags *diags);
/* managed.c: reads the objects of many tasks together, where the provider can. */
void iac_refresh_together(iac_planner *planner, iac_worker *worker, iac_node *node);
bool iac_plan_managed(iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task);
/* imports.c: notes in the node's tasks what is to be imported. */
bool iac_plan_note_imports(iac_planner *planner, iac_worker *worker, iac_node *node);
/* Tells of import blocks for resources that nobody declared. False after an error. */
bool iac_plan_check_imports(const iac_planner *planner, iac_diags *diags);
/* data.c */
/* Something of the node will change: data sources that name it in depends_on are then read when applying. */
void iac_note_pending(iac_node *node, const iac_plan_task *task);
void iac_plan_note_unsettled(const iac_run *run, iac_node *node); /* when those it waits for are visited */
bool iac_plan_data(iac_planner *planner, iac_worker *worker, iac_node *node, iac_plan_task *task);
/* targets.c */
/* Whether the targets, if any, name it or what it is in. */
bool iac_plan_aims_at(const iac_planner *planner, iac_str address);
/* Whether it is, or is needed by a target. stored: of run.state, or NULL. */
bool iac_plan_targeted(const iac_planner *planner, const iac_node *node, const iac_state_instance *stored,
                       iac_str address);
/* Whether it is destroyed only because it depends on a target. */
bool iac_plan_swept(const iac_planner *planner, const iac_state_instance *stored, iac_str address);
void iac_plan_apply_targets(iac_planner *planner); /* marks nodes that are left out */
/* What has moved must be targeted at both its places. False after an error. */
bool iac_plan_check_moves(iac_planner *planner, iac_diags *diags);
void iac_plan_check_replaces(iac_planner *planner, iac_diags *diags); /* warns of -replace that names nothing */
/* Of a destroy: takes out changes of what something depends on that cannot be destroyed. */
void iac_plan_spare_needed(iac_planner *planner);
/* opgraph.c: puts the plan's operations together. */
void iac_plan_operations(iac_planner *planner, iac_plan *plan, iac_arena *arena);
#endif

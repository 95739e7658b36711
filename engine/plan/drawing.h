/* engine/plan/drawing.h - the graph of a configuration as `graph` draws it, in the terms of Terraform's own graphs.
 * Layer: engine/plan. */
#ifndef IAC_PLAN_DRAWING_H
#define IAC_PLAN_DRAWING_H
#include "engine/dag/graph.h"
#include "engine/plan/make.h"

typedef enum iac_drawing_kind {
    IAC_DRAWING_RESOURCES, /* resources only, and what each needs through everything else */
    IAC_DRAWING_PLAN,
    IAC_DRAWING_DESTROY,
    IAC_DRAWING_APPLY, /* with the changes of a plan, where there is one */
} iac_drawing_kind;

typedef struct iac_drawn_node {
    iac_str name;       /* "terraform_data.a (expand)" */
    iac_str label;      /* "terraform_data.a" */
    const char *shape;  /* NULL: shown by its edges alone */
    iac_addr resource;  /* RESOURCES: what it is */
    bool dropped;       /* not in the drawing */
} iac_drawn_node;

typedef struct iac_drawing {
    iac_drawn_node *nodes;
    uint32_t n;
    iac_edge *edges; /* as few as say the same (the transitive reduction), unless there are cycles */
    size_t edge_count;
    bool *in_cycle;  /* by edge; NULL without cycles */
} iac_drawing;

/* Lays the configuration out and says what is to be drawn, in the arena. plan: NULL, or what APPLY and DESTROY draw. With
 * draw_cycles a configuration with cycles is drawn; else it gives IAC_ERR after the diagnostic. */
iac_status iac_drawing_make(iac_arena *arena, const iac_config *config, const iac_state *state,
                            const iac_plan_options *options, iac_drawing_kind kind, const iac_plan *plan,
                            bool draw_cycles, iac_drawing *ret, iac_diags *diags);
#endif

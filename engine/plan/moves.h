/* engine/plan/moves.h - moved blocks as statements. Layer: engine/plan, internal. */
#ifndef IAC_PLAN_MOVES_H
#define IAC_PLAN_MOVES_H
#include "engine/plan/planner.h"
#include "lang/base/vec.h"

typedef struct iac_move {
    iac_module_addr module; /* where the block stands (keys NONE): both ends are relative to it */
    iac_addr from, to;
    bool is_module;
    iac_range range;
} iac_move;

typedef struct iac_moves {
    IAC_VEC(iac_move) list;
} iac_moves;

/* Adds the moved blocks of the module and of those it calls, which the loader has found well formed. The caller clears
 * the list. */
void iac_moves_collect(iac_arena *arena, const iac_module_config *module, iac_moves *moves);

/* move_cycles.c: tells of blocks that wait for one another in a circle. */
void iac_moves_check_cycles(iac_arena *arena, const iac_moves *moves, iac_diags *diags);

/* Whether the end of the move names objects one by one: a resource or call as a whole otherwise. Both ends do or
 * neither does. */
bool iac_move_of_instance(const iac_move *move);
#endif

/* engine/cli/rollback_moves.h - undoing what was renamed since an entry of the history. Layer: engine/cli, inside. */
#ifndef IAC_CLI_ROLLBACK_MOVES_H
#define IAC_CLI_ROLLBACK_MOVES_H
#include "engine/cli/history.h"

/* The moved blocks, as text in cli->arena, that bring the objects of today's state back to the addresses they had after
 * entry `since`, so that `config`, which is of then, finds them. Empty when nothing was renamed. */
iac_status iac_rollback_moves(iac_cli *cli, int64_t since, const iac_config *config, const iac_state *state,
                              iac_str *ret);
#endif

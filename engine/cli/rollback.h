/* engine/cli/rollback.h - going back to what an entry of the history applied. Layer: engine/cli, inside. */
#ifndef IAC_CLI_ROLLBACK_H
#define IAC_CLI_ROLLBACK_H
#include "engine/cli/history.h"

/* The entry to go back to: of those that applied a configuration, the newest that ended well and is older than the
 * newest of all (below: older than that number; 0: any). IAC_NOT_FOUND without a diagnostic when there is none. */
iac_status iac_rollback_find(iac_cli *cli, int64_t below, int64_t *ret);
/* Makes the configuration and the variables of an entry those of the command, and plans them against today's state. The
 * store is open and locked. Warns of what cannot be brought back. *ret NULL when there is no plan to show. */
iac_status iac_rollback_plan(iac_cli *cli, int64_t number, const iac_plan **ret);
/* After an apply that failed: goes back to the last good configuration, and tells how that ended. */
void iac_rollback_after_failure(iac_cli *cli);
#endif

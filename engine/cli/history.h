/* engine/cli/history.h - what the commands on the history share. Layer: engine/cli, inside. */
#ifndef IAC_CLI_HISTORY_H
#define IAC_CLI_HISTORY_H
#include "engine/cli/record.h"

/* Opens the store; lock: for changing it. */
iac_status iac_history_open(iac_cli *cli, bool lock);
/* The number of an entry as typed; false after a diagnostic. */
bool iac_history_number(iac_cli *cli, const char *text, int64_t *ret);
/* The configuration of an entry; NULL where it has none. */
iac_status iac_history_config_load(iac_cli *cli, const iac_history_entry *entry, const iac_config **ret);
/* The plan of an entry that was loaded, for being shown; NULL where it has none. */
iac_status iac_history_plan(iac_cli *cli, const iac_history_entry *entry, iac_plan **ret);
#endif

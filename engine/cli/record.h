/* engine/cli/record.h - keeping the history of what commands do (state/history.h). Layer: engine/cli, inside. */
#ifndef IAC_CLI_RECORD_H
#define IAC_CLI_RECORD_H
#include "engine/cli/cli.h"
#include "state/history.h"

/* Begins the entry of the command, durably, before anything is changed. plan: what is to be applied; NULL: a command
 * that changes the state itself. */
iac_status iac_record_begin(iac_cli *cli, const iac_plan *plan);
/* Completes it with the exit status, what was done (may be NULL) and the errors that cli->diags holds. Then old entries
 * are removed as the settings say. Nothing when none was begun. */
iac_status iac_record_end(iac_cli *cli, int exit, const iac_apply_result *result);

/* How long entries are kept: as IAC_HISTORY_KEEP (how many; default 100, "all") and IAC_HISTORY_MAX_AGE ("90d", "12h";
 * default: any age) say, else the arguments keep and max_age of the history block in the terraform block. */
typedef struct iac_retention {
    int64_t keep;    /* < 0: all */
    int64_t max_age; /* seconds; 0: any */
} iac_retention;
iac_status iac_retention_read(iac_cli *cli, iac_retention *ret);
bool iac_age_parse(const char *text, int64_t *ret_seconds); /* "90d", "2w", "12h", "30m", "10s" */

/* The variables of an entry, from what iac_record_begin has kept. */
typedef struct iac_kept_variables {
    iac_map values;  /* name to const iac_value * */
    iac_str *omitted; /* names of the ephemeral ones, and of sensitive ones in a history that is not
                       * encrypted: these were not kept */
    size_t omitted_count;
} iac_kept_variables;
/* Values live in cli->arena; the map is settled there. */
iac_status iac_record_variables(iac_cli *cli, iac_str json, iac_kept_variables *ret);

/* The file that a rollback adds to the configuration to undo what moved blocks have done since. It is no part of what
 * the history keeps. */
extern const char iac_rollback_moves_file[];
#endif

/* engine/cli/state_match.h - which of the state's instances an address means. Layer: engine/cli, inside. */
#ifndef IAC_CLI_STATE_MATCH_H
#define IAC_CLI_STATE_MATCH_H
#include "engine/cli/cli.h"

typedef IAC_VEC(const iac_state_instance *) iac_instance_list; /* borrowed from the state */

/* Appends the instances that the address of a module, a resource or an instance means, in the state's order. A module's
 * are also those of the modules below it, and those of all its instances where the address has no key. */
void iac_state_match(const iac_state *state, iac_addr wanted, bool is_module, iac_instance_list *ret);
/* The same for an address as it was typed. IAC_ERR after a diagnostic: it cannot be read, or (without may_miss) means
 * nothing. */
iac_status iac_state_lookup(iac_cli *cli, const iac_state *state, const char *text, bool may_miss,
                            iac_instance_list *ret);
bool iac_state_exists(const iac_state *state); /* whether anything was ever stored */
int iac_state_refuse_missing(const iac_cli *cli); /* says that nothing was; the exit status */

/* The state that a file holds; *ret_why: why there is none, in one text. path "-": standard input. */
iac_status iac_state_read_file(iac_cli *cli, const char *path, const iac_state **ret, iac_str *ret_why);
/* What diags holds in one text, as errors are put together: one by itself, several as a list. */
iac_str iac_state_problems(iac_arena *arena, const iac_diags *diags);

/* ---- changing ---- */

typedef IAC_VEC(iac_write) iac_write_list;
typedef enum iac_state_opening {
    IAC_OPENING_CHECKED,   /* with the configuration, which must be readable as a whole */
    IAC_OPENING_EXPLAINED, /* likewise; a backend that cannot be used is told of in one text */
    IAC_OPENING_ALONE,     /* without it */
} iac_state_opening;
/* Has each run keep the state file from before under a name with the time, as Terraform's state mv, rm and
 * replace-provider do, unless -backup names another ("-" names none). Before the backend is opened. */
void iac_state_keep_each_backup(iac_cli *cli);
/* Opens the store for writing, locks and reads it. */
iac_status iac_state_open_for_change(iac_cli *cli, const char *operation, iac_state_opening how, const iac_state **ret);
/* Each with an entry of the history. */
iac_status iac_state_write(iac_cli *cli, const iac_write_list *writes); /* all together, durably */
iac_status iac_state_replace(iac_cli *cli, const iac_state *state);
#endif

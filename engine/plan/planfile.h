/* engine/plan/planfile.h - saved plans. Layer: engine/plan.
 *
 * A plan file holds everything that is needed to show and to carry out the plan elsewhere: operations, changes with
 * the schemas of their types, configuration files, variables, the refreshed state, and which state (lineage, serial) it
 * was made from. A checksum over all of it tells damage, whatever its cause. With a key, an HMAC tells whether the file is
 * what somebody who has the key has saved: forgery is found wherever the same key is given for reading. Sensitive values
 * are in the file in clear. */
#ifndef IAC_PLAN_PLANFILE_H
#define IAC_PLAN_PLANFILE_H
#include "engine/plan/plan.h"
#include "state/crypt.h"
#include "state/store.h"

/* Writes the plan to path, which appears complete or not at all; readable by its owner only. key may be
 * empty. */
iac_status iac_planfile_write(const iac_plan *plan, const char *path, iac_str key, iac_crypt *crypt,
                              iac_diags *diags);
/* Reads a plan into the arena. previous is NULL in what is returned. IAC_NOT_FOUND: the file is no plan file (no
 * diagnostic then); IAC_ERR: it cannot be read, or is damaged, or with a key was made without that key. What is sensitive
 * in it is secret from then on (lang/base/secrets.h). */
iac_status iac_planfile_read(iac_arena *arena, const char *path, iac_str key, iac_crypt *crypt, const iac_plan **ret,
                             iac_diags *diags);
/* Whether the plan was made from this state: an error "Saved plan is stale" when not. */
iac_status iac_planfile_check(const iac_plan *plan, iac_str lineage, int64_t serial, iac_diags *diags);
/* Whether the plan knows of all that the journal holds: the same error when a run was interrupted since. */
iac_status iac_planfile_check_intents(const iac_plan *plan, const iac_intent *intents, size_t n, iac_diags *diags);

/* What the history keeps of a plan, for being shown: what it changes. No variables, no state, no configuration, no
 * operations, nothing of what stays as it is, no data that is private to providers. */
void iac_planfile_pack(const iac_plan *plan, iac_buf *out);
/* Back into the arena, with that configuration (NULL: none); prior holds no objects, previous is NULL. */
iac_status iac_planfile_unpack(iac_arena *arena, iac_str bytes, const iac_config *config, const iac_plan **ret,
                               iac_diags *diags);
#endif

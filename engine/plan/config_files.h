/* engine/plan/config_files.h - a configuration as the files it was read from, and back: for plan files and the history.
 * Layer: engine/plan. */
#ifndef IAC_PLAN_CONFIG_FILES_H
#define IAC_PLAN_CONFIG_FILES_H
#include "lang/config/config.h"
#include "state/history.h"

/* The files of all modules, each once however many calls come from it, and where the module of each call was. Arrays
 * live in the arena, texts are the configuration's. */
void iac_config_files_of(iac_arena *arena, const iac_config *config, iac_history_config *ret);
/* Reads the configuration again from nothing but these. `what` names where they come from in messages ("The saved
 * plan"). */
iac_status iac_config_files_load(iac_arena *arena, const iac_history_config *files, const char *what,
                                 const iac_config **ret, iac_diags *diags);
#endif

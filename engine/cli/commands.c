/* engine/cli/commands.c - the table of commands, in the order in which help lists them. */
#include "engine/cli/cli.h"

#include <string.h>

const iac_command *const iac_commands[] = {
    &iac_cmd_init,
    &iac_cmd_validate,
    &iac_cmd_plan,
    &iac_cmd_apply,
    &iac_cmd_destroy,
    &iac_cmd_completion,
    &iac_cmd_console,
    &iac_cmd_fmt,
    &iac_cmd_force_unlock,
    &iac_cmd_get,
    &iac_cmd_graph,
    &iac_cmd_help,
    &iac_cmd_history,
    &iac_cmd_history_diff,
    &iac_cmd_history_prune,
    &iac_cmd_history_show,
    &iac_cmd_import,
    &iac_cmd_login,
    &iac_cmd_logout,
    &iac_cmd_lock_status,
    &iac_cmd_metadata_functions,
    &iac_cmd_modules,
    &iac_cmd_output,
    &iac_cmd_providers,
    &iac_cmd_providers_lock,
    &iac_cmd_providers_mirror,
    &iac_cmd_providers_schema,
    &iac_cmd_refresh,
    &iac_cmd_rollback,
    &iac_cmd_show,
    &iac_cmd_state_check,
    &iac_cmd_state_dismiss,
    &iac_cmd_state_export,
    &iac_cmd_state_list,
    &iac_cmd_state_mv,
    &iac_cmd_state_pull,
    &iac_cmd_state_push,
    &iac_cmd_state_replace_provider,
    &iac_cmd_state_restore,
    &iac_cmd_state_rm,
    &iac_cmd_state_show,
    &iac_cmd_taint,
    &iac_cmd_test,
    &iac_cmd_untaint,
    &iac_cmd_version,
    &iac_cmd_workspace_delete,
    &iac_cmd_workspace_list,
    &iac_cmd_workspace_new,
    &iac_cmd_workspace_select,
    &iac_cmd_workspace_show,
    &iac_cmd_env_delete,
    &iac_cmd_env_list,
    &iac_cmd_env_new,
    &iac_cmd_env_select,
    NULL,
};

const iac_command_group iac_command_groups[] = {
    { "lock", "Look at the lock of the state", "status shows who has it.", false },
    { "metadata", "Metadata related commands", "Commands that tell what the language has.", false },
    { "state", "Advanced state management",
      "Commands that look at single parts of the state and change them.", false },
    { "workspace", "Workspace management", "new, list, show, select and delete workspaces.", false },
    { "env", "Workspace management", "The old name of the workspace commands.", true },
    { NULL, NULL, NULL, false },
};

const iac_command_group *iac_command_group_find(const char *name)
{
    for (const iac_command_group *group = iac_command_groups; group->name; group++)
        if (strcmp(group->name, name) == 0)
            return group;
    return NULL;
}

const iac_command *iac_command_find(iac_str name)
{
    for (const iac_command *const *command = iac_commands; *command; command++)
        if (iac_str_is(name, (*command)->name))
            return *command;
    return NULL;
}

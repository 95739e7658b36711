/* engine/cli/commands.c - the table of commands, in the order in which help lists them. */
#include "engine/cli/cli.h"

const iac_command *const iac_commands[] = {
    &iac_cmd_init,
    &iac_cmd_validate,
    &iac_cmd_plan,
    &iac_cmd_apply,
    &iac_cmd_destroy,
    &iac_cmd_console,
    &iac_cmd_fmt,
    &iac_cmd_force_unlock,
    &iac_cmd_import,
    &iac_cmd_output,
    &iac_cmd_providers,
    &iac_cmd_providers_schema,
    &iac_cmd_refresh,
    &iac_cmd_show,
    &iac_cmd_state_dismiss,
    &iac_cmd_state_list,
    &iac_cmd_state_mv,
    &iac_cmd_state_pull,
    &iac_cmd_state_push,
    &iac_cmd_state_rm,
    &iac_cmd_state_show,
    &iac_cmd_version,
    NULL,
};

const iac_command *iac_command_find(iac_str name)
{
    for (const iac_command *const *command = iac_commands; *command; command++)
        if (iac_str_is(name, (*command)->name))
            return *command;
    return NULL;
}

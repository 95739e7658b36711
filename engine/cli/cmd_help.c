/* engine/cli/cmd_help.c - the help command, and the manual page, written from the table of commands. */
#include "engine/cli/cli.h"

#include <string.h>

static const iac_option options[] = {
    { "man", IAC_OPTION_BOOL, offsetof(iac_args, man), NULL, "Print the manual page, for man(1)." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_common, NULL };

/* Text for roff: nothing in it is a request or an escape. */
static void roff(iac_buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (p == text && (*p == '.' || *p == '\''))
            iac_buf_cstr(out, "\\&");
        if (*p == '\\')
            iac_buf_cstr(out, "\\e");
        else if (*p == '-')
            iac_buf_cstr(out, "\\-");
        else if (*p == '\n')
            iac_buf_char(out, ' ');
        else
            iac_buf_char(out, *p);
    }
}

static void roff_entry(iac_buf *out, const char *bold, const char *rest, const char *text)
{
    iac_buf_cstr(out, ".TP\n\\fB");
    roff(out, bold);
    iac_buf_cstr(out, "\\fR");
    roff(out, rest);
    iac_buf_char(out, '\n');
    roff(out, text);
    iac_buf_char(out, '\n');
}

static void write_command(iac_buf *out, iac_arena *arena, const iac_command *command)
{
    iac_buf_cstr(out, ".SS \"iac ");
    roff(out, command->name);
    iac_buf_cstr(out, "\"\n.B iac ");
    roff(out, command->name);
    iac_buf_cstr(out, "\n");
    roff(out, command->usage);
    iac_buf_cstr(out, "\n.PP\n");
    roff(out, command->description);
    iac_buf_char(out, '\n');
    for (const iac_option_group *const *part = command->groups; *part; part++) {
        for (size_t i = 0; *part != &iac_options_common && i < (*part)->count; i++) {
            const iac_option *option = &(*part)->options[i];
            if (iac_option_is_listed(option))
                roff_entry(out, iac_arena_printf(arena, "-%s", option->name).p,
                           option->argument ? option->argument : "", option->help);
        }
    }
}

static void write_manual(iac_buf *out, iac_arena *arena)
{
    static const char *const variables[][2] = {
        { "TF_VAR_name", "The value of the variable of that name." },
        { "TF_CLI_ARGS, TF_CLI_ARGS_command", "Arguments put before those given, for every command or for one." },
        { "TF_DATA_DIR", "Where modules are kept, instead of .terraform." },
        { "TF_WORKSPACE", "The workspace to work in." },
        { "TF_INPUT", "0 or false: never ask." },
        { "TF_IN_AUTOMATION", "Set: do not say what to do next." },
        { "TF_LOG, TF_LOG_CORE, TF_LOG_PROVIDER", "What is logged: TRACE, DEBUG, INFO, WARN, ERROR, OFF, or JSON." },
        { "TF_LOG_PATH", "The file that the log is appended to, instead of standard error." },
        { "IAC_PLUGIN_PATH", "Folders with providers, separated by colons." },
        { "NO_COLOR", "Set: print without colour." },
    };

    iac_buf_printf(out, ".TH IAC 1 \"\" \"iac %s\"\n.SH NAME\niac \\- infrastructure as code\n.SH SYNOPSIS\n"
                        ".B iac\n[global options] command [options] [arguments]\n.SH DESCRIPTION\n"
                        "Compares a configuration with what exists, shows what is to be done about the differences, and "
                        "does it.\n.SH \"GLOBAL OPTIONS\"\n", IAC_VERSION);
    roff_entry(out, "-chdir", "=DIR", "Change to this directory before doing anything else.");
    roff_entry(out, "-help", "", "Show help, or that of the command.");
    roff_entry(out, "-version", "", "The same as the version command.");
    roff_entry(out, "-install-autocomplete", "", "Complete commands in the shells in use.");
    iac_buf_cstr(out, ".SH \"COMMON OPTIONS\"\n");
    for (size_t i = 0; i < iac_options_common.count; i++)
        if (iac_option_is_listed(&iac_options_common.options[i]))
            roff_entry(out, iac_arena_printf(arena, "-%s", iac_options_common.options[i].name).p,
                       iac_options_common.options[i].argument ? iac_options_common.options[i].argument : "",
                       iac_options_common.options[i].help);
    iac_buf_cstr(out, ".SH COMMANDS\n");
    for (const iac_command *const *command = iac_commands; *command; command++)
        if (!(*command)->hidden)
            write_command(out, arena, *command);
    iac_buf_cstr(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < IAC_COUNT(variables); i++)
        roff_entry(out, variables[i][0], "", variables[i][1]);
    iac_buf_cstr(out, ".SH \"EXIT STATUS\"\n0 when all went well, 1 after an error. plan \\-detailed\\-exitcode gives 2 "
                      "when there are changes, fmt \\-check 3 when there are differences.\n");
}

static int run(iac_cli *cli)
{
    iac_buf out;
    int status = IAC_EXIT_OK;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    const char *const *words = cli->args.positional;
    size_t n = cli->args.positional_count;
    iac_str name = n ? iac_str_of(words[0]) : (iac_str){ 0 };
    if (n > 1)
        name = iac_arena_printf(cli->arena, "%s %s", words[0], words[1]);
    const iac_command *command = n ? iac_command_find(name) : NULL;
    const iac_command_group *found = n == 1 ? iac_command_group_find(words[0]) : NULL;
    if (cli->args.man)
        write_manual(&out, cli->arena);
    else if (!n)
        iac_help_program(&out);
    else if (command)
        iac_help_command(&out, command);
    else if (found)
        iac_help_group(&out, found);
    else
        status = iac_cli_refuse(cli, "iac has no command named \"%.*s\".", IAC_FMT(name));
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return status;
}

const iac_command iac_cmd_help = {
    .name = "help",
    .summary = "Show help for a command",
    .usage = "[options] [COMMAND]",
    .description = "Shows what a command does and its options; without one, the list of commands.",
    .groups = groups,
    .max_positional = 2,
    .no_workspace = true,
    .run = run,
};

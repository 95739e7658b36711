/* engine/cli/options.c - reading options, and help. */
#include "engine/cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(iac_args, member)

static const iac_option plan_options[] = {
    { "destroy", IAC_OPTION_BOOL, AT(destroy), NULL, "Plan to destroy everything that this configuration manages." },
    { "refresh-only", IAC_OPTION_BOOL, AT(refresh_only), NULL,
      "Only look for changes made outside of this configuration, and take them over into the state." },
    { "refresh", IAC_OPTION_BOOL, AT(refresh), "=false",
      "Do not ask for the present state of real objects: trust what the last run stored." },
    { "replace", IAC_OPTION_WORDS, AT(replaces), "=resource",
      "Replace this resource instance even where an update, or nothing, would do. May be given several times." },
    { "target", IAC_OPTION_WORDS, AT(targets), "=resource",
      "Work only on this module, resource or instance and on what it depends on. May be given several times. For "
      "exceptional situations." },
    { "target-file", IAC_OPTION_WORDS, AT(target_files), "=path",
      "As -target for each line of this file; empty lines and those that begin with # do not count." },
    { "exclude", IAC_OPTION_WORDS, AT(excludes), "=resource",
      "Leave out this module, resource or instance and all that depends on it. May be given several times, but not "
      "together with -target. For exceptional situations." },
    { "exclude-file", IAC_OPTION_WORDS, AT(exclude_files), "=path", "As -exclude for each line of this file." },
    { "concise", IAC_OPTION_BOOL, AT(concise), NULL, "Leave out lines that only tell of progress." },
    { "compact-warnings", IAC_OPTION_BOOL, AT(compact_warnings), NULL,
      "Show warnings that come without errors as a list of their first lines." },
    { "input", IAC_OPTION_BOOL, AT(input), "=false", "Never ask: a missing variable is an error." },
    { "json", IAC_OPTION_BOOL, AT(json), NULL, "Print a stream of JSON messages, one a line." },
    { "parallelism", IAC_OPTION_INTEGER, AT(parallelism), "=n", "How many operations run at once. 10 by default." },
    { "state", IAC_OPTION_TEXT, AT(state), "=path",
      "Read the state from this state file, and write it there. Of the local backend only." },
};
const iac_option_group iac_options_plan = { "Options", plan_options, IAC_COUNT(plan_options) };

static const iac_option var_options[] = {
    { "var", IAC_OPTION_VAR, 0, " 'name=value'", "Set a variable of the root module. May be given several times." },
    { "var-file", IAC_OPTION_VAR_FILE, 0, "=path",
      "Read variables from this file, beside terraform.tfvars and *.auto.tfvars. May be given several times." },
};
const iac_option_group iac_options_vars = { "Variables", var_options, IAC_COUNT(var_options) };

static const iac_option lock_options[] = {
    { "lock", IAC_OPTION_BOOL, AT(lock), "=false",
      "Do not lock the state. Dangerous where somebody else may run commands at the same time." },
    { "lock-timeout", IAC_OPTION_DURATION, AT(lock_timeout), "=0s", "How long to wait for the lock, such as 30s or 5m." },
};
const iac_option_group iac_options_lock = { "State", lock_options, IAC_COUNT(lock_options) };

static const iac_option state_file_options[] = {
    { "state", IAC_OPTION_TEXT, AT(state), "=path", "Read the state from this state file, and write it there." },
    { "state-out", IAC_OPTION_TEXT, AT(state_out), "=path",
      "Write the state to this state file instead of that of -state." },
    { "backup", IAC_OPTION_TEXT, AT(backup), "=path",
      "Keep the state file from before the change here; \"-\" keeps none." },
    { "backup-out", IAC_OPTION_IGNORED, 0, "=path", NULL },
    { "ignore-remote-version", IAC_OPTION_IGNORED, 0, NULL, NULL },
};
static const char state_files[] = "State files (local backend)";
const iac_option_group iac_options_state_file = { state_files, state_file_options, IAC_COUNT(state_file_options) };

static const iac_option state_read_options[] = {
    { "state", IAC_OPTION_TEXT, AT(state), "=path", "Read the state from this state file." },
};
const iac_option_group iac_options_state_read = { state_files, state_read_options, IAC_COUNT(state_read_options) };

static const iac_option common_options[] = {
    { "no-color", IAC_OPTION_BOOL, AT(no_color), NULL, "Print without colour." },
    { "plugin-dir", IAC_OPTION_WORDS, AT(plugin_dirs), "=dir",
      "Look for providers in this directory first. May be given several times." },
    { "help", IAC_OPTION_BOOL, AT(help), NULL, "Show this text." },
    { "h", IAC_OPTION_BOOL, AT(help), NULL, NULL },
};
const iac_option_group iac_options_common = { "Common options", common_options, IAC_COUNT(common_options) };

static const iac_option *find_option(const iac_command *command, iac_str name)
{
    for (const iac_option_group *const *group = command->groups; *group; group++)
        for (size_t i = 0; i < (*group)->count; i++)
            if (iac_str_is(name, (*group)->options[i].name))
                return &(*group)->options[i];
    return NULL;
}

static iac_status fail(iac_diags *diags, const char *format, ...) IAC_PRINTF(2, 3);
static iac_status fail(iac_diags *diags, const char *format, ...)
{
    va_list args;
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    va_start(args, format);
    iac_buf_vprintf(&text, format, args);
    va_end(args);
    iac_diag_error(diags, IAC_NO_RANGE, "Failed to parse command-line flags", "%s", text.p);
    iac_buf_clear(&text);
    return IAC_ERR;
}

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True" };
    static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False" };

    for (size_t i = 0; i < IAC_COUNT(yes); i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *ret = strcmp(text, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

/* "300ms", "-1m30s"; false when malformed. */
static bool parse_duration(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {
        { "ns", 1e-6 }, { "us", 1e-3 }, { "\302\265s", 1e-3 }, { "ms", 1 }, { "h", 3600e3 }, { "m", 60e3 }, { "s", 1e3 }
    };
    bool negative = *text == '-';
    double total = 0;

    text += *text == '-' || *text == '+';
    if (!*text)
        return false;
    if (strcmp(text, "0") == 0) {
        *ret_ms = 0;
        return true;
    }
    while (*text) {
        char *end;
        double n = strtod(text, &end);
        size_t i = 0;
        if (end == text || !strchr("0123456789.", *text) || !(n < 1e9))
            return false;
        while (i < IAC_COUNT(units) && strncmp(end, units[i].name, strlen(units[i].name)) != 0)
            i++;
        if (i == IAC_COUNT(units))
            return false;
        total += n * units[i].ms;
        text = end + strlen(units[i].name);
    }
    *ret_ms = (int64_t)(negative ? -total : total);
    return total < 1e15;
}

/* As Go reads integers with any base: 12, -3, 0x1f, 0b101, 0o17, 017, 1_000. NULL, or what is wrong. */
static const char *parse_integer(const char *text, int64_t *ret)
{
    char digits[80];
    const char *at = text + (*text == '-' || *text == '+');
    size_t n = (size_t)(at - text);
    int base = 10;

    if (at[0] == '0' && at[1]) {
        bool named = strchr("xXoObB", at[1]);
        base = !named ? 8 : strchr("xX", at[1]) ? 16 : strchr("oO", at[1]) ? 8 : 2;
        at += named ? 2 : 1;
    }
    if (n)
        digits[0] = *text;
    for (bool digit = base != 10; *at; at++) {
        bool separates = *at == '_';
        if (n + 1 >= sizeof(digits) || (separates ? !digit || !at[1] || at[1] == '_' : !isxdigit((unsigned char)*at)))
            return "parse error";
        digit = !separates;
        if (!separates)
            digits[n++] = *at;
    }
    digits[n] = 0;
    char *end;
    errno = 0;
    *ret = strtoll(digits, &end, base);
    if (end == digits || *end)
        return "parse error";
    return errno ? "value out of range" : NULL;
}

static iac_status set_option(const iac_option *option, const char *value, iac_args *args, iac_diags *diags)
{
    void *member = (char *)args + option->offset;
    const char *why;

    switch (option->kind) {
    case IAC_OPTION_BOOL:
        if (!parse_bool(value, member))
            return fail(diags, "invalid boolean value \"%s\" for -%s: parse error", value, option->name);
        return IAC_OK;
    case IAC_OPTION_TEXT:
        *(const char **)member = value;
        return IAC_OK;
    case IAC_OPTION_INTEGER:
        why = parse_integer(value, member);
        return why ? fail(diags, "invalid value \"%s\" for flag -%s: %s", value, option->name, why) : IAC_OK;
    case IAC_OPTION_DURATION:
        if (!parse_duration(value, member))
            return fail(diags, "invalid value \"%s\" for flag -%s: parse error", value, option->name);
        return IAC_OK;
    case IAC_OPTION_WORDS:
        iac_vec_push((iac_words *)member, value);
        return IAC_OK;
    case IAC_OPTION_VAR:
    case IAC_OPTION_VAR_FILE:
        iac_vec_push(&args->vars, (iac_var_arg){ option->kind == IAC_OPTION_VAR_FILE, value });
        return IAC_OK;
    case IAC_OPTION_IGNORED:
        return IAC_OK;
    case IAC_OPTION_UNSUPPORTED:
        iac_diag_error(diags, IAC_NO_RANGE, "Unsupported option", "-%s: %s", option->name, option->help);
        return IAC_ERR;
    }
    return IAC_OK;
}

/* Reads argv[*i], and the value after it where it has one; *i is then behind what was read, be it right or wrong. */
static iac_status parse_option(const iac_command *command, int argc, char **argv, int *i, iac_args *args,
                               iac_diags *diags)
{
    const char *text = argv[*i] + (argv[*i][1] == '-' ? 2 : 1);
    const char *equals = strchr(text, '=');
    iac_str name = { text, equals ? (size_t)(equals - text) : strlen(text) };
    const iac_option *option = find_option(command, name);

    if (!name.n || name.p[0] == '-')
        return fail(diags, "bad flag syntax: %s", argv[*i]);
    ++*i;
    if (!option)
        return fail(diags, "flag provided but not defined: -%.*s", IAC_FMT(name));
    if (equals)
        return set_option(option, equals + 1, args, diags);
    if (option->kind == IAC_OPTION_BOOL || !option->argument)
        return set_option(option, "true", args, diags);
    if (*i >= argc)
        return fail(diags, "flag needs an argument: -%.*s", IAC_FMT(name));
    return set_option(option, argv[(*i)++], args, diags);
}

static void refuse_too_many(const iac_command *command, iac_diags *diags)
{
    static const char summary[] = "Too many command line arguments";

    if (command->misuse != IAC_MISUSE_HINTED && !command->too_many)
        iac_diag_error(diags, IAC_NO_RANGE, "Too many command line arguments. Did you mean to use -chdir?", "%s", "");
    else
        iac_diag_error(diags, IAC_NO_RANGE, command->too_many_summary ? command->too_many_summary : summary,
                       command->too_many             ? command->too_many
                       : command->max_positional > 1 ? "Expected at most %zu positional arguments."
                                                     : "Expected at most one positional argument.",
                       command->max_positional);
}

iac_status iac_options_parse(const iac_command *command, int argc, char **argv, iac_args *ret, iac_diags *diags)
{
    iac_status status = IAC_OK;
    int i = 0;

    *ret = (iac_args){ .input = true, .lock = true, .refresh = true, .backend = true, .get = true, .parallelism = 10,
                       .list = true, .write = true };
    while (status == IAC_OK && i < argc && argv[i][0] == '-' && argv[i][1]) {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        status = parse_option(command, argc, argv, &i, ret, diags);
    }
    ret->positional = (const char *const *)(argv + i);
    ret->positional_count = (size_t)(argc - i);
    /* Commands that print their help at the first mistake see no more than one. */
    if (ret->positional_count > command->max_positional && !ret->help &&
        (status == IAC_OK || command->misuse == IAC_MISUSE_HINTED)) {
        refuse_too_many(command, diags);
        return IAC_ERR;
    }
    return status;
}

void iac_args_clear(iac_args *args)
{
    iac_vec_clear(&args->vars);
    iac_vec_clear(&args->targets);
    iac_vec_clear(&args->excludes);
    iac_vec_clear(&args->target_files);
    iac_vec_clear(&args->exclude_files);
    iac_vec_clear(&args->replaces);
    iac_vec_clear(&args->plugin_dirs);
    iac_vec_clear(&args->backend_configs);
    iac_vec_clear(&args->platforms);
    iac_vec_clear(&args->filters);
}

/* ---- help ---- */

enum { HELP_WIDTH = 78, NAME_COLUMN = 2 };

/* Text broken at blanks, each line after the first indented. */
static void wrap(iac_buf *out, const char *text, size_t indent)
{
    size_t column = indent;
    const char *word = text;

    while (*word) {
        size_t length = strcspn(word, " \n");
        if (column > indent && column + 1 + length > HELP_WIDTH) {
            iac_buf_char(out, '\n');
            iac_buf_fill(out, ' ', indent);
            column = indent;
        } else if (column > indent) {
            iac_buf_char(out, ' ');
            column++;
        }
        iac_buf_add(out, word, length);
        column += length;
        word += length;
        while (*word == '\n') {
            iac_buf_char(out, '\n');
            word++;
            if (*word != '\n')
                iac_buf_fill(out, ' ', indent);
            column = indent;
        }
        while (*word == ' ')
            word++;
    }
    iac_buf_char(out, '\n');
}

bool iac_option_is_listed(const iac_option *option)
{
    return option->help && option->kind != IAC_OPTION_UNSUPPORTED && option->kind != IAC_OPTION_IGNORED;
}

static bool has_listed(const iac_option_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (iac_option_is_listed(&group->options[i]))
            return true;
    return false;
}

static size_t option_width(const iac_option *option)
{
    return 1 + strlen(option->name) + (option->argument ? strlen(option->argument) : 0);
}

void iac_help_command(iac_buf *out, const iac_command *command)
{
    size_t column = 0;

    iac_buf_printf(out, "Usage: iac [global options] %s%s%s\n\n  ", command->name, command->usage[0] ? " " : "",
                   command->usage);
    wrap(out, command->description, NAME_COLUMN);
    for (const iac_option_group *const *group = command->groups; *group; group++)
        for (size_t i = 0; i < (*group)->count; i++)
            if (iac_option_is_listed(&(*group)->options[i]) && option_width(&(*group)->options[i]) > column)
                column = option_width(&(*group)->options[i]);
    column += NAME_COLUMN + 2;
    for (const iac_option_group *const *group = command->groups; *group; group++) {
        if (has_listed(*group))
            iac_buf_printf(out, "\n%s:\n\n", (*group)->title);
        for (size_t i = 0; i < (*group)->count; i++) {
            const iac_option *option = &(*group)->options[i];
            if (!iac_option_is_listed(option))
                continue;
            iac_buf_printf(out, "  -%s%s", option->name, option->argument ? option->argument : "");
            iac_buf_fill(out, ' ', column - NAME_COLUMN - option_width(option));
            wrap(out, option->help, column);
        }
    }
}

static void list_command(iac_buf *out, const char *name, const char *summary, size_t width)
{
    iac_buf_printf(out, "  %s", name);
    iac_buf_fill(out, ' ', width - strlen(name));
    iac_buf_printf(out, "%s\n", summary);
}

/* Whether the command is one of the group's. */
static bool is_in_group(const iac_command *command, const iac_command_group *group)
{
    size_t length = strlen(group->name);
    return strncmp(command->name, group->name, length) == 0 && command->name[length] == ' ';
}

void iac_help_group(iac_buf *out, const iac_command_group *group)
{
    iac_buf_printf(out, "Usage: iac [global options] %s <subcommand> [options] [args]\n\n  ", group->name);
    wrap(out, group->description, NAME_COLUMN);
    iac_buf_cstr(out, "\nSubcommands:\n");
    for (const iac_command *const *command = iac_commands; *command; command++)
        if (is_in_group(*command, group))
            list_command(out, (*command)->name + strlen(group->name) + 1, (*command)->summary, 20);
}

void iac_help_program(iac_buf *out)
{
    iac_buf_cstr(out, "Usage: iac [global options] <subcommand> [args]\n\n"
                      "The commands that make up the usual course of work come first.\n\nMain commands:\n");
    for (const iac_command *const *command = iac_commands; *command; command++)
        if ((*command)->primary)
            list_command(out, (*command)->name, (*command)->summary, 14);
    iac_buf_cstr(out, "\nAll other commands:\n");
    const iac_command_group *group = NULL; /* the last that was listed */
    for (const iac_command *const *command = iac_commands; *command; command++) {
        if ((*command)->primary || (*command)->hidden || (group && is_in_group(*command, group)))
            continue;
        const iac_command_group *next = iac_command_groups;
        while (next->name && !is_in_group(*command, next))
            next++;
        if (next->name)
            list_command(out, (group = next)->name, next->summary, 14);
        else if (!strchr((*command)->name, ' '))
            list_command(out, (*command)->name, (*command)->summary, 14);
    }
    iac_buf_cstr(out, "\nGlobal options (before the subcommand):\n"
                      "  -chdir=DIR    Change to this directory before doing anything else.\n"
                      "  -help         Show this text, or that of the subcommand.\n"
                      "  -version      The same as the \"version\" subcommand.\n"
                      "  -install-autocomplete, -uninstall-autocomplete\n"
                      "                Complete commands in the shells in use, or no longer.\n");
}

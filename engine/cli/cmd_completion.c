/* engine/cli/cmd_completion.c - the completion command: scripts for shells, written from the table of commands. */
#include "engine/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const iac_option_group *const groups[] = { &iac_options_common, NULL };

static const char *const global_options[] = { "-chdir=", "-help", "-version" };

/* Calls fn for each option of the command that help lists. */
static void each_option(const iac_command *command, iac_buf *out, void (*fn)(iac_buf *out, const iac_option *option))
{
    for (const iac_option_group *const *group = command->groups; *group; group++)
        for (size_t i = 0; i < (*group)->count; i++)
            if (iac_option_is_listed(&(*group)->options[i]))
                fn(out, &(*group)->options[i]);
}

static bool takes_value(const iac_option *option)
{
    return option->argument && option->argument[0] == '=';
}

/* First words: single commands, and groups once. */
static void each_first_word(iac_buf *out, void (*fn)(iac_buf *out, const char *name, const char *summary))
{
    for (const iac_command *const *command = iac_commands; *command; command++)
        if (!(*command)->hidden && !strchr((*command)->name, ' '))
            fn(out, (*command)->name, (*command)->summary);
    for (const iac_command_group *group = iac_command_groups; group->name; group++)
        if (!group->hidden && !iac_command_find(iac_str_of(group->name)))
            fn(out, group->name, group->summary);
}

/* Second words of those whose first is `first`. */
static size_t each_second_word(iac_buf *out, const char *first,
                               void (*fn)(iac_buf *out, const char *name, const char *summary))
{
    size_t length = strlen(first), n = 0;

    for (const iac_command *const *command = iac_commands; *command; command++) {
        if (strncmp((*command)->name, first, length) != 0 || (*command)->name[length] != ' ')
            continue;
        fn(out, (*command)->name + length + 1, (*command)->summary);
        n++;
    }
    return n;
}

/* ---- bash ---- */

static void bash_option(iac_buf *out, const iac_option *option)
{
    iac_buf_printf(out, " -%s%s", option->name, takes_value(option) ? "=" : "");
}

static void bash_word(iac_buf *out, const char *name, const char *summary)
{
    (void)summary;
    iac_buf_printf(out, " %s", name);
}

static void write_bash(iac_buf *out)
{
    iac_buf_cstr(out, "_iac() {\n"
                      "    local cur=${COMP_WORDS[COMP_CWORD]} command= words= i word\n"
                      "    [[ $cur == = ]] && cur=\n"
                      "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                      "        word=${COMP_WORDS[i]}\n"
                      "        [[ $word == -* || $word == = || ${COMP_WORDS[i - 1]} == = ]] && continue\n"
                      "        case \"$command $word\" in\n");
    iac_buf_cstr(out, "        \" \"*) command=$word ;;\n");
    for (const iac_command *const *command = iac_commands; *command; command++)
        if (strchr((*command)->name, ' '))
            iac_buf_printf(out, "        \"%s\") command=\"%s\" ;;\n", (*command)->name, (*command)->name);
    iac_buf_cstr(out, "        esac\n    done\n    case $command in\n    \"\") words=\"");
    for (size_t i = 0; i < IAC_COUNT(global_options); i++)
        iac_buf_printf(out, "%s%s", i ? " " : "", global_options[i]);
    each_first_word(out, bash_word);
    iac_buf_cstr(out, "\" ;;\n");
    for (const iac_command_group *group = iac_command_groups; group->name; group++) {
        if (iac_command_find(iac_str_of(group->name)))
            continue;
        iac_buf_printf(out, "    %s) words=\"", group->name);
        each_second_word(out, group->name, bash_word);
        iac_buf_cstr(out, "\" ;;\n");
    }
    for (const iac_command *const *command = iac_commands; *command; command++) {
        iac_buf_printf(out, "    \"%s\") words=\"", (*command)->name);
        each_second_word(out, (*command)->name, bash_word);
        each_option(*command, out, bash_option);
        iac_buf_cstr(out, "\" ;;\n");
    }
    iac_buf_cstr(out, "    esac\n"
                      "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                      "    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
                      "}\n"
                      "complete -o default -F _iac iac\n");
}

/* ---- zsh ---- */

/* Within single quotes; a colon would end the name. */
static void zsh_text(iac_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            iac_buf_cstr(out, "'\\''");
        else
            iac_buf_char(out, *text);
    }
}

static void zsh_pair(iac_buf *out, const char *name, const char *summary)
{
    iac_buf_printf(out, " '%s:", name);
    zsh_text(out, summary);
    iac_buf_char(out, '\'');
}

static void zsh_option(iac_buf *out, const iac_option *option)
{
    iac_buf_printf(out, " '-%s%s:", option->name, takes_value(option) ? "=" : "");
    zsh_text(out, option->help);
    iac_buf_char(out, '\'');
}

static void write_zsh(iac_buf *out)
{
    iac_buf_cstr(out, "#compdef iac\n\n"
                      "_iac() {\n"
                      "    local command= word\n"
                      "    local -a items\n"
                      "    for word in ${words[2,CURRENT-1]}; do\n"
                      "        [[ $word == -* ]] && continue\n"
                      "        case \"$command $word\" in\n"
                      "        \" \"*) command=$word ;;\n");
    for (const iac_command *const *command = iac_commands; *command; command++)
        if (strchr((*command)->name, ' '))
            iac_buf_printf(out, "        \"%s\") command=\"%s\" ;;\n", (*command)->name, (*command)->name);
    iac_buf_cstr(out, "        esac\n    done\n    case $command in\n    \"\") items=(");
    each_first_word(out, zsh_pair);
    iac_buf_cstr(out, ") ;;\n");
    for (const iac_command_group *group = iac_command_groups; group->name; group++) {
        if (iac_command_find(iac_str_of(group->name)))
            continue;
        iac_buf_printf(out, "    %s) items=(", group->name);
        each_second_word(out, group->name, zsh_pair);
        iac_buf_cstr(out, ") ;;\n");
    }
    for (const iac_command *const *command = iac_commands; *command; command++) {
        iac_buf_printf(out, "    \"%s\") items=(", (*command)->name);
        each_second_word(out, (*command)->name, zsh_pair);
        each_option(*command, out, zsh_option);
        iac_buf_cstr(out, ") ;;\n");
    }
    iac_buf_cstr(out, "    esac\n"
                      "    _describe -o 'iac' items || _files\n"
                      "}\n\n"
                      "if [[ $funcstack[1] == _iac ]]; then\n    _iac \"$@\"\nelse\n    compdef _iac iac\nfi\n");
}

/* ---- fish ---- */

static void fish_text(iac_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            iac_buf_char(out, '\\');
        iac_buf_char(out, *text);
    }
}

static void fish_first(iac_buf *out, const char *name, const char *summary)
{
    iac_buf_printf(out, "complete -c iac -f -n __fish_use_subcommand -a %s -d '", name);
    fish_text(out, summary);
    iac_buf_cstr(out, "'\n");
}

/* The command's words have all been typed. */
static void fish_condition(iac_buf *out, const char *name)
{
    const char *blank = strchr(name, ' ');

    iac_buf_printf(out, "complete -c iac -n '__fish_seen_subcommand_from %.*s",
                   (int)(blank ? blank - name : (ptrdiff_t)strlen(name)), name);
    if (blank)
        iac_buf_printf(out, "; and __fish_seen_subcommand_from %s", blank + 1);
    iac_buf_char(out, '\'');
}

static void fish_options(iac_buf *out, const iac_command *command)
{
    for (const iac_option_group *const *group = command->groups; *group; group++) {
        for (size_t i = 0; i < (*group)->count; i++) {
            const iac_option *option = &(*group)->options[i];
            if (!iac_option_is_listed(option))
                continue;
            fish_condition(out, command->name);
            iac_buf_printf(out, " -o %s%s -d '", option->name, takes_value(option) ? " -r" : "");
            fish_text(out, option->help);
            iac_buf_cstr(out, "'\n");
        }
    }
}

static void write_fish(iac_buf *out)
{
    each_first_word(out, fish_first);
    for (const iac_command *const *command = iac_commands; *command; command++) {
        const char *name = (*command)->name, *blank = strchr(name, ' ');
        if (blank) {
            iac_buf_printf(out, "complete -c iac -f -n '__fish_seen_subcommand_from %.*s' -a %s -d '",
                           (int)(blank - name), name, blank + 1);
            fish_text(out, (*command)->summary);
            iac_buf_cstr(out, "'\n");
        }
        fish_options(out, *command);
    }
}

/* ---- the command ---- */

static int run(iac_cli *cli)
{
    static const struct {
        const char *name;
        void (*write)(iac_buf *out);
    } shells[] = { { "bash", write_bash }, { "zsh", write_zsh }, { "fish", write_fish } };
    iac_buf out;

    for (size_t i = 0; cli->args.positional_count == 1 && i < IAC_COUNT(shells); i++) {
        if (strcmp(cli->args.positional[0], shells[i].name) != 0)
            continue;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        shells[i].write(&out);
        iac_cli_print(&out);
        iac_buf_clear(&out);
        return IAC_EXIT_OK;
    }
    return iac_cli_refuse_usage(cli, "Expected a single argument: bash, zsh or fish.\n");
}

const iac_command iac_cmd_completion = {
    .name = "completion",
    .summary = "Print a script that completes commands in a shell",
    .usage = "bash|zsh|fish",
    .description = "Prints a script for the shell that completes this program's commands and options. In bash and zsh, "
                   "put this into the shell's startup file: source <(iac completion bash). In fish: iac completion fish "
                   "> ~/.config/fish/completions/iac.fish. \"iac -install-autocomplete\" does it for the shells in use.",
    .groups = groups,
    .max_positional = 1000,
    .no_workspace = true,
    .run = run,
};

/* ---- -install-autocomplete ---- */

static const char *const rc_files[][2] = { { ".bashrc", "bash" }, { ".zshrc", "zsh" } };

static bool write_file(const char *path, const iac_buf *text)
{
    FILE *file = fopen(path, "w");
    bool good = file && fwrite(text->p, 1, text->n, file) == text->n;

    if (file && fclose(file) != 0)
        good = false;
    if (!good)
        fprintf(stderr, "Error: %s cannot be written: %s\n", path, strerror(errno));
    return good;
}

/* The startup file without the line, and with it at the end where it is to be there. */
static bool edit_startup_file(iac_arena *arena, const char *path, const char *line, bool install)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_str text = { 0 };
    iac_buf out;

    if (iac_config_reader_files.read(NULL, path, arena, &text, &ignored) != IAC_OK) {
        iac_diags_clear(&ignored);
        return false;
    }
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t at = 0; at < text.n;) {
        size_t end = iac_str_find_char(text, '\n', at);
        iac_str one = iac_str_sub(text, at, end == SIZE_MAX ? text.n : end);
        at = end == SIZE_MAX ? text.n : end + 1;
        if (!iac_str_is(one, line))
            iac_buf_printf(&out, "%.*s\n", IAC_FMT(one));
    }
    if (install)
        iac_buf_printf(&out, "%s\n", line);
    bool good = write_file(path, &out);
    iac_buf_clear(&out);
    return good;
}

int iac_completion_install(iac_arena *arena, bool install)
{
    const char *home = getenv("HOME");
    size_t done = 0;

    for (size_t i = 0; home && i < IAC_COUNT(rc_files); i++) {
        const char *path = iac_arena_printf(arena, "%s/%s", home, rc_files[i][0]).p;
        const char *line = iac_arena_printf(arena, "source <(iac completion %s)", rc_files[i][1]).p;
        if (access(path, W_OK) == 0 && edit_startup_file(arena, path, line, install))
            done++;
    }
    const char *fish = home ? iac_arena_printf(arena, "%s/.config/fish", home).p : "";
    if (access(fish, W_OK) == 0) {
        iac_str dir = iac_arena_printf(arena, "%s/completions", fish);
        const char *path = iac_arena_printf(arena, "%.*s/iac.fish", IAC_FMT(dir)).p;
        iac_buf out;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        write_fish(&out);
        if (!install)
            done += unlink(path) == 0;
        else if (mkdir(dir.p, 0777) == 0 || errno == EEXIST)
            done += write_file(path, &out);
        iac_buf_clear(&out);
    }
    if (!done)
        fprintf(stderr, "Error executing CLI: Did not find any shells to %s\n", install ? "install" : "uninstall");
    return done ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

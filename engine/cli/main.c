/* engine/cli/main.c - from the command line to a command. */
#include "engine/cli/cli.h"
#include "engine/host/crash.h"

#include "lang/base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { EXIT_USAGE = 127 };

/* ---- TF_CLI_ARGS ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Splits as a shell would: blanks, quotes and backslashes. Nothing is substituted, but what stands in `..` or $(..) stays
 * together; what would end a command ends the words. false when a quote is not closed. */
static bool split_words(iac_arena *arena, const char *text, iac_words *add)
{
    iac_buf word;
    char quote = 0;
    bool begun = false;

    iac_buf_init(&word, IAC_BUF_UNLIMITED);
    for (; *text && (quote || !strchr(";&|<>", *text)); text++) {
        if (*text == '\\' && quote != '\'') {
            if (!text[1])
                quote = *text;
            else
                iac_buf_char(&word, *++text);
            begun = true;
        } else if (quote ? quote == *text && strchr("`)", quote) : *text == '`' || (*text == '$' && text[1] == '(')) {
            quote = quote ? 0 : *text == '$' ? ')' : *text;
            iac_buf_char(&word, *text);
            begun = true;
        } else if (quote ? *text == quote : *text == '"' || *text == '\'') {
            quote = quote ? 0 : *text;
            begun = true;
        } else if (!quote && is_blank(*text)) {
            if (begun)
                iac_vec_push(add, iac_arena_cstr(arena, iac_buf_view(&word)));
            iac_buf_reset(&word);
            begun = false;
        } else {
            iac_buf_char(&word, *text);
            begun = true;
        }
    }
    if (begun)
        iac_vec_push(add, iac_arena_cstr(arena, iac_buf_view(&word)));
    iac_buf_clear(&word);
    return quote == 0;
}

static bool add_from_environment(iac_arena *arena, const char *name, iac_words *add)
{
    const char *text = getenv(name);

    if (!text || split_words(arena, text, add))
        return true;
    fprintf(stderr, "Error parsing extra CLI args from %s: invalid command line string\n", name);
    return false;
}

/* The command's arguments: those that the environment has for this command, those for all, then those given. */
static bool gather_arguments(iac_arena *arena, const iac_command *command, int argc, char **argv, iac_words *ret)
{
    char name[128];

    snprintf(name, sizeof(name), "TF_CLI_ARGS_%s", command->name);
    for (char *c = name; *c; c++)
        if (*c == ' ' || *c == '-')
            *c = '_';
    if (!add_from_environment(arena, name, ret) || !add_from_environment(arena, "TF_CLI_ARGS", ret))
        return false;
    for (int i = 0; i < argc; i++)
        iac_vec_push(ret, argv[i]);
    return true;
}

/* ---- the terminal ---- */

static iac_view_options view_of(int fd, const iac_args *args)
{
    struct winsize size;
    const char *plain = getenv("NO_COLOR"), *wanted = getenv("CLICOLOR");
    iac_view_options view = { .compact_warnings = args->compact_warnings, .concise = args->concise };

    if (!isatty(fd))
        return view;
    view.color = !args->no_color && !(plain && *plain) && !(wanted && strcmp(wanted, "0") == 0);
    view.width = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
    return view;
}

/* ---- running ---- */

static bool check_workspace(iac_cli *cli)
{
    cli->workspace = iac_workspace_current(cli->arena);
    if (cli->command->no_workspace || iac_workspace_name_valid(cli->workspace))
        return true;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid workspace name set using TF_WORKSPACE", "%s", "");
    return false;
}

static void close_cli(iac_cli *cli, int status)
{
    iac_store_close(cli->store);
    iac_backend_close(cli->backend);
    iac_cli_encryption_free(cli);
    if (!iac_host_free(cli->host)) {
        fflush(NULL);
        _exit(status); /* nothing may be taken away from below a provider that goes on */
    }
    iac_args_clear(&cli->args);
    iac_map_clear(&cli->variables);
    iac_vec_clear(&cli->given);
    iac_diags_clear(&cli->diags);
}

/* What the words ask for beside a command; those before it with -chdir taken out, and those of and after it. */
typedef struct global_options {
    bool help, version, install, uninstall;
    bool stray; /* there are other options before the command */
    const char *started_in;
} global_options;

static void show_hint(const iac_command *command)
{
    fprintf(stderr, "\nFor more help on using this command, run:\n  iac %s -help\n", command->name);
}

/* Says what iac_options_parse found wrong. What has no detail is not about an option. */
static int tell_misuse(iac_cli *cli)
{
    const iac_command *command = cli->command;
    const iac_diag *wrong = &cli->diags.list.v[0];

    if (command->misuse <= IAC_MISUSE_PLAIN) {
        if (command->streams)
            iac_cli_begin_stream(cli);
        iac_cli_report(cli);
        if (command->misuse == IAC_MISUSE_HINTED && !cli->stream)
            show_hint(command);
        return IAC_EXIT_ERROR;
    }
    if (wrong->detail.n && command->misuse >= IAC_MISUSE_USAGE)
        iac_cli_show_help(command, stderr);
    if (!wrong->detail.n)
        iac_cli_refuse(cli, "%.*s", IAC_FMT(wrong->summary));
    else
        iac_cli_refuse(cli, "Error parsing command%cline flags: %.*s\n",
                       command->misuse == IAC_MISUSE_USAGE_UNHYPHENATED ? ' ' : '-', IAC_FMT(wrong->detail));
    if (wrong->detail.n && command->misuse == IAC_MISUSE_AND_HELP)
        iac_cli_show_help(command, stdout);
    return IAC_EXIT_ERROR;
}

static int run_command(iac_arena *arena, const iac_command *command, const global_options *global, int argc,
                       char **argv)
{
    iac_cli cli = { .command = command, .arena = arena, .started_in = global->started_in };
    const char *automation = getenv("TF_IN_AUTOMATION");
    iac_words words = { 0 };
    int status = IAC_EXIT_ERROR;

    if (!gather_arguments(arena, command, argc, argv, &words)) {
        iac_vec_clear(&words);
        return IAC_EXIT_ERROR;
    }
    cli.words = words;
    bool parsed = iac_options_parse(command, (int)words.n, (char **)words.v, &cli.args, &cli.diags) == IAC_OK;
    cli.out_view = view_of(STDOUT_FILENO, &cli.args);
    cli.err_view = view_of(STDERR_FILENO, &cli.args);
    cli.out_view.spaced = cli.err_view.spaced = command->misuse > IAC_MISUSE_PLAIN;
    cli.automation = automation && *automation;
    if (cli.args.help || global->help) {
        iac_cli_show_help(command, stdout);
        status = IAC_EXIT_OK;
    } else if (!parsed) {
        status = tell_misuse(&cli);
    } else {
        if (check_workspace(&cli)) {
            iac_log(IAC_LOG_INFO, "command: %s, workspace: %.*s", command->name, IAC_FMT(cli.workspace));
            status = command->run(&cli);
        }
        iac_log(IAC_LOG_DEBUG, "command %s: done, %zu diagnostics to tell", command->name, cli.diags.list.n);
        status = iac_cli_finish(&cli, status);
        if (cli.misused && !cli.stream)
            show_hint(command);
    }
    close_cli(&cli, status);
    iac_vec_clear(&words);
    return status;
}

static int unknown_command(iac_str name)
{
    iac_str names[128];
    size_t n = 0;

    for (const iac_command *const *command = iac_commands; *command && n < IAC_COUNT(names); command++)
        if (!(*command)->hidden)
            names[n++] = iac_str_of((*command)->name);
    for (const iac_command_group *group = iac_command_groups; group->name && n < IAC_COUNT(names); group++)
        names[n++] = iac_str_of(group->name);
    iac_str near = iac_str_nearest(name, names, n);
    fprintf(stderr, "iac has no command named \"%.*s\".", IAC_FMT(name));
    if (near.n)
        fprintf(stderr, " Did you mean \"%.*s\"?", IAC_FMT(near));
    fprintf(stderr, "\n\nTo see all of iac's top-level commands, run:\n  iac -help\n\n");
    return IAC_EXIT_ERROR;
}

static bool is_one_of(const char *word, const char *const *names)
{
    while (*names && strcmp(word, *names) != 0)
        names++;
    return *names != NULL;
}

/* Finds the command that the words begin with ("state list" before "state"); *ret_used says how many they were. */
static const iac_command *find_command(iac_arena *arena, int argc, char **argv, int *ret_used)
{
    if (argc > 1) {
        const iac_command *nested = iac_command_find(iac_arena_printf(arena, "%s %s", argv[0], argv[1]));
        if (nested) {
            *ret_used = 2;
            return nested;
        }
    }
    *ret_used = 1;
    return iac_command_find(iac_str_of(argv[0]));
}

static void print_program_help(void)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_help_program(&out);
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

static void print_group_help(const iac_command_group *group)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_help_group(&out, group);
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

static int refuse_stray(const iac_command *command, const iac_command_group *group)
{
    iac_cli_printf("Invalid flags before the subcommand. If these flags are for\n"
                   "the subcommand, please put them after the subcommand.\n\n");
    if (command)
        iac_cli_show_help(command, stdout);
    else
        print_group_help(group);
    return IAC_EXIT_ERROR;
}

/* argv begins with the command. */
static int dispatch(iac_arena *arena, const global_options *global, int argc, char **argv)
{
    int used = 0;

    if (argc == 0 || !argv[0][0]) {
        print_program_help();
        return global->help ? IAC_EXIT_OK : EXIT_USAGE;
    }
    const iac_command *command = find_command(arena, argc, argv, &used);
    iac_args none = { 0 };
    iac_view_options err_view = view_of(STDERR_FILENO, &none);

    iac_cli_check_config_file(arena, &err_view);
    const iac_command_group *group = command ? NULL : iac_command_group_find(argv[0]);
    if (!command && !group)
        return unknown_command(iac_str_of(argv[0]));
    if (global->stray && !global->help)
        return refuse_stray(command, group);
    if (command)
        return run_command(arena, command, global, argc - used, argv + used);
    print_group_help(group);
    return global->help ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

/* Of several -chdir the last counts; those before it are out of place. IAC_ERR after saying what is wrong. */
static iac_status change_directory(int argc, char **argv, global_options *global)
{
    const char *to = NULL;

    for (int i = 0; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-chdir") == 0 || strcmp(argv[i], "-chdir=") == 0) {
            fprintf(stderr, "Invalid -chdir option: must include an equals sign followed by a directory path, like "
                            "-chdir=example\n");
            return IAC_ERR;
        }
        if (strncmp(argv[i], "-chdir=", 7) == 0) {
            global->stray = global->stray || to;
            to = argv[i] + 7;
        }
    }
    if (!to || chdir(to) == 0)
        return IAC_OK;
    char why[128];
    fprintf(stderr, "Error handling -chdir option: chdir %s: %s\n", to, iac_errno_text(errno, why, sizeof(why)));
    return IAC_ERR;
}

/* Reads what stands before the command, and what counts wherever it stands; how many words come before the command. */
static int read_global_options(int argc, char **argv, global_options *global)
{
    static const char *const help[] = { "-help", "--help", "-h", NULL };
    static const char *const version[] = { "-version", "--version", "-v", NULL };
    static const char *const install[] = { "-install-autocomplete", "--install-autocomplete", NULL };
    static const char *const uninstall[] = { "-uninstall-autocomplete", "--uninstall-autocomplete", NULL };
    int before = 0;

    for (; before < argc && (argv[before][0] == '-' || !argv[before][0]); before++) {
        const char *word = argv[before];
        global->install = global->install || is_one_of(word, install);
        global->uninstall = global->uninstall || is_one_of(word, uninstall);
        if (*word && strncmp(word, "-chdir=", 7) != 0 && !is_one_of(word, help) && !is_one_of(word, version))
            global->stray = true;
    }
    for (int i = 0; i < argc; i++)
        global->version = global->version || is_one_of(argv[i], version);
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        global->help = global->help || is_one_of(argv[i], help);
    return before;
}

static int run(const global_options *global, int before, int argc, char **argv)
{
    iac_arena *arena = iac_arena_new();
    int status;

    if (global->install || global->uninstall)
        status = iac_completion_install(arena, global->install);
    else if (global->version) { /* the command of that name, which is given all the words */
        global_options plain = { .help = global->help, .started_in = global->started_in };
        char **words = iac_arena_array(arena, char *, (size_t)argc + 2);
        int n = 0;
        words[n++] = "version";
        for (int i = 0; i < argc; i++)
            if (i >= before || strncmp(argv[i], "-chdir=", 7) != 0)
                words[n++] = argv[i];
        status = dispatch(arena, &plain, n, words);
    } else {
        status = dispatch(arena, global, argc - before, argv + before);
    }
    iac_arena_free(arena);
    return status;
}

int main(int argc, char **argv)
{
    char *started_in = getcwd(NULL, 0);
    global_options global = { .started_in = started_in ? started_in : "." };

    iac_log_setup();
    iac_crash_watch();
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away must not end an apply */
    int status = IAC_EXIT_ERROR;
    if (change_directory(argc - 1, argv + 1, &global) == IAC_OK)
        status = run(&global, read_global_options(argc - 1, argv + 1, &global), argc - 1, argv + 1);
    free(started_in);
    return status;
}

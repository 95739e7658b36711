/* engine/cli/cmd_console.c - the console command. */
#include "engine/cli/cli.h"

#include "engine/cli/line_edit.h"
#include "engine/plan/console.h"
#include "engine/plan/run.h"
#include "lang/base/secrets.h"
#include "lang/syntax/parser.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const iac_option options[] = {
    { "plan", IAC_OPTION_BOOL, offsetof(iac_args, over_plan), NULL,
      "Plan first, and evaluate against what the plan expects rather than against the state." },
    { "compact-warnings", IAC_OPTION_BOOL, offsetof(iac_args, compact_warnings), NULL,
      "Show warnings that come without errors as a list of their first lines." },
};
static const iac_option_group console_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &console_group, &iac_options_vars, &iac_options_state_read,
                                                 &iac_options_common, NULL };

static const char help_text[] = "An expression is evaluated as if it stood in the root module, and its value is\n"
                                "shown: var.x, local.x, module.x.y, and resources such as aws_instance.x with the\n"
                                "values that the state has of them. Nothing is changed, and no server is asked.\n"
                                "type(x) shows the type of a value.\n"
                                "\n"
                                "Lines go on while a bracket is open. To leave, type \"exit\" or press Control-D.";

typedef struct session {
    iac_cli *cli;
    iac_console *console;
    bool over;
    int status; /* to exit with */
} session;

/* Appends what the line gives; end: what is put behind it, for a heredoc ends with a line. IAC_ERR after
 * diagnostics. */
static iac_status handle(session *s, iac_str line, const char *end, iac_buf *out)
{
    iac_arena *arena = s->cli->arena; /* messages point into the line */

    line = iac_str_trim(line);
    if (!line.n)
        return IAC_OK;
    if (iac_str_is(line, "exit")) {
        s->over = true;
        return IAC_OK;
    }
    if (iac_str_is(line, "help")) {
        iac_buf_cstr(out, help_text);
        return IAC_OK;
    }
    line = iac_arena_printf(arena, "%.*s%s", IAC_FMT(line), end);
    return iac_console_eval(s->console, arena, iac_source_new(arena, IAC_STR("<console-input>"), line), out,
                            &s->cli->diags);
}

/* Each line is an expression; the last one's value is printed. */
static int run_piped(session *s)
{
    iac_buf result;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    iac_status status = IAC_OK;

    iac_buf_init(&result, IAC_BUF_UNLIMITED);
    while (status == IAC_OK && !s->over && (n = getline(&line, &room, stdin)) >= 0) {
        iac_buf_reset(&result);
        status = handle(s, (iac_str){ line, (size_t)n }, "", &result);
    }
    free(line);
    if (status == IAC_OK && !s->over) {
        iac_cli_report(s->cli); /* warnings */
        iac_buf_char(&result, '\n');
        iac_secrets_redact_buf(&result);
        iac_cli_print(&result);
    }
    iac_buf_clear(&result);
    return status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

/* Lines up to one that leaves nothing open. IAC_NOT_FOUND at the end of input. */
static iac_status read_expression(iac_line_editor *editor, iac_buf *ret)
{
    iac_buf line;
    iac_status status;

    iac_buf_init(&line, IAC_BUF_UNLIMITED);
    iac_buf_reset(ret);
    do {
        status = iac_line_edit(editor, ret->n ? ": " : "> ", &line);
        if (status == IAC_CANCELLED && ret->n + line.n > 0) { /* what was typed is dropped */
            iac_buf_reset(ret);
            status = IAC_OK;
            continue;
        }
        if (status != IAC_OK)
            break;
        iac_line_editor_remember(editor, iac_buf_view(&line));
        if (ret->n)
            iac_buf_char(ret, '\n');
        iac_buf_str(ret, iac_buf_view(&line));
    } while (!ret->n || iac_expression_is_open(iac_buf_view(ret)));
    iac_buf_clear(&line);
    return status;
}

static int run_interactive(session *s)
{
    iac_line_editor *editor = iac_line_editor_new(STDIN_FILENO, STDOUT_FILENO);
    iac_buf text, result;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_init(&result, IAC_BUF_UNLIMITED);
    while (!s->over && read_expression(editor, &text) == IAC_OK) {
        iac_buf_reset(&result);
        iac_status status = handle(s, iac_buf_view(&text), "\n", &result);
        iac_cli_report(s->cli);
        if (status == IAC_OK && !s->over) {
            iac_buf_char(&result, '\n');
            iac_secrets_redact_buf(&result);
        iac_cli_print(&result);
        }
    }
    iac_buf_clear(&text);
    iac_buf_clear(&result);
    iac_line_editor_free(editor);
    return IAC_EXIT_OK;
}

static int converse(session *s)
{
    bool faulty = iac_diags_has_errors(&s->cli->diags);
    iac_cli_report(s->cli);
    if (faulty) {
        iac_diag_warning(&s->cli->diags, IAC_NO_RANGE,
                         "Due to the problems above, some expressions may produce unexpected results.", "%s", "");
        iac_cli_report(s->cli);
    }
    int status = isatty(STDIN_FILENO) ? run_interactive(s) : run_piped(s);
    iac_cli_report(s->cli);
    return status;
}

/* The values of a plan are there while it is being made. */
static void converse_over_plan(void *arg, iac_run *run)
{
    session *s = arg;

    s->console = iac_console_of_plan(run);
    s->status = s->console ? converse(s) : IAC_EXIT_ERROR;
    iac_console_close(s->console);
}

static int run(iac_cli *cli)
{
    session s = { .cli = cli, .status = IAC_EXIT_ERROR };
    const iac_state *state = NULL;
    const iac_plan *plan = NULL;

    if (iac_cli_load_config(cli) != IAC_OK || iac_cli_backend(cli) != IAC_OK ||
        iac_cli_known_variables(cli) != IAC_OK || iac_cli_open_store(cli, false) != IAC_OK ||
        iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_plan_options given = {
        .host = iac_cli_host(cli),
        .variables = &cli->variables,
        .workspace = cli->workspace,
        .remote_crypts = &cli->remote_crypts,
        .cwd = iac_str_of(cli->started_in),
        .inspect = converse_over_plan,
        .inspect_arg = &s,
    };
    if (cli->args.over_plan) {
        (void)iac_plan_make(cli->arena, cli->config, state, &given, &plan, &cli->diags); /* errors were shown */
    } else if (iac_console_open(cli->config, state, &given, &s.console, &cli->diags) == IAC_OK) {
        s.status = converse(&s);
        iac_console_close(s.console);
    }
    return s.status;
}

const iac_command iac_cmd_console = {
    .name = "console",
    .summary = "Try expressions at an interactive prompt",
    .usage = "[options]",
    .description = "Evaluates expressions against the configuration and the state, and shows their values: at a "
                   "prompt, or, when standard input is no terminal, one a line, of which the last one's value is "
                   "printed. Variables that have no value are unknown. Changes nothing.",
    .groups = groups,
    .misuse = IAC_MISUSE_USAGE_UNHYPHENATED,
    .run = run,
};

/* engine/cli/cmd_show.c - the show command. */
#include "engine/cli/lockfile.h"
#include "engine/cli/state_match.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print as a JSON document." },
    { "redact", IAC_OPTION_BOOL, offsetof(iac_args, redact), NULL,
      "With -json: \"(sensitive value)\" in place of whatever is sensitive, for documents that are kept or passed on." },
    { "format", IAC_OPTION_TEXT, offsetof(iac_args, format), "=markdown|html",
      "Print a saved plan for review: as Markdown for a comment on a pull request, or as a page of HTML." },
};
static const iac_option_group show_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &show_group, &iac_options_common, NULL };

static void print_state(iac_cli *cli, const iac_state *state)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    out.drain = iac_cli_put;
    if (cli->args.redact || !cli->args.json)
        iac_view_note_secrets(state, iac_cli_schemas(cli));
    if (cli->args.json)
        iac_json_state(&out, state, iac_cli_schemas(cli), cli->args.redact);
    else
        iac_view_state(&out, state, iac_cli_schemas(cli), &cli->out_view);
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

static int show_state(iac_cli *cli)
{
    const iac_state *state = NULL;

    if (iac_cli_open_store(cli, false) != IAC_OK || iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    /* The rest of the configuration is of use where there are objects to show. */
    if (state->lineage.n && iac_cli_read_config(cli, true) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!state->lineage.n && !cli->args.json)
        iac_cli_printf("No state.\n");
    else
        print_state(cli, state);
    return IAC_EXIT_OK;
}

static const char neither[] = "Failed to read the given file as a state or plan file";

/* What is no saved plan may be a state file. */
static int show_state_file(iac_cli *cli, const char *path)
{
    const iac_state *state = NULL;
    iac_str why = { 0 };

    if (iac_state_read_file(cli, path, &state, &why) == IAC_OK) {
        iac_state_note_secrets(state);
        print_state(cli, state);
        return IAC_EXIT_OK;
    }
    iac_diag_error(&cli->diags, IAC_NO_RANGE, neither,
                   "State read error: Error reading %s as a statefile: %.*s\n\nPlan read error: couldn't load the "
                   "provided path as a plan file: it holds something else", path, IAC_FMT(why));
    return IAC_EXIT_ERROR;
}

static int show_file(iac_cli *cli, const char *path)
{
    const iac_plan *plan = NULL;
    iac_buf out;

    if (access(path, F_OK) != 0 && errno == ENOENT) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, neither,
                       "State read error: Error loading statefile: open %s: no such file or directory\n\nPlan read "
                       "error: couldn't load the provided path as either a local plan file (open %s: no such file or "
                       "directory) or a saved cloud plan (open %s: no such file or directory)",
                       path, path, path);
        return IAC_EXIT_ERROR;
    }
    if (iac_lock_file_readable(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, neither,
                       "State read error: Error reading %s as a statefile: Failed to read state file: The state file "
                       "could not be read: read %s: is a directory\n\nPlan read error: couldn't load the provided path "
                       "as either a local plan file (read %s: is a directory) or a saved cloud plan (read %s: is a "
                       "directory)", path, path, path, path);
        return IAC_EXIT_ERROR;
    }
    iac_status status = iac_cli_load_plan(cli, path, &plan);
    if (status == IAC_NOT_FOUND)
        return show_state_file(cli, path);
    if (status != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_view_schemas schemas = iac_view_schemas_in(plan);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    out.drain = iac_cli_put;
    if (cli->args.json)
        iac_json_plan(&out, plan, &schemas, cli->args.redact);
    else if (cli->args.format && strcmp(cli->args.format, "html") == 0)
        iac_view_plan_html(&out, plan);
    else if (cli->args.format)
        iac_view_plan_markdown(&out, plan);
    else
        iac_view_plan(&out, plan, &cli->out_view);
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

/* What -format asks for is there of saved plans only, what -redact asks for of JSON. */
static iac_status check_options(iac_cli *cli)
{
    const char *format = cli->args.format;

    if (cli->args.redact && !cli->args.json)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Incompatible options",
                       "The -redact option is for the documents of -json: texts for people show nothing sensitive.");
    if (!format)
        return iac_diags_has_errors(&cli->diags) ? IAC_ERR : IAC_OK;
    if (strcmp(format, "markdown") != 0 && strcmp(format, "html") != 0)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid format",
                       "The -format option takes \"markdown\" or \"html\", not \"%s\".", format);
    else if (cli->args.json || !cli->args.positional_count)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Incompatible options",
                       "The -format option is for a saved plan, whose file is given after it, and cannot be used with "
                       "-json.");
    return iac_diags_has_errors(&cli->diags) ? IAC_ERR : IAC_OK;
}

static int run(iac_cli *cli)
{
    if (check_options(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    return cli->args.positional_count ? show_file(cli, cli->args.positional[0]) : show_state(cli);
}

const iac_command iac_cmd_show = {
    .name = "show",
    .summary = "Show the current state or a saved plan",
    .usage = "[options] [PATH]",
    .description = "Shows the state, or what the file at PATH holds: a saved plan or a state file.",
    .groups = groups,
    .max_positional = 1,
    .run = run,
};

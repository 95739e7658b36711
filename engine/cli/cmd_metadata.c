/* engine/cli/cmd_metadata.c - the metadata functions command. */
#include "engine/cli/cli.h"

#include "engine/view/functions.h"

#include <string.h>

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print the signatures as a JSON document." },
    { "format", IAC_OPTION_TEXT, offsetof(iac_args, format), "=markdown|html",
      "Print a reference with descriptions and examples, in Markdown or as an HTML page." },
};
static const iac_option_group metadata_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &metadata_group, &iac_options_common, NULL };

static int run(iac_cli *cli)
{
    static const struct {
        const char *name;
        void (*write)(iac_buf *out);
    } formats[] = {
        { "json", iac_view_functions_json },
        { "markdown", iac_view_functions_markdown },
        { "html", iac_view_functions_html },
    };
    const char *format = cli->args.json ? "json" : cli->args.format;
    iac_buf out;

    if (!format || cli->args.positional_count)
        return iac_cli_refuse_usage(cli, "The `iac metadata functions` command requires the `-json` flag.\n");
    for (size_t i = 0; i < IAC_COUNT(formats); i++) {
        if (strcmp(format, formats[i].name) != 0)
            continue;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        formats[i].write(&out);
        iac_cli_print(&out);
        iac_buf_clear(&out);
        return IAC_EXIT_OK;
    }
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid format",
                   "There is no format \"%s\", only json, markdown and html.", format);
    return IAC_EXIT_ERROR;
}

const iac_command iac_cmd_metadata_functions = {
    .name = "metadata functions",
    .summary = "Show signatures and descriptions of the builtin functions",
    .usage = "-json | -format=markdown|html",
    .description = "Prints what there is to know of the builtin functions: for programs in the form of Terraform's "
                   "command of this name, for people as a reference.",
    .groups = groups,
    .misuse = IAC_MISUSE_USAGE,
    .max_positional = SIZE_MAX,
    .help_follows = true,
    .no_workspace = true,
    .run = run,
};

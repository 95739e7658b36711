/* engine/cli/cmd_output.c - the output command. */
#include "engine/cli/cli.h"

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print as JSON." },
    { "raw", IAC_OPTION_BOOL, offsetof(iac_args, raw), NULL,
      "Print the one value as it is, without quotes and newline, for use in shell scripts." },
};
static const iac_option_group output_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &output_group, &iac_options_state_read, &iac_options_common, NULL };

static void warn_none(iac_cli *cli)
{
    iac_diag_warning(&cli->diags, IAC_NO_RANGE, "No outputs found",
                     "The state file either has no outputs defined, or all the defined outputs are empty. Please define "
                     "an output in your configuration with the `output` keyword and run `iac refresh` for it to become "
                     "available. If you are using interpolation, please verify the interpolated value is not empty. You "
                     "can use the `iac console` command to assist.");
}

static int show_one(iac_cli *cli, const iac_state *state, const char *name, iac_buf *out)
{
    const iac_state_output *output = iac_state_find_output(state, iac_str_of(name));

    if (!output) {
        iac_str summary = iac_arena_printf(cli->arena, "Output \"%s\" not found", name);
        iac_diag_error(&cli->diags, IAC_NO_RANGE, summary.p,
                       "The output variable requested could not be found in the state file. If you recently added "
                       "this to your configuration, be sure to run `iac apply`, since the state won't be updated "
                       "with new output variables until that command is run.");
        return IAC_EXIT_ERROR;
    }
    if (cli->args.json) {
        iac_json_output(out, output->value);
    } else if (!cli->args.raw) {
        iac_view_output(out, output->value);
    } else if (!iac_view_output_raw(out, output->value)) {
        iac_str type = iac_type_friendly(cli->arena, iac_value_type(cli->arena, output->value));
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Unsupported value for raw output",
                       "The -raw option only supports strings, numbers, and boolean values, but output value \"%s\" is "
                       "%.*s.\n\nUse the -json option for machine-readable representations of output values that have "
                       "complex types.", name, IAC_FMT(iac_is_null(output->value) ? IAC_STR("null") : type));
        return IAC_EXIT_ERROR;
    }
    return IAC_EXIT_OK;
}

static int run(iac_cli *cli)
{
    const iac_state *state = NULL;
    const char *name = cli->args.positional_count ? cli->args.positional[0] : "";
    int status = IAC_EXIT_OK;
    iac_buf out;

    if (cli->args.raw && cli->args.json) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid output format",
                       "The -raw and -json options are mutually-exclusive.");
        cli->misused = true;
        return IAC_EXIT_ERROR;
    }
    if (cli->args.raw && !*name) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Output name required",
                       "You must give the name of a single output value when using the -raw option.");
        cli->misused = true;
        return IAC_EXIT_ERROR;
    }
    if (iac_cli_open_store(cli, false) != IAC_OK || iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (cli->args.json && !*name)
        iac_json_outputs(&out, state);
    else if (state->output_count == 0 && !cli->args.json)
        warn_none(cli);
    else if (*name)
        status = show_one(cli, state, name, &out);
    else
        iac_view_output_list(&out, state);
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return status;
}

const iac_command iac_cmd_output = {
    .name = "output",
    .summary = "Show output values of the root module",
    .usage = "[options] [NAME]",
    .description = "Shows the output values that the state holds: all of them, or the one called NAME.",
    .groups = groups,
    .max_positional = 1,
    .too_many_summary = "Unexpected argument",
    .too_many = "The output command expects exactly one argument with the name of an output variable or no arguments to "
                "show all outputs.",
    .run = run,
};

/* engine/cli/cmd_state.c - the state commands that look: list, show, pull. */
#include "engine/cli/state_match.h"

#include <string.h>

static const iac_option_group *const groups[] = { &iac_options_state_read, &iac_options_common, NULL };

/* ---- list ---- */

static const iac_option list_options[] = {
    { "id", IAC_OPTION_TEXT, offsetof(iac_args, id), "=ID", "List only objects whose attribute \"id\" is this." },
};
static const iac_option_group list_group = { "Options", list_options, IAC_COUNT(list_options) };
static const iac_option_group *const list_groups[] = { &list_group, &iac_options_state_read, &iac_options_common, NULL };

static bool has_id(iac_cli *cli, const iac_state_instance *instance)
{
    if (!cli->args.id || !*cli->args.id)
        return true;
    const iac_value *v = instance->current ? iac_object_value(cli->arena, instance->current) : NULL;
    const iac_value *id = v && iac_is_set_value(v) && v->kind == IAC_OBJECT ? iac_value_get_cstr(v, "id") : NULL;
    return id && iac_is_set_value(id) && id->kind == IAC_STRING && iac_str_is(id->string, cli->args.id);
}

static void print_address(iac_buf *out, const iac_state_instance *instance)
{
    iac_addr_print(out, instance->addr);
    iac_buf_char(out, '\n');
}

static int run_list(iac_cli *cli)
{
    const iac_state *state = NULL;
    iac_instance_list listed = { 0 };
    iac_buf out;

    if (iac_cli_open_store(cli, false) != IAC_OK || iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!iac_state_exists(state))
        return iac_state_refuse_missing(cli);
    for (size_t i = 0; i < cli->args.positional_count; i++)
        (void)iac_state_lookup(cli, state, cli->args.positional[i], false, &listed);
    if (!cli->args.positional_count)
        iac_state_match(state, (iac_addr){ 0 }, true, &listed);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < listed.n; i++)
        if (has_id(cli, listed.v[i]))
            print_address(&out, listed.v[i]);
    if (!iac_diags_has_errors(&cli->diags))
        iac_cli_print(&out);
    iac_buf_clear(&out);
    iac_vec_clear(&listed);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_state_list = {
    .name = "state list",
    .summary = "List resources in the state",
    .usage = "[options] [ADDRESS...]",
    .description = "Lists the resource instances that the state holds: all, or those that the addresses name. An "
                   "address is of a module, a resource or an instance.",
    .groups = list_groups,
    .max_positional = 1000,
    .misuse = IAC_MISUSE_AND_HELP,
    .run = run_list,
};

/* ---- show ---- */

static int refuse_instance(const iac_cli *cli, const char *what)
{
    return iac_cli_refuse(cli, "%s\n\n"
                               "This command requires that the address references one specific instance.\n"
                               "To view the available instances, use \"iac state list\". Please modify \n"
                               "the address to reference a specific instance.", what);
}

static int run_show(iac_cli *cli)
{
    const iac_state *state = NULL;
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_addr addr;
    iac_buf out;

    if (cli->args.positional_count != 1)
        return iac_cli_refuse_usage(cli, "Exactly one argument expected.");
    const char *address = cli->args.positional[0];
    bool parsed = iac_addr_parse(cli->arena, iac_str_of(address), &addr, &ignored) == IAC_OK;
    iac_diags_clear(&ignored);
    if (!parsed)
        return refuse_instance(cli, iac_arena_printf(cli->arena, "Error parsing instance address: %s", address).p);
    if (iac_cli_open_store(cli, false) != IAC_OK || iac_cli_read_config(cli, true) != IAC_OK ||
        iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!iac_state_exists(state))
        return iac_state_refuse_missing(cli);
    const iac_state_instance *instance = iac_state_find(state, addr);
    if (!instance)
        return refuse_instance(cli, "No instance found for the given address!");
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_view_instance(&out, instance, iac_cli_schemas(cli), &cli->out_view);
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_state_show = {
    .name = "state show",
    .summary = "Show a resource in the state",
    .usage = "[options] ADDRESS",
    .description = "Shows the attributes of one resource instance, as the state holds them.",
    .groups = groups,
    .max_positional = 1000,
    .misuse = IAC_MISUSE_LINE,
    .run = run_show,
};

/* ---- pull ---- */

static int run_pull(iac_cli *cli)
{
    const iac_state *state = NULL;
    iac_buf out;

    if (iac_cli_read_config(cli, false) != IAC_OK ||
        iac_cli_open_store(cli, false) != IAC_OK || iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!state->lineage.n)
        return IAC_EXIT_OK; /* nothing was ever stored */
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    out.drain = iac_cli_put;
    iac_tfstate_write(&out, state);
    iac_buf_char(&out, '\n'); /* after the file's own */
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_state_pull = {
    .name = "state pull",
    .summary = "Print the state as a state file",
    .usage = "[options]",
    .description = "Prints the state in the form of a Terraform state file, version 4.",
    .groups = groups,
    .misuse = IAC_MISUSE_LINE,
    .max_positional = SIZE_MAX,
    .run = run_pull,
};

/* ---- export ---- */

static const iac_option export_options[] = {
    { "format", IAC_OPTION_TEXT, offsetof(iac_args, format), "=tfstate",
      "The form: tfstate, a state file of Terraform, is the only one." },
    { "out", IAC_OPTION_TEXT, offsetof(iac_args, out), "=path", "Write to this file instead of printing." },
};
static const iac_option_group export_group = { "Options", export_options, IAC_COUNT(export_options) };
static const iac_option_group *const export_groups[] = { &export_group, &iac_options_state_read, &iac_options_common,
                                                         NULL };

static int run_export(iac_cli *cli)
{
    const iac_state *state = NULL;
    iac_buf out;

    if (cli->args.format && !iac_str_is(iac_str_of(cli->args.format), "tfstate")) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Unsupported format",
                       "The state cannot be exported as \"%s\". The only format is \"tfstate\".", cli->args.format);
        return IAC_EXIT_ERROR;
    }
    if (iac_cli_open_store(cli, false) != IAC_OK || iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!iac_state_exists(state))
        return iac_state_refuse_missing(cli);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    out.drain = cli->args.out ? NULL : iac_cli_put;
    iac_tfstate_write(&out, state);
    int failed = cli->args.out ? iac_write_file(cli->args.out, iac_buf_view(&out), 0600) : 0;
    if (failed)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Failed to write the state file", "%s: %s.", cli->args.out,
                       strerror(failed));
    else if (!cli->args.out)
        iac_cli_print(&out);
    iac_buf_clear(&out);
    return failed ? IAC_EXIT_ERROR : IAC_EXIT_OK;
}

const iac_command iac_cmd_state_export = {
    .name = "state export",
    .tolerant = true,
    .summary = "Write the state as a state file of Terraform",
    .usage = "[options]",
    .description = "Writes the state in a form from which Terraform plans without a change.",
    .groups = export_groups,
    .run = run_export,
};

/* engine/cli/cmd_state.c - the state commands that look: list, show, pull. */
#include "engine/cli/cli.h"

static const iac_option_group *const groups[] = { &iac_options_common, NULL };

/* ---- which instances an address means ---- */

static bool within_module(iac_module_addr inner, iac_module_addr outer)
{
    if (inner.n < outer.n)
        return false;
    for (size_t i = 0; i < outer.n; i++)
        if (!iac_str_eq(inner.steps[i].name, outer.steps[i].name) ||
            (outer.steps[i].key.kind != IAC_KEY_NONE && !iac_key_equal(inner.steps[i].key, outer.steps[i].key)))
            return false;
    return true;
}

bool iac_address_covers(iac_addr wanted, bool is_module, iac_addr addr)
{
    if (!within_module(addr.module, wanted.module))
        return false;
    if (is_module)
        return true;
    return addr.module.n == wanted.module.n && addr.mode == wanted.mode && iac_str_eq(addr.type, wanted.type) &&
           iac_str_eq(addr.name, wanted.name) &&
           (wanted.key.kind == IAC_KEY_NONE || iac_key_equal(addr.key, wanted.key));
}

/* ---- list ---- */

static const iac_option list_options[] = {
    { "id", IAC_OPTION_TEXT, offsetof(iac_args, id), "=ID", "List only objects whose attribute \"id\" is this." },
    { "state", IAC_OPTION_UNSUPPORTED, 0, "=path", "The working directory's store is read." },
};
static const iac_option_group list_group = { "Options", list_options, IAC_COUNT(list_options) };
static const iac_option_group *const list_groups[] = { &list_group, &iac_options_common, NULL };

static bool has_id(iac_cli *cli, const iac_state_instance *instance)
{
    if (!cli->args.id)
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

/* Opens and reads; an error where nothing was ever stored. */
static iac_status read_existing(iac_cli *cli, const iac_state **ret)
{
    if (iac_cli_open_store(cli, false) != IAC_OK || iac_cli_read_state(cli, ret) != IAC_OK)
        return IAC_ERR;
    if ((*ret)->lineage.n || (*ret)->instance_count || (*ret)->output_count)
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "No state file was found!",
                   "State management commands require a state file. Run this command in a directory where iac has been "
                   "run or use the -state flag to point the command to a specific state location.");
    return IAC_ERR;
}

static int run_list(iac_cli *cli)
{
    const iac_state *state = NULL;
    size_t wanted_count = cli->args.positional_count;
    iac_addr *wanted = iac_arena_array(cli->arena, iac_addr, wanted_count);
    bool *is_module = iac_arena_array(cli->arena, bool, wanted_count);
    bool *found = iac_arena_array(cli->arena, bool, wanted_count);
    iac_buf out;

    for (size_t i = 0; i < wanted_count; i++)
        if (iac_target_parse(cli->arena, iac_str_of(cli->args.positional[i]), &wanted[i], &is_module[i], &cli->diags) !=
            IAC_OK)
            return IAC_EXIT_ERROR;
    if (read_existing(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < state->instance_count; i++) {
        bool listed = wanted_count == 0;
        for (size_t j = 0; j < wanted_count; j++) {
            if (iac_address_covers(wanted[j], is_module[j], state->instances[i].addr))
                listed = found[j] = true;
        }
        if (listed && has_id(cli, &state->instances[i]))
            print_address(&out, &state->instances[i]);
    }
    for (size_t i = 0; i < wanted_count; i++)
        if (!found[i] && !is_module[i])
            iac_diag_error(&cli->diags, IAC_NO_RANGE, "Unknown resource",
                           "The current state contains no resource %s. If you've just added this resource to the "
                           "configuration, you must run \"iac apply\" first to create the resource's entry in the "
                           "state.",
                           cli->args.positional[i]);
    if (!iac_diags_has_errors(&cli->diags))
        iac_cli_print(&out);
    iac_buf_clear(&out);
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
    .run = run_list,
};

/* ---- show ---- */

static int run_show(iac_cli *cli)
{
    const iac_state *state = NULL;
    const iac_state_instance *instance;
    iac_addr addr;
    iac_buf out;

    if (cli->args.positional_count != 1) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Exactly one argument expected: the address of a resource instance",
                       "%s", "");
        return IAC_EXIT_ERROR;
    }
    if (iac_addr_parse(cli->arena, iac_str_of(cli->args.positional[0]), &addr, &cli->diags) != IAC_OK ||
        read_existing(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    instance = iac_state_find(state, addr);
    if (!instance) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "No instance found for the given address!",
                       "This command requires that the address references one specific instance. To view the available "
                       "instances, use \"iac state list\". Please modify the address to reference a specific "
                       "instance.");
        return IAC_EXIT_ERROR;
    }
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
    .max_positional = 1,
    .run = run_show,
};

/* ---- pull ---- */

static int run_pull(iac_cli *cli)
{
    const iac_state *state = NULL;
    iac_buf out;

    if (iac_cli_open_store(cli, false) != IAC_OK || iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (!state->lineage.n)
        return IAC_EXIT_OK; /* nothing was ever stored */
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_tfstate_write(&out, state);
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
    .run = run_pull,
};

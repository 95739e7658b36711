/* engine/cli/cmd_taint.c - the taint and untaint commands. */
#include "engine/cli/state_match.h"

static const iac_option options[] = {
    { "allow-missing", IAC_OPTION_BOOL, offsetof(iac_args, allow_missing), NULL,
      "End with status 0 also where the state has no such instance." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_lock, &iac_options_state_file,
                                                 &iac_options_common, NULL };

static int say_missing(iac_cli *cli, const iac_state *state, iac_str address)
{
    static const char summary[] = "No such resource instance";

    if (cli->args.allow_missing) {
        iac_diag_warning(&cli->diags, IAC_NO_RANGE, summary,
                      "Resource instance %.*s was not found, but this is not an error because -allow-missing was set.",
                      IAC_FMT(address));
        return IAC_EXIT_OK;
    }
    if (!state->instance_count)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, summary,
                       "The state currently contains no resource instances whatsoever. This may occur if the "
                       "configuration has never been applied or if it has recently been destroyed.");
    else
        iac_diag_error(&cli->diags, IAC_NO_RANGE, summary,
                       "There is no resource instance in the state with the address %.*s. If the resource configuration "
                       "has just been added, you must run \"iac apply\" once to create the corresponding instance(s) "
                       "before they can be tainted.", IAC_FMT(address));
    return IAC_EXIT_ERROR;
}

static int set_tainted(iac_cli *cli, const iac_state_instance *instance, bool tainted)
{
    iac_object *object = iac_arena_new_of(cli->arena, iac_object);
    iac_write_list writes = { 0 };

    *object = *instance->current;
    object->tainted = tainted;
    iac_vec_push(&writes, (iac_write){ .kind = IAC_WRITE_OBJECT, .addr = instance->addr,
                                       .provider = instance->provider, .object = object });
    iac_status status = iac_state_write(cli, &writes);
    iac_vec_clear(&writes);
    return status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

static int change(iac_cli *cli, bool taint)
{
    const iac_state *state = NULL;
    iac_addr addr;

    if (cli->args.positional_count != 1)
        return iac_cli_refuse_usage(cli, taint ? "The taint command expects exactly one argument."
                                               : "The untaint command expects exactly one argument.");
    if (iac_addr_parse(cli->arena, iac_str_of(cli->args.positional[0]), &addr, &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_str address = iac_addr_text(cli->arena, addr);
    if (taint && addr.mode != IAC_MANAGED)
        return iac_cli_refuse(cli, "Resource instance %.*s cannot be tainted", IAC_FMT(address));
    if (iac_state_open_for_change(cli, taint ? "taint" : "untaint",
                                  taint ? IAC_OPENING_CHECKED : IAC_OPENING_ALONE, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    const iac_state_instance *instance = iac_state_find(state, addr);
    if (!instance)
        return say_missing(cli, state, address);
    if (!instance->current) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "No such resource instance",
                       "Resource instance %.*s is currently part-way through a create_before_destroy replacement "
                       "action. Run \"iac apply\" to complete its replacement before %s it.", IAC_FMT(address),
                       taint ? "tainting" : "untainting");
        return IAC_EXIT_ERROR;
    }
    if (!taint && !instance->current->tainted) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Resource instance is not tainted",
                       "Resource instance %.*s is not currently tainted, and so it cannot be untainted.",
                       IAC_FMT(address));
        return IAC_EXIT_ERROR;
    }
    if (set_tainted(cli, instance, taint) != IAC_EXIT_OK)
        return IAC_EXIT_ERROR;
    iac_cli_printf(taint ? "Resource instance %.*s has been marked as tainted.\n"
                         : "Resource instance %.*s has been successfully untainted.\n", IAC_FMT(address));
    return IAC_EXIT_OK;
}

static int run_taint(iac_cli *cli)
{
    return change(cli, true);
}

static int run_untaint(iac_cli *cli)
{
    return change(cli, false);
}

const iac_command iac_cmd_taint = {
    .name = "taint",
    .summary = "Mark a resource instance as not fully functional",
    .usage = "[options] ADDRESS",
    .description = "Marks a resource instance as tainted: the next plan replaces it. The -replace option of plan and "
                   "apply does the same without changing the state first, and is preferred.",
    .groups = groups,
    .max_positional = 1000,
    .misuse = IAC_MISUSE_USAGE,
    .help_follows = true,
    .run = run_taint,
};

const iac_command iac_cmd_untaint = {
    .name = "untaint",
    .summary = "Remove the 'tainted' state from a resource instance",
    .usage = "[options] ADDRESS",
    .description = "Takes the mark back that a resource instance is tainted, whether the taint command set it or a "
                   "creation that failed half-way: plans no longer replace it.",
    .groups = groups,
    .max_positional = 1000,
    .misuse = IAC_MISUSE_USAGE,
    .help_follows = true,
    .run = run_untaint,
};

/* engine/cli/cmd_state_dismiss.c - the state dismiss command: forgets what an interrupted run had begun. */
#include "engine/cli/cli.h"

static const iac_option_group *const groups[] = { &iac_options_lock, &iac_options_common, NULL };

static bool names(const iac_cli *cli, const char *word, const iac_intent *intent)
{
    return iac_str_is(intent->token, word) || iac_str_is(iac_addr_text(cli->arena, intent->addr), word);
}

static int run(iac_cli *cli)
{
    const iac_intent *intents = NULL;
    size_t n = 0, dismissed = 0;

    if (!cli->args.positional_count) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "At least one address is required.", "%s", "");
        return IAC_EXIT_ERROR;
    }
    if (iac_cli_open_store(cli, true) != IAC_OK || iac_cli_lock_store(cli, "state-dismiss") != IAC_OK ||
        iac_store_intents(cli->store, cli->arena, &intents, &n, &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_write *writes = iac_arena_array(cli->arena, iac_write, n);
    for (size_t i = 0; i < n; i++) {
        bool named = false;
        for (size_t k = 0; k < cli->args.positional_count; k++)
            named |= names(cli, cli->args.positional[k], &intents[i]);
        if (!named)
            continue;
        writes[dismissed++] = (iac_write){ .kind = IAC_WRITE_INTENT_DONE, .intent.token = intents[i].token };
        iac_cli_printf("Dismissed %.*s (%.*s, begun %.*s)\n",
                       IAC_FMT(iac_addr_text(cli->arena, intents[i].addr)), IAC_FMT(intents[i].action),
                       IAC_FMT(intents[i].begun));
    }
    if (!dismissed) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Nothing to dismiss",
                       "No run that was interrupted has left anything undecided at the given addresses.");
        return IAC_EXIT_ERROR;
    }
    iac_store_submit(cli->store, writes, dismissed, NULL, NULL);
    return iac_store_flush(cli->store, &cli->diags) == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

const iac_command iac_cmd_state_dismiss = {
    .name = "state dismiss",
    .tolerant = true,
    .summary = "Forget what an interrupted run had begun",
    .usage = "[options] ADDRESS...",
    .description = "When a run was interrupted and the provider cannot tell whether an object was made, every plan says "
                   "so until the object is imported or dismissed. This dismisses it: ADDRESS is the address that "
                   "the plan names, as an instance. No object is touched.",
    .groups = groups,
    .max_positional = 1000,
    .run = run,
};

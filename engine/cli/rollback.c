#include "engine/cli/rollback.h"
#include "engine/cli/rollback_moves.h"

#include "engine/cli/lockfile.h"
#include "engine/plan/config_files.h"

#include <string.h>

/* ---- which entry ---- */

static bool has_applied(const iac_history_entry *e)
{
    return e->has_config && !iac_str_is(e->command, "import");
}

iac_status iac_rollback_find(iac_cli *cli, int64_t below, int64_t *ret)
{
    const iac_history_entry *entries = NULL;
    size_t n = 0;
    bool newest = below == 0;
    if (iac_history_list(cli->store, cli->arena, &entries, &n, &cli->diags) != IAC_OK)
        return IAC_ERR;
    for (size_t i = 0; i < n; i++) {
        if (!has_applied(&entries[i]) || (below && entries[i].number >= below))
            continue;
        if (!newest && iac_str_is(entries[i].status, "ok")) {
            *ret = entries[i].number;
            return IAC_OK;
        }
        newest = false;
    }
    return IAC_NOT_FOUND;
}

/* ---- configuration and inputs ---- */

/* The configuration as it was, with what undoes the renaming since. */
static iac_status take_config(iac_cli *cli, const iac_history_entry *entry, const iac_state *state)
{
    const iac_config *config = NULL;
    iac_str moves = { 0 };
    if (iac_history_config_load(cli, entry, &config) != IAC_OK ||
        iac_rollback_moves(cli, entry->number, config, state, &moves) != IAC_OK)
        return IAC_ERR;
    if (moves.n) {
        iac_history_config more = entry->config;
        iac_history_file *files = iac_arena_array(cli->arena, iac_history_file, more.file_count + 1);
        if (more.file_count)
            memcpy(files, more.files, more.file_count * sizeof(*files));
        iac_str path = iac_str_of(iac_rollback_moves_file);
        if (!iac_str_is(more.dir, "."))
            path = iac_arena_printf(cli->arena, "%.*s/%s", IAC_FMT(more.dir), iac_rollback_moves_file);
        files[more.file_count++] = (iac_history_file){ path, moves };
        more.files = files;
        if (iac_config_files_load(cli->arena, &more, "The history", &config, &cli->diags) != IAC_OK)
            return IAC_ERR;
    }
    cli->config = config;
    return IAC_OK;
}

/* What was typed stays known: nobody is asked twice. */
static void forget_variables(iac_cli *cli)
{
    size_t kept = 0;
    for (size_t i = 0; i < cli->given.n; i++)
        if (cli->given.v[i].from == IAC_FROM_PROMPT)
            cli->given.v[kept++] = cli->given.v[i];
    cli->given.n = kept;
    cli->gathered = false;
    iac_map_clear(&cli->variables);
}

static bool is_given(const iac_cli *cli, iac_str name)
{
    for (size_t i = 0; i < cli->given.n; i++)
        if (iac_str_eq(cli->given.v[i].name, name))
            return true;
    return false;
}

/* A default would silently stand for what is not known. */
static iac_status check_omitted(iac_cli *cli, const iac_history_entry *entry, const iac_kept_variables *kept)
{
    iac_status status = IAC_OK;
    for (size_t i = 0; i < kept->omitted_count; i++) {
        const iac_variable_config *variable = iac_map_get(&cli->config->root->variable_map, kept->omitted[i]);
        if (!variable || variable->ephemeral || !variable->default_value || is_given(cli, kept->omitted[i]))
            continue;
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "No value for variable",
                       "The value that var.%.*s had in entry %lld is sensitive and was not kept, since the history is not "
                       "encrypted; it was not the default. Give it with the -var option, a variables file or the "
                       "environment.", IAC_FMT(kept->omitted[i]), (long long)entry->number);
        status = IAC_ERR;
    }
    return status;
}

static iac_status take_variables(iac_cli *cli, const iac_history_entry *entry)
{
    iac_kept_variables *kept = iac_arena_new_of(cli->arena, iac_kept_variables);
    if (iac_record_variables(cli, entry->variables, kept) != IAC_OK)
        return IAC_ERR;
    forget_variables(cli);
    cli->kept = &kept->values;
    iac_status status = iac_cli_resolve_variables(cli);
    return status == IAC_OK ? check_omitted(cli, entry, kept) : status;
}

/* ---- what does not come back ---- */

static const char *loss_of(const iac_change *c, const iac_state *then)
{
    bool replace = c->action == IAC_ACTION_DELETE_CREATE || c->action == IAC_ACTION_CREATE_DELETE;
    if (c->addr.mode != IAC_MANAGED)
        return NULL;
    if (c->action == IAC_ACTION_CREATE && !c->import_id.n && iac_state_find(then, c->addr))
        return "was destroyed since: a new object takes its place, what the old one held is lost";
    if (c->action != IAC_ACTION_DELETE && !replace)
        return c->action == IAC_ACTION_UPDATE && c->reversible == IACP_REVERSIBLE_DATA_LOST
                   ? "is changed in a way that loses what it holds"
                   : NULL;
    if (c->reversible == IACP_REVERSIBLE_FULLY)
        return NULL;
    if (c->reversible == IACP_REVERSIBLE_NEW_IDENTITY)
        return replace ? "is replaced: the new object has another identity"
                       : "is destroyed: it can be made again, but with another identity";
    return replace ? "is replaced: what the object holds is lost" : "is destroyed: what the object holds is lost";
}

static void warn_of_losses(iac_cli *cli, int64_t number, const iac_plan *plan, const iac_state *then)
{
    enum { SHOWN = 50 };
    size_t n = 0;
    iac_buf list;
    iac_buf_init(&list, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < plan->change_count; i++) {
        const char *loss = loss_of(&plan->changes[i], then);
        if (!loss || ++n > SHOWN)
            continue;
        iac_buf_cstr(&list, "\n  - ");
        iac_addr_print(&list, plan->changes[i].addr);
        iac_buf_printf(&list, " %s.", loss);
    }
    if (n > SHOWN)
        iac_buf_printf(&list, "\n  - %zu more.", n - SHOWN);
    if (n)
        iac_diag_warning(&cli->diags, IAC_NO_RANGE, "Not everything can be rolled back",
                         "The plan brings back the configuration of entry %lld, but not all that was there:\n%.*s",
                         (long long)number, IAC_FMT(iac_buf_view(&list)));
    iac_buf_clear(&list);
}

/* ---- planning ---- */

iac_status iac_rollback_plan(iac_cli *cli, int64_t number, const iac_plan **ret)
{
    iac_history_entry entry = { 0 };
    const iac_state *state = NULL, *then = NULL;
    const iac_plan *was = NULL;
    *ret = NULL;
    if (iac_history_load(cli->store, number, cli->arena, &entry, &cli->diags) != IAC_OK)
        return IAC_ERR;
    if (!entry.has_config || !entry.has_plan) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Nothing to roll back to",
                       "Entry %lld is of \"%.*s\", which applied no configuration. Use \"iac state restore\" to bring "
                       "a state back.",
                       (long long)number, IAC_FMT(entry.command));
        return IAC_ERR;
    }
    cli->origin = number;
    if (iac_planfile_unpack(cli->arena, entry.plan, NULL, &was, &cli->diags) != IAC_OK ||
        iac_cli_read_state(cli, &state) != IAC_OK ||
        iac_history_state(cli->store, number, false, cli->arena, &then, &cli->diags) != IAC_OK ||
        take_config(cli, &entry, state) != IAC_OK || iac_check_lock_file(cli) != IAC_OK ||
        take_variables(cli, &entry) != IAC_OK)
        return IAC_ERR;
    iac_plan_mode mode = was->mode == IAC_PLAN_DESTROY ? IAC_PLAN_DESTROY : IAC_PLAN_NORMAL;
    iac_status status = iac_cli_plan(cli, mode, state, ret);
    if (*ret)
        warn_of_losses(cli, number, *ret, then);
    return status;
}

/* ---- after a failure ---- */

void iac_rollback_after_failure(iac_cli *cli)
{
    static const char failed[] = "Rollback failed";
    const iac_plan *plan = NULL;
    int64_t number = 0;
    iac_cli_report(cli); /* why the apply failed */
    if (iac_signals_seen()) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Apply interrupted",
                       "The apply was interrupted, so that nothing is rolled back. \"iac rollback\" does that.");
        return;
    }
    iac_status status = iac_rollback_find(cli, cli->last_entry, &number);
    if (status == IAC_NOT_FOUND)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, failed,
                       "The apply failed, and the history has no earlier one that ended well to go back to. What was "
                       "done until the failure stays.");
    if (status != IAC_OK)
        return;
    iac_cli_tell(cli, NULL, iac_arena_printf(cli->arena, "%sThe apply failed. Rolling back to entry %lld of the history.",
                                             cli->stream ? "" : "\n", (long long)number));
    cli->kept_wins = true;
    status = iac_rollback_plan(cli, number, &plan);
    if (plan)
        iac_cli_show_plan(cli, plan);
    if (status == IAC_OK && !plan->errored) {
        iac_cli_report(cli); /* what does not come back */
        status = iac_cli_apply(cli, plan) == IAC_EXIT_OK ? IAC_OK : IAC_ERR;
    }
    if (status == IAC_OK && !plan->errored && !iac_diags_has_errors(&cli->diags))
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Apply failed and was rolled back",
                       "The apply failed. The configuration of entry %lld of the history was applied again, and that "
                       "succeeded.",
                       (long long)number);
    else
        iac_diag_error(&cli->diags, IAC_NO_RANGE, failed,
                       "The apply failed, and so did going back to entry %lld of the history. The state holds what "
                       "exists; run \"iac plan\" to see how it differs from the configuration.",
                       (long long)number);
}

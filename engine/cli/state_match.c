/* engine/cli/state_match.c - which of the state's instances the addresses given to a command mean. */
#include "engine/cli/state_match.h"

#include "engine/cli/record.h"

#include <string.h>
#include <time.h>

static bool same_steps(iac_module_addr a, iac_module_addr b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (!iac_str_eq(a.steps[i].name, b.steps[i].name) || !iac_key_equal(a.steps[i].key, b.steps[i].key))
            return false;
    return true;
}

/* Whether inner is the outer module or lies below it; a call without a key stands for all its instances. */
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

static bool same_resource(iac_addr a, iac_addr b)
{
    return a.mode == b.mode && iac_str_eq(a.type, b.type) && iac_str_eq(a.name, b.name) &&
           same_steps(a.module, b.module);
}

void iac_state_match(const iac_state *state, iac_addr wanted, bool is_module, iac_instance_list *ret)
{
    if (is_module) {
        for (size_t i = 0; i < state->instance_count; i++)
            if (within_module(state->instances[i].addr.module, wanted.module))
                iac_vec_push(ret, &state->instances[i]);
        return;
    }
    if (wanted.key.kind != IAC_KEY_NONE) {
        const iac_state_instance *found = iac_state_find(state, wanted);
        if (found)
            iac_vec_push(ret, found);
        return;
    }
    for (size_t i = iac_state_lower_bound(state, wanted);
         i < state->instance_count && same_resource(state->instances[i].addr, wanted); i++)
        iac_vec_push(ret, &state->instances[i]);
}

iac_status iac_state_lookup(iac_cli *cli, const iac_state *state, const char *text, bool may_miss,
                            iac_instance_list *ret)
{
    iac_addr wanted;
    bool is_module = false;
    size_t before = ret->n;

    if (iac_target_parse(cli->arena, iac_str_of(text), &wanted, &is_module, &cli->diags) != IAC_OK)
        return IAC_ERR;
    iac_state_match(state, wanted, is_module, ret);
    if (ret->n > before || may_miss)
        return IAC_OK;
    text = is_module ? iac_module_addr_text(cli->arena, wanted.module).p : iac_addr_text(cli->arena, wanted).p;
    if (is_module)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Unknown module",
                       "The current state contains no module at %s. If you've just added this module to the "
                       "configuration, you must run \"iac apply\" first to create the module's entry in the state.",
                       text);
    else if (wanted.key.kind != IAC_KEY_NONE)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Unknown resource instance",
                       "The current state contains no resource instance %s. If you've just added its resource to the "
                       "configuration or have changed the count or for_each arguments, you must run \"iac apply\" "
                       "first to update the resource's entry in the state.", text);
    else
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Unknown resource",
                       "The current state contains no resource %s. If you've just added this resource to the "
                       "configuration, you must run \"iac apply\" first to create the resource's entry in the state.",
                       text);
    return IAC_ERR;
}

bool iac_state_exists(const iac_state *state)
{
    return state->lineage.n || state->instance_count || state->output_count;
}

int iac_state_refuse_missing(const iac_cli *cli)
{
    return iac_cli_refuse(cli, "No state file was found!\n\n"
                               "State management commands require a state file. Run this command\n"
                               "in a directory where iac has been run or use the -state flag\n"
                               "to point the command to a specific state location.");
}

iac_str iac_state_problems(iac_arena *arena, const iac_diags *diags)
{
    bool list = diags->list.n > 1;
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    if (list)
        iac_buf_printf(&text, "%zu problems:\n", diags->list.n);
    for (size_t i = 0; i < diags->list.n; i++) {
        const iac_diag *diag = &diags->list.v[i];
        iac_buf_printf(&text, "%s%.*s%s%.*s", list ? "\n- " : "", IAC_FMT(diag->summary), diag->detail.n ? ": " : "",
                       IAC_FMT(diag->detail));
    }
    iac_str result = iac_arena_str(arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return result;
}

iac_status iac_state_read_file(iac_cli *cli, const char *path, const iac_state **ret, iac_str *ret_why)
{
    iac_diags within = IAC_DIAGS_INIT;
    iac_str text = { 0 };

    iac_status status = iac_config_reader_files.read(NULL, strcmp(path, "-") == 0 ? "/dev/stdin" : path, cli->arena,
                                                     &text, &within);
    if (status != IAC_OK) {
        *ret_why = iac_config_read_problem(cli->arena, path);
        iac_diags_clear(&within);
        return IAC_NOT_FOUND;
    }
    /* "state pull" gives what it may be in clear; errored.tfstate is as the backend would have it. */
    if (iac_crypt_is_wrapped(text) &&
        (iac_cli_find_encryption(cli) != IAC_OK ||
         iac_snapshot_open(cli->state_crypt, cli->arena, &text, NULL, &within) != IAC_OK))
        status = IAC_ERR;
    if (status == IAC_OK)
        status = iac_tfstate_read(cli->arena, text, ret, &within);
    if (status != IAC_OK)
        *ret_why = iac_state_problems(cli->arena, &within);
    iac_diags_clear(&within);
    return status;
}

/* Says in one text why the backend cannot be used, in place of the diagnostics. */
static void refuse_loading(iac_cli *cli)
{
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < cli->diags.list.n; i++) {
        const iac_diag *diag = &cli->diags.list.v[i];
        iac_buf_printf(&text, "%s%.*s%s%.*s", i ? "\n" : "", IAC_FMT(diag->summary), diag->detail.n ? ": " : "",
                       IAC_FMT(diag->detail));
    }
    iac_cli_refuse(cli, "Error loading the state: %s\n\nPlease ensure that your iac state exists and that you've\n"
                        "configured it properly. You can use the \"-state\" flag to point\n"
                        "iac at another state file.", text.p);
    iac_buf_clear(&text);
    iac_diags_clear(&cli->diags);
}

void iac_state_keep_each_backup(iac_cli *cli)
{
    iac_args *args = &cli->args;

    if (args->backup && strcmp(args->backup, "-") != 0)
        return;
    args->backup = NULL;
    args->backup_suffix = iac_arena_printf(cli->arena, ".%lld.backup", (long long)time(NULL)).p;
    if (!args->state && iac_str_is(cli->workspace, "default")) /* wherever the backend has its file */
        args->backup = iac_arena_printf(cli->arena, "terraform.tfstate%s", args->backup_suffix).p;
}

iac_status iac_state_open_for_change(iac_cli *cli, const char *operation, iac_state_opening how, const iac_state **ret)
{
    if (how != IAC_OPENING_ALONE && !cli->command->tolerant && iac_cli_read_config(cli, false) != IAC_OK)
        return IAC_ERR;
    if (iac_cli_backend(cli) != IAC_OK) {
        if (how == IAC_OPENING_EXPLAINED)
            refuse_loading(cli);
        return IAC_ERR;
    }
    if (iac_cli_open_store(cli, true) != IAC_OK || iac_cli_lock_store(cli, operation) != IAC_OK)
        return IAC_ERR;
    return iac_cli_read_state(cli, ret);
}

static iac_status change(iac_cli *cli, const iac_write_list *writes, const iac_state *state)
{
    if (iac_record_begin(cli, NULL) != IAC_OK)
        return IAC_ERR;
    if (writes)
        iac_store_submit(cli->store, writes->v, writes->n, NULL, NULL);
    iac_status status = writes ? iac_store_flush(cli->store, &cli->diags)
                               : iac_store_replace(cli->store, state, &cli->diags);
    if (iac_record_end(cli, status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR, NULL) != IAC_OK)
        status = IAC_ERR;
    return status;
}

iac_status iac_state_write(iac_cli *cli, const iac_write_list *writes)
{
    return writes->n ? change(cli, writes, NULL) : IAC_OK;
}

iac_status iac_state_replace(iac_cli *cli, const iac_state *state)
{
    return change(cli, NULL, state);
}

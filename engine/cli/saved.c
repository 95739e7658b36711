/* engine/cli/saved.c - saved plans: the key they are authenticated with, what is kept beside the plan itself, and whether
 * a plan still fits what there is. */
#include "engine/cli/cli.h"

#include "lang/base/secrets.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHORTEST_KEY = 16 };

static iac_status usable(iac_cli *cli, iac_str key, const char *from, iac_str *ret)
{
    *ret = iac_str_trim(key);
    if (ret->n >= SHORTEST_KEY)
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid plan key",
                   "The key for saved plans, from %s, has fewer than %d characters. Take a longer one, such as the "
                   "output of \"openssl rand -hex 32\".",
                   from, SHORTEST_KEY);
    return IAC_ERR;
}

iac_status iac_cli_plan_key(iac_cli *cli, iac_str *ret)
{
    const char *given = getenv("IAC_PLAN_KEY"), *file = getenv("IAC_PLAN_KEY_FILE");
    iac_str own = iac_arena_printf(cli->arena, "%s/plan.key", iac_state_dir), text = { 0 };

    *ret = IAC_STR("");
    if (given && *given)
        return usable(cli, iac_arena_str(cli->arena, iac_str_of(given)), "IAC_PLAN_KEY", ret);
    if ((!file || !*file) && access(own.p, F_OK) != 0)
        return IAC_OK;
    if (!file || !*file)
        file = own.p;
    if (iac_config_reader_files.read(NULL, file, cli->arena, &text, &cli->diags) != IAC_OK) {
        if (!iac_diags_has_errors(&cli->diags))
            iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid plan key", "The file %s cannot be read.", file);
        return IAC_ERR;
    }
    return usable(cli, text, file, ret);
}

iac_status iac_cli_save_plan(iac_cli *cli, const iac_plan *plan, const char *path)
{
    iac_plan saved = *plan;
    iac_str key;

    if (iac_cli_plan_key(cli, &key) != IAC_OK || iac_cli_find_encryption(cli) != IAC_OK)
        return IAC_ERR;
    saved.schemas = iac_view_plan_schemas(cli->arena, plan, iac_cli_schemas(cli), &saved.schema_count);
    saved.released = iac_secrets_released(cli->arena, &saved.released_count);
    return iac_planfile_write(&saved, path, key, cli->plan_crypt, &cli->diags);
}

iac_status iac_cli_load_plan(iac_cli *cli, const char *path, const iac_plan **ret)
{
    iac_str key;

    if (iac_cli_plan_key(cli, &key) != IAC_OK || iac_cli_find_encryption(cli) != IAC_OK)
        return IAC_ERR;
    return iac_planfile_read(cli->arena, path, key, cli->plan_crypt, ret, &cli->diags);
}

/* ---- apply -verify ---- */

static bool needs_verifying(const iac_change *change)
{
    return change->addr.mode == IAC_MANAGED && !change->deposed.n && !iac_is_null(change->before) &&
           !change->import_id.n &&
           (change->action == IAC_ACTION_UPDATE || change->action == IAC_ACTION_DELETE ||
            change->action == IAC_ACTION_DELETE_CREATE || change->action == IAC_ACTION_CREATE_DELETE);
}

static bool same_object(const iac_state_instance *a, const iac_state_instance *b)
{
    if (!a || !b || !a->current || !b->current)
        return a == b;
    return iac_str_eq(a->current->attributes, b->current->attributes);
}

static iac_status compare(iac_cli *cli, const iac_plan *saved, const iac_plan *now)
{
    iac_buf moved;
    size_t n = 0;

    iac_buf_init(&moved, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < saved->change_count; i++) {
        const iac_change *change = &saved->changes[i];
        if (!needs_verifying(change) ||
            same_object(iac_state_find(saved->prior, change->addr), iac_state_find(now->prior, change->addr)))
            continue;
        iac_buf_cstr(&moved, "\n  - ");
        iac_addr_print(&moved, change->addr);
        if (!iac_state_find(now->prior, change->addr))
            iac_buf_cstr(&moved, " (no longer exists)");
        n++;
    }
    if (n)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Saved plan does not verify",
                       "Nothing was changed. What the plan changes was read again, and is not what it was when the plan "
                       "was made:\n%s\n\nMake a new plan.",
                       moved.p);
    iac_buf_clear(&moved);
    return n ? IAC_ERR : IAC_OK;
}

iac_status iac_cli_verify_plan(iac_cli *cli, const iac_plan *saved, const iac_state *state)
{
    iac_str *targets = iac_arena_array(cli->arena, iac_str, 2 * saved->change_count);
    size_t n = 0;
    const iac_plan *now = NULL;
    iac_diags diags = IAC_DIAGS_INIT;

    for (size_t i = 0; i < saved->change_count; i++) {
        const iac_change *change = &saved->changes[i];
        if (!needs_verifying(change))
            continue;
        targets[n++] = iac_addr_text(cli->arena, change->addr);
        if (change->moved) /* what moves is named at both its places */
            targets[n++] = iac_addr_text(cli->arena, change->previous);
    }
    if (!n)
        return IAC_OK;
    iac_cli_run run = { cli, NULL };
    iac_plan_options options = {
        .mode = IAC_PLAN_REFRESH_ONLY,
        .parallelism = (unsigned)cli->args.parallelism,
        .targets = targets,
        .target_count = n,
        .host = iac_cli_host(cli),
        .variables = saved->variables,
        .ephemeral_set = saved->ephemeral_set,
        .ephemeral_count = saved->ephemeral_count,
        .workspace = saved->workspace,
        .cwd = iac_str_of(cli->started_in),
        .stop = iac_signals_watch(cli->stream),
        .abandon = iac_cli_abandon,
        .abandon_arg = &run,
    };
    iac_status status = iac_plan_make(cli->arena, saved->config, state, &options, &now, &diags);
    if (status != IAC_OK || !now || now->errored) {
        iac_diags_append(&cli->diags, &diags);
        status = IAC_ERR;
    } else {
        status = compare(cli, saved, now);
    }
    iac_diags_clear(&diags);
    return status;
}

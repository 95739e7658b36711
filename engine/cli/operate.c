/* engine/cli/operate.c - planning and applying, as several commands do it. */
#include "engine/cli/cli.h"
#include "engine/cli/lockfile.h"
#include "engine/cli/record.h"

#include "lang/base/log.h"
#include "lang/eval/eval.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

iac_status iac_cli_check_parallelism(iac_cli *cli)
{
    if (cli->args.parallelism > INT32_MAX)
        cli->args.parallelism = INT32_MAX;
    if (cli->args.parallelism >= 0)
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid parallelism value",
                   "The parallelism must be a positive value. Not %lld.", (long long)cli->args.parallelism);
    return IAC_ERR;
}

iac_status iac_cli_prepare(iac_cli *cli, const char *operation, bool may_be_empty, bool create,
                           const iac_state **ret_state)
{
    if (iac_cli_load_config(cli) != IAC_OK || iac_cli_backend(cli) != IAC_OK ||
        iac_check_lock_file(cli) != IAC_OK)
        return IAC_ERR;
    if (!may_be_empty && cli->command->role != IAC_ROLE_REFRESH && cli->config->root->source_count == 0) {
        bool apply = create;
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "No configuration files",
                       "%s requires configuration to be present. %s without a configuration would mark everything for "
                       "destruction, which is normally not what is desired. If you would like to destroy everything, "
                       "%s",
                       apply ? "Apply" : "Plan", apply ? "Applying" : "Planning",
                       apply ? "run 'iac destroy' instead."
                             : "run plan with the -destroy option. Otherwise, create a configuration file (.tf or .iac "
                               "file) and try again.");
        return IAC_ERR;
    }
    if (iac_cli_check_parallelism(cli) != IAC_OK || iac_cli_resolve_variables(cli) != IAC_OK ||
        iac_cli_open_store(cli, create) != IAC_OK ||
        (cli->command->role == IAC_ROLE_IMPORT ? iac_cli_lock_store : iac_cli_share_store)(cli, operation) != IAC_OK)
        return IAC_ERR;
    return iac_cli_read_state(cli, ret_state);
}

static const iac_str *words(iac_cli *cli, const iac_words *given)
{
    iac_str *copy = iac_arena_array(cli->arena, iac_str, given->n);
    for (size_t i = 0; i < given->n; i++)
        copy[i] = iac_str_of(given->v[i]);
    return copy;
}

/* What waits for apply need not be told where apply follows. */
static void forget_put_off(iac_diags *diags)
{
    size_t kept = 0;

    for (size_t i = 0; i < diags->list.n; i++)
        if (!iac_str_is(diags->list.v[i].summary, "Check block assertion known after apply"))
            diags->list.v[kept++] = diags->list.v[i];
    diags->list.n = kept;
}

static iac_status refuse_modes(iac_cli *cli, const char *summary, const char *detail)
{
    iac_diag_error(&cli->diags, IAC_NO_RANGE, summary, "%s", detail);
    cli->misused = true;
    return IAC_ERR;
}

iac_status iac_cli_check_modes(iac_cli *cli)
{
    if (cli->args.destroy && cli->args.refresh_only)
        return refuse_modes(cli, "Incompatible plan mode options",
                            "The -destroy and -refresh-only options are mutually-exclusive.");
    if (cli->args.refresh_only && !cli->args.refresh)
        return refuse_modes(cli, "Incompatible refresh options",
                            "It doesn't make sense to use -refresh-only at the same time as -refresh=false, because "
                            "iac would have nothing to do.");
    if (cli->args.replaces.n && (cli->args.destroy || cli->args.refresh_only)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Unsupported plan mode",
                       "Forcing resource instance replacement (with -replace=...) is allowed only in normal planning "
                       "mode.");
        return IAC_ERR;
    }
    return IAC_OK;
}

/* What the options and the lines of the files name together. */
typedef struct named {
    iac_str *v;
    size_t n, cap;
} named;

static iac_status add_lines(iac_cli *cli, const char *path, named *ret)
{
    iac_str text = { 0 };
    if (iac_config_reader_files.read(NULL, path, cli->arena, &text, &cli->diags) != IAC_OK)
        return IAC_ERR;
    for (size_t at = 0; at < text.n;) {
        size_t end = iac_str_find_char(text, '\n', at);
        end = end == SIZE_MAX ? text.n : end;
        iac_str line = iac_str_sub(text, at, end);
        while (line.n && strchr(" \t\r", line.p[line.n - 1]))
            line.n--;
        while (line.n && strchr(" \t", line.p[0]))
            line = iac_str_sub(line, 1, line.n);
        if (line.n && line.p[0] != '#')
            iac_vec_push(ret, iac_arena_str(cli->arena, line));
        at = end + 1;
    }
    return IAC_OK;
}

static iac_status refuse_address(iac_cli *cli, const char *option, iac_str address, iac_str why)
{
    iac_buf summary;
    iac_buf_init(&summary, IAC_BUF_UNLIMITED);
    iac_buf_printf(&summary, "Invalid %s ", option);
    iac_value_brief(cli->arena, iac_value_string(cli->arena, address), &summary); /* in quotes */
    iac_diag_error(&cli->diags, IAC_NO_RANGE, summary.p, "%.*s", IAC_FMT(why));
    iac_buf_clear(&summary);
    cli->misused = true;
    return IAC_ERR;
}

/* Checks that each is the address of a managed resource or of an instance of one. */
static iac_status check_replaces(iac_cli *cli)
{
    iac_status status = IAC_OK;
    for (size_t i = 0; i < cli->args.replaces.n; i++) {
        iac_str text = iac_str_of(cli->args.replaces.v[i]), why = { 0 };
        iac_diags within = IAC_DIAGS_INIT;
        iac_addr addr;
        bool is_module = false;
        if (iac_target_parse(cli->arena, text, &addr, &is_module, &within) != IAC_OK)
            why = within.list.n ? within.list.v[0].detail : IAC_STR("This is no address.");
        else if (is_module)
            why = IAC_STR("A resource instance address is required here. The module path must be followed by a "
                          "resource instance specification.");
        else if (addr.mode != IAC_MANAGED)
            why = IAC_STR("Only managed resources can be used with the -replace=... option.");
        if (why.n)
            status = refuse_address(cli, "force-replace address", text, why);
        iac_diags_clear(&within);
    }
    return status;
}

/* Checks that each is an address, as the option wants it. *ret lives in the arena. */
static iac_status gather(iac_cli *cli, const char *option, const iac_words *words, const iac_words *files,
                         const iac_str **ret, size_t *ret_count)
{
    named all = { 0 };
    iac_status status = IAC_OK;
    for (size_t i = 0; i < words->n; i++)
        iac_vec_push(&all, iac_str_of(words->v[i]));
    for (size_t i = 0; i < files->n && status == IAC_OK; i++)
        status = add_lines(cli, files->v[i], &all);
    for (size_t i = 0; i < all.n; i++) {
        iac_diags within = IAC_DIAGS_INIT;
        iac_addr addr;
        bool is_module;
        if (iac_target_parse(cli->arena, all.v[i], &addr, &is_module, &within) != IAC_OK)
            status = refuse_address(cli, option, all.v[i],
                                    within.list.n ? within.list.v[0].detail : IAC_STR("This is no address."));
        iac_diags_clear(&within);
    }
    iac_str *kept = iac_arena_array(cli->arena, iac_str, all.n);
    if (all.n)
        memcpy(kept, all.v, all.n * sizeof(*kept));
    *ret = kept;
    *ret_count = all.n;
    iac_vec_clear(&all);
    return status;
}

static iac_status read_limits(iac_cli *cli, iac_plan_options *options)
{
    const iac_args *args = &cli->args;
    iac_status targets =
        gather(cli, "target", &args->targets, &args->target_files, &options->targets, &options->target_count);
    iac_status excludes =
        gather(cli, "exclude", &args->excludes, &args->exclude_files, &options->excludes, &options->exclude_count);
    if (check_replaces(cli) != IAC_OK || targets != IAC_OK || excludes != IAC_OK)
        return IAC_ERR;
    if (!options->target_count || !options->exclude_count)
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid combination of arguments",
                   "The target and exclude planning options are mutually-exclusive. Each plan must use either only the "
                   "target options or only the exclude options.");
    return IAC_ERR;
}

static iac_str generated_name(const iac_cli *cli)
{
    const char *path = cli->args.generate ? cli->args.generate : "", *slash = strrchr(path, '/');
    return iac_str_of(slash ? slash + 1 : path);
}

void iac_cli_abandon(void *arg, iac_diags *diags)
{
    const iac_cli_run *run = arg;
    iac_cli *cli = run->cli;

    if (diags != &cli->diags)
        iac_diags_append(&cli->diags, diags);
    if (run->result)
        (void)!iac_record_end(cli, IAC_EXIT_ERROR, run->result);
    iac_cli_report(cli);
    if (cli->store)
        iac_store_unlock(cli->store);
    fflush(stdout);
    fflush(stderr);
    _exit(IAC_EXIT_ERROR);
}

/* Where files give root variables their values: name to const iac_range *. */
static void given_ranges(const iac_cli *cli, iac_map *ret)
{
    for (size_t i = 0; i < cli->given.n; i++) {
        const iac_variable_value *given = &cli->given.v[i];
        iac_map_put(ret, given->name, given->from == IAC_FROM_FILE ? (void *)&given->range : NULL);
    }
}

iac_status iac_cli_plan(iac_cli *cli, iac_plan_mode mode, const iac_state *state, const iac_plan **ret)
{
    iac_view_progress *progress = iac_view_progress_new(stdout, &cli->out_view, cli->stream);
    iac_cli_run run = { cli, NULL };
    iac_plan_options options = {
        .mode = mode,
        .no_refresh = !cli->args.refresh,
        .parallelism = (unsigned)cli->args.parallelism,
        .replaces = words(cli, &cli->args.replaces),
        .replace_count = cli->args.replaces.n,
        .generate = generated_name(cli),
        .host = iac_cli_host(cli),
        .variables = &cli->variables,
        .workspace = cli->workspace,
        .remote_crypts = &cli->remote_crypts,
        .cwd = iac_str_of(cli->started_in),
        .stop = iac_signals_watch(cli->stream),
        .abandon = iac_cli_abandon,
        .abandon_arg = &run,
        .sink = iac_view_progress_sink(progress),
    };
    iac_import_request import;

    iac_cli_ephemeral_given(cli, &options.ephemeral_set, &options.ephemeral_count);
    if (read_limits(cli, &options) != IAC_OK) {
        iac_view_progress_free(progress);
        return IAC_ERR;
    }
    iac_map ranges = { 0 };
    given_ranges(cli, &ranges);
    options.ranges = &ranges;
    iac_map *given = iac_arena_new_of(cli->arena, iac_map);
    iac_variables_as_given(cli->arena, cli->config->root, &cli->given, given);
    iac_map_settle(given, cli->arena);
    options.given = given;
    if (cli->command->role == IAC_ROLE_IMPORT) {
        import = (iac_import_request){ iac_str_of(cli->args.positional[0]), iac_str_of(cli->args.positional[1]) };
        options.imports = &import;
        options.no_refresh = true; /* of what else there is */
        options.import_count = 1;
    }
    /* What is wrong whatever the values is told before anything is refreshed or planned. */
    size_t told = cli->diags.list.n;
    iac_status status = iac_store_intents(cli->store, cli->arena, &options.intents, &options.intent_count,
                                          &cli->diags);
    if (status == IAC_OK)
        status = iac_validate(cli->config, &options, &cli->diags);
    if (status == IAC_OK) {
        iac_diags_truncate(&cli->diags, told); /* warnings are given again by the plan */
        iac_log(IAC_LOG_INFO, "planning: %zu instances in the state", state->instance_count);
        status = iac_plan_make(cli->arena, cli->config, state, &options, ret, &cli->diags);
        if (*ret)
            iac_log(IAC_LOG_INFO, "planned: %zu changes, %zu operations, %zu drifted", (*ret)->change_count,
                    (*ret)->operation_count, (*ret)->drift_count);
    }
    if (cli->command->role == IAC_ROLE_APPLY)
        forget_put_off(&cli->diags);
    iac_map_clear(&ranges);
    iac_view_progress_free(progress);
    return status;
}

const iac_plan *iac_cli_refreshed_alone(iac_cli *cli, const iac_plan *plan)
{
    const iac_state *now = plan->prior, *then = plan->previous;
    iac_plan *alone = iac_arena_new_of(cli->arena, iac_plan);
    iac_output_change *outputs = iac_arena_array(cli->arena, iac_output_change, now->output_count);
    *alone = *plan;
    alone->mode = IAC_PLAN_REFRESH_ONLY;
    alone->change_count = alone->operation_count = alone->output_count = 0;
    alone->outputs = outputs;
    alone->checks = then ? then->checks : NULL;
    alone->check_count = then ? then->check_count : 0;
    for (size_t i = 0; i < now->output_count; i++) {
        const iac_state_output *new = &now->outputs[i], *old = then ? iac_state_find_output(then, new->name) : NULL;
        if (!old || old->sensitive != new->sensitive || !iac_value_same(old->value, new->value))
            outputs[alone->output_count++] = (iac_output_change){ .name = new->name, .sensitive = new->sensitive,
                                                                  .action = IAC_ACTION_UPDATE,
                                                                  .before = old ? old->value : NULL,
                                                                  .after = new->value };
    }
    return alone;
}

void iac_cli_show_plan(iac_cli *cli, const iac_plan *plan)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (cli->stream)
        iac_json_stream_plan(&out, plan, true);
    else
        iac_view_plan(&out, plan, &cli->out_view);
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

static void show_result(iac_cli *cli, const iac_apply_result *result)
{
    iac_plan_counts counts = {
        .add = result->added, .change = result->changed, .destroy = result->destroyed, .import_ = result->imported
    };
    const iac_state *state = NULL;
    /* The words are those of the command: "apply" of a plan to destroy everything is still an apply. */
    iac_plan_mode mode = cli->command->role == IAC_ROLE_DESTROY ? IAC_PLAN_DESTROY : IAC_PLAN_NORMAL;
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (cli->command->role == IAC_ROLE_REFRESH)
        ; /* what changed is the state */
    else if (cli->stream)
        iac_json_stream_apply_summary(&out, mode, counts);
    else
        iac_view_apply_summary(&out, mode, counts, &cli->out_view);
    if (cli->args.state_out && !cli->stream && counts.add + counts.change > 0)
        iac_view_state_path(&out, cli->args.state_out, &cli->out_view);
    if (mode != IAC_PLAN_DESTROY && iac_cli_read_state(cli, &state) == IAC_OK) {
        if (cli->stream)
            iac_json_stream_outputs(&out, state);
        else
            iac_view_outputs(&out, state, &cli->out_view);
    }
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

static bool refuse_moved(iac_cli *cli, iac_str moved)
{
    bool saved = cli->command->role == IAC_ROLE_APPLY && cli->args.positional_count > 0;
    if (moved.n)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, saved ? "Saved plan is stale" : "The plan is stale",
                       "The %splan can no longer be applied because the state was changed by another operation "
                       "after the plan was created: %.*s, which the plan changes or depends on, is not what it was.",
                       saved ? "given " : "", IAC_FMT(moved));
    return moved.n > 0;
}

int iac_cli_apply(iac_cli *cli, const iac_plan *plan)
{
    iac_view_progress *progress = iac_view_progress_new(stdout, &cli->out_view, cli->stream);
    iac_apply_result result = { 0 };
    iac_cli_run run = { cli, &result };
    iac_str moved = { 0 };
    iac_apply_options options = {
        .host = iac_cli_host(cli),
        .store = cli->store,
        .parallelism = (unsigned)cli->args.parallelism,
        .cwd = iac_str_of(cli->started_in),
        .remote_crypts = &cli->remote_crypts,
        .stop = iac_signals_watch(cli->stream),
        .abandon = iac_cli_abandon,
        .abandon_arg = &run,
        .silent_limits = cli->command->role == IAC_ROLE_REFRESH,
        .sink = iac_view_progress_sink(progress),
    };

    /* Also where nothing is to be done: that is how a new key comes into use. */
    if (iac_cli_claim(cli, plan, &moved) != IAC_OK || refuse_moved(cli, moved) ||
        iac_store_renew_seal(cli->store, &cli->diags) != IAC_OK ||
        (plan->applyable && iac_record_begin(cli, plan) != IAC_OK)) {
        iac_view_progress_free(progress);
        return IAC_EXIT_ERROR;
    }
    iac_log(IAC_LOG_INFO, "applying: %zu operations", plan->operation_count);
    iac_status status = iac_apply_plan(plan, &options, &result, &cli->diags);
    iac_log(IAC_LOG_INFO, "applied: %zu added, %zu changed, %zu destroyed", result.added, result.changed,
            result.destroyed);
    iac_view_progress_free(progress);
    bool failed = status != IAC_OK || iac_diags_has_errors(&cli->diags);
    if (iac_record_end(cli, failed ? IAC_EXIT_ERROR : IAC_EXIT_OK, &result) != IAC_OK)
        status = IAC_ERR;
    if (status == IAC_OK && !iac_diags_has_errors(&cli->diags)) {
        iac_cli_report(cli); /* warnings come before the summary */
        show_result(cli, &result);
    }
    return status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

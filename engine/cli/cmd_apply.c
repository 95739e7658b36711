/* engine/cli/cmd_apply.c - the apply, destroy and refresh commands. */
#include "engine/cli/rollback.h"

#include "engine/apply/claims.h"

static const iac_option options[] = {
    { "auto-approve", IAC_OPTION_BOOL, offsetof(iac_args, auto_approve), NULL, "Do not ask before applying." },
    { "rollback-on-failure", IAC_OPTION_BOOL, offsetof(iac_args, rollback_on_failure), NULL,
      "When applying fails, apply the last configuration of the history again that was applied without an error. The "
      "exit status is 1 all the same." },
    { "verify", IAC_OPTION_BOOL, offsetof(iac_args, verify), NULL,
      "Of a saved plan: first read the objects that it changes again, and refuse when one is not as it was planned "
      "from." },
};
static const iac_option_group apply_group = { "Options of apply", options, IAC_COUNT(options) };
static const iac_option file_options[] = {
    { "backup", IAC_OPTION_TEXT, offsetof(iac_args, backup), "=path",
      "Keep the state file from before the change here; \"-\" keeps none. Of the local backend only." },
    { "state-out", IAC_OPTION_TEXT, offsetof(iac_args, state_out), "=path",
      "Write the state to this state file instead of that of -state. Of the local backend only." },
};
static const iac_option_group file_group = { "State files", file_options, IAC_COUNT(file_options) };
static const iac_option_group *const groups[] = { &iac_options_plan, &apply_group,        &file_group, &iac_options_vars,
                                                  &iac_options_lock, &iac_options_common, NULL };
static const iac_option_group *const refresh_groups[] = { &iac_options_plan, &file_group,         &iac_options_vars,
                                                          &iac_options_lock, &iac_options_common, NULL };

static iac_status check_options(iac_cli *cli, bool saved)
{
    if (cli->args.json && !cli->args.auto_approve && !saved) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Plan file or auto-approve required",
                       "iac cannot ask for interactive approval when -json is set. You can either apply a saved plan "
                       "file, or enable the -auto-approve option.");
        return IAC_ERR;
    }
    if (cli->args.verify && !saved) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Plan file required",
                       "The -verify option is for saved plans: a plan that is made and applied at once is made from "
                       "what was just read.");
        return IAC_ERR;
    }
    return IAC_OK;
}

static bool changes_outputs(const iac_plan *plan)
{
    for (size_t i = 0; i < plan->output_count; i++)
        if (plan->outputs[i].action != IAC_ACTION_NOOP)
            return true;
    return false;
}

static int carry_out(iac_cli *cli, const iac_plan *plan)
{
    int status = iac_cli_apply(cli, plan);
    if (status != IAC_EXIT_OK && cli->args.rollback_on_failure && cli->last_entry)
        iac_rollback_after_failure(cli);
    return status;
}

/* Where resources are locked one by one, what others have changed since is no harm, unless the plan needs it. */
static int64_t serial_to_check(const iac_cli *cli, const iac_plan *saved, const iac_state *state)
{
    return iac_store_has_claims(cli->store) && state->serial > saved->prior->serial ? saved->prior->serial : state->serial;
}

static void refuse_not_plan(iac_cli *cli, const char *path)
{
    iac_str summary = iac_arena_printf(cli->arena, "Failed to load \"%s\" as a plan file", path);
    iac_diag_error(&cli->diags, IAC_NO_RANGE, summary.p, "Error: couldn't load the provided path as a plan file: it "
                                                         "holds something else");
}

/* Carries out a plan that was saved: its configuration and variables, not those of the working directory. */
static int apply_saved(iac_cli *cli, const char *path)
{
    const iac_plan *saved = NULL;
    const iac_state *state = NULL;
    const iac_intent *intents = NULL;
    size_t intent_count = 0;

    cli->of_saved_plan = true;
    if (iac_cli_gather_variables(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_status status = iac_cli_load_plan(cli, path, &saved);
    if (status == IAC_NOT_FOUND)
        refuse_not_plan(cli, path);
    if (status != IAC_OK)
        return IAC_EXIT_ERROR;
    if (iac_cli_check_parallelism(cli) != IAC_OK || iac_cli_open_store(cli, true) != IAC_OK ||
        iac_cli_share_store(cli, "apply") != IAC_OK ||
        iac_cli_read_state(cli, &state) != IAC_OK ||
        iac_planfile_check(saved, state->lineage, serial_to_check(cli, saved, state), &cli->diags) != IAC_OK ||
        iac_store_intents(cli->store, cli->arena, &intents, &intent_count, &cli->diags) != IAC_OK ||
        iac_planfile_check_intents(saved, intents, intent_count, &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (saved->errored) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Cannot apply incomplete plan",
                       "iac encountered an error when generating this plan, so it cannot be applied.");
        return IAC_EXIT_ERROR;
    }
    if (!saved->applyable && changes_outputs(saved)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Cannot apply non-applyable plan",
                       "The given plan is not applyable. If this seems like a bug in iac, then please report it!");
        return IAC_EXIT_ERROR;
    }
    iac_plan plan;
    const iac_str *moved = NULL;
    size_t moved_count = 0;
    iac_store_moved(cli->store, saved->prior->serial, cli->arena, &moved, &moved_count);
    iac_apply_rebase(cli->arena, saved, state, moved, moved_count, &plan);
    if (cli->stream) {
        iac_buf out;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        iac_json_stream_plan(&out, &plan, false);
        iac_cli_print(&out);
        iac_buf_clear(&out);
    }
    iac_map variables = { 0 };
    if (iac_cli_saved_variables(cli, saved, &variables) != IAC_OK)
        return IAC_EXIT_ERROR;
    plan.variables = &variables;
    if (cli->args.verify && iac_cli_verify_plan(cli, &plan, state) != IAC_OK)
        return IAC_EXIT_ERROR;
    return carry_out(cli, &plan);
}

/* What checks said of the plan is out of date at once when nobody is asked: apply says it again of what it made. */
static void drop_check_warnings(iac_diags *diags)
{
    size_t kept = 0;

    for (size_t i = 0; i < diags->list.n; i++)
        if (diags->list.v[i].severity == IAC_ERROR ||
            !diags->list.v[i].of_check)
            diags->list.v[kept++] = diags->list.v[i];
    diags->list.n = kept;
}

/* What the plan needs may have been changed between reading and claiming it, maybe by whom we waited for: then it is
 * planned once more, with that locked. */
static iac_status plan_and_claim(iac_cli *cli, iac_plan_mode mode, const iac_state *state, const iac_plan **ret)
{
    enum { TRIES = 20 };
    size_t told = cli->diags.list.n;
    for (int left = TRIES;; left--) {
        iac_str moved = { 0 };
        iac_status status = iac_cli_plan(cli, mode, state, ret);
        if (!*ret || status != IAC_OK || (*ret)->errored)
            return status;
        if (cli->command->role == IAC_ROLE_REFRESH)
            *ret = iac_cli_refreshed_alone(cli, *ret);
        if (iac_cli_claim(cli, *ret, &moved) != IAC_OK) {
            *ret = NULL;
            return IAC_ERR;
        }
        if (!moved.n || left <= 0)
            return IAC_OK;
        iac_diags_truncate(&cli->diags, told);
        iac_cli_tell(cli, NULL, iac_arena_printf(cli->arena, "%.*s was changed by another run meanwhile. Planning again.",
                                                 IAC_FMT(moved)));
        if (iac_cli_read_state(cli, &state) != IAC_OK) {
            *ret = NULL;
            return IAC_ERR;
        }
    }
}

static int apply_new(iac_cli *cli, iac_plan_mode mode)
{
    const iac_state *state = NULL;
    const iac_plan *plan = NULL;

    if (iac_cli_prepare(cli, mode == IAC_PLAN_DESTROY ? "destroy" : "apply", mode == IAC_PLAN_DESTROY, true, &state) !=
        IAC_OK)
        return IAC_EXIT_ERROR;
    if (cli->command->role == IAC_ROLE_REFRESH && !state->instance_count)
        iac_diag_warning(&cli->diags, IAC_NO_RANGE, "Empty or non-existent state",
                         "There are currently no remote objects tracked in the state, so there is nothing to "
                         "refresh.");
    iac_status status = plan_and_claim(cli, mode, state, &plan);
    if (!plan)
        return IAC_EXIT_ERROR;
    bool failed = status != IAC_OK || plan->errored;
    bool plain_refresh = cli->command->role == IAC_ROLE_REFRESH; /* tells of what it reads, and of outputs */
    if (!plain_refresh && (!failed || plan->change_count || plan->output_count))
        iac_cli_show_plan(cli, plan);
    if (failed)
        return IAC_EXIT_ERROR;
    if (cli->args.auto_approve)
        drop_check_warnings(&cli->diags);
    else
        iac_cli_report(cli);
    if (!cli->args.auto_approve && plan->applyable) {
        iac_status approval = iac_prompt_approval(cli, mode == IAC_PLAN_DESTROY);
        if (approval != IAC_OK)
            return IAC_EXIT_ERROR;
    }
    return carry_out(cli, plan);
}

/* The file with a saved plan; NULL: a new one is to be made. */
static const char *plan_path(const iac_cli *cli)
{
    return cli->args.positional_count && cli->args.positional[0][0] ? cli->args.positional[0] : NULL;
}

static int run(iac_cli *cli)
{
    const char *path = plan_path(cli);

    iac_cli_begin_stream(cli);
    if (iac_cli_check_modes(cli) != IAC_OK || check_options(cli, path != NULL) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (path)
        return apply_saved(cli, path);
    return apply_new(cli, cli->args.destroy        ? IAC_PLAN_DESTROY
                          : cli->args.refresh_only ? IAC_PLAN_REFRESH_ONLY
                                                   : IAC_PLAN_NORMAL);
}

static int refuse_destroy_option(iac_cli *cli, const char *why)
{
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid mode option", "%s", why);
    cli->misused = true;
    return IAC_EXIT_ERROR;
}

static int refuse_plan_to_destroy(iac_cli *cli, const char *path)
{
    const iac_plan *plan = NULL;
    iac_status status = iac_cli_load_plan(cli, path, &plan);

    if (status == IAC_NOT_FOUND)
        refuse_not_plan(cli, path);
    else if (status == IAC_OK)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Destroy can't be called with a plan file",
                       "If this plan was created using plan -destroy, apply it using:\n  iac apply \"%s\"", path);
    return IAC_EXIT_ERROR;
}

static int run_destroy(iac_cli *cli)
{
    const char *path = plan_path(cli);

    iac_cli_begin_stream(cli);
    if (iac_cli_check_modes(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (cli->args.destroy)
        return refuse_destroy_option(cli, "The -destroy option is not valid for \"iac destroy\", because this command "
                                          "always runs in destroy mode.");
    if (cli->args.refresh_only)
        return refuse_destroy_option(cli, "The -refresh-only option is not valid for \"iac destroy\".");
    if (path)
        return refuse_plan_to_destroy(cli, path);
    cli->args.destroy = true;
    if (iac_cli_check_modes(cli) != IAC_OK || check_options(cli, false) != IAC_OK)
        return IAC_EXIT_ERROR;
    return apply_new(cli, IAC_PLAN_DESTROY);
}

static int run_refresh(iac_cli *cli)
{
    iac_cli_begin_stream(cli);
    if (iac_cli_check_modes(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    cli->args.auto_approve = cli->args.refresh = true;
    cli->args.destroy = cli->args.refresh_only = false; /* what these options plan is not what this command does */
    cli->args.replaces.n = 0;
    return apply_new(cli, IAC_PLAN_NORMAL);
}

const iac_command iac_cmd_apply = {
    .name = "apply",
    .summary = "Create or update infrastructure",
    .usage = "[options] [PLAN]",
    .description = "Makes a plan, shows it, asks for approval, and carries it out. With PLAN, a file that \"plan "
                   "-out\" saved, carries that out without asking.",
    .groups = groups,
    .max_positional = 1,
    .streams = true,
    .role = IAC_ROLE_APPLY,
    .run = run,
    .primary = true,
};

const iac_command iac_cmd_destroy = {
    .name = "destroy",
    .summary = "Destroy previously-created infrastructure",
    .usage = "[options]",
    .description = "Destroys everything that this configuration manages, after showing what that is and asking. The "
                   "same as \"apply -destroy\".",
    .groups = groups,
    .max_positional = 1,
    .streams = true,
    .role = IAC_ROLE_DESTROY,
    .run = run_destroy,
    .primary = true,
};

const iac_command iac_cmd_refresh = {
    .name = "refresh",
    .summary = "Take changes made elsewhere over into the state",
    .usage = "[options]",
    .description = "Plans, and records what that found changed without asking. \"apply -refresh-only\", which shows it "
                   "first, is preferred.",
    .groups = refresh_groups,
    .streams = true,
    .role = IAC_ROLE_REFRESH,
    .run = run_refresh,
};

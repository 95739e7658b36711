/* engine/cli/cmd_graph.c - the graph command. */
#include "engine/cli/cli.h"

#include "engine/view/dot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const iac_option options[] = {
    { "plan", IAC_OPTION_TEXT, offsetof(iac_args, plan_file), "=FILE",
      "Draw what this saved plan will do, instead of the configuration. Implies -type=apply." },
    { "type", IAC_OPTION_TEXT, offsetof(iac_args, type), "=TYPE",
      "Draw everything that takes part in an operation: plan, plan-refresh-only, plan-destroy or apply. By default only "
      "resources are drawn, and what each of them needs." },
    { "draw-cycles", IAC_OPTION_BOOL, offsetof(iac_args, draw_cycles), NULL,
      "Draw a configuration that has a cycle, and the cycle in red. Only with -type." },
    { "module-depth", IAC_OPTION_IGNORED, 0, "=n", NULL },
    { "verbose", IAC_OPTION_IGNORED, 0, NULL, NULL },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_vars, &iac_options_common, NULL };

static iac_status read_type(iac_cli *cli, iac_drawing_kind *ret)
{
    const char *type = cli->args.type;

    if (!type || !*type) {
        *ret = cli->args.plan_file ? IAC_DRAWING_APPLY : IAC_DRAWING_RESOURCES;
        return IAC_OK;
    }
    *ret = strcmp(type, "plan") == 0 || strcmp(type, "plan-refresh-only") == 0 ? IAC_DRAWING_PLAN
           : strcmp(type, "plan-destroy") == 0                                 ? IAC_DRAWING_DESTROY
           : strcmp(type, "apply") == 0                                        ? IAC_DRAWING_APPLY
                                                                               : IAC_DRAWING_RESOURCES;
    if (*ret != IAC_DRAWING_RESOURCES)
        return IAC_OK;
    if (strcmp(type, "validate") == 0 || strcmp(type, "eval") == 0)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Graph type no longer available",
                       "The graph type \"%s\" is no longer available. Use -type=plan instead to get a similar "
                       "result.", type);
    else
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Unsupported graph type",
                       "The -type=... argument must be either \"plan\", \"plan-refresh-only\", \"plan-destroy\", or "
                       "\"apply\".");
    return IAC_ERR;
}

/* The configuration, state and variables that are drawn: those of the plan where one is given. */
static iac_status gather(iac_cli *cli, const iac_plan **ret_plan, const iac_state **ret_state)
{
    if (cli->args.plan_file) {
        if (access(cli->args.plan_file, F_OK) != 0) {
            char why[128];
            iac_cli_refuse(cli, "stat %s: %s", cli->args.plan_file, iac_errno_text(errno, why, sizeof(why)));
            return IAC_ERR;
        }
        iac_status status = iac_cli_load_plan(cli, cli->args.plan_file, ret_plan);
        if (status == IAC_NOT_FOUND)
            iac_cli_refuse(cli, "couldn't load the provided path as a plan file: it holds something else");
        if (status != IAC_OK || iac_cli_open_store(cli, false) != IAC_OK ||
            iac_cli_read_state(cli, ret_state) != IAC_OK)
            return IAC_ERR;
        status = iac_planfile_check(*ret_plan, (*ret_state)->lineage, (*ret_state)->serial, &cli->diags);
        *ret_state = (*ret_plan)->prior;
        return status;
    }
    if (iac_cli_read_config(cli, true) != IAC_OK)
        return IAC_ERR;
    size_t told = cli->diags.list.n;
    if (iac_cli_known_variables(cli) != IAC_OK)
        iac_diags_truncate(&cli->diags, told); /* what is drawn seldom depends on them */
    if (iac_cli_open_store(cli, false) != IAC_OK)
        return IAC_ERR;
    return iac_cli_read_state(cli, ret_state);
}

/* What -type=plan-destroy draws: everything in the state goes. */
static const iac_plan *destroy_all(iac_cli *cli, const iac_state *state)
{
    iac_plan *plan = iac_arena_new_of(cli->arena, iac_plan);
    iac_change *changes = iac_arena_array(cli->arena, iac_change, state->instance_count);
    size_t n = 0;

    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        if (!instance->current || instance->addr.mode != IAC_MANAGED)
            continue;
        changes[n++] = (iac_change){ .addr = instance->addr, .action = IAC_ACTION_DELETE,
                                     .dependencies = instance->current->dependencies,
                                     .dependency_count = instance->current->dependency_count };
    }
    *plan = (iac_plan){ .mode = IAC_PLAN_DESTROY, .changes = changes, .change_count = n };
    return plan;
}

static int run(iac_cli *cli)
{
    const iac_plan *plan = NULL;
    const iac_state *state = NULL;
    iac_drawing_kind kind;
    iac_drawing drawing;
    iac_buf out;

    if (read_type(cli, &kind) != IAC_OK || gather(cli, &plan, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_plan_options plan_options = {
        .host = iac_cli_host(cli), .variables = plan ? plan->variables : &cli->variables,
        .workspace = cli->workspace, .cwd = iac_str_of(cli->started_in),
    };
    const iac_config *config = plan ? plan->config : cli->config;
    if (!plan && kind == IAC_DRAWING_DESTROY)
        plan = destroy_all(cli, state);
    if (iac_drawing_make(cli->arena, config, state, &plan_options, kind, plan, cli->args.draw_cycles, &drawing,
                         &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (kind == IAC_DRAWING_RESOURCES)
        iac_dot_resources(&out, &drawing);
    else
        iac_dot_graph(&out, &drawing);
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_graph = {
    .name = "graph",
    .summary = "Generate a Graphviz graph of the steps in an operation",
    .usage = "[options]",
    .description = "Prints a graph in the DOT language, which GraphViz draws: the resources of the configuration and "
                   "what each of them needs.",
    .groups = groups,
    .misuse = IAC_MISUSE_USAGE,
    .run = run,
};

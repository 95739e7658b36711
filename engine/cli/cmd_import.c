/* engine/cli/cmd_import.c - the import command. */
#include "engine/cli/record.h"
#include "engine/view/style.h"

#include <sys/stat.h>

static const iac_option options[] = {
    { "input", IAC_OPTION_BOOL, offsetof(iac_args, input), "=false", "Never ask: a missing variable is an error." },
    { "parallelism", IAC_OPTION_INTEGER, offsetof(iac_args, parallelism), "=n", "How many operations run at once." },
    { "config", IAC_OPTION_TEXT, offsetof(iac_args, config_dir), "=path",
      "The folder of the configuration, where it is not the working directory." },
};
static const iac_option_group import_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = {
    &import_group, &iac_options_vars, &iac_options_lock, &iac_options_state_file, &iac_options_common, NULL
};

static iac_status check_target(iac_cli *cli, iac_addr *ret)
{
    iac_str text = iac_str_of(cli->args.positional[0]);

    if (iac_addr_parse_as(cli->arena, text, "<import-address>", ret, &cli->diags) != IAC_OK) {
        iac_cli_report(cli);
        iac_cli_printf("For information on valid syntax, see:\n"
                       "https://developer.hashicorp.com/terraform/cli/state/resource-addressing\n");
        return IAC_ERR;
    }
    if (ret->mode == IAC_MANAGED)
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "A managed resource address is required. Importing into a data resource "
                                              "is not allowed.", "%s", "");
    return IAC_ERR;
}

static const iac_module_config *find_module(const iac_module_config *module, iac_module_addr path)
{
    for (size_t i = 0; module && i < path.n; i++) {
        const iac_module_call *call = iac_map_get(&module->call_map, path.steps[i].name);
        module = call ? call->module : NULL;
    }
    return module;
}

static iac_status check_configured(iac_cli *cli, iac_addr addr)
{
    const iac_module_config *module = find_module(cli->config->root, addr.module);
    if (!module) {
        iac_str path = iac_module_addr_text(cli->arena, iac_module_addr_static(cli->arena, addr.module));
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Import to non-existent module",
                       "%.*s is not defined in the configuration. Please add configuration for this module before "
                       "importing into it.", IAC_FMT(path));
        return IAC_ERR;
    }
    if (iac_module_resource(module, addr.mode, addr.type, addr.name))
        return IAC_OK;
    iac_str summary = iac_arena_printf(cli->arena, "resource address \"%.*s\" does not exist in the configuration.",
                                       IAC_FMT(iac_addr_text(cli->arena, addr)));
    iac_str where = addr.module.n ? iac_module_addr_text(cli->arena, addr.module) : IAC_STR("the root module");
    iac_diag_error(&cli->diags, IAC_NO_RANGE, summary.p,
                   "Before importing this resource, please create its configuration in %.*s. For example:\n\n"
                   "resource \"%.*s\" \"%.*s\" {\n  # (resource arguments)\n}", IAC_FMT(where), IAC_FMT(addr.type),
                   IAC_FMT(addr.name));
    return IAC_ERR;
}

static iac_status check_directory(iac_cli *cli)
{
    struct stat info;
    const char *dir = cli->args.config_dir ? cli->args.config_dir : ".";

    if (stat(dir, &info) == 0 && iac_cli_read_config(cli, true) != IAC_OK)
        return IAC_ERR;
    if (cli->config && cli->config->root->source_count)
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "No iac configuration files",
                   "The directory %s does not contain any iac configuration files (.tf or .tf.json). To specify a "
                   "different configuration directory, use the -config=\"...\" command line option.", dir);
    return IAC_ERR;
}

/* Terraform asks for the object before it finds that out, and tells of it in the same words. */
static int refuse_managed(iac_cli *cli, iac_addr addr)
{
    const char *address = cli->args.positional[0];

    iac_cli_printf("%s: Importing from ID \"%s\"...\n%s: Import prepared!\n  Prepared %.*s for import\n", address,
                   cli->args.positional[1], address, IAC_FMT(addr.type));
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Resource already managed by iac",
                   "iac is already managing a remote object for %s. To import to this address you must first remove the "
                   "existing object from the state.", address);
    return IAC_EXIT_ERROR;
}

/* The plan is of refreshing alone, so that applying it records the object and changes nothing. */
static int run(iac_cli *cli)
{
    const iac_state *state = NULL;
    const iac_plan *plan = NULL;
    iac_apply_result result = { 0 };
    iac_addr addr;

    if (cli->args.positional_count != 2)
        return iac_cli_refuse_usage(cli, "The import command expects two arguments.");
    if (check_target(cli, &addr) != IAC_OK || check_directory(cli) != IAC_OK ||
        check_configured(cli, addr) != IAC_OK ||
        iac_config_check(cli->arena, cli->config, &cli->diags) != IAC_OK ||
        iac_cli_prepare(cli, "import", false, true, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    const iac_state_instance *managed = iac_state_find(state, addr);
    if (managed && managed->current)
        return refuse_managed(cli, addr);
    cli->out_view.importing = true;
    iac_status status = iac_cli_plan(cli, IAC_PLAN_REFRESH_ONLY, state, &plan);
    if (status != IAC_OK || !plan || plan->errored)
        return IAC_EXIT_ERROR;
    if (!iac_state_find(plan->prior, addr)) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Configuration for import target does not exist",
                       "The configuration for the given import %s does not exist. All target instances must "
                       "have an associated configuration to be imported.", cli->args.positional[0]);
        return IAC_EXIT_ERROR;
    }
    iac_cli_run running = { cli, &result };
    iac_apply_options given = {
        .host = iac_cli_host(cli),
        .store = cli->store,
        .parallelism = (unsigned)cli->args.parallelism,
        .cwd = iac_str_of(cli->started_in),
        .stop = iac_signals_watch(false),
        .abandon = iac_cli_abandon,
        .abandon_arg = &running,
        .silent_limits = true,
    };
    plan = iac_cli_refreshed_alone(cli, plan);
    if (iac_record_begin(cli, plan) != IAC_OK)
        return IAC_EXIT_ERROR;
    status = iac_apply_plan(plan, &given, &result, &cli->diags);
    if (iac_record_end(cli, status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR, &result) != IAC_OK || status != IAC_OK)
        return IAC_EXIT_ERROR;
    bool color = cli->out_view.color;
    iac_cli_printf("%s\nImport successful!\n\nThe resources that were imported are shown above. These resources are now "
                   "in\nyour iac state and will henceforth be managed by iac.%s\n\n",
                   color ? IAC_RESET IAC_GREEN : "", color ? IAC_RESET : "");
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_import = {
    .name = "import",
    .summary = "Bring an existing object under management",
    .usage = "[options] ADDRESS ID",
    .description = "Takes the object that the provider knows by ID into the state, as the resource instance ADDRESS, "
                   "which the configuration must have. Nothing is changed. An import block does the same as part of "
                   "a plan.",
    .groups = groups,
    .max_positional = 1000,
    .misuse = IAC_MISUSE_USAGE_UNHYPHENATED,
    .help_follows = true,
    .role = IAC_ROLE_IMPORT,
    .run = run,
};

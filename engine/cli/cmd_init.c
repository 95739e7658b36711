/* engine/cli/cmd_init.c - the init command: checks that everything is in place. Nothing is downloaded. */
#include "engine/cli/cli.h"
#include "engine/cli/requirements.h"

#include <sys/stat.h>

static const iac_option options[] = {
    { "backend", IAC_OPTION_BOOL, offsetof(iac_args, backend), "=false", "Leave the backend and the state alone." },
    { "cloud", IAC_OPTION_BOOL, offsetof(iac_args, backend), "=false", NULL },
    { "upgrade", IAC_OPTION_IGNORED, 0, NULL, NULL }, /* there are no versions to choose from */
    { "reconfigure", IAC_OPTION_IGNORED, 0, NULL, NULL },
    { "migrate-state", IAC_OPTION_IGNORED, 0, NULL, NULL },
    { "force-copy", IAC_OPTION_IGNORED, 0, NULL, NULL },
    { "get", IAC_OPTION_IGNORED, 0, NULL, NULL },
    { "lockfile", IAC_OPTION_IGNORED, 0, "=mode", NULL },
    { "test-directory", IAC_OPTION_IGNORED, 0, "=path", NULL },
    { "ignore-remote-version", IAC_OPTION_IGNORED, 0, NULL, NULL },
    { "input", IAC_OPTION_BOOL, offsetof(iac_args, input), "=false", "Never ask." },
    { "backend-config", IAC_OPTION_UNSUPPORTED, 0, "=config", "The local backend takes no settings." },
    { "from-module", IAC_OPTION_UNSUPPORTED, 0, "=source", "Copying a module into the directory is not supported." },
};
static const iac_option_group init_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &init_group, &iac_options_lock, &iac_options_common, NULL };

static void list_modules(iac_cli *cli, const iac_module_config *module, bool *told)
{
    for (size_t i = 0; i < module->call_count; i++) {
        const iac_module_config *child = module->calls[i].module;
        if (!child)
            continue;
        if (!*told)
            iac_cli_printf("Initializing modules...\n");
        *told = true;
        iac_str path = iac_module_addr_text(cli->arena, child->path), shown = path;
        if (iac_str_starts(path, IAC_STR("module.")))
            shown = iac_str_sub(path, 7, path.n);
        iac_cli_printf("- %.*s in %.*s\n", IAC_FMT(shown), IAC_FMT(child->dir));
        list_modules(cli, child, told);
    }
}

/* A state file that Terraform left: its content becomes the store's. */
static iac_status take_state_over(iac_cli *cli)
{
    const iac_state *stored = NULL, *found = NULL;
    struct stat info;
    iac_str text = { 0 };

    if (!iac_str_is(cli->workspace, "default") || stat("terraform.tfstate", &info) != 0 || info.st_size == 0)
        return IAC_OK;
    if (iac_cli_open_store(cli, true) != IAC_OK || iac_cli_lock_store(cli, "init") != IAC_OK ||
        iac_cli_read_state(cli, &stored) != IAC_OK)
        return IAC_ERR;
    if (stored->lineage.n)
        return IAC_OK; /* taken over before, or a state of its own */
    if (iac_config_reader_files.read(NULL, "terraform.tfstate", cli->arena, &text, &cli->diags) != IAC_OK ||
        iac_tfstate_read(cli->arena, text, &found, &cli->diags) != IAC_OK ||
        iac_store_replace(cli->store, found, &cli->diags) != IAC_OK)
        return IAC_ERR;
    iac_cli_printf("- Took over %zu resource instances from terraform.tfstate, which is not used any more\n",
                   found->instance_count);
    return IAC_OK;
}

static iac_status check_provider(iac_cli *cli, const iac_requirement *required)
{
    const iac_provider *provider = NULL;
    iac_str shown = iac_provider_addr_display(cli->arena, required->addr);

    if (iac_str_is(required->addr.namespace_, "builtin")) {
        iac_cli_printf("- %.*s is built in to iac\n", IAC_FMT(shown));
        return IAC_OK;
    }
    if (iac_host_provider(iac_cli_host(cli), required->addr.type, required->range, &provider, &cli->diags) != IAC_OK)
        return IAC_ERR;
    iac_cli_printf("- Using %.*s v%.*s from %.*s\n", IAC_FMT(shown), IAC_FMT(iac_provider_version(provider)),
                   IAC_FMT(iac_provider_file(provider)));
    return IAC_OK;
}

static iac_status check_providers(iac_cli *cli)
{
    iac_requirements all = { 0 };
    iac_status status = IAC_OK;

    iac_cli_printf("Initializing provider plugins...\n");
    iac_requirements_of_tree(cli->arena, cli->config->root, &all);
    for (size_t i = 0; i < all.n; i++)
        if (check_provider(cli, &all.v[i]) != IAC_OK)
            status = IAC_ERR;
    iac_vec_clear(&all);
    return status;
}

static int run(iac_cli *cli)
{
    const char *bold = cli->out_view.color ? "\033[32m\033[1m" : "", *reset = cli->out_view.color ? "\033[0m" : "";
    bool told = false;

    if (iac_cli_load_config(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (cli->config->root->source_count == 0) {
        iac_cli_printf("%siac initialized in an empty directory!%s\n\nThe directory has no configuration files. You "
                       "may begin working with iac\nimmediately by creating configuration files.\n", bold, reset);
        return IAC_EXIT_OK;
    }
    if (cli->args.backend) {
        iac_cli_printf("Initializing the backend...\n");
        if (take_state_over(cli) != IAC_OK || iac_cli_check_backend(cli) != IAC_OK)
            return IAC_EXIT_ERROR;
    }
    list_modules(cli, cli->config->root, &told);
    if (check_providers(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_cli_report(cli);
    iac_cli_printf("\n%siac has been successfully initialized!%s\n", bold, reset);
    if (!cli->automation)
        iac_cli_printf("\nTry \"iac plan\" to see what your configuration would change. Run this command\nagain after "
                       "adding providers or modules.\n");
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_init = {
    .name = "init",
    .summary = "Prepare your working directory for other commands",
    .usage = "[options]",
    .description = "Checks that the modules and providers that the configuration asks for are there, and takes over "
                   "the state that Terraform left in the directory, if any. It is safe to run it several times.",
    .groups = groups,
    .run = run,
    .primary = true,
};

/* engine/cli/cmd_init.c - the init command: modules are installed, providers looked for, a backend set up. */
#include "engine/cli/cli.h"
#include "engine/cli/install.h"
#include "engine/cli/lockfile.h"

#include <string.h>

#define AT(member) offsetof(iac_args, member)

static const iac_option options[] = {
    { "backend", IAC_OPTION_BOOL, AT(backend), "=false", "Leave the backend and the state alone." },
    { "cloud", IAC_OPTION_BOOL, AT(backend), "=false", NULL },
    { "backend-config", IAC_OPTION_WORDS, AT(backend_configs), "=config",
      "Settings of the backend beside those of the configuration: a file, or NAME=VALUE. May be given several times." },
    { "reconfigure", IAC_OPTION_BOOL, AT(reconfigure), NULL, "Set the backend up anew, without moving any state." },
    { "migrate-state", IAC_OPTION_BOOL, AT(migrate_state), NULL, "Move the state to the backend as it is now." },
    { "force-copy", IAC_OPTION_BOOL, AT(force_copy), NULL, "Answer \"yes\" to every question about moving state." },
    { "from-module", IAC_OPTION_TEXT, AT(from_module), "=source",
      "First copy this module into the working directory, which has to be empty." },
    { "get", IAC_OPTION_BOOL, AT(get), "=false", "Do not install modules." },
    { "upgrade", IAC_OPTION_BOOL, AT(upgrade), NULL,
      "Install the newest modules and choose the newest providers that the constraints admit, whatever was chosen "
      "before." },
    { "lockfile", IAC_OPTION_TEXT, AT(lockfile), "=mode",
      "With \"readonly\", do not change the dependency lock file, and fail where it would have to be." },
    { "input", IAC_OPTION_BOOL, AT(input), "=false", "Never ask." },
    { "json", IAC_OPTION_BOOL, AT(json), NULL, "Print a stream of JSON messages, one a line." },
    { "test-directory", IAC_OPTION_TEXT, offsetof(iac_args, test_directory), "=path",
      "Where test files are, beside the configuration's own folder. Default: tests." },
    { "ignore-remote-version", IAC_OPTION_IGNORED, 0, NULL, NULL },
};
static const iac_option_group init_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = {
    &init_group, &iac_options_vars, &iac_options_lock, &iac_options_common, NULL
};

/* A heading: in bold where there is colour. */
static void announce(iac_cli *cli, const char *code, const char *text)
{
    if (cli->out_view.color && !cli->stream)
        iac_cli_printf("\033[0m\033[1m%s\033[0m\n", text);
    else
        iac_cli_tell(cli, code, iac_str_of(text));
}

static void describe_empty(iac_cli *cli)
{
    iac_cli_tell(cli, "output_init_empty_message",
                 IAC_STR("iac initialized in an empty directory!\n\nThe directory has no iac configuration files. You "
                         "may begin working\nwith iac immediately by creating iac configuration files."));
}

static void describe_success(iac_cli *cli)
{
    static const char done[] = "iac has been successfully initialized!";
    static const char next[] =
        "You may now begin working with iac. Try running \"iac plan\" to see\nany changes that are required for your "
        "infrastructure. All iac commands\nshould now work.\n\nIf you ever set or change modules or backend "
        "configuration for iac,\nrerun this command to reinitialize your working directory. If you forget, "
        "other\ncommands will detect it and remind you to do so if necessary.";
    bool color = cli->out_view.color && !cli->stream;

    if (!cli->stream)
        iac_cli_printf("\n");
    if (color)
        iac_cli_printf("\033[0m\033[1m\033[32m%s\033[0m\033[32m\033[0m\n", done);
    else
        iac_cli_tell(cli, "output_init_success_message", iac_str_of(done));
    if (cli->automation)
        return;
    if (color)
        iac_cli_printf("\033[0m\033[32m\n%s\033[0m\n", next);
    else if (cli->stream)
        iac_cli_tell(cli, "output_init_success_cli_message", iac_str_of(next));
    else
        iac_cli_printf("\n%s\n", next);
}

/* The faults of the root module come with a word on why they matter here. */
static int refuse_root(iac_cli *cli)
{
    static const char text[] =
        "iac encountered problems during initialisation, including problems\nwith the configuration, described "
        "below.\n\nThe iac configuration must be valid before initialization so that\niac can determine which modules "
        "and providers need to be installed.";
    iac_diags told = IAC_DIAGS_INIT;

    iac_diag_error(&told, IAC_NO_RANGE, text, "%s", "");
    iac_diags_append(&told, &cli->diags);
    cli->diags = told;
    return IAC_EXIT_ERROR;
}

static void announce_backend(iac_cli *cli)
{
    announce(cli, "initializing_backend_message", "Initializing the backend...");
}

static iac_status set_up_backend(iac_cli *cli)
{
    if (!cli->args.backend)
        return IAC_OK;
    announce_backend(cli);
    return iac_init_backend(cli);
}

static void announce_modules(iac_cli *cli)
{
    announce(cli, cli->args.upgrade ? "upgrading_modules_message" : "initializing_modules_message",
             cli->args.upgrade ? "Upgrading modules..." : "Initializing modules...");
}

/* With faults in the root module, those of the modules that it calls come first; what is no more than a fault of its text
 * is told where there is nothing else. */
static int refuse_modules(iac_cli *cli)
{
    iac_diags all = IAC_DIAGS_INIT, later = IAC_DIAGS_INIT;

    if (cli->args.backend)
        announce_backend(cli);
    announce_modules(cli);
    iac_diags_clear(&cli->diags);
    cli->config = NULL;
    (void)!iac_install_modules(cli, NULL, 0, cli->args.upgrade);
    all = cli->diags;
    for (size_t i = cli->config ? cli->config->syntax_count : 0; i < all.list.n; i++)
        iac_diag_add(&later, &all.list.v[i]);
    if (!later.errors) {
        iac_diags_clear(&later);
        return refuse_root(cli);
    }
    cli->diags = later;
    iac_diags_clear(&all);
    return IAC_EXIT_ERROR;
}

static iac_status set_up_modules(iac_cli *cli, const iac_test_file *files, size_t count)
{
    bool any = iac_install_needed(cli->config, files, count);
    cli->config = NULL;
    if (!cli->args.get || !any)
        return iac_cli_read_config(cli, false);
    announce_modules(cli);
    return iac_install_modules(cli, files, count, cli->args.upgrade);
}

static iac_status check_options(iac_cli *cli)
{
    const char *mode = cli->args.lockfile;

    if (cli->args.reconfigure && cli->args.migrate_state) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid init options",
                       "The -migrate-state and -reconfigure options are mutually-exclusive.");
        return IAC_ERR;
    }
    if (mode && *mode && strcmp(mode, "readonly") != 0) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid init options",
                       "The only value of the -lockfile option is \"readonly\", not \"%s\".", mode);
        return IAC_ERR;
    }
    if (mode && *mode && cli->args.upgrade) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid init options",
                       "The -upgrade flag conflicts with -lockfile=readonly.");
        return IAC_ERR;
    }
    return IAC_OK;
}

static int run(iac_cli *cli)
{
    const iac_config *root = NULL;
    const iac_test_file *files = NULL;
    size_t count = 0;

    iac_cli_begin_stream(cli);
    if (check_options(cli) != IAC_OK || (cli->args.from_module && iac_install_from(cli, cli->args.from_module) != IAC_OK))
        return IAC_EXIT_ERROR;
    if (iac_cli_load_root(cli, false, &root) != IAC_OK) {
        if (cli->args.get && root && root->root->call_count)
            return refuse_modules(cli);
        if (cli->args.backend)
            announce_backend(cli);
        return refuse_root(cli);
    }
    if (root->root->source_count == 0) {
        describe_empty(cli);
        return IAC_EXIT_OK;
    }
    if (iac_cli_read_tests(cli, &files, &count) != IAC_OK) {
        if (cli->args.backend)
            announce_backend(cli);
        return refuse_root(cli);
    }
    cli->config = root;
    if (set_up_backend(cli) != IAC_OK || set_up_modules(cli, files, count) != IAC_OK)
        return IAC_EXIT_ERROR;
    announce(cli, "initializing_provider_plugin_message", "Initializing provider plugins...");
    if (iac_select_providers(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_cli_report(cli);
    describe_success(cli);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_init = {
    .name = "init",
    .summary = "Prepare your working directory for other commands",
    .usage = "[options]",
    .description = "Installs the modules that the configuration calls, checks that the providers it asks for are there, "
                   "sets the backend up, and takes over the state that Terraform left in the directory, if any. It is "
                   "safe to run it several times.",
    .groups = groups,
    .misuse = IAC_MISUSE_PLAIN,
    .streams = true,
    .role = IAC_ROLE_INIT,
    .run = run,
    .primary = true,
};

/* engine/cli/cmd_workspace.c - the workspace commands: list, new, select, show, delete; and "env", their old name. */
#include "engine/cli/state_match.h"

#include "engine/view/style.h"

#include <stdlib.h>
#include <string.h>

static const iac_option_group *const plain_groups[] = { &iac_options_common, NULL };

static bool is_overridden(void)
{
    const char *named = getenv("TF_WORKSPACE");
    return named && *named;
}

/* What "env" says before it does what "workspace" does. */
static void warn_of_old_name(const iac_cli *cli)
{
    iac_buf out;

    if (strncmp(cli->command->name, "env ", 4) != 0)
        return;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_styled(&out, cli->out_view.color, IAC_YELLOW,
               "Warning: the \"iac env\" family of commands is deprecated.\n\n"
               "\"Workspace\" is now the preferred term for what earlier iac versions\n"
               "called \"environment\", to reduce ambiguity caused by the latter term colliding\n"
               "with other concepts.\n\n"
               "The \"iac workspace\" commands should be used instead. \"iac env\"\n"
               "will be removed in a future iac version.\n");
    iac_buf_char(&out, '\n');
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

static void print_success(const iac_cli *cli, bool bold_first, const char *first, const char *rest)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_style(&out, cli->out_view.color, IAC_RESET);
    iac_style(&out, cli->out_view.color, IAC_GREEN);
    if (bold_first)
        iac_style(&out, cli->out_view.color, IAC_BOLD);
    iac_buf_cstr(&out, first);
    if (bold_first)
        iac_style(&out, cli->out_view.color, IAC_RESET);
    if (rest) {
        iac_style(&out, cli->out_view.color, IAC_GREEN);
        iac_buf_printf(&out, "\n\n%s", rest);
    }
    iac_style(&out, cli->out_view.color, IAC_RESET);
    iac_buf_char(&out, '\n');
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

/* IAC_NOT_FOUND when there is no such workspace. */
static iac_status find_workspace(iac_cli *cli, iac_str name)
{
    iac_str *names = NULL;
    size_t n = 0;

    if (iac_cli_workspaces(cli, &names, &n) != IAC_OK)
        return IAC_ERR;
    for (size_t i = 0; i < n; i++)
        if (iac_str_eq(names[i], name))
            return IAC_OK;
    return IAC_NOT_FOUND;
}

static int refuse_missing(const iac_cli *cli, const char *before, iac_str name)
{
    return iac_cli_refuse(cli, "%sWorkspace \"%.*s\" doesn't exist.\n\n"
                               "You can create this workspace with the \"new\" subcommand \n"
                               "or include the \"-or-create\" flag with the \"select\" subcommand.",
                          before, IAC_FMT(name));
}

static int refuse_name(const iac_cli *cli, iac_str name)
{
    return iac_cli_refuse(cli, "\nThe workspace name \"%.*s\" is not allowed. The name must contain only URL safe\n"
                               "characters, and no path separators.\n", IAC_FMT(name));
}

/* ---- list ---- */

static int run_list(iac_cli *cli)
{
    iac_str *names = NULL;
    size_t n = 0;
    iac_buf out;

    warn_of_old_name(cli);
    if (iac_cli_workspaces(cli, &names, &n) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    for (int others = 0; others <= 1; others++) /* "default" comes first */
        for (size_t i = 0; i < n; i++)
            if (iac_str_is(names[i], "default") != (others == 1))
                iac_buf_printf(&out, "%s %.*s\n", iac_str_eq(names[i], cli->workspace) ? "*" : " ",
                               IAC_FMT(names[i]));
    iac_buf_char(&out, '\n');
    if (is_overridden())
        iac_buf_cstr(&out, "\n\nThe active workspace is being overridden using the TF_WORKSPACE environment\n"
                           "variable.\n\n");
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

/* ---- show ---- */

static int run_show(iac_cli *cli)
{
    iac_cli_printf("%.*s\n", IAC_FMT(cli->workspace));
    return IAC_EXIT_OK;
}

/* ---- new ---- */

static const iac_option new_options[] = {
    { "state", IAC_OPTION_TEXT, offsetof(iac_args, initial_state), "=path",
      "Put what this state file holds into the new workspace." },
};
static const iac_option_group new_group = { "Options", new_options, IAC_COUNT(new_options) };
static const iac_option_group *const new_groups[] = { &new_group, &iac_options_lock, &iac_options_common, NULL };

static iac_status take_state(iac_cli *cli, const char *path)
{
    const iac_state *state = NULL, *stored = NULL;
    iac_str why = { 0 };

    if (iac_state_read_file(cli, path, &state, &why) != IAC_OK) {
        iac_cli_refuse(cli, "%.*s", IAC_FMT(why));
        return IAC_ERR;
    }
    if (iac_cli_lock_store(cli, "workspace-new") != IAC_OK || iac_cli_read_state(cli, &stored) != IAC_OK)
        return IAC_ERR;
    return iac_store_replace(cli->store, state, &cli->diags);
}

/* Makes the workspace and goes there. */
static int create(iac_cli *cli, iac_str name)
{
    cli->workspace = name;
    if (iac_cli_backend(cli) != IAC_OK ||
        iac_backend_create_workspace(cli->backend, iac_arena_cstr(cli->arena, name), &cli->diags) != IAC_OK ||
        iac_cli_open_store(cli, true) != IAC_OK ||
        iac_cli_select_workspace(cli, name) != IAC_OK)
        return IAC_EXIT_ERROR;
    print_success(cli, true,
                  iac_arena_printf(cli->arena, "Created and switched to workspace \"%.*s\"!", IAC_FMT(name)).p,
                  "You're now on a new, empty workspace. Workspaces isolate their state,\n"
                  "so if you run \"iac plan\" iac will not see any existing state\n"
                  "for this configuration.");
    if (cli->args.initial_state && take_state(cli, cli->args.initial_state) != IAC_OK)
        return IAC_EXIT_ERROR;
    return IAC_EXIT_OK;
}

static int run_new(iac_cli *cli)
{
    if (cli->args.positional_count != 1)
        return iac_cli_refuse_usage(cli, "Expected a single argument: NAME.\n");
    iac_str name = iac_str_of(cli->args.positional[0]);
    warn_of_old_name(cli);
    if (!iac_workspace_name_valid(name))
        return refuse_name(cli, name);
    if (is_overridden() && !iac_str_eq(name, cli->workspace))
        return iac_cli_refuse(cli,
                              "\nThe workspace is currently overridden using the TF_WORKSPACE environment\n"
                              "variable. You cannot create a new workspace when using this setting.\n\n"
                              "To create a new workspace, either unset this environment variable or update it\n"
                              "to match the workspace name you are trying to create, and then run this command\n"
                              "again.\n");
    iac_status found = find_workspace(cli, name);
    if (found == IAC_OK)
        return iac_cli_refuse(cli, "Workspace \"%.*s\" already exists", IAC_FMT(name));
    return found == IAC_NOT_FOUND ? create(cli, name) : IAC_EXIT_ERROR;
}

/* ---- select ---- */

static const iac_option select_options[] = {
    { "or-create", IAC_OPTION_BOOL, offsetof(iac_args, or_create), NULL, "Make the workspace where there is none." },
};
static const iac_option_group select_group = { "Options", select_options, IAC_COUNT(select_options) };
static const iac_option_group *const select_groups[] = { &select_group, &iac_options_common, NULL };

static int run_select(iac_cli *cli)
{
    if (cli->args.positional_count != 1)
        return iac_cli_refuse_usage(cli, "Expected a single argument: NAME.\n");
    iac_str name = iac_str_of(cli->args.positional[0]);
    warn_of_old_name(cli);
    if (is_overridden())
        return iac_cli_refuse(cli, "\nThe selected workspace is currently overridden using the TF_WORKSPACE\n"
                                   "environment variable.\n\n"
                                   "To select a new workspace, either update this environment variable or unset\n"
                                   "it and then run this command again.\n");
    if (!iac_workspace_name_valid(name))
        return refuse_name(cli, name);
    if (iac_cli_backend(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (iac_str_eq(name, cli->workspace))
        return IAC_EXIT_OK;
    iac_status found = find_workspace(cli, name);
    if (found == IAC_NOT_FOUND)
        return cli->args.or_create ? create(cli, name) : refuse_missing(cli, "\n", name);
    if (found != IAC_OK || iac_cli_select_workspace(cli, name) != IAC_OK)
        return IAC_EXIT_ERROR;
    print_success(cli, false, iac_arena_printf(cli->arena, "Switched to workspace \"%.*s\".", IAC_FMT(name)).p, NULL);
    return IAC_EXIT_OK;
}

/* ---- delete ---- */

static const iac_option delete_options[] = {
    { "force", IAC_OPTION_BOOL, offsetof(iac_args, force), NULL,
      "Delete a workspace even where it manages objects: nothing manages them from then on." },
};
static const iac_option_group delete_group = { "Options", delete_options, IAC_COUNT(delete_options) };
static const iac_option_group *const delete_groups[] = { &delete_group, &iac_options_lock, &iac_options_common, NULL };

/* A line for each object that the state manages; how many they are. */
static size_t list_managed(iac_buf *out, const iac_state *state)
{
    size_t n = 0;

    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        if (instance->addr.mode != IAC_MANAGED)
            continue;
        for (size_t k = instance->current ? 0 : 1; k <= instance->deposed_count; k++, n++) {
            iac_buf_cstr(out, "\n  - ");
            iac_addr_print(out, instance->addr);
            if (k)
                iac_buf_printf(out, " (deposed object %.*s)", IAC_FMT(instance->deposed[k - 1]->deposed));
        }
    }
    return n;
}

static iac_status delete_workspace(iac_cli *cli, iac_str name, bool *ret_used)
{
    const iac_state *state = NULL;
    iac_status status = IAC_OK;
    iac_buf managed;

    cli->workspace = name;
    if (iac_cli_open_store(cli, true) != IAC_OK || iac_cli_lock_store(cli, "workspace-delete") != IAC_OK ||
        iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_ERR;
    iac_buf_init(&managed, IAC_BUF_UNLIMITED);
    *ret_used = list_managed(&managed, state) > 0;
    if (*ret_used && !cli->args.force) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Workspace is not empty",
                       "Workspace \"%.*s\" is currently tracking the following resource instances:%s\n\nDeleting this "
                       "workspace would cause iac to lose track of any associated remote objects, which would then "
                       "require you to delete them manually outside of iac. You should destroy these objects with iac "
                       "before deleting the workspace.\n\nIf you want to delete this workspace anyway, and have iac "
                       "forget about these managed objects, use the -force option to disable this safety check.",
                       IAC_FMT(name), managed.p);
        status = IAC_ERR;
    }
    iac_buf_clear(&managed);
    return status == IAC_OK ? iac_cli_delete_workspace(cli, name) : status;
}

static void warn_of_rest(const iac_cli *cli, iac_str name)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_style(&out, cli->out_view.color, IAC_YELLOW);
    iac_buf_printf(&out, "WARNING: \"%.*s\" was non-empty.\n"
                         "The resources managed by the deleted workspace may still exist,\n"
                         "but are no longer manageable by iac since the state has\nbeen deleted.\n", IAC_FMT(name));
    iac_style(&out, cli->out_view.color, IAC_RESET);
    iac_buf_char(&out, '\n');
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

static int run_delete(iac_cli *cli)
{
    bool used = false;

    if (cli->args.positional_count != 1)
        return iac_cli_refuse_usage(cli, "Expected a single argument: NAME.\n");
    iac_str name = iac_str_of(cli->args.positional[0]);
    warn_of_old_name(cli);
    iac_status found = find_workspace(cli, name);
    if (found != IAC_OK)
        return found == IAC_NOT_FOUND ? refuse_missing(cli, "", name) : IAC_EXIT_ERROR;
    if (iac_str_eq(name, cli->workspace))
        return iac_cli_refuse(cli, "Workspace \"%.*s\" is your active workspace.\n\n"
                                   "You cannot delete the currently active workspace. Please switch\n"
                                   "to another workspace and try again.", IAC_FMT(name));
    if (iac_str_is(name, "default"))
        return iac_cli_refuse(cli, "cannot delete default state");
    if (delete_workspace(cli, name, &used) != IAC_OK)
        return IAC_EXIT_ERROR;
    print_success(cli, false, iac_arena_printf(cli->arena, "Deleted workspace \"%.*s\"!", IAC_FMT(name)).p, NULL);
    if (used)
        warn_of_rest(cli, name);
    return IAC_EXIT_OK;
}

/* ---- the table, under both names where the older one had them ---- */

#define BOTH_NAMES(member, word, ...) \
    const iac_command iac_cmd_workspace_##member = { .name = "workspace " word, __VA_ARGS__ }; \
    const iac_command iac_cmd_env_##member = { .name = "env " word, .hidden = true, __VA_ARGS__ }

BOTH_NAMES(list, "list", .summary = "List workspaces", .usage = "",
           .description = "Lists the workspaces. An asterisk stands before the one in use.",
           .groups = plain_groups, .misuse = IAC_MISUSE_USAGE,
           .run = run_list);

const iac_command iac_cmd_workspace_show = {
    .name = "workspace show",
    .summary = "Show the name of the current workspace",
    .usage = "",
    .description = "Shows the name of the workspace in use.",
    .groups = plain_groups,
    .max_positional = SIZE_MAX,
    .misuse = IAC_MISUSE_USAGE,
    .run = run_show,
};

BOTH_NAMES(new, "new", .summary = "Create a new workspace", .usage = "[options] NAME",
           .description = "Makes a workspace, whose state is its own, and goes there.",
           .groups = new_groups, .max_positional = SIZE_MAX, .misuse = IAC_MISUSE_USAGE,
           .run = run_new);

BOTH_NAMES(select, "select", .summary = "Select a workspace", .usage = "[options] NAME",
           .description = "Goes to another workspace: the commands that follow work on its state.",
           .groups = select_groups, .max_positional = SIZE_MAX, .misuse = IAC_MISUSE_USAGE,
           .run = run_select);

BOTH_NAMES(delete, "delete", .summary = "Delete a workspace", .usage = "[options] NAME",
           .description = "Deletes a workspace with its state. One whose state manages objects is refused, and so are "
                          "the one in use and the one named \"default\".",
           .groups = delete_groups, .max_positional = SIZE_MAX, .misuse = IAC_MISUSE_USAGE,
           .run = run_delete);

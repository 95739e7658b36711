/* engine/cli/workspace.c - which workspace is in use: the environment names it, or a file in the data directory. */
#include "engine/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static iac_str selection_path(iac_arena *arena)
{
    return iac_arena_printf(arena, "%s/environment", iac_state_dir);
}

iac_str iac_workspace_current(iac_arena *arena)
{
    const char *named = getenv("TF_WORKSPACE");
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_str text = { 0 };

    if (named && *named)
        return iac_str_of(named);
    iac_str path = selection_path(arena);
    if (access(path.p, R_OK) == 0)
        (void)iac_config_reader_files.read(NULL, path.p, arena, &text, &ignored);
    iac_diags_clear(&ignored);
    text = iac_str_trim(text);
    return text.n ? text : IAC_STR("default");
}

bool iac_workspace_name_valid(iac_str name)
{
    static const char others[] = "-_.~$&+:=@";

    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !(c && strchr(others, c)))
            return false;
    }
    return name.n > 0;
}

iac_status iac_cli_workspaces(iac_cli *cli, iac_str **ret, size_t *ret_count)
{
    if (iac_cli_backend(cli) != IAC_OK)
        return IAC_ERR;
    return iac_backend_workspaces(cli->backend, cli->arena, ret, ret_count, &cli->diags);
}

iac_status iac_cli_delete_workspace(iac_cli *cli, iac_str name)
{
    iac_store_close(cli->store);
    cli->store = NULL;
    if (iac_cli_backend(cli) != IAC_OK)
        return IAC_ERR;
    return iac_backend_delete_workspace(cli->backend, iac_arena_cstr(cli->arena, name), &cli->diags);
}

iac_status iac_cli_select_workspace(iac_cli *cli, iac_str name)
{
    iac_str path = selection_path(cli->arena);
    bool saved = mkdir(iac_state_dir, 0777) == 0 || errno == EEXIST;
    FILE *file = saved ? fopen(path.p, "w") : NULL;

    saved = file && fwrite(name.p, 1, name.n, file) == name.n;
    if (file && fclose(file) != 0)
        saved = false;
    if (!saved) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Failed to select the workspace", "%.*s cannot be written: %s.",
                       IAC_FMT(path), strerror(errno));
        return IAC_ERR;
    }
    return IAC_OK;
}

/* engine/cli/cli_config.c - Terraform's CLI configuration file: TF_CLI_CONFIG_FILE, or .terraformrc in the home
 * directory. It is read here so that mistakes in it are told; what it says about where providers come from does not
 * apply, and what it says of credentials and hosts is read by engine/fetch/settings.c. */
#include "engine/cli/cli.h"
#include "engine/fetch/cli_file.h"

#include <unistd.h>

void iac_cli_check_config_file(iac_arena *arena, const iac_view_options *view)
{
    const char *path = iac_cli_file_path(arena);
    iac_diags diags = IAC_DIAGS_INIT;
    iac_str text = { 0 };

    if (!path || access(path, F_OK) != 0)
        return; /* nothing in it would apply */
    if (iac_config_reader_files.read(NULL, path, arena, &text, &diags) == IAC_OK) {
        const char *mistake = iac_cli_file_read(arena, text, NULL, NULL);
        if (mistake)
            iac_diag_error(&diags, IAC_NO_RANGE,
                           iac_arena_printf(arena, "Error parsing %s: %s", path, mistake).p, "%s", "");
    }
    if (diags.list.n) {
        iac_buf out;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        iac_buf_cstr(&out, "There are some problems with the CLI configuration:\n");
        iac_view_diags(&out, &diags, -1, view);
        if (iac_diags_has_errors(&diags))
            iac_buf_cstr(&out, "\nAs a result of the above problems, iac may not behave as intended.\n\n");
        fwrite(out.p, 1, out.n, stderr);
        iac_buf_clear(&out);
    }
    iac_diags_clear(&diags);
}

/* engine/cli/install.h - installing the modules that a configuration calls. */
#ifndef IAC_CLI_INSTALL_H
#define IAC_CLI_INSTALL_H
#include "engine/cli/cli.h"

/* Loads the whole configuration, getting what is not installed (with `upgrade`: everything anew), and writes
 * DATA_DIR/modules/modules.json. The configuration becomes the command's also where it has errors. The modules of the runs
 * in `files` are got too. */
iac_status iac_install_modules(iac_cli *cli, const iac_test_file *files, size_t file_count, bool upgrade);
bool iac_install_needed(const iac_config *root, const iac_test_file *files, size_t file_count);
/* Copies the module at `source` into the working directory, which has to be empty. */
iac_status iac_install_from(iac_cli *cli, const char *source);
#endif

/* engine/cli/install.h - installing the modules that a configuration calls. */
#ifndef IAC_CLI_INSTALL_H
#define IAC_CLI_INSTALL_H
#include "engine/cli/cli.h"

/* Loads the whole configuration, getting what is not installed (with `upgrade`: everything anew), and writes
 * DATA_DIR/modules/modules.json. The configuration becomes the command's also where it has errors. */
iac_status iac_install_modules(iac_cli *cli, bool upgrade);
/* Copies the module at `source` into the working directory, which has to be empty. */
iac_status iac_install_from(iac_cli *cli, const char *source);
#endif

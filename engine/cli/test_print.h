/* engine/cli/test_print.h - tests told as they run: to people, and to programs. Layer: engine/cli. */
#ifndef IAC_CLI_TEST_PRINT_H
#define IAC_CLI_TEST_PRINT_H
#include "engine/cli/cli.h"
#include "engine/test/test.h"

/* Lines on stdout, errors on stderr. */
iac_test_receiver iac_test_text_receiver(iac_cli *cli);
/* Messages of the UI stream, one a line. */
iac_test_receiver iac_test_json_receiver(iac_cli *cli);
/* Notes in each diagnostic the block it stands in. */
void iac_test_name_blocks(iac_cli *cli, iac_diags *diags);
/* Whether something is left that must be cleaned up by hand. */
bool iac_test_has_managed(const iac_state *state);
#endif

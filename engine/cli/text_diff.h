/* engine/cli/text_diff.h - what formatting changed, as a unified diff. Layer: engine/cli. */
#ifndef IAC_CLI_TEXT_DIFF_H
#define IAC_CLI_TEXT_DIFF_H
#include "lang/base/base.h"

/* Appends the difference between two texts with three lines of context, under the names old/NAME and new/NAME; nothing
 * when they are equal. Made for texts that differ in blanks for the most part: lines are paired by what else is in
 * them, in time linear in the texts. */
void iac_text_diff(iac_buf *out, const char *name, iac_str before, iac_str after);
#endif

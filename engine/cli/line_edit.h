/* engine/cli/line_edit.h - reads lines from a terminal, with editing and a history. Layer: engine/cli.
 * Keys are those of Emacs and of every shell: arrows, Home, End, Delete, Control-A E B F P N D K U W L, Alt-B F. */
#ifndef IAC_CLI_LINE_EDIT_H
#define IAC_CLI_LINE_EDIT_H
#include "lang/base/base.h"

typedef struct iac_line_editor iac_line_editor;

/* in is a terminal, out where it is echoed. */
iac_line_editor *iac_line_editor_new(int in, int out);
void iac_line_editor_free(iac_line_editor *editor);

/* Reads a line into ret (emptied first), without its newline. IAC_NOT_FOUND at the end of input, IAC_CANCELLED after
 * Control-C; ret then holds what had been typed. The terminal is as before when this returns. */
iac_status iac_line_edit(iac_line_editor *editor, const char *prompt, iac_buf *ret);
/* Adds a line to the history; not when it is empty or was the last one. */
void iac_line_editor_remember(iac_line_editor *editor, iac_str line);
#endif

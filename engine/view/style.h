/* engine/view/style.h - colours, word wrap and rules. Layer: engine/view, inside. */
#ifndef IAC_VIEW_STYLE_H
#define IAC_VIEW_STYLE_H
#include "engine/view/view.h"

#define IAC_RESET     "\033[0m"
#define IAC_BOLD      "\033[1m"
#define IAC_UNDERLINE "\033[4m"
#define IAC_RED       "\033[31m"
#define IAC_GREEN     "\033[32m"
#define IAC_YELLOW    "\033[33m"
#define IAC_CYAN      "\033[36m"
#define IAC_WHITE     "\033[37m"
#define IAC_GRAY      "\033[90m"

/* Appends an escape code, or nothing without colour. */
void iac_style(iac_buf *out, bool color, const char *code);
/* Appends text within the code. */
void iac_styled(iac_buf *out, bool color, const char *code, const char *text);
/* Appends text with lines broken at blanks so that none is longer than width - 1 columns. */
void iac_wrap(iac_buf *out, iac_str text, int width);
int iac_view_width(const iac_view_options *options); /* never less than 2 */
/* An empty line, a rule across the width, an empty line. */
void iac_view_rule(iac_buf *out, const iac_view_options *options);
#endif

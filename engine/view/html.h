/* engine/view/html.h - text within HTML, and within its attributes. Layer: engine/view, inside. */
#ifndef IAC_VIEW_HTML_H
#define IAC_VIEW_HTML_H
#include "lang/base/base.h"

/* Appends text, escaped; control characters other than newlines and tabs are left out. */
void iac_html_text(iac_buf *out, iac_str text);
#endif

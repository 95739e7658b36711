/* engine/view/functions.h - what there is to say of the builtin functions, out of their table. Layer: engine/view. */
#ifndef IAC_VIEW_FUNCTIONS_H
#define IAC_VIEW_FUNCTIONS_H
#include "lang/base/base.h"

/* Appends the signatures in the form of `terraform metadata functions -json` (format 1.0). */
void iac_view_functions_json(iac_buf *out);
/* Append a reference with signatures, descriptions and examples with their results, by category. The HTML is a page of
 * its own. */
void iac_view_functions_markdown(iac_buf *out);
void iac_view_functions_html(iac_buf *out);
#endif

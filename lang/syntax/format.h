/* lang/syntax/format.h - configuration text in its canonical layout, byte for byte that of `terraform fmt`.
 * Layer: lang/syntax. Blanks are all that changes, but for a few old spellings:
 *   - an argument's value that is a lone "${x}" becomes x, in parentheses where it goes over several lines;
 *   - the type of a variable: list, map and set become list(any) ..., "string", "list" and "map" lose their quotes;
 *   - labels of blocks are written between quotes, without comments among them.
 * Formatting a result again changes nothing more, unless a value was wrapped several times: one layer goes each time.
 * Time is linear in the text. */
#ifndef IAC_SYNTAX_FORMAT_H
#define IAC_SYNTAX_FORMAT_H
#include "lang/base/diag.h"

/* Appends the formatted text to out. IAC_ERR after syntax errors, which are added to diags and refer to source; out is
 * then left alone. */
IAC_MUST_CHECK iac_status iac_format_source(const iac_source *source, iac_buf *out, iac_diags *diags);
#endif

/* lang/value/text.h - Unicode: validation, NFC, grapheme clusters (utf8proc). Layer: lang/value. */
#ifndef IAC_VALUE_TEXT_H
#define IAC_VALUE_TEXT_H
#include "lang/base/base.h"
#include "lang/base/source.h"

bool iac_utf8_valid(iac_str s);
/* Decodes the code point at *offset and moves past it; U+FFFD and one byte for what is invalid. */
uint32_t iac_utf8_next(iac_str s, size_t *offset);
iac_str iac_nfc(iac_arena *arena, iac_str s); /* s itself when it already is */
/* Byte length of the grapheme cluster that begins at offset; 0 at the end. */
size_t iac_grapheme_next(iac_str s, size_t offset);
size_t iac_grapheme_count(iac_str s);
/* Where a byte of the source is, its column counted in grapheme clusters. */
iac_pos iac_shown_pos(const iac_source *src, uint32_t byte);
/* "main.tf:1,1-13" or, over several lines, "main.tf:1,1-2,5". */
iac_str iac_range_place(iac_arena *arena, iac_range range);
/* Appends s in double quotes, escaped as Go's %q does (printable Unicode raw, \n, \x01, \u200b): the form of strings in
 * messages and on the console. */
void iac_quote(iac_buf *out, iac_str s);
bool iac_is_printable(uint32_t code_point); /* as Go sees it: of all blanks the space alone */
uint32_t iac_to_lower(uint32_t code_point);
bool iac_is_id_start(uint32_t code_point);    /* UAX #31 */
bool iac_is_id_continue(uint32_t code_point); /* without "-" */
#endif

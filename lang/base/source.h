/* lang/base/source.h - a text that diagnostics point into, and ranges of it. Positions are byte offsets; lines and
 * columns are worked out when somebody asks. Immutable once made, so readable from any thread. */
#ifndef IAC_BASE_SOURCE_H
#define IAC_BASE_SOURCE_H
#include "lang/base/base.h"

typedef struct iac_source {
    iac_str name; /* as shown to people: a path relative to the root module, or "<value for var.x>" */
    iac_str text;
    const uint32_t *line_starts; /* byte offset of each line's first byte */
    size_t line_count;
} iac_source;

/* Part of a source; src NULL means "nowhere". start <= end <= text length. */
typedef struct iac_range {
    const iac_source *src;
    uint32_t start, end;
} iac_range;

#define IAC_NO_RANGE ((iac_range){ 0 })

/* Line and byte are as in Terraform's JSON: line and column from 1, the column counted in grapheme clusters is the
 * caller's business (see lang/value/text.h); here columns count code points. */
typedef struct iac_pos {
    uint32_t line, column, byte;
} iac_pos;

/* Makes a source in the arena; name and text are copied. Text over 4 GiB - 1 is cut off. */
const iac_source *iac_source_new(iac_arena *arena, iac_str name, iac_str text);
iac_pos iac_source_pos(const iac_source *src, uint32_t byte);
iac_str iac_range_text(iac_range range);
/* The smallest range holding both; either may be nowhere. */
iac_range iac_range_join(iac_range a, iac_range b);
#endif

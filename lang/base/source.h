/* lang/base/source.h - a text that diagnostics point into, and ranges of it. Positions are byte offsets; lines and
 * columns are worked out when somebody asks. Immutable once made, so readable from any thread. */
#ifndef IAC_BASE_SOURCE_H
#define IAC_BASE_SOURCE_H
#include "lang/base/base.h"

/* Line and byte are as in Terraform's JSON: line and column from 1. */
typedef struct iac_pos {
    uint32_t line, column, byte;
} iac_pos;

typedef struct iac_source iac_source;
struct iac_source {
    iac_str name; /* as shown to people: a path relative to the root module, or "<value for var.x>" */
    iac_str text;
    const uint32_t *line_starts; /* byte offset of each line's first byte */
    size_t line_count;
    bool json;                /* its columns count as those of JSON do: a tab two, a carriage return none */
    const iac_source *within; /* of a text read out of a string of another source: that one; its positions count on */
    iac_pos origin;           /* from here, however long the string is as it is written */
};

/* Part of a source; src NULL means "nowhere". start <= end <= text length. */
typedef struct iac_range {
    const iac_source *src;
    uint32_t start, end;
} iac_range;

#define IAC_NO_RANGE ((iac_range){ 0 })

/* Makes a source in the arena; name and text are copied. Text over 4 GiB - 1 is cut off. */
const iac_source *iac_source_new(iac_arena *arena, iac_str name, iac_str text);
/* The same for a text read out of a string that stands in within, to be counted on from origin. */
const iac_source *iac_source_within(iac_arena *arena, const iac_source *within, iac_pos origin, iac_str text);
/* The bytes of the file at the range's positions: the range itself but for those of iac_source_within. */
iac_range iac_range_in_file(iac_range range);
/* Columns count code points here: for those that people are shown see iac_shown_pos (lang/value/text.h). */
iac_pos iac_source_pos(const iac_source *src, uint32_t byte);
iac_str iac_range_text(iac_range range);
/* The smallest range holding both; either may be nowhere. */
iac_range iac_range_join(iac_range a, iac_range b);
#endif

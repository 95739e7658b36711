#include "lang/base/source.h"

#include <string.h>

const iac_source *iac_source_new(iac_arena *arena, iac_str name, iac_str text)
{
    if (text.n > UINT32_MAX - 1)
        text.n = UINT32_MAX - 1;
    iac_source *src = iac_arena_new_of(arena, iac_source);
    src->name = iac_arena_str(arena, name);
    src->text = iac_arena_str(arena, text);

    size_t lines = 1;
    for (const char *p = src->text.p, *end = p + text.n; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        lines++;
    uint32_t *starts = iac_arena_array(arena, uint32_t, lines);
    size_t line = 1;
    for (const char *p = src->text.p, *end = p + text.n; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        starts[line++] = (uint32_t)(p + 1 - src->text.p);
    src->line_starts = starts;
    src->line_count = lines;
    return src;
}

iac_pos iac_source_pos(const iac_source *src, uint32_t byte)
{
    if (byte > src->text.n)
        byte = (uint32_t)src->text.n;
    size_t low = 0, high = src->line_count; /* line_starts[low] <= byte < line_starts[high] */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (src->line_starts[middle] <= byte)
            low = middle;
        else
            high = middle;
    }
    uint32_t column = 1;
    for (uint32_t i = src->line_starts[low]; i < byte; i++)
        if (((unsigned char)src->text.p[i] & 0xC0) != 0x80)
            column++;
    return (iac_pos){ .line = (uint32_t)low + 1, .column = column, .byte = byte };
}

iac_str iac_range_text(iac_range range)
{
    return range.src ? iac_str_sub(range.src->text, range.start, range.end) : (iac_str){ "", 0 };
}

iac_range iac_range_join(iac_range a, iac_range b)
{
    if (!a.src || a.src != b.src)
        return a.src ? a : b;
    return (iac_range){ a.src, a.start < b.start ? a.start : b.start, a.end > b.end ? a.end : b.end };
}

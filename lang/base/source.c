#include "lang/base/source.h"

#include <string.h>

static iac_source *make(iac_arena *arena, iac_str name, iac_str text)
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

const iac_source *iac_source_new(iac_arena *arena, iac_str name, iac_str text)
{
    iac_source *src = make(arena, name, text);
    src->json = iac_str_ends(name, IAC_STR(".json"));
    return src;
}

const iac_source *iac_source_within(iac_arena *arena, const iac_source *within, iac_pos origin, iac_str text)
{
    iac_source *src = make(arena, within->name, text);
    src->within = within;
    src->origin = origin;
    return src;
}

iac_range iac_range_in_file(iac_range range)
{
    const iac_source *src = range.src;
    if (!src || !src->within)
        return range;
    size_t start = (size_t)src->origin.byte + range.start, end = (size_t)src->origin.byte + range.end;
    size_t last = src->within->text.n;
    return (iac_range){ src->within, (uint32_t)(start < last ? start : last), (uint32_t)(end < last ? end : last) };
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
    iac_pos pos = { .line = (uint32_t)low + 1, .column = column, .byte = byte };
    if (!src->within)
        return pos;
    return (iac_pos){ .line = src->origin.line + (uint32_t)low, .column = column + (low ? 0 : src->origin.column - 1),
                      .byte = src->origin.byte + byte };
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

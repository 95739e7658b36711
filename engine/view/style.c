#include "engine/view/style.h"

#include "engine/view/diff.h"

void iac_style(iac_buf *out, bool color, const char *code)
{
    if (color)
        iac_buf_cstr(out, code);
}

void iac_styled(iac_buf *out, bool color, const char *code, const char *text)
{
    iac_style(out, color, code);
    iac_buf_cstr(out, text);
    iac_style(out, color, IAC_RESET);
}

int iac_view_width(const iac_view_options *options)
{
    return options->width > 1 ? options->width : 78;
}

void iac_view_rule(iac_buf *out, const iac_view_options *options)
{
    iac_buf_char(out, '\n');
    iac_style(out, options->color, IAC_GRAY);
    for (int i = 1; i < iac_view_width(options); i++)
        iac_buf_cstr(out, "─");
    iac_style(out, options->color, IAC_RESET);
    iac_buf_cstr(out, "\n");
}

static void wrap_line(iac_buf *out, iac_str line, size_t limit)
{
    size_t used = 0, at = 0;
    while (at < line.n) {
        size_t blanks = at;
        while (blanks < line.n && line.p[blanks] == ' ')
            blanks++;
        size_t end = blanks;
        while (end < line.n && line.p[end] != ' ')
            end++;
        size_t gap = blanks - at, word = iac_diff_columns(iac_str_sub(line, blanks, end));
        if (used && used + gap + word > limit) {
            iac_buf_char(out, '\n');
            used = gap = 0;
        }
        iac_buf_fill(out, ' ', gap);
        iac_buf_str(out, iac_str_sub(line, blanks, end));
        used += gap + word;
        at = end;
    }
}

void iac_wrap(iac_buf *out, iac_str text, int width)
{
    size_t limit = width > 2 ? (size_t)width - 1 : 1;
    for (size_t at = 0; at < text.n;) {
        size_t end = iac_str_find_char(text, '\n', at);
        end = end < text.n ? end : text.n;
        wrap_line(out, iac_str_sub(text, at, end), limit);
        if (end < text.n)
            iac_buf_char(out, '\n');
        at = end + 1;
    }
}

#include "engine/view/json_util.h"
#include "engine/view/style.h"

#include "lang/base/secrets.h"
#include "lang/value/json.h"
#include "lang/value/text.h"
#include <string.h>

/* ---- the part of a source that a diagnostic shows ---- */

typedef struct snippet {
    iac_str code;             /* whole lines, without the last newline */
    uint32_t first_line;
    size_t highlight, highlight_end; /* within code */
} snippet;

/* An empty range points at the character after it, even where there is none. */
static size_t visible_end(iac_range range)
{
    return range.end > range.start ? range.end : (size_t)range.start + 1;
}

/* The line that holds the byte, without its newline. */
static void line_at(iac_str text, size_t at, size_t *start, size_t *end)
{
    *start = at;
    while (*start > 0 && text.p[*start - 1] != '\n')
        --*start;
    *end = iac_str_find_char(text, '\n', at);
    *end = *end < text.n ? *end : text.n;
}

/* The lines that the subject and its context touch, those that it ends at the start of among them; without blank
 * lines at either end. */
static snippet snippet_of(iac_arena *arena, const iac_diag *diag)
{
    iac_range subject = iac_range_in_file(diag->subject), context = iac_range_in_file(diag->context);
    iac_range whole = context.src == subject.src ? iac_range_join(subject, context) : subject;
    iac_str text = subject.src->text;
    size_t first, end, line, line_end, last = visible_end(whole);
    line_at(text, whole.start < text.n ? whole.start : text.n, &first, &line_end);
    line_at(text, last < text.n ? last : text.n, &line, &end);
    while (end > line_end && line == end) {
        end = line - 1;
        line_at(text, end, &line, &line_end);
    }
    while (first < line && text.p[first] == '\n')
        first++;
    uint32_t first_line = iac_source_pos(subject.src, (uint32_t)first).line;
    if (diag->subject.src->within) /* a line of what the string says */
        first_line = iac_source_pos(diag->subject.src, diag->subject.start).line;
    snippet s = { .code = iac_str_sub(text, first, end), .first_line = first_line };
    if (s.code.n && s.code.p[s.code.n - 1] == '\r')
        s.code.n--;
    s.highlight = subject.start > first ? subject.start - first : 0;
    s.highlight_end = visible_end(subject) > first ? visible_end(subject) - first : 0;
    s.highlight = s.highlight < s.code.n ? s.highlight : s.code.n;
    s.highlight_end = s.highlight_end < s.code.n ? s.highlight_end : s.code.n;
    s.code = iac_secrets_redacted_at(arena, s.code, &s.highlight, &s.highlight_end);
    return s;
}

/* What came on the command line is not shown. */
static bool has_code(const iac_diag *diag)
{
    iac_str name = diag->subject.src->name;
    return name.n && !iac_str_starts(name, IAC_STR("<value for "));
}

/* The diagnostic without secrets in what was said about values; the names of things stay. */
static iac_diag without_secrets(iac_arena *arena, const iac_diag *diag)
{
    iac_diag shown = *diag;
    if (!iac_secrets_any())
        return shown;
    shown.summary = iac_secrets_redacted(arena, diag->summary);
    shown.detail = iac_secrets_redacted(arena, diag->detail);
    shown.values = iac_arena_array(arena, iac_diag_value, diag->value_count);
    for (size_t i = 0; i < diag->value_count; i++) {
        shown.values[i].traversal = iac_secrets_redacted(arena, diag->values[i].traversal);
        shown.values[i].statement = iac_secrets_redacted(arena, diag->values[i].statement);
    }
    return shown;
}

/* ---- text ---- */

static void draw_code(iac_buf *out, const snippet *s, bool color)
{
    size_t at = 0;
    for (uint32_t line = s->first_line; at <= s->code.n; line++) {
        size_t end = iac_str_find_char(s->code, '\n', at);
        end = end < s->code.n ? end : s->code.n;
        size_t from = s->highlight > at ? s->highlight : at, to = s->highlight_end < end ? s->highlight_end : end;
        iac_buf_printf(out, "%4u: ", line);
        if (color && from < to) {
            iac_buf_str(out, iac_str_sub(s->code, at, from));
            iac_buf_cstr(out, IAC_UNDERLINE);
            iac_buf_str(out, iac_str_sub(s->code, from, to));
            iac_buf_cstr(out, IAC_RESET);
            iac_buf_str(out, iac_str_sub(s->code, to, end));
        } else {
            iac_buf_str(out, iac_str_sub(s->code, at, end));
        }
        iac_buf_char(out, '\n');
        at = end + 1;
    }
}

static void draw_values(iac_buf *out, const iac_diag *diag, bool color)
{
    if (!diag->value_count && !diag->signature.n)
        return;
    iac_buf_cstr(out, "    ");
    iac_styled(out, color, IAC_GRAY, "├────────────────");
    iac_buf_char(out, '\n');
    if (diag->signature.n) {
        iac_buf_cstr(out, "    ");
        iac_styled(out, color, IAC_GRAY, "│");
        iac_buf_cstr(out, " while calling ");
        iac_style(out, color, IAC_BOLD);
        iac_buf_str(out, diag->function);
        iac_style(out, color, IAC_RESET);
        iac_buf_str(out, iac_str_sub(diag->signature, iac_str_find_char(diag->signature, '(', 0), diag->signature.n));
        iac_buf_char(out, '\n');
    }
    for (size_t i = 0; i < diag->value_count; i++) {
        iac_buf_cstr(out, "    ");
        iac_styled(out, color, IAC_GRAY, "│");
        iac_buf_char(out, ' ');
        iac_style(out, color, IAC_BOLD);
        iac_buf_str(out, diag->values[i].traversal);
        iac_style(out, color, IAC_RESET);
        iac_buf_printf(out, " %.*s\n", IAC_FMT(diag->values[i].statement));
    }
}

static void draw_source(iac_buf *out, iac_arena *arena, const iac_diag *diag, bool color)
{
    if (diag->address.n)
        iac_buf_printf(out, "  with %.*s,\n", IAC_FMT(diag->address));
    if (!diag->subject.src) {
        if (diag->address.n)
            iac_buf_char(out, '\n');
        return;
    }
    iac_buf_printf(out, "  on %.*s line %u", IAC_FMT(diag->subject.src->name),
                   iac_source_pos(diag->subject.src, diag->subject.start).line);
    if (diag->block.n)
        iac_buf_printf(out, ", in %.*s", IAC_FMT(diag->block));
    iac_buf_cstr(out, ":\n");
    if (has_code(diag)) {
        snippet s = snippet_of(arena, diag);
        draw_code(out, &s, color);
    } else {
        iac_buf_cstr(out, "  (source code not available)\n");
    }
    draw_values(out, diag, color);
    iac_buf_char(out, '\n');
}

/* Lines that begin with a blank are laid out already. */
static void draw_detail(iac_buf *out, iac_str detail, int width)
{
    for (size_t at = 0; detail.n && at <= detail.n;) { /* a newline at the end is a line of its own */
        size_t end = iac_str_find_char(detail, '\n', at);
        end = end < detail.n ? end : detail.n;
        iac_str line = iac_str_sub(detail, at, end);
        if (line.n && line.p[0] == ' ')
            iac_buf_str(out, line);
        else
            iac_wrap(out, line, width);
        iac_buf_char(out, '\n');
        at = end + 1;
    }
}

static void draw_plain(iac_buf *out, const iac_diag *whole, bool color, int width)
{
    iac_arena *arena = iac_arena_new();
    iac_diag without = without_secrets(arena, whole), *diag = &without;
    const char *code = diag->severity == IAC_ERROR ? IAC_RED : IAC_YELLOW;
    iac_style(out, color, IAC_BOLD);
    iac_styled(out, color, code, diag->severity == IAC_ERROR ? "Error: " : "Warning: ");
    iac_style(out, color, IAC_BOLD);
    iac_buf_str(out, diag->summary);
    iac_style(out, color, IAC_RESET);
    iac_buf_cstr(out, "\n\n");
    draw_source(out, arena, diag, color);
    draw_detail(out, diag->detail, width);
    iac_arena_free(arena);
}

void iac_view_diag(iac_buf *out, const iac_diag *diag, const iac_view_options *options)
{
    int width = iac_view_width(options);
    if (!options->color) {
        iac_buf_char(out, '\n');
        draw_plain(out, diag, false, width);
        return;
    }
    const char *code = diag->severity == IAC_ERROR ? IAC_RED : IAC_YELLOW;
    iac_buf inside;
    iac_buf_init(&inside, IAC_BUF_UNLIMITED);
    draw_plain(&inside, diag, true, width - 2 > 1 ? width - 2 : 2);
    iac_str text = iac_buf_view(&inside);
    iac_styled(out, true, code, "╷");
    iac_buf_char(out, '\n');
    for (size_t at = 0; at < text.n;) {
        size_t end = iac_str_find_char(text, '\n', at);
        end = end < text.n ? end : text.n;
        iac_styled(out, true, code, "│");
        iac_buf_char(out, ' ');
        iac_buf_str(out, iac_str_sub(text, at, end));
        iac_buf_char(out, '\n');
        at = end + 1;
    }
    iac_styled(out, true, code, "╵");
    iac_buf_char(out, '\n');
    iac_buf_clear(&inside);
}

/* ---- warnings of one kind together ---- */

/* Warnings with a place and the same first line are one, which says how many more there are. Assertions each count. */
static bool is_grouped(const iac_diag *diag)
{
    return diag->severity == IAC_WARNING && diag->subject.src &&
           !iac_str_starts(diag->summary, IAC_STR("Check block assertion"));
}

/* To be cleared: of each kind, the number of warnings. */
static iac_map count_kinds(const iac_diags *diags)
{
    iac_map kinds = { 0 };
    for (size_t i = 0; i < diags->list.n; i++)
        if (is_grouped(&diags->list.v[i])) {
            void **at = iac_map_at(&kinds, diags->list.v[i].summary);
            *at = (char *)*at + 1;
        }
    return kinds;
}

/* How many warnings diag stands for; 0 where another of its kind came before it. Asked once for each, in order. */
static size_t stands_for(iac_map *kinds, const iac_diag *diag)
{
    if (!is_grouped(diag))
        return 1;
    return (size_t)(uintptr_t)iac_map_put(kinds, diag->summary, NULL);
}

static void draw_first_of(iac_buf *out, const iac_diag *diag, size_t count, const iac_view_options *options)
{
    iac_diag first = *diag;
    iac_buf detail;
    iac_buf_init(&detail, IAC_BUF_UNLIMITED);
    iac_buf_str(&detail, diag->detail);
    if (detail.n)
        iac_buf_cstr(&detail, "\n\n");
    if (count == 2)
        iac_buf_cstr(&detail, "(and one more similar warning elsewhere)");
    else
        iac_buf_printf(&detail, "(and %zu more similar warnings elsewhere)", count - 1);
    first.detail = iac_buf_view(&detail);
    iac_view_diag(out, &first, options);
    iac_buf_clear(&detail);
}

static void draw_compact(iac_buf *out, const iac_diags *diags, iac_map *kinds, const iac_view_options *options)
{
    iac_buf_char(out, '\n');
    iac_style(out, options->color, IAC_BOLD);
    iac_styled(out, options->color, IAC_YELLOW, "Warnings:");
    iac_buf_cstr(out, "\n\n");
    for (size_t i = 0; i < 2 * diags->list.n; i++) { /* those that stand nowhere come first */
        const iac_diag *diag = &diags->list.v[i % diags->list.n];
        if ((diag->subject.src != NULL) != (i >= diags->list.n))
            continue;
        size_t count = stands_for(kinds, diag);
        if (count == 0)
            continue;
        iac_buf_cstr(out, "- ");
        iac_secrets_redact(out, diag->summary);
        iac_buf_char(out, '\n');
        if (!diag->subject.src)
            continue;
        iac_buf_printf(out, "  on %.*s line %u", IAC_FMT(diag->subject.src->name),
                       iac_source_pos(diag->subject.src, diag->subject.start).line);
        if (count > 1)
            iac_buf_printf(out, " (and %zu more)", count - 1);
        iac_buf_char(out, '\n');
    }
    iac_buf_cstr(out, "\nTo see the full warning notes, run iac without -compact-warnings.\n");
}

void iac_view_diags(iac_buf *out, const iac_diags *diags, int severity, const iac_view_options *options)
{
    iac_map kinds = count_kinds(diags);
    bool compact = options->compact_warnings && diags->list.n && !diags->errors && severity != IAC_ERROR;
    if (compact)
        draw_compact(out, diags, &kinds, options);
    for (size_t i = 0; !compact && i < diags->list.n; i++) {
        const iac_diag *diag = &diags->list.v[i];
        if (severity >= 0 && (int)diag->severity != severity)
            continue;
        size_t count = stands_for(&kinds, diag);
        if (count == 1)
            iac_view_diag(out, diag, options);
        else if (count > 1)
            draw_first_of(out, diag, count, options);
        if (count && options->spaced)
            iac_buf_char(out, '\n');
    }
    iac_map_clear(&kinds);
}

/* ---- JSON ---- */

/* past: how many characters after the position, on the same line. */
static void json_pos(iac_buf *out, const iac_source *src, uint32_t byte, uint32_t past)
{
    iac_pos pos = iac_shown_pos(src, byte);
    iac_buf_printf(out, "{\"line\":%u,\"column\":%u,\"byte\":%u}", pos.line, pos.column + past, pos.byte + past);
}

static void json_snippet(iac_buf *out, iac_arena *arena, const iac_diag *diag)
{
    snippet s = snippet_of(arena, diag);
    iac_buf_cstr(out, ",\"snippet\":{\"context\":");
    if (diag->block.n)
        iac_json_string(out, diag->block, true);
    else
        iac_buf_cstr(out, "null");
    iac_buf_cstr(out, ",\"code\":");
    iac_json_string(out, s.code, true);
    iac_buf_printf(out, ",\"start_line\":%u,\"highlight_start_offset\":%zu,\"highlight_end_offset\":%zu,\"values\":[",
                   s.first_line, s.highlight, s.highlight_end);
    for (size_t i = 0; i < diag->value_count; i++) {
        iac_buf_cstr(out, i ? ",{\"traversal\":" : "{\"traversal\":");
        iac_json_string(out, diag->values[i].traversal, true);
        iac_buf_cstr(out, ",\"statement\":");
        iac_json_string(out, diag->values[i].statement, true);
        iac_buf_char(out, '}');
    }
    iac_buf_char(out, ']');
    if (diag->function.n) {
        iac_buf_cstr(out, ",\"function_call\":{\"called_as\":");
        iac_json_string(out, diag->function, true);
        if (diag->signature_json.n) {
            iac_buf_cstr(out, ",\"signature\":");
            iac_buf_str(out, diag->signature_json);
        }
        iac_buf_char(out, '}');
    }
    iac_buf_char(out, '}');
}

void iac_json_diag(iac_buf *out, const iac_diag *whole)
{
    iac_arena *arena = iac_arena_new();
    iac_diag without = without_secrets(arena, whole), *diag = &without;
    iac_buf_printf(out, "{\"severity\":\"%s\",\"summary\":", diag->severity == IAC_ERROR ? "error" : "warning");
    iac_json_string(out, diag->summary, true);
    iac_buf_cstr(out, ",\"detail\":");
    iac_json_string(out, diag->detail, true);
    if (diag->address.n) {
        iac_buf_cstr(out, ",\"address\":");
        iac_json_string(out, diag->address, true);
    }
    if (diag->subject.src) {
        iac_range range = diag->subject;
        bool empty = range.end <= range.start;
        iac_buf_cstr(out, ",\"range\":{\"filename\":");
        iac_json_string(out, range.src->name, true);
        iac_buf_cstr(out, ",\"start\":");
        json_pos(out, range.src, range.start, 0);
        iac_buf_cstr(out, ",\"end\":");
        json_pos(out, range.src, empty ? range.start : range.end, empty);
        iac_buf_char(out, '}');
        if (has_code(diag))
            json_snippet(out, arena, diag);
    }
    iac_buf_char(out, '}');
    iac_arena_free(arena);
}

void iac_json_validate(iac_buf *out, const iac_diags *diags)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_printf(&json,
                   "{\"format_version\":\"1.0\",\"valid\":%s,\"error_count\":%zu,\"warning_count\":%zu,"
                   "\"diagnostics\":[",
                   diags->errors ? "false" : "true", diags->errors, diags->list.n - diags->errors);
    for (size_t i = 0; i < diags->list.n; i++) {
        if (i)
            iac_buf_char(&json, ',');
        iac_json_diag(&json, &diags->list.v[i]);
    }
    iac_buf_cstr(&json, "]}");
    iac_json_indent(out, iac_buf_view(&json), 0);
    iac_buf_char(out, '\n');
    iac_buf_clear(&json);
}

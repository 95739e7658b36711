#include "lang/value/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Length of the well-formed UTF-8 sequence at p, or 0. */
static size_t sequence(const unsigned char *p, size_t n, uint32_t *ret)
{
    if (p[0] < 0x80) {
        *ret = p[0];
        return 1;
    }
    size_t length = p[0] > 0xf4 ? 0 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
    if (length == 0 || length > n)
        return 0;
    uint32_t cp = p[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (p[i] & 0x3fu);
    }
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    if (cp < least[length] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
        return 0;
    *ret = cp;
    return length;
}

/* How many bytes at the start are ASCII. */
static size_t ascii_prefix(iac_str s)
{
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t word;
        memcpy(&word, s.p + i, 8);
        if (word & 0x8080808080808080ULL)
            break;
    }
    while (i < s.n && (unsigned char)s.p[i] < 0x80)
        i++;
    return i;
}

bool iac_utf8_valid(iac_str s)
{
    uint32_t cp;
    for (size_t i = ascii_prefix(s); i < s.n;) {
        size_t n = sequence((const unsigned char *)s.p + i, s.n - i, &cp);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

uint32_t iac_utf8_next(iac_str s, size_t *offset)
{
    uint32_t cp = 0xfffd;
    if (*offset >= s.n)
        return cp;
    size_t n = sequence((const unsigned char *)s.p + *offset, s.n - *offset, &cp);
    *offset += n ? n : 1;
    return n ? cp : 0xfffd;
}

/* Code points below U+0300 neither combine nor decompose in NFC, so most texts need no work at all. */
static bool surely_nfc(iac_str s)
{
    for (size_t i = ascii_prefix(s); i < s.n;)
        if (iac_utf8_next(s, &i) >= 0x300)
            return false;
    return true;
}

iac_str iac_nfc(iac_arena *arena, iac_str s)
{
    if (surely_nfc(s))
        return s;
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &out, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (n < 0) { /* not valid UTF-8 */
        free(out);
        return s;
    }
    iac_str normal = { (const char *)out, (size_t)n };
    iac_str result = iac_str_eq(normal, s) ? s : iac_arena_str(arena, normal);
    free(out);
    return result;
}

size_t iac_grapheme_next(iac_str s, size_t offset)
{
    if (offset >= s.n)
        return 0;
    size_t at = offset;
    utf8proc_int32_t state = 0;
    uint32_t previous = iac_utf8_next(s, &at);
    while (at < s.n) {
        size_t next = at;
        uint32_t cp = iac_utf8_next(s, &next);
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)previous, (utf8proc_int32_t)cp, &state))
            break;
        previous = cp;
        at = next;
    }
    return at - offset;
}

size_t iac_grapheme_count(iac_str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i += iac_grapheme_next(s, i))
        count++;
    return count;
}

static uint32_t count_columns(const iac_source *src, iac_str part)
{
    size_t count = 0, size;
    for (size_t i = 0; i < part.n; i += size) {
        size = iac_grapheme_next(part, i);
        char c = part.p[i];
        count += !src->json ? 1 : c == '\t' ? 2 : c != '\r';
    }
    return (uint32_t)count;
}

iac_pos iac_shown_pos(const iac_source *src, uint32_t byte)
{
    iac_pos pos = iac_source_pos(src, byte);
    uint32_t line = pos.line - (src->within ? src->origin.line - 1 : 0);
    uint32_t start = src->line_starts[line - 1];
    pos.column = count_columns(src, iac_str_sub(src->text, start, byte)) + 1;
    if (src->within && line == 1)
        pos.column += src->origin.column - 1;
    return pos;
}

iac_str iac_range_place(iac_arena *arena, iac_range range)
{
    if (!range.src)
        return IAC_STR("<unknown>");
    iac_pos start = iac_shown_pos(range.src, range.start), end = iac_shown_pos(range.src, range.end);
    iac_str name = range.src->name;
    if (start.line == end.line)
        return iac_arena_printf(arena, "%.*s:%u,%u-%u", IAC_FMT(name), start.line, start.column, end.column);
    return iac_arena_printf(arena, "%.*s:%u,%u-%u,%u", IAC_FMT(name), start.line, start.column, end.line, end.column);
}

static bool is_category(uint32_t cp, unsigned mask)
{
    if (cp > 0x10ffff)
        return false;
    return mask >> (unsigned)utf8proc_category((utf8proc_int32_t)cp) & 1u;
}

#define BIT(name) (1u << UTF8PROC_CATEGORY_##name)

uint32_t iac_to_lower(uint32_t code_point)
{
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)code_point);
}

bool iac_is_id_start(uint32_t cp)
{
    if (cp < 0x80)
        return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
    if (cp == 0x2e2f) /* a letter by category, pattern syntax by UAX #31 */
        return false;
    bool other = cp == 0x2118 || cp == 0x212e || cp == 0x309b || cp == 0x309c || cp == 0x1885 || cp == 0x1886;
    return other || is_category(cp, BIT(LU) | BIT(LL) | BIT(LT) | BIT(LM) | BIT(LO) | BIT(NL));
}

bool iac_is_id_continue(uint32_t cp)
{
    if (cp < 0x80)
        return iac_is_id_start(cp) || (cp >= '0' && cp <= '9') || cp == '_';
    bool other = cp == 0xb7 || cp == 0x387 || (cp >= 0x1369 && cp <= 0x1371) || cp == 0x19da;
    return other || iac_is_id_start(cp) || is_category(cp, BIT(MN) | BIT(MC) | BIT(ND) | BIT(PC));
}

bool iac_is_printable(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 0x20 && cp < 0x7f;
    return is_category(cp, BIT(LU) | BIT(LL) | BIT(LT) | BIT(LM) | BIT(LO) | BIT(MN) | BIT(MC) | BIT(ME) | BIT(ND) |
                               BIT(NL) | BIT(NO) | BIT(PC) | BIT(PD) | BIT(PS) | BIT(PE) | BIT(PI) | BIT(PF) | BIT(PO) |
                               BIT(SM) | BIT(SC) | BIT(SK) | BIT(SO));
}

void iac_quote(iac_buf *out, iac_str s)
{
    iac_buf_char(out, '"');
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        uint32_t cp = iac_utf8_next(s, &i);
        static const char escaped[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";
        const char *hit = cp && cp < 0x80 ? strchr(escaped, (int)cp) : NULL;
        if (hit)
            iac_buf_printf(out, "\\%c", letters[hit - escaped]);
        else if (cp == 0xfffd && i - from == 1)
            iac_buf_printf(out, "\\x%02x", (unsigned char)s.p[from]);
        else if (iac_is_printable(cp))
            iac_buf_add(out, s.p + from, i - from);
        else
            iac_buf_printf(out, cp < 0x20 || cp == 0x7f ? "\\x%02x" : cp < 0x10000 ? "\\u%04x" : "\\U%08x", cp);
    }
    iac_buf_char(out, '"');
}

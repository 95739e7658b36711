#include "lang/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAIN_SIZE = 256 << 10 };

static char empty_text[1] = "";

void iac_buf_init(iac_buf *buf, size_t max)
{
    *buf = (iac_buf){ .p = empty_text, .max = max };
}

void iac_buf_clear(iac_buf *buf)
{
    if (buf->cap)
        free(buf->p);
    iac_buf_init(buf, buf->max);
}

void iac_buf_reset(iac_buf *buf)
{
    buf->n = 0;
    buf->full = false;
    if (buf->cap)
        buf->p[0] = '\0';
}

/* Makes room for n more bytes; false when that would pass max. */
static bool reserve(iac_buf *buf, size_t n)
{
    if (buf->full || n > buf->max - buf->n) {
        buf->full = true;
        return false;
    }
    size_t need = buf->n + n + 1;
    if (need > buf->cap) {
        size_t cap = buf->cap < 64 ? 64 : buf->cap * 2;
        if (cap < need)
            cap = need;
        buf->p = iac_xrealloc(buf->cap ? buf->p : NULL, cap);
        buf->cap = cap;
    }
    return true;
}

char *iac_buf_room(iac_buf *buf, size_t n)
{
    if (!reserve(buf, n))
        return NULL;
    char *room = buf->p + buf->n;
    buf->n += n;
    buf->p[buf->n] = '\0';
    return room;
}

void iac_buf_drain(iac_buf *buf)
{
    if (!buf->drain || buf->n < DRAIN_SIZE)
        return;
    buf->drain(iac_buf_view(buf));
    iac_buf_cut(buf, 0);
}

void iac_buf_cut(iac_buf *buf, size_t n)
{
    if (n >= buf->n)
        return;
    buf->n = n;
    buf->p[n] = '\0';
}

void iac_buf_add(iac_buf *buf, const void *bytes, size_t n)
{
    if (n == 0 || !reserve(buf, n))
        return;
    memcpy(buf->p + buf->n, bytes, n);
    buf->n += n;
    buf->p[buf->n] = '\0';
}

void iac_buf_str(iac_buf *buf, iac_str s)
{
    iac_buf_add(buf, s.p, s.n);
}

void iac_buf_cstr(iac_buf *buf, const char *s)
{
    iac_buf_add(buf, s, strlen(s));
}

void iac_buf_char(iac_buf *buf, char c)
{
    if (!reserve(buf, 1))
        return;
    buf->p[buf->n++] = c;
    buf->p[buf->n] = '\0';
}

void iac_buf_fill(iac_buf *buf, char c, size_t count)
{
    if (count == 0 || !reserve(buf, count))
        return;
    memset(buf->p + buf->n, c, count);
    buf->n += count;
    buf->p[buf->n] = '\0';
}

void iac_buf_vprintf(iac_buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n <= 0 || !reserve(buf, (size_t)n))
        return;
    vsnprintf(buf->p + buf->n, (size_t)n + 1, format, args);
    buf->n += (size_t)n;
}

void iac_buf_printf(iac_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    iac_buf_vprintf(buf, format, args);
    va_end(args);
}

void iac_buf_utf8(iac_buf *buf, uint32_t c)
{
    char bytes[4];
    size_t n;
    if (c < 0x80) {
        bytes[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        bytes[0] = (char)(0xC0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3F));
        n = 2;
    } else if (c < 0x10000) {
        bytes[0] = (char)(0xE0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (c & 0x3F));
        n = 3;
    } else {
        bytes[0] = (char)(0xF0 | c >> 18);
        bytes[1] = (char)(0x80 | (c >> 12 & 0x3F));
        bytes[2] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[3] = (char)(0x80 | (c & 0x3F));
        n = 4;
    }
    iac_buf_add(buf, bytes, n);
}

iac_str iac_buf_view(const iac_buf *buf)
{
    return (iac_str){ buf->p, buf->n };
}

char *iac_buf_detach(iac_buf *buf)
{
    char *p = buf->cap ? buf->p : iac_xcalloc(1, 1);
    iac_buf_init(buf, buf->max);
    return p;
}

void iac_buf_markup(iac_buf *buf, iac_str text, bool in_value)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '<')
            iac_buf_cstr(buf, "&lt;");
        else if (c == '>')
            iac_buf_cstr(buf, "&gt;");
        else if (c == '&')
            iac_buf_cstr(buf, "&amp;");
        else if (c == '"' || c == '\'')
            iac_buf_printf(buf, "&#%d;", c);
        else if (in_value && (c == '\n' || c == '\t' || c == '\r'))
            iac_buf_printf(buf, "&#x%X;", c);
        else
            iac_buf_char(buf, c >= 0x20 || c == '\n' || c == '\t' ? text.p[i] : '?');
    }
}

/* lang/base/buf.h - a growing byte buffer. p is never NULL and always NUL-terminated after iac_buf_init, so it can be
 * used as a C string. Growth driven by input stops at max: the buffer then sets `full` and ignores what follows;
 * callers that build from foreign bytes check it once at the end. */
#ifndef IAC_BASE_BUF_H
#define IAC_BASE_BUF_H
#include "lang/base/base.h"
#include "lang/base/str.h"
#include <stdarg.h>

typedef struct iac_buf {
    char *p;
    size_t n;   /* bytes used, without the NUL */
    size_t cap; /* bytes allocated; 0 while p is the shared empty string */
    size_t max; /* largest n allowed */
    bool full;  /* something did not fit */
    void (*drain)(iac_str bytes); /* takes what iac_buf_drain hands over; NULL: everything is kept */
} iac_buf;

#define IAC_BUF_UNLIMITED ((size_t)1 << 40)

void iac_buf_init(iac_buf *buf, size_t max);
void iac_buf_clear(iac_buf *buf); /* frees; the buffer may be used again */
void iac_buf_reset(iac_buf *buf); /* empties, keeps the memory */
void iac_buf_add(iac_buf *buf, const void *bytes, size_t n);
void iac_buf_str(iac_buf *buf, iac_str s);
void iac_buf_cstr(iac_buf *buf, const char *s);
void iac_buf_char(iac_buf *buf, char c);
char *iac_buf_room(iac_buf *buf, size_t n); /* n more bytes, to be written at once; NULL when they do not fit */
void iac_buf_cut(iac_buf *buf, size_t n);   /* back to the first n bytes */
void iac_buf_fill(iac_buf *buf, char c, size_t count);
void iac_buf_printf(iac_buf *buf, const char *format, ...) IAC_PRINTF(2, 3);
void iac_buf_vprintf(iac_buf *buf, const char *format, va_list args);
void iac_buf_utf8(iac_buf *buf, uint32_t code_point); /* appends the code point's UTF-8 form */
/* Appends text for XML and HTML. in_value: within the quotes of an attribute that keeps line breaks and tabs: they become
 * references. Other control characters, which neither may hold, become question marks. */
void iac_buf_markup(iac_buf *buf, iac_str text, bool in_value);
iac_str iac_buf_view(const iac_buf *buf);              /* valid until the next change */
/* Between the parts of a long document: what has come together so far leaves the buffer, where much has and the buffer
 * drains somewhere. Whoever writes parts does not look back over it. */
void iac_buf_drain(iac_buf *buf);
char *iac_buf_detach(iac_buf *buf);                    /* the caller owns and frees the bytes; buf is empty again */
#endif

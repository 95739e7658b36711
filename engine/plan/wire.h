/* engine/plan/wire.h - numbers, texts and values of plan files, written and read in the same order. Internal. */
#ifndef IAC_PLAN_WIRE_H
#define IAC_PLAN_WIRE_H
#include "lang/addr/addr.h"
#include "lang/value/json.h"
#include "lang/value/path.h"

/* Writing: to a buffer. */
void iac_put_number(iac_buf *out, uint64_t n);
void iac_put_text(iac_buf *out, iac_str s);
void iac_put_value(iac_buf *out, const iac_value *v); /* NULL is kept */
void iac_put_addr(iac_buf *out, iac_addr addr);
void iac_put_path(iac_buf *out, iac_path path);

/* Reading: any bytes are fine; the first thing that does not fit sets `bad`, and everything read after is empty. */
typedef struct iac_wire {
    iac_arena *arena;
    iac_str bytes;
    size_t at;
    bool bad;
} iac_wire;
uint64_t iac_get_number(iac_wire *in);
size_t iac_get_count(iac_wire *in); /* of items that take at least a byte each: never more than the bytes left */
iac_str iac_get_text(iac_wire *in); /* NUL-terminated copy */
const iac_value *iac_get_value(iac_wire *in);
iac_addr iac_get_addr(iac_wire *in);
iac_path iac_get_path(iac_wire *in);
#endif

/* lang/base/arena.h - memory by lifetime: allocate piecemeal, free all at once.
 * An arena belongs to one thread at a time; what was allocated from it may be read by any thread once published.
 * With IAC_DEBUG_ARENA defined each allocation is its own malloc, so that AddressSanitizer sees every object. */
#ifndef IAC_BASE_ARENA_H
#define IAC_BASE_ARENA_H
#include "lang/base/base.h"
#include "lang/base/str.h"
#include <stdarg.h>

iac_arena *iac_arena_new(void);
void iac_arena_free(iac_arena *arena);  /* NULL is fine */
void iac_arena_reset(iac_arena *arena); /* frees everything allocated, keeps the first block for reuse */

void *iac_arena_alloc(iac_arena *arena, size_t size); /* zeroed, aligned for any object; never NULL */
#define iac_arena_new_of(arena, T) ((T *)iac_arena_alloc((arena), sizeof(T)))
#define iac_arena_array(arena, T, count) ((T *)iac_arena_alloc_array((arena), (count), sizeof(T)))
void *iac_arena_alloc_array(iac_arena *arena, size_t count, size_t size); /* checks count * size for overflow */

/* Copies; the result ends with a NUL that is not counted. */
iac_str iac_arena_str(iac_arena *arena, iac_str s);
char *iac_arena_cstr(iac_arena *arena, iac_str s);
iac_str iac_arena_printf(iac_arena *arena, const char *format, ...) IAC_PRINTF(2, 3);
iac_str iac_arena_vprintf(iac_arena *arena, const char *format, va_list args);

/* child lives as long as what arena holds now: it is freed with it. child must not be used for allocation by two
 * threads, as before. */
void iac_arena_adopt(iac_arena *arena, iac_arena *child);

/* Bytes handed out since creation or reset. */
size_t iac_arena_used(const iac_arena *arena);
#endif

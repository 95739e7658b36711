/* lang/base/base.h - the ground floor: what every part of iac may use.
 * Layer: base (sees nothing). Containers and memory never print, never exit on bad input; running out of memory
 * aborts (a journal written ahead of each provider call makes that safe). */
#ifndef IAC_BASE_BASE_H
#define IAC_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define IAC_MUST_CHECK __attribute__((warn_unused_result))
#define IAC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define IAC_MUST_CHECK
#define IAC_PRINTF(fmt, args)
#endif

#define IAC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a caller branches on. Everything else is told by diagnostics. */
typedef enum iac_status {
    IAC_OK = 0,
    IAC_ERR,       /* failed; a diagnostic says why */
    IAC_NOT_FOUND, /* the thing asked for does not exist */
    IAC_BUSY,      /* held by someone else */
    IAC_CANCELLED, /* the user asked to stop */
    IAC_RETRY,     /* may succeed when tried again */
} iac_status;

typedef struct iac_arena iac_arena; /* arena.h */

#include "lang/base/alloc.h"
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/map.h"
#include "lang/base/str.h"
#include "lang/base/vec.h"
#endif

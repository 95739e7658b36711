/* providers/sdk/retry.h - when to try again: exponential backoff with full jitter. Layer: providers/sdk. */
#ifndef IAC_SDK_RETRY_H
#define IAC_SDK_RETRY_H
#include "providers/sdk/sdk.h"

typedef struct sdk_backoff {
    uint32_t attempt;  /* tries made so far */
    uint32_t max;      /* tries allowed in all */
    uint64_t base_ms;  /* first delay at most; doubles */
    uint64_t cap_ms;
} sdk_backoff;

/* Sleeps before the next try and counts it. retry_after_ms is the server's wish (0: none) and is a lower bound, up to
 * five minutes. False when no try is left or the call was cancelled. */
bool sdk_backoff_next(sdk_backoff *backoff, iacp_call *call, uint64_t retry_after_ms);
#endif

/* lang/net/retry.h - when to try again: exponential backoff with full jitter. Layer: lang/net. */
#ifndef IAC_NET_RETRY_H
#define IAC_NET_RETRY_H
#include "lang/net/http.h"

typedef struct net_backoff {
    uint32_t attempt;  /* tries made so far */
    uint32_t max;      /* tries allowed in all */
    uint64_t base_ms;  /* first delay at most; doubles */
    uint64_t cap_ms;
} net_backoff;

/* Waits before the next try and counts it. retry_after_ms is the server's wish (0: none) and is a lower bound, up to
 * five minutes. False when no try is left or the call was cancelled. */
bool net_backoff_next(net_backoff *backoff, const net_call *call, uint64_t retry_after_ms);
#endif

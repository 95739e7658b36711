/* providers/sdk/retry.h - when a provider tries again: lang/net/retry.h, with the call's cancellation.
 * Layer: providers/sdk. */
#ifndef IAC_SDK_RETRY_H
#define IAC_SDK_RETRY_H
#include "lang/net/retry.h"
#include "providers/sdk/sdk.h"

typedef net_backoff sdk_backoff;

/* Waits before the next try and counts it; false when no try is left or the call was cancelled. */
bool sdk_backoff_next(sdk_backoff *backoff, iacp_call *call, uint64_t retry_after_ms);
#endif

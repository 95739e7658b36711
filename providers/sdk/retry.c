#include "providers/sdk/retry.h"
#include <sys/random.h>
#include <time.h>

#define LONGEST_WISH_MS (5u * 60u * 1000u)

/* A number in [0, limit]. Jitter needs no secrecy, so a failing kernel source is replaced by the clock. */
static uint64_t up_to(uint64_t limit)
{
    uint64_t random = 0;

    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random)) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        random = iac_hash_mix((uint64_t)now.tv_nsec, (uint64_t)now.tv_sec);
    }
    return limit == UINT64_MAX ? random : random % (limit + 1);
}

bool sdk_backoff_next(sdk_backoff *backoff, iacp_call *call, uint64_t retry_after_ms)
{
    uint64_t most = backoff->base_ms;

    if (backoff->attempt + 1 >= backoff->max || sdk_host->cancelled(call)) {
        return false;
    }
    for (uint32_t i = 0; i < backoff->attempt && most < backoff->cap_ms; i++) {
        most *= 2;
    }
    if (most > backoff->cap_ms) {
        most = backoff->cap_ms;
    }
    backoff->attempt++;

    uint64_t delay = up_to(most);
    uint64_t wish = retry_after_ms < LONGEST_WISH_MS ? retry_after_ms : LONGEST_WISH_MS;
    if (delay < wish) {
        delay = wish;
    }
    if (delay == 0) {
        return true;
    }
    return sdk_host->wait(call, delay) == 0;
}

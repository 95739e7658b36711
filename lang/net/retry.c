#include "lang/net/retry.h"

#include <errno.h>
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

static bool wait_ms(const net_call *call, uint64_t ms)
{
    if (call->wait)
        return call->wait(call->owner, ms);
    struct timespec left = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    return true;
}

bool net_backoff_next(net_backoff *backoff, const net_call *call, uint64_t retry_after_ms)
{
    uint64_t most = backoff->base_ms;

    if (backoff->attempt + 1 >= backoff->max || (call->cancelled && call->cancelled(call->owner)))
        return false;
    for (uint32_t i = 0; i < backoff->attempt && most < backoff->cap_ms; i++)
        most *= 2;
    if (most > backoff->cap_ms)
        most = backoff->cap_ms;
    backoff->attempt++;

    uint64_t delay = up_to(most);
    uint64_t wish = retry_after_ms < LONGEST_WISH_MS ? retry_after_ms : LONGEST_WISH_MS;
    if (delay < wish)
        delay = wish;
    return delay == 0 || wait_ms(call, delay);
}

/* How many calls of a rate class run at once. */
#include "engine/host/host_internal.h"

#include <time.h>

/* How long a waiter may go on unaware that the user asked to stop. */
#define WAKE_MS 50

struct limit_class {
    uint32_t running;
};

void iac_limits_init(iac_limits *limits)
{
    *limits = (iac_limits){ .arena = iac_arena_new() };
    pthread_mutex_init(&limits->lock, NULL);
    pthread_cond_init(&limits->freed, NULL);
}

void iac_limits_clear(iac_limits *limits)
{
    pthread_mutex_destroy(&limits->lock);
    pthread_cond_destroy(&limits->freed);
    iac_map_clear(&limits->classes);
    iac_arena_free(limits->arena);
}

static struct limit_class *class_of(iac_limits *limits, iac_str name)
{
    struct limit_class *found = iac_map_get(&limits->classes, name);
    if (!found) {
        found = iac_arena_new_of(limits->arena, struct limit_class);
        iac_map_put(&limits->classes, iac_arena_str(limits->arena, name), found);
    }
    return found;
}

static void wait_a_little(iac_limits *limits)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAKE_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&limits->freed, &limits->lock, &until);
}

bool iac_limits_acquire(iac_limits *limits, const char *rate_class, uint32_t limit, const atomic_bool *cancelled,
                        iac_slot *ret)
{
    bool taken = true;

    *ret = (iac_slot){ 0 };
    if (!rate_class || limit == 0)
        return true;
    pthread_mutex_lock(&limits->lock);
    struct limit_class *found = class_of(limits, iac_str_of(rate_class));
    while (taken && found->running >= limit) {
        if (cancelled && atomic_load(cancelled))
            taken = false;
        else
            wait_a_little(limits);
    }
    if (taken) {
        found->running++;
        *ret = (iac_slot){ limits, found };
    }
    pthread_mutex_unlock(&limits->lock);
    return taken;
}

void iac_slot_release(iac_slot *slot)
{
    if (!slot->limits)
        return;
    pthread_mutex_lock(&slot->limits->lock);
    ((struct limit_class *)slot->rate_class)->running--;
    pthread_cond_broadcast(&slot->limits->freed);
    pthread_mutex_unlock(&slot->limits->lock);
    *slot = (iac_slot){ 0 };
}

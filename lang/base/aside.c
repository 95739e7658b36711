#include "lang/base/aside.h"

#include "lang/base/base.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct aside {
    void (*fn)(void *arg);
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
};

static void *aside_main(void *arg)
{
    struct aside *aside = arg;
    aside->fn(aside->arg);
    pthread_mutex_lock(&aside->lock);
    aside->done = true;
    pthread_cond_signal(&aside->wake);
    pthread_mutex_unlock(&aside->lock);
    return NULL;
}

/* A tenth of a second at most. */
static void wait_a_little(struct aside *aside)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 100000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_cond_timedwait(&aside->wake, &aside->lock, &until);
}

bool iac_aside(void (*fn)(void *arg), void *arg, bool (*keep_waiting)(const void *user), const void *user)
{
    pthread_t thread;
    pthread_condattr_t attr;
    struct aside *aside = iac_xcalloc(1, sizeof(*aside)); /* it outlives the call that is given up */
    *aside = (struct aside){ .fn = fn, .arg = arg };
    pthread_mutex_init(&aside->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&aside->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&thread, NULL, aside_main, aside) != 0) {
        fn(arg);
    } else {
        pthread_mutex_lock(&aside->lock);
        while (!aside->done && keep_waiting(user))
            wait_a_little(aside);
        bool done = aside->done;
        pthread_mutex_unlock(&aside->lock);
        if (!done) {
            pthread_detach(thread);
            return false;
        }
        pthread_join(thread, NULL);
    }
    pthread_cond_destroy(&aside->wake);
    pthread_mutex_destroy(&aside->lock);
    free(aside);
    return true;
}

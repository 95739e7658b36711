#include "engine/plan/run.h"

#include <time.h>

double iac_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Those who end a run that does not end by itself mostly give it ten seconds: what goes on after this many is cancelled,
 * so that what became of it can still be recorded. */
enum { PATIENCE_SECONDS = 7 };

/* asked: when a stop was first seen; 0: it was not. */
static void look(iac_watch *watch, double *asked)
{
    iac_run *run = watch->run;
    int stop = run->stop ? atomic_load(run->stop) : 0;
    if (stop && *asked <= 0) {
        *asked = iac_now();
        iac_run_event(run, &(iac_event){ .kind = IAC_EVENT_STOPPING });
    }
    bool too_long = *asked > 0 && iac_now() - *asked > PATIENCE_SECONDS;
    if ((stop > 1 || too_long) && !atomic_exchange(&run->cancelled, true))
        for (size_t i = 0; i < run->uses.n; i++)
            iac_each_provider_instance(run->uses.v[i], iac_instance_stop);
    if (watch->tick)
        watch->tick(watch->arg, iac_now());
}

static void *watch_main(void *arg)
{
    iac_watch *watch = arg;
    double asked = 0;
    pthread_mutex_lock(&watch->lock);
    while (!watch->over) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += 100000000L;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000L;
        }
        pthread_cond_timedwait(&watch->wake, &watch->lock, &until);
        if (watch->over)
            break;
        pthread_mutex_unlock(&watch->lock);
        look(watch, &asked);
        pthread_mutex_lock(&watch->lock);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

void iac_watch_start(iac_watch *watch, iac_run *run, void (*tick)(void *arg, double now), void *arg)
{
    *watch = (iac_watch){ .run = run, .tick = tick, .arg = arg };
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->wake, &attr);
    pthread_condattr_destroy(&attr);
    watch->started = pthread_create(&watch->thread, NULL, watch_main, watch) == 0;
}

void iac_watch_end(iac_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->over = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    if (watch->started)
        pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->wake);
    pthread_mutex_destroy(&watch->lock);
}

#include "engine/plan/run.h"

#include <time.h>

double iac_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void look(iac_watch *watch, bool *told)
{
    iac_run *run = watch->run;
    int stop = run->stop ? atomic_load(run->stop) : 0;
    if (stop && !*told) {
        *told = true;
        iac_run_event(run, &(iac_event){ .kind = IAC_EVENT_STOPPING });
    }
    if (stop > 1 && !atomic_exchange(&run->cancelled, true))
        for (size_t i = 0; i < run->uses.n; i++)
            if (run->uses.v[i]->instance)
                iac_instance_stop(run->uses.v[i]->instance);
    if (watch->tick)
        watch->tick(watch->arg, iac_now());
}

static void *watch_main(void *arg)
{
    iac_watch *watch = arg;
    bool told = false;
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
        look(watch, &told);
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

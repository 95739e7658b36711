#include "engine/plan/run.h"
#include "lang/base/aside.h"

#include <time.h>

double iac_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Those who end a run that does not end by itself mostly give it ten seconds: what goes on after this many is cancelled,
 * so that what became of it can still be recorded. */
enum { PATIENCE_SECONDS = 7, LAST_SECONDS = 2 };

/* A tenth of a second at most. */
static void wait_a_little(pthread_cond_t *wake, pthread_mutex_t *lock)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 100000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_cond_timedwait(wake, lock, &until);
}

static void init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(wake, &attr);
    pthread_condattr_destroy(&attr);
}

typedef struct asked { /* when that was; 0: not yet */
    double stop, cancel;
} asked;

static void look(iac_watch *watch, asked *seen)
{
    iac_run *run = watch->run;
    int stop = run->stop ? atomic_load(run->stop) : 0;
    if (stop && seen->stop <= 0) {
        seen->stop = iac_now();
        iac_run_event(run, &(iac_event){ .kind = IAC_EVENT_STOPPING });
    }
    bool too_long = seen->stop > 0 && iac_now() - seen->stop > PATIENCE_SECONDS;
    if ((stop > 1 || too_long) && !atomic_exchange(&run->cancelled, true)) {
        seen->cancel = iac_now();
        for (size_t i = 0; i < run->uses.n; i++)
            iac_each_provider_instance(run->uses.v[i], iac_instance_stop);
    }
    if (run->may_abandon && seen->cancel > 0 && iac_now() - seen->cancel > LAST_SECONDS)
        atomic_store(&run->abandoned, true);
    iac_run_event(run, &(iac_event){ .kind = IAC_EVENT_IDLE });
    iac_ephemeral_tick(run, iac_now());
    if (watch->tick)
        watch->tick(watch->arg, iac_now());
}

static void *watch_main(void *arg)
{
    iac_watch *watch = arg;
    asked seen = { 0 };
    pthread_mutex_lock(&watch->lock);
    while (!watch->over) {
        wait_a_little(&watch->wake, &watch->lock);
        if (watch->over)
            break;
        pthread_mutex_unlock(&watch->lock);
        look(watch, &seen);
        pthread_mutex_lock(&watch->lock);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

void iac_watch_start(iac_watch *watch, iac_run *run, void (*tick)(void *arg, double now), void *arg)
{
    *watch = (iac_watch){ .run = run, .tick = tick, .arg = arg };
    pthread_mutex_init(&watch->lock, NULL);
    init_wake(&watch->wake);
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

/* ---- what may hang beside the walk ---- */

static bool goes_on(const void *run)
{
    return !atomic_load(&((iac_run *)(uintptr_t)run)->abandoned);
}

bool iac_watch_aside(iac_watch *watch, void (*fn)(void *arg), void *arg)
{
    if (watch->run->may_abandon && watch->started)
        return iac_aside(fn, arg, goes_on, watch->run);
    fn(arg);
    return true;
}

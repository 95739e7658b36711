/* Everything that runs in the handler is safe there: it reads what other functions left in plain memory, and writes. */
#include "engine/host/crash.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    STACK_SIZE = 128 * 1024,
    MAX_THREADS = 256, /* that are looked at when a fault is none of a thread with a call */
    MAX_TEXT = 4096,
};

typedef struct crash_place {
    const char *provider;
    const char *volatile operation; /* NULL: no call is under way */
    iac_str address;
    void *stack;
    size_t slot; /* MAX_THREADS: none was free */
} crash_place;

static _Thread_local crash_place here;
static _Atomic(crash_place *) places[MAX_THREADS];
static pthread_key_t thread_key;
static bool watching, json_messages;
static pid_t process;
static atomic_bool telling;
static pthread_t teller;

/* ---- the message ---- */

typedef struct crash_text {
    char p[MAX_TEXT];
    size_t n;
    bool json; /* within a string */
} crash_text;

static void add_bytes(crash_text *text, const char *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < n && text->n + 8 < MAX_TEXT; i++) {
        unsigned char c = (unsigned char)p[i];
        if (text->json && (c == '"' || c == '\\')) {
            text->p[text->n++] = '\\';
        } else if (text->json && c < 0x20) {
            memcpy(text->p + text->n, "\\u00", 4);
            text->p[text->n + 4] = hex[c >> 4];
            text->p[text->n + 5] = hex[c & 15];
            text->n += 6;
            continue;
        }
        text->p[text->n++] = (char)c;
    }
}

static void add(crash_text *text, const char *p)
{
    add_bytes(text, p, strlen(p));
}

static void add_verbatim(crash_text *text, const char *p)
{
    bool json = text->json;
    text->json = false;
    add(text, p);
    text->json = json;
}

static void write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno != EINTR)
            return;
        if (done > 0) {
            p += done;
            n -= (size_t)done;
        }
    }
}

static const char *name_of(int number)
{
    switch (number) {
    case SIGSEGV:
        return "SIGSEGV, invalid memory reference";
    case SIGBUS:
        return "SIGBUS, bad memory access";
    case SIGFPE:
        return "SIGFPE, erroneous arithmetic operation";
    case SIGILL:
        return "SIGILL, illegal instruction";
    case SIGSYS:
        return "SIGSYS, bad system call";
    case SIGABRT:
        return "SIGABRT, it gave up";
    default:
        return "it ended the process";
    }
}

static void add_calls(crash_text *text)
{
    for (size_t i = 0; i < MAX_THREADS; i++) {
        const crash_place *place = atomic_load(&places[i]);
        const char *operation = place ? place->operation : NULL;
        if (!operation)
            continue;
        add(text, "\n  - ");
        add(text, place->provider);
        add(text, ": ");
        add(text, operation);
        add(text, place->address.n ? " for " : "");
        add_bytes(text, place->address.p, place->address.n);
    }
}

static void add_detail(crash_text *text, int number)
{
    if (here.operation) {
        add(text, "The plugin encountered an error, and failed to respond: the provider ");
        add(text, here.provider);
        add(text, " crashed (");
        add(text, name_of(number));
        add(text, ") when it was asked to ");
        add(text, here.operation);
        add(text, ". Providers run within iac, which therefore ends, too.");
    } else {
        add(text, "There was a fault (");
        add(text, name_of(number));
        add(text, ") that was not within a call of a provider: in iac itself, or in a thread that a provider has "
                  "started. Calls under way:");
        size_t before = text->n;
        add_calls(text);
        add(text, text->n == before ? " none." : "");
    }
    add(text, "\n\nWhat was completed before is saved. What else was under way is on record: the next \"iac plan\" or "
              "\"iac apply\" finds out what became of it. Should the state be locked still, \"iac lock status\" tells by "
              "whom.\n\n");
    add(text, here.operation ? "This is always indicative of a bug within the plugin. It would be immensely helpful if "
                               "you could report the crash with the plugin's maintainers so that it can be fixed."
                             : "This is a bug in iac or in a provider, and should be reported.");
}

static void tell(int number)
{
    static crash_text text;
    const char *summary = here.operation ? "Plugin did not respond" : "iac crashed";
    text.json = json_messages;
    add_verbatim(&text, json_messages ? "{\"@level\":\"error\",\"@message\":\"Error: " : "\nError: ");
    add(&text, summary);
    if (json_messages) {
        add_verbatim(&text, "\",\"@module\":\"terraform.ui\",\"diagnostic\":{\"severity\":\"error\",\"summary\":\"");
        add(&text, summary);
        add_verbatim(&text, "\",\"detail\":\"");
    } else if (here.operation && here.address.n) {
        add(&text, "\n\n  with ");
        add_bytes(&text, here.address.p, here.address.n);
        add(&text, ",");
    }
    add(&text, json_messages ? "" : "\n\n");
    add_detail(&text, number);
    if (json_messages && here.operation && here.address.n) {
        add_verbatim(&text, "\",\"address\":\"");
        add_bytes(&text, here.address.p, here.address.n);
    }
    add_verbatim(&text, json_messages ? "\"},\"type\":\"diagnostic\"}\n" : "\n");
    write_all(json_messages ? STDOUT_FILENO : STDERR_FILENO, text.p, text.n);
}

/* ---- the handler ---- */

static void on_fault(int number)
{
    int saved = errno;
    if (atomic_exchange(&telling, true)) {
        while (!pthread_equal(teller, pthread_self()))
            pause(); /* another thread tells already, and ends the process */
    } else {
        teller = pthread_self();
        tell(number);
    }
    signal(number, SIG_DFL);
    raise(number); /* as soon as the handler is left, where the fault was */
    errno = saved;
}

static void on_exit_within(void)
{
    if (here.operation && getpid() == process && !atomic_exchange(&telling, true))
        tell(0);
}

/* ---- threads ---- */

static void end_thread(void *arg)
{
    crash_place *place = arg;
    stack_t none = { .ss_flags = SS_DISABLE };
    if (place->slot < MAX_THREADS)
        atomic_store(&places[place->slot], NULL);
    sigaltstack(&none, NULL);
    munmap(place->stack, STACK_SIZE);
    place->stack = NULL;
}

/* A thread that has used up its stack needs another one to say so. */
static void begin_thread(void)
{
    void *memory = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED)
        return;
    stack_t stack = { .ss_sp = memory, .ss_size = STACK_SIZE };
    sigaltstack(&stack, NULL);
    here.stack = memory;
    crash_place *none = NULL;
    for (here.slot = 0; here.slot < MAX_THREADS; here.slot++, none = NULL)
        if (atomic_compare_exchange_strong(&places[here.slot], &none, &here))
            break;
    pthread_setspecific(thread_key, &here);
}

void iac_crash_enter(const char *provider, const char *operation, iac_str address)
{
    if (!watching)
        return;
    if (!here.stack)
        begin_thread();
    here.provider = provider;
    here.address = address;
    here.operation = operation;
}

void iac_crash_leave(void)
{
    here.operation = NULL;
}

void iac_crash_messages(bool json)
{
    json_messages = json;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

void iac_crash_watch(void)
{
#ifndef SANITIZED
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGABRT };
    struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };
    if (watching || pthread_key_create(&thread_key, end_thread) != 0)
        return;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        sigaction(faults[i], &action, NULL);
    atexit(on_exit_within);
    begin_thread();
    process = getpid();
    watching = true;
#else
    (void)on_fault;
    (void)on_exit_within;
    (void)end_thread;
#endif
}

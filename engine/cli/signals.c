/* engine/cli/signals.c - interrupts: the first asks to stop, the second to cancel what runs. */
#include "engine/cli/cli.h"
#include "engine/host/crash.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static atomic_int stop_requests, cancel_requests; /* the second: 2 once somebody insists, 0 before */
static bool json_messages;
static int told_on = STDOUT_FILENO;

static void say(const char *text)
{
    /* Nothing can be done about a failure here. */
    ssize_t written = write(told_on, text, strlen(text));
    (void)written;
}

static void on_signal(int number)
{
    static const char first[] = "\nInterrupt received.\nPlease wait for iac to exit or data loss may occur.\n"
                                "Gracefully shutting down...\n\n";
    static const char second[] = "\nTwo interrupts received. Cancelling the operations that are under way.\n\n";
    static const char first_json[] =
        "{\"@level\":\"info\",\"@message\":\"\\nInterrupt received.\\nPlease wait for iac to exit or data loss may "
        "occur.\\nGracefully shutting down...\\n\","
        "\"@module\":\"terraform.ui\",\"type\":\"log\"}\n";
    static const char second_json[] =
        "{\"@level\":\"info\",\"@message\":\"Two interrupts received. Cancelling the operations that are under way.\","
        "\"@module\":\"terraform.ui\",\"type\":\"log\"}\n";

    int saved = errno;
    (void)number;
    switch (atomic_fetch_add(&stop_requests, 1)) {
    case 0:
        say(json_messages ? first_json : first);
        break;
    case 1:
        atomic_store(&cancel_requests, 2);
        say(json_messages ? second_json : second);
        break;
    default:
        break;
    }
    errno = saved;
}

const atomic_int *iac_signals_watch(bool json)
{
    struct sigaction action = { .sa_handler = on_signal };

    json_messages = json;
    iac_crash_messages(json);
    sigemptyset(&action.sa_mask); /* no SA_RESTART: a prompt gives up when it is interrupted */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &stop_requests;
}

void iac_signals_tell_on(int fd)
{
    told_on = fd;
}

const atomic_int *iac_signals_insisted(void)
{
    return &cancel_requests;
}

bool iac_signals_seen(void)
{
    return atomic_load(&stop_requests) > 0;
}

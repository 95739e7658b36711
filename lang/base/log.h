/* lang/base/log.h - the log that TF_LOG asks for: lines to a file descriptor, for whoever looks for a fault. Layer:
 * lang/base. Values of configurations and objects never go in: addresses, operations, durations and counts do; secrets
 * in what a provider says are replaced (lang/base/secrets.h). Thread-safe; opened once, before there are other threads. */
#ifndef IAC_BASE_LOG_H
#define IAC_BASE_LOG_H
#include "lang/base/buf.h"

typedef enum iac_log_level {
    IAC_LOG_TRACE,
    IAC_LOG_DEBUG,
    IAC_LOG_INFO,
    IAC_LOG_WARN,
    IAC_LOG_ERROR,
    IAC_LOG_OFF,
} iac_log_level;

/* fd stays open as long as the process; -1: nothing is logged. json: an object a line. */
void iac_log_open(int fd, iac_log_level core, iac_log_level provider, bool json);
bool iac_log_enabled(iac_log_level level); /* for what is costly to say */
void iac_log(iac_log_level level, const char *format, ...) IAC_PRINTF(2, 3);
/* A line of a provider's own. */
void iac_log_provider(iac_log_level level, const char *provider, const char *text);
const char *iac_log_level_name(iac_log_level level);
#endif

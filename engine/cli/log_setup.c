/* engine/cli/log_setup.c - what the environment says about the log: TF_LOG, TF_LOG_CORE, TF_LOG_PROVIDER, TF_LOG_PATH. */
#include "engine/cli/cli.h"

#include "lang/base/log.h"
#include "lang/config/version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* OFF where the variable is empty. What is no level means all of it, and the user is told. */
static iac_log_level level_of(const char *variable, bool *ret_json, bool *ret_given)
{
    const char *text = getenv(variable);

    if (!text || !*text)
        return IAC_LOG_OFF;
    *ret_given = true;
    if (strcasecmp(text, "JSON") == 0) {
        *ret_json = true;
        return IAC_LOG_TRACE;
    }
    for (iac_log_level level = IAC_LOG_TRACE; level <= IAC_LOG_OFF; level++)
        if (strcasecmp(text, iac_log_level_name(level)) == 0)
            return level;
    fprintf(stderr, "[WARN] Invalid log level: \"%s\". Defaulting to level: TRACE. Valid levels are: "
                    "[TRACE DEBUG INFO WARN ERROR OFF]\n", text);
    return IAC_LOG_TRACE;
}

void iac_log_setup(void)
{
    const char *path = getenv("TF_LOG_PATH");
    bool json = false, given = false, core_given = false, provider_given = false;
    iac_log_level all = level_of("TF_LOG", &json, &given);
    iac_log_level core = level_of("TF_LOG_CORE", &json, &core_given);
    iac_log_level provider = level_of("TF_LOG_PROVIDER", &json, &provider_given);
    int fd = STDERR_FILENO;

    if (!core_given)
        core = all;
    if (!provider_given)
        provider = all;
    if (core == IAC_LOG_OFF && provider == IAC_LOG_OFF)
        return;
    if (path && *path) {
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (fd < 0) {
            fprintf(stderr, "Error opening log file: %s: %s\n", path, strerror(errno));
            fd = STDERR_FILENO;
        }
    }
    iac_log_open(fd, core, provider, json);
    iac_log(IAC_LOG_INFO, "iac version: %s, language version: %s", IAC_VERSION, IAC_LANGUAGE_VERSION);
}

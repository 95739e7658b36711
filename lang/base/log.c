#include "lang/base/log.h"

#include "lang/base/secrets.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    int fd;
    iac_log_level core, provider;
    bool json;
} log_to = { -1, IAC_LOG_OFF, IAC_LOG_OFF, false };

static const char *const names[] = { "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF" };

const char *iac_log_level_name(iac_log_level level)
{
    return names[level];
}

void iac_log_open(int fd, iac_log_level core, iac_log_level provider, bool json)
{
    log_to.fd = fd;
    log_to.core = core;
    log_to.provider = provider;
    log_to.json = json;
}

bool iac_log_enabled(iac_log_level level)
{
    return log_to.fd >= 0 && level >= log_to.core;
}

static void put_time(iac_buf *out, int digits)
{
    struct timespec now;
    struct tm utc;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    if (digits == 3)
        iac_buf_printf(out, "%s.%03ldZ", text, now.tv_nsec / 1000000);
    else
        iac_buf_printf(out, "%s.%06ldZ", text, now.tv_nsec / 1000);
}

static void put_json_string(iac_buf *out, const char *text)
{
    iac_buf_char(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            iac_buf_printf(out, "\\%c", *p);
        else if (*p < 0x20)
            iac_buf_printf(out, "\\u%04x", *p);
        else
            iac_buf_char(out, (char)*p);
    }
    iac_buf_char(out, '"');
}

static void put_json_line(iac_buf *out, iac_log_level level, const char *module, const char *text)
{
    iac_buf_cstr(out, "{\"@level\":\"");
    for (const char *p = names[level]; *p; p++)
        iac_buf_char(out, (char)(*p + ('a' - 'A')));
    iac_buf_cstr(out, "\",\"@message\":");
    put_json_string(out, text);
    if (module) {
        iac_buf_cstr(out, ",\"@module\":\"provider.");
        iac_buf_cstr(out, module);
        iac_buf_char(out, '"');
    }
    iac_buf_cstr(out, ",\"@timestamp\":\"");
    put_time(out, 6);
    iac_buf_cstr(out, "\"}\n");
}

/* One line, by one write: those of several threads do not mix. */
static void put_line(iac_log_level level, const char *module, const char *text)
{
    iac_buf out, shown;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_init(&shown, IAC_BUF_UNLIMITED);
    iac_secrets_redact(&shown, iac_str_of(text));
    if (log_to.json) {
        put_json_line(&out, level, module, shown.p);
    } else {
        put_time(&out, 3);
        iac_buf_printf(&out, " [%s]%s ", names[level], strlen(names[level]) == 4 ? " " : "");
        if (module)
            iac_buf_printf(&out, "provider.%s: ", module);
        iac_buf_str(&out, iac_buf_view(&shown));
        iac_buf_char(&out, '\n');
    }
    ssize_t written = write(log_to.fd, out.p, out.n); /* a log that cannot be written stops nothing */
    (void)written;
    iac_buf_clear(&shown);
    iac_buf_clear(&out);
}

void iac_log(iac_log_level level, const char *format, ...)
{
    va_list args;
    iac_buf text;

    if (!iac_log_enabled(level))
        return;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    va_start(args, format);
    iac_buf_vprintf(&text, format, args);
    va_end(args);
    put_line(level, NULL, text.p);
    iac_buf_clear(&text);
}

void iac_log_provider(iac_log_level level, const char *provider, const char *text)
{
    if (log_to.fd >= 0 && level >= log_to.provider)
        put_line(level, provider, text);
}

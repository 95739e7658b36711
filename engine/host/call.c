/* One call of a provider: its memory, what it says, and its end. */
#include "engine/host/crash.h"
#include "engine/host/host_internal.h"
#include "lang/base/log.h"
#include "lang/value/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long a wait may go on unaware that the user asked to stop. */
#define WAIT_SLICE_MS 20u
/* Calls kept for use again; a batch of reads makes many for a moment. */
#define POOL_MAX 64u

static const iac_call_options no_options;

iacp_call *iac_call_begin(const iac_provider *provider, const iac_call_options *options, iac_diags *diags)
{
    iac_host *host = provider->host;

    pthread_mutex_lock(&host->pool_lock);
    iacp_call *call = host->pool;
    if (call) {
        host->pool = call->next;
        host->pool_count--;
    }
    pthread_mutex_unlock(&host->pool_lock);
    if (!call) {
        call = iac_xcalloc(1, sizeof(*call));
        call->arena = iac_arena_new();
    }
    call->host = host;
    call->provider = provider;
    call->options = options ? options : &no_options;
    call->diags = diags;
    call->errors = 0;
    call->operation = "answer";
    if (iac_log_enabled(IAC_LOG_DEBUG))
        clock_gettime(CLOCK_MONOTONIC, &call->begun);
    return call;
}

void iac_call_end(iacp_call *call)
{
    iac_host *host = call->host;

    iac_arena_reset(call->arena);
    pthread_mutex_lock(&host->pool_lock);
    bool keep = host->pool_count < POOL_MAX;
    if (keep) {
        call->next = host->pool;
        host->pool = call;
        host->pool_count++;
    }
    pthread_mutex_unlock(&host->pool_lock);
    if (!keep) {
        iac_arena_free(call->arena);
        free(call);
    }
}

bool iac_call_cancelled(const iacp_call *call)
{
    return call->options->cancelled && atomic_load_explicit(call->options->cancelled, memory_order_relaxed);
}

int32_t iac_call_is_cancelled(iacp_call *call)
{
    return iac_call_cancelled(call);
}

int32_t iac_call_wait(iacp_call *call, uint64_t ms)
{
    while (!iac_call_cancelled(call)) {
        if (ms == 0)
            return 0;
        uint64_t slice = ms < WAIT_SLICE_MS ? ms : WAIT_SLICE_MS;
        struct timespec pause = { 0, (long)slice * 1000000L };
        nanosleep(&pause, NULL);
        ms -= slice;
    }
    return 1;
}

void iac_call_progress(iacp_call *call, const char *text)
{
    if (call->options->progress)
        call->options->progress(call->options->progress_arg, text ? text : "");
}

void iac_call_log(iacp_call *call, uint32_t level, const char *text)
{
    if (call->host->log)
        call->host->log(call->host->log_arg, level, call->provider->name.p, text ? text : "");
}

/* ---- diagnostics ---- */

/* Whether text holds word, not as a part of a longer one. */
static bool mentions(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = text; n && (at = strstr(at, word)); at += n) {
        bool starts = at == text || !isalnum((unsigned char)at[-1]);
        if (starts && !isalnum((unsigned char)at[n]))
            return true;
    }
    return false;
}

/* The API's own code, status and request id, where neither text names them yet. */
static const char *api_facts(iac_arena *arena, const char *summary, const char *detail, const char *code,
                             uint32_t http_status, const char *request_id)
{
    char status[16];
    snprintf(status, sizeof(status), "%u", http_status);
    bool show_code = code && *code && !mentions(summary, code) && !mentions(detail, code);
    bool show_status = http_status && !mentions(summary, status) && !mentions(detail, status);
    bool show_id = request_id && *request_id && !mentions(summary, request_id) && !mentions(detail, request_id);
    const char *text = "";

    if (show_code)
        text = iac_arena_printf(arena, "Code: %s", code).p;
    if (show_status)
        text = iac_arena_printf(arena, "%s%sHTTP status %s", text, *text ? ", " : "", status).p;
    if (show_id)
        text = iac_arena_printf(arena, "%s%s %s", text, *text ? ", request id" : "Request id", request_id).p;
    return text;
}

/* Says which part of the object is meant, and where it is written. */
static void point_at(iacp_call *call, iac_diag *diag, const char *path)
{
    iac_path parsed;
    if (!path || !*path)
        return;
    if (!iac_path_parse(call->diags->arena, iac_str_of(path), &parsed)) {
        diag->attribute = iac_arena_printf(call->diags->arena, ".%s", path);
        return;
    }
    diag->attribute = iac_path_text(call->diags->arena, parsed);
    if (call->options->locate)
        diag->subject = call->options->locate(call->options->locate_arg, parsed);
}

/* Text for people, whatever bytes a server has sent. */
static const char *readable(iac_arena *arena, const char *text)
{
    iac_str s = iac_str_of(text);
    if (!text || iac_utf8_valid(s))
        return text ? text : "";
    return iac_value_string(arena, s)->string.p;
}

void iac_call_diagnostic(iacp_call *call, const iacp_diagnostic *d)
{
    const char *summary = d->summary && *d->summary ? readable(call->arena, d->summary) : "Provider error";
    const char *detail = readable(call->arena, d->detail);
    const char *code = IACP_HAS(d, code) ? d->code : NULL;
    const char *request_id = IACP_HAS(d, request_id) ? d->request_id : NULL;
    uint32_t http_status = IACP_HAS(d, http_status) ? d->http_status : 0;
    const char *facts = readable(call->arena, api_facts(call->arena, summary, detail, code, http_status, request_id));
    const char *gap = *detail && *facts ? "\n\n" : "";
    bool error = d->severity != IACP_SEVERITY_WARNING;

    iac_diag *diag = error ? iac_diag_error(call->diags, call->options->range, summary, "%s%s%s", detail, gap, facts)
                           : iac_diag_warning(call->diags, call->options->range, summary, "%s%s%s", detail, gap, facts);
    diag->address = iac_arena_str(call->diags->arena, call->options->address);
    point_at(call, diag, d->path);
    call->errors += error;
}

void iac_call_error(iacp_call *call, const char *summary, const char *detail_format, ...)
{
    va_list args;
    va_start(args, detail_format);
    iac_str detail = iac_arena_vprintf(call->arena, detail_format, args);
    va_end(args);
    iac_diag *diag = iac_diag_error(call->diags, call->options->range, summary, "%s", detail.p);
    diag->address = iac_arena_str(call->diags->arena, call->options->address);
    call->errors++;
}

void iac_call_enter(iacp_call *call, const char *operation)
{
    call->operation = operation;
    iac_crash_enter(call->provider->name.p, operation, call->options->address);
}

int32_t iac_call_answered(int32_t rc)
{
    iac_crash_leave();
    return rc;
}

/* Operations and addresses only: never what was asked or answered. */
static void log_end(const iacp_call *call, int32_t rc)
{
    struct timespec now;

    if (!iac_log_enabled(IAC_LOG_DEBUG))
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double ms = (double)(now.tv_sec - call->begun.tv_sec) * 1e3 + (double)(now.tv_nsec - call->begun.tv_nsec) / 1e6;
    iac_log(IAC_LOG_DEBUG, "provider %s: %s %.*s: %s in %.1fms", call->provider->name.p, call->operation,
            IAC_FMT(call->options->address), rc == IACP_OK && !call->errors ? "done" : "failed", ms);
}

iac_status iac_call_check(iacp_call *call, int32_t rc)
{
    log_end(call, rc);
    if (rc != IACP_OK && call->errors == 0) {
        if (iac_call_cancelled(call))
            iac_call_error(call, "Operation canceled", "The operation was interrupted before it had finished.");
        else
            iac_call_error(call, "Provider failed without a reason",
                           "The provider %s failed to %s and did not say why.\n\nThis is a bug in the provider, which "
                           "should be reported in the provider's own issue tracker.",
                           call->provider->name.p, call->operation);
    }
    return call->errors ? IAC_ERR : IAC_OK;
}

#include "engine/view/json_stream.h"
#include "engine/view/style.h"

#include "lang/base/secrets.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct iac_view_progress {
    FILE *out;
    bool color, json, concise, importing;
    const iac_addr *imported; /* what was asked for, until it is read */
    double last_flush; /* seconds */
    iac_buf line;
    iac_arena *scratch;
};

/* What is being done, as a sentence begins, goes on and ends. Data sources are "read" for people and "refreshed" in the
 * stream. */
typedef struct verb {
    const char *begin, *going, *end;
} verb;

static verb verb_of(const iac_event *event, bool json)
{
    if (event->kind == IAC_EVENT_READ_START || event->kind == IAC_EVENT_READ_DONE || event->action == IAC_ACTION_READ)
        return json ? (verb){ "Refreshing", "refreshing", "Refresh" } : (verb){ "Reading", "reading", "Read" };
    switch (event->action) {
    case IAC_ACTION_CREATE:
        return (verb){ "Creating", "creating", "Creation" };
    case IAC_ACTION_DELETE:
        return (verb){ "Destroying", "destroying", "Destruction" };
    case IAC_ACTION_FORGET:
        return (verb){ "Removing", "removing", "Removal" };
    default:
        return (verb){ "Modifying", "modifying", "Modifications" };
    }
}

/* Whole seconds as 1h2m3s. */
static void print_elapsed(iac_buf *out, double elapsed)
{
    long long s = (long long)(elapsed + 0.5);
    if (s >= 3600)
        iac_buf_printf(out, "%lldh%lldm%llds", s / 3600, s / 60 % 60, s % 60);
    else if (s >= 60)
        iac_buf_printf(out, "%lldm%llds", s / 60, s % 60);
    else
        iac_buf_printf(out, "%llds", s);
}

static void print_id(iac_buf *out, const iac_event *event)
{
    if (event->id_key.n && event->id_value.n)
        iac_buf_printf(out, " [%.*s=%.*s]", IAC_FMT(event->id_key), IAC_FMT(event->id_value));
}

static void print_progress(iac_buf *out, const iac_event *event, verb v)
{
    iac_buf_printf(out, ": Still %s... [", v.going);
    if (event->id_key.n && event->id_value.n)
        iac_buf_printf(out, "%.*s=%.*s, ", IAC_FMT(event->id_key), IAC_FMT(event->id_value));
    print_elapsed(out, event->elapsed_seconds);
    iac_buf_cstr(out, " elapsed]");
}

static void print_end(iac_buf *out, const iac_event *event, const char *what, const char *how)
{
    iac_buf_printf(out, ": %s %s after ", what, how);
    print_elapsed(out, event->elapsed_seconds);
}

bool iac_view_next_line(iac_str text, size_t *at, iac_str *ret)
{
    size_t end = *at;
    if (*at >= text.n)
        return false;
    while (end < text.n && text.p[end] != '\n' && text.p[end] != '\r')
        end++;
    *ret = iac_str_sub(text, *at, end);
    *at = end + (end + 1 < text.n && text.p[end] == '\r' && text.p[end + 1] == '\n' ? 2 : 1);
    return true;
}

/* What a provisioner says, behind its name on each line; blank lines are left out. Ends without a newline. */
static void print_output(iac_buf *out, const iac_event *event, const char *bold, const char *plain)
{
    iac_str line;
    size_t at = 0;
    while (iac_view_next_line(event->text, &at, &line)) {
        while (line.n && strchr(" \t\v\f", line.p[line.n - 1]))
            line.n--;
        if (line.n == 0)
            continue;
        if (out->n)
            iac_buf_char(out, '\n');
        iac_buf_cstr(out, bold);
        iac_addr_print(out, *event->addr);
        iac_buf_printf(out, " (%.*s):%s %.*s", IAC_FMT(event->provisioner), plain, IAC_FMT(line));
    }
}

static bool print_provision(iac_buf *out, const iac_event *event)
{
    switch (event->kind) {
    case IAC_EVENT_PROVISION_START:
        iac_buf_printf(out, ": Provisioning with '%.*s'...", IAC_FMT(event->provisioner));
        return true;
    case IAC_EVENT_PROVISION_OUTPUT: /* of the stream: one line */
        iac_buf_printf(out, ": (%.*s): %.*s", IAC_FMT(event->provisioner), IAC_FMT(event->text));
        return true;
    case IAC_EVENT_PROVISION_DONE:
    case IAC_EVENT_PROVISION_ERRORED:
        iac_buf_printf(out, ": (%.*s) Provisioning %s", IAC_FMT(event->provisioner),
                       event->kind == IAC_EVENT_PROVISION_DONE ? "complete" : "errored");
        return true;
    default:
        return false;
    }
}

static bool only_streamed(iac_event_kind kind)
{
    return kind == IAC_EVENT_REFRESH_DONE || kind == IAC_EVENT_APPLY_ERRORED || kind == IAC_EVENT_PROVISION_DONE ||
           kind == IAC_EVENT_PROVISION_ERRORED || kind == IAC_EVENT_EPHEMERAL_ERRORED;
}

static void print_ephemeral(iac_buf *out, const iac_event *event)
{
    static const struct {
        const char *begin;
        verb verb;
    } words[] = {
        [IAC_EPHEMERAL_DEFER] = { "Configuration unknown, deferring...", { "", "", "Deferral" } },
        [IAC_EPHEMERAL_OPEN] = { "Opening...", { "Opening", "opening", "Opening" } },
        [IAC_EPHEMERAL_RENEW] = { "Renewing...", { "Renewing", "renewing", "Renewal" } },
        [IAC_EPHEMERAL_CLOSE] = { "Closing...", { "Closing", "closing", "Closing" } },
    };
    if (event->kind == IAC_EVENT_EPHEMERAL_START)
        iac_buf_printf(out, ": %s", words[event->action].begin);
    else if (event->kind == IAC_EVENT_EPHEMERAL_PROGRESS)
        print_progress(out, event, words[event->action].verb);
    else
        print_end(out, event, words[event->action].verb.end,
                  event->kind == IAC_EVENT_EPHEMERAL_DONE ? "complete" : "errored");
}

void iac_view_event_line(iac_buf *out, const iac_event *event, bool json)
{
    if (event->kind == IAC_EVENT_STOPPING) {
        iac_buf_cstr(out, "Stopping operation...");
        return;
    }
    bool put_off = event->kind == IAC_EVENT_EPHEMERAL_START && event->action == IAC_EPHEMERAL_DEFER;
    if (event->kind == IAC_EVENT_DIAGNOSTIC || (json ? put_off : only_streamed(event->kind)))
        return;
    if (!json && event->kind == IAC_EVENT_PROVISION_OUTPUT) {
        print_output(out, event, "", "");
        return;
    }
    verb v = verb_of(event, json);
    if (event->addr)
        iac_addr_print(out, *event->addr);
    if (event->deposed.n && !json)
        iac_buf_printf(out, " (deposed object %.*s)", IAC_FMT(event->deposed));
    if (print_provision(out, event))
        return;
    switch (event->kind) {
    case IAC_EVENT_REFRESH_START:
        iac_buf_cstr(out, ": Refreshing state...");
        print_id(out, event);
        break;
    case IAC_EVENT_REFRESH_DONE:
        iac_buf_cstr(out, ": Refresh complete");
        print_id(out, event);
        break;
    case IAC_EVENT_IMPORT_PREPARE:
        iac_buf_cstr(out, ": Preparing import...");
        print_id(out, event);
        break;
    case IAC_EVENT_IMPORT_START:
        iac_buf_cstr(out, ": Importing...");
        print_id(out, event);
        break;
    case IAC_EVENT_IMPORT_DONE:
        iac_buf_cstr(out, ": Import complete");
        print_id(out, event);
        break;
    case IAC_EVENT_READ_START:
    case IAC_EVENT_APPLY_START:
        iac_buf_printf(out, ": %s...", v.begin);
        if (event->action != IAC_ACTION_CREATE)
            print_id(out, event);
        break;
    case IAC_EVENT_APPLY_PROGRESS:
        print_progress(out, event, v);
        break;
    case IAC_EVENT_READ_DONE:
    case IAC_EVENT_APPLY_DONE:
        print_end(out, event, v.end, "complete");
        if (event->action != IAC_ACTION_DELETE)
            print_id(out, event);
        break;
    case IAC_EVENT_APPLY_ERRORED:
        print_end(out, event, v.end, "errored");
        break;
    case IAC_EVENT_EPHEMERAL_START:
    case IAC_EVENT_EPHEMERAL_PROGRESS:
    case IAC_EVENT_EPHEMERAL_DONE:
    case IAC_EVENT_EPHEMERAL_ERRORED:
        print_ephemeral(out, event);
        break;
    default:
        iac_buf_printf(out, ": %.*s", IAC_FMT(event->text));
        break;
    }
}

void iac_view_event_text(iac_buf *out, const iac_event *event)
{
    iac_view_event_line(out, event, false);
}

/* Many small refreshes go out together, or when time has passed; what may take long is shown at once. */
static void flush(iac_view_progress *p, iac_event_kind kind)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    bool quick = kind == IAC_EVENT_REFRESH_START || kind == IAC_EVENT_REFRESH_DONE;
    if (quick && seconds - p->last_flush < 0.05)
        return;
    p->last_flush = seconds;
    fflush(p->out);
}

static bool is_mere_progress(iac_event_kind kind)
{
    return kind == IAC_EVENT_REFRESH_START || kind == IAC_EVENT_READ_START || kind == IAC_EVENT_READ_DONE ||
           kind == IAC_EVENT_IMPORT_PREPARE || kind == IAC_EVENT_APPLY_PROGRESS ||
           kind == IAC_EVENT_EPHEMERAL_START || kind == IAC_EVENT_EPHEMERAL_PROGRESS ||
           kind == IAC_EVENT_EPHEMERAL_DONE;
}

/* The import command tells of asking for an object, and of having got it, in other words than plans do. */
static void print_import(iac_view_progress *p, const iac_event *event)
{
    const char *bold = p->color ? IAC_RESET IAC_BOLD : "", *green = p->color ? IAC_RESET IAC_GREEN : "";
    const char *plain = p->color ? IAC_RESET : "";

    if (event->kind == IAC_EVENT_IMPORT_PREPARE) {
        iac_buf_cstr(&p->line, bold);
        iac_addr_print(&p->line, *event->addr);
        iac_buf_printf(&p->line, ": Importing from ID \"%.*s\"...%s\n", IAC_FMT(event->id_value), plain);
        p->imported = event->addr;
    } else if (event->kind == IAC_EVENT_REFRESH_START && p->imported) {
        iac_buf_cstr(&p->line, green);
        iac_addr_print(&p->line, *event->addr);
        iac_buf_printf(&p->line, ": Import prepared!%s\n%s  Prepared %.*s for import%s\n", plain, green,
                       IAC_FMT(event->addr->type), plain);
        p->imported = NULL;
    }
    fwrite(p->line.p, 1, p->line.n, p->out);
    iac_buf_reset(&p->line);
}

static void receive(void *user, const iac_event *event)
{
    iac_view_progress *p = user;
    iac_event shown = *event;
    if (event->kind == IAC_EVENT_IDLE) {
        fflush(p->out);
        return;
    }
    if (p->concise && is_mere_progress(event->kind))
        return;
    iac_buf_reset(&p->line);
    if (iac_secrets_any()) {
        iac_arena_reset(p->scratch);
        shown.id_value = iac_secrets_redacted(p->scratch, event->id_value);
        shown.text = iac_secrets_redacted(p->scratch, event->text);
        event = &shown;
    }
    if (p->importing)
        print_import(p, event);
    if (p->importing && event->kind == IAC_EVENT_IMPORT_PREPARE)
        return;
    if (!p->json && event->kind == IAC_EVENT_PROVISION_OUTPUT) {
        print_output(&p->line, event, p->color ? IAC_RESET IAC_BOLD : "", p->color ? IAC_RESET : "");
        iac_buf_char(&p->line, '\n');
        fwrite(p->line.p, 1, p->line.n, p->out);
        flush(p, event->kind);
        return;
    }
    if (p->json) {
        iac_json_stream_event(&p->line, event);
    } else {
        iac_view_event_line(&p->line, event, false);
        if (p->line.n)
            iac_buf_char(&p->line, '\n');
    }
    if (!p->line.n)
        return;
    if (p->color && !p->json)
        fprintf(p->out, IAC_RESET IAC_BOLD "%.*s" IAC_RESET "\n", (int)p->line.n - 1, p->line.p);
    else
        fwrite(p->line.p, 1, p->line.n, p->out);
    flush(p, event->kind);
}

iac_view_progress *iac_view_progress_new(FILE *out, const iac_view_options *options, bool json)
{
    iac_view_progress *p = iac_xcalloc(1, sizeof(*p));
    p->out = out;
    p->color = options->color;
    p->json = json;
    p->concise = options->concise && !json;
    p->importing = options->importing && !json;
    iac_buf_init(&p->line, IAC_BUF_UNLIMITED);
    p->scratch = iac_arena_new();
    return p;
}

iac_event_sink iac_view_progress_sink(iac_view_progress *progress)
{
    return (iac_event_sink){ .event = receive, .user = progress };
}

void iac_view_progress_free(iac_view_progress *progress)
{
    if (!progress)
        return;
    fflush(progress->out);
    iac_buf_clear(&progress->line);
    iac_arena_free(progress->scratch);
    free(progress);
}

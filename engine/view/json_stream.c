#include "engine/view/json_stream.h"

#include "engine/view/json_util.h"
#include "lang/base/secrets.h"
#include "lang/value/json.h"
#include <time.h>

/* Members are in the order of their names, as in Terraform's stream. */

void iac_json_stream_begin(iac_buf *out, const char *level, iac_str message, iac_str test_file, iac_str test_run)
{
    struct timespec now;
    struct tm utc;
    char date[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
    iac_buf_printf(out, "{\"@level\":\"%s\",\"@message\":", level);
    iac_json_string(out, message, true);
    iac_buf_cstr(out, ",\"@module\":\"terraform.ui\"");
    if (test_file.n) {
        iac_buf_cstr(out, ",\"@testfile\":");
        iac_json_string(out, test_file, false);
    }
    if (test_run.n) {
        iac_buf_cstr(out, ",\"@testrun\":");
        iac_json_string(out, test_run, false);
    }
    iac_buf_printf(out, ",\"@timestamp\":\"%s.%06ldZ\"", date, now.tv_nsec / 1000);
}

void iac_json_stream_finish(iac_buf *out, const char *type)
{
    iac_buf_printf(out, ",\"type\":\"%s\"}\n", type);
}

static void begin(iac_buf *out, const char *level, iac_str message)
{
    iac_json_stream_begin(out, level, message, (iac_str){ 0 }, (iac_str){ 0 });
}

static void finish(iac_buf *out, const char *type)
{
    iac_json_stream_finish(out, type);
}

static void resource(iac_buf *out, iac_addr addr)
{
    iac_addr local = addr;
    local.module = (iac_module_addr){ 0 };
    size_t underscore = iac_str_find_char(addr.type, '_', 0);
    iac_buf_cstr(out, "{\"addr\":");
    iac_json_addr(out, addr);
    iac_buf_cstr(out, ",\"module\":");
    iac_json_module(out, addr.module);
    iac_buf_cstr(out, ",\"resource\":");
    iac_json_addr(out, local);
    iac_buf_cstr(out, ",\"implied_provider\":");
    iac_json_string(out, iac_str_sub(addr.type, 0, underscore), false);
    iac_buf_cstr(out, ",\"resource_type\":");
    iac_json_string(out, addr.type, false);
    iac_buf_cstr(out, ",\"resource_name\":");
    iac_json_string(out, addr.name, false);
    iac_buf_cstr(out, ",\"resource_key\":");
    iac_json_key(out, addr.key);
    iac_buf_char(out, '}');
}

/* ---- events ---- */

static const char *event_type(iac_event_kind kind)
{
    switch (kind) {
    case IAC_EVENT_REFRESH_START:
        return "refresh_start";
    case IAC_EVENT_REFRESH_DONE:
        return "refresh_complete";
    case IAC_EVENT_READ_START:
    case IAC_EVENT_APPLY_START:
        return "apply_start";
    case IAC_EVENT_APPLY_PROGRESS:
        return "apply_progress";
    case IAC_EVENT_READ_DONE:
    case IAC_EVENT_APPLY_DONE:
        return "apply_complete";
    case IAC_EVENT_APPLY_ERRORED:
        return "apply_errored";
    case IAC_EVENT_PROVISION_START:
        return "provision_start";
    case IAC_EVENT_PROVISION_OUTPUT:
        return "provision_progress";
    case IAC_EVENT_PROVISION_DONE:
        return "provision_complete";
    case IAC_EVENT_PROVISION_ERRORED:
        return "provision_errored";
    case IAC_EVENT_EPHEMERAL_START:
        return "ephemeral_op_start";
    case IAC_EVENT_EPHEMERAL_PROGRESS:
        return "ephemeral_op_progress";
    case IAC_EVENT_EPHEMERAL_DONE:
        return "ephemeral_op_complete";
    case IAC_EVENT_EPHEMERAL_ERRORED:
        return "ephemeral_op_errored";
    default:
        return "log";
    }
}

static bool is_provision(iac_event_kind kind)
{
    return kind == IAC_EVENT_PROVISION_START || kind == IAC_EVENT_PROVISION_OUTPUT ||
           kind == IAC_EVENT_PROVISION_DONE || kind == IAC_EVENT_PROVISION_ERRORED;
}

static void provision_hook(iac_buf *out, const iac_event *event)
{
    iac_buf_cstr(out, ",\"hook\":{\"resource\":");
    resource(out, *event->addr);
    iac_buf_cstr(out, ",\"provisioner\":");
    iac_json_string(out, event->provisioner, true);
    if (event->kind == IAC_EVENT_PROVISION_OUTPUT) {
        iac_buf_cstr(out, ",\"output\":");
        iac_json_string(out, event->text, true);
    }
    iac_buf_char(out, '}');
}

static void ephemeral_hook(iac_buf *out, const iac_event *event)
{
    static const char *const ops[] = { [IAC_EPHEMERAL_DEFER] = "read", [IAC_EPHEMERAL_OPEN] = "open",
                                       [IAC_EPHEMERAL_RENEW] = "renew", [IAC_EPHEMERAL_CLOSE] = "close" };
    iac_buf_cstr(out, ",\"hook\":{\"resource\":");
    resource(out, *event->addr);
    iac_buf_printf(out, ",\"action\":\"%s\"", ops[event->action]);
    if (event->kind != IAC_EVENT_EPHEMERAL_START)
        iac_buf_printf(out, ",\"elapsed_seconds\":%lld", (long long)(event->elapsed_seconds + 0.5));
    iac_buf_char(out, '}');
}

static bool is_ephemeral(iac_event_kind kind)
{
    return kind == IAC_EVENT_EPHEMERAL_START || kind == IAC_EVENT_EPHEMERAL_PROGRESS ||
           kind == IAC_EVENT_EPHEMERAL_DONE || kind == IAC_EVENT_EPHEMERAL_ERRORED;
}

static void hook(iac_buf *out, const iac_event *event)
{
    bool refresh = event->kind == IAC_EVENT_REFRESH_START || event->kind == IAC_EVENT_REFRESH_DONE;
    bool read = event->kind == IAC_EVENT_READ_START || event->kind == IAC_EVENT_READ_DONE;
    bool start = event->kind == IAC_EVENT_APPLY_START || event->kind == IAC_EVENT_READ_START;
    bool progress = event->kind == IAC_EVENT_APPLY_PROGRESS, errored = event->kind == IAC_EVENT_APPLY_ERRORED;
    bool gone = event->kind == IAC_EVENT_APPLY_DONE && event->action == IAC_ACTION_DELETE;
    bool coming = start && event->action == IAC_ACTION_CREATE;
    iac_buf_cstr(out, ",\"hook\":{\"resource\":");
    resource(out, *event->addr);
    if (!refresh)
        iac_buf_printf(out, ",\"action\":\"%s\"",
                       read ? "read" : iac_action_name((iac_action)event->action));
    if (event->id_key.n && event->id_value.n && !progress && !errored && !gone && !coming) {
        iac_buf_cstr(out, ",\"id_key\":");
        iac_json_string(out, event->id_key, false);
        iac_buf_cstr(out, ",\"id_value\":");
        iac_json_string(out, event->id_value, false);
    }
    if (!refresh && !start)
        iac_buf_printf(out, ",\"elapsed_seconds\":%lld", (long long)(event->elapsed_seconds + 0.5));
    iac_buf_char(out, '}');
}

static void stream_event(iac_buf *out, const iac_event *event)
{
    iac_buf message;
    iac_buf_init(&message, IAC_BUF_UNLIMITED);
    iac_view_event_line(&message, event, true);
    if (message.n) {
        const char *type = event_type(event->kind);
        begin(out, event->kind == IAC_EVENT_STOPPING ? "warn" : "info", iac_buf_view(&message));
        if (is_provision(event->kind))
            provision_hook(out, event);
        else if (event->addr && is_ephemeral(event->kind))
            ephemeral_hook(out, event);
        else if (event->addr && event->kind != IAC_EVENT_PROGRESS_TEXT)
            hook(out, event);
        finish(out, type);
    }
    iac_buf_clear(&message);
}

void iac_json_stream_event(iac_buf *out, const iac_event *event)
{
    if (event->kind == IAC_EVENT_IMPORT_PREPARE || event->kind == IAC_EVENT_IMPORT_START ||
        event->kind == IAC_EVENT_IMPORT_DONE)
        return; /* the stream tells of the object's refresh alone */
    iac_event line = *event;
    size_t at = 0;
    if (event->kind != IAC_EVENT_PROVISION_OUTPUT) {
        stream_event(out, event);
        return;
    }
    while (iac_view_next_line(event->text, &at, &line.text)) /* a message for each */
        stream_event(out, &line);
}

/* ---- the rest ---- */

void iac_json_stream_version(iac_buf *out)
{
    begin(out, "info", IAC_STR("iac " IAC_VERSION));
    iac_buf_cstr(out, ",\"terraform\":\"" IAC_TERRAFORM_VERSION "\",\"type\":\"version\",\"ui\":\"1.2\"}\n");
}

void iac_json_stream_diags(iac_buf *out, const iac_diags *diags)
{
    iac_json_stream_test_diags(out, diags, (iac_str){ 0 }, (iac_str){ 0 });
}

void iac_json_stream_test_diags(iac_buf *out, const iac_diags *diags, iac_str test_file, iac_str test_run)
{
    for (size_t i = 0; i < diags->list.n; i++) {
        const iac_diag *diag = &diags->list.v[i];
        bool error = diag->severity == IAC_ERROR;
        iac_buf message;
        iac_buf_init(&message, IAC_BUF_UNLIMITED);
        iac_buf_printf(&message, "%s: ", error ? "Error" : "Warning");
        iac_secrets_redact(&message, diag->summary);
        iac_json_stream_begin(out, error ? "error" : "warn", iac_buf_view(&message), test_file, test_run);
        iac_buf_clear(&message);
        iac_buf_cstr(out, ",\"diagnostic\":");
        iac_json_diag(out, diag);
        finish(out, "diagnostic");
    }
}

/* The stream has names of its own for why something is replaced. */
static const char *reason_name(iac_reason reason)
{
    switch (reason) {
    case IAC_REASON_REPLACE_TAINTED:
        return "tainted";
    case IAC_REASON_REPLACE_REQUESTED:
        return "requested";
    case IAC_REASON_REPLACE_TRIGGERED:
        return "replace_triggered_by";
    case IAC_REASON_REPLACE_CANNOT_UPDATE:
        return "cannot_update";
    default:
        return iac_reason_name(reason);
    }
}

static void put_redacted(iac_buf *out, iac_str text)
{
    iac_buf shown;
    iac_buf_init(&shown, IAC_BUF_UNLIMITED);
    iac_secrets_redact(&shown, text);
    iac_json_string(out, iac_buf_view(&shown), false);
    iac_buf_clear(&shown);
}

static bool has_moved(const iac_change *c)
{
    return c->moved && !iac_addr_equal(c->addr, c->previous);
}

static void change_message(iac_buf *out, const iac_change *c, bool drift)
{
    bool moved = has_moved(c);
    const char *action = iac_action_name(c->action);
    if (c->action == IAC_ACTION_NOOP && c->import_id.n)
        action = "import";
    else if (c->action == IAC_ACTION_NOOP && moved)
        action = "move";
    iac_buf message;
    iac_buf_init(&message, IAC_BUF_UNLIMITED);
    iac_addr_print(&message, c->addr);
    iac_buf_printf(&message, drift ? ": Drift detected (%s)" : ": Plan to %s", action);
    begin(out, "info", iac_buf_view(&message));
    iac_buf_clear(&message);
    iac_buf_cstr(out, ",\"change\":{\"resource\":");
    resource(out, c->addr);
    if (moved) {
        iac_buf_cstr(out, ",\"previous_resource\":");
        resource(out, c->previous);
    }
    iac_buf_printf(out, ",\"action\":\"%s\"", action);
    if (c->reason != IAC_REASON_NONE)
        iac_buf_printf(out, ",\"reason\":\"%s\"", reason_name(c->reason));
    if (c->import_id.n) {
        iac_buf_cstr(out, ",\"importing\":{\"id\":");
        put_redacted(out, c->import_id);
        iac_buf_char(out, '}');
    }
    if (c->generated.n) {
        iac_buf_cstr(out, ",\"generated_config\":");
        put_redacted(out, c->generated);
    }
    iac_buf_char(out, '}');
    finish(out, drift ? "resource_drift" : "planned_change");
}

static void summary(iac_buf *out, const char *operation, iac_str message, iac_plan_counts n)
{
    begin(out, "info", message);
    iac_buf_printf(out, ",\"changes\":{\"add\":%zu,\"change\":%zu,\"import\":%zu,\"remove\":%zu,\"operation\":\"%s\"}",
                   n.add, n.change, n.import_, n.destroy, operation);
    finish(out, "change_summary");
}

static void plan_summary(iac_buf *out, const iac_plan *plan)
{
    iac_plan_counts n = iac_plan_count(plan);
    iac_buf message;
    iac_buf_init(&message, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&message, "Plan:");
    if (n.import_)
        iac_buf_printf(&message, " %zu to import,", n.import_);
    iac_buf_printf(&message, " %zu to add, %zu to change, %zu to destroy.", n.add, n.change, n.destroy);
    summary(out, "plan", iac_buf_view(&message), n);
    iac_buf_clear(&message);
}

static void outputs_begin(iac_buf *out, size_t count)
{
    char message[48];
    snprintf(message, sizeof(message), "Outputs: %zu", count);
    begin(out, "info", iac_str_of(message));
    iac_buf_cstr(out, ",\"outputs\":{");
}

static void plan_outputs(iac_buf *out, const iac_plan *plan)
{
    if (!plan->output_count)
        return;
    outputs_begin(out, plan->output_count);
    for (size_t i = 0; i < plan->output_count; i++) {
        const iac_output_change *o = &plan->outputs[i];
        if (i)
            iac_buf_char(out, ',');
        iac_json_string(out, o->name, false);
        iac_buf_printf(out, ":{\"sensitive\":%s,\"action\":\"%s\"}", o->sensitive ? "true" : "false",
                       iac_action_name(o->action));
    }
    iac_buf_char(out, '}');
    finish(out, "outputs");
}

void iac_json_stream_plan(iac_buf *out, const iac_plan *plan, bool with_summary)
{
    for (size_t i = 0; i < plan->drift_count; i++)
        change_message(out, &plan->drift[i], true);
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *c = &plan->changes[i];
        bool quiet = c->action == IAC_ACTION_NOOP && !c->import_id.n && !has_moved(c);
        if (!quiet && !(c->addr.mode == IAC_DATA && c->action == IAC_ACTION_DELETE))
            change_message(out, c, false);
    }
    if (!with_summary)
        return;
    plan_summary(out, plan);
    plan_outputs(out, plan);
}

void iac_json_stream_apply_summary(iac_buf *out, iac_plan_mode mode, iac_plan_counts done)
{
    iac_buf message;
    iac_buf_init(&message, IAC_BUF_UNLIMITED);
    iac_view_apply_summary(&message, mode, done, &(iac_view_options){ 0 });
    summary(out, mode == IAC_PLAN_DESTROY ? "destroy" : "apply", iac_str_trim(iac_buf_view(&message)), done);
    iac_buf_clear(&message);
}

void iac_json_stream_outputs(iac_buf *out, const iac_state *state)
{
    iac_arena *arena = iac_arena_new();
    outputs_begin(out, state->output_count);
    for (size_t i = 0; i < state->output_count; i++) {
        const iac_state_output *o = &state->outputs[i];
        const iac_type *type = iac_value_type(arena, o->value);
        if (i)
            iac_buf_char(out, ',');
        iac_json_string(out, o->name, false);
        iac_buf_printf(out, ":{\"sensitive\":%s,\"type\":", o->sensitive ? "true" : "false");
        iac_type_to_json(out, type);
        if (!o->sensitive) {
            iac_buf json;
            iac_buf_init(&json, IAC_BUF_UNLIMITED);
            iac_value_to_typed_json(&json, o->value, type);
            iac_buf_cstr(out, ",\"value\":");
            iac_json_without_secrets(out, iac_buf_view(&json));
            iac_buf_clear(&json);
        }
        iac_buf_char(out, '}');
    }
    iac_buf_char(out, '}');
    finish(out, "outputs");
    iac_arena_free(arena);
}

void iac_json_stream_text(iac_buf *out, const char *type, const char *code, iac_str text)
{
    begin(out, "info", text);
    if (code)
        iac_buf_printf(out, ",\"message_code\":\"%s\"", code);
    finish(out, type);
}

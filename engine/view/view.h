/* engine/view/view.h - plans, states, progress and diagnostics to text for people and to Terraform's JSON formats.
 * Layer: engine/view (sees lang, state, event, plan). Views only render: they evaluate nothing and call no provider.
 * Text goes to a buffer that the caller prints; progress goes to a stream as it happens. Sensitive values never appear
 * in text for people, nor in messages of the UI stream, whoever repeats them (lang/base/secrets.h); Terraform's JSON
 * documents hold them in clear, unless `redact` is asked for. Everything is thread-safe on distinct buffers. */
#ifndef IAC_VIEW_VIEW_H
#define IAC_VIEW_VIEW_H
#include "engine/event/event.h"
#include "engine/plan/plan.h"
#include <stdio.h>

typedef struct iac_view_options {
    bool color;      /* escape codes: only where the stream is a terminal */
    int width;       /* columns to wrap at; 0: not a terminal, 78 */
    bool compact_warnings;
    bool importing;  /* progress: of the import command, which has words of its own */
    bool spaced;     /* an empty line more after each diagnostic */
    bool concise;    /* progress: only what is changed, and how it ended */
} iac_view_options;

/* What `iac` asks for the schema of what a state holds, or with an empty type for that of a provider's configuration;
 * provider: provider["registry.terraform.io/hashicorp/aws"]. NULL, or a NULL result: drawn by the values' own types. */
typedef struct iac_view_schemas {
    void *user;
    const iac_schema *(*find)(void *user, iac_mode mode, iac_str type, iac_str provider);
} iac_view_schemas;

/* The schemas that showing the plan asks `schemas` for, in the arena; and those that a saved plan brought along. */
const iac_plan_schema *iac_view_plan_schemas(iac_arena *arena, const iac_plan *plan, const iac_view_schemas *schemas,
                                             size_t *ret_count);
iac_view_schemas iac_view_schemas_in(const iac_plan *plan);

/* ---- diagnostics ---- */
/* One diagnostic, as Terraform lays it out: in a box with colour, indented source line, values, wrapped detail. */
void iac_view_diag(iac_buf *out, const iac_diag *diag, const iac_view_options *options);
/* All of the list, in order; severity -1: both, else only that one (errors go to stderr, warnings to stdout). With
 * compact_warnings, warnings alone become one summary list. */
void iac_view_diags(iac_buf *out, const iac_diags *diags, int severity, const iac_view_options *options);
/* {"severity":..,"summary":..,"detail":..,...} without newline. */
void iac_json_diag(iac_buf *out, const iac_diag *diag);
/* The document of `validate -json`. */
void iac_json_validate(iac_buf *out, const iac_diags *diags);

/* ---- text ---- */
/* Everything from "Note: Objects have changed" to the last line of "Changes to Outputs", or "No changes.". */
void iac_view_plan(iac_buf *out, const iac_plan *plan, const iac_view_options *options);
/* One change of it, without colour; nothing for those that are not shown. */
void iac_view_plan_change(iac_buf *out, const iac_plan *plan, const iac_change *change, bool drift);
void iac_view_plan_outputs(iac_buf *out, const iac_plan *plan); /* "Changes to Outputs:" and them, or nothing */
/* For a comment on a pull request: a part to unfold for each change, as many as fit into a comment of GitHub. */
void iac_view_plan_markdown(iac_buf *out, const iac_plan *plan);
void iac_view_plan_html(iac_buf *out, const iac_plan *plan); /* a page that needs nothing beside it, and runs nothing */
/* What follows a plan that was not applied: the rule, the file that generated configuration went to (NULL: none), and
 * where it was saved (path), or that it was not (NULL). Nothing in automation. */
void iac_view_plan_footer(iac_buf *out, const char *path, const char *generated, const iac_view_options *options);
/* "Apply complete! Resources: 1 added, 0 changed, 0 destroyed." or, of a destroy, "Destroy complete! ...". */
void iac_view_apply_summary(iac_buf *out, iac_plan_mode mode, iac_plan_counts done, const iac_view_options *options);
/* Where the state was written, when that was asked for. */
void iac_view_state_path(iac_buf *out, const char *path, const iac_view_options *options);
/* "Outputs:" and every output, after apply; nothing when there is none. */
void iac_view_outputs(iac_buf *out, const iac_state *state, const iac_view_options *options);
/* `output`: every output on its lines (without heading). Sensitive ones are <sensitive>. */
void iac_view_output_list(iac_buf *out, const iac_state *state);
/* `output NAME`: the one value, sensitive or not, with a newline. */
void iac_view_output(iac_buf *out, const iac_value *value);
/* `output -raw NAME`: false (and nothing added) when the value is not a string, number or bool. */
bool iac_view_output_raw(iac_buf *out, const iac_value *value);
/* `output -json`: of all, or the bare value of one. */
void iac_json_outputs(iac_buf *out, const iac_state *state);
void iac_json_output(iac_buf *out, const iac_value *value);
/* `show` of a state; "The state file is empty. No resources are represented." where it is. */
void iac_view_state(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas,
                    const iac_view_options *options);
/* `state show ADDR`. */
void iac_view_instance(iac_buf *out, const iac_state_instance *instance, const iac_view_schemas *schemas,
                       const iac_view_options *options);

/* How the second state differs from the first: objects and outputs added, removed, changed with their attributes.
 * Sensitive values are hidden, also in JSON. False, and nothing added, where nothing differs. */
bool iac_view_state_diff(iac_buf *out, const iac_state *before, const iac_state *after,
                         const iac_view_schemas *schemas, const iac_view_options *options);
/* The same as an object: {"resources":[..],"outputs":[..]}. */
void iac_json_state_diff(iac_buf *out, const iac_state *before, const iac_state *after,
                         const iac_view_schemas *schemas);

/* ---- progress ---- */
/* The line that an event is for people, without colour and newline ("a.b: Creating..."); nothing for events that have
 * none. Shared by the text and the JSON receiver. */
void iac_view_event_text(iac_buf *out, const iac_event *event);
typedef struct iac_view_progress iac_view_progress;
/* A receiver that prints lines to `out` (borrowed); json: messages of the UI stream instead. Freed after the last
 * event. */
iac_view_progress *iac_view_progress_new(FILE *out, const iac_view_options *options, bool json);
iac_event_sink iac_view_progress_sink(iac_view_progress *progress);
void iac_view_progress_free(iac_view_progress *progress); /* NULL is fine */

/* ---- JSON documents: one line each, with a newline ---- */
/* show -json PLAN, show -json. schemas: of what the plan holds without changing it; may be NULL. redact: the document has
 * the same shape, but IAC_SECRET_SHOWN, a string, in place of each sensitive value that is not null (by its marks, by the
 * schema, of a sensitive variable or output), and of each secret in other texts and numbers. The names of things stay. */
void iac_json_plan(iac_buf *out, const iac_plan *plan, const iac_view_schemas *schemas, bool redact);
void iac_json_state(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas, bool redact);
/* Members of the objects in which `test -json -verbose` shows them, without braces. */
void iac_json_test_plan(iac_buf *out, const iac_plan *plan);
void iac_json_test_state(iac_buf *out, const iac_state *state, const iac_view_schemas *schemas);

/* What is sensitive in the state, by its marks and by the schemas, becomes secret (lang/base/secrets.h). Better than what
 * is done where a state is read, since without schemas not every object can be taken apart. */
void iac_view_note_secrets(const iac_state *state, const iac_view_schemas *schemas);

/* ---- messages of the UI stream (plan -json, apply -json), a line each ---- */
void iac_json_stream_version(iac_buf *out);
/* A message that holds no more than a text; code: what init calls it, or NULL. */
void iac_json_stream_text(iac_buf *out, const char *type, const char *code, iac_str text);
void iac_json_stream_diags(iac_buf *out, const iac_diags *diags);
/* Any message: what stands between is for the caller to add, each member with a comma before it. level: "info", "warn",
 * "error". test_file and test_run may be empty. */
void iac_json_stream_begin(iac_buf *out, const char *level, iac_str message, iac_str test_file, iac_str test_run);
void iac_json_stream_finish(iac_buf *out, const char *type);
void iac_json_stream_test_diags(iac_buf *out, const iac_diags *diags, iac_str test_file, iac_str test_run);
/* resource_drift and planned_change of each; with_summary: then change_summary and outputs, as at the end of plan. */
void iac_json_stream_plan(iac_buf *out, const iac_plan *plan, bool with_summary);
void iac_json_stream_apply_summary(iac_buf *out, iac_plan_mode mode, iac_plan_counts done);
void iac_json_stream_outputs(iac_buf *out, const iac_state *state);
#endif

#include "engine/view/diff.h"
#include "engine/view/style.h"

#include "lang/base/secrets.h"
#include "lang/value/text.h"
#include <string.h>

/* The plan as people read it. */

typedef struct entry { /* a change with what there is to say about it */
    const iac_change *change;
    const iac_diff *diff;
} entry;

typedef struct renderer {
    iac_buf *out;
    const iac_plan *plan;
    const iac_view_options *options;
    iac_arena *arena;
} renderer;

static void wrap(renderer *r, const char *text)
{
    iac_wrap(r->out, iac_str_of(text), iac_view_width(r->options));
    iac_buf_char(r->out, '\n');
}

/* ---- one resource ---- */

static const iac_value *marked(renderer *r, const iac_change *c, const iac_value *v)
{
    return v && c->schema ? iac_schema_mark_sensitive(r->arena, c->schema->block, v) : v;
}

static const iac_diff *diff_of(renderer *r, const iac_change *c, iac_matcher relevant)
{
    const iac_value *before = marked(r, c, c->before), *after = marked(r, c, c->after);
    if (c->action == IAC_ACTION_FORGET)
        after = before;
    if (!c->schema)
        return iac_diff_values(r->arena, before, after);
    return iac_diff_resource(r->arena, c->schema->block, before, after, c->replace_paths, relevant);
}

static bool is_moved(const iac_change *c)
{
    return c->moved && !iac_addr_equal(c->addr, c->previous);
}

static bool is_replace(iac_action action)
{
    return action == IAC_ACTION_DELETE_CREATE || action == IAC_ACTION_CREATE_DELETE;
}

/* "  # ADDR", with the address set off. */
static void title(renderer *r, const char *start, iac_str addr)
{
    iac_style(r->out, r->options->color, IAC_BOLD);
    iac_buf_cstr(r->out, start);
    iac_buf_str(r->out, addr);
    iac_style(r->out, r->options->color, IAC_RESET);
}

static void loud(renderer *r, const char *word)
{
    iac_style(r->out, r->options->color, IAC_BOLD);
    iac_styled(r->out, r->options->color, IAC_RED, word);
}

static void replace_title(renderer *r, const iac_change *c)
{
    switch (c->reason) {
    case IAC_REASON_REPLACE_TAINTED:
        iac_buf_cstr(r->out, " is tainted, so must be ");
        loud(r, "replaced");
        break;
    case IAC_REASON_REPLACE_REQUESTED:
        iac_buf_cstr(r->out, " will be ");
        loud(r, "replaced");
        iac_buf_cstr(r->out, ", as requested");
        break;
    case IAC_REASON_REPLACE_TRIGGERED:
        iac_buf_cstr(r->out, " will be ");
        loud(r, "replaced");
        iac_buf_cstr(r->out, " due to changes in replace_triggered_by");
        break;
    default:
        iac_buf_cstr(r->out, " must be ");
        loud(r, "replaced");
        break;
    }
}

static void print_key(renderer *r, iac_key key)
{
    iac_buf_char(r->out, '[');
    if (key.kind == IAC_KEY_STRING)
        iac_quote(r->out, key.name);
    else
        iac_buf_printf(r->out, "%lld", (long long)key.index);
    iac_buf_char(r->out, ']');
}

static void delete_reason(renderer *r, const iac_change *c)
{
    iac_buf *out = r->out;
    switch (c->reason) {
    case IAC_REASON_DELETE_NO_CONFIG:
        iac_buf_printf(out, "\n  # (because %s%.*s.%.*s is not in configuration)",
                       c->addr.mode == IAC_DATA ? "data." : "", IAC_FMT(c->addr.type), IAC_FMT(c->addr.name));
        break;
    case IAC_REASON_DELETE_NO_MOVE_TARGET:
        iac_buf_cstr(out, "\n  # (because ");
        iac_addr_print(out, c->previous);
        iac_buf_cstr(out, " was moved to ");
        iac_addr_print(out, c->addr);
        iac_buf_cstr(out, ", which is not in configuration)");
        break;
    case IAC_REASON_DELETE_NO_MODULE:
        iac_buf_cstr(out, "\n  # (because ");
        iac_module_addr_print(out, c->addr.module);
        iac_buf_cstr(out, " is not in configuration)");
        break;
    case IAC_REASON_DELETE_WRONG_REPETITION:
        iac_buf_cstr(out, c->addr.key.kind == IAC_KEY_NONE  ? "\n  # (because resource uses count or for_each)"
                          : c->addr.key.kind == IAC_KEY_INT ? "\n  # (because resource does not use count)"
                                                            : "\n  # (because resource does not use for_each)");
        break;
    case IAC_REASON_DELETE_COUNT_INDEX:
        iac_buf_cstr(out, "\n  # (because index ");
        print_key(r, c->addr.key);
        iac_buf_cstr(out, " is out of range for count)");
        break;
    case IAC_REASON_DELETE_ENABLED_FALSE:
        iac_buf_printf(out, "\n  # (because %s%.*s.%.*s has lifecycle.enabled set to false)",
                       c->addr.mode == IAC_DATA ? "data." : "", IAC_FMT(c->addr.type), IAC_FMT(c->addr.name));
        break;
    case IAC_REASON_DELETE_EACH_KEY:
        iac_buf_cstr(out, "\n  # (because key ");
        print_key(r, c->addr.key);
        iac_buf_cstr(out, " is not in for_each map)");
        break;
    default:
        break;
    }
    if (c->deposed.n)
        iac_buf_cstr(out, "\n  # (left over from a partially-failed replacement of this instance)");
}

static void read_reason(renderer *r, const iac_change *c)
{
    if (c->reason == IAC_REASON_READ_CONFIG_UNKNOWN)
        iac_buf_cstr(r->out, "\n  # (config refers to values not yet known)");
    else if (c->reason == IAC_REASON_READ_DEPENDENCY_PENDING)
        iac_buf_cstr(r->out, "\n  # (depends on a resource or a module with changes pending)");
    else if (c->reason == IAC_REASON_READ_CHECK_NESTED)
        iac_buf_cstr(r->out, "\n  # (config will be reloaded to verify a check block)");
}

/* What of moving and importing is not in the first line already. */
static void origin(renderer *r, const iac_change *c)
{
    if (is_moved(c) && c->action != IAC_ACTION_NOOP) {
        iac_buf_cstr(r->out, "  # (moved from ");
        iac_addr_print(r->out, c->previous);
        iac_buf_cstr(r->out, ")\n");
    }
    if (c->import_id.n && (c->action != IAC_ACTION_NOOP || is_moved(c)))
        iac_buf_printf(r->out, "  # (imported from \"%.*s\")\n",
                       IAC_FMT(iac_secrets_redacted(r->arena, c->import_id)));
    if (c->import_id.n && is_replace(c->action)) {
        iac_buf_cstr(r->out, "  # ");
        iac_styled(r->out, r->options->color, IAC_YELLOW, "Warning: this will destroy the imported resource");
        iac_buf_char(r->out, '\n');
    }
}

static void comment(renderer *r, const iac_change *c, bool drift)
{
    iac_str addr = iac_addr_text(r->arena, c->addr);
    if (c->deposed.n)
        addr = iac_arena_printf(r->arena, "%.*s (deposed object %.*s)", IAC_FMT(addr), IAC_FMT(c->deposed));
    bool moved = c->action == IAC_ACTION_NOOP && is_moved(c);
    title(r, c->action == IAC_ACTION_FORGET ? " # " : "  # ",
          moved ? iac_addr_text(r->arena, c->previous) : addr);
    switch (c->action) {
    case IAC_ACTION_CREATE:
        iac_buf_cstr(r->out, " will be created");
        break;
    case IAC_ACTION_READ:
        iac_buf_cstr(r->out, " will be read during apply");
        read_reason(r, c);
        break;
    case IAC_ACTION_UPDATE:
        iac_buf_cstr(r->out, drift ? " has changed" : " will be updated in-place");
        break;
    case IAC_ACTION_DELETE_CREATE:
    case IAC_ACTION_CREATE_DELETE:
        replace_title(r, c);
        break;
    case IAC_ACTION_DELETE:
        iac_buf_cstr(r->out, drift ? " has been deleted" : " will be ");
        if (!drift)
            loud(r, "destroyed");
        delete_reason(r, c);
        break;
    case IAC_ACTION_FORGET:
        iac_buf_cstr(r->out, c->deposed.n ? " will be removed from the iac state"
                                          : " will no longer be managed by iac, but will not be destroyed");
        iac_buf_cstr(r->out, c->deposed.n ? "\n # (left over from a partially-failed replacement of this instance)"
                                          : "\n # (destroy = false is set in the configuration)");
        break;
    case IAC_ACTION_NOOP:
        iac_buf_cstr(r->out, moved ? " has moved to " : " will be imported");
        if (moved) {
            iac_style(r->out, r->options->color, IAC_BOLD);
            iac_buf_str(r->out, addr);
            iac_style(r->out, r->options->color, IAC_RESET);
        } else if (c->generated.n) {
            iac_buf_cstr(r->out, "\n  # (config will be generated)");
        }
        break;
    }
    iac_buf_char(r->out, '\n');
    origin(r, c);
    if (c->note.n)
        iac_buf_printf(r->out, "  # (%.*s)\n", IAC_FMT(iac_secrets_redacted(r->arena, c->note)));
}

static void draw_change(renderer *r, const entry *e, bool drift)
{
    const iac_change *c = e->change;
    iac_buf_char(r->out, '\n');
    comment(r, c, drift);
    iac_diff_symbol(r->out, c->action, r->options->color);
    iac_buf_printf(r->out, " %s \"%.*s\" \"%.*s\" ", c->addr.mode == IAC_DATA ? "data" : "resource",
                   IAC_FMT(c->addr.type), IAC_FMT(c->addr.name));
    iac_diff_render(r->out, e->diff, 0,
                    (iac_diff_style){ .color = r->options->color, .never_force_replacement = !is_replace(c->action),
                                      .show_unchanged = c->import_id.n > 0 });
    iac_buf_char(r->out, '\n');
}

/* ---- what changed outside ---- */

/* The attributes of the object that the plan depends on; false when there are none. */
static bool relevant_of(renderer *r, const iac_change *c, iac_matcher *ret)
{
    *ret = (iac_matcher){ .always = r->plan->mode == IAC_PLAN_REFRESH_ONLY };
    if (ret->always)
        return true;
    iac_path *paths = iac_arena_array(r->arena, iac_path, r->plan->relevant_count);
    for (size_t i = 0; i < r->plan->relevant_count; i++) {
        if (iac_addr_equal(r->plan->relevant[i].addr, c->addr))
            paths[ret->n++] = r->plan->relevant[i].path;
    }
    ret->v = paths;
    return ret->n > 0;
}

static bool is_shown(const iac_change *c)
{
    if (c->action == IAC_ACTION_NOOP)
        return is_moved(c) || c->import_id.n;
    return !(c->action == IAC_ACTION_DELETE && c->addr.mode == IAC_DATA);
}

/* A value that only becomes sensitive, or ceases to be, is a change that nobody can see. */
static bool output_is_shown(const iac_output_change *o)
{
    bool nothing = (!o->before || iac_is_null(o->before)) && !o->after;
    return o->action != IAC_ACTION_NOOP && !nothing &&
           !(o->before && o->after && iac_value_same(o->before, o->after));
}

static bool changes_nothing(const iac_plan *plan)
{
    for (size_t i = 0; i < plan->change_count; i++) {
        if (is_shown(&plan->changes[i]))
            return false;
    }
    for (size_t i = 0; i < plan->output_count; i++) {
        if (output_is_shown(&plan->outputs[i]))
            return false;
    }
    return true;
}

/* Returns whether anything was drawn. */
static bool draw_drift(renderer *r)
{
    const iac_plan *plan = r->plan;
    bool refresh_only = plan->mode == IAC_PLAN_REFRESH_ONLY, any = false;
    if (!refresh_only && changes_nothing(plan))
        return false;
    for (size_t i = 0; i < plan->drift_count; i++) {
        iac_matcher relevant;
        entry e = { .change = &plan->drift[i] };
        if (!relevant_of(r, e.change, &relevant))
            continue;
        e.diff = diff_of(r, e.change, relevant);
        if (e.diff->action == IAC_ACTION_NOOP && !(refresh_only && is_moved(e.change)))
            continue;
        if (!any) {
            iac_buf_char(r->out, '\n');
            iac_style(r->out, r->options->color, IAC_BOLD);
            iac_styled(r->out, r->options->color, IAC_CYAN, "Note:");
            iac_style(r->out, r->options->color, IAC_BOLD);
            iac_buf_cstr(r->out, " Objects have changed outside of iac\n");
            iac_style(r->out, r->options->color, IAC_RESET);
            iac_buf_char(r->out, '\n');
            wrap(r, "iac detected the following changes made outside of iac since the last \"iac apply\" which may "
                    "have affected this plan:");
        }
        any = true;
        draw_change(r, &e, true);
    }
    if (!any)
        return false;
    iac_buf_char(r->out, '\n');
    if (refresh_only)
        wrap(r, "\nThis is a refresh-only plan, so iac will not take any actions to undo these. If you were expecting "
                "these changes then you can apply this plan to record the updated values in the iac state without "
                "changing any remote objects.");
    else
        wrap(r, "\nUnless you have made equivalent changes to your configuration, or ignored the relevant attributes "
                "using ignore_changes, the following plan may include actions to undo or respond to these changes.");
    return true;
}

/* ---- nothing to do ---- */

static void no_changes(renderer *r, bool drift, const char *headline, const char *text)
{
    if (drift)
        iac_view_rule(r->out, r->options);
    iac_buf_char(r->out, '\n');
    iac_style(r->out, r->options->color, IAC_BOLD);
    iac_styled(r->out, r->options->color, IAC_GREEN, "No changes.");
    iac_style(r->out, r->options->color, IAC_BOLD);
    iac_buf_char(r->out, ' ');
    iac_buf_cstr(r->out, headline);
    iac_style(r->out, r->options->color, IAC_RESET);
    iac_buf_cstr(r->out, "\n\n");
    wrap(r, text);
}

static void draw_nothing(renderer *r, bool drift)
{
    if (r->plan->errored) {
        if (drift)
            iac_view_rule(r->out, r->options);
        iac_buf_char(r->out, '\n');
        iac_style(r->out, r->options->color, IAC_BOLD);
        iac_styled(r->out, r->options->color, IAC_RED, "Planning failed.");
        iac_style(r->out, r->options->color, IAC_BOLD);
        iac_buf_cstr(r->out, " iac encountered an error while generating this plan.");
        iac_style(r->out, r->options->color, IAC_RESET);
        iac_buf_cstr(r->out, "\n\n");
        if (drift)
            iac_view_rule(r->out, r->options);
        return;
    }
    switch (r->plan->mode) {
    case IAC_PLAN_REFRESH_ONLY:
        if (!drift)
            no_changes(r, false, "Your infrastructure still matches the configuration.",
                       "iac has checked that the real remote objects still match the result of your most recent "
                       "changes, and found no differences.");
        break;
    case IAC_PLAN_DESTROY:
        no_changes(r, drift, "No objects need to be destroyed.",
                   "Either you have not created any objects yet or the existing objects were already deleted outside "
                   "of iac.");
        break;
    case IAC_PLAN_NORMAL:
        no_changes(r, drift, "Your infrastructure matches the configuration.",
                   "iac has compared your real infrastructure against your configuration and found no differences, so "
                   "no changes are needed.");
        break;
    }
}

/* ---- the whole ---- */

static void legend(renderer *r, const size_t *counts)
{
    static const struct {
        iac_action action;
        const char *words;
    } rows[] = {
        { IAC_ACTION_CREATE, "create" },
        { IAC_ACTION_UPDATE, "update in-place" },
        { IAC_ACTION_DELETE, "destroy" },
        { IAC_ACTION_DELETE_CREATE, "destroy and then create replacement" },
        { IAC_ACTION_CREATE_DELETE, "create replacement and then destroy" },
        { IAC_ACTION_READ, "read (data resources)" },
    };
    wrap(r, "\niac used the selected providers to generate the following execution plan. Resource actions are "
            "indicated with the following symbols:");
    for (size_t i = 0; i < IAC_COUNT(rows); i++) {
        if (!counts[rows[i].action])
            continue;
        iac_diff_symbol(r->out, rows[i].action, r->options->color);
        iac_buf_printf(r->out, " %s\n", rows[i].words);
    }
}

static void summary(renderer *r)
{
    iac_plan_counts n = iac_plan_count(r->plan);
    iac_buf_char(r->out, '\n');
    iac_styled(r->out, r->options->color, IAC_BOLD, "Plan:");
    if (n.import_)
        iac_buf_printf(r->out, " %zu to import,", n.import_);
    iac_buf_printf(r->out, " %zu to add, %zu to change, %zu to destroy.\n", n.add, n.change, n.destroy);
}

static void draw_outputs(renderer *r)
{
    size_t width = 0, shown = 0;
    for (size_t i = 0; i < r->plan->output_count; i++) {
        iac_str name = iac_diff_name(r->arena, r->plan->outputs[i].name);
        width = name.n > width ? name.n : width;
    }
    for (size_t i = 0; i < r->plan->output_count; i++) {
        const iac_output_change *o = &r->plan->outputs[i];
        if (!output_is_shown(o))
            continue;
        if (!shown++)
            iac_buf_cstr(r->out, "\nChanges to Outputs:\n");
        const iac_value *before = o->before, *after = o->after;
        if (o->sensitive) {
            before = before ? iac_value_mark(r->arena, before, IAC_SENSITIVE) : NULL;
            after = after ? iac_value_mark(r->arena, after, IAC_SENSITIVE) : NULL;
        }
        const iac_diff *diff = iac_diff_values(r->arena, before, after);
        iac_str name = iac_diff_name(r->arena, o->name);
        size_t columns = iac_diff_columns(name);
        iac_diff_symbol(r->out, diff->action == IAC_ACTION_NOOP ? o->action : diff->action, r->options->color);
        iac_buf_printf(r->out, " %.*s", IAC_FMT(name));
        iac_buf_fill(r->out, ' ', width > columns ? width - columns : 0);
        iac_buf_cstr(r->out, " = ");
        iac_diff_render(r->out, diff, 0, (iac_diff_style){ .color = r->options->color });
        iac_buf_char(r->out, '\n');
    }
}

static void draw_changes(renderer *r)
{
    iac_buf_printf(r->out, r->plan->errored
                               ? "\niac planned the following actions, but then encountered a problem:\n"
                               : "\niac will perform the following actions:\n");
    iac_arena *kept = r->arena;
    r->arena = iac_arena_new();
    for (size_t i = 0; i < r->plan->change_count; i++) {
        entry e = { .change = &r->plan->changes[i] };
        if (!is_shown(e.change))
            continue;
        e.diff = diff_of(r, e.change, (iac_matcher){ .always = true });
        draw_change(r, &e, false);
        iac_arena_reset(r->arena);
    }
    iac_arena_free(r->arena);
    r->arena = kept;
    summary(r);
}

static void draw_plan(renderer *r)
{
    const iac_plan *plan = r->plan;
    size_t counts[IAC_ACTION_FORGET + 1] = { 0 }, shown = 0, actions = 0;
    bool drift = draw_drift(r);
    if (changes_nothing(plan)) {
        draw_nothing(r, drift);
        return;
    }
    for (size_t i = 0; i < plan->change_count; i++) {
        const iac_change *c = &plan->changes[i];
        if (!is_shown(c))
            continue;
        shown++;
        if (c->action != IAC_ACTION_NOOP) {
            counts[c->action]++;
            actions++;
        }
    }
    if (drift)
        iac_view_rule(r->out, r->options);
    if (actions)
        legend(r, counts);
    if (shown)
        draw_changes(r);
    draw_outputs(r);
    if (!actions && plan->output_count) {
        bool any = false;
        for (size_t i = 0; i < plan->output_count; i++)
            any |= output_is_shown(&plan->outputs[i]);
        if (any)
            wrap(r, "\nYou can apply this plan to save these new output values to the iac state, without changing any "
                    "real infrastructure.");
    }
}

void iac_view_plan(iac_buf *out, const iac_plan *plan, const iac_view_options *options)
{
    renderer r = { out, plan, options, iac_arena_new() };
    draw_plan(&r);
    iac_arena_free(r.arena);
}

void iac_view_plan_footer(iac_buf *out, const char *path, const char *generated, const iac_view_options *options)
{
    iac_view_rule(out, options);
    iac_buf_char(out, '\n');
    if (generated) {
        iac_buf text;
        iac_buf_init(&text, IAC_BUF_UNLIMITED);
        iac_buf_printf(&text,
                       "iac has generated configuration and written it to %s. Please review the configuration and edit it "
                       "as necessary before adding it to version control.\n\n",
                       generated);
        iac_wrap(out, iac_buf_view(&text), iac_view_width(options));
        iac_buf_clear(&text);
    }
    if (path) {
        iac_buf_printf(out, "Saved the plan to: %s\n\nTo perform exactly these actions, run the following command to "
                            "apply:\n    iac apply \"%s\"\n", path, path);
        return;
    }
    iac_wrap(out, IAC_STR("Note: You didn't use the -out option to save this plan, so iac can't guarantee to take "
                          "exactly these actions if you run \"iac apply\" now.\n"), iac_view_width(options));
}

void iac_view_state_path(iac_buf *out, const char *path, const iac_view_options *options)
{
    iac_buf_char(out, '\n');
    iac_wrap(out, IAC_STR("The state of your infrastructure has been saved to the path below. This state is required to "
                          "modify and destroy your infrastructure, so keep it safe. To inspect the complete state use "
                          "the `iac show` command.\n\n"), iac_view_width(options));
    iac_buf_printf(out, "State path: %s\n", path);
}

void iac_view_apply_summary(iac_buf *out, iac_plan_mode mode, iac_plan_counts done, const iac_view_options *options)
{
    iac_style(out, options->color, IAC_BOLD);
    iac_style(out, options->color, IAC_GREEN);
    iac_buf_char(out, '\n');
    if (mode == IAC_PLAN_DESTROY) {
        iac_buf_printf(out, "Destroy complete! Resources: %zu destroyed.", done.destroy);
    } else {
        iac_buf_cstr(out, "Apply complete! Resources:");
        if (done.import_)
            iac_buf_printf(out, " %zu imported,", done.import_);
        iac_buf_printf(out, " %zu added, %zu changed, %zu destroyed.", done.add, done.change, done.destroy);
    }
    iac_style(out, options->color, IAC_RESET);
    iac_buf_char(out, '\n');
}

void iac_view_plan_change(iac_buf *out, const iac_plan *plan, const iac_change *change, bool drift)
{
    const iac_view_options plain = { 0 };
    renderer r = { out, plan, &plain, iac_arena_new() };
    entry e = { .change = change };
    if (is_shown(change)) {
        e.diff = diff_of(&r, change, (iac_matcher){ .always = true });
        draw_change(&r, &e, drift);
    }
    iac_arena_free(r.arena);
}

void iac_view_plan_outputs(iac_buf *out, const iac_plan *plan)
{
    const iac_view_options plain = { 0 };
    renderer r = { out, plan, &plain, iac_arena_new() };
    draw_outputs(&r);
    iac_arena_free(r.arena);
}

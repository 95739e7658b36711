/* engine/cli/cmd_history.c - the history commands that look at it: the list, show; and prune. */
#include "engine/cli/history.h"

#include "engine/plan/config_files.h"
#include "lang/value/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print as a JSON document." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_common, NULL };

iac_status iac_history_open(iac_cli *cli, bool lock)
{
    if (iac_cli_open_store(cli, lock) != IAC_OK)
        return IAC_ERR;
    return lock ? iac_cli_lock_store(cli, cli->command->name) : IAC_OK;
}

bool iac_history_number(iac_cli *cli, const char *text, int64_t *ret)
{
    char *end;
    errno = 0;
    *ret = strtoll(text, &end, 10);
    if (!errno && end != text && !*end && *ret > 0)
        return true;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid number of an entry",
                   "\"%s\" is no number of an entry of the history. \"iac history\" lists them.", text);
    return false;
}

/* ---- one entry as JSON and as text ---- */

static void add_json(iac_buf *out, const char *name, iac_str text)
{
    iac_buf_printf(out, ",\"%s\":", name);
    iac_json_string(out, text, false);
}

static void add_optional(iac_buf *out, const char *name, iac_str text)
{
    if (text.n)
        add_json(out, name, text);
}

/* Without the closing brace. */
static void print_json(iac_buf *out, const iac_history_entry *e)
{
    iac_buf_printf(out, "{\"number\":%lld", (long long)e->number);
    add_json(out, "command", e->command);
    iac_buf_printf(out, ",\"arguments\":%.*s", IAC_FMT(e->arguments));
    if (e->origin)
        iac_buf_printf(out, ",\"back_to\":%lld", (long long)e->origin);
    add_json(out, "status", e->status);
    if (e->ended.n && !iac_str_is(e->status, "interrupted"))
        iac_buf_printf(out, ",\"exit_status\":%d", e->exit);
    add_json(out, "begun", e->begun);
    add_optional(out, "ended", e->ended);
    add_json(out, "who", e->who);
    add_json(out, "host", e->host);
    iac_buf_printf(out, ",\"pid\":%lld", (long long)e->pid);
    add_json(out, "version", e->version);
    add_json(out, "directory", e->cwd);
    add_optional(out, "git_commit", e->git_commit);
    add_optional(out, "git_branch", e->git_branch);
    add_json(out, "lineage", e->lineage);
    iac_buf_printf(out, ",\"serial_before\":%lld,\"serial_after\":%lld", (long long)e->serial_before,
                   (long long)e->serial_after);
    iac_buf_printf(out, ",\"added\":%zu,\"changed\":%zu,\"destroyed\":%zu,\"imported\":%zu", e->added, e->changed,
                   e->destroyed, e->imported);
    iac_buf_printf(out, ",\"errors\":%.*s", IAC_FMT(e->errors));
}

static void add_changes(iac_buf *out, const iac_history_entry *e)
{
    if (!e->has_plan)
        iac_buf_cstr(out, "state only");
    else
        iac_buf_printf(out, "+%zu ~%zu -%zu", e->added, e->changed, e->destroyed);
}

static iac_str second_of(iac_str time) /* "2026-01-02 03:04:05" */
{
    return iac_str_sub(time, 0, strlen("2026-01-02T03:04:05"));
}

static void add_column(iac_buf *out, iac_str text, int width)
{
    iac_buf_printf(out, "%-*.*s", width, IAC_FMT(text));
}

/* ---- the list ---- */

static int print_list_json(const iac_history_entry *entries, size_t n)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&out, "{\"format_version\":\"1.0\",\"entries\":[");
    for (size_t i = 0; i < n; i++) {
        if (i)
            iac_buf_char(&out, ',');
        print_json(&out, &entries[i]);
        iac_buf_char(&out, '}');
    }
    iac_buf_cstr(&out, "]}\n");
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

static void print_line(iac_buf *out, iac_arena *arena, const iac_history_entry *e)
{
    iac_buf changes;
    iac_str command = e->command;
    iac_buf_init(&changes, IAC_BUF_UNLIMITED);
    add_changes(&changes, e);
    if (e->origin)
        command = iac_arena_printf(arena, "%.*s %lld", IAC_FMT(command), (long long)e->origin);
    iac_buf_printf(out, "%6lld  %.*sZ  ", (long long)e->number, IAC_FMT(second_of(e->begun)));
    add_column(out, e->status, 13);
    add_column(out, command, 24);
    add_column(out, iac_buf_view(&changes), 14);
    add_column(out, iac_str_sub(e->git_commit, 0, 8), 10);
    iac_buf_printf(out, "%.*s\n", IAC_FMT(e->who));
    iac_buf_clear(&changes);
}

static int run_list(iac_cli *cli)
{
    const iac_history_entry *entries = NULL;
    size_t n = 0;
    iac_buf out;
    if (iac_history_open(cli, false) != IAC_OK ||
        iac_history_list(cli->store, cli->arena, &entries, &n, &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (cli->args.json)
        return print_list_json(entries, n);
    if (!n) {
        iac_cli_printf("The history of this workspace is empty.\n\nWhat is applied from this working directory is kept "
                       "in its local database, also\nwhere the state itself is kept by a remote backend.\n");
        return IAC_EXIT_OK;
    }
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&out, "number  begun                 status       command                 changes       commit    "
                       "who\n");
    for (size_t i = 0; i < n; i++)
        print_line(&out, cli->arena, &entries[i]);
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_history = {
    .name = "history",
    .tolerant = true,
    .summary = "Show what was done to the state, and go through it",
    .usage = "[options]",
    .description = "Lists what apply, destroy and the commands that change the state have done in this workspace, the "
                   "newest first. \"history show\" shows one entry with its plan, \"history diff\" what differs "
                   "between two, \"state restore\" brings the state of one back, and \"rollback\" applies the "
                   "configuration of one again.\n\nThe newest 100 entries are kept. The arguments keep (a number, or "
                   "\"all\") and max_age (\"90d\") of a history block in the terraform block say otherwise, and "
                   "IAC_HISTORY_KEEP and IAC_HISTORY_MAX_AGE go before those. With a remote backend the history is "
                   "that of this working directory: it stays in the database of the local working copy.",
    .groups = groups,
    .run = run_list,
};

/* ---- show ---- */

iac_status iac_history_config_load(iac_cli *cli, const iac_history_entry *entry, const iac_config **ret)
{
    *ret = NULL;
    if (!entry->has_config)
        return IAC_OK;
    return iac_config_files_load(cli->arena, &entry->config, "The history", ret, &cli->diags);
}

iac_status iac_history_plan(iac_cli *cli, const iac_history_entry *entry, iac_plan **ret)
{
    const iac_plan *plan = NULL;
    const iac_config *config = NULL;
    iac_kept_variables variables;
    *ret = NULL;
    if (!entry->has_plan)
        return IAC_OK;
    if (iac_history_config_load(cli, entry, &config) != IAC_OK ||
        iac_record_variables(cli, entry->variables, &variables) != IAC_OK ||
        iac_planfile_unpack(cli->arena, entry->plan, config, &plan, &cli->diags) != IAC_OK)
        return IAC_ERR;
    *ret = iac_arena_new_of(cli->arena, iac_plan);
    **ret = *plan;
    iac_map *values = iac_arena_new_of(cli->arena, iac_map);
    for (size_t i = 0; i < variables.values.n; i++) /* sensitive ones are kept, and not shown */
        if (!((const iac_value *)variables.values.entries[i].value)->marks)
            iac_map_put(values, variables.values.entries[i].key, variables.values.entries[i].value);
    iac_map_settle(values, cli->arena);
    (*ret)->variables = values;
    return IAC_OK;
}

static void add_line(iac_buf *out, const char *name, iac_str text)
{
    if (text.n)
        iac_buf_printf(out, "  %-12s %.*s\n", name, IAC_FMT(text));
}

/* The texts of a JSON array, each after `before`. */
static void add_texts(iac_buf *out, iac_arena *arena, iac_str json, const char *before)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, json, &error, &offset);
    for (size_t i = 0; v && v->kind == IAC_TUPLE && i < v->n; i++)
        if (v->items[i]->kind == IAC_STRING)
            iac_buf_printf(out, "%s%.*s", before, IAC_FMT(v->items[i]->string));
}

static void print_entry(iac_cli *cli, iac_buf *out, const iac_history_entry *e, const iac_kept_variables *variables)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_printf(out, "Entry %lld of workspace \"%.*s\"\n\n", (long long)e->number, IAC_FMT(cli->workspace));
    iac_buf_str(&text, e->command);
    add_texts(&text, cli->arena, e->arguments, " ");
    add_line(out, "Command:", iac_buf_view(&text));
    if (e->origin)
        iac_buf_printf(out, "  %-12s entry %lld\n", "Back to:", (long long)e->origin);
    iac_buf_reset(&text);
    iac_buf_str(&text, e->status);
    if (e->ended.n && !iac_str_is(e->status, "interrupted"))
        iac_buf_printf(&text, ", exit status %d", e->exit);
    add_line(out, "Status:", iac_buf_view(&text));
    add_line(out, "Begun:", e->begun);
    add_line(out, "Ended:", e->ended);
    add_line(out, "Who:", e->who);
    iac_buf_printf(out, "  %-12s %lld, iac %.*s\n", "Process:", (long long)e->pid, IAC_FMT(e->version));
    add_line(out, "Directory:", e->cwd);
    add_line(out, "Commit:", e->git_commit);
    add_line(out, "Branch:", e->git_branch);
    iac_buf_printf(out, "  %-12s serial %lld before, %lld after\n", "State:", (long long)e->serial_before,
                   (long long)e->serial_after);
    iac_buf_reset(&text);
    add_changes(&text, e);
    add_line(out, "Changes:", iac_buf_view(&text));
    if (variables->omitted_count) {
        iac_buf_printf(out, "  %-12s", "Not kept:");
        for (size_t i = 0; i < variables->omitted_count; i++)
            iac_buf_printf(out, " var.%.*s", IAC_FMT(variables->omitted[i]));
        iac_buf_cstr(out, " (sensitive or ephemeral)\n");
    }
    iac_buf_reset(&text);
    add_texts(&text, cli->arena, e->errors, "\n  ");
    if (text.n)
        iac_buf_printf(out, "\nErrors:\n%.*s\n", IAC_FMT(iac_buf_view(&text)));
    iac_buf_clear(&text);
}

static int run_show(iac_cli *cli)
{
    iac_history_entry entry = { 0 };
    iac_kept_variables variables = { 0 };
    const iac_state *before = NULL;
    iac_plan *plan = NULL;
    int64_t number;
    iac_buf out;
    if (cli->args.positional_count != 1)
        return iac_cli_refuse_usage(cli, "The number of an entry is required.\n");
    if (!iac_history_number(cli, cli->args.positional[0], &number) || iac_history_open(cli, false) != IAC_OK ||
        iac_history_load(cli->store, number, cli->arena, &entry, &cli->diags) != IAC_OK ||
        iac_record_variables(cli, entry.variables, &variables) != IAC_OK ||
        iac_history_plan(cli, &entry, &plan) != IAC_OK)
        return IAC_EXIT_ERROR;
    if (plan) {
        if (iac_history_state(cli->store, number, true, cli->arena, &before, &cli->diags) != IAC_OK)
            return IAC_EXIT_ERROR;
        plan->prior = before;
        iac_plan_note_secrets(plan);
    }
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (cli->args.json) {
        print_json(&out, &entry);
        if (plan) {
            iac_buf_cstr(&out, ",\"plan\":");
            iac_json_plan(&out, plan, iac_cli_schemas(cli), false);
            out.n--; /* its newline */
        }
        iac_buf_cstr(&out, "}\n");
    } else {
        print_entry(cli, &out, &entry, &variables);
        if (plan)
            iac_view_plan(&out, plan, &cli->out_view);
    }
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_history_show = {
    .name = "history show",
    .tolerant = true,
    .summary = "Show one entry of the history, with its plan",
    .usage = "[options] NUMBER",
    .description = "Shows who did what and when, how it ended, and the plan that was carried out.",
    .groups = groups,
    .max_positional = 1,
    .run = run_show,
};

/* ---- prune ---- */

static const iac_option prune_options[] = {
    { "keep", IAC_OPTION_TEXT, offsetof(iac_args, keep), "=n", "Keep the newest n entries; \"all\": any number." },
    { "max-age", IAC_OPTION_TEXT, offsetof(iac_args, max_age), "=age",
      "Remove entries older than this, like 90d, 2w or 12h." },
};
static const iac_option_group prune_group = { "Options", prune_options, IAC_COUNT(prune_options) };
static const iac_option_group *const prune_groups[] = { &prune_group, &iac_options_lock, &iac_options_common, NULL };

static int run_prune(iac_cli *cli)
{
    iac_retention retention;
    size_t removed = 0;
    if (cli->args.keep)
        setenv("IAC_HISTORY_KEEP", cli->args.keep, 1);
    if (cli->args.max_age)
        setenv("IAC_HISTORY_MAX_AGE", cli->args.max_age, 1);
    if (iac_retention_read(cli, &retention) != IAC_OK || iac_history_open(cli, true) != IAC_OK ||
        iac_history_prune(cli->store, retention.keep, retention.max_age, &removed, &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_cli_printf("Removed %zu of the history's entries.\n", removed);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_history_prune = {
    .name = "history prune",
    .tolerant = true,
    .summary = "Remove old entries of the history",
    .usage = "[options]",
    .description = "Removes entries of the history, and what only they needed: states of the past, plans, files. "
                   "Without options as IAC_HISTORY_KEEP and IAC_HISTORY_MAX_AGE say, else the history block of the "
                   "terraform block, else the newest 100 stay; the same is done after each apply.",
    .groups = prune_groups,
    .run = run_prune,
};

/* engine/cli/cmd_history_diff.c - history diff: what differs between two entries. */
#include "engine/cli/history.h"
#include "engine/cli/text_diff.h"

#include "lang/value/json.h"

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print as a JSON document." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_common, NULL };

static void diff_file(iac_buf *out, iac_arena *arena, const iac_history_file *before, const iac_history_file *after,
                      bool json)
{
    iac_str name = before ? before->path : after->path;
    iac_str was = before ? before->text : (iac_str){ 0 }, is = after ? after->text : (iac_str){ 0 };
    if (before && after && iac_str_eq(was, is))
        return;
    if (!json) {
        iac_text_diff(out, iac_arena_cstr(arena, name), was, is);
        return;
    }
    if (out->p[out->n - 1] != '[')
        iac_buf_char(out, ',');
    iac_buf_cstr(out, "{\"path\":");
    iac_json_string(out, name, false);
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_text_diff(&text, iac_arena_cstr(arena, name), was, is);
    iac_buf_printf(out, ",\"change\":\"%s\",\"diff\":", !before ? "added" : !after ? "removed" : "changed");
    iac_json_string(out, iac_buf_view(&text), false);
    iac_buf_char(out, '}');
    iac_buf_clear(&text);
}

/* The files of both, which are in the order of their paths. */
static void diff_files(iac_buf *out, iac_arena *arena, const iac_history_config *before,
                       const iac_history_config *after, bool json)
{
    size_t b = 0, a = 0;
    while (b < before->file_count || a < after->file_count) {
        int order = b == before->file_count  ? 1
                    : a == after->file_count ? -1
                                             : iac_str_cmp(before->files[b].path, after->files[a].path);
        diff_file(out, arena, order <= 0 ? &before->files[b] : NULL, order >= 0 ? &after->files[a] : NULL, json);
        b += order <= 0;
        a += order >= 0;
    }
}

typedef struct side {
    iac_history_entry entry;
    const iac_state *state;
} side;

static void print_json(iac_cli *cli, iac_buf *out, const side *sides, bool configs)
{
    iac_buf_printf(out, "{\"format_version\":\"1.0\",\"from\":%lld,\"to\":%lld,\"state\":",
                   (long long)sides[0].entry.number, (long long)sides[1].entry.number);
    iac_json_state_diff(out, sides[0].state, sides[1].state, iac_cli_schemas(cli));
    if (configs) {
        iac_buf_cstr(out, ",\"files\":[");
        diff_files(out, cli->arena, &sides[0].entry.config, &sides[1].entry.config, true);
        iac_buf_char(out, ']');
    }
    iac_buf_cstr(out, "}\n");
}

static void print_text(iac_cli *cli, iac_buf *out, const side *sides, bool configs)
{
    size_t start;
    iac_buf_printf(out, "State: after entry %lld, and after entry %lld\n", (long long)sides[0].entry.number,
                   (long long)sides[1].entry.number);
    if (!iac_view_state_diff(out, sides[0].state, sides[1].state, iac_cli_schemas(cli), &cli->out_view))
        iac_buf_cstr(out, "\n  No differences.\n");
    iac_buf_cstr(out, "\nConfiguration:\n\n");
    start = out->n;
    if (configs)
        diff_files(out, cli->arena, &sides[0].entry.config, &sides[1].entry.config, false);
    else
        iac_buf_cstr(out, "  One of the entries has none: it changed the state only.\n");
    if (out->n == start)
        iac_buf_cstr(out, "  No differences.\n");
}

static int run(iac_cli *cli)
{
    side sides[2] = { 0 };
    iac_buf out;
    if (cli->args.positional_count != 2)
        return iac_cli_refuse_usage(cli, "The numbers of two entries are required.\n");
    if (iac_history_open(cli, false) != IAC_OK)
        return IAC_EXIT_ERROR;
    for (size_t i = 0; i < 2; i++) {
        int64_t number;
        if (!iac_history_number(cli, cli->args.positional[i], &number) ||
            iac_history_load(cli->store, number, cli->arena, &sides[i].entry, &cli->diags) != IAC_OK ||
            iac_history_state(cli->store, number, false, cli->arena, &sides[i].state, &cli->diags) != IAC_OK)
            return IAC_EXIT_ERROR;
        iac_state_note_secrets(sides[i].state);
        iac_view_note_secrets(sides[i].state, iac_cli_schemas(cli));
    }
    bool configs = sides[0].entry.has_config && sides[1].entry.has_config;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    (cli->args.json ? print_json : print_text)(cli, &out, sides, configs);
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_history_diff = {
    .name = "history diff",
    .tolerant = true,
    .summary = "Show what differs between two entries of the history",
    .usage = "[options] NUMBER NUMBER",
    .description = "Shows how the state after the second entry differs from that after the first, and how the files of "
                   "the configuration do. Sensitive values are not shown.",
    .groups = groups,
    .max_positional = 2,
    .run = run,
};

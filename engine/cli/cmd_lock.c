/* engine/cli/cmd_lock.c - lock status: who has the lock of the state. */
#include "engine/cli/cli.h"

#include "lang/value/json.h"

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print as JSON." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_state_read, &iac_options_common, NULL };

static void add_json(iac_buf *out, const char *name, iac_str text)
{
    iac_buf_printf(out, ",\"%s\":", name);
    iac_json_string(out, text, true);
}

static void add_info_json(iac_buf *out, const iac_lock_info *info)
{
    if (info) {
        add_json(out, "id", info->id);
        add_json(out, "operation", info->operation);
        add_json(out, "who", info->who);
        add_json(out, "version", info->version);
        add_json(out, "created", info->created);
        add_json(out, "path", info->path);
        add_json(out, "info", info->info);
        if (info->lease_seconds)
            iac_buf_printf(out, ",\"lease_seconds\":%lld", (long long)info->lease_seconds);
        if (info->idle_seconds >= 0)
            iac_buf_printf(out, ",\"idle_seconds\":%.0f", info->idle_seconds);
    }
}

static iac_str name_of(const iac_claim *claim)
{
    return claim->address.n ? claim->address : claim->resource;
}

static void add_holder_json(iac_buf *out, const iac_holder *holder)
{
    iac_buf_printf(out, "{\"whole\":%s", holder->whole ? "true" : "false");
    add_info_json(out, &holder->info);
    iac_buf_cstr(out, ",\"resources\":[");
    for (size_t i = 0; i < holder->claim_count; i++) {
        iac_buf_cstr(out, i ? ",{\"address\":" : "{\"address\":");
        iac_json_string(out, name_of(&holder->claims[i]), true);
        iac_buf_printf(out, ",\"exclusive\":%s}", holder->claims[i].exclusive ? "true" : "false");
    }
    iac_buf_cstr(out, "]}");
}

static void print_json(iac_buf *out, const iac_lock_info *info, const iac_holder *holders, size_t n)
{
    iac_buf_printf(out, "{\"format_version\":\"1.0\",\"locked\":%s", info ? "true" : "false");
    add_info_json(out, info);
    for (size_t i = 0; i < n; i++) {
        iac_buf_cstr(out, i ? "," : ",\"holders\":[");
        add_holder_json(out, &holders[i]);
    }
    iac_buf_cstr(out, n ? "]}\n" : "}\n");
}

static void add_info_text(iac_buf *out, const iac_lock_info *info)
{
    iac_buf_printf(out,
                   "  ID:        %.*s\n"
                   "  Path:      %.*s\n"
                   "  Operation: %.*s\n"
                   "  Who:       %.*s\n"
                   "  Version:   %.*s\n"
                   "  Created:   %.*s\n",
                   IAC_FMT(info->id), IAC_FMT(info->path), IAC_FMT(info->operation), IAC_FMT(info->who),
                   IAC_FMT(info->version), IAC_FMT(info->created));
    if (info->pid)
        iac_buf_printf(out, "  Process:   %lld on %.*s\n", (long long)info->pid, IAC_FMT(info->host));
    if (info->lease_seconds && info->idle_seconds >= 0)
        iac_buf_printf(out, "  Renewed:   %.0f seconds ago; may be taken over after %lld\n", info->idle_seconds,
                       (long long)info->lease_seconds);
}

static void add_holder_text(iac_buf *out, const iac_holder *holder)
{
    add_info_text(out, &holder->info);
    if (holder->whole)
        iac_buf_cstr(out, "  Locks:     all of the state\n");
    for (size_t i = 0; i < holder->claim_count; i++)
        iac_buf_printf(out, "%s%.*s%s\n", i ? "             " : "  Locks:     ", IAC_FMT(name_of(&holder->claims[i])),
                       holder->claims[i].exclusive ? "" : " (shared)");
}

static void print_text(iac_buf *out, const iac_lock_info *info, const iac_holder *holders, size_t n)
{
    if (!info) {
        iac_buf_cstr(out, "The state is not locked.\n");
        return;
    }
    iac_buf_cstr(out, "The state is locked.\n\n");
    if (!n)
        add_info_text(out, info);
    for (size_t i = 0; i < n; i++) {
        iac_buf_cstr(out, i ? "\n" : "");
        add_holder_text(out, &holders[i]);
    }
}

static int run(iac_cli *cli)
{
    iac_lock_info info = { 0 };
    const iac_holder *holders = NULL;
    size_t n = 0;
    iac_buf out;

    if (iac_cli_open_store(cli, false) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_status status = iac_store_lock_info(cli->store, cli->arena, &info, &cli->diags);
    if ((status != IAC_OK && status != IAC_NOT_FOUND) ||
        iac_store_holders(cli->store, cli->arena, &holders, &n, &cli->diags) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    (cli->args.json ? print_json : print_text)(&out, status == IAC_OK ? &info : NULL, holders, n);
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_lock_status = {
    .name = "lock status",
    .tolerant = true,
    .summary = "Show who has the lock of the state",
    .usage = "[options]",
    .description = "Shows who has the lock of the workspace's state, since when, and for which operation. Takes no lock "
                   "itself.",
    .groups = groups,
    .run = run,
};

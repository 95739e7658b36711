/* engine/cli/cmd_modules.c - the modules command: the modules that the configuration calls. */
#include "engine/cli/cli.h"

#include "lang/value/json.h"

static const iac_option options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print as a JSON document." },
};
static const iac_option_group group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &group, &iac_options_vars, &iac_options_common, NULL };

static void print_tree(iac_buf *out, iac_arena *arena, const iac_module_config *module, iac_str indent)
{
    for (size_t i = 0; i < module->call_count; i++) {
        const iac_module_call *call = &module->calls[i];
        bool last = i + 1 == module->call_count;
        iac_str version = call->module ? call->module->version : (iac_str){ 0 };
        iac_buf_printf(out, "%.*s%s── \"%.*s\"[%.*s]%s%.*s", IAC_FMT(indent), last ? "└" : "├", IAC_FMT(call->name),
                       IAC_FMT(call->from.text), version.n ? " " : "", IAC_FMT(version));
        if (version.n && call->version.n && !iac_str_eq(version, call->version))
            iac_buf_printf(out, " (%.*s)", IAC_FMT(call->version));
        iac_buf_char(out, '\n');
        if (call->module)
            print_tree(out, arena, call->module,
                       iac_arena_printf(arena, "%.*s%s", IAC_FMT(indent), last ? "    " : "│   "));
    }
}

static void write_members(iac_buf *out, const iac_module_config *module, bool *first)
{
    for (size_t i = 0; i < module->call_count; i++) {
        const iac_module_call *call = &module->calls[i];
        iac_buf_cstr(out, *first ? "{\"key\":" : ",{\"key\":");
        *first = false;
        iac_json_string(out, call->name, true);
        iac_buf_cstr(out, ",\"source\":");
        iac_json_string(out, call->from.text, true);
        iac_buf_cstr(out, ",\"version\":");
        iac_json_string(out, call->module ? call->module->version : (iac_str){ 0 }, true);
        iac_buf_char(out, '}');
        if (call->module)
            write_members(out, call->module, first);
    }
}

static int run(iac_cli *cli)
{
    bool first = true;
    iac_buf out;

    if (iac_cli_read_config(cli, false) != IAC_OK)
        return IAC_EXIT_ERROR;
    const iac_module_config *root = cli->config->root;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (cli->args.json) {
        iac_buf_cstr(&out, "{\"format_version\":\"1.0\",\"modules\":");
        iac_buf_cstr(&out, root->call_count ? "[" : "null");
        write_members(&out, root, &first);
        iac_buf_cstr(&out, root->call_count ? "]}\n" : "}\n");
    } else if (root->call_count) {
        iac_buf_cstr(&out, "\nModules declared by configuration:\n.\n");
        print_tree(&out, cli->arena, root, (iac_str){ 0 });
        iac_buf_char(&out, '\n');
    } else {
        iac_buf_cstr(&out, "No modules found in configuration.\n");
    }
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_modules = {
    .name = "modules",
    .summary = "Show all declared modules in a working directory",
    .usage = "[options]",
    .description = "Shows the modules that the configuration calls, with where they come from and which versions are "
                   "installed.",
    .groups = groups,
    .run = run,
    .too_many = "Expected no positional arguments",
};

/* engine/cli/cmd_providers.c - the providers and "providers schema" commands. */
#include "engine/cli/cli.h"
#include "engine/cli/requirements.h"

#include "lang/value/json.h"

#include <unistd.h>

static const iac_option options[] = {
    { "test-directory", IAC_OPTION_TEXT, offsetof(iac_args, test_directory), "=path",
      "Where test files are, beside the configuration's own folder. Default: tests." },
};
static const iac_option_group providers_group = { "Options", options, IAC_COUNT(options) };
static const iac_option_group *const groups[] = { &providers_group, &iac_options_common, NULL };

static void print_tree(iac_buf *out, iac_arena *arena, const iac_module_config *module, iac_str indent)
{
    iac_requirements own = { 0 };

    iac_requirements_of_module(arena, module, &own);
    for (size_t i = 0; i < own.n; i++) {
        bool last = i + 1 == own.n && module->call_count == 0;
        iac_str addr = iac_provider_addr_text(arena, own.v[i].addr);
        iac_buf_printf(out, "%.*s%s── provider[%.*s]%s%.*s\n", IAC_FMT(indent), last ? "└" : "├", IAC_FMT(addr),
                       own.v[i].constraint.n ? " " : "", IAC_FMT(own.v[i].constraint));
    }
    iac_vec_clear(&own);
    for (size_t i = 0; i < module->call_count; i++) {
        bool last = i + 1 == module->call_count;
        iac_buf_printf(out, "%.*s%s── module.%.*s\n", IAC_FMT(indent), last ? "└" : "├",
                       IAC_FMT(module->calls[i].name));
        iac_str deeper = iac_arena_printf(arena, "%.*s%s", IAC_FMT(indent), last ? "    " : "│   ");
        if (module->calls[i].module)
            print_tree(out, arena, module->calls[i].module, deeper);
    }
}

static void add_state_providers(iac_cli *cli, const iac_state *state, iac_buf *out)
{
    iac_map seen = { 0 };

    for (size_t i = 0; i < state->instance_count; i++) {
        iac_str name = iac_requirement_in_state(state->instances[i].provider);
        if (!name.n || iac_map_has(&seen, name))
            continue;
        if (!seen.n)
            iac_buf_cstr(out, "Providers required by state:\n\n");
        iac_map_put(&seen, name, cli);
        iac_buf_printf(out, "    provider[%.*s]\n\n", IAC_FMT(name));
    }
    iac_map_clear(&seen);
}

static int run(iac_cli *cli)
{
    const iac_state *state = NULL;
    const iac_test_file *files = NULL;
    size_t count = 0;
    iac_buf out;

    iac_status status = iac_cli_read_config(cli, true);
    if (status == IAC_OK && !cli->config->root->source_count) {
        char here[4096];
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "No configuration files",
                       "The directory %s contains no iac configuration files.",
                       getcwd(here, sizeof(here)) ? here : ".");
        return IAC_EXIT_ERROR;
    }
    if (iac_cli_read_tests(cli, &files, &count) != IAC_OK || status != IAC_OK ||
        iac_cli_open_store(cli, false) != IAC_OK || iac_cli_read_state(cli, &state) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&out, "\nProviders required by configuration:\n.\n");
    print_tree(&out, cli->arena, cli->config->root, (iac_str){ 0 });
    iac_buf_char(&out, '\n');
    add_state_providers(cli, state, &out);
    iac_cli_print(&out);
    iac_buf_clear(&out);
    return IAC_EXIT_OK;
}

const iac_command iac_cmd_providers = {
    .name = "providers",
    .summary = "Show the providers required for this configuration",
    .usage = "[options]",
    .description = "Shows, module by module, which providers the configuration asks for.",
    .groups = groups,
    .misuse = IAC_MISUSE_USAGE,
    .run = run,
};

/* ---- schema ---- */

static const iac_option schema_options[] = {
    { "json", IAC_OPTION_BOOL, offsetof(iac_args, json), NULL, "Print as a JSON document. Required." },
};
static const iac_option_group schema_group = { "Options", schema_options, IAC_COUNT(schema_options) };
static const iac_option_group *const schema_groups[] = { &schema_group, &iac_options_common, NULL };

static void write_types(iac_buf *out, const iac_provider *provider, const char *title, uint32_t kind)
{
    size_t count = 0, written = 0;
    const iac_str *names = iac_provider_type_names(provider, kind, &count);

    for (size_t i = 0; i < count; i++) {
        const iac_schema *schema = iac_provider_find_schema(provider, kind, names[i]);
        if (!schema)
            continue;
        if (written++ == 0)
            iac_buf_printf(out, ",\"%s\":{", title);
        else
            iac_buf_char(out, ',');
        iac_json_string(out, names[i], true);
        iac_buf_char(out, ':');
        iac_schema_to_json(out, schema);
    }
    if (written)
        iac_buf_char(out, '}');
}

static void write_parameter(iac_buf *out, const iac_provider_param *param)
{
    iac_buf_cstr(out, "{\"name\":");
    iac_json_string(out, param->name, true);
    if (param->description.n) {
        iac_buf_cstr(out, ",\"description\":");
        iac_json_string(out, param->description, true);
    }
    if (param->nullable)
        iac_buf_cstr(out, ",\"is_nullable\":true");
    iac_buf_cstr(out, ",\"type\":");
    iac_type_to_json(out, param->type);
    iac_buf_char(out, '}');
}

static void write_functions(iac_buf *out, const iac_provider *provider)
{
    size_t count = 0, written = 0;
    const iac_str *names = iac_provider_type_names(provider, IACP_SCHEMA_FUNCTION, &count);

    for (size_t i = 0; i < count; i++) {
        const iac_provider_function *function = iac_provider_find_function(provider, names[i]);
        if (!function)
            continue;
        iac_buf_cstr(out, written++ ? "," : ",\"functions\":{");
        iac_json_string(out, names[i], true);
        iac_buf_cstr(out, ":{\"description\":");
        iac_json_string(out, function->description, true);
        iac_buf_cstr(out, ",\"summary\":");
        iac_json_string(out, function->summary, true);
        iac_buf_cstr(out, ",\"return_type\":");
        iac_type_to_json(out, function->returns);
        for (size_t j = 0; j < function->param_count; j++) {
            iac_buf_cstr(out, j ? "," : ",\"parameters\":[");
            write_parameter(out, &function->params[j]);
        }
        if (function->param_count)
            iac_buf_char(out, ']');
        if (function->variadic) {
            iac_buf_cstr(out, ",\"variadic_parameter\":");
            write_parameter(out, function->variadic);
        }
        iac_buf_char(out, '}');
    }
    if (written)
        iac_buf_char(out, '}');
}

static iac_status write_provider(iac_cli *cli, const iac_requirement *required, bool first, iac_buf *out)
{
    const iac_provider *provider = NULL;

    if (iac_host_provider(iac_cli_host(cli), required->addr.type, required->range, &provider, &cli->diags) != IAC_OK)
        return IAC_ERR;
    if (!first)
        iac_buf_char(out, ',');
    iac_json_string(out, iac_provider_addr_text(cli->arena, required->addr), true);
    iac_buf_cstr(out, ":{\"provider\":");
    if (iac_str_is(required->addr.type, "terraform")) /* the built-in one has no configuration at all */
        iac_buf_cstr(out, "{\"version\":0}");
    else
        iac_schema_to_json(out, iac_provider_find_schema(provider, IACP_SCHEMA_PROVIDER, (iac_str){ 0 }));
    write_types(out, provider, "resource_schemas", IACP_SCHEMA_RESOURCE);
    write_types(out, provider, "data_source_schemas", IACP_SCHEMA_DATA);
    write_types(out, provider, "ephemeral_resource_schemas", IACP_SCHEMA_EPHEMERAL);
    write_functions(out, provider);
    iac_buf_char(out, '}');
    return IAC_OK;
}

iac_status iac_cli_write_schemas(iac_cli *cli, const iac_config *config, iac_buf *out)
{
    iac_requirements all = { 0 };
    iac_status status = IAC_OK;

    iac_requirements_of_tree(cli->arena, config->root, &all);
    iac_buf_char(out, '{');
    for (size_t i = 0; i < all.n && status == IAC_OK; i++)
        status = write_provider(cli, &all.v[i], i == 0, out);
    iac_buf_char(out, '}');
    iac_vec_clear(&all);
    return status;
}

static int run_schema(iac_cli *cli)
{
    iac_requirements all = { 0 };
    iac_status status = IAC_OK;
    iac_buf out;

    if (!cli->args.json)
        return iac_cli_refuse_usage(cli, "The `iac providers schema` command requires the `-json` flag.\n");
    if (iac_cli_read_config(cli, true) != IAC_OK || iac_cli_backend(cli) != IAC_OK)
        return IAC_EXIT_ERROR;
    iac_requirements_of_tree(cli->arena, cli->config->root, &all);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&out, "{\"format_version\":\"1.0\"");
    if (all.n)
        iac_buf_cstr(&out, ",\"provider_schemas\":{");
    for (size_t i = 0; i < all.n && status == IAC_OK; i++)
        status = write_provider(cli, &all.v[i], i == 0, &out);
    iac_buf_cstr(&out, all.n ? "}}\n" : "}\n");
    if (status == IAC_OK)
        iac_cli_print(&out);
    iac_buf_clear(&out);
    iac_vec_clear(&all);
    return status == IAC_OK ? IAC_EXIT_OK : IAC_EXIT_ERROR;
}

const iac_command iac_cmd_providers_schema = {
    .name = "providers schema",
    .summary = "Show the schemas of the providers in use",
    .usage = "-json",
    .description = "Prints the schemas of all providers that the configuration uses, as a JSON document.",
    .groups = schema_groups,
    .misuse = IAC_MISUSE_USAGE,
    .max_positional = SIZE_MAX,
    .help_follows = true,
    .run = run_schema,
};

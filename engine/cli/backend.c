/* engine/cli/backend.c - which backend is used: what the terraform block says, what "init" recorded of it. */
#include "engine/cli/cli.h"
#include "engine/cli/lockfile.h"

#include "lang/base/crypto.h"
#include "lang/eval/eval.h"
#include "lang/value/json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_LOCAL_DEPTH = 100 };

static const char variables_not_allowed[] = "Variables not allowed";

/* ---- the schema of arguments ---- */

static void add_object_type(iac_buf *out, const iac_backend_argument *members)
{
    bool first = true;

    iac_buf_cstr(out, "[\"object\",{");
    for (const iac_backend_argument *m = members; m->name; m++)
        iac_buf_printf(out, "%s\"%s\":%s", m == members ? "" : ",", m->name, m->type);
    iac_buf_cstr(out, "},[");
    for (const iac_backend_argument *m = members; m->name; m++) {
        if (m->required)
            continue;
        iac_buf_printf(out, "%s\"%s\"", first ? "" : ",", m->name);
        first = false;
    }
    iac_buf_cstr(out, "]]");
}

/* The schema of a block. A depth of one is all there is. */
static void add_block(iac_buf *out, const iac_backend_argument *arguments, bool from_environment)
{
    bool first = true;

    iac_buf_cstr(out, "{\"attributes\":{");
    for (const iac_backend_argument *a = arguments; a->name; a++) {
        if (a->hidden || a->block)
            continue;
        iac_buf_printf(out, "%s\"%s\":{\"type\":", first ? "" : ",", a->name);
        first = false;
        if (a->type)
            iac_buf_cstr(out, a->type);
        else
            add_object_type(out, a->nested);
        iac_buf_printf(out, ",\"%s\":true,\"sensitive\":%s}",
                       a->required && !from_environment ? "required" : "optional", a->sensitive ? "true" : "false");
    }
    iac_buf_cstr(out, "},\"block_types\":{");
    first = true;
    for (const iac_backend_argument *a = arguments; a->name; a++) {
        if (!a->block)
            continue;
        iac_buf_printf(out, "%s\"%s\":{\"nesting_mode\":\"list\",\"max_items\":1,\"block\":", first ? "" : ",", a->name);
        first = false;
        add_block(out, a->nested, from_environment);
        iac_buf_char(out, '}');
    }
    iac_buf_cstr(out, "}}");
}

const iac_block_schema *iac_cli_argument_schema(iac_arena *arena, const iac_backend_argument *arguments,
                                                bool from_environment)
{
    iac_buf json;
    iac_str error = { 0 };

    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&json, "{\"version\":0,\"block\":");
    add_block(&json, arguments, from_environment);
    iac_buf_char(&json, '}');
    const iac_schema *schema = iac_schema_from_json(arena, iac_arena_str(arena, iac_buf_view(&json)), &error);
    iac_buf_clear(&json);
    return schema ? schema->block : &iac_schema_empty;
}

static const iac_block_schema *schema_of(iac_arena *arena, const iac_backend_driver *driver)
{
    return iac_cli_argument_schema(arena, driver->arguments, true);
}

/* ---- what is known before anything is planned ---- */

typedef struct early {
    iac_cli *cli;
    iac_map variables;
    iac_scope scope;
    iac_func_context functions;
    int depth;
} early;

static const iac_value *refuse(const iac_ref *ref, const char *why, iac_diags *diags)
{
    iac_diag_error(diags, ref->range, variables_not_allowed, "%s", why);
    return NULL;
}

static const iac_value *look_up_local(early *e, const iac_ref *ref, iac_arena *arena, iac_diags *diags)
{
    const iac_local_config *local = iac_map_get(&e->cli->config->root->local_map, ref->name);

    if (!local)
        return refuse(ref, "There is no local value of that name.", diags);
    if (e->depth >= MAX_LOCAL_DEPTH)
        return refuse(ref, "The local values refer to each other in a circle.", diags);
    e->depth++;
    const iac_value *v = iac_eval(&e->scope, local->expr, arena, diags);
    e->depth--;
    return v;
}

static const iac_value *look_up(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                                iac_diags *diags)
{
    early *e = user;
    const iac_value *v;

    (void)key;
    switch (ref->kind) {
    case IAC_REF_VARIABLE:
        v = iac_map_get(&e->variables, ref->name);
        return v ? v : refuse(ref, "The variable has no value that is known this early: backend settings are read "
                                   "before anybody is asked.", diags);
    case IAC_REF_LOCAL:
        return look_up_local(e, ref, arena, diags);
    case IAC_REF_PATH:
        return iac_value_cstr(arena, iac_str_is(ref->name, "cwd") ? e->cli->started_in : ".");
    case IAC_REF_TERRAFORM:
        return iac_str_is(ref->name, "workspace")
                   ? iac_value_string(arena, e->cli->workspace)
                   : refuse(ref, "Only terraform.workspace is known this early.", diags);
    default:
        return refuse(ref, "Variables, local values and paths may be used here, and nothing that is only known once "
                           "the state was read.", diags);
    }
}

static void note_ref(void *arg, const iac_ref *ref)
{
    (void)ref;
    *(bool *)arg = true;
}

/* Variables for this alone: what commands resolve for themselves, and ask for, is left untouched. */
static iac_status resolve_variables(early *e)
{
    iac_cli *cli = e->cli;
    iac_variable_values given = cli->given;
    iac_map variables = cli->variables;
    size_t told = cli->diags.list.n;

    memset(&cli->given, 0, sizeof(cli->given));
    cli->variables = (iac_map){ 0 };
    iac_status status = iac_cli_known_variables(cli);
    e->variables = cli->variables;
    iac_vec_clear(&cli->given);
    cli->given = given;
    cli->variables = variables;
    if (status == IAC_OK)
        iac_diags_truncate(&cli->diags, told); /* warnings are for those who use all of them */
    return status;
}

iac_status iac_cli_early_body(iac_cli *cli, const iac_body *body, const iac_block_schema *schema, iac_range range,
                              const char *what, const iac_value **ret)
{
    early e = { .cli = cli };
    bool refers = false;
    size_t errors = cli->diags.errors;

    e.scope = (iac_scope){ .user = &e, .lookup = look_up, .functions = &e.functions };
    iac_body_refs(cli->arena, body, schema, note_ref, &refers, &cli->diags);
    if (refers && !cli->config) {
        iac_diag_error(&cli->diags, range, variables_not_allowed,
                       "The configuration cannot be read: what it says of variables and local values is not known.");
        return IAC_ERR;
    }
    if (refers && resolve_variables(&e) != IAC_OK)
        return IAC_ERR;
    *ret = iac_decode_body(&e.scope, body, schema, cli->arena, &cli->diags);
    iac_map_clear(&e.variables);
    if (cli->diags.errors > errors)
        return IAC_ERR;
    *ret = iac_value_unmark_deep(cli->arena, *ret);
    if ((*ret)->deep_unknown) {
        iac_diag_error(&cli->diags, range, iac_arena_printf(cli->arena, "Invalid %s configuration", what).p,
                       "The settings depend on a value that is not known before planning.");
        return IAC_ERR;
    }
    return IAC_OK;
}

/* ---- -backend-config ---- */

static iac_status set_argument(iac_cli *cli, const iac_backend_driver *driver, iac_str name, const iac_value *v,
                               const iac_value **config)
{
    const iac_attr_schema *attribute = iac_schema_attribute(schema_of(cli->arena, driver), name);
    iac_str error = { 0 };

    if (!attribute) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid backend configuration argument",
                       "The backend configuration argument \"%.*s\" given on the command line is not expected for the "
                       "selected backend type.", IAC_FMT(name));
        return IAC_ERR;
    }
    v = iac_convert(cli->arena, v, attribute->type, &error, NULL);
    if (!v) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid backend configuration argument",
                       "Invalid value for \"%.*s\": %.*s.", IAC_FMT(name), IAC_FMT(error));
        return IAC_ERR;
    }
    *config = iac_value_with(cli->arena, *config, name, v);
    return IAC_OK;
}

static iac_status read_file_settings(iac_cli *cli, const iac_backend_driver *driver, const char *path,
                                     const iac_value **config)
{
    iac_variable_values values = { 0 };
    iac_status status = iac_tfvars_read(cli->arena, path, &values, &cli->diags);

    for (size_t i = 0; status == IAC_OK && i < values.n; i++)
        status = set_argument(cli, driver, values.v[i].name, values.v[i].value, config);
    iac_vec_clear(&values);
    return status;
}

static iac_status add_partial(iac_cli *cli, const iac_backend_driver *driver, const iac_value **config)
{
    for (size_t i = 0; i < cli->args.backend_configs.n; i++) {
        const char *text = cli->args.backend_configs.v[i], *equals = strchr(text, '=');
        iac_status status;
        if (equals)
            status = set_argument(cli, driver, iac_str_trim((iac_str){ text, (size_t)(equals - text) }),
                                  iac_value_cstr(cli->arena, equals + 1), config);
        else
            status = read_file_settings(cli, driver, text, config);
        if (status != IAC_OK)
            return status;
    }
    return IAC_OK;
}

/* ---- what the configuration asks for ---- */

static iac_str hash_of(iac_arena *arena, const char *type, const iac_value *config)
{
    iac_buf json;
    uint8_t digest[32];
    char text[65];

    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_printf(&json, "%s ", type);
    iac_value_to_json(&json, config);
    if (!EVP_Digest(json.p, json.n, digest, NULL, EVP_sha256(), NULL))
        abort();
    iac_buf_clear(&json);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return iac_arena_str(arena, iac_str_of(text));
}

static iac_status no_such_backend(iac_cli *cli, iac_str type, iac_range range)
{
    static const char *const others[] = { "azurerm", "consul", "cos", "gcs", "inmem", "oci", "oss", "remote", "cloud" };
    iac_buf names;

    iac_buf_init(&names, IAC_BUF_UNLIMITED);
    for (const iac_backend_driver *const *driver = iac_backend_drivers; *driver; driver++)
        iac_buf_printf(&names, "%s\"%s\"", names.n ? ", " : "", (*driver)->name);
    bool known = false;
    for (size_t i = 0; i < IAC_COUNT(others); i++)
        known |= iac_str_is(type, others[i]);
    if (known)
        iac_diag_error(&cli->diags, range, "Unsupported backend type",
                       "The backend type \"%.*s\" of Terraform is not supported by iac. Supported are %s.",
                       IAC_FMT(type), names.p);
    else if (cli->command->role == IAC_ROLE_INIT)
        iac_diag_error(&cli->diags, range, "Unsupported backend type",
                       "There is no backend type named \"%.*s\". Supported are %s.", IAC_FMT(type), names.p);
    else
        iac_diag_error(&cli->diags, range, "Invalid backend type", "There is no backend type named \"%.*s\".",
                       IAC_FMT(type));
    iac_buf_clear(&names);
    return IAC_ERR;
}

iac_status iac_backend_configured(iac_cli *cli, bool partial, iac_backend_choice *ret)
{
    const iac_backend_config *backend = &cli->config->root->backend;

    *ret = (iac_backend_choice){ 0 };
    if (!backend->type.n)
        return IAC_OK;
    ret->driver = iac_backend_find(backend->type);
    if (!ret->driver)
        return no_such_backend(cli, backend->type, backend->type_range);
    if (iac_cli_early_body(cli, backend->body, schema_of(cli->arena, ret->driver), backend->range, "backend",
                           &ret->config) != IAC_OK)
        return IAC_ERR;
    ret->hash = hash_of(cli->arena, ret->driver->name, ret->config);
    return partial ? add_partial(cli, ret->driver, &ret->config) : IAC_OK;
}

/* ---- the record ---- */

static const char *record_path(iac_cli *cli)
{
    return iac_arena_printf(cli->arena, "%s/backend.json", iac_state_dir).p;
}

iac_status iac_backend_recorded(iac_cli *cli, iac_backend_choice *ret)
{
    const char *path = record_path(cli);
    struct stat info;
    iac_str text = { 0 }, error;
    size_t offset;

    *ret = (iac_backend_choice){ 0 };
    if (stat(path, &info) != 0)
        return IAC_OK;
    if (iac_config_reader_files.read(NULL, path, cli->arena, &text, &cli->diags) != IAC_OK)
        return IAC_ERR;
    const iac_value *file = iac_value_from_json(cli->arena, text, &error, &offset);
    const iac_value *backend = file ? iac_value_get_cstr(file, "backend") : NULL;
    const iac_value *type = backend ? iac_value_get_cstr(backend, "type") : NULL;
    const iac_value *hash = backend ? iac_value_get_cstr(backend, "hash") : NULL;
    const iac_value *config = backend ? iac_value_get_cstr(backend, "config") : NULL;
    if (type && type->kind == IAC_STRING && hash && hash->kind == IAC_STRING && config) {
        ret->driver = iac_backend_find(type->string);
        ret->hash = hash->string;
    }
    if (ret->driver)
        ret->config = iac_convert(cli->arena, config, schema_of(cli->arena, ret->driver)->type, &error, NULL);
    if (ret->driver && ret->config)
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Failed to read the record of the backend",
                   "The file %s cannot be understood. Delete it and run \"iac init\" again.", path);
    return IAC_ERR;
}

iac_status iac_backend_record(iac_cli *cli, const iac_backend_choice *choice)
{
    const char *path = record_path(cli);
    iac_buf out;

    if (!choice->driver) {
        remove(path);
        return IAC_OK;
    }
    mkdir(iac_state_dir, 0777);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_printf(&out, "{\n  \"version\": 3,\n  \"backend\": {\n    \"type\": \"%s\",\n    \"hash\": \"%.*s\",\n"
                         "    \"config\": ", choice->driver->name, IAC_FMT(choice->hash));
    iac_value_to_json(&out, choice->config);
    iac_buf_cstr(&out, "\n  }\n}\n");
    int failed = iac_write_file(path, iac_buf_view(&out), 0600);
    iac_buf_clear(&out);
    if (failed)
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Failed to save the backend configuration",
                       "The file %s cannot be written: %s.", path, strerror(failed));
    return failed ? IAC_ERR : IAC_OK;
}

/* ---- opening ---- */

iac_status iac_cli_find_encryption(iac_cli *cli)
{
    return cli->encryption ? IAC_OK : iac_cli_encryption(cli, iac_cli_glance(cli));
}

iac_status iac_backend_open_choice(iac_cli *cli, const iac_backend_choice *choice, iac_backend **ret)
{
    const iac_backend_driver *driver = choice->driver ? choice->driver : iac_backend_find(IAC_STR("local"));
    const iac_value *config = choice->config ? choice->config : &iac_empty_object;
    const struct { const char *name; const char *value; } options[] = {
        { "path", cli->args.state }, { "state_out", cli->args.state_out }, { "backup", cli->args.backup },
        { "backup_suffix", cli->args.backup_suffix },
    };
    for (size_t i = 0; i < IAC_COUNT(options) && strcmp(driver->name, "local") == 0; i++)
        if (options[i].value)
            config = iac_value_with(cli->arena, config, iac_str_of(options[i].name),
                                    iac_value_cstr(cli->arena, options[i].value));
    if (iac_cli_find_encryption(cli) != IAC_OK ||
        iac_backend_open(driver, config, iac_state_dir, cli->args.lock_timeout, ret, &cli->diags) != IAC_OK)
        return IAC_ERR;
    iac_backend_set_crypt(*ret, cli->state_crypt);
    return IAC_OK;
}

static iac_status initialization_required(iac_cli *cli, iac_str reason)
{
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Backend initialization required, please run \"iac init\"",
                   "Reason: %.*s\n\nThe \"backend\" is the interface that iac uses to store state,\n"
                   "perform operations, etc. If this message is showing up, it means that the\n"
                   "iac configuration you're using is using a custom configuration for\n"
                   "the iac backend.\n\n"
                   "Changes to backend configurations require reinitialization. This allows\n"
                   "iac to set up the new configuration, copy existing state, etc. Please run\n"
                   "\"iac init\" with either the \"-reconfigure\" or \"-migrate-state\" flags to\n"
                   "use the current configuration.\n\n"
                   "If the change reason above is incorrect, please verify your configuration\n"
                   "hasn't changed and try again. At this point, no changes to your existing\n"
                   "configuration or state have been made.",
                   IAC_FMT(reason));
    return IAC_ERR;
}

/* Whether a block says no more than what there is without one. */
static bool is_plain_local(const iac_backend_choice *choice)
{
    const iac_value *config = choice->config;

    if (strcmp(choice->driver->name, "local") != 0 || !choice->hash.n)
        return false;
    for (size_t i = 0; i < config->n; i++)
        if (!iac_is_null(config->items[i]))
            return false;
    return true;
}

static iac_status check_unchanged(iac_cli *cli, const iac_backend_choice *wanted, const iac_backend_choice *recorded)
{
    const char *before = recorded->driver ? recorded->driver->name : NULL;
    const char *now = wanted->driver ? wanted->driver->name : NULL;

    if (now && !before)
        return is_plain_local(wanted)
                   ? IAC_OK
                   : initialization_required(cli, iac_arena_printf(cli->arena, "Initial configuration of the requested "
                                                                               "backend \"%s\"", now));
    if (!now && before)
        return initialization_required(cli, iac_arena_printf(cli->arena, "Unsetting the previously set backend \"%s\"",
                                                             before));
    if (!now)
        return IAC_OK;
    if (now != before)
        return initialization_required(cli, iac_arena_printf(cli->arena, "Backend type changed from \"%s\" to \"%s\"",
                                                             before, now));
    if (!iac_str_eq(wanted->hash, recorded->hash))
        return initialization_required(cli, IAC_STR("Backend configuration block has changed"));
    return IAC_OK;
}

const iac_config *iac_cli_glance(iac_cli *cli)
{
    const iac_config *config = NULL;
    size_t told = cli->diags.list.n;

    if (!cli->config && !cli->root) {
        if (iac_cli_load_root(cli, true, &config) == IAC_OK)
            cli->root = config;
        iac_diags_truncate(&cli->diags, told);
    }
    return cli->config ? cli->config : cli->root;
}

/* What the configuration says of the backend comes from its root module: the rest of it may have any faults. */
static iac_status read_root(iac_cli *cli, const iac_config **ret)
{
    size_t told = cli->diags.list.n;

    *ret = cli->config ? cli->config : cli->root;
    if (*ret || cli->command->tolerant || cli->of_saved_plan) {
        *ret = iac_cli_glance(cli);
        return IAC_OK;
    }
    if (iac_cli_load_root(cli, true, &cli->root) != IAC_OK) {
        cli->root = NULL;
        return IAC_ERR;
    }
    iac_diags_truncate(&cli->diags, told); /* warnings are for those who use the whole of it */
    *ret = cli->root;
    return IAC_OK;
}

/* The backend that the configuration asks for. What is wrong with its arguments is for "init" to say: here they are
 * others than those that were recorded, which an empty hash stands for. */
static iac_status find_wanted(iac_cli *cli, const iac_config *config, iac_backend_choice *ret)
{
    const iac_config *before = cli->config;
    size_t told = cli->diags.list.n;

    cli->config = config;
    iac_status status = iac_backend_configured(cli, false, ret);
    cli->config = before;
    if (status == IAC_OK || !ret->driver)
        return status;
    for (size_t i = told; i < cli->diags.list.n; i++)
        if (iac_str_is(cli->diags.list.v[i].summary, variables_not_allowed))
            return status; /* they may be given to one command, and not to another */
    iac_diags_truncate(&cli->diags, told);
    ret->config = &iac_empty_object;
    ret->hash = (iac_str){ 0 };
    return IAC_OK;
}

/* Whether there is a backend, or a state, that earlier commands have used. */
static bool was_used(iac_cli *cli, const iac_backend_choice *recorded)
{
    return recorded->driver || access(iac_arena_printf(cli->arena, "%s/state.db", iac_state_dir).p, F_OK) == 0;
}

static iac_status check_taken_over(iac_cli *cli)
{
    struct stat info;
    const char *store = iac_arena_printf(cli->arena, "%s/state.db", iac_state_dir).p;

    if (stat(store, &info) == 0 || stat("terraform.tfstate", &info) != 0 || info.st_size == 0 ||
        !iac_str_is(cli->workspace, "default"))
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "State file not taken over",
                   "The working directory has a state file, terraform.tfstate, and no store of its own. Run \"iac "
                   "init\" to take the state over, or remove the file if it is of no use.");
    return IAC_ERR;
}

iac_status iac_cli_backend(iac_cli *cli)
{
    iac_backend_choice wanted = { 0 }, recorded = { 0 }, *used = &recorded;

    if (cli->backend)
        return IAC_OK;
    if (iac_backend_recorded(cli, &recorded) != IAC_OK)
        return IAC_ERR;
    const iac_config *config = NULL;
    if (read_root(cli, &config) != IAC_OK)
        return IAC_ERR;
    if (config && !(cli->of_saved_plan && was_used(cli, &recorded))) {
        if (find_wanted(cli, config, &wanted) != IAC_OK ||
            check_unchanged(cli, &wanted, &recorded) != IAC_OK)
            return IAC_ERR;
        if (!recorded.driver)
            used = &wanted;
    }
    if ((!cli->command->tolerant && cli->command->role != IAC_ROLE_INIT && iac_lock_file_readable(cli) != IAC_OK) ||
        iac_backend_open_choice(cli, used, &cli->backend) != IAC_OK)
        return IAC_ERR;
    bool database = !iac_backend_driver_of(cli->backend)->read ||
                    strcmp(iac_backend_describe(cli->backend), iac_state_dir) == 0;
    return database && cli->command->role != IAC_ROLE_INIT ? check_taken_over(cli) : IAC_OK;
}

/* engine/cli/session.c - what commands share: configuration, variables, providers, the store, and messages. */
#include "engine/cli/cli.h"
#include "engine/apply/claims.h"

#include "engine/view/style.h"
#include "lang/base/log.h"
#include "lang/syntax/parser.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char iac_state_dir[] = ".iac";

/* ---- messages ---- */

void iac_cli_put(iac_str bytes)
{
    fwrite(bytes.p, 1, bytes.n, stdout);
}

void iac_cli_print(const iac_buf *out)
{
    iac_cli_put(iac_buf_view(out));
    fflush(stdout);
}

void iac_cli_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
}

static void complain(const char *text, const iac_cli *cli)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_styled(&out, cli->err_view.color, IAC_RED, text);
    iac_buf_char(&out, '\n');
    fwrite(out.p, 1, out.n, stderr);
    iac_buf_clear(&out);
}

int iac_cli_refuse(const iac_cli *cli, const char *format, ...)
{
    va_list args;
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    va_start(args, format);
    iac_buf_vprintf(&text, format, args);
    va_end(args);
    complain(text.p, cli);
    iac_buf_clear(&text);
    return IAC_EXIT_ERROR;
}

void iac_cli_show_help(const iac_command *command, FILE *to)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_help_command(&out, command);
    fwrite(out.p, 1, out.n, to);
    fflush(to);
    iac_buf_clear(&out);
}

int iac_cli_refuse_usage(const iac_cli *cli, const char *text)
{
    complain(text, cli);
    iac_cli_show_help(cli->command, cli->command->help_follows ? stderr : stdout);
    return IAC_EXIT_ERROR;
}

/* The top-level block around what begins at start, or NULL. */
static const iac_block *block_around(const iac_body *body, uint32_t start)
{
    size_t low = 0, high = body->block_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (body->blocks[middle].range.start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low && start <= body->blocks[low - 1].range.end ? &body->blocks[low - 1] : NULL;
}

static void name_native_block(iac_cli *cli, iac_map *files, iac_diag *diag)
{
    iac_range range = iac_range_in_file(diag->subject);
    const iac_source *source = range.src;
    const iac_file *file = iac_map_get(files, source->name);

    if (!file) {
        iac_diags ignored = IAC_DIAGS_INIT;
        file = iac_parse_file(cli->arena, source, &ignored);
        iac_diags_clear(&ignored);
        iac_map_put(files, source->name, (void *)file);
    }
    const iac_block *block = block_around(file->body, range.start);
    if (block)
        diag->block = iac_block_title(cli->diags.arena, block);
}

static void name_json_path(iac_cli *cli, iac_map *trees, iac_diag *diag)
{
    iac_range range = iac_range_in_file(diag->subject);
    const struct iac_json_node *tree = iac_map_get(trees, range.src->name);

    if (!tree) {
        iac_diags ignored = IAC_DIAGS_INIT;
        tree = iac_json_parse(cli->arena, range.src, &ignored);
        iac_diags_clear(&ignored);
        iac_map_put(trees, range.src->name, (void *)tree);
    }
    if (range.start)
        diag->block = iac_json_path_at(tree, range.start - 1, cli->diags.arena);
}

/* Says within which top-level block, or which object of JSON, each message's subject stands. Files are parsed again for
 * it: that is quick, and happens only after something went wrong. */
void iac_cli_name_blocks(iac_cli *cli)
{
    iac_map files = { 0 }, trees = { 0 };

    for (size_t i = 0; i < cli->diags.list.n; i++) {
        iac_diag *diag = &cli->diags.list.v[i];
        const iac_source *source = diag->subject.src;
        if (!source || diag->block.n)
            continue;
        if (iac_str_ends(source->name, IAC_STR(".tf")) || iac_str_ends(source->name, IAC_STR(".iac")) ||
            iac_str_ends(source->name, IAC_STR(".hcl")))
            name_native_block(cli, &files, diag);
        else if (iac_str_ends(source->name, IAC_STR(".json")))
            name_json_path(cli, &trees, diag);
    }
    iac_map_clear(&files);
    iac_map_clear(&trees);
}

void iac_cli_report(iac_cli *cli)
{
    iac_buf out;

    if (!cli->diags.list.n)
        return;
    iac_cli_name_blocks(cli);
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (cli->stream) {
        iac_json_stream_diags(&out, &cli->diags);
        iac_cli_print(&out);
    } else {
        iac_diags_sort(&cli->diags);
        iac_view_diags(&out, &cli->diags, IAC_WARNING, &cli->out_view);
        iac_cli_print(&out);
        iac_buf_reset(&out);
        iac_view_diags(&out, &cli->diags, IAC_ERROR, &cli->err_view);
        fwrite(out.p, 1, out.n, stderr);
        fflush(stderr);
    }
    iac_buf_clear(&out);
    iac_diags_clear(&cli->diags);
}

void iac_cli_begin_stream(iac_cli *cli)
{
    iac_buf out;

    if (!cli->args.json)
        return;
    cli->stream = true;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_json_stream_version(&out);
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

static void tell(iac_cli *cli, const char *type, const char *code, iac_str text)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (cli->stream)
        iac_json_stream_text(&out, type, code, text);
    else
        iac_buf_printf(&out, "%.*s\n", IAC_FMT(text));
    iac_cli_print(&out);
    iac_buf_clear(&out);
}

void iac_cli_tell(iac_cli *cli, const char *code, iac_str text)
{
    tell(cli, code ? "init_output" : "log", code, text);
}

int iac_cli_finish(iac_cli *cli, int status)
{
    bool failed = iac_diags_has_errors(&cli->diags);

    iac_cli_report(cli);
    return failed ? IAC_EXIT_ERROR : status;
}

/* ---- configuration and variables ---- */

const char *iac_cli_data_dir(void)
{
    const char *dir = getenv("TF_DATA_DIR");
    return dir && *dir ? dir : ".terraform";
}

static const char *config_dir(const iac_cli *cli)
{
    return cli->args.config_dir ? cli->args.config_dir : ".";
}

/* A variable of the root module that the source of a module depends on. */
static const iac_value *early_variable(void *user, const iac_variable_config *variable, iac_diags *diags)
{
    iac_cli *cli = user;

    if (iac_cli_gather_variables(cli) != IAC_OK)
        return NULL;
    return iac_variable_resolve(cli->arena, variable, &cli->given, diags);
}

/* What `find` of the options is given, with the command for the variables. */
typedef struct finding {
    iac_cli *cli;
    iac_status (*find)(void *user, const iac_module_config *parent, const iac_module_call *call, iac_module_addr path,
                       iac_module_place *ret, iac_diags *diags);
    void *user;
} finding;

static iac_status pass_on(void *user, const iac_module_config *parent, const iac_module_call *call,
                          iac_module_addr path, iac_module_place *ret, iac_diags *diags)
{
    finding *f = user;
    return f->find(f->user, parent, call, path, ret, diags);
}

static const iac_value *pass_variable(void *user, const iac_variable_config *variable, iac_diags *diags)
{
    return early_variable(((finding *)user)->cli, variable, diags);
}

iac_status iac_cli_load_config_with(iac_cli *cli,
                                    iac_status (*find)(void *user, const iac_module_config *parent,
                                                       const iac_module_call *call, iac_module_addr path,
                                                       iac_module_place *ret, iac_diags *diags),
                                    void *user, const iac_config **ret)
{
    finding f = { cli, find, user };
    iac_config_options options = {
        .user = &f, .find = pass_on, .variable = pass_variable, .workspace = cli->workspace, .unchecked = true,
    };
    return iac_config_load_with(cli->arena, config_dir(cli), &options, ret, &cli->diags);
}

static iac_status find_nothing(void *user, const iac_module_config *parent, const iac_module_call *call,
                               iac_module_addr path, iac_module_place *ret, iac_diags *diags)
{
    (void)user;
    (void)parent;
    (void)call;
    (void)path;
    (void)ret;
    (void)diags;
    return IAC_NOT_FOUND;
}

iac_status iac_cli_load_root(iac_cli *cli, bool any_version, const iac_config **ret)
{
    iac_config_options options = {
        .find = find_nothing, .found_only = true, .unchecked = true, .any_version = any_version,
    };
    return iac_config_load_with(cli->arena, config_dir(cli), &options, ret, &cli->diags);
}

iac_status iac_cli_load_config(iac_cli *cli)
{
    iac_config_options options = {
        .data_dir = iac_cli_data_dir(), .user = cli, .variable = early_variable, .workspace = cli->workspace,
    };

    if (cli->config)
        return IAC_OK;
    return iac_config_load_with(cli->arena, config_dir(cli), &options, &cli->config, &cli->diags);
}

iac_status iac_cli_read_config(iac_cli *cli, bool any_version)
{
    iac_config_options options = {
        .data_dir = iac_cli_data_dir(), .user = cli, .variable = early_variable, .workspace = cli->workspace,
        .unchecked = true, .any_version = any_version,
    };

    if (cli->config)
        return IAC_OK;
    return iac_config_load_with(cli->arena, config_dir(cli), &options, &cli->config, &cli->diags);
}

/* A folder within that of the configuration, which need not be there. */
static iac_status check_test_dir(iac_cli *cli, const char *dir)
{
    const char *cleaned = iac_path_clean(cli->arena, iac_str_of(dir));
    struct stat info;

    if (!*dir || *cleaned == '/' || strcmp(cleaned, "..") == 0 || strncmp(cleaned, "../", 3) == 0) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, "Invalid testing directory",
                       "The testing directory must be a relative path pointing to a directory local to the "
                       "configuration directory.");
        return IAC_ERR;
    }
    if (stat(dir, &info) != 0) {
        if (strcmp(dir, "tests") != 0)
            iac_diag_warning(&cli->diags, IAC_NO_RANGE, "Test directory does not exist",
                             "Requested test directory %s does not exist.", dir);
        return IAC_OK;
    }
    if (S_ISDIR(info.st_mode))
        return IAC_OK;
    iac_diag_error(&cli->diags, IAC_NO_RANGE, "Failed to read test directory",
                   "Test directory %s could not be read: readdirent %s: not a directory.", dir, dir);
    return IAC_ERR;
}

iac_status iac_cli_read_tests(iac_cli *cli, const iac_test_file **ret, size_t *ret_count)
{
    const char *dir = cli->args.test_directory ? cli->args.test_directory : "tests";

    if (check_test_dir(cli, dir) != IAC_OK)
        return IAC_ERR;
    return iac_test_files_read(cli->arena, ".", dir, NULL, ret, ret_count, &cli->diags);
}

static iac_status add_argument(iac_cli *cli, const iac_var_arg *arg)
{
    static const char summary[] = "Invalid -var option";
    const char *equals = strchr(arg->text, '=');

    if (arg->is_file) {
        size_t before = cli->given.n;
        iac_status status = iac_tfvars_read(cli->arena, arg->text, &cli->given, &cli->diags);
        for (size_t i = before; i < cli->given.n; i++)
            cli->given.v[i].named_file = true;
        return status;
    }
    if (!equals) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, summary,
                       "The given -var option \"%s\" is not correctly specified. Must be a variable name and value "
                       "separated by an equals sign, like -var=\"key=value\".", arg->text);
        return IAC_ERR;
    }
    iac_str name = { arg->text, (size_t)(equals - arg->text) };
    iac_str trimmed = iac_str_trim(name);
    if (name.n && trimmed.p + trimmed.n != name.p + name.n) {
        iac_diag_error(&cli->diags, IAC_NO_RANGE, summary,
                       "Variable name \"%.*s\" is invalid due to trailing space. Did you mean -var=\"%.*s=%.*s\"?",
                       IAC_FMT(name), IAC_FMT(trimmed), IAC_FMT(iac_str_trim(iac_str_of(equals + 1))));
        return IAC_ERR;
    }
    iac_vec_push(&cli->given, (iac_variable_value){
                                  .name = name, .raw = iac_str_of(equals + 1), .from = IAC_FROM_ARGUMENT });
    return IAC_OK;
}

static void add_kept(iac_cli *cli)
{
    for (size_t i = 0; cli->kept && i < cli->kept->n; i++)
        iac_vec_push(&cli->given, (iac_variable_value){ .name = cli->kept->entries[i].key,
                                                        .value = cli->kept->entries[i].value,
                                                        .from = IAC_FROM_PLAN });
}

/* What is set today may well be unknown to a configuration of the past. */
static void drop_undeclared(iac_cli *cli)
{
    size_t n = 0;
    for (size_t i = 0; i < cli->given.n; i++) {
        const iac_variable_value *given = &cli->given.v[i];
        if (iac_map_has(&cli->config->root->variable_map, given->name) ||
            (given->from == IAC_FROM_ARGUMENT && !cli->kept_wins))
            cli->given.v[n++] = *given;
    }
    cli->given.n = n;
}

iac_status iac_cli_gather_variables(iac_cli *cli)
{
    if (cli->gathered)
        return cli->gather_status;
    cli->gathered = true;
    iac_status status = iac_tfvars_auto(cli->arena, ".", &cli->given, &cli->diags);

    if (!cli->kept_wins)
        add_kept(cli);
    for (size_t i = 0; i < cli->args.vars.n; i++)
        if (add_argument(cli, &cli->args.vars.v[i]) != IAC_OK)
            status = IAC_ERR;
    if (cli->kept_wins)
        add_kept(cli);
    if (cli->kept)
        drop_undeclared(cli);
    cli->gather_status = status;
    return status;
}

static iac_str indented(iac_arena *arena, iac_str head, iac_str text)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_buf_str(&out, head);
    for (size_t at = 0; at < text.n;) {
        size_t end = iac_str_find_char(text, '\n', at);
        end = end < text.n ? end + 1 : text.n;
        if (end > at + 1 || text.p[at] != '\n')
            iac_buf_cstr(&out, "  ");
        iac_buf_str(&out, iac_str_sub(text, at, end));
        at = end;
    }
    iac_buf_char(&out, '\n');
    iac_str result = iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    return result;
}

/* Asks for one variable; false at the end of input. */
static bool ask_variable(iac_cli *cli, const iac_variable_config *variable)
{
    iac_str answer = { 0 }, question = iac_arena_printf(cli->arena, "var.%.*s", IAC_FMT(variable->name));

    if (variable->description.n)
        question = indented(cli->arena, iac_arena_printf(cli->arena, "%.*s\n", IAC_FMT(question)),
                            variable->description);
    if (iac_prompt(cli->arena, question.p, !variable->sensitive, &answer) != IAC_OK)
        return false;
    iac_vec_push(&cli->given,
                 (iac_variable_value){ .name = variable->name, .raw = answer, .from = IAC_FROM_PROMPT });
    return true;
}

iac_status iac_cli_known_variables(iac_cli *cli)
{
    if (iac_cli_gather_variables(cli) != IAC_OK)
        return IAC_ERR;
    return iac_variables_resolve(cli->arena, cli->config->root, &cli->given, &cli->variables, NULL, NULL, &cli->diags);
}

/* Notes whether values of the wrong types are all that is wrong: Terraform finds those as it plans. */
static iac_status note_unfit(iac_cli *cli, iac_status status)
{
    cli->unfit_variables = status != IAC_OK;
    for (size_t i = 0; i < cli->diags.list.n; i++)
        if (cli->diags.list.v[i].severity == IAC_ERROR &&
            !iac_str_is(cli->diags.list.v[i].summary, "Invalid value for input variable"))
            cli->unfit_variables = false;
    return status;
}

iac_status iac_cli_resolve_variables(iac_cli *cli)
{
    const iac_variable_config **missing = NULL;
    size_t missing_count = 0, told;

    if (iac_cli_gather_variables(cli) != IAC_OK)
        return IAC_ERR;
    told = cli->diags.list.n;
    iac_status status = iac_variables_resolve(cli->arena, cli->config->root, &cli->given, &cli->variables, &missing,
                                              &missing_count, &cli->diags);
    if (!missing_count)
        return note_unfit(cli, status);
    size_t asked = 0;
    for (size_t i = 0; i < missing_count; i++)
        if (!cli->stream && iac_input_enabled(cli) && !iac_signals_seen() && ask_variable(cli, missing[i]))
            asked++;
        else
            iac_variable_missing(missing[i], &cli->diags);
    if (asked < missing_count)
        return IAC_ERR;
    iac_map_clear(&cli->variables);
    iac_diags_truncate(&cli->diags, told); /* warnings are told again */
    return note_unfit(cli, iac_variables_resolve(cli->arena, cli->config->root, &cli->given, &cli->variables, &missing,
                                                 &missing_count, &cli->diags));
}

/* ---- providers ---- */

static void add_path_list(iac_cli *cli, iac_words *dirs, const char *list)
{
    while (list && *list) {
        size_t length = strcspn(list, ":");
        if (length)
            iac_vec_push(dirs, iac_arena_cstr(cli->arena, (iac_str){ list, length }));
        list += length + (list[length] == ':');
    }
}

/* "providers" beside the program itself, as in a build folder. */
static void add_program_dir(iac_cli *cli, iac_words *dirs)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    const char *slash;

    if (length <= 0)
        return;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (slash)
        iac_vec_push(dirs, iac_arena_printf(cli->arena, "%.*s/providers", (int)(slash - path), path).p);
}

static void log_line(void *arg, uint32_t level, const char *provider, const char *text)
{
    static const iac_log_level levels[] = {
        [IACP_LOG_TRACE] = IAC_LOG_TRACE, [IACP_LOG_DEBUG] = IAC_LOG_DEBUG, [IACP_LOG_INFO] = IAC_LOG_INFO,
        [IACP_LOG_WARN] = IAC_LOG_WARN,   [IACP_LOG_ERROR] = IAC_LOG_ERROR,
    };

    (void)arg;
    iac_log_provider(level < IAC_COUNT(levels) ? levels[level] : IAC_LOG_ERROR, provider, text);
}

iac_host *iac_cli_host(iac_cli *cli)
{
    iac_words dirs = { 0 };

    if (cli->host)
        return cli->host;
    for (size_t i = 0; i < cli->args.plugin_dirs.n; i++)
        iac_vec_push(&dirs, cli->args.plugin_dirs.v[i]);
    add_path_list(cli, &dirs, getenv("IAC_PLUGIN_PATH"));
    iac_vec_push(&dirs, ".iac/providers");
    add_program_dir(cli, &dirs);
    iac_vec_push(&dirs, IAC_INSTALL_PROVIDER_DIR);
    iac_host_options options = { .dirs = dirs.v, .dir_count = dirs.n, .log = log_line };
    cli->host = iac_host_new(&options);
    iac_vec_clear(&dirs);
    return cli->host;
}

static const iac_schema *find_schema(void *user, iac_mode mode, iac_str type, iac_str provider)
{
    iac_cli *cli = user;
    const iac_provider *loaded = NULL;
    iac_diags ignored = IAC_DIAGS_INIT;
    const iac_schema *schema = NULL;

    /* provider["host/namespace/NAME"], maybe with a module before and an alias after */
    size_t close = iac_str_find(provider, IAC_STR("\"]"), 0), slash = SIZE_MAX;
    for (size_t i = 0; i < provider.n && i < close; i++)
        if (provider.p[i] == '/')
            slash = i;
    if (close == SIZE_MAX || slash == SIZE_MAX)
        return NULL;
    iac_str name = iac_str_sub(provider, slash + 1, close);
    if (iac_host_provider(iac_cli_host(cli), name, IAC_NO_RANGE, &loaded, &ignored) == IAC_OK)
        schema = iac_provider_find_schema(loaded, !type.n            ? IACP_SCHEMA_PROVIDER
                                                  : mode == IAC_DATA ? IACP_SCHEMA_DATA
                                                                     : IACP_SCHEMA_RESOURCE, type);
    iac_diags_clear(&ignored);
    return schema;
}

const iac_view_schemas *iac_cli_schemas(iac_cli *cli)
{
    iac_view_schemas *schemas = iac_arena_new_of(cli->arena, iac_view_schemas);
    *schemas = (iac_view_schemas){ cli, find_schema };
    return schemas;
}

/* ---- the store ---- */

iac_status iac_cli_open_store(iac_cli *cli, bool create)
{
    if (cli->store)
        return IAC_OK;
    if (iac_cli_backend(cli) != IAC_OK)
        return IAC_ERR;
    return iac_backend_open_store(cli->backend, iac_arena_cstr(cli->arena, cli->workspace), create, &cli->store,
                                  &cli->diags);
}

enum { SILENT_WAIT_MS = 400 }; /* Terraform's: who waits longer for a lock is told */

static iac_status take_lock(iac_cli *cli, iac_store *store, const char *operation,
                            iac_status (*lock)(iac_store *, const char *, int64_t, iac_diags *))
{
    int64_t patience = cli->args.lock_timeout;
    iac_diags busy = IAC_DIAGS_INIT;

    if (!cli->args.lock)
        return IAC_OK;
    if (patience <= SILENT_WAIT_MS)
        return lock(store, operation, patience, &cli->diags);
    iac_status status = lock(store, operation, SILENT_WAIT_MS, &busy);
    if (status == IAC_BUSY) {
        tell(cli, "state_lock_acquire", NULL, IAC_STR("Acquiring state lock. This may take a few moments..."));
        status = lock(store, operation, patience - SILENT_WAIT_MS, &cli->diags);
    } else {
        iac_diags_append(&cli->diags, &busy);
    }
    iac_diags_clear(&busy);
    return status;
}

iac_status iac_cli_lock(iac_cli *cli, iac_store *store, const char *operation)
{
    return take_lock(cli, store, operation, iac_store_lock);
}

iac_status iac_cli_lock_store(iac_cli *cli, const char *operation)
{
    return iac_cli_lock(cli, cli->store, operation);
}

iac_status iac_cli_share_store(iac_cli *cli, const char *operation)
{
    return take_lock(cli, cli->store, operation, iac_store_lock_shared);
}

iac_status iac_cli_claim(iac_cli *cli, const iac_plan *plan, iac_str *ret_moved)
{
    const iac_claim *claims;
    size_t n;

    *ret_moved = (iac_str){ 0 };
    if (!iac_store_has_claims(cli->store))
        return IAC_OK;
    iac_apply_claims(cli->arena, plan, &claims, &n);
    return iac_store_claim(cli->store, claims, n, plan->prior->serial, cli->args.lock_timeout, cli->arena, ret_moved,
                           &cli->diags);
}

iac_status iac_cli_read_state(iac_cli *cli, const iac_state **ret)
{
    iac_status status = iac_store_read(cli->store, cli->arena, ret, &cli->diags);
    if (status == IAC_OK)
        iac_state_note_secrets(*ret);
    return status;
}

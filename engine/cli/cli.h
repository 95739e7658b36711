/* engine/cli/cli.h - the command line: options, what commands share, and the table of commands. Layer: engine/cli (sees
 * everything but providers). The only code that prints and that ends the process. */
#ifndef IAC_CLI_CLI_H
#define IAC_CLI_CLI_H
#include "engine/apply/apply.h"
#include "engine/host/host.h"
#include "engine/plan/make.h"
#include "engine/plan/planfile.h"
#include "engine/view/view.h"
#include "lang/config/config.h"
#include "lang/config/test_file.h"
#include "state/backend.h"
#include "state/store.h"

/* ---- options ---- */

typedef IAC_VEC(const char *) iac_words;

/* -var and -var-file, whose order matters among each other. */
typedef struct iac_var_arg {
    bool is_file;
    const char *text;
} iac_var_arg;

/* Everything that any command's options set; texts are borrowed from argv. */
typedef struct iac_args {
    bool help, no_color, json, redact, input, lock, refresh, destroy, refresh_only, compact_warnings, concise;
    bool detailed_exitcode;
    bool auto_approve, raw, backend, dry_run, force, verify;
    bool or_create, allow_missing; /* workspace select; taint */
    bool upgrade, get, reconfigure, migrate_state, force_copy; /* init; upgrade also get's -update */
    const char *from_module, *lockfile;
    iac_words platforms; /* providers lock */
    iac_words backend_configs; /* init's -backend-config: paths of files, and NAME=VALUE */
    bool list, write, diff, check, recursive; /* fmt */
    const char *out, *id, *generate;
    int64_t lock_timeout; /* in milliseconds */
    const char *state, *state_out, *backup, *backup_out; /* of the local backend; the last of state mv */
    const char *backup_suffix; /* where no backup is named; NULL: ".backup" */
    const char *initial_state; /* workspace new */
    bool verbose, no_tests;             /* test, validate */
    const char *test_directory, *junit; /* likewise */
    const char *config_dir; /* import */
    const char *plan_file, *type; /* graph */
    bool draw_cycles;
    bool man; /* help */
    bool over_plan; /* console */
    const char *keep, *max_age; /* history prune */
    bool before, rollback_on_failure; /* state restore; apply */
    const char *format; /* metadata functions, state export */
    int64_t parallelism;
    IAC_VEC(iac_var_arg) vars;
    iac_words targets, excludes, target_files, exclude_files, replaces, plugin_dirs, filters;
    const char *const *positional;
    size_t positional_count;
} iac_args;

typedef enum iac_option_kind {
    IAC_OPTION_BOOL,     /* bool */
    IAC_OPTION_TEXT,     /* const char * */
    IAC_OPTION_INTEGER,  /* int64_t */
    IAC_OPTION_DURATION, /* int64_t, in milliseconds */
    IAC_OPTION_WORDS,    /* iac_words: may be repeated */
    IAC_OPTION_VAR,      /* vars */
    IAC_OPTION_VAR_FILE, /* vars */
    IAC_OPTION_IGNORED,      /* accepted, with a value where it has an argument; means nothing here */
    IAC_OPTION_UNSUPPORTED,  /* known to Terraform; its help says why it is refused */
} iac_option_kind;

typedef struct iac_option {
    const char *name;
    iac_option_kind kind;
    size_t offset;        /* of the member of iac_args */
    const char *argument; /* as help shows it after the name: "=path", " 'name=value'"; NULL: none */
    const char *help;     /* NULL: not listed; of UNSUPPORTED: why it is refused */
} iac_option;

/* A named group of options that several commands have. */
typedef struct iac_option_group {
    const char *title; /* "Options" */
    const iac_option *options;
    size_t count;
} iac_option_group;

extern const iac_option_group iac_options_plan;    /* what is planned and how */
extern const iac_option_group iac_options_vars;    /* -var, -var-file */
extern const iac_option_group iac_options_lock;    /* -lock, -lock-timeout */
extern const iac_option_group iac_options_state_file; /* -state, -state-out, -backup */
extern const iac_option_group iac_options_state_read; /* -state */
extern const iac_option_group iac_options_common;  /* -no-color, -plugin-dir, -help */

/* ---- commands ---- */

typedef struct iac_cli iac_cli;

/* How a command tells that it was called wrongly. All but the first two print help, or one line, as older commands do,
 * and leave an empty line after each diagnostic. */
typedef enum iac_misuse {
    IAC_MISUSE_HINTED,   /* as a diagnostic, then that there is help; in the stream, where the command has one */
    IAC_MISUSE_PLAIN,    /* as a diagnostic */
    IAC_MISUSE_LINE,     /* one line */
    IAC_MISUSE_AND_HELP, /* one line, and the help on standard output */
    IAC_MISUSE_USAGE,    /* the help, then one line */
    IAC_MISUSE_USAGE_UNHYPHENATED, /* likewise, of "command line flags" */
} iac_misuse;

/* What is done otherwise for the one command of its kind. */
typedef enum iac_role {
    IAC_ROLE_NONE,
    IAC_ROLE_INIT,    /* finds out where the state is to be */
    IAC_ROLE_APPLY,   /* applies what it plans: what waits for that need not be told */
    IAC_ROLE_DESTROY, /* likewise, in words of destroying */
    IAC_ROLE_REFRESH, /* likewise, without a word of a plan */
    IAC_ROLE_IMPORT,  /* likewise, of one object */
} iac_role;

typedef struct iac_command {
    const char *name;    /* "plan", "state list" */
    const char *summary; /* for the list of commands */
    const char *usage;   /* what follows the name: "[options] [PLAN]" */
    const char *description;
    const iac_option_group *const *groups; /* ends with NULL */
    size_t max_positional;
    const char *too_many;     /* what is said of more; NULL: how many may be */
    const char *too_many_summary; /* NULL: "Too many command line arguments" */
    int (*run)(iac_cli *cli); /* gives the exit status */
    iac_role role;
    iac_misuse misuse;
    bool help_follows;        /* wrong arguments: the help comes on stderr, after what is said of them */
    bool streams;             /* with -json, all that it prints is a stream of messages, misuse too */
    bool primary;             /* one of the main commands */
    bool hidden;
    bool no_workspace; /* has nothing to do with one: it does not matter how that is called */
    bool tolerant; /* works where the configuration cannot be read: with the backend that was recorded */
} iac_command;

/* The first word of commands that have two. */
typedef struct iac_command_group {
    const char *name, *summary, *description;
    bool hidden;
} iac_command_group;

extern const iac_command *const iac_commands[]; /* ends with NULL */
extern const iac_command_group iac_command_groups[]; /* ends with one that has no name */
extern const iac_command iac_cmd_completion, iac_cmd_help; /* written from the tables */
const iac_command_group *iac_command_group_find(const char *name); /* NULL: none */
const iac_command *iac_command_find(iac_str name);

/* One run of the program. */
struct iac_cli {
    const iac_command *command;
    iac_args args;
    const char *started_in;  /* path.cwd: where the program was started, before -chdir */
    iac_arena *arena;        /* lives as long as the run */
    iac_diags diags;         /* printed by iac_cli_finish and iac_cli_report */
    iac_view_options out_view, err_view;
    bool automation;         /* TF_IN_AUTOMATION: no hints on what to do next */
    bool unfit_variables;    /* the values given to the variables are not of their types */
    bool misused;            /* what the options give was wrong: the help is mentioned */
    bool stream;             /* -json of plan and apply: everything printed is a message of the stream */
    /* made on demand by the functions below */
    const iac_config *config;
    const iac_config *root;  /* of its root module alone */
    bool of_saved_plan;      /* applies a saved plan: the state is the one that it was made from */
    iac_host *host;
    iac_backend *backend;
    iac_store *store;
    iac_encryption *encryption; /* NULL: not looked for yet */
    iac_crypt *state_crypt, *plan_crypt; /* NULL: nothing is configured for it */
    iac_remote_crypts remote_crypts;
    iac_variable_values given;
    bool gathered; /* given has what the files, the environment and the arguments say */
    iac_status gather_status;
    iac_map variables; /* name to const iac_value *, of the root module */
    iac_str workspace;
    iac_words words; /* the command's arguments as given */
    int64_t entry;   /* of the history, while it is not complete; 0: none */
    int64_t last_entry; /* the one begun last, complete or not */
    int64_t origin;     /* of a rollback: the entry that is gone back to */
    const iac_map *kept; /* of a rollback: values of variables that files and the environment do not change */
    bool kept_wins;      /* nor do arguments, which were of the apply that failed */
};

/* Reads the command's options. IAC_ERR after adding a diagnostic. */
iac_status iac_options_parse(const iac_command *command, int argc, char **argv, iac_args *ret, iac_diags *diags);
void iac_args_clear(iac_args *args);
bool iac_option_is_listed(const iac_option *option); /* in help */
void iac_help_command(iac_buf *out, const iac_command *command);
void iac_help_group(iac_buf *out, const iac_command_group *group); /* its subcommands */
void iac_help_program(iac_buf *out);

/* ---- what commands share (session.c) ---- */

enum { IAC_EXIT_OK = 0, IAC_EXIT_ERROR = 1, IAC_EXIT_DIFFERENT = 2 };

/* Prints what diags holds (errors to stderr, warnings to stdout; in -json mode as messages of the stream) and empties
 * it. */
void iac_cli_report(iac_cli *cli);
void iac_cli_begin_stream(iac_cli *cli); /* with -json, for the commands whose output is a stream of messages */
void iac_cli_name_blocks(iac_cli *cli); /* notes in each diagnostic the block it stands in */
/* Reports, and gives status 1 after errors, else `status`. */
int iac_cli_finish(iac_cli *cli, int status);
void iac_cli_print(const iac_buf *out); /* to stdout, at once */
void iac_cli_put(iac_str bytes); /* a part of it: for iac_buf.drain */
void iac_cli_printf(const char *format, ...) IAC_PRINTF(1, 2);
/* Says on stderr what the user did wrong, in words of its own, without the form of a diagnostic. IAC_EXIT_ERROR. */
int iac_cli_refuse(const iac_cli *cli, const char *format, ...) IAC_PRINTF(2, 3);
/* The same, with the command's help after it: on stderr too where the command says so of options, else on stdout. */
int iac_cli_refuse_usage(const iac_cli *cli, const char *text);
void iac_cli_show_help(const iac_command *command, FILE *to);

/* One line of output: text, or a message of the stream (code NULL: of type "log"). */
void iac_cli_tell(iac_cli *cli, const char *code, iac_str text);
/* TF_DATA_DIR, or .terraform: where modules are installed. */
const char *iac_cli_data_dir(void);

/* Each is done once; IAC_ERR after adding a diagnostic. */
iac_status iac_cli_load_config(iac_cli *cli);
/* Reads it anew with `find` in the place of iac_config_options.find, unchecked. */
iac_status iac_cli_load_config_with(iac_cli *cli,
                                    iac_status (*find)(void *user, const iac_module_config *parent,
                                                       const iac_module_call *call, iac_module_addr path,
                                                       iac_module_place *ret, iac_diags *diags),
                                    void *user, const iac_config **ret);
/* The root module alone, without what it calls, and without checking what refers to what. any_version: see
 * iac_config_options. */
iac_status iac_cli_load_root(iac_cli *cli, bool any_version, const iac_config **ret);
/* As iac_cli_load_config, but without checking what refers to what (iac_config_check). */
iac_status iac_cli_read_config(iac_cli *cli, bool any_version);
/* The test files of the working directory and of its folder of tests (-test-directory). */
iac_status iac_cli_read_tests(iac_cli *cli, const iac_test_file **ret, size_t *ret_count);
/* Adds what files, the environment and the command line say of variables to cli->given. */
iac_status iac_cli_gather_variables(iac_cli *cli);
/* Variables from everywhere, the user being asked for missing ones. Needs the configuration. */
iac_status iac_cli_resolve_variables(iac_cli *cli);
/* Adds to cli->given what files, the environment and arguments set. */
iac_status iac_cli_gather_variables(iac_cli *cli);
/* Names of the root's ephemeral variables that were given a value, in the arena (saved_variables.c). */
void iac_cli_ephemeral_given(iac_cli *cli, const iac_str **ret, size_t *ret_count);
/* The variables of a saved plan: those that it holds, and the ephemeral ones, which must be given again. */
iac_status iac_cli_saved_variables(iac_cli *cli, const iac_plan *plan, iac_map *ret);
/* The same without asking: those that have no value are left out. */
iac_status iac_cli_known_variables(iac_cli *cli);
iac_host *iac_cli_host(iac_cli *cli);
/* Opens the workspace's store; create: for writing. */
iac_status iac_cli_open_store(iac_cli *cli, bool create);
/* Locks a store, and tells who waits for long that it is waited; nothing with -lock=false. */
iac_status iac_cli_lock(iac_cli *cli, iac_store *store, const char *operation);
iac_status iac_cli_lock_store(iac_cli *cli, const char *operation); /* the workspace's */
/* As iac_cli_lock_store, but others may share the workspace where the store can lock resources one by one: what a plan
 * reads and writes is then claimed with iac_cli_claim. */
iac_status iac_cli_share_store(iac_cli *cli, const char *operation);
/* *ret_moved: something of that which was changed after the state was read that the plan is made from; empty: nothing. */
iac_status iac_cli_claim(iac_cli *cli, const iac_plan *plan, iac_str *ret_moved);
iac_status iac_cli_read_state(iac_cli *cli, const iac_state **ret);
/* All workspaces, by name. */
iac_status iac_cli_workspaces(iac_cli *cli, iac_str **ret, size_t *ret_count);
/* Closes the store, and deletes the workspace with all it holds. */
iac_status iac_cli_delete_workspace(iac_cli *cli, iac_str name);
/* From now on commands work in this workspace, unless the environment names another. */
iac_status iac_cli_select_workspace(iac_cli *cli, iac_str name);
/* Whether a workspace may have the name: what stands in a URL as it is. */
bool iac_workspace_name_valid(iac_str name);
/* The workspace in use: that of the environment, or the one selected, or "default". */
iac_str iac_workspace_current(iac_arena *arena);
/* Finds the backend that "init" recorded, or the local one, and checks that the configuration still says so ("Backend
 * initialization required"); refuses a terraform.tfstate that was never taken over. */
iac_status iac_cli_backend(iac_cli *cli);
/* Where providers are looked for: -plugin-dir, IAC_PLUGIN_PATH, .iac/providers, beside the program, where installed. */
extern const char iac_state_dir[]; /* ".iac" */
const iac_view_schemas *iac_cli_schemas(iac_cli *cli); /* of what the state holds, for views */

/* ---- the backend (backend.c, init_backend.c) ---- */

/* A backend as the configuration, or the record of "init", has it. */
typedef struct iac_backend_choice {
    const iac_backend_driver *driver; /* NULL: none, which is the local one */
    const iac_value *config; /* the arguments that are given */
    iac_str hash;            /* of the block alone */
} iac_backend_choice;

/* What the terraform block asks for, with -backend-config where `partial`. Needs the configuration. */
iac_status iac_backend_configured(iac_cli *cli, bool partial, iac_backend_choice *ret);
/* The configuration, or its root module alone; without messages. NULL: it cannot be read. */
const iac_config *iac_cli_glance(iac_cli *cli);
/* The schema of a block with these arguments. from_environment: the environment may give what is required, so that is
 * looked for later. */
const iac_block_schema *iac_cli_argument_schema(iac_arena *arena, const iac_backend_argument *arguments,
                                                bool from_environment);
/* The value of a body whose arguments are needed before anything is planned. `what` names the block in messages. */
iac_status iac_cli_early_body(iac_cli *cli, const iac_body *body, const iac_block_schema *schema, iac_range range,
                              const char *what, const iac_value **ret);
/* Fills in cli->state_crypt and cli->plan_crypt from TF_ENCRYPTION and the configuration (NULL: there is none). */
iac_status iac_cli_encryption(iac_cli *cli, const iac_config *config);
void iac_cli_encryption_free(iac_cli *cli); /* after the store and the backend */
/* The same, once, with the configuration of the working directory. */
iac_status iac_cli_find_encryption(iac_cli *cli);
/* What "init" recorded in the data directory. */
iac_status iac_backend_recorded(iac_cli *cli, iac_backend_choice *ret);
iac_status iac_backend_record(iac_cli *cli, const iac_backend_choice *choice);
iac_status iac_backend_open_choice(iac_cli *cli, const iac_backend_choice *choice, iac_backend **ret);
/* The part of "init" that is about backends: configures, migrates, records. */
iac_status iac_init_backend(iac_cli *cli);

/* ---- planning and applying (operate.c) ---- */
/* All that comes before planning: configuration, variables, the store opened (for writing with `create`), locked and
 * read. may_be_empty: no configuration is needed (destroy). */
iac_status iac_cli_prepare(iac_cli *cli, const char *operation, bool may_be_empty, bool create,
                           const iac_state **ret_state);
/* What happened to it when a run had to be abandoned: for the options of planning and applying. */
typedef struct iac_cli_run {
    iac_cli *cli;
    const iac_apply_result *result; /* NULL: nothing was applied */
} iac_cli_run;
/* Says what diags holds, ends the entry of the history, gives the lock back and ends the process. arg: iac_cli_run *. */
void iac_cli_abandon(void *arg, iac_diags *diags);
/* Refuses a negative -parallelism, and makes one that is too large smaller. */
iac_status iac_cli_check_parallelism(iac_cli *cli);
iac_status iac_cli_plan(iac_cli *cli, iac_plan_mode mode, const iac_state *state, const iac_plan **ret);
/* The plan to record what making `plan` has found, and to do nothing else. */
const iac_plan *iac_cli_refreshed_alone(iac_cli *cli, const iac_plan *plan);
/* Refuses options of plan and apply that ask for two things at once. */
iac_status iac_cli_check_modes(iac_cli *cli);
/* Prints the plan in the way the options ask for. */
void iac_cli_show_plan(iac_cli *cli, const iac_plan *plan);
int iac_cli_apply(iac_cli *cli, const iac_plan *plan);

/* ---- saved plans (saved.c) ---- */
/* The key that saved plans are authenticated with: IAC_PLAN_KEY, what the file of IAC_PLAN_KEY_FILE holds, or
 * .iac/plan.key; empty where there is none. */
iac_status iac_cli_plan_key(iac_cli *cli, iac_str *ret);
iac_status iac_cli_save_plan(iac_cli *cli, const iac_plan *plan, const char *path);
iac_status iac_cli_load_plan(iac_cli *cli, const char *path, const iac_plan **ret); /* as iac_planfile_read */
/* Reads what the plan changes again: an error when an object is not as it was when the plan was made. */
iac_status iac_cli_verify_plan(iac_cli *cli, const iac_plan *saved, const iac_state *state);

/* {"HOST/NAMESPACE/TYPE":{..},..}: the schemas of all providers that a configuration uses (cmd_providers.c). */
iac_status iac_cli_write_schemas(iac_cli *cli, const iac_config *config, iac_buf *out);

/* ---- asking (prompt.c) ---- */
bool iac_input_enabled(const iac_cli *cli); /* neither -input=false nor TF_INPUT=0 */
/* Prints "  Enter a value: " after `question` and reads a line into the arena; echo false: not shown while typed.
 * IAC_NOT_FOUND at the end of input, IAC_CANCELLED after an interrupt. */
iac_status iac_prompt(iac_arena *arena, const char *question, bool echo, iac_str *ret);
/* Reads the answer to a question that was already printed. */
iac_status iac_prompt_answer(iac_arena *arena, bool echo, iac_str *ret);
/* Asks for approval; "yes" alone approves. IAC_CANCELLED when it was something else, IAC_ERR after a diagnostic. */
iac_status iac_prompt_approval(iac_cli *cli, bool destroy);

/* ---- the environment ---- */
void iac_log_setup(void); /* log_setup.c: opens the log that TF_LOG and its kin ask for */
/* cli_config.c: tells on stderr what is wrong with Terraform's CLI configuration file. */
void iac_cli_check_config_file(iac_arena *arena, const iac_view_options *view);

/* Makes shells complete this program's commands, or stops it; the exit status (cmd_completion.c). */
int iac_completion_install(iac_arena *arena, bool install);

/* ---- interrupts (signals.c) ---- */
/* From now on SIGINT and SIGTERM are counted instead of ending the process, and the user is told; json: as a message of
 * the stream. */
const atomic_int *iac_signals_watch(bool json);
/* Where interrupts are told of: standard output otherwise. */
void iac_signals_tell_on(int fd);
/* As iac_signals_watch, but 0 until the second interrupt: for what is cleaned up after the first. */
const atomic_int *iac_signals_insisted(void);
bool iac_signals_seen(void);

/* One for each command. */
extern const iac_command iac_cmd_init, iac_cmd_get, iac_cmd_modules, iac_cmd_providers_lock, iac_cmd_providers_mirror;
extern const iac_command iac_cmd_metadata_functions, iac_cmd_state_check;
extern const iac_command iac_cmd_validate, iac_cmd_plan, iac_cmd_apply, iac_cmd_destroy,
    iac_cmd_show, iac_cmd_output, iac_cmd_state_list,
    iac_cmd_state_export, iac_cmd_lock_status, iac_cmd_state_show, iac_cmd_state_dismiss, iac_cmd_state_rm,
    iac_cmd_state_mv, iac_cmd_state_pull, iac_cmd_state_push, iac_cmd_version, iac_cmd_providers,
    iac_cmd_providers_schema, iac_cmd_import, iac_cmd_force_unlock, iac_cmd_refresh, iac_cmd_fmt, iac_cmd_console,
    iac_cmd_taint, iac_cmd_untaint, iac_cmd_state_replace_provider, iac_cmd_graph, iac_cmd_login, iac_cmd_logout,
    iac_cmd_workspace_list, iac_cmd_workspace_new, iac_cmd_workspace_select, iac_cmd_workspace_show,
    iac_cmd_workspace_delete, iac_cmd_env_list, iac_cmd_env_new, iac_cmd_env_select,
    iac_cmd_env_delete, iac_cmd_test, iac_cmd_history, iac_cmd_history_show,
    iac_cmd_history_prune, iac_cmd_history_diff, iac_cmd_rollback, iac_cmd_state_restore;
#endif

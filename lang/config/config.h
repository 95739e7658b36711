/* lang/config/config.h - the configuration model: what the files of a module directory say, and the tree of modules.
 * Layer: lang/config (sees all of lang). Immutable once loaded; readable from any thread; lives in its arena. */
#ifndef IAC_CONFIG_CONFIG_H
#define IAC_CONFIG_CONFIG_H
#include "lang/addr/addr.h"
#include "lang/base/diag.h"
#include "lang/config/module_source.h"
#include "lang/eval/eval.h"
#include "lang/schema/mock.h"

typedef struct iac_condition { /* validation, precondition, postcondition, assert */
    const iac_expr *condition, *error_message;
    iac_range range; /* the block's header */
} iac_condition;

typedef struct iac_conditions {
    const iac_condition *v;
    size_t n;
} iac_conditions;

typedef struct iac_variable_config {
    iac_str name, description;
    const iac_type *type;         /* dynamic when not declared */
    bool type_declared;
    const iac_defaults *defaults; /* of optional attributes; may be NULL */
    const iac_value *default_value; /* converted; NULL: required */
    bool sensitive, ephemeral, nullable;
    iac_conditions validations;
    iac_range range; /* the block's header */
    const iac_body *body;
    iac_module_addr module; /* declared in; keys NONE */
} iac_variable_config;

typedef struct iac_local_config {
    iac_str name;
    const iac_expr *expr;
    iac_range range;
} iac_local_config;

typedef struct iac_depends {
    const iac_expr *const *v; /* static traversals */
    size_t n;
} iac_depends;

typedef struct iac_output_config {
    iac_str name, description;
    const iac_expr *value;
    bool sensitive, ephemeral;
    iac_depends depends_on;
    iac_conditions preconditions;
    iac_range range;
} iac_output_config;

typedef struct iac_provider_ref { /* as written in provider = aws.west, or by default the type's prefix */
    iac_str name, alias;          /* alias empty: the default configuration */
    iac_range range;              /* nowhere when implied */
    const iac_expr *key;          /* which of a configuration's instances, aws.by_region[KEY]; NULL: it has but one */
} iac_provider_ref;

typedef struct iac_provider_config {
    iac_str name, alias;
    const iac_expr *for_each; /* NULL when absent; else there is an alias */
    const iac_body *body; /* without alias, version and for_each */
    iac_range range;
    const iac_mock *mock;   /* set: stands in for the provider (test files); NULL otherwise */
    const iac_scope *scope; /* what the body is evaluated in; NULL: its module */
} iac_provider_config;

typedef struct iac_required_provider {
    iac_str name; /* local name */
    iac_provider_addr addr;
    iac_str version; /* constraint text, may be empty */
    const iac_provider_ref *aliases; /* configuration_aliases */
    size_t alias_count;
    iac_range range;
} iac_required_provider;

typedef struct iac_lifecycle {
    bool create_before_destroy, create_before_destroy_set;
    bool prevent_destroy, prevent_destroy_set;
    const iac_expr *enabled; /* NULL: it is */
    bool ignore_all;
    iac_paths ignore_changes;
    const iac_range *ignore_ranges; /* of the first name of each */
    const iac_expr *const *replace_triggered_by;
    size_t replace_triggered_by_count;
    iac_conditions preconditions, postconditions;
    iac_range range;
} iac_lifecycle;

typedef struct iac_provisioner_config {
    iac_str type; /* local-exec, remote-exec, file */
    bool on_destroy, continue_on_failure;
    const iac_body *body;
    const iac_body *connection;     /* the resource's and its own, together; may be NULL */
    const iac_body *own_connection; /* may be NULL */
    iac_range range;
} iac_provisioner_config;

typedef struct iac_resource_config {
    iac_mode mode;
    iac_str type, name;
    const iac_expr *count, *for_each; /* NULL when absent */
    iac_provider_ref provider;
    bool provider_set; /* otherwise provider follows from the type */
    iac_depends depends_on;
    iac_lifecycle lifecycle;
    const iac_provisioner_config *provisioners;
    size_t provisioner_count;
    const iac_body *connection; /* or NULL */
    const iac_body *body;       /* what the provider's schema describes: meta-arguments taken out */
    iac_range range, type_range; /* the block's header, and the type within it */
} iac_resource_config;

typedef struct iac_module_config iac_module_config;

typedef struct iac_module_call {
    iac_str name, source, version; /* source as given, version a constraint; empty where they could not be read */
    const iac_expr *source_expr, *version_expr; /* may be NULL */
    iac_module_source from;
    const iac_expr *count, *for_each, *enabled; /* NULL when absent */
    iac_depends depends_on;
    struct iac_passed_provider {
        iac_provider_ref child, parent;
    } const *providers;
    size_t provider_count;
    const iac_body *body; /* the child's variables */
    iac_range range, source_range;
    const iac_module_config *module; /* the child; NULL when it could not be loaded */
} iac_module_call;

typedef struct iac_moved_config {
    const iac_expr *from, *to;
    iac_range range;
} iac_moved_config;

typedef struct iac_removed_config {
    const iac_expr *from;
    bool destroy;
    const iac_provisioner_config *provisioners; /* destroy-time ones */
    size_t provisioner_count;
    const iac_body *connection; /* or NULL */
    iac_range range;
} iac_removed_config;

typedef struct iac_import_config {
    const iac_expr *to, *id, *for_each;
    iac_provider_ref provider;
    iac_range range;
} iac_import_config;

typedef struct iac_check_config {
    iac_str name;
    const iac_resource_config *data; /* or NULL */
    iac_conditions asserts;
    iac_range range;
} iac_check_config;

typedef struct iac_backend_config {
    iac_str type; /* empty: none */
    const iac_body *body;
    iac_range range, type_range;
} iac_backend_config;

/* Arrays are in byte order of their names (resources: mode, type, name) so that every walk is deterministic; the maps
 * find by name. Values of maps are the items of the arrays. */
struct iac_module_config {
    iac_module_addr path; /* keys NONE */
    iac_str dir;          /* as given to the loader: relative to the working directory */
    iac_str version;      /* of a registry's module: the version installed; else empty */
    const iac_variable_config *variables;
    size_t variable_count;
    const iac_local_config *locals;
    size_t local_count;
    const iac_output_config *outputs;
    size_t output_count;
    const iac_resource_config *resources;
    size_t resource_count;
    const iac_provider_config *providers;
    size_t provider_count;
    const iac_module_call *calls;
    size_t call_count;
    const iac_required_provider *required_providers;
    size_t required_provider_count;
    const iac_moved_config *moved;
    size_t moved_count;
    const iac_removed_config *removed;
    size_t removed_count;
    const iac_import_config *imports;
    size_t import_count;
    const iac_check_config *checks;
    size_t check_count;
    iac_backend_config backend;
    const iac_body *encryption; /* of the terraform block; NULL: none */
    iac_range encryption_range;
    const iac_body *history; /* likewise: how long the history of the state is kept */
    iac_range history_range;
    /* resource: "type.name", "data.type.name", "ephemeral.type.name" */
    iac_map variable_map, local_map, output_map, resource_map, call_map, required_provider_map;
    const iac_source *const *sources; /* every file read, for saved plans */
    size_t source_count;
    const iac_module_config *parent; /* NULL for the root */
};

typedef struct iac_config {
    iac_arena *arena;
    const iac_module_config *root;
    size_t syntax_count; /* of the diagnostics of loading it: the first, which are of the root's text, not its meaning */
} iac_config;

/* Reads files. The default reads the file system; a saved plan brings its own. */
typedef struct iac_config_reader {
    void *user;
    /* Names of the directory's entries into the arena; IAC_NOT_FOUND when there is no such directory. */
    iac_status (*list)(void *user, const char *dir, iac_arena *arena, iac_str **ret, size_t *ret_count,
                       iac_diags *diags);
    iac_status (*read)(void *user, const char *path, iac_arena *arena, iac_str *ret, iac_diags *diags);
} iac_config_reader;
extern const iac_config_reader iac_config_reader_files;
/* Why the reader above could not read the file, from the errno that it left: "open x: no such file or directory". */
iac_str iac_config_read_problem(iac_arena *arena, const char *path);

/* Where the module of a call is. */
typedef struct iac_module_place {
    iac_str dir;     /* relative to the working directory */
    iac_str source;  /* of the address, in full; empty: not checked against the call's */
    iac_str version; /* of a registry's module */
    iac_str constraint; /* with found_only: the call's, as source is the call's then */
} iac_module_place;

typedef struct iac_config_options {
    const char *data_dir; /* child modules other than local ones are looked up in DATA_DIR/modules/modules.json; or NULL */
    const iac_config_reader *reader; /* NULL: the file system */
    void *user;
    /* Finds (or installs) the module of a call within `parent`, whose `from` has been read, and whose own path is
     * `path`. Not IAC_OK: there is none, after adding a diagnostic. NULL: local ones by their path, others by
     * modules.json. */
    iac_status (*find)(void *user, const iac_module_config *parent, const iac_module_call *call, iac_module_addr path,
                       iac_module_place *ret, iac_diags *diags);
    bool unchecked;   /* calls are left for iac_config_check */
    bool any_version; /* a required_version that this program does not meet is let pass */
    bool found_only;  /* `find` alone says where modules are: sources are not evaluated (a saved plan's modules) */
    /* The value of a variable of the root module where the source of a module depends on it; NULL after adding a
     * diagnostic. NULL here: only defaults are known. */
    const iac_value *(*variable)(void *user, const iac_variable_config *variable, iac_diags *diags);
    iac_str workspace; /* terraform.workspace, for the same */
    iac_module_addr below; /* where modules.json has the module and those that it calls: nowhere else is it told of */
} iac_config_options;

/* Loads the module in dir and those it calls: *.tf, *.tf.json, *.iac, *.iac.json, override files. Checks everything that
 * needs no provider schema and no references (duplicate names, meta-argument combinations, reserved names, variable
 * types, arguments of module calls), in Terraform's wording. The configuration is returned as far as it could be read;
 * with faults in the root module, no others are, unless they are to be found (options->find). Everything lives in arena. */
iac_status iac_config_load_with(iac_arena *arena, const char *dir, const iac_config_options *options,
                                const iac_config **ret, iac_diags *diags);
iac_status iac_config_load(iac_arena *arena, const char *dir, const char *data_dir, const iac_config_reader *reader,
                           const iac_config **ret, iac_diags *diags);
/* "a.b" of module.a.module.b, as modules.json names it. */
iac_str iac_module_key(iac_arena *arena, iac_module_addr path);
/* The same of a path that is below another one. */
iac_str iac_module_key_below(iac_arena *arena, iac_module_addr above, iac_module_addr path);
/* Where the module of a registry is installed that is called from outside of any configuration, at options->below.
 * IAC_ERR after adding a diagnostic. */
iac_status iac_config_find_installed(iac_arena *arena, const iac_config_options *options, const iac_module_call *call,
                                     iac_module_place *ret, iac_diags *diags);
/* Values known before anything is planned: the expression may refer to variables, locals, path and
 * terraform.workspace of the module. NULL after adding a diagnostic; the result is known, not null and without marks.
 * `what` names the setting in messages ("module source"). */
const iac_value *iac_config_early_string(iac_arena *arena, const iac_module_config *module, const iac_expr *expr,
                                         const char *what, const iac_config_options *options, iac_diags *diags);

/* What iac_config_load_with checks of calls and of the configurations of providers, left out with unchecked. */
iac_status iac_config_check(iac_arena *arena, const iac_config *config, iac_diags *diags);

/* Where an expression stands, which decides what it may refer to beside the names of its module. */
typedef struct iac_ref_site {
    bool count, each, self;
    unsigned *hints; /* how often similar names were looked for, which takes time; NULL: without limit */
    /* For RESOURCE references. other: a resource that the module itself does not have, or NULL. attribute: adds an error
     * where there is no attribute of the name. Each may be NULL. */
    const iac_resource_config *(*other)(void *arg, const iac_ref *ref);
    void (*attribute)(void *arg, const iac_ref *ref, iac_diags *diags);
    /* In tests: further variables, and what is called for a reference to a run; outputs may be referred to, too. */
    const iac_map *variables;
    void (*run)(void *arg, const iac_ref *ref);
    void *arg;
} iac_ref_site;

typedef enum iac_refs_outcome {
    IAC_REFS_FINE,
    IAC_REFS_VALUELESS, /* some have no value; the others do */
    IAC_REFS_BROKEN,    /* an object or attribute is not declared, or not so: no names were looked at beside */
} iac_refs_outcome;

/* Checks the references of what is evaluated at once, first objects, then what has a value. */
iac_refs_outcome iac_config_check_refs(iac_arena *arena, const iac_module_config *module, const iac_ref_site *site,
                                       const iac_ref *refs, size_t n, iac_diags *diags);
/* The same for all that an expression refers to. */
void iac_config_check_expression(iac_arena *arena, const iac_module_config *module, const iac_ref_site *site,
                                 const iac_expr *expr, iac_diags *diags);

/* Variable values given from outside. */
typedef struct iac_variable_value {
    iac_str name;
    const iac_value *value; /* NULL: `expr` from a file, or `raw`, read by the variable's type (TF_VAR_, -var) */
    const iac_expr *expr;   /* NULL: it is a text */
    iac_str raw;
    const iac_source *source;
    iac_range range;
    enum { IAC_FROM_ENVIRONMENT, IAC_FROM_FILE, IAC_FROM_ARGUMENT, IAC_FROM_PROMPT, IAC_FROM_PLAN } from;
    bool named_file; /* IAC_FROM_FILE: one that an argument names */
} iac_variable_value;

typedef struct iac_variable_values {
    iac_variable_value *v;
    size_t n, cap;
} iac_variable_values; /* array in heap memory (iac_vec); later ones win */

/* Adds what a .tfvars or .tfvars.json file sets. */
iac_status iac_tfvars_read(iac_arena *arena, const char *path, iac_variable_values *add, iac_diags *diags);
/* Adds what the environment (TF_VAR_name) and the directory's own files (terraform.tfvars, terraform.tfvars.json,
 * *.auto.tfvars, *.auto.tfvars.json, in Terraform's order) set. */
iac_status iac_tfvars_auto(iac_arena *arena, const char *dir, iac_variable_values *add, iac_diags *diags);
/* Adds what the directory's own files set, without the environment; a directory that is not there sets nothing. */
iac_status iac_tfvars_of_dir(iac_arena *arena, const char *dir, iac_variable_values *add, iac_diags *diags);
/* The root module's variables: given values converted to their types with defaults applied, marked sensitive or
 * ephemeral, validated later by the engine. Missing required ones are listed in ret_missing rather than reported;
 * when there are any, or a text could not be read, there are no values yet. With ret_missing NULL they do not matter, and
 * are unknown. Undeclared ones: an error from -var, a warning from files, nothing from the environment. What the texts
 * of those that count say is kept with them. ret_values: name to const iac_value *. */
iac_status iac_variables_resolve(iac_arena *arena, const iac_module_config *root, iac_variable_values *given,
                                 iac_map *ret_values, const iac_variable_config ***ret_missing,
                                 size_t *ret_missing_count, iac_diags *diags);
/* The error of a required variable that has no value. */
void iac_variable_missing(const iac_variable_config *variable, iac_diags *diags);
/* The values before conversion, of variables that are declared, are not ephemeral and were given one: name to const
 * iac_value *. To be called once they are resolved without an error. */
void iac_variables_as_given(iac_arena *arena, const iac_module_config *root, const iac_variable_values *given,
                            iac_map *ret);
/* The value of one variable of the root module from those given, the last of its name; NULL after adding a diagnostic
 * (also when it has none). */
const iac_value *iac_variable_resolve(iac_arena *arena, const iac_variable_config *variable,
                                      const iac_variable_values *given, iac_diags *diags);
/* The given value as it is before conversion; NULL after an error. */
const iac_value *iac_variable_read(iac_arena *arena, const iac_variable_config *variable,
                                   const iac_variable_value *given, iac_diags *diags);
/* The value that one given value is for a variable; variable NULL: undeclared, texts are then expressions. Undeclared
 * names are not reported. NULL after an error where there is no variable. */
const iac_value *iac_variable_given(iac_arena *arena, const iac_variable_config *variable,
                                    const iac_variable_value *given, iac_diags *diags);
/* Converts one given value for a variable (also a module call's argument): nulls and nullable, defaults, type; marks it
 * as the variable says. given NULL: not set. range is the given expression's. After an error an unknown value. */
const iac_value *iac_variable_convert(iac_arena *arena, const iac_variable_config *variable, const iac_value *given,
                                      iac_range range, iac_diags *diags);
/* The resource that an import block's `to` names, its keys NONE, and the expressions of the keys (NULL: none): one for
 * each step of the module path, then the resource's own. False where it names no resource. */
bool iac_import_target(iac_arena *arena, const iac_expr *to, iac_addr *ret, const iac_expr ***ret_keys);
/* The resource that a module declares under that name; NULL when it does not. log n. */
const iac_resource_config *iac_module_resource(const iac_module_config *module, iac_mode mode, iac_str type,
                                               iac_str name);
/* Which provider a resource's provider reference means in a module: the required provider's address, or the default
 * of its local name. */
iac_provider_addr iac_module_provider_addr(const iac_module_config *module, iac_str local_name);
#endif

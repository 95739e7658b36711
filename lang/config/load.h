/* lang/config/load.h - what the readers of the kinds of blocks share. Private to lang/config.
 *
 * Loading a module: the blocks of its files are collected, those of override files last, and each is read by the function
 * of its kind, which adds to the module being built, or merges into what is there. */
#ifndef IAC_CONFIG_LOAD_H
#define IAC_CONFIG_LOAD_H
#include "lang/config/config.h"
#include "lang/syntax/body.h"
#include "lang/value/text.h"

/* A top-level block. */
typedef struct iac_top_block {
    const iac_block *block;
    bool from_override; /* what it says is said instead in the object of its name, which must be there */
} iac_top_block;

/* A module being built: arrays in heap memory, moved into the arena at the end. Indexes: position + 1 by name. */
typedef struct iac_module_build {
    iac_arena *arena;
    iac_diags *diags;
    iac_module_config *module;
    IAC_VEC(iac_variable_config) variables;
    IAC_VEC(iac_local_config) locals;
    IAC_VEC(iac_output_config) outputs;
    IAC_VEC(iac_resource_config) resources;
    IAC_VEC(iac_provider_config) providers;
    IAC_VEC(iac_module_call) calls;
    IAC_VEC(iac_required_provider) required_providers;
    IAC_VEC(iac_moved_config) moved;
    IAC_VEC(iac_removed_config) removed;
    IAC_VEC(iac_import_config) imports;
    IAC_VEC(iac_check_config) checks;
    iac_map import_index; /* by the text of the target: its place */
    iac_map variable_index, local_index, output_index, resource_index, provider_index, call_index, check_index,
        requirement_index;
    iac_range required_providers_range, backend_range, cloud_range;
    bool any_version;
    bool overriding; /* what is read stands in an override file */
    bool in_test;    /* ... in a test file */
} iac_module_build;

/* A directory's files, parsed once however many modules come from it. */
typedef struct iac_module_files {
    const iac_file **primary, **overrides;
    size_t primary_count, override_count;
    const iac_source **sources;
    bool found, read_before;
} iac_module_files;

/* Loading a tree of modules. */
typedef struct iac_loader {
    iac_arena *arena;
    iac_config_options options; /* with a reader */
    iac_diags *diags;
    size_t errors; /* of them when loading began */
    iac_map directories; /* cleaned directory: iac_module_files */
    iac_map installed;   /* module path "a.b": iac_module_place, from the manifest */
    bool manifest_read;
} iac_loader;

/* Never NULL. */
iac_module_files *iac_read_directory(iac_loader *l, const char *dir);
void iac_decode_module(iac_arena *arena, iac_module_config *module, const iac_module_files *files, bool any_version,
                       iac_diags *diags);

/* Each reads one block and adds what it says to the module. */
void iac_read_variable(iac_module_build *m, const iac_top_block *top);
void iac_read_locals(iac_module_build *m, const iac_top_block *top);
void iac_read_output(iac_module_build *m, const iac_top_block *top);
void iac_read_resource(iac_module_build *m, const iac_top_block *top, iac_mode mode);
void iac_read_provider(iac_module_build *m, const iac_top_block *top);
void iac_read_module_call(iac_module_build *m, const iac_top_block *top);
void iac_read_terraform(iac_module_build *m, const iac_top_block *top);
void iac_read_moved(iac_module_build *m, const iac_top_block *top);
void iac_read_removed(iac_module_build *m, const iac_top_block *top);
void iac_read_import(iac_module_build *m, const iac_top_block *top);
void iac_read_check(iac_module_build *m, const iac_top_block *top);

/* The alias of a provider block, which may be absent (NULL). */
void iac_read_provider_alias(iac_module_build *m, const iac_attribute *attr, iac_str *ret);

/* The resource that a block says, without adding it to the module; nested in a check when within_check. */
bool iac_decode_resource(iac_module_build *m, const iac_block *block, iac_mode mode, bool within_check,
                         iac_resource_config *ret);
/* Tells that `enabled` is given beside count or for_each, where one of them is. */
void iac_check_enabled(iac_module_build *m, const iac_expr *enabled, const iac_expr *count, const iac_expr *for_each);
void iac_decode_lifecycle(iac_module_build *m, const iac_block *block, iac_mode mode, iac_lifecycle *ret);
bool iac_decode_provisioner(iac_module_build *m, const iac_block *block, iac_provisioner_config *ret);
/* Gives each what the resource's connection (NULL: none) says and its own does not. */
void iac_merge_connections(iac_module_build *m, const iac_body *base, iac_provisioner_config *provisioners,
                           size_t count);
/* The map of provider configurations that a module call, or a test, passes on, into call. */
void iac_decode_passed_providers(iac_module_build *m, const iac_expr *expr, iac_module_call *call);
/* "The depends_on argument may not be overridden", where there is one. */
void iac_refuse_depends(iac_module_build *m, iac_depends depends);
/* A block of condition and error_message; kind as messages name it ("precondition"). False when it is unusable. */
bool iac_decode_condition(iac_module_build *m, const iac_block *block, const char *kind, iac_condition *ret);
/* All blocks of the type in content. */
iac_conditions iac_decode_conditions(iac_module_build *m, const iac_content *content, const char *type);
/* Tells of those of a resource that refer to itself. */
void iac_check_own_conditions(iac_module_build *m, iac_addr addr, iac_conditions conditions, const char *type);

/* ---- static values ---- */
/* Each returns false after adding an error; an absent attribute (NULL) leaves *ret alone and is fine. */
/* The value of an expression that must not refer to anything; what JSON says, then, where strings are no templates.
 * NULL after an error. */
const iac_value *iac_static_eval(iac_module_build *m, const iac_expr *expr);
bool iac_static_bool(iac_module_build *m, const iac_attribute *attr, bool *ret);
bool iac_static_string(iac_module_build *m, const iac_attribute *attr, iac_str *ret);
/* A version constraint; empty where it is null or cannot be told yet. */
bool iac_static_version(iac_module_build *m, const iac_attribute *attr, iac_str *ret);
bool iac_static_depends(iac_module_build *m, const iac_attribute *attr, iac_depends *ret);
/* Whether a provider may be called so; otherwise adds an error. */
bool iac_provider_name_fits(iac_module_build *m, iac_str name, iac_range range);
/* NAME or NAME.ALIAS; the second one of them also NAME.ALIAS[KEY]. */
bool iac_static_provider_config(iac_module_build *m, const iac_expr *expr, const char *argument,
                                iac_provider_ref *ret);
bool iac_static_provider_ref(iac_module_build *m, const iac_expr *expr, const char *argument, iac_provider_ref *ret);
/* The traversal that an expression is, or that its quoted text holds (the rule in JSON, deprecated elsewhere). NULL
 * after adding an error. */
const iac_expr *iac_static_traversal(iac_module_build *m, const iac_expr *expr);
/* The same for the addresses of moved and removed blocks, which were never in quotes. */
const iac_expr *iac_static_address(iac_module_build *m, const iac_expr *expr);
/* The target (of -target, moved, an override) that the text of a static address stands for. */
bool iac_static_target(iac_module_build *m, const iac_expr *expr, iac_addr *ret, bool *ret_is_module);
/* The items of a list expression. */
bool iac_static_list(iac_module_build *m, const iac_expr *expr, const iac_expr *const **ret, size_t *ret_count);
/* The text of a quoted string without interpolation. */
bool iac_expr_literal_text(const iac_expr *expr, iac_str *ret);
/* The single identifier that the expression is, quoted or not; empty when it is none. */
iac_str iac_static_keyword(iac_module_build *m, const iac_expr *expr);
/* The same where quotes were never allowed. */
iac_str iac_static_word(iac_module_build *m, const iac_expr *expr);
/* The expression, in JSON what a string says as one. NULL after adding an error. */
const iac_expr *iac_unquote(iac_module_build *m, const iac_expr *expr);

#define IAC_NAME_RULE \
    "A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes."
/* Whether the label is an identifier; otherwise adds `summary`. */
bool iac_check_label(iac_module_build *m, const iac_label *label, const char *summary);
/* The blocks of the type among content's, in source order; *ret_count of them, in the arena. */
const iac_block **iac_content_blocks(iac_arena *arena, const iac_content *content, const char *type,
                                     size_t *ret_count);

/* Whether modules pass each other the provider configurations that they need. */
void iac_config_check_providers(iac_arena *arena, const iac_config *config, iac_diags *diags);
/* Calls, and which configurations of providers are passed or asked for, in one module. */
void iac_config_validate_module(iac_arena *arena, const iac_module_config *module, iac_diags *diags);
#endif

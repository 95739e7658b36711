/* engine/host/host.h - loads providers and calls them. Layer: engine/host (sees lang base, value, schema and the
 * provider ABI).
 *
 * A provider is loaded once (iac_provider), and opened once for each provider configuration (iac_instance). Every
 * function of the ABI has a wrapper here that takes and gives values of lang/value: arguments may carry marks (they
 * are taken off), results are checked against the schema and copied into the caller's arena, and what a provider may
 * leave out is filled in. After any wrapper, IAC_OK means no error diagnostic was added; otherwise at least one was.
 *
 * Threads: everything may be called from any thread, several calls on one instance at once, except that configure and
 * close never overlap another call on the same instance. `diags` and arenas belong to the calling thread. */
#ifndef IAC_HOST_HOST_H
#define IAC_HOST_HOST_H
#include "lang/base/base.h"
#include "lang/base/diag.h"
#include "lang/schema/mock.h"
#include "lang/schema/schema.h"
#include "lang/value/path.h"
#include "lang/value/value.h"
#include "providers/abi/iac_provider.h"
#include <stdatomic.h>

typedef struct iac_host iac_host;
typedef struct iac_provider iac_provider; /* immutable to its users; lives as long as its host */
typedef struct iac_instance iac_instance;

/* ---- the host ---- */

typedef struct iac_host_options {
    const char *const *dirs; /* where iac-provider-NAME.so is looked for, first match wins; copied */
    size_t dir_count;
    /* Where providers' log lines go; called from any thread. NULL: nowhere. level is IACP_LOG_*. */
    void (*log)(void *arg, uint32_t level, const char *provider, const char *text);
    void *log_arg;
} iac_host_options;

/* Never NULL. options NULL: no directories. The built-in provider "terraform" is there from the start. */
iac_host *iac_host_new(const iac_host_options *options);
/* Closes what is still open. No call may be running. NULL is fine. False: a provider did not end within two seconds; its
 * thread goes on, and the host stays for it. The process must then end by _exit. */
bool iac_host_free(iac_host *host);
/* Adds a provider that is part of this program; it is found before any file. Before the first iac_host_provider. */
void iac_host_add_builtin(iac_host *host, const char *name, iacp_entry_fn entry);
/* The built-in provider terraform.io/builtin/terraform. */
const iacp_provider *iac_builtin_terraform(const iacp_host *host);
/* The host table given to providers. */
extern const iacp_host iac_host_table;

/* The provider of that type name ("aws", "terraform"), loaded on first use. IAC_NOT_FOUND: no such file; IAC_ERR: of
 * another ABI version, or broken. *ret is set only with IAC_OK. `subject` is where the configuration asks for it. */
iac_status iac_host_provider(iac_host *host, iac_str name, iac_range subject, const iac_provider **ret,
                             iac_diags *diags);

/* ---- a loaded provider ---- */

iac_str iac_provider_name(const iac_provider *provider);    /* "aws" */
iac_str iac_provider_version(const iac_provider *provider); /* "1.0.0", as the provider says */
iac_str iac_provider_file(const iac_provider *provider);    /* path of its file; empty when it is built in */

/* Kinds here and below are IACP_SCHEMA_*. The schema of a type (type empty for IACP_SCHEMA_PROVIDER), parsed on first
 * use and kept; NULL when there is no such type. A schema that cannot be read is NULL too (iac_provider_schema then
 * says why). IACP_SCHEMA_FUNCTION has its own functions below. The provider's own schema is never missing: one that
 * takes no arguments stands in. */
const iac_schema *iac_provider_find_schema(const iac_provider *provider, uint32_t kind, iac_str type);
/* As above, with the diagnostic that Terraform gives: "Invalid resource type", with what may have been meant.
 * `display` is the provider as shown to people ("hashicorp/aws"). */
const iac_schema *iac_provider_schema(const iac_provider *provider, uint32_t kind, iac_str type, iac_str display,
                                      iac_range subject, iac_diags *diags);
/* Names of the types (or functions) of a kind in byte order. */
const iac_str *iac_provider_type_names(const iac_provider *provider, uint32_t kind, size_t *ret_count);

typedef struct iac_provider_param {
    iac_str name, description;
    const iac_type *type;
    bool nullable;
} iac_provider_param;

typedef struct iac_provider_function {
    iac_str name, summary, description;
    const iac_type *returns;
    const iac_provider_param *params;
    size_t param_count;
    const iac_provider_param *variadic; /* NULL: none */
} iac_provider_function;

/* NULL when there is no such function (or its description cannot be read). */
const iac_provider_function *iac_provider_find_function(const iac_provider *provider, iac_str name);

/* ---- calls ---- */

/* What belongs to a call beside its arguments. A zero-initialised one will do; NULL too. */
typedef struct iac_call_options {
    iac_str address;  /* of the resource instance, for diagnostics: "aws_vpc.main[0]" */
    iac_str provider; /* its source address, for messages: "registry.terraform.io/hashicorp/aws"; empty: its name */
    iac_range range;  /* subject of diagnostics */
    iac_range (*locate)(const void *arg, iac_path path); /* subject of those about a part of the object; NULL: range */
    const void *locate_arg;
    const atomic_bool *cancelled; /* read while the call runs; NULL: never */
    void (*progress)(void *arg, const char *text); /* called from the calling thread; NULL: ignored */
    void *progress_arg;
    const iac_mock_values *override; /* set: the provider is not asked about this object (test files) */
} iac_call_options;

/* Opens an instance, not configured yet. */
iac_status iac_instance_open(const iac_provider *provider, const iac_call_options *options, iac_instance **ret,
                             iac_diags *diags);
/* config: a wholly known object of the provider's own schema. */
iac_status iac_instance_configure(iac_instance *instance, const iac_call_options *options, const iac_value *config,
                                  iac_diags *diags);
/* From now on the provider is not asked: objects are made up (lang/schema/mock.h). Instead of configuring. mock is
 * borrowed. */
void iac_instance_mock(iac_instance *instance, const iac_mock *mock);
bool iac_instance_configured(const iac_instance *instance); /* configure has succeeded */
/* Its provider has IACP_LEGACY_VALUES: whether plans follow the configuration, and results the plan, is not checked. */
bool iac_instance_keeps_legacy_values(const iac_instance *instance);
void iac_instance_close(iac_instance *instance);            /* NULL is fine */
void iac_instance_stop(iac_instance *instance); /* the user asked to stop; at any time, from any thread */

/* Validates a configuration that may hold unknowns. type empty for IACP_SCHEMA_PROVIDER. */
iac_status iac_instance_validate(iac_instance *instance, const iac_call_options *options, uint32_t kind, iac_str type,
                                 const iac_value *config, iac_diags *diags);

/* Brings a stored object to the current schema version: state_json is the object as stored ("attributes"). Does
 * nothing but decode when the version is current, and also when the provider has nothing to say about older ones.
 * Attributes that the schema no longer has are dropped. */
iac_status iac_instance_upgrade(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                iac_str type, int64_t from_version, iac_str state_json, const iac_value **ret_state,
                                iac_diags *diags);

typedef struct iac_read_answer {
    const iac_value *state; /* NULL: it is gone */
    iac_str private_data;   /* in the arena */
} iac_read_answer;

iac_status iac_instance_read(iac_instance *instance, const iac_call_options *options, iac_arena *arena, iac_str type,
                             const iac_value *state, iac_str private_data, iac_read_answer *ret, iac_diags *diags);

/* One read of many. status and answer are filled in; answers go to `arena`, diagnostics to `diags`; these may be the
 * same for all items. */
typedef struct iac_read_item {
    const iac_call_options *options;
    iac_arena *arena;
    iac_diags *diags;
    const iac_value *state;
    iac_str private_data;
    iac_status status;
    iac_read_answer answer;
} iac_read_item;

/* Whether the provider answers many reads together; where not, iac_instance_read_many does one after the other, and it
 * is better to call iac_instance_read from several threads. */
bool iac_instance_reads_many(const iac_instance *instance);
/* The answer of each stands in its item. What concerns none of them in particular goes to `diags` and makes the status
 * (then every item without errors of its own has status IAC_ERR too). */
iac_status iac_instance_read_many(iac_instance *instance, const iac_call_options *options, iac_str type,
                                  iac_read_item *items, size_t count, iac_diags *diags);

/* prior NULL or null: create. proposed and config NULL or null: destroy (a provider that does not plan destroys is not
 * asked). With an instance that is not configured, the
 * provider is told to plan from schema and values alone. */
typedef struct iac_plan_request {
    iac_str type;
    const iac_value *prior, *proposed, *config;
    iac_str private_data;
} iac_plan_request;

typedef struct iac_plan_answer {
    const iac_value *planned;    /* of the schema's type; NULL for a destroy */
    iac_paths requires_replace;  /* as the provider says: compare prior and planned there yourself */
    iac_str private_data;
    uint32_t deferred;           /* IACP_DEFERRED_* */
    uint32_t reversible;         /* IACP_REVERSIBLE_* */
    iac_str note;                /* or empty */
} iac_plan_answer;

/* Checks that the planned object is of the schema's type. The contract between configuration and plan
 * (iac_schema_assert_plan_valid) is the caller's to check. */
iac_status iac_instance_plan(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                             const iac_plan_request *request, iac_plan_answer *ret, iac_diags *diags);

/* prior NULL or null: create; planned NULL or null: destroy. */
typedef struct iac_apply_request {
    iac_str type;
    const iac_value *prior, *planned, *config;
    iac_str private_data;
    iac_str token;   /* unique to the change */
    iac_str pending; /* iac_instance_apply_poll only: from the last answer */
} iac_apply_request;

typedef struct iac_apply_answer {
    /* What exists now, whatever the status: NULL is nothing. Wholly known: what a provider leaves unknown becomes null,
     * with an error. After an error it is prior where the provider does not say (so NULL for a failed create). It may
     * be (part of) request->prior. Not set while pending. */
    const iac_value *state;
    iac_str private_data;
    bool is_pending;          /* not finished: call iac_instance_apply_poll after poll_after_ms */
    iac_str pending;          /* in the arena */
    uint64_t poll_after_ms;
} iac_apply_answer;

/* *ret is always filled in. That the result is what was planned (iac_schema_assert_compatible) is the caller's to
 * check. */
iac_status iac_instance_apply(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                              const iac_apply_request *request, iac_apply_answer *ret, iac_diags *diags);
iac_status iac_instance_apply_poll(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                   const iac_apply_request *request, iac_apply_answer *ret, iac_diags *diags);
/* Apply, and poll (sleeping in between) until it is finished. */
iac_status iac_instance_apply_wait(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                   const iac_apply_request *request, iac_apply_answer *ret, iac_diags *diags);

typedef struct iac_imported {
    iac_str type;
    const iac_value *state;
    iac_str private_data;
} iac_imported;

/* The first object is the one asked for; *ret_count is at least 1 with IAC_OK. Read each to complete it. */
iac_status iac_instance_import(iac_instance *instance, const iac_call_options *options, iac_arena *arena, iac_str type,
                               iac_str id, const iac_imported **ret, size_t *ret_count, iac_diags *diags);

typedef struct iac_move_request {
    iac_str type;            /* what it becomes */
    iac_str source_provider; /* "registry.terraform.io/hashicorp/null" */
    iac_str source_type;
    int64_t source_version;
    iac_str source_state_json, source_private;
} iac_move_request;
iac_status iac_instance_move(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                             const iac_move_request *request, iac_read_answer *ret, iac_diags *diags);

/* *ret_deferred: IACP_DEFERRED_*; may be NULL. *ret_state is NULL when deferred. */
iac_status iac_instance_read_data(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                  iac_str type, const iac_value *config, const iac_value **ret_state,
                                  uint32_t *ret_deferred, iac_diags *diags);

typedef struct iac_find_answer {
    uint32_t found; /* IACP_FOUND_*; UNKNOWN where the provider cannot look */
    const iac_value *state;
    iac_str private_data;
} iac_find_answer;
/* Recovery: what became of the change with request->token. config and pending are not used. */
iac_status iac_instance_find(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                             const iac_apply_request *request, iac_find_answer *ret, iac_diags *diags);

/* Whether a and b, at a path of the type's object (ABI form), mean the same to the API. Never fails. */
bool iac_instance_equivalent(iac_instance *instance, iac_str type, iac_str path, const iac_value *a,
                             const iac_value *b);

typedef struct iac_ephemeral_answer {
    const iac_value *result;     /* open only */
    iac_str private_data;
    uint64_t renew_after_ms;     /* 0: never */
} iac_ephemeral_answer;
iac_status iac_instance_ephemeral_open(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                       iac_str type, const iac_value *config, iac_ephemeral_answer *ret,
                                       iac_diags *diags);
iac_status iac_instance_ephemeral_renew(iac_instance *instance, const iac_call_options *options, iac_arena *arena,
                                        iac_str type, iac_str private_data, iac_ephemeral_answer *ret,
                                        iac_diags *diags);
iac_status iac_instance_ephemeral_close(iac_instance *instance, const iac_call_options *options, iac_str type,
                                        iac_str private_data, iac_diags *diags);

/* Calls a function of the provider; needs no instance. Arguments are known and of the parameters' types. On failure
 * *ret_error_argument (may be NULL) is the index of the argument at fault or SIZE_MAX, and *ret_error (in the arena)
 * the message; nothing is added to diagnostics, for the evaluator words them. NULL on failure. */
const iac_value *iac_provider_call_function(const iac_provider *provider, const iac_call_options *options,
                                            iac_arena *arena, iac_str name, const iac_value *const *args, size_t n,
                                            iac_str *ret_error, size_t *ret_error_argument);

/* The rate class of an operation (IACP_OP_*) and how many of it may run at once (0: no limit); NULL: none. The
 * wrappers keep to the limits by themselves: a call waits for its turn. A scheduler may use this to do something else
 * meanwhile. */
const char *iac_instance_rate_class(iac_instance *instance, iac_str type, uint32_t operation, uint32_t *ret_limit);
#endif

/* iac_provider.h - the contract between iac and a provider.
 *
 * A provider is a shared object named `iac-provider-NAME.so`. It needs this header and nothing else of iac's: nothing
 * is linked against the host. It exports two functions, everything else should be hidden
 * (-fvisibility=hidden):
 *
 *     IACP_EXPORT const iacp_magic *iac_provider_magic(void);
 *     IACP_EXPORT const iacp_provider *iac_provider_entry(const iacp_host *host);
 *
 * iac loads the file with RTLD_NOW | RTLD_LOCAL, calls iac_provider_magic and compares what it says before it runs
 * anything else, then calls iac_provider_entry once; the table returned must stay valid as long as the process lives.
 * A provider is never unloaded.
 *
 * RULES
 *  - Versions. `abi_major` must be equal. Both tables and every struct begin with their `size`; new members are only
 *    ever added at the end, and whoever reads a struct first checks that the member lies within `size` (IACP_HAS). An
 *    optional function is a NULL slot.
 *  - A provider has no global constructors, never exits, never prints, never calls longjmp across the line, and does
 *    not change the process's locale, signal handlers, working directory or environment.
 *  - Memory belongs to who made it. Values, and memory from host->alloc, live until the call that they were made in
 *    returns; the host copies what it keeps. To keep something longer, copy it into memory of your own. Arguments may
 *    be read until the call returns.
 *  - Strings are UTF-8. `const char *` ends with a NUL unless a length stands beside it. Text handed to the host is
 *    copied by it.
 *  - Threads. The host may call any function of the table from any thread, and several at once on the same instance,
 *    except: `open`, `configure` and `close` of one instance never overlap another call on it. An iacp_call belongs to
 *    the call it was given to: use it only from that call's thread.
 *  - Every function answers IACP_OK or IACP_ERROR; with IACP_ERROR it must have given at least one error diagnostic.
 *  - Objects returned are of the type that the schema describes; attributes that are null may be left out, and what
 *    the language can convert is converted (a tuple of strings to a list of strings).
 *  - Sensitive values arrive in clear: never put them into a diagnostic, a log line or a progress text.
 *
 * THE LIFE OF A RESOURCE
 *    schema -> open -> configure -> validate -> upgrade -> read -> plan -> apply -> close
 *  The guarantees asked of `plan` and `apply`, checked by the host, are those of Terraform's protocol:
 *   1. planned[a] equals config[a] where the configuration sets a (a semantically equal prior value may be kept);
 *   2. a computed attribute that the configuration leaves null may become anything, or unknown;
 *   3. what was planned as known is what apply returns; nothing unknown is left after apply;
 *   4. write-only attributes are null in everything the provider returns.
 */
#ifndef IAC_PROVIDER_H
#define IAC_PROVIDER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IACP_ABI_MAJOR 1u
#define IACP_ABI_MINOR 0u

#if defined(__GNUC__)
#define IACP_EXPORT __attribute__((visibility("default")))
#else
#define IACP_EXPORT
#endif

/* Whether `member` lies within what the maker of *ptr knew. */
#define IACP_HAS(ptr, member) \
    ((ptr)->size >= offsetof(__typeof__(*(ptr)), member) + sizeof((ptr)->member))

#define IACP_OK 0
#define IACP_ERROR 1

typedef struct iacp_call iacp_call;   /* one call of the host: its memory, diagnostics and cancellation */
typedef struct iacp_value iacp_value; /* an immutable value of the language; handled by pointer to const */
typedef struct iacp_type iacp_type;   /* a type of the language: from type_parse it lives as long as the process */

/* ---------------------------------------------------------------------------------------------------------------
 * Magic: read before any code of the provider runs. */
typedef struct iacp_magic {
    uint32_t size;      /* sizeof(iacp_magic) */
    uint32_t abi_major; /* IACP_ABI_MAJOR */
    uint32_t abi_minor; /* IACP_ABI_MINOR */
    uint32_t pointer_size; /* sizeof(void *) */
    char tag[16];       /* IACP_MAGIC_TAG */
} iacp_magic;
#define IACP_MAGIC_TAG "iac-provider"
#define IACP_MAGIC_INIT { sizeof(iacp_magic), IACP_ABI_MAJOR, IACP_ABI_MINOR, sizeof(void *), IACP_MAGIC_TAG }

/* ---------------------------------------------------------------------------------------------------------------
 * Values */

/* Kinds. DYNAMIC is the kind of a null or unknown value whose type is not known either. */
#define IACP_STRING 1
#define IACP_NUMBER 2
#define IACP_BOOL 3
#define IACP_LIST 4
#define IACP_SET 5
#define IACP_MAP 6
#define IACP_TUPLE 7
#define IACP_OBJECT 8
#define IACP_DYNAMIC 9

#define IACP_KNOWN 0
#define IACP_NULL 1
#define IACP_UNKNOWN 2 /* "known after apply" */

#define IACP_SEVERITY_ERROR 1
#define IACP_SEVERITY_WARNING 2

/* Paths within an object are texts: attribute names joined by dots, list indexes and map keys in brackets, the keys
 * quoted: `tags`, `setting[0].name`, `labels["app"]`. The empty text is the object itself. Elements of a set cannot be
 * named: stop at the set. */

typedef struct iacp_diagnostic {
    uint32_t size;
    uint32_t severity;
    const char *summary; /* one line, no full stop */
    const char *detail;  /* sentences; may be NULL */
    const char *path;    /* attribute concerned; may be NULL */
    const char *code;    /* the API's own error code, e.g. "InvalidVpcID.NotFound"; may be NULL */
    const char *request_id; /* the API's id of the request; may be NULL */
    uint32_t http_status;   /* 0 when there was none */
    uint32_t retryable;     /* 1 when the same call may succeed later */
} iacp_diagnostic;

#define IACP_LOG_TRACE 1
#define IACP_LOG_DEBUG 2
#define IACP_LOG_INFO 3
#define IACP_LOG_WARN 4
#define IACP_LOG_ERROR 5

/* What the host does for a provider. All functions may be called from any thread with that thread's `call`. Functions
 * that make values return NULL only where said so. Indexes out of range and wrong kinds give NULL, 0 or "". */
typedef struct iacp_host {
    uint32_t size;
    uint32_t abi_major, abi_minor;
    uint32_t reserved;
    const char *version; /* of iac, for User-Agent */

    /* The call */
    void *(*alloc)(iacp_call *call, size_t size); /* zeroed; lives until the call returns; never NULL */
    void (*diagnostic)(iacp_call *call, const iacp_diagnostic *diagnostic);
    int32_t (*cancelled)(iacp_call *call); /* 1 once the user has asked to stop: finish or give up soon */
    /* Sleeps up to `ms` milliseconds; returns 1 at once when the call is or becomes cancelled. */
    int32_t (*wait)(iacp_call *call, uint64_t ms);
    void (*progress)(iacp_call *call, const char *text); /* shown while a long operation runs */
    void (*log)(iacp_call *call, uint32_t level, const char *text);

    /* Types are written as Terraform writes them in JSON: "string" "number" "bool" "dynamic"
     * ["list",T] ["set",T] ["map",T] ["object",{"a":T,...}] ["tuple",[T,...]]. The quotes of a bare name may be left
     * out. NULL when the text is no type. Cheap when the same text was parsed before. */
    const iacp_type *(*type_parse)(const char *json);
    const iacp_type *(*type_of)(iacp_call *call, const iacp_value *v); /* lives until the call returns */
    const char *(*type_json)(iacp_call *call, const iacp_type *type);

    /* Reading */
    uint32_t (*kind)(const iacp_value *v);
    uint32_t (*state)(const iacp_value *v);        /* IACP_KNOWN, IACP_NULL or IACP_UNKNOWN */
    int32_t (*wholly_known)(const iacp_value *v);  /* 1 when nothing within it is unknown */
    const char *(*string)(const iacp_value *v, size_t *ret_len); /* ends with a NUL; ret_len may be NULL */
    int32_t (*boolean)(const iacp_value *v);
    int32_t (*int64)(const iacp_value *v, int64_t *ret); /* 1 and *ret when it is exactly a 64-bit integer, else 0 */
    double (*float64)(const iacp_value *v);
    const char *(*number_text)(iacp_call *call, const iacp_value *v); /* shortest exact decimal, no exponent */
    size_t (*length)(const iacp_value *v);               /* of a collection, tuple or object */
    const iacp_value *(*element)(const iacp_value *v, size_t index); /* objects and maps in key order */
    const char *(*key)(const iacp_value *v, size_t index, size_t *ret_len); /* of an object or map */
    const iacp_value *(*get)(const iacp_value *v, const char *name); /* attribute or map element; NULL when absent */
    int32_t (*equal)(const iacp_value *a, const iacp_value *b); /* same type and value; unknowns equal unknowns */

    /* Making. Values given as parts may come from the arguments or from this call. */
    const iacp_value *(*null)(iacp_call *call, const iacp_type *type);
    const iacp_value *(*unknown)(iacp_call *call, const iacp_type *type);
    const iacp_value *(*new_string)(iacp_call *call, const char *text, size_t len); /* invalid UTF-8 is replaced */
    const iacp_value *(*new_bool)(iacp_call *call, int32_t b);
    const iacp_value *(*new_int64)(iacp_call *call, int64_t n);
    const iacp_value *(*new_float64)(iacp_call *call, double n);
    const iacp_value *(*new_number)(iacp_call *call, const char *decimal); /* NULL when it is no number */
    /* `element` is the element type; every item is converted to it; NULL where that fails. */
    const iacp_value *(*new_list)(iacp_call *call, const iacp_type *element, size_t n, const iacp_value *const *items);
    const iacp_value *(*new_set)(iacp_call *call, const iacp_type *element, size_t n, const iacp_value *const *items);
    const iacp_value *(*new_map)(iacp_call *call, const iacp_type *element, size_t n, const char *const *keys,
                                 const iacp_value *const *items);
    const iacp_value *(*new_tuple)(iacp_call *call, size_t n, const iacp_value *const *items);
    const iacp_value *(*new_object)(iacp_call *call, size_t n, const char *const *names,
                                    const iacp_value *const *items);
    /* A copy of object v with the attribute set (added when absent). */
    const iacp_value *(*with)(iacp_call *call, const iacp_value *v, const char *name, const iacp_value *item);
    /* Conversion by the language's rules; NULL when impossible (no diagnostic is given). */
    const iacp_value *(*convert)(iacp_call *call, const iacp_value *v, const iacp_type *type);
    /* JSON text to a value of `type`, or of the type that the text implies where type is NULL; NULL when it is not
     * JSON or does not fit. Where `type` is or holds "dynamic", the text has {"value":...,"type":T}, as in stored
     * state. And back, as plain JSON; an unknown value cannot be written: NULL. Object keys come out sorted. */
    const iacp_value *(*from_json)(iacp_call *call, const char *text, size_t len, const iacp_type *type);
    const char *(*to_json)(iacp_call *call, const iacp_value *v, size_t *ret_len);
    /* As unknown, but promised not to be null in the end: `x == null` is then known while planning. */
    const iacp_value *(*unknown_not_null)(iacp_call *call, const iacp_type *type);
} iacp_host;

/* ---------------------------------------------------------------------------------------------------------------
 * Schemas are JSON texts in the form of `terraform providers schema -json`, one type at a time:
 *
 *   { "version": 1,
 *     "block": {
 *       "attributes": { "NAME": { "type": TYPE, "description": "...", "required": true | "optional": true |
 *                                 "computed": true, "sensitive": true, "write_only": true, "deprecated": true,
 *                                 "nested_type": { "attributes": {...}, "nesting_mode": "list" } } },
 *       "block_types": { "NAME": { "nesting_mode": "single|group|list|set|map", "block": {...},
 *                                  "min_items": 1, "max_items": 1 } },
 *       "description": "...", "deprecated": true } }
 *
 * A function's is { "description", "summary", "return_type": TYPE, "parameters": [ { "name", "type", "description",
 * "is_nullable" } ], "variadic_parameter": {...} }. Members that the host does not know are ignored. */
#define IACP_SCHEMA_PROVIDER 0
#define IACP_SCHEMA_RESOURCE 1
#define IACP_SCHEMA_DATA 2
#define IACP_SCHEMA_EPHEMERAL 3
#define IACP_SCHEMA_FUNCTION 4

typedef struct iacp_bytes {
    const void *p;
    size_t n;
} iacp_bytes;

typedef struct iacp_configure {
    uint32_t size;
    uint32_t reserved;
    const iacp_value *config; /* wholly known */
} iacp_configure;

typedef struct iacp_validate {
    uint32_t size;
    uint32_t kind;            /* IACP_SCHEMA_PROVIDER, _RESOURCE, _DATA or _EPHEMERAL */
    const char *type;         /* NULL for the provider's own configuration */
    const iacp_value *config; /* may hold unknowns */
} iacp_validate;

/* State stored under an older schema version. `state_json` is the object as stored. */
typedef struct iacp_upgrade {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    int64_t from_version;
    iacp_bytes state_json;
    const iacp_value *ret_state; /* of the current schema's type */
} iacp_upgrade;

/* Reads a managed resource. ret_state NULL (or a null) says: it is gone. */
typedef struct iacp_read {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    const iacp_value *state;
    iacp_bytes private_data; /* what the provider returned as ret_private before; opaque to the host */
    const iacp_value *ret_state;
    iacp_bytes ret_private; /* unset keeps private_data */
    /* In read_many: this read's own call (diagnostics) and answer (IACP_OK or IACP_ERROR). Unused in read. */
    iacp_call *call;
    int32_t ret_status;
} iacp_read;

/* Why a planned change cannot be decided yet. */
#define IACP_DEFERRED_NO 0
#define IACP_DEFERRED_RESOURCE_CONFIG_UNKNOWN 1
#define IACP_DEFERRED_PROVIDER_CONFIG_UNKNOWN 2
#define IACP_DEFERRED_ABSENT_PREREQUISITE 3

/* What undoing the change later would give back. */
#define IACP_REVERSIBLE_UNSAID 0
#define IACP_REVERSIBLE_FULLY 1
#define IACP_REVERSIBLE_NEW_IDENTITY 2 /* can be made again, but under another id or address */
#define IACP_REVERSIBLE_DATA_LOST 3    /* what it held is lost */

/* Plans a change. prior null: create. A destroy is planned (proposed null, ret_planned left unset) only when the table
 * has IACP_CAN_PLAN_DESTROY; otherwise the host decides it alone.
 * `proposed` is config merged with prior by the rules of the schema: a provider that changes nothing returns it with
 * what it computes set to unknown. */
typedef struct iacp_plan {
    uint32_t size;
    uint32_t provider_unconfigured; /* 1: the provider's own configuration is unknown, or it could not be configured
                                     * offline: plan from schema and values alone, without asking any server */
    const char *type;
    const iacp_value *prior;    /* null when it does not exist */
    const iacp_value *proposed; /* null when it is to be destroyed */
    const iacp_value *config;   /* null when it is to be destroyed */
    iacp_bytes private_data;
    const iacp_value *ret_planned;
    const char *const *ret_requires_replace; /* paths; a change there cannot be made in place */
    size_t ret_requires_replace_count;
    iacp_bytes ret_private; /* handed to apply; unset keeps private_data */
    uint32_t ret_deferred;
    uint32_t ret_reversible;
    const char *ret_note; /* shown beside the change in the plan ("external IP will change"); may be NULL */
} iacp_plan;

/* Makes a change: create (prior null), update, or destroy (planned null).
 * `token` is unique to the change and the same when the change is tried again after a crash: use it as the API's
 * idempotency token where it has one. On failure ret_state says what exists now as far as is known: with IACP_ERROR
 * and ret_state unset, a create made nothing, and an update or destroy changed nothing.
 * Long waits: a provider may answer with ret_pending set and ret_poll_after_ms; the host then calls apply_poll with the
 * same struct (pending filled in) after that time, and uses no worker meanwhile. What a change is pending with is durable
 * by then: should the run break off, `find` gets it. */
typedef struct iacp_apply {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    const iacp_value *prior;
    const iacp_value *planned;
    const iacp_value *config; /* wholly known; holds write-only values */
    iacp_bytes private_data;  /* from plan */
    const char *token;
    iacp_bytes pending;          /* in apply_poll: what was returned last */
    const iacp_value *ret_state; /* null or unset after a destroy */
    iacp_bytes ret_private;
    iacp_bytes ret_pending;      /* set: not finished; copied by the host */
    uint64_t ret_poll_after_ms;
} iacp_apply;

typedef struct iacp_imported {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    const iacp_value *state; /* enough for read to complete it */
    iacp_bytes private_data;
} iacp_imported;

typedef struct iacp_import {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    const char *id;
    const iacp_imported *const *ret_objects; /* the first is the one asked for */
    size_t ret_count;
} iacp_import;

/* Turns an object of another type, or of another provider, into one of `type`. */
typedef struct iacp_move {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    const char *source_provider; /* e.g. "registry.terraform.io/hashicorp/null" */
    const char *source_type;
    int64_t source_version;
    iacp_bytes source_state_json;
    iacp_bytes source_private;
    const iacp_value *ret_state;
    iacp_bytes ret_private;
} iacp_move;

typedef struct iacp_read_data {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    const iacp_value *config; /* wholly known */
    const iacp_value *ret_state;
    uint32_t ret_deferred;
} iacp_read_data;

/* Recovery: a change with this token was begun, and nobody knows how it ended. */
#define IACP_FOUND_NOTHING 0  /* certain: the change made nothing (or a destroy finished) */
#define IACP_FOUND_CERTAIN 1  /* ret_state is the object of this change */
#define IACP_FOUND_DOUBTFUL 2 /* ret_state may be it: a person must decide */
#define IACP_FOUND_UNKNOWN 3  /* cannot tell */
typedef struct iacp_find {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    const iacp_value *prior;
    const iacp_value *planned;
    iacp_bytes private_data; /* from plan; of a change that was pending, what it was pending with last */
    const char *token;
    uint32_t ret_found;
    uint32_t reserved2;
    const iacp_value *ret_state;
    iacp_bytes ret_private;
} iacp_find;

typedef struct iacp_ephemeral {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    const iacp_value *config;    /* open only */
    iacp_bytes private_data;     /* renew and close: what open or renew returned */
    const iacp_value *ret_result; /* open only */
    iacp_bytes ret_private;
    uint64_t ret_renew_after_ms; /* 0: never */
} iacp_ephemeral;

typedef struct iacp_function {
    uint32_t size;
    uint32_t reserved;
    const char *name;
    size_t argument_count;
    const iacp_value *const *arguments; /* known and converted to the parameters' types */
    const iacp_value *ret_result;
    /* On failure: which argument is at fault, counted from 1; 0 for none. The diagnostic's detail is the message. */
    uint32_t ret_error_argument;
    uint32_t reserved2;
} iacp_function;

typedef struct iacp_equivalent {
    uint32_t size;
    uint32_t reserved;
    const char *type;
    const char *path;
    const iacp_value *a, *b;
    int32_t ret_equal; /* 1: the two mean the same to the API (a JSON policy re-spaced, "1000m" and "1") */
} iacp_equivalent;

/* Operations, for rate_class. */
#define IACP_OP_READ 1
#define IACP_OP_CREATE 2
#define IACP_OP_UPDATE 3
#define IACP_OP_DELETE 4
#define IACP_OP_READ_DATA 5

/* Capabilities of a provider. */
#define IACP_CAN_PLAN_DESTROY 1u /* plan is to be called for a destroy too */
/* Its resources keep the looser rules of Terraform's older plug-in kit, for compatibility with state and plans made
 * there: guarantees 1 and 3 are not checked ("" may come back where null was planned, and a value in its normal form
 * where the configuration has another). */
#define IACP_LEGACY_VALUES 2u

/* The provider's table. `instance` is what open returned, NULL without it: one for each provider configuration.
 * Functions marked (*) may be called on an instance that is not configured. */
typedef struct iacp_provider {
    uint32_t size;
    uint32_t abi_major, abi_minor;
    uint32_t capabilities; /* IACP_CAN_* */
    const char *name;    /* "aws" */
    const char *version; /* "1.0.0" */

    /* Required. Names of the types of a kind, ended by NULL; valid as long as the process lives. NULL: none. */
    const char *const *(*type_names)(uint32_t kind);
    /* Required. The schema of a type (type NULL for the provider's own). NULL: no such type. */
    const char *(*schema)(iacp_call *call, uint32_t kind, const char *type);

    /* NULL where there is nothing to set up, to take in and to end. */
    int32_t (*open)(iacp_call *call, void **ret_instance);
    int32_t (*configure)(void *instance, iacp_call *call, iacp_configure *request);
    void (*close)(void *instance);
    /* Required where there are resources. */
    int32_t (*read)(void *instance, iacp_call *call, iacp_read *request);
    int32_t (*plan)(void *instance, iacp_call *call, iacp_plan *request); /* (*) with provider_unconfigured */
    int32_t (*apply)(void *instance, iacp_call *call, iacp_apply *request);
    /* Required where there are data sources. */
    int32_t (*read_data)(void *instance, iacp_call *call, iacp_read_data *request);

    /* Optional. */
    int32_t (*validate)(void *instance, iacp_call *call, iacp_validate *request);         /* (*) */
    int32_t (*upgrade)(void *instance, iacp_call *call, iacp_upgrade *request);           /* (*) */
    int32_t (*import)(void *instance, iacp_call *call, iacp_import *request);
    int32_t (*move)(void *instance, iacp_call *call, iacp_move *request);                 /* (*) */
    int32_t (*apply_poll)(void *instance, iacp_call *call, iacp_apply *request);
    /* Reads of one type handed over together, so that they can be answered by list calls. The answer of each stands in
     * its own struct. */
    int32_t (*read_many)(void *instance, iacp_call *call, const char *type, iacp_read *const *requests, size_t count);
    int32_t (*find)(void *instance, iacp_call *call, iacp_find *request);
    int32_t (*equivalent)(void *instance, iacp_call *call, iacp_equivalent *request);     /* (*) */
    int32_t (*open_ephemeral)(void *instance, iacp_call *call, iacp_ephemeral *request);
    int32_t (*renew_ephemeral)(void *instance, iacp_call *call, iacp_ephemeral *request);
    int32_t (*close_ephemeral)(void *instance, iacp_call *call, iacp_ephemeral *request);
    int32_t (*call_function)(void *instance, iacp_call *call, iacp_function *request);    /* (*); instance may be NULL */
    /* Operations of one class share a limit of concurrent calls: a class is a name, e.g. "ec2:us-east-1"; NULL is
     * none. *ret_limit is how many may run at once (0: as many as -parallelism). */
    const char *(*rate_class)(void *instance, const char *type, uint32_t operation, uint32_t *ret_limit);
    /* The user asked to stop: make running calls return soon. May be called at any time from any thread. */
    void (*stop)(void *instance);
} iacp_provider;

typedef const iacp_magic *(*iacp_magic_fn)(void);
typedef const iacp_provider *(*iacp_entry_fn)(const iacp_host *host);

/* The two functions that a provider exports. */
IACP_EXPORT const iacp_magic *iac_provider_magic(void);
IACP_EXPORT const iacp_provider *iac_provider_entry(const iacp_host *host);

#ifdef __cplusplus
}
#endif
#endif

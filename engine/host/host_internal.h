/* engine/host/host_internal.h - what the files of engine/host share. */
#ifndef IAC_HOST_INTERNAL_H
#define IAC_HOST_INTERNAL_H
#include "engine/host/host.h"
#include <pthread.h>
#include <time.h>

enum { IAC_KIND_COUNT = IACP_SCHEMA_FUNCTION + 1 };

/* Limits of concurrent calls by rate class. Thread-safe. */
typedef struct iac_limits {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    iac_map classes; /* name -> struct limit_class; names and classes are owned by the arena */
    iac_arena *arena;
} iac_limits;

typedef struct iac_slot { /* a place taken; zero: none was needed */
    iac_limits *limits;
    void *rate_class;
} iac_slot;

void iac_limits_init(iac_limits *limits);
void iac_limits_clear(iac_limits *limits);
/* Waits for a place. False when *cancelled became true first. rate_class NULL or limit 0: no wait. */
bool iac_limits_acquire(iac_limits *limits, const char *rate_class, uint32_t limit, const atomic_bool *cancelled,
                        iac_slot *ret);
void iac_slot_release(iac_slot *slot);

struct iac_host {
    char **dirs;
    size_t dir_count;
    void (*log)(void *arg, uint32_t level, const char *provider, const char *text);
    void *log_arg;
    pthread_mutex_t lock; /* of everything below but the pool and the limits; held while a provider is loaded */
    iac_arena *arena;
    iac_map builtins;  /* name -> struct iac_builtin */
    iac_map providers; /* name -> iac_provider */
    iac_instance *instances;
    pthread_mutex_t pool_lock;
    iacp_call *pool; /* calls to be used again */
    size_t pool_count;
    iac_limits limits;
    bool left_behind; /* an instance whose close does not return */
};

struct iac_builtin {
    iacp_entry_fn entry;
};

/* One type (or function) of a provider. What was parsed is published once, under the provider's lock, and then read
 * without it. */
struct iac_type_entry {
    const char *name;
    _Atomic(const void *) parsed; /* iac_schema or iac_provider_function */
    atomic_bool failed;
    iac_str error; /* when failed */
};

struct iac_provider {
    iac_host *host;
    iacp_provider table; /* copied: slots that the provider does not know are NULL */
    iac_str name, file;
    pthread_mutex_t lock; /* of the arena */
    iac_arena *arena;
    struct iac_provider_kind {
        iac_map map; /* name -> struct iac_type_entry; complete once loaded */
        iac_str *names;
        size_t n;
    } kinds[IAC_KIND_COUNT];
    struct iac_type_entry own; /* the provider's own schema: its name is NULL */
};

struct iac_instance {
    const iac_provider *provider;
    void *handle;
    atomic_bool configured;
    const iac_mock *mock; /* or NULL */
    iac_instance *next, *previous;
};

/* One call under way. */
struct iacp_call {
    iac_arena *arena; /* everything that the provider makes during the call */
    iac_host *host;
    const iac_provider *provider;
    const iac_call_options *options; /* never NULL while in use */
    iac_diags *diags;
    size_t errors; /* error diagnostics given during the call */
    const char *operation; /* what was asked last */
    struct timespec begun; /* set only while there is a log */
    iacp_call *next;
};

iacp_call *iac_call_begin(const iac_provider *provider, const iac_call_options *options, iac_diags *diags);
void iac_call_end(iacp_call *call);
bool iac_call_cancelled(const iacp_call *call);
/* Adds an error of the host's own to the call's diagnostics, with its address and range. */
void iac_call_error(iacp_call *call, const char *summary, const char *detail_format, ...) IAC_PRINTF(3, 4);
/* What the provider answers to a call of its table; `operation` completes "failed to ..." */
#define IAC_ASK(call, operation, expression) (iac_call_enter(call, operation), iac_call_answered(expression))
void iac_call_enter(iacp_call *call, const char *operation);
int32_t iac_call_answered(int32_t rc);
/* What the answer rc comes to: IAC_OK only when the provider said so and gave no error; a failure without a diagnostic
 * gets one. */
iac_status iac_call_check(iacp_call *call, int32_t rc);

/* What the host table does for a call. */
void iac_call_diagnostic(iacp_call *call, const iacp_diagnostic *diagnostic);
int32_t iac_call_is_cancelled(iacp_call *call);
int32_t iac_call_wait(iacp_call *call, uint64_t ms);
void iac_call_progress(iacp_call *call, const char *text);
void iac_call_log(iacp_call *call, uint32_t level, const char *text);

/* Values across the line. */
static inline const iac_value *iac_value_in(const iacp_value *v) { return (const iac_value *)(const void *)v; }
static inline const iacp_value *iac_value_out(const iac_value *v) { return (const iacp_value *)(const void *)v; }

/* load.c. Finds and loads the file; the caller holds host->lock. */
iac_status iac_load_file(iac_host *host, iac_str name, iac_range subject, const iacp_provider **ret_table,
                         iac_str *ret_file, iac_diags *diags);

/* builtin_encode.c. The body of encode_expr and encode_tfvars. */
int32_t iac_builtin_encode(const iacp_host *host, iacp_call *call, iacp_function *request);
/* builtin_decode.c. The body of decode_tfvars. */
int32_t iac_builtin_decode_tfvars(const iacp_host *host, iacp_call *call, iacp_function *request);

/* registry.c */
struct iac_type_entry *iac_type_entry_of(const iac_provider *provider, uint32_t kind, iac_str type);
/* Entry and schema of a type that a call is about; NULL with a diagnostic. */
const iac_schema *iac_call_schema(iacp_call *call, uint32_t kind, iac_str type, const char **ret_type);
#endif

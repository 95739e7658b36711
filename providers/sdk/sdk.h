/* providers/sdk/sdk.h - what providers share on top of the ABI: the host table, short names for its functions, and
 * diagnostics. Layer: providers/sdk (sees providers/abi and lang/base).
 *
 * A provider calls sdk_init(host) first thing in iac_provider_entry. Everything here may be called from any thread with
 * that thread's iacp_call. */
#ifndef IAC_SDK_SDK_H
#define IAC_SDK_SDK_H
#include "lang/base/base.h"
#include "providers/abi/iac_provider.h"

typedef const iacp_value *sdk_val; /* borrowed; NULL means absent and reads as null */

extern const iacp_host *sdk_host;
void sdk_init(const iacp_host *host);

/* The two functions that a provider exports, for one whose table is `table` and that has nothing else to prepare. */
#define SDK_PROVIDER(table)                                     \
    const iacp_magic *iac_provider_magic(void)                  \
    {                                                           \
        static const iacp_magic magic = IACP_MAGIC_INIT;        \
        return &magic;                                          \
    }                                                           \
    const iacp_provider *iac_provider_entry(const iacp_host *h) \
    {                                                           \
        sdk_init(h);                                            \
        return &(table);                                        \
    }                                                           \
    _Static_assert(1, "a semicolon follows")

/* Diagnostics. Each returns IACP_ERROR so that `return sdk_error(...)` reads well. path and detail may be NULL. */
int32_t sdk_error(iacp_call *call, const char *path, const char *summary, const char *detail_format, ...)
    IAC_PRINTF(4, 5);
void sdk_warning(iacp_call *call, const char *path, const char *summary, const char *detail_format, ...)
    IAC_PRINTF(4, 5);
void sdk_log(iacp_call *call, uint32_t level, const char *format, ...) IAC_PRINTF(3, 4);

/* Memory and text of the call. */
void *sdk_alloc(iacp_call *call, size_t size);
char *sdk_printf(iacp_call *call, const char *format, ...) IAC_PRINTF(2, 3);
char *sdk_strndup(iacp_call *call, const char *s, size_t n);
iacp_bytes sdk_bytes(iacp_call *call, const void *p, size_t n); /* copies into the call */

/* Reading. NULL is read as null. */
bool sdk_is_null(sdk_val v);
bool sdk_is_unknown(sdk_val v);
bool sdk_is_set(sdk_val v); /* known and not null */
sdk_val sdk_get(sdk_val object, const char *name); /* NULL when absent */
/* A dotted path with list indexes, e.g. "metadata.name", "setting.0.name"; NULL when any step is absent. */
sdk_val sdk_at(sdk_val v, const char *path);
iac_str sdk_str(sdk_val v);                      /* "" when not a known string */
const char *sdk_cstr(sdk_val v, const char *otherwise); /* otherwise when null, unknown or not a string */
bool sdk_bool(sdk_val v, bool otherwise);
int64_t sdk_int(sdk_val v, int64_t otherwise);

/* Making. */
const iacp_type *sdk_type(const char *json);
sdk_val sdk_new_str(iacp_call *call, iac_str s);
sdk_val sdk_new_cstr(iacp_call *call, const char *s); /* NULL gives a null string */
sdk_val sdk_null(iacp_call *call, const char *type_json);
sdk_val sdk_unknown(iacp_call *call, const char *type_json);

/* An object being put together: start from another object's attributes, set some, finish. */
typedef struct sdk_object {
    iacp_call *call;
    sdk_val value;
} sdk_object;
sdk_object sdk_object_from(iacp_call *call, sdk_val base); /* base NULL: the empty object */
void sdk_set(sdk_object *object, const char *name, sdk_val v);
#endif

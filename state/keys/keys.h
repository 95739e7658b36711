/* state/keys/keys.h - where encryption keys come from: the key providers of the encryption block. Layer: state/keys (sees
 * lang/base, lang/value, lang/net, state, state/aws). Each is an iac_key_driver; metadata is as OpenTofu's. */
#ifndef IAC_STATE_KEYS_H
#define IAC_STATE_KEYS_H
#include "lang/value/value.h"
#include "state/backend.h"
#include "state/crypt.h"

typedef struct iac_key_source {
    const char *name; /* "pbkdf2" */
    const iac_backend_argument *arguments; /* ends with one that has no name */
    bool chains; /* whether it takes the key of another with `chain` */
    const iac_key_driver *driver;
    /* config: an object of all arguments, known and unmarked; absent ones are null. Secrets are copied. */
    iac_status (*configure)(const iac_value *config, bool chained, void **ret_self, iac_diags *diags);
} iac_key_source;

extern const iac_key_source iac_key_pbkdf2, iac_key_argon2, iac_key_aws_kms, iac_key_external;
extern const iac_key_source *const iac_key_sources[]; /* ends with NULL */
const iac_key_source *iac_key_source_find(iac_str name); /* NULL: there is none */

/* ---- for providers ---- */
iac_str iac_key_text(const iac_value *config, const char *name); /* empty: not given */
int64_t iac_key_number(const iac_value *config, const char *name, int64_t otherwise); /* -1: no whole number */
iac_status iac_key_refuse(iac_diags *diags, const char *provider, const char *format, ...) IAC_PRINTF(3, 4);
/* Copies key bytes; false when there are too many. */
bool iac_key_put(uint8_t *to, size_t *ret_size, iac_str bytes);
#endif

/* lang/config/manifest.h - DATA_DIR/modules/modules.json: which modules are installed, and where. In Terraform's layout,
 * so that either program finds what the other one installed. Layer: lang/config. */
#ifndef IAC_CONFIG_MANIFEST_H
#define IAC_CONFIG_MANIFEST_H
#include "lang/base/base.h"

typedef struct iac_manifest_entry {
    iac_str key;     /* "a.b"; empty for the root module */
    iac_str source;  /* in full (iac_module_source.text) */
    iac_str version; /* of a registry's module; else empty */
    iac_str dir;     /* relative to the working directory */
} iac_manifest_entry;

typedef IAC_VEC(iac_manifest_entry) iac_manifest; /* free with iac_vec_clear */

/* Adds the entries of the file's text. Damage is as if there were none: the modules are then installed again. */
void iac_manifest_read(iac_arena *arena, iac_str json, iac_manifest *add);
/* Appends the file's text; entries are put in the order of their keys. */
void iac_manifest_write(iac_buf *out, iac_manifest *manifest);
#endif

/* engine/view/json_util.h - what the JSON views share. Layer: engine/view, inside. */
#ifndef IAC_VIEW_JSON_UTIL_H
#define IAC_VIEW_JSON_UTIL_H
#include "engine/view/view.h"

#define IAC_TERRAFORM_VERSION "1.11.4" /* the release whose formats these are */

/* Every module followed by its children, as a tree is read; addresses in one module as usual. */
int iac_view_module_order(iac_module_addr a, iac_module_addr b, int (*key_cmp)(iac_key a, iac_key b));
int iac_view_addr_order(iac_addr a, iac_addr b);

/* "NAME": with a comma before it unless it is the first of its object. */
void iac_json_member(iac_buf *out, bool *first, const char *name);
void iac_json_string_member(iac_buf *out, bool *first, const char *name, iac_str text);
/* An address, a module's address, and a key as JSON. */
void iac_json_addr(iac_buf *out, iac_addr addr);
void iac_json_module(iac_buf *out, iac_module_addr addr);
void iac_json_key(iac_buf *out, iac_key key);
/* The provider's source address out of provider["HOST/NS/TYPE"].alias. */
iac_str iac_provider_source(iac_str provider);
/* Plain JSON of a value: unknown attributes left out of objects, null within lists. redact: what is sensitive is
 * IAC_SECRET_SHOWN, and so is every text, number or key of a map with a secret in it. */
void iac_json_known(iac_buf *out, const iac_value *v, bool redact);
/* A value that is sensitive as a whole where `sensitive` says so: hidden with redact, unless it is null. */
void iac_json_shown(iac_buf *out, const iac_value *v, bool sensitive, bool redact);
/* A text other than a value; redact: without the secrets in it. */
void iac_json_text(iac_buf *out, iac_str text, bool redact);
/* The value's shape with true at every unknown (or sensitive) leaf; others are left out of objects and false in lists.
 * Nothing of the kind at the top: "{}" for collections, "false" otherwise. */
void iac_json_unknown_shape(iac_buf *out, const iac_value *v, bool redact);
void iac_json_sensitive_shape(iac_buf *out, const iac_value *v, bool redact);
/* Appends a JSON text: strings that have a secret in them say so instead, numbers are null. */
void iac_json_without_secrets(iac_buf *out, iac_str json);
#endif

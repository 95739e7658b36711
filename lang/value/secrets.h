/* lang/value/secrets.h - values and what must not be shown (lang/base/secrets.h). Layer: lang/value. From any thread. */
#ifndef IAC_VALUE_SECRETS_H
#define IAC_VALUE_SECRETS_H
#include "lang/value/value.h"

/* The strings and numbers in v that are marked as sensitive become secrets. Gives v back. v may be NULL. */
const iac_value *iac_value_note_secrets(const iac_value *v);
void iac_value_add_secrets(const iac_value *v);     /* all that are in v, marked or not */
/* An output that is sensitive as a whole: a string or a number is a secret; a collection is what somebody did not want
 * to see printed, and holds names and ids that are none. What in it is marked is a secret in any case. */
void iac_value_add_output_secret(const iac_value *v);
void iac_value_release_secrets(const iac_value *v); /* those in v are declared to be none */
bool iac_value_shows_secret(const iac_value *v);    /* a string or a number that has a secret in it */
#endif

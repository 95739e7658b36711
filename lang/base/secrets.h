/* lang/base/secrets.h - what this run must not show: the texts of sensitive values, whoever repeats them. Layer:
 * lang/base. One set for the process, as with the log; from any thread.
 *
 * What counts as a secret: a text of at least four characters without the blanks around it, except the words true, false
 * and null; each of its lines of at least eight characters, where it has several; what becomes of it when it is put
 * between JSON's or the language's quotes, into a URL, or in base64. What looks like a number and has fewer than eight
 * characters is only found where no letter or digit touches it. */
#ifndef IAC_BASE_SECRETS_H
#define IAC_BASE_SECRETS_H
#include "lang/base/arena.h"
#include "lang/base/buf.h"

/* What stands where a secret stood. */
#define IAC_SECRET_SHOWN "(sensitive value)"

void iac_secrets_add(iac_str text); /* copied; each text is added once, whatever it is given for */
/* While held nothing is added: what somebody types at the console is no secret from them. */
void iac_secrets_hold(bool held);
/* The text is declared to be none: it counts no longer, nor do its forms, whether it was added or will be. */
void iac_secrets_release(iac_str text);
/* What was released, in the order of that; n of them, in the arena. */
const iac_str *iac_secrets_released(iac_arena *arena, size_t *ret_count);
bool iac_secrets_any(void); /* whether there is one: at no cost */
bool iac_secrets_in(iac_str text);
/* Appends the text with IAC_SECRET_SHOWN for each secret in it; those that touch or overlap are one. */
void iac_secrets_redact(iac_buf *out, iac_str text);
/* The text without secrets: text itself where it has none, else a copy in the arena that ends with a NUL. */
iac_str iac_secrets_redacted(iac_arena *arena, iac_str text);
/* The same; *at and *end, offsets into the text, become those of the same places in the result. */
iac_str iac_secrets_redacted_at(iac_arena *arena, iac_str text, size_t *at, size_t *end);
void iac_secrets_redact_buf(iac_buf *buf); /* in its place */
void iac_secrets_forget(void); /* all of it; no other thread may be using the set */
#endif

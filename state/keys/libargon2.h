/* state/keys/libargon2.h - libargon2, loaded when a key is first derived with it (lang/base/lazy.h). Layer: state/keys. */
#ifndef IAC_STATE_KEYS_LIBARGON2_H
#define IAC_STATE_KEYS_LIBARGON2_H
#include "lang/base/lazy.h"
#include <argon2.h>

#define IAC_ARGON2_FUNCTIONS(X) X(argon2id_hash_raw) X(argon2_error_message)
IAC_LAZY_TABLE(iac_libargon2, IAC_ARGON2_FUNCTIONS)
#define argon2id_hash_raw iac_libargon2()->argon2id_hash_raw
#define argon2_error_message iac_libargon2()->argon2_error_message
#endif

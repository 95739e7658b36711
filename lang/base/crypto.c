#include "lang/base/crypto.h"

IAC_LAZY_LOADER(iac_libcrypto, IAC_LIBCRYPTO_FUNCTIONS, "libcrypto.so.3")

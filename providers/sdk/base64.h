/* providers/sdk/base64.h - base64 and hexadecimal. Layer: providers/sdk. Results live in the call's memory. */
#ifndef IAC_SDK_BASE64_H
#define IAC_SDK_BASE64_H
#include "providers/sdk/sdk.h"

char *sdk_base64(iacp_call *call, const void *bytes, size_t n);         /* standard alphabet, padded */
char *sdk_base64_url(iacp_call *call, const void *bytes, size_t n);     /* URL alphabet, not padded */
/* Reads either alphabet; padding may be left out only where `url`. False when the text is not base64. */
bool sdk_base64_decode(iacp_call *call, iac_str text, bool url, iac_str *ret);
char *sdk_hex(iacp_call *call, const void *bytes, size_t n); /* lower case */
#endif

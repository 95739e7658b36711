/* providers/local/file.h - files as the local provider sees them: read whole, written whole or not at all. */
#ifndef IAC_LOCAL_FILE_H
#define IAC_LOCAL_FILE_H
#include "providers/sdk/sdk.h"
#include <sys/types.h>

/* Reads a file into the call's memory. 0, or the errno why not; EFBIG over 256 MiB. */
int local_read(iacp_call *call, const char *path, iac_str *ret);
/* Writes bytes to path, replacing what is there in one step, so that a crash or a full disk leaves the old file or the
 * new one. Missing parent directories are made. Modes are subject to the umask. 0, or errno with *ret_step telling what
 * failed ("create the directory ..."). */
int local_write(iacp_call *call, const char *path, iac_str bytes, mode_t file_mode, mode_t dir_mode,
                const char **ret_step);

/* Sets id (the SHA-1) and the content_* checksums of the object. */
void local_set_checksums(sdk_object *object, iac_str bytes);
char *local_sha1(iacp_call *call, iac_str bytes); /* in hexadecimal */
#endif

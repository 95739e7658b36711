/* lang/base/alloc.h - heap allocation that aborts when memory runs out. Thread-safe. */
#ifndef IAC_BASE_ALLOC_H
#define IAC_BASE_ALLOC_H
#include <stddef.h>

/* Each returns memory that the caller frees with free(); never NULL. */
void *iac_xmalloc(size_t size);
void *iac_xcalloc(size_t count, size_t size); /* checks count * size for overflow */
void *iac_xrealloc(void *old, size_t size);
char *iac_xstrdup(const char *s);              /* NULL gives NULL */
char *iac_xstrndup(const char *s, size_t len); /* copies exactly len bytes and adds a NUL */
#endif

/* lang/base/aside.h - calls that may not come back. Layer: base. */
#ifndef IAC_BASE_ASIDE_H
#define IAC_BASE_ASIDE_H
#include <stdbool.h>

/* Runs fn(arg) on a thread of its own, and waits for it as long as keep_waiting(user) says, which is asked about ten times
 * a second. False: given up; fn goes on, and it and arg are still in use. Where no thread can be had it is just called. */
bool iac_aside(void (*fn)(void *arg), void *arg, bool (*keep_waiting)(const void *user), const void *user);
#endif

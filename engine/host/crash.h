/* engine/host/crash.h - what is said when the process dies of a fault. Providers run within it: one that breaks down
 * takes everything along, and somebody has to say which it was. Nothing goes on after a fault, since what is in memory
 * cannot be relied upon: the message is written, and the process dies of the signal that it got. What was completed is in
 * the state by then, and what was begun in its journal. Layer: engine/host. */
#ifndef IAC_HOST_CRASH_H
#define IAC_HOST_CRASH_H
#include "lang/base/str.h"

/* From now on the signals of faults (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGABRT), and an end of the process in
 * the middle of a call, are told of on standard error. Once, in the main thread. Does nothing where a sanitizer does. */
void iac_crash_watch(void);
void iac_crash_messages(bool json); /* as messages of the UI stream, on standard output */
/* What this thread asks a provider until iac_crash_leave. The texts must live until then; `operation` completes "asked
 * to". Such calls do not nest. Gives the thread a stack for the handler, for as long as the thread lives. */
void iac_crash_enter(const char *provider, const char *operation, iac_str address);
void iac_crash_leave(void);
#endif

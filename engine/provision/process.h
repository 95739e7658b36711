/* engine/provision/process.h - child processes of provisioners. Layer: engine/provision, internal.
 *
 * A child gets a session of its own: an interrupt reaches it and everything it started, and it cannot stop on a
 * terminal that it has to share. A process belongs to the thread that started it. */
#ifndef IAC_PROVISION_PROCESS_H
#define IAC_PROVISION_PROCESS_H
#include "lang/base/base.h"
#include <stdatomic.h>
#include <sys/types.h>

typedef struct iac_process_options {
    const char *const *argv; /* NULL at the end; argv[0] is looked for in PATH */
    char *const *env;        /* NULL at the end; NULL: this process's */
    const char *dir;         /* NULL: this process's */
    bool input;              /* it is written to; otherwise its standard input is empty */
    bool split;              /* its error output is kept apart (process.errors), not mixed with its output */
    const atomic_int *stop;  /* as in iac_provision_request */
    double deadline;         /* it is killed when iac_process_now() passes this; 0: never */
} iac_process_options;

typedef struct iac_process {
    pid_t pid;
    int pid_fd, in, out, err; /* -1: none, or over */
    const atomic_int *stop;
    double deadline, interrupted; /* when it was interrupted; 0: it was not */
    bool killed, ended;
    int status;      /* as waitpid gives it, once finished */
    iac_buf errors;  /* the last of its error output, with split */
} iac_process;

/* 0 or errno. After success iac_process_finish must be called. */
int iac_process_start(iac_process *ret, const iac_process_options *options);
/* Waits for output. Bytes read, 0 when there is no more (it has ended, or closed its output and was stopped), -1 when
 * nothing came for a moment. */
ssize_t iac_process_read(iac_process *process, void *bytes, size_t n);
/* False when it does not listen any more. */
bool iac_process_write(iac_process *process, const void *bytes, size_t n);
void iac_process_close_input(iac_process *process);
/* Waits for the end, reading nothing more of its output, and frees. The status as waitpid gives it. */
int iac_process_finish(iac_process *process);
/* Reads to the end, giving lines to fn as they are complete (or when nothing has followed for a moment), without
 * blanks at their ends; appends the last 8 KiB to tail (may be NULL). */
void iac_process_lines(iac_process *process, void (*fn)(void *user, iac_str line), void *user, iac_buf *tail);
/* "exit status 3", "signal: killed" */
void iac_process_print_status(iac_buf *out, int status);
double iac_process_now(void); /* seconds on a clock that only goes forward */
#endif

/* engine/provision/ssh.h - commands and files on another machine. Layer: engine/provision, internal.
 *
 * Done by the ssh program rather than by a library: it speaks every kind of key, agent, certificate and host key check
 * that an administrator may have set up, its security updates come with the system, and no key is handled in this
 * process. One connection is made and kept for all commands (ControlMaster). What the user has configured for ssh in
 * the home directory is left alone, so that a configuration means the same everywhere. */
#ifndef IAC_PROVISION_SSH_H
#define IAC_PROVISION_SSH_H
#include "engine/provision/connection.h"
#include "engine/provision/process.h"

typedef struct iac_ssh iac_ssh;

/* Connects, trying again until the connection's timeout; with `tell` says so through request->output. NULL, or why it
 * failed; *ret then is NULL. */
const char *iac_ssh_open(const iac_provision_request *request, const iac_connection *connection, bool tell,
                         iac_ssh **ret);
void iac_ssh_close(iac_ssh *ssh); /* NULL is fine */
/* Starts a command there; 0 or errno. With terminal its output and errors come together, as on a terminal. */
int iac_ssh_start(iac_ssh *ssh, const char *command, bool terminal, bool input, iac_process *ret);
/* What to say of a command's end: NULL when it went well. */
const char *iac_ssh_failure(const iac_provision_request *request, int status);

/* ---- scp.c ---- */
/* Writes text to a file there. NULL, or why it failed. */
const char *iac_ssh_put_text(iac_ssh *ssh, const iac_provision_request *request, iac_str text, iac_str destination);
/* Copies a file or a directory from here. A directory whose name ends with a slash stands for what is in it. */
const char *iac_ssh_put_path(iac_ssh *ssh, const iac_provision_request *request, iac_str source, iac_str destination);
/* 's' as one word of a POSIX shell. */
void iac_ssh_quote(iac_buf *out, iac_str s);
#endif

/* lang/net/kubeexec.h - exec credential plugins (client.authentication.k8s.io): runs the command that a
 * kubeconfig names and reads the credentials that it prints. Layer: lang/net. */
#ifndef IAC_K8S_EXEC_H
#define IAC_K8S_EXEC_H
#include "lang/net/kubeconfig.h"
#include <time.h>

typedef struct k8s_credentials {
    char *token;
    char *cert_pem, *key_pem;
    time_t expires; /* 0: unsaid */
} k8s_credentials;

/* Runs access->exec and waits, at most two minutes, asking cancelled(arg) now and then (may be NULL). False with
 * sentences in *why; they hold the end of what the plugin wrote to its standard error, never its output. */
bool k8s_exec_run(const k8s_access *access, bool (*cancelled)(void *arg), void *arg, k8s_credentials *ret,
                  iac_buf *why);
void k8s_credentials_clear(k8s_credentials *credentials);

/* An RFC 3339 time as seconds; 0 when it is none. */
time_t k8s_time_parse(const char *text);
#endif

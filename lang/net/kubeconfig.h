/* lang/net/kubeconfig.h - how to reach a cluster and as whom: provider attributes, KUBE_* variables,
 * kubeconfig files and in-cluster service accounts, by the rules of client-go. Layer: lang/net.
 *
 * Sources, the first that names something wins: attributes of the provider block (each with its KUBE_* variable as
 * default), the files of config_paths / config_path (KUBE_CONFIG_PATHS, KUBE_CONFIG_PATH), the files of KUBECONFIG
 * (only where no host is given, so that one cluster's credentials never reach another), the service account of the pod
 * that iac runs in. With none of these there is no server: nothing ever falls back to localhost. */
#ifndef IAC_K8S_KUBECONFIG_H
#define IAC_K8S_KUBECONFIG_H
#include "lang/net/json.h"

typedef struct k8s_access {
    char *server;          /* "https://host:port[/path]", no slash at the end; NULL: nothing is configured */
    char *source;          /* where that came from, for messages */
    char *namespace_;      /* of the context or service account; NULL: "default" */
    char *ca_pem;          /* NULL: the system's */
    char *cert_pem, *key_pem;
    char *tls_server_name;
    char *proxy_url;
    bool insecure;
    char *token;           /* one of token, token_file, username and exec, or none */
    char *token_file;      /* read again now and then: such tokens rotate */
    char *username, *password;
    json_t *exec;          /* {apiVersion, command, args, env, installHint, provideClusterInfo} */
    char *as_user, *as_uid;
    json_t *as_groups;     /* array of strings */
    json_t *as_extra;      /* object of arrays of strings */
} k8s_access;

/* The surroundings, so that tests can have their own. */
typedef struct k8s_surroundings {
    const char *(*variable)(const char *name);
    const char *service_account_folder;
} k8s_surroundings;
extern const k8s_surroundings k8s_real_surroundings;

/* settings: the provider block as an object by attribute names (absent and null mean unset). False with sentences in
 * *why when a source that was named cannot be used; *ret is then empty. */
bool k8s_access_resolve(const json_t *settings, const k8s_surroundings *around, k8s_access *ret, iac_buf *why);
void k8s_access_clear(k8s_access *access);

/* Reads a whole file of at most max bytes; NULL with the reason in *why. Caller frees; *ret_n may be NULL. */
char *k8s_read_file(const char *path, size_t max, size_t *ret_n, iac_buf *why);
/* Decodes base64, blanks allowed; NULL when it is none. Caller frees; the result ends with a NUL. */
char *k8s_base64_decode(const char *text, size_t *ret_n);
#endif

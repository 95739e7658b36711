#include "lang/net/kubeconfig.h"
#include "lang/net/yaml.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE ((size_t)16 << 20)

static const char *real_variable(const char *name)
{
    return getenv(name);
}

const k8s_surroundings k8s_real_surroundings = {
    .variable = real_variable,
    .service_account_folder = "/var/run/secrets/kubernetes.io/serviceaccount",
};

/* What is gathered while the sources are read. */
typedef struct resolver {
    const json_t *settings;
    const k8s_surroundings *around;
    k8s_access *access;
    iac_buf *why;
} resolver;

/* Small parts */

char *k8s_read_file(const char *path, size_t max, size_t *ret_n, iac_buf *why)
{
    struct stat st;
    iac_buf buf;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        iac_buf_printf(why, "%s: %s", path, fd < 0 ? strerror(errno) : "is not a file");
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    iac_buf_init(&buf, max);
    for (;;) {
        char piece[8192];
        ssize_t got = read(fd, piece, sizeof(piece));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            iac_buf_printf(why, "%s: %s", path, strerror(errno));
            close(fd);
            iac_buf_clear(&buf);
            return NULL;
        }
        if (got == 0) {
            break;
        }
        iac_buf_add(&buf, piece, (size_t)got);
    }
    close(fd);
    if (buf.full) {
        iac_buf_printf(why, "%s: the file is too large", path);
        iac_buf_clear(&buf);
        return NULL;
    }
    if (ret_n) {
        *ret_n = buf.n;
    }
    return buf.n ? iac_buf_detach(&buf) : iac_xstrdup("");
}

char *k8s_base64_decode(const char *text, size_t *ret_n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    size_t have = 0, count = 0, pads = 0;
    iac_buf out;

    iac_buf_init(&out, MAX_FILE);
    for (; *text; text++) {
        if (isspace((unsigned char)*text)) {
            continue;
        }
        const char *digit = strchr(digits, *text);
        if (*text == '=') {
            pads++;
        } else if (!digit || pads) {
            iac_buf_clear(&out);
            return NULL;
        } else {
            bits = bits << 6 | (uint32_t)(digit - digits);
            have += 6;
            if (have >= 8) {
                have -= 8;
                iac_buf_char(&out, (char)(bits >> have & 0xff));
            }
        }
        count++;
    }
    if (count % 4 != 0 || pads > 2 || out.full) {
        iac_buf_clear(&out);
        return NULL;
    }
    if (ret_n) {
        *ret_n = out.n;
    }
    return out.n ? iac_buf_detach(&out) : iac_xstrdup("");
}

static void replace(char **slot, char *value)
{
    free(*slot);
    *slot = value;
}

static const char *text_or_null(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && *text ? text : NULL;
}

/* An attribute of the provider block, or else its environment variable; NULL when neither is set. */
static const char *setting(const resolver *r, const char *attribute, const char *variable)
{
    const char *text = text_or_null(r->settings, attribute);
    if (!text && variable) {
        text = r->around->variable(variable);
    }
    return text && *text ? text : NULL;
}

static bool truth(const char *text)
{
    return strcmp(text, "1") == 0 || strcmp(text, "true") == 0 || strcmp(text, "TRUE") == 0 ||
           strcmp(text, "True") == 0 || strcmp(text, "t") == 0 || strcmp(text, "T") == 0;
}

/* `~/x` in the home folder. Caller frees. */
static char *expand_home(const resolver *r, const char *path)
{
    const char *home = r->around->variable("HOME");
    iac_buf out;

    if (path[0] != '~' || path[1] != '/' || !home) {
        return iac_xstrdup(path);
    }
    iac_buf_init(&out, 65536);
    iac_buf_printf(&out, "%s%s", home, path + 1);
    return iac_buf_detach(&out);
}

/* Files */

/* Makes a relative file name in entry relative to the kubeconfig's folder. */
static void anchor_path(json_t *entry, const char *name, const char *folder, bool only_with_slash)
{
    const char *path = text_or_null(entry, name);

    if (!path || path[0] == '/' || !*folder || (only_with_slash && !strchr(path, '/'))) {
        return;
    }
    iac_buf out;
    iac_buf_init(&out, 65536);
    iac_buf_printf(&out, "%s/%s", folder, path);
    json_object_set_new(entry, name, json_string(out.p));
    iac_buf_clear(&out);
}

/* Adds the entries of list `plural` that *config does not have yet: the first file wins, whole entries. */
static void merge_entries(json_t *config, const json_t *file, const char *plural, const char *singular,
                          const char *folder)
{
    json_t *known = json_object_get(config, plural), *item;
    size_t i;

    json_array_foreach(json_object_get(file, plural), i, item) {
        const char *name = text_or_null(item, "name");
        json_t *entry = json_object_get(item, singular);
        if (!name || json_object_get(known, name)) {
            continue;
        }
        entry = json_is_object(entry) ? json_deep_copy(entry) : json_object();
        anchor_path(entry, "certificate-authority", folder, false);
        anchor_path(entry, "client-certificate", folder, false);
        anchor_path(entry, "client-key", folder, false);
        anchor_path(entry, "tokenFile", folder, false);
        anchor_path(json_object_get(entry, "exec"), "command", folder, true);
        json_object_set_new(known, name, entry);
    }
}

static bool load_file(const resolver *r, const char *path, json_t *config)
{
    size_t n;
    char *text = k8s_read_file(path, MAX_FILE, &n, r->why);
    if (!text) {
        return false;
    }
    iac_buf why;
    iac_buf_init(&why, 1024);
    json_t *documents = k8s_yaml_parse((iac_str){ text, n }, &why);
    json_t *file = json_array_get(documents, 0);
    bool ok = documents && (!file || json_is_object(file) || json_is_null(file));
    if (!ok) {
        iac_buf_printf(r->why, "%s is not a kubeconfig file: %s", path, why.n ? why.p : "it holds no mapping");
    } else {
        const char *slash = strrchr(path, '/');
        char *folder = slash ? iac_xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : iac_xstrdup("");
        merge_entries(config, file, "clusters", "cluster", folder);
        merge_entries(config, file, "users", "user", folder);
        merge_entries(config, file, "contexts", "context", "");
        if (!text_or_null(config, "current-context") && text_or_null(file, "current-context")) {
            json_object_set(config, "current-context", json_object_get(file, "current-context"));
        }
        free(folder);
    }
    explicit_bzero(text, n);
    free(text);
    iac_buf_clear(&why);
    json_decref(documents);
    return ok;
}

/* The files to read, in order, and whether a missing one is an error. */
static json_t *config_files(const resolver *r, bool has_host, bool *ret_strict, const char **ret_from)
{
    json_t *files = json_array(), *item;
    const char *list;
    size_t i;

    *ret_strict = true;
    json_array_foreach(json_object_get(r->settings, "config_paths"), i, item) {
        if (json_is_string(item)) {
            json_array_append(files, item);
        }
    }
    *ret_from = "config_paths";
    const char *one = text_or_null(r->settings, "config_path");
    if (json_array_size(files) == 0 && one) {
        json_array_append_new(files, json_string(one));
        *ret_from = "config_path";
    }
    if (json_array_size(files) > 0) {
        return files;
    }
    static const char *const names[] = { "KUBE_CONFIG_PATHS", "KUBE_CONFIG_PATH", "KUBECONFIG" };
    for (i = 0; i < IAC_COUNT(names); i++) {
        list = r->around->variable(names[i]);
        if (!list || !*list || (i == 2 && has_host)) {
            continue;
        }
        *ret_from = names[i];
        *ret_strict = i == 1;
        while (*list) {
            size_t n = i == 1 ? strlen(list) : strcspn(list, ":");
            if (n) {
                json_array_append_new(files, json_stringn(list, n));
            }
            list += n + (list[n] == ':');
        }
        return files;
    }
    return files;
}

/* PEM from a base64 member or, failing that, from a file member. False when one is named and cannot be read. */
static bool take_pem(const resolver *r, const json_t *entry, const char *data_name, const char *file_name,
                     const char *owner, char **slot)
{
    const char *data = text_or_null(entry, data_name), *file = text_or_null(entry, file_name);
    char *pem = NULL;

    if (data) {
        pem = k8s_base64_decode(data, NULL);
        if (!pem) {
            iac_buf_printf(r->why, "%s of %s is not base64", data_name, owner);
            return false;
        }
    } else if (file) {
        pem = k8s_read_file(file, MAX_FILE, NULL, r->why);
        if (!pem) {
            return false;
        }
    }
    if (pem) {
        replace(slot, pem);
    }
    return true;
}

static bool take_cluster(const resolver *r, const json_t *cluster, const char *name)
{
    k8s_access *a = r->access;
    iac_buf owner;
    bool ok;

    iac_buf_init(&owner, 1024);
    iac_buf_printf(&owner, "cluster \"%s\"", name);
    if (text_or_null(cluster, "server")) {
        replace(&a->server, iac_xstrdup(text_or_null(cluster, "server")));
    }
    a->insecure = json_is_true(json_object_get(cluster, "insecure-skip-tls-verify"));
    if (text_or_null(cluster, "tls-server-name")) {
        replace(&a->tls_server_name, iac_xstrdup(text_or_null(cluster, "tls-server-name")));
    }
    if (text_or_null(cluster, "proxy-url")) {
        replace(&a->proxy_url, iac_xstrdup(text_or_null(cluster, "proxy-url")));
    }
    ok = take_pem(r, cluster, "certificate-authority-data", "certificate-authority", owner.p, &a->ca_pem);
    if (ok && a->insecure && a->ca_pem) {
        iac_buf_printf(r->why, "%s sets both insecure-skip-tls-verify and a certificate authority", owner.p);
        ok = false;
    }
    iac_buf_clear(&owner);
    return ok;
}

/* The exec section in the form of k8s_access.exec; kubeconfig writes env as a list, the provider block as a map. */
static json_t *normal_exec(const json_t *exec, bool kubeconfig)
{
    json_t *out = json_object(), *env = json_object(), *item;
    size_t i;

    json_object_set(out, "apiVersion", json_object_get(exec, kubeconfig ? "apiVersion" : "api_version"));
    json_object_set(out, "command", json_object_get(exec, "command"));
    if (json_is_array(json_object_get(exec, "args"))) {
        json_object_set(out, "args", json_object_get(exec, "args"));
    }
    if (kubeconfig) {
        json_array_foreach(json_object_get(exec, "env"), i, item) {
            if (text_or_null(item, "name") && json_is_string(json_object_get(item, "value"))) {
                json_object_set(env, text_or_null(item, "name"), json_object_get(item, "value"));
            }
        }
        json_object_set(out, "installHint", json_object_get(exec, "installHint"));
        json_object_set(out, "provideClusterInfo", json_object_get(exec, "provideClusterInfo"));
    } else if (json_is_object(json_object_get(exec, "env"))) {
        json_object_update(env, json_object_get(exec, "env"));
    }
    json_object_set_new(out, "env", env);
    return out;
}

static void take_impersonation(const json_t *user, k8s_access *a)
{
    if (text_or_null(user, "as")) {
        replace(&a->as_user, iac_xstrdup(text_or_null(user, "as")));
    }
    if (text_or_null(user, "as-uid")) {
        replace(&a->as_uid, iac_xstrdup(text_or_null(user, "as-uid")));
    }
    if (json_is_array(json_object_get(user, "as-groups"))) {
        a->as_groups = json_incref(json_object_get(user, "as-groups"));
    }
    if (json_is_object(json_object_get(user, "as-user-extra"))) {
        a->as_extra = json_incref(json_object_get(user, "as-user-extra"));
    }
}

static bool take_user(const resolver *r, const json_t *user, const char *name)
{
    k8s_access *a = r->access;
    iac_buf owner;

    iac_buf_init(&owner, 1024);
    iac_buf_printf(&owner, "user \"%s\"", name);
    bool ok = take_pem(r, user, "client-certificate-data", "client-certificate", owner.p, &a->cert_pem) &&
              take_pem(r, user, "client-key-data", "client-key", owner.p, &a->key_pem);
    if (ok && !a->cert_pem != !a->key_pem) {
        iac_buf_printf(r->why, "%s has a client certificate or a key, but not both", owner.p);
        ok = false;
    }
    if (ok && json_is_object(json_object_get(user, "auth-provider"))) {
        iac_buf_printf(r->why,
                       "%s uses an auth-provider, which Kubernetes removed in favour of exec credential plugins",
                       owner.p);
        ok = false;
    }
    iac_buf_clear(&owner);
    take_impersonation(user, a);
    if (text_or_null(user, "token")) {
        a->token = iac_xstrdup(text_or_null(user, "token"));
    } else if (text_or_null(user, "tokenFile")) {
        a->token_file = iac_xstrdup(text_or_null(user, "tokenFile"));
    } else if (text_or_null(user, "username")) {
        a->username = iac_xstrdup(text_or_null(user, "username"));
        const char *password = json_string_value(json_object_get(user, "password"));
        a->password = iac_xstrdup(password ? password : "");
    } else if (json_is_object(json_object_get(user, "exec"))) {
        a->exec = normal_exec(json_object_get(user, "exec"), true);
    }
    return ok;
}

/* The entry of that name; false with a sentence when a name was given and there is none. */
static bool find_entry(const resolver *r, const json_t *config, const char *plural, const char *kind,
                       const char *name, json_t **ret)
{
    *ret = name ? json_object_get(json_object_get(config, plural), name) : NULL;
    if (name && !*ret) {
        iac_buf_printf(r->why, "%s has no %s named \"%s\"", r->access->source, kind, name);
        return false;
    }
    return true;
}

static bool use_config(const resolver *r, const json_t *config)
{
    const char *context_name = setting(r, "config_context", "KUBE_CTX");
    const char *cluster_name = setting(r, "config_context_cluster", "KUBE_CTX_CLUSTER");
    const char *user_name = setting(r, "config_context_auth_info", "KUBE_CTX_AUTH_INFO");
    json_t *context, *cluster, *user;

    if (!context_name) {
        context_name = text_or_null(config, "current-context");
    }
    if (!find_entry(r, config, "contexts", "context", context_name, &context)) {
        return false;
    }
    if (text_or_null(context, "namespace")) {
        replace(&r->access->namespace_, iac_xstrdup(text_or_null(context, "namespace")));
    }
    cluster_name = cluster_name ? cluster_name : text_or_null(context, "cluster");
    user_name = user_name ? user_name : text_or_null(context, "user");
    if (!find_entry(r, config, "clusters", "cluster", cluster_name, &cluster) ||
        !find_entry(r, config, "users", "user", user_name, &user)) {
        return false;
    }
    if (!context_name && !cluster_name) {
        iac_buf_printf(r->why, "%s names no current context: set config_context, or current-context in the file",
                       r->access->source);
        return false;
    }
    if (cluster && !take_cluster(r, cluster, cluster_name)) {
        return false;
    }
    return !user || take_user(r, user, user_name);
}

static bool read_config_files(const resolver *r, bool has_host)
{
    bool strict, ok = true;
    const char *from;
    json_t *files = config_files(r, has_host, &strict, &from), *item;
    json_t *config = json_pack("{s:{},s:{},s:{}}", "clusters", "users", "contexts");
    size_t i, read = 0;
    iac_buf source;

    iac_buf_init(&source, 4096);
    json_array_foreach(files, i, item) {
        char *path = expand_home(r, json_string_value(item));
        if (strict || access(path, F_OK) == 0) {
            ok = ok && load_file(r, path, config);
            iac_buf_printf(&source, "%s%s", read++ ? ", " : "the kubeconfig ", path);
        }
        free(path);
    }
    if (ok && json_array_size(files) > 0 && read == 0) {
        iac_buf_printf(r->why, "no file that %s names exists", from);
        ok = false;
    }
    replace(&r->access->source, iac_buf_detach(&source));
    if (ok && read > 0) {
        ok = use_config(r, config);
    }
    json_decref(files);
    json_decref(config);
    return ok;
}

/* Attributes of the provider block */

static void drop_user_credentials(k8s_access *a)
{
    replace(&a->token, NULL);
    replace(&a->token_file, NULL);
    replace(&a->username, NULL);
    replace(&a->password, NULL);
    json_decref(a->exec);
    a->exec = NULL;
}

static bool use_credentials(const resolver *r)
{
    k8s_access *a = r->access;
    const char *token = setting(r, "token", "KUBE_TOKEN");
    const char *user = setting(r, "username", "KUBE_USER");
    const char *password = setting(r, "password", "KUBE_PASSWORD");
    const char *cert = setting(r, "client_certificate", "KUBE_CLIENT_CERT_DATA");
    const char *key = setting(r, "client_key", "KUBE_CLIENT_KEY_DATA");
    const json_t *exec = json_array_get(json_object_get(r->settings, "exec"), 0);

    if (cert || key) {
        if (!cert || !key) {
            iac_buf_cstr(r->why, "client_certificate and client_key belong together: only one of them is set");
            return false;
        }
        replace(&a->cert_pem, iac_xstrdup(cert));
        replace(&a->key_pem, iac_xstrdup(key));
        drop_user_credentials(a);
    }
    if (user) {
        drop_user_credentials(a);
        a->username = iac_xstrdup(user);
        a->password = iac_xstrdup(password ? password : "");
    }
    if (token) {
        drop_user_credentials(a);
        a->token = iac_xstrdup(token);
    }
    if (exec) {
        drop_user_credentials(a);
        a->exec = normal_exec(exec, false);
    }
    if (a->exec && (!text_or_null(a->exec, "command") || !text_or_null(a->exec, "apiVersion"))) {
        iac_buf_cstr(r->why, "the exec credential plugin needs a command and an API version");
        return false;
    }
    return true;
}

static void use_connection(const resolver *r)
{
    k8s_access *a = r->access;
    const char *host = setting(r, "host", "KUBE_HOST");
    const char *ca = setting(r, "cluster_ca_certificate", "KUBE_CLUSTER_CA_CERT_DATA");
    const char *proxy = setting(r, "proxy_url", "KUBE_PROXY_URL");
    const char *name = setting(r, "tls_server_name", "KUBE_TLS_SERVER_NAME");
    const json_t *insecure = json_object_get(r->settings, "insecure");
    const char *insecure_text = r->around->variable("KUBE_INSECURE");

    if (host) {
        replace(&a->server, iac_xstrdup(host));
        replace(&a->source, iac_xstrdup("the provider's host"));
        replace(&a->tls_server_name, NULL);
    }
    if (name) {
        replace(&a->tls_server_name, iac_xstrdup(name));
    }
    if (json_is_boolean(insecure) || (insecure_text && *insecure_text)) {
        a->insecure = json_is_boolean(insecure) ? json_is_true(insecure) : truth(insecure_text);
        if (a->insecure) {
            replace(&a->ca_pem, NULL);
        }
    }
    if (ca) {
        replace(&a->ca_pem, iac_xstrdup(ca));
        a->insecure = false;
    }
    if (proxy) {
        replace(&a->proxy_url, iac_xstrdup(proxy));
    }
}

/* In a cluster */

static void use_service_account(const resolver *r)
{
    const char *host = r->around->variable("KUBERNETES_SERVICE_HOST");
    const char *port = r->around->variable("KUBERNETES_SERVICE_PORT");
    k8s_access *a = r->access;
    iac_buf text, ignored;

    if (!host || !*host || !port || !*port) {
        return;
    }
    iac_buf_init(&text, 65536);
    iac_buf_init(&ignored, 1024);
    iac_buf_printf(&text, "%s/token", r->around->service_account_folder);
    if (access(text.p, R_OK) == 0) {
        if (!a->token && !a->exec && !a->username && !a->cert_pem) {
            replace(&a->token_file, iac_xstrdup(text.p));
        }
        iac_buf_reset(&text);
        iac_buf_printf(&text, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port);
        replace(&a->server, iac_xstrdup(text.p));
        replace(&a->source, iac_xstrdup("the pod's service account"));
        iac_buf_reset(&text);
        iac_buf_printf(&text, "%s/ca.crt", r->around->service_account_folder);
        if (!a->ca_pem && !a->insecure) {
            replace(&a->ca_pem, k8s_read_file(text.p, MAX_FILE, NULL, &ignored));
        }
        iac_buf_reset(&text);
        iac_buf_printf(&text, "%s/namespace", r->around->service_account_folder);
        replace(&a->namespace_, k8s_read_file(text.p, 4096, NULL, &ignored));
        if (a->namespace_) {
            a->namespace_[strcspn(a->namespace_, " \n\r\t")] = '\0';
        }
    }
    iac_buf_clear(&text);
    iac_buf_clear(&ignored);
}

/* Adds the scheme and cuts slashes at the end. */
static bool normal_server(const resolver *r)
{
    k8s_access *a = r->access;
    bool tls = a->ca_pem || a->cert_pem || a->insecure || a->token || a->token_file || a->exec || a->username;

    if (!a->server) {
        return true;
    }
    if (!strstr(a->server, "://")) {
        iac_buf url;
        iac_buf_init(&url, 65536);
        iac_buf_printf(&url, "%s://%s", tls ? "https" : "http", a->server);
        replace(&a->server, iac_buf_detach(&url));
    }
    if (strncmp(a->server, "https://", 8) != 0 && strncmp(a->server, "http://", 7) != 0) {
        iac_buf_printf(r->why, "the server's address \"%s\" is neither https:// nor http://", a->server);
        return false;
    }
    for (size_t n = strlen(a->server); n && a->server[n - 1] == '/'; n--) {
        a->server[n - 1] = '\0';
    }
    return true;
}

bool k8s_access_resolve(const json_t *settings, const k8s_surroundings *around, k8s_access *ret, iac_buf *why)
{
    resolver r = { settings, around, ret, why };

    *ret = (k8s_access){ 0 };
    bool has_host = setting(&r, "host", "KUBE_HOST") != NULL;
    bool ok = read_config_files(&r, has_host) && use_credentials(&r);
    if (ok) {
        use_connection(&r);
        if (!ret->server) {
            use_service_account(&r);
        }
        ok = normal_server(&r);
    }
    if (!ok) {
        k8s_access_clear(ret);
    }
    return ok;
}

static void wipe(char **secret)
{
    if (*secret) {
        explicit_bzero(*secret, strlen(*secret));
    }
    replace(secret, NULL);
}

void k8s_access_clear(k8s_access *a)
{
    wipe(&a->key_pem);
    wipe(&a->token);
    wipe(&a->password);
    free(a->server);
    free(a->source);
    free(a->namespace_);
    free(a->ca_pem);
    free(a->cert_pem);
    free(a->tls_server_name);
    free(a->proxy_url);
    free(a->token_file);
    free(a->username);
    free(a->as_user);
    free(a->as_uid);
    json_decref(a->exec);
    json_decref(a->as_groups);
    json_decref(a->as_extra);
    *a = (k8s_access){ 0 };
}

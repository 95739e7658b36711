#include "state/backend/drivers.h"
#include "lang/base/crypto.h"
#include "state/backend/kubernetes.h"

#include "lang/value/json.h"
#include "lang/net/sigv4.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define TEXT "\"string\""
#define SAVING "Failed to save state"
#define LOADING "Failed to load state"

enum { GZIP_WINDOW = 15 + 16, MAX_SECRET = 1 << 20, MAX_STATE = 1 << 30, TRIES = 5 };

static const iac_backend_argument exec_arguments[] = {
    { .name = "api_version", .type = TEXT },
    { .name = "args", .type = "[\"list\",\"string\"]" },
    { .name = "command", .type = TEXT },
    { .name = "env", .type = "[\"map\",\"string\"]" },
    { .name = NULL },
};

/* Variables besides those named here are those of the Kubernetes provider (KUBE_HOST, KUBE_TOKEN, ...), which
 * lang/net/kubeconfig.h looks up. */
static const iac_backend_argument arguments[] = {
    { .name = "client_certificate", .type = TEXT },
    { .name = "client_key", .type = TEXT, .sensitive = true },
    { .name = "cluster_ca_certificate", .type = TEXT },
    { .name = "config_context", .type = TEXT },
    { .name = "config_context_auth_info", .type = TEXT },
    { .name = "config_context_cluster", .type = TEXT },
    { .name = "config_path", .type = TEXT },
    { .name = "config_paths", .type = "[\"list\",\"string\"]" },
    { .name = "exec", .nested = exec_arguments, .block = true },
    { .name = "host", .type = TEXT },
    { .name = "in_cluster_config", .type = "\"bool\"", .env = "KUBE_IN_CLUSTER_CONFIG", .otherwise = "false" },
    { .name = "insecure", .type = "\"bool\"" },
    { .name = "labels", .type = "[\"map\",\"string\"]" },
    { .name = "load_config_file", .type = "\"bool\"" }, /* Terraform takes it, and loads the file whatever it says */
    { .name = "namespace", .type = TEXT, .env = "KUBE_NAMESPACE", .otherwise = "default" },
    { .name = "password", .type = TEXT, .sensitive = true },
    { .name = "proxy_url", .type = TEXT },
    { .name = "secret_suffix", .type = TEXT, .required = true },
    { .name = "token", .type = TEXT, .sensitive = true },
    { .name = "username", .type = TEXT },
    { .name = NULL },
};

/* ---- configuration ---- */

/* Within a cluster the pod's own account is meant, whatever files there are. */
static const char *variable_without_files(const char *name)
{
    return strncmp(name, "KUBE_CONFIG_PATH", 16) == 0 || strcmp(name, "KUBECONFIG") == 0 ? NULL : getenv(name);
}

static json_t *settings_of(const iac_value *config)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_value_to_json(&text, config);
    json_t *settings = k8s_json_parse(text.p, text.n), *exec = json_object_get(settings, "exec");
    explicit_bzero(text.p, text.n);
    iac_buf_clear(&text);
    if (json_is_object(exec)) /* as the data source terraform_remote_state may have it */
        json_object_set_new(settings, "exec", json_pack("[O]", exec));
    return settings;
}

static iac_status resolve(json_t *settings, k8s_access *ret, iac_diags *diags)
{
    bool in_cluster = json_is_true(json_object_get(settings, "in_cluster_config"));
    k8s_surroundings around = k8s_real_surroundings;
    iac_buf why;
    iac_buf_init(&why, 65536);
    if (in_cluster) {
        json_object_del(settings, "config_path");
        json_object_del(settings, "config_paths");
        around.variable = variable_without_files;
    }
    bool ok = k8s_access_resolve(settings, &around, ret, &why);
    if (!ok)
        iac_diag_error(diags, IAC_NO_RANGE, "Invalid backend configuration", "%s.", why.p);
    else if (!ret->server)
        iac_diag_error(diags, IAC_NO_RANGE, "Invalid backend configuration", "%s",
                       in_cluster ? "in_cluster_config is set, but this is no pod of a cluster: there is no service "
                                    "account."
                                  : "No cluster is configured: set config_path or host in the backend block, or "
                                    "KUBE_CONFIG_PATH, KUBECONFIG or KUBE_HOST in the environment.");
    iac_buf_clear(&why);
    return ok && ret->server ? IAC_OK : IAC_ERR;
}

/* What is put into the paths of URLs must need no escaping; the server judges the rest. */
static bool is_name(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == strlen(text);
}

static iac_status configure(const iac_backend_setup *setup, void **ret_self, iac_diags *diags)
{
    k8s_access access = { 0 };
    iac_arena *arena = iac_arena_new();
    kube_backend *k = iac_arena_new_of(arena, kube_backend);
    *k = (kube_backend){
        .arena = arena,
        .suffix = iac_backend_text(arena, setup->config, "secret_suffix"),
        .namespace_ = iac_backend_text(arena, setup->config, "namespace"),
    };
    if (!k->namespace_)
        k->namespace_ = "default";
    json_t *settings = settings_of(setup->config);
    iac_status status = IAC_ERR;
    if (!k->suffix || !is_name(k->suffix) || !is_name(k->namespace_))
        iac_diag_error(diags, IAC_NO_RANGE, "Invalid backend configuration",
                       "secret_suffix and namespace must be names as Kubernetes has them: letters, digits, '-' and '.'.");
    else
        status = resolve(settings, &access, diags);
    if (status == IAC_OK) {
        k->labels = json_deep_copy(json_object_get(settings, "labels"));
        if (!json_is_object(k->labels)) {
            json_decref(k->labels);
            k->labels = json_object();
        }
        k->session = k8s_session_new(&access, "iac/" IAC_VERSION);
        *ret_self = k;
    } else {
        k8s_access_clear(&access);
        iac_arena_free(arena);
    }
    json_decref(settings);
    return status;
}

static void free_kubernetes(void *self)
{
    kube_backend *k = self;
    k8s_session_free(k->session);
    json_decref(k->labels);
    iac_arena_free(k->arena);
}

static void describe(void *self, iac_buf *out)
{
    kube_backend *k = self;
    const char *server = k8s_session_access(k->session)->server, *rest = strstr(server, "://") + 3;
    size_t host = strcspn(rest, "/"), at = host;
    while (at > 0 && rest[at - 1] != '@')
        at--;
    iac_buf_add(out, server, (size_t)(rest - server));
    iac_buf_printf(out, "%s Secret %s/tfstate-*-%s", rest + at, k->namespace_, k->suffix);
}

/* ---- packing ---- */

/* As base64. Caller frees; NULL when it cannot be packed. */
static char *pack(iac_str text, size_t *ret_packed)
{
    z_stream z = { 0 };
    if (text.n > MAX_STATE || deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
                                           Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    size_t room = deflateBound(&z, (uLong)text.n) + 64;
    unsigned char *packed = iac_xmalloc(room);
    z.next_in = (unsigned char *)(uintptr_t)text.p;
    z.avail_in = (uInt)text.n;
    z.next_out = packed;
    z.avail_out = (uInt)room;
    int rc = deflate(&z, Z_FINISH);
    *ret_packed = z.total_out;
    deflateEnd(&z);
    char *coded = NULL;
    if (rc == Z_STREAM_END) {
        coded = iac_xcalloc(1, *ret_packed / 3 * 4 + 5);
        EVP_EncodeBlock((unsigned char *)coded, packed, (int)*ret_packed);
    }
    free(packed);
    return coded;
}

static bool unpack(const char *packed, size_t n, iac_buf *out)
{
    z_stream z = { 0 };
    unsigned char piece[16384];
    if (n > UINT32_MAX || inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return false;
    z.next_in = (unsigned char *)(uintptr_t)packed;
    z.avail_in = (uInt)n;
    int rc = Z_OK;
    while (rc == Z_OK && !out->full) {
        z.next_out = piece;
        z.avail_out = sizeof(piece);
        rc = inflate(&z, Z_NO_FLUSH);
        iac_buf_add(out, piece, sizeof(piece) - z.avail_out);
    }
    inflateEnd(&z);
    return rc == Z_STREAM_END && !out->full;
}

/* ---- snapshots ---- */

static const char *secret_name(kube_backend *k, iac_arena *arena, const char *workspace)
{
    return iac_arena_printf(arena, "tfstate-%s-%s", workspace, k->suffix).p;
}

/* What the Secret holds, packed and as base64; empty where there is none. ret_resource: its resourceVersion, empty where
 * there is no Secret. */
static iac_status get_packed(kube_backend *k, const char *workspace, iac_arena *arena, iac_str *ret, iac_str *ret_digest,
                             iac_str *ret_resource, const char *summary, iac_diags *diags)
{
    kube_reply reply;
    char digest[65] = "";
    *ret = *ret_digest = *ret_resource = (iac_str){ 0 };
    kube_send(k, arena, "GET", kube_path(k, arena, false, secret_name(k, arena, workspace)), NULL, &reply);
    iac_status status = reply.status == 200 || reply.status == 404 ? IAC_OK : kube_refused(k, summary, &reply, diags);
    if (reply.status == 200) {
        const json_t *metadata = json_object_get(reply.body, "metadata");
        *ret = iac_arena_str(arena, iac_str_of(kube_text(json_object_get(reply.body, "data"), "tfstate")));
        *ret_resource = iac_arena_str(arena, iac_str_of(kube_text(metadata, "resourceVersion")));
        if (ret->n)
            aws_sha256_hex(*ret, digest);
        *ret_digest = iac_arena_str(arena, iac_str_of(digest));
    }
    kube_reply_clear(&reply);
    return status;
}

static iac_status read_state(void *self, const char *workspace, iac_arena *arena, iac_snapshot *ret, iac_diags *diags)
{
    kube_backend *k = self;
    iac_str coded, resource;
    iac_buf json;
    size_t n = 0;
    *ret = (iac_snapshot){ 0 };
    if (get_packed(k, workspace, arena, &coded, &ret->version, &resource, LOADING, diags) != IAC_OK)
        return IAC_ERR;
    if (!coded.n)
        return IAC_OK;
    iac_buf_init(&json, MAX_STATE);
    char *packed = k8s_base64_decode(coded.p, &n);
    bool ok = packed && unpack(packed, n, &json);
    free(packed);
    if (ok)
        ret->json = iac_arena_str(arena, iac_buf_view(&json));
    else
        iac_diag_error(diags, IAC_NO_RANGE, LOADING,
                       "What the Secret %s of namespace %s holds as \"tfstate\" is not a complete gzip file.",
                       secret_name(k, arena, workspace), k->namespace_);
    iac_buf_clear(&json);
    return ok ? IAC_OK : IAC_ERR;
}

/* Over the object that was just read. IAC_BUSY when it is another by now. */
static iac_status put_packed(kube_backend *k, const char *workspace, const char *coded, iac_str resource,
                             iac_arena *arena, iac_diags *diags)
{
    const char *name = secret_name(k, arena, workspace);
    kube_reply reply;
    json_t *metadata = kube_metadata(k, name, workspace);
    json_object_set_new(metadata, "annotations", json_pack("{s:s}", "encoding", "gzip"));
    if (resource.n)
        json_object_set_new(metadata, "resourceVersion", json_stringn(resource.p, resource.n));
    json_t *body = json_pack("{s:s,s:s,s:o,s:{s:s}}", "apiVersion", "v1", "kind", "Secret", "metadata", metadata, "data",
                             "tfstate", coded);
    kube_send(k, arena, resource.n ? "PATCH" : "POST", kube_path(k, arena, false, resource.n ? name : ""), body, &reply);
    iac_status status = IAC_OK;
    if (reply.status == 409 || (reply.status == 404 && resource.n))
        status = IAC_BUSY;
    else if (reply.status < 200 || reply.status > 299)
        status = kube_refused(k, SAVING, &reply, diags);
    kube_reply_clear(&reply);
    json_decref(body);
    return status;
}

/* Somebody may change labels of the Secret at any time: it is what it holds that must be what was read. */
static iac_status write_packed(kube_backend *k, const char *workspace, const char *coded, const char *digest,
                               iac_str over, iac_arena *arena, iac_diags *diags)
{
    iac_status status = IAC_BUSY;
    for (int left = TRIES; left > 0 && status == IAC_BUSY; left--) {
        iac_str there, there_digest, resource;
        if (get_packed(k, workspace, arena, &there, &there_digest, &resource, SAVING, diags) != IAC_OK)
            return IAC_ERR;
        if (iac_str_is(there_digest, digest))
            return IAC_OK; /* ours: an earlier try arrived, and its answer was lost */
        if (!iac_str_eq(there_digest, over))
            return IAC_BUSY;
        status = put_packed(k, workspace, coded, resource, arena, diags);
    }
    return status;
}

static iac_status write_state(void *self, const char *workspace, iac_str json, iac_str over, iac_str lock_id,
                              iac_arena *arena, iac_str *ret_version, iac_diags *diags)
{
    (void)lock_id;
    kube_backend *k = self;
    size_t packed = 0;
    char digest[65];
    char *coded = pack(json, &packed);
    if (!coded || packed > MAX_SECRET) {
        iac_diag_error(diags, IAC_NO_RANGE, SAVING,
                       "The state is too large for the backend \"kubernetes\": a Secret holds %d bytes at most, and "
                       "compressed it has %zu.", MAX_SECRET, packed);
        free(coded);
        return IAC_ERR;
    }
    aws_sha256_hex(iac_str_of(coded), digest);
    iac_status status = write_packed(k, workspace, coded, digest, over, arena, diags);
    if (status == IAC_OK)
        *ret_version = iac_arena_str(arena, iac_str_of(digest));
    free(coded);
    return status;
}

/* ---- workspaces ---- */

static int name_cmp(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static iac_status workspaces(void *self, iac_arena *arena, iac_str **ret, size_t *ret_count, iac_diags *diags)
{
    kube_backend *k = self;
    kube_reply reply;
    const json_t *item;
    size_t i, n = 1;
    const char *path = iac_arena_printf(arena, "/api/v1/namespaces/%s/secrets?labelSelector=tfstate%%3Dtrue%%2C"
                                               "tfstateSecretSuffix%%3D%s", k->namespace_, k->suffix).p;
    kube_send(k, arena, "GET", path, NULL, &reply);
    iac_status status = reply.status == 200 ? IAC_OK : kube_refused(k, "Failed to list workspaces", &reply, diags);
    const json_t *items = json_object_get(reply.body, "items");
    *ret = iac_arena_array(arena, iac_str, json_array_size(items) + 1);
    (*ret)[0] = IAC_STR("default");
    json_array_foreach(items, i, item) {
        const json_t *labels = json_object_get(json_object_get(item, "metadata"), "labels");
        const char *name = kube_text(labels, "tfstateWorkspace");
        if (*name && strcmp(name, "default") != 0)
            (*ret)[n++] = iac_arena_str(arena, iac_str_of(name));
    }
    *ret_count = n;
    qsort(*ret, n, sizeof(**ret), name_cmp);
    kube_reply_clear(&reply);
    return status;
}

static iac_status delete_workspace(void *self, const char *workspace, iac_diags *diags)
{
    kube_backend *k = self;
    iac_arena *arena = iac_arena_new();
    iac_status status = IAC_OK;
    for (int lease = 0; lease < 2 && status == IAC_OK; lease++) {
        kube_reply reply;
        const char *name = lease ? kube_lock_name(k, arena, workspace) : secret_name(k, arena, workspace);
        kube_send(k, arena, "DELETE", kube_path(k, arena, lease, name), NULL, &reply);
        if (reply.status != 404 && (reply.status < 200 || reply.status > 299))
            status = kube_refused(k, "Failed to delete the workspace", &reply, diags);
        kube_reply_clear(&reply);
    }
    iac_arena_free(arena);
    return status;
}

const iac_backend_driver iac_backend_kubernetes = {
    .name = "kubernetes",
    .arguments = arguments,
    .configure = configure,
    .free = free_kubernetes,
    .describe = describe,
    .workspaces = workspaces,
    .delete_workspace = delete_workspace,
    .read = read_state,
    .write = write_state,
    .lock = kube_lock,
    .renew = kube_renew,
    .unlock = kube_unlock,
    .lock_info = kube_lock_info,
};

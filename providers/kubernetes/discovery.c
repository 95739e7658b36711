#include "providers/kubernetes/discovery.h"
#include "providers/kubernetes/client.h"
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ASK_AGAIN_MS 1000
#define AGGREGATED                                                                     \
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"          \
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

struct k8s_kinds {
    pthread_mutex_t asking; /* held while the server is asked, so that one answer serves all who wait */
    pthread_mutex_t lock;   /* guards what follows; taken inside asking, never the other way round */
    iac_arena *arena;
    iac_map by_name;        /* "apps/v1 Deployment" -> k8s_kind * */
    bool asked;             /* at least once */
    bool plain;             /* the server knows no aggregated discovery */
    uint64_t asked_at_ms;
    iac_map group_asked;    /* plain: "apps/v1" -> uint64_t *, when */
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

k8s_kinds *k8s_kinds_new(void)
{
    k8s_kinds *kinds = iac_xcalloc(1, sizeof(*kinds));

    pthread_mutex_init(&kinds->asking, NULL);
    pthread_mutex_init(&kinds->lock, NULL);
    kinds->arena = iac_arena_new();
    return kinds;
}

void k8s_kinds_free(k8s_kinds *kinds)
{
    if (!kinds) {
        return;
    }
    iac_map_clear(&kinds->by_name);
    iac_map_clear(&kinds->group_asked);
    iac_arena_free(kinds->arena);
    pthread_mutex_destroy(&kinds->lock);
    pthread_mutex_destroy(&kinds->asking);
    free(kinds);
}

/* The caller holds kinds->lock. */
static void add_kind(k8s_kinds *kinds, const char *group, const char *version, const char *kind, const char *plural,
                     bool namespaced)
{
    iac_str api_version = *group ? iac_arena_printf(kinds->arena, "%s/%s", group, version)
                                 : iac_arena_printf(kinds->arena, "%s", version);
    iac_str key = iac_arena_printf(kinds->arena, "%s %s", api_version.p, kind);
    const k8s_kind *known = iac_map_get(&kinds->by_name, key);

    if (known && strcmp(known->plural, plural) == 0 && known->namespaced == namespaced) {
        return;
    }
    k8s_kind *k = iac_arena_new_of(kinds->arena, k8s_kind);
    *k = (k8s_kind){
        .api_version = api_version.p,
        .group = iac_arena_cstr(kinds->arena, iac_str_of(group)),
        .kind = iac_arena_cstr(kinds->arena, iac_str_of(kind)),
        .plural = iac_arena_cstr(kinds->arena, iac_str_of(plural)),
        .namespaced = namespaced,
    };
    iac_map_put(&kinds->by_name, key, k);
}

bool k8s_kinds_add_aggregated(k8s_kinds *kinds, const json_t *answer)
{
    size_t i, j, k;
    json_t *group, *version, *resource;

    if (strcmp(k8s_tree_text(answer, "kind"), "APIGroupDiscoveryList") != 0) {
        return false;
    }
    pthread_mutex_lock(&kinds->lock);
    json_array_foreach(json_object_get(answer, "items"), i, group) {
        json_array_foreach(json_object_get(group, "versions"), j, version) {
            json_array_foreach(json_object_get(version, "resources"), k, resource) {
                const char *kind = k8s_tree_text(resource, "responseKind.kind");
                const char *plural = k8s_tree_text(resource, "resource");
                if (*kind && *plural) {
                    add_kind(kinds, k8s_tree_text(group, "metadata.name"), k8s_tree_text(version, "version"), kind,
                             plural, strcmp(k8s_tree_text(resource, "scope"), "Namespaced") == 0);
                }
            }
        }
    }
    pthread_mutex_unlock(&kinds->lock);
    return true;
}

bool k8s_kinds_add_list(k8s_kinds *kinds, const json_t *answer)
{
    const char *group_version = k8s_tree_text(answer, "groupVersion");
    const char *slash = strchr(group_version, '/');
    json_t *resource;
    size_t i;

    if (strcmp(k8s_tree_text(answer, "kind"), "APIResourceList") != 0 || !*group_version) {
        return false;
    }
    char *group = slash ? iac_xstrndup(group_version, (size_t)(slash - group_version)) : iac_xstrdup("");
    pthread_mutex_lock(&kinds->lock);
    json_array_foreach(json_object_get(answer, "resources"), i, resource) {
        const char *kind = k8s_tree_text(resource, "kind"), *plural = k8s_tree_text(resource, "name");
        if (*kind && *plural && !strchr(plural, '/')) { /* with a slash it is a subresource */
            add_kind(kinds, group, slash ? slash + 1 : group_version, kind, plural,
                     k8s_tree_true(resource, "namespaced"));
        }
    }
    pthread_mutex_unlock(&kinds->lock);
    free(group);
    return true;
}

const k8s_kind *k8s_kinds_get(k8s_kinds *kinds, const char *api_version, const char *kind)
{
    iac_buf key;

    iac_buf_init(&key, 4096);
    iac_buf_printf(&key, "%s %s", api_version, kind);
    pthread_mutex_lock(&kinds->lock);
    const k8s_kind *found = iac_map_get(&kinds->by_name, iac_buf_view(&key));
    pthread_mutex_unlock(&kinds->lock);
    iac_buf_clear(&key);
    return found;
}

/* Asks for everything. Sets plain when the server only knows the old form. False when it did not answer. */
static bool ask_all(k8s_client *client, iacp_call *call, k8s_kinds *kinds, k8s_reply *failure)
{
    static const char *const paths[] = { "/apis", "/api" };

    for (size_t i = 0; i < IAC_COUNT(paths); i++) {
        k8s_request request = { .method = "GET", .path = paths[i], .accept = AGGREGATED, .quiet = true };
        if (!k8s_send(client, call, &request, failure)) {
            return false;
        }
        bool aggregated = k8s_kinds_add_aggregated(kinds, failure->body);
        k8s_reply_clear(failure);
        if (!aggregated) {
            kinds->plain = true;
            return true;
        }
    }
    return true;
}

/* Asks for one group and version. A server that does not have it answers 404: that is no failure. */
static bool ask_group(k8s_client *client, iacp_call *call, k8s_kinds *kinds, const char *api_version,
                      k8s_reply *failure)
{
    iac_str key = iac_arena_printf(kinds->arena, "%s", api_version);
    uint64_t *asked_at = iac_map_get(&kinds->group_asked, key);

    if (asked_at && now_ms() - *asked_at < ASK_AGAIN_MS) {
        return true;
    }
    for (const char *p = api_version; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("./-", *p)) {
            return true; /* no such thing can exist */
        }
    }
    k8s_request request = {
        .method = "GET",
        .path = sdk_printf(call, strchr(api_version, '/') ? "/apis/%s" : "/api/%s", api_version),
        .quiet = true,
    };
    bool ok = k8s_send(client, call, &request, failure);
    if (!ok && failure->status != 404) {
        return false;
    }
    if (ok) {
        k8s_kinds_add_list(kinds, failure->body);
    }
    k8s_reply_clear(failure);
    if (!asked_at) {
        asked_at = iac_arena_new_of(kinds->arena, uint64_t);
        iac_map_put(&kinds->group_asked, key, asked_at);
    }
    *asked_at = now_ms();
    return true;
}

/* The caller holds kinds->asking. */
static bool ask(k8s_client *client, iacp_call *call, k8s_kinds *kinds, const char *api_version, k8s_reply *failure)
{
    if (!kinds->plain && (!kinds->asked || now_ms() - kinds->asked_at_ms >= ASK_AGAIN_MS)) {
        if (!ask_all(client, call, kinds, failure)) {
            return false;
        }
        kinds->asked = true;
        kinds->asked_at_ms = now_ms();
    }
    return !kinds->plain || ask_group(client, call, kinds, api_version, failure);
}

iac_status k8s_kind_find(k8s_client *client, iacp_call *call, const char *api_version, const char *kind,
                         const k8s_kind **ret, k8s_reply *failure)
{
    k8s_kinds *kinds = k8s_client_kinds(client);
    bool answered = true;

    *failure = (k8s_reply){ 0 };
    *ret = k8s_kinds_get(kinds, api_version, kind);
    if (*ret) {
        return IAC_OK;
    }
    pthread_mutex_lock(&kinds->asking);
    *ret = k8s_kinds_get(kinds, api_version, kind); /* someone else may have asked meanwhile */
    if (!*ret) {
        answered = ask(client, call, kinds, api_version, failure);
        *ret = k8s_kinds_get(kinds, api_version, kind);
    }
    pthread_mutex_unlock(&kinds->asking);
    if (*ret) {
        k8s_reply_clear(failure);
        return IAC_OK;
    }
    return answered ? IAC_NOT_FOUND : IAC_ERR;
}

static void add_escaped(iac_buf *out, const char *segment)
{
    for (; *segment; segment++) {
        unsigned char c = (unsigned char)*segment;
        if (isalnum(c) || strchr("-._~:", c)) {
            iac_buf_char(out, (char)c);
        } else {
            iac_buf_printf(out, "%%%02X", c);
        }
    }
}

char *k8s_kind_path(iacp_call *call, const k8s_kind *kind, const char *namespace_, const char *name)
{
    iac_buf out;

    iac_buf_init(&out, 65536);
    iac_buf_printf(&out, *kind->group ? "/apis/%s" : "/api/%s", kind->api_version);
    if (kind->namespaced && namespace_) {
        iac_buf_cstr(&out, "/namespaces/");
        add_escaped(&out, namespace_);
    }
    iac_buf_printf(&out, "/%s", kind->plural);
    if (name) {
        iac_buf_char(&out, '/');
        add_escaped(&out, name);
    }
    char *path = sdk_strndup(call, out.p, out.n);
    iac_buf_clear(&out);
    return path;
}

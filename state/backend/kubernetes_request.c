#include "state/backend/kubernetes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 4, PAUSE_US = 200000, MAX_LIST = 256 << 20 };

const char *kube_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

const char *kube_path(kube_backend *k, iac_arena *arena, bool lease, const char *name)
{
    return iac_arena_printf(arena, "/%s/namespaces/%s/%s%s%s?fieldManager=iac",
                            lease ? "apis/coordination.k8s.io/v1" : "api/v1", k->namespace_,
                            lease ? "leases" : "secrets", *name ? "/" : "", name).p;
}

json_t *kube_metadata(kube_backend *k, const char *name, const char *workspace)
{
    json_t *labels = json_deep_copy(k->labels);
    json_object_set_new(labels, "tfstate", json_string("true"));
    json_object_set_new(labels, "tfstateSecretSuffix", json_string(k->suffix));
    json_object_set_new(labels, "tfstateWorkspace", json_string(workspace));
    json_object_set_new(labels, "app.kubernetes.io/managed-by", json_string("terraform"));
    return json_pack("{s:s,s:o}", "name", name, "labels", labels);
}

static bool passes(const net_response *r)
{
    if (r->status == 0)
        return r->retryable;
    return r->status == 429 || r->status == 502 || r->status == 503 || r->status == 504;
}

static double server_time(const net_response *response)
{
    char text[64];
    struct tm utc = { 0 };
    iac_str value = net_response_header(response, "date");
    snprintf(text, sizeof(text), "%.*s", IAC_FMT(value));
    return strptime(text, "%a, %d %b %Y %H:%M:%S", &utc) ? (double)timegm(&utc) : 0;
}

static void understand(iac_arena *arena, const net_response *response, kube_reply *ret)
{
    ret->status = response->status;
    ret->date = server_time(response);
    if (response->status == 0) {
        ret->message = response->error ? response->error : "no answer";
        return;
    }
    ret->body = k8s_json_parse(response->body.p, response->body.n);
    if (response->status < 300)
        return;
    const char *said = kube_text(ret->body, "message");
    ret->message = iac_arena_printf(arena, "the API server answered %ld%s%s", response->status, *said ? ": " : "",
                                    said).p;
}

/* One exchange, with the credentials asked for once more where the server does not take them. */
static bool exchange(kube_backend *k, iac_arena *arena, net_request *request, const k8s_headers *base,
                     net_response *response, kube_reply *ret)
{
    net_call call = net_call_of(arena);
    uint64_t seen = 0;
    iac_buf why;
    iac_buf_init(&why, 65536);
    for (int again = 0; again < 2; again++) {
        k8s_headers headers = { 0 };
        net_http *http;
        for (size_t i = 0; i < base->n; i++)
            iac_vec_push(&headers, base->v[i]);
        if (!k8s_session_authorise(k->session, &call, again > 0, &seen, &headers, &http, &why)) {
            ret->message = iac_arena_printf(arena, "credentials could not be had: %s", why.p).p;
            iac_vec_clear(&headers);
            iac_buf_clear(&why);
            return false;
        }
        request->headers = headers.v;
        request->header_count = headers.n;
        net_http_send(http, &call, request, response);
        iac_vec_clear(&headers);
        if (response->status != 401)
            break;
    }
    iac_buf_clear(&why);
    return true;
}

void kube_send(kube_backend *k, iac_arena *arena, const char *method, const char *path, const json_t *body,
               kube_reply *ret)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    k8s_headers headers = { 0 };
    net_response response = { 0 };
    net_request request = {
        .method = method,
        .url = iac_arena_printf(arena, "%s%s", k8s_session_access(k->session)->server, path).p,
        .body = iac_str_of(text),
        .max_response = MAX_LIST,
    };
    *ret = (kube_reply){ .message = "" };
    /* Of lists only names and labels are wanted; servers that cannot leave the rest out give all. */
    iac_vec_push(&headers, (net_header){ IAC_STR("Accept"),
                                         strstr(path, "labelSelector=")
                                             ? IAC_STR("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;"
                                                       "v=v1,application/json")
                                             : IAC_STR("application/json") });
    if (body)
        iac_vec_push(&headers, (net_header){ IAC_STR("Content-Type"),
                                             strcmp(method, "PATCH") == 0 ? IAC_STR("application/merge-patch+json")
                                                                          : IAC_STR("application/json") });
    for (int left = TRIES - 1; exchange(k, arena, &request, &headers, &response, ret); left--) {
        if (passes(&response) && left > 0) {
            usleep((useconds_t)PAUSE_US << (TRIES - 1 - left));
            continue;
        }
        understand(arena, &response, ret);
        break;
    }
    iac_vec_clear(&headers);
    free(text);
}

void kube_reply_clear(kube_reply *reply)
{
    json_decref(reply->body);
    reply->body = NULL;
}

iac_status kube_refused(kube_backend *k, const char *summary, const kube_reply *reply, iac_diags *diags)
{
    const k8s_access *access = k8s_session_access(k->session);
    iac_diag_error(diags, IAC_NO_RANGE, summary, "%s (from %s), namespace %s: %s", access->server,
                   access->source ? access->source : "the configuration", k->namespace_, reply->message);
    return IAC_ERR;
}

#include "providers/kubernetes/plan.h"
#include "providers/kubernetes/read.h"
#include "providers/kubernetes/wait.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIRST_POLL_MS 100
#define SLOWEST_POLL_MS 2000
#define PREREQUISITE_MS (60 * 1000) /* for a kind or namespace that this run makes beside the object */
#define HAND_OVER_MANAGER "iac-handover"

typedef struct applying {
    k8s_client *client;
    iacp_call *call;
    iacp_apply *request;
    k8s_object o;
    json_t *old;          /* the object attribute of the state, owned; NULL when there is none */
    json_t *private_data; /* owned */
} applying;

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A wait with growing steps. False when time is over or the call was cancelled. */
typedef struct patience {
    uint64_t until_ms, step_ms;
} patience;

static patience patience_for(uint64_t ms)
{
    return (patience){ now_ms() + ms, FIRST_POLL_MS };
}

static bool patience_wait(patience *p, iacp_call *call)
{
    uint64_t now = now_ms();

    if (now >= p->until_ms) {
        return false;
    }
    uint64_t step = p->until_ms - now < p->step_ms ? p->until_ms - now : p->step_ms;
    p->step_ms = p->step_ms * 3 / 2 < SLOWEST_POLL_MS ? p->step_ms * 3 / 2 : SLOWEST_POLL_MS;
    return sdk_host->wait(call, step ? step : 1) == 0;
}

json_t *k8s_apply_conform(const json_t *planned, const json_t *made)
{
    const char *key;
    json_t *value, *out;
    size_t i;

    if (k8s_tree_is_unknown(planned)) {
        return made ? json_deep_copy(made) : json_null();
    }
    if (!k8s_tree_has_unknown(planned)) {
        return json_deep_copy(planned);
    }
    if (json_is_object(planned)) {
        out = json_object();
        json_object_foreach((json_t *)planned, key, value) {
            json_object_set_new(out, key, k8s_apply_conform(value, json_object_get(made, key)));
        }
        return out;
    }
    out = json_array();
    json_array_foreach(planned, i, value) {
        json_array_append_new(out, k8s_apply_conform(value, json_array_get(made, i)));
    }
    return out;
}

/* Deletion */

static const char *uid_of(const json_t *object)
{
    return k8s_tree_text(object, "metadata.uid");
}

/* Waits until the object with this uid (any, when it is empty) is gone. */
static int32_t wait_gone(applying *a, const char *uid, uint64_t timeout_ms)
{
    patience p = patience_for(timeout_ms);
    uint64_t told = now_ms();
    k8s_reply reply;

    for (;;) {
        bool there = k8s_object_get(a->client, a->call, &a->o, &reply);
        if (reply.status == 404 || (there && *uid && strcmp(uid_of(reply.body), uid) != 0)) {
            k8s_reply_clear(&reply);
            return IACP_OK;
        }
        if (!there) {
            int32_t status = k8s_object_error(a->client, a->call, &a->o, &reply, "wait for the deletion of");
            k8s_reply_clear(&reply);
            return status;
        }
        if (now_ms() - told > 10000) {
            iac_buf what;
            iac_buf_init(&what, 4096);
            k8s_deletion_blockers(reply.body, &what);
            if (what.n) {
                sdk_host->progress(a->call, sdk_printf(a->call, "waiting for:%s", what.p));
            }
            iac_buf_clear(&what);
            told = now_ms();
        }
        if (!patience_wait(&p, a->call)) {
            break;
        }
        k8s_reply_clear(&reply);
    }
    iac_buf blockers;
    iac_buf_init(&blockers, 65536);
    k8s_deletion_blockers(reply.body, &blockers);
    bool cancelled = sdk_host->cancelled(a->call);
    sdk_error(a->call, NULL, cancelled ? "Deletion was cancelled" : "Deletion timed out",
              "The API server accepted the deletion of %s, but it was still there %s.%s%s",
              k8s_object_title(a->call, &a->o), cancelled ? "when the operation was cancelled" : "when time was up",
              blockers.n ? " What holds it:" : "", blockers.p);
    iac_buf_clear(&blockers);
    k8s_reply_clear(&reply);
    return IACP_ERROR;
}

static int32_t delete_object(applying *a)
{
    const char *uid = uid_of(a->old);
    json_t *body = json_pack("{s:s,s:s,s:s}", "apiVersion", "v1", "kind", "DeleteOptions", "propagationPolicy",
                             "Background");
    k8s_reply reply;
    int32_t status;

    if (*uid) {
        json_object_set_new(body, "preconditions", json_pack("{s:s}", "uid", uid));
    }
    k8s_request request = {
        .method = "DELETE",
        .path = k8s_kind_path(a->call, a->o.type, a->o.namespace_, a->o.name),
        .content_type = "application/json",
        .body = body,
    };
    bool ok = k8s_send(a->client, a->call, &request, &reply);
    if (reply.status == 404 || (reply.status == 409 && *uid && strstr(reply.message, "UID"))) {
        status = IACP_OK; /* it is gone; an object with another uid is not ours */
    } else if (!ok) {
        status = k8s_object_error(a->client, a->call, &a->o, &reply, "delete");
    } else {
        status = wait_gone(a, uid, k8s_object_timeout(&a->o, "delete"));
    }
    k8s_reply_clear(&reply);
    json_decref(body);
    return status;
}

/* The object by what the state says of it. */
static void identify_by_state(applying *a, const k8s_client *client)
{
    const char *space = k8s_tree_text(a->old, "metadata.namespace");

    a->o.api_version = k8s_tree_text(a->old, "apiVersion");
    a->o.kind = k8s_tree_text(a->old, "kind");
    a->o.name = k8s_tree_text(a->old, "metadata.name");
    a->o.namespace_ = *space ? space : k8s_client_namespace(client);
}

static int32_t destroy(applying *a)
{
    k8s_reply failure;
    int32_t status;

    if (!a->old) {
        return IACP_OK; /* nothing was ever made */
    }
    identify_by_state(a, a->client);
    iac_status found = k8s_object_find_kind(a->client, a->call, &a->o, &failure);
    if (found == IAC_NOT_FOUND) {
        status = IACP_OK; /* with the kind all its objects went */
    } else if (found != IAC_OK) {
        status = k8s_object_error(a->client, a->call, &a->o, &failure, "delete");
    } else {
        status = delete_object(a);
    }
    k8s_reply_clear(&failure);
    if (status != IACP_OK) {
        a->request->ret_state = a->request->prior;
    }
    return status;
}

/* Creation and change */

/* Stores what exists now. `keep_old_manifest`: the change is not finished, so that the next plan shows it again. */
static void store(applying *a, const json_t *body, const json_t *live, bool keep_old_manifest)
{
    json_t *planned = k8s_from_value(a->call, sdk_get(a->request->planned, "object"));
    const json_t *shape = json_is_object(planned) && !k8s_tree_is_unknown(planned) ? planned : a->old;
    json_t *made = k8s_object_project(&a->o, live, shape);
    json_t *object = keep_old_manifest ? json_incref(made) : k8s_apply_conform(planned, made);
    sdk_object out = sdk_object_from(a->call, a->request->planned);

    sdk_set(&out, "object", k8s_to_value(a->call, object));
    if (keep_old_manifest) {
        sdk_set(&out, "manifest", sdk_get(a->request->prior, "manifest"));
    }
    a->request->ret_state = out.value;
    const char *mark = k8s_object_mark(a->call, &a->o, live);
    json_object_set_new(a->private_data, "done", json_string(mark));
    json_object_set_new(a->private_data, "now", json_string(mark));
    json_object_set_new(a->private_data, "body", json_string(k8s_object_body_mark(a->call, &a->o, body)));
    json_object_del(a->private_data, "absent_kind");
    json_object_del(a->private_data, "hand_over");
    json_object_del(a->private_data, "give_up");
    json_object_del(a->private_data, "omit_replicas");
    k8s_note_live(a->client, a->call, &a->o, live, a->private_data);
    a->request->ret_private = k8s_private_write(a->call, a->private_data);
    char *differences = keep_old_manifest ? NULL : k8s_tree_differences(object, made, 10);
    if (differences) {
        sdk_log(a->call, IACP_LOG_INFO, "kubernetes: %s: the server's answer differs from the plan at %s",
                k8s_object_title(a->call, &a->o), differences);
    }
    free(differences);
    json_decref(planned);
    json_decref(made);
    json_decref(object);
}

/* Adds what is wrong with the pods of a workload. What cannot be asked is left out. */
static void add_pod_troubles(applying *a, const json_t *live, iac_buf *out)
{
    json_t *labels = k8s_tree_at(live, "spec.selector.matchLabels"), *value;
    const char *key;
    const k8s_kind *pods;
    k8s_reply reply;
    iac_buf selector;

    iac_status found = k8s_kind_find(a->client, a->call, "v1", "Pod", &pods, &reply);
    k8s_reply_clear(&reply);
    if (found != IAC_OK || json_object_size(labels) == 0) {
        return;
    }
    iac_buf_init(&selector, 65536);
    json_object_foreach(labels, key, value) {
        iac_buf_printf(&selector, "%s%s=%s", selector.n ? "," : "", key, json_string_value(value));
    }
    k8s_request request = {
        .method = "GET",
        .path = sdk_printf(a->call, "%s?limit=50&labelSelector=%s", k8s_kind_path(a->call, pods, a->o.namespace_, NULL),
                           k8s_query_escape(a->call, selector.p)),
        .quiet = true,
    };
    k8s_send(a->client, a->call, &request, &reply);
    k8s_pod_troubles(reply.body, 10, out);
    k8s_reply_clear(&reply);
    iac_buf_clear(&selector);
}

/* Waits as the wait block asks. *ret_live is replaced by the newest answer. */
static int32_t wait_ready(applying *a, uint64_t timeout_ms, json_t **ret_live)
{
    patience p = patience_for(timeout_ms);
    const char *title = k8s_object_title(a->call, &a->o);
    uint64_t told = now_ms();
    int32_t status = IACP_ERROR;
    iac_buf why;

    iac_buf_init(&why, 65536);
    for (;;) {
        k8s_reply reply;
        k8s_readiness readiness = k8s_wait_check(*ret_live, a->o.wait, &why);
        if (readiness == K8S_READY) {
            status = IACP_OK;
            break;
        }
        if (readiness == K8S_FAILED) {
            add_pod_troubles(a, *ret_live, &why);
            sdk_error(a->call, NULL, "Rollout failed", "%s was applied, but it cannot come to rest: %s", title, why.p);
            break;
        }
        if (now_ms() - told > 10000) {
            sdk_host->progress(a->call, sdk_printf(a->call, "waiting: %s", why.p));
            told = now_ms();
        }
        if (!patience_wait(&p, a->call)) {
            bool cancelled = sdk_host->cancelled(a->call);
            if (!cancelled) {
                add_pod_troubles(a, *ret_live, &why);
            }
            sdk_error(a->call, NULL, cancelled ? "Waiting was cancelled" : "Waiting timed out",
                      "%s was applied, but %s: %s", title,
                      cancelled ? "the operation was cancelled while waiting for it"
                                : "it was not ready when time was up", why.p);
            break;
        }
        if (!k8s_object_get(a->client, a->call, &a->o, &reply)) {
            k8s_object_error(a->client, a->call, &a->o, &reply, "wait for");
            k8s_reply_clear(&reply);
            break;
        }
        json_decref(*ret_live);
        *ret_live = json_incref(reply.body);
        k8s_reply_clear(&reply);
    }
    iac_buf_clear(&why);
    return status;
}

/* Finds the kind; one that this run defines may take a moment to be served. */
static int32_t find_kind(applying *a)
{
    patience p = patience_for(json_is_true(json_object_get(a->private_data, "absent_kind")) ? PREREQUISITE_MS : 2000);

    for (;;) {
        k8s_reply failure;
        iac_status found = k8s_object_find_kind(a->client, a->call, &a->o, &failure);
        if (found == IAC_ERR) {
            k8s_object_error(a->client, a->call, &a->o, &failure, "apply");
        }
        k8s_reply_clear(&failure);
        if (found != IAC_NOT_FOUND) {
            return found == IAC_OK ? IACP_OK : IACP_ERROR;
        }
        if (!patience_wait(&p, a->call)) {
            return sdk_error(a->call, "manifest.kind", "Unknown kind",
                             "The API server has no kind \"%s\" in \"%s\". If a custom resource definition in the same "
                             "configuration defines it, name that resource in depends_on.",
                             a->o.kind, a->o.api_version);
        }
    }
}

/* An object of that name must not exist yet; one that is being deleted is waited for. */
static int32_t make_way(applying *a)
{
    k8s_reply reply;
    int32_t status = IACP_OK;

    if (k8s_object_get(a->client, a->call, &a->o, &reply)) {
        if (*k8s_tree_text(reply.body, "metadata.deletionTimestamp")) {
            status = wait_gone(a, uid_of(reply.body), k8s_object_timeout(&a->o, "create"));
        } else {
            status = sdk_error(a->call, NULL, "Object exists already",
                               "%s exists, but it is not in the state. Import it with the id \"apiVersion=%s,kind=%s,%s"
                               "name=%s\", or delete it.",
                               k8s_object_title(a->call, &a->o), a->o.api_version, a->o.kind,
                               a->o.type->namespaced ? sdk_printf(a->call, "namespace=%s,", a->o.namespace_) : "",
                               a->o.name);
        }
    } else if (reply.status != 404 && reply.status != 403) {
        status = k8s_object_error(a->client, a->call, &a->o, &reply, "create");
    }
    k8s_reply_clear(&reply);
    return status;
}

/* generateName made into a name here, so that a create that is tried again makes the same object. */
static const char *generated_name(applying *a)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    uint64_t n = iac_str_hash(iac_str_of(a->request->token ? a->request->token : "iac"));
    char suffix[6] = "";

    n = iac_hash_mix(n, a->request->token ? 1 : now_ms());
    for (size_t i = 0; i < 5; i++, n /= sizeof(letters) - 1) {
        suffix[i] = letters[n % (sizeof(letters) - 1)];
    }
    return sdk_printf(a->call, "%.200s%s", k8s_tree_text(a->o.wanted, "metadata.generateName"), suffix);
}

static bool missing_namespace(const k8s_reply *reply)
{
    return reply->status == 404 && strcmp(k8s_tree_text(reply->body, "details.kind"), "namespaces") == 0;
}

/* Applies; a namespace made beside the object, and a webhook or kind that is just starting, are waited for. */
static bool apply_patiently(applying *a, const k8s_patch *patch, bool creating, k8s_reply *ret)
{
    patience p = patience_for(PREREQUISITE_MS);

    while (!k8s_object_apply(a->client, a->call, &a->o, patch, ret)) {
        bool later = creating && missing_namespace(ret);
        if (!later || !patience_wait(&p, a->call)) {
            return false;
        }
        k8s_reply_clear(ret);
    }
    return true;
}

/* Keeps replicas at their present value while we cease to own them. */
static bool hand_over_replicas(applying *a, k8s_reply *ret)
{
    const json_t *replicas = json_object_get(a->private_data, "hand_over");

    if (!json_is_integer(replicas)) {
        return true;
    }
    json_t *body = json_pack("{s:{s:O}}", "spec", "replicas", replicas);
    k8s_patch patch = { .body = body, .manager = HAND_OVER_MANAGER, .force = true };
    bool ok = k8s_object_apply(a->client, a->call, &a->o, &patch, ret);
    if (ok) {
        k8s_reply_clear(ret);
    }
    json_decref(body);
    return ok;
}

/* An earlier manager of ours ceases to own what we own now; what it alone owned is removed. The reply is the object
 * after that. */
static bool give_up_earlier_manager(applying *a, k8s_reply *ret)
{
    const char *rival = k8s_tree_text(a->private_data, "give_up");

    if (!*rival) {
        return true;
    }
    json_t *nothing = json_object();
    k8s_patch patch = { .body = nothing, .manager = rival, .force = true };
    k8s_reply_clear(ret);
    bool ok = k8s_object_apply(a->client, a->call, &a->o, &patch, ret);
    json_decref(nothing);
    return ok;
}

static int32_t apply_body(applying *a, const json_t *body, bool creating)
{
    bool takes_over = *k8s_tree_text(a->private_data, "give_up") != '\0';
    k8s_patch patch = { .body = body, .force = a->o.force || takes_over };
    k8s_reply reply;
    int32_t status;

    if (!hand_over_replicas(a, &reply) || !apply_patiently(a, &patch, creating, &reply) ||
        !give_up_earlier_manager(a, &reply)) {
        status = k8s_object_error(a->client, a->call, &a->o, &reply, creating ? "create" : "change");
        k8s_reply_clear(&reply);
        return status;
    }
    if (creating && reply.status == 200 && reply.tries == 1) {
        sdk_warning(a->call, NULL, "Object appeared meanwhile",
                    "%s was made by someone else just before it was to be created; the configuration was applied to "
                    "that object.", k8s_object_title(a->call, &a->o));
    }
    json_t *live = json_incref(reply.body);
    k8s_reply_clear(&reply);
    status = IACP_OK;
    if (a->o.wait) {
        status = wait_ready(a, k8s_object_timeout(&a->o, creating ? "create" : "update"), &live);
    }
    store(a, body, live, status != IACP_OK && !creating);
    json_decref(live);
    return status;
}

static int32_t create_or_change(applying *a)
{
    bool creating = !a->old;

    if (!a->o.identified || !a->o.wanted || k8s_tree_has_unknown(a->o.wanted)) {
        return sdk_error(a->call, "manifest", "Invalid manifest",
                         "The manifest needs apiVersion, kind and metadata.name, all known at this point.");
    }
    if (!a->o.name) {
        a->o.name = creating ? generated_name(a) : k8s_tree_text(a->old, "metadata.name");
    }
    if (find_kind(a) != IACP_OK || (creating && make_way(a) != IACP_OK)) {
        return IACP_ERROR;
    }
    json_t *body = k8s_plan_body(a->o.wanted, NULL);
    if (json_is_true(json_object_get(a->private_data, "omit_replicas"))) {
        json_object_del(json_object_get(body, "spec"), "replicas");
    }
    int32_t status = apply_body(a, body, creating);
    json_decref(body);
    return status;
}

int32_t k8s_apply(k8s_client *client, iacp_call *call, iacp_apply *request)
{
    applying a = { .client = client, .call = call, .request = request };
    bool gone = sdk_is_null(request->planned);
    int32_t status = IACP_ERROR;

    a.private_data = k8s_private_read(request->private_data);
    a.old = k8s_from_value(call, sdk_get(request->prior, "object"));
    if (!json_is_object(a.old)) {
        json_decref(a.old);
        a.old = NULL;
    }
    if (k8s_object_read(call, client, gone ? request->prior : request->config, &a.o)) {
        status = gone ? destroy(&a) : create_or_change(&a);
    }
    k8s_object_clear(&a.o);
    json_decref(a.old);
    json_decref(a.private_data);
    return status;
}

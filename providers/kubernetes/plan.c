#include "providers/kubernetes/plan.h"
#include "providers/kubernetes/immutable.h"
#include <stdio.h>
#include <string.h>

#define TRIAL_SUFFIX "-iac-dry-run"
#define MAX_NAME 63 /* of a Service, the shortest of all */

typedef struct planning {
    k8s_client *client;
    iacp_call *call;
    iacp_plan *request;
    k8s_object o;         /* the configuration */
    k8s_object before;    /* the state; empty for a new object */
    json_t *old;          /* before's object attribute, borrowed from before.config; NULL when none */
    json_t *private_data; /* owned */
    json_t *replace;      /* owned: array of paths within the manifest */
    iac_buf note;
} planning;

/* Parts without a server */

json_t *k8s_plan_body(const json_t *wanted, const json_t *known)
{
    const char *key;
    json_t *value, *out;
    size_t i;

    if (k8s_tree_is_unknown(wanted)) {
        return known && !json_is_null(known) && !k8s_tree_has_unknown(known) ? json_deep_copy(known) : NULL;
    }
    if (json_is_object(wanted)) {
        out = json_object();
        json_object_foreach((json_t *)wanted, key, value) {
            json_t *part = k8s_plan_body(value, json_object_get(known, key));
            if (part) {
                json_object_set_new(out, key, part);
            }
        }
        return out;
    }
    if (json_is_array(wanted)) {
        bool aligned = json_is_array(known) && json_array_size(known) == json_array_size(wanted);
        out = json_array();
        json_array_foreach(wanted, i, value) {
            json_t *part = k8s_plan_body(value, aligned ? json_array_get(known, i) : NULL);
            if (part) {
                json_array_append_new(out, part);
            }
        }
        return out;
    }
    return json_deep_copy(wanted);
}

json_t *k8s_plan_mark_unknown(const json_t *result, const json_t *wanted)
{
    const char *key;
    json_t *value, *out;
    size_t i;

    if (k8s_tree_is_unknown(wanted)) {
        return k8s_tree_unknown();
    }
    if (!k8s_tree_has_unknown(wanted)) {
        return result ? json_deep_copy(result) : NULL;
    }
    if (json_is_object(wanted)) {
        out = json_is_object(result) ? json_copy((json_t *)result) : json_object();
        json_object_foreach((json_t *)wanted, key, value) {
            json_t *part = k8s_plan_mark_unknown(json_object_get(result, key), value);
            if (part) {
                json_object_set_new(out, key, part);
            }
        }
        return out;
    }
    /* A list: its items may come back in another order, so each must be recognised where it stands. */
    if (!json_is_array(result) || json_array_size(result) != json_array_size(wanted)) {
        return k8s_tree_unknown();
    }
    json_array_foreach(wanted, i, value) {
        json_t *known = k8s_tree_clean(value, true);
        bool same = !known || k8s_tree_contains(json_array_get(result, i), known);
        json_decref(known);
        if (!same) {
            return k8s_tree_unknown();
        }
    }
    out = json_array();
    json_array_foreach(wanted, i, value) {
        json_array_append_new(out, k8s_plan_mark_unknown(json_array_get(result, i), value));
    }
    return out;
}

/* Results */

static int32_t planned(planning *p, sdk_val object)
{
    sdk_object out = sdk_object_from(p->call, p->request->proposed);
    size_t i, n = json_array_size(p->replace);
    json_t *path;

    sdk_set(&out, "object", object);
    p->request->ret_planned = out.value;
    if (n > 0) {
        const char **paths = sdk_alloc(p->call, n * sizeof(*paths));
        json_array_foreach(p->replace, i, path) {
            const char *text = json_string_value(path);
            paths[i] = *text ? sdk_printf(p->call, "manifest.%s", text) : "manifest";
        }
        p->request->ret_requires_replace = paths;
        p->request->ret_requires_replace_count = n;
    }
    if (p->note.n) {
        p->request->ret_note = sdk_strndup(p->call, p->note.p, p->note.n);
    }
    p->request->ret_private = k8s_private_write(p->call, p->private_data);
    return IACP_OK;
}

static int32_t planned_unknown(planning *p)
{
    return planned(p, sdk_unknown(p->call, "dynamic"));
}

/* Without a dry run: says so once for each reason. */
static int32_t planned_offline(planning *p, const char *reason)
{
    k8s_warn_once(p->client, p->call, "Planned without the Kubernetes API server", reason);
    return planned_unknown(p);
}

static void require_replace(planning *p, const char *path)
{
    size_t i;
    json_t *known;

    json_array_foreach(p->replace, i, known) {
        if (strcmp(json_string_value(known), path) == 0) {
            return;
        }
    }
    json_array_append_new(p->replace, json_string(path));
}

static void set_unknown(json_t *tree, const char *path)
{
    json_t *unknown = k8s_tree_unknown();
    k8s_tree_put(tree, path, unknown);
    json_decref(unknown);
}

static void set_computed_unknown(const planning *p, json_t *object)
{
    json_t *path;
    size_t i;

    json_array_foreach(p->o.computed_fields, i, path) {
        const char *text = json_string_value(path);
        if (text && k8s_tree_at(object, text)) {
            set_unknown(object, text);
        }
    }
}

/* Unknown for what only the server decides, unless the manifest sets it. */
static void set_server_fields_unknown(const planning *p, json_t *object)
{
    json_t *extra = k8s_object_extra(&p->o), *path;
    size_t i;

    json_array_foreach(extra, i, path) {
        if (!k8s_tree_at(p->o.wanted, json_string_value(path))) {
            set_unknown(object, json_string_value(path));
        }
    }
    json_decref(extra);
}

/* Where the server may not be asked, or refuses to answer */

/* A reason to plan without the server, or NULL when the reply is a true error. */
static const char *offline_reason(planning *p, const k8s_reply *r)
{
    const char *title = k8s_object_title(p->call, &p->o);

    if (r->no_access || r->cancelled) {
        return NULL;
    }
    if (r->status == 0 && !r->away) {
        return NULL;
    }
    if (r->status == 0) {
        return sdk_printf(p->call, "The server cannot be reached (%s), so the plan shows what the configuration says "
                                   "and not what the server would make of it.", r->message);
    }
    if (r->status == 404 && strcmp(k8s_tree_text(r->body, "details.kind"), "namespaces") == 0) {
        return sdk_printf(p->call, "The namespace \"%s\" does not exist yet: objects in it are planned from the "
                                   "configuration alone.", p->o.namespace_);
    }
    if (r->status == 403 &&
        (strstr(r->message, "cannot patch resource") || strstr(r->message, "cannot create resource"))) {
        return sdk_printf(p->call, "The credentials do not permit a dry run: %s", r->message);
    }
    if (strstr(r->message, "does not support dry run")) {
        return sdk_printf(p->call, "An admission webhook does not support dry runs, so %s is planned from the "
                                   "configuration alone.", title);
    }
    return NULL;
}

/* New objects */

static json_t *known_body(const planning *p)
{
    return k8s_plan_body(p->o.wanted, p->old);
}

static bool dry_run(planning *p, const json_t *body, const char *name, bool force, k8s_reply *ret)
{
    k8s_patch patch = { .body = body, .name = name, .dry_run = true, .force = force };
    return k8s_object_apply(p->client, p->call, &p->o, &patch, ret);
}

/* A name that nothing has, for asking whether an object could be made while another one has its name. */
static const char *trial_name(planning *p)
{
    const char *name = p->o.name ? p->o.name : k8s_tree_text(p->o.wanted, "metadata.generateName");
    size_t n = strlen(name), most = MAX_NAME - strlen(TRIAL_SUFFIX);

    n = n < most ? n : most;
    while (n > 0 && strchr("-.", name[n - 1])) {
        n--;
    }
    return sdk_printf(p->call, "%.*s" TRIAL_SUFFIX, (int)n, name);
}

/* The planned object from what a dry run of its creation answered. */
static json_t *created_object(const planning *p, const json_t *answer)
{
    json_t *object = k8s_object_project(&p->o, answer, NULL);
    json_t *name = p->o.name ? json_string(p->o.name) : k8s_tree_unknown();

    k8s_tree_put(object, "metadata.name", name);
    json_decref(name);
    set_unknown(object, "metadata.uid");
    set_server_fields_unknown(p, object);
    set_computed_unknown(p, object);
    json_t *marked = k8s_plan_mark_unknown(object, p->o.wanted);
    json_decref(object);
    return marked;
}

/* The name that was only tried has no place in a message to people. */
static void hide_trial_name(planning *p, k8s_reply *reply)
{
    char *message = sdk_strndup(p->call, reply->message, strlen(reply->message));

    for (char *at = strstr(message, TRIAL_SUFFIX); at; at = strstr(at, TRIAL_SUFFIX)) {
        memmove(at, at + strlen(TRIAL_SUFFIX), strlen(at + strlen(TRIAL_SUFFIX)) + 1);
    }
    reply->message = message;
}

/* Whether the name is a free choice: a definition's name, for one, follows from its content. */
static bool may_be_renamed(const planning *p)
{
    return strcmp(p->o.kind, "CustomResourceDefinition") != 0 && strcmp(p->o.kind, "APIService") != 0;
}

/* Plans the creation of an object while one of its name exists: it is to be replaced. */
static int32_t plan_under_trial_name(planning *p, const json_t *body, const k8s_reply *refusal)
{
    k8s_reply reply;
    int32_t status;

    if (!may_be_renamed(p)) {
        return planned_unknown(p);
    }
    if (dry_run(p, body, trial_name(p), p->o.force, &reply)) {
        json_t *object = created_object(p, reply.body);
        status = planned(p, k8s_to_value(p->call, object));
        json_decref(object);
    } else if (p->o.config && k8s_tree_has_unknown(p->o.wanted) && reply.status >= 400 && reply.status < 500) {
        status = planned_unknown(p);
    } else if (refusal) { /* what cannot be made anew is not worth deleting: the first refusal is the answer */
        status = k8s_object_error(p->client, p->call, &p->o, refusal, "change");
    } else {
        hide_trial_name(p, &reply);
        const char *reason = offline_reason(p, &reply);
        status = reason ? planned_offline(p, reason)
                        : k8s_object_error(p->client, p->call, &p->o, &reply, "create");
    }
    k8s_reply_clear(&reply);
    return status;
}

static bool exists_already(planning *p)
{
    k8s_reply reply;
    bool there = k8s_object_get(p->client, p->call, &p->o, &reply);
    k8s_reply_clear(&reply);
    return there;
}

static int32_t plan_create(planning *p)
{
    json_t *body = known_body(p);
    k8s_reply reply;
    int32_t status;

    if (dry_run(p, body, p->o.name ? NULL : trial_name(p), p->o.force, &reply)) {
        if (reply.status == 201 || !p->o.name) {
            json_t *object = created_object(p, reply.body);
            status = planned(p, k8s_to_value(p->call, object));
            json_decref(object);
        } else {
            status = plan_under_trial_name(p, body, NULL);
        }
    } else {
        bool content = reply.status == 422 || reply.status == 400 || reply.status == 409 || reply.status == 500;
        const char *reason = offline_reason(p, &reply);
        if (reason) {
            status = planned_offline(p, reason);
        } else if (content && p->o.name && exists_already(p)) {
            status = plan_under_trial_name(p, body, NULL);
        } else if (content && k8s_tree_has_unknown(p->o.wanted)) {
            status = planned_unknown(p); /* what is missing may be what is not known yet */
        } else {
            status = k8s_object_error(p->client, p->call, &p->o, &reply, "create");
        }
    }
    k8s_reply_clear(&reply);
    json_decref(body);
    return status;
}

static int32_t plan_replacement(planning *p, const k8s_reply *refusal)
{
    json_t *body;
    int32_t status;

    p->old = NULL; /* nothing of it will be left */
    body = known_body(p);
    status = plan_under_trial_name(p, body, refusal);
    json_decref(body);
    return status;
}

/* Existing objects */

/* Leaves replicas to whom they belong. An autoscaler's are not sent at all; ones that the configuration no longer sets
 * are sent with their present value by a manager that hands them over, or the server would reset them to 1. */
static void settle_replicas(planning *p, json_t *body)
{
    const char *scaler = k8s_tree_text(p->private_data, "scaler");
    json_t *spec = json_object_get(body, "spec"), *live = json_object_get(p->private_data, "replicas");
    json_t *wanted = json_object_get(spec, "replicas");

    json_object_del(p->private_data, "omit_replicas");
    json_object_del(p->private_data, "hand_over");
    if (*scaler && wanted) {
        if (json_is_integer(live) && !k8s_tree_equal(wanted, live)) {
            iac_buf_printf(&p->note, "spec.replicas is left to %s, which has set it to %lld", scaler,
                           (long long)json_integer_value(live));
        }
        json_object_set_new(p->private_data, "omit_replicas", json_true());
        json_object_del(spec, "replicas");
    } else if (!wanted && spec && json_is_true(json_object_get(p->private_data, "owns_replicas")) && live) {
        json_object_set(p->private_data, "hand_over", live);
        json_object_set(spec, "replicas", live);
    }
}

/* Nothing that we own has changed since we applied the same thing: applying it again would change nothing. */
static bool is_as_left(planning *p, const json_t *body)
{
    const char *done = k8s_tree_text(p->private_data, "done"), *now = k8s_tree_text(p->private_data, "now");

    return *done && strcmp(done, now) == 0 &&
           strcmp(k8s_tree_text(p->private_data, "body"), k8s_object_body_mark(p->call, &p->o, body)) == 0;
}

/* The manifest of the state means the same as that of the configuration: keep it, and there is no change to show. */
static void keep_manifest_if_same(planning *p)
{
    sdk_val old = sdk_get(p->request->prior, "manifest"), new = sdk_get(p->request->proposed, "manifest");

    if (!p->before.wanted || k8s_tree_has_unknown(p->o.wanted) || sdk_host->equal(old, new)) {
        return;
    }
    json_t *a = k8s_tree_clean(p->before.wanted, true), *b = k8s_tree_clean(p->o.wanted, true);
    if (p->o.type && p->o.type->namespaced) {
        json_t *space = json_string(p->o.namespace_); /* the state's is the same, or it would be replaced */
        k8s_tree_put(a, "metadata.namespace", space);
        k8s_tree_put(b, "metadata.namespace", space);
        json_decref(space);
    }
    if (k8s_tree_equal(a, b)) {
        sdk_object out = sdk_object_from(p->call, p->request->proposed);
        sdk_set(&out, "manifest", old);
        p->request->proposed = out.value;
    }
    json_decref(a);
    json_decref(b);
}

/* Whether anything but `object` differs between the state and what is proposed. */
static bool attributes_differ(const planning *p)
{
    sdk_object a = sdk_object_from(p->call, p->request->prior), b = sdk_object_from(p->call, p->request->proposed);

    sdk_set(&a, "object", sdk_null(p->call, "dynamic"));
    sdk_set(&b, "object", sdk_null(p->call, "dynamic"));
    return !sdk_host->equal(a.value, b.value);
}

static int32_t planned_update(planning *p, const json_t *answer)
{
    /* What an earlier manager of ours alone owned goes when it gives up: it is not kept in view. */
    bool gives_up = *k8s_tree_text(p->private_data, "give_up") != '\0';
    json_t *object = k8s_object_project(&p->o, answer, gives_up ? NULL : p->old);
    int32_t status;

    if (json_is_true(json_object_get(p->private_data, "omit_replicas"))) {
        k8s_tree_remove(object, "spec.replicas");
    }
    json_t *marked = k8s_plan_mark_unknown(object, p->o.wanted);
    json_decref(object);
    keep_manifest_if_same(p);
    bool same = k8s_tree_equal(marked, p->old);
    if (same && !attributes_differ(p)) {
        status = planned(p, sdk_get(p->request->prior, "object"));
    } else {
        json_t *path, *extra = k8s_object_extra(&p->o);
        size_t i;
        bool type_changes = !k8s_tree_equal(k8s_tree_at(marked, "spec.type"), k8s_tree_at(p->old, "spec.type"));
        json_array_foreach(extra, i, path) { /* a change is awaited, or its kind of address changes */
            const char *text = json_string_value(path);
            bool awaited = p->o.wait && strncmp(text, "status", 6) == 0;
            if (!k8s_tree_at(p->o.wanted, text) && !same && (awaited || type_changes)) {
                set_unknown(marked, text);
            }
        }
        json_decref(extra);
        if (!same) {
            set_computed_unknown(p, marked);
        }
        status = planned(p, same ? sdk_get(p->request->prior, "object") : k8s_to_value(p->call, marked));
    }
    json_decref(marked);
    return status;
}

/* Whether all fields in conflict belong to the manager under which this very resource was applied before. */
static bool conflicts_with_rival_only(const planning *p, const k8s_reply *reply)
{
    const char *rival = k8s_tree_text(p->private_data, "give_up");
    json_t *cause;
    size_t i;
    iac_buf owner;
    bool only = *rival != '\0';

    iac_buf_init(&owner, 1024);
    iac_buf_printf(&owner, "conflict with \"%s\"", rival);
    json_array_foreach(k8s_tree_at(reply->body, "details.causes"), i, cause) {
        only = only && strncmp(k8s_tree_text(cause, "message"), owner.p, owner.n) == 0;
    }
    iac_buf_clear(&owner);
    return only;
}

static int32_t refused_update(planning *p, const json_t *body, k8s_reply *reply)
{
    json_t *paths = NULL, *path;
    size_t i;

    if (k8s_is_conflict(reply) && (p->o.force || conflicts_with_rival_only(p, reply))) {
        if (p->o.force) {
            iac_buf_cstr(&p->note, "takes over fields from other managers:");
            k8s_conflict_list(reply, &p->note);
        }
        k8s_reply_clear(reply);
        if (dry_run(p, body, NULL, true, reply)) {
            return planned_update(p, reply->body);
        }
    }
    if (k8s_immutable_refusal(reply->body, &paths)) {
        json_array_foreach(paths, i, path) {
            bool there = k8s_tree_at(json_object_get(p->o.config, "manifest"), json_string_value(path)) != NULL;
            require_replace(p, there ? json_string_value(path) : "");
        }
        json_decref(paths);
        if (json_array_size(p->replace) == 0) {
            require_replace(p, "");
        }
        return plan_replacement(p, reply);
    }
    const char *reason = reply->status ? offline_reason(p, reply) : NULL;
    if (reason) {
        return planned_offline(p, reason);
    }
    if ((reply->status == 422 || reply->status == 400 || reply->status == 500) &&
        k8s_tree_has_unknown(p->o.wanted)) {
        return planned_unknown(p);
    }
    return k8s_object_error(p->client, p->call, &p->o, reply, "change");
}

/* Notes the manager that owned our fields until now and is to give them up: that of the state, or that of Terraform's
 * provider where the object came from there. */
static void settle_manager(planning *p)
{
    const char *rival = k8s_tree_text(p->private_data, "rival");

    json_object_del(p->private_data, "give_up");
    if (strcmp(p->before.manager, p->o.manager) != 0) {
        rival = p->before.manager;
    }
    if (*rival && strcmp(rival, p->o.manager) != 0) {
        json_object_set_new(p->private_data, "give_up", json_string(rival));
    }
}

static int32_t plan_update(planning *p)
{
    json_t *body = known_body(p);
    int32_t status;
    k8s_reply reply;

    settle_manager(p);
    settle_replicas(p, body);
    if (is_as_left(p, body) && !k8s_tree_has_unknown(p->o.wanted)) {
        json_decref(body);
        keep_manifest_if_same(p);
        return planned(p, sdk_get(p->request->prior, "object"));
    }
    if (dry_run(p, body, NULL, false, &reply)) {
        status = planned_update(p, reply.body);
    } else {
        status = refused_update(p, body, &reply);
    }
    k8s_reply_clear(&reply);
    json_decref(body);
    return status;
}

/* What makes it another object, or needs one */

static const char *group_of(iacp_call *call, const char *api_version)
{
    const char *slash = strchr(api_version, '/');
    return slash ? sdk_strndup(call, api_version, (size_t)(slash - api_version)) : "";
}

static void compare_identity(planning *p)
{
    const char *group = group_of(p->call, p->o.api_version);
    const char *old_space = k8s_tree_text(p->old, "metadata.namespace");

    if (strcmp(group, group_of(p->call, k8s_tree_text(p->old, "apiVersion"))) != 0) {
        require_replace(p, "apiVersion");
    }
    if (strcmp(p->o.kind, k8s_tree_text(p->old, "kind")) != 0) {
        require_replace(p, "kind");
    }
    if (p->o.name && strcmp(p->o.name, k8s_tree_text(p->old, "metadata.name")) != 0) {
        require_replace(p, "metadata.name");
    }
    if (!p->o.name && strcmp(k8s_tree_text(p->o.wanted, "metadata.generateName"),
                             k8s_tree_text(p->old, "metadata.generateName")) != 0) {
        require_replace(p, "metadata.generateName");
    }
    if (*old_space && strcmp(p->o.namespace_, old_space) != 0) {
        require_replace(p, k8s_tree_at(p->o.wanted, "metadata.namespace") ? "metadata.namespace" : "");
    }
    const json_t *before = p->before.wanted ? p->before.wanted : p->old;
    json_t *changes = k8s_immutable_changes(group, p->o.kind, before, p->o.wanted), *path;
    size_t i;
    json_array_foreach(changes, i, path) {
        bool there = k8s_tree_at(json_object_get(p->o.config, "manifest"), json_string_value(path)) != NULL;
        require_replace(p, there ? json_string_value(path) : "");
    }
    json_decref(changes);
    if (json_is_true(json_object_get(p->private_data, "terminating"))) {
        iac_buf_cstr(&p->note, "is being deleted by someone; it will be made again once it is gone");
        require_replace(p, "");
    }
}

/* Plans of the destruction: what would be lost. */
static int32_t plan_destroy(iacp_call *call, iacp_plan *request)
{
    sdk_val object = sdk_get(request->prior, "object");
    const char *kind = sdk_cstr(sdk_get(object, "kind"), "");

    request->ret_planned = NULL;
    request->ret_private = request->private_data;
    request->ret_reversible = IACP_REVERSIBLE_NEW_IDENTITY;
    if (strcmp(kind, "Namespace") == 0) {
        request->ret_note = "deletes everything in the namespace";
        request->ret_reversible = IACP_REVERSIBLE_DATA_LOST;
    } else if (strcmp(kind, "PersistentVolumeClaim") == 0 || strcmp(kind, "PersistentVolume") == 0) {
        request->ret_note = "its data may be lost with it";
        request->ret_reversible = IACP_REVERSIBLE_DATA_LOST;
    } else if (strcmp(kind, "CustomResourceDefinition") == 0) {
        request->ret_note = "deletes every object of the kind that it defines";
        request->ret_reversible = IACP_REVERSIBLE_DATA_LOST;
    } else if (strcmp(kind, "Service") == 0 &&
               strcmp(sdk_cstr(sdk_at(object, "spec.type"), ""), "LoadBalancer") == 0) {
        request->ret_note = "its external address is given up";
    }
    (void)call;
    return IACP_OK;
}

static int32_t plan_with_server(planning *p)
{
    k8s_reply failure;
    int32_t status;

    iac_status found = k8s_object_find_kind(p->client, p->call, &p->o, &failure);
    if (found == IAC_NOT_FOUND) {
        json_object_set_new(p->private_data, "absent_kind", json_true());
        status = planned_offline(p, sdk_printf(p->call, "The server does not know the kind %s (%s) yet: its objects "
                                                        "are planned from the configuration alone.",
                                               p->o.kind, p->o.api_version));
    } else if (found != IAC_OK) {
        const char *reason = p->old ? NULL : offline_reason(p, &failure);
        status = reason ? planned_offline(p, reason)
                        : k8s_object_error(p->client, p->call, &p->o, &failure, "plan");
    } else if (!p->old) {
        status = plan_create(p);
    } else if (json_array_size(p->replace) > 0) {
        status = plan_replacement(p, NULL);
    } else {
        if (!p->o.name) { /* a generated name stays */
            p->o.name = k8s_tree_text(p->old, "metadata.name");
        }
        status = plan_update(p);
    }
    k8s_reply_clear(&failure);
    return status;
}

int32_t k8s_plan(k8s_client *client, iacp_call *call, iacp_plan *request)
{
    planning p = { .client = client, .call = call, .request = request };
    int32_t status = IACP_ERROR;

    if (sdk_is_null(request->proposed)) {
        return plan_destroy(call, request);
    }
    iac_buf_init(&p.note, 65536);
    p.private_data = k8s_private_read(request->private_data);
    p.replace = json_array();
    json_object_del(p.private_data, "absent_kind");
    if (!k8s_object_read(call, client, request->config, &p.o) ||
        !k8s_object_read(call, client, request->prior, &p.before)) {
        goto out;
    }
    p.old = json_object_get(p.before.config, "object");
    p.old = json_is_object(p.old) ? p.old : NULL;
    if (p.old && p.o.identified) {
        compare_identity(&p);
    }
    if (!p.o.identified || request->provider_unconfigured || !client) {
        status = planned_unknown(&p);
    } else {
        status = plan_with_server(&p);
    }
out:
    iac_buf_clear(&p.note);
    json_decref(p.private_data);
    json_decref(p.replace);
    k8s_object_clear(&p.o);
    k8s_object_clear(&p.before);
    return status;
}

#include "providers/kubernetes/read.h"
#include <stdio.h>
#include <string.h>

#define LIST_FROM 3 /* so many reads of one kind and namespace are answered by a list call */
#define PAGE "500"
#define TERRAFORM_MANAGER "Terraform" /* what Terraform's provider applies a kubernetes_manifest as */

/* Whether an autoscaler targets the object. What cannot be asked counts as no. */
static bool has_autoscaler(k8s_client *client, iacp_call *call, const k8s_object *o, const json_t *live)
{
    k8s_reply reply;
    const k8s_kind *kind;
    json_t *item;
    size_t i;
    bool found = false;

    iac_status status = k8s_kind_find(client, call, "autoscaling/v1", "HorizontalPodAutoscaler", &kind, &reply);
    k8s_reply_clear(&reply);
    if (status != IAC_OK) {
        return false;
    }
    k8s_request request = { .method = "GET", .path = k8s_kind_path(call, kind, o->namespace_, NULL), .quiet = true };
    k8s_send(client, call, &request, &reply);
    json_array_foreach(json_object_get(reply.body, "items"), i, item) {
        found = found || (strcmp(k8s_tree_text(item, "spec.scaleTargetRef.kind"), o->kind) == 0 &&
                          strcmp(k8s_tree_text(item, "spec.scaleTargetRef.name"),
                                 k8s_tree_text(live, "metadata.name")) == 0);
    }
    k8s_reply_clear(&reply);
    return found;
}

void k8s_note_live(k8s_client *client, iacp_call *call, const k8s_object *o, const json_t *live,
                   json_t *private_data)
{
    const char *scaler = k8s_fields_scaler(live, o->manager);
    json_t *replicas = k8s_tree_at(live, "spec.replicas");

    /* `kubectl scale` writes in the same way as an autoscaler, but it is a person's change, unless one is in charge. */
    if (scaler && strncmp(scaler, "kubectl", 7) == 0 && !has_autoscaler(client, call, o, live)) {
        scaler = NULL;
    }
    json_object_del(private_data, "scaler");
    json_object_del(private_data, "replicas");
    json_object_del(private_data, "owns_replicas");
    json_object_del(private_data, "terminating");
    json_object_del(private_data, "rival");
    if (!k8s_fields_own(live, o->manager) && k8s_fields_own(live, TERRAFORM_MANAGER)) {
        json_object_set_new(private_data, "rival", json_string(TERRAFORM_MANAGER));
    }
    if (scaler) {
        json_object_set_new(private_data, "scaler", json_string(scaler));
    }
    if (json_is_integer(replicas)) {
        json_object_set(private_data, "replicas", replicas);
    }
    if (k8s_fields_has_replicas(k8s_fields_own(live, o->manager))) {
        json_object_set_new(private_data, "owns_replicas", json_true());
    }
    if (*k8s_tree_text(live, "metadata.deletionTimestamp")) {
        json_object_set_new(private_data, "terminating", json_true());
    }
}

/* One read: the object that a state names. */
typedef struct reading {
    k8s_object o;
    json_t *old; /* the object attribute, borrowed from o.config; NULL when there is none */
    bool valid;
} reading;

static bool reading_open(k8s_client *client, iacp_call *call, sdk_val state, reading *ret)
{
    *ret = (reading){ 0 };
    if (!k8s_object_read(call, client, state, &ret->o)) {
        return false;
    }
    ret->old = json_object_get(ret->o.config, "object");
    ret->old = json_is_object(ret->old) && !k8s_tree_is_unknown(ret->old) ? ret->old : NULL;
    const char *space = k8s_tree_text(ret->old, "metadata.namespace");
    if (*k8s_tree_text(ret->old, "kind")) {
        ret->o.api_version = k8s_tree_text(ret->old, "apiVersion");
        ret->o.kind = k8s_tree_text(ret->old, "kind");
        ret->o.name = k8s_tree_text(ret->old, "metadata.name");
        ret->o.namespace_ = *space ? space : ret->o.namespace_;
    }
    ret->valid = *ret->o.kind && *ret->o.api_version && ret->o.name && *ret->o.name;
    return true;
}

static int32_t found(k8s_client *client, iacp_call *call, iacp_read *request, reading *r, const json_t *live)
{
    json_t *private_data = k8s_private_read(request->private_data);
    sdk_object out = sdk_object_from(call, request->state);

    k8s_note_live(client, call, &r->o, live, private_data);
    json_object_set_new(private_data, "now", json_string(k8s_object_mark(call, &r->o, live)));
    json_t *object = k8s_object_project(&r->o, live, r->old);
    if (*k8s_tree_text(private_data, "scaler")) {
        k8s_tree_remove(object, "spec.replicas");
    }
    if (!k8s_tree_equal(object, r->old)) { /* else keep the very value: no difference of form may look like drift */
        sdk_set(&out, "object", k8s_to_value(call, object));
    }
    request->ret_state = out.value;
    request->ret_private = k8s_private_write(call, private_data);
    json_decref(object);
    json_decref(private_data);
    return IACP_OK;
}

/* The server knows no such kind. Its group may only be away for a moment (an aggregated API): ask for it by name. */
static int32_t kind_is_gone(k8s_client *client, iacp_call *call, iacp_read *request, const reading *r)
{
    k8s_reply reply;
    k8s_request probe = {
        .method = "GET",
        .path = sdk_printf(call, strchr(r->o.api_version, '/') ? "/apis/%s" : "/api/%s", r->o.api_version),
        .quiet = true,
    };
    int32_t status = IACP_OK;

    k8s_send(client, call, &probe, &reply);
    if (reply.status == 200 || reply.status == 404) {
        request->ret_state = NULL;
    } else {
        status = k8s_object_error(client, call, &r->o, &reply, "read");
    }
    k8s_reply_clear(&reply);
    return status;
}

static int32_t read_one(k8s_client *client, iacp_call *call, iacp_read *request, reading *r)
{
    k8s_reply reply;
    int32_t status;

    if (!r->valid) {
        request->ret_state = request->state; /* never made by us; nothing to look for */
        return IACP_OK;
    }
    iac_status kind = k8s_object_find_kind(client, call, &r->o, &reply);
    if (kind == IAC_NOT_FOUND) {
        return kind_is_gone(client, call, request, r);
    }
    if (kind == IAC_OK && k8s_object_get(client, call, &r->o, &reply)) {
        status = found(client, call, request, r, reply.body);
    } else if (kind == IAC_OK && reply.status == 404) {
        request->ret_state = NULL;
        status = IACP_OK;
    } else {
        status = k8s_object_error(client, call, &r->o, &reply, "read");
    }
    k8s_reply_clear(&reply);
    return status;
}

int32_t k8s_read(k8s_client *client, iacp_call *call, iacp_read *request)
{
    reading r;
    int32_t status = IACP_ERROR;

    if (reading_open(client, call, request->state, &r)) {
        status = read_one(client, call, request, &r);
    }
    k8s_object_clear(&r.o);
    return status;
}

/* Many reads */

typedef struct member {
    iacp_read *request;
    reading r;
    bool answered;
} member;

typedef IAC_VEC(member *) members;

/* Those of one kind and namespace. */
typedef struct batch {
    const k8s_kind *kind;
    const char *namespace_;
    members members;
} batch;

/* One page's objects. */
static void take_items(k8s_client *client, const batch *b, const iac_map *wanted, const json_t *list)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(list, "items"), i, item) {
        member *m = iac_map_get(wanted, iac_str_of(k8s_tree_text(item, "metadata.name")));
        if (m) {
            json_object_set_new(item, "apiVersion", json_string(b->kind->api_version));
            json_object_set_new(item, "kind", json_string(b->kind->kind));
            m->request->ret_status = found(client, m->request->call, m->request, &m->r, item);
            m->answered = true;
        }
    }
}

/* Answers the members of a batch by a list call; whoever is not in the list is gone. Members stay unanswered when the
 * list cannot be had: each is read by itself then. */
static void read_by_list(k8s_client *client, const batch *b)
{
    iacp_call *call = b->members.v[0]->request->call;
    const char *next = "";
    iac_map wanted = { 0 };
    bool ok;

    for (size_t i = 0; i < b->members.n; i++) {
        iac_str name = iac_str_of(b->members.v[i]->r.o.name);
        if (!iac_map_has(&wanted, name)) { /* a second one of that name reads for itself */
            iac_map_put(&wanted, name, b->members.v[i]);
        }
    }
    do {
        k8s_reply reply;
        k8s_request request = {
            .method = "GET",
            .path = sdk_printf(call, "%s?limit=" PAGE "%s%s", k8s_kind_path(call, b->kind, b->namespace_, NULL),
                               *next ? "&continue=" : "", next),
        };
        ok = k8s_send(client, call, &request, &reply);
        if (ok) {
            take_items(client, b, &wanted, reply.body);
            const char *token = k8s_tree_text(reply.body, "metadata.continue");
            next = sdk_strndup(call, token, strlen(token));
        }
        k8s_reply_clear(&reply);
    } while (ok && *next);
    for (size_t i = 0; ok && i < b->members.n; i++) {
        member *m = b->members.v[i];
        if (!m->answered && iac_map_get(&wanted, iac_str_of(m->r.o.name)) == m) {
            m->request->ret_state = NULL;
            m->request->ret_status = IACP_OK;
            m->answered = true;
        }
    }
    iac_map_clear(&wanted);
}

/* Puts the member into the batch of its kind and namespace, if its kind can be found. */
static void sort_in(k8s_client *client, iac_arena *arena, iac_map *batches, member *m)
{
    iacp_call *call = m->request->call;
    k8s_reply failure;

    iac_status status = k8s_object_find_kind(client, call, &m->r.o, &failure);
    k8s_reply_clear(&failure);
    if (status != IAC_OK) {
        return;
    }
    const char *space = m->r.o.type->namespaced ? m->r.o.namespace_ : "";
    iac_str key = iac_arena_printf(arena, "%s %s %s", m->r.o.api_version, m->r.o.kind, space);
    void **slot = iac_map_at(batches, key);
    if (!*slot) {
        batch *b = iac_arena_new_of(arena, batch);
        *b = (batch){ .kind = m->r.o.type, .namespace_ = m->r.o.namespace_ };
        *slot = b;
    }
    batch *b = *slot;
    iac_vec_push(&b->members, m);
}

int32_t k8s_read_many(k8s_client *client, iacp_call *call, iacp_read *const *requests, size_t count)
{
    member *all = iac_xcalloc(count ? count : 1, sizeof(*all));
    iac_arena *arena = iac_arena_new();
    iac_map batches = { 0 };

    (void)call;
    for (size_t i = 0; i < count; i++) {
        all[i].request = requests[i];
        requests[i]->ret_status = IACP_ERROR;
        bool readable = reading_open(client, requests[i]->call, requests[i]->state, &all[i].r);
        if (readable && all[i].r.valid) {
            sort_in(client, arena, &batches, &all[i]);
        }
        all[i].answered = !readable;
    }
    for (size_t i = 0; i < batches.n; i++) {
        batch *b = batches.entries[i].value;
        if (b->members.n >= LIST_FROM) {
            read_by_list(client, b);
        }
        iac_vec_clear(&b->members);
    }
    for (size_t i = 0; i < count; i++) {
        if (!all[i].answered) {
            requests[i]->ret_status = read_one(client, requests[i]->call, requests[i], &all[i].r);
        }
        k8s_object_clear(&all[i].r.o);
    }
    iac_map_clear(&batches);
    iac_arena_free(arena);
    free(all);
    return IACP_OK;
}

/* Import */

bool k8s_import_id_parse(iacp_call *call, const char *id, k8s_import_id *ret)
{
    *ret = (k8s_import_id){ 0 };
    while (*id) {
        size_t n = strcspn(id, ","), name = strcspn(id, "=,");
        const char **slot = NULL;
        if (name >= n || name + 1 >= n) {
            return false;
        }
        if (name == 10 && strncmp(id, "apiVersion", 10) == 0) {
            slot = &ret->api_version;
        } else if (name == 4 && strncmp(id, "kind", 4) == 0) {
            slot = &ret->kind;
        } else if (name == 9 && strncmp(id, "namespace", 9) == 0) {
            slot = &ret->namespace_;
        } else if (name == 4 && strncmp(id, "name", 4) == 0) {
            slot = &ret->name;
        }
        if (!slot || *slot) {
            return false;
        }
        *slot = sdk_strndup(call, id + name + 1, n - name - 1);
        id += n + (id[n] == ',');
    }
    return ret->api_version && ret->kind && ret->name;
}

static const char state_type[] =
    "[\"object\",{\"manifest\":\"dynamic\",\"object\":\"dynamic\",\"computed_fields\":[\"list\",\"string\"],"
    "\"wait_for\":[\"object\",{\"fields\":[\"map\",\"string\"]}],"
    "\"field_manager\":[\"list\",[\"object\",{\"name\":\"string\",\"force_conflicts\":\"bool\"}]],"
    "\"wait\":[\"list\",[\"object\",{\"rollout\":\"bool\",\"fields\":[\"map\",\"string\"],"
    "\"condition\":[\"list\",[\"object\",{\"type\":\"string\",\"status\":\"string\"}]]}]],"
    "\"timeouts\":[\"list\",[\"object\",{\"create\":\"string\",\"update\":\"string\",\"delete\":\"string\"}]]}]";

/* A state with these values, everything else unset. */
static sdk_val state_of(iacp_call *call, sdk_val manifest, sdk_val object)
{
    static const char unset[] = "{\"manifest\":null,\"object\":null,\"computed_fields\":null,\"wait_for\":null,"
                                "\"field_manager\":[],\"wait\":[],\"timeouts\":[]}";
    sdk_object out =
        sdk_object_from(call, sdk_host->from_json(call, unset, sizeof(unset) - 1, sdk_type(state_type)));

    sdk_set(&out, "manifest", manifest);
    sdk_set(&out, "object", object);
    return out.value;
}

static int32_t imported(k8s_client *client, iacp_call *call, iacp_import *request, k8s_object *o, const json_t *live)
{
    json_t *own = k8s_fields_own(live, o->manager), *authored = own ? NULL : k8s_fields_authored(live);
    json_t *extra = k8s_object_extra(o), *private_data = json_object();
    json_t *bare = k8s_project(live, own ? own : authored, NULL, NULL, NULL);
    json_t *object = k8s_project(live, own ? own : authored, NULL, NULL, extra);
    json_t *manifest = own ? json_incref(bare) : NULL; /* what we applied once, so far as that can be told */
    iacp_imported *out = sdk_alloc(call, sizeof(*out));
    const iacp_imported **list = sdk_alloc(call, sizeof(*list));

    k8s_tree_remove(bare, "metadata.uid");
    k8s_note_live(client, call, o, live, private_data);
    *out = (iacp_imported){ .size = sizeof(*out), .type = request->type };
    out->state = state_of(call, k8s_to_value(call, manifest), k8s_to_value(call, object));
    out->private_data = k8s_private_write(call, private_data);
    list[0] = out;
    request->ret_objects = list;
    request->ret_count = 1;
    json_decref(authored);
    json_decref(extra);
    json_decref(private_data);
    json_decref(bare);
    json_decref(object);
    json_decref(manifest);
    return IACP_OK;
}

int32_t k8s_import(k8s_client *client, iacp_call *call, iacp_import *request)
{
    k8s_import_id id;
    k8s_reply reply;
    int32_t status;

    if (!k8s_import_id_parse(call, request->id, &id)) {
        return sdk_error(call, NULL, "Invalid import id",
                         "The id of a %s has the form \"apiVersion=<value>,kind=<value>,[namespace=<value>,]"
                         "name=<value>\"; \"%s\" has not.", request->type, request->id);
    }
    k8s_object o = { .manager = K8S_MANAGER, .api_version = id.api_version, .kind = id.kind, .name = id.name };
    o.namespace_ = id.namespace_ ? id.namespace_ : k8s_client_namespace(client);
    iac_status found_kind = k8s_object_find_kind(client, call, &o, &reply);
    if (found_kind == IAC_NOT_FOUND) {
        return sdk_error(call, NULL, "Unknown kind", "The API server has no kind \"%s\" in \"%s\".", o.kind,
                         o.api_version);
    }
    if (found_kind == IAC_OK && k8s_object_get(client, call, &o, &reply)) {
        status = imported(client, call, request, &o, reply.body);
    } else if (found_kind == IAC_OK && reply.status == 404) {
        status = sdk_error(call, NULL, "Cannot import non-existent remote object",
                           "There is no %s on the API server.", k8s_object_title(call, &o));
    } else {
        status = k8s_object_error(client, call, &o, &reply, "import");
    }
    k8s_reply_clear(&reply);
    return status;
}

/* Recovery */

/* An object with the planned name is ours if our manager applied to it what was planned. */
static void recognise(k8s_client *client, iacp_call *call, iacp_find *request, reading *r, const json_t *live)
{
    json_t *planned = k8s_from_value(call, sdk_get(request->planned, "object"));
    json_t *private_data = k8s_private_read(request->private_data);
    bool known = json_is_object(planned) && !k8s_tree_is_unknown(planned);
    json_t *object = k8s_object_project(&r->o, live, known ? planned : r->old);
    sdk_object out = sdk_object_from(call, sdk_is_null(request->planned) ? request->prior : request->planned);

    sdk_set(&out, "object", k8s_to_value(call, object));
    k8s_note_live(client, call, &r->o, live, private_data);
    request->ret_state = out.value;
    request->ret_private = k8s_private_write(call, private_data);
    const char *uid = k8s_tree_text(r->old, "metadata.uid");
    if (!sdk_is_null(request->prior)) {
        request->ret_found = !*uid || strcmp(uid, k8s_tree_text(live, "metadata.uid")) == 0 ? IACP_FOUND_CERTAIN
                                                                                         : IACP_FOUND_DOUBTFUL;
    } else {
        request->ret_found = k8s_fields_own(live, r->o.manager) ? IACP_FOUND_CERTAIN : IACP_FOUND_DOUBTFUL;
    }
    json_decref(planned);
    json_decref(private_data);
    json_decref(object);
}

int32_t k8s_find(k8s_client *client, iacp_call *call, iacp_find *request)
{
    reading r;
    k8s_reply reply = { 0 };
    int32_t status = IACP_OK;

    if (!reading_open(client, call, sdk_is_null(request->prior) ? request->planned : request->prior, &r)) {
        k8s_object_clear(&r.o);
        return IACP_ERROR;
    }
    request->ret_found = IACP_FOUND_UNKNOWN;
    iac_status kind = r.valid ? k8s_object_find_kind(client, call, &r.o, &reply) : IAC_ERR;
    if (kind == IAC_NOT_FOUND) {
        request->ret_found = IACP_FOUND_NOTHING;
    } else if (kind == IAC_OK && k8s_object_get(client, call, &r.o, &reply)) {
        recognise(client, call, request, &r, reply.body);
    } else if (reply.status == 404) {
        request->ret_found = IACP_FOUND_NOTHING;
    } else if (r.valid) {
        status = k8s_object_error(client, call, &r.o, &reply, "look for");
    }
    k8s_reply_clear(&reply);
    k8s_object_clear(&r.o);
    return status;
}

#include "providers/kubernetes/fields.h"
#include <stdio.h>
#include <string.h>

json_t *k8s_fields_own(const json_t *live, const char *manager)
{
    json_t *entry;
    size_t i;

    json_array_foreach(k8s_tree_at(live, "metadata.managedFields"), i, entry) {
        if (strcmp(k8s_tree_text(entry, "manager"), manager) == 0 &&
            strcmp(k8s_tree_text(entry, "operation"), "Apply") == 0 && !*k8s_tree_text(entry, "subresource")) {
            return json_object_get(entry, "fieldsV1");
        }
    }
    return NULL;
}

bool k8s_fields_has_replicas(const json_t *set)
{
    return json_object_get(json_object_get(set, "f:spec"), "f:replicas") != NULL;
}

const char *k8s_fields_scaler(const json_t *live, const char *own_manager)
{
    json_t *entry;
    size_t i;

    json_array_foreach(k8s_tree_at(live, "metadata.managedFields"), i, entry) {
        const char *manager = k8s_tree_text(entry, "manager");
        bool scale = strcmp(k8s_tree_text(entry, "subresource"), "scale") == 0;
        if (k8s_fields_has_replicas(json_object_get(entry, "fieldsV1")) && strcmp(manager, own_manager) != 0 &&
            (scale || strcmp(manager, "kube-controller-manager") == 0)) {
            return manager;
        }
    }
    return NULL;
}

/* Adds the members of `from` that `into` lacks, at every level. */
static void unite(json_t *into, const json_t *from)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)from, key, value) {
        json_t *mine = json_object_get(into, key);
        if (!mine) {
            json_object_set_new(into, key, json_deep_copy(value));
        } else if (json_object_size(mine) > 0 && json_object_size(value) > 0) {
            unite(mine, value);
        } else if (json_object_size(mine) > 0) { /* a leaf covers everything below it */
            json_object_clear(mine);
        }
    }
}

json_t *k8s_fields_authored(const json_t *live)
{
    static const char *const controllers[] = { "kube-controller-manager", "kube-scheduler", "kubelet",
                                               "cloud-controller-manager", "kube-apiserver" };
    json_t *all = json_object(), *entry;
    size_t i;

    json_array_foreach(k8s_tree_at(live, "metadata.managedFields"), i, entry) {
        bool controller = *k8s_tree_text(entry, "subresource") != '\0';
        for (size_t c = 0; c < IAC_COUNT(controllers); c++) {
            controller = controller || strcmp(k8s_tree_text(entry, "manager"), controllers[c]) == 0;
        }
        if (!controller) {
            unite(all, json_object_get(entry, "fieldsV1"));
        }
    }
    json_object_del(all, "f:status");
    return all;
}

/* Projection */

static json_t *project(const json_t *live, const json_t *set, const json_t *shape, const json_t *body);

static json_t *project_shape(const json_t *live, const json_t *shape)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_object(live) && json_is_object(shape) && !k8s_tree_is_unknown(shape)) {
        json_t *out = json_object();
        json_object_foreach((json_t *)shape, key, value) {
            const json_t *at = json_object_get(live, key);
            if (at) {
                json_object_set_new(out, key, project_shape(at, value));
            } else if (json_is_null(value)) {
                json_object_set(out, key, value);
            }
        }
        return out;
    }
    if (json_is_array(live) && json_is_array(shape) && json_array_size(live) == json_array_size(shape)) {
        json_t *out = json_array();
        json_array_foreach(live, i, value) {
            json_array_append_new(out, project_shape(value, json_array_get(shape, i)));
        }
        return out;
    }
    return json_deep_copy(live);
}

static json_t *project_leaf(const json_t *live, const json_t *body)
{
    if ((json_is_object(body) && json_object_size(body) == 0 && json_is_object(live)) ||
        (json_is_array(body) && json_array_size(body) == 0 && json_is_array(live))) {
        return json_copy((json_t *)body);
    }
    return json_deep_copy(live);
}

static json_t *project_object(const json_t *live, const json_t *set, const json_t *shape, const json_t *body)
{
    const char *key;
    json_t *value, *out = json_object();
    iac_buf name;

    iac_buf_init(&name, 1 << 20);
    json_object_foreach((json_t *)live, key, value) {
        iac_buf_reset(&name);
        iac_buf_printf(&name, "f:%s", key);
        const json_t *child = json_object_get(set, name.p);
        const json_t *old = json_object_get(shape, key);
        if (child) {
            json_object_set_new(out, key, project(value, child, old, json_object_get(body, key)));
        } else if (old && !json_is_null(old)) {
            json_object_set_new(out, key, project_shape(value, old));
        } else if (old) { /* once noted as absent; now it is there */
            json_object_set_new(out, key, json_deep_copy(value));
        }
    }
    json_object_foreach((json_t *)shape, key, value) {
        if (json_is_null(value) && !json_object_get(live, key)) {
            json_object_set(out, key, value);
        }
    }
    iac_buf_clear(&name);
    return out;
}

/* The members of `item` that identify it, in the canonical form by which the tables below are filled. Caller frees. */
static char *key_of(const json_t *item, const json_t *names)
{
    const char *name;
    json_t *unused, *key = json_object();

    json_object_foreach((json_t *)names, name, unused) {
        json_object_set(key, name, json_object_get(item, name));
    }
    char *text = json_dumps(key, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(key);
    return text;
}

/* How the items of one list are owned. */
typedef struct list_owner {
    iac_map by_key;    /* canonical key or value -> set of the item */
    iac_arena *arena;  /* of the keys */
    json_t *names;     /* names of the identifying members, borrowed from parsed */
    json_t *parsed;    /* array of the parsed keys */
    bool by_index;
} list_owner;

static void list_owner_init(list_owner *o, const json_t *set)
{
    const char *key;
    json_t *value;

    *o = (list_owner){ .arena = iac_arena_new(), .parsed = json_array() };
    json_object_foreach((json_t *)set, key, value) {
        if (key[0] == 'i' && key[1] == ':') {
            o->by_index = true;
        }
        if ((key[0] != 'k' && key[0] != 'v') || key[1] != ':') {
            continue;
        }
        json_t *parsed = k8s_json_parse(key + 2, strlen(key + 2));
        if (!parsed) {
            continue;
        }
        if (key[0] == 'k' && !o->names && json_is_object(parsed)) {
            o->names = parsed;
        }
        char *text = json_dumps(parsed, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        iac_map_put(&o->by_key, iac_arena_str(o->arena, iac_str_of(text)), value);
        free(text);
        json_array_append_new(o->parsed, parsed);
    }
}

static void list_owner_clear(list_owner *o)
{
    iac_map_clear(&o->by_key);
    iac_arena_free(o->arena);
    json_decref(o->parsed);
}

static const json_t *list_owner_find(const list_owner *o, const json_t *set, const json_t *item, size_t index)
{
    char number[32], *text;

    if (o->by_index) {
        snprintf(number, sizeof(number), "i:%zu", index);
        return json_object_get(set, number);
    }
    text = json_is_object(item) && o->names ? key_of(item, o->names)
                                            : json_dumps(item, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    const json_t *found = text ? iac_map_get(&o->by_key, iac_str_of(text)) : NULL;
    free(text);
    return found;
}

/* Whether `other` may be the same list item: no identifying member differs, and one at least is equal. */
static bool same_item(const json_t *item, const json_t *other, const json_t *names)
{
    const char *name;
    json_t *unused;
    bool some = false;

    json_object_foreach((json_t *)names, name, unused) {
        const json_t *a = json_object_get(item, name), *b = json_object_get(other, name);
        if (a && b && !k8s_tree_equal(a, b)) {
            return false;
        }
        some = some || (a && b);
    }
    return some;
}

/* The item of the earlier list that corresponds to `item`. It is looked for from *at on, where the last one was found,
 * once around: lists mostly keep their order. */
static const json_t *earlier_item(const json_t *list, const json_t *item, const json_t *names, size_t *at)
{
    size_t n = json_array_size(list), tries = n < 64 ? n : 64;

    for (size_t i = 0; i < tries; i++) {
        const json_t *other = json_array_get(list, (*at + i) % n);
        if (json_is_object(other) && same_item(item, other, names)) {
            *at = (*at + i + 1) % n;
            return other;
        }
    }
    return NULL;
}

static json_t *project_list(const json_t *live, const json_t *set, const json_t *shape, const json_t *body)
{
    json_t *out = json_array(), *item;
    size_t i, shape_at = 0, body_at = 0;
    list_owner owner;

    list_owner_init(&owner, set);
    json_array_foreach(live, i, item) {
        const json_t *child = list_owner_find(&owner, set, item, i);
        if (child) {
            const json_t *old = json_is_array(shape) ? earlier_item(shape, item, owner.names, &shape_at) : NULL;
            const json_t *wanted = json_is_array(body) ? earlier_item(body, item, owner.names, &body_at) : NULL;
            json_array_append_new(out, project(item, child, old, wanted));
        }
    }
    list_owner_clear(&owner);
    return out;
}

static json_t *project(const json_t *live, const json_t *set, const json_t *shape, const json_t *body)
{
    if (json_object_size(set) == 0) {
        return project_leaf(live, body);
    }
    if (json_is_object(live)) {
        return project_object(live, set, shape, body);
    }
    if (json_is_array(live)) {
        return project_list(live, set, shape, body);
    }
    return json_deep_copy(live);
}

json_t *k8s_project(const json_t *live, const json_t *set, const json_t *shape, const json_t *body,
                    const json_t *extra)
{
    static const char *const identity[] = { "apiVersion", "kind", "metadata.name", "metadata.namespace",
                                            "metadata.uid" };
    static const char *const noise[] = { "metadata.resourceVersion", "metadata.generation", "metadata.managedFields",
                                         "metadata.creationTimestamp", "metadata.selfLink" };
    json_t *out = project_object(live, set, shape, body), *path;
    size_t i;

    for (i = 0; i < IAC_COUNT(noise); i++) { /* an earlier state may hold them */
        k8s_tree_remove(out, noise[i]);
    }
    if (!json_object_get(set, "f:status")) {
        json_object_del(out, "status");
    }
    for (i = 0; i < IAC_COUNT(identity); i++) {
        json_t *value = k8s_tree_at(live, identity[i]);
        if (value) {
            k8s_tree_put(out, identity[i], value);
        }
    }
    json_array_foreach(extra, i, path) {
        json_t *value = k8s_tree_at(live, json_string_value(path));
        json_t *copy = value ? json_deep_copy(value) : json_null();
        k8s_tree_put(out, json_string_value(path), copy);
        json_decref(copy);
    }
    return out;
}

json_t *k8s_server_fields(const char *kind)
{
    if (strcmp(kind, "Service") == 0) {
        return json_pack("[s,s]", "spec.clusterIP", "status.loadBalancer");
    }
    if (strcmp(kind, "Ingress") == 0) {
        return json_pack("[s]", "status.loadBalancer");
    }
    return json_array();
}

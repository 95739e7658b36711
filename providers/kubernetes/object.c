#include "providers/kubernetes/object.h"
#include "providers/kubernetes/coerce.h"
#include <stdio.h>
#include <string.h>

#define MAX_CORRECTIONS 20
#define DEFAULT_TIMEOUT_MS (10ull * 60 * 1000)

static const char *known_text(const json_t *tree, const char *path)
{
    const char *text = k8s_tree_text(tree, path);
    return *text ? text : NULL;
}

bool k8s_duration_parse(const char *text, uint64_t *ret_ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = { { "ms", 1 }, { "us", 0.001 }, { "ns", 0.000001 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 } };
    double total = 0;

    if (!*text) {
        return false;
    }
    while (*text) {
        char *end;
        if (!strchr("0123456789.", *text)) {
            return false;
        }
        double number = strtod(text, &end);
        size_t i = 0;
        while (i < IAC_COUNT(units) && strncmp(end, units[i].unit, strlen(units[i].unit)) != 0) {
            i++;
        }
        if (end == text || i == IAC_COUNT(units)) {
            return false;
        }
        total += number * units[i].ms;
        text = end + strlen(units[i].unit);
    }
    if (!(total >= 0 && total < 1e15)) {
        return false;
    }
    *ret_ms = (uint64_t)total;
    return true;
}

uint64_t k8s_object_timeout(const k8s_object *object, const char *operation)
{
    uint64_t ms;
    const json_t *timeouts = json_array_get(json_object_get(object->config, "timeouts"), 0);

    return k8s_duration_parse(k8s_tree_text(timeouts, operation), &ms) ? ms : DEFAULT_TIMEOUT_MS;
}

/* What to wait for, from the wait block and the older wait_for attribute; NULL when nothing. */
static json_t *read_wait(const json_t *config)
{
    json_t *wait = json_array_get(json_object_get(config, "wait"), 0);
    json_t *fields = json_object_get(json_object_get(config, "wait_for"), "fields");

    if (json_is_object(wait) && !k8s_tree_is_unknown(wait)) {
        return json_incref(wait);
    }
    return json_is_object(fields) ? json_pack("{s:O}", "fields", fields) : NULL;
}

/* The API server turns stringData into data and owns data then: applied as it stands, it would never be removed. */
static void move_string_data(json_t *wanted)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    json_t *strings = json_object_get(wanted, "stringData"), *value;
    json_t *data = json_object_get(wanted, "data");
    const char *key;

    if (!json_is_object(strings) || k8s_tree_is_unknown(strings) || k8s_tree_is_unknown(data) ||
        (data && !json_is_object(data))) {
        return;
    }
    json_t *merged = data ? json_incref(data) : json_object();
    json_object_foreach(strings, key, value) {
        if (!json_is_string(value)) {
            json_object_set(merged, key, value);
            continue;
        }
        const unsigned char *p = (const unsigned char *)json_string_value(value);
        size_t n = json_string_length(value);
        iac_buf out;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        for (size_t i = 0; i < n; i += 3) {
            uint32_t bits = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
                            (i + 2 < n ? (uint32_t)p[i + 2] : 0);
            iac_buf_char(&out, digits[bits >> 18 & 63]);
            iac_buf_char(&out, digits[bits >> 12 & 63]);
            iac_buf_char(&out, i + 1 < n ? digits[bits >> 6 & 63] : '=');
            iac_buf_char(&out, i + 2 < n ? digits[bits & 63] : '=');
        }
        json_object_set_new(merged, key, json_stringn(out.p, out.n));
        iac_buf_clear(&out);
    }
    json_object_set_new(wanted, "data", merged);
    json_object_del(wanted, "stringData");
}

bool k8s_object_read(iacp_call *call, const k8s_client *client, sdk_val block, k8s_object *ret)
{
    *ret = (k8s_object){ .manager = K8S_MANAGER, .api_version = "", .kind = "", .namespace_ = "default" };
    ret->config = k8s_from_value(call, block);
    if (!ret->config) {
        sdk_error(call, "manifest", "Manifest nested too deeply", "The manifest has more than %d levels.",
                  K8S_MAX_DEPTH);
        return false;
    }
    const json_t *manifest = json_object_get(ret->config, "manifest");
    const json_t *manager = json_array_get(json_object_get(ret->config, "field_manager"), 0);
    if (known_text(manager, "name")) {
        ret->manager = known_text(manager, "name");
    }
    ret->force = k8s_tree_true(manager, "force_conflicts");
    ret->computed_fields = json_object_get(ret->config, "computed_fields");
    ret->wait = read_wait(ret->config);
    ret->namespace_ = client ? k8s_client_namespace(client) : "default";
    if (!json_is_object(manifest) || k8s_tree_is_unknown(manifest)) {
        return true;
    }
    ret->wanted = k8s_tree_clean(manifest, false);
    k8s_coerce_known(ret->wanted);
    ret->api_version = k8s_tree_text(ret->wanted, "apiVersion");
    ret->kind = k8s_tree_text(ret->wanted, "kind");
    if (strcmp(ret->kind, "Secret") == 0 && strcmp(ret->api_version, "v1") == 0) {
        move_string_data(ret->wanted);
    }
    ret->name = known_text(ret->wanted, "metadata.name");
    if (known_text(ret->wanted, "metadata.namespace")) {
        ret->namespace_ = known_text(ret->wanted, "metadata.namespace");
    }
    ret->identified = *ret->api_version && *ret->kind &&
                      !k8s_tree_is_unknown(k8s_tree_at(ret->wanted, "metadata.namespace")) &&
                      (ret->name || (!k8s_tree_at(ret->wanted, "metadata.name") &&
                                     known_text(ret->wanted, "metadata.generateName")));
    return true;
}

void k8s_object_clear(k8s_object *object)
{
    json_decref(object->config);
    json_decref(object->wanted);
    json_decref(object->wait);
    *object = (k8s_object){ 0 };
}

const char *k8s_object_title(iacp_call *call, const k8s_object *o)
{
    const char *name = o->name ? o->name : k8s_tree_text(o->wanted, "metadata.generateName");
    bool cluster = o->type && !o->type->namespaced;

    return cluster ? sdk_printf(call, "%s \"%s\"", o->kind, name)
                   : sdk_printf(call, "%s \"%s/%s\"", o->kind, o->namespace_, name);
}

iac_status k8s_object_find_kind(k8s_client *client, iacp_call *call, k8s_object *o, k8s_reply *failure)
{
    return k8s_kind_find(client, call, o->api_version, o->kind, &o->type, failure);
}

bool k8s_object_get(k8s_client *client, iacp_call *call, const k8s_object *o, k8s_reply *ret)
{
    k8s_request request = { .method = "GET", .path = k8s_kind_path(call, o->type, o->namespace_, o->name) };
    return k8s_send(client, call, &request, ret);
}

const char *k8s_query_escape(iacp_call *call, const char *text)
{
    char *out = sdk_alloc(call, strlen(text) * 3 + 1), *p = out;

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-._~", c)) {
            *p++ = (char)c;
        } else {
            *p++ = '%';
            *p++ = "0123456789ABCDEF"[c >> 4];
            *p++ = "0123456789ABCDEF"[c & 15];
        }
    }
    return out;
}

bool k8s_object_apply(k8s_client *client, iacp_call *call, const k8s_object *o, const k8s_patch *patch,
                      k8s_reply *ret)
{
    const char *name = patch->name ? patch->name : o->name;
    const char *manager = patch->manager ? patch->manager : o->manager;
    json_t *body = json_deep_copy(patch->body);
    json_t *metadata = json_copy(json_object_get(body, "metadata"));

    metadata = metadata ? metadata : json_object();
    json_object_set_new(metadata, "name", json_string(name));
    json_object_del(metadata, "namespace");
    if (o->type->namespaced) {
        json_object_set_new(metadata, "namespace", json_string(o->namespace_));
    }
    json_object_set_new(body, "metadata", metadata);
    json_object_set_new(body, "apiVersion", json_string(o->api_version));
    json_object_set_new(body, "kind", json_string(o->kind));
    k8s_request request = {
        .method = "PATCH",
        .path = sdk_printf(call, "%s?%sfieldManager=%s&force=%s&fieldValidation=Strict",
                           k8s_kind_path(call, o->type, o->namespace_, name), patch->dry_run ? "dryRun=All&" : "",
                           k8s_query_escape(call, manager), patch->force ? "true" : "false"),
        .content_type = "application/apply-patch+yaml",
        .body = body,
    };
    bool ok = k8s_send(client, call, &request, ret);
    for (size_t tries = 0; !ok && tries < MAX_CORRECTIONS && k8s_coerce_refused(body, ret->message); tries++) {
        k8s_reply_clear(ret);
        ok = k8s_send(client, call, &request, ret);
    }
    json_decref(body);
    return ok;
}

/* Errors */

bool k8s_is_conflict(const k8s_reply *reply)
{
    return reply->status == 409 &&
           strcmp(k8s_tree_text(json_array_get(k8s_tree_at(reply->body, "details.causes"), 0), "reason"),
                  "FieldManagerConflict") == 0;
}

void k8s_conflict_list(const k8s_reply *reply, iac_buf *out)
{
    json_t *cause;
    size_t i;

    json_array_foreach(k8s_tree_at(reply->body, "details.causes"), i, cause) {
        const char *field = k8s_tree_text(cause, "field"), *message = k8s_tree_text(cause, "message");
        iac_buf_printf(out, "\n  - %s: %s", *field == '.' ? field + 1 : field, message);
    }
}

/* A field as the API names it, as a path of the resource; NULL when the manifest has nothing there. */
static const char *manifest_path(iacp_call *call, const k8s_object *o, iac_str field)
{
    const json_t *manifest = json_object_get(o->config, "manifest");
    const char *found = NULL;
    iac_buf path;

    iac_buf_init(&path, 4096);
    k8s_tree_field_path(manifest, field, &path);
    if (path.n && k8s_tree_at(manifest, path.p)) {
        found = sdk_printf(call, "manifest.%s", path.p);
    }
    iac_buf_clear(&path);
    return found;
}

/* Where in the manifest the fault lies, by the causes that the server names or by its words for an unknown field. */
static const char *first_field(iacp_call *call, const k8s_object *o, const k8s_reply *reply)
{
    const json_t *cause = json_array_get(k8s_tree_at(reply->body, "details.causes"), 0);
    iac_str field = iac_str_of(k8s_tree_text(cause, "field")), message = iac_str_of(reply->message);
    size_t from = field.n ? SIZE_MAX : iac_str_find(message, IAC_STR(": ."), 0);

    if (from != SIZE_MAX) {
        size_t end = iac_str_find_char(message, ':', from + 2);
        field = iac_str_sub(message, from + 2, end == SIZE_MAX ? from : end);
    }
    const char *path = manifest_path(call, o, field);
    return path ? path : "manifest";
}

int32_t k8s_conflict_error(iacp_call *call, const k8s_object *o, const k8s_reply *reply)
{
    iac_buf detail;

    iac_buf_init(&detail, 65536);
    iac_buf_printf(&detail, "Other field managers own fields of %s that this configuration sets to other values:",
                   k8s_object_title(call, o));
    k8s_conflict_list(reply, &detail);
    iac_buf_cstr(&detail, "\n\nEither leave these fields out of the manifest, so that their owners keep them, or take "
                          "them over with field_manager { force_conflicts = true }.");
    iacp_diagnostic diagnostic = {
        .size = sizeof(diagnostic),
        .severity = IACP_SEVERITY_ERROR,
        .summary = "Conflict with another field manager",
        .detail = detail.p,
        .path = first_field(call, o, reply),
        .code = "Conflict",
        .request_id = reply->request_id,
        .http_status = 409,
    };
    sdk_host->diagnostic(call, &diagnostic);
    iac_buf_clear(&detail);
    return IACP_ERROR;
}

int32_t k8s_object_error(k8s_client *client, iacp_call *call, const k8s_object *o, const k8s_reply *reply,
                         const char *doing)
{
    if (k8s_is_conflict(reply)) {
        return k8s_conflict_error(call, o, reply);
    }
    if (reply->status == 0) {
        return k8s_reply_error(client, call, reply, NULL, "%s",
                               reply->no_access ? "Kubernetes provider is not configured"
                                                : "Kubernetes API server cannot be reached");
    }
    bool content = reply->status == 422 || reply->status == 400 || reply->status == 500;
    return k8s_reply_error(client, call, reply, content ? first_field(call, o, reply) : NULL, "Cannot %s %s", doing,
                           k8s_object_title(call, o));
}

/* State */

json_t *k8s_object_extra(const k8s_object *o)
{
    json_t *extra = k8s_server_fields(o->kind), *pattern;
    const char *path;

    json_object_foreach(json_object_get(o->wait, "fields"), path, pattern) {
        size_t n = 0; /* up to the first list: its items come and go */
        while (path[n] && path[n] != '[' && !(path[n] == '.' && path[n + 1] >= '0' && path[n + 1] <= '9')) {
            n++;
        }
        if (n > 0) {
            json_array_append_new(extra, json_stringn(path, n));
        }
    }
    return extra;
}

json_t *k8s_object_project(const k8s_object *o, const json_t *live, const json_t *shape)
{
    json_t *extra = k8s_object_extra(o);
    json_t *out = k8s_project(live, k8s_fields_own(live, o->manager), shape, o->wanted, extra);

    json_decref(extra);
    return out;
}

const char *k8s_object_mark(iacp_call *call, const k8s_object *o, const json_t *live)
{
    const json_t *own = k8s_fields_own(live, o->manager);
    json_t *part = k8s_project(live, own, NULL, o->wanted, NULL);
    const char *mark = sdk_printf(call, "%016llx%016llx", (unsigned long long)k8s_tree_hash(own),
                                  (unsigned long long)k8s_tree_hash(part));
    json_decref(part);
    return mark;
}

const char *k8s_object_body_mark(iacp_call *call, const k8s_object *o, const json_t *body)
{
    return sdk_printf(call, "%016llx %s %s", (unsigned long long)k8s_tree_hash(body), o->manager, o->namespace_);
}

json_t *k8s_private_read(iacp_bytes data)
{
    json_t *out = data.n ? k8s_json_parse(data.p, data.n) : NULL;

    if (!json_is_object(out)) {
        json_decref(out);
        out = json_object();
    }
    return out;
}

iacp_bytes k8s_private_write(iacp_call *call, const json_t *private_data)
{
    char *text = json_dumps(private_data, JSON_COMPACT | JSON_SORT_KEYS);
    iacp_bytes out = sdk_bytes(call, text, strlen(text));
    free(text);
    return out;
}

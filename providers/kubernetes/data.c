#include "providers/kubernetes/data.h"
#include "providers/kubernetes/object.h"
#include <string.h>

static int32_t find_kind(k8s_client *client, iacp_call *call, sdk_val config, const k8s_kind **ret)
{
    const char *api_version = sdk_cstr(sdk_get(config, "api_version"), "");
    const char *kind = sdk_cstr(sdk_get(config, "kind"), "");
    k8s_reply failure;
    int32_t status = IACP_OK;

    iac_status found = k8s_kind_find(client, call, api_version, kind, ret, &failure);
    if (found == IAC_NOT_FOUND) {
        status = sdk_error(call, "kind", "Unknown kind", "The API server has no kind \"%s\" in \"%s\".", kind,
                           api_version);
    } else if (found != IAC_OK) {
        status = k8s_reply_error(client, call, &failure, NULL, "Cannot read %s", kind);
    }
    k8s_reply_clear(&failure);
    return status;
}

static int32_t answer(iacp_call *call, iacp_read_data *request, const char *attribute, const json_t *tree)
{
    sdk_object out = sdk_object_from(call, request->config);

    sdk_set(&out, attribute, k8s_to_value(call, tree));
    request->ret_state = out.value;
    return IACP_OK;
}

static int32_t read_object(k8s_client *client, iacp_call *call, iacp_read_data *request)
{
    const char *name = sdk_cstr(sdk_at(request->config, "metadata.0.name"), "");
    const char *space = sdk_cstr(sdk_at(request->config, "metadata.0.namespace"), k8s_client_namespace(client));
    const k8s_kind *kind;
    k8s_reply reply;
    int32_t status;

    if (find_kind(client, call, request->config, &kind) != IACP_OK) {
        return IACP_ERROR;
    }
    k8s_request get = { .method = "GET", .path = k8s_kind_path(call, kind, space, name) };
    if (k8s_send(client, call, &get, &reply)) {
        k8s_tree_remove(reply.body, "metadata.managedFields");
        status = answer(call, request, "object", reply.body);
    } else {
        status = k8s_reply_error(client, call, &reply, "metadata[0].name", "Cannot read %s \"%s\"", kind->kind, name);
    }
    k8s_reply_clear(&reply);
    return status;
}

static void add_query(iacp_call *call, iac_buf *path, const char *name, const char *value)
{
    iac_buf_printf(path, "%c%s=%s", strchr(path->p, '?') ? '&' : '?', name, k8s_query_escape(call, value));
}

static int32_t read_objects(k8s_client *client, iacp_call *call, iacp_read_data *request)
{
    const char *space = sdk_cstr(sdk_get(request->config, "namespace"), NULL);
    const char *labels = sdk_cstr(sdk_get(request->config, "label_selector"), NULL);
    const char *fields = sdk_cstr(sdk_get(request->config, "field_selector"), NULL);
    int64_t limit = sdk_int(sdk_get(request->config, "limit"), 0);
    const char *next = "";
    const k8s_kind *kind;
    int32_t status = IACP_OK;

    if (find_kind(client, call, request->config, &kind) != IACP_OK) {
        return IACP_ERROR;
    }
    json_t *objects = json_array();
    do {
        k8s_reply reply;
        json_t *item;
        size_t i;
        iac_buf path;
        iac_buf_init(&path, 65536);
        iac_buf_cstr(&path, k8s_kind_path(call, kind, space && *space ? space : NULL, NULL));
        add_query(call, &path, "limit", limit > 0 && limit < 500 ? sdk_printf(call, "%lld", (long long)limit) : "500");
        if (labels) {
            add_query(call, &path, "labelSelector", labels);
        }
        if (fields) {
            add_query(call, &path, "fieldSelector", fields);
        }
        if (*next) {
            add_query(call, &path, "continue", next);
        }
        k8s_request get = { .method = "GET", .path = path.p };
        bool ok = k8s_send(client, call, &get, &reply);
        iac_buf_clear(&path);
        json_array_foreach(json_object_get(reply.body, "items"), i, item) {
            if (limit > 0 && json_array_size(objects) >= (size_t)limit) {
                break;
            }
            json_object_set_new(item, "apiVersion", json_string(kind->api_version));
            json_object_set_new(item, "kind", json_string(kind->kind));
            k8s_tree_remove(item, "metadata.managedFields");
            json_array_append(objects, item);
        }
        const char *token = k8s_tree_text(reply.body, "metadata.continue");
        next = ok && !(limit > 0 && json_array_size(objects) >= (size_t)limit)
                   ? sdk_strndup(call, token, strlen(token)) : "";
        if (!ok) {
            status = k8s_reply_error(client, call, &reply, NULL, "Cannot list %s", kind->plural);
        }
        k8s_reply_clear(&reply);
    } while (*next);
    if (status == IACP_OK) {
        status = answer(call, request, "objects", objects);
    }
    json_decref(objects);
    return status;
}

int32_t k8s_read_data(k8s_client *client, iacp_call *call, iacp_read_data *request)
{
    return strcmp(request->type, "kubernetes_resources") == 0 ? read_objects(client, call, request)
                                                              : read_object(client, call, request);
}

#include "providers/kubernetes/functions.h"
#include "lang/net/yaml.h"
#include <string.h>

#define MAX_TEXT ((size_t)256 << 20)

static bool is_manifest(const json_t *document, size_t number, iac_buf *why)
{
    static const char *const needed[] = { "apiVersion", "kind" };

    if (!json_is_object(document)) {
        iac_buf_printf(why, "document %zu is not a mapping", number);
        return false;
    }
    for (size_t i = 0; i < IAC_COUNT(needed); i++) {
        if (!*k8s_tree_text(document, needed[i])) {
            iac_buf_printf(why, "document %zu has no %s: it is not a Kubernetes manifest", number, needed[i]);
            return false;
        }
    }
    return true;
}

json_t *k8s_manifests_parse(iac_str text, iac_buf *why)
{
    json_t *documents = k8s_yaml_parse(text, why), *out, *document;
    size_t i;

    if (!documents) {
        return NULL;
    }
    out = json_array();
    json_array_foreach(documents, i, document) {
        if (json_is_null(document)) {
            continue;
        }
        if (!is_manifest(document, i + 1, why)) {
            json_decref(out);
            out = NULL;
            break;
        }
        json_array_append(out, document);
    }
    json_decref(documents);
    return out;
}

static int32_t fault(iacp_call *call, iacp_function *request, const char *format, const char *text)
{
    request->ret_error_argument = 1;
    return sdk_error(call, NULL, "Invalid manifest", format, text);
}

static int32_t decode(iacp_call *call, iacp_function *request, bool multi)
{
    int32_t status = IACP_OK;
    iac_buf why;

    iac_buf_init(&why, 65536);
    json_t *manifests = k8s_manifests_parse(sdk_str(request->arguments[0]), &why);
    if (!manifests) {
        status = fault(call, request, "The text is not a YAML manifest: %s.", why.p);
    } else if (multi) {
        request->ret_result = k8s_to_value(call, manifests);
    } else if (json_array_size(manifests) == 1) {
        request->ret_result = k8s_to_value(call, json_array_get(manifests, 0));
    } else {
        status = fault(call, request, "The text holds %s.",
                       json_array_size(manifests) ? "several manifests; decode them with manifest_decode_multi"
                                                  : "no manifest");
    }
    json_decref(manifests);
    iac_buf_clear(&why);
    return status;
}

static int32_t encode(iacp_call *call, iacp_function *request)
{
    json_t *tree = k8s_from_value(call, request->arguments[0]), *one;
    size_t i;
    iac_buf out, why;
    int32_t status = IACP_OK;

    iac_buf_init(&out, MAX_TEXT);
    iac_buf_init(&why, 65536);
    json_t *list = json_is_array(tree) ? json_incref(tree) : json_array();
    if (tree && !json_is_array(tree)) {
        json_array_append(list, tree);
    }
    json_array_foreach(list, i, one) {
        if (!is_manifest(one, i + 1, &why)) {
            status = fault(call, request, "The value is not a manifest: %s.", why.p);
            break;
        }
        iac_buf_cstr(&out, i ? "---\n" : "");
        k8s_yaml_write(one, &out);
    }
    if (!tree || out.full) {
        status = fault(call, request, "The value is %s.", tree ? "too large" : "nested too deeply");
    }
    if (status == IACP_OK) {
        request->ret_result = sdk_new_str(call, iac_buf_view(&out));
    }
    json_decref(list);
    json_decref(tree);
    iac_buf_clear(&out);
    iac_buf_clear(&why);
    return status;
}

int32_t k8s_call_function(iacp_call *call, iacp_function *request)
{
    if (strcmp(request->name, "manifest_decode") == 0) {
        return decode(call, request, false);
    }
    if (strcmp(request->name, "manifest_decode_multi") == 0) {
        return decode(call, request, true);
    }
    if (strcmp(request->name, "manifest_encode") == 0) {
        return encode(call, request);
    }
    return sdk_error(call, NULL, "Unknown function", "The kubernetes provider has no function \"%s\".", request->name);
}

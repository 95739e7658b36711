#include "providers/kubernetes/validate.h"
#include "providers/kubernetes/object.h"
#include "providers/kubernetes/wait.h"
#include <string.h>

/* A text that must be there unless it is not known yet. */
static bool need_text(iacp_call *call, const json_t *manifest, const char *path)
{
    const json_t *value = k8s_tree_at(manifest, path);

    if (value && k8s_tree_is_unknown(value)) {
        return true;
    }
    if (value && !json_is_null(value) && !json_is_string(value)) {
        sdk_error(call, sdk_printf(call, "manifest.%s", path), "Invalid manifest", "%s must be a string.", path);
        return false;
    }
    if (!value || !json_string_length(value)) {
        sdk_error(call, "manifest", "Attribute key missing from \"manifest\" value",
                  "'%s' attribute key is missing from manifest configuration.", path);
        return false;
    }
    return true;
}

static bool check_metadata(iacp_call *call, const json_t *manifest)
{
    static const char *const set_by_server[] = { "uid",           "resourceVersion",   "generation",
                                                 "managedFields", "creationTimestamp", "deletionTimestamp",
                                                 "selfLink" };
    const json_t *metadata = json_object_get(manifest, "metadata");
    bool ok = true;

    if (metadata && k8s_tree_is_unknown(metadata)) {
        return true;
    }
    if (!json_is_object(metadata)) {
        sdk_error(call, "manifest", "Attribute key missing from \"manifest\" value",
                  "'metadata' attribute key is missing from manifest configuration.");
        return false;
    }
    for (size_t i = 0; i < IAC_COUNT(set_by_server); i++) {
        const json_t *value = json_object_get(metadata, set_by_server[i]);
        if (value && !json_is_null(value)) {
            sdk_error(call, sdk_printf(call, "manifest.metadata.%s", set_by_server[i]),
                      "Forbidden attribute key in \"manifest\" value",
                      "metadata.%s is set by the API server. Remove it from the manifest.", set_by_server[i]);
            ok = false;
        }
    }
    const json_t *generate = json_object_get(metadata, "generateName");
    return (json_is_string(generate) || k8s_tree_is_unknown(generate) || need_text(call, manifest, "metadata.name")) &&
           ok;
}

static bool check_manifest(iacp_call *call, const json_t *manifest)
{
    if (!manifest || k8s_tree_is_unknown(manifest)) {
        return true;
    }
    if (!json_is_object(manifest)) {
        sdk_error(call, "manifest", "Invalid manifest",
                  "The manifest must be an object with apiVersion, kind and metadata. A YAML text becomes one by "
                  "provider::kubernetes::manifest_decode or yamldecode.");
        return false;
    }
    bool ok = need_text(call, manifest, "apiVersion");
    ok = need_text(call, manifest, "kind") && ok;
    const char *kind = k8s_tree_text(manifest, "kind");
    if (json_is_array(json_object_get(manifest, "items")) && strlen(kind) >= 4 &&
        strcmp(kind + strlen(kind) - 4, "List") == 0) {
        sdk_error(call, "manifest.kind", "Invalid manifest",
                  "A %s is not an object of the API. Make one resource for each of its items with for_each.", kind);
        return false;
    }
    const json_t *status = json_object_get(manifest, "status");
    if (status && !json_is_null(status)) {
        sdk_error(call, "manifest.status", "Forbidden attribute key in \"manifest\" value",
                  "'status' attribute key is not allowed in manifest configuration: the cluster's controllers set it.");
        ok = false;
    }
    return check_metadata(call, manifest) && ok;
}

static bool check_wait(iacp_call *call, const json_t *config)
{
    json_t *wait = json_array_get(json_object_get(config, "wait"), 0), *pattern;
    json_t *fields = json_object_get(wait ? wait : json_object_get(config, "wait_for"), "fields");
    const char *path;
    bool ok = true;

    json_object_foreach(fields, path, pattern) {
        k8s_path parsed;
        iac_buf why;
        iac_buf_init(&why, 1024);
        if (!k8s_path_parse(path, &parsed) || parsed.n == 0) {
            sdk_error(call, wait ? "wait[0].fields" : "wait_for", "Invalid field path",
                      "\"%s\" is not a path such as status.loadBalancer.ingress[0].ip.", path);
            ok = false;
        }
        k8s_path_clear(&parsed);
        if (json_is_string(pattern) && !k8s_pattern_valid(json_string_value(pattern), &why)) {
            sdk_error(call, wait ? "wait[0].fields" : "wait_for", "Invalid regular expression", "\"%s\": %s.",
                      json_string_value(pattern), why.p);
            ok = false;
        }
        iac_buf_clear(&why);
    }
    return ok;
}

static bool check_timeouts(iacp_call *call, const json_t *config)
{
    static const char *const names[] = { "create", "update", "delete" };
    const json_t *timeouts = json_array_get(json_object_get(config, "timeouts"), 0);
    bool ok = true;

    for (size_t i = 0; i < IAC_COUNT(names); i++) {
        const char *text = json_string_value(json_object_get(timeouts, names[i]));
        uint64_t ms;
        if (text && !k8s_duration_parse(text, &ms)) {
            sdk_error(call, sdk_printf(call, "timeouts[0].%s", names[i]), "Invalid duration",
                      "\"%s\" is not a duration such as 90s, 10m or 1h30m.", text);
            ok = false;
        }
    }
    return ok;
}

static bool check_computed_fields(iacp_call *call, const json_t *config)
{
    json_t *item;
    size_t i;
    bool ok = true;

    json_array_foreach(json_object_get(config, "computed_fields"), i, item) {
        k8s_path parsed = { 0 };
        if (json_is_string(item) && (!k8s_path_parse(json_string_value(item), &parsed) || parsed.n == 0)) {
            sdk_error(call, sdk_printf(call, "computed_fields[%zu]", i), "Invalid field path",
                      "\"%s\" is not a path such as spec.template.spec.nodeName.", json_string_value(item));
            ok = false;
        }
        k8s_path_clear(&parsed);
    }
    return ok;
}

int32_t k8s_validate(iacp_call *call, const iacp_validate *request)
{
    if (request->kind != IACP_SCHEMA_RESOURCE) {
        return IACP_OK;
    }
    json_t *config = k8s_from_value(call, request->config);
    if (!config) {
        return sdk_error(call, "manifest", "Manifest nested too deeply", "The manifest has more than %d levels.",
                         K8S_MAX_DEPTH);
    }
    bool ok = check_manifest(call, json_object_get(config, "manifest"));
    ok = check_wait(call, config) && ok;
    ok = check_timeouts(call, config) && ok;
    ok = check_computed_fields(call, config) && ok;
    json_decref(config);
    return ok ? IACP_OK : IACP_ERROR;
}

#include "providers/kubernetes/immutable.h"
#include <string.h>
#include <strings.h>

typedef struct rule {
    const char *group, *kind;
    const char *paths; /* separated by blanks */
} rule;

static const rule rules[] = {
    { "apps", "Deployment", "spec.selector" },
    { "apps", "ReplicaSet", "spec.selector" },
    { "apps", "DaemonSet", "spec.selector" },
    { "apps", "StatefulSet", "spec.selector spec.serviceName spec.podManagementPolicy spec.volumeClaimTemplates" },
    { "batch", "Job",
      "spec.selector spec.template spec.completionMode spec.podFailurePolicy spec.backoffLimitPerIndex" },
    { "", "Secret", "type" },
    { "", "Service", "spec.loadBalancerClass" },
    { "", "PersistentVolumeClaim",
      "spec.accessModes spec.storageClassName spec.volumeMode spec.volumeName spec.selector spec.dataSource" },
    { "rbac.authorization.k8s.io", "RoleBinding", "roleRef" },
    { "rbac.authorization.k8s.io", "ClusterRoleBinding", "roleRef" },
    { "storage.k8s.io", "StorageClass",
      "provisioner parameters reclaimPolicy volumeBindingMode" },
    { "scheduling.k8s.io", "PriorityClass", "value" },
    { "apiextensions.k8s.io", "CustomResourceDefinition", "spec.group spec.scope spec.names.plural" },
};

static void note_change(json_t *paths, const char *path, const json_t *before, const json_t *after)
{
    const json_t *old = k8s_tree_at(before, path), *new = k8s_tree_at(after, path);

    if (k8s_tree_has_unknown(new) || k8s_tree_equal(old, new)) {
        return;
    }
    json_array_append_new(paths, json_string(path));
}

json_t *k8s_immutable_changes(const char *group, const char *kind, const json_t *before, const json_t *after)
{
    json_t *paths = json_array();

    for (size_t i = 0; i < IAC_COUNT(rules); i++) {
        if (strcmp(rules[i].group, group) != 0 || strcmp(rules[i].kind, kind) != 0) {
            continue;
        }
        for (const char *p = rules[i].paths; *p;) {
            size_t n = strcspn(p, " ");
            char *path = iac_xstrndup(p, n);
            note_change(paths, path, before, after);
            free(path);
            p += n + (p[n] == ' ');
        }
    }
    bool data_kind = !*group && (strcmp(kind, "ConfigMap") == 0 || strcmp(kind, "Secret") == 0);
    if (data_kind && k8s_tree_true(before, "immutable")) {
        note_change(paths, "data", before, after);
        note_change(paths, "binaryData", before, after);
        if (!k8s_tree_true(after, "immutable")) {
            json_array_append_new(paths, json_string("immutable"));
        }
    }
    return paths;
}

static bool says_immutable(const char *message)
{
    static const char *const phrases[] = {
        "is immutable",
        "immutable field",
        "cannot change roleRef",
        "may not change fields other than",
        "updates to statefulset spec for fields other than",
        "may not change once set",
        "pod updates may not",
    };
    for (size_t i = 0; i < IAC_COUNT(phrases); i++) {
        if (strcasestr(message, phrases[i])) {
            return true;
        }
    }
    return false;
}

bool k8s_immutable_refusal(const json_t *status, json_t **ret_paths)
{
    json_t *causes = k8s_tree_at(status, "details.causes"), *cause;
    size_t i;

    *ret_paths = NULL;
    if (k8s_tree_int(status, "code", 0) != 422) {
        return false;
    }
    if (json_array_size(causes) == 0) {
        if (!says_immutable(k8s_tree_text(status, "message"))) {
            return false;
        }
        *ret_paths = json_array();
        return true;
    }
    json_array_foreach(causes, i, cause) {
        if (!says_immutable(k8s_tree_text(cause, "message"))) {
            return false;
        }
    }
    *ret_paths = json_array();
    json_array_foreach(causes, i, cause) {
        if (*k8s_tree_text(cause, "field")) {
            json_array_append(*ret_paths, json_object_get(cause, "field"));
        }
    }
    return true;
}

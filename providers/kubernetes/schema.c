#include "providers/kubernetes/schema.h"
#include "providers/abi/iac_provider.h"
#include <string.h>

/* Attributes and blocks have the names and forms of Terraform's provider for Kubernetes. */
static const char provider_schema[] =
    "{"
      "\"version\":0,"
      "\"block\":{"
        "\"attributes\":{"
          "\"host\":{\"type\":\"string\",\"description\":\"Address of the API server. KUBE_HOST.\",\"optional\":true},"
          "\"username\":{\"type\":\"string\",\"description\":\"User name for basic authentication. "
          "KUBE_USER.\",\"optional\":true},"
          "\"password\":{\"type\":\"string\",\"description\":\"Password for basic authentication. "
          "KUBE_PASSWORD.\",\"optional\":true,\"sensitive\":true},"
          "\"insecure\":{\"type\":\"bool\",\"description\":\"Do not verify the server's certificate. "
          "KUBE_INSECURE.\",\"optional\":true},"
          "\"tls_server_name\":{\"type\":\"string\",\"description\":\"Name that the server's certificate must have. "
          "KUBE_TLS_SERVER_NAME.\",\"optional\":true},"
          "\"client_certificate\":{\"type\":\"string\",\"description\":\"Client certificate in PEM. "
          "KUBE_CLIENT_CERT_DATA.\",\"optional\":true},"
          "\"client_key\":{\"type\":\"string\",\"description\":\"Key of the client certificate in PEM. "
          "KUBE_CLIENT_KEY_DATA.\",\"optional\":true,\"sensitive\":true},"
          "\"cluster_ca_certificate\":{\"type\":\"string\",\"description\":\"Certificates of the authorities to "
          "trust, in PEM. KUBE_CLUSTER_CA_CERT_DATA.\",\"optional\":true},"
          "\"config_path\":{\"type\":\"string\",\"description\":\"Kubeconfig file. KUBE_CONFIG_PATH, or else the "
          "files of KUBECONFIG.\",\"optional\":true},"
          "\"config_paths\":{\"type\":[\"list\",\"string\"],\"description\":\"Kubeconfig files, merged as kubectl "
          "merges them. KUBE_CONFIG_PATHS.\",\"optional\":true},"
          "\"config_context\":{\"type\":\"string\",\"description\":\"Context to use. KUBE_CTX.\",\"optional\":true},"
          "\"config_context_auth_info\":{\"type\":\"string\",\"description\":\"User to use instead of the context's. "
          "KUBE_CTX_AUTH_INFO.\",\"optional\":true},"
          "\"config_context_cluster\":{\"type\":\"string\",\"description\":\"Cluster to use instead of the context's. "
          "KUBE_CTX_CLUSTER.\",\"optional\":true},"
          "\"token\":{\"type\":\"string\",\"description\":\"Bearer token. "
          "KUBE_TOKEN.\",\"optional\":true,\"sensitive\":true},"
          "\"proxy_url\":{\"type\":\"string\",\"description\":\"Proxy for all requests: http, https or socks5. "
          "KUBE_PROXY_URL.\",\"optional\":true},"
          "\"ignore_annotations\":{\"type\":[\"list\",\"string\"],\"description\":\"Accepted for compatibility: only "
          "fields that the configuration sets are looked at.\",\"optional\":true},"
          "\"ignore_labels\":{\"type\":[\"list\",\"string\"],\"description\":\"Accepted for compatibility: only "
          "fields that the configuration sets are looked at.\",\"optional\":true}"
        "},"
        "\"block_types\":{"
          "\"exec\":{"
            "\"nesting_mode\":\"list\","
            "\"max_items\":1,"
            "\"block\":{"
              "\"attributes\":{"
                "\"api_version\":{\"type\":\"string\",\"description\":\"client.authentication.k8s.io/v1 or "
                "v1beta1.\",\"required\":true},"
                "\"command\":{\"type\":\"string\",\"description\":\"Program that prints the "
                "credentials.\",\"required\":true},"
                "\"args\":{\"type\":[\"list\",\"string\"],\"description\":\"Its arguments.\",\"optional\":true},"
                "\"env\":{\"type\":[\"map\",\"string\"],\"description\":\"Variables added to its "
                "environment.\",\"optional\":true}"
              "},"
              "\"description\":\"A credential plugin.\""
            "}"
          "},"
          "\"experiments\":{"
            "\"nesting_mode\":\"list\","
            "\"max_items\":1,"
            "\"block\":{"
              "\"attributes\":{"
                "\"manifest_resource\":{\"type\":\"bool\",\"description\":\"Accepted for compatibility: "
                "kubernetes_manifest is always there.\",\"optional\":true}"
              "},"
              "\"description\":\"Accepted for compatibility.\","
              "\"deprecated\":true"
            "}"
          "}"
        "},"
        "\"description\":\"Objects of a Kubernetes cluster.\""
      "}"
    "}";

static const char manifest_schema[] =
    "{"
      "\"version\":1,"
      "\"block\":{"
        "\"attributes\":{"
          "\"manifest\":{\"type\":\"dynamic\",\"description\":\"The object as it is to be: apiVersion, kind, metadata "
          "and whatever the kind has. Without metadata.namespace it goes into the namespace of the provider's "
          "context.\",\"required\":true},"
          "\"object\":{\"type\":\"dynamic\",\"description\":\"The object as the server has it: the fields that the "
          "manifest sets, the object's identity, and what the server fills in for it.\",\"computed\":true},"
          "\"computed_fields\":{\"type\":[\"list\",\"string\"],\"description\":\"Paths of fields that may get another "
          "value than the manifest's; they are shown as known after apply whenever the object "
          "changes.\",\"optional\":true},"
          "\"wait_for\":{\"type\":[\"object\",{\"fields\":[\"map\",\"string\"]}],\"description\":\"Use the wait "
          "block.\",\"optional\":true,\"deprecated\":true}"
        "},"
        "\"block_types\":{"
          "\"field_manager\":{"
            "\"nesting_mode\":\"list\","
            "\"max_items\":1,"
            "\"block\":{"
              "\"attributes\":{"
                "\"name\":{\"type\":\"string\",\"description\":\"Name under which fields are owned. By default "
                "iac.\",\"optional\":true},"
                "\"force_conflicts\":{\"type\":\"bool\",\"description\":\"Take over fields that other managers own. "
                "By default a conflict is an error of the plan.\",\"optional\":true}"
              "},"
              "\"description\":\"How fields are owned by server-side apply.\""
            "}"
          "},"
          "\"wait\":{"
            "\"nesting_mode\":\"list\","
            "\"max_items\":1,"
            "\"block\":{"
              "\"attributes\":{"
                "\"rollout\":{\"type\":\"bool\",\"description\":\"Wait until the rollout has ended, by the rules of "
                "the kind.\",\"optional\":true},"
                "\"fields\":{\"type\":[\"map\",\"string\"],\"description\":\"Wait until each field, named by its "
                "path, matches the regular expression; * matches any value.\",\"optional\":true}"
              "},"
              "\"block_types\":{"
                "\"condition\":{"
                  "\"nesting_mode\":\"list\","
                  "\"block\":{"
                    "\"attributes\":{"
                      "\"type\":{\"type\":\"string\",\"description\":\"Type of the condition.\",\"optional\":true},"
                      "\"status\":{\"type\":\"string\",\"description\":\"Its status; by default "
                      "True.\",\"optional\":true}"
                    "},"
                    "\"description\":\"A condition of the object's status to wait for.\""
                  "}"
                "}"
              "},"
              "\"description\":\"What to wait for after a change; everything given must hold.\""
            "}"
          "},"
          "\"timeouts\":{"
            "\"nesting_mode\":\"list\","
            "\"max_items\":1,"
            "\"block\":{"
              "\"attributes\":{"
                "\"create\":{\"type\":\"string\",\"description\":\"For example 10m, which is the "
                "default.\",\"optional\":true},"
                "\"update\":{\"type\":\"string\",\"description\":\"For example 10m, which is the "
                "default.\",\"optional\":true},"
                "\"delete\":{\"type\":\"string\",\"description\":\"For example 10m, which is the "
                "default.\",\"optional\":true}"
              "},"
              "\"description\":\"How long to wait.\""
            "}"
          "}"
        "},"
        "\"description\":\"An object of any kind, by server-side apply. Plans are made by a server-side dry run. The "
        "fields that the manifest sets are owned by the field manager iac unless field_manager names another.\""
      "}"
    "}";

static const char resource_schema[] =
    "{"
      "\"version\":1,"
      "\"block\":{"
        "\"attributes\":{"
          "\"api_version\":{\"type\":\"string\",\"description\":\"apiVersion of the object.\",\"required\":true},"
          "\"kind\":{\"type\":\"string\",\"description\":\"kind of the object.\",\"required\":true},"
          "\"object\":{\"type\":\"dynamic\",\"description\":\"The object.\",\"computed\":true}"
        "},"
        "\"block_types\":{"
          "\"metadata\":{"
            "\"nesting_mode\":\"list\","
            "\"min_items\":1,"
            "\"max_items\":1,"
            "\"block\":{"
              "\"attributes\":{"
                "\"name\":{\"type\":\"string\",\"description\":\"Name of the object.\",\"required\":true},"
                "\"namespace\":{\"type\":\"string\",\"description\":\"Its namespace; by default the "
                "provider's.\",\"optional\":true}"
              "},"
              "\"description\":\"Which object.\""
            "}"
          "}"
        "},"
        "\"description\":\"One object of any kind.\""
      "}"
    "}";

static const char resources_schema[] =
    "{"
      "\"version\":1,"
      "\"block\":{"
        "\"attributes\":{"
          "\"api_version\":{\"type\":\"string\",\"description\":\"apiVersion of the objects.\",\"required\":true},"
          "\"kind\":{\"type\":\"string\",\"description\":\"kind of the objects.\",\"required\":true},"
          "\"namespace\":{\"type\":\"string\",\"description\":\"Namespace to look in; by default "
          "all.\",\"optional\":true},"
          "\"field_selector\":{\"type\":\"string\",\"description\":\"Only objects whose fields "
          "match.\",\"optional\":true},"
          "\"label_selector\":{\"type\":\"string\",\"description\":\"Only objects whose labels "
          "match.\",\"optional\":true},"
          "\"limit\":{\"type\":\"number\",\"description\":\"At most this many.\",\"optional\":true},"
          "\"objects\":{\"type\":\"dynamic\",\"description\":\"The objects.\",\"computed\":true}"
        "},"
        "\"description\":\"Objects of one kind.\""
      "}"
    "}";

static const char manifest_decode_schema[] =
    "{"
      "\"description\":\"Decodes a YAML text that holds one Kubernetes manifest into an object.\","
      "\"summary\":\"Decode a manifest\","
      "\"return_type\":\"dynamic\","
      "\"parameters\":[{\"name\":\"manifest\",\"type\":\"string\",\"description\":\"The YAML text.\"}]"
    "}";

static const char manifest_decode_multi_schema[] =
    "{"
      "\"description\":\"Decodes a YAML text that holds several Kubernetes manifests into a tuple of objects. Empty "
      "documents are left out.\","
      "\"summary\":\"Decode manifests\","
      "\"return_type\":\"dynamic\","
      "\"parameters\":[{\"name\":\"manifest\",\"type\":\"string\",\"description\":\"The YAML text.\"}]"
    "}";

static const char manifest_encode_schema[] =
    "{"
      "\"description\":\"Encodes a Kubernetes manifest, or a list of them, as YAML.\","
      "\"summary\":\"Encode a manifest\","
      "\"return_type\":\"string\","
      "\"parameters\":[{\"name\":\"manifest\",\"type\":\"dynamic\",\"description\":\"The manifest.\"}]"
    "}";

typedef struct entry {
    uint32_t kind;
    const char *type;
    const char *text;
} entry;

static const entry entries[] = {
    { IACP_SCHEMA_RESOURCE, "kubernetes_manifest", manifest_schema },
    { IACP_SCHEMA_DATA, "kubernetes_resource", resource_schema },
    { IACP_SCHEMA_DATA, "kubernetes_resources", resources_schema },
    { IACP_SCHEMA_FUNCTION, "manifest_decode", manifest_decode_schema },
    { IACP_SCHEMA_FUNCTION, "manifest_decode_multi", manifest_decode_multi_schema },
    { IACP_SCHEMA_FUNCTION, "manifest_encode", manifest_encode_schema },
};

const char *const *k8s_schema_names(uint32_t kind)
{
    static const char *const resources[] = { "kubernetes_manifest", NULL };
    static const char *const data[] = { "kubernetes_resource", "kubernetes_resources", NULL };
    static const char *const functions[] = { "manifest_decode", "manifest_decode_multi", "manifest_encode", NULL };

    switch (kind) {
    case IACP_SCHEMA_RESOURCE:
        return resources;
    case IACP_SCHEMA_DATA:
        return data;
    case IACP_SCHEMA_FUNCTION:
        return functions;
    default:
        return NULL;
    }
}

const char *k8s_schema(uint32_t kind, const char *type)
{
    if (kind == IACP_SCHEMA_PROVIDER) {
        return provider_schema;
    }
    for (size_t i = 0; type && i < sizeof(entries) / sizeof(entries[0]); i++) {
        if (entries[i].kind == kind && strcmp(entries[i].type, type) == 0) {
            return entries[i].text;
        }
    }
    return NULL;
}

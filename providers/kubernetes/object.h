/* providers/kubernetes/object.h - one kubernetes_manifest: what its configuration says, the requests for it, and what
 * of a live object goes into the state. Layer: providers/kubernetes (sees sdk). */
#ifndef IAC_K8S_OBJECT_H
#define IAC_K8S_OBJECT_H
#include "providers/kubernetes/client.h"
#include "providers/kubernetes/fields.h"
#include "providers/kubernetes/value.h"

#define K8S_MANAGER "iac" /* field manager when the configuration names none */

/* Read from a kubernetes_manifest block; borrowed texts live as long as `config` or the call. */
typedef struct k8s_object {
    json_t *config;   /* the whole block, owned; holds unknowns */
    json_t *wanted;   /* the manifest as it is applied (nulls left out, stringData of a Secret moved to data), owned;
                       * holds unknowns. NULL when the manifest itself is unknown or null */
    bool identified;  /* apiVersion, kind and metadata.name (or generateName) are known */
    const char *api_version, *kind;
    const char *name;       /* NULL: the name is generated */
    const char *namespace_; /* as written, or the client's default */
    const char *manager;
    bool force;
    const json_t *computed_fields; /* array or NULL */
    json_t *wait;                  /* in the form of k8s_wait_check, owned; NULL: nothing to wait for */
    const k8s_kind *type;          /* set by k8s_object_find_kind */
} k8s_object;

/* Reads a block (config or state). False after an error diagnostic. Clear in any case. client may be NULL. */
bool k8s_object_read(iacp_call *call, const k8s_client *client, sdk_val block, k8s_object *ret);
void k8s_object_clear(k8s_object *object);
/* How it is named to people: Deployment "default/web". In the call's memory. */
const char *k8s_object_title(iacp_call *call, const k8s_object *object);
/* Milliseconds of timeouts.<operation>, ten minutes when unset. */
uint64_t k8s_object_timeout(const k8s_object *object, const char *operation);
/* "10m", "1h30m", "1.5s", "300ms" as milliseconds; false when it is no duration. */
bool k8s_duration_parse(const char *text, uint64_t *ret_ms);

/* Finds the kind (see k8s_kind_find) and settles the namespace: a cluster kind has none. */
iac_status k8s_object_find_kind(k8s_client *client, iacp_call *call, k8s_object *object, k8s_reply *failure);

/* GET of the object. */
bool k8s_object_get(k8s_client *client, iacp_call *call, const k8s_object *object, k8s_reply *ret);

typedef struct k8s_patch {
    const json_t *body;  /* known wholly; apiVersion, kind and metadata.name/namespace are filled in */
    const char *name;    /* NULL: the object's */
    const char *manager; /* NULL: the object's */
    bool dry_run;
    bool force;
} k8s_patch;
/* Server-side apply. */
bool k8s_object_apply(k8s_client *client, iacp_call *call, const k8s_object *object, const k8s_patch *patch,
                      k8s_reply *ret);

/* Text as it may stand in a query. In the call's memory. */
const char *k8s_query_escape(iacp_call *call, const char *text);

/* Whether a reply is a conflict of field managers; and the error for it. Returns IACP_ERROR. */
bool k8s_is_conflict(const k8s_reply *reply);
int32_t k8s_conflict_error(iacp_call *call, const k8s_object *object, const k8s_reply *reply);
/* Lists a conflict's fields and owners, one a line. */
void k8s_conflict_list(const k8s_reply *reply, iac_buf *out);
/* An error from the server about the object's content, placed at the field that it names. Returns IACP_ERROR. */
int32_t k8s_object_error(k8s_client *client, iacp_call *call, const k8s_object *object, const k8s_reply *reply,
                         const char *doing);

/* Fields of the object that the server fills in and the state keeps: those of the kind and those waited for. New. */
json_t *k8s_object_extra(const k8s_object *object);
/* The part of live for the state; shape is the object in the state, or NULL. New. */
json_t *k8s_object_project(const k8s_object *object, const json_t *live, const json_t *shape);
/* A text that changes whenever what we own in live does. In the call's memory. */
const char *k8s_object_mark(iacp_call *call, const k8s_object *object, const json_t *live);
/* The same for what would be applied. */
const char *k8s_object_body_mark(iacp_call *call, const k8s_object *object, const json_t *body);

/* The private data as an object, new; empty when there is none. */
json_t *k8s_private_read(iacp_bytes data);
iacp_bytes k8s_private_write(iacp_call *call, const json_t *private_data);
#endif

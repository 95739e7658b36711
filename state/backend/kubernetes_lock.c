#include "state/backend/kubernetes.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Ours are leases that run out: the Lease is changed again while the process lives, and the server notes when our field
 * manager did that last. Terraform's have no duration, and are never taken over. */

#define ACQUIRING "Error acquiring the state lock"
#define READING "Failed to read the lock"

enum { TRIES = 5 };

const char *kube_lock_name(kube_backend *k, iac_arena *arena, const char *workspace)
{
    return iac_arena_printf(arena, "lock-tfstate-%s-%s", workspace, k->suffix).p;
}

/* When iac changed the object last, by the server's clock; 0 when it never did. */
static double changed_at(const json_t *metadata)
{
    double newest = 0;
    json_t *entry;
    size_t i;
    json_array_foreach(json_object_get(metadata, "managedFields"), i, entry) {
        double at = iac_time_parse(iac_str_of(kube_text(entry, "time")));
        if (strcmp(kube_text(entry, "manager"), "iac") == 0 && at > newest)
            newest = at;
    }
    return newest;
}

/* The Lease; IAC_NOT_FOUND when there is none. Its holder is in *ret, with an empty id when nobody has it. */
static iac_status get_lease(kube_backend *k, const char *workspace, iac_arena *arena, iac_lock_info *ret,
                            const char *summary, iac_diags *diags)
{
    kube_reply reply;
    const char *name = kube_lock_name(k, arena, workspace);
    *ret = (iac_lock_info){ .idle_seconds = -1 };
    kube_send(k, arena, "GET", kube_path(k, arena, true, name), NULL, &reply);
    if (reply.status == 404) {
        kube_reply_clear(&reply);
        return IAC_NOT_FOUND;
    }
    if (reply.status != 200) {
        kube_refused(k, summary, &reply, diags);
        kube_reply_clear(&reply);
        return IAC_ERR;
    }
    const json_t *metadata = json_object_get(reply.body, "metadata"), *spec = json_object_get(reply.body, "spec");
    const char *holder = kube_text(spec, "holderIdentity");
    iac_str info = iac_arena_str(arena, iac_str_of(kube_text(json_object_get(metadata, "annotations"), KUBE_LOCK_INFO)));
    if (!iac_lock_info_read(arena, info, ret))
        ret->info = IAC_STR("the Lease says nothing of its holder");
    ret->id = iac_arena_str(arena, iac_str_of(holder));
    if (!ret->path.n)
        ret->path = iac_arena_printf(arena, "Lease %s/%s", k->namespace_, name);
    double renewed = changed_at(metadata);
    ret->idle_seconds = reply.date > 0 && renewed > 0 ? reply.date - renewed : -1;
    ret->handle = iac_arena_str(arena, iac_str_of(kube_text(metadata, "resourceVersion")));
    kube_reply_clear(&reply);
    return IAC_OK;
}

static json_t *spec_of(iac_arena *arena, const iac_lock_info *mine)
{
    const char *now = iac_arena_cstr(arena, iac_time_text(arena, (double)time(NULL)));
    json_t *spec = json_pack("{s:s%,s:s}", "holderIdentity", mine->id.p, mine->id.n, "renewTime", now);
    if (mine->lease_seconds)
        json_object_set_new(spec, "leaseDurationSeconds", json_integer(mine->lease_seconds));
    return spec;
}

static json_t *annotations_of(const iac_lock_info *mine)
{
    iac_buf info;
    iac_buf_init(&info, IAC_BUF_UNLIMITED);
    iac_lock_info_write(&info, mine);
    json_t *annotations = json_pack("{s:s%}", KUBE_LOCK_INFO, info.p, info.n);
    iac_buf_clear(&info);
    return annotations;
}

/* IAC_BUSY when the object is another by now, or already there. Takes over body. */
static iac_status send_lease(kube_backend *k, iac_arena *arena, const char *method, const char *name, json_t *body,
                             const char *summary, iac_diags *diags)
{
    kube_reply reply;
    iac_status status = IAC_OK;
    kube_send(k, arena, method, kube_path(k, arena, true, name), body, &reply);
    if (reply.status == 409 || reply.status == 404)
        status = IAC_BUSY;
    if (status == IAC_OK && (reply.status < 200 || reply.status > 299))
        status = kube_refused(k, summary, &reply, diags);
    kube_reply_clear(&reply);
    json_decref(body);
    return status;
}

static iac_status make_lease(kube_backend *k, const char *workspace, const iac_lock_info *mine, iac_arena *arena,
                             iac_diags *diags)
{
    json_t *metadata = kube_metadata(k, kube_lock_name(k, arena, workspace), workspace);
    json_object_set_new(metadata, "annotations", annotations_of(mine));
    return send_lease(k, arena, "POST", "",
                      json_pack("{s:s,s:s,s:o,s:o}", "apiVersion", "coordination.k8s.io/v1", "kind", "Lease",
                                "metadata", metadata, "spec", spec_of(arena, mine)),
                      ACQUIRING, diags);
}

static iac_status change_lease(kube_backend *k, const char *workspace, iac_str version, json_t *annotations,
                               json_t *spec, iac_arena *arena, const char *summary, iac_diags *diags)
{
    json_t *metadata = json_pack("{s:s%,s:o}", "resourceVersion", version.p, version.n, "annotations", annotations);
    return send_lease(k, arena, "PATCH", kube_lock_name(k, arena, workspace),
                      json_pack("{s:o,s:o}", "metadata", metadata, "spec", spec), summary, diags);
}

iac_status kube_lock(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                     iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags)
{
    kube_backend *k = self;
    iac_status status = IAC_BUSY;
    for (int left = TRIES; left > 0 && status == IAC_BUSY; left--) { /* who changes it meanwhile may be giving it back */
        status = get_lease(k, workspace, arena, ret_holder, ACQUIRING, diags);
        if (status == IAC_NOT_FOUND) {
            status = make_lease(k, workspace, mine, arena, diags);
            continue;
        }
        if (status != IAC_OK || iac_str_eq(ret_holder->id, mine->id))
            return status; /* an earlier try arrived, and its answer was lost */
        if (ret_holder->id.n && !(over && iac_str_eq(over->handle, ret_holder->handle)))
            return IAC_BUSY;
        status = change_lease(k, workspace, ret_holder->handle, annotations_of(mine), spec_of(arena, mine), arena,
                              ACQUIRING, diags);
    }
    return status;
}

iac_status kube_renew(void *self, const char *workspace, const iac_lock_info *mine, iac_diags *diags)
{
    kube_backend *k = self;
    iac_arena *arena = iac_arena_new();
    iac_lock_info holder;
    iac_status status = get_lease(k, workspace, arena, &holder, ACQUIRING, diags);
    if (status == IAC_OK && !holder.id.n)
        status = IAC_NOT_FOUND;
    else if (status == IAC_OK && !iac_str_eq(holder.id, mine->id))
        status = IAC_BUSY;
    if (status == IAC_OK)
        status = change_lease(k, workspace, holder.handle, annotations_of(mine), spec_of(arena, mine), arena, ACQUIRING,
                              diags);
    iac_arena_free(arena);
    return status;
}

iac_status kube_unlock(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                       iac_diags *diags)
{
    static const char summary[] = "Failed to unlock state";
    kube_backend *k = self;
    iac_status status = IAC_BUSY;
    for (int left = TRIES; left > 0 && status == IAC_BUSY; left--) {
        status = get_lease(k, workspace, arena, ret_holder, summary, diags);
        if (status == IAC_OK && !ret_holder->id.n)
            status = IAC_NOT_FOUND;
        if (status != IAC_OK)
            return status;
        if (!iac_str_eq(ret_holder->id, id))
            return IAC_BUSY;
        status = change_lease(k, workspace, ret_holder->handle, json_pack("{s:n}", KUBE_LOCK_INFO),
                              json_pack("{s:n,s:n,s:n}", "holderIdentity", "renewTime", "leaseDurationSeconds"), arena,
                              summary, diags);
    }
    return status;
}

iac_status kube_lock_info(void *self, const char *workspace, iac_arena *arena, iac_lock_info *ret, iac_diags *diags)
{
    iac_status status = get_lease(self, workspace, arena, ret, READING, diags);
    return status == IAC_OK && !ret->id.n ? IAC_NOT_FOUND : status;
}

#include "state/backend/s3.h"

#include "lang/base/crypto.h"
#include "lang/value/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Two places for a lock, as Terraform has them: an object KEY.tflock that is written only where there is none, and an
 * item of a DynamoDB table. Ours are leases: the object is written again, and the item's "Renewed" set, while the
 * process lives. Both are judged by the clock of the server that keeps them. Terraform's locks have no lease, and are
 * never taken over. */

void s3_md5_hex(iac_str bytes, char ret[33])
{
    uint8_t digest[16];
    if (!EVP_Digest(bytes.p, bytes.n, digest, NULL, EVP_md5(), NULL))
        abort();
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

static double header_time(const net_response *response, const char *name)
{
    char text[64];
    struct tm utc = { 0 };
    iac_str value = net_response_header(response, name);
    snprintf(text, sizeof(text), "%.*s", IAC_FMT(value));
    return strptime(text, "%a, %d %b %Y %H:%M:%S", &utc) ? (double)timegm(&utc) : 0;
}

/* ---- the lock object ---- */

static iac_status object_holder(s3_backend *s, const char *workspace, iac_arena *arena, iac_lock_info *ret,
                                iac_diags *diags)
{
    net_response response;
    s3_request request = { .method = "GET", .key = s3_key(s, arena, workspace, ".tflock"), .encrypted = true };
    if (s3_send(s, arena, &request, &response, diags) != IAC_OK)
        return IAC_ERR;
    if (response.status == 404)
        return IAC_NOT_FOUND;
    if (response.status != 200)
        return s3_refused(s, "Failed to read the lock", "Unable to read the lock file", arena, &response, diags);
    if (!iac_lock_info_read(arena, response.body, ret))
        *ret = (iac_lock_info){ .path = request.key };
    double now = header_time(&response, "date"), renewed = header_time(&response, "last-modified");
    ret->idle_seconds = now > 0 && renewed > 0 ? now - renewed : -1;
    ret->handle = net_response_header(&response, "etag");
    return IAC_OK;
}

/* IAC_BUSY when the condition does not hold. */
static iac_status put_object(s3_backend *s, const char *workspace, const iac_lock_info *mine, iac_str match,
                             iac_arena *arena, iac_diags *diags)
{
    net_response response;
    iac_buf body;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    iac_lock_info_write(&body, mine);
    s3_request request = { .method = "PUT", .key = s3_key(s, arena, workspace, ".tflock"), .body = iac_buf_view(&body),
                           .encrypted = true, .is_new = !match.n, .match = match };
    iac_status status = s3_send(s, arena, &request, &response, diags);
    if (status == IAC_OK && (response.status == 412 || response.status == 409 || response.status == 404))
        status = IAC_BUSY;
    else if (status == IAC_OK && response.status != 200)
        status = s3_refused(s, "Error acquiring the state lock", "Unable to write the lock file", arena, &response,
                            diags);
    iac_buf_clear(&body);
    return status;
}

static iac_status lock_object(s3_backend *s, const char *workspace, const iac_lock_info *mine,
                              const iac_lock_info *over, iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags)
{
    iac_status status = put_object(s, workspace, mine, over ? over->handle : (iac_str){ 0 }, arena, diags);
    if (status != IAC_BUSY)
        return status;
    status = object_holder(s, workspace, arena, ret_holder, diags);
    if (status == IAC_OK && iac_str_eq(ret_holder->id, mine->id))
        return IAC_OK; /* an earlier try arrived, and its answer was lost */
    return status == IAC_ERR ? IAC_ERR : IAC_BUSY;
}

static iac_status unlock_object(s3_backend *s, const char *workspace, iac_str id, iac_arena *arena,
                                iac_lock_info *ret_holder, iac_diags *diags)
{
    net_response response;
    iac_status status = object_holder(s, workspace, arena, ret_holder, diags);
    if (status != IAC_OK)
        return status;
    if (!iac_str_eq(ret_holder->id, id))
        return IAC_BUSY;
    s3_request request = { .method = "DELETE", .key = s3_key(s, arena, workspace, ".tflock") };
    if (s3_send(s, arena, &request, &response, diags) != IAC_OK)
        return IAC_ERR;
    if (response.status / 100 != 2)
        return s3_refused(s, "Failed to unlock state", "Unable to delete the lock file", arena, &response, diags);
    return IAC_OK;
}

/* ---- the lock table ---- */

static iac_str lock_id(const s3_backend *s, iac_arena *arena, const char *workspace, const char *suffix)
{
    return iac_arena_printf(arena, "%s/%.*s", s->bucket, IAC_FMT(s3_key(s, arena, workspace, suffix)));
}

static void add_pair(iac_buf *out, const char *name, iac_str text)
{
    iac_buf_printf(out, "%s\"%s\":{\"S\":", out->p[out->n - 1] == '{' ? "" : ",", name);
    iac_json_string(out, text, false);
    iac_buf_char(out, '}');
}

static iac_str item_text(const iac_value *item, const char *name)
{
    const iac_value *v = iac_value_get_cstr(item, name), *text = v ? iac_value_get_cstr(v, "S") : NULL;
    return text && iac_is_set_value(text) && text->kind == IAC_STRING ? text->string : (iac_str){ 0 };
}

/* *ret_item: NULL when there is none. */
static iac_status get_item(s3_backend *s, iac_arena *arena, iac_str id, const iac_value **ret_item, double *ret_now,
                           iac_diags *diags)
{
    net_response response;
    iac_buf body;
    iac_str error;
    size_t offset;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&body, "{\"ConsistentRead\":true,\"TableName\":");
    iac_json_string(&body, iac_str_of(s->table), false);
    iac_buf_cstr(&body, ",\"Key\":{");
    add_pair(&body, "LockID", id);
    iac_buf_cstr(&body, "}}");
    iac_status status = s3_dynamodb(s, arena, "GetItem", iac_buf_view(&body), &response, diags);
    iac_buf_clear(&body);
    if (status != IAC_OK)
        return status;
    if (response.status != 200)
        return s3_refused(s, "Failed to read the lock", "Unable to read the item of the lock table", arena, &response,
                          diags);
    const iac_value *answer = iac_value_from_json(arena, response.body, &error, &offset);
    *ret_item = answer ? iac_value_get_cstr(answer, "Item") : NULL;
    *ret_now = header_time(&response, "date");
    return IAC_OK;
}

/* IAC_BUSY when the condition does not hold. `values`: the members of ExpressionAttributeValues. */
static iac_status change_item(s3_backend *s, iac_arena *arena, const char *operation, iac_str members, const char *condition,
                              iac_str values, iac_diags *diags)
{
    net_response response;
    iac_buf body;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&body, "{\"TableName\":");
    iac_json_string(&body, iac_str_of(s->table), false);
    iac_buf_printf(&body, ",%.*s", IAC_FMT(members));
    if (condition)
        iac_buf_printf(&body, ",\"ConditionExpression\":\"%s\"", condition);
    if (values.n)
        iac_buf_printf(&body, ",\"ExpressionAttributeValues\":%.*s", IAC_FMT(values));
    iac_buf_char(&body, '}');
    iac_status status = s3_dynamodb(s, arena, operation, iac_buf_view(&body), &response, diags);
    iac_buf_clear(&body);
    if (status != IAC_OK || response.status == 200)
        return status;
    if (iac_str_find(response.body, IAC_STR("ConditionalCheckFailed"), 0) != SIZE_MAX)
        return IAC_BUSY;
    return s3_refused(s, "Error acquiring the state lock", "Unable to change the item of the lock table", arena,
                      &response, diags);
}

static iac_status item_holder(s3_backend *s, const char *workspace, iac_arena *arena, iac_lock_info *ret,
                              iac_diags *diags)
{
    const iac_value *item = NULL;
    double now = 0;
    iac_str id = lock_id(s, arena, workspace, "");
    if (get_item(s, arena, id, &item, &now, diags) != IAC_OK)
        return IAC_ERR;
    if (!item || !item_text(item, "Info").n)
        return IAC_NOT_FOUND;
    if (!iac_lock_info_read(arena, item_text(item, "Info"), ret))
        *ret = (iac_lock_info){ .path = id };
    ret->handle = item_text(item, "Renewed");
    double renewed = iac_time_parse(ret->handle);
    ret->idle_seconds = now > 0 && renewed > 0 ? now - renewed : -1;
    return IAC_OK;
}

static iac_status put_item(s3_backend *s, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                           iac_arena *arena, iac_diags *diags)
{
    iac_buf info, members, values;
    iac_buf_init(&info, IAC_BUF_UNLIMITED);
    iac_buf_init(&members, IAC_BUF_UNLIMITED);
    iac_buf_init(&values, IAC_BUF_UNLIMITED);
    iac_lock_info_write(&info, mine);
    iac_buf_cstr(&members, "\"Item\":{");
    add_pair(&members, "LockID", lock_id(s, arena, workspace, ""));
    add_pair(&members, "Info", iac_buf_view(&info));
    add_pair(&members, "Renewed", iac_time_text(arena, (double)time(NULL)));
    iac_buf_char(&members, '}');
    if (over) {
        iac_buf_char(&values, '{');
        add_pair(&values, ":old", over->handle);
        iac_buf_char(&values, '}');
    }
    iac_status status = change_item(s, arena, "PutItem", iac_buf_view(&members),
                                    over ? "Renewed = :old" : "attribute_not_exists(LockID)", iac_buf_view(&values),
                                    diags);
    iac_buf_clear(&info);
    iac_buf_clear(&members);
    iac_buf_clear(&values);
    return status;
}

static iac_status lock_item(s3_backend *s, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                            iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags)
{
    iac_status status = put_item(s, workspace, mine, over, arena, diags);
    if (status != IAC_BUSY)
        return status;
    status = item_holder(s, workspace, arena, ret_holder, diags);
    if (status == IAC_OK && iac_str_eq(ret_holder->id, mine->id))
        return IAC_OK;
    return status == IAC_ERR ? IAC_ERR : IAC_BUSY;
}

/* Renewing, and giving back: both only while the item is that of `id`. */
static iac_status touch_item(s3_backend *s, const char *workspace, iac_str id, bool remove, iac_arena *arena,
                             iac_diags *diags)
{
    iac_buf members, values;
    iac_buf_init(&members, IAC_BUF_UNLIMITED);
    iac_buf_init(&values, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&members, "\"Key\":{");
    add_pair(&members, "LockID", lock_id(s, arena, workspace, ""));
    iac_buf_cstr(&members, remove ? "}" : "},\"UpdateExpression\":\"SET Renewed = :now\"");
    iac_buf_char(&values, '{');
    add_pair(&values, ":id", id);
    if (!remove)
        add_pair(&values, ":now", iac_time_text(arena, (double)time(NULL)));
    iac_buf_char(&values, '}');
    iac_status status = change_item(s, arena, remove ? "DeleteItem" : "UpdateItem", iac_buf_view(&members),
                                    "contains(Info, :id)", iac_buf_view(&values), diags);
    iac_buf_clear(&members);
    iac_buf_clear(&values);
    return status;
}

static iac_status unlock_item(s3_backend *s, const char *workspace, iac_str id, iac_arena *arena,
                              iac_lock_info *ret_holder, iac_diags *diags)
{
    iac_status status = item_holder(s, workspace, arena, ret_holder, diags);
    if (status != IAC_OK)
        return status;
    return iac_str_eq(ret_holder->id, id) ? touch_item(s, workspace, id, true, arena, diags) : IAC_BUSY;
}

iac_status s3_read_digest(s3_backend *s, const char *workspace, iac_arena *arena, iac_str *ret, iac_diags *diags)
{
    const iac_value *item = NULL;
    double now;
    *ret = (iac_str){ 0 };
    if (!s->table)
        return IAC_OK;
    if (get_item(s, arena, lock_id(s, arena, workspace, "-md5"), &item, &now, diags) != IAC_OK)
        return IAC_ERR;
    if (item)
        *ret = item_text(item, "Digest");
    return IAC_OK;
}

/* digest empty: forgets it. over empty: whatever is there. */
static iac_status note_digest(s3_backend *s, const char *workspace, iac_arena *arena, iac_str digest, iac_str over,
                              iac_diags *diags)
{
    iac_buf members, values;
    if (!s->table)
        return IAC_OK;
    iac_buf_init(&members, IAC_BUF_UNLIMITED);
    iac_buf_init(&values, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&members, digest.n ? "\"Item\":{" : "\"Key\":{");
    add_pair(&members, "LockID", lock_id(s, arena, workspace, "-md5"));
    if (digest.n)
        add_pair(&members, "Digest", digest);
    iac_buf_char(&members, '}');
    if (over.n) {
        iac_buf_char(&values, '{');
        add_pair(&values, ":old", over);
        iac_buf_char(&values, '}');
    }
    iac_status status = change_item(s, arena, digest.n ? "PutItem" : "DeleteItem", iac_buf_view(&members),
                                    over.n ? "Digest = :old" : NULL, iac_buf_view(&values), diags);
    iac_buf_clear(&members);
    iac_buf_clear(&values);
    return status;
}

iac_status s3_write_digest(s3_backend *s, const char *workspace, iac_arena *arena, iac_str digest, iac_diags *diags)
{
    return note_digest(s, workspace, arena, digest, (iac_str){ 0 }, diags);
}

iac_status s3_correct_digest(s3_backend *s, const char *workspace, iac_arena *arena, iac_str digest, iac_str over,
                             iac_diags *diags)
{
    return note_digest(s, workspace, arena, digest, over, diags);
}

/* ---- both ---- */

iac_status s3_lock(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                   iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags)
{
    s3_backend *s = self;
    iac_lock_info ignored;
    iac_diags more = IAC_DIAGS_INIT;
    bool by_item = over && !iac_str_starts(over->handle, IAC_STR("\"")); /* an ETag is quoted, a time is not */
    iac_status status = IAC_OK;
    if (s->use_lockfile)
        status = lock_object(s, workspace, mine, by_item ? NULL : over, arena, ret_holder, diags);
    if (status != IAC_OK || !s->table)
        return status;
    status = lock_item(s, workspace, mine, by_item ? over : NULL, arena, ret_holder, diags);
    if (status != IAC_OK && s->use_lockfile)
        unlock_object(s, workspace, mine->id, arena, &ignored, &more);
    iac_diags_clear(&more);
    return status;
}

iac_status s3_renew(void *self, const char *workspace, const iac_lock_info *mine, iac_diags *diags)
{
    s3_backend *s = self;
    iac_arena *arena = iac_arena_new();
    iac_lock_info holder;
    iac_status status = IAC_OK;
    if (s->use_lockfile) {
        status = object_holder(s, workspace, arena, &holder, diags);
        if (status == IAC_OK && !iac_str_eq(holder.id, mine->id))
            status = IAC_BUSY;
        if (status == IAC_OK)
            status = put_object(s, workspace, mine, holder.handle, arena, diags);
    }
    if (status == IAC_OK && s->table)
        status = touch_item(s, workspace, mine->id, false, arena, diags);
    iac_arena_free(arena);
    return status;
}

iac_status s3_unlock(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                     iac_diags *diags)
{
    s3_backend *s = self;
    iac_status status = IAC_NOT_FOUND;
    if (s->table)
        status = unlock_item(s, workspace, id, arena, ret_holder, diags);
    if (s->use_lockfile && (status == IAC_OK || status == IAC_NOT_FOUND)) {
        iac_status second = unlock_object(s, workspace, id, arena, ret_holder, diags);
        status = second == IAC_NOT_FOUND ? status : second;
    }
    return !s->table && !s->use_lockfile ? IAC_OK : status;
}

iac_status s3_lock_info(void *self, const char *workspace, iac_arena *arena, iac_lock_info *ret, iac_diags *diags)
{
    s3_backend *s = self;
    iac_status status = IAC_NOT_FOUND;
    if (s->use_lockfile)
        status = object_holder(s, workspace, arena, ret, diags);
    if (status == IAC_NOT_FOUND && s->table)
        status = item_holder(s, workspace, arena, ret, diags);
    return status;
}

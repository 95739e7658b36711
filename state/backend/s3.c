#include "state/backend/drivers.h"
#include "state/backend/s3.h"

#include "lang/net/sigv4.h"

#include <stdlib.h>
#include <string.h>

static void describe(void *self, iac_buf *out)
{
    s3_backend *s = self;
    iac_buf_printf(out, "s3://%s/%s", s->bucket, s->key);
}

/* ---- snapshots ---- */

/* An object as S3 has it: a snapshot, and which step it says that it is. */
typedef struct stored_object {
    iac_snapshot snapshot;
    iac_str step;
} stored_object;

/* The step from the digest that the lock table has, if that is one, to that of a new object: "OLD-NEW". */
static iac_str step_between(iac_arena *arena, iac_str noted, const char *digest)
{
    bool is_digest = noted.n == 32;
    for (size_t i = 0; i < noted.n; i++)
        is_digest = is_digest && memchr("0123456789abcdef", noted.p[i], 16);
    return is_digest ? iac_arena_printf(arena, "%.*s-%s", IAC_FMT(noted), digest) : (iac_str){ 0 };
}

/* The digest is noted after the upload. Where a run was broken off in between, the object says that it is the step from
 * the one that is noted to its own: then it is not an old one, nor damaged on its way, and what that run did not come to
 * do is done now. */
static iac_status check_digest(s3_backend *s, const char *workspace, iac_arena *arena, const stored_object *object,
                               iac_diags *diags)
{
    iac_str expected, json = object->snapshot.json;
    char found[33] = "";
    if (s3_read_digest(s, workspace, arena, &expected, diags) != IAC_OK)
        return IAC_ERR;
    if (json.n)
        s3_md5_hex(json, found);
    if (!expected.n || iac_str_is(expected, found))
        return IAC_OK;
    if (json.n && object->step.n && iac_str_eq(object->step, step_between(arena, expected, found))) {
        iac_diags ignored = IAC_DIAGS_INIT; /* who may only read leaves it to others */
        s3_correct_digest(s, workspace, arena, iac_str_of(found), expected, &ignored);
        iac_diags_clear(&ignored);
        return IAC_OK;
    }
    iac_diag_error(diags, IAC_NO_RANGE, "Error refreshing state",
                   "state data in S3 does not have the expected content.\n\nThe checksum calculated for the state stored "
                   "in S3 does not match the checksum stored in DynamoDB.\n\nBucket: %s\nKey:    %.*s\nCalculated "
                   "checksum: %s\nStored checksum:     %.*s\n\nThis may be caused by unusually long delays in S3 "
                   "processing a previous state update. Please wait for a minute or two and try again.\n\nIf this "
                   "problem persists, and neither S3 nor DynamoDB are experiencing an outage, you may need to manually "
                   "verify the remote state and update the Digest value stored in the DynamoDB table",
                   s->bucket, IAC_FMT(s3_key(s, arena, workspace, "")), found, IAC_FMT(expected));
    return IAC_ERR;
}

static iac_status get_state(s3_backend *s, const char *workspace, iac_arena *arena, stored_object *ret, iac_diags *diags)
{
    net_response response;
    s3_request request = { .method = "GET", .key = s3_key(s, arena, workspace, ""), .encrypted = true };
    *ret = (stored_object){ 0 };
    if (s3_send(s, arena, &request, &response, diags) != IAC_OK)
        return IAC_ERR;
    bool no_bucket = iac_str_find(response.body, IAC_STR("NoSuchBucket"), 0) != SIZE_MAX;
    if (response.status == 404 && !no_bucket)
        return IAC_OK;
    if (response.status != 200)
        return s3_refused(s, "Error refreshing state", "Unable to access object", arena, &response, diags);
    ret->snapshot = (iac_snapshot){ .json = response.body, .version = net_response_header(&response, "etag") };
    ret->step = net_response_header(&response, S3_STEP);
    return IAC_OK;
}

static iac_status read_state(void *self, const char *workspace, iac_arena *arena, iac_snapshot *ret, iac_diags *diags)
{
    s3_backend *s = self;
    stored_object object;
    iac_status status = get_state(s, workspace, arena, &object, diags);
    *ret = object.snapshot;
    return status == IAC_OK ? check_digest(s, workspace, arena, &object, diags) : IAC_ERR;
}

static iac_status write_state(void *self, const char *workspace, iac_str json, iac_str over, iac_str lock_id,
                              iac_arena *arena, iac_str *ret_version, iac_diags *diags)
{
    (void)lock_id;
    s3_backend *s = self;
    net_response response;
    char digest[33];
    iac_str noted;
    s3_request request = { .method = "PUT", .key = s3_key(s, arena, workspace, ""), .body = json, .encrypted = true,
                           .is_new = !over.n, .match = over };
    if (s3_read_digest(s, workspace, arena, &noted, diags) != IAC_OK)
        return IAC_ERR;
    s3_md5_hex(json, digest);
    request.step = step_between(arena, noted, digest);
    if (s3_send(s, arena, &request, &response, diags) != IAC_OK)
        return IAC_ERR;
    if (response.status == 412 || response.status == 409 || (response.status == 404 && over.n)) {
        stored_object there; /* maybe ours: an earlier try arrived, and its answer was lost */
        if (get_state(s, workspace, arena, &there, diags) != IAC_OK)
            return IAC_ERR;
        if (!iac_str_eq(there.snapshot.json, json))
            return IAC_BUSY;
        *ret_version = there.snapshot.version;
    } else if (response.status != 200) {
        return s3_refused(s, "Failed to save state", "Unable to upload state", arena, &response, diags);
    } else {
        *ret_version = net_response_header(&response, "etag");
    }
    return s3_write_digest(s, workspace, arena, iac_arena_str(arena, iac_str_of(digest)), diags);
}

/* ---- workspaces ---- */

static iac_str unescape(iac_arena *arena, iac_str text)
{
    static const struct { const char *entity; char c; } entities[] = {
        { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' }
    };
    char *out = iac_arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        for (size_t k = 0; c == '&' && k < IAC_COUNT(entities); k++) {
            iac_str rest = iac_str_sub(text, i, text.n);
            if (iac_str_starts(rest, iac_str_of(entities[k].entity))) {
                c = entities[k].c;
                i += strlen(entities[k].entity) - 1;
                break;
            }
        }
        out[n++] = c;
    }
    return (iac_str){ out, n };
}

typedef IAC_VEC(iac_str) names;

/* PREFIX/NAME/KEY names a workspace; everything else under the prefix is somebody else's. */
static void take_keys(const s3_backend *s, iac_arena *arena, iac_str xml, names *found)
{
    iac_str prefix = iac_arena_printf(arena, "%s/", s->prefix), suffix = iac_arena_printf(arena, "/%s", s->key);
    size_t at = 0;
    while ((at = iac_str_find(xml, IAC_STR("<Key>"), at)) != SIZE_MAX) {
        size_t end = iac_str_find(xml, IAC_STR("</Key>"), at);
        if (end == SIZE_MAX)
            return;
        iac_str key = unescape(arena, iac_str_sub(xml, at + 5, end));
        at = end;
        if (!iac_str_starts(key, prefix) || !iac_str_ends(key, suffix) || key.n <= prefix.n + suffix.n)
            continue;
        iac_str name = iac_str_sub(key, prefix.n, key.n - suffix.n);
        if (iac_str_find_char(name, '/', 0) == SIZE_MAX)
            iac_vec_push(found, name);
    }
}

static iac_str next_page(iac_arena *arena, iac_str xml)
{
    size_t from = iac_str_find(xml, IAC_STR("<NextContinuationToken>"), 0);
    size_t to = iac_str_find(xml, IAC_STR("</NextContinuationToken>"), 0);
    if (from == SIZE_MAX || to == SIZE_MAX)
        return (iac_str){ 0 };
    return unescape(arena, iac_str_sub(xml, from + strlen("<NextContinuationToken>"), to));
}

static iac_status list(s3_backend *s, iac_arena *arena, names *found, iac_diags *diags)
{
    iac_str token = { 0 };
    iac_status status = IAC_OK;
    do {
        iac_buf query;
        net_response response;
        iac_buf_init(&query, IAC_BUF_UNLIMITED);
        if (token.n) {
            iac_buf_cstr(&query, "continuation-token=");
            aws_uri_encode(&query, token, false);
            iac_buf_char(&query, '&');
        }
        iac_buf_cstr(&query, "list-type=2&max-keys=1000&prefix=");
        aws_uri_encode(&query, iac_arena_printf(arena, "%s/", s->prefix), false);
        s3_request request = { .method = "GET", .query = query.p };
        status = s3_send(s, arena, &request, &response, diags);
        iac_buf_clear(&query);
        if (status == IAC_OK && response.status != 200)
            status = s3_refused(s, "Failed to list workspaces", "Unable to list objects", arena, &response, diags);
        if (status != IAC_OK)
            break;
        take_keys(s, arena, response.body, found);
        token = next_page(arena, response.body);
    } while (token.n);
    return status;
}

static int name_cmp(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static iac_status workspaces(void *self, iac_arena *arena, iac_str **ret, size_t *ret_count, iac_diags *diags)
{
    s3_backend *s = self;
    names found = { 0 };
    iac_vec_push(&found, IAC_STR("default"));
    iac_status status = list(s, arena, &found, diags);
    qsort(found.v, found.n, sizeof(*found.v), name_cmp);
    *ret = iac_arena_array(arena, iac_str, found.n);
    memcpy(*ret, found.v, found.n * sizeof(*found.v));
    *ret_count = found.n;
    iac_vec_clear(&found);
    return status;
}

/* The digest goes first: a state without one can be read, and a digest without a state cannot be got past. */
static iac_status delete_workspace(void *self, const char *workspace, iac_diags *diags)
{
    s3_backend *s = self;
    iac_arena *arena = iac_arena_new();
    net_response response;
    s3_request request = { .method = "DELETE", .key = s3_key(s, arena, workspace, "") };
    iac_status status = s3_write_digest(s, workspace, arena, (iac_str){ 0 }, diags);
    if (status == IAC_OK)
        status = s3_send(s, arena, &request, &response, diags);
    if (status == IAC_OK && response.status / 100 != 2)
        status = s3_refused(s, "Failed to delete the workspace", "Unable to delete object", arena, &response, diags);
    iac_arena_free(arena);
    return status;
}

const iac_backend_driver iac_backend_s3 = {
    .name = "s3",
    .arguments = s3_arguments,
    .configure = s3_configure,
    .free = s3_free,
    .describe = describe,
    .workspaces = workspaces,
    .delete_workspace = delete_workspace,
    .read = read_state,
    .write = write_state,
    .lock = s3_lock,
    .renew = s3_renew,
    .unlock = s3_unlock,
    .lock_info = s3_lock_info,
};

/* state/blob.c - contents kept once, by what they are. */
#include "state/store_internal.h"
#include "lang/base/crypto.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* How a blob's bytes are kept. Numbers are in the database: they never change their meaning. */
enum { CODEC_PLAIN = 0, CODEC_ZLIB = 1 };
enum { MAX_BLOB = 1 << 30 };

iac_blob_hash iac_blob_digest(iac_str bytes)
{
    iac_blob_hash hash = { { 0 } };
    if (!EVP_Digest(bytes.p ? bytes.p : "", bytes.n, hash.bytes, NULL, EVP_sha256(), NULL))
        abort();
    return hash;
}

/* A digest tells what short contents are, to who tries them all: those that are sealed have one made with the key. */
static iac_blob_hash digest_with(const iac_crypt_key *key, iac_str bytes)
{
    iac_blob_hash hash = { { 0 } };
    if (!key)
        return iac_blob_digest(bytes);
    iac_key_digest(key, bytes, hash.bytes);
    return hash;
}

static iac_str hash_text(const iac_blob_hash *hash)
{
    return (iac_str){ (const char *)hash->bytes, sizeof(hash->bytes) };
}

/* Compressed where that makes it smaller; *made is to be freed. */
static iac_str pack(iac_str bytes, int *codec, uint8_t **made)
{
    uLongf size = compressBound(bytes.n);
    *codec = CODEC_PLAIN;
    *made = NULL;
    if (bytes.n < 64 || bytes.n > MAX_BLOB)
        return bytes;
    *made = iac_xmalloc(size);
    /* Plans are written while somebody waits, and their texts repeat themselves: the fastest level does well. */
    if (compress2(*made, &size, (const Bytef *)bytes.p, bytes.n, 1) != Z_OK || size >= bytes.n)
        return bytes;
    *codec = CODEC_ZLIB;
    return (iac_str){ (const char *)*made, size };
}

static int find(iac_store *store, const iac_blob_hash *hash, int64_t *ret_id)
{
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_BLOB_ID);
    if (!s)
        return sqlite3_extended_errcode(store->db);
    iac_sql_bind_blob(s, 1, hash_text(hash));
    int rc = sqlite3_step(s);
    *ret_id = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    iac_sql_done(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Runs a statement whose first parameters are hash, codec, size and data. */
static int run_put(sqlite3_stmt *s, const iac_crypt_key *key, iac_str bytes)
{
    iac_blob_hash hash = digest_with(key, bytes);
    int codec;
    uint8_t *made;
    iac_buf sealed;
    iac_str packed = pack(bytes, &codec, &made);
    iac_buf_init(&sealed, IAC_BUF_UNLIMITED);
    if (key) {
        iac_key_seal(key, hash_text(&hash), packed, &sealed);
        packed = iac_buf_view(&sealed);
    }
    iac_sql_bind_blob(s, 1, hash_text(&hash));
    sqlite3_bind_int(s, 2, codec);
    sqlite3_bind_int64(s, 3, (int64_t)bytes.n);
    iac_sql_bind_blob(s, 4, packed);
    int rc = iac_sql_run(s);
    iac_buf_clear(&sealed);
    free(made);
    return rc;
}

int iac_blob_put(iac_store *store, iac_str bytes, int64_t *ret_id)
{
    iac_blob_hash hash = digest_with(store->key, bytes);
    int rc = find(store, &hash, ret_id);
    if (rc != SQLITE_OK || *ret_id)
        return rc;
    sqlite3_stmt *add = iac_sql_get(store, IAC_SQL_BLOB_ADD);
    if (!add)
        return sqlite3_extended_errcode(store->db);
    rc = run_put(add, store->key, bytes);
    *ret_id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

/* False when the data is not what its codec and size say. */
static bool unpack(iac_arena *arena, iac_str data, int codec, int64_t size, iac_str *ret)
{
    if (size < 0 || size > MAX_BLOB)
        return false;
    if (codec == CODEC_PLAIN) {
        *ret = iac_arena_str(arena, data);
        return (int64_t)data.n == size;
    }
    if (codec != CODEC_ZLIB || (uint64_t)size > 1032 * (uint64_t)data.n + 64) /* what deflate can do at most */
        return false;
    char *bytes = iac_arena_alloc(arena, (size_t)size + 1);
    uLongf got = (uLongf)size;
    if (uncompress((Bytef *)bytes, &got, (const Bytef *)data.p, data.n) != Z_OK || (int64_t)got != size)
        return false;
    bytes[size] = '\0';
    *ret = (iac_str){ bytes, (size_t)size };
    return true;
}

int iac_blob_get(iac_store *store, int64_t id, iac_arena *arena, iac_str *ret)
{
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_BLOB);
    if (!s)
        return sqlite3_extended_errcode(store->db);
    sqlite3_bind_int64(s, 1, id);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        iac_str hash = iac_sql_text(s, 0);
        rc = SQLITE_CORRUPT;
        iac_str data = iac_sql_text(s, 3);
        iac_buf opened;
        iac_buf_init(&opened, IAC_BUF_UNLIMITED);
        bool ok = !store->key || iac_key_open(store->key, hash, data, &opened);
        if (ok && unpack(arena, store->key ? iac_buf_view(&opened) : data, sqlite3_column_int(s, 1),
                         sqlite3_column_int64(s, 2), ret)) {
            iac_blob_hash is = digest_with(store->key, *ret);
            rc = iac_str_eq(hash, hash_text(&is)) ? SQLITE_OK : SQLITE_CORRUPT;
        }
        iac_buf_clear(&opened);
    } else if (rc == SQLITE_DONE) {
        rc = SQLITE_CORRUPT;
    }
    iac_sql_done(s);
    return rc;
}

int iac_blob_renew(iac_store *store, const iac_crypt_key *key)
{
    IAC_VEC(int64_t) ids = { 0 };
    int rc = SQLITE_ERROR;
    sqlite3_stmt *list = iac_sql_get(store, IAC_SQL_BLOBS);
    while (list && (rc = sqlite3_step(list)) == SQLITE_ROW)
        iac_vec_push(&ids, sqlite3_column_int64(list, 0));
    iac_sql_done(list);
    rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
    for (size_t i = 0; rc == SQLITE_OK && i < ids.n; i++) {
        iac_arena *arena = iac_arena_new();
        iac_str bytes;
        rc = iac_blob_get(store, ids.v[i], arena, &bytes);
        sqlite3_stmt *set = rc == SQLITE_OK ? iac_sql_get(store, IAC_SQL_BLOB_SET) : NULL;
        if (set) {
            sqlite3_bind_int64(set, 5, ids.v[i]);
            rc = run_put(set, key, bytes);
        } else if (rc == SQLITE_OK) {
            rc = SQLITE_ERROR;
        }
        iac_arena_free(arena);
    }
    iac_vec_clear(&ids);
    return rc;
}

/* What encryption does to the rows of the database: contents are sealed column by column, each bound to its place;
 * addresses, types and what tells rows apart stay readable. One key is for the whole database, which says of it
 * {"meta":{..},"check":BASE64}, `check` being nothing at all, sealed. */
#include "state/store_internal.h"

#include "lang/value/json.h"
#include <stdio.h>
#include <stdlib.h>

static void associate(iac_str workspace, const iac_sealed *what, iac_buf *out)
{
    iac_buf_init(out, IAC_BUF_UNLIMITED);
    iac_associate(out, IAC_STR("iac state"));
    iac_associate(out, workspace);
    iac_associate(out, iac_str_of(what->column));
    for (size_t i = 0; i < what->part_count; i++)
        iac_associate(out, what->parts[i]);
}

void iac_seal_text(const iac_crypt_key *key, iac_str workspace, const iac_sealed *what, iac_str plain, iac_buf *out)
{
    if (!key) {
        iac_buf_str(out, plain);
        return;
    }
    iac_buf associated, sealed;
    associate(workspace, what, &associated);
    iac_buf_init(&sealed, IAC_BUF_UNLIMITED);
    iac_key_seal(key, iac_buf_view(&associated), plain, &sealed);
    iac_state_base64_add(out, iac_buf_view(&sealed));
    iac_buf_clear(&sealed);
    iac_buf_clear(&associated);
}

bool iac_unseal_text(const iac_crypt_key *key, iac_str workspace, const iac_sealed *what, iac_str sealed,
                     iac_arena *arena, iac_str *ret)
{
    *ret = sealed;
    if (!key)
        return true;
    iac_str bytes;
    iac_buf associated, plain;
    iac_arena *scratch = iac_arena_new();
    associate(workspace, what, &associated);
    iac_buf_init(&plain, IAC_BUF_UNLIMITED);
    bool ok = iac_state_base64_decode(scratch, sealed, &bytes) &&
              iac_key_open(key, iac_buf_view(&associated), bytes, &plain);
    *ret = ok ? iac_arena_str(arena, iac_buf_view(&plain)) : (iac_str){ 0 };
    iac_buf_clear(&plain);
    iac_buf_clear(&associated);
    iac_arena_free(scratch);
    return ok;
}

void iac_seal_column(iac_store *store, const iac_sealed *what, iac_str plain, iac_str before, iac_buf *out)
{
    iac_arena *arena = iac_arena_new();
    iac_str was;
    if (store->key && before.n && iac_unseal_text(store->key, iac_str_of(store->workspace), what, before, arena, &was) &&
        iac_str_eq(was, plain))
        iac_buf_str(out, before);
    else
        iac_seal_text(store->key, iac_str_of(store->workspace), what, plain, out);
    iac_arena_free(arena);
}

bool iac_unseal_column(iac_store *store, const iac_sealed *what, iac_str sealed, iac_arena *arena, iac_str *ret)
{
    return iac_unseal_text(store->key, iac_str_of(store->workspace), what, sealed, arena, ret);
}

void iac_object_parts(iac_arena *arena, iac_str addr, iac_str deposed, iac_str provider, const iac_object *object,
                      iac_str dependencies, iac_str ret[IAC_OBJECT_PARTS])
{
    ret[0] = addr;
    ret[1] = deposed;
    ret[2] = provider;
    ret[3] = iac_arena_printf(arena, "%lld", (long long)object->schema_version);
    ret[4] = iac_str_of(object->tainted ? "1" : "0");
    ret[5] = iac_str_of(object->create_before_destroy ? "1" : "0");
    ret[6] = dependencies;
}

/* ---- the key ---- */

static const iac_sealed check_of = { .column = "check" };

static iac_str check_associated(iac_arena *arena)
{
    iac_buf associated;
    associate((iac_str){ 0 }, &check_of, &associated);
    iac_str ret = iac_arena_str(arena, iac_buf_view(&associated));
    iac_buf_clear(&associated);
    return ret;
}

iac_status iac_sealing_unlock(iac_crypt *crypt, iac_str sealing, const char *place, const iac_crypt_key **ret,
                              iac_diags *diags)
{
    iac_str error, check;
    size_t offset;
    *ret = NULL;
    if (!crypt) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to decrypt the state",
                       "The state in %s is encrypted, and no key is configured for it. Add the \"encryption\" block that "
                       "it was made with to the terraform block, or set TF_ENCRYPTION.", place);
        return IAC_ERR;
    }
    iac_arena *arena = iac_arena_new();
    const iac_value *v = iac_value_from_json(arena, sealing, &error, &offset);
    const iac_value *meta = v && v->kind == IAC_OBJECT ? iac_value_get_cstr(v, "meta") : NULL;
    const iac_value *sealed = meta ? iac_value_get_cstr(v, "check") : NULL;
    if (!sealed || sealed->kind != IAC_STRING || !iac_is_set_value(sealed) ||
        !iac_state_base64_decode(arena, sealed->string, &check)) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to decrypt the state",
                       "What the state database %s says of its key cannot be understood: it is damaged.\n\nRestore it "
                       "from a backup.", place);
        iac_arena_free(arena);
        return IAC_ERR;
    }
    iac_buf json, nothing;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_init(&nothing, IAC_BUF_UNLIMITED);
    iac_value_to_json(&json, meta);
    iac_status status = iac_crypt_unlock(crypt, iac_buf_view(&json), check_associated(arena), check, ret, &nothing,
                                         diags);
    iac_buf_clear(&json);
    iac_buf_clear(&nothing);
    iac_arena_free(arena);
    return status;
}

void iac_sealing_write(const iac_crypt_key *key, iac_buf *out)
{
    if (!key)
        return;
    iac_buf_cstr(out, "{\"meta\":");
    iac_buf_str(out, iac_crypt_key_meta(key));
    iac_buf_cstr(out, ",\"check\":\"");
    iac_seal_text(key, (iac_str){ 0 }, &check_of, (iac_str){ 0 }, out);
    iac_buf_cstr(out, "\"}");
}

static bool has_contents(iac_store *store)
{
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_HAS_CONTENTS);
    if (!s)
        return true;
    bool found = sqlite3_step(s) != SQLITE_ROW || sqlite3_column_int(s, 0) != 0;
    iac_sql_done(s);
    return found;
}

/* Another process may have changed it since. */
static int load_sealing(iac_store *store)
{
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_ENCRYPTION);
    if (!s)
        return sqlite3_extended_errcode(store->db);
    int rc = sqlite3_step(s);
    iac_str sealing = rc == SQLITE_ROW ? iac_sql_text(s, 0) : (iac_str){ 0 };
    if ((rc == SQLITE_ROW || rc == SQLITE_DONE) && !iac_str_eq(sealing, store->sealing)) {
        store->sealing = iac_arena_str(store->arena, sealing);
        store->sealing_known = false;
    }
    iac_sql_done(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

iac_status iac_seal_find(iac_store *store, iac_diags *diags)
{
    int rc = load_sealing(store);
    if (rc != SQLITE_OK)
        return iac_sql_diag(store, rc, "Failed to load state", diags);
    if (store->sealing_known)
        return IAC_OK;
    store->key = NULL;
    iac_status status = IAC_OK;
    if (store->sealing.n) {
        status = iac_sealing_unlock(store->crypt, store->sealing, store->path, &store->key, diags);
    } else if (store->crypt && !store->memory && has_contents(store) && !iac_crypt_takes_plain(store->crypt, diags)) {
        status = IAC_ERR;
    }
    store->sealing_known = status == IAC_OK;
    return status;
}

void iac_seal_forget(iac_store *store)
{
    store->sealing_known = false;
    store->sealing = (iac_str){ 0 };
    store->key = NULL;
}

/* ---- another key ---- */

static int put_sealing(iac_store *store)
{
    sqlite3_stmt *put = iac_sql_get(store, IAC_SQL_ENCRYPTION_PUT);
    if (!put)
        return sqlite3_extended_errcode(store->db);
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_sealing_write(store->key, &json);
    iac_sql_bind(put, 1, iac_buf_view(&json));
    int rc = iac_sql_run(put);
    store->sealing = iac_arena_str(store->arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    return rc;
}

/* Where sealed columns are: two values that tell the row, the workspace's name, the sealed columns, and the parts that
 * they are bound to. */
enum { MAX_SEALED = 3 };
#define OBJECT_COLUMNS \
    " w.name, attributes, t.sensitive, private, addr, deposed, provider, CAST(schema_version AS TEXT)," \
    " CAST(tainted AS TEXT), CAST(create_before_destroy AS TEXT), dependencies FROM "
#define OF_WORKSPACE " AS t JOIN workspaces AS w ON w.id = t.workspace"
static const struct {
    const char *select, *update;
    const char *columns[MAX_SEALED + 1];
    bool blobs[MAX_SEALED];
} places[] = {
    { "SELECT t.rowid, 0," OBJECT_COLUMNS "objects" OF_WORKSPACE,
      "UPDATE objects SET attributes = ?3, sensitive = ?4, private = ?5 WHERE rowid = ?1 AND ?2 IS NOT NULL",
      { "attributes", "sensitive", "private" }, { false, false, true } },
    { "SELECT t.rowid, 0," OBJECT_COLUMNS "object_versions" OF_WORKSPACE,
      "UPDATE object_versions SET attributes = ?3, sensitive = ?4, private = ?5 WHERE rowid = ?1 AND ?2 IS NOT NULL",
      { "attributes", "sensitive", "private" }, { false, false, true } },
    { "SELECT t.workspace, t.name, w.name, value, t.name, type, CAST(sensitive AS TEXT) FROM outputs" OF_WORKSPACE,
      "UPDATE outputs SET value = ?3 WHERE workspace = ?1 AND name = ?2", { "output" }, { false } },
    { "SELECT t.rowid, 0, w.name, value, t.name, type, CAST(sensitive AS TEXT) FROM output_versions" OF_WORKSPACE,
      "UPDATE output_versions SET value = ?3 WHERE rowid = ?1 AND ?2 IS NOT NULL", { "output" }, { false } },
    { "SELECT t.workspace, t.token, w.name, prior, planned, private, token, addr, deposed, provider, action, begun"
      " FROM journal" OF_WORKSPACE,
      "UPDATE journal SET prior = ?3, planned = ?4, private = ?5 WHERE workspace = ?1 AND token = ?2",
      { "prior", "planned", "journal private" }, { true, true, true } },
    { "SELECT id, 0, name, checks FROM workspaces WHERE checks <> ''",
      "UPDATE workspaces SET checks = ?3 WHERE id = ?1 AND ?2 IS NOT NULL", { "checks" }, { false } },
};

typedef struct resealed {
    int64_t id;
    iac_str name;
    iac_buf values[MAX_SEALED];
} resealed;

/* One row under the new key; false when it was changed. */
static bool reseal(iac_store *store, const iac_crypt_key *key, sqlite3_stmt *s, const char *const *columns,
                   iac_arena *arena, resealed *ret)
{
    enum { FIRST = 3, MAX_PARTS = 8 };
    iac_str workspace = iac_sql_text(s, 2), parts[MAX_PARTS], plain;
    int n = 0, part_count;
    bool ok = true;
    while (columns[n])
        n++;
    part_count = sqlite3_column_count(s) - FIRST - n;
    for (int i = 0; i < part_count && i < MAX_PARTS; i++)
        parts[i] = iac_sql_text(s, FIRST + n + i);
    ret->id = sqlite3_column_int64(s, 0);
    ret->name = iac_arena_str(arena, iac_sql_text(s, 1));
    iac_arena *scratch = iac_arena_new();
    for (int i = 0; ok && i < n; i++) {
        const iac_sealed what = { columns[i], parts, (size_t)part_count };
        iac_buf_init(&ret->values[i], IAC_BUF_UNLIMITED);
        ok = iac_unseal_text(store->key, workspace, &what, iac_sql_text(s, FIRST + i), scratch, &plain);
        if (ok)
            iac_seal_text(key, workspace, &what, plain, &ret->values[i]);
    }
    iac_arena_free(scratch);
    return ok;
}

static int update_rows(iac_store *store, size_t place, resealed *rows, size_t n)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(store->db, places[place].update, -1, &s, NULL);
    for (size_t i = 0; rc == SQLITE_OK && i < n; i++) {
        sqlite3_bind_int64(s, 1, rows[i].id);
        iac_sql_bind(s, 2, rows[i].name);
        for (int k = 0; places[place].columns[k]; k++) {
            if (places[place].blobs[k])
                iac_sql_bind_blob(s, k + 3, iac_buf_view(&rows[i].values[k]));
            else
                iac_sql_bind(s, k + 3, iac_buf_view(&rows[i].values[k]));
        }
        rc = iac_sql_run(s);
    }
    sqlite3_finalize(s);
    return rc;
}

/* The rows of one place; SQLITE_AUTH when one was changed. */
static int reseal_rows(iac_store *store, const iac_crypt_key *key, size_t place)
{
    IAC_VEC(resealed) rows = { 0 };
    iac_arena *arena = iac_arena_new();
    sqlite3_stmt *s = NULL;
    bool ok = true;
    int rc = sqlite3_prepare_v2(store->db, places[place].select, -1, &s, NULL);
    while (rc == SQLITE_OK && ok && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        resealed row = { 0 };
        ok = reseal(store, key, s, places[place].columns, arena, &row);
        iac_vec_push(&rows, row);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(s);
    rc = !ok ? SQLITE_AUTH : rc == SQLITE_DONE ? update_rows(store, place, rows.v, rows.n) : rc;
    for (size_t i = 0; i < rows.n; i++)
        for (size_t k = 0; k < MAX_SEALED; k++)
            iac_buf_clear(&rows.v[i].values[k]);
    iac_vec_clear(&rows);
    iac_arena_free(arena);
    return rc;
}

iac_status iac_seal_renew(iac_store *store, bool *ret_changed, iac_diags *diags)
{
    const iac_crypt_key *wanted;
    if (iac_seal_find(store, diags) != IAC_OK || iac_crypt_sealing_key(store->crypt, &wanted, diags) != IAC_OK)
        return IAC_ERR;
    if (store->memory || wanted == store->key)
        return IAC_OK;
    /* What rows say stays the same: it is no new version of them. */
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < IAC_COUNT(places); i++)
        rc = reseal_rows(store, wanted, i);
    if (rc == SQLITE_OK)
        rc = iac_blob_renew(store, wanted);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
    *ret_changed = !store->key;
    store->key = wanted;
    if (rc == SQLITE_OK)
        rc = put_sealing(store);
    store->sealing_known = rc == SQLITE_OK;
    if (rc == SQLITE_OK)
        return IAC_OK;
    if (rc != SQLITE_AUTH)
        return iac_sql_diag(store, rc, "Failed to save state", diags);
    iac_diag_error(diags, IAC_NO_RANGE, "Failed to decrypt the state",
                   "The state database %s was changed after it was encrypted: what it holds does not belong there, or is "
                   "damaged.\n\nRestore it from a backup.", store->path);
    return IAC_ERR;
}

/* Rows that were replaced are still on free pages and in the log. Failing to clear them is no failure of the write: the
 * log goes when the last connection closes. */
void iac_seal_scrub(iac_store *store)
{
    sqlite3_exec(store->db, "VACUUM", NULL, NULL, NULL);
    sqlite3_exec(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
}

iac_status iac_store_set_crypt(iac_store *store, iac_crypt *crypt, iac_diags *diags)
{
    if (store->driver && store->driver->set_crypt)
        return store->driver->set_crypt(store, crypt, diags);
    if (store->driver && crypt) {
        iac_diag_error(diags, IAC_NO_RANGE, "State encryption is not available",
                       "The backend keeps resources in rows of its own and cannot encrypt them. Remove the \"state\" "
                       "block of the encryption block, or keep the state elsewhere.");
        return IAC_ERR;
    }
    store->crypt = crypt;
    if (crypt && !store->driver && !store->memory)
        sqlite3_exec(store->db, "PRAGMA secure_delete = ON", NULL, NULL, NULL);
    return IAC_OK;
}

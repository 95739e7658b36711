#include "state/rows.h"
#include "state/store_internal.h"

#include "lang/value/json.h"
#include <stdlib.h>
#include <string.h>

enum { CURRENT = -1 };

typedef struct reader {
    iac_store *store;
    iac_arena *arena;
    iac_diags *diags;
    int64_t generation; /* CURRENT, or one of the past */
    iac_row_reader rows;
    struct { const iac_type **v; size_t n, cap; } types; /* by id */
} reader;

static iac_status read_type(reader *r, int64_t id, const iac_type **ret)
{
    if (id < 0 || id > 1000000)
        return iac_row_damaged(&r->rows, "a reference to a type", (iac_str){ 0 });
    while (r->types.n <= (size_t)id)
        iac_vec_push(&r->types, NULL);
    if (!r->types.v[id]) {
        sqlite3_stmt *find = iac_sql_get(r->store, IAC_SQL_TYPE);
        if (!find)
            return iac_sql_diag(r->store, sqlite3_extended_errcode(r->store->db), "Failed to load state", r->diags);
        sqlite3_bind_int64(find, 1, id);
        iac_str json = sqlite3_step(find) == SQLITE_ROW ? iac_sql_text(find, 0) : (iac_str){ 0 };
        r->types.v[id] = iac_type_from_json(r->arena, json);
        iac_status status = r->types.v[id] ? IAC_OK : iac_row_damaged(&r->rows, "a type", json);
        iac_sql_done(find);
        if (status != IAC_OK)
            return status;
    }
    *ret = r->types.v[id];
    return IAC_OK;
}

static iac_status changed(reader *r, const char *what, iac_str name)
{
    iac_diag_error(r->diags, IAC_NO_RANGE, "Failed to decrypt the state",
                   "The state database %s was changed after it was encrypted: what it holds of the %s %.*s does not "
                   "belong there, or is damaged.\n\nRestore it from a backup.",
                   r->store->path, what, IAC_FMT(name));
    return IAC_ERR;
}

/* The contents of an object's row, as they were before they were sealed. */
static bool unseal_row(reader *r, sqlite3_stmt *s, iac_str addr, iac_str provider, iac_object *object, iac_str *ret)
{
    static const struct { const char *name; int at; } columns[] = { { "attributes", 5 }, { "sensitive", 6 },
                                                                    { "private", 7 } };
    iac_str parts[IAC_OBJECT_PARTS];
    bool ok = true;
    if (!r->store->key) {
        for (size_t i = 0; i < IAC_COUNT(columns); i++)
            ret[i] = iac_sql_text(s, columns[i].at);
        return true;
    }
    iac_object_parts(r->arena, addr, object->deposed, provider, object, iac_sql_text(s, 10), parts);
    for (size_t i = 0; ok && i < IAC_COUNT(columns); i++) {
        const iac_sealed what = { columns[i].name, parts, IAC_OBJECT_PARTS };
        ok = iac_unseal_column(r->store, &what, iac_sql_text(s, columns[i].at), r->arena, &ret[i]);
    }
    return ok;
}

static iac_status read_row(reader *r, sqlite3_stmt *s)
{
    iac_object *object = iac_arena_new_of(r->arena, iac_object);
    iac_str addr = iac_arena_str(r->arena, iac_sql_text(s, 0)), provider = iac_sql_text(s, 2), contents[3];
    object->deposed = iac_arena_str(r->arena, iac_sql_text(s, 1));
    if (sqlite3_column_type(s, 3) != SQLITE_NULL &&
        read_type(r, sqlite3_column_int64(s, 3), &object->type) != IAC_OK)
        return IAC_ERR;
    object->schema_version = sqlite3_column_int64(s, 4);
    object->tainted = sqlite3_column_int(s, 8) != 0;
    object->create_before_destroy = sqlite3_column_int(s, 9) != 0;
    if (!unseal_row(r, s, addr, provider, object, contents))
        return changed(r, "object", addr);
    object->attributes = iac_arena_str(r->arena, contents[0]);
    object->private_data = iac_arena_str(r->arena, contents[2]);
    return iac_row_add(&r->rows, addr, provider, object, contents[1], iac_sql_text(s, 10));
}

static sqlite3_stmt *begin_rows(reader *r, iac_sql current, iac_sql past)
{
    sqlite3_stmt *s = iac_sql_get(r->store, r->generation == CURRENT ? current : past);
    if (!s) {
        iac_sql_diag(r->store, sqlite3_extended_errcode(r->store->db), "Failed to load state", r->diags);
        return NULL;
    }
    sqlite3_bind_int64(s, 1, r->store->workspace_id);
    if (r->generation != CURRENT)
        sqlite3_bind_int64(s, 2, r->generation);
    return s;
}

static iac_status read_objects(reader *r, iac_state *state)
{
    sqlite3_stmt *s = begin_rows(r, IAC_SQL_OBJECTS, IAC_SQL_OBJECTS_AT);
    if (!s)
        return IAC_ERR;
    iac_status status = IAC_OK;
    int rc = SQLITE_DONE;
    while (status == IAC_OK && (rc = sqlite3_step(s)) == SQLITE_ROW)
        status = read_row(r, s);
    iac_sql_done(s);
    if (status == IAC_OK && rc != SQLITE_DONE)
        status = iac_sql_diag(r->store, rc, "Failed to load state", r->diags);
    if (status == IAC_OK)
        iac_row_collect(&r->rows, state);
    return status;
}

static iac_status read_outputs(reader *r, iac_state *state)
{
    sqlite3_stmt *s = begin_rows(r, IAC_SQL_OUTPUTS, IAC_SQL_OUTPUTS_AT);
    if (!s)
        return IAC_ERR;
    IAC_VEC(iac_state_output) outputs = { 0 };
    iac_status status = IAC_OK;
    int rc = SQLITE_DONE;
    while (status == IAC_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        iac_state_output output = { .name = iac_arena_str(r->arena, iac_sql_text(s, 0)) };
        const iac_type *type = iac_type_from_json(r->arena, iac_sql_text(s, 2));
        iac_str error, json;
        output.sensitive = sqlite3_column_int(s, 3) != 0;
        const iac_str parts[] = { output.name, iac_sql_text(s, 2), iac_str_of(output.sensitive ? "1" : "0") };
        bool opened = iac_unseal_column(r->store, &(iac_sealed){ "output", parts, IAC_COUNT(parts) },
                                        iac_sql_text(s, 1), r->arena, &json);
        output.value = type && opened ? iac_value_from_typed_json(r->arena, json, type, &error) : NULL;
        if (!opened)
            status = changed(r, "output", output.name);
        else if (!output.value)
            status = iac_row_damaged(&r->rows, "an output", output.name);
        iac_vec_push(&outputs, output);
    }
    iac_sql_done(s);
    if (status == IAC_OK && rc != SQLITE_DONE)
        status = iac_sql_diag(r->store, rc, "Failed to load state", r->diags);
    if (status == IAC_OK && outputs.n) {
        iac_state_output *v = iac_arena_array(r->arena, iac_state_output, outputs.n);
        memcpy(v, outputs.v, outputs.n * sizeof(*v));
        state->outputs = v;
        state->output_count = outputs.n;
    }
    iac_vec_clear(&outputs);
    return status;
}

static iac_status read_checks(reader *r, iac_state *state)
{
    sqlite3_stmt *s = iac_sql_get(r->store, IAC_SQL_CHECKS);
    if (!s)
        return iac_sql_diag(r->store, sqlite3_extended_errcode(r->store->db), "Failed to load state", r->diags);
    sqlite3_bind_int64(s, 1, r->store->workspace_id);
    int rc = sqlite3_step(s);
    iac_status status = IAC_OK;
    iac_str json = rc == SQLITE_ROW ? iac_sql_text(s, 0) : (iac_str){ 0 };
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        status = iac_sql_diag(r->store, rc, "Failed to load state", r->diags);
    if (json.n && !iac_unseal_column(r->store, &(iac_sealed){ .column = "checks" }, json, r->arena, &json)) {
        status = changed(r, "results of", IAC_STR("checks"));
    } else if (json.n) {
        iac_str error;
        size_t offset;
        const iac_value *v = iac_value_from_json(r->arena, json, &error, &offset);
        if (v)
            iac_checks_from_value(r->arena, v, &state->checks, &state->check_count);
        else
            status = iac_row_damaged(&r->rows, "results of checks", json);
    }
    iac_sql_done(s);
    return status;
}

static iac_status read_contents(reader *r, iac_state *state)
{
    iac_status status = iac_seal_find(r->store, r->diags);
    if (status == IAC_OK)
        status = read_objects(r, state);
    if (status == IAC_OK)
        status = read_outputs(r, state);
    return status == IAC_OK ? read_checks(r, state) : status;
}

/* One transaction, so that what another process writes meanwhile is seen wholly or not at all. */
static iac_status read_all(reader *r, iac_state *state)
{
    sqlite3_exec(r->store->db, "BEGIN", NULL, NULL, NULL);
    int rc = iac_store_load_workspace(r->store, false);
    iac_status status =
        rc == SQLITE_OK ? IAC_OK : iac_sql_diag(r->store, rc, "Failed to load state", r->diags);
    if (status == IAC_OK)
        status = read_contents(r, state);
    if (!sqlite3_get_autocommit(r->store->db))
        sqlite3_exec(r->store->db, "ROLLBACK", NULL, NULL, NULL);
    state->lineage = iac_arena_str(r->arena, iac_store_lineage(r->store));
    state->serial = iac_store_serial(r->store);
    return status;
}

static reader new_reader(iac_store *store, iac_arena *arena, int64_t generation, iac_diags *diags)
{
    return (reader){ .store = store, .arena = arena, .diags = diags, .generation = generation,
                     .rows = { .arena = arena, .diags = diags, .place = store->path } };
}

static void free_reader(reader *r)
{
    iac_row_reader_clear(&r->rows);
    iac_vec_clear(&r->types);
}

iac_status iac_snapshot_read_at(iac_store *store, int64_t generation, iac_arena *arena, iac_state *ret,
                                iac_diags *diags)
{
    reader r = new_reader(store, arena, generation, diags);
    iac_status status = iac_seal_find(store, diags);
    if (status == IAC_OK)
        status = read_objects(&r, ret);
    if (status == IAC_OK)
        status = read_outputs(&r, ret);
    free_reader(&r);
    return status;
}

iac_status iac_store_read(iac_store *store, iac_arena *arena, const iac_state **ret, iac_diags *diags)
{
    if (store->driver)
        return store->driver->read(store, arena, ret, diags);
    reader r = new_reader(store, arena, CURRENT, diags);
    iac_state *state = iac_arena_new_of(arena, iac_state);
    pthread_mutex_lock(&store->db_mutex);
    iac_status status = read_all(&r, state);
    pthread_mutex_unlock(&store->db_mutex);
    free_reader(&r);
    if (status == IAC_OK)
        *ret = state;
    return status;
}

static iac_status read_intent(reader *r, sqlite3_stmt *s, iac_intent *intent)
{
    static const char *const columns[] = { "prior", "planned", "journal private" };
    iac_str *const texts[] = { &intent->token, NULL, &intent->deposed, &intent->provider, &intent->action,
                               &intent->prior, &intent->planned, &intent->private_data, &intent->begun };
    iac_str *const sealed[] = { &intent->prior, &intent->planned, &intent->private_data };
    for (int i = 0; i < (int)IAC_COUNT(texts); i++) {
        if (texts[i])
            *texts[i] = iac_arena_str(r->arena, iac_sql_text(s, i));
    }
    iac_str addr = iac_arena_str(r->arena, iac_sql_text(s, 1));
    const iac_str parts[] = { intent->token, addr, intent->deposed, intent->provider, intent->action, intent->begun };
    for (size_t i = 0; i < IAC_COUNT(sealed); i++) {
        if (!iac_unseal_column(r->store, &(iac_sealed){ columns[i], parts, IAC_COUNT(parts) }, *sealed[i], r->arena,
                               sealed[i]))
            return changed(r, "change begun of", addr);
    }
    return iac_row_addr(&r->rows, addr, &intent->addr);
}

static iac_status read_intents(reader *r, const iac_intent **ret, size_t *ret_count)
{
    IAC_VEC(iac_intent) intents = { 0 };
    iac_status status = IAC_OK;
    sqlite3_stmt *s = iac_sql_get(r->store, IAC_SQL_INTENTS);
    int rc = SQLITE_ERROR;
    if (s)
        sqlite3_bind_int64(s, 1, r->store->workspace_id);
    while (s && status == IAC_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        iac_intent intent = { 0 };
        status = read_intent(r, s, &intent);
        iac_vec_push(&intents, intent);
    }
    iac_sql_done(s);
    if (status == IAC_OK && rc != SQLITE_DONE)
        status = iac_sql_diag(r->store, rc, "Failed to load state", r->diags);
    if (status == IAC_OK) {
        iac_intent *v = iac_arena_array(r->arena, iac_intent, intents.n);
        if (intents.n)
            memcpy(v, intents.v, intents.n * sizeof(*v));
        *ret = v;
        *ret_count = intents.n;
    }
    iac_vec_clear(&intents);
    return status;
}

iac_status iac_store_intents(iac_store *store, iac_arena *arena, const iac_intent **ret, size_t *ret_count,
                             iac_diags *diags)
{
    if (store->driver)
        return store->driver->intents(store, arena, ret, ret_count, diags);
    reader r = new_reader(store, arena, CURRENT, diags);
    pthread_mutex_lock(&store->db_mutex);
    iac_status status = iac_seal_find(store, diags);
    if (status == IAC_OK)
        status = read_intents(&r, ret, ret_count);
    pthread_mutex_unlock(&store->db_mutex);
    return status;
}

int iac_store_read_object(iac_store *store, iac_arena *arena, iac_str addr, iac_str deposed, iac_str *ret_provider,
                          iac_object **ret)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    reader r = new_reader(store, arena, CURRENT, &ignored);
    sqlite3_stmt *s = iac_sql_get(store, IAC_SQL_OBJECT);
    if (!s)
        return sqlite3_extended_errcode(store->db);
    sqlite3_bind_int64(s, 1, store->workspace_id);
    iac_sql_bind(s, 2, addr);
    iac_sql_bind(s, 3, deposed);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        rc = read_row(&r, s) == IAC_OK ? SQLITE_OK : SQLITE_CORRUPT;
    else if (rc == SQLITE_DONE)
        rc = SQLITE_NOTFOUND;
    if (rc == SQLITE_OK) {
        *ret_provider = r.rows.rows.v[0].provider;
        *ret = (iac_object *)r.rows.rows.v[0].object;
    }
    iac_sql_done(s);
    iac_diags_clear(&ignored);
    free_reader(&r);
    return rc;
}

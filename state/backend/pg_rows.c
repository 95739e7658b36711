#include "state/backend/pg_rows_seal.h"
#include "state/mirror_internal.h"
#include "state/rows.h"

#include "lang/value/json.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOADING "Failed to load state"

static pg_rows *rows_of(iac_store *store)
{
    return (pg_rows *)store;
}

static iac_str cell(const PGresult *result, int row, int column)
{
    return (iac_str){ PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column) };
}

static int64_t number(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

/* ---- Terraform's table ---- */

/* Terraform does not know the format, and repeats the version, if it looks like one. */
#define KEPT "\"iac\":\"kept resource by resource: backend \\\"pg\\\" with resource_locks = true\"}"
const char pg_rows_marker[] = "{\"version\":5,\"terraform_version\":\"1.11.4-iac.with.resource-locks\","
                              "\"serial\":0,\"lineage\":\"\"," KEPT;

bool pg_rows_is_marker(iac_str json)
{
    return iac_str_starts(json, IAC_STR("{\"version\":5,")) && iac_str_ends(json, IAC_STR(KEPT));
}

bool pg_rows_leaving(pg_backend *p, const char *workspace, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    iac_lock_info holder;
    iac_diags ignored = IAC_DIAGS_INIT;
    PGresult *result = pg_run(p, LOADING, "SELECT c.owner FROM {s}.iac_claims c JOIN {s}.iac_workspaces w ON w.id = "
                                          "c.workspace WHERE w.name = $1 AND c.resource = '' AND c.exclusive",
                              &workspace, 1, NULL, &ignored);
    bool leaving = result && PQntuples(result) > 0 &&
                   pg_holder_of(p, arena, number(result, 0, 0), false, &holder, &ignored) == IAC_OK &&
                   iac_lock_is_ours(&holder);
    PQclear(result);
    iac_diags_clear(&ignored);
    iac_arena_free(arena);
    if (!leaving)
        iac_diag_error(diags, IAC_NO_RANGE, LOADING,
                       "The workspace \"%s\" in %s is kept resource by resource. Set resource_locks = true in the "
                       "backend block, or, where that was removed on purpose, move the state with \"iac init "
                       "-migrate-state\".", workspace, p->place);
    return leaving;
}

iac_status pg_rows_delete(pg_backend *p, const char *workspace, const char *summary, iac_diags *diags)
{
    bool missing = false;
    PGresult *result = pg_run(p, summary, "DELETE FROM {s}.iac_workspaces WHERE name = $1", &workspace, 1, &missing,
                              diags);
    bool ok = result || missing;
    PQclear(result);
    return ok ? IAC_OK : IAC_ERR;
}

static bool is_empty(iac_str json)
{
    iac_arena *arena = iac_arena_new();
    const iac_state *state = NULL;
    iac_diags ignored = IAC_DIAGS_INIT;
    bool empty = iac_tfstate_read(arena, json, &state, &ignored) == IAC_OK && !state->instance_count &&
                 !state->output_count;
    iac_diags_clear(&ignored);
    iac_arena_free(arena);
    return empty;
}

/* A state of Terraform's layout is in our place: nothing goes on unless it is being moved here, by us. */
static iac_status check_other_layout(pg_rows *r, int64_t key, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    iac_lock_info holder;
    iac_diags ignored = IAC_DIAGS_INIT;
    bool ours = pg_holder_of(r->p, arena, key, false, &holder, &ignored) == IAC_OK && iac_lock_is_ours(&holder);
    iac_diags_clear(&ignored);
    iac_arena_free(arena);
    if (ours)
        return IAC_OK;
    iac_diag_error(diags, IAC_NO_RANGE, LOADING,
                   "The workspace \"%s\" in %s is kept as Terraform keeps it. Remove resource_locks from the backend "
                   "block, or, where it was set on purpose, move the state with \"iac init -migrate-state\" (with "
                   "locking).", r->workspace, r->p->place);
    return IAC_ERR;
}

/* ---- the workspace ---- */

static iac_status find_workspace(pg_backend *p, void *arg, iac_diags *diags)
{
    pg_rows *r = arg;
    const char *parameters[] = { r->workspace, pg_rows_marker };
    PGresult *there = pg_step(p, LOADING, "SELECT id, data FROM {s}.states WHERE name = $1 FOR UPDATE", parameters, 1,
                              diags);
    if (!there)
        return IAC_ERR;
    iac_status status = IAC_OK;
    bool exists = PQntuples(there) > 0, turned = exists && pg_rows_is_marker(cell(there, 0, 1));
    if (exists && !turned) {
        /* Terraform makes an empty state where it only looks; one that is locked is being written. */
        const char *id = PQgetvalue(there, 0, 0);
        PGresult *lock = is_empty(cell(there, 0, 1))
                             ? pg_step(p, LOADING, "SELECT pg_try_advisory_xact_lock($1::bigint)", &id, 1, diags) : NULL;
        turned = lock && PQgetvalue(lock, 0, 0)[0] == 't';
        PQclear(lock);
        if (turned)
            PQclear(pg_step(p, LOADING, "UPDATE {s}.states SET data = $2 WHERE name = $1", parameters, 2, diags));
        else
            r->other = number(there, 0, 0); /* reading says what is to be done about it */
    }
    PQclear(there);
    PGresult *result = NULL;
    if (status == IAC_OK && !exists)
        PQclear(pg_step(p, LOADING, "INSERT INTO {s}.states (name, data) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                        parameters, 2, diags));
    if (status == IAC_OK && !diags->errors)
        PQclear(pg_step(p, LOADING, "INSERT INTO {s}.iac_workspaces (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
                        parameters, 1, diags));
    if (status == IAC_OK && !diags->errors)
        result = pg_step(p, LOADING, "SELECT id FROM {s}.iac_workspaces WHERE name = $1", parameters, 1, diags);
    if (result && PQntuples(result) > 0)
        r->id = number(result, 0, 0);
    PQclear(result);
    return r->id && !diags->errors ? status : IAC_ERR;
}

/* Only read: what is not there is empty. */
static iac_status look_for_workspace(pg_rows *r, iac_diags *diags)
{
    const char *name = r->workspace;
    bool missing = false;
    PGresult *there = pg_run(r->p, LOADING, "SELECT id, data FROM {s}.states WHERE name = $1", &name, 1, &missing,
                             diags);
    if (!there)
        return missing ? IAC_OK : IAC_ERR;
    bool exists = PQntuples(there) > 0, turned = exists && pg_rows_is_marker(cell(there, 0, 1));
    iac_status status = IAC_OK;
    if (exists && !turned && !is_empty(cell(there, 0, 1)))
        status = check_other_layout(r, number(there, 0, 0), diags);
    PQclear(there);
    if (!turned || status != IAC_OK)
        return status;
    PGresult *result = pg_run(r->p, LOADING, "SELECT id FROM {s}.iac_workspaces WHERE name = $1", &name, 1, &missing,
                              diags);
    if (result && PQntuples(result) > 0)
        r->id = number(result, 0, 0);
    PQclear(result);
    return result || missing ? IAC_OK : IAC_ERR;
}

/* ---- the working copy ---- */

void pg_rows_sync(pg_rows *r, bool take)
{
    while (r->sync >= 0 && flock(r->sync, take ? LOCK_EX : LOCK_UN) != 0)
        continue;
}

static iac_store *database(iac_store *store)
{
    pg_rows *r = rows_of(store);
    iac_diags ignored = IAC_DIAGS_INIT;
    if (!r->inner && !r->create)
        iac_store_open(r->dir, r->workspace, false, &r->inner, &ignored);
    if (r->inner) {
        r->inner->shared = true;
        iac_store_set_crypt(r->inner, r->crypt, &ignored);
    }
    iac_diags_clear(&ignored);
    return r->inner;
}

static iac_status open_copy(pg_rows *r, iac_diags *diags)
{
    iac_buf path;
    if (iac_store_open(r->dir, r->workspace, true, &r->inner, diags) != IAC_OK)
        return IAC_ERR;
    r->inner->shared = true;
    iac_buf_init(&path, IAC_BUF_UNLIMITED);
    iac_buf_printf(&path, "%s/sync", r->dir);
    r->sync = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    iac_buf_clear(&path);
    return IAC_OK;
}

/* ---- reading ---- */

typedef struct reading {
    pg_rows *rows;
    iac_arena *arena;
    iac_state *state;
    pg_seal seal;
} reading;

/* The cells of a row, unsealed. */
static iac_status read_cells(reading *in, pg_place place, const PGresult *result, int row, iac_str *cells,
                             iac_diags *diags)
{
    for (int i = 0; i < PQnfields(result); i++)
        cells[i] = cell(result, row, i);
    return pg_unseal_row(&in->seal, place, in->arena, cells) ? IAC_OK : pg_seal_damaged(in->rows, diags);
}

static iac_status read_object(reading *in, iac_row_reader *rows, iac_map *types, const iac_str *cells)
{
    iac_object *object = iac_arena_new_of(in->arena, iac_object);
    iac_str type = cells[PG_TYPE];
    if (type.n && !(object->type = iac_map_get(types, type))) {
        object->type = iac_type_from_json(in->arena, type);
        if (!object->type)
            return iac_row_damaged(rows, "a type", type);
        iac_map_put(types, iac_arena_str(in->arena, type), (void *)object->type);
    }
    object->deposed = iac_arena_str(in->arena, cells[PG_DEPOSED]);
    object->schema_version = strtoll(cells[PG_SCHEMA_VERSION].p, NULL, 10);
    object->attributes = iac_arena_str(in->arena, cells[PG_ATTRIBUTES]);
    if (!iac_state_base64_decode(in->arena, cells[PG_PRIVATE], &object->private_data))
        return iac_row_damaged(rows, "private data", cells[PG_PRIVATE]);
    object->tainted = cells[PG_TAINTED].p[0] == 't';
    object->create_before_destroy = cells[PG_BEFORE_DESTROY].p[0] == 't';
    return iac_row_add(rows, iac_arena_str(in->arena, cells[PG_ADDRESS]), cells[PG_PROVIDER], object,
                       cells[PG_SENSITIVE], cells[PG_DEPENDENCIES]);
}

static iac_status read_objects(pg_backend *p, reading *in, const char *id, iac_diags *diags)
{
    PGresult *result = pg_step(p, LOADING, "SELECT " PG_OBJECT_COLUMNS " FROM {s}.iac_objects WHERE workspace = "
                                           "$1::bigint", &id, 1, diags);
    iac_row_reader rows = { .arena = in->arena, .diags = diags, .place = p->place };
    iac_map types = { 0 };
    iac_status status = result ? IAC_OK : IAC_ERR;
    for (int i = 0; status == IAC_OK && i < PQntuples(result); i++) {
        iac_str cells[PG_OBJECT_CELLS];
        status = read_cells(in, PG_OBJECTS, result, i, cells, diags);
        if (status == IAC_OK)
            status = read_object(in, &rows, &types, cells);
    }
    if (status == IAC_OK)
        iac_row_collect(&rows, in->state);
    iac_row_reader_clear(&rows);
    iac_map_clear(&types);
    PQclear(result);
    return status;
}

static iac_status read_outputs(pg_backend *p, reading *in, const char *id, iac_diags *diags)
{
    PGresult *result = pg_step(p, LOADING, "SELECT " PG_OUTPUT_COLUMNS " FROM {s}.iac_outputs WHERE workspace = "
                                           "$1::bigint ORDER BY name COLLATE \"C\"", &id, 1, diags);
    if (!result)
        return IAC_ERR;
    iac_row_reader rows = { .arena = in->arena, .diags = diags, .place = p->place };
    size_t n = (size_t)PQntuples(result);
    iac_state_output *outputs = iac_arena_array(in->arena, iac_state_output, n);
    iac_status status = IAC_OK;
    for (size_t i = 0; status == IAC_OK && i < n; i++) {
        iac_str cells[PG_OUTPUT_CELLS], error;
        status = read_cells(in, PG_OUTPUTS, result, (int)i, cells, diags);
        if (status != IAC_OK)
            break;
        const iac_type *type = iac_type_from_json(in->arena, cells[PG_VALUE_TYPE]);
        iac_str json = iac_arena_str(in->arena, cells[PG_VALUE]);
        outputs[i].name = iac_arena_str(in->arena, cells[PG_NAME]);
        outputs[i].sensitive = cells[PG_VALUE_SENSITIVE].p[0] == 't';
        outputs[i].value = type ? iac_value_from_typed_json(in->arena, json, type, &error) : NULL;
        if (!outputs[i].value)
            status = iac_row_damaged(&rows, "an output", outputs[i].name);
    }
    in->state->outputs = outputs;
    in->state->output_count = n;
    PQclear(result);
    return status;
}

static iac_status read_versions(pg_backend *p, pg_rows *r, const char *id, iac_diags *diags)
{
    PGresult *result = pg_step(p, LOADING, "SELECT address, version FROM {s}.iac_versions WHERE workspace = $1::bigint",
                               &id, 1, diags);
    if (!result)
        return IAC_ERR;
    iac_map_clear(&r->versions);
    for (int i = 0; i < PQntuples(result); i++)
        iac_map_put(&r->versions, iac_arena_str(r->arena, cell(result, i, 0)),
                    (void *)(uintptr_t)(number(result, i, 1) + 1));
    PQclear(result);
    return IAC_OK;
}

/* Who only reads may meet tables of an earlier release, which have no columns for the key. */
static iac_status read_head(pg_backend *p, reading *in, const char *id, iac_str *ret_checks, iac_str *ret_tally,
                            iac_diags *diags)
{
    pg_rows *r = in->rows;
    PGresult *result = pg_step(p, LOADING, "SELECT lineage, serial, checks, to_jsonb(w) ->> 'sealing', to_jsonb(w) ->> "
                                           "'tally' FROM {s}.iac_workspaces w WHERE id = $1::bigint", &id, 1, diags);
    if (!result || PQntuples(result) == 0) {
        PQclear(result);
        return result ? IAC_NOT_FOUND : IAC_ERR;
    }
    const pg_head head = { .lineage = iac_arena_str(in->arena, cell(result, 0, 0)), .serial = number(result, 0, 1),
                           .sealing = iac_arena_str(in->arena, cell(result, 0, 3)) };
    *ret_checks = iac_arena_str(in->arena, cell(result, 0, 2));
    *ret_tally = iac_arena_str(in->arena, cell(result, 0, 4));
    PQclear(result);
    in->state->lineage = head.lineage;
    in->state->serial = head.serial;
    return pg_seal_find(r, &head, in->arena, &in->seal, diags);
}

static iac_status read_checks(reading *in, iac_str checks, iac_diags *diags)
{
    iac_str cells[PG_CHECK_CELLS] = { [PG_CHECK_RESULTS] = checks }, error;
    size_t offset;
    if (!checks.n)
        return IAC_OK;
    if (!pg_unseal_row(&in->seal, PG_CHECKS, in->arena, cells))
        return pg_seal_damaged(in->rows, diags);
    const iac_value *v = iac_value_from_json(in->arena, cells[PG_CHECK_RESULTS], &error, &offset);
    if (v)
        iac_checks_from_value(in->arena, v, &in->state->checks, &in->state->check_count);
    return IAC_OK;
}

/* That what was read is all there is, and may be read as it is. */
static iac_status check_seal(const reading *in, iac_str tally, iac_diags *diags)
{
    const iac_state *state = in->state;
    if (!pg_seal_complete(&in->seal, in->arena, tally))
        return pg_seal_damaged(in->rows, diags);
    bool plain = !in->seal.key && in->rows->crypt && (state->instance_count || state->output_count);
    return plain && !iac_crypt_takes_plain(in->rows->crypt, diags) ? IAC_ERR : IAC_OK;
}

static iac_status read_all(pg_backend *p, void *arg, iac_diags *diags)
{
    reading *in = arg;
    char id[24];
    iac_str checks, tally;
    *in->state = (iac_state){ 0 };
    snprintf(id, sizeof(id), "%lld", (long long)in->rows->id);
    iac_status status = read_head(p, in, id, &checks, &tally, diags);
    if (status == IAC_NOT_FOUND) /* deleted meanwhile */
        return IAC_OK;
    if (status == IAC_OK)
        status = read_checks(in, checks, diags);
    if (status == IAC_OK)
        status = read_objects(p, in, id, diags);
    if (status == IAC_OK)
        status = read_outputs(p, in, id, diags);
    if (status == IAC_OK)
        status = check_seal(in, tally, diags);
    if (status == IAC_OK)
        status = read_versions(p, in->rows, id, diags);
    if (status == IAC_OK) {
        in->rows->lineage = iac_arena_str(in->rows->arena, in->state->lineage);
        in->rows->serial = in->state->serial;
    }
    return status;
}

/* A snapshot of one instant. The working copy becomes the same before another run of this directory can write. */
static iac_status read_rows(iac_store *store, iac_arena *arena, const iac_state **ret, iac_diags *diags)
{
    pg_rows *r = rows_of(store);
    reading in = { .rows = r, .arena = arena, .state = iac_arena_new_of(arena, iac_state) };
    iac_status status = IAC_OK;
    *in.state = (iac_state){ 0 };
    pthread_mutex_lock(&r->p->mutex);
    pg_rows_sync(r, true);
    if (r->other)
        status = check_other_layout(r, r->other, diags);
    if (status == IAC_OK && r->id)
        status = pg_transact(r->p, LOADING, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", read_all, &in,
                             diags);
    if (status == IAC_OK && r->inner && r->create)
        status = iac_store_replace(r->inner, in.state, diags);
    pg_rows_sync(r, false);
    pthread_mutex_unlock(&r->p->mutex);
    if (status == IAC_OK)
        *ret = in.state;
    return status == IAC_OK ? IAC_OK : IAC_ERR;
}

static void moved(iac_store *store, int64_t since, iac_arena *arena, const iac_str **ret, size_t *ret_count)
{
    pg_rows *r = rows_of(store);
    pthread_mutex_lock(&r->p->mutex);
    iac_str *names = iac_arena_array(arena, iac_str, r->versions.n);
    *ret_count = 0;
    for (size_t i = 0; i < r->versions.n; i++)
        if ((int64_t)(uintptr_t)r->versions.entries[i].value > since + 1)
            names[(*ret_count)++] = iac_arena_str(arena, r->versions.entries[i].key);
    pthread_mutex_unlock(&r->p->mutex);
    *ret = names;
}

typedef struct intents_read {
    reading in;
    iac_intent *list;
    size_t n;
} intents_read;

static iac_status read_intent(reading *in, const iac_str *cells, iac_intent *ret, iac_diags *diags)
{
    iac_str *const texts[] = { &ret->token, &ret->deposed, &ret->provider, &ret->action, &ret->begun };
    const int from[] = { PG_TOKEN, PG_INTENT_DEPOSED, PG_INTENT_PROVIDER, PG_ACTION, PG_BEGUN };
    iac_str *const bytes[] = { &ret->prior, &ret->planned, &ret->private_data };
    iac_row_reader rows = { .arena = in->arena, .diags = diags, .place = in->rows->p->place };
    for (size_t i = 0; i < IAC_COUNT(texts); i++)
        *texts[i] = iac_arena_str(in->arena, cells[from[i]]);
    for (size_t i = 0; i < IAC_COUNT(bytes); i++)
        if (!iac_state_base64_decode(in->arena, cells[PG_PRIOR + i], bytes[i]))
            return iac_row_damaged(&rows, "a change begun", ret->token);
    return iac_row_addr(&rows, iac_arena_str(in->arena, cells[PG_INTENT_ADDRESS]), &ret->addr);
}

/* Those of this run, and what runs that ended, or were never locked, have left. Others at work know about theirs. */
static iac_status read_intents(pg_backend *p, void *arg, iac_diags *diags)
{
    intents_read *read = arg;
    pg_rows *r = read->in.rows;
    char id[24], owner[24];
    const char *parameters[] = { id, owner };
    iac_str checks, tally;
    iac_state ignored = { 0 };
    snprintf(id, sizeof(id), "%lld", (long long)r->id);
    snprintf(owner, sizeof(owner), "%lld", (long long)r->owner);
    read->in.state = &ignored;
    iac_status status = read_head(p, &read->in, id, &checks, &tally, diags);
    PGresult *result = status != IAC_OK ? NULL :
        pg_step(p, LOADING, "SELECT " PG_INTENT_COLUMNS " FROM {s}.iac_journal j WHERE workspace = $1::bigint AND (owner "
                            "= $2::bigint OR NOT " PG_LIVE("j.owner") ") ORDER BY begun, token", parameters, 2, diags);
    if (!result)
        return status == IAC_NOT_FOUND ? IAC_OK : IAC_ERR;
    read->n = (size_t)PQntuples(result);
    read->list = iac_arena_array(read->in.arena, iac_intent, read->n);
    for (size_t i = 0; status == IAC_OK && i < read->n; i++) {
        iac_str cells[PG_INTENT_CELLS];
        status = read_cells(&read->in, PG_JOURNAL, result, (int)i, cells, diags);
        if (status == IAC_OK)
            status = read_intent(&read->in, cells, &read->list[i], diags);
    }
    PQclear(result);
    return status;
}

static iac_status intents(iac_store *store, iac_arena *arena, const iac_intent **ret, size_t *ret_count,
                          iac_diags *diags)
{
    pg_rows *r = rows_of(store);
    intents_read read = { .in = { .rows = r, .arena = arena } };
    iac_status status = IAC_OK;
    pthread_mutex_lock(&r->p->mutex);
    if (r->id)
        status = pg_transact(r->p, LOADING, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", read_intents, &read, diags);
    pthread_mutex_unlock(&r->p->mutex);
    *ret = read.list;
    *ret_count = status == IAC_OK ? read.n : 0;
    return status;
}

/* ---- the store ---- */

static iac_status flush(iac_store *store, iac_diags *diags)
{
    pg_rows *r = rows_of(store);
    char name[64];
    iac_status status = iac_writer_flush(store, r->p->place, diags);
    pthread_mutex_lock(&r->p->mutex);
    bool unsaved = r->unsaved && r->inner;
    r->unsaved = false;
    pthread_mutex_unlock(&r->p->mutex);
    if (!unsaved)
        return status;
    iac_arena *arena = iac_arena_new();
    const iac_state *state = NULL;
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    if (iac_store_read(r->inner, arena, &state, diags) == IAC_OK) {
        iac_tfstate_write(&json, state);
        if (iac_snapshot_seal(r->crypt, state->lineage, state->serial, &json, diags) == IAC_OK &&
            iac_save_errored(iac_buf_view(&json), name, diags) == IAC_OK)
            iac_diag_error(diags, IAC_NO_RANGE, "Failed to persist state to backend",
                           "The error shown above has prevented iac from writing what it did to %s. What had begun is "
                           "noted there: the next plan, wherever it runs, asks the providers how it ended, and the "
                           "apply after it records that. The file \"%s\" holds the state as this run knows it.",
                           r->p->place, name);
    }
    iac_buf_clear(&json);
    iac_arena_free(arena);
    return IAC_ERR;
}

static int64_t serial(iac_store *store)
{
    pg_rows *r = rows_of(store);
    pthread_mutex_lock(&r->p->mutex);
    int64_t value = r->serial;
    pthread_mutex_unlock(&r->p->mutex);
    return value;
}

static iac_str lineage(iac_store *store)
{
    pg_rows *r = rows_of(store);
    pthread_mutex_lock(&r->p->mutex);
    iac_str value = r->lineage;
    pthread_mutex_unlock(&r->p->mutex);
    return value;
}

static iac_status set_crypt(iac_store *store, iac_crypt *crypt, iac_diags *diags)
{
    pg_rows *r = rows_of(store);
    r->crypt = crypt;
    return r->inner ? iac_store_set_crypt(r->inner, crypt, diags) : IAC_OK;
}

static void free_rows(pg_rows *r)
{
    if (r->sync >= 0)
        close(r->sync);
    iac_store_close(r->inner);
    pthread_mutex_destroy(&r->base.mutex);
    pthread_cond_destroy(&r->base.work);
    pthread_cond_destroy(&r->base.idle);
    iac_vec_clear(&r->base.queue);
    free(r->base.failure);
    iac_map_clear(&r->versions);
    iac_arena_free(r->arena);
    free(r->workspace);
    free(r->dir);
    free(r);
}

static void close_rows(iac_store *store)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    flush(store, &ignored);
    iac_diags_clear(&ignored);
    iac_writer_stop(store);
    pg_rows_unlock(store);
    free_rows(rows_of(store));
}

static const iac_store_driver rows_driver = {
    .close = close_rows,
    .lock = pg_rows_lock,
    .unlock = pg_rows_unlock,
    .force_unlock = pg_rows_force_unlock,
    .lock_info = pg_rows_lock_info,
    .read = read_rows,
    .submit = iac_writer_submit,
    .flush = flush,
    .serial = serial,
    .lineage = lineage,
    .intents = intents,
    .replace = pg_rows_replace,
    .database = database,
    .set_crypt = set_crypt,
    .renew_seal = pg_rows_renew_seal,
    .lock_shared = pg_rows_lock_shared,
    .claim = pg_rows_claim,
    .moved = moved,
    .holders = pg_rows_holders,
};

iac_status pg_rows_open(pg_backend *p, const char *workspace, bool create, iac_store **ret, iac_diags *diags)
{
    pg_rows *r = iac_xcalloc(1, sizeof(*r));
    r->base.driver = &rows_driver;
    r->base.commit = pg_rows_commit;
    pthread_mutex_init(&r->base.mutex, NULL);
    pthread_cond_init(&r->base.work, NULL);
    pthread_cond_init(&r->base.idle, NULL);
    r->p = p;
    r->workspace = iac_xstrdup(workspace);
    r->arena = iac_arena_new();
    r->dir = iac_working_copy(p->data_dir, p->place);
    r->create = create;
    r->sync = -1;
    pthread_mutex_lock(&p->mutex);
    iac_status status = create ? pg_prepare(p, LOADING, diags) : IAC_OK;
    if (status == IAC_OK)
        status = create ? pg_transact(p, LOADING, "BEGIN", find_workspace, r, diags) : look_for_workspace(r, diags);
    pthread_mutex_unlock(&p->mutex);
    if (status == IAC_OK && create)
        status = open_copy(r, diags);
    if (status != IAC_OK) {
        free_rows(r);
        return IAC_ERR;
    }
    *ret = &r->base;
    return IAC_OK;
}

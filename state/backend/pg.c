#include "state/backend/drivers.h"
#include "state/backend/pg.h"
#include "state/backend/pg_rows.h"

#include <stdlib.h>
#include <string.h>

static const iac_backend_argument arguments[] = {
    { .name = "conn_str", .type = "\"string\"", .env = "PG_CONN_STR", .sensitive = true },
    { .name = "resource_locks", .type = "\"bool\"", .env = "IAC_PG_RESOURCE_LOCKS", .otherwise = "false" },
    { .name = "schema_name", .type = "\"string\"", .env = "PG_SCHEMA_NAME", .otherwise = "terraform_remote_state" },
    { .name = "skip_index_creation", .type = "\"bool\"", .env = "PG_SKIP_INDEX_CREATION", .otherwise = "false" },
    { .name = "skip_schema_creation", .type = "\"bool\"", .env = "PG_SKIP_SCHEMA_CREATION", .otherwise = "false" },
    { .name = "skip_table_creation", .type = "\"bool\"", .env = "PG_SKIP_TABLE_CREATION", .otherwise = "false" },
    { .name = NULL },
};

/* ---- configuration ---- */

static const char *option(const PQconninfoOption *options, const char *keyword)
{
    for (; options && options->keyword; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val && *options->val ? options->val : NULL;
    }
    return NULL;
}

static const char *first(const char *given, const char *variable, const char *otherwise)
{
    const char *value = given ? given : getenv(variable);
    return value && *value ? value : otherwise;
}

/* libpq's own message may repeat the text, which may hold a password. */
static iac_status find_place(pg_backend *p, iac_diags *diags)
{
    char *error = NULL;
    PQconninfoOption *options = PQconninfoParse(p->conn_str ? p->conn_str : "", &error);
    PQfreemem(error);
    if (!options) {
        iac_diag_error(diags, IAC_NO_RANGE, "Invalid backend configuration",
                       "conn_str is neither a URL (postgres://user@host:port/database?sslmode=...) nor a list of "
                       "KEYWORD=VALUE as PostgreSQL's clients take it.");
        return IAC_ERR;
    }
    const char *host = option(options, "hostaddr") ? option(options, "hostaddr") : option(options, "host");
    const char *user = first(option(options, "user"), "PGUSER", "");
    p->place = iac_arena_printf(p->arena, "postgres://%s:%s/%s schema %s%s", first(host, "PGHOST", "localhost"),
                                first(option(options, "port"), "PGPORT", "5432"),
                                first(option(options, "dbname"), "PGDATABASE", user), p->schema,
                                p->resource_locks ? ", by resource" : "").p;
    PQconninfoFree(options);
    return IAC_OK;
}

static iac_status configure(const iac_backend_setup *setup, void **ret_self, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    pg_backend *p = iac_arena_new_of(arena, pg_backend);
    iac_buf quoted;
    *p = (pg_backend){
        .arena = arena,
        .conn_str = iac_backend_text(arena, setup->config, "conn_str"),
        .schema = iac_backend_text(arena, setup->config, "schema_name"),
        .resource_locks = iac_backend_flag(setup->config, "resource_locks"),
        .data_dir = iac_arena_cstr(arena, iac_str_of(setup->data_dir)),
        .patience_ms = setup->patience_ms,
        .skip_schema = iac_backend_flag(setup->config, "skip_schema_creation"),
        .skip_table = iac_backend_flag(setup->config, "skip_table_creation"),
        .skip_index = iac_backend_flag(setup->config, "skip_index_creation"),
    };
    if (!p->schema)
        p->schema = "terraform_remote_state";
    iac_buf_init(&quoted, IAC_BUF_UNLIMITED);
    iac_buf_char(&quoted, '"');
    for (const char *c = p->schema; *c; c++)
        iac_buf_printf(&quoted, *c == '"' ? "\"\"" : "%c", *c);
    iac_buf_char(&quoted, '"');
    p->quoted = iac_arena_str(arena, iac_buf_view(&quoted));
    iac_buf_clear(&quoted);
    if (find_place(p, diags) != IAC_OK) {
        iac_arena_free(arena);
        return IAC_ERR;
    }
    pthread_mutex_init(&p->mutex, NULL);
    *ret_self = p;
    return IAC_OK;
}

static void free_pg(void *self)
{
    pg_backend *p = self;
    PQfinish(p->conn);
    for (size_t i = 0; i < p->held.n; i++)
        iac_arena_free(p->held.v[i].arena);
    iac_vec_clear(&p->held);
    pthread_mutex_destroy(&p->mutex);
    iac_arena_free(p->arena);
}

static void describe(void *self, iac_buf *out)
{
    pg_backend *p = self;
    iac_buf_cstr(out, p->place);
}

/* ---- snapshots ---- */

static iac_status get_row(pg_backend *p, const char *workspace, iac_arena *arena, iac_snapshot *ret, iac_diags *diags)
{
    bool missing = false;
    PGresult *result = pg_run(p, "Failed to load state", "SELECT data, xmin::text FROM {s}.states WHERE name = $1",
                              &workspace, 1, &missing, diags);
    *ret = (iac_snapshot){ 0 };
    if (!result)
        return missing ? IAC_OK : IAC_ERR;
    bool rows = PQntuples(result) > 0 && pg_rows_is_marker((iac_str){ PQgetvalue(result, 0, 0),
                                                                      (size_t)PQgetlength(result, 0, 0) });
    if (rows && !pg_rows_leaving(p, workspace, diags)) {
        PQclear(result);
        return IAC_ERR;
    }
    if (rows) { /* it is to be written over, and there is nothing in it */
        p->leaves = true;
        ret->version = iac_arena_str(arena, iac_str_of(PQgetvalue(result, 0, 1)));
    } else if (PQntuples(result) > 0) {
        ret->json = iac_arena_str(arena, (iac_str){ PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0) });
        ret->version = iac_arena_str(arena, iac_str_of(PQgetvalue(result, 0, 1)));
    }
    PQclear(result);
    return IAC_OK;
}

static iac_status read_state(void *self, const char *workspace, iac_arena *arena, iac_snapshot *ret, iac_diags *diags)
{
    pg_backend *p = self;
    pthread_mutex_lock(&p->mutex);
    iac_status status = get_row(p, workspace, arena, ret, diags);
    pthread_mutex_unlock(&p->mutex);
    return status;
}

static iac_status put_row(pg_backend *p, const char *workspace, iac_str json, iac_str over, iac_arena *arena,
                          iac_str *ret_version, iac_diags *diags)
{
    static const char insert[] = "INSERT INTO {s}.states (name, data) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING "
                                 "RETURNING xmin::text";
    static const char update[] = "UPDATE {s}.states SET data = $2 WHERE name = $1 AND xmin::text = $3 "
                                 "RETURNING xmin::text";
    const char *parameters[] = { workspace, iac_arena_cstr(arena, json), iac_arena_cstr(arena, over) };
    iac_snapshot there;
    if (!p->prepared && pg_prepare(p, "Failed to save state", diags) != IAC_OK)
        return IAC_ERR;
    PGresult *result = pg_run(p, "Failed to save state", over.n ? update : insert, parameters, over.n ? 3 : 2, NULL,
                              diags);
    if (!result)
        return IAC_ERR;
    bool done = PQntuples(result) == 1;
    if (done)
        *ret_version = iac_arena_str(arena, iac_str_of(PQgetvalue(result, 0, 0)));
    PQclear(result);
    if (done && p->leaves) {
        p->leaves = false;
        return pg_rows_delete(p, workspace, "Failed to save state", diags);
    }
    if (done)
        return IAC_OK;
    /* Maybe ours: an earlier try arrived, and its answer was lost. */
    if (get_row(p, workspace, arena, &there, diags) != IAC_OK)
        return IAC_ERR;
    if (!there.json.n || !iac_str_eq(there.json, json))
        return IAC_BUSY;
    *ret_version = there.version;
    return IAC_OK;
}

static iac_status write_state(void *self, const char *workspace, iac_str json, iac_str over, iac_str lock_id,
                              iac_arena *arena, iac_str *ret_version, iac_diags *diags)
{
    pg_backend *p = self;
    pthread_mutex_lock(&p->mutex);
    iac_status status = pg_connect(p, "Failed to save state", diags);
    pg_held *held = pg_find_held(p, workspace);
    if (status == IAC_OK && lock_id.n && held && held->lost) {
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to save state",
                       "%s: the connection was cut, and the lock of the state was taken by somebody else since.",
                       p->place);
        status = IAC_ERR;
    }
    if (status == IAC_OK)
        status = put_row(p, workspace, json, over, arena, ret_version, diags);
    pthread_mutex_unlock(&p->mutex);
    return status;
}

/* ---- workspaces ---- */

static int name_cmp(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static iac_status workspaces(void *self, iac_arena *arena, iac_str **ret, size_t *ret_count, iac_diags *diags)
{
    pg_backend *p = self;
    bool missing = false;
    pthread_mutex_lock(&p->mutex);
    PGresult *result = pg_run(p, "Failed to list workspaces",
                              "SELECT name FROM {s}.states WHERE name <> 'default'", NULL, 0, &missing, diags);
    pthread_mutex_unlock(&p->mutex);
    if (!result && !missing)
        return IAC_ERR;
    size_t n = result ? (size_t)PQntuples(result) : 0;
    *ret = iac_arena_array(arena, iac_str, n + 1);
    (*ret)[n] = IAC_STR("default");
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = iac_arena_str(arena, iac_str_of(PQgetvalue(result, (int)i, 0)));
    PQclear(result);
    *ret_count = n + 1;
    qsort(*ret, *ret_count, sizeof(**ret), name_cmp);
    return IAC_OK;
}

static iac_status open_store(void *self, const char *workspace, bool create, iac_store **ret, iac_diags *diags)
{
    pg_backend *p = self;
    return p->resource_locks ? pg_rows_open(p, workspace, create, ret, diags) : IAC_NOT_FOUND;
}

static iac_status delete_workspace(void *self, const char *workspace, iac_diags *diags)
{
    pg_backend *p = self;
    bool missing = false;
    pthread_mutex_lock(&p->mutex);
    if (p->resource_locks && pg_rows_delete(p, workspace, "Failed to delete the workspace", diags) != IAC_OK) {
        pthread_mutex_unlock(&p->mutex);
        return IAC_ERR;
    }
    PGresult *result = pg_run(p, "Failed to delete the workspace", "DELETE FROM {s}.states WHERE name = $1",
                              &workspace, 1, &missing, diags);
    pthread_mutex_unlock(&p->mutex);
    bool ok = result || missing;
    PQclear(result);
    return ok ? IAC_OK : IAC_ERR;
}

const iac_backend_driver iac_backend_pg = {
    .name = "pg",
    .arguments = arguments,
    .configure = configure,
    .free = free_pg,
    .describe = describe,
    .workspaces = workspaces,
    .delete_workspace = delete_workspace,
    .open_store = open_store,
    .read = read_state,
    .write = write_state,
    .lock = pg_lock,
    .renew = pg_renew,
    .unlock = pg_unlock,
    .lock_info = pg_lock_info,
};

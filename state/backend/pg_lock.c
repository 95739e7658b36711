#include "state/backend/pg.h"
#include "state/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Terraform's locks: pg_try_advisory_lock of the row's id, held by a session. While a row does not exist yet, Terraform
 * holds the lock -1 instead, for as long as it works; so whoever has a row's lock must see that nobody has that one. A
 * lock ends with its session: there is no lease. Who has it is in a table of our own, and for sessions of Terraform in
 * what the server knows of them. */

#define CREATION (-1)
#define ACQUIRING "Error acquiring the state lock"
#define READING "Failed to read the lock"

/* $1: the key. */
#define HOLDERS "pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT " \
                "oid FROM pg_database WHERE datname = current_database()) AND ((l.classid::bigint << 32) | " \
                "l.objid::bigint) = $1::bigint"

enum { TRIES = 6, PAUSE_US = 50000 };

pg_held *pg_find_held(pg_backend *p, const char *workspace)
{
    for (size_t i = 0; i < p->held.n; i++) {
        if (strcmp(p->held.v[i].workspace, workspace) == 0)
            return &p->held.v[i];
    }
    return NULL;
}

/* Whether a statement that gives one boolean gave true. */
static bool is_true(PGresult *result)
{
    bool yes = result && PQntuples(result) > 0 && PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    return yes;
}

static const char *key_text(iac_arena *arena, int64_t key)
{
    return iac_arena_printf(arena, "%lld", (long long)key).p;
}

iac_status pg_advisory(pg_backend *p, iac_arena *arena, bool take, int64_t key, bool *ret, iac_diags *diags)
{
    const char *parameter = key_text(arena, key);
    PGresult *result = pg_run(p, ACQUIRING,
                              take ? "SELECT pg_try_advisory_lock($1::bigint)" : "SELECT pg_advisory_unlock($1::bigint)",
                              &parameter, 1, NULL, diags);
    bool failed = !result;
    *ret = is_true(result);
    return failed ? IAC_ERR : IAC_OK;
}

/* ---- who has it ---- */

static const char *column(const PGresult *result, int i)
{
    return PQgetisnull(result, 0, i) ? "" : PQgetvalue(result, 0, i);
}

iac_status pg_holder_of(pg_backend *p, iac_arena *arena, int64_t key, bool not_ours, iac_lock_info *ret,
                            iac_diags *diags)
{
    static const char plain[] =
        "SELECT l.pid, a.usename, a.application_name, host(a.client_addr), to_char(a.backend_start AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), NULL FROM pg_stat_activity a RIGHT JOIN (SELECT l.pid FROM " HOLDERS
        ") l ON a.pid = l.pid WHERE l.pid <> $2::int LIMIT 1";
    static const char with_info[] =
        "SELECT l.pid, a.usename, a.application_name, host(a.client_addr), to_char(a.backend_start AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), i.info FROM pg_stat_activity a RIGHT JOIN (SELECT l.pid FROM " HOLDERS
        ") l ON a.pid = l.pid LEFT JOIN {s}.iac_locks i ON i.state = $1::bigint AND i.pid = l.pid "
        "WHERE l.pid <> $2::int LIMIT 1";
    char session[16];
    bool missing = false;
    *ret = (iac_lock_info){ .idle_seconds = -1 };
    snprintf(session, sizeof(session), "%d", not_ours ? p->session : 0);
    const char *parameters[] = { key_text(arena, key), session };
    PGresult *result = pg_run(p, READING, with_info, parameters, 2, &missing, diags);
    if (!result && missing)
        result = pg_run(p, READING, plain, parameters, 2, NULL, diags);
    if (!result)
        return IAC_ERR;
    if (PQntuples(result) == 0) {
        PQclear(result);
        return IAC_NOT_FOUND;
    }
    iac_str pid = iac_arena_str(arena, iac_str_of(column(result, 0)));
    iac_str info = iac_arena_str(arena, iac_str_of(column(result, 5)));
    if (!iac_lock_info_read(arena, info, ret)) {
        const char *program = column(result, 2), *address = column(result, 3);
        *ret = (iac_lock_info){
            .id = pid,
            .operation = iac_arena_str(arena, iac_str_of(*program ? program : "unknown")),
            .who = iac_arena_printf(arena, "%s@%s", column(result, 1), *address ? address : "local"),
            .created = iac_arena_str(arena, iac_str_of(column(result, 4))),
            .path = iac_str_of(p->place),
            .info = iac_arena_printf(arena, "session %.*s of the database server%s", IAC_FMT(pid),
                                     key == CREATION ? ", which is creating a workspace" : ""),
        };
    }
    ret->idle_seconds = -1;
    ret->lease_seconds = 0; /* it lasts as long as its session does */
    ret->handle = pid;
    PQclear(result);
    return IAC_OK;
}

iac_status pg_end_session(pg_backend *p, iac_arena *arena, int64_t key, iac_str pid, const char *summary,
                              iac_diags *diags)
{
    const char *parameters[] = { key_text(arena, key), iac_arena_cstr(arena, pid) };
    PGresult *result = pg_run(p, summary, "SELECT pg_terminate_backend(l.pid) FROM " HOLDERS " AND l.pid = $2::int",
                              parameters, 2, NULL, diags);
    bool ok = result != NULL;
    PQclear(result);
    for (int left = TRIES * 4; ok && left > 0; left--) {
        iac_lock_info holder;
        if (pg_holder_of(p, arena, key, false, &holder, diags) != IAC_OK || !iac_str_eq(holder.handle, pid))
            break;
        usleep(PAUSE_US);
    }
    return ok ? IAC_OK : IAC_ERR;
}

/* ---- the row ---- */

/* IAC_NOT_FOUND when there is none. */
static iac_status find_row(pg_backend *p, const char *workspace, int64_t *ret, const char *summary, iac_diags *diags)
{
    bool missing = false;
    PGresult *result = pg_run(p, summary, "SELECT id FROM {s}.states WHERE name = $1", &workspace, 1, &missing, diags);
    if (!result)
        return missing ? IAC_NOT_FOUND : IAC_ERR;
    bool found = PQntuples(result) > 0;
    if (found)
        *ret = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return found ? IAC_OK : IAC_NOT_FOUND;
}

/* Makes an empty state, as Terraform does before it locks a new workspace. IAC_BUSY with the holder. */
static iac_status make_row(pg_backend *p, const char *workspace, iac_arena *arena, iac_lock_info *ret_holder,
                           iac_diags *diags)
{
    bool taken = false, given_back;
    char lineage[37];
    for (int left = TRIES; !taken && left > 0; left--) {
        if (pg_advisory(p, arena, true, CREATION, &taken, diags) != IAC_OK)
            return IAC_ERR;
        if (!taken)
            usleep(PAUSE_US);
    }
    if (!taken)
        return pg_holder_of(p, arena, CREATION, true, ret_holder, diags) == IAC_ERR ? IAC_ERR : IAC_BUSY;
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_uuid(lineage);
    iac_state nothing = { .lineage = iac_str_of(lineage) };
    iac_tfstate_write(&json, &nothing);
    const char *parameters[] = { workspace, json.p };
    PGresult *result = pg_run(p, ACQUIRING, "INSERT INTO {s}.states (name, data) VALUES ($1, $2) ON CONFLICT (name) DO "
                                            "NOTHING", parameters, 2, NULL, diags);
    iac_status status = result ? IAC_OK : IAC_ERR;
    PQclear(result);
    iac_buf_clear(&json);
    if (pg_advisory(p, arena, false, CREATION, &given_back, diags) != IAC_OK)
        status = IAC_ERR;
    return status;
}

/* ---- taking ---- */

static void tell_holder(pg_backend *p, int64_t state, const iac_lock_info *mine)
{
    iac_buf info;
    char key[32], session[16];
    if (!p->with_info)
        return;
    iac_buf_init(&info, IAC_BUF_UNLIMITED);
    iac_lock_info_write(&info, mine);
    snprintf(key, sizeof(key), "%lld", (long long)state);
    snprintf(session, sizeof(session), "%d", p->session);
    const char *parameters[] = { key, session, info.p };
    PQclear(pg_run_once(p, "INSERT INTO {s}.iac_locks (state, pid, info) VALUES ($1::bigint, $2::int, $3) ON CONFLICT "
                           "(state) DO UPDATE SET pid = excluded.pid, info = excluded.info", parameters, 3));
    iac_buf_clear(&info);
}

void pg_keep(pg_backend *p, const char *workspace, const iac_lock_info *mine, int64_t state)
{
    tell_holder(p, state, mine);
    iac_arena *arena = iac_arena_new();
    pg_held held = { .arena = arena, .workspace = iac_arena_cstr(arena, iac_str_of(workspace)), .mine = *mine,
                     .state = state };
    iac_str *const texts[] = { &held.mine.id, &held.mine.operation, &held.mine.who, &held.mine.host,
                               &held.mine.created, &held.mine.version, &held.mine.path, &held.mine.info,
                               &held.mine.machine, &held.mine.boot, &held.mine.pid_namespace, &held.mine.started,
                               &held.mine.handle };
    for (size_t i = 0; i < IAC_COUNT(texts); i++)
        *texts[i] = iac_arena_str(arena, *texts[i]);
    iac_vec_push(&p->held, held);
}

/* With the row's lock taken: nobody may be at making it, and it must be there still. IAC_NOT_FOUND: it was deleted. */
static iac_status confirm(pg_backend *p, const char *workspace, int64_t state, iac_arena *arena,
                          iac_lock_info *ret_holder, iac_diags *diags)
{
    int64_t now = 0;
    iac_status status = IAC_OK;
    for (int left = TRIES; left > 0; left--) { /* others take it for an instant, to see whether it is free */
        status = pg_holder_of(p, arena, CREATION, true, ret_holder, diags);
        if (status != IAC_OK)
            break;
        usleep(PAUSE_US);
    }
    if (status != IAC_NOT_FOUND)
        return status == IAC_OK ? IAC_BUSY : status;
    status = find_row(p, workspace, &now, ACQUIRING, diags);
    return status == IAC_OK && now != state ? IAC_NOT_FOUND : status;
}

static iac_status try_row(pg_backend *p, const char *workspace, const iac_lock_info *mine, iac_arena *arena,
                          iac_lock_info *ret_holder, iac_diags *diags)
{
    bool taken, given_back;
    int64_t state;
    iac_status status = find_row(p, workspace, &state, ACQUIRING, diags);
    if (status == IAC_NOT_FOUND) {
        status = make_row(p, workspace, arena, ret_holder, diags);
        return status == IAC_OK ? IAC_NOT_FOUND : status;
    }
    if (status != IAC_OK || pg_advisory(p, arena, true, state, &taken, diags) != IAC_OK)
        return IAC_ERR;
    if (!taken)
        return pg_holder_of(p, arena, state, true, ret_holder, diags) == IAC_ERR ? IAC_ERR : IAC_BUSY;
    status = confirm(p, workspace, state, arena, ret_holder, diags);
    if (status == IAC_OK) {
        pg_keep(p, workspace, mine, state);
    } else if (pg_advisory(p, arena, false, state, &given_back, diags) != IAC_OK) {
        status = IAC_ERR;
    }
    return status;
}

iac_status pg_lock(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                   iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags)
{
    pg_backend *p = self;
    int64_t state;
    pthread_mutex_lock(&p->mutex);
    iac_status status = pg_prepare(p, ACQUIRING, diags);
    pg_held *held = pg_find_held(p, workspace);
    if (status == IAC_OK && held) { /* of a session a lock may be had twice, and then keeps nobody out */
        *ret_holder = held->mine;
        status = IAC_BUSY;
    } else if (status == IAC_OK) {
        if (over && find_row(p, workspace, &state, ACQUIRING, diags) == IAC_OK)
            status = pg_end_session(p, arena, state, over->handle, ACQUIRING, diags);
        for (int left = TRIES; status == IAC_OK; left--) {
            status = try_row(p, workspace, mine, arena, ret_holder, diags);
            if (status != IAC_NOT_FOUND)
                break;
            status = left > 0 ? IAC_OK : IAC_BUSY;
        }
    }
    pthread_mutex_unlock(&p->mutex);
    return status;
}

/* The server may not have noticed yet that the connection is gone, and keep the lock for the session that was. */
void pg_regain(pg_backend *p, pg_held *held)
{
    char key[32], session[16];
    snprintf(key, sizeof(key), "%lld", (long long)held->state);
    snprintf(session, sizeof(session), "%d", p->cut_session);
    const char *parameters[] = { key, session };
    for (int left = TRIES * 4; left > 0 && PQstatus(p->conn) == CONNECTION_OK; left--) {
        if (is_true(pg_run_once(p, "SELECT pg_try_advisory_lock($1::bigint)", parameters, 1))) {
            held->lost = false;
            tell_holder(p, held->state, &held->mine);
            return;
        }
        PQclear(pg_run_once(p, "SELECT pg_terminate_backend(l.pid) FROM " HOLDERS " AND l.pid = $2::int", parameters,
                            2));
        usleep(PAUSE_US);
    }
    held->lost = PQstatus(p->conn) == CONNECTION_OK;
}

iac_status pg_renew(void *self, const char *workspace, const iac_lock_info *mine, iac_diags *diags)
{
    pg_backend *p = self;
    pthread_mutex_lock(&p->mutex);
    pg_held *held = pg_find_held(p, workspace);
    iac_status status = held && iac_str_eq(held->mine.id, mine->id) ? IAC_OK : IAC_NOT_FOUND;
    if (status == IAC_OK) { /* finds out whether the connection lives, and makes it anew */
        PGresult *result = pg_run(p, ACQUIRING, "SELECT 1", NULL, 0, NULL, diags);
        status = !result ? IAC_ERR : held->lost ? IAC_BUSY : IAC_OK;
        PQclear(result);
    }
    pthread_mutex_unlock(&p->mutex);
    return status;
}

/* ---- giving back ---- */

static void forget(pg_backend *p, pg_held *held)
{
    iac_arena_free(held->arena);
    *held = p->held.v[p->held.n - 1];
    p->held.n--;
}

iac_status pg_give_back(pg_backend *p, pg_held *held, iac_arena *arena, iac_diags *diags)
{
    bool ok;
    iac_status status = pg_connect(p, "Failed to unlock state", diags);
    if (status == IAC_OK && !held->lost) {
        char session[16];
        snprintf(session, sizeof(session), "%d", p->session);
        const char *parameters[] = { key_text(arena, held->state), session };
        if (p->with_info)
            PQclear(pg_run_once(p, "DELETE FROM {s}.iac_locks WHERE state = $1::bigint AND pid = $2::int", parameters,
                                2));
        status = pg_advisory(p, arena, false, held->state, &ok, diags);
    }
    forget(p, held);
    return status;
}

iac_status pg_unlock(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                     iac_diags *diags)
{
    static const char summary[] = "Failed to unlock state";
    pg_backend *p = self;
    int64_t state = CREATION;
    pthread_mutex_lock(&p->mutex);
    pg_held *held = pg_find_held(p, workspace);
    iac_status status;
    if (held && iac_str_eq(held->mine.id, id)) {
        status = pg_give_back(p, held, arena, diags);
    } else {
        status = find_row(p, workspace, &state, summary, diags);
        if (status == IAC_OK)
            status = pg_holder_of(p, arena, state, false, ret_holder, diags);
        if (status == IAC_NOT_FOUND) {
            state = CREATION;
            status = pg_holder_of(p, arena, state, false, ret_holder, diags);
        }
        if (status == IAC_OK)
            status = !iac_str_eq(ret_holder->id, id) ? IAC_BUSY
                                                     : pg_end_session(p, arena, state, ret_holder->handle, summary, diags);
    }
    pthread_mutex_unlock(&p->mutex);
    return status;
}

iac_status pg_lock_info(void *self, const char *workspace, iac_arena *arena, iac_lock_info *ret, iac_diags *diags)
{
    pg_backend *p = self;
    int64_t state;
    pthread_mutex_lock(&p->mutex);
    iac_status status = find_row(p, workspace, &state, READING, diags);
    if (status == IAC_OK)
        status = pg_holder_of(p, arena, state, false, ret, diags);
    if (status == IAC_NOT_FOUND) /* Terraform has this one while it makes the row, until its run ends */
        status = pg_holder_of(p, arena, CREATION, false, ret, diags);
    pthread_mutex_unlock(&p->mutex);
    return status;
}

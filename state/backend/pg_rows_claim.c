#include "state/backend/pg_rows.h"
#include "lang/base/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACQUIRING "Error acquiring the state lock"
#define READING "Failed to read the lock"
#define UNLOCKING "Failed to unlock state"

/* Claims that exclude each other: both of the same resource, of the same instance or one of all, not both shared. */
#define CONFLICT "(c.address = t.address OR c.address = '' OR t.address = '') AND (c.exclusive OR t.exclusive)"

enum { FIRST_PAUSE_MS = 50, LAST_PAUSE_MS = 1000 };

static pg_rows *rows_of(iac_store *store)
{
    return (pg_rows *)store;
}

static const char *text_of(iac_arena *arena, int64_t n)
{
    return iac_arena_printf(arena, "%lld", (long long)n).p;
}

/* ---- one try ---- */

typedef struct claiming {
    pg_rows *rows;
    iac_arena *arena;
    const iac_claim *claims;
    size_t n;
    int64_t since;
    iac_str moved;
    int64_t holder; /* the owner that is in the way; 0: none */
    iac_str on;     /* what it is in the way of; empty: all of the workspace */
} claiming;

typedef struct columns {
    iac_buf resources, addresses, exclusive;
} columns;

static columns columns_of(const claiming *c)
{
    columns a;
    iac_buf_init(&a.resources, IAC_BUF_UNLIMITED);
    iac_buf_init(&a.addresses, IAC_BUF_UNLIMITED);
    iac_buf_init(&a.exclusive, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < c->n; i++) {
        pg_array_add(&a.resources, c->claims[i].resource);
        pg_array_add(&a.addresses, c->claims[i].address);
        pg_array_add(&a.exclusive, iac_str_of(c->claims[i].exclusive ? "t" : "f"));
    }
    pg_array_end(&a.resources);
    pg_array_end(&a.addresses);
    pg_array_end(&a.exclusive);
    return a;
}

static void columns_clear(columns *a)
{
    iac_buf_clear(&a->resources);
    iac_buf_clear(&a->addresses);
    iac_buf_clear(&a->exclusive);
}

/* Parameters: workspace, resources, addresses, exclusive, owner, since. */
#define WANTED "unnest($2::text[], $3::text[], $4::boolean[]) AS t(resource, address, exclusive)"

static iac_status find_conflict(pg_backend *p, claiming *c, const char *const *parameters, iac_diags *diags)
{
    PGresult *result = pg_step(p, ACQUIRING,
                               "SELECT c.owner, c.resource, CASE WHEN c.address <> '' THEN c.address WHEN t.address <> '' "
                               "THEN t.address ELSE c.resource END FROM {s}.iac_claims c JOIN " WANTED
                               " ON c.resource = t.resource AND " CONFLICT " WHERE c.workspace = $1::bigint AND c.owner "
                               "<> $5::bigint ORDER BY c.resource, c.address LIMIT 1", parameters, 5, diags);
    if (!result)
        return IAC_ERR;
    c->holder = 0;
    if (PQntuples(result) > 0) {
        c->holder = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        bool whole = !*PQgetvalue(result, 0, 1);
        c->on = whole ? (iac_str){ 0 } : iac_arena_str(c->arena, iac_str_of(PQgetvalue(result, 0, 2)));
    }
    PQclear(result);
    return IAC_OK;
}

static iac_status find_moved(pg_backend *p, claiming *c, const char *const *parameters, iac_diags *diags)
{
    /* All six are used, so that the server knows their types. */
    PGresult *result = pg_step(p, ACQUIRING,
                               "SELECT v.address FROM {s}.iac_versions v JOIN " WANTED " ON v.resource = t.resource AND "
                               "(t.address = '' OR v.address = t.address) WHERE v.workspace = $1::bigint AND v.version > "
                               "$6::bigint AND $5::bigint IS NOT NULL ORDER BY v.address LIMIT 1", parameters, 6, diags);
    if (!result)
        return IAC_ERR;
    c->moved = PQntuples(result) > 0 ? iac_arena_str(c->arena, iac_str_of(PQgetvalue(result, 0, 0))) : (iac_str){ 0 };
    PQclear(result);
    return IAC_OK;
}

static bool run(pg_backend *p, const char *sql, const char *const *parameters, int count, iac_diags *diags)
{
    PGresult *result = pg_step(p, ACQUIRING, sql, parameters, count, diags);
    PQclear(result);
    return result != NULL;
}

/* Whoever claims has the workspace's row meanwhile. What was claimed before is given back first: who waits holds
 * nothing that others may wait for. */
static iac_status try_claim(pg_backend *p, void *arg, iac_diags *diags)
{
    claiming *c = arg;
    pg_rows *r = c->rows;
    columns a = columns_of(c);
    const char *parameters[] = { text_of(c->arena, r->id), a.resources.p, a.addresses.p, a.exclusive.p,
                                 text_of(c->arena, r->owner), text_of(c->arena, c->since) };
    const char *mine[] = { parameters[0], parameters[4] };
    bool whole = c->n == 1 && !c->claims[0].resource.n;
    iac_status status =
        run(p, "SELECT id FROM {s}.iac_workspaces WHERE id = $1::bigint FOR NO KEY UPDATE", parameters, 1, diags) &&
                run(p, "DELETE FROM {s}.iac_claims c WHERE workspace = $1::bigint AND NOT " PG_LIVE("c.owner"), parameters,
                    1, diags) &&
                run(p, whole ? "DELETE FROM {s}.iac_claims WHERE workspace = $1::bigint AND owner = $2::bigint"
                             : "DELETE FROM {s}.iac_claims WHERE workspace = $1::bigint AND owner = $2::bigint AND "
                               "resource <> ''", mine, 2, diags)
            ? find_conflict(p, c, parameters, diags) : IAC_ERR;
    if (status == IAC_OK && !c->holder) {
        status = run(p, "INSERT INTO {s}.iac_claims SELECT $1::bigint, $5::bigint, resource, address, bool_or(exclusive) "
                        "FROM " WANTED " GROUP BY resource, address", parameters, 5, diags) ? IAC_OK : IAC_ERR;
        if (status == IAC_OK && c->since >= 0)
            status = find_moved(p, c, parameters, diags);
    }
    columns_clear(&a);
    return status;
}

static iac_status look_for_moved(pg_backend *p, void *arg, iac_diags *diags)
{
    claiming *c = arg;
    columns a = columns_of(c);
    const char *parameters[] = { text_of(c->arena, c->rows->id), a.resources.p, a.addresses.p, a.exclusive.p,
                                 text_of(c->arena, c->rows->owner), text_of(c->arena, c->since) };
    iac_status status = find_moved(p, c, parameters, diags);
    columns_clear(&a);
    return status;
}

/* Tries until it works or the time is over: IAC_BUSY. */
static iac_status claim(pg_rows *r, claiming *c, int64_t deadline, iac_diags *diags)
{
    int64_t pause = FIRST_PAUSE_MS;
    for (;;) {
        pthread_mutex_lock(&r->p->mutex);
        iac_status status = pg_transact(r->p, ACQUIRING, "BEGIN", try_claim, c, diags);
        int64_t left = deadline - iac_now_ms();
        if (status == IAC_OK && c->holder && left <= 0) {
            iac_lock_info holder = { 0 };
            iac_diags ignored = IAC_DIAGS_INIT;
            pg_holder_of(r->p, c->arena, c->holder, false, &holder, &ignored); /* it may be gone by now */
            iac_diags_clear(&ignored);
            iac_str what = c->on.n ? iac_arena_printf(c->arena, "the resource %.*s", IAC_FMT(c->on)) : (iac_str){ 0 };
            status = iac_lock_busy(&holder, what, diags);
        }
        pthread_mutex_unlock(&r->p->mutex);
        if (status != IAC_OK || !c->holder)
            return status;
        usleep((useconds_t)((left < pause ? left : pause) * 1000));
        pause = pause < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS;
    }
}

iac_status pg_rows_claim(iac_store *store, const iac_claim *claims, size_t n, int64_t since, int64_t timeout_ms,
                         iac_arena *arena, iac_str *ret_moved, iac_diags *diags)
{
    pg_rows *r = rows_of(store);
    claiming c = { .rows = r, .arena = arena, .claims = claims, .n = n, .since = since };
    iac_status status;
    if (r->owner && !r->whole) {
        status = claim(r, &c, iac_now_ms() + timeout_ms, diags);
    } else { /* without locks, or with that of all */
        pthread_mutex_lock(&r->p->mutex);
        status = pg_transact(r->p, ACQUIRING, "BEGIN", look_for_moved, &c, diags);
        pthread_mutex_unlock(&r->p->mutex);
    }
    *ret_moved = c.moved;
    return status;
}

/* ---- the workspace ---- */

static void forget_owner(pg_rows *r, iac_arena *arena)
{
    const char *parameter = text_of(arena, r->owner);
    iac_diags ignored = IAC_DIAGS_INIT;
    pg_held *held = pg_find_held(r->p, r->workspace);
    PQclear(pg_run(r->p, UNLOCKING, "DELETE FROM {s}.iac_claims WHERE owner = $1::bigint", &parameter, 1, NULL, &ignored));
    if (held)
        pg_give_back(r->p, held, arena, &ignored);
    iac_diags_clear(&ignored); /* what stays is seen to be of the dead */
    r->owner = 0;
}

static iac_status lock(pg_rows *r, const char *operation, bool whole, int64_t timeout_ms, iac_diags *diags)
{
    if (!r->id)
        return IAC_OK; /* only read, and nothing there */
    iac_arena *arena = iac_arena_new();
    iac_lock_info mine = iac_lock_new(arena, operation);
    uint64_t random = 0;
    bool taken = false;
    mine.path = iac_str_of(r->p->place);
    RAND_bytes((unsigned char *)&random, sizeof(random));
    pthread_mutex_lock(&r->p->mutex);
    r->owner = (int64_t)((random & 0x3fffffffffffffff) | 0x4000000000000000); /* no number of a row is as high */
    r->whole = whole;
    iac_status status = pg_prepare(r->p, ACQUIRING, diags);
    if (status == IAC_OK)
        status = pg_advisory(r->p, arena, true, r->owner, &taken, diags);
    if (status == IAC_OK)
        pg_keep(r->p, r->workspace, &mine, r->owner);
    pthread_mutex_unlock(&r->p->mutex);
    if (status == IAC_OK) {
        const iac_claim all = { .exclusive = whole };
        claiming c = { .rows = r, .arena = arena, .claims = &all, .n = 1, .since = -1 };
        status = claim(r, &c, iac_now_ms() + timeout_ms, diags);
    }
    if (status != IAC_OK) {
        pthread_mutex_lock(&r->p->mutex);
        forget_owner(r, arena);
        pthread_mutex_unlock(&r->p->mutex);
    }
    iac_arena_free(arena);
    return status;
}

iac_status pg_rows_lock(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags)
{
    return lock(rows_of(store), operation, true, timeout_ms, diags);
}

iac_status pg_rows_lock_shared(iac_store *store, const char *operation, int64_t timeout_ms, iac_diags *diags)
{
    return lock(rows_of(store), operation, false, timeout_ms, diags);
}

void pg_rows_unlock(iac_store *store)
{
    pg_rows *r = rows_of(store);
    iac_arena *arena = iac_arena_new();
    pthread_mutex_lock(&r->p->mutex);
    if (r->owner)
        forget_owner(r, arena);
    pthread_mutex_unlock(&r->p->mutex);
    iac_arena_free(arena);
}

/* ---- who has what ---- */

iac_status pg_rows_holders(iac_store *store, iac_arena *arena, const iac_holder **ret, size_t *ret_count,
                           iac_diags *diags)
{
    pg_rows *r = rows_of(store);
    const char *id = text_of(arena, r->id);
    *ret = NULL;
    *ret_count = 0;
    pthread_mutex_lock(&r->p->mutex);
    PGresult *result = pg_run(r->p, READING,
                              "SELECT c.owner, c.resource, c.address, c.exclusive FROM {s}.iac_claims c WHERE workspace "
                              "= $1::bigint AND " PG_LIVE("c.owner") " ORDER BY c.owner, c.resource, c.address", &id, 1,
                              r->id ? NULL : &(bool){ false }, diags);
    int n = result ? PQntuples(result) : 0;
    iac_status status = result || !r->id ? IAC_OK : IAC_ERR;
    iac_holder *holders = iac_arena_array(arena, iac_holder, (size_t)n);
    iac_claim *claims = iac_arena_array(arena, iac_claim, (size_t)n);
    size_t used = 0;
    for (int i = 0; i < n && status == IAC_OK; i++) {
        bool next = i == 0 || strcmp(PQgetvalue(result, i, 0), PQgetvalue(result, i - 1, 0)) != 0;
        bool exclusive = PQgetvalue(result, i, 3)[0] == 't';
        if (next) {
            iac_holder *holder = &holders[*ret_count];
            int64_t owner = strtoll(PQgetvalue(result, i, 0), NULL, 10);
            *holder = (iac_holder){ .claims = claims + used };
            status = pg_holder_of(r->p, arena, owner, false, &holder->info, diags);
            if (status == IAC_NOT_FOUND) { /* it has just ended */
                while (i + 1 < n && strcmp(PQgetvalue(result, i, 0), PQgetvalue(result, i + 1, 0)) == 0)
                    i++;
                status = IAC_OK;
                continue;
            }
            ++*ret_count;
        }
        iac_holder *holder = &holders[*ret_count - 1];
        if (!*PQgetvalue(result, i, 1)) {
            holder->whole = exclusive;
            continue;
        }
        claims[used++] = (iac_claim){ iac_arena_str(arena, iac_str_of(PQgetvalue(result, i, 1))),
                                      iac_arena_str(arena, iac_str_of(PQgetvalue(result, i, 2))), exclusive };
        holder->claim_count++;
    }
    PQclear(result);
    pthread_mutex_unlock(&r->p->mutex);
    *ret = holders;
    return status;
}

iac_status pg_rows_lock_info(iac_store *store, iac_arena *arena, iac_lock_info *ret, iac_diags *diags)
{
    const iac_holder *holders;
    size_t n;
    iac_status status = pg_rows_holders(store, arena, &holders, &n, diags);
    if (status != IAC_OK || !n)
        return status == IAC_OK ? IAC_NOT_FOUND : status;
    *ret = holders[0].info;
    return IAC_OK;
}

/* The owner whose lock has the ID; 0: none. */
static int64_t owner_of(pg_rows *r, iac_arena *arena, iac_str id, iac_lock_info *ret, iac_diags *diags)
{
    const char *parameter = text_of(arena, r->id);
    int64_t found = 0;
    PGresult *result = pg_run(r->p, UNLOCKING, "SELECT DISTINCT owner FROM {s}.iac_claims WHERE workspace = $1::bigint",
                              &parameter, 1, NULL, diags);
    for (int i = 0; result && !found && i < PQntuples(result); i++) {
        int64_t owner = strtoll(PQgetvalue(result, i, 0), NULL, 10);
        iac_lock_info info;
        if (pg_holder_of(r->p, arena, owner, false, &info, diags) != IAC_OK)
            continue;
        *ret = info;
        if (iac_str_eq(info.id, id))
            found = owner;
    }
    PQclear(result);
    return found;
}

iac_status pg_rows_force_unlock(iac_store *store, iac_str id, iac_diags *diags)
{
    pg_rows *r = rows_of(store);
    iac_arena *arena = iac_arena_new();
    iac_lock_info holder = { 0 };
    pthread_mutex_lock(&r->p->mutex);
    int64_t owner = owner_of(r, arena, id, &holder, diags);
    iac_status status = iac_diags_has_errors(diags) ? IAC_ERR : IAC_OK;
    if (status == IAC_OK && !owner) {
        status = iac_lock_not_broken(holder.id.n ? &holder : NULL, id, diags);
    } else if (status == IAC_OK) {
        /* The claims go first: a run that comes back finds that they are not its own any more. */
        const char *parameter = text_of(arena, owner);
        PGresult *result = pg_run(r->p, UNLOCKING, "DELETE FROM {s}.iac_claims WHERE owner = $1::bigint", &parameter, 1,
                                  NULL, diags);
        status = result ? pg_end_session(r->p, arena, owner, holder.handle, UNLOCKING, diags) : IAC_ERR;
        PQclear(result);
    }
    pthread_mutex_unlock(&r->p->mutex);
    iac_arena_free(arena);
    return status;
}

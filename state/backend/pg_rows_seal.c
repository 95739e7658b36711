#include "state/backend/pg_rows_seal.h"

#include "lang/base/crypto.h"
#include <stdlib.h>
#include <string.h>

#define SAVING "Failed to save state"

enum { KEYS = 2, MAX_SEALED = 3, MAX_PARTS = PG_CELLS + 2, ROWS_AT_ONCE = 1000 };

static const struct {
    const char *columns[MAX_SEALED + 1];
    int cells;
    bool counted;
    const char *select, *update;
} places[PG_PLACES] = {
    [PG_OBJECTS] = {
        { "pg attributes", "pg sensitive", "pg private" }, PG_OBJECT_CELLS, true,
        "SELECT " PG_OBJECT_COLUMNS " FROM {s}.iac_objects WHERE workspace = $1::bigint",
        "UPDATE {s}.iac_objects o SET attributes = t.a, sensitive = t.b, private = t.c FROM unnest($2::text[], "
        "$3::text[], $4::text[], $5::text[], $6::text[]) AS t(k, l, a, b, c) WHERE o.workspace = $1::bigint AND "
        "o.address = t.k AND o.deposed = t.l" },
    [PG_OUTPUTS] = {
        { "pg output" }, PG_OUTPUT_CELLS, true,
        "SELECT " PG_OUTPUT_COLUMNS " FROM {s}.iac_outputs WHERE workspace = $1::bigint",
        "UPDATE {s}.iac_outputs o SET value = t.a FROM unnest($2::text[], $3::text[], $4::text[]) AS t(k, l, a) WHERE "
        "o.workspace = $1::bigint AND o.name = t.k" },
    [PG_JOURNAL] = {
        { "pg prior", "pg planned", "pg journal private" }, PG_INTENT_CELLS, false,
        "SELECT " PG_INTENT_COLUMNS " FROM {s}.iac_journal WHERE workspace = $1::bigint",
        "UPDATE {s}.iac_journal o SET prior = t.a, planned = t.b, private = t.c FROM unnest($2::text[], $3::text[], "
        "$4::text[], $5::text[], $6::text[]) AS t(k, l, a, b, c) WHERE o.workspace = $1::bigint AND o.token = t.k" },
    [PG_CHECKS] = {
        { "pg checks" }, PG_CHECK_CELLS, true,
        "SELECT '', '', checks FROM {s}.iac_workspaces WHERE id = $1::bigint AND checks <> ''",
        "UPDATE {s}.iac_workspaces o SET checks = t.a FROM unnest($2::text[], $3::text[], $4::text[]) AS t(k, l, a) "
        "WHERE o.id = $1::bigint" },
};

static int sealed_columns(pg_place place)
{
    int n = 0;
    while (n < MAX_SEALED && places[place].columns[n])
        n++;
    return n;
}

/* ---- one row ---- */

/* What the cells that are sealed are bound to. */
static size_t bind_parts(const pg_seal *seal, pg_place place, iac_str serial, const iac_str *cells, iac_str *parts)
{
    size_t n = 0;
    for (int i = 0; i < KEYS; i++)
        parts[n++] = cells[i];
    for (int i = KEYS + sealed_columns(place); i < places[place].cells; i++)
        parts[n++] = cells[i];
    if (places[place].counted) {
        parts[n++] = seal->lineage;
        parts[n++] = serial;
    }
    return n;
}

static void count(pg_seal *seal, pg_place place, const iac_str *keys, iac_str serial, bool add)
{
    iac_buf row;
    uint8_t digest[sizeof(seal->tally)];
    unsigned carry = 0;
    iac_buf_init(&row, IAC_BUF_UNLIMITED);
    iac_associate(&row, IAC_STR("iac row"));
    iac_associate(&row, iac_str_of(places[place].columns[0]));
    for (int i = 0; i < KEYS; i++)
        iac_associate(&row, keys[i]);
    iac_associate(&row, serial);
    iac_key_digest(seal->key, iac_buf_view(&row), digest);
    iac_buf_clear(&row);
    for (size_t i = 0; i < sizeof(digest); i++) {
        unsigned sum = add ? seal->tally[i] + digest[i] + carry : 0x100u + seal->tally[i] - digest[i] - carry;
        seal->tally[i] = (uint8_t)sum;
        carry = add ? sum >> 8 : 1 - (sum >> 8);
    }
}

void pg_seal_row(const pg_seal *seal, pg_place place, iac_arena *arena, iac_str *cells)
{
    iac_str parts[MAX_PARTS];
    if (!seal->key)
        return;
    size_t n = bind_parts(seal, place, seal->serial, cells, parts);
    for (int i = 0; i < sealed_columns(place); i++) {
        const iac_sealed what = { places[place].columns[i], parts, n };
        iac_buf out;
        iac_buf_init(&out, IAC_BUF_UNLIMITED);
        if (i == 0 && places[place].counted)
            iac_buf_printf(&out, "%.*s:", IAC_FMT(seal->serial));
        iac_seal_text(seal->key, seal->workspace, &what, cells[KEYS + i], &out);
        cells[KEYS + i] = iac_arena_str(arena, iac_buf_view(&out));
        iac_buf_clear(&out);
    }
}

static iac_str serial_of(iac_str *sealed)
{
    size_t colon = iac_str_find_char(*sealed, ':', 0);
    iac_str serial = iac_str_sub(*sealed, 0, colon);
    *sealed = iac_str_sub(*sealed, colon < sealed->n ? colon + 1 : sealed->n, sealed->n);
    return serial;
}

bool pg_unseal_row(pg_seal *seal, pg_place place, iac_arena *arena, iac_str *cells)
{
    iac_str parts[MAX_PARTS], serial = { 0 };
    bool ok = true;
    if (!seal->key)
        return true;
    if (places[place].counted)
        serial = serial_of(&cells[KEYS]);
    size_t n = bind_parts(seal, place, serial, cells, parts);
    for (int i = 0; ok && i < sealed_columns(place); i++) {
        const iac_sealed what = { places[place].columns[i], parts, n };
        ok = iac_unseal_text(seal->key, seal->workspace, &what, cells[KEYS + i], arena, &cells[KEYS + i]);
    }
    if (ok && places[place].counted)
        count(seal, place, cells, serial, true);
    return ok;
}

/* ---- all rows ---- */

static iac_str tally_parts(const pg_seal *seal, iac_sealed *ret, iac_str parts[2])
{
    parts[0] = seal->lineage;
    parts[1] = seal->serial;
    *ret = (iac_sealed){ "pg tally", parts, 2 };
    return (iac_str){ (const char *)seal->tally, sizeof(seal->tally) };
}

iac_str pg_seal_tally(const pg_seal *seal, iac_arena *arena)
{
    iac_sealed what;
    iac_str parts[2], tally = tally_parts(seal, &what, parts);
    iac_buf out;
    if (!seal->key)
        return (iac_str){ 0 };
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_seal_text(seal->key, seal->workspace, &what, tally, &out);
    iac_str ret = iac_arena_str(arena, iac_buf_view(&out));
    iac_buf_clear(&out);
    return ret;
}

static bool open_tally(const pg_seal *seal, iac_arena *arena, iac_str sealed, iac_str *ret)
{
    iac_sealed what;
    iac_str parts[2];
    tally_parts(seal, &what, parts);
    return iac_unseal_text(seal->key, seal->workspace, &what, sealed, arena, ret) && ret->n == sizeof(seal->tally);
}

bool pg_seal_complete(const pg_seal *seal, iac_arena *arena, iac_str tally)
{
    iac_str stored;
    return !seal->key || (open_tally(seal, arena, tally, &stored) &&
                          CRYPTO_memcmp(stored.p, seal->tally, sizeof(seal->tally)) == 0);
}

void pg_seal_count_checks(pg_seal *seal, iac_str sealed, bool add)
{
    const iac_str keys[KEYS] = { { 0 } };
    if (seal->key && sealed.n)
        count(seal, PG_CHECKS, keys, serial_of(&sealed), add);
}

static iac_str cell(const PGresult *result, int row, int column)
{
    return (iac_str){ PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column) };
}

bool pg_seal_count(pg_seal *seal, pg_backend *p, const char *id, const char *addresses, bool add, iac_diags *diags)
{
    const char *parameters[] = { id, addresses ? addresses : "{}", addresses ? "f" : "t" };
    if (!seal->key)
        return true;
    PGresult *result = pg_step(p, SAVING,
                               "SELECT true, address, deposed, left(attributes, 24) FROM {s}.iac_objects WHERE workspace "
                               "= $1::bigint AND ($3::boolean OR address = ANY ($2::text[])) UNION ALL SELECT false, name, "
                               "'', left(value, 24) FROM {s}.iac_outputs WHERE workspace = $1::bigint AND ($3::boolean OR "
                               "'output.' || name = ANY ($2::text[]))", parameters, 3, diags);
    for (int i = 0; result && i < PQntuples(result); i++) {
        const iac_str keys[KEYS] = { cell(result, i, 1), cell(result, i, 2) };
        iac_str sealed = cell(result, i, 3);
        count(seal, PQgetvalue(result, i, 0)[0] == 't' ? PG_OBJECTS : PG_OUTPUTS, keys, serial_of(&sealed), add);
    }
    PQclear(result);
    return result != NULL;
}

iac_status pg_seal_damaged(const pg_rows *r, iac_diags *diags)
{
    iac_diag_error(diags, IAC_NO_RANGE, "Failed to decrypt the state",
                   "The rows of the workspace \"%s\" in %s were changed after they were encrypted: one was altered, moved, "
                   "removed, added, or put back as it was before.\n\nRestore a state that is known to be good, from a "
                   "backup of the database, or with \"iac state restore\" from the history.", r->workspace, r->p->place);
    return IAC_ERR;
}

/* ---- the key ---- */

iac_status pg_seal_find(pg_rows *r, const pg_head *head, iac_arena *arena, pg_seal *ret, iac_diags *diags)
{
    *ret = (pg_seal){ .workspace = iac_str_of(r->workspace), .lineage = head->lineage,
                      .serial = iac_arena_printf(arena, "%lld", (long long)head->serial) };
    if (!head->sealing.n)
        return IAC_OK;
    if (!iac_str_eq(head->sealing, r->sealing)) { /* another run may have changed it */
        r->sealing = (iac_str){ 0 };
        if (iac_sealing_unlock(r->crypt, head->sealing, r->p->place, &r->key, diags) != IAC_OK)
            return IAC_ERR;
        r->sealing = iac_arena_str(r->arena, head->sealing);
    }
    ret->key = r->key;
    return IAC_OK;
}

/* ---- another key ---- */

typedef struct resealing {
    pg_rows *rows;
    const char *id;
    pg_seal *from, *to;
    iac_diags *diags;
} resealing;

static bool put_rows(const resealing *s, pg_place place, iac_buf *columns, int n)
{
    const char *parameters[1 + KEYS + MAX_SEALED] = { s->id };
    for (int i = 0; i < n; i++) {
        pg_array_end(&columns[i]);
        parameters[i + 1] = columns[i].p;
    }
    PGresult *result = pg_step(s->rows->p, SAVING, places[place].update, parameters, n + 1, s->diags);
    PQclear(result);
    for (int i = 0; i < n; i++)
        iac_buf_reset(&columns[i]);
    return result != NULL;
}

static iac_status reseal_rows(const resealing *s, pg_place place)
{
    const int n = KEYS + sealed_columns(place);
    iac_buf columns[KEYS + MAX_SEALED];
    PGresult *result = pg_step(s->rows->p, SAVING, places[place].select, &s->id, 1, s->diags);
    iac_status status = result ? IAC_OK : IAC_ERR;
    for (int i = 0; i < n; i++)
        iac_buf_init(&columns[i], IAC_BUF_UNLIMITED);
    for (int i = 0; status == IAC_OK && i < PQntuples(result); i++) {
        iac_arena *arena = iac_arena_new();
        iac_str cells[PG_CELLS], sealed[KEYS];
        for (int k = 0; k < places[place].cells; k++)
            cells[k] = cell(result, i, k);
        if (!pg_unseal_row(s->from, place, arena, cells))
            status = pg_seal_damaged(s->rows, s->diags);
        pg_seal_row(s->to, place, arena, cells);
        memcpy(sealed, cells, sizeof(sealed));
        if (s->to->key && places[place].counted)
            count(s->to, place, sealed, s->to->serial, true);
        for (int k = 0; status == IAC_OK && k < n; k++)
            pg_array_add(&columns[k], cells[k]);
        if (status == IAC_OK && (i + 1 == PQntuples(result) || i % ROWS_AT_ONCE == ROWS_AT_ONCE - 1) &&
            !put_rows(s, place, columns, n))
            status = IAC_ERR;
        iac_arena_free(arena);
    }
    for (int i = 0; i < n; i++)
        iac_buf_clear(&columns[i]);
    PQclear(result);
    return status;
}

/* Whether there is something that an unencrypted state may not hold. */
static iac_status check_plain(const resealing *s)
{
    PGresult *result = pg_step(s->rows->p, SAVING,
                               "SELECT EXISTS (SELECT 1 FROM {s}.iac_objects WHERE workspace = $1::bigint) OR EXISTS "
                               "(SELECT 1 FROM {s}.iac_outputs WHERE workspace = $1::bigint)", &s->id, 1, s->diags);
    bool there = result && PQgetvalue(result, 0, 0)[0] == 't';
    iac_status status = result && (!there || iac_crypt_takes_plain(s->rows->crypt, s->diags)) ? IAC_OK : IAC_ERR;
    PQclear(result);
    return status;
}

/* Nobody else writes meanwhile: noting an intent needs the workspace's row as well. */
static iac_status lock_all(pg_rows *r, const char *id, iac_arena *arena, pg_head *ret, iac_diags *diags)
{
    PGresult *result = pg_step(r->p, SAVING, "SELECT lineage, serial, sealing, tally FROM {s}.iac_workspaces WHERE id = "
                                             "$1::bigint FOR UPDATE", &id, 1, diags);
    if (!result || PQntuples(result) == 0) {
        PQclear(result);
        return IAC_ERR;
    }
    *ret = (pg_head){ .lineage = iac_arena_str(arena, cell(result, 0, 0)),
                      .serial = strtoll(PQgetvalue(result, 0, 1), NULL, 10),
                      .sealing = iac_arena_str(arena, cell(result, 0, 2)),
                      .tally = iac_arena_str(arena, cell(result, 0, 3)) };
    PQclear(result);
    return IAC_OK;
}

static iac_status put_head(const resealing *s, iac_arena *arena, pg_head *head)
{
    iac_buf sealing;
    iac_buf_init(&sealing, IAC_BUF_UNLIMITED);
    iac_sealing_write(s->to->key, &sealing);
    head->sealing = iac_arena_str(arena, iac_buf_view(&sealing));
    head->tally = pg_seal_tally(s->to, arena);
    iac_buf_clear(&sealing);
    const char *parameters[] = { s->id, iac_arena_cstr(arena, head->sealing), iac_arena_cstr(arena, head->tally) };
    PGresult *result = pg_step(s->rows->p, SAVING, "UPDATE {s}.iac_workspaces SET sealing = $2, tally = $3 WHERE id = "
                                                   "$1::bigint", parameters, 3, s->diags);
    PQclear(result);
    return result ? IAC_OK : IAC_ERR;
}

static iac_status reseal(pg_rows *r, const char *id, pg_head *head, iac_arena *arena, pg_seal *seal,
                         const iac_crypt_key *wanted, iac_diags *diags)
{
    pg_seal to = *seal;
    const resealing s = { .rows = r, .id = id, .from = seal, .to = &to, .diags = diags };
    iac_status status = seal->key || !r->crypt ? IAC_OK : check_plain(&s);
    to.key = wanted;
    memset(to.tally, 0, sizeof(to.tally));
    for (pg_place place = 0; status == IAC_OK && place < PG_PLACES; place++)
        status = reseal_rows(&s, place);
    if (status == IAC_OK && !pg_seal_complete(seal, arena, head->tally))
        status = pg_seal_damaged(r, diags);
    if (status == IAC_OK)
        status = put_head(&s, arena, head);
    *seal = to;
    return status;
}

iac_status pg_seal_begin(pg_rows *r, pg_head *head, iac_arena *arena, pg_seal *ret, iac_diags *diags)
{
    const iac_crypt_key *wanted;
    const char *id = iac_arena_printf(arena, "%lld", (long long)r->id).p;
    if (pg_seal_find(r, head, arena, ret, diags) != IAC_OK || iac_crypt_sealing_key(r->crypt, &wanted, diags) != IAC_OK)
        return IAC_ERR;
    if (wanted != ret->key) {
        /* Another run may have been first, maybe with a salt of its own. */
        if (lock_all(r, id, arena, head, diags) != IAC_OK || pg_seal_find(r, head, arena, ret, diags) != IAC_OK ||
            iac_crypt_sealing_key(r->crypt, &wanted, diags) != IAC_OK)
            return IAC_ERR;
        if (wanted != ret->key && reseal(r, id, head, arena, ret, wanted, diags) != IAC_OK)
            return IAC_ERR;
    }
    return IAC_OK;
}

iac_status pg_seal_take_tally(const pg_rows *r, const pg_head *head, iac_arena *arena, pg_seal *seal, iac_diags *diags)
{
    iac_str tally;
    if (!seal->key)
        return IAC_OK;
    if (!open_tally(seal, arena, head->tally, &tally))
        return pg_seal_damaged(r, diags);
    memcpy(seal->tally, tally.p, sizeof(seal->tally));
    return IAC_OK;
}

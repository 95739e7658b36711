#include "state/backend/pg_rows_seal.h"
#include "state/rows.h"

#include "lang/base/log.h"
#include "lang/value/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAVING "Failed to save state"

/* ---- parameters that are arrays ---- */

void pg_array_add(iac_buf *array, iac_str text)
{
    iac_buf_cstr(array, array->n ? ",\"" : "{\"");
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            iac_buf_char(array, '\\');
        iac_buf_char(array, text.p[i]);
    }
    iac_buf_char(array, '"');
}

void pg_array_end(iac_buf *array)
{
    iac_buf_cstr(array, array->n ? "}" : "{}");
}

static void add_number(iac_buf *array, int64_t n)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)n);
    pg_array_add(array, iac_str_of(text));
}

static bool run(pg_backend *p, const char *sql, const char *const *parameters, int count, iac_diags *diags)
{
    PGresult *result = pg_step(p, SAVING, sql, parameters, count, diags);
    PQclear(result);
    return result != NULL;
}

/* ---- writes that are on their way ---- */

enum { ROWS_AT_ONCE = 1000 };

typedef struct writing {
    pg_rows *rows;
    pg_backend *p;
    const iac_submission *group;
    size_t n;
    iac_arena *arena;
    iac_diags *diags;
    char id[24];
    iac_buf columns[PG_OBJECT_CELLS]; /* objects to be put, together */
    size_t pending;
    iac_map keys; /* of these */
    pg_head head;  /* the workspace's row; lineage and serial as they will be */
    pg_seal seal;
    iac_str checks; /* as they are */
    int64_t serial; /* of this transaction; 0: it changes no object or output */
    iac_map touched; /* as pg_rows.versions: what gets a new version, with its resource */
} writing;

static void clear_pending(writing *w)
{
    for (size_t i = 0; i < PG_OBJECT_CELLS; i++) {
        iac_buf_clear(&w->columns[i]);
        iac_buf_init(&w->columns[i], IAC_BUF_UNLIMITED);
    }
    iac_map_clear(&w->keys);
    w->pending = 0;
}

static bool put_pending(writing *w)
{
    const char *parameters[PG_OBJECT_CELLS + 1] = { w->id };
    if (!w->pending)
        return true;
    for (size_t i = 0; i < PG_OBJECT_CELLS; i++) {
        pg_array_end(&w->columns[i]);
        parameters[i + 1] = w->columns[i].p;
    }
    bool ok = run(w->p, "INSERT INTO {s}.iac_objects (workspace, " PG_OBJECT_COLUMNS ") SELECT $1::bigint, * FROM "
                        "unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], "
                        "$9::bigint[], $10::boolean[], $11::boolean[], $12::text[]) ON CONFLICT (workspace, address, "
                        "deposed) DO UPDATE SET provider "
                        "= excluded.provider, type = excluded.type, schema_version = excluded.schema_version, "
                        "attributes = excluded.attributes, sensitive = excluded.sensitive, private = excluded.private, "
                        "tainted = excluded.tainted, create_before_destroy = excluded.create_before_destroy, "
                        "dependencies = excluded.dependencies", parameters, PG_OBJECT_CELLS + 1, w->diags);
    clear_pending(w);
    return ok;
}

static void put_cells(writing *w, iac_str *cells)
{
    pg_seal_row(&w->seal, PG_OBJECTS, w->arena, cells);
    for (int i = 0; i < PG_OBJECT_CELLS; i++)
        pg_array_add(&w->columns[i], cells[i]);
    w->pending++;
}

static bool put_object(writing *w, iac_str addr, iac_str deposed, iac_str provider, const iac_object *object)
{
    iac_str key = iac_arena_printf(w->arena, "%.*s %.*s", IAC_FMT(deposed), IAC_FMT(addr));
    iac_buf type, sensitive, private, dependencies;
    if ((w->pending >= ROWS_AT_ONCE || iac_map_has(&w->keys, key)) && !put_pending(w))
        return false;
    iac_map_put(&w->keys, key, w);
    iac_buf_init(&type, IAC_BUF_UNLIMITED);
    iac_buf_init(&sensitive, IAC_BUF_UNLIMITED);
    iac_buf_init(&private, IAC_BUF_UNLIMITED);
    iac_buf_init(&dependencies, IAC_BUF_UNLIMITED);
    if (object->type)
        iac_type_to_json(&type, object->type);
    iac_row_sensitive(&sensitive, object);
    iac_state_base64_add(&private, object->private_data);
    iac_row_dependencies(&dependencies, object);
    iac_str cells[PG_OBJECT_CELLS] = {
        [PG_ADDRESS] = addr, [PG_DEPOSED] = deposed, [PG_PROVIDER] = provider, [PG_TYPE] = iac_buf_view(&type),
        [PG_SCHEMA_VERSION] = iac_arena_printf(w->arena, "%lld", (long long)object->schema_version),
        [PG_ATTRIBUTES] = object->attributes, [PG_SENSITIVE] = iac_buf_view(&sensitive),
        [PG_PRIVATE] = iac_buf_view(&private), [PG_TAINTED] = iac_str_of(object->tainted ? "t" : "f"),
        [PG_BEFORE_DESTROY] = iac_str_of(object->create_before_destroy ? "t" : "f"),
        [PG_DEPENDENCIES] = iac_buf_view(&dependencies),
    };
    put_cells(w, cells);
    iac_buf_clear(&type);
    iac_buf_clear(&sensitive);
    iac_buf_clear(&private);
    iac_buf_clear(&dependencies);
    return true;
}

static bool put_output(writing *w, const iac_state_output *output)
{
    const iac_type *type = iac_value_type(w->arena, output->value);
    iac_buf value, type_json;
    iac_buf_init(&value, IAC_BUF_UNLIMITED);
    iac_buf_init(&type_json, IAC_BUF_UNLIMITED);
    iac_value_to_typed_json(&value, output->value, type);
    iac_type_to_json(&type_json, type);
    iac_str cells[PG_OUTPUT_CELLS] = { [PG_NAME] = output->name, [PG_VALUE] = iac_buf_view(&value),
                                       [PG_VALUE_TYPE] = iac_buf_view(&type_json),
                                       [PG_VALUE_SENSITIVE] = iac_str_of(output->sensitive ? "t" : "f") };
    pg_seal_row(&w->seal, PG_OUTPUTS, w->arena, cells);
    const char *parameters[] = { w->id, iac_arena_cstr(w->arena, output->name),
                                 iac_arena_cstr(w->arena, cells[PG_VALUE]), type_json.p, output->sensitive ? "t" : "f" };
    bool ok = run(w->p, "INSERT INTO {s}.iac_outputs VALUES ($1::bigint, $2, $3, $4, $5::boolean) ON CONFLICT "
                        "(workspace, name) DO UPDATE SET value = excluded.value, type = excluded.type, sensitive = "
                        "excluded.sensitive", parameters, 5, w->diags);
    iac_buf_clear(&value);
    iac_buf_clear(&type_json);
    return ok;
}

static bool put_checks(writing *w, const iac_check_result *checks, size_t n)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    if (n)
        iac_checks_to_json(&json, checks, n);
    iac_str cells[PG_CHECK_CELLS] = { [PG_CHECK_RESULTS] = iac_buf_view(&json) };
    pg_seal_count_checks(&w->seal, w->checks, false);
    if (n)
        pg_seal_row(&w->seal, PG_CHECKS, w->arena, cells);
    w->checks = iac_arena_str(w->arena, cells[PG_CHECK_RESULTS]);
    pg_seal_count_checks(&w->seal, w->checks, true);
    const char *parameters[] = { w->id, iac_arena_cstr(w->arena, w->checks) };
    bool ok = run(w->p, "UPDATE {s}.iac_workspaces SET checks = $2 WHERE id = $1::bigint", parameters, 2, w->diags);
    iac_buf_clear(&json);
    return ok;
}

static bool put_intent(writing *w, const iac_intent *intent)
{
    const iac_str bytes[] = { intent->prior, intent->planned, intent->private_data };
    iac_str addr = iac_addr_text(w->arena, intent->addr);
    iac_str cells[PG_INTENT_CELLS] = {
        [PG_TOKEN] = intent->token, [PG_INTENT_ADDRESS] = addr, [PG_INTENT_DEPOSED] = intent->deposed,
        [PG_INTENT_PROVIDER] = intent->provider, [PG_ACTION] = intent->action, [PG_BEGUN] = intent->begun,
    };
    for (size_t i = 0; i < IAC_COUNT(bytes); i++) {
        iac_buf text;
        iac_buf_init(&text, IAC_BUF_UNLIMITED);
        iac_state_base64_add(&text, bytes[i]);
        cells[PG_PRIOR + i] = iac_arena_str(w->arena, iac_buf_view(&text));
        iac_buf_clear(&text);
    }
    pg_seal_row(&w->seal, PG_JOURNAL, w->arena, cells);
    const char *parameters[PG_INTENT_CELLS + 1] = { w->id };
    for (int i = 0; i < PG_INTENT_CELLS; i++)
        parameters[i + 1] = iac_arena_cstr(w->arena, cells[i]);
    parameters[1 + PG_TOKEN + 1] = iac_arena_printf(w->arena, "%lld", (long long)w->rows->owner).p;
    return run(w->p, "INSERT INTO {s}.iac_journal (workspace, token, owner, prior, planned, private, address, deposed, "
                     "provider, action, begun) VALUES ($1::bigint, $2, $3::bigint, $4, $5, $6, $7, $8, $9, $10, $11) ON "
                     "CONFLICT (workspace, token) DO UPDATE SET owner = excluded.owner, action = excluded.action, prior "
                     "= excluded.prior, planned = excluded.planned, private = excluded.private",
               parameters, PG_INTENT_CELLS + 1, w->diags);
}

static bool run_keyed(writing *w, const char *sql, iac_str a, iac_str b)
{
    const char *parameters[] = { w->id, iac_arena_cstr(w->arena, a), iac_arena_cstr(w->arena, b) };
    return run(w->p, sql, parameters, strstr(sql, "$3") ? 3 : 2, w->diags);
}

/* A row that gets another key: sealed contents are bound to it. */
static bool rekey(writing *w, iac_str addr, iac_str from, iac_str to)
{
    const char *parameters[] = { w->id, iac_arena_cstr(w->arena, addr), iac_arena_cstr(w->arena, from) };
    PGresult *result = pg_step(w->p, SAVING, "DELETE FROM {s}.iac_objects WHERE workspace = $1::bigint AND address = $2 "
                                             "AND deposed = $3 RETURNING " PG_OBJECT_COLUMNS, parameters, 3, w->diags);
    bool there = result && PQntuples(result) > 0, ok = there;
    iac_str cells[PG_OBJECT_CELLS];
    for (int i = 0; there && i < PG_OBJECT_CELLS; i++)
        cells[i] = iac_arena_str(w->arena, (iac_str){ PQgetvalue(result, 0, i), (size_t)PQgetlength(result, 0, i) });
    if (result && !there) {
        iac_diag_error(w->diags, IAC_NO_RANGE, SAVING, "the object to be set aside or restored is not in the state");
    } else if (there) {
        pg_seal was = w->seal; /* the tally is of all rows together, before and after */
        ok = pg_unseal_row(&was, PG_OBJECTS, w->arena, cells);
        if (!ok)
            pg_seal_damaged(w->rows, w->diags);
        cells[PG_DEPOSED] = to;
    }
    PQclear(result);
    if (!ok)
        return false;
    put_cells(w, cells);
    return put_pending(w);
}

static bool write_one(writing *w, const iac_write *write)
{
    iac_str addr = write->kind <= IAC_WRITE_RESTORE ? iac_addr_text(w->arena, write->addr) : (iac_str){ 0 };
    if (write->kind != IAC_WRITE_OBJECT && !put_pending(w))
        return false;
    switch (write->kind) {
    case IAC_WRITE_OBJECT:
        return put_object(w, addr, write->deposed.n ? write->deposed : write->object->deposed, write->provider,
                          write->object);
    case IAC_WRITE_REMOVE:
        return run_keyed(w, "DELETE FROM {s}.iac_objects WHERE workspace = $1::bigint AND address = $2 AND deposed = $3",
                         addr, write->deposed);
    case IAC_WRITE_DEPOSE:
        return rekey(w, addr, (iac_str){ 0 }, write->deposed);
    case IAC_WRITE_RESTORE:
        return rekey(w, addr, write->deposed, (iac_str){ 0 });
    case IAC_WRITE_OUTPUT:
        return put_output(w, &write->output);
    case IAC_WRITE_OUTPUT_REMOVE:
        return run_keyed(w, "DELETE FROM {s}.iac_outputs WHERE workspace = $1::bigint AND name = $2",
                         write->output.name, (iac_str){ 0 });
    case IAC_WRITE_CHECKS:
        return put_checks(w, write->checks, write->check_count);
    case IAC_WRITE_INTENT:
        return put_intent(w, &write->intent);
    case IAC_WRITE_INTENT_DONE:
        return run_keyed(w, "DELETE FROM {s}.iac_journal WHERE workspace = $1::bigint AND token = $2",
                         write->intent.token, (iac_str){ 0 });
    }
    return false;
}

/* ---- versions ---- */

iac_str pg_rows_resource(iac_arena *arena, iac_addr addr)
{
    addr.key = (iac_key){ 0 };
    addr.module = iac_module_addr_static(arena, addr.module);
    return iac_addr_text(arena, addr);
}

static void touch(writing *w, iac_str address, iac_str resource)
{
    iac_str *kept = iac_arena_new_of(w->arena, iac_str);
    *kept = resource;
    iac_map_put(&w->touched, address, kept);
}

static void touch_output(writing *w, iac_str name)
{
    iac_str text = iac_arena_printf(w->arena, "output.%.*s", IAC_FMT(name));
    if (name.n)
        touch(w, text, text);
}

static void note_touched(writing *w, const iac_write *write)
{
    if (write->kind <= IAC_WRITE_RESTORE)
        touch(w, iac_addr_text(w->arena, write->addr), pg_rows_resource(w->arena, write->addr));
    else if (write->kind == IAC_WRITE_OUTPUT || write->kind == IAC_WRITE_OUTPUT_REMOVE)
        touch_output(w, write->output.name);
}

/* The row of the workspace, which no other transaction that changes something has before this one ends. */
static bool lock_head(writing *w, bool changes)
{
    const char *parameters[] = { w->id };
    PGresult *result = pg_step(w->p, SAVING,
                               changes ? "SELECT txid_current(), lineage, serial, sealing, tally FROM {s}.iac_workspaces "
                                         "WHERE id = $1::bigint FOR NO KEY UPDATE"
                                       : "SELECT txid_current(), lineage, serial, sealing, tally FROM {s}.iac_workspaces "
                                         "WHERE id = $1::bigint FOR KEY SHARE", parameters, 1, w->diags);
    bool found = result && PQntuples(result) > 0;
    if (found) {
        snprintf(w->p->xid, sizeof(w->p->xid), "%s", PQgetvalue(result, 0, 0));
        w->head = (pg_head){ .lineage = iac_arena_str(w->arena, iac_str_of(PQgetvalue(result, 0, 1))),
                             .serial = strtoll(PQgetvalue(result, 0, 2), NULL, 10),
                             .sealing = iac_arena_str(w->arena, iac_str_of(PQgetvalue(result, 0, 3))),
                             .tally = iac_arena_str(w->arena, iac_str_of(PQgetvalue(result, 0, 4))) };
    } else if (result) {
        iac_diag_error(w->diags, IAC_NO_RANGE, SAVING, "the workspace was deleted by somebody else");
    }
    PQclear(result);
    return found;
}

/* Takes the next serial. lineage: of a state that replaces all, or empty. */
static void take_serial(writing *w, int64_t at_least, iac_str lineage)
{
    if (lineage.n) {
        w->head.lineage = lineage;
    } else if (!w->head.lineage.n) {
        char made[37];
        iac_uuid(made);
        w->head.lineage = iac_arena_str(w->arena, iac_str_of(made));
    }
    w->serial = w->head.serial + 1 > at_least ? w->head.serial + 1 : at_least;
    w->head.serial = w->serial;
    w->seal.lineage = w->head.lineage;
    w->seal.serial = iac_arena_printf(w->arena, "%lld", (long long)w->serial);
}

static bool put_head(writing *w)
{
    const char *parameters[] = { w->id, iac_arena_cstr(w->arena, w->head.lineage),
                                 iac_arena_cstr(w->arena, w->seal.serial),
                                 iac_arena_cstr(w->arena, pg_seal_tally(&w->seal, w->arena)) };
    return run(w->p, "UPDATE {s}.iac_workspaces SET lineage = $2, serial = $3::bigint, tally = $4 WHERE id = $1::bigint",
               parameters, 4, w->diags);
}

/* What checks say, where that is counted. */
static bool read_checks(writing *w)
{
    const char *parameters[] = { w->id };
    if (!w->seal.key)
        return true;
    PGresult *result = pg_step(w->p, SAVING, "SELECT left(checks, 24) FROM {s}.iac_workspaces WHERE id = $1::bigint",
                               parameters, 1, w->diags);
    if (result && PQntuples(result) > 0)
        w->checks = iac_arena_str(w->arena, iac_str_of(PQgetvalue(result, 0, 0)));
    PQclear(result);
    return result != NULL;
}

/* The run's claims are there: nobody has taken it for dead, or broken its lock. */
static bool still_locked(writing *w)
{
    if (!w->rows->owner)
        return true;
    const char *parameters[] = { w->id, iac_arena_printf(w->arena, "%lld", (long long)w->rows->owner).p };
    PGresult *result = pg_step(w->p, SAVING, "SELECT 1 FROM {s}.iac_claims WHERE workspace = $1::bigint AND owner = "
                                             "$2::bigint AND resource = '' FOR SHARE", parameters, 2, w->diags);
    bool there = result && PQntuples(result) > 0;
    if (result && !there)
        iac_diag_error(w->diags, IAC_NO_RANGE, SAVING, "the lock of the state was taken over or removed by somebody else");
    PQclear(result);
    return there;
}

/* What is written must be what was read; then it has this transaction's version. checked: else whatever was there. */
static bool put_versions(writing *w, bool checked)
{
    if (!w->touched.n)
        return true;
    iac_buf resources, addresses, expected;
    iac_buf_init(&resources, IAC_BUF_UNLIMITED);
    iac_buf_init(&addresses, IAC_BUF_UNLIMITED);
    iac_buf_init(&expected, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < w->touched.n; i++) {
        iac_str address = w->touched.entries[i].key;
        pg_array_add(&resources, *(const iac_str *)w->touched.entries[i].value);
        pg_array_add(&addresses, address);
        add_number(&expected, (int64_t)(uintptr_t)iac_map_get(&w->rows->versions, address) - 1);
    }
    pg_array_end(&resources);
    pg_array_end(&addresses);
    pg_array_end(&expected);
    char serial[24];
    snprintf(serial, sizeof(serial), "%lld", (long long)w->serial);
    const char *parameters[] = { w->id, resources.p, addresses.p, checked ? expected.p : serial };
    PGresult *other = NULL;
    bool ok = true;
    if (checked) {
        other = pg_step(w->p, SAVING,
                        "SELECT t.address FROM unnest($2::text[], $3::text[], $4::bigint[]) AS t(resource, address, "
                        "expected) LEFT JOIN {s}.iac_versions v ON v.workspace = $1::bigint AND v.resource = t.resource "
                        "AND v.address = t.address WHERE coalesce(v.version, -1) <> t.expected LIMIT 1", parameters, 4,
                        w->diags);
        ok = other && PQntuples(other) == 0;
        if (other && !ok)
            iac_diag_error(w->diags, IAC_NO_RANGE, SAVING,
                           "%s was changed by somebody else since it was read, and was not overwritten",
                           PQgetvalue(other, 0, 0));
        PQclear(other);
        parameters[3] = serial;
    }
    if (ok)
        ok = run(w->p, "INSERT INTO {s}.iac_versions SELECT $1::bigint, resource, address, $4::bigint FROM "
                       "unnest($2::text[], $3::text[]) AS t(resource, address) ON CONFLICT (workspace, resource, "
                       "address) DO UPDATE SET version = excluded.version", parameters, 4, w->diags);
    iac_buf_clear(&resources);
    iac_buf_clear(&addresses);
    iac_buf_clear(&expected);
    return ok;
}

/* ---- transactions ---- */

static bool begin(writing *w, bool changes, iac_diags *diags)
{
    clear_pending(w);
    iac_map_clear(&w->touched);
    w->diags = diags;
    w->serial = 0;
    w->checks = (iac_str){ 0 };
    snprintf(w->id, sizeof(w->id), "%lld", (long long)w->rows->id);
    return lock_head(w, changes) && still_locked(w) &&
           pg_seal_begin(w->rows, &w->head, w->arena, &w->seal, diags) == IAC_OK;
}

/* Sealed rows that are written are counted out before, and in after. */
static bool count_touched(writing *w, bool add)
{
    iac_buf addresses;
    if (!w->seal.key || !w->touched.n)
        return true;
    iac_buf_init(&addresses, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < w->touched.n; i++)
        pg_array_add(&addresses, w->touched.entries[i].key);
    pg_array_end(&addresses);
    bool ok = pg_seal_count(&w->seal, w->p, w->id, addresses.p, add, w->diags);
    iac_buf_clear(&addresses);
    return ok;
}

static bool write_changes(writing *w)
{
    bool ok = true;
    for (size_t i = 0; ok && i < w->n; i++)
        for (size_t k = 0; ok && k < w->group[i].n; k++)
            ok = write_one(w, &w->group[i].writes[k]);
    return ok && put_pending(w);
}

static iac_status write_group(pg_backend *p, void *arg, iac_diags *diags)
{
    writing *w = arg;
    bool changes = false;
    (void)p;
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < w->group[i].n; k++)
            changes |= w->group[i].writes[k].kind < IAC_WRITE_INTENT;
    if (!begin(w, changes, diags))
        return IAC_ERR;
    if (!changes)
        return write_changes(w) ? IAC_OK : IAC_ERR;
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < w->group[i].n; k++)
            note_touched(w, &w->group[i].writes[k]);
    bool ok = pg_seal_take_tally(w->rows, &w->head, w->arena, &w->seal, diags) == IAC_OK && read_checks(w) &&
              count_touched(w, false);
    if (ok)
        take_serial(w, 0, (iac_str){ 0 });
    ok = ok && put_versions(w, true) && write_changes(w) && count_touched(w, true) && put_head(w);
    return ok ? IAC_OK : IAC_ERR;
}

/* What was committed is known from now on. */
static void take_over(writing *w)
{
    pg_rows *r = w->rows;
    if (!w->serial)
        return;
    r->serial = w->serial;
    if (!iac_str_eq(r->lineage, w->head.lineage))
        r->lineage = iac_arena_str(r->arena, w->head.lineage);
    for (size_t i = 0; i < w->touched.n; i++) {
        void *value = (void *)(uintptr_t)(w->serial + 1);
        iac_str address = w->touched.entries[i].key;
        if (!iac_map_has(&r->versions, address))
            address = iac_arena_str(r->arena, address);
        iac_map_put(&r->versions, address, value);
    }
}

/* The working copy has no journal of its own. */
static void write_copy(pg_rows *r, const iac_submission *group, size_t n)
{
    IAC_VEC(iac_write) writes = { 0 };
    iac_diags diags = IAC_DIAGS_INIT;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < group[i].n; k++)
            if (group[i].writes[k].kind < IAC_WRITE_INTENT)
                iac_vec_push(&writes, group[i].writes[k]);
    if (writes.n && r->inner) {
        iac_store_submit(r->inner, writes.v, writes.n, NULL, NULL);
        if (iac_store_flush(r->inner, &diags) != IAC_OK) /* the next reading makes it good */
            iac_log(IAC_LOG_ERROR, "state: the working copy was not written: %.*s", IAC_FMT(diags.list.v[0].detail));
    }
    iac_diags_clear(&diags);
    iac_vec_clear(&writes);
}

static bool has_intent(const iac_submission *group, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < group[i].n; k++)
            if (group[i].writes[k].kind == IAC_WRITE_INTENT)
                return true;
    return false;
}

static char *reason(const iac_diags *diags)
{
    iac_str text = diags->list.n ? diags->list.v[0].detail : IAC_STR("unknown");
    return iac_xstrndup(text.p, text.n);
}

char *pg_rows_commit(iac_store *store, const iac_submission *group, size_t n)
{
    pg_rows *r = (pg_rows *)store;
    iac_diags diags = IAC_DIAGS_INIT;
    writing w = { .rows = r, .p = r->p, .group = group, .n = n, .arena = iac_arena_new() };
    pthread_mutex_lock(&r->p->mutex);
    pg_rows_sync(r, true);
    char *failure = NULL;
    if (pg_transact(r->p, SAVING, "BEGIN", write_group, &w, &diags) == IAC_OK)
        take_over(&w);
    else
        failure = reason(&diags);
    if (!failure) {
        write_copy(r, group, n);
    } else if (n == 1 && !has_intent(group, n)) { /* it has happened all the same */
        r->unsaved = true;
        write_copy(r, group, n);
    }
    pg_rows_sync(r, false);
    pthread_mutex_unlock(&r->p->mutex);
    iac_log(failure ? IAC_LOG_ERROR : IAC_LOG_DEBUG, "state: %zu submissions in workspace %s: %s", n, r->workspace,
            failure ? failure : "saved");
    clear_pending(&w);
    iac_map_clear(&w.touched);
    iac_diags_clear(&diags);
    iac_arena_free(w.arena);
    return failure;
}

/* ---- replacing everything ---- */

typedef struct replacing {
    writing w;
    const iac_state *state;
} replacing;

static bool put_instance(writing *w, const iac_state_instance *instance)
{
    iac_str addr = iac_addr_text(w->arena, instance->addr);
    bool ok = !instance->current || put_object(w, addr, (iac_str){ 0 }, instance->provider, instance->current);
    for (size_t i = 0; ok && i < instance->deposed_count; i++)
        ok = put_object(w, addr, instance->deposed[i]->deposed, instance->provider, instance->deposed[i]);
    touch(w, addr, pg_rows_resource(w->arena, instance->addr));
    return ok;
}

static iac_status write_all(pg_backend *p, void *arg, iac_diags *diags)
{
    replacing *all = arg;
    writing *w = &all->w;
    const iac_state *state = all->state;
    bool empty = !state->serial && !state->instance_count && !state->output_count;
    const char *parameters[] = { w->id, NULL };
    bool ok = begin(w, true, diags);
    if (ok)
        take_serial(w, state->serial, empty ? (iac_str){ 0 } : state->lineage);
    memset(w->seal.tally, 0, sizeof(w->seal.tally));
    /* What was there before, and is not now, has changed, too. */
    if (ok) {
        parameters[1] = iac_arena_printf(w->arena, "%lld", (long long)w->serial).p;
        ok = run(p, "UPDATE {s}.iac_versions SET version = $2::bigint WHERE workspace = $1::bigint", parameters, 2, diags) &&
             run(p, "DELETE FROM {s}.iac_objects WHERE workspace = $1::bigint", parameters, 1, diags) &&
             run(p, "DELETE FROM {s}.iac_outputs WHERE workspace = $1::bigint", parameters, 1, diags);
    }
    for (size_t i = 0; ok && i < state->instance_count; i++)
        ok = put_instance(w, &state->instances[i]);
    ok = ok && put_pending(w);
    for (size_t i = 0; ok && i < state->output_count; i++) {
        ok = put_output(w, &state->outputs[i]);
        touch_output(w, state->outputs[i].name);
    }
    ok = ok && put_checks(w, state->checks, state->check_count) && put_versions(w, false) &&
         pg_seal_count(&w->seal, p, w->id, NULL, true, diags) && put_head(w);
    if (ok && w->rows->other) {
        const char *turned[] = { w->rows->workspace, pg_rows_marker };
        ok = run(p, "UPDATE {s}.states SET data = $2 WHERE name = $1", turned, 2, diags);
    }
    return ok ? IAC_OK : IAC_ERR;
}

iac_status pg_rows_replace(iac_store *store, const iac_state *state, iac_diags *diags)
{
    pg_rows *r = (pg_rows *)store;
    if (iac_store_flush(store, diags) != IAC_OK)
        return IAC_ERR;
    replacing all = { .w = { .rows = r, .p = r->p, .arena = iac_arena_new() }, .state = state };
    pthread_mutex_lock(&r->p->mutex);
    pg_rows_sync(r, true);
    iac_status status = pg_transact(r->p, SAVING, "BEGIN", write_all, &all, diags);
    if (status == IAC_OK) {
        take_over(&all.w);
        r->other = 0;
        if (r->inner)
            status = iac_store_replace(r->inner, state, diags);
    }
    pg_rows_sync(r, false);
    pthread_mutex_unlock(&r->p->mutex);
    clear_pending(&all.w);
    iac_map_clear(&all.w.touched);
    iac_arena_free(all.w.arena);
    return status;
}

/* ---- another key ---- */

static iac_status renew(pg_backend *p, void *arg, iac_diags *diags)
{
    (void)p;
    return begin(arg, false, diags) ? IAC_OK : IAC_ERR;
}

iac_status pg_rows_renew_seal(iac_store *store, iac_diags *diags)
{
    pg_rows *r = (pg_rows *)store;
    if (iac_store_flush(store, diags) != IAC_OK)
        return IAC_ERR;
    writing w = { .rows = r, .p = r->p, .arena = iac_arena_new() };
    pthread_mutex_lock(&r->p->mutex);
    iac_status status = !r->id ? IAC_OK : pg_transact(r->p, SAVING, "BEGIN", renew, &w, diags);
    if (status == IAC_OK && r->inner) {
        pg_rows_sync(r, true);
        status = iac_store_renew_seal(r->inner, diags);
        pg_rows_sync(r, false);
    }
    pthread_mutex_unlock(&r->p->mutex);
    clear_pending(&w);
    iac_arena_free(w.arena);
    return status;
}

#include "state/backend/pg_rows.h"
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

static bool run(pg_backend *p, const char *sql, const char *const *parameters, int count, int *ret_changed,
                iac_diags *diags)
{
    PGresult *result = pg_step(p, SAVING, sql, parameters, count, diags);
    if (result && ret_changed)
        *ret_changed = (int)strtol(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return result != NULL;
}

/* ---- writes that are on their way ---- */

enum { ADDRESS, DEPOSED, PROVIDER, TYPE, SCHEMA_VERSION, ATTRIBUTES, SENSITIVE, PRIVATE, TAINTED, BEFORE_DESTROY,
       DEPENDENCIES, COLUMNS, ROWS_AT_ONCE = 1000 };

typedef struct writing {
    pg_rows *rows;
    pg_backend *p;
    const iac_submission *group;
    size_t n;
    iac_arena *arena;
    iac_diags *diags;
    char id[24];
    iac_buf columns[COLUMNS]; /* objects to be put, together */
    size_t pending;
    iac_map keys; /* of these */
    iac_str lineage;
    int64_t serial; /* of this transaction; 0: it changes no object or output */
    iac_map touched; /* as pg_rows.versions: what gets a new version, with its resource */
} writing;

static void clear_pending(writing *w)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        iac_buf_clear(&w->columns[i]);
        iac_buf_init(&w->columns[i], IAC_BUF_UNLIMITED);
    }
    iac_map_clear(&w->keys);
    w->pending = 0;
}

static bool put_pending(writing *w)
{
    const char *parameters[COLUMNS + 1] = { w->id };
    if (!w->pending)
        return true;
    for (size_t i = 0; i < COLUMNS; i++) {
        pg_array_end(&w->columns[i]);
        parameters[i + 1] = w->columns[i].p;
    }
    bool ok = run(w->p, "INSERT INTO {s}.iac_objects SELECT $1::bigint, * FROM unnest($2::text[], $3::text[], "
                        "$4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::boolean[], "
                        "$11::boolean[], $12::text[]) ON CONFLICT (workspace, address, deposed) DO UPDATE SET provider "
                        "= excluded.provider, type = excluded.type, schema_version = excluded.schema_version, "
                        "attributes = excluded.attributes, sensitive = excluded.sensitive, private = excluded.private, "
                        "tainted = excluded.tainted, create_before_destroy = excluded.create_before_destroy, "
                        "dependencies = excluded.dependencies", parameters, COLUMNS + 1, NULL, w->diags);
    clear_pending(w);
    return ok;
}

static bool put_object(writing *w, iac_str addr, iac_str deposed, iac_str provider, const iac_object *object)
{
    iac_str key = iac_arena_printf(w->arena, "%.*s %.*s", IAC_FMT(deposed), IAC_FMT(addr));
    iac_buf text;
    if ((w->pending >= ROWS_AT_ONCE || iac_map_has(&w->keys, key)) && !put_pending(w))
        return false;
    iac_map_put(&w->keys, key, w);
    w->pending++;
    pg_array_add(&w->columns[ADDRESS], addr);
    pg_array_add(&w->columns[DEPOSED], deposed);
    pg_array_add(&w->columns[PROVIDER], provider);
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    if (object->type)
        iac_type_to_json(&text, object->type);
    pg_array_add(&w->columns[TYPE], iac_buf_view(&text));
    add_number(&w->columns[SCHEMA_VERSION], object->schema_version);
    pg_array_add(&w->columns[ATTRIBUTES], object->attributes);
    iac_buf_reset(&text);
    iac_row_sensitive(&text, object);
    pg_array_add(&w->columns[SENSITIVE], iac_buf_view(&text));
    iac_buf_reset(&text);
    iac_state_base64_add(&text, object->private_data);
    pg_array_add(&w->columns[PRIVATE], iac_buf_view(&text));
    pg_array_add(&w->columns[TAINTED], iac_str_of(object->tainted ? "t" : "f"));
    pg_array_add(&w->columns[BEFORE_DESTROY], iac_str_of(object->create_before_destroy ? "t" : "f"));
    iac_buf_reset(&text);
    iac_row_dependencies(&text, object);
    pg_array_add(&w->columns[DEPENDENCIES], iac_buf_view(&text));
    iac_buf_clear(&text);
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
    const char *parameters[] = { w->id, iac_arena_cstr(w->arena, output->name), value.p, type_json.p,
                                 output->sensitive ? "t" : "f" };
    bool ok = run(w->p, "INSERT INTO {s}.iac_outputs VALUES ($1::bigint, $2, $3, $4, $5::boolean) ON CONFLICT "
                        "(workspace, name) DO UPDATE SET value = excluded.value, type = excluded.type, sensitive = "
                        "excluded.sensitive", parameters, 5, NULL, w->diags);
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
    const char *parameters[] = { w->id, json.n ? json.p : "" };
    bool ok = run(w->p, "UPDATE {s}.iac_workspaces SET checks = $2 WHERE id = $1::bigint", parameters, 2, NULL, w->diags);
    iac_buf_clear(&json);
    return ok;
}

static bool put_intent(writing *w, const iac_intent *intent)
{
    const iac_str bytes[] = { intent->prior, intent->planned, intent->private_data };
    iac_buf texts[IAC_COUNT(bytes)];
    const char *parameters[11] = {
        w->id, iac_arena_cstr(w->arena, intent->token),
        iac_arena_printf(w->arena, "%lld", (long long)w->rows->owner).p,
        iac_arena_cstr(w->arena, iac_addr_text(w->arena, intent->addr)), iac_arena_cstr(w->arena, intent->deposed),
        iac_arena_cstr(w->arena, intent->provider), iac_arena_cstr(w->arena, intent->action),
        iac_arena_cstr(w->arena, intent->begun),
    };
    for (size_t i = 0; i < IAC_COUNT(bytes); i++) {
        iac_buf_init(&texts[i], IAC_BUF_UNLIMITED);
        iac_state_base64_add(&texts[i], bytes[i]);
        parameters[8 + i] = texts[i].n ? texts[i].p : "";
    }
    bool ok = run(w->p, "INSERT INTO {s}.iac_journal VALUES ($1::bigint, $2, $3::bigint, $4, $5, $6, $7, $8, $9, $10, "
                        "$11) ON CONFLICT (workspace, token) DO UPDATE SET owner = excluded.owner, action = "
                        "excluded.action, prior = excluded.prior, planned = excluded.planned, private = "
                        "excluded.private", parameters, 11, NULL, w->diags);
    for (size_t i = 0; i < IAC_COUNT(bytes); i++)
        iac_buf_clear(&texts[i]);
    return ok;
}

static bool run_keyed(writing *w, const char *sql, iac_str a, iac_str b, int *ret_changed)
{
    const char *parameters[] = { w->id, iac_arena_cstr(w->arena, a), iac_arena_cstr(w->arena, b) };
    return run(w->p, sql, parameters, strstr(sql, "$3") ? 3 : 2, ret_changed, w->diags);
}

static bool rekey(writing *w, const char *sql, iac_str addr, iac_str deposed)
{
    int changed = 0;
    if (!run_keyed(w, sql, addr, deposed, &changed))
        return false;
    if (!changed)
        iac_diag_error(w->diags, IAC_NO_RANGE, SAVING, "the object to be set aside or restored is not in the state");
    return changed > 0;
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
                         addr, write->deposed, NULL);
    case IAC_WRITE_DEPOSE:
        return rekey(w, "UPDATE {s}.iac_objects SET deposed = $3 WHERE workspace = $1::bigint AND address = $2 AND "
                        "deposed = ''", addr, write->deposed);
    case IAC_WRITE_RESTORE:
        return rekey(w, "UPDATE {s}.iac_objects SET deposed = '' WHERE workspace = $1::bigint AND address = $2 AND "
                        "deposed = $3", addr, write->deposed);
    case IAC_WRITE_OUTPUT:
        return put_output(w, &write->output);
    case IAC_WRITE_OUTPUT_REMOVE:
        return run_keyed(w, "DELETE FROM {s}.iac_outputs WHERE workspace = $1::bigint AND name = $2",
                         write->output.name, (iac_str){ 0 }, NULL);
    case IAC_WRITE_CHECKS:
        return put_checks(w, write->checks, write->check_count);
    case IAC_WRITE_INTENT:
        return put_intent(w, &write->intent);
    case IAC_WRITE_INTENT_DONE:
        return run_keyed(w, "DELETE FROM {s}.iac_journal WHERE workspace = $1::bigint AND token = $2",
                         write->intent.token, (iac_str){ 0 }, NULL);
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

/* Takes the next serial, which no other transaction of the workspace does before this one ends. */
static bool take_serial(writing *w, bool changes, int64_t at_least, iac_str lineage)
{
    char made[37];
    char serial[24];
    iac_uuid(made);
    snprintf(serial, sizeof(serial), "%lld", (long long)at_least);
    const char *parameters[] = { w->id, made, serial, iac_arena_cstr(w->arena, lineage) };
    PGresult *result =
        changes ? pg_step(w->p, SAVING,
                          "UPDATE {s}.iac_workspaces SET serial = greatest(serial + 1, $3::bigint), lineage = CASE WHEN "
                          "$4 <> '' THEN $4 WHEN lineage = '' THEN $2 ELSE lineage END WHERE id = $1::bigint RETURNING "
                          "txid_current(), serial, lineage", parameters, 4, w->diags)
                : pg_step(w->p, SAVING, "SELECT txid_current() FROM {s}.iac_workspaces WHERE id = $1::bigint", parameters,
                          1, w->diags);
    bool found = result && PQntuples(result) > 0;
    if (found) {
        snprintf(w->p->xid, sizeof(w->p->xid), "%s", PQgetvalue(result, 0, 0));
        w->serial = changes ? strtoll(PQgetvalue(result, 0, 1), NULL, 10) : 0;
        w->lineage = changes ? iac_arena_str(w->arena, iac_str_of(PQgetvalue(result, 0, 2))) : (iac_str){ 0 };
    } else if (result) {
        iac_diag_error(w->diags, IAC_NO_RANGE, SAVING, "the workspace was deleted by somebody else");
    }
    PQclear(result);
    return found;
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
                       "address) DO UPDATE SET version = excluded.version", parameters, 4, NULL, w->diags);
    iac_buf_clear(&resources);
    iac_buf_clear(&addresses);
    iac_buf_clear(&expected);
    return ok;
}

/* ---- transactions ---- */

static void begin(writing *w, iac_diags *diags)
{
    clear_pending(w);
    iac_map_clear(&w->touched);
    w->diags = diags;
    snprintf(w->id, sizeof(w->id), "%lld", (long long)w->rows->id);
}

static iac_status write_group(pg_backend *p, void *arg, iac_diags *diags)
{
    writing *w = arg;
    bool changes = false;
    (void)p;
    begin(w, diags);
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < w->group[i].n; k++) {
            changes |= w->group[i].writes[k].kind < IAC_WRITE_INTENT;
            note_touched(w, &w->group[i].writes[k]);
        }
    bool ok = take_serial(w, changes, 0, (iac_str){ 0 }) && still_locked(w) && put_versions(w, true);
    for (size_t i = 0; ok && i < w->n; i++)
        for (size_t k = 0; ok && k < w->group[i].n; k++)
            ok = write_one(w, &w->group[i].writes[k]);
    return ok && put_pending(w) ? IAC_OK : IAC_ERR;
}

/* What was committed is known from now on. */
static void take_over(writing *w)
{
    pg_rows *r = w->rows;
    if (!w->serial)
        return;
    r->serial = w->serial;
    if (!iac_str_eq(r->lineage, w->lineage))
        r->lineage = iac_arena_str(r->arena, w->lineage);
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
    begin(w, diags);
    bool empty = !state->serial && !state->instance_count && !state->output_count;
    const char *parameters[] = { w->id, NULL };
    bool ok = take_serial(w, true, state->serial, empty ? (iac_str){ 0 } : state->lineage) && still_locked(w);
    /* What was there before, and is not now, has changed, too. */
    if (ok) {
        parameters[1] = iac_arena_printf(w->arena, "%lld", (long long)w->serial).p;
        ok = run(p, "UPDATE {s}.iac_versions SET version = $2::bigint WHERE workspace = $1::bigint", parameters, 2, NULL,
                 diags) &&
             run(p, "DELETE FROM {s}.iac_objects WHERE workspace = $1::bigint", parameters, 1, NULL, diags) &&
             run(p, "DELETE FROM {s}.iac_outputs WHERE workspace = $1::bigint", parameters, 1, NULL, diags);
    }
    for (size_t i = 0; ok && i < state->instance_count; i++)
        ok = put_instance(w, &state->instances[i]);
    ok = ok && put_pending(w);
    for (size_t i = 0; ok && i < state->output_count; i++) {
        ok = put_output(w, &state->outputs[i]);
        touch_output(w, state->outputs[i].name);
    }
    ok = ok && put_checks(w, state->checks, state->check_count) && put_versions(w, false);
    if (ok && w->rows->other) {
        const char *turned[] = { w->rows->workspace, pg_rows_marker };
        ok = run(p, "UPDATE {s}.states SET data = $2 WHERE name = $1", turned, 2, NULL, diags);
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

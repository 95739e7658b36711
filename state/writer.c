#include "state/rows.h"
#include "state/store_internal.h"
#include "lang/base/log.h"

#include "lang/value/json.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one write ---- */

static int type_id(iac_store *store, const iac_type *type, int64_t *ret)
{
    if (store->last_type.type == type && store->last_type.hash == type->hash) {
        *ret = store->last_type.id;
        return SQLITE_OK;
    }
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_type_to_json(&json, type);
    int rc = SQLITE_ERROR;
    sqlite3_stmt *find = iac_sql_get(store, IAC_SQL_TYPE_ID), *add = NULL;
    if (!find)
        goto out;
    iac_sql_bind(find, 1, iac_buf_view(&json));
    rc = sqlite3_step(find);
    if (rc == SQLITE_ROW) {
        *ret = sqlite3_column_int64(find, 0);
        rc = SQLITE_OK;
    } else if (rc == SQLITE_DONE && (add = iac_sql_get(store, IAC_SQL_TYPE_ADD))) {
        iac_sql_bind(add, 1, iac_buf_view(&json));
        rc = iac_sql_run(add);
        *ret = sqlite3_last_insert_rowid(store->db);
    }
    if (rc == SQLITE_OK) {
        store->last_type.type = type;
        store->last_type.hash = type->hash;
        store->last_type.id = *ret;
    }
out:
    iac_sql_done(find);
    iac_buf_clear(&json);
    return rc;
}

/* The three columns with an object's contents, to be cleared. */
static void seal_object(iac_store *store, iac_str addr, iac_str deposed, iac_str provider, const iac_object *object,
                        iac_str sensitive, iac_str dependencies, iac_buf ret[3])
{
    static const char *const columns[] = { "attributes", "sensitive", "private" };
    const iac_str plain[] = { object->attributes, sensitive, object->private_data };
    iac_str parts[IAC_OBJECT_PARTS];
    iac_arena *arena = iac_arena_new();
    iac_object_parts(arena, addr, deposed, provider, object, dependencies, parts);
    sqlite3_stmt *now = store->key ? iac_sql_get(store, IAC_SQL_OBJECT) : NULL;
    if (now) {
        sqlite3_bind_int64(now, 1, store->workspace_id);
        iac_sql_bind(now, 2, addr);
        iac_sql_bind(now, 3, deposed);
    }
    bool exists = now && sqlite3_step(now) == SQLITE_ROW;
    for (size_t i = 0; i < IAC_COUNT(columns); i++) {
        const iac_sealed what = { columns[i], parts, IAC_OBJECT_PARTS };
        iac_buf_init(&ret[i], IAC_BUF_UNLIMITED);
        iac_seal_column(store, &what, plain[i], exists ? iac_sql_text(now, (int)i + 5) : (iac_str){ 0 }, &ret[i]);
    }
    iac_sql_done(now);
    iac_arena_free(arena);
}

int iac_writer_put_object(iac_store *store, iac_str addr, iac_str deposed, iac_str provider, const iac_object *object)
{
    int64_t type = 0;
    int rc = object->type ? type_id(store, object->type, &type) : SQLITE_OK;
    sqlite3_stmt *put = rc == SQLITE_OK ? iac_sql_get(store, IAC_SQL_OBJECT_PUT) : NULL;
    if (!put)
        return rc == SQLITE_OK ? sqlite3_extended_errcode(store->db) : rc;
    iac_buf sensitive, dependencies;
    iac_buf_init(&sensitive, IAC_BUF_UNLIMITED);
    iac_buf_init(&dependencies, IAC_BUF_UNLIMITED);
    iac_row_sensitive(&sensitive, object);
    iac_row_dependencies(&dependencies, object);
    iac_buf sealed[3];
    seal_object(store, addr, deposed, provider, object, iac_buf_view(&sensitive), iac_buf_view(&dependencies), sealed);
    sqlite3_bind_int64(put, 1, store->workspace_id);
    iac_sql_bind(put, 2, addr);
    iac_sql_bind(put, 3, deposed);
    iac_sql_bind(put, 4, provider);
    if (object->type)
        sqlite3_bind_int64(put, 5, type);
    sqlite3_bind_int64(put, 6, object->schema_version);
    iac_sql_bind(put, 7, iac_buf_view(&sealed[0]));
    iac_sql_bind(put, 8, iac_buf_view(&sealed[1]));
    iac_sql_bind_blob(put, 9, iac_buf_view(&sealed[2]));
    sqlite3_bind_int(put, 10, object->tainted);
    sqlite3_bind_int(put, 11, object->create_before_destroy);
    iac_sql_bind(put, 12, iac_buf_view(&dependencies));
    rc = iac_sql_run(put);
    for (size_t i = 0; i < IAC_COUNT(sealed); i++)
        iac_buf_clear(&sealed[i]);
    iac_buf_clear(&sensitive);
    iac_buf_clear(&dependencies);
    return rc;
}

int iac_writer_put_output(iac_store *store, const iac_state_output *output)
{
    sqlite3_stmt *put = iac_sql_get(store, IAC_SQL_OUTPUT_PUT);
    if (!put)
        return sqlite3_extended_errcode(store->db);
    iac_arena *arena = iac_arena_new();
    const iac_type *type = iac_value_type(arena, output->value);
    iac_buf value, type_json;
    iac_buf_init(&value, IAC_BUF_UNLIMITED);
    iac_buf_init(&type_json, IAC_BUF_UNLIMITED);
    iac_value_to_typed_json(&value, output->value, type);
    iac_type_to_json(&type_json, type);
    const iac_str parts[] = { output->name, iac_buf_view(&type_json), iac_str_of(output->sensitive ? "1" : "0") };
    iac_buf sealed;
    iac_buf_init(&sealed, IAC_BUF_UNLIMITED);
    sqlite3_stmt *now = store->key ? iac_sql_get(store, IAC_SQL_OUTPUT_VALUE) : NULL;
    if (now) {
        sqlite3_bind_int64(now, 1, store->workspace_id);
        iac_sql_bind(now, 2, output->name);
    }
    bool exists = now && sqlite3_step(now) == SQLITE_ROW;
    iac_seal_column(store, &(iac_sealed){ "output", parts, IAC_COUNT(parts) }, iac_buf_view(&value),
                    exists ? iac_sql_text(now, 0) : (iac_str){ 0 }, &sealed);
    iac_sql_done(now);
    sqlite3_bind_int64(put, 1, store->workspace_id);
    iac_sql_bind(put, 2, output->name);
    iac_sql_bind(put, 3, iac_buf_view(&sealed));
    iac_sql_bind(put, 4, iac_buf_view(&type_json));
    sqlite3_bind_int(put, 5, output->sensitive);
    int rc = iac_sql_run(put);
    iac_buf_clear(&sealed);
    iac_buf_clear(&value);
    iac_buf_clear(&type_json);
    iac_arena_free(arena);
    return rc;
}

int iac_writer_put_checks(iac_store *store, const iac_check_result *checks, size_t n)
{
    sqlite3_stmt *put = iac_sql_get(store, IAC_SQL_CHECKS_PUT);
    if (!put)
        return sqlite3_extended_errcode(store->db);
    iac_buf json, sealed;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_init(&sealed, IAC_BUF_UNLIMITED);
    if (n) { /* none: nothing, as in a workspace that is new */
        iac_checks_to_json(&json, checks, n);
        iac_seal_column(store, &(iac_sealed){ .column = "checks" }, iac_buf_view(&json), (iac_str){ 0 }, &sealed);
    }
    sqlite3_bind_int64(put, 1, store->workspace_id);
    iac_sql_bind(put, 2, iac_buf_view(&sealed));
    int rc = iac_sql_run(put);
    iac_buf_clear(&json);
    iac_buf_clear(&sealed);
    return rc;
}

static int put_intent(iac_store *store, const iac_intent *intent, iac_str addr)
{
    static const char *const columns[] = { "prior", "planned", "journal private" };
    const iac_str plain[] = { intent->prior, intent->planned, intent->private_data };
    const iac_str parts[] = { intent->token, addr, intent->deposed, intent->provider, intent->action, intent->begun };
    iac_buf sealed[3];
    sqlite3_stmt *put = iac_sql_get(store, IAC_SQL_INTENT_PUT);
    if (!put)
        return sqlite3_extended_errcode(store->db);
    sqlite3_bind_int64(put, 1, store->workspace_id);
    iac_sql_bind(put, 2, intent->token);
    iac_sql_bind(put, 3, addr);
    iac_sql_bind(put, 4, intent->deposed);
    iac_sql_bind(put, 5, intent->provider);
    iac_sql_bind(put, 6, intent->action);
    iac_sql_bind(put, 10, intent->begun);
    for (size_t i = 0; i < IAC_COUNT(sealed); i++) {
        iac_buf_init(&sealed[i], IAC_BUF_UNLIMITED);
        iac_seal_column(store, &(iac_sealed){ columns[i], parts, IAC_COUNT(parts) }, plain[i], (iac_str){ 0 },
                        &sealed[i]);
        iac_sql_bind_blob(put, (int)i + 7, iac_buf_view(&sealed[i]));
    }
    int rc = iac_sql_run(put);
    for (size_t i = 0; i < IAC_COUNT(sealed); i++)
        iac_buf_clear(&sealed[i]);
    return rc;
}

/* A statement whose parameters are the workspace and up to three texts. */
static int run_keyed(iac_store *store, iac_sql which, iac_str a, iac_str b, iac_str c)
{
    sqlite3_stmt *statement = iac_sql_get(store, which);
    if (!statement)
        return sqlite3_extended_errcode(store->db);
    const iac_str texts[] = { a, b, c };
    sqlite3_bind_int64(statement, 1, store->workspace_id);
    for (int i = 0; i < sqlite3_bind_parameter_count(statement) - 1; i++)
        iac_sql_bind(statement, i + 2, texts[i]);
    return iac_sql_run(statement);
}

/* A sealed row is bound to its key: it is sealed anew under the other one. */
static int rekey_sealed(iac_store *store, iac_str addr, iac_str from, iac_str to)
{
    iac_arena *arena = iac_arena_new();
    iac_object *object = NULL;
    iac_str provider;
    int rc = iac_store_read_object(store, arena, addr, from, &provider, &object);
    if (rc == SQLITE_OK)
        rc = run_keyed(store, IAC_SQL_OBJECT_REMOVE, addr, from, (iac_str){ 0 });
    if (rc == SQLITE_OK)
        rc = iac_writer_put_object(store, addr, to, provider, object);
    iac_arena_free(arena);
    return rc;
}

static int rekey(iac_store *store, iac_str addr, iac_str from, iac_str to)
{
    if (store->key)
        return rekey_sealed(store, addr, from, to);
    int rc = run_keyed(store, IAC_SQL_OBJECT_REKEY, addr, from, to);
    return rc == SQLITE_OK && sqlite3_changes(store->db) == 0 ? SQLITE_NOTFOUND : rc;
}

/* Sets *changes when the write is one that raises the serial. */
static int write_one(iac_store *store, const iac_write *write, bool *changes)
{
    const iac_str none = { 0 };
    iac_buf addr;
    iac_buf_init(&addr, IAC_BUF_UNLIMITED);
    bool intent = write->kind == IAC_WRITE_INTENT;
    if (write->kind <= IAC_WRITE_RESTORE || intent)
        iac_addr_print(&addr, intent ? write->intent.addr : write->addr);
    iac_str text = iac_buf_view(&addr);
    int rc = SQLITE_MISUSE;
    switch (write->kind) {
    case IAC_WRITE_OBJECT:
        rc = iac_writer_put_object(store, text, write->deposed.n ? write->deposed : write->object->deposed,
                                   write->provider, write->object);
        break;
    case IAC_WRITE_REMOVE:
        rc = run_keyed(store, IAC_SQL_OBJECT_REMOVE, text, write->deposed, none);
        break;
    case IAC_WRITE_DEPOSE:
        rc = rekey(store, text, none, write->deposed);
        break;
    case IAC_WRITE_RESTORE:
        rc = rekey(store, text, write->deposed, none);
        break;
    case IAC_WRITE_OUTPUT:
        rc = iac_writer_put_output(store, &write->output);
        break;
    case IAC_WRITE_OUTPUT_REMOVE:
        rc = run_keyed(store, IAC_SQL_OUTPUT_REMOVE, write->output.name, none, none);
        break;
    case IAC_WRITE_CHECKS:
        rc = iac_writer_put_checks(store, write->checks, write->check_count);
        break;
    case IAC_WRITE_INTENT:
        rc = put_intent(store, &write->intent, text);
        break;
    case IAC_WRITE_INTENT_DONE:
        rc = run_keyed(store, IAC_SQL_INTENT_REMOVE, write->intent.token, none, none);
        break;
    }
    *changes |= write->kind < IAC_WRITE_INTENT;
    iac_buf_clear(&addr);
    return rc;
}

/* ---- transactions ---- */

static int write_all(iac_store *store, const iac_submission *group, size_t n, bool *changes)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < n; i++) {
        for (size_t k = 0; rc == SQLITE_OK && k < group[i].n; k++)
            rc = write_one(store, &group[i].writes[k], changes);
    }
    return rc;
}

static int bump_serial(iac_store *store)
{
    char lineage[37];
    iac_uuid(lineage);
    return run_keyed(store, IAC_SQL_BUMP, iac_str_of(lineage), (iac_str){ 0 }, (iac_str){ 0 });
}

/* All of the group or nothing. NULL, or why not, in words to be freed. */
static char *commit_group(iac_store *store, const iac_submission *group, size_t n)
{
    bool changes = false, renewed = false;
    iac_diags refused = IAC_DIAGS_INIT;
    pthread_mutex_lock(&store->db_mutex);
    int rc = iac_sql_simple(store, IAC_SQL_BEGIN);
    if (rc == SQLITE_OK) /* also for what another process may have said of the key */
        rc = iac_store_load_workspace(store, !store->workspace_id);
    if (rc == SQLITE_OK && iac_seal_renew(store, &renewed, &refused) != IAC_OK)
        rc = SQLITE_AUTH;
    if (rc == SQLITE_OK)
        rc = write_all(store, group, n, &changes);
    if (rc == SQLITE_OK && changes)
        rc = bump_serial(store);
    if (rc == SQLITE_OK)
        rc = iac_sql_simple(store, IAC_SQL_COMMIT);
    char *failure = NULL;
    if (rc == SQLITE_NOTFOUND)
        failure = iac_xstrdup("the object to be set aside or restored is not in the state");
    else if (refused.list.n)
        failure = iac_xstrndup(refused.list.v[0].detail.p, refused.list.v[0].detail.n);
    else if (rc != SQLITE_OK)
        failure = iac_xstrdup(iac_sql_error(store));
    iac_diags_clear(&refused);
    if (!sqlite3_get_autocommit(store->db))
        iac_sql_simple(store, IAC_SQL_ROLLBACK);
    if (rc == SQLITE_OK) {
        if (changes)
            iac_store_load_workspace(store, false);
        store->commits++;
        if (renewed)
            iac_seal_scrub(store);
        iac_log(IAC_LOG_DEBUG, "state: saved %zu submissions in workspace %s, serial %lld", n, store->workspace,
                (long long)store->serial);
    } else {
        iac_log(IAC_LOG_ERROR, "state: %zu submissions were not saved: %s", n, failure);
        /* What the transaction made is gone with it. */
        memset(&store->last_type, 0, sizeof(store->last_type));
        store->workspace_id = 0;
        iac_seal_forget(store);
        iac_store_load_workspace(store, false);
    }
    pthread_mutex_unlock(&store->db_mutex);
    return failure;
}

static void report(iac_store *store, const iac_submission *group, size_t n, const char *failure)
{
    for (size_t i = 0; i < n; i++) {
        if (group[i].done) {
            group[i].done(group[i].arg, failure);
        } else if (failure) {
            pthread_mutex_lock(&store->mutex);
            if (!store->failure)
                store->failure = iac_xstrdup(failure);
            pthread_mutex_unlock(&store->mutex);
        }
    }
}

/* One bad submission must not take down those that happened to come with it: they are then tried one by one. */
static void carry_out(iac_store *store, const iac_submission *group, size_t n)
{
    char *(*commit)(iac_store *, const iac_submission *, size_t) = store->commit ? store->commit : commit_group;
    char *failure = commit(store, group, n);
    if (!failure || n == 1) {
        report(store, group, n, failure);
    } else {
        for (size_t i = 0; i < n; i++) {
            char *own = commit(store, &group[i], 1);
            report(store, &group[i], 1, own);
            free(own);
        }
    }
    free(failure);
}

/* ---- the thread ---- */

static void *writer_main(void *arg)
{
    iac_store *store = arg;
    struct { iac_submission *v; size_t n, cap; } group = { 0 };
    pthread_mutex_lock(&store->mutex);
    for (;;) {
        while (!store->queue.n && !store->stop)
            pthread_cond_wait(&store->work, &store->mutex);
        if (!store->queue.n)
            break;
        /* The queue and the group swap their arrays: no copy, no allocation once they have grown. */
        iac_submission *v = store->queue.v;
        size_t n = store->queue.n, cap = store->queue.cap;
        store->queue.v = group.v;
        store->queue.cap = group.cap;
        store->queue.n = 0;
        group.v = v;
        group.cap = cap;
        store->in_flight = n;
        pthread_mutex_unlock(&store->mutex);
        carry_out(store, v, n);
        pthread_mutex_lock(&store->mutex);
        store->in_flight = 0;
        if (!store->queue.n)
            pthread_cond_broadcast(&store->idle);
    }
    pthread_mutex_unlock(&store->mutex);
    iac_vec_clear(&group);
    return NULL;
}

/* Called with the mutex held. Signals are for the threads that know what to do with them. */
static void start(iac_store *store)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&store->thread, NULL, writer_main, store) != 0) {
        fputs("iac: cannot start a thread\n", stderr);
        abort();
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    store->running = true;
}

void iac_writer_submit(iac_store *store, const iac_write *writes, size_t n,
                       void (*done)(void *arg, const char *error), void *arg)
{
    pthread_mutex_lock(&store->mutex);
    if (!store->running)
        start(store);
    iac_vec_push(&store->queue, (iac_submission){ writes, n, done, arg });
    pthread_cond_signal(&store->work);
    pthread_mutex_unlock(&store->mutex);
}

void iac_store_submit(iac_store *store, const iac_write *writes, size_t n, void (*done)(void *arg, const char *error),
                      void *arg)
{
    (store->driver ? store->driver->submit : iac_writer_submit)(store, writes, n, done, arg);
}

iac_status iac_writer_flush(iac_store *store, const char *place, iac_diags *diags)
{
    pthread_mutex_lock(&store->mutex);
    while (store->queue.n || store->in_flight)
        pthread_cond_wait(&store->idle, &store->mutex);
    char *failure = store->failure;
    store->failure = NULL;
    pthread_mutex_unlock(&store->mutex);
    if (!failure)
        return IAC_OK;
    iac_diag_error(diags, IAC_NO_RANGE, "Failed to save state",
                   "The state could not be written to %s: %s.", place, failure);
    free(failure);
    return IAC_ERR;
}

iac_status iac_store_flush(iac_store *store, iac_diags *diags)
{
    return store->driver ? store->driver->flush(store, diags) : iac_writer_flush(store, store->path, diags);
}

void iac_writer_stop(iac_store *store)
{
    pthread_mutex_lock(&store->mutex);
    bool running = store->running;
    store->running = false;
    store->stop = true;
    pthread_cond_signal(&store->work);
    pthread_mutex_unlock(&store->mutex);
    if (running)
        pthread_join(store->thread, NULL);
}

/* ---- replacing everything ---- */

static int put_instance(iac_store *store, const iac_state_instance *instance)
{
    iac_buf addr;
    iac_buf_init(&addr, IAC_BUF_UNLIMITED);
    iac_addr_print(&addr, instance->addr);
    int rc = SQLITE_OK;
    if (instance->current)
        rc = iac_writer_put_object(store, iac_buf_view(&addr), (iac_str){ 0 }, instance->provider, instance->current);
    for (size_t i = 0; rc == SQLITE_OK && i < instance->deposed_count; i++)
        rc = iac_writer_put_object(store, iac_buf_view(&addr), instance->deposed[i]->deposed, instance->provider,
                                   instance->deposed[i]);
    iac_buf_clear(&addr);
    return rc;
}

static int set_serial(iac_store *store, const iac_state *state)
{
    char made[37];
    iac_uuid(made);
    sqlite3_stmt *set = iac_sql_get(store, IAC_SQL_SET_SERIAL);
    if (!set)
        return sqlite3_extended_errcode(store->db);
    sqlite3_bind_int64(set, 1, store->workspace_id);
    sqlite3_bind_int64(set, 2, state->serial);
    bool empty = !state->serial && !state->instance_count && !state->output_count; /* as if nothing was ever stored */
    iac_sql_bind(set, 3, state->lineage.n || empty ? state->lineage : iac_str_of(made));
    return iac_sql_run(set);
}

typedef struct leftover { /* a row to be deleted: of an object, or of an output */
    iac_str name, deposed;
} leftover;

static void note_object(iac_arena *arena, iac_map *keep, iac_str addr, iac_str deposed)
{
    iac_map_put(keep, iac_arena_printf(arena, "%.*s %.*s", IAC_FMT(deposed), IAC_FMT(addr)), keep);
}

/* What the state has, as "DEPOSED ADDRESS" of objects or as names of outputs. */
static void note_rows(iac_arena *arena, const iac_state *state, bool outputs, iac_map *keep)
{
    for (size_t i = 0; outputs && i < state->output_count; i++)
        iac_map_put(keep, state->outputs[i].name, keep);
    for (size_t i = 0; !outputs && i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        iac_str addr = iac_addr_text(arena, instance->addr);
        if (instance->current)
            note_object(arena, keep, addr, (iac_str){ 0 });
        for (size_t k = 0; k < instance->deposed_count; k++)
            note_object(arena, keep, addr, instance->deposed[k]->deposed);
    }
}

/* Deletes the rows that the state does not have. Those it has are left to be compared, so that what stays the same costs
 * no version. */
static int delete_others(iac_store *store, const iac_state *state, bool outputs)
{
    iac_arena *arena = iac_arena_new();
    iac_map keep = { 0 };
    IAC_VEC(leftover) others = { 0 };
    note_rows(arena, state, outputs, &keep);
    sqlite3_stmt *list = iac_sql_get(store, outputs ? IAC_SQL_OUTPUTS : IAC_SQL_OBJECT_KEYS);
    int rc = SQLITE_ERROR;
    if (list)
        sqlite3_bind_int64(list, 1, store->workspace_id);
    while (list && (rc = sqlite3_step(list)) == SQLITE_ROW) {
        leftover row = { iac_sql_text(list, 0), outputs ? (iac_str){ 0 } : iac_sql_text(list, 1) };
        iac_str key = outputs ? row.name
                              : iac_arena_printf(arena, "%.*s %.*s", IAC_FMT(row.deposed), IAC_FMT(row.name));
        if (!iac_map_get(&keep, key))
            iac_vec_push(&others, (leftover){ iac_arena_str(arena, row.name), iac_arena_str(arena, row.deposed) });
    }
    iac_sql_done(list);
    rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
    for (size_t i = 0; rc == SQLITE_OK && i < others.n; i++)
        rc = run_keyed(store, outputs ? IAC_SQL_OUTPUT_REMOVE : IAC_SQL_OBJECT_REMOVE, others.v[i].name,
                       others.v[i].deposed, (iac_str){ 0 });
    iac_vec_clear(&others);
    iac_map_clear(&keep);
    iac_arena_free(arena);
    return rc;
}

static int replace_all(iac_store *store, const iac_state *state)
{
    int rc = delete_others(store, state, false);
    if (rc == SQLITE_OK)
        rc = delete_others(store, state, true);
    for (size_t i = 0; rc == SQLITE_OK && i < state->instance_count; i++)
        rc = put_instance(store, &state->instances[i]);
    for (size_t i = 0; rc == SQLITE_OK && i < state->output_count; i++)
        rc = iac_writer_put_output(store, &state->outputs[i]);
    if (rc == SQLITE_OK)
        rc = iac_writer_put_checks(store, state->checks, state->check_count);
    return rc == SQLITE_OK ? set_serial(store, state) : rc;
}

/* A transaction of its own around `change` (NULL: the seal alone is renewed). */
static iac_status transact(iac_store *store, int (*change)(iac_store *store, const iac_state *state),
                           const iac_state *state, iac_diags *diags)
{
    bool renewed = false;
    iac_status status = IAC_OK;
    pthread_mutex_lock(&store->db_mutex);
    int rc = iac_sql_simple(store, IAC_SQL_BEGIN);
    if (rc == SQLITE_OK)
        rc = iac_store_load_workspace(store, true);
    if (rc == SQLITE_OK)
        status = iac_seal_renew(store, &renewed, diags);
    if (rc == SQLITE_OK && status == IAC_OK && change)
        rc = change(store, state);
    if (rc == SQLITE_OK && status == IAC_OK)
        rc = iac_sql_simple(store, IAC_SQL_COMMIT);
    if (rc != SQLITE_OK)
        status = iac_sql_diag(store, rc, "Failed to save state", diags);
    if (!sqlite3_get_autocommit(store->db))
        iac_sql_simple(store, IAC_SQL_ROLLBACK);
    if (status != IAC_OK) {
        store->workspace_id = 0;
        iac_seal_forget(store);
    }
    memset(&store->last_type, 0, sizeof(store->last_type));
    iac_store_load_workspace(store, false);
    if (status == IAC_OK && renewed)
        iac_seal_scrub(store);
    pthread_mutex_unlock(&store->db_mutex);
    return status;
}

iac_status iac_store_replace(iac_store *store, const iac_state *state, iac_diags *diags)
{
    if (store->driver)
        return store->driver->replace(store, state, diags);
    if (iac_store_flush(store, diags) != IAC_OK)
        return IAC_ERR;
    return transact(store, replace_all, state, diags);
}

iac_status iac_store_renew_seal(iac_store *store, iac_diags *diags)
{
    if (store->driver)
        return store->driver->renew_seal ? store->driver->renew_seal(store, diags) : IAC_OK;
    if (!store->crypt || iac_store_flush(store, diags) != IAC_OK)
        return store->crypt ? IAC_ERR : IAC_OK;
    return transact(store, NULL, NULL, diags);
}

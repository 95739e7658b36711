/* Whether a state is whole: the file, its rows, and what they say of each other. */
#include "state/store_internal.h"

static iac_status check_file(iac_store *store, iac_diags *diags)
{
    sqlite3_stmt *statement = NULL;
    iac_status status = IAC_OK;
    pthread_mutex_lock(&store->db_mutex);
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA integrity_check(20)", -1, &statement, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        iac_str fault = rc == SQLITE_ROW ? iac_sql_text(statement, 0) : IAC_STR("ok");
        if (iac_str_is(fault, "ok"))
            continue;
        iac_diag_error(diags, IAC_NO_RANGE, "The state database is damaged", "%s: %.*s.", store->path, IAC_FMT(fault));
        status = IAC_ERR;
    }
    if (rc != SQLITE_DONE)
        status = iac_sql_diag(store, rc, "Failed to check the state", diags);
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&store->db_mutex);
    return status;
}

static iac_str resource_text(iac_arena *arena, iac_addr addr)
{
    addr.key = (iac_key){ 0 };
    addr.module = iac_module_addr_static(arena, addr.module);
    return iac_addr_text(arena, addr);
}

static void check_object(iac_arena *arena, const iac_map *resources, iac_addr addr, const iac_object *object,
                         iac_diags *diags)
{
    iac_str text = iac_addr_text(arena, addr);
    if (!object)
        return;
    if (!iac_object_value(arena, object))
        iac_diag_error(diags, IAC_NO_RANGE, "An object cannot be decoded",
                       "The attributes of %.*s%s%.*s are not as its stored type says.", IAC_FMT(text),
                       object->deposed.n ? ", deposed " : "", IAC_FMT(object->deposed));
    for (size_t i = 0; i < object->dependency_count; i++) {
        iac_str dependency = resource_text(arena, object->dependencies[i]);
        if (!iac_map_has(resources, dependency))
            iac_diag_warning(diags, IAC_NO_RANGE, "A dependency is not in the state",
                             "%.*s depends on %.*s, of which the state has no object. The next apply corrects this.",
                             IAC_FMT(text), IAC_FMT(dependency));
    }
}

static void check_objects(iac_arena *arena, const iac_state *state, iac_integrity *ret, iac_diags *diags)
{
    iac_map resources = { 0 };
    for (size_t i = 0; i < state->instance_count; i++)
        iac_map_put(&resources, resource_text(arena, state->instances[i].addr), (void *)&state->instances[i]);
    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        check_object(arena, &resources, instance->addr, instance->current, diags);
        for (size_t k = 0; k < instance->deposed_count; k++)
            check_object(arena, &resources, instance->addr, instance->deposed[k], diags);
        ret->objects += (instance->current != NULL) + instance->deposed_count;
    }
    iac_map_clear(&resources);
}

iac_status iac_store_check(iac_store *store, iac_integrity *ret, iac_diags *diags)
{
    const iac_state *state = NULL;
    const iac_intent *intents = NULL;
    *ret = (iac_integrity){ 0 };
    if (!store->driver && check_file(store, diags) != IAC_OK)
        return IAC_ERR;
    iac_arena *arena = iac_arena_new();
    iac_status status = iac_store_read(store, arena, &state, diags);
    if (status == IAC_OK)
        check_objects(arena, state, ret, diags);
    if (status == IAC_OK)
        status = iac_store_intents(store, arena, &intents, &ret->intents, diags);
    for (size_t i = 0; status == IAC_OK && i < ret->intents; i++)
        iac_diag_warning(diags, IAC_NO_RANGE, "A change was begun and its end is not known",
                         "An earlier run was interrupted during the %.*s of %.*s (begun %.*s). The next plan finds out "
                         "how it ended, and the next apply records it.",
                         IAC_FMT(intents[i].action), IAC_FMT(iac_addr_text(arena, intents[i].addr)),
                         IAC_FMT(intents[i].begun));
    iac_arena_free(arena);
    return status == IAC_OK && iac_diags_has_errors(diags) ? IAC_ERR : status;
}

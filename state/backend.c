#include "state/backend.h"
#include "state/store_internal.h"

#include "lang/value/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct iac_backend {
    const iac_backend_driver *driver;
    void *self;
    iac_arena *arena;
    const char *description;
    const char *data_dir;
    iac_crypt *crypt;
};

/* ---- arguments ---- */

const char *iac_backend_text(iac_arena *arena, const iac_value *config, const char *name)
{
    const iac_value *v = iac_value_get_cstr(config, name);
    return v && iac_is_set_value(v) && v->kind == IAC_STRING && v->string.n ? iac_arena_cstr(arena, v->string) : NULL;
}

bool iac_backend_flag(const iac_value *config, const char *name)
{
    const iac_value *v = iac_value_get_cstr(config, name);
    return v && iac_is_set_value(v) && v->kind == IAC_BOOL && v->boolean;
}

int64_t iac_backend_number(const iac_value *config, const char *name, int64_t otherwise)
{
    const iac_value *v = iac_value_get_cstr(config, name);
    int64_t n;
    return v && iac_is_set_value(v) && v->kind == IAC_NUMBER && iac_value_to_int(v, &n) ? n : otherwise;
}

static const char *from_environment(const char *names)
{
    char name[128];
    while (names && *names) {
        size_t n = strcspn(names, " ");
        snprintf(name, sizeof(name), "%.*s", (int)n, names);
        const char *value = getenv(name);
        if (value && *value)
            return value;
        names += n + (names[n] == ' ');
    }
    return NULL;
}

/* A text of the environment as a value of the argument's type; NULL when it is none. */
static const iac_value *typed(iac_arena *arena, const iac_backend_argument *argument, const char *text)
{
    if (strcmp(argument->type, "\"bool\"") == 0) {
        if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0)
            return iac_value_bool(true);
        return strcmp(text, "false") == 0 || strcmp(text, "0") == 0 ? iac_value_bool(false) : NULL;
    }
    if (strcmp(argument->type, "\"number\"") == 0)
        return iac_value_number_parse(arena, iac_str_of(text));
    return iac_value_cstr(arena, text);
}

static iac_status complete_argument(iac_arena *arena, const iac_backend_argument *argument, const iac_value *given,
                                    const iac_value **ret, iac_diags *diags)
{
    const char *text = NULL;
    *ret = given ? given : &iac_null_dynamic;
    if (given && !iac_is_null(given))
        return IAC_OK;
    if (argument->type)
        text = from_environment(argument->env);
    if (argument->type && !text)
        text = argument->otherwise;
    if (text) {
        const iac_value *v = typed(arena, argument, text);
        if (!v) {
            iac_diag_error(diags, IAC_NO_RANGE, "Invalid backend configuration",
                           "The value of \"%s\" that the environment gives is not of the type that is needed.",
                           argument->name);
            return IAC_ERR;
        }
        *ret = v;
    } else if (argument->required) {
        iac_diag_error(diags, IAC_NO_RANGE, "Missing required argument",
                       "The argument \"%s\" is required, but was not set.", argument->name);
        return IAC_ERR;
    }
    return IAC_OK;
}

/* Every argument, from what is given, the environment, and defaults. */
static iac_status complete(iac_arena *arena, const iac_backend_driver *driver, const iac_value *given,
                           const iac_value **ret, iac_diags *diags)
{
    size_t n = 0;
    iac_status status = IAC_OK;
    while (driver->arguments[n].name)
        n++;
    iac_str *names = iac_arena_array(arena, iac_str, n);
    const iac_value **items = iac_arena_array(arena, const iac_value *, n);
    for (size_t i = 0; i < n; i++) {
        names[i] = iac_str_of(driver->arguments[i].name);
        const iac_value *v = given ? iac_value_get(given, names[i]) : NULL;
        if (complete_argument(arena, &driver->arguments[i], v, &items[i], diags) != IAC_OK)
            status = IAC_ERR;
    }
    *ret = iac_value_object(arena, names, items, n);
    return status;
}

/* ---- a configured backend ---- */

iac_status iac_backend_open(const iac_backend_driver *driver, const iac_value *config, const char *data_dir,
                            int64_t patience_ms, iac_backend **ret, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    iac_backend *backend = iac_arena_new_of(arena, iac_backend);
    *backend = (iac_backend){ .driver = driver, .arena = arena };
    backend->data_dir = iac_arena_cstr(arena, iac_str_of(data_dir));
    iac_backend_setup setup = { .given = config, .data_dir = backend->data_dir, .patience_ms = patience_ms };
    if (complete(arena, driver, config, &setup.config, diags) != IAC_OK ||
        driver->configure(&setup, &backend->self, diags) != IAC_OK) {
        iac_arena_free(arena);
        return IAC_ERR;
    }
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    driver->describe(backend->self, &text);
    backend->description = iac_arena_cstr(arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    *ret = backend;
    return IAC_OK;
}

void iac_backend_close(iac_backend *backend)
{
    if (!backend)
        return;
    backend->driver->free(backend->self);
    iac_arena_free(backend->arena);
}

const iac_backend_driver *iac_backend_driver_of(const iac_backend *backend)
{
    return backend->driver;
}

void *iac_backend_self(const iac_backend *backend)
{
    return backend->self;
}

const char *iac_backend_data_dir(const iac_backend *backend)
{
    return backend->data_dir;
}

void iac_backend_set_crypt(iac_backend *backend, iac_crypt *crypt)
{
    backend->crypt = crypt;
}

iac_crypt *iac_backend_crypt(const iac_backend *backend)
{
    return backend->crypt;
}

const char *iac_backend_describe(const iac_backend *backend)
{
    return backend->description;
}

bool iac_backend_has_workspaces(const iac_backend *backend)
{
    return backend->driver->workspaces != NULL;
}

iac_status iac_backend_workspaces(iac_backend *backend, iac_arena *arena, iac_str **ret, size_t *ret_count,
                                  iac_diags *diags)
{
    if (backend->driver->workspaces)
        return backend->driver->workspaces(backend->self, arena, ret, ret_count, diags);
    *ret = iac_arena_array(arena, iac_str, 1);
    **ret = IAC_STR("default");
    *ret_count = 1;
    return IAC_OK;
}

iac_status iac_backend_delete_workspace(iac_backend *backend, const char *workspace, iac_diags *diags)
{
    if (backend->driver->delete_workspace && strcmp(workspace, "default") != 0)
        return backend->driver->delete_workspace(backend->self, workspace, diags);
    iac_diag_error(diags, IAC_NO_RANGE, backend->driver->workspaces ? "can't delete default state"
                                                                    : "workspaces not supported", "%s", "");
    return IAC_ERR;
}

iac_status iac_backend_open_store(iac_backend *backend, const char *workspace, bool create, iac_store **ret,
                                  iac_diags *diags)
{
    if (!backend->driver->workspaces && strcmp(workspace, "default") != 0) {
        iac_diag_error(diags, IAC_NO_RANGE, "workspaces not supported",
                       "The backend \"%s\" has the default workspace only.", backend->driver->name);
        return IAC_ERR;
    }
    iac_status status = IAC_NOT_FOUND;
    if (backend->driver->open_store)
        status = backend->driver->open_store(backend->self, workspace, create, ret, diags);
    if (status == IAC_NOT_FOUND)
        status = iac_mirror_open(backend, workspace, create, ret, diags);
    if (status == IAC_OK && iac_store_set_crypt(*ret, backend->crypt, diags) != IAC_OK) {
        iac_store_close(*ret);
        *ret = NULL;
        return IAC_ERR;
    }
    return status;
}

/* Where workspaces are snapshots there must be one, empty as it is. */
static iac_status create_snapshot(iac_backend *backend, const char *workspace, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    iac_snapshot snapshot = { 0 };
    iac_buf json;
    char lineage[37];
    iac_uuid(lineage);
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_status status = backend->driver->read(backend->self, workspace, arena, &snapshot, diags);
    if (status == IAC_OK && !snapshot.json.n) {
        iac_state nothing = { .lineage = iac_str_of(lineage) };
        iac_tfstate_write(&json, &nothing);
        status = iac_snapshot_seal(backend->crypt, nothing.lineage, nothing.serial, &json, diags);
    }
    if (status == IAC_OK && json.n) {
        iac_str version;
        status = backend->driver->write(backend->self, workspace, iac_buf_view(&json), snapshot.version,
                                        (iac_str){ 0 }, arena, &version, diags);
    }
    iac_buf_clear(&json);
    iac_arena_free(arena);
    return status == IAC_BUSY ? IAC_OK : status; /* somebody else has just made it */
}

iac_status iac_backend_create_workspace(iac_backend *backend, const char *workspace, iac_diags *diags)
{
    iac_store *store = NULL;
    iac_status status = IAC_NOT_FOUND;
    if (!backend->driver->workspaces) {
        iac_diag_error(diags, IAC_NO_RANGE, "workspaces not supported", "%s", "");
        return IAC_ERR;
    }
    if (backend->driver->open_store)
        status = backend->driver->open_store(backend->self, workspace, true, &store, diags);
    iac_store_close(store);
    return status == IAC_NOT_FOUND ? create_snapshot(backend, workspace, diags) : status;
}

/* ---- times ---- */

iac_str iac_time_text(iac_arena *arena, double seconds)
{
    char text[64];
    struct tm utc;
    time_t whole = (time_t)seconds;
    gmtime_r(&whole, &utc);
    size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + n, sizeof(text) - n, ".%06dZ", (int)((seconds - (double)whole) * 1e6));
    return iac_arena_str(arena, iac_str_of(text));
}

double iac_time_parse(iac_str text)
{
    char copy[64];
    struct tm utc = { 0 };
    snprintf(copy, sizeof(copy), "%.*s", IAC_FMT(text));
    const char *end = strptime(copy, "%Y-%m-%dT%H:%M:%S", &utc);
    if (!end)
        return 0;
    double fraction = *end == '.' ? strtod(end, NULL) : 0;
    return (double)timegm(&utc) + fraction;
}

/* ---- lock information ---- */

static void add_member(iac_buf *out, const char *name, iac_str text)
{
    iac_buf_printf(out, "%s\"%s\":", out->n && out->p[out->n - 1] != '{' ? "," : "", name);
    iac_json_string(out, text, true);
}

void iac_lock_info_write(iac_buf *out, const iac_lock_info *info)
{
    iac_buf_char(out, '{');
    add_member(out, "ID", info->id);
    add_member(out, "Operation", info->operation);
    add_member(out, "Info", info->info);
    add_member(out, "Who", info->who);
    add_member(out, "Version", info->version);
    add_member(out, "Created", info->created);
    add_member(out, "Path", info->path);
    iac_buf_cstr(out, ",\"Process\":{");
    add_member(out, "Host", info->host);
    iac_buf_printf(out, ",\"Pid\":%lld", (long long)info->pid);
    add_member(out, "Machine", info->machine);
    add_member(out, "Boot", info->boot);
    add_member(out, "Namespace", info->pid_namespace);
    add_member(out, "Started", info->started);
    iac_buf_char(out, '}');
    if (info->lease_seconds)
        iac_buf_printf(out, ",\"Lease\":{\"Seconds\":%lld,\"Token\":%lld}", (long long)info->lease_seconds,
                       (long long)info->token);
    iac_buf_char(out, '}');
}

static iac_str text_of(const iac_value *v, const char *name)
{
    const iac_value *item = v ? iac_value_get_cstr(v, name) : NULL;
    return item && iac_is_set_value(item) && item->kind == IAC_STRING ? item->string : (iac_str){ 0 };
}

bool iac_lock_info_read(iac_arena *arena, iac_str json, iac_lock_info *ret)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, json, &error, &offset);
    *ret = (iac_lock_info){ .idle_seconds = -1 };
    if (!v || !iac_is_set_value(v) || v->kind != IAC_OBJECT)
        return false;
    const iac_value *process = iac_value_get_cstr(v, "Process"), *lease = iac_value_get_cstr(v, "Lease");
    ret->id = text_of(v, "ID");
    ret->operation = text_of(v, "Operation");
    ret->info = text_of(v, "Info");
    ret->who = text_of(v, "Who");
    ret->version = text_of(v, "Version");
    ret->created = text_of(v, "Created");
    ret->path = text_of(v, "Path");
    ret->host = text_of(process, "Host");
    ret->machine = text_of(process, "Machine");
    ret->boot = text_of(process, "Boot");
    ret->pid_namespace = text_of(process, "Namespace");
    ret->started = text_of(process, "Started");
    ret->pid = process ? iac_backend_number(process, "Pid", 0) : 0;
    ret->lease_seconds = lease ? iac_backend_number(lease, "Seconds", 0) : 0;
    ret->token = lease ? iac_backend_number(lease, "Token", 0) : 0;
    return ret->id.n > 0;
}

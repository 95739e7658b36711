/* terraform_remote_state: the outputs of another configuration, read from the backend that it keeps its state in. */
#include "engine/plan/run.h"

#include "lang/syntax/body.h"
#include "state/backend.h"

#include <string.h>
#include <unistd.h>

bool iac_is_remote_state(const iac_node *node)
{
    return node->resource_addr.mode == IAC_DATA && iac_str_is(node->resource_addr.type, "terraform_remote_state") &&
           node->provider && iac_is_builtin(node->provider->addr);
}

/* An error about the attribute (NULL: the whole block). Always false. */
static bool refuse(iac_worker *worker, const iac_node *node, iac_str address, const char *name, const char *summary,
                   const char *detail)
{
    const iac_attribute *at = name ? iac_body_find(worker->scratch, node->resource->body, iac_str_of(name)) : NULL;
    iac_range range = at ? at->expr->range : node->resource->body->missing_at;
    iac_diag *diag = iac_diag_error(&worker->diags, range, summary, "%s", detail);
    diag->address = iac_arena_str(worker->diags.arena, address);
    if (range.src && range.src->json)
        return false; /* named by its path */
    if (node->nested)
        diag->block = iac_arena_printf(worker->diags.arena, "check \"%.*s\"", IAC_FMT(node->nested->check->name));
    else
        diag->block = iac_arena_printf(worker->diags.arena, "data \"%.*s\" \"%.*s\"", IAC_FMT(node->resource->type),
                                       IAC_FMT(node->resource->name));
    return false;
}

/* ---- validation ---- */

static const iac_backend_argument *argument_of(const iac_backend_driver *driver, iac_str name)
{
    for (const iac_backend_argument *a = driver->arguments; a->name; a++)
        if (iac_str_is(name, a->name) && !a->hidden)
            return a;
    return NULL;
}

static bool check_config(iac_worker *worker, const iac_node *node, iac_str address, const iac_backend_driver *driver,
                         const iac_value *config)
{
    const char *fault = NULL;
    if (config->kind != IAC_OBJECT && config->kind != IAC_MAP)
        fault = "an object is required";
    for (size_t i = 0; !fault && i < config->n; i++)
        if (!argument_of(driver, config->keys[i]))
            fault = iac_arena_printf(worker->scratch, "unexpected attribute \"%.*s\"", IAC_FMT(config->keys[i])).p;
    return !fault || refuse(worker, node, address, "config", "Invalid backend configuration",
                            iac_arena_printf(worker->scratch,
                                             "The given configuration is not valid for backend \"%s\": %s.",
                                             driver->name, fault)
                                .p);
}

static bool may_be_object(const iac_value *v)
{
    return v->kind == IAC_OBJECT || v->kind == IAC_MAP || v->kind == IAC_DYNAMIC;
}

bool iac_remote_state_validate(iac_worker *worker, const iac_node *node, iac_str address, const iac_value *config)
{
    const iac_value *backend = iac_value_get_cstr(config, "backend"), *settings = iac_value_get_cstr(config, "config");
    const iac_value *defaults = iac_value_get_cstr(config, "defaults");
    bool ok = true;
    if (backend && iac_is_set_value(backend)) {
        const iac_backend_driver *driver = iac_backend_find(backend->string);
        if (!driver)
            ok = refuse(worker, node, address, "backend", "Invalid backend configuration",
                        iac_arena_printf(worker->scratch, "There is no backend type named \"%.*s\".",
                                         IAC_FMT(backend->string))
                            .p);
        else if (settings && iac_is_set_value(settings))
            ok = check_config(worker, node, address, driver, settings);
    }
    if (settings && iac_is_unknown(settings) && !may_be_object(settings))
        ok = refuse(worker, node, address, "config", "Invalid backend configuration",
                    "The configuration must be an object value.");
    if (defaults && !may_be_object(defaults))
        ok = refuse(worker, node, address, "defaults", "Invalid default values",
                    "Defaults must be given in an object value.");
    return ok;
}

/* ---- reading ---- */

/* Where a terraform.tfstate is named that is not there: the state in the database that iac keeps beside it. */
static iac_status read_beside(iac_worker *worker, const iac_value *config, const char *workspace, iac_store **ret)
{
    const iac_value *path = iac_value_get_cstr(config, "path");
    if (!path || path->kind != IAC_STRING || !iac_is_set_value(path) || access(path->string.p, F_OK) == 0)
        return IAC_NOT_FOUND;
    const char *slash = strrchr(path->string.p, '/');
    if (strcmp(slash ? slash + 1 : path->string.p, "terraform.tfstate") != 0)
        return IAC_NOT_FOUND;
    const char *dir = slash ? iac_arena_printf(worker->scratch, "%.*s/.iac", (int)(slash - path->string.p),
                                               path->string.p)
                                  .p
                            : ".iac";
    const char *file = iac_arena_printf(worker->scratch, "%s/state.db", dir).p;
    return access(file, R_OK) == 0 ? iac_store_open(dir, workspace, false, ret, &worker->diags) : IAC_NOT_FOUND;
}

static iac_status read_snapshot(iac_worker *worker, iac_backend *backend, const char *workspace, iac_crypt *crypt,
                                const iac_state **ret)
{
    const iac_backend_driver *driver = iac_backend_driver_of(backend);
    iac_snapshot snapshot = { 0 };
    if (!driver->read)
        return IAC_NOT_FOUND;
    iac_status status = driver->read(iac_backend_self(backend), workspace, worker->scratch, &snapshot, &worker->diags);
    if (status != IAC_OK || !snapshot.json.n)
        return status != IAC_OK ? status : IAC_NOT_FOUND;
    if (!crypt && iac_crypt_is_wrapped(snapshot.json)) {
        iac_diag_error(&worker->diags, IAC_NO_RANGE, "Failed to decrypt the state",
                       "The remote state is encrypted, and no key is configured for it. Name its method in the "
                       "\"remote_state_data_sources\" block of the encryption block.");
        return IAC_ERR;
    }
    if (iac_snapshot_open(crypt, worker->scratch, &snapshot.json, NULL, &worker->diags) != IAC_OK)
        return IAC_ERR;
    return iac_tfstate_read(worker->scratch, snapshot.json, ret, &worker->diags);
}

/* IAC_NOT_FOUND without a diagnostic when there is none. The state lives in scratch. */
static iac_status read_state(iac_worker *worker, const iac_backend_driver *driver, const iac_value *config,
                             const char *workspace, iac_crypt *crypt, const iac_state **ret)
{
    iac_backend *backend = NULL;
    iac_store *store = NULL;
    if (!driver->workspaces && strcmp(workspace, "default") != 0)
        return IAC_NOT_FOUND;
    iac_status status = iac_backend_open(driver, config, ".iac", 0, &backend, &worker->diags);
    if (status != IAC_OK)
        return status;
    status = iac_str_is(iac_str_of(driver->name), "local") ? read_beside(worker, config, workspace, &store)
                                                           : IAC_NOT_FOUND;
    if (status == IAC_NOT_FOUND && driver->open_store)
        status = driver->open_store(iac_backend_self(backend), workspace, false, &store, &worker->diags);
    if (status == IAC_NOT_FOUND)
        status = read_snapshot(worker, backend, workspace, crypt, ret);
    else if (status == IAC_OK && crypt)
        status = iac_store_set_crypt(store, crypt, &worker->diags);
    if (status == IAC_OK && store)
        status = iac_store_read(store, worker->scratch, ret, &worker->diags);
    iac_store_close(store);
    iac_backend_close(backend);
    if (status == IAC_OK && (!*ret || !(*ret)->lineage.n))
        return IAC_NOT_FOUND;
    return status;
}

/* The keys for the data source: by its name within its modules, with and without instance keys. */
static iac_crypt *crypt_of(iac_worker *worker, iac_str address)
{
    iac_addr addr;
    iac_buf exact, plain;
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_crypt *crypt = NULL;
    const iac_remote_crypts *all = worker->run->remote_crypts;
    if (all && iac_addr_parse(worker->scratch, address, &addr, &ignored) == IAC_OK) {
        iac_buf_init(&exact, IAC_BUF_UNLIMITED);
        iac_buf_init(&plain, IAC_BUF_UNLIMITED);
        for (size_t i = 0; i < addr.module.n; i++) {
            iac_buf_printf(&plain, "%.*s.", IAC_FMT(addr.module.steps[i].name));
            iac_buf_str(&exact, addr.module.steps[i].name);
            iac_key_print(&exact, addr.module.steps[i].key);
            iac_buf_char(&exact, '.');
        }
        iac_buf_str(&plain, addr.name);
        iac_buf_str(&exact, addr.name);
        iac_key_print(&exact, addr.key);
        crypt = iac_remote_crypt_of(all, iac_buf_view(&exact), iac_buf_view(&plain));
        iac_buf_clear(&exact);
        iac_buf_clear(&plain);
    }
    iac_diags_clear(&ignored);
    return crypt;
}

static const iac_value *outputs_of(iac_worker *worker, const iac_state *state, const iac_value *defaults)
{
    iac_arena *keep = worker->keep;
    size_t known = defaults && iac_is_set_value(defaults) ? defaults->n : 0, n = 0;
    const iac_value **items = iac_arena_array(keep, const iac_value *, known + state->output_count);
    iac_str *names = iac_arena_array(keep, iac_str, known + state->output_count);
    for (size_t i = 0; i < known; i++) {
        names[n] = iac_arena_str(keep, defaults->keys[i]);
        items[n++] = iac_value_copy(keep, defaults->items[i]);
    }
    for (size_t i = 0; i < state->output_count; i++) { /* of a repeated name the last one wins */
        names[n] = iac_arena_str(keep, state->outputs[i].name);
        items[n++] = iac_value_copy(keep, state->outputs[i].value);
    }
    return iac_value_object(keep, names, items, n);
}

bool iac_remote_state_read(iac_worker *worker, const iac_node *node, iac_str address, const iac_value *config,
                           const iac_value **ret)
{
    const iac_value *backend = iac_value_get_cstr(config, "backend"), *settings = iac_value_get_cstr(config, "config");
    const iac_value *workspace = iac_value_get_cstr(config, "workspace");
    const iac_backend_driver *driver = iac_backend_find(backend->string);
    const char *name = workspace && iac_is_set_value(workspace) ? workspace->string.p : "default";
    const iac_state *state = NULL;
    if (!driver || !iac_remote_state_validate(worker, node, address, config))
        return false;
    if (!settings || !iac_is_set_value(settings))
        settings = &iac_empty_object;
    size_t errors = worker->diags.errors;
    iac_status status = read_state(worker, driver, settings, name, crypt_of(worker, address), &state);
    if (status == IAC_NOT_FOUND)
        return refuse(worker, node, address, workspace && iac_is_set_value(workspace) ? "workspace" : NULL,
                      "Unable to find remote state",
                      "No stored state was found for the given workspace in the given backend.");
    if (status != IAC_OK) {
        if (worker->diags.errors == errors)
            refuse(worker, node, address, NULL, "Error loading state error", "The state could not be read.");
        return false;
    }
    *ret = iac_value_with(worker->keep, iac_value_copy(worker->keep, config), IAC_STR("outputs"),
                          outputs_of(worker, state, iac_value_get_cstr(config, "defaults")));
    return true;
}

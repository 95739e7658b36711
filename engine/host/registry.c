/* The host, the providers it has loaded, and their schemas. */
#include "engine/host/crash.h"
#include "engine/host/host_internal.h"

#include <jansson.h>
#include <string.h>

/* ---- the host ---- */

iac_host *iac_host_new(const iac_host_options *options)
{
    iac_host *host = iac_xcalloc(1, sizeof(*host));
    host->arena = iac_arena_new();
    pthread_mutex_init(&host->lock, NULL);
    pthread_mutex_init(&host->pool_lock, NULL);
    iac_limits_init(&host->limits);
    if (options) {
        host->log = options->log;
        host->log_arg = options->log_arg;
        host->dirs = iac_arena_array(host->arena, char *, options->dir_count);
        for (size_t i = 0; i < options->dir_count; i++)
            if (options->dirs[i] && *options->dirs[i])
                host->dirs[host->dir_count++] = iac_arena_cstr(host->arena, iac_str_of(options->dirs[i]));
    }
    iac_host_add_builtin(host, "terraform", iac_builtin_terraform);
    return host;
}

static void free_provider(iac_provider *provider)
{
    for (size_t k = 0; k < IAC_KIND_COUNT; k++)
        iac_map_clear(&provider->kinds[k].map);
    pthread_mutex_destroy(&provider->lock);
    iac_arena_free(provider->arena);
}

bool iac_host_free(iac_host *host)
{
    if (!host)
        return true;
    while (host->instances)
        iac_instance_close(host->instances);
    if (host->left_behind)
        return false;
    for (size_t i = 0; i < host->providers.n; i++)
        if (host->providers.entries[i].value)
            free_provider(host->providers.entries[i].value);
    while (host->pool) {
        iacp_call *call = host->pool;
        host->pool = call->next;
        iac_arena_free(call->arena);
        free(call);
    }
    iac_map_clear(&host->providers);
    iac_map_clear(&host->builtins);
    iac_limits_clear(&host->limits);
    pthread_mutex_destroy(&host->lock);
    pthread_mutex_destroy(&host->pool_lock);
    iac_arena_free(host->arena);
    free(host);
    return true;
}

void iac_host_add_builtin(iac_host *host, const char *name, iacp_entry_fn entry)
{
    struct iac_builtin *builtin = iac_arena_new_of(host->arena, struct iac_builtin);
    builtin->entry = entry;
    pthread_mutex_lock(&host->lock);
    iac_map_put(&host->builtins, iac_arena_str(host->arena, iac_str_of(name)), builtin);
    pthread_mutex_unlock(&host->lock);
}

/* ---- taking a provider in ---- */

static int compare_names(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

static void list_types(iac_provider *provider, uint32_t k)
{
    struct iac_provider_kind *kind = &provider->kinds[k];
    const char *const *names = k == IACP_SCHEMA_PROVIDER ? NULL : provider->table.type_names(k);
    size_t n = 0;

    while (names && names[n])
        n++;
    kind->names = iac_arena_array(provider->arena, iac_str, n);
    struct iac_type_entry *entries = iac_arena_array(provider->arena, struct iac_type_entry, n);
    for (size_t i = 0; i < n; i++) {
        iac_str name = iac_str_of(names[i]);
        if (iac_map_has(&kind->map, name))
            continue;
        entries[i].name = names[i];
        iac_map_put(&kind->map, name, &entries[i]);
        kind->names[kind->n++] = name;
    }
    if (kind->n)
        qsort(kind->names, kind->n, sizeof(*kind->names), compare_names);
}

/* What is missing of what the provider's types need; NULL when nothing is. */
static const char *missing_slot(const iac_provider *provider)
{
    const iacp_provider *t = &provider->table;
    bool resources = provider->kinds[IACP_SCHEMA_RESOURCE].n > 0;
    const struct {
        bool missing;
        const char *name;
    } slots[] = {
        { resources && !t->read, "read" },
        { resources && !t->plan, "plan" },
        { resources && !t->apply, "apply" },
        { provider->kinds[IACP_SCHEMA_DATA].n > 0 && !t->read_data, "read_data" },
        { provider->kinds[IACP_SCHEMA_EPHEMERAL].n > 0 && !t->open_ephemeral, "open_ephemeral" },
        { provider->kinds[IACP_SCHEMA_FUNCTION].n > 0 && !t->call_function, "call_function" },
    };
    for (size_t i = 0; i < IAC_COUNT(slots); i++)
        if (slots[i].missing)
            return slots[i].name;
    return NULL;
}

static iac_status take_in(iac_host *host, iac_str name, iac_str file, const iacp_provider *table, iac_range subject,
                          iac_provider **ret, iac_diags *diags)
{
    iac_provider *provider = iac_arena_new_of(host->arena, iac_provider);
    const char *missing = NULL;

    /* A table made by an older header is shorter: what it does not have stays NULL. */
    if (table->size >= offsetof(iacp_provider, type_names))
        memcpy(&provider->table, table, table->size < sizeof(*table) ? table->size : sizeof(*table));
    if (provider->table.abi_major != IACP_ABI_MAJOR) {
        iac_diag_error(diags, subject, "Incompatible provider version",
                       "The provider \"%.*s\" uses version %u of the provider interface, and this is version %u.",
                       IAC_FMT(name), provider->table.abi_major, IACP_ABI_MAJOR);
        return IAC_ERR;
    }
    provider->host = host;
    provider->name = iac_arena_str(host->arena, name);
    provider->file = file;
    pthread_mutex_init(&provider->lock, NULL);
    provider->arena = iac_arena_new();
    if (!provider->table.type_names)
        missing = "type_names";
    else if (!provider->table.schema)
        missing = "schema";
    for (uint32_t k = 0; !missing && k < IAC_KIND_COUNT; k++)
        list_types(provider, k);
    if (!missing)
        missing = missing_slot(provider);
    if (missing) {
        iac_diag_error(diags, subject, "Failed to load provider",
                       "The provider \"%.*s\" is incomplete: its table has no function \"%s\".\n\nThis is a bug in the "
                       "provider, which should be reported in the provider's own issue tracker.",
                       IAC_FMT(name), missing);
        free_provider(provider);
        return IAC_ERR;
    }
    *ret = provider;
    return IAC_OK;
}

iac_status iac_host_provider(iac_host *host, iac_str name, iac_range subject, const iac_provider **ret,
                             iac_diags *diags)
{
    iac_status status = IAC_OK;

    pthread_mutex_lock(&host->lock);
    iac_provider *provider = iac_map_get(&host->providers, name);
    if (!provider) {
        iac_str told = iac_arena_str(host->arena, name);
        iac_crash_enter(told.p, "start", (iac_str){ "", 0 });
        const iacp_provider *table = NULL;
        iac_str file = { "", 0 };
        struct iac_builtin *builtin = iac_map_get(&host->builtins, name);
        if (builtin)
            table = builtin->entry(&iac_host_table);
        else
            status = iac_load_file(host, name, subject, &table, &file, diags);
        if (status == IAC_OK)
            status = take_in(host, name, file, table, subject, &provider, diags);
        if (status == IAC_OK)
            iac_map_put(&host->providers, provider->name, provider);
        iac_crash_leave();
    }
    pthread_mutex_unlock(&host->lock);
    if (status == IAC_OK)
        *ret = provider;
    return status;
}

iac_str iac_provider_name(const iac_provider *provider)
{
    return provider->name;
}

iac_str iac_provider_version(const iac_provider *provider)
{
    return iac_str_of(provider->table.version);
}

iac_str iac_provider_file(const iac_provider *provider)
{
    return provider->file;
}

const iac_str *iac_provider_type_names(const iac_provider *provider, uint32_t kind, size_t *ret_count)
{
    *ret_count = kind < IAC_KIND_COUNT ? provider->kinds[kind].n : 0;
    return *ret_count ? provider->kinds[kind].names : NULL;
}

struct iac_type_entry *iac_type_entry_of(const iac_provider *provider, uint32_t kind, iac_str type)
{
    return kind < IAC_KIND_COUNT ? iac_map_get(&provider->kinds[kind].map, type) : NULL;
}

/* ---- schemas ---- */

static iac_str read_text(iac_arena *arena, const json_t *object, const char *name)
{
    json_t *v = json_object_get(object, name);
    return json_is_string(v) ? iac_arena_str(arena, (iac_str){ json_string_value(v), json_string_length(v) })
                             : (iac_str){ "", 0 };
}

static const iac_type *read_type(iac_arena *arena, const json_t *object, const char *name)
{
    json_t *v = json_object_get(object, name);
    char *text = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    const iac_type *type = text ? iac_type_from_json(arena, iac_str_of(text)) : NULL;
    free(text);
    return type;
}

static bool parse_param(iac_arena *arena, const json_t *from, iac_provider_param *ret)
{
    *ret = (iac_provider_param){
        .name = read_text(arena, from, "name"),
        .description = read_text(arena, from, "description"),
        .type = read_type(arena, from, "type"),
        .nullable = json_is_true(json_object_get(from, "is_nullable")),
    };
    return ret->type != NULL;
}

static const iac_provider_function *parse_function(iac_arena *arena, const char *name, const char *text,
                                                   iac_str *ret_error)
{
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    json_t *params = json_object_get(root, "parameters"), *variadic = json_object_get(root, "variadic_parameter");
    iac_provider_function *function = iac_arena_new_of(arena, iac_provider_function);
    iac_provider_param *list = iac_arena_array(arena, iac_provider_param, json_array_size(params) + 1);
    bool ok = json_is_object(root);

    *ret_error = ok ? IAC_STR("a type is missing or wrong") : iac_arena_str(arena, iac_str_of(error.text));
    function->name = iac_str_of(name);
    function->summary = read_text(arena, root, "summary");
    function->description = read_text(arena, root, "description");
    function->params = list;
    function->param_count = json_array_size(params);
    for (size_t i = 0; i < function->param_count; i++)
        ok = ok && parse_param(arena, json_array_get(params, i), &list[i]);
    if (json_is_object(variadic)) {
        ok = ok && parse_param(arena, variadic, &list[function->param_count]);
        function->variadic = &list[function->param_count];
    }
    function->returns = read_type(arena, root, "return_type");
    ok = ok && function->returns;
    json_decref(root);
    return ok ? function : NULL;
}

/* Parses under the provider's lock; whoever comes second finds what the first has published. */
static const void *parse_entry(iac_provider *provider, uint32_t kind, struct iac_type_entry *entry)
{
    iac_diags diags = IAC_DIAGS_INIT;
    iacp_call *call = iac_call_begin(provider, NULL, &diags);
    const void *parsed;

    pthread_mutex_lock(&provider->lock);
    parsed = atomic_load(&entry->parsed);
    if (!parsed && !atomic_load(&entry->failed)) {
        iac_call_enter(call, "give a schema");
        const char *text = provider->table.schema(call, kind, entry->name);
        iac_crash_leave();
        iac_str error = { "", 0 }; /* stays empty where there is no schema at all */
        if (text && kind == IACP_SCHEMA_FUNCTION)
            parsed = parse_function(provider->arena, entry->name, text, &error);
        else if (text)
            parsed = iac_schema_from_json(provider->arena, iac_str_of(text), &error);
        if (parsed) {
            atomic_store(&entry->parsed, parsed);
        } else {
            entry->error = iac_arena_str(provider->arena, error);
            atomic_store(&entry->failed, true);
        }
    }
    pthread_mutex_unlock(&provider->lock);
    iac_call_end(call);
    iac_diags_clear(&diags);
    return parsed;
}

static const void *parsed_entry(const iac_provider *provider, uint32_t kind, struct iac_type_entry *entry)
{
    const void *parsed = atomic_load_explicit(&entry->parsed, memory_order_acquire);
    if (!parsed && !atomic_load(&entry->failed))
        parsed = parse_entry((iac_provider *)(uintptr_t)provider, kind, entry);
    return parsed;
}

static const iac_schema *provider_own_schema(const iac_provider *provider)
{
    static const iac_schema none = { .version = 0, .block = &iac_schema_empty };
    iac_provider *p = (iac_provider *)(uintptr_t)provider;
    const iac_schema *schema = atomic_load_explicit(&p->own.parsed, memory_order_acquire);

    if (!schema && !atomic_load(&p->own.failed))
        schema = parse_entry(p, IACP_SCHEMA_PROVIDER, &p->own);
    return schema ? schema : &none;
}

const iac_schema *iac_provider_find_schema(const iac_provider *provider, uint32_t kind, iac_str type)
{
    if (kind == IACP_SCHEMA_PROVIDER)
        return provider_own_schema(provider);
    struct iac_type_entry *entry = kind < IACP_SCHEMA_FUNCTION ? iac_type_entry_of(provider, kind, type) : NULL;
    return entry ? parsed_entry(provider, kind, entry) : NULL;
}

const iac_provider_function *iac_provider_find_function(const iac_provider *provider, iac_str name)
{
    struct iac_type_entry *entry = iac_type_entry_of(provider, IACP_SCHEMA_FUNCTION, name);
    return entry ? parsed_entry(provider, IACP_SCHEMA_FUNCTION, entry) : NULL;
}

static const struct {
    const char *summary, *noun;
} unknown_type[] = {
    [IACP_SCHEMA_RESOURCE] = { "Invalid resource type", "resource type" },
    [IACP_SCHEMA_DATA] = { "Invalid data source", "data source" },
    [IACP_SCHEMA_EPHEMERAL] = { "Invalid ephemeral resource", "ephemeral resource" },
};

static iac_str what_was_meant(iac_arena *arena, const iac_provider *provider, uint32_t kind, iac_str type)
{
    if (kind == IACP_SCHEMA_RESOURCE && iac_type_entry_of(provider, IACP_SCHEMA_DATA, type))
        return iac_arena_printf(arena,
                                "\n\nDid you intend to use the data source \"%.*s\"? If so, declare this using a "
                                "\"data\" block instead of a \"resource\" block.",
                                IAC_FMT(type));
    if (kind == IACP_SCHEMA_DATA && iac_type_entry_of(provider, IACP_SCHEMA_RESOURCE, type))
        return iac_arena_printf(arena,
                                "\n\nDid you intend to use the managed resource type \"%.*s\"? If so, declare this "
                                "using a \"resource\" block instead of a \"data\" block.",
                                IAC_FMT(type));
    iac_str nearest = iac_str_nearest(type, provider->kinds[kind].names, provider->kinds[kind].n);
    return nearest.n ? iac_arena_printf(arena, " Did you mean \"%.*s\"?", IAC_FMT(nearest)) : (iac_str){ "", 0 };
}

const iac_schema *iac_provider_schema(const iac_provider *provider, uint32_t kind, iac_str type, iac_str display,
                                      iac_range subject, iac_diags *diags)
{
    const iac_schema *schema = iac_provider_find_schema(provider, kind, type);
    if (schema || kind >= IAC_COUNT(unknown_type))
        return schema;
    struct iac_type_entry *entry = iac_type_entry_of(provider, kind, type);
    if (entry) {
        iac_diag_error(diags, subject, "Invalid provider schema",
                       "The provider %.*s gives a schema of \"%.*s\" that cannot be read: %.*s.\n\nThis is a bug in the "
                       "provider, which should be reported in the provider's own issue tracker.",
                       IAC_FMT(display), IAC_FMT(type), IAC_FMT(entry->error));
        return NULL;
    }
    iac_arena *arena = iac_arena_new();
    iac_str hint = what_was_meant(arena, provider, kind, type);
    iac_diag_error(diags, subject, unknown_type[kind].summary, "The provider %.*s does not support %s \"%.*s\".%.*s",
                   IAC_FMT(display), unknown_type[kind].noun, IAC_FMT(type), IAC_FMT(hint));
    iac_arena_free(arena);
    return NULL;
}

const iac_schema *iac_call_schema(iacp_call *call, uint32_t kind, iac_str type, const char **ret_type)
{
    size_t before = call->diags->errors;
    struct iac_type_entry *entry = iac_type_entry_of(call->provider, kind, type);
    const iac_schema *schema = entry ? parsed_entry(call->provider, kind, entry) : NULL;

    if (schema)
        *ret_type = entry->name;
    else
        iac_provider_schema(call->provider, kind, type, call->provider->name, call->options->range, call->diags);
    call->errors += call->diags->errors - before;
    return schema;
}

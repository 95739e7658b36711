#include "engine/plan/planfile.h"

#include "engine/plan/config_files.h"
#include "engine/plan/wire.h"
#include "lang/base/crypto.h"
#include "lang/base/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* MAGIC, SHA-256 of the rest, HMAC-SHA-256 of the body (zeros: made without a key), the body. A new layout gets a new
 * number in MAGIC. */
static const char MAGIC[] = "iac saved plan 3\n";
enum { MAGIC_SIZE = sizeof(MAGIC) - 1, HASH_SIZE = 32, HEAD_SIZE = MAGIC_SIZE + 2 * HASH_SIZE };

static void digest(iac_str bytes, unsigned char out[HASH_SIZE])
{
    unsigned int n = HASH_SIZE;
    EVP_Digest(bytes.p, bytes.n, out, &n, EVP_sha256(), NULL);
}

static void authenticate(iac_str key, iac_str body, unsigned char out[HASH_SIZE])
{
    unsigned int n = HASH_SIZE;
    memset(out, 0, HASH_SIZE);
    if (key.n)
        HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)body.p, body.n, out, &n);
}

/* ---- schemas: each once, by index + 1; 0 is none ---- */

struct schemas {
    IAC_VEC(const iac_schema *) list;
    iac_map index; /* address of the schema as text -> index + 1 */
    iac_arena *arena;
};

static size_t schema_index(struct schemas *schemas, const iac_schema *schema)
{
    if (!schema)
        return 0;
    iac_str key = iac_arena_str(schemas->arena, (iac_str){ (const char *)&schema, sizeof(schema) });
    void **at = iac_map_at(&schemas->index, key);
    if (!*at) {
        iac_vec_push(&schemas->list, schema);
        *at = (void *)(uintptr_t)schemas->list.n;
    }
    return (size_t)(uintptr_t)*at;
}

/* ---- changes ---- */

static void put_change(iac_buf *out, const iac_change *change, struct schemas *schemas)
{
    iac_put_addr(out, change->addr);
    iac_put_addr(out, change->previous);
    iac_put_number(out, change->moved);
    iac_put_text(out, change->deposed);
    iac_put_number(out, change->action);
    iac_put_number(out, change->reason);
    iac_put_text(out, change->provider);
    iac_put_text(out, change->provider_addr.host);
    iac_put_text(out, change->provider_addr.namespace_);
    iac_put_text(out, change->provider_addr.type);
    iac_put_number(out, schema_index(schemas, change->schema));
    iac_put_value(out, change->before);
    iac_put_value(out, change->after);
    iac_put_number(out, change->replace_paths.n);
    for (size_t i = 0; i < change->replace_paths.n; i++)
        iac_put_path(out, change->replace_paths.v[i]);
    iac_put_text(out, change->private_data);
    iac_put_text(out, change->prior_private);
    iac_put_text(out, change->import_id);
    iac_put_text(out, change->generated);
    iac_put_text(out, change->note);
    iac_put_number(out, change->reversible);
    iac_put_number(out, change->create_before_destroy);
    iac_put_number(out, change->tainted);
    iac_put_number(out, change->dependency_count);
    for (size_t i = 0; i < change->dependency_count; i++)
        iac_put_addr(out, change->dependencies[i]);
}

static const iac_addr *get_addrs(iac_wire *in, size_t *ret_count)
{
    size_t n = iac_get_count(in);
    iac_addr *addrs = iac_arena_array(in->arena, iac_addr, n);
    for (size_t i = 0; i < n && !in->bad; i++)
        addrs[i] = iac_get_addr(in);
    *ret_count = n;
    return addrs;
}

static iac_change get_change(iac_wire *in, const iac_schema *const *schemas, size_t schema_count)
{
    iac_change change = { .addr = iac_get_addr(in) };
    change.previous = iac_get_addr(in);
    change.moved = iac_get_number(in);
    change.deposed = iac_get_text(in);
    uint64_t action = iac_get_number(in), reason = iac_get_number(in);
    in->bad |= action > IAC_ACTION_FORGET || reason > IAC_REASON_READ_CHECK_NESTED;
    if (in->bad)
        return change;
    change.action = (iac_action)action;
    change.reason = (iac_reason)reason;
    change.provider = iac_get_text(in);
    change.provider_addr.host = iac_get_text(in);
    change.provider_addr.namespace_ = iac_get_text(in);
    change.provider_addr.type = iac_get_text(in);
    uint64_t schema = iac_get_number(in);
    in->bad |= schema > schema_count;
    change.schema = schema && !in->bad ? schemas[schema - 1] : NULL;
    change.before = iac_get_value(in);
    change.after = iac_get_value(in);
    size_t n = iac_get_count(in);
    iac_path *paths = iac_arena_array(in->arena, iac_path, n);
    for (size_t i = 0; i < n && !in->bad; i++)
        paths[i] = iac_get_path(in);
    change.replace_paths = (iac_paths){ paths, n };
    change.private_data = iac_get_text(in);
    change.prior_private = iac_get_text(in);
    change.import_id = iac_get_text(in);
    change.generated = iac_get_text(in);
    change.note = iac_get_text(in);
    change.reversible = (uint32_t)iac_get_number(in);
    change.create_before_destroy = iac_get_number(in);
    change.tainted = iac_get_number(in);
    change.dependencies = get_addrs(in, &change.dependency_count);
    in->bad |= !change.before || !change.after;
    return change;
}

static void put_changes(iac_buf *out, const iac_change *changes, size_t n, struct schemas *schemas)
{
    iac_put_number(out, n);
    for (size_t i = 0; i < n; i++)
        put_change(out, &changes[i], schemas);
}

static const iac_change *get_changes(iac_wire *in, size_t *ret_count, const iac_schema *const *schemas,
                                     size_t schema_count)
{
    size_t n = iac_get_count(in);
    iac_change *changes = iac_arena_array(in->arena, iac_change, n);
    for (size_t i = 0; i < n && !in->bad; i++)
        changes[i] = get_change(in, schemas, schema_count);
    *ret_count = n;
    return changes;
}

/* ---- state ---- */

static void put_object(iac_buf *out, const iac_object *object)
{
    iac_put_number(out, object != NULL);
    if (!object)
        return;
    iac_put_text(out, object->attributes);
    iac_put_number(out, object->type != NULL);
    if (object->type)
        iac_type_encode(out, object->type);
    iac_put_number(out, (uint64_t)object->schema_version);
    iac_put_number(out, object->sensitive.n);
    for (size_t i = 0; i < object->sensitive.n; i++)
        iac_put_path(out, object->sensitive.v[i]);
    iac_put_text(out, object->private_data);
    iac_put_number(out, object->tainted);
    iac_put_number(out, object->create_before_destroy);
    iac_put_number(out, object->dependency_count);
    for (size_t i = 0; i < object->dependency_count; i++)
        iac_put_addr(out, object->dependencies[i]);
    iac_put_text(out, object->deposed);
}

static const iac_object *get_object(iac_wire *in)
{
    if (!iac_get_number(in) || in->bad)
        return NULL;
    iac_object *object = iac_arena_new_of(in->arena, iac_object);
    object->attributes = iac_get_text(in);
    if (iac_get_number(in) && !in->bad) {
        object->type = iac_type_decode(in->arena, in->bytes, &in->at);
        in->bad |= object->type == NULL;
    }
    object->schema_version = (int64_t)iac_get_number(in);
    size_t n = iac_get_count(in);
    iac_path *paths = iac_arena_array(in->arena, iac_path, n);
    for (size_t i = 0; i < n && !in->bad; i++)
        paths[i] = iac_get_path(in);
    object->sensitive = (iac_paths){ paths, n };
    object->private_data = iac_get_text(in);
    object->tainted = iac_get_number(in);
    object->create_before_destroy = iac_get_number(in);
    object->dependencies = get_addrs(in, &object->dependency_count);
    object->deposed = iac_get_text(in);
    return object;
}

static void put_checks(iac_buf *out, const iac_check_result *checks, size_t n)
{
    iac_put_number(out, n);
    for (size_t i = 0; i < n; i++) {
        iac_put_text(out, checks[i].kind);
        iac_put_text(out, checks[i].object);
        iac_put_text(out, checks[i].address);
        iac_put_text(out, checks[i].status);
        iac_put_number(out, checks[i].message_count);
        for (size_t k = 0; k < checks[i].message_count; k++)
            iac_put_text(out, checks[i].messages[k]);
    }
}

static const iac_check_result *get_checks(iac_wire *in, size_t *ret_count)
{
    size_t n = iac_get_count(in);
    iac_check_result *checks = iac_arena_array(in->arena, iac_check_result, n);
    for (size_t i = 0; i < n && !in->bad; i++) {
        checks[i].kind = iac_get_text(in);
        checks[i].object = iac_get_text(in);
        checks[i].address = iac_get_text(in);
        checks[i].status = iac_get_text(in);
        checks[i].message_count = iac_get_count(in);
        iac_str *messages = iac_arena_array(in->arena, iac_str, checks[i].message_count);
        for (size_t k = 0; k < checks[i].message_count && !in->bad; k++)
            messages[k] = iac_get_text(in);
        checks[i].messages = messages;
    }
    *ret_count = n;
    return checks;
}

static void put_state(iac_buf *out, const iac_state *state)
{
    iac_put_text(out, state->lineage);
    iac_put_number(out, (uint64_t)state->serial);
    iac_put_number(out, state->instance_count);
    for (size_t i = 0; i < state->instance_count; i++) {
        const iac_state_instance *instance = &state->instances[i];
        iac_put_addr(out, instance->addr);
        iac_put_text(out, instance->provider);
        put_object(out, instance->current);
        iac_put_number(out, instance->deposed_count);
        for (size_t k = 0; k < instance->deposed_count; k++)
            put_object(out, instance->deposed[k]);
    }
    iac_put_number(out, state->output_count);
    for (size_t i = 0; i < state->output_count; i++) {
        iac_put_text(out, state->outputs[i].name);
        iac_put_value(out, state->outputs[i].value);
        iac_put_number(out, state->outputs[i].sensitive);
    }
    put_checks(out, state->checks, state->check_count);
}

static const iac_state *get_state(iac_wire *in)
{
    iac_state *state = iac_arena_new_of(in->arena, iac_state);
    state->lineage = iac_get_text(in);
    state->serial = (int64_t)iac_get_number(in);
    state->instance_count = iac_get_count(in);
    iac_state_instance *instances = iac_arena_array(in->arena, iac_state_instance, state->instance_count);
    for (size_t i = 0; i < state->instance_count && !in->bad; i++) {
        instances[i].addr = iac_get_addr(in);
        instances[i].provider = iac_get_text(in);
        instances[i].current = get_object(in);
        size_t n = iac_get_count(in);
        const iac_object **deposed = iac_arena_array(in->arena, const iac_object *, n);
        for (size_t k = 0; k < n && !in->bad; k++) {
            deposed[k] = get_object(in);
            in->bad |= !deposed[k];
        }
        instances[i].deposed = deposed;
        instances[i].deposed_count = n;
    }
    state->instances = instances;
    state->output_count = iac_get_count(in);
    iac_state_output *outputs = iac_arena_array(in->arena, iac_state_output, state->output_count);
    for (size_t i = 0; i < state->output_count && !in->bad; i++) {
        outputs[i].name = iac_get_text(in);
        outputs[i].value = iac_get_value(in);
        outputs[i].sensitive = iac_get_number(in);
        in->bad |= !outputs[i].value;
    }
    state->outputs = outputs;
    state->checks = get_checks(in, &state->check_count);
    return state;
}

/* ---- configuration: the files of all modules, read again as they were ---- */

static void put_config(iac_buf *out, const iac_config *config)
{
    iac_arena *scratch = iac_arena_new();
    iac_history_config files = { 0 };

    if (config)
        iac_config_files_of(scratch, config, &files);
    iac_put_text(out, files.dir);
    iac_put_number(out, files.file_count);
    for (size_t i = 0; i < files.file_count; i++) {
        iac_put_text(out, files.files[i].path);
        iac_put_text(out, files.files[i].text);
    }
    iac_put_number(out, files.module_count);
    for (size_t i = 0; i < files.module_count; i++) {
        const iac_history_module *m = &files.modules[i];
        const iac_str texts[] = { m->key, m->dir, m->source, m->version, m->constraint };
        for (size_t k = 0; k < IAC_COUNT(texts); k++)
            iac_put_text(out, texts[k]);
    }
    iac_arena_free(scratch);
}

static const iac_config *get_config(iac_wire *in, iac_diags *diags)
{
    iac_history_config saved = { .dir = iac_get_text(in) };
    saved.file_count = iac_get_count(in);
    iac_history_file *files = iac_arena_array(in->arena, iac_history_file, saved.file_count);
    for (size_t i = 0; i < saved.file_count && !in->bad; i++) {
        files[i].path = iac_get_text(in);
        files[i].text = iac_get_text(in);
    }
    saved.module_count = iac_get_count(in);
    iac_history_module *modules = iac_arena_array(in->arena, iac_history_module, saved.module_count);
    for (size_t i = 0; i < saved.module_count && !in->bad; i++) {
        iac_history_module *m = &modules[i];
        iac_str *const texts[] = { &m->key, &m->dir, &m->source, &m->version, &m->constraint };
        for (size_t k = 0; k < IAC_COUNT(texts); k++)
            *texts[k] = iac_get_text(in);
    }
    saved.files = files;
    saved.modules = modules;
    const iac_config *config = NULL;
    if (in->bad || iac_config_files_load(in->arena, &saved, "The saved plan", &config, diags) != IAC_OK)
        return NULL;
    return config;
}

/* ---- the plan ---- */

static void put_texts(iac_buf *out, const iac_str *texts, size_t n)
{
    iac_put_number(out, n);
    for (size_t i = 0; i < n; i++)
        iac_put_text(out, texts[i]);
}

static const iac_str *get_texts(iac_wire *in, size_t *ret_count)
{
    size_t n = iac_get_count(in);
    iac_str *texts = iac_arena_array(in->arena, iac_str, n);
    for (size_t i = 0; i < n && !in->bad; i++)
        texts[i] = iac_get_text(in);
    *ret_count = n;
    return texts;
}

static void put_given(iac_buf *out, const iac_plan *plan)
{
    iac_put_number(out, plan->given ? plan->given->n : 0);
    for (size_t i = 0; plan->given && i < plan->given->n; i++) {
        iac_put_text(out, plan->given->entries[i].key);
        iac_put_value(out, plan->given->entries[i].value);
    }
}

static const iac_map *get_values(iac_wire *in)
{
    iac_map *values = iac_arena_new_of(in->arena, iac_map);
    size_t n = iac_get_count(in);
    for (size_t i = 0; i < n && !in->bad; i++) {
        iac_str name = iac_get_text(in);
        iac_map_put(values, name, (void *)(uintptr_t)iac_get_value(in));
    }
    iac_map_settle(values, in->arena);
    return values;
}

/* What is ephemeral stays out: it is given again. */
static void put_variables(iac_buf *out, const iac_plan *plan)
{
    static const iac_map none;
    const iac_map *root = plan->config ? &plan->config->root->variable_map : &none;
    size_t n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; plan->variables && i < plan->variables->n; i++) {
            const iac_map_entry *entry = &plan->variables->entries[i];
            const iac_variable_config *variable = iac_map_get(root, entry->key);
            if (variable && variable->ephemeral)
                continue;
            if (pass == 0) {
                n++;
                continue;
            }
            iac_put_text(out, entry->key);
            iac_put_value(out, entry->value);
        }
        if (pass == 0)
            iac_put_number(out, n);
    }
    put_texts(out, plan->ephemeral_set, plan->ephemeral_count);
}

static void put_other_schemas(iac_buf *out, const iac_plan *plan, struct schemas *schemas)
{
    iac_put_number(out, plan->schema_count);
    for (size_t i = 0; i < plan->schema_count; i++) {
        iac_put_number(out, plan->schemas[i].mode);
        iac_put_text(out, plan->schemas[i].type);
        iac_put_text(out, plan->schemas[i].provider);
        iac_put_number(out, schema_index(schemas, plan->schemas[i].schema));
    }
}

static void get_other_schemas(iac_wire *in, iac_plan *plan, const iac_schema *const *schemas, size_t schema_count)
{
    size_t n = iac_get_count(in);
    iac_plan_schema *list = iac_arena_array(in->arena, iac_plan_schema, n);
    for (size_t i = 0; i < n && !in->bad; i++) {
        list[i].mode = iac_get_number(in) == IAC_DATA ? IAC_DATA : IAC_MANAGED;
        list[i].type = iac_get_text(in);
        list[i].provider = iac_get_text(in);
        uint64_t schema = iac_get_number(in);
        in->bad |= schema == 0 || schema > schema_count;
        list[i].schema = in->bad ? NULL : schemas[schema - 1];
    }
    plan->schemas = list;
    plan->schema_count = n;
}

static void put_plan(iac_buf *out, const iac_plan *plan)
{
    struct schemas schemas = { .arena = iac_arena_new() };
    iac_buf body;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    put_changes(&body, plan->changes, plan->change_count, &schemas);
    put_changes(&body, plan->drift, plan->drift_count, &schemas);
    put_other_schemas(&body, plan, &schemas);

    iac_put_number(out, plan->mode);
    iac_put_text(out, plan->timestamp);
    iac_put_text(out, plan->workspace);
    iac_put_number(out, plan->errored);
    iac_put_number(out, plan->complete);
    iac_put_number(out, plan->applyable);
    iac_put_number(out, schemas.list.n);
    for (size_t i = 0; i < schemas.list.n; i++) {
        iac_buf text;
        iac_buf_init(&text, IAC_BUF_UNLIMITED);
        iac_schema_to_json(&text, schemas.list.v[i]);
        iac_put_text(out, iac_buf_view(&text));
        iac_buf_clear(&text);
    }
    iac_buf_str(out, iac_buf_view(&body));
    iac_put_number(out, plan->output_count);
    for (size_t i = 0; i < plan->output_count; i++) {
        const iac_output_change *output = &plan->outputs[i];
        iac_put_text(out, output->name);
        iac_put_number(out, output->sensitive);
        iac_put_number(out, output->action);
        iac_put_value(out, output->before);
        iac_put_value(out, output->after);
    }
    iac_put_number(out, plan->operation_count);
    for (size_t i = 0; i < plan->operation_count; i++) {
        const iac_operation *operation = &plan->operations[i];
        iac_put_number(out, operation->code);
        iac_put_number(out, operation->change);
        iac_put_text(out, operation->node);
        iac_put_number(out, operation->after_count);
        for (uint32_t k = 0; k < operation->after_count; k++)
            iac_put_number(out, operation->after[k]);
    }
    put_state(out, plan->prior);
    put_variables(out, plan);
    put_given(out, plan);
    iac_put_number(out, plan->relevant_count);
    for (size_t i = 0; i < plan->relevant_count; i++) {
        iac_put_addr(out, plan->relevant[i].addr);
        iac_put_path(out, plan->relevant[i].path);
    }
    put_checks(out, plan->checks, plan->check_count);
    put_texts(out, plan->targets, plan->target_count);
    put_texts(out, plan->excludes, plan->exclude_count);
    put_texts(out, plan->replaces, plan->replace_count);
    put_texts(out, plan->settled, plan->settled_count);
    put_texts(out, plan->reported, plan->reported_count);
    put_texts(out, plan->released, plan->released_count);
    put_config(out, plan->config);
    iac_buf_clear(&body);
    iac_vec_clear(&schemas.list);
    iac_map_clear(&schemas.index);
    iac_arena_free(schemas.arena);
}

static void get_operations(iac_wire *in, iac_plan *plan)
{
    size_t n = iac_get_count(in);
    iac_operation *operations = iac_arena_array(in->arena, iac_operation, n);
    for (size_t i = 0; i < n && !in->bad; i++) {
        uint64_t code = iac_get_number(in), change = iac_get_number(in);
        in->bad |= code > IAC_DO_BARRIER || (change >= plan->change_count && change != IAC_NONE);
        operations[i].code = (iac_opcode)(in->bad ? 0 : code);
        operations[i].change = (uint32_t)change;
        operations[i].node = iac_get_text(in);
        size_t after_count = iac_get_count(in);
        uint32_t *after = iac_arena_array(in->arena, uint32_t, after_count);
        for (size_t k = 0; k < after_count && !in->bad; k++) {
            uint64_t id = iac_get_number(in);
            in->bad |= id >= n;
            after[k] = (uint32_t)id;
        }
        operations[i].after = after;
        operations[i].after_count = (uint32_t)after_count;
        bool asks = operations[i].code != IAC_DO_EVALUATE && operations[i].code != IAC_DO_BARRIER;
        in->bad |= asks && change == IAC_NONE;
    }
    plan->operations = operations;
    plan->operation_count = n;
}

static void get_outputs(iac_wire *in, iac_plan *plan)
{
    size_t n = iac_get_count(in);
    iac_output_change *outputs = iac_arena_array(in->arena, iac_output_change, n);
    for (size_t i = 0; i < n && !in->bad; i++) {
        outputs[i].name = iac_get_text(in);
        outputs[i].sensitive = iac_get_number(in);
        uint64_t action = iac_get_number(in);
        in->bad |= action > IAC_ACTION_FORGET;
        outputs[i].action = (iac_action)(in->bad ? 0 : action);
        outputs[i].before = iac_get_value(in);
        outputs[i].after = iac_get_value(in);
    }
    plan->outputs = outputs;
    plan->output_count = n;
}

static void get_relevant(iac_wire *in, iac_plan *plan)
{
    size_t n = iac_get_count(in);
    iac_relevant *relevant = iac_arena_array(in->arena, iac_relevant, n);
    for (size_t i = 0; i < n && !in->bad; i++) {
        relevant[i].addr = iac_get_addr(in);
        relevant[i].path = iac_get_path(in);
    }
    plan->relevant = relevant;
    plan->relevant_count = n;
}

/* Without its configuration. */
static iac_plan *get_decisions(iac_wire *in)
{
    iac_plan *plan = iac_arena_new_of(in->arena, iac_plan);
    uint64_t mode = iac_get_number(in);
    in->bad |= mode > IAC_PLAN_REFRESH_ONLY;
    plan->mode = (iac_plan_mode)(in->bad ? 0 : mode);
    plan->timestamp = iac_get_text(in);
    plan->workspace = iac_get_text(in);
    plan->errored = iac_get_number(in);
    plan->complete = iac_get_number(in);
    plan->applyable = iac_get_number(in);
    size_t schema_count = iac_get_count(in);
    const iac_schema **schemas = iac_arena_array(in->arena, const iac_schema *, schema_count);
    for (size_t i = 0; i < schema_count && !in->bad; i++) {
        iac_str error;
        schemas[i] = iac_schema_from_json(in->arena, iac_get_text(in), &error);
        in->bad |= !schemas[i];
    }
    plan->changes = get_changes(in, &plan->change_count, schemas, schema_count);
    plan->drift = get_changes(in, &plan->drift_count, schemas, schema_count);
    get_other_schemas(in, plan, schemas, schema_count);
    get_outputs(in, plan);
    get_operations(in, plan);
    plan->prior = get_state(in);
    plan->variables = get_values(in);
    plan->ephemeral_set = get_texts(in, &plan->ephemeral_count);
    plan->given = get_values(in);
    get_relevant(in, plan);
    plan->checks = get_checks(in, &plan->check_count);
    plan->targets = get_texts(in, &plan->target_count);
    plan->excludes = get_texts(in, &plan->exclude_count);
    plan->replaces = get_texts(in, &plan->replace_count);
    plan->settled = get_texts(in, &plan->settled_count);
    plan->reported = get_texts(in, &plan->reported_count);
    plan->released = get_texts(in, &plan->released_count);
    return plan;
}

static const iac_plan *get_plan(iac_wire *in, iac_diags *diags)
{
    iac_plan *plan = get_decisions(in);
    plan->config = get_config(in, diags);
    return in->bad || !plan->config ? NULL : plan;
}

/* ---- for the history ---- */

void iac_planfile_pack(const iac_plan *plan, iac_buf *out)
{
    iac_arena *scratch = iac_arena_new();
    iac_state prior = { .lineage = plan->prior->lineage, .serial = plan->prior->serial };
    iac_change *changes = iac_arena_array(scratch, iac_change, plan->change_count);
    iac_plan copy = *plan;
    copy.changes = changes;
    copy.change_count = 0;
    for (size_t i = 0; i < plan->change_count; i++) {
        iac_change *change = &changes[copy.change_count];
        *change = plan->changes[i];
        change->private_data = change->prior_private = (iac_str){ 0 };
        if (change->action != IAC_ACTION_NOOP || change->moved || change->import_id.n)
            copy.change_count++;
    }
    copy.prior = &prior;
    copy.operations = NULL;
    copy.operation_count = 0;
    copy.variables = NULL;
    copy.config = NULL;
    put_plan(out, &copy);
    iac_arena_free(scratch);
}

iac_status iac_planfile_unpack(iac_arena *arena, iac_str bytes, const iac_config *config, const iac_plan **ret,
                               iac_diags *diags)
{
    iac_wire wire = { .arena = arena, .bytes = bytes };
    iac_plan *plan = get_decisions(&wire);
    plan->config = config;
    if (wire.bad) {
        iac_diag_error(diags, IAC_NO_RANGE, "Plan cannot be read",
                       "The plan that the history has kept was written by another version of iac, or makes no sense.");
        return IAC_ERR;
    }
    *ret = plan;
    return IAC_OK;
}

/* ---- files ---- */

static bool write_all(int fd, iac_str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = iac_str_sub(bytes, (size_t)n, bytes.n);
    }
    return true;
}

#define ASSOCIATED IAC_STR("iac saved plan")

/* What the file holds in clear, in the place of what it is. A sealed state is left as it is: it is no plan. */
static iac_status open_file(iac_arena *arena, iac_crypt *crypt, iac_buf *file, iac_diags *diags)
{
    iac_str text = iac_buf_view(file), plain;
    bool ours = iac_str_starts(text, IAC_STR("iac saved plan "));
    bool state = iac_str_find(iac_str_sub(text, 0, 256), IAC_STR("\"lineage\""), 0) != SIZE_MAX;
    if (!ours && (state || !iac_crypt_is_wrapped(text)))
        return IAC_OK;
    if (iac_crypt_unwrap(crypt, "plan", ASSOCIATED, arena, text, NULL, &plain, NULL, diags) != IAC_OK)
        return IAC_ERR;
    if (!ours) {
        iac_buf_reset(file);
        iac_buf_str(file, plain);
    }
    return IAC_OK;
}

iac_status iac_planfile_write(const iac_plan *plan, const char *path, iac_str key, iac_crypt *crypt, iac_diags *diags)
{
    static const unsigned char none[HASH_SIZE];
    unsigned char hash[HASH_SIZE], mac[HASH_SIZE];
    iac_buf body; /* begins with its HMAC */
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    iac_buf_add(&body, none, HASH_SIZE);
    put_plan(&body, plan);
    authenticate(key, iac_str_sub(iac_buf_view(&body), HASH_SIZE, body.n), mac);
    memcpy(body.p, mac, HASH_SIZE);
    digest(iac_buf_view(&body), hash);

    iac_buf clear, file;
    iac_buf_init(&clear, IAC_BUF_UNLIMITED);
    iac_buf_init(&file, IAC_BUF_UNLIMITED);
    iac_buf_add(&clear, MAGIC, MAGIC_SIZE);
    iac_buf_add(&clear, hash, HASH_SIZE);
    iac_buf_str(&clear, iac_buf_view(&body));
    iac_status status = iac_crypt_wrap(crypt, ASSOCIATED, NULL, iac_buf_view(&clear), &file, diags);
    iac_buf_clear(&clear);
    iac_buf_clear(&body);
    if (status != IAC_OK) {
        iac_buf_clear(&file);
        return IAC_ERR;
    }

    iac_buf temporary;
    iac_buf_init(&temporary, IAC_BUF_UNLIMITED);
    iac_buf_printf(&temporary, "%s.tmp%ld", path, (long)getpid());
    int fd = open(temporary.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_all(fd, iac_buf_view(&file)) && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        error = errno;
        ok = false;
    }
    if (ok && rename(temporary.p, path) != 0) {
        error = errno;
        ok = false;
    }
    if (!ok) {
        char why[128];
        if (fd >= 0)
            unlink(temporary.p);
        iac_diag_error(diags, IAC_NO_RANGE, "Failed to write plan file",
                       "The plan file could not be written: open %s: %s.", path,
                       iac_errno_text(error == EBUSY ? EISDIR : error, why, sizeof(why))); /* EBUSY: it is "/" */
    }
    iac_buf_clear(&temporary);
    iac_buf_clear(&file);
    return ok ? IAC_OK : IAC_ERR;
}

static iac_status read_whole(const char *path, iac_buf *out, iac_diags *diags)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char piece[65536];
    ssize_t n = 0;
    while (fd >= 0 && ((n = read(fd, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR))) {
        if (n > 0)
            iac_buf_add(out, piece, (size_t)n);
        if (out->n >= MAGIC_SIZE && memcmp(out->p, MAGIC, MAGIC_SIZE) != 0 && out->p[0] != '{')
            break; /* not ours: no need for the rest */
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && n >= 0)
        return IAC_OK;
    char summary[PATH_MAX + 64];
    snprintf(summary, sizeof(summary), "Failed to load \"%s\" as a plan file", path);
    if (error == EISDIR)
        iac_diag_error(diags, IAC_NO_RANGE, summary,
                       "The specified path is a directory, not a plan file. You can use the global -chdir flag to use "
                       "this directory as the configuration root.");
    else if (error == ENOENT)
        iac_diag_error(diags, IAC_NO_RANGE, summary, "Error: stat %s: no such file or directory", path);
    else
        iac_diag_error(diags, IAC_NO_RANGE, summary, "The file cannot be read: %s.", strerror(error));
    return IAC_ERR;
}

/* Whether the file is what was saved: all of it, and with a key by one who has that. */
static iac_status check_file(iac_str file, const char *path, iac_str key, iac_diags *diags)
{
    static const unsigned char none[HASH_SIZE];
    unsigned char hash[HASH_SIZE];
    digest(iac_str_sub(file, MAGIC_SIZE + HASH_SIZE, file.n), hash);
    if (file.n < HEAD_SIZE || memcmp(hash, file.p + MAGIC_SIZE, HASH_SIZE) != 0) {
        iac_diag_error(diags, IAC_NO_RANGE, "Plan file is damaged",
                       "The contents of %s do not match their checksum: the file was changed or cut off after it was "
                       "saved. Make the plan again.",
                       path);
        return IAC_ERR;
    }
    const char *mac = file.p + MAGIC_SIZE + HASH_SIZE;
    if (!key.n)
        return IAC_OK;
    authenticate(key, iac_str_sub(file, HEAD_SIZE, file.n), hash);
    if (CRYPTO_memcmp(hash, mac, HASH_SIZE) == 0)
        return IAC_OK;
    bool unsigned_ = memcmp(mac, none, HASH_SIZE) == 0;
    iac_diag_error(diags, IAC_NO_RANGE, "Plan file is not authentic",
                   unsigned_ ? "A plan key is configured here, and %s was saved without one: nobody can tell who made "
                               "it. Make the plan again with the key."
                             : "%s was saved with another plan key than the one that is configured here, or changed by "
                               "somebody who does not have it. Make the plan again.",
                   path);
    return IAC_ERR;
}

/* A file of another version of the format is told from what is no plan. */
static iac_status check_magic(iac_str file, const char *path, iac_diags *diags)
{
    static const char family[] = "iac saved plan ";
    if (iac_str_starts(file, (iac_str){ MAGIC, MAGIC_SIZE }))
        return IAC_OK;
    if (!iac_str_starts(file, IAC_STR("iac saved plan ")))
        return IAC_NOT_FOUND;
    iac_str version = iac_str_sub(file, sizeof(family) - 1, iac_str_find_char(file, '\n', 0));
    if (version.n > 8)
        version.n = 8;
    iac_diag_error(diags, IAC_NO_RANGE, "Unsupported plan file",
                   "The plan file %s has format version %.*s, and this version of iac reads version %.*s only. Make the "
                   "plan again with the version of iac that is to apply it.",
                   path, IAC_FMT(version), (int)(MAGIC_SIZE - sizeof(family)),
                   MAGIC + sizeof(family) - 1);
    return IAC_ERR;
}

iac_status iac_planfile_read(iac_arena *arena, const char *path, iac_str key, iac_crypt *crypt, const iac_plan **ret,
                             iac_diags *diags)
{
    iac_buf file;
    iac_buf_init(&file, IAC_BUF_UNLIMITED);
    iac_status status = read_whole(path, &file, diags);
    if (status == IAC_OK)
        status = open_file(arena, crypt, &file, diags);
    if (status != IAC_OK)
        goto out;
    status = check_magic(iac_buf_view(&file), path, diags);
    if (status == IAC_OK)
        status = check_file(iac_buf_view(&file), path, key, diags);
    if (status != IAC_OK)
        goto out;
    status = IAC_ERR;
    iac_str body = iac_str_sub(iac_buf_view(&file), HEAD_SIZE, file.n);
    iac_wire wire = { .arena = arena, .bytes = body };
    size_t errors = diags->errors;
    const iac_plan *plan = get_plan(&wire, diags);
    if (plan) {
        for (size_t i = 0; i < plan->released_count; i++)
            iac_secrets_release(plan->released[i]);
        iac_plan_note_secrets(plan);
        *ret = plan;
        status = IAC_OK;
    } else if (diags->errors == errors) {
        iac_diag_error(diags, IAC_NO_RANGE, "Plan file is damaged", "The contents of %s make no sense.", path);
    }
out:
    iac_buf_clear(&file);
    return status;
}

iac_status iac_planfile_check(const iac_plan *plan, iac_str lineage, int64_t serial, iac_diags *diags)
{
    const iac_state *prior = plan->prior;
    if (prior->lineage.n && !iac_str_eq(prior->lineage, lineage)) {
        iac_diag_error(diags, IAC_NO_RANGE, "Saved plan does not match the given state",
                       "The given plan file can not be applied because it was created from a different state "
                       "lineage.");
        return IAC_ERR;
    }
    if (prior->serial == serial)
        return IAC_OK;
    iac_diag_error(diags, IAC_NO_RANGE, "Saved plan is stale",
                   "The given plan file can no longer be applied because the state was changed by another operation "
                   "after the plan was created.");
    return IAC_ERR;
}

static bool has_text(const iac_str *texts, size_t n, iac_str text)
{
    for (size_t i = 0; i < n; i++)
        if (iac_str_eq(texts[i], text))
            return true;
    return false;
}

iac_status iac_planfile_check_intents(const iac_plan *plan, const iac_intent *intents, size_t n, iac_diags *diags)
{
    for (size_t i = 0; i < n; i++) { /* about as many as ran at once */
        if (has_text(plan->settled, plan->settled_count, intents[i].token) ||
            has_text(plan->reported, plan->reported_count, intents[i].token))
            continue;
        iac_buf address;
        iac_buf_init(&address, IAC_BUF_UNLIMITED);
        iac_addr_print(&address, intents[i].addr);
        iac_diag_error(diags, IAC_NO_RANGE, "Saved plan is stale",
                       "The given plan file can no longer be applied because a run was interrupted after the plan was "
                       "created, while it was working on %s. Make a new plan: it shows what became of that.",
                       address.p);
        iac_buf_clear(&address);
        return IAC_ERR;
    }
    return IAC_OK;
}

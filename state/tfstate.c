#include "state/store_internal.h"

#include "lang/value/json.h"
#include <stdlib.h>
#include <string.h>

/* Reading Terraform's state file, version 4; the writer is in tfstate_write.c. The file is parsed as a value and then
 * taken apart. Attributes are kept as JSON: only a provider's schema tells their types. */

typedef struct reader {
    iac_arena *arena;
    iac_diags *diags;
    struct { iac_state_instance *v; size_t n, cap; } instances; /* one for each object at first */
} reader;

static iac_status refuse(reader *r, const char *summary, const char *format, ...) IAC_PRINTF(3, 4);
static iac_status refuse(reader *r, const char *summary, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    iac_str text = iac_arena_vprintf(r->arena, format, args);
    va_end(args);
    iac_diag_error(r->diags, IAC_NO_RANGE, summary, "%.*s", IAC_FMT(text));
    return IAC_ERR;
}

static iac_status bad(reader *r, const char *what)
{
    return refuse(r, "Invalid state file", "The state file could not be read: %s.", what);
}

/* The attribute when it is there and of the kind; NULL otherwise. */
static const iac_value *get(const iac_value *v, const char *name, iac_kind kind)
{
    const iac_value *item = iac_value_get_cstr(v, name);
    return item && item->state == IAC_KNOWN && item->kind == kind ? item : NULL;
}

static iac_str get_string(const iac_value *v, const char *name)
{
    const iac_value *item = get(v, name, IAC_STRING);
    return item ? item->string : (iac_str){ 0 };
}

static int64_t get_int(const iac_value *v, const char *name)
{
    const iac_value *item = get(v, name, IAC_NUMBER);
    int64_t n = 0;
    if (item && !iac_value_to_int(item, &n))
        n = 0;
    return n;
}

static bool get_bool(const iac_value *v, const char *name)
{
    const iac_value *item = get(v, name, IAC_BOOL);
    return item && item->boolean;
}

static iac_str to_json(iac_arena *arena, const iac_value *v)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_value_to_json(&json, v);
    iac_str text = iac_arena_str(arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    return text;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool iac_state_base64_decode(iac_arena *arena, iac_str text, iac_str *ret)
{
    while (text.n && text.p[text.n - 1] == '=')
        text.n--;
    char *out = iac_arena_alloc(arena, text.n + 1);
    size_t n = 0;
    uint32_t bits = 0;
    int have = 0;
    for (size_t i = 0; i < text.n; i++) {
        int digit = base64_digit(text.p[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (char)(bits >> have & 0xff);
        }
    }
    *ret = (iac_str){ out, n };
    return true;
}

static iac_status read_dependencies(reader *r, const iac_value *instance, iac_object *object)
{
    const iac_value *list = get(instance, "dependencies", IAC_TUPLE);
    if (!list)
        return IAC_OK;
    iac_addr *addrs = iac_arena_array(r->arena, iac_addr, list->n);
    for (size_t i = 0; i < list->n; i++) {
        const iac_value *item = list->items[i];
        if (item->state != IAC_KNOWN || item->kind != IAC_STRING)
            return bad(r, "a dependency is not a string");
        if (iac_addr_parse(r->arena, item->string, &addrs[i], r->diags) != IAC_OK)
            return IAC_ERR;
    }
    object->dependencies = addrs;
    object->dependency_count = list->n;
    return IAC_OK;
}

static iac_status read_object(reader *r, const iac_value *instance, iac_object *object)
{
    const iac_value *attributes = get(instance, "attributes", IAC_OBJECT);
    if (!attributes)
        return bad(r, "an object has no \"attributes\"; files as old as that must be upgraded with Terraform first");
    object->attributes = to_json(r->arena, attributes);
    object->schema_version = get_int(instance, "schema_version");
    const iac_value *sensitive = get(instance, "sensitive_attributes", IAC_TUPLE);
    if (sensitive && !iac_paths_from_value(r->arena, sensitive, &object->sensitive))
        return bad(r, "an object's \"sensitive_attributes\" are not paths");
    if (!iac_state_base64_decode(r->arena, get_string(instance, "private"), &object->private_data))
        return bad(r, "an object's \"private\" is not base64");
    object->tainted = iac_str_is(get_string(instance, "status"), "tainted");
    object->create_before_destroy = get_bool(instance, "create_before_destroy");
    object->deposed = get_string(instance, "deposed");
    return read_dependencies(r, instance, object);
}

static const char bad_metadata[] = "Invalid resource instance metadata in state";

static iac_status read_key(reader *r, iac_addr addr, const iac_value *instance, iac_key *key)
{
    const iac_value *v = iac_value_get_cstr(instance, "index_key");
    if (!v || iac_is_null(v))
        return IAC_OK;
    if (v->kind == IAC_STRING)
        *key = (iac_key){ .kind = IAC_KEY_STRING, .name = v->string };
    else if (v->kind == IAC_NUMBER && iac_value_to_int(v, &key->index))
        key->kind = IAC_KEY_INT;
    else
        return refuse(r, bad_metadata, "Resource %.*s has an instance with the invalid instance key %.*s.",
                      IAC_FMT(iac_addr_text(r->arena, addr)), IAC_FMT(to_json(r->arena, v)));
    return IAC_OK;
}

/* "module.a["k"].module.b": read as the address of something within. */
static iac_status read_module(reader *r, iac_str text, iac_module_addr *ret)
{
    iac_addr addr;
    bool is_module;
    if (!text.n)
        return IAC_OK;
    static const char summary[] = "Invalid module instance address";
    if (!iac_str_starts(text, IAC_STR("module.")))
        return refuse(r, summary, "A module instance address must begin with \"module.\".");
    if (iac_target_parse(r->arena, text, &addr, &is_module, r->diags) != IAC_OK)
        return IAC_ERR;
    *ret = addr.module;
    return is_module ? IAC_OK : refuse(r, summary, "%.*s is not a module.", IAC_FMT(text));
}

static iac_status read_resource(reader *r, const iac_value *resource)
{
    iac_addr addr = { .type = get_string(resource, "type"), .name = get_string(resource, "name") };
    iac_str mode = get_string(resource, "mode");
    const iac_value *instances = get(resource, "instances", IAC_TUPLE);
    if (!addr.type.n || !addr.name.n || !instances)
        return bad(r, "a resource has no \"type\", \"name\" or \"instances\"");
    if (!iac_str_is(mode, "managed") && !iac_str_is(mode, "data"))
        return refuse(r, "Invalid resource mode in state",
                      "State contains a resource with mode \"%.*s\" (\"%.*s\" \"%.*s\") which is not supported.",
                      IAC_FMT(mode), IAC_FMT(addr.type), IAC_FMT(addr.name));
    addr.mode = iac_str_is(mode, "data") ? IAC_DATA : IAC_MANAGED;
    if (read_module(r, get_string(resource, "module"), &addr.module) != IAC_OK)
        return IAC_ERR;
    iac_str whole = get_string(resource, "provider");
    for (size_t i = 0; i < instances->n; i++) {
        iac_str provider = get_string(instances->items[i], "provider"); /* one of several that for_each makes */
        iac_object *object = iac_arena_new_of(r->arena, iac_object);
        addr.key = (iac_key){ 0 };
        if (read_key(r, addr, instances->items[i], &addr.key) != IAC_OK ||
            read_object(r, instances->items[i], object) != IAC_OK)
            return IAC_ERR;
        iac_str status = get_string(instances->items[i], "status");
        if (status.n && !object->tainted)
            return refuse(r, bad_metadata, "Instance %.*s has invalid status \"%.*s\".",
                          IAC_FMT(iac_addr_text(r->arena, addr)), IAC_FMT(status));
        iac_vec_push(&r->instances, (iac_state_instance){ .addr = addr,
                                                          .provider = provider.n ? provider : whole,
                                                          .current = object });
    }
    return IAC_OK;
}

static int object_cmp(const void *a, const void *b)
{
    const iac_state_instance *x = a, *y = b;
    int order = iac_addr_cmp(x->addr, y->addr);
    return order ? order : iac_str_cmp(x->current->deposed, y->current->deposed);
}

/* Objects of one instance become one. */
static iac_status merge(reader *r, iac_state *state)
{
    size_t count = r->instances.n, n = 0, used = 0;
    if (!count)
        return IAC_OK;
    qsort(r->instances.v, count, sizeof(*r->instances.v), object_cmp);
    iac_state_instance *out = iac_arena_array(r->arena, iac_state_instance, count);
    const iac_object **deposed = iac_arena_array(r->arena, const iac_object *, count);
    for (size_t i = 0; i < count; i++) {
        const iac_state_instance *item = &r->instances.v[i];
        if (i && object_cmp(item, item - 1) == 0)
            return refuse(r, "Duplicate resource instance in state",
                          "Instance %.*s appears multiple times in the state file.",
                          IAC_FMT(iac_addr_text(r->arena, item->addr)));
        if (!n || !iac_addr_equal(out[n - 1].addr, item->addr))
            out[n++] = (iac_state_instance){ .addr = item->addr, .provider = item->provider };
        iac_state_instance *instance = &out[n - 1];
        if (!item->current->deposed.n) {
            instance->current = item->current;
            continue;
        }
        if (!instance->deposed_count)
            instance->deposed = deposed + used;
        deposed[used++] = item->current;
        instance->deposed_count++;
    }
    state->instances = out;
    state->instance_count = n;
    return IAC_OK;
}

static iac_status refuse_output(reader *r, iac_str name, const iac_value *v, const iac_value *type_json,
                                const iac_type *type, iac_str error)
{
    if (!type && type_json && type_json->kind == IAC_STRING)
        iac_diag_error(r->diags, IAC_NO_RANGE, "Invalid output value type in state",
                       "The state file has an invalid type specification for output \"%.*s\": invalid primitive type "
                       "name \"%.*s\".", IAC_FMT(name), IAC_FMT(type_json->string));
    else if (!type)
        iac_diag_error(r->diags, IAC_NO_RANGE, "Invalid output value type in state",
                       "The state file has an invalid type specification for output \"%.*s\": %s.", IAC_FMT(name),
                       type_json ? "invalid complex type description" : "EOF");
    else
        iac_diag_error(r->diags, IAC_NO_RANGE, "Invalid output value saved in state",
                       "The state file has an invalid value for output \"%.*s\": %.*s.", IAC_FMT(name),
                       IAC_FMT(v ? error : IAC_STR("EOF")));
    return IAC_ERR;
}

static iac_status read_outputs(reader *r, const iac_value *file, iac_state *state)
{
    const iac_value *all = get(file, "outputs", IAC_OBJECT);
    if (!all || !all->n)
        return IAC_OK;
    iac_state_output *outputs = iac_arena_array(r->arena, iac_state_output, all->n);
    for (size_t i = 0; i < all->n; i++) {
        const iac_value *v = iac_value_get_cstr(all->items[i], "value");
        const iac_value *type_json = iac_value_get_cstr(all->items[i], "type");
        const iac_type *type = type_json ? iac_type_from_json(r->arena, to_json(r->arena, type_json)) : NULL;
        iac_str error = { 0 };
        outputs[i].name = all->keys[i];
        outputs[i].sensitive = get_bool(all->items[i], "sensitive");
        if (v && type)
            outputs[i].value = iac_value_from_typed_json(r->arena, to_json(r->arena, v), type, &error);
        if (!outputs[i].value)
            return refuse_output(r, all->keys[i], v, type_json, type, error);
    }
    state->outputs = outputs;
    state->output_count = all->n;
    return IAC_OK;
}

/* "string", "number 1.5", "array": a value as messages about its kind name it. */
static iac_str kind_text(iac_arena *arena, const iac_value *v)
{
    switch ((iac_kind)v->kind) {
    case IAC_STRING:
        return IAC_STR("string");
    case IAC_BOOL:
        return IAC_STR("bool");
    case IAC_TUPLE:
        return IAC_STR("array");
    case IAC_NUMBER:
        return iac_arena_printf(arena, "number %.*s", IAC_FMT(to_json(arena, v)));
    default:
        return IAC_STR("object");
    }
}

static const char bad_format[] = "Unsupported state file format";

static iac_status refuse_version(reader *r, iac_str what)
{
    iac_diag_error(r->diags, IAC_NO_RANGE, bad_format,
                   "The version in the state file is %.*s. A positive whole number is required.", IAC_FMT(what));
    return IAC_ERR;
}

static iac_status refuse_unversioned(reader *r)
{
    iac_diag_error(r->diags, IAC_NO_RANGE, bad_format,
                   "The state file does not have a \"version\" attribute, which is required to identify the format "
                   "version.");
    return IAC_ERR;
}

static iac_status check_version(reader *r, const iac_value *file)
{
    const iac_value *v = iac_value_get_cstr(file, "version");
    int64_t version = 0;

    if (!v || iac_is_null(v))
        return refuse_unversioned(r);
    if (v->kind != IAC_NUMBER || !iac_value_to_int(v, &version) || version < 0)
        return refuse_version(r, kind_text(r->arena, v));
    if (version == 4)
        return IAC_OK;
    if (version == 0)
        iac_diag_error(r->diags, IAC_NO_RANGE, bad_format,
                       "The state file uses JSON syntax but has a version number of zero. There was never a JSON-based "
                       "state format zero, so this state file is invalid and cannot be processed.");
    else if (version > 4)
        iac_diag_error(r->diags, IAC_NO_RANGE, bad_format,
                       "The state file uses format version %lld, which is not supported by iac %s. This state file may "
                       "have been created by a newer version of iac.", (long long)version, IAC_TFSTATE_WRITTEN_BY);
    else
        iac_diag_error(r->diags, IAC_NO_RANGE, bad_format,
                       "The state file uses format version %lld; iac reads version 4, which Terraform 0.12 and later "
                       "write.", (long long)version);
    return IAC_ERR;
}

/* What is there must be of its kind: nothing is left out in silence. */
static iac_status check_kinds(reader *r, const iac_value *file)
{
    static const struct {
        const char *name;
        iac_kind kind;
    } fields[] = {
        { "terraform_version", IAC_STRING }, { "serial", IAC_NUMBER },   { "lineage", IAC_STRING },
        { "outputs", IAC_OBJECT },           { "resources", IAC_TUPLE }, { "check_results", IAC_TUPLE },
    };

    for (size_t i = 0; i < IAC_COUNT(fields); i++) {
        const iac_value *v = iac_value_get_cstr(file, fields[i].name);
        int64_t whole = 0;
        if (!v || iac_is_null(v) || (v->kind == fields[i].kind && (v->kind != IAC_NUMBER ||
                                                                   (iac_value_to_int(v, &whole) && whole >= 0))))
            continue;
        iac_str what = kind_text(r->arena, v);
        if (fields[i].kind != IAC_NUMBER && v->kind == IAC_NUMBER)
            what = IAC_STR("number");
        iac_diag_error(r->diags, IAC_NO_RANGE, "Invalid state file format",
                       "The state file field \"%s\" has invalid value %.*s", fields[i].name, IAC_FMT(what));
        return IAC_ERR;
    }
    return IAC_OK;
}

static iac_status read_file(reader *r, const iac_value *file, iac_state *state)
{
    if (check_version(r, file) != IAC_OK || check_kinds(r, file) != IAC_OK)
        return IAC_ERR;
    state->serial = get_int(file, "serial");
    state->lineage = get_string(file, "lineage");
    if (read_outputs(r, file, state) != IAC_OK)
        return IAC_ERR;
    const iac_value *resources = get(file, "resources", IAC_TUPLE);
    for (size_t i = 0; resources && i < resources->n; i++) {
        if (read_resource(r, resources->items[i]) != IAC_OK)
            return IAC_ERR;
    }
    iac_checks_from_value(r->arena, get(file, "check_results", IAC_TUPLE), &state->checks, &state->check_count);
    return merge(r, state);
}

iac_status iac_tfstate_read(iac_arena *arena, iac_str json, const iac_state **ret, iac_diags *diags)
{
    reader r = { .arena = arena, .diags = diags };
    iac_str error = { 0 };
    size_t offset = 0;
    const iac_value *file = iac_value_from_json(arena, json, &error, &offset);
    if (!json.n) {
        iac_diag_error(diags, IAC_NO_RANGE, "no state", "%s", "");
        return IAC_ERR;
    }
    if (!file || file->state != IAC_KNOWN || file->kind != IAC_OBJECT) {
        if (!file)
            iac_diag_error(diags, IAC_NO_RANGE, bad_format,
                           "The state file could not be parsed as JSON: syntax error at byte offset %zu.",
                           offset < json.n ? offset + 1 : json.n);
        else if (!iac_is_null(file))
            refuse_version(&r, file->kind == IAC_NUMBER ? IAC_STR("number") : kind_text(arena, file));
        return refuse_unversioned(&r);
    }
    iac_state *state = iac_arena_new_of(arena, iac_state);
    iac_status status = read_file(&r, file, state);
    iac_vec_clear(&r.instances);
    if (status == IAC_OK)
        *ret = state;
    return status;
}

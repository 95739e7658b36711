#include "state/needs.h"
#include "state/store_internal.h"

#include "lang/value/json.h"

/* Starts a member: the comma after the one before, the line, the name. */
static void member(iac_buf *out, bool *first, int level, const char *name)
{
    iac_buf_cstr(out, *first ? "\n" : ",\n");
    *first = false;
    iac_buf_fill(out, ' ', (size_t)level * 2);
    if (name)
        iac_buf_printf(out, "\"%s\": ", name);
}

static void string_member(iac_buf *out, bool *first, int level, const char *name, iac_str text)
{
    member(out, first, level, name);
    iac_json_string(out, text, true);
}

void iac_state_base64_add(iac_buf *out, iac_str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        const unsigned char *p = (const unsigned char *)bytes.p + i;
        uint32_t bits = (uint32_t)p[0] << 16 | (left > 1 ? (uint32_t)p[1] << 8 : 0) | (left > 2 ? p[2] : 0);
        iac_buf_char(out, digits[bits >> 18]);
        iac_buf_char(out, digits[bits >> 12 & 63]);
        iac_buf_char(out, left > 1 ? digits[bits >> 6 & 63] : '=');
        iac_buf_char(out, left > 2 ? digits[bits & 63] : '=');
    }
}

static void add_dependencies(iac_buf *out, const iac_str *needed, size_t n)
{
    iac_buf_char(out, '[');
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        member(out, &first, 6, NULL);
        iac_json_string(out, needed[i], true);
    }
    iac_buf_cstr(out, "\n          ]");
}

/* A provider configuration without the key of one of its instances: provider["host/ns/type"].alias["key"]. */
static iac_str whole_provider(iac_str provider)
{
    size_t source = iac_str_find(provider, IAC_STR("\"]"), 0);
    size_t key = source == SIZE_MAX ? SIZE_MAX : iac_str_find_char(provider, '[', source);
    return key == SIZE_MAX ? provider : iac_str_sub(provider, 0, key);
}

static void write_object(iac_buf *out, iac_needs *needs, const iac_state_instance *instance, const iac_object *object)
{
    iac_key key = instance->addr.key;
    bool first = true;
    iac_buf_char(out, '{');
    if (key.kind == IAC_KEY_INT) {
        member(out, &first, 5, "index_key");
        iac_buf_printf(out, "%lld", (long long)key.index);
    } else if (key.kind == IAC_KEY_STRING) {
        string_member(out, &first, 5, "index_key", key.name);
    }
    if (object->tainted)
        string_member(out, &first, 5, "status", IAC_STR("tainted"));
    if (object->deposed.n)
        string_member(out, &first, 5, "deposed", object->deposed);
    if (whole_provider(instance->provider).n != instance->provider.n)
        string_member(out, &first, 5, "provider", instance->provider);
    member(out, &first, 5, "schema_version");
    iac_buf_printf(out, "%lld", (long long)object->schema_version);
    member(out, &first, 5, "attributes");
    iac_json_indent(out, object->attributes, 5);
    member(out, &first, 5, "sensitive_attributes");
    iac_buf paths;
    iac_buf_init(&paths, IAC_BUF_UNLIMITED);
    iac_paths_to_json(&paths, object->sensitive);
    iac_json_indent(out, iac_buf_view(&paths), 5);
    iac_buf_clear(&paths);
    if (object->private_data.n) {
        member(out, &first, 5, "private");
        iac_buf_char(out, '"');
        iac_state_base64_add(out, object->private_data);
        iac_buf_char(out, '"');
    }
    size_t needed_count = 0;
    const iac_str *needed = NULL;
    if (instance->addr.mode == IAC_MANAGED) /* the format has none of what is only read */
        needed = iac_needs_of(needs, object, &needed_count);
    if (needed_count) {
        member(out, &first, 5, "dependencies");
        add_dependencies(out, needed, needed_count);
    }
    if (object->create_before_destroy) {
        member(out, &first, 5, "create_before_destroy");
        iac_buf_cstr(out, "true");
    }
    iac_buf_cstr(out, "\n        }");
}

static bool same_resource(const iac_state_instance *a, const iac_state_instance *b)
{
    iac_addr x = a->addr, y = b->addr;
    x.key = y.key = (iac_key){ 0 };
    return iac_addr_equal(x, y) && iac_str_eq(whole_provider(a->provider), whole_provider(b->provider));
}

/* The instances of one resource, from `from` until before `end`. */
typedef struct resource_group {
    iac_str module; /* its text */
    size_t from, end;
} resource_group;

typedef IAC_VEC(resource_group) resource_groups;

static int group_cmp(const void *a, const void *b)
{
    const resource_group *x = a, *y = b;
    int order = iac_str_cmp(x->module, y->module);
    return order ? order : x->from < y->from ? -1 : 1;
}

/* In the order of the file, where modules are in that of their addresses' texts. */
static resource_groups find_groups(iac_arena *arena, const iac_state *state)
{
    resource_groups groups = { 0 };
    const iac_state_instance *v = state->instances;

    for (size_t i = 0, end; i < state->instance_count; i = end) {
        for (end = i + 1; end < state->instance_count && same_resource(&v[i], &v[end]);)
            end++;
        bool again = groups.n && iac_module_addr_equal(v[groups.v[groups.n - 1].from].addr.module, v[i].addr.module);
        iac_str module = again ? groups.v[groups.n - 1].module : iac_module_addr_text(arena, v[i].addr.module);
        iac_vec_push(&groups, ((resource_group){ module, i, end }));
    }
    if (groups.n)
        qsort(groups.v, groups.n, sizeof(*groups.v), group_cmp);
    return groups;
}

static void write_resource(iac_buf *out, const iac_state *state, iac_needs *needs, const resource_group *group)
{
    const iac_state_instance *instance = &state->instances[group->from];
    bool first = true;
    iac_buf_char(out, '{');
    if (group->module.n)
        string_member(out, &first, 3, "module", group->module);
    string_member(out, &first, 3, "mode", instance->addr.mode == IAC_DATA ? IAC_STR("data") : IAC_STR("managed"));
    string_member(out, &first, 3, "type", instance->addr.type);
    string_member(out, &first, 3, "name", instance->addr.name);
    string_member(out, &first, 3, "provider", whole_provider(instance->provider));
    member(out, &first, 3, "instances");
    iac_buf_char(out, '[');
    bool first_object = true;
    for (size_t i = group->from; i < group->end; i++) {
        const iac_state_instance *item = &state->instances[i];
        if (item->current) {
            member(out, &first_object, 4, NULL);
            write_object(out, needs, item, item->current);
            iac_buf_drain(out);
        }
        for (size_t k = 0; k < item->deposed_count; k++) {
            member(out, &first_object, 4, NULL);
            write_object(out, needs, item, item->deposed[k]);
        }
    }
    iac_buf_cstr(out, "\n      ]\n    }");
}

static void write_output(iac_buf *out, bool *first_output, const iac_state_output *output)
{
    bool first = true;
    iac_arena *arena = iac_arena_new();
    const iac_type *type = iac_value_type(arena, output->value);
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    member(out, first_output, 2, NULL);
    iac_json_string(out, output->name, true);
    iac_buf_cstr(out, ": {");
    iac_value_to_typed_json(&json, output->value, type);
    member(out, &first, 3, "value");
    iac_json_indent(out, iac_buf_view(&json), 3);
    iac_buf_reset(&json);
    iac_type_to_json(&json, type);
    member(out, &first, 3, "type");
    iac_json_indent(out, iac_buf_view(&json), 3);
    if (output->sensitive) {
        member(out, &first, 3, "sensitive");
        iac_buf_cstr(out, "true");
    }
    iac_buf_cstr(out, "\n    }");
    iac_buf_clear(&json);
    iac_arena_free(arena);
}

void iac_tfstate_write(iac_buf *out, const iac_state *state)
{
    iac_buf_printf(out, "{\n  \"version\": 4,\n  \"terraform_version\": \"%s\",\n  \"serial\": %lld,\n  \"lineage\": ",
                   IAC_TFSTATE_WRITTEN_BY, (long long)state->serial);
    iac_json_string(out, state->lineage, true);
    iac_buf_cstr(out, ",\n  \"outputs\": {");
    bool first = true;
    for (size_t i = 0; i < state->output_count; i++)
        write_output(out, &first, &state->outputs[i]);
    iac_buf_cstr(out, first ? "},\n  \"resources\": [" : "\n  },\n  \"resources\": [");
    first = true;
    iac_needs *needs = iac_needs_new();
    iac_arena *arena = iac_arena_new();
    resource_groups groups = find_groups(arena, state);
    for (size_t i = 0; i < groups.n; i++) {
        member(out, &first, 2, NULL);
        write_resource(out, state, needs, &groups.v[i]);
    }
    iac_vec_clear(&groups);
    iac_arena_free(arena);
    iac_needs_free(needs);
    iac_buf_cstr(out, first ? "],\n  \"check_results\": " : "\n  ],\n  \"check_results\": ");
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_checks_to_json(&json, state->checks, state->check_count);
    iac_json_indent(out, iac_buf_view(&json), 1);
    iac_buf_clear(&json);
    iac_buf_cstr(out, "\n}\n");
}

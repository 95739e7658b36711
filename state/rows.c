#include "state/rows.h"
#include "state/store_internal.h"

#include "lang/value/json.h"
#include <stdlib.h>
#include <string.h>

typedef struct dependency_list {
    const iac_addr *v;
    size_t n;
} dependency_list;

void iac_row_reader_clear(iac_row_reader *r)
{
    iac_vec_clear(&r->rows);
    iac_map_clear(&r->providers);
    iac_map_clear(&r->sensitive);
    iac_map_clear(&r->dependencies);
}

iac_status iac_row_damaged(iac_row_reader *r, const char *what, iac_str text)
{
    iac_diag_error(r->diags, IAC_NO_RANGE, "Failed to load state",
                   "The state database %s holds %s that cannot be understood: %.*s.\n\nRestore it from a backup, or "
                   "bring a state of the history back with \"iac state restore\".",
                   r->place, what, IAC_FMT(iac_str_sub(text, 0, 200)));
    return IAC_ERR;
}

static iac_status read_sensitive(iac_row_reader *r, iac_str text, iac_paths *ret)
{
    if (!text.n)
        return IAC_OK;
    iac_paths *paths = iac_map_get(&r->sensitive, text);
    if (!paths) {
        iac_str error;
        size_t offset;
        const iac_value *v = iac_value_from_json(r->arena, text, &error, &offset);
        paths = iac_arena_new_of(r->arena, iac_paths);
        if (!v || !iac_paths_from_value(r->arena, v, paths))
            return iac_row_damaged(r, "paths of sensitive values", text);
        iac_map_put(&r->sensitive, iac_arena_str(r->arena, text), paths);
    }
    *ret = *paths;
    return IAC_OK;
}

iac_status iac_row_addr(iac_row_reader *r, iac_str text, iac_addr *ret)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    iac_status status = iac_addr_parse(r->arena, text, ret, &ignored);
    iac_diags_clear(&ignored);
    return status == IAC_OK ? IAC_OK : iac_row_damaged(r, "an address", text);
}

static iac_status read_dependencies(iac_row_reader *r, iac_str text, iac_object *object)
{
    if (!text.n)
        return IAC_OK;
    dependency_list *list = iac_map_get(&r->dependencies, text);
    if (!list) {
        IAC_VEC(iac_addr) addrs = { 0 };
        iac_str all = iac_arena_str(r->arena, text);
        for (size_t at = 0; at <= all.n;) {
            size_t end = iac_str_find_char(all, '\n', at);
            iac_addr addr;
            if (iac_row_addr(r, iac_str_sub(all, at, end), &addr) != IAC_OK) {
                iac_vec_clear(&addrs);
                return IAC_ERR;
            }
            iac_vec_push(&addrs, addr);
            at = end < all.n ? end + 1 : all.n + 1;
        }
        list = iac_arena_new_of(r->arena, dependency_list);
        iac_addr *v = iac_arena_array(r->arena, iac_addr, addrs.n);
        memcpy(v, addrs.v, addrs.n * sizeof(*v));
        *list = (dependency_list){ v, addrs.n };
        iac_vec_clear(&addrs);
        iac_map_put(&r->dependencies, all, list);
    }
    object->dependencies = list->v;
    object->dependency_count = list->n;
    return IAC_OK;
}

static iac_str read_provider(iac_row_reader *r, iac_str text)
{
    iac_str *known = iac_map_get(&r->providers, text);
    if (!known) {
        known = iac_arena_new_of(r->arena, iac_str);
        *known = iac_arena_str(r->arena, text);
        iac_map_put(&r->providers, *known, known);
    }
    return *known;
}

iac_status iac_row_add(iac_row_reader *r, iac_str addr, iac_str provider, iac_object *object, iac_str sensitive,
                       iac_str dependencies)
{
    iac_row item = { .object = object, .provider = read_provider(r, provider) };
    if (iac_row_addr(r, addr, &item.addr) != IAC_OK ||
        read_sensitive(r, sensitive, &object->sensitive) != IAC_OK ||
        read_dependencies(r, dependencies, object) != IAC_OK)
        return IAC_ERR;
    iac_vec_push(&r->rows, item);
    return IAC_OK;
}

static int row_cmp(const void *a, const void *b)
{
    const iac_row *x = a, *y = b;
    int order = iac_addr_cmp(x->addr, y->addr);
    return order ? order : iac_str_cmp(x->object->deposed, y->object->deposed);
}

void iac_row_collect(iac_row_reader *r, iac_state *state)
{
    if (!r->rows.n)
        return;
    qsort(r->rows.v, r->rows.n, sizeof(iac_row), row_cmp);
    iac_state_instance *instances = iac_arena_array(r->arena, iac_state_instance, r->rows.n);
    const iac_object **deposed = iac_arena_array(r->arena, const iac_object *, r->rows.n);
    size_t n = 0, deposed_used = 0;
    for (size_t i = 0; i < r->rows.n; i++) {
        const iac_row *item = &r->rows.v[i];
        if (!n || !iac_addr_equal(instances[n - 1].addr, item->addr))
            instances[n++] = (iac_state_instance){ .addr = item->addr, .provider = item->provider };
        iac_state_instance *instance = &instances[n - 1];
        if (!item->object->deposed.n) {
            instance->current = item->object;
            continue;
        }
        if (!instance->deposed_count)
            instance->deposed = deposed + deposed_used;
        deposed[deposed_used++] = item->object;
        instance->deposed_count++;
    }
    state->instances = instances;
    state->instance_count = n;
}

void iac_row_sensitive(iac_buf *out, const iac_object *object)
{
    if (object->sensitive.n)
        iac_paths_to_json(out, object->sensitive);
}

void iac_row_dependencies(iac_buf *out, const iac_object *object)
{
    for (size_t i = 0; i < object->dependency_count; i++) {
        if (i)
            iac_buf_char(out, '\n');
        iac_addr_print(out, object->dependencies[i]);
    }
}

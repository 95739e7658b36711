/* Defaults of optional attributes, as type constraints of variables declare them. */
#include "lang/value/convert.h"

#include <stdio.h>
#include <stdlib.h>

static const iac_defaults *child(const iac_defaults *d, iac_str name)
{
    for (size_t i = 0; i < d->child_count; i++)
        if (iac_str_eq(d->child_names[i], name))
            return d->children[i];
    return NULL;
}

static const iac_defaults *item_defaults(const iac_defaults *d, const iac_value *v, size_t i)
{
    if (d->type && iac_type_is_collection(d->type))
        return child(d, (iac_str){ "", 0 });
    if (v->keys)
        return child(d, v->keys[i]);
    char index[24];
    snprintf(index, sizeof(index), "%zu", i);
    return child(d, iac_str_of(index));
}

/* Items that got further attributes may no longer fit a collection's type: unified where possible, else a tuple or
 * object, which the conversion that follows sorts out. */
static const iac_value *reassemble(iac_arena *arena, const iac_value *v, const iac_str *keys, const iac_value **items,
                                   size_t n)
{
    const iac_type *element = v->type && v->type->element ? v->type->element : NULL;
    if (element && n > 0 && !iac_values_unify(arena, items, n, &element))
        element = NULL;
    if (element && v->kind == IAC_LIST)
        return iac_value_list(arena, element, items, n);
    if (element && v->kind == IAC_SET)
        return iac_value_set(arena, element, items, n);
    if (element && v->kind == IAC_MAP)
        return iac_value_map(arena, element, keys, items, n);
    return v->keys || v->kind == IAC_OBJECT || v->kind == IAC_MAP ? iac_value_object(arena, keys, items, n)
                                                                  : iac_value_tuple(arena, items, n);
}

static const iac_value *default_of(iac_arena *arena, const iac_defaults *d, size_t i)
{
    const iac_defaults *inner = child(d, d->names[i]);
    return inner ? iac_defaults_apply(arena, inner, d->values[i]) : d->values[i];
}

const iac_value *iac_defaults_apply(iac_arena *arena, const iac_defaults *defaults, const iac_value *v)
{
    if (!defaults || v->state != IAC_KNOWN || v->kind < IAC_LIST || (defaults->n == 0 && defaults->child_count == 0))
        return v;
    bool keyed = v->kind == IAC_MAP || v->kind == IAC_OBJECT;
    size_t room = v->n + defaults->n;
    iac_str *keys = iac_xcalloc(room + 1, sizeof(*keys));
    const iac_value **items = iac_xcalloc(room + 1, sizeof(*items));
    size_t n = v->n;
    bool changed = false;
    for (size_t i = 0; i < v->n; i++) {
        items[i] = v->items[i];
        if (keyed)
            keys[i] = v->keys[i];
        const iac_defaults *inner = item_defaults(defaults, v, i);
        if (inner)
            items[i] = iac_defaults_apply(arena, inner, v->items[i]);
        changed |= items[i] != v->items[i];
    }
    for (size_t i = 0; keyed && i < defaults->n; i++) {
        const iac_value *have = iac_value_get(v, defaults->names[i]);
        if (have && have->state != IAC_NULL)
            continue;
        keys[n] = defaults->names[i]; /* of two items with one key the later counts */
        items[n++] = default_of(arena, defaults, i);
        changed = true;
    }
    const iac_value *result = changed ? iac_value_mark(arena, reassemble(arena, v, keys, items, n), v->marks) : v;
    free(items);
    free(keys);
    return result;
}

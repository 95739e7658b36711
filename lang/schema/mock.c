#include "lang/schema/mock.h"

#include "lang/value/convert.h"
#include "lang/value/text.h"

#include <stdlib.h>
#include <sys/random.h>

typedef struct maker {
    iac_arena *arena;
    const iac_mock_values *mock;
    iac_mock_fill fill;
    iac_range subject;
    iac_diags *diags;
} maker;

/* ---- what is invented ---- */

static const iac_value *random_text(iac_arena *arena)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint8_t bytes[8];
    char text[sizeof(bytes)];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        abort(); /* up to 256 bytes are given whole */
    for (size_t i = 0; i < sizeof(bytes); i++)
        text[i] = letters[bytes[i] % (sizeof(letters) - 1)];
    return iac_value_string(arena, (iac_str){ text, sizeof(text) });
}

static const iac_value *invent(iac_arena *arena, const iac_type *type)
{
    switch (type->kind) {
    case IAC_STRING:
        return random_text(arena);
    case IAC_NUMBER:
        return iac_value_int(arena, 0);
    case IAC_BOOL:
        return &iac_false;
    case IAC_LIST:
        return iac_value_list(arena, type->element, NULL, 0);
    case IAC_SET:
        return iac_value_set(arena, type->element, NULL, 0);
    case IAC_MAP:
        return iac_value_map(arena, type->element, NULL, NULL, 0);
    case IAC_TUPLE:
    case IAC_OBJECT: {
        const iac_value **items = iac_arena_array(arena, const iac_value *, type->n);
        for (size_t i = 0; i < type->n; i++)
            items[i] = invent(arena, type->items[i]);
        return type->kind == IAC_TUPLE ? iac_value_tuple(arena, items, type->n)
                                       : iac_value_object(arena, type->names, items, type->n);
    }
    case IAC_DYNAMIC:
        break;
    }
    return iac_value_null(arena, type);
}

/* v with attributes invented that the type has and it lacks, at every depth; what does not fit is left for the
 * conversion to complain about. */
static const iac_value *complete(iac_arena *arena, const iac_value *v, const iac_type *type)
{
    if (!iac_is_set_value(v) || v->kind < IAC_LIST)
        return v;
    if (type->kind == IAC_OBJECT && (v->kind == IAC_OBJECT || v->kind == IAC_MAP)) {
        const iac_value **items = iac_arena_array(arena, const iac_value *, type->n);
        for (size_t i = 0; i < type->n; i++) {
            const iac_value *given = iac_value_get(v, type->names[i]);
            items[i] = given ? complete(arena, given, type->items[i]) : invent(arena, type->items[i]);
        }
        return iac_value_object(arena, type->names, items, type->n);
    }
    if (!iac_type_is_collection(type))
        return v;
    const iac_value **items = iac_arena_array(arena, const iac_value *, v->n);
    for (size_t i = 0; i < v->n; i++)
        items[i] = complete(arena, v->items[i], type->element);
    return v->kind == IAC_OBJECT || v->kind == IAC_MAP ? iac_value_object(arena, v->keys, items, v->n)
                                                       : iac_value_tuple(arena, items, v->n);
}

/* ---- what is given ---- */

static const iac_value *computed_value(const maker *m, const iac_type *type, const iac_value *given, iac_str path)
{
    iac_str error = { 0 };

    if (m->fill == IAC_MOCK_DEFER)
        return iac_value_unknown(m->arena, type);
    if (!given)
        return invent(m->arena, type);
    const iac_value *v = iac_convert(m->arena, complete(m->arena, given, type), type, &error, NULL);
    if (v)
        return v;
    iac_str kind = iac_type_friendly(m->arena, type);
    iac_diag_error(m->diags, m->subject, "Failed to compute attribute",
                   "Terraform could not compute a value for the target type %.*s with the mocked data defined at %.*s "
                   "with the attribute \"%.*s\": %.*s.", IAC_FMT(kind), IAC_FMT(iac_range_place(m->arena, m->mock->range)),
                   IAC_FMT(path), IAC_FMT(error));
    return invent(m->arena, type);
}

static bool is_computed(const maker *m, bool computed, const iac_value *v)
{
    return m->fill == IAC_MOCK_UNKNOWNS ? iac_is_unknown(v) : computed && iac_is_null(v);
}

static iac_str below(const maker *m, iac_str path, iac_str name)
{
    return path.n ? iac_arena_printf(m->arena, "%.*s.%.*s", IAC_FMT(path), IAC_FMT(name)) : name;
}

static const iac_value *member(const iac_value *given, iac_str name)
{
    return given && (given->kind == IAC_OBJECT || given->kind == IAC_MAP) ? iac_value_get(given, name) : NULL;
}

static const iac_value *fill_attributes(const maker *m, const iac_attr_schema *attributes, size_t n,
                                        const iac_value *v, const iac_value *given, iac_str path);

/* The same given values stand for every element of a collection. */
static const iac_value *fill_nested(const maker *m, const iac_attr_schema *attribute, const iac_value *v,
                                    const iac_value *given, iac_str path)
{
    if (!iac_is_set_value(v))
        return v;
    if (attribute->nesting == IAC_NEST_SINGLE || attribute->nesting == IAC_NEST_GROUP)
        return fill_attributes(m, attribute->nested, attribute->nested_count, v, given, path);
    const iac_value **items = iac_arena_array(m->arena, const iac_value *, v->n);
    for (size_t i = 0; i < v->n; i++)
        items[i] = iac_is_set_value(v->items[i]) ? fill_attributes(m, attribute->nested, attribute->nested_count,
                                                                   v->items[i], given, path)
                                                 : v->items[i];
    return iac_value_with_items(m->arena, v, items);
}

static const iac_value *fill_attributes(const maker *m, const iac_attr_schema *attributes, size_t n,
                                        const iac_value *v, const iac_value *given, iac_str path)
{
    for (size_t i = 0; i < n; i++) {
        const iac_attr_schema *attribute = &attributes[i];
        const iac_value *old = iac_value_get(v, attribute->name), *now = old;
        if (!old)
            continue;
        if (is_computed(m, attribute->computed, old))
            now = computed_value(m, attribute->type, member(given, attribute->name),
                                 below(m, path, attribute->name));
        else if (attribute->nested)
            now = fill_nested(m, attribute, old, member(given, attribute->name), below(m, path, attribute->name));
        if (now != old)
            v = iac_value_with(m->arena, v, attribute->name, now);
    }
    return v;
}

static const iac_value *fill_block(const maker *m, const iac_block_schema *block, const iac_value *v,
                                   const iac_value *given, iac_str path)
{
    if (!iac_is_set_value(v) || v->kind != IAC_OBJECT)
        return v;
    v = fill_attributes(m, block->attributes, block->attribute_count, v, given, path);
    for (size_t i = 0; i < block->block_count; i++) {
        const iac_nested_schema *nested = &block->blocks[i];
        const iac_value *old = iac_value_get(v, nested->name), *now;
        const iac_value *inner = member(given, nested->name);
        iac_str where = below(m, path, nested->name);
        if (!old || !iac_is_set_value(old))
            continue;
        if (nested->nesting == IAC_NEST_SINGLE || nested->nesting == IAC_NEST_GROUP) {
            now = fill_block(m, nested->block, old, inner, where);
        } else {
            const iac_value **items = iac_arena_array(m->arena, const iac_value *, old->n);
            for (size_t k = 0; k < old->n; k++)
                items[k] = fill_block(m, nested->block, old->items[k], inner, where);
            now = iac_value_with_items(m->arena, old, items);
        }
        if (now != old)
            v = iac_value_with(m->arena, v, nested->name, now);
    }
    return v;
}

const iac_value *iac_mock_object(iac_arena *arena, const iac_block_schema *block, const iac_value *v,
                                 const iac_mock_values *mock, iac_mock_fill fill, iac_range subject,
                                 iac_diags *diags)
{
    maker m = { arena, mock, fill, subject, diags };
    const iac_value *given = mock ? mock->values : NULL;

    if (given && given->kind != IAC_OBJECT && given->kind != IAC_MAP) {
        iac_str kind = iac_type_friendly(arena, iac_value_type(arena, given));
        iac_diag_error(diags, mock->range, "Invalid replacement value",
                       "The requested replacement value must be an object type, but was %.*s.", IAC_FMT(kind));
        given = NULL;
    }
    return fill_block(&m, block, iac_value_unmark_deep(arena, v), given, (iac_str){ "", 0 });
}

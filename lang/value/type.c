#include "lang/value/type.h"

#include <stdlib.h>
#include <string.h>

#define HASH_DYNAMIC 0x6a09e667f3bcc908ULL
#define HASH_STRING  0xbb67ae8584caa73bULL
#define HASH_NUMBER  0x3c6ef372fe94f82bULL
#define HASH_BOOL    0xa54ff53a5f1d36f1ULL

const iac_type iac_type_dynamic = { .kind = IAC_DYNAMIC, .hash = HASH_DYNAMIC };
const iac_type iac_type_string = { .kind = IAC_STRING, .hash = HASH_STRING };
const iac_type iac_type_number = { .kind = IAC_NUMBER, .hash = HASH_NUMBER };
const iac_type iac_type_bool = { .kind = IAC_BOOL, .hash = HASH_BOOL };

#define HASH_LIST 0x510e527fade682d1ULL
#define HASH_SET  0x9b05688c2b3e6c1fULL
#define HASH_MAP  0x1f83d9abfb41bd6bULL

/* Of a collection, from the element's; a constant expression, so that common types can be static. */
#define HASH_OF(element, salt) ((((element) << 13 | (element) >> 51) ^ (salt)) * 0x9e3779b97f4a7c15ULL)

#define SIMPLE(KIND, salt)                                                                                             \
    {                                                                                                                  \
        { .kind = KIND, .element = &iac_type_dynamic, .hash = HASH_OF(HASH_DYNAMIC, salt) },                           \
            { .kind = KIND, .element = &iac_type_string, .hash = HASH_OF(HASH_STRING, salt) },                         \
            { .kind = KIND, .element = &iac_type_number, .hash = HASH_OF(HASH_NUMBER, salt) },                         \
        {                                                                                                              \
            .kind = KIND, .element = &iac_type_bool, .hash = HASH_OF(HASH_BOOL, salt)                                  \
        }                                                                                                              \
    }

const iac_type iac_simple_lists[4] = SIMPLE(IAC_LIST, HASH_LIST);
const iac_type iac_simple_sets[4] = SIMPLE(IAC_SET, HASH_SET);
const iac_type iac_simple_maps[4] = SIMPLE(IAC_MAP, HASH_MAP);
const iac_type iac_type_map_of_string_lists = { .kind = IAC_MAP,
                                                .element = &iac_simple_lists[IAC_STRING],
                                                .hash = HASH_OF(HASH_OF(HASH_STRING, HASH_LIST), HASH_MAP) };

static const iac_type *collection(iac_arena *arena, iac_kind kind, const iac_type *simple, uint64_t salt,
                                  const iac_type *element)
{
    if (element->kind <= IAC_BOOL)
        return &simple[element->kind];
    iac_type *type = iac_arena_new_of(arena, iac_type);
    type->kind = kind;
    type->element = element;
    type->hash = HASH_OF(element->hash, salt);
    return type;
}

const iac_type *iac_type_list(iac_arena *arena, const iac_type *element)
{
    return collection(arena, IAC_LIST, iac_simple_lists, HASH_LIST, element);
}

const iac_type *iac_type_set(iac_arena *arena, const iac_type *element)
{
    return collection(arena, IAC_SET, iac_simple_sets, HASH_SET, element);
}

const iac_type *iac_type_map(iac_arena *arena, const iac_type *element)
{
    return collection(arena, IAC_MAP, iac_simple_maps, HASH_MAP, element);
}

const iac_type *iac_type_tuple(iac_arena *arena, const iac_type *const *items, size_t n)
{
    iac_type *type = iac_arena_new_of(arena, iac_type);
    const iac_type **copy = iac_arena_array(arena, const iac_type *, n);
    type->kind = IAC_TUPLE;
    type->n = n;
    type->items = copy;
    type->hash = iac_hash_mix(IAC_TUPLE, n);
    for (size_t i = 0; i < n; i++) {
        copy[i] = items[i];
        type->hash = iac_hash_mix(type->hash, items[i]->hash);
    }
    return type;
}

struct attribute {
    iac_str name;
    size_t index;
};

static int compare_attributes(const void *a, const void *b)
{
    return iac_str_cmp(((const struct attribute *)a)->name, ((const struct attribute *)b)->name);
}

static bool in_order(const iac_str *names, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (iac_str_cmp(names[i - 1], names[i]) >= 0)
            return false;
    return true;
}

const iac_type *iac_type_object(iac_arena *arena, const iac_str *names, const iac_type *const *items,
                                const bool *optional, size_t n)
{
    iac_type *type = iac_arena_new_of(arena, iac_type);
    iac_str *own_names = iac_arena_array(arena, iac_str, n);
    const iac_type **own_items = iac_arena_array(arena, const iac_type *, n);
    bool *own_optional = NULL;
    struct attribute *order = NULL;

    for (size_t i = 0; optional && i < n && !own_optional; i++)
        if (optional[i])
            own_optional = iac_arena_array(arena, bool, n);
    if (!in_order(names, n)) {
        order = iac_xcalloc(n, sizeof(*order));
        for (size_t i = 0; i < n; i++)
            order[i] = (struct attribute){ names[i], i };
        qsort(order, n, sizeof(*order), compare_attributes);
    }
    type->kind = IAC_OBJECT;
    type->n = n;
    type->names = own_names;
    type->items = own_items;
    type->optional = own_optional;
    type->hash = iac_hash_mix(IAC_OBJECT, n);
    for (size_t i = 0; i < n; i++) {
        size_t from = order ? order[i].index : i;
        own_names[i] = iac_arena_str(arena, names[from]);
        own_items[i] = items[from];
        if (own_optional)
            own_optional[i] = optional[from];
        type->hash = iac_hash_mix(type->hash, iac_str_hash(own_names[i]));
        type->hash = iac_hash_mix(type->hash, items[from]->hash);
    }
    free(order);
    return type;
}

bool iac_type_equal(const iac_type *a, const iac_type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->hash != b->hash || a->n != b->n)
        return false;
    switch (a->kind) {
    case IAC_LIST:
    case IAC_SET:
    case IAC_MAP:
        return iac_type_equal(a->element, b->element);
    case IAC_TUPLE:
    case IAC_OBJECT:
        for (size_t i = 0; i < a->n; i++) {
            if (a->kind == IAC_OBJECT && !iac_str_eq(a->names[i], b->names[i]))
                return false;
            if (!iac_type_equal(a->items[i], b->items[i]))
                return false;
        }
        return true;
    default:
        return true;
    }
}

bool iac_type_has_dynamic(const iac_type *type)
{
    if (type->kind == IAC_DYNAMIC)
        return true;
    if (iac_type_is_collection(type))
        return iac_type_has_dynamic(type->element);
    for (size_t i = 0; i < type->n; i++)
        if (iac_type_has_dynamic(type->items[i]))
            return true;
    return false;
}

const iac_type *iac_type_attribute(const iac_type *object, iac_str name)
{
    if (object->kind != IAC_OBJECT)
        return NULL;
    size_t at = iac_str_search(object->names, object->n, name);
    return at == SIZE_MAX ? NULL : object->items[at];
}

const iac_type *iac_type_without_optional(iac_arena *arena, const iac_type *type)
{
    if (iac_type_is_collection(type)) {
        const iac_type *element = iac_type_without_optional(arena, type->element);
        if (element == type->element)
            return type;
        return type->kind == IAC_LIST  ? iac_type_list(arena, element)
               : type->kind == IAC_SET ? iac_type_set(arena, element)
                                       : iac_type_map(arena, element);
    }
    if (type->kind != IAC_TUPLE && type->kind != IAC_OBJECT)
        return type;
    bool changed = type->optional != NULL;
    const iac_type **items = iac_xcalloc(type->n + 1, sizeof(*items));
    for (size_t i = 0; i < type->n; i++) {
        items[i] = iac_type_without_optional(arena, type->items[i]);
        changed |= items[i] != type->items[i];
    }
    if (changed)
        type = type->kind == IAC_TUPLE ? iac_type_tuple(arena, items, type->n)
                                       : iac_type_object(arena, type->names, items, NULL, type->n);
    free(items);
    return type;
}

const iac_type *iac_type_copy(iac_arena *arena, const iac_type *type)
{
    switch (type->kind) {
    case IAC_LIST:
        return iac_type_list(arena, iac_type_copy(arena, type->element));
    case IAC_SET:
        return iac_type_set(arena, iac_type_copy(arena, type->element));
    case IAC_MAP:
        return iac_type_map(arena, iac_type_copy(arena, type->element));
    case IAC_STRING:
        return &iac_type_string;
    case IAC_NUMBER:
        return &iac_type_number;
    case IAC_BOOL:
        return &iac_type_bool;
    case IAC_DYNAMIC:
        return &iac_type_dynamic;
    case IAC_TUPLE:
    case IAC_OBJECT:
        break;
    }
    const iac_type **items = iac_xcalloc(type->n + 1, sizeof(*items));
    for (size_t i = 0; i < type->n; i++)
        items[i] = iac_type_copy(arena, type->items[i]);
    const iac_type *copy = type->kind == IAC_TUPLE
                               ? iac_type_tuple(arena, items, type->n)
                               : iac_type_object(arena, type->names, items, type->optional, type->n);
    free(items);
    return copy;
}

/* ---- texts ---- */

iac_str iac_type_friendly(iac_arena *arena, const iac_type *type)
{
    static const char *const names[] = {
        "dynamic", "string", "number", "bool", "list", "set", "map", "tuple", "object"
    };
    if (!iac_type_is_collection(type))
        return iac_str_of(names[type->kind]);
    iac_str element = iac_type_friendly(arena, type->element);
    return iac_arena_printf(arena, "%s of %.*s", names[type->kind], IAC_FMT(element));
}

static bool is_identifier(iac_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-')))
            return false;
    }
    return name.n > 0;
}

static void add_json_name(iac_buf *out, iac_str name)
{
    iac_buf_char(out, '"');
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c == '"' || c == '\\')
            iac_buf_printf(out, "\\%c", c);
        else if (c < 0x20)
            iac_buf_printf(out, "\\u%04x", c);
        else
            iac_buf_char(out, (char)c);
    }
    iac_buf_char(out, '"');
}

static void add_source(iac_buf *out, const iac_type *type)
{
    static const char *const names[] = { "any", "string", "number", "bool", "list", "set", "map", "tuple", "object" };
    iac_buf_cstr(out, names[type->kind]);
    if (type->kind < IAC_LIST)
        return;
    iac_buf_cstr(out, type->kind == IAC_TUPLE ? "([" : type->kind == IAC_OBJECT ? "({" : "(");
    if (type->element)
        add_source(out, type->element);
    for (size_t i = 0; i < type->n; i++) {
        if (i)
            iac_buf_char(out, ',');
        if (type->kind == IAC_OBJECT) {
            if (is_identifier(type->names[i]))
                iac_buf_str(out, type->names[i]);
            else
                add_json_name(out, type->names[i]);
            iac_buf_char(out, '=');
        }
        bool optional = type->optional && type->optional[i];
        if (optional)
            iac_buf_cstr(out, "optional(");
        add_source(out, type->items[i]);
        if (optional)
            iac_buf_char(out, ')');
    }
    iac_buf_cstr(out, type->kind == IAC_TUPLE ? "])" : type->kind == IAC_OBJECT ? "})" : ")");
}

iac_str iac_type_source(iac_arena *arena, const iac_type *type)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    add_source(&buf, type);
    iac_str text = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

/* ---- JSON ---- */

void iac_type_to_json(iac_buf *out, const iac_type *type)
{
    static const char *const names[] = { "\"dynamic\"", "\"string\"", "\"number\"",   "\"bool\"",     "[\"list\",",
                                         "[\"set\",",   "[\"map\",",  "[\"tuple\",[", "[\"object\",{" };
    iac_buf_cstr(out, names[type->kind]);
    if (type->element) {
        iac_type_to_json(out, type->element);
        iac_buf_char(out, ']');
        return;
    }
    for (size_t i = 0; i < type->n; i++) {
        if (i)
            iac_buf_char(out, ',');
        if (type->kind == IAC_OBJECT) {
            add_json_name(out, type->names[i]);
            iac_buf_char(out, ':');
        }
        iac_type_to_json(out, type->items[i]);
    }
    if (type->kind == IAC_TUPLE)
        iac_buf_cstr(out, "]]");
    if (type->kind != IAC_OBJECT)
        return;
    iac_buf_char(out, '}');
    if (type->optional) {
        const char *before = ",[";
        for (size_t i = 0; i < type->n; i++) {
            if (!type->optional[i])
                continue;
            iac_buf_cstr(out, before);
            add_json_name(out, type->names[i]);
            before = ",";
        }
        iac_buf_char(out, ']');
    }
    iac_buf_char(out, ']');
}

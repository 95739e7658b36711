/* Writing values as JSON, and reading JSON that was written for a type. The parser is in json_parse.c. */
#include "lang/value/json.h"
#include "lang/value/convert.h"
#include "lang/value/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

/* Whether none of the eight bytes needs a closer look; may say no without need. */
static bool plain_eight(const char *p, bool html)
{
    const uint64_t ones = 0x0101010101010101, highs = ones << 7;
    uint64_t w;
    memcpy(&w, p, sizeof(w));
#define HAS_ZERO(v) (((v) - ones) & ~(v))
    uint64_t found = w | ((w - ones * 0x20) & ~w) | HAS_ZERO(w ^ ones * '"') | HAS_ZERO(w ^ ones * '\\');
    if (html) /* '<' and '>' are one bit apart */
        found |= HAS_ZERO(w ^ ones * '&') | HAS_ZERO((w | ones * 2) ^ ones * '>');
#undef HAS_ZERO
    return !(found & highs);
}

static bool needs_escape(unsigned char c, bool html)
{
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80 || (html && (c == '<' || c == '>' || c == '&'));
}

void iac_json_string(iac_buf *out, iac_str s, bool html)
{
    iac_buf_char(out, '"');
    size_t from = 0, i = 0;
    while (i < s.n) {
        if (s.n - i >= 8 && plain_eight(s.p + i, html)) {
            i += 8;
            continue;
        }
        unsigned char c = (unsigned char)s.p[i];
        if (!needs_escape(c, html)) {
            i++;
            continue;
        }
        size_t at = i;
        uint32_t cp = iac_utf8_next(s, &i);
        bool invalid = cp == 0xfffd && i - at == 1;
        if (c >= 0x80 && !invalid && cp != 0x2028 && cp != 0x2029)
            continue; /* raw */
        iac_buf_add(out, s.p + from, at - from);
        from = i;
        if (c == '"' || c == '\\')
            iac_buf_printf(out, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f')
            iac_buf_cstr(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : c == '\b' ? "\\b" : "\\f");
        else
            iac_buf_printf(out, "\\u%04x", cp);
    }
    if (from < s.n) /* an empty text may have no address */
        iac_buf_add(out, s.p + from, s.n - from);
    iac_buf_char(out, '"');
}

static void add_number(iac_buf *out, const iac_value *v)
{
    if (!v->number.big) {
        iac_buf_printf(out, "%lld", (long long)v->number.small);
        return;
    }
    iac_arena *scratch = iac_arena_new();
    iac_buf_str(out, iac_number_text(scratch, v));
    iac_arena_free(scratch);
}

static void add_simple(iac_buf *out, const iac_value *v)
{
    if (v->state != IAC_KNOWN)
        iac_buf_cstr(out, "null");
    else if (v->kind == IAC_STRING)
        iac_json_string(out, v->string, true);
    else if (v->kind == IAC_NUMBER)
        add_number(out, v);
    else
        iac_buf_cstr(out, v->boolean ? "true" : "false");
}

void iac_value_to_json(iac_buf *out, const iac_value *v)
{
    if (v->state != IAC_KNOWN || v->kind < IAC_LIST) {
        add_simple(out, v);
        return;
    }
    bool keyed = v->kind == IAC_MAP || v->kind == IAC_OBJECT;
    iac_buf_char(out, keyed ? '{' : '[');
    for (size_t i = 0; i < v->n; i++) {
        if (i)
            iac_buf_char(out, ',');
        if (keyed) {
            iac_json_string(out, v->keys[i], true);
            iac_buf_char(out, ':');
        }
        iac_value_to_json(out, v->items[i]);
    }
    iac_buf_char(out, keyed ? '}' : ']');
}

static const iac_type *part_type(const iac_type *type, size_t i, iac_str key)
{
    if (type->element)
        return type->element;
    if (type->kind == IAC_OBJECT)
        return iac_type_attribute(type, key);
    return type->kind == IAC_TUPLE && i < type->n ? type->items[i] : NULL;
}

void iac_value_to_typed_json(iac_buf *out, const iac_value *v, const iac_type *type)
{
    if (type->kind == IAC_DYNAMIC && v->state != IAC_KNOWN && v->kind == IAC_DYNAMIC) {
        iac_buf_cstr(out, "null");
        return;
    }
    if (type->kind == IAC_DYNAMIC) {
        iac_arena *scratch = iac_arena_new();
        const iac_type *own = iac_value_type(scratch, v);
        iac_buf_cstr(out, "{\"value\":");
        iac_value_to_typed_json(out, v, own);
        iac_buf_cstr(out, ",\"type\":");
        iac_type_to_json(out, own);
        iac_buf_char(out, '}');
        iac_arena_free(scratch);
        return;
    }
    if (v->state != IAC_KNOWN || v->kind < IAC_LIST) {
        add_simple(out, v);
        return;
    }
    bool keyed = v->kind == IAC_MAP || v->kind == IAC_OBJECT;
    bool first = true;
    iac_buf_char(out, keyed ? '{' : '[');
    for (size_t i = 0; i < v->n; i++) {
        const iac_type *part = part_type(type, i, keyed ? v->keys[i] : (iac_str){ 0 });
        if (!part)
            continue;
        if (!first)
            iac_buf_char(out, ',');
        first = false;
        if (keyed) {
            iac_json_string(out, v->keys[i], true);
            iac_buf_char(out, ':');
        }
        iac_value_to_typed_json(out, v->items[i], part);
    }
    iac_buf_char(out, keyed ? '}' : ']');
}

void iac_json_indent(iac_buf *out, iac_str json, size_t level)
{
    bool in_string = false;
    for (size_t i = 0; i < json.n; i++) {
        char c = json.p[i];
        if (in_string) {
            iac_buf_char(out, c);
            if (c == '\\' && i + 1 < json.n)
                iac_buf_char(out, json.p[++i]);
            else if (c == '"')
                in_string = false;
            continue;
        }
        bool opens = c == '{' || c == '[';
        if (opens && i + 1 < json.n && (json.p[i + 1] == '}' || json.p[i + 1] == ']')) {
            iac_buf_add(out, json.p + i++, 2);
            continue;
        }
        if (c == '}' || c == ']') {
            level -= level > 0;
            iac_buf_char(out, '\n');
            iac_buf_fill(out, ' ', level * 2);
        }
        iac_buf_char(out, c);
        if (opens || c == ',') {
            level += opens;
            iac_buf_char(out, '\n');
            iac_buf_fill(out, ' ', level * 2);
        } else if (c == ':') {
            iac_buf_char(out, ' ');
        }
        in_string = c == '"';
    }
}

/* ---- fitting what was read to a type ---- */

static const iac_value *fit(iac_arena *arena, const iac_value *v, const iac_type *type, iac_str *ret_error);

static const iac_type *type_from_value(iac_arena *arena, const iac_value *v);

static const iac_type *structure_from_value(iac_arena *arena, const iac_value *v, const iac_value *optional)
{
    if (optional && (optional->kind != IAC_TUPLE || optional->state != IAC_KNOWN))
        return NULL;
    const iac_type **items = iac_xcalloc(v->n + 1, sizeof(*items));
    bool *flags = iac_xcalloc(v->n + 1, sizeof(*flags));
    iac_map optional_names = { 0 };
    const iac_type *type = NULL;
    for (size_t i = 0; i < v->n; i++) {
        items[i] = type_from_value(arena, v->items[i]);
        if (!items[i])
            goto out;
    }
    for (size_t i = 0; optional && i < optional->n; i++) {
        const iac_value *name = optional->items[i];
        if (name->kind != IAC_STRING || name->state != IAC_KNOWN)
            goto out;
        iac_map_put(&optional_names, name->string, flags);
    }
    for (size_t i = 0; optional && i < v->n; i++)
        flags[i] = iac_map_has(&optional_names, v->keys[i]);
    type = v->kind == IAC_TUPLE ? iac_type_tuple(arena, items, v->n)
                                : iac_type_object(arena, v->keys, items, optional ? flags : NULL, v->n);
out:
    iac_map_clear(&optional_names);
    free(flags);
    free(items);
    return type;
}

static const iac_type *type_from_value(iac_arena *arena, const iac_value *v)
{
    if (v->state != IAC_KNOWN)
        return NULL;
    if (v->kind == IAC_STRING) {
        static const iac_type *const simple[] = { &iac_type_dynamic, &iac_type_string, &iac_type_number,
                                                  &iac_type_bool };
        static const char *const names[] = { "dynamic", "string", "number", "bool" };
        for (size_t i = 0; i < IAC_COUNT(names); i++)
            if (iac_str_is(v->string, names[i]))
                return simple[i];
        return NULL;
    }
    if (v->kind != IAC_TUPLE || v->n < 2 || v->n > 3 || v->items[0]->kind != IAC_STRING)
        return NULL;
    iac_str kind = v->items[0]->string;
    const iac_value *part = v->items[1];
    if (iac_str_is(kind, "object"))
        return part->kind == IAC_OBJECT ? structure_from_value(arena, part, v->n == 3 ? v->items[2] : NULL) : NULL;
    if (v->n != 2)
        return NULL;
    if (iac_str_is(kind, "tuple"))
        return part->kind == IAC_TUPLE ? structure_from_value(arena, part, NULL) : NULL;
    const iac_type *element = type_from_value(arena, part);
    if (!element)
        return NULL;
    return iac_str_is(kind, "list")  ? iac_type_list(arena, element)
           : iac_str_is(kind, "set") ? iac_type_set(arena, element)
           : iac_str_is(kind, "map") ? iac_type_map(arena, element)
                                     : NULL;
}

const iac_type *iac_type_from_json(iac_arena *arena, iac_str json)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, json, &error, &offset);
    return v ? type_from_value(arena, v) : NULL;
}

static const iac_value *fit_dynamic(iac_arena *arena, const iac_value *v, iac_str *ret_error)
{
    if (v->state == IAC_NULL)
        return &iac_null_dynamic;
    const iac_value *type_part = iac_value_get_cstr(v, "type"), *value_part = iac_value_get_cstr(v, "value");
    const iac_type *type = type_part ? type_from_value(arena, type_part) : NULL;
    if (!type || !value_part || v->n != 2) {
        *ret_error = IAC_STR("a value of any type must be an object of \"value\" and \"type\"");
        return NULL;
    }
    return fit(arena, value_part, type, ret_error);
}

static const iac_value *fit_items(iac_arena *arena, const iac_value *v, const iac_type *type, iac_str *ret_error)
{
    const iac_value **items = iac_xcalloc(v->n + 1, sizeof(*items));
    const iac_value *result = NULL;
    bool changed = false;
    for (size_t i = 0; i < v->n; i++) {
        items[i] = fit(arena, v->items[i], type->element ? type->element : type->items[i], ret_error);
        if (!items[i])
            goto out;
        changed |= items[i] != v->items[i];
    }
    switch (type->kind) {
    case IAC_LIST:
        result = iac_value_list(arena, type->element, items, v->n);
        break;
    case IAC_SET:
        result = iac_value_set(arena, type->element, items, v->n);
        break;
    case IAC_MAP:
        result = iac_value_map(arena, type->element, v->keys, items, v->n);
        break;
    case IAC_TUPLE:
        result = changed ? iac_value_tuple(arena, items, v->n) : v;
        break;
    default:
        result = changed ? iac_value_object(arena, v->keys, items, v->n) : v;
        break;
    }
out:
    free(items);
    return result;
}

static const iac_value *misfit(iac_arena *arena, const iac_type *type, iac_str *ret_error)
{
    iac_str friendly = iac_type_friendly(arena, type);
    *ret_error = iac_arena_printf(arena, "%.*s required", IAC_FMT(friendly));
    return NULL;
}

static const iac_value *fit(iac_arena *arena, const iac_value *v, const iac_type *type, iac_str *ret_error)
{
    if (type->kind == IAC_DYNAMIC)
        return fit_dynamic(arena, v, ret_error);
    if (v->state == IAC_NULL)
        return iac_value_null(arena, iac_type_without_optional(arena, type));
    switch (type->kind) {
    case IAC_STRING:
    case IAC_NUMBER:
    case IAC_BOOL:
        return v->kind == (uint8_t)type->kind ? v : iac_convert(arena, v, type, ret_error, NULL);
    case IAC_LIST:
    case IAC_SET:
        return v->kind == IAC_TUPLE ? fit_items(arena, v, type, ret_error) : misfit(arena, type, ret_error);
    case IAC_MAP:
        return v->kind == IAC_OBJECT ? fit_items(arena, v, type, ret_error) : misfit(arena, type, ret_error);
    case IAC_TUPLE:
        return v->kind == IAC_TUPLE && v->n == type->n ? fit_items(arena, v, type, ret_error)
                                                       : misfit(arena, type, ret_error);
    default:
        break;
    }
    if (v->kind != IAC_OBJECT)
        return misfit(arena, type, ret_error);
    if (v->n == type->n) {
        size_t i = 0;
        while (i < v->n && iac_str_eq(v->keys[i], type->names[i]))
            i++;
        if (i == v->n)
            return fit_items(arena, v, type, ret_error);
    }
    for (size_t i = 0; i < v->n; i++)
        if (!iac_type_attribute(type, v->keys[i])) {
            *ret_error = iac_arena_printf(arena, "unsupported attribute \"%.*s\"", IAC_FMT(v->keys[i]));
            return NULL;
        }
    for (size_t i = 0; i < type->n; i++)
        if (!iac_value_get(v, type->names[i])) {
            *ret_error = iac_arena_printf(arena, "attribute \"%.*s\" is missing", IAC_FMT(type->names[i]));
            return NULL;
        }
    return misfit(arena, type, ret_error);
}

const iac_value *iac_value_from_typed_json(iac_arena *arena, iac_str json, const iac_type *type, iac_str *ret_error)
{
    iac_str error = { "", 0 };
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, json, &error, &offset);
    const iac_value *result = v ? fit(arena, v, type, &error) : NULL;
    if (!result)
        *ret_error = error;
    return result;
}

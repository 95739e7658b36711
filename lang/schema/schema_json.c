/* lang/schema/schema_json.c - schemas from and to JSON, in the form of `terraform providers schema -json`. */
#include "lang/schema/schema.h"
#include "lang/value/json.h"

/* Deeper ones do not occur (the deepest known, of web ACL rules, has 30 levels). */
enum { MAX_DEPTH = 100 };

static const char *const nesting_names[] = {
    [IAC_NEST_SINGLE] = "single", [IAC_NEST_GROUP] = "group", [IAC_NEST_LIST] = "list",
    [IAC_NEST_SET] = "set",       [IAC_NEST_MAP] = "map",
};

typedef struct reader {
    iac_arena *arena;
    iac_str error; /* empty: none so far */
    int depth;
} reader;

static bool fail(reader *r, const char *format, ...) IAC_PRINTF(2, 3);
static bool fail(reader *r, const char *format, ...)
{
    if (!r->error.n) {
        va_list args;
        va_start(args, format);
        r->error = iac_arena_vprintf(r->arena, format, args);
        va_end(args);
    }
    return false;
}

static const iac_value *member(const iac_value *object, const char *name)
{
    const iac_value *v = object->kind == IAC_OBJECT ? iac_value_get_cstr(object, name) : NULL;
    return v && iac_is_set_value(v) ? v : NULL;
}

static bool flag(const iac_value *object, const char *name)
{
    const iac_value *v = member(object, name);
    return v && v->kind == IAC_BOOL && v->boolean;
}

static iac_str text(const iac_value *object, const char *name)
{
    const iac_value *v = member(object, name);
    return v && v->kind == IAC_STRING ? v->string : (iac_str){ 0 };
}

static int64_t integer(const iac_value *object, const char *name)
{
    const iac_value *v = member(object, name);
    int64_t n = 0;
    if (v && v->kind == IAC_NUMBER && iac_value_to_int(v, &n))
        return n;
    return 0;
}

static const iac_type *read_type(reader *r, const iac_value *v);

static const iac_type *read_object_type(reader *r, const iac_value *v)
{
    const iac_value *attributes = v->items[1];
    const iac_type **items = iac_arena_array(r->arena, const iac_type *, attributes->n);
    bool *optional = NULL;

    for (size_t i = 0; i < attributes->n; i++) {
        items[i] = read_type(r, attributes->items[i]);
        if (!items[i])
            return NULL;
    }
    if (v->n == 3 && v->items[2]->kind == IAC_TUPLE && iac_is_set_value(v->items[2])) {
        iac_map names = { 0 };
        for (size_t i = 0; i < v->items[2]->n; i++)
            if (v->items[2]->items[i]->kind == IAC_STRING && iac_is_set_value(v->items[2]->items[i]))
                iac_map_put(&names, v->items[2]->items[i]->string, &names);
        optional = iac_arena_array(r->arena, bool, attributes->n);
        for (size_t i = 0; i < attributes->n; i++)
            optional[i] = iac_map_has(&names, attributes->keys[i]);
        iac_map_clear(&names);
    }
    return iac_type_object(r->arena, attributes->keys, items, optional, attributes->n);
}

static const iac_type *read_compound_type(reader *r, const iac_value *v)
{
    iac_str kind = v->items[0]->string;
    const iac_value *of = v->items[1];

    if (iac_str_is(kind, "object") && of->kind == IAC_OBJECT && iac_is_set_value(of))
        return read_object_type(r, v);
    if (iac_str_is(kind, "tuple") && of->kind == IAC_TUPLE && iac_is_set_value(of)) {
        const iac_type **items = iac_arena_array(r->arena, const iac_type *, of->n);
        for (size_t i = 0; i < of->n; i++) {
            items[i] = read_type(r, of->items[i]);
            if (!items[i])
                return NULL;
        }
        return iac_type_tuple(r->arena, items, of->n);
    }
    const iac_type *element = read_type(r, of);
    if (!element)
        return NULL;
    if (iac_str_is(kind, "list"))
        return iac_type_list(r->arena, element);
    if (iac_str_is(kind, "set"))
        return iac_type_set(r->arena, element);
    if (iac_str_is(kind, "map"))
        return iac_type_map(r->arena, element);
    fail(r, "unknown type \"%.*s\"", IAC_FMT(kind));
    return NULL;
}

/* The JSON form of a type, already read as a value. */
static const iac_type *read_type(reader *r, const iac_value *v)
{
    const iac_type *type = NULL;

    if (++r->depth > MAX_DEPTH) {
        fail(r, "types are nested too deeply");
    } else if (v->kind == IAC_STRING && iac_is_set_value(v)) {
        if (iac_str_is(v->string, "string"))
            type = &iac_type_string;
        else if (iac_str_is(v->string, "number"))
            type = &iac_type_number;
        else if (iac_str_is(v->string, "bool"))
            type = &iac_type_bool;
        else if (iac_str_is(v->string, "dynamic"))
            type = &iac_type_dynamic;
        else
            fail(r, "unknown type \"%.*s\"", IAC_FMT(v->string));
    } else if (v->kind == IAC_TUPLE && iac_is_set_value(v) && v->n >= 2 && v->n <= 3 &&
               v->items[0]->kind == IAC_STRING && iac_is_set_value(v->items[0])) {
        type = read_compound_type(r, v);
    } else {
        fail(r, "a type must be a string or an array");
    }
    r->depth--;
    return type;
}

static bool read_nesting(reader *r, const iac_value *v, iac_nesting *ret)
{
    iac_str mode = text(v, "nesting_mode");

    for (size_t i = 0; i < IAC_COUNT(nesting_names); i++) {
        if (iac_str_is(mode, nesting_names[i])) {
            *ret = (iac_nesting)i;
            return true;
        }
    }
    return fail(r, "unknown nesting mode \"%.*s\"", IAC_FMT(mode));
}

static bool read_attributes(reader *r, const iac_value *v, const iac_attr_schema **ret, size_t *ret_count);

static const iac_type *object_of_attributes(iac_arena *arena, const iac_attr_schema *attributes, size_t n)
{
    iac_str *names = iac_arena_array(arena, iac_str, n);
    const iac_type **items = iac_arena_array(arena, const iac_type *, n);

    for (size_t i = 0; i < n; i++) {
        names[i] = attributes[i].name;
        items[i] = attributes[i].type;
    }
    return iac_type_object(arena, names, items, NULL, n);
}

static const iac_type *nested_type(iac_arena *arena, iac_nesting nesting, const iac_type *object, bool block)
{
    /* Blocks whose elements may differ in type are kept in tuples and objects; sets and nested attributes are not. */
    bool loose = block && (nesting == IAC_NEST_LIST || nesting == IAC_NEST_MAP) && iac_type_has_dynamic(object);

    if (loose)
        return &iac_type_dynamic;
    switch (nesting) {
    case IAC_NEST_LIST:
        return iac_type_list(arena, object);
    case IAC_NEST_SET:
        return iac_type_set(arena, object);
    case IAC_NEST_MAP:
        return iac_type_map(arena, object);
    default:
        return object;
    }
}

static bool read_attribute(reader *r, iac_str name, const iac_value *v, iac_attr_schema *ret)
{
    const iac_value *type = member(v, "type"), *nested = member(v, "nested_type");
    iac_attr_schema attr = {
        .name = name,
        .description = text(v, "description"),
        .required = flag(v, "required"),
        .optional = flag(v, "optional"),
        .computed = flag(v, "computed"),
        .sensitive = flag(v, "sensitive"),
        .write_only = flag(v, "write_only"),
        .deprecated = flag(v, "deprecated"),
    };

    if (type) {
        attr.type = read_type(r, type);
    } else if (nested) {
        const iac_value *attributes = member(nested, "attributes");
        if (!read_nesting(r, nested, &attr.nesting) ||
            (attributes && !read_attributes(r, attributes, &attr.nested, &attr.nested_count)))
            return false;
        if (!attr.nested)
            attr.nested = iac_arena_array(r->arena, iac_attr_schema, 1);
        attr.type = nested_type(r->arena, attr.nesting,
                                object_of_attributes(r->arena, attr.nested, attr.nested_count), false);
    } else {
        return fail(r, "attribute \"%.*s\" has no type", IAC_FMT(name));
    }
    *ret = attr;
    return attr.type != NULL;
}

static bool read_attributes(reader *r, const iac_value *v, const iac_attr_schema **ret, size_t *ret_count)
{
    if (v->kind != IAC_OBJECT)
        return fail(r, "\"attributes\" must be an object");
    if (++r->depth > MAX_DEPTH)
        return fail(r, "attributes are nested too deeply");

    iac_attr_schema *attributes = iac_arena_array(r->arena, iac_attr_schema, v->n + 1);
    for (size_t i = 0; i < v->n; i++)
        if (!read_attribute(r, v->keys[i], v->items[i], &attributes[i]))
            return false;
    r->depth--;
    *ret = attributes;
    *ret_count = v->n;
    return true;
}

static const iac_block_schema *read_block(reader *r, const iac_value *v);

static bool read_block_types(reader *r, const iac_value *v, iac_block_schema *block)
{
    if (v->kind != IAC_OBJECT)
        return fail(r, "\"block_types\" must be an object");

    iac_nested_schema *blocks = iac_arena_array(r->arena, iac_nested_schema, v->n);
    for (size_t i = 0; i < v->n; i++) {
        const iac_value *inner = member(v->items[i], "block");
        blocks[i] = (iac_nested_schema){
            .name = v->keys[i],
            .min_items = integer(v->items[i], "min_items"),
            .max_items = integer(v->items[i], "max_items"),
        };
        if (!read_nesting(r, v->items[i], &blocks[i].nesting))
            return false;
        blocks[i].block = inner ? read_block(r, inner) : &iac_schema_empty;
        if (!blocks[i].block)
            return false;
    }
    block->blocks = blocks;
    block->block_count = v->n;
    return true;
}

static const iac_type *type_of_block(iac_arena *arena, const iac_block_schema *block)
{
    size_t count = block->attribute_count + block->block_count, n = 0;
    iac_str *names = iac_arena_array(arena, iac_str, count);
    const iac_type **items = iac_arena_array(arena, const iac_type *, count);

    for (size_t i = 0; i < block->attribute_count; i++, n++) {
        names[n] = block->attributes[i].name;
        items[n] = block->attributes[i].type;
    }
    for (size_t i = 0; i < block->block_count; i++, n++) {
        names[n] = block->blocks[i].name;
        items[n] = nested_type(arena, block->blocks[i].nesting, block->blocks[i].block->type, true);
    }
    return iac_type_object(arena, names, items, NULL, n);
}

static const iac_block_schema *read_block(reader *r, const iac_value *v)
{
    if (v->kind != IAC_OBJECT || ++r->depth > MAX_DEPTH) {
        fail(r, "%s", v->kind == IAC_OBJECT ? "blocks are nested too deeply" : "\"block\" must be an object");
        return NULL;
    }

    iac_block_schema *block = iac_arena_new_of(r->arena, iac_block_schema);
    const iac_value *attributes = member(v, "attributes"), *block_types = member(v, "block_types");
    if ((attributes && !read_attributes(r, attributes, &block->attributes, &block->attribute_count)) ||
        (block_types && !read_block_types(r, block_types, block)))
        return NULL;
    for (size_t i = 0; i < block->block_count; i++) {
        if (iac_schema_attribute(block, block->blocks[i].name)) {
            fail(r, "\"%.*s\" is both an attribute and a block", IAC_FMT(block->blocks[i].name));
            return NULL;
        }
    }
    block->description = text(v, "description");
    block->deprecated = flag(v, "deprecated");
    block->type = type_of_block(r->arena, block);
    r->depth--;
    return block;
}

const iac_schema *iac_schema_from_json(iac_arena *arena, iac_str json, iac_str *ret_error)
{
    reader r = { .arena = arena };
    size_t offset = 0;
    const iac_value *v = iac_value_from_json(arena, json, ret_error, &offset);

    if (!v)
        return NULL;
    iac_schema *schema = iac_arena_new_of(arena, iac_schema);
    const iac_value *block = member(v, "block");
    schema->version = integer(v, "version");
    schema->block = block ? read_block(&r, block) : NULL;
    if (!schema->block) {
        fail(&r, "\"block\" is missing");
        *ret_error = r.error;
        return NULL;
    }
    return schema;
}

/* ---- writing ---- */

static void write_name(iac_buf *out, const char *name, bool *first)
{
    if (!*first)
        iac_buf_char(out, ',');
    *first = false;
    iac_buf_printf(out, "\"%s\":", name);
}

static void write_flag(iac_buf *out, const char *name, bool set)
{
    if (set)
        iac_buf_printf(out, ",\"%s\":true", name);
}

static void write_description(iac_buf *out, iac_str description)
{
    if (description.n) {
        iac_buf_cstr(out, ",\"description\":");
        iac_json_string(out, description, true);
    }
    iac_buf_cstr(out, ",\"description_kind\":\"plain\"");
}

static void write_attributes(iac_buf *out, const iac_attr_schema *attributes, size_t n)
{
    iac_buf_char(out, '{');
    for (size_t i = 0; i < n; i++) {
        const iac_attr_schema *attr = &attributes[i];
        if (i)
            iac_buf_char(out, ',');
        iac_json_string(out, attr->name, true);
        if (attr->nested) {
            iac_buf_cstr(out, ":{\"nested_type\":{\"attributes\":");
            write_attributes(out, attr->nested, attr->nested_count);
            iac_buf_printf(out, ",\"nesting_mode\":\"%s\"}", nesting_names[attr->nesting]);
        } else {
            iac_buf_cstr(out, ":{\"type\":");
            iac_type_to_json(out, attr->type);
        }
        write_description(out, attr->description);
        write_flag(out, "deprecated", attr->deprecated);
        write_flag(out, "required", attr->required);
        write_flag(out, "optional", attr->optional);
        write_flag(out, "computed", attr->computed);
        write_flag(out, "sensitive", attr->sensitive);
        write_flag(out, "write_only", attr->write_only);
        iac_buf_char(out, '}');
    }
    iac_buf_char(out, '}');
}

static void write_block(iac_buf *out, const iac_block_schema *block)
{
    bool first = true;

    iac_buf_char(out, '{');
    if (block->attribute_count) {
        write_name(out, "attributes", &first);
        write_attributes(out, block->attributes, block->attribute_count);
    }
    if (block->block_count) {
        write_name(out, "block_types", &first);
        iac_buf_char(out, '{');
        for (size_t i = 0; i < block->block_count; i++) {
            const iac_nested_schema *nested = &block->blocks[i];
            if (i)
                iac_buf_char(out, ',');
            iac_json_string(out, nested->name, true);
            iac_buf_printf(out, ":{\"nesting_mode\":\"%s\",\"block\":", nesting_names[nested->nesting]);
            write_block(out, nested->block);
            if (nested->min_items)
                iac_buf_printf(out, ",\"min_items\":%lld", (long long)nested->min_items);
            if (nested->max_items)
                iac_buf_printf(out, ",\"max_items\":%lld", (long long)nested->max_items);
            iac_buf_char(out, '}');
        }
        iac_buf_char(out, '}');
    }
    if (block->description.n) {
        write_name(out, "description", &first);
        iac_json_string(out, block->description, true);
    }
    write_name(out, "description_kind", &first);
    iac_buf_cstr(out, "\"plain\"");
    write_flag(out, "deprecated", block->deprecated);
    iac_buf_char(out, '}');
}

void iac_schema_to_json(iac_buf *out, const iac_schema *schema)
{
    iac_buf_printf(out, "{\"version\":%lld,\"block\":", (long long)schema->version);
    write_block(out, schema->block);
    iac_buf_char(out, '}');
}

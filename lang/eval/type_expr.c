/* Type constraints: string, list(number), object({ a = optional(bool, true) }). */
#include <stdarg.h>
#include <string.h>

#include "lang/eval/eval_internal.h"

struct reader {
    iac_arena *arena;
    iac_diags *diags;
    unsigned depth;
};

struct constraint { /* type NULL: after errors */
    const iac_type *type;
    const iac_defaults *defaults;
};

/* After an error the type is any, so that the rest is checked, too. */
static const struct constraint any_type = { .type = &iac_type_dynamic };

IAC_PRINTF(4, 5)
static struct constraint fail(struct reader *r, iac_range subject, iac_range context, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    iac_str detail = iac_arena_vprintf(r->arena, format, args);
    va_end(args);
    iac_diag_error(r->diags, subject, "Invalid type specification", "%.*s", IAC_FMT(detail))->context = context;
    return any_type;
}

/* The identifier that the expression is: true, false and null count. */
static bool keyword_of(const iac_expr *expr, iac_str *ret)
{
    if (expr->kind == IAC_EXPR_ROOT) {
        *ret = expr->root;
        return true;
    }
    if (expr->kind != IAC_EXPR_LITERAL || expr->literal->kind == IAC_NUMBER || expr->literal->kind == IAC_STRING)
        return false;
    *ret = expr->literal->state == IAC_NULL ? IAC_STR("null")
           : expr->literal->boolean         ? IAC_STR("true")
                                            : IAC_STR("false");
    return true;
}

static struct constraint read_type(struct reader *r, const iac_expr *expr);

static struct constraint read_keyword(struct reader *r, const iac_expr *expr, iac_str word)
{
    static const struct {
        const char *name;
        const iac_type *type;
    } words[] = {
        { "bool", &iac_type_bool },
        { "string", &iac_type_string },
        { "number", &iac_type_number },
        { "any", &iac_type_dynamic },
    };
    for (size_t i = 0; i < IAC_COUNT(words); i++) {
        if (iac_str_is(word, words[i].name))
            return (struct constraint){ words[i].type, NULL };
    }
    if (iac_str_is(word, "list") || iac_str_is(word, "map") || iac_str_is(word, "set"))
        return fail(r, expr->range, IAC_NO_RANGE,
                    "The %.*s type constructor requires one argument specifying the element type.", IAC_FMT(word));
    if (iac_str_is(word, "object"))
        return fail(r, expr->range, IAC_NO_RANGE,
                    "The object type constructor requires one argument specifying the attribute types and values as a "
                    "map.");
    if (iac_str_is(word, "tuple"))
        return fail(r, expr->range, IAC_NO_RANGE,
                    "The tuple type constructor requires one argument specifying the element types as a list.");
    return fail(r, expr->range, IAC_NO_RANGE, "The keyword \"%.*s\" is not a valid type specification.", IAC_FMT(word));
}

static iac_range args_range(const iac_expr *call)
{
    return iac_range_join(call->call.open_range, call->call.close_range);
}

static struct constraint read_collection(struct reader *r, const iac_expr *expr, char kind)
{
    struct constraint element = read_type(r, expr->call.args[0]);
    struct constraint result = { .type = kind == 'l'   ? iac_type_list(r->arena, element.type)
                                         : kind == 's' ? iac_type_set(r->arena, element.type)
                                                       : iac_type_map(r->arena, element.type) };
    if (element.defaults) {
        iac_defaults *defaults = iac_arena_new_of(r->arena, iac_defaults);
        iac_str *names = iac_arena_array(r->arena, iac_str, 1);
        const iac_defaults **children = iac_arena_array(r->arena, const iac_defaults *, 1);
        children[0] = element.defaults;
        *defaults = (iac_defaults){ .type = result.type, .child_count = 1, .child_names = names, .children = children };
        result.defaults = defaults;
    }
    return result;
}

struct object { /* an object type being read */
    size_t n;
    iac_str *names;
    const iac_type **types;
    bool *optional;
    size_t default_count, child_count;
    iac_str *default_names, *child_names;
    const iac_value **default_values;
    const iac_defaults **children;
};

/* optional(TYPE, DEFAULT): the type expression, or NULL after an error; *ret_default is NULL when there is none. */
static const iac_expr *read_optional(struct reader *r, const iac_expr *expr, const iac_expr **ret_default)
{
    size_t n = expr->call.arg_count;
    *ret_default = NULL;
    if (n < 1) {
        fail(r, args_range(expr), expr->range,
             "Optional attribute modifier requires the attribute type as its argument.");
        return NULL;
    }
    if (n > 2) {
        fail(r, args_range(expr), expr->range,
             "Optional attribute modifier expects at most two arguments: the attribute type, and a default value.");
        return NULL;
    }
    if (n == 2)
        *ret_default = expr->call.args[1];
    return expr->call.args[0];
}

static void add_default(struct reader *r, struct object *o, iac_str name, const iac_type *type, const iac_expr *expr)
{
    size_t before = r->diags->errors;
    const iac_value *v = iac_eval(NULL, expr, r->arena, r->diags);
    iac_str error;
    if (r->diags->errors > before)
        return;
    const iac_value *converted = iac_convert(r->arena, v, type, &error, NULL);
    if (!converted) {
        iac_diag_error(r->diags, expr->range, "Invalid default value for optional attribute",
                       "This default value is not compatible with the attribute's type constraint: %.*s.",
                       IAC_FMT(error));
        return;
    }
    o->default_names[o->default_count] = name;
    o->default_values[o->default_count++] = converted;
}

/* A bare key: the parser made a string of the identifier. */
static bool attribute_name(const iac_expr *key, iac_str *ret)
{
    if (key->kind == IAC_EXPR_LITERAL && key->literal->kind == IAC_STRING) {
        *ret = key->literal->string;
        return true;
    }
    return keyword_of(key, ret) || iac_literal_text_(key, ret);
}

static void read_attribute(struct reader *r, const iac_expr *call, const iac_object_item *item, struct object *o)
{
    iac_str name;
    bool bare = item->bare_key && attribute_name(item->key, &name);
    if (!bare && !(item->key->from_json && iac_literal_text_(item->key, &name))) {
        fail(r, item->key->range, call->range, "Object constructor map keys must be attribute names.");
        return;
    }
    const iac_expr *type_expr = item->value, *default_expr = NULL;
    bool optional = type_expr->kind == IAC_EXPR_CALL && iac_str_is(type_expr->call.name, "optional");
    if (optional)
        type_expr = read_optional(r, type_expr, &default_expr);
    struct constraint type = type_expr ? read_type(r, type_expr) : any_type;
    for (size_t i = 0; i < o->n; i++) {
        if (iac_str_eq(o->names[i], name)) {
            fail(r, item->key->range, call->range, "Object constructor map keys must be unique.");
            return;
        }
    }
    o->names[o->n] = name;
    o->types[o->n] = type.type;
    o->optional[o->n++] = optional;
    if (default_expr)
        add_default(r, o, name, type.type, default_expr);
    if (type.defaults) {
        o->child_names[o->child_count] = name;
        o->children[o->child_count++] = type.defaults;
    }
}

static struct constraint read_object(struct reader *r, const iac_expr *expr)
{
    const iac_expr *arg = expr->call.args[0];
    if (arg->kind != IAC_EXPR_OBJECT)
        return fail(r, arg->range, expr->range,
                    "Object type constructor requires a map whose keys are attribute names and whose values are the "
                    "corresponding attribute types.");
    size_t n = arg->object.n;
    struct object o = {
        .names = iac_arena_array(r->arena, iac_str, n),
        .types = iac_arena_array(r->arena, const iac_type *, n),
        .optional = iac_arena_array(r->arena, bool, n),
        .default_names = iac_arena_array(r->arena, iac_str, n),
        .default_values = iac_arena_array(r->arena, const iac_value *, n),
        .child_names = iac_arena_array(r->arena, iac_str, n),
        .children = iac_arena_array(r->arena, const iac_defaults *, n),
    };
    for (size_t i = 0; i < n; i++)
        read_attribute(r, expr, &arg->object.items[i], &o);
    struct constraint result = { .type = iac_type_object(r->arena, o.names, o.types, o.optional, o.n) };
    if (o.default_count + o.child_count > 0) {
        iac_defaults *defaults = iac_arena_new_of(r->arena, iac_defaults);
        *defaults = (iac_defaults){
            .type = result.type,
            .n = o.default_count,
            .names = o.default_names,
            .values = o.default_values,
            .child_count = o.child_count,
            .child_names = o.child_names,
            .children = o.children,
        };
        result.defaults = defaults;
    }
    return result;
}

static struct constraint read_tuple(struct reader *r, const iac_expr *expr)
{
    const iac_expr *arg = expr->call.args[0];
    if (arg->kind != IAC_EXPR_TUPLE)
        return fail(r, arg->range, expr->range, "Tuple type constructor requires a list of element types.");
    size_t n = arg->tuple.n, child_count = 0;
    const iac_type **items = iac_arena_array(r->arena, const iac_type *, n);
    iac_str *child_names = iac_arena_array(r->arena, iac_str, n);
    const iac_defaults **children = iac_arena_array(r->arena, const iac_defaults *, n);
    for (size_t i = 0; i < n; i++) {
        struct constraint item = read_type(r, arg->tuple.items[i]);
        items[i] = item.type;
        if (item.defaults) {
            child_names[child_count] = iac_arena_printf(r->arena, "%zu", i);
            children[child_count++] = item.defaults;
        }
    }
    struct constraint result = { .type = iac_type_tuple(r->arena, items, n) };
    if (child_count > 0) {
        iac_defaults *defaults = iac_arena_new_of(r->arena, iac_defaults);
        *defaults = (iac_defaults){
            .type = result.type,
            .child_count = child_count,
            .child_names = child_names,
            .children = children,
        };
        result.defaults = defaults;
    }
    return result;
}

static struct constraint wrong_count(struct reader *r, const iac_expr *expr)
{
    size_t n = expr->call.arg_count;
    iac_range context = args_range(expr), subject = context;
    iac_str name = expr->call.name;
    if (n > 1)
        subject = iac_range_join(expr->call.args[1]->range, expr->call.args[n - 1]->range);
    if (iac_str_is(name, "object"))
        return fail(r, subject, context,
                    "The object type constructor requires one argument specifying the attribute types and values as a "
                    "map.");
    if (iac_str_is(name, "tuple"))
        return fail(r, subject, context,
                    "The tuple type constructor requires one argument specifying the element types as a list.");
    return fail(r, subject, context, "The %.*s type constructor requires one argument specifying the element type.",
                IAC_FMT(name));
}

static struct constraint read_call(struct reader *r, const iac_expr *expr)
{
    static const char *const constructors[] = { "list", "set", "map", "object", "tuple" };
    iac_str name = expr->call.name;
    if (iac_str_is(name, "bool") || iac_str_is(name, "string") || iac_str_is(name, "number"))
        return fail(r, args_range(expr), IAC_NO_RANGE, "Primitive type keyword \"%.*s\" does not expect arguments.",
                    IAC_FMT(name));
    if (iac_str_is(name, "any"))
        return fail(r, args_range(expr), IAC_NO_RANGE, "Type constraint keyword \"any\" does not expect arguments.");
    if (iac_str_is(name, "optional"))
        return fail(r, expr->call.name_range, IAC_NO_RANGE,
                    "Keyword \"optional\" is valid only as a modifier for object type attributes.");
    size_t i = 0;
    while (i < IAC_COUNT(constructors) && !iac_str_is(name, constructors[i]))
        i++;
    if (i == IAC_COUNT(constructors))
        return fail(r, expr->range, IAC_NO_RANGE, "Keyword \"%.*s\" is not a valid type constructor.", IAC_FMT(name));
    if (expr->call.arg_count != 1)
        return wrong_count(r, expr);
    if (i < 3)
        return read_collection(r, expr, constructors[i][0]);
    return i == 3 ? read_object(r, expr) : read_tuple(r, expr);
}

static struct constraint read_type(struct reader *r, const iac_expr *expr)
{
    iac_str word;
    struct constraint result;
    if (r->depth >= MAX_BLOCK_DEPTH)
        return fail(r, expr->range, IAC_NO_RANGE, "The type is nested more than %d levels deep.", MAX_BLOCK_DEPTH);
    r->depth++;
    if (keyword_of(expr, &word))
        result = read_keyword(r, expr, word);
    else if (expr->kind == IAC_EXPR_CALL)
        result = read_call(r, expr);
    else
        result =
            fail(r, expr->range, IAC_NO_RANGE,
                 "A type specification is either a primitive type keyword (bool, number, string) or a complex type "
                 "constructor call, like list(string).");
    r->depth--;
    return result;
}

/* The type that a string of JSON holds, which as a whole stands where the string does; what else JSON has is none. */
static const iac_expr *type_of_text(iac_arena *arena, const iac_expr *expr)
{
    iac_diags ignored = IAC_DIAGS_INIT;
    const iac_expr *parsed = iac_expr_static(arena, expr, &ignored);
    bool usable = iac_expr_is_json_string(expr) && !ignored.errors &&
                  (parsed->kind == IAC_EXPR_CALL || parsed->kind == IAC_EXPR_ROOT);
    iac_expr *whole = iac_expr_alloc(arena, usable ? parsed->kind : IAC_EXPR_ERROR, expr->range);
    if (usable && parsed->kind == IAC_EXPR_CALL)
        whole->call = parsed->call;
    else if (usable)
        whole->root = parsed->root;
    iac_diags_clear(&ignored);
    return whole;
}

/* What Terraform 0.11 wanted: the type's name in quotes. */
static bool refuse_quoted(const iac_expr *expr, iac_diags *diags)
{
    iac_str text;
    if (!iac_literal_text_(expr, &text))
        return false;
    const char *remedy = "Remove the quotes around \"string\".";
    if (iac_str_is(text, "list"))
        remedy =
            "Remove the quotes around \"list\" and write list(string) instead to explicitly indicate that the list "
            "elements are strings.";
    else if (iac_str_is(text, "map"))
        remedy = "Remove the quotes around \"map\" and write map(string) instead to explicitly indicate that the map "
                 "elements are strings.";
    if (!iac_str_is(text, "list") && !iac_str_is(text, "map") && !iac_str_is(text, "string")) {
        iac_diag_error(diags, expr->range, "Invalid legacy variable type hint",
                       "To provide a full type expression, remove the surrounding quotes and give the type expression "
                       "directly.");
        return true;
    }
    iac_diag_error(diags, expr->range, "Invalid quoted type constraints",
                   "Terraform 0.11 and earlier required type constraints to be given in quotes, but that form is now "
                   "deprecated and will be removed in a future version of Terraform. %s",
                   remedy);
    return true;
}

const iac_type *iac_eval_type(const iac_expr *expr, iac_arena *arena, const iac_defaults **ret_defaults,
                              iac_diags *diags)
{
    struct reader r = { .arena = arena, .diags = diags };
    iac_str word;
    size_t errors = diags->errors;
    *ret_defaults = NULL;
    if (expr->from_json)
        expr = type_of_text(arena, expr);
    else if (refuse_quoted(expr, diags))
        return NULL;
    if (expr->kind == IAC_EXPR_ROOT && keyword_of(expr, &word)) { /* alone, these are short for (any) */
        if (iac_str_is(word, "list"))
            return iac_type_list(arena, &iac_type_dynamic);
        if (iac_str_is(word, "map"))
            return iac_type_map(arena, &iac_type_dynamic);
    }
    struct constraint result = read_type(&r, expr);
    if (diags->errors > errors)
        return NULL;
    *ret_defaults = result.defaults;
    return result.type;
}

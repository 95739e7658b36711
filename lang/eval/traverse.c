/* Traversals: names looked up in the scope, then attributes and indices of what they hold. */
#include <string.h>

#include "lang/eval/eval_internal.h"

enum { FEW_STEPS = 16 };

static const iac_value *attr_error(struct eval *ev, iac_range range, const iac_expr *whole, const char *summary,
                                   iac_str detail)
{
    iac_eval_error_(ev, range, IAC_NO_RANGE, whole, summary, "%.*s", IAC_FMT(detail));
    return NULL;
}

static const iac_value *unsupported(struct eval *ev, iac_range range, const iac_expr *whole, iac_str detail)
{
    return attr_error(ev, range, whole, "Unsupported attribute", detail);
}

static const iac_value *object_attr(struct eval *ev, const iac_value *v, iac_str name, iac_range range,
                                    const iac_expr *whole)
{
    if (iac_is_unknown(v)) {
        const iac_type *type = iac_type_attribute(v->type, name);
        if (type)
            return iac_value_mark(ev->arena, iac_value_unknown(ev->arena, type), v->marks);
    } else {
        const iac_value *item = iac_value_get(v, name);
        if (item)
            return iac_value_mark(ev->arena, item, v->marks);
    }
    return unsupported(
        ev, range, whole,
        iac_arena_printf(ev->arena, "This object does not have an attribute named \"%.*s\".", IAC_FMT(name)));
}

static const iac_value *no_attributes(struct eval *ev, const iac_value *v, iac_str name, iac_range range,
                                      const iac_expr *whole)
{
    const iac_type *type = iac_value_type(ev->arena, v);
    if (type->kind == IAC_LIST && type->element->kind == IAC_OBJECT) {
        if (!iac_type_attribute(type->element, name))
            return unsupported(ev, range, whole,
                               IAC_STR("Can't access attributes on a list of objects. Did you mean to access an "
                                       "attribute for a specific element of the list, or across all elements of the "
                                       "list?"));
        return unsupported(ev, range, whole,
                           iac_arena_printf(ev->arena,
                                            "Can't access attributes on a list of objects. Did you mean to access "
                                            "attribute \"%.*s\" for a specific element of the list, or across all "
                                            "elements of the list?",
                                            IAC_FMT(name)));
    }
    if (type->kind == IAC_SET && type->element->kind == IAC_OBJECT)
        return unsupported(ev, range, whole,
                           IAC_STR("Can't access attributes on a set of objects. Did you mean to access an attribute "
                                   "across all elements of the set?"));
    if (iac_type_is_primitive(type))
        return unsupported(ev, range, whole,
                           iac_arena_printf(ev->arena, "Can't access attributes on a primitive-typed value (%.*s).",
                                            IAC_FMT(iac_type_friendly(ev->arena, type))));
    return unsupported(ev, range, whole, IAC_STR("This value does not have any attributes."));
}

const iac_value *iac_eval_attr_(struct eval *ev, const iac_value *v, iac_str name, iac_range range,
                                const iac_expr *whole)
{
    if (iac_is_null(v))
        return attr_error(ev, range, whole, "Attempt to get attribute from null value",
                          IAC_STR("This value is null, so it does not have any attributes."));
    switch ((iac_kind)v->kind) {
    case IAC_DYNAMIC:
        return iac_value_mark(ev->arena, &iac_unknown_dynamic, v->marks);
    case IAC_OBJECT:
        return object_attr(ev, v, name, range, whole);
    case IAC_MAP: {
        if (iac_is_unknown(v))
            return iac_value_mark(ev->arena, iac_value_unknown(ev->arena, v->type->element), v->marks);
        const iac_value *item = iac_value_get(v, name);
        if (item)
            return iac_value_mark(ev->arena, item, v->marks);
        return attr_error(
            ev, range, whole, "Missing map element",
            iac_arena_printf(ev->arena, "This map does not have an element with the key \"%.*s\".", IAC_FMT(name)));
    }
    default:
        return no_attributes(ev, v, name, range, whole);
    }
}

#define NO_ELEMENT "The given key does not identify an element in this collection value"

static const iac_value *index_error(struct eval *ev, iac_range range, const iac_expr *whole, const char *more)
{
    return attr_error(ev, range, whole, "Invalid index", iac_arena_printf(ev->arena, NO_ELEMENT "%s", more));
}

static const iac_value *key_error(struct eval *ev, iac_range range, const iac_expr *whole, iac_str error)
{
    return attr_error(ev, range, whole, "Invalid index",
                      iac_arena_printf(ev->arena, NO_ELEMENT ": %.*s.", IAC_FMT(error)));
}

/* A list or tuple has no element at key: why. */
static const iac_value *no_element(struct eval *ev, const iac_value *key, size_t n, bool marked, iac_range range,
                                   const iac_expr *whole)
{
    int64_t index;
    if (!iac_value_to_int(key, &index)) {
        double approximate = iac_value_to_double(key);
        if (approximate > -1e15 && approximate < 1e15 && approximate != (double)(int64_t)approximate)
            return index_error(ev, range, whole,
                               ": indexing a sequence requires a whole number, but the given index has a fractional "
                               "part.");
        return index_error(ev, range, whole, ".");
    }
    if (index < 0)
        return index_error(ev, range, whole, ": a negative number is not a valid index for a sequence.");
    if (marked)
        return index_error(ev, range, whole, ".");
    if ((uint64_t)index != n) /* no more is said of those farther out */
        return index_error(ev, range, whole, ".");
    if (n == 0)
        return index_error(ev, range, whole, ": the collection has no elements.");
    return index_error(ev, range, whole, ": the given index is greater than or equal to the length of the collection.");
}

static const iac_value *index_sequence(struct eval *ev, const iac_value *v, const iac_value *key, iac_range range,
                                       const iac_expr *whole)
{
    iac_str error;
    const iac_value *number = key;
    if (key->kind != IAC_NUMBER && !(number = iac_convert(ev->arena, key, &iac_type_number, &error, NULL)))
        return key_error(ev, range, whole, error);
    uint8_t marks = v->marks | number->marks;
    bool tuple = v->kind == IAC_TUPLE;
    if (iac_is_unknown(number) || (iac_is_unknown(v) && !tuple)) {
        const iac_value *unknown = tuple ? &iac_unknown_dynamic : iac_value_unknown(ev->arena, v->type->element);
        return iac_value_mark(ev->arena, unknown, marks);
    }
    size_t n = iac_is_unknown(v) ? v->type->n : v->n;
    int64_t index;
    if (!iac_value_to_int(number, &index) || index < 0 || (uint64_t)index >= n)
        return no_element(ev, number, n, v->marks != 0, range, whole);
    if (iac_is_unknown(v))
        return iac_value_mark(ev->arena, iac_value_unknown(ev->arena, v->type->items[index]), marks);
    return iac_value_mark(ev->arena, v->items[index], marks);
}

/* Maps and objects. */
static const iac_value *index_by_name(struct eval *ev, const iac_value *v, const iac_value *key, iac_range range,
                                      const iac_expr *whole)
{
    iac_str error;
    const iac_value *name = key;
    if (key->kind != IAC_STRING && !(name = iac_convert(ev->arena, key, &iac_type_string, &error, NULL)))
        return key_error(ev, range, whole, error);
    bool object = v->kind == IAC_OBJECT;
    uint8_t marks = v->marks | name->marks;
    if (iac_is_unknown(name) || (iac_is_unknown(v) && !object)) {
        const iac_value *unknown = object ? &iac_unknown_dynamic : iac_value_unknown(ev->arena, v->type->element);
        return iac_value_mark(ev->arena, unknown, marks);
    }
    if (iac_is_unknown(v)) /* even where its type could tell more */
        return iac_value_mark(ev->arena, &iac_unknown_dynamic, marks);
    const iac_value *item = iac_value_get(v, name->string);
    if (item)
        return iac_value_mark(ev->arena, item, marks);
    if (object && key->kind == IAC_NUMBER)
        return index_error(ev, range, whole,
                           ". An object only supports looking up attributes by name, not by numeric index.");
    return index_error(ev, range, whole, ".");
}

const iac_value *iac_eval_index_(struct eval *ev, const iac_value *v, const iac_value *key, iac_range range,
                                 const iac_expr *whole)
{
    if (iac_is_null(v))
        return attr_error(ev, range, whole, "Attempt to index null value",
                          IAC_STR("This value is null, so it does not have any indices."));
    if (iac_is_null(key))
        return attr_error(ev, range, whole, "Invalid index", IAC_STR("Can't use a null value as an indexing key."));
    if (key->kind == IAC_DYNAMIC || v->kind == IAC_DYNAMIC)
        return iac_value_mark(ev->arena, &iac_unknown_dynamic, v->marks | key->marks);
    switch ((iac_kind)v->kind) {
    case IAC_LIST:
    case IAC_TUPLE:
        return index_sequence(ev, v, key, range, whole);
    case IAC_MAP:
    case IAC_OBJECT:
        return index_by_name(ev, v, key, range, whole);
    case IAC_SET:
        return attr_error(ev, range, whole, "Invalid index",
                          IAC_STR("Elements of a set are identified only by their value and don't have any separate "
                                  "index or key to select with, so it's only possible to perform operations across all "
                                  "elements of the set."));
    default:
        return attr_error(ev, range, whole, "Invalid index", IAC_STR("This value does not have any indices."));
    }
}

/* ---- whole traversals ---- */

struct chain { /* nodes from the base upwards */
    const iac_expr **v;
    size_t n;
    const iac_expr *few[FEW_STEPS];
};

static const iac_expr *below(const iac_expr *expr)
{
    if (expr->kind == IAC_EXPR_ATTR)
        return expr->attr.operand;
    return expr->kind == IAC_EXPR_INDEX ? expr->index.operand : NULL;
}

static void lay_out(struct eval *ev, const iac_expr *top, struct chain *chain)
{
    size_t n = 1;
    const iac_expr *node = top;
    for (const iac_expr *next; (next = below(node)); node = next)
        n++;
    chain->n = n;
    chain->v = n <= FEW_STEPS ? chain->few : iac_arena_array(ev->arena, const iac_expr *, n);
    node = top;
    while (n-- > 0) {
        chain->v[n] = node;
        node = below(node);
    }
}

/* The part of the traversal that a message about step i shows the values of: up to the next key that is not constant,
 * or the step itself where it has such a key. */
static const iac_expr *message_part(const struct chain *chain, size_t i)
{
    if (!iac_is_constant_step(chain->v[i]))
        return chain->v[i];
    while (i + 1 < chain->n && iac_is_constant_step(chain->v[i + 1]))
        i++;
    return chain->v[i];
}

static bool has_failed(const struct eval *ev, const iac_expr *name)
{
    for (size_t i = 0; i < ev->failed.n; i++) {
        if (ev->failed.v[i] == name)
            return true;
    }
    return false;
}

/* The object as a whole. Errors of names count whichever arm of a conditional they are in, but once. */
static const iac_value *look_up_whole(struct eval *ev, const iac_ref *ref)
{
    if (ev->failed.n > 0 && has_failed(ev, ref->subject))
        return NULL;
    bool soft = ref->output.n > 0;
    const iac_value *v = ev->scope->lookup(ev->scope->user, ref, NULL, ev->arena, soft ? ev->diags : ev->hard_diags);
    if (!v && !soft)
        iac_vec_push(&ev->failed, ref->subject);
    return v;
}

/* One instance; that there is none is an error of values: try(a[0].x, null) is good style. */
static const iac_value *look_up_instance(struct eval *ev, const iac_ref *ref, const iac_value *key)
{
    size_t before = ev->diags->list.n;
    const iac_value *v = ev->scope->lookup(ev->scope->user, ref, key, ev->arena, ev->diags);
    if (!v && !ev->quiet) {
        for (size_t i = before; i < ev->diags->list.n; i++) {
            if (ev->diags->list.v[i].value_count == 0)
                iac_eval_add_values_(ev, ref->whole, 0, &ev->diags->list.v[i], ev->diags->arena);
        }
    }
    return v;
}

static bool can_point(const iac_value *key)
{
    return iac_is_set_value(key) && key->marks == 0 && (key->kind == IAC_STRING || key->kind == IAC_NUMBER);
}

/* The value of what the traversal begins with; *next is the first step after it. NULL after an error. */
static const iac_value *begin(struct eval *ev, const struct chain *chain, size_t *next)
{
    const iac_expr *root = chain->v[0];
    *next = 1;
    const iac_value *local = iac_eval_local_(ev, root->root);
    if (local)
        return local;
    if (ev->vars) { /* names were checked before */
        const iac_value *v = iac_value_get(ev->vars, root->root);
        return v ? v : &iac_unknown_dynamic;
    }
    if (!ev->scope || !ev->scope->lookup) {
        iac_eval_error_(ev, root->range, IAC_NO_RANGE, NULL, "Variables not allowed",
                        "Variables may not be used here.");
        return NULL;
    }
    iac_ref ref;
    if (ev->failed.n > 0 && has_failed(ev, root))
        return NULL;
    if (!iac_ref_parse(ev->arena, chain->v[chain->n - 1], &ref, ev->hard_diags)) {
        iac_vec_push(&ev->failed, root);
        return NULL;
    }
    while (chain->v[*next - 1] != ref.subject)
        ++*next;
    if (ref.output.n && ev->scope->selects && !ev->scope->selects(ev->scope->user, &ref))
        ref.output = (iac_str){ 0 };
    if (!ref.key || (ev->scope->is_value && ev->scope->is_value(ev->scope->user, &ref))) {
        *next += ref.output.n > 0;
        return look_up_whole(ev, &ref);
    }
    size_t errors = 0;
    const iac_value *key = iac_eval_counted_(ev, ref.key, &errors);
    if (errors > 0)
        return NULL;
    if (can_point(key)) {
        *next += 1 + (ref.output.n > 0);
        return look_up_instance(ev, &ref, key);
    }
    ref.output = (iac_str){ 0 };
    const iac_value *all = look_up_whole(ev, &ref);
    if (!all)
        return NULL;
    const iac_expr *index = chain->v[*next];
    ++*next;
    return iac_eval_index_(ev, all, key, index->index.bracket_range, index);
}

const iac_value *iac_eval_traversal_(struct eval *ev, const iac_expr *expr)
{
    struct chain chain;
    size_t next = 1;
    lay_out(ev, expr, &chain);
    const iac_value *v = chain.v[0]->kind == IAC_EXPR_ROOT ? begin(ev, &chain, &next) : iac_eval_node_(ev, chain.v[0]);
    if (!v)
        return &iac_unknown_dynamic;
    bool failed = false; /* within steps that are constant: the rest of these is passed over */
    for (; next < chain.n; next++) {
        const iac_expr *step = chain.v[next], *part = message_part(&chain, next);
        bool constant = iac_is_constant_step(step);
        if (failed && constant)
            continue;
        if (step->kind == IAC_EXPR_ATTR)
            v = iac_eval_attr_(ev, v, step->attr.name, step->attr.name_range, part);
        else
            v = iac_eval_index_(ev, v, iac_eval_node_(ev, step->index.key), step->index.bracket_range, part);
        failed = !v && constant;
        if (!v) /* keys further on may have errors of their own */
            v = &iac_unknown_dynamic;
    }
    return v;
}

void iac_eval_steps(const iac_value *v, const iac_expr *const *steps, size_t n, iac_arena *arena, iac_diags *diags)
{
    struct eval ev = { .arena = arena, .diags = diags, .hard_diags = diags };
    for (size_t i = 0; i < n && v; i++) {
        if (steps[i]->kind == IAC_EXPR_ATTR)
            v = iac_eval_attr_(&ev, v, steps[i]->attr.name, steps[i]->attr.name_range, NULL);
        else
            v = iac_eval_index_(&ev, v, iac_eval_node_(&ev, steps[i]->index.key), steps[i]->index.bracket_range, NULL);
    }
}

/* `for` expressions, over anything that has elements, and their form in templates. */
#include <stdlib.h>
#include <string.h>

#include "lang/eval/eval_internal.h"

bool iac_each_iterable_(const iac_value *v)
{
    switch ((iac_kind)v->kind) {
    case IAC_LIST:
    case IAC_SET:
    case IAC_MAP:
    case IAC_TUPLE:
    case IAC_OBJECT:
        return true;
    default:
        return false;
    }
}

struct each iac_each_at_(iac_arena *arena, const iac_value *v, size_t i, bool want_key)
{
    struct each each = { .value = v->items[i] };
    if (!want_key)
        return each;
    switch ((iac_kind)v->kind) {
    case IAC_SET:
        each.key = each.value;
        break;
    case IAC_MAP:
    case IAC_OBJECT:
        each.key = iac_value_string(arena, v->keys[i]);
        break;
    default:
        each.key = iac_value_int(arena, (int64_t)i);
    }
    return each;
}

struct loop {
    struct eval *ev;
    const iac_expr *expr;
    struct frame frame;
    uint8_t marks;
    bool known; /* so far every element is known to be in or out, with a known key */
};

static void loop_error(struct loop *loop, const iac_expr *about, const char *summary, const char *detail, iac_str arg)
{
    if (!loop->known) /* one is enough */
        return;
    iac_eval_error_(loop->ev, about->range, loop->expr->range, about, summary, "%s%.*s%s", detail, IAC_FMT(arg),
                    arg.n > 0 ? "." : "");
}

/* The collection to iterate over, unmarked; NULL when there is nothing to iterate over. */
static const iac_value *open_collection(struct eval *ev, const iac_expr *expr, uint8_t *marks)
{
    const iac_expr *about = expr->for_.collection;
    const iac_value *v = iac_eval_node_(ev, about);
    if (iac_is_null(v)) {
        iac_eval_error_(ev, about->range, expr->range, about, "Iteration over null value",
                        "A null value cannot be used as the collection in a 'for' expression.");
        return NULL;
    }
    if (v->kind == IAC_DYNAMIC)
        return NULL;
    if (!iac_each_iterable_(v)) {
        iac_str type = iac_type_friendly(ev->arena, iac_value_type(ev->arena, v));
        iac_eval_error_(ev, about->range, expr->range, about, "Iteration over non-iterable value",
                        "A value of type %.*s cannot be used as the collection in a 'for' expression.", IAC_FMT(type));
        return NULL;
    }
    *marks |= v->marks;
    return iac_is_unknown(v) ? NULL : v;
}

/* A condition that is wrong whatever the element is: told once, and also where there is no element. */
static bool check_condition(struct loop *loop)
{
    const iac_expr *condition = loop->expr->for_.condition;
    if (!condition)
        return true;
    struct eval *ev = loop->ev;
    size_t errors = 0;
    iac_str error;
    loop->frame.key = loop->frame.value = &iac_unknown_dynamic;
    const iac_value *v = iac_eval_counted_(ev, condition, &errors);
    if (iac_is_null(v)) {
        loop_error(loop, condition, "Condition is null", "The value of the 'if' clause must not be null.",
                   (iac_str){ 0 });
        return false;
    }
    if (!iac_convert(ev->arena, v, &iac_type_bool, &error, NULL)) {
        loop_error(loop, condition, "Invalid 'for' condition", "The 'if' clause value is invalid: ", error);
        return false;
    }
    return errors == 0;
}

/* Whether the element is in. An unknown or failed condition makes the result unknown. */
static bool included(struct loop *loop)
{
    const iac_expr *condition = loop->expr->for_.condition;
    if (!condition)
        return true;
    struct eval *ev = loop->ev;
    const iac_value *v = iac_eval_node_(ev, condition);
    iac_str error;
    if (iac_is_null(v)) {
        loop_error(loop, condition, "Invalid 'for' condition", "The value of the 'if' clause must not be null.",
                   (iac_str){ 0 });
        loop->known = false;
        return false;
    }
    const iac_value *include = v;
    if (v->kind != IAC_BOOL && !(include = iac_convert(ev->arena, v, &iac_type_bool, &error, NULL))) {
        loop_error(loop, condition, "Invalid 'for' condition", "The 'if' clause value is invalid: ", error);
        loop->known = false;
        return false;
    }
    if (iac_is_unknown(include)) {
        loop->known = false;
        return false;
    }
    loop->marks |= include->marks;
    return include->boolean;
}

static bool result_key(struct loop *loop, iac_str *ret)
{
    const iac_expr *about = loop->expr->for_.key;
    struct eval *ev = loop->ev;
    const iac_value *v = iac_eval_node_(ev, about);
    iac_str error;
    bool ok = false;
    if (iac_is_null(v)) {
        loop_error(loop, about, "Invalid object key",
                   "Key expression in 'for' expression must not produce a null value.", (iac_str){ 0 });
    } else if (iac_is_known(v)) {
        const iac_value *key = v->kind == IAC_STRING ? v : iac_convert(ev->arena, v, &iac_type_string, &error, NULL);
        if (key) {
            loop->marks |= key->marks;
            *ret = key->string;
            ok = true;
        } else {
            loop_error(loop, about, "Invalid object key", "The key expression produced an invalid result: ", error);
        }
    }
    loop->known &= ok;
    return ok;
}

static void set_element(struct loop *loop, const iac_value *collection, size_t i)
{
    struct each each = iac_each_at_(loop->ev->arena, collection, i, loop->frame.key_name.n > 0);
    loop->frame.key = each.key;
    loop->frame.value = each.value;
}

static const iac_value *make_tuple(struct loop *loop, const iac_value *collection)
{
    const iac_value **items = iac_xmalloc((collection->n + 1) * sizeof(*items));
    size_t n = 0;
    for (size_t i = 0; i < collection->n; i++) {
        set_element(loop, collection, i);
        if (included(loop))
            items[n++] = iac_eval_node_(loop->ev, loop->expr->for_.value);
    }
    const iac_value *v = &iac_unknown_dynamic;
    if (loop->known)
        v = iac_value_tuple(loop->ev->arena, items, n);
    free(items);
    return iac_value_mark(loop->ev->arena, v, loop->marks);
}

struct group { /* the values of one key, while grouping */
    IAC_VEC(const iac_value *) items;
};

static void add_grouped(iac_map *groups, iac_str key, const iac_value *v)
{
    void **at = iac_map_at(groups, key);
    if (!*at)
        *at = iac_xcalloc(1, sizeof(struct group));
    struct group *group = *at;
    iac_vec_push(&group->items, v);
}

static void add_single(struct loop *loop, iac_map *map, iac_str key, const iac_value *v)
{
    const iac_expr *about = loop->expr->for_.key;
    void **at = iac_map_at(map, key);
    if (*at) {
        iac_eval_error_(loop->ev, about->range, loop->expr->range, about, "Duplicate object key",
                        "Two different items produced the key \"%.*s\" in this 'for' expression. If duplicates are "
                        "expected, use the ellipsis (...) after the value expression to enable grouping by key.",
                        IAC_FMT(key));
        return;
    }
    *at = (void *)v;
}

static const iac_value *object_of(struct loop *loop, const iac_map *map, bool grouped)
{
    iac_arena *arena = loop->ev->arena;
    iac_str *names = iac_xmalloc((map->n + 1) * sizeof(*names));
    const iac_value **items = iac_xmalloc((map->n + 1) * sizeof(*items));
    for (size_t i = 0; i < map->n; i++) {
        names[i] = map->entries[i].key;
        items[i] = map->entries[i].value;
        if (grouped) {
            const struct group *group = map->entries[i].value;
            items[i] = iac_value_tuple(arena, group->items.v, group->items.n);
        }
    }
    const iac_value *v = iac_value_object(arena, names, items, map->n);
    free(names);
    free(items);
    return v;
}

static const iac_value *make_object(struct loop *loop, const iac_value *collection)
{
    const iac_expr *expr = loop->expr;
    iac_map map = { 0 };
    bool grouped = expr->for_.group;
    for (size_t i = 0; i < collection->n; i++) {
        iac_str key;
        set_element(loop, collection, i);
        if (!included(loop) || !result_key(loop, &key))
            continue;
        const iac_value *v = iac_eval_node_(loop->ev, expr->for_.value);
        if (grouped)
            add_grouped(&map, key, v);
        else
            add_single(loop, &map, key, v);
    }
    const iac_value *v = loop->known ? object_of(loop, &map, grouped) : &iac_unknown_dynamic;
    for (size_t i = 0; grouped && i < map.n; i++) {
        struct group *group = map.entries[i].value;
        iac_vec_clear(&group->items);
        free(group);
    }
    iac_map_clear(&map);
    return iac_value_mark(loop->ev->arena, v, loop->marks);
}

const iac_value *iac_eval_for_(struct eval *ev, const iac_expr *expr)
{
    struct loop loop = {
        .ev = ev,
        .expr = expr,
        .known = true,
        .frame = { .up = ev->frames, .key_name = expr->for_.key_var, .value_name = expr->for_.value_var },
    };
    const iac_value *collection = open_collection(ev, expr, &loop.marks);
    if (!collection)
        return iac_value_mark(ev->arena, &iac_unknown_dynamic, loop.marks);
    ev->frames = &loop.frame;
    const iac_value *v = &iac_unknown_dynamic;
    if (check_condition(&loop))
        v = expr->for_.key ? make_object(&loop, collection) : make_tuple(&loop, collection);
    ev->frames = loop.frame.up;
    return v;
}

const iac_value *iac_eval_template_for_(struct eval *ev, const iac_expr *expr)
{
    const iac_value *tuple = iac_eval_for_(ev, expr);
    uint8_t marks = tuple->marks;
    if (iac_is_unknown(tuple))
        return iac_value_mark(ev->arena, iac_value_unknown(ev->arena, &iac_type_string), marks);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    bool known = true;
    for (size_t i = 0; i < tuple->n; i++) { /* each is the result of a template: a string, maybe unknown */
        const iac_value *v = tuple->items[i];
        marks |= v->marks;
        known &= iac_is_set_value(v) && v->kind == IAC_STRING;
        if (known)
            iac_buf_str(&buf, v->string);
    }
    const iac_value *v =
        known ? iac_value_string(ev->arena, iac_buf_view(&buf)) : iac_value_unknown(ev->arena, &iac_type_string);
    iac_buf_clear(&buf);
    return iac_value_mark(ev->arena, v, marks);
}

#include "lang/value/path.h"
#include "lang/value/json.h"
#include "lang/value/text.h"

#include <stdlib.h>
#include <string.h>

static bool step_equal(const iac_step *a, const iac_step *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case IAC_STEP_ATTR:
    case IAC_STEP_KEY:
        return iac_str_eq(a->name, b->name);
    case IAC_STEP_INDEX:
        return a->index == b->index;
    case IAC_STEP_ELEMENT:
        return iac_value_same(a->value, b->value);
    }
    return false;
}

bool iac_path_starts(iac_path path, iac_path prefix)
{
    if (path.n < prefix.n)
        return false;
    for (size_t i = 0; i < prefix.n; i++)
        if (!step_equal(&path.steps[i], &prefix.steps[i]))
            return false;
    return true;
}

iac_path iac_path_copy(iac_arena *arena, iac_path path)
{
    iac_step *steps = iac_arena_array(arena, iac_step, path.n);
    for (size_t i = 0; i < path.n; i++) {
        steps[i] = path.steps[i];
        if (steps[i].name.n)
            steps[i].name = iac_arena_str(arena, steps[i].name);
        if (steps[i].value)
            steps[i].value = iac_value_copy(arena, steps[i].value);
    }
    return (iac_path){ steps, path.n };
}

/* ---- texts ---- */

static void add_step(iac_buf *out, const iac_step *step)
{
    switch (step->kind) {
    case IAC_STEP_ATTR:
        iac_buf_char(out, '.');
        iac_buf_str(out, step->name);
        break;
    case IAC_STEP_INDEX:
        iac_buf_printf(out, "[%lld]", (long long)step->index);
        break;
    case IAC_STEP_KEY:
        iac_buf_char(out, '[');
        iac_quote(out, step->name);
        iac_buf_char(out, ']');
        break;
    case IAC_STEP_ELEMENT:
        iac_buf_char(out, '[');
        iac_value_to_json(out, step->value);
        iac_buf_char(out, ']');
        break;
    }
}

iac_str iac_path_text(iac_arena *arena, iac_path path)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < path.n; i++)
        add_step(&buf, &path.steps[i]);
    iac_str text = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

static bool is_name_char(char c)
{
    return c != '.' && c != '[' && c != ']' && c != '"' && (unsigned char)c > ' ';
}

/* "[3]" or "[\"key\"]" at *at; keys are JSON strings. */
static bool parse_index(iac_arena *arena, iac_str text, size_t *at, iac_step *ret)
{
    size_t i = *at + 1;
    if (i < text.n && text.p[i] == '"') {
        size_t from = i++;
        while (i < text.n && text.p[i] != '"')
            i += text.p[i] == '\\' ? 2 : 1;
        if (i + 1 >= text.n || text.p[i + 1] != ']')
            return false;
        iac_str error;
        size_t offset;
        const iac_value *key = iac_value_from_json(arena, iac_str_sub(text, from, i + 1), &error, &offset);
        if (!key)
            return false;
        *ret = (iac_step){ .kind = IAC_STEP_KEY, .name = key->string };
        *at = i + 2;
        return true;
    }
    int64_t n = 0;
    size_t from = i;
    for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
        if (i - from >= 18)
            return false;
        n = n * 10 + (text.p[i] - '0');
    }
    if (i == from || i >= text.n || text.p[i] != ']')
        return false;
    *ret = (iac_step){ .kind = IAC_STEP_INDEX, .index = n };
    *at = i + 1;
    return true;
}

bool iac_path_parse(iac_arena *arena, iac_str text, iac_path *ret)
{
    IAC_VEC(iac_step) steps = { 0 };
    size_t at = 0;
    bool ok = true;
    while (ok && at < text.n) {
        iac_step step = { 0 };
        if (text.p[at] == '[') {
            ok = parse_index(arena, text, &at, &step);
        } else {
            if (text.p[at] == '.')
                at++;
            else if (at > 0)
                ok = false;
            size_t from = at;
            while (at < text.n && is_name_char(text.p[at]))
                at++;
            ok = ok && at > from;
            step = (iac_step){ .kind = IAC_STEP_ATTR, .name = iac_str_sub(text, from, at) };
        }
        if (ok)
            iac_vec_push(&steps, step);
    }
    if (ok)
        *ret = iac_path_copy(arena, (iac_path){ steps.v, steps.n });
    iac_vec_clear(&steps);
    return ok;
}

void iac_path_to_json(iac_buf *out, iac_path path)
{
    iac_buf_char(out, '[');
    for (size_t i = 0; i < path.n; i++) {
        const iac_step *step = &path.steps[i];
        if (i)
            iac_buf_char(out, ',');
        switch (step->kind) {
        case IAC_STEP_ATTR:
            iac_buf_cstr(out, "{\"type\":\"get_attr\",\"value\":");
            iac_json_string(out, step->name, true);
            iac_buf_char(out, '}');
            break;
        case IAC_STEP_INDEX:
            iac_buf_printf(out, "{\"type\":\"index\",\"value\":{\"value\":%lld,\"type\":\"number\"}}",
                           (long long)step->index);
            break;
        case IAC_STEP_KEY:
            iac_buf_cstr(out, "{\"type\":\"index\",\"value\":{\"value\":");
            iac_json_string(out, step->name, true);
            iac_buf_cstr(out, ",\"type\":\"string\"}}");
            break;
        case IAC_STEP_ELEMENT:
            iac_buf_cstr(out, "{\"type\":\"index\",\"value\":");
            iac_value_to_typed_json(out, step->value, &iac_type_dynamic);
            iac_buf_char(out, '}');
            break;
        }
    }
    iac_buf_char(out, ']');
}

/* ---- walking ---- */

static const iac_value *step_into(const iac_value *v, const iac_step *step)
{
    switch (step->kind) {
    case IAC_STEP_ATTR:
        return v->kind == IAC_OBJECT ? iac_value_get(v, step->name) : NULL;
    case IAC_STEP_KEY: /* an object's attribute too, as the language has it */
        return iac_value_get(v, step->name);
    case IAC_STEP_INDEX:
        if ((v->kind != IAC_LIST && v->kind != IAC_TUPLE) || step->index < 0 || (uint64_t)step->index >= v->n)
            return NULL;
        return v->items[step->index];
    case IAC_STEP_ELEMENT:
        return v->kind == IAC_SET && iac_value_set_has(v, step->value) ? step->value : NULL;
    }
    return NULL;
}

const iac_value *iac_value_at(iac_arena *arena, const iac_value *v, iac_path path)
{
    uint8_t marks = 0;
    for (size_t i = 0; i < path.n && v && v->state == IAC_KNOWN; i++) {
        marks |= v->marks;
        v = step_into(v, &path.steps[i]);
    }
    return v ? iac_value_mark(arena, v, marks) : NULL;
}

/* The path of the value being visited; grows and shrinks with the descent. */
typedef struct trail {
    IAC_VEC(iac_step) steps;
} trail;

iac_step iac_step_to(const iac_value *v, size_t i)
{
    switch (v->kind) {
    case IAC_OBJECT:
        return (iac_step){ .kind = IAC_STEP_ATTR, .name = v->keys[i] };
    case IAC_MAP:
        return (iac_step){ .kind = IAC_STEP_KEY, .name = v->keys[i] };
    case IAC_SET:
        return (iac_step){ .kind = IAC_STEP_ELEMENT, .value = v->items[i] };
    default:
        return (iac_step){ .kind = IAC_STEP_INDEX, .index = (int64_t)i };
    }
}

static bool has_parts(const iac_value *v)
{
    return v->state == IAC_KNOWN && v->kind >= IAC_LIST;
}

static void walk(trail *t, const iac_value *v, bool (*fn)(void *arg, iac_path path, const iac_value *v), void *arg)
{
    if (!fn(arg, (iac_path){ t->steps.v, t->steps.n }, v) || !has_parts(v))
        return;
    for (size_t i = 0; i < v->n; i++) {
        iac_vec_push(&t->steps, iac_step_to(v, i));
        walk(t, v->items[i], fn, arg);
        t->steps.n--;
    }
}

void iac_value_walk(const iac_value *v, bool (*fn)(void *arg, iac_path path, const iac_value *v), void *arg)
{
    trail t = { 0 };
    walk(&t, v, fn, arg);
    iac_vec_clear(&t.steps);
}

/* v with other items in place of its own. Where they are no longer of one type, a collection becomes what holds them:
 * the caller's function asked for it. */
static const iac_value *rebuild(iac_arena *arena, const iac_value *v, const iac_value *const *items)
{
    const iac_value *made = NULL;
    const iac_type *element = v->type ? v->type->element : NULL;
    for (size_t i = 0; element && i < v->n; i++)
        if (!iac_value_has_type(items[i], element))
            element = &iac_type_dynamic;
    switch (v->kind) {
    case IAC_LIST:
        made = iac_value_list(arena, element, items, v->n);
        break;
    case IAC_SET:
        made = iac_value_set(arena, element, items, v->n);
        break;
    case IAC_MAP:
        made = iac_value_map(arena, element, v->keys, items, v->n);
        break;
    case IAC_TUPLE:
        made = iac_value_tuple(arena, items, v->n);
        break;
    default:
        made = iac_value_object(arena, v->keys, items, v->n);
        break;
    }
    return iac_value_mark(arena, made, v->marks);
}

struct transformation {
    iac_arena *arena;
    const iac_value *(*fn)(void *arg, iac_path path, const iac_value *v);
    void *arg;
    trail trail;
};

static const iac_value *transform(struct transformation *t, const iac_value *v)
{
    if (has_parts(v) && v->n) {
        const iac_value **items = iac_xcalloc(v->n, sizeof(*items));
        bool changed = false;
        for (size_t i = 0; i < v->n; i++) {
            iac_vec_push(&t->trail.steps, iac_step_to(v, i));
            items[i] = transform(t, v->items[i]);
            t->trail.steps.n--;
            changed |= items[i] != v->items[i];
        }
        if (changed)
            v = rebuild(t->arena, v, items);
        free(items);
    }
    return t->fn(t->arg, (iac_path){ t->trail.steps.v, t->trail.steps.n }, v);
}

const iac_value *iac_value_transform(iac_arena *arena, const iac_value *v,
                                     const iac_value *(*fn)(void *arg, iac_path path, const iac_value *v), void *arg)
{
    struct transformation t = { .arena = arena, .fn = fn, .arg = arg };
    const iac_value *result = transform(&t, v);
    iac_vec_clear(&t.trail.steps);
    return result;
}

static const iac_value *unsign_zero(void *arena, iac_path path, const iac_value *v)
{
    (void)path;
    if (v->kind != IAC_NUMBER || v->state != IAC_KNOWN || !v->number.big || !mpfr_zero_p(v->number.big))
        return v;
    return iac_value_mark(arena, iac_value_int(arena, 0), v->marks);
}

const iac_value *iac_value_unsign_zeros(iac_arena *arena, const iac_value *v)
{
    return iac_value_transform(arena, v, unsign_zero, arena);
}

/* ---- marks by path ---- */

struct collection {
    iac_arena *arena;
    uint8_t marks;
    IAC_VEC(iac_path) found;
};

static bool collect_marked(void *arg, iac_path path, const iac_value *v)
{
    struct collection *c = arg;
    if (v->marks & c->marks)
        iac_vec_push(&c->found, iac_path_copy(c->arena, path));
    return (v->deep_marks & c->marks) != 0;
}

iac_paths iac_value_marked_paths(iac_arena *arena, const iac_value *v, uint8_t marks)
{
    struct collection c = { .arena = arena, .marks = marks };
    iac_value_walk(v, collect_marked, &c);
    iac_path *paths = iac_arena_array(arena, iac_path, c.found.n);
    if (c.found.n)
        memcpy(paths, c.found.v, c.found.n * sizeof(*paths));
    iac_paths result = { paths, c.found.n };
    iac_vec_clear(&c.found);
    return result;
}

static int compare_steps(const iac_step *a, const iac_step *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    switch (a->kind) {
    case IAC_STEP_INDEX:
        return (a->index > b->index) - (a->index < b->index);
    case IAC_STEP_ELEMENT:
        return iac_value_order(a->value, b->value);
    default:
        return iac_str_cmp(a->name, b->name);
    }
}

static int compare_paths(const void *x, const void *y)
{
    const iac_path *a = x, *b = y;
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        int c = compare_steps(&a->steps[i], &b->steps[i]);
        if (c)
            return c;
    }
    return (a->n > b->n) - (a->n < b->n);
}

static size_t item_index(const iac_value *v, const iac_step *step)
{
    if (v->kind == IAC_LIST || v->kind == IAC_TUPLE)
        return step->kind == IAC_STEP_INDEX && step->index >= 0 && (uint64_t)step->index < v->n ? (size_t)step->index
                                                                                                : SIZE_MAX;
    if ((step->kind != IAC_STEP_ATTR && step->kind != IAC_STEP_KEY) || (v->kind != IAC_OBJECT && v->kind != IAC_MAP))
        return SIZE_MAX;
    return iac_str_search(v->keys, v->n, step->name);
}

/* paths are sorted and agree in their first `depth` steps, which lead to v. */
static const iac_value *mark_sorted(iac_arena *arena, const iac_value *v, const iac_path *paths, size_t n, size_t depth,
                                    uint8_t marks)
{
    size_t i = 0;
    bool here = n && paths[0].n == depth;
    while (i < n && paths[i].n == depth)
        i++;
    if (i < n && v->state == IAC_KNOWN && v->kind == IAC_SET)
        here = true;
    if (here)
        v = iac_value_mark(arena, v, marks);
    if (!has_parts(v) || v->kind == IAC_SET || i == n)
        return v;
    const iac_value **items = iac_xcalloc(v->n + 1, sizeof(*items));
    bool changed = false;
    for (size_t j = 0; j < v->n; j++)
        items[j] = v->items[j];
    while (i < n) {
        size_t end = i + 1;
        while (end < n && step_equal(&paths[i].steps[depth], &paths[end].steps[depth]))
            end++;
        size_t at = item_index(v, &paths[i].steps[depth]);
        if (at != SIZE_MAX) {
            const iac_value *old = items[at];
            items[at] = mark_sorted(arena, old, paths + i, end - i, depth + 1, marks);
            changed |= items[at] != old;
        }
        i = end;
    }
    if (changed)
        v = rebuild(arena, v, items);
    free(items);
    return v;
}

const iac_value *iac_value_mark_paths(iac_arena *arena, const iac_value *v, iac_paths paths, uint8_t marks)
{
    iac_path *sorted = iac_xcalloc(paths.n + 1, sizeof(*sorted));
    if (paths.n)
        memcpy(sorted, paths.v, paths.n * sizeof(*sorted));
    qsort(sorted, paths.n, sizeof(*sorted), compare_paths);
    v = mark_sorted(arena, v, sorted, paths.n, 0, marks);
    free(sorted);
    return v;
}

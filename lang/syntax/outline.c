/* Where in a JSON text an offset lies: for messages, so it also works on what is hardly JSON. */
#include "lang/syntax/parser.h"

#include "lang/syntax/parse.h"

typedef struct container {
    size_t start, end;      /* from the opening bracket through the closing one */
    const struct container *parent;
    iac_str key;            /* of the member it is the value of, as written; p NULL: an item */
    size_t index;
} container;

struct iac_json_outline {
    container **v; /* in the order of their opening brackets */
    size_t n;
};

typedef struct outliner {
    iac_arena *arena;
    iac_str text;
    IAC_VEC(container *) found;
    IAC_VEC(size_t) counts; /* items so far, of each container that is open */
} outliner;

static size_t string_end(iac_str text, size_t at)
{
    for (at++; at < text.n && text.p[at] != '"' && text.p[at] != '\n'; at++)
        at += text.p[at] == '\\' && at + 1 < text.n;
    return at;
}

static container *open_container(outliner *o, container *parent, size_t at, iac_str key)
{
    container *c = iac_arena_new_of(o->arena, container);
    *c = (container){ .start = at, .end = o->text.n, .parent = parent, .key = key };
    if (parent && o->text.p[parent->start] == '[') {
        c->key = (iac_str){ 0 };
        c->index = o->counts.v[o->counts.n - 1];
    }
    iac_vec_push(&o->found, c);
    iac_vec_push(&o->counts, (size_t)0);
    return c;
}

iac_json_outline *iac_json_outline_new(iac_arena *arena, iac_str text)
{
    outliner o = { .arena = arena, .text = text };
    container *open = NULL;
    iac_str key = { 0 };

    for (size_t at = 0; at < text.n; at++) {
        size_t end;
        switch (text.p[at]) {
        case '"':
            end = string_end(text, at);
            key = iac_str_sub(text, at + 1, end);
            at = end;
            break;
        case '{':
        case '[':
            open = open_container(&o, open, at, key);
            break;
        case '}':
        case ']':
            if (open) {
                open->end = at + 1;
                open = (container *)open->parent;
                o.counts.n--;
            }
            break;
        case ',':
            if (open)
                o.counts.v[o.counts.n - 1]++;
            break;
        default:
            break;
        }
    }
    iac_json_outline *outline = iac_arena_new_of(arena, iac_json_outline);
    outline->n = o.found.n;
    outline->v = iac_arena_array(arena, container *, o.found.n);
    for (size_t i = 0; i < o.found.n; i++)
        outline->v[i] = o.found.v[i];
    iac_vec_clear(&o.found);
    iac_vec_clear(&o.counts);
    return outline;
}

iac_str iac_json_outline_path(const iac_json_outline *outline, size_t offset, iac_arena *arena)
{
    const container *steps[IAC_MAX_NESTING];
    size_t low = 0, high = outline->n, depth = 0;

    while (low < high) { /* the last that begins at or before offset */
        size_t middle = (low + high) / 2;
        if (outline->v[middle]->start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    const container *at = low ? outline->v[low - 1] : NULL;
    while (at && at->end <= offset)
        at = at->parent;
    for (; at && at->parent && depth < IAC_COUNT(steps); at = at->parent)
        steps[depth++] = at;
    iac_buf path;
    iac_buf_init(&path, IAC_BUF_UNLIMITED);
    while (depth > 0) {
        const container *step = steps[--depth];
        if (step->key.p)
            iac_buf_printf(&path, "%s%.*s", path.n ? "." : "", IAC_FMT(step->key));
        else
            iac_buf_printf(&path, "[%zu]", step->index);
    }
    iac_str result = iac_arena_str(arena, iac_buf_view(&path));
    iac_buf_clear(&path);
    return result;
}

#include "lang/base/diag.h"

#include <stdlib.h>

static iac_arena *arena_of(iac_diags *diags)
{
    if (!diags->arena)
        diags->arena = iac_arena_new();
    return diags->arena;
}

static iac_diag *push(iac_diags *diags, iac_diag diag)
{
    iac_vec_push(&diags->list, diag);
    diags->errors += diag.severity == IAC_ERROR;
    return &diags->list.v[diags->list.n - 1];
}

static iac_diag *add(iac_diags *diags, iac_severity severity, iac_range subject, const char *summary,
                     const char *format, va_list args)
{
    iac_arena *arena = arena_of(diags);
    return push(diags, (iac_diag){
                           .severity = severity,
                           .subject = subject,
                           .summary = iac_arena_str(arena, iac_str_of(summary)),
                           .detail = iac_arena_vprintf(arena, format, args),
                       });
}

iac_diag *iac_diag_error(iac_diags *diags, iac_range subject, const char *summary, const char *detail_format, ...)
{
    va_list args;
    va_start(args, detail_format);
    iac_diag *diag = add(diags, IAC_ERROR, subject, summary, detail_format, args);
    va_end(args);
    return diag;
}

iac_diag *iac_diag_warning(iac_diags *diags, iac_range subject, const char *summary, const char *detail_format, ...)
{
    va_list args;
    va_start(args, detail_format);
    iac_diag *diag = add(diags, IAC_WARNING, subject, summary, detail_format, args);
    va_end(args);
    return diag;
}

iac_diag *iac_diag_add(iac_diags *diags, const iac_diag *diag)
{
    iac_arena *arena = arena_of(diags);
    iac_diag copy = *diag;
    copy.summary = iac_arena_str(arena, diag->summary);
    copy.detail = iac_arena_str(arena, diag->detail);
    copy.address = iac_arena_str(arena, diag->address);
    copy.block = iac_arena_str(arena, diag->block);
    copy.function = iac_arena_str(arena, diag->function);
    copy.signature = iac_arena_str(arena, diag->signature);
    copy.signature_json = iac_arena_str(arena, diag->signature_json);
    copy.checked = iac_arena_str(arena, diag->checked);
    copy.attribute = iac_arena_str(arena, diag->attribute);
    copy.values = iac_arena_array(arena, iac_diag_value, diag->value_count);
    for (size_t i = 0; i < diag->value_count; i++) {
        copy.values[i].traversal = iac_arena_str(arena, diag->values[i].traversal);
        copy.values[i].statement = iac_arena_str(arena, diag->values[i].statement);
    }
    return push(diags, copy);
}

void iac_diags_append(iac_diags *to, iac_diags *from)
{
    if (to == from)
        return;
    for (size_t i = 0; i < from->list.n; i++)
        iac_diag_add(to, &from->list.v[i]);
    iac_diags_clear(from);
}

static size_t depth_of(iac_str path)
{
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++)
        n += path.p[i] == '/';
    return n;
}

/* Below, at or above 0 as a comes before, with or after b. */
static int order_of(const iac_diag *a, const iac_diag *b)
{
    if (a->severity != b->severity)
        return a->severity == IAC_WARNING ? -1 : 1;
    if (!a->subject.src != !b->subject.src)
        return a->subject.src ? 1 : -1;
    if (!a->subject.src)
        return 0;
    iac_str x = a->subject.src->name, y = b->subject.src->name;
    if (depth_of(x) != depth_of(y))
        return depth_of(x) < depth_of(y) ? -1 : 1;
    int order = iac_str_cmp(x, y);
    if (order)
        return order;
    iac_range at = iac_range_in_file(a->subject), other = iac_range_in_file(b->subject);
    if (at.start != other.start)
        return at.start < other.start ? -1 : 1;
    return (at.end > other.end) - (at.end < other.end);
}

typedef struct placed {
    iac_diag diag;
    size_t index;
} placed;

static int cmp_placed(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    int order = order_of(&x->diag, &y->diag);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

void iac_diags_sort(iac_diags *diags)
{
    size_t n = diags->list.n;
    if (n < 2)
        return;
    placed *list = iac_xcalloc(n, sizeof(*list));
    for (size_t i = 0; i < n; i++)
        list[i] = (placed){ diags->list.v[i], i };
    qsort(list, n, sizeof(*list), cmp_placed);
    for (size_t i = 0; i < n; i++)
        diags->list.v[i] = list[i].diag;
    free(list);
}

bool iac_diags_has_errors(const iac_diags *diags)
{
    return diags->errors > 0;
}

void iac_diags_truncate(iac_diags *diags, size_t count)
{
    while (diags->list.n > count)
        diags->errors -= diags->list.v[--diags->list.n].severity == IAC_ERROR;
}

void iac_diags_clear(iac_diags *diags)
{
    iac_arena_free(diags->arena);
    iac_vec_clear(&diags->list);
    *diags = (iac_diags)IAC_DIAGS_INIT;
}

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

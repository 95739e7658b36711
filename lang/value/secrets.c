#include "lang/value/secrets.h"

#include "lang/base/secrets.h"

/* Calls fn with the text of each string and number in v; with `marked`, only with those that are sensitive. */
static void each_text(const iac_value *v, bool marked, void (*fn)(iac_str text))
{
    if (!v || (marked && !(v->deep_marks & IAC_SENSITIVE)) || !iac_is_set_value(v))
        return;
    marked = marked && !(v->marks & IAC_SENSITIVE);
    switch (v->kind) {
    case IAC_STRING:
        if (!marked)
            fn(v->string);
        break;
    case IAC_NUMBER:
        if (!marked) {
            iac_arena *arena = iac_arena_new();
            fn(iac_number_text(arena, v));
            iac_arena_free(arena);
        }
        break;
    case IAC_LIST:
    case IAC_SET:
    case IAC_TUPLE:
    case IAC_MAP:
    case IAC_OBJECT:
        for (size_t i = 0; i < v->n; i++)
            each_text(v->items[i], marked, fn);
        break;
    default:
        break;
    }
}

const iac_value *iac_value_note_secrets(const iac_value *v)
{
    each_text(v, true, iac_secrets_add);
    return v;
}

void iac_value_add_secrets(const iac_value *v)
{
    each_text(v, false, iac_secrets_add);
}

void iac_value_add_output_secret(const iac_value *v)
{
    bool alone = v && (v->kind == IAC_STRING || v->kind == IAC_NUMBER);
    each_text(v, !alone, iac_secrets_add);
}

void iac_value_release_secrets(const iac_value *v)
{
    each_text(v, false, iac_secrets_release);
}

bool iac_value_shows_secret(const iac_value *v)
{
    if (!v || !iac_secrets_any() || !iac_is_set_value(v))
        return false;
    if (v->kind == IAC_STRING)
        return iac_secrets_in(v->string);
    if (v->kind != IAC_NUMBER)
        return false;
    iac_arena *arena = iac_arena_new();
    bool shows = iac_secrets_in(iac_number_text(arena, v));
    iac_arena_free(arena);
    return shows;
}

/* yamlencode: block style; strings in double quotes, or as literal blocks where they have line ends. */
#include "lang/func/func_internal.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static int add_output(void *arg, unsigned char *bytes, size_t n)
{
    iac_buf_add(arg, bytes, n);
    return 1;
}

/* Gives the event to the emitter; made is whether it could be made. */
static bool emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
    return made && yaml_emitter_emit(emitter, event);
}

static bool emit_scalar(yaml_emitter_t *emitter, iac_str text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    int made = yaml_scalar_event_initialize(&event, NULL, NULL, (const unsigned char *)(text.p ? text.p : ""),
                                            (int)text.n, 1, 1, style);
    return emit(emitter, &event, made);
}

static bool emit_string(yaml_emitter_t *emitter, iac_str text)
{
    bool lines = iac_str_find_char(text, '\n', 0) != SIZE_MAX;
    return emit_scalar(emitter, text, lines ? YAML_LITERAL_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

static bool emit_value(iac_arena *arena, yaml_emitter_t *emitter, const iac_value *v);

static bool emit_mapping(iac_arena *arena, yaml_emitter_t *emitter, const iac_value *v)
{
    yaml_event_t event;
    bool ok =
        emit(emitter, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
    for (size_t i = 0; ok && i < v->n; i++)
        ok = emit_string(emitter, v->keys[i]) && emit_value(arena, emitter, v->items[i]);
    return ok && emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static bool emit_sequence(iac_arena *arena, yaml_emitter_t *emitter, const iac_value *v)
{
    yaml_event_t event;
    bool ok =
        emit(emitter, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
    for (size_t i = 0; ok && i < v->n; i++)
        ok = emit_value(arena, emitter, v->items[i]);
    return ok && emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

static bool emit_value(iac_arena *arena, yaml_emitter_t *emitter, const iac_value *v)
{
    if (iac_is_null(v))
        return emit_scalar(emitter, IAC_STR("null"), YAML_PLAIN_SCALAR_STYLE);
    switch (v->kind) {
    case IAC_STRING:
        return emit_string(emitter, v->string);
    case IAC_NUMBER:
        return emit_scalar(emitter, iac_number_text(arena, v), YAML_PLAIN_SCALAR_STYLE);
    case IAC_BOOL:
        return emit_scalar(emitter, v->boolean ? IAC_STR("true") : IAC_STR("false"), YAML_PLAIN_SCALAR_STYLE);
    case IAC_MAP:
    case IAC_OBJECT:
        return emit_mapping(arena, emitter, v);
    default:
        return emit_sequence(arena, emitter, v);
    }
}

const iac_value *iac_fn_yamlencode(iac_call *call)
{
    const iac_value *v = call->args[0];
    if (!iac_is_wholly_known(v))
        return iac_call_unknown(call);
    yaml_emitter_t emitter;
    yaml_event_t event;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (!yaml_emitter_initialize(&emitter))
        abort();
    yaml_emitter_set_output(&emitter, add_output, &out);
    yaml_emitter_set_unicode(&emitter, 1);
    bool ok = emit(&emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
              emit(&emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
              emit_value(call->arena, &emitter, v) &&
              emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
              emit(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
    if (!ok) {
        iac_buf_clear(&out);
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "the value cannot be written as YAML");
    }
    /* the end of a document is marked after a plain scalar alone, other than libyaml does */
    bool plain = iac_is_null(v) || v->kind == IAC_NUMBER || v->kind == IAC_BOOL;
    bool marked = iac_str_ends(iac_buf_view(&out), IAC_STR("\n...\n"));
    if (plain && !marked)
        iac_buf_cstr(&out, "...\n");
    iac_str text = iac_buf_view(&out);
    const iac_value *result = iac_value_string(call->arena, iac_str_sub(text, 0, text.n - (!plain && marked ? 4 : 0)));
    iac_buf_clear(&out);
    return result;
}

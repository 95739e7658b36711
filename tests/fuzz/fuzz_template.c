/* Any bytes as a template, in a file of its own and in a string of a configuration, evaluated. */
#include "lang/eval/eval.h"
#include "lang/syntax/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const iac_value *look_up(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                                iac_diags *diags)
{
    (void)user;
    (void)key;
    (void)diags;
    const iac_value *two[] = { iac_value_cstr(arena, "one\n"), iac_value_int(arena, 2) };
    return ref->name.n % 2 ? iac_value_tuple(arena, two, 2) : iac_value_mark(arena, two[0], IAC_SENSITIVE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_func_context functions = { .planning = true };
    iac_scope scope = { .lookup = look_up, .functions = &functions };
    iac_str text = { (const char *)data, size }, error;

    iac_eval(&scope, iac_parse_template(arena, iac_source_new(arena, IAC_STR("t.tftpl"), text), &diags), arena, &diags);
    iac_eval_render(&scope, arena, IAC_STR("t.tftpl"), text,
                    iac_value_object(arena, (iac_str[]){ IAC_STR_INIT("x") }, (const iac_value *[]){ &iac_true }, 1),
                    &error);
    iac_str quoted = iac_arena_printf(arena, "\"%.*s\"", IAC_FMT(text));
    iac_eval(&scope, iac_parse_expression(arena, iac_source_new(arena, IAC_STR("main.tf"), quoted), &diags), arena,
             &diags);
    iac_str heredoc = iac_arena_printf(arena, "<<-END\n%.*s\nEND\n", IAC_FMT(text));
    iac_eval(&scope, iac_parse_expression(arena, iac_source_new(arena, IAC_STR("main.tf"), heredoc), &diags), arena,
             &diags);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}

/* Any bytes as an expression to evaluate, as a type, as a path and as an address. */
#include "lang/eval/eval.h"
#include "lang/syntax/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Values of many shapes, by the length of the name asked for. */
static const iac_value *look_up(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                                iac_diags *diags)
{
    (void)user;
    (void)diags;
    if (key)
        return &iac_empty_object;
    switch ((ref->name.n + ref->addr.name.n) % 6) {
    case 0:
        return &iac_unknown_dynamic;
    case 1:
        return iac_value_tuple(arena, (const iac_value *[]){ &iac_true, &iac_null_dynamic }, 2);
    case 2:
        return iac_value_mark(arena, iac_value_cstr(arena, "text"), IAC_SENSITIVE);
    case 3:
        return iac_value_unknown(arena, iac_type_list(arena, &iac_type_string));
    case 4:
        return iac_value_int(arena, -3);
    default:
        return iac_value_object(arena, &ref->name, (const iac_value *[]){ &iac_empty_tuple }, 1);
    }
}

static void ignore(void *arg, const iac_ref *ref)
{
    (void)arg;
    (void)ref;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_str text = { (const char *)data, size };
    iac_func_context functions = { .planning = true };
    iac_scope scope = { .lookup = look_up, .functions = &functions };
    const iac_defaults *defaults;
    iac_path path;
    iac_addr addr;
    iac_buf buf;
    bool is_module;

    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    const iac_expr *expr = iac_parse_expression(arena, iac_source_new(arena, IAC_STR("main.tf"), text), &diags);
    iac_eval_print(&buf, iac_eval(&scope, expr, arena, &diags));
    iac_eval(NULL, expr, arena, &diags);
    iac_expr_refs(arena, expr, ignore, NULL, &diags);
    iac_eval_type(expr, arena, &defaults, &diags);
    iac_expr_path(arena, expr, &path, &diags);
    iac_status status = iac_target_parse(arena, text, &addr, &is_module, &diags);
    if (status == IAC_OK && !is_module)
        iac_addr_print(&buf, addr);
    iac_buf_clear(&buf);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}

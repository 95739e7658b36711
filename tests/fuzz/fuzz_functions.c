/* Any function with any arguments: its name (the length of another text stands for one, too) and the arguments, with
 * bytes 0x1f between them. Arguments are JSON where they are that and strings where they are not. Functions that reach
 * out of the program, and those that are slow by design, are left out. */
#include "lang/func/func.h"
#include "lang/value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ARGS = 6 };

static bool is_left_out(const iac_func *func)
{
    static const char *const names[] = { "bcrypt", "pathexpand", "rsadecrypt", "templatefile", "abspath" };
    for (size_t i = 0; i < IAC_COUNT(names); i++)
        if (iac_str_is(iac_str_of(func->name), names[i]))
            return true;
    return !func->body || iac_str_starts(iac_str_of(func->name), IAC_STR("file"));
}

static iac_str next_field(iac_str *rest)
{
    size_t end = iac_str_find_char(*rest, 0x1f, 0);
    iac_str field = iac_str_sub(*rest, 0, end);
    *rest = end == SIZE_MAX ? (iac_str){ 0 } : iac_str_sub(*rest, end + 1, rest->n);
    return field;
}

static const iac_value *argument(iac_arena *arena, iac_str text)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, text, &error, &offset);
    return v ? v : iac_value_string(arena, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count, n = 0;
    const iac_func *all = iac_func_all(&count);
    iac_str rest = { (const char *)data, size };
    iac_str name = next_field(&rest);
    const iac_func *func = iac_func_find(name);
    if (!func)
        func = &all[name.n % count];
    if (is_left_out(func))
        return 0;

    iac_arena *arena = iac_arena_new();
    const iac_value *args[MAX_ARGS];
    while (rest.n && n < MAX_ARGS)
        args[n++] = argument(arena, next_field(&rest));
    if (n >= func->param_count && (n == func->param_count || func->variadic)) {
        iac_func_context context = { .planning = true };
        iac_func_error error;
        iac_func_call(arena, func, args, n, &context, &error);
    }
    iac_arena_free(arena);
    return 0;
}

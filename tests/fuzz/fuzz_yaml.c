/* Any bytes to yamldecode; what it makes of them must come back from yamlencode the same. */
#include "lang/func/func.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const iac_value *call(iac_arena *arena, const char *name, const iac_value *arg)
{
    iac_func_context context = { 0 };
    iac_func_error error;
    return iac_func_call(arena, iac_func_find(iac_str_of(name)), &arg, 1, &context, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    const iac_value *text = iac_value_string(arena, (iac_str){ (const char *)data, size });
    const iac_value *v = call(arena, "yamldecode", text);
    if (v) {
        const iac_value *out = call(arena, "yamlencode", v);
        if (out && !call(arena, "yamldecode", out))
            abort();
    }
    iac_arena_free(arena);
    return 0;
}

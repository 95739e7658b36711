/* Any bytes to csvdecode. */
#include "lang/func/func.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    const iac_value *text = iac_value_string(arena, (iac_str){ (const char *)data, size });
    iac_func_context context = { 0 };
    iac_func_error error;
    iac_func_call(arena, iac_func_find(IAC_STR("csvdecode")), &text, 1, &context, &error);
    iac_arena_free(arena);
    return 0;
}

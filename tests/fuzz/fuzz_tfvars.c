/* Any bytes as a file of variables, in the native syntax and in JSON. */
#include "lang/config/config.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(const char *ending, const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_variable_values values = { 0 };
    const char *path = fuzz_scratch(ending, "", 0, data, size);

    iac_tfvars_read(arena, path, &values, &diags);
    unlink(path);
    iac_vec_clear(&values);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_as(".tfvars", data, size);
    read_as(".tfvars.json", data, size);
    return 0;
}

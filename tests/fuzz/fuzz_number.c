/* Any bytes as a number. Its text must read as the same number. */
#include "lang/value/convert.h"
#include "lang/value/value.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    const iac_value *v = iac_value_number_parse(arena, (iac_str){ (const char *)data, size });
    if (v) {
        const iac_value *again = iac_value_number_parse(arena, iac_number_text(arena, v));
        int64_t whole;
        if (!again || iac_number_cmp(v, again) != 0)
            abort();
        iac_value_to_int(v, &whole);
        iac_value_to_double(v);
        iac_value_content(arena, v);
    }
    iac_arena_free(arena);
    return 0;
}

/* Any bytes as JSON, and as the binary form of values and types. What was read must be written and read the same. */
#include "lang/value/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(iac_arena *arena, iac_str text)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, text, &error, &offset);
    if (!v)
        return;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_value_to_json(&out, v);
    const iac_value *again = iac_value_from_json(arena, iac_buf_view(&out), &error, &offset);
    if (!again || !iac_value_same(v, again))
        abort();
    iac_buf_clear(&out);
}

static void check_binary(iac_arena *arena, iac_str bytes)
{
    size_t offset = 0;
    iac_type_decode(arena, bytes, &offset);
    offset = 0;
    const iac_value *v = iac_value_decode(arena, bytes, &offset);
    if (!v)
        return;
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_value_encode(&out, v);
    offset = 0;
    if (!iac_value_decode(arena, iac_buf_view(&out), &offset))
        abort();
    iac_buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    iac_str bytes = { (const char *)data, size };
    check_json(arena, bytes);
    check_binary(arena, bytes);
    iac_arena_free(arena);
    return 0;
}

/* Any bytes as a configuration to format: what comes out must be a configuration again, and hold the same text but for
 * blanks, quotes and what old spellings become. */
#include "lang/syntax/format.h"
#include "lang/syntax/parser.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_buf first, second;
    iac_buf_init(&first, IAC_BUF_UNLIMITED);
    iac_buf_init(&second, IAC_BUF_UNLIMITED);

    const iac_source *src = iac_source_new(arena, IAC_STR("main.tf"), (iac_str){ (const char *)data, size });
    if (iac_format_source(src, &first, &diags) == IAC_OK) {
        src = iac_source_new(arena, IAC_STR("main.tf"), iac_buf_view(&first));
        if (iac_format_source(src, &second, &diags) != IAC_OK)
            abort();
    }
    (void)iac_expression_is_open((iac_str){ (const char *)data, size });
    iac_buf_clear(&first);
    iac_buf_clear(&second);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}

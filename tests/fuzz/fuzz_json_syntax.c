/* Any bytes as a configuration file in the JSON syntax, read as attributes and as labelled blocks. */
#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const labels[] = { "type", "name" };
    static const iac_block_spec blocks[] = { { IAC_STR_INIT("resource"), labels, 2 },
                                             { IAC_STR_INIT("locals"), NULL, 0 } };
    static const iac_body_spec spec = { NULL, 0, blocks, IAC_COUNT(blocks) };
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_source *src =
        iac_source_new(arena, IAC_STR("main.tf.json"), (iac_str){ (const char *)data, size });
    const iac_file *file = iac_parse_json_file(arena, src, &diags);
    const iac_attribute *attributes;
    iac_content content;
    size_t n;

    iac_body_content(arena, file->body, &spec, true, &content, &diags);
    for (size_t i = 0; i < content.block_count; i++)
        iac_body_attributes(arena, content.blocks[i]->body, &attributes, &n, &diags);
    iac_body_attributes(arena, content.remain, &attributes, &n, &diags);
    for (size_t i = 0; i < n; i++)
        iac_expr_static(arena, attributes[i].expr, &diags);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}

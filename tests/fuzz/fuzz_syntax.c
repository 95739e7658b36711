/* Any bytes as a configuration file, an expression and a template. */
#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_str text = { (const char *)data, size };
    const iac_source *src = iac_source_new(arena, IAC_STR("main.tf"), text);
    iac_body_spec spec = { 0 };
    iac_content content;

    const iac_file *file = iac_parse_file(arena, src, &diags);
    iac_body_content(arena, file->body, &spec, true, &content, &diags);
    iac_parse_expression(arena, src, &diags);
    iac_parse_template(arena, src, &diags);
    iac_is_identifier(text);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}

#include "providers/aws/schema.h"
#include <string.h>

void aws_attr_type_json(iac_buf *ret, const aws_attr *a)
{
    const char *element = a->element == AWS_T_NUMBER ? "number" : "string";

    switch (a->type) {
    case AWS_T_STRING:
        iac_buf_cstr(ret, "\"string\"");
        break;
    case AWS_T_NUMBER:
        iac_buf_cstr(ret, "\"number\"");
        break;
    case AWS_T_BOOL:
        iac_buf_cstr(ret, "\"bool\"");
        break;
    case AWS_T_LIST:
        iac_buf_printf(ret, "[\"list\",\"%s\"]", element);
        break;
    case AWS_T_SET:
        iac_buf_printf(ret, "[\"set\",\"%s\"]", element);
        break;
    case AWS_T_MAP:
        iac_buf_printf(ret, "[\"map\",\"%s\"]", element);
        break;
    case AWS_T_BLOCKS:
    case AWS_T_BLOCK_SET:
        iac_buf_cstr(ret, a->type == AWS_T_BLOCKS ? "[\"list\"," : "[\"set\",");
        aws_type_json(ret, &a->nested);
        iac_buf_char(ret, ']');
        break;
    case AWS_T_BLOCK_SINGLE:
        aws_type_json(ret, &a->nested);
        break;
    }
}

void aws_type_json(iac_buf *ret, const aws_attrs *attrs)
{
    iac_buf_cstr(ret, "[\"object\",{");
    for (size_t i = 0; i < attrs->n; i++) {
        iac_buf_printf(ret, "%s\"%s\":", i ? "," : "", attrs->v[i].name);
        aws_attr_type_json(ret, &attrs->v[i]);
    }
    iac_buf_cstr(ret, "}]");
}

static bool is_block(const aws_attr *a)
{
    return a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET || a->type == AWS_T_BLOCK_SINGLE;
}

static void add_attribute(iac_buf *ret, const aws_attr *a)
{
    iac_buf_printf(ret, "\"%s\":{\"type\":", a->name);
    aws_attr_type_json(ret, a);
    if (a->flags & AWS_A_REQUIRED) {
        iac_buf_cstr(ret, ",\"required\":true");
    }
    if (a->flags & AWS_A_OPTIONAL) {
        iac_buf_cstr(ret, ",\"optional\":true");
    }
    if (a->flags & AWS_A_COMPUTED) {
        iac_buf_cstr(ret, ",\"computed\":true");
    }
    if (a->flags & AWS_A_SENSITIVE) {
        iac_buf_cstr(ret, ",\"sensitive\":true");
    }
    iac_buf_cstr(ret, ",\"description_kind\":\"plain\"}");
}

static void add_block(iac_buf *ret, const aws_attrs *attrs);

static void add_block_type(iac_buf *ret, const aws_attr *a)
{
    const char *mode = a->type == AWS_T_BLOCKS ? "list" : a->type == AWS_T_BLOCK_SET ? "set" : "single";

    iac_buf_printf(ret, "\"%s\":{\"nesting_mode\":\"%s\",\"block\":", a->name, mode);
    add_block(ret, &a->nested);
    if (a->min_items || (a->flags & AWS_A_REQUIRED)) {
        iac_buf_printf(ret, ",\"min_items\":%ld", a->min_items ? a->min_items : 1);
    }
    if (a->max_items) {
        iac_buf_printf(ret, ",\"max_items\":%ld", a->max_items);
    }
    iac_buf_char(ret, '}');
}

static void add_block(iac_buf *ret, const aws_attrs *attrs)
{
    const char *comma = "";

    iac_buf_cstr(ret, "{\"attributes\":{");
    for (size_t i = 0; i < attrs->n; i++) {
        if (!is_block(&attrs->v[i])) {
            iac_buf_cstr(ret, comma);
            add_attribute(ret, &attrs->v[i]);
            comma = ",";
        }
    }
    iac_buf_char(ret, '}');
    comma = ",\"block_types\":{";
    for (size_t i = 0; i < attrs->n; i++) {
        if (is_block(&attrs->v[i])) {
            iac_buf_cstr(ret, comma);
            add_block_type(ret, &attrs->v[i]);
            comma = ",";
        }
    }
    iac_buf_cstr(ret, strcmp(comma, ",") == 0 ? "}" : "");
    iac_buf_cstr(ret, ",\"description_kind\":\"plain\"}");
}

const char *aws_schema_json(iac_arena *arena, const aws_attrs *attrs, long version, bool legacy)
{
    iac_buf text;

    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_printf(&text, "{\"version\":%ld,", version);
    iac_buf_cstr(&text, legacy ? "\"legacy_type_system\":true," : "");
    iac_buf_cstr(&text, "\"block\":");
    add_block(&text, attrs);
    iac_buf_char(&text, '}');
    const char *copy = iac_arena_cstr(arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return copy;
}

#include "providers/aws/resource.h"
#include <string.h>

aws_ctx aws_ctx_open(aws_instance *in, iacp_call *call, const aws_desc *desc, sdk_val state)
{
    return (aws_ctx){ .in = in, .call = call, .desc = desc, .keep = json_array(), .state = state,
                      .id = sdk_cstr(sdk_get(state, "id"), "") };
}

void aws_ctx_close(aws_ctx *ctx)
{
    json_decref(ctx->keep);
    ctx->keep = NULL;
}

json_t *aws_keep(aws_ctx *ctx, json_t *tree)
{
    if (tree) {
        json_array_append_new(ctx->keep, tree);
    }
    return tree;
}

/* The text that a reference stands for; NULL when the attribute has no value. */
static const char *reference(aws_ctx *ctx, const char *name)
{
    const struct {
        const char *name, *value;
    } known[] = {
        { "id", ctx->id },
        { "region", ctx->in->region },
        { "partition", ctx->in->partition->name },
        { "dns_suffix", ctx->in->partition->dns_suffix },
        { "account", ctx->in->account_id },
        { "import", ctx->import_id },
        { "token", ctx->token },
    };

    for (size_t i = 0; i < IAC_COUNT(known); i++) {
        if (strcmp(name, known[i].name) == 0) {
            return known[i].value;
        }
    }
    sdk_val v = sdk_get(ctx->state, name);
    if (!sdk_is_set(v)) {
        return NULL;
    }
    switch (sdk_host->kind(v)) {
    case IACP_NUMBER:
        return sdk_host->number_text(ctx->call, v);
    case IACP_BOOL:
        return sdk_bool(v, false) ? "true" : "false";
    default:
        return sdk_cstr(v, NULL);
    }
}

const char *aws_expand(aws_ctx *ctx, const char *text)
{
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    while (*text) {
        size_t n = strcspn(text, "{");
        iac_buf_add(&out, text, n);
        text += n;
        const char *end = *text ? strchr(text, '}') : NULL;
        if (!end) {
            iac_buf_cstr(&out, text);
            break;
        }
        const char *name = sdk_strndup(ctx->call, text + 1, (size_t)(end - text - 1));
        const char *value = reference(ctx, name);
        iac_buf_cstr(&out, value ? value : "");
        text = end + 1;
    }
    const char *copy = sdk_strndup(ctx->call, out.p, out.n);
    iac_buf_clear(&out);
    return copy;
}

json_t *aws_expand_json(aws_ctx *ctx, const char *text)
{
    size_t n = strlen(text);

    if (text[0] == '{' && strchr(text, '}') == text + n - 1) {
        const char *name = sdk_strndup(ctx->call, text + 1, n - 2);
        json_t *value = aws_to_json(sdk_get(ctx->state, name));
        if (value && strcmp(name, "id") != 0) {
            return value;
        }
        json_decref(value);
        const char *s = reference(ctx, name);
        return s && s[0] ? json_string(s) : NULL;
    }
    return json_string(aws_expand(ctx, text));
}

bool aws_condition(aws_ctx *ctx, const char *condition)
{
    if (!condition) {
        return true;
    }
    const char *equals = strchr(condition, '=');
    bool negated = equals > condition && equals[-1] == '!';
    const char *name = sdk_strndup(ctx->call, condition, (size_t)(equals - condition) - negated);
    const char *value = reference(ctx, name);

    return (value && strcmp(value, equals + 1) == 0) != negated;
}

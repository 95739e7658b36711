/* The function provider::terraform::decode_tfvars: the content of a .tfvars file as an object. */
#include "engine/host/host_internal.h"
#include "lang/eval/eval.h"
#include "lang/syntax/body.h"
#include "lang/syntax/parser.h"
#include "lang/value/text.h"

/* The first error, and how many more there are, as one of the call. */
static int32_t fail(const iacp_host *host, iacp_call *call, const char *what, const iac_diags *diags)
{
    const iac_diag *diag = &diags->list.v[0];
    iac_str detail =
        iac_arena_printf(call->arena, "%s: %.*s: %.*s; %.*s", what, IAC_FMT(iac_range_place(call->arena, diag->subject)),
                         IAC_FMT(diag->summary), IAC_FMT(diag->detail));

    if (diags->errors > 1)
        detail = iac_arena_printf(call->arena, "%.*s, and %zu other diagnostic(s)", IAC_FMT(detail), diags->errors - 1);
    host->diagnostic(call, &(iacp_diagnostic){
                               .size = sizeof(iacp_diagnostic),
                               .severity = IACP_SEVERITY_ERROR,
                               .summary = "Error in function call",
                               .detail = detail.p,
                           });
    return IACP_ERROR;
}

static int32_t decode(const iacp_host *host, iacp_call *call, iac_str text, iac_diags *diags, const iac_value **ret)
{
    const iac_source *source = iac_source_new(call->arena, IAC_STR("<decode_tfvars argument>"), text);
    const iac_file *file = iac_parse_file(call->arena, source, diags);
    const iac_attribute *attributes = NULL;
    size_t n = 0;

    if (diags->errors)
        return fail(host, call, "invalid tfvars syntax", diags);
    iac_body_attributes(call->arena, file->body, &attributes, &n, diags);
    if (diags->errors)
        return fail(host, call, "invalid tfvars content", diags);
    iac_str *names = iac_arena_array(call->arena, iac_str, n);
    const iac_value **values = iac_arena_array(call->arena, const iac_value *, n);
    for (size_t i = 0; i < n; i++) {
        names[i] = attributes[i].name;
        values[i] = iac_eval(NULL, attributes[i].expr, call->arena, diags);
        if (!diags->errors)
            continue;
        iac_str what = iac_arena_printf(call->arena, "invalid expression for variable \"%.*s\"", IAC_FMT(names[i]));
        return fail(host, call, what.p, diags);
    }
    *ret = iac_value_object(call->arena, names, values, n);
    return IACP_OK;
}

int32_t iac_builtin_decode_tfvars(const iacp_host *host, iacp_call *call, iacp_function *request)
{
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_value *v = NULL;
    iac_str text = iac_arena_str(call->arena, iac_value_in(request->arguments[0])->string);
    int32_t status = decode(host, call, text, &diags, &v);

    iac_diags_clear(&diags);
    request->ret_error_argument = 0;
    if (status == IACP_OK)
        request->ret_result = iac_value_out(v);
    return status;
}

#include "engine/view/functions.h"

#include "lang/eval/eval.h"
#include "lang/syntax/parser.h"
#include "lang/value/json.h"

#include <string.h>

/* ---- JSON ---- */

static void param_json(iac_buf *out, const iac_param *param)
{
    iac_buf_printf(out, "{\"name\":\"%s\"", param->name);
    if (param->description) {
        iac_buf_cstr(out, ",\"description\":");
        iac_json_string(out, iac_str_of(param->description), true);
    }
    if (param->allow_null)
        iac_buf_cstr(out, ",\"is_nullable\":true");
    iac_buf_cstr(out, ",\"type\":");
    iac_type_to_json(out, param->type);
    iac_buf_char(out, '}');
}

static void function_json(iac_buf *out, const char *space, const iac_func *func, iac_arena *arena)
{
    iac_buf_printf(out, "\"%s%s\":{\"description\":", space, func->name);
    iac_json_string(out, iac_str_of(func->description), true);
    iac_buf_cstr(out, ",\"return_type\":");
    iac_type_to_json(out, iac_func_usual_result(arena, func));
    for (size_t i = 0; i < func->param_count; i++) {
        iac_buf_cstr(out, i ? "," : ",\"parameters\":[");
        param_json(out, &func->params[i]);
    }
    iac_buf_cstr(out, func->param_count ? "]" : "");
    if (func->variadic) {
        iac_buf_cstr(out, ",\"variadic_parameter\":");
        param_json(out, func->variadic);
    }
    iac_buf_char(out, '}');
}

/* Each is listed twice, by its name alone and with "core::" before it, in the order of these. */
void iac_view_functions_json(iac_buf *out)
{
    static const char space[] = "core::";
    size_t n;
    const iac_func *all = iac_func_all(&n);
    iac_arena *arena = iac_arena_new();
    bool first = true, core_done = false;

    iac_buf_cstr(out, "{\"format_version\":\"1.0\",\"function_signatures\":{");
    for (size_t i = 0; i < n; i++) {
        if (!core_done && strcmp(all[i].name, space) > 0) {
            for (size_t j = 0; j < n; j++) {
                iac_buf_cstr(out, first ? "" : ",");
                first = false;
                function_json(out, space, &all[j], arena);
            }
            core_done = true;
        }
        iac_buf_cstr(out, first ? "" : ",");
        first = false;
        function_json(out, "", &all[i], arena);
    }
    iac_buf_cstr(out, "}}\n");
    iac_arena_free(arena);
}

/* ---- examples ---- */

static const iac_value *no_names(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                                 iac_diags *diags)
{
    (void)user;
    (void)key;
    (void)arena;
    iac_diag_error(diags, ref->range, "Reference not allowed", "%s", "");
    return NULL;
}

/* What the example gives, as the console shows it; empty where that depends on files, names or the time. */
static iac_str result_of(const iac_func *func, iac_arena *arena)
{
    const iac_func_context context = { .planning = true };
    const iac_scope scope = { .lookup = no_names, .functions = &context };
    iac_diags diags = IAC_DIAGS_INIT;
    iac_buf buf;
    iac_str text = { "", 0 };
    const iac_source *source = iac_source_new(arena, IAC_STR("example"), iac_str_of(func->example));
    const iac_expr *expr = iac_parse_expression(arena, source, &diags);
    const iac_value *v = diags.errors ? NULL : iac_eval(&scope, expr, arena, &diags);

    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    if (v && !diags.errors && iac_is_wholly_known(v)) {
        iac_eval_print(&buf, v);
        text = iac_arena_str(arena, iac_buf_view(&buf));
    }
    iac_buf_clear(&buf);
    iac_diags_clear(&diags);
    return text;
}

/* ---- the reference ---- */

typedef struct writer {
    iac_buf *out;
    iac_arena *arena;
    bool html;
} writer;

static const char *const categories[] = {
    "numeric",       "string",          "collection", "encoding",        "filesystem",
    "date and time", "hash and crypto", "IP network", "type conversion",
};

static void escaped(const writer *w, iac_str s)
{
    if (w->html)
        iac_buf_markup(w->out, s, false);
    else
        iac_buf_str(w->out, s);
}

/* "join(separator string, lists list of string...) string" */
static iac_str signature(const writer *w, const iac_func *func)
{
    iac_buf buf;
    size_t n = func->param_count + (func->variadic != NULL);

    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_buf_printf(&buf, "%s(", func->name);
    for (size_t i = 0; i < n; i++) {
        const iac_param *param = iac_func_param(func, i);
        iac_str type = param->type->kind == IAC_DYNAMIC ? IAC_STR("any") : iac_type_friendly(w->arena, param->type);
        iac_buf_printf(&buf, "%s%s: %.*s%s", i ? ", " : "", param->name, IAC_FMT(type),
                       i == func->param_count ? "..." : "");
    }
    const iac_type *result = iac_func_usual_result(w->arena, func);
    iac_str type = result->kind == IAC_DYNAMIC ? IAC_STR("any") : iac_type_friendly(w->arena, result);
    iac_buf_printf(&buf, ") -> %.*s", IAC_FMT(type));
    iac_str text = iac_arena_str(w->arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

static void write_function(const writer *w, const iac_func *func)
{
    iac_str result = result_of(func, w->arena), example = iac_str_of(func->example);

    iac_buf_printf(w->out, w->html ? "<h3 id=\"%s\">%s</h3>\n<p><code>" : "### %s\n\n`", func->name, func->name);
    escaped(w, signature(w, func));
    iac_buf_cstr(w->out, w->html ? "</code></p>\n<p>" : "`\n\n");
    escaped(w, iac_str_of(func->description));
    iac_buf_cstr(w->out, w->html ? "</p>\n<pre>" : "\n\n```\n");
    escaped(w, example);
    if (result.n) {
        iac_buf_cstr(w->out, w->html ? "\n<b>" : "\n");
        escaped(w, result);
        iac_buf_cstr(w->out, w->html ? "</b>" : "");
    }
    iac_buf_cstr(w->out, w->html ? "</pre>\n" : "\n```\n\n");
}

static void write_reference(iac_buf *out, bool html)
{
    size_t n;
    const iac_func *all = iac_func_all(&n);
    writer w = { .out = out, .arena = iac_arena_new(), .html = html };

    for (size_t c = 0; c < IAC_COUNT(categories); c++) {
        iac_buf_printf(out, html ? "<h2>Functions: %s</h2>\n" : "## Functions: %s\n\n", categories[c]);
        for (size_t i = 0; i < n; i++)
            if (strcmp(all[i].category, categories[c]) == 0)
                write_function(&w, &all[i]);
    }
    iac_arena_free(w.arena);
}

void iac_view_functions_markdown(iac_buf *out)
{
    iac_buf_cstr(out, "# Builtin functions\n\n"
                      "Each example is followed by what the console shows for it, where that depends on nothing "
                      "else.\n\n");
    write_reference(out, false);
    out->n -= out->n > 0; /* one line end too many */
}

void iac_view_functions_html(iac_buf *out)
{
    iac_buf_cstr(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<title>Builtin functions</title>\n"
                      "<style>body { max-width: 50em; margin: 2em auto; padding: 0 1em; font-family: sans-serif } "
                      "pre { background: #f4f4f4; padding: .6em; overflow: auto }</style>\n</head>\n<body>\n"
                      "<h1>Builtin functions</h1>\n"
                      "<p>Each example is followed by what the console shows for it, where that depends on nothing "
                      "else.</p>\n");
    write_reference(out, true);
    iac_buf_cstr(out, "</body>\n</html>\n");
}

/* The functions provider::terraform::encode_expr and encode_tfvars: values written as expressions of the language, laid
 * out as Terraform lays them out. */
#include "engine/host/host_internal.h"
#include "lang/value/text.h"

#include <string.h>
#include <utf8proc.h>

typedef struct writer {
    const iacp_host *host;
    iacp_call *call;
} writer;

static void write_value(const writer *w, iac_buf *out, const iacp_value *v, size_t indent);

static bool is_identifier(iac_str name)
{
    size_t at = 0;
    if (name.n == 0 || !iac_is_id_start(iac_utf8_next(name, &at)))
        return false;
    while (at < name.n) {
        uint32_t c = iac_utf8_next(name, &at);
        if (c != '-' && !iac_is_id_continue(c))
            return false;
    }
    return true;
}

static bool is_printable(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return c == ' ' || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_SO);
}

static void write_quoted(iac_buf *out, iac_str s)
{
    iac_buf_char(out, '"');
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t c = iac_utf8_next(s, &at);
        if (c == '"' || c == '\\')
            iac_buf_printf(out, "\\%c", (char)c);
        else if (c == '\n' || c == '\r' || c == '\t')
            iac_buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if ((c == '$' || c == '%') && at < s.n && s.p[at] == '{')
            iac_buf_printf(out, "%c%c", (char)c, (char)c);
        else if (!is_printable(c))
            iac_buf_printf(out, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
        else
            iac_buf_add(out, s.p + from, at - from);
    }
    iac_buf_char(out, '"');
}

/* One "name = value" of a body or an object, rendered apart so that runs of short ones can be aligned. */
typedef struct entry {
    iac_str name, value;
    size_t width;
    bool lines; /* the value takes more than one */
} entry;

static iac_str take(const writer *w, iac_buf *buf)
{
    iac_str copy = iac_arena_str(w->call->arena, iac_buf_view(buf));
    iac_buf_clear(buf);
    return copy;
}

static entry make_entry(const writer *w, const iacp_value *object, size_t i, size_t indent)
{
    entry e = { 0 };
    iac_buf buf;
    size_t n;
    const char *key = w->host->key(object, i, &n);

    e.name = (iac_str){ key, n };
    if (!is_identifier(e.name)) {
        iac_buf_init(&buf, IAC_BUF_UNLIMITED);
        write_quoted(&buf, e.name);
        e.name = take(w, &buf);
    }
    e.width = iac_grapheme_count(e.name);
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    write_value(w, &buf, w->host->element(object, i), indent);
    e.value = take(w, &buf);
    e.lines = memchr(e.value.p, '\n', e.value.n) != NULL;
    return e;
}

/* The attributes of an object, a line each; the equals signs of neighbouring one-line attributes stand in one column. */
static void write_entries(const writer *w, iac_buf *out, const iacp_value *object, size_t indent)
{
    size_t n = w->host->length(object);
    entry *entries = iac_arena_array(w->call->arena, entry, n);

    for (size_t i = 0; i < n; i++)
        entries[i] = make_entry(w, object, i, indent);
    for (size_t from = 0, to; from < n; from = to) {
        size_t width = 0;
        for (to = from; to < n && !entries[to].lines; to++)
            width = entries[to].width > width ? entries[to].width : width;
        if (to == from) { /* one of many lines stands for itself */
            width = entries[from].width;
            to++;
        }
        for (size_t i = from; i < to; i++) {
            iac_buf_fill(out, ' ', 2 * indent);
            iac_buf_str(out, entries[i].name);
            iac_buf_fill(out, ' ', width - entries[i].width);
            iac_buf_cstr(out, " = ");
            iac_buf_str(out, entries[i].value);
            iac_buf_char(out, '\n');
        }
    }
}

static bool takes_lines(const writer *w, const iacp_value *v)
{
    uint32_t kind = w->host->kind(v);
    size_t n = w->host->length(v);
    if (kind == IACP_OBJECT || kind == IACP_MAP)
        return n > 0;
    for (size_t i = 0; i < n; i++)
        if (takes_lines(w, w->host->element(v, i)))
            return true;
    return false;
}

/* A list stays on one line but for the objects in it. A closing brace that is followed by another object's opening one
 * on its line is indented like what is within. */
static void write_list(const writer *w, iac_buf *out, const iacp_value *v, size_t indent)
{
    size_t n = w->host->length(v), last = n;

    for (size_t i = 0; i < n; i++)
        if (takes_lines(w, w->host->element(v, i)))
            last = i;
    iac_buf_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        iac_buf item;
        iac_buf_init(&item, IAC_BUF_UNLIMITED);
        write_value(w, &item, w->host->element(v, i), indent);
        iac_str text = take(w, &item);
        size_t newline = text.n;
        while (newline > 0 && text.p[newline - 1] != '\n')
            newline--;
        iac_buf_cstr(out, i ? ", " : "");
        iac_buf_add(out, text.p, newline);
        if (newline > 0 && i < last)
            iac_buf_cstr(out, "  ");
        iac_buf_add(out, text.p + newline, text.n - newline);
    }
    iac_buf_char(out, ']');
}

static void write_value(const writer *w, iac_buf *out, const iacp_value *v, size_t indent)
{
    if (w->host->state(v) != IACP_KNOWN) {
        iac_buf_cstr(out, "null");
        return;
    }
    switch (w->host->kind(v)) {
    case IACP_STRING: {
        size_t n;
        const char *s = w->host->string(v, &n);
        write_quoted(out, (iac_str){ s, n });
        break;
    }
    case IACP_NUMBER:
        iac_buf_cstr(out, w->host->number_text(w->call, v));
        break;
    case IACP_BOOL:
        iac_buf_cstr(out, w->host->boolean(v) ? "true" : "false");
        break;
    case IACP_OBJECT:
    case IACP_MAP:
        iac_buf_cstr(out, w->host->length(v) ? "{\n" : "{");
        write_entries(w, out, v, indent + 1);
        if (w->host->length(v))
            iac_buf_fill(out, ' ', 2 * indent);
        iac_buf_char(out, '}');
        break;
    default:
        write_list(w, out, v, indent);
    }
}

static int32_t fail(const writer *w, iacp_function *request, const char *detail)
{
    w->host->diagnostic(w->call, &(iacp_diagnostic){
                                     .size = sizeof(iacp_diagnostic),
                                     .severity = IACP_SEVERITY_ERROR,
                                     .summary = "Error in function call",
                                     .detail = detail,
                                 });
    request->ret_error_argument = 0;
    return IACP_ERROR;
}

static int32_t encode_tfvars(const writer *w, iacp_function *request, iac_buf *out)
{
    const iacp_value *v = request->arguments[0];
    uint32_t kind = w->host->kind(v);

    if (kind != IACP_OBJECT && kind != IACP_MAP)
        return fail(w, request, "invalid value to encode: must be an object whose attribute names will become the "
                                "encoded variable names");
    for (size_t i = 0; i < w->host->length(v); i++) {
        size_t n;
        const char *key = w->host->key(v, i, &n);
        if (!is_identifier((iac_str){ key, n }))
            return fail(w, request,
                        iac_arena_printf(w->call->arena,
                                         "invalid variable name \"%s\": must be a valid identifier, per Terraform's "
                                         "rules for input variable declarations",
                                         key).p);
    }
    write_entries(w, out, v, 0);
    return IACP_OK;
}

int32_t iac_builtin_encode(const iacp_host *host, iacp_call *call, iacp_function *request)
{
    writer w = { host, call };
    int32_t status = IACP_OK;
    iac_buf out;

    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (strcmp(request->name, "encode_tfvars") == 0)
        status = encode_tfvars(&w, request, &out);
    else
        write_value(&w, &out, request->arguments[0], 0);
    if (status == IACP_OK)
        request->ret_result = host->new_string(call, out.p, out.n);
    iac_buf_clear(&out);
    return status;
}

/* Encodings: base64, JSON, CSV, URLs, character sets, gzip. */
#include "lang/func/func_internal.h"
#include "lang/value/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- base64 ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void iac_base64_encode(iac_buf *out, iac_str bytes)
{
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t n = bytes.n - i < 3 ? bytes.n - i : 3;
        uint32_t word = 0;
        for (size_t j = 0; j < 3; j++)
            word = word << 8 | (j < n ? (unsigned char)bytes.p[i + j] : 0);
        char four[4];
        for (size_t j = 0; j < 4; j++)
            four[j] = j <= n ? alphabet[word >> (18 - 6 * j) & 63] : '=';
        iac_buf_add(out, four, 4);
    }
}

static int base64_digit(char c)
{
    const char *hit = c ? strchr(alphabet, c) : NULL;
    return hit ? (int)(hit - alphabet) : -1;
}

bool iac_base64_decode(iac_buf *out, iac_str text, size_t *ret_at)
{
    uint32_t word = 0;
    size_t digits = 0, padding = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        *ret_at = i;
        if (c == '\n' || c == '\r')
            continue;
        int value = base64_digit(c);
        if (c != '=' && padding)
            *ret_at = i - 1;
        if (c == '=' ? digits < 2 : value < 0 || padding)
            return false;
        padding += c == '=';
        word = word << 6 | (uint32_t)(value < 0 ? 0 : value);
        if (++digits < 4)
            continue;
        char three[3] = { (char)(word >> 16), (char)(word >> 8), (char)word };
        iac_buf_add(out, three, 3 - padding);
        digits = word = 0;
        if (padding) { /* nothing may follow but line ends */
            for (size_t j = i + 1; j < text.n; j++) {
                *ret_at = j;
                if (text.p[j] != '\n' && text.p[j] != '\r')
                    return false;
            }
            return true;
        }
    }
    *ret_at = padding ? text.n : text.n - digits;
    return digits == 0;
}

const iac_value *iac_fn_base64encode(iac_call *call)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_base64_encode(&buf, iac_arg_str(call, 0));
    return iac_buf_to_value(call->arena, &buf);
}

const iac_value *iac_fn_base64decode(iac_call *call)
{
    iac_str text = iac_arg_str(call, 0);
    iac_buf buf;
    size_t at;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    if (!iac_base64_decode(&buf, text, &at)) {
        iac_buf_reset(&buf);
        iac_quote(&buf, text);
        iac_call_fail(call, IAC_FUNC_NO_ARG, "failed to decode base64 data %s", buf.p);
    } else if (!iac_utf8_valid(iac_buf_view(&buf))) {
        iac_call_fail(call, IAC_FUNC_NO_ARG, "the result of decoding the provided string is not valid UTF-8");
    } else {
        return iac_buf_to_value(call->arena, &buf);
    }
    iac_buf_clear(&buf);
    return NULL;
}

const iac_value *iac_fn_base64gzip(iac_call *call)
{
    enum { GZIP_WINDOW = 15 + 16, UNKNOWN_SYSTEM = 255 };
    iac_str text = iac_arg_str(call, 0);
    z_stream z = { 0 };
    gz_header header = { .os = UNKNOWN_SYSTEM };
    if (text.n > UINT32_MAX ||
        deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "failed to compress the string");
    deflateSetHeader(&z, &header);
    size_t room = deflateBound(&z, (uLong)text.n) + 64;
    unsigned char *out = iac_xmalloc(room);
    z.next_in = (unsigned char *)(uintptr_t)(text.p ? text.p : "");
    z.avail_in = (uInt)text.n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    int rc = deflate(&z, Z_FINISH);
    size_t n = z.total_out;
    deflateEnd(&z);
    const iac_value *v = NULL;
    if (rc == Z_STREAM_END) {
        iac_buf buf;
        iac_buf_init(&buf, IAC_BUF_UNLIMITED);
        iac_base64_encode(&buf, (iac_str){ (const char *)out, n });
        v = iac_buf_to_value(call->arena, &buf);
    } else {
        iac_call_fail(call, IAC_FUNC_NO_ARG, "failed to compress the string");
    }
    free(out);
    return v;
}

/* Unpacks one gzip file; false when it is none, is cut off or would take too much memory. */
static bool gunzip(iac_str packed, iac_buf *out)
{
    enum { GZIP_WINDOW = 15 + 16 };
    z_stream z = { 0 };
    unsigned char chunk[16384];
    if (packed.n > UINT32_MAX || inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return false;
    z.next_in = (unsigned char *)(uintptr_t)(packed.p ? packed.p : "");
    z.avail_in = (uInt)packed.n;
    int rc = Z_OK;
    while (rc == Z_OK && !out->full) {
        z.next_out = chunk;
        z.avail_out = sizeof(chunk);
        rc = inflate(&z, Z_NO_FLUSH);
        iac_buf_add(out, chunk, sizeof(chunk) - z.avail_out);
    }
    inflateEnd(&z);
    return rc == Z_STREAM_END && !out->full;
}

const iac_value *iac_fn_base64gunzip(iac_call *call)
{
    enum { MAX_UNPACKED = 256 << 20 }; /* little text can unpack to very much */
    iac_buf packed, text;
    size_t at;
    const iac_value *v = NULL;
    iac_buf_init(&packed, IAC_BUF_UNLIMITED);
    iac_buf_init(&text, MAX_UNPACKED);
    if (!iac_base64_decode(&packed, iac_arg_str(call, 0), &at))
        iac_call_fail(call, IAC_FUNC_NO_ARG, "failed to decode base64 data %.*s",
                      IAC_FMT(iac_call_quote(call, iac_arg_str(call, 0))));
    else if (!gunzip(iac_buf_view(&packed), &text))
        iac_call_fail(call, IAC_FUNC_NO_ARG, "failed to gunzip bytes: %s",
                      text.full ? "the text is too long" : "not a complete gzip file");
    else if (!iac_utf8_valid(iac_buf_view(&text)))
        iac_call_fail(call, IAC_FUNC_NO_ARG, "the result of decoding the provided string is not valid UTF-8");
    else
        v = iac_value_string(call->arena, iac_buf_view(&text));
    iac_buf_clear(&packed);
    iac_buf_clear(&text);
    return v;
}

/* ---- URLs ---- */

const iac_value *iac_fn_urlencode(iac_call *call)
{
    iac_str s = iac_arg_str(call, 0);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.' || c == '~';
        if (plain || c == ' ')
            iac_buf_char(&buf, plain ? (char)c : '+');
        else
            iac_buf_printf(&buf, "%%%02X", c);
    }
    return iac_buf_to_value(call->arena, &buf);
}

static int hex_digit(iac_str s, size_t i)
{
    char c = i < s.n ? s.p[i] : '\0';
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

const iac_value *iac_fn_urldecode(iac_call *call)
{
    iac_str s = iac_arg_str(call, 0);
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < s.n; i++) {
        int high = hex_digit(s, i + 1), low = hex_digit(s, i + 2);
        if (s.p[i] != '%') {
            iac_buf_char(&buf, s.p[i] == '+' ? ' ' : s.p[i]);
        } else if (high >= 0 && low >= 0) {
            iac_buf_char(&buf, (char)(high << 4 | low));
            i += 2;
        } else {
            iac_str part = iac_call_quote(call, iac_str_sub(s, i, i + 3 < s.n ? i + 3 : s.n));
            iac_buf_clear(&buf);
            return iac_call_fail(call, IAC_FUNC_NO_ARG, "failed to decode URL: invalid URL escape %.*s", IAC_FMT(part));
        }
    }
    if (iac_utf8_valid(iac_buf_view(&buf)))
        return iac_buf_to_value(call->arena, &buf);
    iac_buf_clear(&buf);
    return iac_call_fail(call, IAC_FUNC_NO_ARG, "the result of decoding the provided string is not valid UTF-8");
}

/* ---- JSON ---- */

static bool note_infinity(void *arg, iac_path path, const iac_value *v)
{
    (void)path;
    if (v->kind == IAC_NUMBER && v->state == IAC_KNOWN && v->number.big && !mpfr_number_p(v->number.big))
        *(bool *)arg = true;
    return true;
}

bool iac_holds_infinity(const iac_value *v)
{
    bool infinite = false;
    iac_value_walk(v, note_infinity, &infinite);
    return infinite;
}

const iac_value *iac_fn_jsonencode(iac_call *call)
{
    const iac_value *v = call->args[0];
    if (!iac_is_wholly_known(v)) { /* its beginning can be told from the type, unless it may be null */
        bool may_be_null = v->state == IAC_UNKNOWN && !(v->refinement && v->refinement->not_null);
        iac_refinement r = { .not_null = true, .length_max = INT64_MAX };
        if (!may_be_null && (v->kind == IAC_OBJECT || v->kind == IAC_MAP))
            r.prefix = IAC_STR("{");
        else if (!may_be_null && v->kind >= IAC_LIST)
            r.prefix = IAC_STR("[");
        else if (!may_be_null && v->kind == IAC_STRING)
            r.prefix = IAC_STR("\"");
        return iac_value_refined(call->arena, &iac_type_string, &r);
    }
    if (iac_holds_infinity(v))
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "cannot serialize infinity as JSON");
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_value_to_json(&buf, v);
    return iac_buf_to_value(call->arena, &buf);
}

/* The first character of a document tells what it holds. */
static const iac_value *decode_beginning(iac_call *call, iac_str prefix)
{
    size_t at = 0;
    uint32_t c = prefix.n ? iac_utf8_next(prefix, &at) : ' ';
    if (c == '"')
        return iac_value_not_null(call->arena, iac_value_unknown(call->arena, &iac_type_string));
    if (c == '-')
        return iac_value_not_null(call->arena, iac_value_unknown(call->arena, &iac_type_number));
    if (c < 0x80 && strchr(" \t\r\n{[tfn0123456789", (int)c))
        return &iac_unknown_dynamic;
    return iac_call_fail(call, 0, "a JSON document cannot begin with the character '%s%.*s'", c == '\'' ? "\\" : "",
                         (int)at, prefix.p);
}

const iac_value *iac_fn_jsondecode(iac_call *call)
{
    iac_str error;
    size_t offset;
    if (iac_is_unknown(call->args[0])) {
        const iac_refinement *known = call->args[0]->refinement;
        return decode_beginning(call, known ? known->prefix : IAC_STR(""));
    }
    const iac_value *v = iac_value_from_json(call->arena, iac_arg_str(call, 0), &error, &offset);
    return v ? v : iac_call_fail(call, IAC_FUNC_NO_ARG, "%.*s", IAC_FMT(error));
}

/* ---- CSV ---- */

struct csv {
    iac_arena *arena;
    iac_str text;
    size_t at, line;
    const char *error; /* static */
    IAC_VEC(iac_str) fields;
};

static bool at_line_end(const struct csv *csv)
{
    return csv->at >= csv->text.n || csv->text.p[csv->at] == '\n' ||
           (csv->text.p[csv->at] == '\r' && (csv->at + 1 == csv->text.n || csv->text.p[csv->at + 1] == '\n'));
}

static void skip_line_end(struct csv *csv)
{
    if (csv->at < csv->text.n && csv->text.p[csv->at] == '\r')
        csv->at++;
    if (csv->at < csv->text.n && csv->text.p[csv->at] == '\n')
        csv->at++;
    csv->line++;
}

/* Behind the opening quote; a line end within counts as "\n". */
static bool read_quoted(struct csv *csv, iac_buf *out)
{
    while (csv->at < csv->text.n) {
        char c = csv->text.p[csv->at];
        if (c == '"') {
            csv->at++;
            if (csv->at < csv->text.n && csv->text.p[csv->at] == '"') {
                iac_buf_char(out, '"');
                csv->at++;
                continue;
            }
            if (at_line_end(csv) || csv->text.p[csv->at] == ',')
                return true;
            break;
        }
        if (c != '"' && at_line_end(csv)) {
            skip_line_end(csv);
            iac_buf_char(out, '\n');
            continue;
        }
        iac_buf_char(out, c);
        csv->at++;
    }
    csv->error = "extraneous or missing \" in quoted-field";
    return false;
}

static bool read_field(struct csv *csv, iac_buf *out)
{
    if (csv->at < csv->text.n && csv->text.p[csv->at] == '"') {
        csv->at++;
        return read_quoted(csv, out);
    }
    while (!at_line_end(csv) && csv->text.p[csv->at] != ',') {
        if (csv->text.p[csv->at] == '"') {
            csv->error = "bare \" in non-quoted-field";
            return false;
        }
        iac_buf_char(out, csv->text.p[csv->at++]);
    }
    return true;
}

/* Reads the next record into fields; false at the end or on error. Empty lines do not count. */
static bool read_record(struct csv *csv)
{
    csv->fields.n = 0;
    while (csv->at < csv->text.n && at_line_end(csv))
        skip_line_end(csv);
    if (csv->at >= csv->text.n)
        return false;
    iac_buf field;
    iac_buf_init(&field, IAC_BUF_UNLIMITED);
    for (;;) {
        iac_buf_reset(&field);
        if (!read_field(csv, &field))
            break;
        iac_vec_push(&csv->fields, iac_value_string(csv->arena, iac_buf_view(&field))->string);
        if (at_line_end(csv))
            break;
        csv->at++; /* the comma */
    }
    iac_buf_clear(&field);
    return !csv->error;
}

static const iac_value *csv_row(struct csv *csv, const iac_str *names, size_t n)
{
    const iac_value **items = iac_xcalloc(n + 1, sizeof(*items));
    for (size_t i = 0; i < n; i++)
        items[i] = iac_value_string(csv->arena, csv->fields.v[i]);
    const iac_value *row = iac_value_object(csv->arena, names, items, n);
    free(items);
    return row;
}

static const iac_type *csv_row_type(iac_arena *arena, const iac_str *names, size_t n)
{
    const iac_type **types = iac_xcalloc(n + 1, sizeof(*types));
    for (size_t i = 0; i < n; i++)
        types[i] = &iac_type_string;
    const iac_type *type = iac_type_object(arena, names, types, NULL, n);
    free(types);
    return type;
}

static bool csv_header(iac_call *call, const struct csv *csv)
{
    iac_map seen = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < csv->fields.n; i++) {
        ok = !iac_map_has(&seen, csv->fields.v[i]);
        if (!ok)
            iac_call_fail(call, IAC_FUNC_NO_ARG, "duplicate column name \"%.*s\"", IAC_FMT(csv->fields.v[i]));
        iac_map_put(&seen, csv->fields.v[i], &seen);
    }
    iac_map_clear(&seen);
    return ok;
}

const iac_value *iac_fn_csvdecode(iac_call *call)
{
    struct csv csv = { .arena = call->arena, .text = iac_arg_str(call, 0), .line = 1 };
    IAC_VEC(const iac_value *) rows = { 0 };
    const iac_value *result = NULL;
    iac_str *names = NULL;
    if (!read_record(&csv)) {
        if (!csv.error)
            iac_call_fail(call, IAC_FUNC_NO_ARG, "missing header line");
        goto out;
    }
    if (!csv_header(call, &csv))
        goto out;
    size_t n = csv.fields.n;
    names = iac_xcalloc(n, sizeof(*names));
    memcpy(names, csv.fields.v, n * sizeof(*names));
    const iac_type *type = csv_row_type(call->arena, names, n);
    while (read_record(&csv)) {
        if (csv.fields.n != n) {
            csv.error = "wrong number of fields";
            break;
        }
        iac_vec_push(&rows, csv_row(&csv, names, n));
    }
    if (!csv.error)
        result = iac_value_list(call->arena, type, rows.v, rows.n);
out:
    if (csv.error)
        iac_call_fail(call, IAC_FUNC_NO_ARG, "CSV parse error on line %zu: %s", csv.line, csv.error);
    iac_vec_clear(&rows);
    iac_vec_clear(&csv.fields);
    free(names);
    return result;
}

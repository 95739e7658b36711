/* Addresses from text: state files, command lines. A reader of its own, since addresses are read by the ten thousand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/addr/addr.h"
#include "lang/value/text.h"

enum { MAX_MODULE_DEPTH = 64, MAX_ADDRESS = 1 << 20 };

typedef struct part { /* a name, or a key in brackets */
    bool is_key, is_odd; /* odd: the key is a number that is no index */
    iac_str name;
    iac_key key;
    size_t start, end;
} part;

struct reader {
    iac_arena *arena;
    iac_str text;
    size_t at;
    iac_diags *diags;
    iac_str what; /* in the place of a file's name */
};

/* The text may be gone when the message is shown, so its source is kept with the diagnostics. */
static bool fail_as(struct reader *r, const char *summary, size_t start, size_t end, const char *detail)
{
    iac_diag *diag = iac_diag_error(r->diags, IAC_NO_RANGE, summary, "%s", detail);
    const iac_source *source = iac_source_new(r->diags->arena, r->what, r->text);
    diag->subject = (iac_range){ source, (uint32_t)start, (uint32_t)end };
    return false;
}

static bool fail(struct reader *r, size_t start, size_t end, const char *detail)
{
    return fail_as(r, "Invalid address", start, end, detail);
}

/* Blanks and comments. */
static void skip_blanks(struct reader *r)
{
    while (r->at < r->text.n && strchr(" \t", r->text.p[r->at]))
        r->at++;
    if (r->at < r->text.n && (r->text.p[r->at] == '#' || (r->text.p[r->at] == '/' && r->at + 1 < r->text.n &&
                                                          r->text.p[r->at + 1] == '/')))
        r->at = r->text.n;
}

static bool next_is(const struct reader *r, char c)
{
    return r->at < r->text.n && r->text.p[r->at] == c;
}

static bool fail_here(struct reader *r, const char *summary, const char *detail)
{
    return fail_as(r, summary, r->at, r->at < r->text.n ? r->at + 1 : r->at, detail);
}

static bool read_name(struct reader *r, iac_str *ret)
{
    size_t start = r->at, next = start;
    while (next < r->text.n) {
        size_t end = next;
        uint32_t c = iac_utf8_next(r->text, &end);
        bool fits = next == start ? iac_is_id_start(c) : iac_is_id_continue(c) || c == '-';
        if (!fits && !(next != start && c < 0x80 && c >= '0' && c <= '9'))
            break;
        next = end;
    }
    *ret = iac_str_sub(r->text, start, next);
    r->at = next;
    return next > start;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* After \u or \U: digits hexadecimal digits. */
static bool read_code_point(struct reader *r, iac_buf *out, int digits)
{
    uint32_t c = 0;
    for (int i = 0; i < digits; i++, r->at++) {
        int digit = r->at < r->text.n ? hex_digit(r->text.p[r->at]) : -1;
        if (digit < 0)
            return false;
        c = c << 4 | (uint32_t)digit;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return false;
    iac_buf_utf8(out, c);
    return true;
}

static bool read_escape(struct reader *r, iac_buf *out)
{
    if (r->at >= r->text.n)
        return false;
    char c = r->text.p[r->at++];
    switch (c) {
    case 'n':
        iac_buf_char(out, '\n');
        return true;
    case 'r':
        iac_buf_char(out, '\r');
        return true;
    case 't':
        iac_buf_char(out, '\t');
        return true;
    case '"':
    case '\\':
        iac_buf_char(out, c);
        return true;
    case 'u':
        return read_code_point(r, out, 4);
    case 'U':
        return read_code_point(r, out, 8);
    default:
        break;
    }
    char detail[96];
    size_t start = --r->at, end = start;
    iac_utf8_next(r->text, &end);
    snprintf(detail, sizeof(detail), "The symbol \"%.*s\" is not a valid escape sequence selector.", (int)(end - start),
             r->text.p + start);
    return fail_as(r, "Invalid escape sequence", start - 1, end, detail);
}

static bool fail_unterminated(struct reader *r)
{
    fail_here(r, "Unterminated string literal",
              "Unable to find the closing quote mark before the end of the file.");
    return fail_here(r, "Unclosed index brackets", "Index key must be followed by a closing bracket.");
}

static bool fail_template(struct reader *r, char c)
{
    char detail[128];
    snprintf(detail, sizeof(detail),
             "Template sequences are not allowed in this string. To include a literal \"%c\", double it (as \"%c%c\") to "
             "escape it.", c, c, c);
    return fail_here(r, "Invalid string literal", detail);
}

/* After the opening quote, up to and with the closing one. */
static bool read_quoted(struct reader *r, iac_buf *out)
{
    while (r->at < r->text.n) {
        char c = r->text.p[r->at++];
        if (c == '"')
            return true;
        if (c == '\\') {
            size_t errors = r->diags->errors;
            if (!read_escape(r, out))
                return r->diags->errors > errors ? false : fail_unterminated(r);
            continue;
        }
        if (c == '\n')
            break;
        if ((c == '$' || c == '%') && r->at < r->text.n) {
            bool doubled = r->text.p[r->at] == c && r->at + 1 < r->text.n && r->text.p[r->at + 1] == '{';
            if (r->text.p[r->at] == '{')
                return fail_template(r, c);
            if (doubled)
                r->at++;
        }
        iac_buf_char(out, c);
        if (r->at < r->text.n && (c == '$' || c == '%') && r->text.p[r->at] == '{')
            iac_buf_char(out, r->text.p[r->at++]);
    }
    return fail_unterminated(r);
}

static bool read_string_key(struct reader *r, iac_key *ret)
{
    iac_buf buf;
    iac_buf_init(&buf, MAX_ADDRESS);
    r->at++;
    bool ok = read_quoted(r, &buf);
    if (ok && !iac_utf8_valid(iac_buf_view(&buf)))
        ok = fail_here(r, "Invalid character encoding", "All input files must be UTF-8 encoded.");
    if (ok)
        *ret =
            (iac_key){ .kind = IAC_KEY_STRING, .name = iac_nfc(r->arena, iac_arena_str(r->arena, iac_buf_view(&buf))) };
    iac_buf_clear(&buf);
    return ok;
}

/* A literal number, which is an index when it is whole and not too large. */
static void read_number_key(struct reader *r, part *ret)
{
    char text[64];
    size_t start = r->at, n = 0;
    while (r->at < r->text.n && (strchr("0123456789.", r->text.p[r->at]) ||
                                 (strchr("eE", r->text.p[r->at]) && r->at > start) ||
                                 (strchr("+-", r->text.p[r->at]) && strchr("eE", r->text.p[r->at - 1]))))
        r->at++;
    int64_t index = 0;
    for (n = start; n < r->at && r->text.p[n] >= '0' && r->text.p[n] <= '9'; n++)
        if (__builtin_mul_overflow(index, (int64_t)10, &index) ||
            __builtin_add_overflow(index, (int64_t)(r->text.p[n] - '0'), &index))
            break;
    if (n < r->at) { /* 1e2, 1.0, or no index */
        double whole = 0;
        int length = snprintf(text, sizeof(text), "%.*s", (int)(r->at - start), r->text.p + start);
        ret->is_odd = length < 0 || (size_t)length >= sizeof(text);
        if (!ret->is_odd)
            whole = strtod(text, NULL);
        ret->is_odd = ret->is_odd || !(whole < 9007199254740992.0) || whole != (double)(int64_t)whole;
        index = ret->is_odd ? 0 : (int64_t)whole;
    }
    ret->key = (iac_key){ .kind = IAC_KEY_INT, .index = index };
}

static bool read_key(struct reader *r, part *ret)
{
    static const char *const required = "Index value required";
    static const char *const literal = "Index brackets must contain either a literal number or a literal string.";
    static const char *const quotes = "Single quotes are not valid. Use double quotes (\") to enclose strings.";
    r->at++;
    skip_blanks(r);
    if (next_is(r, '*'))
        return fail_here(r, "Attribute name required", "Splat expressions ([*]) may not be used here.");
    if (next_is(r, '"')) {
        if (!read_string_key(r, &ret->key))
            return false;
    } else if (r->at < r->text.n && r->text.p[r->at] >= '0' && r->text.p[r->at] <= '9') {
        read_number_key(r, ret);
    } else {
        if (next_is(r, '\''))
            fail_here(r, "Invalid character", quotes);
        return fail_here(r, required, literal);
    }
    skip_blanks(r);
    if (!next_is(r, ']'))
        return fail_here(r, "Unclosed index brackets", "Index key must be followed by a closing bracket.");
    r->at++;
    return true;
}

/* Behind a dot. */
static bool read_attribute(struct reader *r, iac_str *ret)
{
    static const char *const required = "Attribute name required";
    r->at++;
    skip_blanks(r);
    if (next_is(r, '*'))
        return fail_here(r, required, "Splat expressions (.*) may not be used here.");
    return read_name(r, ret) || fail_here(r, required, "Dot must be followed by attribute name.");
}

/* The next name or key; *ret_end at the end of the text. */
static bool read_part(struct reader *r, bool first, part *ret, bool *ret_end)
{
    static const char *const invalid = "Invalid character";
    skip_blanks(r);
    *ret_end = r->at >= r->text.n && !first;
    if (*ret_end)
        return true;
    *ret = (part){ .start = r->at };
    if (first) {
        if (!read_name(r, &ret->name))
            return fail_here(r, "Variable name required", "Must begin with a variable name.");
    } else if (next_is(r, '[')) {
        ret->is_key = true;
        if (!read_key(r, ret))
            return false;
    } else if (next_is(r, '.')) {
        if (!read_attribute(r, &ret->name))
            return false;
    } else {
        if (next_is(r, '@'))
            fail_here(r, invalid, "This character is not used within the language.");
        return fail_here(r, invalid, "Expected an attribute access or an index operator.");
    }
    ret->end = r->at;
    return true;
}

bool iac_addr_is_reserved(iac_str name)
{
    static const char *const reserved[] = { "count",     "each", "local",    "module", "path", "self",
                                            "terraform", "var",  "template", "lazy",   "arg" };
    for (size_t i = 0; i < IAC_COUNT(reserved); i++) {
        if (iac_str_is(name, reserved[i]))
            return true;
    }
    return false;
}

struct parts {
    part v[2 * MAX_MODULE_DEPTH + 8];
    size_t n;
};

static bool read_parts(struct reader *r, struct parts *parts)
{
    if (r->text.n > MAX_ADDRESS)
        return fail(r, 0, 0, "The address is too long.");
    for (;;) {
        bool end = false;
        if (parts->n == IAC_COUNT(parts->v))
            return fail(r, r->at, r->text.n, "The address has too many parts.");
        if (!read_part(r, parts->n == 0, &parts->v[parts->n], &end))
            return false;
        if (end)
            break;
        parts->n++;
    }
    for (size_t i = 0; i < parts->n; i++)
        if (parts->v[i].is_odd)
            return fail(r, parts->v[i].start, parts->v[i].end,
                        "Invalid resource instance key: value must be a whole number, between -9223372036854775808 and "
                        "9223372036854775807.");
    return true;
}

/* module.NAME[KEY]... at the beginning; *ret_next is the first part after it. */
static bool read_module(struct reader *r, const struct parts *parts, iac_module_addr *ret, size_t *ret_next)
{
    iac_module_step steps[MAX_MODULE_DEPTH];
    static const char module_summary[] = "Invalid address operator";
    size_t n = 0, i = 0;
    while (i < parts->n && !parts->v[i].is_key && iac_str_is(parts->v[i].name, "module")) {
        if (i + 1 >= parts->n || parts->v[i + 1].is_key)
            return fail_as(r, module_summary, parts->v[i + (i + 1 < parts->n)].start,
                           parts->v[i + (i + 1 < parts->n)].end,
                           "Prefix \"module.\" must be followed by a module name.");
        if (n == MAX_MODULE_DEPTH)
            return fail(r, parts->v[i].start, parts->v[i].end, "Modules are nested too deeply.");
        steps[n] = (iac_module_step){ .name = iac_arena_str(r->arena, parts->v[i + 1].name) };
        i += 2;
        if (i < parts->n && parts->v[i].is_key)
            steps[n].key = parts->v[i++].key;
        n++;
    }
    if (n > 0 && i < parts->n && parts->v[i].is_key)
        return fail_as(r, module_summary, parts->v[i].start, parts->v[i].end,
                       "Module address prefix must be followed by dot and then a name.");
    *ret = (iac_module_addr){ 0 };
    if (n > 0) {
        iac_module_step *copy = iac_arena_array(r->arena, iac_module_step, n);
        memcpy(copy, steps, n * sizeof(*copy));
        *ret = (iac_module_addr){ copy, n };
    }
    *ret_next = i;
    return true;
}

static bool read_resource(struct reader *r, const struct parts *parts, size_t i, iac_addr *addr)
{
    const part *first = &parts->v[i];
    addr->mode = IAC_MANAGED;
    if (!first->is_key && iac_addr_is_reserved(first->name)) {
        char detail[512];
        snprintf(
            detail, sizeof(detail),
            "The keyword \"%.*s\" is reserved and cannot be used to target a resource address. If you are targeting "
            "a resource type that uses a reserved keyword, please prefix your address with \"resource.\".",
            IAC_FMT(first->name));
        return fail(r, first->start, r->text.n, detail);
    }
    const char *no_type = "A resource type name is required.";
    if (!first->is_key && iac_str_is(first->name, "data")) {
        addr->mode = IAC_DATA;
        no_type = "A data source name is required.";
        i++;
    } else if (!first->is_key && iac_str_is(first->name, "ephemeral")) {
        addr->mode = IAC_EPHEMERAL_RESOURCE;
        no_type = "An ephemeral resource type name is required.";
        i++;
    } else if (!first->is_key && iac_str_is(first->name, "resource")) {
        i++;
    }
    if (parts->n - i < 2)
        return fail(r, i < parts->n ? parts->v[i].start : first->start, r->text.n,
                    "Resource specification must include a resource type and name.");
    if (parts->v[i].is_key)
        return fail(r, parts->v[i].start, parts->v[i].end, no_type);
    if (parts->v[i + 1].is_key)
        return fail(r, parts->v[i + 1].start, parts->v[i + 1].end, "A resource name is required.");
    addr->type = iac_arena_str(r->arena, parts->v[i].name);
    addr->name = iac_arena_str(r->arena, parts->v[i + 1].name);
    i += 2;
    if (i + 1 < parts->n)
        return fail(r, parts->v[i + 1].start, parts->v[i + 1].end, "Unexpected extra operators after address.");
    if (i < parts->n) {
        if (!parts->v[i].is_key)
            return fail(r, parts->v[i].start, parts->v[i].end,
                        "Resource instance key must be given in square brackets.");
        addr->key = parts->v[i].key;
    }
    return true;
}

static iac_status parse(iac_arena *arena, iac_str text, const char *what, bool modules, iac_addr *ret,
                        bool *ret_is_module, iac_diags *diags)
{
    struct reader r = { .arena = arena, .text = iac_str_trim(text), .diags = diags, .what = iac_str_of(what) };
    struct parts parts = { .n = 0 };
    iac_addr addr = { 0 };
    size_t next = 0;
    if (!read_parts(&r, &parts) || !read_module(&r, &parts, &addr.module, &next))
        return IAC_ERR;
    bool is_module = next == parts.n;
    if (is_module && !modules) {
        fail(&r, 0, r.text.n,
             "A resource instance address is required here. The module path must be followed by a resource instance "
             "specification.");
        return IAC_ERR;
    }
    if (!is_module && !read_resource(&r, &parts, next, &addr))
        return IAC_ERR;
    *ret = addr;
    *ret_is_module = is_module;
    return IAC_OK;
}

iac_status iac_addr_parse(iac_arena *arena, iac_str text, iac_addr *ret, iac_diags *diags)
{
    return iac_addr_parse_as(arena, text, "", ret, diags);
}

iac_status iac_addr_parse_as(iac_arena *arena, iac_str text, const char *what, iac_addr *ret, iac_diags *diags)
{
    bool is_module = false;
    return parse(arena, text, what, false, ret, &is_module, diags);
}

iac_status iac_target_parse(iac_arena *arena, iac_str text, iac_addr *ret, bool *ret_is_module, iac_diags *diags)
{
    return parse(arena, text, "", true, ret, ret_is_module, diags);
}

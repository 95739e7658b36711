#include "engine/view/json_util.h"

#include "lang/base/secrets.h"
#include "lang/value/json.h"
#include "lang/value/secrets.h"

#include <string.h>

void iac_json_member(iac_buf *out, bool *first, const char *name)
{
    if (!*first)
        iac_buf_char(out, ',');
    *first = false;
    iac_buf_printf(out, "\"%s\":", name);
}

void iac_json_string_member(iac_buf *out, bool *first, const char *name, iac_str text)
{
    iac_json_member(out, first, name);
    iac_json_string(out, text, true);
}

int iac_view_module_order(iac_module_addr a, iac_module_addr b, int (*key_cmp)(iac_key a, iac_key b))
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int order = iac_str_cmp(a.steps[i].name, b.steps[i].name);
        order = order ? order : key_cmp(a.steps[i].key, b.steps[i].key);
        if (order)
            return order;
    }
    return (a.n > b.n) - (a.n < b.n);
}

int iac_view_addr_order(iac_addr a, iac_addr b)
{
    int order = iac_view_module_order(a.module, b.module, iac_key_cmp);
    a.module = b.module = (iac_module_addr){ 0 };
    return order ? order : iac_addr_cmp(a, b);
}

static void print_string(iac_buf *out, const iac_buf *text)
{
    iac_json_string(out, iac_buf_view(text), true);
}

void iac_json_addr(iac_buf *out, iac_addr addr)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_addr_print(&text, addr);
    print_string(out, &text);
    iac_buf_clear(&text);
}

void iac_json_module(iac_buf *out, iac_module_addr addr)
{
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_module_addr_print(&text, addr);
    print_string(out, &text);
    iac_buf_clear(&text);
}

void iac_json_key(iac_buf *out, iac_key key)
{
    if (key.kind == IAC_KEY_INT)
        iac_buf_printf(out, "%lld", (long long)key.index);
    else if (key.kind == IAC_KEY_STRING)
        iac_json_string(out, key.name, true);
    else
        iac_buf_cstr(out, "null");
}

iac_str iac_provider_source(iac_str provider)
{
    size_t start = iac_str_find(provider, IAC_STR("provider[\""), 0);
    if (start >= provider.n)
        return provider;
    start += sizeof("provider[\"") - 1;
    return iac_str_sub(provider, start, iac_str_find_char(provider, '"', start));
}

static bool is_keyed(const iac_value *v)
{
    return v->kind == IAC_MAP || v->kind == IAC_OBJECT;
}

static bool is_collection(const iac_value *v)
{
    return v->state == IAC_KNOWN && (is_keyed(v) || v->kind == IAC_LIST || v->kind == IAC_SET || v->kind == IAC_TUPLE);
}

void iac_json_text(iac_buf *out, iac_str text, bool redact)
{
    if (!redact || !iac_secrets_in(text)) {
        iac_json_string(out, text, true);
        return;
    }
    iac_buf shown;
    iac_buf_init(&shown, IAC_BUF_UNLIMITED);
    iac_secrets_redact(&shown, text);
    print_string(out, &shown);
    iac_buf_clear(&shown);
}

static void print_key(iac_buf *out, iac_str key, bool redact)
{
    iac_json_text(out, key, redact);
    iac_buf_char(out, ':');
}

/* Attributes of the outermost object are names of a schema, which are no secrets. */
static void print_known(iac_buf *out, const iac_value *v, bool redact, bool outermost)
{
    if (!v || v->state != IAC_KNOWN) {
        iac_buf_cstr(out, "null");
        return;
    }
    if (!redact && !v->deep_unknown) {
        iac_value_to_json(out, v);
        return;
    }
    bool keyed = is_keyed(v), first = true;
    if (redact && (v->marks & IAC_SENSITIVE || (v->kind == IAC_NUMBER && iac_value_shows_secret(v)))) {
        iac_buf_cstr(out, "\"" IAC_SECRET_SHOWN "\"");
        return;
    }
    if (!is_collection(v)) {
        if (v->kind == IAC_STRING)
            iac_json_text(out, v->string, redact);
        else
            iac_value_to_json(out, v);
        return;
    }
    iac_buf_char(out, keyed ? '{' : '[');
    for (size_t i = 0; i < v->n; i++) {
        if (keyed && v->items[i]->state == IAC_UNKNOWN)
            continue;
        if (!first)
            iac_buf_char(out, ',');
        first = false;
        if (keyed)
            print_key(out, v->keys[i], redact && !outermost);
        print_known(out, v->items[i], redact, false);
    }
    iac_buf_char(out, keyed ? '}' : ']');
}

void iac_json_known(iac_buf *out, const iac_value *v, bool redact)
{
    print_known(out, v, redact, true);
}

void iac_json_shown(iac_buf *out, const iac_value *v, bool sensitive, bool redact)
{
    if (sensitive && redact && v && v->state == IAC_KNOWN)
        iac_buf_cstr(out, "\"" IAC_SECRET_SHOWN "\"");
    else
        iac_json_known(out, v, redact);
}

/* What is written for a value without looking into it; NULL: look into it. */
typedef const char *leaf_of(const iac_value *v);

static const char *unknown_leaf(const iac_value *v)
{
    return v->state == IAC_UNKNOWN ? "true" : is_collection(v) ? NULL : "false";
}

/* Of a collection that is not known it is known that it is one. */
static const char *sensitive_leaf(const iac_value *v)
{
    if (v->marks & IAC_SENSITIVE)
        return "true";
    if (v->state == IAC_UNKNOWN && (v->kind == IAC_MAP || v->kind == IAC_OBJECT))
        return "{}";
    if (v->state == IAC_UNKNOWN && (v->kind == IAC_LIST || v->kind == IAC_SET || v->kind == IAC_TUPLE))
        return "[]";
    return is_collection(v) ? NULL : "false";
}

/* Within objects what is false is left out. */
static void shape(iac_buf *out, const iac_value *v, leaf_of *leaf, bool redact, bool outermost)
{
    const char *text = v ? leaf(v) : "false";
    if (text) {
        iac_buf_cstr(out, text);
        return;
    }
    bool keyed = is_keyed(v), first = true;
    iac_buf_char(out, keyed ? '{' : '[');
    for (size_t i = 0; i < v->n; i++) {
        const iac_value *item = v->items[i];
        const char *known = leaf(item);
        if (keyed && known && *known == 'f')
            continue;
        if (!first)
            iac_buf_char(out, ',');
        first = false;
        if (keyed)
            print_key(out, v->keys[i], redact && !outermost);
        shape(out, item, leaf, redact, false);
    }
    iac_buf_char(out, keyed ? '}' : ']');
}

void iac_json_unknown_shape(iac_buf *out, const iac_value *v, bool redact)
{
    shape(out, v, unknown_leaf, redact, true);
}

void iac_json_sensitive_shape(iac_buf *out, const iac_value *v, bool redact)
{
    shape(out, v, sensitive_leaf, redact, true);
}

/* ---- without secrets ---- */

/* The end of the string or the bare word that begins at `at`. */
static size_t token_end(iac_str json, size_t at)
{
    size_t end = at + 1;
    if (json.p[at] == '"') {
        while (end < json.n && json.p[end] != '"')
            end += json.p[end] == '\\' ? 2 : 1;
        return end < json.n ? end + 1 : json.n;
    }
    while (end < json.n && !strchr("{}[],:\" \t\r\n", json.p[end]))
        end++;
    return end;
}

static void put_token(iac_buf *out, iac_arena *arena, iac_str token)
{
    iac_str text = token, error;
    size_t offset;
    if (token.p[0] == '"') {
        const iac_value *v = iac_value_from_json(arena, token, &error, &offset);
        text = v && v->kind == IAC_STRING ? v->string : token;
    }
    if (!iac_secrets_in(text)) {
        iac_buf_str(out, token);
    } else if (token.p[0] == '"') {
        iac_json_text(out, text, true);
    } else {
        iac_buf_cstr(out, "null");
    }
}

void iac_json_without_secrets(iac_buf *out, iac_str json)
{
    if (!iac_secrets_any()) {
        iac_buf_str(out, json);
        return;
    }
    iac_arena *arena = iac_arena_new();
    for (size_t at = 0; at < json.n;) {
        size_t end = at + 1;
        if (strchr("{}[],: \t\r\n", json.p[at])) {
            iac_buf_char(out, json.p[at]);
        } else {
            end = token_end(json, at);
            put_token(out, arena, iac_str_sub(json, at, end));
            iac_arena_reset(arena);
        }
        at = end;
    }
    iac_arena_free(arena);
}

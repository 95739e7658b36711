#include "lang/addr/addr.h"

#include <string.h>

#include "lang/value/text.h"

bool iac_key_equal(iac_key a, iac_key b)
{
    return iac_key_cmp(a, b) == 0;
}

int iac_key_cmp(iac_key a, iac_key b)
{
    if (a.kind != b.kind)
        return a.kind < b.kind ? -1 : 1;
    switch (a.kind) {
    case IAC_KEY_NONE:
        return 0;
    case IAC_KEY_INT:
        return (a.index > b.index) - (a.index < b.index);
    case IAC_KEY_STRING:
        return iac_str_cmp(a.name, b.name);
    }
    return 0;
}

static void print_code_point(iac_buf *out, iac_str text, size_t at, size_t end, uint32_t c)
{
    switch (c) {
    case '\n':
        iac_buf_cstr(out, "\\n");
        return;
    case '\r':
        iac_buf_cstr(out, "\\r");
        return;
    case '\t':
        iac_buf_cstr(out, "\\t");
        return;
    case '"':
        iac_buf_cstr(out, "\\\"");
        return;
    case '\\':
        iac_buf_cstr(out, "\\\\");
        return;
    case '$':
    case '%': /* doubled where it would begin a template sequence */
        iac_buf_char(out, (char)c);
        if (end < text.n && text.p[end] == '{')
            iac_buf_char(out, (char)c);
        return;
    default:
        if (iac_is_printable(c))
            iac_buf_add(out, text.p + at, end - at);
        else
            iac_buf_printf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
    }
}

void iac_key_print(iac_buf *out, iac_key key)
{
    switch (key.kind) {
    case IAC_KEY_NONE:
        return;
    case IAC_KEY_INT:
        iac_buf_printf(out, "[%lld]", (long long)key.index);
        return;
    case IAC_KEY_STRING:
        iac_buf_cstr(out, "[\"");
        for (size_t at = 0; at < key.name.n;) {
            size_t end = at;
            uint32_t c = iac_utf8_next(key.name, &end);
            print_code_point(out, key.name, at, end, c);
            at = end;
        }
        iac_buf_cstr(out, "\"]");
    }
}

bool iac_module_addr_equal(iac_module_addr a, iac_module_addr b)
{
    return iac_module_addr_cmp(a, b) == 0;
}

int iac_module_addr_cmp(iac_module_addr a, iac_module_addr b)
{
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    if (a.steps == b.steps)
        return 0;
    for (size_t i = 0; i < a.n; i++) {
        int order = iac_str_cmp(a.steps[i].name, b.steps[i].name);
        if (order == 0)
            order = iac_key_cmp(a.steps[i].key, b.steps[i].key);
        if (order != 0)
            return order;
    }
    return 0;
}

static iac_key copy_key(iac_arena *arena, iac_key key)
{
    if (key.kind == IAC_KEY_STRING)
        key.name = iac_arena_str(arena, key.name);
    return key;
}

iac_module_addr iac_module_addr_copy(iac_arena *arena, iac_module_addr addr)
{
    if (addr.n == 0)
        return (iac_module_addr){ 0 };
    iac_module_step *steps = iac_arena_array(arena, iac_module_step, addr.n);
    for (size_t i = 0; i < addr.n; i++) {
        steps[i].name = iac_arena_str(arena, addr.steps[i].name);
        steps[i].key = copy_key(arena, addr.steps[i].key);
    }
    return (iac_module_addr){ steps, addr.n };
}

iac_module_addr iac_module_addr_child(iac_arena *arena, iac_module_addr parent, iac_str name, iac_key key)
{
    iac_module_step *steps = iac_arena_array(arena, iac_module_step, parent.n + 1);
    if (parent.n > 0)
        memcpy(steps, parent.steps, parent.n * sizeof(*steps));
    steps[parent.n] = (iac_module_step){ name, key };
    return (iac_module_addr){ steps, parent.n + 1 };
}

iac_module_addr iac_module_addr_static(iac_arena *arena, iac_module_addr addr)
{
    bool keyed = false;
    for (size_t i = 0; i < addr.n; i++)
        keyed |= addr.steps[i].key.kind != IAC_KEY_NONE;
    if (!keyed)
        return addr;
    iac_module_step *steps = iac_arena_array(arena, iac_module_step, addr.n);
    for (size_t i = 0; i < addr.n; i++)
        steps[i].name = addr.steps[i].name;
    return (iac_module_addr){ steps, addr.n };
}

void iac_module_addr_print(iac_buf *out, iac_module_addr addr)
{
    for (size_t i = 0; i < addr.n; i++) {
        iac_buf_cstr(out, i > 0 ? ".module." : "module.");
        iac_buf_str(out, addr.steps[i].name);
        iac_key_print(out, addr.steps[i].key);
    }
}

static iac_str take_text(iac_arena *arena, iac_buf *buf)
{
    iac_str text = iac_arena_str(arena, iac_buf_view(buf));
    iac_buf_clear(buf);
    return text;
}

iac_str iac_module_addr_text(iac_arena *arena, iac_module_addr addr)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_module_addr_print(&buf, addr);
    return take_text(arena, &buf);
}

bool iac_addr_equal(iac_addr a, iac_addr b)
{
    return a.mode == b.mode && iac_str_eq(a.name, b.name) && iac_str_eq(a.type, b.type) &&
           iac_key_equal(a.key, b.key) && iac_module_addr_equal(a.module, b.module);
}

static int mode_rank(iac_mode mode)
{
    return mode == IAC_DATA ? 0 : mode == IAC_MANAGED ? 1 : 2;
}

int iac_addr_cmp(iac_addr a, iac_addr b)
{
    int order = iac_module_addr_cmp(a.module, b.module);
    if (order == 0)
        order = mode_rank(a.mode) - mode_rank(b.mode);
    if (order == 0)
        order = iac_str_cmp(a.type, b.type);
    if (order == 0)
        order = iac_str_cmp(a.name, b.name);
    return order != 0 ? order : iac_key_cmp(a.key, b.key);
}

iac_addr iac_addr_copy(iac_arena *arena, iac_addr addr)
{
    return (iac_addr){
        .module = iac_module_addr_copy(arena, addr.module),
        .mode = addr.mode,
        .type = iac_arena_str(arena, addr.type),
        .name = iac_arena_str(arena, addr.name),
        .key = copy_key(arena, addr.key),
    };
}

/* Whether the type, where an address begins, would be read as a word of the syntax. */
static bool is_word_of_addresses(iac_str type)
{
    return iac_str_is(type, "data") || iac_str_is(type, "ephemeral") || iac_str_is(type, "module") ||
           iac_str_is(type, "resource");
}

void iac_addr_print(iac_buf *out, iac_addr addr)
{
    iac_module_addr_print(out, addr.module);
    if (addr.module.n > 0)
        iac_buf_char(out, '.');
    if (addr.mode == IAC_DATA)
        iac_buf_cstr(out, "data.");
    else if (addr.mode == IAC_EPHEMERAL_RESOURCE)
        iac_buf_cstr(out, "ephemeral.");
    else if (is_word_of_addresses(addr.type))
        iac_buf_cstr(out, "resource.");
    iac_buf_str(out, addr.type);
    iac_buf_char(out, '.');
    iac_buf_str(out, addr.name);
    iac_key_print(out, addr.key);
}

iac_str iac_addr_text(iac_arena *arena, iac_addr addr)
{
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_addr_print(&buf, addr);
    return take_text(arena, &buf);
}

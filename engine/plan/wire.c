#include "engine/plan/wire.h"

#include <string.h>

void iac_put_number(iac_buf *out, uint64_t n)
{
    while (n >= 0x80) { /* seven bits a byte, the low ones first */
        iac_buf_char(out, (char)(n | 0x80));
        n >>= 7;
    }
    iac_buf_char(out, (char)n);
}

void iac_put_text(iac_buf *out, iac_str s)
{
    iac_put_number(out, s.n);
    iac_buf_str(out, s);
}

void iac_put_value(iac_buf *out, const iac_value *v)
{
    iac_put_number(out, v != NULL);
    if (v)
        iac_value_encode(out, v);
}

static void put_key(iac_buf *out, iac_key key)
{
    iac_put_number(out, key.kind);
    if (key.kind == IAC_KEY_INT)
        iac_put_number(out, (uint64_t)key.index);
    if (key.kind == IAC_KEY_STRING)
        iac_put_text(out, key.name);
}

void iac_put_addr(iac_buf *out, iac_addr addr)
{
    iac_put_number(out, addr.module.n);
    for (size_t i = 0; i < addr.module.n; i++) {
        iac_put_text(out, addr.module.steps[i].name);
        put_key(out, addr.module.steps[i].key);
    }
    iac_put_number(out, addr.mode);
    iac_put_text(out, addr.type);
    iac_put_text(out, addr.name);
    put_key(out, addr.key);
}

void iac_put_path(iac_buf *out, iac_path path)
{
    iac_put_number(out, path.n);
    for (size_t i = 0; i < path.n; i++) {
        iac_put_number(out, path.steps[i].kind);
        iac_put_text(out, path.steps[i].name);
        iac_put_number(out, (uint64_t)path.steps[i].index);
        iac_put_value(out, path.steps[i].value);
    }
}

uint64_t iac_get_number(iac_wire *in)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 64 && !in->bad; shift += 7) {
        if (in->at >= in->bytes.n)
            break;
        unsigned char c = (unsigned char)in->bytes.p[in->at++];
        n |= (uint64_t)(c & 0x7F) << shift;
        if (!(c & 0x80))
            return n;
    }
    in->bad = true;
    return 0;
}

size_t iac_get_count(iac_wire *in)
{
    uint64_t n = iac_get_number(in);
    if (n > in->bytes.n - in->at) {
        in->bad = true;
        return 0;
    }
    return (size_t)n;
}

iac_str iac_get_text(iac_wire *in)
{
    size_t n = iac_get_count(in);
    iac_str s = iac_arena_str(in->arena, (iac_str){ in->bytes.p + in->at, n });
    in->at += n;
    return s;
}

const iac_value *iac_get_value(iac_wire *in)
{
    if (!iac_get_number(in) || in->bad)
        return NULL;
    const iac_value *v = iac_value_decode(in->arena, in->bytes, &in->at);
    in->bad |= v == NULL;
    return v;
}

static iac_key get_key(iac_wire *in)
{
    iac_key key = { 0 };
    uint64_t kind = iac_get_number(in);
    if (kind > IAC_KEY_STRING) {
        in->bad = true;
        return key;
    }
    key.kind = (iac_key_kind)kind;
    if (kind == IAC_KEY_INT)
        key.index = (int64_t)iac_get_number(in);
    if (kind == IAC_KEY_STRING)
        key.name = iac_get_text(in);
    return key;
}

iac_addr iac_get_addr(iac_wire *in)
{
    iac_addr addr = { 0 };
    addr.module.n = iac_get_count(in);
    iac_module_step *steps = iac_arena_array(in->arena, iac_module_step, addr.module.n);
    for (size_t i = 0; i < addr.module.n && !in->bad; i++) {
        steps[i].name = iac_get_text(in);
        steps[i].key = get_key(in);
    }
    addr.module.steps = steps;
    uint64_t mode = iac_get_number(in);
    in->bad |= mode > IAC_EPHEMERAL_RESOURCE;
    addr.mode = (iac_mode)(mode > IAC_EPHEMERAL_RESOURCE ? 0 : mode);
    addr.type = iac_get_text(in);
    addr.name = iac_get_text(in);
    addr.key = get_key(in);
    return addr;
}

iac_path iac_get_path(iac_wire *in)
{
    iac_path path = { .n = iac_get_count(in) };
    iac_step *steps = iac_arena_array(in->arena, iac_step, path.n);
    for (size_t i = 0; i < path.n && !in->bad; i++) {
        uint64_t kind = iac_get_number(in);
        in->bad |= kind > IAC_STEP_ELEMENT;
        steps[i].kind = (iac_step_kind)(kind > IAC_STEP_ELEMENT ? 0 : kind);
        steps[i].name = iac_get_text(in);
        steps[i].index = (int64_t)iac_get_number(in);
        steps[i].value = iac_get_value(in);
    }
    path.steps = steps;
    return path;
}

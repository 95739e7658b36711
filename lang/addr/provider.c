#include "lang/addr/addr.h"

#define DEFAULT_HOST IAC_STR("registry.terraform.io")

bool iac_provider_addr_equal(iac_provider_addr a, iac_provider_addr b)
{
    return iac_str_eq(a.type, b.type) && iac_str_eq(a.namespace_, b.namespace_) && iac_str_eq(a.host, b.host);
}

/* Names are letters, digits and dashes; a dash neither begins nor ends one and is not doubled. Capitals are taken as
 * small ones. */
static bool valid_name(iac_str s)
{
    if (s.n == 0 || s.n > 255 || s.p[0] == '-' || s.p[s.n - 1] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 || c == '_';
        if (!letter && !(c == '-' && s.p[i - 1] != '-'))
            return false;
    }
    return true;
}

static bool valid_host(iac_str s)
{
    if (s.n == 0 || s.n > 255 || iac_str_find_char(s, '.', 0) == SIZE_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 ||
                    c == '-' || c == '.' || c == ':';
        if (!fits)
            return false;
    }
    return s.p[0] != '.' && s.p[s.n - 1] != '.';
}

static iac_str lower(iac_arena *arena, iac_str s)
{
    char *copy = iac_arena_cstr(arena, s);
    for (size_t i = 0; i < s.n; i++) {
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    }
    return (iac_str){ copy, s.n };
}

bool iac_provider_addr_parse(iac_arena *arena, iac_str source, iac_provider_addr *ret)
{
    iac_str parts[3];
    size_t n = 0, start = 0;
    for (;;) {
        size_t slash = iac_str_find_char(source, '/', start);
        if (n == IAC_COUNT(parts))
            return false;
        parts[n++] = iac_str_sub(source, start, slash == SIZE_MAX ? source.n : slash);
        if (slash == SIZE_MAX)
            break;
        start = slash + 1;
    }
    if (!valid_name(parts[n - 1]) || (n > 1 && !valid_name(parts[n - 2])) || (n > 2 && !valid_host(parts[0])))
        return false;
    if (n == 1) {
        *ret = iac_provider_addr_default(lower(arena, parts[0]));
        return true;
    }
    *ret = (iac_provider_addr){
        .host = n > 2 ? lower(arena, parts[0]) : DEFAULT_HOST,
        .namespace_ = lower(arena, parts[n - 2]),
        .type = lower(arena, parts[n - 1]),
    };
    return true;
}

iac_provider_addr iac_provider_addr_default(iac_str local_name)
{
    if (iac_str_is(local_name, "terraform"))
        return (iac_provider_addr){ IAC_STR("terraform.io"), IAC_STR("builtin"), local_name };
    return (iac_provider_addr){ DEFAULT_HOST, IAC_STR("hashicorp"), local_name };
}

iac_str iac_provider_addr_text(iac_arena *arena, iac_provider_addr addr)
{
    return iac_arena_printf(arena, "%.*s/%.*s/%.*s", IAC_FMT(addr.host), IAC_FMT(addr.namespace_), IAC_FMT(addr.type));
}

iac_str iac_provider_addr_display(iac_arena *arena, iac_provider_addr addr)
{
    if (!iac_str_eq(addr.host, DEFAULT_HOST))
        return iac_provider_addr_text(arena, addr);
    return iac_arena_printf(arena, "%.*s/%.*s", IAC_FMT(addr.namespace_), IAC_FMT(addr.type));
}

/* Arithmetic on address ranges in CIDR notation, IPv4 and IPv6 alike, as 128-bit numbers. */
#include "lang/func/func_internal.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

typedef struct network {
    u128 address; /* host bits are zero */
    int bits;     /* of an address: 32 or 128 */
    int prefix;
} network;

static u128 host_mask(int bits, int prefix)
{
    int hosts = bits - prefix;
    return hosts >= 128 ? ~(u128)0 : ((u128)1 << hosts) - 1;
}

/* Leading zeros in octets are decimal. */
static bool parse_ipv4(iac_str s, u128 *ret)
{
    u128 address = 0;
    size_t i = 0;
    for (int octet = 0; octet < 4; octet++) {
        unsigned value = 0;
        size_t from;
        if (octet > 0 && (i >= s.n || s.p[i++] != '.'))
            return false;
        from = i;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && i - from < 3)
            value = value * 10 + (unsigned)(s.p[i++] - '0');
        if (i == from || value > 255)
            return false;
        address = address << 8 | value;
    }
    *ret = address;
    return i == s.n;
}

static bool parse_ipv6(iac_str s, u128 *ret)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    if (s.n >= sizeof(text))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    if (strlen(text) != s.n || inet_pton(AF_INET6, text, bytes) != 1)
        return false;
    *ret = 0;
    for (size_t i = 0; i < sizeof(bytes); i++)
        *ret = *ret << 8 | bytes[i];
    return true;
}

static bool parse_network(iac_str text, network *ret)
{
    size_t slash = iac_str_find_char(text, '/', 0);
    if (slash == SIZE_MAX)
        return false;
    iac_str address = iac_str_sub(text, 0, slash), prefix = iac_str_sub(text, slash + 1, text.n);
    ret->bits = iac_str_find_char(address, ':', 0) == SIZE_MAX ? 32 : 128;
    if (!(ret->bits == 32 ? parse_ipv4(address, &ret->address) : parse_ipv6(address, &ret->address)))
        return false;
    ret->prefix = 0;
    for (size_t i = 0; i < prefix.n; i++) {
        if (prefix.p[i] < '0' || prefix.p[i] > '9' || i > 2)
            return false;
        ret->prefix = ret->prefix * 10 + (prefix.p[i] - '0');
    }
    if (prefix.n == 0 || ret->prefix > ret->bits)
        return false;
    ret->address &= ~host_mask(ret->bits, ret->prefix);
    return true;
}

/* The first argument; false with the error noted, which blames that argument or the call as a whole. */
static bool arg_network(iac_call *call, size_t blame, network *ret)
{
    if (parse_network(iac_arg_str(call, 0), ret))
        return true;
    iac_call_fail(call, blame, "invalid CIDR expression: invalid CIDR address: %.*s", IAC_FMT(iac_arg_str(call, 0)));
    return false;
}

/* The longest run of at least two zero groups is left out. */
static void add_ipv6(iac_buf *out, u128 address)
{
    unsigned groups[8];
    int best = -1, best_length = 1;
    for (int i = 0; i < 8; i++)
        groups[i] = (unsigned)(address >> (112 - 16 * i)) & 0xffff;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && groups[i + n] == 0)
            n++;
        if (n > best_length) {
            best = i;
            best_length = n;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            iac_buf_cstr(out, "::");
            i += best_length - 1;
            continue;
        }
        if (i > 0 && i != best + (best < 0 ? 0 : best_length))
            iac_buf_char(out, ':');
        iac_buf_printf(out, "%x", groups[i]);
    }
}

static void add_address(iac_buf *out, u128 address, int bits)
{
    uint32_t low = (uint32_t)address;
    if (bits == 32)
        iac_buf_printf(out, "%u.%u.%u.%u", low >> 24, low >> 16 & 255, low >> 8 & 255, low & 255);
    else
        add_ipv6(out, address);
}

static void add_network(iac_buf *out, u128 address, int bits, int prefix)
{
    add_address(out, address, bits);
    iac_buf_printf(out, "/%d", prefix);
}

/* A whole number of up to 127 bits and sign; false with the error noted. */
static bool arg_big_int(iac_call *call, size_t i, i128 *ret)
{
    const iac_number *n = &call->args[i]->number;
    if (!n->big) {
        *ret = n->small;
        return true;
    }
    if (!mpfr_integer_p(n->big) || (mpfr_regular_p(n->big) && mpfr_get_exp(n->big) > 126)) {
        iac_call_fail(call, IAC_FUNC_NO_ARG, "value must be a whole number");
        return false;
    }
    mpfr_t high, low;
    mpfr_init2(high, IAC_PRECISION);
    mpfr_init2(low, IAC_PRECISION);
    mpfr_div_2ui(high, n->big, 63, MPFR_RNDN);
    mpfr_floor(high, high);
    mpfr_mul_2ui(low, high, 63, MPFR_RNDN);
    mpfr_sub(low, n->big, low, MPFR_RNDN);
    *ret = (i128)mpfr_get_si(high, MPFR_RNDN) * ((i128)1 << 63) + mpfr_get_si(low, MPFR_RNDN);
    mpfr_clear(high);
    mpfr_clear(low);
    return true;
}

static iac_str big_text(iac_call *call, i128 n)
{
    char digits[48];
    size_t at = sizeof(digits);
    u128 rest = n < 0 ? -(u128)n : (u128)n;
    do
        digits[--at] = (char)('0' + (int)(rest % 10));
    while ((rest /= 10) > 0);
    if (n < 0)
        digits[--at] = '-';
    return iac_arena_str(call->arena, (iac_str){ digits + at, sizeof(digits) - at });
}

const iac_value *iac_fn_cidrhost(iac_call *call)
{
    network net;
    i128 host;
    if (!arg_big_int(call, 1, &host) || !arg_network(call, IAC_FUNC_NO_ARG, &net))
        return NULL;
    u128 last = host_mask(net.bits, net.prefix);
    u128 index = host < 0 ? last - (u128)(-(host + 1)) : (u128)host;
    bool fits = host < 0 ? (u128)(-(host + 1)) <= last : index <= last;
    if (!fits) {
        i128 shown = host < 0 ? (i128)last + host + 1 : host;
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "prefix of %d does not accommodate a host numbered %.*s",
                             net.prefix, IAC_FMT(big_text(call, shown)));
    }
    iac_buf buf;
    iac_buf_init(&buf, 64);
    add_address(&buf, net.address | index, net.bits);
    return iac_buf_to_value(call->arena, &buf);
}

const iac_value *iac_fn_cidrnetmask(iac_call *call)
{
    network net;
    if (!arg_network(call, IAC_FUNC_NO_ARG, &net))
        return NULL;
    if (net.bits != 32)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "IPv6 addresses cannot have a netmask: %.*s",
                             IAC_FMT(iac_arg_str(call, 0)));
    iac_buf buf;
    iac_buf_init(&buf, 64);
    add_address(&buf, ~host_mask(32, net.prefix), 32);
    return iac_buf_to_value(call->arena, &buf);
}

const iac_value *iac_fn_cidrsubnet(iac_call *call)
{
    network net;
    int64_t more;
    i128 number;
    if (!iac_arg_int(call, 1, &more) || !arg_big_int(call, 2, &number) || !arg_network(call, IAC_FUNC_NO_ARG, &net))
        return NULL;
    if (more < -net.prefix || more > net.bits - net.prefix)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "insufficient address space to extend prefix of %d by %lld",
                             net.prefix, (long long)more);
    if (number < 0 || (more >= 0 && more < 127 && number >= (i128)1 << more))
        return iac_call_fail(call, IAC_FUNC_NO_ARG,
                             "prefix extension of %lld does not accommodate a subnet numbered %.*s", (long long)more,
                             IAC_FMT(big_text(call, number)));
    int prefix = net.prefix + (int)more;
    int shift = net.bits - prefix;
    u128 address = net.address | (shift >= 128 ? 0 : (u128)number << shift);
    iac_buf buf;
    iac_buf_init(&buf, 64);
    add_network(&buf, address, net.bits, prefix);
    return iac_buf_to_value(call->arena, &buf);
}

/* Checks the number of new bits in argument i; false with the error noted. */
static bool check_extension(iac_call *call, const network *net, size_t i, int *ret_prefix)
{
    int64_t more;
    if (!iac_arg_int(call, i, &more)) {
        call->error->arg = i;
        return false;
    }
    if (more < 1)
        iac_call_fail(call, i, "must extend prefix by at least one bit");
    else if (more > 32)
        iac_call_fail(call, i, "may not extend prefix by more than 32 bits");
    else if (net->prefix + (int)more > net->bits)
        iac_call_fail(call, i, "would extend prefix to %d bits, which is too long for an %s address",
                      net->prefix + (int)more, net->bits == 32 ? "IPv4" : "IPv6");
    else {
        *ret_prefix = net->prefix + (int)more;
        return true;
    }
    return false;
}

/* Each subnet begins at the first fitting address after the one before. */
const iac_value *iac_fn_cidrsubnets(iac_call *call)
{
    network net;
    if (!arg_network(call, 0, &net))
        return NULL;
    u128 net_last = net.address | host_mask(net.bits, net.prefix), last = 0;
    int previous_prefix = 0;
    u128 previous = 0;
    const iac_value **items = iac_xcalloc(call->n, sizeof(*items));
    const iac_value *result = NULL;
    iac_buf buf;
    iac_buf_init(&buf, 64);
    for (size_t i = 1; i < call->n; i++) {
        int prefix;
        if (!check_extension(call, &net, i, &prefix))
            goto out;
        u128 mask = host_mask(net.bits, prefix);
        u128 address = i == 1 ? net.address : ((last | mask) + 1);
        if (i > 1 && ((last | mask) >= net_last)) {
            add_network(&buf, previous, net.bits, previous_prefix);
            iac_call_fail(call, i, "not enough remaining address space for a subnet with a prefix of %d bits after %s",
                          prefix, buf.p);
            goto out;
        }
        iac_buf_reset(&buf);
        add_network(&buf, address, net.bits, prefix);
        items[i - 1] = iac_value_string(call->arena, iac_buf_view(&buf));
        iac_buf_reset(&buf);
        last = address | mask;
        previous = address;
        previous_prefix = prefix;
    }
    result = iac_value_list(call->arena, &iac_type_string, items, call->n - 1);
out:
    iac_buf_clear(&buf);
    free(items);
    return result;
}

/* An address is a range of its own. */
static bool parse_address_or_network(iac_str text, network *ret)
{
    if (iac_str_find_char(text, '/', 0) != SIZE_MAX)
        return parse_network(text, ret);
    ret->bits = ret->prefix = iac_str_find_char(text, ':', 0) == SIZE_MAX ? 32 : 128;
    return ret->bits == 32 ? parse_ipv4(text, &ret->address) : parse_ipv6(text, &ret->address);
}

const iac_value *iac_fn_cidrcontains(iac_call *call)
{
    network outer, inner;
    if (!arg_network(call, IAC_FUNC_NO_ARG, &outer))
        return NULL;
    if (!parse_address_or_network(iac_arg_str(call, 1), &inner))
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "invalid IP address or prefix: %.*s",
                             IAC_FMT(iac_arg_str(call, 1)));
    if (outer.bits != inner.bits)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "address family mismatch: %.*s vs. %.*s",
                             IAC_FMT(iac_arg_str(call, 0)), IAC_FMT(iac_arg_str(call, 1)));
    u128 mask = host_mask(outer.bits, outer.prefix);
    return iac_value_bool(inner.prefix >= outer.prefix && (inner.address & ~mask) == outer.address);
}

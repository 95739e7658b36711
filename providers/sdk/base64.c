#include "providers/sdk/base64.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode(iacp_call *call, const uint8_t *p, size_t n, const char *alphabet, bool pad)
{
    char *text = sdk_alloc(call, (n + 2) / 3 * 4 + 1), *at = text;

    for (; n >= 3; p += 3, n -= 3) {
        *at++ = alphabet[p[0] >> 2];
        *at++ = alphabet[(p[0] & 3) << 4 | p[1] >> 4];
        *at++ = alphabet[(p[1] & 15) << 2 | p[2] >> 6];
        *at++ = alphabet[p[2] & 63];
    }
    if (n > 0) {
        *at++ = alphabet[p[0] >> 2];
        *at++ = alphabet[(p[0] & 3) << 4 | (n == 2 ? p[1] >> 4 : 0)];
        if (n == 2)
            *at++ = alphabet[(p[1] & 15) << 2];
        for (size_t i = n; pad && i < 3; i++)
            *at++ = '=';
    }
    *at = '\0';
    return text;
}

char *sdk_base64(iacp_call *call, const void *bytes, size_t n)
{
    return encode(call, bytes, n, standard, true);
}

char *sdk_base64_url(iacp_call *call, const void *bytes, size_t n)
{
    return encode(call, bytes, n, url_safe, false);
}

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool sdk_base64_decode(iacp_call *call, iac_str text, bool url, iac_str *ret)
{
    size_t n = text.n, padding = 0, length = 0;
    uint32_t bits = 0;

    while (n > 0 && padding < 2 && text.p[n - 1] == '=') {
        n--;
        padding++;
    }
    if (n % 4 == 1 || (padding > 0 && text.n % 4 != 0) || (!url && text.n % 4 != 0))
        return false;
    char *bytes = sdk_alloc(call, n / 4 * 3 + 3);
    for (size_t i = 0; i < n; i++) {
        int digit = digit_of(text.p[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            bytes[length++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    *ret = (iac_str){ bytes, length };
    return true;
}

char *sdk_hex(iacp_call *call, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = bytes;
    char *text = sdk_alloc(call, 2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = digits[p[i] >> 4];
        text[2 * i + 1] = digits[p[i] & 15];
    }
    return text;
}

/* Digests, identifiers and secrets (OpenSSL, libcrypt). */
#include "lang/func/func_internal.h"
#include "lang/base/crypto.h"

#include <crypt.h>
#include <stdio.h>
#include <string.h>

typedef enum form { HEX, BASE64 } form;

static void add_hex(iac_buf *out, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        iac_buf_printf(out, "%02x", bytes[i]);
}

static const iac_value *digest(iac_call *call, iac_str bytes, const EVP_MD *algorithm, form how)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (!EVP_Digest(bytes.p ? bytes.p : "", bytes.n, sum, &n, algorithm, NULL))
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "the digest is not available");
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    if (how == HEX)
        add_hex(&buf, sum, n);
    else
        iac_base64_encode(&buf, (iac_str){ (const char *)sum, n });
    return iac_buf_to_value(call->arena, &buf);
}

static const iac_value *file_digest(iac_call *call, const EVP_MD *algorithm, form how)
{
    iac_str bytes;
    if (!iac_call_read_file(call, IAC_FUNC_NO_ARG, &bytes))
        return NULL;
    return digest(call, bytes, algorithm, how);
}

#define DIGEST(name, algorithm, how)                                                                                   \
    const iac_value *iac_fn_##name(iac_call *call)                                                                     \
    {                                                                                                                  \
        return digest(call, iac_arg_str(call, 0), algorithm(), how);                                                   \
    }
#define FILE_DIGEST(name, algorithm, how)                                                                              \
    const iac_value *iac_fn_##name(iac_call *call)                                                                     \
    {                                                                                                                  \
        return file_digest(call, algorithm(), how);                                                                    \
    }

DIGEST(md5, EVP_md5, HEX)
DIGEST(sha1, EVP_sha1, HEX)
DIGEST(sha256, EVP_sha256, HEX)
DIGEST(sha512, EVP_sha512, HEX)
DIGEST(base64sha256, EVP_sha256, BASE64)
DIGEST(base64sha512, EVP_sha512, BASE64)
FILE_DIGEST(filemd5, EVP_md5, HEX)
FILE_DIGEST(filesha1, EVP_sha1, HEX)
FILE_DIGEST(filesha256, EVP_sha256, HEX)
FILE_DIGEST(filesha512, EVP_sha512, HEX)
FILE_DIGEST(filebase64sha256, EVP_sha256, BASE64)
FILE_DIGEST(filebase64sha512, EVP_sha512, BASE64)

/* ---- UUIDs ---- */

enum { UUID_BYTES = 16 };

static const iac_value *uuid_value(iac_call *call, const unsigned char *bytes)
{
    iac_buf buf;
    iac_buf_init(&buf, 64);
    for (size_t i = 0; i < UUID_BYTES; i++)
        iac_buf_printf(&buf, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
    return iac_buf_to_value(call->arena, &buf);
}

/* All bits are random, those of version and variant included: that is what users of the function have in their
 * states. */
const iac_value *iac_fn_uuid(iac_call *call)
{
    unsigned char bytes[UUID_BYTES];
    if (call->context->planning)
        return iac_call_unknown(call);
    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "no random numbers are available");
    return uuid_value(call, bytes);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Reads the form with hyphens, also in braces or after "urn:uuid:", and the one of hexadecimal digits alone. */
static bool parse_uuid(iac_str text, unsigned char *ret)
{
    size_t n = 0;
    if (text.n == 38)
        text = iac_str_sub(text, 1, 37);
    if (text.n == 45 && strncasecmp(text.p, "urn:uuid:", 9) == 0)
        text = iac_str_sub(text, 9, text.n);
    bool plain = text.n == 32;
    if (text.n != 36 && !plain)
        return false;
    for (size_t i = 0; i < text.n;) {
        if (!plain && (i == 8 || i == 13 || i == 18 || i == 23)) {
            if (text.p[i++] != '-')
                return false;
            continue;
        }
        int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret[n++] = (unsigned char)(high << 4 | low);
        i += 2;
    }
    return n == UUID_BYTES;
}

static const iac_value *bad_namespace(iac_call *call, iac_str given)
{
    iac_str why = IAC_STR("invalid UUID format");
    if (given.n != 32 && given.n != 36 && given.n != 38 && given.n != 45)
        why = iac_arena_printf(call->arena, "invalid UUID length: %zu", given.n);
    return iac_call_fail(call, IAC_FUNC_NO_ARG, "uuidv5() doesn't support namespace %.*s (%.*s)", IAC_FMT(given),
                         IAC_FMT(why));
}

const iac_value *iac_fn_uuidv5(iac_call *call)
{
    static const char *const names[] = { "dns", "url", "oid", "x500" };
    static const unsigned char last_digits[] = { 0x10, 0x11, 0x12, 0x14 };
    unsigned char space[UUID_BYTES] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                        0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };
    iac_str given = iac_arg_str(call, 0), name = iac_arg_str(call, 1);
    size_t i = 0;
    while (i < IAC_COUNT(names) && !iac_str_is(given, names[i]))
        i++;
    if (i < IAC_COUNT(names))
        space[3] = last_digits[i];
    else if (!parse_uuid(given, space))
        return bad_namespace(call, given);
    unsigned char sum[EVP_MAX_MD_SIZE];
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    iac_buf_add(&buf, space, sizeof(space));
    iac_buf_str(&buf, name);
    int ok = EVP_Digest(buf.p, buf.n, sum, NULL, EVP_sha1(), NULL);
    iac_buf_clear(&buf);
    if (!ok)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "the digest is not available");
    sum[6] = (unsigned char)((sum[6] & 0x0f) | 0x50);
    sum[8] = (unsigned char)((sum[8] & 0x3f) | 0x80);
    return uuid_value(call, sum);
}

/* ---- bcrypt ---- */

enum { BCRYPT_DEFAULT = 10, BCRYPT_MIN = 4, BCRYPT_MAX = 31, BCRYPT_LONGEST = 72 };

const iac_value *iac_fn_bcrypt(iac_call *call)
{
    iac_str password = iac_arg_str(call, 0);
    int64_t cost = BCRYPT_DEFAULT;
    if (call->n > 2)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "bcrypt() takes no more than two arguments");
    if (call->n == 2 && !iac_arg_int(call, 1, &cost))
        return NULL;
    if (call->context->planning)
        return iac_call_unknown(call);
    if (cost < BCRYPT_MIN)
        cost = BCRYPT_DEFAULT;
    if (cost > BCRYPT_MAX)
        return iac_call_fail(call, IAC_FUNC_NO_ARG,
                             "error occured generating password crypto/bcrypt: cost %lld is outside allowed range "
                             "(%d,%d)",
                             (long long)cost, BCRYPT_MIN, BCRYPT_MAX);
    if (password.n > BCRYPT_LONGEST)
        return iac_call_fail(call, IAC_FUNC_NO_ARG,
                             "error occured generating password bcrypt: password length exceeds 72 bytes");
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data *data = iac_arena_alloc(call->arena, sizeof(*data));
    const char *text = iac_arena_cstr(call->arena, password);
    const char *hash = NULL;
    if (crypt_gensalt_rn("$2a$", (unsigned long)cost, NULL, 0, salt, sizeof(salt)))
        hash = crypt_rn(text, salt, data, sizeof(*data));
    if (!hash)
        return iac_call_fail(call, IAC_FUNC_NO_ARG, "the password cannot be hashed");
    return iac_value_cstr(call->arena, hash);
}

#include "lang/net/sigv4.h"
#include "lang/base/crypto.h"
#include <stdlib.h>
#include <string.h>

#define MAX_REQUEST ((size_t)1 << 30)

static void to_hex(const unsigned char *bytes, size_t n, char *ret)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * n] = '\0';
}

void aws_sha256_hex(iac_str bytes, char ret[65])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)(bytes.p ? bytes.p : ""), bytes.n, digest);
    to_hex(digest, sizeof(digest), ret);
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void aws_uri_encode(iac_buf *ret, iac_str s, bool keep_slash)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_unreserved(c) || (c == '/' && keep_slash)) {
            iac_buf_char(ret, (char)c);
        } else {
            iac_buf_printf(ret, "%%%02X", c);
        }
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends s in canonical encoding, whether or not parts of it are percent-encoded already. */
static void recode(iac_buf *ret, iac_str s, bool keep_slash)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%' && i + 2 < s.n && hex_digit(s.p[i + 1]) >= 0 && hex_digit(s.p[i + 2]) >= 0) {
            c = (char)(hex_digit(s.p[i + 1]) * 16 + hex_digit(s.p[i + 2]));
            i += 2;
            aws_uri_encode(ret, (iac_str){ &c, 1 }, false);
        } else {
            aws_uri_encode(ret, (iac_str){ &c, 1 }, keep_slash);
        }
    }
}

/* Appends the path without empty, "." and ".." segments. */
static void remove_dots(iac_buf *ret, iac_str path)
{
    size_t start = ret->n, at = 0;
    bool slash_at_end = false;

    while (at < path.n) {
        size_t end = iac_str_find_char(path, '/', at);
        iac_str segment = iac_str_sub(path, at, end == SIZE_MAX ? path.n : end);
        at += segment.n + 1;
        slash_at_end = end != SIZE_MAX || iac_str_is(segment, ".") || iac_str_is(segment, "..");
        if (segment.n == 0 || iac_str_is(segment, ".")) {
            continue;
        }
        if (iac_str_is(segment, "..")) {
            while (ret->n > start && ret->p[--ret->n] != '/') {
            }
            ret->p[ret->n] = '\0';
            continue;
        }
        iac_buf_char(ret, '/');
        iac_buf_str(ret, segment);
    }
    if (ret->n == start || slash_at_end) {
        iac_buf_char(ret, '/');
    }
}

static void canonical_path(const aws_sign *sign, iac_buf *ret)
{
    iac_str path = sign->path.n ? sign->path : IAC_STR("/");
    iac_buf plain;

    if (sign->encoded_once) {
        recode(ret, path, true);
        return;
    }
    iac_buf_init(&plain, MAX_REQUEST);
    if (sign->keep_dots) {
        iac_buf_str(&plain, path);
    } else {
        remove_dots(&plain, path);
    }
    aws_uri_encode(ret, iac_buf_view(&plain), true);
    iac_buf_clear(&plain);
}

typedef struct pair {
    iac_str name, value;
    size_t index; /* keeps equal names in the order given */
} pair;

static int by_name_and_value(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    int order = iac_str_cmp(x->name, y->name);

    return order ? order : iac_str_cmp(x->value, y->value);
}

static int by_name_and_index(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    int order = iac_str_cmp(x->name, y->name);

    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static iac_str recoded(iac_arena *arena, iac_str s)
{
    iac_buf text;

    iac_buf_init(&text, MAX_REQUEST);
    recode(&text, s, false);
    iac_str copy = iac_arena_str(arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return copy;
}

static void canonical_query(iac_arena *arena, iac_str query, iac_buf *ret)
{
    IAC_VEC(pair) pairs = { 0 };
    size_t at = 0;

    while (at < query.n) {
        size_t end = iac_str_find_char(query, '&', at);
        iac_str item = iac_str_sub(query, at, end == SIZE_MAX ? query.n : end);
        size_t equals = iac_str_find_char(item, '=', 0);
        at += item.n + 1;
        if (item.n == 0) {
            continue;
        }
        iac_vec_push(&pairs, (pair){
            .name = recoded(arena, iac_str_sub(item, 0, equals == SIZE_MAX ? item.n : equals)),
            .value = equals == SIZE_MAX ? (iac_str){ "", 0 } : recoded(arena, iac_str_sub(item, equals + 1, item.n)) });
    }
    if (pairs.n > 1) {
        qsort(pairs.v, pairs.n, sizeof(*pairs.v), by_name_and_value);
    }
    for (size_t i = 0; i < pairs.n; i++) {
        iac_buf_cstr(ret, i ? "&" : "");
        iac_buf_str(ret, pairs.v[i].name);
        iac_buf_char(ret, '=');
        iac_buf_str(ret, pairs.v[i].value);
    }
    iac_vec_clear(&pairs);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Appends the value trimmed, with each run of blanks made one space. */
static void canonical_value(iac_buf *ret, iac_str value)
{
    bool pending = false, begun = false;

    for (size_t i = 0; i < value.n; i++) {
        if (is_blank(value.p[i])) {
            pending = begun;
            continue;
        }
        if (pending) {
            iac_buf_char(ret, ' ');
        }
        iac_buf_char(ret, value.p[i]);
        pending = false;
        begun = true;
    }
}

static iac_str lower(iac_arena *arena, iac_str s)
{
    char *copy = iac_arena_cstr(arena, s);

    for (size_t i = 0; i < s.n; i++) {
        copy[i] = (char)(copy[i] >= 'A' && copy[i] <= 'Z' ? copy[i] + 32 : copy[i]);
    }
    return (iac_str){ copy, s.n };
}

/* Headers that something between us and the server may change. */
static bool is_left_out(iac_str name)
{
    static const char *const names[] = { "authorization", "connection", "expect", "transfer-encoding", "user-agent",
                                         "x-amzn-trace-id" };

    for (size_t i = 0; i < IAC_COUNT(names); i++) {
        if (iac_str_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

static void canonical_headers(iac_arena *arena, const aws_sign *sign, iac_buf *ret, iac_buf *ret_names)
{
    pair *pairs = iac_arena_array(arena, pair, sign->header_count + 1);
    size_t n = 0;

    for (size_t i = 0; i < sign->header_count; i++) {
        iac_str name = lower(arena, iac_str_trim(sign->headers[i].name));
        if (!is_left_out(name)) {
            pairs[n++] = (pair){ name, sign->headers[i].value, i };
        }
    }
    if (n > 1) {
        qsort(pairs, n, sizeof(*pairs), by_name_and_index);
    }
    for (size_t i = 0; i < n; i++) {
        bool again = i > 0 && iac_str_eq(pairs[i].name, pairs[i - 1].name);
        if (again) {
            iac_buf_char(ret, ',');
        } else {
            iac_buf_cstr(ret, i ? "\n" : "");
            iac_buf_str(ret, pairs[i].name);
            iac_buf_char(ret, ':');
            iac_buf_cstr(ret_names, i ? ";" : "");
            iac_buf_str(ret_names, pairs[i].name);
        }
        canonical_value(ret, pairs[i].value);
    }
    iac_buf_char(ret, '\n');
}

void aws_sign_canonical(const aws_sign *sign, iac_buf *ret, iac_buf *ret_signed_headers)
{
    iac_arena *arena = iac_arena_new();
    size_t names = ret_signed_headers->n;

    iac_buf_cstr(ret, sign->method);
    iac_buf_char(ret, '\n');
    canonical_path(sign, ret);
    iac_buf_char(ret, '\n');
    canonical_query(arena, sign->query, ret);
    iac_buf_char(ret, '\n');
    canonical_headers(arena, sign, ret, ret_signed_headers);
    iac_buf_char(ret, '\n');
    iac_buf_add(ret, ret_signed_headers->p + names, ret_signed_headers->n - names);
    iac_buf_char(ret, '\n');
    iac_buf_str(ret, sign->payload_hash);
    iac_arena_free(arena);
}

static void add_scope(const aws_sign *sign, iac_buf *ret)
{
    iac_buf_printf(ret, "%.8s/%s/%s/aws4_request", sign->time, sign->region, sign->service);
}

void aws_sign_string(const aws_sign *sign, iac_str canonical, iac_buf *ret)
{
    char hash[65];

    aws_sha256_hex(canonical, hash);
    iac_buf_printf(ret, "AWS4-HMAC-SHA256\n%s\n", sign->time);
    add_scope(sign, ret);
    iac_buf_printf(ret, "\n%s", hash);
}

static void hmac(unsigned char key[32], size_t key_n, const void *bytes, size_t n)
{
    unsigned int written = 32;

    HMAC(EVP_sha256(), key, (int)key_n, bytes, n, key, &written);
}

void aws_sign_signature(const aws_sign *sign, iac_str string_to_sign, char ret[65])
{
    size_t secret_n = strlen(sign->secret_key) + 4;
    char *secret = iac_xmalloc(secret_n + 1);
    unsigned char key[32];
    unsigned int written = sizeof(key);

    memcpy(secret, "AWS4", 4);
    memcpy(secret + 4, sign->secret_key, secret_n - 3);
    HMAC(EVP_sha256(), secret, (int)secret_n, (const unsigned char *)sign->time, 8, key, &written);
    hmac(key, sizeof(key), sign->region, strlen(sign->region));
    hmac(key, sizeof(key), sign->service, strlen(sign->service));
    hmac(key, sizeof(key), "aws4_request", 12);
    hmac(key, sizeof(key), string_to_sign.p, string_to_sign.n);
    to_hex(key, sizeof(key), ret);
    explicit_bzero(secret, secret_n);
    free(secret);
}

/* Stages 1 to 3 in one; appends the signed headers' names where wanted. */
static void sign_all(const aws_sign *sign, iac_buf *signed_headers, char ret[65])
{
    iac_buf canonical, string;

    iac_buf_init(&canonical, MAX_REQUEST);
    iac_buf_init(&string, MAX_REQUEST);
    aws_sign_canonical(sign, &canonical, signed_headers);
    aws_sign_string(sign, iac_buf_view(&canonical), &string);
    aws_sign_signature(sign, iac_buf_view(&string), ret);
    iac_buf_clear(&canonical);
    iac_buf_clear(&string);
}

void aws_sign_authorization(const aws_sign *sign, iac_buf *ret)
{
    iac_buf names;
    char signature[65];

    iac_buf_init(&names, MAX_REQUEST);
    sign_all(sign, &names, signature);
    iac_buf_printf(ret, "AWS4-HMAC-SHA256 Credential=%s/", sign->access_key);
    add_scope(sign, ret);
    iac_buf_printf(ret, ", SignedHeaders=%s, Signature=%s", names.p, signature);
    iac_buf_clear(&names);
}

static void add_parameter(iac_buf *ret, const char *name, iac_str value)
{
    iac_buf_cstr(ret, ret->n ? "&" : "");
    iac_buf_cstr(ret, name);
    iac_buf_char(ret, '=');
    aws_uri_encode(ret, value, false);
}

void aws_presign_query(const aws_sign *sign, long expires_seconds, iac_buf *ret)
{
    iac_arena *arena = iac_arena_new();
    iac_buf text, names;

    iac_buf_init(&text, MAX_REQUEST);
    iac_buf_init(&names, MAX_REQUEST);
    iac_buf_str(ret, sign->query);
    add_parameter(ret, "X-Amz-Algorithm", IAC_STR("AWS4-HMAC-SHA256"));
    iac_buf_printf(&text, "%s/", sign->access_key);
    add_scope(sign, &text);
    add_parameter(ret, "X-Amz-Credential", iac_buf_view(&text));
    add_parameter(ret, "X-Amz-Date", iac_str_of(sign->time));
    iac_buf_reset(&text);
    canonical_headers(arena, sign, &text, &names);
    add_parameter(ret, "X-Amz-SignedHeaders", iac_buf_view(&names));
    iac_buf_reset(&text);
    iac_buf_printf(&text, "%ld", expires_seconds);
    add_parameter(ret, "X-Amz-Expires", iac_buf_view(&text));
    if (sign->token.n && !sign->token_unsigned) {
        add_parameter(ret, "X-Amz-Security-Token", sign->token);
    }
    iac_buf_clear(&text);
    iac_buf_clear(&names);
    iac_arena_free(arena);
}

void aws_presign(const aws_sign *sign, long expires_seconds, iac_buf *ret)
{
    aws_sign presign = *sign;
    iac_buf query, names;
    char signature[65];

    iac_buf_init(&query, MAX_REQUEST);
    iac_buf_init(&names, MAX_REQUEST);
    aws_presign_query(sign, expires_seconds, &query);
    presign.query = iac_buf_view(&query);
    sign_all(&presign, &names, signature);
    if (sign->token.n && sign->token_unsigned) {
        add_parameter(&query, "X-Amz-Security-Token", sign->token);
    }
    add_parameter(&query, "X-Amz-Signature", iac_str_of(signature));
    iac_buf_str(ret, iac_buf_view(&query));
    iac_buf_clear(&query);
    iac_buf_clear(&names);
}

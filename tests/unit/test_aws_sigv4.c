/* Signature Version 4, stage by stage, against the published vectors in tests/aws/sigv4-vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/net/sigv4.h"

#define VECTORS "tests/aws/sigv4-vectors"
#define MAX_HEADERS 32

/* One case of the suite, parsed. */
typedef struct vector {
    const char *name;
    iac_arena *arena;
    json_t *context;
    iac_str method, path, query, body;
    net_header headers[MAX_HEADERS];
    size_t header_count;
    aws_sign sign;
} vector;

static iac_str read_file(iac_arena *arena, const char *name, const char *file)
{
    iac_str path = iac_arena_printf(arena, VECTORS "/%s/%s", name, file);
    FILE *f = fopen(path.p, "rb");
    if (!f) {
        fail_msg("cannot open %s", path.p);
    }
    char *text = iac_arena_alloc(arena, 65536);
    size_t n = fread(text, 1, 65535, f);
    fclose(f);
    return (iac_str){ text, n };
}

static iac_str next_line(iac_str *rest)
{
    size_t end = iac_str_find_char(*rest, '\n', 0);
    iac_str line = iac_str_sub(*rest, 0, end == SIZE_MAX ? rest->n : end);
    *rest = iac_str_sub(*rest, line.n + 1, rest->n);
    return line;
}

static void add_header(vector *v, iac_str name, iac_str value)
{
    assert_true(v->header_count < MAX_HEADERS);
    v->headers[v->header_count++] = (net_header){ name, value };
}

static void parse_request(vector *v)
{
    iac_str rest = read_file(v->arena, v->name, "request.txt");
    iac_str line = next_line(&rest);
    size_t space = iac_str_find_char(line, ' ', 0);

    v->method = iac_arena_str(v->arena, iac_str_sub(line, 0, space));
    iac_str target = iac_str_sub(line, space + 1, line.n - strlen(" HTTP/1.1"));
    size_t mark = iac_str_find_char(target, '?', 0);
    v->path = iac_str_sub(target, 0, mark == SIZE_MAX ? target.n : mark);
    v->query = mark == SIZE_MAX ? (iac_str){ "", 0 } : iac_str_sub(target, mark + 1, target.n);
    while (rest.n > 0 && (line = next_line(&rest)).n > 0) {
        if (line.p[0] == ' ' || line.p[0] == '\t') {
            iac_str *value = &v->headers[v->header_count - 1].value;
            *value = iac_arena_printf(v->arena, "%.*s\n%.*s", IAC_FMT(*value), IAC_FMT(line));
            continue;
        }
        size_t colon = iac_str_find_char(line, ':', 0);
        add_header(v, iac_str_sub(line, 0, colon), iac_str_sub(line, colon + 1, line.n));
    }
    v->body = rest;
}

static const char *context_str(const vector *v, const char *object, const char *key)
{
    const json_t *from = object ? json_object_get(v->context, object) : v->context;
    const char *s = json_string_value(json_object_get(from, key));
    return s ? s : "";
}

static void open_vector(vector *v, const char *name)
{
    *v = (vector){ .name = name, .arena = iac_arena_new() };
    iac_str context = read_file(v->arena, name, "context.json");
    v->context = json_loadb(context.p, context.n, 0, NULL);
    assert_non_null(v->context);
    parse_request(v);
    char *hash = iac_arena_alloc(v->arena, 65);
    aws_sha256_hex(v->body, hash);
    v->sign = (aws_sign){
        .method = v->method.p,
        .path = v->path,
        .query = v->query,
        .headers = v->headers,
        .payload_hash = iac_str_of(hash),
        .region = context_str(v, NULL, "region"),
        .service = context_str(v, NULL, "service"),
        .access_key = context_str(v, "credentials", "access_key_id"),
        .secret_key = context_str(v, "credentials", "secret_access_key"),
        .token = iac_str_of(context_str(v, "credentials", "token")),
        .time = "20150830T123600Z",
        .keep_dots = json_is_false(json_object_get(v->context, "normalize")),
        .token_unsigned = json_is_true(json_object_get(v->context, "omit_session_token")),
    };
}

static void close_vector(vector *v)
{
    json_decref(v->context);
    iac_arena_free(v->arena);
}

static void check(const vector *v, const char *file, iac_str got)
{
    iac_str want = iac_str_trim(read_file(v->arena, v->name, file));
    iac_str have = iac_str_trim(got);
    if (!iac_str_eq(want, have)) {
        fail_msg("%s/%s:\nwant:\n%.*s\nhave:\n%.*s", v->name, file, IAC_FMT(want), IAC_FMT(have));
    }
}

static void check_stages(const vector *v, const char *kind)
{
    iac_buf canonical, names, string;
    char signature[65];
    char file[64];

    iac_buf_init(&canonical, IAC_BUF_UNLIMITED);
    iac_buf_init(&names, IAC_BUF_UNLIMITED);
    iac_buf_init(&string, IAC_BUF_UNLIMITED);
    aws_sign_canonical(&v->sign, &canonical, &names);
    snprintf(file, sizeof(file), "%s-canonical-request.txt", kind);
    check(v, file, iac_buf_view(&canonical));
    aws_sign_string(&v->sign, iac_buf_view(&canonical), &string);
    snprintf(file, sizeof(file), "%s-string-to-sign.txt", kind);
    check(v, file, iac_buf_view(&string));
    aws_sign_signature(&v->sign, iac_buf_view(&string), signature);
    snprintf(file, sizeof(file), "%s-signature.txt", kind);
    check(v, file, iac_str_of(signature));
    iac_buf_clear(&canonical);
    iac_buf_clear(&names);
    iac_buf_clear(&string);
}

/* The value of `name` in a signed request of the suite. */
static iac_str signed_header(const vector *v, const char *file, const char *name)
{
    iac_str rest = read_file(v->arena, v->name, file);
    while (rest.n > 0) {
        iac_str line = next_line(&rest);
        if (iac_str_starts(line, iac_str_of(name)) && line.n > strlen(name) && line.p[strlen(name)] == ':') {
            return iac_str_trim(iac_str_sub(line, strlen(name) + 1, line.n));
        }
    }
    return (iac_str){ "", 0 };
}

static void check_header_signing(vector *v)
{
    iac_buf authorization;

    add_header(v, IAC_STR("X-Amz-Date"), iac_str_of(v->sign.time));
    if (json_is_true(json_object_get(v->context, "sign_body"))) {
        add_header(v, IAC_STR("x-amz-content-sha256"), v->sign.payload_hash);
    }
    if (v->sign.token.n && !v->sign.token_unsigned) {
        add_header(v, IAC_STR("X-Amz-Security-Token"), v->sign.token);
    }
    v->sign.header_count = v->header_count;
    check_stages(v, "header");

    iac_buf_init(&authorization, IAC_BUF_UNLIMITED);
    aws_sign_authorization(&v->sign, &authorization);
    iac_str want = signed_header(v, "header-signed-request.txt", "Authorization");
    assert_true(iac_str_eq(want, iac_buf_view(&authorization)));
    iac_buf_clear(&authorization);
}

static void check_query_signing(vector *v)
{
    iac_buf query, complete;

    v->sign.header_count = v->header_count;
    if (!json_is_true(json_object_get(v->context, "sign_body"))) {
        v->sign.payload_hash = IAC_STR(AWS_EMPTY_PAYLOAD_HASH);
    }
    iac_buf_init(&query, IAC_BUF_UNLIMITED);
    iac_buf_init(&complete, IAC_BUF_UNLIMITED);
    aws_presign(&v->sign, (long)json_integer_value(json_object_get(v->context, "expiration_in_seconds")), &complete);
    iac_str want = read_file(v->arena, v->name, "query-signed-request.txt");
    want = iac_str_sub(want, iac_str_find_char(want, '?', 0) + 1, iac_str_find(want, IAC_STR(" HTTP/1.1"), 0));
    if (!iac_str_eq(want, iac_buf_view(&complete))) {
        fail_msg("%s: presigned query\nwant %.*s\nhave %s", v->name, IAC_FMT(want), complete.p);
    }
    aws_presign_query(&v->sign, (long)json_integer_value(json_object_get(v->context, "expiration_in_seconds")), &query);
    v->sign.query = iac_buf_view(&query);
    check_stages(v, "query");
    iac_buf_clear(&query);
    iac_buf_clear(&complete);
}

static void test_aws_sigv4__published_vectors(void **state)
{
    (void)state;
    DIR *dir = opendir(VECTORS);
    size_t cases = 0;

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        vector v;
        if (strchr(entry->d_name, '.') || strcmp(entry->d_name, "LICENSE") == 0 ||
            strcmp(entry->d_name, "NOTICE") == 0) {
            continue;
        }
        open_vector(&v, entry->d_name);
        check_header_signing(&v);
        close_vector(&v);
        open_vector(&v, entry->d_name);
        check_query_signing(&v);
        close_vector(&v);
        cases++;
    }
    closedir(dir);
    assert_int_equal(cases, 38);
}

static void canonical_path_of(const char *path, bool s3, char *ret, size_t n)
{
    net_header host = { IAC_STR("Host"), IAC_STR("b.s3.amazonaws.com") };
    aws_sign sign = { .method = "GET", .path = iac_str_of(path), .headers = &host, .header_count = 1,
                      .payload_hash = IAC_STR(AWS_UNSIGNED_PAYLOAD), .region = "us-east-1", .service = "s3",
                      .access_key = "a", .secret_key = "b", .time = "20150830T123600Z", .keep_dots = s3,
                      .encoded_once = s3 };
    iac_buf canonical, names;

    iac_buf_init(&canonical, IAC_BUF_UNLIMITED);
    iac_buf_init(&names, IAC_BUF_UNLIMITED);
    aws_sign_canonical(&sign, &canonical, &names);
    snprintf(ret, n, "%.*s", (int)(strchr(canonical.p + 4, '\n') - canonical.p - 4), canonical.p + 4);
    assert_non_null(strstr(canonical.p, "\nhost\nUNSIGNED-PAYLOAD"));
    iac_buf_clear(&canonical);
    iac_buf_clear(&names);
}

static void test_aws_sigv4__s3_encodes_the_path_once_and_keeps_dots(void **state)
{
    (void)state;
    char path[128];

    canonical_path_of("/a%20b/../c//d", true, path, sizeof(path));
    assert_string_equal(path, "/a%20b/../c//d");
    canonical_path_of("/a%20b/../c//d", false, path, sizeof(path));
    assert_string_equal(path, "/c/d");
    canonical_path_of("/a%20b", false, path, sizeof(path));
    assert_string_equal(path, "/a%2520b");
    canonical_path_of("/../..", false, path, sizeof(path));
    assert_string_equal(path, "/");
    canonical_path_of("/x%2", true, path, sizeof(path));
    assert_string_equal(path, "/x%252");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aws_sigv4__published_vectors),
        cmocka_unit_test(test_aws_sigv4__s3_encodes_the_path_once_and_keeps_dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A key derived from a passphrase (PBKDF2, RFC 8018), or from the key of another provider. */
#include "lang/value/json.h"
#include "state/keys/keys.h"
#include "state/store_internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum {
    MIN_PASSPHRASE = 16, MIN_ITERATIONS = 200000, MAX_ITERATIONS = 100000000, MAX_SALT = 1024,
    USUAL_ITERATIONS = 600000, USUAL_SIZE = 32
};

typedef struct pbkdf2 {
    char *passphrase; /* NULL: chained */
    size_t key_size, salt_size;
    int iterations;
    char hash[8];
} pbkdf2;

/* What a key was derived with. */
typedef struct parameters {
    uint8_t salt[MAX_SALT];
    size_t salt_size, key_size;
    int iterations;
    char hash[8];
} parameters;

static const iac_key_argument arguments[] = {
    { "passphrase", "\"string\"", false, true },      { "key_length", "\"number\"", false, false },
    { "iterations", "\"number\"", false, false },     { "salt_length", "\"number\"", false, false },
    { "hash_function", "\"string\"", false, false }, { NULL, NULL, false, false },
};

static const EVP_MD *digest_of(const char *name)
{
    return strcmp(name, "sha512") == 0 ? EVP_sha512() : strcmp(name, "sha256") == 0 ? EVP_sha256() : NULL;
}

static iac_status configure(const iac_value *config, bool chained, void **ret_self, iac_diags *diags)
{
    static const char name[] = "pbkdf2";
    iac_str passphrase = iac_key_text(config, "passphrase"), hash = iac_key_text(config, "hash_function");
    int64_t key_size = iac_key_number(config, "key_length", USUAL_SIZE);
    int64_t salt_size = iac_key_number(config, "salt_length", USUAL_SIZE);
    int64_t iterations = iac_key_number(config, "iterations", USUAL_ITERATIONS);

    if (chained == (passphrase.n > 0))
        return iac_key_refuse(diags, name, "either passphrase or chain must be given, and not both.");
    if (passphrase.n && passphrase.n < MIN_PASSPHRASE)
        return iac_key_refuse(diags, name, "the passphrase must be at least %d characters long.", MIN_PASSPHRASE);
    if (passphrase.n > IAC_PASSPHRASE_MAX)
        return iac_key_refuse(diags, name, "the passphrase is too long.");
    if (key_size != 16 && key_size != 24 && key_size != 32)
        return iac_key_refuse(diags, name, "key_length must be 16, 24 or 32 bytes.");
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
        return iac_key_refuse(diags, name, "iterations must be between %d and %d.", MIN_ITERATIONS, MAX_ITERATIONS);
    if (salt_size < 16 || salt_size > MAX_SALT)
        return iac_key_refuse(diags, name, "salt_length must be between 16 and %d bytes.", MAX_SALT);
    if (hash.n && !iac_str_is(hash, "sha512") && !iac_str_is(hash, "sha256"))
        return iac_key_refuse(diags, name, "hash_function must be \"sha256\" or \"sha512\".");
    pbkdf2 *p = iac_xcalloc(1, sizeof(*p));
    p->passphrase = passphrase.n ? iac_xstrndup(passphrase.p, passphrase.n) : NULL;
    p->key_size = (size_t)key_size;
    p->salt_size = (size_t)salt_size;
    p->iterations = (int)iterations;
    memcpy(p->hash, iac_str_is(hash, "sha256") ? "sha256" : "sha512", sizeof("sha512"));
    *ret_self = p;
    return IAC_OK;
}

static bool read_parameters(iac_arena *arena, iac_str stored, parameters *ret)
{
    iac_str error, salt = { 0 };
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, stored, &error, &offset);
    if (!v || v->kind != IAC_OBJECT || !iac_state_base64_decode(arena, iac_key_text(v, "salt"), &salt))
        return false;
    int64_t iterations = iac_key_number(v, "iterations", -1), size = iac_key_number(v, "key_length", -1);
    iac_str hash = iac_key_text(v, "hash_function");
    /* Also what a hand might have put there to make this take for ever, or nothing at all. */
    if (!salt.n || salt.n > MAX_SALT || iterations < 1 || iterations > MAX_ITERATIONS ||
        (size != 16 && size != 24 && size != 32) || (!iac_str_is(hash, "sha512") && !iac_str_is(hash, "sha256")))
        return false;
    *ret = (parameters){ .salt_size = salt.n, .key_size = (size_t)size, .iterations = (int)iterations };
    memcpy(ret->salt, salt.p, salt.n);
    memcpy(ret->hash, hash.p, hash.n);
    return true;
}

static iac_str print_parameters(iac_arena *arena, const parameters *p)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&json, "{\"salt\":\"");
    iac_state_base64_add(&json, (iac_str){ (const char *)p->salt, p->salt_size });
    iac_buf_printf(&json, "\",\"iterations\":%d,\"hash_function\":\"%s\",\"key_length\":%zu}", p->iterations, p->hash,
                   p->key_size);
    iac_str ret = iac_arena_str(arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    return ret;
}

static bool derive(iac_str secret, const parameters *p, uint8_t *to, size_t *ret_size)
{
    *ret_size = p->key_size;
    return PKCS5_PBKDF2_HMAC(secret.p, (int)secret.n, p->salt, (int)p->salt_size, p->iterations, digest_of(p->hash),
                             (int)p->key_size, to) == 1;
}

static bool is_as_configured(const pbkdf2 *self, const parameters *p)
{
    return p->salt_size == self->salt_size && p->key_size == self->key_size && p->iterations == self->iterations &&
           strcmp(p->hash, self->hash) == 0;
}

static iac_status obtain(void *self, iac_arena *arena, iac_str stored, const iac_key_material *chained,
                         iac_key_material *ret, iac_diags *diags)
{
    const pbkdf2 *p = self;
    parameters of_data = { 0 }, now = { .salt_size = p->salt_size, .key_size = p->key_size,
                                        .iterations = p->iterations };
    iac_str passphrase = iac_str_of(p->passphrase ? p->passphrase : "");
    iac_str seal = chained ? (iac_str){ (const char *)chained->seal, chained->seal_size } : passphrase;
    iac_str open = chained ? (iac_str){ (const char *)chained->open, chained->open_size } : passphrase;
    bool ok = true;
    memcpy(now.hash, p->hash, sizeof(now.hash));
    if (stored.n && !read_parameters(arena, stored, &of_data))
        return iac_key_refuse(diags, "pbkdf2", "the parameters that are stored with the data cannot be understood.");
    if (stored.n)
        ok = derive(open, &of_data, ret->open, &ret->open_size);
    /* One derivation a run: what was read goes on to be written under the same key. */
    if (ok && stored.n && is_as_configured(p, &of_data) && iac_str_eq(seal, open)) {
        memcpy(ret->seal, ret->open, ret->open_size);
        ret->seal_size = ret->open_size;
        ret->meta = stored;
    } else if (ok && !stored.n) {
        ok = RAND_bytes(now.salt, (int)now.salt_size) == 1 && derive(seal, &now, ret->seal, &ret->seal_size);
        ret->meta = print_parameters(arena, &now);
    } else {
        ret->meta = stored; /* a new key is derived when something is to be sealed */
    }
    return ok ? IAC_OK : iac_key_refuse(diags, "pbkdf2", "the key could not be derived.");
}

static void release(void *self)
{
    pbkdf2 *p = self;
    if (p->passphrase)
        OPENSSL_cleanse(p->passphrase, strlen(p->passphrase));
    free(p->passphrase);
    free(p);
}

static const iac_key_driver driver = { obtain, release };
const iac_key_source iac_key_pbkdf2 = { "pbkdf2", arguments, true, &driver, configure };

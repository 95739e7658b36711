/* Keys derived from a passphrase, or from the key of another provider: by PBKDF2 (RFC 8018), as OpenTofu has it, or by
 * Argon2id (RFC 9106), which makes trying passphrases cost memory as well as time. */
#include "lang/base/crypto.h"
#include "lang/value/json.h"
#include "state/keys/keys.h"
#include "state/keys/libargon2.h"
#include "state/store_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MIN_PASSPHRASE = 16, MAX_SALT = 1024, MIN_SALT = 16, USUAL_SIZE = 32, MAX_NUMBERS = 3 };

/* A number among the parameters, as it is called in blocks and in metadata. */
typedef struct number {
    const char *name;
    int64_t least, most, usual;
} number;

typedef struct parameters {
    uint8_t salt[MAX_SALT];
    size_t salt_size, key_size;
    int64_t numbers[MAX_NUMBERS];
    char hash[8]; /* of PBKDF2 */
} parameters;

/* A way of deriving. */
typedef struct kdf {
    const char *name;
    number numbers[MAX_NUMBERS]; /* ends with one that has no name */
    int64_t usual_salt;
    bool has_hash;
    bool (*derive)(iac_str secret, const parameters *p, uint8_t *to);
} kdf;

typedef struct passphrase {
    const kdf *kdf;
    char *text; /* NULL: chained */
    parameters wanted; /* without the salt's bytes */
} passphrase;

/* ---- the two ---- */

static bool derive_pbkdf2(iac_str secret, const parameters *p, uint8_t *to)
{
    return PKCS5_PBKDF2_HMAC(secret.p, (int)secret.n, p->salt, (int)p->salt_size, (int)p->numbers[0],
                             strcmp(p->hash, "sha256") == 0 ? EVP_sha256() : EVP_sha512(), (int)p->key_size, to) == 1;
}

static bool derive_argon2(iac_str secret, const parameters *p, uint8_t *to)
{
    return argon2id_hash_raw((uint32_t)p->numbers[0], (uint32_t)p->numbers[1], (uint32_t)p->numbers[2], secret.p,
                             secret.n, p->salt, p->salt_size, to, p->key_size) == ARGON2_OK;
}

IAC_LAZY_LOADER(iac_libargon2, IAC_ARGON2_FUNCTIONS, "libargon2.so.1")

static const kdf pbkdf2 = { "pbkdf2", { { "iterations", 200000, 100000000, 600000 } }, 32, true, derive_pbkdf2 };
/* The usual values are the second choice of RFC 9106, section 4; memory is in KiB. */
static const kdf argon2 = { "argon2", { { "iterations", 1, 1000, 3 }, { "memory", 16384, 2097152, 65536 },
                                        { "parallelism", 1, 64, 4 } }, 16, false, derive_argon2 };

/* ---- the block ---- */

static iac_status check_sizes(const kdf *k, int64_t key_size, int64_t salt_size, iac_diags *diags)
{
    if (key_size != 16 && key_size != 24 && key_size != 32)
        return iac_key_refuse(diags, k->name, "key_length must be 16, 24 or 32 bytes.");
    if (salt_size < MIN_SALT || salt_size > MAX_SALT)
        return iac_key_refuse(diags, k->name, "salt_length must be between %d and %d bytes.", MIN_SALT, MAX_SALT);
    return IAC_OK;
}

static iac_status check_passphrase(const kdf *k, iac_str text, bool chained, iac_diags *diags)
{
    if (chained == (text.n > 0))
        return iac_key_refuse(diags, k->name, "either passphrase or chain must be given, and not both.");
    if (text.n && text.n < MIN_PASSPHRASE)
        return iac_key_refuse(diags, k->name, "the passphrase must be at least %d characters long.", MIN_PASSPHRASE);
    if (text.n > IAC_PASSPHRASE_MAX)
        return iac_key_refuse(diags, k->name, "the passphrase is too long.");
    return IAC_OK;
}

static iac_status read_block(const kdf *k, const iac_value *config, parameters *ret, iac_diags *diags)
{
    iac_str hash = k->has_hash ? iac_key_text(config, "hash_function") : (iac_str){ 0 };
    int64_t key_size = iac_key_number(config, "key_length", USUAL_SIZE);
    int64_t salt_size = iac_key_number(config, "salt_length", k->usual_salt);

    if (check_sizes(k, key_size, salt_size, diags) != IAC_OK)
        return IAC_ERR;
    for (size_t i = 0; i < MAX_NUMBERS && k->numbers[i].name; i++) {
        const number *n = &k->numbers[i];
        ret->numbers[i] = iac_key_number(config, n->name, n->usual);
        if (ret->numbers[i] < n->least || ret->numbers[i] > n->most)
            return iac_key_refuse(diags, k->name, "%s must be between %lld and %lld.", n->name, (long long)n->least,
                                  (long long)n->most);
    }
    if (hash.n && !iac_str_is(hash, "sha512") && !iac_str_is(hash, "sha256"))
        return iac_key_refuse(diags, k->name, "hash_function must be \"sha256\" or \"sha512\".");
    ret->key_size = (size_t)key_size;
    ret->salt_size = (size_t)salt_size;
    if (k->has_hash)
        memcpy(ret->hash, iac_str_is(hash, "sha256") ? "sha256" : "sha512", sizeof("sha512"));
    return IAC_OK;
}

static iac_status configure(const kdf *k, const iac_value *config, bool chained, void **ret_self, iac_diags *diags)
{
    iac_str text = iac_key_text(config, "passphrase");
    parameters wanted = { 0 };

    if (check_passphrase(k, text, chained, diags) != IAC_OK || read_block(k, config, &wanted, diags) != IAC_OK)
        return IAC_ERR;
    passphrase *p = iac_xcalloc(1, sizeof(*p));
    *p = (passphrase){ .kdf = k, .text = text.n ? iac_xstrndup(text.p, text.n) : NULL, .wanted = wanted };
    *ret_self = p;
    return IAC_OK;
}

static iac_status configure_pbkdf2(const iac_value *config, bool chained, void **ret_self, iac_diags *diags)
{
    return configure(&pbkdf2, config, chained, ret_self, diags);
}

static iac_status configure_argon2(const iac_value *config, bool chained, void **ret_self, iac_diags *diags)
{
    return configure(&argon2, config, chained, ret_self, diags);
}

/* ---- metadata ---- */

static bool read_parameters(const kdf *k, iac_arena *arena, iac_str stored, parameters *ret)
{
    iac_str error, salt = { 0 };
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, stored, &error, &offset);
    if (!v || v->kind != IAC_OBJECT || !iac_state_base64_decode(arena, iac_key_text(v, "salt"), &salt))
        return false;
    int64_t size = iac_key_number(v, "key_length", -1);
    iac_str hash = iac_key_text(v, "hash_function");
    if (!salt.n || salt.n > MAX_SALT || (size != 16 && size != 24 && size != 32) ||
        (k->has_hash && !iac_str_is(hash, "sha512") && !iac_str_is(hash, "sha256")))
        return false;
    *ret = (parameters){ .salt_size = salt.n, .key_size = (size_t)size };
    /* Also what a hand might have put there to make this take for ever, or nothing at all. */
    for (size_t i = 0; i < MAX_NUMBERS && k->numbers[i].name; i++) {
        ret->numbers[i] = iac_key_number(v, k->numbers[i].name, -1);
        if (ret->numbers[i] < 1 || ret->numbers[i] > k->numbers[i].most)
            return false;
    }
    memcpy(ret->salt, salt.p, salt.n);
    if (k->has_hash)
        memcpy(ret->hash, hash.p, hash.n);
    return true;
}

static iac_str print_parameters(const kdf *k, iac_arena *arena, const parameters *p)
{
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&json, "{\"salt\":\"");
    iac_state_base64_add(&json, (iac_str){ (const char *)p->salt, p->salt_size });
    iac_buf_char(&json, '"');
    for (size_t i = 0; i < MAX_NUMBERS && k->numbers[i].name; i++)
        iac_buf_printf(&json, ",\"%s\":%lld", k->numbers[i].name, (long long)p->numbers[i]);
    if (k->has_hash)
        iac_buf_printf(&json, ",\"hash_function\":\"%s\"", p->hash);
    iac_buf_printf(&json, ",\"key_length\":%zu}", p->key_size);
    iac_str ret = iac_arena_str(arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    return ret;
}

/* ---- deriving ---- */

static bool is_as_configured(const parameters *wanted, const parameters *p)
{
    return p->salt_size == wanted->salt_size && p->key_size == wanted->key_size &&
           memcmp(p->numbers, wanted->numbers, sizeof(p->numbers)) == 0 && strcmp(p->hash, wanted->hash) == 0;
}

static bool derive(const kdf *k, iac_str secret, const parameters *p, uint8_t *to, size_t *ret_size)
{
    *ret_size = p->key_size;
    return k->derive(secret, p, to);
}

static iac_status obtain(void *self, iac_arena *arena, iac_str stored, const iac_key_material *chained,
                         iac_key_material *ret, iac_diags *diags)
{
    const passphrase *p = self;
    parameters of_data = { 0 }, now = p->wanted;
    iac_str text = iac_str_of(p->text ? p->text : "");
    iac_str seal = chained ? (iac_str){ (const char *)chained->seal, chained->seal_size } : text;
    iac_str open = chained ? (iac_str){ (const char *)chained->open, chained->open_size } : text;
    bool ok = true;
    if (stored.n && !read_parameters(p->kdf, arena, stored, &of_data))
        return iac_key_refuse(diags, p->kdf->name, "the parameters that are stored with the data cannot be understood.");
    if (stored.n)
        ok = derive(p->kdf, open, &of_data, ret->open, &ret->open_size);
    /* One derivation a run: what was read goes on to be written under the same key. */
    if (ok && stored.n && is_as_configured(&p->wanted, &of_data) && iac_str_eq(seal, open)) {
        memcpy(ret->seal, ret->open, ret->open_size);
        ret->seal_size = ret->open_size;
        ret->meta = stored;
    } else if (ok && !stored.n) {
        ok = RAND_bytes(now.salt, (int)now.salt_size) == 1 && derive(p->kdf, seal, &now, ret->seal, &ret->seal_size);
        ret->meta = print_parameters(p->kdf, arena, &now);
    } else {
        ret->meta = stored; /* a new key is derived when something is to be sealed */
    }
    return ok ? IAC_OK : iac_key_refuse(diags, p->kdf->name, "the key could not be derived.");
}

static void release(void *self)
{
    passphrase *p = self;
    if (p->text)
        OPENSSL_cleanse(p->text, strlen(p->text));
    free(p->text);
    free(p);
}

static const iac_key_driver driver = { obtain, release };

#define COMMON \
    { .name = "passphrase", .type = "\"string\"", .sensitive = true }, { .name = "key_length", .type = "\"number\"" }, \
    { .name = "iterations", .type = "\"number\"" }, { .name = "salt_length", .type = "\"number\"" }
static const iac_backend_argument pbkdf2_arguments[] = {
    COMMON, { .name = "hash_function", .type = "\"string\"" }, { .name = NULL },
};
static const iac_backend_argument argon2_arguments[] = {
    COMMON, { .name = "memory", .type = "\"number\"" }, { .name = "parallelism", .type = "\"number\"" }, { .name = NULL },
};
const iac_key_source iac_key_pbkdf2 = { "pbkdf2", pbkdf2_arguments, true, &driver, configure_pbkdf2 };
const iac_key_source iac_key_argon2 = { "argon2", argon2_arguments, true, &driver, configure_argon2 };

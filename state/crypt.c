#include "state/crypt.h"

#include "lang/base/crypto.h"
#include "lang/value/json.h"
#include "state/store_internal.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NONCE_SIZE = 12, TAG_SIZE = 16, MAX_METHODS = 16 };

static const char blob_magic[] = "\x01iac-sealed\x01";
enum { BLOB_MAGIC_SIZE = sizeof(blob_magic) - 1 };

struct iac_crypt_key {
    iac_crypt_key *next;
    const iac_key_provider *provider;
    iac_str meta;
    uint8_t bytes[IAC_KEY_MAX];
    size_t size;
};

struct iac_key_provider {
    iac_key_provider *next;
    iac_str address;
    const iac_key_driver *driver;
    void *self;
    iac_key_provider *chain;
    const iac_crypt_key *current; /* what is sealed with; NULL: not known yet */
};

struct iac_crypt {
    iac_crypt *next;
    iac_encryption *encryption;
    const char *what;
    iac_key_provider *methods[MAX_METHODS]; /* NULL: not encrypted */
    size_t count;
};

struct iac_encryption {
    pthread_mutex_t mutex; /* guards the keys; held while a provider is asked, so that each is asked once */
    iac_arena *arena;
    iac_key_provider *providers;
    iac_crypt *crypts;
    iac_crypt_key *keys;
};

/* ---- setting up ---- */

iac_encryption *iac_encryption_new(void)
{
    iac_encryption *e = iac_xcalloc(1, sizeof(*e));
    pthread_mutex_init(&e->mutex, NULL);
    e->arena = iac_arena_new();
    return e;
}

void iac_encryption_free(iac_encryption *e)
{
    if (!e)
        return;
    for (iac_key_provider *p = e->providers; p; p = p->next)
        p->driver->free(p->self);
    for (iac_crypt_key *key = e->keys, *next; key; key = next) {
        next = key->next;
        OPENSSL_cleanse(key, sizeof(*key));
        free(key);
    }
    pthread_mutex_destroy(&e->mutex);
    iac_arena_free(e->arena);
    free(e);
}

iac_key_provider *iac_encryption_add_provider(iac_encryption *e, iac_str address, const iac_key_driver *driver,
                                              void *self, iac_key_provider *chain)
{
    iac_key_provider *p = iac_arena_new_of(e->arena, iac_key_provider);
    *p = (iac_key_provider){ .next = e->providers, .address = iac_arena_str(e->arena, address), .driver = driver,
                             .self = self, .chain = chain };
    e->providers = p;
    return p;
}

iac_crypt *iac_encryption_add(iac_encryption *e, const char *what)
{
    iac_crypt *crypt = iac_arena_new_of(e->arena, iac_crypt);
    *crypt = (iac_crypt){ .next = e->crypts, .encryption = e, .what = iac_arena_cstr(e->arena, iac_str_of(what)) };
    e->crypts = crypt;
    return crypt;
}

void iac_crypt_add_method(iac_crypt *crypt, iac_key_provider *provider)
{
    if (crypt->count < MAX_METHODS)
        crypt->methods[crypt->count++] = provider;
}

static iac_crypt *named(const iac_remote_crypts *remote, iac_str name)
{
    for (size_t i = 0; i < remote->count; i++)
        if (iac_str_eq(remote->named[i].name, name))
            return remote->named[i].crypt;
    return NULL;
}

iac_crypt *iac_remote_crypt_of(const iac_remote_crypts *remote, iac_str exact, iac_str plain)
{
    iac_crypt *crypt = remote ? named(remote, exact) : NULL;
    if (remote && !crypt)
        crypt = named(remote, plain);
    return crypt || !remote ? crypt : remote->otherwise;
}

/* ---- keys ---- */

iac_str iac_crypt_key_meta(const iac_crypt_key *key)
{
    return key->meta;
}

static void failed(const char *what, iac_str detail, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    iac_diag_error(diags, IAC_NO_RANGE, iac_arena_printf(arena, "Failed to decrypt the %s", what).p, "%.*s",
                   IAC_FMT(detail));
    iac_arena_free(arena);
}

/* What the provider stored with the data; false: it took no part in sealing it. */
static bool stored_meta(iac_arena *arena, const iac_value *meta, iac_str address, iac_str *ret)
{
    const iac_value *v = meta && meta->kind == IAC_OBJECT ? iac_value_get(meta, address) : NULL;
    return v && v->kind == IAC_STRING && iac_is_set_value(v) && iac_state_base64_decode(arena, v->string, ret);
}

/* Asks the provider, after the one that it is chained to; adds what both have to be stored to `meta`. */
static iac_status obtain(iac_key_provider *p, iac_arena *arena, const iac_value *stored, iac_key_material *ret,
                         iac_buf *meta, iac_diags *diags)
{
    iac_key_material *chained = NULL;
    iac_str own = { 0 };
    iac_status status = IAC_OK;
    if (p->chain) {
        chained = iac_xcalloc(1, sizeof(*chained));
        status = obtain(p->chain, arena, stored, chained, meta, diags);
    }
    if (stored)
        stored_meta(arena, stored, p->address, &own);
    if (status == IAC_OK)
        status = p->driver->obtain(p->self, arena, own, chained, ret, diags);
    if (status == IAC_OK) {
        iac_buf_cstr(meta, meta->n > 1 ? "," : "");
        iac_json_string(meta, p->address, false);
        iac_buf_cstr(meta, ":\"");
        iac_state_base64_add(meta, ret->meta);
        iac_buf_char(meta, '"');
    }
    if (chained) {
        OPENSSL_cleanse(chained, sizeof(*chained));
        free(chained);
    }
    return status;
}

static bool is_key_size(size_t n)
{
    return n == 16 || n == 24 || n == 32;
}

static const iac_crypt_key *find_key(const iac_encryption *e, const iac_key_provider *p, iac_str meta)
{
    for (const iac_crypt_key *key = e->keys; key; key = key->next)
        if (key->provider == p && iac_str_eq(key->meta, meta))
            return key;
    return NULL;
}

static const iac_crypt_key *keep_key(iac_encryption *e, const iac_key_provider *p, iac_str meta, const uint8_t *bytes,
                                     size_t n)
{
    const iac_crypt_key *known = find_key(e, p, meta);
    if (known && known->size == n && CRYPTO_memcmp(known->bytes, bytes, n) == 0)
        return known;
    iac_crypt_key *key = iac_xcalloc(1, sizeof(*key));
    *key = (iac_crypt_key){ .next = e->keys, .provider = p, .meta = iac_arena_str(e->arena, meta), .size = n };
    memcpy(key->bytes, bytes, n);
    e->keys = key;
    return key;
}

/* The same however it was written: keys are told apart by it. */
static iac_str canonical(iac_arena *arena, iac_str meta)
{
    iac_str error;
    size_t offset;
    const iac_value *parsed = iac_value_from_json(arena, meta, &error, &offset);
    if (!parsed)
        return meta;
    iac_buf json;
    iac_buf_init(&json, IAC_BUF_UNLIMITED);
    iac_value_to_json(&json, parsed);
    iac_str ret = iac_arena_str(arena, iac_buf_view(&json));
    iac_buf_clear(&json);
    return ret;
}

/* Called with the mutex held. stored empty: a key for new data; else the one that the data was sealed with. */
static iac_status ask(iac_encryption *e, iac_key_provider *p, iac_str stored, const iac_crypt_key **ret,
                      iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    iac_key_material *material = iac_xcalloc(1, sizeof(*material));
    iac_buf meta;
    iac_str error;
    size_t offset;
    const iac_value *parsed = stored.n ? iac_value_from_json(arena, stored, &error, &offset) : NULL;
    iac_buf_init(&meta, IAC_BUF_UNLIMITED);
    iac_buf_char(&meta, '{');
    iac_status status = obtain(p, arena, parsed, material, &meta, diags);
    iac_buf_char(&meta, '}');
    size_t size = stored.n ? material->open_size : material->seal_size;
    if (status == IAC_OK && (!is_key_size(size) || (material->seal_size && !is_key_size(material->seal_size)))) {
        iac_diag_error(diags, IAC_NO_RANGE, "Unusable encryption key",
                       "%.*s gives a key of %zu bytes; AES takes one of 16, 24 or 32.", IAC_FMT(p->address), size);
        status = IAC_ERR;
    }
    if (status == IAC_OK) {
        if (material->seal_size)
            p->current = keep_key(e, p, canonical(arena, iac_buf_view(&meta)), material->seal, material->seal_size);
        *ret = stored.n ? keep_key(e, p, stored, material->open, material->open_size) : p->current;
    }
    OPENSSL_cleanse(material, sizeof(*material));
    free(material);
    iac_buf_clear(&meta);
    iac_arena_free(arena);
    return status;
}

iac_status iac_crypt_sealing_key(iac_crypt *crypt, const iac_crypt_key **ret, iac_diags *diags)
{
    *ret = NULL;
    iac_key_provider *p = crypt && crypt->count ? crypt->methods[0] : NULL;
    if (!p)
        return IAC_OK;
    pthread_mutex_lock(&crypt->encryption->mutex);
    iac_status status = IAC_OK;
    if (p->current)
        *ret = p->current;
    else
        status = ask(crypt->encryption, p, (iac_str){ 0 }, ret, diags);
    pthread_mutex_unlock(&crypt->encryption->mutex);
    return status;
}

/* Whether one method's key opens it; what is wrong otherwise is told. */
static bool try_method(iac_crypt *crypt, iac_key_provider *p, iac_str meta, iac_str associated, iac_str sealed,
                       const iac_crypt_key **ret, iac_buf *out, iac_diags *diags)
{
    pthread_mutex_lock(&crypt->encryption->mutex);
    const iac_crypt_key *key = find_key(crypt->encryption, p, meta);
    iac_status status = key ? IAC_OK : ask(crypt->encryption, p, meta, &key, diags);
    pthread_mutex_unlock(&crypt->encryption->mutex);
    if (status != IAC_OK)
        return false;
    if (!iac_key_open(key, associated, sealed, out)) {
        iac_arena *arena = iac_arena_new();
        failed(crypt->what, iac_arena_printf(arena, "The key that %.*s gives does not open it: the key or passphrase is "
                                                    "a wrong one, or the data was changed or cut off after it was "
                                                    "encrypted.", IAC_FMT(p->address)), diags);
        iac_arena_free(arena);
        return false;
    }
    *ret = key;
    return true;
}

iac_status iac_crypt_unlock(iac_crypt *crypt, iac_str meta, iac_str associated, iac_str sealed,
                            const iac_crypt_key **ret, iac_buf *out, iac_diags *diags)
{
    iac_arena *arena = iac_arena_new();
    iac_diags told = IAC_DIAGS_INIT;
    iac_str error;
    size_t offset;
    const iac_value *parsed = iac_value_from_json(arena, meta, &error, &offset);
    bool opened = false;
    meta = canonical(arena, meta);
    for (size_t i = 0; !opened && i < crypt->count; i++) {
        iac_str own;
        if (crypt->methods[i] && stored_meta(arena, parsed, crypt->methods[i]->address, &own))
            opened = try_method(crypt, crypt->methods[i], meta, associated, sealed, ret, out, &told);
    }
    if (!opened && told.list.n) {
        iac_diags_append(diags, &told);
    } else if (!opened) {
        iac_buf names;
        iac_buf_init(&names, IAC_BUF_UNLIMITED);
        for (size_t i = 0; parsed && parsed->kind == IAC_OBJECT && i < parsed->n; i++)
            iac_buf_printf(&names, "%s%.*s", i ? ", " : "", IAC_FMT(parsed->keys[i]));
        failed(crypt->what, iac_arena_printf(arena, "It was encrypted with the key of %s, which is none that the "
                                                    "encryption block names for it. Name that one too, in a "
                                                    "\"fallback\" block.",
                                             names.n ? names.p : "an unknown provider"), diags);
        iac_buf_clear(&names);
    }
    iac_diags_clear(&told);
    iac_arena_free(arena);
    return opened ? IAC_OK : IAC_ERR;
}

bool iac_crypt_takes_plain(iac_crypt *crypt, iac_diags *diags)
{
    bool taken = !crypt;
    for (size_t i = 0; crypt && i < crypt->count; i++)
        taken |= !crypt->methods[i];
    if (!taken)
        failed(crypt->what, IAC_STR("It is not encrypted, and the encryption block does not allow that. To encrypt what "
                                    "exists, add method \"unencrypted\" \"migrate\" {} and name it in a \"fallback\" "
                                    "block: it is encrypted with the next change."), diags);
    return taken;
}

/* ---- sealing ---- */

void iac_associate(iac_buf *associated, iac_str part)
{
    uint8_t size[8];
    for (size_t i = 0; i < sizeof(size); i++)
        size[i] = (uint8_t)((uint64_t)part.n >> (8 * i));
    iac_buf_add(associated, size, sizeof(size));
    iac_buf_str(associated, part);
}

static const EVP_CIPHER *cipher_of(const iac_crypt_key *key)
{
    return key->size == 32 ? EVP_aes_256_gcm() : key->size == 24 ? EVP_aes_192_gcm() : EVP_aes_128_gcm();
}

/* OpenSSL counts in int. */
enum { PIECE = 1 << 30 };

static bool update(EVP_CIPHER_CTX *ctx, uint8_t *to, iac_str from)
{
    bool ok = true;
    int n;
    for (size_t at = 0; ok && at < from.n; at += PIECE) {
        int piece = (int)(from.n - at < PIECE ? from.n - at : PIECE);
        ok = EVP_CipherUpdate(ctx, to ? to + at : NULL, &n, (const uint8_t *)from.p + at, piece) == 1;
    }
    return ok;
}

void iac_key_seal(const iac_crypt_key *key, iac_str associated, iac_str plain, iac_buf *out)
{
    uint8_t nonce[NONCE_SIZE], tag[TAG_SIZE], rest[EVP_MAX_BLOCK_LENGTH];
    uint8_t *sealed = iac_xcalloc(1, plain.n + 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;
    bool ok = ctx && RAND_bytes(nonce, sizeof(nonce)) == 1 &&
              EVP_CipherInit_ex(ctx, cipher_of(key), NULL, key->bytes, nonce, 1) == 1 &&
              update(ctx, NULL, associated) && update(ctx, sealed, plain) && EVP_CipherFinal_ex(ctx, rest, &n) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag) == 1;
    if (!ok)
        abort(); /* no memory, or no source of randomness: nothing may be written in clear instead */
    EVP_CIPHER_CTX_free(ctx);
    iac_buf_add(out, nonce, sizeof(nonce));
    iac_buf_add(out, sealed, plain.n);
    iac_buf_add(out, tag, sizeof(tag));
    free(sealed);
}

bool iac_key_open(const iac_crypt_key *key, iac_str associated, iac_str sealed, iac_buf *out)
{
    uint8_t tag[TAG_SIZE], rest[EVP_MAX_BLOCK_LENGTH];
    int n;
    if (sealed.n < NONCE_SIZE + TAG_SIZE)
        return false;
    iac_str body = iac_str_sub(sealed, NONCE_SIZE, sealed.n - TAG_SIZE);
    uint8_t *plain = iac_xcalloc(1, body.n + 1);
    memcpy(tag, sealed.p + sealed.n - TAG_SIZE, TAG_SIZE);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx && EVP_CipherInit_ex(ctx, cipher_of(key), NULL, key->bytes, (const uint8_t *)sealed.p, 0) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1 && update(ctx, NULL, associated) &&
              update(ctx, plain, body) && EVP_CipherFinal_ex(ctx, rest, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (ok)
        iac_buf_add(out, plain, body.n);
    OPENSSL_cleanse(plain, body.n);
    free(plain);
    return ok;
}

void iac_key_digest(const iac_crypt_key *key, iac_str bytes, uint8_t ret[32])
{
    unsigned n = 0;
    if (!HMAC(EVP_sha256(), key->bytes, (int)key->size, (const uint8_t *)(bytes.n ? bytes.p : ""), bytes.n, ret, &n))
        abort();
}

/* ---- bytes that carry their key's metadata ---- */

iac_status iac_crypt_seal(iac_crypt *crypt, iac_str associated, iac_str plain, iac_buf *out, iac_diags *diags)
{
    const iac_crypt_key *key;
    if (iac_crypt_sealing_key(crypt, &key, diags) != IAC_OK)
        return IAC_ERR;
    if (!key) {
        iac_buf_str(out, plain);
        return IAC_OK;
    }
    uint32_t n = (uint32_t)key->meta.n;
    const uint8_t size[4] = { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24) };
    iac_buf_add(out, blob_magic, BLOB_MAGIC_SIZE);
    iac_buf_add(out, size, sizeof(size));
    iac_buf_str(out, key->meta);
    iac_key_seal(key, associated, plain, out);
    return IAC_OK;
}

static iac_status no_key(const char *what, iac_diags *diags)
{
    failed(what, IAC_STR("It is encrypted, and no key is configured for it. Add the \"encryption\" block that it was "
                         "made with to the terraform block, or set TF_ENCRYPTION."), diags);
    return IAC_ERR;
}

iac_status iac_crypt_open(iac_crypt *crypt, iac_str associated, iac_str sealed, iac_buf *out, iac_diags *diags)
{
    const iac_crypt_key *key;
    if (!iac_str_starts(sealed, (iac_str){ blob_magic, BLOB_MAGIC_SIZE })) {
        if (!iac_crypt_takes_plain(crypt, diags))
            return IAC_ERR;
        iac_buf_str(out, sealed);
        return IAC_OK;
    }
    if (!crypt)
        return no_key("data", diags);
    sealed = iac_str_sub(sealed, BLOB_MAGIC_SIZE, sealed.n);
    const uint8_t *p = (const uint8_t *)sealed.p;
    size_t n = sealed.n < 4 ? SIZE_MAX : (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    if (n > sealed.n - 4 || sealed.n < 4) {
        failed(crypt->what, IAC_STR("It was changed or cut off after it was encrypted."), diags);
        return IAC_ERR;
    }
    return iac_crypt_unlock(crypt, iac_str_sub(sealed, 4, 4 + n), associated, iac_str_sub(sealed, 4 + n, sealed.n),
                            &key, out, diags);
}

/* ---- whole files ---- */

bool iac_crypt_is_wrapped(iac_str text)
{
    text = iac_str_trim(text);
    /* The version stands at the end: one that was cut off is told by its beginning. */
    return text.n && text.p[0] == '{' && iac_str_find(text, IAC_STR("\"encrypted_data\""), 0) != SIZE_MAX &&
           (iac_str_find(text, IAC_STR("\"encryption_version\""), 0) != SIZE_MAX ||
            iac_str_find(text, IAC_STR("\"meta\":{\"key_provider."), 0) != SIZE_MAX);
}

iac_status iac_crypt_wrap(iac_crypt *crypt, iac_str associated, const iac_envelope *head, iac_str plain, iac_buf *out,
                          iac_diags *diags)
{
    const iac_crypt_key *key;
    iac_buf sealed;
    if (iac_crypt_sealing_key(crypt, &key, diags) != IAC_OK)
        return IAC_ERR;
    if (!key) {
        iac_buf_str(out, plain);
        return IAC_OK;
    }
    iac_buf_init(&sealed, IAC_BUF_UNLIMITED);
    iac_key_seal(key, associated, plain, &sealed);
    iac_buf_char(out, '{');
    if (head) {
        iac_buf_printf(out, "\"serial\":%lld,\"lineage\":", (long long)head->serial);
        iac_json_string(out, head->lineage, false);
        iac_buf_char(out, ',');
    }
    iac_buf_cstr(out, "\"meta\":");
    iac_buf_str(out, key->meta);
    iac_buf_cstr(out, ",\"encrypted_data\":\"");
    iac_state_base64_add(out, iac_buf_view(&sealed));
    iac_buf_cstr(out, "\",\"encryption_version\":\"v0\"}");
    iac_buf_clear(&sealed);
    return IAC_OK;
}

static iac_str member(const iac_value *file, const char *name)
{
    const iac_value *v = file && file->kind == IAC_OBJECT ? iac_value_get_cstr(file, name) : NULL;
    return v && v->kind == IAC_STRING && iac_is_set_value(v) ? v->string : (iac_str){ 0 };
}

iac_status iac_crypt_unwrap(iac_crypt *crypt, const char *what, iac_str associated, iac_arena *arena, iac_str text,
                            iac_envelope *head, iac_str *ret, bool *ret_current, iac_diags *diags)
{
    iac_str error, sealed;
    size_t offset;
    const iac_crypt_key *key = NULL, *current = NULL;
    *ret = text;
    bool wrapped = iac_crypt_is_wrapped(text);
    if (!wrapped && !iac_crypt_takes_plain(crypt, diags))
        return IAC_ERR;
    if (wrapped && !crypt)
        return no_key(what, diags);
    const iac_value *file = wrapped ? iac_value_from_json(arena, text, &error, &offset) : NULL;
    const iac_value *meta = file && file->kind == IAC_OBJECT ? iac_value_get_cstr(file, "meta") : NULL;
    if (wrapped && (!meta || !iac_str_is(member(file, "encryption_version"), "v0") ||
                    !iac_state_base64_decode(arena, member(file, "encrypted_data"), &sealed))) {
        failed(what, IAC_STR("The file is damaged, or encrypted in a way that this release does not know."), diags);
        return IAC_ERR;
    }
    if (wrapped) {
        iac_buf meta_json, plain;
        iac_buf_init(&meta_json, IAC_BUF_UNLIMITED);
        iac_buf_init(&plain, IAC_BUF_UNLIMITED);
        iac_value_to_json(&meta_json, meta);
        iac_status status = iac_crypt_unlock(crypt, iac_buf_view(&meta_json), associated, sealed, &key, &plain, diags);
        *ret = iac_arena_str(arena, iac_buf_view(&plain));
        iac_buf_clear(&meta_json);
        iac_buf_clear(&plain);
        if (status != IAC_OK)
            return status;
    }
    if (head && wrapped) {
        const iac_value *serial = iac_value_get_cstr(file, "serial");
        head->lineage = member(file, "lineage");
        if (!serial || serial->kind != IAC_NUMBER || !iac_value_to_int(serial, &head->serial))
            head->serial = 0;
    }
    if (ret_current && iac_crypt_sealing_key(crypt, &current, diags) != IAC_OK)
        return IAC_ERR;
    if (ret_current)
        *ret_current = current == key;
    return IAC_OK;
}

iac_status iac_snapshot_seal(iac_crypt *crypt, iac_str lineage, int64_t serial, iac_buf *json, iac_diags *diags)
{
    iac_envelope head = { .lineage = lineage, .serial = serial };
    iac_buf sealed;
    if (!crypt)
        return IAC_OK;
    iac_buf_init(&sealed, IAC_BUF_UNLIMITED);
    iac_status status = iac_crypt_wrap(crypt, (iac_str){ 0 }, &head, iac_buf_view(json), &sealed, diags);
    iac_buf_reset(json);
    if (status == IAC_OK)
        iac_buf_str(json, iac_buf_view(&sealed));
    iac_buf_clear(&sealed);
    return status;
}

/* A backend may need something to hang its lock on before there is anything to be sealed. */
static bool holds_nothing(iac_arena *arena, iac_str json)
{
    const iac_state *state = NULL;
    iac_diags ignored = IAC_DIAGS_INIT;
    bool nothing = iac_tfstate_read(arena, json, &state, &ignored) == IAC_OK && !state->instance_count &&
                   !state->output_count;
    iac_diags_clear(&ignored);
    return nothing;
}

iac_status iac_snapshot_open(iac_crypt *crypt, iac_arena *arena, iac_str *json, bool *ret_current, iac_diags *diags)
{
    iac_envelope head = { .serial = -1 };
    const iac_state *state = NULL;
    bool wrapped = iac_crypt_is_wrapped(*json);
    if (!wrapped && crypt && holds_nothing(arena, *json)) {
        if (ret_current)
            *ret_current = false;
        return IAC_OK;
    }
    if (iac_crypt_unwrap(crypt, "state", (iac_str){ 0 }, arena, *json, &head, json, ret_current, diags) != IAC_OK)
        return IAC_ERR;
    if (!wrapped)
        return IAC_OK;
    if (iac_tfstate_read(arena, *json, &state, diags) != IAC_OK)
        return IAC_ERR;
    if (iac_str_eq(state->lineage, head.lineage) && state->serial == head.serial)
        return IAC_OK;
    failed("state", IAC_STR("The lineage or serial that stands in clear in the file is not that of the state within it: "
                            "the file was changed after it was encrypted."), diags);
    return IAC_ERR;
}

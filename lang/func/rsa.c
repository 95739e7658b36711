/* rsadecrypt: PKCS #1 v1.5 with a private key in PEM, OpenSSH's own format included. */
#include "lang/func/func_internal.h"
#include "lang/base/crypto.h"

#include <stdlib.h>
#include <string.h>

/* Keys under a passphrase are refused: there is no one to ask. */
static int no_passphrase(char *buf, int size, int writing, void *asked)
{
    (void)buf;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

/* ---- OpenSSH's format: a magic word, then fields each preceded by its length ---- */

struct fields {
    const unsigned char *p;
    size_t n;
};

static bool take(struct fields *f, size_t n, const unsigned char **ret)
{
    if (n > f->n)
        return false;
    *ret = f->p;
    f->p += n;
    f->n -= n;
    return true;
}

static bool take_field(struct fields *f, struct fields *ret)
{
    const unsigned char *p;
    if (!take(f, 4, &p))
        return false;
    ret->n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    return take(f, ret->n, &ret->p);
}

static bool field_is(struct fields f, const char *text)
{
    return f.n == strlen(text) && memcmp(f.p, text, f.n) == 0;
}

static EVP_PKEY *rsa_of_numbers(const struct fields *numbers)
{
    /* in the file: n, e, d, q^-1 mod p, p, q */
    static const char *const names[] = { OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D };
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *values[IAC_COUNT(names)] = { NULL };
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;
    for (size_t i = 0; i < IAC_COUNT(names); i++) {
        values[i] = BN_bin2bn(numbers[i].p, (int)numbers[i].n, NULL);
        if (!values[i] || !OSSL_PARAM_BLD_push_BN(builder, names[i], values[i]))
            goto out;
    }
    params = OSSL_PARAM_BLD_to_param(builder);
    if (!params || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) <= 0)
        key = NULL;
out:
    OSSL_PARAM_free(params);
    for (size_t i = 0; i < IAC_COUNT(names); i++)
        BN_clear_free(values[i]);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static EVP_PKEY *parse_openssh(const unsigned char *bytes, size_t n, const char **ret_why)
{
    static const char magic[] = "openssh-key-v1";
    struct fields f = { bytes, n }, cipher, kdf, options, public_key, private_keys, type, numbers[6];
    const unsigned char *p;
    if (!take(&f, sizeof(magic), &p) || memcmp(p, magic, sizeof(magic)) != 0 || !take_field(&f, &cipher) ||
        !take_field(&f, &kdf) || !take_field(&f, &options) || !take(&f, 4, &p) || !take_field(&f, &public_key) ||
        !take_field(&f, &private_keys))
        return NULL;
    if (!field_is(cipher, "none")) {
        *ret_why = "ssh: this private key is passphrase protected";
        return NULL;
    }
    if (!take(&private_keys, 8, &p) || !take_field(&private_keys, &type) || !field_is(type, "ssh-rsa"))
        return NULL;
    for (size_t i = 0; i < IAC_COUNT(numbers); i++)
        if (!take_field(&private_keys, &numbers[i]))
            return NULL;
    return rsa_of_numbers(numbers);
}

static EVP_PKEY *read_key(iac_str text, const char **ret_why)
{
    BIO *bio = BIO_new_mem_buf(text.p, text.n > INT32_MAX ? INT32_MAX : (int)text.n);
    char *name = NULL, *header = NULL;
    unsigned char *bytes = NULL;
    long n = 0;
    EVP_PKEY *key = NULL;
    bool asked = false;
    *ret_why = "ssh: no key found";
    if (PEM_read_bio(bio, &name, &header, &bytes, &n) != 1)
        goto out;
    if (strcmp(name, "OPENSSH PRIVATE KEY") == 0) {
        key = parse_openssh(bytes, (size_t)n, ret_why);
        goto out;
    }
    BIO_reset(bio);
    key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
    if (!key)
        *ret_why = asked ? "ssh: this private key is passphrase protected" : "the key cannot be read";
    if (key && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        EVP_PKEY_free(key);
        key = NULL;
        *ret_why = "the key is not an RSA key";
    }
out:
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(bytes);
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

const iac_value *iac_fn_rsadecrypt(iac_call *call)
{
    iac_str text = iac_arg_str(call, 0);
    iac_buf cipher;
    size_t at;
    iac_buf_init(&cipher, IAC_BUF_UNLIMITED);
    if (!iac_base64_decode(&cipher, text, &at)) {
        iac_buf_clear(&cipher);
        iac_buf quoted;
        iac_buf_init(&quoted, IAC_BUF_UNLIMITED);
        iac_quote(&quoted, text);
        iac_call_fail(call, 0, "failed to decode input %s: cipher text must be base64-encoded", quoted.p);
        iac_buf_clear(&quoted);
        return NULL;
    }
    const iac_value *result = NULL;
    const char *why;
    EVP_PKEY *key = read_key(iac_arg_str(call, 1), &why);
    EVP_PKEY_CTX *context = NULL;
    unsigned char *plain = NULL;
    size_t n = 0;
    if (!key) {
        iac_call_fail(call, 1, "invalid private key: %s", why);
        goto out;
    }
    context = EVP_PKEY_CTX_new(key, NULL);
    if (!context || EVP_PKEY_decrypt_init(context) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) <= 0)
        goto failed;
    /* a wrong key must be an error, not random bytes; older libraries do not know the setting and need none */
    EVP_PKEY_CTX_ctrl_str(context, "rsa_pkcs1_implicit_rejection", "0");
    n = (size_t)EVP_PKEY_get_size(key);
    plain = iac_xmalloc(n + 1);
    if (EVP_PKEY_decrypt(context, plain, &n, (const unsigned char *)cipher.p, cipher.n) <= 0)
        goto failed;
    result = iac_value_string(call->arena, (iac_str){ (const char *)plain, n });
    goto out;
failed:
    iac_call_fail(call, IAC_FUNC_NO_ARG, "failed to decrypt: crypto/rsa: decryption error");
out:
    free(plain);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    iac_buf_clear(&cipher);
    ERR_clear_error();
    return result;
}

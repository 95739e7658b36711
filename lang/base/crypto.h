/* lang/base/crypto.h - libcrypto, loaded when it is first used (lazy.h). Layer: base. Thread-safe. */
#ifndef IAC_BASE_CRYPTO_H
#define IAC_BASE_CRYPTO_H
#include "lang/base/lazy.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#define IAC_LIBCRYPTO_FUNCTIONS(X) \
    X(BIO_ctrl) X(BIO_free) X(BIO_new_mem_buf) X(BN_bin2bn) X(BN_bn2dec) X(BN_clear_free) X(BN_free) X(CRYPTO_free) \
    X(CRYPTO_memcmp) X(ERR_clear_error) X(EVP_CIPHER_CTX_ctrl) X(EVP_CIPHER_CTX_free) X(EVP_CIPHER_CTX_new) \
    X(EVP_CipherFinal_ex) X(EVP_CipherInit_ex) X(EVP_CipherUpdate) X(EVP_DecodeBlock) X(EVP_Digest) \
    X(EVP_DigestFinal_ex) X(EVP_DigestInit_ex) X(EVP_DigestUpdate) X(EVP_EncodeBlock) X(EVP_MD_CTX_free) \
    X(EVP_MD_CTX_new) X(EVP_PKEY_CTX_ctrl_str) X(EVP_PKEY_CTX_free) X(EVP_PKEY_CTX_new) \
    X(EVP_PKEY_CTX_new_from_name) X(EVP_PKEY_CTX_set_rsa_padding) X(EVP_PKEY_decrypt) X(EVP_PKEY_decrypt_init) \
    X(EVP_PKEY_free) X(EVP_PKEY_fromdata) X(EVP_PKEY_fromdata_init) X(EVP_PKEY_get_base_id) X(EVP_PKEY_get_size) \
    X(EVP_aes_128_gcm) X(EVP_aes_192_gcm) X(EVP_aes_256_gcm) X(EVP_get_digestbyname) X(EVP_md5) X(EVP_sha1) \
    X(EVP_sha256) X(EVP_sha512) X(HMAC) X(OPENSSL_cleanse) X(OSSL_PARAM_BLD_free) X(OSSL_PARAM_BLD_new) \
    X(OSSL_PARAM_BLD_push_BN) X(OSSL_PARAM_BLD_to_param) X(OSSL_PARAM_free) X(PEM_read_bio) \
    X(PEM_read_bio_PrivateKey) X(PEM_read_bio_X509) X(PKCS5_PBKDF2_HMAC) X(RAND_bytes) X(SHA256) X(X509_free)
IAC_LAZY_TABLE(iac_libcrypto, IAC_LIBCRYPTO_FUNCTIONS)

#define BIO_ctrl iac_libcrypto()->BIO_ctrl
#define BIO_free iac_libcrypto()->BIO_free
#define BIO_new_mem_buf iac_libcrypto()->BIO_new_mem_buf
#define BN_bin2bn iac_libcrypto()->BN_bin2bn
#define BN_bn2dec iac_libcrypto()->BN_bn2dec
#define BN_clear_free iac_libcrypto()->BN_clear_free
#define BN_free iac_libcrypto()->BN_free
#define CRYPTO_free iac_libcrypto()->CRYPTO_free
#define CRYPTO_memcmp iac_libcrypto()->CRYPTO_memcmp
#define ERR_clear_error iac_libcrypto()->ERR_clear_error
#define EVP_CIPHER_CTX_ctrl iac_libcrypto()->EVP_CIPHER_CTX_ctrl
#define EVP_CIPHER_CTX_free iac_libcrypto()->EVP_CIPHER_CTX_free
#define EVP_CIPHER_CTX_new iac_libcrypto()->EVP_CIPHER_CTX_new
#define EVP_CipherFinal_ex iac_libcrypto()->EVP_CipherFinal_ex
#define EVP_CipherInit_ex iac_libcrypto()->EVP_CipherInit_ex
#define EVP_CipherUpdate iac_libcrypto()->EVP_CipherUpdate
#define EVP_DecodeBlock iac_libcrypto()->EVP_DecodeBlock
#define EVP_Digest iac_libcrypto()->EVP_Digest
#define EVP_DigestFinal_ex iac_libcrypto()->EVP_DigestFinal_ex
#define EVP_DigestInit_ex iac_libcrypto()->EVP_DigestInit_ex
#define EVP_DigestUpdate iac_libcrypto()->EVP_DigestUpdate
#define EVP_EncodeBlock iac_libcrypto()->EVP_EncodeBlock
#define EVP_MD_CTX_free iac_libcrypto()->EVP_MD_CTX_free
#define EVP_MD_CTX_new iac_libcrypto()->EVP_MD_CTX_new
#define EVP_PKEY_CTX_ctrl_str iac_libcrypto()->EVP_PKEY_CTX_ctrl_str
#define EVP_PKEY_CTX_free iac_libcrypto()->EVP_PKEY_CTX_free
#define EVP_PKEY_CTX_new iac_libcrypto()->EVP_PKEY_CTX_new
#define EVP_PKEY_CTX_new_from_name iac_libcrypto()->EVP_PKEY_CTX_new_from_name
#define EVP_PKEY_CTX_set_rsa_padding iac_libcrypto()->EVP_PKEY_CTX_set_rsa_padding
#define EVP_PKEY_decrypt iac_libcrypto()->EVP_PKEY_decrypt
#define EVP_PKEY_decrypt_init iac_libcrypto()->EVP_PKEY_decrypt_init
#define EVP_PKEY_free iac_libcrypto()->EVP_PKEY_free
#define EVP_PKEY_fromdata iac_libcrypto()->EVP_PKEY_fromdata
#define EVP_PKEY_fromdata_init iac_libcrypto()->EVP_PKEY_fromdata_init
#define EVP_PKEY_get_base_id iac_libcrypto()->EVP_PKEY_get_base_id
#define EVP_PKEY_get_size iac_libcrypto()->EVP_PKEY_get_size
#define EVP_aes_128_gcm iac_libcrypto()->EVP_aes_128_gcm
#define EVP_aes_192_gcm iac_libcrypto()->EVP_aes_192_gcm
#define EVP_aes_256_gcm iac_libcrypto()->EVP_aes_256_gcm
#define EVP_get_digestbyname iac_libcrypto()->EVP_get_digestbyname
#define EVP_md5 iac_libcrypto()->EVP_md5
#define EVP_sha1 iac_libcrypto()->EVP_sha1
#define EVP_sha256 iac_libcrypto()->EVP_sha256
#define EVP_sha512 iac_libcrypto()->EVP_sha512
#define HMAC iac_libcrypto()->HMAC
#define OPENSSL_cleanse iac_libcrypto()->OPENSSL_cleanse
#define OSSL_PARAM_BLD_free iac_libcrypto()->OSSL_PARAM_BLD_free
#define OSSL_PARAM_BLD_new iac_libcrypto()->OSSL_PARAM_BLD_new
#define OSSL_PARAM_BLD_push_BN iac_libcrypto()->OSSL_PARAM_BLD_push_BN
#define OSSL_PARAM_BLD_to_param iac_libcrypto()->OSSL_PARAM_BLD_to_param
#define OSSL_PARAM_free iac_libcrypto()->OSSL_PARAM_free
#define PEM_read_bio iac_libcrypto()->PEM_read_bio
#define PEM_read_bio_PrivateKey iac_libcrypto()->PEM_read_bio_PrivateKey
#define PEM_read_bio_X509 iac_libcrypto()->PEM_read_bio_X509
#define PKCS5_PBKDF2_HMAC iac_libcrypto()->PKCS5_PBKDF2_HMAC
#define RAND_bytes iac_libcrypto()->RAND_bytes
#define SHA256 iac_libcrypto()->SHA256
#define X509_free iac_libcrypto()->X509_free
#endif

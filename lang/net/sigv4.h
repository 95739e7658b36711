/* lang/net/sigv4.h - AWS Signature Version 4, a function a stage. Layer: lang/net.
 * Spec: "Signature Version 4 signing process" in the AWS General Reference. SigV4a is not done. No function here looks
 * at a clock or keeps anything; all are thread-safe. */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H
#include "lang/net/http.h"

#define AWS_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define AWS_EMPTY_PAYLOAD_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* What is signed. All strings are borrowed. */
typedef struct aws_sign {
    const char *method;
    iac_str path;  /* as sent, begins with '/' */
    iac_str query; /* as sent, without the '?' */
    const net_header *headers; /* all that are sent, host included; those that proxies may change are left out */
    size_t header_count;
    iac_str payload_hash; /* lower-case hex SHA-256 of the body, or AWS_UNSIGNED_PAYLOAD */
    const char *region, *service;
    const char *access_key, *secret_key;
    iac_str token;       /* session token or empty; only presigning reads it (else it is a header) */
    const char *time;    /* "20150830T123600Z" */
    bool keep_dots;      /* do not remove "." and ".." segments and doubled slashes from the path */
    bool encoded_once;   /* S3: the path as sent is canonical; elsewhere it is encoded once more */
    bool token_unsigned; /* presigning: append the token after signing */
} aws_sign;

/* Stage 1. Appends the canonical request to ret, and the names of the signed headers ("host;x-amz-date"). */
void aws_sign_canonical(const aws_sign *sign, iac_buf *ret, iac_buf *ret_signed_headers);
/* Stage 2. Appends the string to sign. */
void aws_sign_string(const aws_sign *sign, iac_str canonical, iac_buf *ret);
/* Stage 3. The signature in hex. */
void aws_sign_signature(const aws_sign *sign, iac_str string_to_sign, char ret[65]);
/* All stages: appends the value of the Authorization header. */
void aws_sign_authorization(const aws_sign *sign, iac_buf *ret);
/* Presigning. aws_presign_query appends the query to be signed (sign->query and the X-Amz-* parameters), and
 * aws_presign the complete one, with the signature. Headers hold at least host. */
void aws_presign_query(const aws_sign *sign, long expires_seconds, iac_buf *ret);
void aws_presign(const aws_sign *sign, long expires_seconds, iac_buf *ret);

/* Lower-case hex of the SHA-256. */
void aws_sha256_hex(iac_str bytes, char ret[65]);
/* Appends s with every byte but A-Z a-z 0-9 - . _ ~ (and '/' when told) written as %XX. */
void aws_uri_encode(iac_buf *ret, iac_str s, bool keep_slash);
#endif

/* state/backend/s3.h - the inside of the S3 backend: settings and requests (s3_request.c), locks (s3_lock.c), snapshots
 * and workspaces (s3.c). Layer: state/backend. Threads: settings are read-only. */
#ifndef IAC_BACKEND_S3_H
#define IAC_BACKEND_S3_H
#include "state/aws/aws.h"

typedef struct s3_backend {
    iac_arena *arena;
    iac_aws aws;
    const char *bucket, *key, *prefix;
    const char *s3_url; /* without the bucket, where it is part of the path; else with it */
    bool path_style;
    const char *dynamodb_url, *table;
    const char *acl, *kms_key, *customer_key;
    bool encrypt, use_lockfile;
} s3_backend;

extern const iac_backend_argument s3_arguments[];
iac_status s3_configure(const iac_backend_setup *setup, void **ret_self, iac_diags *diags);
void s3_free(void *self);

/* The key of a workspace's state, with `suffix`. In the arena. */
iac_str s3_key(const s3_backend *s, iac_arena *arena, const char *workspace, const char *suffix);

typedef struct s3_request {
    const char *method;
    iac_str key;       /* empty: the bucket */
    const char *query; /* encoded and in order; or NULL */
    iac_str body;
    bool encrypted;    /* with the headers of encryption, where they are configured */
    bool is_new;       /* If-None-Match: * */
    iac_str match;     /* If-Match; empty: not */
    iac_str step;      /* kept with the object (S3_STEP); empty: nothing is */
} s3_request;

/* The header of a state's object: the digest that the lock table noted when it was uploaded, "-", its own. */
#define S3_STEP "x-amz-meta-iac-step"

/* Signs, sends, tries again what passes. IAC_ERR with a diagnostic only when there are no keys; *ret is then not set. */
iac_status s3_send(s3_backend *s, iac_arena *arena, const s3_request *request, net_response *ret, iac_diags *diags);
/* A call of DynamoDB. */
iac_status s3_dynamodb(s3_backend *s, iac_arena *arena, const char *operation, iac_str body, net_response *ret,
                       iac_diags *diags);
/* Adds a diagnostic about an answer that is not what was asked for; IAC_ERR. */
iac_status s3_refused(const s3_backend *s, const char *summary, const char *doing, iac_arena *arena,
                      const net_response *response, iac_diags *diags);

/* s3_check.c: adds what is wrong with the arguments. from_configuration: without environment and defaults; may be NULL. */
iac_status s3_check(iac_arena *arena, const iac_value *config, const iac_value *from_configuration, iac_diags *diags);

/* s3_lock.c */
iac_status s3_lock(void *self, const char *workspace, const iac_lock_info *mine, const iac_lock_info *over,
                   iac_arena *arena, iac_lock_info *ret_holder, iac_diags *diags);
iac_status s3_renew(void *self, const char *workspace, const iac_lock_info *mine, iac_diags *diags);
iac_status s3_unlock(void *self, const char *workspace, iac_str id, iac_arena *arena, iac_lock_info *ret_holder,
                     iac_diags *diags);
iac_status s3_lock_info(void *self, const char *workspace, iac_arena *arena, iac_lock_info *ret, iac_diags *diags);
/* The MD5 of the state that the lock table notes ("" when none), and noting it. */
iac_status s3_read_digest(s3_backend *s, const char *workspace, iac_arena *arena, iac_str *ret, iac_diags *diags);
iac_status s3_write_digest(s3_backend *s, const char *workspace, iac_arena *arena, iac_str digest, iac_diags *diags);
/* Notes it only over `over`: IAC_BUSY where there is another. */
iac_status s3_correct_digest(s3_backend *s, const char *workspace, iac_arena *arena, iac_str digest, iac_str over,
                             iac_diags *diags);
void s3_md5_hex(iac_str bytes, char ret[33]);
#endif

/* Data keys of AWS KMS: GenerateDataKey gives one in clear and encrypted under the key of KMS; the encrypted one is
 * stored with what it seals, and Decrypt gives it in clear again. Arguments and metadata are OpenTofu's. */
#include "lang/net/sigv4.h"
#include "lang/base/crypto.h"
#include "lang/value/json.h"
#include "state/aws/aws.h"
#include "state/keys/keys.h"
#include "state/store_internal.h"

#include <stdlib.h>
#include <string.h>

#define TEXT "\"string\""
#define FLAG "\"bool\""
#define TEXTS "[\"set\",\"string\"]"

enum { USUAL_ATTEMPTS = 5 };

static const char name[] = "aws_kms";

static const iac_backend_argument endpoints[] = {
    { .name = "iam", .type = TEXT }, { .name = "kms", .type = TEXT }, { .name = "sso", .type = TEXT },
    { .name = "sts", .type = TEXT }, { .name = NULL },
};

static const iac_backend_argument arguments[] = {
    { .name = "kms_key_id", .type = TEXT, .required = true },
    { .name = "key_spec", .type = TEXT, .required = true },
    { .name = "access_key", .type = TEXT },
    { .name = "allowed_account_ids", .type = TEXTS },
    { .name = "assume_role", .nested = iac_aws_assume_role },
    { .name = "assume_role_with_web_identity", .nested = iac_aws_web_identity },
    { .name = "custom_ca_bundle", .type = TEXT },
    { .name = "ec2_metadata_service_endpoint", .type = TEXT },
    { .name = "endpoints", .nested = endpoints, .block = true },
    { .name = "forbidden_account_ids", .type = TEXTS },
    { .name = "http_proxy", .type = TEXT },
    { .name = "https_proxy", .type = TEXT },
    { .name = "insecure", .type = FLAG },
    { .name = "max_retries", .type = "\"number\"" },
    { .name = "no_proxy", .type = TEXT },
    { .name = "profile", .type = TEXT },
    { .name = "region", .type = TEXT },
    { .name = "retry_mode", .type = TEXT },
    { .name = "secret_key", .type = TEXT, .sensitive = true },
    { .name = "shared_config_files", .type = TEXTS },
    { .name = "shared_credentials_files", .type = TEXTS },
    { .name = "skip_credentials_validation", .type = FLAG },
    { .name = "skip_metadata_api_check", .type = FLAG },
    { .name = "skip_requesting_account_id", .type = FLAG },
    { .name = "sts_region", .type = TEXT },
    { .name = "token", .type = TEXT, .sensitive = true },
    { .name = "use_dualstack_endpoint", .type = FLAG },
    { .name = "use_fips_endpoint", .type = FLAG },
    { .name = NULL },
};

typedef struct kms {
    iac_arena *arena;
    iac_aws aws;
    const char *url, *key, *spec;
    size_t key_size;
} kms;

static void release(void *self)
{
    kms *k = self;
    iac_aws_close(&k->aws);
    iac_arena_free(k->arena);
}

static iac_status configure(const iac_value *config, bool chained, void **ret_self, iac_diags *diags)
{
    iac_str spec = iac_key_text(config, "key_spec");
    (void)chained;
    if (!iac_key_text(config, "kms_key_id").n)
        return iac_key_refuse(diags, name, "no kms_key_id provided.");
    if (!iac_str_is(spec, "AES_256") && !iac_str_is(spec, "AES_128"))
        return iac_key_refuse(diags, name, "key_spec must be \"AES_256\" or \"AES_128\".");
    iac_arena *arena = iac_arena_new();
    kms *k = iac_arena_new_of(arena, kms);
    const iac_value *own = iac_value_copy(arena, config);
    k->arena = arena;
    k->key = iac_backend_text(arena, own, "kms_key_id");
    k->spec = iac_backend_text(arena, own, "key_spec");
    k->key_size = iac_str_is(spec, "AES_256") ? 32 : 16;
    if (iac_aws_open(&k->aws, arena, own, USUAL_ATTEMPTS,
                     "https://opentofu.org/docs/language/state/encryption/#aws-kms", diags) != IAC_OK) {
        release(k);
        return IAC_ERR;
    }
    k->url = iac_aws_endpoint(&k->aws, "kms", NULL);
    *ret_self = k;
    return IAC_OK;
}

/* ---- calls ---- */

static iac_str member(iac_arena *arena, const iac_value *answer, const char *key)
{
    iac_str bytes = { 0 };
    const iac_value *v = answer && answer->kind == IAC_OBJECT ? iac_value_get_cstr(answer, key) : NULL;
    if (!v || v->kind != IAC_STRING || !iac_is_set_value(v) || !iac_state_base64_decode(arena, v->string, &bytes))
        return (iac_str){ 0 };
    return bytes;
}

static iac_status refused(const char *operation, const net_aws_error *error, iac_diags *diags)
{
    static const char *const modelled[] = { "AccessDeniedException", "DependencyTimeoutException", "DisabledException",
        "IncorrectKeyException", "InvalidCiphertextException", "InvalidGrantTokenException", "InvalidKeyUsageException",
        "KMSInternalException", "KMSInvalidStateException", "KeyUnavailableException", "NotFoundException" };
    bool known = false;
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < IAC_COUNT(modelled); i++)
        known |= strcmp(error->code, modelled[i]) == 0;
    net_aws_error_text(&text, "KMS", operation, known, error);
    iac_key_refuse(diags, name, "%s", text.p);
    iac_buf_clear(&text);
    return IAC_ERR;
}

/* The answer's plain key and, when asked for, its encrypted form, in the arena. */
static iac_status ask(kms *k, iac_arena *arena, const char *operation, iac_str body, iac_str *ret_plain,
                      iac_str *ret_sealed, iac_diags *diags)
{
    iac_str target = iac_arena_printf(arena, "TrentService.%s", operation), error;
    const net_header headers[] = { { IAC_STR("Content-Type"), IAC_STR("application/x-amz-json-1.1") },
                                   { IAC_STR("X-Amz-Target"), target } };
    net_request request = { .method = "POST", .url = iac_arena_printf(arena, "%s/", k->url).p, .headers = headers,
                            .header_count = IAC_COUNT(headers), .body = body };
    net_aws_error why;
    net_response response;
    size_t offset;
    iac_status status = iac_aws_send(&k->aws, "kms", arena, &request, &response, &why, diags);
    if (status != IAC_OK)
        return status == IAC_NOT_FOUND ? refused(operation, &why, diags) : IAC_ERR;
    const iac_value *answer = iac_value_from_json(arena, response.body, &error, &offset);
    *ret_plain = member(arena, answer, "Plaintext");
    if (ret_sealed)
        *ret_sealed = member(arena, answer, "CiphertextBlob");
    if (!ret_plain->n || (ret_sealed && !ret_sealed->n))
        return iac_key_refuse(diags, name, "the answer to %s holds no key.", operation);
    return IAC_OK;
}

static iac_status generate(kms *k, iac_arena *arena, iac_key_material *ret, iac_diags *diags)
{
    iac_buf body;
    iac_str plain, sealed;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&body, "{\"KeyId\":");
    iac_json_string(&body, iac_str_of(k->key), false);
    iac_buf_printf(&body, ",\"KeySpec\":\"%s\"}", k->spec);
    iac_status status = ask(k, arena, "GenerateDataKey", iac_buf_view(&body), &plain, &sealed, diags);
    iac_buf_reset(&body);
    if (status == IAC_OK && !iac_key_put(ret->seal, &ret->seal_size, plain))
        status = iac_key_refuse(diags, name, "the key is too long.");
    if (status == IAC_OK) {
        iac_buf_cstr(&body, "{\"ciphertext_blob\":\"");
        iac_state_base64_add(&body, sealed);
        iac_buf_cstr(&body, "\"}");
        ret->meta = iac_arena_str(arena, iac_buf_view(&body));
    }
    iac_buf_clear(&body);
    return status;
}

static iac_status decrypt(kms *k, iac_arena *arena, iac_str stored, iac_key_material *ret, iac_diags *diags)
{
    iac_str error, plain;
    size_t offset;
    const iac_value *meta = iac_value_from_json(arena, stored, &error, &offset);
    iac_str blob = member(arena, meta, "ciphertext_blob");
    if (!blob.n)
        return iac_key_refuse(diags, name, "the encrypted key that is stored with the data cannot be understood.");
    iac_buf body;
    iac_buf_init(&body, IAC_BUF_UNLIMITED);
    iac_buf_cstr(&body, "{\"KeyId\":");
    iac_json_string(&body, iac_str_of(k->key), false);
    iac_buf_cstr(&body, ",\"CiphertextBlob\":\"");
    iac_state_base64_add(&body, blob);
    iac_buf_cstr(&body, "\"}");
    iac_status status = ask(k, arena, "Decrypt", iac_buf_view(&body), &plain, NULL, diags);
    iac_buf_clear(&body);
    if (status == IAC_OK && !iac_key_put(ret->open, &ret->open_size, plain))
        status = iac_key_refuse(diags, name, "the key is too long.");
    return status;
}

static iac_status obtain(void *self, iac_arena *arena, iac_str stored, const iac_key_material *chained,
                         iac_key_material *ret, iac_diags *diags)
{
    kms *k = self;
    (void)chained;
    /* A key of another account is not used by mistake. */
    if ((k->aws.allowed_accounts.n || k->aws.forbidden_accounts.n) && iac_aws_validate(&k->aws, diags) != IAC_OK)
        return IAC_ERR;
    if (!stored.n)
        return generate(k, arena, ret, diags);
    if (decrypt(k, arena, stored, ret, diags) != IAC_OK)
        return IAC_ERR;
    ret->meta = stored;
    if (ret->open_size == k->key_size) { /* what was read goes on to be written under the same key */
        memcpy(ret->seal, ret->open, ret->open_size);
        ret->seal_size = ret->open_size;
    }
    return IAC_OK;
}

static const iac_key_driver driver = { obtain, release };
const iac_key_source iac_key_aws_kms = { name, arguments, false, &driver, configure };

#include "state/keys/keys.h"

#include <stdarg.h>
#include <string.h>

const iac_key_source *const iac_key_sources[] = { &iac_key_pbkdf2, &iac_key_argon2, &iac_key_aws_kms, &iac_key_external,
                                                  NULL };

const iac_key_source *iac_key_source_find(iac_str name)
{
    for (const iac_key_source *const *kind = iac_key_sources; *kind; kind++)
        if (iac_str_is(name, (*kind)->name))
            return *kind;
    return NULL;
}

iac_str iac_key_text(const iac_value *config, const char *name)
{
    const iac_value *v = config->kind == IAC_OBJECT ? iac_value_get_cstr(config, name) : NULL;
    return v && iac_is_set_value(v) && v->kind == IAC_STRING ? v->string : (iac_str){ 0 };
}

int64_t iac_key_number(const iac_value *config, const char *name, int64_t otherwise)
{
    const iac_value *v = config->kind == IAC_OBJECT ? iac_value_get_cstr(config, name) : NULL;
    int64_t n;
    if (!v || !iac_is_set_value(v))
        return otherwise;
    return v->kind == IAC_NUMBER && iac_value_to_int(v, &n) && n >= 0 ? n : -1;
}

iac_status iac_key_refuse(iac_diags *diags, const char *provider, const char *format, ...)
{
    iac_buf text;
    va_list args;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    va_start(args, format);
    iac_buf_vprintf(&text, format, args);
    va_end(args);
    iac_diag_error(diags, IAC_NO_RANGE, "Unable to fetch encryption key data", "key_provider \"%s\": %s", provider,
                   text.p);
    iac_buf_clear(&text);
    return IAC_ERR;
}

bool iac_key_put(uint8_t *to, size_t *ret_size, iac_str bytes)
{
    if (bytes.n > IAC_PASSPHRASE_MAX)
        return false;
    if (bytes.n)
        memcpy(to, bytes.p, bytes.n);
    *ret_size = bytes.n;
    return true;
}

/* Checks of a configuration that need no server. */
#include "providers/aws/resource.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* "10.0.0.0/16" or "2001:db8::/56", with no bit set beyond the prefix. */
static bool is_cidr(iac_str text, int family)
{
    size_t slash = iac_str_find_char(text, '/', 0);
    int bits = family == AF_INET ? 32 : 128;
    unsigned char bytes[16];
    char address[64], *end;

    if (slash == SIZE_MAX || slash >= sizeof(address) || text.n - slash > 4 || text.n == slash + 1) {
        return false;
    }
    memcpy(address, text.p, slash);
    address[slash] = '\0';
    long prefix = strtol(text.p + slash + 1, &end, 10);
    if (end != text.p + text.n || prefix < 0 || prefix > bits || inet_pton(family, address, bytes) != 1) {
        return false;
    }
    for (int bit = (int)prefix; bit < bits; bit++) {
        if (bytes[bit / 8] & (0x80 >> (bit % 8))) {
            return false;
        }
    }
    return true;
}

static bool is_arn(iac_str text)
{
    size_t colons = 0;

    for (size_t i = 0; i < text.n; i++) {
        colons += text.p[i] == ':';
    }
    return text.n == 0 || (iac_str_starts(text, IAC_STR("arn:")) && colons >= 5);
}

/* Letters, digits, '-' and '_', up to 255. */
static bool is_ecs_name(iac_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) {
            return false;
        }
    }
    return text.n > 0 && text.n <= 255;
}

static bool is_duration(iac_str text)
{
    size_t i = 0;

    while (i < text.n) {
        size_t digits = 0;
        for (; i < text.n && ((text.p[i] >= '0' && text.p[i] <= '9') || text.p[i] == '.'); i++) {
            digits++;
        }
        if (digits == 0 || i >= text.n) {
            return false;
        }
        if (text.p[i] == 'm' && i + 1 < text.n && text.p[i + 1] == 's') {
            i += 2;
        } else if (strchr("hms", text.p[i])) {
            i++;
        } else {
            return false;
        }
    }
    return text.n > 0;
}

/* The complaint about a text that does not pass the named check; NULL when it passes. */
static const char *complaint(iacp_call *call, const aws_attr *a, iac_str text)
{
    if (strcmp(a->check, "cidr4") == 0 && !is_cidr(text, AF_INET)) {
        return sdk_printf(call, "\"%.*s\" is not a valid IPv4 CIDR block", IAC_FMT(text));
    }
    if (strcmp(a->check, "cidr6") == 0 && text.n && !is_cidr(text, AF_INET6)) {
        return sdk_printf(call, "\"%.*s\" is not a valid IPv6 CIDR block", IAC_FMT(text));
    }
    if (strcmp(a->check, "arn") == 0 && !is_arn(text)) {
        return sdk_printf(call, "\"%s\" (%.*s) is an invalid ARN: arn: invalid prefix", a->name, IAC_FMT(text));
    }
    if (strncmp(a->check, "ecs_", 4) == 0 && !is_ecs_name(text)) {
        return sdk_printf(call, "invalid value for %s: must be 1 to 255 letters, numbers, hyphens and underscores",
                          a->name);
    }
    if (strcmp(a->check, "duration") == 0 && !is_duration(text)) {
        return sdk_printf(call, "time: invalid duration \"%.*s\"", IAC_FMT(text));
    }
    return NULL;
}

static void check_one_of(iacp_call *call, const aws_attr *a, const char *path, sdk_val v)
{
    const char *text = sdk_host->kind(v) == IACP_NUMBER ? sdk_host->number_text(call, v) : sdk_cstr(v, "");
    iac_buf names;

    for (size_t i = 0; i < a->one_of.n; i++) {
        if (strcmp(a->one_of.v[i], text) == 0) {
            return;
        }
    }
    iac_buf_init(&names, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < a->one_of.n; i++) {
        iac_buf_printf(&names, sdk_host->kind(v) == IACP_NUMBER ? "%s%s" : "%s\"%s\"", i ? " " : "", a->one_of.v[i]);
    }
    sdk_error(call, path, sdk_printf(call, "expected %s to be one of [%s], got %s", path, names.p, text), NULL);
    iac_buf_clear(&names);
}

static void check_range(iacp_call *call, const aws_attr *a, const char *path, sdk_val v)
{
    int64_t n = 0;

    if (!sdk_host->int64(v, &n) || n < a->min || n > a->max) {
        sdk_error(call, path,
                  sdk_printf(call, "expected %s to be in the range (%lld - %lld), got %s", path, a->min, a->max,
                             sdk_host->number_text(call, v)),
                  NULL);
    }
}

static void check_relations(iacp_call *call, const aws_attr *a, const char *path, sdk_val object)
{
    for (size_t i = 0; i < a->conflicts.n; i++) {
        if (!aws_is_zero(sdk_get(object, a->conflicts.v[i])) && !sdk_is_unknown(sdk_get(object, a->conflicts.v[i]))) {
            sdk_error(call, path, "Conflicting configuration arguments", "\"%s\": conflicts with %s", path,
                      a->conflicts.v[i]);
        }
    }
    for (size_t i = 0; i < a->needs.n; i++) {
        if (sdk_is_null(sdk_get(object, a->needs.v[i]))) {
            sdk_error(call, path, "Missing required argument", "\"%s\": all of `%s,%s` must be specified", path, path,
                      a->needs.v[i]);
        }
    }
}

static void check_object(iacp_call *call, const char *prefix, const aws_attrs *attrs, sdk_val object, unsigned depth);

static void check_blocks(iacp_call *call, const aws_attr *a, const char *path, sdk_val v, unsigned depth)
{
    for (size_t i = 0; i < sdk_host->length(v); i++) {
        const char *prefix = a->type == AWS_T_BLOCKS ? sdk_printf(call, "%s[%zu].", path, i) : NULL;
        check_object(call, prefix ? prefix : sdk_printf(call, "%s.", path), &a->nested, sdk_host->element(v, i),
                     depth + 1);
    }
}

static void check_value(iacp_call *call, const aws_attr *a, const char *path, sdk_val v)
{
    if (a->type == AWS_T_SET || a->type == AWS_T_LIST) {
        for (size_t i = 0; a->one_of.n && i < sdk_host->length(v); i++) {
            sdk_val item = sdk_host->element(v, i);
            if (sdk_is_set(item)) {
                check_one_of(call, a, path, item);
            }
        }
        return;
    }
    if (a->one_of.n && !(aws_is_zero(v) && (a->flags & AWS_A_ZERO))) {
        check_one_of(call, a, path, v);
    }
    if (a->has_range) {
        check_range(call, a, path, v);
    }
    if (a->check && a->type == AWS_T_STRING) {
        const char *text = complaint(call, a, sdk_str(v));
        if (text) {
            sdk_error(call, path, text, NULL);
        }
    }
    if (a->flags & AWS_A_JSON) {
        json_error_t error;
        json_t *json = json_loads(sdk_cstr(v, ""), JSON_DECODE_ANY, &error);
        if (!json) {
            sdk_error(call, path, sdk_printf(call, "\"%s\" contains an invalid JSON: %s", path, error.text), NULL);
        }
        json_decref(json);
    }
}

static void check_object(iacp_call *call, const char *prefix, const aws_attrs *attrs, sdk_val object, unsigned depth)
{
    for (size_t i = 0; i < attrs->n && depth < 32; i++) {
        const aws_attr *a = &attrs->v[i];
        sdk_val v = sdk_get(object, a->name);
        const char *path = sdk_printf(call, "%s%s", prefix, a->name);
        if (!sdk_is_set(v)) {
            continue;
        }
        if (a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET) {
            check_blocks(call, a, path, v, depth);
        } else if (a->type == AWS_T_BLOCK_SINGLE) {
            check_object(call, sdk_printf(call, "%s.", path), &a->nested, v, depth + 1);
        } else {
            check_value(call, a, path, v);
            if (!aws_is_zero(v)) {
                check_relations(call, a, path, object);
            }
        }
    }
}

int32_t aws_validate_object(iacp_call *call, const aws_desc *desc, sdk_val config)
{
    check_object(call, "", &desc->attrs, config, 0);
    return IACP_OK;
}

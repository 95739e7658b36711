/* Checks of a configuration that need no server. */
#include "providers/aws/hooks.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Where a value stands: as the ABI writes paths, up to the first set, whose elements have no place of their own; and as
 * messages name it, with numbers between dots. */
typedef struct place {
    const char *path, *shown;
    bool within_set;
} place;

static void complain(iacp_call *call, place at, const char *summary)
{
    sdk_error(call, at.path, summary, NULL);
}

/* ---- address ranges ---- */

typedef struct range {
    int family, prefix;
    unsigned char bytes[16];
    char network[64]; /* the same range with no bit set beyond the prefix */
    bool exact;       /* it is written so */
} range;

/* "10.0.0.0/16" or "2001:db8::/56". */
static bool parse_range(iac_str text, range *ret)
{
    size_t slash = iac_str_find_char(text, '/', 0);
    char address[64], given[sizeof(address)], *end;

    if (slash == SIZE_MAX || slash >= sizeof(address) || text.n - slash > 4 || text.n == slash + 1) {
        return false;
    }
    memcpy(address, text.p, slash);
    address[slash] = '\0';
    ret->family = strchr(address, ':') ? AF_INET6 : AF_INET;
    int bits = ret->family == AF_INET ? 32 : 128;
    long prefix = strtol(text.p + slash + 1, &end, 10);
    if (end != text.p + text.n || text.p[slash + 1] < '0' || text.p[slash + 1] > '9' || prefix > bits ||
        inet_pton(ret->family, address, ret->bytes) != 1) {
        return false;
    }
    ret->prefix = (int)prefix;
    inet_ntop(ret->family, ret->bytes, given, sizeof(given));
    for (int bit = ret->prefix; bit < bits; bit++) {
        ret->bytes[bit / 8] &= (unsigned char)~(0x80 >> (bit % 8));
    }
    inet_ntop(ret->family, ret->bytes, address, sizeof(address));
    ret->exact = strcmp(address, given) == 0;
    snprintf(ret->network, sizeof(ret->network), "%.50s/%d", address, ret->prefix);
    return true;
}

static void check_cidr(iacp_call *call, place at, iac_str text, int family)
{
    const char *kind = family == AF_INET ? "IPv4" : "IPv6";
    range r;

    if (!parse_range(text, &r)) {
        complain(call, at, sdk_printf(call, "\"%.*s\" is not a valid CIDR block: invalid CIDR address: %.*s",
                                      IAC_FMT(text), IAC_FMT(text)));
    } else if (r.family != family) {
        complain(call, at, sdk_printf(call, "\"%.*s\" is not a valid %s CIDR block", IAC_FMT(text), kind));
    } else if (!r.exact) {
        complain(call, at, sdk_printf(call, "\"%.*s\" is not a valid %s CIDR block; did you mean \"%s\"?",
                                      IAC_FMT(text), kind, r.network));
    }
}

/* A network of one of some sizes; true when it is, otherwise, if asked to, says why not. */
static bool check_network(iacp_call *call, place at, iac_str text, int least, int most, bool say)
{
    range r;

    if (!parse_range(text, &r)) {
        if (say) {
            complain(call, at, sdk_printf(call, "expected %s to contain a valid Value, got: %.*s with err: "
                                          "invalid CIDR address: %.*s", at.shown, IAC_FMT(text), IAC_FMT(text)));
        }
        return false;
    }
    if (say && !r.exact) {
        complain(call, at, sdk_printf(call, "expected %s to contain a valid network Value, expected %s, got %.*s",
                                      at.shown, r.network, IAC_FMT(text)));
    }
    bool sized = r.prefix >= least && r.prefix <= most;
    if (say && !sized) {
        complain(call, at, sdk_printf(call, "expected \"%s\" to contain a network Value with between %d and %d "
                                      "significant bits, got: %d", at.shown, least, most, r.prefix));
    }
    return r.exact && sized;
}

/* A VPC's IPv6 range has one of five sizes; what is none of them is told what is wrong with each. */
static void check_vpc6(iacp_call *call, place at, iac_str text)
{
    bool good = false;

    check_cidr(call, at, text, AF_INET6);
    for (int size = 44; size <= 60; size += 4) {
        good = good || check_network(call, at, text, size, size, false);
    }
    for (int size = 44; size <= 60 && !good; size += 4) {
        check_network(call, at, text, size, size, true);
    }
}

/* ---- names ---- */

static bool all_of(iac_str text, const char *ranges)
{
    for (size_t i = 0; i < text.n; i++) {
        bool found = false;
        for (const char *r = ranges; *r && !found; r += 2) {
            found = text.p[i] >= r[0] && text.p[i] <= r[1];
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/* aws, aws-cn, aws-us-gov */
static bool is_partition(iac_str s)
{
    return iac_str_starts(s, IAC_STR("aws")) && (s.n == 3 || (s.p[3] == '-' && s.p[s.n - 1] != '-')) &&
           all_of(iac_str_sub(s, 3, s.n), "az--");
}

static bool is_account(iac_str s)
{
    static const char *const words[] = { "aws", "aws-managed", "third-party", "aws-marketplace" };

    for (size_t i = 0; i < 4; i++) {
        if (iac_str_is(s, words[i])) {
            return true;
        }
    }
    return s.n == 12 && (all_of(s, "09") || iac_str_starts(s, IAC_STR("cw")));
}

/* us-east-1, us-gov-west-1 */
static bool is_region(iac_str s)
{
    size_t end = s.n;

    while (end > 0 && s.p[end - 1] >= '0' && s.p[end - 1] <= '9') {
        end--;
    }
    return s.n - end >= 1 && s.n - end <= 2 && end > 4 && s.p[end - 1] == '-' && s.p[2] == '-' &&
           all_of(iac_str_sub(s, 0, end), "az--");
}

static void check_arn(iacp_call *call, place at, iac_str text)
{
    iac_str parts[6] = { { 0 } };
    const char *why[4];
    size_t n = 0, from = 0, found = 0;

    if (text.n == 0) {
        return;
    }
    for (; n < 6; n++) {
        size_t colon = n < 5 ? iac_str_find_char(text, ':', from) : SIZE_MAX;
        parts[n] = iac_str_sub(text, from, colon == SIZE_MAX ? text.n : colon);
        if (colon == SIZE_MAX) {
            n++;
            break;
        }
        from = colon + 1;
    }
    if (!iac_str_starts(text, IAC_STR("arn:"))) {
        why[found++] = "arn: invalid prefix";
    } else if (n < 6) {
        why[found++] = "arn: not enough sections";
    } else {
        if (parts[1].n == 0) {
            why[found++] = "missing partition value";
        } else if (!is_partition(parts[1])) {
            why[found++] = "invalid partition value (expecting to match regular expression: ^aws(-[a-z]+)*$)";
        }
        if (parts[3].n && !is_region(parts[3])) {
            why[found++] = "invalid region value (expecting to match regular expression: "
                           "^[a-z]{2}(-[a-z]+)+-\\d{1,2}$)";
        }
        if (parts[4].n && !is_account(parts[4])) {
            why[found++] = "invalid account ID value (expecting to match regular expression: "
                           "^(aws|aws-managed|third-party|aws-marketplace|\\d{12}|cw.{10})$)";
        }
        if (parts[5].n == 0) {
            why[found++] = "missing resource value";
        }
    }
    for (size_t i = 0; i < found; i++) {
        complain(call, at, sdk_printf(call, "\"%s\" (%.*s) is an invalid ARN: %s", at.shown, IAC_FMT(text), why[i]));
    }
}

/* Letters, digits, '-' and '_', up to 255. */
static void check_ecs_name(iacp_call *call, place at, iac_str text, const char *rule)
{
    if (text.n == 0 || text.n > 255) {
        complain(call, at, sdk_printf(call, "expected length of %s to be in the range (1 - 255), got %.*s", at.shown,
                                      IAC_FMT(text)));
    }
    if (text.n == 0 || !all_of(text, "azAZ09--__")) {
        complain(call, at, sdk_printf(call, "invalid value for %s (%s)", at.shown, rule));
    }
}

/* "1h30m", "3600s" or "1.5h" in seconds; below 0 when it is no such thing. */
static double duration(iac_str text)
{
    double sum = 0;
    size_t i = 0;

    while (i < text.n) {
        size_t from = i;
        double number = 0, unit = 0;
        for (; i < text.n && ((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] == '.' && unit == 0)); i++) {
            if (text.p[i] == '.') {
                unit = 1;
            } else if (unit > 0) {
                unit /= 10;
                number += (text.p[i] - '0') * unit;
            } else {
                number = number * 10 + (text.p[i] - '0');
            }
        }
        if (i == from || i >= text.n) {
            return -1;
        }
        if (text.p[i] == 'm' && i + 1 < text.n && text.p[i + 1] == 's') {
            number /= 1000;
            i++;
        } else if (text.p[i] == 'h' || text.p[i] == 'm') {
            number *= text.p[i] == 'h' ? 3600 : 60;
        } else if (text.p[i] != 's') {
            return -1;
        }
        sum += number;
        i++;
    }
    return text.n > 0 ? sum : -1;
}

static void check_role_duration(iacp_call *call, place at, iac_str text)
{
    double seconds = duration(text);

    if (seconds < 0) {
        complain(call, at, sdk_printf(call, "\"%s\" cannot be parsed as a duration: time: invalid duration \"%.*s\"",
                                      at.shown, IAC_FMT(text)));
    } else if (seconds < 15 * 60 || seconds > 12 * 3600) {
        complain(call, at, sdk_printf(call, "duration \"%s\" must be between 15 minutes (15m) and 12 hours (12h), "
                                      "inclusive", at.shown));
    }
}

/* ---- values ---- */

static void check_text(iacp_call *call, const aws_attr *a, place at, iac_str text)
{
    if (strcmp(a->check, "cidr4") == 0) {
        check_cidr(call, at, text, AF_INET);
    } else if (strcmp(a->check, "cidr6") == 0 && text.n) {
        check_cidr(call, at, text, AF_INET6);
    } else if (strcmp(a->check, "vpc4") == 0) {
        check_network(call, at, text, 16, 28, true);
    } else if (strcmp(a->check, "vpc6") == 0 && text.n) {
        check_vpc6(call, at, text);
    } else if (strcmp(a->check, "arn") == 0) {
        check_arn(call, at, text);
    } else if (strcmp(a->check, "ecs_cluster_name") == 0) {
        check_ecs_name(call, at, text, "The cluster name must consist of alphanumerics, hyphens, and underscores.");
    } else if (strcmp(a->check, "ecs_family") == 0) {
        check_ecs_name(call, at, text,
                       "see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html");
    } else if (strcmp(a->check, "containers") == 0 && text.n) {
        const char *why = aws_containers_complaint(call, text);
        if (why) {
            complain(call, at, sdk_printf(call, "ECS Task Definition container_definitions is invalid: %s", why));
        }
    } else if (strcmp(a->check, "role_duration") == 0) {
        check_role_duration(call, at, text);
    } else if (strcmp(a->check, "duration") == 0 && duration(text) < 0) {
        complain(call, at, sdk_printf(call, "time: invalid duration \"%.*s\"", IAC_FMT(text)));
    }
}

static void check_one_of(iacp_call *call, const aws_attr *a, const char *name, place at, sdk_val v)
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
    complain(call, at, sdk_printf(call, "expected %s to be one of [%s], got %s", name, names.p, text));
    iac_buf_clear(&names);
}

static void check_number(iacp_call *call, const aws_attr *a, place at, sdk_val v)
{
    bool port = a->check && strcmp(a->check, "port") == 0;
    long long min = port ? 0 : a->min, max = port ? 65535 : a->max;
    const char *text = sdk_host->number_text(call, v);
    int64_t n = 0;

    if (sdk_host->int64(v, &n) && n >= min && n <= max) {
        return;
    }
    if (port) {
        complain(call, at, sdk_printf(call, "expected \"%s\" to be a valid port number or 0, got: %s", at.shown, text));
    } else {
        complain(call, at, sdk_printf(call, "expected %s to be in the range (%lld - %lld), got %s", at.shown, min, max,
                                      text));
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void say_needs(iacp_call *call, const aws_attr *a, place at)
{
    const char **names = sdk_alloc(call, (a->needs.n + 1) * sizeof(*names));
    const char *list = "";

    for (size_t i = 0; i < a->needs.n; i++) {
        names[i] = a->needs.v[i];
    }
    names[a->needs.n] = a->name;
    qsort(names, a->needs.n + 1, sizeof(*names), by_text);
    for (size_t i = 0; i <= a->needs.n; i++) {
        list = sdk_printf(call, "%s%s%s", list, i ? "," : "", names[i]);
    }
    sdk_error(call, at.path, "Missing required argument", "\"%s\": all of `%s` must be specified", at.shown, list);
}

/* What must stand beside the argument and what must not: the first that is wrong is told. */
static bool check_relations(iacp_call *call, const aws_attr *a, place at, sdk_val object)
{
    for (size_t i = 0; i < a->needs.n; i++) {
        if (sdk_is_null(sdk_get(object, a->needs.v[i]))) {
            say_needs(call, a, at);
            return false;
        }
    }
    for (size_t i = 0; i < a->conflicts.n; i++) {
        if (sdk_is_set(sdk_get(object, a->conflicts.v[i]))) {
            sdk_error(call, at.path, "Conflicting configuration arguments", "\"%s\": conflicts with %s", at.shown,
                      a->conflicts.v[i]);
            return false;
        }
    }
    return true;
}

static void check_value(iacp_call *call, const aws_attr *a, place at, sdk_val v)
{
    if (a->type == AWS_T_SET || a->type == AWS_T_LIST) {
        for (size_t i = 0; a->one_of.n && i < sdk_host->length(v); i++) {
            sdk_val item = sdk_host->element(v, i);
            if (sdk_is_set(item)) {
                check_one_of(call, a, sdk_printf(call, "%s.%zu", at.shown, i), at, item);
            }
        }
        return;
    }
    if (a->one_of.n && !(aws_is_zero(v) && (a->flags & AWS_A_ZERO))) {
        check_one_of(call, a, a->name, at, v);
    }
    if (a->type == AWS_T_NUMBER && (a->has_range || a->check)) {
        check_number(call, a, at, v);
    }
    if (a->check && a->type == AWS_T_STRING) {
        check_text(call, a, at, sdk_str(v));
    }
}

static void check_object(iacp_call *call, const char *path, const char *shown, bool within_set, const aws_attrs *attrs,
                         sdk_val object, unsigned depth);

static void check_blocks(iacp_call *call, const aws_attr *a, place at, sdk_val v, unsigned depth)
{
    bool within_set = at.within_set || a->type == AWS_T_BLOCK_SET;

    for (size_t i = 0; i < sdk_host->length(v); i++) {
        const char *path = within_set ? at.path : sdk_printf(call, "%s[%zu].", at.path, i);
        check_object(call, path, sdk_printf(call, "%s.%zu.", at.shown, i), within_set, &a->nested,
                     sdk_host->element(v, i), depth + 1);
    }
}

static void check_object(iacp_call *call, const char *path, const char *shown, bool within_set, const aws_attrs *attrs,
                         sdk_val object, unsigned depth)
{
    for (size_t i = 0; i < attrs->n && depth < 32; i++) {
        const aws_attr *a = &attrs->v[i];
        sdk_val v = sdk_get(object, a->name);
        place at = { within_set ? path : sdk_printf(call, "%s%s", path, a->name),
                     sdk_printf(call, "%s%s", shown, a->name), within_set };
        if (sdk_is_null(v)) {
            continue;
        }
        if (!(a->flags & (AWS_A_REQUIRED | AWS_A_OPTIONAL))) {
            sdk_error(call, at.path, "Value for unconfigurable attribute",
                      "Can't configure a value for \"%s\": its value will be decided automatically based on the result "
                      "of applying this configuration.",
                      at.shown);
            continue;
        }
        if (!check_relations(call, a, at, object) || sdk_is_unknown(v)) {
            continue;
        }
        if (a->type == AWS_T_BLOCKS || a->type == AWS_T_BLOCK_SET) {
            check_blocks(call, a, at, v, depth);
        } else if (a->type == AWS_T_BLOCK_SINGLE) {
            check_object(call, sdk_printf(call, "%s.", at.path), sdk_printf(call, "%s.", at.shown), within_set,
                         &a->nested, v, depth + 1);
        } else {
            check_value(call, a, at, v);
        }
    }
}

int32_t aws_validate_object(iacp_call *call, const aws_desc *desc, sdk_val config)
{
    check_object(call, "", "", false, &desc->attrs, config, 0);
    return IACP_OK;
}

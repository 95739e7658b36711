#include "engine/provision/connection.h"

#include "engine/provision/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "1h30m", "45s", "1.5m", "300ms"; false when it is no duration. */
static bool parse_duration(const char *text, double *ret)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = { { "ms", 1e-3 }, { "us", 1e-6 }, { "ns", 1e-9 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } };
    double all = 0;
    const char *p = text;
    if (!*p)
        return false;
    while (*p) {
        char *end;
        size_t unit = 0;
        if (!strchr("0123456789.", *p))
            return false;
        double number = strtod(p, &end);
        while (unit < IAC_COUNT(units) && strncmp(end, units[unit].name, strlen(units[unit].name)) != 0)
            unit++;
        if (end == p || unit == IAC_COUNT(units))
            return false;
        all += number * units[unit].seconds;
        p = end + strlen(units[unit].name);
    }
    *ret = all;
    return isfinite(all);
}

static double timeout_of(const iac_provision_request *request)
{
    double seconds = 300;
    iac_str text = iac_provision_text(request->connection, "timeout");
    if (!parse_duration(iac_arena_cstr(request->arena, text), &seconds))
        seconds = 300;
    return seconds;
}

static int64_t port_of(const iac_value *connection, const char *name, int64_t otherwise)
{
    const iac_value *v = iac_value_get_cstr(connection, name);
    int64_t port;
    return v && iac_is_set_value(v) && iac_value_to_int(v, &port) && port > 0 && port < 65536 ? port : otherwise;
}

static iac_str first_of(iac_str a, iac_str b)
{
    return a.n ? a : b;
}

/* Hosts and users become part of a configuration file and of a command line: nothing that could end a word there. */
static bool is_word(iac_str s, const char *also)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (unsigned char)c >= 0x80;
        if (!plain && (c == '\0' || !strchr(also, c)))
            return false;
    }
    return s.n == 0 || s.p[0] != '-';
}

static const char *check_key(const iac_provision_request *request, const char *name, iac_str key)
{
    if (key.n == 0)
        return NULL;
    if (iac_str_find(key, IAC_STR("-----BEGIN "), 0) == SIZE_MAX)
        return iac_provision_message(request, "Failed to read ssh private key: no key found");
    bool openssh = iac_str_find(key, IAC_STR("-----BEGIN OPENSSH PRIVATE KEY-----"), 0) != SIZE_MAX;
    /* The first bytes of an OpenSSH key say "none" where it has no passphrase. */
    bool open = iac_str_find(key, IAC_STR("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUA"), 0) != SIZE_MAX;
    if (openssh ? !open : iac_str_find(key, IAC_STR("ENCRYPTED"), 0) != SIZE_MAX)
        return iac_provision_message(request, "Failed to parse ssh private key: %s is protected by a passphrase. "
                                     "Decrypt it prior to use, or offer it through the ssh agent.", name);
    return NULL;
}

static const char *check_login(const iac_provision_request *request, const iac_login *login, const char *what)
{
    if (!is_word(login->host, ".-_:%"))
        return iac_provision_message(request, "%shost \"%.*s\" is not a valid host name or address", what,
                                     IAC_FMT(login->host));
    if (!is_word(login->user, ".-_@+=,/\\~"))
        return iac_provision_message(request, "%suser \"%.*s\" is not a valid user name", what, IAC_FMT(login->user));
    if (login->host_key.n && iac_str_find_char(iac_str_trim(login->host_key), ' ', 0) == SIZE_MAX)
        return iac_provision_message(request, "%shost_key is not a public key: it has the form \"TYPE KEY\"", what);
    if (login->certificate.n && iac_str_find(login->certificate, IAC_STR("-cert-v01@openssh.com "), 0) == SIZE_MAX)
        return iac_provision_message(request, "failed to parse %scertificate: it is not an OpenSSH certificate", what);
    return NULL;
}

static void read_bastion(const iac_value *c, iac_connection *ret)
{
    const iac_login *target = &ret->target;
    ret->bastion = (iac_login){
        .host = iac_provision_text(c, "bastion_host"),
        .user = first_of(iac_provision_text(c, "bastion_user"), target->user),
        .password = first_of(iac_provision_text(c, "bastion_password"), target->password),
        .private_key = first_of(iac_provision_text(c, "bastion_private_key"), target->private_key),
        .certificate = first_of(iac_provision_text(c, "bastion_certificate"), target->certificate),
        .host_key = iac_provision_text(c, "bastion_host_key"),
        .port = port_of(c, "bastion_port", target->port),
        .agent = target->agent,
    };
}

static const char *check_kind(const iac_provision_request *request)
{
    const iac_value *c = request->connection;
    iac_str type = iac_provision_text(c, "type"), platform = iac_provision_text(c, "target_platform");
    if (iac_str_is(type, "winrm"))
        return iac_provision_message(request, "connection type 'winrm' is not supported by iac. Machines with Windows "
                                     "can be reached with connection type \"ssh\" and target_platform \"windows\".");
    if (type.n && !iac_str_is(type, "ssh"))
        return iac_provision_message(request, "connection type '%.*s' not supported", IAC_FMT(type));
    if (iac_provision_text(c, "host").n == 0)
        return iac_provision_message(request, "host for provisioner cannot be empty");
    if (platform.n && !iac_str_is(platform, "unix") && !iac_str_is(platform, "windows"))
        return iac_provision_message(request, "target_platform for provisioner has to be either unix or windows");
    if (iac_provision_text(c, "proxy_host").n)
        return iac_provision_message(request, "connections through a proxy (proxy_host) are not supported by iac. Use "
                                     "bastion_host to go through another machine.");
    return NULL;
}

const char *iac_connection_read(const iac_provision_request *request, iac_connection *ret)
{
    const iac_value *c = request->connection;
    const iac_value *agent;
    const char *error;

    if (!c || !iac_is_set_value(c))
        return iac_provision_message(request, "Missing connection configuration for provisioner.");
    if ((error = check_kind(request)))
        return error;
    agent = iac_value_get_cstr(c, "agent");
    const char *socket = getenv("SSH_AUTH_SOCK");
    *ret = (iac_connection){
        .target = {
            .host = iac_provision_text(c, "host"),
            .user = first_of(iac_provision_text(c, "user"), IAC_STR("root")),
            .password = iac_provision_text(c, "password"),
            .private_key = iac_provision_text(c, "private_key"),
            .certificate = iac_provision_text(c, "certificate"),
            .host_key = iac_provision_text(c, "host_key"),
            .port = port_of(c, "port", 22),
            .agent = (!iac_is_set_value(agent) || agent->boolean) && socket && *socket,
        },
        .agent_identity = iac_provision_text(c, "agent_identity"),
        .windows = iac_str_is(iac_provision_text(c, "target_platform"), "windows"),
        .timeout = timeout_of(request),
    };
    ret->script_path = first_of(iac_provision_text(c, "script_path"),
                                ret->windows ? IAC_STR("C:/windows/temp/terraform_%RAND%.cmd")
                                             : IAC_STR("/tmp/terraform_%RAND%.sh"));
    read_bastion(c, ret);
    if (ret->agent_identity.n && !is_word(ret->agent_identity, "./-_@+ ~"))
        return iac_provision_message(request, "agent_identity is not a valid file name");
    if ((error = check_login(request, &ret->target, "")) || (error = check_login(request, &ret->bastion, "bastion_")) ||
        (error = check_key(request, "private_key", ret->target.private_key)))
        return error;
    return ret->bastion.host.n ? check_key(request, "bastion_private_key", ret->bastion.private_key) : NULL;
}

#include "lang/net/json.h"
#include "lang/net/keys_internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REFRESH_EARLY_SECONDS = 300 };

const char *net_env(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

bool net_search_fail(net_search *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    s->error = iac_arena_vprintf(s->arena, format, args).p;
    va_end(args);
    return false;
}

long long net_parse_time(const char *text)
{
    struct tm parts = { 0 };
    return text && strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) ? (long long)timegm(&parts) : 0;
}

long net_duration(const char *text)
{
    double total = 0;
    while (text && *text) {
        char *end;
        double n = strtod(text, &end);
        if (end == text)
            return 0;
        total += n * (*end == 'h' ? 3600 : *end == 'm' ? 60 : 1);
        text = *end ? end + 1 : end;
    }
    return total > 0 && total < 1e6 ? (long)total : 0;
}

static const char *copy(iac_arena *arena, const char *s)
{
    return s ? iac_arena_cstr(arena, iac_str_of(s)) : NULL;
}

bool net_keys_from_json(iac_arena *arena, iac_str text, net_keys *ret)
{
    json_t *json = k8s_json_parse(text.p ? text.p : "", text.n);
    const char *id = json_string_value(json_object_get(json, "AccessKeyId"));
    const char *secret = json_string_value(json_object_get(json, "SecretAccessKey"));
    const char *token = json_string_value(json_object_get(json, "SessionToken"));

    if (!token)
        token = json_string_value(json_object_get(json, "Token"));
    if (id && secret)
        *ret = (net_keys){ copy(arena, id), copy(arena, secret), copy(arena, token),
                           net_parse_time(json_string_value(json_object_get(json, "Expiration"))) };
    json_decref(json);
    return id && secret;
}

/* ---- the ways ---- */

static bool from_environment(net_keys *ret)
{
    const char *id = net_env("AWS_ACCESS_KEY_ID"), *secret = net_env("AWS_SECRET_ACCESS_KEY");
    if (!id || !secret)
        return false;
    *ret = (net_keys){ id, secret, net_env("AWS_SESSION_TOKEN"), 0 };
    return true;
}

static const char *setting(const net_search *s, const char *profile, const char *key)
{
    return aws_profile_get(s->source->profiles, profile, key);
}

static bool static_keys(const net_search *s, const char *profile, net_keys *ret)
{
    const char *id = setting(s, profile, "aws_access_key_id"), *secret = setting(s, profile, "aws_secret_access_key");
    if (!id || !secret)
        return false;
    *ret = (net_keys){ id, secret, setting(s, profile, "aws_session_token"), 0 };
    return true;
}

/* Runs credential_process by the shell and reads its answer. */
static bool from_process(net_search *s, const char *command, net_keys *ret)
{
    iac_buf text;
    char block[4096];
    FILE *f = popen(command, "re");

    if (!f)
        return net_search_fail(s, "credential_process cannot be started");
    iac_buf_init(&text, NET_MAX_ANSWER);
    for (size_t n; (n = fread(block, 1, sizeof(block), f)) > 0;)
        iac_buf_add(&text, block, n);
    int status = pclose(f);
    bool fine = status == 0 && !text.full && net_keys_from_json(s->arena, iac_buf_view(&text), ret);
    explicit_bzero(block, sizeof(block));
    explicit_bzero(text.cap ? text.p : block, text.cap ? text.n : 0);
    iac_buf_clear(&text);
    return fine || net_search_fail(s, "%s", status ? "credential_process ended with an error"
                                                   : "credential_process did not print credentials");
}

static bool from_named_source(net_search *s, const char *name, net_keys *ret)
{
    if (strcmp(name, "Environment") == 0)
        return from_environment(ret) || net_search_fail(s, "credential_source is Environment, but AWS_ACCESS_KEY_ID or "
                                                           "AWS_SECRET_ACCESS_KEY is not set");
    if (strcmp(name, "EcsContainer") == 0)
        return net_container_keys(s, ret);
    if (strcmp(name, "Ec2InstanceMetadata") == 0)
        return net_instance_keys(s, ret);
    return net_search_fail(s, "credential_source \"%s\" is not known", name);
}

static bool from_profile(net_search *s, const char *profile, net_keys *ret, bool *ret_found);

/* The keys that assume a profile's role. */
static bool role_source(net_search *s, const char *profile, net_keys *ret)
{
    const char *other = setting(s, profile, "source_profile"), *source = setting(s, profile, "credential_source");
    bool found = false;

    if (source)
        return from_named_source(s, source, ret);
    if (!other)
        return net_search_fail(s, "profile \"%s\" has a role_arn, but neither source_profile nor credential_source",
                               profile);
    /* A profile may name itself: its own keys then assume its role. */
    if (strcmp(other, profile) == 0 && static_keys(s, profile, ret))
        return true;
    for (size_t i = 0; i < s->depth; i++)
        if (strcmp(s->seen[i], other) == 0)
            return net_search_fail(s, "the source_profile of profile \"%s\" leads back to \"%s\"", profile, other);
    if (!from_profile(s, other, ret, &found))
        return found ? false : net_search_fail(s, "source_profile \"%s\" has no credentials", other);
    return true;
}

static bool role_of_profile(net_search *s, const char *profile, net_keys *ret)
{
    const char *duration = setting(s, profile, "duration_seconds");
    net_role role = {
        .arn = setting(s, profile, "role_arn"),
        .session_name = setting(s, profile, "role_session_name"),
        .external_id = setting(s, profile, "external_id"),
        .web_identity_token_file = setting(s, profile, "web_identity_token_file"),
        .duration_seconds = duration ? strtol(duration, NULL, 10) : 0,
    };
    net_keys by = { 0 };

    if (setting(s, profile, "mfa_serial"))
        return net_search_fail(s, "profile \"%s\" asks for a code of a device (mfa_serial), which cannot be asked for "
                                  "here", profile);
    if (!role.web_identity_token_file && !role_source(s, profile, &by))
        return false;
    return net_assume_role(s, &role, &by, ret);
}

/* *ret_found: the profile says how to get credentials, so a failure is final. */
static bool from_profile(net_search *s, const char *profile, net_keys *ret, bool *ret_found)
{
    const char *process = setting(s, profile, "credential_process");
    bool fine = false;

    *ret_found = true;
    if (s->depth == NET_MAX_CHAIN)
        return net_search_fail(s, "too many profiles follow one another as source_profile");
    s->seen[s->depth++] = profile;
    if (setting(s, profile, "role_arn"))
        fine = role_of_profile(s, profile, ret);
    else if (static_keys(s, profile, ret))
        fine = true;
    else if (setting(s, profile, "sso_session") || setting(s, profile, "sso_start_url"))
        fine = net_sso_keys(s, profile, ret);
    else if (process)
        fine = from_process(s, process, ret);
    else
        *ret_found = false;
    s->depth--;
    return fine;
}

static bool from_web_identity(net_search *s, net_keys *ret, bool *ret_found)
{
    net_role role = {
        .arn = net_env("AWS_ROLE_ARN"),
        .session_name = net_env("AWS_ROLE_SESSION_NAME"),
        .web_identity_token_file = net_env("AWS_WEB_IDENTITY_TOKEN_FILE"),
    };

    *ret_found = role.arn && role.web_identity_token_file;
    return *ret_found && net_assume_role(s, &role, NULL, ret);
}

static bool base_keys(net_search *s, net_keys *ret)
{
    const net_key_source *source = s->source;
    const char *profile = source->profile ? source->profile : net_env("AWS_PROFILE");
    bool found = false, fine;

    profile = profile ? profile : "default";
    if (source->access_key && source->secret_key) {
        *ret = (net_keys){ source->access_key, source->secret_key, source->token, 0 };
        return true;
    }
    if (source->profile_is_argument && aws_profile_exists(source->profiles, profile)) {
        fine = from_profile(s, profile, ret, &found);
        if (found)
            return fine;
    }
    if (from_environment(ret))
        return true;
    fine = from_web_identity(s, ret, &found);
    if (!found)
        fine = from_profile(s, profile, ret, &found);
    if (found)
        return fine;
    if (net_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || net_env("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
        return net_container_keys(s, ret);
    return net_instance_keys(s, ret) ||
           net_search_fail(s, "failed to refresh cached credentials, no EC2 IMDS role found, %s", s->error);
}

static bool has_web_identity(const net_role *role)
{
    return role->web_identity_token || role->web_identity_token_file;
}

/* The base keys, then each role in turn. One with a web identity starts anew. */
static bool search(net_search *s, net_keys *ret)
{
    const net_role *roles = s->source->roles;
    net_keys keys = { 0 }, next;
    size_t first = 0;

    for (size_t i = 0; i < s->source->role_count; i++)
        if (has_web_identity(&roles[i]))
            first = i;
    if (!(s->source->role_count && has_web_identity(&roles[first])) && !base_keys(s, &keys))
        return false;
    for (size_t i = first; i < s->source->role_count; i++) {
        next = (net_keys){ 0 };
        if (!net_assume_role(s, &roles[i], &keys, &next)) {
            s->role = &roles[i];
            return false;
        }
        keys = next;
    }
    *ret = keys;
    return true;
}

/* ---- keeping ---- */

struct net_credentials {
    pthread_mutex_t lock; /* guards the rest; held while keys are fetched, so that only one thread fetches */
    bool have;
    char *access_key, *secret_key, *token;
    long long expires;
};

net_credentials *net_credentials_new(void)
{
    net_credentials *c = iac_xcalloc(1, sizeof(*c));
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

static void forget(net_credentials *c)
{
    wipe(c->access_key);
    wipe(c->secret_key);
    wipe(c->token);
    c->access_key = c->secret_key = c->token = NULL;
    c->have = false;
}

void net_credentials_free(net_credentials *c)
{
    if (!c)
        return;
    forget(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void *search_alloc(void *owner, size_t size)
{
    return iac_arena_alloc(((net_search *)owner)->arena, size);
}

static bool search_cancelled(void *owner)
{
    const net_call *outer = ((net_search *)owner)->outer;
    return outer->cancelled && outer->cancelled(outer->owner);
}

static bool fetch(net_credentials *c, const net_key_source *source, net_call *call, net_key_failure *ret)
{
    net_search s = { .source = source, .arena = iac_arena_new(), .outer = call, .error = "" };
    net_keys fresh = { 0 };

    s.call = (net_call){ .owner = &s, .alloc = search_alloc, .cancelled = search_cancelled };
    bool fine = search(&s, &fresh);
    if (fine) {
        forget(c);
        c->access_key = iac_xstrdup(fresh.access_key);
        c->secret_key = iac_xstrdup(fresh.secret_key);
        c->token = fresh.token ? iac_xstrdup(fresh.token) : NULL;
        c->expires = fresh.expires;
        c->have = true;
    } else {
        *ret = (net_key_failure){ net_text(call, iac_str_of(s.error)),
                                  s.role ? net_text(call, iac_str_of(s.role->arn)) : NULL,
                                  s.role && has_web_identity(s.role) };
    }
    iac_arena_free(s.arena);
    return fine;
}

bool net_credentials_get(net_credentials *c, const net_key_source *source, net_call *call, net_keys *ret,
                         net_key_failure *ret_failure)
{
    long long now = (long long)time(NULL) + (source->sts.clock ? atomic_load(source->sts.clock) : 0);
    bool fine = true;

    pthread_mutex_lock(&c->lock);
    if (!c->have || (c->expires && now > c->expires - REFRESH_EARLY_SECONDS))
        /* A refresh that fails early may be tried again. */
        fine = fetch(c, source, call, ret_failure) || (c->have && now < c->expires);
    if (fine)
        *ret = (net_keys){ net_text(call, iac_str_of(c->access_key)), net_text(call, iac_str_of(c->secret_key)),
                           c->token ? net_text(call, iac_str_of(c->token)) : NULL, c->expires };
    pthread_mutex_unlock(&c->lock);
    return fine;
}

const char *net_key_failure_text(const net_key_failure *f, const char *see, iac_buf *detail)
{
    if (!f->role) {
        iac_buf_printf(detail, "Please see %s\nfor more information about providing credentials.\n\nError: %s\n", see,
                       f->error);
        return "No valid credential sources found";
    }
    iac_buf_printf(detail, "IAM Role (%s) cannot be assumed%s.\n\nThere are a number of possible causes of this - the most "
                           "common are:\n", f->role, f->web_identity ? " with web identity token" : "");
    iac_buf_cstr(detail, f->web_identity
                 ? "  * The web identity token used in order to assume the role is invalid\n"
                   "  * The web identity token does not have appropriate permission to assume the role\n"
                 : "  * The credentials used in order to assume the role are invalid\n"
                   "  * The credentials do not have appropriate permission to assume the role\n");
    iac_buf_printf(detail, "  * The role ARN is not valid\n\nError: %s\n", f->error);
    return f->web_identity ? "Cannot assume IAM Role with web identity" : "Cannot assume IAM Role";
}

bool net_credentials_expire(net_credentials *c, const net_keys *keys)
{
    bool others = false;

    pthread_mutex_lock(&c->lock);
    if (c->have && c->expires && strcmp(c->access_key, keys->access_key) == 0) {
        forget(c);
        others = true;
    } else if (c->have && strcmp(c->access_key, keys->access_key) != 0) {
        others = true;
    }
    pthread_mutex_unlock(&c->lock);
    return others;
}

iac_status net_send_with(net_credentials *credentials, const net_key_source *source, const net_aws_line *line,
                         net_call *call, const net_request *request, net_response *ret, net_aws_error *ret_refused,
                         net_key_failure *ret_failure)
{
    for (bool again = true;; again = false) {
        net_keys keys;
        if (!net_credentials_get(credentials, source, call, &keys, ret_failure))
            return IAC_ERR;
        if (net_send_retried(line, call, &keys, request, ret, ret_refused))
            return IAC_OK;
        if (!again || strncmp(ret_refused->code, "ExpiredToken", strlen("ExpiredToken")) != 0 ||
            !net_credentials_expire(credentials, &keys))
            return IAC_NOT_FOUND;
    }
}

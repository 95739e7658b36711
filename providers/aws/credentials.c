#include "providers/aws/credentials.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REFRESH_EARLY_SECONDS 300
#define MAX_CHAIN 16
#define MAX_PROCESS_OUTPUT ((size_t)256 << 10)

struct aws_credentials {
    pthread_mutex_t lock; /* guards the rest; held while keys are fetched, so that only one thread fetches */
    bool have;
    char *access_key, *secret_key, *token;
    long long expires;
};

aws_credentials *aws_credentials_new(void)
{
    aws_credentials *c = iac_xcalloc(1, sizeof(*c));

    pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void wipe(char *secret)
{
    if (secret) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
}

static void forget(aws_credentials *c)
{
    wipe(c->access_key);
    wipe(c->secret_key);
    wipe(c->token);
    c->access_key = c->secret_key = c->token = NULL;
    c->have = false;
}

void aws_credentials_free(aws_credentials *c)
{
    if (c) {
        forget(c);
        pthread_mutex_destroy(&c->lock);
        free(c);
    }
}

static bool fail(aws_error *error, const char *message)
{
    *error = (aws_error){ .code = "", .message = message, .request_id = "" };
    return false;
}

static const char *copy(iacp_call *call, const char *s)
{
    return s ? sdk_strndup(call, s, strlen(s)) : NULL;
}

/* What the chain walks over. */
typedef struct chain {
    aws_instance *in;
    iacp_call *call;
    aws_error *error;
    const char *seen[MAX_CHAIN]; /* profiles being resolved, to find circles */
    size_t depth;
} chain;

static bool from_environment(chain *c, aws_keys *ret)
{
    const char *id = aws_env("AWS_ACCESS_KEY_ID"), *secret = aws_env("AWS_SECRET_ACCESS_KEY");

    if (!id || !secret) {
        return false;
    }
    *ret = (aws_keys){ copy(c->call, id), copy(c->call, secret), copy(c->call, aws_env("AWS_SESSION_TOKEN")), 0 };
    return true;
}

static const char *setting(const chain *c, const char *profile, const char *key)
{
    return aws_profile_get(&c->in->profiles, profile, key);
}

/* Runs credential_process by the shell and reads its answer. */
static bool from_process(chain *c, const char *command, aws_keys *ret)
{
    iac_buf text;
    char block[4096];
    FILE *f = popen(command, "re");

    if (!f) {
        return fail(c->error, "credential_process cannot be started");
    }
    iac_buf_init(&text, MAX_PROCESS_OUTPUT);
    for (size_t n; (n = fread(block, 1, sizeof(block), f)) > 0;) {
        iac_buf_add(&text, block, n);
    }
    int status = pclose(f);
    bool fine = status == 0 && !text.full && aws_keys_from_json(c->call, iac_buf_view(&text), ret);
    explicit_bzero(block, sizeof(block));
    explicit_bzero(text.cap ? text.p : block, text.cap ? text.n : 0);
    iac_buf_clear(&text);
    return fine || fail(c->error, status ? "credential_process ended with an error"
                                         : "credential_process did not print credentials");
}

static bool from_source(chain *c, const char *source, aws_keys *ret)
{
    if (strcmp(source, "Environment") == 0) {
        return from_environment(c, ret) ||
               fail(c->error,
                    "credential_source is Environment, but AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set");
    }
    if (strcmp(source, "EcsContainer") == 0) {
        return aws_container_keys(c->in, c->call, ret, c->error);
    }
    if (strcmp(source, "Ec2InstanceMetadata") == 0) {
        return aws_instance_keys(c->in, c->call, ret, c->error);
    }
    return fail(c->error, sdk_printf(c->call, "credential_source \"%s\" is not known", source));
}

static bool from_profile(chain *c, const char *profile, aws_keys *ret, bool *ret_found);

/* The keys that assume a profile's role. */
static bool role_source(chain *c, const char *profile, aws_keys *ret)
{
    const char *other = setting(c, profile, "source_profile"), *source = setting(c, profile, "credential_source");
    bool found = false;

    if (source) {
        return from_source(c, source, ret);
    }
    if (!other) {
        return fail(c->error, sdk_printf(c->call, "profile \"%s\" has a role_arn, but neither source_profile nor "
                                                  "credential_source", profile));
    }
    /* A profile may name itself: its own keys then assume its role. */
    if (strcmp(other, profile) == 0 && setting(c, profile, "aws_access_key_id")) {
        *ret = (aws_keys){ copy(c->call, setting(c, profile, "aws_access_key_id")),
                           copy(c->call, setting(c, profile, "aws_secret_access_key")),
                           copy(c->call, setting(c, profile, "aws_session_token")), 0 };
        return true;
    }
    for (size_t i = 0; i < c->depth; i++) {
        if (strcmp(c->seen[i], other) == 0) {
            return fail(c->error, sdk_printf(c->call, "the source_profile of profile \"%s\" leads back to \"%s\"",
                                             profile, other));
        }
    }
    if (!from_profile(c, other, ret, &found)) {
        return found ? false : fail(c->error, sdk_printf(c->call, "source_profile \"%s\" has no credentials", other));
    }
    return true;
}

static bool role_of_profile(chain *c, const char *profile, aws_keys *ret)
{
    const char *duration = setting(c, profile, "duration_seconds");
    aws_role role = {
        .arn = setting(c, profile, "role_arn"),
        .session_name = setting(c, profile, "role_session_name"),
        .external_id = setting(c, profile, "external_id"),
        .web_identity_token_file = setting(c, profile, "web_identity_token_file"),
        .duration_seconds = duration ? strtol(duration, NULL, 10) : 0,
    };
    aws_keys by = { 0 };

    if (setting(c, profile, "mfa_serial")) {
        return fail(c->error, sdk_printf(c->call, "profile \"%s\" asks for a code of a device (mfa_serial), which "
                                                  "cannot be asked for here", profile));
    }
    if (!role.web_identity_token_file && !role_source(c, profile, &by)) {
        return false;
    }
    return aws_assume_role(c->in, c->call, &role, &by, ret, c->error);
}

/* *ret_found: the profile says how to get credentials, so a failure is final. */
static bool from_profile(chain *c, const char *profile, aws_keys *ret, bool *ret_found)
{
    const char *id = setting(c, profile, "aws_access_key_id"), *secret = setting(c, profile, "aws_secret_access_key");
    const char *process = setting(c, profile, "credential_process");
    bool fine = false;

    *ret_found = true;
    if (c->depth == MAX_CHAIN) {
        return fail(c->error, "too many profiles follow one another as source_profile");
    }
    c->seen[c->depth++] = profile;
    if (setting(c, profile, "role_arn")) {
        fine = role_of_profile(c, profile, ret);
    } else if (id && secret) {
        *ret = (aws_keys){ copy(c->call, id), copy(c->call, secret),
                           copy(c->call, setting(c, profile, "aws_session_token")), 0 };
        fine = true;
    } else if (process) {
        fine = from_process(c, process, ret);
    } else if (setting(c, profile, "sso_session") || setting(c, profile, "sso_start_url")) {
        fail(c->error, sdk_printf(c->call,
                                  "profile \"%s\" signs in by IAM Identity Center, which is not supported; use "
                                  "credential_process with \"aws configure export-credentials\"",
                                  profile));
    } else {
        *ret_found = false;
    }
    c->depth--;
    return fine;
}

static bool from_web_identity_environment(chain *c, aws_keys *ret, bool *ret_found)
{
    aws_role role = {
        .arn = aws_env("AWS_ROLE_ARN"),
        .session_name = aws_env("AWS_ROLE_SESSION_NAME"),
        .web_identity_token_file = aws_env("AWS_WEB_IDENTITY_TOKEN_FILE"),
    };

    *ret_found = role.arn && role.web_identity_token_file;
    return *ret_found && aws_assume_role(c->in, c->call, &role, NULL, ret, c->error);
}

static bool base_keys(chain *c, aws_keys *ret)
{
    aws_instance *in = c->in;
    bool found = false;

    if (in->access_key && in->secret_key) {
        *ret = (aws_keys){ in->access_key, in->secret_key, in->token, 0 };
        return true;
    }
    /* A profile named by the provider's arguments goes before the environment's keys. */
    if (in->profile_named && aws_profile_exists(&in->profiles, in->profile)) {
        if (from_profile(c, in->profile, ret, &found) || found) {
            return found && ret->access_key;
        }
    }
    if (from_environment(c, ret)) {
        return true;
    }
    if (from_web_identity_environment(c, ret, &found) || found) {
        return ret->access_key != NULL;
    }
    if (from_profile(c, in->profile, ret, &found) || found) {
        return ret->access_key != NULL;
    }
    if (aws_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || aws_env("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
        return aws_container_keys(in, c->call, ret, c->error);
    }
    if (aws_instance_keys(in, c->call, ret, c->error)) {
        return true;
    }
    return fail(c->error, sdk_printf(c->call, "failed to refresh cached credentials, no EC2 IMDS role found, %s",
                                     c->error->message));
}

/* The base keys, then each assume_role block in turn. Blocks with a web identity start anew. */
static bool fetch(aws_instance *in, iacp_call *call, aws_keys *ret, aws_error *error)
{
    chain c = { .in = in, .call = call, .error = error };
    aws_keys keys = { 0 }, next;
    size_t first = 0;

    *error = (aws_error){ .code = "", .message = "", .request_id = "" };
    for (size_t i = 0; i < in->role_count; i++) {
        if (in->roles[i].web_identity_token || in->roles[i].web_identity_token_file) {
            if (!aws_assume_role(in, call, &in->roles[i], NULL, &keys, error)) {
                return false;
            }
            first = i + 1;
        }
    }
    if (first == 0 && !base_keys(&c, &keys)) {
        return false;
    }
    for (size_t i = first; i < in->role_count; i++) {
        next = (aws_keys){ 0 };
        if (!aws_assume_role(in, call, &in->roles[i], &keys, &next, error)) {
            return false;
        }
        keys = next;
    }
    *ret = keys;
    return true;
}

bool aws_credentials_get(aws_instance *instance, iacp_call *call, aws_keys *ret, aws_error *ret_error)
{
    aws_credentials *c = instance->credentials;
    long long now = (long long)time(NULL) + atomic_load(&instance->clock_offset);
    aws_keys fresh = { 0 };
    bool fine = true;

    pthread_mutex_lock(&c->lock);
    if (!c->have || (c->expires && now > c->expires - REFRESH_EARLY_SECONDS)) {
        fine = fetch(instance, call, &fresh, ret_error);
        if (fine) {
            forget(c);
            c->access_key = iac_xstrdup(fresh.access_key);
            c->secret_key = iac_xstrdup(fresh.secret_key);
            c->token = iac_xstrdup(fresh.token);
            c->expires = fresh.expires;
            c->have = true;
        } else if (c->have && now < c->expires) {
            fine = true; /* a refresh that fails early may be tried again */
        }
    }
    if (fine) {
        *ret = (aws_keys){ copy(call, c->access_key), copy(call, c->secret_key), copy(call, c->token), c->expires };
    }
    pthread_mutex_unlock(&c->lock);
    return fine;
}

bool aws_credentials_expire(aws_instance *instance, const aws_keys *keys)
{
    aws_credentials *c = instance->credentials;
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

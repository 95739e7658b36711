/* engine/fetch/registry.c - the module registry protocol: where a host's registry is, which versions of a module there
 * are, and where the package of one is. */
#include "engine/fetch/fetch_internal.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TIMEOUT_S = 10, MAX_TIMEOUT_S = 3600, DEFAULT_RETRIES = 1, MAX_RETRIES = 10, MAX_VERSIONS = 100000,
       MAX_SHOWN = 200 };

static const char service[] = "modules.v1";

typedef struct known_versions {
    const iac_str *v;
    size_t n;
} known_versions;

static long setting(const char *name, long otherwise, long most)
{
    const char *text = getenv(name);
    char *end = NULL;
    long n = text && *text ? strtol(text, &end, 10) : otherwise;

    return end && *end ? otherwise : n < 0 ? otherwise : n > most ? most : n;
}

/* "401 Unauthorized" */
static iac_str status_text(iac_arena *arena, long status)
{
    static const struct {
        long status;
        const char *text;
    } names[] = {
        { 200, "OK" }, { 204, "No Content" }, { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
        { 404, "Not Found" }, { 429, "Too Many Requests" }, { 500, "Internal Server Error" }, { 502, "Bad Gateway" },
        { 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
    };

    for (size_t i = 0; i < IAC_COUNT(names); i++)
        if (names[i].status == status)
            return iac_arena_printf(arena, "%ld %s", status, names[i].text);
    return iac_arena_printf(arena, "%ld", status);
}

/* GET with the host's token; tried again after a failure that may pass. */
static bool ask(iac_fetcher *fetcher, iac_str host, iac_str url, iac_http_answer *ret, iac_str *ret_error)
{
    iac_http_request request = {
        .url = url,
        .token = iac_settings_token(fetcher, host),
        .fd = -1,
        .timeout_ms = 1000 * setting("TF_REGISTRY_CLIENT_TIMEOUT", DEFAULT_TIMEOUT_S, MAX_TIMEOUT_S),
    };
    long retries = setting("TF_REGISTRY_DISCOVERY_RETRY", DEFAULT_RETRIES, MAX_RETRIES);

    for (long i = 0;; i++) {
        bool answered = iac_http_get(fetcher->arena, &request, ret, ret_error);
        if ((answered && ret->status < 500) || i >= retries)
            return answered;
    }
}

/* The text of a member, kept; empty when there is none. */
static iac_str member_text(iac_arena *arena, const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    return json_is_string(v)
               ? iac_arena_str(arena, (iac_str){ json_string_value(v), json_string_length(v) })
               : (iac_str){ 0 };
}

/* ---- discovery ---- */

static bool read_discovery(iac_fetcher *fetcher, iac_str host, const iac_http_answer *answer, iac_str *ret_error)
{
    json_error_t problem;
    json_t *document = json_loadb(answer->body.p, answer->body.n, 0, &problem);

    if (!json_is_object(document)) {
        *ret_error = IAC_STR("failed to decode discovery document as a JSON object");
        json_decref(document);
        return false;
    }
    iac_str url = member_text(fetcher->arena, document, service);
    if (url.n) {
        iac_str *kept = iac_arena_new_of(fetcher->arena, iac_str);
        *kept = iac_url_resolve(fetcher->arena, answer->url, url);
        iac_map_put(&fetcher->services, iac_arena_printf(fetcher->arena, "%.*s %s", IAC_FMT(host), service), kept);
    }
    json_decref(document);
    return true;
}

/* The URL of the host's registry, which ends with a slash. */
static bool discover(iac_fetcher *fetcher, iac_str host, iac_str *ret, iac_str *ret_error)
{
    iac_arena *arena = fetcher->arena;
    iac_http_answer answer = { 0 };

    if (!iac_map_has(&fetcher->hosts, host)) {
        iac_str url = iac_arena_printf(arena, "https://%.*s/.well-known/terraform.json", IAC_FMT(host)), why;
        if (!ask(fetcher, host, url, &answer, &why)) {
            *ret_error = iac_arena_printf(arena, "failed to request discovery document: %.*s", IAC_FMT(why));
            return false;
        }
        if (answer.status != 200 && answer.status != 404) {
            *ret_error = iac_arena_printf(arena, "failed to request discovery document: %.*s",
                                          IAC_FMT(status_text(arena, answer.status)));
            return false;
        }
        if (answer.status == 200 && !read_discovery(fetcher, host, &answer, ret_error))
            return false;
        iac_map_put(&fetcher->hosts, iac_arena_str(arena, host), fetcher);
    }
    const iac_str *url = iac_map_get(&fetcher->services, iac_arena_printf(arena, "%.*s %s", IAC_FMT(host), service));
    if (!url || !(iac_str_starts(*url, IAC_STR("https://")) || iac_str_starts(*url, IAC_STR("http://")))) {
        *ret_error = iac_arena_printf(arena, "host %.*s does not provide a module registry", IAC_FMT(host));
        return false;
    }
    *ret = iac_arena_printf(arena, "%.*s%s", IAC_FMT(*url), iac_str_ends(*url, IAC_STR("/")) ? "" : "/");
    return true;
}

/* ---- versions ---- */

static bool read_versions(iac_fetcher *fetcher, iac_str body, known_versions *ret)
{
    json_error_t problem;
    json_t *document = json_loadb(body.p, body.n, 0, &problem);
    const json_t *module = json_array_get(json_object_get(document, "modules"), 0);
    const json_t *versions = json_object_get(module, "versions");
    bool good = json_is_object(module);

    if (good && json_is_array(versions) && json_array_size(versions) <= MAX_VERSIONS) {
        iac_str *list = iac_arena_array(fetcher->arena, iac_str, json_array_size(versions));
        for (size_t i = 0; i < json_array_size(versions); i++)
            list[ret->n++] = member_text(fetcher->arena, json_array_get(versions, i), "version");
        ret->v = list;
    }
    json_decref(document);
    return good;
}

iac_registry_result iac_registry_versions(iac_fetcher *fetcher, const iac_module_source *module,
                                          const iac_str **ret_versions, size_t *ret_count, iac_str *ret_error)
{
    iac_arena *arena = fetcher->arena;
    known_versions *known = iac_map_get(&fetcher->versions, module->package);
    iac_http_answer answer = { 0 };
    iac_str base;

    if (!known) {
        if (!discover(fetcher, module->host, &base, ret_error))
            return IAC_REGISTRY_FAILED;
        iac_str url = iac_arena_printf(arena, "%.*s%.*s/%.*s/%.*s/versions", IAC_FMT(base), IAC_FMT(module->namespace_),
                                       IAC_FMT(module->name), IAC_FMT(module->provider));
        if (!ask(fetcher, module->host, url, &answer, ret_error))
            return IAC_REGISTRY_FAILED;
        if (answer.status == 404)
            return IAC_REGISTRY_UNKNOWN;
        known = iac_arena_new_of(arena, known_versions);
        if (answer.status != 200) {
            *ret_error = iac_arena_printf(arena, "error looking up module versions: %.*s",
                                          IAC_FMT(status_text(arena, answer.status)));
            return IAC_REGISTRY_FAILED;
        }
        if (!read_versions(fetcher, answer.body, known)) {
            *ret_error = IAC_STR("the registry's answer is not a list of versions");
            return IAC_REGISTRY_FAILED;
        }
        iac_map_put(&fetcher->versions, iac_arena_str(arena, module->package), known);
    }
    *ret_versions = known->v;
    *ret_count = known->n;
    return IAC_REGISTRY_OK;
}

/* ---- the package ---- */

bool iac_registry_location(iac_fetcher *fetcher, const iac_module_source *module, iac_str version, iac_str *ret_address,
                           iac_str *ret_error)
{
    iac_arena *arena = fetcher->arena;
    iac_http_answer answer = { 0 };
    iac_str base, location = { 0 };

    if (!discover(fetcher, module->host, &base, ret_error))
        return false;
    iac_str url = iac_arena_printf(arena, "%.*s%.*s/%.*s/%.*s/%.*s/download", IAC_FMT(base),
                                   IAC_FMT(module->namespace_), IAC_FMT(module->name), IAC_FMT(module->provider),
                                   IAC_FMT(version));
    if (!ask(fetcher, module->host, url, &answer, ret_error))
        return false;
    if (answer.status == 404) {
        *ret_error = iac_arena_printf(arena, "module \"%.*s\" version \"%.*s\" not found", IAC_FMT(module->package),
                                      IAC_FMT(version));
        return false;
    }
    if (answer.status == 200) {
        json_error_t problem;
        json_t *document = json_loadb(answer.body.p, answer.body.n, 0, &problem);
        location = member_text(arena, document, "location");
        json_decref(document);
    }
    if (!location.n && (answer.status == 200 || answer.status == 204))
        location = answer.terraform_get;
    if (!location.n) {
        *ret_error = iac_arena_printf(arena, "failed to get download URL for \"%.*s\": %.*s resp:%.*s",
                                      IAC_FMT(module->package), IAC_FMT(status_text(arena, answer.status)),
                                      IAC_FMT(iac_str_sub(answer.body, 0, MAX_SHOWN)));
        return false;
    }
    if (iac_str_starts(location, IAC_STR("/")) || iac_str_starts(location, IAC_STR("./")) ||
        iac_str_starts(location, IAC_STR("../")))
        location = iac_url_resolve(arena, answer.url, location);
    *ret_address = location;
    return true;
}

#include "providers/kubernetes/coerce.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A string for a number or a boolean; NULL for anything else. New reference. */
static json_t *as_string(const json_t *value)
{
    char text[40];

    if (json_is_integer(value)) {
        snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
        return json_string(text);
    }
    if (json_is_real(value)) {
        k8s_number_text(json_real_value(value), text, sizeof(text));
        return json_string(text);
    }
    return json_is_boolean(value) ? json_string(json_is_true(value) ? "true" : "false") : NULL;
}

static json_t *as_number(const json_t *value)
{
    const char *text = json_string_value(value);
    char *end;

    if (!text || !*text || strspn(text, "0123456789+-.eE") != strlen(text)) {
        return NULL;
    }
    long long whole = strtoll(text, &end, 10);
    if (!*end) {
        return json_integer(whole);
    }
    double number = strtod(text, &end);
    return *end || !isfinite(number) ? NULL : json_real(number);
}

static json_t *as_boolean(const json_t *value)
{
    const char *text = json_string_value(value);

    if (!text || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)) {
        return NULL;
    }
    return json_boolean(strcmp(text, "true") == 0);
}

static void strings_within(json_t *collection)
{
    const char *key;
    json_t *value, *text;
    void *next;
    size_t i;

    if (k8s_tree_is_unknown(collection)) {
        return;
    }
    json_object_foreach_safe(collection, next, key, value) {
        text = as_string(value);
        if (text) {
            json_object_set_new(collection, key, text);
        }
    }
    json_array_foreach(collection, i, value) {
        text = as_string(value);
        if (text) {
            json_array_set_new(collection, i, text);
        }
    }
}

static void walk(json_t *tree)
{
    static const char *const of_strings[] = { "labels", "annotations", "matchLabels", "nodeSelector", "args",
                                              "command" };
    const char *key;
    json_t *value, *text;
    size_t i;

    if (k8s_tree_is_unknown(tree)) {
        return;
    }
    json_object_foreach(tree, key, value) {
        for (i = 0; i < IAC_COUNT(of_strings); i++) {
            if (strcmp(key, of_strings[i]) == 0) {
                strings_within(value);
            }
        }
        if (strcmp(key, "env") == 0) {
            json_t *item;
            json_array_foreach(value, i, item) {
                text = as_string(json_object_get(item, "value"));
                if (text) {
                    json_object_set_new(item, "value", text);
                }
            }
        }
        walk(value);
    }
    json_array_foreach(tree, i, value) {
        walk(value);
    }
}

void k8s_coerce_known(json_t *manifest)
{
    const char *api_version = k8s_tree_text(manifest, "apiVersion"), *kind = k8s_tree_text(manifest, "kind");
    size_t group = strcspn(api_version, "/");
    bool core = api_version[group] == '\0';

    strings_within(k8s_tree_at(manifest, "metadata.labels"));
    strings_within(k8s_tree_at(manifest, "metadata.annotations"));
    if (!core && memchr(api_version, '.', group) && !(group > 7 && strncmp(api_version + group - 7, ".k8s.io", 7) == 0)) {
        return; /* somebody's own kind: what its fields are is not known here */
    }
    walk(json_object_get(manifest, "spec"));
    if (core && (strcmp(kind, "ConfigMap") == 0 || strcmp(kind, "Secret") == 0)) {
        strings_within(json_object_get(manifest, "data"));
        strings_within(json_object_get(manifest, "stringData"));
    }
    if (core && strcmp(kind, "Service") == 0) {
        strings_within(k8s_tree_at(manifest, "spec.selector"));
    }
}

/* The field before position `at`: `.spec.env[name="a b"].value`. */
static iac_str field_before(iac_str message, size_t at)
{
    size_t from = at;
    bool quoted = false;

    while (from > 0 && (quoted || !strchr(" \n(:,", message.p[from - 1]))) {
        from--;
        quoted = quoted != (message.p[from] == '"');
    }
    return iac_str_sub(message, from, at);
}

bool k8s_coerce_refused(json_t *body, const char *message)
{
    static const struct {
        iac_str says;
        json_t *(*convert)(const json_t *value);
    } rules[] = {
        { IAC_STR_INIT(": expected string, got"), as_string },
        { IAC_STR_INIT(": expected numeric (int or float), got"), as_number },
        { IAC_STR_INIT(": expected boolean, got"), as_boolean },
    };
    iac_str text = iac_str_of(message);
    bool changed = false;

    for (size_t i = 0; i < IAC_COUNT(rules); i++) {
        for (size_t at = iac_str_find(text, rules[i].says, 0); at != SIZE_MAX;
             at = iac_str_find(text, rules[i].says, at + 1)) {
            iac_buf path;
            iac_buf_init(&path, 4096);
            k8s_tree_field_path(body, field_before(text, at), &path);
            json_t *value = k8s_tree_at(body, path.p), *better = value ? rules[i].convert(value) : NULL;
            if (better && path.n) {
                k8s_tree_put(body, path.p, better);
                changed = true;
            }
            json_decref(better);
            iac_buf_clear(&path);
        }
    }
    return changed;
}

#include "providers/kubernetes/tree.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A control character as key: no configuration and no API object has it. */
#define UNKNOWN_KEY "\001unknown"

json_t *k8s_tree_unknown(void)
{
    json_t *tree = json_object();
    json_object_set_new(tree, UNKNOWN_KEY, json_true());
    return tree;
}

bool k8s_tree_is_unknown(const json_t *tree)
{
    return json_is_object(tree) && json_object_size(tree) == 1 && json_object_get(tree, UNKNOWN_KEY);
}

bool k8s_tree_has_unknown(const json_t *tree)
{
    const char *key;
    json_t *value;
    size_t i;

    if (k8s_tree_is_unknown(tree)) {
        return true;
    }
    if (json_is_object(tree)) {
        json_object_foreach((json_t *)tree, key, value) {
            if (k8s_tree_has_unknown(value)) {
                return true;
            }
        }
    }
    json_array_foreach(tree, i, value) {
        if (k8s_tree_has_unknown(value)) {
            return true;
        }
    }
    return false;
}

/* Paths */

static bool path_add(k8s_path *path, char *name, size_t index)
{
    if (path->n >= K8S_MAX_DEPTH) {
        free(name);
        return false;
    }
    path->steps = iac_xrealloc(path->steps, (path->n + 1) * sizeof(*path->steps));
    path->steps[path->n++] = (k8s_step){ .name = name, .index = index };
    return true;
}

/* Reads `[3]` or `["key"]` or `['key']` at *p, which stands on the bracket. */
static bool path_bracket(k8s_path *path, const char **p)
{
    const char *s = *p + 1;

    if (*s == '"' || *s == '\'') {
        char quote = *s++;
        iac_buf key;
        iac_buf_init(&key, 4096);
        while (*s && *s != quote) {
            if (*s == '\\' && s[1]) {
                s++;
            }
            iac_buf_char(&key, *s++);
        }
        if (*s != quote || s[1] != ']') {
            iac_buf_clear(&key);
            return false;
        }
        *p = s + 2;
        return path_add(path, iac_xstrndup(key.p, key.n), 0) ? (iac_buf_clear(&key), true)
                                                            : (iac_buf_clear(&key), false);
    }
    size_t index = 0, digits = 0;
    for (; isdigit((unsigned char)*s) && digits < 9; s++, digits++) {
        index = index * 10 + (size_t)(*s - '0');
    }
    if (digits == 0 || *s != ']') {
        return false;
    }
    *p = s + 1;
    return path_add(path, NULL, index);
}

bool k8s_path_parse(const char *text, k8s_path *ret)
{
    const char *p = text;

    *ret = (k8s_path){ 0 };
    while (*p) {
        if (*p == '[') {
            if (!path_bracket(ret, &p)) {
                goto bad;
            }
            continue;
        }
        if (*p == '.') {
            if (p == text || p[1] == '\0' || p[1] == '.' || p[1] == '[') {
                goto bad;
            }
            p++;
        }
        size_t n = strcspn(p, ".[");
        if (!path_add(ret, iac_xstrndup(p, n), 0)) {
            goto bad;
        }
        p += n;
    }
    return true;
bad:
    k8s_path_clear(ret);
    return false;
}

void k8s_path_clear(k8s_path *path)
{
    for (size_t i = 0; i < path->n; i++) {
        free(path->steps[i].name);
    }
    free(path->steps);
    *path = (k8s_path){ 0 };
}

static json_t *step_into(const json_t *tree, const k8s_step *step)
{
    if (!step->name) {
        return json_array_get(tree, step->index);
    }
    if (json_is_array(tree)) { /* spec.0 is another spelling of spec[0] */
        char *end;
        unsigned long index = strtoul(step->name, &end, 10);
        return *end || end == step->name ? NULL : json_array_get(tree, index);
    }
    return json_object_get(tree, step->name);
}

json_t *k8s_tree_at(const json_t *tree, const char *path)
{
    k8s_path steps;
    const json_t *at = tree;

    if (!k8s_path_parse(path, &steps)) {
        return NULL;
    }
    for (size_t i = 0; i < steps.n && at; i++) {
        at = step_into(at, &steps.steps[i]);
    }
    k8s_path_clear(&steps);
    return (json_t *)at;
}

const char *k8s_tree_text(const json_t *tree, const char *path)
{
    const char *text = json_string_value(k8s_tree_at(tree, path));
    return text ? text : "";
}

int64_t k8s_tree_int(const json_t *tree, const char *path, int64_t otherwise)
{
    const json_t *value = k8s_tree_at(tree, path);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : otherwise;
}

bool k8s_tree_true(const json_t *tree, const char *path)
{
    return json_is_true(k8s_tree_at(tree, path));
}

void k8s_tree_put(json_t *tree, const char *path, json_t *value)
{
    k8s_path steps;
    json_t *at = tree;

    if (!k8s_path_parse(path, &steps) || steps.n == 0) {
        return;
    }
    for (size_t i = 0; i + 1 < steps.n && at; i++) {
        json_t *next = step_into(at, &steps.steps[i]);
        if (!next && steps.steps[i].name && json_is_object(at) && steps.steps[i + 1].name &&
            !k8s_tree_is_unknown(at)) {
            next = json_object();
            json_object_set_new(at, steps.steps[i].name, next);
        }
        at = next;
    }
    const k8s_step *last = &steps.steps[steps.n - 1];
    if (k8s_tree_is_unknown(at)) {
        /* whatever is within is unknown with it */
    } else if (json_is_object(at) && last->name) {
        json_object_set(at, last->name, value);
    } else if (json_is_array(at) && !last->name && last->index < json_array_size(at)) {
        json_array_set(at, last->index, value);
    }
    k8s_path_clear(&steps);
}

void k8s_tree_remove(json_t *tree, const char *path)
{
    k8s_path steps;
    json_t *at = tree;

    if (!k8s_path_parse(path, &steps) || steps.n == 0) {
        return;
    }
    for (size_t i = 0; i + 1 < steps.n && at; i++) {
        at = step_into(at, &steps.steps[i]);
    }
    const k8s_step *last = &steps.steps[steps.n - 1];
    if (json_is_object(at) && last->name) {
        json_object_del(at, last->name);
    } else if (json_is_array(at) && !last->name) {
        json_array_remove(at, last->index);
    }
    k8s_path_clear(&steps);
}

/* Finds the list item that `selector`, `name="x",port=80`, describes; SIZE_MAX when there is none. */
static size_t item_index(const json_t *list, iac_str selector)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item) {
        bool all = true;
        for (size_t at = 0; all && at < selector.n;) {
            size_t equals = iac_str_find_char(selector, '=', at), end = iac_str_find_char(selector, ',', at);
            end = end == SIZE_MAX ? selector.n : end;
            if (equals >= end) {
                return SIZE_MAX;
            }
            char *name = iac_xstrndup(selector.p + at, equals - at);
            json_t *want = k8s_json_parse(selector.p + equals + 1, end - equals - 1);
            const json_t *have = json_object_get(item, name);
            all = !have || k8s_tree_equal(have, want); /* what is not written has its default value */
            json_decref(want);
            free(name);
            at = end + 1;
        }
        if (all) {
            return i;
        }
    }
    return SIZE_MAX;
}

void k8s_tree_field_path(const json_t *tree, iac_str field, iac_buf *out)
{
    for (size_t i = 0; i < field.n;) {
        size_t close = field.p[i] == '[' ? iac_str_find_char(field, ']', i) : SIZE_MAX;
        iac_str inside = close == SIZE_MAX ? (iac_str){ 0 } : iac_str_sub(field, i + 1, close);
        if (close != SIZE_MAX && iac_str_find_char(inside, '=', 0) != SIZE_MAX) {
            size_t index = item_index(k8s_tree_at(tree, out->p), inside);
            if (index == SIZE_MAX) {
                return;
            }
            iac_buf_printf(out, "[%zu]", index);
            i = close + 1;
        } else {
            if (out->n || field.p[i] != '.') {
                iac_buf_char(out, field.p[i]);
            }
            i++;
        }
    }
}

/* Walking */

static bool plain_name(const char *key)
{
    if (!*key || isdigit((unsigned char)*key)) {
        return false;
    }
    for (; *key; key++) {
        if (!isalnum((unsigned char)*key) && *key != '_' && *key != '-') {
            return false;
        }
    }
    return true;
}

/* Appends one step to path and returns the length to cut back to. */
static size_t path_push_name(iac_buf *path, const char *key)
{
    size_t before = path->n;

    if (plain_name(key)) {
        iac_buf_cstr(path, before ? "." : "");
        iac_buf_cstr(path, key);
        return before;
    }
    iac_buf_cstr(path, "[\"");
    for (; *key; key++) {
        if (*key == '"' || *key == '\\') {
            iac_buf_char(path, '\\');
        }
        iac_buf_char(path, *key);
    }
    iac_buf_cstr(path, "\"]");
    return before;
}

static size_t path_push_index(iac_buf *path, size_t index)
{
    size_t before = path->n;
    iac_buf_printf(path, "[%zu]", index);
    return before;
}

static void path_cut(iac_buf *path, size_t to)
{
    if (path->n > to) {
        path->n = to;
        path->p[to] = '\0';
    }
}

json_t *k8s_tree_clean(const json_t *tree, bool drop_unknown)
{
    const char *key;
    json_t *value, *copy;
    size_t i;

    if (k8s_tree_is_unknown(tree)) {
        return drop_unknown ? NULL : k8s_tree_unknown();
    }
    if (json_is_object(tree)) {
        copy = json_object();
        json_object_foreach((json_t *)tree, key, value) {
            json_t *clean = json_is_null(value) ? NULL : k8s_tree_clean(value, drop_unknown);
            if (clean) {
                json_object_set_new(copy, key, clean);
            }
        }
        return copy;
    }
    if (json_is_array(tree)) {
        copy = json_array();
        json_array_foreach(tree, i, value) {
            json_t *clean = k8s_tree_clean(value, drop_unknown);
            if (clean) {
                json_array_append_new(copy, clean);
            }
        }
        return copy;
    }
    return json_deep_copy(tree);
}

/* Comparing */

static bool scalar_equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b)) {
        if (json_is_integer(a) && json_is_integer(b)) {
            return json_integer_value(a) == json_integer_value(b);
        }
        return json_number_value(a) == json_number_value(b);
    }
    return json_equal(a, b) == 1;
}

static bool absent(const json_t *v)
{
    return !v || json_is_null(v);
}

bool k8s_tree_equal(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    size_t i;

    if (absent(a) || absent(b)) {
        return absent(a) && absent(b);
    }
    if (json_is_object(a) && json_is_object(b)) {
        json_object_foreach((json_t *)a, key, value) {
            if (!k8s_tree_equal(value, json_object_get(b, key))) {
                return false;
            }
        }
        json_object_foreach((json_t *)b, key, value) {
            if (!absent(value) && !json_object_get(a, key)) {
                return false;
            }
        }
        return true;
    }
    if (json_is_array(a) && json_is_array(b)) {
        if (json_array_size(a) != json_array_size(b)) {
            return false;
        }
        json_array_foreach(a, i, value) {
            if (!k8s_tree_equal(value, json_array_get(b, i))) {
                return false;
            }
        }
        return true;
    }
    return scalar_equal(a, b);
}

bool k8s_tree_contains(const json_t *whole, const json_t *part)
{
    const char *key;
    json_t *value;
    size_t i;

    if (absent(part)) {
        return true;
    }
    if (json_is_object(part)) {
        json_object_foreach((json_t *)part, key, value) {
            if (!absent(value) && !k8s_tree_contains(json_object_get(whole, key), value)) {
                return false;
            }
        }
        return json_is_object(whole);
    }
    if (json_is_array(part)) {
        if (!json_is_array(whole) || json_array_size(whole) != json_array_size(part)) {
            return false;
        }
        json_array_foreach(part, i, value) {
            if (!k8s_tree_contains(json_array_get(whole, i), value)) {
                return false;
            }
        }
        return true;
    }
    return whole && scalar_equal(whole, part);
}

typedef struct differ {
    iac_buf path, out;
    size_t found, limit;
} differ;

static void difference_found(differ *d)
{
    if (d->found++ < d->limit) {
        iac_buf_printf(&d->out, "%s%s", d->found > 1 ? ", " : "", d->path.p);
    }
}

static void differences(differ *d, const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    size_t i;

    if (k8s_tree_equal(a, b)) {
        return;
    }
    if (json_is_object(a) && json_is_object(b)) {
        json_object_foreach((json_t *)a, key, value) {
            size_t before = path_push_name(&d->path, key);
            differences(d, value, json_object_get(b, key));
            path_cut(&d->path, before);
        }
        json_object_foreach((json_t *)b, key, value) {
            if (!json_object_get(a, key)) {
                size_t before = path_push_name(&d->path, key);
                differences(d, NULL, value);
                path_cut(&d->path, before);
            }
        }
    } else if (json_is_array(a) && json_is_array(b) && json_array_size(a) == json_array_size(b)) {
        json_array_foreach(a, i, value) {
            size_t before = path_push_index(&d->path, i);
            differences(d, value, json_array_get(b, i));
            path_cut(&d->path, before);
        }
    } else {
        difference_found(d);
    }
}

char *k8s_tree_differences(const json_t *a, const json_t *b, size_t limit)
{
    differ d = { .limit = limit };

    iac_buf_init(&d.path, 1 << 16);
    iac_buf_init(&d.out, 1 << 16);
    differences(&d, a, b);
    if (d.found > limit) {
        iac_buf_printf(&d.out, " and %zu more", d.found - limit);
    }
    iac_buf_clear(&d.path);
    if (d.found == 0) {
        iac_buf_clear(&d.out);
        return NULL;
    }
    return iac_buf_detach(&d.out);
}

uint64_t k8s_tree_hash(const json_t *tree)
{
    const char *key;
    json_t *value;
    size_t i;
    uint64_t hash = tree ? (uint64_t)json_typeof(tree) + 1 : 0;

    if (json_is_object(tree)) {
        json_object_foreach((json_t *)tree, key, value) {
            if (!json_is_null(value)) { /* a sum, so that the order of members does not matter */
                hash += iac_hash_mix(iac_str_hash(iac_str_of(key)), k8s_tree_hash(value));
            }
        }
        return iac_hash_mix(hash, 0x9e3779b97f4a7c15u);
    }
    if (json_is_array(tree)) {
        json_array_foreach(tree, i, value) {
            hash = iac_hash_mix(hash, k8s_tree_hash(value));
        }
        return hash;
    }
    if (json_is_string(tree)) {
        return iac_hash_mix(3, iac_str_hash((iac_str){ json_string_value(tree), json_string_length(tree) }));
    }
    if (json_is_number(tree)) {
        char text[40];
        k8s_number_text(json_number_value(tree), text, sizeof(text));
        return iac_hash_mix(4, iac_str_hash(iac_str_of(text)));
    }
    return iac_hash_mix(5, hash);
}

#include "providers/aws/tree.h"
#include <stdlib.h>
#include <string.h>

#define MAX_STEP 256

/* One step of a path: a name, or a name with a filter. */
typedef struct step {
    char name[MAX_STEP];
    char filter[MAX_STEP]; /* "Sub.Path" or empty */
    char equals[MAX_STEP];
} step;

static void copy_part(char *to, const char *from, size_t n)
{
    n = n < MAX_STEP - 1 ? n : MAX_STEP - 1;
    memcpy(to, from, n);
    to[n] = '\0';
}

/* Takes the first step off a path. */
static const char *next_step(const char *path, step *ret)
{
    size_t n = strcspn(path, ".[");

    copy_part(ret->name, path, n);
    ret->filter[0] = ret->equals[0] = '\0';
    path += n;
    if (*path == '[') {
        const char *end = strchr(path, ']');
        const char *equals = strchr(path, '=');
        if (!end || !equals || equals > end) {
            return path + strlen(path);
        }
        copy_part(ret->filter, path + 1, (size_t)(equals - path - 1));
        copy_part(ret->equals, equals + 1, (size_t)(end - equals - 1));
        path = end + 1;
    }
    return *path == '.' ? path + 1 : path;
}

static bool is_index(const char *name)
{
    return name[0] >= '0' && name[0] <= '9' && strspn(name, "0123456789") == strlen(name);
}

static json_t *pick(json_t *list, const step *s)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item) {
        if (strcmp(aws_tree_str(item, s->filter), s->equals) == 0) {
            return item;
        }
    }
    return NULL;
}

json_t *aws_tree_get(json_t *root, const char *path)
{
    step s;

    while (root && *path) {
        path = next_step(path, &s);
        if (json_is_array(root)) {
            root = is_index(s.name) ? json_array_get(root, strtoul(s.name, NULL, 10)) : NULL;
        } else {
            root = json_object_get(root, s.name);
        }
        if (root && s.filter[0]) {
            root = pick(root, &s);
        }
    }
    return root;
}

const char *aws_tree_str(json_t *root, const char *path)
{
    const char *s = json_string_value(aws_tree_get(root, path));

    return s ? s : "";
}

/* The child of root named or numbered so, made of the kind given when absent. */
static json_t *child(json_t *root, const char *name, bool list)
{
    json_t *found;

    if (json_is_array(root)) {
        found = is_index(name) ? json_array_get(root, strtoul(name, NULL, 10)) : NULL;
        if (!found) {
            found = list ? json_array() : json_object();
            json_array_append_new(root, found);
        }
        return found;
    }
    found = json_object_get(root, name);
    if (!found) {
        found = list ? json_array() : json_object();
        json_object_set_new(root, name, found);
    }
    return found;
}

void aws_tree_set(json_t *root, const char *path, json_t *value)
{
    step s, next;

    for (;;) {
        path = next_step(path, &s);
        if (!*path) {
            break;
        }
        next_step(path, &next);
        root = child(root, s.name, is_index(next.name));
    }
    if (json_is_object(root)) {
        json_object_set_new(root, s.name, value);
    } else if (json_is_array(root) && is_index(s.name) && strtoul(s.name, NULL, 10) < json_array_size(root)) {
        json_array_set_new(root, strtoul(s.name, NULL, 10), value);
    } else if (json_is_array(root)) {
        json_array_append_new(root, value);
    } else {
        json_decref(value);
    }
}

const char *aws_tree_text(const json_t *value, iac_buf *buf)
{
    iac_buf_reset(buf);
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        iac_buf_add(buf, json_string_value(value), json_string_length(value));
        return buf->p;
    case JSON_INTEGER:
        iac_buf_printf(buf, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return buf->p;
    case JSON_REAL:
        iac_buf_printf(buf, "%.17g", json_real_value(value));
        return buf->p;
    case JSON_TRUE:
    case JSON_FALSE:
        iac_buf_cstr(buf, json_is_true(value) ? "true" : "false");
        return buf->p;
    default:
        return NULL;
    }
}

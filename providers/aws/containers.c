/* The container definitions of an ECS task: a JSON text in the configuration, a structure to the API, which fills in
 * what was left out. Two texts mean the same when they differ only in that and in the order of what has names. */
#include "providers/aws/hooks.h"
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(aws_tree_str(*(json_t *const *)a, "name"), aws_tree_str(*(json_t *const *)b, "name"));
}

/* Sorts a list of objects by their names, in place; equal names keep their order. */
static void sort_by_name(json_t *list)
{
    size_t n = json_array_size(list);
    json_t **items = iac_xcalloc(n + 1, sizeof(*items));

    for (size_t i = 0; i < n; i++) {
        items[i] = json_incref(json_array_get(list, i));
    }
    if (n > 1) {
        qsort(items, n, sizeof(*items), by_name);
    }
    json_array_clear(list);
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, items[i]);
    }
    free(items);
}

static void drop_nulls(json_t *value, unsigned depth)
{
    const char *key;
    json_t *item;
    void *next;
    size_t i;

    if (depth > 64) {
        return;
    }
    json_array_foreach(value, i, item) {
        drop_nulls(item, depth + 1);
    }
    json_object_foreach_safe(value, next, key, item) {
        if (json_is_null(item)) {
            json_object_del(value, key);
        } else {
            drop_nulls(item, depth + 1);
        }
    }
}

static json_t *parse(iac_str text)
{
    json_t *list = json_loadb(text.p ? text.p : "", text.n, 0, NULL), *item;
    size_t i;

    if (json_is_array(list)) {
        json_array_foreach(list, i, item) {
            if (!json_is_object(item)) {
                json_decref(list);
                return NULL;
            }
        }
        return list;
    }
    json_decref(list);
    return NULL;
}

/* Takes a member away when it says what the API would fill in anyway. */
static void drop_if(json_t *object, const char *key, json_t *usual)
{
    if (json_equal(json_object_get(object, key), usual)) {
        json_object_del(object, key);
    }
    json_decref(usual);
}

const char *aws_containers_normal(iacp_call *call, iac_str text)
{
    json_t *list = parse(text), *item;
    const char *copy = NULL;
    size_t i;

    if (!list) {
        return NULL;
    }
    drop_nulls(list, 0);
    sort_by_name(list);
    json_array_foreach(list, i, item) {
        sort_by_name(json_object_get(item, "environment"));
        drop_if(item, "cpu", json_integer(0));
    }
    char *out = json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS);
    if (out) {
        copy = sdk_strndup(call, out, strlen(out));
    }
    free(out);
    json_decref(list);
    return copy;
}

static void drop_empty(json_t *value, unsigned depth)
{
    const char *key;
    json_t *item;
    void *next;
    size_t i;

    if (depth > 64) {
        return;
    }
    json_array_foreach(value, i, item) {
        drop_empty(item, depth + 1);
    }
    json_object_foreach_safe(value, next, key, item) {
        drop_empty(item, depth + 1);
        if ((json_is_array(item) && json_array_size(item) == 0) ||
            (json_is_object(item) && json_object_size(item) == 0)) {
            json_object_del(value, key);
        }
    }
}

static void reduce_ports(json_t *ports, bool awsvpc)
{
    json_t *port;
    size_t i;

    json_array_foreach(ports, i, port) {
        drop_if(port, "protocol", json_string("tcp"));
        drop_if(port, "hostPort", json_integer(0));
        if (awsvpc) {
            drop_if(port, "hostPort", json_incref(json_object_get(port, "containerPort")));
        }
    }
}

static void reduce(json_t *container, bool awsvpc)
{
    json_t *health = json_object_get(container, "healthCheck");

    drop_if(container, "essential", json_true());
    drop_if(container, "cpu", json_integer(0));
    reduce_ports(json_object_get(container, "portMappings"), awsvpc);
    sort_by_name(json_object_get(container, "environment"));
    sort_by_name(json_object_get(container, "secrets"));
    if (json_is_object(health)) {
        drop_if(health, "interval", json_integer(30));
        drop_if(health, "timeout", json_integer(5));
        drop_if(health, "retries", json_integer(3));
    }
    drop_empty(container, 0);
}

static json_t *reduced(iac_str text, bool awsvpc)
{
    json_t *list = parse(text), *item;
    size_t i;

    if (list) {
        drop_nulls(list, 0);
        sort_by_name(list);
        json_array_foreach(list, i, item) {
            reduce(item, awsvpc);
        }
    }
    return list;
}

bool aws_containers_equal(iac_str a, iac_str b, bool awsvpc)
{
    json_t *x = reduced(a, awsvpc), *y = reduced(b, awsvpc);
    bool equal = x && y && json_equal(x, y);

    json_decref(x);
    json_decref(y);
    return equal;
}

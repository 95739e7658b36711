#include "state/state.h"

#include "lang/value/json.h"
#include <stdlib.h>
#include <string.h>

/* Worse ones later. */
static const iac_str statuses[] = { IAC_STR_INIT("pass"), IAC_STR_INIT("unknown"), IAC_STR_INIT("fail"),
                                    IAC_STR_INIT("error") };

/* As machine formats call them, and as state files do. */
static const iac_str kinds[][2] = {
    { IAC_STR_INIT("resource"), IAC_STR_INIT("resource") },
    { IAC_STR_INIT("output_value"), IAC_STR_INIT("output") },
    { IAC_STR_INIT("check"), IAC_STR_INIT("check") },
    { IAC_STR_INIT("var"), IAC_STR_INIT("var") },
};

static size_t rank(iac_str status)
{
    for (size_t i = 0; i < IAC_COUNT(statuses); i++)
        if (iac_str_eq(status, statuses[i]))
            return i;
    return 1; /* of a later release: nothing we know */
}

iac_str iac_checks_status(const iac_check_result *checks, size_t n)
{
    size_t worst = 0;
    for (size_t i = 0; i < n; i++)
        if (rank(checks[i].status) > worst)
            worst = rank(checks[i].status);
    return statuses[worst];
}

/* ---- writing ---- */

static void add_member(iac_buf *out, const char *name, iac_str text)
{
    iac_buf_printf(out, "\"%s\":", name);
    iac_json_string(out, text, true);
}

static void add_instance(iac_buf *out, const iac_check_result *check)
{
    iac_buf_char(out, '{');
    add_member(out, "object_addr", check->address);
    iac_buf_char(out, ',');
    add_member(out, "status", check->status);
    for (size_t i = 0; i < check->message_count; i++) {
        iac_buf_cstr(out, i ? "," : ",\"failure_messages\":[");
        iac_json_string(out, check->messages[i], true);
    }
    iac_buf_cstr(out, check->message_count ? "]}" : "}");
}

void iac_checks_to_json(iac_buf *out, const iac_check_result *checks, size_t n)
{
    if (!n) {
        iac_buf_cstr(out, "null");
        return;
    }
    for (size_t i = 0, end; i < n; i = end) {
        iac_str kind = checks[i].kind;
        for (end = i + 1; end < n && iac_str_eq(checks[end].object, checks[i].object);)
            end++;
        for (size_t k = 0; k < IAC_COUNT(kinds); k++)
            if (iac_str_eq(kind, kinds[k][0]))
                kind = kinds[k][1];
        iac_buf_cstr(out, i ? ",{" : "[{");
        add_member(out, "object_kind", kind);
        iac_buf_char(out, ',');
        add_member(out, "config_addr", checks[i].object);
        iac_buf_char(out, ',');
        add_member(out, "status", iac_checks_status(&checks[i], end - i));
        iac_buf_cstr(out, ",\"objects\":");
        for (size_t k = i; k < end && checks[k].address.n; k++) {
            iac_buf_char(out, k > i ? ',' : '[');
            add_instance(out, &checks[k]);
        }
        iac_buf_cstr(out, checks[i].address.n ? "]}" : "null}");
    }
    iac_buf_char(out, ']');
}

/* ---- reading ---- */

static iac_str text_of(const iac_value *v, const char *name)
{
    const iac_value *item = iac_value_get_cstr(v, name);
    return item && item->state == IAC_KNOWN && item->kind == IAC_STRING ? item->string : (iac_str){ 0 };
}

static const iac_value *list_of(const iac_value *v, const char *name)
{
    const iac_value *item = iac_value_get_cstr(v, name);
    return item && item->state == IAC_KNOWN && item->kind == IAC_TUPLE ? item : NULL;
}

static void read_messages(iac_arena *arena, const iac_value *v, iac_check_result *check)
{
    const iac_value *list = list_of(v, "failure_messages");
    if (!list)
        return;
    iac_str *messages = iac_arena_array(arena, iac_str, list->n);
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i]->state == IAC_KNOWN && list->items[i]->kind == IAC_STRING)
            messages[check->message_count++] = list->items[i]->string;
    check->messages = messages;
}

static int by_address(const void *a, const void *b)
{
    const iac_check_result *x = a, *y = b;
    int order = iac_str_cmp(x->object, y->object);
    return order ? order : iac_str_cmp(x->address, y->address);
}

void iac_checks_from_value(iac_arena *arena, const iac_value *v, const iac_check_result **ret, size_t *ret_count)
{
    IAC_VEC(iac_check_result) list = { 0 };
    bool is_list = v && v->state == IAC_KNOWN && v->kind == IAC_TUPLE;
    for (size_t i = 0; is_list && i < v->n; i++) {
        const iac_value *item = v->items[i];
        if (item->state != IAC_KNOWN || item->kind != IAC_OBJECT || !text_of(item, "config_addr").n)
            continue;
        const iac_value *instances = list_of(item, "objects");
        iac_check_result check = { .kind = text_of(item, "object_kind"), .object = text_of(item, "config_addr"),
                                   .status = text_of(item, "status") };
        for (size_t k = 0; k < IAC_COUNT(kinds); k++)
            if (iac_str_eq(check.kind, kinds[k][1]))
                check.kind = kinds[k][0];
        if (!instances || !instances->n)
            iac_vec_push(&list, check);
        for (size_t k = 0; instances && k < instances->n; k++) {
            const iac_value *instance = instances->items[k];
            if (instance->state != IAC_KNOWN || instance->kind != IAC_OBJECT)
                continue;
            check.address = text_of(instance, "object_addr");
            check.status = text_of(instance, "status");
            check.message_count = 0;
            read_messages(arena, instance, &check);
            if (check.address.n)
                iac_vec_push(&list, check);
        }
    }
    iac_check_result *checks = iac_arena_array(arena, iac_check_result, list.n);
    if (list.n) {
        memcpy(checks, list.v, list.n * sizeof(*checks));
        qsort(checks, list.n, sizeof(*checks), by_address);
    }
    *ret = checks;
    *ret_count = list.n;
    iac_vec_clear(&list);
}

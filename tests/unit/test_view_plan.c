/* Plans drawn as Terraform draws them: tests/unit/data/view/CASE holds a plan of Terraform's in its JSON format, the
 * schemas of the resources in it, and the text that Terraform made of it (with our name in it). The JSON plan that we
 * write of it must say the same as the one that was read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/view/view.h"
#include "lang/value/json.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA "tests/unit/data/view"

static iac_str read_file(iac_arena *arena, const char *dir, const char *name)
{
    iac_str path = iac_arena_printf(arena, "%s/%s", dir, name);
    FILE *in = fopen(path.p, "rb");
    if (!in)
        return (iac_str){ 0 };
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    char bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), in)) > 0;)
        iac_buf_add(&text, bytes, n);
    fclose(in);
    iac_str ret = iac_arena_str(arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return ret;
}

static const iac_value *parse(iac_arena *arena, iac_str json)
{
    iac_str error;
    size_t offset;
    const iac_value *v = iac_value_from_json(arena, json, &error, &offset);
    assert_non_null(v);
    return v;
}

static const iac_value *member(const iac_value *v, const char *name)
{
    return v && v->state == IAC_KNOWN && v->kind == IAC_OBJECT ? iac_value_get_cstr(v, name) : NULL;
}

static iac_str text_of(const iac_value *v, const char *name)
{
    const iac_value *item = member(v, name);
    return item && item->state == IAC_KNOWN && item->kind == IAC_STRING ? item->string : (iac_str){ 0 };
}

static bool is_true(const iac_value *v)
{
    return v && v->state == IAC_KNOWN && v->kind == IAC_BOOL && v->boolean;
}

static size_t items_of(const iac_value *v)
{
    return v && v->state == IAC_KNOWN && (v->kind == IAC_TUPLE || v->kind == IAC_OBJECT) ? v->n : 0;
}

static const iac_value *item_at(const iac_value *v, size_t i)
{
    return i < items_of(v) && v->kind == IAC_TUPLE ? v->items[i] : NULL;
}

static const iac_value *get(const iac_value *v, iac_str name)
{
    return v && v->state == IAC_KNOWN && v->kind == IAC_OBJECT ? iac_value_get(v, name) : NULL;
}

/* ---- a value out of the three trees of the plan format ---- */

static const iac_value *build(iac_arena *a, const iac_type *type, const iac_value *json, const iac_value *unknown,
                              const iac_value *sensitive);

static const iac_value *build_members(iac_arena *a, const iac_type *type, const iac_value *json,
                                      const iac_value *unknown, const iac_value *sensitive)
{
    size_t max = items_of(json) + items_of(unknown) + (type->kind == IAC_OBJECT ? type->n : 0), n = 0;
    iac_str *keys = iac_arena_array(a, iac_str, max);
    const iac_value **items = iac_arena_array(a, const iac_value *, max);
    if (type->kind == IAC_OBJECT) {
        for (; n < type->n; n++) {
            iac_str key = type->names[n];
            keys[n] = key;
            items[n] = build(a, type->items[n], get(json, key), get(unknown, key), get(sensitive, key));
        }
        return iac_value_object(a, keys, items, n);
    }
    for (int pass = 0; pass < 2; pass++) {
        const iac_value *from = pass ? unknown : json;
        for (size_t i = 0; i < items_of(from); i++) {
            iac_str key = from->keys[i];
            if (pass && get(json, key))
                continue;
            keys[n] = key;
            items[n++] = build(a, type->kind == IAC_MAP ? type->element : &iac_type_dynamic, get(json, key),
                               get(unknown, key), get(sensitive, key));
        }
    }
    return type->kind == IAC_MAP ? iac_value_map(a, type->element, keys, items, n)
                                 : iac_value_object(a, keys, items, n);
}

static const iac_value *build_items(iac_arena *a, const iac_type *type, const iac_value *json,
                                    const iac_value *unknown, const iac_value *sensitive)
{
    size_t n = items_of(json);
    const iac_value **items = iac_arena_array(a, const iac_value *, n);
    bool typed = type->kind == IAC_LIST || type->kind == IAC_SET;
    for (size_t i = 0; i < n; i++)
        items[i] = build(a, typed ? type->element : &iac_type_dynamic, item_at(json, i), item_at(unknown, i),
                         item_at(sensitive, i));
    if (type->kind == IAC_SET)
        return iac_value_set(a, type->element, items, n);
    return typed ? iac_value_list(a, type->element, items, n) : iac_value_tuple(a, items, n);
}

/* What is not known yet may be known to be an object or a tuple: that shows in the shape of what is sensitive. */
static const iac_type *unknown_type(iac_arena *a, const iac_type *type, const iac_value *sensitive)
{
    if (type->kind != IAC_DYNAMIC || !sensitive || sensitive->kind == IAC_BOOL)
        return type;
    return sensitive->kind == IAC_OBJECT ? iac_type_object(a, NULL, NULL, NULL, 0) : iac_type_tuple(a, NULL, 0);
}

static const iac_value *build(iac_arena *a, const iac_type *type, const iac_value *json, const iac_value *unknown,
                              const iac_value *sensitive)
{
    const iac_value *v;
    bool object = json && json->state == IAC_KNOWN && json->kind == IAC_OBJECT;
    if (is_true(unknown))
        v = iac_value_unknown(a, unknown_type(a, type, sensitive));
    else if (!json || iac_is_null(json))
        v = iac_value_null(a, type);
    else if (object)
        v = build_members(a, type, json, unknown, sensitive);
    else if (json->kind == IAC_TUPLE)
        v = build_items(a, type, json, unknown, sensitive);
    else
        v = json;
    return is_true(sensitive) ? iac_value_mark(a, v, IAC_SENSITIVE) : v;
}

/* ---- the plan ---- */

static iac_action action_of(const iac_value *change)
{
    static const struct {
        const char *names;
        iac_action action;
    } rows[] = {
        { "[\"no-op\"]", IAC_ACTION_NOOP },
        { "[\"create\"]", IAC_ACTION_CREATE },
        { "[\"read\"]", IAC_ACTION_READ },
        { "[\"update\"]", IAC_ACTION_UPDATE },
        { "[\"delete\",\"create\"]", IAC_ACTION_DELETE_CREATE },
        { "[\"create\",\"delete\"]", IAC_ACTION_CREATE_DELETE },
        { "[\"delete\"]", IAC_ACTION_DELETE },
        { "[\"forget\"]", IAC_ACTION_FORGET },
    };
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_value_to_json(&text, member(change, "actions"));
    size_t i = 0;
    while (i < IAC_COUNT(rows) && strcmp(rows[i].names, text.p) != 0)
        i++;
    assert_true(i < IAC_COUNT(rows));
    iac_buf_clear(&text);
    return rows[i].action;
}

static iac_reason reason_of(iac_str name)
{
#define X(reason, text) \
    if (iac_str_is(name, text)) \
        return reason;
    IAC_REASONS(X)
#undef X
    fail_msg("%.*s", IAC_FMT(name));
    return IAC_REASON_NONE;
}

static iac_path path_of(iac_arena *a, const iac_value *v)
{
    iac_step *steps = iac_arena_array(a, iac_step, items_of(v));
    for (size_t i = 0; i < items_of(v); i++) {
        if (v->items[i]->kind == IAC_STRING) {
            steps[i] = (iac_step){ .kind = IAC_STEP_ATTR, .name = v->items[i]->string };
        } else {
            steps[i].kind = IAC_STEP_INDEX;
            assert_true(iac_value_to_int(v->items[i], &steps[i].index));
        }
    }
    return (iac_path){ steps, items_of(v) };
}

static iac_paths paths_of(iac_arena *a, const iac_value *v)
{
    iac_path *paths = iac_arena_array(a, iac_path, items_of(v));
    for (size_t i = 0; i < items_of(v); i++)
        paths[i] = path_of(a, v->items[i]);
    return (iac_paths){ paths, items_of(v) };
}

static iac_addr addr_of(iac_arena *a, iac_str text)
{
    iac_addr addr;
    iac_diags diags = IAC_DIAGS_INIT;
    assert_int_equal(iac_addr_parse(a, text, &addr, &diags), IAC_OK);
    return addr;
}

static const iac_schema *schema_of(iac_arena *a, const iac_value *schemas, iac_str mode, iac_str type)
{
    const iac_value *json = get(member(schemas, iac_str_is(mode, "data") ? "data" : "managed"), type);
    assert_non_null(json);
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_value_to_json(&text, json);
    iac_str error;
    const iac_schema *schema = iac_schema_from_json(a, iac_arena_str(a, iac_buf_view(&text)), &error);
    assert_non_null(schema);
    iac_buf_clear(&text);
    return schema;
}

static iac_change change_of(iac_arena *a, const iac_value *json, const iac_value *schemas)
{
    const iac_value *change = member(json, "change");
    const iac_schema *schema = schema_of(a, schemas, text_of(json, "mode"), text_of(json, "type"));
    iac_change c = { .addr = addr_of(a, text_of(json, "address")), .deposed = text_of(json, "deposed"),
                     .action = action_of(change), .reason = reason_of(text_of(json, "action_reason")),
                     .provider = text_of(json, "provider_name"), .schema = schema };
    iac_str previous = text_of(json, "previous_address");
    c.moved = previous.n > 0;
    c.previous = c.moved ? addr_of(a, previous) : c.addr;
    c.before = build(a, schema->block->type, member(change, "before"), NULL, member(change, "before_sensitive"));
    c.after = build(a, schema->block->type, member(change, "after"), member(change, "after_unknown"),
                    member(change, "after_sensitive"));
    c.replace_paths = paths_of(a, member(change, "replace_paths"));
    c.import_id = text_of(member(change, "importing"), "id");
    return c;
}

static const iac_change *changes_of(iac_arena *a, const iac_value *list, const iac_value *schemas, size_t *ret_count)
{
    iac_change *changes = iac_arena_array(a, iac_change, items_of(list));
    for (size_t i = 0; i < items_of(list); i++)
        changes[i] = change_of(a, list->items[i], schemas);
    *ret_count = items_of(list);
    return changes;
}

static const iac_type *output_type(iac_arena *a, const iac_value *json, iac_str name)
{
    const iac_value *type = member(get(member(member(json, "planned_values"), "outputs"), name), "type");
    if (!type)
        return &iac_type_dynamic;
    iac_buf text;
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_value_to_json(&text, type);
    const iac_type *ret = iac_type_from_json(a, iac_buf_view(&text));
    iac_buf_clear(&text);
    assert_non_null(ret);
    return ret;
}

static iac_plan plan_of(iac_arena *a, const iac_value *json, const iac_value *schemas)
{
    iac_plan plan = { .timestamp = text_of(json, "timestamp"), .errored = is_true(member(json, "errored")),
                      .complete = is_true(member(json, "complete")), .applyable = is_true(member(json, "applyable")) };
    if (iac_str_is(text_of(json, "mode"), "refresh-only")) /* the format does not say, the case does */
        plan.mode = IAC_PLAN_REFRESH_ONLY;
    else if (iac_str_is(text_of(json, "mode"), "destroy"))
        plan.mode = IAC_PLAN_DESTROY;
    plan.changes = changes_of(a, member(json, "resource_changes"), schemas, &plan.change_count);
    plan.drift = changes_of(a, member(json, "resource_drift"), schemas, &plan.drift_count);
    const iac_value *outputs = member(json, "output_changes"), *relevant = member(json, "relevant_attributes");
    iac_output_change *o = iac_arena_array(a, iac_output_change, items_of(outputs));
    for (size_t i = 0; i < items_of(outputs); i++) {
        const iac_value *change = outputs->items[i];
        o[i] = (iac_output_change){ .name = outputs->keys[i], .action = action_of(change),
                                    .sensitive = is_true(member(change, "after_sensitive")) };
        if (o[i].action != IAC_ACTION_CREATE)
            o[i].before = build(a, &iac_type_dynamic, member(change, "before"), NULL, NULL);
        if (o[i].action != IAC_ACTION_DELETE)
            o[i].after = build(a, output_type(a, json, o[i].name), member(change, "after"),
                               member(change, "after_unknown"), NULL);
    }
    plan.outputs = o;
    plan.output_count = items_of(outputs);
    iac_relevant *attributes = iac_arena_array(a, iac_relevant, items_of(relevant));
    for (size_t i = 0; i < items_of(relevant); i++)
        attributes[i] = (iac_relevant){ addr_of(a, text_of(relevant->items[i], "resource")),
                                        path_of(a, member(relevant->items[i], "attribute")) };
    plan.relevant = attributes;
    plan.relevant_count = items_of(relevant);
    return plan;
}

/* ---- comparing ---- */

/* Members of the document that a plan without configuration and state has. */
static void same_member(iac_arena *a, const char *name, const iac_value *got, const iac_value *want)
{
    const iac_value *x = member(got, name), *y = member(want, name);
    (void)a;
    if (!x && !y)
        return;
    assert_true(x && y);
    iac_buf left, right;
    iac_buf_init(&left, IAC_BUF_UNLIMITED);
    iac_buf_init(&right, IAC_BUF_UNLIMITED);
    iac_value_to_json(&left, x);
    iac_value_to_json(&right, y);
    assert_string_equal(left.p, right.p);
    iac_buf_clear(&left);
    iac_buf_clear(&right);
}

static void check_case(const char *name)
{
    iac_arena *a = iac_arena_new();
    iac_str dir = iac_arena_printf(a, DATA "/%s", name);
    const iac_value *json = parse(a, read_file(a, dir.p, "plan.json"));
    const iac_value *schemas = parse(a, read_file(a, dir.p, "schemas.json"));
    iac_str want = read_file(a, dir.p, "plan.txt");
    iac_plan plan = plan_of(a, json, schemas);
    iac_view_options options = { 0 };
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_view_plan(&out, &plan, &options);
    print_message("%s\n", name);
    if (getenv("IAC_SHOW_TEXT"))
        fwrite(out.p, 1, out.n, stdout);
    assert_string_equal(out.p, want.p);
    iac_buf_reset(&out);
    iac_json_plan(&out, &plan, NULL, false);
    if (getenv("IAC_SHOW_JSON"))
        fwrite(out.p, 1, out.n, stdout);
    const iac_value *got = parse(a, iac_str_trim(iac_buf_view(&out)));
    static const char *const members[] = { "format_version", "terraform_version", "planned_values", "resource_changes",
                                           "resource_drift",
                                           "output_changes", "relevant_attributes", "timestamp", "applyable",
                                           "complete", "errored" };
    for (size_t i = 0; i < IAC_COUNT(members); i++)
        same_member(a, members[i], got, json);
    iac_buf_clear(&out);
    iac_arena_free(a);
}

static void test_view_plan__reads_as_terraforms(void **unused)
{
    (void)unused;
    DIR *dir = opendir(DATA);
    assert_non_null(dir);
    const char *only = getenv("IAC_CASE");
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.' && (!only || strcmp(only, entry->d_name) == 0))
            check_case(entry->d_name);
    }
    closedir(dir);
}

static void test_view_plan__gathers_the_results_of_checks(void **unused)
{
    (void)unused;
    static const iac_str message = IAC_STR_INIT("nope");
    static const iac_check_result checks[] = {
        { IAC_STR_INIT("check"), IAC_STR_INIT("check.a"), IAC_STR_INIT("check.a"), IAC_STR_INIT("fail"), &message, 1 },
        { IAC_STR_INIT("output_value"), IAC_STR_INIT("module.m.output.o"), IAC_STR_INIT("module.m[0].output.o"),
          IAC_STR_INIT("pass"), NULL, 0 },
        { IAC_STR_INIT("resource"), IAC_STR_INIT("t.x"), IAC_STR_INIT("t.x[0]"), IAC_STR_INIT("pass"), NULL, 0 },
        { IAC_STR_INIT("resource"), IAC_STR_INIT("t.x"), IAC_STR_INIT("t.x[1]"), IAC_STR_INIT("unknown"), NULL, 0 },
    };
    iac_plan plan = { .checks = checks, .check_count = IAC_COUNT(checks) };
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    iac_json_plan(&out, &plan, NULL, false);
    assert_non_null(strstr(
        out.p,
        "\"checks\":[{\"address\":{\"kind\":\"check\",\"name\":\"a\",\"to_display\":\"check.a\"},\"status\":\"fail\","
        "\"instances\":[{\"address\":{\"to_display\":\"check.a\"},\"status\":\"fail\",\"problems\":[{\"message\":"
        "\"nope\"}]}]},{\"address\":{\"kind\":\"output_value\",\"name\":\"o\",\"module\":\"module.m\",\"to_display\":"
        "\"module.m.output.o\"},\"status\":\"pass\",\"instances\":[{\"address\":{\"to_display\":\"module.m[0].output.o\","
        "\"module\":\"module.m[0]\"},\"status\":\"pass\"}]},{\"address\":{\"kind\":\"resource\",\"mode\":\"managed\","
        "\"type\":\"t\",\"name\":\"x\",\"to_display\":\"t.x\"},\"status\":\"unknown\",\"instances\":[{\"address\":{"
        "\"to_display\":\"t.x[0]\",\"instance_key\":0},\"status\":\"pass\"},{\"address\":{\"to_display\":\"t.x[1]\","
        "\"instance_key\":1},\"status\":\"unknown\"}]}]"));
    iac_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_plan__reads_as_terraforms),
        cmocka_unit_test(test_view_plan__gathers_the_results_of_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

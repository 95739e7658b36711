/* tests/unit/host_harness.h - a provider under test: values in JSON, one call a line. Each function fails the test when
 * the call does not do what its name says. */
#ifndef IAC_TESTS_HOST_HARNESS_H
#define IAC_TESTS_HOST_HARNESS_H
#include "engine/host/host.h"
#include "lang/value/convert.h"
#include "lang/value/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static iac_arena *arena;
static iac_host *host;
static const iac_provider *provider;
static iac_instance *instance;
static iac_diags diags;

/* Where the build puts providers: beside the folder of the test programs. */
static const char *provider_dir(void)
{
    static char dir[4096];
    char self[2048];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    assert_true(n > 0);
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(dir, sizeof(dir), "%s/../providers", self);
    return dir;
}

static void load(const char *name)
{
    const char *dirs[] = { provider_dir() };
    arena = iac_arena_new();
    diags = (iac_diags)IAC_DIAGS_INIT;
    host = iac_host_new(&(iac_host_options){ .dirs = dirs, .dir_count = 1 });
    iac_status status = iac_host_provider(host, iac_str_of(name), IAC_NO_RANGE, &provider, &diags);
    if (status != IAC_OK)
        fail_msg("%s", diags.list.v[0].detail.p);
    assert_int_equal(iac_instance_open(provider, NULL, &instance, &diags), IAC_OK);
    assert_int_equal(iac_instance_configure(instance, NULL, &iac_empty_object, &diags), IAC_OK);
}

static void unload(void)
{
    iac_diags_clear(&diags);
    iac_host_free(host);
    iac_arena_free(arena);
}

static const iac_schema *schema_of(uint32_t kind, const char *type)
{
    const iac_schema *schema = iac_provider_find_schema(provider, kind, iac_str_of(type));
    assert_non_null(schema);
    return schema;
}

/* A configuration: the attributes of the JSON object, every other one null. */
static const iac_value *config_of(uint32_t kind, const char *type, const char *json)
{
    const iac_block_schema *block = schema_of(kind, type)->block;
    iac_str error = { "", 0 };
    size_t offset = 0;
    const iac_value *given = iac_value_from_json(arena, iac_str_of(json), &error, &offset);
    if (!given)
        fail_msg("%.*s", IAC_FMT(error));
    const iac_value *v = iac_schema_empty_value(arena, block);
    for (size_t i = 0; i < given->n; i++) {
        const iac_type *want = iac_type_attribute(block->type, given->keys[i]);
        assert_non_null(want);
        const iac_value *item = iac_convert(arena, given->items[i], want, &error, NULL);
        assert_non_null(item);
        v = iac_value_with(arena, v, given->keys[i], item);
    }
    return v;
}

static void say_diags(void)
{
    for (size_t i = 0; i < diags.list.n; i++)
        print_message("%s: %s\n", diags.list.v[i].summary.p, diags.list.v[i].detail.p);
}

static iac_status plan_status(const char *type, const iac_value *prior, const iac_value *config, iac_plan_answer *ret)
{
    const iac_block_schema *block = schema_of(IACP_SCHEMA_RESOURCE, type)->block;
    iac_plan_request request = {
        .type = iac_str_of(type),
        .prior = prior,
        .proposed = iac_schema_proposed(arena, block, prior ? prior : iac_value_null(arena, block->type), config),
        .config = config,
    };
    return iac_instance_plan(instance, NULL, arena, &request, ret, &diags);
}

/* A plan that succeeds and keeps the contract. */
static iac_plan_answer plan(const char *type, const iac_value *prior, const char *json)
{
    const iac_block_schema *block = schema_of(IACP_SCHEMA_RESOURCE, type)->block;
    const iac_value *config = config_of(IACP_SCHEMA_RESOURCE, type, json);
    iac_plan_answer answer = { 0 };
    iac_str error = { "", 0 };
    if (plan_status(type, prior, config, &answer) != IAC_OK)
        say_diags();
    assert_int_equal(diags.errors, 0);
    const iac_value *before = prior ? prior : iac_value_null(arena, block->type);
    if (!iac_schema_assert_plan_valid(arena, block, before, config, answer.planned, &error))
        fail_msg("%.*s", IAC_FMT(error));
    return answer;
}

static bool replaces(iac_plan_answer answer, const char *attribute)
{
    for (size_t i = 0; i < answer.requires_replace.n; i++)
        if (iac_str_is(answer.requires_replace.v[i].steps[0].name, attribute))
            return true;
    return false;
}

static iac_status apply_status(const char *type, const iac_value *prior, const iac_value *planned,
                               iac_apply_answer *ret)
{
    iac_apply_request request = {
        .type = iac_str_of(type),
        .prior = prior,
        .planned = planned,
        .config = planned,
        .token = IAC_STR("token"),
    };
    return iac_instance_apply(instance, NULL, arena, &request, ret, &diags);
}

/* Creates from a configuration; the result is what was planned. */
static const iac_value *create(const char *type, const char *json)
{
    iac_plan_answer planned = plan(type, NULL, json);
    iac_apply_answer answer;
    iac_str error = { "", 0 };
    if (apply_status(type, NULL, planned.planned, &answer) != IAC_OK)
        say_diags();
    assert_int_equal(diags.errors, 0);
    assert_non_null(answer.state);
    if (!iac_schema_assert_compatible(arena, schema_of(IACP_SCHEMA_RESOURCE, type)->block, planned.planned,
                                      answer.state, &error))
        fail_msg("%.*s", IAC_FMT(error));
    return answer.state;
}

static const iac_value *read_again(const char *type, const iac_value *state)
{
    iac_read_answer answer = { 0 };
    assert_int_equal(iac_instance_read(instance, NULL, arena, iac_str_of(type), state, (iac_str){ 0 }, &answer,
                                       &diags), IAC_OK);
    return answer.state;
}

static const iac_value *import(const char *type, const char *id)
{
    const iac_imported *imported = NULL;
    size_t count = 0;
    if (iac_instance_import(instance, NULL, arena, iac_str_of(type), iac_str_of(id), &imported, &count, &diags) !=
        IAC_OK)
        return NULL;
    assert_int_equal(count, 1);
    return imported[0].state;
}

/* Whether the provider accepts a configuration. */
static bool valid(uint32_t kind, const char *type, const char *json)
{
    return iac_instance_validate(instance, NULL, kind, iac_str_of(type), config_of(kind, type, json), &diags) ==
           IAC_OK;
}

static const char *get(const iac_value *v, const char *name)
{
    const iac_value *item = iac_value_get_cstr(v, name);
    assert_non_null(item);
    if (!iac_is_set_value(item))
        return iac_is_null(item) ? "null" : "unknown";
    switch (item->kind) {
    case IAC_STRING:
        return item->string.p;
    case IAC_NUMBER:
        return iac_arena_cstr(arena, iac_number_text(arena, item));
    case IAC_BOOL:
        return item->boolean ? "true" : "false";
    default:
        return "?";
    }
}

/* Each test includes all of these, and not every test needs each of them. */
static inline void host_harness_use_all(void)
{
    (void)load;
    (void)unload;
    (void)create;
    (void)read_again;
    (void)import;
    (void)valid;
    (void)get;
    (void)replaces;
}
#endif

/* Runs that die in the middle of a provider's call, and what the next run makes of it. The dying run is a child process
 * that the provider ends; what the provider has made is in memory shared with it. */
#include "engine/apply/apply.h"
#include "engine/plan/make.h"
#include "engine/plan/planfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a provider with a world of its own ---- */

enum { MOST = 64 };
enum { LIVE, DIE_BEFORE, DIE_AFTER, CANCEL_AFTER }; /* the change of the object named die_at */

static struct world {
    struct {
        bool exists;
        char id[16], name[32], token[40];
    } v[MOST];
    int n;
    int die;
    char die_at[32];
    uint32_t answer; /* of find, where the object is there: IACP_FOUND_* */
    int reads;
} *world;

static const iacp_host *h;
static atomic_int stop; /* of the run in this process */

static const char schema_text[] = "{\"version\":0,\"block\":{\"attributes\":{"
                                  "\"id\":{\"type\":\"string\",\"computed\":true},"
                                  "\"name\":{\"type\":\"string\",\"required\":true},"
                                  "\"kind\":{\"type\":\"string\",\"optional\":true}}}}";

static const char *const *type_names(uint32_t kind)
{
    static const char *const resources[] = { "stub_thing", NULL };
    return kind == IACP_SCHEMA_RESOURCE ? resources : NULL;
}

static const char *schema(iacp_call *call, uint32_t kind, const char *type)
{
    (void)call;
    return kind == IACP_SCHEMA_RESOURCE && strcmp(type, "stub_thing") == 0 ? schema_text : NULL;
}

static int32_t open_instance(iacp_call *call, void **ret)
{
    (void)call;
    *ret = world;
    return IACP_OK;
}

static int32_t configure(void *instance, iacp_call *call, iacp_configure *request)
{
    (void)instance;
    (void)call;
    (void)request;
    return IACP_OK;
}

static void close_instance(void *instance)
{
    (void)instance;
}

static const char *text(const iacp_value *object, const char *name)
{
    return h->string(h->get(object, name), NULL);
}

static int index_of(const char *id)
{
    for (int i = 0; i < world->n; i++)
        if (world->v[i].exists && strcmp(world->v[i].id, id) == 0)
            return i;
    return -1;
}

static const iacp_value *with_text(iacp_call *call, const iacp_value *object, const char *name, const char *value)
{
    return h->with(call, object, name, h->new_string(call, value, strlen(value)));
}

static int32_t read_thing(void *instance, iacp_call *call, iacp_read *request)
{
    (void)instance;
    int i = index_of(text(request->state, "id"));
    world->reads++;
    request->ret_state = i < 0 ? NULL : with_text(call, request->state, "name", world->v[i].name);
    return IACP_OK;
}

static int32_t plan_thing(void *instance, iacp_call *call, iacp_plan *request)
{
    static const char *const replace[] = { "kind" };
    (void)instance;
    request->ret_planned = request->proposed;
    if (h->state(request->prior) == IACP_NULL)
        request->ret_planned = h->with(call, request->proposed, "id", h->unknown(call, h->type_parse("string")));
    request->ret_requires_replace = replace;
    request->ret_requires_replace_count = 1;
    return IACP_OK;
}

static int32_t apply_thing(void *instance, iacp_call *call, iacp_apply *request)
{
    (void)instance;
    bool destroys = h->state(request->planned) == IACP_NULL, creates = h->state(request->prior) == IACP_NULL;
    const iacp_value *object = destroys ? request->prior : request->planned;
    bool dies = world->die != LIVE && strcmp(world->die_at, text(object, "name")) == 0;
    if (dies && world->die == DIE_BEFORE)
        _exit(9);
    int i = creates ? world->n++ : index_of(text(object, "id"));
    if (creates) {
        snprintf(world->v[i].id, sizeof(world->v[i].id), "id-%d", i);
        snprintf(world->v[i].token, sizeof(world->v[i].token), "%s", request->token);
    }
    if (i >= 0) {
        world->v[i].exists = !destroys;
        snprintf(world->v[i].name, sizeof(world->v[i].name), "%s", text(object, "name"));
    }
    if (dies && world->die == CANCEL_AFTER) {
        const iacp_diagnostic d = { .size = sizeof(d), .severity = IACP_SEVERITY_ERROR, .summary = "Cancelled" };
        atomic_store(&stop, 2);
        while (!h->wait(call, 10))
            continue;
        h->diagnostic(call, &d);
        return IACP_ERROR;
    }
    if (dies)
        _exit(9);
    if (!destroys)
        request->ret_state = with_text(call, object, "id", world->v[i].id);
    return IACP_OK;
}

static int32_t find_thing(void *instance, iacp_call *call, iacp_find *request)
{
    (void)instance;
    request->ret_found = IACP_FOUND_NOTHING;
    for (int i = 0; i < world->n; i++)
        if (world->v[i].exists && strcmp(world->v[i].token, request->token) == 0) {
            request->ret_found = world->answer;
            if (world->answer != IACP_FOUND_UNKNOWN)
                request->ret_state = with_text(call, request->planned, "id", world->v[i].id);
        }
    return IACP_OK;
}

static int32_t import_thing(void *instance, iacp_call *call, iacp_import *request)
{
    static const char *const names[] = { "id", "kind", "name" };
    (void)instance;
    const iacp_value *none = h->null(call, h->type_parse("string"));
    const iacp_value *items[] = { h->new_string(call, request->id, strlen(request->id)), none, none };
    static iacp_imported imported;
    static const iacp_imported *list[] = { &imported };
    imported = (iacp_imported){ .size = sizeof(imported), .state = h->new_object(call, 3, names, items) };
    request->ret_objects = list;
    request->ret_count = 1;
    return IACP_OK;
}

static const iacp_provider *entry(const iacp_host *table)
{
    static const iacp_provider provider = {
        .size = sizeof(provider), .abi_major = IACP_ABI_MAJOR, .abi_minor = IACP_ABI_MINOR,
        .name = "stub", .version = "1.0.0", .type_names = type_names, .schema = schema,
        .open = open_instance, .configure = configure, .close = close_instance,
        .read = read_thing, .plan = plan_thing, .apply = apply_thing, .find = find_thing, .import = import_thing,
    };
    h = table;
    return &provider;
}

static int there(void)
{
    int n = 0;
    for (int i = 0; i < world->n; i++)
        n += world->v[i].exists;
    return n;
}

/* ---- runs ---- */

struct run {
    char dir[64];
    iac_host *host;
    iac_diags diags;
    iac_arena *arena; /* of the last step */
    const iac_plan *plan;
    iac_apply_result result;
    bool through_file;
    /* of the next steps' plans */
    bool no_refresh;
    const iac_str *target;
    const iac_import_request *import;
    /* after the last step */
    size_t instances, deposed, intents;
};

static int set_up(void **state)
{
    struct run *r = calloc(1, sizeof(*r));
    strcpy(r->dir, "/tmp/iac-test-XXXXXX");
    if (!mkdtemp(r->dir))
        return -1;
    world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (world == MAP_FAILED)
        return -1;
    world->answer = IACP_FOUND_CERTAIN;
    r->host = iac_host_new(NULL);
    iac_host_add_builtin(r->host, "stub", entry);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct run *r = *state;
    char command[128];
    iac_host_free(r->host);
    iac_arena_free(r->arena);
    iac_diags_clear(&r->diags);
    snprintf(command, sizeof(command), "rm -rf %s", r->dir);
    int rc = system(command);
    munmap(world, sizeof(*world));
    free(r);
    return rc;
}

static void configure_with(struct run *r, const char *resources)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/main.tf", r->dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "terraform {\n  required_providers {\n    stub = { source = \"example.com/test/stub\" }\n  }\n}\n%s",
            resources);
    fclose(f);
}

static void show_diags(const struct run *r)
{
    for (size_t i = 0; i < r->diags.list.n; i++)
        fprintf(stderr, "%s: %.*s\n", r->diags.list.v[i].summary.p, IAC_FMT(r->diags.list.v[i].detail));
}

static iac_status through_file(struct run *r, iac_store *store, const iac_state *prior, const iac_intent *intents,
                               size_t intent_count)
{
    char path[96];
    const iac_plan *read = NULL;
    snprintf(path, sizeof(path), "%s/plan", r->dir);
    if (iac_planfile_write(r->plan, path, IAC_STR("key"), NULL, &r->diags) != IAC_OK ||
        iac_planfile_read(r->arena, path, IAC_STR("key"), NULL, &read, &r->diags) != IAC_OK)
        return IAC_ERR;
    iac_plan *again = iac_arena_new_of(r->arena, iac_plan);
    *again = *read;
    again->previous = prior;
    r->plan = again;
    if (iac_planfile_check(again, iac_store_lineage(store), iac_store_serial(store), &r->diags) != IAC_OK)
        return IAC_ERR;
    return iac_planfile_check_intents(again, intents, intent_count, &r->diags);
}

static iac_status plan_and_apply(struct run *r, iac_store *store, iac_plan_mode mode, bool apply)
{
    const iac_config *config = NULL;
    const iac_state *prior = NULL;
    const iac_intent *intents = NULL;
    size_t intent_count = 0;
    iac_map variables = { 0 };
    if (iac_config_load(r->arena, r->dir, NULL, &iac_config_reader_files, &config, &r->diags) != IAC_OK ||
        iac_store_lock(store, "apply", 0, &r->diags) != IAC_OK ||
        iac_store_read(store, r->arena, &prior, &r->diags) != IAC_OK ||
        iac_store_intents(store, r->arena, &intents, &intent_count, &r->diags) != IAC_OK)
        return IAC_ERR;
    iac_plan_options options = {
        .mode = mode, .host = r->host, .variables = &variables, .workspace = IAC_STR("default"),
        .cwd = IAC_STR("/"), .parallelism = 1, .intents = intents, .intent_count = intent_count,
        .no_refresh = r->no_refresh, .targets = r->target, .target_count = r->target != NULL,
        .imports = r->import, .import_count = r->import != NULL,
    };
    iac_status status = iac_plan_make(r->arena, config, prior, &options, &r->plan, &r->diags);
    if (status == IAC_OK && r->through_file)
        status = through_file(r, store, prior, intents, intent_count);
    if (status == IAC_OK && apply) {
        iac_apply_options apply_options = { .host = r->host, .store = store, .cwd = IAC_STR("/"), .parallelism = 1,
                                            .stop = &stop };
        status = iac_apply_plan(r->plan, &apply_options, &r->result, &r->diags);
    }
    return status;
}

static iac_status step(struct run *r, iac_plan_mode mode, bool apply)
{
    char path[96];
    iac_store *store = NULL;
    const iac_state *after = NULL;
    const iac_intent *intents = NULL;
    iac_arena_free(r->arena);
    r->arena = iac_arena_new();
    iac_diags_clear(&r->diags);
    r->plan = NULL;
    snprintf(path, sizeof(path), "%s/.iac", r->dir);
    assert_int_equal(iac_store_open(path, "default", true, &store, &r->diags), IAC_OK);
    iac_status status = plan_and_apply(r, store, mode, apply);
    assert_int_equal(iac_store_read(store, r->arena, &after, &r->diags), IAC_OK);
    assert_int_equal(iac_store_intents(store, r->arena, &intents, &r->intents, &r->diags), IAC_OK);
    r->instances = after->instance_count;
    r->deposed = 0;
    for (size_t i = 0; i < after->instance_count; i++)
        r->deposed += after->instances[i].deposed_count;
    iac_store_close(store);
    return status;
}

static void step_ok(struct run *r, iac_plan_mode mode, bool apply)
{
    if (step(r, mode, apply) != IAC_OK) {
        show_diags(r);
        fail_msg("the step failed");
    }
}

static void apply_ok(struct run *r, size_t added, size_t changed, size_t destroyed)
{
    step_ok(r, IAC_PLAN_NORMAL, true);
    assert_int_equal(r->result.added, added);
    assert_int_equal(r->result.changed, changed);
    assert_int_equal(r->result.destroyed, destroyed);
}

/* A run that dies at the change of the object of that name. */
static void die(struct run *r, iac_plan_mode mode, int when, const char *name)
{
    int status = 0;
    world->die = when;
    strcpy(world->die_at, name);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        step(r, mode, true);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    world->die = LIVE;
}

/* After which state and world agree, and nothing is left open. */
static void settled(struct run *r, int objects)
{
    step_ok(r, IAC_PLAN_NORMAL, false);
    if (r->plan->applyable)
        show_diags(r);
    assert_false(r->plan->applyable);
    assert_int_equal(there(), objects);
    assert_int_equal(r->instances, objects);
    assert_int_equal(r->intents, 0);
}

static bool told(const struct run *r, const char *summary, const char *words)
{
    for (size_t i = 0; i < r->diags.list.n; i++)
        if (iac_str_is(r->diags.list.v[i].summary, summary) &&
            iac_str_find(r->diags.list.v[i].detail, iac_str_of(words), 0) != SIZE_MAX)
            return true;
    show_diags(r);
    return false;
}

static const char RECOVERED[] = "Recovered from an interrupted run";
static const char DOUBTFUL[] = "An interrupted run may have left an object behind";
static const char ONE[] = "resource \"stub_thing\" \"a\" { name = \"one\" }\n";

/* ---- creations ---- */

static void found_again(struct run *r)
{
    configure_with(r, ONE);
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    assert_int_equal(there(), 1);
    step_ok(r, IAC_PLAN_NORMAL, false);
    assert_true(told(r, RECOVERED, "\n  - stub_thing.a was created; it is recorded now"));
    assert_false(r->plan->applyable);
    assert_int_equal(r->plan->prior->instance_count, 1);
    assert_int_equal(r->intents, 1); /* planning writes nothing */
    apply_ok(r, 0, 0, 0);
    settled(r, 1);
}

static void test_engine_recover__what_was_created_is_recorded(void **state)
{
    found_again(*state);
}

static void test_engine_recover__saved_plans_do_the_same(void **state)
{
    struct run *r = *state;
    r->through_file = true;
    found_again(r);
}

static void test_engine_recover__what_was_not_created_is_created(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    die(r, IAC_PLAN_NORMAL, DIE_BEFORE, "one");
    step_ok(r, IAC_PLAN_NORMAL, false);
    assert_true(told(r, RECOVERED, "stub_thing.a was not created"));
    apply_ok(r, 1, 0, 0);
    settled(r, 1);
}

static void test_engine_recover__what_was_found_is_changed_to_fit(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    configure_with(r, "resource \"stub_thing\" \"a\" { name = \"two\" }\n");
    apply_ok(r, 0, 1, 0);
    assert_string_equal(world->v[0].name, "two");
    settled(r, 1);
}

static void test_engine_recover__dependencies_are_recorded_too(void **state)
{
    struct run *r = *state;
    configure_with(r, "resource \"stub_thing\" \"a\" { name = \"one\" }\n"
                      "resource \"stub_thing\" \"b\" { name = \"after ${stub_thing.a.id}\" }\n");
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "after id-0");
    step_ok(r, IAC_PLAN_DESTROY, true);
    assert_int_equal(r->result.destroyed, 2);
    configure_with(r, "");
    settled(r, 0);
}

static void test_engine_recover__what_is_no_longer_configured_is_destroyed(void **state)
{
    struct run *r = *state;
    configure_with(r, "resource \"stub_thing\" \"a\" {\n  for_each = { x = \"one\", y = \"two\" }\n"
                      "  name = each.value\n}\n");
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    configure_with(r, "");
    step_ok(r, IAC_PLAN_NORMAL, false);
    assert_int_equal(r->plan->change_count, 1);
    assert_int_equal(r->plan->changes[0].action, IAC_ACTION_DELETE);
    apply_ok(r, 0, 0, 1);
    settled(r, 0);
}

static void test_engine_recover__destroying_takes_it_along(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    step_ok(r, IAC_PLAN_DESTROY, true);
    assert_int_equal(r->result.destroyed, 1);
    configure_with(r, "");
    settled(r, 0);
}

static void test_engine_recover__moves_take_it_along(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    configure_with(r, "resource \"stub_thing\" \"b\" { name = \"one\" }\n"
                      "moved {\n  from = stub_thing.a\n  to   = stub_thing.b\n}\n");
    apply_ok(r, 0, 0, 0);
    settled(r, 1);
    assert_int_equal(world->n, 1);
}

static void test_engine_recover__removed_blocks_let_it_go(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    configure_with(r, "removed {\n  from = stub_thing.a\n  lifecycle { destroy = false }\n}\n");
    apply_ok(r, 0, 0, 0);
    assert_int_equal(r->intents, 0);
    assert_int_equal(r->instances, 0);
    assert_int_equal(there(), 1);
}

static void test_engine_recover__replacements_are_found_beside_what_they_replace(void **state)
{
    struct run *r = *state;
    const char *text = "resource \"stub_thing\" \"a\" {\n  name = \"one\"\n  kind = \"%s\"\n"
                       "  lifecycle { create_before_destroy = true }\n}\n";
    char config[256];
    snprintf(config, sizeof(config), text, "old");
    configure_with(r, config);
    apply_ok(r, 1, 0, 0);
    snprintf(config, sizeof(config), text, "new");
    configure_with(r, config);
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    assert_int_equal(there(), 2);
    apply_ok(r, 0, 0, 1);
    assert_int_equal(r->deposed, 0);
    settled(r, 1);
    assert_true(world->v[1].exists);
}

static void test_engine_recover__two_runs_in_a_row_may_die(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    die(r, IAC_PLAN_NORMAL, DIE_BEFORE, "one");
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    apply_ok(r, 0, 0, 0);
    settled(r, 1);
}

static void test_engine_recover__what_targets_leave_out_waits(void **state)
{
    struct run *r = *state;
    const iac_str target = IAC_STR("stub_thing.b");
    configure_with(r, "resource \"stub_thing\" \"a\" { name = \"one\" }\n"
                      "resource \"stub_thing\" \"b\" { name = \"two\" }\n");
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    r->target = &target;
    apply_ok(r, 1, 0, 0);
    assert_int_equal(r->intents, 1);
    assert_int_equal(r->instances, 1);
    r->target = NULL;
    apply_ok(r, 0, 0, 0);
    settled(r, 2);
}

/* A cancelled call that gives no object may have made one all the same. */
static void test_engine_recover__cancelled_calls_are_looked_into(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    world->die = CANCEL_AFTER;
    strcpy(world->die_at, "one");
    assert_int_equal(step(r, IAC_PLAN_NORMAL, true), IAC_ERR);
    assert_int_equal(r->intents, 1);
    assert_int_equal(there(), 1);
    world->die = LIVE;
    atomic_store(&stop, 0);
    apply_ok(r, 0, 0, 0);
    settled(r, 1);
}

/* ---- nobody can tell ---- */

static void test_engine_recover__doubts_are_told_with_the_commands(void **state)
{
    struct run *r = *state;
    configure_with(r, "resource \"stub_thing\" \"a\" {\n  for_each = toset([\"x\"])\n  name = \"one\"\n}\n");
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    world->answer = IACP_FOUND_DOUBTFUL;
    step_ok(r, IAC_PLAN_NORMAL, false);
    assert_true(told(r, DOUBTFUL, "iac import 'stub_thing.a[\"x\"]' id-0\n"));
    assert_true(told(r, DOUBTFUL, "iac state dismiss 'stub_thing.a[\"x\"]'\n"));
    assert_int_equal(r->plan->changes[0].action, IAC_ACTION_CREATE);
    world->answer = IACP_FOUND_UNKNOWN;
    apply_ok(r, 1, 0, 0);
    assert_true(told(r, DOUBTFUL, "iac import 'stub_thing.a[\"x\"]' ID\n"));
    assert_int_equal(r->intents, 0); /* it was said, and applied all the same */
}

static void test_engine_recover__refreshing_decides_nothing(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    world->answer = IACP_FOUND_UNKNOWN;
    step_ok(r, IAC_PLAN_REFRESH_ONLY, true);
    assert_int_equal(r->intents, 1);
    world->answer = IACP_FOUND_CERTAIN;
    step_ok(r, IAC_PLAN_REFRESH_ONLY, true);
    settled(r, 1);
}

static void test_engine_recover__an_import_settles_it(void **state)
{
    struct run *r = *state;
    const iac_import_request request = { IAC_STR("stub_thing.a"), IAC_STR("id-0") };
    configure_with(r, ONE);
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    world->answer = IACP_FOUND_UNKNOWN;
    r->import = &request;
    r->target = &request.address;
    step_ok(r, IAC_PLAN_REFRESH_ONLY, true);
    r->import = NULL;
    r->target = NULL;
    settled(r, 1);
}

/* ---- changes and destructions ---- */

static void test_engine_recover__changes_are_read_whatever_is_asked(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    apply_ok(r, 1, 0, 0);
    configure_with(r, "resource \"stub_thing\" \"a\" { name = \"two\" }\n");
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "two");
    r->no_refresh = true;
    world->reads = 0;
    step_ok(r, IAC_PLAN_NORMAL, false);
    assert_int_equal(world->reads, 1);
    assert_true(told(r, RECOVERED, "stub_thing.a was to be changed"));
    assert_false(r->plan->applyable);
    apply_ok(r, 0, 0, 0);
    settled(r, 1);
}

static void test_engine_recover__a_change_not_made_is_made(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    apply_ok(r, 1, 0, 0);
    configure_with(r, "resource \"stub_thing\" \"a\" { name = \"two\" }\n");
    die(r, IAC_PLAN_NORMAL, DIE_BEFORE, "two");
    apply_ok(r, 0, 1, 0);
    settled(r, 1);
}

static void test_engine_recover__what_was_destroyed_leaves_the_state(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    apply_ok(r, 1, 0, 0);
    configure_with(r, "");
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one");
    step_ok(r, IAC_PLAN_NORMAL, false);
    assert_true(told(r, RECOVERED, "stub_thing.a was destroyed"));
    assert_int_equal(r->plan->drift_count, 0);
    apply_ok(r, 0, 0, 0);
    settled(r, 0);
}

static void test_engine_recover__what_was_not_destroyed_is_destroyed(void **state)
{
    struct run *r = *state;
    configure_with(r, ONE);
    apply_ok(r, 1, 0, 0);
    configure_with(r, "");
    die(r, IAC_PLAN_NORMAL, DIE_BEFORE, "one");
    apply_ok(r, 0, 0, 1);
    settled(r, 0);
}

static void test_engine_recover__what_was_set_aside_and_is_gone_leaves_the_state(void **state)
{
    struct run *r = *state;
    const char *text = "resource \"stub_thing\" \"a\" {\n  name = \"%s\"\n  kind = \"%s\"\n"
                       "  lifecycle { create_before_destroy = true }\n}\n";
    char config[256];
    snprintf(config, sizeof(config), text, "one", "old");
    configure_with(r, config);
    apply_ok(r, 1, 0, 0);
    snprintf(config, sizeof(config), text, "two", "new");
    configure_with(r, config);
    die(r, IAC_PLAN_NORMAL, DIE_AFTER, "one"); /* at the destruction of the old one */
    assert_int_equal(there(), 1);
    step_ok(r, IAC_PLAN_NORMAL, false);
    assert_int_equal(r->deposed, 1);
    assert_false(r->plan->applyable);
    apply_ok(r, 0, 0, 0);
    assert_int_equal(r->deposed, 0);
    settled(r, 1);
}

/* ---- saved plans ---- */

static void test_engine_recover__a_plan_from_before_is_stale(void **state)
{
    struct run *r = *state;
    const iac_intent intent = { .token = IAC_STR("t"),
                                .addr = { .type = IAC_STR("stub_thing"), .name = IAC_STR("a") } };
    const iac_str known[] = { IAC_STR("t") };
    iac_plan plan = { 0 };
    assert_int_equal(iac_planfile_check_intents(&plan, &intent, 1, &r->diags), IAC_ERR);
    assert_true(told(r, "Saved plan is stale", "working on stub_thing.a"));
    plan.settled = known;
    plan.settled_count = 1;
    assert_int_equal(iac_planfile_check_intents(&plan, &intent, 1, &r->diags), IAC_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_engine_recover__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_created_is_recorded),
        TEST(saved_plans_do_the_same),
        TEST(what_was_not_created_is_created),
        TEST(what_was_found_is_changed_to_fit),
        TEST(dependencies_are_recorded_too),
        TEST(what_is_no_longer_configured_is_destroyed),
        TEST(destroying_takes_it_along),
        TEST(moves_take_it_along),
        TEST(removed_blocks_let_it_go),
        TEST(replacements_are_found_beside_what_they_replace),
        TEST(two_runs_in_a_row_may_die),
        TEST(what_targets_leave_out_waits),
        TEST(cancelled_calls_are_looked_into),
        TEST(doubts_are_told_with_the_commands),
        TEST(refreshing_decides_nothing),
        TEST(an_import_settles_it),
        TEST(changes_are_read_whatever_is_asked),
        TEST(a_change_not_made_is_made),
        TEST(what_was_destroyed_leaves_the_state),
        TEST(what_was_not_destroyed_is_destroyed),
        TEST(what_was_set_aside_and_is_gone_leaves_the_state),
        TEST(a_plan_from_before_is_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

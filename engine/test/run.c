/* The suite, its files, their runs, and the end of it all. */
#include "engine/test/tester.h"

#include <stdlib.h>
#include <string.h>

const char *iac_test_status_name(iac_test_status status)
{
    static const char *const names[] = {
        [IAC_TEST_PENDING] = "pending", [IAC_TEST_SKIP] = "skip", [IAC_TEST_PASS] = "pass",
        [IAC_TEST_FAIL] = "fail",       [IAC_TEST_ERROR] = "error",
    };
    return names[status];
}

static void merge(iac_test_status *status, iac_test_status other)
{
    if (other > *status)
        *status = other;
}

static int stop_level(const iac_tester *tester)
{
    return tester->options->stop ? atomic_load(tester->options->stop) : 0;
}

/* ---- modules under test ---- */

/* What the run's module is known by: of a registry's there may be several versions. */
static iac_str module_name(const iac_tester *tester, const iac_test_run *run)
{
    return run->call->from.kind == IAC_SOURCE_REGISTRY ? iac_module_key(tester->arena, run->module_path)
                                                       : run->call->source;
}

static const iac_config *module_of(const iac_tester *tester, const iac_test_run *run)
{
    return run->call ? iac_map_get(&tester->modules, module_name(tester, run)) : tester->options->config;
}

static void load_module(iac_tester *tester, const iac_test_run *run, iac_diags *diags)
{
    const iac_config *config = NULL;

    if (!run->call || iac_map_has(&tester->modules, module_name(tester, run)))
        return;
    iac_diags loading = IAC_DIAGS_INIT;
    const char *dir = iac_arena_cstr(tester->arena, run->call->source);
    iac_config_options options = { .data_dir = tester->options->data_dir, .workspace = IAC_STR("default"),
                                   .unchecked = true, .below = run->module_path };
    iac_module_place place = { 0 };
    if (run->call->from.kind == IAC_SOURCE_REGISTRY) {
        if (iac_config_find_installed(tester->arena, &options, run->call, &place, diags) != IAC_OK)
            return;
        dir = iac_arena_cstr(tester->arena, place.dir);
    }
    iac_config_load_with(tester->arena, dir, &options, &config, &loading);
    if (loading.errors && config && config->root->source_count == 0) {
        iac_diags_clear(&loading);
        iac_diag_error(diags, run->call->source_range, "Unreadable module directory",
                       "Unable to evaluate directory symlink: lstat %s: no such file or directory",
                       config->root->dir.p);
    }
    iac_diags_append(diags, &loading);
    iac_map_put(&tester->modules, module_name(tester, run), (void *)config);
}

static iac_status load_modules(iac_tester *tester, iac_diags *diags)
{
    size_t errors = diags->errors;

    for (size_t i = 0; i < tester->options->file_count; i++)
        for (size_t k = 0; k < tester->options->files[i].run_count; k++)
            load_module(tester, &tester->options->files[i].runs[k], diags);
    return diags->errors == errors ? IAC_OK : IAC_ERR;
}

/* A module that only tests use is looked at like the root module, once. */
static void check_module(const iac_tester *tester, const iac_config *config, iac_map *done, iac_diags *diags)
{
    iac_map none = { 0 };
    iac_plan_options options = { .host = tester->options->host, .variables = &none, .workspace = IAC_STR("default"),
                                 .cwd = tester->options->cwd };

    if (iac_map_has(done, config->root->dir))
        return;
    iac_map_put(done, config->root->dir, done);
    if (iac_config_check(tester->arena, config, diags) == IAC_OK && iac_validate(config, &options, diags) != IAC_OK)
        return; /* what is wrong is among the diagnostics */
}

iac_status iac_test_check(const iac_test_options *options, iac_diags *diags)
{
    iac_tester tester = { .options = options, .arena = options->arena };
    size_t errors = diags->errors;
    iac_map done = { 0 };

    if (load_modules(&tester, diags) == IAC_OK) {
        iac_map_put(&done, options->config->root->dir, &done);
        for (size_t i = 0; i < options->file_count; i++) {
            const iac_test_file *file = &options->files[i];
            iac_test_check_overrides(&tester, file->overrides, options->config, diags);
            for (size_t k = 0; k < file->run_count; k++) {
                const iac_config *config = module_of(&tester, &file->runs[k]);
                check_module(&tester, config, &done, diags);
                iac_test_check_overrides(&tester, file->runs[k].overrides, config, diags);
                iac_test_check_expected(&file->runs[k], diags);
            }
        }
    }
    iac_map_clear(&tester.modules);
    iac_map_clear(&done);
    return diags->errors == errors ? IAC_OK : IAC_ERR;
}

/* ---- states ---- */

static iac_test_state *state_of(iac_tester *tester, const iac_test_run *run, iac_diags *diags)
{
    iac_str key = run->state_key_set ? run->state_key : run->call ? run->call->source : (iac_str){ 0 };
    iac_test_state state = { .key = key };

    for (size_t i = 0; i < tester->states.n; i++)
        if (iac_str_eq(tester->states.v[i].key, key))
            return &tester->states.v[i];
    if (iac_store_open_memory("default", &state.store, diags) != IAC_OK)
        return NULL;
    iac_vec_push(&tester->states, state);
    return &tester->states.v[tester->states.n - 1];
}

/* ---- one run ---- */

typedef struct running {
    iac_tester *tester;
    iac_test_run_result *run;
    const iac_config *config;
    iac_test_values values;
    iac_overrides *overrides;
    iac_test_state *state;
    iac_test_inspection inspection;
} running;

static const iac_str *texts_of(iac_arena *arena, iac_depends traversals)
{
    iac_str *texts = iac_arena_array(arena, iac_str, traversals.n);

    for (size_t i = 0; i < traversals.n; i++) {
        texts[i] = iac_str_trim(iac_range_text(traversals.v[i]->range));
        if (texts[i].n >= 2 && texts[i].p[0] == '"')
            texts[i] = iac_str_sub(texts[i], 1, texts[i].n - 1);
    }
    return texts;
}

static iac_plan_options plan_options(const running *r)
{
    const iac_test_options *options = r->tester->options;

    return (iac_plan_options){
        .parallelism = options->parallelism,
        .host = options->host,
        .variables = &r->values.values,
        .ranges = &r->values.ranges,
        .overrides = r->overrides,
        .remote_crypts = options->remote_crypts,
        .workspace = IAC_STR("default"),
        .cwd = options->cwd,
        .stop = r->tester->options->cancel,
        .abandon = options->abandon,
        .abandon_arg = options->abandon_arg,
    };
}

/* Everything that must be right whatever the values are. */
static bool validate(running *r)
{
    iac_diags *diags = &r->run->diags;
    iac_plan_options options = plan_options(r);
    iac_map none = { 0 };

    iac_test_check_overrides(r->tester, r->run->config->overrides, r->config, diags);
    size_t told = diags->list.n;
    if (!iac_test_check_expected(r->run->config, diags) ||
        iac_config_check(r->tester->arena, r->config, diags) != IAC_OK)
        return false;
    options.variables = &none;
    if (iac_validate(r->config, &options, diags) != IAC_OK)
        return false;
    iac_diags_truncate(diags, told); /* warnings are given again by the plan */
    return true;
}

static bool check_targets(const running *r, iac_diags *diags)
{
    const iac_test_run *run = r->run->config;
    bool good = true;

    for (size_t i = 0; i < run->targets.n; i++)
        good &= iac_test_check_target(r->tester->arena, run->targets.v[i], false, diags);
    for (size_t i = 0; i < run->replaces.n; i++)
        good &= iac_test_check_target(r->tester->arena, run->replaces.v[i], true, diags);
    return good;
}

static iac_status make_plan(running *r, bool inspect, const iac_plan **ret, iac_diags *diags)
{
    const iac_test_run *run = r->run->config;
    iac_plan_options options = plan_options(r);
    const iac_state *state = NULL;

    if (!check_targets(r, diags) || iac_store_read(r->state->store, r->tester->arena, &state, diags) != IAC_OK)
        return IAC_ERR;
    r->tester->before = state;
    options.mode = run->refresh_only ? IAC_PLAN_REFRESH_ONLY : IAC_PLAN_NORMAL;
    options.no_refresh = run->no_refresh;
    options.targets = texts_of(r->tester->arena, run->targets);
    options.target_count = run->targets.n;
    options.replaces = texts_of(r->tester->arena, run->replaces);
    options.replace_count = run->replaces.n;
    if (run->refresh_only && run->replaces.n) {
        iac_diag_error(diags, IAC_NO_RANGE, "Unsupported plan mode",
                       "Forcing resource instance replacement (with -replace=...) is allowed only in normal planning "
                       "mode.");
        return IAC_ERR;
    }
    if (inspect) {
        options.inspect = iac_test_inspect;
        options.inspect_arg = &r->inspection;
    }
    return iac_plan_make(r->tester->arena, r->config, state, &options, ret, diags);
}

static iac_status apply_plan(running *r, const iac_plan *plan, bool inspect, iac_diags *diags)
{
    const iac_test_options *options = r->tester->options;
    iac_apply_result result;
    iac_apply_options apply = {
        .host = options->host, .store = r->state->store, .parallelism = options->parallelism, .cwd = options->cwd,
        .overrides = r->overrides, .ranges = &r->values.ranges, .stop = r->tester->options->cancel,
        .abandon = options->abandon, .abandon_arg = options->abandon_arg,
        .remote_crypts = options->remote_crypts,
    };

    if (inspect) {
        apply.inspect = iac_test_inspect;
        apply.inspect_arg = &r->inspection;
    }
    return iac_apply_plan(plan, &apply, &result, diags);
}

/* The diagnostics of a step come before those of the assertions that were looked at during it. */
static void put_before(iac_diags *diags, iac_diags *step)
{
    iac_diags_append(step, diags);
    *diags = *step;
    *step = (iac_diags)IAC_DIAGS_INIT;
}

/* Of a step in which expected failures may happen. What fails keeps a plan or an apply from its end, where assertions
 * are looked at; where all of it was expected they are not, as there is nothing to look at. */
static void conclude(running *r, iac_diags *earlier, iac_diags *step)
{
    iac_test_run_result *run = r->run;

    iac_test_expected(run->config, step);
    if (step->errors) {
        merge(&run->status, IAC_TEST_ERROR);
        iac_diags_clear(&run->diags);
    } else {
        merge(&run->status, IAC_TEST_PASS);
    }
    put_before(&run->diags, step);
    put_before(&run->diags, earlier);
}

static void drop_check_warnings(iac_diags *diags)
{
    size_t kept = 0;

    for (size_t i = 0; i < diags->list.n; i++)
        if (!iac_str_starts(diags->list.v[i].checked, IAC_STR("check.")))
            diags->list.v[kept++] = diags->list.v[i];
    diags->list.n = kept;
}

static void plan_only(running *r, iac_diags *earlier)
{
    iac_diags step = IAC_DIAGS_INIT;
    const iac_plan *plan = NULL;

    make_plan(r, true, &plan, &step);
    if (r->tester->options->verbose)
        r->run->plan = plan;
    conclude(r, earlier, &step);
    if (r->run->status == IAC_TEST_ERROR && !r->inspection.done)
        r->run->plan = NULL;
}

static void plan_and_apply(running *r, iac_diags *earlier)
{
    iac_diags step = IAC_DIAGS_INIT, planning = IAC_DIAGS_INIT;
    const iac_plan *plan = NULL;

    if (make_plan(r, false, &plan, &planning) != IAC_OK) {
        iac_test_explain_expected(r->run->config, &planning);
        iac_diags_append(earlier, &planning);
        iac_diags_append(&r->run->diags, earlier);
        merge(&r->run->status, IAC_TEST_ERROR);
        return;
    }
    drop_check_warnings(&planning);
    iac_diags_append(earlier, &planning);
    r->tester->plan = plan;
    r->tester->store = r->state->store;
    apply_plan(r, plan, true, &step);
    if (stop_level(r->tester) < 2)
        r->tester->plan = NULL;
    r->state->run = r->run;
    conclude(r, earlier, &step);
    if (r->tester->options->verbose && r->inspection.done)
        iac_store_read(r->state->store, r->tester->arena, &r->run->state, &r->run->diags);
}

static void execute(iac_tester *tester, iac_test_run_result *run)
{
    running r = { .tester = tester, .run = run, .config = module_of(tester, run->config) };
    iac_diags earlier = IAC_DIAGS_INIT;

    run->module = r.config;
    r.config = iac_test_config_for(tester, r.config, run->config, &run->diags);
    r.state = r.config ? state_of(tester, run->config, &run->diags) : NULL;
    if (r.state)
        r.overrides = iac_test_overrides_for(tester, run->config);
    if (!r.state || !validate(&r)) {
        merge(&run->status, IAC_TEST_ERROR);
        return;
    }
    iac_test_variables_for(tester, r.config, run, true, &r.values, &run->diags);
    r.inspection = (iac_test_inspection){ tester, run, &r.values, false };
    if (run->diags.errors) {
        merge(&run->status, IAC_TEST_ERROR);
    } else {
        earlier = run->diags; /* so that assertions add to a list of their own */
        run->diags = (iac_diags)IAC_DIAGS_INIT;
        if (run->config->plan_only)
            plan_only(&r, &earlier);
        else
            plan_and_apply(&r, &earlier);
    }
    iac_test_values_clear(&r.values);
}

/* ---- files ---- */

static int64_t since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)(now.tv_sec - start->tv_sec) * 1000000000 + (now.tv_nsec - start->tv_nsec);
}

/* Tells what is left behind, once. */
static void tell_remains(iac_tester *tester, const iac_test_run_result *run)
{
    const iac_test_receiver *to = &tester->options->receiver;
    IAC_VEC(iac_test_remains) remains = { 0 };

    for (size_t i = 0; i < tester->states.n && !tester->cancelled; i++) {
        const iac_test_state *state = &tester->states.v[i];
        iac_test_remains one = { .run = state->run };
        iac_diags ignored = IAC_DIAGS_INIT;
        bool under_way = tester->plan && state->store == tester->store;
        if (under_way)
            one.state = tester->before;
        else
            iac_store_read(state->store, tester->arena, &one.state, &ignored);
        iac_diags_clear(&ignored);
        if (one.run && one.state && one.state->instance_count)
            iac_vec_push(&remains, one);
    }
    if (!tester->cancelled)
        to->cancelled(to->user, tester->file, run, remains.v, remains.n, tester->plan);
    tester->cancelled = true;
    merge(&tester->file->status, IAC_TEST_ERROR);
    iac_vec_clear(&remains);
}

static void interrupted(iac_tester *tester, iac_test_run_result *run)
{
    iac_diags first = IAC_DIAGS_INIT;

    iac_diag_error(&first, IAC_NO_RANGE, "Test interrupted",
                   "The test operation could not be completed due to an interrupt signal. Please read the remaining "
                   "diagnostics carefully for any sign of failed state cleanup or dangling resources.");
    put_before(&run->diags, &first);
    run->status = IAC_TEST_ERROR;
    tell_remains(tester, run);
}

static void run_one(iac_tester *tester, iac_test_run_result *run)
{
    const iac_test_receiver *to = &tester->options->receiver;
    iac_test_file_result *file = tester->file;

    if (file->status == IAC_TEST_ERROR || stop_level(tester)) {
        run->status = IAC_TEST_SKIP;
    } else {
        clock_gettime(CLOCK_REALTIME, &run->started);
        to->run(to->user, file, run, IAC_TEST_STARTING, 0);
        execute(tester, run);
        run->nanoseconds = since(&run->started);
        run->executed = true;
    }
    if (stop_level(tester) > 1)
        interrupted(tester, run);
    to->run(to->user, file, run, IAC_TEST_COMPLETE, run->nanoseconds / 1000000);
    merge(&file->status, run->status);
}

/* Destroys what the runs of one state have left. */
static void destroy(iac_tester *tester, iac_test_state *state)
{
    const iac_test_receiver *to = &tester->options->receiver;
    running r = { .tester = tester, .run = state->run, .state = state };
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_state *left = NULL;
    const iac_plan *plan = NULL;

    iac_store_read(state->store, tester->arena, &left, &diags);
    if (!left || (!left->instance_count && !diags.errors))
        return;
    r.config = iac_test_config_for(tester, module_of(tester, state->run->config), state->run->config, &diags);
    if (r.config) {
        r.overrides = iac_test_overrides_for(tester, state->run->config);
        iac_test_variables_for(tester, r.config, state->run, false, &r.values, &diags);
    }
    if (!diags.errors) {
        iac_plan_options options = plan_options(&r);
        options.mode = IAC_PLAN_DESTROY;
        to->run(to->user, tester->file, state->run, IAC_TEST_TEARDOWN, 0);
        if (iac_plan_make(tester->arena, r.config, left, &options, &plan, &diags) == IAC_OK) {
            iac_diags_clear(&diags); /* what it warns of was told when it was made */
            apply_plan(&r, plan, false, &diags);
        }
        iac_store_read(state->store, tester->arena, &left, &diags);
    }
    if (diags.errors || left->instance_count)
        merge(&tester->file->status, IAC_TEST_ERROR);
    to->destroyed(to->user, tester->file, state->run, &diags, left);
    iac_diags_clear(&diags);
    iac_test_values_clear(&r.values);
}

/* What later runs have changed comes before what earlier ones have. */
static int cmp_states(const void *a, const void *b)
{
    const iac_test_state *x = a, *y = b;

    return x->run < y->run ? 1 : x->run > y->run ? -1 : 0;
}

static void tear_down(iac_tester *tester)
{
    if (tester->states.n)
        qsort(tester->states.v, tester->states.n, sizeof(*tester->states.v), cmp_states);
    for (size_t i = 0; i < tester->states.n; i++)
        if (tester->states.v[i].run && stop_level(tester) < 2)
            destroy(tester, &tester->states.v[i]);
    if (stop_level(tester) > 1)
        tell_remains(tester, NULL);
    for (size_t i = 0; i < tester->states.n; i++)
        iac_store_close(tester->states.v[i].store);
    iac_vec_clear(&tester->states);
}

static void run_file(iac_tester *tester, iac_test_file_result *file)
{
    const iac_test_receiver *to = &tester->options->receiver;

    tester->file = file;
    for (size_t i = 0; i < file->config->run_count; i++)
        iac_map_put(&tester->runs, file->config->runs[i].name, &file->runs[i]);
    to->file(to->user, file, IAC_TEST_STARTING);
    iac_test_check_overrides(tester, file->config->overrides, tester->options->config, &file->diags);
    merge(&file->status, file->config->run_count ? IAC_TEST_SKIP : IAC_TEST_PASS);
    for (size_t i = 0; i < file->config->run_count && stop_level(tester) < 2; i++)
        run_one(tester, &file->runs[i]);
    to->file(to->user, file, IAC_TEST_TEARDOWN);
    tear_down(tester);
    to->file(to->user, file, IAC_TEST_COMPLETE);
    iac_map_clear(&tester->outputs);
    iac_map_clear(&tester->runs);
}

/* ---- the suite ---- */

static void make_results(const iac_test_options *options, iac_test_suite *suite)
{
    suite->files = iac_arena_array(options->arena, iac_test_file_result, options->file_count);
    suite->file_count = options->file_count;
    for (size_t i = 0; i < options->file_count; i++) {
        iac_test_file_result *file = &suite->files[i];
        file->config = &options->files[i];
        file->runs = iac_arena_array(options->arena, iac_test_run_result, file->config->run_count);
        for (size_t k = 0; k < file->config->run_count; k++)
            file->runs[k].config = &file->config->runs[k];
    }
}

iac_status iac_test_suite_run(const iac_test_options *options, iac_test_suite *ret, iac_diags *diags)
{
    iac_tester tester = { .options = options, .arena = options->arena };
    const iac_test_receiver *to = &options->receiver;

    *ret = (iac_test_suite){ 0 };
    if (load_modules(&tester, diags) != IAC_OK) {
        iac_map_clear(&tester.modules);
        return IAC_ERR;
    }
    make_results(options, ret);
    to->abstract(to->user, ret);
    ret->status = IAC_TEST_PASS;
    for (size_t i = 0; i < ret->file_count && stop_level(&tester) < 2; i++) {
        run_file(&tester, &ret->files[i]);
        merge(&ret->status, ret->files[i].status);
    }
    if (stop_level(&tester) < 2)
        to->conclusion(to->user, ret);
    iac_map_clear(&tester.modules);
    return IAC_OK;
}

void iac_test_suite_clear(iac_test_suite *suite)
{
    for (size_t i = 0; i < suite->file_count; i++) {
        iac_diags_clear(&suite->files[i].diags);
        for (size_t k = 0; k < suite->files[i].config->run_count; k++)
            iac_diags_clear(&suite->files[i].runs[k].diags);
    }
    *suite = (iac_test_suite){ 0 };
}

/* lang/config/test_file.c - test files and their run blocks. */
#include "lang/config/test_file.h"

#include "lang/config/test_load.h"
#include "lang/config/version.h"
#include "lang/syntax/parser.h"

#include <string.h>

/* ---- variables ---- */

static iac_test_variables read_variables(iac_module_build *m, const iac_block *block)
{
    const iac_attribute *attributes = NULL;
    size_t count = 0;

    iac_body_attributes(m->arena, block->body, &attributes, &count, m->diags);
    iac_test_variable *v = iac_arena_array(m->arena, iac_test_variable, count);
    for (size_t i = 0; i < count; i++)
        v[i] = (iac_test_variable){ attributes[i].name, attributes[i].expr, attributes[i].name_range };
    return (iac_test_variables){ v, count };
}

/* ---- run blocks ---- */

/* The only block of its type; a second one is an error. */
static bool first_of(iac_module_build *m, const iac_block *block, const iac_block **seen, const char *within)
{
    if (!*seen) {
        *seen = block;
        return true;
    }
    iac_str place = iac_range_place(m->arena, (*seen)->header_range);
    iac_str summary = iac_arena_printf(m->arena, "Multiple \"%.*s\" blocks", IAC_FMT(block->type));
    iac_diag_error(m->diags, block->header_range, summary.p, "This %s already has a %.*s block defined at %.*s.",
                   within, IAC_FMT(block->type), IAC_FMT(place));
    return false;
}

static void read_keyword(iac_module_build *m, const iac_attribute *attr, const char *no, const char *yes,
                         const char *choices, bool *ret)
{
    if (!attr)
        return;
    iac_str word = iac_static_word(m, attr->expr);
    *ret = iac_str_is(word, yes);
    if (*ret || iac_str_is(word, no))
        return;
    iac_str summary = iac_arena_printf(m->arena, "Invalid \"%.*s\" keyword", IAC_FMT(attr->name));
    iac_diag_error(m->diags, attr->expr->range, summary.p,
                   "The \"%.*s\" argument requires one of the following keywords without quotes: %s",
                   IAC_FMT(attr->name), choices);
}

static void read_plan_options(iac_module_build *m, const iac_block *block, iac_test_run *run)
{
    enum { MODE, REFRESH, REPLACE, TARGET };
    static const iac_attribute_spec attributes[] = {
        [MODE] = { IAC_STR_INIT("mode"), false },
        [REFRESH] = { IAC_STR_INIT("refresh"), false },
        [REPLACE] = { IAC_STR_INIT("replace"), false },
        [TARGET] = { IAC_STR_INIT("target"), false },
    };
    static const iac_body_spec spec = { .attributes = attributes, .attribute_count = IAC_COUNT(attributes) };
    iac_content content = { 0 };
    bool refresh = true;

    iac_body_content(m->arena, block->body, &spec, false, &content, m->diags);
    read_keyword(m, content.attributes[MODE], "normal", "refresh-only", "normal or refresh-only",
                 &run->refresh_only);
    iac_static_bool(m, content.attributes[REFRESH], &refresh);
    run->no_refresh = !refresh;
    iac_static_depends(m, content.attributes[REPLACE], &run->replaces);
    iac_static_depends(m, content.attributes[TARGET], &run->targets);
    if (run->refresh_only && !refresh)
        iac_diag_error(m->diags, content.attributes[REFRESH]->range, "Incompatible plan options",
                       "The \"refresh\" option cannot be set to false when running a test in \"refresh-only\" mode.");
}

/* null is as good as no constraint. */
static void read_version(iac_module_build *m, const iac_attribute *attr, iac_str *ret)
{
    const iac_value *v = attr ? iac_static_eval(m, attr->expr) : NULL;
    iac_str error = { 0 };

    if (!v)
        return;
    v = iac_convert(m->arena, v, &iac_type_string, &error, NULL);
    if (!v)
        iac_diag_error(m->diags, attr->expr->range, "Invalid version constraint",
                       "A string value is required for %.*s.", IAC_FMT(attr->name));
    else if (iac_is_set_value(v) && !iac_version_constraint_valid(v->string))
        iac_diag_error(m->diags, attr->expr->range, "Invalid version constraint",
                       "This string does not use correct version constraint syntax.");
    else if (iac_is_set_value(v))
        *ret = v->string;
}

static void read_module(iac_module_build *m, const iac_block *block, iac_test_run *run)
{
    enum { SOURCE, VERSION };
    static const iac_attribute_spec attributes[] = {
        [SOURCE] = { IAC_STR_INIT("source"), false },
        [VERSION] = { IAC_STR_INIT("version"), false },
    };
    static const iac_body_spec spec = { .attributes = attributes, .attribute_count = IAC_COUNT(attributes) };
    iac_content content = { 0 };

    iac_body_content(m->arena, block->body, &spec, false, &content, m->diags);
    const iac_attribute *source = content.attributes[SOURCE], *version = content.attributes[VERSION];
    if (!source) {
        iac_diag_error(m->diags, block->header_range, "Missing \"source\" attribute for module block",
                       "You must specify a source attribute when executing alternate modules during test "
                       "executions.");
        return;
    }
    iac_module_call call = { .name = run->name, .range = block->header_range, .source_range = source->expr->range };
    read_version(m, version, &call.version);
    if (!iac_static_string(m, source, &call.source))
        return;
    const char *summary;
    iac_str detail;
    if (!iac_module_source_parse(m->arena, call.source, version != NULL, &call.from, &summary, &detail)) {
        iac_diag_error(m->diags, source->range, summary, "%.*s", IAC_FMT(detail));
        return;
    }
    if (call.from.kind == IAC_SOURCE_REMOTE) {
        iac_diag_error(m->diags, source->range, "Invalid module source address",
                       "Only local or registry module sources are currently supported from within test run blocks.");
        return;
    }
    run->call = iac_arena_new_of(m->arena, iac_module_call);
    *run->call = call;
}

bool iac_test_check_target(iac_arena *arena, const iac_expr *expr, bool replace, iac_diags *diags)
{
    iac_module_build m = { .arena = arena, .diags = diags };
    bool is_module = false;
    iac_addr addr;

    if (!iac_static_target(&m, expr, &addr, &is_module))
        return false;
    if (replace && is_module)
        iac_diag_error(diags, expr->range, "Invalid address",
                       "A resource instance address is required here. The module path must be followed by a resource "
                       "instance specification.");
    else if (replace && addr.mode != IAC_MANAGED)
        iac_diag_error(diags, expr->range, "Can only target managed resources for forced replacements.", "%.*s",
                       IAC_FMT(iac_addr_text(arena, addr)));
    else
        return true;
    return false;
}

enum { RUN_COMMAND, RUN_PROVIDERS, RUN_EXPECT_FAILURES, RUN_STATE_KEY };
static const iac_attribute_spec run_attributes[] = {
    [RUN_COMMAND] = { IAC_STR_INIT("command"), false },
    [RUN_PROVIDERS] = { IAC_STR_INIT("providers"), false },
    [RUN_EXPECT_FAILURES] = { IAC_STR_INIT("expect_failures"), false },
    [RUN_STATE_KEY] = { IAC_STR_INIT("state_key"), false },
};
static const iac_block_spec run_blocks[] = {
    { IAC_STR_INIT("plan_options"), NULL, 0 },      { IAC_STR_INIT("assert"), NULL, 0 },
    { IAC_STR_INIT("variables"), NULL, 0 },         { IAC_STR_INIT("module"), NULL, 0 },
    { IAC_STR_INIT("override_resource"), NULL, 0 }, { IAC_STR_INIT("override_data"), NULL, 0 },
    { IAC_STR_INIT("override_module"), NULL, 0 },
};
static const iac_body_spec run_spec = { run_attributes, IAC_COUNT(run_attributes), run_blocks, IAC_COUNT(run_blocks) };

static void read_run_blocks(iac_module_build *m, const iac_content *content, iac_test_run *run)
{
    const iac_block *options = NULL, *variables = NULL, *module = NULL;
    iac_override_list overrides = { 0 };

    for (size_t i = 0; i < content->block_count; i++) {
        const iac_block *block = content->blocks[i];
        if (iac_str_is(block->type, "plan_options")) {
            if (first_of(m, block, &options, "run block"))
                read_plan_options(m, block, run);
        } else if (iac_str_is(block->type, "variables")) {
            if (first_of(m, block, &variables, "run block"))
                run->variables = read_variables(m, block);
        } else if (iac_str_is(block->type, "module")) {
            if (first_of(m, block, &module, "run block"))
                read_module(m, block, run);
        } else if (iac_is_override(block)) {
            iac_read_override(m, block, false, &overrides);
        }
    }
    run->asserts = iac_decode_conditions(m, content, "assert");
    run->overrides = iac_override_list_take(m->arena, &overrides);
}

static iac_test_run read_run(iac_module_build *m, const iac_block *block)
{
    iac_test_run run = { .name = block->labels[0].text, .range = block->header_range };
    iac_content content = { 0 };

    iac_body_content(m->arena, block->body, &run_spec, false, &content, m->diags);
    iac_check_label(m, &block->labels[0], "Invalid run block name");
    read_run_blocks(m, &content, &run);
    read_keyword(m, content.attributes[RUN_COMMAND], "apply", "plan", "apply or plan.", &run.plan_only);
    const iac_attribute *providers = content.attributes[RUN_PROVIDERS];
    if (providers) {
        iac_module_call call = { 0 };
        iac_decode_passed_providers(m, providers->expr, &call);
        run.providers = call.providers;
        run.provider_count = call.provider_count;
        run.providers_set = true;
    }
    iac_static_depends(m, content.attributes[RUN_EXPECT_FAILURES], &run.expect_failures);
    run.state_key_set = content.attributes[RUN_STATE_KEY] != NULL;
    iac_static_string(m, content.attributes[RUN_STATE_KEY], &run.state_key);
    return run;
}

/* ---- files ---- */

static const char *const one_name[] = { "name" };
static const iac_block_spec file_blocks[] = {
    { IAC_STR_INIT("run"), one_name, 1 },           { IAC_STR_INIT("variables"), NULL, 0 },
    { IAC_STR_INIT("provider"), one_name, 1 },      { IAC_STR_INIT("mock_provider"), one_name, 1 },
    { IAC_STR_INIT("override_resource"), NULL, 0 }, { IAC_STR_INIT("override_data"), NULL, 0 },
    { IAC_STR_INIT("override_module"), NULL, 0 },
};
static const iac_body_spec file_spec = { NULL, 0, file_blocks, IAC_COUNT(file_blocks) };

typedef IAC_VEC(iac_mock_source) mock_sources;

typedef struct file_build {
    IAC_VEC(iac_test_run) runs;
    IAC_VEC(iac_provider_config) providers;
    IAC_VEC(iac_range) provider_labels;
    iac_map run_names, provider_names; /* place + 1 */
    iac_override_list overrides;
    const iac_block *variables;
} file_build;

static void add_provider(iac_module_build *m, const iac_block *block, const iac_provider_config *provider,
                         file_build *build)
{
    iac_str shown = provider->alias.n ? iac_arena_printf(m->arena, "%.*s.%.*s", IAC_FMT(provider->name),
                                                         IAC_FMT(provider->alias))
                                      : provider->name;
    void **slot = iac_map_at(&build->provider_names, shown);
    if (*slot) {
        iac_str place = iac_range_place(m->arena, build->provider_labels.v[(uintptr_t)*slot - 1]);
        iac_diag_error(m->diags, block->header_range, "Duplicate provider block",
                       "A provider for %.*s is already defined at %.*s.", IAC_FMT(shown), IAC_FMT(place));
        return;
    }
    iac_vec_push(&build->providers, *provider);
    iac_vec_push(&build->provider_labels, block->labels[0].range);
    *slot = (void *)(uintptr_t)build->providers.n;
}

static void read_provider(iac_module_build *m, const iac_block *block, file_build *build)
{
    iac_module_build one = { .arena = m->arena, .diags = m->diags, .in_test = true };
    iac_top_block top = { .block = block };

    iac_read_provider(&one, &top);
    if (one.providers.n)
        add_provider(m, block, &one.providers.v[0], build);
    iac_vec_clear(&one.providers);
    iac_map_clear(&one.provider_index);
}

static void add_run(iac_module_build *m, const iac_block *block, file_build *build)
{
    iac_test_run run = read_run(m, block);
    void **slot = iac_map_at(&build->run_names, run.name);

    if (*slot) {
        iac_str place = iac_range_place(m->arena, build->runs.v[(uintptr_t)*slot - 1].range);
        iac_diag_error(m->diags, run.range, "Duplicate \"run\" block names",
                       "This test file already has a run named %.*s block defined at %.*s.", IAC_FMT(run.name),
                       IAC_FMT(place));
        return;
    }
    iac_vec_push(&build->runs, run);
    *slot = (void *)(uintptr_t)build->runs.n;
}

static void read_block(iac_module_build *m, const iac_block *block, iac_test_file *file, file_build *build,
                       mock_sources *sources)
{
    iac_provider_config provider;
    iac_mock_source source;

    if (iac_str_is(block->type, "variables")) {
        if (first_of(m, block, &build->variables, "test file"))
            file->variables = read_variables(m, block);
    } else if (iac_is_override(block)) {
        iac_read_override(m, block, false, &build->overrides);
    } else if (block->label_count != 1) {
        return; /* told already */
    } else if (iac_str_is(block->type, "run")) {
        add_run(m, block, build);
    } else if (iac_str_is(block->type, "provider")) {
        read_provider(m, block, build);
    } else if (iac_read_mock_provider(m, block, &provider, &source)) {
        add_provider(m, block, &provider, build);
        if (source.dir.n)
            iac_vec_push(sources, source);
    }
}

/* test.FOLDER.FILE.RUN: the module of a run is named after the place of the run. */
static iac_module_addr path_of_run(iac_arena *arena, iac_str file, iac_str run)
{
    static const iac_str endings[] = { IAC_STR_INIT(".tftest.hcl"), IAC_STR_INIT(".tftest.json") };
    iac_module_addr path = iac_module_addr_child(arena, (iac_module_addr){ 0 }, IAC_STR("test"), (iac_key){ 0 });

    for (size_t i = 0; i < IAC_COUNT(endings); i++)
        if (iac_str_ends(file, endings[i]))
            file.n -= endings[i].n;
    for (size_t at = 0; at <= file.n;) {
        size_t end = iac_str_find_char(file, '/', at);
        end = end == SIZE_MAX ? file.n : end;
        iac_str part = iac_str_sub(file, at, end);
        if (part.n && !iac_str_is(part, "."))
            path = iac_module_addr_child(arena, path, part, (iac_key){ 0 });
        at = end + 1;
    }
    return iac_module_addr_child(arena, path, run, (iac_key){ 0 });
}

static void *take(iac_arena *arena, const void *items, size_t n, size_t size)
{
    void *copy = iac_arena_alloc_array(arena, n ? n : 1, size);
    if (n)
        memcpy(copy, items, n * size);
    return copy;
}

static void read_file(iac_arena *arena, const iac_config_reader *reader, iac_str path, iac_test_file *ret,
                      mock_sources *sources, iac_diags *diags)
{
    iac_module_build m = { .arena = arena, .diags = diags };
    file_build build = { 0 };
    iac_content content = { 0 };
    iac_str text = { 0 };

    *ret = (iac_test_file){ .path = path };
    if (reader->read(reader->user, path.p, arena, &text, diags) != IAC_OK)
        return;
    const iac_source *source = iac_source_new(arena, path, text);
    const iac_file *file = iac_str_ends(path, IAC_STR(".json")) ? iac_parse_json_file(arena, source, diags)
                                                                : iac_parse_file(arena, source, diags);
    iac_body_content(arena, file->body, &file_spec, false, &content, diags);
    for (size_t i = 0; i < content.block_count; i++)
        read_block(&m, content.blocks[i], ret, &build, sources);
    for (size_t i = 0; i < build.runs.n; i++)
        build.runs.v[i].module_path = path_of_run(arena, path, build.runs.v[i].name);
    ret->runs = take(arena, build.runs.v, build.runs.n, sizeof(iac_test_run));
    ret->run_count = build.runs.n;
    ret->providers = take(arena, build.providers.v, build.providers.n, sizeof(iac_provider_config));
    ret->provider_count = build.providers.n;
    ret->overrides = iac_override_list_take(arena, &build.overrides);
    iac_vec_clear(&build.runs);
    iac_vec_clear(&build.providers);
    iac_vec_clear(&build.provider_labels);
    iac_map_clear(&build.run_names);
    iac_map_clear(&build.provider_names);
}

static bool is_test_file(iac_str name)
{
    return name.n && name.p[0] != '.' &&
           (iac_str_ends(name, IAC_STR(".tftest.hcl")) || iac_str_ends(name, IAC_STR(".tftest.json")));
}

static int cmp_names(const void *a, const void *b)
{
    return iac_str_cmp(*(const iac_str *)a, *(const iac_str *)b);
}

typedef IAC_VEC(iac_str) paths;

static void list_files(iac_arena *arena, const iac_config_reader *reader, const char *dir, paths *add)
{
    iac_diags ignored = IAC_DIAGS_INIT; /* a folder that is not there has no tests */
    iac_str *names = NULL;
    size_t count = 0;

    if (reader->list(reader->user, dir, arena, &names, &count, &ignored) == IAC_OK)
        for (size_t i = 0; i < count; i++)
            if (is_test_file(names[i]))
                iac_vec_push(add, strcmp(dir, ".") == 0
                                      ? iac_arena_str(arena, names[i])
                                      : iac_arena_printf(arena, "%s/%.*s", dir, IAC_FMT(names[i])));
    iac_diags_clear(&ignored);
}

iac_status iac_test_files_read(iac_arena *arena, const char *dir, const char *test_dir,
                               const iac_config_reader *reader, const iac_test_file **ret, size_t *ret_count,
                               iac_diags *diags)
{
    iac_module_build m = { .arena = arena, .diags = diags };
    size_t errors = diags->errors;
    mock_sources sources = { 0 };
    paths found = { 0 };

    reader = reader ? reader : &iac_config_reader_files;
    list_files(arena, reader, dir, &found);
    iac_str tests = iac_str_of(test_dir);
    while (iac_str_starts(tests, IAC_STR("./")))
        tests = iac_str_sub(tests, 2, tests.n);
    while (tests.n && tests.p[tests.n - 1] == '/')
        tests.n--;
    if (tests.n && !iac_str_is(tests, "."))
        list_files(arena, reader,
                   strcmp(dir, ".") == 0 ? iac_arena_cstr(arena, tests)
                                         : iac_arena_printf(arena, "%s/%.*s", dir, IAC_FMT(tests)).p,
                   &found);
    if (found.n)
        qsort(found.v, found.n, sizeof(*found.v), cmp_names);
    iac_test_file *files = iac_arena_array(arena, iac_test_file, found.n);
    for (size_t i = 0; i < found.n; i++)
        read_file(arena, reader, found.v[i], &files[i], &sources, diags);
    bool good = diags->errors == 0; /* otherwise nothing is read but the configuration and the tests themselves */
    for (size_t i = 0; good && i < sources.n; i++)
        iac_read_mock_source(&m, reader, &sources.v[i]);
    iac_vec_clear(&sources);
    *ret = files;
    *ret_count = found.n;
    iac_vec_clear(&found);
    return diags->errors > errors ? IAC_ERR : IAC_OK;
}

/* Failures that a run expects. */
#include "engine/test/tester.h"

typedef struct expected {
    iac_str name; /* as iac_diag.checked has it; of a resource, also without its key */
    iac_range range;
    bool output;
    bool happened;
} expected;

static void print_key(iac_arena *arena, iac_buf *out, const iac_ref *ref)
{
    iac_diags ignored = IAC_DIAGS_INIT; /* the key of a static traversal is a literal */
    const iac_value *key = ref->key ? iac_eval(NULL, ref->key, arena, &ignored) : NULL;
    int64_t index;

    iac_diags_clear(&ignored);
    if (key && key->kind == IAC_NUMBER && iac_value_to_int(key, &index))
        iac_key_print(out, (iac_key){ .kind = IAC_KEY_INT, .index = index });
    else if (key && key->kind == IAC_STRING)
        iac_key_print(out, (iac_key){ .kind = IAC_KEY_STRING, .name = key->string });
}

iac_range iac_test_ref_range(const iac_ref *ref)
{
    return ref->kind == IAC_REF_MODULE && ref->output.n ? iac_range_join(ref->range, iac_ref_attribute_range(ref))
                                                        : ref->range;
}

/* The object that is referred to, without what follows it. */
static iac_str ref_text(iac_arena *arena, const iac_ref *ref)
{
    iac_ref object = *ref;
    iac_buf text;

    object.output = (iac_str){ 0 };
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    iac_buf_str(&text, iac_ref_text(arena, &object));
    print_key(arena, &text, ref);
    if (ref->kind == IAC_REF_MODULE && ref->output.n)
        iac_buf_printf(&text, ".%.*s", IAC_FMT(ref->output));
    iac_str copy = iac_arena_str(arena, iac_buf_view(&text));
    iac_buf_clear(&text);
    return copy;
}

static expected *expected_of(iac_arena *arena, const iac_test_run *run)
{
    expected *list = iac_arena_array(arena, expected, run->expect_failures.n + 1);
    iac_diags checked = IAC_DIAGS_INIT; /* before, by iac_test_check_expected */

    for (size_t i = 0; i < run->expect_failures.n; i++) {
        iac_ref ref = { 0 };
        if (iac_ref_parse_test(run->expect_failures.v[i], &ref, &checked))
            list[i] = (expected){ .name = ref_text(arena, &ref), .range = iac_test_ref_range(&ref),
                                  .output = iac_str_is(ref.addr.type, "output") };
    }
    iac_diags_clear(&checked);
    return list;
}

static bool matches(const expected *one, iac_str checked)
{
    if (iac_str_eq(one->name, checked))
        return true;
    return checked.n > one->name.n && iac_str_starts(checked, one->name) && checked.p[one->name.n] == '[';
}

static expected *find(expected *list, size_t n, iac_str checked)
{
    expected *found = NULL;

    for (size_t i = 0; checked.n && i < n; i++)
        if (matches(&list[i], checked) && (!found || list[i].name.n > found->name.n))
            found = &list[i];
    return found;
}

void iac_test_expected(const iac_test_run *run, iac_diags *diags)
{
    iac_arena *scratch = iac_arena_new();
    expected *list = expected_of(scratch, run);
    size_t kept = 0, errors = 0;

    for (size_t i = 0; i < diags->list.n; i++) {
        iac_diag *diag = &diags->list.v[i];
        expected *one = find(list, run->expect_failures.n, diag->checked);
        if (one) {
            one->happened = true;
            continue;
        }
        if (iac_str_starts(diag->checked, IAC_STR("check.")))
            diag->severity = IAC_ERROR; /* of a check it fails the test */
        errors += diag->severity == IAC_ERROR;
        diags->list.v[kept++] = *diag;
    }
    diags->list.n = kept;
    diags->errors = errors;
    for (size_t i = 0; i < run->expect_failures.n; i++)
        if (!list[i].happened)
            iac_diag_error(diags, list[i].range, "Missing expected failure",
                           "The checkable object, %.*s, was expected to report an error but did not.",
                           IAC_FMT(list[i].name));
    iac_arena_free(scratch);
}

void iac_test_explain_expected(const iac_test_run *run, iac_diags *diags)
{
    iac_arena *scratch = iac_arena_new();
    expected *list = expected_of(scratch, run);
    iac_diags all = IAC_DIAGS_INIT;

    for (size_t i = 0; i < diags->list.n; i++) {
        const iac_diag *diag = &diags->list.v[i];
        const expected *one = diag->severity == IAC_ERROR ? find(list, run->expect_failures.n, diag->checked) : NULL;
        if (one)
            iac_diag_warning(&all, one->output ? one->range : IAC_NO_RANGE, "Expected failure while planning",
                             "A custom condition within %.*s failed during the planning stage and prevented the "
                             "requested apply operation. While this was an expected failure, the apply operation could "
                             "not be executed and so the overall test case will be marked as a failure and the "
                             "original diagnostic included in the test report.", IAC_FMT(diag->checked));
        iac_diag_add(&all, diag);
    }
    iac_diags_clear(diags);
    *diags = all;
    iac_arena_free(scratch);
}

/* ---- what may be expected to fail ---- */

static void check_ref(iac_arena *scratch, const iac_ref *ref, iac_diags *diags)
{
    bool resource = ref->kind == IAC_REF_RESOURCE;

    if (ref->kind == IAC_REF_VARIABLE || (resource && ref->addr.mode != IAC_EPHEMERAL_RESOURCE))
        return; /* check.NAME and output.NAME look like resources */
    iac_diag_error(diags, iac_test_ref_range(ref), "Invalid `expect_failures` reference",
                   "You cannot expect failures from %.*s. You can only expect failures from checkable objects such as "
                   "input variables, output values, check blocks, managed resources and data sources.",
                   IAC_FMT(ref_text(scratch, ref)));
}

bool iac_test_check_expected(const iac_test_run *run, iac_diags *diags)
{
    iac_arena *scratch = iac_arena_new();
    size_t errors = diags->errors;

    for (size_t i = 0; i < run->expect_failures.n; i++) {
        iac_ref ref;
        if (iac_ref_parse_test(run->expect_failures.v[i], &ref, diags))
            check_ref(scratch, &ref, diags);
    }
    iac_arena_free(scratch);
    return diags->errors == errors;
}

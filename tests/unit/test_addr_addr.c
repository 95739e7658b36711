#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lang/addr/addr.h"
#include "lang/syntax/parser.h"

static iac_arena *arena;
static iac_diags diags;

static int set_up(void **state)
{
    (void)state;
    arena = iac_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return 0;
}

/* Parsed and printed again, or the first error's detail. */
static const char *round_trip(const char *text)
{
    iac_addr addr;
    bool is_module;
    iac_diags_clear(&diags);
    if (iac_target_parse(arena, iac_str_of(text), &addr, &is_module, &diags) != IAC_OK)
        return iac_arena_cstr(arena, diags.list.v[0].detail);
    iac_str printed = is_module ? iac_module_addr_text(arena, addr.module) : iac_addr_text(arena, addr);
    return iac_arena_cstr(arena, printed);
}

static void test_addr_addr__text_is_read_and_printed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "aws_vpc.main",
        "aws_vpc.main[0]",
        "aws_vpc.main[\"a b\"]",
        "data.aws_ami.x",
        "ephemeral.random_password.p",
        "module.a",
        "module.a[1].module.b[\"x\"]",
        "module.a.module.b[\"x\"].data.t.n[2]",
        "t.n[\"q\\\"\\\\\\n\\t\\r$${x}%%{y}$z%\"]",
        "t.n[\"\\u0001\"]",
        "t.n[\"\xc3\xa9\"]",
        "a-b.c_d-e",
    };
    for (size_t i = 0; i < IAC_COUNT(texts); i++)
        assert_string_equal(round_trip(texts[i]), texts[i]);
    assert_string_equal(round_trip(" resource.aws_vpc.main "), "aws_vpc.main");
}

static void test_addr_addr__what_is_wrong_is_told(void **state)
{
    (void)state;
    assert_string_equal(round_trip("aws_vpc"), "Resource specification must include a resource type and name.");
    assert_string_equal(round_trip("data.aws_vpc"), "Resource specification must include a resource type and name.");
    assert_string_equal(round_trip("module"), "Prefix \"module.\" must be followed by a module name.");
    assert_string_equal(round_trip("aws_vpc[0].main"), "A resource name is required.");
    assert_string_equal(round_trip("aws_vpc.main.id"), "Resource instance key must be given in square brackets.");
    assert_string_equal(round_trip("aws_vpc.main[0].id"), "Unexpected extra operators after address.");
    assert_string_equal(round_trip("aws_vpc.main[true]"),
                        "Index brackets must contain either a literal number or a literal string.");
    assert_string_equal(round_trip("aws_vpc.main[1.5]"),
                        "Invalid resource instance key: value must be a whole number, between -9223372036854775808 and "
                        "9223372036854775807.");
    assert_string_equal(round_trip("aws_vpc.main[\"${x}\"]"),
                        "Template sequences are not allowed in this string. To include a literal \"$\", double it (as "
                        "\"$$\") to escape it.");
    assert_string_equal(round_trip("aws_vpc.main[*]"), "Splat expressions ([*]) may not be used here.");
    assert_string_equal(round_trip("aws_vpc.main[-1]"),
                        "Index brackets must contain either a literal number or a literal string.");
    assert_string_equal(round_trip("aws_vpc.main[ 1e1 ] # tenth"), "aws_vpc.main[10]");
    assert_string_equal(round_trip("aws_vpc main"), "Expected an attribute access or an index operator.");
    assert_memory_equal(round_trip("each.key"), "The keyword \"each\" is reserved", 30);
    static const char *const broken[] = { "",
                                          ".",
                                          "a.",
                                          "a..b",
                                          "a.b[",
                                          "a.b[\"",
                                          "a.b[\"x",
                                          "a.b[\"x\"",
                                          "a.b[-]",
                                          "a.b[99999999999999999999]",
                                          "a.b[\"\\u12\"]",
                                          "1.2",
                                          "a.b c" };
    for (size_t i = 0; i < IAC_COUNT(broken); i++) {
        round_trip(broken[i]);
        assert_true(diags.errors >= 1);
    }
}

static iac_addr addr_of(const char *text)
{
    iac_addr addr = { 0 };
    assert_int_equal(iac_addr_parse(arena, iac_str_of(text), &addr, &diags), IAC_OK);
    return addr;
}

static void test_addr_addr__order(void **state)
{
    (void)state;
    static const char *const ordered[] = {
        "data.z.z", "a.a",          "a.a[2]",          "a.a[10]",      "a.a[\"x\"]",           "a.b",
        "b.a",      "module.a.a.a", "module.a[0].a.a", "module.b.a.a", "module.a.module.a.a.a"
    };
    for (size_t i = 0; i + 1 < IAC_COUNT(ordered); i++) {
        assert_true(iac_addr_cmp(addr_of(ordered[i]), addr_of(ordered[i + 1])) < 0);
        assert_true(iac_addr_cmp(addr_of(ordered[i + 1]), addr_of(ordered[i])) > 0);
        assert_true(iac_addr_equal(addr_of(ordered[i]), iac_addr_copy(arena, addr_of(ordered[i]))));
    }
}

static void test_addr_addr__modules_lose_their_keys(void **state)
{
    (void)state;
    iac_module_addr module = addr_of("module.a[1].module.b[\"x\"].t.n").module;
    iac_str text = iac_module_addr_text(arena, iac_module_addr_static(arena, module));
    assert_true(iac_str_is(text, "module.a.module.b"));
    module = iac_module_addr_child(arena, module, IAC_STR("c"), (iac_key){ .kind = IAC_KEY_INT, .index = 3 });
    assert_true(iac_str_is(iac_module_addr_text(arena, module), "module.a[1].module.b[\"x\"].module.c[3]"));
}

static const char *provider(const char *source)
{
    iac_provider_addr addr;
    if (!iac_provider_addr_parse(arena, iac_str_of(source), &addr))
        return "malformed";
    return iac_arena_cstr(arena, iac_provider_addr_text(arena, addr));
}

static void test_addr_addr__provider_sources(void **state)
{
    (void)state;
    assert_string_equal(provider("aws"), "registry.terraform.io/hashicorp/aws");
    assert_string_equal(provider("Foo/Bar"), "registry.terraform.io/foo/bar");
    assert_string_equal(provider("example.com/a/b"), "example.com/a/b");
    assert_string_equal(provider("terraform"), "terraform.io/builtin/terraform");
    assert_string_equal(provider("a/b/c/d"), "malformed");
    assert_string_equal(provider("a//c"), "malformed");
    assert_string_equal(provider("-a"), "malformed");
    assert_string_equal(provider(""), "malformed");
    iac_provider_addr aws = iac_provider_addr_default(IAC_STR("aws"));
    assert_true(iac_str_is(iac_provider_addr_display(arena, aws), "hashicorp/aws"));
}

/* The reference's text, key and attribute; or the error's detail. */
static const char *reference(const char *text)
{
    iac_ref ref;
    iac_diags_clear(&diags);
    const iac_expr *expr = iac_parse_expression(arena, iac_source_new(arena, IAC_STR("t"), iac_str_of(text)), &diags);
    if (!iac_ref_parse(arena, expr, &ref, &diags))
        return iac_arena_cstr(arena, diags.list.v[0].detail);
    iac_str s = iac_arena_printf(arena, "%.*s%s %.*s", IAC_FMT(iac_ref_text(arena, &ref)), ref.key ? " []" : "",
                                 IAC_FMT(ref.attribute));
    return iac_arena_cstr(arena, s);
}

static void test_addr_addr__references(void **state)
{
    (void)state;
    assert_string_equal(reference("var.a.b"), "var.a b");
    assert_string_equal(reference("local.x[0].y"), "local.x ");
    assert_string_equal(reference("aws_vpc.main.id"), "aws_vpc.main id");
    assert_string_equal(reference("aws_vpc.main[var.k].id.x.y.z"), "aws_vpc.main [] id");
    assert_string_equal(reference("data.a.b[0].id"), "data.a.b [] id");
    /* Terraform prints data.b, which reads as something else. */
    assert_string_equal(reference("resource.data.b"), "resource.data.b ");
    assert_string_equal(reference("module.m.out.x"), "module.m.out out");
    assert_string_equal(reference("module.m[\"k\"].out"), "module.m.out [] out");
    assert_string_equal(reference("module.m"), "module.m ");
    assert_string_equal(reference("self.id"), "self id");
    assert_string_equal(reference("each.value.x"), "each.value x");
    assert_string_equal(
        reference("aws_vpc"),
        "A reference to a resource type must be followed by at least one attribute access, specifying the "
        "resource name.");
    assert_string_equal(reference("var"),
                        "The \"var\" object cannot be accessed directly. Instead, access one of its attributes.");
    assert_string_equal(reference("var[0]"), "The \"var\" object does not support this operation.");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(test_addr_addr__##name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(text_is_read_and_printed), T(what_is_wrong_is_told), T(order),
        T(modules_lose_their_keys),  T(provider_sources),      T(references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

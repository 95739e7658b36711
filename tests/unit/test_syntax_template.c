#include "lang/syntax/parser.h"
#include "tests/unit/syntax_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check_dump(const iac_expr *expr, const iac_diags *diags, const char *expected)
{
    iac_buf out;
    iac_buf_init(&out, IAC_BUF_UNLIMITED);
    if (diags->list.n > 0)
        iac_buf_str(&out, diags->list.v[0].summary);
    else
        dump_expr(&out, expr);
    assert_string_equal(out.p, expected);
    iac_buf_clear(&out);
}

/* The value of `a = SOURCE` in a file. */
static void check(const char *source, const char *expected)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    iac_str text = iac_arena_printf(arena, "a = %s\n", source);
    const iac_file *file = iac_parse_file(arena, iac_source_new(arena, IAC_STR("main.tf"), text), &diags);
    check_dump(file->body->attributes[0].expr, &diags, expected);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
}

/* A text that is a template as it stands, like a file given to templatefile. */
static void check_bare(const char *source, const char *expected)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_source *src = iac_source_new(arena, IAC_STR("x.tftpl"), iac_str_of(source));
    check_dump(iac_parse_template(arena, src, &diags), &diags, expected);
    iac_diags_clear(&diags);
    iac_arena_free(arena);
}

static void test_syntax_template__plain_strings(void **state)
{
    (void)state;
    check("\"\"", "<>");
    check("\"x\"", "<'x'>");
    check("\"\\u00e9\\U0001F600\\t\\\"\\\\\\n\"", "<'\xC3\xA9\xF0\x9F\x98\x80\t\"\\\n'>");
    check("\"e\xCC\x81\"", "<'\xC3\xA9'>"); /* composed */
}

static void test_syntax_template__doubled_sigils_are_literal(void **state)
{
    (void)state;
    check("\"$${x} %%{y} $ % $$ a$\"", "<'${x} %{y} $ % $$ a$'>");
    check("\"$$${s}\"", "<'$${s}'>");
    check("\"$$$${s}\"", "<'$$${s}'>");
    check("\"%%%{if true}x\"", "<'%%{if true}x'>");
}

static void test_syntax_template__a_sequence_alone_keeps_its_type(void **state)
{
    (void)state;
    check("\"${x}\"", "wrap(x)");
    check("\"${~ x ~}\"", "wrap(x)");
    check("\" ${~ x ~} \"", "<x>"); /* still a string: there were other parts */
    check("\"${\"${x}\"}\"", "wrap(wrap(x))");
    check("\"a${{b = \"}\"}.b}c\"", "<'a' {bare 'b' = <'}'>}.b 'c'>");
}

static void test_syntax_template__directives(void **state)
{
    (void)state;
    check("\"a%{ if x }b%{ else }c%{ endif }d\"", "<'a' if(x, <'b'>, <'c'>) 'd'>");
    check("\"%{ for k, v in m }${k}=${v};%{ endfor }\"", "<for(k,v in m: <k '=' v ';'>)>");
    check("\"%{ if x }%{ if y }z%{ endif }%{ endif }\"", "<if(x, <if(y, <'z'>)>)>");
    check("\"a%{ if x ~}  b  %{~ else }c%{ endif }d\"", "<'a' if(x, <'b'>, <'c'>) 'd'>");
}

static void test_syntax_template__strip_markers_take_white_space(void **state)
{
    (void)state;
    check("\"a\\n  ${~ s ~}  \\n b\"", "<'a' s 'b'>");
    check("\"a ${\"${~ b}\"}\"", "<'a ' wrap(b)>"); /* not that of the template around */
}

static void test_syntax_template__heredocs(void **state)
{
    (void)state;
    check("<<EOT\n  EOT x\n${s ~}\n  EOT", "<'  EOT x\n' s>");
    check("<<EOT\nEOT", "<>");
    check("<<_A-B\nx\\n \"y\" $${z}\n_A-B   ", "<'x\\n \"y\" ${z}\n'>");
    check("<<EOT\r\na\r\nEOT\r", "<'a\r\n'>");
    check("[<<EOT\nx\nEOT\n, 1]", "[<'x\n'>, 1]");
}

static void test_syntax_template__indentation_is_removed(void **state)
{
    (void)state;
    check("<<-EOT\n     a\n    b\n  \tc ${s}\n   \n    d\n  EOT", "<'  a\n b\nc ' s '\n   \n d\n'>");
    check("<<-EOT\n      a\n${s}\n      b\n  EOT", "<'      a\n' s '\n      b\n'>");
    check("<<-EOT\n     ${s}\n      x\n\n     z\n    EOT", "<s '\n x\n\nz\n'>");
    check("<<-EOT\n    a\r\n     b\r\n  EOT", "<'a\r\n b\r\n'>");
    /* a wide character of white space counts as one */
    check("<<-EOT\n\xE3\x80\x80 a\n  b\n  EOT", "<'a\nb\n'>");
}

static void test_syntax_template__a_line_after_a_stripped_newline_keeps_its_indentation(void **state)
{
    (void)state;
    check("<<-EOT\n   %{ for x in l ~}\n  - ${x}\n   %{ endfor ~}\n   d\n   EOT",
          "<for(x in l: <'  - ' x '\n'>) '   d\n'>");
    check("<<-EOT\n\n${~ s ~}\n\n   foo\n    EOT", "<s '\n   foo\n'>");
}

static void test_syntax_template__bare_texts(void **state)
{
    (void)state;
    check_bare("", "<>");
    check_bare("\"quoted\" \\n ${a}\n%{ for x in l ~}\n  - ${x}\n%{ endfor ~}\nend\n",
               "<'\"quoted\" \\n ' a '\n' for(x in l: <'  - ' x '\n'>) 'end\n'>");
    check_bare("${x}", "wrap(x)");
    check_bare("a ${", "Missing expression");
}

static void test_syntax_template__errors(void **state)
{
    (void)state;
    check("\"\\x\"", "Invalid escape sequence");
    check("\"\\uD800\"", "Invalid escape sequence");
    check("\"%{ if x }\"", "Unexpected end of template");
    check("\"%{ endfor }\"", "Unexpected endfor directive");
    check("\"%{ fro }\"", "Invalid template control keyword");
    check("\"${1 2}\"", "Extra characters after interpolation expression");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax_template__plain_strings),
        cmocka_unit_test(test_syntax_template__doubled_sigils_are_literal),
        cmocka_unit_test(test_syntax_template__a_sequence_alone_keeps_its_type),
        cmocka_unit_test(test_syntax_template__directives),
        cmocka_unit_test(test_syntax_template__strip_markers_take_white_space),
        cmocka_unit_test(test_syntax_template__heredocs),
        cmocka_unit_test(test_syntax_template__indentation_is_removed),
        cmocka_unit_test(test_syntax_template__a_line_after_a_stripped_newline_keeps_its_indentation),
        cmocka_unit_test(test_syntax_template__bare_texts),
        cmocka_unit_test(test_syntax_template__errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Evaluates expressions for the comparison with Terraform: eval_expr [-json] DEFINITIONS < EXPRESSIONS
 * DEFINITIONS holds `name = expression` lines, in reach as local.name and var.name. There are terraform_data.u and two
 * terraform_data.many, planned and not yet made. EXPRESSIONS are separated by lines that say %%; so are the results:
 * the value as the console shows it (or as JSON, with what is unknown as a string), or the errors. An expression may be
 * a type, a line that says =>, and a value to convert to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/eval/eval.h"
#include "lang/syntax/parser.h"
#include "lang/value/json.h"

struct definitions {
    const iac_body *body;
    const iac_value **values;
    iac_arena *arena;
};

static bool as_json;

/* As planned, with nothing but the input known. */
static const iac_value *planned(iac_arena *arena)
{
    const iac_str names[] = { IAC_STR("id"), IAC_STR("input"), IAC_STR("output"), IAC_STR("triggers_replace") };
    const iac_value *items[] = {
        iac_value_not_null(arena, iac_value_unknown(arena, &iac_type_string)),
        iac_value_cstr(arena, "x"),
        iac_value_unknown(arena, &iac_type_string),
        &iac_null_dynamic,
    };
    return iac_value_object(arena, names, items, IAC_COUNT(names));
}

static const iac_value *look_up_resource(const iac_ref *ref, const iac_value *key, iac_arena *arena, iac_diags *diags)
{
    int64_t index = 0;
    bool many = iac_str_is(ref->addr.name, "many");
    if (!iac_str_is(ref->addr.type, "terraform_data") || (!many && !iac_str_is(ref->addr.name, "u")))
        return NULL;
    const iac_value *both[] = { planned(arena), planned(arena) };
    if (!many)
        return both[0];
    if (!key)
        return iac_value_tuple(arena, both, 2);
    if (iac_value_to_int(key, &index) && (index == 0 || index == 1))
        return both[0];
    iac_diag_error(diags, ref->range, "Invalid index",
                   "The given key does not identify an element in this collection value.");
    return NULL;
}

static const iac_value *look_up(void *user, const iac_ref *ref, const iac_value *key, iac_arena *arena,
                                iac_diags *diags)
{
    struct definitions *definitions = user;
    size_t before = diags->list.n;
    const iac_value *v = ref->kind == IAC_REF_RESOURCE ? look_up_resource(ref, key, arena, diags) : NULL;
    if (v || diags->list.n > before)
        return v;
    if (ref->kind == IAC_REF_PATH)
        return iac_value_cstr(arena, ".");
    if (ref->kind == IAC_REF_TERRAFORM && iac_str_is(ref->name, "workspace"))
        return iac_value_cstr(arena, "default");
    for (size_t i = 0; i < definitions->body->attribute_count; i++) {
        if ((ref->kind == IAC_REF_LOCAL || ref->kind == IAC_REF_VARIABLE) &&
            iac_str_eq(definitions->body->attributes[i].name, ref->name) && definitions->values[i])
            return definitions->values[i];
    }
    iac_str text = iac_ref_text(arena, ref);
    iac_diag_error(diags, ref->range, "Reference to undeclared object", "There is no %.*s.", IAC_FMT(text));
    return NULL;
}

static iac_str read_all(iac_arena *arena, FILE *file)
{
    char chunk[4096];
    size_t n;
    iac_buf buf;
    iac_buf_init(&buf, IAC_BUF_UNLIMITED);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        iac_buf_add(&buf, chunk, n);
    iac_str text = iac_arena_str(arena, iac_buf_view(&buf));
    iac_buf_clear(&buf);
    return text;
}

static void print_json(iac_buf *out, const iac_value *v)
{
    if (!iac_is_set_value(v) || (!v->deep_unknown)) {
        if (iac_is_unknown(v))
            iac_buf_cstr(out, "\"(known after apply)\"");
        else
            iac_value_to_json(out, v);
        return;
    }
    bool keyed = v->kind == IAC_MAP || v->kind == IAC_OBJECT;
    iac_buf_char(out, keyed ? '{' : '[');
    for (size_t i = 0; i < v->n; i++) {
        if (i > 0)
            iac_buf_char(out, ',');
        if (keyed) {
            iac_json_string(out, v->keys[i], false);
            iac_buf_char(out, ':');
        }
        print_json(out, v->items[i]);
    }
    iac_buf_char(out, keyed ? '}' : ']');
}

static void print_errors(const iac_diags *diags)
{
    for (size_t i = 0; i < diags->list.n; i++) {
        const iac_diag *diag = &diags->list.v[i];
        printf("Error: %.*s: %.*s\n", IAC_FMT(diag->summary), IAC_FMT(diag->detail));
        printf("  at %.*s\n", IAC_FMT(iac_range_text(diag->subject)));
        for (size_t j = 0; j < diag->value_count; j++)
            printf("  %.*s %.*s\n", IAC_FMT(diag->values[j].traversal), IAC_FMT(diag->values[j].statement));
    }
}

/* "TYPE\n=>\nVALUE" without scope: the value converted to the type, as a variable's default is. */
static const iac_value *convert(iac_arena *arena, iac_str text, size_t arrow, iac_diags *diags)
{
    const iac_source *type_source = iac_source_new(arena, IAC_STR("main.tf"), iac_str_sub(text, 0, arrow));
    const iac_source *value_source = iac_source_new(arena, IAC_STR("main.tf"), iac_str_sub(text, arrow + 4, text.n));
    const iac_defaults *defaults = NULL;
    iac_str error = { 0 };
    const iac_type *type = iac_eval_type(iac_parse_expression(arena, type_source, diags), arena, &defaults, diags);
    if (!type)
        return &iac_unknown_dynamic;
    const iac_value *v = iac_eval(NULL, iac_parse_expression(arena, value_source, diags), arena, diags);
    if (defaults)
        v = iac_defaults_apply(arena, defaults, v);
    v = iac_convert(arena, v, type, &error, NULL);
    if (!v)
        iac_diag_error(diags, IAC_NO_RANGE, "Invalid default value for variable", "%.*s", IAC_FMT(error));
    return v ? v : &iac_unknown_dynamic;
}

static void evaluate(const iac_scope *scope, iac_str text)
{
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_value *v = &iac_unknown_dynamic;
    size_t arrow = iac_str_find(text, IAC_STR("\n=>\n"), 0);
    if (arrow != SIZE_MAX) {
        v = convert(arena, text, arrow, &diags);
    } else {
        const iac_expr *expr = iac_parse_expression(arena, iac_source_new(arena, IAC_STR("main.tf"), text), &diags);
        if (!iac_diags_has_errors(&diags))
            v = iac_eval(scope, expr, arena, &diags);
    }
    if (iac_diags_has_errors(&diags)) {
        print_errors(&diags);
    } else {
        iac_buf buf;
        iac_buf_init(&buf, IAC_BUF_UNLIMITED);
        if (as_json)
            print_json(&buf, v);
        else
            iac_eval_print(&buf, v);
        printf("%s\n", buf.p);
        iac_buf_clear(&buf);
    }
    iac_diags_clear(&diags);
    iac_arena_free(arena);
}

static void evaluate_all(const iac_scope *scope, iac_str text)
{
    for (size_t at = 0; at < text.n;) {
        size_t end = iac_str_find(text, IAC_STR("\n%%\n"), at);
        if (end == SIZE_MAX)
            end = text.n;
        evaluate(scope, iac_str_sub(text, at, end));
        puts("%%");
        at = end + 4;
    }
}

int main(int argc, char **argv)
{
    as_json = argc == 3 && strcmp(argv[1], "-json") == 0;
    if (argc != 2 + as_json)
        return fprintf(stderr, "usage: eval_expr [-json] DEFINITIONS < EXPRESSIONS\n"), 2;
    const char *path = argv[1 + as_json];
    FILE *file = fopen(path, "rb");
    if (!file)
        return perror(path), 1;
    iac_arena *arena = iac_arena_new();
    iac_diags diags = IAC_DIAGS_INIT;
    const iac_source *source = iac_source_new(arena, iac_str_of(path), read_all(arena, file));
    fclose(file);
    struct definitions definitions = { .body = iac_parse_file(arena, source, &diags)->body, .arena = arena };
    definitions.values = iac_arena_array(arena, const iac_value *, definitions.body->attribute_count);
    iac_func_context functions = { .base_dir = IAC_STR("."), .render = iac_eval_render };
    iac_scope scope = { .user = &definitions, .lookup = look_up, .functions = &functions };
    functions.render_arg = &scope;
    for (size_t i = 0; i < definitions.body->attribute_count; i++)
        definitions.values[i] = iac_eval(&scope, definitions.body->attributes[i].expr, arena, &diags);
    print_errors(&diags);
    int status = iac_diags_has_errors(&diags);
    if (status == 0)
        evaluate_all(&scope, read_all(arena, stdin));
    iac_diags_clear(&diags);
    iac_arena_free(arena);
    return status;
}

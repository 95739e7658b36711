/* lang/config/decode.c - static parts of the configuration: what must be readable without evaluating anything. */
#include "lang/config/load.h"

#include "lang/syntax/parser.h"
#include "lang/value/json.h"

bool iac_expr_literal_text(const iac_expr *expr, iac_str *ret)
{
    if (expr->kind == IAC_EXPR_LITERAL) {
        if (expr->literal->kind != IAC_STRING || !iac_is_set_value(expr->literal))
            return false;
        *ret = expr->literal->string;
        return true;
    }
    if (expr->kind != IAC_EXPR_TEMPLATE || expr->tmpl.part_count > 1)
        return false;
    if (expr->tmpl.part_count == 0) {
        *ret = (iac_str){ 0 };
        return true;
    }
    return iac_expr_literal_text(expr->tmpl.parts[0], ret);
}

iac_str iac_range_place(iac_arena *arena, iac_range range)
{
    if (!range.src)
        return IAC_STR("<unknown>");
    iac_pos start = iac_source_pos(range.src, range.start), end = iac_source_pos(range.src, range.end);
    if (start.line == end.line)
        return iac_arena_printf(arena, "%.*s:%u,%u-%u", IAC_FMT(range.src->name), start.line, start.column,
                                end.column);
    return iac_arena_printf(arena, "%.*s:%u,%u-%u,%u", IAC_FMT(range.src->name), start.line, start.column, end.line,
                            end.column);
}

bool iac_check_label(iac_module_build *m, const iac_label *label, const char *summary)
{
    if (iac_is_identifier(label->text))
        return true;
    iac_diag_error(m->diags, label->range, summary, IAC_NAME_RULE);
    return false;
}

/* ---- values ---- */

const iac_value *iac_static_eval(iac_module_build *m, const iac_expr *expr)
{
    iac_str error = { 0 };
    size_t offset, errors = m->diags->errors;

    if (expr->kind == IAC_EXPR_ERROR)
        return NULL;
    const iac_value *v = expr->from_json ? iac_value_from_json(m->arena, iac_range_text(expr->range), &error, &offset)
                                         : NULL;
    if (!v)
        v = iac_eval(NULL, expr, m->arena, m->diags);
    return m->diags->errors > errors ? NULL : v;
}

static const iac_value *static_value(iac_module_build *m, const iac_attribute *attr, const iac_type *type)
{
    iac_str error = { 0 };
    const iac_value *v = iac_static_eval(m, attr->expr);

    v = iac_convert(m->arena, v ? v : &iac_unknown_dynamic, type, &error, NULL);
    if (v && iac_is_set_value(v))
        return v;
    if (v)
        error = iac_is_null(v) ? IAC_STR("null value is not allowed") : IAC_STR("value must be known");
    iac_diag_error(m->diags, iac_expr_start(attr->expr), "Unsuitable value type", "Unsuitable value: %.*s",
                   IAC_FMT(error));
    return NULL;
}

bool iac_static_bool(iac_module_build *m, const iac_attribute *attr, bool *ret)
{
    if (!attr)
        return true;
    size_t errors = m->diags->errors;
    const iac_value *v = static_value(m, attr, &iac_type_bool);
    if (v)
        *ret = v->boolean;
    return m->diags->errors == errors;
}

bool iac_static_string(iac_module_build *m, const iac_attribute *attr, iac_str *ret)
{
    if (!attr)
        return true;
    size_t errors = m->diags->errors;
    const iac_value *v = static_value(m, attr, &iac_type_string);
    if (v)
        *ret = v->string;
    return m->diags->errors == errors;
}

/* ---- traversals ---- */

/* A traversal read from a quoted string, with every node moved to where the string stands. Nodes are as large as their
 * kind needs, so they are made anew. */
static const iac_expr *relocate(iac_arena *arena, const iac_expr *expr, iac_range range)
{
    iac_expr *copy = iac_arena_new_of(arena, iac_expr);

    copy->kind = expr->kind;
    copy->height = expr->height;
    copy->range = range;
    if (expr->kind == IAC_EXPR_ATTR) {
        copy->attr.operand = relocate(arena, expr->attr.operand, range);
        copy->attr.name = expr->attr.name;
        copy->attr.name_range = range;
    } else if (expr->kind == IAC_EXPR_INDEX) {
        copy->index.operand = relocate(arena, expr->index.operand, range);
        copy->index.key = expr->index.key;
        copy->index.legacy = expr->index.legacy;
        copy->index.bracket_range = range;
    } else {
        copy->root = expr->root;
    }
    return copy;
}

static void invalid_traversal(iac_module_build *m, iac_range range)
{
    iac_diag_error(m->diags, range, "Invalid expression",
                   "A single static variable reference is required: only attribute access and indexing with constant "
                   "keys. No calculations, function calls, template expressions, etc are allowed here.");
}

/* Parses text as an expression whose faults are reported where the string stands. */
static const iac_expr *parse_quoted(iac_module_build *m, iac_str text, iac_range range)
{
    iac_diags within = IAC_DIAGS_INIT;
    const iac_source *source = iac_source_new(m->arena, range.src ? range.src->name : (iac_str){ 0 }, text);
    const iac_expr *expr = iac_parse_expression(m->arena, source, &within);

    for (size_t i = 0; i < within.list.n; i++) {
        iac_diag diag = within.list.v[i];
        diag.subject = range;
        diag.context = IAC_NO_RANGE;
        iac_diag_add(m->diags, &diag);
    }
    bool failed = within.errors > 0;
    iac_diags_clear(&within);
    return failed ? NULL : expr;
}

const iac_expr *iac_unquote(iac_module_build *m, const iac_expr *expr)
{
    size_t errors = m->diags->errors;
    const iac_expr *unquoted = iac_expr_static(m->arena, expr, m->diags);

    return m->diags->errors > errors ? NULL : unquoted;
}

/* The expression that a JSON string holds, where it is one; others as they are. */
static const iac_expr *unquote_traversal(iac_module_build *m, const iac_expr *expr)
{
    iac_diags within = IAC_DIAGS_INIT;

    if (!expr->from_json)
        return expr;
    const iac_expr *unquoted = iac_expr_static(m->arena, expr, &within);
    if (within.errors || !unquoted || unquoted->kind == IAC_EXPR_ERROR) {
        invalid_traversal(m, expr->range);
        unquoted = NULL;
    }
    iac_diags_clear(&within);
    return unquoted;
}

const iac_expr *iac_static_address(iac_module_build *m, const iac_expr *expr)
{
    expr = unquote_traversal(m, expr);
    if (expr && !iac_expr_is_traversal(expr)) {
        invalid_traversal(m, expr->range);
        return NULL;
    }
    return expr;
}

const iac_expr *iac_static_traversal(iac_module_build *m, const iac_expr *expr)
{
    iac_str text;

    expr = unquote_traversal(m, expr);
    if (!expr)
        return NULL;
    if (!expr->from_json && iac_expr_literal_text(expr, &text) && text.n) {
        iac_diag_warning(m->diags, expr->range, "Quoted references are deprecated",
                         "In this context, references are expected literally rather than in quotes. Terraform 0.11 "
                         "and earlier required quotes, but quoted references are now deprecated and will be removed "
                         "in a future version of Terraform. Remove the quotes surrounding this reference to silence "
                         "this warning.");
        const iac_expr *parsed = parse_quoted(m, text, expr->range);
        if (!parsed)
            return NULL;
        if (!iac_expr_is_traversal(parsed)) {
            invalid_traversal(m, expr->range);
            return NULL;
        }
        return relocate(m->arena, parsed, expr->range);
    }
    if (!iac_expr_is_traversal(expr)) {
        invalid_traversal(m, expr->range);
        return NULL;
    }
    return expr;
}

bool iac_static_list(iac_module_build *m, const iac_expr *expr, const iac_expr *const **ret, size_t *ret_count)
{
    if (expr->kind == IAC_EXPR_ERROR)
        return false;
    if (expr->kind != IAC_EXPR_TUPLE) {
        iac_diag_error(m->diags, iac_expr_start(expr), "Invalid expression", "A static list expression is required.");
        return false;
    }
    *ret = expr->tuple.items;
    *ret_count = expr->tuple.n;
    return true;
}

bool iac_static_depends(iac_module_build *m, const iac_attribute *attr, iac_depends *ret)
{
    const iac_expr *const *items;
    size_t count;
    bool good = true;

    if (!attr)
        return true;
    if (!iac_static_list(m, attr->expr, &items, &count))
        return false;
    const iac_expr **found = iac_arena_array(m->arena, const iac_expr *, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const iac_expr *traversal = iac_static_traversal(m, items[i]);
        if (traversal)
            found[n++] = traversal;
        else
            good = false;
    }
    *ret = (iac_depends){ found, n };
    return good;
}

bool iac_static_provider_config(iac_module_build *m, const iac_expr *expr, iac_provider_ref *ret)
{
    static const char summary[] = "Invalid provider configuration reference";
    iac_str text;

    if (!iac_expr_literal_text(expr, &text) && !iac_expr_is_traversal(expr)) {
        if (expr->kind != IAC_EXPR_ERROR) /* told by the parser */
            iac_diag_error(m->diags, expr->range, summary,
                           "The provider argument requires a provider type name, optionally followed by a period and "
                           "then a configuration alias.");
        return false;
    }
    const iac_expr *traversal = iac_static_traversal(m, expr);
    if (!traversal)
        return false;
    if (traversal->kind == IAC_EXPR_ROOT) {
        *ret = (iac_provider_ref){ .name = traversal->root, .range = traversal->range };
        return true;
    }
    if (traversal->kind == IAC_EXPR_ATTR && traversal->attr.operand->kind == IAC_EXPR_ROOT) {
        *ret = (iac_provider_ref){
            .name = traversal->attr.operand->root,
            .alias = traversal->attr.name,
            .range = traversal->range,
        };
        return true;
    }
    iac_diag_error(m->diags, traversal->kind == IAC_EXPR_INDEX ? traversal->index.bracket_range : traversal->range,
                   summary, "The provider argument requires a provider type name, optionally followed by a "
                            "period and then a configuration alias.");
    return false;
}

bool iac_static_provider_ref(iac_module_build *m, const iac_expr *expr, iac_provider_ref *ret)
{
    const iac_expr *index = expr->from_json ? iac_unquote(m, expr) : expr;
    if (!index)
        return false;
    if (index->kind == IAC_EXPR_INDEX && !index->index.legacy && index->index.operand->kind == IAC_EXPR_ATTR &&
        index->index.operand->attr.operand->kind == IAC_EXPR_ROOT) {
        *ret = (iac_provider_ref){
            .name = index->index.operand->attr.operand->root,
            .alias = index->index.operand->attr.name,
            .range = index->range,
            .key = index->index.key,
        };
        return true;
    }
    return iac_static_provider_config(m, expr, ret);
}

iac_str iac_static_keyword(iac_module_build *m, const iac_expr *expr)
{
    iac_str text;

    if (expr->kind == IAC_EXPR_ROOT)
        return expr->root;
    if (!iac_expr_literal_text(expr, &text))
        return (iac_str){ 0 };
    if (!expr->from_json)
        iac_diag_warning(m->diags, expr->range, "Quoted keywords are deprecated",
                         "In this context, keywords are expected literally rather than in quotes. Terraform 0.11 and "
                         "earlier required quotes, but quoted keywords are now deprecated and will be removed in a "
                         "future version of Terraform. Remove the quotes surrounding this keyword to silence this "
                         "warning.");
    return text;
}

/* ---- bodies ---- */

const iac_block **iac_content_blocks(iac_arena *arena, const iac_content *content, const char *type, size_t *ret_count)
{
    const iac_block **found = iac_arena_array(arena, const iac_block *, content->block_count);
    size_t n = 0;

    for (size_t i = 0; i < content->block_count; i++)
        if (iac_str_is(content->blocks[i]->type, type))
            found[n++] = content->blocks[i];
    *ret_count = n;
    return found;
}

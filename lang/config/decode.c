/* lang/config/decode.c - static parts of the configuration: what must be readable without evaluating anything. */
#include "lang/config/load.h"
#include "lang/config/version.h"

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

    if (expr->kind == IAC_EXPR_ERROR && !expr->faulty)
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
    iac_diag *diag = iac_diag_error(m->diags, iac_expr_start(attr->expr), "Unsuitable value type",
                                    "Unsuitable value: %.*s", IAC_FMT(error));
    diag->context = attr->expr->range;
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

bool iac_static_version(iac_module_build *m, const iac_attribute *attr, iac_str *ret)
{
    static const char summary[] = "Invalid version constraint";
    iac_str error = { 0 };

    if (!attr)
        return true;
    const iac_value *v = iac_static_eval(m, attr->expr);
    if (!v)
        return false;
    v = iac_convert(m->arena, v, &iac_type_string, &error, NULL);
    if (!v) {
        iac_diag_error(m->diags, attr->expr->range, summary, "A string value is required for %.*s.",
                       IAC_FMT(attr->name));
        return false;
    }
    if (!iac_is_set_value(v))
        return true;
    *ret = v->string;
    if (iac_version_constraint_valid(*ret))
        return true;
    iac_diag_error(m->diags, attr->expr->range, summary, "This string does not use correct version constraint syntax.");
    return false;
}

/* ---- traversals ---- */

/* null, true and false: names where a name is wanted. */
static bool is_word(const iac_expr *expr)
{
    return expr->kind == IAC_EXPR_LITERAL && !expr->from_json &&
           (iac_is_null(expr->literal) || expr->literal->kind == IAC_BOOL);
}

static const iac_expr *word_as_root(iac_arena *arena, const iac_expr *expr)
{
    iac_expr *root = iac_arena_new_of(arena, iac_expr);

    *root = (iac_expr){ .kind = IAC_EXPR_ROOT, .height = expr->height, .range = expr->range };
    root->root = iac_range_text(expr->range);
    return root;
}

static void invalid_traversal(iac_module_build *m, iac_range range)
{
    iac_diag_error(m->diags, range, "Invalid expression",
                   "A single static variable reference is required: only attribute access and indexing with constant "
                   "keys. No calculations, function calls, template expressions, etc are allowed here.");
}

const iac_expr *iac_unquote(iac_module_build *m, const iac_expr *expr)
{
    size_t errors = m->diags->errors;

    if (expr->from_json && !iac_expr_is_json_string(expr)) {
        iac_diag_error(m->diags, expr->range, "Invalid reference expression",
                       "A single reference string is required.");
        return NULL;
    }
    const iac_expr *unquoted = iac_expr_static(m->arena, expr, m->diags);
    return m->diags->errors > errors ? NULL : unquoted;
}

/* The reference that a string holds. In JSON positions count from the quote; elsewhere from behind it, and what is wrong
 * with the text is told. */
static const iac_expr *traversal_of_text(iac_module_build *m, const iac_expr *expr, iac_str text)
{
    iac_pos origin = iac_shown_pos(expr->range.src, expr->range.start);
    iac_diags within = IAC_DIAGS_INIT;

    origin.column += !expr->from_json;
    origin.byte += !expr->from_json;
    const iac_source *source = iac_source_within(m->arena, expr->range.src, origin, text);
    const iac_expr *traversal = iac_parse_traversal(m->arena, source, &within);
    if (!expr->from_json)
        iac_diags_append(m->diags, &within);
    if (within.errors)
        traversal = NULL;
    iac_diags_clear(&within);
    return traversal;
}

const iac_expr *iac_static_address(iac_module_build *m, const iac_expr *expr)
{
    const iac_expr *traversal = iac_expr_is_json_string(expr)
                                    ? traversal_of_text(m, expr, iac_json_string_text(m->arena, expr->range))
                                : is_word(expr)                                   ? word_as_root(m->arena, expr)
                                : !expr->from_json && iac_expr_is_traversal(expr) ? expr
                                                                                  : NULL;
    if (!traversal)
        invalid_traversal(m, expr->range);
    return traversal;
}

const iac_expr *iac_static_traversal(iac_module_build *m, const iac_expr *expr)
{
    iac_str text;

    if (expr->from_json || !iac_expr_literal_text(expr, &text))
        return iac_static_address(m, expr);
    iac_diag_warning(m->diags, expr->range, "Quoted references are deprecated",
                     "In this context, references are expected literally rather than in quotes. Terraform 0.11 and "
                     "earlier required quotes, but quoted references are now deprecated and will be removed in a "
                     "future version of Terraform. Remove the quotes surrounding this reference to silence this "
                     "warning.");
    const iac_expr *traversal = traversal_of_text(m, expr, text);
    if (!traversal)
        invalid_traversal(m, expr->range);
    return traversal;
}

/* Where a part of the text of an address is in its file; the whole where that cannot be told. */
static iac_range part_of(iac_range whole, iac_str text, iac_range part)
{
    if (!whole.src || part.start >= part.end || part.end > text.n)
        return whole;
    uint32_t base = (uint32_t)(text.p - whole.src->text.p);
    return (iac_range){ whole.src, base + part.start, base + part.end };
}

bool iac_static_target(iac_module_build *m, const iac_expr *expr, iac_addr *ret, bool *ret_is_module)
{
    iac_diags within = IAC_DIAGS_INIT;
    iac_str text = iac_range_text(expr->range);

    bool good = iac_target_parse(m->arena, text, ret, ret_is_module, &within) == IAC_OK;
    for (size_t i = 0; i < within.list.n; i++) {
        iac_diag diag = within.list.v[i];
        diag.subject = part_of(expr->range, text, diag.subject);
        diag.context = IAC_NO_RANGE;
        iac_diag_add(m->diags, &diag);
    }
    iac_diags_clear(&within);
    return good;
}

bool iac_static_list(iac_module_build *m, const iac_expr *expr, const iac_expr *const **ret, size_t *ret_count)
{
    if (expr->kind == IAC_EXPR_ERROR && !expr->from_json)
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

/* What is wrong with the name; NULL: nothing, but that it may have capitals. */
static const char *name_problem(iac_str name)
{
    static const char letters[] =
        "must contain only letters, digits, and dashes, and may not use leading or trailing dashes";

    if (!name.n)
        return "must have at least one character";
    if (iac_str_find_char(name, '.', 0) != SIZE_MAX)
        return "dots are not allowed";
    if (iac_str_find(name, IAC_STR("--"), 0) != SIZE_MAX)
        return "cannot use multiple consecutive dashes";
    if (name.p[0] == '-' || name.p[name.n - 1] == '-')
        return letters;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (!(c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80))
            return letters;
    }
    return NULL;
}

bool iac_provider_name_fits(iac_module_build *m, iac_str name, iac_range range)
{
    static const char summary[] = "Invalid provider local name";
    const char *problem = name_problem(name);

    if (problem) {
        iac_diag_error(m->diags, range, summary, "%.*s is an invalid provider local name: %s", IAC_FMT(name), problem);
        return false;
    }
    iac_buf lower;
    iac_buf_init(&lower, IAC_BUF_UNLIMITED);
    for (size_t i = 0; i < name.n;)
        iac_buf_utf8(&lower, iac_to_lower(iac_utf8_next(name, &i)));
    bool good = iac_str_eq(iac_buf_view(&lower), name);
    if (!good)
        iac_diag_error(m->diags, range, summary,
                       "Provider names must be normalized. Replace \"%.*s\" with \"%.*s\" to fix this error.",
                       IAC_FMT(name), IAC_FMT(iac_buf_view(&lower)));
    iac_buf_clear(&lower);
    return good;
}

/* The reference that the expression is, or holds in quotes; NULL where it is none, of which only warnings are told, and
 * the faults of a quoted text. */
static const iac_expr *provider_traversal(iac_module_build *m, const iac_expr *expr)
{
    iac_diags *diags = m->diags, within = IAC_DIAGS_INIT;

    m->diags = &within;
    const iac_expr *traversal = iac_static_traversal(m, expr);
    m->diags = diags;
    for (size_t i = 0; i < within.list.n; i++) /* at the whole: that it is no reference, of which more is said */
        if (within.list.v[i].severity == IAC_WARNING || within.list.v[i].subject.src != expr->range.src)
            iac_diag_add(m->diags, &within.list.v[i]);
    iac_diags_clear(&within);
    return traversal;
}

bool iac_static_provider_config(iac_module_build *m, const iac_expr *expr, const char *argument,
                                iac_provider_ref *ret)
{
    static const char summary[] = "Invalid provider configuration reference";
    size_t errors = m->diags->errors;

    if (expr->kind == IAC_EXPR_ERROR && !expr->from_json) /* told by the parser */
        return false;
    const iac_expr *traversal = provider_traversal(m, expr);
    const iac_expr *root = !traversal                             ? NULL
                           : traversal->kind == IAC_EXPR_ATTR     ? traversal->attr.operand
                           : traversal->kind == IAC_EXPR_INDEX    ? traversal->index.operand
                                                                  : traversal;
    if (!root || root->kind != IAC_EXPR_ROOT) {
        iac_diag_error(m->diags, expr->range, summary,
                       "The %s argument requires a provider type name, optionally followed by a period and then a "
                       "configuration alias.", argument);
        return false;
    }
    if (!iac_provider_name_fits(m, root->root, root->range) || m->diags->errors > errors)
        return false;
    if (traversal->kind == IAC_EXPR_INDEX) {
        iac_diag_error(m->diags, traversal->index.bracket_range, summary,
                       "Provider name must either stand alone or be followed by a period and then a configuration "
                       "alias.");
        return false;
    }
    *ret = (iac_provider_ref){ .name = root->root, .range = traversal->range };
    if (traversal->kind == IAC_EXPR_ATTR)
        ret->alias = traversal->attr.name;
    return true;
}

bool iac_static_provider_ref(iac_module_build *m, const iac_expr *expr, const char *argument, iac_provider_ref *ret)
{
    iac_diags ignored = IAC_DIAGS_INIT; /* told where it is read again, as what it must be otherwise */
    const iac_expr *index = iac_expr_static(m->arena, expr, &ignored);
    iac_diags_clear(&ignored);
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
    return iac_static_provider_config(m, expr, argument, ret);
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

iac_str iac_static_word(iac_module_build *m, const iac_expr *expr)
{
    return expr->kind == IAC_EXPR_ROOT || expr->from_json ? iac_static_keyword(m, expr) : (iac_str){ 0 };
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

/* References that stand in strings. */
#include "lang/syntax/parser.h"

#include "lang/syntax/parse.h"

/* The key between brackets, up to the closing one, which is not taken; NULL after an error. */
static const iac_expr *parse_key(iac_parser *p)
{
    const iac_token *token = iac_parser_peek(p);
    iac_range range = iac_token_range(p, token);
    const iac_value *value = NULL;
    if (token->kind == IAC_TOK_NUMBER) {
        value = iac_value_number_parse(p->arena, iac_token_text(p, iac_parser_next(p)));
    } else if (token->kind == IAC_TOK_OQUOTE) {
        iac_label label = iac_parse_quoted_label(p);
        range = label.range;
        value = iac_value_string(p->arena, label.text);
    }
    if (value) {
        iac_expr *key = iac_expr_new(p, IAC_EXPR_LITERAL, range);
        key->literal = value;
        return key;
    }
    if (token->kind == IAC_TOK_STAR)
        iac_diag_error(p->diags, range, "Attribute name required", "Splat expressions ([*]) may not be used here.");
    else
        iac_diag_error(p->diags, range, "Index value required",
                       "Index brackets must contain either a literal number or a literal string.");
    return NULL;
}

/* Each of the two returns false where nothing more can be read; *expr has the step then all the same, if it is one. */
static bool parse_index(iac_parser *p, const iac_expr **expr)
{
    size_t errors = p->diags->errors;
    const iac_token *open = iac_parser_next(p);
    const iac_expr *key = parse_key(p);
    if (!key)
        return false;
    const iac_token *close = iac_parser_next(p);
    if (close->kind != IAC_TOK_CBRACK)
        iac_diag_error(p->diags, iac_token_range(p, close), "Unclosed index brackets",
                       "Index key must be followed by a closing bracket.");
    iac_expr *step = iac_expr_new(p, IAC_EXPR_INDEX, iac_range_join((*expr)->range, iac_token_range(p, close)));
    step->index.operand = *expr;
    step->index.key = key;
    step->index.bracket_range = iac_parser_range(p, open->start, close->end);
    iac_expr_adopt(p, step, *expr);
    *expr = step;
    return p->diags->errors == errors;
}

static bool parse_attribute(iac_parser *p, const iac_expr **expr)
{
    const iac_token *dot = iac_parser_next(p), *name = iac_parser_next(p);
    if (name->kind != IAC_TOK_IDENT) {
        iac_diag_error(p->diags, iac_token_range(p, name), "Attribute name required",
                       name->kind == IAC_TOK_STAR ? "Splat expressions (.*) may not be used here."
                                                  : "Dot must be followed by attribute name.");
        return false;
    }
    iac_expr *step = iac_expr_new(p, IAC_EXPR_ATTR, iac_range_join((*expr)->range, iac_token_range(p, name)));
    step->attr.operand = *expr;
    step->attr.name = iac_token_text(p, name);
    step->attr.name_range = iac_parser_range(p, dot->start, name->end);
    iac_expr_adopt(p, step, *expr);
    *expr = step;
    return true;
}

const iac_expr *iac_parse_traversal(iac_arena *arena, const iac_source *source, iac_diags *diags)
{
    iac_parser p;
    iac_parser_init(&p, arena, source, source->text, IAC_LEX_CONFIG, diags);
    const iac_token *token = iac_parser_next(&p);
    const iac_expr *expr = NULL;
    if (token->kind == IAC_TOK_IDENT) {
        iac_expr *root = iac_expr_new(&p, IAC_EXPR_ROOT, iac_token_range(&p, token));
        root->root = iac_token_text(&p, token);
        expr = root;
    } else {
        iac_diag_error(diags, iac_token_range(&p, token), "Variable name required", "Must begin with a variable name.");
    }
    for (bool more = expr; more && !p.too_deep;) {
        token = iac_parser_peek(&p);
        if (token->kind == IAC_TOK_DOT) {
            more = parse_attribute(&p, &expr);
        } else if (token->kind == IAC_TOK_OBRACK) {
            more = parse_index(&p, &expr);
        } else {
            if (token->kind != IAC_TOK_EOF)
                iac_diag_error(diags, iac_token_range(&p, token), "Invalid character",
                               "Expected an attribute access or an index operator.");
            more = false;
        }
    }
    iac_parser_clear(&p);
    return expr;
}
